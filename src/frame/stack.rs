//! Two waves over one list of PSUs, so that what they share can be seen.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::frame::{Frame, FrameError, Strata, Stratum};

/// Which of the two waves a PSU was drawn in: its number there, if it was.
type Origin = [Option<u32>; 2];

/// Two frames over one list of PSUs.
#[derive(Debug)]
pub struct Stacked {
    /// The first wave and the second.
    pub frames: [Frame; 2],
    /// Which PSUs of the list took part in which wave.
    pub drawn: [Vec<bool>; 2],
}

/// Restates two frames over the union of their PSUs: a PSU with the same code in a stratum of the same name is one PSU.
///
/// Each frame keeps its own areas for the PSUs that it knows. Population counts are dropped, since the union of two
/// samples is no simple random sample of either year's population: variances are those of draws with replacement.
/// Where PSUs have no codes, as in an element design, nothing is shared and each wave keeps its strata to itself.
///
/// # Errors
/// [`FrameError::UnknownPsu`] where there are more PSUs than can be numbered.
pub fn stack(mut before: Frame, mut after: Frame) -> Result<Stacked, FrameError> {
    let (strata, origins) = union([&before.strata, &after.strata]);
    for (side, frame) in [&mut before, &mut after].into_iter().enumerate() {
        let mut renumber = vec![u32::MAX; frame.strata.psus()];
        for (number, origin) in (0_u32..).zip(&origins) {
            if let Some(psu) = origin[side] {
                renumber[psu as usize] = number;
            }
        }
        for psu in &mut frame.psus {
            *psu = renumber[*psu as usize];
        }
    }
    let restated = |side: usize, own: &Strata, other: &Strata| {
        let area = |origin: &Origin| match (origin[side], origin[1 - side]) {
            (Some(psu), _) => own.area_of(psu),
            (None, psu) => psu.and_then(|psu| other.area_of(psu)),
        };
        let of_psu = strata.iter().zip(0_u32..).flat_map(|(stratum, number)| std::iter::repeat_n(number, stratum.1)).collect();
        let list = strata.iter().map(|(name, _)| Stratum { name: name.clone(), sampled: 0, population: None }).collect();
        let codes = origins.iter().map(|origin| code(origin, side, own, other)).collect::<Option<Vec<String>>>();
        let strata = Strata::new(list, of_psu, origins.iter().map(area).collect());
        match codes {
            Some(codes) => strata.and_then(|strata| strata.with_codes(codes)),
            None => strata,
        }
        .ok_or(FrameError::UnknownPsu)
    };
    let over = [restated(0, &before.strata, &after.strata)?, restated(1, &after.strata, &before.strata)?];
    [before.strata, after.strata] = over;
    let drawn = [0, 1].map(|side| origins.iter().map(|origin| origin[side].is_some()).collect());
    Ok(Stacked { frames: [before, after], drawn })
}

/// The code of a PSU of the union, if it has one.
fn code(origin: &Origin, side: usize, own: &Strata, other: &Strata) -> Option<String> {
    let of = |strata: &Strata, psu: Option<u32>| psu.and_then(|psu| strata.codes().get(psu as usize).cloned());
    of(own, origin[side]).or_else(|| of(other, origin[1 - side]))
}

/// The strata of the union by name, each with how many PSUs it has, and where each PSU comes from.
fn union(sides: [&Strata; 2]) -> (Vec<(String, usize)>, Vec<Origin>) {
    // Strata whose PSUs have no codes get a mark of their side, and so never meet.
    let mut together: BTreeMap<(&str, usize), [Range<u32>; 2]> = BTreeMap::new();
    for (side, strata) in sides.into_iter().enumerate() {
        let mark = if strata.codes().is_empty() { 1 + side } else { 0 };
        let mut start = 0;
        for stratum in strata.strata() {
            let end = start + stratum.sampled;
            together.entry((&stratum.name, mark)).or_insert([0..0, 0..0])[side] = start..end;
            start = end;
        }
    }
    let mut origins = Vec::new();
    let strata = together.into_iter().map(|((name, _), ranges)| {
        let before = origins.len();
        merge(sides, ranges, &mut origins);
        (name.to_owned(), origins.len() - before)
    });
    (strata.collect(), origins)
}

/// The PSUs of one stratum, in the order of their codes, those of both sides once.
fn merge(sides: [&Strata; 2], [mut a, mut b]: [Range<u32>; 2], origins: &mut Vec<Origin>) {
    let code = |side: usize, psu: u32| sides[side].codes().get(psu as usize);
    loop {
        let order = match (a.is_empty(), b.is_empty()) {
            (true, true) => return,
            (false, true) => std::cmp::Ordering::Less,
            (true, false) => std::cmp::Ordering::Greater,
            (false, false) => code(0, a.start).cmp(&code(1, b.start)),
        };
        origins.push([if order.is_le() { a.next() } else { None }, if order.is_ge() { b.next() } else { None }]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of one row for each PSU, given as (stratum, code, area).
    fn frame(psus: &[(&str, &str, i32)]) -> Frame {
        let mut names: Vec<&str> = psus.iter().map(|psu| psu.0).collect();
        names.dedup();
        let list = names.iter().map(|name| Stratum { name: (*name).into(), sampled: 0, population: Some(9) }).collect();
        let place = |name| u32::try_from(names.iter().position(|n| *n == name).unwrap()).unwrap();
        let of_psu = psus.iter().map(|psu| place(psu.0)).collect();
        let strata = Strata::new(list, of_psu, psus.iter().map(|psu| Some(psu.2)).collect()).unwrap();
        let strata = strata.with_codes(psus.iter().map(|psu| psu.1.to_owned()).collect()).unwrap();
        let rows = psus.len();
        Frame::from_columns(vec![], vec![1; rows], (0..).take(rows).collect(), vec![0; rows], vec![1], strata, 1).unwrap()
    }

    #[test]
    fn a_psu_with_the_same_code_in_the_same_stratum_is_one() {
        let before = frame(&[("a", "1", 10), ("a", "3", 10), ("c", "1", 30)]);
        let after = frame(&[("a", "2", 11), ("a", "3", 11), ("b", "3", 20), ("c", "1", 31)]);
        let Stacked { frames: [before, after], drawn } = stack(before, after).unwrap();
        assert_eq!((before.psus(), after.psus()), (&[0, 2, 4][..], &[1, 2, 3, 4][..]));
        assert_eq!(drawn, [vec![true, false, true, false, true], vec![false, true, true, true, true]]);
        assert_eq!(before.strata().codes(), ["1", "2", "3", "3", "1"]);
        assert_eq!(before.strata().strata(), after.strata().strata());
        let sampled: Vec<(&str, u32, Option<i64>)> =
            before.strata().strata().iter().map(|s| (s.name.as_str(), s.sampled, s.population)).collect();
        assert_eq!(sampled, [("a", 3, None), ("b", 1, None), ("c", 1, None)]);
        // Each wave's own areas, and those of the other for PSUs that it does not know.
        let areas = |frame: &Frame| (0..5).map(|psu| frame.strata().area_of(psu).unwrap()).collect::<Vec<_>>();
        assert_eq!((areas(&before), areas(&after)), (vec![10, 11, 10, 20, 30], vec![10, 11, 11, 20, 31]));
    }

    #[test]
    fn element_designs_share_nothing() {
        let frame = |rows: usize| {
            let psus = (0..).take(rows).collect();
            Frame::from_columns(vec![], vec![1; rows], psus, vec![0; rows], vec![1], Strata::elements(rows), 1).unwrap()
        };
        let Stacked { frames: [before, after], .. } = stack(frame(2), frame(3)).unwrap();
        assert_eq!((before.psus(), after.psus()), (&[0, 1][..], &[2, 3, 4][..]));
        assert_eq!(after.strata().strata().iter().map(|s| s.sampled).collect::<Vec<_>>(), [2, 3]);
    }
}
