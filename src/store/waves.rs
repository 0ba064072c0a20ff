//! Waves: when a survey is in the field, and the sampling design it follows.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::{Result, StoreError};
use super::tables::{design_psu, design_respondent, wave};

/// The kind of design that is a column of its own.
const DEVICE_DAY: &str = "device_day";

/// Whether answers by link need an invitation: they may have one, or they must.
pub const INVITATIONS: [&str; 2] = ["accepted", "required"];

/// A wave to open.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = wave)]
pub struct NewWave {
    /// Unique, e.g. `sipas-2024`.
    pub code: String,
    /// The survey whose questionnaires it takes, in any version.
    pub survey_code: String,
    /// JSON object, language to text.
    pub title: String,
    /// `probability_sample`, `transaction_stream` or `opt_in`.
    pub mode: String,
    /// Whom it is drawn from: JSON object, language to text.
    pub frame_label: String,
    /// The code list of the units that are rated.
    pub unit_list: String,
    /// From when it takes answers, µs UTC.
    pub opens_at: i64,
    /// Until when, µs UTC; `None`: no end yet.
    pub closes_at: Option<i64>,
    /// Weights are whole numbers of 10^-this.
    pub weight_exponent: i16,
    /// `element`, `cluster` or `device_day`.
    pub design_kind: String,
    /// Whether the finite population correction applies.
    pub fpc: bool,
    /// Made-up data for demonstration.
    pub synthetic: bool,
    /// By whom.
    pub created_by: String,
    /// When, µs UTC.
    pub created_at: i64,
}

/// A stored wave.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = wave)]
pub struct Wave {
    /// The number that responses carry.
    pub id: i32,
    /// Unique, e.g. `sipas-2024`.
    pub code: String,
    /// The survey whose questionnaires it takes, in any version.
    pub survey_code: String,
    /// JSON object, language to text.
    pub title: String,
    /// `probability_sample`, `transaction_stream` or `opt_in`.
    pub mode: String,
    /// Whom it is drawn from: JSON object, language to text.
    pub frame_label: String,
    /// The code list of the units that are rated.
    pub unit_list: String,
    /// From when it takes answers, µs UTC.
    pub opens_at: i64,
    /// Until when, µs UTC; `None`: no end yet.
    pub closes_at: Option<i64>,
    /// Weights are whole numbers of 10^-this.
    pub weight_exponent: i16,
    /// `element` or `cluster`; what counts is [`Wave::design`].
    design_kind: String,
    /// Whether the finite population correction applies.
    pub fpc: bool,
    /// Made-up data for demonstration.
    pub synthetic: bool,
    /// Counts the changes.
    pub revision: i64,
    /// By whom.
    pub created_by: String,
    /// When, µs UTC.
    pub created_at: i64,
    /// `device_day`, where the clusters are no part of a design.
    cluster_by: Option<String>,
    /// One of [`INVITATIONS`].
    pub invitations: String,
}

impl Wave {
    /// `element`, `cluster` or `device_day`.
    #[must_use]
    pub fn design(&self) -> &str {
        self.cluster_by.as_deref().unwrap_or(&self.design_kind)
    }

    /// Whether answers by link need an invitation.
    #[must_use]
    pub fn needs_invitation(&self) -> bool {
        self.invitations == INVITATIONS[1]
    }
}

/// What may change about a wave: its words and its dates. `None` leaves a thing as it is.
///
/// Mode, weights and design stay: responses already taken are read through them.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = wave)]
pub struct WaveChange {
    /// JSON object, language to text.
    pub title: Option<String>,
    /// JSON object, language to text.
    pub frame_label: Option<String>,
    /// µs UTC.
    pub opens_at: Option<i64>,
    /// µs UTC; `Some(None)` takes the end away.
    pub closes_at: Option<Option<i64>>,
}

/// A primary sampling unit to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPsu {
    /// Unique in its wave.
    pub code: String,
    /// The stratum it was drawn in.
    pub stratum: String,
    /// PSUs in the stratum's population.
    pub fpc: Option<i64>,
    /// The area it lies in.
    pub area_unit_id: Option<i32>,
    /// The weight of each of its respondents, in the wave's unit.
    pub weight_u: Option<i64>,
}

/// A primary sampling unit.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = design_psu)]
pub struct Psu {
    /// From 1, in the order of loading.
    pub id: i32,
    /// Unique in its wave.
    pub code: String,
    /// The stratum it was drawn in.
    pub stratum: String,
    /// PSUs in the stratum's population.
    pub fpc: Option<i64>,
    /// The area it lies in.
    pub area_unit_id: Option<i32>,
    /// The weight of each of its respondents, in the wave's unit.
    pub weight_u: Option<i64>,
}

/// A line of the sample list to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRespondent {
    /// The id on the list; says nothing about who it is.
    pub respondent: String,
    /// The code of the PSU.
    pub psu: Option<String>,
    /// In the wave's unit.
    pub weight_u: i64,
}

/// A line of the sample list.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = design_respondent)]
pub struct Respondent {
    /// The id on the list.
    pub respondent: String,
    /// The PSU.
    pub psu_id: Option<i32>,
    /// In the wave's unit.
    pub weight_u: i64,
}

/// What [`add_design`] added; the rest was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DesignAdded {
    /// New PSUs.
    pub psus: usize,
    /// New lines of the sample list.
    pub respondents: usize,
}

/// Opens a wave, at revision 1.
///
/// # Errors
/// [`StoreError::Conflict`] if the code is taken.
pub fn create(db: &mut Db, new: &NewWave) -> Result<Wave> {
    db.write(|db| {
        // The column is older than the third kind, and its CHECK cannot be widened in place.
        let cluster_by = (new.design_kind == DEVICE_DAY).then(|| DEVICE_DAY.to_owned());
        let row = match cluster_by {
            Some(_) => NewWave { design_kind: "element".into(), ..new.clone() },
            None => new.clone(),
        };
        let values = (row, wave::revision.eq(1), wave::cluster_by.eq(cluster_by));
        let inserted = diesel::insert_into(wave::table).values(values).returning(wave::all_columns).get_result(db);
        inserted.map_err(|e| match e {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::conflict("wave", &new.code),
            other => other.into(),
        })
    })
}

/// Changes a wave that is still at `revision`.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::RevisionConflict`].
pub fn update(db: &mut Db, id: i32, revision: i64, change: &WaveChange) -> Result<Wave> {
    db.write(|db| {
        let at_revision = wave::table.filter(wave::id.eq(id)).filter(wave::revision.eq(revision));
        let changed = diesel::update(at_revision).set((change.clone(), wave::revision.eq(revision + 1))).execute(db)?;
        let stored = by_id(db, id)?;
        if changed == 0 {
            return Err(StoreError::RevisionConflict { what: "wave", key: stored.code, expected: revision, found: stored.revision });
        }
        Ok(stored)
    })
}

/// Says whether answers by link need an invitation; part of a change that raises the revision, or of the opening.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_invitations(db: &mut Db, id: i32, invitations: &str) -> Result<Wave> {
    diesel::update(wave::table.find(id)).set(wave::invitations.eq(invitations)).execute(db)?;
    by_id(db, id)
}

/// The wave of this code.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find(db: &mut Db, code: &str) -> Result<Option<Wave>> {
    Ok(wave::table.filter(wave::code.eq(code)).select(Wave::as_select()).first(db).optional()?)
}

/// The wave of this number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn by_id(db: &mut Db, id: i32) -> Result<Wave> {
    let found = wave::table.find(id).select(Wave::as_select()).first(db).optional()?;
    found.ok_or_else(|| StoreError::not_found("wave", id))
}

/// Every wave, the latest opened first.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db) -> Result<Vec<Wave>> {
    Ok(wave::table.order((wave::opens_at.desc(), wave::id.desc())).select(Wave::as_select()).load(db)?)
}

/// The code of every wave.
///
/// # Errors
/// [`StoreError::Database`].
pub fn codes(db: &mut Db) -> Result<Vec<String>> {
    Ok(wave::table.select(wave::code).order(wave::code).load(db)?)
}

/// Adds PSUs and lines of the sample list, and raises the wave's revision if any is new.
///
/// A row that is there already, equal in all, is passed over: a design file may be loaded again with rows added.
///
/// # Errors
/// [`StoreError::Conflict`] for a row that differs from the stored one (responses may stand on it) or that is given twice;
/// [`StoreError::NotFound`] for a PSU that a respondent names and the wave does not have. Nothing is added then.
pub fn add_design(db: &mut Db, wave_id: i32, psus: &[NewPsu], respondents: &[NewRespondent]) -> Result<DesignAdded> {
    db.write(|db| {
        lock_wave(db, wave_id)?;
        let mut ids: HashMap<String, i32> = HashMap::new();
        let added =
            DesignAdded { psus: add_psus(db, wave_id, psus, &mut ids)?, respondents: add_respondents(db, wave_id, respondents, &ids)? };
        if added != DesignAdded::default() {
            diesel::update(wave::table.find(wave_id)).set(wave::revision.eq(wave::revision + 1)).execute(db)?;
        }
        Ok(added)
    })
}

/// Holds the wave's row until the end of the transaction: two loaders would give the same numbers.
pub(super) fn lock_wave(db: &mut Db, wave_id: i32) -> Result<()> {
    let held = diesel::update(wave::table.find(wave_id)).set(wave::revision.eq(wave::revision)).execute(db)?;
    if held == 0 { Err(StoreError::not_found("wave", wave_id)) } else { Ok(()) }
}

fn add_psus(db: &mut Db, wave_id: i32, psus: &[NewPsu], ids: &mut HashMap<String, i32>) -> Result<usize> {
    let stored = load_psus(db, wave_id)?;
    let mut next = stored.iter().map(|p| p.id).max().unwrap_or(0);
    let mut by_code: BTreeMap<String, NewPsu> = BTreeMap::new();
    for p in stored {
        ids.insert(p.code.clone(), p.id);
        by_code.insert(
            p.code.clone(),
            NewPsu { code: p.code, stratum: p.stratum, fpc: p.fpc, area_unit_id: p.area_unit_id, weight_u: p.weight_u },
        );
    }
    let mut rows = Vec::new();
    for psu in psus {
        match by_code.get(&psu.code) {
            Some(old) if old == psu => continue,
            Some(_) => return Err(StoreError::conflict("PSU", &psu.code)),
            None => by_code.insert(psu.code.clone(), psu.clone()),
        };
        next += 1;
        ids.insert(psu.code.clone(), next);
        rows.push((
            design_psu::wave_id.eq(wave_id),
            design_psu::id.eq(next),
            design_psu::code.eq(&psu.code),
            design_psu::stratum.eq(&psu.stratum),
            design_psu::fpc.eq(psu.fpc),
            design_psu::area_unit_id.eq(psu.area_unit_id),
            design_psu::weight_u.eq(psu.weight_u),
        ));
    }
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        each_backend!(db, c => diesel::insert_into(design_psu::table).values(chunk.to_vec()).execute(c))?;
    }
    Ok(rows.len())
}

fn add_respondents(db: &mut Db, wave_id: i32, respondents: &[NewRespondent], ids: &HashMap<String, i32>) -> Result<usize> {
    if respondents.is_empty() {
        return Ok(0);
    }
    let mut by_id: HashMap<String, (Option<i32>, i64)> =
        load_respondents(db, wave_id)?.into_iter().map(|r| (r.respondent, (r.psu_id, r.weight_u))).collect();
    let mut rows = Vec::new();
    for line in respondents {
        let psu_id = match &line.psu {
            Some(code) => Some(*ids.get(code).ok_or_else(|| StoreError::not_found("PSU", code))?),
            None => None,
        };
        match by_id.insert(line.respondent.clone(), (psu_id, line.weight_u)) {
            Some(old) if old == (psu_id, line.weight_u) => continue,
            Some(_) => return Err(StoreError::conflict("respondent", &line.respondent)),
            None => {}
        }
        rows.push((
            design_respondent::wave_id.eq(wave_id),
            design_respondent::respondent.eq(&line.respondent),
            design_respondent::psu_id.eq(psu_id),
            design_respondent::weight_u.eq(line.weight_u),
        ));
    }
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        each_backend!(db, c => diesel::insert_into(design_respondent::table).values(chunk.to_vec()).execute(c))?;
    }
    Ok(rows.len())
}

/// How large the design of a wave is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// PSUs that were drawn.
    pub psus: i64,
    /// People on its sample list.
    pub respondents: i64,
}

/// How large the design of a wave is.
///
/// # Errors
/// [`StoreError::Database`].
pub fn sizes(db: &mut Db, wave_id: i32) -> Result<Sizes> {
    Ok(Sizes {
        psus: design_psu::table.filter(design_psu::wave_id.eq(wave_id)).count().get_result(db)?,
        respondents: design_respondent::table.filter(design_respondent::wave_id.eq(wave_id)).count().get_result(db)?,
    })
}

/// The wave's PSUs, in the order of their numbers.
///
/// # Errors
/// [`StoreError::Database`].
pub fn load_psus(db: &mut Db, wave_id: i32) -> Result<Vec<Psu>> {
    let of = design_psu::table.filter(design_psu::wave_id.eq(wave_id)).order(design_psu::id);
    Ok(of.select(Psu::as_select()).load(db)?)
}

/// The wave's sample list, in the order of the ids on it.
///
/// # Errors
/// [`StoreError::Database`].
pub fn load_respondents(db: &mut Db, wave_id: i32) -> Result<Vec<Respondent>> {
    let of = design_respondent::table.filter(design_respondent::wave_id.eq(wave_id)).order(design_respondent::respondent);
    Ok(of.select(Respondent::as_select()).load(db)?)
}

/// One PSU by its code.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find_psu(db: &mut Db, wave_id: i32, code: &str) -> Result<Option<Psu>> {
    let of = design_psu::table.filter(design_psu::wave_id.eq(wave_id)).filter(design_psu::code.eq(code));
    Ok(of.select(Psu::as_select()).first(db).optional()?)
}

/// One line of the sample list.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find_respondent(db: &mut Db, wave_id: i32, respondent: &str) -> Result<Option<Respondent>> {
    let of = design_respondent::table.find((wave_id, respondent));
    Ok(of.select(Respondent::as_select()).first(db).optional()?)
}
