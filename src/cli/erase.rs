//! `hailong erase`: what was withdrawn goes from the files of the database.

use anyhow::Result;

use crate::cli::Context;
use crate::cli::context::myself;
use crate::cli::lang::refused;
use crate::office::erasure;

/// Writes the files anew without what was withdrawn.
pub(super) fn erase(context: &Context) -> Result<()> {
    let office = context.office()?;
    let erased = erasure::erase(&office, &myself(&office)?).map_err(refused)?;
    let (vi, en) = if erased {
        ("những gì đã rút không còn trong các tệp của cơ sở dữ liệu", "what was withdrawn is gone from the files of the database")
    } else {
        ("không có gì đã rút còn chờ xóa khỏi tệp", "nothing that was withdrawn waits to be erased from the files")
    };
    println!("{}", context.lang.pick(vi, en));
    Ok(())
}
