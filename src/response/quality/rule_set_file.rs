//! A rule set as it is written down.

use serde_json::Value;

use super::{Agreement, Burst, ClosedHours, Hours, LinkBurst, LinkCopies, LinkWindow, RepeatedVector, RuleSet, StraightLined, TooFast};
use crate::response::Channel;
use crate::schema::decode::{At, Object, list, not_empty, real, skip_meta_schema, whole};
use crate::schema::{Text, content_hash, document_code, parse_day, version};

/// Reads a rule set; findings go to `at`, and nothing is returned where an essential part is missing.
pub(super) fn read(value: &Value, at: &mut At<'_>) -> Option<RuleSet> {
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
            rules.read("link_burst", at, link_burst),
            rules.read("link_copies", at, link_copies),
            rules.read("link_agreement", at, link_agreement),
        );
        if rules.members().next().is_none() {
            at.error("empty", "Cần ít nhất một quy tắc", "At least one rule is needed");
        }
        rules.close(at);
        Some(read)
    });
    object.close(at);
    let (too_fast, straight_lined, burst, closed_hours, repeated_vector, link_burst, link_copies, link_agreement) = rules?;
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
        link_burst,
        link_copies,
        link_agreement,
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

fn link_burst(value: &Value, at: &mut At<'_>) -> Option<LinkBurst> {
    let mut object = Object::open(value, at)?;
    let windows = object.need("windows", at, |value, at| {
        let windows = list(value, at, |value, at| {
            let mut window = Object::open(value, at)?;
            let length = window.need("seconds", at, micros);
            let max_responses = window.need("max_responses", at, |value, at| count(value, 1, at));
            window.close(at);
            Some(LinkWindow { length: length?, max_responses: max_responses? })
        })?;
        not_empty(&windows, at);
        Some(windows)
    });
    let times_usual = object.need("times_usual", at, |value, at| count(value, 1, at));
    object.close(at);
    Some(LinkBurst { windows: windows?, times_usual: times_usual? })
}

fn link_copies(value: &Value, at: &mut At<'_>) -> Option<LinkCopies> {
    let mut object = Object::open(value, at)?;
    let min_items = object.need("min_items", at, |value, at| count(value, 1, at));
    let agreement = agreement(&mut object, at);
    object.close(at);
    Some(LinkCopies { min_items: min_items?, agreement: agreement? })
}

fn link_agreement(value: &Value, at: &mut At<'_>) -> Option<Agreement> {
    let mut object = Object::open(value, at)?;
    let agreement = agreement(&mut object, at);
    object.close(at);
    agreement
}

fn agreement(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Agreement> {
    let window = object.need("window_seconds", at, micros);
    let min_alike = object.need("min_alike", at, |value, at| count(value, 2, at));
    let max_probability = object.need("max_probability", at, share);
    Some(Agreement { window: window?, min_alike: min_alike?, max_probability: max_probability? })
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
    use crate::response::quality::{DEFAULT, Rule};
    use serde_json::json;

    #[test]
    fn the_rule_set_that_is_shipped_applies_every_rule() {
        let rules = RuleSet::parse(DEFAULT).unwrap();
        assert_eq!((rules.code(), rules.version(), rules.rules()), ("default", "2", Rule::ALL.to_vec()));
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
                "link_burst": { "windows": [{ "seconds": 0, "max_responses": 1 }] },
                "link_copies": { "min_items": 8, "window_seconds": 60, "min_alike": 1, "max_probability": 1 },
                "link_agreement": { "window_seconds": 60, "min_alike": 4 },
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
                "/rules/link_agreement",
                "/rules/link_burst",
                "/rules/link_burst/windows",
                "/rules/link_burst/windows/0/seconds",
                "/rules/link_copies/max_probability",
                "/rules/link_copies/min_alike",
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
