//! Opening a wave, changing its words and dates, closing it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};

use super::{address, instant, local, words};
use crate::design::Mode;
use crate::http::body::{Fields, Form};
use crate::http::state::AppState;
use crate::office::chain::ChainRequest;
use crate::office::definitions::{self, Kind};
use crate::office::waves::{self, WaveBody, WaveRequest};
use crate::office::{Action, Code, Refusal};
use crate::pages::console::{WAVES, faults, to};
use crate::pages::frame::Page;
use crate::pages::parts::{Area, Faults, Input, Select, borrowed};
use crate::pages::visit::{Staff, Visit};
use crate::words::Finding;

/// The form of a new wave.
#[get("/console/waves/new")]
pub async fn show_new(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepWave)?;
    page(&app, &staff, None, &Fields::default(), &Faults::default(), StatusCode::OK).await
}

/// Opens it.
#[post("/console/waves/new")]
pub async fn open(app: AppState, staff: Staff, fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepWave)?;
    let fields = fields.0;
    let (code, wish) = (fields.get("code").to_owned(), wish(&fields, None));
    let name = code.clone();
    let opened = app.act(staff.actor.clone(), move |act| {
        // A form that opens a wave changes none that is there.
        let taken = |_| {
            Err(Refusal::because(
                Code::AlreadyExists,
                Finding::error("/code", "taken", "Mã này đã có đợt khác dùng", "Another wave has this code"),
            ))
        };
        waves::put(act, &name, &wish, &taken)
    });
    match opened.await {
        Ok(_) => Ok(to(&staff, &address(&code))),
        Err(refusal) => {
            let found = faults(&staff, refusal)?;
            page(&app, &staff, None, &fields, &found, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

/// The form of one that is open.
#[get("/console/waves/{code}/edit")]
pub async fn show_edit(app: AppState, staff: Staff, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepWave)?;
    let code = code.into_inner();
    let wave = app.look(staff.actor.clone(), move |look| waves::get(look, &code)).await?;
    let fields = known(&wave);
    page(&app, &staff, Some(&wave), &fields, &Faults::default(), StatusCode::OK).await
}

/// Changes it.
#[post("/console/waves/{code}/edit")]
pub async fn change(app: AppState, staff: Staff, code: web::Path<String>, fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepWave)?;
    let (code, fields) = (code.into_inner(), fields.0);
    let asked = code.clone();
    let wave = app.look(staff.actor.clone(), move |look| waves::get(look, &asked)).await?;
    let (seen, wish) = (fields.get("revision").parse::<i64>().ok(), wish(&fields, Some(&wave)));
    let name = code.clone();
    let changed = app.act(staff.actor.clone(), move |act| waves::put(act, &name, &wish, &|revision| as_seen(seen, revision))).await;
    match changed {
        Ok(_) => {
            app.cache().forget_wave(&code);
            Ok(to(&staff, &address(&code)))
        }
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.code().status()).unwrap_or(StatusCode::CONFLICT);
            let found = faults(&staff, refusal)?;
            page(&app, &staff, Some(&wave), &fields, &found, status).await
        }
    }
}

/// Refuses a change by one who has seen another revision.
pub(super) fn as_seen(seen: Option<i64>, revision: i64) -> Result<(), Refusal> {
    if seen == Some(revision) { Ok(()) } else { Err(Refusal::new(Code::PreconditionFailed)) }
}

/// Closes a wave now.
#[post("/console/waves/{code}/close")]
pub async fn close(app: AppState, staff: Staff, code: web::Path<String>, _fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepWave)?;
    let code = code.into_inner();
    let wave = code.clone();
    app.act(staff.actor.clone(), move |act| waves::close(act, &wave, None)).await?;
    app.cache().forget_wave(&code);
    Ok(to(&staff, &address(&code)))
}

/// What the form asks for. What cannot change is as the wave has it.
fn wish(fields: &Fields, old: Option<&WaveBody>) -> WaveRequest {
    let number = |name: &str| fields.get(name).replace(['.', ',', ' '], "").parse::<i64>().ok();
    let said = ["chain.customers", "chain.invitations", "chain.reason"].iter().any(|name| !fields.get(name).is_empty());
    let chain = ChainRequest {
        customers: number("chain.customers"),
        invitations: number("chain.invitations"),
        reason: fields.some("chain.reason"),
    };
    let fixed = |name: &str, of: fn(&WaveBody) -> &str| old.map_or_else(|| fields.get(name).to_owned(), |old| of(old).to_owned());
    WaveRequest {
        survey: fixed("survey", |old| &old.survey),
        title: words(fields.get("title.vi"), fields.get("title.en")),
        mode: fixed("mode", |old| &old.mode),
        frame: words(fields.get("frame.vi"), fields.get("frame.en")),
        unit_list: fixed("unit_list", |old| &old.unit_list),
        opens_at: instant(fields.get("opens_at")),
        closes_at: fields.some("closes_at").map(|at| instant(&at)),
        weight_exponent: old.and_then(|old| u8::try_from(old.weight_exponent).ok()).unwrap_or(6),
        design: fixed("design", |old| &old.design),
        fpc: old.map_or_else(|| fields.has("fpc"), |old| old.fpc),
        synthetic: old.map_or_else(|| fields.has("synthetic"), |old| old.synthetic),
        invitations: fields.some("invitations"),
        chain: said.then_some(chain),
    }
}

/// The fields of a wave as it is.
fn known(wave: &WaveBody) -> Fields {
    let said = |words: &crate::office::wire::Words, lang: &str| words.0.get(lang).cloned().unwrap_or_default();
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let chain = wave.chain.as_ref();
    let pairs = [
        ("title.vi", said(&wave.title, "vi")),
        ("title.en", said(&wave.title, "en")),
        ("frame.vi", said(&wave.frame, "vi")),
        ("frame.en", said(&wave.frame, "en")),
        ("opens_at", local(&wave.opens_at)),
        ("closes_at", wave.closes_at.as_deref().map(local).unwrap_or_default()),
        ("invitations", wave.invitations.clone()),
        ("chain.customers", number(chain.and_then(|chain| chain.customers))),
        ("chain.invitations", number(chain.and_then(|chain| chain.invitations))),
        ("chain.reason", chain.and_then(|chain| chain.reason.clone()).unwrap_or_default()),
    ];
    Fields(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

async fn page(
    app: &AppState,
    staff: &Staff,
    wave: Option<&WaveBody>,
    fields: &Fields,
    found: &Faults,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let (surveys, lists) = app
        .look(staff.actor.clone(), |look| {
            let surveys: std::collections::BTreeSet<String> =
                definitions::list(look, Kind::Survey, None)?.into_iter().map(|version| version.code).collect();
            let lists: std::collections::BTreeSet<String> = look.units()?.iter().map(|unit| unit.record.list.clone()).collect();
            Ok((surveys, lists))
        })
        .await?;
    let visit = &staff.visit;
    let title = wave.map_or_else(
        || staff.say("Mở đợt mới", "Open a wave").to_owned(),
        |wave| format!("{} {}", staff.say("Sửa đợt", "Change the wave"), wave.code),
    );
    let action = wave.map_or_else(|| format!("{WAVES}/new"), |wave| format!("{}/edit", address(&wave.code)));
    let page = Page::office(staff, title).below(WAVES, staff.say("Các đợt", "Waves")).faults(found).status(status);
    Ok(page.answer(html! {
        form method="post" action=(staff.link(&action)) {
            @if let Some(wave) = wave {
                input type="hidden" name="revision" value=(wave.revision);
                p.hint { (staff.say("Phiếu hỏi, kiểu, danh mục đơn vị và thiết kế không đổi được sau khi mở: đã có phiếu nhận theo đó.",
                    "Questionnaire, mode, list of units and design stay as they are: responses were taken under them.")) }
            } @else { (fixed(visit, fields, found, &surveys, &lists)) }
            (changing(visit, fields, found))
            @if wave.is_none_or(|wave| wave.mode != "probability_sample") { (stream(visit, fields, found)) }
            button type="submit" { @if wave.is_some() { (staff.say("Lưu", "Save")) } @else { (staff.say("Mở đợt", "Open the wave")) } }
        }
    }))
}

/// What never changes once the wave is open.
fn fixed(
    visit: &Visit,
    fields: &Fields,
    found: &Faults,
    surveys: &std::collections::BTreeSet<String>,
    lists: &std::collections::BTreeSet<String>,
) -> Markup {
    let surveys: Vec<(&str, &str)> = surveys.iter().map(|code| (code.as_str(), code.as_str())).collect();
    let lists: Vec<(&str, &str)> = lists.iter().map(|code| (code.as_str(), code.as_str())).collect();
    let modes = Mode::ALL.map(|mode| (mode.as_str(), visit.pick(&mode.said()).to_owned()));
    let modes = borrowed(&modes);
    let designs = [
        ("cluster", visit.say("Theo cụm (PSU)", "Clusters (PSUs)")),
        ("element", visit.say("Từng người", "Persons one by one")),
        ("device_day", visit.say("Thiết bị × ngày (không chọn mẫu)", "Device × day (no sample)")),
    ];
    html! {
        div.columns {
            (Input { name: "code", label: visit.say("Mã đợt", "Code"), value: fields.get("code"), fault: found.at("code").or_else(|| found.at("")), hint: Some(visit.say("chữ thường không dấu, số, dấu chấm, gạch nối", "small letters, digits, dots and dashes")), maxlength: Some(64), required: true, ..Input::default() })
            (Select { name: "survey", label: visit.say("Phiếu hỏi", "Questionnaire"), options: &surveys, value: fields.get("survey"), fault: found.at("survey"), ..Select::default() })
            (Select { name: "mode", label: visit.say("Kiểu", "Mode"), options: &modes, value: fields.get("mode"), fault: found.at("mode"), ..Select::default() })
            (Select { name: "design", label: visit.say("Thiết kế", "Design"), options: &designs, value: fields.get("design"), fault: found.at("design"), ..Select::default() })
            (Select { name: "unit_list", label: visit.say("Danh mục đơn vị được đánh giá", "List of the rated units"), options: &lists, value: fields.get("unit_list"), fault: found.at("unit_list"), ..Select::default() })
        }
        label.tick { input type="checkbox" name="fpc" value="1" checked[fields.has("fpc")]; " " (visit.say("Hiệu chỉnh tổng thể hữu hạn", "Finite population correction")) }
        label.tick { input type="checkbox" name="synthetic" value="1" checked[fields.has("synthetic")]; " " (visit.say("Dữ liệu giả lập, để trình diễn", "Synthetic data, for a demonstration")) }
    }
}

/// Words and dates.
fn changing(visit: &Visit, fields: &Fields, found: &Faults) -> Markup {
    let text = |name: &'static str, label: &'static str, required: bool| Input {
        name,
        label,
        value: fields.get(name),
        fault: found.at(name).or_else(|| found.at(name.split('.').next().unwrap_or(name)).filter(|_| required)),
        maxlength: Some(500),
        required,
        ..Input::default()
    };
    let moment = |name: &'static str, label: &'static str, required: bool| Input {
        name,
        label,
        kind: "datetime-local",
        value: fields.get(name),
        fault: found.at(name),
        required,
        ..Input::default()
    };
    html! {
        div.columns {
            (text("title.vi", visit.say("Tên đợt (tiếng Việt)", "Title in Vietnamese"), true))
            (text("title.en", visit.say("Tên đợt (tiếng Anh)", "Title in English"), false))
            (text("frame.vi", visit.say("Nói về ai (tiếng Việt)", "Whom it speaks of, in Vietnamese"), true))
            (text("frame.en", visit.say("Nói về ai (tiếng Anh)", "Whom it speaks of, in English"), false))
            (moment("opens_at", visit.say("Mở lúc (giờ Việt Nam)", "Opens at (time of Việt Nam)"), true))
            (moment("closes_at", visit.say("Đóng lúc (để trống: chưa định)", "Closes at (empty: not yet known)"), false))
        }
    }
}

/// What only waves without a sample have.
fn stream(visit: &Visit, fields: &Fields, found: &Faults) -> Markup {
    let invitations = [
        ("", visit.say("theo mặc định", "by default")),
        ("accepted", visit.say("không bắt buộc thư mời", "invitations are not needed")),
        ("required", visit.say("phải có thư mời", "an invitation is needed")),
    ];
    let number = |name: &'static str, label: &'static str| Input {
        name,
        label,
        value: fields.get(name),
        fault: found.at(name),
        inputmode: Some("numeric"),
        maxlength: Some(15),
        ..Input::default()
    };
    html! {
        fieldset #chain .wrong[found.at("chain").is_some()] {
            legend { (visit.say("Đợt không chọn mẫu: bao nhiêu người có thể trả lời", "A wave without a sample: how many could have answered")) }
            @if let Some(fault) = found.at("chain") { p.fault { (fault) } }
            div.columns {
                (number("chain.customers", visit.say("Số khách hàng", "Customers")))
                (number("chain.invitations", visit.say("Số lời mời", "Invitations")))
                (Select { name: "invitations", label: visit.say("Trả lời qua đường dẫn", "Answers by link"), options: &invitations, value: fields.get("invitations"), fault: found.at("invitations"), ..Select::default() })
            }
            (Area { name: "chain.reason", label: visit.say("Nếu chưa biết: lý do", "Where a number is not known: why"), value: fields.get("chain.reason"), fault: found.at("chain.reason"), rows: 2, maxlength: Some(500), ..Area::default() })
        }
    }
}
