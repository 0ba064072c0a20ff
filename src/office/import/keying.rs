//! Keying in paper forms, one by one, and each by two people: the second does not see what the first keyed in until the two differ.
//!
//! A form is known by the number that is printed on it, as a record of a file is by its id: a form that came in a file and one that is keyed in
//! are the same. What two people keyed in differently is settled item by item; what stands differently then is a correction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cells;
use crate::jobs::load::{self, Survey, WaveInField};
use crate::office::intake::{self, Intake, Ready, Taken};
use crate::office::{Act, Action, Actor, Code, Look, Office, Refusal, responses as acts};
use crate::store::imports::{self, NewBatch, NewRecord, Record};
use crate::store::keyings::{self, Keying, Tally};
use crate::store::responses::{self, Summary, Which};
use crate::store::schemas;
use crate::store::writer::Writer;
use crate::unit::Registry;
use crate::words::Finding;

/// The batch of forms that are keyed in; no file has this name.
const BATCH: &str = "keyed-in";
/// How long a number may be, in characters.
const NUMBER: usize = 40;
/// Forms that differ in more items than this, and in more than half of them, are two forms.
const SLIPS: usize = 2;

/// A form as it was keyed in.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// The wave.
    pub wave: String,
    /// The version of its questionnaire that is printed on the paper.
    pub version: String,
    /// The number on the paper.
    pub number: String,
    /// The code of the rated unit.
    pub unit: String,
    pub psu: Option<String>,
    /// The code on the sample list.
    pub respondent: Option<String>,
    /// The day on which it was answered.
    pub day: Option<String>,
    pub answers: Map<String, Value>,
}

/// Whose of two keyings counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    First,
    Second,
}

/// Something that two people keyed in differently: an item, or `@unit`, `@psu`, `@respondent`.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub what: String,
    /// What stands; null where nothing does.
    pub first: Value,
    /// What was keyed in now.
    pub second: Value,
}

/// What became of a form.
#[derive(Debug)]
pub enum Keyed {
    /// It is stored.
    Stored(Taken),
    /// Somebody keyed it in before, and the same.
    Same {
        /// Whether that was the same person, so that it was keyed in once.
        own: bool,
    },
    /// It was keyed in before and differs: nothing is stored until that is settled.
    Differs {
        /// Whether the same person keyed it in before.
        own: bool,
        differences: Vec<Difference>,
    },
    /// The differences are settled.
    Settled(Option<Taken>),
}

/// How a form is to be taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// Whose keying counts, of each difference; without it differences are told.
    pub settled: Option<&'a BTreeMap<String, Side>>,
    /// Whether a form is stored although answers on it are not valid.
    pub keep_invalid: bool,
}

/// What was decided, before the writer is asked.
enum Decided {
    Done(Keyed),
    Store { ready: Box<Ready>, settled: bool },
}

/// Keys a form in.
///
/// # Errors
/// `body-invalid` for a number that is none; `answers-invalid` with findings at items; `response-conflict` for a form that is another
/// one; those of place.
pub fn key_in(office: &Office, actor: &Actor, writer: &Writer, form: &Form, wish: Wish<'_>) -> Result<Keyed, Refusal> {
    match office.act(actor, |act| decide(act, form, wish))? {
        Decided::Done(keyed) => Ok(keyed),
        Decided::Store { ready, settled } => {
            let pending = super::submit(writer, &ready)?;
            let answer = pending.blocking_recv().map_err(|_| super::stopped())?;
            let taken = intake::answered(answer, ready.findings)?;
            Ok(if settled { Keyed::Settled(Some(taken)) } else { Keyed::Stored(taken) })
        }
    }
}

/// How many forms of a wave were keyed in; none for one who is bound to a unit.
///
/// # Errors
/// `not-found`.
pub fn tally(look: &mut Look<'_>, wave: &str) -> Result<Option<Tally>, Refusal> {
    look.may(Action::Import)?;
    let wave = super::super::waves::existing(look, wave)?;
    Ok(if look.actor.unit().is_some() { None } else { Some(keyings::tally(look.db, wave.id)?) })
}

/// The number on a form, in one spelling.
fn number(form: &Form) -> Result<String, Refusal> {
    let number = crate::table::name(&form.number);
    if (1..=NUMBER).contains(&number.chars().count()) && !number.chars().any(char::is_control) {
        return Ok(number.into_owned());
    }
    let (vi, en) = ("Hãy ghi số in trên phiếu", "Give the number that is printed on the form");
    Err(Refusal::because(Code::BodyInvalid, Finding::error("/number", "bad-number", vi, en)))
}

/// What a form belongs to.
struct At {
    field: Arc<WaveInField>,
    survey: Survey,
    units: Arc<Registry>,
    hash: [u8; 32],
}

fn at(act: &mut Act<'_>, form: &Form) -> Result<At, Refusal> {
    let units = act.units()?;
    let field = load::wave(act.db, &form.wave, None, &units)?.ok_or_else(|| Refusal::unknown_wave(&form.wave))?;
    let row = schemas::find_survey(act.db, &field.wave.survey_code, &form.version)?;
    let survey = load::survey(&row.ok_or_else(|| Refusal::new(Code::SchemaVersionUnknown))?)?;
    let hash = act.secret.keyed(&[b"id", number(form)?.as_bytes()]);
    Ok(At { field, survey, units, hash })
}

fn decide(act: &mut Act<'_>, form: &Form, wish: Wish<'_>) -> Result<Decided, Refusal> {
    act.may(Action::Import)?;
    let at = at(act, form)?;
    let wave = at.field.wave.id;
    let (by, now) = (act.actor.name(), act.now);
    // It is a lock too: of two who key one form in at a time, the second finds what the first did.
    let (batch, _) = imports::batch(act.db, &NewBatch { wave_id: wave, name: BATCH, created_by: &by, created_at: now })?;
    let versions = imports::records(act.db, wave, &[at.hash])?.remove(&at.hash).unwrap_or_default();
    let stored = versions.iter().rev().find_map(|version| Some((version, version.stored?)));
    match stored {
        None => first(act, &at, form, wish, (batch, &versions)),
        Some((_, stored)) if stored.withdrawn => Err(Refusal::new(Code::ResponseWithdrawn)),
        Some((last, _)) => again(act, &at, form, wish, (batch, &versions, last.response_id)),
    }
}

/// A form as the submission that it is.
fn submission(form: &Form, at: &At) -> Map<String, Value> {
    let mut members = Map::new();
    let unit = json!({ "list": at.field.wave.unit_list, "code": form.unit });
    let said = [
        ("survey", Some(json!(at.survey.questionnaire.code()))),
        ("version", Some(json!(form.version))),
        ("wave", Some(json!(form.wave))),
        ("unit", Some(unit)),
        ("channel", Some(json!("paper"))),
        ("psu", form.psu.as_ref().map(|psu| json!(psu))),
        ("respondent", form.respondent.as_ref().map(|respondent| json!(respondent))),
        ("answered_at", form.day.as_deref().and_then(|day| cells::instant(day, false)).map(|at| json!(at.to_rfc3339()))),
        ("answers", Some(Value::Object(form.answers.clone()))),
    ];
    members.extend(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    members
}

/// Judges a submission as the next version of a form, and remembers it.
fn ready(
    act: &mut Act<'_>,
    at: &At,
    (batch, versions): (i32, &[Record]),
    submission: Map<String, Value>,
    keep_invalid: bool,
) -> Result<Ready, Refusal> {
    // A version that was to be stored and was not keeps its id.
    let waiting = versions.last().filter(|version| version.stored.is_none()).map(|version| version.response_id);
    let id = waiting.unwrap_or_else(Uuid::new_v4);
    let sent = intake::read(id, Value::Object(submission).to_string().into_bytes())?;
    let intake =
        Intake { actor: act.actor, field: &at.field, survey: &at.survey, units: &at.units, secret: act.secret, now: act.now, keep_invalid };
    let place = intake.locate(&sent.submission)?;
    let ready = intake.judge(sent, place)?.of_file(None);
    if waiting.is_none() {
        let version = i32::try_from(versions.len() + 1).map_err(Refusal::internal)?;
        let new = NewRecord { key_hash: at.hash, version, response_id: id };
        imports::remember(act.db, at.field.wave.id, batch, &[new])?;
    }
    Ok(ready)
}

fn first(act: &mut Act<'_>, at: &At, form: &Form, wish: Wish<'_>, of: (i32, &[Record])) -> Result<Decided, Refusal> {
    let ready = ready(act, at, of, submission(form, at), wish.keep_invalid)?;
    keyed(act, at, 1, (0, 0))?;
    act.note("form.key", &form.wave, "first time")?;
    Ok(Decided::Store { ready: Box::new(ready), settled: false })
}

/// Remembers who keyed a form in; of the second time only the first.
fn keyed(act: &mut Act<'_>, at: &At, nth: i32, (compared, differing): (usize, usize)) -> Result<(), Refusal> {
    let count = |n: usize| i32::try_from(n).map_err(Refusal::internal);
    let new = Keying {
        wave_id: at.field.wave.id,
        key_hash: at.hash.to_vec(),
        nth,
        keyed_by: act.actor.name(),
        person_id: act.actor.holder().and_then(crate::office::Holder::person),
        keyed_at: act.now,
        compared: count(compared)?,
        differing: count(differing)?,
    };
    Ok(keyings::put(act.db, &new)?)
}

/// A form that is there already: it is compared with what stands.
fn again(act: &mut Act<'_>, at: &At, form: &Form, wish: Wish<'_>, of: (i32, &[Record], Uuid)) -> Result<Decided, Refusal> {
    let (batch, versions, id) = of;
    let summary = responses::find_by(act.db, Which::Id(id))?.ok_or_else(Refusal::not_found)?;
    if !act.is_in_reach(summary.unit_id)? {
        return Err(other_form());
    }
    let keyings = keyings::of(act.db, at.field.wave.id, &at.hash)?;
    let holder = act.may(Action::Import)?.clone();
    let own = keyings.iter().find(|known| known.nth == 1).is_some_and(|known| holder.is_same(&known.keyed_by, known.person_id));
    let second = !own && !keyings.iter().any(|known| known.nth == 2);
    let stands = standing(act, &summary)?;
    let now = submission(form, at);
    // It must be a form that could be stored before anything is told of the one that is.
    intake(act, at).locate(&intake::read(Uuid::nil(), Value::Object(now.clone()).to_string().into_bytes())?.submission)?;
    let (compared, differences) = compare(&stands, &now);
    let object = acts::object(summary.receipt.seq);
    if differences.is_empty() {
        if second {
            keyed(act, at, 2, (compared, 0))?;
            act.note("form.key", &object, "second time, the same")?;
        } else {
            act.nothing_changed();
        }
        return Ok(Decided::Done(Keyed::Same { own }));
    }
    if differences.len() > SLIPS && differences.len() * 2 > compared {
        return Err(other_form());
    }
    let Some(settled) = wish.settled else {
        act.note("form.compare", &object, &format!("{} of {compared} differ", differences.len()))?;
        return Ok(Decided::Done(Keyed::Differs { own, differences }));
    };
    let settled = settle(now, &differences, settled)?;
    if second {
        keyed(act, at, 2, (compared, differences.len()))?;
    }
    act.note("form.settle", &object, &format!("{} of {compared} differed", differences.len()))?;
    let Some(mut settled) = settled else { return Ok(Decided::Done(Keyed::Settled(None))) };
    settled.insert("supersedes".to_owned(), json!(id.to_string()));
    let ready = ready(act, at, (batch, versions), settled, wish.keep_invalid)?;
    Ok(Decided::Store { ready: Box::new(ready), settled: true })
}

fn intake<'a>(act: &'a Act<'_>, at: &'a At) -> Intake<'a> {
    Intake {
        actor: act.actor,
        field: &at.field,
        survey: &at.survey,
        units: &at.units,
        secret: act.secret,
        now: act.now,
        keep_invalid: false,
    }
}

/// What stands of a form.
fn standing(act: &mut Act<'_>, summary: &Summary) -> Result<Map<String, Value>, Refusal> {
    let (body, _) = responses::submission(act.db, summary.receipt.seq)?.ok_or_else(|| Refusal::new(Code::ResponseWithdrawn))?;
    match serde_json::from_slice(&body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Refusal::internal("a stored submission cannot be read")),
    }
}

/// What of a submission two people key in: its place and its answers, by name.
fn parts(submission: &Map<String, Value>) -> BTreeMap<String, Value> {
    let unit = submission.get("unit").and_then(|unit| unit.get("code"));
    let place = [("@unit", unit), ("@psu", submission.get("psu")), ("@respondent", submission.get("respondent"))];
    let place = place.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
    let answers = submission.get("answers").and_then(Value::as_object).into_iter().flatten();
    place.chain(answers.map(|(item, value)| (item.clone(), value.clone()))).collect()
}

/// How many things were compared, and those that differ.
fn compare(first: &Map<String, Value>, second: &Map<String, Value>) -> (usize, Vec<Difference>) {
    let (mut first, mut second) = (parts(first), parts(second));
    let names: BTreeSet<String> = first.keys().chain(second.keys()).cloned().collect();
    let mut take = |what: &String| (first.remove(what).unwrap_or_default(), second.remove(what).unwrap_or_default());
    let all = names.iter().map(|what| {
        let (first, second) = take(what);
        Difference { what: what.clone(), first, second }
    });
    (names.len(), all.filter(|one| plain(&one.first) != plain(&one.second)).collect())
}

/// An answer in one spelling: 5 is "5", and several options stand in any order.
fn plain(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => {
            let mut all: Vec<String> = all.iter().flat_map(plain).collect();
            all.sort();
            all
        }
        other => vec![other.to_string()],
    }
}

/// The submission by which differences are settled; none where what stands is right.
fn settle(
    mut now: Map<String, Value>,
    differences: &[Difference],
    settled: &BTreeMap<String, Side>,
) -> Result<Option<Map<String, Value>>, Refusal> {
    let open: Vec<Finding> = differences.iter().filter(|one| !settled.contains_key(&one.what)).map(|one| unsettled(&one.what)).collect();
    if !open.is_empty() {
        return Err(Refusal::new(Code::BodyInvalid).errors(open));
    }
    if settled.values().all(|side| *side == Side::First) {
        return Ok(None);
    }
    for one in differences.iter().filter(|one| settled.get(&one.what) == Some(&Side::First)) {
        let place = match one.what.strip_prefix('@') {
            Some("unit") => now.get_mut("unit").and_then(Value::as_object_mut).map(|unit| (unit, "code")),
            Some(name) => Some((&mut now, name)),
            None => now.get_mut("answers").and_then(Value::as_object_mut).map(|answers| (answers, one.what.as_str())),
        };
        let Some((members, name)) = place else { continue };
        if one.first.is_null() {
            members.remove(name);
        } else {
            members.insert(name.to_owned(), one.first.clone());
        }
    }
    Ok(Some(now))
}

fn unsettled(what: &str) -> Finding {
    let (vi, en) = (format!("Hãy chọn bên đúng của {what}"), format!("Choose which is right of {what}"));
    Finding::error(format!("/settle/{what}"), "not-settled", vi, en)
}

/// A form of this number is there and it is another one, or another unit's. What it says is not told.
fn other_form() -> Refusal {
    let (vi, en) = (
        "Số này đã có ở một phiếu khác hẳn: hãy xem lại số trên giấy, cụm và đơn vị",
        "Another form has this number: look at the number on the paper, the PSU and the unit again",
    );
    Refusal::because(Code::ResponseConflict, Finding::error("/number", "other-form", vi, en))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn spellings_of_one_answer_are_no_difference() {
        let first = object(&json!({ "unit": { "list": "l", "code": "A" }, "answers": { "a": 5, "b": ["x", "y"], "c": "1" } }));
        let second =
            object(&json!({ "unit": { "list": "l", "code": "A" }, "psu": "p", "answers": { "a": "5", "b": ["y", "x"], "d": "1" } }));
        let (compared, found) = compare(&first, &second);
        let names: Vec<&str> = found.iter().map(|one| one.what.as_str()).collect();
        assert_eq!((compared, names), (6, vec!["@psu", "c", "d"]));
    }

    #[test]
    fn every_difference_is_settled_to_one_side() {
        let first = object(&json!({ "unit": { "code": "A" }, "psu": "p1", "answers": { "a": 5, "c": "1" } }));
        let second = object(&json!({ "unit": { "code": "B" }, "answers": { "a": 4, "d": "2" } }));
        let (_, found) = compare(&first, &second);
        let side = |first: &[&str]| -> BTreeMap<String, Side> {
            let of = |what: &str| if first.contains(&what) { Side::First } else { Side::Second };
            found.iter().map(|one| (one.what.clone(), of(&one.what))).collect()
        };
        let settled = settle(second.clone(), &found, &side(&["@unit", "@psu", "c", "d"])).unwrap().unwrap();
        assert_eq!(Value::Object(settled), json!({ "unit": { "code": "A" }, "psu": "p1", "answers": { "a": 4, "c": "1" } }));
        assert_eq!(settle(second.clone(), &found, &side(&["@unit", "@psu", "a", "c", "d"])).unwrap(), None);
        let missing = settle(second, &found, &BTreeMap::new()).unwrap_err();
        assert_eq!(missing.findings().len(), 5);
    }
}
