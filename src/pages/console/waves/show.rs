//! How fieldwork of a wave goes.

use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use maud::{Markup, html};

use super::{address, design_of, minute, mode, opened};
use crate::http::state::AppState;
use crate::office::chain::{self, ChainInFull};
use crate::office::fieldwork::{self, Came, InFull};
use crate::office::{Action, Refusal};
use crate::pages::console::{WAVES, bar};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Notice, facts, notice, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::unit::{Registry, UnitId};

/// So many PSUs are shown: those that wait come first.
const PSUS: usize = 500;
/// So many days are drawn.
const DAYS: usize = 60;

/// A wave: what it is, what came, from where.
#[get("/console/waves/{code}")]
pub async fn show_wave(app: AppState, staff: Staff, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::WatchFieldwork)?;
    let code = code.into_inner();
    let found = app.look(staff.actor.clone(), move |look| {
        let full = fieldwork::in_full(look, &code)?;
        let chain = if full.overview.wave.chain.is_some() { Some(chain::in_full(look, &code)?) } else { None };
        Ok((full, chain, look.units()?))
    });
    let (full, chain, units) = found.await?;
    let (wave, visit) = (&full.overview.wave, &staff.visit);
    let page = Page::office(&staff, visit.words(&wave.title)).lead(visit.words(&wave.frame)).below(WAVES, staff.say("Các đợt", "Waves"));
    Ok(page.answer(html! {
        (head(&staff, &full))
        (actions(&staff, &full))
        @if full.sizes.is_some_and(|sizes| sizes.psus == 0) && wave.mode == "probability_sample" {
            (notice(Notice::Care, &html! { p {
                (staff.say("Chưa nạp thiết kế mẫu: phiếu có nêu cụm (PSU) sẽ không tìm được chỗ. ", "No design is loaded: responses that name a PSU find no place. "))
                a href=(staff.link(&format!("{}/design", address(&wave.code)))) { (staff.say("Nạp thiết kế", "Load it")) }
            } }))
        }
        @if let Some(chain) = &chain { (chained(visit, chain)) }
        (days(visit, &full))
        (strata(visit, &full))
        (by_unit(visit, &full, &units))
        (devices(visit, &full))
        (psus(visit, &full))
    }))
}

fn head(staff: &Staff, full: &InFull) -> Markup {
    let visit = &staff.visit;
    let (one, came) = (&full.overview, full.overview.came);
    let wave = &one.wave;
    facts(&[
        (
            visit.say("Đã nhận", "Received"),
            html! {
                strong { (say::whole(visit.lang, came.valid)) } " " (visit.say("phiếu hợp lệ", "valid responses"))
                @if let Some(expected) = one.expected { " / " (say::whole(visit.lang, expected)) " " (bar(visit.lang, came.valid, expected)) }
            },
        ),
        (
            visit.say("Không tính", "Do not count"),
            html! {
                (say::whole(visit.lang, came.invalid)) " " (visit.say("không hợp lệ", "invalid")) ", "
                (say::whole(visit.lang, came.quarantined)) " " (visit.say("đến muộn", "came late")) ", "
                (say::whole(visit.lang, came.ended)) " " (visit.say("rút, sửa hoặc loại", "withdrawn, corrected or excluded"))
            },
        ),
        (
            visit.say("Thời gian", "Time"),
            html! {
                (opened(visit, &wave.opens_at)) " – " @if let Some(closes_at) = &wave.closes_at { (minute(visit, closes_at)) } @else { (visit.say("chưa định ngày đóng", "no end yet")) }
                @if one.open { " " span.tag.good { (visit.say("đang mở", "open")) } }
            },
        ),
        (
            visit.say("Mã, phiếu hỏi", "Code, questionnaire"),
            html! {
                code { (wave.code) } ", "
                @if staff.may(Action::ReadRuns).is_ok() {
                    a href=(visit.link(&format!("/console/surveys/{}", wave.survey))) { (wave.survey) }
                } @else { (wave.survey) }
            },
        ),
        (
            visit.say("Kiểu, thiết kế", "Mode, design"),
            html! {
                (mode(visit, &wave.mode)) ", " (design_of(visit, &wave.design)) @if wave.fpc { ", " (visit.say("tổng thể hữu hạn", "finite population")) }
                @if let Some(sizes) = full.sizes { ", " (say::whole(visit.lang, sizes.psus)) " " (visit.say("cụm", "PSUs")) ", " (say::whole(visit.lang, sizes.respondents)) " " (visit.say("người trong danh sách", "people listed")) }
            },
        ),
        (visit.say("Đơn vị được đánh giá", "Rated units"), html! { (wave.unit_list) }),
    ])
}

fn actions(staff: &Staff, full: &InFull) -> Markup {
    let wave = &full.overview.wave;
    let link = |page: &str| staff.link(&format!("{}/{page}", address(&wave.code)));
    html! {
        div.row.filter {
            @if staff.actor.can(Action::Compute) {
                a.button href=(staff.link("/console/runs/new")) { (staff.say("Tính chỉ số", "Compute an index")) }
            }
            @if staff.actor.can(Action::KeepWave) {
                a.button.plain href=(link("edit")) { (staff.say("Sửa", "Change")) }
                a.button.plain href=(link("design")) { (staff.say("Thiết kế mẫu", "Design")) }
            }
            @if wave.mode != "probability_sample" { a.button.plain href=(link("links")) { (staff.say("Đường dẫn, mã QR", "Links, QR codes")) } }
            @if staff.actor.can(Action::ReadRuns) && staff.actor.unit().is_none() { a.button.plain href=(link("quality")) { (staff.say("Chất lượng", "Quality")) } }
            @if staff.actor.can(Action::KeepWave) && full.overview.open {
                form method="post" action=(link("close")) { button.danger type="submit" { (staff.say("Đóng ngay", "Close now")) } }
            }
        }
    }
}

fn chained(visit: &Visit, chain: &ChainInFull) -> Markup {
    let percent = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| say::percent(visit.lang, share, 1));
    let number = |number: Option<i64>| number.map_or_else(|| "–".to_owned(), |number| say::whole(visit.lang, number));
    let now = chain.versions.first().map(|said| &said.chain);
    html! {
        h2 { (visit.say("Bao nhiêu người có thể trả lời", "How many could have answered")) }
        (facts(&[
            (visit.say("Khách hàng", "Customers"), html! { (number(now.and_then(|now| now.customers))) }),
            (visit.say("Lời mời", "Invitations"), html! { (number(now.and_then(|now| now.invitations))) " " span.hint { (percent(now.and_then(|now| now.invited))) } }),
            (visit.say("Trả lời", "Answers"), html! { (say::whole(visit.lang, chain.answers)) " " span.hint { (percent(chain.answered)) (visit.say(" của lời mời, ", " of invitations, ")) (percent(chain.overall)) (visit.say(" của khách hàng", " of customers")) } }),
        ]))
        @if let Some(reason) = now.and_then(|now| now.reason.as_deref()) { p.hint { (reason) } }
    }
}

fn day(visit: &Visit, number: i64) -> String {
    let day = i32::try_from(number).ok().and_then(NaiveDate::from_epoch_days);
    day.map_or_else(String::new, |day| day.format(visit.say("%d/%m/%Y", "%-d %B %Y")).to_string())
}

/// A bar a day, with the same numbers as a table below.
fn days(visit: &Visit, full: &InFull) -> Markup {
    if full.days.is_empty() {
        return html! { p.hint { (visit.say("Chưa có phiếu nào.", "No response has come yet.")) } };
    }
    let last: Vec<(i64, Came)> = full.days.iter().rev().take(DAYS).map(|(day, came)| (*day, *came)).collect();
    let most = last.iter().map(|(_, came)| came.valid).max().unwrap_or(0).max(1);
    let (from, until) = (last.last().map_or(0, |(day, _)| *day), last.first().map_or(0, |(day, _)| *day));
    let width = (until - from + 1) * 12;
    #[allow(clippy::cast_precision_loss, reason = "heights of bars")]
    let height = |n: i64| 60.0 * n as f64 / most as f64;
    let title = visit.say("Phiếu hợp lệ theo ngày", "Valid responses by day");
    html! {
        h2 { (title) }
        svg.days role="img" viewBox=(format!("0 0 {width} 64")) width=(width.min(900)) height="64" preserveAspectRatio="xMinYMax meet" {
            title { (title) }
            @for (number, came) in &last {
                @let tall = height(came.valid);
                rect x=((number - from) * 12 + 1) y=(format!("{:.1}", 63.0 - tall)) width="10" height=(format!("{tall:.1}")) { title { (day(visit, *number)) ": " (came.valid) } }
            }
        }
        details {
            summary { (visit.say("Bảng theo ngày", "The days as a table")) }
            (table(title, &[Head::Text(visit.say("Ngày", "Day")), Head::Number(visit.say("Hợp lệ", "Valid")), Head::Number(visit.say("Không hợp lệ", "Invalid")), Head::Number(visit.say("Đến muộn", "Late"))],
                last.iter().map(|(number, came)| vec![
                    html! { (day(visit, *number)) },
                    html! { (say::whole(visit.lang, came.valid)) },
                    html! { (say::whole(visit.lang, came.invalid)) },
                    html! { (say::whole(visit.lang, came.quarantined)) },
                ])))
        }
    }
}

fn strata(visit: &Visit, full: &InFull) -> Markup {
    if full.strata.is_empty() {
        return html! {};
    }
    let heads = [
        Head::Text(visit.say("Tầng", "Stratum")),
        Head::Number(visit.say("Cụm", "PSUs")),
        Head::Number(visit.say("Chưa có phiếu", "Without any")),
        Head::Text(visit.say("Cụm đã có phiếu", "PSUs with responses")),
        Head::Number(visit.say("Phiếu hợp lệ", "Valid responses")),
    ];
    html! {
        h2 { (visit.say("Theo tầng", "By stratum")) }
        (table(visit.say("Theo tầng", "By stratum"), &heads, full.strata.iter().map(|(name, stratum)| vec![
            html! { (name) },
            html! { (say::whole(visit.lang, stratum.psus)) },
            html! { (say::whole(visit.lang, stratum.waiting)) },
            bar(visit.lang, stratum.psus - stratum.waiting, stratum.psus),
            html! { (say::whole(visit.lang, stratum.came.valid)) },
        ])))
    }
}

/// The cells of what came.
fn cells(visit: &Visit, name: Markup, came: &Came) -> Vec<Markup> {
    let number = |n: i64| html! { (say::whole(visit.lang, n)) };
    vec![name, number(came.valid), number(came.valid_in_part), number(came.invalid), number(came.quarantined), number(came.ended)]
}

fn heads<'h>(visit: &Visit, what: &'h str) -> [Head<'h>; 6] {
    [
        Head::Text(what),
        Head::Number(visit.say("Hợp lệ", "Valid")),
        Head::Number(visit.say("có câu bỏ", "of them in part")),
        Head::Number(visit.say("Không hợp lệ", "Invalid")),
        Head::Number(visit.say("Đến muộn", "Late")),
        Head::Number(visit.say("Rút, sửa, loại", "Ended")),
    ]
}

fn by_unit(visit: &Visit, full: &InFull, units: &Registry) -> Markup {
    if full.units.is_empty() {
        return html! {};
    }
    let name = |id: i64| {
        let unit = i32::try_from(id).ok().and_then(|id| units.get(UnitId(id)));
        html! { @if let Some(unit) = unit { (unit.record.name(visit.lang)) " " span.hint { (unit.record.code) } } }
    };
    html! {
        h2 { (visit.say("Theo đơn vị", "By unit")) }
        (table(visit.say("Theo đơn vị được đánh giá", "By rated unit"), &heads(visit, visit.say("Đơn vị", "Unit")), full.units.iter().map(|(id, came)| cells(visit, name(*id), came))))
    }
}

fn devices(visit: &Visit, full: &InFull) -> Markup {
    if full.devices.keys().all(|key| *key == 0) {
        return html! {};
    }
    let name = |key: i64| html! { @if key == 0 { (visit.say("không qua thiết bị có khóa", "without a key")) } @else { (visit.say("khóa số ", "key ")) (key) } };
    html! {
        h2 { (visit.say("Theo thiết bị", "By device")) }
        (table(visit.say("Theo khóa của thiết bị", "By the key of the device"), &heads(visit, visit.say("Thiết bị", "Device")), full.devices.iter().map(|(key, came)| cells(visit, name(*key), came))))
    }
}

fn psus(visit: &Visit, full: &InFull) -> Markup {
    if full.psus.is_empty() {
        return html! {};
    }
    let mut rows: Vec<_> = full.psus.iter().collect();
    rows.sort_by_key(|psu| psu.came.valid > 0);
    let more = rows.len().saturating_sub(PSUS);
    rows.truncate(PSUS);
    html! {
        h2 { (visit.say("Theo cụm (PSU)", "By PSU")) }
        details {
            summary { (visit.say("Cụm chưa có phiếu đứng trước", "PSUs without responses first")) }
            (table(visit.say("Theo cụm", "By PSU"), &heads(visit, visit.say("Cụm · tầng", "PSU · stratum")), rows.iter().map(|psu| cells(visit, html! { (psu.code) " " span.hint { (psu.stratum) } }, &psu.came))))
            @if more > 0 { p.hint { (visit.say("Còn ", "And ")) (more) (visit.say(" cụm nữa.", " more.")) } }
        }
    }
}
