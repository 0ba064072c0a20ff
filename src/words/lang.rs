//! The languages that Hailong speaks, and texts in both.

use std::borrow::Cow;

/// A language that Hailong speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The tag, `vi` or `en`; the key in the labels of definitions.
    #[must_use]
    pub const fn tag(self) -> &'static str {
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

    /// A number of things: `1 unit`, `2 units`. Vietnamese nouns have one form.
    #[must_use]
    pub fn count(self, n: usize, vi: &str, [one, many]: [&str; 2]) -> String {
        let en = if n == 1 { one } else { many };
        format!("{n} {}", self.pick(vi, en))
    }
}

/// A text for people, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// In Vietnamese.
    pub vi: Cow<'static, str>,
    /// In English.
    pub en: Cow<'static, str>,
}

impl Said {
    /// The two texts.
    pub fn new(vi: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }

    /// The text in this language.
    #[must_use]
    pub fn pick(&self, lang: Lang) -> &str {
        lang.pick(&self.vi, &self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_no_plural() {
        let unit = |n| Lang::En.count(n, "đơn vị", ["unit", "units"]);
        assert_eq!((unit(1), unit(0), unit(2)), ("1 unit".to_owned(), "0 units".to_owned(), "2 units".to_owned()));
        assert_eq!(Lang::Vi.count(2, "đơn vị", ["unit", "units"]), "2 đơn vị");
    }
}
