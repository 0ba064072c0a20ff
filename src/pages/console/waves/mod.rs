//! Waves: opening and closing them, their design, how fieldwork goes, links and posters, quality.
//!
//! | | |
//! |---|---|
//! | `list` | every wave |
//! | `edit` | opening one, changing its words and dates, closing it, its chain |
//! | `design` | PSUs and the sample list |
//! | `show` | how fieldwork goes, from every side |
//! | `poster` | links and QR codes of units |
//! | `quality` | what was flagged, and what it does to the score |

mod design;
mod edit;
mod list;
pub(in crate::pages) mod poster;
mod quality;
mod show;

use actix_web::web;
use chrono::{DateTime, FixedOffset};

use super::WAVES;
use crate::design::Mode;
use crate::office::wire::Words;
use crate::pages::visit::Visit;
use crate::words::encode::from_rfc3339;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    // The fixed address goes before those with a code.
    config.service(list::list_waves).service(edit::show_new).service(edit::open);
    config.service(edit::show_edit).service(edit::change).service(edit::close);
    config.service(design::show_design).service(design::load);
    config.service(poster::show_poster).service(poster::show_links);
    config.service(quality::show_quality).service(quality::begin).service(quality::decide);
    config.service(show::show_wave);
}

/// Việt Nam has one time the whole year.
const HANOI: i32 = 7 * 3_600;

/// The address of a wave.
fn address(code: &str) -> String {
    format!("{WAVES}/{code}")
}

/// Words in both languages of a form.
fn words(vi: &str, en: &str) -> Words {
    let both = [("vi", vi), ("en", en)].into_iter().filter(|(_, text)| !text.is_empty());
    Words(both.map(|(lang, text)| (lang.to_owned(), text.to_owned())).collect())
}

/// An instant in RFC 3339 as a field of day and time has it, in Việt Nam.
fn local(instant: &str) -> String {
    let at = from_rfc3339(instant).and_then(DateTime::from_timestamp_micros).zip(FixedOffset::east_opt(HANOI));
    at.map_or_else(String::new, |(at, hanoi)| at.with_timezone(&hanoi).format("%Y-%m-%dT%H:%M").to_string())
}

/// The instant that a field of day and time has, in Việt Nam.
fn instant(local: &str) -> String {
    // A browser writes seconds only where they are not 0.
    if local.len() > "2024-09-01T08:00".len() { format!("{local}+07:00") } else { format!("{local}:00+07:00") }
}

/// An instant in RFC 3339 to the minute, for people.
fn minute(visit: &Visit, text: &str) -> String {
    from_rfc3339(text).map_or_else(String::new, |at| crate::pages::say::instant(visit.lang, at))
}

/// When a wave opened. One of before there were dates begins with the count of time.
fn opened(visit: &Visit, text: &str) -> String {
    if from_rfc3339(text).is_some_and(|at| at > 0) { minute(visit, text) } else { "…".to_owned() }
}

/// What stands together in a sample, in words.
fn design_of(visit: &Visit, design: &str) -> &'static str {
    match design {
        "cluster" => visit.say("theo cụm", "clusters"),
        "device_day" => visit.say("theo thiết bị và ngày", "devices by day"),
        _ => visit.say("từng người", "persons one by one"),
    }
}

/// How a wave comes about, in words.
fn mode(visit: &Visit, mode: &str) -> String {
    Mode::parse(mode).map_or_else(|| mode.to_owned(), |mode| visit.pick(&mode.said()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_field_shows_is_the_instant_that_it_gives_back() {
        let shown = local("2024-09-01T01:30:00Z");
        assert_eq!(shown, "2024-09-01T08:30");
        assert_eq!(from_rfc3339(&instant(&shown)), from_rfc3339("2024-09-01T01:30:00Z"));
        assert_eq!(instant("2024-09-01T08:30:15"), "2024-09-01T08:30:15+07:00");
        assert_eq!(local("never"), "");
    }
}
