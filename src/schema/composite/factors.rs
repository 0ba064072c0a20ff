//! What a sensitivity analysis varies: factors with their alternatives, and the output that is asked about.
//!
//! A factor is a choice that somebody made when the index was built and that might as well have been made otherwise. What the
//! definition says is always its first alternative; the file lists the others.

use serde::Serialize;

use super::stage::Stage;

/// A checked list of factors for one definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactorSet {
    pub(super) replicates: u32,
    pub(super) top: u32,
    pub(super) level: f64,
    pub(super) output: SensitivityOutput,
    pub(super) sobol: Option<SobolPlan>,
    pub(super) factors: Vec<Factor>,
}

impl FactorSet {
    /// How many times the index is computed anew with every factor drawn at once.
    #[must_use]
    pub fn replicates(&self) -> u32 {
        self.replicates
    }

    /// The `k` of the share of replicates in which a unit is among the top k.
    #[must_use]
    pub fn top(&self) -> u32 {
        self.top
    }

    /// The share of replicates between the bounds of a range of ranks, and the level of the bounds of Sobol indices.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// What Sobol indices are about.
    #[must_use]
    pub fn output(&self) -> &SensitivityOutput {
        &self.output
    }

    /// The size of the Sobol design; none: no Sobol indices.
    #[must_use]
    pub fn sobol(&self) -> Option<SobolPlan> {
        self.sobol
    }

    /// The factors.
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }

    /// The same with another number of replicates.
    #[must_use]
    pub fn with_replicates(mut self, replicates: u32) -> Self {
        self.replicates = replicates.max(1);
        self
    }
}

/// The number whose variance is shared out among the factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SensitivityOutput {
    /// The mean over units of how many places a rank moves from the one that the definition gives.
    MeanRankShift,
    /// A unit's score.
    Score {
        /// The unit.
        unit: String,
    },
    /// A unit's rank.
    Rank {
        /// The unit.
        unit: String,
    },
}

/// The size of a Sobol design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SobolPlan {
    /// Rows N of each of the two base samples; the index is computed N·(d + 2) times for d factors.
    pub base: u32,
    /// Bootstrap samples behind the bounds.
    pub bootstrap: u32,
}

/// A choice that might have been made otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Factor {
    /// Its code.
    pub code: String,
    /// What it varies.
    #[serde(flatten)]
    pub kind: FactorKind,
}

/// What a factor varies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactorKind {
    /// Each weight times `1 + amount · e` with `e` even between −1 and 1.
    WeightNoise {
        /// By depth of the weighted node.
        noise: Vec<Noise>,
    },
    /// The shares of siblings from a Dirichlet distribution about those given, whose parameters sum to `concentration`.
    Dirichlet {
        /// The depth of the weighted nodes; none: every depth.
        #[serde(skip_serializing_if = "Option::is_none")]
        depth: Option<u32>,
        /// The sum of the parameters: the higher, the closer to the weights given.
        concentration: f64,
    },
    /// Another stage in place of the definition's own of that name.
    Stage {
        /// The name of the stage.
        stage: &'static str,
        /// The other stages; none: the pipeline without it.
        alternatives: Vec<Option<Stage>>,
    },
    /// Nodes that take no part in the aggregation.
    Drop {
        /// Codes of nodes, each list one alternative.
        alternatives: Vec<Vec<String>>,
    },
}

impl FactorKind {
    /// How many alternatives there are with the definition's own; none where they are without number.
    #[must_use]
    pub fn alternatives(&self) -> Option<usize> {
        match self {
            Self::WeightNoise { .. } | Self::Dirichlet { .. } => None,
            Self::Stage { alternatives, .. } => Some(alternatives.len() + 1),
            Self::Drop { alternatives } => Some(alternatives.len() + 1),
        }
    }
}

/// How far the weights of one depth are moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Noise {
    /// The depth of the weighted nodes; none: every depth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// The greatest change, as a share of the weight.
    pub amount: f64,
}
