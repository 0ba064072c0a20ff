//! How the figures of an index are estimated: what a definition may choose beside its formula.

use std::collections::BTreeMap;

use super::VarianceMethod;

/// The choices of a definition. The default is what a definition without any asks for: linearised variances, intervals
/// symmetric about the estimate, base weights, ranks with intervals from pairwise differences.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimation {
    /// The interval of a leaf that is a share.
    pub share_interval: ShareInterval,
    /// Where standard errors come from.
    pub variance: VarianceMethod,
    /// Known totals of the population that the weights are made to reproduce.
    pub calibration: Option<CalibrationRule>,
    /// What is said of ranks.
    pub ranks: RankRule,
    /// When an estimate is marked as too thin to rely on.
    pub thin: Option<ThinRule>,
    /// A modelled estimate beside the direct one.
    pub small_area: Option<SmallAreaRule>,
    /// How the variance of a change takes PSUs that one year's sample does not have.
    pub change: ChangeRule,
}

/// How the variance of a change takes PSUs that were drawn in one of two years.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ChangeRule {
    /// Each year's variance is its own, over the PSUs drawn in it; years covary through the PSUs drawn in both.
    #[default]
    EachYear,
    /// Both years' rows are one sample, as in R's survey package when years are stacked: a PSU that a year does not have
    /// counts as one whose total was 0.
    Stacked,
}

impl ChangeRule {
    /// The names in a file.
    pub const NAMES: [&'static str; 2] = ["each_year", "stacked"];
    pub(super) const ALL: [Self; 2] = [Self::EachYear, Self::Stacked];
}

/// The interval of a share; the names are those of `svyciprop` in R's survey package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ShareInterval {
    /// `p ∓ t·se`.
    #[default]
    Linear,
    /// Symmetric in the log odds.
    Logit,
    /// Symmetric on the arcsine scale.
    Asin,
    /// Korn and Graubard's, from the beta distribution at the effective sample size.
    Beta,
    /// Wilson's, at the effective sample size.
    Wilson,
}

impl ShareInterval {
    /// The names in a file.
    pub const NAMES: [&'static str; 5] = ["linear", "logit", "asin", "beta", "wilson"];
    pub(super) const ALL: [Self; 5] = [Self::Linear, Self::Logit, Self::Asin, Self::Beta, Self::Wilson];
}

/// Totals of the population that weights are calibrated to, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationRule {
    /// How far weights move for it.
    pub distance: CalibrationDistance,
    /// The margins, at least one.
    pub margins: Vec<Margin>,
}

/// The distance between weights before and after, which a calibration keeps smallest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CalibrationDistance {
    /// Iterated proportional fitting: factors stay positive. With one margin it is post-stratification.
    Raking,
    /// The regression estimator; a factor may fall below zero.
    Linear,
    /// Factors strictly between two bounds, the logit distance.
    Logit {
        /// The lower bound, below 1.
        low: f64,
        /// The upper bound, above 1.
        high: f64,
    },
    /// Linear, held to two bounds.
    Truncated {
        /// The lower bound, below 1.
        low: f64,
        /// The upper bound, above 1.
        high: f64,
    },
}

impl CalibrationDistance {
    /// The names in a file.
    pub const NAMES: [&'static str; 4] = ["raking", "linear", "logit", "truncated"];
}

/// A classification of the population with the size of each class.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// The item whose options make the classes, if one does.
    pub item: Option<String>,
    /// The kind of unit whose areas make the classes, if one does. With an item: each option within each area.
    pub level: Option<String>,
    /// How many people each class has: by area (`LIST:CODE`, empty without a level) and option (empty without an item).
    pub totals: BTreeMap<(String, String), f64>,
}

/// What is said of ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankRule {
    /// The interval that holds for each unit by itself.
    pub per_unit: RankBasis,
    /// The intervals that hold for all units at once; `None`: not made.
    pub joint: Option<RankBasis>,
    /// The probability of being among the first so many.
    pub top: Option<u32>,
    /// Draws behind step-down intervals and probabilities.
    pub draws: u32,
}

impl Default for RankRule {
    fn default() -> Self {
        Self { per_unit: RankBasis::Pairwise, joint: Some(RankBasis::Pairwise), top: None, draws: 2000 }
    }
}

/// What the interval of a rank is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RankBasis {
    /// All differences that concern the unit, by Bonferroni.
    Pairwise,
    /// The same differences by their joint distribution, step by step (Mogstad et al. 2024).
    StepDown,
    /// The intervals of the values themselves (Klein, Wright and Wieczorek 2020); joint only.
    Values,
}

impl RankBasis {
    /// The names in a file.
    pub const NAMES: [&'static str; 3] = ["pairwise", "step_down", "values"];
    pub(super) const ALL: [Self; 3] = [Self::Pairwise, Self::StepDown, Self::Values];
}

/// An estimate is too thin where any of these is not reached.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ThinRule {
    /// Fewest responses.
    pub n: Option<u32>,
    /// Fewest degrees of freedom.
    pub df: Option<u32>,
    /// Widest half of the interval, in points.
    pub half_width: Option<f64>,
}

/// A Fay–Herriot model over the domains of a partition: areas of one level, or rated units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SmallAreaRule {
    /// For each covariate by name, its value for each domain (`LIST:CODE`). Domains without every value get no modelled estimate.
    pub covariates: BTreeMap<String, BTreeMap<String, f64>>,
}
