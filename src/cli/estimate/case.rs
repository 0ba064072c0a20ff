//! A case as the file states it.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::design::Design;
use super::fields::Fields;
use super::refusal::Refusal;

/// Whose degrees of freedom the t intervals of means, totals and functions of them have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freedom {
    /// Those of the domain: its PSUs less its strata. Where it has none, its variance says nothing and it has no interval.
    Domain,
    /// Those of the whole design, whatever the domain, as `confint(…, df = degf(design))` of R has them.
    Design,
}

impl Freedom {
    /// What a file's format says: files in that of `tests/golden/survey` hold R's intervals by the whole design.
    #[must_use]
    pub fn of_format(format: Option<&str>) -> Self {
        if format == Some("svy-golden-1") { Self::Design } else { Self::Domain }
    }
}

/// One case: what is estimated from which data under which design.
#[derive(Debug, Clone)]
pub struct Case {
    /// The CSV file, relative to the file of cases.
    pub data: String,
    /// How the sample was drawn.
    pub design: Design,
    /// What is done to the weights before estimation: replicates or a calibration, as it stands in the file.
    pub post: Option<Map<String, Value>>,
    /// What is estimated.
    pub estimator: Options,
    /// The level of the intervals.
    pub level: f64,
    /// Whose degrees of freedom they have.
    pub freedom: Freedom,
}

/// Which simple random sample a design effect compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simple {
    /// Drawn without replacement.
    WithoutReplacement,
    /// Drawn with replacement.
    WithReplacement,
}

/// What is estimated, with every option that some estimator has.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which estimator.
    pub function: String,
    /// Its variables: columns, or conditions such as `q01>=4` as 1 and 0. `variance` takes the first.
    pub vars: Vec<String>,
    /// Numerators of ratios.
    pub num: Vec<String>,
    /// Denominators of ratios.
    pub den: Vec<String>,
    /// Domains: one for every combination of these columns' values.
    pub by: Vec<String>,
    /// One domain.
    pub condition: Option<Condition>,
    /// Rows with a missing value in any variable are dropped.
    pub na_rm: bool,
    /// A design effect is wanted.
    pub deff: Option<Simple>,
    /// Coefficients of a contrast.
    pub coef: Vec<f64>,
    /// An expression over totals and means.
    pub expr: Option<String>,
    /// The method of an interval for a proportion.
    pub method: Option<String>,
    /// Which quantiles.
    pub probs: Vec<f64>,
    /// The method of a quantile's interval.
    pub interval: Option<String>,
    /// The definition of a quantile.
    pub qrule: Option<String>,
    /// The statistic of a test.
    pub statistic: Option<String>,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// Everything in it that does not follow the format.
    pub fn read(value: &Value, freedom: Freedom) -> Result<Self, Refusal> {
        let mut findings = Vec::new();
        let mut case = Fields::new("", Some(value), &mut findings);
        let data = case.text("data").unwrap_or_default();
        let level = case.number("level").unwrap_or(0.95);
        let post = match case.take("post") {
            None => None,
            Some(Value::Object(post)) => Some(post),
            Some(_) => {
                case.find("post", "an object belongs here");
                None
            }
        };
        if data.is_empty() {
            case.find("data", "the name of a CSV file is missing");
        }
        if !(level > 0.0 && level < 1.0) {
            case.find("level", &format!("{level} is no level: it lies between 0 and 1, such as 0.95"));
        }
        let design = Design::read(value.get("design"), &mut findings);
        let estimator = Options::read(value.get("estimator"), &mut findings);
        match design {
            Some(design) if findings.is_empty() => Ok(Self { data, design, post, estimator, level, freedom }),
            _ => Err(Refusal::invalid(&findings)),
        }
    }
}

impl Options {
    /// Refuses options that make several domains or a design effect, for estimators that have neither.
    ///
    /// # Errors
    /// Both, if both are asked for.
    pub fn one_domain(&self) -> Result<(), Refusal> {
        let asked = [("by", !self.by.is_empty()), ("deff", self.deff.is_some())];
        let findings = asked.into_iter().filter(|(_, asked)| *asked);
        let findings: Vec<String> = findings.map(|(name, _)| format!("/estimator/{name}: {} has no such option", self.function)).collect();
        if findings.is_empty() { Ok(()) } else { Err(Refusal::invalid(&findings)) }
    }

    fn read(value: Option<&Value>, findings: &mut Vec<String>) -> Self {
        let mut fields = Fields::new("/estimator", value, findings);
        let function = fields.text("fn");
        if function.is_none() {
            fields.find("fn", "the name of an estimator is missing");
        }
        let condition = fields.text("where").and_then(|text| match Condition::parse(&text) {
            Ok(condition) => Some(condition),
            Err(reason) => {
                fields.find("where", &reason);
                None
            }
        });
        let deff = fields.word("deff").and_then(|name| match name.as_str() {
            "wor" => Some(Simple::WithoutReplacement),
            "wr" => Some(Simple::WithReplacement),
            _ => {
                fields.find("deff", &format!("{name:?} is neither wor nor wr"));
                None
            }
        });
        let options = Self {
            function: function.unwrap_or_default(),
            vars: fields.texts("vars"),
            num: fields.texts("num"),
            den: fields.texts("den"),
            by: fields.texts("by"),
            condition,
            na_rm: fields.flag("na_rm"),
            deff,
            coef: fields.numbers("coef"),
            expr: fields.text("expr"),
            method: fields.text("method"),
            probs: fields.numbers("probs"),
            interval: fields.text("interval"),
            qrule: fields.text("qrule"),
            statistic: fields.text("statistic"),
        };
        fields.finish();
        options
    }
}
