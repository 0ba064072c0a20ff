//! What a run is made of, frozen when it starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::index::CalibrationReport;

/// A definition that took part, named by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionUsed {
    /// Code of the survey or index.
    pub code: String,
    /// Version.
    pub version: String,
    /// SHA-256 of the canonical document, hexadecimal.
    pub sha256: String,
}

/// What the intervals of a stream rest on: nobody was drawn, so they speak of clusters like those that were seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClustersUsed {
    /// `device_day`: the responses of one device on one service day; `element`: each response by itself.
    pub kind: String,
    /// How many took part.
    pub clusters: i64,
    /// In how many strata; of device-days these are the rated units.
    pub strata: i64,
}

/// How many could have answered a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainUsed {
    /// Which version of what was said about the wave.
    pub version: i32,
    /// Customers served; null: not known.
    pub customers: Option<i64>,
    /// Invitations made; null: not known.
    pub invitations: Option<i64>,
    /// Why something is not known.
    pub reason: Option<String>,
    /// Valid answers that stand, those left out as suspicious among them.
    pub answers: i64,
    /// Invitations among customers.
    pub invited: Option<f64>,
    /// Answers among invitations.
    pub answered: Option<f64>,
    /// Answers among customers.
    pub overall: Option<f64>,
}

/// How many of those that took part in a stream came by an invitation, each the only answer about its dossier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvitedUsed {
    /// Responses by invitation.
    pub responses: i64,
    /// Their share among the responses that took part.
    pub share: f64,
}

/// What was left out as suspicious.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagsUsed {
    /// The version of the wave's evaluation.
    pub evaluation: i32,
    /// The rules that it went by.
    pub rule_set: VersionUsed,
    /// Those of them whose flags count.
    pub rules: Vec<String>,
    /// Responses left out.
    pub left_out: i64,
    /// Responses that take part and came too late to be judged.
    pub not_judged: i64,
}

/// Why so many responses, or answers to one item, do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The item; absent: the whole response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The code of the finding.
    pub code: String,
    /// How many. A response may have several reasons.
    pub responses: i64,
}

/// What arrived and does not count, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What an invalid item takes with it: `drop_item` or `drop_response`.
    pub invalid_items: String,
    /// Responses that are invalid as a whole.
    pub invalid: i64,
    /// Responses that came after the close of the wave.
    pub quarantined: i64,
    /// Responses with an invalid item that the rule dropped for it.
    pub dropped: i64,
    /// Why responses are invalid as a whole, by the code of the finding.
    pub responses: Vec<Reason>,
    /// Invalid items of responses that are valid otherwise, by item and code.
    pub items: Vec<Reason>,
}

impl LeftOut {
    /// Whether everything that arrived counts.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.invalid == 0 && self.quarantined == 0 && self.items.is_empty()
    }
}

/// The frozen inputs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The index definition.
    pub index: VersionUsed,
    /// The questionnaire versions that responses were answered on.
    pub surveys: Vec<VersionUsed>,
    /// The wave.
    pub wave: String,
    /// How its answers came about: `probability_sample`, `transaction_stream`, `opt_in`.
    pub mode: String,
    /// Whether the respondents were made up.
    pub synthetic: bool,
    /// Values of the index's parameters.
    pub parameters: BTreeMap<String, f64>,
    /// The last response, by sequence number, that could take part.
    pub high_water_seq: i64,
    /// The last withdrawal, correction or exclusion that was taken account of.
    pub high_water_event: i64,
    /// Responses that took part.
    pub responses: i64,
    /// Sum of their weights, in the wave's unit.
    pub weight_units: i64,
    /// What the unit of weight is: 10^-exponent.
    pub weight_exponent: u8,
    /// SHA-256 of the design table in canonical order, hexadecimal; empty where the wave has none.
    pub design_sha256: String,
    /// The level of the intervals.
    pub level: f64,
    /// Seed of whatever is drawn at random.
    pub seed: i64,
    /// What a calibration did to the weights, where the definition asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationReport>,
    /// Digest of the run that it is compared with, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What the intervals rest on, where nobody was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<ClustersUsed>,
    /// How many could have answered, where nobody was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainUsed>,
    /// How many came by an invitation, where any did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_invitation: Option<InvitedUsed>,
    /// What was left out as suspicious, where anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<FlagsUsed>,
    /// What arrived and does not count, where there is such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// SHA-256 of the units as they were when the run was made, hexadecimal: names, kinds, parents and dates of the lists that it takes, and
    /// of those above them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// What the digest is salted with, hexadecimal: random, the wave's own, told to nobody but the office. Without it whoever has the digest could
    /// try figures until one fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
}

impl Manifest {
    /// The bytes that the digest hashes: fields in their declared order.
    ///
    /// The units' state is left out: what of it matters to figures is in the figures, which name units by code, and a new name is no other
    /// result.
    ///
    /// Sequence numbers are left out: they depend on the order of arrival, and the counts and sums that follow from
    /// them are in. So are the numbers of versions within a wave: what the versions say is in. What does not count is told beside the
    /// figures and not part of what they are made of: a run of before it was told keeps its digest.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut frozen = Manifest { high_water_seq: 0, high_water_event: 0, left_out: None, units: None, ..self.clone() };
        if let Some(chain) = &mut frozen.chain {
            chain.version = 0;
        }
        if let Some(flags) = &mut frozen.flags {
            flags.evaluation = 0;
        }
        serde_json::to_vec(&frozen).unwrap_or_default() // strings, numbers and lists always serialise
    }
}
