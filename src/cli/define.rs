//! `hailong define`: publishes definition files.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::cli::context::{note, operator, publish};
use crate::cli::{Context, file, findings};
use crate::jobs::load;
use crate::schema::{self, Checked, Document, IndexDefinition, Questionnaire, check_index_against};
use crate::store::{Db, schemas};
use crate::words::Finding;
use crate::words::encode::hex;

/// Which files.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Questionnaires, index definitions and composite indices, in any order. An index goes with questionnaires that are published, or
    /// named with it.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// A file that was read.
struct File {
    name: String,
    text: String,
    checked: Checked,
}

/// Publishes all of the files, or none where one has errors.
pub(super) fn define(context: &Context, arguments: &Arguments) -> Result<()> {
    let lang = context.lang;
    let (mut files, mut errors) = (Vec::new(), 0);
    for path in &arguments.files {
        let name = path.display().to_string();
        let text = file::read(path, lang)?;
        match schema::parse(&text) {
            Ok(checked) => {
                findings::tell(&name, &checked.warnings, lang);
                files.push(File { name, text, checked });
            }
            Err(found) => errors += findings::tell(&name, &found, lang),
        }
    }
    let store = context.open()?;
    for (name, found) in store.read(|db| against(db, &files))? {
        errors += findings::tell(name, &found, lang);
    }
    if errors > 0 {
        let told = findings::errors(errors, lang);
        bail!("{}", lang.pick(format!("{told}: không công bố gì"), format!("{told}: nothing is published")));
    }
    files.sort_by_key(|file| !matches!(file.checked.document, Document::Questionnaire(_))); // questionnaires first
    for said in store.write(|db| files.iter().map(|file| one(db, file)).collect::<Result<Vec<_>>>())? {
        println!("{said}");
    }
    Ok(())
}

/// What is found of each index against the questionnaires that it takes, with the name of its file.
fn against<'f>(db: &mut Db, files: &'f [File]) -> Result<Vec<(&'f str, Vec<Finding>)>> {
    let named: HashMap<(&str, &str), &Questionnaire> = files.iter().filter_map(|file| questionnaire(&file.checked)).collect();
    let mut found = Vec::new();
    for file in files {
        let Document::Index(index) = &file.checked.document else { continue };
        for (position, version) in index.survey_versions().iter().enumerate() {
            let findings = if let Some(questionnaire) = named.get(&(index.survey(), version)) {
                check_index_against(index, questionnaire)
            } else if let Some(row) = schemas::find_survey(db, index.survey(), version)? {
                check_index_against(index, &load::survey(&row)?.questionnaire)
            } else {
                vec![unpublished(index, position, version)]
            };
            found.push((file.name.as_str(), findings));
        }
    }
    Ok(found)
}

fn questionnaire(checked: &Checked) -> Option<((&str, &str), &Questionnaire)> {
    match &checked.document {
        Document::Questionnaire(questionnaire) => Some(((questionnaire.code(), questionnaire.version()), questionnaire)),
        Document::Index(_) | Document::Composite(_) => None,
    }
}

fn unpublished(index: &IndexDefinition, position: usize, version: &str) -> Finding {
    let survey = index.survey();
    Finding::error(
        format!("/survey_versions/{position}"),
        "survey-version-unknown",
        format!("Chưa công bố phiếu {survey} phiên bản {version}"),
        format!("The questionnaire {survey} {version} is not published"),
    )
}

/// Publishes a file; returns what became of it.
fn one(db: &mut Db, file: &File) -> Result<String> {
    let (kind, code, version) = match &file.checked.document {
        Document::Questionnaire(it) => ("survey", it.code(), it.version()),
        Document::Index(it) => ("index", it.code(), it.version()),
        Document::Composite(it) => ("index", it.code(), it.edition()),
    };
    let new = publish(db, &file.text, &file.checked, &operator())?;
    if new {
        note(db, &format!("{kind}.publish"), &format!("{code}/{version}"))?;
    }
    let became = if new { "published" } else { "there already" };
    Ok(format!("{kind} {code} {version}: {became}, sha256 {}", hex(&file.checked.sha256)))
}
