//! QR codes as SVG: one path of runs, so that it prints sharp at any size.

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

use crate::office::Refusal;

/// Modules of white around a code, without which scanners do not find it.
const QUIET: usize = 4;

/// A text as a QR code that survives a crease in the paper; `label` says what it is to those who do not see it.
///
/// # Errors
/// `internal` for a text that is longer than a code can be.
pub fn drawn(text: &str, label: &str) -> Result<Markup, Refusal> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q).map_err(Refusal::internal)?;
    let width = code.width();
    let (side, colors) = (width + 2 * QUIET, code.to_colors());
    let mut path = String::new();
    for (row, modules) in colors.chunks(width).enumerate() {
        let mut at = 0;
        while at < width {
            let run = modules[at..].iter().take_while(|module| **module == Color::Dark).count();
            if run > 0 {
                // Writing to a text cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", at + QUIET, row + QUIET);
            }
            at += run.max(1);
        }
    }
    Ok(html! {
        svg.qr viewBox=(format!("0 0 {side} {side}")) width="320" height="320" role="img" aria-label=(label) shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_as_many_dark_modules_as_it_was_made_with_and_a_quiet_zone() {
        let text = "https://hailong.example/k#enrol=hle_0123456789abcdefghijklmnopqrstuv";
        let html = drawn(text, "Mã <b>").unwrap().into_string();
        assert!(html.contains("aria-label=\"Mã &lt;b&gt;\""), "{html}");
        let path = html.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
        let runs = path.split('M').skip(1).map(|run| run.split('h').nth(1).unwrap().split('v').next().unwrap().parse::<usize>().unwrap());
        let code = QrCode::with_error_correction_level(text, EcLevel::Q).unwrap();
        assert_eq!(runs.sum::<usize>(), code.to_colors().iter().filter(|module| **module == Color::Dark).count());
        assert!(path.starts_with("M4 4h7"), "a finder pattern begins behind the quiet zone: {path}");
        assert!(drawn(&"x".repeat(5_000), "").is_err());
    }
}
