//! The sheet that every file of figures is written from.

use std::collections::HashMap;

use crate::office::figures::{CompositePage, ScoresPage};
use crate::publication::disclosure::{CompositeFigure, Figure, Seen};
use crate::schema::composite::Tiers;
use crate::schema::{Node, Text};
use crate::unit::{Registry, UnitId};
use crate::words::{Lang, Said};

/// A column: its name for programs, and what it is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name, the same in every language.
    pub name: &'static str,
    /// What it holds.
    pub said: Said,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A text, and every code.
    Text(String),
    /// A measured number, with as many decimals as are published.
    Number(f64, u8),
    /// A count or a rank.
    Whole(i64),
    /// A number that is not published.
    Hidden,
    /// Nothing: there is no such number.
    Empty,
}

/// Figures in rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// What it is, in the language of its labels.
    pub title: String,
    /// The language of labels and names.
    pub lang: Lang,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Where it comes from and what must be known of it: a name and a text each.
    pub about: Vec<(Said, String)>,
}

fn column(name: &'static str, vi: &'static str, en: &'static str) -> Column {
    Column { name, said: Said::new(vi, en) }
}

/// Scores of an index of a survey.
#[must_use]
pub fn of_survey(page: &ScoresPage, lang: Lang) -> Sheet {
    let labels: HashMap<&str, &Text> = page.definition.nodes().map(|node: &Node| (node.code(), node.label())).collect();
    let columns = vec![
        column("node", "Mã nút của chỉ số", "Code of the node"),
        column("label", "Nút của chỉ số", "Node"),
        column("domain", "Loại miền", "Kind of domain"),
        column("area_list", "Danh mục của địa bàn", "Code list of the area"),
        column("area", "Mã địa bàn", "Code of the area"),
        column("area_name", "Địa bàn", "Area"),
        column("unit_list", "Danh mục của đơn vị", "Code list of the unit"),
        column("unit", "Mã đơn vị được đánh giá", "Code of the rated unit"),
        column("unit_name", "Đơn vị được đánh giá", "Rated unit"),
        column("item", "Câu hỏi chia nhóm", "Item that divides respondents"),
        column("option", "Lựa chọn của câu hỏi đó", "Option of that item"),
        column("value", "Điểm", "Score"),
        column("se", "Sai số chuẩn", "Standard error"),
        column("low", "Cận dưới của khoảng tin cậy", "Lower end of the interval"),
        column("high", "Cận trên của khoảng tin cậy", "Upper end of the interval"),
        column("n", "Số phiếu", "Responses"),
        column("rank", "Hạng", "Rank"),
        column("rank_low", "Hạng tốt nhất có thể", "Best possible rank"),
        column("rank_high", "Hạng kém nhất có thể", "Worst possible rank"),
        column("before", "Điểm lần trước", "Score of before"),
        column("difference", "Thay đổi", "Change"),
        column("p_holm", "Giá trị p của thay đổi, hiệu chỉnh Holm", "p-value of the change, by Holm"),
        column("status", "Trạng thái: c là không công bố", "Status: c is not published"),
    ];
    let rows = page.items.iter().map(|figure| survey_row(figure, &labels, &page.units, lang)).collect();
    let mut about = vec![
        (Said::new("Chỉ số", "Index"), format!("{} {}", page.origin.index, page.origin.version)),
        (Said::new("Đợt", "Wave"), page.wave.code.clone()),
        (Said::new("Cách thu thập", "Mode"), page.wave.mode.clone()),
        (Said::new("Mức tin cậy", "Level of the intervals"), page.definition.level().to_string()),
    ];
    about.extend(page.origin.edition.iter().map(|edition| (Said::new("Ấn bản", "Edition"), edition.clone())));
    about.extend(page.wave.synthetic.then(|| synthetic(lang)));
    about.push(hidden(lang));
    Sheet { title: page.definition.title().get(lang.tag()).to_owned(), lang, columns, rows, about }
}

fn survey_row(figure: &Seen<Figure>, labels: &HashMap<&str, &Text>, units: &Registry, lang: Lang) -> Vec<Cell> {
    let (numbers, decimals) = (&figure.numbers, figure.decimals);
    let number = |number: Option<f64>, decimals: u8| match number {
        Some(number) => Cell::Number(number, decimals),
        None if figure.suppressed => Cell::Hidden,
        None => Cell::Empty,
    };
    let whole = |number: Option<i64>| match number {
        Some(number) => Cell::Whole(number),
        None if figure.suppressed => Cell::Hidden,
        None => Cell::Empty,
    };
    let text = |text: Option<&str>| text.map_or(Cell::Empty, |text| Cell::Text(text.to_owned()));
    let [area, unit] = [figure.domain.area, figure.domain.unit].map(|id| id.and_then(|id| units.get(UnitId(id))).map(|unit| &unit.record));
    let change = figure.change.as_ref();
    vec![
        Cell::Text(figure.node.clone()),
        text(labels.get(figure.node.as_str()).map(|label| label.get(lang.tag()))),
        Cell::Text(figure.domain.kind.clone()),
        text(area.map(|area| area.list.as_str())),
        text(area.map(|area| area.code.as_str())),
        text(area.map(|area| area.name(lang))),
        text(unit.map(|unit| unit.list.as_str())),
        text(unit.map(|unit| unit.code.as_str())),
        text(unit.map(|unit| unit.name(lang))),
        text(figure.domain.item.as_deref()),
        text(figure.domain.option.as_deref()),
        number(numbers.value, decimals),
        number(numbers.se, decimals),
        number(numbers.low, decimals),
        number(numbers.high, decimals),
        whole(numbers.n),
        whole(numbers.rank.map(i64::from)),
        whole(numbers.rank_low.map(i64::from)),
        whole(numbers.rank_high.map(i64::from)),
        // A change is absent where there was no comparison, which tells nothing.
        change.map_or(Cell::Empty, |change| Cell::Number(change.before, decimals)),
        change.map_or(Cell::Empty, |change| Cell::Number(change.difference, decimals)),
        change.and_then(|change| change.p_holm).map_or(Cell::Empty, |p| Cell::Number(p, 4)),
        if figure.suppressed { Cell::Text(super::HIDDEN.to_owned()) } else { Cell::Empty },
    ]
}

/// Scores of a composite index.
#[must_use]
pub fn of_composite(page: &CompositePage, lang: Lang) -> Sheet {
    let definition = &page.definition;
    let labels: HashMap<&str, &Text> = definition.nodes().iter().map(|node| (node.code(), node.label())).collect();
    let tiers = definition.publication().tiers.as_ref().map(Tiers::labels).unwrap_or_default();
    let columns = vec![
        column("year", "Kỳ", "Year"),
        column("unit", "Mã đơn vị", "Code of the unit"),
        column("unit_name", "Đơn vị", "Unit"),
        column("node", "Mã nút của chỉ số", "Code of the node"),
        column("label", "Nút của chỉ số", "Node"),
        column("value", "Điểm", "Score"),
        column("se", "Sai số chuẩn", "Standard error"),
        column("low", "Cận dưới của khoảng tin cậy", "Lower end of the interval"),
        column("high", "Cận trên của khoảng tin cậy", "Upper end of the interval"),
        column("rank", "Hạng", "Rank"),
        column("rank_low", "Hạng tốt nhất có thể", "Best possible rank"),
        column("rank_high", "Hạng kém nhất có thể", "Worst possible rank"),
        column("tier", "Nhóm", "Group"),
        column("status", "Trạng thái: c là không công bố", "Status: c is not published"),
    ];
    let rows = page.items.iter().map(|figure| composite_row(figure, &labels, &page.units, tiers, lang)).collect();
    let mut about = vec![
        (Said::new("Chỉ số", "Index"), format!("{} {}", page.origin.index, page.origin.version)),
        (Said::new("Mức tin cậy", "Level of the intervals"), page.manifest.level.to_string()),
    ];
    about.extend(page.origin.edition.iter().map(|edition| (Said::new("Ấn bản", "Edition"), edition.clone())));
    about.extend(page.manifest.synthetic.then(|| synthetic(lang)));
    about.push(hidden(lang));
    Sheet { title: definition.title().get(lang.tag()).to_owned(), lang, columns, rows, about }
}

fn composite_row(figure: &Seen<CompositeFigure>, labels: &HashMap<&str, &Text>, units: &Registry, tiers: &[Text], lang: Lang) -> Vec<Cell> {
    let (numbers, decimals, is_hidden) = (&figure.numbers, figure.decimals, figure.hidden.is_some());
    let number = |number: Option<f64>| match number {
        Some(number) => Cell::Number(number, decimals),
        None if is_hidden => Cell::Hidden,
        None => Cell::Empty,
    };
    let rank = |rank: Option<i32>| match rank {
        Some(rank) => Cell::Whole(i64::from(rank)),
        None if is_hidden => Cell::Hidden,
        None => Cell::Empty,
    };
    let text = |text: Option<&str>| text.map_or(Cell::Empty, |text| Cell::Text(text.to_owned()));
    let unit = figure.unit_id.and_then(|id| units.get(UnitId(id)));
    let tier = figure.tier.and_then(|tier| tiers.get(usize::try_from(tier).ok()?));
    vec![
        Cell::Text(figure.edition.clone()),
        Cell::Text(figure.unit.clone()),
        text(unit.map(|unit| unit.record.name(lang))),
        Cell::Text(figure.node.clone()),
        text(labels.get(figure.node.as_str()).map(|label| label.get(lang.tag()))),
        number(numbers.score),
        number(numbers.se),
        number(numbers.low),
        number(numbers.high),
        rank(numbers.rank),
        rank(numbers.rank_low),
        rank(numbers.rank_high),
        text(tier.map(|tier| tier.get(lang.tag()))),
        if is_hidden { Cell::Text(super::HIDDEN.to_owned()) } else { Cell::Empty },
    ]
}

fn synthetic(lang: Lang) -> (Said, String) {
    let said = lang.pick("Dữ liệu giả lập, không có ai được hỏi", "Synthetic data; nobody was asked");
    (Said::new("Lưu ý", "Note"), said.to_owned())
}

fn hidden(lang: Lang) -> (Said, String) {
    let said = lang.pick("không công bố, để không lộ câu trả lời của ai", "not published, so that it tells nobody’s answers");
    (Said::new("c", "c"), said.to_owned())
}
