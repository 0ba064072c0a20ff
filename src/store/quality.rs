//! Quality flags: what an evaluation found about responses. Nothing here changes a response, and an evaluation that is done is never
//! changed: the next one is another version.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer, Text};
use uuid::Uuid;

use super::columns::Bytes32;
use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::{Result, StoreError};
use super::people_tables::flag_lift;
use super::scan::{HighWater, high_water};
use super::tables::{quality_count, quality_evaluation, response_flag, run_without_flagged};
use super::waves::lock_wave;
use crate::response::quality::{self, Rule};

/// The states of an evaluation: not done yet, done, and ended without a result.
pub const EVALUATION_STATES: [&str; 3] = ["pending", "done", "failed"];

/// An evaluation to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewEvaluation<'a> {
    /// The wave whose responses are judged.
    pub wave_id: i32,
    /// Code of the rule set.
    pub rules_code: &'a str,
    /// Its version.
    pub rules_version: &'a str,
    /// SHA-256 of its canonical JSON.
    pub rules_sha256: [u8; 32],
    /// The rule set as it was given.
    pub rules: &'a str,
    /// By whom.
    pub created_by: &'a str,
    /// When, µs UTC.
    pub created_at: i64,
}

/// One look at the responses of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = quality_evaluation)]
pub struct Evaluation {
    /// What runs and flags refer to.
    pub id: i32,
    /// The wave whose responses are judged.
    pub wave_id: i32,
    /// From 1 within its wave.
    pub version: i32,
    /// Code of the rule set.
    pub rules_code: String,
    /// Its version.
    pub rules_version: String,
    /// SHA-256 of its canonical JSON.
    #[diesel(deserialize_as = Bytes32)]
    pub rules_sha256: [u8; 32],
    /// The rule set as it was given.
    pub rules: String,
    /// The last response that it may see.
    pub high_water_seq: i64,
    /// The last event that it knows of.
    pub high_water_event: i64,
    /// By whom.
    pub created_by: String,
    /// When, µs UTC.
    pub created_at: i64,
    /// When it was done or failed, µs UTC.
    pub finished_at: Option<i64>,
    /// Responses looked at.
    pub responses: Option<i64>,
    /// Responses with at least one flag.
    pub flagged: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

impl Evaluation {
    /// What it may see of the responses.
    #[must_use]
    pub fn high_water(&self) -> HighWater {
        HighWater { seq: self.high_water_seq, event: self.high_water_event }
    }

    /// One of [`EVALUATION_STATES`].
    #[must_use]
    pub fn state(&self) -> &'static str {
        let [pending, done, failed] = EVALUATION_STATES;
        match (self.finished_at, &self.error) {
            (None, _) => pending,
            (Some(_), None) => done,
            (Some(_), Some(_)) => failed,
        }
    }
}

/// How far a rule reached in an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = quality_count)]
pub struct Count {
    pub rule: String,
    /// Responses that it could judge.
    pub judged: i64,
    /// Responses that it flagged.
    pub flagged: i64,
}

/// Begins an evaluation: the next version of its wave, with what it may see frozen now.
///
/// # Errors
/// [`StoreError::NotFound`] without such a wave; [`StoreError::Conflict`] for a rule set whose name and version stood for other rules in an
/// earlier evaluation.
pub fn create(db: &mut Db, new: &NewEvaluation<'_>) -> Result<Evaluation> {
    db.write(|db| {
        lock_wave(db, new.wave_id)?;
        let others = quality_evaluation::table
            .filter(quality_evaluation::rules_code.eq(new.rules_code))
            .filter(quality_evaluation::rules_version.eq(new.rules_version))
            .filter(quality_evaluation::rules_sha256.ne(new.rules_sha256.as_slice()));
        if others.count().get_result::<i64>(db)? > 0 {
            return Err(StoreError::conflict("rule set", format!("{} {}", new.rules_code, new.rules_version)));
        }
        let at = high_water(db, new.wave_id)?;
        let latest: Option<i32> = of_wave(new.wave_id).select(diesel::dsl::max(quality_evaluation::version)).get_result(db)?;
        let row = (
            quality_evaluation::wave_id.eq(new.wave_id),
            quality_evaluation::version.eq(latest.unwrap_or(0) + 1),
            quality_evaluation::rules_code.eq(new.rules_code),
            quality_evaluation::rules_version.eq(new.rules_version),
            quality_evaluation::rules_sha256.eq(new.rules_sha256.as_slice()),
            quality_evaluation::rules.eq(new.rules),
            quality_evaluation::high_water_seq.eq(at.seq),
            quality_evaluation::high_water_event.eq(at.event),
            quality_evaluation::created_by.eq(new.created_by),
            quality_evaluation::created_at.eq(new.created_at),
        );
        Ok(diesel::insert_into(quality_evaluation::table).values(row).returning(quality_evaluation::all_columns).get_result(db)?)
    })
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of_wave(wave_id: i32) -> _ {
    let wave: i32 = wave_id;
    quality_evaluation::table.filter(quality_evaluation::wave_id.eq(wave))
}

/// The evaluation of this number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn get(db: &mut Db, id: i32) -> Result<Evaluation> {
    let found = quality_evaluation::table.find(id).select(Evaluation::as_select()).first(db).optional()?;
    found.ok_or_else(|| StoreError::not_found("evaluation", id))
}

/// A version of a wave's evaluations, if there is one.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find(db: &mut Db, wave_id: i32, version: i32) -> Result<Option<Evaluation>> {
    let of = of_wave(wave_id).filter(quality_evaluation::version.eq(version));
    Ok(of.select(Evaluation::as_select()).first(db).optional()?)
}

/// A wave's evaluations, the latest first.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db, wave_id: i32) -> Result<Vec<Evaluation>> {
    Ok(of_wave(wave_id).order(quality_evaluation::version.desc()).select(Evaluation::as_select()).load(db)?)
}

/// Stores what an evaluation found, in one transaction.
///
/// # Errors
/// [`StoreError::WrongState`] if it has ended already: then nothing is stored.
pub fn finish(db: &mut Db, id: i32, found: &quality::Evaluation, now: i64) -> Result<Evaluation> {
    db.write(|db| {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let values = (
            quality_evaluation::finished_at.eq(now),
            quality_evaluation::responses.eq(count(found.responses)),
            quality_evaluation::flagged.eq(count(found.flagged)),
        );
        let ended = diesel::update(pending(id)).set(values).execute(db)?;
        refuse_ended(db, id, ended)?;
        let counts: Vec<_> = found
            .rules
            .iter()
            .map(|(rule, of_rule)| {
                (
                    quality_count::evaluation_id.eq(id),
                    quality_count::rule.eq(rule.as_str()),
                    quality_count::judged.eq(count(of_rule.judged)),
                    quality_count::flagged.eq(count(of_rule.flagged)),
                )
            })
            .collect();
        each_backend!(db, c => diesel::insert_into(quality_count::table).values(counts).execute(c))?;
        for chunk in found.flags.chunks(ROWS_PER_INSERT) {
            let rows: Vec<_> = chunk
                .iter()
                .map(|flag| {
                    (
                        response_flag::evaluation_id.eq(id),
                        response_flag::response_seq.eq(flag.seq),
                        response_flag::rule.eq(flag.rule.as_str()),
                        response_flag::detail.eq(flag.detail.as_str()),
                    )
                })
                .collect();
            each_backend!(db, c => diesel::insert_into(response_flag::table).values(rows).execute(c))?;
        }
        get(db, id)
    })
}

/// Records why an evaluation cannot be made.
///
/// # Errors
/// [`StoreError::WrongState`] if it has ended already.
pub fn fail(db: &mut Db, id: i32, error: &str, now: i64) -> Result<Evaluation> {
    db.write(|db| {
        let values = (quality_evaluation::finished_at.eq(now), quality_evaluation::error.eq(error));
        let ended = diesel::update(pending(id)).set(values).execute(db)?;
        refuse_ended(db, id, ended)?;
        get(db, id)
    })
}

#[diesel::dsl::auto_type(no_type_alias)]
fn pending(id: i32) -> _ {
    let id: i32 = id;
    quality_evaluation::table.filter(quality_evaluation::id.eq(id)).filter(quality_evaluation::finished_at.is_null())
}

fn refuse_ended(db: &mut Db, id: i32, changed: usize) -> Result<()> {
    if changed == 1 {
        return Ok(());
    }
    let stored = get(db, id)?;
    Err(StoreError::WrongState { what: "evaluation", key: id.to_string(), state: stored.state() })
}

/// How far each rule of an evaluation reached, by the rules' names.
///
/// # Errors
/// [`StoreError::Database`].
pub fn counts(db: &mut Db, id: i32) -> Result<Vec<Count>> {
    let of = quality_count::table.filter(quality_count::evaluation_id.eq(id)).order(quality_count::rule);
    Ok(of.select(Count::as_select()).load(db)?)
}

/// The rules that an evaluation applied, in canonical order.
///
/// # Errors
/// [`StoreError::Database`].
pub fn rules_of(db: &mut Db, id: i32) -> Result<Vec<Rule>> {
    let names: Vec<String> = counts(db, id)?.into_iter().map(|count| count.rule).collect();
    Ok(Rule::ALL.into_iter().filter(|rule| names.iter().any(|name| name == rule.as_str())).collect())
}

/// What [`flags_by`] counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagsBy {
    /// The unit that is rated.
    Unit,
    /// The device's key; 0 is those without one.
    Device,
}

/// Flags of one rule on the responses of one unit or device.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct FlagCount {
    /// The unit or key.
    #[diesel(sql_type = Integer)]
    pub key: i32,
    /// The rule.
    #[diesel(sql_type = Text)]
    pub rule: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub n: i64,
}

/// The flags of an evaluation by unit or device, and each of these by rule.
///
/// # Errors
/// [`StoreError::Database`].
pub fn flags_by(db: &mut Db, id: i32, by: FlagsBy) -> Result<Vec<FlagCount>> {
    macro_rules! count_by {
        ($key:literal) => {
            concat!(
                "SELECT ",
                $key,
                " AS key, f.rule AS rule, COUNT(*) AS n FROM response_flag f JOIN response r ON r.seq = f.response_seq ",
                "WHERE f.evaluation_id = $1 GROUP BY 1, 2 ORDER BY 1, 2"
            )
        };
    }
    let text = match by {
        FlagsBy::Unit => count_by!("r.unit_id"),
        FlagsBy::Device => count_by!("COALESCE(r.device_key_id, 0)"),
    };
    Ok(sql_query(text).bind::<Integer, _>(id).load(db)?)
}

/// A flag of one response.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct FlagOfResponse {
    /// The version of the evaluation that set it.
    pub evaluation: i32,
    pub rule: String,
    /// What was measured.
    pub detail: String,
}

/// Every flag that any evaluation set on a response, by evaluation and rule.
///
/// # Errors
/// [`StoreError::Database`].
pub fn flags_of(db: &mut Db, seq: i64) -> Result<Vec<FlagOfResponse>> {
    Ok(response_flag::table
        .inner_join(quality_evaluation::table)
        .filter(response_flag::response_seq.eq(seq))
        .order((quality_evaluation::version, response_flag::rule))
        .select((quality_evaluation::version, response_flag::rule, response_flag::detail))
        .load(db)?)
}

/// The responses that any of the rules flagged in an evaluation, each once, ascending.
///
/// # Errors
/// [`StoreError::Database`].
pub fn flagged(db: &mut Db, id: i32, rules: &[Rule]) -> Result<Vec<i64>> {
    let names: Vec<&str> = rules.iter().map(|rule| rule.as_str()).collect();
    let of = response_flag::table.filter(response_flag::evaluation_id.eq(id)).filter(response_flag::rule.eq_any(names));
    Ok(of.select(response_flag::response_seq).distinct().order(response_flag::response_seq).load(db)?)
}

/// The responses that an evaluation flagged, at most `limit`, each with how many flags it has: the most first.
///
/// # Errors
/// [`StoreError::Database`].
pub fn most_flagged(db: &mut Db, id: i32, limit: i64) -> Result<Vec<(i64, i64)>> {
    let of = response_flag::table.filter(response_flag::evaluation_id.eq(id)).group_by(response_flag::response_seq);
    let order = (diesel::dsl::count_star().desc(), response_flag::response_seq);
    Ok(of.select((response_flag::response_seq, diesel::dsl::count_star())).order(order).limit(limit).load(db)?)
}

/// Lets flags of a response count no more, in the runs to come.
///
/// # Errors
/// [`StoreError::Database`], also for flags that are lifted already.
pub fn lift(db: &mut Db, evaluation: i32, response_seq: i64, rules: &[Rule], proposal: i32) -> Result<()> {
    db.write(|db| {
        let wave = get(db, evaluation)?.wave_id;
        lock_wave(db, wave)?;
        for rule in rules {
            let row = (
                flag_lift::evaluation_id.eq(evaluation),
                flag_lift::response_seq.eq(response_seq),
                flag_lift::rule.eq(rule.as_str()),
                flag_lift::proposal_id.eq(proposal),
            );
            diesel::insert_into(flag_lift::table).values(row).execute(db)?;
        }
        Ok(())
    })
}

/// The flags of a response that an evaluation set and nobody has lifted.
///
/// # Errors
/// [`StoreError::Unreadable`] for a rule that does not exist.
pub fn standing_flags(db: &mut Db, evaluation: i32, response_seq: i64) -> Result<Vec<Rule>> {
    let of = response_flag::table.filter(response_flag::evaluation_id.eq(evaluation)).filter(response_flag::response_seq.eq(response_seq));
    let set: Vec<String> = of.order(response_flag::rule).select(response_flag::rule).load(db)?;
    let of = flag_lift::table.filter(flag_lift::evaluation_id.eq(evaluation)).filter(flag_lift::response_seq.eq(response_seq));
    let lifted: Vec<String> = of.select(flag_lift::rule).load(db)?;
    let standing: Option<Vec<Rule>> = set.iter().filter(|name| !lifted.contains(name)).map(|name| Rule::parse(name)).collect();
    standing.ok_or_else(|| StoreError::Unreadable { table: "response_flag", detail: set.join(",") })
}

/// The rules whose flags of a response were lifted, by the version of the evaluation.
///
/// # Errors
/// [`StoreError::Database`].
pub fn lifted_of(db: &mut Db, response_seq: i64) -> Result<Vec<(i32, String)>> {
    Ok(flag_lift::table
        .inner_join(quality_evaluation::table.on(quality_evaluation::id.eq(flag_lift::evaluation_id)))
        .filter(flag_lift::response_seq.eq(response_seq))
        .select((quality_evaluation::version, flag_lift::rule))
        .load(db)?)
}

/// What a run leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The evaluation whose flags count.
    pub evaluation: Evaluation,
    /// The rules whose flags count, in canonical order.
    pub rules: Vec<Rule>,
}

/// The last lift of a flag that there is, which a run freezes.
fn last_lift(db: &mut Db) -> Result<i32> {
    Ok(flag_lift::table.select(diesel::dsl::max(flag_lift::id)).get_result::<Option<i32>>(db)?.unwrap_or(0))
}

/// The responses that a run leaves out: flagged by one of the rules whose flag was not lifted before the run was made; each once, ascending.
///
/// # Errors
/// [`StoreError::Database`].
pub fn left_out_of(db: &mut Db, run_id: Uuid, left_out: &LeftOut) -> Result<Vec<i64>> {
    let of = run_without_flagged::table.find(run_id.as_bytes().as_slice()).select(run_without_flagged::lifts_up_to);
    // Of a run that looks again without what was flagged, what counts now.
    let up_to: i32 = match of.first(db).optional()? {
        Some(frozen) => frozen,
        None => last_lift(db)?,
    };
    let names: Vec<&str> = left_out.rules.iter().map(|rule| rule.as_str()).collect();
    let flags = response_flag::table
        .filter(response_flag::evaluation_id.eq(left_out.evaluation.id))
        .filter(response_flag::rule.eq_any(names))
        .order((response_flag::response_seq, response_flag::rule))
        .select((response_flag::response_seq, response_flag::rule));
    let flags: Vec<(i64, String)> = flags.load(db)?;
    let of = flag_lift::table.filter(flag_lift::evaluation_id.eq(left_out.evaluation.id)).filter(flag_lift::id.le(up_to));
    let lifted: std::collections::HashSet<(i64, String)> =
        of.select((flag_lift::response_seq, flag_lift::rule)).load(db)?.into_iter().collect();
    let mut left: Vec<i64> = flags.into_iter().filter(|flag| !lifted.contains(flag)).map(|(seq, _)| seq).collect();
    left.dedup();
    Ok(left)
}

/// Has a run that was just created leave out what an evaluation flagged: part of its frozen inputs.
///
/// # Errors
/// [`StoreError::WrongState`] for an evaluation that is not done; [`StoreError::Database`] if the run has such a choice already.
pub fn leave_out(db: &mut Db, run_id: Uuid, left_out: &LeftOut) -> Result<()> {
    let evaluation = &left_out.evaluation;
    if evaluation.state() != "done" {
        return Err(StoreError::WrongState { what: "evaluation", key: evaluation.id.to_string(), state: evaluation.state() });
    }
    let rules = left_out.rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>().join(",");
    lock_wave(db, evaluation.wave_id)?;
    let row = (
        run_without_flagged::run_id.eq(run_id.as_bytes().as_slice()),
        run_without_flagged::evaluation_id.eq(evaluation.id),
        run_without_flagged::rules.eq(rules),
        run_without_flagged::lifts_up_to.eq(last_lift(db)?),
    );
    diesel::insert_into(run_without_flagged::table).values(row).execute(db)?;
    Ok(())
}

/// What a run leaves out, if it does.
///
/// # Errors
/// [`StoreError::Unreadable`] for a rule that does not exist.
pub fn left_out(db: &mut Db, run_id: Uuid) -> Result<Option<LeftOut>> {
    let of = run_without_flagged::table.find(run_id.as_bytes().as_slice());
    let found: Option<(i32, String)> = of.select((run_without_flagged::evaluation_id, run_without_flagged::rules)).first(db).optional()?;
    let Some((evaluation, names)) = found else { return Ok(None) };
    let rules: Option<Vec<Rule>> = names.split(',').map(Rule::parse).collect();
    let unreadable = || StoreError::Unreadable { table: "run_without_flagged", detail: names.clone() };
    Ok(Some(LeftOut { evaluation: get(db, evaluation)?, rules: rules.ok_or_else(unreadable)? }))
}
