//! The true figures of a population, by plain loops over everybody.

use std::collections::BTreeMap;

use super::definition::{PLACES, SHARES};
use super::population::{COLUMNS, PROVINCES, Population};

/// Sums over the people of one place: for each item, how many answer, their scores, how many answer 4 or 5.
#[derive(Clone, Copy, Default)]
struct Sums {
    people: f64,
    items: [[f64; 3]; COLUMNS],
}

/// What every sample tries to find.
pub struct Truth {
    /// By node and place, as the figures of a sample.
    nodes: BTreeMap<String, Vec<f64>>,
    /// How many people each place has.
    pub people: Vec<f64>,
}

impl Truth {
    pub fn of(population: &Population) -> Self {
        let mut sums = vec![Sums::default(); PLACES];
        for (province, area) in population.provinces.iter().enumerate() {
            for person in &population.persons[area.start as usize..area.end as usize] {
                let of_first_sex = (person[0] == 1).then_some(1 + PROVINCES + province);
                for place in [Some(0), Some(1 + province), of_first_sex].into_iter().flatten() {
                    sums[place].people += 1.0;
                    for (item, answer) in person.iter().enumerate().filter(|(item, answer)| *item > 0 && **answer > 0) {
                        let score = 25.0 * (f64::from(*answer) - 1.0);
                        let add = [1.0, score, f64::from(u8::from(*answer >= 4))];
                        sums[place].items[item].iter_mut().zip(add).for_each(|(sum, add)| *sum += add);
                    }
                }
            }
        }
        let mean = |sums: &Sums, item: usize| sums.items[item][1] / sums.items[item][0];
        let mut nodes = BTreeMap::new();
        let mut node = |code: &str, of: &dyn Fn(&Sums) -> f64| {
            nodes.insert(code.to_owned(), sums.iter().map(of).collect());
        };
        for item in 1..=6 {
            node(&format!("q{item:02}"), &|sums| mean(sums, item));
        }
        let criterion = |sums: &Sums, items: std::ops::Range<usize>| items.map(|item| mean(sums, item)).sum::<f64>() / 3.0;
        node("C1", &|sums| criterion(sums, 1..4));
        node("C2", &|sums| criterion(sums, 4..7));
        node("INDEX", &|sums| 0.4 * criterion(sums, 1..4) + 0.6 * criterion(sums, 4..7));
        for (code, item) in SHARES {
            let item: usize = item[1..].parse().unwrap();
            node(code, &|sums| 100.0 * sums.items[item][2] / sums.items[item][0]);
        }
        Self { nodes, people: sums.iter().map(|sums| sums.people).collect() }
    }

    /// The true value of a node for a place.
    pub fn value(&self, node: &str, place: usize) -> f64 {
        self.nodes[node][place]
    }
}
