//! A browser: it takes HTML, keeps cookies, and says which site a form comes from.

use std::cell::RefCell;

use super::accounts::{PASSWORD, Person, code};
use super::{Client, Reply, TestApp};

/// Somebody at a browser.
pub struct Browser {
    client: Client,
    cookies: RefCell<Vec<(String, String)>>,
    /// What it prefers.
    pub language: &'static str,
}

impl Reply {
    /// The page, having that status.
    #[track_caller]
    pub fn page(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"), "{}", self.text());
        self.text()
    }

    /// Where it leads.
    #[track_caller]
    pub fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").unwrap()
    }
}

impl Browser {
    /// A browser at this server, with no cookie.
    pub fn at(app: &TestApp) -> Self {
        Self { client: app.anyone(), cookies: RefCell::default(), language: "vi" }
    }

    /// A browser where somebody signed in just now.
    pub fn signed_in(app: &TestApp, person: &Person, now: i64) -> Self {
        let browser = Self::at(app);
        app.set_now(now);
        let fields = [("login", person.name), ("password", PASSWORD), ("totp", &code(person, now))];
        assert!(browser.post("/login", &fields).leads_to().starts_with('/'));
        browser
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[("Sec-Fetch-Site", "none")], None)
    }

    /// Sends a form from a page of the same site.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.post_from(&[("Sec-Fetch-Site", "same-origin")], path, fields)
    }

    /// Sends a form with what the browser says of where it comes from.
    pub fn post_from(&self, from: &[(&str, &str)], path: &str, fields: &[(&str, &str)]) -> Reply {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", hailong::words::encode::percent(value))).collect();
        let headers: Vec<_> = from.iter().copied().chain([("Content-Type", "application/x-www-form-urlencoded")]).collect();
        self.send("POST", path, &headers, Some(body.join("&").as_bytes()))
    }

    /// The cookies as a request has them.
    pub fn cookies(&self) -> String {
        self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Reply {
        let cookies = self.cookies();
        let mut all = vec![("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("Accept-Language", self.language)];
        all.extend((!cookies.is_empty()).then_some(("Cookie", cookies.as_str())));
        all.extend(headers);
        let reply = self.client.send(method, path, &all, body);
        if let Some((name, value)) = reply.header("set-cookie").and_then(|cookie| cookie.split(';').next()?.split_once('=')) {
            let mut cookies = self.cookies.borrow_mut();
            cookies.retain(|(known, _)| known != name);
            cookies.extend((!value.is_empty()).then(|| (name.to_owned(), value.to_owned())));
        }
        reply
    }
}
