//! The pages of those who define, compute and publish.

mod definitions;
mod desk;
mod proposals;
mod runs;
mod waves;

use hailong::office::Role;
use serde_json::json;

use crate::harness::accounts::{Person, enrolled};
use crate::harness::fixtures::{new_response, publish, start_run, submission};
use crate::harness::runs::work;
use crate::harness::{Browser, NOW, TestApp};

pub use waves::upload;

/// Two people of an office at their browsers, with the survey published and both waves open.
pub struct Office {
    pub app: TestApp,
    pub lan: Browser,
    pub minh: Browser,
}

impl Office {
    pub fn open() -> Self {
        let app = TestApp::start();
        publish(&app);
        Self::of(app)
    }

    /// The same with nothing in it.
    pub fn empty() -> Self {
        Self::of(TestApp::start())
    }

    fn of(app: TestApp) -> Self {
        let (lan, minh) = (enrolled(&app, "Lan", &["statistician"]), enrolled(&app, "Minh", &["publisher"]));
        let (lan, minh) = (Browser::signed_in(&app, &lan, NOW), Browser::signed_in(&app, &minh, NOW));
        Self { app, lan, minh }
    }

    /// Somebody else at a browser.
    pub fn also(&self, name: &'static str, role: &str) -> Browser {
        let person: Person = enrolled(&self.app, name, &[role]);
        Browser::signed_in(&self.app, &person, NOW)
    }

    /// Answers of twelve people to one department and four to another.
    pub fn answers(&self) {
        for place in 0..16_u8 {
            let mut body = submission();
            body["unit"]["code"] = json!(if place < 12 { "SYT" } else { "SXD" });
            body["answers"] = json!({ "Q1": (1 + place % 5).to_string(), "Q2": (1 + place / 4).to_string() });
            self.app.anyone().put(&new_response(), &body).expect(201);
        }
    }

    /// A finished run that somebody else made; gives its page.
    pub fn finished(&self) -> String {
        let run = start_run(&self.app);
        work(&self.app, &run);
        page_of(&run)
    }

    pub fn statistician(&self) -> crate::harness::Client {
        self.app.client(Role::Statistician)
    }
}

/// The page of a run by its address in the API.
pub fn page_of(run: &str) -> String {
    format!("/console/runs/{}", crate::harness::runs::id_of(run))
}

/// The revision that the forms of a page name.
pub fn revision(page: &str) -> String {
    let at = page.find("name=\"revision\" value=\"").expect("the page has a form");
    page[at + 23..].split('"').next().unwrap().to_owned()
}

/// Takes a step on a run by its page, as it is now.
#[track_caller]
pub fn step(browser: &Browser, run: &str, verb: &str, more: &[(&str, &str)]) -> crate::harness::Reply {
    let revision = revision(&browser.get(run).page(200));
    let mut fields = vec![("revision", revision.as_str())];
    fields.extend(more);
    browser.post(&format!("{run}/{verb}"), &fields)
}

/// What no page may hold of what people typed.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Whether a page shows hostile text as text.
#[track_caller]
pub fn harmless(page: &str) {
    for bad in ["<script>alert", "<img src=x", "onerror=alert(2)>\""] {
        assert!(!page.contains(bad), "{bad} in {page}");
    }
}

/// Every page of the office that somebody may not see: it is refused to a wrong role, and whoever is not signed in is sent to sign in.
#[track_caller]
pub fn guarded(app: &TestApp, path: &str, wrong: &Browser) {
    let reply = Browser::at(app).get(path);
    assert!(reply.leads_to().starts_with("/login?next="), "{path}");
    let page = wrong.get(path).page(403);
    assert!(page.contains("<code>forbidden</code>"), "{path}: {page}");
}
