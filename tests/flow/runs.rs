//! Runs by hand: what the command line refuses as HTTP does, two people on the way to publication, a run that is interrupted.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use hailong::store::jobs::{self, JobState};
use hailong::store::runs::RunState;
use hailong::store::{Store, StoreOptions, audit, runs};
use serde_json::Value;

use super::file;
use super::process::{hailong, run};

const OF: [&str; 4] = ["--index", "example", "--index-version", "2025"];

/// Publishes the example and loads its table, which is number 1.
fn example(data: &Path) {
    let name = |path: &str| file(path).display().to_string();
    run(data, &["define", &name("survey-schemas/indices/example/2025.json")]);
    run(data, &[&["table", "load"], &OF[..], &[&name("survey-schemas/indices/example/indicators.csv")]].concat());
}

/// Publishes a survey of householders and imports what they said, with its index.
fn housing(data: &Path) {
    let name = |path: &str| file(path).display().to_string();
    let (questionnaire, csv) = (name("survey-schemas/housing/1978.1.json"), name("tests/golden/survey/data/housing.csv"));
    let import =
        ["import", &csv, "--questionnaire", &questionnaire, "--wave", "housing", "--unit-list", "housing", "--unit-column", "agency"];
    run(data, &[&import[..], &["--id-column", "resp_id", "--new-unit-list", "--simple-random-sample"]].concat());
    run(data, &["define", &name("survey-schemas/housing/index-1978.1.json")]);
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A command that must fail, done by the operator or by the holder of a key: what it said.
#[track_caller]
fn refused(data: &Path, key: Option<&str>, arguments: &[&str]) -> String {
    let output = by(data, key).args(arguments).output().unwrap();
    assert!(!output.status.success(), "hailong {arguments:?} went through: {}", said(&output));
    said(&output)
}

/// A command that must succeed.
#[track_caller]
fn done(data: &Path, key: Option<&str>, arguments: &[&str]) -> String {
    let output = by(data, key).args(arguments).output().unwrap();
    assert!(output.status.success(), "hailong {arguments:?}: {}", said(&output));
    said(&output)
}

fn by(data: &Path, key: Option<&str>) -> Command {
    let mut command = hailong(data);
    command.env_remove("HAILONG_KEY");
    if let Some(key) = key {
        command.env("HAILONG_KEY", key);
    }
    command
}

fn key(data: &Path, role: &str) -> String {
    run(data, &["key", "create", "--name", role, "--role", role]).trim().to_owned()
}

fn store(data: &Path) -> Store {
    let url = data.join("hailong.sqlite").display().to_string();
    Store::open(&StoreOptions { url, readers: 1 }).unwrap()
}

fn actions(data: &Path) -> Vec<(String, String, String)> {
    let lines = audit::list(&mut store(data).db().unwrap(), &audit::Filter::default(), 100).unwrap();
    lines.into_iter().rev().map(|line| (line.action, line.actor, line.role)).collect()
}

fn compute(data: &Path, more: &[&str]) -> String {
    let printed = run(data, &[&["run"], &OF[..], &["--table", "1", "--json"], more].concat());
    serde_json::from_str::<Value>(&printed).unwrap()["run"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_takes_two_people_from_the_command_line_too_and_each_step_is_in_the_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    example(data);
    let id = compute(data, &[]);
    assert!(run(data, &["runs"]).contains(&format!("{id}  draft")));
    assert!(refused(data, None, &["publish", &id]).contains("approved"), "a draft is not published");
    assert!(done(data, None, &["submit", &id]).contains("submitted"));

    // Another account of this machine is the same person, whatever it calls itself.
    let output = by(data, None).env("USER", "minh").args(["approve", &id]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("second person"), "{}", said(&output));
    assert!(refused(data, None, &["--vi", "approve", &id]).contains("người thứ hai"));
    assert!(refused(data, Some("hl_unknown"), &["approve", &id]).contains("HAILONG_KEY"));
    let (statistician, publisher) = (key(data, "statistician"), key(data, "publisher"));
    assert!(refused(data, Some(&statistician), &["approve", &id]).contains("role"));
    assert!(done(data, Some(&publisher), &["approve", &id]).contains("approved"));

    let shown = refused(data, Some(&publisher), &["publish", &id]);
    assert!(shown.contains("example@2025.1") && shown.contains("--edition example@2025.1"), "{shown}");
    let other = refused(data, Some(&publisher), &["publish", &id, "--edition", "example@2025.2"]);
    assert!(other.contains("other-edition") && other.contains("example@2025.1"), "{other}");
    assert!(run(data, &["runs", "--state", "approved"]).contains(&id), "nothing was published by that");
    assert!(done(data, Some(&publisher), &["publish", &id, "--edition", "example@2025.1"]).contains("published · edition example@2025.1"));
    assert!(done(data, Some(&publisher), &["withdraw", &id, "--reason", "a wrong weight"]).contains("withdrawn"));

    let steps: Vec<_> = actions(data).into_iter().filter(|(action, ..)| action.starts_with("run.")).collect();
    let names: Vec<&str> = steps.iter().map(|(action, ..)| action.as_str()).collect();
    assert_eq!(names, ["run.create", "run.submit", "run.approve", "run.publish", "run.withdraw"]);
    assert!(steps[0].1.starts_with("cli:") && steps[0].2 == "operator", "{steps:?}");
    assert!(steps[2].1.starts_with("publisher#") && steps[2].2 == "publisher", "{steps:?}");
}

#[test]
fn a_run_to_compare_with_must_be_a_finished_one_of_the_same_index() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    housing(data);
    example(data);
    let other = compute(data, &[]);
    let of_housing = ["run", "--index", "housing", "--index-version", "1978.1", "--wave", "housing", "--since"];
    let since = |id: &str| refused(data, None, &[&of_housing[..], &[id]].concat());
    assert!(since(&other).contains("--since: That run is of another index (other-index)"), "{}", since(&other));
    assert!(since("018f0000-0000-7000-8000-000000000000").contains("(run-unknown)"));
    assert!(since("last year").contains("--since"));
    let db = store(data);
    let printed = run(data, &["run", "--index", "housing", "--index-version", "1978.1", "--wave", "housing", "--json"]);
    let id = serde_json::from_str::<Value>(&printed).unwrap()["run"].as_str().unwrap().to_owned();
    db.write(|db| {
        let of = runs::get(db, id.parse().unwrap())?;
        let id = uuid::Uuid::now_v7();
        let new = runs::NewRun {
            id,
            index_version_id: of.index_version_id,
            wave_id: of.wave_id,
            preview: false,
            as_of: None,
            parameters: "{}".into(),
            seed: 1,
            threads: None,
            since: None,
            created_by: "test".into(),
            created_at: 1,
        };
        let job = jobs::NewJob { id, kind: "run".into(), payload: "{}".into(), created_at: 1 };
        runs::create(db, &new, &job).map(drop)
    })
    .unwrap();
    let unfinished = runs::list(&mut db.db().unwrap(), &runs::Filter { state: Some(RunState::Queued), ..Default::default() }, 1).unwrap();
    assert!(since(&unfinished[0].id.to_string()).contains("(run-unfinished)"));
    let wave = ["run", "--index", "housing", "--index-version", "1978.1", "--wave", "none", "--vi"];
    assert!(refused(data, None, &wave).contains("không có đợt none"));
    let made = runs::list(&mut db.db().unwrap(), &runs::Filter::default(), 100).unwrap();
    assert_eq!(made.len(), 3, "what is refused leaves no run behind");
}

#[test]
fn a_run_that_is_interrupted_is_called_off() {
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        example(data);
        let factors = file("docs/examples/sensitivity/factors.json").display().to_string();
        let slow = ["--table", "1", "--method", "replicates", "--replicates", "100000", "--factors", &factors];
        let mut command = by(data, None);
        command.arg("run").args(OF).args(slow).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let db = store(data);
        let running = || runs::list(&mut db.db().unwrap(), &runs::Filter::default(), 1).unwrap().into_iter().next();
        let started = (0..1200).find_map(|_| {
            thread::sleep(Duration::from_millis(25));
            running().filter(|run| run.state == RunState::Running)
        });
        let id = started.expect("the run started").id;
        thread::sleep(Duration::from_millis(100)); // the process listens for signals once it has taken the run
        assert!(child.try_wait().unwrap().is_none(), "the run is too fast to be interrupted");
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        assert!(said(&output).contains("is cancelled"), "{}", said(&output));
        assert_eq!(running().unwrap().state, RunState::Cancelled);
        assert_eq!(jobs::get(&mut db.db().unwrap(), id).unwrap().state, JobState::Cancelled);
        assert!(actions(data).iter().any(|(action, ..)| action == "run.cancel"));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    housing(folder.path());
    let mut child = by(folder.path(), None)
        .args(["run", "--index", "housing", "--index-version", "1978.1", "--wave", "housing", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
}
