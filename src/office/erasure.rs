//! Letting what was withdrawn go from the files of the database, now and however large they are.

use std::time::{Duration, Instant};

use super::{Action, Actor, Code, Office, Refusal};
use crate::store::erasure::{Sweeper, Swept};

/// How long to try while somebody reads an older state.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait in between.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes the files of the database anew without what was withdrawn; returns whether anything waited for it.
///
/// # Errors
/// `unavailable` if somebody was in the way for a minute; those of the store.
pub fn erase(office: &Office, actor: &Actor) -> Result<bool, Refusal> {
    actor.may(Action::EndResponse)?;
    let (mut sweeper, since) = (Sweeper::new(office.store().clone()), Instant::now());
    loop {
        match sweeper.sweep(None)? {
            Swept::Nothing => return Ok(false),
            Swept::Done => break,
            Swept::Busy | Swept::TooLarge(_) if since.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            Swept::Busy | Swept::TooLarge(_) => return Err(Refusal::new(Code::Unavailable).detail(IN_THE_WAY.0, IN_THE_WAY.1)),
        }
    }
    office.act(actor, |act| act.note("storage.erase", "response", ""))?;
    Ok(true)
}

/// What is said when somebody was in the way.
const IN_THE_WAY: (&str, &str) = (
    "Có tiến trình đang đọc hoặc ghi cơ sở dữ liệu suốt một phút (một lần tính, một bản sao lưu): hãy chạy lại sau",
    "Somebody read or wrote the database for a whole minute (a run, a backup): run it again later",
);
