//! What is derived from figures: it must not tell a hidden one by way of another.

use super::{Hidden, Reader, Release};
use crate::composite::Outcome;
use crate::composite::explain::{Explanation, Subject};
use crate::composite::sensitivity::Sensitivity;
use crate::composite::uncertainty::{LeafUncertainty, Reason, Uncertainty};
use crate::schema::composite::SensitivityOutput;
use crate::words::Said;

/// Whether a target may be told, by the editions in which its node has a figure for its unit: their names in order, and whether the
/// reader sees it. A gain and the figure of today are the figure of before. One that has no figure is told to the office alone.
#[must_use]
pub fn target_is_seen(reader: &Reader, figures: &[(&str, bool)], edition: &str, gain: bool) -> bool {
    let Some(place) = figures.iter().position(|(name, _)| *name == edition) else { return reader.is_office() };
    let first = if gain { place.saturating_sub(1) } else { place };
    reader.is_office() || figures.get(first..=place).unwrap_or_default().iter().all(|(_, seen)| *seen)
}

/// Takes the intervals of hidden figures of an edition out, those of values as those of scores. What names values of single units goes too.
pub fn without_hidden_intervals(release: &Release<'_>, edition: usize, nodes: &mut Uncertainty, leaves: &mut Vec<LeafUncertainty>) {
    let units = nodes.units.clone();
    let hidden = |unit: &str, node: &str| release.hides(edition, unit, node);
    for node in &mut nodes.nodes {
        for (unit, interval) in units.iter().zip(&mut node.units) {
            *interval = interval.filter(|_| !hidden(unit, &node.node));
        }
    }
    for leaf in &mut *leaves {
        for (unit, interval) in units.iter().zip(&mut leaf.units) {
            *interval = interval.filter(|_| !hidden(unit, &leaf.leaf));
        }
    }
    leaves.retain(|leaf| leaf.units.iter().any(Option::is_some));
    nodes.reasons.retain(|reason| !matches!(reason, Reason::NearGoalpost { unit, indicator } if hidden(unit, indicator)));
    nodes.failure = None;
}

/// Takes units of an edition out whose score is hidden.
///
/// # Errors
/// The unit whose hidden score the factors ask about: the mean of its variance would tell it.
pub fn without_hidden_ranges(release: &Release<'_>, edition: usize, root: &str, found: &mut Sensitivity) -> Result<(), String> {
    let hidden = |unit: &str| release.hides(edition, unit, root);
    if let Some(SensitivityOutput::Score { unit } | SensitivityOutput::Rank { unit }) = found.sobol.as_ref().map(|sobol| &sobol.output)
        && hidden(unit)
    {
        return Err(unit.clone());
    }
    found.monte_carlo.units.retain(|unit| !hidden(&unit.unit));
    found.monte_carlo.failure = None;
    Ok(())
}

/// Whether a series would give away hidden figures of the editions wanted: rebuilt units are sums of others.
#[must_use]
pub fn series_hides(reader: &Reader, release: &Release<'_>, outcome: &Outcome, wanted: impl Fn(&str) -> bool) -> bool {
    let hides = |(row, (edition, _)): (usize, (&str, &str))| wanted(edition) && release.hides_in_row(row, |_| true);
    !reader.is_office() && outcome.rows().keys().enumerate().any(hides)
}

/// Why an explanation is kept from an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// Figures of the unit rest on too few answers.
    FewAnswers,
    /// A target before publication would tell scores of other units.
    BeforePublication,
    /// A target where figures of others are hidden would tell them.
    OthersHidden,
}

impl Withheld {
    /// Why, for people.
    #[must_use]
    pub fn said(self) -> Said {
        let (vi, en) = match self {
            Self::FewAnswers => (
                "Có chỉ tiêu của đơn vị dựa trên quá ít câu trả lời, lời giải thích sẽ làm lộ",
                "Some figures of the unit rest on too few answers: an explanation would give them away",
            ),
            Self::BeforePublication => (
                "Trước khi công bố không xét mục tiêu: kết quả sẽ cho biết điểm của đơn vị khác",
                "No target is judged before publication: the answer would tell scores of other units",
            ),
            Self::OthersHidden => (
                "Không xét mục tiêu khi có số liệu của đơn vị khác không công khai: kết quả sẽ làm lộ",
                "No target is judged where figures of other units are hidden: the answer would give them away",
            ),
        };
        Said::new(vi, en)
    }
}

/// What an explanation must not give away to an agency.
pub struct Curtain<'p> {
    reader: &'p Reader,
    release: Release<'p>,
    outcome: &'p Outcome,
}

impl<'p> Curtain<'p> {
    /// Before an agency that asks about a unit of its own.
    #[must_use]
    pub fn new(reader: &'p Reader, release: Release<'p>, outcome: &'p Outcome) -> Self {
        Self { reader, release, outcome }
    }

    /// Refuses an explanation from which hidden figures could be had: of the unit, or, with a target, of those that it is ranked among.
    /// An earlier row that is closed itself is not compared with: it comes back as none.
    ///
    /// # Errors
    /// Why it is withheld.
    pub fn open<'s>(&self, subject: &Subject<'_>, before: Option<Subject<'s>>, target: bool) -> Result<Option<Subject<'s>>, Withheld> {
        if self.reader.is_office() {
            return Ok(before);
        }
        if self.is_closed(subject.row) {
            return Err(Withheld::FewAnswers);
        }
        if target && self.reader.is_embargoed() {
            return Err(Withheld::BeforePublication);
        }
        let mut rows = std::iter::once(subject.row).chain(before.as_ref().map(|before| before.row));
        if target && rows.any(|row| self.hides_in_year_of(row)) {
            return Err(Withheld::OthersHidden);
        }
        Ok(before.filter(|before| !self.is_closed(before.row)))
    }

    /// Takes the comparison with the best unit out of an explanation where its values may not stand beside the agency's own: before
    /// publication, and where any of them is hidden.
    pub fn cover(&self, subject: &Subject<'_>, found: &mut Explanation) {
        // Its rank is the published one.
        found.rank = self.release.place(0, subject.row);
        let best_is_hidden = || subject.best().is_some_and(|best| self.release.hides_in_row(best.row, |_| true));
        if !self.reader.is_office() && (self.reader.is_embargoed() || best_is_hidden()) {
            found.to_best = None;
        }
    }

    /// Whether a row has figures that rest on few answers: its own agency does not see those either.
    fn is_closed(&self, row: usize) -> bool {
        self.release.hides_in_row(row, |hidden| hidden != Hidden::BeyondTop)
    }

    fn hides_in_year_of(&self, row: usize) -> bool {
        let rows = self.outcome.rows();
        let mut year = rows.spans().get(rows.edition_of(row)).cloned().unwrap_or_default();
        year.any(|row| self.release.hides_in_row(row, |_| true))
    }
}
