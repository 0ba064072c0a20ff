//! Definitions: questionnaires, indices of surveys and composite indices. A statistician publishes them; a published version never
//! changes.

use std::collections::HashMap;

use super::{Act, Action, Actor, Code, Look, Refusal};
use crate::jobs::load;
use crate::schema::{self, Checked, Document, IndexDefinition, Layout, Questionnaire, check_index_against};
use crate::store::StoreError;
use crate::store::schemas::{self, IndexVersion, NewIndexVersion, NewSurveyVersion, Published, SurveyVersion};
use crate::words::named;
use crate::words::{Finding, Said, did_you_mean};

named! {
    /// What a definition is of.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Kind {
        /// A survey: a questionnaire.
        Survey = "survey",
        /// An index, of a survey or a composite one.
        Index = "index",
    }
}

/// A definition as somebody sends it, read and checked by itself.
#[derive(Debug)]
pub struct Sent {
    file: Option<String>,
    text: String,
    read: Result<Checked, Vec<Finding>>,
}

/// A published version.
#[derive(Debug, Clone)]
pub struct Version {
    /// What it is of.
    pub kind: Kind,
    /// The definition's code.
    pub code: String,
    /// The version; of a composite index its edition.
    pub version: String,
    /// SHA-256 of the canonical JSON.
    pub sha256: [u8; 32],
    /// The file as given.
    pub document: String,
    /// When, µs UTC.
    pub published_at: i64,
}

/// What publishing a definition came to.
#[derive(Debug)]
pub struct Done {
    pub version: Version,
    /// Whether it is new; otherwise the very same content was there.
    pub new: bool,
    /// What somebody should look at. None of it kept the definition from being published.
    pub warnings: Vec<Finding>,
}

impl Sent {
    /// Reads a definition of any kind. What is wrong with it is told when it is to be published.
    #[must_use]
    pub fn read(text: String) -> Self {
        let read = schema::parse(&text);
        Self { file: None, text, read }
    }

    /// Says from which file it is, for the findings of several.
    #[must_use]
    pub fn from_file(mut self, name: &str) -> Self {
        let name = Some(name);
        self.file = name.map(str::to_owned);
        self.read = match self.read {
            Ok(checked) => Ok(Checked { warnings: checked.warnings.into_iter().map(|found| found.in_file(name)).collect(), ..checked }),
            Err(found) => Err(found.into_iter().map(|found| found.in_file(name)).collect()),
        };
        self
    }

    /// Lets only a definition of this kind pass.
    #[must_use]
    pub fn of_kind(self, kind: Kind) -> Self {
        let other = |checked: &Checked| (name(&checked.document).0 != kind).then(|| vec![other_kind(kind)]);
        self.refused_if(other)
    }

    /// Lets only the version of this address pass.
    #[must_use]
    pub fn at(self, kind: Kind, code: &str, version: &str) -> Self {
        self.of_kind(kind).refused_if(|checked| {
            let (_, said_code, said_version) = name(&checked.document);
            let member = if matches!(checked.document, Document::Composite(_)) { "/edition" } else { "/version" };
            let found = [differs("/code", said_code, code), differs(member, said_version, version)];
            let found: Vec<_> = found.into_iter().flatten().collect();
            (!found.is_empty()).then_some(found)
        })
    }

    fn refused_if(mut self, why: impl FnOnce(&Checked) -> Option<Vec<Finding>>) -> Self {
        if let Some(found) = self.read.as_ref().ok().and_then(why) {
            let file = self.file.as_deref();
            self.read = Err(found.into_iter().map(|found| found.in_file(file)).collect());
        }
        self
    }

    /// The definition, where it has no errors of its own.
    #[must_use]
    pub fn checked(&self) -> Option<&Checked> {
        self.read.as_ref().ok()
    }

    /// What is found of it by itself: errors, or the warnings of one without errors.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match &self.read {
            Ok(checked) => &checked.warnings,
            Err(found) => found,
        }
    }
}

/// Kind, code and version as a document says them.
fn name(document: &Document) -> (Kind, &str, &str) {
    match document {
        Document::Questionnaire(survey) => (Kind::Survey, survey.code(), survey.version()),
        Document::Index(index) => (Kind::Index, index.code(), index.version()),
        Document::Composite(index) => (Kind::Index, index.code(), index.edition()),
    }
}

fn other_kind(wanted: Kind) -> Finding {
    let (vi, en) = match wanted {
        Kind::Survey => ("Ở đây cần một phiếu hỏi", "A questionnaire is needed here"),
        Kind::Index => ("Ở đây cần một định nghĩa chỉ số", "An index definition is needed here"),
    };
    Finding::error("/kind", "other-kind", vi, en)
}

fn differs(pointer: &str, said: &str, address: &str) -> Option<Finding> {
    (said != address).then(|| {
        let vi = format!("Định nghĩa ghi “{said}”, địa chỉ ghi “{address}”");
        Finding::error(pointer, "differs-from-address", vi, format!("The definition says “{said}”, the address “{address}”"))
    })
}

/// Reads a definition to say what is wrong with it, without publishing it.
///
/// # Errors
/// `forbidden` for one who may not ask; none for a definition, however wrong.
pub fn check(actor: &Actor, text: String) -> Result<Sent, Refusal> {
    actor.may(Action::CheckDefinition)?;
    Ok(Sent::read(text))
}

/// Publishes definitions, all of them or none: questionnaires first, so that an index goes with questionnaires that are published or sent
/// along with it. The same content again is no error.
///
/// # Errors
/// `definition-invalid` with every finding of every definition; `version-immutable` over another content.
pub fn publish(act: &mut Act<'_>, sent: &[Sent]) -> Result<Vec<Done>, Refusal> {
    let by = act.may(Action::PublishDefinition)?.actor();
    let mut found = against_surveys(act, sent)?;
    let all = || sent.iter().zip(&found).flat_map(|(sent, more)| sent.findings().iter().chain(more));
    if all().any(Finding::is_error) {
        return Err(Refusal::new(Code::DefinitionInvalid).errors(all().cloned().collect()));
    }
    let mut order: Vec<usize> = (0..sent.len()).collect();
    order.sort_by_key(|place| !matches!(sent[*place].checked(), Some(Checked { document: Document::Questionnaire(_), .. })));
    act.nothing_changed(); // unless one is new
    let mut done = Vec::with_capacity(sent.len());
    for place in order {
        let Ok(checked) = &sent[place].read else { continue };
        let (new, version) = one(act, &sent[place].text, checked, &by)?;
        if new {
            act.note(&format!("{}.publish", version.kind.as_str()), &format!("{}/{}", version.code, version.version), "")?;
        }
        let warnings = checked.warnings.iter().cloned().chain(std::mem::take(&mut found[place])).collect();
        done.push(Done { version, new, warnings });
    }
    Ok(done)
}

/// What is found of each index against each questionnaire that it takes: one sent along, or one that is published.
fn against_surveys(look: &mut Look<'_>, sent: &[Sent]) -> Result<Vec<Vec<Finding>>, Refusal> {
    let along: HashMap<(&str, &str), &Questionnaire> = sent.iter().filter_map(|sent| questionnaire(sent.checked()?)).collect();
    let mut all = Vec::with_capacity(sent.len());
    for sent in sent {
        let mut found = Vec::new();
        if let Some(Checked { document: Document::Index(index), .. }) = sent.checked() {
            for (position, version) in index.survey_versions().iter().enumerate() {
                if let Some(survey) = along.get(&(index.survey(), version.as_str())) {
                    found.extend(check_index_against(index, survey));
                } else if let Some(row) = schemas::find_survey(look.db, index.survey(), version)? {
                    found.extend(check_index_against(index, &load::survey(&row)?.questionnaire));
                } else {
                    found.push(unpublished(index, position, version));
                }
            }
        }
        let file = sent.file.as_deref();
        all.push(found.into_iter().map(|found| found.in_file(file)).collect());
    }
    Ok(all)
}

fn questionnaire(checked: &Checked) -> Option<((&str, &str), &Questionnaire)> {
    match &checked.document {
        Document::Questionnaire(survey) => Some(((survey.code(), survey.version()), survey)),
        Document::Index(_) | Document::Composite(_) => None,
    }
}

fn unpublished(index: &IndexDefinition, position: usize, version: &str) -> Finding {
    let survey = index.survey();
    Finding::error(
        format!("/survey_versions/{position}"),
        "survey-version-unknown",
        format!("Chưa công bố phiếu hỏi {survey} phiên bản {version}"),
        format!("The questionnaire {survey} {version} is not published"),
    )
}

/// Publishes one; says whether it is new.
fn one(act: &mut Act<'_>, document: &str, checked: &Checked, published_by: &str) -> Result<(bool, Version), Refusal> {
    let (kind, code, version) = name(&checked.document);
    let (sha256, published_at) = (checked.sha256, act.now);
    let survey_code = match &checked.document {
        Document::Questionnaire(survey) => {
            let layout_width = i32::try_from(Layout::of(survey).width()).map_err(Refusal::internal)?;
            let new = NewSurveyVersion { code, version, sha256, document, layout_width, published_at, published_by };
            return Ok(published(schemas::publish_survey(act.db, &new).map_err(|error| immutable(error, kind))?));
        }
        Document::Index(index) => Some(index.survey()),
        Document::Composite(_) => None,
    };
    let new = NewIndexVersion { code, version, sha256, document, survey_code, published_at, published_by };
    Ok(published(schemas::publish_index(act.db, &new).map_err(|error| immutable(error, kind))?))
}

fn published<T: Into<Version>>(published: Published<T>) -> (bool, Version) {
    (matches!(published, Published::New(_)), published.into_inner().into())
}

/// What publishing over another content is refused with.
fn immutable(error: StoreError, kind: Kind) -> Refusal {
    let StoreError::Conflict { key, .. } = error else { return error.into() };
    let (vi, en) = match kind {
        Kind::Survey => (format!("phiếu hỏi {key}"), format!("questionnaire {key}")),
        Kind::Index => (format!("chỉ số {key}"), format!("index {key}")),
    };
    Refusal::new(Code::VersionImmutable).detail(
        format!("{vi} đã công bố với nội dung khác: hãy công bố một phiên bản mới"),
        format!("the {en} is published with another content: publish a new version"),
    )
}

/// Every published version of a kind, or those of one definition, in the order of publication. Anyone may read them.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>, kind: Kind, code: Option<&str>) -> Result<Vec<Version>, Refusal> {
    Ok(match kind {
        Kind::Survey => schemas::list_surveys(look.db, code)?.into_iter().map(Version::from).collect(),
        Kind::Index => schemas::list_indices(look.db, code)?.into_iter().map(Version::from).collect(),
    })
}

/// The version of a questionnaire that was published last, which is the one to ask by. Anyone may know.
///
/// # Errors
/// Those of the store.
pub fn asked_by(look: &mut Look<'_>, survey: &str) -> Result<Option<String>, Refusal> {
    let names = schemas::survey_names(look.db)?;
    Ok(names.into_iter().rev().find(|(code, _)| code == survey).map(|(_, version)| version))
}

/// A published version. Anyone may read it.
///
/// # Errors
/// `not-found`.
pub fn get(look: &mut Look<'_>, kind: Kind, code: &str, version: &str) -> Result<Version, Refusal> {
    let found = match kind {
        Kind::Survey => schemas::find_survey(look.db, code, version)?.map(Version::from),
        Kind::Index => schemas::find_index(look.db, code, version)?.map(Version::from),
    };
    match found {
        Some(version) => Ok(version),
        None => Err(missing(look, kind, code, version)?),
    }
}

/// The refusal of a version that nobody published: what there is of that name, or the nearest names.
pub(super) fn missing(look: &mut Look<'_>, kind: Kind, code: &str, version: &str) -> Result<Refusal, Refusal> {
    let [vi, en] = match kind {
        Kind::Survey => ["phiếu hỏi", "questionnaire"],
        Kind::Index => ["chỉ số", "index"],
    };
    let known = match kind {
        Kind::Survey => schemas::survey_names(look.db)?,
        Kind::Index => schemas::index_names(look.db)?,
    };
    let versions: Vec<&str> = known.iter().filter(|(name, _)| name == code).map(|(_, version)| version.as_str()).collect();
    let near = if versions.is_empty() {
        did_you_mean(code, known.iter().map(|(name, _)| name.as_str()))
    } else {
        let there = versions.join(", ");
        Said::new(format!("; các phiên bản có: {there}"), format!("; its versions are {there}"))
    };
    Ok(Refusal::not_found()
        .detail(format!("không có {vi} {code} {version}{}", near.vi), format!("there is no {en} {code} {version}{}", near.en)))
}

impl From<SurveyVersion> for Version {
    fn from(row: SurveyVersion) -> Self {
        let SurveyVersion { code, version, sha256, document, published_at, .. } = row;
        Self { kind: Kind::Survey, code, version, sha256, document, published_at }
    }
}

impl From<IndexVersion> for Version {
    fn from(row: IndexVersion) -> Self {
        let IndexVersion { code, version, sha256, document, published_at, .. } = row;
        Self { kind: Kind::Index, code, version, sha256, document, published_at }
    }
}
