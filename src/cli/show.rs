//! Scores as tables and as JSON.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::cli::{lang, left_out};
use crate::design::Mode;
use crate::index::{DomainKey, Score};
use crate::jobs::recompute::{self, Outcome};
use crate::office::figures;
use crate::publication::Manifest;
use crate::publication::disclosure::{Figure, Hidden, Reader, Seen};
use crate::schema::IndexDefinition;
use crate::store::changes::Change;
use crate::unit::{Registry, UnitId};
use crate::words::Lang;
use crate::words::encode::hex;

/// Rows of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// Prints the roots of the index, and what lies right below the first, for every domain: one table a partition.
pub(super) fn tables(outcome: &Outcome, definition: &IndexDefinition, units: &Registry) {
    let manifest = &outcome.manifest;
    let lang = lang::chosen();
    let synthetic = if manifest.synthetic { lang.pick(", DỮ LIỆU GIẢ LẬP", ", SYNTHETIC respondents") } else { "" };
    let (code, version) = (&manifest.index.code, &manifest.index.version);
    let (wave, mode, responses, level) = (&manifest.wave, &manifest.mode, manifest.responses, 100.0 * manifest.level);
    let said = lang.pick(
        format!(
            "{code} {version} · đợt {wave} · {}{synthetic} · {responses} phiếu · khoảng tin cậy {level:.0}%",
            Mode::parse(mode).map_or_else(|| mode.to_owned(), |mode| mode.said().vi.into_owned())
        ),
        format!("{code} {version} · wave {wave} · {mode}{synthetic} · {responses} responses · {level:.0}% intervals"),
    );
    println!("{said}");
    rests_on(manifest);
    let nodes: Vec<&str> =
        definition.tree().iter().flat_map(|root| std::iter::once(root).chain(root.children())).map(crate::schema::Node::code).collect();
    let changes = changes(outcome);
    let mut partitions: Vec<(&str, Vec<(usize, &Score)>)> = Vec::new();
    for (place, score) in outcome.scores.iter().enumerate().filter(|(_, score)| nodes.contains(&score.node.as_str())) {
        match partitions.last_mut() {
            Some((kind, scores)) if *kind == score.domain.kind => scores.push((place, score)),
            _ => partitions.push((&score.domain.kind, vec![(place, score)])),
        }
    }
    for (kind, scores) in partitions {
        println!("\n{}", partition(kind, lang));
        header();
        for (place, score) in scores.iter().take(ROWS) {
            line(score, &domain_name(&score.domain, units));
            if let Some(change) = changes.get(place) {
                moved(change);
            }
        }
        if scores.len() > ROWS {
            lang::more(lang, scores.len(), ROWS, "dòng", ["row", "rows"]);
        }
    }
}

/// What the domains of a table are: the definition's own word where it is not one that every index has.
pub(super) fn partition(kind: &str, lang: Lang) -> &str {
    match kind {
        "nation" => lang.pick("cả nước", kind),
        "province" => lang.pick("tỉnh, thành phố", kind),
        "unit" => lang.pick("đơn vị", kind),
        other => other,
    }
}

/// Says what the intervals of a stream rest on, and how many could have answered.
fn rests_on(manifest: &Manifest) {
    let lang = lang::chosen();
    if let Some(used) = &manifest.clusters {
        let (vi, en) = if used.kind == "device_day" { ("ngày máy", "device-days") } else { ("phiếu riêng lẻ", "single responses") };
        let (clusters, strata) = (used.clusters, used.strata);
        let said = lang.pick(
            format!(
                "không ai được rút mẫu: khoảng tin cậy dựa trên {clusters} {vi} trong {strata} tầng, không tính đến việc ai tự chọn trả lời"
            ),
            format!("nobody was drawn: intervals rest on {clusters} {en} in {strata} strata, and cover nothing of who chose to answer"),
        );
        println!("{said}");
    }
    if let Some(invited) = &manifest.by_invitation {
        let (n, all, share) = (invited.responses, manifest.responses, 100.0 * invited.share);
        println!(
            "{}",
            lang.pick(
                format!("{n} trong {all} phiếu đến bằng thư mời ({share:.1}%)"),
                format!("{n} of {all} responses came by invitation ({share:.1}%)"),
            )
        );
    }
    if let Some(chain) = &manifest.chain {
        let number = |n: Option<i64>| n.map_or(lang.pick("không rõ", "unknown").to_owned(), |n| n.to_string());
        let rate = |rate: Option<f64>| rate.map(|rate| format!(" ({:.1}%)", 100.0 * rate)).unwrap_or_default();
        let reason = chain.reason.as_ref().map(|reason| format!("; {reason}")).unwrap_or_default();
        let [customers, invitations, answers, all, unknown] = lang.pick(
            ["khách hàng", "lời mời", "phiếu trả lời", "chung", " không rõ"],
            ["customers", "invitations", "answers", "overall", " unknown"],
        );
        println!(
            "{customers} {} → {invitations} {}{} → {answers} {}{}, {all}{}{reason}",
            number(chain.customers),
            number(chain.invitations),
            rate(chain.invited),
            chain.answers,
            rate(chain.answered),
            chain.overall.map_or(unknown.to_owned(), |overall| rate(Some(overall)))
        );
    }
    if let Some(flags) = &manifest.flags {
        let (left_out, evaluation, rules) = (flags.left_out, flags.evaluation, flags.rules.join(", "));
        let said = lang.pick(
            format!("không tính {left_out} phiếu mà lần đánh giá {evaluation} đã gắn cờ ({rules})"),
            format!("without {left_out} responses that evaluation {evaluation} flagged ({rules})"),
        );
        println!("{said}");
    }
    for line in left_out::lines(manifest.left_out.as_ref(), lang) {
        println!("{line}");
    }
}

/// The head of a table of scores.
pub(super) fn header() {
    let [node, score, error, interval, rank, ranks] = lang::chosen().pick(
        ["nút", "điểm", "sai số", "khoảng tin cậy", "hạng", "khoảng hạng"],
        ["node", "score", "s.e.", "interval", "rank", "of ranks"],
    );
    println!("  {:<26} {node:<18} {score:>8} {error:>7} {interval:>19} {:>6} {rank:>5} {ranks:>11}", "", "n");
}

/// One line of a table of scores.
pub(super) fn line(score: &Score, name: &str) {
    let number = |x: Option<f64>| x.map_or("–".to_owned(), |x| format!("{x:.2}"));
    let interval = score.low.zip(score.high).map_or("–".to_owned(), |(low, high)| format!("{low:.2} – {high:.2}"));
    let rank = score.rank.map_or(String::new(), |rank| rank.to_string());
    let ranks = score.rank_interval.map_or(String::new(), |r| format!("{}–{}", r.low, r.high));
    let few = if score.suppressed { lang::chosen().pick("  (không công bố)", "  (not published)") } else { "" };
    println!(
        "  {} {:<18} {:>8} {:>7} {:>19} {:>6} {:>5} {:>11}{few}",
        padded(name, 26),
        score.node,
        number(score.value),
        number(score.se),
        interval,
        score.n,
        rank,
        ranks
    );
}

/// The changes by the place of their score.
fn changes(outcome: &Outcome) -> HashMap<usize, &Change> {
    outcome.changes.iter().filter_map(|change| Some((usize::try_from(change.ord).ok()?, change))).collect()
}

/// How the score above moved.
fn moved(change: &Change) {
    let p = |p: Option<f64>| p.map_or("–".to_owned(), |p| if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") });
    let [word, from, holm] = lang::chosen().pick(["thay đổi", "từ", "theo Holm"], ["change", "from", "by Holm"]);
    println!(
        "    {word:>44} {:>+8.2} {:>7.2}   {from} {:.2}; p {}, {holm} {}",
        change.difference,
        change.se,
        change.before,
        p(change.p),
        p(change.p_holm)
    );
}

/// A name cut or filled to so many characters: `{:<26}` counts combining marks of Vietnamese text as columns too.
pub(super) fn padded(name: &str, width: usize) -> String {
    let cut: String = name.chars().take(width).collect();
    let missing = width.saturating_sub(cut.chars().count());
    cut + &" ".repeat(missing)
}

/// What a domain is called.
pub(super) fn domain_name(domain: &DomainKey, units: &Registry) -> String {
    let unit = |id: Option<i32>| id.and_then(|id| units.get(UnitId(id))).map(|unit| unit.record.name_vi.clone());
    let option = domain.option.as_ref().map(|option| format!("{} = {option}", domain.item.as_deref().unwrap_or_default()));
    let parts: Vec<String> = [unit(domain.unit), unit(domain.area), option].into_iter().flatten().collect();
    if parts.is_empty() { lang::chosen().pick("Cả nước", "Nation").to_owned() } else { parts.join(", ") }
}

/// Everything about a run, doubles in full, with the scores that it has without the flagged where they were asked for. Scores are
/// written one by one: as one tree they would take more memory than the run.
pub(super) fn json(run: &str, outcome: &Outcome, units: &Registry, without_flagged: Option<Value>) -> String {
    let changes = changes(outcome);
    let by_kind = outcome.scores.iter().fold(BTreeMap::new(), |mut counts: BTreeMap<&str, usize>, score| {
        *counts.entry(&score.domain.kind).or_default() += 1;
        counts
    });
    let mut head = json!({ "run": run, "digest": hex(&outcome.digest), "manifest": outcome.manifest, "scores_by_domain": by_kind });
    if let Some(without_flagged) = without_flagged {
        head["without_flagged"] = without_flagged;
    }
    let mut text = head.to_string();
    text.pop(); // the brace: one member more follows
    text.push_str(r#","scores":["#);
    for (place, score) in outcome.scores.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        let change = changes.get(&place).map(|change| (*change).clone());
        let settled = outcome.settled.get(place).map_or(&[][..], std::slice::from_ref);
        let row = recompute::rows(std::slice::from_ref(score), settled).into_iter().next();
        if let Some(seen) = row.and_then(|row| figures::figure(row, change, None, 0).seen_by(&Reader::office())) {
            text.push_str(&score_json(&seen, score.weight, units).to_string());
        }
    }
    text.push_str("]}");
    text
}

/// One figure as the office sees it, with how it moved where it was compared.
fn score_json(figure: &Seen<Figure>, weight: f64, units: &Registry) -> Value {
    let mut value = json!(figure.numbers);
    let domain = &figure.domain;
    for (member, told) in [
        ("domain", json!(domain.kind)),
        ("node", json!(figure.node)),
        ("weight", json!(weight)),
        ("suppressed", json!(figure.suppressed)),
        ("hidden", json!(figure.hidden.map(Hidden::as_str))),
    ] {
        value[member] = told;
    }
    words(&mut value, domain, units);
    if let Some(change) = &figure.change {
        value["change"] = json!(change);
    }
    value
}

/// Says in a JSON object what a domain is.
pub(super) fn words(value: &mut Value, domain: &DomainKey, units: &Registry) {
    let code = |id: Option<i32>| id.and_then(|id| units.get(UnitId(id))).map(|unit| format!("{}:{}", unit.record.list, unit.record.code));
    let name = |id: Option<i32>| id.and_then(|id| units.get(UnitId(id))).map(|unit| unit.record.name_vi.clone());
    let words = [
        ("area", code(domain.area)),
        ("area_name", name(domain.area)),
        ("unit", code(domain.unit)),
        ("unit_name", name(domain.unit)),
        ("item", domain.item.clone()),
        ("option", domain.option.clone()),
    ];
    for (key, word) in words {
        if let Some(word) = word {
            value[key] = word.into();
        }
    }
}
