//! The texts of the load: each carries the number of its message.

use std::io::Write;

/// Appends the text of a pair's message: its number, then filling up to the size.
pub(crate) fn write(out: &mut Vec<u8>, pair: u64, number: u64, bytes: usize) {
    let begin = out.len();
    // Writing into memory does not fail.
    let _ = write!(out, "{pair}:{number}:");
    let missing = bytes.saturating_sub(out.len() - begin);
    out.resize(out.len() + missing, b'x');
}

/// The number that a text says, if it is the pair's, whole, and unchanged.
pub(crate) fn number(text: &str, pair: u64, bytes: usize) -> Option<u64> {
    let (from, rest) = text.split_once(':')?;
    let (number, filling) = rest.split_once(':')?;
    let whole = text.len() >= bytes && filling.bytes().all(|byte| byte == b'x');
    let number = number.parse().ok()?;
    (whole && from.parse() == Ok(pair)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_its_number_and_every_change_shows() {
        let mut text = Vec::new();
        write(&mut text, 7, 42, 100);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.len(), 100);
        assert_eq!(number(&text, 7, 100), Some(42));
        assert_eq!(number(&text, 8, 100), None, "another pair's");
        assert_eq!(number(&text[..99], 7, 100), None, "cut");
        assert_eq!(number(&text.replace("xx", "xy"), 7, 100), None, "changed");
    }

    #[test]
    fn a_size_too_small_for_the_number_is_exceeded() {
        let mut text = Vec::new();
        write(&mut text, 1234, 5678, 4);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(number(&text, 1234, 4), Some(5678));
    }
}
