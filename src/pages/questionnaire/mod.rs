//! The one renderer of a questionnaire: plain HTML fields that a form sends by itself, and how what they send is read.
//!
//! A question is a `fieldset` with the id and the name `answers.CODE`. What script needs to ask one question at a time stands in `data-`
//! attributes: `data-if` is the condition as the definition writes it, `data-required` says that an answer is needed, `data-alone` names
//! options that stand alone. Without script every question is shown, and what should not have been asked is set aside when it is checked.

mod face;
mod read;

pub use read::answers;

use maud::{Markup, html};

use super::parts::{Faults, about};
use crate::schema::{Item, ItemKind, OptionList, Questionnaire, Section, Text, unscaled};
use crate::words::Lang;

/// The value that says “does not apply”; no option has it, since codes are letters, digits and lines.
pub const DOES_NOT_APPLY: &str = "@does_not_apply";

/// A questionnaire as it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What is asked.
    pub questionnaire: &'a Questionnaire,
    /// Codes of the sections that are offered; none: all of them.
    pub sections: &'a [String],
    /// The language of the questions, one of the questionnaire's.
    pub language: &'a str,
    /// The language of what stands around them.
    pub lang: Lang,
    /// What was answered before: the fields of a form that was sent.
    pub given: &'a [(String, String)],
    /// What was wrong with it.
    pub faults: &'a Faults,
}

/// Whether a section is offered.
fn offers(sections: &[String], section: &Section) -> bool {
    sections.is_empty() || sections.iter().any(|code| code == section.code())
}

/// The name of an item's field, which is its place on the page too.
#[must_use]
pub fn field(item: &str) -> String {
    format!("answers.{item}")
}

impl Asked<'_> {
    /// Every question, section by section.
    #[must_use]
    pub fn questions(&self) -> Markup {
        let offered: Vec<&Section> = self.questionnaire.sections().iter().filter(|section| offers(self.sections, section)).collect();
        let headed = offered.len() > 1;
        html! {
            @for section in offered {
                section.part aria-label=(section.title().get(self.language)) {
                    @if headed { h2.part-title lang=[self.tag(section.title())] { (section.title().get(self.language)) } }
                    @for item in self.questionnaire.items_of(section) { (self.question(item)) }
                }
            }
        }
    }

    /// The language of a text where it is not that of the page.
    fn tag(&self, text: &Text) -> Option<&str> {
        let written = if text.languages().any(|known| known == self.language) { self.language } else { "vi" };
        (written != self.lang.tag()).then_some(written)
    }

    fn question(&self, item: &Item) -> Markup {
        let name = field(item.code());
        let fault = self.faults.at(&name);
        let condition = item.relevant().map(|condition| condition.to_value(self.questionnaire.items()).to_string());
        let alone = alone(item);
        let (least, most) = bounds(item.kind()).unzip();
        let hint = self.hint(item);
        let about = about(&name, hint.as_deref(), fault);
        html! {
            fieldset.q.wrong[fault.is_some()] id=(name) name=(name) tabindex="-1" data-kind=(item.kind().as_str()) data-if=[condition]
                data-required[item.required()] data-alone=[alone] data-min=[least] data-max=[most] aria-describedby=[about] {
                legend lang=[self.tag(item.text())] {
                    (item.text().get(self.language))
                    @if item.required() { " " span.must lang=(self.lang.tag()) { "(" (self.lang.pick("bắt buộc", "required")) ")" } }
                }
                @if let Some(hint) = &hint { p.hint id={ (name) "-hint" } { (hint) } }
                @if let Some(fault) = fault { p.fault id={ (name) "-fault" } { (fault) } }
                (self.control(item, &name))
            }
        }
    }

    fn control(&self, item: &Item, name: &str) -> Markup {
        let legend = item.text().get(self.language);
        match item.kind() {
            ItemKind::Scale(options) => self.choices(item, name, options, face::steps(options).as_deref()),
            ItemKind::Single(options) | ItemKind::Multiple { options, .. } => self.choices(item, name, options, None),
            ItemKind::Number { decimals, .. } => html! {
                input type="text" inputmode=(if *decimals == 0 { "numeric" } else { "decimal" }) name=(name) value=(self.text(name)) maxlength="40"
                    autocomplete="off" spellcheck="false" aria-label=(legend);
                (self.escape(item, name))
            },
            ItemKind::Date { min, max } => html! {
                input type="date" name=(name) value=(self.text(name)) min=(min) max=(max) autocomplete="off" aria-label=(legend);
                (self.escape(item, name))
            },
            ItemKind::Text { max_length } => html! {
                textarea name=(name) rows="4" maxlength=(max_length) autocomplete="off" spellcheck="false" aria-label=(legend) {
                    // A browser takes the first line break after the tag away.
                    "\n" (self.text(name))
                }
                (self.escape(item, name))
            },
        }
    }

    fn choices(&self, item: &Item, name: &str, options: &OptionList, steps: Option<&[usize]>) -> Markup {
        let kind = if matches!(item.kind(), ItemKind::Multiple { .. }) { "checkbox" } else { "radio" };
        let step = |at: usize| steps.and_then(|steps| steps.get(at)).copied();
        html! {
            div.options.faces[steps.is_some()] {
                @for (at, option) in options.all().iter().enumerate() {
                    label {
                        input type=(kind) name=(name) value=(option.code()) checked[self.has(name, option.code())];
                        @if let Some(step) = step(at) { (face::face(step)) }
                        span lang=[self.tag(option.label())] { (option.label().get(self.language)) }
                    }
                }
                @if item.does_not_apply() { (self.does_not_apply(name, kind)) }
            }
        }
    }

    /// “Does not apply” beside a field that is written in.
    fn escape(&self, item: &Item, name: &str) -> Markup {
        html! { @if item.does_not_apply() { div.options { (self.does_not_apply(name, "checkbox")) } } }
    }

    fn does_not_apply(&self, name: &str, kind: &str) -> Markup {
        html! {
            label.aside {
                input type=(kind) name=(name) value=(DOES_NOT_APPLY) checked[self.has(name, DOES_NOT_APPLY)];
                span lang=(self.lang.tag()) { (self.lang.pick("Không áp dụng với tôi", "Does not apply to me")) }
            }
        }
    }

    /// What bounds an answer, where the field does not show it.
    fn hint(&self, item: &Item) -> Option<String> {
        let lang = self.lang;
        match item.kind() {
            ItemKind::Multiple { options, max_selected, .. } if *max_selected < options.count() => {
                Some(format!("{} {max_selected}", lang.pick("Chọn nhiều nhất", "Choose at most")))
            }
            ItemKind::Multiple { .. } => Some(lang.pick("Có thể chọn nhiều ý", "You may choose more than one").to_owned()),
            ItemKind::Number { min, max, decimals: 0 } => {
                Some(format!("{} {min} {} {max}", lang.pick("Từ", "From"), lang.pick("đến", "to")))
            }
            _ => None,
        }
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.given.iter().any(|(known, given)| known == name && given == value)
    }

    /// What was written in a field.
    fn text(&self, name: &str) -> &str {
        let written = self.given.iter().find(|(known, value)| known == name && value != DOES_NOT_APPLY);
        written.map_or("", |(_, value)| value.as_str())
    }
}

/// The options of a multiple item that stand alone.
fn alone(item: &Item) -> Option<String> {
    let ItemKind::Multiple { options, exclusive, .. } = item.kind() else {
        return item.does_not_apply().then(|| DOES_NOT_APPLY.to_owned());
    };
    let codes = exclusive.iter().filter_map(|number| options.get(*number)).map(|option| option.code().to_owned());
    let codes: Vec<String> = codes.chain(item.does_not_apply().then(|| DOES_NOT_APPLY.to_owned())).collect();
    (!codes.is_empty()).then(|| codes.join(" "))
}

/// The least and the most of an answer: of a number its value, of several options how many.
fn bounds(kind: &ItemKind) -> Option<(String, String)> {
    match kind {
        ItemKind::Number { min, max, decimals } => Some((unscaled(*min, *decimals).to_string(), unscaled(*max, *decimals).to_string())),
        ItemKind::Multiple { min_selected, max_selected, .. } => Some((min_selected.to_string(), max_selected.to_string())),
        ItemKind::Scale(_) | ItemKind::Single(_) | ItemKind::Date { .. } | ItemKind::Text { .. } => None,
    }
}
