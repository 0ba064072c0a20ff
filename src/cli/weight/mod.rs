//! `hailong weight`: weights from a plan, with what a statistician reads before trusting them.

mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::{Context, file, findings};
use crate::design::weighting::{Plan, Sheet, Weighting, apply};
use crate::words::Finding;

/// Which plan, and where the weights go.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The plan: data, base weights and steps in order; files are named relative to it. `docs/examples/weighting` has one.
    plan: PathBuf,
    /// Writes the data with a column for the weights after each step, and `weight` for the last.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Writes the sample list `respondent[,psu],weight` of those who answered, as `hailong import --respondents` reads it.
    #[arg(long)]
    respondents: Option<PathBuf>,
    /// Diagnostics as JSON.
    #[arg(long)]
    json: bool,
}

/// Makes the weights and prints their diagnostics; prints every finding and fails where there is one.
pub(super) fn weight(context: &Context, arguments: &Arguments) -> ExitCode {
    let name = arguments.plan.display().to_string();
    match weigh(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(findings) => {
            for finding in &findings {
                eprintln!("{name}: {}", findings::line(finding, context.lang));
            }
            ExitCode::FAILURE
        }
    }
}

fn weigh(arguments: &Arguments) -> Result<(), Vec<Finding>> {
    let one = |finding: Finding| vec![finding];
    let text = file::try_read(&arguments.plan).map_err(one)?;
    let plan = Plan::parse(&text)?;
    let folder = arguments.plan.parent().unwrap_or(Path::new(""));
    let sheet = sheet(folder, &plan.data, &plan.numbers(), "/data")?;
    let weighting = apply(&plan, &sheet, &total_files(&plan, folder)?)?;
    let ids = sheet.column(&plan.id, "/id").map_err(one)?;
    if let Some(path) = &arguments.output {
        write(path, &with_weights(&sheet, &weighting).map_err(one)?).map_err(one)?;
    }
    if let Some(path) = &arguments.respondents {
        let psus = plan.psu.as_ref().map(|name| sheet.column(name, "/psu")).transpose().map_err(one)?;
        write(path, &sample_list(&ids, psus.as_deref(), &weighting).map_err(one)?).map_err(one)?;
    }
    if arguments.json {
        println!("{}", report::json(&weighting, &ids));
    } else {
        report::print(&weighting, &ids, crate::cli::lang::chosen());
    }
    Ok(())
}

/// A file that the plan names.
fn sheet(folder: &Path, data: &str, numbers: &[&str], pointer: &str) -> Result<Sheet, Vec<Finding>> {
    let path = folder.join(data);
    let name = path.display().to_string();
    let of_file =
        |found: Finding| vec![Finding::error(pointer, found.code, format!("{name}: {}", found.vi), format!("{name}: {}", found.en))];
    let bytes = file::try_bytes(&path).map_err(of_file)?;
    Sheet::parse(&name, &bytes, numbers, pointer)
}

/// The files of totals that a plan names, each once.
fn total_files(plan: &Plan, folder: &Path) -> Result<BTreeMap<String, Sheet>, Vec<Finding>> {
    let (mut files, mut findings) = (BTreeMap::new(), Vec::new());
    for (pointer, file) in plan.total_files() {
        match sheet(folder, file, &["total"], &pointer) {
            Ok(sheet) => drop(files.insert(file.to_owned(), sheet)),
            Err(found) => findings.extend(found),
        }
    }
    if findings.is_empty() { Ok(files) } else { Err(findings) }
}

/// The data with a column for each step: `weight_0_base`, `weight_1_…`, and `weight`.
fn with_weights(sheet: &Sheet, weighting: &Weighting) -> Result<Vec<u8>, Finding> {
    let mut columns: Vec<(String, &[f64])> = weighting
        .steps
        .iter()
        .enumerate()
        .map(|(place, step)| (format!("weight_{place}_{}", step.name), step.weights.as_slice()))
        .collect();
    columns.extend(weighting.steps.last().map(|step| ("weight".to_owned(), step.weights.as_slice())));
    let taken = columns.iter().find(|(name, _)| sheet.column(name, "").is_ok());
    if let Some((name, _)) = taken {
        let (vi, en) = (format!("Dữ liệu đã có cột “{name}”"), format!("The data has a column “{name}” already"));
        return Err(Finding::error("/data", "column-taken", vi, en));
    }
    sheet.with_columns(&columns).map_err(|error| unwritten(&error))
}

/// The sample list of those who answered and have a weight.
fn sample_list(ids: &[&str], psus: Option<&[&str]>, weighting: &Weighting) -> Result<Vec<u8>, Finding> {
    let weights = weighting.steps.last().map(|step| step.weights.as_slice()).unwrap_or_default();
    let answered = |row: &usize| weighting.respondents[*row];
    if let Some(row) = (0..weights.len()).filter(answered).find(|row| weights[*row] <= 0.0) {
        let (vi, en) = (
            format!("Người trả lời “{}” có trọng số {}: cần số dương; hãy dùng khoảng cách có giới hạn", ids[row], weights[row]),
            format!(
                "Respondent “{}” has the weight {}: a sample list needs positive ones; use a distance with bounds",
                ids[row], weights[row]
            ),
        );
        return Err(Finding::error("/steps", "weight-not-positive", vi, en));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut record = |fields: [&str; 3]| match psus {
        Some(_) => writer.write_record(fields),
        None => writer.write_record([fields[0], fields[2]]),
    };
    record(["respondent", "psu", "weight"]).map_err(|error| unwritten(&error))?;
    for row in (0..weights.len()).filter(answered) {
        let psu = psus.map_or("", |psus| psus[row]);
        record([ids[row], psu, &weights[row].to_string()]).map_err(|error| unwritten(&error))?;
    }
    writer.into_inner().map_err(|error| unwritten(error.error()))
}

fn unwritten(error: &dyn std::fmt::Display) -> Finding {
    Finding::error("", "file-unwritable", format!("Không ghi được tệp: {error}"), format!("The file cannot be written: {error}"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Finding> {
    std::fs::write(path, bytes).map_err(|error| unwritten(&format!("{}: {error}", path.display())))
}
