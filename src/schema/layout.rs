//! How the answers of one response pack into bytes.
//!
//! A packed response has one slot for each item, in the questionnaire's order:
//!
//! | item | slot |
//! |---|---|
//! | scale, single | one byte: a state, or the number of the option (1 to 250) |
//! | multiple | a state byte, then one bit an option, lowest bit first, in ⌈n/8⌉ bytes |
//! | number | a state byte, then value × 10^decimals as a little-endian `i64` |
//! | date | a state byte, then days since 1970-01-01 as a little-endian `i32` |
//! | text | a state byte; the text is kept elsewhere |
//!
//! Where the state is not [`ANSWERED`], the bytes after it are zero. So equal answers are equal bytes.

use std::collections::HashMap;
use std::ops::Range;

use super::questionnaire::{ItemKind, MAX_OPTIONS, Questionnaire};

/// State: asked, and nothing was answered.
pub const NOT_ANSWERED: u8 = 0;
/// State of a slot with more than one byte: an answer follows. In one-byte slots it is the first option.
pub const ANSWERED: u8 = 1;
/// State: something was answered, or should have been, and it is not valid: missing, with a reason that stands in the findings.
pub const INVALID: u8 = 251;
/// State: the respondent said that the question does not apply.
pub const DOES_NOT_APPLY: u8 = 253;
/// State: the form in use did not offer the question.
pub const NOT_OFFERED: u8 = 254;
/// State: the skip logic left the question out.
pub const NOT_ASKED: u8 = 255;

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// One option of so many.
    Option(u8),
    /// Any of so many options.
    Multiple(u8),
    /// A number with so many digits after the point.
    Number(u8),
    /// A calendar day.
    Date,
    /// A text, kept elsewhere.
    Text,
}

/// The bytes of one item. Readers answer “nothing” for bytes that are too short or not of their kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    offset: usize,
    kind: SlotKind,
}

impl Slot {
    /// Position of the slot's first byte, which is its state.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What the slot holds.
    #[must_use]
    pub fn kind(&self) -> SlotKind {
        self.kind
    }

    /// Number of bytes.
    #[must_use]
    pub fn width(&self) -> usize {
        match self.kind {
            SlotKind::Option(_) | SlotKind::Text => 1,
            SlotKind::Multiple(options) => 1 + usize::from(options).div_ceil(8),
            SlotKind::Number(_) => 9,
            SlotKind::Date => 5,
        }
    }

    fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.width()
    }

    fn payload<const N: usize>(&self, bytes: &[u8]) -> Option<[u8; N]> {
        if self.state(bytes) != ANSWERED {
            return None;
        }
        bytes.get(self.range())?.get(1..)?.try_into().ok()
    }

    /// The state byte; of a one-byte slot, this is also the option's number.
    #[must_use]
    pub fn state(&self, bytes: &[u8]) -> u8 {
        bytes.get(self.offset).copied().unwrap_or(NOT_ANSWERED)
    }

    /// Whether there is an answer: an option, a number, a day, a text.
    #[must_use]
    pub fn is_answered(&self, bytes: &[u8]) -> bool {
        (1..=250).contains(&self.state(bytes))
    }

    /// The option's number (from 1) of a scale or single item.
    #[must_use]
    pub fn option(&self, bytes: &[u8]) -> Option<u8> {
        let SlotKind::Option(count) = self.kind else { return None };
        Some(self.state(bytes)).filter(|state| (1..=count).contains(state))
    }

    /// Whether the answer is, or includes, the option with this number.
    #[must_use]
    pub fn includes(&self, bytes: &[u8], option: u8) -> bool {
        match self.kind {
            SlotKind::Option(_) => self.option(bytes) == Some(option),
            SlotKind::Multiple(count) if (1..=count).contains(&option) && self.state(bytes) == ANSWERED => {
                let bit = usize::from(option - 1);
                bytes.get(self.offset + 1 + bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
            }
            _ => false,
        }
    }

    /// The numbers of all options of the answer.
    pub fn options(self, bytes: &[u8]) -> impl Iterator<Item = u8> {
        let count = match self.kind {
            SlotKind::Option(count) | SlotKind::Multiple(count) => count,
            _ => 0,
        };
        (1..=count).filter(move |&option| self.includes(bytes, option))
    }

    /// The scaled number of a number item.
    #[must_use]
    pub fn number(&self, bytes: &[u8]) -> Option<i64> {
        matches!(self.kind, SlotKind::Number(_)).then(|| self.payload(bytes).map(i64::from_le_bytes))?
    }

    /// The day of a date item, in days since 1970-01-01.
    #[must_use]
    pub fn days(&self, bytes: &[u8]) -> Option<i32> {
        matches!(self.kind, SlotKind::Date).then(|| self.payload(bytes).map(i32::from_le_bytes))?
    }

    /// Writes a state and clears what followed it.
    pub fn set_state(&self, bytes: &mut [u8], state: u8) {
        if let Some(slot) = bytes.get_mut(self.range()) {
            slot.fill(0);
            slot[0] = state;
        }
    }

    /// Writes one option (number from 1): the answer of a scale or single item, one more of a multiple item.
    pub fn add_option(&self, bytes: &mut [u8], option: u8) {
        match self.kind {
            SlotKind::Option(count) if (1..=count).contains(&option) => self.set_state(bytes, option),
            SlotKind::Multiple(count) if (1..=count).contains(&option) => {
                if self.state(bytes) != ANSWERED {
                    self.set_state(bytes, ANSWERED);
                }
                let bit = usize::from(option - 1);
                if let Some(byte) = bytes.get_mut(self.offset + 1 + bit / 8) {
                    *byte |= 1 << (bit % 8);
                }
            }
            _ => {}
        }
    }

    /// Writes the scaled number of a number item.
    pub fn set_number(&self, bytes: &mut [u8], scaled: i64) {
        if matches!(self.kind, SlotKind::Number(_)) {
            self.set_payload(bytes, &scaled.to_le_bytes());
        }
    }

    /// Writes the day of a date item, in days since 1970-01-01.
    pub fn set_days(&self, bytes: &mut [u8], days: i32) {
        if matches!(self.kind, SlotKind::Date) {
            self.set_payload(bytes, &days.to_le_bytes());
        }
    }

    fn set_payload(&self, bytes: &mut [u8], payload: &[u8]) {
        if let Some(slot) = bytes.get_mut(self.range()) {
            slot[0] = ANSWERED;
            slot[1..].copy_from_slice(payload);
        }
    }
}

/// The slots of a questionnaire.
#[derive(Debug, Clone)]
pub struct Layout {
    slots: Vec<Slot>,
    by_code: HashMap<String, usize>,
    width: usize,
}

impl Layout {
    /// The layout of `questionnaire`: it follows from the items' order and kinds alone.
    #[must_use]
    pub fn of(questionnaire: &Questionnaire) -> Self {
        let mut width = 0;
        let slots = questionnaire
            .items()
            .iter()
            .map(|item| {
                let kind = match item.kind() {
                    ItemKind::Scale(options) | ItemKind::Single(options) => SlotKind::Option(options.count()),
                    ItemKind::Multiple { options, .. } => SlotKind::Multiple(options.count()),
                    ItemKind::Number { decimals, .. } => SlotKind::Number(*decimals),
                    ItemKind::Date { .. } => SlotKind::Date,
                    ItemKind::Text { .. } => SlotKind::Text,
                };
                let slot = Slot { offset: width, kind };
                width += slot.width();
                slot
            })
            .collect();
        Self { slots, by_code: questionnaire.by_code.clone(), width }
    }

    /// Number of bytes of a packed response.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The slots, in the order of the questionnaire's items.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The slot of the item with this code.
    #[must_use]
    pub fn slot(&self, item: &str) -> Option<Slot> {
        self.slots.get(self.position(item)?).copied()
    }

    /// The position of the item with this code, in the questionnaire and in [`slots`](Self::slots).
    #[must_use]
    pub fn position(&self, item: &str) -> Option<usize> {
        self.by_code.get(item).copied()
    }

    /// The number (from 1) of the option answered to a scale or single item; `None` without one.
    #[must_use]
    pub fn option_of(&self, bytes: &[u8], item: &str) -> Option<u8> {
        self.slot(item)?.option(bytes)
    }

    /// A response in which nothing is answered.
    #[must_use]
    pub fn blank(&self) -> Vec<u8> {
        vec![NOT_ANSWERED; self.width]
    }

    /// Whether an item was answered with what is not valid.
    #[must_use]
    pub fn holds_invalid(&self, bytes: &[u8]) -> bool {
        self.slots.iter().any(|slot| slot.state(bytes) == INVALID)
    }

    /// Whether `bytes` can be a response of this layout: the right length, and states and options that exist.
    #[must_use]
    pub fn accepts(&self, bytes: &[u8]) -> bool {
        bytes.len() == self.width
            && self.slots.iter().all(|slot| match (slot.state(bytes), slot.kind) {
                (NOT_ANSWERED | INVALID | DOES_NOT_APPLY | NOT_OFFERED | NOT_ASKED, _) => {
                    bytes[slot.range()].iter().skip(1).all(|&byte| byte == 0)
                }
                (state, SlotKind::Option(count)) => state <= count,
                (state, SlotKind::Multiple(count)) => {
                    let spare = (8 - count % 8) % 8;
                    let last = bytes.get(slot.range().end - 1).copied().unwrap_or(0);
                    state == ANSWERED && (spare == 0 || last >> (8 - spare) == 0)
                }
                (state, _) => state == ANSWERED,
            })
    }
}

const _: () = assert!(MAX_OPTIONS < INVALID as usize, "an option number must never look like a state");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::sample;

    fn layout() -> Layout {
        Layout::of(&sample::checked(&sample::questionnaire()))
    }

    #[test]
    fn slots_follow_each_other_in_the_questionnaires_order() {
        let layout = layout();
        let places: Vec<_> = layout.slots().iter().map(|slot| (slot.offset(), slot.width())).collect();
        assert_eq!(places, [(0, 1), (1, 9), (10, 2), (12, 1), (13, 1), (14, 1), (15, 9), (24, 5)]);
        assert_eq!(layout.width(), 29);
        assert_eq!(layout.slot("fee").map(|slot| slot.kind()), Some(SlotKind::Number(2)));
        assert_eq!(layout.slot("x"), None);
    }

    #[test]
    fn what_is_written_is_read_and_a_state_clears_it() {
        let layout = layout();
        let mut bytes = layout.blank();
        let slot = |item: &str| layout.slot(item).unwrap();
        slot("staff").add_option(&mut bytes, 4);
        slot("age").set_number(&mut bytes, 34);
        slot("day").set_days(&mut bytes, -1);
        slot("sources").add_option(&mut bytes, 1);
        slot("sources").add_option(&mut bytes, 5);
        assert!(layout.accepts(&bytes));
        assert_eq!(layout.option_of(&bytes, "staff"), Some(4));
        assert_eq!((slot("age").number(&bytes), slot("day").days(&bytes)), (Some(34), Some(-1)));
        assert_eq!(slot("sources").options(&bytes).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(bytes[10..12], [ANSWERED, 0b1_0001]);
        for item in ["staff", "age", "day", "sources"] {
            slot(item).set_state(&mut bytes, INVALID);
            assert!(!slot(item).is_answered(&bytes) && slot(item).option(&bytes).is_none() && layout.holds_invalid(&bytes));
            slot(item).set_state(&mut bytes, NOT_ASKED);
            assert!(!slot(item).is_answered(&bytes) && !layout.holds_invalid(&bytes));
        }
        bytes.retain(|byte| *byte != NOT_ANSWERED);
        assert_eq!(bytes, [NOT_ASKED; 4]);
    }

    #[test]
    fn bytes_that_no_answer_packs_to_are_not_accepted() {
        let layout = layout();
        let with = |place: usize, byte: u8| {
            let mut bytes = layout.blank();
            bytes[place] = byte;
            layout.accepts(&bytes)
        };
        assert!(with(0, 2) && with(0, NOT_OFFERED));
        assert!(!with(0, 3), "an option that does not exist");
        assert!(with(0, INVALID));
        assert!(!with(0, 252), "a state that does not exist");
        assert!(!with(1, 2), "a number has one state of being answered");
        assert!(!with(2, 1), "a number without an answer");
        assert!(!layout.accepts(&[]));
        let mut bytes = layout.blank();
        bytes[10] = ANSWERED;
        bytes[11] = 0b10_0000;
        assert!(!layout.accepts(&bytes), "a sixth option of five");
    }

    #[test]
    fn bytes_that_are_too_short_hold_nothing() {
        let layout = layout();
        for slot in layout.slots() {
            assert_eq!((slot.state(&[]), slot.option(&[]), slot.number(&[1]), slot.days(&[])), (NOT_ANSWERED, None, None, None));
            slot.set_state(&mut [], ANSWERED);
            slot.add_option(&mut [], 1);
            assert!(!slot.includes(&[], 1));
        }
    }
}
