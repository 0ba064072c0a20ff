use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::design::{Design, WeightUnit};
use crate::words::Finding;

pub(super) const FRAME: &str = include_str!("../../../docs/examples/sampling/frame.csv");
pub(super) const SIPAS: &str = include_str!("../../../docs/examples/sampling/sipas.json");
pub(super) const PAPI: &str = include_str!("../../../docs/examples/sampling/papi.json");

fn plan(text: &str) -> SamplingPlan {
    SamplingPlan::parse(text).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

pub(super) fn drawn(plan_text: &str, frame: &str, seed: u64) -> Sample {
    let plan = plan(plan_text);
    let frame = SamplingFrame::read(frame, &plan).unwrap_or_else(|findings| panic!("{findings:#?}"));
    draw_sample(&plan, &frame, seed).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn codes(findings: &[Finding]) -> Vec<(String, &str)> {
    findings.iter().map(|finding| (finding.pointer.clone(), finding.code.as_ref())).collect()
}

/// The frame of the examples by the rule that their README states.
#[test]
fn the_frame_of_the_examples_is_what_its_rule_says() {
    let mut rows: Vec<String> = FRAME.lines().take(2).map(str::to_owned).collect();
    let mut i = 0;
    for (province, name, class, districts) in [("01", "Hà Nội", "large", 8), ("48", "Đà Nẵng", "small", 5), ("92", "Cần Thơ", "small", 5)]
    {
        for d in 1..=districts {
            for c in 1..=3 + d % 3 {
                for v in 1..=2 + (d + c) % 4 {
                    i += 1;
                    let (households, capital, seat, centre) = (80 + 53 * i % 221, i32::from(d == 1), i32::from(c == 1), i32::from(v == 1));
                    rows.push(format!(
                        "{province},{name},{class},{province}.{d},{capital},{province}.{d}.{c},{seat},\
                         {province}.{d}.{c}.{v},Thôn {d}.{c}.{v},{centre},{households},{}",
                        2 * households + i % 7
                    ));
                }
            }
        }
    }
    assert!(FRAME.lines().eq(rows.iter().map(String::as_str)));
}

#[test]
fn a_sample_like_sipas_has_the_units_of_its_design() {
    let sample = drawn(SIPAS, FRAME, 2024);
    let number = |stage| sample.draws.iter().filter(|draw| draw.stage == stage).map(|draw| draw.taken.len()).sum::<usize>();
    assert_eq!([number(0), number(1), number(2), number(3)], [6 + 3 + 3, 36, 72, 36 * 75 + 36 * 28]);
    let unit = &sample.elements[0];
    assert_eq!((unit.stratum.as_str(), unit.path.len(), unit.area.as_deref()), ("01", 5, Some("vn-63:01")));
    assert_eq!(unit.psu, unit.path[1], "a district that was drawn by chance is a PSU");
    let weight: f64 = unit.probabilities.iter().map(|p| 1.0 / p).product();
    assert!((unit.weight / weight - 1.0).abs() < 1e-14 && (unit.probabilities[0] - 0.75).abs() < 1e-15);
}

#[test]
fn a_sample_like_papi_has_its_seats_and_every_adult_counts_once() {
    let sample = drawn(PAPI, FRAME, 7);
    for (province, districts) in [("01", 6), ("48", 3), ("92", 3)] {
        let draw = sample.draws.iter().find(|draw| draw.stage == 0 && draw.parent == province).unwrap();
        assert_eq!(draw.taken.len(), districts);
        assert_eq!((draw.taken[0].code.clone(), draw.taken[0].by), (format!("{province}.1"), Cause::Certainty));
    }
    // With two villages a commune and as many people in each, sizes cancel out but for the seats: the estimate of adults is exact.
    let adults: u64 = FRAME.lines().skip(2).map(|line| line.rsplit(',').next().unwrap().parse::<u64>().unwrap()).sum();
    let weights: f64 = sample.elements.iter().filter(|unit| unit.substitute.is_none()).map(|unit| unit.weight).sum();
    assert!((weights - 101_015.0).abs() < 1e-6 && adults == 101_015, "{weights} {adults}");
    assert_eq!(sample.elements.iter().filter(|unit| unit.substitute.is_some()).count(), 24 * 15 + 24 * 10);
}

#[test]
fn the_order_of_rows_leaves_no_trace_and_other_provinces_none_either() {
    let (header, rows): (Vec<&str>, Vec<&str>) = FRAME.lines().partition(|line| line.starts_with('#') || line.starts_with("province"));
    let mut reversed = header.clone();
    reversed.extend(rows.iter().rev());
    let without_hanoi: Vec<&str> = header.iter().chain(rows.iter().filter(|row| !row.starts_with("01,"))).copied().collect();
    for text in [SIPAS, PAPI] {
        let sample = drawn(text, FRAME, 11);
        assert_eq!(sample, drawn(text, &reversed.join("\n"), 11));
        let rest = drawn(text, &without_hanoi.join("\n"), 11);
        let kept: Vec<&Draw> = sample.draws.iter().filter(|draw| !draw.parent.starts_with("01")).collect();
        assert!(kept.iter().copied().eq(&rest.draws) && !rest.draws.is_empty());
        assert_ne!(sample.elements, drawn(text, FRAME, 12).elements);
    }
    let plan = plan(SIPAS);
    let read = |text: &str| SamplingFrame::read(text, &plan).unwrap();
    let (one, other) = (read(FRAME), read(&reversed.join("\n")));
    assert_eq!(one.canonical_sha256(), other.canonical_sha256());
    assert_ne!(one.sha256(), other.sha256());
}

#[test]
fn over_many_seeds_the_weights_estimate_the_population() {
    const SEEDS: u32 = 400;
    let plan = plan(&SIPAS.replace("\"large\": 75", "\"large\": 3").replace("\"otherwise\": 28", "\"otherwise\": 2"));
    let frame = SamplingFrame::read(FRAME, &plan).unwrap();
    let households: f64 = 50_114.0;
    let estimates: Vec<f64> =
        (0..SEEDS).map(|seed| draw_sample(&plan, &frame, seed.into()).unwrap().elements.iter().map(|unit| unit.weight).sum()).collect();
    let mean = estimates.iter().sum::<f64>() / f64::from(SEEDS);
    let variance = estimates.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(SEEDS - 1);
    let error = (variance / f64::from(SEEDS)).sqrt();
    assert!((mean - households).abs() < 4.0 * error && error < 0.01 * households, "{mean:.0} ± {error:.0} of {households}");
}

#[test]
fn the_design_table_is_read_back_with_the_weights_of_the_sample() {
    for text in [SIPAS, PAPI] {
        let sample = drawn(text, FRAME, 5);
        let tables = Tables::of(&plan(text), &sample).unwrap();
        let (design, report) = Design::read(&tables.psus, Some(&tables.respondents), WeightUnit::MICRO).unwrap();
        assert_eq!((design.psus().len(), report.weights >= sample.elements.len()), (12, true));
        for unit in sample.elements.iter().step_by(97) {
            let (psu, weight) = design.place(Some(&unit.psu), Some(unit.code())).unwrap();
            assert_eq!(design.psus()[psu].stratum, unit.stratum);
            assert!((WeightUnit::MICRO.weight(weight) / unit.weight - 1.0).abs() < 1e-6);
        }
        assert_eq!(tables.sample.lines().count(), 1 + sample.elements.iter().filter(|unit| unit.substitute.is_none()).count());
        assert_eq!(tables.fieldwork.lines().count(), 1 + sample.elements.len());
        assert!(!tables.fieldwork.contains("weight") && tables.fieldwork.contains("Thôn"));
    }
}

#[test]
fn below_certainty_a_seat_is_a_stratum_and_its_units_are_psus() {
    let text = PAPI.replace("\"psus\": \"first_stage\"", "\"psus\": \"below_certainty\", \"fpc\": true");
    let sample = drawn(&text, FRAME, 5);
    let seats: Vec<&Element> = sample.elements.iter().filter(|unit| unit.path[1] == "48.1").collect();
    let mut psus: BTreeMap<&str, &str> = BTreeMap::new();
    for unit in seats.iter().filter(|unit| unit.substitute.is_none()) {
        psus.insert(&unit.psu, &unit.stratum);
        assert_eq!(unit.fpc.is_some(), unit.psu.starts_with("person:"), "only equal chances have a population count");
    }
    // The seat's seat's seat: everyone is their own PSU. Its other villages and communes were drawn by chance.
    assert_eq!(
        psus.get("person:48.1.1.1-001").or_else(|| psus.values().find(|s| **s == "48/48.1/48.1.1/48.1.1.1")),
        Some(&"48/48.1/48.1.1/48.1.1.1")
    );
    let kinds: HashMap<&str, usize> = psus.keys().fold(HashMap::new(), |mut kinds, psu| {
        *kinds.entry(psu.split(':').next().unwrap()).or_default() += 1;
        kinds
    });
    assert_eq!(kinds, HashMap::from([("person", 20), ("village", 1), ("commune", 1)]));
}

#[test]
fn a_total_is_allocated_to_the_strata() {
    let text = SIPAS.replace(
        "{ \"by\": \"class\", \"values\": { \"large\": 6 }, \"otherwise\": 3 } },",
        "{ \"total\": 11, \"rule\": \"power\", \"exponent\": 0.5, \"measure\": \"adults\", \"minimum\": 3 } },",
    );
    let sample = drawn(&text, FRAME, 1);
    let given: Vec<usize> = sample.draws.iter().filter(|draw| draw.stage == 0).map(|draw| draw.taken.len()).collect();
    assert_eq!((given.iter().sum::<usize>(), given.iter().min()), (11, Some(&3)));
    let too_many = text.replace("\"total\": 11", "\"total\": 19");
    let plan = plan(&too_many);
    let findings = draw_sample(&plan, &SamplingFrame::read(FRAME, &plan).unwrap(), 1).unwrap_err();
    assert_eq!(codes(&findings), [("/stages/0/number".to_owned(), "allocation-impossible")]);
}

#[test]
fn what_is_too_few_is_taken_whole_and_said_in_the_protocol() {
    let text = SIPAS.replace("\"method\": \"srs\", \"number\": 3 }", "\"method\": \"srs\", \"number\": 4 }");
    let plan = plan(&text);
    let frame = SamplingFrame::read(FRAME, &plan).unwrap();
    let sample = draw_sample(&plan, &frame, 2024).unwrap();
    let protocol = Protocol::of(&plan, &frame, &sample);
    assert!(protocol.shortfalls.iter().all(|short| (short.level.as_str(), short.wanted, short.population) == ("commune", 4, 3)));
    assert!(!protocol.shortfalls.is_empty());
    let text = protocol.to_string();
    for part in
        ["BIÊN BẢN CHỌN MẪU", "ALL TAKEN", "--seed 2024", &protocol.frame.sha256, "interval T/75", "numbers on the list", "random", "263"]
    {
        assert!(text.contains(part), "{part} is missing");
    }
    let json = serde_json::to_value(&protocol).unwrap();
    assert_eq!(
        (&json["seed"], &json["frame"]["rows"], &json["stages"][3]["sampled"]),
        (&"2024".into(), &263.into(), &protocol.sampled.into())
    );
    assert!(json["draws"][0]["units"][0]["number"].is_string());
}

#[test]
fn a_plan_that_contradicts_itself_is_refused_with_every_finding() {
    let text = r#"{ "kind": "sampling_plan", "code": "x", "version": "1", "title": { "vi": "Thử", "en": "Test" },
      "strata": ["province"], "sheet": 1,
      "stages": [
        { "level": "province", "method": "pps_systematic", "number": 3, "count": "households" },
        { "level": "village", "method": "srs", "size": "adults", "order": ["name"], "reserve": 3,
          "number": { "total": 3, "rule": "power" } },
        { "level": "person", "method": "snowball", "number": 0 }
      ] }"#;
    let findings = SamplingPlan::parse(text).unwrap_err();
    let found = codes(&findings);
    for (pointer, code) in [
        ("/sheet", "unknown-member"),
        ("/stages/0", "size-missing"),
        ("/stages/0/count", "count-not-last"),
        ("/stages/1/number/exponent", "missing-member"),
        ("/stages/2/method", "unknown-value"),
        ("/stages/2/number", "out-of-range"),
        ("/stages/1/number", "allocation-not-first"),
    ] {
        let there = found.iter().any(|(p, c)| (p.as_str(), *c) == (pointer, code) || (code == "missing-member" && *c == code));
        assert!(there, "{pointer} {code} is missing from {found:?}");
    }
    assert!(findings.iter().all(|finding| finding.line.is_some()));
}

#[test]
fn a_bad_frame_is_refused_with_every_finding_at_its_line() {
    let header =
        "province,province_name,class,district,capital,commune,district_seat,village,village_name,commune_seat,households,adults\n";
    let rows = "\
01,A,large,d1,1,c1,1,v1,V1,1,10,20
01,A,small,d1,0,c1,1,v1,V1,1,0,20
02,A,small,d1,1,c2,yes,v2,V2,0,10,-3
02,A,small,d2,0,c3,0,v3,V3,0,10,0
02,A,small,d/3,0,c4,0,,V4,0,10,5
";
    let findings = SamplingFrame::read(format!("{header}{rows}"), &plan(PAPI)).unwrap_err();
    let found = codes(&findings);
    for expected in [
        ("/4/district_seat", "flag-invalid"),
        ("/4/adults", "number-invalid"),
        ("/6/district", "code-invalid"),
        ("/6/village", "cell-empty"),
        ("/3/village", "unit-repeated"),
        ("/3/class", "value-contradicts"),
        ("/3/capital", "value-contradicts"),
        ("/5/adults", "number-invalid"),
    ] {
        assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} is missing from {found:?}");
    }
    assert!(findings.iter().all(|finding| !finding.vi.is_empty() && finding.line.is_some()));

    let sizes = PAPI.replace("\"size\": \"adults\"", "\"size\": \"households\"");
    let last = FRAME.lines().last().unwrap();
    let unpeopled = format!("{FRAME}{}", last.replace("92.5", "92.6").replace(",96,", ",0,").replace(",1,0,", ",0,0,"));
    assert_ne!(last, unpeopled.lines().last().unwrap());
    let findings = SamplingFrame::read(&unpeopled, &plan(&sizes)).unwrap_err();
    assert!(findings.iter().any(|finding| finding.code == "size-zero"), "{findings:?}");

    let without = SamplingFrame::read("province,district\n01,x\n", &plan(SIPAS)).unwrap_err();
    assert!(without.iter().all(|finding| finding.code == "column-missing") && without.len() >= 4, "{without:?}");
    let moved = FRAME.replace("48,Đà Nẵng,small,48.1,", "48,Đà Nẵng,small,01.1,");
    let findings = SamplingFrame::read(&moved, &plan(SIPAS)).unwrap_err();
    assert!(findings.iter().any(|finding| finding.code == "unit-under-two-parents"));
    let empty = SamplingFrame::read(FRAME.lines().nth(1).unwrap(), &plan(SIPAS)).unwrap_err();
    assert_eq!(empty[0].code, "frame-empty");
}
