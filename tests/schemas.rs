//! The published JSON Schemas against every definition that is shipped, and against broken ones.

use std::path::PathBuf;

use boon::{Compiler, Schemas};
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("survey-schemas")
}

fn json(path: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Every definition, with the kind that it says it is.
fn definitions() -> Vec<(PathBuf, String, Value)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() || folder.ends_with("meta-schema") || folder.ends_with("indices") {
            continue;
        }
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "json") {
                let value = json(&file);
                found.push((file, value["kind"].as_str().unwrap().to_owned(), value));
            }
        }
    }
    found
}

/// Every definition of a composite index.
fn composites() -> Vec<(PathBuf, Value)> {
    let folders = std::fs::read_dir(root().join("indices")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    files.filter(|file| file.extension().is_some_and(|extension| extension == "json")).map(|file| (file.clone(), json(&file))).collect()
}

/// What the published schema of a kind says of a document; schemas find each other by their file names.
fn verdict(kind: &str, document: &Value) -> Result<(), String> {
    let address = |name: &str| format!("https://schemas.test/{name}");
    let mut compiler = Compiler::new();
    for file in std::fs::read_dir(root().join("meta-schema")).unwrap().map(|entry| entry.unwrap().path()) {
        compiler.add_resource(&address(file.file_name().unwrap().to_str().unwrap()), json(&file)).unwrap();
    }
    let mut schemas = Schemas::new();
    let compiled =
        compiler.compile(&address(&format!("{kind}.schema.json")), &mut schemas).unwrap_or_else(|error| panic!("{kind}: {error:#}"));
    schemas.validate(document, compiled).map_err(|error| format!("{error:#}"))
}

#[test]
fn every_shipped_definition_satisfies_its_published_schema() {
    let definitions = definitions();
    assert!(definitions.len() >= 11, "only {} definitions were found", definitions.len());
    for (file, kind, document) in definitions {
        verdict(&kind, &document).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    }
}

#[test]
fn the_published_schemas_refuse_what_the_checker_refuses() {
    type Break = fn(&mut Value);
    let questionnaire: [Break; 4] = [
        |q| q["version"] = "2024 beta".into(),
        |q| q["unknown"] = true.into(),
        |q| q["sections"][0]["items"][0]["kind"] = "slider".into(),
        |q| q["title"] = serde_json::json!({ "en": "no Vietnamese" }),
    ];
    let index: [Break; 4] = [
        |i| i["level"] = 95.into(),
        |i| i["min_n"] = 0.into(),
        |i| i["tree"] = serde_json::json!([]),
        |i| i["lonely_psu"] = "ignore".into(),
    ];
    let quality: [Break; 4] = [
        |q| q["rules"] = serde_json::json!({}),
        |q| q["rules"]["too_fast"]["seconds"] = 0.into(),
        |q| q["rules"]["burst"]["window"] = 60.into(),
        |q| q["rules"]["closed_hours"]["hours"]["monday"] = serde_json::json!(["08:00-17:00"]),
    ];
    for (file, kind, document) in definitions() {
        let (changes, check): (_, fn(&str) -> bool) = match kind.as_str() {
            "index" => (index, |text| hailong::schema::parse(text).is_ok()),
            "quality" => (quality, |text| hailong::response::quality::RuleSet::parse(text).is_ok()),
            _ => (questionnaire, |text| hailong::schema::parse(text).is_ok()),
        };
        for (number, change) in changes.iter().enumerate() {
            let mut broken = document.clone();
            change(&mut broken);
            assert!(verdict(&kind, &broken).is_err(), "{}: the schema accepts change {number}", file.display());
            assert!(!check(&broken.to_string()), "{}: the checker accepts change {number}", file.display());
        }
    }
}

#[test]
fn the_schema_of_composite_indices_agrees_with_the_checker() {
    type Break = fn(&mut Value);
    let breaks: [Break; 6] = [
        |c| c["edition"] = 2025.into(),
        |c| c["unknown"] = true.into(),
        |c| c["pipeline"][0]["method"] = "guess".into(),
        |c| c["pipeline"] = serde_json::json!([]),
        |c| c["tree"]["children"] = 1.into(),
        |c| c["tree"]["label"] = serde_json::json!({ "en": "no Vietnamese" }),
    ];
    let composites = composites();
    assert!(!composites.is_empty());
    for (file, document) in composites {
        verdict("composite", &document).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        for (number, change) in breaks.iter().enumerate() {
            let mut broken = document.clone();
            change(&mut broken);
            assert!(verdict("composite", &broken).is_err(), "{}: the schema accepts change {number}", file.display());
            let checked = hailong::schema::composite::parse_composite(&broken.to_string());
            assert!(checked.is_err(), "{}: the checker accepts change {number}", file.display());
        }
    }
}

/// The example of docs and its definition: what else may stand in a file of factors is held to the schema beside its reader.
#[test]
fn the_factors_that_are_shipped_satisfy_their_published_schema_and_the_checker() {
    use hailong::schema::composite::{parse_composite, parse_factors};
    type Break = fn(&mut Value);
    let definition = std::fs::read_to_string(root().join("indices/example/2025.json")).unwrap();
    let definition = parse_composite(&definition).unwrap().definition;
    let document = json(&root().join("../docs/examples/sensitivity/factors.json"));
    verdict("sensitivity", &document).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(parse_factors(&document.to_string(), &definition).unwrap().factors().len(), 5);
    let breaks: [Break; 4] = [
        |f| f["level"] = 90.into(),
        |f| f["factors"][1]["alternatives"][0]["method"] = "guess".into(),
        |f| f["factors"][3]["alternatives"] = serde_json::json!([null]),
        |f| f["factors"][4]["nodes"][2] = serde_json::json!([]),
    ];
    for (number, change) in breaks.iter().enumerate() {
        let mut broken = document.clone();
        change(&mut broken);
        assert!(verdict("sensitivity", &broken).is_err(), "the schema accepts change {number}");
        assert!(parse_factors(&broken.to_string(), &definition).is_err(), "the checker accepts change {number}");
    }
}
