//! The name that somebody may have meant.

use super::Said;

/// How many letters must be put in, taken out, changed or swapped with their neighbour to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// The names, at most three, that are nearest to `name`, the nearest first. None where all are far from it.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let letters = name.chars().count();
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|known| known.chars().count().abs_diff(letters) <= letters)
        .map(|known| (distance(name, known), known))
        .filter(|(distance, _)| *distance <= (letters / 2).max(1))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `; did you mean “vn-34”?`, or nothing where no name is near.
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Said {
    let near = nearest(name, known);
    if near.is_empty() {
        return Said::new("", "");
    }
    let quoted = |or: &str| near.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(or);
    Said::new(format!("; có phải là {}?", quoted(" hay ")), format!("; did you mean {}?", quoted(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_the_name_that_was_meant() {
        let known = ["vn-34", "vn-63", "agency-danang", "so-y-te"];
        assert_eq!(nearest("vn34", known), ["vn-34"]);
        assert_eq!(nearest("VN-34", known), ["vn-34", "vn-63"]);
        assert_eq!(nearest("agency-dannag", known), ["agency-danang"]);
        assert_eq!(nearest("zzzzzz", known), [""; 0]);
        assert_eq!(nearest("", known), [""; 0]);
    }

    #[test]
    fn the_question_is_asked_in_both_languages_and_only_where_there_is_something_to_ask() {
        let said = did_you_mean("vn34", ["vn-34"]);
        assert_eq!((said.vi.as_ref(), said.en.as_ref()), ("; có phải là “vn-34”?", "; did you mean “vn-34”?"));
        assert_eq!(did_you_mean("x", ["sipas"]), Said::new("", ""));
    }
}
