//! What was published before of the same index: what was hidden, which figures stand, how the answers changed since.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use uuid::Uuid;

use crate::design::{Mode, Wave};
use crate::index::{DomainKey, Who, who_by_domain};
use crate::jobs::recompute::{Loaded, Report, RunError, frame_of};
use crate::jobs::stored;
use crate::jobs::stream::Participation;
use crate::publication::disclosure::{Changes, Key, Past, Standing};
use crate::store::editions::{self, Edition};
use crate::store::person::{self, Sheet};
use crate::store::runs::{self, Run};
use crate::store::scores::{self, Score};
use crate::store::{Db, StoreError, invitations, origins, quality};

/// What was published before, and in which editions of the wave.
pub(super) struct Before {
    pub(super) past: Past,
    /// Codes of the wave's editions, the earliest first.
    pub(super) editions: Vec<String>,
}

/// Codes of the editions of an index and a wave that anybody may have seen, the earliest first: those taken back and previews among them.
///
/// # Errors
/// [`StoreError::Database`].
pub fn public_editions(db: &mut Db, index: &str, wave: &str) -> Result<Vec<String>, StoreError> {
    Ok(seen(db, index)?.into_iter().filter(|edition| edition.wave_code.as_deref() == Some(wave)).map(|edition| edition.code).collect())
}

fn seen(db: &mut Db, index: &str) -> Result<Vec<Edition>, StoreError> {
    let mut all = editions::list(db, None)?;
    all.retain(|edition| edition.index_code == index);
    all.reverse();
    Ok(all)
}

/// Reads what was published before a run.
pub(super) fn read(db: &mut Db, run: &Run, loaded: &Loaded, wave: &Wave, report: &Report<'_>) -> Result<Before, RunError> {
    let seen: Vec<Edition> = seen(db, &loaded.index.code)?.into_iter().filter(|edition| edition.run_id != run.id).collect();
    let of_wave: Vec<&Edition> = seen.iter().filter(|edition| edition.wave_code.as_ref() == Some(&wave.code)).collect();
    let mut past = Past::default();
    let mut hid = |edition: &Edition| {
        let rows = scores::all(db, edition.run_id)?;
        Ok::<_, StoreError>(rows.into_iter().filter(|score| score.suppressed).map(key).collect::<HashSet<Key>>())
    };
    if let Some(last) = seen.last() {
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
        let vouched = who(db, run, loaded, wave, report, &|seq| !unvouched.contains(&seq))?;
        let all = if wave.mode == Mode::OptIn { who(db, run, loaded, wave, report, &|_| true)? } else { HashMap::new() };
        past.vouched = Some(or_all(vouched, &all));
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

/// The sequence numbers of a stream's responses that came without a key and without an invitation; none of a sample.
fn unvouched(db: &mut Db, run: &Run, wave: &Wave) -> Result<HashSet<i64>, StoreError> {
    if !wave.mode.is_stream() {
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

/// Who is behind every figure, of the responses of a run that are wanted.
fn who(
    db: &mut Db,
    run: &Run,
    loaded: &Loaded,
    wave: &Wave,
    report: &Report<'_>,
    wanted: &dyn Fn(i64) -> bool,
) -> Result<HashMap<Key, Who>, RunError> {
    let left_out = quality::left_out(db, run.id)?;
    let mut taking_part = Participation::open(db, run, wave.kind, left_out.as_ref())?;
    let (frame, _) = frame_of(db, &loaded.field, loaded.inputs(), &mut taking_part, report, &mut |seq| wanted(seq))?;
    let codes: Vec<&str> = loaded.plan.nodes().iter().map(|node| node.code.as_str()).collect();
    let of = |(domain, who): (DomainKey, Vec<Who>)| {
        let keys: Vec<Key> = codes.iter().map(|code| (domain.clone(), (*code).to_owned())).collect();
        keys.into_iter().zip(who).filter(|(_, who)| who.people > 0)
    };
    Ok(who_by_domain(&loaded.plan, frame, &loaded.units)?.into_iter().flat_map(of).collect())
}

/// Who is vouched for; where nobody is, all: an open wave that only links lead to speaks of whoever came.
fn or_all(mut vouched: HashMap<Key, Who>, all: &HashMap<Key, Who>) -> HashMap<Key, Who> {
    for (key, who) in all {
        vouched.entry(key.clone()).or_insert(*who);
    }
    vouched
}

/// On how many people's answers the difference of every figure rests between two runs.
///
/// People who are in one of both and not in the other are counted, unless all of them said the same: then the difference tells what. Whoever
/// corrected an answer is the same person before and after, and makes no newcomer harder to tell; corrections count where nobody came or went.
/// Nobody counts who is not vouched for, but in an open wave where nobody is. Where anything changed at all, one is counted at least.
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
    let (gone, come) = corrected(db, runs[1], &then, now)?;
    let mut of = |which: usize, corrected: bool| {
        let (all, other, corrections) = if which == 0 { (&then, now, &gone) } else { (now, &then, &come) };
        let wanted = |seq: &i64| corrections.get(seq).map_or(!corrected, |changed| corrected && *changed);
        let wanted: HashSet<i64> = all.difference(other).copied().filter(wanted).collect();
        let mut found = |of: &HashSet<i64>| {
            if of.is_empty() { Ok(HashMap::new()) } else { who(db, runs[which], loaded, wave, report, &|seq| of.contains(&seq)) }
        };
        let all = found(&wanted)?;
        let vouched: HashSet<i64> = wanted.difference(unvouched).copied().collect();
        let vouched = if vouched.len() == wanted.len() { all.clone() } else { found(&vouched)? };
        let vouched = if wave.mode == Mode::OptIn { or_all(vouched, &all) } else { vouched };
        Ok::<_, RunError>((all, vouched))
    };
    let sides = [of(0, false)?, of(1, false)?];
    let corrections = [of(0, true)?, of(1, true)?];
    let keys: HashSet<&Key> = sides.iter().chain(&corrections).flat_map(|(all, _)| all.keys()).collect();
    let number = |key: &Key| {
        let who = |of: &HashMap<Key, Who>| of.get(key).copied().unwrap_or_default();
        if sides.iter().all(|(all, _)| !all.contains_key(key)) {
            return corrections.iter().map(|(_, vouched)| who(vouched).people).max().unwrap_or(0).max(1);
        }
        let alike = sides.iter().map(|(_, vouched)| who(vouched)).all(|who| who.people == 0 || who.unanimous);
        if alike { 1 } else { sides.iter().map(|(_, vouched)| who(vouched).people).sum::<i64>().max(1) }
    };
    let people = keys.into_iter().map(|key| (key.clone(), number(key))).collect();
    Ok(Changes { people, unknown: i64::try_from(erased).unwrap_or(i64::MAX) })
}

/// Responses of one run that correct one of the other or are corrected by it: whether the sheet says anything else.
type Corrections = HashMap<i64, bool>;

/// The corrections between two runs: those that went, and those that came in their place.
fn corrected(db: &mut Db, run: &Run, then: &HashSet<i64>, now: &HashSet<i64>) -> Result<(Corrections, Corrections), StoreError> {
    let mut sheets: HashMap<i64, Vec<Sheet>> = HashMap::new();
    for sheet in person::corrected(db, run.wave()?, run.high_water().seq)? {
        sheets.entry(sheet.first).or_default().push(sheet);
    }
    let (mut gone, mut come) = (Corrections::new(), Corrections::new());
    for sheets in sheets.values() {
        let old = sheets.iter().find(|sheet| then.contains(&sheet.seq) && !now.contains(&sheet.seq));
        let new = sheets.iter().find(|sheet| now.contains(&sheet.seq) && !then.contains(&sheet.seq));
        if let (Some(old), Some(new)) = (old, new) {
            gone.insert(old.seq, !old.says_as(new));
            come.insert(new.seq, !old.says_as(new));
        }
    }
    Ok((gone, come))
}

/// What everybody sees of a run, by value; nothing of one that was never public.
pub(super) fn shown(db: &mut Db, run: Uuid, decimals: u8) -> Result<Option<HashMap<Key, f64>>, StoreError> {
    let Some(edition) = editions::of_run(db, run)?.filter(|edition| edition.published_at.is_some()) else { return Ok(None) };
    let seen = standing(db, &edition, decimals)?;
    Ok(Some(seen.into_iter().filter_map(|(key, standing)| Some((key, standing.numbers.value?))).collect()))
}
