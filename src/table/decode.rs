//! The bytes of a table → its text, whatever encoding an office saved it in.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1258};

use crate::words::Finding;

/// How many bytes tell UTF-16 without a mark from other text.
const PROBE: usize = 4096;
/// The tone marks of Windows-1258, which follow their vowel.
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// The text of a table, and a warning where the encoding was guessed.
///
/// # Errors
/// A finding with its line where the bytes are no text in an encoding that is read.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<Finding>), Finding> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest).map(|text| (text, None)),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Err(unknown(1, "UTF-32")),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, UTF_16LE).map(|text| (text, None)),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, UTF_16BE).map(|text| (text, None)),
        _ => match plain_utf16(bytes) {
            Some(encoding) => utf16(bytes, encoding).map(|text| (text, None)),
            None if std::str::from_utf8(bytes).is_ok() => utf8(bytes).map(|text| (text, None)),
            None => windows_1258(bytes).map(|(text, warning)| (text, Some(warning))),
        },
    }
}

/// Number of the line on which the byte at `offset` stands: CRLF, LF and CR each end a line.
fn line_of(bytes: &[u8], offset: usize) -> u32 {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let ends = before.iter().enumerate().filter(|(place, byte)| **byte == b'\n' || **byte == b'\r' && bytes.get(place + 1) != Some(&b'\n'));
    u32::try_from(ends.count()).unwrap_or(u32::MAX).saturating_add(1)
}

fn at(line: u32, code: &'static str, vi: String, en: String) -> Finding {
    Finding { line: Some(line), ..Finding::error("", code, vi, en) }
}

fn unknown(line: u32, what: &str) -> Finding {
    at(
        line,
        "encoding-unknown",
        format!("Không nhận ra bảng mã của tệp ({what}): hãy lưu lại ở dạng CSV UTF-8"),
        format!("The encoding of the file is not known ({what}): save it as CSV UTF-8"),
    )
}

/// A character that no text holds and no database takes.
pub(super) fn nul(line: u32) -> Finding {
    at(
        line,
        "nul-character",
        format!("Dòng {line} có ký tự NUL: tệp bị hỏng hoặc không phải văn bản, hãy lưu lại ở dạng CSV UTF-8"),
        format!("Line {line} holds a NUL: the file is damaged or no text, save it as CSV UTF-8"),
    )
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Finding> {
    let text = std::str::from_utf8(bytes).map_err(|error| damaged(line_of(bytes, error.valid_up_to())))?;
    match text.find('\0') {
        Some(place) => Err(nul(line_of(bytes, place))),
        None => Ok(Cow::Borrowed(text)),
    }
}

fn damaged(line: u32) -> Finding {
    at(
        line,
        "encoding-damaged",
        format!("Dòng {line} có byte không thuộc UTF-8: tệp bị hỏng hoặc ghép từ các tệp có bảng mã khác nhau"),
        format!("Line {line} holds bytes that are no UTF-8: the file is damaged, or put together of files in different encodings"),
    )
}

/// UTF-16 that has no mark: every other byte of text that is mostly Latin is NUL, and none of the others.
fn plain_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let probe = bytes.get(..PROBE).unwrap_or(bytes);
    let nul = |odd: usize| probe.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let enough = probe.len() / 5;
    match (nul(0), nul(1)) {
        (0, high) if high > enough => Some(UTF_16LE),
        (high, 0) if high > enough => Some(UTF_16BE),
        _ => None,
    }
}

fn utf16(bytes: &[u8], encoding: &'static Encoding) -> Result<Cow<'static, str>, Finding> {
    let (text, wrong) = encoding.decode_without_bom_handling(bytes);
    if let Some(place) = text.find('\0').filter(|_| !wrong) {
        return Err(nul(line_of(text.as_bytes(), place)));
    }
    match wrong.then(|| text.find('\u{fffd}')).flatten() {
        None => Ok(Cow::Owned(text.into_owned())),
        Some(place) => {
            let line = line_of(text.as_bytes(), place);
            let vi = format!("Dòng {line} có byte không thuộc UTF-16: tệp bị hỏng hoặc bị cắt giữa chừng");
            Err(at(line, "encoding-damaged", vi, format!("Line {line} holds bytes that are no UTF-16: the file is damaged or cut off")))
        }
    }
}

/// Text in the code page of Vietnamese Windows, if it can be that.
fn windows_1258(bytes: &[u8]) -> Result<(Cow<'static, str>, Finding), Finding> {
    let (sound, broken, first) = utf8_sequences(bytes);
    if let Some(place) = bytes.iter().position(|byte| *byte == 0) {
        return Err(nul(line_of(bytes, place)));
    }
    if sound >= broken {
        return Err(damaged(line_of(bytes, first)));
    }
    let (text, _) = WINDOWS_1258.decode_without_bom_handling(bytes);
    if let Some(place) = foreign(&text) {
        return Err(unknown(line_of(text.as_bytes(), place), "TCVN3, VNI, …"));
    }
    let line = line_of(bytes, first);
    let mut warning = Finding::warning(
        "",
        "encoding-assumed",
        format!(
            "Tệp không phải UTF-8 (xem dòng {line}), được đọc theo bảng mã Windows-1258: hãy kiểm tra chữ có dấu, nên lưu ở dạng CSV UTF-8"
        ),
        format!(
            "The file is not UTF-8 (see line {line}) and was taken for Windows-1258: check letters with marks, better save it as CSV UTF-8"
        ),
    );
    warning.line = Some(line);
    Ok((Cow::Owned(text.into_owned()), warning))
}

/// How many sequences of several bytes are UTF-8, how many are not, and where the first of those stands.
fn utf8_sequences(bytes: &[u8]) -> (usize, usize, usize) {
    let (mut sound, mut broken, mut first) = (0, 0, None);
    let mut offset = 0;
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        offset += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            broken += 1;
            first.get_or_insert(offset);
            offset += chunk.invalid().len();
        }
    }
    (sound, broken, first.unwrap_or_default())
}

/// Where text taken for Windows-1258 shows that it is something else: a control character, a tone mark that follows no vowel, a
/// sign within a word (TCVN3), a letter of VNI's marks behind a vowel.
fn foreign(text: &str) -> Option<usize> {
    let mut before = ' ';
    for (place, letter) in text.char_indices() {
        let vowel = "aeiouyâêôăơưAEIOUYÂÊÔĂƠƯ".contains(before);
        let wrong = match letter {
            '\u{80}'..='\u{9f}' => true,
            _ if TONES.contains(&letter) => !vowel,
            '¨' | '¬' | '\u{ad}' | 'µ' | '¶' | '¸' | '¹' | '»' | '¼' | '½' | '¾' => before.is_alphabetic(),
            'ø' | 'ä' | 'ö' | 'å' | 'û' | 'Ø' | 'Ä' | 'Ö' | 'Å' | 'Û' => vowel,
            'i' | 'I' | 'a' | 'o' | 'O' => before == '®' || before == '§',
            _ => false,
        };
        if wrong {
            return Some(place);
        }
        before = letter;
    }
    None
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization as _;

    use super::*;

    fn read(bytes: &[u8]) -> (String, Option<u32>) {
        let (text, warning) = decode(bytes).unwrap();
        (text.nfc().collect(), warning.and_then(|warning| warning.line))
    }

    fn refused(bytes: &[u8]) -> (String, Option<u32>) {
        let finding = decode(bytes).unwrap_err();
        (finding.code.into_owned(), finding.line)
    }

    fn wide(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn utf_8_and_utf_16_are_read_with_and_without_their_marks() {
        let text = "unit;sat\r\nĐà Nẵng;85,5\r\nHuế;60\r\n";
        for big in [false, true] {
            assert_eq!(read(&wide(text, big)), (text.to_owned(), None));
            assert_eq!(read(&wide(&format!("\u{feff}{text}"), big)), (text.to_owned(), None));
        }
        assert_eq!(read(text.as_bytes()), (text.to_owned(), None));
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()), (text.to_owned(), None));
    }

    #[test]
    fn windows_1258_is_told_and_its_tone_marks_are_composed() {
        // "Đà Nẵng", "Huế", "Cần Thơ", "Vĩnh Long", "Đắk Lắk" with the marks of Windows-1258.
        let bytes = b"unit\r\n\xd0a\xcc N\xe3\xdeng\r\nHu\xea\xec\r\nC\xe2\xccn Th\xf5\r\nVi\xdenh Long\r\n\xd0\xe3\xeck L\xe3\xeck\r\n";
        assert_eq!(read(bytes), ("unit\r\nĐà Nẵng\r\nHuế\r\nCần Thơ\r\nVĩnh Long\r\nĐắk Lắk\r\n".to_owned(), Some(2)));
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        assert_eq!(refused(b"unit\r\na\r\nH\xe1\xba\xbf \xff\r\n"), ("encoding-damaged".to_owned(), Some(3)), "UTF-8 with one bad byte");
        assert_eq!(refused(b"\xef\xbb\xbfunit\na\xff\n"), ("encoding-damaged".to_owned(), Some(2)));
        assert_eq!(refused(b"unit\n\x50\x00\x51\x52\n"), ("nul-character".to_owned(), Some(2)));
        assert_eq!(refused(b"unit\nH\xe0\0\n"), ("nul-character".to_owned(), Some(2)));
        assert_eq!(refused(&wide("\u{feff}unit\nb\0c\n", false)), ("nul-character".to_owned(), Some(2)));
        assert_eq!(refused(b"unit\rH\xb5 N\xe9i\r"), ("encoding-unknown".to_owned(), Some(2)), "Hà Nội in TCVN3");
        assert_eq!(refused(b"unit\nHa\xf8 No\xe4i\n"), ("encoding-unknown".to_owned(), Some(2)), "Hà Nội in VNI");
        assert_eq!(refused(b"unit\nb\xec\n"), ("encoding-unknown".to_owned(), Some(2)), "a tone without a vowel");
        let cut = wide("unit\nabc", false);
        assert_eq!(refused(&cut[..cut.len() - 1]), ("encoding-damaged".to_owned(), Some(2)));
        assert_eq!(refused(b"\xff\xfe\0\0u\0\0\0"), ("encoding-unknown".to_owned(), Some(1)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_text_or_a_finding_with_a_line(bytes: Vec<u8>) {
            if let Err(finding) = decode(&bytes) {
                proptest::prop_assert!(finding.line.is_some());
            }
        }
    }
}
