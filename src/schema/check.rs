//! Whether an index fits the questionnaire whose answers it takes.

use super::decode::At;
use super::estimation::Margin;
use super::index::{IndexDefinition, Measure, Node};
use super::number::Ratio;
use super::questionnaire::{Choice, ItemKind, OptionList, Questionnaire};
use crate::words::Finding;

/// Everything in `index` that does not fit `questionnaire`; pointers are into the index file.
///
/// Measures and domains take scale and single items: one option a person. A share may also take one option of a
/// multiple item.
#[must_use]
pub fn check_index_against(index: &IndexDefinition, questionnaire: &Questionnaire) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut at = At::root(&mut findings);
    survey(index, questionnaire, &mut at);
    for (position, domain) in index.domains().iter().enumerate() {
        if let Some(code) = domain.item() {
            let mut at = at.key("domains");
            choice_item(code, questionnaire, false, &mut at.index(position).key("item"));
        }
    }
    if let Some(rule) = &index.estimation().calibration {
        let mut at = at.key("estimation");
        let mut at = at.key("calibration");
        let mut at = at.key("margins");
        for (position, margin) in rule.margins.iter().enumerate() {
            classes(margin, questionnaire, &mut at.index(position));
        }
    }
    nodes(index.tree(), questionnaire, &mut at.key("tree"));
    findings
}

/// The classes of a margin are the options of its item, every one of them.
fn classes(margin: &Margin, questionnaire: &Questionnaire, at: &mut At<'_>) {
    let Some(code) = &margin.item else { return };
    let Some(list) = choice_item(code, questionnaire, false, &mut at.key("item")) else { return };
    let mut named: Vec<&str> = margin.totals.keys().map(|(_, option)| option.as_str()).collect();
    named.sort_unstable();
    named.dedup();
    for option in named.iter().filter(|option| list.number(option).is_none()) {
        at.key("totals").error(
            "unknown-option",
            format!("Câu “{code}” không có lựa chọn “{option}”"),
            format!("The item “{code}” has no option “{option}”"),
        );
    }
    for option in list.all().iter().map(Choice::code).filter(|option| !named.contains(option)) {
        at.key("totals").error(
            "class-without-total",
            format!("Lựa chọn “{option}” của câu “{code}” chưa có tổng số"),
            format!("The option “{option}” of the item “{code}” has no total"),
        );
    }
}

fn survey(index: &IndexDefinition, questionnaire: &Questionnaire, at: &mut At<'_>) {
    let (code, version) = (questionnaire.code(), questionnaire.version());
    if index.survey() != code {
        let named = index.survey();
        at.key("survey").error(
            "other-survey",
            format!("Chỉ số này dành cho phiếu “{named}”, không phải “{code}”"),
            format!("The index is for the survey “{named}”, not “{code}”"),
        );
    } else if !index.survey_versions().iter().any(|known| known == version) {
        at.key("survey_versions").error(
            "other-survey-version",
            format!("Chỉ số này không nhận phiên bản {version} của phiếu hỏi"),
            format!("The index does not take version {version} of the survey"),
        );
    }
}

fn nodes(nodes_: &[Node], questionnaire: &Questionnaire, at: &mut At<'_>) {
    for (position, node) in nodes_.iter().enumerate() {
        let mut at = at.index(position);
        nodes(node.children(), questionnaire, &mut at.key("children"));
        if let Some(found) = node.measure() {
            measure(found, questionnaire, &mut at.key("measure"));
        }
    }
}

fn measure(measure: &Measure, questionnaire: &Questionnaire, at: &mut At<'_>) {
    let single = matches!(measure, Measure::Mean { .. } | Measure::Share { .. });
    let one_option = matches!(measure, Measure::Share { options, .. } if options.len() == 1);
    let is_mean = matches!(measure, Measure::Mean { .. } | Measure::PooledMean { .. });
    for (position, code) in measure.items().iter().enumerate() {
        let list = if single {
            choice_item(code, questionnaire, one_option, &mut at.key("item"))
        } else {
            choice_item(code, questionnaire, false, &mut at.key("items").index(position))
        };
        let Some(list) = list else { continue };
        if is_mean {
            scores(code, list, at);
        }
        for (position, option) in measure.options().iter().enumerate() {
            if list.number(option).is_none() {
                at.key("options").index(position).error(
                    "unknown-option",
                    format!("Câu “{code}” không có lựa chọn “{option}”"),
                    format!("The item “{code}” has no option “{option}”"),
                );
            }
        }
    }
}

fn scores(code: &str, list: &OptionList, at: &mut At<'_>) {
    if !list.has_scores() {
        at.error(
            "no-scores",
            format!("Các lựa chọn của câu “{code}” không có điểm nên không tính được trung bình"),
            format!("The options of the item “{code}” have no scores to take the mean of"),
        );
    }
    let hundred = Ratio::new(100, 1);
    if list.all().iter().filter_map(Choice::score).any(|s| s.numerator() < 0 || Some(s) > hundred) {
        at.warning(
            "score-outside-0-100",
            format!("Câu “{code}” có điểm nằm ngoài khoảng 0–100 của chỉ số"),
            format!("The item “{code}” has scores outside the index's 0 to 100"),
        );
    }
}

/// The options of a scale or single item, or of a multiple one where that will do.
fn choice_item<'q>(code: &str, survey: &'q Questionnaire, multiple: bool, at: &mut At<'_>) -> Option<&'q OptionList> {
    let Some(item) = survey.item(code) else {
        at.error("unknown-item", format!("Phiếu hỏi không có câu “{code}”"), format!("There is no item “{code}”"));
        return None;
    };
    match item.kind() {
        ItemKind::Scale(options) | ItemKind::Single(options) => return Some(options),
        ItemKind::Multiple { options, .. } if multiple => return Some(options),
        _ => {}
    }
    let kind = item.kind().as_str();
    at.error(
        "wrong-item-kind",
        format!("Câu “{code}” thuộc loại {kind}; ở đây cần loại scale hoặc single (tỷ lệ của một lựa chọn: cả multiple)"),
        format!("The item “{code}” is of kind {kind}; scale or single is needed here (multiple too, for the share of one option)"),
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::sample;
    use serde_json::{Value, json};

    fn found(change: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
        let mut index = sample::index();
        change(&mut index);
        let found = check_index_against(&sample::checked_index(&index), &sample::checked(&sample::questionnaire()));
        found.into_iter().map(|finding| (finding.pointer, finding.code.into_owned())).collect()
    }

    #[test]
    fn an_index_that_fits_has_no_findings() {
        assert_eq!(found(|_| ()), []);
    }

    #[test]
    fn everything_that_does_not_fit_comes_at_once() {
        let found = found(|index| {
            index["survey_versions"] = json!(["0.9"]);
            index["domains"][2]["item"] = json!("age");
            index["tree"][0]["children"][0]["measure"]["item"] = json!("sex");
            index["tree"][0]["children"][1]["children"][0]["measure"] = json!({"kind": "pooled_mean", "items": ["staff", "none"]});
            index["tree"][0]["children"][1]["children"][1]["measure"]["options"] = json!(["4", "6"]);
            index["tree"][1]["measure"]["options"] = json!(["tv", "radio"]);
        });
        let expect = [
            ("/survey_versions", "other-survey-version"),
            ("/domains/2/item", "wrong-item-kind"),
            ("/tree/0/children/0/measure", "no-scores"),
            ("/tree/0/children/1/children/0/measure/items/1", "unknown-item"),
            ("/tree/0/children/1/children/1/measure/options/1", "unknown-option"),
            ("/tree/0/children/1/children/1/measure/options/1", "unknown-option"),
            ("/tree/1/measure/item", "wrong-item-kind"),
        ];
        assert_eq!(found, sample::expected(&expect));
    }

    #[test]
    fn an_index_for_another_survey_says_so() {
        assert_eq!(found(|index| index["survey"] = json!("other")), sample::expected(&[("/survey", "other-survey")]));
    }

    #[test]
    fn scores_beyond_the_index_scale_are_a_warning() {
        let mut survey = sample::questionnaire();
        survey["scales"]["five"]["options"][4]["score"] = json!("301/3");
        let found = check_index_against(&sample::checked_index(&sample::index()), &sample::checked(&survey));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code.as_ref(), found[0].is_error()), ("score-outside-0-100", false));
    }
}
