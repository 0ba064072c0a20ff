//! Opening hours: minutes of the week in which an office takes people.

use serde_json::Value;

use crate::response::{service_day, time_of_day, weekday};
use crate::schema::decode::{At, Object, list, string};

/// The names of the days in a file, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTE: i64 = 60 * 1_000_000;

/// When an office is open, by the day of the week, in the time of Việt Nam.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours([Vec<Span>; 7]);

/// From one minute of the day to another (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: i64,
    to: i64,
}

impl Hours {
    /// Whether the office is open at an instant, UTC microseconds.
    #[must_use]
    pub fn is_open(&self, instant: i64) -> bool {
        let minute = time_of_day(instant) / MINUTE;
        self.0[weekday(service_day(instant))].iter().any(|span| (span.from..span.to).contains(&minute))
    }

    /// Reads `{"mon": ["07:30-11:30", "13:30-17:00"], …}`; a day that is not named is closed.
    pub(super) fn read(value: &Value, at: &mut At<'_>) -> Option<Self> {
        let mut object = Object::open(value, at)?;
        let mut week = Self::default();
        for (day, spans) in DAYS.into_iter().zip(&mut week.0) {
            *spans = object.read(day, at, |value, at| list(value, at, span)).unwrap_or_default();
        }
        object.close(at);
        Some(week)
    }
}

/// Reads `07:30-11:30`.
fn span(value: &Value, at: &mut At<'_>) -> Option<Span> {
    let text = string(value, at)?;
    let parsed = text.split_once('-').and_then(|(from, to)| Some(Span { from: minute(from)?, to: minute(to)? }));
    let span = parsed.filter(|span| span.from < span.to);
    if span.is_none() {
        at.error(
            "bad-hours",
            format!("“{text}” không phải là khoảng giờ dạng 07:30-11:30"),
            format!("“{text}” are no hours written as 07:30-11:30"),
        );
    }
    span
}

/// `07:30` as minutes since midnight; `24:00` is the end of the day.
fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i64>().ok()).flatten();
    let (hour, minute) = (two(hour)?, two(minute)?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> (Option<Hours>, Vec<String>) {
        let mut findings = Vec::new();
        let hours = Hours::read(value, &mut At::root(&mut findings));
        (hours, findings.into_iter().map(|finding| format!("{} {}", finding.pointer, finding.code)).collect())
    }

    #[test]
    fn an_office_is_open_in_its_hours_and_closed_at_noon_and_on_days_not_named() {
        let (hours, findings) = read(&json!({ "mon": ["07:30-11:30", "13:30-17:00"], "sat": ["22:00-24:00"] }));
        let (hours, none): (Hours, Vec<String>) = (hours.unwrap(), Vec::new());
        assert_eq!(findings, none);
        let monday = 1_725_210_000_000_000; // 2024-09-02T00:00+07:00
        let at = |day: i64, minute: i64| hours.is_open(monday + (day * 24 * 60 + minute) * MINUTE);
        assert!(at(0, 450) && at(0, 689) && at(0, 1_019));
        assert!(!at(0, 449) && !at(0, 690) && !at(0, 720) && !at(0, 1_020));
        assert!(!at(1, 480) && at(5, 1_439) && !at(6, 0));
    }

    #[test]
    fn hours_that_are_none_are_findings_all_at_once() {
        let (_, findings) = read(&json!({ "mon": ["7:30-11:30", "11:00-10:00"], "tue": ["25:00-26:00"], "holiday": [] }));
        assert_eq!(findings, ["/mon/0 bad-hours", "/mon/1 bad-hours", "/tue/0 bad-hours", "/holiday unknown-member"]);
    }
}
