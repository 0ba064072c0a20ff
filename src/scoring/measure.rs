//! What is measured: item answers turned into numbers.

/// The mean of a numeric value over the answers to one item.
///
/// The value of answer code `c` is `scale · num[c]`; codes without a value (`None`) are not answers and leave both
/// sums alone. `num` are small whole numbers so that sums of weight × value and weight × value² are exact.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The frame's column that is read.
    pub column: usize,
    /// The whole-number value of each answer code.
    num: Box<[Option<i32>; 256]>,
    /// What one of those numbers stands for, on the measure's own scale (0–100 or percent).
    scale: f64,
}

impl Measure {
    /// A measure of `column` with values `scale · num[c]`. Common factors of the numbers move into the scale.
    #[must_use]
    pub fn new(column: usize, num: [Option<i32>; 256], scale: f64) -> Self {
        let factor = num.iter().flatten().fold(0_u32, |a, b| gcd(a, b.unsigned_abs()));
        let factor = i32::try_from(factor.max(1)).unwrap_or(1);
        let num = Box::new(num.map(|n| n.map(|n| n / factor)));
        Self { column, num, scale: scale * f64::from(factor) }
    }

    /// The whole-number value of an answer code.
    #[must_use]
    pub fn num(&self, code: u8) -> Option<i32> {
        self.num[usize::from(code)]
    }

    /// What one unit of [`Measure::num`] stands for.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The largest absolute whole-number value.
    #[must_use]
    pub fn bound(&self) -> i32 {
        self.num.iter().flatten().map(|n| n.abs()).max().unwrap_or(0)
    }
}

/// A leaf of an index: the ratio of sums over one or several measures, `Σ w·y / Σ w` over all their answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The measures whose answers are pooled: places in the list of measures. They share one scale.
    pub parts: Vec<usize>,
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_factors_of_the_scores_move_into_the_scale() {
        let mut num = [None; 256];
        for code in 1..=5_u8 {
            num[usize::from(code)] = Some(25 * (i32::from(code) - 1));
        }
        let measure = Measure::new(0, num, 1.0);
        assert_eq!((measure.num(5), measure.num(0), measure.bound()), (Some(4), None, 4));
        assert!((measure.scale() - 25.0).abs() < f64::EPSILON);
    }
}
