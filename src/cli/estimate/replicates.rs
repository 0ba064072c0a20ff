//! Variances from replicate weights: supplied in a file, or made from the design.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::case::Freedom;
use super::fields::Fields;
use super::refusal::Refusal;
use super::study::Study;
use super::{basic, contingency, proportion, quantile};
use crate::schema::{BootstrapKind, VarianceMethod};
use crate::scoring::replicate::{ReplicateError, Replicates};
use crate::scoring::sample::Estimator;

/// What a case says of its replicates.
struct Stated {
    kind: String,
    count: Option<f64>,
    scale: Option<f64>,
    rscales: Vec<f64>,
    mse: bool,
    combined: bool,
    file: Option<String>,
    rho: Option<f64>,
    seed: Option<u64>,
}

/// Answers a case.
pub fn answer(study: &Study<'_>, post: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let replicates = replicates(study, post)?;
    let covariance = |estimator: &Estimator| -> Result<Vec<f64>, Refusal> {
        Ok(replicates.estimate(&study.sample, |weights| estimator.values(weights))?.covariance().to_vec())
    };
    let most = replicates.df();
    let of_domain = if study.case.freedom == Freedom::Domain { most.min(study.domain_df()) } else { most };
    match study.case.estimator.function.as_str() {
        "prop_ci" => return proportion::answer_by(study, of_domain, covariance),
        "quantile" => return quantile::answer_by(study, of_domain, covariance),
        "chisq" => return contingency::answer_by(study, of_domain, covariance),
        _ => {}
    }
    let named = basic::named(study)?;
    let spread = replicates.estimate(&study.sample, |weights| named.estimator.values(weights))?;
    let df = match study.case.freedom {
        Freedom::Domain => named.df(study, most),
        Freedom::Design => vec![most; named.names.len()],
    };
    let width = named.names.len();
    let vcov = spread.covariance().to_vec();
    Ok(Answer {
        names: named.names,
        groups: named.groups,
        est: spread.values().to_vec(),
        se: (0..width).map(|place| vcov[place * width + place].sqrt()).collect(),
        vcov,
        df,
        freedom: study.case.freedom,
        deff: Vec::new(),
    }
    .object(study.case.level))
}

/// The replicates of a case: those of its file, or made by its method.
///
/// # Errors
/// Statements that make no replicates.
pub fn replicates(study: &Study<'_>, post: &Map<String, Value>) -> Result<Replicates, Refusal> {
    let stated = Stated::read(post)?;
    let replicates = if let Some(file) = &stated.file {
        supplied(study, &stated, file)?
    } else {
        let (method, seed) = stated.method()?;
        Replicates::of_sample(method, seed, &study.sample)?
    };
    #[allow(clippy::cast_precision_loss)] // a count of replicates
    let found = replicates.len() as f64;
    match stated.count {
        Some(count) if count.total_cmp(&found).is_ne() => Err(invalid(&format!("n_rep: the replicates are {found}, not {count}"))),
        _ => Ok(replicates.about_the_estimate(stated.mse)),
    }
}

/// The weights in a file: a column a replicate, `rw` and its number; the rows stand in the order of the data.
fn supplied(study: &Study<'_>, stated: &Stated, file: &str) -> Result<Replicates, Refusal> {
    let table = study.tables.table(file)?;
    let name = |number: usize| [format!("rw{number:03}"), format!("rw{number}")].into_iter().find(|name| table.has(name));
    let columns: Vec<Vec<f64>> =
        (1..).map_while(name).map(|name| table.numbers(&name).map(|column| study.of_kept(&column))).collect::<Result<_, _>>()?;
    let scale = stated.scale.ok_or_else(|| invalid("scale: weights of a file need the scale that belongs to them"))?;
    let rscales = if stated.rscales.is_empty() { vec![1.0; columns.len()] } else { stated.rscales.clone() };
    Replicates::supplied(&columns, study.sample.weights(), stated.combined, scale, &rscales).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Refusal::new("design-invalid", errors.join("; "))
    })
}

impl Stated {
    fn read(post: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut findings = Vec::new();
        let mut fields = Fields::new("/post/replicates", post.get("replicates"), &mut findings);
        let kind = fields.text("type").unwrap_or_default();
        let stated = Self {
            kind,
            count: fields.number("n_rep"),
            scale: fields.number("scale"),
            rscales: fields.numbers("rscales"),
            mse: fields.flag("mse"),
            combined: fields.flag("combined"),
            file: fields.text("file"),
            rho: fields.number("rho"),
            seed: fields.take("seed").and_then(|seed| seed.as_u64()),
        };
        fields.finish();
        if findings.is_empty() { Ok(stated) } else { Err(Refusal::invalid(&findings)) }
    }

    /// The method that a type names, as R calls it, and the seed.
    fn method(&self) -> Result<(VarianceMethod, u64), Refusal> {
        let kind = match self.kind.as_str() {
            "JK1" | "JKn" => return Ok((VarianceMethod::Jackknife, 0)),
            "BRR" => return Ok((VarianceMethod::Brr, 0)),
            "Fay" => return Ok((VarianceMethod::Fay { rho: self.rho.unwrap_or(VarianceMethod::DEFAULT_RHO) }, 0)),
            "bootstrap" => BootstrapKind::CantyDavison,
            "subbootstrap" => BootstrapKind::RaoWu,
            "rwyb" => BootstrapKind::RaoWuYueBeaumont,
            "mrbbootstrap" => BootstrapKind::Preston,
            other => return Err(Refusal::unsupported(format!("replicates of type {other:?} are not made here: supply them in a file"))),
        };
        let seed = self.seed.ok_or_else(|| invalid("seed: random replicates need one, or a file with their weights"))?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the range is checked
        let replicates = self.count.filter(|count| (0.0..1e6).contains(count)).unwrap_or(1000.0) as u32;
        Ok((VarianceMethod::Bootstrap { kind, replicates }, seed))
    }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::new("case-invalid", format!("/post/replicates/{detail}"))
}

impl From<ReplicateError> for Refusal {
    fn from(error: ReplicateError) -> Self {
        match error {
            ReplicateError::Lonely { .. } => Self::new("lonely-psu", error.to_string()),
            ReplicateError::NoValue => Self::new("no-value", error.to_string()),
            _ => Self::new("replicates-invalid", error.to_string()),
        }
    }
}
