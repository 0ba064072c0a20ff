//! The language of a text for people: Vietnamese unless English is preferred.

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};

/// A language that Hailong answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Vietnamese, the default.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The tag: `vi` or `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// Of two texts the one in this language.
    #[must_use]
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// What `Accept-Language` asks for (RFC 9110 §12.5.4): the best of the two by weight, the first named of equals.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut best = (Self::Vi, 0.0_f32);
        for value in headers.get_all(ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok()) {
            for range in value.split(',') {
                let (tag, quality) = range.split_once(';').unwrap_or((range, ""));
                let quality = quality.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
                let language = match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "vi" | "*" => Self::Vi,
                    "en" => Self::En,
                    _ => continue,
                };
                if quality > best.1 {
                    best = (language, quality);
                }
            }
        }
        best.0
    }
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
            assert_eq!(Lang::of(&headers), expected, "{asked}");
        }
        assert_eq!(Lang::of(&HeaderMap::new()), Lang::Vi);
    }
}
