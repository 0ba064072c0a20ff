//! What was done to an edition of a series, and what could not be.

use super::SeriesUnit;
use super::edition::Work;
use crate::words::Finding;

/// Units named in the finding that nothing of an edition is known.
const NAMED: usize = 5;

/// What was found while an edition was taken into the series.
pub(super) struct EditionFindings<'w> {
    work: &'w Work<'w>,
    /// Units that the edition's list does not hold, as the table writes them.
    pub(super) unknown: Vec<String>,
    /// The ways in which a table writes one unit, where there are several.
    pub(super) repeated: Vec<Vec<String>>,
    /// Units of the series whose parts are not all there.
    pub(super) broken: Vec<String>,
    /// Units of the series that cannot be had from those of the edition.
    pub(super) refused: Vec<String>,
    /// Hà Tây was merged.
    pub(super) ha_tay: bool,
}

impl<'w> EditionFindings<'w> {
    pub(super) fn new(work: &'w Work<'w>) -> Self {
        Self { work, unknown: Vec::new(), repeated: Vec::new(), broken: Vec::new(), refused: Vec::new(), ha_tay: false }
    }

    /// The edition holds no unit of its list.
    pub(super) fn nobody(&self) -> Finding {
        let (edition, list) = (self.work.edition, &self.work.from);
        let names: Vec<&str> = self.unknown.iter().take(NAMED).map(String::as_str).collect();
        let more = if self.unknown.len() > NAMED { ", …" } else { "" };
        let names = names.join(", ");
        Finding::error(
            self.pointer(),
            "no-known-unit",
            format!("Kỳ {edition}: không đơn vị nào có trong danh mục {list}: {names}{more}"),
            format!("{edition}: not one of its units is in the list {list}: {names}{more}"),
        )
    }

    pub(super) fn all(&self, units: &[SeriesUnit], findings: &mut Vec<Finding>) {
        self.strangers(findings);
        self.repetitions(findings);
        self.rebuilt(units, findings);
        self.merged(findings);
        self.missing(units, findings);
        self.impossible(findings);
    }

    fn pointer(&self) -> String {
        format!("/editions/{}", self.work.edition)
    }

    fn warn(&self, findings: &mut Vec<Finding>, code: &'static str, vi: String, en: String) {
        findings.push(Finding::warning(self.pointer(), code, vi, en));
    }

    fn strangers(&self, findings: &mut Vec<Finding>) {
        if !self.unknown.is_empty() {
            let (edition, list, names) = (self.work.edition, &self.work.from, self.unknown.join(", "));
            let vi = format!("Kỳ {edition}: không có trong danh mục {list} nên bị bỏ qua: {names}");
            self.warn(findings, "unknown-unit", vi, format!("{edition}: not in the list {list} and left out: {names}"));
        }
    }

    fn repetitions(&self, findings: &mut Vec<Finding>) {
        let edition = self.work.edition;
        for ways in &self.repeated {
            let ways = ways.iter().map(|way| format!("“{way}”")).collect::<Vec<_>>().join(", ");
            let vi = format!("Kỳ {edition}: {ways} là cùng một đơn vị, không rõ dòng nào đúng nên đơn vị này không có điểm");
            let en = format!("{edition}: {ways} are one unit; which row is right is not known, so there is no figure for it");
            findings.push(Finding::error(self.pointer(), "unit-repeated", vi, en));
        }
    }

    fn rebuilt(&self, units: &[SeriesUnit], findings: &mut Vec<Finding>) {
        let rebuilt: Vec<&SeriesUnit> = units.iter().filter(|unit| unit.rebuilt).collect();
        if rebuilt.is_empty() {
            return;
        }
        let (count, parts) = (rebuilt.len(), rebuilt.iter().map(|unit| unit.parts.len()).sum::<usize>());
        let by = self.work.weight.and_then(|column| self.work.definition.denominators().get(column));
        let (by_vi, by_en) = by.map_or_else(
            || ("trọng số bằng nhau vì không nêu cột trọng số".to_owned(), "equally weighted, as no weight was named".to_owned()),
            |name| (format!("trọng số “{name}”"), format!("weighted by “{name}”")),
        );
        let (edition, from, to) = (self.work.edition, &self.work.from, self.work.to);
        let vi = format!(
            "Kỳ {edition}: {count} đơn vị của {to} được tính lại từ {parts} đơn vị của {from} ({by_vi}); không phải số liệu đã công bố"
        );
        let en =
            format!("{edition}: {count} units of {to} are rebuilt from {parts} units of {from} ({by_en}); nobody published these figures");
        self.warn(findings, "rebuilt", vi, en);
    }

    fn merged(&self, findings: &mut Vec<Finding>) {
        if self.ha_tay {
            let edition = self.work.edition;
            let vi = format!(
                "Kỳ {edition}: Hà Tây được gộp vào Hà Nội (sáp nhập từ 01/8/2008); phần của Vĩnh Phúc (Mê Linh) và Hòa Bình (bốn xã) chuyển về \
                 Hà Nội không tách ra được"
            );
            let en = format!(
                "{edition}: Hà Tây is merged into Hà Nội (one province since 1 August 2008); what Hà Nội got of Vĩnh Phúc (Mê Linh) and Hòa Bình (four \
                 communes) cannot be split off"
            );
            self.warn(findings, "ha-tay-merged", vi, en);
        }
    }

    fn missing(&self, units: &[SeriesUnit], findings: &mut Vec<Finding>) {
        let without = units.iter().filter(|unit| unit.rebuilt && unit.scores.first().is_some_and(Option::is_none));
        let mut names: Vec<&str> = Vec::new();
        for name in without.map(|unit| unit.name.as_str()).chain(self.broken.iter().map(String::as_str)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if !names.is_empty() {
            let (edition, names) = (self.work.edition, names.join(", "));
            let vi = format!("Kỳ {edition}: không tính lại được vì thiếu điểm hoặc trọng số của một đơn vị cũ: {names}");
            let en = format!("{edition}: not rebuilt, as the score or weight of an old unit is missing: {names}");
            self.warn(findings, "part-missing", vi, en);
        }
    }

    fn impossible(&self, findings: &mut Vec<Finding>) {
        if !self.refused.is_empty() {
            let (edition, names, from, to) = (self.work.edition, self.refused.join(", "), &self.work.from, self.work.to);
            let vi = format!(
                "Kỳ {edition}: không thể đưa từ {from} về {to}: các đơn vị sau đã nhập chung với đơn vị khác (hoặc bị chia) và không ai tính điểm riêng \
                 cho từng phần: {names}. Vì vậy cũng không xếp hạng"
            );
            let en = format!(
                "{edition}: cannot be taken from {from} back to {to}: these units are one with others now (or were divided), and nobody scored the parts: \
                 {names}. So there are no ranks either"
            );
            self.warn(findings, "cannot-rebuild", vi, en);
        }
    }
}
