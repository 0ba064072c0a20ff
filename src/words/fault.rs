//! What libraries and the operating system say went wrong, in both languages: they speak English alone, and their English has no place in a
//! Vietnamese sentence.

use std::io::{Error, ErrorKind};

use super::Said;

/// What the operating system says, by its kind.
#[must_use]
pub fn of_system(error: &Error) -> Said {
    let vi = match error.kind() {
        ErrorKind::NotFound => "không có tệp hoặc thư mục này",
        ErrorKind::PermissionDenied => "không đủ quyền",
        ErrorKind::StorageFull => "ổ đĩa hết chỗ",
        ErrorKind::QuotaExceeded => "vượt hạn mức lưu trữ",
        ErrorKind::FileTooLarge => "tệp quá lớn",
        ErrorKind::IsADirectory => "đây là thư mục, không phải tệp",
        ErrorKind::NotADirectory => "đường dẫn đi qua một tệp không phải thư mục",
        ErrorKind::AlreadyExists => "đã có tệp hoặc thư mục mang tên này",
        ErrorKind::ReadOnlyFilesystem => "hệ thống tệp chỉ cho đọc",
        ErrorKind::InvalidFilename => "tên tệp không hợp lệ",
        ErrorKind::AddrInUse => "địa chỉ và cổng này đã có chương trình khác dùng",
        ErrorKind::AddrNotAvailable => "máy này không có địa chỉ đó",
        ErrorKind::ConnectionRefused => "kết nối bị từ chối",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::NotConnected => "kết nối bị ngắt",
        ErrorKind::BrokenPipe => "phía nhận đã đóng",
        ErrorKind::TimedOut => "quá thời gian chờ",
        ErrorKind::Interrupted => "bị ngắt giữa chừng",
        ErrorKind::UnexpectedEof => "dữ liệu kết thúc giữa chừng",
        ErrorKind::InvalidData => "dữ liệu không đọc được",
        ErrorKind::OutOfMemory => "hết bộ nhớ",
        _ => return Said::new(numbered(error), error.to_string()),
    };
    Said::new(vi, error.to_string())
}

fn numbered(error: &Error) -> String {
    match error.raw_os_error() {
        Some(number) => format!("hệ điều hành báo lỗi số {number}"),
        None => "lỗi đọc ghi".to_owned(),
    }
}

/// What a reader of JSON says of a text that is none, without the place: `line` and `column` of the error tell it. What does not fit a
/// shape is told by whoever reads into one, who knows the place and the names that there are.
#[must_use]
pub fn of_json(error: &serde_json::Error) -> Said {
    let full = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let en = full.strip_suffix(&place).unwrap_or(&full);
    let vi = match en {
        "EOF while parsing a list" => "văn bản kết thúc giữa một danh sách, thiếu `]`",
        "EOF while parsing an object" => "văn bản kết thúc giữa một đối tượng, thiếu `}`",
        "EOF while parsing a string" => "văn bản kết thúc giữa một chuỗi, thiếu dấu `\"`",
        "EOF while parsing a value" => "văn bản kết thúc khi còn thiếu một giá trị",
        "expected `:`" => "cần dấu `:`",
        "expected `,` or `]`" => "cần dấu `,` hoặc `]`",
        "expected `,` or `}`" => "cần dấu `,` hoặc `}`",
        "expected ident" => "cần `true`, `false` hoặc `null`",
        "expected value" => "cần một giá trị",
        "expected `\"`" => "cần dấu `\"`",
        "invalid escape" => "ký tự thoát sau `\\` không hợp lệ",
        "invalid number" => "số viết sai",
        "number out of range" => "số quá lớn hoặc quá nhỏ",
        "invalid unicode code point" | "lone leading surrogate in hex escape" => "mã Unicode không hợp lệ",
        "unexpected end of hex escape" => "mã `\\u` bị cụt",
        "key must be a string" => "tên thành phần phải là chuỗi",
        "trailing comma" => "thừa dấu `,`",
        "trailing characters" => "thừa ký tự sau khi văn bản JSON đã kết thúc",
        "recursion limit exceeded" => "lồng nhau quá sâu",
        _ if en.starts_with("control character") => "chuỗi có ký tự điều khiển",
        _ if error.is_eof() => "văn bản kết thúc giữa chừng",
        _ if error.is_data() => "giá trị không đúng kiểu",
        _ => "sai cú pháp",
    };
    Said::new(vi, en.to_owned())
}

/// What a reader or writer of CSV says, without the place.
#[must_use]
pub fn of_csv(error: &csv::Error) -> Said {
    match error.kind() {
        csv::ErrorKind::Io(error) => of_system(error),
        csv::ErrorKind::Utf8 { .. } => Said::new("dòng không ở mã UTF-8", "the line is not UTF-8"),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => Said::new(
            format!("dòng có {len} ô, các dòng trước có {expected_len}"),
            format!("the line has {len} cells, those before have {expected_len}"),
        ),
        _ => Said::new("dòng không đọc được", error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_reader_of_json_can_say_has_its_vietnamese() {
        let deep = "[".repeat(200);
        for text in [
            "",
            "[1",
            "{\"a\":1",
            "\"a",
            "{\"a\" 1}",
            "[1 2]",
            "{\"a\":1 \"b\"}",
            "nul",
            "x",
            "{a}",
            "\"\\x\"",
            "01",
            "1e999",
            "\"\\ud800\"",
            "\"\\u12\"",
            "[1,]",
            "1 2",
            "\"\n\"",
            &deep,
            "{\"a\":}",
            "-",
            "{1:2}",
        ] {
            let error = serde_json::from_str::<serde_json::Value>(text).unwrap_err();
            let said = of_json(&error);
            assert!(!said.en.contains(" at line "), "{}", said.en);
            assert!(!["sai cú pháp", "văn bản kết thúc giữa chừng"].contains(&&*said.vi), "{text}: {} is told by no kind", said.en);
        }
        let misfit = serde_json::from_str::<u8>("\"x\"").unwrap_err();
        assert_eq!(of_json(&misfit).vi, "giá trị không đúng kiểu");
    }

    #[test]
    fn the_system_and_csv_speak_vietnamese_by_their_kinds() {
        for (kind, words) in
            [(ErrorKind::NotFound, "không có tệp"), (ErrorKind::PermissionDenied, "quyền"), (ErrorKind::StorageFull, "hết chỗ")]
        {
            assert!(of_system(&Error::from(kind)).vi.contains(words));
        }
        assert_eq!(of_system(&Error::from_raw_os_error(71)).vi, "hệ điều hành báo lỗi số 71");
        let rows = |text: &'static [u8]| csv::Reader::from_reader(text).into_records().find_map(Result::err).unwrap();
        assert_eq!(of_csv(&rows(b"a,b\n1\n")).vi, "dòng có 1 ô, các dòng trước có 2");
        assert_eq!(of_csv(&rows(b"a,b\n1,\xff\n")).vi, "dòng không ở mã UTF-8");
    }
}
