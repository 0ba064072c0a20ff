//! Do the answers fit the questionnaire? And if so, pack them.

use serde_json::{Map, Number, Value};

use super::Submission;
use super::answer::{Misfit, many, misfit, missing, number, option, out_of_range};
use super::reason::refuses_whole;
use super::spelled::{self, NoNumber};
use crate::schema::{
    ANSWERED, INVALID, Item, ItemKind, Layout, NOT_ANSWERED, NOT_ASKED, OptionList, Questionnaire, Slot, is_forbidden, parse_day,
};
use crate::words::{Finding, Path};

/// What a check made of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The answers by the questionnaire's layout; an item that is not valid is marked as such.
    pub packed: Vec<u8>,
    /// The texts by item code, in the questionnaire's order, with `\n` line ends.
    pub texts: Vec<(String, String)>,
    /// Everything found, with pointers into the submission.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether nothing found refuses the response as a whole: a finding about an item is about that item alone.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !refuses_whole(&self.findings)
    }
}

/// Checks the answers of `submission` against `questionnaire`, of which `layout` is the layout.
///
/// Where an answer is not valid, conditions that depend on it are not judged: a finding should not breed others.
#[must_use]
pub fn check(submission: &Submission, questionnaire: &Questionnaire, layout: &Layout) -> Checked {
    let mut checker =
        Checker { packed: layout.blank(), texts: Vec::new(), findings: Vec::new(), doubtful: vec![false; questionnaire.items().len()] };
    checker.envelope(submission, questionnaire);
    let answers = checker.by_position(&submission.answers, layout);
    for (position, (item, slot)) in questionnaire.items().iter().zip(layout.slots()).enumerate() {
        checker.item(position, item, *slot, answers.get(position).copied().flatten(), layout);
    }
    Checked { packed: checker.packed, texts: checker.texts, findings: checker.findings }
}

struct Checker {
    packed: Vec<u8>,
    texts: Vec<(String, String)>,
    findings: Vec<Finding>,
    /// Items whose answer we do not know, because what was sent is not valid.
    doubtful: Vec<bool>,
}

impl Checker {
    fn error(&mut self, item: &str, found: Misfit) {
        self.found(item, found, Finding::error);
    }

    fn warning(&mut self, item: &str, found: Misfit) {
        self.found(item, found, Finding::warning);
    }

    fn found(&mut self, item: &str, found: Misfit, make: fn(String, &'static str, String, String) -> Finding) {
        let answers = Path::Key(&Path::Root, "answers");
        let answer = Path::Key(&answers, item);
        let pointer = match found.below {
            Some(index) => Path::Index(&answer, index).to_string(),
            None => answer.to_string(),
        };
        self.findings.push(make(pointer, found.code, found.vi, found.en));
    }

    fn envelope(&mut self, submission: &Submission, questionnaire: &Questionnaire) {
        let mut differs = |pointer: &str, sent: &str, expected: &str| {
            if sent != expected {
                self.findings.push(Finding::error(
                    pointer,
                    "other-questionnaire",
                    format!("Phiếu được kiểm tra theo “{expected}”, không phải “{sent}”"),
                    format!("The answers are checked against “{expected}”, not “{sent}”"),
                ));
            }
        };
        differs("/survey", &submission.survey, questionnaire.code());
        differs("/version", &submission.version, questionnaire.version());
        if let Some(language) = &submission.language
            && !questionnaire.languages().contains(language)
        {
            self.findings.push(Finding::error(
                "/language",
                "unknown-language",
                format!("Phiếu hỏi không có ngôn ngữ “{language}”"),
                format!("The questionnaire is not in the language “{language}”"),
            ));
        }
        if let (Some(started), Some(answered)) = (submission.started_at, submission.answered_at)
            && started > answered
        {
            self.findings.push(Finding::warning(
                "/answered_at",
                "answered-before-started",
                "Thời điểm trả lời xong trước thời điểm bắt đầu; đồng hồ thiết bị có thể sai",
                "Answered before started; the device's clock may be wrong",
            ));
        }
    }

    /// The answers in the questionnaire's order; those to unknown items are reported.
    fn by_position<'s>(&mut self, answers: &'s Map<String, Value>, layout: &Layout) -> Vec<Option<&'s Value>> {
        let mut by_position = vec![None; layout.slots().len()];
        for (code, answer) in answers {
            match layout.position(code).and_then(|position| by_position.get_mut(position)) {
                Some(place) => *place = Some(answer),
                None => self.warning(
                    code,
                    misfit(
                        "unknown-item",
                        format!("Phiếu hỏi không có câu “{code}”; câu trả lời này được để riêng"),
                        format!("The questionnaire has no item “{code}”; the answer is set aside"),
                    ),
                ),
            }
        }
        by_position
    }

    fn item(&mut self, position: usize, item: &Item, slot: Slot, answer: Option<&Value>, layout: &Layout) {
        let (asked, certain) = match item.relevant() {
            None => (true, true),
            Some(condition) => {
                let certain = !condition.names_any(&|other| self.doubtful.get(other).copied().unwrap_or(false));
                (condition.holds(layout, &self.packed), certain)
            }
        };
        if !asked && certain {
            self.not_asked(item, slot, answer);
            return;
        }
        match answer.filter(|answer| !answer.is_null()).map_or(Ok(NOT_ANSWERED), |answer| self.answer(item, slot, answer)) {
            Ok(NOT_ANSWERED) if certain && item.required() => {
                slot.set_state(&mut self.packed, INVALID);
                let found = misfit("required", "Câu này bắt buộc trả lời", "This item must be answered");
                self.error(item.code(), found);
                self.doubt(position);
            }
            // The answer itself, or its absence, is known; but perhaps it should not be there.
            Ok(_) if certain => {}
            Ok(_) => self.doubt(position),
            Err(found) => {
                slot.set_state(&mut self.packed, INVALID);
                self.error(item.code(), found);
                self.doubt(position);
            }
        }
    }

    fn doubt(&mut self, position: usize) {
        if let Some(doubtful) = self.doubtful.get_mut(position) {
            *doubtful = true;
        }
    }

    /// A question that was left out has no answer; saying so is fine, and what stood there before it was left out is set aside.
    fn not_asked(&mut self, item: &Item, slot: Slot, answer: Option<&Value>) {
        slot.set_state(&mut self.packed, NOT_ASKED);
        if let Some(answer) = answer
            && !answer.is_null()
            && !answer.as_object().is_some_and(|marker| marker.contains_key("missing"))
        {
            let found = misfit(
                "not-asked",
                "Theo các câu trả lời trước, câu này không được hỏi; câu trả lời này được để riêng",
                "By the answers before it, this item is not asked; the answer is set aside",
            );
            self.warning(item.code(), found);
        }
    }

    /// Packs one answer and returns the state it has now.
    fn answer(&mut self, item: &Item, slot: Slot, answer: &Value) -> Result<u8, Misfit> {
        if let Value::Object(marker) = answer {
            let state = missing(item, marker)?;
            slot.set_state(&mut self.packed, state);
            return Ok(state);
        }
        match item.kind() {
            ItemKind::Scale(options) | ItemKind::Single(options) => {
                slot.add_option(&mut self.packed, option(options, answer)?);
            }
            ItemKind::Multiple { options, min_selected, max_selected, exclusive } => {
                let chosen = self.choices(slot, options, answer)?;
                many(&chosen, *min_selected, *max_selected, exclusive)?;
            }
            ItemKind::Number { min, max, decimals } => {
                let value = number(&self.numeral(item, answer)?, *min, *max, *decimals)?;
                slot.set_number(&mut self.packed, value);
            }
            ItemKind::Date { min, max } => {
                let day = answer
                    .as_str()
                    .and_then(parse_day)
                    .ok_or_else(|| misfit("bad-date", "Phải là ngày dạng NĂM-THÁNG-NGÀY", "Must be a day written as YYYY-MM-DD"))?;
                if day < *min || day > *max {
                    return Err(out_of_range(min, max));
                }
                slot.set_days(&mut self.packed, day.to_epoch_days());
            }
            ItemKind::Text { max_length } => {
                let Some(text) = self.text(item, answer, *max_length)? else { return Ok(NOT_ANSWERED) };
                slot.set_state(&mut self.packed, ANSWERED);
                self.texts.push((item.code().to_owned(), text));
            }
        }
        Ok(ANSWERED)
    }

    /// The number that was sent, also where it came as text.
    fn numeral(&mut self, item: &Item, answer: &Value) -> Result<Number, Misfit> {
        let text = match answer {
            Value::Number(number) => return Ok(number.clone()),
            Value::String(text) => text,
            _ => return Err(misfit("wrong-type", "Phải là một số", "Must be a number")),
        };
        let shown: String = text.chars().filter(|c| !is_forbidden(*c)).take(40).collect();
        match spelled::number(text) {
            Ok(number) => {
                let (vi, en) = (format!("“{shown}” được đọc là {number}"), format!("“{shown}” was read as {number}"));
                self.warning(item.code(), misfit("number-as-text", vi, en));
                Ok(number)
            }
            Err(NoNumber::Ambiguous) => Err(misfit(
                "ambiguous-number",
                format!("“{shown}” có thể đọc thành hai số khác nhau"),
                format!("“{shown}” can be read as two different numbers"),
            )),
            Err(NoNumber::NotOne) => Err(misfit("wrong-type", "Phải là một số", "Must be a number")),
        }
    }

    /// The text with `\n` line ends, as browsers send `\r\n`, and without characters that hide; `None` where there is nothing to read.
    fn text(&mut self, item: &Item, answer: &Value, max_length: u32) -> Result<Option<String>, Misfit> {
        let Value::String(sent) = answer else {
            return Err(misfit("wrong-type", "Phải là một chuỗi", "Must be a string"));
        };
        let text = sent.replace("\r\n", "\n");
        let kept: String = text.chars().filter(|c| !is_forbidden(*c)).collect();
        if kept.len() < text.len() {
            self.warning(
                item.code(),
                misfit(
                    "characters-removed",
                    "Đã bỏ các ký tự điều khiển hoặc đảo chiều chữ",
                    "Control characters or characters that turn the direction of reading were taken out",
                ),
            );
        }
        if kept.chars().count() > usize::try_from(max_length).unwrap_or(usize::MAX) {
            return Err(misfit("too-long", format!("Dài quá {max_length} ký tự"), format!("Longer than {max_length} characters")));
        }
        Ok((!kept.trim().is_empty()).then_some(kept))
    }

    /// Packs the options of a multiple item and returns their numbers.
    fn choices(&mut self, slot: Slot, options: &OptionList, answer: &Value) -> Result<Vec<u8>, Misfit> {
        let Value::Array(given) = answer else {
            return Err(misfit("wrong-type", "Phải là danh sách các lựa chọn", "Must be a list of options"));
        };
        let mut chosen = Vec::with_capacity(given.len().min(usize::from(options.count())));
        slot.set_state(&mut self.packed, ANSWERED);
        for (index, answer) in given.iter().enumerate() {
            let number = option(options, answer).map_err(|found| Misfit { below: Some(index), ..found })?;
            if slot.includes(&self.packed, number) {
                let found = misfit("duplicate-option", "Lựa chọn này được chọn hai lần", "This option is chosen twice");
                return Err(Misfit { below: Some(index), ..found });
            }
            slot.add_option(&mut self.packed, number);
            chosen.push(number);
        }
        Ok(chosen)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::schema::{NOT_OFFERED, sample};
    use crate::words::any_error;
    use proptest::prelude::*;
    use serde_json::json;

    pub(in crate::response) fn submission(answers: &Value) -> Submission {
        let body = json!({
            "survey": "sample", "version": "1.0", "wave": "w", "unit": {"list": "vn-63", "code": "1"},
            "channel": "kiosk", "answers": answers,
        });
        Submission::parse(body.to_string().as_bytes()).unwrap()
    }

    fn checked(answers: &Value) -> Checked {
        let questionnaire = sample::checked(&sample::questionnaire());
        check(&submission(answers), &questionnaire, &Layout::of(&questionnaire))
    }

    fn found(answers: &Value) -> Vec<(String, String)> {
        checked(answers).findings.into_iter().map(|f| (f.pointer, f.code.into_owned())).collect()
    }

    #[test]
    fn right_answers_are_packed() {
        let checked = checked(&json!({
            "sex": "male", "age": 61, "sources": ["radio", "tv"], "staff": 2, "result": {"missing": "not_offered"},
            "why": "Chờ lâu\r\nquá", "fee": 12.5, "day": "2024-09-01",
        }));
        assert_eq!(checked.findings, []);
        assert_eq!(checked.texts, [("why".to_owned(), "Chờ lâu\nquá".to_owned())]);
        let mut expect = vec![1, 1, 61, 0, 0, 0, 0, 0, 0, 0, 1, 0b11, 2, NOT_OFFERED, 1, 1];
        expect.extend(1250_i64.to_le_bytes());
        expect.push(1);
        expect.extend(19_967_i32.to_le_bytes());
        assert_eq!(checked.packed, expect);
    }

    #[test]
    fn every_finding_comes_at_once_and_the_bad_answers_are_marked() {
        let answers = json!({
            "sex": "x", "age": 17, "sources": ["tv", "blog"], "staff": {"missing": "unknown"}, "result": true,
            "fee": 1.234, "day": "2023-12-31", "a/b": 1,
        });
        let expect = [
            ("/answers/a~1b", "unknown-item"),
            ("/answers/sex", "unknown-option"),
            ("/answers/age", "out-of-range"),
            ("/answers/sources/1", "unknown-option"),
            ("/answers/staff", "bad-missing"),
            ("/answers/result", "wrong-type"),
            ("/answers/fee", "too-many-decimals"),
            ("/answers/day", "out-of-range"),
        ];
        assert_eq!(found(&answers), sample::expected(&expect));
        let checked = checked(&answers);
        assert!(checked.is_valid(), "what is wrong with items is about them alone");
        let layout = Layout::of(&sample::checked(&sample::questionnaire()));
        let states: Vec<u8> = layout.slots().iter().map(|slot| slot.state(&checked.packed)).collect();
        let why = NOT_ANSWERED; // nobody knows whether it was to be asked
        assert_eq!(states, [INVALID, INVALID, INVALID, INVALID, INVALID, why, INVALID, INVALID]);
    }

    #[test]
    fn skip_logic_decides_what_may_and_what_must_be_answered() {
        let base = json!({"sex": "male", "staff": "5"});
        let with = |name: &str, value: Value| {
            let mut answers = base.clone();
            answers[name] = value;
            answers
        };
        assert_eq!(found(&base), []);
        let layout = Layout::of(&sample::checked(&sample::questionnaire()));
        assert_eq!(layout.slot("why").unwrap().state(&checked(&base).packed), NOT_ASKED);
        assert_eq!(found(&with("why", json!("x"))), sample::expected(&[("/answers/why", "not-asked")]));
        assert_eq!(found(&with("why", json!({"missing": "not_answered"}))), []);
        assert_eq!(found(&with("staff", json!("1"))), sample::expected(&[("/answers/why", "required")]));
        let why_not_offered = json!({"sex": "male", "staff": "1", "why": {"missing": "not_offered"}});
        assert_eq!(found(&why_not_offered), []);
        assert_eq!(found(&json!({"staff": "5"})), sample::expected(&[("/answers/sex", "required")]));
    }

    #[test]
    fn a_bad_answer_does_not_breed_findings_on_what_depends_on_it() {
        let answers = json!({"sex": "male", "staff": "9", "why": "Vì thế"});
        assert_eq!(found(&answers), sample::expected(&[("/answers/staff", "unknown-option")]));
    }

    #[test]
    fn multiple_choice_holds_to_its_bounds() {
        let with = |sources: Value| found(&json!({"sex": "male", "staff": "5", "sources": sources}));
        let at = |below: &str, code: &str| sample::expected(&[(&format!("/answers/sources{below}"), code)]);
        assert_eq!(with(json!(["none"])), []);
        assert_eq!(with(json!(["none", "tv"])), at("", "exclusive-option"));
        assert_eq!(with(json!([])), at("", "too-few-options"));
        assert_eq!(with(json!(["tv", "radio", "web", "office"])), at("", "too-many-options"));
        assert_eq!(with(json!(["tv", "tv"])), at("/1", "duplicate-option"));
        assert_eq!(with(json!("tv")), at("", "wrong-type"));
    }

    #[test]
    fn does_not_apply_is_an_answer_only_where_it_is_allowed() {
        let marker = json!({"missing": "does_not_apply"});
        assert_eq!(found(&json!({"sex": "male", "staff": marker})), []);
        let refused = found(&json!({"sex": marker, "staff": "5"}));
        assert_eq!(refused, sample::expected(&[("/answers/sex", "does-not-apply-not-allowed")]));
    }

    #[test]
    fn texts_are_bounded_and_hold_nothing_hidden() {
        let with = |why: &str| found(&json!({"sex": "male", "staff": "1", "why": why}));
        let refused = |code: &str| sample::expected(&[("/answers/why", code)]);
        assert_eq!(with("hai mươi ký tự nhé!!"), []);
        assert_eq!(with("hơn hai mươi ký tự rồi"), refused("too-long"));
        assert_eq!(with("a\u{202E}b"), refused("characters-removed"));
        assert_eq!(with("a\u{7}b"), refused("characters-removed"));
        let kept = checked(&json!({"sex": "male", "staff": "1", "why": "a\u{202E}b\u{0}"}));
        assert_eq!(kept.texts, [("why".to_owned(), "ab".to_owned())]);
        assert!(!any_error(&kept.findings));
        assert_eq!(with(" \n"), refused("required"));
    }

    #[test]
    fn null_is_no_answer() {
        assert_eq!(found(&json!({"sex": "male", "staff": "5", "age": null, "sources": null, "fee": null, "why": null})), []);
        assert_eq!(found(&json!({"sex": null, "staff": "5"})), sample::expected(&[("/answers/sex", "required")]));
    }

    #[test]
    fn a_number_in_words_of_a_form_is_read_where_it_stands_for_one() {
        let with = |fee: &str| {
            let checked = checked(&json!({"sex": "male", "staff": "5", "age": 70, "fee": fee}));
            let layout = Layout::of(&sample::checked(&sample::questionnaire()));
            (layout.slot("fee").unwrap().number(&checked.packed), checked.findings[0].code.clone(), checked.findings[0].is_error())
        };
        assert_eq!(with("12,5"), (Some(1250), "number-as-text".into(), false));
        assert_eq!(with("1,234"), (None, "ambiguous-number".into(), true));
        assert_eq!(with("mười hai"), (None, "wrong-type".into(), true));
    }

    #[test]
    fn a_whole_number_of_a_spreadsheet_is_the_option_it_spells() {
        let layout = Layout::of(&sample::checked(&sample::questionnaire()));
        let checked = checked(&json!({"sex": "male", "staff": 4.0}));
        assert_eq!((layout.option_of(&checked.packed, "staff"), checked.findings), (Some(4), Vec::new()));
        assert_eq!(found(&json!({"sex": "male", "staff": 4.5})), sample::expected(&[("/answers/staff", "wrong-type")]));
    }

    #[test]
    fn an_answer_to_what_was_not_asked_is_set_aside_and_the_rest_counts() {
        let checked = checked(&json!({"sex": "male", "staff": "5", "why": "còn sót"}));
        assert!(checked.is_valid() && !any_error(&checked.findings));
        let layout = Layout::of(&sample::checked(&sample::questionnaire()));
        assert_eq!((layout.slot("why").unwrap().state(&checked.packed), checked.texts.len()), (NOT_ASKED, 0));
        assert!(!layout.holds_invalid(&checked.packed));
    }

    #[test]
    fn the_envelope_must_match_the_questionnaire() {
        let questionnaire = sample::checked(&sample::questionnaire());
        let mut sent = submission(&json!({"sex": "male", "staff": "5"}));
        sent.version = "0.9".into();
        sent.language = Some("fr".into());
        sent.started_at = chrono::DateTime::parse_from_rfc3339("2024-09-01T08:00:00+07:00").ok();
        sent.answered_at = chrono::DateTime::parse_from_rfc3339("2024-09-01T00:59:59Z").ok();
        let checked = check(&sent, &questionnaire, &Layout::of(&questionnaire));
        let found: Vec<_> = checked.findings.iter().map(|f| (f.pointer.as_str(), f.is_error())).collect();
        assert_eq!(found, [("/version", true), ("/language", true), ("/answered_at", false)]);
    }

    proptest! {
        #[test]
        fn any_answer_packs_to_bytes_of_the_layout(
            item in proptest::sample::select(vec!["sex", "age", "sources", "staff", "why", "fee", "day"]),
            answer in prop_oneof![
                any::<f64>().prop_map(Value::from), any::<i64>().prop_map(Value::from), any::<String>().prop_map(Value::from),
                proptest::collection::vec(any::<i8>(), 0..4).prop_map(Value::from), Just(Value::Null), Just(json!({})),
            ],
        ) {
            let questionnaire = sample::checked(&sample::questionnaire());
            let layout = Layout::of(&questionnaire);
            let checked = check(&submission(&json!({item: answer})), &questionnaire, &layout);
            prop_assert!(layout.accepts(&checked.packed));
        }
    }
}
