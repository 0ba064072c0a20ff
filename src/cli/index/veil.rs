//! What of uncertainty and sensitivity everybody may see: nothing that tells a hidden figure.

use anyhow::{Result, bail};

use super::Shown;
use super::uncertainty::Found;
use crate::composite::View;
use crate::composite::sensitivity::Sensitivity;
use crate::composite::uncertainty::Reason;
use crate::schema::composite::SensitivityOutput;

/// Takes the intervals of hidden figures out, those of values as those of scores. What names values of single units goes too.
pub(super) fn uncertainty(shown: &Shown<'_>, edition: usize, found: &mut Found) {
    if shown.view == View::Office {
        return;
    }
    let units = found.nodes.units.clone();
    let hidden = |unit: &str, node: &str| is_hidden(shown, edition, unit, node);
    for node in &mut found.nodes.nodes {
        for (unit, interval) in units.iter().zip(&mut node.units) {
            *interval = interval.filter(|_| !hidden(unit, &node.node));
        }
    }
    for leaf in &mut found.leaves {
        for (unit, interval) in units.iter().zip(&mut leaf.units) {
            *interval = interval.filter(|_| !hidden(unit, &leaf.leaf));
        }
    }
    found.leaves.retain(|leaf| leaf.units.iter().any(Option::is_some));
    found.nodes.reasons.retain(|reason| !matches!(reason, Reason::NearGoalpost { unit, indicator } if hidden(unit, indicator)));
    found.nodes.failure = None;
}

/// Takes units out whose score is hidden.
///
/// # Errors
/// The factors ask for shares of the variance of a hidden figure, whose mean would tell it.
pub(super) fn sensitivity(shown: &Shown<'_>, edition: usize, found: &mut Sensitivity) -> Result<()> {
    if shown.view == View::Office {
        return Ok(());
    }
    let root = shown.checked.definition.nodes().first().map_or("", |node| node.code());
    let hidden = |unit: &str| is_hidden(shown, edition, unit, root);
    if let Some(SensitivityOutput::Score { unit } | SensitivityOutput::Rank { unit }) = found.sobol.as_ref().map(|sobol| &sobol.output)
        && hidden(unit)
    {
        let vi = format!("--public: các yếu tố hỏi về đơn vị {unit}, mà điểm của đơn vị này không được công bố");
        bail!("{}", shown.lang.pick(vi, format!("--public: the factors ask about {unit}, whose score is not published")));
    }
    found.monte_carlo.units.retain(|unit| !hidden(&unit.unit));
    found.monte_carlo.failure = None;
    Ok(())
}

/// Whether a figure is hidden; one that is not known at all is.
fn is_hidden(shown: &Shown<'_>, edition: usize, unit: &str, node: &str) -> bool {
    let place = shown.checked.definition.position(node).zip(shown.outcome.rows().find(edition, unit));
    place.is_none_or(|(node, row)| shown.release.hidden(node, row).is_some())
}
