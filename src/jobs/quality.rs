//! An evaluation: responses in the store → flags beside them.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::jobs::load::{self, LoadError, Survey};
use crate::jobs::recompute::{Report, Stage};
use crate::response::Channel;
use crate::response::quality::{Evaluation as Found, Evaluator, Judged, RuleSet};
use crate::store::jobs::{self, Ending, Lease};
use crate::store::quality::{self, Evaluation, NewEvaluation};
use crate::store::{Db, StoreError, origins, schemas, waves};
use crate::unit::Registry;
use crate::words::Finding;

/// The kind of job that makes an evaluation.
pub const QUALITY_JOB: &str = "quality";

/// How often a scan reports, in rows.
const REPORT_EVERY: usize = 16_384;

/// Why an evaluation found nothing.
#[derive(Debug, thiserror::Error)]
pub enum QualityError {
    /// What is stored cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rule set cannot be used.
    #[error("the rule set cannot be used: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Rules(Vec<Finding>),
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Begins an evaluation of a wave by the rules of a text: it is pending, and what it may see is frozen.
///
/// # Errors
/// [`QualityError::Rules`] with every finding; a [`StoreError::Conflict`] where a rule set of that name and version was other once.
pub fn begin(db: &mut Db, wave_id: i32, rules: &str, units: &Registry, actor: &str, now: i64) -> Result<Evaluation, QualityError> {
    let read = RuleSet::parse(rules).map_err(QualityError::Rules)?;
    Evaluator::new(&read, std::iter::empty(), |name| unit(units, name)).map_err(QualityError::Rules)?;
    let new = NewEvaluation {
        wave_id,
        rules_code: read.code(),
        rules_version: read.version(),
        rules_sha256: read.sha256(),
        rules,
        created_by: actor,
        created_at: now,
    };
    Ok(quality::create(db, &new)?)
}

/// The unit that a rule set names by `LIST:CODE`.
fn unit(units: &Registry, name: &str) -> Option<i32> {
    let (list, code) = name.split_once(':')?;
    units.find(list, code, None).map(|unit| unit.id.0)
}

/// Judges the responses that an evaluation froze. Stores nothing.
///
/// # Errors
/// [`QualityError`].
pub fn evaluate(db: &mut Db, evaluation: &Evaluation, report: &Report<'_>) -> Result<Found, QualityError> {
    let rules = RuleSet::parse(&evaluation.rules).map_err(QualityError::Rules)?;
    let units = load::registry(db)?;
    let survey = waves::by_id(db, evaluation.wave_id)?.survey_code;
    let surveys = schemas::list_surveys(db, Some(&survey))?.iter().map(load::survey).collect::<Result<Vec<Survey>, _>>()?;
    let places: HashMap<i32, usize> = surveys.iter().enumerate().map(|(place, survey)| (survey.id, place)).collect();
    let forms = surveys.iter().map(|survey| (&survey.questionnaire, &survey.layout));
    let mut evaluator = Evaluator::new(&rules, forms, |name| unit(&units, name)).map_err(QualityError::Rules)?;
    let mut rows = 0_usize;
    let broken_off = origins::scan_origins(db, evaluation.wave_id, evaluation.high_water(), |row| {
        let channel = u8::try_from(row.channel).ok().and_then(Channel::from_code);
        if let (Some(form), Some(channel)) = (places.get(&row.version_id), channel) {
            evaluator.push(&Judged {
                seq: row.seq,
                form: *form,
                unit: row.unit_id,
                device: row.device,
                channel,
                imported: row.imported,
                started_at: row.started_at,
                answered_at: row.answered_at,
                received_at: row.received_at,
                answers: row.answers,
            });
        }
        rows += 1;
        if rows.is_multiple_of(REPORT_EVERY) { report(Stage::Reading, rows, 0) } else { ControlFlow::Continue(()) }
    })?;
    if broken_off { Err(QualityError::Cancelled) } else { Ok(evaluator.finish()) }
}

/// Stores what an evaluation came to and ends its job, if it has one, in one transaction.
///
/// # Errors
/// [`StoreError::WrongState`] where it has ended already, and those of the store: nothing is stored then.
pub fn conclude(
    db: &mut Db,
    evaluation: i32,
    lease: Option<Lease>,
    result: &Result<Found, QualityError>,
    now: i64,
) -> Result<Evaluation, StoreError> {
    db.write(|db| {
        let why = result.as_ref().err().map(ToString::to_string);
        let ended = match result {
            Ok(found) => quality::finish(db, evaluation, found, now)?,
            Err(_) => quality::fail(db, evaluation, why.as_deref().unwrap_or_default(), now)?,
        };
        if let Some(lease) = lease {
            jobs::finish(db, lease, why.as_deref().map_or(Ending::Done, Ending::Failed), now)?;
        }
        Ok(ended)
    })
}
