//! Which unit of a list a table means.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::composite::NATIONAL_LISTS;
use crate::table::whole;
use crate::unit::{LEGACY, Registry, UnitKind, english_name};

/// The list of 64 provinces, in force until Hà Tây went into Hà Nội on 1 August 2008: the provinces of [`LEGACY`] and `HA_TAY`.
pub const FORMER: &str = "vn-64";
/// The code that Hà Tây had; no later list holds it.
pub(super) const HA_TAY: &str = "28";
/// The name of Hà Tây.
pub(super) const HA_TAY_NAME: &str = "Tỉnh Hà Tây";
/// The code of Hà Nội.
pub(super) const HA_NOI: &str = "01";

/// Names of provinces that tables use beside those of the lists, folded.
const ALIASES: [(&str, &str); 5] =
    [("thuathienhue", "hue"), ("tphcm", "hochiminh"), ("hcmc", "hochiminh"), ("tphue", "hue"), ("saigon", "hochiminh")];

/// The list whose records stand for a list: that of 64 provinces is not embedded.
pub(super) fn recorded(list: &str) -> &str {
    if list == FORMER { LEGACY } else { list }
}

/// The national list that a table names before a unit's code, as in `vn-34:48`.
pub(super) fn named(unit: &str) -> Option<&'static str> {
    let (list, _) = unit.rsplit_once(':')?;
    NATIONAL_LISTS.into_iter().find(|national| *national == list)
}

/// The codes of a list, by code and, for provinces, by name.
pub(super) struct Codes {
    list: String,
    known: BTreeMap<String, String>,
    provinces: BTreeSet<String>,
}

impl Codes {
    pub(super) fn of(units: &Registry, list: &str) -> Self {
        let (mut known, mut provinces) = (BTreeMap::new(), BTreeSet::new());
        let records = units.iter().map(|unit| &unit.record).filter(|record| record.list == recorded(list));
        for record in records.filter(|record| list != FORMER || record.kind == UnitKind::Province) {
            known.insert(record.code.clone(), record.code.clone());
            if record.kind == UnitKind::Province {
                known.insert(folded(&record.name_vi), record.code.clone());
                provinces.insert(record.code.clone());
            }
        }
        if list == FORMER && !known.is_empty() {
            known.insert(HA_TAY.to_owned(), HA_TAY.to_owned());
            known.insert(folded(HA_TAY_NAME), HA_TAY.to_owned());
            provinces.insert(HA_TAY.to_owned());
        }
        Self { list: list.to_owned(), known, provinces }
    }

    /// The code of a unit as a table writes it: its code, with or without its list, or a province's name in any spelling. None for a
    /// unit of another national list.
    pub(super) fn find(&self, unit: &str) -> Option<&str> {
        if named(unit).is_some_and(|list| list != self.list) {
            return None;
        }
        let bare = unit.rsplit(':').next().unwrap_or(unit);
        let by_code = self.known.get(bare);
        let by_name = || {
            // What holds no letter is no name: `4.0` must not become the code 40.
            let name = if bare.contains(char::is_alphabetic) { folded(bare) } else { return None };
            let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| *name);
            self.known.get(name)
        };
        by_code.or_else(by_name).map(String::as_str)
    }

    /// The code that a spreadsheet makes this text of when it takes codes for numbers: one with a zero in front.
    pub(super) fn lost_zero(&self, unit: &str) -> Option<&str> {
        let (list, bare) = unit.rsplit_once(':').map_or((None, unit), |(list, bare)| (Some(list), bare));
        let code = list.is_none_or(|list| list == self.list).then(|| format!("0{}", whole(bare).unwrap_or(bare)))?;
        self.known.get(&code).map(String::as_str)
    }

    /// Whether these are all the provinces of the list and nothing else.
    pub(super) fn are_all_provinces(&self, units: &[String]) -> bool {
        let found: Option<BTreeSet<&str>> = units.iter().map(|unit| self.find(unit)).collect();
        found.is_some_and(|found| !found.is_empty() && found.into_iter().eq(self.provinces.iter().map(String::as_str)))
    }
}

/// A name without marks, case, spaces and type of unit.
fn folded(name: &str) -> String {
    let plain = english_name(name).to_lowercase();
    let bare = [" province", " city"].iter().find_map(|kind| plain.strip_suffix(kind)).unwrap_or(&plain);
    bare.chars().filter(char::is_ascii_alphanumeric).collect()
}
