//! What makes an indicator table doubtful, though it can be read: values out of bounds, and provenance that contradicts itself.
//!
//! Each doubt is a warning, told once for an indicator at the first line concerned, with the number of lines that share it: a table
//! whose every line has the same fault is one fault. Nothing here needs a clock.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::table::{Key, Observation, Status, Table};
use crate::schema::composite::{CompositeDefinition, CompositeNode, Indicator, Normalisation, Stage};
use crate::words::Finding;

/// A line of the file: its row among the records, and its number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) line: Option<u32>,
}

/// What the definition says of the values of a leaf.
struct Expected<'d> {
    unit: Option<&'d str>,
    /// Points from 0 to this.
    maximum: Option<f64>,
}

/// A doubt at its first line, and how many more lines share it.
struct Doubt {
    finding: Finding,
    more: usize,
}

/// The doubts about a table, gathered as its lines are read.
pub(super) struct Doubts<'d> {
    definition: &'d CompositeDefinition,
    expected: BTreeMap<&'d str, Expected<'d>>,
    found: Vec<Doubt>,
    told: BTreeMap<(&'static str, String), usize>,
    /// The first line of each unit.
    units: BTreeMap<String, Place>,
    /// Values that take the place of others.
    revised: Vec<(Key, u32, Place)>,
    /// Published values without a source, by their lines, and whether any value has one.
    sourceless: Vec<Place>,
    sourced: bool,
}

impl<'d> Doubts<'d> {
    pub(super) fn of(definition: &'d CompositeDefinition) -> Self {
        let global = definition.pipeline().iter().find_map(|stage| match stage {
            Stage::Normalise(normaliser) => Some(normaliser),
            _ => None,
        });
        let leaf = |(_, node, indicator): (usize, &'d CompositeNode, &'d Indicator)| {
            let method = indicator.normalise.as_ref().or(global).map(|normaliser| &normaliser.method);
            let points = matches!(method, Some(Normalisation::Points | Normalisation::AsGiven));
            // What is divided later is not yet in the indicator's unit.
            let whole = indicator.denominator.is_none();
            let unit = indicator.unit.as_deref().filter(|_| whole);
            (node.code(), Expected { unit, maximum: node.maximum().filter(|_| points && whole) })
        };
        Self {
            definition,
            expected: definition.leaves().map(leaf).collect(),
            found: Vec::new(),
            told: BTreeMap::new(),
            units: BTreeMap::new(),
            revised: Vec::new(),
            sourceless: Vec::new(),
            sourced: false,
        }
    }

    fn tell(&mut self, (code, about): (&'static str, &str), place: Place, column: &str, vi: String, en: String) {
        let key = (code, about.to_owned());
        if let Some(doubt) = self.told.get(&key).and_then(|known| self.found.get_mut(*known)) {
            doubt.more += 1;
            return;
        }
        self.told.insert(key, self.found.len());
        let mut finding = Finding::warning(format!("/{}/{column}", place.row), code, vi, en);
        finding.line = place.line;
        self.found.push(Doubt { finding, more: 0 });
    }

    /// Looks at the edition and the unit of a line.
    pub(super) fn row(&mut self, place: Place, edition: &str, unit: &str) {
        if !self.units.contains_key(unit) {
            self.units.insert(unit.to_owned(), place);
        }
        let own = self.definition.edition();
        if year(own).is_some() && year(edition).is_none() {
            let vi = format!("Kỳ “{edition}” không phải là năm như kỳ của định nghĩa ({own})");
            let en = format!("The edition “{edition}” is no year as the definition's is ({own})");
            self.tell(("edition-no-year", edition), place, "edition", vi, en);
        }
    }

    /// Looks at a value of an indicator, which stands in `column`.
    pub(super) fn value(&mut self, place: Place, column: &str, indicator: &str, value: f64) {
        let Some(expected) = self.expected.get(indicator) else { return };
        let percent = expected.unit.is_some_and(|unit| ["%", "percent"].contains(&unit.to_lowercase().as_str()));
        let maximum = expected.maximum;
        if percent && !(0.0..=100.0).contains(&value) {
            let vi = format!("“{indicator}” tính bằng phần trăm mà có giá trị {value}, ngoài khoảng 0–100");
            let en = format!("“{indicator}” is a percentage and has {value}, which is not within 0 and 100");
            self.tell(("percentage-out-of-range", indicator), place, column, vi, en);
        }
        if let Some(maximum) = maximum.filter(|maximum| value < 0.0 || value > *maximum) {
            let vi = format!("“{indicator}” chấm từ 0 đến {maximum} điểm mà có giá trị {value}");
            let en = format!("“{indicator}” is scored from 0 to {maximum} points and has {value}");
            self.tell(("points-out-of-range", indicator), place, column, vi, en);
        }
    }

    /// Looks at what is said about a value.
    pub(super) fn observation(&mut self, place: Place, key: Key, observation: &Observation) {
        let Observation { date, revision, status, .. } = *observation;
        let (edition, _, indicator) = &key;
        let unit = self.expected.get(indicator.as_str()).and_then(|expected| expected.unit);
        if let (Some(found), Some(unit)) = (&observation.measured_in, unit)
            && folded(found) != folded(unit)
        {
            let vi = format!("“{indicator}” đo bằng “{found}”, định nghĩa nói là “{unit}”");
            let en = format!("“{indicator}” is measured in “{found}”, by the definition in “{unit}”");
            self.tell(("another-unit", indicator), place, "measured_in", vi, en);
        }
        if let (Some(date), Some(year), 0) = (date, year(edition), revision)
            && date.year() > year + 1
        {
            let vi = format!("Ngày {date} muộn hơn kỳ {edition} quá một năm");
            let en = format!("The day {date} is more than a year after the edition {edition}");
            self.tell(("date-after-edition", indicator), place, "date", vi, en);
        }
        if status == Status::Restated && revision == 0 {
            let vi = "Số liệu “restated” thay một số đã công bố nên lần sửa phải từ 1".to_owned();
            let en = "A restated value takes another's place, so that its revision is at least 1".to_owned();
            self.tell(("restated-first", indicator), place, "revision", vi, en);
        }
        if observation.source.is_some() {
            self.sourced = true;
        } else if status == Status::Published && observation.value.is_some() {
            self.sourceless.push(place);
        }
        if revision > 0 {
            self.revised.push((key, revision, place));
        }
    }

    /// Every doubt, those about the whole `table` last.
    pub(super) fn finish(mut self, table: &Table) -> Vec<Finding> {
        self.histories(table);
        self.look_alikes();
        if self.sourced {
            for place in std::mem::take(&mut self.sourceless) {
                let vi = "Số liệu công bố mà không có nguồn, trong khi dòng khác có nguồn".to_owned();
                let en = "A published value without a source, while other lines have one".to_owned();
                self.tell(("source-missing", ""), place, "source", vi, en);
            }
        }
        self.found.into_iter().map(told).collect()
    }

    /// Gaps among the revisions of a value, and dates that go back. A table may bring later revisions alone: only what stands
    /// between two of its own is missing.
    fn histories(&mut self, table: &Table) {
        for ((edition, unit, indicator), revision, place) in std::mem::take(&mut self.revised) {
            let all = table.revisions(&edition, &unit, &indicator);
            let own = all.iter().position(|observation| observation.revision == revision);
            let Some([before, after]) = own.and_then(|own| all.get(own.checked_sub(1)?..=own)) else { continue };
            let earlier = before.revision;
            if revision > earlier + 1 {
                let vi = format!("Sau lần sửa {earlier} của “{indicator}” là lần sửa {revision}: thiếu các lần ở giữa");
                let en = format!("Revision {revision} of “{indicator}” follows on revision {earlier}: those between are missing");
                self.tell(("revision-gap", &indicator), place, "revision", vi, en);
            }
            if let (Some(old), Some(new)) = (before.date, after.date)
                && new < old
            {
                let vi = format!("Lần sửa {revision} của “{indicator}” có ngày {new}, trước ngày {old} của lần {earlier}");
                let en = format!("Revision {revision} of “{indicator}” is of {new}, before {old}, the day of revision {earlier}");
                self.tell(("revision-before", &indicator), place, "date", vi, en);
            }
        }
    }

    /// Units whose codes differ by case or spaces only.
    fn look_alikes(&mut self) {
        let mut known: BTreeMap<String, Vec<(Place, String)>> = BTreeMap::new();
        for (unit, place) in std::mem::take(&mut self.units) {
            known.entry(folded(&unit)).or_default().push((place, unit));
        }
        for mut units in known.into_values().filter(|units| units.len() > 1) {
            units.sort_by_key(|(place, _)| place.row);
            let Some(((_, first), others)) = units.split_first() else { continue };
            for (place, unit) in others {
                let vi = format!("Đơn vị “{unit}” chỉ khác “{first}” ở chữ hoa, chữ thường hoặc khoảng trắng");
                let en = format!("The unit “{unit}” differs from “{first}” by case or spaces alone");
                self.tell(("unit-look-alike", unit), *place, "unit", vi, en);
            }
        }
    }
}

/// The finding with the number of other lines.
fn told(Doubt { mut finding, more }: Doubt) -> Finding {
    if more > 0 {
        finding.vi = format!("{} (và {more} dòng khác)", finding.vi);
        finding.en = format!("{} (and {more} more)", finding.en);
    }
    finding
}

/// A text without case and without its spaces.
fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect()
}

/// The year that an edition is named after: it starts with four digits, as in `2024` and `2024-I`.
fn year(edition: &str) -> Option<i32> {
    let (head, rest) = edition.split_at_checked(4)?;
    let bare = head.bytes().all(|byte| byte.is_ascii_digit()) && !rest.starts_with(|next: char| next.is_ascii_digit());
    bare.then(|| head.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::composite::parse_composite;

    fn warnings(text: &str) -> Vec<(Option<u32>, String, String)> {
        let definition = parse_composite(include_str!("../../survey-schemas/indices/example/2025.json")).unwrap().definition;
        let (_, found) = Table::read(text, &definition).unwrap();
        assert!(found.iter().all(|finding| !finding.is_error() && finding.vi != finding.en), "{found:?}");
        found.into_iter().map(|finding| (finding.line, finding.pointer, finding.code.into_owned())).collect()
    }

    fn expected(list: &[(u32, &str, &str)]) -> Vec<(Option<u32>, String, String)> {
        list.iter().map(|(line, pointer, code)| (Some(*line), (*pointer).to_owned(), (*code).to_owned())).collect()
    }

    #[test]
    fn provenance_that_contradicts_itself_is_told_with_its_line() {
        let text = "unit,indicator,value,edition,measured_in,date,source,status,revision\n\
            A,satisfied,900,2025,người,2099-12-31,,published,0\n\
            A,overdue,-5,2025,%,2025-01-01,src,restated,0\n\
            A,online,70,2025,%,2025-01-01,src,published,0\n\
            A,online,71,2025,%,2024-01-01,src,restated,5\n\
            B,satisfied,80,2025,%,2026-12-31,src,published,0\n\
            a,satisfied,80,2025,%,2025-12-31,src,published,0\n\
            B,overdue,8,25,%,2025-12-31,src,published,0\n";
        let expect = [
            (2, "/0/value", "percentage-out-of-range"),
            (2, "/0/measured_in", "another-unit"),
            (2, "/0/date", "date-after-edition"),
            (2, "/0/source", "source-missing"),
            (3, "/1/value", "percentage-out-of-range"),
            (3, "/1/revision", "restated-first"),
            (5, "/3/revision", "revision-gap"),
            (5, "/3/date", "revision-before"),
            (7, "/5/unit", "unit-look-alike"),
            (8, "/6/edition", "edition-no-year"),
        ];
        assert_eq!(warnings(text), expected(&expect));
    }

    #[test]
    fn what_can_be_so_is_not_doubted() {
        // No line has a source; a later revision alone; percent written otherwise; a day of the year after.
        let text = "unit,indicator,value,edition,measured_in,date,status,revision\n\
            A,satisfied,100,2025,%,2026-06-30,published,0\nA,overdue,0,2024-II,,,derived,0\nA,online,71,2025,,2030-01-01,restated,3\n";
        assert_eq!(warnings(text), []);
    }

    #[test]
    fn the_same_doubt_about_an_indicator_is_told_once_with_the_number_of_lines() {
        let definition = parse_composite(include_str!("../../survey-schemas/indices/example/2025.json")).unwrap().definition;
        let text = "unit,satisfied,overdue,online,plan\nA,0.8,1,1,1\nB,180,1,1,1\nC,1,101,1,1\nD,190,1,1,1\nE,200,1,1,1\n";
        let (_, found) = Table::read(text, &definition).unwrap();
        let told: Vec<(Option<u32>, &str, &str)> =
            found.iter().map(|finding| (finding.line, finding.pointer.as_str(), finding.en.as_str())).collect();
        let expect = [
            (Some(3), "/1/satisfied", "“satisfied” is a percentage and has 180, which is not within 0 and 100 (and 2 more)"),
            (Some(4), "/2/overdue", "“overdue” is a percentage and has 101, which is not within 0 and 100"),
        ];
        assert_eq!(told, expect);
    }

    #[test]
    fn points_beyond_the_maximum_are_told() {
        use serde_json::json;
        let text = crate::schema::composite::sample::text("x");
        let definition = crate::schema::composite::sample::definition(&json!({
            "kind": "composite", "code": "one", "edition": "2020", "title": text,
            "pipeline": [{"stage": "normalise", "method": "points"}, {"stage": "aggregate", "method": "sum"}],
            "tree": {"code": "ALL", "label": text, "children": [{"code": "x", "label": text, "maximum": 5, "indicator": {}}]},
        }));
        let (_, found) = Table::read("unit,x\na,5\nb,5.5\n", &definition).unwrap();
        assert_eq!((found.len(), found[0].line, &*found[0].code), (1, Some(3), "points-out-of-range"));
    }

    #[test]
    fn an_edition_is_named_after_a_year_or_is_not() {
        assert_eq!(["2024", "2024-I", "25", "20245", "năm 2024"].map(year), [Some(2024), Some(2024), None, None, None]);
    }
}
