//! A sample size divided among strata.

use super::number::as_real;

/// A stratum, as far as allocation looks at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratum {
    /// Its code.
    pub code: String,
    /// `N_h`: how many there are to draw from; no stratum gets more.
    pub size: u64,
    /// `X_h`: its importance. Its population, as a rule; with the power rule also turnover, dossiers or whatever it matters by.
    pub measure: f64,
    /// `S_h`, the standard deviation within it, for [`Rule::Optimum`]; the coefficient of variation for [`Rule::Power`]. One where unknown.
    pub spread: f64,
    /// `c_h`: what one unit costs, for [`Rule::Optimum`]. One where all cost the same.
    pub cost: f64,
}

impl Stratum {
    /// A stratum of which nothing but its size is known.
    #[must_use]
    pub fn new(code: impl Into<String>, size: u64) -> Self {
        Self { code: code.into(), size, measure: as_real(size), spread: 1.0, cost: 1.0 }
    }
}

/// By what the sample is divided. Each rule gives `n_h ∝ a_h`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// `a_h = 1`: best for comparing strata.
    Equal,
    /// `a_h = X_h`: the weights are equal. Cochran (1977), §5.8 and §5.9.
    Proportional,
    /// `a_h = X_h S_h / √c_h`: the smallest variance of the overall mean at a cost. With equal costs it is Neyman's; Cochran (1977), §5.5.
    Optimum,
    /// `a_h = X_h^q · CV_h`, `0 ≤ q ≤ 1`: between equal precision of the strata (0) and Neyman's (1). Bankier (1988), *The American
    /// Statistician* 42, 174–177.
    Power {
        /// q.
        exponent: f64,
    },
    /// `a_h = √(I·W_h² + 1/H²)`, `W_h = X_h / ΣX` among H strata: between equal (I = 0) and proportional (I large).
    /// Kish (1988), *Survey Methodology* 14, 19–32, where I = 1 gives the whole and the strata the same importance.
    Kish {
        /// I, the importance of the whole beside that of the strata.
        importance: f64,
    },
}

/// The least and the most that a stratum gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// No stratum gets fewer, unless it has fewer.
    pub minimum: u64,
    /// No stratum gets more than this, nor more than it has.
    pub maximum: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { minimum: 0, maximum: u64::MAX }
    }
}

/// Why a sample cannot be divided so.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AllocationError {
    /// The minimum of all strata together is more than there is to give.
    #[error("{total} are fewer than the {least} that the minimum of each stratum adds up to")]
    TooFew {
        /// What there is to give.
        total: u64,
        /// What the minima add up to.
        least: u64,
    },
    /// The maximum of all strata together is less than there is to give.
    #[error("{total} are more than the {most} that the maximum of each stratum adds up to")]
    TooMany {
        /// What there is to give.
        total: u64,
        /// What the maxima add up to.
        most: u64,
    },
    /// A measure, spread or cost that no share can be made of.
    #[error("stratum {code}: its {what} is {value}; it must be a number above zero")]
    Stratum {
        /// The stratum.
        code: String,
        /// Which of its figures.
        what: &'static str,
        /// The figure.
        value: f64,
    },
    /// The rule's parameter is not in its range.
    #[error("{0} lies outside the range of the rule's parameter")]
    Parameter(f64),
}

/// Divides `total` among strata by `rule`, within `bounds`; the answer is in the order of the strata and adds up to
/// `total`.
///
/// What bounds take from the rule's shares goes to the strata that are still free, in proportion to theirs, until
/// nothing changes. Whole numbers are made by the largest remainder; of equal remainders the earlier stratum comes
/// first.
///
/// # Formula
/// `n_h = min(max(λ a_h, l_h), u_h)` with the λ at which they add up to the total.
///
/// # Errors
/// [`AllocationError`].
pub fn allocate(total: u64, rule: Rule, strata: &[Stratum], bounds: Bounds) -> Result<Vec<u64>, AllocationError> {
    let shares = shares(rule, strata)?;
    let limits: Vec<(u64, u64)> = strata
        .iter()
        .map(|stratum| {
            let most = bounds.maximum.min(stratum.size);
            (bounds.minimum.min(most), most)
        })
        .collect();
    let sum = |side: fn(&(u64, u64)) -> u64| limits.iter().map(side).fold(0, u64::saturating_add);
    let (least, most) = (sum(|limit| limit.0), sum(|limit| limit.1));
    if total < least {
        return Err(AllocationError::TooFew { total, least });
    }
    if total > most {
        return Err(AllocationError::TooMany { total, most });
    }
    Ok(largest_remainders(total, &within_limits(total, &shares, &limits), &limits))
}

/// `a_h` of each stratum.
fn shares(rule: Rule, strata: &[Stratum]) -> Result<Vec<f64>, AllocationError> {
    match rule {
        Rule::Power { exponent } if !(0.0..=1.0).contains(&exponent) => return Err(AllocationError::Parameter(exponent)),
        Rule::Kish { importance } if !(importance.is_finite() && importance >= 0.0) => return Err(AllocationError::Parameter(importance)),
        _ => {}
    }
    for stratum in strata {
        for (what, value) in [("measure", stratum.measure), ("spread", stratum.spread), ("cost", stratum.cost)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(AllocationError::Stratum { code: stratum.code.clone(), what, value });
            }
        }
    }
    let all: f64 = strata.iter().map(|stratum| stratum.measure).sum();
    let number = as_real(u64::try_from(strata.len()).unwrap_or(u64::MAX));
    let share = |stratum: &Stratum| match rule {
        Rule::Equal => 1.0,
        Rule::Proportional => stratum.measure,
        Rule::Optimum => stratum.measure * stratum.spread / stratum.cost.sqrt(),
        Rule::Power { exponent } => libm::pow(stratum.measure, exponent) * stratum.spread,
        Rule::Kish { importance } => {
            let part = stratum.measure / all;
            (importance * part * part + 1.0 / (number * number)).sqrt()
        }
    };
    Ok(strata.iter().map(share).collect())
}

/// The real-valued `n_h` of the formula.
///
/// Each round fixes the strata on one side: those below their minimum if what they lack is more than what others have too much, else those
/// above their maximum. So no stratum is fixed that a later round would have set free, and there are at most as many rounds as strata.
fn within_limits(total: u64, shares: &[f64], limits: &[(u64, u64)]) -> Vec<f64> {
    let mut given: Vec<Option<u64>> = vec![None; shares.len()];
    loop {
        let fixed: u64 = given.iter().flatten().sum();
        let rest = as_real(total.saturating_sub(fixed));
        let free: f64 = shares.iter().zip(&given).filter(|(_, given)| given.is_none()).map(|(share, _)| share).sum();
        let wish = |place: usize| rest * shares[place] / free;
        let (mut lack, mut excess) = (0.0, 0.0);
        for place in (0..shares.len()).filter(|place| given[*place].is_none()) {
            lack += (as_real(limits[place].0) - wish(place)).max(0.0);
            excess += (wish(place) - as_real(limits[place].1)).max(0.0);
        }
        let values = |given: &[Option<u64>]| given.iter().enumerate().map(|(place, n)| n.map_or_else(|| wish(place), as_real)).collect();
        if lack == 0.0 && excess == 0.0 {
            return values(&given);
        }
        for place in 0..shares.len() {
            let (low, high) = limits[place];
            if given[place].is_some() {
            } else if lack >= excess && wish(place) < as_real(low) {
                given[place] = Some(low);
            } else if lack < excess && wish(place) > as_real(high) {
                given[place] = Some(high);
            }
        }
    }
}

/// Whole numbers that add up to `total`: each value cut, and one more for the largest remainders.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between the limits, which are whole numbers
fn largest_remainders(total: u64, values: &[f64], limits: &[(u64, u64)]) -> Vec<u64> {
    let mut whole: Vec<u64> = values.iter().zip(limits).map(|(value, (low, high))| (value.floor() as u64).clamp(*low, *high)).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    let remainder = |place: &usize| values[*place] - values[*place].floor();
    order.sort_by(|a, b| remainder(b).total_cmp(&remainder(a)));
    let mut missing = total.saturating_sub(whole.iter().sum());
    while missing > 0 {
        let before = missing;
        for place in &order {
            if missing > 0 && whole[*place] < limits[*place].1 {
                whole[*place] += 1;
                missing -= 1;
            }
        }
        if missing == before {
            break; // the limits leave no room, which the caller has ruled out
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn strata() -> Vec<Stratum> {
        let rows = [(1_200, 10.0, 1.0), (800, 22.0, 4.0), (3_000, 14.0, 2.0), (150, 30.0, 1.0), (40, 9.0, 9.0)];
        let stratum = |(place, (size, spread, cost))| Stratum { spread, cost, ..Stratum::new(format!("{place}"), size) };
        rows.into_iter().enumerate().map(stratum).collect()
    }

    /// The real-valued shares behind these whole numbers were computed in R.
    #[test]
    fn each_rule_gives_the_shares_that_r_computes() {
        let of = |rule, strata: &[Stratum]| allocate(200, rule, strata, Bounds::default()).unwrap();
        let equal_costs: Vec<Stratum> = strata().into_iter().map(|stratum| Stratum { cost: 1.0, ..stratum }).collect();
        // 31.39, 46.04, 109.86, 11.77, 0.94
        assert_eq!(of(Rule::Optimum, &equal_costs), [31, 46, 110, 12, 1]);
        // 43.54, 31.93, 107.76, 16.33, 0.44
        assert_eq!(of(Rule::Optimum, &strata()), [44, 32, 108, 16, 0]);
        // 32.08, 57.62, 71.01, 34.02, 5.27
        assert_eq!(of(Rule::Power { exponent: 0.5 }, &strata()), [32, 58, 71, 34, 5]);
        // 38.89, 32.12, 77.81, 25.71, 25.46
        assert_eq!(of(Rule::Kish { importance: 1.0 }, &strata()), [39, 32, 78, 26, 25]);
        assert_eq!(of(Rule::Equal, &strata()), [40, 40, 40, 40, 40]);
        assert_eq!(of(Rule::Kish { importance: 0.0 }, &strata()), [40, 40, 40, 40, 40]);
    }

    #[test]
    fn what_bounds_take_goes_to_the_others() {
        let equal_costs: Vec<Stratum> = strata().into_iter().map(|stratum| Stratum { cost: 1.0, ..stratum }).collect();
        let bounds = Bounds { minimum: 20, maximum: 60 };
        // 40.54, 59.46, 60, 20, 20: the root of Σ min(max(λa, 20), 60) = 200 in R.
        assert_eq!(allocate(200, Rule::Optimum, &equal_costs, bounds), Ok(vec![41, 59, 60, 20, 20]));
        assert_eq!(allocate(20, Rule::Equal, &strata(), bounds), Err(AllocationError::TooFew { total: 20, least: 100 }));
        assert_eq!(allocate(281, Rule::Equal, &strata(), bounds), Err(AllocationError::TooMany { total: 281, most: 280 }));
    }

    #[test]
    fn figures_that_make_no_share_are_refused() {
        let wrong = [Stratum { spread: 0.0, ..Stratum::new("07", 10) }];
        let error = allocate(5, Rule::Optimum, &wrong, Bounds::default()).unwrap_err();
        assert_eq!(error.to_string(), "stratum 07: its spread is 0; it must be a number above zero");
        assert_eq!(allocate(5, Rule::Power { exponent: 1.5 }, &strata(), Bounds::default()), Err(AllocationError::Parameter(1.5)));
        assert_eq!(allocate(0, Rule::Equal, &[], Bounds::default()), Ok(vec![]));
    }

    fn rules() -> impl Strategy<Value = Rule> {
        prop_oneof![
            Just(Rule::Equal),
            Just(Rule::Proportional),
            Just(Rule::Optimum),
            (0.0..=1.0).prop_map(|exponent| Rule::Power { exponent }),
            (0.0..50.0).prop_map(|importance| Rule::Kish { importance }),
        ]
    }

    proptest! {
        #[test]
        fn an_allocation_adds_up_and_respects_its_bounds(
            rows in proptest::collection::vec((1_u64..5_000, 0.1..30.0, 0.1..9.0), 1..64),
            rule in rules(),
            total in 0_u64..30_000,
            minimum in 0_u64..40,
            maximum in 40_u64..3_000,
        ) {
            let stratum = |(size, spread, cost)| Stratum { spread, cost, ..Stratum::new("s", size) };
            let strata: Vec<Stratum> = rows.into_iter().map(stratum).collect();
            let bounds = Bounds { minimum, maximum };
            let most = |stratum: &Stratum| stratum.size.min(maximum);
            let lowest: u64 = strata.iter().map(|stratum| minimum.min(most(stratum))).sum();
            let highest: u64 = strata.iter().map(most).sum();
            match allocate(total, rule, &strata, bounds) {
                Ok(given) => {
                    prop_assert_eq!(given.iter().sum::<u64>(), total);
                    let shares = shares(rule, &strata).unwrap();
                    for (n, stratum) in given.iter().zip(&strata) {
                        prop_assert!((minimum.min(most(stratum))..=most(stratum)).contains(n));
                    }
                    // Who is not at a bound has the same n per share as the others, but for rounding.
                    let free = || (0..given.len()).filter(|h| given[*h] > minimum && given[*h] < most(&strata[*h]));
                    for (a, b) in free().zip(free().skip(1)) {
                        let (na, nb) = (as_real(given[a]), as_real(given[b]));
                        prop_assert!((na - 1.0) / shares[a] <= (nb + 1.0) / shares[b] && (nb - 1.0) / shares[b] <= (na + 1.0) / shares[a]);
                    }
                }
                Err(error) => prop_assert!(total < lowest || total > highest, "{error}"),
            }
        }
    }
}
