//! `hailong wave`: rounds of collection.

use std::path::PathBuf;

use anyhow::Result;

use crate::cli::context::myself;
use crate::cli::lang::refused;
use crate::cli::{Context, file};
use crate::office::waves::{self, DesignTables, WaveBody, WaveRequest, whatever_revision};
use crate::office::wire;
use crate::words::Lang;

/// What to do with waves.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Opens a wave, or changes the words and dates of one that is open.
    Put {
        /// Its code, stable for ever: lower-case letters, digits, dots and dashes.
        code: String,
        /// The wave as JSON, as the API takes it: survey, title, mode, frame, `unit_list`, `opens_at`, design.
        file: PathBuf,
        #[command(flatten)]
        printing: Printing,
    },
    /// Closes a wave, now or at an instant. Responses that were answered before and come later are kept apart.
    Close {
        /// Its code.
        code: String,
        /// When, with an offset: 2025-09-30T17:00:00+07:00.
        #[arg(long)]
        at: Option<String>,
        #[command(flatten)]
        printing: Printing,
    },
    /// Loads PSUs and the sample list. Rows that are there already are passed over.
    Design {
        /// The code of the wave.
        code: String,
        /// The PSUs that were drawn: `psu,stratum[,fpc][,area][,weight]`.
        #[arg(long, required_unless_present = "respondents")]
        psus: Option<PathBuf>,
        /// The people who were listed: `respondent[,psu],weight`.
        #[arg(long)]
        respondents: Option<PathBuf>,
        #[command(flatten)]
        printing: Printing,
    },
    /// Lists the waves, the latest opened first.
    List {
        #[command(flatten)]
        printing: Printing,
    },
    /// Shows a wave.
    Show {
        /// Its code.
        code: String,
        #[command(flatten)]
        printing: Printing,
    },
}

/// How it is printed.
#[derive(Debug, clap::Args)]
pub(super) struct Printing {
    /// Everything as JSON, as the API answers.
    #[arg(long)]
    json: bool,
}

impl Printing {
    fn wave(&self, wave: &WaveBody, lang: Lang) -> Result<()> {
        if self.json {
            println!("{}", serde_json::to_string(wave)?);
        } else {
            println!("{}", line(wave, lang));
        }
        Ok(())
    }
}

/// A wave in a line.
fn line(wave: &WaveBody, lang: Lang) -> String {
    let WaveBody { code, survey, mode, design, unit_list, opens_at, closes_at, .. } = wave;
    let title = wave.title.0.get(lang.tag()).or_else(|| wave.title.0.get("vi")).map_or("", String::as_str);
    let until = closes_at.as_deref().unwrap_or(lang.pick("chưa định ngày đóng", "no end yet"));
    let [survey_word, units] = lang.pick(["phiếu hỏi", "đơn vị"], ["survey", "units"]);
    let made_up = if wave.synthetic { lang.pick(" · dữ liệu giả lập", " · synthetic data") } else { "" };
    format!("{code} · “{title}” · {survey_word} {survey} · {mode}, {design} · {units} {unit_list} · {opens_at} – {until}{made_up}")
}

/// Does it.
pub(super) fn wave(context: &Context, command: &Command) -> Result<()> {
    let (office, lang) = (context.office()?, context.lang);
    let me = myself(&office)?;
    match command {
        Command::Put { code, file, printing } => {
            let text = file::read(file, lang)?;
            let wish: WaveRequest = wire::decode(text.as_bytes()).map_err(refused)?;
            let put = office.act(&me, |act| waves::put(act, code, &wish, &whatever_revision));
            let (_, wave) = put.map_err(refused)?;
            printing.wave(&wave, lang)
        }
        Command::Close { code, at, printing } => {
            let closed = office.act(&me, |act| waves::close(act, code, at.as_deref()));
            printing.wave(&closed.map_err(refused)?, lang)
        }
        Command::Design { code, psus, respondents, printing } => {
            let read = |path: &Option<PathBuf>| path.as_ref().map(|path| file::bytes(path, lang)).transpose();
            let wish = DesignTables { psus: read(psus)?, respondents: read(respondents)? };
            let loaded = office.act(&me, |act| waves::load_design(act, code, &wish, &whatever_revision));
            let (loaded, _) = loaded.map_err(refused)?;
            if printing.json {
                println!("{}", serde_json::to_string(&loaded)?);
                return Ok(());
            }
            let (psus, people, weights, rounded) = (loaded.psus_added, loaded.respondents_added, loaded.weights, loaded.weights_rounded);
            let worst = loaded.worst_relative_rounding;
            println!(
                "{}",
                lang.pick(
                    format!("{code}: thêm {psus} PSU, {people} người trả lời; làm tròn {rounded} trong {weights} trọng số, nhiều nhất {worst:.1e}"),
                    format!("{code}: {psus} PSUs and {people} respondents added; {rounded} of {weights} weights rounded, by {worst:.1e} at most"),
                )
            );
            Ok(())
        }
        Command::List { printing } => {
            let all = office.look(&me, waves::list).map_err(refused)?;
            if printing.json {
                println!("{}", serde_json::to_string(&all)?);
                return Ok(());
            }
            for wave in &all {
                println!("{}", line(wave, lang));
            }
            Ok(())
        }
        Command::Show { code, printing } => {
            let wave = office.look(&me, |look| waves::get(look, code)).map_err(refused)?;
            printing.wave(&wave, lang)
        }
    }
}
