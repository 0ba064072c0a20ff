//! What the server says is what its description says: every read, by everyone, held against the document's own schemas.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use crate::harness::Reply;
use crate::harness::everything::{Everything, Operation, callers};

const DOCUMENT: &str = "file:///openapi.json";

/// The schemas of the document, compiled when they are needed.
struct Document<'a> {
    description: &'a Value,
    compiler: Compiler,
    schemas: Schemas,
}

impl<'a> Document<'a> {
    fn new(description: &'a Value) -> Self {
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(DOCUMENT, description.clone()).unwrap();
        Self { description, compiler, schemas: Schemas::new() }
    }

    fn schema(&mut self, pointer: &str) -> SchemaIndex {
        self.compiler.compile(&format!("{DOCUMENT}#{pointer}"), &mut self.schemas).unwrap()
    }

    /// The pointer of the answer that the document has for this status, references followed.
    fn answer(&self, operation: &Operation, status: u16) -> Option<String> {
        let path = operation.path.replace('/', "~1");
        let pointer = format!("/paths/{path}/{}/responses/{status}", operation.method.to_ascii_lowercase());
        let target = self.description.pointer(&pointer)?["$ref"].as_str();
        Some(target.map_or(pointer, |target| target.trim_start_matches('#').to_owned()))
    }

    /// Everything in a reply that the document does not say.
    fn faults(&mut self, operation: &Operation, reply: &Reply) -> Vec<String> {
        let Some(answer) = self.answer(operation, reply.status) else { return vec![format!("no status {}", reply.status)] };
        let said = self.description.pointer(&answer).unwrap();
        let mut faults = Vec::new();
        let headers = said["headers"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        for name in headers.filter(|name| !matches!(*name, "Link" | "Retry-After")) {
            if reply.header(&name.to_ascii_lowercase()).is_none() {
                faults.push(format!("no header {name}"));
            }
        }
        let kind = reply.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
        if said["content"].get(&kind).is_none() && kind != "application/openmetrics-text" {
            faults.push(format!("no content {kind}"));
        } else if kind.ends_with("json") {
            let schema = self.schema(&format!("{answer}/content/{}/schema", kind.replace('/', "~1")));
            if let Err(error) = self.schemas.validate(&reply.json(), schema) {
                faults.push(format!("{error:#}"));
            }
        }
        faults
    }
}

#[test]
fn every_read_by_everyone_is_as_the_document_says() {
    let all = Everything::start();
    let mut document = Document::new(&all.description);
    let (mut wrong, mut answers, mut problems) = (Vec::new(), std::collections::BTreeSet::new(), 0);
    let reads: Vec<Operation> = all.operations().into_iter().filter(|operation| operation.method == "GET").collect();
    for (caller, client) in callers(&all) {
        for operation in reads.iter().filter(|operation| operation.name != "stream_run_progress") {
            for given in all.good(operation) {
                let address = operation.address(&given);
                let reply = client.get(&address);
                if reply.status == 200 {
                    answers.insert(operation.name.clone());
                } else {
                    problems += 1;
                }
                let faults = document.faults(operation, &reply);
                wrong.extend(faults.into_iter().map(|fault| format!("{address} as {caller}: {fault}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    // None passes because nobody ever got an answer.
    let unanswered: Vec<&str> = reads.iter().map(|operation| operation.name.as_str()).filter(|name| !answers.contains(*name)).collect();
    assert_eq!(unanswered, ["stream_run_progress"]);
    assert!(problems > 50, "{problems}");
}

#[test]
fn a_reply_that_breaks_the_document_is_noticed() {
    let all = Everything::start();
    let mut document = Document::new(&all.description);
    let operation = all.operations().into_iter().find(|operation| operation.name == "get_wave").unwrap();
    let mut reply = all.app.anyone().get("/v1/waves/open");
    assert_eq!(document.faults(&operation, &reply), Vec::<String>::new());
    let text = reply.text();
    for (from, to) in [("\"opt_in\"", "\"opt_out\""), ("\"revision\":", "\"revised\":"), ("\"opens_at\":\"", "\"opens_at\":\"x")] {
        assert!(text.contains(from), "{text}");
        reply.body = text.replace(from, to).into_bytes();
        assert_eq!(document.faults(&operation, &reply).len(), 1, "{from}");
    }
    reply.status = 418;
    assert_eq!(document.faults(&operation, &reply), ["no status 418"]);
}
