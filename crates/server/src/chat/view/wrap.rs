//! Texts in columns: a Chinese character takes two, a Latin letter one.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Cuts a text to so many columns, with `…` in place of what is missing. Line breaks become blanks.
pub(super) fn fit(text: &str, width: usize) -> String {
    let text = one_line(text);
    if text.width() <= width {
        return text;
    }
    let mut cut = String::new();
    let mut room = width.saturating_sub(1);
    for character in text.chars() {
        let taken = character.width().unwrap_or(0);
        if taken > room {
            break;
        }
        room -= taken;
        cut.push(character);
    }
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// Breaks a text into lines of at most so many columns: at line breaks, else between words or around
/// wide characters, else anywhere. Characters that are no text are left out.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    // A wide character must fit somewhere.
    let width = width.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph, width, &mut lines);
    }
    lines
}

fn wrap_paragraph(paragraph: &str, width: usize, lines: &mut Vec<String>) {
    let mut line = String::new();
    // Where the line may end: a byte of it behind which the next line can begin.
    let mut break_at = 0;
    for character in paragraph.chars().filter(|c| is_shown(*c)) {
        let taken = character.width().unwrap_or(0);
        if taken == 2 {
            break_at = line.len();
        }
        if line.width() + taken > width {
            let at = if break_at == 0 { line.len() } else { break_at };
            let rest = line.split_off(at);
            lines.push(line.trim_end().to_owned());
            line = rest;
            break_at = 0;
        }
        line.push(character);
        if taken == 2 || character == ' ' {
            break_at = line.len();
        }
    }
    lines.push(line);
}

fn one_line(text: &str) -> String {
    let blank = |c: char| if c == '\n' { ' ' } else { c };
    text.chars().map(blank).filter(|c| is_shown(*c)).collect()
}

/// Not the characters that a terminal obeys, nor those that turn the direction of what follows, with
/// which a message could pass itself off as another.
fn is_shown(character: char) -> bool {
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !character.is_control() && !turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_columns() {
        assert_eq!(fit("hello", 5), "hello");
        assert_eq!(fit("hello", 4), "hel…");
        assert_eq!(fit("你好世界", 7), "你好世…");
        assert_eq!(fit("你好世界", 6), "你好…");
        assert_eq!(fit("a\nb\u{1b}c", 9), "a bc");
        assert_eq!(fit("你好", 0), "");
    }

    #[test]
    fn breaks_between_words_and_around_wide_characters() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("你好世界", 5), ["你好", "世界"]);
        assert_eq!(wrap("hi 你好吗ok", 8), ["hi 你好", "吗ok"]);
        assert_eq!(wrap("a\n\nb", 8), ["a", "", "b"]);
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = "The wild goose 鸿雁 carries letters 万里 without\u{7} rest.".repeat(3);
        for width in 2..40 {
            for line in wrap(&text, width) {
                assert!(columns(&line) <= width, "{line:?} in {width}");
            }
        }
    }
}
