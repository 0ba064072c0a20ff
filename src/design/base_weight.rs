//! Base weights: the inverse of the chance to be drawn, stage by stage.

/// What is known of the chance to be drawn at one stage, as columns over the rows.
#[derive(Debug, Clone, Copy)]
pub enum StageChance<'a> {
    /// The probability itself, above 0 and at most 1.
    Probability(&'a [f64]),
    /// `sampled` of `population` units were drawn with equal chances.
    Counts {
        /// Units of the population of the row's stratum and cluster.
        population: &'a [f64],
        /// Units drawn there.
        sampled: &'a [f64],
    },
}

impl BaseWeightError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Probability { stage, row, probability } => {
                format!("giai đoạn {stage}, dòng {row}: {probability} không phải là xác suất lớn hơn 0 và không quá 1")
            }
            Self::Counts { stage, row, population, sampled } => {
                format!("giai đoạn {stage}, dòng {row}: không thể rút {sampled} trong {population} đơn vị")
            }
            Self::Ragged { stage, found, expected } => format!("giai đoạn {stage}: một cột có {found} dòng thay vì {expected}"),
        }
    }
}

/// Why there is no base weight.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BaseWeightError {
    /// No probability.
    #[error("stage {stage}, row {row}: {probability} is no probability above 0 and at most 1")]
    Probability {
        /// The stage, from 1.
        stage: usize,
        /// The row, from 0.
        row: usize,
        /// What stands there.
        probability: f64,
    },
    /// More drawn than there are, or none.
    #[error("stage {stage}, row {row}: {sampled} of {population} units cannot have been drawn")]
    Counts {
        /// The stage, from 1.
        stage: usize,
        /// The row, from 0.
        row: usize,
        /// Units of the population.
        population: f64,
        /// Units drawn.
        sampled: f64,
    },
    /// A column of another length.
    #[error("stage {stage}: a column has {found} rows instead of {expected}")]
    Ragged {
        /// The stage, from 1.
        stage: usize,
        /// Rows found.
        found: usize,
        /// Rows expected.
        expected: usize,
    },
}

/// The base weight of each row.
///
/// # Formula
/// `Π 1/π` over the stages, with `π = n/N` where units are drawn with equal chances: Horvitz and Thompson (1952), JASA 47; Särndal,
/// Swensson and Wretman (1992), section 4.3.
///
/// # Errors
/// The first bad row of every stage.
pub fn base_weights(rows: usize, stages: &[StageChance<'_>]) -> Result<Vec<f64>, Vec<BaseWeightError>> {
    let mut weights = vec![1.0; rows];
    let mut errors = Vec::new();
    for (stage, chance) in (1..).zip(stages) {
        if let Err(error) = multiply(&mut weights, stage, *chance) {
            errors.push(error);
        }
    }
    if errors.is_empty() { Ok(weights) } else { Err(errors) }
}

fn multiply(weights: &mut [f64], stage: usize, chance: StageChance<'_>) -> Result<(), BaseWeightError> {
    let fits = |column: &[f64]| {
        let (found, expected) = (column.len(), weights.len());
        if found == expected { Ok(()) } else { Err(BaseWeightError::Ragged { stage, found, expected }) }
    };
    match chance {
        StageChance::Probability(column) => {
            fits(column)?;
            for (row, (weight, probability)) in weights.iter_mut().zip(column.iter().copied()).enumerate() {
                if !(probability > 0.0 && probability <= 1.0) {
                    return Err(BaseWeightError::Probability { stage, row, probability });
                }
                *weight /= probability;
            }
        }
        StageChance::Counts { population, sampled } => {
            fits(population)?;
            fits(sampled)?;
            for (row, ((weight, population), sampled)) in
                weights.iter_mut().zip(population.iter().copied()).zip(sampled.iter().copied()).enumerate()
            {
                if !(sampled > 0.0 && population >= sampled && population.is_finite()) {
                    return Err(BaseWeightError::Counts { stage, row, population, sampled });
                }
                *weight *= population / sampled;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_multiply() {
        let stages = [StageChance::Counts { population: &[757.0, 757.0], sampled: &[15.0, 15.0] }, StageChance::Probability(&[0.5, 1.0])];
        let weights = base_weights(2, &stages).unwrap();
        assert!((weights[0] - 757.0 / 7.5).abs() < 1e-12 && (weights[1] - 757.0 / 15.0).abs() < 1e-12);
    }

    #[test]
    fn every_stage_says_where_it_is_wrong() {
        let stages = [
            StageChance::Counts { population: &[10.0, 4.0], sampled: &[5.0, 5.0] },
            StageChance::Probability(&[0.5, 0.0]),
            StageChance::Probability(&[0.5]),
        ];
        let errors = base_weights(2, &stages).unwrap_err();
        assert_eq!(errors.len(), 3);
        assert!(matches!(errors[0], BaseWeightError::Counts { stage: 1, row: 1, .. }), "{errors:?}");
        assert!(base_weights(1, &[StageChance::Probability(&[f64::NAN])]).is_err());
    }
}
