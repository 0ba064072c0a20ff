//! The thresholds of the rules: a named, versioned piece of data.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Hours, Rule};
use crate::response::Channel;
use crate::schema::decode::{At, Object, list, not_empty, real, skip_meta_schema, whole};
use crate::schema::{Finding, MAX_DEPTH, Text, any_error, content_hash, document_code, parse_day, source, version};

/// The rule set that is shipped.
pub const DEFAULT: &str = include_str!("../../../survey-schemas/quality/default-1.json");

/// Which rules are applied, and from where on each of them speaks. A rule that is not named is not applied.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSet {
    code: String,
    version: String,
    title: Text,
    sha256: [u8; 32],
    pub(super) too_fast: Option<TooFast>,
    pub(super) straight_lined: Option<StraightLined>,
    pub(super) burst: Option<Burst>,
    pub(super) closed_hours: Option<ClosedHours>,
    pub(super) repeated_vector: Option<RepeatedVector>,
}

/// A form was answered too fast where any of these holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TooFast {
    /// Less time for each answered item, microseconds.
    pub per_item: Option<i64>,
    /// Less time for the whole form, microseconds.
    pub whole: Option<i64>,
    /// Less than this share of the median time of everyone who answered the same questionnaire version.
    pub share_of_median: Option<f64>,
}

/// A form is straight-lined where either holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StraightLined {
    /// A block (scale items that follow one another in a section and share their options) counts from so many answers on.
    pub min_items: usize,
    /// Every block that counts has one answer throughout, and there are at least so many of them.
    pub min_blocks: usize,
    /// So many equal answers in a row over all scale items that share their options.
    pub longest_run: Option<usize>,
}

/// Too many responses of one device in a short while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// The length of the window, microseconds.
    pub window: i64,
    /// More responses than this within a window are a burst.
    pub max_responses: usize,
    /// A response that ends less than so long after the one before it, microseconds.
    pub min_gap: Option<i64>,
}

/// Answered while the office was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedHours {
    /// Ways of answering that need the office: a kiosk does, a phone at home does not.
    pub channels: Vec<Channel>,
    /// When offices are open.
    pub hours: Hours,
    /// Days on which all are closed, as service days.
    pub closed_days: Vec<i64>,
    /// Hours of single units, by `LIST:CODE`, in place of the others.
    pub units: BTreeMap<String, Hours>,
}

/// The same answers again and again from one device on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatedVector {
    /// Forms with fewer answers are alike by chance, and are not compared.
    pub min_items: usize,
    /// More equal forms than this are suspicious, all of them: nobody can say which one was real.
    pub max_copies: usize,
}

impl RuleSet {
    /// Reads a rule set.
    ///
    /// # Errors
    /// Every finding at once, each with its place in the file.
    pub fn parse(text: &str) -> Result<Self, Vec<Finding>> {
        let (value, mut findings) = source::read(text.as_bytes(), MAX_DEPTH).map_err(|finding| vec![finding])?;
        let rules = read(&value, &mut At::root(&mut findings));
        source::locate(text, &mut findings);
        findings.sort_by_key(|finding| finding.line);
        match rules {
            Some(rules) if !any_error(&findings) => Ok(rules),
            _ => Err(findings),
        }
    }

    /// Its code, such as `default`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What people call it.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// SHA-256 of its canonical JSON.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The rules that it applies, in canonical order.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        let applied = [
            self.too_fast.is_some(),
            self.straight_lined.is_some(),
            self.burst.is_some(),
            self.closed_hours.is_some(),
            self.repeated_vector.is_some(),
        ];
        Rule::ALL.into_iter().zip(applied).filter_map(|(rule, applied)| applied.then_some(rule)).collect()
    }
}

fn read(value: &Value, at: &mut At<'_>) -> Option<RuleSet> {
    let mut object = Object::open(value, at)?;
    skip_meta_schema(&mut object, at);
    object.need("kind", at, |value, at| at.one_of(value, &["quality"]));
    let code = object.need("code", at, document_code);
    let own_version = object.need("version", at, version);
    let title = object.need("title", at, Text::read);
    object.read("note", at, Text::read);
    let rules = object.need("rules", at, |value, at| {
        let mut rules = Object::open(value, at)?;
        let read = (
            rules.read("too_fast", at, too_fast),
            rules.read("straight_lined", at, straight_lined),
            rules.read("burst", at, burst),
            rules.read("closed_hours", at, closed_hours),
            rules.read("repeated_vector", at, repeated_vector),
        );
        if rules.members().next().is_none() {
            at.error("empty", "Cần ít nhất một quy tắc", "At least one rule is needed");
        }
        rules.close(at);
        Some(read)
    });
    object.close(at);
    let (too_fast, straight_lined, burst, closed_hours, repeated_vector) = rules?;
    Some(RuleSet {
        code: code?.to_owned(),
        version: own_version?.to_owned(),
        title: title?,
        sha256: content_hash(value),
        too_fast,
        straight_lined,
        burst,
        closed_hours,
        repeated_vector,
    })
}

fn too_fast(value: &Value, at: &mut At<'_>) -> Option<TooFast> {
    let mut object = Object::open(value, at)?;
    let rule = TooFast {
        per_item: object.read("seconds_per_item", at, micros),
        whole: object.read("seconds", at, micros),
        share_of_median: object.read("share_of_median", at, share),
    };
    if object.members().next().is_none() {
        at.error("empty", "Cần ít nhất một ngưỡng", "At least one threshold is needed");
    }
    object.close(at);
    Some(rule)
}

fn straight_lined(value: &Value, at: &mut At<'_>) -> Option<StraightLined> {
    let mut object = Object::open(value, at)?;
    let min_items = object.need("min_items", at, |value, at| count(value, 3, at));
    let min_blocks = object.need("min_blocks", at, |value, at| count(value, 1, at));
    let longest_run = object.read("longest_run", at, |value, at| count(value, 3, at));
    object.close(at);
    Some(StraightLined { min_items: min_items?, min_blocks: min_blocks?, longest_run })
}

fn burst(value: &Value, at: &mut At<'_>) -> Option<Burst> {
    let mut object = Object::open(value, at)?;
    let window = object.need("window_seconds", at, micros);
    let max_responses = object.need("max_responses", at, |value, at| count(value, 1, at));
    let min_gap = object.read("min_gap_seconds", at, micros);
    object.close(at);
    Some(Burst { window: window?, max_responses: max_responses?, min_gap })
}

fn closed_hours(value: &Value, at: &mut At<'_>) -> Option<ClosedHours> {
    let mut object = Object::open(value, at)?;
    let channels = object.need("channels", at, |value, at| {
        let names = Channel::ALL.map(Channel::as_str);
        let channels = list(value, at, |value, at| at.one_of(value, &names).map(|place| Channel::ALL[place]))?;
        not_empty(&channels, at);
        Some(channels)
    });
    let hours = object.need("hours", at, Hours::read);
    let closed_days = object.read("closed_days", at, |value, at| list(value, at, day)).unwrap_or_default();
    let units = object.read("units", at, |value, at| {
        let units = Object::open(value, at)?;
        Some(units.members().filter_map(|(name, value)| Some((name.clone(), Hours::read(value, &mut at.key(name))?))).collect())
    });
    object.close(at);
    Some(ClosedHours { channels: channels?, hours: hours?, closed_days, units: units.unwrap_or_default() })
}

fn repeated_vector(value: &Value, at: &mut At<'_>) -> Option<RepeatedVector> {
    let mut object = Object::open(value, at)?;
    let min_items = object.need("min_items", at, |value, at| count(value, 1, at));
    let max_copies = object.need("max_copies", at, |value, at| count(value, 1, at));
    object.close(at);
    Some(RepeatedVector { min_items: min_items?, max_copies: max_copies? })
}

/// A whole number from `least` to 10 000.
fn count(value: &Value, least: u32, at: &mut At<'_>) -> Option<usize> {
    whole(value, least..=10_000, at).and_then(|number| usize::try_from(number).ok())
}

/// Seconds, above 0 and at most a day, as microseconds.
fn micros(value: &Value, at: &mut At<'_>) -> Option<i64> {
    let seconds = real(value, at)?;
    if seconds > 0.0 && seconds <= 86_400.0 {
        #[allow(clippy::cast_possible_truncation)] // at most a day
        return Some((seconds * 1e6).round() as i64);
    }
    at.error("out-of-range", "Phải lớn hơn 0 và không quá 86400 giây", "Must be above 0 and at most 86400 seconds");
    None
}

/// A share strictly between 0 and 1.
fn share(value: &Value, at: &mut At<'_>) -> Option<f64> {
    let share = real(value, at)?;
    if share > 0.0 && share < 1.0 {
        return Some(share);
    }
    at.error("out-of-range", "Phải lớn hơn 0 và nhỏ hơn 1", "Must lie between 0 and 1, exclusive");
    None
}

/// A day as the service day it is.
fn day(value: &Value, at: &mut At<'_>) -> Option<i64> {
    let day = value.as_str().and_then(parse_day);
    if day.is_none() {
        at.error("bad-date", "Phải là ngày dạng NĂM-THÁNG-NGÀY (ví dụ 2024-09-02)", "Must be a day written as YYYY-MM-DD");
    }
    day.map(|day| i64::from(day.to_epoch_days()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_rule_set_that_is_shipped_applies_every_rule() {
        let rules = RuleSet::parse(DEFAULT).unwrap();
        assert_eq!((rules.code(), rules.version(), rules.rules()), ("default", "1", Rule::ALL.to_vec()));
        assert!(!rules.title().vi().is_empty());
        assert_eq!(rules.sha256(), content_hash(&serde_json::from_str(DEFAULT).unwrap()));
    }

    #[test]
    fn every_finding_of_a_rule_set_comes_at_once() {
        let bad = json!({
            "kind": "quality", "code": "Bad", "version": "1", "title": { "vi": "Sai", "en": "Bad" },
            "rules": {
                "too_fast": { "seconds": -1, "share_of_median": 1.5 },
                "straight_lined": { "min_items": 2, "min_blocks": 1 },
                "burst": { "max_responses": 10 },
                "closed_hours": { "channels": ["fax"], "hours": { "mon": ["9-5"] }, "closed_days": ["2024-02-30"] },
                "repeated_vector": { "min_items": 8, "max_copies": 3, "max": 1 },
                "liar": {}
            }
        });
        let mut found: Vec<String> = RuleSet::parse(&bad.to_string()).unwrap_err().into_iter().map(|f| f.pointer).collect();
        found.sort();
        assert_eq!(
            found,
            [
                "/code",
                "/rules/burst",
                "/rules/closed_hours/channels",
                "/rules/closed_hours/channels/0",
                "/rules/closed_hours/closed_days/0",
                "/rules/closed_hours/hours/mon/0",
                "/rules/liar",
                "/rules/repeated_vector/max",
                "/rules/straight_lined/min_items",
                "/rules/too_fast/seconds",
                "/rules/too_fast/share_of_median",
            ]
        );
        for text in ["", "[]", "{\"kind\":\"quality\"}", "{\"kind\":\"index\"}"] {
            assert!(RuleSet::parse(text).is_err(), "{text}");
        }
        let empty = json!({ "kind": "quality", "code": "a", "version": "1", "title": { "vi": "a", "en": "a" }, "rules": {} });
        assert!(RuleSet::parse(&empty.to_string()).is_err());
    }
}
