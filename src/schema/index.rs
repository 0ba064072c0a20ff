//! A checked index definition: a tree of weighted scores over the answers of a survey.

use crate::words::named;
use std::collections::BTreeMap;

use super::estimation::Estimation;
use super::text::Text;

/// One version of an index. It is made by [`parse`](super::parse) only.
#[derive(Debug, Clone)]
pub struct IndexDefinition {
    pub(super) code: String,
    pub(super) version: String,
    pub(super) title: Text,
    pub(super) note: Option<Text>,
    pub(super) survey: String,
    pub(super) survey_versions: Vec<String>,
    pub(super) level: f64,
    pub(super) min_n: u32,
    pub(super) decimals: u8,
    pub(super) lonely_psu: LonelyPsu,
    pub(super) missing: Missing,
    pub(super) invalid_items: InvalidItems,
    pub(super) estimation: Estimation,
    pub(super) parameters: BTreeMap<String, Parameter>,
    pub(super) domains: Vec<Domain>,
    pub(super) tree: Vec<Node>,
}

impl IndexDefinition {
    /// The index's code, such as `sipas`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The version, digits and dots.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// A remark, such as the source of the weights.
    #[must_use]
    pub fn note(&self) -> Option<&Text> {
        self.note.as_ref()
    }

    /// The code of the survey whose answers it takes.
    #[must_use]
    pub fn survey(&self) -> &str {
        &self.survey
    }

    /// The versions of that survey which it can take.
    #[must_use]
    pub fn survey_versions(&self) -> &[String] {
        &self.survey_versions
    }

    /// The confidence level, between 0 and 1.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Fewest respondents behind a figure that is shown; at least 5.
    #[must_use]
    pub fn min_n(&self) -> u32 {
        self.min_n
    }

    /// Places of the decimal point that published figures are rounded to.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        self.decimals
    }

    /// What to do with a stratum that has a single PSU.
    #[must_use]
    pub fn lonely_psu(&self) -> LonelyPsu {
        self.lonely_psu
    }

    /// What to do with missing answers and nodes.
    #[must_use]
    pub fn missing(&self) -> Missing {
        self.missing
    }

    /// What to do with responses that have invalid items.
    #[must_use]
    pub fn invalid_items(&self) -> InvalidItems {
        self.invalid_items
    }

    /// How the figures are estimated.
    #[must_use]
    pub fn estimation(&self) -> &Estimation {
        &self.estimation
    }

    /// The parameters by name.
    #[must_use]
    pub fn parameters(&self) -> &BTreeMap<String, Parameter> {
        &self.parameters
    }

    /// The breakdowns to compute.
    #[must_use]
    pub fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// The roots of the tree, at least one; the first is the headline.
    #[must_use]
    pub fn tree(&self) -> &[Node] {
        &self.tree
    }

    /// All nodes, parents before their children, in the order of the file.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        let mut stack: Vec<&Node> = self.tree.iter().rev().collect();
        std::iter::from_fn(move || {
            let node = stack.pop()?;
            stack.extend(node.children().iter().rev());
            Some(node)
        })
    }

    /// The node with this code.
    #[must_use]
    pub fn node(&self, code: &str) -> Option<&Node> {
        self.nodes().find(|node| node.code == code)
    }
}

named! {
    /// What the variance does with a stratum that has a single PSU; the names are those of R's survey package.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum LonelyPsu {
        /// Refuse.
        Fail = "fail",
        /// The stratum adds nothing.
        Remove = "remove",
        /// Deviations from the mean over all strata.
        Adjust = "adjust",
        /// The average variance of the other strata.
        Average = "average",
        /// The PSU was sure to be drawn: no variance.
        Certainty = "certainty",
    }
}

/// What to do with what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Missing {
    /// Missing answers in a leaf.
    pub leaf: LeafMissing,
    /// Missing children of a node.
    pub node: NodeMissing,
}

/// What to do with a response that has invalid items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum InvalidItems {
    /// The items are missing for the measures that use them; the rest of the response counts.
    #[default]
    DropItem,
    /// The whole response is left out, whichever of its items is invalid.
    DropResponse,
}

impl InvalidItems {
    /// The names in a file.
    pub const NAMES: [&'static str; 2] = ["drop_item", "drop_response"];
    /// Every rule.
    pub const ALL: [Self; 2] = [Self::DropItem, Self::DropResponse];

    /// The name in a file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DropItem => "drop_item",
            Self::DropResponse => "drop_response",
        }
    }
}

/// Missing answers in a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeafMissing {
    /// Every leaf takes the answers it has.
    Available,
}

/// Missing children of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeMissing {
    /// The weights of the children that are there are scaled to add to one.
    Renormalise,
    /// A node with a missing child is missing.
    Missing,
}

/// A number of the definition that a run may set.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The value where a run sets none.
    pub value: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// What it is.
    pub label: Text,
}

/// A breakdown: one figure for each of its members.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Domain {
    /// Everything.
    Nation,
    /// The areas of one level.
    Level {
        /// Kind of unit: `country`, `province`, `district`, `commune`, `village` or `agency`.
        level: String,
    },
    /// The rated units.
    Unit,
    /// The rated units within the areas of one level.
    UnitByLevel {
        /// Kind of unit.
        level: String,
    },
    /// The options of an item.
    Item {
        /// The item's code.
        item: String,
    },
    /// The options of an item within the areas of one level.
    ItemByLevel {
        /// The item's code.
        item: String,
        /// Kind of unit.
        level: String,
    },
}

impl Domain {
    /// The names of the kinds in a file.
    pub const NAMES: [&'static str; 6] = ["nation", "level", "unit", "unit_by_level", "item", "item_by_level"];
    /// The kinds of units that a level may name.
    pub const LEVELS: [&'static str; 6] = ["country", "province", "district", "commune", "village", "agency"];

    /// The name of this kind in a file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nation => "nation",
            Self::Level { .. } => "level",
            Self::Unit => "unit",
            Self::UnitByLevel { .. } => "unit_by_level",
            Self::Item { .. } => "item",
            Self::ItemByLevel { .. } => "item_by_level",
        }
    }

    /// The name of the partition in scores: `nation`, `province`, `unit`, `unit-by-province`, `item`, `item-by-province`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Nation => "nation".to_owned(),
            Self::Level { level } => level.clone(),
            Self::Unit => "unit".to_owned(),
            Self::UnitByLevel { level } => format!("unit-by-{level}"),
            Self::Item { .. } => "item".to_owned(),
            Self::ItemByLevel { level, .. } => format!("item-by-{level}"),
        }
    }

    /// The item that splits it, if one does.
    #[must_use]
    pub fn item(&self) -> Option<&str> {
        match self {
            Self::Item { item } | Self::ItemByLevel { item, .. } => Some(item),
            _ => None,
        }
    }

    /// The kind of unit that splits it, if one does.
    #[must_use]
    pub fn level(&self) -> Option<&str> {
        match self {
            Self::Level { level } | Self::UnitByLevel { level } | Self::ItemByLevel { level, .. } => Some(level),
            _ => None,
        }
    }
}

/// One score of the tree.
#[derive(Debug, Clone)]
pub struct Node {
    pub(super) code: String,
    pub(super) label: Text,
    pub(super) weight: Option<Weight>,
    pub(super) agency: Option<String>,
    pub(super) content: Content,
}

impl Node {
    /// The code, unique in the tree.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &Text {
        &self.label
    }

    /// The weight among its siblings; `None` on all siblings means equal weights.
    #[must_use]
    pub fn weight(&self) -> Option<&Weight> {
        self.weight.as_ref()
    }

    /// Who answers for it.
    #[must_use]
    pub fn agency(&self) -> Option<&str> {
        self.agency.as_deref()
    }

    /// What it is made of.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The nodes below; none for a leaf.
    #[must_use]
    pub fn children(&self) -> &[Node] {
        match &self.content {
            Content::Children(children) => children,
            Content::Measure(_) => &[],
        }
    }

    /// The measure of a leaf.
    #[must_use]
    pub fn measure(&self) -> Option<&Measure> {
        match &self.content {
            Content::Children(_) => None,
            Content::Measure(measure) => Some(measure),
        }
    }
}

/// What a node is made of.
#[derive(Debug, Clone)]
pub enum Content {
    /// The weighted mean of the nodes below, at least one.
    Children(Vec<Node>),
    /// An estimate from the answers.
    Measure(Measure),
}

/// The weight of a node, relative to those of its siblings.
#[derive(Debug, Clone, PartialEq)]
pub enum Weight {
    /// A number, not negative.
    Fixed(f64),
    /// The value of a parameter.
    Parameter(String),
    /// One minus the value of a parameter.
    OneMinus(String),
}

impl Weight {
    /// The weight under the parameter values that `value_of` gives; `None` where it gives none.
    pub fn value(&self, value_of: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        match self {
            Self::Fixed(weight) => Some(*weight),
            Self::Parameter(name) => value_of(name),
            Self::OneMinus(name) => value_of(name).map(|value| 1.0 - value),
        }
    }
}

/// What a leaf estimates from the answers, on a scale of 0 to 100.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The mean of the scores of the options chosen; options without a score are left out.
    Mean {
        /// The item's code.
        item: String,
    },
    /// The percentage who chose any of the options.
    Share {
        /// The item's code.
        item: String,
        /// The options' codes.
        options: Vec<String>,
    },
    /// The mean of the scores over all answers to all the items.
    PooledMean {
        /// The items' codes.
        items: Vec<String>,
    },
    /// The percentage, of all answers to all the items, that are any of the options.
    PooledShare {
        /// The items' codes.
        items: Vec<String>,
        /// The options' codes.
        options: Vec<String>,
    },
    /// The percentage of people whose every answer is one of the options.
    AllFavourable {
        /// The items' codes.
        items: Vec<String>,
        /// The options' codes.
        options: Vec<String>,
        /// What to do with people who did not answer all of them.
        missing: FavourableMissing,
    },
}

impl Measure {
    /// The names of the kinds in a file.
    pub const NAMES: [&'static str; 5] = ["mean", "share", "pooled_mean", "pooled_share", "all_favourable"];

    /// The name of this kind in a file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mean { .. } => "mean",
            Self::Share { .. } => "share",
            Self::PooledMean { .. } => "pooled_mean",
            Self::PooledShare { .. } => "pooled_share",
            Self::AllFavourable { .. } => "all_favourable",
        }
    }

    /// The codes of the items it takes.
    #[must_use]
    pub fn items(&self) -> &[String] {
        match self {
            Self::Mean { item } | Self::Share { item, .. } => std::slice::from_ref(item),
            Self::PooledMean { items } | Self::PooledShare { items, .. } | Self::AllFavourable { items, .. } => items,
        }
    }

    /// The codes of the options it counts; none for means.
    #[must_use]
    pub fn options(&self) -> &[String] {
        match self {
            Self::Mean { .. } | Self::PooledMean { .. } => &[],
            Self::Share { options, .. } | Self::PooledShare { options, .. } | Self::AllFavourable { options, .. } => options,
        }
    }
}

/// People who did not answer all items of [`Measure::AllFavourable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FavourableMissing {
    /// They are left out.
    Listwise,
    /// They are judged by the answers they gave, if any.
    Available,
}
