//! Names as they are compared: no case, width, accents or punctuation.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// Characters of a name that are looked at. What is behind them finds nobody.
const CHARACTERS: usize = 128;

/// A character of a name, with the marks on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// As it is compared: one character or more.
    pub(super) text: String,
    /// Where it begins in the name, in characters.
    pub(super) from: usize,
    /// Where it ends.
    pub(super) to: usize,
    /// It is the first, or something that is not compared stands before it.
    pub(super) follows_gap: bool,
}

/// The units of a text. What separates words is none.
pub(super) fn fold(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut follows_gap = true;
    for (at, c) in text.chars().take(CHARACTERS).enumerate() {
        if is_gap(c) {
            follows_gap = true;
            continue;
        }
        let text = fold_char(c);
        match units.last_mut() {
            // A mark, or something that cannot be seen.
            Some(last) if text.is_empty() && !follows_gap => last.to = at + 1,
            _ if text.is_empty() => (),
            _ => {
                units.push(Unit {
                    text,
                    from: at,
                    to: at + 1,
                    follows_gap,
                });
                follows_gap = false;
            }
        }
    }
    units
}

/// As much of a text as fits, up to the end of a character.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn fold_char(c: char) -> String {
    if c.is_ascii() {
        return c.to_ascii_lowercase().into();
    }
    if is_hidden(c) {
        return String::new();
    }
    let marks = CanonicalCombiningClassMapBorrowed::new();
    let counts = |c: &char| marks.get_u8(*c) == 0 && !is_gap(*c) && !is_hidden(*c);
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(std::iter::once(c));
    // By way of the capital letter, as some small ones have no other small form.
    let small = decomposed
        .filter(counts)
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .filter(counts);
    let mut folded = String::new();
    for c in small {
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
}

/// Letters that have no accent to Unicode, and are typed without one all the same.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

/// What stands between words.
fn is_gap(c: char) -> bool {
    c.is_ascii_punctuation()
        || c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '·' | '¸' | '´' | '‐'..='‧' | '‰'..='⁞' | '、'..='〃' | '〈'..='】' | '〔'..='〟' | '・' | '･'
                | '！'..='／' | '：'..='＠' | '［'..='｀' | '｛'..='｠' | '｡'..='､'
        )
}

/// What takes no place: joiners, selectors, marks of direction.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold(text).into_iter().map(|unit| unit.text).collect()
    }

    #[test]
    fn what_people_do_not_type_does_not_count() {
        for (text, expected) in [
            ("Jürgen", "jurgen"),
            ("Ju\u{308}rgen", "jurgen"),
            ("ＡＤＡ", "ada"),
            ("STRAẞE", "strasse"),
            ("ΣΑΣ", "σασ"),
            ("Łukasz Sørensen", "lukaszsorensen"),
            ("İstanbul", "istanbul"),
            ("O’Neill-Smith", "oneillsmith"),
            ("محمد\u{200c}رضا", "محمدرضا"),
            ("王·小明", "王小明"),
            ("ﬁsh", "fish"),
        ] {
            assert_eq!(folded(text), expected, "{text:?}");
            assert_eq!(folded(&folded(text)), expected, "{text:?}");
        }
        assert_eq!(folded(" -\u{3000}@\u{200b}"), "");
    }

    #[test]
    fn marks_belong_to_their_letter() {
        let units = fold("x u\u{308}r");
        let places: Vec<_> = units
            .iter()
            .map(|unit| (unit.from, unit.to, unit.follows_gap))
            .collect();
        assert_eq!(places, [(0, 1, true), (2, 4, true), (4, 5, false)]);
    }
}
