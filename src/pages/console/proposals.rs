//! Proposals: what one person asks for and another confirms.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::{PROPOSALS, by, faults, to};
use crate::http::body::Form;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::proposals::{self, ListWish};
use crate::office::{Action, Code, Look, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, Notice, empty, notice, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::store::proposals::{Proposal, ProposalKind, ProposalState};

/// So many are shown of those that are decided.
const SHOWN: i64 = 200;

/// Which to list.
#[derive(Debug, Default, Deserialize, Validate)]
pub struct Which {
    /// Decided ones too.
    #[validate(length(max = 10))]
    all: Option<String>,
}

/// An open proposal may be confirmed by this reader, or may not.
type Row = (Proposal, bool);

fn gather(look: &mut Look<'_>, all: bool) -> Result<Vec<Row>, Refusal> {
    let wish = ListWish { state: (!all).then_some(ProposalState::Open), before: None, limit: SHOWN };
    let rows = proposals::list(look, &wish)?;
    rows.into_iter().map(|proposal| Ok((proposal.clone(), proposals::may_confirm(look, &proposal)?))).collect()
}

/// What waits for a second person, or everything that was proposed.
#[get("/console/proposals")]
pub async fn list_proposals(state: AppState, staff: Staff, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadProposals)?;
    let all = query.all.is_some();
    page(&state, &staff, all, &Faults::default(), StatusCode::OK, None).await
}

/// Confirms or rejects one.
#[post("/console/proposals/{id}/{verb}")]
pub async fn decide_proposal(
    state: AppState,
    staff: Staff,
    path: web::Path<(i32, String)>,
    _fields: Form,
) -> Result<HttpResponse, Refusal> {
    let (id, verb) = path.into_inner();
    let decided = match verb.as_str() {
        "confirm" => state.act(staff.actor.clone(), move |act| proposals::confirm(act, id)).await.map(|confirmed| confirmed.half),
        "reject" => state.act(staff.actor.clone(), move |act| proposals::reject(act, id)).await.map(|_| None),
        _ => return Err(Refusal::not_found()),
    };
    match decided {
        // The second half of a key or an invitation is shown this once.
        Ok(Some(half)) => page(&state, &staff, false, &Faults::default(), StatusCode::OK, Some(half)).await,
        Ok(None) => Ok(to(&staff, PROPOSALS)),
        Err(refusal) => {
            let status = if refusal.code() == Code::SamePerson { StatusCode::FORBIDDEN } else { StatusCode::CONFLICT };
            let faults = faults(&staff, refusal)?;
            page(&state, &staff, false, &faults, status, None).await
        }
    }
}

async fn page(
    state: &AppState,
    staff: &Staff,
    all: bool,
    faults: &Faults,
    status: StatusCode,
    half: Option<String>,
) -> Result<HttpResponse, Refusal> {
    let rows = state.look(staff.actor.clone(), move |look| gather(look, all)).await?;
    let title = staff.say("Đề nghị", "Proposals");
    let lead = staff.say(
        "Một người đề nghị, người khác xác nhận. Chưa xác nhận thì chưa có hiệu lực.",
        "One person proposes, another confirms. Nothing takes effect before.",
    );
    let page = Page::office(staff, title).lead(lead).faults(faults).status(status);
    Ok(page.answer(html! {
        @if let Some(half) = half { (second_half(staff, &half)) }
        p {
            @if all { a href=(staff.link(PROPOSALS)) { (staff.say("Chỉ đề nghị đang chờ", "Those that wait alone")) } }
            @else { a href=(staff.link("/console/proposals?all=1")) { (staff.say("Cả những đề nghị đã quyết định", "Decided ones too")) } }
        }
        @if rows.is_empty() {
            (empty(staff.say("Không có đề nghị nào đang chờ.", "No proposal waits."), &html! {
                p { (staff.say(
                    "Đề nghị loại một phiếu hoặc bỏ cờ được tạo ở trang chất lượng của đợt; khóa và lời mời do người quản trị đề nghị.",
                    "Exclusions and lifted flags are proposed from a wave’s page on quality; keys and invitations by an administrator.",
                )) }
            }))
        } @else { (list(staff, &rows)) }
    }))
}

fn second_half(visit: &Visit, half: &str) -> Markup {
    notice(
        Notice::Care,
        &html! {
            p { (visit.say("Nửa sau của mã, chỉ hiện một lần. Hãy đưa tận tay người nhận; người đề nghị giữ nửa đầu.",
                "The second half of the code, shown this once. Hand it to its person; whoever proposed has the first half.")) }
            p { code { (half) } }
        },
    )
}

/// What is proposed, in words.
fn what(visit: &Visit, kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::Exclude => visit.say("loại phiếu", "exclude a response"),
        ProposalKind::Lift => visit.say("bỏ cờ của phiếu", "lift flags of a response"),
        ProposalKind::Key => visit.say("cấp khóa", "issue a key"),
        ProposalKind::Invite => visit.say("mời một người", "invite a person"),
    }
}

fn list(visit: &Visit, rows: &[Row]) -> Markup {
    let heads = [
        Head::Number(visit.say("Số", "No.")),
        Head::Text(visit.say("Đề nghị", "Proposal")),
        Head::Text(visit.say("Lý do", "Reason")),
        Head::Text(visit.say("Người đề nghị", "Proposed by")),
        Head::Text(visit.say("Lúc", "At")),
        Head::Text(visit.say("Quyết định", "Decision")),
    ];
    table(
        visit.say("Đề nghị", "Proposals"),
        &heads,
        rows.iter().map(|(proposal, may)| {
            vec![
                html! { (proposal.id) },
                html! { (what(visit, proposal.kind)) " " code { (proposal.object) } },
                html! { (proposal.reason) },
                html! { (by(&proposal.proposed_by)) },
                html! { (say::instant(visit.lang, proposal.proposed_at)) },
                decision(visit, proposal, *may),
            ]
        }),
    )
}

fn decision(visit: &Visit, proposal: &Proposal, may: bool) -> Markup {
    let decided = |word: &str| html! { span.tag.quiet-tag { (word) } " " (proposal.decided_by.as_deref().map_or("", by)) };
    match proposal.state {
        ProposalState::Confirmed => decided(visit.say("đã xác nhận", "confirmed")),
        ProposalState::Rejected => decided(visit.say("đã từ chối", "rejected")),
        ProposalState::Open => {
            let form = |verb: &str, class: &str, name: &str, able: bool| {
                html! {
                    form.inline method="post" action=(visit.link(&format!("{PROPOSALS}/{}/{verb}", proposal.id))) {
                        button.small.(class) type="submit" disabled[!able] { (name) }
                    }
                }
            };
            html! {
                (form("confirm", "main", visit.say("Xác nhận", "Confirm"), may))
                (form("reject", "plain", visit.say("Từ chối", "Reject"), true))
                @if !may { p.hint { (visit.say("Người khác phải xác nhận.", "Another person must confirm it.")) } }
            }
        }
    }
}
