//! Tables of units in two provinces.
#![allow(clippy::cast_precision_loss)] // people

use proptest::prelude::*;

use super::super::system::Cell;
use super::*;
use crate::index::NodeShape;

const RULE: Protection = Protection { people: 10, alone: true, rounding: 0.005 };

/// `ALL` of two leaves, weights 2 and 1: places 0, 1, 2.
fn shapes() -> Vec<NodeShape> {
    let leaf = || NodeShape { high: 100.0, gap: 25.0, ..NodeShape::default() };
    let all = NodeShape { children: vec![(0, 2.0 / 3.0), (1, 1.0 / 3.0)], high: 100.0, ..NodeShape::default() };
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

/// Units by two halves, of which nothing but the totals is published: places of all cells of one leaf.
fn crossed(people: [[i64; 2]; 2], shapes: &[NodeShape]) -> System<'_> {
    let cell = |n: i64, own| Cell { people: n, weight: n as f64, value: 50.0, own, before: false };
    let sum = |of: &[i64]| cell(of.iter().sum(), None);
    let [[a, b], [c, d]] = people;
    let mut cells = vec![sum(&[a, b]), sum(&[c, d]), sum(&[a, c]), sum(&[b, d])];
    cells.extend([a, b, c, d].map(|n| cell(n, Some(Hidden::FewAnswers))));
    let group = |whole, parts: [usize; 2]| Group { whole, parts: parts.to_vec() };
    let groups = vec![group(0, [4, 5]), group(1, [6, 7]), group(2, [4, 6]), group(3, [5, 7])];
    System { shapes, cells, groups, partitions: Vec::new() }
}

#[test]
fn what_moves_at_the_corners_of_a_rectangle_is_possible() {
    let shapes = [NodeShape { high: 100.0, gap: 25.0, ..NodeShape::default() }];
    let system = crossed([[8, 6], [7, 9]], &shapes);
    let hidden: Vec<Option<Hidden>> = system.cells.iter().map(|cell| cell.own).collect();
    let (sure, attack) = (Sure::of(&system, &hidden), Attack::new(&system, &hidden, 0.0));
    for place in 4..8 {
        assert!(sure.is_safe(place), "{place}");
        assert!(is_wide(&system, place, attack.interval(place)), "{place}");
    }
    // With one corner known the rest follows.
    let mut open = hidden.clone();
    open[7] = None;
    let (sure, attack) = (Sure::of(&system, &open), Attack::new(&system, &open, 0.0));
    for place in 4..7 {
        assert!(!sure.is_safe(place) && !is_wide(&system, place, attack.interval(place)), "{place}");
    }
}

#[test]
fn who_is_alone_in_a_total_takes_it_along() {
    // The total of one domain alone is that domain.
    let shapes = [NodeShape { high: 100.0, gap: 25.0, ..NodeShape::default() }];
    let cell = |people, value, own| Cell { people, weight: people as f64, value, own, before: false };
    let cells = vec![cell(40, 100.0, None), cell(40, 100.0, Some(Hidden::Unanimous)), cell(30, 60.0, None)];
    let system = System { shapes: &shapes, cells, groups: vec![Group { whole: 0, parts: vec![1] }], partitions: Vec::new() };
    let hidden = complete(&system, RULE);
    assert!(hidden[0].is_some() && hidden[1].is_some(), "{hidden:?}");
    assert!(hidden[2].is_none(), "what has nothing to do with it stays: {hidden:?}");
}

/// What is safe for sure the attacker finds wide too.
fn nothing_is_sure_that_the_attacker_tells(system: &System<'_>, hidden: &[Option<Hidden>]) {
    let (sure, attack) = (Sure::of(system, hidden), Attack::new(system, hidden, 0.0));
    for place in (0..hidden.len()).filter(|place| hidden[*place].is_some() && system.cells[*place].is_there()) {
        assert!(!sure.is_safe(place) || is_wide(system, place, attack.interval(place)), "{place}: {:?}", attack.interval(place));
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
        nothing_is_sure_that_the_attacker_tells(&system, &hidden);
        for place in (0..hidden.len()).filter(|place| system.cells[*place].own.is_some()) {
            prop_assert!(is_wide(&system, place, attack.interval(place)) || hidden.iter().zip(&system.cells).all(|(h, c)| h.is_some() || !c.is_there()));
        }
    }
}
