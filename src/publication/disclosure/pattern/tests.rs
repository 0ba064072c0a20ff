//! Tables of units in two provinces.
#![allow(clippy::cast_precision_loss)] // people

use proptest::prelude::*;

use super::super::system::Cell;
use super::*;
use crate::index::NodeShape;

const RULE: Protection = Protection { people: 10, alone: true, rounding: 0.005 };

/// `ALL` of two leaves, weights 2 and 1: places 0, 1, 2.
fn shapes() -> Vec<NodeShape> {
    let leaf = || NodeShape { children: Vec::new(), low: 0.0, high: 100.0, gap: 25.0 };
    let all = NodeShape { children: vec![(0, 2.0 / 3.0), (1, 1.0 / 3.0)], low: 0.0, high: 100.0, gap: 0.0 };
    vec![leaf(), leaf(), all]
}

/// Units in two provinces: nation, two provinces, units, units by province; of each, how many people, who all answered everything.
fn table<'a>(shapes: &'a [NodeShape], people: &[[i64; 2]], value: impl Fn(usize, usize) -> f64) -> System<'a> {
    let units = people.len();
    let mut domains: Vec<(Vec<usize>, Vec<usize>)> = Vec::new(); // units and provinces of each domain
    domains.push(((0..units).collect(), vec![0, 1]));
    domains.extend((0..2).map(|province| ((0..units).collect(), vec![province])));
    domains.extend((0..units).map(|unit| (vec![unit], vec![0, 1])));
    domains.extend((0..units).flat_map(|unit| (0..2).map(move |province| (vec![unit], vec![province]))));
    let mut cells = Vec::new();
    for (of_units, of_provinces) in &domains {
        let inside: Vec<(usize, usize)> =
            of_units.iter().flat_map(|unit| of_provinces.iter().map(move |province| (*unit, *province))).collect();
        let n: i64 = inside.iter().map(|(unit, province)| people[*unit][*province]).sum();
        let mean = |leaf: usize| {
            let total: f64 = inside.iter().map(|(unit, province)| people[*unit][*province] as f64 * value(unit * 2 + province, leaf)).sum();
            total / n.max(1) as f64
        };
        let own = (n > 0 && n < 10).then_some(Hidden::FewAnswers);
        let leaves = [mean(0), mean(1)];
        for value in [leaves[0], leaves[1], (2.0 * leaves[0] + leaves[1]) / 3.0] {
            cells.push(Cell { people: n, weight: n as f64, value, own, before: false });
        }
    }
    let (provinces, first, fine) = (1..3, 3, 3 + units);
    let mut groups = vec![
        Group { whole: 0, parts: provinces.clone().collect() },
        Group { whole: 0, parts: (first..first + units).collect() },
        Group { whole: 0, parts: (fine..fine + 2 * units).collect() },
    ];
    groups.extend(
        provinces.map(|province| Group { whole: province, parts: (0..units).map(|unit| fine + 2 * unit + province - 1).collect() }),
    );
    groups.extend((0..units).map(|unit| Group { whole: first + unit, parts: vec![fine + 2 * unit, fine + 2 * unit + 1] }));
    System { shapes, cells, groups, partitions: Vec::new() }
}

fn spread(cell: usize, leaf: usize) -> f64 {
    50.0 + 7.0 * f64::from(u8::try_from((cell * 5 + leaf * 3) % 7).unwrap()) - 20.0
}

#[test]
fn where_nobody_is_few_nothing_is_hidden() {
    let shapes = shapes();
    let system = table(&shapes, &[[20, 30], [40, 50], [60, 25]], spread);
    assert_eq!(complete(&system, RULE).into_iter().flatten().count(), 0);
}

#[test]
fn a_lone_small_cell_takes_others_with_it_until_nobody_can_tell_it() {
    let shapes = shapes();
    let system = table(&shapes, &[[3, 30], [40, 50], [60, 25]], spread);
    let hidden = complete(&system, RULE);
    let attack = Attack::new(&system, &hidden, RULE.rounding);
    for place in (0..hidden.len()).filter(|place| system.cells[*place].own.is_some()) {
        assert!(attack.is_exact(place));
        assert!(is_wide(&system, place, attack.interval(place)), "{place}: {:?}", attack.interval(place));
    }
    assert!(hidden.iter().flatten().count() < hidden.len() / 2, "{hidden:?}");
    assert!(hidden[..3].iter().all(Option::is_none), "the nation stays");
}

#[test]
fn hidden_people_add_up_to_no_fewer_than_the_threshold() {
    let shapes = shapes();
    let system = table(&shapes, &[[1, 30], [2, 50], [60, 25], [15, 40]], spread);
    let hidden = complete(&system, RULE);
    for group in &system.groups {
        let whole = system.place(group.whole, 0);
        let (parts, ..) = system.parts(group, 0);
        let people: i64 = parts.iter().filter(|part| hidden[**part].is_some()).map(|part| system.cells[*part].people).sum();
        assert!(hidden[whole].is_some() || people == 0 || people >= 10, "{group:?}: {people}");
    }
}

#[test]
fn the_edition_before_is_hidden_again_where_that_will_do() {
    let shapes = shapes();
    let mut system = table(&shapes, &[[3, 30], [40, 50], [60, 25]], spread);
    // The largest unit was hidden then: alone it would never be chosen.
    for node in 0..3 {
        for domain in [3 + 3 + 4, 3 + 3 + 5] {
            let place = system.place(domain, node);
            system.cells[place].before = true;
        }
    }
    let hidden = complete(&system, RULE);
    assert!((0..3).all(|node| hidden[system.place(10, node)].is_some()));
}

#[test]
fn where_fewer_figures_may_move_the_interval_is_no_wider() {
    let shapes = shapes();
    let system = table(&shapes, &[[3, 30], [4, 50], [60, 25], [15, 2]], spread);
    let hidden = complete(&system, RULE);
    let attack = Attack::new(&system, &hidden, RULE.rounding);
    let few = Attack::new(&system, &hidden, RULE.rounding).moving(5);
    for place in (0..hidden.len()).filter(|place| hidden[*place].is_some() && system.cells[*place].is_there()) {
        let (exact, bound) = (attack.interval(place), few.interval(place));
        assert!(exact.low <= bound.low + 1e-6 && bound.high <= exact.high + 1e-6, "{place}: {exact:?} {bound:?}");
        let truth = system.cells[place].value;
        assert!(exact.low <= truth + 1e-6 && truth <= exact.high + 1e-6);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_small_cell_of_any_table_can_be_told(people in prop::collection::vec([0_i64..40, 0_i64..40], 2..6), shift in 0_usize..7) {
        let shapes = shapes();
        let system = table(&shapes, &people, |cell, leaf| spread(cell + shift, leaf));
        let hidden = complete(&system, RULE);
        let attack = Attack::new(&system, &hidden, RULE.rounding);
        for place in (0..hidden.len()).filter(|place| system.cells[*place].own.is_some()) {
            prop_assert!(is_wide(&system, place, attack.interval(place)) || hidden.iter().zip(&system.cells).all(|(h, c)| h.is_some() || !c.is_there()));
        }
    }
}
