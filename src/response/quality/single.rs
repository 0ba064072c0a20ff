//! Rules that look at one response by itself.

use std::collections::HashMap;

use super::{ClosedHours, Hours, Judged, StraightLined, TooFast, seconds};
use crate::response::{service_date, service_day};
use crate::schema::{DOES_NOT_APPLY, ItemKind, Layout, OptionList, Questionnaire, Slot};

/// A questionnaire version as the rules see it.
pub(super) struct Form {
    slots: Vec<Slot>,
    /// Scale items that follow one another in a section and share their options.
    blocks: Vec<Vec<Slot>>,
    /// All scale items in order; those of one number share their options.
    scales: Vec<(usize, Slot)>,
}

impl Form {
    pub(super) fn new(questionnaire: &Questionnaire, layout: &Layout) -> Self {
        let mut blocks: Vec<Vec<Slot>> = Vec::new();
        let mut scales = Vec::new();
        let mut lists: Vec<&OptionList> = Vec::new();
        for section in questionnaire.sections() {
            let mut last: Option<&OptionList> = None;
            for item in questionnaire.items_of(section) {
                let (ItemKind::Scale(options), Some(slot)) = (item.kind(), layout.slot(item.code())) else {
                    last = None;
                    continue;
                };
                match blocks.last_mut() {
                    Some(block) if last == Some(options) => block.push(slot),
                    _ => blocks.push(vec![slot]),
                }
                last = Some(options);
                let list = lists.iter().position(|known| *known == options.as_ref()).unwrap_or_else(|| {
                    lists.push(options);
                    lists.len() - 1
                });
                scales.push((list, slot));
            }
        }
        Self { slots: layout.slots().to_vec(), blocks, scales }
    }

    /// How many items were answered; “does not apply” is an answer that somebody gave too.
    pub(super) fn answered(&self, answers: &[u8]) -> usize {
        self.slots.iter().filter(|slot| slot.is_answered(answers) || slot.state(answers) == DOES_NOT_APPLY).count()
    }

    /// The answers to the scale items, in their order; `None` where none was given.
    pub(super) fn scale_answers(&self, answers: &[u8]) -> Option<Vec<u8>> {
        let given: Vec<u8> = self.scales.iter().map(|(_, slot)| slot.option(answers).unwrap_or(0)).collect();
        given.iter().any(|option| *option > 0).then_some(given)
    }
}

/// What a rule says of a response.
pub(super) enum Verdict {
    /// The response lacks what the rule looks at.
    NotJudged,
    /// Nothing odd.
    Fine,
    /// Suspicious, with what was measured.
    Odd(String),
}

impl Verdict {
    fn of(odd: bool, detail: impl FnOnce() -> String) -> Self {
        if odd { Self::Odd(detail()) } else { Self::Fine }
    }
}

/// How long a form took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timed {
    /// The response.
    pub(super) seq: i64,
    /// Microseconds.
    pub(super) duration: i64,
    /// Items answered.
    pub(super) items: usize,
}

/// Flags a form that was answered faster than it can be read: too little time for each item, for the whole, or beside the median of
/// everyone who answered the same questionnaire version, which comes as twice the median so that it is a whole number. Times are those of
/// the device: times of arrival say nothing, since devices queue.
///
/// # Formula
/// `duration < seconds_per_item · items`, `duration < seconds`, or `duration < share_of_median · median`. A second an item is the cut that
/// told careless from careful respondents in Wood, Harms, Lowman and `DeSimone` (2017), *Social Psychological and Personality Science*
/// 8(4), 454–464; two seconds are the stricter rule of Huang et al. (2012), *Journal of Business and Psychology* 27, 99–114. The share of the
/// median is that of Greszki, Meyer and Schoen (2015), *Public Opinion Quarterly* 79(2), 471–503, who also found that leaving such forms
/// out hardly moves results: a reason to flag rather than to drop.
pub(super) fn too_fast(rule: TooFast, form: Timed, twice_median: i64) -> Option<String> {
    let Timed { duration, items, .. } = form;
    let items_wide = i64::try_from(items).unwrap_or(i64::MAX);
    let fast = rule.per_item.is_some_and(|least| duration < least.saturating_mul(items_wide))
        || rule.whole.is_some_and(|least| duration < least)
        || rule.share_of_median.is_some_and(|share| below(share, duration, twice_median));
    fast.then(|| format!("seconds={} items={items} median={}", seconds(duration), seconds(twice_median / 2)))
}

#[allow(clippy::cast_precision_loss)] // microseconds of a century are exact
fn below(share: f64, duration: i64, twice_median: i64) -> bool {
    2.0 * (duration as f64) < share * (twice_median as f64)
}

/// Twice the median of the durations; 0 of none.
pub(super) fn twice_median(forms: &[Timed]) -> i64 {
    let mut sorted: Vec<i64> = forms.iter().map(|form| form.duration).collect();
    sorted.sort_unstable();
    let low = sorted.len().checked_sub(1).and_then(|last| sorted.get(last / 2));
    let high = sorted.get(sorted.len() / 2);
    low.zip(high).map_or(0, |(low, high)| low.saturating_add(*high))
}

/// Flags a form with one answer throughout every block of questions, or with a long run of equal answers.
/// A form with too few answers for either is not judged.
///
/// # Formula
/// Blocks: every block with at least `min_items` answers has a single distinct one, and there are at least `min_blocks` of them. Run: the
/// long-string index of Johnson (2005), *Journal of Research in Personality* 39, 103–129: the longest run of equal answers over
/// consecutive items; unanswered items are passed over, and another scale begins a new run.
pub(super) fn straight_lined(rule: StraightLined, form: &Form, response: &Judged<'_>) -> Verdict {
    let answers = response.answers;
    let given = |block: &[Slot]| block.iter().filter_map(|slot| slot.option(answers)).collect::<Vec<u8>>();
    let counted: Vec<Vec<u8>> = form.blocks.iter().map(|block| given(block)).filter(|given| given.len() >= rule.min_items).collect();
    let blocks_suffice = counted.len() >= rule.min_blocks;
    let scale_answers = form.scales.iter().filter(|(_, slot)| slot.option(answers).is_some()).count();
    if !blocks_suffice && rule.longest_run.is_none_or(|least| scale_answers < least) {
        return Verdict::NotJudged;
    }
    let run = longest_run(form, answers);
    let flat = blocks_suffice && counted.iter().all(|given| given.windows(2).all(|pair| pair[0] == pair[1]));
    let long = rule.longest_run.is_some_and(|least| run >= least);
    let items: usize = counted.iter().map(Vec::len).sum();
    Verdict::of(flat || long, || format!("blocks={} items={items} run={run}", counted.len()))
}

/// The longest run of equal answers over scale items that share their options.
fn longest_run(form: &Form, answers: &[u8]) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for (list, option) in form.scales.iter().filter_map(|(list, slot)| Some((*list, slot.option(answers)?))) {
        run = if last == Some((list, option)) { run + 1 } else { 1 };
        longest = longest.max(run);
        last = Some((list, option));
    }
    longest
}

/// Flags a response that was given at the office while the office was closed. Channels that need no office, and devices that do
/// not tell when, are not judged.
///
/// No statistics here: nobody can have stood at the kiosk. The device's clock is a claim, so the flag may also mean a clock that is wrong.
pub(super) fn closed_hours(rule: &ClosedHours, units: &HashMap<i32, Hours>, response: &Judged<'_>) -> Verdict {
    let Some(at) = response.answered_at.filter(|_| rule.channels.contains(&response.channel)) else { return Verdict::NotJudged };
    let hours = units.get(&response.unit).unwrap_or(&rule.hours);
    let closed = rule.closed_days.contains(&service_day(at)) || !hours.is_open(at);
    Verdict::of(closed, || format!("at={}", local(at)))
}

/// An instant in the time of Việt Nam: `2024-09-01T21:13`.
fn local(instant: i64) -> String {
    let minutes = crate::response::time_of_day(instant) / 60_000_000;
    format!("{}T{:02}:{:02}", service_date(instant).map(|day| day.to_string()).unwrap_or_default(), minutes / 60, minutes % 60)
}
