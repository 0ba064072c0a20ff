//! A wave as it is asked for and as it is told: the documents that the API and files of the command line have in common.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use crate::design::{Chain, DesignKind, Mode, Wave, WaveError, WeightUnit};
use crate::office::chain::{self, ChainBody, ChainRequest};
use crate::office::wire::{self, Words, check_words, objection, one_of};
use crate::store::chain::ChainVersion;
use crate::store::waves::{self, NewWave};
use crate::words::Finding;
use crate::words::encode::{from_rfc3339, rfc3339};

/// A wave to open or change. Once it is open, only its words and dates may change.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaveRequest {
    /// The survey whose questionnaires it takes, in any version.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    pub survey: String,
    /// What people call it.
    #[validate(custom(function = check_words))]
    pub title: Words,
    /// `probability_sample`, `transaction_stream` or `opt_in`.
    #[validate(custom(function = mode))]
    pub mode: String,
    /// Whom it speaks of: the people or transactions it is drawn from.
    #[validate(custom(function = check_words))]
    pub frame: Words,
    /// The code list of the units that are rated.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    pub unit_list: String,
    /// From when it takes answers.
    #[validate(custom(function = instant))]
    pub opens_at: String,
    /// Until when; without it there is no end yet.
    #[validate(custom(function = instant))]
    pub closes_at: Option<String>,
    /// Weights are whole numbers of 10^-this.
    #[serde(default = "micro")]
    #[validate(range(min = 0, max = 12))]
    #[schema(minimum = 0, maximum = 12)]
    pub weight_exponent: u8,
    /// `element`, `cluster` or, of a wave that is no probability sample, `device_day`: what one device sent on one day is a cluster.
    #[validate(custom(function = design))]
    pub design: String,
    /// Whether the finite population correction applies.
    #[serde(default)]
    pub fpc: bool,
    /// Whether its respondents are made up, for a demonstration.
    #[serde(default)]
    pub synthetic: bool,
    /// Whether what comes by a link may have an invitation (`accepted`) or must (`required`). Without it a new wave accepts them, and one that is
    /// open stays as it is.
    #[validate(custom(function = check_invitations))]
    pub invitations: Option<String>,
    /// How many could have answered: needed to open a wave that is no probability sample. What is known better later is a new version.
    pub chain: Option<ChainRequest>,
}

fn micro() -> u8 {
    WeightUnit::MICRO.exponent()
}

/// A wave.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
    /// `accepted` or `required`: whether what comes by a link must have an invitation.
    pub invitations: String,
    /// How many could have answered, as it is said now; null of a probability sample.
    pub chain: Option<ChainBody>,
    /// Counts the changes; the number in the `ETag`.
    pub revision: i64,
}

impl WaveBody {
    pub(super) fn of(wave: waves::Wave, chain: Option<ChainVersion>) -> Self {
        let design = wave.design().to_owned();
        Self {
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
            invitations: wave.invitations,
            chain: chain.map(ChainBody::from),
            revision: wave.revision,
        }
    }
}

fn mode(name: &str) -> Result<(), ValidationError> {
    one_of(name, &Mode::ALL.map(Mode::as_str))
}

fn design(name: &str) -> Result<(), ValidationError> {
    one_of(name, &DesignKind::ALL.map(DesignKind::as_str))
}

fn check_invitations(name: &str) -> Result<(), ValidationError> {
    one_of(name, &waves::INVITATIONS)
}

fn instant(text: &str) -> Result<(), ValidationError> {
    let objection = || objection("bad-instant", "Phải là thời điểm RFC 3339 kèm múi giờ", "Must be an RFC 3339 instant with an offset");
    from_rfc3339(text).map(drop).ok_or_else(objection)
}

impl WaveRequest {
    /// The wave that is asked for, and what is said of how many could have answered; every finding where there are errors.
    pub(super) fn read(&self, code: &str, is_new: bool, by: &str, now: i64, found: &mut Vec<Finding>) -> Option<(NewWave, Option<Chain>)> {
        found.extend(wire::findings(self));
        let mode = Mode::parse(&self.mode);
        let said = mode.and_then(|mode| chain::read(self.chain.as_ref(), mode, is_new, found));
        let closes_at = self.closes_at.as_deref().map(from_rfc3339);
        let wave = Wave {
            code: code.to_owned(),
            survey: self.survey.clone(),
            mode: mode?,
            kind: DesignKind::parse(&self.design)?,
            weight_unit: WeightUnit::new(self.weight_exponent)?,
            opens_at: from_rfc3339(&self.opens_at)?,
            closes_at: closes_at.flatten(),
            synthetic: self.synthetic,
        };
        if self.invitations.as_deref() == Some(waves::INVITATIONS[1]) && !wave.mode.is_stream() {
            let (vi, en) = ("Đợt chọn mẫu xác suất không nhận phiếu qua đường dẫn", "A probability sample takes no answers by link");
            found.push(Finding::error("/invitations", "invitations-unexpected", vi, en));
        }
        if let Err(errors) = wave.check() {
            found.extend(errors.iter().map(objected));
        }
        let new = NewWave {
            code: wave.code,
            survey_code: wave.survey,
            title: self.title.to_json(),
            mode: wave.mode.as_str().into(),
            frame_label: self.frame.to_json(),
            unit_list: self.unit_list.clone(),
            opens_at: wave.opens_at,
            closes_at: wave.closes_at,
            weight_exponent: self.weight_exponent.into(),
            design_kind: wave.kind.as_str().into(),
            fpc: self.fpc,
            synthetic: wave.synthetic,
            created_by: by.to_owned(),
            created_at: now,
        };
        Some((new, said))
    }
}

fn objected(error: &WaveError) -> Finding {
    let (pointer, vi) = match error {
        WaveError::Code(code) => {
            ("", format!("“{code}” không phải mã đợt: chỉ gồm chữ thường không dấu, số, dấu chấm, gạch nối; tối đa 64 ký tự"))
        }
        WaveError::ClosesBeforeOpening => ("/closes_at", "Ngày đóng phải sau ngày mở".to_owned()),
        WaveError::DeviceDaysOfSample => ("/design", "device_day không dùng cho mẫu xác suất: không ai chọn mẫu thiết bị".to_owned()),
    };
    Finding::error(pointer, "wave-invalid", vi, error.to_string())
}
