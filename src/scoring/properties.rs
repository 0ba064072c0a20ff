//! What must hold of tallies and of all that is estimated from them, whatever the responses are.

use proptest::prelude::*;

use crate::frame::{Frame, Strata, Stratum};
use crate::schema::LonelyPsu;
use crate::scoring::{Cells, Leaf, LinearMap, Measure, Source, Sum, Tally, Task, estimate};

const STRATA: u32 = 3;
const PSUS_A_STRATUM: u32 = 4;
const UNITS: u32 = 5;
const ITEMS: usize = 3;

/// One response.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    psu: u32,
    unit: u32,
    weight: i64,
    answers: [u8; ITEMS],
    group: u8,
}

fn row() -> impl Strategy<Value = Row> {
    (0..STRATA * PSUS_A_STRATUM, 0..UNITS, 1..1_i64 << 30, [0..6_u8, 0..6_u8, 0..6_u8], 0..3_u8)
        .prop_map(|(psu, unit, weight, answers, group)| Row { psu, unit, weight, answers, group })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 1..80)
}

fn frame(rows: &[Row]) -> Frame {
    let column = |item: usize| rows.iter().map(|row| row.answers[item]).collect();
    let columns = (0..ITEMS).map(column).chain([rows.iter().map(|row| row.group).collect()]).collect();
    let stratum = |h: u32| Stratum { name: h.to_string(), sampled: 0, population: (h > 0).then(|| i64::from(20 * h)) };
    let of_psu: Vec<u32> = (0..STRATA * PSUS_A_STRATUM).map(|psu| psu / PSUS_A_STRATUM).collect();
    let areas = of_psu.iter().map(|stratum| i32::try_from(*stratum).ok()).collect();
    let strata = Strata::new((0..STRATA).map(stratum).collect(), of_psu, areas).unwrap();
    let of = |number: fn(&Row) -> u32| rows.iter().map(number).collect::<Vec<u32>>();
    let units = (0..).take(UNITS as usize).collect();
    Frame::from_columns(columns, rows.iter().map(|row| row.weight).collect(), of(|row| row.psu), of(|row| row.unit), units, strata, 1000)
        .unwrap()
}

/// Scores of two items, the share of an answer to the third.
fn measures() -> Vec<Measure> {
    let with = |value: fn(i32) -> i32| {
        let mut num = [None; 256];
        (1..=5).zip(&mut num[1..]).for_each(|(code, num)| *num = Some(value(code)));
        num
    };
    let mut measures: Vec<Measure> = (0..2).map(|item| Measure::new(item, with(|code| 25 * (code - 1)), 1.0)).collect();
    measures.push(Measure::new(2, with(|code| i32::from(code == 5)), 100.0));
    measures
}

/// Each item, the first two pooled, and a mean of what is there.
fn leaves() -> Vec<Leaf> {
    [vec![0], vec![1], vec![2], vec![0, 1]].into_iter().map(|parts| Leaf { parts }).collect()
}

fn map(present: &[bool]) -> LinearMap {
    let there: Vec<usize> = (0..present.len()).filter(|leaf| present[*leaf]).collect();
    let mut outputs: Vec<_> = (0..present.len()).map(|leaf| present[leaf].then(|| vec![(Source::Leaf(leaf), 1.0)])).collect();
    #[allow(clippy::cast_precision_loss)] // four at most
    let share = 1.0 / there.len() as f64;
    outputs.push((!there.is_empty()).then(|| there.into_iter().map(|leaf| (Source::Output(leaf), share)).collect()));
    LinearMap { outputs }
}

fn tally<S: Sum>(rows: &[Row]) -> Tally<S> {
    Tally::take(&frame(rows), &measures(), Some(ITEMS)).unwrap()
}

/// Values and standard errors of every output for all responses and for those of each stratum.
fn estimates<S: Sum>(tally: &Tally<S>) -> Vec<Option<(f64, f64)>> {
    let (frame, measures, leaves) = (frame(&[]), measures(), leaves());
    let task = Task { measures: &measures, leaves: &leaves, strata: frame.strata(), lonely: LonelyPsu::Adjust, residuals: None, keep: &[] };
    let all = Cells::new(1, tally.cells().iter().map(|_| Some(0)));
    let strata = Cells::new(STRATA as usize, tally.cells().iter().map(|cell| Some(frame.strata().stratum_of(cell.psu))));
    let domains = std::iter::once(all.of(0)).chain((0..strata.len()).map(|domain| strata.of(domain)));
    domains
        .flat_map(|cells| estimate(&task, tally, cells, &map).unwrap().outputs)
        .map(|output| output.map(|estimate| (estimate.value, estimate.se)))
        .collect()
}

/// The same, to be compared to the last bit.
fn bits<S: Sum>(tally: &Tally<S>) -> Vec<Option<(u64, u64)>> {
    estimates(tally).into_iter().map(|figures| figures.map(|(value, se)| (value.to_bits(), se.to_bits()))).collect()
}

fn scaled(rows: &[Row], factor: i64) -> Vec<Row> {
    rows.iter().map(|row| Row { weight: factor * row.weight, ..row.clone() }).collect()
}

proptest! {
    #[test]
    fn scaling_every_weight_changes_no_mean_and_no_standard_error(rows in rows(), factor in 2..1_000_i64) {
        let (before, after) = (estimates(&tally::<i64>(&rows)), estimates(&tally::<i64>(&scaled(&rows, factor))));
        for (before, after) in before.into_iter().zip(after) {
            let Some(((value, se), (found, found_se))) = before.zip(after) else { prop_assert_eq!(before, after); continue };
            // Scores run to 100: what rounding leaves of a variance that is 0 is small beside that.
            prop_assert!((found - value).abs() <= 1e-13 * 100.0 && (found_se - se).abs() <= 1e-12 * se + 1e-12, "{se} {found_se}");
        }
    }

    #[test]
    fn scaling_by_a_power_of_two_changes_no_bit(rows in rows(), power in 1..20_u32) {
        prop_assert_eq!(bits(&tally::<i64>(&scaled(&rows, 1 << power))), bits(&tally::<i64>(&rows)));
    }

    #[test]
    fn splitting_the_rows_of_a_psu_changes_no_bit(rows in rows(), at in any::<prop::sample::Index>(), part in 0.0..1.0) {
        // One respondent becomes two who answer alike and share the weight.
        let mut split = rows.clone();
        let row = &mut split[at.index(rows.len())];
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let left = (row.weight as f64 * part) as i64;
        let mut other = row.clone();
        (row.weight, other.weight) = (left, row.weight - left);
        split.push(other);
        prop_assert_eq!(bits(&tally::<i64>(&split)), bits(&tally::<i64>(&rows)));
    }

    #[test]
    fn parting_a_psu_by_units_and_groups_changes_no_bit(rows in rows(), moved in prop::collection::vec((0..UNITS, 0..3_u8), 80)) {
        let other: Vec<Row> = rows.iter().zip(moved).map(|(row, (unit, group))| Row { unit, group, ..row.clone() }).collect();
        prop_assert_eq!(bits(&tally::<i64>(&other)), bits(&tally::<i64>(&rows)));
    }

    #[test]
    fn the_order_of_rows_changes_nothing(rows in rows(), order in Just((0..80_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let shuffled: Vec<Row> = order.into_iter().filter_map(|place| rows.get(place)).cloned().collect();
        prop_assert_eq!(tally::<i64>(&shuffled), tally::<i64>(&rows));
    }

    /// Parts that cut through PSUs and cells, some of them empty, merged two at a time in any order.
    #[test]
    fn merging_in_any_tree_is_the_tally_of_the_whole(
        rows in rows(),
        labels in prop::collection::vec(0..6_usize, 80),
        tree in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 5),
    ) {
        let part = |label: usize| -> Vec<Row> {
            rows.iter().zip(&labels).filter(|(_, of)| **of == label).map(|(row, _)| row.clone()).collect()
        };
        let mut parts: Vec<Tally<i64>> = (0..6).map(|label| tally(&part(label))).collect();
        for (one, other) in tree {
            let one = parts.swap_remove(one.index(parts.len()));
            let other = parts.swap_remove(other.index(parts.len()));
            parts.push(one.merge(&other).unwrap());
        }
        let whole = tally::<i64>(&rows);
        prop_assert_eq!(bits(&parts[0]), bits(&whole));
        prop_assert_eq!(parts, vec![whole]);
    }

    #[test]
    fn wide_sums_give_the_same_bits(rows in rows()) {
        prop_assert_eq!(bits(&tally::<i128>(&rows)), bits(&tally::<i64>(&rows)));
    }
}
