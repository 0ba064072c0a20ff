//! Units across time: what an old unit became, what a new one is made of. See "What is not known" in the
//! [module](super) above.

use super::{Link, Registry, UnitId, UnitKind};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashSet};

/// An older and a newer unit that share some area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    /// The unit valid on the earlier day.
    pub older: UnitId,
    /// The unit valid on the later day.
    pub newer: UnitId,
    /// Whether all of the older lies in the newer.
    pub whole: bool,
    /// Whether the newer is the one to name for the older where only one can be named.
    pub is_default: bool,
}

impl Registry {
    /// What stands in the unit's place on that day, through any number of reforms, in either direction.
    ///
    /// - On a day of its own life: its version of that day, whole.
    /// - After its end: the units that it went to. Whole if that is a single one, even if it was divided and
    ///   put together again on the way.
    /// - Before its beginning: the units that went to it, as it is at the end of its life. Each is marked whole if
    ///   all of it did.
    ///
    /// Empty if nothing is known to stand there, or if the number is unknown. Shares are not known: see the
    /// [module](crate::unit).
    #[must_use]
    pub fn counterparts(&self, id: UnitId, day: NaiveDate) -> Vec<Link> {
        let Some((entry, (begin, end))) = self.entry(id).and_then(|entry| Some((entry, self.lifetime(entry)?))) else {
            return Vec::new();
        };
        if day >= begin {
            return self.heirs(entry, day);
        }
        let Some(last_day) = end.unwrap_or(NaiveDate::MAX).pred_opt() else {
            return Vec::new();
        };
        let went_here = |origin: UnitId| {
            let heirs = self.heirs(self.entry(origin)?, last_day);
            let link = heirs.into_iter().find(|link| self.entry(link.unit) == Some(entry))?;
            Some(Link { unit: origin, ..link })
        };
        self.origins(entry, day).into_iter().filter_map(went_here).collect()
    }

    /// The units of a kind on two days, joined where they share some area: 63 ↔ 34 provinces in one table.
    ///
    /// The days may come in either order. A unit without a counterpart of that kind has no row; a divided one has
    /// a row for each receiver. Rows follow the order of the older units.
    #[must_use]
    pub fn concordance(&self, kind: UnitKind, one_day: NaiveDate, other_day: NaiveDate) -> Vec<Crossing> {
        let (earlier, later) = (one_day.min(other_day), one_day.max(other_day));
        let mut rows = Vec::new();
        for older in self.as_of(earlier, kind) {
            let links = self.counterparts(older.id, later);
            let same_kind = links.into_iter().filter(|link| self.get(link.unit).is_some_and(|newer| newer.record.kind == kind));
            rows.extend(same_kind.map(|Link { unit, whole, is_default }| Crossing { older: older.id, newer: unit, whole, is_default }));
        }
        rows
    }

    /// The units on `day` that an entry, begun by then, is or went to.
    fn heirs(&self, entry: usize, day: NaiveDate) -> Vec<Link> {
        // A successor always ends after its predecessor. Taken by their ends, entries come when all that leads to
        // them has been seen, and each comes once.
        let mut open = BTreeMap::from([((self.end(entry), entry), true)]);
        let (mut heirs, mut is_lost) = (Vec::new(), false);
        while let Some(((end, entry), is_default)) = open.pop_first() {
            if day < end {
                heirs.extend(self.version_on(entry, day).map(|unit| (unit.id, is_default)));
                continue;
            }
            let (next, _) = &self.links[entry];
            is_lost |= next.is_empty();
            for link in next {
                if let Some(next) = self.entry(link.unit) {
                    *open.entry((self.end(next), next)).or_insert(false) |= is_default && link.is_default;
                }
            }
        }
        let whole = heirs.len() == 1 && !is_lost;
        heirs.into_iter().map(|(unit, is_default)| Link { unit, whole, is_default }).collect()
    }

    /// The units valid on `day` from which successions lead to the entry, by number.
    fn origins(&self, entry: usize, day: NaiveDate) -> Vec<UnitId> {
        let (mut open, mut seen, mut origins) = (vec![entry], HashSet::from([entry]), Vec::new());
        while let Some(entry) = open.pop() {
            if let Some(unit) = self.version_on(entry, day) {
                origins.push(unit.id);
                continue;
            }
            let (_, before) = &self.links[entry];
            let before = before.iter().filter_map(|link| self.entry(link.unit));
            open.extend(before.filter(|before| seen.insert(*before)));
        }
        origins.sort_unstable();
        origins
    }

    /// The end of an entry's last version.
    fn end(&self, entry: usize) -> NaiveDate {
        self.lifetime(entry).and_then(|(_, end)| end).unwrap_or(NaiveDate::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{between, day, national, record, registry};
    use super::*;
    use crate::unit::{LEGACY, REFORMED, Succession, Unit};

    const BEFORE: &str = "2025-06-30";
    const AFTER: &str = "2025-07-01";

    fn old(code: &str) -> &'static Unit {
        national().find(LEGACY, code, None).unwrap()
    }

    fn names(links: &[Link]) -> Vec<&'static str> {
        links.iter().map(|link| national().get(link.unit).unwrap().record.name_vi.as_str()).collect()
    }

    fn heir(from: &str, to: &str, whole: bool, is_default: bool) -> Succession {
        Succession { from: ("a".into(), from.into()), to: ("a".into(), to.into()), whole, is_default }
    }

    #[test]
    fn quang_nam_became_da_nang_and_ninh_thuan_became_khanh_hoa() {
        for (code, name, heir) in [("49", "Tỉnh Quảng Nam", "Thành phố Đà Nẵng"), ("58", "Tỉnh Ninh Thuận", "Tỉnh Khánh Hòa")]
        {
            let unit = old(code);
            assert_eq!(unit.record.name_vi, name);
            let links = national().counterparts(unit.id, day(AFTER));
            assert_eq!(names(&links), [heir]);
            assert!(links[0].whole && links[0].is_default);
        }
    }

    #[test]
    fn da_nang_of_the_reform_is_made_of_two_whole_provinces() {
        let unit = national().find(REFORMED, "48", None).unwrap();
        let links = national().counterparts(unit.id, day(BEFORE));
        assert_eq!(names(&links), ["Thành phố Đà Nẵng", "Tỉnh Quảng Nam"]);
        assert!(links.iter().all(|link| link.whole));
        assert_eq!(links, national().predecessors(unit.id));
    }

    #[test]
    fn the_63_provinces_all_go_whole_to_34() {
        let rows = national().concordance(UnitKind::Province, day(BEFORE), day(AFTER));
        assert_eq!(rows.len(), 63);
        assert!(rows.iter().all(|row| row.whole && row.is_default));
        let newer: HashSet<_> = rows.iter().map(|row| row.newer).collect();
        assert_eq!(newer.len(), 34);
        assert_eq!(rows, national().concordance(UnitKind::Province, day(AFTER), day(BEFORE)));
    }

    #[test]
    fn every_old_commune_has_counterparts_and_the_divided_ones_name_one_default() {
        let rows = national().concordance(UnitKind::Commune, day(BEFORE), day(AFTER));
        let (mut by_older, mut newer) = (BTreeMap::<_, Vec<_>>::new(), HashSet::new());
        for row in &rows {
            by_older.entry(row.older).or_default().push(row);
            newer.insert(row.newer);
        }
        assert_eq!((rows.len(), by_older.len()), (10_566, 10_035));
        assert_eq!(newer.len(), 3_321 - 5, "five special zones were districts");
        let divided: Vec<_> = by_older.values().filter(|rows| rows.len() > 1).collect();
        assert_eq!(divided.len(), 442);
        for rows in by_older.values() {
            assert!(rows.iter().all(|row| row.whole == (rows.len() == 1)));
            assert_eq!(rows.iter().filter(|row| row.is_default).count(), 1);
        }
    }

    #[test]
    fn a_divided_commune_shows_every_receiver() {
        let unit = old("00007");
        let links = national().counterparts(unit.id, day(AFTER));
        assert_eq!(names(&links), ["Phường Ngọc Hà", "Phường Giảng Võ"]);
        assert_eq!(links.iter().map(|link| (link.whole, link.is_default)).collect::<Vec<_>>(), [(false, true), (false, false)]);
        let giang_vo = national().find(REFORMED, "00025", None).unwrap();
        let back = national().counterparts(giang_vo.id, day(BEFORE));
        let back = back.iter().find(|link| link.unit == unit.id).unwrap();
        assert!(!back.whole && !back.is_default);
    }

    #[test]
    fn an_island_district_became_a_special_zone_and_other_districts_became_nothing() {
        let links = national().counterparts(old("755").id, day(AFTER));
        assert_eq!(names(&links), ["Đặc khu Côn Đảo"]);
        assert!(national().counterparts(old("001").id, day(AFTER)).is_empty());
    }

    #[test]
    fn a_unit_is_its_own_counterpart_while_it_lives() {
        let unit = old("49");
        let links = national().counterparts(unit.id, day(BEFORE));
        assert_eq!(links, [Link { unit: unit.id, whole: true, is_default: true }]);
        assert!(national().counterparts(unit.id, day("2000-01-01")).is_empty(), "nothing is known before 2008");
    }

    #[test]
    fn successions_are_followed_through_several_reforms_in_both_directions() {
        // A is divided in 2010 among B and C, which D takes over in 2020 together with E's part.
        let units = vec![
            between(record("a", "A"), "2000-01-01", Some("2010-01-01")),
            between(record("a", "B"), "2010-01-01", Some("2020-01-01")),
            between(record("a", "C"), "2010-01-01", Some("2020-01-01")),
            between(record("a", "E"), "2000-01-01", Some("2020-01-01")),
            between(record("a", "D"), "2020-01-01", None),
            between(record("a", "F"), "2020-01-01", None),
        ];
        let registry = registry(
            units,
            &[
                heir("A", "B", false, false),
                heir("A", "C", false, true),
                heir("B", "D", true, true),
                heir("C", "D", true, true),
                heir("E", "D", false, false),
                heir("E", "F", false, true),
            ],
        )
        .unwrap();
        let id = |code| registry.find("a", code, None).unwrap().id;
        let link = |code, whole, is_default| Link { unit: id(code), whole, is_default };
        let on = |code, date| registry.counterparts(id(code), day(date));

        assert_eq!(on("A", "2015-01-01"), [link("B", false, false), link("C", false, true)]);
        assert_eq!(on("A", "2020-01-01"), [link("D", true, true)], "divided, but together again");
        assert_eq!(on("D", "2019-12-31"), [link("B", true, true), link("C", true, true), link("E", false, false)]);
        assert_eq!(on("D", "2005-01-01"), [link("A", true, true), link("E", false, false)]);
    }

    #[test]
    fn the_default_of_a_default_is_the_default() {
        let units = vec![
            between(record("a", "A"), "2000-01-01", Some("2010-01-01")),
            between(record("a", "B"), "2010-01-01", Some("2020-01-01")),
            between(record("a", "C"), "2010-01-01", Some("2020-01-01")),
            between(record("a", "D"), "2020-01-01", None),
            between(record("a", "E"), "2020-01-01", None),
        ];
        let registry = registry(
            units,
            &[
                heir("A", "B", false, false),
                heir("A", "C", false, true),
                heir("B", "D", true, true),
                heir("C", "D", false, false),
                heir("C", "E", false, true),
            ],
        )
        .unwrap();
        let id = |code| registry.find("a", code, None).unwrap().id;
        let links = registry.counterparts(id("A"), day("2020-01-01"));
        let link = |code, is_default| Link { unit: id(code), whole: false, is_default };
        assert_eq!(links, [link("D", false), link("E", true)]);
    }

    #[test]
    fn what_is_lost_on_the_way_is_not_whole() {
        // A is divided among B and C; B ends without an heir.
        let units = vec![
            between(record("a", "A"), "2000-01-01", Some("2010-01-01")),
            between(record("a", "B"), "2010-01-01", Some("2020-01-01")),
            between(record("a", "C"), "2010-01-01", None),
        ];
        let registry = registry(units, &[heir("A", "B", false, true), heir("A", "C", false, false)]).unwrap();
        let id = |code| registry.find("a", code, None).unwrap().id;
        let links = registry.counterparts(id("A"), day("2021-01-01"));
        assert_eq!(links, [Link { unit: id("C"), whole: false, is_default: false }]);
    }
}
