//! A target of a unit: whether it is met, and what it would take.

use serde::Serialize;

use super::reach::{Goal, Reach, ReachError, reach};
use super::subject::Subject;
use crate::composite::objection::{Objection, object};
use crate::composite::targets::{Judgement, Rules, judge};
use crate::schema::composite::TargetKind;

/// A target with what can be said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    /// The target.
    pub target: TargetKind,
    /// Whether it is met.
    pub judgement: Judgement,
    /// What it would take.
    pub reach: Reach,
}

/// Why nothing can be said of a target.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OutlookError {
    /// Points are to be gained since an edition that is not there.
    #[error("a gain needs an edition before in which the unit has a score")]
    NoScoreBefore,
    /// Ranks are to be gained since an edition that is not there.
    #[error("a rise needs an edition before in which the unit has a rank")]
    NoRankBefore,
    /// Nothing can meet it, or everything does.
    #[error(transparent)]
    Objection(#[from] Objection),
    /// It cannot be judged.
    #[error("{en}")]
    Open {
        /// Why, in Vietnamese.
        vi: String,
        /// Why, in English.
        en: String,
    },
    /// It cannot be said what it would take.
    #[error(transparent)]
    Reach(#[from] ReachError),
}

impl OutlookError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::NoScoreBefore => "Tăng điểm thì phải có kỳ trước mà đơn vị có điểm".to_owned(),
            Self::NoRankBefore => "Tăng bậc thì phải có kỳ trước mà đơn vị có hạng".to_owned(),
            Self::Objection(objection) => objection.vi(),
            Self::Open { vi, .. } => vi.clone(),
            Self::Reach(ReachError::NoScore) => "Đơn vị không có điểm".to_owned(),
            Self::Reach(ReachError::Compute(error)) => format!("Không tính lại được với giá trị đã đổi: {}", error.vi()),
        }
    }
}

/// Judges a target of a subject and says what it would take; `before` is the unit in the last edition, by which gains are counted.
///
/// # Errors
/// [`OutlookError`].
pub fn outlook(
    subject: &Subject<'_>,
    before: Option<&Subject<'_>>,
    target: TargetKind,
    errors: &dyn Fn(usize, usize) -> Option<f64>,
    rules: &Rules,
) -> Result<Outlook, OutlookError> {
    let outcome = subject.outcome;
    let was = before.and_then(|before| Some((before.outcome.rank(0, before.row)?, before.outcome.score(0, before.row)?)));
    object(subject.definition, outcome, (0, subject.row), was, target)?;
    let goal = match target {
        TargetKind::Score { value } => Goal::Score(value),
        TargetKind::Rank { value } => Goal::Rank(value),
        TargetKind::ScoreGain { value } => Goal::Score(was.ok_or(OutlookError::NoScoreBefore)?.1 + value),
        TargetKind::RankGain { value } => Goal::Rank(was.ok_or(OutlookError::NoRankBefore)?.0.saturating_sub(value)),
    };
    // An edition before under another definition is another outcome: all that is left of a gain is the rank or score to reach.
    let judged_as = match goal {
        _ if before.is_none_or(|before| std::ptr::eq(before.outcome, outcome)) => target,
        Goal::Score(value) => TargetKind::Score { value },
        Goal::Rank(value) => TargetKind::Rank { value },
    };
    let judged = judge(subject.definition, outcome, (0, subject.row), judged_as, errors, rules);
    let judgement = judged.map_err(|(_, vi, en)| OutlookError::Open { vi, en })?;
    Ok(Outlook { target, judgement, reach: reach(subject, goal)? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::composite::{Observation, Table, compute};
    use crate::schema::composite::sample::{definition, text};

    #[test]
    fn without_ends_of_the_scale_a_score_of_another_order_is_refused() {
        let definition = definition(&json!({
            "kind": "composite", "code": "one", "edition": "2021", "title": text("x"),
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "sum"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [{"code": "x", "label": text("x"), "indicator": {}}]},
        }));
        let mut table = Table::default();
        table.insert("2021", "a", "x", Observation { value: Some(-50.0), ..Observation::default() });
        let (initial, outcome) = (table.state(&definition), compute(&definition, &table).unwrap());
        let subject = Subject { definition: &definition, initial: &initial, outcome: &outcome, row: 0 };
        let found = |target: &str| outlook(&subject, None, target.parse().unwrap(), &|_, _| None, &Rules::default());
        let refused = found("score:-1e300").unwrap_err();
        assert_eq!(refused, OutlookError::Objection(Objection::FarOff { score: -1e300, largest: 50.0 }));
        assert!(refused.vi().contains("một nghìn lần"));
        assert!(found("score:40000").is_ok() && found("score:0").is_ok());
    }

    #[test]
    fn what_nothing_or_everything_meets_is_refused_with_the_reason() {
        let definition = definition(&json!({
            "kind": "composite", "code": "one", "edition": "2021", "title": text("x"),
            "pipeline": [{"stage": "normalise", "method": "points"}, {"stage": "aggregate", "method": "sum"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [{"code": "x", "label": text("x"), "maximum": 10, "indicator": {}}]},
        }));
        let mut table = Table::default();
        for (unit, values) in [("a", [9.0, 9.0]), ("b", [7.0, 7.5]), ("c", [4.0, 5.0])] {
            for (edition, value) in ["2020", "2021"].iter().zip(values) {
                table.insert(edition, unit, "x", Observation { value: Some(value), ..Observation::default() });
            }
        }
        let (initial, outcome) = (table.state(&definition), compute(&definition, &table).unwrap());
        let found = |unit: &str, target: &str| {
            let row = outcome.rows().find(1, unit).unwrap();
            let subject = Subject { definition: &definition, initial: &initial, outcome: &outcome, row };
            outlook(&subject, subject.before().as_ref(), target.parse().unwrap(), &|_, _| None, &Rules::default())
        };
        let refused = |unit: &str, target: &str| match found(unit, target) {
            Err(OutlookError::Objection(objection)) => Some(objection),
            _ => None,
        };
        assert_eq!(refused("c", "rise:5"), Some(Objection::BeyondFirst { from: 3 }));
        assert_eq!(found("c", "rise:3").unwrap_err().to_string(), "impossible: the unit was number 3 and can rise by 2 at most");
        assert_eq!(found("c", "rise:2").unwrap().reach.goal, Goal::Rank(1));
        assert_eq!(refused("a", "rise:1"), Some(Objection::FirstAlready));
        assert_eq!(refused("b", "rank:99"), Some(Objection::BeyondLast { rank: 99, units: 3 }));
        assert_eq!(refused("b", "gain:-3"), Some(Objection::Loss { gain: -3.0 }));
        for (target, score) in [("score:-1e300", -1e300), ("score:11", 11.0), ("gain:3.5", 10.5)] {
            assert_eq!(refused("b", target), Some(Objection::OffScale { score, low: 0.0, high: 10.0 }), "{target}");
        }
        for fine in ["rank:3", "rise:1", "score:10", "score:0", "gain:0", "gain:3"] {
            assert!(found("b", fine).is_ok(), "{fine}");
        }
    }
}
