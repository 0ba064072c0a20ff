//! Every row of R's table of quantiles and tails, held to a relative difference of 1e-12.

use std::collections::BTreeMap;

use super::{beta, chi_squared, fisher, gamma, normal, student};

const BAR: f64 = 1e-12;

fn ours(function: &str, a: f64, b: f64, x: f64) -> f64 {
    match function {
        "t_quantile" => student::quantile(x, a),
        "t_cdf" => student::cdf(x, a),
        "chisq_quantile" => chi_squared::quantile(x, a),
        "chisq_sf" => chi_squared::sf(x, a),
        "normal_quantile" => normal::quantile(x),
        "normal_cdf" => normal::cdf(x),
        "beta_quantile" => beta::quantile(x, a, b),
        "beta_cdf" => beta::cdf(x, a, b),
        "f_sf" => fisher::sf(x, a, b),
        other => panic!("the table names a function we do not have: {other}"),
    }
}

fn relative(ours: f64, theirs: f64) -> f64 {
    if theirs == 0.0 { ours.abs() } else { (ours - theirs).abs() / theirs.abs() }
}

#[test]
fn every_row_of_the_table_of_r_is_matched() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/survey/data/distributions.csv");
    let mut table = csv::Reader::from_path(path).unwrap();
    let mut worst: BTreeMap<String, (usize, f64, String)> = BTreeMap::new();
    let mut misses = Vec::new();
    for row in table.deserialize() {
        let (function, a, b, x, value): (String, f64, f64, f64, f64) = row.unwrap();
        let got = ours(&function, a, b, x);
        let difference = relative(got, value);
        let line = format!("{function}({x}; {a}, {b}) = {got:e}, R has {value:e}, relative {difference:.1e}");
        if difference.is_nan() || difference > BAR {
            misses.push(line.clone());
        }
        let entry = worst.entry(function).or_insert((0, -1.0, String::new()));
        entry.0 += 1;
        if difference > entry.1 {
            (entry.1, entry.2) = (difference, line);
        }
    }
    for (rows, _, line) in worst.values() {
        println!("{rows:4} rows, worst {line}");
    }
    assert_eq!(worst.values().map(|entry| entry.0).sum::<usize>(), 1210, "rows of the table");
    assert!(misses.is_empty(), "{} rows miss {BAR:e}:\n{}", misses.len(), misses.join("\n"));
}

/// Places R's table does not reach: far tails, fractional degrees of freedom, shapes on both sides of the switch to the
/// saddlepoint formula. Made with mpmath 1.3 at 40 digits or more.
#[test]
fn far_tails_and_huge_shapes_match_mpmath() {
    let rows = [
        ("t_sf", 7.3, 0.0, 37.0, 7.081_948_228_709_539e-10),
        ("t_sf", 0.1, 0.0, 3.0, 0.373_847_076_986_342_23),
        ("t_sf", 7.3, 0.0, 3.0, 0.009_490_275_511_566_754),
        ("t_sf", 0.1, 0.0, 37.0, 0.290_878_055_226_819_03),
        ("t_sf", 100_000_000.0, 0.0, 12.0, 1.776_575_482_134_481_2e-33),
        ("t_sf", 100_000_000.0, 0.0, 1.2, 0.115_069_671_643_150_2),
        ("t_sf", 10_000_000_000_000.0, 0.0, 12.0, 1.776_482_113_011_356e-33),
        ("t_sf", 10_000_000_000.0, 0.0, 12.0, 1.776_483_045_754_840_7e-33),
        ("t_quantile", 1.0, 0.0, 1e-30, -3.183_098_861_837_906e+29),
        ("t_quantile", 2000.0, 0.0, 1e-30, -11.656_456_448_313_833),
        ("t_quantile", 4.0, 0.0, 1e-30, -41_617_914.502_878_13),
        ("t_quantile", 30.0, 0.0, 1e-30, -49.888_195_533_043_85),
        ("t_quantile", 2000.0, 0.0, 0.499_999_99, -2.506_941_621_416_578_7e-08),
        ("t_quantile", 2.0, 0.0, 0.499_9, -0.000_282_842_718_131_442_3),
        ("t_quantile", 30.0, 0.0, 0.499_999_99, -2.527_600_224_792_942e-08),
        ("t_quantile", 0.5, 0.0, 0.499_999_99, -3.708_149_352_650_94e-08),
        ("t_quantile", 4.0, 0.0, 0.499_999_99, -2.666_666_665_263_051_4e-08),
        ("normal_quantile", 0.0, 0.0, 0.499_999_9, -2.506_628_274_703_106_3e-07),
        ("normal_quantile", 0.0, 0.0, 1e-08, -5.612_001_244_174_789),
        ("normal_quantile", 0.0, 0.0, 1e-100, -21.273_453_560_965_326),
        ("normal_quantile", 0.0, 0.0, 0.500_000_1, 2.506_628_273_311_648e-07),
        ("normal_quantile", 0.0, 0.0, 1e-300, -37.047_096_299_361_2),
        ("normal_cdf", 0.0, 0.0, -38.0, 2.885_428_35e-316),
        ("normal_cdf", 0.0, 0.0, -20.0, 2.753_624_118_606_233_7e-89),
        ("gamma_lower", 100_000_000_000_000.0, 0.0, 99_999_999_990_000.0, 0.499_601_071_084_145),
        ("gamma_lower", 50_000_000.0, 0.0, 49_992_928.932_188_13, 0.158_655_253_124_683_32),
        ("gamma_lower", 50_000_000.0, 0.0, 50_003_535.533_905_93, 0.691_474_908_626_241_3),
        ("gamma_lower", 50_000_000.0, 0.0, 50_035_355.339_059_33, 0.999_999_711_662_353_1),
        ("gamma_lower", 100_000_000_000_000.0, 0.0, 100_000_020_000_000.0, 0.977_249_862_652_724_4),
        ("gamma_lower", 100_000_000_000_000.0, 0.0, 100_000_100_000_000.0, 1.0),
        ("gamma_upper", 200_000_000.0, 0.0, 200_028_284.271_247_48, 0.022_753_949_550_993_85),
        ("gamma_upper", 200_000_000.0, 0.0, 200_000_000.0, 0.499_990_596_840_273_9),
        ("gamma_upper", 50_000_000.0, 0.0, 49_992_928.932_188_13, 0.841_344_746_875_316_7),
        ("gamma_upper", 100_000_000_000_000.0, 0.0, 100_000_000_100_000.0, 0.496_010_630_389_287),
        ("gamma_upper", 50_000_000.0, 0.0, 50_035_355.339_059_33, 2.883_376_468_250_708e-07),
        ("gamma_upper", 100_000_000_000_000.0, 0.0, 99_999_920_000_000.0, 0.999_999_999_999_999_3),
        ("beta_cdf", 300_000_000.0, 300_000_000.0, 0.499_816_288_269_444_35, 1.128_585_399_123_015_6e-19),
        ("beta_cdf", 1_000_000_000_000.0, 1_000_000_000_000.0, 0.500_000_353_553_390_6, 0.841_344_746_048_568),
        ("beta_cdf", 300_000_000.0, 1_000_000_000_000.0, 0.000_300_100_466_876_359_87, 1.0),
        ("beta_cdf", 1_000_000_000_000.0, 300_000_000.0, 0.999_700_107_285_724_9, 0.841_344_746_569_486_5),
        ("beta_cdf", 5000.0, 0.5, 0.999_900_716_929_046_1, 0.319_051_593_288_113_4),
        ("beta_cdf", 100_000.0, 2.5, 0.999_975_079_678_566, 0.417_815_923_495_944_5),
        ("beta_cdf", 1_000_000_000_000.0, 2.5, 0.999_999_999_996_867_5, 0.281_281_610_179_585_5),
        ("beta_cdf", 2.5, 90_000_000.0, 3.760_092_962_970_118_5e-09, 0.015_783_242_641_215_01),
        ("beta_sf", 300_000_000.0, 1_000_000_000_000.0, 0.000_299_910_026_991_902_44, 0.499_992_325_806_321_6),
        ("beta_sf", 90_000_000.0, 300_000_000.0, 0.230_769_230_769_230_78, 0.499_991_394_146_820_6),
        ("beta_sf", 1_000_000_000_000.0, 300_000_000.0, 0.999_700_089_973_008_1, 0.500_007_674_668_366_9),
        ("beta_sf", 90_000_000.0, 1_000_000_000_000.0, 8.999_190_072_893_439e-05, 0.499_985_984_489_567_6),
        ("beta_sf", 1_000_000_000_000.0, 2.5, 0.999_999_999_999_954_1, 0.000_131_105_653_305_744_67),
        ("beta_sf", 5000.0, 0.5, 0.999_963_211_920_161_9, 0.455_831_950_667_14),
        ("beta_sf", 5000.0, 2.5, 0.999_501_829_670_886_4, 0.582_126_308_463_948),
        ("beta_sf", 300_000_000.0, 2.5, 0.999_999_999_999_860_7, 3.398_981_911_797_717_2e-12),
    ];
    for (function, a, b, x, value) in rows {
        let got = match function {
            "t_sf" => student::sf(x, a),
            "gamma_lower" => gamma::lower(a, x),
            "gamma_upper" => gamma::upper(a, x),
            "beta_sf" => beta::sf(x, a, b),
            _ => ours(function, a, b, x),
        };
        let difference = relative(got, value);
        assert!(difference <= 2e-13, "{function}({x}; {a}, {b}) = {got:e}, not {value:e}: relative {difference:.1e}");
    }
}

/// A second pair of eyes where `statrs` was measured to hold.
#[test]
fn statrs_agrees_where_it_holds() {
    use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, Normal, StudentsT};
    let close = |name: &str, ours: f64, theirs: f64, bar: f64| {
        assert!(relative(ours, theirs) <= bar, "{name}: {ours:e} against {theirs:e}");
    };
    for percent in 1..50 {
        let p = f64::from(percent) / 100.0;
        close("normal quantile", normal::quantile(p), Normal::standard().inverse_cdf(p), 1e-14);
    }
    for df in [5.0, 12.0, 30.5, 100.0, 500.0] {
        let (t, chi) = (StudentsT::new(0.0, 1.0, df).unwrap(), ChiSquared::new(df).unwrap());
        let f = FisherSnedecor::new(4.0, df).unwrap();
        for p in [0.0005, 0.005, 0.025, 0.1, 0.25, 0.4] {
            close("t quantile", student::quantile(p, df), t.inverse_cdf(p), 1e-12);
            let x = chi_squared::quantile(p, df);
            close("χ² tail", chi_squared::sf(x, df), chi.sf(x), 1e-12);
            let x = fisher::quantile(p, 4.0, df);
            close("F tail", fisher::sf(x, 4.0, df), f.sf(x), 1e-11);
        }
    }
    for x in [0.01, 0.5, 1.5, 2.0, 10.0, 1234.5] {
        close("ln Γ", gamma::ln_gamma(x), statrs::function::gamma::ln_gamma(x), 1e-13);
    }
}
