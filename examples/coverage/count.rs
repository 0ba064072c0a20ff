//! Counting over replicates, and tables of what was counted.

use std::fmt;
use std::ops::AddAssign;

use rayon::prelude::*;

/// Runs a function once a replicate; results come in order, whatever the threads do.
pub fn replicates<T: Send>(count: u64, of: impl Fn(u64) -> T + Sync + Send) -> Vec<T> {
    (0..count).into_par_iter().map(of).collect()
}

/// A sum over trials as a share of their number, such as a coverage, with its Monte Carlo standard error.
///
/// Trials of one replicate may depend on each other, replicates do not: the error is that of a ratio over replicates.
#[derive(Debug, Clone, Default)]
pub struct Share {
    replicates: Vec<(f64, f64)>,
}

impl Share {
    /// Adds a replicate: what its trials add up to, and how many they were.
    pub fn replicate(&mut self, sum: f64, trials: f64) {
        self.replicates.push((sum, trials));
    }

    /// Adds a replicate whose trials hit or miss.
    pub fn hits(&mut self, trials: impl IntoIterator<Item = bool>) {
        self.replicate_of(trials.into_iter().map(|hit| f64::from(u8::from(hit))));
    }

    /// Adds a replicate of numbers.
    pub fn replicate_of(&mut self, trials: impl IntoIterator<Item = f64>) {
        let (mut sum, mut count) = (0.0, 0.0);
        for trial in trials {
            sum += trial;
            count += 1.0;
        }
        self.replicate(sum, count);
    }

    pub fn trials(&self) -> f64 {
        self.replicates.iter().map(|(_, trials)| trials).sum()
    }

    pub fn value(&self) -> f64 {
        self.replicates.iter().map(|(sum, _)| sum).sum::<f64>() / self.trials()
    }

    pub fn se(&self) -> f64 {
        let (value, count) = (self.value(), self.replicates.len() as f64);
        let squares: f64 = self.replicates.iter().map(|(sum, trials)| (sum - value * trials).powi(2)).sum();
        (squares * count / (count - 1.0)).sqrt() / self.trials()
    }

    /// In percent, such as `94.8 ± 0.2`.
    pub fn percent(&self) -> String {
        if self.trials() > 0.0 { format!("{:.1} ± {:.1}", 100.0 * self.value(), 100.0 * self.se()) } else { "none".into() }
    }
}

/// Mean and variance of a list that grows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moments {
    n: f64,
    sum: f64,
    squares: f64,
}

impl AddAssign<f64> for Moments {
    fn add_assign(&mut self, x: f64) {
        self.n += 1.0;
        self.sum += x;
        self.squares += x * x;
    }
}

impl Moments {
    pub fn mean(&self) -> f64 {
        self.sum / self.n
    }

    pub fn variance(&self) -> f64 {
        (self.squares - self.sum * self.sum / self.n) / (self.n - 1.0)
    }
}

/// A table in Markdown.
pub struct Table {
    title: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, head: &[&str]) -> Self {
        Self { title: title.into(), head: head.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "**{}**\n\n| {} |\n|{}", self.title, self.head.join(" | "), "---|".repeat(self.head.len()))?;
        self.rows.iter().try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
    }
}
