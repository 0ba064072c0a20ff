//! Conditions on rows, as `where` and derived variables state them: `stype == 'E' & api00 >= 600`.

use super::refusal::Refusal;
use super::table::Table;

/// Comparisons that must all hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    comparisons: Vec<Comparison>,
}

#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    column: String,
    operator: Operator,
    literal: Literal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    AtLeast,
    AtMost,
    Above,
    Below,
}

#[derive(Debug, Clone, PartialEq)]
enum Literal {
    Number(f64),
    Text(String),
    /// A text without quotation marks: one that names no column.
    Word(String),
}

/// Longer operators first, so that `>=` is not read as `>`.
const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    (">", Operator::Above),
    ("<", Operator::Below),
];

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// What of it is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let comparisons: Result<Vec<_>, _> = split(text).into_iter().map(Comparison::parse).collect();
        Ok(Self { comparisons: comparisons? })
    }

    /// Whether it holds in each row; `None` where a value that decides is missing.
    ///
    /// # Errors
    /// A column that is not there, or no numbers where numbers are compared.
    pub fn rows(&self, table: &Table) -> Result<Vec<Option<bool>>, Refusal> {
        let mut rows = vec![Some(true); table.rows()];
        for comparison in &self.comparisons {
            for (row, holds) in rows.iter_mut().zip(comparison.rows(table)?) {
                *row = match (*row, holds) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
            }
        }
        Ok(rows)
    }
}

impl Comparison {
    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("{:?} is no comparison such as stype == 'E' or api00 >= 600", text.trim());
        let (at, sign, operator) = OPERATORS
            .iter()
            .filter_map(|(sign, operator)| Some((text.find(sign)?, *sign, *operator)))
            .min_by_key(|found| found.0)
            .ok_or_else(unknown)?;
        let (column, literal) = (text[..at].trim(), text[at + sign.len()..].trim());
        let quoted = ['\'', '"'].iter().find_map(|quote| literal.strip_prefix(*quote)?.strip_suffix(*quote));
        let literal = match quoted {
            Some(text) => Literal::Text(text.to_owned()),
            None => match literal.parse().ok().filter(|number: &f64| number.is_finite()) {
                Some(number) => Literal::Number(number),
                // A word without quotation marks, as a category is often written.
                None if word(literal) => Literal::Word(literal.to_owned()),
                None => return Err(unknown()),
            },
        };
        if column.is_empty() {
            return Err(unknown());
        }
        if !matches!(literal, Literal::Number(_)) && !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(format!("{:?}: texts are compared by == and != only", text.trim()));
        }
        Ok(Self { column: column.to_owned(), operator, literal })
    }

    fn rows(&self, table: &Table) -> Result<Vec<Option<bool>>, Refusal> {
        Ok(match &self.literal {
            Literal::Word(word) if table.has(word) => {
                let detail = format!("/estimator/where: {word:?} is a column: write '{word}' for a text; columns are not compared");
                return Err(Refusal::new("case-invalid", detail));
            }
            Literal::Text(text) | Literal::Word(text) => {
                let holds = |cell: &String| (!cell.is_empty()).then(|| (cell == text) == (self.operator == Operator::Equal));
                table.cells(&self.column)?.iter().map(holds).collect()
            }
            Literal::Number(number) => {
                let holds = |value: &f64| value.partial_cmp(number).map(|order| self.operator.holds(order));
                table.numbers(&self.column)?.iter().map(holds).collect()
            }
        })
    }
}

impl Operator {
    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::AtMost => order.is_le(),
            Self::Above => order.is_gt(),
            Self::Below => order.is_lt(),
        }
    }
}

/// A letter, then letters, digits and underscores.
fn word(text: &str) -> bool {
    text.starts_with(char::is_alphabetic) && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The parts between `&` or `&&` outside quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('&', None) if at >= start => {
                parts.push(&text[start..at]);
                start = at + if text[at..].starts_with("&&") { 2 } else { 1 };
            }
            _ => {}
        }
    }
    parts.push(&text[start.min(text.len())..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(condition: &str) -> Vec<Option<bool>> {
        let table = Table::parse("a,b\n1,x\n2,y & z\n,x\n4,\n").unwrap();
        Condition::parse(condition).unwrap().rows(&table).unwrap()
    }

    #[test]
    fn missing_values_are_neither_in_nor_out_unless_another_part_decides() {
        assert_eq!(rows("a >= 2"), [Some(false), Some(true), None, Some(true)]);
        assert_eq!(rows("b != 'x'"), [Some(false), Some(true), Some(false), None]);
        assert_eq!(rows("a<3 && b == 'x'"), [Some(true), Some(false), None, Some(false)]);
        assert_eq!(rows("b == \"y & z\""), [Some(false), Some(true), Some(false), None]);
    }

    #[test]
    fn a_word_without_quotation_marks_is_a_text_unless_it_names_a_column() {
        assert_eq!(rows("b == x"), rows("b == 'x'"));
        let table = Table::parse("a,b\n1,a\n").unwrap();
        assert!(Condition::parse("b == a").unwrap().rows(&table).is_err());
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in ["", "a", "a =", "== 3", "a >= 'x'", "a >= x", "a == x y", "a > 1 &", "a > 1 & & b > 2", "a == 'x"] {
            assert!(Condition::parse(text).is_err(), "{text:?}");
        }
    }
}
