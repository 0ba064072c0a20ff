//! `hailong sample draw`: a sample from a frame, a plan and a seed.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::or_findings;
use crate::cli::{Context, file};
use crate::design::plan::{Protocol, SamplingFrame, SamplingPlan, Tables, draw_sample};
use crate::words::Lang;

/// What to draw from.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The frame: CSV or XLSX with a row for each of the smallest units on a list.
    #[arg(long)]
    frame: PathBuf,
    /// The plan: JSON that says what is drawn in each stage (`docs/examples/sampling`).
    #[arg(long)]
    plan: PathBuf,
    /// The seed; best one that nobody could choose, such as a lottery's numbers on a day named before.
    #[arg(long)]
    seed: u64,
    /// The folder for the results; made if it is not there.
    #[arg(long)]
    out: PathBuf,
    /// Overwrite the results of an earlier draw.
    #[arg(long)]
    force: bool,
}

/// Draws, writes every result and says what became of it.
pub(super) fn draw(context: &Context, arguments: &Arguments) -> Result<()> {
    let lang = context.lang;
    let plan = or_findings(lang, &arguments.plan, SamplingPlan::parse(&file::read(&arguments.plan, lang)?))?;
    let frame = or_findings(lang, &arguments.frame, SamplingFrame::read(file::bytes(&arguments.frame, lang)?, &plan))?;
    let sample = or_findings(lang, &arguments.plan, draw_sample(&plan, &frame, arguments.seed))?;
    let tables = Tables::of(&plan, &sample)?;
    let protocol = Protocol::of(&plan, &frame, &sample);
    let results = [
        ("sample.csv", tables.sample),
        ("psus.csv", tables.psus),
        ("respondents.csv", tables.respondents),
        ("fieldwork.csv", tables.fieldwork),
        ("protocol.txt", protocol.to_string()),
        ("protocol.json", serde_json::to_string_pretty(&protocol)? + "\n"),
    ];
    std::fs::create_dir_all(&arguments.out).with_context(|| {
        let out = arguments.out.display();
        lang.pick(format!("không tạo được thư mục {out}"), format!("cannot make the folder {out}"))
    })?;
    let there: Vec<&str> = results.iter().map(|(name, _)| *name).filter(|name| arguments.out.join(name).exists()).collect();
    if !there.is_empty() && !arguments.force {
        let (out, there) = (arguments.out.display(), there.join(", "));
        let vi = format!("{out} đã có {there}: hãy nêu thư mục khác, hoặc --force");
        bail!("{}", lang.pick(vi, format!("{out} has {there} already: name another folder, or --force")));
    }
    for (name, text) in results {
        let path = arguments.out.join(name);
        std::fs::write(&path, text).with_context(|| {
            let path = path.display();
            lang.pick(format!("không ghi được {path}"), format!("cannot write {path}"))
        })?;
    }
    print(&protocol, arguments, lang);
    Ok(())
}

fn print(protocol: &Protocol, arguments: &Arguments, lang: Lang) {
    for stage in &protocol.stages {
        let (level, sampled, population, parents) = (&stage.level, stage.sampled, stage.population, stage.parents);
        let (method, certain) = (&stage.method, stage.certain);
        let said = lang.pick(
            format!("{level}: {sampled} trên {population} trong {parents} đơn vị cha ({method}), {certain} chắc chắn được chọn"),
            format!("{level}: {sampled} of {population} in {parents} parents ({method}), {certain} with certainty"),
        );
        println!("{said}");
    }
    for short in &protocol.shortfalls {
        let (level, parent, all, wanted) = (&short.level, &short.parent, short.population, short.wanted);
        let said = lang.pick(
            format!("{level} của {parent}: lấy hết {all}, cần {wanted}"),
            format!("{level} of {parent}: all {all} taken, {wanted} were wanted"),
        );
        println!("{said}");
    }
    let Protocol { sampled, substitutes, sum_of_weights: sum, population, seed, frame, .. } = protocol;
    let (sha256, out) = (&frame.sha256, arguments.out.display());
    let said = lang.pick(
        format!(
            "{sampled} trong mẫu, {substitutes} dự phòng; tổng trọng số {sum:.1} trên {population}\n\
             số gieo {seed}, sha256 của khung mẫu {sha256}: xem protocol.txt trong {out}"
        ),
        format!(
            "{sampled} in the sample, {substitutes} substitutes; weights add up to {sum:.1} of {population}\n\
             seed {seed}, frame sha256 {sha256}: see protocol.txt in {out}"
        ),
    );
    println!("{said}");
}
