//! All rules of a set over all responses of a wave.

use std::collections::{BTreeMap, HashMap};

use super::device::{self, Copies, Ends};
use super::link::{self, Arrivals};
use super::single::{self, Form, Timed, Verdict};
use super::{Flag, Hours, Judged, Rule, RuleSet};
use crate::schema::{Layout, Questionnaire};
use crate::words::Finding;

/// How far a rule reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// Responses that it could judge: the others lack what it looks at, such as a device or a time.
    pub judged: usize,
    /// Responses that it flagged.
    pub flagged: usize,
}

/// What a rule set found in a wave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Responses looked at.
    pub responses: usize,
    /// Responses with at least one flag.
    pub flagged: usize,
    /// Each rule that was applied.
    pub rules: BTreeMap<Rule, RuleCount>,
    /// The flags by response, then by rule; one of a kind for a response.
    pub flags: Vec<Flag>,
}

/// Takes in responses one by one, in any order, and then tells which are suspicious.
pub struct Evaluator<'a> {
    rules: &'a RuleSet,
    forms: Vec<Form>,
    hours: HashMap<i32, Hours>,
    responses: usize,
    counts: BTreeMap<Rule, RuleCount>,
    flags: Vec<Flag>,
    /// Those whose device tells how long they took, by questionnaire version.
    times: Vec<Vec<Timed>>,
    ends: Ends,
    copies: Copies,
    arrivals: Arrivals,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for responses to `forms`. `units` finds the id of a unit that the rule set names by `LIST:CODE`.
    ///
    /// # Errors
    /// A finding for each unit that does not exist.
    pub fn new<'f>(
        rules: &'a RuleSet,
        forms: impl Iterator<Item = (&'f Questionnaire, &'f Layout)>,
        units: impl Fn(&str) -> Option<i32>,
    ) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut hours = HashMap::new();
        for (name, of_unit) in rules.closed_hours.iter().flat_map(|rule| &rule.units) {
            if let Some(id) = units(name) {
                hours.insert(id, of_unit.clone());
            } else {
                let pointer = format!("/rules/closed_hours/units/{}", name.replace('~', "~0").replace('/', "~1"));
                findings.push(Finding::error(
                    pointer,
                    "unit-unknown",
                    format!("Không có đơn vị {name}; cần viết DANH-MỤC:MÃ"),
                    format!("There is no unit {name}; write LIST:CODE"),
                ));
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let forms: Vec<Form> = forms.map(|(questionnaire, layout)| Form::new(questionnaire, layout)).collect();
        let times = vec![Vec::new(); forms.len()];
        let counts = rules.rules().into_iter().map(|rule| (rule, RuleCount::default())).collect();
        let (flags, ends, copies, arrivals) = (Vec::new(), Ends::new(), Copies::new(), Arrivals::default());
        Ok(Self { rules, forms, hours, responses: 0, counts, flags, times, ends, copies, arrivals })
    }

    /// Takes in a response; one of a form that was not announced is passed over.
    pub fn push(&mut self, response: &Judged<'_>) {
        let Some(form) = self.forms.get(response.form) else { return };
        self.responses += 1;
        let answers = response.answers;
        let mut note = |rule: Rule, verdict: Verdict| {
            if !matches!(verdict, Verdict::NotJudged) {
                self.counts.entry(rule).or_default().judged += 1;
            }
            if let Verdict::Odd(detail) = verdict {
                self.flags.push(Flag { seq: response.seq, rule, detail });
            }
        };
        let items = form.answered(answers);
        // What one response alone does not decide is judged here and flagged in the end.
        if let (Some(_), Some(duration)) = (self.rules.too_fast, response.duration()) {
            note(Rule::TooFast, Verdict::Fine);
            self.times[response.form].push(Timed { seq: response.seq, duration, items });
        }
        if let Some(rule) = self.rules.straight_lined {
            note(Rule::StraightLined, single::straight_lined(rule, form, response));
        }
        if let Some(rule) = &self.rules.closed_hours {
            note(Rule::ClosedHours, single::closed_hours(rule, &self.hours, response));
        }
        if response.by_link() {
            let (rules, arrivals) = (self.rules, &mut self.arrivals);
            let (at, seq, of) = (response.received_at, response.seq, (response.form, response.unit));
            if rules.link_burst.is_some() {
                note(Rule::LinkBurst, Verdict::Fine);
                arrivals.push(response.unit, at, seq);
            }
            if rules.link_copies.is_some_and(|rule| items >= rule.min_items) {
                note(Rule::LinkCopies, Verdict::Fine);
                arrivals.whole.push(of, answers.to_vec(), at, seq);
            }
            if let Some(scales) = form.scale_answers(answers).filter(|_| rules.link_agreement.is_some()) {
                note(Rule::LinkAgreement, Verdict::Fine);
                arrivals.scales.push(of, scales, at, seq);
            }
        }
        let Some(device) = response.device else { return };
        if let (Some(_), Some(at)) = (self.rules.burst, response.answered_at) {
            note(Rule::Burst, Verdict::Fine);
            self.ends.entry(device).or_default().push((at, response.seq));
        }
        if let Some(rule) = self.rules.repeated_vector
            && items >= rule.min_items
        {
            note(Rule::RepeatedVector, Verdict::Fine);
            self.copies.entry((device, response.day(), response.form, answers.to_vec())).or_default().push(response.seq);
        }
    }

    /// The flags of all that was taken in.
    #[must_use]
    pub fn finish(mut self) -> Evaluation {
        if let Some(rule) = self.rules.too_fast {
            for of_form in &self.times {
                let twice_median = single::twice_median(of_form);
                let flag = |form: &Timed| {
                    let detail = single::too_fast(rule, *form, twice_median)?;
                    Some(Flag { seq: form.seq, rule: Rule::TooFast, detail })
                };
                self.flags.extend(of_form.iter().filter_map(flag));
            }
        }
        if let Some(rule) = self.rules.burst {
            self.flags.extend(device::burst(rule, &mut self.ends));
        }
        if let Some(rule) = self.rules.repeated_vector {
            self.flags.extend(device::repeated_vector(rule, &self.copies));
        }
        if let Some(rule) = &self.rules.link_burst {
            self.flags.extend(link::burst(rule, &mut self.arrivals));
        }
        if let Some(rule) = self.rules.link_copies {
            self.flags.extend(link::agreement(rule.agreement, Rule::LinkCopies, &mut self.arrivals.whole));
        }
        if let Some(rule) = self.rules.link_agreement {
            self.flags.extend(link::agreement(rule, Rule::LinkAgreement, &mut self.arrivals.scales));
        }
        self.flags.sort_unstable();
        for flag in &self.flags {
            self.counts.entry(flag.rule).or_default().flagged += 1;
        }
        let flagged = self.flags.chunk_by(|a, b| a.seq == b.seq).count();
        Evaluation { responses: self.responses, flagged, rules: self.counts, flags: self.flags }
    }
}
