//! What a target would take, how likely it is met now, and the targets of the plan.

use maud::{Markup, html};
use serde::Deserialize;

use super::lost::untold;
use super::own::{OfKind, Picked};
use crate::composite::explain::{Outlook, Plan};
use crate::composite::targets::Standing;
use crate::office::Refusal;
use crate::office::figures::{Targets, compare, evidence};
use crate::pages::parts::{Head, Input, Select, facts, table};
use crate::pages::public::sheet::{Place, Source};
use crate::pages::public::{said, view};
use crate::pages::say;
use crate::pages::visit::Visit;
use crate::publication::disclosure::{Figure, Seen};
use crate::schema::composite::TargetKind;
use crate::scoring::rank::{Assessment, Target};

/// So many ways are shown, the shortest first.
const WAYS: usize = 8;

/// A target as it was asked for: its kind and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// `rank`, `rise`, `score` or, of a composite index, `gain`.
    pub(super) kind: String,
    /// The number as it was typed.
    pub(super) number: String,
}

impl Asked {
    /// What was asked for, or the next of the top five and the top twenty that is ahead.
    pub(super) fn or_next(kind: Option<String>, number: Option<String>, picked: &Picked) -> Option<Self> {
        if let Some((kind, number)) = kind.zip(number.filter(|number| !number.trim().is_empty())) {
            return Some(Self { kind, number: number.trim().to_owned() });
        }
        let top = match picked.place.mark.numbers.rank? {
            ..=5 => return None,
            6..=20 => 5,
            _ => 20,
        };
        Some(Self { kind: "rank".to_owned(), number: top.to_string() })
    }

    /// As programs write it. The decimal sign may be a comma.
    pub(super) fn written(&self) -> String {
        format!("{}:{}", self.kind, self.number.replace(',', "."))
    }
}

/// What came of a composite index's target.
pub(super) type Told = Option<Result<Option<Outlook>, Refusal>>;

/// The section: the form, and what came of it.
pub(super) fn section(visit: &Visit, picked: &Picked, asked: Option<&Asked>, told: &Told) -> Markup {
    if picked.place.mark.numbers.value.is_none() {
        return html! {};
    }
    html! {
        section {
            h2 #target { (visit.say("Muốn đạt mục tiêu thì cần gì", "What a target would take")) }
            (form(visit, picked, asked))
            @if let Some(asked) = asked {
                @match (&picked.of, told) {
                    (OfKind::Survey { root: Some(root), .. }, _) => (of_survey(visit, picked, root, asked)),
                    (OfKind::Composite { .. }, Some(Ok(Some(outlook)))) => (of_composite(visit, picked, outlook)),
                    (OfKind::Composite { .. }, Some(Err(refusal))) => (untold(visit, refusal)),
                    (OfKind::Composite { .. }, None) => (unread(visit)),
                    _ => {},
                }
            }
        }
    }
}

fn form(visit: &Visit, picked: &Picked, asked: Option<&Asked>) -> Markup {
    let mut kinds = vec![
        ("rank", visit.say("vào nhóm hạng cao nhất (TOP)", "be among the top")),
        ("score", visit.say("đạt số điểm", "reach the score")),
        ("rise", visit.say("tăng số hạng", "rise by so many ranks")),
    ];
    if matches!(picked.of, OfKind::Composite { .. }) {
        kinds.push(("gain", visit.say("tăng số điểm", "gain so many points")));
    }
    let (kind, number) = asked.map_or(("rank", ""), |asked| (asked.kind.as_str(), asked.number.as_str()));
    html! {
        form.row.filter.screen method="get" action="/a#target" {
            @if let Some(lang) = visit.chosen() { input type="hidden" name="lang" value=(lang.tag()); }
            input type="hidden" name="edition" value=(picked.edition.code);
            input type="hidden" name="u" value=(picked.place.code);
            (Select { name: "kind", label: visit.say("Mục tiêu", "Target"), options: &kinds, value: kind, ..Select::default() })
            (Input { name: "number", label: visit.say("Số", "Number"), value: number, inputmode: Some("decimal"), maxlength: Some(12), ..Input::default() })
            button.plain type="submit" { (visit.say("Xem", "Show")) }
        }
    }
}

fn unread(visit: &Visit) -> Markup {
    html! { p.fault role="alert" { (visit.say(
        "Không đọc được mục tiêu này. Hạng là số nguyên từ 1, điểm là một số, ví dụ 85 hoặc 85,5.",
        "This target cannot be read. A rank is a whole number from 1, a score a number such as 85 or 85.5.",
    )) } }
}

/// Whether it is met, in view of the error.
fn verdict(visit: &Visit, standing: Standing, reached: bool) -> String {
    let (vi, en) = match (standing, reached) {
        (Standing::Met, _) => {
            ("Đạt: mọi giá trị trong khoảng tin cậy đều đạt mục tiêu.", "Met: every value within the confidence interval meets the target.")
        }
        (Standing::Missed, _) => (
            "Chưa đạt: không giá trị nào trong khoảng tin cậy đạt mục tiêu.",
            "Missed: no value within the confidence interval meets the target.",
        ),
        (Standing::NotDistinguishable, true) => (
            "Chưa phân biệt được: con số đạt mục tiêu, nhưng với sai số có thể là không.",
            "Not distinguishable: the figure meets the target, and with its error it may not.",
        ),
        (Standing::NotDistinguishable, false) => (
            "Chưa phân biệt được: con số chưa đạt mục tiêu, nhưng với sai số có thể là đã đạt.",
            "Not distinguishable: the figure misses the target, and with its error it may have met it.",
        ),
    };
    visit.say(vi, en).to_owned()
}

fn chance(visit: &Visit, chance: Option<f64>) -> Markup {
    html! {
        @match chance {
            Some(chance) => (say::percent(visit.lang, chance, 0)),
            None => (visit.say("không tính được từ những gì đã công bố", "not known from what is published")),
        }
    }
}

fn of_survey(visit: &Visit, picked: &Picked, root: &Seen<Figure>, asked: &Asked) -> Markup {
    let Ok(target) = asked.written().parse::<Target>() else { return unread(visit) };
    let (lang, decimals) = (visit.lang, picked.shown.decimals);
    let Some(Assessment { reached, verdict: found, chance: likely }) = target.assess(&evidence(root), picked.shown.level) else {
        return html! { p.hint { (visit.say(
            "Không xét được mục tiêu này: ấn bản không có hạng, hoặc không được so với lần trước.",
            "Nothing can be said of this target: the edition has no ranks, or was not compared with the time before.",
        )) } };
    };
    let (needed, beside) = needed(picked, root, target);
    let gap = needed.zip(root.numbers.value).map(|(needed, value)| needed - value).filter(|gap| *gap > 0.0 && !reached);
    let rows = [
        Some((visit.say("Kết luận", "Verdict"), html! { strong { (verdict(visit, found.into(), reached)) } })),
        Some((visit.say("Khả năng đã đạt", "Chance that it is met now"), chance(visit, likely.map(|chance| chance.value)))),
        needed.map(|needed| (visit.say("Điểm cần có", "Score needed"), html! {
            strong { (say::number(lang, needed, decimals)) }
            @if let Some(gap) = gap { " (" (visit.say("thêm ", "that is, ")) (say::number(lang, gap, decimals)) (visit.say(" điểm)", " more)")) }
        })),
        beside.map(|place| (visit.say("Nơi giữ mức đó", "Whose score that is"), beside_it(visit, picked, place))),
    ];
    html! {
        (facts(&rows.into_iter().flatten().collect::<Vec<_>>()))
        @if let Some(gap) = gap { (alone(visit, picked, gap)) }
        @if needed.is_none() && picked.is_embargoed() { p.hint { (visit.say(
            "Trước khi công bố chưa thấy điểm của nơi khác, nên chưa nói được cần bao nhiêu điểm.",
            "Before publication the scores of others are not seen, so the score that is needed is not known.",
        )) } }
    }
}

/// The score that a target needs, and the place whose score that is.
fn needed<'p>(picked: &'p Picked, root: &Figure, target: Target) -> (Option<f64>, Option<&'p Place>) {
    let bound = match target {
        Target::ScoreAtLeast(bound) => return (Some(bound), None),
        Target::RankAtMost(bound) => i32::try_from(bound).ok(),
        Target::RiseAtLeast(by) => {
            let before = root.change.and_then(|change| change.rank_before);
            before.zip(i32::try_from(by).ok()).map(|(before, by)| (before - by).max(1))
        }
    };
    let Some(bound) = bound.filter(|_| !picked.is_embargoed()) else { return (None, None) };
    let value = |place: &&Place| place.mark.numbers.value.unwrap_or(f64::INFINITY);
    let within = picked.shown.places.iter().filter(|place| place.mark.numbers.rank.is_some_and(|rank| rank <= bound));
    let last = within.min_by(|a, b| value(a).total_cmp(&value(b)));
    (last.and_then(|place| place.mark.numbers.value), last.filter(|place| place.code != picked.place.code))
}

/// Whether one differs from the place that holds a rank, as far as that is evidence.
fn beside_it(visit: &Visit, picked: &Picked, place: &Place) -> Markup {
    let apart = matches!(picked.shown.source, Source::Survey { apart: true, .. });
    let pair = picked.place.mark.measured().zip(place.mark.measured());
    let found = pair.map(|(own, other)| compare(own, other, apart, picked.shown.level).evidence);
    let said = match found {
        Some(true) => visit.say("có bằng chứng về khác biệt với nơi này", "there is evidence of a difference"),
        Some(false) => visit.say("chưa đủ bằng chứng về khác biệt với nơi này", "no evidence of a difference"),
        None => visit.say("không so sánh được", "they cannot be compared"),
    };
    html! { (view::name(place, visit.lang)) ": " (said) }
}

/// The parts that would do it alone.
fn alone(visit: &Visit, picked: &Picked, gap: f64) -> Markup {
    let OfKind::Survey { lost, .. } = &picked.of else { return html! {} };
    let (lang, decimals) = (visit.lang, picked.shown.decimals);
    let mut ways: Vec<_> = lost.0.iter().filter_map(|leaf| Some((leaf, leaf.value?, leaf.lifts(gap)?))).collect();
    // The share of its way to 100 that each must go.
    let way = |from: f64, to: f64| (to - from) / (100.0 - from);
    ways.sort_by(|a, b| way(a.1, a.2).total_cmp(&way(b.1, b.2)));
    if ways.is_empty() {
        return html! { p { (visit.say(
            "Không phần nào một mình đủ: cần nâng nhiều phần cùng lúc.",
            "No part would do it alone: several must rise together.",
        )) } };
    }
    let title = visit.say("Chỉ nâng một phần, các phần khác giữ nguyên", "One part alone, with the others as they are");
    let heads = [
        Head::Text(visit.say("Phần của chỉ số", "Part of the index")),
        Head::Number(visit.say("Điểm nay", "Now")),
        Head::Number(visit.say("Điểm cần", "Needed")),
    ];
    html! {
        (table(title, &heads, ways.into_iter().take(WAYS).map(|(leaf, from, to)| vec![
            html! { (said(&leaf.label, lang)) },
            html! { (say::number(lang, from, decimals)) },
            html! { (say::number(lang, to, decimals)) },
        ])))
        p.hint { (visit.say(
            "Tính với điểm của những nơi khác như trong ấn bản này; họ cũng có thể thay đổi.",
            "With the scores of the others as they are in this edition; they may move as well.",
        )) }
    }
}

fn of_composite(visit: &Visit, picked: &Picked, outlook: &Outlook) -> Markup {
    let (lang, decimals) = (visit.lang, picked.shown.decimals);
    let (judgement, reach) = (outlook.judgement, &outlook.reach);
    let gap = reach.needed.map(|needed| needed - reach.now.score).filter(|gap| *gap > 0.0 && !reach.met);
    let rows = [
        Some((visit.say("Kết luận", "Verdict"), html! { strong { (verdict(visit, judgement.standing, judgement.reached)) } })),
        Some((visit.say("Khả năng đã đạt", "Chance that it is met now"), chance(visit, judgement.chance))),
        reach.needed.map(|needed| (visit.say("Điểm cần có", "Score needed"), html! {
            strong { (say::number(lang, needed, decimals)) }
            @if let Some(gap) = gap { " (" (visit.say("thêm ", "that is, ")) (say::number(lang, gap, decimals)) (visit.say(" điểm)", " more)")) }
        })),
    ];
    html! {
        (facts(&rows.into_iter().flatten().collect::<Vec<_>>()))
        @if !reach.met {
            @if reach.alone.is_empty() {
                p { (visit.say("Không phần nào một mình đủ.", "No part would do it alone.")) }
            } @else {
                (plans(visit, picked, visit.say("Chỉ nâng một chỉ tiêu, các chỉ tiêu khác giữ nguyên", "One indicator alone, with the others as they are"), &reach.alone))
            }
            @if let Some(fewest) = &reach.fewest {
                (plans(visit, picked, visit.say("Ít chỉ tiêu nhất mà cùng nhau là đủ", "The fewest that do it together"), std::slice::from_ref(fewest)))
            }
        }
    }
}

fn plans(visit: &Visit, picked: &Picked, title: &str, plans: &[Plan]) -> Markup {
    let lang = visit.lang;
    let name = |code: &str| picked.label(code).map_or_else(|| code.to_owned(), |label| said(label, lang).to_owned());
    let heads = [
        Head::Text(visit.say("Chỉ tiêu", "Indicator")),
        Head::Number(visit.say("Nay", "Now")),
        Head::Number(visit.say("Cần", "Needed")),
        Head::Number(visit.say("Tốt nhất", "Best")),
    ];
    let steps = plans.iter().take(WAYS).flat_map(|plan| &plan.steps);
    let number = |value: f64| html! { (say::number(lang, value, 2)) };
    table(title, &heads, steps.map(|step| vec![html! { (name(&step.leaf)) }, number(step.from), number(step.to), number(step.bound)]))
}

/// A target of the plan as it is stored.
#[derive(Deserialize)]
struct Planned {
    unit: String,
    node: Option<String>,
    #[serde(flatten)]
    kind: TargetOf,
    source: Option<String>,
    judgement: Option<Judged>,
}

#[derive(Deserialize)]
struct TargetOf {
    kind: String,
    value: f64,
}

#[derive(Deserialize)]
struct Judged {
    reached: bool,
    standing: Standing,
    chance: Option<f64>,
}

/// The targets of the plan that are one's own.
pub(super) fn planned(visit: &Visit, picked: &Picked, targets: Option<&Targets>) -> Markup {
    let own = |planned: &Planned| planned.unit == picked.place.code;
    let items = targets.iter().flat_map(|targets| &targets.items).filter_map(|item| serde_json::from_str::<Planned>(item.get()).ok());
    let items: Vec<Planned> = items.filter(own).collect();
    if items.is_empty() {
        return html! {};
    }
    let lang = visit.lang;
    let node = |code: &Option<String>| code.as_ref().and_then(|code| picked.label(code)).map_or("", |label| said(label, lang));
    let title = visit.say("Mục tiêu trong kế hoạch", "Targets of the plan");
    let heads = [
        Head::Text(visit.say("Mục tiêu", "Target")),
        Head::Text(visit.say("Kết luận", "Verdict")),
        Head::Number(visit.say("Khả năng đã đạt", "Chance")),
        Head::Text(visit.say("Văn bản", "Document")),
    ];
    html! {
        h2 { (title) }
        (table(title, &heads, items.iter().map(|planned| vec![
            html! { (wanted(visit, &planned.kind)) " " (node(&planned.node)) },
            html! { @match &planned.judgement {
                Some(judged) => (verdict(visit, judged.standing, judged.reached)),
                None => (visit.say("chưa xét được", "not judged")),
            } },
            html! { @if let Some(chance) = planned.judgement.as_ref().and_then(|judged| judged.chance) { (say::percent(lang, chance, 0)) } },
            html! { (planned.source.as_deref().unwrap_or_default()) },
        ])))
    }
}

fn wanted(visit: &Visit, target: &TargetOf) -> String {
    let whole = say::number(visit.lang, target.value, 0);
    let points = say::number(visit.lang, target.value, u8::from(target.value.fract().abs() > 1e-9) * 2);
    match target.kind.as_str() {
        "rank" => visit.say(format!("TOP {whole}"), format!("top {whole}")),
        "rank_gain" => visit.say(format!("tăng {whole} hạng"), format!("up {whole} ranks")),
        "score_gain" => visit.say(format!("tăng {points} điểm"), format!("{points} points more")),
        _ => visit.say(format!("{points} điểm"), format!("{points} points")),
    }
}

/// The target of a composite index, if what was typed is one.
pub(super) fn composite(asked: &Asked) -> Option<TargetKind> {
    asked.written().parse().ok()
}
