//! What requests need again and again, kept in memory.
//!
//! Published questionnaires never change and are kept for good. Keys, waves and units do change, on this instance or on another one
//! of the same database: they are read again when they are older than a few seconds. So a revoked key stops working everywhere
//! within [`FRESH`], and a response costs no query but its own insert.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::http::state::AppState;
use crate::jobs::load::{self, Survey, WaveInField};
use crate::office::{Actor, Holder, Refusal, sessions};
use crate::store::schemas;

/// How old a key or a wave may be.
pub const FRESH: Duration = Duration::from_secs(2);

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
    keys: Kept<[u8; 32], Arc<Holder>>,
    surveys: Kept<(String, String), Arc<Survey>>,
    waves: Kept<String, Arc<WaveInField>>,
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

    pub(super) async fn key(&self, state: &AppState, hash: [u8; 32]) -> Result<Option<Arc<Holder>>, Refusal> {
        if let Some((holder, true)) = self.keys.get(&hash, FRESH) {
            return Ok(Some(holder));
        }
        let Some(holder) = state.look(Actor::anyone(), move |look| sessions::known(look, &hash)).await? else {
            self.keys.forget(&hash);
            return Ok(None);
        };
        let holder = Arc::new(holder);
        self.keys.put(hash, Arc::clone(&holder));
        Ok(Some(holder))
    }

    pub(super) async fn survey(&self, state: &AppState, code: &str, version: &str) -> Result<Option<Arc<Survey>>, Refusal> {
        let key = (code.to_owned(), version.to_owned());
        if let Some((survey, _)) = self.surveys.get(&key, Duration::MAX) {
            return Ok(Some(survey));
        }
        let (code, version) = key.clone();
        let Some(row) = state.read(move |db| Ok(schemas::find_survey(db, &code, &version)?)).await? else { return Ok(None) };
        let survey = Arc::new(load::survey(&row)?);
        self.surveys.put(key, Arc::clone(&survey));
        Ok(Some(survey))
    }

    pub(super) async fn wave(&self, state: &AppState, code: &str) -> Result<Option<Arc<WaveInField>>, Refusal> {
        let key = code.to_owned();
        let known = match self.waves.get(&key, FRESH) {
            Some((wave, true)) => return Ok(Some(wave)),
            Some((wave, false)) => Some(wave),
            None => None,
        };
        let units = state.units().await?;
        let code = key.clone();
        let found = state.read(move |db| Ok(load::wave(db, &code, known, &units)?)).await?;
        match &found {
            Some(wave) => self.waves.put(key, Arc::clone(wave)),
            None => self.waves.forget(&key),
        }
        Ok(found)
    }
}
