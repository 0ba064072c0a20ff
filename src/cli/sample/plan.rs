//! `hailong sample plan`: sizes, their division among strata, and what they would give.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::or_findings;
use crate::cli::{Context, file, lang};
use crate::design::plan::{
    Bounds, Change, Outlook, OutlookLine, Precision, Rule, StrataColumns, Stratum, Target, allocate, cluster_effect, invitations, outlook,
    read_strata,
};
use crate::numeric::distribution::normal;

/// What is planned.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The frame: CSV, one or more rows a stratum.
    #[arg(long)]
    frame: PathBuf,
    /// The column with the stratum.
    #[arg(long, default_value = "province")]
    by: String,
    /// The column with the people of a row; without one each row is one.
    #[arg(long)]
    size: Option<String>,
    /// Answers in all, to be divided.
    #[arg(long, required_unless_present = "half_width")]
    total: Option<u64>,
    /// The half-width wished for, in points; without a total each stratum gets what it takes.
    #[arg(long)]
    half_width: Option<f64>,
    /// How the total is divided: `equal`, `proportional`, `optimum`, `power:Q` or `kish:I`.
    #[arg(long, default_value = "proportional", value_parser = rule)]
    rule: Rule,
    /// The column with the spread within the stratum, for `optimum` and `power`.
    #[arg(long)]
    spread: Option<String>,
    /// The column with the cost of an answer, for `optimum`.
    #[arg(long)]
    cost: Option<String>,
    /// The least that a stratum gets.
    #[arg(long, default_value_t = 1)]
    minimum: u64,
    /// The most that a stratum gets.
    #[arg(long)]
    maximum: Option<u64>,
    /// The share to estimate, in percent.
    #[arg(long, default_value_t = 50.0, conflicts_with = "sd")]
    share: f64,
    /// The standard deviation of the score to estimate, in its points, instead of a share.
    #[arg(long)]
    sd: Option<f64>,
    /// The design effect of clusters and weights.
    #[arg(long, default_value_t = 1.0, conflicts_with = "icc")]
    deff: f64,
    /// The intraclass correlation, instead of a design effect.
    #[arg(long, requires = "per_psu")]
    icc: Option<f64>,
    /// Answers a PSU, for `--icc`.
    #[arg(long)]
    per_psu: Option<f64>,
    /// The level of the intervals, in percent.
    #[arg(long, default_value_t = 95.0)]
    level: f64,
    /// The share of those asked who answer, in percent.
    #[arg(long, default_value_t = 100.0)]
    response: f64,
    /// Also says how many answers a year find a change of so many points significant.
    #[arg(long, allow_negative_numbers = true)]
    change: Option<f64>,
    /// The power with which `--change` is to be found, in percent.
    #[arg(long, default_value_t = 80.0)]
    power: f64,
    /// The share of PSUs that both years have, in percent.
    #[arg(long, default_value_t = 0.0)]
    overlap: f64,
    /// The correlation between the years in those.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    correlation: f64,
    /// One line of JSON instead of the table; half-widths in points.
    #[arg(long)]
    json: bool,
}

/// `power:0.5` and the like.
fn rule(text: &str) -> Result<Rule, String> {
    let (name, parameter) = text.split_once(':').map_or((text, None), |(name, parameter)| (name, Some(parameter)));
    let number = || {
        parameter
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| lang::chosen().pick(format!("{name} cần một số: {name}:0.5"), format!("{name} needs a number: {name}:0.5")))
    };
    match (name, parameter) {
        ("equal", None) => Ok(Rule::Equal),
        ("proportional", None) => Ok(Rule::Proportional),
        ("optimum", None) => Ok(Rule::Optimum),
        ("power", _) => Ok(Rule::Power { exponent: number()? }),
        ("kish", _) => Ok(Rule::Kish { importance: number()? }),
        _ => {
            const KNOWN: &str = "equal, proportional, optimum, power:Q, kish:I";
            Err(lang::chosen().pick(format!("phải là một trong: {KNOWN}"), format!("one of {KNOWN}")))
        }
    }
}

impl Arguments {
    fn target(&self, change: f64) -> Target {
        self.sd.map_or(Target::Share { p: (self.share + change) / 100.0 }, |sd| Target::Mean { sd })
    }

    /// How many points make one unit of the target.
    fn points(&self) -> f64 {
        if self.sd.is_some() { 1.0 } else { 100.0 }
    }

    fn deff(&self) -> Result<f64> {
        Ok(match (self.icc, self.per_psu) {
            (Some(icc), Some(per_psu)) => cluster_effect(per_psu, icc)?,
            _ => self.deff,
        })
    }

    /// The normal quantile of the level.
    fn quantile(&self) -> Result<f64> {
        percent("--level", self.level).map(|level| normal::quantile(0.5 + level / 2.0))
    }

    /// How many answers each stratum gets.
    fn answers(&self, strata: &[Stratum], precision: Precision) -> Result<Vec<u64>> {
        if let Some(total) = self.total {
            let bounds = Bounds { minimum: self.minimum, maximum: self.maximum.unwrap_or(u64::MAX) };
            return Ok(allocate(total, self.rule, strata, bounds)?);
        }
        let Some(wish) = self.half_width else {
            bail!("{}", lang::chosen().pick("hãy nêu --total hoặc --half-width", "--total or --half-width says how many"))
        };
        let needed = strata.iter().map(|stratum| match stratum.size {
            1 => Ok(1),
            size => precision.within(size)?.answers_for(wish / self.points()),
        });
        Ok(needed.collect::<Result<Vec<u64>, _>>()?)
    }
}

/// A percentage strictly between 0 and 100, as a share.
fn percent(name: &str, value: f64) -> Result<f64> {
    if !(value > 0.0 && value < 100.0) {
        let vi = format!("{name} là {value}; phải nằm giữa 0 và 100");
        bail!("{}", lang::chosen().pick(vi, format!("{name} is {value}; it must lie between 0 and 100")));
    }
    Ok(value / 100.0)
}

/// Prints the table.
pub(super) fn plan(context: &Context, arguments: &Arguments) -> Result<()> {
    let columns = StrataColumns {
        by: &arguments.by,
        size: arguments.size.as_deref(),
        spread: arguments.spread.as_deref(),
        cost: arguments.cost.as_deref(),
    };
    let strata = or_findings(context.lang, &arguments.frame, read_strata(file::bytes(&arguments.frame, context.lang)?, columns))?;
    let precision = Precision::new(arguments.target(0.0), arguments.quantile()?, arguments.deff()?, None)?;
    let answers = arguments.answers(&strata, precision)?;
    let wish = arguments.half_width.map(|points| points / arguments.points());
    let response = arguments.response / 100.0;
    let mut table = outlook(&strata, &answers, precision, wish, response)?;
    for line in table.strata.iter_mut().chain([&mut table.total]) {
        line.half_width = line.half_width.map(|width| width * arguments.points());
    }
    let change = change(arguments)?;
    if arguments.json {
        let invited = change.map(|answers| invitations(answers, response)).transpose()?;
        let mut value = serde_json::to_value(&table)?;
        value["deff"] = arguments.deff()?.into();
        value["level"] = (arguments.level / 100.0).into();
        value["change"] = serde_json::json!({ "answers_a_year": change, "invitations_a_year": invited });
        println!("{value}");
        return Ok(());
    }
    print(arguments, &table, arguments.deff()?);
    if let (Some(points), Some(answers)) = (arguments.change, change) {
        let (power, ask) = (arguments.power, invitations(answers, response)?);
        let said = context.lang.pick(
            format!("Thay đổi {points} điểm, lực kiểm định {power}%: {answers} phiếu mỗi năm, hỏi {ask} người"),
            format!("Change of {points} points, power {power}%: {answers} answers a year, {ask} to ask"),
        );
        println!("{said}");
    }
    Ok(())
}

/// The answers a year that find the change significant, two-sided at one less the level.
fn change(arguments: &Arguments) -> Result<Option<u64>> {
    let Some(points) = arguments.change else { return Ok(None) };
    let power = normal::quantile(percent("--power", arguments.power)?);
    let years = Change {
        before: arguments.target(0.0),
        after: arguments.target(points),
        deff: arguments.deff()?,
        overlap: arguments.overlap / 100.0,
        correlation: arguments.correlation,
    };
    Ok(Some(years.answers_for(points / arguments.points(), arguments.quantile()?, power)?))
}

fn print(arguments: &Arguments, table: &Outlook, deff: f64) {
    let wish = arguments.half_width.map_or_else(String::new, |wish| format!("n ±{wish}"));
    let of = arguments.sd.map_or_else(|| format!("{}%", arguments.share), |sd| format!("sd {sd}"));
    let (level, response, lang) = (arguments.level, arguments.response, lang::chosen());
    let said = lang.pick(
        format!("{of}, khoảng tin cậy {level}%, hệ số thiết kế {deff}, tỷ lệ trả lời {response}%; ± tính bằng điểm"),
        format!("{of}, {level}% intervals, deff {deff}, response {response}%; ± in points"),
    );
    println!("{said}");
    let [stratum, ask, total] = lang.pick(["Tầng", "hỏi", "Tổng"], ["Stratum", "ask", "Total"]);
    println!("{stratum:<24}{:>12}{:>9}{ask:>9}{:>9}{:>9}{:>9}", "N", "n", "±", wish, "Slovin");
    for line in &table.strata {
        print_line(&line.stratum, line);
    }
    print_line(total, &table.total);
}

fn print_line(name: &str, line: &OutlookLine) {
    let width = line.half_width.map_or_else(|| "–".to_owned(), |width| format!("{width:.2}"));
    let needed = line.needed.map_or_else(String::new, |needed| needed.to_string());
    println!("{name:<24}{:>12}{:>9}{:>9}{width:>9}{needed:>9}{:>9}", line.population, line.answers, line.invitations, line.slovin);
}
