//! Strata and the PSUs drawn in them, in canonical order.

/// One stratum of the design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// Its name; empty where the wave has no strata.
    pub name: String,
    /// How many PSUs take part: those drawn that have at least one valid response in the frame.
    pub sampled: u32,
    /// How many PSUs the population has; `None`: drawn as if with replacement.
    pub population: Option<i64>,
}

/// The strata of a wave and the PSUs drawn in them.
///
/// PSUs are numbered by stratum, then by code, so that walking them in order is the same walk for the same design,
/// however its table was sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strata {
    list: Vec<Stratum>,
    /// The stratum of each PSU, ascending.
    of_psu: Vec<u32>,
    /// The administrative unit each PSU lies in, by registry id.
    areas: Vec<Option<i32>>,
    /// The code of each PSU, rising within a stratum; empty where PSUs have none, as in an element design.
    codes: Vec<String>,
}

impl Strata {
    /// Puts strata together; `of_psu` holds the stratum of each PSU and must not fall.
    ///
    /// Returns `None` where it falls or names a stratum that is not there.
    #[must_use]
    pub fn new(mut strata: Vec<Stratum>, of_psu: Vec<u32>, areas: Vec<Option<i32>>) -> Option<Self> {
        let sorted = of_psu.is_sorted() && of_psu.last().is_none_or(|last| (*last as usize) < strata.len());
        if !sorted || areas.len() != of_psu.len() {
            return None;
        }
        for stratum in &mut strata {
            stratum.sampled = 0;
        }
        for stratum in &of_psu {
            strata[*stratum as usize].sampled += 1;
        }
        Some(Self { list: strata, of_psu, areas, codes: Vec::new() })
    }

    /// The same strata with a code for each PSU, by which another wave knows it again.
    ///
    /// Returns `None` where a PSU has none or codes do not rise within a stratum.
    #[must_use]
    pub fn with_codes(self, codes: Vec<String>) -> Option<Self> {
        let rise = (1..codes.len()).all(|psu| self.of_psu.get(psu - 1) != self.of_psu.get(psu) || codes[psu - 1] < codes[psu]);
        (rise && codes.len() == self.of_psu.len()).then_some(Self { codes, ..self })
    }

    /// One stratum in which each of `n` rows is its own PSU, drawn with replacement.
    #[must_use]
    pub fn elements(n: usize) -> Self {
        let sampled = u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            list: vec![Stratum { name: String::new(), sampled, population: None }],
            of_psu: vec![0; n],
            areas: vec![None; n],
            codes: Vec::new(),
        }
    }

    /// The strata.
    #[must_use]
    pub fn strata(&self) -> &[Stratum] {
        &self.list
    }

    /// How many PSUs there are over all strata.
    #[must_use]
    pub fn psus(&self) -> usize {
        self.of_psu.len()
    }

    /// The stratum of a PSU.
    #[must_use]
    pub fn stratum_of(&self, psu: u32) -> u32 {
        self.of_psu[psu as usize]
    }

    /// The PSUs of a stratum.
    #[must_use]
    pub fn psus_of(&self, stratum: u32) -> std::ops::Range<u32> {
        let place = |bound: usize| u32::try_from(bound).unwrap_or(u32::MAX);
        place(self.of_psu.partition_point(|of| *of < stratum))..place(self.of_psu.partition_point(|of| *of <= stratum))
    }

    /// The code of each PSU; empty where PSUs have none.
    #[must_use]
    pub fn codes(&self) -> &[String] {
        &self.codes
    }

    /// The administrative unit a PSU lies in, by registry id.
    #[must_use]
    pub fn area_of(&self, psu: u32) -> Option<i32> {
        self.areas[psu as usize]
    }
}
