//! `/console/admin/backups`: how to make a backup of this database, and what the server does not know of them.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};

use super::ways;
use crate::http::state::AppState;
use crate::office::health::health;
use crate::office::{Action, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Notice, empty, notice};
use crate::pages::visit::{Staff, Visit};
use crate::store::Room;

/// The page.
#[get("/console/admin/backups")]
pub async fn show_backups(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepKeys)?;
    let actor = staff.actor.clone();
    let found = app.slowly(move |office| health(office, &actor)).await?;
    let visit = &staff.visit;
    Ok(Page::office(&staff, visit.say("Bản sao lưu", "Backups")).answer(html! {
        (ways(&staff))
        (empty(visit.say("Máy chủ không giữ danh sách bản sao lưu", "The server keeps no list of backups"), &html! { p { (visit.say(
            "Bản sao do máy làm, ngoài chương trình này. Vì thế ở đây không biết: bản gần nhất làm lúc nào, nằm ở đâu, đã thử phục hồi chưa. Hãy để giám sát của máy báo khi một bản quá cũ.",
            "Backups are made by the machine, outside this program. So it is not known here when the last was made, where it lies, and whether restoring it was tried. Let the machine’s monitoring tell when one is too old.",
        )) } }))
        (how(visit, found.room.as_ref()))
        (notice(Notice::Care, &html! { p { (visit.say(
            "Bản sao giữ cả câu trả lời. Hãy mã hóa, cất khóa nơi khác và xóa đúng hạn: phiếu được rút chỉ mất khỏi cơ sở dữ liệu đang dùng, và một bản cũ phục hồi lại sẽ mang phiếu đó trở về.",
            "A backup holds answers. Encrypt it, keep the key elsewhere, and delete it in time: a withdrawn response leaves the live database alone, and restoring an old backup brings it back.",
        )) } }))
    }))
}

fn how(visit: &Visit, room: Option<&Room>) -> Markup {
    let Some(file) = room.map(|room| room.file.display().to_string()) else {
        return html! {
            h2 { (visit.say("Cách làm", "How to make one")) }
            pre { "pg_dump --format=custom --file=hailong-$(date +%F).dump \"$HAILONG_DATABASE\"" }
            p { (visit.say("Hoặc pg_basebackup kèm kho WAL.", "Or pg_basebackup with an archive of the WAL.")) }
        };
    };
    html! {
        h2 { (visit.say("Cách làm, khi máy chủ vẫn chạy", "How to make one, while the server runs")) }
        p { (visit.say(
            "Không bao giờ chép tệp đang dùng: phần còn trong tệp -wal sẽ mất. Chạy bằng tài khoản của máy chủ:",
            "Never copy the live file: what is still in the -wal file would be missing. As the server’s account:",
        )) }
        pre { "sqlite3 '" (file) "' \"VACUUM INTO '/backup/hailong-$(date +%F).sqlite'\"" }
        h2 { (visit.say("Kiểm tra một bản sao", "Checking one")) }
        p { (visit.say("Một bản chưa từng phục hồi thử chỉ là hy vọng.", "A backup that was never restored is a hope.")) }
        pre {
            "sqlite3 /backup/hailong-….sqlite 'PRAGMA integrity_check; SELECT count(*) FROM response;'\n"
            "hailong --database sqlite:restored.sqlite migrate"
        }
        h2 { (visit.say("Phục hồi", "Restoring")) }
        p { (visit.say(
            "Dừng máy chủ, chuyển cơ sở dữ liệu cùng hai tệp -wal và -shm đi chỗ khác, đặt bản sao vào chỗ cũ, chạy lại.",
            "Stop the server, move the database with its -wal and -shm files away together, put the backup in place, start.",
        )) }
    }
}
