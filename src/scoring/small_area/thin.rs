//! Which direct estimates are too thin to stand alone.

/// A direct estimate as far as the rule looks at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DirectEstimate {
    /// The estimate; `None` where nobody answered.
    pub value: Option<f64>,
    /// Its standard error.
    pub se: Option<f64>,
    /// Half the length of its interval.
    pub half_width: Option<f64>,
    /// Responses behind it.
    pub n: i64,
    /// Degrees of freedom.
    pub df: f64,
}

/// Bounds that a direct estimate must keep; those left out are not asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ThinRule {
    /// The fewest responses.
    pub min_n: Option<i64>,
    /// The fewest degrees of freedom.
    pub min_df: Option<f64>,
    /// The largest coefficient of variation, a share of the value such as 0.165.
    pub max_cv: Option<f64>,
    /// The largest half-width of the interval, on the estimate's own scale.
    pub max_half_width: Option<f64>,
}

/// One reason why an estimate is too thin.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Thin {
    /// There is no direct estimate at all.
    Missing,
    /// Too few responses.
    Responses {
        /// How many there are.
        found: i64,
        /// The fewest that would do.
        least: i64,
    },
    /// Too few degrees of freedom.
    Degrees {
        /// How many there are.
        found: f64,
        /// The fewest that would do.
        least: f64,
    },
    /// Too large a coefficient of variation; `None`: it cannot be told.
    Variation {
        /// The coefficient of variation.
        found: Option<f64>,
        /// The largest that would do.
        most: f64,
    },
    /// Too wide an interval; `None`: there is none.
    HalfWidth {
        /// Half its length.
        found: Option<f64>,
        /// The largest that would do.
        most: f64,
    },
}

impl ThinRule {
    /// Every reason why the estimate is too thin; none where it keeps all bounds.
    #[must_use]
    pub fn reasons(&self, direct: &DirectEstimate) -> Vec<Thin> {
        let Some(value) = direct.value else { return vec![Thin::Missing] };
        let cv = direct.se.map(|se| se / value.abs()).filter(|cv| cv.is_finite());
        let half_width = direct.half_width.filter(|half| half.is_finite());
        let beyond = |found: Option<f64>, most: f64| found.is_none_or(|found| found > most);
        let least = self.min_df.filter(|least| direct.df.is_nan() || direct.df < *least);
        [
            self.min_n.filter(|least| direct.n < *least).map(|least| Thin::Responses { found: direct.n, least }),
            least.map(|least| Thin::Degrees { found: direct.df, least }),
            self.max_cv.filter(|most| beyond(cv, *most)).map(|most| Thin::Variation { found: cv, most }),
            self.max_half_width.filter(|most| beyond(half_width, *most)).map(|most| Thin::HalfWidth { found: half_width, most }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: ThinRule = ThinRule { min_n: Some(30), min_df: Some(8.0), max_cv: Some(0.1), max_half_width: Some(5.0) };

    #[test]
    fn every_reason_is_given() {
        let good = DirectEstimate { value: Some(80.0), se: Some(2.0), half_width: Some(4.0), n: 30, df: 8.0 };
        assert_eq!(RULE.reasons(&good), []);
        let thin = DirectEstimate { value: Some(80.0), se: Some(12.0), half_width: None, n: 29, df: 2.0 };
        assert_eq!(
            RULE.reasons(&thin),
            [
                Thin::Responses { found: 29, least: 30 },
                Thin::Degrees { found: 2.0, least: 8.0 },
                Thin::Variation { found: Some(0.15), most: 0.1 },
                Thin::HalfWidth { found: None, most: 5.0 },
            ]
        );
        assert_eq!(ThinRule::default().reasons(&thin), []);
        assert_eq!(RULE.reasons(&DirectEstimate { value: None, ..thin }), [Thin::Missing]);
    }

    #[test]
    fn a_variation_that_cannot_be_told_is_too_large() {
        let zero = DirectEstimate { value: Some(0.0), se: Some(0.0), half_width: Some(0.0), n: 99, df: 90.0 };
        assert_eq!(RULE.reasons(&zero), [Thin::Variation { found: None, most: 0.1 }]);
    }
}
