//! A file of records on its way in: it is kept, its columns are said, it is checked, its good records are imported, and the rest goes back.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, LOCATION};
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};
use uuid::Uuid;

use super::UPLOAD;
use super::report::{self, Shown};
use crate::http::body::{Fields, Form, LARGE};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::http::upload::Upload;
use crate::office::import::upload::{self, Choice, Kept, NOTHING, Seen};
use crate::office::import::{Report, Role};
use crate::office::wire::Words;
use crate::office::{Action, Look, Refusal, waves};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Input, Select, borrowed, empty};
use crate::pages::visit::{Staff, Visit};
use crate::words::encode::{from_rfc3339, percent};

/// So many waves are offered, the latest first.
const WAVES: usize = 50;

/// Which wave was chosen before.
#[derive(Debug, Clone, Default, serde::Deserialize, validator::Validate)]
pub(super) struct Which {
    #[validate(length(max = 100))]
    wave: Option<String>,
}

/// Which file, for which wave.
#[get("/f/upload")]
pub(super) async fn show_upload(app: AppState, staff: Staff, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::Import)?;
    let wave = query.into_inner().wave.unwrap_or_default();
    first(&app, &staff, &wave, &Faults::default(), StatusCode::OK).await
}

/// Waves that have begun, with their names.
pub(super) fn begun(look: &mut Look<'_>) -> Result<Vec<(String, Words, bool)>, Refusal> {
    let now = look.now;
    let at = |text: &str| from_rfc3339(text).unwrap_or_default();
    let begun = waves::list(look)?.into_iter().filter(|wave| at(&wave.opens_at) <= now);
    Ok(begun.take(WAVES).map(|wave| (wave.code, wave.title, wave.closes_at.is_none_or(|closes_at| at(&closes_at) > now))).collect())
}

async fn first(app: &AppState, staff: &Staff, wave: &str, faults: &Faults, status: StatusCode) -> Result<HttpResponse, Refusal> {
    let waves = app.look(staff.actor.clone(), begun).await?;
    let options: Vec<(String, String)> = waves
        .iter()
        .map(|(code, title, open)| {
            let closed = if *open { "" } else { staff.say(" – đã đóng", " – closed") };
            (code.clone(), format!("{} ({code}){closed}", staff.words(title)))
        })
        .collect();
    let page = Page::office(staff, staff.say("Nạp tệp phiếu", "Upload responses")).faults(faults).status(status);
    Ok(page.answer(html! {
        @if waves.is_empty() {
            (empty(staff.say("Chưa có đợt nào đã mở", "No wave has opened yet"), &html! { p { (staff.say(
                "Phiếu thuộc về một đợt; cán bộ thống kê mở đợt ở trang “Đợt”.", "Responses belong to a wave; a statistician opens one at the page “Waves”.",
            )) } }))
        } @else {
            form method="post" action=(staff.link(UPLOAD)) enctype="multipart/form-data" {
                (Select { name: "wave", label: staff.say("Đợt", "Wave"), options: &borrowed(&options), value: wave, fault: faults.at("wave"), ..Select::default() })
                div.field.wrong[faults.at("file").is_some()] {
                    label for="file" { (staff.say("Tệp", "File")) }
                    p.hint #file-hint { (staff.say(
                        "CSV hoặc XLSX, mỗi dòng một phiếu, nhiều nhất 8 MB. Tệp lớn hơn: lệnh hailong import.",
                        "CSV or XLSX, one response a row, at most 8 MB. For more there is the command hailong import.",
                    )) }
                    @if let Some(fault) = faults.at("file") { p.fault { (fault) } }
                    input #file type="file" name="file" accept=".csv,.txt,.tsv,.xlsx,text/csv" required aria-describedby="file-hint";
                }
                button type="submit" { (staff.say("Xem tệp", "Look at the file")) }
            }
            p.hint { (staff.say(
                "Chưa lưu phiếu nào ở bước này. Tệp được giữ một ngày, chỉ người nạp mở được.",
                "No response is stored by this. The file is kept for a day, and only whoever uploaded it can open it.",
            )) }
        }
    }))
}

/// Keeps the file, and shows its columns.
#[post("/f/upload")]
pub(super) async fn keep(app: AppState, staff: Staff, upload: Upload<LARGE>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::Import)?;
    let wave = upload.fields.get("wave").to_owned();
    let Some(file) = upload.files.into_iter().find(|file| file.field == "file") else {
        let mut faults = Faults::default();
        faults.add("file", staff.say("Hãy chọn một tệp", "Choose a file"));
        return first(&app, &staff, &wave, &faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let to = wave.clone();
    match app.act(staff.actor.clone(), move |act| upload::keep(act, &to, &file.name, &file.bytes)).await {
        Ok(id) => Ok(HttpResponse::SeeOther().insert_header((LOCATION, staff.link(&address(id)))).finish()),
        Err(refusal) if refusal.code().status() == 422 => {
            let mut faults = Faults::default();
            for finding in refusal.findings() {
                faults.add("file", report::told(&staff, finding));
            }
            first(&app, &staff, &wave, &faults, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(refusal) => Err(refusal),
    }
}

fn address(id: Uuid) -> String {
    format!("{UPLOAD}/{id}")
}

/// A file that is kept: what its columns hold.
#[get("/f/upload/{id}")]
pub(super) async fn show_file(app: AppState, staff: Staff, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let id = Uuid::try_parse(&id).map_err(|_| Refusal::not_found())?;
    let (kept, columns) = found(&app, &staff, id).await?;
    let choice = Choice { columns: columns.iter().map(|column| column.guess.clone()).collect(), ..Choice::default() };
    Ok(page(&staff, &Shown { id, kept: &kept, columns: &columns, choice: &choice }, &Faults::default(), None))
}

async fn found(app: &AppState, staff: &Staff, id: Uuid) -> Result<(Kept, Vec<Seen>), Refusal> {
    let found = app.look(staff.actor.clone(), move |look| {
        let kept = upload::find(look, id)?;
        let columns = kept.columns()?;
        Ok((kept, columns))
    });
    found.await
}

/// Checks the file by what is said of its columns, imports its good records, or hands the rest back.
#[post("/f/upload/{id}")]
pub(super) async fn treat(app: AppState, staff: Staff, id: web::Path<String>, form: Form) -> Result<HttpResponse, Refusal> {
    let id = Uuid::try_parse(&id).map_err(|_| Refusal::not_found())?;
    let (kept, columns) = found(&app, &staff, id).await?;
    let (choice, what) = (chosen(&form.0, columns.len()), form.0.get("do").to_owned());
    let (actor, writer, said) = (staff.actor.clone(), app.writer().clone(), choice.clone());
    let import = what == "import";
    let treated = app.slowly(move |office| {
        let report = if import { kept.import(id, office, &actor, &writer, &said) } else { kept.check(office, &actor, &said) };
        Ok((kept, report))
    });
    let (kept, report) = treated.await?;
    let shown = Shown { id, kept: &kept, columns: &columns, choice: &choice };
    match report {
        Ok(report) if what == "rest" => rest(&staff, &kept, &report),
        Ok(report) => Ok(page(&staff, &shown, &Faults::default(), Some(&report))),
        Err(refusal) if refusal.code().status() == 422 => Ok(page(&staff, &shown, &refused(&staff, &refusal), None)),
        Err(refusal) => Err(refusal),
    }
}

/// What refused the whole, with its lines.
fn refused(visit: &Visit, refusal: &Refusal) -> Faults {
    if refusal.findings().is_empty() {
        return Faults::of(refusal, visit.lang);
    }
    let mut faults = Faults::default();
    for finding in refusal.findings().iter().filter(|finding| finding.is_error()) {
        let field = match finding.pointer.as_str() {
            "/unit" => "unit",
            "/batch" => "batch",
            _ => "",
        };
        faults.add(field, report::told(visit, finding));
    }
    faults
}

fn chosen(fields: &Fields, columns: usize) -> Choice {
    let of = |place: usize| fields.some(&format!("column.{place}")).unwrap_or_else(|| NOTHING.to_owned());
    Choice {
        columns: (0..columns).map(of).collect(),
        unit: fields.some("unit"),
        batch: fields.some("batch"),
        correct: fields.has("correct"),
    }
}

/// The records that were left, as a file to mend and upload again.
fn rest(visit: &Visit, kept: &Kept, report: &Report) -> Result<HttpResponse, Refusal> {
    let rows = kept.rest(report, |finding| report::placed(report, visit.lang, finding))?;
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    for row in &rows {
        writer.write_record(row).map_err(Refusal::internal)?;
    }
    writer.flush().map_err(Refusal::internal)?;
    drop(writer);
    let stem = kept.name.rsplit_once('.').map_or(kept.name.as_str(), |(stem, _)| stem);
    let name = percent(&format!("{stem}-{}.csv", visit.say("còn lại", "rest")));
    let disposition = format!("attachment; filename=\"rest.csv\"; filename*=UTF-8''{name}");
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_DISPOSITION, disposition)).insert_header((CACHE_CONTROL, "no-store"));
    Ok(answer.content_type("text/csv; charset=utf-8").body(bytes))
}

/// The page of a file: what its columns hold, and below it what it would come to or came to.
fn page(staff: &Staff, shown: &Shown<'_>, faults: &Faults, report: Option<&Report>) -> HttpResponse {
    let imported = report.is_some_and(|report| !report.check);
    let title = if imported {
        staff.say("Đã nạp tệp", "The file is imported")
    } else {
        staff.say("Xem tệp trước khi nạp", "Before it is imported")
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let lead = format!("{} · {} {}", shown.kept.name, staff.say("đợt", "wave"), shown.kept.wave);
    let page = Page::office(staff, title).lead(lead).below(UPLOAD, staff.say("Nạp tệp phiếu", "Upload responses"));
    page.faults(faults).status(status).answer(html! {
        @if let Some(report) = report { (report::show(staff, shown, report)) }
        @if !imported { (columns(staff, shown, faults, report.is_some())) }
        @else { p { a.button href=(staff.link(UPLOAD)) { (staff.say("Nạp tệp khác", "Upload another file")) } } }
    })
}

/// What each column holds, and how records are told apart.
fn columns(visit: &Visit, shown: &Shown<'_>, faults: &Faults, checked: bool) -> Markup {
    let language = visit.lang.tag();
    let mut targets = vec![(NOTHING.to_owned(), visit.say("– bỏ qua –", "– passed over –").to_owned())];
    targets.extend(Role::ALL.map(|role| (format!("@{}", role.as_str()), visit.pick(&said(role)).to_owned())));
    targets.extend(shown.kept.targets(language));
    let unit = shown.choice.unit.as_deref().unwrap_or_default();
    html! {
        form method="post" action=(visit.link(&address(shown.id))) {
            h2 { (visit.say("Mỗi cột là gì", "What each column holds")) }
            div.scroll tabindex="0" role="region" aria-label=(visit.say("Các cột của tệp", "The columns of the file")) {
                table {
                    caption { (visit.say("Đoán theo tên cột; sửa chỗ đoán sai", "Guessed by their names; correct what is guessed wrong")) }
                    thead { tr {
                        th scope="col" { (visit.say("Cột", "Column")) }
                        th scope="col" { (visit.say("Vài ô đầu", "First cells")) }
                        th scope="col" { (visit.say("Là", "Holds")) }
                    } }
                    tbody { @for (place, column) in shown.columns.iter().enumerate() { tr {
                        th scope="row" id={ "name-" (place) } { (column.name) }
                        td.hint { (column.samples.join(" · ")) }
                        td { (target(place, &targets, shown.choice.columns.get(place).map_or("", String::as_str))) }
                    } } }
                }
            }
            div.columns {
                (Input {
                    name: "unit", label: visit.say("Mã đơn vị, nếu tệp không có cột đơn vị", "Code of the unit, if no column has it"), value: unit,
                    hint: Some(&format!("{} {}", visit.say("Danh mục", "List"), shown.kept.unit_list)), fault: faults.at("unit"), maxlength: Some(100), ..Input::default()
                })
                (Input {
                    name: "batch", label: visit.say("Tên lô, nếu tệp này tiếp một tệp đã nạp", "Name of the batch, if this continues a file of before"),
                    value: shown.choice.batch.as_deref().unwrap_or_default(), fault: faults.at("batch"), maxlength: Some(100),
                    hint: Some(visit.say("Cùng lô thì dòng giống hệt được nhận ra, không lưu hai lần", "Within a batch, rows that are alike are not stored twice")), ..Input::default()
                })
            }
            label.check { input type="checkbox" name="correct" checked[shown.choice.correct]; (visit.say(
                "Phiếu đã nạp trước với nội dung khác: thay bằng dòng của tệp này", "A response that was imported with other content: this file’s row takes its place",
            )) }
            div.row { button.plain[checked] type="submit" name="do" value="check" {
                @if checked { (visit.say("Kiểm tra lại", "Check again")) } @else { (visit.say("Kiểm tra, chưa lưu gì", "Check, and store nothing yet")) }
            } }
        }
    }
}

fn target(place: usize, targets: &[(String, String)], value: &str) -> Markup {
    // A column may hold several things at once, by what was asked for at the command line; here it holds one.
    html! {
        select name={ "column." (place) } aria-labelledby={ "name-" (place) } {
            @for (target, text) in targets { option value=(target) selected[target == value] { (text) } }
        }
    }
}

/// What people call what a column can hold besides an answer.
pub(super) fn said(role: Role) -> crate::words::Said {
    use crate::words::Said;
    match role {
        Role::Id => Said::new("Mã của phiếu", "Id of the response"),
        Role::Unit => Said::new("Mã đơn vị được đánh giá", "Code of the rated unit"),
        Role::Psu => Said::new("Cụm (PSU)", "PSU"),
        Role::Respondent => Said::new("Mã người trả lời trong danh sách mẫu", "Respondent’s code on the sample list"),
        Role::StartedAt => Said::new("Thời điểm bắt đầu", "When answering began"),
        Role::AnsweredAt => Said::new("Thời điểm trả lời xong", "When answering ended"),
        Role::Device => Said::new("Thiết bị", "Device"),
    }
}
