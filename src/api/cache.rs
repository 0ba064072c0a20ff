//! What requests need again and again, kept in memory.
//!
//! Published questionnaires never change and are kept for good. Keys, waves and units do change, on this instance or on another one
//! of the same database: they are read again when they are older than a few seconds. So a revoked key stops working everywhere
//! within [`FRESH`], and a response costs no query but its own insert.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::api::auth::KeyHolder;
use crate::api::problem::Problem;
use crate::api::role::Role;
use crate::api::state::AppState;
use crate::design::{Design, Psu, Respondent};
use crate::schema::{self, Document, Layout, Questionnaire};
use crate::store::{Db, keys, schemas, units, waves};
use crate::unit::{Registry, Succession, UnitKind, UnitRecord};

/// How old a key or a wave may be.
pub const FRESH: Duration = Duration::from_secs(2);
/// How old the list of units may be: it changes a few times a year, and reading it costs some time.
const UNITS_FRESH: Duration = Duration::from_secs(30);

/// A published questionnaire, ready to check answers.
pub struct Survey {
    /// The number that responses carry.
    pub id: i32,
    /// What is asked.
    pub questionnaire: Questionnaire,
    /// How answers pack.
    pub layout: Layout,
}

/// A wave with its design.
pub struct WaveInField {
    /// The wave.
    pub wave: waves::Wave,
    /// PSUs and sample list; empty for a wave that has none.
    pub design: Design,
}

/// One kind of thing by its name.
struct Kept<K, V>(RwLock<HashMap<K, (Instant, V)>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// The thing, and whether it was read less than `age` ago.
    fn get(&self, key: &K, age: Duration) -> Option<(V, bool)> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).map(|(read, value)| (value.clone(), read.elapsed() < age))
    }

    fn put(&self, key: K, value: V) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, (Instant::now(), value));
    }

    fn forget(&self, key: &K) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn forget_all(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// All of it. Only what exists is kept: made-up names fill no memory.
#[derive(Default)]
pub struct Cache {
    keys: Kept<[u8; 32], Arc<KeyHolder>>,
    surveys: Kept<(String, String), Arc<Survey>>,
    waves: Kept<String, Arc<WaveInField>>,
    units: Kept<(), Arc<Registry>>,
}

impl Cache {
    /// Forgets every key: one was revoked.
    pub fn forget_keys(&self) {
        self.keys.forget_all();
    }

    /// Forgets a wave: it changed.
    pub fn forget_wave(&self, code: &str) {
        self.waves.forget(&code.to_owned());
    }

    /// Forgets the units: some were added.
    pub fn forget_units(&self) {
        self.units.forget(&());
    }

    pub(super) async fn key(&self, state: &AppState, hash: [u8; 32]) -> Result<Option<Arc<KeyHolder>>, Problem> {
        if let Some((holder, true)) = self.keys.get(&hash, FRESH) {
            return Ok(Some(holder));
        }
        let found = state.read(move |db| Ok(keys::find_by_hash(db, &hash)?)).await?;
        let Some(key) = found.filter(|key| key.revoked_at.is_none()) else {
            self.keys.forget(&hash);
            return Ok(None);
        };
        let role = Role::parse(&key.role).ok_or_else(|| Problem::internal(format!("key {} has the unknown role {}", key.id, key.role)))?;
        let holder = Arc::new(KeyHolder { id: key.id, name: key.name, role, unit: key.unit_id });
        self.keys.put(hash, Arc::clone(&holder));
        Ok(Some(holder))
    }

    pub(super) async fn survey(&self, state: &AppState, code: &str, version: &str) -> Result<Option<Arc<Survey>>, Problem> {
        let key = (code.to_owned(), version.to_owned());
        if let Some((survey, _)) = self.surveys.get(&key, Duration::MAX) {
            return Ok(Some(survey));
        }
        let (code, version) = key.clone();
        let Some(row) = state.read(move |db| Ok(schemas::find_survey(db, &code, &version)?)).await? else { return Ok(None) };
        let survey = Arc::new(questionnaire(&row)?);
        self.surveys.put(key, Arc::clone(&survey));
        Ok(Some(survey))
    }

    pub(super) async fn wave(&self, state: &AppState, code: &str) -> Result<Option<Arc<WaveInField>>, Problem> {
        let key = code.to_owned();
        let known = match self.waves.get(&key, FRESH) {
            Some((wave, true)) => return Ok(Some(wave)),
            Some((wave, false)) => Some(wave),
            None => None,
        };
        let units = state.units().await?;
        let code = key.clone();
        let found = state.read(move |db| read_wave(db, &code, known, &units)).await?;
        match &found {
            Some(wave) => self.waves.put(key, Arc::clone(wave)),
            None => self.waves.forget(&key),
        }
        Ok(found)
    }

    pub(super) async fn units(&self, state: &AppState) -> Result<Arc<Registry>, Problem> {
        if let Some((units, true)) = self.units.get(&(), UNITS_FRESH) {
            return Ok(units);
        }
        let units = Arc::new(state.read(read_units).await?);
        self.units.put((), Arc::clone(&units));
        Ok(units)
    }
}

/// A stored questionnaire was checked when it was published: one that no longer reads is a fault of ours.
fn questionnaire(row: &schemas::SurveyVersion) -> Result<Survey, Problem> {
    match schema::parse(&row.document).map(|checked| checked.document) {
        Ok(Document::Questionnaire(questionnaire)) => {
            let layout = Layout::of(&questionnaire);
            Ok(Survey { id: row.id, questionnaire, layout })
        }
        _ => Err(Problem::internal(format!("the stored questionnaire {} {} cannot be read", row.code, row.version))),
    }
}

/// The wave as it is now; its design is read again only if its revision changed.
fn read_wave(db: &mut Db, code: &str, known: Option<Arc<WaveInField>>, units: &Registry) -> Result<Option<Arc<WaveInField>>, Problem> {
    let Some(wave) = waves::find(db, code)? else { return Ok(None) };
    if let Some(known) = known.filter(|known| known.wave == wave) {
        return Ok(Some(known));
    }
    let psus = waves::load_psus(db, wave.id)?;
    // PSUs are numbered from 1 in the order of loading, so a row of the design is a number less one.
    if psus.iter().enumerate().any(|(row, psu)| usize::try_from(psu.id).ok() != Some(row + 1)) {
        return Err(Problem::internal(format!("the PSUs of wave {code} are not numbered from 1")));
    }
    let psu_code = |id: i32| psus.get(usize::try_from(id - 1).ok()?).map(|psu| psu.code.clone());
    let people = waves::load_respondents(db, wave.id)?.into_iter();
    let people = people.map(|line| Respondent { code: line.respondent, psu: line.psu_id.and_then(psu_code), weight: line.weight_u }).collect();
    let area = |id: i32| units.get(crate::unit::UnitId(id)).map(|unit| unit.record.code.clone());
    let table = psus.iter().map(|psu| Psu {
        code: psu.code.clone(),
        stratum: psu.stratum.clone(),
        fpc: psu.fpc,
        area: psu.area_unit_id.and_then(area),
        weight: psu.weight_u,
    });
    let design = Design::new(table.collect(), people);
    let design = design.map_err(|findings| Problem::internal(format!("the stored design of wave {code} contradicts itself: {findings:?}")))?;
    Ok(Some(Arc::new(WaveInField { wave, design })))
}

fn read_units(db: &mut Db) -> Result<Registry, Problem> {
    let (rows, successions) = units::load(db)?;
    let records: Option<Vec<_>> = rows.into_iter().map(|(id, row)| Some((id, record(row)?))).collect();
    let records = records.ok_or_else(|| Problem::internal("a stored unit has a date or a kind that does not exist"))?;
    let successions = successions.into_iter().map(|s| Succession { from: s.from, to: s.to, whole: s.whole, is_default: s.is_default });
    let successions: Vec<_> = successions.collect();
    Registry::new(records, &successions).map_err(|errors| Problem::internal(format!("the stored units contradict each other: {errors:?}")))
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
