//! The object that is printed for a case.

use serde_json::{Map, Value};

use super::case::Freedom;
use crate::scoring::interval;

/// Estimates with their standard errors, under one design.
#[derive(Debug, Clone)]
pub struct Answer {
    /// A name for each estimate.
    pub names: Vec<String>,
    /// The columns that made the domains, with a value for each domain; empty without domains.
    pub groups: Vec<(String, Vec<String>)>,
    /// The estimates.
    pub est: Vec<f64>,
    /// Their standard errors.
    pub se: Vec<f64>,
    /// Their covariance matrix, row-major; empty where it is not known.
    pub vcov: Vec<f64>,
    /// Degrees of freedom of each estimate's interval.
    pub df: Vec<f64>,
    /// Whose they are.
    pub freedom: Freedom,
    /// Their design effects; empty where they were not asked for.
    pub deff: Vec<f64>,
}

impl Answer {
    /// The object, with intervals at a level by the normal and by the t distribution.
    #[must_use]
    pub fn object(&self, level: f64) -> Map<String, Value> {
        let mut object = Map::new();
        if !self.groups.is_empty() {
            let groups = self.groups.iter().map(|(column, values)| (column.clone(), texts(values)));
            object.insert("groups".to_owned(), Value::Object(groups.collect()));
        }
        object.insert("est".to_owned(), numbers(&self.est));
        object.insert("names".to_owned(), texts(&self.names));
        object.insert("se".to_owned(), numbers(&self.se));
        if !self.vcov.is_empty() {
            object.insert("vcov".to_owned(), self.vcov.chunks(self.est.len().max(1)).map(numbers).collect());
        }
        object.insert("df".to_owned(), self.freedom());
        if !self.deff.is_empty() {
            object.insert("deff".to_owned(), numbers(&self.deff));
        }
        // Without degrees of freedom the variance says nothing, by whichever distribution.
        let normal: Vec<f64> = self.df.iter().map(|df| if *df > 0.0 { f64::INFINITY } else { f64::NAN }).collect();
        object.insert("ci_z".to_owned(), self.interval(&normal, Value::from("Inf"), level));
        object.insert("ci_t".to_owned(), self.interval(&self.df, self.freedom(), level));
        object
    }

    /// Degrees of freedom: a list where domains have their own, else one number.
    fn freedom(&self) -> Value {
        if self.freedom == Freedom::Domain && !self.groups.is_empty() {
            numbers(&self.df)
        } else {
            number(self.df.first().copied().unwrap_or(f64::NAN))
        }
    }

    fn interval(&self, df: &[f64], stated: Value, level: f64) -> Value {
        let bounds = self.est.iter().zip(&self.se).zip(df).map(|((est, se), df)| interval::linear(*est, se * se, *df, level));
        let (low, high): (Vec<f64>, Vec<f64>) = bounds.unzip();
        Value::Object(Map::from_iter([("df".to_owned(), stated), ("low".to_owned(), numbers(&low)), ("high".to_owned(), numbers(&high))]))
    }
}

/// A number; null where it is missing, `"Inf"` and `"-Inf"` where JSON has no number.
#[must_use]
pub fn number(value: f64) -> Value {
    if value.is_infinite() {
        return Value::from(if value > 0.0 { "Inf" } else { "-Inf" });
    }
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// A list of numbers.
#[must_use]
pub fn numbers(values: &[f64]) -> Value {
    values.iter().map(|value| number(*value)).collect()
}

/// A list of texts.
#[must_use]
pub fn texts(values: &[String]) -> Value {
    values.iter().map(String::as_str).collect()
}

/// A value as one line, its `id` first, its fractional numbers with 17 significant digits.
#[must_use]
pub fn line(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map(|number| format!("{number:.16e}")).unwrap_or_default(),
        Value::Array(list) => format!("[{}]", list.iter().map(line).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name != "id");
            let fields = fields.into_iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), line(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}
