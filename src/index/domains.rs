//! Which domain each cell of a tally lies in.

use std::collections::{BTreeMap, HashMap};

use crate::frame::Frame;
use crate::index::DomainKey;
use crate::index::plan::Split;
use crate::schema::Domain;
use crate::scoring::{Cells, Class, Sum, Tally};
use crate::unit::{Registry, UnitId, UnitKind};

/// The domains of one partition, in canonical order, and the cells of each.
pub(super) struct Partition {
    pub(super) keys: Vec<DomainKey>,
    pub(super) cells: Cells,
}

/// How the groups of a tally tell the answers to the item that splits domains.
pub(super) struct Splitting<'a> {
    split: &'a Split,
    /// The answer code of each group.
    code_of_group: [u8; 256],
}

impl<'a> Splitting<'a> {
    /// Groups are the answer codes themselves.
    pub(super) fn plain(split: &'a Split) -> Self {
        Self { split, code_of_group: std::array::from_fn(|code| u8::try_from(code).unwrap_or(0)) }
    }

    /// Groups are combinations of answer codes, the last of which is that of the splitting item.
    pub(super) fn last_of(split: &'a Split, combinations: &[Vec<u8>]) -> Self {
        let code = |group: usize| combinations.get(group).and_then(|codes| codes.last()).copied().unwrap_or(0);
        Self { split, code_of_group: std::array::from_fn(code) }
    }
}

/// Sorts domains by the codes of their units, never by the numbers that a store gave them.
type Order = (String, String, u8);

/// What parts the classes of one store: the area, the rated unit, the answer to the splitting item.
type Numbers = (Option<i32>, Option<i32>, u8);

impl Partition {
    /// Places every cell of a tally over `frame`. Domains are unions of classes, of which there are far fewer.
    pub(super) fn new<S: Sum>(
        domain: &Domain,
        tally: &Tally<S>,
        frame: &Frame,
        registry: &Registry,
        splitting: Option<&Splitting<'_>>,
    ) -> Self {
        let level = domain.level().and_then(UnitKind::parse);
        let mut areas: HashMap<i32, Option<i32>> = HashMap::new();
        let mut area_of = |class: &Class| {
            let kind = level?;
            let place = class.area.unwrap_or(frame.unit_ids()[class.unit as usize]);
            *areas.entry(place).or_insert_with(|| registry.ancestor_of_kind(UnitId(place), kind).map(|unit| unit.id.0))
        };
        let by_unit = matches!(domain, Domain::Unit | Domain::UnitByLevel { .. });
        // Classes are compared by numbers, and only domains by their codes.
        let mut met: HashMap<Numbers, usize> = HashMap::new();
        let mut orders: Vec<Order> = Vec::new();
        let mut keys: BTreeMap<Order, DomainKey> = BTreeMap::new();
        let of_class: Vec<Option<usize>> = tally
            .classes()
            .iter()
            .map(|class| {
                let area = area_of(class);
                if level.is_some() && area.is_none() {
                    return None;
                }
                let unit = by_unit.then(|| frame.unit_ids()[class.unit as usize]);
                let answer = splitting.map_or(0, |splitting| splitting.code_of_group[usize::from(class.group)]);
                let option = match splitting {
                    Some(splitting) => Some(splitting.split.options.get(usize::from(answer).checked_sub(1)?)?),
                    None => None,
                };
                Some(*met.entry((area, unit, answer)).or_insert_with(|| {
                    let order = (code(registry, area), code(registry, unit), answer);
                    keys.entry(order.clone()).or_insert_with(|| DomainKey {
                        kind: domain.name(),
                        area,
                        unit,
                        item: domain.item().map(str::to_owned),
                        option: option.cloned(),
                    });
                    orders.push(order);
                    orders.len() - 1
                }))
            })
            .collect();
        let places: HashMap<&Order, u32> = keys.keys().zip(0..).collect();
        let places: Vec<Option<u32>> = orders.iter().map(|order| places.get(order).copied()).collect();
        let of_class: Vec<Option<u32>> = of_class.into_iter().map(|met| places[met?]).collect();
        let cells = Cells::new(keys.len(), tally.classes_of_cells().iter().map(|class| of_class[*class as usize]));
        Self { keys: keys.into_values().collect(), cells }
    }
}

fn code(registry: &Registry, id: Option<i32>) -> String {
    id.and_then(|id| registry.get(UnitId(id))).map(|unit| format!("{}:{}", unit.record.list, unit.record.code)).unwrap_or_default()
}
