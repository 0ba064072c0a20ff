//! Text files as people save them.

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::cli::findings;
use crate::words::{Finding, Lang, Said, fault};

/// The text of a file: UTF-8, with or without a byte-order mark, or UTF-16 with one.
pub(super) fn read(file: &Path, lang: Lang) -> Result<String> {
    try_read(file).map_err(|finding| anyhow!("{}: {}", file.display(), findings::line(&finding, lang)))
}

/// The same, or what is wrong with it as a finding.
pub(super) fn try_read(file: &Path) -> Result<String, Finding> {
    decode(try_bytes(file)?)
}

/// The bytes of a table, which its reader decodes.
pub(super) fn bytes(file: &Path, lang: Lang) -> Result<Vec<u8>> {
    try_bytes(file).map_err(|finding| anyhow!("{}: {}", file.display(), findings::line(&finding, lang)))
}

/// The same, or why there are none as a finding.
pub(super) fn try_bytes(file: &Path) -> Result<Vec<u8>, Finding> {
    std::fs::read(file).map_err(|error| {
        let Said { vi, en } = fault::of_system(&error);
        Finding::error("", "file-unreadable", format!("Không đọc được tệp: {vi}"), format!("The file cannot be read: {en}"))
    })
}

fn decode(bytes: Vec<u8>) -> Result<String, Finding> {
    match bytes.as_slice() {
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] => utf8(text.to_vec()),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, Finding> {
    String::from_utf8(bytes).map_err(|error| {
        let upto = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let lone = upto.windows(2).filter(|pair| pair[0] == b'\r' && pair[1] != b'\n').count();
        let line = upto.split(|byte| *byte == b'\n').count() + lone;
        let mut finding = Finding::error(
            "",
            "not-utf-8",
            "Tệp không ở mã UTF-8: hãy lưu lại dạng UTF-8 (trong Excel: Lưu thành, chọn “CSV UTF-8”)",
            "The file is not UTF-8: save it as UTF-8 (in Excel: Save As, “CSV UTF-8”)",
        );
        finding.line = u32::try_from(line).ok();
        finding
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Finding> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    text.ok().filter(|_| rest.is_empty()).ok_or_else(|| {
        let (vi, en) = ("Tệp UTF-16 bị hỏng: hãy lưu lại dạng UTF-8", "The file is broken UTF-16: save it as UTF-8");
        Finding::error("", "not-utf-16", vi, en)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_which_a_spreadsheet_saves_unicode_is_read() {
        let text = "unit,điểm\nHà Nội,1\n";
        let wide =
            |bytes: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> { mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect() };
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [text.into(), marked, wide(u16::to_le_bytes, [0xff, 0xfe]), wide(u16::to_be_bytes, [0xfe, 0xff])] {
            assert_eq!(decode(bytes).unwrap(), text);
        }
    }

    #[test]
    fn another_code_page_is_refused_with_the_line_and_what_to_do() {
        let finding = decode(b"unit\nH\xe0 N?i\n".to_vec()).unwrap_err();
        assert_eq!((finding.line, finding.code.as_ref()), (Some(2), "not-utf-8"));
        assert!(finding.vi.contains("CSV UTF-8") && finding.en.contains("CSV UTF-8"));
        assert_eq!(decode(b"\xff\xfea".to_vec()).unwrap_err().code, "not-utf-16");
    }
}
