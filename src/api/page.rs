//! Pages: opaque cursors, a stable order, the address of the next page.

use actix_web::http::header::LINK;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::codes::Code;
use crate::api::encode::{base64url, from_base64url, percent};
use crate::api::problem::Problem;

/// How many items a page has if the client does not say.
const DEFAULT_LIMIT: u32 = 100;
/// The most items of a page.
pub const MAX_LIMIT: u32 = 1_000;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listing<T> {
    /// The items, in the list's stable order.
    pub items: Vec<T>,
    /// The address of the next page; null on the last.
    pub next: Option<String>,
}

/// Which page was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Items after this position.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

impl Page {
    /// Reads the parameters `cursor` and `limit`.
    ///
    /// # Errors
    /// `cursor-invalid` for what [`Page::cursor`] never wrote; `query-invalid` for a limit outside 1 to 1000.
    pub fn of(cursor: Option<&str>, limit: Option<u32>) -> Result<Self, Problem> {
        let after = cursor.map(|text| position(text).ok_or_else(|| Problem::new(Code::CursorInvalid))).transpose()?;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let range = format!("1..{MAX_LIMIT}");
            return Err(Problem::new(Code::QueryInvalid).detail(format!("limit phải trong {range}"), format!("limit must be in {range}")));
        }
        Ok(Self { after, limit })
    }

    /// How many rows to ask the store for: one more than the page has tells whether there is a next one.
    #[must_use]
    pub fn fetch(self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Answers with a page of `rows`, which [`Page::fetch`] bounded; `position` is where a row stands in the list's order.
    pub fn answer<R, T: Serialize>(self, req: &HttpRequest, rows: Vec<R>, position: impl Fn(&R) -> i64, item: impl FnMut(R) -> T) -> HttpResponse {
        let mut rows = rows;
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let last = rows.last().filter(|_| more).map(position);
        let next = last.map(|last| address(req, last));
        let mut answer = HttpResponse::Ok();
        if let Some(next) = &next {
            answer.insert_header((LINK, format!("<{next}>; rel=\"next\"")));
        }
        answer.json(Listing { items: rows.into_iter().map(item).collect(), next })
    }

    /// The cursor that continues after `position`.
    #[must_use]
    pub fn cursor(position: i64) -> String {
        base64url(format!("p{position}").as_bytes())
    }
}

fn position(cursor: &str) -> Option<i64> {
    let text = String::from_utf8(from_base64url(cursor)?).ok()?;
    text.strip_prefix('p')?.parse().ok()
}

/// This request's address with the cursor of the next page.
fn address(req: &HttpRequest, last: i64) -> String {
    let kept = req.query_string().split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("cursor"));
    let mut query: Vec<String> = kept.map(str::to_owned).collect();
    query.push(format!("cursor={}", percent(&Page::cursor(last))));
    format!("{}?{}", req.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_a_made_up_one_is_refused() {
        assert_eq!(Page::of(Some(&Page::cursor(41)), None).unwrap(), Page { after: Some(41), limit: 100 });
        for bad in ["41", "", "cDQx=", "eDQx"] {
            assert_eq!(Page::of(Some(bad), None).unwrap_err().code(), Code::CursorInvalid, "{bad}");
        }
    }

    #[test]
    fn a_limit_outside_its_bounds_is_refused() {
        assert!(Page::of(None, Some(0)).is_err());
        assert!(Page::of(None, Some(1_001)).is_err());
        assert_eq!(Page::of(None, Some(1_000)).unwrap().fetch(), 1_001);
    }

    #[test]
    fn the_next_address_keeps_the_filters_and_replaces_the_cursor() {
        let req = TestRequest::with_uri("/v1/units?list=vn-34&cursor=cDE&limit=2").to_http_request();
        assert_eq!(address(&req, 3), "/v1/units?list=vn-34&limit=2&cursor=cDM");
    }
}
