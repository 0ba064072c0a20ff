//! What the address of a form names, and what it opens.

use std::sync::Arc;

use actix_web::HttpResponse;
use serde::Deserialize;
use validator::Validate;

use super::shut;
use crate::design::Mode;
use crate::http::state::AppState;
use crate::jobs::load::{Survey, WaveInField};
use crate::office::{Actor, Refusal, definitions};
use crate::pages::visit::{Visit, with};
use crate::response::{Channel, service_date};
use crate::schema::Text;
use crate::unit::{Registry, Unit};
use crate::words::Lang;
use crate::words::encode::percent;

/// The parameters of a form's address.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub(super) struct LinkQuery {
    /// The unit.
    #[validate(length(max = 100))]
    pub(super) u: Option<String>,
    /// The language of the questions.
    #[validate(length(max = 100))]
    lang: Option<String>,
    /// `qr`, where a code led here.
    #[validate(length(max = 100))]
    via: Option<String>,
    /// Codes of the sections that are offered, with commas between them.
    #[validate(length(max = 500))]
    sections: Option<String>,
    /// A part of a unit's name that somebody looks for.
    #[validate(length(max = 100))]
    pub(super) q: Option<String>,
}

/// A form that may be answered.
pub(super) struct Link {
    pub(super) field: Arc<WaveInField>,
    pub(super) survey: Arc<Survey>,
    pub(super) unit: Unit,
    /// The sections that are offered, all of them if it is empty.
    pub(super) sections: Vec<String>,
    /// The language of the questions.
    pub(super) language: String,
    pub(super) channel: Channel,
}

/// What an address leads to.
pub(super) enum Door {
    Open(Box<Link>),
    /// A page that says why not, and what to do.
    Shut(HttpResponse),
}

impl Link {
    /// The wave's name.
    pub(super) fn title(&self, lang: Lang) -> String {
        title(&self.field, lang)
    }

    /// The address of the form, in the language of a page or of its questions.
    pub(super) fn address(&self, language: &str) -> String {
        let mut address = with(&format!("/s/{}", percent(&self.field.wave.code)), "u", &self.unit.record.code);
        if !self.sections.is_empty() {
            address = with(&address, "sections", &self.sections.join(","));
        }
        if self.channel == Channel::Qr {
            address = with(&address, "via", "qr");
        }
        with(&address, "lang", language)
    }
}

/// The name of a wave.
pub(super) fn title(field: &WaveInField, lang: Lang) -> String {
    serde_json::from_str::<Text>(&field.wave.title).map_or_else(|_| field.wave.code.clone(), |title| title.get(lang.tag()).to_owned())
}

/// Opens the form that an address names. `version`: the questionnaire that was answered, where one was; then the wave's dates are left to
/// the office, which knows what was stored before.
pub(super) async fn open(state: &AppState, visit: &Visit, wave: &str, query: &LinkQuery, version: Option<&str>) -> Result<Door, Refusal> {
    let Some(field) = state.wave(wave).await? else { return Ok(Door::Shut(shut::unknown(visit))) };
    if !Mode::parse(&field.wave.mode).is_some_and(Mode::is_stream) {
        return Ok(Door::Shut(shut::sample(visit, &field)));
    }
    if version.is_none()
        && let Some(page) = shut::by_dates(visit, &field, state.now())
    {
        return Ok(Door::Shut(page));
    }
    let Some(survey) = questionnaire(state, &field, version).await? else { return Ok(Door::Shut(shut::unready(visit, &field))) };
    let units = state.units().await?;
    let Some(unit) = unit(&units, &field, query, state.now()) else {
        return Ok(Door::Shut(shut::which_unit(visit, &field, &units, query, state.now())));
    };
    let known = |code: &&str| survey.questionnaire.sections().iter().any(|section| section.code() == *code);
    let sections = query.sections.iter().flat_map(|codes| codes.split(',')).filter(known).map(str::to_owned).collect();
    let languages = survey.questionnaire.languages();
    let named = query.lang.as_deref().filter(|named| languages.iter().any(|known| known == named));
    let page = Some(visit.lang.tag()).filter(|page| languages.iter().any(|known| known == page));
    let language = named.or(page).unwrap_or("vi").to_owned();
    let channel = if query.via.as_deref() == Some("qr") { Channel::Qr } else { Channel::Web };
    Ok(Door::Open(Box::new(Link { unit: unit.clone(), field, survey, sections, language, channel })))
}

/// The questionnaire by which a wave asks now, or the one that was answered.
async fn questionnaire(state: &AppState, field: &WaveInField, version: Option<&str>) -> Result<Option<Arc<Survey>>, Refusal> {
    let code = field.wave.survey_code.clone();
    let asked = code.clone();
    let version = match version {
        Some(version) => Some(version.to_owned()),
        None => state.look(Actor::anyone(), move |look| definitions::asked_by(look, &asked)).await?,
    };
    let Some(version) = version else { return Ok(None) };
    state.survey(&code, &version).await
}

/// The unit that a link names: by its code in the wave's list, on this day.
fn unit<'u>(units: &'u Registry, field: &WaveInField, query: &LinkQuery, now: i64) -> Option<&'u Unit> {
    units.meant(&field.wave.unit_list, query.u.as_deref()?, service_date(now))
}
