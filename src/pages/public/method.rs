//! `/methods/{index}`: how an index is calculated, what it leaves out, and how to repeat it.

use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::{said, segment, shared};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::definitions::{self, Kind, Version};
use crate::office::{Actor, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Select, facts, table};
use crate::pages::say;
use crate::pages::visit::Visit;
use crate::schema::composite::CompositeDefinition;
use crate::schema::{self, Document, IndexDefinition, Node, NodeMissing, ShareInterval, Weight};
use crate::words::Lang;
use crate::words::encode::hex;

/// Which version.
#[derive(Debug, Deserialize, Validate)]
pub struct MethodQuery {
    /// The version; the latest if none is named.
    #[validate(length(max = 100))]
    version: Option<String>,
}

/// The page of an index.
#[get("/methods/{index}")]
pub async fn show_method(
    state: AppState,
    visit: Visit,
    code: web::Path<String>,
    query: Query<MethodQuery>,
) -> Result<HttpResponse, Refusal> {
    let (code, version) = (code.into_inner(), query.into_inner().version);
    let versions = state.look(Actor::anyone(), move |look| definitions::list(look, Kind::Index, Some(&code))).await?;
    let wanted = |known: &&Version| version.as_ref().is_none_or(|version| known.version == *version);
    let chosen = versions.iter().filter(wanted).max_by_key(|version| version.published_at).ok_or_else(Refusal::not_found)?;
    let checked = schema::parse(&chosen.document).map_err(|_| Refusal::internal("a published definition cannot be read"))?;
    let (title, body) = match &checked.document {
        Document::Index(index) => (said(index.title(), visit.lang).to_owned(), of_index(&visit, index)),
        Document::Composite(index) => (said(index.title(), visit.lang).to_owned(), of_composite(&visit, index)),
        Document::Questionnaire(_) => return Err(Refusal::not_found()),
    };
    Ok(shared(page(&visit, &versions, chosen, &title, &body)))
}

fn page(visit: &Visit, versions: &[Version], chosen: &Version, title: &str, body: &Markup) -> HttpResponse {
    let lead = format!("{} {}", visit.say("Cách tính, phiên bản", "Method, version"), chosen.version);
    let names: Vec<(&str, &str)> = versions.iter().map(|known| (known.version.as_str(), known.version.as_str())).collect();
    let document = format!("/v1/indices/{}/versions/{}", segment(&chosen.code), segment(&chosen.version));
    Page::public(visit, title).cached().lead(lead).below("/", visit.say("Các ấn bản", "Editions")).answer(html! {
        @if versions.len() > 1 {
            form.row.screen method="get" {
                @if let Some(lang) = visit.chosen() { input type="hidden" name="lang" value=(lang.tag()); }
                (Select { name: "version", label: visit.say("Phiên bản", "Version"), options: &names, value: &chosen.version, ..Select::default() })
                button.plain type="submit" { (visit.say("Xem", "Show")) }
            }
        }
        (body)
        h2 { (visit.say("Tính lại", "Repeating it")) }
        p { (visit.say(
            "Định nghĩa là một tệp có phiên bản, đã công bố thì không đổi. Cùng đầu vào thì cùng kết quả, đến từng bit; mỗi ấn bản ghi mã SHA-256 của những gì mọi người thấy.",
            "The definition is a file with a version, which never changes once it is published. The same inputs give the same figures to the last bit; each edition names the SHA-256 of what everybody sees.",
        )) }
        (facts(&[
            (visit.say("Định nghĩa", "Definition"), html! { a href=(document) { (document) } }),
            (visit.say("SHA-256", "SHA-256"), html! { code { (hex(&chosen.sha256)) } }),
            (visit.say("Công bố", "Published"), html! { (say::day(visit.lang, chosen.published_at)) }),
        ]))
    })
}

fn of_index(visit: &Visit, index: &IndexDefinition) -> Markup {
    let lang = visit.lang;
    let level = say::percent(lang, index.level(), 0);
    let interval = match index.estimation().share_interval {
        ShareInterval::Linear => visit.say("đối xứng quanh điểm, theo Student t", "symmetric about the score, by Student’s t"),
        ShareInterval::Logit => visit.say("đối xứng trên thang logit", "symmetric in the log odds"),
        ShareInterval::Asin => visit.say("đối xứng trên thang arcsin", "symmetric on the arcsine scale"),
        ShareInterval::Beta => visit.say("Korn và Graubard", "Korn and Graubard’s"),
        ShareInterval::Wilson => visit.say("Wilson, theo cỡ mẫu hiệu dụng", "Wilson’s, at the effective sample size"),
    };
    let missing = match index.missing().node {
        NodeMissing::Renormalise => {
            visit.say("chia lại trọng số cho các phần còn lại", "weights of the parts that are there are scaled to add to one")
        }
        NodeMissing::Missing => visit.say("phần chứa nó cũng không có điểm", "the part that holds it has no score either"),
    };
    let hidden = visit.say(
        format!(
            "dưới {} người trả lời, hoặc từ đó suy ra được câu trả lời của ai; và những số cần ẩn thêm để không tính ngược lại được",
            index.min_n()
        ),
        format!("fewer than {} respondents, or it would tell somebody’s answer; and whatever must be hidden beside it", index.min_n()),
    );
    html! {
        @if let Some(note) = index.note() { p { (said(note, lang)) } }
        h2 { (visit.say("Công thức", "Formula")) }
        p { (visit.say(
            "Mỗi mục cuối cùng là một trung bình hoặc tỷ lệ có trọng số của các câu trả lời, trên thang 0–100. Mỗi phần là trung bình có trọng số của các phần trong nó.",
            "Each last item is a weighted mean or share of answers, on a scale of 0 to 100. Each part is the weighted mean of the parts in it.",
        )) }
        (facts(&[
            (visit.say("Khoảng tin cậy", "Intervals"), html! { (level) ", " (interval) }),
            (visit.say("Thiếu một phần", "Where a part is missing"), html! { (missing) }),
            (visit.say("Không công bố", "Not published"), html! { (hidden) }),
            (visit.say("Làm tròn", "Rounding"), html! { (visit.say(format!("{} chữ số thập phân", index.decimals()), format!("{} decimals", index.decimals()))) }),
            (visit.say("Phiếu hỏi", "Questionnaire"), html! { (index.survey()) " " (index.survey_versions().join(", ")) }),
        ]))
        h2 { (visit.say("Các phần và trọng số", "Parts and weights")) }
        (tree_of(visit, index))
        h2 { (visit.say("Giới hạn", "Limits")) }
        p { (visit.say(
            "Khoảng tin cậy chỉ tính sai số do chọn mẫu, không tính người từ chối trả lời hay câu hỏi bị hiểu sai. Với phản ánh tự nguyện, kết quả nói về những người đã trả lời.",
            "Intervals count the error of sampling alone, not people who would not answer nor questions misunderstood. Where people chose to answer, the figures speak of those who did.",
        )) }
    }
}

fn tree_of(visit: &Visit, index: &IndexDefinition) -> Markup {
    fn walk<'n>(nodes: &'n [Node], depth: u8, found: &mut Vec<(u8, &'n Node)>) {
        for node in nodes {
            found.push((depth, node));
            walk(node.children(), depth.saturating_add(1), found);
        }
    }
    let (lang, mut nodes) = (visit.lang, Vec::new());
    walk(index.tree(), 0, &mut nodes);
    let heads = [
        Head::Text(visit.say("Phần", "Part")),
        Head::Text(visit.say("Mã", "Code")),
        Head::Text(visit.say("Trọng số", "Weight")),
        Head::Text(visit.say("Đo bằng", "Measured by")),
    ];
    let rows = nodes.iter().map(|(depth, node)| {
        let indent = format!("depth-{}", depth.min(&4));
        vec![
            html! { span class=(indent) { (said(node.label(), lang)) } },
            html! { code { (node.code()) } },
            html! { (node.weight().map_or_else(String::new, |weight| weight_of(index, weight, lang))) },
            html! { @if let Some(measure) = node.measure() { (measure_of(visit, measure.kind())) " " (items_of(measure.items())) } },
        ]
    });
    table(visit.say("Các phần và trọng số", "Parts and weights"), &heads, rows)
}

/// The first few of the items that a measure takes, and how many there are.
fn items_of(items: &[String]) -> Markup {
    const FEW: usize = 4;
    html! {
        code { (items[..items.len().min(FEW)].join(", ")) }
        @if items.len() > FEW { " … (" (items.len()) ")" }
    }
}

fn weight_of(index: &IndexDefinition, weight: &Weight, lang: Lang) -> String {
    let value = weight.value(|name| index.parameters().get(name).map(|parameter| parameter.value));
    value.map_or_else(String::new, |value| say::number(lang, value, if value.fract().abs() < 1e-9 { 0 } else { 3 }))
}

fn measure_of(visit: &Visit, kind: &str) -> &'static str {
    match kind {
        "mean" => visit.say("điểm trung bình", "mean score"),
        "share" => visit.say("tỷ lệ", "share"),
        "pooled_mean" => visit.say("điểm trung bình chung", "pooled mean"),
        "pooled_share" => visit.say("tỷ lệ chung", "pooled share"),
        _ => visit.say("tỷ lệ hài lòng mọi câu", "share satisfied with all"),
    }
}

fn of_composite(visit: &Visit, index: &CompositeDefinition) -> Markup {
    let lang = visit.lang;
    let heads = [Head::Text(visit.say("Phần", "Part")), Head::Text(visit.say("Mã", "Code")), Head::Number(visit.say("Trọng số", "Weight"))];
    let rows = index.nodes().iter().map(|node| {
        let indent = format!("depth-{}", node.depth().min(4));
        let weight = node.weight();
        let weight = say::number(lang, weight, if weight.fract().abs() < 1e-9 { 0 } else { 3 });
        vec![
            html! { span class=(indent) { (said(node.label(), lang)) } },
            html! { code { (node.code()) } },
            html! { @if node.parent().is_some() { (weight) } },
        ]
    });
    let publication = index.publication();
    let mut rules = vec![
        (
            visit.say("Làm tròn", "Rounding"),
            html! { (visit.say(format!("{} chữ số thập phân", publication.decimals()), format!("{} decimals", publication.decimals()))) },
        ),
        (
            visit.say("Không công bố", "Not published"),
            html! { (visit.say(
                format!("giá trị khảo sát của dưới {} người trả lời, và những số từ đó suy ra được chúng", publication.min_n()),
                format!("survey values of fewer than {} respondents, and whatever they would follow from", publication.min_n()),
            )) },
        ),
    ];
    if let Some(list) = index.geography() {
        rules.push((visit.say("Danh mục đơn vị", "Code list"), html! { (list) }));
    }
    html! {
        @if let Some(note) = index.note() { p { (said(note, lang)) } }
        h2 { (visit.say("Các bước", "Steps")) }
        ol { @for stage in index.pipeline() { li { (stage_of(visit, stage.name())) } } }
        (facts(&rules))
        h2 { (visit.say("Các phần và trọng số", "Parts and weights")) }
        (table(visit.say("Các phần và trọng số", "Parts and weights"), &heads, rows))
    }
}

fn stage_of(visit: &Visit, name: &str) -> &'static str {
    match name {
        "screen" => visit.say("Bỏ những đơn vị có quá ít số liệu", "Leave out units with too little data"),
        "denominate" => visit.say("Chia mỗi chỉ tiêu cho mẫu số của nó", "Divide each indicator by its denominator"),
        "impute" => visit.say("Điền giá trị còn thiếu", "Fill in missing values"),
        "treat" => visit.say("Kéo giá trị ngoại lai vào", "Draw in outliers"),
        "normalise" => {
            visit.say("Đưa các chỉ tiêu về một thang, cao hơn là tốt hơn", "Bring indicators onto one scale, where more is better")
        }
        "weight" => visit.say("Tính trọng số", "Compute weights"),
        _ => visit.say("Gộp các phần thành điểm, từ dưới lên", "Combine parts to scores, from the leaves up"),
    }
}
