//! How synthetic people answer.
//!
//! Satisfaction is a normal variable: a level for the province, deviations for district, commune, village and person
//! that everyone there shares, and one for the answer. Cut points turn it into five options so that the share of
//! satisfied answers in a province is its level. The deviations are chosen so that people of one village resemble each
//! other about as much as in published household surveys (a design effect of two to four).

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Map, Value, json};

use crate::cli::demo::draw::{Village, uniform};
use crate::cli::demo::published::{NATION_2024, level};
use crate::numeric::distribution::normal;
use crate::schema::{Item, ItemKind, Layout, Questionnaire};
use crate::unit::{LEGACY, Registry};

/// Standard deviations; all variances together are one.
const DISTRICT: f64 = 0.06;
const COMMUNE: f64 = 0.08;
const VILLAGE: f64 = 0.10;
const PERSON: f64 = 0.55;
const ITEM: f64 = 0.12;
/// How far levels of provinces without a published figure scatter around the nation, in points.
const SCATTER: f64 = 2.6;

/// The made-up population of a sample.
pub(super) struct Population<'a> {
    questionnaire: &'a Questionnaire,
    layout: Layout,
    villages: &'a [Village],
    /// For each village: its province's level as a normal quantile, plus what its people share.
    shared: Vec<f64>,
    /// How much easier or harder each item is to be satisfied with.
    items: Vec<f64>,
    seed: u64,
}

impl<'a> Population<'a> {
    /// A population for the villages of a sample.
    pub(super) fn new(questionnaire: &'a Questionnaire, villages: &'a [Village], units: &Registry, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5a5a_0001);
        let mut levels: HashMap<&str, f64> = HashMap::new();
        let mut codes: Vec<&str> =
            units.iter().filter(|u| u.record.list == LEGACY).map(|u| u.record.code.as_str()).filter(|c| c.len() == 2).collect();
        codes.sort_unstable();
        for code in codes {
            let drawn = NATION_2024 - 0.4 + SCATTER * gauss(&mut rng);
            levels.insert(code, level(code).unwrap_or(drawn.clamp(78.5, 90.3)));
        }
        let mut effects: HashMap<String, f64> = HashMap::new();
        let mut effect = |key: String, sd: f64, rng: &mut ChaCha8Rng| *effects.entry(key).or_insert_with(|| sd * gauss(rng));
        let shared = villages
            .iter()
            .map(|village| {
                let target = levels.get(village.province.as_str()).copied().unwrap_or(NATION_2024);
                normal::quantile(target / 100.0)
                    + effect(format!("d{}", village.district), DISTRICT, &mut rng)
                    + effect(format!("c{}", village.commune), COMMUNE, &mut rng)
                    + VILLAGE * gauss(&mut rng)
            })
            .collect();
        let items = questionnaire.items().iter().map(|_| ITEM * gauss(&mut rng)).collect();
        Self { questionnaire, layout: Layout::of(questionnaire), villages, shared, items, seed }
    }

    /// What a person hands in: a submission as a tablet would send it.
    pub(super) fn submission(&self, wave: &str, village: usize, person: usize) -> Vec<u8> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(((village as u64) << 16) | person as u64);
        let place = &self.villages[village];
        let mood = self.shared[village] + PERSON * gauss(&mut rng);
        let mut answers = Map::new();
        let mut packed = self.layout.blank();
        for (number, item) in self.questionnaire.items().iter().enumerate() {
            let asked = item.relevant().is_none_or(|relevance| relevance.holds(&self.layout, &packed));
            if let Some(answer) = asked.then(|| Self::answer(&mut rng, item, mood + self.items[number])).flatten() {
                self.note(&mut packed, item, &answer);
                answers.insert(item.code().to_owned(), answer);
            }
        }
        let submission = json!({
            "survey": self.questionnaire.code(), "version": self.questionnaire.version(), "wave": wave,
            "unit": { "list": LEGACY, "code": place.commune }, "psu": place.district, "respondent": place.respondent(person),
            "channel": "household", "language": "vi", "answers": answers,
        });
        submission.to_string().into_bytes()
    }

    fn answer(rng: &mut ChaCha8Rng, item: &Item, mood: f64) -> Option<Value> {
        let u = uniform(rng);
        match item.kind() {
            ItemKind::Scale { .. } | ItemKind::Single { .. } => {
                let options = item.options()?.all();
                if item.does_not_apply() && u < 0.06 {
                    return Some(json!({ "missing": "does_not_apply" }));
                }
                if u > 0.985 {
                    return None; // people leave questions out
                }
                let satisfaction = options.len() == 5 && options.iter().all(|option| option.score().is_some());
                let option = if satisfaction { satisfied(rng, mood) } else { skewed(rng, options.len()) };
                Some(options.get(option)?.code().into())
            }
            ItemKind::Multiple { .. } => {
                let options = item.options()?.all();
                let one = skewed(rng, options.len());
                Some(json!([options.get(one)?.code()]))
            }
            ItemKind::Number { .. } | ItemKind::Date { .. } | ItemKind::Text { .. } => None,
        }
    }

    /// Keeps an option for the skip logic of later items.
    fn note(&self, packed: &mut [u8], item: &Item, answer: &Value) {
        let number = answer.as_str().and_then(|code| item.options()?.number(code));
        if let (Some(number), Some(slot)) = (number, self.layout.slot(item.code())) {
            slot.set_state(packed, number);
        }
    }
}

/// One of five options, from the worst: satisfied (the last two) where the latent variable is above zero.
fn satisfied(rng: &mut ChaCha8Rng, mood: f64) -> usize {
    let noise = (1.0 - PERSON * PERSON - VILLAGE * VILLAGE - COMMUNE * COMMUNE - DISTRICT * DISTRICT - ITEM * ITEM).sqrt();
    let latent = mood + noise * gauss(rng);
    [-1.6, -0.9, 0.0, 1.35].iter().filter(|cut| latent > **cut).count()
}

/// One of so many options, the first ones more often.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few options
fn skewed(rng: &mut ChaCha8Rng, options: usize) -> usize {
    let u = uniform(rng);
    ((u * u * options as f64) as usize).min(options.saturating_sub(1))
}

/// A standard normal variable.
fn gauss(rng: &mut ChaCha8Rng) -> f64 {
    normal::quantile(uniform(rng).clamp(1e-12, 1.0 - 1e-12))
}
