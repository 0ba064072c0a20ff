//! A sensitivity analysis on the screen: ranges of ranks, and shares of variance.

use crate::cli::findings;
use crate::cli::lang;
use crate::composite::sensitivity::{MonteCarlo, Sensitivity, Share, SobolRun};
use crate::schema::composite::{FactorSet, SensitivityOutput};
use crate::words::Lang;

/// Units of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// Ranges of ranks, then shares of variance where the factors ask for them.
pub(super) fn print(found: &Sensitivity, factors: &FactorSet, lang: Lang) {
    ranks(&found.monte_carlo, factors, lang);
    if let Some(sobol) = &found.sobol {
        shares(sobol, lang);
    }
}

fn ranks(found: &MonteCarlo, factors: &FactorSet, lang: Lang) {
    let replicates = lang.count(found.replicates, "mẫu lặp", ["replicate", "replicates"]);
    let failed = found.failed;
    let heading =
        lang.pick(format!("hạng qua {replicates}, {failed} mẫu không tính được"), format!("ranks over {replicates}, {failed} failed"));
    println!("\n{heading}");
    if let Some(failure) = &found.failure {
        println!("  {}: {failure}", lang.pick("mẫu đầu tiên không tính được", "the first that failed"));
    }
    let shift = found.mean_rank_shift;
    let moved = lang.pick(format!("hạng xê dịch trung bình {shift:.2} bậc"), format!("ranks move by {shift:.2} places on average"));
    println!("  {moved}");
    let [rank, unit, median, all, top, shift] =
        lang.pick(["hạng", "đơn vị", "trung vị", "mọi mẫu", "top", "xê dịch"], ["rank", "unit", "median", "all", "top", "shift"]);
    let (middle, top) = (format!("{:.0} %", 100.0 * factors.level()), format!("{top} {}", factors.top()));
    println!("\n  {rank:>5}  {unit:<20} {median:>8} {middle:>11} {all:>11} {top:>9} {shift:>9}");
    let mut units: Vec<_> = found.units.iter().collect();
    units.sort_by(|a, b| (a.rank, &a.unit).cmp(&(b.rank, &b.unit)));
    for unit in units.iter().take(ROWS) {
        let (middle, all) = (format!("{}–{}", unit.low, unit.high), format!("{}–{}", unit.best, unit.worst));
        let (rank, name, median, top, shift) = (unit.rank, findings::name(&unit.unit), unit.median, 100.0 * unit.top, unit.mean_shift);
        println!("  {rank:>5}  {name:<20} {median:>8.1} {middle:>11} {all:>11} {top:>8.1}% {shift:>9.2}");
    }
    lang::more(lang, units.len(), ROWS, "đơn vị", ["unit", "units"]);
}

fn shares(sobol: &SobolRun, lang: Lang) {
    let output = match &sobol.output {
        SensitivityOutput::MeanRankShift => lang.pick("độ xê dịch hạng trung bình", "the mean rank shift").to_owned(),
        SensitivityOutput::Score { unit } => lang.pick(format!("điểm của {unit}"), format!("the score of {unit}")),
        SensitivityOutput::Rank { unit } => lang.pick(format!("hạng của {unit}"), format!("the rank of {unit}")),
    };
    let (mean, variance) = (sobol.mean, sobol.variance);
    let evaluations = lang.count(sobol.evaluations, "lần tính", ["evaluation", "evaluations"]);
    let heading = lang.pick(
        format!("phần phương sai của {output} do từng yếu tố, từ {evaluations}; trung bình {mean:.3}, phương sai {variance:.3}"),
        format!("shares of the variance of {output}, from {evaluations}; mean {mean:.3}, variance {variance:.3}"),
    );
    println!("\n{heading}");
    if sobol.factors.is_empty() {
        println!("  {}", lang.pick("không biến thiên", "it does not vary"));
        return;
    }
    let [factor, first, total] = lang.pick(["yếu tố", "riêng", "tổng"], ["factor", "first", "total"]);
    println!("\n  {factor:<20} {first:>7} {:>16} {total:>7} {:>16}", "", "");
    for factor in &sobol.factors {
        let bounds = |share: &Share| format!("{:.3} {} {:.3}", share.low, lang.pick("đến", "to"), share.high);
        let (first, total) = (&factor.first, &factor.total);
        println!("  {:<20} {:>7.3} {:>16} {:>7.3} {:>16}", factor.factor, first.value, bounds(first), total.value, bounds(total));
    }
}
