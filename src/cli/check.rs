//! `hailong check`: every finding of definition files and of tables of indicators, and what a new version changes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use crate::cli::{Context, file, findings};
use crate::jobs::composite::indicators;
use crate::response::quality::RuleSet;
use crate::schema::composite::{CheckedComposite, CompositeDefinition, parse_composite, parse_factors};
use crate::schema::{self, Checked, Document, check_index_against, compatibility};
use crate::words::Finding;
use crate::words::Lang;
use crate::words::encode::hex;

/// Which files.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Questionnaires, index definitions, composite indices, rule sets for flags, and, with --definition, tables of indicators (.csv)
    /// and factors of a sensitivity analysis. Indices are also checked against the questionnaires named with them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The composite index that tables and factors are made for.
    #[arg(long, value_name = "DEF")]
    definition: Option<PathBuf>,
    /// An older version of the questionnaire: says what the new one breaks, adds or only rewords.
    #[arg(long)]
    against: Option<PathBuf>,
}

/// Prints every finding; fails where any is an error.
pub(super) fn check(context: &Context, arguments: &Arguments) -> ExitCode {
    let lang = context.lang;
    let mut check = Check { lang, errors: 0, definition: Err(definition_needed()), read: Vec::new() };
    if let Some(file) = &arguments.definition {
        check.definition = check.made_for(file).ok_or_else(definition_faulty);
    }
    for file in &arguments.files {
        check.file(file);
    }
    check.indices();
    for (name, checked) in &check.read {
        println!("{name}: {}, sha256 {}", described(checked, lang), hex(&checked.sha256));
    }
    if let (Some(old), [(_, new)]) = (&arguments.against, check.read.as_slice()) {
        check.errors += compare(old, new, lang);
    }
    if check.errors > 0 {
        eprintln!("{}", findings::errors(check.errors, lang));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A check under way.
struct Check {
    lang: Lang,
    /// How many findings were errors so far.
    errors: usize,
    /// What tables and factors are held to, or what is said of them without it.
    definition: Result<CompositeDefinition, Finding>,
    /// Questionnaires and index definitions without errors, by the names of their files.
    read: Vec<(String, Checked)>,
}

impl Check {
    fn print(&mut self, name: &str, findings: &[Finding]) {
        self.errors += print(name, findings, self.lang);
    }

    /// The content of a file, or nothing once it is said why not.
    fn text(&mut self, file: &Path) -> Option<String> {
        read_text(file).map_err(|findings| self.print(&file.display().to_string(), &findings)).ok()
    }

    /// The definition that tables and factors are made for.
    fn made_for(&mut self, file: &Path) -> Option<CompositeDefinition> {
        let text = self.text(file)?;
        Some(self.composite(&file.display().to_string(), &text)?.definition)
    }

    fn file(&mut self, file: &Path) {
        let name = file.display().to_string();
        let table = |extension: &std::ffi::OsStr| ["csv", "tsv", "txt", "xlsx"].iter().any(|kind| extension.eq_ignore_ascii_case(kind));
        if file.extension().is_some_and(table) {
            return match file::try_bytes(file) {
                Ok(bytes) => self.table(&name, &bytes),
                Err(finding) => self.print(&name, &[finding]),
            };
        }
        let Some(text) = self.text(file) else { return };
        match kind(&text).as_deref() {
            Some("composite") => drop(self.composite(&name, &text)),
            Some("quality") => self.rules(&name, &text),
            Some("sensitivity") => self.factors(&name, &text),
            _ => match schema::parse(&text) {
                Ok(checked) => {
                    self.print(&name, &checked.warnings);
                    self.read.push((name, checked));
                }
                Err(findings) => self.print(&name, &findings),
            },
        }
    }

    /// Checks a composite index and says what it is.
    fn composite(&mut self, name: &str, text: &str) -> Option<CheckedComposite> {
        let checked = parse_composite(text).map_err(|findings| self.print(name, &findings)).ok()?;
        self.print(name, &checked.warnings);
        let (definition, sha256) = (&checked.definition, hex(&checked.sha256));
        let leaves = definition.leaves().count();
        let (code, edition) = (definition.code(), definition.edition());
        println!(
            "{name}: {}, sha256 {sha256}",
            self.lang.pick(
                format!("chỉ số tổng hợp {code} {edition}, {leaves} chỉ tiêu"),
                format!("composite {code} {edition}, {leaves} indicators")
            )
        );
        Some(checked)
    }

    fn rules(&mut self, name: &str, text: &str) {
        match RuleSet::parse(text) {
            Ok(rules) => {
                let sha256 = hex(&rules.sha256());
                let (code, version, n) = (rules.code(), rules.version(), rules.rules().len());
                println!(
                    "{name}: {}, sha256 {sha256}",
                    self.lang.pick(format!("bộ quy tắc {code} {version}, {n} quy tắc"), format!("rule set {code} {version}, {n} rules"))
                );
            }
            Err(findings) => self.print(name, &findings),
        }
    }

    /// Checks factors against the definition.
    fn factors(&mut self, name: &str, text: &str) {
        let read = match &self.definition {
            Ok(definition) => parse_factors(text, definition).map(|factors| (definition.code(), factors)),
            Err(finding) => Err(vec![finding.clone()]),
        };
        match read {
            Ok((code, factors)) => {
                let (n, replicates) = (factors.factors().len(), factors.replicates());
                println!(
                    "{name}: {}",
                    self.lang.pick(
                        format!("yếu tố của {code}, {n} yếu tố, {replicates} mẫu lặp"),
                        format!("factors of {code}, {n} factors, {replicates} replicates")
                    )
                );
            }
            Err(findings) => self.print(name, &findings),
        }
    }

    /// Checks a table of indicators against the definition.
    fn table(&mut self, name: &str, bytes: &[u8]) {
        let read = match &self.definition {
            Ok(definition) => indicators::read("", bytes, definition).map(|mut sheet| {
                sheet.warnings.extend(indicators::foreseen(definition, &sheet.contents));
                (definition.code().to_owned(), sheet)
            }),
            Err(finding) => Err(vec![finding.clone()]),
        };
        match read {
            Ok((code, sheet)) => {
                self.print(name, &sheet.warnings);
                let (rows, values) = (sheet.contents.units.len(), sheet.contents.values.len());
                println!(
                    "{name}: {}",
                    self.lang.pick(
                        format!("bảng của {code}, {rows} đơn vị theo kỳ, {values} giá trị"),
                        format!("table of {code}, {rows} units and editions, {values} values")
                    )
                );
            }
            Err(findings) => self.print(name, &findings),
        }
    }

    /// Checks each index against the questionnaires of its survey that were named with it.
    fn indices(&mut self) {
        for (name, index) in self.read.iter().filter_map(|(name, checked)| as_index(checked).map(|index| (name, index))) {
            for questionnaire in self.read.iter().filter_map(|(_, checked)| as_questionnaire(checked)) {
                let taken = index.survey_versions().iter().any(|version| version == questionnaire.version());
                if index.survey() == questionnaire.code() && taken {
                    self.errors += print(name, &check_index_against(index, questionnaire), self.lang);
                }
            }
        }
    }
}

/// The kind that a JSON file says it is of.
fn kind(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    value.get("kind")?.as_str().map(str::to_owned)
}

fn definition_needed() -> Finding {
    Finding::error(
        "",
        "definition-needed",
        "Bảng số liệu và tệp yếu tố phải được kiểm tra cùng định nghĩa của chỉ số: thêm --definition DEF",
        "A table or factors are checked against the definition of their index: add --definition DEF",
    )
}

fn definition_faulty() -> Finding {
    Finding::error(
        "",
        "definition-faulty",
        "Chưa kiểm tra được vì tệp nêu ở --definition có lỗi",
        "Not checked, as the file that --definition names has errors",
    )
}

/// What a new version changes, worst first; returns how many errors kept it from being said.
fn compare(old: &Path, new: &Checked, lang: Lang) -> usize {
    let name = old.display().to_string();
    let old = match load(old) {
        Ok(old) => old,
        Err(findings) => return print(&name, &findings, lang),
    };
    let (Some(old), Some(new)) = (as_questionnaire(&old), as_questionnaire(new)) else {
        eprintln!("{name}: {}", lang.pick("chỉ so sánh được hai phiếu hỏi", "two questionnaires can be compared"));
        return 1;
    };
    let report = compatibility(old, new);
    let [breaking, additive, cosmetic] = lang.pick(["phá vỡ", "thêm mới", "sửa lời"], ["breaking", "additive", "cosmetic"]);
    for (kind, changes) in [(breaking, &report.breaking), (additive, &report.additive), (cosmetic, &report.cosmetic)] {
        let (n, code, version) = (changes.len(), old.code(), old.version());
        println!(
            "{}",
            lang.pick(format!("{n} thay đổi {kind} so với {code} {version}"), format!("{n} {kind} changes since {code} {version}"))
        );
        for change in changes {
            println!("  {}: {}", change.pointer, lang.pick(&change.vi, &change.en));
        }
    }
    0
}

fn read_text(file: &Path) -> Result<String, Vec<Finding>> {
    file::try_read(file).map_err(|finding| vec![finding])
}

fn load(file: &Path) -> Result<Checked, Vec<Finding>> {
    schema::parse(&read_text(file)?)
}

/// Prints findings and returns how many are errors.
fn print(name: &str, findings: &[Finding], lang: Lang) -> usize {
    for finding in findings {
        println!("{name}: {}", findings::line(finding, lang));
    }
    findings.iter().filter(|finding| finding.is_error()).count()
}

fn as_questionnaire(checked: &Checked) -> Option<&schema::Questionnaire> {
    match &checked.document {
        Document::Questionnaire(questionnaire) => Some(questionnaire),
        Document::Index(_) | Document::Composite(_) => None,
    }
}

fn as_index(checked: &Checked) -> Option<&schema::IndexDefinition> {
    match &checked.document {
        Document::Questionnaire(_) | Document::Composite(_) => None,
        Document::Index(index) => Some(index),
    }
}

fn described(checked: &Checked, lang: Lang) -> String {
    let ([vi, vi_parts], [en, en_parts], code, version, n) = match &checked.document {
        Document::Questionnaire(q) => (["phiếu hỏi", "câu hỏi"], ["questionnaire", "items"], q.code(), q.version(), q.items().len()),
        Document::Index(i) => (["chỉ số", "nút"], ["index", "nodes"], i.code(), i.version(), i.nodes().count()),
        Document::Composite(i) => (["chỉ số tổng hợp", "chỉ tiêu"], ["composite", "indicators"], i.code(), i.edition(), i.leaves().count()),
    };
    format!("{} {code} {version}, {n} {}", lang.pick(vi, en), lang.pick(vi_parts, en_parts))
}
