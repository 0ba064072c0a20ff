//! Factors file → [`FactorSet`], or everything that is wrong with it.

use serde_json::Value;

use super::definition::{CompositeDefinition, CompositeNode, Direction};
use super::factors::{Factor, FactorKind, FactorSet, Noise, SensitivityOutput, SobolPlan};
use super::fit::{rising, stage_names};
use super::stage::{Normalisation, Scale, Stage};
use super::stage_file::{or, positive, share, stage};
use crate::schema::decode::{At, Object, array, document, list, not_empty, skip_meta_schema, string, whole};
use crate::schema::rules::{duplicate, item_code};
use crate::words::Finding;

/// The stages that a factor may vary. Screening decides who is ranked and dividing what is measured: neither is.
const STAGES: [&str; 5] = ["impute", "treat", "normalise", "weight", "aggregate"];
/// Of which there need not be one.
const OPTIONAL: [&str; 3] = ["impute", "treat", "weight"];
/// Combinations of stages: more of them are not kept in memory.
const MOST_COMBINATIONS: usize = 4096;

/// Reads the factors of a sensitivity analysis of `definition`.
///
/// # Errors
/// Every finding of the file in the order of lines; at least one is an error.
pub fn parse_factors(text: &str, definition: &CompositeDefinition) -> Result<FactorSet, Vec<Finding>> {
    Ok(document(text, |value, at| read(value, definition, at))?.found)
}

fn read(value: &Value, definition: &CompositeDefinition, at: &mut At<'_>) -> Option<FactorSet> {
    let mut object = Object::open(value, at)?;
    skip_meta_schema(&mut object, at);
    object.need("kind", at, |value, at| at.one_of(value, &["sensitivity"]));
    object.read("index", at, |value, at| {
        let code = string(value, at)?;
        if code != definition.code() {
            let own = definition.code();
            at.error("another-index", format!("Định nghĩa là của chỉ số “{own}”"), format!("The definition is that of “{own}”"));
        }
        Some(())
    });
    let replicates = or(&mut object, "replicates", 1000, at, |value, at| whole(value, 1..=1_000_000, at));
    let top = or(&mut object, "top", 10, at, |value, at| whole(value, 1..=1_000_000, at));
    let level = or(&mut object, "level", 0.9, at, open_share);
    let output = or(&mut object, "output", SensitivityOutput::MeanRankShift, at, output);
    let sobol = object.read("sobol", at, sobol);
    let factors = object.need("factors", at, |value, at| {
        let factors = list(value, at, |value, at| factor(value, definition, at))?;
        not_empty(array(value, at)?, at);
        repeated(&factors, at);
        Some(factors)
    });
    object.close(at);
    Some(FactorSet { replicates: replicates?, top: top?, level: level?, output: output?, sobol, factors: factors? })
}

/// A number between 0 and 1.
fn open_share(value: &Value, at: &mut At<'_>) -> Option<f64> {
    let level = share(value, at)?;
    if level > 0.0 && level < 1.0 {
        return Some(level);
    }
    at.error("out-of-range", "Phải nằm giữa 0 và 1", "Must lie between 0 and 1");
    None
}

fn output(value: &Value, at: &mut At<'_>) -> Option<SensitivityOutput> {
    const NAMES: [&str; 3] = ["mean_rank_shift", "score", "rank"];
    let mut object = Object::open(value, at)?;
    let name = object.need("kind", at, |value, at| at.one_of(value, &NAMES)).map(|place| NAMES[place]);
    let unit = match name {
        Some("score" | "rank") => object.need("unit", at, string).map(str::to_owned),
        _ => None,
    };
    object.close(at);
    Some(match name? {
        "score" => SensitivityOutput::Score { unit: unit? },
        "rank" => SensitivityOutput::Rank { unit: unit? },
        _ => SensitivityOutput::MeanRankShift,
    })
}

fn sobol(value: &Value, at: &mut At<'_>) -> Option<SobolPlan> {
    let mut object = Object::open(value, at)?;
    let base = object.need("base", at, |value, at| whole(value, 2..=1_000_000, at));
    let bootstrap = or(&mut object, "bootstrap", 1000, at, |value, at| whole(value, 19..=100_000, at));
    object.close(at);
    Some(SobolPlan { base: base?, bootstrap: bootstrap? })
}

fn factor(value: &Value, definition: &CompositeDefinition, at: &mut At<'_>) -> Option<Factor> {
    const NAMES: [&str; 4] = ["weight_noise", "dirichlet", "stage", "drop"];
    let mut object = Object::open(value, at)?;
    let code = object.need("code", at, item_code).map(str::to_owned);
    let name = object.need("kind", at, |value, at| at.one_of(value, &NAMES)).map(|place| NAMES[place]);
    let kind = match name {
        Some("weight_noise") => weight_noise(&mut object, definition, at),
        Some("dirichlet") => {
            let depth = depth(&mut object, definition, at);
            let concentration = object.need("concentration", at, positive);
            Some(FactorKind::Dirichlet { depth: depth?, concentration: concentration? })
        }
        Some("stage") => other_stages(&mut object, definition, at),
        Some(_) => dropped(&mut object, definition, at),
        None => return None,
    };
    object.close(at);
    Some(Factor { code: code?, kind: kind? })
}

/// The depth of weighted nodes; nothing where it is faulty.
#[allow(clippy::option_option)] // faulty, or not given
fn depth(object: &mut Object<'_>, definition: &CompositeDefinition, at: &mut At<'_>) -> Option<Option<u32>> {
    let deepest = definition.nodes().iter().map(CompositeNode::depth).max().unwrap_or(0);
    or(object, "depth", None, at, |value, at| whole(value, 1..=deepest.max(1), at).map(Some))
}

fn weight_noise(object: &mut Object<'_>, definition: &CompositeDefinition, at: &mut At<'_>) -> Option<FactorKind> {
    let noise = object.need("noise", at, |value, at| {
        let noise = list(value, at, |value, at| {
            let mut object = Object::open(value, at)?;
            let depth = depth(&mut object, definition, at);
            let amount = object.need("amount", at, share);
            object.close(at);
            Some(Noise { depth: depth?, amount: amount? })
        })?;
        not_empty(array(value, at)?, at);
        Some(noise)
    });
    Some(FactorKind::WeightNoise { noise: noise? })
}

fn other_stages(object: &mut Object<'_>, definition: &CompositeDefinition, at: &mut At<'_>) -> Option<FactorKind> {
    let name = object.need("stage", at, |value, at| at.one_of(value, &STAGES)).map(|place| STAGES[place]);
    let alternatives = object.need("alternatives", at, |value, at| {
        let alternatives = list(value, at, |value, at| alternative(name, value, definition, at))?;
        not_empty(array(value, at)?, at);
        Some(alternatives)
    });
    let name = name?;
    let own = definition.pipeline().iter().filter(|stage| stage.name() == name).count();
    if own > 1 {
        at.error(
            "stage-repeated",
            format!("Định nghĩa có {own} bước “{name}”: không rõ thay bước nào"),
            format!("The definition has {own} stages “{name}”: which one is replaced?"),
        );
    }
    Some(FactorKind::Stage { stage: name, alternatives: alternatives? })
}

/// Another stage of the name, or `null` for none.
#[allow(clippy::option_option)] // faulty, or none
fn alternative(name: Option<&'static str>, value: &Value, definition: &CompositeDefinition, at: &mut At<'_>) -> Option<Option<Stage>> {
    if value.is_null() {
        if name.is_some_and(|name| !OPTIONAL.contains(&name)) {
            at.error("stage-needed", "Không thể bỏ bước này", "This stage cannot be left out");
            return None;
        }
        return Some(None);
    }
    let stage = stage(value, at)?;
    if name.is_some_and(|name| name != stage.name()) {
        let (found, name) = (stage.name(), name.unwrap_or_default());
        at.error(
            "another-stage",
            format!("Đây là bước “{found}”, cần bước “{name}”"),
            format!("This is a stage “{found}”, a stage “{name}” is needed"),
        );
        return None;
    }
    stage_names(definition, &stage, at);
    indicators_have(definition, &stage, at);
    Some(Some(stage))
}

/// Every indicator that has no normalisation of its own must have what another one needs.
fn indicators_have(definition: &CompositeDefinition, stage: &Stage, at: &mut At<'_>) {
    let Stage::Normalise(normaliser) = stage else { return };
    for (_, node, indicator) in definition.leaves().filter(|(_, _, indicator)| indicator.normalise.is_none()) {
        let (what, there) = match &normaliser.method {
            Normalisation::Points
            | Normalisation::MinMax { scale: Scale::Maximum, .. }
            | Normalisation::RatioToBest { scale: Scale::Maximum } => ("maximum", node.maximum().is_some()),
            Normalisation::DistanceToTarget { .. } => ("target", indicator.target.is_some()),
            Normalisation::FractionOfMaximum => {
                if indicator.direction == Direction::Lower {
                    let code = node.code();
                    at.error(
                        "no-reverse",
                        format!("“fraction_of_maximum” không đảo chiều được, mà chỉ tiêu “{code}” càng thấp càng tốt"),
                        format!("“fraction_of_maximum” has no reverse, and of the indicator “{code}” less is better"),
                    );
                }
                continue;
            }
            Normalisation::Steps { steps } => {
                if indicator.direction == Direction::Lower && rising(steps) {
                    let code = node.code();
                    at.error(
                        "steps-rise",
                        format!("Chỉ tiêu “{code}” càng thấp càng tốt, mà điểm của các bậc không giảm dần theo “from”"),
                        format!("Of the indicator “{code}” less is better, and the scores of the steps do not fall by “from”"),
                    );
                }
                continue;
            }
            _ => return,
        };
        if !there {
            let code = node.code();
            at.error(
                "indicator-lacks",
                format!("Chỉ tiêu “{code}” không có “{what}” mà phương pháp này cần"),
                format!("The indicator “{code}” has no “{what}”, which this method needs"),
            );
        }
    }
}

/// Each leaf by itself, or the nodes listed: a code or a list of codes for each alternative.
fn dropped(object: &mut Object<'_>, definition: &CompositeDefinition, at: &mut At<'_>) -> Option<FactorKind> {
    let known = |value: &Value, at: &mut At<'_>| {
        let code = string(value, at)?;
        match definition.position(code) {
            Some(0) => at.error("drops-all", "Không thể bỏ nút gốc", "The root cannot be dropped"),
            Some(_) => return Some(code.to_owned()),
            None => {
                let (vi, en) = (format!("Không có nút “{code}” trong định nghĩa"), format!("The definition has no node “{code}”"));
                at.error("unknown-node", vi, en);
            }
        }
        None
    };
    let each = || definition.leaves().map(|(_, node, _)| vec![node.code().to_owned()]).collect();
    let alternatives = if object.has("nodes") {
        object.read("nodes", at, |value, at| {
            not_empty(array(value, at)?, at);
            list(value, at, |value, at| {
                if !value.is_array() {
                    return known(value, at).map(|code| vec![code]);
                }
                not_empty(array(value, at)?, at);
                list(value, at, known)
            })
        })
    } else {
        Some(each())
    };
    Some(FactorKind::Drop { alternatives: alternatives? })
}

/// Codes that stand twice, stages that two factors vary, and more combinations than can be kept.
fn repeated(factors: &[Factor], at: &mut At<'_>) {
    let mut combinations = 1_usize;
    for (place, factor) in factors.iter().enumerate() {
        let before = factors.iter().take(place);
        if before.clone().any(|other| other.code == factor.code) {
            duplicate(&factor.code, &mut at.index(place));
        }
        let drops = |factor: &Factor| matches!(factor.kind, FactorKind::Drop { .. });
        if drops(factor) && before.clone().any(drops) {
            at.index(place).error("drops-twice", "Chỉ được có một yếu tố “drop”", "Only one factor may be a “drop”");
        }
        let FactorKind::Stage { stage, alternatives } = &factor.kind else { continue };
        combinations = combinations.saturating_mul(alternatives.len() + 1);
        if before.clone().any(|other| matches!(&other.kind, FactorKind::Stage { stage: known, .. } if known == stage)) {
            at.index(place).key("stage").error(
                "stage-varied-twice",
                format!("Bước “{stage}” đã có yếu tố khác thay đổi"),
                format!("Another factor varies the stage “{stage}” already"),
            );
        }
    }
    if combinations > MOST_COMBINATIONS {
        at.error(
            "too-many-combinations",
            format!("{combinations} tổ hợp các bước, nhiều nhất là {MOST_COMBINATIONS}"),
            format!("{combinations} combinations of stages, {MOST_COMBINATIONS} at most"),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::composite::sample::{composite, definition, factors, schema_of};

    fn set(value: &Value) -> Result<FactorSet, Vec<(String, String)>> {
        parse_factors(&value.to_string(), &definition(&composite()))
            .map_err(|findings| findings.into_iter().map(|finding| (finding.pointer, finding.code.into_owned())).collect())
    }

    #[test]
    fn factors_are_read_with_their_defaults() {
        schema_of("sensitivity", &factors()).unwrap();
        let read = set(&factors()).unwrap();
        assert_eq!((read.replicates(), read.top(), read.output()), (1000, 10, &SensitivityOutput::MeanRankShift));
        assert_eq!(read.sobol(), Some(SobolPlan { base: 64, bootstrap: 1000 }));
        let counts: Vec<Option<usize>> = read.factors().iter().map(|factor| factor.kind.alternatives()).collect();
        assert_eq!(counts, [None, None, Some(3), Some(4)]);
    }

    #[test]
    fn every_finding_comes_at_once() {
        let found = set(&json!({"kind": "sensitivity", "index": "other", "level": 1, "output": {"kind": "score"}, "factors": [
            {"code": "a", "kind": "weight_noise", "noise": []},
            {"code": "a", "kind": "stage", "stage": "normalise", "alternatives": [null, {"stage": "treat"}]},
            {"code": "b", "kind": "stage", "stage": "normalise", "alternatives": [{"stage": "normalise", "method": "rank"},
                {"stage": "normalise", "method": "fraction_of_maximum"}]},
            {"code": "c", "kind": "drop", "nodes": ["ghost", "ALL"], "often": true},
            {"code": "d", "kind": "dirichlet", "depth": 9, "concentration": 0}
        ]}));
        let mut found = found.unwrap_err();
        found.sort();
        let expected = [
            ("/factors/0/noise", "empty"),
            ("/factors/1/alternatives/0", "stage-needed"),
            ("/factors/1/alternatives/1", "another-stage"),
            ("/factors/1/code", "duplicate-code"),
            ("/factors/2/alternatives/1", "no-reverse"),
            ("/factors/2/stage", "stage-varied-twice"),
            ("/factors/3/nodes/0", "unknown-node"),
            ("/factors/3/nodes/1", "drops-all"),
            ("/factors/3/often", "unknown-member"),
            ("/factors/4/concentration", "out-of-range"),
            ("/factors/4/depth", "out-of-range"),
            ("/index", "another-index"),
            ("/level", "out-of-range"),
            ("/output", "missing-member"),
        ];
        let expected: Vec<(String, String)> = expected.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect();
        assert_eq!(found, expected);
    }

    /// The factors with another value at a place, or with a member more.
    fn changed(place: &str, value: &Value) -> Value {
        let mut document = factors();
        let (parent, member) = place.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Array(list) => list[member.parse::<usize>().unwrap()] = value.clone(),
            object => object[member] = value.clone(),
        }
        document
    }

    /// The published schema refuses each of these as the checker does: what depends on the definition is the checker's alone.
    #[test]
    fn the_published_schema_refuses_what_the_checker_refuses() {
        let stage = |stage: &str, alternatives: Value| json!({"code": "s", "kind": "stage", "stage": stage, "alternatives": alternatives});
        let broken: [(&str, Value); 18] = [
            ("/kind", json!("composite")),
            ("/index", json!("")),
            ("/factors", json!([])),
            ("/sobol", json!({"base": 1})),
            ("/sobol", json!({"base": 64, "bootstrap": 18})),
            ("/sobol/often", json!(true)),
            ("/replicates", json!(0)),
            ("/top", json!(1.5)),
            ("/level", json!(1)),
            ("/output", json!({"kind": "rank"})),
            ("/output", json!({"kind": "mean_rank_shift", "unit": "A"})),
            ("/factors/0/code", json!("1")),
            ("/factors/0/noise/0/amount", json!(1.01)),
            ("/factors/1/concentration", json!(0)),
            ("/factors/2", stage("screen", json!([null]))),
            ("/factors/2", stage("normalise", json!([null]))),
            ("/factors/2", stage("treat", json!([{"stage": "impute", "method": "latest"}]))),
            ("/factors/3/nodes", json!(["days", []])),
        ];
        for (place, value) in broken {
            let document = changed(place, &value);
            assert!(schema_of("sensitivity", &document).is_err(), "the schema accepts {value} at {place}");
            assert!(set(&document).is_err(), "the checker accepts {value} at {place}");
        }
    }

    #[test]
    fn what_the_checker_accepts_satisfies_the_published_schema() {
        let others = [json!(null), json!(true), json!(0), json!(1), json!(0.5), json!("days"), json!([]), json!({}), json!(["days"])];
        let mut taken = 0;
        for place in [
            "/index",
            "/replicates",
            "/top",
            "/level",
            "/output",
            "/sobol",
            "/sobol/base",
            "/sobol/bootstrap",
            "/factors/0/code",
            "/factors/0/noise",
            "/factors/0/noise/0",
            "/factors/0/noise/0/amount",
            "/factors/0/noise/0/depth",
            "/factors/1/depth",
            "/factors/1/concentration",
            "/factors/2/stage",
            "/factors/2/alternatives",
            "/factors/2/alternatives/1",
            "/factors/3/nodes",
        ] {
            for other in &others {
                let document = changed(place, other);
                if set(&document).is_ok() {
                    schema_of("sensitivity", &document).unwrap_or_else(|why| panic!("{place} {other}: {why}"));
                    taken += 1;
                }
            }
        }
        assert!(taken > 10, "{taken} documents were taken");
    }
}
