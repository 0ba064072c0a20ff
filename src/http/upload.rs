//! Forms with files, `multipart/form-data` (RFC 7578), read whole into memory: what may be uploaded is bounded, and is read whole anyway.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::future::LocalBoxFuture;

use crate::http::body;
use crate::office::{Code, Refusal};
use crate::words::Finding;

/// The most parts of a form.
const PARTS: usize = 200;
/// The longest boundary that there may be (RFC 2046, §5.1.1).
const BOUNDARY: usize = 70;

/// A form that may hold files, of at most `MAX` bytes in all.
#[derive(Debug)]
pub struct Upload<const MAX: usize> {
    /// The fields that are texts, in their order; a name may come several times.
    pub fields: Vec<(String, String)>,
    /// The files that were chosen; a field where none was has none.
    pub files: Vec<File>,
}

/// An uploaded file.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// The field.
    pub field: String,
    /// The name that it had where it came from. It is shown and never opened.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl<const MAX: usize> Upload<MAX> {
    /// The bytes of the file of a field, if one was chosen.
    #[must_use]
    pub fn file(&self, field: &str) -> Option<&File> {
        self.files.iter().find(|file| file.field == field)
    }
}

impl<const MAX: usize> FromRequest for Upload<MAX> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (req, payload) = (req.clone(), actix_web::web::Payload::from_request(req, payload));
        Box::pin(async move {
            let header = req.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            let boundary = boundary(&header).ok_or_else(|| Refusal::new(Code::MediaTypeUnsupported))?;
            let payload = payload.await.map_err(Refusal::internal)?;
            let bytes: Bytes = body::receive(&req, payload, MAX).await?;
            let (fields, files) = parts(&bytes, boundary).ok_or_else(malformed)?;
            Ok(Self { fields, files })
        })
    }
}

fn malformed() -> Refusal {
    let (vi, en) = ("Biểu mẫu kèm tệp không đọc được", "The form with its files cannot be read");
    Refusal::because(Code::BodyInvalid, Finding::error("", "bad-multipart", vi, en))
}

/// The boundary that a media type names; none of another type.
fn boundary(header: &str) -> Option<&str> {
    let (kind, parameters) = header.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named =
        parameters.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case("boundary"));
    let boundary = named?.1.trim_matches('"');
    (1..=BOUNDARY).contains(&boundary.len()).then_some(boundary)
}

type Parts = (Vec<(String, String)>, Vec<File>);

/// The parts between the boundaries; none where they cannot be told apart.
fn parts(bytes: &[u8], boundary: &str) -> Option<Parts> {
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    let line = format!("--{boundary}").into_bytes();
    let between = format!("\r\n--{boundary}").into_bytes();
    let mut rest = bytes.strip_prefix(line.as_slice())?;
    while !rest.starts_with(b"--") {
        if fields.len() + files.len() >= PARTS {
            return None;
        }
        let end = find(rest, &between)?;
        let part = rest[..end].strip_prefix(b"\r\n")?;
        rest = &rest[end + between.len()..];
        let head_end = find(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&part[..head_end]).ok()?;
        let content = &part[head_end + 4..];
        let (field, file) = disposition(head)?;
        match file {
            // A field for files where none was chosen.
            Some(name) if name.is_empty() && content.is_empty() => {}
            Some(name) => files.push(File { field, name, bytes: content.to_vec() }),
            None => {
                let text = String::from_utf8(content.to_vec()).ok().filter(|text| !text.contains('\0'))?;
                fields.push((field, text));
            }
        }
    }
    Some((fields, files))
}

/// Where `wanted` begins in `bytes`.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// The field that a part is of, and the name of the file if it is one.
fn disposition(head: &str) -> Option<(String, Option<String>)> {
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let value = |wanted: &str| {
        let at = line.find(&format!("; {wanted}=\""))? + wanted.len() + 4;
        let quoted = line[at..].split('"').next()?;
        // As browsers write it: WHATWG HTML, "escape a multipart/form-data name".
        Some(quoted.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
    };
    line.trim_start().starts_with("form-data").then(|| Some((value("name")?, value("filename"))))?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &str = "--xyz\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nĐiểm \r\n năm\r\n--xyz\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"b%22ảng.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,\x002\r\n--xyz\r\n\
        content-disposition: form-data; name=\"none\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--xyz--\r\n";

    #[test]
    fn fields_and_files_are_told_apart_and_a_file_keeps_its_bytes() {
        let (fields, files) = parts(BODY.as_bytes(), "xyz").unwrap();
        assert_eq!(fields, [("title".to_owned(), "Điểm \r\n năm".to_owned())]);
        assert_eq!(files, [File { field: "file".into(), name: "b\"ảng.csv".into(), bytes: b"a,b\r\n1,\x002".to_vec() }]);
    }

    #[test]
    fn what_is_cut_off_or_without_a_name_is_refused() {
        for end in 1..BODY.len() - 6 {
            assert!(parts(&BODY.as_bytes()[..end], "xyz").is_none(), "{end}");
        }
        for bad in ["", "--xyz", "--xyz\r\n\r\nx\r\n--xyz--", "--xyz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xyz--"] {
            assert!(parts(bad.as_bytes(), "xyz").is_none(), "{bad:?}");
        }
        let nul = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\0\r\n--xyz--";
        assert!(parts(nul.as_bytes(), "xyz").is_none(), "no text holds U+0000");
        let many = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(PARTS + 1) + "--xyz--";
        assert!(parts(many.as_bytes(), "xyz").is_none());
    }

    #[test]
    fn a_boundary_is_of_a_form_with_files_alone() {
        assert_eq!(boundary("multipart/form-data; boundary=----x"), Some("----x"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), Some("a b"));
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        for bad in ["multipart/mixed; boundary=x", "multipart/form-data", "multipart/form-data; boundary=", long.as_str()] {
            assert_eq!(boundary(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes in prop::collection::vec(prop::sample::select(b"-x\r\n:;= \"aContent-Disposition: form-data; name=".to_vec()), 0..200)) {
            let _ = parts(&bytes, "x");
        }
    }
}
