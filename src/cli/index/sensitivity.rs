//! `hailong index sensitivity`: how far ranks depend on the choices of whoever made the index.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::arguments::Sensitivity as Arguments;
use super::{Shown, json, ranges, veil};
use crate::cli::{file, findings};
use crate::composite::sensitivity::{Sensitivity, Variations, analyse};
use crate::schema::composite::{FactorSet, parse_factors};

/// The choices to vary.
fn factors(shown: &Shown<'_>, arguments: &Arguments) -> Result<FactorSet> {
    let (file, lang) = (&arguments.factors, shown.lang);
    let read = parse_factors(&file::read(file, lang)?, &shown.checked.definition);
    let factors = read.map_err(|found| findings::refusal(&file.display().to_string(), &found, lang))?;
    Ok(match arguments.draws.replicates {
        Some(replicates) => factors.with_replicates(replicates),
        None => factors,
    })
}

/// Prints the ranges of every edition shown. What is hidden from the public is hidden here too.
pub(super) fn print(shown: &Shown<'_>, arguments: &Arguments) -> Result<()> {
    let (factors, definition, seed) = (factors(shown, arguments)?, &shown.checked.definition, arguments.draws.seed());
    let of = |place: &usize| -> Result<(usize, Sensitivity)> {
        let mut found = analyse(&Variations::new(definition, &factors, shown.table, shown.edition(*place))?, seed)?;
        veil::sensitivity(shown, *place, &mut found)?;
        Ok((*place, found))
    };
    let found = shown.editions.iter().map(of).collect::<Result<Vec<_>>>()?;
    if arguments.json {
        let whole = Map::from_iter([("seed".to_owned(), json!(seed)), ("factors".to_owned(), json!(factors))]);
        let editions: Vec<(usize, Value)> = found.iter().map(|(place, found)| (*place, json!(found))).collect();
        return json::by_edition(shown, whole, "sensitivity", editions, arguments.editions.panel);
    }
    for (number, (place, found)) in found.iter().enumerate() {
        shown.heading(number, *place);
        ranges::print(found, &factors, shown.lang);
    }
    Ok(())
}
