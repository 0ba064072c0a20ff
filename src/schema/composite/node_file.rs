//! The tree of a definition file.

use std::collections::HashSet;

use serde_json::Value;

use super::definition::{Body, CompositeNode, Direction, Evidence, Gap, Goalposts, Indicator, Rescale, SurveyLeaf};
use super::stage_file::{aggregator, normaliser, not_negative, or, positive};
use crate::schema::decode::{At, Object, array, boolean, real, string};
use crate::schema::rules::{document_code, duplicate, item_code};
use crate::schema::text::Text;

/// The names of [`Gap`] as they stand in files.
const GAPS: [&str; 3] = ["renormalise", "missing", "zero"];

/// Reads what is done about a child without a value.
pub(super) fn gap(value: &Value, at: &mut At<'_>) -> Option<Gap> {
    at.one_of(value, &GAPS).map(|place| [Gap::Renormalise, Gap::Missing, Gap::Zero][place])
}

/// Reads nodes into a list, parents before their children.
#[derive(Default)]
pub(super) struct TreeReader {
    nodes: Vec<CompositeNode>,
    seen: HashSet<String>,
    faulty: bool,
}

impl TreeReader {
    /// Every node below and with `value`, the root; nothing where one cannot be read.
    pub(super) fn read(mut self, value: &Value, at: &mut At<'_>) -> Option<Vec<CompositeNode>> {
        self.node(value, None, 0, at);
        let bare = self.nodes.iter().any(|node| node.depth == 0 && node.children().is_empty() && node.indicator().is_none());
        if bare && !self.faulty {
            at.error("empty-tree", "Phải có ít nhất một nút", "There must be at least one node");
            return None;
        }
        (!self.faulty).then_some(self.nodes)
    }

    /// Reads a node and what is below it; returns its position.
    fn node(&mut self, value: &Value, parent: Option<usize>, depth: u32, at: &mut At<'_>) -> Option<usize> {
        let place = self.nodes.len();
        let node = Object::open(value, at).and_then(|mut object| {
            let node = self.head(&mut object, parent, depth, at);
            // A place for the node before those of its children; filled in when they are known.
            let kept = node.is_some();
            self.nodes.extend(node);
            let body = self.body(&mut object, kept.then_some(place), depth, at);
            object.close(at);
            if !kept {
                return None;
            }
            if let (Some(node), Some(body)) = (self.nodes.get_mut(place), body) {
                node.body = body;
                return Some(());
            }
            None
        });
        self.faulty |= node.is_none();
        node.map(|()| place)
    }

    fn head(&mut self, object: &mut Object<'_>, parent: Option<usize>, depth: u32, at: &mut At<'_>) -> Option<CompositeNode> {
        let code = object.need("code", at, item_code);
        let label = object.need("label", at, Text::read);
        if let Some(code) = code
            && !self.seen.insert(code.to_owned())
        {
            duplicate(code, at);
        }
        if depth == 0 && object.has("weight") {
            at.key("weight").error("root-with-weight", "Nút gốc không có trọng số", "A root has no weight");
        }
        let weight = or(object, "weight", 1.0, at, not_negative);
        let scored = or(object, "scored", true, at, boolean);
        let group = or(object, "group", false, at, boolean);
        let maximum = object.read("maximum", at, positive);
        let agency = object.read("agency", at, string).map(str::to_owned);
        let gap = object.read("missing", at, gap);
        let aggregate = object.read("aggregate", at, |value, at| {
            let mut object = Object::open(value, at)?;
            let method = aggregator(&mut object, at);
            object.close(at);
            method
        });
        let rescale = object.read("rescale", at, rescale);
        let body = Body::Children(Vec::new());
        Some(CompositeNode {
            code: code?.to_owned(),
            label: label?,
            parent,
            depth,
            weight: weight?,
            scored: scored?,
            group: group?,
            maximum,
            agency,
            gap,
            aggregate,
            rescale,
            body,
        })
    }

    fn body(&mut self, object: &mut Object<'_>, place: Option<usize>, depth: u32, at: &mut At<'_>) -> Option<Body> {
        let (inner, leaf) = (object.has("children"), object.has("indicator"));
        if inner == leaf {
            at.error(
                "children-or-indicator",
                "Phải có đúng một trong hai trường “children” và “indicator”",
                "Exactly one of “children” and “indicator” is needed",
            );
        }
        let children = object.read("children", at, |value, at| self.siblings(value, place, depth + 1, at));
        let indicator = object.read("indicator", at, indicator);
        if inner == leaf {
            return None;
        }
        children.map(Body::Children).or(indicator.map(|indicator| Body::Indicator(Box::new(indicator))))
    }

    fn siblings(&mut self, value: &Value, parent: Option<usize>, depth: u32, at: &mut At<'_>) -> Option<Vec<usize>> {
        let values = array(value, at)?;
        let weighted = values.iter().filter(|value| value.get("weight").is_some()).count();
        let places: Vec<Option<usize>> =
            values.iter().enumerate().map(|(index, value)| self.node(value, parent, depth, &mut at.index(index))).collect();
        if weighted > 0 && weighted < values.len() {
            at.error(
                "mixed-weights",
                "Các nút cùng cấp phải cùng có hoặc cùng không có trọng số",
                "Siblings must either all have a weight or none",
            );
        }
        let places: Vec<usize> = places.into_iter().collect::<Option<_>>()?;
        let optional = parent.and_then(|place| self.nodes.get(place)).is_none_or(|node| node.group);
        if places.is_empty() && !optional {
            at.error(
                "empty-tree",
                "Phải có ít nhất một nút; chỉ nhóm có “group” mới được để trống",
                "There must be at least one node; only a “group” may be empty",
            );
        }
        if !places.is_empty() && places.iter().all(|place| self.nodes.get(*place).is_some_and(|node| node.weight == 0.0)) {
            at.error("all-weights-zero", "Tất cả trọng số đều bằng 0", "All weights are zero");
        }
        Some(places)
    }
}

fn rescale(value: &Value, at: &mut At<'_>) -> Option<Rescale> {
    let mut object = Object::open(value, at)?;
    let factor = or(&mut object, "factor", 1.0, at, real);
    let offset = or(&mut object, "offset", 0.0, at, real);
    object.close(at);
    Some(Rescale { factor: factor?, offset: offset? })
}

fn indicator(value: &Value, at: &mut At<'_>) -> Option<Indicator> {
    const EVIDENCE: [Evidence; 3] = [Evidence::Survey, Evidence::Published, Evidence::Appraised];
    let mut object = Object::open(value, at)?;
    let direction = or(&mut object, "direction", 0, at, |value, at| at.one_of(value, &["higher", "lower"]));
    let unit = object.read("unit", at, string).map(str::to_owned);
    let source = object.read("source", at, string).map(str::to_owned);
    let evidence = object.read("evidence", at, |value, at| at.one_of(value, &["survey", "published", "appraised"]));
    let denominator = object.read("denominator", at, item_code).map(str::to_owned);
    let per = or(&mut object, "per", 1.0, at, positive);
    let goalposts = object.read("goalposts", at, goalposts);
    let target = object.read("target", at, real);
    let normalise = object.read("normalise", at, |value, at| {
        let mut object = Object::open(value, at)?;
        let normaliser = normaliser(&mut object, at);
        object.close(at);
        normaliser
    });
    let survey = object.read("survey", at, survey);
    object.close(at);
    Some(Indicator {
        direction: [Direction::Higher, Direction::Lower][direction?],
        unit,
        source,
        evidence: evidence.map(|place| EVIDENCE[place]),
        denominator,
        per: per?,
        goalposts: goalposts.unwrap_or_default(),
        target,
        normalise,
        survey,
    })
}

fn goalposts(value: &Value, at: &mut At<'_>) -> Option<Goalposts> {
    let mut object = Object::open(value, at)?;
    let (low, high) = (object.read("low", at, real), object.read("high", at, real));
    let since = object.read("since", at, string).map(str::to_owned);
    object.close(at);
    if let (Some(low), Some(high)) = (low, high)
        && low >= high
    {
        at.error("min-over-max", "“low” phải nhỏ hơn “high”", "“low” must be below “high”");
    }
    Some(Goalposts { low, high, since })
}

fn survey(value: &Value, at: &mut At<'_>) -> Option<SurveyLeaf> {
    let mut object = Object::open(value, at)?;
    let index = object.need("index", at, document_code);
    let node = object.need("node", at, item_code);
    let wave = object.read("wave", at, string).map(str::to_owned);
    let level = object.read("level", at, |value, at| at.one_of(value, &SurveyLeaf::LEVELS));
    object.close(at);
    let level = level.and_then(|place| SurveyLeaf::LEVELS.get(place)).map(|level| (*level).to_owned());
    Some(SurveyLeaf { index: index?.to_owned(), node: node?.to_owned(), wave, level })
}
