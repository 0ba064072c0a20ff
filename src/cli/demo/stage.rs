//! What visitors of the demonstration touch: an open wave that takes answers by a link, and people whom they may be.

use anyhow::Result;

use super::{STATISTICIAN, person};
use crate::cli::lang::refused;
use crate::design::{DesignKind, Mode, WeightUnit};
use crate::office::chain::ChainRequest;
use crate::office::definitions::{self, Sent};
use crate::office::waves::{self, WaveRequest};
use crate::office::wire::Words;
use crate::office::{Actor, Office, Role, demo};
use crate::store::waves as store_waves;
use crate::unit::LEGACY;
use crate::words::encode::rfc3339;

const QUESTIONNAIRE: &str = include_str!("../../../survey-schemas/one-stop/2018.1.json");
const INDEX: &str = include_str!("../../../survey-schemas/one-stop/index-2018.1.json");

/// The open wave.
const WAVE: &str = "one-stop-demo";
/// The unit that visitors rate, and that the agency is.
const UNIT: &str = "48";

/// The address of the form.
pub(super) fn form() -> String {
    format!("/s/{WAVE}?u={UNIT}")
}

/// Sets the stage, unless it is set.
pub(super) fn set(office: &Office) -> Result<()> {
    let made = office.act(&person(STATISTICIAN, Role::Statistician), |act| {
        definitions::publish(act, &[Sent::read(QUESTIONNAIRE.to_owned()), Sent::read(INDEX.to_owned())])?;
        if store_waves::find(act.db, WAVE)?.is_none() {
            let wave = open_wave(act.now);
            waves::put(act, WAVE, &wave, &waves::whatever_revision)?;
        }
        Ok(())
    });
    made.map_err(refused)?;
    office.act(&Actor::operator("demo"), |act| demo::invite_cast(act, (LEGACY, UNIT))).map_err(refused)
}

fn open_wave(now: i64) -> WaveRequest {
    let words = |vi: &str, en: &str| Words([("vi", vi), ("en", en)].map(|(tag, text)| (tag.to_owned(), text.to_owned())).into());
    WaveRequest {
        survey: "one-stop".to_owned(),
        title: words("Bộ phận một cửa (dùng thử)", "One-stop shop (trial)"),
        mode: Mode::OptIn.as_str().to_owned(),
        frame: words("Người xem bản dùng thử", "Visitors of the demonstration"),
        unit_list: LEGACY.to_owned(),
        opens_at: rfc3339(now),
        closes_at: None,
        weight_exponent: WeightUnit::MICRO.exponent(),
        design: DesignKind::Element.as_str().to_owned(),
        fpc: false,
        synthetic: true,
        invitations: None,
        chain: Some(ChainRequest {
            customers: None,
            invitations: None,
            reason: Some("nobody counts the visitors of a demonstration".to_owned()),
        }),
    }
}
