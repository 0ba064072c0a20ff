//! Definitions of indices, of surveys and composite ones: their versions, the tree with each weight's share, loading one from a file.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};

use super::{INDICES, findings, to};
use crate::http::body::{Form, LARGE};
use crate::http::state::AppState;
use crate::http::upload::Upload;
use crate::office::definitions::{self, Done, Kind, Sent, Version};
use crate::office::{Action, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, Notice, empty, facts, notice, share_bar, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::schema::composite::{CompositeDefinition, CompositeNode};
use crate::schema::{Document, IndexDefinition, Measure, Node};
use crate::words::encode::hex;
use crate::words::{Finding, any_error};

/// So many items of a measure are named.
const MENTIONED: usize = 6;

/// Every index with its latest version.
#[get("/console/indices")]
pub async fn list_indices(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let versions = app.look(staff.actor.clone(), |look| definitions::list(look, Kind::Index, None)).await?;
    let mut indices: BTreeMap<&str, Vec<&Version>> = BTreeMap::new();
    for version in &versions {
        indices.entry(&version.code).or_default().push(version);
    }
    let heads = [
        Head::Text(staff.say("Chỉ số", "Index")),
        Head::Text(staff.say("Phiên bản", "Versions")),
        Head::Text(staff.say("Công bố sau cùng", "Last published")),
    ];
    Ok(Page::office(&staff, staff.say("Chỉ số", "Indices")).answer(html! {
        @if staff.actor.can(Action::PublishDefinition) { (upload_form(&staff, &Faults::default())) }
        @if indices.is_empty() {
            (empty(staff.say("Chưa có chỉ số nào.", "There are no indices."), &html! {
                p { (staff.say("Nạp một định nghĩa chỉ số (JSON): cây các thành phần, trọng số, cách ước lượng.", "Load the definition of an index (JSON): its tree, weights and how it is estimated.")) }
            }))
        } @else {
            (table(staff.say("Định nghĩa đã công bố", "Published definitions"), &heads, indices.iter().map(|(code, versions)| vec![
                html! { (versions.last().map_or_else(String::new, |version| title(&staff, version))) " " span.hint { (code) } },
                html! { @for version in versions.iter().rev() { a href=(staff.link(&format!("{INDICES}/{code}/{}", version.version))) { (version.version) } " " } },
                html! { (versions.last().map_or_else(String::new, |version| say::instant(staff.lang, version.published_at))) },
            ])))
        }
    }))
}

fn title(visit: &Visit, version: &Version) -> String {
    let document: serde_json::Value = serde_json::from_str(&version.document).unwrap_or_default();
    let title = |lang: &str| document["title"][lang].as_str().map(str::to_owned);
    title(visit.lang.tag()).or_else(|| title("vi")).unwrap_or_else(|| version.code.clone())
}

fn upload_form(visit: &Visit, faults: &Faults) -> Markup {
    html! {
        form.row.filter method="post" action=(visit.link("/console/indices/upload")) enctype="multipart/form-data" {
            div.field.wrong[faults.at("file").is_some()] {
                label for="file" { (visit.say("Nạp định nghĩa (JSON)", "Load a definition (JSON)")) }
                @if let Some(fault) = faults.at("file") { p.fault { (fault) } }
                input #file type="file" name="file" accept=".json,application/json" required;
            }
            button type="submit" { (visit.say("Kiểm tra", "Check")) }
        }
    }
}

/// Reads a file, says what is wrong with it, and shows what it would become.
#[post("/console/indices/upload")]
pub async fn upload(app: AppState, staff: Staff, upload: Upload<LARGE>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::CheckDefinition)?;
    let text =
        upload.file("file").map(|file| String::from_utf8_lossy(&file.bytes).trim_start_matches('\u{feff}').to_owned()).unwrap_or_default();
    check(&app, &staff, text).await
}

async fn check(app: &AppState, staff: &Staff, text: String) -> Result<HttpResponse, Refusal> {
    let sent = Sent::read(text.clone()).of_kind(Kind::Index);
    let document = sent.checked().map(|checked| checked.document.clone());
    let mut found: Vec<Finding> = sent.findings().to_vec();
    if document.is_some() && staff.actor.can(Action::PublishDefinition) {
        // Whether it goes with the questionnaires that are published is found out by publishing it and taking that back.
        let actor = staff.actor.clone();
        match app.slowly(move |office| office.rehearse(&actor, |act| definitions::publish(act, &[sent]))).await {
            Ok(done) => found = done.into_iter().flat_map(|Done { warnings, .. }| warnings).collect(),
            Err(refusal) if refusal.findings().is_empty() && refusal.code().status() < 500 => {
                let said = refusal.said().cloned().unwrap_or_else(|| refusal.title());
                found.push(Finding::error("/version", refusal.code().as_str(), said.vi, said.en));
            }
            Err(refusal) if refusal.code().status() < 500 => found = refusal.findings().to_vec(),
            Err(refusal) => return Err(refusal),
        }
    }
    let wrong = any_error(&found);
    let mut faults = Faults::default();
    if wrong {
        faults.add("file", staff.say("Định nghĩa có lỗi, chưa công bố được", "The definition has errors and cannot be published"));
    }
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page::office(staff, staff.say("Kiểm tra định nghĩa", "Check a definition"))
        .below(INDICES, staff.say("Chỉ số", "Indices"))
        .faults(&faults)
        .status(status);
    Ok(page.answer(html! {
        @if !wrong { (notice(Notice::Done, &html! { p { (staff.say("Công bố được.", "It can be published.")) } })) }
        (findings(staff, &found))
        @if wrong { (upload_form(staff, &faults)) } @else if staff.actor.can(Action::PublishDefinition) {
            form.filter method="post" action=(staff.link("/console/indices/publish")) {
                input type="hidden" name="document" value=(text);
                button type="submit" { (staff.say("Công bố phiên bản này", "Publish this version")) }
                p.hint { (staff.say("Phiên bản đã công bố không bao giờ đổi.", "A published version never changes.")) }
            }
        }
        @if let Some(document) = &document { (drawn(staff, document)) }
    }))
}

/// Publishes what was checked.
#[post("/console/indices/publish")]
pub async fn publish(app: AppState, staff: Staff, fields: Form<LARGE>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::PublishDefinition)?;
    let text = fields.0.get("document").to_owned();
    let again = text.clone();
    let published = app.act(staff.actor.clone(), move |act| definitions::publish(act, &[Sent::read(text).of_kind(Kind::Index)])).await;
    match published {
        Ok(done) => {
            let version = done.into_iter().next().ok_or_else(|| Refusal::internal("nothing was published"))?.version;
            Ok(to(&staff, &format!("{INDICES}/{}/{}", version.code, version.version)))
        }
        Err(refusal) if refusal.code().status() < 500 => check(&app, &staff, again).await,
        Err(refusal) => Err(refusal),
    }
}

/// A version: its tree with each weight's share.
#[get("/console/indices/{code}/{version}")]
pub async fn show_index(app: AppState, staff: Staff, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let (code, version) = path.into_inner();
    let found = app.look(staff.actor.clone(), move |look| definitions::get(look, Kind::Index, &code, &version)).await?;
    let sent = Sent::read(found.document.clone());
    let document = sent.checked().map(|checked| &checked.document).ok_or_else(|| Refusal::internal("a published index has errors"))?;
    let page = Page::office(&staff, title(&staff, &found)).below(INDICES, staff.say("Chỉ số", "Indices"));
    Ok(page.answer(html! {
        (facts(&[
            (staff.say("Mã, phiên bản", "Code, version"), html! { code { (found.code) } " " (found.version) }),
            (staff.say("Công bố", "Published"), html! { (say::instant(staff.lang, found.published_at)) }),
            (staff.say("Mã băm", "Digest"), html! { code { (hex(&found.sha256)) } }),
            ("JSON", html! { a href=(format!("/v1/indices/{}/versions/{}", found.code, found.version)) { (staff.say("tệp như đã công bố", "the file as it was published")) } }),
        ]))
        (drawn(&staff, document))
    }))
}

/// A node of a tree as it is drawn.
struct Branch {
    depth: usize,
    code: String,
    label: String,
    /// Its share among its siblings, and of the whole; none where no weights apply.
    share: Option<f64>,
    whole: Option<f64>,
    of: String,
}

fn drawn(visit: &Visit, document: &Document) -> Markup {
    match document {
        Document::Questionnaire(_) => html! {},
        Document::Index(index) => html! {
            (facts(&[
                (visit.say("Phiếu hỏi", "Questionnaire"), html! { a href=(visit.link(&format!("/console/surveys/{}", index.survey()))) { (index.survey()) } " " (index.survey_versions().join(", ")) }),
                (visit.say("Mức tin cậy", "Level"), html! { (say::percent(visit.lang, index.level(), 0)) }),
                (visit.say("Ít nhất để công bố", "Fewest to be published"), html! { (index.min_n()) " " (visit.say("người trả lời", "respondents")) }),
            ]))
            (tree(visit, &branches(visit, index)))
        },
        Document::Composite(index) => html! {
            (facts(&[
                (visit.say("Kỳ", "Year"), html! { (index.edition()) }),
                (visit.say("Danh mục đơn vị", "List of units"), html! { (index.geography().unwrap_or("–")) }),
                (visit.say("Chỉ tiêu", "Indicators"), html! { (index.leaves().count()) }),
            ]))
            (tree(visit, &composite_branches(visit, index)))
        },
    }
}

fn tree(visit: &Visit, branches: &[Branch]) -> Markup {
    let heads = [
        Head::Text(visit.say("Thành phần", "Part")),
        Head::Text(visit.say("Mã", "Code")),
        Head::Number(visit.say("Trong nhóm", "Within its group")),
        Head::Text(visit.say("Trong toàn chỉ số", "Of the whole")),
        Head::Text(visit.say("Từ", "From")),
    ];
    html! {
        h2 { (visit.say("Cây chỉ số và tỷ trọng", "The tree and the share of each weight")) }
        (table(visit.say("Tỷ trọng của từng thành phần", "The share of each part"), &heads, branches.iter().map(|branch| vec![
            html! { span.branch.(format!("depth-{}", branch.depth.min(6))) { (branch.label) } },
            html! { code { (branch.code) } },
            html! { @if let Some(share) = branch.share { (say::percent(visit.lang, share, 1)) } @else { "–" } },
            html! { @if let Some(whole) = branch.whole { (share_bar(visit.lang, whole, 1)) } @else { "–" } },
            html! { (branch.of) },
        ])))
    }
}

/// Shares among siblings of these weights; of equal weights where none has one.
fn shares(weights: &[Option<f64>]) -> Vec<Option<f64>> {
    if weights.iter().all(Option::is_none) {
        #[allow(clippy::cast_precision_loss, reason = "a few children")]
        let each = 1.0 / weights.len().max(1) as f64;
        return vec![Some(each); weights.len()];
    }
    let sum: f64 = weights.iter().flatten().sum();
    weights.iter().map(|weight| weight.filter(|_| sum > 0.0).map(|weight| weight / sum)).collect()
}

fn branches(visit: &Visit, index: &IndexDefinition) -> Vec<Branch> {
    let value = |name: &str| index.parameters().get(name).map(|parameter| parameter.value);
    let mut found = Vec::new();
    // Several roots stand beside each other: each is a whole.
    for root in index.tree() {
        climb(visit, root, (0, None, Some(1.0)), &value, &mut found);
    }
    found
}

fn climb(
    visit: &Visit,
    node: &Node,
    (depth, share, whole): (usize, Option<f64>, Option<f64>),
    value: &dyn Fn(&str) -> Option<f64>,
    found: &mut Vec<Branch>,
) {
    found.push(Branch {
        depth,
        code: node.code().to_owned(),
        label: node.label().get(visit.lang.tag()).to_owned(),
        share,
        whole,
        of: node.measure().map_or_else(String::new, |measure| measured(visit, measure)),
    });
    let weights: Vec<Option<f64>> = node.children().iter().map(|child| child.weight().and_then(|weight| weight.value(value))).collect();
    for (child, share) in node.children().iter().zip(shares(&weights)) {
        climb(visit, child, (depth + 1, share, whole.zip(share).map(|(whole, share)| whole * share)), value, found);
    }
}

/// What a leaf estimates.
fn measured(visit: &Visit, measure: &Measure) -> String {
    let kind = match measure.kind() {
        "mean" => visit.say("trung bình", "mean").to_owned(),
        "share" => visit.say("tỷ lệ", "share").to_owned(),
        other => other.to_owned(),
    };
    let items = measure.items();
    let more = items.len().saturating_sub(MENTIONED);
    let named = items.iter().take(MENTIONED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{kind}: {named} … (+{more})") } else { format!("{kind}: {named}") }
}

fn composite_branches(visit: &Visit, index: &CompositeDefinition) -> Vec<Branch> {
    let nodes = index.nodes();
    let mut share: Vec<Option<f64>> = vec![None; nodes.len()];
    let mut whole: Vec<Option<f64>> = vec![None; nodes.len()];
    for (place, node) in nodes.iter().enumerate() {
        if node.parent().is_none() {
            whole[place] = Some(1.0);
        }
        let weights: Vec<Option<f64>> = node.children().iter().map(|child| nodes.get(*child).map(CompositeNode::weight)).collect();
        for (child, of) in node.children().iter().zip(shares(&weights)) {
            share[*child] = of;
            whole[*child] = whole[place].zip(of).map(|(whole, of)| whole * of);
        }
    }
    let branch = |(place, node): (usize, &CompositeNode)| Branch {
        depth: usize::try_from(node.depth()).unwrap_or(0).saturating_sub(usize::from(nodes.first().is_some_and(|root| root.depth() > 0))),
        code: node.code().to_owned(),
        label: node.label().get(visit.lang.tag()).to_owned(),
        share: share[place],
        whole: whole[place],
        of: node.indicator().map_or_else(String::new, |indicator| {
            if indicator.survey.is_some() { visit.say("khảo sát", "survey") } else { visit.say("bảng chỉ tiêu", "table") }.to_owned()
        }),
    };
    nodes.iter().enumerate().map(branch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_among_siblings_add_up_to_one_and_are_equal_where_nothing_is_said() {
        assert_eq!(shares(&[Some(1.0), Some(3.0)]), [Some(0.25), Some(0.75)]);
        assert_eq!(shares(&[None, None]), [Some(0.5), Some(0.5)]);
        assert_eq!(shares(&[Some(0.0)]), [None]);
        assert!(shares(&[]).is_empty());
    }
}
