//! The design of a wave: PSUs and the sample list, as two CSV files.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use maud::html;

use super::address;
use super::edit::as_seen;
use crate::http::body::LARGE;
use crate::http::state::AppState;
use crate::http::upload::Upload;
use crate::office::waves::{self, DesignBody, DesignTables, WaveBody};
use crate::office::{Action, Refusal, fieldwork};
use crate::pages::console::WAVES;
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Notice, facts, notice};
use crate::pages::say;
use crate::pages::visit::Staff;
use crate::words::Finding;

/// The form.
#[get("/console/waves/{code}/design")]
pub async fn show_design(app: AppState, staff: Staff, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepWave)?;
    page(&app, &staff, code.into_inner(), None, &[], &Faults::default(), StatusCode::OK).await
}

/// Loads both tables, or says every finding with its line.
#[post("/console/waves/{code}/design")]
pub async fn load(app: AppState, staff: Staff, code: web::Path<String>, upload: Upload<LARGE>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepWave)?;
    let code = code.into_inner();
    let bytes = |field: &str| upload.file(field).map(|file| file.bytes.clone());
    let tables = DesignTables { psus: bytes("psus"), respondents: bytes("respondents") };
    if tables.psus.is_none() && tables.respondents.is_none() {
        let mut found = Faults::default();
        found.add("psus", staff.say("Hãy chọn tệp", "Choose a file"));
        return page(&app, &staff, code, None, &[], &found, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let seen = upload.fields.get("revision").parse::<i64>().ok();
    let wave = code.clone();
    let loaded =
        app.act(staff.actor.clone(), move |act| waves::load_design(act, &wave, &tables, &|revision| as_seen(seen, revision))).await;
    match loaded {
        Ok((body, _)) => {
            app.cache().forget_wave(&code);
            page(&app, &staff, code, Some(body), &[], &Faults::default(), StatusCode::OK).await
        }
        Err(refusal) if (401..=499).contains(&refusal.code().status()) && refusal.code().status() != 404 => {
            let status = StatusCode::from_u16(refusal.code().status()).unwrap_or(StatusCode::CONFLICT);
            let findings = refusal.findings().to_vec();
            let mut found = Faults::default();
            found.add("", staff.pick(&refusal.title()).to_owned());
            page(&app, &staff, code, None, &findings, &found, status).await
        }
        Err(refusal) => Err(refusal),
    }
}

async fn page(
    app: &AppState,
    staff: &Staff,
    code: String,
    loaded: Option<DesignBody>,
    findings: &[Finding],
    found: &Faults,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let (wave, sizes) = app.look(staff.actor.clone(), move |look| Ok((waves::get(look, &code)?, fieldwork::sizes(look, &code)?))).await?;
    let WaveBody { code, revision, .. } = wave;
    let action = format!("{}/design", address(&code));
    let page = Page::office(staff, staff.say("Thiết kế mẫu", "Sampling design"))
        .below(WAVES, staff.say("Các đợt", "Waves"))
        .below(&address(&code), code)
        .faults(found)
        .status(status);
    Ok(page.answer(html! {
        @if let Some(body) = loaded {
            (notice(Notice::Done, &html! { p {
                (staff.say("Đã nạp: ", "Loaded: ")) (body.psus_added) " " (staff.say("cụm", "PSUs")) ", " (body.respondents_added) " " (staff.say("người trong danh sách", "people listed")) ". "
                (body.weights_rounded) "/" (body.weights) (staff.say(" trọng số được làm tròn.", " weights were rounded."))
            } }))
        }
        (facts(&[
            (staff.say("Cụm (PSU)", "PSUs"), html! { (say::whole(staff.lang, sizes.psus)) }),
            (staff.say("Người trong danh sách", "People listed"), html! { (say::whole(staff.lang, sizes.respondents)) }),
        ]))
        (crate::pages::console::findings(staff, findings))
        form method="post" action=(staff.link(&action)) enctype="multipart/form-data" {
            input type="hidden" name="revision" value=(revision);
            div.field.wrong[found.at("psus").is_some()] {
                label for="psus" { (staff.say("Cụm (PSU) đã rút", "PSUs that were drawn")) }
                p.hint { code { "psu,stratum[,fpc][,area][,weight]" } }
                input #psus type="file" name="psus" accept=".csv,text/csv";
            }
            div.field {
                label for="respondents" { (staff.say("Danh sách người được chọn", "People who were listed")) }
                p.hint { code { "respondent[,psu],weight" } }
                input #respondents type="file" name="respondents" accept=".csv,text/csv";
            }
            button type="submit" { (staff.say("Nạp", "Load")) }
            p.hint { (staff.say("Dòng đã có thì bỏ qua; dòng mâu thuẫn với dòng đã có thì cả hai tệp không được nạp.",
                "Rows that are there already are passed over; one that contradicts a row that is there refuses both files.")) }
        }
    }))
}
