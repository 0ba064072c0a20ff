//! Where the file of a database lies, how large it is and how much its disk still takes.

use std::path::PathBuf;

use rustix::fs::statvfs;

use super::Store;
use super::db::file_of;

/// A database file and its disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The file.
    pub file: PathBuf,
    /// Its bytes, with the log that belongs to it.
    pub bytes: u64,
    /// Bytes that its disk still takes.
    pub free: u64,
    /// Bytes that its disk has.
    pub whole: u64,
}

impl Store {
    /// What is known of the disk; none of a database that is no file of this machine.
    #[must_use]
    pub fn room(&self) -> Option<Room> {
        let path = file_of(&self.url)?;
        let file = std::fs::canonicalize(&path).ok()?;
        let size = |end: &str| std::fs::metadata(format!("{path}{end}")).map_or(0, |found| found.len());
        let disk = statvfs(&file).ok()?;
        Some(Room {
            file,
            bytes: size("") + size("-wal"),
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            whole: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{Store, StoreOptions};

    #[test]
    fn a_file_has_a_size_and_its_disk_has_room() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("x.sqlite").display().to_string();
        let room = Store::open(&StoreOptions { url, readers: 1 }).unwrap().room().unwrap();
        assert!(room.file.ends_with("x.sqlite") && room.bytes > 4_096);
        assert!(room.free > 0 && room.free <= room.whole, "{room:?}");
    }
}
