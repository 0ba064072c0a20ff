//! `hailong import`: a file of answers, with the definitions that give them meaning. What became of it is a table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::cli::context::myself;
use crate::cli::{Context, findings, lang};
use crate::design::Mode;
use crate::office::import::{self, Identity, Report, Role, Wish};
use crate::store::writer::WriterOptions;
use crate::words::Lang;

/// Findings that are printed; the rest is counted.
const FINDINGS: usize = 20;

/// What to import.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The answers: a CSV file of any dialect, or an XLSX; a column for each item, named by its code.
    file: PathBuf,
    /// The questionnaire that was answered.
    #[arg(long)]
    questionnaire: PathBuf,
    /// An index over it, to publish along.
    #[arg(long)]
    index: Option<PathBuf>,
    /// The wave; made if it is not there.
    #[arg(long)]
    wave: String,
    /// The code list of the rated units.
    #[arg(long)]
    unit_list: String,
    /// Make the list of the codes in the file, if it is not there.
    #[arg(long)]
    new_unit_list: bool,
    /// What the columns of the file mean, where they are not named by codes: see docs/import.md.
    #[arg(long, value_name = "FILE.json")]
    map: Option<PathBuf>,
    /// The column with the code of the rated unit; `unit` if it is not said.
    #[arg(long)]
    unit_column: Option<String>,
    /// The column that tells records apart.
    #[arg(long)]
    id_column: Option<String>,
    /// The column with the respondent's code on the sample list.
    #[arg(long)]
    respondent_column: Option<String>,
    /// The column with the PSU.
    #[arg(long)]
    psu_column: Option<String>,
    /// The column with the time at which answering ended.
    #[arg(long)]
    time_column: Option<String>,
    /// The column with the time at which answering began.
    #[arg(long)]
    started_column: Option<String>,
    /// The column with the device: the number or the name of its key.
    #[arg(long)]
    device_column: Option<String>,
    /// The name of the batch, of records without an id or a respondent: the same batch again is a replay. Without it the batch follows
    /// from the content of the file, and another file is other people.
    #[arg(long)]
    batch: Option<String>,
    /// A known record with other content takes the place of the earlier one.
    #[arg(long)]
    correct: bool,
    /// Check everything and store nothing.
    #[arg(long)]
    check: bool,
    /// How the answers came about: `probability_sample` (if it is not said), `transaction_stream` or `opt_in`.
    #[arg(long, value_parser = mode)]
    mode: Option<Mode>,
    /// Customers that the rated units served, of a wave that is no probability sample.
    #[arg(long)]
    customers: Option<i64>,
    /// Invitations to answer that were made to them.
    #[arg(long)]
    invitations: Option<i64>,
    /// Why one of these numbers is not known.
    #[arg(long, value_name = "REASON")]
    chain_unknown: Option<String>,
    /// The design table `psu,stratum[,fpc][,area][,weight]`.
    #[arg(long)]
    psus: Option<PathBuf>,
    /// The sample list `respondent[,psu],weight`.
    #[arg(long)]
    respondents: Option<PathBuf>,
    /// Each record is its own sampling unit, all with one weight.
    #[arg(long)]
    simple_random_sample: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

fn mode(name: &str) -> Result<Mode, String> {
    Mode::parse(name).ok_or_else(|| {
        let known = Mode::ALL.map(Mode::as_str).join(", ");
        lang::chosen().pick(format!("phải là một trong: {known}"), format!("one of {known}"))
    })
}

impl Arguments {
    fn columns(&self) -> BTreeMap<Role, String> {
        let said = [
            (Role::Id, &self.id_column),
            (Role::Unit, &self.unit_column),
            (Role::Psu, &self.psu_column),
            (Role::Respondent, &self.respondent_column),
            (Role::StartedAt, &self.started_column),
            (Role::AnsweredAt, &self.time_column),
            (Role::Device, &self.device_column),
        ];
        said.into_iter().filter_map(|(role, name)| Some((role, crate::table::name(name.as_deref()?).into_owned()))).collect()
    }
}

/// Imports, says what became of it, and fails unless every record is stored as it was wanted.
pub(super) fn import(context: &Context, arguments: &Arguments) -> Result<()> {
    let lang = lang::chosen();
    let report = report(context, arguments)?;
    if arguments.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        let name = arguments.file.display().to_string();
        for finding in report.findings.iter().take(FINDINGS) {
            eprintln!("{name}: {}", findings::line(finding, lang));
        }
        if let Some(left) = report.findings.len().checked_sub(FINDINGS).filter(|left| *left > 0) {
            let rest = lang.count(left, "điểm khác", ["more finding", "more findings"]);
            eprintln!("{}", lang.pick(format!("… và {rest}: --json có đủ"), format!("… and {rest}: --json has them all")));
        }
        print(&report, lang);
    }
    if report.is_clean() {
        return Ok(());
    }
    bail!("{}", lang.pick("không phải bản ghi nào cũng được nhập như mong muốn", "not every record was imported as it was wanted"))
}

fn report(context: &Context, arguments: &Arguments) -> Result<Report> {
    let file = std::fs::read(&arguments.file).with_context(|| cannot_read(&arguments.file))?;
    let optional = |path: &Option<PathBuf>| path.as_deref().map(read).transpose();
    let questionnaire = read(&arguments.questionnaire)?;
    let (index, map) = (optional(&arguments.index)?, optional(&arguments.map)?);
    let bytes = |path: &Option<PathBuf>| path.as_deref().map(|path| std::fs::read(path).with_context(|| cannot_read(path))).transpose();
    let (psus, respondents) = (bytes(&arguments.psus)?, bytes(&arguments.respondents)?);
    let columns = arguments.columns();
    let wish = Wish {
        file: &file,
        questionnaire: Some(&questionnaire),
        index: index.as_deref(),
        map: map.as_deref(),
        columns: &columns,
        wave: &arguments.wave,
        unit: None,
        unit_list: &arguments.unit_list,
        new_unit_list: arguments.new_unit_list,
        mode: arguments.mode,
        customers: arguments.customers,
        invitations: arguments.invitations,
        chain_unknown: arguments.chain_unknown.as_deref(),
        psus: psus.as_deref(),
        respondents: respondents.as_deref(),
        simple_random_sample: arguments.simple_random_sample,
        batch: arguments.batch.as_deref(),
        correct: arguments.correct,
        only_good: false,
    };
    if arguments.check {
        let (office, _aside) = context.office_to_check()?;
        return import::check(&office, &myself(&office)?, &wish).map_err(lang::refused);
    }
    let office = context.office_or_new()?;
    let me = myself(&office)?;
    let writer = office.store().start_writer(WriterOptions::default())?;
    let report = import::import(&office, &me, &writer, &wish);
    writer.shutdown();
    report.map_err(lang::refused)
}

fn cannot_read(path: &Path) -> String {
    let path = path.display();
    lang::chosen().pick(format!("không đọc được {path}"), format!("cannot read {path}"))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| cannot_read(path))
}

/// The table at the end.
fn print(report: &Report, lang: Lang) {
    let by = |identity: &Identity| match identity {
        Identity::Id => lang.pick("mã", "id"),
        Identity::Respondent => lang.pick("người trả lời", "respondent"),
        Identity::Batch => lang.pick("lô và nội dung", "batch and content"),
    };
    let known: Vec<String> = report.identity.iter().map(|(identity, n)| format!("{} ({n})", by(identity))).collect();
    let (batch, known) = (&report.batch, known.join(", "));
    println!(
        "{}",
        lang.pick(format!("lô {batch}; bản ghi được nhận biết theo: {known}"), format!("batch {batch}; records are known by: {known}"))
    );
    let rows = [
        (report.records, "bản ghi", "records"),
        (report.stored, "đã lưu", "stored"),
        (report.in_part, "đã lưu và tính, trừ câu trả lời không hợp lệ", "stored and counted, but for items that are not valid"),
        (report.replayed, "đã có từ trước", "there already"),
        (report.uncounted, "  trong đó không được tính, hoặc không đủ câu", "  of them not counted, or not with all items"),
        (report.corrected, "đã sửa bản trước", "corrected an earlier one"),
        (report.doubled, "phiếu thứ hai của một người: giữ, không tính", "second answers of a respondent: kept, not counted"),
        (report.conflicting, "đã nhập trước với nội dung khác: không lưu", "imported before with other content: not stored"),
        (report.invalid, "không hợp lệ: giữ, không tính", "invalid: kept, not counted"),
        (report.quarantined, "đến sau khi đóng đợt: giữ riêng", "after the wave's close: kept apart"),
        (report.refused, "không đọc được: không lưu", "not readable: not stored"),
    ];
    for (n, vi, en) in rows.into_iter().filter(|(n, ..)| *n > 0 || report.records == 0) {
        println!("{n:>8}  {}", lang.pick(vi, en));
    }
    if !report.reasons.is_empty() {
        println!("{}", lang.pick("trong đó, theo lý do:", "of these, by reason:"));
    }
    for reason in &report.reasons {
        let text = findings::capped(lang.pick(&reason.vi, &reason.en));
        println!("{:>8}  {} {} ({})", reason.records, reason.pointer, text, reason.code);
    }
    if report.check {
        println!("{}", lang.pick("chỉ kiểm tra: không lưu gì", "only checked: nothing is stored"));
    }
}
