//! Arithmetic expressions over statistics, with their derivatives.

use std::fmt::Debug;

/// How deep parentheses, signs and powers may nest.
const DEPTH: usize = 64;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {position}: {reason}")]
pub struct ExpressionError {
    /// Where, counted from 1 in characters.
    pub position: usize,
    /// What stands there, or does not.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Number(f64),
    Variable(usize),
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Log,
    Exp,
    Sqrt,
}

/// An expression of numbers, variables, `+ − * / ^`, parentheses, `log`, `exp` and `sqrt`.
///
/// `^` binds tighter than a sign before it and from the right, as in R: `-2^2` is −4.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// In postfix order.
    steps: Vec<Step>,
    variables: Vec<String>,
}

impl Expression {
    /// Reads an expression. Variables are names of letters, digits, `_` and `.`, numbered by first appearance.
    ///
    /// # Errors
    /// [`ExpressionError`] at the first character that does not fit.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser { text: text.chars().collect(), at: 0, depth: 0, steps: Vec::new(), variables: Vec::new() };
        parser.sum()?;
        parser.skip_blanks();
        if parser.at < parser.text.len() {
            return Err(parser.error("an operator or the end is missing here"));
        }
        Ok(Self { steps: parser.steps, variables: parser.variables })
    }

    /// The names of the variables.
    #[must_use]
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The value where the variables have these; a variable without one is missing (NaN).
    #[must_use]
    pub fn value(&self, variables: &[f64]) -> f64 {
        self.gradient(variables).0
    }

    /// The value and its derivative by each variable.
    ///
    /// # Formula
    /// Forward automatic differentiation: every step carries its value and its gradient along.
    #[must_use]
    pub fn gradient(&self, variables: &[f64]) -> (f64, Vec<f64>) {
        let width = variables.len();
        let mut stack: Vec<(f64, Vec<f64>)> = Vec::new();
        for step in &self.steps {
            let next = match step {
                Step::Number(number) => (*number, vec![0.0; width]),
                Step::Variable(place) => {
                    let gradient = (0..width).map(|other| if other == *place { 1.0 } else { 0.0 }).collect();
                    (variables.get(*place).copied().unwrap_or(f64::NAN), gradient)
                }
                Step::Negate | Step::Log | Step::Exp | Step::Sqrt => {
                    let Some((a, da)) = stack.pop() else { break };
                    let (value, slope) = step.of_one(a);
                    (value, da.iter().map(|d| chain(slope, *d)).collect())
                }
                Step::Add | Step::Subtract | Step::Multiply | Step::Divide | Step::Power => {
                    let (Some((b, db)), Some((a, da))) = (stack.pop(), stack.pop()) else { break };
                    let (value, by_a, by_b) = step.of_two(a, b);
                    (value, da.iter().zip(&db).map(|(da, db)| chain(by_a, *da) + chain(by_b, *db)).collect())
                }
            };
            stack.push(next);
        }
        stack.pop().unwrap_or_else(|| (f64::NAN, vec![f64::NAN; width]))
    }
}

/// A slope times an inner derivative. What does not depend on a variable has derivative 0, however steep the outside.
fn chain(slope: f64, inner: f64) -> f64 {
    if inner == 0.0 { 0.0 } else { slope * inner }
}

impl Step {
    /// The value and the slope.
    fn of_one(self, a: f64) -> (f64, f64) {
        match self {
            Self::Log => (libm::log(a), 1.0 / a),
            Self::Exp => (libm::exp(a), libm::exp(a)),
            Self::Sqrt => (a.sqrt(), 0.5 / a.sqrt()),
            _ => (-a, -1.0),
        }
    }

    /// The value and the slope by each operand.
    fn of_two(self, a: f64, b: f64) -> (f64, f64, f64) {
        match self {
            Self::Add => (a + b, 1.0, 1.0),
            Self::Subtract => (a - b, 1.0, -1.0),
            Self::Multiply => (a * b, b, a),
            Self::Divide => (a / b, 1.0 / b, -(a / b) / b),
            _ => {
                let power = libm::pow(a, b);
                (power, b * libm::pow(a, b - 1.0), power * libm::log(a))
            }
        }
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: usize,
    steps: Vec<Step>,
    variables: Vec<String>,
}

impl Parser {
    fn error(&self, reason: impl Into<String>) -> ExpressionError {
        ExpressionError { position: self.at + 1, reason: reason.into() }
    }

    fn skip_blanks(&mut self) {
        while self.text.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    /// Takes one of some characters, if it is next.
    fn take(&mut self, of: &[char]) -> Option<char> {
        self.skip_blanks();
        let next = *self.text.get(self.at)?;
        of.contains(&next).then(|| {
            self.at += 1;
            next
        })
    }

    fn word(&mut self, part: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|c| part(*c)) {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect()
    }

    fn sum(&mut self) -> Result<(), ExpressionError> {
        self.product()?;
        while let Some(operator) = self.take(&['+', '-']) {
            self.product()?;
            self.steps.push(if operator == '+' { Step::Add } else { Step::Subtract });
        }
        Ok(())
    }

    fn product(&mut self) -> Result<(), ExpressionError> {
        self.signed()?;
        while let Some(operator) = self.take(&['*', '/']) {
            self.signed()?;
            self.steps.push(if operator == '*' { Step::Multiply } else { Step::Divide });
        }
        Ok(())
    }

    fn signed(&mut self) -> Result<(), ExpressionError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(format!("the expression nests more than {DEPTH} deep")));
        }
        match self.take(&['-', '+']) {
            Some('-') => {
                self.signed()?;
                self.steps.push(Step::Negate);
            }
            Some(_) => self.signed()?,
            None => {
                self.operand()?;
                if self.take(&['^']).is_some() {
                    self.signed()?;
                    self.steps.push(Step::Power);
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn operand(&mut self) -> Result<(), ExpressionError> {
        if self.take(&['(']).is_some() {
            self.sum()?;
            return if self.take(&[')']).is_some() { Ok(()) } else { Err(self.error("a closing parenthesis is missing")) };
        }
        let start = self.at;
        match self.text.get(self.at) {
            Some(c) if c.is_ascii_digit() || *c == '.' => {
                let text = self.number();
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                self.steps.push(Step::Number(
                    number.ok_or_else(|| ExpressionError { position: start + 1, reason: format!("{text:?} is no number") })?,
                ));
                Ok(())
            }
            Some(c) if c.is_alphabetic() || *c == '_' => self.name(start),
            Some(c) => Err(self.error(format!("{c:?} where a number, a variable or a parenthesis belongs"))),
            None => Err(self.error("the end where a number, a variable or a parenthesis belongs")),
        }
    }

    fn number(&mut self) -> String {
        let mut text = self.word(|c| c.is_ascii_digit() || c == '.');
        let exponent = self.text.get(self.at).is_some_and(|c| matches!(c, 'e' | 'E'));
        let digit = |at: usize| self.text.get(at).is_some_and(char::is_ascii_digit);
        let sign = self.text.get(self.at + 1).is_some_and(|c| matches!(c, '+' | '-'));
        if exponent && digit(self.at + 1 + usize::from(sign)) {
            text.extend(&self.text[self.at..=self.at + usize::from(sign)]);
            self.at += 1 + usize::from(sign);
            text.push_str(&self.word(|c| c.is_ascii_digit()));
        }
        text
    }

    /// A function or a variable.
    fn name(&mut self, start: usize) -> Result<(), ExpressionError> {
        let name = self.word(|c| c.is_alphanumeric() || c == '_' || c == '.');
        if self.take(&['(']).is_none() {
            let place = self.variables.iter().position(|known| *known == name).unwrap_or_else(|| {
                self.variables.push(name);
                self.variables.len() - 1
            });
            self.steps.push(Step::Variable(place));
            return Ok(());
        }
        let function = match name.as_str() {
            "log" => Step::Log,
            "exp" => Step::Exp,
            "sqrt" => Step::Sqrt,
            _ => return Err(ExpressionError { position: start + 1, reason: format!("there is no function {name}: log, exp, sqrt") }),
        };
        self.sum()?;
        if self.take(&[')']).is_none() {
            return Err(self.error("a closing parenthesis is missing"));
        }
        self.steps.push(function);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, variables: &[f64]) -> (f64, Vec<f64>) {
        Expression::parse(text).unwrap().gradient(variables)
    }

    #[test]
    fn operators_bind_as_in_r() {
        for (text, value) in [
            ("1 + 2 * 3", 7.0),
            ("-2^2", -4.0),
            ("2^3^2", 512.0),
            ("2^-1", 0.5),
            ("(1 + 2) * 3 - -4", 13.0),
            ("8 / 4 / 2", 1.0),
            ("1.5e1 - .5", 14.5),
            ("sqrt(exp(log(16)))", 4.0),
        ] {
            assert!((at(text, &[]).0 - value).abs() < 1e-12, "{text}");
        }
    }

    #[test]
    fn derivatives_equal_those_taken_by_hand() {
        let (x, y) = (1.7, 0.4);
        let (value, gradient) = at("log(x / y) + x^2 * exp(y) - sqrt(x * y)", &[x, y]);
        assert!((value - ((x / y).ln() + x * x * y.exp() - (x * y).sqrt())).abs() < 1e-13);
        assert!((gradient[0] - (1.0 / x + 2.0 * x * y.exp() - 0.5 * (y / x).sqrt())).abs() < 1e-13);
        assert!((gradient[1] - (-1.0 / y + x * x * y.exp() - 0.5 * (x / y).sqrt())).abs() < 1e-13);
    }

    #[test]
    fn a_constant_power_of_a_negative_number_has_a_derivative() {
        assert_eq!(at("x^2", &[-3.0]), (9.0, vec![-6.0]));
    }

    #[test]
    fn errors_say_where() {
        for (text, position) in [
            ("", 1),
            ("1 +", 4),
            ("(1", 3),
            ("1 2", 3),
            ("sin(x)", 1),
            ("a $ b", 3),
            ("1..2", 1),
            (&"(".repeat(100_000), 65),
            (&"-".repeat(100_000), 65),
        ] {
            assert_eq!(Expression::parse(text).unwrap_err().position, position, "{text:.10}");
        }
    }
}
