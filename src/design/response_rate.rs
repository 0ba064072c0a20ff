//! Response rates that others can compare.

/// How many cases of a sample came to which end, in the words of AAPOR. Sums of weights make weighted rates.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CaseCounts {
    /// Complete interviews (`I`).
    pub complete: f64,
    /// Partial interviews (`P`).
    pub partial: f64,
    /// Refusals and break-offs (`R`).
    pub refused: f64,
    /// Non-contacts (`NC`).
    pub not_contacted: f64,
    /// Other eligible cases without an interview (`O`).
    pub other: f64,
    /// Unknown whether there is an eligible household or person (`UH + UO`).
    pub unknown: f64,
    /// Known not to be eligible.
    pub ineligible: f64,
}

/// The six response rates; each `None` where its denominator is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResponseRates {
    /// RR1 to RR6.
    pub rates: [Option<f64>; 6],
    /// The share of unknown cases that RR3 and RR4 take to be eligible.
    pub eligible_share: f64,
}

impl CaseCounts {
    /// AAPOR's response rates.
    ///
    /// # Formula
    /// `I / (I+P + R+NC+O + e·U)` for the odd ones and `(I+P) / …` for the even ones, with `e` = 1 (RR1, RR2), the share of eligible
    /// cases among those of known eligibility (RR3, RR4; the CASRO estimate), and 0 (RR5, RR6): AAPOR (2016), Standard Definitions, 9th edition.
    #[must_use]
    pub fn rates(&self) -> ResponseRates {
        let eligible = self.complete + self.partial + self.refused + self.not_contacted + self.other;
        let known = eligible + self.ineligible;
        let eligible_share = if known > 0.0 { eligible / known } else { 1.0 };
        let rate = |answered: f64, share: f64| {
            let all = eligible + share * self.unknown;
            (all > 0.0).then(|| answered / all)
        };
        let (complete, any) = (self.complete, self.complete + self.partial);
        let rates = [1.0, eligible_share, 0.0].map(|share| [rate(complete, share), rate(any, share)]);
        let [[rr1, rr2], [rr3, rr4], [rr5, rr6]] = rates;
        ResponseRates { rates: [rr1, rr2, rr3, rr4, rr5, rr6], eligible_share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_their_definitions() {
        let counts = CaseCounts {
            complete: 500.0,
            partial: 50.0,
            refused: 200.0,
            not_contacted: 150.0,
            other: 100.0,
            unknown: 200.0,
            ineligible: 250.0,
        };
        let rates = counts.rates();
        // e = 1000 / 1250 = 0.8.
        let expected = [500.0 / 1200.0, 550.0 / 1200.0, 500.0 / 1160.0, 550.0 / 1160.0, 0.5, 0.55];
        for (ours, theirs) in rates.rates.iter().zip(expected) {
            assert!((ours.unwrap() - theirs).abs() < 1e-15);
        }
        assert_eq!(CaseCounts::default().rates().rates, [None; 6]);
    }
}
