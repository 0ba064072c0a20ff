//! What pages are put together of: fields, tables, notices, what was wrong with a form.

use maud::{Markup, Render, html};

use super::say;
use crate::office::Refusal;
use crate::words::Lang;

/// A field of one line. `Input { name, label, ..Input::default() }`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input<'a> {
    /// The name in the form, which is its place on the page too.
    pub name: &'a str,
    /// What stands above it.
    pub label: &'a str,
    /// `text` if nothing is said, or another type that HTML knows.
    pub kind: &'a str,
    /// What it holds.
    pub value: &'a str,
    /// A sentence about it.
    pub hint: Option<&'a str>,
    /// What is wrong with it.
    pub fault: Option<&'a str>,
    /// What browsers may fill in.
    pub autocomplete: Option<&'a str>,
    /// Which keyboard a phone shows.
    pub inputmode: Option<&'a str>,
    /// How many characters it takes.
    pub maxlength: Option<u32>,
    /// Whether it may not be left empty.
    pub required: bool,
}

impl Render for Input<'_> {
    fn render(&self) -> Markup {
        let kind = if self.kind.is_empty() { "text" } else { self.kind };
        let about = about(self.name, self.hint, self.fault);
        field(
            self.name,
            self.label,
            self.hint,
            self.fault,
            &html! {
                input id=(self.name) name=(self.name) type=(kind) value=[(!self.value.is_empty()).then_some(self.value)] required[self.required]
                    autocomplete=[self.autocomplete] inputmode=[self.inputmode] maxlength=[self.maxlength] spellcheck="false"
                    aria-describedby=[about.as_deref()] aria-invalid=[self.fault.map(|_| "true")];
            },
        )
    }
}

/// A field of many lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Area<'a> {
    /// The name in the form.
    pub name: &'a str,
    /// What stands above it.
    pub label: &'a str,
    /// What it holds.
    pub value: &'a str,
    /// A sentence about it.
    pub hint: Option<&'a str>,
    /// What is wrong with it.
    pub fault: Option<&'a str>,
    /// How many lines it shows; 4 if nothing is said.
    pub rows: u32,
    /// How many characters it takes.
    pub maxlength: Option<u32>,
}

impl Render for Area<'_> {
    fn render(&self) -> Markup {
        let about = about(self.name, self.hint, self.fault);
        let rows = if self.rows == 0 { 4 } else { self.rows };
        field(
            self.name,
            self.label,
            self.hint,
            self.fault,
            &html! {
                textarea id=(self.name) name=(self.name) rows=(rows) maxlength=[self.maxlength] spellcheck="false"
                    aria-describedby=[about.as_deref()] aria-invalid=[self.fault.map(|_| "true")] { (self.value) }
            },
        )
    }
}

/// One of several, from a list that opens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Select<'a> {
    /// The name in the form.
    pub name: &'a str,
    /// What stands above it.
    pub label: &'a str,
    /// Value and text of each, in their order.
    pub options: &'a [(&'a str, &'a str)],
    /// The value that is chosen.
    pub value: &'a str,
    /// A sentence about it.
    pub hint: Option<&'a str>,
    /// What is wrong with it.
    pub fault: Option<&'a str>,
}

impl Render for Select<'_> {
    fn render(&self) -> Markup {
        let about = about(self.name, self.hint, self.fault);
        field(
            self.name,
            self.label,
            self.hint,
            self.fault,
            &html! {
                select id=(self.name) name=(self.name) aria-describedby=[about.as_deref()] aria-invalid=[self.fault.map(|_| "true")] {
                    @for (value, text) in self.options { option value=(value) selected[*value == self.value] { (text) } }
                }
            },
        )
    }
}

/// The places of hint and fault of a field, for those who hear the page.
pub(super) fn about(name: &str, hint: Option<&str>, fault: Option<&str>) -> Option<String> {
    let places: Vec<String> =
        [(hint, "hint"), (fault, "fault")].iter().filter(|(text, _)| text.is_some()).map(|(_, what)| format!("{name}-{what}")).collect();
    (!places.is_empty()).then(|| places.join(" "))
}

fn field(name: &str, label: &str, hint: Option<&str>, fault: Option<&str>, control: &Markup) -> Markup {
    html! {
        div.field.wrong[fault.is_some()] {
            label for=(name) { (label) }
            @if let Some(hint) = hint { p.hint id={ (name) "-hint" } { (hint) } }
            @if let Some(fault) = fault { p.fault id={ (name) "-fault" } { (fault) } }
            (control)
        }
    }
}

/// What was wrong with a form: texts in the reader's language, some with the name of a field.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Fault>);

#[derive(Debug, Clone)]
struct Fault {
    field: String,
    /// What the field is called, where the text does not say.
    label: Option<String>,
    text: String,
}

impl Faults {
    /// What the office refused it for: each finding at the field that its pointer names, or the refusal as a whole.
    #[must_use]
    pub fn of(refusal: &Refusal, lang: Lang) -> Self {
        let field = |pointer: &str| pointer.trim_start_matches('/').replace('/', ".");
        let mut faults = Self::default();
        for finding in refusal.findings() {
            faults.add(&field(&finding.pointer), finding.message(lang));
        }
        if faults.is_empty() {
            let said = refusal.said().map_or_else(|| refusal.title().pick(lang).to_owned(), |said| said.pick(lang).to_owned());
            faults.add("", said);
        }
        faults
    }

    /// One more, at a field or, with no name, at the form as a whole.
    pub fn add(&mut self, field: &str, text: impl Into<String>) {
        self.0.push(Fault { field: field.to_owned(), label: None, text: text.into() });
    }

    /// One more, at a field that the summary calls by its label.
    pub fn add_at(&mut self, field: &str, label: &str, text: impl Into<String>) {
        self.0.push(Fault { field: field.to_owned(), label: Some(label.to_owned()), text: text.into() });
    }

    /// Whether nothing was wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first at a field.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.field == field).map(|fault| fault.text.as_str())
    }

    /// The first at a field or below it.
    #[must_use]
    pub fn below(&self, field: &str) -> Option<&str> {
        let is_below = |fault: &&Fault| fault.field.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.0.iter().find(is_below).map(|fault| fault.text.as_str())
    }

    /// Whether the name of any field begins so.
    #[must_use]
    pub fn begins(&self, with: &str) -> bool {
        self.0.iter().any(|fault| fault.field.starts_with(with))
    }

    /// All of it, each a link to its field.
    #[must_use]
    pub fn summary(&self, lang: Lang) -> Markup {
        html! {
            section.summary role="alert" aria-labelledby="faults" {
                h2 #faults { (lang.pick("Có chỗ cần sửa", "There is something to correct")) }
                ul {
                    @for Fault { field, label, text } in &self.0 {
                        @let said = label.as_ref().map_or_else(|| text.clone(), |label| format!("{label} – {text}"));
                        li { @if field.is_empty() { (said) } @else { a href={ "#" (field) } { (said) } } }
                    }
                }
            }
        }
    }
}

/// The head of a column.
#[derive(Debug, Clone, Copy)]
pub enum Head<'a> {
    /// Of texts.
    Text(&'a str),
    /// Of numbers, which stand below each other.
    Number(&'a str),
}

/// A table with its caption; the first cell of a row is its head. One that is wider than the page scrolls by itself.
#[must_use]
pub fn table(caption: &str, heads: &[Head<'_>], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    let is_number = |at: usize| matches!(heads.get(at), Some(Head::Number(_)));
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for head in heads {
                    @match head {
                        // Over links and buttons, which say what they do.
                        Head::Text("") => td {},
                        Head::Text(text) => th scope="col" { (text) },
                        Head::Number(text) => th.number scope="col" { (text) },
                    }
                } } }
                tbody { @for row in rows { tr { @for (at, cell) in row.iter().enumerate() {
                    @if at == 0 { th scope="row" { (cell) } } @else { td class=[is_number(at).then_some("number")] { (cell) } }
                } } } }
            }
        }
    }
}

/// Values and texts as [`Select`] takes them.
#[must_use]
pub fn borrowed<V: AsRef<str>>(options: &[(V, String)]) -> Vec<(&str, &str)> {
    options.iter().map(|(value, text)| (value.as_ref(), text.as_str())).collect()
}

/// Names and what belongs to them, one below the other.
#[must_use]
pub fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } } }
}

/// A share of one as a bar that is a number too.
#[must_use]
pub fn share_bar(lang: Lang, share: f64, decimals: u8) -> Markup {
    bar(share, &say::percent(lang, share, decimals))
}

/// A bar that is so much of its whole, with what it says beside it.
#[must_use]
pub fn bar(share: f64, said: &str) -> Markup {
    let width = format!("{:.2}", (share * 100.0).clamp(0.0, 100.0));
    html! {
        span.amount {
            svg.bar-of viewBox="0 0 100 8" width="100" height="8" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                rect.whole width="100" height="8" {}
                rect.part width=(width) height="8" {}
            }
            (said)
        }
    }
}

/// Where nothing is yet: what will be here, and how it comes to be.
#[must_use]
pub fn empty(what: &str, how: &Markup) -> Markup {
    html! { div.empty { p.what { (what) } (how) } }
}

/// What kind of thing a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Something to know.
    Note,
    /// Something to be careful with.
    Care,
    /// Something that went well.
    Done,
}

/// A notice in the text. Its kind is a sign and not a colour alone.
#[must_use]
pub fn notice(kind: Notice, body: &Markup) -> Markup {
    let (class, sign) = match kind {
        Notice::Note => ("note", "i"),
        Notice::Care => ("care", "!"),
        Notice::Done => ("done", "✓"),
    };
    html! { div class={ "notice " (class) } { span.sign aria-hidden="true" { (sign) } div { (body) } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::Code;
    use crate::words::Finding;

    #[test]
    fn a_field_with_a_fault_says_so_to_those_who_hear_the_page() {
        let field = Input { name: "totp", label: "Mã <một lần>", fault: Some("Sai"), hint: Some("6 chữ số"), ..Input::default() };
        let html = field.render().into_string();
        assert!(html.contains(r#"<label for="totp">Mã &lt;một lần&gt;</label>"#), "{html}");
        assert!(html.contains(r#"aria-describedby="totp-hint totp-fault" aria-invalid="true""#), "{html}");
    }

    #[test]
    fn findings_stand_at_their_fields_and_a_refusal_without_any_at_the_form() {
        let refusal = Refusal::because(Code::BodyInvalid, Finding::error("/role", "role-unknown", "Hãy nêu vai trò", "Say as which"));
        let faults = Faults::of(&refusal, Lang::Vi);
        assert_eq!((faults.at("role"), faults.at("login")), (Some("Hãy nêu vai trò"), None));
        assert!(faults.summary(Lang::Vi).into_string().contains(r##"<a href="#role">Hãy nêu vai trò</a>"##));
        let whole = Faults::of(&Refusal::new(Code::LoginRefused), Lang::En);
        assert_eq!(whole.at(""), Some("The login is refused"));
    }

    #[test]
    fn the_first_cell_of_a_row_is_its_head_and_numbers_stand_right() {
        let html = table("Điểm", &[Head::Text("Tỉnh"), Head::Number("Điểm")], [vec![html! { "Huế" }, html! { "84,2" }]]).into_string();
        assert!(html.contains(r#"<th scope="row">Huế</th><td class="number">84,2</td>"#), "{html}");
    }
}
