//! What is printed of a weighting.

use serde_json::{Value, json};

use crate::design::weighting::{StepResult, Weighting};
use crate::design::{ClassLine, FactorSummary, MarginLine, ResponseRates, WeightSummary, extreme};
use crate::words::Lang;

/// Categories with fewer rows are marked: their weights rest on few people.
const FEW: usize = 20;
/// Weights of so many medians are listed.
const EXTREME: f64 = 4.0;
/// How many of them.
const LISTED: usize = 10;

/// The names of the quantiles of a summary.
const QUANTILES: [&str; 7] = ["min", "p1", "q1", "median", "q3", "p99", "max"];

/// Prints tables for people.
pub(super) fn print(weighting: &Weighting, ids: &[&str], lang: Lang) {
    let answered = weighting.respondents.iter().filter(|answered| **answered).count();
    let rows = weighting.respondents.len();
    println!("{}", lang.pick(format!("{rows} dòng, {answered} người trả lời"), format!("{rows} rows, {answered} respondents")));
    for (rates, how) in weighting
        .rates
        .iter()
        .flatten()
        .zip(lang.pick(["không trọng số", "theo trọng số cơ sở"], ["unweighted", "weighted by base weights"]))
    {
        let rates: Vec<String> = (1..).zip(rates.rates).map(|(place, rate)| format!("RR{place} {}", percent(rate))).collect();
        println!("{}, {how}: {}", lang.pick("tỷ lệ trả lời", "response rates"), rates.join("  "));
    }
    for (place, step) in weighting.steps.iter().enumerate() {
        print_step(place, step, lang);
    }
    let last = weighting.steps.last().map(|step| extreme(&step.weights, EXTREME, LISTED)).unwrap_or_default();
    if !last.is_empty() {
        let said = lang
            .pick(format!("những trọng số lớn nhất, từ {EXTREME} lần trung vị"), format!("largest weights of at least {EXTREME} medians"));
        println!("\n{said}");
        for (row, weight) in last {
            println!("  {:<20} {weight:>14.4}", ids.get(row).copied().unwrap_or_default());
        }
    }
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or("–".to_owned(), |rate| format!("{:.1}%", 100.0 * rate))
}

fn print_step(place: usize, step: &StepResult, lang: Lang) {
    let rounds = step.rounds.map_or(String::new(), |rounds| format!(", {rounds} {}", lang.pick("vòng", "rounds")));
    println!("\n{place} {}{rounds}", step.name);
    let Some(summary) = &step.summary else {
        println!("  {}", lang.pick("không còn trọng số nào", "no weight is left"));
        return;
    };
    let [weight, factor, low, high, below_zero] = lang.pick(
        ["trọng số", "hệ số", "hệ số ở giới hạn dưới", "ở giới hạn trên", "âm"],
        ["weight", "factor", "factors at the lower bound", "at the upper bound", "negative"],
    );
    println!("  {:>8} {}", "", QUANTILES.map(|name| format!("{name:>12}")).concat());
    println!("  {weight:>8} {}", summary.quantiles.map(|weight| format!("{weight:>12.4}")).concat());
    if let Some(factors) = step.factors {
        println!("  {factor:>8} {}", factors.quantiles.map(|factor| format!("{factor:>12.4}")).concat());
        let FactorSummary { at_low, at_high, negative, .. } = factors;
        if at_low + at_high + negative > 0 {
            println!("  {at_low} {low}, {at_high} {high}, {negative} {below_zero}");
        }
    }
    let WeightSummary { count, sum, cv, deff, effective, .. } = summary;
    let said = lang.pick(
        format!("{count} trọng số, tổng {sum:.4}, CV {cv:.4}, hệ số thiết kế Kish {deff:.4}, cỡ mẫu hiệu dụng {effective:.1}"),
        format!("{count} weights, sum {sum:.4}, CV {cv:.4}, Kish's design effect {deff:.4}, effective size {effective:.1}"),
    );
    println!("  {said}");
    if let Some(trimmed) = &step.trimmed {
        let (low, high, raised, cut) = (trimmed.low, trimmed.high, trimmed.below, trimmed.above);
        let said = lang.pick(
            format!("giới hạn từ {low:.4} đến {high:.4}: nâng {raised}, cắt {cut}"),
            format!("limits {low:.4} to {high:.4}: {raised} raised, {cut} cut"),
        );
        println!("  {said}");
    }
    step.classes.iter().enumerate().for_each(|(place, class)| print_class(place, class, lang));
    step.margins.iter().enumerate().for_each(|(place, line)| print_margin(place, line, lang));
}

fn print_class(place: usize, class: &ClassLine, lang: Lang) {
    if place == 0 {
        let [class, cases, takers, rate, factor] =
            lang.pick(["nhóm", "số ca", "nhận", "tỷ lệ", "hệ số"], ["class", "cases", "take", "rate", "factor"]);
        println!("  {class:<32} {cases:>6} {takers:>6} {rate:>8} {factor:>8}");
    }
    let merged = if class.names.len() > 1 { lang.pick("  (đã gộp)", "  (merged)") } else { "" };
    let (names, rate) = (padded(&class.names.join(" + "), 32), percent(Some(class.rate())));
    println!("  {names} {:>6} {:>6} {rate:>8} {:>8.4}{merged}", class.cases, class.takers, class.factor());
}

fn print_margin(place: usize, line: &MarginLine, lang: Lang) {
    if place == 0 {
        let [margin, rows, before, after, total, gap] = lang
            .pick(["nhóm của tổng thể", "dòng", "trước", "sau", "tổng", "chênh"], ["margin", "rows", "before", "after", "total", "gap"]);
        println!("  {margin:<32} {rows:>6} {before:>14} {after:>14} {total:>14} {gap:>9}");
    }
    let few = if line.rows < FEW { lang.pick("  (ít dòng)", "  (few rows)") } else { "" };
    let MarginLine { name, rows, before, after, total } = line;
    println!("  {} {rows:>6} {before:>14.2} {after:>14.2} {total:>14.2} {:>9.1e}{few}", padded(name, 32), line.gap());
}

/// A name cut or filled to so many characters; `{:<32}` would count bytes of nothing, and never cuts.
fn padded(name: &str, width: usize) -> String {
    let cut: String = name.chars().take(width).collect();
    let missing = width.saturating_sub(cut.chars().count());
    cut + &" ".repeat(missing)
}

/// The same for programs.
pub(super) fn json(weighting: &Weighting, ids: &[&str]) -> Value {
    let steps: Vec<Value> = weighting.steps.iter().map(step).collect();
    let largest = weighting.steps.last().map(|step| extreme(&step.weights, EXTREME, LISTED)).unwrap_or_default();
    let largest: Vec<Value> = largest.into_iter().map(|(row, weight)| json!({ "id": ids.get(row), "weight": weight })).collect();
    json!({
        "rows": weighting.respondents.len(),
        "respondents": weighting.respondents.iter().filter(|answered| **answered).count(),
        "response_rates": weighting.rates.map(|[plain, weighted]| json!({ "unweighted": rates(&plain), "weighted": rates(&weighted) })),
        "steps": steps,
        "largest": largest,
    })
}

fn rates(rates: &ResponseRates) -> Value {
    let mut object: serde_json::Map<String, Value> =
        (1..).zip(rates.rates).map(|(place, rate)| (format!("rr{place}"), json!(rate))).collect();
    object.insert("eligible_share".to_owned(), json!(rates.eligible_share));
    Value::Object(object)
}

fn quantiles(values: [f64; 7]) -> Value {
    QUANTILES.into_iter().zip(values).map(|(name, value)| (name.to_owned(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

fn step(step: &StepResult) -> Value {
    let summary = step.summary.map(|summary| {
        json!({
            "count": summary.count, "sum": summary.sum, "mean": summary.mean, "cv": summary.cv, "deff": summary.deff,
            "effective": summary.effective, "quantiles": quantiles(summary.quantiles),
        })
    });
    let factors = step.factors.map(|factors| {
        json!({
            "quantiles": quantiles(factors.quantiles), "at_low": factors.at_low, "at_high": factors.at_high, "negative": factors.negative,
        })
    });
    let trimmed = step
        .trimmed
        .as_ref()
        .map(|trimmed| json!({ "low": trimmed.low, "high": trimmed.high, "below": trimmed.below, "above": trimmed.above }));
    let classes: Vec<Value> = step
        .classes
        .iter()
        .map(|class| {
            json!({
                "classes": class.names, "cases": class.cases, "takers": class.takers, "rate": class.rate(), "factor": class.factor(),
            })
        })
        .collect();
    let margins: Vec<Value> = step
        .margins
        .iter()
        .map(|line| {
            json!({
                "name": line.name, "rows": line.rows, "before": line.before, "after": line.after, "total": line.total, "gap": line.gap(),
                "few_rows": line.rows < FEW,
            })
        })
        .collect();
    json!({
        "step": step.name, "rounds": step.rounds, "weights": summary, "factors": factors, "trimmed": trimmed, "classes": classes,
        "margins": margins,
    })
}
