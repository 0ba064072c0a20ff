//! Weights of those who answered, raised for those who did not.

use std::collections::BTreeMap;

/// What became of a person or household that was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Eligible, and answered.
    Respondent,
    /// Eligible, and did not answer.
    NonRespondent,
    /// Known not to belong to the population surveyed: it stands for others who do not, and keeps its weight.
    Ineligible,
    /// Nobody found out whether it is eligible.
    Unknown,
}

/// When a weighting class is too small to stand alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassRule {
    /// Respondents (or cases of known eligibility) that a class needs at least.
    pub minimum: usize,
    /// The largest factor it may get.
    pub largest_factor: f64,
    /// Whether a class that falls short is merged with the next in order (the last with the one before), or refused.
    pub merge: bool,
}

impl Default for ClassRule {
    /// One respondent, any factor, no merging.
    fn default() -> Self {
        Self { minimum: 1, largest_factor: f64::INFINITY, merge: false }
    }
}

/// A weighting class, or several that were merged.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassLine {
    /// The classes in it.
    pub names: Vec<String>,
    /// Rows whose weight is shared out and that take part of it.
    pub cases: usize,
    /// Rows that take it.
    pub takers: usize,
    /// The weight of all of them.
    pub weight: f64,
    /// The weight of the takers before.
    pub takers_weight: f64,
}

impl ClassLine {
    /// What the takers' weights are multiplied by.
    #[must_use]
    pub fn factor(&self) -> f64 {
        if self.takers == self.cases { 1.0 } else { self.weight / self.takers_weight }
    }

    /// The weighted share of takers.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.takers_weight / self.weight
    }
}

/// A class that is too small.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("class {}: {takers} of {cases} cases, factor {factor}; at least {minimum} cases and a factor of at most {largest_factor} are asked for", names.join(" + "))]
pub struct SmallClass {
    /// The classes in it.
    pub names: Vec<String>,
    /// Rows in it.
    pub cases: usize,
    /// Rows that would take the weight.
    pub takers: usize,
    /// The factor it would get.
    pub factor: f64,
    /// The minimum asked for.
    pub minimum: usize,
    /// The largest factor allowed.
    pub largest_factor: f64,
}

/// Weights after a step, with its classes.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassAdjustment {
    /// The weights, in the order given.
    pub weights: Vec<f64>,
    /// The classes as they were used, in order.
    pub classes: Vec<ClassLine>,
}

/// Gives the weight of cases of unknown eligibility to those of known eligibility in their class; their own becomes 0.
///
/// # Formula
/// `w · Σ_c w / Σ_{c, known} w`: unknown cases are taken to be eligible in the proportion of the known ones (the assumption of the CASRO
/// rate): Valliant, Dever and Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, §13.4.
///
/// # Errors
/// Every class that the rule refuses.
pub fn unknown_eligibility(
    weights: &[f64],
    dispositions: &[Disposition],
    classes: &[impl AsRef<str>],
    rule: ClassRule,
) -> Result<ClassAdjustment, Vec<SmallClass>> {
    let role = |disposition| if disposition == Disposition::Unknown { Role::Gives } else { Role::Takes };
    share_out(weights, dispositions.iter().map(|disposition| role(*disposition)), classes, rule)
}

/// Gives the weight of eligible cases that did not answer to the respondents of their class; their own becomes 0.
///
/// What is not known to be eligible must have been settled before ([`unknown_eligibility`]): it counts as ineligible here.
///
/// # Formula
/// `w · Σ_{c, eligible} w / Σ_{c, respondents} w`, the weighting-class adjustment: Brick and Kalton (1996), Statistical Methods in Medical
/// Research 5; Särndal, Swensson and Wretman (1992), section 15.6, where it is the second phase of a two-phase sample with response
/// homogeneity groups.
///
/// # Errors
/// Every class that the rule refuses.
pub fn nonresponse(
    weights: &[f64],
    dispositions: &[Disposition],
    classes: &[impl AsRef<str>],
    rule: ClassRule,
) -> Result<ClassAdjustment, Vec<SmallClass>> {
    let role = |disposition| match disposition {
        Disposition::Respondent => Role::Takes,
        Disposition::NonRespondent => Role::Gives,
        Disposition::Ineligible | Disposition::Unknown => Role::Apart,
    };
    share_out(weights, dispositions.iter().map(|disposition| role(*disposition)), classes, rule)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Takes,
    Gives,
    Apart,
}

fn share_out(
    weights: &[f64],
    roles: impl Iterator<Item = Role>,
    classes: &[impl AsRef<str>],
    rule: ClassRule,
) -> Result<ClassAdjustment, Vec<SmallClass>> {
    let roles: Vec<Role> = roles.collect();
    let mut lines: BTreeMap<&str, ClassLine> = BTreeMap::new();
    for ((weight, role), class) in weights.iter().zip(&roles).zip(classes).filter(|((_, role), _)| **role != Role::Apart) {
        let class = class.as_ref();
        let empty = || ClassLine { names: vec![class.to_owned()], cases: 0, takers: 0, weight: 0.0, takers_weight: 0.0 };
        let line = lines.entry(class).or_insert_with(empty);
        line.cases += 1;
        line.weight += weight;
        if *role == Role::Takes {
            line.takers += 1;
            line.takers_weight += weight;
        }
    }
    let merged = merge(lines.into_values(), rule);
    let small: Vec<SmallClass> = merged.iter().filter(|line| !stands(line, rule)).map(|line| refusal(line, rule)).collect();
    if !small.is_empty() {
        return Err(small);
    }
    let factors: BTreeMap<&str, f64> =
        merged.iter().flat_map(|line| line.names.iter().map(|name| (name.as_str(), line.factor()))).collect();
    let adjusted = |((weight, role), class): ((&f64, &Role), &_)| match role {
        Role::Apart => *weight,
        Role::Gives => 0.0,
        Role::Takes => weight * factors.get(AsRef::<str>::as_ref(class)).copied().unwrap_or(1.0),
    };
    let weights = weights.iter().zip(&roles).zip(classes).map(adjusted).collect();
    Ok(ClassAdjustment { weights, classes: merged })
}

fn stands(line: &ClassLine, rule: ClassRule) -> bool {
    line.takers >= rule.minimum.max(1) && line.takers_weight > 0.0 && line.factor() <= rule.largest_factor
}

fn refusal(line: &ClassLine, rule: ClassRule) -> SmallClass {
    let ClassLine { names, cases, takers, .. } = line.clone();
    SmallClass { names, cases, takers, factor: line.factor(), minimum: rule.minimum, largest_factor: rule.largest_factor }
}

/// Classes in the order of their names; one that cannot stand alone takes in the next until it can.
fn merge(lines: impl Iterator<Item = ClassLine>, rule: ClassRule) -> Vec<ClassLine> {
    let mut merged: Vec<ClassLine> = Vec::new();
    for line in lines {
        match merged.last_mut().filter(|last| rule.merge && !stands(last, rule)) {
            Some(last) => last.take_in(line),
            None => merged.push(line),
        }
    }
    while rule.merge && merged.len() > 1 && merged.last().is_some_and(|last| !stands(last, rule)) {
        if let (Some(last), Some(before)) = (merged.pop(), merged.last_mut()) {
            before.take_in(last);
        }
    }
    merged
}

impl ClassLine {
    fn take_in(&mut self, other: Self) {
        self.names.extend(other.names);
        self.cases += other.cases;
        self.takers += other.takers;
        self.weight += other.weight;
        self.takers_weight += other.takers_weight;
    }
}

#[cfg(test)]
mod tests {
    use super::Disposition::{Ineligible, NonRespondent, Respondent, Unknown};
    use super::*;

    const CLASSES: [&str; 8] = ["a", "a", "a", "b", "b", "c", "c", "c"];
    const WEIGHTS: [f64; 8] = [2.0, 2.0, 4.0, 5.0, 5.0, 1.0, 1.0, 7.0];
    const BECAME: [Disposition; 8] = [Respondent, Respondent, NonRespondent, Respondent, NonRespondent, Respondent, Respondent, Ineligible];

    #[test]
    fn respondents_carry_the_weight_of_their_class() {
        let adjusted = nonresponse(&WEIGHTS, &BECAME, &CLASSES, ClassRule::default()).unwrap();
        assert_eq!(adjusted.weights, [4.0, 4.0, 0.0, 10.0, 0.0, 1.0, 1.0, 7.0]);
        assert_eq!(adjusted.weights.iter().sum::<f64>(), WEIGHTS.iter().sum::<f64>());
        let rates: Vec<f64> = adjusted.classes.iter().map(ClassLine::rate).collect();
        assert_eq!(rates, [0.5, 0.5, 1.0]);
    }

    #[test]
    fn a_small_class_merges_with_the_next_in_order_the_last_with_the_one_before() {
        let rule = ClassRule { minimum: 2, merge: true, ..ClassRule::default() };
        let adjusted = nonresponse(&WEIGHTS, &BECAME, &CLASSES, rule).unwrap();
        let names: Vec<String> = adjusted.classes.iter().map(|class| class.names.join("+")).collect();
        assert_eq!(names, ["a", "b+c"]);
        let rule = ClassRule { minimum: 3, merge: true, ..ClassRule::default() };
        let adjusted = nonresponse(&WEIGHTS, &BECAME, &CLASSES, rule).unwrap();
        assert_eq!(adjusted.classes.len(), 1, "a takes in b and has three; c falls short and joins them: {:?}", adjusted.classes);
    }

    #[test]
    fn a_class_nobody_answered_in_is_refused_with_its_name() {
        let became = [NonRespondent, NonRespondent, NonRespondent, Respondent, NonRespondent, Respondent, Respondent, Respondent];
        let rule = ClassRule { minimum: 2, largest_factor: 1.5, merge: false };
        let small = nonresponse(&WEIGHTS, &became, &CLASSES, rule).unwrap_err();
        assert_eq!(small.iter().map(|class| class.names[0].as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(small[0].to_string().contains("class a: 0 of 3 cases"), "{}", small[0]);
    }

    #[test]
    fn unknown_cases_give_to_eligible_and_ineligible_alike() {
        let became = [Respondent, Ineligible, Unknown, Respondent, NonRespondent, Respondent, Respondent, Ineligible];
        let adjusted = unknown_eligibility(&WEIGHTS, &became, &CLASSES, ClassRule::default()).unwrap();
        assert_eq!(adjusted.weights, [4.0, 4.0, 0.0, 5.0, 5.0, 1.0, 1.0, 7.0]);
    }
}
