//! What is known of the population: totals of variables, and counts of the categories of a margin.

use std::collections::BTreeMap;

use crate::design::calibration::CalibrationError;

/// A variable whose total over the population is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Auxiliary {
    /// What it is called in findings and diagnostics.
    pub name: String,
    /// Its value in each row.
    pub values: Vec<f64>,
    /// Its total over the population.
    pub total: f64,
}

impl Auxiliary {
    /// The constant 1, whose total is the size of the population.
    #[must_use]
    pub fn constant(rows: usize, population: f64) -> Self {
        Self { name: "1".to_owned(), values: vec![1.0; rows], total: population }
    }
}

/// A category of a margin.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// How many people of the population have it.
    pub total: f64,
}

/// A classification of the rows with the population count of each category: every row has one, and every category has rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    name: String,
    categories: Vec<Category>,
    of_row: Vec<u32>,
}

impl Margin {
    /// A margin of the labels of the rows and the totals of the labels, in the order of the totals.
    ///
    /// Categories that the population and the sample both lack are left out.
    ///
    /// # Errors
    /// Every category that has rows and no total, has a positive total and no rows, or a total that is no count.
    pub fn new(name: &str, labels: &[impl AsRef<str>], totals: &[(String, f64)]) -> Result<Self, Vec<CalibrationError>> {
        let mut errors = Vec::new();
        let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
        for label in labels {
            *rows.entry(label.as_ref()).or_default() += 1;
        }
        let full = |category: &str| format!("{name} = {category}");
        let mut categories: Vec<Category> = Vec::new();
        let mut place: BTreeMap<&str, u32> = BTreeMap::new();
        for (category, total) in totals {
            let there = rows.remove(category.as_str());
            if !(total.is_finite() && *total >= 0.0) || place.contains_key(category.as_str()) {
                errors.push(CalibrationError::Total { name: full(category), total: *total });
            } else if there.is_none() && *total > 0.0 {
                errors.push(CalibrationError::Empty { name: full(category), total: *total });
            } else if let Some(rows) = there.filter(|_| *total == 0.0) {
                errors.push(CalibrationError::NoTotal { name: full(category), rows });
            } else if there.is_some() {
                place.insert(category, u32::try_from(categories.len()).unwrap_or(u32::MAX));
                categories.push(Category { name: category.clone(), total: *total });
            }
        }
        errors.extend(rows.iter().map(|(category, rows)| CalibrationError::NoTotal { name: full(category), rows: *rows }));
        if !errors.is_empty() {
            return Err(errors);
        }
        let of_row = labels.iter().filter_map(|label| place.get(label.as_ref()).copied()).collect();
        Ok(Self { name: name.to_owned(), categories, of_row })
    }

    /// What the margin is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its categories.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The category of each row: a place in [`categories`](Self::categories).
    #[must_use]
    pub fn of_row(&self) -> &[u32] {
        &self.of_row
    }

    /// What a category is called in findings.
    #[must_use]
    pub fn full_name(&self, category: usize) -> String {
        format!("{} = {}", self.name, self.categories.get(category).map_or("", |category| &category.name))
    }

    /// The weights summed up by category.
    #[must_use]
    pub fn sums(&self, weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.categories.len()];
        for (category, weight) in self.of_row.iter().zip(weights) {
            sums[*category as usize] += weight;
        }
        sums
    }

    /// An indicator variable for each category.
    #[must_use]
    pub fn indicators(&self) -> Vec<Auxiliary> {
        let indicator = |category: usize| {
            let values = self.of_row.iter().map(|of| if *of as usize == category { 1.0 } else { 0.0 }).collect();
            Auxiliary { name: self.full_name(category), values, total: self.categories[category].total }
        };
        (0..self.categories.len()).map(indicator).collect()
    }

    /// Says of categories that all the weights of their rows are 0.
    pub(super) fn without_weight(&self, weights: &[f64]) -> Vec<CalibrationError> {
        let empty = self.sums(weights).into_iter().enumerate().filter(|(place, sum)| *sum <= 0.0 && self.categories[*place].total > 0.0);
        empty.map(|(place, _)| CalibrationError::Empty { name: self.full_name(place), total: self.categories[place].total }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_names_every_category_that_does_not_fit() {
        let totals = [("a", 10.0), ("b", 5.0), ("c", -1.0), ("e", 0.0)].map(|(name, total)| (name.to_owned(), total));
        let errors = Margin::new("sex", &["a", "x", "x", "a"], &totals).unwrap_err();
        let codes: Vec<String> = errors.iter().map(|error| error.finding("/margins/0").code.into_owned()).collect();
        assert_eq!(codes, ["calibration-empty", "calibration-total", "calibration-no-total"]);
        assert!(errors[2].to_string().starts_with("sex = x: 2 rows"), "{}", errors[2]);
    }

    #[test]
    fn what_neither_population_nor_sample_has_is_left_out() {
        let totals = [("a", 10.0), ("b", 0.0)].map(|(name, total)| (name.to_owned(), total));
        let margin = Margin::new("sex", &["a", "a"], &totals).unwrap();
        assert_eq!((margin.categories().len(), margin.of_row()), (1, [0, 0].as_slice()));
    }
}
