//! The member `estimation` of an index file → [`Estimation`], or everything that is wrong with it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::VarianceMethod;
use super::decode::{At, Object, array, list, not_empty, real, string, whole};
use super::estimation::{
    CalibrationDistance, CalibrationRule, ChangeRule, Estimation, Margin, RankBasis, RankRule, ShareInterval, SmallAreaRule, ThinRule,
};
use super::index::Domain;
use super::rules::item_code;
use super::variance::BootstrapKind;

/// Reads the choices; what is not named keeps its default.
pub(super) fn read(value: &Value, at: &mut At<'_>) -> Option<Estimation> {
    let mut object = Object::open(value, at)?;
    let share_interval = object.read("share_interval", at, |value, at| Some(ShareInterval::ALL[at.one_of(value, &ShareInterval::NAMES)?]));
    let variance = object.read("variance", at, variance);
    let calibration = object.read("calibration", at, calibration);
    let ranks = object.read("ranks", at, ranks);
    let thin = object.read("thin", at, thin);
    let small_area = object.read("small_area", at, small_area);
    let change = object.read("change", at, |value, at| Some(ChangeRule::ALL[at.one_of(value, &ChangeRule::NAMES)?]));
    object.close(at);
    if calibration.is_some() && variance.is_some_and(|variance| variance != VarianceMethod::Linearised) {
        at.key("variance").error(
            "replicates-with-calibration",
            "Chưa hỗ trợ trọng số lặp (jackknife, BRR, bootstrap) cùng với hiệu chỉnh theo tổng thể; hãy dùng linearised",
            "Replicates together with calibration are not supported: use linearised",
        );
    }
    Some(Estimation {
        share_interval: share_interval.unwrap_or_default(),
        variance: variance.unwrap_or_default(),
        calibration,
        ranks: ranks.unwrap_or_default(),
        thin,
        small_area,
        change: change.unwrap_or_default(),
    })
}

fn variance(value: &Value, at: &mut At<'_>) -> Option<VarianceMethod> {
    let mut object = Object::open(value, at)?;
    let method = object.need("method", at, |value, at| at.one_of(value, &VarianceMethod::NAMES));
    let name = method.map(|place| VarianceMethod::NAMES[place]);
    let found = match name {
        Some("fay") => object.need("rho", at, |value, at| number_in(value, 0.0, 1.0, at)).map(|rho| VarianceMethod::Fay { rho }),
        Some("bootstrap") => {
            let kind = object.read("kind", at, |value, at| Some(BootstrapKind::ALL[at.one_of(value, &BootstrapKind::NAMES)?]));
            let range = VarianceMethod::MIN_REPLICATES..=VarianceMethod::MAX_REPLICATES;
            let replicates = object.read("replicates", at, |value, at| whole(value, range, at));
            let replicates = replicates.unwrap_or(VarianceMethod::DEFAULT_REPLICATES);
            Some(VarianceMethod::Bootstrap { kind: kind.unwrap_or_default(), replicates })
        }
        Some("jackknife") => Some(VarianceMethod::Jackknife),
        Some("brr") => Some(VarianceMethod::Brr),
        Some(_) => Some(VarianceMethod::Linearised),
        None => None,
    };
    object.close(at);
    found
}

/// A number strictly between two bounds.
fn number_in(value: &Value, low: f64, high: f64, at: &mut At<'_>) -> Option<f64> {
    let number = real(value, at)?;
    if number > low && number < high {
        return Some(number);
    }
    at.error("out-of-range", format!("Phải lớn hơn {low} và nhỏ hơn {high}"), format!("Must lie between {low} and {high}, exclusive"));
    None
}

fn calibration(value: &Value, at: &mut At<'_>) -> Option<CalibrationRule> {
    let mut object = Object::open(value, at)?;
    let method = object.need("method", at, |value, at| at.one_of(value, &CalibrationDistance::NAMES));
    let bounded = method.is_some_and(|place| place >= 2);
    let bounds = bounded.then(|| object.need("bounds", at, bounds)).flatten();
    let count = object.has("margins");
    let margins = object.need("margins", at, |value, at| {
        not_empty(array(value, at)?, at);
        list(value, at, margin)
    });
    object.close(at);
    let distance = match (method?, bounds) {
        (0, _) => CalibrationDistance::Raking,
        (1, _) => CalibrationDistance::Linear,
        (2, Some((low, high))) => CalibrationDistance::Logit { low, high },
        (_, Some((low, high))) => CalibrationDistance::Truncated { low, high },
        _ => return None,
    };
    let margins = margins.filter(|margins| count && !margins.is_empty())?;
    Some(CalibrationRule { distance, margins })
}

/// Two factors, one below 1 and one above.
fn bounds(value: &Value, at: &mut At<'_>) -> Option<(f64, f64)> {
    let numbers = list(value, at, real)?;
    if let [low, high] = numbers[..]
        && (0.0..1.0).contains(&low)
        && high > 1.0
    {
        return Some((low, high));
    }
    at.error(
        "bad-bounds",
        "Cần hai số: số đầu từ 0 đến dưới 1, số sau lớn hơn 1",
        "Two numbers are needed: one from 0 to below 1, then one above 1",
    );
    None
}

fn margin(value: &Value, at: &mut At<'_>) -> Option<Margin> {
    let mut object = Object::open(value, at)?;
    let item = object.read("item", at, item_code).map(str::to_owned);
    let level = object.read("level", at, |value, at| at.one_of(value, &Domain::LEVELS)).map(|place| Domain::LEVELS[place].to_owned());
    if item.is_none() && level.is_none() {
        at.error("empty-margin", "Cần “item”, “level” hoặc cả hai", "“item”, “level” or both are needed");
    }
    let mut totals = BTreeMap::new();
    object.need("totals", at, |value, at| {
        not_empty(array(value, at)?, at);
        list(value, at, |value, at| class(value, item.is_some(), level.is_some(), &mut totals, at))
    });
    object.close(at);
    if item.is_none() && level.is_none() || totals.is_empty() {
        return None;
    }
    Some(Margin { item, level, totals })
}

/// One class of a margin, with its total.
fn class(value: &Value, item: bool, level: bool, totals: &mut BTreeMap<(String, String), f64>, at: &mut At<'_>) -> Option<()> {
    let mut object = Object::open(value, at)?;
    let area = if level { object.need("area", at, string)? } else { "" };
    let option = if item { object.need("option", at, string)? } else { "" };
    let total = object.need("total", at, |value, at| {
        let total = real(value, at)?;
        if total <= 0.0 {
            at.error("out-of-range", "Phải lớn hơn 0", "Must be above 0");
        }
        Some(total)
    });
    object.close(at);
    if totals.insert((area.to_owned(), option.to_owned()), total?).is_some() {
        at.error("duplicate-class", "Lớp này đã có ở trên", "This class is listed above already");
    }
    Some(())
}

fn ranks(value: &Value, at: &mut At<'_>) -> Option<RankRule> {
    let plain = RankRule::default();
    let mut object = Object::open(value, at)?;
    let per_unit = object.read("per_unit", at, |value, at| Some(RankBasis::ALL[at.one_of(value, &RankBasis::NAMES[..2])?]));
    let joint = object.read("joint", at, |value, at| {
        let names: Vec<&str> = RankBasis::NAMES.into_iter().chain(["none"]).collect();
        Some(RankBasis::ALL.get(at.one_of(value, &names)?).copied())
    });
    let top = object.read("top", at, |value, at| whole(value, 1..=10_000, at));
    let draws = object.read("draws", at, |value, at| whole(value, 100..=100_000, at));
    object.close(at);
    Some(RankRule {
        per_unit: per_unit.unwrap_or(plain.per_unit),
        joint: joint.unwrap_or(plain.joint),
        top,
        draws: draws.unwrap_or(plain.draws),
    })
}

fn thin(value: &Value, at: &mut At<'_>) -> Option<ThinRule> {
    let mut object = Object::open(value, at)?;
    let n = object.read("n", at, |value, at| whole(value, 1..=1_000_000, at));
    let df = object.read("df", at, |value, at| whole(value, 1..=1_000_000, at));
    let half_width = object.read("half_width", at, |value, at| number_in(value, 0.0, 100.0, at));
    object.close(at);
    if n.is_none() && df.is_none() && half_width.is_none() {
        at.error("empty-rule", "Cần ít nhất một trong: n, df, half_width", "At least one of n, df, half_width is needed");
    }
    Some(ThinRule { n, df, half_width })
}

fn small_area(value: &Value, at: &mut At<'_>) -> Option<SmallAreaRule> {
    let mut object = Object::open(value, at)?;
    object.need("model", at, |value, at| at.one_of(value, &["fay_herriot"]));
    let covariates = object.read("covariates", at, |value, at| {
        let named = Object::open(value, at)?;
        let read = |(name, value): (&String, &Value)| {
            let mut at = at.key(name);
            let values = Object::open(value, &mut at)?;
            let values = values.members().filter_map(|(unit, value)| Some((unit.clone(), real(value, &mut at.key(unit))?)));
            Some((name.clone(), values.collect()))
        };
        Some(named.members().filter_map(read).collect::<BTreeMap<_, _>>())
    });
    object.close(at);
    Some(SmallAreaRule { covariates: covariates.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::schema::sample::{checked, checked_index, errors_after, expected, index, questionnaire};
    use crate::schema::{BootstrapKind, CalibrationDistance, Estimation, RankBasis, ShareInterval, VarianceMethod, check_index_against};

    fn with(estimation: Value) -> Value {
        let mut value = index();
        value["estimation"] = estimation;
        value
    }

    #[test]
    fn an_index_that_chooses_nothing_gets_the_defaults() {
        assert_eq!(*checked_index(&index()).estimation(), Estimation::default());
        assert_eq!(*checked_index(&with(json!({}))).estimation(), Estimation::default());
    }

    #[test]
    fn every_choice_is_read() {
        let index = checked_index(&with(json!({
            "share_interval": "beta",
            "variance": {"method": "bootstrap", "kind": "preston", "replicates": 500},
            "ranks": {"per_unit": "step_down", "joint": "none", "top": 20, "draws": 1000},
            "thin": {"n": 50, "half_width": 6.5},
            "small_area": {"model": "fay_herriot", "covariates": {"income": {"vn-63:01": 6.4}}},
        })));
        let found = index.estimation();
        assert_eq!(found.share_interval, ShareInterval::Beta);
        assert_eq!(found.variance, VarianceMethod::Bootstrap { kind: BootstrapKind::Preston, replicates: 500 });
        assert_eq!((found.ranks.per_unit, found.ranks.joint, found.ranks.top), (RankBasis::StepDown, None, Some(20)));
        assert_eq!(found.thin.unwrap().n, Some(50));
        assert!(found.small_area.as_ref().unwrap().covariates["income"].contains_key("vn-63:01"));
    }

    #[test]
    fn margins_are_read_with_their_classes_and_must_name_every_option() {
        let margins = json!([
            {"item": "sex", "totals": [{"option": "male", "total": 49}, {"option": "female", "total": 51}]},
            {"level": "province", "totals": [{"area": "vn-63:01", "total": 100}]},
        ]);
        let index = checked_index(&with(json!({"calibration": {"method": "logit", "bounds": [0.3, 3], "margins": margins}})));
        let rule = index.estimation().calibration.as_ref().unwrap();
        assert_eq!(rule.distance, CalibrationDistance::Logit { low: 0.3, high: 3.0 });
        assert!((rule.margins[0].totals[&(String::new(), "female".to_owned())] - 51.0).abs() < 1e-12);
        assert_eq!(check_index_against(&index, &checked(&questionnaire())), []);

        let short = with(json!({"calibration": {"method": "raking", "margins": [
            {"item": "sex", "totals": [{"option": "male", "total": 49}, {"option": "other", "total": 51}]},
        ]}}));
        let found = check_index_against(&checked_index(&short), &checked(&questionnaire()));
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_ref()).collect();
        assert_eq!(codes, ["unknown-option", "class-without-total"]);
    }

    #[test]
    fn every_finding_comes_at_once() {
        let found = errors_after(index(), |value| {
            value["estimation"] = json!({
                "share_interval": "wald",
                "variance": {"method": "fay", "rho": 1},
                "calibration": {"method": "truncated", "bounds": [1.2, 3], "margins": [{"totals": [{"total": 0}]}]},
                "ranks": {"per_unit": "values", "top": 0},
                "thin": {},
                "small_area": {"model": "spatial"},
                "weights": 1,
            });
        });
        let expect = [
            ("/estimation/calibration/bounds", "bad-bounds"),
            ("/estimation/calibration/margins/0", "empty-margin"),
            ("/estimation/calibration/margins/0/totals/0/total", "out-of-range"),
            ("/estimation/ranks/per_unit", "unknown-value"),
            ("/estimation/ranks/top", "out-of-range"),
            ("/estimation/share_interval", "unknown-value"),
            ("/estimation/small_area/model", "unknown-value"),
            ("/estimation/thin", "empty-rule"),
            ("/estimation/variance/rho", "out-of-range"),
            ("/estimation/weights", "unknown-member"),
        ];
        assert_eq!(found, expected(&expect));
    }

    #[test]
    fn replicates_and_calibration_do_not_go_together_yet() {
        let found = errors_after(index(), |value| {
            value["estimation"] = json!({
                "variance": {"method": "jackknife"},
                "calibration": {"method": "raking", "margins": [{"item": "sex", "totals": [{"option": "male", "total": 1}]}]},
            });
        });
        assert_eq!(found, expected(&[("/estimation/variance", "replicates-with-calibration")]));
    }
}
