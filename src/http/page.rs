//! Pages: opaque cursors, a stable order, the address of the next page.

use std::fmt::Display;
use std::str::FromStr;

use actix_web::http::header::LINK;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::office::Code;
use crate::office::Refusal;
use crate::words::Finding;
use crate::words::encode::{base64url, from_base64url, percent};

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

/// Which page was asked for. `P` is where an item stands in the list's order: a number, unless it takes more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<P = i64> {
    /// Items after this position.
    pub after: Option<P>,
    /// At most so many.
    pub limit: u32,
}

impl<P: Display + FromStr> Page<P> {
    /// Reads the parameters `cursor` and `limit`.
    ///
    /// # Errors
    /// `cursor-invalid` for what [`Page::cursor`] never wrote; `query-invalid` for a limit outside 1 to 1000.
    pub fn of(cursor: Option<&str>, limit: Option<u32>) -> Result<Self, Refusal> {
        let after = cursor.map(|text| position(text).ok_or_else(|| Refusal::new(Code::CursorInvalid))).transpose()?;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let (vi, en) = (format!("Phải từ 1 đến {MAX_LIMIT}"), format!("Must be from 1 to {MAX_LIMIT}"));
            return Err(Refusal::because(Code::QueryInvalid, Finding::error("/query/limit", "out-of-bounds-range", vi, en)));
        }
        Ok(Self { after, limit })
    }

    /// How many rows to ask the store for: one more than the page has tells whether there is a next one.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts `rows`, which [`Page::fetch`] bounded, to the page, and gives the address of the next one.
    pub fn cut<R>(&self, req: &HttpRequest, rows: &mut Vec<R>, position: impl Fn(&R) -> P) -> Option<String> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        rows.last().filter(|_| more).map(|last| address(req, &Self::cursor(&position(last))))
    }

    /// Answers with a page of `rows`, which [`Page::fetch`] bounded.
    pub fn answer<R, T: Serialize>(
        &self,
        req: &HttpRequest,
        mut rows: Vec<R>,
        position: impl Fn(&R) -> P,
        item: impl FnMut(R) -> T,
    ) -> HttpResponse {
        let next = self.cut(req, &mut rows, position);
        let mut answer = HttpResponse::Ok();
        link(&mut answer, next.as_deref());
        answer.json(Listing { items: rows.into_iter().map(item).collect(), next })
    }

    /// The cursor that continues after `position`.
    #[must_use]
    pub fn cursor(position: &P) -> String {
        base64url(format!("p{position}").as_bytes())
    }
}

/// Says where the next page is in the header too.
pub fn link(answer: &mut HttpResponseBuilder, next: Option<&str>) {
    if let Some(next) = next {
        answer.insert_header((LINK, format!("<{next}>; rel=\"next\"")));
    }
}

fn position<P: FromStr>(cursor: &str) -> Option<P> {
    let text = String::from_utf8(from_base64url(cursor)?).ok()?;
    text.strip_prefix('p')?.parse().ok()
}

/// This request's address with the cursor of the next page.
fn address(req: &HttpRequest, cursor: &str) -> String {
    let kept = req.query_string().split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("cursor"));
    let mut query: Vec<String> = kept.map(str::to_owned).collect();
    query.push(format!("cursor={}", percent(cursor)));
    format!("{}?{}", req.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_a_made_up_one_is_refused() {
        assert_eq!(Page::of(Some(&Page::cursor(&41)), None).unwrap(), Page { after: Some(41), limit: 100 });
        for bad in ["41", "", "cDQx=", "eDQx"] {
            assert_eq!(Page::<i64>::of(Some(bad), None).unwrap_err().code(), Code::CursorInvalid, "{bad}");
        }
    }

    #[test]
    fn a_limit_outside_its_bounds_is_refused() {
        assert!(Page::<i64>::of(None, Some(0)).is_err());
        assert!(Page::<i64>::of(None, Some(1_001)).is_err());
        assert_eq!(Page::<i64>::of(None, Some(1_000)).unwrap().fetch(), 1_001);
    }

    #[test]
    fn the_next_address_keeps_the_filters_and_replaces_the_cursor() {
        let req = TestRequest::with_uri("/v1/units?list=vn-34&cursor=cDE&limit=2").to_http_request();
        assert_eq!(address(&req, &Page::cursor(&3)), "/v1/units?list=vn-34&limit=2&cursor=cDM");
    }
}
