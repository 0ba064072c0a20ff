//! SIPAS: which content weights the published figures admit.

use hailong::composite::{Printed, admissible_weight};

use super::Csv;

/// Policies, services, index; whether the contents and whether the index are sums or differences of printed figures.
type Triple = (&'static str, [&'static str; 3], (bool, bool));

/// The nation is in `sipas_national_series.csv`. Hải Phòng 2024: the greatest content values of the year, if both are its own
/// (<https://baovinhlong.com.vn>, 5/2025); Hà Nội 2023: the values of 2024 less their changes
/// (<https://vjs.vietnam.vn/chi-so-sipas-cua-thanh-pho-ha-noi-xep-thu-11-63-tinh-thanh-pho>).
const TRIPLES: [Triple; 5] = [
    ("nation 2022", ["79.72", "80.43", "80.08"], (false, false)),
    ("nation 2023", ["82.49", "82.97", "82.66"], (true, false)),
    ("nation 2024", ["83.84", "84.09", "83.94"], (false, false)),
    ("Hải Phòng 2024", ["90.59", "92.00", "91.10"], (false, false)),
    ("Hà Nội 2023", ["83.46", "83.72", "83.57"], (true, true)),
];

fn interval((_, [policy, service, index], (contents_derived, index_derived)): Triple) -> (f64, f64) {
    let figure = |text: &str, derived: bool| {
        let printed = Printed::parse(text).unwrap();
        if derived { printed.derived() } else { printed }
    };
    let (policy, service) = (figure(policy, contents_derived), figure(service, contents_derived));
    admissible_weight(policy, service, figure(index, index_derived)).unwrap()
}

/// The policy weight of a shipped index of SIPAS.
fn shipped_weight(file: &str) -> f64 {
    let text = std::fs::read_to_string(crate::golden::root().join("survey-schemas/sipas").join(file)).unwrap();
    let index: serde_json::Value = serde_json::from_str(&text).unwrap();
    index["parameters"]["policy_weight"]["value"].as_f64().unwrap()
}

#[test]
fn published_triples_admit_these_weights_of_policies_and_no_others() {
    let expected = [(0.479, 0.507), (0.615, 0.677), (0.560, 0.640), (0.631, 0.645), (0.500, 0.654)];
    for (triple, expected) in TRIPLES.into_iter().zip(expected) {
        let (from, to) = interval(triple);
        println!("SIPAS {}: {from:.4} to {to:.4}", triple.0);
        assert_eq!(((from * 1e3).round() / 1e3, (to * 1e3).round() / 1e3), expected, "{}", triple.0);
    }
}

#[test]
fn equal_weights_fit_2022_alone_and_pooled_items_do_not_fit_2023() {
    let admits = |place: usize, weight: f64| {
        let (from, to) = interval(TRIPLES[place]);
        (from..=to).contains(&weight)
    };
    let fits = |weight: f64| [0, 1, 2, 3].map(|place| admits(place, weight));
    assert_eq!(fits(0.5), [true, false, false, false]);
    assert_eq!(fits(23.0 / 39.0), [false, false, true, false], "all items pooled");
    assert_eq!(fits(23.0 / 36.0), [false, true, true, true], "items pooled without those on feedback");
    assert_eq!(fits(shipped_weight("index-2022.1.json")), [true, false, false, false]);
    assert_eq!(fits(shipped_weight("index-2023.1.json")), [false, true, true, true]);
}

/// Hải Phòng 2024 is printed as 91.10 (the greatest value of the nation) and as 90.59 (which is also the greatest value of policies).
/// Both are kept; the second as an index would need a weight of policies that the national figures rule out.
#[test]
fn of_two_values_of_hai_phong_2024_only_one_goes_with_the_weights_of_the_nation() {
    let (_, [policy, service, first], _) = TRIPLES[3];
    let with = |index: &'static str| interval(("Hải Phòng 2024", [policy, service, index], (false, false)));
    let (_, most) = interval(TRIPLES[2]);
    assert!(with(first).0 < most && with("90.59").0 > most, "{:?} and {:?}", with(first), with("90.59"));
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn the_national_triples_are_those_of_the_published_series() {
    let file = Csv::published("sipas_national_series.csv");
    let mut seen = 0;
    for (name, figures, _) in TRIPLES.iter().filter(|(name, ..)| name.starts_with("nation")) {
        let row = file.rows.iter().find(|row| row["year"] == name["nation ".len()..]).unwrap();
        assert_eq!([&row["policy_pct"], &row["service_pct"], &row["sipas_pct"]], *figures, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 3);
    // Two series, two methods: the national figure fell by 7 points in the year in which who was asked changed.
    let of = |year: &str| Csv::number(file.rows.iter().find(|row| row["year"] == year).unwrap(), "sipas_pct").unwrap();
    assert!((of("2021") - of("2022") - 7.08).abs() < 1e-9);
}
