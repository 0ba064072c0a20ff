//! Query parameters: which an address knows, and reading them. One that is unknown, repeated or holds what no text may is refused,
//! whatever the handler would have made of it.

use std::collections::HashMap;
use std::future::{Ready, ready};

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, dev, web};
use serde::de::DeserializeOwned;
use validator::Validate;

use crate::http::auth;
use crate::office::shape::{self, shortened};
use crate::office::{Code, Refusal, wire};
use crate::words::Finding;

/// The most characters of a value.
pub const MAX_CHARS: usize = 1_000;

/// The parameters that each operation knows. A face hands it over with its routes; an address that is not in it is let pass.
#[derive(Debug, Default)]
pub struct Contract(HashMap<(Method, String), Vec<String>>);

/// The parameters of a request, read and within their bounds.
pub struct Query<T>(pub T);

impl Contract {
    /// Adds an operation by its method, the template of its address (`/v1/units/{list}`), and the names of its parameters.
    pub fn add(&mut self, method: Method, template: &str, names: Vec<String>) {
        self.0.insert((method, template.to_owned()), names);
    }

    fn names(&self, method: &Method, template: &str) -> Option<&[String]> {
        // Only the lookup needs an owned key, and a request has one address.
        self.0.get(&(method.clone(), template.to_owned())).map(Vec::as_slice)
    }
}

impl<T> std::ops::Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Query<T> {
    /// The parameters.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned + Validate> FromRequest for Query<T> {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(parse(req.query_string()).map(Self))
    }
}

/// The template of a request's address as descriptions write it: without how a parameter is matched.
#[must_use]
pub fn template(pattern: &str) -> String {
    pattern.replace(":[^:/]+}", "}")
}

/// Refuses a request whose address holds what no handler may see.
///
/// # Errors
/// `not-found` for a NUL in the path, `secret-in-query`, `query-invalid` with every parameter that is unknown, repeated or unreadable.
pub fn check(req: &ServiceRequest) -> Result<(), Refusal> {
    if req.uri().path().contains("%00") {
        return Err(Refusal::not_found());
    }
    let query = req.query_string();
    if query.is_empty() {
        return Ok(());
    }
    if auth::names_a_secret(query) {
        return Err(Refusal::new(Code::SecretInQuery));
    }
    let contract = req.app_data::<web::Data<Contract>>();
    let known = contract.and_then(|contract| contract.names(req.method(), &template(&req.match_pattern()?)));
    known.map_or(Ok(()), |known| refuse(against(query, known)))
}

fn parse<T: DeserializeOwned + Validate>(query: &str) -> Result<T, Refusal> {
    let mut findings = Vec::new();
    let pairs = decode(query, &mut findings);
    refuse(findings)?;
    let value: T = shape::from_pairs(&pairs).map_err(|finding| Refusal::because(Code::QueryInvalid, finding))?;
    refuse(wire::findings_at(&value, "/query"))?;
    Ok(value)
}

fn refuse(findings: Vec<Finding>) -> Result<(), Refusal> {
    if findings.is_empty() { Ok(()) } else { Err(Refusal::new(Code::QueryInvalid).errors(findings)) }
}

/// Everything that is wrong with the names and the text of a query.
fn against(query: &str, known: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pairs = decode(query, &mut findings);
    for (at, (name, _)) in pairs.iter().enumerate() {
        let pointer = pointer(name);
        if !known.contains(name) {
            let (name, list) = (shortened(name), known.join(", "));
            let (vi, en) = if known.is_empty() {
                ("địa chỉ này không có tham số nào".to_owned(), "this address has none".to_owned())
            } else {
                (format!("các tham số: {list}"), format!("the parameters are: {list}"))
            };
            let (vi, en) = (format!("Không có tham số {name}; {vi}"), format!("There is no parameter {name}; {en}"));
            findings.push(Finding::error(pointer, "unknown-parameter", vi, en));
        } else if pairs[..at].iter().any(|(before, _)| before == name) {
            let (vi, en) = (format!("Tham số {name} xuất hiện nhiều lần"), format!("The parameter {name} is repeated"));
            findings.push(Finding::error(pointer, "repeated-parameter", vi, en));
        }
    }
    findings
}

fn pointer(name: &str) -> String {
    below("/query", name)
}

fn below(root: &str, name: &str) -> String {
    format!("{root}/{}", shortened(name).replace('~', "~0").replace('/', "~1"))
}

/// Takes a query apart; what cannot be read as text is left out and found.
fn decode(query: &str, findings: &mut Vec<Finding>) -> Vec<(String, String)> {
    pairs(query, "/query", MAX_CHARS, findings)
}

/// Takes `application/x-www-form-urlencoded` apart, values of `max` characters at most; what cannot be read as text is left out and found
/// below the pointer `root`.
pub(crate) fn pairs(coded: &str, root: &str, max: usize, findings: &mut Vec<Finding>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for pair in coded.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = match text(name, MAX_CHARS) {
            Ok(name) => name,
            Err(kind) => {
                findings.push(kind.finding(root.to_owned()));
                continue;
            }
        };
        match text(value, max) {
            Ok(value) => pairs.push((name, value)),
            Err(kind) => findings.push(kind.finding(below(root, &name))),
        }
    }
    pairs
}

enum Unreadable {
    NotUtf8,
    Nul,
    Long(usize),
}

impl Unreadable {
    fn finding(&self, pointer: String) -> Finding {
        match self {
            Self::NotUtf8 => Finding::error(pointer, "not-utf8", "Không phải UTF-8 viết bằng %XX", "Not UTF-8 written as %XX"),
            Self::Nul => Finding::error(pointer, "nul-character", "Có ký tự U+0000", "Holds the character U+0000"),
            Self::Long(max) => {
                let (vi, en) = (format!("Dài quá {max} ký tự"), format!("Longer than {max} characters"));
                Finding::error(pointer, "too-long", vi, en)
            }
        }
    }
}

fn text(coded: &str, max: usize) -> Result<String, Unreadable> {
    let mut bytes = Vec::with_capacity(coded.len());
    let mut rest = coded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let both = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                both.ok_or(Unreadable::NotUtf8)?
            }
            plain => plain,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8)?;
    match () {
        () if text.contains('\0') => Err(Unreadable::Nul),
        () if text.chars().count() > max => Err(Unreadable::Long(max)),
        () => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(query: &str, known: &[&str]) -> Vec<(String, String)> {
        let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        against(query, &known).into_iter().map(|finding| (finding.pointer, finding.code.into_owned())).collect()
    }

    #[test]
    fn every_parameter_that_is_unknown_repeated_or_unreadable_is_found() {
        let found = codes("a=1&b=2&a=3&c=%00&d=%ff&%zz=1&c/x=1&&a=%", &["a", "c", "d"]);
        let found: Vec<(&str, &str)> = found.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
        assert_eq!(
            found,
            [
                ("/query/c", "nul-character"),
                ("/query/d", "not-utf8"),
                ("/query", "not-utf8"),
                ("/query/a", "not-utf8"),
                ("/query/b", "unknown-parameter"),
                ("/query/a", "repeated-parameter"),
                ("/query/c~1x", "unknown-parameter"),
            ]
        );
        assert_eq!(codes("a=1&c=%E1%BB%8B+x", &["a", "c"]), []);
        assert_eq!(codes(&format!("a={}", "x".repeat(MAX_CHARS + 1)), &["a"])[0].1, "too-long");
    }

    #[test]
    fn text_is_decoded_once() {
        assert_eq!(text("%E1%BB%8B+x%2B%2500", MAX_CHARS).ok().as_deref(), Some("ị x+%00"));
    }
}
