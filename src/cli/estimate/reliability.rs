//! Cronbach's alpha and the statistics of items.

use serde_json::{Map, Value, json};

use super::answer::{number, numbers, texts};
use super::refusal::Refusal;
use super::study::Study;
use crate::scoring::reliability::{AnswerRange, ItemStatistics, MissingItems, ReliabilityError, reliability};

/// Answers a case: the items are its variables. With `na_rm` rows that answer every item count, otherwise each pair of items
/// is taken over the rows that answer both. The ends of the scale are the lowest and the highest answer of all items.
pub fn answer(study: &Study<'_>) -> Result<Map<String, Value>, Refusal> {
    let options = &study.case.estimator;
    options.one_domain()?;
    let items = study.variables(&options.vars)?;
    let (missing, called) = if options.na_rm { (MissingItems::Listwise, "listwise") } else { (MissingItems::Pairwise, "pairwise") };
    let answers = || items.iter().flat_map(|item| item.iter().copied()).filter(|answer| !answer.is_nan());
    let range = AnswerRange { lowest: answers().fold(f64::INFINITY, f64::min), highest: answers().fold(f64::NEG_INFINITY, f64::max) };
    let found = reliability(&study.sample, &items, &study.domain, missing, range)?;
    let level = study.case.level;
    let (low, high) = found.interval(level);
    let each = |of: &dyn Fn(&ItemStatistics) -> Option<f64>| {
        numbers(&found.items.iter().map(|item| of(item).unwrap_or(f64::NAN)).collect::<Vec<_>>())
    };
    let correlations: Vec<f64> = found.correlations.iter().map(|correlation| correlation.unwrap_or(f64::NAN)).collect();
    let (classical_low, classical_high) = found.classical.interval(level);
    Ok(Map::from_iter([
        ("alpha".to_owned(), number(found.alpha)),
        ("se".to_owned(), number(found.variance.max(0.0).sqrt())),
        ("df".to_owned(), number(found.df)),
        ("ci_low".to_owned(), number(low)),
        ("ci_high".to_owned(), number(high)),
        ("missing_answers".to_owned(), Value::from(called)),
        ("standardised".to_owned(), number(found.standardised.unwrap_or(f64::NAN))),
        (
            "classical".to_owned(),
            json!({
                "alpha": number(found.classical.alpha),
                "complete": number(found.classical.complete),
                "ci_low": number(classical_low),
                "ci_high": number(classical_high),
            }),
        ),
        ("names".to_owned(), texts(&options.vars)),
        ("if_deleted".to_owned(), each(&|item| item.alpha_if_deleted)),
        ("item_rest".to_owned(), each(&|item| item.rest_correlation)),
        ("mean".to_owned(), each(&|item| Some(item.mean))),
        ("sd".to_owned(), each(&|item| Some(item.sd))),
        ("floor".to_owned(), each(&|item| Some(item.floor))),
        ("ceiling".to_owned(), each(&|item| Some(item.ceiling))),
        ("missing".to_owned(), each(&|item| Some(item.missing))),
        ("correlation".to_owned(), correlations.chunks(items.len().max(1)).map(numbers).collect()),
    ]))
}

impl From<ReliabilityError> for Refusal {
    fn from(error: ReliabilityError) -> Self {
        let code = match &error {
            ReliabilityError::Items(_) | ReliabilityError::Ragged { .. } => "case-invalid",
            ReliabilityError::Answers { .. } => "answers-too-few",
            ReliabilityError::Constant => "items-constant",
            ReliabilityError::Lonely(_) => "lonely-psu",
        };
        Self::new(code, error.to_string())
    }
}
