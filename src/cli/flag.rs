//! `hailong flag`: looks for suspicious responses of a wave, here and now.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use crate::cli::context::myself;
use crate::cli::lang::{self, refused};
use crate::cli::run::Bar;
use crate::cli::{Context, file};
use crate::jobs::quality::evaluate;
use crate::office::quality::{self, By, InFull};
use crate::office::{Actor, Office};
use crate::response::quality::Rule;
use crate::store::quality::{Count, Evaluation, FlagCount};
use crate::unit::{Registry, UnitId};
use crate::words::Lang;
use crate::words::encode::hex;

/// Units on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// What to judge.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Code of the wave.
    #[arg(long)]
    wave: String,
    /// The rule set; without one the set that is shipped.
    #[arg(long)]
    rules: Option<PathBuf>,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

/// Judges every valid response that there is now, and prints what was found by rule and by unit. No response is changed.
pub(super) fn flag(context: &Context, arguments: &Arguments) -> Result<()> {
    let rules = arguments.rules.as_ref().map(|path| file::read(path, context.lang)).transpose()?;
    let office = context.office()?;
    let me = myself(&office)?;
    let evaluation = judge(&office, &me, &arguments.wave, rules.as_deref())?;
    let found = office.look(&me, |look| Ok((quality::get(look, &arguments.wave, evaluation.version)?, look.units()?)));
    let (InFull { counts, by_unit: flags, .. }, units) = found.map_err(refused)?;
    let by_unit = by_unit(flags, &units);
    let (responses, flagged) = (evaluation.responses.unwrap_or(0), evaluation.flagged.unwrap_or(0));
    if arguments.json {
        let by_rule: BTreeMap<_, _> =
            counts.iter().map(|count| (&count.rule, json!({ "judged": count.judged, "flagged": count.flagged }))).collect();
        let rule_set =
            json!({ "code": evaluation.rules_code, "version": evaluation.rules_version, "sha256": hex(&evaluation.rules_sha256) });
        let found = json!({
            "wave": arguments.wave, "evaluation": evaluation.version, "rule_set": rule_set, "responses": responses,
            "flagged": flagged, "by_rule": by_rule, "by_unit": by_unit,
        });
        println!("{found}");
        return Ok(());
    }
    print(&arguments.wave, &evaluation, &counts, &by_unit, context.lang);
    Ok(())
}

/// Prints what was found: by rule, then by unit.
fn print(wave: &str, evaluation: &Evaluation, counts: &[Count], by_unit: &BTreeMap<String, BTreeMap<String, i64>>, lang: Lang) {
    let (version, rules) = (evaluation.version, format!("{} {}", evaluation.rules_code, evaluation.rules_version));
    let (responses, flagged) = (evaluation.responses.unwrap_or(0), evaluation.flagged.unwrap_or(0));
    let share = percent(flagged, responses);
    println!(
        "{}",
        lang.pick(
            format!("lần đánh giá {version} của đợt {wave} · bộ quy tắc {rules} · {responses} phiếu, {flagged} bị gắn cờ ({share})"),
            format!("evaluation {version} of wave {wave} · rules {rules} · {responses} responses, {flagged} flagged ({share})"),
        )
    );
    let [rule, judged, with_flag, unit] = lang.pick(["quy tắc", "đã xét", "gắn cờ", "đơn vị"], ["rule", "judged", "flagged", "unit"]);
    println!("\n  {rule:<18} {judged:>10} {with_flag:>10}");
    for count in counts {
        println!("  {:<18} {:>10} {:>10}", count.rule, count.judged, count.flagged);
    }
    // Only rules that found something have a column: all of them would not fit a screen.
    let found: Vec<Rule> = Rule::ALL.into_iter().filter(|rule| by_unit.values().any(|flags| flags.contains_key(rule.as_str()))).collect();
    if !by_unit.is_empty() {
        let heads: String = found.iter().map(|rule| format!(" {:>15}", rule.as_str())).collect();
        println!("\n  {unit:<26}{heads}");
    }
    // The units that most is odd about come first.
    let mut rows: Vec<_> = by_unit.iter().collect();
    rows.sort_by_key(|(_, flags)| Reverse(flags.values().sum::<i64>()));
    for (unit, flags) in rows.iter().take(ROWS) {
        let cells: String = found.iter().map(|rule| format!(" {:>15}", flags.get(rule.as_str()).unwrap_or(&0))).collect();
        println!("  {unit:<26}{cells}");
    }
    lang::more(lang, rows.len(), ROWS, "đơn vị", ["unit", "units"]);
    println!(
        "\n{}",
        lang.pick(
            "Cờ chỉ là nghi vấn: không có gì bị sửa. `hailong run --without-flagged` cho thấy các phiếu bị gắn cờ làm điểm thay đổi thế nào.",
            "A flag is a suspicion: nothing was changed. `hailong run --without-flagged` shows what the flagged ones do to the scores.",
        )
    );
}

/// Makes an evaluation in this process.
fn judge(office: &Office, me: &Actor, wave: &str, rules: Option<&str>) -> Result<Evaluation> {
    let begun = office.act(me, |act| quality::begin(act, wave, rules, "", By::Caller)).map_err(refused)?;
    let bar = Bar::default();
    let result = office.store().read(|db| {
        evaluate(db, &begun, &|stage, done, total| {
            bar.line(stage.as_str(), done, total);
            ControlFlow::Continue(())
        })
    });
    bar.clear();
    let ended = office.act(me, |act| quality::conclude(act, wave, &begun, &result)).map_err(refused)?;
    result?;
    Ok(ended)
}

/// Flags by rule of each unit, by its code.
fn by_unit(counts: Vec<FlagCount>, units: &Registry) -> BTreeMap<String, BTreeMap<String, i64>> {
    let name = |id| units.get(UnitId(id)).map(|unit| format!("{}:{}", unit.record.list, unit.record.code)).unwrap_or_default();
    counts.into_iter().fold(BTreeMap::new(), |mut groups: BTreeMap<_, BTreeMap<_, _>>, count| {
        groups.entry(name(count.key)).or_default().insert(count.rule, count.n);
        groups
    })
}

/// A share as a percentage with one digit.
#[allow(clippy::cast_precision_loss)] // counts of people
pub(super) fn percent(part: i64, whole: i64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1}%", 100.0 * part as f64 / whole as f64) }
}
