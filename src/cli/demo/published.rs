//! Province levels that were published, for synthetic respondents to vary around.

/// SIPAS scores in percent by code of the list of 63 provinces, with their year, as reported in the press from the
/// yearly announcements of the Ministry of Home Affairs. Figures of 2023 are raised by the national change to 2024
/// (82.66 to 83.94) where they are used.
pub(super) const LEVELS: [(&str, f64, u16); 12] = [
    ("31", 91.10, 2024), // Hải Phòng
    ("01", 86.50, 2024), // Hà Nội
    ("80", 82.71, 2024), // Long An
    ("86", 81.75, 2024), // Vĩnh Long
    ("06", 78.17, 2024), // Bắc Kạn
    ("22", 90.61, 2023), // Quảng Ninh
    ("19", 90.29, 2023), // Thái Nguyên
    ("30", 90.23, 2023), // Hải Dương
    ("64", 83.84, 2023), // Gia Lai
    ("49", 78.44, 2023), // Quảng Nam
    ("04", 76.26, 2023), // Cao Bằng
    ("70", 76.08, 2023), // Bình Phước
];

/// The national scores of both years, percent.
pub(super) const NATION_2024: f64 = 83.94;
pub(super) const NATION_2023: f64 = 82.66;

/// The level of a province, if one was published.
pub(super) fn level(code: &str) -> Option<f64> {
    let (_, level, year) = LEVELS.iter().find(|(known, _, _)| *known == code)?;
    Some(if *year == 2023 { level + NATION_2024 - NATION_2023 } else { *level })
}
