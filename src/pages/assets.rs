//! What pages need beside themselves: one list, embedded as it lies in `web/`.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};

use super::guard;
use crate::http::etag;
use crate::office::Refusal;

/// A file by its name, its media type and its bytes.
type File = (&'static str, &'static str, &'static [u8]);

/// Scripts are modules: as they lie in `web/`, they are what a browser reads.
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Every file. A new one needs a line here and nothing else.
const FILES: &[File] = &[
    ("style.css", "text/css; charset=utf-8", include_bytes!("../../web/style.css")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../web/icon.svg")),
    ("entry.mjs", SCRIPT, include_bytes!("../../web/entry.mjs")),
    ("field.mjs", SCRIPT, include_bytes!("../../web/field.mjs")),
    ("form.mjs", SCRIPT, include_bytes!("../../web/form.mjs")),
    ("kiosk.mjs", SCRIPT, include_bytes!("../../web/kiosk.mjs")),
    ("outbox.mjs", SCRIPT, include_bytes!("../../web/outbox.mjs")),
    ("sending.mjs", SCRIPT, include_bytes!("../../web/sending.mjs")),
    ("walk.mjs", SCRIPT, include_bytes!("../../web/walk.mjs")),
    ("staff.mjs", SCRIPT, include_bytes!("../../web/staff.mjs")),
    ("sw.mjs", SCRIPT, include_bytes!("../../web/sw.mjs")),
];

/// A file as it is served.
struct Asset {
    file: &'static File,
    tag: String,
    packed: Vec<u8>,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |file: &'static File| Asset { file, tag: etag::of(file.2), packed: guard::packed(file.2) };
    FILES.iter().map(asset).collect()
});

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.file.0 == name)
}

/// Eight letters that change with the bytes.
fn version(asset: &Asset) -> &str {
    asset.tag.get(1..9).unwrap_or_default()
}

/// The address of a file as pages link it. It changes with the file, so that browsers keep what they have for good.
#[must_use]
pub fn href(name: &str) -> String {
    find(name).map_or_else(|| format!("/static/{name}"), |asset| format!("/static/{name}?v={}", version(asset)))
}

/// A file. By the address of [`href`] it never changes; by its bare name, which modules import each other by, it is asked for anew.
#[get("/static/{name}")]
pub async fn get_asset(req: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let asset = find(&name).ok_or_else(Refusal::not_found)?;
    let of_now = req.query_string() == format!("v={}", version(asset));
    let packs = guard::takes_gzip(req.headers());
    let mut answer = HttpResponse::Ok();
    answer.content_type(asset.file.1);
    answer.insert_header((CACHE_CONTROL, if of_now { "public, max-age=31536000, immutable" } else { "public, no-cache" }));
    answer.insert_header((VARY, HeaderValue::from_static("Accept-Encoding")));
    if packs {
        answer.insert_header((CONTENT_ENCODING, "gzip"));
        // Other bytes have another tag.
        answer.insert_header((ETAG, etag::of(&asset.packed)));
        return Ok(answer.body(asset.packed.as_slice()));
    }
    Ok(answer.insert_header((ETAG, asset.tag.as_str())).body(asset.file.2))
}

/// The worker that keeps forms for when there is no network. It lies at the root, since it serves what lies below it.
#[get("/sw.js")]
pub async fn get_worker() -> Result<HttpResponse, Refusal> {
    let asset = find("sw.mjs").ok_or_else(Refusal::not_found)?;
    Ok(HttpResponse::Ok().content_type(SCRIPT).insert_header((CACHE_CONTROL, "no-cache")).body(asset.file.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_an_address_that_names_its_bytes() {
        for (name, _, bytes) in FILES {
            assert!(!bytes.is_empty(), "{name}");
            assert!(href(name).starts_with(&format!("/static/{name}?v=")), "{}", href(name));
        }
        assert_eq!(href("none.css"), "/static/none.css");
    }
}
