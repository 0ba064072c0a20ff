//! What was published before of the same index: what was hidden, which figures stand, how the answers changed since.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use uuid::Uuid;

use crate::design::{Mode, Wave};
use crate::index::{DomainKey, people_by_domain};
use crate::jobs::recompute::{Loaded, Report, RunError, frame_of};
use crate::jobs::stored;
use crate::jobs::stream::Participation;
use crate::publication::disclosure::{Changes, Key, Past, Standing};
use crate::store::editions::{self, Edition};
use crate::store::runs::{self, Run};
use crate::store::scores::{self, Score};
use crate::store::{Db, StoreError, invitations, origins, quality};

/// What was published before, and in which editions of the wave.
pub(super) struct Before {
    pub(super) past: Past,
    /// Codes of the wave's editions, the earliest first.
    pub(super) editions: Vec<String>,
}

/// Codes of the editions of an index and a wave that anybody may have seen, those taken back among them, the earliest first.
///
/// # Errors
/// [`StoreError::Database`].
pub fn public_editions(db: &mut Db, index: &str, wave: &str) -> Result<Vec<String>, StoreError> {
    Ok(public(db, index)?.into_iter().filter(|edition| edition.wave_code.as_deref() == Some(wave)).map(|edition| edition.code).collect())
}

fn public(db: &mut Db, index: &str) -> Result<Vec<Edition>, StoreError> {
    let mut all = editions::list(db, None)?;
    all.retain(|edition| edition.index_code == index && edition.published_at.is_some());
    all.reverse();
    Ok(all)
}

/// Reads what was published before a run.
pub(super) fn read(db: &mut Db, run: &Run, loaded: &Loaded, wave: &Wave, report: &Report<'_>) -> Result<Before, RunError> {
    let public: Vec<Edition> = public(db, &loaded.index.code)?.into_iter().filter(|edition| edition.run_id != run.id).collect();
    let of_wave: Vec<&Edition> = public.iter().filter(|edition| edition.wave_code.as_ref() == Some(&wave.code)).collect();
    let mut past = Past::default();
    let mut hid = |edition: &Edition| {
        let rows = scores::all(db, edition.run_id)?;
        Ok::<_, StoreError>(rows.into_iter().filter(|score| score.suppressed).map(key).collect::<HashSet<Key>>())
    };
    if let Some(last) = public.last() {
        past.hidden = hid(last)?;
    }
    for edition in &of_wave {
        past.stays.extend(hid(edition)?);
    }
    if let Some(last) = of_wave.last() {
        past.standing = standing(db, last, loaded.plan.decimals())?;
    }
    let unvouched = unvouched(db, run, wave)?;
    if !unvouched.is_empty() {
        past.unvouched = people(db, run, loaded, wave, report, &|seq| unvouched.contains(&seq))?;
    }
    if !of_wave.is_empty() {
        let (now, _) = sequence(db, run, loaded, wave, report)?;
        for edition in &of_wave {
            let earlier = runs::get(db, edition.run_id)?;
            past.changes.push(changes(db, [&earlier, run], &now, &unvouched, loaded, wave, report)?);
        }
    }
    Ok(Before { past, editions: of_wave.into_iter().map(|edition| edition.code.clone()).collect() })
}

fn key(score: Score) -> Key {
    (stored::domain(&score), score.node)
}

/// The figures that everybody sees of an edition.
fn standing(db: &mut Db, edition: &Edition, decimals: u8) -> Result<HashMap<Key, Standing>, StoreError> {
    let mut carried = stored::standing(db, edition.run_id, stored::ALL)?;
    let rows = scores::all(db, edition.run_id)?;
    let seen = rows.into_iter().filter(|score| !score.suppressed && score.est.is_some()).map(|score| {
        let own = |score: &Score| Standing { edition: edition.code.clone(), numbers: stored::numbers(score).published(decimals) };
        let standing = carried.remove(&score.ord).unwrap_or_else(|| own(&score));
        (key(score), standing)
    });
    Ok(seen.collect())
}

/// The sequence numbers of the responses that took part in a run, and how many of them were erased since.
fn sequence(db: &mut Db, run: &Run, loaded: &Loaded, wave: &Wave, report: &Report<'_>) -> Result<(HashSet<i64>, u64), RunError> {
    let left_out = quality::left_out(db, run.id)?;
    let mut taking_part = Participation::open(db, run, wave.kind, left_out.as_ref())?;
    let mut found = HashSet::new();
    let mut note = |seq| {
        found.insert(seq);
        false
    };
    let (_, erased) = frame_of(db, &loaded.field, loaded.inputs(), &mut taking_part, report, &mut note)?;
    Ok((found, erased))
}

/// The sequence numbers of a stream's responses that came without a key and without an invitation. Where everybody may answer as often as he
/// likes nobody is vouched for, and nothing is made of it.
fn unvouched(db: &mut Db, run: &Run, wave: &Wave) -> Result<HashSet<i64>, StoreError> {
    if wave.mode != Mode::TransactionStream {
        return Ok(HashSet::new());
    }
    let wave_id = run.wave()?;
    let mut found = HashSet::new();
    origins::scan_origins(db, wave_id, run.high_water(), |origin| {
        if origin.device.is_none() && !origin.imported {
            found.insert(origin.seq);
        }
        ControlFlow::Continue(())
    })?;
    for seq in invitations::invited(db, wave_id, run.high_water().seq)? {
        found.remove(&seq);
    }
    Ok(found)
}

/// How many people are behind every figure, of the responses of a run that are wanted.
fn people(
    db: &mut Db,
    run: &Run,
    loaded: &Loaded,
    wave: &Wave,
    report: &Report<'_>,
    wanted: &dyn Fn(i64) -> bool,
) -> Result<HashMap<Key, i64>, RunError> {
    let left_out = quality::left_out(db, run.id)?;
    let mut taking_part = Participation::open(db, run, wave.kind, left_out.as_ref())?;
    let (frame, _) = frame_of(db, &loaded.field, loaded.inputs(), &mut taking_part, report, &mut |seq| wanted(seq))?;
    let codes: Vec<&str> = loaded.plan.nodes().iter().map(|node| node.code.as_str()).collect();
    let of = |(domain, people): (DomainKey, Vec<i64>)| {
        let keys: Vec<Key> = codes.iter().map(|code| (domain.clone(), (*code).to_owned())).collect();
        keys.into_iter().zip(people)
    };
    Ok(people_by_domain(&loaded.plan, frame, &loaded.units)?.into_iter().flat_map(of).collect())
}

/// How many people are behind every figure who are in one of two runs and not in the other.
fn changes(
    db: &mut Db,
    runs: [&Run; 2],
    now: &HashSet<i64>,
    unvouched: &HashSet<i64>,
    loaded: &Loaded,
    wave: &Wave,
    report: &Report<'_>,
) -> Result<Changes, RunError> {
    let (then, erased) = sequence(db, runs[0], loaded, wave, report)?;
    let mut changes = Changes { unknown: i64::try_from(erased).unwrap_or(i64::MAX), ..Changes::default() };
    for (run, of, other) in [(runs[0], &then, now), (runs[1], now, &then)] {
        let alone: HashSet<i64> = of.difference(other).copied().collect();
        let anybody: HashSet<i64> = alone.intersection(unvouched).copied().collect();
        for (of, total) in [(alone, &mut changes.certain), (anybody, &mut changes.unvouched)] {
            if !of.is_empty() {
                let found = people(db, run, loaded, wave, report, &|seq| of.contains(&seq))?;
                for (key, people) in found {
                    *total.entry(key).or_default() += people;
                }
            }
        }
    }
    Ok(changes)
}

/// What everybody sees of a run; nothing of one that was never public.
pub(super) fn shown(db: &mut Db, run: Uuid) -> Result<Option<HashSet<Key>>, StoreError> {
    if editions::of_run(db, run)?.is_none_or(|edition| edition.published_at.is_none()) {
        return Ok(None);
    }
    let rows = scores::all(db, run)?;
    Ok(Some(rows.into_iter().filter(|score| !score.suppressed).map(key).collect()))
}
