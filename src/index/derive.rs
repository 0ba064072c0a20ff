//! Columns made from columns.

use rayon::prelude::*;

use crate::frame::{CHOSEN, Frame, NOT_CHOSEN};
use crate::index::plan::AllFavourable;
use crate::schema::{FavourableMissing, INVALID, NOT_ANSWERED};

/// For each person, whether every answer among some items is favourable: [`CHOSEN`], [`NOT_CHOSEN`], or
/// [`NOT_ANSWERED`] for those whom the rule leaves out.
pub(super) fn all_favourable(frame: &Frame, rule: &AllFavourable) -> Vec<u8> {
    const ABSENT: u8 = 0;
    const GOOD: u8 = 1;
    const BAD: u8 = 2;
    let tables: Vec<[u8; 256]> = rule
        .columns
        .iter()
        .map(|(_, favourable)| {
            std::array::from_fn(|code| match u8::try_from(code) {
                Ok(code) if favourable.contains(&code) => GOOD,
                Ok(code) if (1..INVALID).contains(&code) => BAD,
                _ => ABSENT,
            })
        })
        .collect();
    let judge = |row: usize| {
        let (mut absent, mut good, mut bad) = (0_usize, 0_usize, 0_usize);
        for ((column, _), table) in rule.columns.iter().zip(&tables) {
            match table[usize::from(frame.column(*column)[row])] {
                GOOD => good += 1,
                BAD => bad += 1,
                _ => absent += 1,
            }
        }
        let counted = match rule.missing {
            FavourableMissing::Listwise => absent == 0,
            FavourableMissing::Available => good + bad > 0,
        };
        match (counted, bad) {
            (false, _) => NOT_ANSWERED,
            (true, 0) => CHOSEN,
            (true, _) => NOT_CHOSEN,
        }
    };
    (0..frame.rows()).into_par_iter().map(judge).collect()
}
