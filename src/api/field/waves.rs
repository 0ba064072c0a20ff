//! Waves: rounds of collection, their sampling design, and how fieldwork goes.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::api::admin::audit;
use crate::api::field::chain::{self, ChainBody, ChainRequest};
use crate::api::wire::{Cacheable, Words, check_words};
use crate::design::{Chain, DesignKind, Mode, Wave, WaveError, WeightUnit};
use crate::http::body::Json;
use crate::http::etag;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::store::Db;
use crate::store::chain::{self as chains, ChainVersion};
use crate::store::waves::{self, NewWave, WaveChange};
use crate::words::Finding;
use crate::words::encode::{from_rfc3339, rfc3339};

/// A wave to open or change. Once it is open, only its words and dates may change.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaveRequest {
    /// The survey whose questionnaires it takes, in any version.
    #[validate(length(min = 1, max = 64))]
    survey: String,
    /// What people call it.
    #[validate(custom(function = check_words))]
    title: Words,
    /// `probability_sample`, `transaction_stream` or `opt_in`.
    mode: String,
    /// Whom it speaks of: the people or transactions it is drawn from.
    #[validate(custom(function = check_words))]
    frame: Words,
    /// The code list of the units that are rated.
    #[validate(length(min = 1, max = 64))]
    unit_list: String,
    /// From when it takes answers.
    opens_at: String,
    /// Until when; without it there is no end yet.
    closes_at: Option<String>,
    /// Weights are whole numbers of 10^-this.
    #[serde(default = "micro")]
    #[validate(range(min = 0, max = 12))]
    weight_exponent: u8,
    /// `element`, `cluster` or, of a wave that is no probability sample, `device_day`: what one device sent on one day is a cluster.
    design: String,
    /// Whether the finite population correction applies.
    #[serde(default)]
    fpc: bool,
    /// Whether its respondents are made up, for a demonstration.
    #[serde(default)]
    synthetic: bool,
    /// How many could have answered: needed to open a wave that is no probability sample. What is known better later is a new version.
    chain: Option<ChainRequest>,
}

fn micro() -> u8 {
    WeightUnit::MICRO.exponent()
}

/// A wave.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaveBody {
    /// Its code, stable for ever.
    pub code: String,
    /// The survey whose questionnaires it takes.
    pub survey: String,
    /// What people call it.
    pub title: Words,
    /// `probability_sample`, `transaction_stream` or `opt_in`.
    pub mode: String,
    /// Whom it speaks of.
    pub frame: Words,
    /// The code list of the units that are rated.
    pub unit_list: String,
    /// From when it takes answers.
    pub opens_at: String,
    /// Until when.
    pub closes_at: Option<String>,
    /// Weights are whole numbers of 10^-this.
    pub weight_exponent: i16,
    /// `element`, `cluster` or `device_day`.
    pub design: String,
    /// Whether the finite population correction applies.
    pub fpc: bool,
    /// Whether its respondents are made up.
    pub synthetic: bool,
    /// How many could have answered, as it is said now; null of a probability sample.
    pub chain: Option<ChainBody>,
    /// Counts the changes; the number in the `ETag`.
    pub revision: i64,
}

fn body((wave, chain): (waves::Wave, Option<ChainVersion>)) -> WaveBody {
    let design = wave.design().to_owned();
    WaveBody {
        code: wave.code,
        survey: wave.survey_code,
        title: Words::from_json(&wave.title),
        mode: wave.mode,
        frame: Words::from_json(&wave.frame_label),
        unit_list: wave.unit_list,
        opens_at: rfc3339(wave.opens_at),
        closes_at: wave.closes_at.map(rfc3339),
        weight_exponent: wave.weight_exponent,
        design,
        fpc: wave.fpc,
        synthetic: wave.synthetic,
        chain: chain.map(chain::body),
        revision: wave.revision,
    }
}

fn answer(mut with: actix_web::HttpResponseBuilder, wave: (waves::Wave, Option<ChainVersion>)) -> HttpResponse {
    with.public().tag(etag::revision(wave.0.revision)).json(body(wave))
}

/// A wave and what is said of how many could have answered it.
fn with_chain(db: &mut Db, wave: waves::Wave) -> Result<(waves::Wave, Option<ChainVersion>), Refusal> {
    let chain = chains::latest(db, wave.id)?;
    Ok((wave, chain))
}

/// Every wave, the latest opened first.
#[utoipa::path(tag = "waves", responses((status = 200, description = "The waves", body = Listing<WaveBody>)))]
#[get("/v1/waves")]
pub async fn list_waves(state: AppState, _: Actor) -> Result<HttpResponse, Refusal> {
    let rows = state.read(|db| waves::list(db)?.into_iter().map(|wave| with_chain(db, wave)).collect::<Result<Vec<_>, _>>()).await?;
    Ok(HttpResponse::Ok().public().json(Listing { items: rows.into_iter().map(body).collect(), next: None }))
}

/// A wave.
#[utoipa::path(tag = "waves", params(("code" = String, Path, description = "The wave")),
    responses((status = 200, description = "The wave; `ETag` is its revision", body = WaveBody)))]
#[get("/v1/waves/{code:[^:/]+}")]
pub async fn get_wave(state: AppState, _: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let found = state.read(move |db| {
        let wave = waves::find(db, &code)?.ok_or_else(Refusal::not_found)?;
        with_chain(db, wave)
    });
    Ok(answer(HttpResponse::Ok(), found.await?))
}

/// Opens a wave, or changes its words and dates: that needs `If-Match`.
#[utoipa::path(tag = "waves", request_body = WaveRequest, params(("code" = String, Path, description = "The wave")),
    responses((status = 201, description = "Opened", body = WaveBody), (status = 200, description = "Changed", body = WaveBody)))]
#[put("/v1/waves/{code:[^:/]+}")]
pub async fn put_wave(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    code: web::Path<String>,
    request: Json<WaveRequest>,
) -> Result<HttpResponse, Refusal> {
    let holder = actor.may(Action::KeepWave)?.clone();
    let code = code.into_inner();
    let now = state.now();
    let existing = {
        let code = code.clone();
        state.read(move |db| Ok(waves::find(db, &code)?)).await?
    };
    let (new, said) = read(&code, request.0, existing.is_none(), holder.actor(), now)?;
    let (answer_with, wave) = if let Some(old) = existing {
        etag::require_match(req.headers(), &etag::revision(old.revision))?;
        let change = change(&old, new)?;
        let changed = state.write(move |db| {
            let wave = waves::update(db, old.id, old.revision, &change)?;
            say(db, &wave, said.as_ref(), &holder.actor(), now)?;
            audit::note(db, &holder, now, "wave.change", &wave.code, &format!("revision {}", wave.revision))?;
            with_chain(db, wave)
        });
        (HttpResponse::Ok(), changed.await?)
    } else {
        let opened = state.write(move |db| {
            let wave = waves::create(db, &new)?;
            say(db, &wave, said.as_ref(), &holder.actor(), now)?;
            audit::note(db, &holder, now, "wave.open", &wave.code, "")?;
            with_chain(db, wave)
        });
        let mut created = HttpResponse::Created();
        created.insert_header((LOCATION, format!("/v1/waves/{code}")));
        (created, opened.await?)
    };
    state.cache().forget_wave(&code);
    Ok(answer(answer_with, wave))
}

/// Adds what a request says of how many could have answered, if it does.
fn say(db: &mut Db, wave: &waves::Wave, said: Option<&Chain>, by: &str, now: i64) -> Result<(), Refusal> {
    said.map_or(Ok(()), |said| chain::add(db, wave.id, said, by, now).map(drop))
}

/// Reads a request, with every finding at once.
fn read(code: &str, request: WaveRequest, is_new: bool, created_by: String, created_at: i64) -> Result<(NewWave, Option<Chain>), Refusal> {
    let mut findings = Vec::new();
    let opens_at = instant("/opens_at", &request.opens_at, &mut findings);
    let closes_at = request.closes_at.as_deref().and_then(|text| instant("/closes_at", text, &mut findings));
    let mode = one_of("/mode", &request.mode, Mode::ALL.map(|mode| (mode.as_str(), mode)), &mut findings);
    let kind = one_of("/design", &request.design, DesignKind::ALL.map(|kind| (kind.as_str(), kind)), &mut findings);
    let said = chain::read(request.chain.as_ref(), mode, is_new, &mut findings);
    let (Some(opens_at), Some(mode), Some(kind), true) = (opens_at, mode, kind, findings.is_empty()) else {
        return Err(Refusal::new(Code::BodyInvalid).errors(findings));
    };
    let wave = Wave {
        code: code.to_owned(),
        survey: request.survey,
        mode,
        kind,
        weight_unit: WeightUnit::new(request.weight_exponent).unwrap_or(WeightUnit::MICRO),
        opens_at,
        closes_at,
        synthetic: request.synthetic,
    };
    wave.check().map_err(|errors| {
        let vi = "Mã đợt chỉ gồm chữ thường, số, dấu chấm, gạch nối; ngày đóng phải sau ngày mở; device_day không dùng cho mẫu xác suất";
        let finding = |error: WaveError| Finding::error("", "wave-invalid", vi, error.to_string());
        Refusal::new(Code::BodyInvalid).errors(errors.into_iter().map(finding).collect())
    })?;
    let new = NewWave {
        code: wave.code,
        survey_code: wave.survey,
        title: request.title.to_json(),
        mode: mode.as_str().into(),
        frame_label: request.frame.to_json(),
        unit_list: request.unit_list,
        opens_at,
        closes_at,
        weight_exponent: request.weight_exponent.into(),
        design_kind: kind.as_str().into(),
        fpc: request.fpc,
        synthetic: request.synthetic,
        created_by,
        created_at,
    };
    Ok((new, said))
}

fn instant(pointer: &str, text: &str, findings: &mut Vec<Finding>) -> Option<i64> {
    let instant = from_rfc3339(text);
    if instant.is_none() {
        let (vi, en) = ("Phải là thời điểm RFC 3339 kèm múi giờ", "Must be an RFC 3339 instant with an offset");
        findings.push(Finding::error(pointer, "bad-instant", vi, en));
    }
    instant
}

fn one_of<T, const N: usize>(pointer: &str, name: &str, known: [(&str, T); N], findings: &mut Vec<Finding>) -> Option<T> {
    let names = known.each_ref().map(|(name, _)| *name).join(", ");
    let found = known.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    if found.is_none() {
        let (vi, en) = (format!("Phải là một trong: {names}"), format!("Must be one of: {names}"));
        findings.push(Finding::error(pointer, "unknown-value", vi, en));
    }
    found
}

/// What a request changes about a wave; the rest must be as it is, since responses were taken under it.
fn change(old: &waves::Wave, new: NewWave) -> Result<WaveChange, Refusal> {
    let fixed = [
        ("/survey", old.survey_code == new.survey_code),
        ("/mode", old.mode == new.mode),
        ("/unit_list", old.unit_list == new.unit_list),
        ("/weight_exponent", old.weight_exponent == new.weight_exponent),
        ("/design", old.design() == new.design_kind),
        ("/fpc", old.fpc == new.fpc),
        ("/synthetic", old.synthetic == new.synthetic),
    ];
    let findings: Vec<_> = fixed
        .into_iter()
        .filter(|(_, same)| !same)
        .map(|(pointer, _)| Finding::error(pointer, "fixed", "Không đổi được sau khi mở đợt", "Cannot change once the wave is open"))
        .collect();
    if !findings.is_empty() {
        return Err(Refusal::new(Code::BodyInvalid).errors(findings));
    }
    Ok(WaveChange {
        title: Some(new.title),
        frame_label: Some(new.frame_label),
        opens_at: Some(new.opens_at),
        closes_at: Some(new.closes_at),
    })
}
