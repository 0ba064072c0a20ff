//! What is drawn in each stage: a small JSON file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::allocation::{Bounds, Rule};
use super::draw::Method;
use crate::schema::decode::{At, Object, array, boolean, document, names, not_empty, real, skip_meta_schema, string, whole};
use crate::schema::{Text, content_hash};
use crate::words::Finding;

/// The most units that one draw may take.
const MAX_NUMBER: u32 = 10_000_000;

/// A plan of a multi-stage sample, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingPlan {
    /// Its code.
    pub code: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub title: Text,
    /// The columns whose values together make the strata: each is drawn in by itself.
    pub strata: Vec<String>,
    /// The stages, from the largest units to the smallest; at least one.
    pub stages: Vec<Stage>,
    /// What becomes a PSU of the design.
    pub psus: PsuRule,
    /// Whether the design says how many PSUs its strata have. Runs then leave out what later stages add to the variance.
    pub fpc: bool,
    /// The administrative unit of a PSU.
    pub area: Option<Area>,
    /// Columns that go into the list for the field as they are: names, addresses.
    pub carry: Vec<String>,
    /// SHA-256 of the canonical JSON.
    pub sha256: [u8; 32],
}

/// One stage of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What is drawn, as the column with its codes is called.
    pub level: String,
    /// The column that says how many units of the last stage there are, where they stand on no frame but are numbered from 1 on a list
    /// in the village. `None`: each has its code in the column of the level.
    pub count: Option<String>,
    /// How.
    pub method: Method,
    /// The column with the sizes, for chances in proportion to size.
    pub size: Option<String>,
    /// The column that has 1 where a unit is in without chance.
    pub certainty: Option<String>,
    /// Columns by which a systematic draw sorts the units before their codes: strata implied by the order.
    pub order: Vec<String>,
    /// How many are drawn in each parent.
    pub number: Number,
    /// How many substitutes are drawn beside them.
    pub reserve: Option<Number>,
}

/// How many units are drawn in a parent. Units that are in with certainty count.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// Every unit there is.
    All,
    /// As many everywhere.
    Fixed(u64),
    /// By a property of the parent.
    ByGroup {
        /// The column with the property.
        column: String,
        /// The number for each value of it.
        values: BTreeMap<String, u64>,
        /// The number for any other value; without one, another value is an error.
        otherwise: Option<u64>,
    },
    /// A total, allocated to the strata.
    Allocated(Allocation),
}

/// How a total is divided among strata.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    /// What there is to divide.
    pub total: u64,
    /// By what.
    pub rule: Rule,
    /// The column whose sum is a stratum's measure; without one it is the number of its units.
    pub measure: Option<String>,
    /// The column with the spread within the stratum.
    pub spread: Option<String>,
    /// The column with the cost of a unit of the stratum.
    pub cost: Option<String>,
    /// The least and the most for each.
    pub bounds: Bounds,
}

/// What becomes a PSU of the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PsuRule {
    /// The units of the first stage, whether drawn by chance or certain.
    FirstStage,
    /// The largest units that were drawn by chance: a unit that is in with certainty adds no variance of its own, so it becomes a
    /// stratum, and what is drawn in it its PSUs.
    BelowCertainty,
}

/// Where the administrative unit of a PSU stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// The column with its code.
    pub column: String,
    /// The code list, if it is another than the wave's.
    pub list: Option<String>,
}

impl SamplingPlan {
    /// Reads a plan.
    ///
    /// # Errors
    /// Every finding of the file at once, each with its pointer and line.
    pub fn parse(text: &str) -> Result<Self, Vec<Finding>> {
        Ok(document(text, read)?.found)
    }

    /// The stages whose units have codes on the frame: all, or all but the last.
    #[must_use]
    pub fn coded_stages(&self) -> &[Stage] {
        match self.stages.split_last() {
            Some((last, before)) if last.count.is_some() => before,
            _ => &self.stages,
        }
    }
}

fn read(value: &Value, at: &mut At<'_>) -> Option<SamplingPlan> {
    let mut object = Object::open(value, at)?;
    skip_meta_schema(&mut object, at);
    object.need("kind", at, |value, at| at.one_of(value, &["sampling_plan"]));
    let code = object.need("code", at, string);
    let version = object.need("version", at, string);
    let title = object.need("title", at, Text::read);
    let strata = object.need("strata", at, columns);
    let stages = object.need("stages", at, stages);
    let psus = object.read("psus", at, |value, at| at.one_of(value, &["first_stage", "below_certainty"]));
    let fpc = object.read("fpc", at, boolean).unwrap_or(false);
    let area = object.read("area", at, area);
    let carry = object.read("carry", at, columns).unwrap_or_default();
    object.close(at);
    let (strata, stages) = (strata?, stages?);
    check_levels(&strata, &stages, at);
    Some(SamplingPlan {
        code: code?.to_owned(),
        version: version?.to_owned(),
        title: title?,
        strata,
        stages,
        psus: if psus == Some(0) { PsuRule::FirstStage } else { PsuRule::BelowCertainty },
        fpc,
        area,
        carry,
        sha256: content_hash(value),
    })
}

/// The name of a column: a string on one line.
fn column(value: &Value, at: &mut At<'_>) -> Option<String> {
    let name = string(value, at)?;
    if let Some(bad) = name.chars().find(|c| c.is_control()) {
        at.forbidden_character(bad);
        return None;
    }
    Some(name.to_owned())
}

fn columns(value: &Value, at: &mut At<'_>) -> Option<Vec<String>> {
    for (place, value) in array(value, at)?.iter().enumerate() {
        column(value, &mut at.index(place));
    }
    names(value, at)
}

fn area(value: &Value, at: &mut At<'_>) -> Option<Area> {
    let mut object = Object::open(value, at)?;
    let column = object.need("column", at, column);
    let list = object.read("list", at, string).map(str::to_owned);
    object.close(at);
    Some(Area { column: column?, list })
}

fn stages(value: &Value, at: &mut At<'_>) -> Option<Vec<Stage>> {
    let values = array(value, at)?;
    not_empty(values, at);
    let last = values.len().saturating_sub(1);
    let read = values.iter().enumerate().map(|(place, value)| stage(value, place == 0, place == last, &mut at.index(place)));
    let stages: Vec<Option<Stage>> = read.collect();
    stages.into_iter().collect::<Option<Vec<Stage>>>().filter(|stages| !stages.is_empty())
}

fn stage(value: &Value, first: bool, last: bool, at: &mut At<'_>) -> Option<Stage> {
    let mut object = Object::open(value, at)?;
    let level = object.need("level", at, column);
    let count = object.read("count", at, column);
    let method = object.need("method", at, |value, at| at.one_of(value, &Method::ALL.map(Method::as_str)).map(|place| Method::ALL[place]));
    let size = object.read("size", at, column);
    let certainty = object.read("certainty", at, column);
    let order = object.read("order", at, columns).unwrap_or_default();
    let number = object.need("number", at, |value, at| number(value, first, at));
    let reserve = object.read("reserve", at, number_of_substitutes);
    object.close(at);
    let stage = Stage { level: level?, count, method: method?, size, certainty, order, number: number?, reserve };
    check_stage(&stage, last, at);
    Some(stage)
}

/// What the members of a stage say of each other.
fn check_stage(stage: &Stage, last: bool, at: &mut At<'_>) {
    let by_size = stage.method == Method::PpsSystematic;
    if by_size && stage.size.is_none() {
        at.error("size-missing", "Chọn theo quy mô cần cột “size”", "Drawing by size needs the column “size”");
    }
    if !by_size && stage.size.is_some() {
        at.key("size").error("size-unused", "Chỉ pps_systematic dùng “size”", "Only pps_systematic uses “size”");
    }
    if stage.method == Method::Simple && !stage.order.is_empty() {
        at.key("order").error(
            "order-unused",
            "Chọn ngẫu nhiên đơn giản không dùng “order”",
            "Simple random sampling has no use for “order”",
        );
    }
    if stage.count.is_some() {
        if !last {
            let (vi, en) = ("Chỉ giai đoạn cuối được đánh số bằng “count”", "Only the last stage may be numbered by “count”");
            at.key("count").error("count-not-last", vi, en);
        }
        if by_size || stage.certainty.is_some() || !stage.order.is_empty() {
            let vi = "Đơn vị chỉ có số thứ tự thì không có quy mô, thứ tự hay cờ chọn chắc chắn";
            at.key("count").error("count-without-rows", vi, "Units that are only numbered have no size, order or certainty");
        }
    }
    if stage.reserve.is_some() && (!last || by_size) {
        let vi = "Danh sách dự phòng chỉ có ở giai đoạn cuối, với xác suất bằng nhau";
        at.key("reserve").error("reserve-misplaced", vi, "Substitutes are drawn in the last stage only, and with equal chances");
    }
}

/// No column is two levels at once.
fn check_levels(strata: &[String], stages: &[Stage], at: &mut At<'_>) {
    let mut seen: Vec<&str> = strata.iter().map(String::as_str).collect();
    for (place, stage) in stages.iter().enumerate() {
        let mut at = at.key("stages");
        if seen.contains(&stage.level.as_str()) {
            let vi = format!("“{}” đã là tầng hoặc cấp chọn khác", stage.level);
            at.index(place).key("level").error("level-repeated", vi, format!("“{}” is a stratum or a stage already", stage.level));
        }
        seen.push(&stage.level);
    }
}

fn number(value: &Value, first: bool, at: &mut At<'_>) -> Option<Number> {
    match value {
        Value::String(_) => at.one_of(value, &["all"]).map(|_| Number::All),
        Value::Object(members) if members.contains_key("total") => {
            if !first {
                let vi = "Chỉ giai đoạn đầu được phân bổ: số đơn vị của một tỉnh không được phụ thuộc vào kết quả chọn ở tỉnh khác";
                let en = "Only the first stage is allocated: what a province gets must not depend on what was drawn in another";
                at.error("allocation-not-first", vi, en);
            }
            allocation(value, at).map(Number::Allocated)
        }
        Value::Object(_) => by_group(value, 1, at),
        _ => whole(value, 1..=MAX_NUMBER, at).map(|number| Number::Fixed(number.into())),
    }
}

fn number_of_substitutes(value: &Value, at: &mut At<'_>) -> Option<Number> {
    match value {
        Value::Object(_) => by_group(value, 0, at),
        _ => whole(value, 0..=MAX_NUMBER, at).map(|number| Number::Fixed(number.into())),
    }
}

fn by_group(value: &Value, least: u32, at: &mut At<'_>) -> Option<Number> {
    let mut object = Object::open(value, at)?;
    let column = object.need("by", at, column);
    let values = object.need("values", at, |value, at| {
        let mut values = BTreeMap::new();
        for (group, value) in Object::open(value, at)?.members() {
            values.insert(group.clone(), u64::from(whole(value, least..=MAX_NUMBER, &mut at.key(group))?));
        }
        Some(values)
    });
    let otherwise = object.read("otherwise", at, |value, at| whole(value, least..=MAX_NUMBER, at)).map(u64::from);
    object.close(at);
    Some(Number::ByGroup { column: column?, values: values?, otherwise })
}

fn allocation(value: &Value, at: &mut At<'_>) -> Option<Allocation> {
    let mut object = Object::open(value, at)?;
    let total = object.need("total", at, |value, at| whole(value, 1..=MAX_NUMBER, at));
    let rule = object.need("rule", at, |value, at| at.one_of(value, &["equal", "proportional", "optimum", "power", "kish"]));
    let mut parameter = |name, wanted: bool, at: &mut At<'_>| match (wanted, object.has(name)) {
        (true, _) => object.need(name, at, real),
        (false, true) => {
            at.key(name).error("parameter-unused", "Quy tắc này không dùng tham số này", "This rule has no such parameter");
            None
        }
        (false, false) => None,
    };
    let exponent = parameter("exponent", rule == Some(3), at);
    let importance = parameter("importance", rule == Some(4), at);
    let measure = object.read("measure", at, column);
    let spread = object.read("spread", at, column);
    let cost = object.read("cost", at, column);
    let minimum = object.read("minimum", at, |value, at| whole(value, 0..=MAX_NUMBER, at)).map_or(1, u64::from);
    let maximum = object.read("maximum", at, |value, at| whole(value, 1..=MAX_NUMBER, at)).map_or(u64::MAX, u64::from);
    object.close(at);
    let rule = match rule? {
        0 => Rule::Equal,
        1 => Rule::Proportional,
        2 => Rule::Optimum,
        3 => Rule::Power { exponent: exponent? },
        _ => Rule::Kish { importance: importance? },
    };
    Some(Allocation { total: total?.into(), rule, measure, spread, cost, bounds: Bounds { minimum, maximum } })
}
