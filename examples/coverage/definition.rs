//! The index definitions that are put to the test, run as any run does.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use hailong::frame::Column;
use hailong::index::{DomainKey, Plan, Score, compute};
use hailong::schema::{Document, Questionnaire};
use hailong::unit::{Registry, UnitKind, UnitRecord};
use serde_json::{Value, json};

use super::draw::Sample;
use super::population::PROVINCES;

/// The registry id of the one rated unit.
pub const AGENCY: i32 = 100;
/// The level of every interval.
pub const LEVEL: f64 = 0.95;
/// Shares in the middle, near 0, near 1, and rarer still: nodes and the items they count answers 4 and 5 of.
pub const SHARES: [(&str, &str); 4] = [("MID", "q02"), ("LOW", "q07"), ("HIGH", "q08"), ("RARE", "q09")];
/// Domains: the nation, 63 provinces, the people of the first sex in each.
pub const PLACES: usize = 1 + 2 * PROVINCES;

/// A compiled definition with the list of units.
pub struct Definition {
    pub plan: Plan,
    pub registry: Registry,
    /// The column of a person that each column of a frame is.
    pub columns: Vec<usize>,
}

/// An estimate as it would be published.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    pub value: f64,
    pub se: f64,
    pub low: f64,
    pub high: f64,
    pub n: i64,
    pub df: f64,
}

impl Figure {
    pub fn covers(&self, truth: f64) -> bool {
        self.low <= truth && truth <= self.high
    }

    pub fn width(&self) -> f64 {
        self.high - self.low
    }
}

/// Figures by node and place: 0 is the nation, provinces follow, then the first sex of each.
pub type Figures = BTreeMap<String, Vec<Option<Figure>>>;

/// Mean scores, 0 to 100; `sexes`: for the first sex of each province too.
pub fn scores(estimation: &Value, sexes: bool) -> Definition {
    Definition::new(&json!([index()]), estimation, sexes)
}

/// The index and the share near 0.
pub fn score_and_share(estimation: &Value) -> Definition {
    Definition::new(&json!([index(), share(SHARES[1])]), estimation, false)
}

/// Four shares with intervals by a method.
pub fn shares(method: &str) -> Definition {
    Definition::new(&json!(SHARES.map(share)), &json!({ "share_interval": method }), false)
}

/// `INDEX = 0.4 C1 + 0.6 C2` of three items each.
fn index() -> Value {
    let item = |code: &str| json!({ "code": code, "label": label(code), "measure": { "kind": "mean", "item": code } });
    let criterion = |code: &str, weight: f64, items: [&str; 3]| {
        let children = items.map(item);
        json!({ "code": code, "label": label(code), "weight": weight, "children": children })
    };
    let children = [criterion("C1", 0.4, ["q01", "q02", "q03"]), criterion("C2", 0.6, ["q04", "q05", "q06"])];
    json!({ "code": "INDEX", "label": label("INDEX"), "children": children })
}

fn share((code, item): (&str, &str)) -> Value {
    json!({ "code": code, "label": label(code), "measure": { "kind": "share", "item": item, "options": ["4", "5"] } })
}

fn label(code: &str) -> Value {
    json!({ "vi": code, "en": code })
}

impl Definition {
    fn new(tree: &Value, estimation: &Value, sexes: bool) -> Self {
        let mut domains = vec![json!({ "kind": "nation" }), json!({ "kind": "level", "level": "province" })];
        domains.extend(sexes.then(|| json!({ "kind": "item_by_level", "item": "sex", "level": "province" })));
        let definition = json!({
            "kind": "index", "code": "coverage", "version": "1.0", "title": label("coverage"),
            "survey": "sipas-open", "survey_versions": ["1.1"], "level": LEVEL, "min_n": 1, "lonely_psu": "fail",
            "missing": { "leaf": "available", "node": "renormalise" },
            "estimation": estimation, "domains": domains, "tree": tree,
        });
        let Document::Index(index) = parse(&definition.to_string()) else { panic!("an index is written here") };
        let plan = Plan::compile(&index, &questionnaire(), &BTreeMap::new()).unwrap();
        let place = |column: &Column| match column {
            Column::Item(item) => item.strip_prefix('q').map_or(0, |number| number.parse().unwrap()),
            Column::Chosen { item, .. } => panic!("{item} has one answer"),
        };
        let columns = plan.columns().iter().map(place).collect();
        Self { plan, registry: registry(), columns }
    }

    /// What a run would publish of a sample. The seed is what its own draws follow from.
    pub fn figures(&self, sample: &Sample<'_>, seed: u64) -> Figures {
        let plan = self.plan.clone().seeded(seed);
        let computed = compute(&plan, sample.frame(&self.columns), &self.registry, &|_, _| ControlFlow::Continue(())).unwrap();
        let mut figures = Figures::new();
        for score in computed.scores {
            if let Some(place) = place_of(&score.domain) {
                figures.entry(score.node.clone()).or_insert_with(|| vec![None; PLACES])[place] = figure(&score);
            }
        }
        figures
    }
}

/// The place of a domain among [`Figures`]; the second sex has none.
pub fn place_of(domain: &DomainKey) -> Option<usize> {
    let province = domain.area.map_or(0, |area| area as usize);
    match domain.option.as_deref() {
        None => Some(province),
        Some("1") => Some(PROVINCES + province),
        Some(_) => None,
    }
}

fn figure(score: &Score) -> Option<Figure> {
    Some(Figure { value: score.value?, se: score.se?, low: score.low?, high: score.high?, n: score.n, df: score.df })
}

fn parse(text: &str) -> Document {
    hailong::schema::parse(text).unwrap_or_else(|findings| panic!("{findings:?}")).document
}

fn questionnaire() -> Questionnaire {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("survey-schemas/sipas-open/1.1.json");
    match parse(&std::fs::read_to_string(path).unwrap()) {
        Document::Questionnaire(questionnaire) => questionnaire,
        Document::Index(_) | Document::Composite(_) => panic!("an index where a questionnaire belongs"),
    }
}

fn registry() -> Registry {
    let record = |list: &str, kind, number: i32| UnitRecord {
        list: list.into(),
        code: format!("{number:02}"),
        kind,
        name_vi: format!("{number}"),
        name_en: format!("{number}"),
        parent: None,
        valid_from: chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        valid_to: None,
    };
    let provinces = (1..=PROVINCES as i32).map(|id| (id, record("provinces", UnitKind::Province, id)));
    let agency = (AGENCY, record("agencies", UnitKind::Agency, AGENCY));
    Registry::new(provinces.chain([agency]).collect(), &[]).unwrap()
}
