//! What questionnaires and index definitions have in common: both are files, versioned, and never change once published.

pub mod indicator_tables;
pub mod indices;
pub mod surveys;
pub mod units;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::wire::{Cacheable, FindingBody, Words};
use crate::http::etag;
use crate::office::Code;
use crate::office::Refusal;
use crate::schema::{self, Checked};
use crate::store::StoreError;
use crate::words::Finding;
use crate::words::encode::{hex, rfc3339};

/// Where a version is.
#[derive(Debug, Deserialize)]
pub struct VersionPath {
    /// The definition's code.
    pub code: String,
    /// The version.
    pub version: String,
}

/// A published version.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionBody {
    /// The definition's code.
    pub code: String,
    /// The version.
    pub version: String,
    /// SHA-256 of the canonical JSON: without white space, members sorted.
    pub sha256: String,
    /// When it was published.
    pub published_at: String,
    /// What somebody should look at. None of it kept the definition from being published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FindingBody>,
}

/// A definition and its versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct DefinitionBody {
    /// Its code.
    pub code: String,
    /// The title of its latest version.
    pub title: Words,
    /// Its versions, in the order of publication.
    pub versions: Vec<VersionBody>,
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckBody {
    /// Whether it could be published.
    pub valid: bool,
    /// Its hash, if it is valid.
    pub sha256: Option<String>,
    /// Everything found, in the order of lines.
    pub findings: Vec<FindingBody>,
}

/// A stored version of either kind.
pub struct Stored {
    /// The definition's code.
    pub code: String,
    /// The version.
    pub version: String,
    /// SHA-256 of the canonical JSON.
    pub sha256: [u8; 32],
    /// The file as given.
    pub document: String,
    /// When, µs UTC.
    pub published_at: i64,
}

impl Stored {
    /// As the API tells it.
    #[must_use]
    pub fn body(&self, warnings: Vec<Finding>) -> VersionBody {
        VersionBody {
            code: self.code.clone(),
            version: self.version.clone(),
            sha256: hex(&self.sha256),
            published_at: rfc3339(self.published_at),
            warnings: warnings.into_iter().map(FindingBody::from).collect(),
        }
    }

    /// The file itself.
    #[must_use]
    pub fn file(self) -> HttpResponse {
        HttpResponse::Ok().immutable().tag(etag::digest(&self.sha256)).insert_header((CONTENT_TYPE, "application/json")).body(self.document)
    }

    fn title(&self) -> Words {
        let document: Value = serde_json::from_str(&self.document).unwrap_or_default();
        serde_json::from_value(document["title"].clone()).unwrap_or(Words(std::collections::BTreeMap::new()))
    }
}

/// Versions by definition, definitions in the order of their codes.
#[must_use]
pub fn by_code(versions: Vec<Stored>) -> Vec<DefinitionBody> {
    let mut definitions: std::collections::BTreeMap<String, DefinitionBody> = std::collections::BTreeMap::new();
    for version in versions {
        let (code, title) = (version.code.clone(), version.title());
        let definition =
            definitions.entry(code.clone()).or_insert_with(|| DefinitionBody { code, title: title.clone(), versions: Vec::new() });
        definition.title = title;
        definition.versions.push(version.body(Vec::new()));
    }
    definitions.into_values().collect()
}

/// Reads a definition that is to be published, off the event loop: a large one takes a while.
///
/// # Errors
/// `definition-invalid` with every finding.
pub async fn read(bytes: web::Bytes) -> Result<(String, Checked), Refusal> {
    web::block(move || {
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| Refusal::new(Code::JsonInvalid))?;
        let checked = schema::parse(&text).map_err(invalid)?;
        Ok((text, checked))
    })
    .await
    .map_err(Refusal::internal)?
}

/// What a definition that cannot be used is refused with.
#[must_use]
pub fn invalid(findings: Vec<Finding>) -> Refusal {
    Refusal::new(Code::DefinitionInvalid).errors(findings)
}

/// A definition of the other kind than the address is for.
#[must_use]
pub fn other_kind() -> Refusal {
    invalid(vec![Finding::error(
        "/kind",
        "other-kind",
        "Địa chỉ này dành cho loại định nghĩa khác",
        "This address is for the other kind of definition",
    )])
}

/// A definition must say the code and version that its address says; `member` is what the file calls its version.
///
/// # Errors
/// `definition-invalid` at whichever differs.
pub fn check_address(path: &VersionPath, code: &str, (member, version): (&str, &str)) -> Result<(), Refusal> {
    let differs = |pointer: &str, said: &str, address: &str| {
        (said != address).then(|| {
            let vi = format!("Định nghĩa ghi “{said}”, địa chỉ ghi “{address}”");
            Finding::error(pointer, "differs-from-address", vi, format!("The definition says “{said}”, the address “{address}”"))
        })
    };
    let findings: Vec<_> =
        [differs("/code", code, &path.code), differs(&format!("/{member}"), version, &path.version)].into_iter().flatten().collect();
    if findings.is_empty() { Ok(()) } else { Err(invalid(findings)) }
}

/// What publishing over another content is refused with.
#[must_use]
pub fn immutable(error: StoreError) -> Refusal {
    match error {
        StoreError::Conflict { .. } => Refusal::new(Code::VersionImmutable),
        other => other.into(),
    }
}

/// Says what is wrong with a definition, without publishing it.
///
/// # Errors
/// None for a definition, however wrong; those of the event loop.
pub async fn check(bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let found = web::block(move || schema::parse(&String::from_utf8_lossy(&bytes))).await.map_err(Refusal::internal)?;
    let body = match found {
        Ok(checked) => {
            CheckBody { valid: true, sha256: Some(hex(&checked.sha256)), findings: checked.warnings.into_iter().map(Into::into).collect() }
        }
        Err(findings) => CheckBody { valid: false, sha256: None, findings: findings.into_iter().map(Into::into).collect() },
    };
    Ok(HttpResponse::Ok().json(body))
}
