//! Many responses at once, a result for each: one bad row never refuses the others.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::collect::intake::{ReceiptBody, told};
use crate::api::collect::responses::uuid;
use crate::api::collect::submission::SubmissionBody;
use crate::http::body::{JsonBytes, LARGE};
use crate::http::intake::{Intake, Sent};
use crate::http::lang;
use crate::http::problem;
use crate::http::state::AppState;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::schema::canonical_json;
use crate::words::Finding;
use crate::words::Lang;

/// The most responses of a batch.
const MAX_ITEMS: usize = 500;

/// A batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchRequest {
    /// Up to 500 responses.
    #[schema(max_items = 500)]
    pub responses: Vec<BatchItem>,
}

/// One of them: a submission with its id.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchItem {
    /// A random UUID.
    pub id: String,
    /// The submission.
    #[serde(flatten)]
    pub submission: SubmissionBody,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchBody {
    /// In the order of the request.
    pub results: Vec<BatchResult>,
}

/// What became of one response: what `PUT` would have answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchResult {
    /// Its id, as sent.
    pub id: Option<String>,
    /// The status that `PUT` would have had.
    pub status: u16,
    /// The receipt, if it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptBody>,
    /// The problem, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Value>,
}

/// Stores up to 500 responses and answers for each as `PUT` would have. Answers with errors are kept and marked.
///
/// An item's hash is that of its canonical JSON (no white space, members sorted) without `id`: sending that text with `PUT` is the
/// same response.
#[utoipa::path(tag = "responses", request_body = BatchRequest,
    responses((status = 200, description = "A result for each; look at their `status`", body = BatchBody)))]
#[post("/v1/responses:batch")]
pub async fn send_batch(
    state: AppState,
    actor: Actor,
    req: actix_web::HttpRequest,
    body: JsonBytes<LARGE>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::SendBatch)?;
    let items = web::block(move || read(&body.0)).await.map_err(Refusal::internal)??;
    let lang = lang::preferred(req.headers());
    let intake = Intake { state: &state, actor: &actor, keep_invalid: true, code: None, peer: None };
    let mut sent = Vec::with_capacity(items.len());
    for item in items {
        let queued = match item.content {
            Ok((id, body)) => intake.send(id, body).await,
            Err(problem) => Err(problem),
        };
        sent.push((item.id, queued));
    }
    let mut results = Vec::with_capacity(sent.len());
    for (id, queued) in sent {
        results.push(result(&state, lang, id, queued).await);
    }
    Ok(HttpResponse::Ok().json(BatchBody { results }))
}

async fn result(state: &AppState, lang: Lang, id: Option<String>, queued: Result<Sent, Refusal>) -> BatchResult {
    let settled = match queued {
        Ok(sent) => sent.settle(state).await.and_then(|taken| told(state, taken)),
        Err(problem) => Err(problem),
    };
    match settled {
        Ok(taken) => BatchResult { id, status: if taken.replayed { 200 } else { 201 }, receipt: Some(taken.receipt), problem: None },
        Err(problem) => {
            let request_id = uuid::Uuid::new_v4().to_string();
            if let Some(cause) = problem.cause() {
                tracing::error!(%request_id, %cause, "an item of a batch failed");
            }
            BatchResult { id, status: problem.code().status(), receipt: None, problem: Some(problem::body(&problem, lang, &request_id)) }
        }
    }
}

struct Item {
    id: Option<String>,
    content: Result<(uuid::Uuid, Vec<u8>), Refusal>,
}

/// Takes the batch apart. Only what is wrong with the batch itself refuses it.
fn read(bytes: &[u8]) -> Result<Vec<Item>, Refusal> {
    let (mut value, duplicates) = crate::schema::source::read(bytes, crate::response::MAX_DEPTH + 2).map_err(|finding| {
        let Finding { vi, en, .. } = finding;
        Refusal::new(Code::JsonInvalid).detail(vi, en)
    })?;
    let shape = || {
        let (vi, en) = (
            format!("Cần {{\"responses\": […]}} với tối đa {MAX_ITEMS} phiếu"),
            format!("Expected {{\"responses\": […]}} with at most {MAX_ITEMS}"),
        );
        Refusal::because(Code::BodyInvalid, Finding::error("/responses", "wrong-shape", vi, en))
    };
    let only = value.as_object().is_some_and(|members| members.len() == 1);
    let items = match value.get_mut("responses").map(Value::take) {
        Some(Value::Array(items)) if only && items.len() <= MAX_ITEMS => items,
        _ => return Err(shape()),
    };
    Ok(items.into_iter().enumerate().map(|(index, item)| read_item(index, item, &duplicates)).collect())
}

fn read_item(index: usize, mut item: Value, duplicates: &[Finding]) -> Item {
    let prefix = format!("/responses/{index}");
    // A member given twice is lost in reading: it is not in the canonical text any more, so it must be refused here.
    let mine = duplicates.iter().filter_map(|found| {
        let pointer = found.pointer.strip_prefix(&prefix).filter(|rest| rest.starts_with('/'))?;
        Some(Finding { pointer: pointer.to_owned(), line: None, ..found.clone() })
    });
    let mine: Vec<Finding> = mine.collect();
    let id = item.as_object_mut().and_then(|members| members.remove("id"));
    let id = id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    let content = match id.as_deref().map(uuid) {
        _ if !mine.is_empty() => Err(Refusal::new(Code::BodyInvalid).errors(mine)),
        Some(Ok(uuid)) => Ok((uuid, canonical_json(&item).into_bytes())),
        _ => {
            let finding = Finding::error("/id", "bad-uuid", "Cần mã là UUID 36 ký tự", "An id is needed, a UUID of 36 characters");
            Err(Refusal::because(Code::BodyInvalid, finding))
        }
    };
    Item { id, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    use serde_json::json;

    const ID: &str = "0190b3a8-7c3e-4000-8000-000000000001";

    fn items(value: &Value) -> Vec<Item> {
        read(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_item_is_its_canonical_text_without_its_id() {
        let items = items(&json!({"responses": [{"wave": "w", "id": ID, "answers": {"b": 1, "a": "x"}}]}));
        let (id, text) = items[0].content.as_ref().unwrap();
        assert_eq!(id.to_string(), ID);
        assert_eq!(std::str::from_utf8(text).unwrap(), r#"{"answers":{"a":"x","b":1},"wave":"w"}"#);
    }

    #[test]
    fn a_bad_item_refuses_itself_only() {
        let text = format!(r#"{{"responses":[{{"id":"{ID}","a":1,"a":2}},{{"id":"no"}},7,{{"id":"{ID}"}}]}}"#);
        let items = read(text.as_bytes()).unwrap();
        let good: Vec<bool> = items.iter().map(|item| item.content.is_ok()).collect();
        assert_eq!(good, [false, false, false, true]);
    }

    #[test]
    fn a_batch_of_another_shape_or_too_many_is_refused() {
        let many = json!({"responses": vec![json!({}); MAX_ITEMS + 1]});
        for bad in [json!([]), json!({}), json!({"responses": [], "x": 1}), many] {
            assert_eq!(read(bad.to_string().as_bytes()).err().unwrap().code(), Code::BodyInvalid);
        }
    }
}
