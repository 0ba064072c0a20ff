//! From the people a unit served to the answers it has: the response-rate chain of a stream.
//!
//! Whoever answers of their own accord may differ from those who do not, and no interval covers that. How many there were to answer is
//! the one thing that tells a reader how far it could matter, so a stream has to say it, or say why nobody knows.

use crate::words::Finding;

/// How many were served and how many were asked. Answers are counted by the system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    customers: Option<i64>,
    invitations: Option<i64>,
    reason: Option<String>,
}

/// The rates of a chain; `None` where a number is unknown or zero. A rate above one tells of answers that nobody was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Invitations among customers.
    pub invited: Option<f64>,
    /// Answers among invitations.
    pub answered: Option<f64>,
    /// Answers among customers.
    pub overall: Option<f64>,
}

impl Chain {
    /// Customers served and invitations made, both in the same kind of unit: transactions, or people. What is not known has a reason.
    ///
    /// # Errors
    /// Every finding at once: negative numbers, more invitations than customers, an unknown number without a reason, a reason that
    /// explains nothing.
    pub fn new(customers: Option<i64>, invitations: Option<i64>, reason: Option<String>) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        for (pointer, number) in [("/chain/customers", customers), ("/chain/invitations", invitations)] {
            if number.is_some_and(|number| number < 0) {
                findings.push(Finding::error(pointer, "out-of-bounds", "Không được âm", "Must not be negative"));
            }
        }
        if customers.zip(invitations).is_some_and(|(customers, invitations)| invitations > customers) {
            findings.push(Finding::error(
                "/chain/invitations",
                "chain-order",
                "Số lời mời nhiều hơn số khách hàng: hai số phải đếm cùng một đơn vị (lượt giao dịch hoặc người)",
                "More invitations than customers: both must count the same, transactions or people",
            ));
        }
        let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        let known = customers.is_some() && invitations.is_some();
        if !known && reason.as_ref().is_none_or(|reason| reason.chars().count() < 3) {
            findings.push(Finding::error(
                "/chain/reason",
                "chain-unexplained",
                "Cần nêu lý do khi không biết số khách hàng hoặc số lời mời",
                "A reason is needed where the number of customers or of invitations is not known",
            ));
        }
        if reason.as_ref().is_some_and(|reason| reason.chars().count() > 500) {
            findings.push(Finding::error("/chain/reason", "too-long", "Dài quá 500 ký tự", "Longer than 500 characters"));
        }
        if findings.is_empty() { Ok(Self { customers, invitations, reason: reason.filter(|_| !known) }) } else { Err(findings) }
    }

    /// Customers served in the period.
    #[must_use]
    pub fn customers(&self) -> Option<i64> {
        self.customers
    }

    /// Invitations made to them.
    #[must_use]
    pub fn invitations(&self) -> Option<i64> {
        self.invitations
    }

    /// Why a number is not known.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The rates with so many answers.
    #[must_use]
    pub fn rates(&self, answers: i64) -> Rates {
        Rates {
            invited: rate(self.invitations, self.customers),
            answered: rate(Some(answers), self.invitations),
            overall: rate(Some(answers), self.customers),
        }
    }
}

#[allow(clippy::cast_precision_loss)] // counts of people
fn rate(part: Option<i64>, whole: Option<i64>) -> Option<f64> {
    let (part, whole) = (part?, whole.filter(|whole| *whole > 0)?);
    Some(part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(chain: Result<Chain, Vec<Finding>>) -> Vec<String> {
        chain.unwrap_err().into_iter().map(|finding| format!("{} {}", finding.pointer, finding.code)).collect()
    }

    #[test]
    fn the_rates_are_those_of_the_chain() {
        let chain = Chain::new(Some(1_000), Some(800), Some("not needed".into())).unwrap();
        assert_eq!(chain.reason(), None, "nothing is unknown");
        assert_eq!(chain.rates(200), Rates { invited: Some(0.8), answered: Some(0.25), overall: Some(0.2) });
        let unknown = Chain::new(Some(1_000), None, Some("  QR posters are not counted ".into())).unwrap();
        assert_eq!(unknown.reason(), Some("QR posters are not counted"));
        assert_eq!(unknown.rates(200), Rates { invited: None, answered: None, overall: Some(0.2) });
        assert_eq!(Chain::new(Some(0), Some(0), None).unwrap().rates(3), Rates::default());
    }

    #[test]
    fn what_is_unknown_needs_a_reason_and_everything_comes_at_once() {
        assert_eq!(codes(Chain::new(None, Some(5), None)), ["/chain/reason chain-unexplained"]);
        assert_eq!(codes(Chain::new(None, None, Some(" ? ".into()))), ["/chain/reason chain-unexplained"]);
        assert_eq!(
            codes(Chain::new(Some(-1), Some(5), Some("x".repeat(501)))),
            ["/chain/customers out-of-bounds", "/chain/invitations chain-order", "/chain/reason too-long"]
        );
    }
}
