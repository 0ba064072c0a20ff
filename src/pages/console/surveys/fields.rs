//! The fields of a questionnaire that is being written: its name, its scales, one section with its questions.

use maud::{Markup, html};

use super::draft::Draft;
use crate::pages::parts::{Area, Faults, Input, Select};
use crate::pages::visit::Visit;

/// A field of a text, by its pointer.
fn text(draft: &Draft, faults: &Faults, pointer: &str, label: &str, hint: Option<&str>) -> Markup {
    let name = pointer.trim_start_matches('/').replace('/', ".");
    let value = draft.said(pointer);
    html! { (Input { name: &name, label, value: &value, hint, fault: faults.at(&name), maxlength: Some(2_000), ..Input::default() }) }
}

/// Both languages of a text.
fn both(visit: &Visit, draft: &Draft, faults: &Faults, pointer: &str, label: &str) -> Markup {
    let whole = pointer.trim_start_matches('/').replace('/', ".");
    html! {
        @if let Some(fault) = faults.at(&whole) { p.fault id=(whole) { (fault) } }
        (text(draft, faults, &format!("{pointer}/vi"), &format!("{label} ({})", visit.say("tiếng Việt", "Vietnamese")), None))
        (text(draft, faults, &format!("{pointer}/en"), &format!("{label} ({})", visit.say("tiếng Anh", "English")), None))
    }
}

/// What the whole questionnaire is called.
pub fn head(visit: &Visit, draft: &Draft, faults: &Faults) -> Markup {
    html! {
        div.columns {
            (text(draft, faults, "/code", visit.say("Mã phiếu hỏi", "Code"), Some(visit.say("chữ thường không dấu, số, gạch nối; không đổi về sau", "small letters, digits and dashes; it never changes"))))
            (text(draft, faults, "/version", visit.say("Phiên bản", "Version"), Some(visit.say("số và dấu chấm, như 2026.1", "digits and dots, such as 2026.1"))))
            (both(visit, draft, faults, "/title", visit.say("Tên", "Title")))
        }
    }
}

/// The shared lists of options.
pub fn scales(visit: &Visit, draft: &Draft, faults: &Faults) -> Markup {
    html! {
        details open[draft.scales().iter().any(|scale| faults.begins(&format!("scales.{scale}")))] {
            summary { (visit.say("Thang đo dùng chung", "Shared scales")) " (" (draft.scales().len()) ")" }
            @for scale in draft.scales() {
                @let pointer = format!("/scales/{}/options", scale.replace('~', "~0").replace('/', "~1"));
                (options(visit, draft, faults, &pointer, &format!("{} {scale}", visit.say("Thang đo", "Scale"))))
                button.small.plain type="submit" name="do" value=(format!("drop-scale:{scale}")) { (visit.say("Bỏ thang đo ", "Drop the scale ")) (scale) }
            }
            p { button.small.plain type="submit" name="do" value="add-scale" { (visit.say("Thêm thang đo", "Add a scale")) } }
        }
    }
}

/// Options as lines.
fn options(visit: &Visit, draft: &Draft, faults: &Faults, pointer: &str, label: &str) -> Markup {
    let (name, value) = (pointer.trim_start_matches('/').replace('/', "."), draft.options(pointer));
    let hint = visit.say(
        "mỗi dòng: mã | điểm | tiếng Việt | tiếng Anh; dán được từ bảng tính",
        "a line each: code | score | Vietnamese | English; a spreadsheet can be pasted",
    );
    let rows = u32::try_from(value.lines().count().clamp(2, 12)).unwrap_or(2) + 1;
    html! { (Area { name: &name, label, value: &value, hint: Some(hint), fault: faults.below(&name), rows, maxlength: Some(60_000) }) }
}

/// The sections, with a button for each but the one that is open.
pub fn outline(visit: &Visit, draft: &Draft, open: usize, faults: &Faults) -> Markup {
    let number = draft.count("/sections");
    html! {
        ol.outline {
            @for section in 0..number {
                @let at = format!("/sections/{section}");
                @let name = format!("{} {}", draft.said(&format!("{at}/code")), draft.said(&format!("{at}/title/vi")));
                li {
                    @if section == open { strong { (name) } } @else { button.small.plain type="submit" name="do" value=(format!("open:{section}")) { (name) } }
                    " " span.hint { (draft.count(&format!("{at}/items"))) " " (visit.say("câu", "items")) }
                    @if faults.begins(&format!("sections.{section}.")) { " " span.tag.bad { (visit.say("có lỗi", "has errors")) } }
                }
            }
        }
        p { button.small.plain type="submit" name="do" value="add-section" { (visit.say("Thêm phần", "Add a section")) } }
    }
}

/// One section with all its questions.
pub fn section(visit: &Visit, draft: &Draft, open: usize, faults: &Faults) -> Markup {
    let at = format!("/sections/{open}");
    if !draft.at(&at).is_object() {
        return html! {};
    }
    let number = draft.count(&format!("{at}/items"));
    html! {
        fieldset.section {
            legend { (visit.say("Phần ", "Section ")) (open + 1) }
            div.columns {
                (text(draft, faults, &format!("{at}/code"), visit.say("Mã phần", "Code of the section"), None))
                (both(visit, draft, faults, &format!("{at}/title"), visit.say("Tên phần", "Title of the section")))
            }
            @for item in 0..number { (question(visit, draft, &format!("{at}/items/{item}"), (item, number), faults)) }
            p {
                button.plain type="submit" name="do" value="add-item" { (visit.say("Thêm câu hỏi", "Add an item")) } " "
                button.small.plain type="submit" name="do" value=(format!("drop-section:{open}")) { (visit.say("Bỏ cả phần này", "Drop this section")) }
            }
        }
    }
}

/// One question.
fn question(visit: &Visit, draft: &Draft, at: &str, (place, number): (usize, usize), faults: &Faults) -> Markup {
    let name = |member: &str| format!("{}.{member}", at.trim_start_matches('/').replace('/', "."));
    let kind = draft.said(&format!("{at}/kind"));
    let kinds = [
        ("scale", visit.say("thang đo", "scale")),
        ("single", visit.say("chọn một", "single choice")),
        ("multiple", visit.say("chọn nhiều", "multiple choice")),
        ("number", visit.say("số", "number")),
        ("date", visit.say("ngày", "date")),
        ("text", visit.say("chữ tự do", "free text")),
    ];
    let yes_no = [("", visit.say("không", "no")), ("true", visit.say("có", "yes"))];
    let choose = |member: &str, label: &str, options: &[(&str, &str)]| {
        let (name, value) = (name(member), draft.said(&format!("{at}/{member}")));
        html! { (Select { name: &name, label, options, value: &value, fault: faults.at(&name), ..Select::default() }) }
    };
    let member = |member: &str, label: &str| text(draft, faults, &format!("{at}/{member}"), label, None);
    let scales = draft.scales();
    let own = [("", visit.say("lựa chọn riêng bên dưới", "options of its own, below"))];
    let lists: Vec<(&str, &str)> = own.into_iter().chain(scales.iter().map(|scale| (scale.as_str(), scale.as_str()))).collect();
    let whole = at.trim_start_matches('/').replace('/', ".");
    html! {
        fieldset.item.wrong[faults.at(&whole).is_some()] id=(whole) {
            legend { (visit.say("Câu ", "Item ")) (place + 1) " · " (draft.said(&format!("{at}/code"))) }
            @if let Some(fault) = faults.at(&whole) { p.fault { (fault) } }
            div.columns {
                (member("code", visit.say("Mã câu", "Code")))
                (choose("kind", visit.say("Loại", "Kind"), &kinds))
                (choose("required", visit.say("Bắt buộc", "Required"), &yes_no))
                (choose("does_not_apply", visit.say("Có “không áp dụng”", "May not apply"), &yes_no))
                @match kind.as_str() {
                    "scale" | "single" | "multiple" => (choose("scale", visit.say("Lựa chọn", "Options"), &lists)),
                    "number" => {
                        (member("min", visit.say("Nhỏ nhất", "Least"))) (member("max", visit.say("Lớn nhất", "Most"))) (member("decimals", visit.say("Số chữ số thập phân", "Decimals")))
                    }
                    "date" => { (member("min", visit.say("Từ ngày (2026-01-31)", "From (2026-01-31)"))) (member("max", visit.say("Đến ngày", "Until"))) }
                    _ => (member("max_length", visit.say("Nhiều nhất (ký tự)", "At most (characters)"))),
                }
                @if kind == "multiple" {
                    (member("min_selected", visit.say("Chọn ít nhất", "Choose at least"))) (member("max_selected", visit.say("Chọn nhiều nhất", "Choose at most")))
                    (codes(draft, faults, &format!("{at}/exclusive"), visit.say("Mã chọn một mình", "Codes that stand alone")))
                }
            }
            div.columns.wide { (both(visit, draft, faults, &format!("{at}/text"), visit.say("Câu hỏi", "Question"))) }
            @if matches!(kind.as_str(), "scale" | "single" | "multiple") && draft.said(&format!("{at}/scale")).is_empty() {
                (options(visit, draft, faults, &format!("{at}/options"), visit.say("Các lựa chọn", "Options")))
            }
            (condition(visit, draft, at, faults))
            p {
                button.small.plain type="submit" name="do" value=(format!("up:{place}")) disabled[place == 0] { "↑ " (visit.say("Lên", "Up")) } " "
                button.small.plain type="submit" name="do" value=(format!("down:{place}")) disabled[place + 1 == number] { "↓ " (visit.say("Xuống", "Down")) } " "
                button.small.plain type="submit" name="do" value=(format!("drop-item:{place}")) { (visit.say("Bỏ câu này", "Drop this item")) }
            }
        }
    }
}

/// Codes with commas between them.
fn codes(draft: &Draft, faults: &Faults, pointer: &str, label: &str) -> Markup {
    let name = pointer.trim_start_matches('/').replace('/', ".");
    let codes: Vec<&str> = draft.at(pointer).as_array().into_iter().flatten().filter_map(|code| code.as_str()).collect();
    let value = codes.join(", ");
    html! { (Input { name: &name, label, value: &value, fault: faults.below(&name), maxlength: Some(2_000), ..Input::default() }) }
}

/// When the question is asked.
fn condition(visit: &Visit, draft: &Draft, at: &str, faults: &Faults) -> Markup {
    let place = format!("{at}/relevant");
    let name = place.trim_start_matches('/').replace('/', ".");
    let condition = draft.at(&place);
    let simple = condition
        .as_object()
        .is_none_or(|members| members.keys().all(|name| ["item", "is", "at_least", "at_most", "answered"].contains(&name.as_str())));
    let is_text = condition.is_string();
    let item = if draft.said(&format!("{place}/answered")).is_empty() {
        draft.said(&format!("{place}/item"))
    } else {
        draft.said(&format!("{place}/answered"))
    };
    let bound = |member: &str, label: &str| text(draft, faults, &format!("{place}/{member}"), label, None);
    html! {
        details open[!condition.is_null()] {
            summary { (visit.say("Chỉ hỏi khi…", "Asked only if…")) }
            @if let Some(fault) = faults.at(&name) { p.fault id=(name) { (fault) } }
            @if simple && !is_text {
                div.columns {
                    @let item_name = format!("{name}.item");
                    (Input { name: &item_name, label: visit.say("Mã câu hỏi đứng trước", "Code of an earlier item"), value: &item, fault: faults.at(&item_name).or_else(|| faults.at(&format!("{name}.answered"))), maxlength: Some(200), hint: Some(visit.say("chỉ nêu câu: khi câu ấy đã được trả lời", "alone: once that item is answered")), ..Input::default() })
                    (codes(draft, faults, &format!("{place}/is"), visit.say("được trả lời là một trong các mã", "is answered by one of the codes")))
                    (bound("at_least", visit.say("hoặc từ", "or from")))
                    (bound("at_most", visit.say("đến", "to")))
                }
            } @else {
                @let value = if is_text { draft.said(&place) } else { condition.to_string() };
                @let json_name = format!("{name}.json");
                (Area { name: &json_name, label: visit.say("Điều kiện (JSON)", "Condition (JSON)"), value: &value, fault: faults.below(&name), rows: 3, ..Area::default() })
            }
        }
    }
}
