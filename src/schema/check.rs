//! Whether an index fits the questionnaire whose answers it takes.

use super::decode::At;
use super::finding::Finding;
use super::index::{IndexDefinition, Measure, Node};
use super::number::Ratio;
use super::questionnaire::{Item, ItemKind, OptionList, Questionnaire};

/// Everything in `index` that does not fit `questionnaire`; pointers are into the index file.
///
/// Scores and shares are taken over scale and single items only: one option a person.
#[must_use]
pub fn check_index_against(index: &IndexDefinition, questionnaire: &Questionnaire) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut at = At::root(&mut findings);
    survey(index, questionnaire, &mut at);
    for (position, domain) in index.domains().iter().enumerate() {
        if let Some(code) = domain.item() {
            choice_item(code, questionnaire, &mut at.key("domains").index(position).key("item"));
        }
    }
    nodes(index.tree(), questionnaire, &mut at.key("tree"));
    findings
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
    let is_mean = matches!(measure, Measure::Mean { .. } | Measure::PooledMean { .. });
    for (position, code) in measure.items().iter().enumerate() {
        let list = if single {
            choice_item(code, questionnaire, &mut at.key("item"))
        } else {
            choice_item(code, questionnaire, &mut at.key("items").index(position))
        };
        let Some(list) = list else { continue };
        if is_mean {
            scores(code, list, at);
        }
        for (position, option) in measure.options().iter().enumerate() {
            if list.number(option).is_none() {
                at.key("options").index(position).error(
                    "unknown-option",
                    format!("Câu “{code}” không có phương án “{option}”"),
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
            format!("Các phương án của câu “{code}” không có điểm nên không tính được trung bình"),
            format!("The options of the item “{code}” have no scores to take the mean of"),
        );
    }
    let hundred = Ratio::new(100, 1);
    if list.all().iter().filter_map(|option| option.score()).any(|s| s.numerator() < 0 || Some(s) > hundred) {
        at.warning(
            "score-outside-0-100",
            format!("Câu “{code}” có điểm nằm ngoài khoảng 0–100 của chỉ số"),
            format!("The item “{code}” has scores outside the index's 0 to 100"),
        );
    }
}

/// The options of an item that takes one option.
fn choice_item<'q>(code: &str, questionnaire: &'q Questionnaire, at: &mut At<'_>) -> Option<&'q OptionList> {
    let Some(item) = questionnaire.item(code) else {
        at.error("unknown-item", format!("Phiếu hỏi không có câu “{code}”"), format!("There is no item “{code}”"));
        return None;
    };
    if let ItemKind::Scale(options) | ItemKind::Single(options) = item.kind() {
        return Some(options);
    }
    let kind = Item::kind(item).as_str();
    at.error(
        "wrong-item-kind",
        format!("Câu “{code}” thuộc loại {kind}; ở đây cần loại scale hoặc single"),
        format!("The item “{code}” is of kind {kind}; scale or single is needed here"),
    );
    None
}
