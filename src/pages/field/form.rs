//! The form that a fieldworker asks by, at a door: the citizen's questions, with the household above them. Script keeps what is answered on the
//! device until the server has it; the fieldworker's session sends it, and nothing on the device opens anything.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use maud::{Markup, html};
use serde_json::json;
use uuid::Uuid;

use super::entry::found;
use super::{START, start};
use crate::http::auth;
use crate::http::body::{Fields, Form, JsonBytes, SMALL};
use crate::http::intake::Intake;
use crate::http::problem;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::jobs::load::{Survey, WaveInField};
use crate::office::villages::{Village, villages};
use crate::office::{Action, Code, Refusal, definitions};
use crate::pages::citizen::texts;
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Input, Notice, notice};
use crate::pages::questionnaire::{Asked, answers};
use crate::pages::visit::{Staff, Visit, with};
use crate::schema::canonical_json;
use crate::words::encode::percent;

/// The parameters of a form's address.
#[derive(Debug, Clone, Default, serde::Deserialize, validator::Validate)]
pub(super) struct Household {
    #[validate(length(max = 100))]
    psu: Option<String>,
    #[validate(length(max = 100))]
    respondent: Option<String>,
    #[validate(length(max = 100))]
    unit: Option<String>,
    #[validate(length(max = 10))]
    done: Option<String>,
}

/// What a form is made of.
struct Opened {
    field: std::sync::Arc<WaveInField>,
    survey: std::sync::Arc<Survey>,
    /// Each with the code of its unit.
    villages: Vec<(Village, Option<String>)>,
}

pub(super) fn address(wave: &str) -> String {
    format!("{START}/w/{}", percent(wave))
}

async fn opened(app: &AppState, staff: &Staff, wave: &str, version: Option<&str>) -> Result<Opened, Refusal> {
    staff.may(Action::SendResponse)?;
    let field = app.wave(wave).await?.ok_or_else(Refusal::not_found)?;
    let (code, list, wave) = (field.wave.survey_code.clone(), field.wave.unit_list.clone(), wave.to_owned());
    let (asked, villages) = app
        .look(staff.actor.clone(), move |look| {
            let asked = definitions::asked_by(look, &code)?;
            let all = villages(look, &wave)?;
            let with_units = all.into_iter().map(|village| start::unit_of(look, &list, &village).map(|unit| (village, unit)));
            Ok((asked, with_units.collect::<Result<Vec<_>, Refusal>>()?))
        })
        .await?;
    let version = version.map(str::to_owned).or(asked).unwrap_or_default();
    let survey = app.survey(&field.wave.survey_code, &version).await?.ok_or_else(|| Refusal::new(Code::SchemaVersionUnknown))?;
    Ok(Opened { field, survey, villages })
}

/// The form, with the household that the address names.
#[get("/f/w/{wave}")]
pub(super) async fn show_form(
    app: AppState,
    staff: Staff,
    wave: web::Path<String>,
    query: Query<Household>,
) -> Result<HttpResponse, Refusal> {
    let opened = opened(&app, &staff, &wave, None).await?;
    let household = query.into_inner();
    let unit = household.unit.clone().or_else(|| unit_of(&opened, household.psu.as_deref()));
    let said = [("psu", household.psu), ("respondent", household.respondent), ("unit", unit)];
    let fields = Fields(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect());
    let done = household.done.is_some();
    Ok(page(&staff, &opened, (Uuid::new_v4(), &fields), &Faults::default(), StatusCode::OK, done))
}

/// The unit that a response from a village rates.
fn unit_of(opened: &Opened, psu: Option<&str>) -> Option<String> {
    let of = opened.villages.iter().find(|(village, _)| Some(village.code.as_str()) == psu);
    of.or_else(|| opened.villages.first().filter(|_| psu.is_none())).and_then(|(_, unit)| unit.clone())
}

fn page(staff: &Staff, opened: &Opened, (id, fields): (Uuid, &Fields), faults: &Faults, status: StatusCode, done: bool) -> HttpResponse {
    let (wave, questionnaire) = (&opened.field.wave, &opened.survey.questionnaire);
    let title: crate::office::wire::Words = crate::office::wire::Words::from_json(&wave.title);
    let by = staff.actor.name();
    let language = questionnaire.languages().iter().find(|known| *known == staff.lang.tag()).map_or("vi", String::as_str);
    let asked = Asked { questionnaire, sections: &[], language, lang: staff.lang, given: &fields.0, faults };
    Page::citizen(&staff.visit, staff.words(&title)).faults(faults).status(status).script("field.mjs").answer(html! {
        @if done { div role="status" { (notice(Notice::Done, &html! { p { (staff.say("Phiếu đã được ghi nhận.", "The response was recorded.")) } })) } }
        div #field data-by=(by) data-start=(staff.link(START)) {
            p { a href=(staff.link(START)) { (staff.say("← Các cụm", "← Villages")) } }
            div #outbox.outbox hidden {}
            form #survey.survey method="post" action=(staff.link(&address(&wave.code))) novalidate autocomplete="off" data-wave=(wave.code) data-list=(wave.unit_list)
                data-survey=(questionnaire.code()) data-version=(questionnaire.version()) data-language=(language) data-channel="household" data-not-offered="" {
                input type="hidden" name="id" value=(id);
                input type="hidden" name="version" value=(questionnaire.version());
                (household(staff, opened, fields, faults))
                (asked.questions())
                div.moves { button type="submit" { (staff.say("Lưu phiếu", "Save the response")) } }
            }
            ul #villages hidden { @for (village, unit) in &opened.villages {
                li data-psu=(village.code) data-unit=[unit.as_deref()] data-next=(serde_json::to_string(&village.next).unwrap_or_default()) {}
            } }
        }
        (texts(staff))
        (words(staff))
    })
}

/// Where the household is, above each question.
fn household(visit: &Visit, opened: &Opened, fields: &Fields, faults: &Faults) -> Markup {
    let input = |name: &'static str, label| Input {
        name,
        label,
        value: fields.get(name),
        fault: faults.at(name),
        maxlength: Some(100),
        autocomplete: Some("off"),
        ..Input::default()
    };
    html! {
        div.household {
            @if !opened.villages.is_empty() { (input("psu", visit.say("Cụm", "Village"))) }
            (input("respondent", visit.say("Hộ, người trả lời", "Household, respondent")))
            (input("unit", visit.say("Đơn vị", "Unit")))
        }
    }
}

/// What script says to a fieldworker.
pub(super) fn words(visit: &Visit) -> Markup {
    let say = |vi, en| visit.say(vi, en);
    html! {
        div.texts hidden
            data-field-waiting=(say("{n} phiếu đang chờ gửi trên máy này", "{n} wait on this device to be sent"))
            data-field-others=(say("{n} phiếu của người khác chờ người đó đăng nhập", "{n} of somebody else wait until they sign in"))
            data-field-refused=(say("{n} phiếu không được nhận", "{n} not taken"))
            data-field-sign-in=(say("Đăng nhập để gửi", "Sign in to send them"))
            data-field-kept=(say("Phiếu đã được giữ trên máy. Có mạng thì tự gửi.", "The response is kept on this device, and is sent once there is a network."))
            data-field-next=(say("Hộ tiếp theo: {n}", "Next household: {n}"))
            data-field-again=(say("Phiếu mới ở cụm này", "Another response here"))
            data-field-start=(say("Về các cụm", "To the villages"))
            data-field-here=(say("+{n} chờ gửi", "+{n} waiting"))
            data-field-remove=(say("Bỏ hẳn phiếu này", "Remove it for good"))
            {}
    }
}

/// Takes a form that was sent without script.
#[post("/f/w/{wave}")]
pub(super) async fn take_form(
    app: AppState,
    req: HttpRequest,
    staff: Staff,
    wave: web::Path<String>,
    fields: Form,
) -> Result<HttpResponse, Refusal> {
    let fields = fields.0;
    let opened = opened(&app, &staff, &wave, Some(fields.get("version"))).await?;
    let id = Uuid::try_parse(fields.get("id")).unwrap_or_else(|_| Uuid::new_v4());
    let body = submission(&opened, &fields);
    let intake = Intake { state: &app, actor: &staff.actor, keep_invalid: false, peer: Some(auth::peer(&req, &app)), code: None };
    match intake.take(id, body).await {
        Ok(_) => {
            let to = with(&address(&wave), "done", "1");
            let to = fields.some("psu").map_or(to.clone(), |psu| with(&to, "psu", &psu));
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, staff.link(&to))).finish())
        }
        Err(refusal)
            if refusal.code().status() == 422
                || matches!(refusal.code(), Code::UnitForbidden | Code::ResponseConflict | Code::CollectionClosed) =>
        {
            let mut faults = Faults::default();
            found(&staff, &opened.survey.questionnaire, &refusal, &mut faults);
            if faults.is_empty() {
                faults = Faults::of(&refusal, staff.lang);
            }
            Ok(page(&staff, &opened, (id, &fields), &faults, problem::status(refusal.code()), false))
        }
        Err(refusal) => Err(refusal),
    }
}

/// The fields as the submission that script would send.
fn submission(opened: &Opened, fields: &Fields) -> Vec<u8> {
    let (wave, questionnaire) = (&opened.field.wave, &opened.survey.questionnaire);
    let mut body = json!({
        "survey": questionnaire.code(), "version": questionnaire.version(), "wave": wave.code,
        "unit": { "list": wave.unit_list, "code": fields.get("unit") }, "channel": "household",
        "answers": answers(questionnaire, &[], &fields.0),
    });
    for name in ["psu", "respondent"] {
        if let (Some(members), Some(value)) = (body.as_object_mut(), fields.some(name)) {
            members.insert(name.to_owned(), value.into());
        }
    }
    canonical_json(&body).into_bytes()
}

/// Takes a response that waited on a device. What is not valid is kept as such: nobody can be asked again.
#[put("/f/responses/{id}")]
pub(super) async fn take_response(
    app: AppState,
    req: HttpRequest,
    staff: Staff,
    id: web::Path<String>,
    body: JsonBytes<SMALL>,
) -> Result<HttpResponse, Refusal> {
    staff.may(Action::SendResponse)?;
    let id = Uuid::try_parse(&id).map_err(|_| Refusal::not_found())?;
    let intake = Intake { state: &app, actor: &staff.actor, keep_invalid: true, peer: Some(auth::peer(&req, &app)), code: None };
    let taken = intake.take(id, body.0.to_vec()).await?;
    Ok(HttpResponse::Ok().json(json!({ "id": taken.receipt.id.to_string(), "state": taken.receipt.state.as_str() })))
}
