//! How commands end: the statuses that the page of the command line promises, and a reader who has seen enough.

use std::fs::OpenOptions;
use std::process::{Output, Stdio};

use super::command_line::import;
use super::process::{hailong, run};
use super::{file, read};

/// The status of a command and what it said about the work.
fn ended(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn behind_a_reader_who_has_seen_enough_a_command_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), &file(super::command_line::HOUSING));
    let cases = file("tests/golden/survey/01_linearization.json");
    let compute = ["run", "--index", "housing", "--index-version", "1978.1", "--wave", "housing"];
    for arguments in [vec!["estimate", cases.to_str().unwrap()], compute.to_vec(), [&compute[..], &["--json"]].concat()] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = hailong(folder.path()).args(&arguments).env("HAILONG_LOG", "warn").stdout(writer).output().unwrap();
        assert_eq!(ended(&output), (Some(0), String::new()), "{arguments:?}");
    }
    let listed = run(folder.path(), &["runs"]);
    assert_eq!(listed.lines().count(), 2, "what was computed is stored before it is printed: {listed}");
}

#[test]
fn commands_end_with_the_statuses_that_their_page_promises() {
    let folder = tempfile::tempdir().unwrap();
    let page = read("docs/command-line.md");
    let (_, table) = page.split_once("| status | when |").unwrap();
    let promised: Vec<i32> = table.lines().skip(2).map_while(|line| line.split('|').nth(1)?.trim().parse().ok()).collect();
    let questionnaire = file("survey-schemas/housing/1978.1.json");
    let broken = folder.path().join("broken.json");
    std::fs::write(&broken, "{\"schema\":").unwrap();
    let (good, broken) = (questionnaire.to_str().unwrap(), broken.to_str().unwrap());
    // Nothing listens on the port 1 of this machine.
    let away = ["runs", "--database", "postgres://nobody@127.0.0.1:1/none"];
    let typed: [(&[&str], i32, &str); 7] = [
        (&["check", good], 0, ""),
        (&["check", broken], 1, "1 error"),
        (&["estimate", "no-such-file.json"], 1, "no-such-file.json"),
        (&["conquer"], 2, "conquer"),
        (&["runs", "--state", "asleep"], 2, "published"),
        (&["runs", "--limit", "0"], 2, "--limit"),
        (&away, 3, "hailong: "),
    ];
    for (arguments, status, said) in typed {
        let output = hailong(folder.path()).args(arguments).stdout(Stdio::null()).output().unwrap();
        let (code, told) = ended(&output);
        assert!(code == Some(status) && told.contains(said), "{arguments:?}: {code:?} {told}");
    }
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = hailong(folder.path()).args(["--vi", "check", good]).stdout(full).output().unwrap();
    let (code, told) = ended(&output);
    assert!(code == Some(3) && told.contains("không in được kết quả: ổ đĩa hết chỗ"), "{code:?} {told}");
    assert_eq!(promised, [0, 1, 2, 3]);
}
