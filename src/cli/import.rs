//! `hailong import`: a CSV file of answers, with the definitions that give them meaning.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::cli::Context;
use crate::cli::context::{definition, myself, now, operator, publish};
use crate::design::{Chain, Design, DesignKind, Mode, WeightUnit};
use crate::jobs::load;
use crate::jobs::place::design_rows;
use crate::office::import::{Batch, Columns, distinct};
use crate::schema::{Checked, Document};
use crate::store::chain::{self, NewChain};
use crate::store::units::UnitRow;
use crate::store::waves::{self, NewWave};
use crate::store::writer::WriterOptions;
use crate::store::{Db, schemas, units};
use crate::unit::{Registry, UnitKind};
use crate::words::Finding;

/// Findings that are printed; the rest is counted.
const FINDINGS: usize = 20;

/// What to import.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The answers: a column for each item, named by its code.
    csv: PathBuf,
    /// The questionnaire that was answered.
    #[arg(long)]
    questionnaire: PathBuf,
    /// An index over it, to publish along.
    #[arg(long)]
    index: Option<PathBuf>,
    /// The wave; made if it is not there.
    #[arg(long)]
    wave: String,
    /// The code list of the rated units. A list that is not there is made of the codes in the file.
    #[arg(long)]
    unit_list: String,
    /// The column with the code of the rated unit.
    #[arg(long)]
    unit_column: String,
    /// How the answers came about: `probability_sample`, `transaction_stream` or `opt_in`.
    #[arg(long, default_value = "probability_sample", value_parser = mode)]
    mode: Mode,
    /// Customers that the rated units served, of a wave that is no probability sample.
    #[arg(long)]
    customers: Option<i64>,
    /// Invitations to answer that were made to them.
    #[arg(long)]
    invitations: Option<i64>,
    /// Why one of these numbers is not known.
    #[arg(long, value_name = "REASON")]
    chain_unknown: Option<String>,
    /// The design table `psu,stratum[,fpc][,area][,weight]`; without one each record is its own sampling unit.
    #[arg(long)]
    psus: Option<PathBuf>,
    /// The sample list `respondent[,psu],weight`.
    #[arg(long)]
    respondents: Option<PathBuf>,
    /// The column with the PSU.
    #[arg(long)]
    psu_column: Option<String>,
    /// The column with the respondent's code on the sample list.
    #[arg(long)]
    respondent_column: Option<String>,
    /// The column that tells records apart; without one, lines do.
    #[arg(long)]
    id_column: Option<String>,
}

fn mode(name: &str) -> Result<Mode, String> {
    Mode::parse(name).ok_or_else(|| format!("one of {}", Mode::ALL.map(Mode::as_str).join(", ")))
}

/// Imports, and says what became of it.
pub(super) fn import(context: &Context, arguments: &Arguments) -> Result<()> {
    let text = read(&arguments.csv)?;
    let office = context.office()?;
    let (store, me, actor) = (office.store().clone(), myself(&office)?, operator());
    let survey = store.write(|db| -> Result<_> {
        let survey = definitions(db, arguments, &actor)?;
        let registry = rated_units(db, arguments, &text)?;
        wave(db, arguments, &survey, &registry, &actor)?;
        Ok(survey)
    })?;
    let (registry, field) = store.read(|db| -> Result<_> {
        let registry = load::registry(db)?;
        let field = load::wave(db, &arguments.wave, None, &registry)?.context("the wave is gone")?;
        Ok((registry, field))
    })?;
    let batch = Batch { field: &field, survey: &survey, units: &registry, actor: &me, now: now() };
    let columns = Columns {
        unit: arguments.unit_column.clone(),
        psu: arguments.psu_column.clone(),
        respondent: arguments.respondent_column.clone(),
        id: arguments.id_column.clone(),
    };
    let writer = store.start_writer(WriterOptions::default())?;
    let report = batch.csv(&text, &columns, &writer);
    writer.shutdown();
    let report = report?;
    for (line, finding) in report.findings.iter().take(FINDINGS) {
        println!("{}: line {line} {finding}", arguments.csv.display());
    }
    if report.findings.len() > FINDINGS {
        println!("… and {} more findings", report.findings.len() - FINDINGS);
    }
    println!(
        "{} records: {} stored, {} kept as invalid, {} there already, {} without a place",
        report.records,
        report.stored,
        report.invalid,
        report.replayed,
        report.records - report.stored - report.invalid - report.replayed
    );
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Publishes the definitions; returns the questionnaire.
fn definitions(db: &mut Db, arguments: &Arguments, actor: &str) -> Result<load::Survey> {
    let file = |path: &PathBuf| -> Result<(String, Checked)> {
        let text = read(path)?;
        let checked = definition(&path.display().to_string(), &text)?;
        Ok((text, checked))
    };
    let (text, checked) = file(&arguments.questionnaire)?;
    let Document::Questionnaire(questionnaire) = &checked.document else {
        bail!("{} is no questionnaire", arguments.questionnaire.display())
    };
    publish(db, &text, &checked, actor)?;
    if let Some(path) = &arguments.index {
        let (text, checked) = file(path)?;
        if !matches!(checked.document, Document::Index(_)) {
            bail!("{} is no index definition", path.display());
        }
        publish(db, &text, &checked, actor)?;
    }
    let row = schemas::find_survey(db, questionnaire.code(), questionnaire.version())?.context("the questionnaire is gone")?;
    Ok(load::survey(&row)?)
}

/// Makes a list of agencies of the codes in the file, if there is no such list.
fn rated_units(db: &mut Db, arguments: &Arguments, text: &str) -> Result<Registry> {
    let registry = load::registry(db)?;
    if registry.iter().any(|unit| unit.record.list == arguments.unit_list) {
        return Ok(registry);
    }
    let since = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default().to_epoch_days();
    let row = |code: String| UnitRow {
        list: arguments.unit_list.clone(),
        kind: UnitKind::Agency.as_str().to_owned(),
        name_vi: code.clone(),
        name_en: Some(code.clone()),
        code,
        parent: None,
        valid_from: since,
        valid_to: None,
    };
    let rows: Vec<UnitRow> = distinct(text, &arguments.unit_column)?.into_iter().map(row).collect();
    println!("list {}: {} units made of the codes in the file", arguments.unit_list, rows.len());
    units::seed(db, &rows, &[])?;
    Ok(load::registry(db)?)
}

/// Makes the wave and its design, if they are not there.
fn wave(db: &mut Db, arguments: &Arguments, survey: &load::Survey, units: &Registry, actor: &str) -> Result<()> {
    let kind = if arguments.psus.is_some() { DesignKind::Cluster } else { DesignKind::Element };
    let found = waves::find(db, &arguments.wave)?;
    let said = said(arguments, found.is_none())?;
    let wave = match found {
        Some(wave) => wave,
        None => waves::create(
            db,
            &NewWave {
                code: arguments.wave.clone(),
                survey_code: survey.questionnaire.code().to_owned(),
                title: serde_json::to_string(survey.questionnaire.title())?,
                mode: arguments.mode.as_str().to_owned(),
                frame_label: serde_json::json!({ "vi": "Nhập từ tệp CSV", "en": "Imported from a CSV file" }).to_string(),
                unit_list: arguments.unit_list.clone(),
                opens_at: 0,
                closes_at: None,
                weight_exponent: i16::from(WeightUnit::MICRO.exponent()),
                design_kind: kind.as_str().to_owned(),
                fpc: true,
                synthetic: false,
                created_by: actor.to_owned(),
                created_at: now(),
            },
        )?,
    };
    if let Some(said) = said {
        let (customers, invitations, reason) = (said.customers(), said.invitations(), said.reason());
        chain::add(db, &NewChain { wave_id: wave.id, customers, invitations, reason, created_by: actor, created_at: now() })?;
    }
    if arguments.psus.is_none() && arguments.respondents.is_none() {
        return Ok(());
    }
    let psus = arguments.psus.as_deref().map_or_else(|| Ok("psu,stratum\n".to_owned()), read)?;
    let respondents = arguments.respondents.as_deref().map(read).transpose()?;
    let (design, rounding) = Design::read(&psus, respondents.as_deref(), WeightUnit::MICRO).map_err(|findings| refused(&findings))?;
    if rounding.changed > 0 {
        println!("{} of {} weights were rounded, by {:.1e} at most", rounding.changed, rounding.weights, rounding.worst_relative);
    }
    add_design(db, &wave, &design, units)
}

/// How many could have answered: needed for a new wave that is no probability sample.
fn said(arguments: &Arguments, is_new: bool) -> Result<Option<Chain>> {
    let given = arguments.customers.is_some() || arguments.invitations.is_some() || arguments.chain_unknown.is_some();
    if !arguments.mode.is_stream() {
        anyhow::ensure!(!given, "a probability sample has no chain of customers, invitations and answers");
        return Ok(None);
    }
    if !given && !is_new {
        return Ok(None);
    }
    let said = Chain::new(arguments.customers, arguments.invitations, arguments.chain_unknown.clone());
    said.map(Some).map_err(|findings| {
        for finding in &findings {
            eprintln!("chain: {finding}");
        }
        anyhow::anyhow!(
            "a wave without a sample needs --customers and --invitations, or --chain-unknown with the reason why one is not known"
        )
    })
}

/// Stores a design.
pub(super) fn add_design(db: &mut Db, wave: &waves::Wave, design: &Design, units: &Registry) -> Result<()> {
    let (psus, people) = design_rows(design, wave, units).map_err(|findings| refused(&findings))?;
    waves::add_design(db, wave.id, &psus, &people)?;
    Ok(())
}

fn refused(findings: &[Finding]) -> anyhow::Error {
    for finding in findings {
        eprintln!("design: {finding}");
    }
    anyhow::anyhow!("the design has {} findings", findings.len())
}
