//! Tests of independence in a table of counts.

use serde_json::{Map, Value};

use super::answer::{number, numbers};
use super::refusal::Refusal;
use super::study::Study;
use crate::scoring::sample::contingency::{AssociationTest, Contingency, ContingencyError, SingularTable};
use crate::scoring::sample::{Estimator, Values};

/// Answers a case with the covariances of the design.
pub fn answer(study: &Study<'_>) -> Result<Map<String, Value>, Refusal> {
    answer_by(study, study.domain_df(), |cells| Ok(study.sample.covariance(&cells.linearise(study.sample.weights()))?))
}

/// Answers a case with the covariances of `covariance`, which is handed the estimator of the cells.
pub fn answer_by(
    study: &Study<'_>,
    df: f64,
    covariance: impl FnOnce(&Estimator) -> Result<Vec<f64>, Refusal>,
) -> Result<Map<String, Value>, Refusal> {
    let options = &study.case.estimator;
    options.one_domain()?;
    let invalid = |detail: String| Refusal::new("case-invalid", detail);
    let [down, across] = options.vars.as_slice() else {
        return Err(invalid("/estimator/vars: the rows and the columns of the table, two variables".to_owned()));
    };
    let name = options.statistic.as_deref().unwrap_or("F");
    let test = AssociationTest::parse(name).ok_or_else(|| {
        let known: Vec<&str> = AssociationTest::ALL.into_iter().map(AssociationTest::as_str).collect();
        invalid(format!("/estimator/statistic: {name:?} is none of {}", known.join(", ")))
    })?;
    let (down, across) = (classes(study, down)?, classes(study, across)?);
    let table = Contingency::by(study.sample.weights(), &down, &across, &study.domain, df, covariance)?;
    let found = table.test(test)?;
    let parameter = if let [df] = found.parameter.as_slice() { number(*df) } else { numbers(&found.parameter) };
    Ok(Map::from_iter([
        ("statistic".to_owned(), number(found.statistic)),
        ("parameter".to_owned(), parameter),
        ("p_value".to_owned(), number(found.p_value)),
        ("df".to_owned(), number(study.stated_df(df))),
    ]))
}

/// The distinct values of a column, numbered.
fn classes(study: &Study<'_>, column: &str) -> Result<Values, Refusal> {
    if !study.table.has(column) {
        return study.variable(column);
    }
    let levels = study.table.levels(column)?;
    let class = |place: &Option<usize>| place.and_then(|place| u32::try_from(place).ok()).map_or(f64::NAN, f64::from);
    Ok(levels.of_row.iter().map(class).collect())
}

impl From<ContingencyError<Refusal>> for Refusal {
    fn from(error: ContingencyError<Refusal>) -> Self {
        match error {
            ContingencyError::Classes(..) => Self::new("classes-too-few", error.to_string()),
            ContingencyError::Variance(refusal) => refusal,
        }
    }
}

impl From<SingularTable> for Refusal {
    fn from(error: SingularTable) -> Self {
        Self::new("table-singular", error.to_string())
    }
}
