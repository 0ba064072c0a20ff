//! How much of an edition is hidden.

use std::collections::BTreeMap;

use super::Hidden;

/// How much of an edition is hidden, and by which rule: what its publisher sees before he publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Figures in all.
    pub figures: i64,
    /// How many are hidden, by the name of the rule.
    pub by_rule: BTreeMap<String, i64>,
    /// How many stand from an earlier edition, since too few answers changed.
    pub carried: i64,
}

impl Extent {
    /// Counts figures by why each is hidden, if it is; `carried` of them stand from an earlier edition. What has no value is no figure.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = Option<Hidden>>, carried: i64) -> Self {
        let mut extent = Self { carried, ..Self::default() };
        for hidden in figures {
            extent.figures += 1;
            if let Some(reason) = hidden {
                *extent.by_rule.entry(reason.as_str().to_owned()).or_default() += 1;
            }
        }
        extent
    }

    /// How many are hidden, by whatever rule.
    #[must_use]
    pub fn hidden(&self) -> i64 {
        self.by_rule.values().sum()
    }

    /// The share of those that are hidden; none where there are no figures.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // numbers of figures
    pub fn share(&self) -> Option<f64> {
        (self.figures > 0).then(|| self.hidden() as f64 / self.figures as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_counted_by_the_rule_that_hides_them() {
        let figures = [None, Some(Hidden::FewAnswers), Some(Hidden::ProtectsSibling), Some(Hidden::FewAnswers), None];
        let extent = Extent::of(figures, 2);
        let by_rule = [("few_answers", 2), ("protects_sibling", 1)].map(|(rule, number)| (rule.to_owned(), number));
        assert_eq!(extent, Extent { figures: 5, by_rule: by_rule.into(), carried: 2 });
        assert_eq!((extent.hidden(), extent.share()), (3, Some(0.6)));
        assert_eq!(Extent::of([], 0).share(), None);
    }
}
