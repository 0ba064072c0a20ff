//! The pipeline of a definition file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stage::{
    Aggregation, Aggregator, Budget, Centre, Imputation, Impute, LevelAggregator, Loadings, Log, Normalisation, Normaliser, Reverse, Scale,
    Screen, Stage, Step, Treat, Weighting, Window, WindowSpan,
};
use crate::schema::decode::{At, Object, array, boolean, list, names, not_empty, real, string, whole};
use crate::schema::rules::item_code;

/// Reads the stages and checks their order: one aggregation, at the end; one normalisation; no weighting before it.
pub(super) fn pipeline(value: &Value, at: &mut At<'_>) -> Option<Vec<Stage>> {
    let count = array(value, at)?.len();
    let stages = list(value, at, stage)?;
    if stages.len() < count {
        return None;
    }
    let places = |name: &str| stages.iter().enumerate().filter(|(_, s)| s.name() == name).map(|(place, _)| place).collect::<Vec<_>>();
    let (normalise, aggregate) = (places("normalise"), places("aggregate"));
    if aggregate.as_slice() != [stages.len().wrapping_sub(1)] {
        at.error(
            "aggregate-not-last",
            "Phải có đúng một bước “aggregate” và nó phải đứng cuối cùng",
            "There must be exactly one stage “aggregate”, and it must be the last",
        );
    }
    if normalise.len() != 1 {
        at.error("one-normalise", "Phải có đúng một bước “normalise”", "There must be exactly one stage “normalise”");
    }
    let scored = normalise.first().copied().unwrap_or(stages.len());
    for (place, stage) in stages.iter().enumerate() {
        let wrong = match stage {
            Stage::Weight(_) => place < scored,
            Stage::Denominate | Stage::Treat(_) | Stage::Screen(_) | Stage::Impute(_) => place > scored,
            Stage::Normalise(_) | Stage::Aggregate(_) => false,
        };
        if wrong {
            let name = stage.name();
            at.index(place).error(
                "stage-out-of-order",
                format!("Bước “{name}” đứng sai phía của bước “normalise”"),
                format!("The stage “{name}” stands on the wrong side of “normalise”"),
            );
        }
    }
    Some(stages)
}

/// Reads one stage.
pub(super) fn stage(value: &Value, at: &mut At<'_>) -> Option<Stage> {
    let mut object = Object::open(value, at)?;
    let name = Stage::NAMES[object.need("stage", at, |value, at| at.one_of(value, &Stage::NAMES))?];
    let stage = match name {
        "screen" => Some(Stage::Screen(screen(&mut object, at))),
        "denominate" => Some(Stage::Denominate),
        "impute" => impute(&mut object, at).map(Stage::Impute),
        "treat" => treat(&mut object, at).map(Stage::Treat),
        "normalise" => normaliser(&mut object, at).map(Stage::Normalise),
        "weight" => weighting(&mut object, at).map(Stage::Weight),
        _ => aggregation(&mut object, at).map(Stage::Aggregate),
    };
    object.close(at);
    stage
}

fn screen(object: &mut Object<'_>, at: &mut At<'_>) -> Screen {
    let available = object.read("available", at, share);
    let non_zero = object.read("non_zero", at, share);
    let keep = object.read("keep", at, names).unwrap_or_default();
    let drop = object.read("drop", at, names).unwrap_or_default();
    if let Some(both) = keep.iter().find(|unit| drop.contains(unit)) {
        at.error("kept-and-dropped", format!("Đơn vị “{both}” vừa giữ vừa loại"), format!("The unit “{both}” is both kept and dropped"));
    }
    Screen { available, non_zero, keep, drop }
}

fn impute(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Impute> {
    const NAMES: [&str; 4] = ["centre", "latest", "linear", "em"];
    let name = NAMES[object.need("method", at, |value, at| at.one_of(value, &NAMES))?];
    let method = match name {
        "centre" => {
            let of = object.need("of", at, |value, at| at.one_of(value, &["mean", "median"]));
            let group = object.read("group", at, string).map(str::to_owned);
            Imputation::Centre { of: [Centre::Mean, Centre::Median][of?], group }
        }
        "latest" => Imputation::Latest,
        "linear" => Imputation::Linear,
        _ => {
            let iterations = object.has("iterations").then(|| object.read("iterations", at, |v, at| whole(v, 1..=10_000, at)));
            let tolerance = object.has("tolerance").then(|| object.read("tolerance", at, positive));
            Imputation::Em { iterations: iterations.unwrap_or(Some(200))?, tolerance: tolerance.unwrap_or(Some(1e-8))? }
        }
    };
    Some(Impute { method })
}

fn treat(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Treat> {
    let skewness = or(object, "skewness", 2.0, at, positive);
    let kurtosis = or(object, "kurtosis", 3.5, at, positive);
    let winsorise = or(object, "winsorise", 5, at, |value, at| whole(value, 0..=1_000_000, at));
    let then = object.read("then", at, log);
    let combine = or(object, "combine", false, at, boolean);
    let skip = object.read("skip", at, names).unwrap_or_default();
    Some(Treat { skewness: skewness?, kurtosis: kurtosis?, winsorise: winsorise?, then, combine: combine?, skip })
}

fn log(value: &Value, at: &mut At<'_>) -> Option<Log> {
    const NAMES: [&str; 5] = ["log_ct", "log_ct_plus", "log_ct_orig", "log_gii", "box_cox"];
    let mut object = Object::open(value, at)?;
    let name = object.need("transform", at, |value, at| at.one_of(value, &NAMES)).map(|place| NAMES[place]);
    let lambda = (name == Some("box_cox")).then(|| object.need("lambda", at, real));
    object.close(at);
    Some(match name? {
        "log_ct" => Log::LogCt,
        "log_ct_plus" => Log::LogCtPlus,
        "log_ct_orig" => Log::LogCtOrig,
        "log_gii" => Log::LogGii,
        _ => Log::BoxCox { lambda: lambda.flatten()? },
    })
}

/// Reads a method of normalisation with its window, from a stage or an indicator.
pub(super) fn normaliser(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Normaliser> {
    let method = normalisation(object, at);
    let spans = ["annual", "pooled", "expanding"];
    let span = or(object, "window", 0, at, |value, at| at.one_of(value, &spans));
    let since = object.read("since", at, string).map(str::to_owned);
    let reverse = or(object, "reverse", 0, at, |value, at| at.one_of(value, &["sign", "reflect"]));
    let span = [WindowSpan::Annual, WindowSpan::Pooled, WindowSpan::Expanding][span?];
    let reverse = [Reverse::Sign, Reverse::Reflect][reverse?];
    let method = method?;
    if reverse == Reverse::Reflect && !matches!(method, Normalisation::MinMax { .. }) {
        at.error(
            "reflect-needs-scale",
            "“reflect” chỉ dùng được với phương pháp “min_max”, vốn có thang điểm hai đầu",
            "“reflect” goes with the method “min_max” alone, whose scale has two ends",
        );
    }
    Some(Normaliser { method, window: Window { span, since }, reverse })
}

fn normalisation(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Normalisation> {
    const NAMES: [&str; 13] = [
        "as_given",
        "points",
        "min_max",
        "z_score",
        "rank",
        "percentile_rank",
        "borda",
        "distance_to_maximum",
        "distance_to_reference",
        "distance_to_target",
        "fraction_of_maximum",
        "ratio_to_best",
        "steps",
    ];
    let name = NAMES[object.need("method", at, |value, at| at.one_of(value, &NAMES))?];
    Some(match name {
        "as_given" => Normalisation::AsGiven,
        "points" => Normalisation::Points,
        "min_max" => {
            let scale = or(object, "scale", Scale::Range(0.0, 100.0), at, scale);
            let truncate = or(object, "truncate", false, at, boolean);
            Normalisation::MinMax { scale: scale?, truncate: truncate? }
        }
        "z_score" => {
            let (mean, sd) = (or(object, "mean", 0.0, at, real), or(object, "sd", 1.0, at, positive));
            Normalisation::ZScore { mean: mean?, sd: sd? }
        }
        "rank" => Normalisation::Rank,
        "percentile_rank" => Normalisation::PercentileRank,
        "borda" => Normalisation::Borda,
        "distance_to_maximum" => Normalisation::DistanceToMaximum,
        "distance_to_reference" => {
            let unit = object.need("unit", at, string).map(str::to_owned);
            let cap = or(object, "cap", false, at, boolean);
            Normalisation::DistanceToReference { unit: unit?, cap: cap? }
        }
        "distance_to_target" => Normalisation::DistanceToTarget { cap: or(object, "cap", false, at, boolean)? },
        "fraction_of_maximum" => Normalisation::FractionOfMaximum,
        "ratio_to_best" => Normalisation::RatioToBest { scale: or(object, "scale", Scale::Range(0.0, 1.0), at, scale)? },
        _ => Normalisation::Steps { steps: object.need("steps", at, steps)? },
    })
}

fn scale(value: &Value, at: &mut At<'_>) -> Option<Scale> {
    if value == "maximum" {
        return Some(Scale::Maximum);
    }
    match list(value, at, real)?.as_slice() {
        [low, high] if low < high => Some(Scale::Range(*low, *high)),
        _ => {
            at.error(
                "bad-scale",
                "Thang điểm phải là hai số tăng dần hoặc “maximum”",
                "A scale is two numbers, the lower first, or “maximum”",
            );
            None
        }
    }
}

fn steps(value: &Value, at: &mut At<'_>) -> Option<Vec<Step>> {
    let count = array(value, at)?.len();
    let steps = list(value, at, |value, at| {
        let mut object = Object::open(value, at)?;
        let (from, score) = (object.need("from", at, real), object.need("score", at, real));
        object.close(at);
        Some(Step { from: from?, score: score? })
    })?;
    if count == 0 {
        not_empty(&steps, at);
        return None;
    }
    if let Some(place) = steps.windows(2).position(|pair| pair[0].from >= pair[1].from) {
        at.index(place + 1).error("steps-not-rising", "Các bậc phải tăng dần theo “from”", "Steps must rise by “from”");
    }
    (steps.len() == count).then_some(steps)
}

fn weighting(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Weighting> {
    const NAMES: [&str; 5] = ["given", "equal", "pca", "correlation", "budget"];
    let name = NAMES[object.need("method", at, |value, at| at.one_of(value, &NAMES))?];
    Some(match name {
        "given" => Weighting::Given,
        "equal" => Weighting::Equal,
        "pca" => {
            let nodes = object.read("nodes", at, names).unwrap_or_default();
            let loadings = or(object, "loadings", 1, at, |value, at| at.one_of(value, &["raw", "squared"]));
            Weighting::Pca { nodes, loadings: [Loadings::Raw, Loadings::Squared][loadings?] }
        }
        "correlation" => {
            let nodes = object.read("nodes", at, names).unwrap_or_default();
            let iterations = or(object, "iterations", 1000, at, |value, at| whole(value, 1..=100_000, at));
            Weighting::Correlation { nodes, iterations: iterations? }
        }
        _ => Weighting::Budget(Budget { experts: object.need("experts", at, experts)? }),
    })
}

fn experts(value: &Value, at: &mut At<'_>) -> Option<Vec<BTreeMap<String, f64>>> {
    let experts = list(value, at, |value, at| {
        let object = Object::open(value, at)?;
        let mut points = BTreeMap::new();
        for (code, value) in object.members() {
            let mut at = at.key(code);
            item_code(&Value::from(code.as_str()), &mut at);
            points.insert(code.clone(), not_negative(value, &mut at)?);
        }
        Some(points)
    })?;
    not_empty(array(value, at)?, at);
    (experts.len() == array(value, at)?.len()).then_some(experts)
}

fn aggregation(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Aggregation> {
    let method = aggregator(object, at);
    let threshold = object.read("threshold", at, share);
    let by_depth = object.read("by_depth", at, |value, at| {
        list(value, at, |value, at| {
            let mut object = Object::open(value, at)?;
            let depth = object.need("depth", at, |value, at| whole(value, 0..=64, at));
            let method = aggregator(&mut object, at);
            object.close(at);
            Some(LevelAggregator { depth: depth?, method: method? })
        })
    });
    Some(Aggregation { method: method?, threshold, by_depth: by_depth.unwrap_or_default() })
}

/// Reads a way to combine children, from a stage or a node.
pub(super) fn aggregator(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Aggregator> {
    const NAMES: [&str; 8] = ["arithmetic", "geometric", "harmonic", "generalised", "sum", "weighted_sum", "median", "copeland"];
    let name = NAMES[object.need("method", at, |value, at| at.one_of(value, &NAMES))?];
    Some(match name {
        "arithmetic" => Aggregator::Arithmetic,
        "geometric" => Aggregator::Geometric,
        "harmonic" => Aggregator::Harmonic,
        "generalised" => Aggregator::Generalised { power: object.need("power", at, real)? },
        "sum" => Aggregator::Sum,
        "weighted_sum" => Aggregator::WeightedSum,
        "median" => Aggregator::Median,
        _ => Aggregator::Copeland,
    })
}

/// A member that may be left out: its default then; nothing where it is there and faulty.
pub(super) fn or<'v, T>(
    object: &mut Object<'v>,
    name: &'static str,
    default: T,
    at: &mut At<'_>,
    read: impl FnOnce(&'v Value, &mut At<'_>) -> Option<T>,
) -> Option<T> {
    if object.has(name) { object.read(name, at, read) } else { Some(default) }
}

/// A number from 0 to 1.
pub(super) fn share(value: &Value, at: &mut At<'_>) -> Option<f64> {
    let share = real(value, at)?;
    if (0.0..=1.0).contains(&share) {
        return Some(share);
    }
    at.error("out-of-range", "Phải là số từ 0 đến 1", "Must be a number from 0 to 1");
    None
}

/// A number above 0.
pub(super) fn positive(value: &Value, at: &mut At<'_>) -> Option<f64> {
    let number = real(value, at)?;
    if number > 0.0 {
        return Some(number);
    }
    at.error("out-of-range", "Phải là số lớn hơn 0", "Must be a number above 0");
    None
}

/// A number of at least 0.
pub(super) fn not_negative(value: &Value, at: &mut At<'_>) -> Option<f64> {
    let number = real(value, at)?;
    if number >= 0.0 {
        return Some(number);
    }
    at.error("negative-weight", "Trọng số không được âm", "A weight must not be negative");
    None
}
