//! A map of equal tiles: every province is as large as any other, at about its place.
//!
//! Hoàng Sa and Trường Sa stand on every map, whatever is drawn: no function here draws one without them.

use maud::{Markup, html};

use super::{About, INK, SOFT, drawing, fitted, px, width};
use crate::pages::say;

/// Which provinces a map is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// The 63 until the middle of 2025.
    Of63,
    /// The 34 since.
    Of34,
}

/// A province on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Its code in the list.
    pub code: String,
    /// What it is called, in short.
    pub name: String,
    /// Its value; none where it is not published.
    pub value: Option<f64>,
}

/// Code, column, row.
type Place = (&'static str, u8, u8);

/// Found by least squares from the middles of the provinces, each at a place of its own.
#[rustfmt::skip]
const PLACES_63: [Place; 63] = [
    ("01", 3, 2), ("02", 2, 0), ("04", 5, 0), ("06", 4, 0), ("08", 3, 0), ("10", 1, 1), ("11", 0, 1), ("12", 0, 0), ("14", 1, 2),
    ("15", 2, 1), ("17", 2, 3), ("19", 4, 1), ("20", 6, 1), ("22", 6, 2), ("24", 5, 1), ("25", 2, 2), ("26", 3, 1), ("27", 4, 2),
    ("30", 5, 2), ("31", 6, 3), ("33", 4, 3), ("34", 5, 3), ("35", 3, 3), ("36", 5, 4), ("37", 4, 4), ("38", 3, 4), ("40", 2, 4),
    ("42", 4, 5), ("44", 4, 6), ("45", 5, 7), ("46", 6, 7), ("48", 7, 8), ("49", 6, 8), ("51", 7, 9), ("52", 8, 10), ("54", 8, 11),
    ("56", 8, 12), ("58", 8, 13), ("60", 7, 14), ("62", 6, 9), ("64", 7, 10), ("66", 7, 12), ("67", 6, 12), ("68", 7, 13),
    ("70", 5, 12), ("72", 4, 13), ("74", 5, 13), ("75", 6, 13), ("77", 6, 15), ("79", 6, 14), ("80", 4, 14), ("82", 5, 14),
    ("83", 5, 15), ("84", 5, 16), ("86", 4, 15), ("87", 3, 13), ("89", 2, 14), ("91", 2, 15), ("92", 3, 14), ("93", 3, 15),
    ("94", 4, 16), ("95", 3, 16), ("96", 2, 16),
];

#[rustfmt::skip]
const PLACES_34: [Place; 34] = [
    ("01", 2, 2), ("04", 3, 0), ("08", 2, 0), ("11", 0, 1), ("12", 0, 0), ("14", 1, 1), ("15", 1, 0), ("19", 2, 1), ("20", 4, 0),
    ("22", 4, 1), ("24", 3, 1), ("25", 1, 2), ("31", 4, 2), ("33", 3, 2), ("37", 3, 3), ("38", 2, 3), ("40", 1, 3), ("42", 2, 4),
    ("44", 3, 4), ("46", 4, 5), ("48", 4, 6), ("51", 4, 7), ("52", 5, 7), ("56", 5, 9), ("66", 5, 8), ("68", 4, 9), ("75", 3, 9),
    ("79", 4, 10), ("80", 2, 9), ("82", 2, 10), ("86", 3, 10), ("91", 1, 10), ("92", 3, 11), ("96", 2, 11),
];

/// The archipelagos, by whose province they are.
struct Islands {
    name: &'static str,
    of: &'static str,
    place: (u8, u8),
}

impl Grid {
    /// The map of a code list, if there is one.
    #[must_use]
    pub fn of(list: &str) -> Option<Self> {
        match list {
            "vn-63" => Some(Self::Of63),
            "vn-34" => Some(Self::Of34),
            _ => None,
        }
    }

    fn places(self) -> &'static [Place] {
        match self {
            Self::Of63 => &PLACES_63,
            Self::Of34 => &PLACES_34,
        }
    }

    fn islands(self) -> [Islands; 2] {
        let (hoang_sa, truong_sa) = match self {
            Self::Of63 => ((9, 8), (9, 13)),
            Self::Of34 => ((6, 6), (6, 10)),
        };
        [Islands { name: "Hoàng Sa", of: "Đà Nẵng", place: hoang_sa }, Islands { name: "Trường Sa", of: "Khánh Hòa", place: truong_sa }]
    }
}

const W: f64 = 78.0;
const H: f64 = 46.0;
/// Dark to light would print as well; the text changes with it.
const FILLS: [(&str, &str); 5] = [("#e6eff6", INK), ("#bdd7e7", INK), ("#86b4d3", INK), ("#3f7fae", "#fff"), ("#0b4f7d", "#fff")];

/// The map. A tile's shade says in which fifth of the range its value lies, and the value stands in it.
#[must_use]
pub fn tiles(about: &About<'_>, grid: Grid, values: &[Tile]) -> Markup {
    let known = || values.iter().filter_map(|tile| tile.value).filter(|value| value.is_finite());
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let class = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        (0..FILLS.len() - 1).find(|class| share < f64::from(u8::try_from(*class).unwrap_or(0) + 1) / 5.0).unwrap_or(FILLS.len() - 1)
    };
    let islands = grid.islands();
    let size = |place: fn(&Place) -> u8, of_islands: fn(&Islands) -> u8| {
        let land = grid.places().iter().map(place).max().unwrap_or(0);
        f64::from(islands.iter().map(of_islands).max().unwrap_or(0).max(land)) + 1.0
    };
    let (wide, tall) = (size(|place| place.1, |islands| islands.place.0) * W, size(|place| place.2, |islands| islands.place.1) * H);
    drawing(
        about,
        wide,
        tall + 36.0,
        &html! {
            @for (code, column, row) in grid.places() {
                @let tile = values.iter().find(|tile| tile.code == *code);
                (drawn(about, (f64::from(*column) * W, f64::from(*row) * H), tile, code, tile.and_then(|tile| tile.value).map(class)))
            }
            @for islands in &islands { (archipelago(about, islands)) }
            @if low <= high { (legend(about, tall + 8.0, low, high)) }
        },
    )
}

fn drawn(about: &About<'_>, (x, y): (f64, f64), tile: Option<&Tile>, code: &str, class: Option<usize>) -> Markup {
    let name = tile.map_or(code, |tile| tile.name.as_str());
    let value = tile.and_then(|tile| tile.value).map(|value| say::number(about.lang, value, about.decimals));
    let said = match (tile, &value) {
        (_, Some(value)) => value.clone(),
        (Some(_), None) => about.lang.pick("không công bố", "not published").to_owned(),
        (None, None) => about.lang.pick("không có số liệu", "no figure").to_owned(),
    };
    let (fill, ink) = class.and_then(|class| FILLS.get(class).copied()).unwrap_or(("#fff", SOFT));
    let lines = two_lines(name, W - 8.0);
    let top = if lines.len() == 1 { y + 19.0 } else { y + 13.0 };
    let middle = px(x + W / 2.0);
    html! {
        g fill=(ink) text-anchor="middle" {
            title { (name) ": " (said) }
            rect x=(px(x + 1.0)) y=(px(y + 1.0)) width=(px(W - 2.0)) height=(px(H - 2.0)) rx="3" fill=(fill) stroke="#8b98a4" stroke-width=".75"
                stroke-dasharray=[class.is_none().then_some("3 2")] {}
            @for (at, line) in (0_u8..).zip(&lines) { text x=(middle) y=(px(top + 10.5 * f64::from(at))) font-size="10" { (line) } }
            text x=(middle) y=(px(y + 39.0)) font-size="12" font-weight="600" { (value.as_deref().unwrap_or("–")) }
        }
    }
}

/// A name in one line or in two that are about as long.
fn two_lines(name: &str, room: f64) -> Vec<String> {
    if width(name, 10.0) <= room {
        return vec![name.to_owned()];
    }
    let halves = name.match_indices(' ').map(|(at, _)| name.split_at(at)).min_by_key(|(one, other)| one.len().abs_diff(other.len()));
    let (one, other) = halves.unwrap_or((name, ""));
    [one, other.trim_start()].iter().filter(|line| !line.is_empty()).map(|line| fitted(line, 10.0, room + 4.0)).collect()
}

fn archipelago(about: &About<'_>, islands: &Islands) -> Markup {
    let (x, y) = (f64::from(islands.place.0) * W, f64::from(islands.place.1) * H);
    let kind = about.lang.pick("Quần đảo", "Islands");
    html! {
        g fill=(INK) text-anchor="middle" font-size="10" {
            title { (kind) " " (islands.name) " (" (islands.of) ")" }
            @for (dx, dy) in [(22.0, 10.0), (31.0, 6.0), (39.0, 11.0), (48.0, 7.0), (56.0, 12.0)] { circle cx=(px(x + dx)) cy=(px(y + dy)) r="1.8" {} }
            text x=(px(x + W / 2.0)) y=(px(y + 27.0)) font-size="11" font-weight="600" { (islands.name) }
            text x=(px(x + W / 2.0)) y=(px(y + 39.0)) fill=(SOFT) { "(" (islands.of) ")" }
        }
    }
}

fn legend(about: &About<'_>, y: f64, low: f64, high: f64) -> Markup {
    let bound = |class: u8| say::number(about.lang, low + (high - low) * f64::from(class) / 5.0, about.decimals);
    html! {
        g font-size="11" fill=(SOFT) {
            @for (class, (fill, _)) in (0_u8..).zip(FILLS) {
                rect x=(px(4.0 + f64::from(class) * 54.0)) y=(px(y)) width="54" height="10" fill=(fill) stroke="#8b98a4" stroke-width=".75" {}
            }
            @for class in 0..=5_u8 {
                text x=(px(4.0 + f64::from(class) * 54.0)) y=(px(y + 23.0)) text-anchor=(if class == 0 { "start" } else { "middle" }) { (bound(class)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::words::Lang;

    const GRIDS: [(Grid, &str, &str); 2] = [
        (Grid::Of63, "vn-63", include_str!("../../../data/units/vn-63.csv")),
        (Grid::Of34, "vn-34", include_str!("../../../data/units/vn-34.csv")),
    ];

    #[test]
    fn every_province_has_a_place_of_its_own_and_no_island_lies_on_one() {
        for (grid, list, csv) in GRIDS {
            let provinces: HashSet<&str> = csv.lines().filter_map(|line| line.strip_prefix("province,")?.split(',').next()).collect();
            let placed: HashSet<&str> = grid.places().iter().map(|place| place.0).collect();
            assert_eq!(placed, provinces, "{list}");
            let land = grid.places().iter().map(|place| (place.1, place.2));
            let all: HashSet<(u8, u8)> = land.chain(grid.islands().iter().map(|islands| islands.place)).collect();
            assert_eq!(all.len(), provinces.len() + 2, "{list}");
            assert_eq!(Grid::of(list), Some(grid));
        }
    }

    #[test]
    fn hoang_sa_and_truong_sa_stand_on_every_map() {
        let tile = Tile { code: "01".to_owned(), name: "Hà Nội".to_owned(), value: Some(84.2) };
        for lang in [Lang::Vi, Lang::En] {
            let about = About { lang, id: "m", title: "x", desc: "y", source: None, decimals: 1 };
            for (grid, values) in [(Grid::Of63, vec![]), (Grid::Of34, vec![tile.clone()])] {
                let svg = tiles(&about, grid, &values).into_string();
                for islands in ["Hoàng Sa (Đà Nẵng)", "Trường Sa (Khánh Hòa)"] {
                    assert!(svg.contains(islands), "{islands}: {svg}");
                }
            }
        }
    }

    #[test]
    fn what_is_hidden_is_a_broken_tile_without_a_number() {
        let of = |code: &str, value| Tile { code: code.to_owned(), name: code.to_owned(), value };
        let about = About { lang: Lang::Vi, id: "m", title: "x", desc: "y", source: None, decimals: 1 };
        let svg = tiles(&about, Grid::Of34, &[of("01", Some(80.0)), of("04", None), of("08", Some(90.0))]).into_string();
        assert!(svg.contains("<title>04: không công bố</title>") && svg.contains("<title>11: không có số liệu</title>"), "{svg}");
        assert_eq!(svg.matches("stroke-dasharray").count(), 32);
        assert!(svg.contains("fill=\"#0b4f7d\"") && svg.contains(">80,0</text>"));
    }

    #[test]
    fn a_long_name_stands_in_two_lines() {
        assert_eq!(two_lines("Bà Rịa - Vũng Tàu", 70.0), ["Bà Rịa -", "Vũng Tàu"]);
        assert_eq!(two_lines("Huế", 70.0), ["Huế"]);
    }
}
