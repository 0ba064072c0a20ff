//! How sure the figures of a series are.

use serde::Serialize;

use super::{Series, SeriesUnit};
use crate::composite::uncertainty::{Method, Reason, ScoreInterval, Uncertainty};
use crate::schema::composite::{CompositeDefinition, CompositeNode};
use crate::scoring::interval::linear;

/// The precision of a figure of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeriesInterval {
    /// The standard error.
    pub se: f64,
    /// The degrees of freedom of the standard error; none: they count as infinite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub df: Option<f64>,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
    /// Whether parts were taken to be independent, as their covariances are kept for the root alone; false where there is one part.
    pub independent: bool,
}

/// How the precision of an edition's figures was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesPrecision {
    /// How the errors of values were carried to the scores.
    pub method: Method,
    /// What speaks against the delta method.
    pub reasons: Vec<Reason>,
    /// The level of the intervals.
    pub level: f64,
    /// How many replicates were run; 0 with the delta method.
    pub replicates: usize,
    /// How many of them gave nothing.
    pub failed: usize,
}

impl Series {
    /// Gives the figures of one edition the standard errors and intervals that follow from those of the scores they are made of.
    ///
    /// A figure that was carried over keeps the interval of its score. A rebuilt one is a weighted mean of old units' scores:
    /// its weights count as known, whatever error a population has. Covariances of old units are those of `found.root` for the
    /// root; for other nodes old units count as independent, and the interval says so. A part without an error counts as exact; where
    /// no part has one, nothing is known of the figure's error and there is no interval.
    ///
    /// # Formula
    /// `SE² = Σᵢ Σⱼ wᵢ wⱼ Cᵢⱼ` with the shares w of the parts. Degrees of freedom by Satterthwaite (1946), Biometrics Bulletin 2:
    /// `(Σ V_c)² / Σ V_c²/ν_c` over what is independent, of parts that covary together the fewest that any has. Student's t, [`linear`].
    pub fn add_uncertainty(&mut self, definition: &CompositeDefinition, edition: &str, found: &Uncertainty) {
        let Some(shown) = self.editions.iter_mut().find(|shown| shown.edition == edition) else { return };
        for unit in &mut shown.units {
            let node = |(place, code): (usize, &str)| interval(unit, place, code, found);
            unit.intervals = definition.nodes().iter().map(CompositeNode::code).enumerate().map(node).collect();
        }
        let (method, reasons) = (found.method, found.reasons.clone());
        shown.precision = Some(SeriesPrecision { method, reasons, level: found.level, replicates: found.replicates, failed: found.failed });
    }
}

/// A part of a figure.
struct Measure {
    share: f64,
    score: ScoreInterval,
    /// The position in the covariance matrix, where there is one.
    joint: Option<usize>,
}

impl Measure {
    /// What its standard error is in the figure.
    fn error(&self) -> f64 {
        self.share * self.score.se
    }
}

fn interval(unit: &SeriesUnit, place: usize, code: &str, found: &Uncertainty) -> Option<SeriesInterval> {
    let value = unit.scores.get(place).copied().flatten()?;
    let units = &found.nodes.iter().find(|node| node.node == code)?.units;
    // The matrix holds the units that have a score by the root, in their order.
    let known = place == 0 && found.root.len() == units.iter().flatten().count();
    let measure = |part: &super::Part| {
        let position = found.units.iter().position(|unit| *unit == part.unit)?;
        let joint = known.then(|| units.iter().take(position).flatten().count());
        Some(Measure { share: part.share?, score: (*units.get(position)?)?, joint })
    };
    let parts: Vec<Measure> = unit.parts.iter().map(measure).collect::<Option<_>>()?;
    if parts.iter().all(|part| part.score.se == 0.0) {
        return None;
    }
    if let [part] = parts.as_slice() {
        let ScoreInterval { se, df, low, high, .. } = part.score;
        return Some(SeriesInterval { se, df, low, high, independent: false });
    }
    let covariance = |a: usize, b: usize| match (parts[a].joint, parts[b].joint) {
        (Some(a), Some(b)) => found.root.covariance(a, b),
        _ => 0.0,
    };
    let (variance, df) = mean_of(&parts, &covariance);
    let (low, high) = linear(value, variance, df, found.level);
    let df = Some(df).filter(|df| df.is_finite());
    Some(SeriesInterval { se: variance.sqrt(), df, low, high, independent: !known })
}

/// The variance of a weighted mean and its degrees of freedom; `covariance` is asked for different parts alone.
fn mean_of(parts: &[Measure], covariance: &dyn Fn(usize, usize) -> f64) -> (f64, f64) {
    let mut group: Vec<usize> = (0..parts.len()).collect();
    let mut pairs = Vec::new();
    for a in 0..parts.len() {
        for b in a + 1..parts.len() {
            let shared = 2.0 * parts[a].share * parts[b].share * covariance(a, b);
            if shared != 0.0 {
                pairs.push((a, shared));
                let (from, to) = (group[b].max(group[a]), group[a].min(group[b]));
                group.iter_mut().filter(|of| **of == from).for_each(|of| *of = to);
            }
        }
    }
    let (mut variance, mut squares) = (0.0, 0.0);
    for leader in 0..parts.len() {
        let members = || (0..parts.len()).filter(|part| group[*part] == leader);
        let alone = members().map(|part| parts[part].error() * parts[part].error()).sum::<f64>();
        let shared = pairs.iter().filter(|(part, _)| group[*part] == leader).map(|(_, shared)| shared).sum::<f64>();
        // Rounding may leave a covariance matrix a hair below semidefinite.
        let own = (alone + shared).max(0.0);
        let df = members().filter_map(|part| parts[part].score.df).fold(f64::INFINITY, f64::min);
        variance += own;
        squares += own * own / df;
    }
    let df = if squares > 0.0 { variance * variance / squares } else { f64::INFINITY };
    (variance, df)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::composite::geography::{Request, rebuild};
    use crate::composite::uncertainty::{Errors, Options, propagate};
    use crate::composite::{Observation, Table, compute};
    use crate::schema::composite::sample::{definition, text};
    use crate::scoring::interval::multiplier;
    use crate::unit::{Registry, embedded};

    const OPTIONS: Options = Options { level: 0.95, method: None, replicates: 4000, seed: 5 };

    /// One indicator as it is, under P, under ALL: unit, value, people, standard error, degrees of freedom.
    fn series(rows: &[(&str, f64, f64, Option<f64>, f64)], covariances: &str, options: &Options) -> Series {
        let definition = definition(&json!({
            "kind": "composite", "code": "one", "edition": "2024", "title": text("x"), "geography": "vn-63", "denominators": ["people"],
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [{"code": "P", "label": text("x"), "children": [
                {"code": "x", "label": text("x"), "indicator": {}}]}]},
        }));
        let mut table = Table::default();
        for (unit, value, people, standard_error, df) in rows {
            let df = Some(*df).filter(|df| df.is_finite());
            let observation = Observation { value: Some(*value), standard_error: *standard_error, df, ..Observation::default() };
            table.insert("2024", unit, "x", observation);
            table.insert("2024", unit, "people", Observation { value: Some(*people), ..Observation::default() });
        }
        let outcome = compute(&definition, &table).unwrap();
        let mut errors = Errors::of(&definition, &table);
        if !covariances.is_empty() {
            let text = format!("unit_a,indicator_a,unit_b,indicator_b,covariance\n{covariances}");
            errors = errors.with_covariances(&text, &definition, &table).unwrap_or_else(|found| panic!("{found:#?}"));
        }
        let found = propagate(&definition, &table, &outcome, &errors, "2024", options).unwrap();
        let (records, successions) = embedded().unwrap();
        let units = Registry::numbered(records, &successions).unwrap();
        let request = Request { list: "vn-34".to_owned(), weight: Some("people".to_owned()), ..Request::default() };
        let mut series = rebuild(&definition, &outcome, &units, &request).unwrap();
        series.add_uncertainty(&definition, "2023", &found);
        assert!(series.editions[0].units.iter().all(|unit| unit.intervals.is_empty()), "of another edition");
        series.add_uncertainty(&definition, "2024", &found);
        series
    }

    fn intervals(series: &Series, code: &str) -> Vec<Option<SeriesInterval>> {
        series.editions[0].units.iter().find(|unit| unit.unit == code).unwrap().intervals.clone()
    }

    #[track_caller]
    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
    }

    /// Đà Nẵng of 34 is Đà Nẵng and Quảng Nam of 63, here by one and three million.
    const ROWS: [(&str, f64, f64, Option<f64>, f64); 3] =
        [("48", 70.0, 1.0, Some(2.0), 10.0), ("Quảng Nam", 60.0, 3.0, Some(1.0), 20.0), ("01", 65.0, 8.0, Some(1.5), 12.0)];

    #[test]
    fn a_rebuilt_figure_has_the_error_of_a_weighted_mean() {
        let found = series(&ROWS, "", &OPTIONS);
        let [root, pillar, leaf] = intervals(&found, "48").try_into().unwrap();
        let (root, pillar) = (root.unwrap(), pillar.unwrap());
        // (2 / 4)² + (3 · 1 / 4)², and Satterthwaite's 0.8125² / (0.25² / 10 + 0.5625² / 20).
        near(root.se, 0.8125_f64.sqrt());
        let df = 0.660_156_25 / 0.022_070_312_5;
        near(root.df.unwrap(), df);
        near(root.low, 62.5 - multiplier(0.95, df) * root.se);
        near(root.high, 62.5 + multiplier(0.95, df) * root.se);
        near(pillar.se, root.se);
        assert_eq!((root.independent, pillar.independent, leaf), (false, true, None), "a leaf's score has no standard error");
    }

    #[test]
    fn covariances_of_old_units_count_for_the_root_and_others_are_marked() {
        let found = series(&ROWS, "48,x,Quảng Nam,x,1\n48,x,01,x,-0.9\n", &OPTIONS);
        let intervals = intervals(&found, "48");
        let (root, pillar) = (intervals[0].unwrap(), intervals[1].unwrap());
        // 2 · 1/4 · 3/4 · 1 more; the fewest degrees of freedom of the two.
        near(root.se, 1.1875_f64.sqrt());
        near(root.df.unwrap(), 10.0);
        near(pillar.se, 0.8125_f64.sqrt());
        assert!(!root.independent && pillar.independent);
    }

    #[test]
    fn what_was_carried_over_keeps_its_interval_and_exact_figures_have_none() {
        let found = series(&ROWS, "", &OPTIONS);
        let ha_noi = intervals(&found, "01")[0].unwrap();
        let half = multiplier(0.95, 12.0) * 1.5;
        assert_eq!((ha_noi.se, ha_noi.df, ha_noi.independent), (1.5, Some(12.0), false));
        near(ha_noi.high - ha_noi.low, 2.0 * half);
        let one = [("48", 70.0, 1.0, None, 1.0), ("49", 60.0, 3.0, Some(1.0), f64::INFINITY), ("01", 65.0, 8.0, None, 1.0)];
        let found = series(&one, "", &OPTIONS);
        let rebuilt = intervals(&found, "48")[0].unwrap();
        assert_eq!((rebuilt.se, rebuilt.df), (0.75, None), "Đà Nẵng counts as exact");
        assert_eq!(intervals(&found, "01")[0], None);
        let missing = [("48", 70.0, 1.0, Some(1.0), 10.0), ("49", 60.0, 0.0, Some(1.0), 10.0)];
        assert_eq!(intervals(&series(&missing, "", &OPTIONS), "48")[0], None, "no weight, no figure");
    }

    #[test]
    fn replicates_come_to_the_same_as_slopes() {
        let covariance = "48,x,Quảng Nam,x,1\n";
        let found = series(&ROWS, covariance, &Options { method: Some(Method::Replicates), ..OPTIONS });
        let root = intervals(&found, "48")[0].unwrap();
        // The standard deviation of a standard deviation from 4,000 draws is 1.1 %.
        assert!((root.se / 1.1875_f64.sqrt() - 1.0).abs() < 0.045, "{root:?}");
        assert_eq!(root.df, None);
        let precision = found.editions[0].precision.as_ref().unwrap();
        assert_eq!((precision.method, precision.level, precision.replicates), (Method::Replicates, 0.95, 4000));
    }
}
