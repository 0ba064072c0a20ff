//! What a checked definition of a composite index holds.

use serde::Serialize;

use super::stage::{Aggregator, Normaliser, Stage};
use crate::schema::index_file::USUAL_PEOPLE;
use crate::schema::text::Text;

/// A checked definition of a composite index: one edition, or several that share it.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeDefinition {
    pub(super) code: String,
    pub(super) edition: String,
    pub(super) title: Text,
    pub(super) note: Option<Text>,
    pub(super) geography: Option<String>,
    pub(super) attributes: Vec<String>,
    pub(super) denominators: Vec<String>,
    pub(super) gap: Gap,
    pub(super) pipeline: Vec<Stage>,
    pub(super) rank: RankRule,
    pub(super) publication: Publication,
    pub(super) targets: Vec<Target>,
    pub(super) nodes: Vec<CompositeNode>,
}

impl CompositeDefinition {
    /// The code of the index.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The edition that this definition was made for, such as `2024`.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// The convention, its source, what is known and what is inferred.
    #[must_use]
    pub fn note(&self) -> Option<&Text> {
        self.note.as_ref()
    }

    /// The list of units that are scored, such as `vn-63`.
    #[must_use]
    pub fn geography(&self) -> Option<&str> {
        self.geography.as_deref()
    }

    /// Attributes of units by which imputation may group, as columns of the table.
    #[must_use]
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Columns of the table that indicators are divided by.
    #[must_use]
    pub fn denominators(&self) -> &[String] {
        &self.denominators
    }

    /// What a node does about a child without a value, where it does not say otherwise itself.
    #[must_use]
    pub fn gap(&self) -> Gap {
        self.gap
    }

    /// The stages in their order; the last one aggregates.
    #[must_use]
    pub fn pipeline(&self) -> &[Stage] {
        &self.pipeline
    }

    /// How units are ranked.
    #[must_use]
    pub fn rank(&self) -> &RankRule {
        &self.rank
    }

    /// What may be published.
    #[must_use]
    pub fn publication(&self) -> &Publication {
        &self.publication
    }

    /// The same, published with so many decimals at most.
    #[must_use]
    pub fn with_decimals_at_most(mut self, most: u8) -> Self {
        self.publication.decimals = Some(u32::from(self.publication.decimals().min(most)));
        self
    }

    /// What units have set out to reach.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Every node in the order of the file, parents before their children; the first is the root.
    #[must_use]
    pub fn nodes(&self) -> &[CompositeNode] {
        &self.nodes
    }

    /// The position of a node in [`nodes`](Self::nodes).
    #[must_use]
    pub fn position(&self, code: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.code == code)
    }

    /// Positions of the leaves with their indicators, in the order of the file.
    pub fn leaves(&self) -> impl Iterator<Item = (usize, &CompositeNode, &Indicator)> {
        self.nodes.iter().enumerate().filter_map(|(place, node)| Some((place, node, node.indicator()?)))
    }
}

/// What a node does about a child without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// The others carry its weight.
    Renormalise,
    /// The node has no value either.
    Missing,
    /// It counts as 0.
    Zero,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeNode {
    pub(super) code: String,
    pub(super) label: Text,
    pub(super) parent: Option<usize>,
    pub(super) depth: u32,
    pub(super) weight: f64,
    pub(super) scored: bool,
    pub(super) group: bool,
    pub(super) maximum: Option<f64>,
    pub(super) agency: Option<String>,
    pub(super) gap: Option<Gap>,
    pub(super) aggregate: Option<Aggregator>,
    pub(super) rescale: Option<Rescale>,
    pub(super) body: Body,
}

impl CompositeNode {
    /// The code, unique in the tree; of a leaf also the column of the table.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What the node is called.
    #[must_use]
    pub fn label(&self) -> &Text {
        &self.label
    }

    /// The position of the parent; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<usize> {
        self.parent
    }

    /// Steps from the root, which has 0.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The weight among its siblings; these need not sum to 1.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Whether the parent takes it in; a node that is not scored is computed and shown alone.
    #[must_use]
    pub fn scored(&self) -> bool {
        self.scored
    }

    /// Whether it vanishes from an edition in which no unit has a value for it, as the hard data of a sub-index that has none.
    #[must_use]
    pub fn group(&self) -> bool {
        self.group
    }

    /// The most points that can be had, where it is given.
    #[must_use]
    pub fn maximum(&self) -> Option<f64> {
        self.maximum
    }

    /// The agency that answers for it.
    #[must_use]
    pub fn agency(&self) -> Option<&str> {
        self.agency.as_deref()
    }

    /// What it does about a child without a value, where that is not what the index does.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        self.gap
    }

    /// How it combines its children, where that is not what the pipeline says.
    #[must_use]
    pub fn aggregate(&self) -> Option<Aggregator> {
        self.aggregate
    }

    /// What becomes of its value in the end.
    #[must_use]
    pub fn rescale(&self) -> Option<Rescale> {
        self.rescale
    }

    /// The indicator of a leaf.
    #[must_use]
    pub fn indicator(&self) -> Option<&Indicator> {
        match &self.body {
            Body::Indicator(indicator) => Some(indicator.as_ref()),
            Body::Children(_) => None,
        }
    }

    /// Positions of the children; empty for a leaf and for a group that has none in this edition.
    #[must_use]
    pub fn children(&self) -> &[usize] {
        match &self.body {
            Body::Children(children) => children,
            Body::Indicator(_) => &[],
        }
    }
}

/// What a node consists of.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Other nodes, by position.
    Children(Vec<usize>),
    /// A column of the table.
    Indicator(Box<Indicator>),
}

/// `offset + factor·x`: from a mean of ten sub-indices on 1 to 10 to a hundred points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rescale {
    /// The factor.
    pub factor: f64,
    /// The offset.
    pub offset: f64,
}

/// Whether more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// What stands behind the values of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Answers of a survey.
    Survey,
    /// Published figures.
    Published,
    /// A self-assessment that was appraised.
    Appraised,
}

/// A leaf: what is measured and how it becomes a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// Whether more is better.
    pub direction: Direction,
    /// The unit of measure.
    pub unit: Option<String>,
    /// Who publishes it, where.
    pub source: Option<String>,
    /// What stands behind its values.
    pub evidence: Option<Evidence>,
    /// The column it is divided by.
    pub denominator: Option<String>,
    /// For how many of the denominator it is told: 100 000 for a rate per 100 000 inhabitants.
    pub per: f64,
    /// Goalposts of its own.
    pub goalposts: Goalposts,
    /// The value to be reached, for the distance to the target.
    pub target: Option<f64>,
    /// A normalisation of its own.
    pub normalise: Option<Normaliser>,
    /// The node of a survey's index whose estimates are its values.
    pub survey: Option<SurveyLeaf>,
}

/// Goalposts that an indicator sets itself; what it leaves open comes from the data of the pipeline's window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Goalposts {
    /// The value at the low end of the scale.
    pub low: Option<f64>,
    /// The value at the high end.
    pub high: Option<f64>,
    /// The first edition whose values count.
    pub since: Option<String>,
}

/// A node of a survey's index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SurveyLeaf {
    /// The code of the index.
    pub index: String,
    /// The code of its node.
    pub node: String,
    /// The wave; none: whichever the run is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<String>,
    /// The kind of domain whose estimates are taken, one of [`SurveyLeaf::LEVELS`]; none: the first of these that the tables have units
    /// of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
}

impl SurveyLeaf {
    /// The kinds of domains that are units as a whole, the larger before the smaller; `unit` are the units that were rated.
    pub const LEVELS: [&'static str; 5] = ["province", "district", "commune", "village", "unit"];
}

/// How units are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RankRule {
    /// What equal scores get.
    pub ties: Ties,
}

/// What equal scores get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// The better rank, and the next rank is left out: 1, 2, 2, 4.
    Competition,
    /// The same rank, and the next one follows: 1, 2, 2, 3.
    Dense,
}

/// What may be published.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Publication {
    /// Fewest answers behind a survey value; none: as many as an index of a survey asks for that says nothing.
    pub min_n: Option<u32>,
    /// Only the best so many are published with score and rank.
    pub top: Option<u32>,
    /// Decimals that are published, 2 if nothing is said; ranks do not depend on it.
    pub decimals: Option<u32>,
    /// Groups of units by score.
    pub tiers: Option<Tiers>,
}

impl Publication {
    /// Fewest answers behind a survey value.
    #[must_use]
    pub fn min_n(&self) -> u32 {
        self.min_n.unwrap_or(USUAL_PEOPLE)
    }

    /// Decimals of published figures.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        self.decimals.and_then(|decimals| u8::try_from(decimals).ok()).unwrap_or(2)
    }
}

/// Groups of units by score, from the best down.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tiers {
    /// By least scores, falling: one fewer than there are labels.
    Breaks {
        /// The least score of each tier but the last.
        from: Vec<f64>,
        /// What the tiers are called.
        labels: Vec<Text>,
    },
    /// By the classes that lie tightest about their means (Fisher and Jenks), as many as there are labels.
    Natural {
        /// What the tiers are called.
        labels: Vec<Text>,
    },
    /// By quantiles of the scores of the edition, falling: 0.75, 0.5, 0.25 for quartiles.
    Quantiles {
        /// The quantile from which each tier but the last begins.
        from: Vec<f64>,
        /// What the tiers are called.
        labels: Vec<Text>,
    },
}

impl Tiers {
    /// What the tiers are called, the best first.
    #[must_use]
    pub fn labels(&self) -> &[Text] {
        match self {
            Self::Breaks { labels, .. } | Self::Quantiles { labels, .. } | Self::Natural { labels } => labels,
        }
    }
}

/// What a unit has set out to reach.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// The unit.
    pub unit: String,
    /// The node; none: the root.
    pub node: Option<String>,
    /// The edition by which it is to be reached; none: this one.
    pub edition: Option<String>,
    /// What is to be reached.
    #[serde(flatten)]
    pub kind: TargetKind,
    /// The document that sets it.
    pub source: Option<String>,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TargetKind {
    /// A rank no worse than this.
    Rank {
        /// The worst rank that will do.
        value: u32,
    },
    /// So many ranks better than in the edition before.
    RankGain {
        /// How many.
        value: u32,
    },
    /// A score of at least this.
    Score {
        /// The least score.
        value: f64,
    },
    /// So much more than in the edition before.
    ScoreGain {
        /// How much.
        value: f64,
    },
}
