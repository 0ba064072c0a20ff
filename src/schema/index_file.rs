//! Index file → [`IndexDefinition`], or everything that is wrong with it.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::decode::{At, Object, array, list, names, not_empty, real, skip_meta_schema, string, whole};
use super::estimation_file;
use super::index::{
    Content, Domain, FavourableMissing, IndexDefinition, InvalidItems, LeafMissing, LonelyPsu, Measure, Missing, Node, NodeMissing,
    Parameter, Weight,
};
use super::rules::{document_code, duplicate, item_code, version};
use super::text::Text;

/// No definition may publish a figure of fewer people.
pub(super) const LEAST_PEOPLE: u32 = 5;
/// People behind a figure at least, where a definition does not say.
pub(super) const USUAL_PEOPLE: u32 = 10;
/// Decimals of published figures, where a definition does not say.
const USUAL_DECIMALS: u8 = 2;

/// Reads an index; findings go to `at`, and nothing is returned where an essential part is missing.
pub(super) fn read(value: &Value, at: &mut At<'_>) -> Option<IndexDefinition> {
    let mut object = Object::open(value, at)?;
    skip_meta_schema(&mut object, at);
    object.has("kind");
    let code = object.need("code", at, document_code);
    let own_version = object.need("version", at, version);
    let title = object.need("title", at, Text::read);
    let note = object.read("note", at, Text::read);
    let survey = object.need("survey", at, document_code);
    let survey_versions = object.need("survey_versions", at, versions);
    let level = object.need("level", at, level);
    let min_n = object.read("min_n", at, |value, at| whole(value, LEAST_PEOPLE..=1_000_000, at));
    let decimals = object.read("decimals", at, |value, at| whole(value, 0..=6, at));
    let lonely_psu =
        object.need("lonely_psu", at, |value, at| at.one_of(value, &LonelyPsu::NAMES).map(|position| LonelyPsu::ALL[position]));
    let missing = object.need("missing", at, missing);
    let invalid_items =
        object.read("invalid_items", at, |value, at| at.one_of(value, &InvalidItems::NAMES).map(|position| InvalidItems::ALL[position]));
    let estimation = object.read("estimation", at, estimation_file::read);
    let parameters = object.read("parameters", at, parameters).unwrap_or_default();
    let domains = object.need("domains", at, domains);
    let mut reader = TreeReader { parameters: &parameters, seen: HashSet::new() };
    let tree = object.need("tree", at, |value, at| reader.siblings(value, true, at));
    object.close(at);

    Some(IndexDefinition {
        code: code?.to_owned(),
        version: own_version?.to_owned(),
        title: title?,
        note,
        survey: survey?.to_owned(),
        survey_versions: survey_versions?,
        level: level?,
        min_n: min_n.unwrap_or(USUAL_PEOPLE),
        decimals: decimals.and_then(|places| u8::try_from(places).ok()).unwrap_or(USUAL_DECIMALS),
        lonely_psu: lonely_psu?,
        missing: missing?,
        invalid_items: invalid_items.unwrap_or_default(),
        estimation: estimation.unwrap_or_default(),
        domains: domains?,
        tree: tree?,
        parameters: parameters.into_iter().filter_map(|(name, parameter)| Some((name, parameter?))).collect(),
    })
}

fn versions(value: &Value, at: &mut At<'_>) -> Option<Vec<String>> {
    let versions = list(value, at, |value, at| version(value, at).map(str::to_owned))?;
    not_empty(array(value, at)?, at);
    Some(versions)
}

fn level(value: &Value, at: &mut At<'_>) -> Option<f64> {
    let level = real(value, at)?;
    if level > 0.0 && level < 1.0 {
        return Some(level);
    }
    at.error("out-of-range", "Mức tin cậy phải lớn hơn 0 và nhỏ hơn 1", "The level must lie between 0 and 1, exclusive");
    None
}

fn missing(value: &Value, at: &mut At<'_>) -> Option<Missing> {
    let mut object = Object::open(value, at)?;
    let leaf = object.need("leaf", at, |value, at| at.one_of(value, &["available"]));
    let node = object.need("node", at, |value, at| at.one_of(value, &["renormalise", "missing"]));
    object.close(at);
    leaf?;
    let node = if node? == 0 { NodeMissing::Renormalise } else { NodeMissing::Missing };
    Some(Missing { leaf: LeafMissing::Available, node })
}

/// `None` stands for a parameter that is there but faulty: it has its own findings.
type Parameters = BTreeMap<String, Option<Parameter>>;

fn parameters(value: &Value, at: &mut At<'_>) -> Option<Parameters> {
    let object = Object::open(value, at)?;
    let mut parameters = Parameters::new();
    for (name, value) in object.members() {
        let mut at = at.key(name);
        item_code(&Value::from(name.as_str()), &mut at);
        parameters.insert(name.clone(), parameter(value, &mut at));
    }
    Some(parameters)
}

fn parameter(value: &Value, at: &mut At<'_>) -> Option<Parameter> {
    let mut object = Object::open(value, at)?;
    let value = object.need("value", at, real);
    let min = object.need("min", at, real);
    let max = object.need("max", at, real);
    let label = object.need("label", at, Text::read);
    object.close(at);
    let parameter = Parameter { value: value?, min: min?, max: max?, label: label? };
    if parameter.min > parameter.max {
        at.error("min-over-max", "“min” lớn hơn “max”", "“min” is above “max”");
    } else if !(parameter.min..=parameter.max).contains(&parameter.value) {
        at.key("value").error("out-of-range", "Giá trị nằm ngoài khoảng min–max", "The value lies outside min and max");
    }
    Some(parameter)
}

fn domains(value: &Value, at: &mut At<'_>) -> Option<Vec<Domain>> {
    let mut seen = HashSet::new();
    let domains = list(value, at, |value, at| {
        let domain = domain(value, at)?;
        if !seen.insert(domain.clone()) {
            at.error("duplicate-domain", "Cách phân tổ này đã có ở trên", "This domain is listed above already");
        }
        Some(domain)
    })?;
    not_empty(array(value, at)?, at);
    Some(domains)
}

fn domain(value: &Value, at: &mut At<'_>) -> Option<Domain> {
    let mut object = Object::open(value, at)?;
    let kind = Domain::NAMES[object.need("kind", at, |value, at| at.one_of(value, &Domain::NAMES))?];
    let item = kind.starts_with("item").then(|| object.need("item", at, item_code)).flatten().map(str::to_owned);
    let level = kind
        .ends_with("level")
        .then(|| object.need("level", at, |value, at| at.one_of(value, &Domain::LEVELS)).map(|i| Domain::LEVELS[i].to_owned()));
    let level = level.flatten();
    object.close(at);
    Some(match kind {
        "nation" => Domain::Nation,
        "level" => Domain::Level { level: level? },
        "unit" => Domain::Unit,
        "unit_by_level" => Domain::UnitByLevel { level: level? },
        "item" => Domain::Item { item: item? },
        _ => Domain::ItemByLevel { item: item?, level: level? },
    })
}

struct TreeReader<'p> {
    parameters: &'p Parameters,
    seen: HashSet<String>,
}

impl TreeReader<'_> {
    fn siblings(&mut self, value: &Value, roots: bool, at: &mut At<'_>) -> Option<Vec<Node>> {
        let count = array(value, at)?.len();
        if count == 0 {
            at.error("empty-tree", "Phải có ít nhất một nút", "There must be at least one node");
            return None;
        }
        let nodes = list(value, at, |value, at| self.node(value, roots, at))?;
        if nodes.len() < count {
            return None;
        }
        if !roots {
            self.weights(&nodes, at);
        }
        Some(nodes)
    }

    fn node(&mut self, value: &Value, root: bool, at: &mut At<'_>) -> Option<Node> {
        let mut object = Object::open(value, at)?;
        let code = object.need("code", at, item_code);
        let label = object.need("label", at, Text::read);
        if let Some(code) = code
            && !self.seen.insert(code.to_owned())
        {
            duplicate(code, at);
        }
        let weighted = object.has("weight");
        if weighted && root {
            at.key("weight").error("root-with-weight", "Nút gốc không có trọng số", "A root has no weight");
        }
        let weight = object.read("weight", at, |value, at| self.weight(value, at));
        let agency = object.read("agency", at, string).map(str::to_owned);
        let content = self.content(&mut object, at);
        object.close(at);
        if weighted && weight.is_none() {
            return None;
        }
        Some(Node { code: code?.to_owned(), label: label?, weight, agency, content: content? })
    }

    fn content(&mut self, object: &mut Object<'_>, at: &mut At<'_>) -> Option<Content> {
        let (inner, leaf) = (object.has("children"), object.has("measure"));
        if inner == leaf {
            at.error(
                "children-or-measure",
                "Phải có đúng một trong hai trường “children” và “measure”",
                "Exactly one of “children” and “measure” is needed",
            );
        }
        let children = object.read("children", at, |value, at| self.siblings(value, false, at));
        let measure = object.read("measure", at, measure);
        if inner == leaf {
            return None;
        }
        children.map(Content::Children).or(measure.map(Content::Measure))
    }

    fn weight(&self, value: &Value, at: &mut At<'_>) -> Option<Weight> {
        match value {
            Value::Object(_) => {
                let mut object = Object::open(value, at)?;
                let (same, complement) = (object.has("parameter"), object.has("one_minus"));
                if same == complement {
                    at.error(
                        "bad-weight",
                        "Trọng số phải có đúng một trong hai trường “parameter” và “one_minus”",
                        "A weight has exactly one of “parameter” and “one_minus”",
                    );
                }
                let direct = object.read("parameter", at, |value, at| self.parameter(value, at));
                let inverse = object.read("one_minus", at, |value, at| self.parameter(value, at));
                object.close(at);
                direct.map(Weight::Parameter).or(inverse.map(Weight::OneMinus))
            }
            Value::Number(_) => {
                let weight = real(value, at)?;
                if weight < 0.0 {
                    at.error("negative-weight", "Trọng số không được âm", "A weight must not be negative");
                }
                Some(Weight::Fixed(weight))
            }
            _ => {
                at.wrong_type("một số hoặc một tham số", "a number or a parameter", value);
                None
            }
        }
    }

    fn parameter(&self, value: &Value, at: &mut At<'_>) -> Option<String> {
        let name = string(value, at)?;
        if !self.parameters.contains_key(name) {
            at.error("unknown-parameter", format!("Không có tham số “{name}”"), format!("There is no parameter “{name}”"));
        }
        Some(name.to_owned())
    }

    /// Siblings have weights all or none; under the parameters' values none is negative and not all are zero.
    fn weights(&self, nodes: &[Node], at: &mut At<'_>) {
        let given: Vec<&Weight> = nodes.iter().filter_map(Node::weight).collect();
        if given.is_empty() {
            return;
        }
        if given.len() < nodes.len() {
            at.error(
                "mixed-weights",
                "Các nút cùng cấp phải cùng có hoặc cùng không có trọng số",
                "Siblings must either all have a weight or none",
            );
            return;
        }
        let values = |pick: fn(&Parameter) -> f64| -> Option<Vec<f64>> {
            given.iter().map(|weight| weight.value(|name| self.parameters.get(name)?.as_ref().map(pick))).collect()
        };
        let (Some(now), Some(low), Some(high)) = (values(|p| p.value), values(|p| p.min), values(|p| p.max)) else {
            return; // a faulty parameter has its own finding
        };
        if now.iter().all(|weight| *weight == 0.0) {
            at.error("all-weights-zero", "Tất cả trọng số đều bằng 0", "All weights are zero");
        }
        for (index, weight) in given.iter().enumerate() {
            if !matches!(weight, Weight::Fixed(_)) && (low[index] < 0.0 || high[index] < 0.0) {
                at.index(index).key("weight").error(
                    "negative-weight",
                    "Trọng số có thể âm trong khoảng min–max của tham số",
                    "The weight can be negative within the parameter's min and max",
                );
            }
        }
    }
}

fn measure(value: &Value, at: &mut At<'_>) -> Option<Measure> {
    let mut object = Object::open(value, at)?;
    let kind = Measure::NAMES[object.need("kind", at, |value, at| at.one_of(value, &Measure::NAMES))?];
    let single = matches!(kind, "mean" | "share");
    let item = single.then(|| object.need("item", at, item_code)).flatten().map(str::to_owned);
    let items = (!single).then(|| object.need("items", at, names)).flatten();
    let counts = !matches!(kind, "mean" | "pooled_mean");
    let options = counts.then(|| object.need("options", at, names)).flatten();
    let missing =
        (kind == "all_favourable").then(|| object.need("missing", at, |value, at| at.one_of(value, &["listwise", "available"]))).flatten();
    object.close(at);
    Some(match kind {
        "mean" => Measure::Mean { item: item? },
        "share" => Measure::Share { item: item?, options: options? },
        "pooled_mean" => Measure::PooledMean { items: items? },
        "pooled_share" => Measure::PooledShare { items: items?, options: options? },
        _ => Measure::AllFavourable {
            items: items?,
            options: options?,
            missing: if missing? == 0 { FavourableMissing::Listwise } else { FavourableMissing::Available },
        },
    })
}

#[cfg(test)]
mod tests {
    use crate::schema::sample::{checked_index, errors_after, expected, index};
    use crate::schema::{Domain, InvalidItems, LonelyPsu, Measure, Node};
    use serde_json::{Value, json};

    fn refused(change: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
        errors_after(index(), change)
    }

    #[test]
    fn a_right_index_is_read_whole() {
        let index = checked_index(&index());
        assert_eq!(index.nodes().map(Node::code).collect::<Vec<_>>(), ["ALL", "STAFF", "RESULT", "R1", "R2", "TV"]);
        assert_eq!(index.lonely_psu(), LonelyPsu::Average);
        assert_eq!(index.domains()[1], Domain::UnitByLevel { level: "province".into() });
        assert_eq!(index.node("ALL").unwrap().agency(), Some("Sở Nội vụ"));
        assert_eq!(index.invalid_items(), InvalidItems::DropItem, "where nothing is said");
        let value_of = |name: &str| index.parameters().get(name).map(|parameter| parameter.value);
        let weight = |code: &str| index.node(code).unwrap().weight().unwrap().value(value_of).unwrap();
        assert!((weight("STAFF") - 0.4).abs() < 1e-15 && (weight("RESULT") - 0.6).abs() < 1e-15);
        assert_eq!(index.node("STAFF").unwrap().measure(), Some(&Measure::Mean { item: "staff".into() }));
    }

    #[test]
    fn a_definition_says_what_an_invalid_item_takes_with_it() {
        for (name, rule) in InvalidItems::NAMES.into_iter().zip(InvalidItems::ALL) {
            let mut stated = index();
            stated["invalid_items"] = json!(name);
            assert_eq!((checked_index(&stated).invalid_items(), rule.as_str()), (rule, name));
        }
        assert_eq!(refused(|value| value["invalid_items"] = json!("drop")), expected(&[("/invalid_items", "unknown-value")]));
    }

    #[test]
    fn every_finding_comes_at_once() {
        let found = refused(|value| {
            value["level"] = json!(1);
            value["min_n"] = json!(4);
            value["lonely_psu"] = json!("ignore");
            value["missing"]["leaf"] = json!("listwise");
            value["survey_versions"] = json!([]);
            value["domains"] = json!([{"kind": "nation"}, {"kind": "nation"}, {"kind": "level"}, {"kind": "unit", "level": "province"}]);
            value["parameters"]["share"]["value"] = json!(2);
            value["tree"][0]["children"][0]["measure"]["kind"] = json!("median");
            value["tree"][0]["children"][1]["children"][0]["measure"] = json!({"kind": "share", "item": "result"});
        });
        let expect = [
            ("/domains/1", "duplicate-domain"),
            ("/domains/2", "missing-member"),
            ("/domains/3/level", "unknown-member"),
            ("/level", "out-of-range"),
            ("/lonely_psu", "unknown-value"),
            ("/min_n", "out-of-range"),
            ("/missing/leaf", "unknown-value"),
            ("/parameters/share/value", "out-of-range"),
            ("/survey_versions", "empty"),
            ("/tree/0/children/0/measure/kind", "unknown-value"),
            ("/tree/0/children/1/children/0/measure", "missing-member"),
        ];
        assert_eq!(found, expected(&expect));
    }

    #[test]
    fn a_node_has_children_or_a_measure_and_its_own_code() {
        let found = refused(|value| {
            value["tree"][0]["children"][0]["children"] = json!([]);
            value["tree"][0]["children"][1]["children"][1].as_object_mut().unwrap().remove("measure");
            value["tree"][1]["code"] = json!("R1");
            value["tree"][1]["weight"] = json!(1);
        });
        let expect = [
            ("/tree/0/children/0", "children-or-measure"),
            ("/tree/0/children/0/children", "empty-tree"),
            ("/tree/0/children/1/children/1", "children-or-measure"),
            ("/tree/1/code", "duplicate-code"),
            ("/tree/1/weight", "root-with-weight"),
        ];
        assert_eq!(found, expected(&expect));
        assert_eq!(refused(|value| value["tree"] = json!([])), expected(&[("/tree", "empty-tree")]));
    }

    #[test]
    fn weights_are_all_or_none_and_never_negative_or_all_zero() {
        let inner = "/tree/0/children/1/children";
        let weights = |first: Option<Value>, second: Option<Value>| {
            refused(|value| {
                for (index, weight) in [first, second].into_iter().enumerate() {
                    if let Some(weight) = weight {
                        value["tree"][0]["children"][1]["children"][index]["weight"] = weight;
                    }
                }
            })
        };
        assert_eq!(weights(Some(json!(1)), Some(json!(0))), []);
        assert_eq!(weights(Some(json!(1)), None), expected(&[(inner, "mixed-weights")]));
        assert_eq!(weights(Some(json!(0)), Some(json!(0))), expected(&[(inner, "all-weights-zero")]));
        let negative = weights(Some(json!(-1)), Some(json!(2)));
        assert_eq!(negative, expected(&[(&format!("{inner}/0/weight"), "negative-weight")]));
        let unknown = weights(Some(json!({"parameter": "x"})), Some(json!(2)));
        assert_eq!(unknown, expected(&[(&format!("{inner}/0/weight/parameter"), "unknown-parameter")]));
        let text = weights(Some(json!("1")), Some(json!(2)));
        assert_eq!(text, expected(&[(&format!("{inner}/0/weight"), "wrong-type")]));
        let below_zero = refused(|value| value["parameters"]["share"]["max"] = json!(1.5));
        assert_eq!(below_zero, expected(&[("/tree/0/children/1/weight", "negative-weight")]));
    }
}
