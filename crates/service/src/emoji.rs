//! What is one emoji.
//!
//! The grammar is that of Unicode Technical Standard 51, in the form that it calls fully qualified: so the same picture
//! is always the same text, and two people who choose it have chosen the same reaction.

use icu_properties::CodePointSetData;
use icu_properties::props::{
    BinaryProperty, Emoji, EmojiModifier, EmojiModifierBase, EmojiPresentation, RegionalIndicator,
};

const JOINER: char = '\u{200d}';
const AS_PICTURE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';
const END_OF_TAGS: char = '\u{e007f}';

/// Whether a text is one emoji, and nothing else.
pub(crate) fn is_emoji(text: &str) -> bool {
    let mut rest = Rest(text);
    let is_pair = rest.take(is::<RegionalIndicator>) && rest.take(is::<RegionalIndicator>);
    if is_pair && rest.0.is_empty() {
        return true;
    }
    let mut rest = Rest(text);
    let is_key = rest.take(|c| matches!(c, '0'..='9' | '#' | '*'))
        && rest.take(|c| c == AS_PICTURE)
        && rest.take(|c| c == KEYCAP);
    if is_key && rest.0.is_empty() {
        return true;
    }
    joined(Rest(text))
}

/// Pictures with a joiner between each two.
fn joined(mut rest: Rest<'_>) -> bool {
    loop {
        if !rest.picture() {
            return false;
        }
        if rest.0.is_empty() {
            return true;
        }
        if !rest.take(|c| c == JOINER) {
            return false;
        }
    }
}

struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Takes the next character, if it is one of these.
    fn take(&mut self, is_one: impl Fn(char) -> bool) -> bool {
        let mut chars = self.0.chars();
        let is_next = chars.next().is_some_and(is_one);
        if is_next {
            self.0 = chars.as_str();
        }
        is_next
    }

    /// A picture with its skin tone, or with the sign that makes a picture of a letter, or a flag with its tags.
    fn picture(&mut self) -> bool {
        let Some(base) = self.0.chars().next() else {
            return false;
        };
        if base.is_ascii() || is::<RegionalIndicator>(base) || !self.take(is::<Emoji>) {
            return false;
        }
        if is::<EmojiModifierBase>(base) && self.take(is::<EmojiModifier>) {
            return true;
        }
        if !is::<EmojiPresentation>(base) {
            return self.take(|c| c == AS_PICTURE);
        }
        if base == BLACK_FLAG && self.take(is_tag) {
            while self.take(is_tag) {}
            return self.take(|c| c == END_OF_TAGS);
        }
        true
    }
}

fn is<P: BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_choose_is_one() {
        for emoji in [
            "👍",
            "👍🏽",
            "❤️",
            "🎉",
            "😂",
            "🇨🇳",
            "1️⃣",
            "#️⃣",
            "👨‍👩‍👧‍👦",
            "🏳️‍🌈",
            "🏴‍☠️",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "☝🏻",
            "👩🏻‍❤️‍💋‍👩🏿",
            "✅",
            "㊗️",
        ] {
            assert!(is_emoji(emoji), "{emoji}");
            assert!(emoji.len() <= hongyan_protocol::limits::REACTION_BYTES);
        }
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "",
            "a",
            "1",
            "雁",
            "👍👍",
            "👍 ",
            " 👍",
            "👍a",
            "❤",
            "👍\u{fe0f}",
            "\u{fe0f}",
            "\u{200d}",
            "👩\u{200d}",
            "\u{200d}👩",
            "🇨",
            "🇨🇳🇨",
            "1\u{20e3}",
            "👍\u{200d}",
            "🏴\u{e0067}",
            "🎉🏽",
            "<b>",
            "\u{202e}👍",
            "👍\u{300}",
            "🇨🇳\u{200d}👍",
        ] {
            assert!(!is_emoji(text), "{text:?}");
        }
    }
}
