//! Forms with files, `multipart/form-data` (RFC 7578), read whole into memory: what may be uploaded is bounded, and is read whole anyway.

use actix_multipart::Multipart;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt as _, stream};

use crate::http::body::{self, Fields};
use crate::office::{Code, Refusal};
use crate::words::Finding;

/// The most parts of a form.
const PARTS: usize = 200;
/// What is read is handed on in pieces of so many bytes: as much as a connection brings at a time.
const PIECE: usize = 16 * 1024;

/// A form that may hold files, of at most `MAX` bytes in all.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Upload<const MAX: usize> {
    /// The fields that are texts.
    pub fields: Fields,
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
            let payload = payload.await.map_err(Refusal::internal)?;
            let bytes = body::receive(&req, payload, MAX).await?;
            parts(req.headers(), bytes).await
        })
    }
}

/// The parts of a form that is there as a whole.
async fn parts<const MAX: usize>(headers: &HeaderMap, bytes: Bytes) -> Result<Upload<MAX>, Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    if !kind.split_once(';').is_some_and(|(kind, rest)| kind.trim() == "multipart/form-data" && rest.contains("boundary=")) {
        return Err(Refusal::new(Code::MediaTypeUnsupported));
    }
    let pieces = (0..bytes.len()).step_by(PIECE).map(move |at| Ok(bytes.slice(at..bytes.len().min(at + PIECE))));
    let mut form = Multipart::new(headers, stream::iter(pieces));
    let mut upload = Upload::default();
    while let Some(part) = form.next().await {
        if upload.fields.0.len() + upload.files.len() >= PARTS {
            return Err(malformed());
        }
        let mut part = part.map_err(|_| malformed())?;
        let field = part.name().ok_or_else(malformed)?.to_owned();
        let name = part.content_disposition().and_then(|about| about.get_filename().map(str::to_owned));
        let content = part.bytes(MAX).await.map_err(|_| malformed())?.map_err(|_| malformed())?;
        match name {
            // A field for files where none was chosen.
            Some(name) if name.is_empty() && content.is_empty() => {}
            Some(name) => upload.files.push(File { field, name, bytes: content.to_vec() }),
            None => {
                let text = String::from_utf8(content.to_vec()).ok().filter(|text| !text.contains('\0'));
                upload.fields.0.push((field, text.ok_or_else(malformed)?));
            }
        }
    }
    Ok(upload)
}

fn malformed() -> Refusal {
    let (vi, en) = ("Biểu mẫu kèm tệp không đọc được", "The form with its files cannot be read");
    Refusal::because(Code::BodyInvalid, Finding::error("", "bad-multipart", vi, en))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const BODY: &str = "--xyz\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nĐiểm \r\n năm\r\n--xyz\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"bảng.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,\x002\r\n--xyz\r\n\
        content-disposition: form-data; name=\"none\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--xyz--\r\n";

    fn read(kind: &str, bytes: &[u8]) -> Result<Upload<1_000_000>, Code> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        let bytes = Bytes::copy_from_slice(bytes);
        actix_web::rt::System::new().block_on(parts(&headers, bytes)).map_err(|refusal| refusal.code())
    }

    fn form(bytes: &[u8]) -> Result<Upload<1_000_000>, Code> {
        read("multipart/form-data; boundary=xyz", bytes)
    }

    #[test]
    fn fields_and_files_are_told_apart_and_a_file_keeps_its_bytes() {
        let file = File { field: "file".into(), name: "bảng.csv".into(), bytes: b"a,b\r\n1,\x002".to_vec() };
        let expected = Upload { fields: Fields(vec![("title".to_owned(), "Điểm \r\n năm".to_owned())]), files: vec![file] };
        assert_eq!(form(BODY.as_bytes()), Ok(expected));
    }

    #[test]
    fn a_large_file_is_read_whole() {
        let large: Vec<u8> = (0..700_000_u32).flat_map(|number| (number % 251).to_le_bytes().into_iter().take(1)).collect();
        let head = b"--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
        let found = form(&[head, large.as_slice(), b"\r\n--xyz--\r\n"].concat()).unwrap();
        assert!(found.file("file").unwrap().bytes == large);
    }

    #[test]
    fn what_is_cut_off_or_without_a_name_is_refused() {
        for end in (1..BODY.len() - 6).step_by(7) {
            assert_eq!(form(&BODY.as_bytes()[..end]), Err(Code::BodyInvalid), "{end}");
        }
        for bad in ["--xyz", "--xyz\r\n\r\nx\r\n--xyz--", "--xyz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xyz--"] {
            assert_eq!(form(bad.as_bytes()), Err(Code::BodyInvalid), "{bad:?}");
        }
        let nul = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\0\r\n--xyz--";
        assert_eq!(form(nul.as_bytes()), Err(Code::BodyInvalid), "no text holds U+0000");
        let many = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(PARTS + 1) + "--xyz--";
        assert_eq!(form(many.as_bytes()), Err(Code::BodyInvalid));
    }

    #[test]
    fn another_media_type_is_no_form_with_files() {
        for bad in ["application/x-www-form-urlencoded", "multipart/mixed; boundary=xyz", "multipart/form-data", "text"] {
            assert_eq!(read(bad, BODY.as_bytes()), Err(Code::MediaTypeUnsupported), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes in prop::collection::vec(prop::sample::select(b"-x\r\n:;= \"aContent-Disposition: form-data; name=".to_vec()), 0..200)) {
            let _ = form(&bytes);
        }
    }
}
