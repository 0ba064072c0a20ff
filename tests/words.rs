//! One word for one thing, spelled in one way: `docs/vocabulary.md` is held to what the program, its documents and its schemas say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const VOCABULARY: &str = include_str!("../docs/vocabulary.md");

/// Words of the field that hold one of ours: accountability, the answering of petitions, digital government, published texts.
const OF_THE_FIELD: [&str; 4] = ["trách nhiệm giải trình", "tiếp thu, giải trình", "chính quyền số", "văn bản công bố"];

/// Every text file that people read: its path and its lower-cased text.
fn texts() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "docs", "survey-schemas"] {
        collect(&root.join(folder), &mut files);
    }
    assert!(files.len() > 300, "only {} files: the test looks in the wrong place", files.len());
    files.into_iter().map(|file| (file.clone(), fs::read_to_string(&file).unwrap().to_lowercase())).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| ["rs", "md", "json"].iter().any(|known| e == *known)) && !path.ends_with("vocabulary.md")
        {
            found.push(path);
        }
    }
}

/// The words in the last column of the table.
fn forbidden() -> Vec<&'static str> {
    let rows = VOCABULARY.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.flat_map(|row| row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap().split('`').skip(1).step_by(2)).collect()
}

/// A finding for every line of the texts that `wrong` names something in.
fn lines(wrong: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = wrong(line) {
                found.push(format!("{}:{}: {word}", file.display(), number + 1));
            }
        }
    }
    found
}

#[test]
fn a_thing_is_called_by_its_one_name() {
    let words = forbidden();
    assert!(words.contains(&"quyền số") && words.contains(&"dữ liệu tổng hợp") && words.len() > 12, "{words:?}");
    let found = lines(|line| {
        let line = OF_THE_FIELD.iter().fold(line.to_owned(), |line, known| line.replace(known, ""));
        words.iter().find(|word| line.contains(**word)).map(|word| format!("“{word}”"))
    });
    assert!(found.is_empty(), "docs/vocabulary.md has another word for:\n{}", found.join("\n"));
}

/// The word that carries its tone mark on the second vowel of `oa`, `oe` or `uy`, if a line has one.
fn misplaced(line: &str) -> Option<String> {
    const SECOND: [(char, &str); 2] = [('o', "áàảãạéèẻẽẹ"), ('u', "ýỳỷỹỵ")];
    line.split(|letter: char| !letter.is_alphabetic()).find_map(|word| {
        let mut letters = word.chars().rev();
        let (last, before, first) = (letters.next()?, letters.next()?, letters.next());
        let wrong = SECOND.iter().any(|(vowel, marked)| before == *vowel && marked.contains(last)) && first != Some('q');
        wrong.then(|| word.to_owned())
    })
}

#[test]
fn a_tone_mark_stands_on_the_first_vowel_of_an_open_pair() {
    for (line, word) in
        [("xoá phiếu", Some("xoá")), ("chuẩn hoá", Some("hoá")), ("thuỷ", Some("thuỷ")), ("quý, quỹ, hóa, thủy, hoàn, toán", None)]
    {
        assert_eq!(misplaced(line).as_deref(), word);
    }
    let found = lines(misplaced);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Syllables that Vietnamese writes with diacritics alone, and English never has.
const BARE: [&str; 22] = [
    "khong",
    "duoc",
    "nguoi",
    "phieu",
    "tra loi",
    "don vi",
    "chi so",
    "chi tieu",
    "trong so",
    "du lieu",
    "danh muc",
    "khao sat",
    "ket qua",
    "tong hop",
    "hai long",
    "gia tri",
    "thiet ke",
    "cong bo",
    "lan tinh",
    "nhap lieu",
    "loi:",
    "huyen",
];

#[test]
fn vietnamese_is_written_with_its_diacritics() {
    let bare: BTreeSet<&str> = BARE.into_iter().collect();
    let found = lines(|line| {
        // Addresses and names of files are ASCII whatever the language.
        let words: Vec<&str> = line.split_whitespace().filter(|word| !word.contains("://") && !word.contains(".json")).collect();
        let line = format!(" {} ", words.join(" ").replace(|letter: char| !letter.is_alphabetic() && letter != ':', " "));
        bare.iter().find(|word| line.contains(&format!(" {word} "))).map(|word| format!("“{word}” without diacritics"))
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}
