//! `hailong check`: every finding of definition files, and what a new version changes.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::response::quality::RuleSet;
use crate::schema::composite::{is_composite, parse_composite};
use crate::schema::{self, Checked, Document, Finding, check_index_against, compatibility};

/// Which files.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Questionnaires, index definitions, composite indices and rule sets for flags. Indices are also checked against the questionnaires
    /// named with them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// An older version of the questionnaire: says what the new one breaks, adds or only rewords.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Findings in Vietnamese.
    #[arg(long)]
    vi: bool,
}

/// Prints every finding; fails where any is an error.
pub(super) fn check(arguments: &Arguments) -> ExitCode {
    let mut errors = 0;
    let mut read = Vec::new();
    for file in &arguments.files {
        let name = file.display().to_string();
        let text = match read_text(file) {
            Ok(text) => text,
            Err(findings) => {
                errors += print(&name, &findings, arguments.vi);
                continue;
            }
        };
        if is_composite(&text) {
            errors += composite(&name, &text, arguments.vi);
            continue;
        }
        if let Some(rules) = rule_set(file) {
            match rules {
                Ok(rules) => {
                    let sha256 = crate::publication::hex(&rules.sha256());
                    println!("{name}: rule set {} {}, {} rules, sha256 {sha256}", rules.code(), rules.version(), rules.rules().len());
                }
                Err(findings) => errors += print(&name, &findings, arguments.vi),
            }
            continue;
        }
        match schema::parse(&text) {
            Ok(checked) => {
                print(&name, &checked.warnings, arguments.vi);
                read.push((name, checked));
            }
            Err(findings) => errors += print(&name, &findings, arguments.vi),
        }
    }
    for (name, index) in read.iter().filter_map(|(name, checked)| as_index(checked).map(|index| (name, index))) {
        for questionnaire in read.iter().filter_map(|(_, checked)| as_questionnaire(checked)) {
            let taken = index.survey_versions().iter().any(|version| version == questionnaire.version());
            if index.survey() == questionnaire.code() && taken {
                errors += print(name, &check_index_against(index, questionnaire), arguments.vi);
            }
        }
    }
    for (name, checked) in &read {
        println!("{name}: {}, sha256 {}", described(checked), crate::publication::hex(&checked.sha256));
    }
    if let (Some(old), [(_, new)]) = (&arguments.against, read.as_slice()) {
        errors += compare(old, new, arguments.vi);
    }
    if errors > 0 {
        eprintln!("{errors} errors");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// What a new version changes, worst first; returns how many errors kept it from being said.
fn compare(old: &PathBuf, new: &Checked, vi: bool) -> usize {
    let name = old.display().to_string();
    let old = match load(old) {
        Ok(old) => old,
        Err(findings) => return print(&name, &findings, vi),
    };
    let (Some(old), Some(new)) = (as_questionnaire(&old), as_questionnaire(new)) else {
        eprintln!("{name}: two questionnaires can be compared");
        return 1;
    };
    let report = compatibility(old, new);
    for (kind, changes) in [("breaking", &report.breaking), ("additive", &report.additive), ("cosmetic", &report.cosmetic)] {
        println!("{} {kind} changes since {} {}", changes.len(), old.code(), old.version());
        for change in changes {
            println!("  {}: {}", change.pointer, if vi { &change.vi } else { &change.en });
        }
    }
    0
}

/// A rule set, if the file says that it is one.
fn rule_set(file: &PathBuf) -> Option<Result<RuleSet, Vec<Finding>>> {
    let text = std::fs::read_to_string(file).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    (value.get("kind").is_some_and(|kind| kind == "quality")).then(|| RuleSet::parse(&text))
}

/// Checks a composite index and says what it is; returns how many findings are errors.
fn composite(name: &str, text: &str, vi: bool) -> usize {
    match parse_composite(text) {
        Ok(checked) => {
            print(name, &checked.warnings, vi);
            let (definition, sha256) = (&checked.definition, crate::publication::hex(&checked.sha256));
            let leaves = definition.leaves().count();
            println!("{name}: composite {} {}, {leaves} indicators, sha256 {sha256}", definition.code(), definition.edition());
            0
        }
        Err(findings) => print(name, &findings, vi),
    }
}

fn read_text(file: &PathBuf) -> Result<String, Vec<Finding>> {
    let unreadable =
        |error: std::io::Error| vec![Finding::error("", "file-unreadable", format!("Không đọc được tệp: {error}"), error.to_string())];
    std::fs::read_to_string(file).map_err(unreadable)
}

fn load(file: &PathBuf) -> Result<Checked, Vec<Finding>> {
    schema::parse(&read_text(file)?)
}

/// Prints findings and returns how many are errors.
fn print(name: &str, findings: &[Finding], vi: bool) -> usize {
    for finding in findings {
        if vi {
            let line = finding.line.map(|line| format!("dòng {line} ")).unwrap_or_default();
            println!("{name}: {line}{}: {} ({})", finding.pointer, finding.vi, finding.code);
        } else {
            println!("{name}: {finding}");
        }
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

fn described(checked: &Checked) -> String {
    match &checked.document {
        Document::Questionnaire(q) => format!("questionnaire {} {}, {} items", q.code(), q.version(), q.items().len()),
        Document::Index(i) => format!("index {} {}, {} nodes", i.code(), i.version(), i.nodes().count()),
        Document::Composite(i) => format!("composite {} {}, {} indicators", i.code(), i.edition(), i.leaves().count()),
    }
}
