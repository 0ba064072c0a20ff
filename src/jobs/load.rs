//! What is stored, as the core knows it: questionnaires, waves with their designs, units.

use std::sync::Arc;

use uuid::Uuid;

use crate::design::{Design, DesignKind, Mode, Psu, Respondent, Wave, WeightUnit};
use crate::schema::composite::CompositeDefinition;
use crate::schema::{self, Document, IndexDefinition, Layout, Questionnaire};
use crate::store::runs::{self, Run};
use crate::store::{Db, StoreError, composites, schemas, units, waves};
use crate::unit::{Registry, Succession, UnitId, UnitKind, UnitRecord};

/// Why something stored cannot be used. Everything was checked on its way in, so each of these is a fault of ours, or
/// of whoever changed the database by hand.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document of a definition no longer reads.
    #[error("the stored definition {code} {version} cannot be read")]
    Definition { code: String, version: String },
    /// PSUs or respondents of a wave contradict each other.
    #[error("the stored design of wave {wave} contradicts itself: {why}")]
    Design {
        wave: String,
        /// What was found.
        why: String,
    },
    /// The words of a wave's row mean nothing.
    #[error("the stored wave {0} has a mode, a kind of design or a weight unit that does not exist")]
    Wave(String),
    /// Units contradict each other.
    #[error("the stored units contradict each other: {0}")]
    Units(String),
}

/// A published questionnaire, ready to check answers.
pub struct Survey {
    /// The number that responses carry.
    pub id: i32,
    /// SHA-256 of its canonical JSON.
    pub sha256: [u8; 32],
    /// What is asked.
    pub questionnaire: Questionnaire,
    /// How answers pack.
    pub layout: Layout,
}

/// A wave with its design.
pub struct WaveInField {
    /// The wave as it is stored.
    pub wave: waves::Wave,
    /// PSUs and sample list; empty for a wave that has none.
    pub design: Design,
}

impl WaveInField {
    /// The wave as the core knows it.
    ///
    /// # Errors
    /// [`LoadError::Wave`] where a word of the row means nothing.
    pub fn core(&self) -> Result<Wave, LoadError> {
        core(&self.wave).ok_or_else(|| LoadError::Wave(self.wave.code.clone()))
    }
}

fn core(wave: &waves::Wave) -> Option<Wave> {
    Some(Wave {
        code: wave.code.clone(),
        survey: wave.survey_code.clone(),
        mode: Mode::parse(&wave.mode)?,
        kind: DesignKind::parse(wave.design())?,
        weight_unit: u8::try_from(wave.weight_exponent).ok().and_then(WeightUnit::new)?,
        opens_at: wave.opens_at,
        closes_at: wave.closes_at,
        synthetic: wave.synthetic,
    })
}

/// A stored questionnaire.
///
/// # Errors
/// [`LoadError::Definition`].
pub fn survey(row: &schemas::SurveyVersion) -> Result<Survey, LoadError> {
    match schema::parse(&row.document).map(|checked| checked.document) {
        Ok(Document::Questionnaire(questionnaire)) => {
            let layout = Layout::of(&questionnaire);
            Ok(Survey { id: row.id, sha256: row.sha256, questionnaire, layout })
        }
        _ => Err(LoadError::Definition { code: row.code.clone(), version: row.version.clone() }),
    }
}

/// A stored index definition.
///
/// # Errors
/// [`LoadError::Definition`].
pub fn index(row: &schemas::IndexVersion) -> Result<IndexDefinition, LoadError> {
    match schema::parse(&row.document).map(|checked| checked.document) {
        Ok(Document::Index(index)) => Ok(index),
        _ => Err(LoadError::Definition { code: row.code.clone(), version: row.version.clone() }),
    }
}

/// The wave as it is now; its design is read again only if the wave differs from `known`.
///
/// # Errors
/// [`LoadError::Store`], [`LoadError::Design`].
pub fn wave(db: &mut Db, code: &str, known: Option<Arc<WaveInField>>, units: &Registry) -> Result<Option<Arc<WaveInField>>, LoadError> {
    let Some(wave) = waves::find(db, code)? else { return Ok(None) };
    if let Some(known) = known.filter(|known| known.wave == wave) {
        return Ok(Some(known));
    }
    let design = design(db, &wave, units)?;
    Ok(Some(Arc::new(WaveInField { wave, design })))
}

fn design(db: &mut Db, wave: &waves::Wave, units: &Registry) -> Result<Design, LoadError> {
    let fault = |why: String| LoadError::Design { wave: wave.code.clone(), why };
    let psus = waves::load_psus(db, wave.id)?;
    // PSUs are numbered from 1 in the order of loading, so a row of the design is a number less one.
    if psus.iter().enumerate().any(|(row, psu)| usize::try_from(psu.id).ok() != Some(row + 1)) {
        return Err(fault("its PSUs are not numbered from 1".into()));
    }
    let psu_code = |id: i32| psus.get(usize::try_from(id - 1).ok()?).map(|psu| psu.code.clone());
    let people = waves::load_respondents(db, wave.id)?.into_iter();
    let people = people.map(|line| Respondent { code: line.respondent, psu: line.psu_id.and_then(psu_code), weight: line.weight_u });
    let area = |id: i32| units.get(UnitId(id)).map(|unit| format!("{}:{}", unit.record.list, unit.record.code));
    let table = psus.iter().map(|psu| Psu {
        code: psu.code.clone(),
        stratum: psu.stratum.clone(),
        fpc: psu.fpc.filter(|_| wave.fpc),
        area: psu.area_unit_id.and_then(area),
        weight: psu.weight_u,
    });
    Design::new(table.collect(), people.collect()).map_err(|findings| fault(format!("{findings:?}")))
}

/// The definition of a composite index.
///
/// # Errors
/// [`LoadError::Definition`].
pub fn composite(row: &schemas::IndexVersion) -> Result<CompositeDefinition, LoadError> {
    match schema::parse(&row.document).map(|checked| checked.document) {
        Ok(Document::Composite(definition)) => Ok(definition),
        _ => Err(LoadError::Definition { code: row.code.clone(), version: row.version.clone() }),
    }
}

/// The definition of a composite index as a run of it is published: with no more decimals than the surveys publish that it takes leaves from.
///
/// # Errors
/// [`LoadError`].
pub fn composite_of_run(db: &mut Db, run: &Run, row: &schemas::IndexVersion) -> Result<CompositeDefinition, LoadError> {
    let mut definition = composite(row)?;
    for (source, _) in composites::inputs(db, run.id)?.surveys {
        let source = runs::get(db, source)?;
        definition = definition.with_decimals_at_most(decimals(db, &source)?);
    }
    Ok(definition)
}

/// With how many decimals the figures of a survey's run are published.
///
/// # Errors
/// [`LoadError`].
pub fn decimals(db: &mut Db, run: &Run) -> Result<u8, LoadError> {
    Ok(index(&schemas::index_by_id(db, run.index_version_id)?)?.decimals())
}

/// Every unit.
///
/// # Errors
/// [`LoadError::Store`], [`LoadError::Units`].
pub fn registry(db: &mut Db) -> Result<Registry, LoadError> {
    built(units::load(db)?)
}

/// Every unit as it was after a change of units.
///
/// # Errors
/// [`LoadError::Store`], [`LoadError::Units`].
pub fn registry_at(db: &mut Db, change: i32) -> Result<Registry, LoadError> {
    built(units::load_at(db, change)?)
}

/// The units that a run is computed and shown with: those that there were when it was made.
///
/// # Errors
/// [`LoadError::Store`], [`LoadError::Units`].
pub fn registry_of_run(db: &mut Db, run: Uuid) -> Result<Registry, LoadError> {
    let change = units::change_of_run(db, run)?;
    registry_at(db, change)
}

fn built((rows, successions): units::Stored) -> Result<Registry, LoadError> {
    let records: Option<Vec<_>> = rows.into_iter().map(|(id, row)| Some((id, record(row)?))).collect();
    let records = records.ok_or_else(|| LoadError::Units("a date or a kind does not exist".into()))?;
    let successions = successions.into_iter().map(|s| Succession { from: s.from, to: s.to, whole: s.whole, is_default: s.is_default });
    let successions: Vec<_> = successions.collect();
    Registry::new(records, &successions).map_err(|errors| LoadError::Units(format!("{errors:?}")))
}

/// A stored unit as the core knows it; `None` for a date or a kind that does not exist.
#[must_use]
pub fn record(row: units::UnitRow) -> Option<UnitRecord> {
    let name_en = row.name_en.unwrap_or_else(|| row.name_vi.clone());
    Some(UnitRecord {
        kind: UnitKind::parse(&row.kind)?,
        valid_from: chrono::NaiveDate::from_epoch_days(row.valid_from)?,
        valid_to: match row.valid_to {
            Some(days) => Some(chrono::NaiveDate::from_epoch_days(days)?),
            None => None,
        },
        list: row.list,
        code: row.code,
        name_vi: row.name_vi,
        name_en,
        parent: row.parent,
    })
}

/// A unit of the core as it is stored.
#[must_use]
pub fn row(record: &UnitRecord) -> units::UnitRow {
    units::UnitRow {
        list: record.list.clone(),
        code: record.code.clone(),
        kind: record.kind.as_str().to_owned(),
        name_vi: record.name_vi.clone(),
        name_en: Some(record.name_en.clone()),
        parent: record.parent.clone(),
        valid_from: record.valid_from.to_epoch_days(),
        valid_to: record.valid_to.map(|day| day.to_epoch_days()),
    }
}
