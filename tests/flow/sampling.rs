//! Samples as a statistician plans and draws them at the command line.

use std::path::Path;

use serde_json::Value;

use super::process::{hailong, run};
use super::{file, read};

const FRAME: &str = "docs/examples/sampling/frame.csv";

fn path(name: &str) -> String {
    file(name).display().to_string()
}

fn draw(frame: &str, plan: &str, seed: &str, out: &Path) -> String {
    let (plan, out) = (path(plan), out.display().to_string());
    run(out.as_ref(), &["sample", "draw", "--frame", frame, "--plan", &plan, "--seed", seed, "--out", &out])
}

#[test]
fn a_plan_says_what_a_sample_would_give() {
    let folder = tempfile::tempdir().unwrap();
    let frame = path(FRAME);
    let common =
        ["sample", "plan", "--frame", &frame, "--size", "adults", "--share", "84", "--deff", "2", "--response", "95", "--half-width", "3"];
    let table = run(folder.path(), &[&common[..], &["--total", "1500", "--rule", "power:0.5"]].concat());
    assert!(table.contains("Stratum ") && table.contains("101015"), "{table}");

    let printed = run(folder.path(), &[&common[..], &["--total", "1500", "--change", "3", "--json"]].concat());
    let json: Value = serde_json::from_str(&printed).unwrap();
    let answers: u64 = json["strata"].as_array().unwrap().iter().map(|line| line["answers"].as_u64().unwrap()).sum();
    assert_eq!((answers, json["total"]["answers"].as_u64()), (1500, Some(1500)));
    assert!((json["strata"][0]["half_width"].as_f64().unwrap() - 3.9).abs() < 0.1, "{json}");
    assert!(json["change"]["answers_a_year"].as_u64().unwrap() > 2_000, "{json}");

    let wanted: Value = serde_json::from_str(&run(folder.path(), &[&common[..], &["--json"]].concat())).unwrap();
    for line in wanted["strata"].as_array().unwrap() {
        assert_eq!(line["answers"], line["needed"]);
        assert!((2.9..=3.0).contains(&line["half_width"].as_f64().unwrap()), "{line}");
    }
}

#[test]
fn a_draw_repeats_to_the_byte_and_its_design_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let plan = "docs/examples/sampling/papi.json";
    let said = draw(&path(FRAME), plan, "2024", &folder.path().join("first"));
    assert!(said.contains("1200 in the sample, 600 substitutes; weights add up to 101015.0 of 101015"), "{said}");

    // The same rows in another order, elsewhere: only the hash of the file differs.
    let mut lines: Vec<String> = read(FRAME).lines().skip(1).map(str::to_owned).collect();
    lines[1..].reverse();
    let shuffled = folder.path().join("shuffled.csv");
    std::fs::write(&shuffled, lines.join("\n")).unwrap();
    draw(&shuffled.display().to_string(), plan, "2024", &folder.path().join("second"));
    let result = |folder_name: &str, name: &str| std::fs::read_to_string(folder.path().join(folder_name).join(name)).unwrap();
    for name in ["sample.csv", "psus.csv", "respondents.csv", "fieldwork.csv"] {
        assert_eq!(result("first", name), result("second", name), "{name}");
    }
    let protocol: Value = serde_json::from_str(&result("first", "protocol.json")).unwrap();
    let sha256 = hailong::words::encode::hex(&digest(&read(FRAME)));
    assert_eq!((protocol["frame"]["sha256"].as_str(), protocol["seed"].as_str()), (Some(&*sha256), Some("2024")));
    assert!(result("first", "protocol.txt").contains(&sha256));

    let said = import(folder.path(), &result("first", "respondents.csv"));
    assert!(said.contains("40  stored") && !said.contains("invalid"), "{said}");
}

fn digest(text: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).into()
}

/// Answers of forty people of the sample, imported with the design that was drawn.
fn import(folder: &Path, respondents: &str) -> String {
    let answer = |(number, line): (usize, &str)| {
        let (person, psu) = line.rsplit_once(',').and_then(|(rest, _)| rest.split_once(',')).unwrap();
        format!("{number},A,{psu},{person},3,2,1\n")
    };
    let header = "id,agency,psu,person,satisfaction,influence,contact\n".to_owned();
    let csv = respondents.lines().skip(1).step_by(45).take(40).enumerate().map(answer).fold(header, |csv, line| csv + &line);
    let answers = folder.join("answers.csv");
    std::fs::write(&answers, csv).unwrap();
    let (answers, questionnaire) = (answers.display().to_string(), path("survey-schemas/housing/1978.1.json"));
    let (psus, people) = ["psus.csv", "respondents.csv"].map(|name| folder.join("first").join(name).display().to_string()).into();
    run(
        folder,
        &[
            "import",
            &answers,
            "--questionnaire",
            &questionnaire,
            "--wave",
            "drawn",
            "--unit-list",
            "made",
            "--new-unit-list",
            "--unit-column",
            "agency",
            "--psus",
            &psus,
            "--respondents",
            &people,
            "--psu-column",
            "psu",
            "--respondent-column",
            "person",
            "--id-column",
            "id",
        ],
    )
}

#[test]
fn what_is_wrong_with_a_frame_or_a_plan_is_said_at_its_line_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, out) = (path("docs/examples/sampling/papi.json"), folder.path().join("out"));
    let bad_frame = folder.path().join("frame.csv");
    std::fs::write(&bad_frame, read(FRAME).replacen(",133,267", ",133,many", 1).replacen("48,Đà Nẵng,small", "48,Đà Nẵng,tiny", 1))
        .unwrap();
    let bad_plan = folder.path().join("plan.json");
    std::fs::write(&bad_plan, std::fs::read_to_string(&plan).unwrap().replacen("\"size\": \"adults\",", "", 1)).unwrap();
    for (frame, plan, why) in [
        (bad_frame.display().to_string(), plan.clone(), vec!["line 3", "/3/adults", "\"many\" is no whole number", "value-contradicts"]),
        (path(FRAME), bad_plan.display().to_string(), vec!["/stages/0", "size-missing"]),
    ] {
        let arguments = ["sample", "draw", "--frame", &frame, "--plan", &plan, "--seed", "1", "--out"];
        let output = hailong(folder.path()).args(arguments).arg(&out).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && !out.exists());
        for part in why {
            assert!(said.contains(part), "{part} is missing: {said}");
        }
    }
    let vietnamese = ["--vi", "sample", "draw", "--frame", &bad_frame.display().to_string(), "--plan", &plan, "--seed", "1", "--out"];
    let output = hailong(folder.path()).args(vietnamese).arg(&out).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("dòng 3 /3/adults: \"many\" không phải là số nguyên") && !said.contains("is no whole"), "{said}");
    draw(&path(FRAME), "docs/examples/sampling/sipas.json", "1", &out);
    let again = ["sample", "draw", "--frame", &path(FRAME), "--plan", &plan, "--seed", "2", "--out"];
    let output = hailong(folder.path()).args(again).arg(&out).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("--force"), "an earlier draw is not overwritten");
}
