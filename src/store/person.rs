//! The responses of one person: corrections of one another, and second answers of a listed respondent. One of them counts at most.
//!
//! # The rule
//! - A valid correction takes the place of everything of the person that stands, whichever of it it names.
//! - An invalid correction takes no place: the last valid response stays in force until another correction comes.
//! - Of two answers of a listed respondent the first valid one counts. The second is kept as invalid until a correction, of either,
//!   says which holds.
//! - A correction that names another line of the sample list says that the answer was another person's: it ends what it corrects, and
//!   nothing of those who were taken for the same person.
//! - A response that has ended is not corrected. Excluding the one in force ends all of them; excluding another ends that one.
//! - Withdrawing one withdraws them all: the person counts not at all, and nothing that they said is left.
//!
//! # Design
//! Every row but the first of a person names the first (`first_seq`), so that the others are found by one index however long the
//! chain is. A listed respondent is found by the line of the list as well.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use diesel::prelude::*;

use super::db::Db;
use super::error::Result;
use super::responses::{EventKind, ResponseState, end};
use super::tables::{response, response_finding};
use crate::words::Finding;

/// As many firsts are looked for at a time: databases take so many parameters.
const FIRSTS_PER_QUERY: usize = 500;

/// What was found of a second answer of one listed respondent.
pub const DOUBLED: &str = "second-answer";

/// The finding about a second answer of one listed respondent.
#[must_use]
pub fn doubled() -> Finding {
    Finding::error(
        "/respondent",
        DOUBLED,
        "Người trả lời này đã có một phiếu được tính; phiếu này được giữ lại và không được tính cho đến khi có phiếu thay thế",
        "A response of this respondent counts already; this one is kept and does not count until a correction says which holds",
    )
}

/// What one response of a person who corrected something says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its place in the order of arrival.
    pub seq: i64,
    /// That of the person's first.
    pub first: i64,
    version_id: i32,
    unit_id: i32,
    respondent: Option<String>,
    answers: Vec<u8>,
}

impl Sheet {
    /// Whether two say the same of the same unit.
    #[must_use]
    pub fn says_as(&self, other: &Self) -> bool {
        let of = |sheet: &Self| (sheet.version_id, sheet.unit_id, sheet.respondent.clone(), sheet.answers.clone());
        of(self) == of(other)
    }
}

type SheetRow = (i64, Option<i64>, i32, i32, Option<String>, Vec<u8>);

/// Every response of those who corrected one, up to a place in the order of arrival.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn corrected(db: &mut Db, wave_id: i32, seq: i64) -> Result<Vec<Sheet>> {
    let linked = || response::table.filter(response::wave_id.eq(wave_id)).filter(response::seq.le(seq));
    let columns = (response::seq, response::first_seq, response::version_id, response::unit_id, response::respondent, response::answers);
    let mut rows: Vec<SheetRow> = linked().filter(response::first_seq.is_not_null()).select(columns).load(db)?;
    let firsts: Vec<i64> = rows.iter().filter_map(|row| row.1).collect::<BTreeSet<i64>>().into_iter().collect();
    for some in firsts.chunks(FIRSTS_PER_QUERY) {
        rows.extend(linked().filter(response::seq.eq_any(some)).select(columns).load::<SheetRow>(db)?);
    }
    let sheet = |(seq, first, version_id, unit_id, respondent, answers): SheetRow| Sheet {
        seq,
        first: first.unwrap_or(seq),
        version_id,
        unit_id,
        respondent,
        answers,
    };
    Ok(rows.into_iter().map(sheet).collect())
}

/// One response of a person.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = response)]
pub(super) struct Link {
    pub(super) seq: i64,
    pub(super) wave_id: i32,
    pub(super) state: ResponseState,
    pub(super) ended_event: Option<i64>,
    pub(super) withdrawn_at: Option<i64>,
    pub(super) first_seq: Option<i64>,
    pub(super) respondent: Option<String>,
    pub(super) unit_id: i32,
    pub(super) device_key_id: Option<i32>,
    pub(super) receipt_hash: Option<Vec<u8>>,
}

impl Link {
    /// The first response of the person.
    pub(super) fn first(&self) -> i64 {
        self.first_seq.unwrap_or(self.seq)
    }

    /// Whether nothing has ended it.
    pub(super) fn stands(&self) -> bool {
        self.ended_event.is_none()
    }

    /// Whether this is the keyed hash of the code in its receipt. As long for any other.
    pub(super) fn has_code(&self, shown: &[u8; 32]) -> bool {
        let kept = self.receipt_hash.as_deref().unwrap_or_default();
        let differs = kept.iter().zip(shown).fold(0, |differs, (kept, shown)| differs | (kept ^ shown));
        kept.len() == shown.len() && std::hint::black_box(differs) == 0
    }

    /// Whether it is the one that counts.
    pub(super) fn counts(&self) -> bool {
        self.stands() && self.state == ResponseState::Valid
    }
}

/// Whose responses the sender of a correction may take the place of, besides what the same key sent.
#[derive(Debug, Clone, Default)]
pub struct Corrector {
    /// Those about these units.
    pub scope: Scope,
    /// The one whose receipt was shown: the keyed hash of its code.
    pub receipt: Option<[u8; 32]>,
}

/// Units whose responses somebody keeps.
#[derive(Debug, Clone, Default)]
pub enum Scope {
    /// None.
    #[default]
    None,
    /// These.
    Units(Arc<HashSet<i32>>),
    /// All.
    All,
}

impl Corrector {
    pub(super) fn may_end(&self, key: Option<i32>, link: &Link) -> bool {
        self.keeps(key, link) || self.receipt.is_some_and(|shown| link.has_code(&shown))
    }

    /// Whether the sender's key lets him, whatever receipt he shows.
    pub(super) fn keeps(&self, key: Option<i32>, link: &Link) -> bool {
        let own = key.is_some() && link.device_key_id == key;
        let kept = match &self.scope {
            Scope::None => false,
            Scope::Units(units) => units.contains(&link.unit_id),
            Scope::All => true,
        };
        own || kept
    }
}

/// What stands of a listed respondent in a wave, in the order of arrival.
pub(super) fn standing_of(db: &mut Db, wave_id: i32, respondent: &str) -> Result<Vec<Link>> {
    let of = response::table.filter(response::wave_id.eq(wave_id)).filter(response::respondent.eq(respondent));
    Ok(of.filter(response::ended_event.is_null()).order(response::seq).select(Link::as_select()).load(db)?)
}

/// Which of these lines of sample lists have something that stands, by wave.
pub(super) fn answered(db: &mut Db, lines: &BTreeMap<i32, Vec<&str>>) -> Result<HashSet<(i32, String)>> {
    let mut known = HashSet::new();
    for (wave_id, respondents) in lines {
        let of = response::table.filter(response::wave_id.eq(wave_id)).filter(response::respondent.eq_any(respondents));
        let found: Vec<Option<String>> = of.filter(response::ended_event.is_null()).select(response::respondent).distinct().load(db)?;
        known.extend(found.into_iter().flatten().map(|respondent| (*wave_id, respondent)));
    }
    Ok(known)
}

/// Everything of the person that a response is of, in the order of arrival.
pub(super) fn links(db: &mut Db, of: &Link) -> Result<Vec<Link>> {
    let mut firsts = vec![of.first()];
    if let Some(respondent) = &of.respondent {
        firsts.extend(standing_of(db, of.wave_id, respondent)?.iter().map(Link::first));
    }
    of_firsts(db, &firsts)
}

fn of_firsts(db: &mut Db, firsts: &[i64]) -> Result<Vec<Link>> {
    let named = response::first_seq.assume_not_null().eq_any(firsts).and(response::first_seq.is_not_null());
    let of = response::table.filter(response::seq.eq_any(firsts).or(named));
    Ok(of.order(response::seq).select(Link::as_select()).load(db)?)
}

/// What whoever shows the receipt of a response takes back with it: what corrected it, and what it corrected of the same sender. A second
/// answer of a listed respondent may be another's, who named the same line: it is neither taken along nor takes others along.
pub(super) fn taken_along(db: &mut Db, of: &Link) -> Result<Vec<Link>> {
    let group = of_firsts(db, &[of.first()])?;
    let seqs: Vec<i64> = group.iter().map(|link| link.seq).collect();
    let doubled = response_finding::table.filter(response_finding::response_seq.eq_any(seqs)).filter(response_finding::code.eq(DOUBLED));
    let doubled: Vec<i64> = doubled.select(response_finding::response_seq).load(db)?;
    let alone = doubled.contains(&of.seq);
    let along = |link: &Link| {
        link.seq == of.seq || (!alone && !doubled.contains(&link.seq) && (link.seq > of.seq || link.device_key_id == of.device_key_id))
    };
    Ok(group.into_iter().filter(along).collect())
}

/// Those of a person that stand as second answers of a listed respondent.
fn second_answers(db: &mut Db, group: &[Link]) -> Result<Vec<i64>> {
    let standing: Vec<i64> = group.iter().filter(|link| link.stands() && !link.counts()).map(|link| link.seq).collect();
    let of = response_finding::table.filter(response_finding::response_seq.eq_any(standing)).filter(response_finding::code.eq(DOUBLED));
    Ok(of.select(response_finding::response_seq).order(response_finding::response_seq).load(db)?)
}

/// Where a new response belongs.
#[derive(Debug, Default)]
pub(super) struct Belongs {
    /// The first response of the person; `None`: this is it.
    pub(super) first_seq: Option<i64>,
    /// Whether the respondent has an answer that counts, which this one does not correct.
    pub(super) doubled: bool,
    /// The first responses of those whose place a valid correction takes.
    firsts: Vec<i64>,
}

impl Belongs {
    /// Finds the person of a response by what it corrects and by its line of the sample list.
    pub(super) fn find(db: &mut Db, wave_id: i32, corrected: Option<&Link>, respondent: Option<&str>) -> Result<Self> {
        let others = match respondent {
            Some(respondent) => standing_of(db, wave_id, respondent)?,
            None => Vec::new(),
        };
        let Some(corrected) = corrected else {
            let first_seq = others.first().map(Link::first);
            return Ok(Self { first_seq, doubled: others.iter().any(Link::counts), firsts: Vec::new() });
        };
        if corrected.respondent.as_deref() != respondent {
            return Self::moved(db, corrected, &others);
        }
        let first = corrected.first();
        let firsts = std::iter::once(first).chain(others.iter().map(Link::first)).collect();
        Ok(Self { first_seq: Some(first), doubled: false, firsts })
    }

    /// A correction that says that an answer was that of another line of the list. It ends neither what that line's own person said, nor
    /// what others said who were taken for one person with it: whoever stays is a person without the one who goes.
    fn moved(db: &mut Db, corrected: &Link, others: &[Link]) -> Result<Self> {
        let first = if corrected.counts() {
            let group = of_firsts(db, &[corrected.first()])?;
            let stay = second_answers(db, &group)?;
            if let Some((head, rest)) = stay.split_first() {
                diesel::update(response::table.find(*head)).set(response::first_seq.eq(None::<i64>)).execute(db)?;
                diesel::update(response::table.filter(response::seq.eq_any(rest))).set(response::first_seq.eq(Some(*head))).execute(db)?;
            }
            corrected.first()
        } else {
            diesel::update(response::table.find(corrected.seq)).set(response::first_seq.eq(None::<i64>)).execute(db)?;
            corrected.seq
        };
        let doubled = others.iter().any(|other| other.counts() && other.first() != first);
        Ok(Self { first_seq: Some(first), doubled, firsts: vec![first] })
    }

    /// The answers that a valid correction would end: the one that counts, and second ones. Corrections that were invalid are none.
    pub(super) fn ends(&self, db: &mut Db) -> Result<Vec<Link>> {
        let group = of_firsts(db, &self.firsts)?;
        let second = second_answers(db, &group)?;
        Ok(group.into_iter().filter(|link| link.counts() || second.contains(&link.seq)).collect())
    }

    /// Ends whatever stands of the person but the correction itself.
    pub(super) fn supersede(&self, db: &mut Db, by: i64, at: i64, actor: &str) -> Result<()> {
        if self.firsts.is_empty() {
            return Ok(());
        }
        for link in of_firsts(db, &self.firsts)?.iter().filter(|link| link.stands() && link.seq != by) {
            end(db, link.seq, EventKind::Superseded, at, actor, "", Some(by))?;
        }
        Ok(())
    }
}
