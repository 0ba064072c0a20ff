//! Definition file → [`CompositeDefinition`], or everything that is wrong with it.

use serde_json::Value;

use super::definition::{CompositeDefinition, Gap, Publication, RankRule, Ties};
use super::fit::parts_fit;
use super::node_file::{TreeReader, gap};
use super::rules_file::{publication, rank, targets};
use super::stage_file::{or, pipeline};
use crate::schema::decode::{At, Object, list, names, skip_meta_schema, string};
use crate::schema::rules::{document_code, item_code};
use crate::schema::text::Text;

/// Reads a definition; findings go to `at`, and nothing is returned where an essential part is missing.
pub(in crate::schema) fn read(value: &Value, at: &mut At<'_>) -> Option<CompositeDefinition> {
    let mut object = Object::open(value, at)?;
    skip_meta_schema(&mut object, at);
    object.need("kind", at, |value, at| at.one_of(value, &["composite"]));
    let code = object.need("code", at, document_code);
    let edition = object.need("edition", at, string);
    let title = object.need("title", at, Text::read);
    let note = object.read("note", at, Text::read);
    let geography = object.read("geography", at, super::geography::geography);
    let attributes = object.read("attributes", at, names).unwrap_or_default();
    let denominators = object.read("denominators", at, columns).unwrap_or_default();
    let gap = or(&mut object, "missing", Gap::Renormalise, at, gap);
    let pipeline = object.need("pipeline", at, pipeline);
    let rank = or(&mut object, "rank", RankRule { ties: Ties::Competition }, at, rank);
    let publication = or(&mut object, "publication", Publication::default(), at, publication);
    let targets = object.read("targets", at, targets).unwrap_or_default();
    let nodes = object.need("tree", at, |value, at| TreeReader::default().read(value, at));
    object.close(at);

    let definition = CompositeDefinition {
        code: code?.to_owned(),
        edition: edition?.to_owned(),
        title: title?,
        note,
        geography,
        attributes,
        denominators,
        gap: gap?,
        pipeline: pipeline?,
        rank: rank?,
        publication: publication?,
        targets,
        nodes: nodes?,
    };
    parts_fit(&definition, at);
    Some(definition)
}

/// Names of numeric columns.
fn columns(value: &Value, at: &mut At<'_>) -> Option<Vec<String>> {
    list(value, at, |value, at| item_code(value, at).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::sample::{composite, definition};
    use super::super::{Aggregator, CompositeNode, Direction, Evidence, Gap, Reverse, Stage, Ties, parse_composite};
    use crate::schema::{self, Document};

    /// Pointers and codes of the errors after a change.
    fn refused(change: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
        let mut value = composite();
        change(&mut value);
        let found = parse_composite(&value.to_string()).err().unwrap_or_default();
        found.into_iter().filter(crate::words::Finding::is_error).map(|finding| (finding.pointer, finding.code.into_owned())).collect()
    }

    fn expected(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
    }

    #[test]
    fn a_right_definition_is_read_whole() {
        let read = definition(&composite());
        let codes: Vec<&str> = read.nodes().iter().map(CompositeNode::code).collect();
        assert_eq!(codes, ["ALL", "COST", "days", "shops", "PLAN", "SOFT", "trust", "HARD"]);
        assert_eq!(read.nodes()[0].children(), [1, 4]);
        assert_eq!((read.nodes()[6].parent(), read.nodes()[6].depth()), (Some(5), 3));
        assert_eq!(read.nodes()[2].indicator().unwrap().direction, Direction::Lower);
        assert!(read.nodes()[7].group() && read.nodes()[7].children().is_empty());
        assert_eq!(read.nodes()[0].rescale().map(|rescale| (rescale.factor, rescale.offset)), Some((10.0, 0.0)));
        assert_eq!((read.gap(), read.rank().ties), (Gap::Renormalise, Ties::Competition));
        let Stage::Normalise(normaliser) = &read.pipeline()[3] else { panic!("the fourth stage normalises") };
        assert_eq!(normaliser.reverse, Reverse::Reflect);
    }

    #[test]
    fn fewer_than_five_answers_are_never_enough_and_ten_are_asked_for_if_nothing_is_said() {
        let mut value = composite();
        value.as_object_mut().unwrap().remove("publication");
        let read = definition(&value);
        assert_eq!((read.publication().min_n(), read.publication().decimals()), (10, 2));
        for (min_n, right) in [(4, false), (5, true)] {
            value["publication"] = json!({ "min_n": min_n });
            let found = parse_composite(&value.to_string()).map(|checked| checked.definition.publication().min_n());
            let told = found.map_err(|findings| findings.into_iter().map(|f| (f.pointer, f.code.into_owned())).collect::<Vec<_>>());
            let refused = Err(vec![("/publication/min_n".to_owned(), "out-of-range".to_owned())]);
            assert_eq!(told, if right { Ok(min_n) } else { refused });
        }
    }

    #[test]
    fn rare_members_are_read_too() {
        let mut value = composite();
        value["rank"] = json!({"ties": "dense"});
        value["publication"] = json!({"min_n": 15, "top": 30, "decimals": 2, "tiers": {"kind": "quantiles", "from": [0.5],
            "labels": [{"vi": "Cao", "en": "High"}, {"vi": "Thấp", "en": "Low"}]}});
        value["targets"] = json!([{"unit": "48", "kind": "rank_gain", "value": 5, "source": "Kế hoạch 2025"},
            {"unit": "48", "node": "COST", "kind": "score", "value": 69.5}]);
        value["tree"]["children"][0]["children"][0]["indicator"] = json!({"evidence": "appraised",
            "normalise": {"method": "steps", "steps": [{"from": 0, "score": 0}, {"from": 0.5, "score": 1}]}});
        value["tree"]["children"][0]["aggregate"] = json!({"method": "generalised", "power": 0.5});
        value["tree"]["children"][0]["missing"] = json!("missing");
        let read = definition(&value);
        assert_eq!((read.rank().ties, read.publication().min_n, read.targets().len()), (Ties::Dense, Some(15), 2));
        assert_eq!(read.nodes()[2].indicator().unwrap().evidence, Some(Evidence::Appraised));
        assert_eq!(read.nodes()[1].aggregate(), Some(Aggregator::Generalised { power: 0.5 }));
        assert_eq!(read.nodes()[1].gap(), Some(Gap::Missing));
    }

    #[test]
    fn every_finding_of_the_pipeline_comes_at_once() {
        let found = refused(|value| {
            value["pipeline"] = json!([
                {"stage": "aggregate", "method": "arithmetic", "threshold": 2},
                {"stage": "normalise", "method": "z_score", "sd": 0},
                {"stage": "treat", "kurtosis": "high"},
                {"stage": "smooth"},
                {"stage": "weight", "method": "budget", "experts": []}
            ]);
        });
        let expect = [
            ("/pipeline/0/threshold", "out-of-range"),
            ("/pipeline/1/sd", "out-of-range"),
            ("/pipeline/2/kurtosis", "wrong-type"),
            ("/pipeline/3/stage", "unknown-value"),
            ("/pipeline/4/experts", "empty"),
        ];
        assert_eq!(found, expected(&expect));
    }

    #[test]
    fn stages_stand_in_an_order_that_makes_sense() {
        let order = |stages: Value| refused(|value| value["pipeline"] = stages);
        let (scale, sum) = (json!({"stage": "normalise", "method": "min_max"}), json!({"stage": "aggregate", "method": "sum"}));
        let expect = [("/pipeline", "aggregate-not-last"), ("/pipeline", "one-normalise")];
        assert_eq!(order(json!([])), expected(&expect));
        let found = order(json!([{"stage": "weight", "method": "equal"}, scale, {"stage": "denominate"}, sum]));
        assert_eq!(found, expected(&[("/pipeline/0", "stage-out-of-order"), ("/pipeline/2", "stage-out-of-order")]));
        let reflect = json!({"stage": "normalise", "method": "rank", "reverse": "reflect"});
        assert_eq!(order(json!([reflect, sum])), expected(&[("/pipeline/0", "reflect-needs-scale")]));
    }

    #[test]
    fn every_finding_of_the_tree_comes_at_once() {
        let found = refused(|value| {
            let tree = &mut value["tree"];
            tree["weight"] = json!(1);
            tree["children"][0]["children"][0]["indicator"]["direction"] = json!("down");
            tree["children"][0]["children"][1]["code"] = json!("days");
            tree["children"][1]["weight"] = json!(-1);
            tree["children"][1]["children"][0]["children"][0]["indicator"]["goalposts"]["low"] = json!(1);
            tree["children"][1]["children"][1]["group"] = json!(false);
        });
        let expect = [
            ("/tree/weight", "root-with-weight"),
            ("/tree/children/0/children/0/indicator/direction", "unknown-value"),
            ("/tree/children/0/children/1/code", "duplicate-code"),
            ("/tree/children/1/weight", "negative-weight"),
            ("/tree/children/1/children/0/children/0/indicator/goalposts", "min-over-max"),
            ("/tree/children/1/children/1/children", "empty-tree"),
        ];
        let sorted = |mut list: Vec<(String, String)>| {
            list.sort();
            list
        };
        assert_eq!(sorted(found), sorted(expected(&expect)));
    }

    #[test]
    fn what_is_named_must_be_there() {
        let found = refused(|value| {
            value["pipeline"][1]["group"] = json!("area");
            value["pipeline"][2]["skip"] = json!(["ghost"]);
            value["attributes"] = json!(["region", "trust"]);
            value["targets"] = json!([{"unit": "1", "node": "ghost", "kind": "rank", "value": 1}]);
            value["tree"]["children"][0]["children"][1]["indicator"]["denominator"] = json!("gdp");
            value["tree"]["children"][0]["children"][0]["indicator"]["normalise"] = json!({"method": "points"});
            value["tree"]["children"][1]["children"][0]["children"][0]["indicator"]["normalise"] = json!({"method": "distance_to_target"});
        });
        let expect = [
            ("/pipeline/1/group", "unknown-attribute"),
            ("/pipeline/2/skip/0", "unknown-node"),
            ("/targets/0/node", "unknown-node"),
            ("/tree/children/0/children/0", "maximum-needed"),
            ("/tree/children/0/children/1/indicator/denominator", "unknown-denominator"),
            ("/tree/children/1/children/0/children/0/code", "column-used-twice"),
            ("/tree/children/1/children/0/children/0/indicator", "target-needed"),
        ];
        assert_eq!(found, expected(&expect));
    }

    #[test]
    fn a_fraction_of_the_greatest_value_is_for_indicators_of_which_more_is_better() {
        let fraction = json!({"stage": "normalise", "method": "fraction_of_maximum"});
        let found = refused(|value| value["pipeline"][3] = fraction);
        assert_eq!(found, expected(&[("/tree/children/0/children/0/indicator/direction", "no-reverse")]), "days are turned, shops are not");
        let own = json!({"method": "fraction_of_maximum"});
        let found = refused(|value| value["tree"]["children"][0]["children"][0]["indicator"]["normalise"] = own);
        assert_eq!(found, expected(&[("/tree/children/0/children/0/indicator/direction", "no-reverse")]));
    }

    #[test]
    fn weights_that_cannot_be_summed_are_refused() {
        let found = refused(|value| {
            for child in [0, 1] {
                value["tree"]["children"][child]["weight"] = json!(1e308);
            }
        });
        assert_eq!(found, expected(&[("/tree/children", "weights-too-large")]));
    }

    #[test]
    fn the_first_edition_that_counts_is_a_year_where_editions_are() {
        let since = |edition: &'static str, since: &'static str| {
            refused(|value| {
                value["edition"] = json!(edition);
                value["pipeline"][3]["since"] = json!(since);
                value["tree"]["children"][1]["children"][0]["children"][0]["indicator"]["goalposts"]["since"] = json!(since);
            })
        };
        let expect = [
            ("/pipeline/3/since", "since-no-edition"),
            ("/tree/children/1/children/0/children/0/indicator/goalposts/since", "since-no-edition"),
        ];
        assert_eq!(since("2024", "abc"), expected(&expect));
        assert_eq!([since("2024", "2020"), since("2024-I", "2023-II")], [vec![], vec![]]);
    }

    #[test]
    fn an_expert_speaks_of_all_children_of_a_node_or_of_none() {
        let budget = |experts: Value| {
            refused(|value| {
                let stages = value["pipeline"].as_array_mut().unwrap();
                stages.insert(4, json!({"stage": "weight", "method": "budget", "experts": experts}));
            })
        };
        let found = budget(json!([{"COST": 60, "PLAN": 40}, {"COST": 100}, {"COST": 1e308, "PLAN": 1e308}]));
        let expect = [("/pipeline/4/experts/1", "child-left-out"), ("/pipeline/4/experts/2", "weights-too-large")];
        assert_eq!(found, expected(&expect));
        assert_eq!(budget(json!([{"COST": 100, "PLAN": 0}])), []);
    }

    #[test]
    fn a_screen_without_a_threshold_takes_nobody_out() {
        let warned = |screen: Value| {
            let mut value = composite();
            value["pipeline"].as_array_mut().unwrap().insert(0, screen);
            parse_composite(&value.to_string()).unwrap().warnings.into_iter().map(|finding| finding.code.into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(warned(json!({"stage": "screen", "keep": ["01"]})), ["nothing-screened"]);
        assert_eq!(warned(json!({"stage": "screen", "keep": ["01"], "available": 0.5})), Vec::<String>::new());
    }

    #[test]
    fn a_gain_is_no_loss() {
        let found = refused(|value| value["targets"] = json!([{"unit": "48", "kind": "score_gain", "value": -3}]));
        assert_eq!(found, expected(&[("/targets/0/value", "negative-gain")]));
    }

    #[test]
    fn a_stage_is_written_as_it_is_read() {
        let mut value = composite();
        value["pipeline"] = json!([
            {"stage": "screen", "available": 0.5, "non_zero": 0.1, "keep": ["a"], "drop": ["b"]},
            {"stage": "denominate"},
            {"stage": "impute", "method": "em", "iterations": 50, "tolerance": 0.001},
            {"stage": "impute", "method": "latest"},
            {"stage": "impute", "method": "linear"},
            {"stage": "impute", "method": "centre", "of": "median"},
            {"stage": "treat", "skewness": 2.0, "kurtosis": 3.5, "winsorise": 5, "combine": true,
                "then": {"transform": "box_cox", "lambda": 0.5}, "skip": ["days"]},
            {"stage": "normalise", "method": "min_max", "scale": [1.0, 10.0], "truncate": true, "window": "expanding",
                "since": "2013", "reverse": "reflect"},
            {"stage": "weight", "method": "pca", "nodes": ["COST"], "loadings": "squared"},
            {"stage": "weight", "method": "correlation", "iterations": 10},
            {"stage": "weight", "method": "budget", "experts": [{"COST": 60.0, "PLAN": 40.0}]},
            {"stage": "aggregate", "method": "arithmetic", "threshold": 0.5,
                "by_depth": [{"depth": 0, "method": "generalised", "power": -1.0}]}
        ]);
        let written: Value = definition(&value).pipeline().iter().map(|stage| serde_json::to_value(stage).unwrap()).collect();
        assert_eq!(written, value["pipeline"]);
    }

    #[test]
    fn each_normalisation_is_written_as_it_is_read() {
        let methods = json!([
            {"method": "as_given"}, {"method": "rank"}, {"method": "percentile_rank"}, {"method": "borda"},
            {"method": "distance_to_maximum"}, {"method": "fraction_of_maximum"}, {"method": "z_score", "mean": 100.0, "sd": 10.0},
            {"method": "distance_to_reference", "unit": "48", "cap": true},
            {"method": "ratio_to_best", "scale": [0.0, 5.0]},
            {"method": "steps", "steps": [{"from": 0.0, "score": 1.0}]}
        ]);
        for method in methods.as_array().unwrap() {
            let mut stage = method.clone();
            (stage["stage"], stage["window"], stage["reverse"]) = (json!("normalise"), json!("annual"), json!("sign"));
            let mut value = composite();
            if stage["method"] == "fraction_of_maximum" {
                value["tree"]["children"][0]["children"][0]["indicator"]["direction"] = json!("higher");
            }
            value["pipeline"] = json!([stage, {"stage": "aggregate", "method": "sum"}]);
            assert_eq!(serde_json::to_value(&definition(&value).pipeline()[0]).unwrap(), stage);
        }
    }

    #[test]
    fn the_kind_tells_a_composite_from_other_definitions() {
        let is_composite = |text: &str| schema::parse(text).is_ok_and(|checked| matches!(checked.document, Document::Composite(_)));
        assert!(is_composite(&composite().to_string()) && !is_composite("{}") && !is_composite("no JSON"));
        assert_eq!(refused(|value| value["kind"] = json!("index")), expected(&[("/kind", "unknown-value")]));
    }
}
