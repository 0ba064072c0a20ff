//! The office: the acts of the house, each once.
//!
//! A face (HTTP, pages, the command line) knows who asks and what for; it calls an act with both and gets a value or a
//! [`Refusal`], which it words in its own way. Permission, checks, the effect and the line of the audit log are inside the act. So
//! what one face refuses the other refuses too, with the same findings.
//!
//! An act that changes something is a function over [`Act`]: one transaction, one actor, one instant. It commits only if it wrote
//! its line of the audit log ([`Act::note`]) or said that nothing changed ([`Act::nothing_changed`]). What only reads is a function
//! over [`Look`].
#![allow(missing_docs, reason = "the lint is for the core; here a comment stands where it says more than the name")]

mod actor;
pub mod audit;
pub mod chain;
mod codes;
pub mod definitions;
pub mod demo;
pub mod devices;
pub mod editions;
pub mod erasure;
pub mod fieldwork;
pub mod figures;
pub mod health;
pub mod import;
pub mod indicators;
pub mod intake;
pub mod invitations;
pub mod keys;
mod password;
pub mod persons;
pub mod place;
mod prepared;
pub mod proposals;
pub mod quality;
mod receipt;
mod refusal;
pub mod responses;
mod role;
pub mod runs;
pub mod secret;
pub mod sessions;
pub mod shape;
pub mod totp;
pub mod units;
pub mod villages;
pub mod waves;
pub mod wire;

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde_json::json;
use uuid::Uuid;

pub use actor::{Actor, Holder, OPERATOR, Standing, Whose, is_operator};
pub use codes::Code;
pub use receipt::{ReceiptCode, Slip};
pub use refusal::Refusal;
pub use role::{Action, Role};

use prepared::PreparedKept;

use crate::jobs::load;
use crate::store::audit::{self as log, NewLine};
use crate::store::{DISK_ERROR, Db, Secret, Store, StoreError};
use crate::unit::{Registry, UnitId};

/// The present instant in UTC microseconds. A function, so that a test can be late.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}

/// Where acts are done: a store and a clock. A clone is the same office.
#[derive(Clone)]
pub struct Office {
    store: Store,
    clock: Clock,
    units: UnitsKept,
    prepared: Arc<PreparedKept>,
}

/// Every unit as they are, and when they were read; and as they were after some changes, which never changes.
#[derive(Default)]
struct UnitsInMemory {
    latest: Option<(Instant, Arc<Registry>)>,
    states: Vec<(i32, Arc<Registry>)>,
}

type UnitsKept = Arc<RwLock<UnitsInMemory>>;

/// How many states of units are kept: editions on show were made with a few.
const STATES: usize = 4;

/// How old the units in memory may be: they change a few times a year, and reading them costs some time.
const UNITS_FRESH: Duration = Duration::from_secs(30);

/// One who reads, on a connection, at an instant.
pub struct Look<'a> {
    /// The connection.
    pub db: &'a mut Db,
    /// Who asks.
    pub actor: &'a Actor,
    /// The instant, UTC microseconds.
    pub now: i64,
    /// The secret of the database.
    pub secret: &'a Secret,
    units: &'a UnitsKept,
    prepared: &'a PreparedKept,
}

/// One who acts, in a transaction, at an instant.
pub struct Act<'a> {
    look: Look<'a>,
    told: bool,
}

impl Office {
    /// An office over a store.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, units: UnitsKept::default(), prepared: Arc::default() }
    }

    /// The present instant, UTC microseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// The store behind it.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Lets an actor look at something.
    ///
    /// # Errors
    /// Those of `look`; `unavailable` without a connection.
    pub fn look<T>(&self, actor: &Actor, look: impl FnOnce(&mut Look<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let now = self.now();
        let secret = self.store.secret();
        let looked = look(&mut Look { db: &mut *self.store.db()?, actor, now, secret, units: &self.units, prepared: &self.prepared });
        looked.map_err(|refusal| self.explained(refusal))
    }

    /// Lets an actor do something and takes it all back: what would it come to?
    ///
    /// # Errors
    /// Those of `act`; `unavailable` without a connection.
    pub fn rehearse<T>(&self, actor: &Actor, act: impl FnOnce(&mut Act<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let now = self.now();
        // The units of a rehearsal are gone with it: none of them may stay in memory.
        let units = UnitsKept::default();
        let secret = self.store.secret();
        let rehearsed = self.store.write(|db| -> Result<(), Rehearsed<T>> {
            let done = act(&mut Act { look: Look { db, actor, now, secret, units: &units, prepared: &self.prepared }, told: false });
            Err(done.map_or_else(Rehearsed::Refused, Rehearsed::Done))
        });
        match rehearsed {
            Err(Rehearsed::Done(value)) => Ok(value),
            Err(Rehearsed::Refused(refusal)) => Err(refusal),
            Ok(()) => Err(Refusal::internal("a rehearsal was committed")),
        }
    }

    /// Lets an actor do something, in one transaction: the effect and its line of the audit log go together.
    ///
    /// # Errors
    /// Those of `act`, after a rollback; `unavailable` without a connection; `internal`, and nothing done, for an act that leaves no
    /// line in the audit log.
    pub fn act<T>(&self, actor: &Actor, act: impl FnOnce(&mut Act<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let (now, secret) = (self.now(), self.store.secret());
        let acted = self.store.write(|db| {
            let mut at_work = Act { look: Look { db, actor, now, secret, units: &self.units, prepared: &self.prepared }, told: false };
            let done = act(&mut at_work)?;
            if at_work.told { Ok(done) } else { Err(Refusal::internal("an act left no line in the audit log")) }
        });
        acted.map_err(|refusal| self.explained(refusal))
    }

    /// A full disk by its name, where SQLite said only that it could not write.
    fn explained(&self, refusal: Refusal) -> Refusal {
        let unexplained = refusal.code() == Code::Internal && refusal.cause().is_some_and(|cause| cause.contains(DISK_ERROR));
        if unexplained && self.store.is_full() { StoreError::StorageFull.into() } else { refusal }
    }
}

/// How a rehearsal ends: with nothing done.
enum Rehearsed<T> {
    Done(T),
    Refused(Refusal),
}

impl<T> From<StoreError> for Rehearsed<T> {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl Act<'_> {
    /// Writes the act's line of the audit log: `action` such as `run.approve`, done to `object`.
    ///
    /// # Errors
    /// Those of the store; the act is rolled back with them.
    pub fn note(&mut self, action: &str, object: &str, detail: &str) -> Result<(), Refusal> {
        let (at, actor) = (self.look.now, self.look.actor);
        let mut more = serde_json::Map::new();
        if !detail.is_empty() {
            more.insert("note".to_owned(), detail.into());
        }
        if let Some(person) = actor.holder().and_then(|holder| holder.person.as_ref()) {
            more.insert("person".to_owned(), person.name.as_str().into());
        }
        let detail = json!(more);
        let line = NewLine { at, actor: &actor.name(), role: actor.standing(), action, object, detail: &detail.to_string() };
        log::append(self.look.db, &line)?;
        self.told = true;
        Ok(())
    }

    /// Says that all was already as it was asked to be, so that there is nothing to tell the audit log.
    pub fn nothing_changed(&mut self) {
        self.told = true;
    }
}

impl<'a> Deref for Act<'a> {
    type Target = Look<'a>;

    fn deref(&self) -> &Look<'a> {
        &self.look
    }
}

impl DerefMut for Act<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.look
    }
}

impl Look<'_> {
    /// The actor, if he may.
    ///
    /// # Errors
    /// `unauthenticated` for anyone, `forbidden` for one whose role may not.
    pub fn may(&self, action: Action) -> Result<&Holder, Refusal> {
        self.actor.may(action)
    }

    /// Whether a unit is one that the actor may know of: any, or those within the unit that it is bound to.
    ///
    /// # Errors
    /// Those of the store.
    pub fn is_in_reach(&mut self, unit: i32) -> Result<bool, Refusal> {
        let Some(root) = self.actor.unit() else { return Ok(true) };
        Ok(self.units()?.is_within(UnitId(unit), UnitId(root)))
    }

    /// The units within the one that the actor is bound to, by their numbers; none: it is bound to none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn reach(&mut self) -> Result<Option<Vec<i32>>, Refusal> {
        let Some(root) = self.actor.unit().map(UnitId) else { return Ok(None) };
        let units = self.units()?;
        Ok(Some(units.iter().map(|unit| unit.id).filter(|id| units.is_within(*id, root)).map(|id| id.0).collect()))
    }

    /// Refuses one who is bound to a unit, where figures of all units stand side by side.
    ///
    /// # Errors
    /// `unit-forbidden`.
    pub fn of_all_units(&self) -> Result<(), Refusal> {
        if self.actor.unit().is_some() { Err(Refusal::new(Code::UnitForbidden)) } else { Ok(()) }
    }

    /// Every unit, as they were at most half a minute ago.
    ///
    /// # Errors
    /// Those of the store.
    pub fn units(&mut self) -> Result<Arc<Registry>, Refusal> {
        let kept = self.units.read().unwrap_or_else(PoisonError::into_inner).latest.clone();
        if let Some((_, units)) = kept.filter(|(read, _)| read.elapsed() < UNITS_FRESH) {
            return Ok(units);
        }
        let units = Arc::new(load::registry(self.db)?);
        self.units.write().unwrap_or_else(PoisonError::into_inner).latest = Some((Instant::now(), Arc::clone(&units)));
        Ok(units)
    }

    /// Every unit as they were when a run was made: its figures keep the names that they were published under.
    ///
    /// # Errors
    /// Those of the store.
    pub fn units_of_run(&mut self, run: Uuid) -> Result<Arc<Registry>, Refusal> {
        let change = crate::store::units::change_of_run(self.db, run)?;
        let kept = self.units.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, units)) = kept.states.iter().find(|(state, _)| *state == change) {
            return Ok(Arc::clone(units));
        }
        drop(kept);
        let units = Arc::new(load::registry_at(self.db, change)?);
        let mut kept = self.units.write().unwrap_or_else(PoisonError::into_inner);
        kept.states.push((change, Arc::clone(&units)));
        let surplus = kept.states.len().saturating_sub(STATES);
        kept.states.drain(..surplus);
        Ok(units)
    }

    /// Forgets the units in memory: some were added. Other servers find out within half a minute.
    pub fn forget_units(&self) {
        self.units.write().unwrap_or_else(PoisonError::into_inner).latest = None;
    }
}
