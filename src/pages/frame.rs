//! The one frame of every page: who it is for, its language, its one heading.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE};
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::parts::Faults;
use super::visit::{Staff, Visit};
use crate::office::{Action, Actor};
use crate::words::Lang;

/// A page of the office in the bar at the head: its address, its name in both languages, and what one must be able to do to see it there.
type Entry = (&'static str, &'static str, &'static str, Action);

/// The bar of the office. A page that works has a line here.
const OFFICE: &[Entry] = &[
    ("/a", "Kết quả", "Results", Action::ReadOwnEmbargoed),
    ("/a/stream", "Phiếu theo tuần", "Responses by week", Action::WatchOwn),
    ("/a/qr", "Mã QR", "QR codes", Action::WatchOwn),
    ("/console", "Việc chờ", "Desk", Action::ReadRuns),
    ("/f", "Thu phiếu", "Collecting", Action::Import),
    ("/console/runs", "Lần tính", "Runs", Action::ReadRuns),
    ("/console/waves", "Đợt", "Waves", Action::WatchFieldwork),
    ("/console/surveys", "Phiếu hỏi", "Questionnaires", Action::ReadRuns),
    ("/console/indices", "Chỉ số", "Indices", Action::ReadRuns),
    ("/console/tables", "Bảng chỉ tiêu", "Tables", Action::ReadRuns),
    ("/console/admin", "Quản trị", "Administration", Action::KeepKeys),
    ("/console/audit", "Nhật ký", "Audit log", Action::ReadAudit),
    ("/console/proposals", "Đề nghị", "Proposals", Action::ReadProposals),
    ("/console/devices", "Kiosk", "Kiosks", Action::EnrolDevice),
];

/// Where somebody works who can do this much: the first page of the bar that is theirs.
pub(super) fn home(can: impl Fn(Action) -> bool) -> &'static str {
    OFFICE.iter().find(|(.., action)| can(*action)).map_or("/account", |(address, ..)| *address)
}

/// How a page is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// For everyone: to be read.
    Public,
    /// For those who answer: large, one thing at a time.
    Citizen,
    /// The same on a device that stands somewhere, and leads nowhere else.
    Kiosk,
    /// For those who work with it: dense.
    Office,
}

impl Look {
    /// Whether one answers there: nothing leads away.
    fn is_to_answer(self) -> bool {
        matches!(self, Self::Citizen | Self::Kiosk)
    }
}

/// A page that is being made: [`Page::public`], [`Page::citizen`] or [`Page::office`], what it needs, then [`Page::answer`].
pub struct Page<'a> {
    visit: &'a Visit,
    actor: Option<&'a Actor>,
    look: Look,
    title: String,
    lead: Option<String>,
    trail: Vec<(String, String)>,
    faults: Option<&'a Faults>,
    scripts: Vec<&'static str>,
    status: StatusCode,
    cache: &'static str,
    refresh: Option<u32>,
}

impl<'a> Page<'a> {
    fn new(visit: &'a Visit, look: Look, title: impl Into<String>) -> Self {
        Self {
            visit,
            actor: None,
            look,
            title: title.into(),
            lead: None,
            trail: Vec::new(),
            faults: None,
            scripts: Vec::new(),
            status: StatusCode::OK,
            cache: "no-store",
            refresh: None,
        }
    }

    /// A page for everyone. Its title is its heading.
    #[must_use]
    pub fn public(visit: &'a Visit, title: impl Into<String>) -> Self {
        Self::new(visit, Look::Public, title)
    }

    /// A page for those who answer.
    #[must_use]
    pub fn citizen(visit: &'a Visit, title: impl Into<String>) -> Self {
        Self::new(visit, Look::Citizen, title)
    }

    /// A page of a kiosk.
    #[must_use]
    pub fn kiosk(visit: &'a Visit, title: impl Into<String>) -> Self {
        Self::new(visit, Look::Kiosk, title)
    }

    /// A page for somebody who is signed in.
    #[must_use]
    pub fn office(staff: &'a Staff, title: impl Into<String>) -> Self {
        Self { actor: Some(&staff.actor), ..Self::new(&staff.visit, Look::Office, title) }
    }

    /// A sentence below the heading.
    #[must_use]
    pub fn lead(self, lead: impl Into<String>) -> Self {
        Self { lead: Some(lead.into()), ..self }
    }

    /// A page above this one: its address and its name; from the outermost inwards.
    #[must_use]
    pub fn below(mut self, address: &str, name: impl Into<String>) -> Self {
        self.trail.push((self.visit.link(address), name.into()));
        self
    }

    /// What was wrong with the form: told at the head, and in the title.
    #[must_use]
    pub fn faults(self, faults: &'a Faults) -> Self {
        Self { faults: Some(faults).filter(|faults| !faults.is_empty()), ..self }
    }

    /// A module of `web/` that makes the page easier. It must work without.
    #[must_use]
    pub fn script(mut self, name: &'static str) -> Self {
        self.scripts.push(name);
        self
    }

    /// Loads the page again after so many seconds, while something is under way.
    #[must_use]
    pub fn refreshed(self, seconds: u32) -> Self {
        Self { refresh: Some(seconds), ..self }
    }

    /// A status other than 200.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Lets caches keep the page, and ask each time whether it is still so. For what everyone sees alike.
    #[must_use]
    pub fn cached(self) -> Self {
        Self { cache: "public, no-cache", ..self }
    }

    /// The page as an answer, with what is below its heading.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "the body is written where it is handed over")]
    pub fn answer(self, body: Markup) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        answer.insert_header((CONTENT_LANGUAGE, self.visit.lang.tag()));
        answer.insert_header((CACHE_CONTROL, self.cache));
        answer.content_type("text/html; charset=utf-8").body(self.html(&body).into_string())
    }

    fn html(&self, body: &Markup) -> Markup {
        let visit = self.visit;
        let name = match self.look {
            Look::Public => "public",
            Look::Citizen => "citizen",
            Look::Kiosk => "citizen kiosk",
            Look::Office => "office",
        };
        html! {
            (DOCTYPE)
            html lang=(visit.lang.tag()) {
                (self.head())
                body class=(name) {
                    a.skip href="#main" { (visit.say("Đến nội dung chính", "Skip to the main content")) }
                    header.top {
                        @if self.look == Look::Kiosk {
                            span.brand { (mark()) span { "Hailong" } }
                        } @else {
                            a.brand href=(visit.link(self.first())) { (mark()) span { "Hailong" } }
                        }
                        (self.bar())
                        (languages(visit))
                    }
                    @if !self.trail.is_empty() { (self.trail()) }
                    main #main tabindex="-1" {
                        @if let Some(faults) = self.faults { (faults.summary(visit.lang)) }
                        h1 { (self.title) }
                        @if let Some(lead) = &self.lead { p.lead { (lead) } }
                        (body)
                    }
                    @if !self.look.is_to_answer() { (self.foot()) }
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let wrong = if self.faults.is_some() { self.visit.say("Lỗi: ", "Error: ") } else { "" };
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                @if let Some(seconds) = self.refresh { meta http-equiv="refresh" content=(seconds); }
                title { (wrong) (self.title) " – Hailong" }
                link rel="icon" href=(assets::href("icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(assets::href("style.css"));
                @for script in &self.scripts { script type="module" src=(assets::href(script)) {} }
            }
        }
    }

    /// Where the name in the corner leads.
    fn first(&self) -> &'static str {
        match self.actor {
            Some(actor) => home(|action| actor.can(action)),
            None => "/",
        }
    }

    /// Whereto from here: of the office what the actor can do, of the public where the office is.
    fn bar(&self) -> Markup {
        let visit = self.visit;
        let holds = |address: &str| visit.path() == address || visit.path().strip_prefix(address).is_some_and(|rest| rest.starts_with('/'));
        // Of an entry and one below it, the one below.
        let nearest = OFFICE.iter().map(|(address, ..)| *address).filter(|address| holds(address)).max_by_key(|address| address.len());
        let entry = |address: &str, name: &str| {
            let here = holds(address) && nearest.is_none_or(|nearest| nearest == address);
            html! { li { a href=(visit.link(address)) aria-current=[here.then_some("page")] { (name) } } }
        };
        html! {
            @if !self.look.is_to_answer() {
                nav.bar aria-label=(visit.say("Các trang", "Pages")) {
                    ul {
                        @if let Some(actor) = self.actor {
                            @for (address, vi, en, action) in OFFICE {
                                @if actor.can(*action) { (entry(address, visit.say(vi, en))) }
                            }
                            (entry("/account", visit.say("Tài khoản", "Account")))
                        } @else {
                            (entry("/account", visit.say("Dành cho cán bộ", "For officials")))
                        }
                    }
                }
            }
        }
    }

    fn trail(&self) -> Markup {
        html! {
            nav.trail aria-label=(self.visit.say("Trang ở trên", "Pages above")) {
                ol {
                    @for (address, name) in &self.trail { li { a href=(address) { (name) } } }
                    li aria-current="page" { (self.title) }
                }
            }
        }
    }

    fn foot(&self) -> Markup {
        html! {
            footer.foot {
                p {
                    strong { "Hailong" }
                    " – "
                    (self.visit.say(
                        "chỉ số hài lòng của người dân, kèm khoảng tin cậy",
                        "indices of citizens’ satisfaction, with their confidence intervals",
                    ))
                }
                p.screen { a href=(self.visit.link("/developers")) { (self.visit.say("Dữ liệu cho phần mềm (API)", "Data for programs (API)")) } }
            }
        }
    }
}

/// A score within its interval, three times.
fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" width="28" height="28" aria-hidden="true" focusable="false" {
            g fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" { path d="M3 6h11M8 12h13M5 18h9" {} }
            g fill="currentColor" { circle cx="8" cy="6" r="3" {} circle cx="15" cy="12" r="3" {} circle cx="10" cy="18" r="3" {} }
        }
    }
}

/// The switch, with each language in its own words.
fn languages(visit: &Visit) -> Markup {
    let to = |lang: Lang, name: &str| {
        html! { li { a href=(visit.here_in(lang)) lang=(lang.tag()) hreflang=(lang.tag()) aria-current=[(visit.lang == lang).then_some("true")] { (name) } } }
    };
    html! {
        nav.languages aria-label=(visit.say("Ngôn ngữ", "Language")) { ul { (to(Lang::Vi, "Tiếng Việt")) (to(Lang::En, "English")) } }
    }
}
