//! The data folder, the database in it, and what every database starts with.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::cli::lang::{self, refused};
use crate::office::{Actor, Office, secret, sessions, system_clock, units};
use crate::store::{Store, StoreOptions};
use crate::words::Lang;

/// The file of the database in the data folder.
const FILE: &str = "hailong.sqlite";
/// A folder that goes when it is let go.
pub struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        // What the system's folder for such things keeps too long, the system removes.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

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
    /// The office over the database that is there. A command that reads or computes makes none: with a mistyped folder it would find
    /// nothing, and say so of the wrong place.
    ///
    /// # Errors
    /// There is none; what the database says.
    pub fn office(&self) -> Result<Office> {
        if self.file().is_some_and(|file| !file.exists()) {
            bail!("{}", self.nothing_there());
        }
        self.opened()
    }

    /// The office over the database, which is made where there is none: that is said on standard error.
    ///
    /// # Errors
    /// What the file system or the database says.
    pub fn office_or_new(&self) -> Result<Office> {
        let missing = self.file().filter(|file| !file.exists());
        if let Some(folder) = missing.as_ref().and_then(|file| file.parent()) {
            make_private(folder).with_context(|| {
                let data = folder.display();
                self.lang.pick(format!("không tạo được thư mục dữ liệu {data}"), format!("cannot make the data folder {data}"))
            })?;
        }
        let office = self.opened()?;
        if let Some(file) = missing {
            let file = file.display();
            eprintln!("{}", self.lang.pick(format!("đã tạo cơ sở dữ liệu mới ở {file}"), format!("made a new database at {file}")));
        }
        Ok(office)
    }

    /// The office where something is only checked: over an empty database set aside for as long as it is held, if there is none.
    ///
    /// # Errors
    /// Those of [`Context::office_or_new`].
    pub fn office_to_check(&self) -> Result<(Office, Option<Aside>)> {
        if self.file().is_none_or(|file| file.exists()) {
            return Ok((self.opened()?, None));
        }
        let aside = Aside(std::env::temp_dir().join(format!("hailong-check-{}", uuid::Uuid::new_v4())));
        let elsewhere = Self { data: aside.0.clone(), database: None, lang: self.lang };
        make_private(&aside.0)?;
        Ok((elsewhere.opened()?, Some(aside)))
    }

    /// Brings the database up to date and loads the lists of units that come with the program.
    fn opened(&self) -> Result<Office> {
        let store = Store::open(&StoreOptions { url: self.name(), readers: READERS })?;
        let office = Office::new(store, system_clock());
        units::embed(&office).map_err(refused)?;
        Ok(office)
    }

    /// The file of the database; none of one on a server.
    fn file(&self) -> Option<PathBuf> {
        let Some(database) = &self.database else { return Some(self.data.join(FILE)) };
        let on_a_server = database.starts_with("postgres://") || database.starts_with("postgresql://");
        (!on_a_server).then(|| PathBuf::from(database.strip_prefix("sqlite:").unwrap_or(database)))
    }

    fn nothing_there(&self) -> String {
        let place = self.name();
        self.lang.pick(
            format!(
                "không có cơ sở dữ liệu ở {place}: `hailong migrate` tạo mới; nếu dữ liệu ở nơi khác, hãy ghi --data THƯ_MỤC hoặc đặt HAILONG_DATA"
            ),
            format!("there is no database at {place}: `hailong migrate` makes one; say --data FOLDER, or set HAILONG_DATA, where yours is elsewhere"),
        )
    }

    /// The database's address as it was given, or the file in the data folder.
    #[must_use]
    pub fn name(&self) -> String {
        self.database.clone().unwrap_or_else(|| self.data.join(FILE).display().to_string())
    }
}

/// Makes a folder, and those above it that are not there, for its owner alone.
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The variable that holds the key of whoever is to act instead of the operator.
const KEY: &str = "HAILONG_KEY";

/// Who works at the command line: the holder of the key in `HAILONG_KEY`, or else the operator of this machine.
pub(super) fn myself(office: &Office) -> Result<Actor> {
    let Some(key) = std::env::var(KEY).ok().filter(|key| !key.is_empty()) else { return Ok(Actor::operator(&account())) };
    let hash = secret::hash(key.trim());
    let holder = office.look(&Actor::anyone(), |look| sessions::known(look, &hash)).map_err(refused)?;
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
