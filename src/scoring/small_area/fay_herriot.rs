//! The area-level model of Fay and Herriot (1979).

use crate::numeric::linear::{form, inverse};

/// Steps before a fit is given up; it takes about five.
const STEPS: usize = 200;

/// How the model variance is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Restricted maximum likelihood: nearly without bias, the one to use.
    Reml,
    /// Maximum likelihood.
    Ml,
    /// The moment equation of Fay and Herriot: needs no normal distribution.
    Moments,
}

/// One area.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// The direct estimate and its variance; `None` where nobody was asked.
    pub direct: Option<(f64, f64)>,
    /// What is known of the area beforehand. The intercept is added by itself.
    pub covariates: Vec<f64>,
}

/// A modelled estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Modelled {
    /// The empirical best linear unbiased predictor; for an area without a direct estimate the regression alone.
    pub value: f64,
    /// Its mean squared error, the estimation of coefficients and model variance included.
    pub mse: f64,
    /// The weight of the direct estimate, from 0 to 1; the rest is the regression's.
    pub gamma: f64,
    /// Whether there was no direct estimate: the regression alone, called synthetic.
    pub synthetic: bool,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct FayHerriot {
    /// By how much areas vary about the regression: σ².
    pub model_variance: f64,
    /// The coefficients: the intercept, then one a covariate.
    pub coefficients: Vec<f64>,
    /// Their standard errors.
    pub coefficient_se: Vec<f64>,
    /// The areas, in the order given.
    pub areas: Vec<Modelled>,
}

/// Why no model was fitted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SmallAreaError {
    /// An area has another number of covariates than the first.
    #[error("area {area} (counted from 0) has {found} covariates, the first has {expected}")]
    Covariates {
        /// The area.
        area: usize,
        /// Its covariates.
        found: usize,
        /// Those of the first area.
        expected: usize,
    },
    /// A number that is not finite, or a variance that is not positive.
    #[error("{what} of area {area} (counted from 0) is {number}")]
    Number {
        /// Which number it is.
        what: &'static str,
        /// The area.
        area: usize,
        /// The number.
        number: f64,
    },
    /// Too few areas for the coefficients and a variance.
    #[error("{areas} areas with a direct estimate are too few for {coefficients} coefficients and a variance")]
    TooFewAreas {
        /// Areas with a direct estimate.
        areas: usize,
        /// Coefficients, the intercept included.
        coefficients: usize,
    },
    /// Covariates that explain each other.
    #[error("the covariates are linearly dependent, or one of them is the same for all areas")]
    Dependent,
    /// The variance did not settle.
    #[error("the model variance did not settle in {STEPS} steps")]
    NotConverged,
    /// A total cannot be benchmarked to.
    #[error("there is no total to benchmark to: shares of the areas add up to {shares}, the modelled total is {total}")]
    Benchmark {
        /// The sum of the shares.
        shares: f64,
        /// The modelled total.
        total: f64,
    },
}

/// How modelled estimates are made to agree with a direct one of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benchmark {
    /// All are multiplied by the same number.
    Ratio,
    /// The same number is added to all.
    Difference,
}

/// Fits the model and predicts every area.
///
/// # Formula
/// `ŷ_i = x_iᵀβ + v_i + e_i` with `v_i ~ (0, σ²)` and `e_i ~ (0, ψ_i)`, ψ the variance of the direct estimate, taken as
/// known. The predictor is `γ_i ŷ_i + (1 − γ_i) x_iᵀβ̂` with `γ_i = σ² / (σ² + ψ_i)` and β̂ by weighted least squares.
/// Its mean squared error is `g₁ + g₂ + 2g₃ − b (1 − γ_i)²` with `g₁ = γ_i ψ_i`, `g₂ = (1 − γ_i)² x_iᵀ(XᵀV⁻¹X)⁻¹x_i`,
/// `g₃ = ψ_i² (σ² + ψ_i)⁻³ V(σ̂²)` and `b` the bias of σ̂², 0 for REML: Prasad and Rao (1990), JASA 85; Datta and Lahiri
/// (2000), Statistica Sinica 10, for REML and ML; Datta, Rao and Smith (2005), Biometrika 92, for the moment equation; all
/// in Rao and Molina (2015), Small Area Estimation, section 6.2. An area without a direct estimate gets `x_iᵀβ̂`
/// with `σ² + x_iᵀ(XᵀV⁻¹X)⁻¹x_i`.
///
/// # Errors
/// [`SmallAreaError`].
pub fn fay_herriot(areas: &[Area], fit: Fit) -> Result<FayHerriot, SmallAreaError> {
    let data = Data::new(areas)?;
    let variance = data.model_variance(fit)?;
    let state = data.at(variance).ok_or(SmallAreaError::Dependent)?;
    let sums = |power: i32| data.psi.iter().map(|psi| 1.0 / (variance + psi).powi(power)).sum::<f64>();
    let (first, second) = (sums(1), sums(2));
    let m = count(data.y.len());
    let spread = if fit == Fit::Moments { 2.0 * m / (first * first) } else { 2.0 / second };
    let bias = match fit {
        Fit::Reml => 0.0,
        // −(2I)⁻¹ tr[(XᵀV⁻¹X)⁻¹ XᵀV⁻²X] with the information I = Σ(σ² + ψ)⁻² / 2
        Fit::Ml => -data.leverage(&state, 2) / second,
        Fit::Moments => 2.0 * (m * second - first * first) / (first * first * first),
    };
    let predict = |area: &Area| {
        let x: Vec<f64> = std::iter::once(1.0).chain(area.covariates.iter().copied()).collect();
        let synthetic: f64 = x.iter().zip(&state.beta).map(|(x, b)| x * b).sum();
        let doubt = form(&x, &state.inverse, &x);
        let Some((y, psi)) = area.direct else {
            return Modelled { value: synthetic, mse: variance + doubt, gamma: 0.0, synthetic: true };
        };
        let gamma = variance / (variance + psi);
        let rest = psi / (variance + psi);
        let g3 = rest * rest / (variance + psi) * spread;
        let mse = gamma * psi + rest * rest * doubt + 2.0 * g3 - bias * rest * rest;
        Modelled { value: gamma * y + rest * synthetic, mse, gamma, synthetic: false }
    };
    let p = data.p;
    let coefficient_se = (0..p).map(|i| state.inverse[i * p + i].sqrt()).collect();
    Ok(FayHerriot { model_variance: variance, areas: areas.iter().map(predict).collect(), coefficients: state.beta, coefficient_se })
}

impl FayHerriot {
    /// The areas' values made to agree with the direct estimate `total` of the whole; `shares` are the areas' parts of
    /// the whole, such as their populations over all. Mean squared errors are left as they are.
    ///
    /// # Formula
    /// `θ̂_i · T / Σ s θ̂` or `θ̂_i + (T − Σ s θ̂) / Σ s`; Rao and Molina (2015), section 6.4.6.
    ///
    /// # Errors
    /// [`SmallAreaError::Benchmark`] where that divides by 0; [`SmallAreaError::Covariates`] where shares and areas differ
    /// in number.
    pub fn benchmarked(&self, total: f64, shares: &[f64], how: Benchmark) -> Result<Vec<f64>, SmallAreaError> {
        if shares.len() != self.areas.len() {
            let area = shares.len().min(self.areas.len());
            return Err(SmallAreaError::Covariates { area, found: shares.len(), expected: self.areas.len() });
        }
        let modelled: f64 = self.areas.iter().zip(shares).map(|(area, share)| area.value * share).sum();
        let all: f64 = shares.iter().sum();
        let (factor, added) = match how {
            Benchmark::Ratio => (total / modelled, 0.0),
            Benchmark::Difference => (1.0, (total - modelled) / all),
        };
        if !(factor.is_finite() && added.is_finite()) {
            return Err(SmallAreaError::Benchmark { shares: all, total: modelled });
        }
        Ok(self.areas.iter().map(|area| area.value * factor + added).collect())
    }
}

/// The areas with a direct estimate.
struct Data {
    /// Coefficients, the intercept included.
    p: usize,
    y: Vec<f64>,
    psi: Vec<f64>,
    /// Row-major, `p` numbers an area.
    x: Vec<f64>,
}

/// The regression at one model variance.
struct State {
    beta: Vec<f64>,
    /// `(XᵀV⁻¹X)⁻¹`.
    inverse: Vec<f64>,
    /// `σ² + ψ_i`.
    v: Vec<f64>,
    /// `y_i − x_iᵀβ`.
    residuals: Vec<f64>,
}

impl Data {
    fn new(areas: &[Area]) -> Result<Self, SmallAreaError> {
        let expected = areas.first().map_or(0, |area| area.covariates.len());
        let mut data = Self { p: expected + 1, y: Vec::new(), psi: Vec::new(), x: Vec::new() };
        for (area, Area { direct, covariates }) in areas.iter().enumerate() {
            if covariates.len() != expected {
                return Err(SmallAreaError::Covariates { area, found: covariates.len(), expected });
            }
            let check = |what, number: f64, fine: bool| if fine { Ok(()) } else { Err(SmallAreaError::Number { what, area, number }) };
            for x in covariates {
                check("a covariate", *x, x.is_finite())?;
            }
            let Some((y, psi)) = *direct else { continue };
            check("the direct estimate", y, y.is_finite())?;
            check("the variance of the direct estimate", psi, psi > 0.0 && psi.is_finite())?;
            data.y.push(y);
            data.psi.push(psi);
            data.x.push(1.0);
            data.x.extend(covariates);
        }
        if data.y.len() <= data.p {
            return Err(SmallAreaError::TooFewAreas { areas: data.y.len(), coefficients: data.p });
        }
        Ok(data)
    }

    /// The weighted least-squares regression; `None` where covariates depend on each other.
    fn at(&self, variance: f64) -> Option<State> {
        let p = self.p;
        let v: Vec<f64> = self.psi.iter().map(|psi| variance + psi).collect();
        let inverse = inverse(&self.cross(&v, 1), p)?;
        let mut xy = vec![0.0; p];
        for ((x, y), v) in self.x.chunks_exact(p).zip(&self.y).zip(&v) {
            for (sum, x) in xy.iter_mut().zip(x) {
                *sum += x * y / v;
            }
        }
        let beta: Vec<f64> = inverse.chunks_exact(p).map(|row| row.iter().zip(&xy).map(|(a, b)| a * b).sum()).collect();
        let fitted = self.x.chunks_exact(p).map(|x| x.iter().zip(&beta).map(|(x, b)| x * b).sum::<f64>());
        let residuals = self.y.iter().zip(fitted).map(|(y, fitted)| y - fitted).collect();
        Some(State { beta, inverse, v, residuals })
    }

    /// `XᵀV⁻ᵏX`, row-major.
    fn cross(&self, v: &[f64], power: i32) -> Vec<f64> {
        let p = self.p;
        let mut sum = vec![0.0; p * p];
        for (x, v) in self.x.chunks_exact(p).zip(v) {
            for (row, a) in sum.chunks_exact_mut(p).zip(x) {
                for (cell, b) in row.iter_mut().zip(x) {
                    *cell += a * b / v.powi(power);
                }
            }
        }
        sum
    }

    /// Where the estimating equation of the fit crosses 0, or 0 where it stays below.
    ///
    /// # Formula
    /// Fisher scoring, from the median of the ψ; a step that leaves the bracket that signs have shown is cut to its middle.
    fn model_variance(&self, fit: Fit) -> Result<f64, SmallAreaError> {
        let mut sorted = self.psi.clone();
        sorted.sort_by(f64::total_cmp);
        let scale = sorted[sorted.len() / 2];
        let (mut low, mut high, mut x) = (0.0, f64::INFINITY, scale);
        for _ in 0..STEPS {
            let (score, information) = self.equation(fit, x).ok_or(SmallAreaError::Dependent)?;
            if score > 0.0 {
                low = x;
            } else {
                high = x;
            }
            let step = score / information;
            let mut next = x + step.clamp(-x, 10.0 * x);
            if !(low < next && next < high) {
                next = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * x };
            }
            if high <= 1e-12 * scale {
                return Ok(0.0);
            }
            if (next - x).abs() <= 1e-15 * x || high.is_finite() && high - low <= 4.0 * f64::EPSILON * high {
                return Ok(next);
            }
            x = next;
        }
        Err(SmallAreaError::NotConverged)
    }

    /// The estimating equation and what a step is divided by, at one variance.
    ///
    /// # Formula
    /// REML: `½(yᵀPPy − tr P)`, `½ tr PP`; ML: `½(yᵀPPy − tr V⁻¹)`, `½ tr V⁻²`; moments: `Σ r²/V − (m − p)`, `Σ r²/V²`.
    fn equation(&self, fit: Fit, variance: f64) -> Option<(f64, f64)> {
        let state = self.at(variance)?;
        let sums = |power: i32| state.v.iter().map(|v| 1.0 / v.powi(power)).sum::<f64>();
        let squares = |power: i32| state.residuals.iter().zip(&state.v).map(|(r, v)| r * r / v.powi(power)).sum::<f64>();
        Some(match fit {
            Fit::Reml => {
                let trace = sums(1) - self.leverage(&state, 2);
                let information = sums(2) - 2.0 * self.leverage(&state, 3) + self.squared_leverage(&state);
                (0.5 * (squares(2) - trace), 0.5 * information)
            }
            Fit::Ml => (0.5 * (squares(2) - sums(1)), 0.5 * sums(2)),
            Fit::Moments => (squares(1) - (count(self.y.len()) - count(self.p)), squares(2)),
        })
    }

    /// `tr[(XᵀV⁻¹X)⁻¹ XᵀV⁻ᵏX]`.
    fn leverage(&self, state: &State, power: i32) -> f64 {
        self.x.chunks_exact(self.p).zip(&state.v).map(|(x, v)| form(x, &state.inverse, x) / v.powi(power)).sum()
    }

    /// `tr[((XᵀV⁻¹X)⁻¹ XᵀV⁻²X)²]`.
    fn squared_leverage(&self, state: &State) -> f64 {
        let (p, cross) = (self.p, self.cross(&state.v, 2));
        let product = |i: usize, j: usize| (0..p).map(|m| state.inverse[i * p + m] * cross[m * p + j]).sum::<f64>();
        (0..p * p).map(|at| product(at / p, at % p) * product(at % p, at / p)).sum()
    }
}

#[allow(clippy::cast_precision_loss)] // a list of areas
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn golden() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/small_area/milk.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    }

    /// The milk data with indicators of the major areas 2 to 4.
    fn milk(golden: &Value) -> Vec<Area> {
        let column = |name: &str| numbers(&golden["data"][name]);
        let rows = column("yi").into_iter().zip(column("SD")).zip(column("MajorArea"));
        rows.map(|((y, sd), major)| Area {
            direct: Some((y, sd * sd)),
            covariates: [2.0, 3.0, 4.0].map(|of| f64::from(u8::from((major - of).abs() < 0.5))).to_vec(),
        })
        .collect()
    }

    const FITS: [(&str, Fit); 3] = [("REML", Fit::Reml), ("ML", Fit::Ml), ("FH", Fit::Moments)];

    fn worst(found: &[f64], expected: &[f64]) -> f64 {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn the_milk_data_give_the_published_figures_and_those_of_an_independent_fit() {
        let golden = golden();
        for (name, fit) in FITS {
            let found = fay_herriot(&milk(&golden), fit).unwrap();
            let values: Vec<f64> = found.areas.iter().map(|a| a.value).collect();
            let mse: Vec<f64> = found.areas.iter().map(|a| a.mse).collect();
            for (source, values_to, mse_to, exact) in [("published", 3e-6, 1e-5, false), ("recomputed", 1e-9, 1e-9, true)] {
                let expected = &golden[source][name];
                let differences = (worst(&values, &numbers(&expected["eblup"])), worst(&mse, &numbers(&expected["mse"])));
                println!("{name} {source}: EBLUP {:.1e}, MSE {:.1e}", differences.0, differences.1);
                assert!(differences.0 < values_to && differences.1 < mse_to, "{name} {source}: {differences:?}");
                if expected.get("beta").is_some() {
                    let to = if exact { 1e-9 } else { 1e-5 };
                    assert!(worst(&found.coefficients, &numbers(&expected["beta"])) < to, "{name}: {:?}", found.coefficients);
                    assert!(worst(&found.coefficient_se, &numbers(&expected["beta_se"])) < to, "{:?}", found.coefficient_se);
                }
                if exact {
                    assert!((found.model_variance / expected["variance"].as_f64().unwrap() - 1.0).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn an_area_without_a_direct_estimate_gets_the_regression() {
        let mut areas = milk(&golden());
        areas.push(Area { direct: None, covariates: vec![1.0, 0.0, 0.0] });
        let found = fay_herriot(&areas, Fit::Reml).unwrap();
        let last = found.areas.last().unwrap();
        assert!(last.synthetic && last.gamma == 0.0);
        assert!((last.value - (found.coefficients[0] + found.coefficients[1])).abs() < 1e-15);
        // Major area 2 by itself: σ² and the variance of its mean.
        assert!(last.mse > found.model_variance);
        assert_eq!(found.areas[..43], fay_herriot(&areas[..43], Fit::Reml).unwrap().areas[..]);
    }

    #[test]
    fn estimates_lie_between_the_direct_one_and_the_regression_and_areas_alike_pool() {
        let areas = milk(&golden());
        let found = fay_herriot(&areas, Fit::Reml).unwrap();
        for (area, modelled) in areas.iter().zip(&found.areas) {
            let synthetic: f64 =
                found.coefficients[0] + area.covariates.iter().zip(&found.coefficients[1..]).map(|(x, b)| x * b).sum::<f64>();
            let (y, psi) = area.direct.unwrap();
            assert!((modelled.value - y) * (modelled.value - synthetic) <= 1e-15);
            assert!(modelled.mse < psi + found.model_variance && modelled.gamma > 0.0 && modelled.gamma < 1.0);
        }
        // Areas that vary less than their errors: no model variance, everyone gets the mean.
        let alike: Vec<Area> = (0..10).map(|i| Area { direct: Some((80.0 + 0.1 * f64::from(i % 2), 4.0)), covariates: vec![] }).collect();
        for (_, fit) in FITS {
            let found = fay_herriot(&alike, fit).unwrap();
            assert!(found.model_variance == 0.0 && found.areas.iter().all(|a| (a.value - 80.05).abs() < 1e-12 && a.gamma == 0.0));
        }
    }

    #[test]
    fn benchmarked_estimates_add_up_to_the_total() {
        let areas = milk(&golden());
        let found = fay_herriot(&areas, Fit::Reml).unwrap();
        let shares: Vec<f64> = (0..43).map(|i| f64::from(1 + i % 5)).collect();
        for how in [Benchmark::Ratio, Benchmark::Difference] {
            let values = found.benchmarked(120.0, &shares, how).unwrap();
            assert!((values.iter().zip(&shares).map(|(v, s)| v * s).sum::<f64>() - 120.0).abs() < 1e-10);
        }
        assert!(matches!(found.benchmarked(1.0, &[0.0; 43], Benchmark::Difference), Err(SmallAreaError::Benchmark { .. })));
        assert!(matches!(found.benchmarked(1.0, &[1.0], Benchmark::Ratio), Err(SmallAreaError::Covariates { .. })));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let area = |y: f64, psi: f64, x: &[f64]| Area { direct: Some((y, psi)), covariates: x.to_vec() };
        let fit = |areas: &[Area]| fay_herriot(areas, Fit::Reml).unwrap_err();
        assert_eq!(fit(&[]), SmallAreaError::TooFewAreas { areas: 0, coefficients: 1 });
        assert_eq!(fit(&[area(1.0, 1.0, &[1.0]), area(1.0, 1.0, &[])]), SmallAreaError::Covariates { area: 1, found: 0, expected: 1 });
        assert!(matches!(fit(&[area(1.0, 0.0, &[])]), SmallAreaError::Number { area: 0, .. }));
        let constant: Vec<Area> = (0..5).map(|i| area(f64::from(i), 1.0, &[7.0])).collect();
        assert_eq!(fit(&constant), SmallAreaError::Dependent);
    }
}
