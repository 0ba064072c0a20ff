//! What a file would come to, or came to: counts, findings by line and column, the first records as they were read.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::UPLOAD;
use crate::office::import::upload::{Choice, Kept, Seen};
use crate::office::import::{Identity, Report};
use crate::pages::parts::{Head, Notice, empty, facts, notice, table};
use crate::pages::say;
use crate::pages::visit::Visit;
use crate::words::{Finding, Lang};

/// So many findings are shown; all of them stand in the file of what was left.
const FINDINGS: usize = 200;

/// A file as a page shows it.
pub(super) struct Shown<'a> {
    pub id: Uuid,
    pub kept: &'a Kept,
    pub columns: &'a [Seen],
    pub choice: &'a Choice,
}

/// A finding with its line, in the reader's language.
pub(super) fn told(visit: &Visit, finding: &Finding) -> String {
    let text = finding.message(visit.lang);
    finding.line.map_or_else(|| text.to_owned(), |line| format!("{} {line}: {text}", visit.say("Dòng", "Line")))
}

/// The column of the file that a finding is about.
fn column<'r>(report: &'r Report, finding: &Finding) -> Option<&'r str> {
    let path = finding.pointer.strip_prefix('/')?;
    let path = path.strip_prefix("answers/").map_or_else(|| format!("@{path}"), str::to_owned);
    let named = path.split('/').next()?;
    let holds = |held: &str| held.split('/').next() == Some(named);
    report.columns.iter().find(|(_, held)| held.split(", ").any(holds)).map(|(name, _)| name.as_str())
}

/// A finding with its column, for the file of what was left.
pub(super) fn placed(report: &Report, lang: Lang, finding: &Finding) -> String {
    let text = finding.message(lang);
    column(report, finding).map_or_else(|| text.to_owned(), |name| format!("{name}: {text}"))
}

/// How many records are good.
fn good(report: &Report) -> usize {
    report.stored + report.corrected + report.quarantined + report.in_part
}

/// The whole report, with what can be done next.
pub(super) fn show(visit: &Visit, shown: &Shown<'_>, report: &Report) -> Markup {
    let n = |n: usize| say::whole(visit.lang, i64::try_from(n).unwrap_or(i64::MAX));
    html! {
        @if report.records == 0 {
            (empty(visit.say("Tệp không có phiếu nào", "There is no record in the file"), &html! { p { (visit.say("Dưới dòng tiêu đề không có dòng nào.", "Nothing stands below the heading.")) } }))
        } @else if report.check {
            (notice(if report.left.is_empty() { Notice::Done } else { Notice::Care }, &html! { p {
                (n(good(report))) (visit.say(" phiếu nạp được, ", " can be imported, ")) (n(report.left.len())) (visit.say(" dòng cần sửa", " rows are to be mended"))
                @if report.replayed > 0 { ", " (n(report.replayed)) (visit.say(" đã có từ trước", " are there already")) }
                (visit.say(". Chưa lưu gì.", ". Nothing is stored yet."))
            } }))
        } @else {
            (notice(Notice::Done, &html! { p { (n(good(report))) (visit.say(" phiếu đã được lưu.", " responses are stored.")) } }))
        }
        (counts(visit, report))
        (next(visit, shown, report))
        (findings(visit, report))
        (first(visit, report))
    }
}

fn counts(visit: &Visit, report: &Report) -> Markup {
    let said = |vi, en| visit.say(vi, en);
    let rows = [
        (report.records, said("Dòng trong tệp", "Rows of the file")),
        (report.stored + report.in_part, said("Phiếu hợp lệ", "Valid responses")),
        (report.corrected, said("Thay bản trước", "Take the place of an earlier one")),
        (report.quarantined, said("Đến sau khi đóng đợt: giữ riêng", "After the wave’s close: kept apart")),
        (report.replayed, said("Đã có từ trước", "There already")),
        (report.conflicting, said("Đã có với nội dung khác: chưa lưu", "There with other content: not stored")),
        (report.refused, said("Cần sửa: chưa lưu", "To be mended: not stored")),
    ];
    let by = |identity: &Identity| match identity {
        Identity::Id => said("mã của phiếu", "the id of the response"),
        Identity::Respondent => said("người trả lời", "the respondent"),
        Identity::Batch => said("lô và nội dung", "batch and content"),
    };
    let known: Vec<&str> = report.identity.keys().map(by).collect();
    let shown = rows.iter().filter(|(n, _)| *n > 0);
    let mut all: Vec<(&str, Markup)> =
        shown.map(|(n, name)| (*name, html! { (say::whole(visit.lang, i64::try_from(*n).unwrap_or(i64::MAX))) })).collect();
    all.push((said("Lô", "Batch"), html! { code { (report.batch) } }));
    if !known.is_empty() {
        all.push((said("Phiếu được nhận ra theo", "Responses are known by"), html! { (known.join(", ")) }));
    }
    facts(&all)
}

/// The forms that go on from here; each carries what was said of the columns.
fn next(visit: &Visit, shown: &Shown<'_>, report: &Report) -> Markup {
    let address = visit.link(&format!("{UPLOAD}/{}", shown.id));
    let form = |what: &str, batch: Option<&str>, plain: bool, text: &str| {
        html! {
            form.inline method="post" action=(address) {
                @for (place, target) in shown.choice.columns.iter().enumerate() { input type="hidden" name={ "column." (place) } value=(target); }
                @if let Some(unit) = &shown.choice.unit { input type="hidden" name="unit" value=(unit); }
                @if let Some(batch) = batch { input type="hidden" name="batch" value=(batch); }
                @if shown.choice.correct { input type="hidden" name="correct" value="on"; }
                button.plain[plain] type="submit" name="do" value=(what) { (text) }
            }
        }
    };
    let batch = shown.choice.batch.as_deref();
    html! {
        @if let Some(other) = report.overlaps.as_deref().filter(|_| report.check) {
            (notice(Notice::Care, &html! { p { (visit.say(
                "Mọi phiếu của một tệp đã nạp đều có trong tệp này. Nếu đây là tệp đó đã sửa hoặc thêm dòng, những phiếu ấy không được lưu lần nữa.",
                "Every record of a file that was imported is in this one. If it is that file, mended or with rows added, those must not be stored again.",
            )) } }))
            (form("check", Some(other), false, visit.say("Là tệp đó, đã sửa: kiểm tra lại", "It is that file, mended: check again")))
            @if good(report) > 0 { (form("import", batch, true, visit.say("Là những người khác: nạp", "They are other people: import"))) }
        } @else if report.check && good(report) > 0 {
            (form("import", batch, false, &format!("{} {} {}", visit.say("Nạp", "Import"), good(report), visit.say("phiếu nạp được", "good records"))))
        }
        @if !report.left.is_empty() { (form("rest", batch, true, visit.say("Tải về các dòng cần sửa", "Download the rows to mend"))) }
    }
}

fn findings(visit: &Visit, report: &Report) -> Markup {
    if report.findings.is_empty() {
        return html! {};
    }
    let heads = [
        Head::Number(visit.say("Dòng", "Line")),
        Head::Text(visit.say("Cột", "Column")),
        Head::Text(visit.say("Điều phát hiện", "Finding")),
        Head::Text(visit.say("Mã", "Code")),
    ];
    let rows = report.findings.iter().take(FINDINGS).map(|finding| {
        vec![
            html! { @if let Some(line) = finding.line { (line) } },
            html! { (column(report, finding).unwrap_or_default()) },
            html! {
                @if finding.is_error() { span.tag.bad { (visit.say("lỗi", "error")) } } @else { span.tag.waits { (visit.say("cảnh báo", "warning")) } }
                " " (finding.message(visit.lang))
            },
            html! { code { (finding.code) } },
        ]
    });
    let title = visit.say("Điều phát hiện, theo dòng và cột", "Findings by line and column");
    html! {
        h2 { (title) }
        (table(title, &heads, rows))
        @if let Some(more) = report.findings.len().checked_sub(FINDINGS).filter(|more| *more > 0) {
            p.hint { (visit.say("Còn ", "And ")) (more) (visit.say(" điều nữa, ở tệp các dòng cần sửa.", " more, in the file of the rows to mend.")) }
        }
    }
}

/// The first records as they were read.
fn first(visit: &Visit, report: &Report) -> Markup {
    if report.first.is_empty() || !report.check {
        return html! {};
    }
    let answers = |record: &Map<String, Value>| record.get("answers").and_then(Value::as_object).cloned().unwrap_or_default();
    let items: BTreeSet<String> = report
        .columns
        .values()
        .flat_map(|held| held.split(", "))
        .filter_map(|held| held.split('/').next())
        .filter(|held| !held.starts_with('@'))
        .map(str::to_owned)
        .collect();
    let mut heads =
        vec![Head::Number(visit.say("Dòng", "Line")), Head::Text(visit.say("Đơn vị", "Unit")), Head::Text(visit.say("Cụm (PSU)", "PSU"))];
    heads.extend(items.iter().map(|item| Head::Text(item)));
    let rows = report.first.iter().map(|(line, record)| {
        let answers = answers(record);
        let text = |value: Option<&Value>| value.map(plain).unwrap_or_default();
        let mut cells = vec![
            html! { (line) },
            html! { (text(record.get("unit").and_then(|unit| unit.get("code")))) },
            html! { (text(record.get("psu"))) },
        ];
        cells.extend(items.iter().map(|item| html! { (text(answers.get(item))) }));
        cells
    });
    let title = visit.say("Những dòng đầu, như đã đọc", "The first rows as they were read");
    html! { h2 { (title) } (table(title, &heads, rows)) }
}

/// A value as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members.values().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
