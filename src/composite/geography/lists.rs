//! Which list of units an edition was made for, and which units it does not hold.

use super::names::{Codes, FORMER, HA_TAY, named};
use crate::composite::table::Table;
use crate::schema::composite::{CompositeDefinition, NATIONAL_LISTS};
use crate::unit::{LEGACY, REFORMED, Registry, national};
use crate::words::Finding;

/// The year in which Hà Tây went into Hà Nội: editions before it are of 64 provinces, its own where they hold Hà Tây.
const MERGED: u32 = 2008;
/// The year in whose middle 63 provinces became 34.
const REFORM: u32 = 2025;

/// The national lists, ready to look units up.
pub(super) struct Lists {
    former: Codes,
    legacy: Codes,
    reformed: Codes,
}

/// What the units of an edition say of its list.
struct Signs {
    /// A list that stands before a code.
    named: Option<&'static str>,
    /// Hà Tây is among them.
    ha_tay: bool,
    /// Some are of the 63 and not of the 34.
    old: bool,
    /// Some are of the 34 and not of the 63.
    new: bool,
    /// They are the 34 provinces and no other unit.
    all_new: bool,
}

impl Lists {
    pub(super) fn of(units: &Registry) -> Self {
        Self { former: Codes::of(units, FORMER), legacy: Codes::of(units, LEGACY), reformed: Codes::of(units, REFORMED) }
    }

    /// The list of an edition: as the definition says for its own, else by the year with which the edition's name begins and by the
    /// units in it. The names and codes of the 34 are all among those of the 63, so what speaks for the 34 is their year, and that
    /// all of them are there and no other.
    ///
    /// # Errors
    /// The units or the year speak against that list, or nothing decides between the 63 and the 34.
    pub(super) fn of_edition(&self, definition: &CompositeDefinition, edition: &str, units: &[String]) -> Result<String, Finding> {
        let (own, signs) = (definition.geography(), self.signs(units));
        if let Some(list) = signs.named {
            return Ok(list.to_owned());
        }
        if let Some(own) = own.filter(|own| !NATIONAL_LISTS.contains(own)) {
            return Ok(own.to_owned());
        }
        let year = edition.get(..4).and_then(|year| year.parse::<u32>().ok());
        let declared = own.filter(|_| edition == definition.edition());
        let by_time = || match year {
            Some(year) if year < REFORM && own == Some(REFORMED) && signs.all_new => REFORMED,
            Some(year) if year < MERGED || year < REFORM && signs.ha_tay => FORMER,
            Some(year) if year < REFORM => LEGACY,
            _ if signs.ha_tay => FORMER,
            _ if signs.old => LEGACY,
            Some(year) if year > REFORM && own.is_none() => REFORMED,
            _ => own.unwrap_or(if signs.all_new { REFORMED } else { LEGACY }),
        };
        let list = declared.unwrap_or_else(by_time);
        match contradiction(list, year, declared.is_some(), &signs) {
            Some(contradiction) => Err(contradiction.finding(edition, list)),
            None => Ok(list.to_owned()),
        }
    }

    /// The codes of a national list.
    fn codes(&self, list: &str) -> &Codes {
        match list {
            FORMER => &self.former,
            REFORMED => &self.reformed,
            _ => &self.legacy,
        }
    }

    fn signs(&self, units: &[String]) -> Signs {
        let any = |sign: &dyn Fn(&str) -> bool| units.iter().any(|unit| sign(unit));
        Signs {
            named: units.iter().find_map(|unit| named(unit)),
            ha_tay: any(&|unit| self.former.find(unit) == Some(HA_TAY)),
            old: any(&|unit| self.legacy.find(unit).is_some() && self.reformed.find(unit).is_none()),
            new: any(&|unit| self.reformed.find(unit).is_some() && self.legacy.find(unit).is_none()),
            all_new: self.reformed.are_all_provinces(units),
        }
    }
}

/// Why an edition cannot be taken for one of a list.
enum Contradiction {
    /// It looks like one of this list.
    Looks(&'static str),
    /// It is of after the reform.
    Late,
    /// Its units are on both lists, and no year decides.
    Either,
}

fn contradiction(list: &str, year: Option<u32>, declared: bool, signs: &Signs) -> Option<Contradiction> {
    if list == REFORMED {
        let older = if signs.ha_tay { FORMER } else { LEGACY };
        return (signs.ha_tay || signs.old).then_some(Contradiction::Looks(older));
    }
    if signs.all_new || signs.new && !signs.old {
        return Some(Contradiction::Looks(REFORMED));
    }
    if list == LEGACY && signs.ha_tay {
        return Some(Contradiction::Looks(FORMER));
    }
    match year {
        _ if signs.old || signs.ha_tay => None,
        Some(year) if year > REFORM => Some(Contradiction::Late),
        Some(REFORM) | None if !declared => Some(Contradiction::Either),
        _ => None,
    }
}

impl Contradiction {
    fn finding(&self, edition: &str, list: &str) -> Finding {
        let (vi, en) = match self {
            Self::Looks(other) => (
                format!("các đơn vị giống danh mục {other}, không giống {list}"),
                format!("its units look like those of {other}, not of {list}"),
            ),
            Self::Late => (
                format!("kỳ này sau cải cách ngày 01/7/2025 và chỉ có đơn vị của {REFORMED}, nên không thể coi là {list}"),
                format!("it is of after the reform of 1 July 2025 and holds units of {REFORMED} alone, so it is not taken for {list}"),
            ),
            Self::Either => (
                format!("mọi đơn vị đều có trong cả {LEGACY} và {REFORMED}, và năm không cho biết là danh mục nào"),
                format!("all its units are on both {LEGACY} and {REFORMED}, and its year does not tell which"),
            ),
        };
        let likely = if let Self::Looks(other) = self { other } else { REFORMED };
        Finding::error(
            format!("/editions/{edition}"),
            "list-unclear",
            format!("Kỳ {edition}: {vi}. Hãy nêu danh mục của kỳ, chẳng hạn --list {edition}={likely}"),
            format!("{edition}: {en}. Say which list the edition was made for, such as --list {edition}={likely}"),
        )
    }
}

/// An error for every unit of a table that the list of its edition does not hold, with edition and unit, where the definition is made for
/// a national list. Editions whose list cannot be told are held against the definition's.
#[must_use]
pub fn unknown_units<'t>(definition: &CompositeDefinition, table: &'t Table) -> Vec<((&'t str, &'t str), Finding)> {
    let Some(own) = definition.geography().filter(|own| NATIONAL_LISTS.contains(own)) else { return Vec::new() };
    let Some(lists) = national().map(Lists::of) else { return Vec::new() };
    let rows: Vec<(&str, &str)> = table.rows().collect();
    let mut findings = Vec::new();
    for rows in rows.chunk_by(|a, b| a.0 == b.0) {
        let Some((edition, _)) = rows.first() else { continue };
        let texts: Vec<String> = rows.iter().map(|(_, unit)| (*unit).to_owned()).collect();
        let list = lists.of_edition(definition, edition, &texts).unwrap_or_else(|_| own.to_owned());
        let codes = lists.codes(&list);
        for (_, unit) in rows.iter().filter(|(_, unit)| codes.find(unit).is_none()) {
            let (ask_vi, ask_en) = codes.lost_zero(unit).map_or_else(Default::default, |code| {
                (format!("; có phải là “{code}”, mất số 0 ở đầu?"), format!("; is it “{code}” that lost its zero in front?"))
            });
            let finding = Finding::error(
                format!("/editions/{edition}/units/{unit}"),
                "unknown-unit",
                format!("Kỳ {edition}: đơn vị “{unit}” không có trong danh mục {list}{ask_vi}"),
                format!("{edition}: the unit “{unit}” is not in the list {list}{ask_en}"),
            );
            findings.push(((*edition, *unit), finding));
        }
    }
    findings
}
