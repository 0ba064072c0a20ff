//! What a run of a composite index is made of.

use super::{Frozen, RunWish};
use crate::composite::uncertainty::Method;
use crate::jobs::composite::{Parameters, inputs};
use crate::office::{Act, Code, Refusal};
use crate::schema::composite::{CompositeDefinition, parse_factors};
use crate::store::composites::Inputs;
use crate::words::Finding;

/// Fewest and most replicates.
const REPLICATES: std::ops::RangeInclusive<u32> = 100..=100_000;

/// What only runs of composite indices have, in a wish for another.
pub(super) fn foreign(wish: &RunWish) -> Vec<Finding> {
    let (vi, en) = ("Chỉ dùng cho chỉ số tổng hợp", "Only runs of composite indices have this");
    let given = [
        ("/tables", !wish.tables.is_empty()),
        ("/surveys", !wish.surveys.is_empty()),
        ("/uncertainty", wish.uncertainty.is_some()),
        ("/sensitivity", wish.sensitivity.is_some()),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(pointer, _)| Finding::error(pointer, "not-composite", vi, en)).collect()
}

/// Checks a wish for a run of a composite index.
///
/// # Errors
/// `body-invalid` with everything that is wrong.
pub(super) fn freeze(act: &mut Act<'_>, wish: &RunWish, definition: &CompositeDefinition) -> Result<Frozen, Refusal> {
    let survey = |(run, edition): &(_, Option<String>)| (*run, edition.clone().unwrap_or_else(|| definition.edition().to_owned()));
    let inputs = Inputs { tables: wish.tables.clone(), surveys: wish.surveys.iter().map(survey).collect() };
    let mut findings = of_surveys(wish);
    findings.extend(inputs::check(act.db, definition, &inputs)?);
    let parameters = parameters(wish, definition, &mut findings);
    if !findings.is_empty() {
        return Err(Refusal::new(Code::BodyInvalid).errors(findings));
    }
    // Numbers, texts and a document that was JSON always serialise.
    let parameters = serde_json::to_string(&parameters).unwrap_or_default();
    Ok(Frozen { wave_id: None, as_of: None, since: None, left_out: None, parameters, inputs })
}

/// What only runs of surveys' indices have.
fn of_surveys(wish: &RunWish) -> Vec<Finding> {
    let (vi, en) = ("Không dùng cho chỉ số tổng hợp", "Runs of composite indices do not have this");
    let given = [
        ("/wave", wish.wave.is_some()),
        ("/as_of", wish.as_of.is_some()),
        ("/since", wish.since.is_some()),
        ("/without_flagged", wish.without_flagged.is_some()),
        ("/parameters", !wish.parameters.is_empty()),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(pointer, _)| Finding::error(pointer, "composite", vi, en)).collect()
}

/// How the index is to be computed; what is out of bounds or does not go with the definition is a finding.
fn parameters(wish: &RunWish, definition: &CompositeDefinition, findings: &mut Vec<Finding>) -> Parameters {
    let mut parameters = Parameters::default();
    if let Some(asked) = &wish.uncertainty {
        parameters.level = asked.level.unwrap_or(parameters.level);
        parameters.replicates = asked.replicates.unwrap_or(parameters.replicates);
        parameters.method = asked.method.as_deref().and_then(Method::parse);
        if parameters.method.is_none() && asked.method.is_some() {
            let (vi, en) = ("Phải là delta hoặc replicates", "Must be delta or replicates");
            findings.push(Finding::error("/uncertainty/method", "unknown-value", vi, en));
        }
    }
    if !(parameters.level > 0.0 && parameters.level < 1.0) {
        let (vi, en) = ("Phải lớn hơn 0 và nhỏ hơn 1", "Must be above 0 and below 1");
        findings.push(Finding::error("/uncertainty/level", "out-of-bounds", vi, en));
    }
    if !REPLICATES.contains(&parameters.replicates) {
        let (least, most) = (REPLICATES.start(), REPLICATES.end());
        let (vi, en) = (format!("Phải từ {least} đến {most}"), format!("Must be from {least} to {most}"));
        findings.push(Finding::error("/uncertainty/replicates", "out-of-bounds", vi, en));
    }
    if let Some(text) = &wish.sensitivity {
        match parse_factors(text, definition) {
            Ok(_) => parameters.factors = serde_json::from_str(text).ok(),
            Err(wrong) => {
                // A document without a line break came in a request, which has no lines to name.
                let line = |finding: &Finding| finding.line.filter(|_| text.contains('\n'));
                let under =
                    |finding: Finding| Finding { pointer: format!("/sensitivity{}", finding.pointer), line: line(&finding), ..finding };
                findings.extend(wrong.into_iter().filter(Finding::is_error).map(under));
            }
        }
    }
    parameters
}
