//! Domains: the parts of the population that estimates are made for.

use crate::scoring::tally::{Rows, Sum, Tally};

/// The cells of each domain of one partition. Domains do not overlap; a cell may lie in none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    lists: Vec<Vec<u32>>,
}

impl Cells {
    /// Sorts cells into `domains` lists: `of_cell` gives the domain of each cell.
    #[must_use]
    pub fn new(domains: usize, of_cell: impl IntoIterator<Item = Option<u32>>) -> Self {
        let mut lists = vec![Vec::new(); domains];
        for (cell, domain) in (0_u32..).zip(of_cell) {
            if let Some(list) = domain.and_then(|d| lists.get_mut(d as usize)) {
                list.push(cell);
            }
        }
        Self { lists }
    }

    /// How many domains there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lists.len()
    }

    /// Whether there is no domain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// The cells of a domain, ascending: by stratum, then PSU.
    #[must_use]
    pub fn of(&self, domain: usize) -> &[u32] {
        &self.lists[domain]
    }
}

/// What a domain holds before anything is estimated.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainSums {
    /// Its responses.
    pub rows: i64,
    /// Their weights, summed, in the wave's unit.
    pub weight: f64,
    /// PSUs with responses in the domain.
    pub psus: u32,
    /// Strata with responses in the domain.
    pub strata: u32,
    /// The two largest weights of a response, in the wave's unit, the larger first.
    pub heaviest: [f64; 2],
}

impl DomainSums {
    /// Degrees of freedom: PSUs less strata, both counted over those with rows in the domain, as `degf` of R's survey
    /// package has it.
    #[must_use]
    pub fn df(&self) -> f64 {
        f64::from(self.psus) - f64::from(self.strata)
    }

    /// Counts the rows, PSUs and strata of a domain.
    pub(crate) fn count<S: Sum>(tally: &Tally<S>, cells: &[u32], stratum_of: impl Fn(u32) -> u32) -> Self {
        let (mut rows, mut psus, mut strata) = (Rows::<S>::default(), 0, 0);
        let (mut psu, mut stratum) = (None, None);
        for cell in cells {
            let at = *cell as usize;
            rows += tally.rows()[at];
            let this = tally.cells()[at].psu;
            if psu.replace(this) != Some(this) {
                psus += 1;
                let of = stratum_of(this);
                strata += u32::from(stratum.replace(of) != Some(of));
            }
        }
        #[allow(clippy::cast_precision_loss)] // a share is made of it
        let heaviest = rows.heaviest.map(|weight| weight as f64);
        Self { rows: rows.n, weight: rows.w.to_f64(), psus, strata, heaviest }
    }
}
