//! Who looks at a page, in which language, and where its links lead.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::future::LocalBoxFuture;

use super::session;
use crate::http::state::AppState;
use crate::http::{auth, lang};
use crate::office::wire::Words;
use crate::office::{Action, Actor, Code, Holder, Refusal};
use crate::words::encode::percent;
use crate::words::{Lang, Said};

/// A look at a page, by whomever. What a page of the public shows must depend on nothing else.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The language: of the address if it names one, else what the browser prefers.
    pub lang: Lang,
    /// Whether the address names it, so that links must keep it.
    chosen: bool,
    path: String,
    /// The query without the language.
    query: String,
}

/// A look at a page by somebody who is signed in. Whoever is not is sent to sign in.
///
/// A page takes this, and never [`Actor`] from the request: that one is of programs and their keys.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Where and how.
    pub visit: Visit,
    /// Who, for the office.
    pub actor: Actor,
}

impl Visit {
    /// The look that a request is.
    #[must_use]
    pub fn of(req: &HttpRequest) -> Self {
        let pairs = || req.query_string().split('&').filter(|pair| !pair.is_empty());
        let named = pairs().find_map(|pair| match pair {
            "lang=vi" => Some(Lang::Vi),
            "lang=en" => Some(Lang::En),
            _ => None,
        });
        let query: Vec<&str> = pairs().filter(|pair| !pair.starts_with("lang=")).collect();
        Self {
            lang: named.unwrap_or_else(|| lang::preferred(req.headers())),
            chosen: named.is_some(),
            path: req.path().to_owned(),
            query: query.join("&"),
        }
    }

    /// Of two texts the one in the reader's language.
    #[must_use]
    pub fn say<T>(&self, vi: T, en: T) -> T {
        self.lang.pick(vi, en)
    }

    /// A text that comes in both languages.
    #[must_use]
    pub fn pick<'s>(&self, said: &'s Said) -> &'s str {
        said.pick(self.lang)
    }

    /// The words of a wave or definition in the reader's language; the Vietnamese where there are no others.
    #[must_use]
    pub fn words<'w>(&self, words: &'w Words) -> &'w str {
        words.0.get(self.lang.tag()).or_else(|| words.0.get("vi")).map_or("", String::as_str)
    }

    /// The path of this page.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// An address of ours as a link: it keeps the language if one was chosen.
    #[must_use]
    pub fn link(&self, address: &str) -> String {
        if self.chosen { with(address, "lang", self.lang.tag()) } else { address.to_owned() }
    }

    /// The language, if the address names it: forms that are sent by GET carry it on.
    #[must_use]
    pub fn chosen(&self) -> Option<Lang> {
        self.chosen.then_some(self.lang)
    }

    /// This page in another language.
    #[must_use]
    pub fn here_in(&self, lang: Lang) -> String {
        with(&self.here(), "lang", lang.tag())
    }

    /// The address of this page, but for its language.
    #[must_use]
    pub fn here(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// Where to sign in, and come back here afterwards.
    #[must_use]
    pub fn sign_in(&self) -> String {
        self.link(&with("/login", "next", &self.here()))
    }
}

/// An address with one more parameter, before its fragment.
#[must_use]
pub fn with(address: &str, name: &str, value: &str) -> String {
    let (page, fragment) = address.split_once('#').map_or((address, None), |(page, fragment)| (page, Some(fragment)));
    let joint = if page.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{page}{joint}{name}={}{fragment}", percent(value))
}

impl Staff {
    /// Who it is.
    ///
    /// # Errors
    /// `unauthenticated`, which nobody sees who was let in.
    pub fn holder(&self) -> Result<&Holder, Refusal> {
        self.actor.holder().ok_or_else(|| Refusal::new(Code::Unauthenticated))
    }

    /// Lets those pass who may, before a page says more.
    ///
    /// # Errors
    /// `forbidden`, `unit-forbidden`.
    pub fn may(&self, action: Action) -> Result<&Holder, Refusal> {
        self.actor.may(action)
    }
}

impl Deref for Staff {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl FromRequest for Visit {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

impl FromRequest for Staff {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let nobody = || Refusal::new(Code::Unauthenticated);
            let state = req.app_data::<AppState>().ok_or_else(|| Refusal::internal("no state"))?;
            let secret = session::cookie(req.headers()).ok_or_else(nobody)?;
            let holder = auth::of_session(&req, state, secret).await?.ok_or_else(nobody)?;
            Ok(Self { visit: Visit::of(&req), actor: Actor::known(holder) })
        })
    }
}

/// An address to go to after signing in, if it is one of ours: a path, without a way to another host.
#[must_use]
pub fn local(address: &str) -> Option<&str> {
    let away = address.starts_with("//") || address.contains('\\') || address.chars().any(char::is_control);
    (address.starts_with('/') && !away).then_some(address)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT_LANGUAGE;
    use actix_web::test::TestRequest;

    use super::*;

    fn visit(address: &str, accepted: &'static str) -> Visit {
        Visit::of(&TestRequest::with_uri(address).insert_header((ACCEPT_LANGUAGE, accepted)).to_http_request())
    }

    #[test]
    fn links_keep_a_language_that_was_chosen_and_no_other() {
        let chosen = visit("/e/sipas?lang=en&unit=01", "vi");
        assert_eq!((chosen.lang, chosen.link("/e/x#map")), (Lang::En, "/e/x?lang=en#map".to_owned()));
        assert_eq!((chosen.here(), chosen.here_in(Lang::Vi)), ("/e/sipas?unit=01".to_owned(), "/e/sipas?unit=01&lang=vi".to_owned()));
        let preferred = visit("/", "en");
        assert_eq!((preferred.lang, preferred.link("/e/x")), (Lang::En, "/e/x".to_owned()));
        assert_eq!(visit("/?lang=fr", "").lang, Lang::Vi);
    }

    #[test]
    fn whoever_must_sign_in_comes_back() {
        assert_eq!(visit("/account?a=1&b=2", "").sign_in(), "/login?next=%2Faccount%3Fa%3D1%26b%3D2");
    }

    #[test]
    fn no_address_leads_to_another_host() {
        assert_eq!(local("/console/runs?x=1"), Some("/console/runs?x=1"));
        for bad in ["", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", "console"] {
            assert_eq!(local(bad), None, "{bad:?}");
        }
    }
}
