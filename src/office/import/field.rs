//! What an import needs in the field: definitions, rated units, the wave and its design. All of it is made by the acts of the office, in
//! the transaction of the import, where it is not there.

use super::Wish;
use crate::design::{DesignKind, Mode};
use crate::jobs::load::{self, Survey};
use crate::office::chain::ChainRequest;
use crate::office::definitions::{self, Kind, Sent};
use crate::office::waves::{self as acts, DesignTables, WaveRequest, whatever_revision};
use crate::office::wire::{self, Words};
use crate::office::{Act, Code, Look, Refusal, units};
use crate::schema::{Document, Questionnaire};
use crate::store::units::UnitRow;
use crate::store::{schemas, waves};
use crate::unit::{LEGACY, REFORMED, Registry, UnitKind};
use crate::words::encode::rfc3339;
use crate::words::{Finding, did_you_mean};

/// Publishes the questionnaire and the index, if they are not there; returns the questionnaire.
pub(super) fn definitions(act: &mut Act<'_>, wish: &Wish<'_>) -> Result<Survey, Refusal> {
    let Some(questionnaire) = wish.questionnaire else { return asked(act, wish.wave) };
    let mut sent = vec![Sent::read(questionnaire.to_owned()).of_kind(Kind::Survey).from_file("questionnaire")];
    sent.extend(wish.index.map(|text| Sent::read(text.to_owned()).of_kind(Kind::Index).from_file("index")));
    let name = sent.first().and_then(Sent::checked).and_then(|checked| match &checked.document {
        Document::Questionnaire(survey) => Some((survey.code().to_owned(), survey.version().to_owned())),
        Document::Index(_) | Document::Composite(_) => None,
    });
    definitions::publish(act, &sent)?;
    let (code, version) = name.ok_or_else(|| Refusal::internal("a questionnaire that was published is none"))?;
    let row = schemas::find_survey(act.db, &code, &version)?.ok_or_else(|| Refusal::internal("the questionnaire is gone"))?;
    Ok(load::survey(&row)?)
}

/// The questionnaire by which a wave asks now.
pub(super) fn asked(look: &mut Look<'_>, wave: &str) -> Result<Survey, Refusal> {
    let wave = waves::find(look.db, wave)?.ok_or_else(|| Refusal::unknown_wave(wave))?;
    let version = definitions::asked_by(look, &wave.survey_code)?.ok_or_else(|| Refusal::new(Code::SchemaVersionUnknown))?;
    let row = schemas::find_survey(look.db, &wave.survey_code, &version)?.ok_or_else(|| Refusal::internal("the questionnaire is gone"))?;
    Ok(load::survey(&row)?)
}

/// The units, with a list made of the codes in the file where that was asked for.
pub(super) fn rated_units(act: &mut Act<'_>, wish: &Wish<'_>, codes: &[String]) -> Result<Registry, Refusal> {
    let registry = load::registry(act.db)?;
    let list = wish.unit_list;
    if registry.iter().any(|unit| unit.record.list == list) {
        return Ok(registry);
    }
    if !wish.new_unit_list {
        return Err(Refusal::because(Code::UnitsInvalid, unknown_list(list, &registry)));
    }
    if list.is_empty() || list.len() > 64 || list == LEGACY || list == REFORMED {
        let finding =
            Finding::error("/unit_list", "bad-list", "Tên danh mục phải từ 1 đến 64 ký tự", "A list's name must have 1 to 64 characters");
        return Err(Refusal::because(Code::UnitsInvalid, finding));
    }
    let since = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default().to_epoch_days();
    let row = |code: &String| UnitRow {
        list: list.to_owned(),
        kind: UnitKind::Agency.as_str().to_owned(),
        name_vi: code.clone(),
        name_en: Some(code.clone()),
        code: code.clone(),
        parent: None,
        valid_from: since,
        valid_to: None,
    };
    let rows: Vec<UnitRow> = codes.iter().map(row).collect();
    units::store(act, &rows)?;
    Ok(load::registry(act.db)?)
}

/// A list that is not there, with those that are.
fn unknown_list(list: &str, registry: &Registry) -> Finding {
    let lists: std::collections::BTreeSet<&str> = registry.iter().map(|unit| unit.record.list.as_str()).collect();
    let near = did_you_mean(list, lists.iter().copied());
    let there = lists.into_iter().collect::<Vec<_>>().join(", ");
    let (vi, en) = (
        format!(
            "Không có danh mục đơn vị “{list}”{} Các danh mục có: {there}. Muốn lập danh mục mới từ các mã trong tệp thì phải nói rõ",
            end(&near.vi)
        ),
        format!(
            "There is no list of units “{list}”{} The lists are: {there}. To make a new one of the codes in the file, say so",
            end(&near.en)
        ),
    );
    Finding::error("/unit_list", "unit-list-unknown", vi, en)
}

/// What stands behind a name: a question, or the end of the sentence.
fn end(near: &str) -> &str {
    if near.is_empty() { "." } else { near }
}

/// Opens the wave and loads its design, if they are not there.
pub(super) fn wave(act: &mut Act<'_>, wish: &Wish<'_>, survey: &Questionnaire) -> Result<waves::Wave, Refusal> {
    let chain = (wish.customers.is_some() || wish.invitations.is_some() || wish.chain_unknown.is_some()).then(|| ChainRequest {
        customers: wish.customers,
        invitations: wish.invitations,
        reason: wish.chain_unknown.map(str::to_owned),
    });
    let request = match waves::find(act.db, wish.wave)? {
        None => Some(opened(wish, survey, chain)?),
        Some(wave) => {
            fits(&wave, wish, survey)?;
            chain.map(|chain| kept(&wave, chain))
        }
    };
    if let Some(request) = request {
        wire::check(&request)?;
        acts::put(act, wish.wave, &request, &whatever_revision)?;
    }
    if wish.psus.is_some() || wish.respondents.is_some() {
        let design = DesignTables { psus: wish.psus.map(<[u8]>::to_vec), respondents: wish.respondents.map(<[u8]>::to_vec) };
        acts::load_design(act, wish.wave, &design, &whatever_revision)?;
    }
    waves::find(act.db, wish.wave)?.ok_or_else(|| Refusal::internal("the wave is gone"))
}

/// The wave to open. A sample without a design says that it is a simple random one: forgetting the tables should not make it one.
fn opened(wish: &Wish<'_>, survey: &Questionnaire, chain: Option<ChainRequest>) -> Result<WaveRequest, Refusal> {
    let mode = wish.mode.unwrap_or(Mode::ProbabilitySample);
    if mode == Mode::ProbabilitySample && wish.psus.is_none() && wish.respondents.is_none() && !wish.simple_random_sample {
        let (vi, en) = (
            "Mẫu xác suất cần bảng PSU hoặc danh sách người trả lời; nếu là mẫu ngẫu nhiên đơn thì phải nói rõ",
            "A probability sample needs its PSUs or its list of respondents; of a simple random sample, say that it is one",
        );
        return Err(Refusal::because(Code::DesignInvalid, Finding::error("/design", "design-missing", vi, en)));
    }
    let kind = if wish.psus.is_some() { DesignKind::Cluster } else { DesignKind::Element };
    let said = |vi: &str, en: &str| Words([("vi", vi), ("en", en)].map(|(tag, text)| (tag.to_owned(), text.to_owned())).into());
    Ok(WaveRequest {
        survey: survey.code().to_owned(),
        title: Words::of(survey.title()),
        mode: mode.as_str().to_owned(),
        frame: said("Nhập từ tệp", "Imported from a file"),
        unit_list: wish.unit_list.to_owned(),
        opens_at: rfc3339(0),
        closes_at: None,
        weight_exponent: crate::design::WeightUnit::MICRO.exponent(),
        design: kind.as_str().to_owned(),
        fpc: true,
        synthetic: false,
        invitations: None,
        chain,
    })
}

/// The wave as it is, with a new word about how many could have answered.
fn kept(wave: &waves::Wave, chain: ChainRequest) -> WaveRequest {
    WaveRequest {
        survey: wave.survey_code.clone(),
        title: Words::from_json(&wave.title),
        mode: wave.mode.clone(),
        frame: Words::from_json(&wave.frame_label),
        unit_list: wave.unit_list.clone(),
        opens_at: rfc3339(wave.opens_at),
        closes_at: wave.closes_at.map(rfc3339),
        weight_exponent: u8::try_from(wave.weight_exponent).unwrap_or_default(),
        design: wave.design().to_owned(),
        fpc: wave.fpc,
        synthetic: wave.synthetic,
        invitations: None,
        chain: Some(chain),
    }
}

/// Whether what is asked for is what the wave is.
fn fits(wave: &waves::Wave, wish: &Wish<'_>, survey: &Questionnaire) -> Result<(), Refusal> {
    let asked = [
        ("/questionnaire", "other-survey", survey.code(), wave.survey_code.as_str()),
        ("/unit_list", "other-list", wish.unit_list, &wave.unit_list),
        ("/mode", "fixed", wish.mode.map_or("", Mode::as_str), &wave.mode),
        ("/design", "fixed", wish.psus.map_or("", |_| DesignKind::Cluster.as_str()), wave.design()),
    ];
    let differs = asked.into_iter().filter(|(_, _, asked, is)| !asked.is_empty() && asked != is);
    let findings = differs.map(|(pointer, code, asked, is)| {
        let wave = &wave.code;
        let (vi, en) = (format!("Đợt {wave} có “{is}”, không phải “{asked}”"), format!("The wave {wave} has “{is}”, not “{asked}”"));
        Finding::error(pointer, code, vi, en)
    });
    let findings: Vec<Finding> = findings.collect();
    if findings.is_empty() { Ok(()) } else { Err(Refusal::new(Code::BodyInvalid).errors(findings)) }
}
