//! Rules that look at what one device sent.

use std::collections::BTreeMap;

use super::{Burst, Flag, RepeatedVector, Rule, seconds};

/// When a device's responses ended, with their sequence numbers.
pub(super) type Ends = BTreeMap<i32, Vec<(i64, i64)>>;

/// Equal forms of one device on one day: (device, service day, questionnaire version, answers) to sequence numbers.
pub(super) type Copies = BTreeMap<(i32, i64, usize, Vec<u8>), Vec<i64>>;

/// Flags responses that follow one another faster than people can step up to a device: more than `max_responses` within a window, or one
/// that ends less than `min_gap` after the one before it on the same device.
///
/// # Formula
/// The scan statistic with a fixed bound: the most events in any window `[t, t + window)` (Naus 1965, *JASA* 60, 532–538). All responses of
/// a window that holds too many are flagged. Times are those of answering: a device that was offline sends its queue at once.
pub(super) fn burst(rule: Burst, ends: &mut Ends) -> Vec<Flag> {
    let mut flags = Vec::new();
    for of_device in ends.values_mut() {
        // Of the same instant in the order of arrival.
        of_device.sort_unstable();
        let crowds = crowds(rule.window, rule.max_responses, of_device);
        let mut ahead = crowds.iter().peekable();
        for (place, (at, seq)) in of_device.iter().enumerate() {
            let gap = place.checked_sub(1).map(|before| at.saturating_sub(of_device[before].0));
            let close = gap.filter(|gap| rule.min_gap.is_some_and(|least| *gap < least));
            while ahead.next_if(|crowd| crowd.end <= place).is_some() {}
            let crowd = ahead.peek().filter(|crowd| crowd.start <= place);
            let parts = [crowd.map(|crowd| format!("window={}", crowd.most)), close.map(|gap| format!("gap={}", seconds(gap)))];
            let detail = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            if !detail.is_empty() {
                flags.push(Flag { seq: *seq, rule: Rule::Burst, detail });
            }
        }
    }
    flags
}

/// Places that windows with too many responses cover, and the most that one of these windows holds.
pub(super) struct Crowd {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) most: usize,
}

/// The crowds among sorted times: windows that hold more than `max_responses`; those that overlap are one crowd.
pub(super) fn crowds(window: i64, max_responses: usize, ends: &[(i64, i64)]) -> Vec<Crowd> {
    let mut crowds: Vec<Crowd> = Vec::new();
    let mut end = 0;
    for (start, (begins, _)) in ends.iter().enumerate() {
        while ends.get(end).is_some_and(|(at, _)| at.saturating_sub(*begins) < window) {
            end += 1;
        }
        let held = end - start;
        if held <= max_responses {
            continue;
        }
        match crowds.last_mut() {
            Some(last) if start < last.end => (last.end, last.most) = (end, last.most.max(held)),
            _ => crowds.push(Crowd { start, end, most: held }),
        }
    }
    crowds
}

/// Flags forms that one device sent with the same answers on one day, where there are more of them than `max_copies`.
///
/// People who answer many questions alike are rare; duplicated interviews are how fabricated data give themselves away: Blasius and
/// Thiessen (2012), *Assessing the Quality of Survey Data*, ch. 4; Kuriakose and Robbins (2016), *Statistical Journal of the IAOS* 32,
/// 283–291.
pub(super) fn repeated_vector(rule: RepeatedVector, copies: &Copies) -> Vec<Flag> {
    let many = copies.values().filter(|seqs| seqs.len() > rule.max_copies);
    let flag = |seq: &i64, of: usize| Flag { seq: *seq, rule: Rule::RepeatedVector, detail: format!("copies={of}") };
    many.flat_map(|seqs| seqs.iter().map(|seq| flag(seq, seqs.len()))).collect()
}
