//! Ranks, publication and targets of a definition file.

use serde_json::Value;

use super::definition::{Publication, RankRule, Target, TargetKind, Tiers, Ties};
use super::stage_file::share;
use crate::schema::decode::{At, Object, list, real, string, whole};
use crate::schema::index_file::LEAST_PEOPLE;
use crate::schema::rules::item_code;
use crate::schema::text::Text;

pub(super) fn rank(value: &Value, at: &mut At<'_>) -> Option<RankRule> {
    let mut object = Object::open(value, at)?;
    let ties = object.need("ties", at, |value, at| at.one_of(value, &["competition", "dense"]));
    object.close(at);
    Some(RankRule { ties: [Ties::Competition, Ties::Dense][ties?] })
}

pub(super) fn publication(value: &Value, at: &mut At<'_>) -> Option<Publication> {
    let mut object = Object::open(value, at)?;
    let min_n = object.read("min_n", at, |value, at| whole(value, LEAST_PEOPLE..=1_000_000, at));
    let top = object.read("top", at, |value, at| whole(value, 1..=1_000_000, at));
    let decimals = object.read("decimals", at, |value, at| whole(value, 0..=10, at));
    let tiers = object.read("tiers", at, tiers);
    object.close(at);
    Some(Publication { min_n, top, decimals, tiers })
}

fn tiers(value: &Value, at: &mut At<'_>) -> Option<Tiers> {
    let mut object = Object::open(value, at)?;
    let kind = object.need("kind", at, |value, at| at.one_of(value, &["breaks", "quantiles", "natural"]));
    let by_quantile = kind == Some(1);
    let natural = kind == Some(2);
    let from = (!natural).then(|| object.need("from", at, |value, at| list(value, at, if by_quantile { share } else { real })));
    let labels = object.need("labels", at, |value, at| list(value, at, Text::read));
    object.close(at);
    let Some(from) = from else {
        let labels = labels?;
        if labels.len() < 2 {
            at.key("labels").error("too-few-tiers", "Phải có ít nhất hai nhóm", "There must be at least two tiers");
        }
        return Some(Tiers::Natural { labels });
    };
    let (from, labels) = (from?, labels?);
    if labels.len() != from.len() + 1 {
        at.key("labels").error(
            "tiers-and-labels",
            "Số tên nhóm phải nhiều hơn số mốc đúng một",
            "There must be one more label than there are values of “from”",
        );
    }
    if from.windows(2).any(|pair| pair[0] <= pair[1]) {
        at.key("from").error("tiers-not-falling", "Các mốc phải giảm dần", "The values must fall: the best tier comes first");
    }
    Some(if kind? == 0 { Tiers::Breaks { from, labels } } else { Tiers::Quantiles { from, labels } })
}

pub(super) fn targets(value: &Value, at: &mut At<'_>) -> Option<Vec<Target>> {
    list(value, at, target)
}

/// Points to be gained, or kept.
fn gain(value: &Value, at: &mut At<'_>) -> Option<f64> {
    let gain = real(value, at)?;
    if gain >= 0.0 {
        return Some(gain);
    }
    at.error("negative-gain", "Mục tiêu tăng điểm phải từ 0 trở lên", "A gain is at least 0");
    None
}

fn target(value: &Value, at: &mut At<'_>) -> Option<Target> {
    const KINDS: [&str; 4] = ["rank", "rank_gain", "score", "score_gain"];
    let mut object = Object::open(value, at)?;
    let unit = object.need("unit", at, string).map(str::to_owned);
    let node = object.read("node", at, item_code).map(str::to_owned);
    let edition = object.read("edition", at, string).map(str::to_owned);
    let source = object.read("source", at, string).map(str::to_owned);
    let kind = object.need("kind", at, |value, at| at.one_of(value, &KINDS)).map(|place| KINDS[place]);
    let places = |value: &Value, at: &mut At<'_>| whole(value, 1..=1_000_000, at);
    let kind = match kind {
        Some("rank") => object.need("value", at, places).map(|value| TargetKind::Rank { value }),
        Some("rank_gain") => object.need("value", at, places).map(|value| TargetKind::RankGain { value }),
        Some("score") => object.need("value", at, real).map(|value| TargetKind::Score { value }),
        Some(_) => object.need("value", at, gain).map(|value| TargetKind::ScoreGain { value }),
        None => None,
    };
    object.has("value");
    object.close(at);
    Some(Target { unit: unit?, node, edition, kind: kind?, source })
}
