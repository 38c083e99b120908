//! The line that is being written, and the cursor in it.

use unicode_width::UnicodeWidthChar;

/// A text under the keys.
#[derive(Debug, Default)]
pub(in crate::chat) struct Composer {
    text: String,
    /// A byte of `text` where a character begins, or its end.
    cursor: usize,
}

impl Composer {
    /// What is written.
    pub(in crate::chat) fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub(in crate::chat) fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Takes everything out.
    pub(super) fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Puts another text in, with the cursor behind it.
    pub(super) fn set(&mut self, text: String) {
        self.cursor = text.len();
        self.text = text;
    }

    /// Puts a text in at the cursor. Line breaks stay; other control characters would move the
    /// terminal's cursor, so they do not come in.
    pub(super) fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for character in text.chars() {
            if character == '\n' || !character.is_control() {
                self.text.insert(self.cursor, character);
                self.cursor += character.len_utf8();
            }
        }
    }

    /// Deletes what stands before the cursor.
    pub(super) fn backspace(&mut self) {
        let end = self.cursor;
        self.left();
        self.text.drain(self.cursor..end);
    }

    /// Deletes what stands at the cursor.
    pub(super) fn delete(&mut self) {
        let begin = self.cursor;
        self.right();
        self.text.drain(begin..self.cursor);
        self.cursor = begin;
    }

    /// Deletes the word before the cursor, and the blanks behind it.
    pub(super) fn delete_word(&mut self) {
        let before = self.before_cursor();
        let trimmed = before.trim_end();
        let word = trimmed.rfind(char::is_whitespace);
        let begin = word.map_or(0, |at| {
            at + trimmed[at..].chars().next().map_or(0, char::len_utf8)
        });
        self.text.drain(begin..self.cursor);
        self.cursor = begin;
    }

    /// Deletes everything before the cursor.
    pub(super) fn delete_to_begin(&mut self) {
        self.text.drain(..self.cursor);
        self.cursor = 0;
    }

    /// Goes left by one character, with the marks that stand on it.
    pub(super) fn left(&mut self) {
        while let Some(character) = self.before_cursor().chars().next_back() {
            self.cursor -= character.len_utf8();
            if !is_mark(character) {
                return;
            }
        }
    }

    /// Goes right by one character, with the marks that stand on it.
    pub(super) fn right(&mut self) {
        let mut characters = self.text[self.cursor..].chars();
        if let Some(character) = characters.next() {
            self.cursor += character.len_utf8();
        }
        for mark in characters.take_while(|character| is_mark(*character)) {
            self.cursor += mark.len_utf8();
        }
    }

    pub(super) fn home(&mut self) {
        self.cursor = 0;
    }

    pub(super) fn end(&mut self) {
        self.cursor = self.text.len();
    }
}

/// Whether a character takes no column of its own: accents, variation selectors, joiners.
fn is_mark(character: char) -> bool {
    character != '\n' && character.width().unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_whole_characters() {
        let mut composer = Composer::default();
        composer.insert("你好吗");
        composer.left();
        composer.backspace();
        assert_eq!((composer.text(), composer.before_cursor()), ("你吗", "你"));
        composer.delete();
        assert_eq!(composer.text(), "你");
        composer.insert("e\u{301}");
        composer.backspace();
        assert_eq!(composer.text(), "你", "an accent goes with its letter");
        composer.backspace();
        composer.backspace();
        composer.delete();
        assert!(composer.text().is_empty());
    }

    #[test]
    fn deletes_words_and_lines() {
        let mut composer = Composer::default();
        composer.insert("one two\u{3000}三 ");
        composer.delete_word();
        assert_eq!(composer.text(), "one two\u{3000}");
        composer.delete_word();
        assert_eq!(composer.text(), "one ");
        composer.home();
        composer.delete_word();
        assert_eq!(composer.text(), "one ");
        composer.end();
        composer.delete_to_begin();
        assert!(composer.text().is_empty());
    }

    #[test]
    fn takes_no_control_characters_but_line_breaks() {
        let mut composer = Composer::default();
        composer.insert("a\u{1b}[2J\tb\r\nc\rd");
        assert_eq!(composer.text(), "a[2Jb\nc\nd");
    }
}
