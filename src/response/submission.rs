//! What a client sends, before anybody asked whether the answers fit the questionnaire.

use chrono::{DateTime, FixedOffset};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Channel;
use crate::schema::decode::{At, Object, string};
use crate::schema::source;
use crate::table;
use crate::words::{Finding, any_error};

/// How deep a submission may nest; answers need four levels.
pub const MAX_DEPTH: usize = 16;

/// A unit as a client names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnitRef {
    /// The code list, such as `vn-63`.
    pub list: String,
    /// The code in that list.
    pub code: String,
}

/// One submission as it was sent: the envelope is in shape, the answers are not looked at yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Code of the survey.
    pub survey: String,
    /// Version of the questionnaire that was answered.
    pub version: String,
    /// Code of the wave.
    pub wave: String,
    /// The unit that is rated.
    pub unit: UnitRef,
    /// The sampling unit, where the wave's design has them.
    pub psu: Option<String>,
    /// The id on the sample's list, where the wave's design has one.
    pub respondent: Option<String>,
    /// How the answers came in.
    pub channel: Channel,
    /// The language in which the questions were asked.
    pub language: Option<String>,
    /// When answering began, by the device's clock.
    pub started_at: Option<DateTime<FixedOffset>>,
    /// When answering ended, by the device's clock.
    pub answered_at: Option<DateTime<FixedOffset>>,
    /// The response that this one corrects.
    pub supersedes: Option<Uuid>,
    /// The token of the invitation by which it came. It is no part of what is stored.
    pub invitation: Option<String>,
    /// The answers by item code.
    pub answers: Map<String, Value>,
}

impl Submission {
    /// Reads the JSON of a submission.
    ///
    /// # Errors
    /// Every finding: no JSON, duplicate keys, unknown or missing members, values out of shape.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Finding>> {
        let (mut value, mut findings) = source::read(bytes, MAX_DEPTH).map_err(|finding| vec![finding])?;
        // The answers are the bulk of it: move them out rather than copy them.
        let answers = match value.get_mut("answers") {
            Some(Value::Object(answers)) => std::mem::take(answers),
            _ => Map::new(),
        };
        let submission = read(&value, answers, &mut At::root(&mut findings));
        match submission {
            Some(submission) if !any_error(&findings) => Ok(submission),
            _ => {
                source::locate(&String::from_utf8_lossy(bytes), &mut findings);
                Err(findings)
            }
        }
    }
}

fn read(value: &Value, answers: Map<String, Value>, at: &mut At<'_>) -> Option<Submission> {
    let owned = |value: &Value, at: &mut At<'_>| string(value, at).map(str::to_owned);
    // Codes of units, PSUs and respondents are compared as tables hold them: in NFC, without space around them.
    let coded = |value: &Value, at: &mut At<'_>| string(value, at).map(|text| table::name(text).into_owned());
    let mut object = Object::open(value, at)?;
    let survey = object.need("survey", at, owned);
    let version = object.need("version", at, owned);
    let wave = object.need("wave", at, owned);
    let unit = object.need("unit", at, |value, at| {
        let mut unit = Object::open(value, at)?;
        let list = unit.need("list", at, coded);
        let code = unit.need("code", at, coded);
        unit.close(at);
        Some(UnitRef { list: list?, code: code? })
    });
    let psu = object.read("psu", at, coded);
    let respondent = object.read("respondent", at, coded);
    let channel = object.need("channel", at, |value, at| {
        let names = Channel::ALL.map(Channel::as_str);
        at.one_of(value, &names).map(|position| Channel::ALL[position])
    });
    let language = object.read("language", at, owned);
    let started_at = object.read("started_at", at, instant);
    let answered_at = object.read("answered_at", at, instant);
    let supersedes = object.read("supersedes", at, uuid);
    let invitation = object.read("invitation", at, owned);
    object.need("answers", at, |value, at| Object::open(value, at).map(|_| ()));
    object.close(at);
    Some(Submission {
        survey: survey?,
        version: version?,
        wave: wave?,
        unit: unit?,
        psu,
        respondent,
        channel: channel?,
        language,
        started_at,
        answered_at,
        supersedes,
        invitation,
        answers,
    })
}

fn instant(value: &Value, at: &mut At<'_>) -> Option<DateTime<FixedOffset>> {
    let text = string(value, at)?;
    let instant = DateTime::parse_from_rfc3339(text).ok();
    if instant.is_none() {
        at.error(
            "bad-instant",
            "Phải là thời điểm theo RFC 3339 kèm múi giờ, ví dụ 2024-09-01T08:00:00+07:00",
            "Must be an RFC 3339 instant with an offset, such as 2024-09-01T08:00:00+07:00",
        );
    }
    instant
}

fn uuid(value: &Value, at: &mut At<'_>) -> Option<Uuid> {
    let text = string(value, at)?;
    // One spelling only, the hyphenated one: an id is compared as text in logs and receipts.
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    if id.is_none() {
        at.error("bad-uuid", "Phải là UUID dạng 36 ký tự có gạch nối", "Must be a UUID in its hyphenated form of 36 characters");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn whole() -> Value {
        json!({
            "survey": "sipas", "version": "2024.1", "wave": "sipas-2024",
            "unit": {"list": "vn-63", "code": "00001"}, "psu": "01-001", "respondent": "HN-000123",
            "channel": "kiosk", "language": "vi",
            "started_at": "2024-09-01T08:00:00+07:00", "answered_at": "2024-09-01T08:04:00+07:00",
            "supersedes": "0190b3a8-7c3e-7000-8000-000000000001",
            "answers": {"Q9_1": "5", "age": 34}
        })
    }

    fn findings(value: &Value) -> Vec<(String, String)> {
        let found = Submission::parse(value.to_string().as_bytes()).unwrap_err();
        found.into_iter().map(|finding| (finding.pointer, finding.code.into_owned())).collect()
    }

    #[test]
    fn codes_are_taken_in_nfc_and_without_space_around_them() {
        let mut value = whole();
        value["unit"]["code"] = json!(" 0000\u{ff11} ");
        value["respondent"] = json!("Hue\u{0302}\u{0301}-1 ");
        let read = Submission::parse(value.to_string().as_bytes()).unwrap();
        assert_eq!((read.unit.code.as_str(), read.respondent.as_deref()), ("00001", Some("Huế-1")));
    }

    #[test]
    fn a_whole_submission_is_read() {
        let submission = Submission::parse(whole().to_string().as_bytes()).unwrap();
        assert_eq!(submission.channel, Channel::Kiosk);
        assert_eq!(submission.unit, UnitRef { list: "vn-63".into(), code: "00001".into() });
        assert_eq!(submission.answers["age"], 34);
        let started = submission.started_at.unwrap();
        assert_eq!(started.to_rfc3339(), "2024-09-01T08:00:00+07:00");
    }

    #[test]
    fn every_finding_of_the_envelope_comes_at_once() {
        let mut value = whole();
        value["channel"] = json!("fax");
        value["unit"] = json!({"list": "vn-63", "name": "Ba Đình"});
        value["started_at"] = json!("2024-09-01 08:00");
        value["supersedes"] = json!("0190b3a87c3e70008000000000000001");
        value["answers"] = json!([]);
        value["weight"] = json!(2);
        value.as_object_mut().unwrap().remove("wave");
        let expect = [
            ("", "missing-member"),
            ("/unit", "missing-member"),
            ("/unit/name", "unknown-member"),
            ("/channel", "unknown-value"),
            ("/started_at", "bad-instant"),
            ("/supersedes", "bad-uuid"),
            ("/answers", "wrong-type"),
            ("/weight", "unknown-member"),
        ];
        assert_eq!(findings(&value), expect.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    }

    #[test]
    fn an_answer_given_twice_is_refused() {
        let text = whole().to_string().replace("\"age\":34", "\"age\":34,\"age\":35");
        let found = Submission::parse(text.as_bytes()).unwrap_err();
        assert_eq!((found[0].pointer.as_str(), found[0].code.as_ref()), ("/answers/age", "duplicate-key"));
    }

    #[test]
    fn codes_cannot_hold_characters_that_hide() {
        let mut value = whole();
        value["respondent"] = json!("HN\u{202E}321");
        assert_eq!(findings(&value), [("/respondent".to_owned(), "forbidden-character".to_owned())]);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Submission::parse(&bytes);
        }

        #[test]
        fn a_refusal_always_says_why(text in "[\\[\\]{}\":,a-z0-9 ]{0,80}") {
            if let Err(found) = Submission::parse(text.as_bytes()) {
                prop_assert!(any_error(&found));
            }
        }
    }
}
