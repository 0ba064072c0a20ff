//! Which unit of a list a table means.

use std::collections::BTreeMap;

use crate::unit::{LEGACY, Registry, UnitKind, english_name};

/// The code that Hà Tây had until it was merged into Hà Nội on 1 August 2008; the list of 63 does not hold it.
pub(super) const HA_TAY: &str = "28";
/// The code of Hà Nội.
pub(super) const HA_NOI: &str = "01";

/// Names of provinces that tables use beside those of the lists, folded.
const ALIASES: [(&str, &str); 5] =
    [("thuathienhue", "hue"), ("tphcm", "hochiminh"), ("hcmc", "hochiminh"), ("tphue", "hue"), ("saigon", "hochiminh")];

/// The codes of a list, by code and, for provinces, by name.
pub(super) struct Codes(BTreeMap<String, String>);

impl Codes {
    pub(super) fn of(units: &Registry, list: &str) -> Self {
        let mut codes = BTreeMap::new();
        for record in units.iter().map(|unit| &unit.record).filter(|record| record.list == list) {
            codes.insert(record.code.clone(), record.code.clone());
            if record.kind == UnitKind::Province {
                codes.insert(folded(&record.name_vi), record.code.clone());
            }
        }
        if list == LEGACY {
            codes.insert(HA_TAY.to_owned(), HA_TAY.to_owned());
            codes.insert("hatay".to_owned(), HA_TAY.to_owned());
        }
        Self(codes)
    }

    /// The code of a unit as a table writes it: its code, with or without its list, or a province's name in any spelling.
    pub(super) fn find(&self, unit: &str) -> Option<&str> {
        let bare = unit.rsplit(':').next().unwrap_or(unit);
        let by_code = self.0.get(bare);
        let by_name = || {
            let name = folded(bare);
            let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| *name);
            self.0.get(name)
        };
        by_code.or_else(by_name).map(String::as_str)
    }
}

/// A name without marks, case, spaces and type of unit.
fn folded(name: &str) -> String {
    let plain = english_name(name).to_lowercase();
    let bare = [" province", " city"].iter().find_map(|kind| plain.strip_suffix(kind)).unwrap_or(&plain);
    bare.chars().filter(char::is_ascii_alphanumeric).collect()
}
