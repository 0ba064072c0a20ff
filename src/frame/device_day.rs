//! Streams of answers: the cluster of a response is the device and the day it came from.
//!
//! Nobody drew these responses, so no chance of selection gives their errors. What can be said is how much the score would move among
//! device-days like those that were seen: people at one kiosk on one day share the staff, the queue, the weather of that day, and
//! whoever may have pressed the buttons for them.

use std::collections::HashMap;

use crate::frame::{Strata, Stratum};

/// Numbers (device, service day) as they come: the PSU of a [`RowRef`](crate::frame::RowRef) of a stream.
///
/// A response without a device is its own cluster. The numbers mean nothing but sameness: a frame orders clusters by their content.
#[derive(Debug, Clone, Default)]
pub struct DeviceDays {
    seen: HashMap<(i32, i64), usize>,
    next: usize,
}

impl DeviceDays {
    /// The cluster of a response from `device` on `day` (days since 1970-01-01).
    pub fn cluster(&mut self, device: Option<i32>, day: i64) -> usize {
        let next = self.next;
        let cluster = match device {
            Some(device) => *self.seen.entry((device, day)).or_insert(next),
            None => next,
        };
        if cluster == next {
            self.next += 1;
        }
        cluster
    }
}

/// The strata of a stream, and the PSU of each row, in an order that follows from the rows' content alone.
///
/// A stratum is a rated unit: every unit takes part, none was drawn. Units that share a device-day, as departments behind one counter
/// do, form one stratum, since a cluster cannot lie in two. `ranks` holds the place of each row among all, equal rows having equal
/// places (`unit` first); clusters are sorted by stratum, then by the places of their rows. Clusters that are equal even so hold
/// equal rows, and nothing tells them apart. `name` says what a stratum is called that begins with a unit.
pub(super) fn clusters(
    labels: &[u32],
    units: &[u32],
    ranks: &[u32],
    unit_ids: &[i32],
    name: impl Fn(i32) -> String,
) -> Option<(Strata, Vec<u32>)> {
    let count = labels.iter().max().map_or(0, |label| *label as usize + 1);
    let mut rows_of: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut joined = Joined::new(unit_ids.len());
    let mut first_unit: Vec<Option<u32>> = vec![None; count];
    for ((label, unit), rank) in labels.iter().zip(units).zip(ranks) {
        rows_of[*label as usize].push(*rank);
        joined.join(*first_unit[*label as usize].get_or_insert(*unit), *unit);
    }
    for rows in &mut rows_of {
        rows.sort_unstable();
    }
    // Labels without rows never were clusters: those of responses left out.
    let stratum_of: Vec<Option<u32>> = first_unit.iter().map(|unit| unit.map(|unit| joined.head(unit))).collect();
    let mut order: Vec<usize> = (0..count).filter(|label| stratum_of[*label].is_some()).collect();
    order.sort_unstable_by(|a, b| (stratum_of[*a], &rows_of[*a]).cmp(&(stratum_of[*b], &rows_of[*b])));
    let mut strata: Vec<Stratum> = Vec::new();
    let (mut of_psu, mut psu_of, mut last) = (Vec::with_capacity(order.len()), vec![0; count], None);
    for (psu, label) in (0..).zip(order) {
        if last != stratum_of[label] {
            last = stratum_of[label];
            let name = last.and_then(|head| unit_ids.get(head as usize)).map(|head| name(*head)).unwrap_or_default();
            strata.push(Stratum { name, sampled: 0, population: None });
        }
        of_psu.push(u32::try_from(strata.len() - 1).ok()?);
        psu_of[label] = psu;
    }
    let areas = vec![None; of_psu.len()];
    let psus = labels.iter().map(|label| psu_of[*label as usize]).collect();
    Some((Strata::new(strata, of_psu, areas)?, psus))
}

/// Units joined into groups; the head of a group is its first unit.
struct Joined(Vec<u32>);

impl Joined {
    fn new(count: usize) -> Self {
        Self((0..).take(count).collect())
    }

    fn head(&mut self, unit: u32) -> u32 {
        let mut head = unit;
        while self.0[head as usize] != head {
            // Each step halves the way for those who come later.
            self.0[head as usize] = self.0[self.0[head as usize] as usize];
            head = self.0[head as usize];
        }
        head
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.head(a), self.head(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_and_a_day_are_one_cluster_and_a_response_without_a_device_is_its_own() {
        let mut days = DeviceDays::default();
        let clusters = [(Some(1), 5), (None, 5), (Some(1), 5), (Some(2), 5), (Some(1), 6), (None, 5)].map(|(d, day)| days.cluster(d, day));
        assert_eq!(clusters, [0, 1, 0, 2, 3, 4]);
    }

    #[test]
    fn units_that_share_a_device_day_are_one_stratum_and_the_others_each_their_own() {
        // Units at 0, 1, 2, 3: clusters 0 and 1 of unit 0, cluster 2 joins units 1 and 3, cluster 3 is of unit 2; label 4 is unused.
        let (labels, units) = ([2, 0, 1, 2, 3, 5, 0], [3, 0, 0, 1, 2, 3, 0]);
        let ranks = [6, 0, 2, 3, 4, 5, 1];
        let (strata, psus) = clusters(&labels, &units, &ranks, &[10, 11, 12, 13], |unit| format!("unit {unit}")).unwrap();
        let names: Vec<(&str, u32)> = strata.strata().iter().map(|s| (s.name.as_str(), s.sampled)).collect();
        assert_eq!(names, [("unit 10", 2), ("unit 11", 2), ("unit 12", 1)]);
        assert_eq!(psus, [2, 0, 1, 2, 4, 3, 0]);
    }

    #[test]
    fn what_number_a_cluster_had_leaves_no_trace() {
        let units = [0, 0, 1, 1, 0, 1];
        let ranks = [0, 1, 3, 4, 2, 3];
        let once = clusters(&[0, 0, 1, 1, 2, 3], &units, &ranks, &[7, 8], |_| String::new()).unwrap();
        let renamed = clusters(&[9, 9, 3, 3, 0, 5], &units, &ranks, &[7, 8], |_| String::new()).unwrap();
        assert_eq!(once, renamed);
    }
}
