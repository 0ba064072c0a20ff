//! An index definition, compiled against the questionnaire it takes answers from.

use std::collections::{BTreeMap, HashMap};

use crate::frame::{CHOSEN, Column, NOT_CHOSEN};
use crate::schema::{
    CalibrationDistance, Domain, Estimation, FavourableMissing, IndexDefinition, InvalidItems, ItemKind, LonelyPsu, Node, NodeMissing,
    OptionList, Questionnaire, Ratio, check_index_against,
};
use crate::scoring::small_area::ThinRule;
use crate::scoring::{Leaf, LinearMap, Measure, Source};
use crate::unit::UnitKind;
use crate::words::Finding;

/// A node of the compiled tree. Children stand before their parents.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanNode {
    /// Its code.
    pub code: String,
    /// Distance from its root.
    pub depth: u32,
    /// Whether it is a leaf that is a percentage of people or answers.
    pub share: bool,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Leaf(usize),
    /// Places of the children with their weights, which add up to one.
    Children(Vec<(usize, f64)>),
}

impl PlanNode {
    /// The place of the leaf that it is, if it is one.
    pub(super) fn leaf(&self) -> Option<usize> {
        match self.content {
            Content::Leaf(leaf) => Some(leaf),
            Content::Children(_) => None,
        }
    }

    /// Places of its children with their weights.
    pub(super) fn children(&self) -> &[(usize, f64)] {
        match &self.content {
            Content::Leaf(_) => &[],
            Content::Children(children) => children,
        }
    }
}

/// A column that is made from others: whether a person's every answer is favourable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AllFavourable {
    /// The columns it looks at, each with the option numbers that are favourable.
    pub(super) columns: Vec<(usize, Vec<u8>)>,
    /// What to do with people who did not answer all of them.
    pub(super) missing: FavourableMissing,
}

/// What to read, how to turn it into numbers, and how to combine them.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) columns: Vec<Column>,
    pub(super) derived: Vec<AllFavourable>,
    pub(super) measures: Vec<Measure>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) nodes: Vec<PlanNode>,
    pub(super) domains: Vec<Domain>,
    /// The column and options of each demographic item that splits domains.
    pub(super) splits: HashMap<String, Split>,
    pub(super) lonely: LonelyPsu,
    pub(super) estimation: Estimation,
    pub(super) thin: Option<ThinRule>,
    /// Seed of whatever is drawn at random.
    pub(super) seed: u64,
    /// How weights are calibrated, and to which margins.
    pub(super) calibration: Option<(CalibrationDistance, Vec<PlanMargin>)>,
    pub(super) level: f64,
    pub(super) min_n: i64,
    pub(super) decimals: u8,
    missing: NodeMissing,
    invalid_items: InvalidItems,
    parameters: BTreeMap<String, f64>,
}

/// A demographic item: its column and the codes of its options, the first having number 1.
#[derive(Debug, Clone)]
pub(super) struct Split {
    pub(super) column: usize,
    pub(super) options: Vec<String>,
}

/// A margin, compiled.
#[derive(Debug, Clone)]
pub(super) struct PlanMargin {
    /// The item whose options make the classes.
    pub(super) item: Option<Split>,
    /// The code of that item.
    code: Option<String>,
    /// The kind of unit whose areas make the classes.
    pub(super) level: Option<UnitKind>,
    /// The total of each class, by area and option.
    pub(super) totals: BTreeMap<(String, String), f64>,
}

impl PlanMargin {
    /// What it is called in messages.
    pub(super) fn name(&self) -> String {
        let parts = [self.level.map(UnitKind::as_str), self.code.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" × ")
    }

    /// The number of the option, from the next of `codes` if the margin has an item; `None` of no answer.
    pub(super) fn option<'a>(&self, codes: &mut impl Iterator<Item = &'a u8>) -> Option<u8> {
        let split = self.item.as_ref()?;
        codes.next().copied().filter(|code| (1..=split.options.len()).contains(&usize::from(*code)))
    }
}

impl Plan {
    /// Compiles `index` against `questionnaire`, with `parameters` overriding the definition's values.
    ///
    /// # Errors
    /// Every finding at once: those of [`check_index_against`], unknown parameters, values out of their range.
    pub fn compile(
        index: &IndexDefinition,
        questionnaire: &Questionnaire,
        parameters: &BTreeMap<String, f64>,
    ) -> Result<Self, Vec<Finding>> {
        let mut findings: Vec<Finding> = check_index_against(index, questionnaire).into_iter().filter(Finding::is_error).collect();
        let parameters = settled(index, parameters, &mut findings);
        if !findings.is_empty() {
            return Err(findings);
        }
        let mut compiler =
            Compiler { questionnaire, columns: Vec::new(), derived: Vec::new(), measures: Vec::new(), leaves: Vec::new(), findings };
        let mut nodes = Vec::new();
        for root in index.tree() {
            compiler.node(root, 0, &parameters, &mut nodes);
        }
        let calibration = index.estimation().calibration.as_ref().map(|rule| {
            let margins = rule.margins.iter().map(|margin| PlanMargin {
                item: margin.item.as_ref().map(|item| compiler.split(item)),
                code: margin.item.clone(),
                level: margin.level.as_deref().and_then(UnitKind::parse),
                totals: margin.totals.clone(),
            });
            (rule.distance, margins.collect())
        });
        let splits = index.domains().iter().filter_map(Domain::item).map(|item| (item.to_owned(), compiler.split(item))).collect();
        let Compiler { columns, derived, mut measures, leaves, findings, .. } = compiler;
        if !findings.is_empty() {
            return Err(findings);
        }
        // Derived columns follow those that are read.
        for measure in &mut measures {
            if let Some(derived) = measure.column.checked_sub(DERIVED) {
                measure.column = columns.len() + derived;
            }
        }
        Ok(Self {
            columns,
            derived,
            measures,
            leaves,
            nodes,
            domains: index.domains().to_vec(),
            splits,
            lonely: index.lonely_psu(),
            thin: index.estimation().thin.map(thin),
            estimation: index.estimation().clone(),
            seed: 1,
            calibration,
            level: index.level(),
            min_n: i64::from(index.min_n()),
            decimals: index.decimals(),
            missing: index.missing().node,
            invalid_items: index.invalid_items(),
            parameters,
        })
    }

    /// The same plan with another seed for whatever is drawn at random: replicates, and the draws behind ranks.
    #[must_use]
    pub fn seeded(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The byte columns that a frame must hold, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The nodes, children before parents.
    #[must_use]
    pub fn nodes(&self) -> &[PlanNode] {
        &self.nodes
    }

    /// Places of the decimal point that published figures have.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        self.decimals
    }

    /// The fewest responses behind a figure that agencies and the public see.
    #[must_use]
    pub fn min_n(&self) -> i64 {
        self.min_n
    }

    /// What to do with responses that have invalid items.
    #[must_use]
    pub fn invalid_items(&self) -> InvalidItems {
        self.invalid_items
    }

    /// The level of the intervals.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// The values of the parameters that this plan was compiled with.
    #[must_use]
    pub fn parameters(&self) -> &BTreeMap<String, f64> {
        &self.parameters
    }

    /// The places of the domains by the item that splits them: one tally serves each.
    pub(super) fn by_split(&self) -> BTreeMap<Option<&str>, Vec<usize>> {
        let mut by_split: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (place, domain) in self.domains.iter().enumerate() {
            by_split.entry(domain.item()).or_default().push(place);
        }
        by_split
    }

    /// Places of the roots, and of the nodes right below the headline: what ranks get intervals for.
    pub(super) fn ranked(&self) -> Vec<usize> {
        let headline = self.nodes.iter().position(|node| node.depth == 0);
        let below = |place: usize| headline.is_some_and(|headline| place < headline) && self.nodes[place].depth == 1;
        (0..self.nodes.len()).filter(|place| self.nodes[*place].depth == 0 || below(*place)).collect()
    }

    /// How every node follows from the leaves that are present in a domain.
    pub(super) fn map(&self, present: &[bool]) -> LinearMap {
        let mut outputs: Vec<Option<Vec<(Source, f64)>>> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let terms = match &node.content {
                Content::Leaf(leaf) => present[*leaf].then(|| vec![(Source::Leaf(*leaf), 1.0)]),
                Content::Children(children) => {
                    let there: Vec<&(usize, f64)> = children.iter().filter(|(child, _)| outputs[*child].is_some()).collect();
                    let total: f64 = there.iter().map(|(_, weight)| weight).sum();
                    let whole = there.len() == children.len() || self.missing == NodeMissing::Renormalise;
                    (whole && total > 0.0).then(|| there.iter().map(|(child, weight)| (Source::Output(*child), weight / total)).collect())
                }
            };
            outputs.push(terms);
        }
        LinearMap { outputs }
    }
}

/// The rule for thin estimates as scoring knows it.
fn thin(rule: crate::schema::ThinRule) -> ThinRule {
    ThinRule { min_n: rule.n.map(i64::from), min_df: rule.df.map(f64::from), max_cv: None, max_half_width: rule.half_width }
}

/// The definition's parameters under a run's values.
fn settled(index: &IndexDefinition, given: &BTreeMap<String, f64>, findings: &mut Vec<Finding>) -> BTreeMap<String, f64> {
    for name in given.keys().filter(|name| !index.parameters().contains_key(*name)) {
        findings.push(Finding::error(
            format!("/parameters/{name}"),
            "parameter-unknown",
            format!("Chỉ số không có tham số {name}"),
            format!("the index has no parameter {name}"),
        ));
    }
    let settle = |(name, parameter): (&String, &crate::schema::Parameter)| {
        let value = given.get(name).copied().unwrap_or(parameter.value);
        if !(parameter.min..=parameter.max).contains(&value) {
            findings.push(Finding::error(
                format!("/parameters/{name}"),
                "parameter-out-of-range",
                format!("Tham số {name} phải nằm trong khoảng {} đến {}", parameter.min, parameter.max),
                format!("parameter {name} must lie between {} and {}", parameter.min, parameter.max),
            ));
        }
        (name.clone(), value)
    };
    index.parameters().iter().map(settle).collect()
}

/// Columns from here on are derived ones, until the number of columns read is known.
const DERIVED: usize = 1 << 32;

struct Compiler<'a> {
    questionnaire: &'a Questionnaire,
    columns: Vec<Column>,
    derived: Vec<AllFavourable>,
    measures: Vec<Measure>,
    leaves: Vec<Leaf>,
    findings: Vec<Finding>,
}

impl Compiler<'_> {
    /// Compiles a node and those below it; returns its place.
    fn node(&mut self, node: &Node, depth: u32, parameters: &BTreeMap<String, f64>, nodes: &mut Vec<PlanNode>) -> usize {
        let content = if let Some(measure) = node.measure() {
            Content::Leaf(self.leaf(node.code(), measure))
        } else {
            let weight = |child: &Node| child.weight().map_or(Some(1.0), |w| w.value(|name| parameters.get(name).copied())).unwrap_or(0.0);
            let total: f64 = node.children().iter().map(weight).sum();
            if total <= 0.0 {
                self.finding(
                    node.code(),
                    "weights-zero",
                    "Tổng trọng số của các mục con bằng 0",
                    "the weights of the node's children add up to nothing",
                );
            }
            let compile = |child: &Node| {
                let part = weight(child) / total;
                (self.node(child, depth + 1, parameters, nodes), part)
            };
            Content::Children(node.children().iter().map(compile).collect())
        };
        let share = node.measure().is_some_and(|measure| !measure.options().is_empty());
        nodes.push(PlanNode { code: node.code().to_owned(), depth, share, content });
        nodes.len() - 1
    }

    /// Compiles a leaf; returns its place.
    fn leaf(&mut self, node: &str, measure: &crate::schema::Measure) -> usize {
        use crate::schema::Measure as M;
        let parts = match measure {
            M::Mean { .. } | M::PooledMean { .. } => measure.items().iter().map(|item| self.mean(node, item)).collect(),
            M::Share { .. } | M::PooledShare { .. } => measure.items().iter().map(|item| self.share(item, measure.options())).collect(),
            M::AllFavourable { items, options, missing } => vec![self.all_favourable(items, options, *missing)],
        };
        let parts = self.one_scale(node, parts);
        let leaf = Leaf { parts };
        self.leaves.iter().position(|known| *known == leaf).unwrap_or_else(|| {
            self.leaves.push(leaf);
            self.leaves.len() - 1
        })
    }

    /// Parts that are pooled must share one scale: their whole numbers are added up.
    fn one_scale(&mut self, node: &str, parts: Vec<usize>) -> Vec<usize> {
        let scale = self.measures[parts[0]].scale();
        if parts.iter().any(|part| (self.measures[*part].scale() - scale).abs() > f64::EPSILON * scale.abs()) {
            self.finding(
                node,
                "pooled-scales-differ",
                "Các câu hỏi gộp chung phải dùng cùng một thang điểm",
                "items that are pooled must share one scale of scores",
            );
        }
        parts
    }

    fn mean(&mut self, node: &str, item: &str) -> usize {
        let options = self.questionnaire.item(item).and_then(|item| item.options());
        let scores: Vec<Option<Ratio>> = options.map(|o| o.all().iter().map(crate::schema::Choice::score).collect()).unwrap_or_default();
        let common = scores.iter().flatten().try_fold(1_i64, |common, score| {
            let lcm = common / gcd(common, score.denominator()) * score.denominator();
            (lcm <= 1_000_000).then_some(lcm)
        });
        let mut num = [None; 256];
        for (number, score) in (1_usize..).zip(&scores) {
            let whole = common.and_then(|common| score.map(|score| score.numerator() * (common / score.denominator())));
            num[number] = whole.and_then(|whole| i32::try_from(whole).ok());
            if score.is_some() && num[number].is_none() {
                self.finding(
                    node,
                    "scores-too-fine",
                    "Điểm số của các lựa chọn không quy được về mẫu số chung",
                    "the options' scores have no common denominator that fits",
                );
                break;
            }
        }
        let column = self.column(Column::Item(item.to_owned()));
        #[allow(clippy::cast_precision_loss)] // at most a million
        self.measure(Measure::new(column, num, 1.0 / common.unwrap_or(1) as f64))
    }

    fn share(&mut self, item: &str, counted: &[String]) -> usize {
        let mut num = [None; 256];
        let Some(found) = self.questionnaire.item(item) else { return self.measure(Measure::new(0, num, 1.0)) };
        if let (ItemKind::Multiple { .. }, [option]) = (found.kind(), counted) {
            (num[usize::from(CHOSEN)], num[usize::from(NOT_CHOSEN)]) = (Some(1), Some(0));
            let column = self.column(Column::Chosen { item: item.to_owned(), option: option.clone() });
            return self.measure(Measure::new(column, num, 100.0));
        }
        for (number, option) in (1_usize..).zip(found.options().map(OptionList::all).unwrap_or_default()) {
            num[number] = Some(i32::from(counted.iter().any(|code| code == option.code())));
        }
        let column = self.column(Column::Item(item.to_owned()));
        self.measure(Measure::new(column, num, 100.0))
    }

    fn all_favourable(&mut self, items: &[String], favourable: &[String], missing: FavourableMissing) -> usize {
        let columns = items.iter().map(|item| {
            let options = self.questionnaire.item(item).and_then(|item| item.options());
            let numbers = favourable.iter().filter_map(|code| options?.number(code)).collect();
            (self.column(Column::Item(item.clone())), numbers)
        });
        let derived = AllFavourable { columns: columns.collect(), missing };
        let place = self.derived.iter().position(|known| *known == derived).unwrap_or_else(|| {
            self.derived.push(derived);
            self.derived.len() - 1
        });
        let mut num = [None; 256];
        (num[usize::from(CHOSEN)], num[usize::from(NOT_CHOSEN)]) = (Some(1), Some(0));
        self.measure(Measure::new(DERIVED + place, num, 100.0))
    }

    fn split(&mut self, item: &str) -> Split {
        let options = self.questionnaire.item(item).and_then(|item| item.options());
        let options = options.map(|o| o.all().iter().map(|choice| choice.code().to_owned()).collect()).unwrap_or_default();
        Split { column: self.column(Column::Item(item.to_owned())), options }
    }

    fn column(&mut self, column: Column) -> usize {
        self.columns.iter().position(|known| *known == column).unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    fn measure(&mut self, measure: Measure) -> usize {
        self.measures.iter().position(|known| *known == measure).unwrap_or_else(|| {
            self.measures.push(measure);
            self.measures.len() - 1
        })
    }

    fn finding(&mut self, node: &str, code: &'static str, vi: &str, en: &str) {
        self.findings.push(Finding::error(format!("/tree/{node}"), code, format!("{node}: {vi}"), format!("{node}: {en}")));
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
