//! The order of the modules, held by reading the `use crate::` lines.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules in the order of the data's flow, then the faces, which are siblings.
const FLOW: [&str; 18] = [
    "words",
    "table",
    "schema",
    "unit",
    "response",
    "numeric",
    "design",
    "frame",
    "scoring",
    "index",
    "composite",
    "publication",
    "store",
    "jobs",
    "office",
    "formats",
    "http",
    "api",
];
const CORE: usize = 12;

pub(crate) fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every `crate::name` that a file mentions outside comments, with its line.
fn names(text: &str) -> Vec<(usize, String)> {
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.flat_map(|(number, line)| {
        line.split("crate::")
            .skip(1)
            .map(move |rest| (number + 1, rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()))
    })
    .collect()
}

#[test]
fn a_stage_names_only_stages_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (place, module) in FLOW.iter().enumerate() {
        let mut files = Vec::new();
        rust_files(&src.join(module), &mut files);
        for file in files {
            for (line, name) in names(&fs::read_to_string(&file).unwrap()) {
                let allowed = FLOW.iter().position(|m| *m == name).map(|other| other <= place);
                seen += 1;
                if allowed == Some(false) || name == "cli" || name == "pages" {
                    wrong.push(format!("{}:{line} names crate::{name}", file.display()));
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} lines were read: the test looks in the wrong place");
    assert!(wrong.is_empty(), "a stage may name only the stages above it:\n{}", wrong.join("\n"));
}

#[test]
fn the_core_does_no_io_reads_no_clock_and_draws_nothing() {
    const FORBIDDEN: [&str; 12] = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "SystemTime",
        "Instant::now",
        "Utc::now",
        "Local::now",
        "getrandom",
        "new_v4",
        "now_v7",
        "println!",
    ];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for module in &FLOW[..CORE] {
        let mut files = Vec::new();
        rust_files(&src.join(module), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            if file.file_name().is_some_and(|name| name == "golden.rs") {
                continue; // a test module of its own file
            }
            for word in FORBIDDEN.iter().filter(|word| code.contains(**word)) {
                wrong.push(format!("{} mentions {word}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_has_outgrown_its_purpose() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches"].map(|folder| root.join(folder)) {
        rust_files(&folder, &mut files);
    }
    let long: Vec<String> = files
        .iter()
        .map(|file| (file, fs::read_to_string(file).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .map(|(file, lines)| format!("{} has {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn no_figure_reaches_http_but_through_the_office() {
    const FORBIDDEN: [&str; 6] =
        ["store::scores", "store::changes", "store::composites", "composite::prepare", "composite::Prepared", "disclosure::Release"];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for face in ["api", "pages", "formats", "http"] {
        let mut files = Vec::new();
        rust_files(&src.join(face), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            seen += usize::from(text.contains("office::figures"));
            wrong.extend(FORBIDDEN.iter().filter(|word| text.contains(**word)).map(|word| format!("{} mentions {word}", file.display())));
        }
    }
    assert!(seen >= 5, "only {seen} files take figures from the office: the test looks in the wrong place");
    assert!(wrong.is_empty(), "figures leave by `office::figures` alone:\n{}", wrong.join("\n"));
}

#[test]
fn no_face_writes_through_the_store() {
    // Every change happens in a transaction: the store's `write`, which is the office's to call.
    const WRITES: [&str; 5] = ["state.write(", "store.write(", ".write(|db|", ".write(move |db|", "audit::append("];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for face in ["api", "pages", "cli"] {
        rust_files(&src.join(face), &mut files);
    }
    let writes = |file: &PathBuf| {
        let text: String = fs::read_to_string(file).unwrap().split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".");
        WRITES.iter().any(|word| text.contains(word)).then(|| file.strip_prefix(&src).unwrap().display().to_string())
    };
    let found: Vec<String> = files.iter().filter_map(writes).collect();
    assert!(found.is_empty(), "a face calls the office, which writes: {found:?}");
}

#[test]
fn faces_do_not_know_each_other() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (face, others) in [
        ("http", &["api", "pages", "cli"][..]),
        ("api", &["pages", "cli"]),
        ("pages", &["api", "cli"]),
        ("cli", &["api", "pages"]),
        ("formats", &["http", "api", "pages", "cli"]),
        ("office", &["formats", "http", "api", "pages", "cli"]),
    ] {
        let mut files = Vec::new();
        rust_files(&src.join(face), &mut files);
        // Whoever starts the server says which faces it shows.
        for file in files.iter().filter(|file| !file.ends_with("cli/serve.rs")) {
            for (line, name) in names(&fs::read_to_string(file).unwrap()) {
                if others.contains(&name.as_str()) {
                    wrong.push(format!("{}:{line} names crate::{name}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_knows_its_reader_by_the_cookie_and_no_program_does() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut wrong, mut seen) = (Vec::new(), 0);
    let (mut pages, mut programs) = (Vec::new(), Vec::new());
    rust_files(&src.join("pages"), &mut pages);
    rust_files(&src.join("api"), &mut programs);
    rust_files(&src.join("http"), &mut programs);
    for file in pages {
        let text = fs::read_to_string(&file).unwrap();
        seen += usize::from(text.contains("staff: Staff"));
        // An actor in the arguments of a handler is one that `http::auth` took from a key.
        let by_key = |line: &str| line.starts_with("pub async fn") && line.contains(": Actor");
        wrong.extend(text.lines().filter(|line| by_key(line)).map(|line| format!("{}: {line}", file.display())));
    }
    for file in programs {
        let text = fs::read_to_string(&file).unwrap();
        wrong.extend(text.contains("COOKIE").then(|| format!("{} reads a cookie", file.display())));
    }
    assert!(seen >= 1, "no page takes `Staff`: the test looks in the wrong place");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn parameters_are_read_in_one_way() {
    let mut files = Vec::new();
    for face in ["src/api", "src/pages"] {
        rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(face), &mut files);
    }
    let other: Vec<_> = files.iter().filter(|file| fs::read_to_string(file).unwrap().contains("web::Query")).collect();
    assert!(other.is_empty(), "http::query::Query checks bounds and speaks both languages; web::Query does neither: {other:?}");
}
