//! The data folder, the database in it, and what every database starts with.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::cli::lang::{self, refused};
use crate::jobs::load;
use crate::office::{Actor, Office, keys, secret, system_clock};
use crate::schema::{Checked, Document, Layout};
use crate::store::schemas::{NewIndexVersion, NewSurveyVersion, Published};
use crate::store::units::SuccessionRow;
use crate::store::{Db, Store, StoreOptions, audit, schemas, units};
use crate::unit;
use crate::words::Lang;

/// Connections that readers share.
const READERS: u32 = 8;

/// Where data is.
#[derive(Debug, Clone)]
pub struct Context {
    /// The data folder.
    pub data: PathBuf,
    /// The database, if it is another than the one in the data folder.
    pub database: Option<String>,
    /// The language of all that is printed.
    pub lang: Lang,
}

impl Context {
    /// Opens the store: makes the data folder, migrates, loads the code lists.
    ///
    /// # Errors
    /// What the file system or the database says.
    pub fn open(&self) -> Result<Store> {
        if self.database.is_none() {
            std::fs::create_dir_all(&self.data).with_context(|| {
                let data = self.data.display();
                self.lang.pick(format!("không tạo được thư mục dữ liệu {data}"), format!("cannot make the data folder {data}"))
            })?;
        }
        let store = Store::open(&StoreOptions { url: self.name(), readers: READERS })?;
        store.write(seed)?;
        Ok(store)
    }

    /// The office over that store.
    ///
    /// # Errors
    /// Those of [`Context::open`].
    pub fn office(&self) -> Result<Office> {
        Ok(Office::new(self.open()?, system_clock()))
    }

    /// The database's address as it was given, or the file in the data folder.
    #[must_use]
    pub fn name(&self) -> String {
        self.database.clone().unwrap_or_else(|| self.data.join("hailong.sqlite").display().to_string())
    }
}

/// The present instant, UTC microseconds.
pub(super) fn now() -> i64 {
    system_clock()()
}

/// The variable that holds the key of whoever is to act instead of the operator.
const KEY: &str = "HAILONG_KEY";

/// Who works at the command line, for the record.
pub(super) fn operator() -> String {
    Actor::operator(&account()).name()
}

/// Who works at the command line: the holder of the key in `HAILONG_KEY`, or else the operator of this machine.
pub(super) fn myself(office: &Office) -> Result<Actor> {
    let Some(key) = std::env::var(KEY).ok().filter(|key| !key.is_empty()) else { return Ok(Actor::operator(&account())) };
    let hash = secret::hash(key.trim());
    let holder = office.look(&Actor::anyone(), |look| keys::holder(look, &hash)).map_err(refused)?;
    let holder = holder.with_context(|| {
        let vi = format!("khóa trong {KEY} không dùng được: không có khóa này, hoặc đã bị thu hồi");
        lang::chosen().pick(vi, format!("{KEY} holds no valid key: it is unknown, or was revoked"))
    })?;
    Ok(Actor::known(Arc::new(holder)))
}

/// The account of the process by its number. What `$USER` says anyone can set.
fn account() -> String {
    let number = rustix::process::getuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    named(&accounts, number).unwrap_or_else(|| format!("uid-{number}"))
}

/// The account of a number in the system's list.
fn named(accounts: &str, number: u32) -> Option<String> {
    let of = |line: &str| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id.parse() == Ok(number)).then(|| name.to_owned())
    };
    accounts.lines().find_map(of)
}

/// Writes a line of the audit log for whoever works at the command line.
pub(super) fn note(db: &mut Db, action: &str, object: &str) -> Result<()> {
    let actor = operator();
    audit::append(db, &audit::NewLine { at: now(), actor: &actor, role: "operator", action, object, detail: "{}" })?;
    Ok(())
}

/// Loads both code lists of administrative units, if they are not there as they are embedded.
fn seed(db: &mut Db) -> Result<()> {
    let (records, successions) = unit::embedded()?;
    let rows: Vec<_> = records.iter().map(load::row).collect();
    let successions: Vec<_> =
        successions.into_iter().map(|s| SuccessionRow { from: s.from, to: s.to, whole: s.whole, is_default: s.is_default }).collect();
    let seeded = units::seed(db, &rows, &successions)?;
    if seeded.added + seeded.changed > 0 {
        tracing::info!(added = seeded.added, changed = seeded.changed, "code lists loaded");
    }
    Ok(())
}

/// Publishes a definition of any kind, unless it is there already; says whether it is new.
pub(super) fn publish(db: &mut Db, text: &str, checked: &Checked, by: &str) -> Result<bool> {
    let (sha256, published_at) = (checked.sha256, now());
    Ok(match &checked.document {
        Document::Questionnaire(q) => {
            let layout_width = i32::try_from(Layout::of(q).width())?;
            let new = NewSurveyVersion {
                code: q.code(),
                version: q.version(),
                sha256,
                document: text,
                layout_width,
                published_at,
                published_by: by,
            };
            matches!(schemas::publish_survey(db, &new)?, Published::New(_))
        }
        Document::Index(index) => {
            let new = NewIndexVersion {
                code: index.code(),
                version: index.version(),
                sha256,
                document: text,
                survey_code: Some(index.survey()),
                published_at,
                published_by: by,
            };
            matches!(schemas::publish_index(db, &new)?, Published::New(_))
        }
        Document::Composite(index) => {
            let new = NewIndexVersion {
                code: index.code(),
                version: index.edition(),
                sha256,
                document: text,
                survey_code: None,
                published_at,
                published_by: by,
            };
            matches!(schemas::publish_index(db, &new)?, Published::New(_))
        }
    })
}

/// Checks the text of a definition; `name` is for messages.
pub(super) fn definition(name: &str, text: &str) -> Result<Checked> {
    match crate::schema::parse(text) {
        Ok(checked) => Ok(checked),
        Err(findings) => {
            for finding in &findings {
                eprintln!("{name}: {finding}");
            }
            bail!("{name} has {} findings", findings.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn an_account_is_named_by_its_number_and_not_by_what_anyone_can_set() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nlan:x:1000:1000:Lan,,,:/home/lan:/bin/bash\n";
        assert_eq!(named(accounts, 1000).as_deref(), Some("lan"));
        assert_eq!(named(accounts, 0).as_deref(), Some("root"));
        assert_eq!(named(accounts, 7), None);
    }
}
