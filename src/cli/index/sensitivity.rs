//! `hailong index sensitivity`: how far ranks depend on the choices of whoever made the index.

use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};

use super::arguments::Sensitivity as Arguments;
use super::{Shown, json, ranges};
use crate::cli::{file, findings};
use crate::composite::sensitivity::{Sensitivity, Variations, analyse};
use crate::publication::disclosure::without_hidden_ranges;
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

/// Leaves what everybody may see, where it is shown to everybody.
fn public(shown: &Shown<'_>, edition: usize, found: &mut Sensitivity) -> Result<()> {
    let root = shown.checked.definition.nodes().first().map_or("", |node| node.code());
    if shown.reader.is_office() {
        return Ok(());
    }
    without_hidden_ranges(&shown.release, edition, root, found).map_err(|unit| {
        let vi = format!("--public: các yếu tố hỏi về đơn vị {unit}, mà điểm của đơn vị này không được công bố");
        anyhow!(shown.lang.pick(vi, format!("--public: the factors ask about {unit}, whose score is not published")))
    })
}

/// Prints the ranges of every edition shown. What is hidden from the public is hidden here too.
pub(super) fn print(shown: &Shown<'_>, arguments: &Arguments) -> Result<()> {
    let (factors, definition, seed) = (factors(shown, arguments)?, &shown.checked.definition, arguments.draws.seed());
    let of = |place: &usize| -> Result<(usize, Sensitivity)> {
        let mut found = analyse(&Variations::new(definition, &factors, shown.table, shown.edition(*place))?, seed)?;
        public(shown, *place, &mut found)?;
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
