//! The stages of a composite index's pipeline and their arguments.
//!
//! Each serialises to the form in which it stands in a definition file, with every default written out: a log of stages is
//! itself a pipeline that can be run again.

use std::collections::BTreeMap;

use serde::Serialize;

/// One step from indicator values to scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Leave out units with too little data.
    Screen(Screen),
    /// Divide each indicator by its denominator.
    Denominate,
    /// Fill in missing values.
    Impute(Impute),
    /// Draw in outliers.
    Treat(Treat),
    /// Bring indicators onto a common scale, where more is better.
    Normalise(Normaliser),
    /// Replace the weights given by others.
    Weight(Weighting),
    /// Combine children to nodes, from the leaves up.
    Aggregate(Aggregation),
}

impl Stage {
    /// The names as they stand in files.
    pub const NAMES: [&'static str; 7] = ["screen", "denominate", "impute", "treat", "normalise", "weight", "aggregate"];

    /// The name as it stands in files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Screen(_) => "screen",
            Self::Denominate => "denominate",
            Self::Impute(_) => "impute",
            Self::Treat(_) => "treat",
            Self::Normalise(_) => "normalise",
            Self::Weight(_) => "weight",
            Self::Aggregate(_) => "aggregate",
        }
    }
}

/// Which units stay. A unit must pass every threshold that is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Screen {
    /// The least share of indicators with a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<f64>,
    /// The least share of those values that are not zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_zero: Option<f64>,
    /// Units that stay whatever the thresholds say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// Units that go whatever the thresholds say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
}

/// How missing values are filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Impute {
    /// The method.
    #[serde(flatten)]
    pub method: Imputation,
}

/// Mean or median.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Centre {
    /// The arithmetic mean.
    Mean,
    /// The median; of an even number, the mean of the middle two.
    Median,
}

/// A method of imputation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Imputation {
    /// The indicator's mean or median over the units of the edition, or over those of the unit's group.
    Centre {
        /// Mean or median.
        of: Centre,
        /// The attribute that groups units.
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<String>,
    },
    /// The unit's last value before, from an earlier edition.
    Latest,
    /// The straight line between the unit's values before and after; beyond its last or before its first, that one.
    Linear,
    /// Expectation–maximisation under a normal model, each group of siblings for itself.
    Em {
        /// Most iterations.
        iterations: u32,
        /// Stop once no mean and no covariance moves by more than this share of the indicator's spread.
        tolerance: f64,
    },
}

/// How outliers are drawn in. An indicator *passes* where |skewness| is below `skewness` or the excess kurtosis below `kurtosis`;
/// one that does not is winsorised, and transformed if that is not enough.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Treat {
    /// Threshold of absolute skewness.
    pub skewness: f64,
    /// Threshold of excess kurtosis.
    pub kurtosis: f64,
    /// Most values that winsorising may replace; none: no winsorising.
    pub winsorise: u32,
    /// What is done where winsorising does not suffice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Log>,
    /// Whether the transformation follows on the winsorised values; else on the original ones.
    pub combine: bool,
    /// Indicators that are left as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<String>,
}

/// A transformation that draws in a long tail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "transform", rename_all = "snake_case")]
pub enum Log {
    /// `ln(x − min + 0.01·(max − min))`.
    LogCt,
    /// The same, mirrored where the skewness is negative: `−ln(max − x + 0.01·(max − min))`.
    LogCtPlus,
    /// `ln(x − min + 1)`.
    LogCtOrig,
    /// `ln((max − 1)(x − min)/(max − min) + 1)`, as in the Global Innovation Index.
    LogGii,
    /// `((x − min + 1)^λ − 1)/λ`, its limit at λ = 0.
    BoxCox {
        /// λ.
        lambda: f64,
    },
}

/// A method of normalisation, over which editions its statistics are taken, and how indicators are reversed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Normaliser {
    /// The method.
    #[serde(flatten)]
    pub method: Normalisation,
    /// The editions whose values decide minimum, maximum, mean, spread and rank.
    #[serde(flatten)]
    pub window: Window,
    /// How an indicator of which less is better is turned.
    pub reverse: Reverse,
}

/// Over which editions a statistic is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Window {
    /// How far it reaches.
    #[serde(rename = "window")]
    pub span: WindowSpan,
    /// The first edition that counts; none: the first there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// How far a window reaches from the edition that is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowSpan {
    /// The edition alone.
    Annual,
    /// All editions, later ones too.
    Pooled,
    /// The edition and those before it.
    Expanding,
}

/// How an indicator of which less is better is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reverse {
    /// `x → −x` before normalisation.
    Sign,
    /// `s → low + high − s` after it: `11 − s` on a scale from 1 to 10.
    Reflect,
}

/// The scale that scores are brought onto.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// From low to high; in files `[low, high]`.
    Range(f64, f64),
    /// From 0 to the indicator's maximum of points; in files `"maximum"`.
    Maximum,
}

impl Serialize for Scale {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Range(low, high) => [low, high].serialize(serializer),
            Self::Maximum => serializer.serialize_str("maximum"),
        }
    }
}

/// A method of normalisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Normalisation {
    /// The value is a score already.
    AsGiven,
    /// The value is in points, from 0 to the indicator's maximum.
    Points,
    /// `low + (x − lo)/(hi − lo)·(high − low)` between two goalposts: fixed where the indicator gives them, else the least and
    /// greatest value of the window.
    MinMax {
        /// The scale.
        scale: Scale,
        /// Whether a value beyond the goalposts scores as the nearer one.
        truncate: bool,
    },
    /// `mean + sd·(x − x̄)/s`, with the sample standard deviation.
    ZScore {
        /// The mean of scores.
        mean: f64,
        /// Their standard deviation.
        sd: f64,
    },
    /// The rank from below: the least value has 1, ties the lower rank.
    Rank,
    /// `(rank − 1)/(n − 1)`.
    PercentileRank,
    /// `rank − 1`.
    Borda,
    /// `1 − (max − x)/(max − min)`.
    DistanceToMaximum,
    /// `1 − (x_r − x)/|x_r − min|` with the value `x_r` of a unit of reference.
    DistanceToReference {
        /// The unit of reference.
        unit: String,
        /// Whether more than the reference scores 1.
        cap: bool,
    },
    /// `1 − (t − x)/|t − min|` with the indicator's target `t`: who has passed it scores more than 1, or 1 with the cap.
    DistanceToTarget {
        /// Whether more than the target scores 1.
        cap: bool,
    },
    /// `x/max` of values that are not negative; there is no reverse, `-x/max(-x)` would put the worst first.
    FractionOfMaximum,
    /// The highest score when `x` equals the best value of the window: `x/best` of values that are not negative, or `best/x` of
    /// positive values where less is better.
    RatioToBest {
        /// The scale; its low end stands for a ratio of 0.
        scale: Scale,
    },
    /// The score of the last step whose `from` is not above the value; direction plays no part.
    Steps {
        /// The steps by rising `from`.
        steps: Vec<Step>,
    },
}

/// From a value on, a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// The least value.
    pub from: f64,
    /// Its score.
    pub score: f64,
}

/// Where weights come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Weighting {
    /// As the tree gives them.
    Given,
    /// One for each child.
    Equal,
    /// The first principal component of the children's correlations.
    Pca {
        /// The parents concerned; none: every one.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        nodes: Vec<String>,
        /// How loadings become weights.
        loadings: Loadings,
    },
    /// Weights under which the correlations of the children with their parent stand in the proportion of the weights given.
    Correlation {
        /// The parents concerned; none: every one.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        nodes: Vec<String>,
        /// Most iterations.
        iterations: u32,
    },
    /// The mean of what experts allocate; each expert's points to the children of a node count as shares.
    Budget(Budget),
}

/// How the loadings of a principal component become weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loadings {
    /// The loadings themselves, which may be negative.
    Raw,
    /// Their squares, which sum to 1.
    Squared,
}

/// What experts allocate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Budget {
    /// One map of node codes to points for each expert.
    pub experts: Vec<BTreeMap<String, f64>>,
}

/// How children are combined, globally and by depth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Aggregation {
    /// The method.
    #[serde(flatten)]
    pub method: Aggregator,
    /// The least share of children with a value for a node to have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Other methods for the nodes of some depths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_depth: Vec<LevelAggregator>,
}

/// The method for the nodes of one depth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelAggregator {
    /// The depth: 0 is the root.
    pub depth: u32,
    /// The method.
    #[serde(flatten)]
    pub method: Aggregator,
}

/// A way to combine children.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Aggregator {
    /// `Σ w x / Σ w`.
    Arithmetic,
    /// `exp(Σ w ln x / Σ w)`.
    Geometric,
    /// `Σ w / Σ (w/x)`.
    Harmonic,
    /// `(Σ w x^p / Σ w)^(1/p)`; geometric at `p = 0`.
    Generalised {
        /// The power `p`.
        power: f64,
    },
    /// `Σ x`: sums of points, of sub-dimensions.
    Sum,
    /// `Σ w x`: weights that need not sum to 1.
    WeightedSum,
    /// The median of the children; weights play no part.
    Median,
    /// For each pair of units the weights of the children where the one is better, half of those that tie; summed over the others.
    Copeland,
}
