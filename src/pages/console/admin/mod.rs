//! The pages of those who keep the house: who may do what, by which keys, and how the server stands.
//!
//! | | |
//! |---|---|
//! | `health` | the server, its database, its disk, what waits |
//! | `persons` | who may log in, and as what |
//! | `keys` | keys: issuing, expiry, last use, revoking |
//! | `units` | code lists: dates, what became of what |
//! | `backups` | how to make one, and what is not known |
//! | `audit` | who did what, when |

mod audit;
mod backups;
mod health;
mod keys;
mod persons;
mod units;

use actix_web::web;
use maud::{Markup, html};

use crate::office::{Action, Role};
use crate::pages::parts::{Notice, notice};
use crate::pages::visit::{Staff, Visit};

const ADMIN: &str = "/console/admin";
const AUDIT: &str = "/console/audit";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(health::show_health).service(backups::show_backups).service(units::list_units).service(audit::list_audit);
    config.service(persons::list_persons).service(persons::invite).service(persons::disable);
    config.service(keys::list_keys).service(keys::issue).service(keys::revoke);
}

/// What one who keeps the house can do, from each of its pages.
fn ways(staff: &Staff) -> Markup {
    let pages = [
        (ADMIN, staff.say("Tình trạng", "Health"), Action::KeepKeys),
        ("/console/admin/persons", staff.say("Người và vai trò", "Persons and roles"), Action::KeepKeys),
        ("/console/admin/keys", staff.say("Khóa", "Keys"), Action::KeepKeys),
        ("/console/admin/units", staff.say("Đơn vị", "Units"), Action::AddUnits),
        ("/console/admin/backups", staff.say("Bản sao lưu", "Backups"), Action::KeepKeys),
        (AUDIT, staff.say("Nhật ký", "Audit log"), Action::ReadAudit),
    ];
    html! {
        nav.ways.screen aria-label=(staff.say("Quản trị", "Administration")) {
            ul { @for (address, name, action) in pages { @if staff.actor.can(action) {
                li { a href=(staff.link(address)) aria-current=[(staff.path() == address).then_some("page")] { (name) } }
            } } }
        }
    }
}

/// A role in the reader's language.
fn role(visit: &Visit, name: &str) -> String {
    match (Role::parse(name), name) {
        (Some(role), _) => visit.pick(&role.said()).to_owned(),
        (None, "operator") => visit.say("Người vận hành máy", "Operator of the machine").to_owned(),
        (None, "anonymous") => visit.say("Không đăng nhập", "Nobody signed in").to_owned(),
        (None, other) => other.to_owned(),
    }
}

/// A unit as people type it: `agency-danang:SYT`.
fn named_unit(text: &str) -> Option<(String, String)> {
    let (list, code) = text.split_once(':').unwrap_or((text, ""));
    (!text.is_empty()).then(|| (list.trim().to_owned(), code.trim().to_owned()))
}

/// The half of a secret that is shown to whoever proposed it, this once.
fn first_half(visit: &Visit, half: &str) -> Markup {
    notice(
        Notice::Care,
        &html! {
            p { (visit.say(
                "Đã đề nghị. Đây là nửa đầu của mã, chỉ hiện một lần: hãy đưa tận tay người nhận. Người xác nhận giữ nửa sau.",
                "It is proposed. This is the first half of the code, shown once: hand it to its person. Whoever confirms has the second half.",
            )) }
            p { code { (half) } }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_its_list_and_its_code() {
        assert_eq!(named_unit("agency-danang:SYT"), Some(("agency-danang".to_owned(), "SYT".to_owned())));
        assert_eq!(named_unit(" vn-34 : 48 "), Some(("vn-34".to_owned(), "48".to_owned())));
        assert_eq!((named_unit(""), named_unit("SYT")), (None, Some(("SYT".to_owned(), String::new()))));
    }
}
