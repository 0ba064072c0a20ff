//! Figures of a composite index, and the pattern of those that are hidden.

use serde::Serialize;
use utoipa::ToSchema;

use super::row::Tree;
use super::{Reader, Seen};
use crate::composite::{Outcome, Table, ranks, tiers};
use crate::index::round;
use crate::schema::composite::CompositeDefinition;
use crate::words::Said;

/// A figure on its way out: a node of the index for a unit in an edition.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeFigure {
    /// Its place in the run's canonical order.
    pub ord: i32,
    /// The edition.
    pub edition: String,
    /// The code of the unit.
    pub unit: String,
    /// The unit of the registry, where it knows one by that code.
    pub unit_id: Option<i32>,
    /// The code of the node.
    pub node: String,
    /// What was computed.
    pub numbers: CompositeNumbers,
    /// The tier of the unit, 0 the best; told with the root.
    pub tier: Option<i32>,
    /// Why the public does not see it.
    pub hidden: Option<Hidden>,
    /// Decimals of what is published.
    pub decimals: u8,
}

/// What was computed. All of it is absent of a figure that is hidden.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct CompositeNumbers {
    /// The score; unrounded for the office.
    pub score: Option<f64>,
    /// Its standard error; null where nothing is known of errors, which is not to say that there are none.
    pub se: Option<f64>,
    /// Degrees of freedom; null: they count as infinite.
    pub df: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Its rank in the year, by published scores.
    pub rank: Option<i32>,
    /// The best rank that the data allow.
    pub rank_low: Option<i32>,
    /// The worst rank that the data allow.
    pub rank_high: Option<i32>,
}

impl CompositeNumbers {
    /// As they are published: with so many decimals, by which they are ranked already.
    #[must_use]
    pub fn published(self, decimals: u8) -> Self {
        let to = |number: Option<f64>| number.map(|number| round(number, decimals));
        Self { score: to(self.score), se: to(self.se), low: to(self.low), high: to(self.high), ..self }
    }
}

impl CompositeFigure {
    /// The figure as a reader sees it, rounded for all but the office; none of one that the reader may not know of. A tier is told of units beyond the top too: it gives
    /// away neither score nor rank.
    #[must_use]
    pub fn seen_by(self, reader: &Reader) -> Option<Seen<Self>> {
        if !reader.knows(self.unit_id) {
            return None;
        }
        if reader.is_office() {
            return Some(Seen(self));
        }
        if reader.sees(self.hidden, self.unit_id) {
            return Some(Seen(Self { numbers: self.numbers.published(self.decimals), ..self }));
        }
        let tier = self.tier.filter(|_| self.hidden == Some(Hidden::BeyondTop));
        Some(Seen(Self { numbers: CompositeNumbers::default(), tier, ..self }))
    }

    /// Whether it is hidden for what it tells of people, so that whoever knows how many were ranked before it knows of it.
    #[must_use]
    pub fn leaves_a_gap(&self) -> bool {
        !matches!(self.hidden, None | Some(Hidden::BeyondTop))
    }

    /// Whether a reader knows of the figure and sees its numbers.
    #[must_use]
    pub fn is_seen_by(&self, reader: &Reader) -> bool {
        reader.knows(self.unit_id) && reader.sees(self.hidden, self.unit_id)
    }
}

/// Why a figure is hidden from the public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// It rests on fewer answers than the definition asks for.
    FewAnswers,
    /// One person has most of its weight.
    Dominated,
    /// All answers are the same.
    Unanimous,
    /// Otherwise a hidden figure beside it could be calculated.
    ProtectsSibling,
    /// The unit is not among the best so many that are published.
    BeyondTop,
}

impl Hidden {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::FewAnswers, Self::Dominated, Self::Unanimous, Self::ProtectsSibling, Self::BeyondTop];

    /// The reason of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hidden| hidden.as_str() == name)
    }

    /// Whether it is hidden for what it tells of people.
    #[must_use]
    pub fn is_of_people(self) -> bool {
        matches!(self, Self::FewAnswers | Self::Dominated | Self::Unanimous)
    }

    /// Why, for the office.
    #[must_use]
    pub fn said(self) -> Said {
        let (vi, en) = match self {
            Self::FewAnswers => ("ít phiếu trả lời: không công bố", "few answers: not published"),
            Self::Dominated => ("một người chiếm phần lớn trọng số: không công bố", "one person has most of the weight: not published"),
            Self::Unanimous => ("mọi câu trả lời giống nhau: không công bố", "all answers are the same: not published"),
            Self::ProtectsSibling => ("không công bố: sẽ suy ra được số liệu khác", "not published: another figure would follow from it"),
            Self::BeyondTop => ("ngoài nhóm được công bố", "not among those published"),
        };
        Said::new(vi, en)
    }

    /// The name in files and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FewAnswers => "few_answers",
            Self::Dominated => "dominated",
            Self::Unanimous => "unanimous",
            Self::ProtectsSibling => "protects_sibling",
            Self::BeyondTop => "beyond_top",
        }
    }
}

/// Which figures of an outcome are hidden, the ranks and the tier of each row. Ranks and tiers go by scores as they are
/// published: whoever is equal to the last digit that is told shares a rank. A figure that is hidden
/// for what it tells of people has no rank in its node, and the others are ranked as if it were not there: a gap in their ranks would tell
/// its place. Units beyond the top have theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct Release<'o> {
    definition: &'o CompositeDefinition,
    outcome: &'o Outcome,
    /// By row, then by node.
    hidden: Vec<Vec<Option<Hidden>>>,
    /// By node, then by row.
    ranks: Vec<Vec<Option<u32>>>,
    tiers: Vec<Option<usize>>,
}

impl<'o> Release<'o> {
    /// Applies the definition's rules. `table` knows the number of answers behind survey values, and which of them the survey hides.
    ///
    /// A leaf is hidden that rests on fewer answers than `min_n`, or that its survey hides; a node whose every child with a value is hidden;
    /// and what has to be hidden beside these, so that none can be calculated.
    #[must_use]
    pub fn new(definition: &'o CompositeDefinition, outcome: &'o Outcome, table: &Table) -> Self {
        let rule = definition.publication();
        let tree = Tree::new(definition, outcome, rule.decimals(), rule.min_n());
        let rows = outcome.rows();
        let mut hidden: Vec<Vec<Option<Hidden>>> = (0..rows.len()).map(|row| tree.hidden(table, row)).collect();
        let shown = |node: usize, span: &std::ops::Range<usize>| -> Vec<f64> {
            let told = |row: usize| outcome.score(node, row).filter(|_| hidden[row][node].is_none());
            let score = |row: usize| told(row).map_or(f64::NAN, |score| round(score, rule.decimals()));
            span.clone().map(score).collect()
        };
        let of_node = |node: usize| rows.spans().iter().flat_map(|span| ranks(&shown(node, span), definition.rank().ties)).collect();
        let ranks: Vec<Vec<Option<u32>>> = (0..definition.nodes().len()).map(of_node).collect();
        let of_edition =
            |span: &std::ops::Range<usize>| rule.tiers.as_ref().map_or_else(|| vec![None; span.len()], |rule| tiers(rule, &shown(0, span)));
        let tiers = rows.spans().iter().flat_map(of_edition).collect();
        let root = ranks.first().map_or(&[][..], Vec::as_slice);
        for (own, rank) in hidden.iter_mut().zip(root) {
            if rule.top.zip(*rank).is_some_and(|(top, rank)| rank > top) {
                for cell in own.iter_mut() {
                    *cell = cell.or(Some(Hidden::BeyondTop));
                }
            }
        }
        Self { definition, outcome, hidden, ranks, tiers }
    }

    /// Why a node of a row is hidden from the public, if it is.
    #[must_use]
    pub fn hidden(&self, node: usize, row: usize) -> Option<Hidden> {
        self.hidden.get(row)?.get(node).copied().flatten()
    }

    /// Whether a row is ranked by a node, if it has a score: not where that is hidden for what it tells of people.
    #[must_use]
    pub fn is_ranked(&self, node: usize, row: usize) -> bool {
        matches!(self.hidden(node, row), None | Some(Hidden::BeyondTop))
    }

    /// Whether a node of an edition has a figure that is not ranked, so that ranks among all would tell of it.
    #[must_use]
    pub fn has_gap(&self, edition: usize, node: usize) -> bool {
        let mut rows = self.outcome.rows().spans().get(edition).cloned().unwrap_or_default();
        rows.any(|row| !self.is_ranked(node, row))
    }

    /// Whether a figure is hidden; one that is not known at all is.
    #[must_use]
    pub fn hides(&self, edition: usize, unit: &str, node: &str) -> bool {
        let place = self.definition.position(node).zip(self.outcome.rows().find(edition, unit));
        place.is_none_or(|(node, row)| self.hidden(node, row).is_some())
    }

    /// Whether a row has a figure that is hidden for such a reason.
    #[must_use]
    pub fn hides_in_row(&self, row: usize, reason: impl Fn(Hidden) -> bool) -> bool {
        self.hidden.get(row).is_some_and(|cells| cells.iter().flatten().any(|hidden| reason(*hidden)))
    }

    /// The score of a node in a row, rounded for all but the office. Whoever reads here stands at the office or is everybody: rows have no
    /// registry numbers yet.
    #[must_use]
    pub fn score(&self, reader: &Reader, node: usize, row: usize) -> Option<f64> {
        let score = self.outcome.score(node, row).filter(|_| reader.sees(self.hidden(node, row), None))?;
        Some(if reader.is_office() { score } else { round(score, self.definition.publication().decimals()) })
    }

    /// The rank of a row by a node, among those whose figure is not hidden for what it tells of people, for whoever may know it.
    pub(super) fn place(&self, node: usize, row: usize) -> Option<u32> {
        self.ranks.get(node)?.get(row).copied().flatten()
    }

    /// The same, as far as the reader sees it.
    #[must_use]
    pub fn rank(&self, reader: &Reader, node: usize, row: usize) -> Option<u32> {
        self.place(node, row).filter(|_| reader.sees(self.hidden(node, row), None))
    }

    /// The tier of a row, 0 the best. A tier is told of units beyond the top too: it gives away neither score nor rank.
    #[must_use]
    pub fn tier(&self, reader: &Reader, row: usize) -> Option<usize> {
        let told = reader.is_office() || matches!(self.hidden(0, row), None | Some(Hidden::BeyondTop));
        self.tiers.get(row).copied().flatten().filter(|_| told)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::composite::{Observation, compute};
    use crate::schema::composite::sample::{definition, text};

    /// `P` of `x` and `y` (weights 2, 1) and `Q` of `z` alone; the units' answers to `x`.
    fn release(publication: &Value, answers: &[Option<u32>], check: impl Fn(&Release<'_>)) {
        let leaf = |code: &str, weight: f64| json!({"code": code, "label": text(code), "weight": weight, "indicator": {}});
        let definition = definition(&json!({
            "kind": "composite", "code": "one", "edition": "2021", "title": text("x"), "publication": publication,
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [
                {"code": "P", "label": text("p"), "children": [leaf("x", 2.0), leaf("y", 1.0)]},
                {"code": "Q", "label": text("q"), "children": [leaf("z", 1.0)]},
            ]},
        }));
        let mut table = Table::default();
        for (place, n) in (0_u8..).zip(answers) {
            for code in ["x", "y", "z"] {
                let observation =
                    Observation { value: Some(50.0 - f64::from(place)), n: n.filter(|_| code == "x"), ..Observation::default() };
                table.insert("2021", &format!("u{place}"), code, observation);
            }
        }
        check(&Release::new(&definition, &compute(&definition, &table).unwrap(), &table));
    }

    #[test]
    fn few_answers_hide_a_leaf_and_what_would_give_it_away() {
        let rule = json!({"min_n": 15});
        release(&rule, &[Some(15), Some(14), None], |release| {
            let hidden = |row: usize| (0..6).map(|node| release.hidden(node, row)).collect::<Vec<_>>();
            assert_eq!(hidden(0), [None; 6]);
            // x, and y so that x is not P less y; P and the rest stay.
            assert_eq!(hidden(1), [None, None, Some(Hidden::FewAnswers), Some(Hidden::ProtectsSibling), None, None]);
            assert_eq!(hidden(2), [None; 6], "no survey value");
            assert_eq!((release.score(&Reader::office(), 2, 1), release.score(&Reader::public(), 2, 1)), (Some(49.0), None));
            assert_eq!((release.rank(&Reader::office(), 2, 1), release.rank(&Reader::public(), 2, 1)), (None, None), "nor a rank");
            assert_eq!([0, 2].map(|row| release.rank(&Reader::public(), 2, row)), [Some(1), Some(2)], "no gap tells where it would stand");
        });
    }

    #[test]
    fn only_the_first_are_published_and_the_office_sees_all() {
        let tiers = json!({"kind": "quantiles", "from": [0.5], "labels": [text("cao"), text("thấp")]});
        release(&json!({"top": 2, "tiers": tiers}), &[None; 4], |release| {
            let ranks = |reader: &Reader| (0..4).map(|row| release.rank(reader, 0, row)).collect::<Vec<_>>();
            assert_eq!(ranks(&Reader::public()), [Some(1), Some(2), None, None]);
            assert_eq!(ranks(&Reader::office()), [1, 2, 3, 4].map(Some));
            assert_eq!((release.hidden(1, 3), release.score(&Reader::public(), 1, 3)), (Some(Hidden::BeyondTop), None));
            assert_eq!((0..4).map(|row| release.tier(&Reader::public(), row)).collect::<Vec<_>>(), [0, 0, 1, 1].map(Some));
        });
    }

    #[test]
    fn natural_tiers_are_read_from_a_definition() {
        let tiers = json!({"kind": "natural", "labels": [text("cao"), text("thấp")]});
        release(&json!({"tiers": tiers}), &[None; 3], |release| {
            assert_eq!(release.tier(&Reader::public(), 0), Some(0));
            assert_eq!(release.tier(&Reader::public(), 2), Some(1));
        });
    }
}
