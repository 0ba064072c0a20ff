//! The Sobol estimator of `COINr` on 64 rows and three inputs of the Ishigami function.

use hailong::composite::sensitivity::sobol_indices;

use super::Csv;
use crate::golden::Worst;

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn first_and_total_indices_are_those_of_coinr() {
    let (input, expected) = (Csv::read("coinr_sobol_estimator_input.csv"), Csv::read("coinr_sobol_estimator_expected.csv"));
    let y: Vec<f64> = input.rows.iter().map(|row| Csv::number(row, "y").unwrap()).collect();
    let designs: Vec<Vec<f64>> = y.chunks(64).map(<[f64]>::to_vec).collect();
    assert_eq!((designs.len(), expected.rows.len()), (5, 3));
    let found = sobol_indices(&designs, 19, 0.9, 1).unwrap().unwrap();
    let mut worst = Worst::default();
    for (row, (first, total)) in expected.rows.iter().zip(found.first.iter().zip(&found.total)) {
        worst.compare(&row["Variable"], first.value, Csv::number(row, "Si").unwrap());
        worst.compare(&row["Variable"], total.value, Csv::number(row, "STi").unwrap());
    }
    worst.hold("Sobol indices of COINr", 1e-9, 6);
}
