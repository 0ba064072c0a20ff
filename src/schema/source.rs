//! JSON text → value, with what serde leaves out: a bound on depth, duplicate keys, and lines for pointers.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::words::{Finding, Said, fault, push_escaped};

/// How deep a definition file may nest.
pub const MAX_DEPTH: usize = 64;

/// Reads JSON text. Duplicate keys do not stop the reading: they come back as findings beside the value,
/// so that one reading shows everything that is wrong.
///
/// # Errors
/// The finding that stopped it: not UTF-8, nested deeper than `max_depth`, or no JSON.
pub(crate) fn read(bytes: &[u8], max_depth: usize) -> Result<(Value, Vec<Finding>), Finding> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    if let Some(line) = line_too_deep(bytes, max_depth) {
        return Err(Finding {
            line: Some(line),
            ..Finding::error("", "too-deep", format!("Lồng nhau quá {max_depth} tầng"), format!("Nested more than {max_depth} levels deep"))
        });
    }
    let value = serde_json::from_str(text).map_err(|error| syntax(&error))?;
    let mut duplicates = Vec::new();
    Scanner::run(text, |pointer, line, duplicate| {
        if duplicate {
            duplicates.push(Finding {
                line: Some(line),
                ..Finding::error(
                    pointer,
                    "duplicate-key",
                    "Trường này xuất hiện nhiều lần trong cùng một đối tượng",
                    "This member appears more than once in the same object",
                )
            });
        }
    });
    Ok((value, duplicates))
}

/// Gives a line to every finding that has none: that of its pointer, or of the nearest value around it.
pub(crate) fn locate(text: &str, findings: &mut [Finding]) {
    if findings.iter().all(|finding| finding.line.is_some()) {
        return;
    }
    let mut lines: HashMap<String, u32> = HashMap::new();
    Scanner::run(text, |pointer, line, _| {
        lines.entry(pointer.to_owned()).or_insert(line);
    });
    for finding in findings.iter_mut().filter(|finding| finding.line.is_none()) {
        let mut pointer = finding.pointer.as_str();
        finding.line = loop {
            if let Some(&line) = lines.get(pointer) {
                break Some(line);
            }
            match pointer.rfind('/') {
                Some(end) => pointer = &pointer[..end],
                None => break None,
            }
        };
    }
}

fn line_at(bytes: &[u8], end: usize) -> u32 {
    let newlines = bytes.iter().take(end).filter(|&&b| b == b'\n').count();
    u32::try_from(newlines).unwrap_or(u32::MAX).saturating_add(1)
}

fn not_utf8(bytes: &[u8], valid_up_to: usize) -> Finding {
    Finding {
        line: Some(line_at(bytes, valid_up_to)),
        ..Finding::error("", "not-utf8", format!("Byte thứ {valid_up_to} không phải là UTF-8"), format!("Byte {valid_up_to} is not UTF-8"))
    }
}

fn syntax(error: &serde_json::Error) -> Finding {
    let (line, column) = (error.line(), error.column());
    let Said { vi, en } = fault::of_json(error);
    Finding {
        line: u32::try_from(line).ok(),
        ..Finding::error(
            "",
            "not-json",
            format!("Sai cú pháp JSON ở dòng {line}, cột {column}: {vi}"),
            format!("Not JSON, at line {line} column {column}: {en}"),
        )
    }
}

/// The line where nesting first passes `max_depth`; counted before parsing, so that no text can exhaust the stack.
fn line_too_deep(bytes: &[u8], max_depth: usize) -> Option<u32> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, &byte) in bytes.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > max_depth {
                    return Some(line_at(bytes, at));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Walks JSON that serde has accepted and tells of every value its pointer, its line, and whether its key came before.
struct Scanner<'t, V> {
    text: &'t str,
    at: usize,
    line: u32,
    pointer: String,
    visit: V,
}

impl<'t, V: FnMut(&str, u32, bool)> Scanner<'t, V> {
    fn run(text: &'t str, visit: V) {
        let mut scanner = Self { text, at: 0, line: 1, pointer: String::new(), visit };
        scanner.skip_space();
        (scanner.visit)("", scanner.line, false);
        scanner.value();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.line += u32::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn value(&mut self) {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => {
                self.string();
            }
            _ => {
                while self.peek().is_some_and(|b| !matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n')) {
                    self.at += 1;
                }
            }
        }
    }

    fn object(&mut self) {
        let mut seen = HashSet::new();
        self.at += 1;
        self.skip_space();
        while self.peek() == Some(b'"') {
            let line = self.line;
            let key = self.string();
            let parent = self.pointer.len();
            self.pointer.push('/');
            let Ok(()) = push_escaped(&key, |part| {
                self.pointer.push_str(part);
                Ok::<(), std::convert::Infallible>(())
            });
            (self.visit)(&self.pointer, line, !seen.insert(key));
            self.skip_space();
            self.at += 1; // the colon
            self.value();
            self.pointer.truncate(parent);
            self.skip_separator();
        }
        self.at += 1; // the closing brace
    }

    fn array(&mut self) {
        self.at += 1;
        self.skip_space();
        let mut index = 0usize;
        while self.peek().is_some_and(|b| b != b']') {
            let parent = self.pointer.len();
            self.pointer.push('/');
            self.pointer.push_str(&index.to_string());
            (self.visit)(&self.pointer, self.line, false);
            let before = self.at;
            self.value();
            self.pointer.truncate(parent);
            self.skip_separator();
            index += 1;
            if self.at == before {
                return; // no JSON after all; never stand still
            }
        }
        self.at += 1; // the closing bracket
    }

    fn skip_separator(&mut self) {
        self.skip_space();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.skip_space();
        }
    }

    /// Reads a string and returns what it stands for.
    fn string(&mut self) -> Cow<'t, str> {
        let start = self.at;
        let mut escapes = false;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => {
                    escapes = true;
                    self.at += 1;
                }
                b'"' => break,
                _ => {}
            }
        }
        let quoted = self.text.get(start..self.at).unwrap_or("\"\"");
        if escapes {
            Cow::Owned(serde_json::from_str(quoted).unwrap_or_default())
        } else {
            Cow::Borrowed(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or(""))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str) -> HashMap<String, u32> {
        let mut lines = HashMap::new();
        Scanner::run(text, |pointer, line, _| {
            lines.insert(pointer.to_owned(), line);
        });
        lines
    }

    #[test]
    fn every_pointer_has_its_line() {
        let lines = lines("{\n \"a/b\": [\n  1,\n  {\"c\": \"x\\\"y\"}\n ],\n \"d\":\n  true }");
        let expect = [("", 1), ("/a~1b", 2), ("/a~1b/0", 3), ("/a~1b/1", 4), ("/a~1b/1/c", 4), ("/d", 6)];
        assert_eq!(lines, expect.map(|(p, l)| (p.to_owned(), l)).into());
    }

    #[test]
    fn a_duplicate_key_is_found_even_when_written_with_escapes() {
        let (value, findings) = read(b"{\"answers\":{\n\"Q1\":1,\n\"Q\\u0031\":2}}", 16).unwrap();
        assert_eq!(value["answers"]["Q1"], 2);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].pointer.as_str(), findings[0].line), ("/answers/Q1", Some(3)));
    }

    #[test]
    fn the_same_key_in_two_objects_is_no_duplicate() {
        assert!(read(br#"[{"a":1},{"a":{"a":2}}]"#, 16).unwrap().1.is_empty());
    }

    #[test]
    fn depth_is_bounded_and_brackets_within_strings_do_not_count() {
        let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert!(read(nested(16).as_bytes(), 16).is_ok());
        assert_eq!(read(nested(17).as_bytes(), 16).unwrap_err().code, "too-deep");
        assert_eq!(read(nested(1_000_000).as_bytes(), 64).unwrap_err().code, "too-deep");
        assert!(read(br#"["[[[[\"[[[["]"#, 2).is_ok());
    }

    #[test]
    fn a_syntax_error_names_its_line() {
        let finding = read(b"{\n\"a\": 1,\n}", 16).unwrap_err();
        assert_eq!((finding.code.as_ref(), finding.line), ("not-json", Some(3)));
        assert_eq!(read(b"{\n\xff}", 16).unwrap_err().line, Some(2));
    }

    #[test]
    fn a_missing_member_takes_the_line_of_its_object() {
        let mut findings = [Finding::error("/a/0/code/x", "c", "v", "e")];
        locate("{\"a\":[\n{\"b\":1}]}", &mut findings);
        assert_eq!(findings[0].line, Some(2));
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, 8);
        }

        #[test]
        fn the_scanner_ends_on_any_text(text in "[\\[\\]{}\",:\\\\a1 \n]{0,60}") {
            Scanner::run(&text, |_, _, _| {});
        }
    }
}
