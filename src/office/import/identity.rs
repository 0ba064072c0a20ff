//! Which record of a file is which response.
//!
//! A record is known by its id, else by its listed respondent, else by the batch it came in and what it says: there a second record that
//! says the same is a second person. The line it stands on says nothing, so that a file with a row added on top is the same file.
//!
//! Responses get random ids. Which record has which is kept by a keyed hash: whoever reads the table learns no code of any person,
//! and whoever has a file cannot ask the server for its people.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::office::Refusal;
use crate::store::DOUBLED;
use crate::store::imports::{self, NewRecord};
use crate::store::{Db, Secret, StoreError};

/// By what a record is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    Id,
    /// Its respondent on the sample list.
    Respondent,
    /// Its batch and its content.
    Batch,
}

/// What is to become of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    New,
    /// It was imported before, as it is now or as it was before a correction.
    Replayed,
    /// It takes the place of what was imported before.
    Corrected,
    /// It is a second answer of a listed respondent: kept, and not counted.
    Doubled,
    /// It was imported before with other content.
    Conflicting,
    /// Another record of the same file has the same identity and says something else.
    Contradicted,
    /// It was imported before, and withdrawn since.
    Withdrawn,
}

/// What identifies a record.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// By what.
    pub identity: Identity,
    /// Its keyed hash.
    pub hash: [u8; 32],
    /// What the ids of imports followed from before they were random.
    pub before: Vec<String>,
}

/// What was decided about a record.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub fate: Fate,
    /// The id of its response.
    pub id: Uuid,
    /// The bytes to store.
    pub body: Vec<u8>,
}

/// A version of a record.
struct Version {
    id: Uuid,
    /// Of its bytes; none as long as it is not stored.
    sha256: Option<[u8; 32]>,
    withdrawn: bool,
    /// Whether it is a second answer of a listed respondent, which does not count until a correction says so.
    doubled: bool,
}

/// What is known of the records of a wave, and what this import adds.
pub(super) struct Records<'a> {
    wave: (i32, &'a str),
    secret: &'a Secret,
    correct: bool,
    known: HashMap<[u8; 32], Vec<Version>>,
    /// Those that this file had before.
    seen: HashSet<[u8; 32]>,
    /// To remember once all is decided.
    pub new: Vec<NewRecord>,
}

/// A submission's bytes as they are with what it supersedes.
pub(super) type Body<'a> = &'a dyn Fn(Option<Uuid>) -> Vec<u8>;

impl<'a> Records<'a> {
    /// Looks up what is known of these keys.
    pub(super) fn look_up(db: &mut Db, wave: (i32, &'a str), secret: &'a Secret, correct: bool, keys: &[Key]) -> Result<Self, StoreError> {
        let hashes: Vec<[u8; 32]> = keys.iter().map(|key| key.hash).collect();
        let mut records = Self { wave, secret, correct, known: HashMap::new(), seen: HashSet::new(), new: Vec::new() };
        for (hash, versions) in imports::records(db, wave.0, &hashes)? {
            records.known.insert(hash, versions.iter().map(version).collect());
        }
        if correct {
            records.mark_doubled(db)?;
        }
        let ids: Vec<Uuid> = keys.iter().flat_map(|key| key.before.iter().map(|before| derived_before(wave.1, before))).collect();
        let before = imports::before(db, wave.0, &ids)?;
        if before.is_empty() {
            return Ok(records);
        }
        for key in keys.iter().filter(|key| key.identity == Identity::Id) {
            for id in key.before.iter().map(|before| derived_before(wave.1, before)) {
                if let Some(stored) = before.get(&id)
                    && !records.known.contains_key(&key.hash)
                {
                    records.adopt(key.hash, id, *stored);
                }
            }
        }
        // Of what was known by its line, nothing but the content tells whether it is the same.
        records.known.entry(LINES).or_default().extend(before.into_iter().map(|(id, stored)| Version {
            id,
            sha256: Some(stored.body_sha256),
            withdrawn: stored.withdrawn,
            doubled: false,
        }));
        Ok(records)
    }

    fn adopt(&mut self, hash: [u8; 32], id: Uuid, stored: imports::Stored) {
        self.new.push(NewRecord { key_hash: hash, version: 1, response_id: id });
        let version = Version { id, sha256: Some(stored.body_sha256), withdrawn: stored.withdrawn, doubled: false };
        self.known.insert(hash, vec![version]);
    }

    /// Finds out which of the known are second answers.
    fn mark_doubled(&mut self, db: &mut Db) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = self.known.values().flatten().map(|version| version.id).collect();
        let uncounted = imports::uncounted(db, &ids)?;
        for version in self.known.values_mut().flatten() {
            version.doubled = uncounted.get(&version.id).is_some_and(|reasons| reasons.iter().any(|(_, code)| code == DOUBLED));
        }
        Ok(())
    }

    /// Decides what becomes of a record, in the order of the file.
    pub(super) fn decide(&mut self, db: &mut Db, key: &Key, body: Body<'_>) -> Result<Decided, Refusal> {
        self.adopt_line(key, body);
        let first = self.seen.insert(key.hash);
        let versions = self.known.get(&key.hash).map_or(&[][..], Vec::as_slice);
        let stored: Vec<&Version> = versions.iter().filter(|version| version.sha256.is_some()).collect();
        let mut before = None;
        for (place, version) in stored.iter().enumerate() {
            let bytes = body(before);
            let same = version.sha256 == Some(Sha256::digest(&bytes).into());
            // Who says that it is a correction wants what an earlier version said again, and a second answer to count.
            let wanted_again = self.correct && first && !version.withdrawn && (place + 1 < stored.len() || version.doubled);
            if same && !wanted_again {
                return Ok(Decided { fate: Fate::Replayed, id: version.id, body: bytes });
            }
            before = Some(version.id);
        }
        let Some(last) = stored.last() else { return Ok(self.add(key.hash, None, Fate::New, body)) };
        let id = last.id;
        if stored.iter().any(|version| version.withdrawn) {
            return Ok(Decided { fate: Fate::Withdrawn, id, body: body(None) });
        }
        if self.correct && first {
            return Ok(self.add(key.hash, Some(id), Fate::Corrected, body));
        }
        if key.identity == Identity::Respondent {
            return self.second(db, key, body);
        }
        let fate = if first { Fate::Conflicting } else { Fate::Contradicted };
        Ok(Decided { fate, id, body: body(None) })
    }

    /// A second answer of a listed respondent is a record of its own, known by what it says.
    fn second(&mut self, db: &mut Db, key: &Key, body: Body<'_>) -> Result<Decided, Refusal> {
        let bytes = body(None);
        let hash = self.secret.keyed(&[b"second", &key.hash, &bytes]);
        if !self.known.contains_key(&hash)
            && let Some(versions) = imports::records(db, self.wave.0, &[hash])?.remove(&hash)
        {
            self.known.insert(hash, versions.iter().map(version).collect());
        }
        match self.known.get(&hash).and_then(|versions| versions.iter().find(|version| version.sha256.is_some())) {
            Some(version) if version.withdrawn => Ok(Decided { fate: Fate::Withdrawn, id: version.id, body: bytes }),
            Some(version) => Ok(Decided { fate: Fate::Replayed, id: version.id, body: bytes }),
            None => Ok(self.add(hash, None, Fate::Doubled, body)),
        }
    }

    /// A new version of a record. One that was to be stored before and was not, since the import broke off, keeps its id.
    fn add(&mut self, hash: [u8; 32], supersedes: Option<Uuid>, fate: Fate, body: Body<'_>) -> Decided {
        let versions = self.known.entry(hash).or_default();
        let body = body(supersedes);
        let sha256 = Some(Sha256::digest(&body).into());
        let id = if let Some(waiting) = versions.iter_mut().find(|version| version.sha256.is_none()) {
            waiting.sha256 = sha256;
            waiting.id
        } else {
            let id = Uuid::new_v4();
            versions.push(Version { id, sha256, withdrawn: false, doubled: false });
            let version = i32::try_from(versions.len()).unwrap_or(i32::MAX);
            self.new.push(NewRecord { key_hash: hash, version, response_id: id });
            id
        };
        Decided { fate, id, body }
    }

    /// Takes over a response that was known by its line before, if it says the same.
    fn adopt_line(&mut self, key: &Key, body: Body<'_>) {
        if key.identity == Identity::Id || key.before.is_empty() || self.known.contains_key(&key.hash) {
            return;
        }
        let Some(lines) = self.known.get(&LINES) else { return };
        let sha256: [u8; 32] = Sha256::digest(body(None)).into();
        let mut ids = key.before.iter().map(|before| derived_before(self.wave.1, before));
        let found = ids.find(|id| lines.iter().any(|line| line.id == *id && line.sha256 == Some(sha256)));
        if let Some(id) = found {
            self.adopt(key.hash, id, imports::Stored { body_sha256: sha256, withdrawn: false });
        }
    }
}

/// Where responses that were known by their line are kept until their record comes; no keyed hash is this.
const LINES: [u8; 32] = [0; 32];

fn version(record: &imports::Record) -> Version {
    let sha256 = record.stored.map(|stored| stored.body_sha256);
    Version { id: record.response_id, sha256, withdrawn: record.stored.is_some_and(|stored| stored.withdrawn), doubled: false }
}

/// The id that an imported record had before ids were random: from the wave and its key, and so anybody's to guess. Nothing new gets one.
fn derived_before(wave: &str, key: &str) -> Uuid {
    let hash = Sha256::digest(format!("{wave}\n{key}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
