//! Pages that everyone reads: editions, units, methods, files. They show what the office hands to anyone, and depend on nobody who looks.

mod developers;
mod download;
mod edition;
mod geography;
mod home;
mod method;
pub(in crate::pages) mod portrait;
pub(in crate::pages) mod profile;
pub(in crate::pages) mod sheet;
pub(in crate::pages) mod unit;
pub(in crate::pages) mod view;

use actix_web::HttpResponse;
use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue};
use actix_web::web::ServiceConfig;
use maud::Markup;
use uuid::Uuid;

use super::visit::Visit;
use crate::office::{Look, Refusal};
use crate::schema::Text;
use crate::store::schemas::IndexKind;
use crate::unit::UnitRecord;
use crate::words::Lang;
use crate::words::encode::percent;

/// Every one of them.
pub(in crate::pages) fn routes(config: &mut ServiceConfig) {
    config.service(home::show_home);
    config.service(edition::show_edition).service(unit::show_unit);
    config.service(download::get_csv).service(download::get_excel_csv).service(download::get_xlsx).service(download::get_figure);
    config.service(method::show_method).service(developers::show_developers);
}

/// What everybody will see of a run once it is published.
pub(in crate::pages) struct Preview(sheet::Shown);

impl Preview {
    /// The figures of a node of a run; of the index itself if none is named.
    pub(in crate::pages) fn gather(look: &mut Look<'_>, run: Uuid, kind: IndexKind, node: Option<&str>) -> Result<Self, Refusal> {
        sheet::as_public(look, run, kind, node).map(Self)
    }

    /// As the page of its edition will show it; `here` is the address of this page.
    pub(in crate::pages) fn body(&self, visit: &Visit, here: &str) -> Markup {
        edition::preview(visit, &self.0, here)
    }
}

/// Lets pages of other sites read an answer that everyone may read.
fn shared(mut answer: HttpResponse) -> HttpResponse {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
    answer
}

/// A code as a part of a path. An `@` may stand there, and codes of editions have one.
pub(in crate::pages) fn segment(code: &str) -> String {
    percent(code).replace("%40", "@")
}

/// The address of an edition.
pub(in crate::pages) fn edition_at(code: &str) -> String {
    format!("/e/{}", segment(code))
}

/// A text in a language.
pub(in crate::pages) fn said(text: &Text, lang: Lang) -> &str {
    text.get(lang.tag())
}

/// The name of a unit without its type, where what stands around it says that: `Quảng Nam` among provinces.
fn short(unit: &UnitRecord, lang: Lang) -> &str {
    let name = unit.name(lang);
    match lang {
        Lang::Vi => ["Tỉnh ", "Thành phố "].iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name),
        Lang::En => name.strip_suffix(" Province").or_else(|| name.strip_suffix(" City")).unwrap_or(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stays_within_its_part_of_the_path() {
        assert_eq!(edition_at("pci@2025.1"), "/e/pci@2025.1");
        assert_eq!(edition_at("../x?y"), "/e/..%2Fx%3Fy");
    }
}
