//! Names, codes and numbers as they are compared: one spelling for what a reader cannot tell apart.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// A name or a code as it is stored and compared: NFC (Unicode Annex 15), without what cannot be seen (byte order marks, zero-width
/// spaces and joiners, soft hyphens), letters and digits of full width as ordinary ones, each run of blanks one space, none at the
/// ends.
///
/// ```
/// use hailong::table::name;
/// assert_eq!(name("\u{feff}Hue\u{302}\u{301}\u{a0} "), "Huế");
/// assert_eq!(name("０１"), "01");
/// ```
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.is_ascii() && !trimmed.contains("  ") && !trimmed.contains('\t') {
        return Cow::Borrowed(trimmed);
    }
    let mut clean = String::with_capacity(trimmed.len());
    for letter in trimmed.chars().filter(|letter| !unseen(*letter)).map(narrow).nfc() {
        if letter != ' ' || !clean.is_empty() && !clean.ends_with(' ') {
            clean.push(letter);
        }
    }
    clean.truncate(clean.trim_end().len());
    Cow::Owned(clean)
}

/// Text as it was written, but in NFC.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

/// Whether a letter does something to others or cannot be seen at all: what Unicode files under control (Cc) and format (Cf), and letters without
/// ink of other categories (joiners, fillers, selectors of variants). Unicode 16, `UnicodeData.txt` and `Default_Ignorable_Code_Point`.
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || unseen(letter)
        || matches!(letter,
            '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{2065}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}')
}

/// Whether nothing can be seen of the text.
pub(super) fn blank(text: &str) -> bool {
    text.chars().all(|letter| letter.is_whitespace() || unseen(letter))
}

/// A number with an ordinary minus sign and ordinary digits; other text as [`name`] gives it.
pub(super) fn number(text: &str) -> Cow<'_, str> {
    match name(text) {
        clean if clean.contains('\u{2212}') => Cow::Owned(clean.replace('\u{2212}', "-")),
        clean => clean,
    }
}

/// Characters without width.
fn unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Blanks of any width as a space; letters, digits and signs of full width as ordinary ones.
fn narrow(letter: char) -> char {
    match letter {
        '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same_name() {
        let same = [
            "Đà Nẵng",
            "Đa\u{300} Na\u{306}\u{303}ng",
            " Đà\u{a0}Nẵng\u{200b}",
            "Đà  Nẵng\t",
            "\u{feff}Đà\u{3000}Nẵng",
            "Đà Na\u{306}\u{200b}\u{303}ng",
            "Đà Ｎａ\u{306}\u{303}ng",
        ];
        for text in same {
            assert_eq!(name(text), "Đà Nẵng", "{text:?}");
        }
        assert_eq!((name("a  b"), name("a\tb"), name("ＶＮ－３４")), (Cow::from("a b"), Cow::from("a b"), Cow::from("VN-34")));
        assert_eq!(name("một\nhai"), "một\nhai", "a line end is for the caller to judge");
        assert!(matches!(name(" ok "), Cow::Borrowed("ok")));
    }

    #[test]
    fn free_text_keeps_its_blanks() {
        assert_eq!(nfc(" la\u{300}  ạ "), " là  ạ ");
        assert!(blank(" \u{200b}\u{a0}\t") && !blank("."));
        assert_eq!(number("\u{2212}１２"), "-12");
    }
}
