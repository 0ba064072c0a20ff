//! What units set out to reach, and whether they did: met, missed, or not to be told.

use serde::{Deserialize, Serialize};

use super::objection::object;
use super::pipeline::Outcome;
use super::ties::{levelled, reaches, tolerance};
use crate::schema::composite::{CompositeDefinition, Target, TargetKind};
use crate::scoring::change::{Measured, change};
use crate::scoring::rank::{
    self, Assessment, Draws, Evidence, Joint, Panel, RankMethod, RiseInterval, Verdict, drawn_ranks, rank_intervals,
};
use crate::words::Finding;

/// Most units whose ranks are drawn: beyond that there are intervals of ranks but no chances, and no intervals of rises.
const MOST_DRAWN: usize = 500;

/// How errors are taken account of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Two-sided level of the intervals.
    pub level: f64,
    /// How often ranks are drawn.
    pub draws: usize,
    /// The seed of the draws.
    pub seed: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { level: 0.95, draws: 2000, seed: 1 }
    }
}

/// What can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Met.
    Met,
    /// Missed.
    Missed,
    /// The interval holds both.
    NotDistinguishable,
}

impl Standing {
    /// The word in Vietnamese and in English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Met => ("đạt", "met"),
            Self::Missed => ("không đạt", "missed"),
            Self::NotDistinguishable => ("chưa đủ căn cứ kết luận", "not distinguishable"),
        }
    }
}

impl From<Verdict> for Standing {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Met => Self::Met,
            Verdict::Missed => Self::Missed,
            Verdict::NotDistinguishable => Self::NotDistinguishable,
        }
    }
}

/// On what a judgement rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The figures alone: nothing is known of their errors.
    Figures,
    /// Standard errors, normal and independent between units and editions.
    StandardErrors,
}

/// A target held against what came out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judgement {
    /// The rank, the score, or by how much it rose.
    pub found: f64,
    /// Whether that is enough.
    pub reached: bool,
    /// Whether the claim stands.
    pub standing: Standing,
    /// What it rests on.
    pub basis: Basis,
    /// The chance that the true figure meets the target, where errors are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
}

/// A target of a definition with its judgement, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetReport {
    /// The target.
    #[serde(flatten)]
    pub target: Target,
    /// Whether it is met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
    /// Why it is not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<Finding>,
}

/// Judges every target of the definition. `errors` gives the standard error of a node (by place) in a row, where it is known.
#[must_use]
pub fn assess(
    definition: &CompositeDefinition,
    outcome: &Outcome,
    errors: &dyn Fn(usize, usize) -> Option<f64>,
    rules: &Rules,
) -> Vec<TargetReport> {
    let report = |(place, target): (usize, &Target)| {
        let judged = locate(definition, outcome, target).and_then(|at| judge(definition, outcome, at, target.kind, errors, rules));
        let (judgement, open) = match judged {
            Ok(judgement) => (Some(judgement), None),
            Err((code, vi, en)) => (None, Some(Finding::warning(format!("/targets/{place}"), code, vi, en))),
        };
        TargetReport { target: target.clone(), judgement, open }
    };
    definition.targets().iter().enumerate().map(report).collect()
}

/// Why a target is not judged: a code, and the reason in both languages.
pub type Open = (&'static str, String, String);

fn locate(definition: &CompositeDefinition, outcome: &Outcome, target: &Target) -> Result<(usize, usize), Open> {
    let node = target.node.as_ref().and_then(|code| definition.position(code)).unwrap_or(0);
    let name = target.edition.as_deref().unwrap_or(definition.edition());
    let edition = outcome
        .rows()
        .editions()
        .iter()
        .position(|edition| edition == name)
        .ok_or_else(|| ("no-edition", format!("Chưa có số liệu của kỳ {name}"), format!("There are no data of the edition {name}")))?;
    let unit = &target.unit;
    let row = outcome.rows().find(edition, unit).ok_or_else(|| {
        ("no-unit", format!("Đơn vị {unit} không có trong kỳ {name}"), format!("There is no unit {unit} in the edition {name}"))
    })?;
    Ok((node, row))
}

/// Judges one target of a node and a row (by place).
///
/// Without a standard error the figures decide: met or missed. With them the interval at the level does: of the score and of its
/// gain by the normal distribution, of the rank by pairwise comparisons of the unit with all others (Bonferroni), of a rise by the
/// step-down procedure over both editions. Units without a standard error count as known.
///
/// # Errors
/// The reason, where there is no score, no edition before, or an [`Objection`](super::Objection) to the target.
pub fn judge(
    definition: &CompositeDefinition,
    outcome: &Outcome,
    (node, row): (usize, usize),
    kind: TargetKind,
    errors: &dyn Fn(usize, usize) -> Option<f64>,
    rules: &Rules,
) -> Result<Judgement, Open> {
    let case = Case { outcome, node, errors, rules };
    let no_score = || ("no-score", "Đơn vị không có điểm".to_owned(), "The unit has no score".to_owned());
    let score = outcome.score(node, row).ok_or_else(no_score)?;
    let rank = outcome.rank(node, row).ok_or_else(no_score)?;
    let before = case.before(row).ok().and_then(|(before, score)| Some((outcome.rank(node, before)?, score)));
    object(definition, outcome, (node, row), before, kind).map_err(|why| (why.code(), why.vi(), why.to_string()))?;
    match kind {
        TargetKind::Score { value } => Ok(case.score(case.measured(score, row), value, case.tolerance(row))),
        TargetKind::ScoreGain { value } => {
            let (before, was) = case.before(row)?;
            let sides = (case.measured(was, before), case.measured(score, row));
            let known = sides.0.1 || sides.1.1;
            let moved = change(sides.0.0, sides.1.0, 0.0);
            let measured = Measured { value: moved.value, variance: moved.se * moved.se, df: f64::INFINITY };
            Ok(case.score((measured, known), value, case.tolerance(before).max(case.tolerance(row))))
        }
        TargetKind::Rank { value } => Ok(case.rank(row, rank, value)),
        TargetKind::RankGain { value } => {
            let (before, _) = case.before(row)?;
            let was = outcome.rank(node, before).ok_or_else(no_score)?;
            Ok(case.rise((before, was), (row, rank), value))
        }
    }
}

struct Case<'c> {
    outcome: &'c Outcome,
    node: usize,
    errors: &'c dyn Fn(usize, usize) -> Option<f64>,
    rules: &'c Rules,
}

/// The units of an edition that have a score; those that tie have the same.
struct Field {
    rows: Vec<usize>,
    values: Vec<f64>,
    variances: Vec<f64>,
    known: bool,
}

impl Case<'_> {
    fn before(&self, row: usize) -> Result<(usize, f64), Open> {
        let rows = self.outcome.rows();
        let place = rows.edition_of(row).checked_sub(1);
        let before = place.and_then(|edition| rows.find(edition, rows.units().get(row)?));
        let found = before.and_then(|row| Some((row, self.outcome.score(self.node, row)?)));
        found.ok_or_else(|| {
            let (vi, en) = ("Không có điểm của kỳ trước để so sánh", "There is no score of the edition before to compare with");
            ("no-edition-before", vi.to_owned(), en.to_owned())
        })
    }

    /// A score with its variance, and whether that is known.
    fn measured(&self, value: f64, row: usize) -> (Measured, bool) {
        let se = (self.errors)(self.node, row);
        let variance = se.map_or(0.0, |se| se * se);
        (Measured { value, variance, df: f64::INFINITY }, se.is_some())
    }

    /// The most by which equal scores of a row's edition differ.
    fn tolerance(&self, row: usize) -> f64 {
        let rows = self.outcome.rows();
        let span = rows.spans().get(rows.edition_of(row)).cloned().unwrap_or_default();
        tolerance(span.filter_map(|row| self.outcome.score(self.node, row)))
    }

    fn score(&self, (score, known): (Measured, bool), bound: f64, tolerance: f64) -> Judgement {
        let reached = reaches(score.value, bound, tolerance);
        // What is short of the bound by rounding alone has reached it, however well it is known.
        let value = if reached { score.value.max(bound) } else { score.value };
        let evidence = Evidence { score: Some(Measured { value, ..score }), ..Evidence::default() };
        let assessment = rank::Target::ScoreAtLeast(bound).assess(&evidence, self.rules.level);
        judgement(score.value, reached, assessment.filter(|_| known))
    }

    fn field(&self, row: usize) -> Field {
        let rows = self.outcome.rows();
        let span = rows.spans().get(rows.edition_of(row)).cloned().unwrap_or_default();
        let rows: Vec<usize> = span.filter(|row| self.outcome.score(self.node, *row).is_some()).collect();
        let values = levelled(&rows.iter().filter_map(|row| self.outcome.score(self.node, *row)).collect::<Vec<_>>());
        let errors: Vec<Option<f64>> = rows.iter().map(|row| (self.errors)(self.node, *row)).collect();
        let variances = errors.iter().map(|se| se.map_or(0.0, |se| se * se)).collect();
        Field { rows, values, variances, known: errors.iter().any(Option::is_some) }
    }

    fn rank(&self, row: usize, rank: u32, bound: u32) -> Judgement {
        let field = self.field(row);
        let target = rank::Target::RankAtMost(bound);
        let assess = || -> Option<Assessment> {
            let own = field.rows.iter().position(|other| *other == row).filter(|_| field.known)?;
            let covariance = |a: usize, b: usize| if a == b { field.variances.get(a).copied().unwrap_or(0.0) } else { 0.0 };
            let intervals = rank_intervals(&field.values, &covariance, RankMethod::PairwiseMarginal, self.rules.level);
            let drawn = (field.rows.len() <= MOST_DRAWN).then(|| {
                let joint = Joint::independent(field.values.clone(), &field.variances, None).ok()?;
                drawn_ranks(&joint, &Draws::of(&joint, self.rules.draws, self.rules.seed)).ok()
            });
            let drawn = drawn.flatten();
            let drawn_rank = drawn.as_ref().map(|drawn| drawn.of(own));
            target.assess(&Evidence { rank: intervals.get(own).copied(), drawn_rank, ..Evidence::default() }, self.rules.level)
        };
        judgement(f64::from(rank), rank <= bound, assess())
    }

    fn rise(&self, (before, was): (usize, u32), (row, rank): (usize, u32), bound: u32) -> Judgement {
        let rise = f64::from(was) - f64::from(rank);
        let assess = || -> Option<Assessment> {
            let fields = [self.field(before), self.field(row)];
            if !fields.iter().any(|field| field.known) || fields.iter().any(|field| field.rows.len() > MOST_DRAWN) {
                return None;
            }
            let places = [before, row].into_iter().zip(&fields).map(|(row, field)| field.rows.iter().position(|other| *other == row));
            let places: Vec<usize> = places.collect::<Option<_>>()?;
            let pair = [(*places.first()?, *places.last()?)];
            let joint = |field: &Field| Joint::independent(field.values.clone(), &field.variances, None).ok();
            let [first, second] = [joint(&fields[0])?, joint(&fields[1])?];
            let panel = Panel::of_years(&first, &second, &vec![0.0; first.len() * second.len()]).ok()?;
            let draws = Draws::of(panel.joint(), self.rules.draws, self.rules.seed);
            let found: RiseInterval = *panel.rises(&draws, &pair, self.rules.level).ok()?.first()?;
            let drawn = panel.drawn_rises(&draws, &pair).ok()?;
            let evidence = Evidence { rise: Some(found), drawn_rise: Some(drawn.of(0)), ..Evidence::default() };
            rank::Target::RiseAtLeast(bound).assess(&evidence, self.rules.level)
        };
        judgement(rise, rise >= f64::from(bound), assess())
    }
}

fn judgement(found: f64, reached: bool, assessment: Option<Assessment>) -> Judgement {
    let by_figures = if reached { Standing::Met } else { Standing::Missed };
    Judgement {
        found,
        reached,
        standing: assessment.map_or(by_figures, |assessment| assessment.verdict.into()),
        basis: if assessment.is_some() { Basis::StandardErrors } else { Basis::Figures },
        chance: assessment.and_then(|assessment| Some(assessment.chance?.value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::composite::{Observation, Table, compute};
    use crate::schema::composite::sample::{definition, text};

    fn index(targets: &Value) -> CompositeDefinition {
        definition(&json!({
            "kind": "composite", "code": "one", "edition": "2021", "title": text("x"), "targets": targets,
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [{"code": "x", "label": text("x"), "indicator": {}}]},
        }))
    }

    fn reports(targets: &Value, se: Option<f64>) -> Vec<TargetReport> {
        let index = index(targets);
        let mut table = Table::default();
        for (unit, values) in ["a", "b", "c", "d", "e", "f", "g"].iter().zip([
            [70.0, 76.0],
            [60.0, 60.0],
            [75.0, 75.0],
            [64.0, 64.0],
            [72.0, 72.0],
            [74.0, 74.0],
            [71.0, 71.0],
        ]) {
            for (edition, value) in ["2020", "2021"].iter().zip(values) {
                table.insert(edition, unit, "x", Observation { value: Some(value), ..Observation::default() });
            }
        }
        let outcome = compute(&index, &table).unwrap();
        assess(&index, &outcome, &|_, _| se, &Rules::default())
    }

    fn standings(targets: &Value, se: Option<f64>) -> Vec<Standing> {
        reports(targets, se).iter().map(|report| report.judgement.unwrap().standing).collect()
    }

    /// What provinces' plans say: five ranks up, a place among the first, a score.
    fn plans() -> Value {
        json!([
            {"unit": "a", "kind": "rank_gain", "value": 4, "source": "Kế hoạch"}, {"unit": "a", "kind": "rank", "value": 1},
            {"unit": "b", "kind": "rank", "value": 6}, {"unit": "a", "kind": "score", "value": 75.5},
            {"unit": "a", "kind": "score_gain", "value": 7}, {"unit": "a", "node": "x", "kind": "score", "value": 74.0}
        ])
    }

    #[test]
    fn without_errors_the_figures_decide() {
        use Standing::{Met, Missed};
        let found = reports(&plans(), None);
        assert_eq!(standings(&plans(), None), [Met, Met, Missed, Met, Missed, Met]);
        let judged = |place: usize| found[place].judgement.unwrap();
        assert_eq!((judged(0).found, judged(2).found, judged(4).found), (4.0, 7.0, 6.0));
        assert!(found.iter().all(|report| report.judgement.unwrap().basis == Basis::Figures));
    }

    #[test]
    fn with_errors_a_claim_stands_only_where_the_interval_says_so() {
        use Standing::{Met, Missed, NotDistinguishable};
        let small = standings(&plans(), Some(0.01));
        assert_eq!(small, [Met, Met, Missed, Met, Missed, Met]);
        // ±1.96 about 76 holds 75.5 but not 74; ±1.96·√2 about 6 holds 7; b is 4 below the next, √2 · 2.64 is less.
        let wide = reports(&plans(), Some(1.0));
        let standing: Vec<Standing> = wide.iter().map(|report| report.judgement.unwrap().standing).collect();
        assert_eq!(standing, [NotDistinguishable, NotDistinguishable, Missed, NotDistinguishable, NotDistinguishable, Met]);
        let chance = |place: usize| wide[place].judgement.unwrap().chance.unwrap();
        assert!((chance(3) - crate::numeric::distribution::normal::cdf(0.5)).abs() < 1e-12);
        assert!((chance(4) - crate::numeric::distribution::normal::cdf(-1.0 / 2.0_f64.sqrt())).abs() < 1e-12);
        assert!(chance(1) > 0.5 && chance(1) < 0.95 && chance(2) < 0.02);
    }

    #[test]
    fn a_sum_that_is_short_by_rounding_alone_has_reached_its_target() {
        let index = index(&json!([{"unit": "a", "kind": "score", "value": 0.1 + 0.2 + 0.3}, {"unit": "a", "kind": "rank", "value": 1},
            {"unit": "a", "kind": "rank_gain", "value": 1}, {"unit": "a", "kind": "score_gain", "value": 0.1 + 0.2 + 0.3}]));
        let mut table = Table::default();
        for (edition, unit, value) in
            [("2020", "a", 0.0), ("2020", "b", 0.5), ("2021", "a", 0.3 + 0.2 + 0.1), ("2021", "b", 0.1 + 0.2 + 0.3)]
        {
            table.insert(edition, unit, "x", Observation { value: Some(value), ..Observation::default() });
        }
        let outcome = compute(&index, &table).unwrap();
        let judged =
            |se: Option<f64>| assess(&index, &outcome, &|_, _| se, &Rules::default()).into_iter().map(|report| report.judgement.unwrap());
        assert!(judged(None).all(|judgement| judgement.standing == Standing::Met));
        // By pairwise comparisons equal units may have either rank; every draw has them tie.
        assert!(judged(Some(0.0)).all(|judgement| judgement.reached && judgement.chance == Some(1.0)));
    }

    #[test]
    fn what_cannot_be_judged_says_why() {
        let open = json!([
            {"unit": "z", "kind": "rank", "value": 1}, {"unit": "a", "kind": "rank", "value": 1, "edition": "2030"},
            {"unit": "a", "kind": "rank_gain", "value": 1, "edition": "2020"}
        ]);
        let codes: Vec<String> = reports(&open, None).iter().map(|report| report.open.as_ref().unwrap().code.to_string()).collect();
        assert_eq!(codes, ["no-unit", "no-edition", "no-edition-before"]);
    }
}
