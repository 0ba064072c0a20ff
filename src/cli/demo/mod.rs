//! `hailong demo`: the whole at work, on synthetic respondents.
//!
//! A national survey on the design of SIPAS 2024 as far as it was published: 63 provinces, 195 districts (six in Hà
//! Nội and in Hồ Chí Minh City, three elsewhere), three communes in each, two villages in each commune, 36,525
//! respondents. Nobody answered: province levels follow published figures where there are any, everything else is
//! drawn from a seed. So it is labelled synthetic wherever it is shown.

mod draw;
mod population;
mod published;
mod stage;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use uuid::Uuid;

use draw::Village;

use crate::cli::Context;
use crate::cli::lang::{self, refused};
use crate::cli::run::steps::published;
use crate::cli::run::{Bar, compute};
use crate::cli::{serve, show};
use crate::design::{Design, DesignKind, Mode, WeightUnit};
use crate::jobs::load::{self, Survey, WaveInField};
use crate::jobs::recompute::Outcome;
use crate::jobs::run::Computed;
use crate::jobs::stored;
use crate::office::definitions::{self, Sent};
use crate::office::import::Made;
use crate::office::runs::{self, RunWish, Seen};
use crate::office::waves::{self, WaveRequest};
use crate::office::wire::Words;
use crate::office::{Act, Actor, Holder, Office, Refusal, Role, Standing, editions};
use crate::schema::Document;
use crate::store::runs::{self as rows, Run, RunState};
use crate::store::waves as store_waves;
use crate::store::writer::WriterOptions;
use crate::store::{Db, scan, schemas};
use crate::unit::{LEGACY, Registry};
use crate::words::Lang;
use crate::words::encode::{hex, rfc3339};

const QUESTIONNAIRE: &str = include_str!("../../../survey-schemas/sipas/2022.1.json");
const INDEX: &str = include_str!("../../../survey-schemas/sipas/index-2023.1.json");

/// The wave, whose first edition is published.
const WAVE: &str = "sipas-2024-demo";
/// The two people whom publication takes.
const STATISTICIAN: &str = "demo-statistician";
const PUBLISHER: &str = "demo-publisher";
/// Where the random numbers of the run start.
const SEED: i64 = 1;
/// Runs of the wave among which an earlier start's is looked for.
const RUNS: i64 = 100;
/// Responses that are made at a time.
const BLOCK: usize = 4096;

/// How to show it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Exit when the scores are printed, instead of serving them.
    #[arg(long)]
    once: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    /// Where to serve.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// What the respondents are drawn from: the same seed gives the same people.
    #[arg(long, default_value_t = 2024)]
    seed: u64,
}

/// Makes what is not there yet, computes, publishes, prints, serves.
pub(super) fn demo(context: &Context, arguments: &Arguments) -> Result<()> {
    let office = context.office_or_new()?;
    let store = office.store().clone();
    let units = store.read(load::registry)?;
    let villages = draw::draw(&units, arguments.seed)?;
    let (survey, field) = prepare(&office, &units, &villages)?;
    collect(&office, &units, &survey, &field, &villages, arguments.seed)?;
    let (run, outcome) = scored(&office, &field, context.lang)?;
    let edition = publish_first(&office, run.id).map_err(refused)?;
    if arguments.json {
        println!("{}", show::json(&run.id.to_string(), &outcome, &units, None));
    } else {
        print(&outcome, &units, context.lang);
    }
    if arguments.once {
        return Ok(());
    }
    stage::set(&office)?;
    announce(arguments.listen, &edition, context.lang);
    let options = serve::Arguments {
        listen: arguments.listen,
        workers: 0,
        connections: 4096,
        drain: 0,
        trusted_proxies: Vec::new(),
        answers_per_minute: crate::http::limit::ANSWERS,
        no_rate_limit: false,
    };
    serve::serve_store(store, &options, context.database.is_none(), true)
}

/// The run over all that was collected: that of an earlier start, or else a new one.
fn scored(office: &Office, field: &WaveInField, lang: Lang) -> Result<(Run, Box<Outcome>)> {
    let index = Sent::read(INDEX.to_owned());
    let Some(Document::Index(index)) = index.checked().map(|checked| &checked.document) else {
        anyhow::bail!(lang.pick("định nghĩa kèm theo không phải là chỉ số", "the embedded definition is not an index"))
    };
    let (code, version) = (index.code().to_owned(), index.version().to_owned());
    let wish = RunWish { index: code, version, wave: Some(WAVE.to_owned()), seed: SEED, ..RunWish::default() };
    if let Some((run, outcome)) = office.store().read(|db| computed_before(db, &wish, field.wave.id))? {
        return Ok((run, Box::new(outcome)));
    }
    let (run, computed, _watch) = compute(office, &person(STATISTICIAN, Role::Statistician), &wish, lang)?;
    let Computed::Survey(outcome) = computed else {
        anyhow::bail!(lang.pick("đây là chỉ số tổng hợp", "the index is a composite one"))
    };
    Ok((run, outcome))
}

/// The run of an earlier start, if nothing that it takes has changed since.
fn computed_before(db: &mut Db, wish: &RunWish, wave: i32) -> Result<Option<(Run, Outcome)>> {
    let Some(index) = schemas::find_index(db, &wish.index, &wish.version)? else { return Ok(None) };
    let now = scan::high_water(db, wave)?;
    let all = rows::list(db, &rows::Filter { wave_id: Some(wave), ..rows::Filter::default() }, RUNS)?;
    let same = all.into_iter().find(|run| {
        let done = matches!(run.state, RunState::Draft | RunState::Submitted | RunState::Approved | RunState::Published);
        done && run.created_by == STATISTICIAN && run.index_version_id == index.id && run.seed == wish.seed && run.high_water() == now
    });
    let Some(run) = same else { return Ok(None) };
    Ok(stored::outcome(db, &run)?.map(|outcome| (run, outcome)))
}

/// Publishes the definitions and makes the wave with its design, unless they are there.
fn prepare(office: &Office, units: &Registry, villages: &[Village]) -> Result<(Survey, Arc<WaveInField>)> {
    let design = Design::new(draw::psus(villages), draw::respondents(villages));
    let design = design.map_err(|findings| anyhow::anyhow!("the drawn design contradicts itself: {findings:?}"))?;
    let made = office.act(&person(STATISTICIAN, Role::Statistician), |act| {
        definitions::publish(act, &[Sent::read(QUESTIONNAIRE.to_owned()), Sent::read(INDEX.to_owned())])?;
        if store_waves::find(act.db, WAVE)?.is_none() {
            waves::put(act, WAVE, &new_wave(), &waves::whatever_revision)?;
            waves::keep_design(act, WAVE, &design)?;
        }
        Ok(())
    });
    made.map_err(refused)?;
    office.store().read(|db| {
        let row = schemas::find_survey(db, "sipas", "2022.1")?
            .with_context(|| lang::chosen().pick("không còn phiếu hỏi", "the questionnaire is gone"))?;
        let field = load::wave(db, WAVE, None, units)?.with_context(|| lang::chosen().pick("không còn đợt", "the wave is gone"))?;
        Ok((load::survey(&row)?, field))
    })
}

fn new_wave() -> WaveRequest {
    let words = |vi: &str, en: &str| Words([("vi", vi), ("en", en)].map(|(tag, text)| (tag.to_owned(), text.to_owned())).into());
    WaveRequest {
        survey: "sipas".to_owned(),
        title: words("SIPAS 2024 (dữ liệu giả lập để minh họa)", "SIPAS 2024 (synthetic, for demonstration)"),
        mode: Mode::ProbabilitySample.as_str().to_owned(),
        frame: words("Người dân từ 18 tuổi, do máy tạo ra", "Residents aged 18 and over, made up by a program"),
        unit_list: LEGACY.to_owned(),
        opens_at: rfc3339(0),
        closes_at: None,
        weight_exponent: WeightUnit::MICRO.exponent(),
        design: DesignKind::Cluster.as_str().to_owned(),
        fpc: false,
        synthetic: true,
        invitations: None,
        chain: None,
    }
}

/// Has every respondent answer who has not, through the checks that any submission passes.
fn collect(office: &Office, units: &Registry, survey: &Survey, field: &WaveInField, villages: &[Village], seed: u64) -> Result<()> {
    let (store, wave) = (office.store(), field.wave.id);
    let people: Vec<(usize, usize)> =
        villages.iter().enumerate().flat_map(|(v, village)| (0..village.respondents).map(move |r| (v, r))).collect();
    let stored = store.read(|db| -> Result<_> {
        let at = scan::high_water(db, wave)?;
        Ok(scan::count_responses(db, wave, at)?)
    })?;
    if usize::try_from(stored)? == people.len() {
        return Ok(());
    }
    let model = population::Population::new(&survey.questionnaire, villages, units, seed);
    let me = person(STATISTICIAN, Role::Statistician);
    let writer = store.start_writer(WriterOptions::default())?;
    let made = Made { office, actor: &me, writer: &writer, field, survey, units };
    let bar = Bar::default();
    for (block, chunk) in people.chunks(BLOCK).enumerate() {
        let answers =
            chunk.par_iter().map(|(village, person)| (villages[*village].respondent(*person), model.submission(WAVE, *village, *person)));
        made.take(&answers.collect::<Vec<_>>()).map_err(refused)?;
        bar.line(lang::chosen().pick("thu thập", "collecting"), (block * BLOCK + chunk.len()).min(people.len()), people.len());
    }
    bar.clear();
    writer.shutdown();
    Ok(())
}

/// A made-up person of the office.
fn person(name: &str, role: Role) -> Actor {
    Actor::known(Arc::new(Holder { key: None, name: name.to_owned(), standing: Standing::Role(role), unit: None, person: None }))
}

/// Takes the first run through submission and approval by another person to publication; later ones stay drafts. Gives the name of the
/// wave's edition.
fn publish_first(office: &Office, id: Uuid) -> Result<String, Refusal> {
    let (statistician, publisher) = (person(STATISTICIAN, Role::Statistician), person(PUBLISHER, Role::Publisher));
    let published = office.look(&publisher, editions::list)?;
    if let Some(edition) = published.into_iter().find(|edition| edition.wave_code.as_deref() == Some(WAVE)) {
        return Ok(edition.code);
    }
    let seen = |act: &mut Act<'_>| Ok::<_, Refusal>(Seen { id, revision: runs::revision(act, id)? });
    office.act(&statistician, |act| {
        let seen = seen(act)?;
        runs::submit(act, seen)?;
        // A survey is published once it is over.
        waves::close(act, WAVE, None)
    })?;
    office.act(&publisher, |act| {
        let seen = seen(act)?;
        runs::approve(act, seen, false)
    })?;
    office.act(&publisher, |act| {
        let seen = seen(act)?;
        runs::publish(act, seen, None)
    })?;
    let edition = office.look(&publisher, |look| editions::of_run(look, id))?;
    edition.ok_or_else(|| Refusal::internal("the run was published without an edition"))
}

/// The nation, and the provinces from the first rank to the last.
fn print(outcome: &Outcome, units: &Registry, lang: Lang) {
    let n = outcome.manifest.responses;
    let said = lang.pick(
        format!("SIPAS 2024 · DỮ LIỆU GIẢ LẬP: {n} người trả lời do máy tạo ra trên thiết kế đã công bố; không phải kết quả thật"),
        format!("SIPAS 2024 · SYNTHETIC DATA: {n} made-up respondents on the published design; nobody was asked"),
    );
    println!("{said}\n");
    show::header();
    for score in outcome.scores.iter().filter(|score| score.domain.kind == "nation" && ["SIPAS", "I", "II"].contains(&score.node.as_str()))
    {
        show::line(score, &show::domain_name(&score.domain, units));
    }
    println!("");
    let mut provinces: Vec<_> = outcome.scores.iter().filter(|score| score.domain.kind == "province" && score.node == "SIPAS").collect();
    provinces.sort_by_key(|score| score.rank);
    for score in provinces {
        show::line(score, &show::domain_name(&score.domain, units));
    }
    let digest = hex(&outcome.public_digest);
    println!("\n{}", lang.pick("Công bố", "Published"));
    println!("  {}", published(&outcome.extent(), lang));
    let said = lang.pick(
        format!(
            "\nKhoảng tin cậy 95% tính theo thiết kế mẫu: mỗi tỉnh ba huyện nên chỉ còn hai bậc tự do (t = 4,30).\n\
             “khoảng hạng”: những hạng mà so sánh với từng đơn vị khác không loại trừ; ít huyện như vậy thì gần như là\n\
             mọi hạng (docs/methodology.md). Mã băm {digest}"
        ),
        format!(
            "\n95% intervals are design-based: three districts a province leave two degrees of freedom (t = 4.30).\n\
             “of ranks”: ranks that comparisons with every other unit do not rule out; with so few districts that is nearly\n\
             all of them (docs/methodology.md). Digest {digest}"
        ),
    );
    println!("{said}");
}

/// What to try.
fn announce(listen: SocketAddr, edition: &str, lang: Lang) {
    println!("\n{}", lang.pick("Máy chủ chạy cho đến khi bị dừng (Ctrl-C). Hãy mở:", "Serving until stopped (Ctrl-C). Open:"));
    let addresses = [
        (lang.pick("phiếu của người dân", "a citizen's form"), stage::form()),
        (lang.pick("nơi làm việc", "the console"), "/demo".to_owned()),
        (lang.pick("ấn bản công khai", "the public edition"), format!("/e/{edition}")),
    ];
    for (what, address) in addresses {
        println!("  {what:<20} http://{listen}{address}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Basis, Score};

    #[test]
    fn the_second_start_of_the_demo_shows_the_same_run_and_computes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let context = Context { data: folder.path().to_owned(), database: None, lang: Lang::En };
        let office = context.office_or_new().unwrap();
        let units = office.store().read(load::registry).unwrap();
        let mut villages = draw::draw(&units, 1).unwrap();
        for village in &mut villages {
            village.respondents = 1;
        }
        let start = || {
            let (survey, field) = prepare(&office, &units, &villages).unwrap();
            collect(&office, &units, &survey, &field, &villages, 1).unwrap();
            let (run, outcome) = scored(&office, &field, Lang::En).unwrap();
            let edition = publish_first(&office, run.id).unwrap();
            // Whom a score rests on is not stored.
            let scores: Vec<Score> = outcome.scores.into_iter().map(|score| Score { basis: Basis::default(), ..score }).collect();
            (run.id, outcome.digest, scores, edition)
        };
        let first = start();
        assert!(first == start());
        let all = office.store().read(|db| rows::list(db, &rows::Filter::default(), RUNS)).unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].state, RunState::Published);
    }
}
