//! The language of a text for people: Vietnamese unless English is preferred.

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};

use crate::words::Lang;

/// What `Accept-Language` asks for (RFC 9110 §12.5.4): the best of the two by weight, the first named of equals.
#[must_use]
pub fn preferred(headers: &HeaderMap) -> Lang {
    let mut best = (Lang::Vi, 0.0_f32);
    for value in headers.get_all(ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok()) {
        for range in value.split(',') {
            let (tag, quality) = range.split_once(';').unwrap_or((range, ""));
            let quality = quality.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let language = match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "vi" | "*" => Lang::Vi,
                "en" => Lang::En,
                _ => continue,
            };
            if quality > best.1 {
                best = (language, quality);
            }
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_preferred_of_the_two_languages_is_found() {
        for (asked, expected) in [
            ("vi", Lang::Vi),
            ("en-GB,en;q=0.9,vi;q=0.8", Lang::En),
            ("fr, vi;q=0.5, en;q=0.4", Lang::Vi),
            ("fr", Lang::Vi),
            ("en;q=0, vi;q=0.1", Lang::Vi),
            ("en;q=nonsense", Lang::Vi),
            ("*", Lang::Vi),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
            assert_eq!(preferred(&headers), expected, "{asked}");
        }
        assert_eq!(preferred(&HeaderMap::new()), Lang::Vi);
    }
}
