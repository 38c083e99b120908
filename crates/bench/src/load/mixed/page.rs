//! A page of history as the reader must get it.

use crate::check::Faults;
use crate::client::Entry;
use crate::text;

/// Entries in a page.
pub(super) const ENTRIES: u64 = 50;

/// Checks the newest page of a pair's log, asked for by somebody who held the entry at `held`.
pub(super) fn check(
    entries: &[Entry<'_>],
    held: u64,
    pair: u64,
    text_bytes: usize,
    faults: &mut Faults,
) {
    let last = entries.last().map_or(0, |entry| entry.seq);
    if last < held || entries.len() as u64 != last.min(ENTRIES) {
        faults.lost += 1;
    }
    let follows = |two: &[Entry<'_>]| two[0].seq + 1 == two[1].seq;
    if !entries.windows(2).all(follows) {
        faults.misordered += 1;
    }
    for entry in entries {
        let is_whole = match &entry.body {
            Some(body) => text::number(&body.text, pair, text_bytes).is_some(),
            None => entry.target.or(entry.recalled_by).is_some(),
        };
        if !is_whole {
            faults.garbled += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Seen;

    /// What is wrong with a page of two messages, an edit of the first and a recall of the second, read by somebody who
    /// held the entry at `held`, after `change` was made to its JSON.
    fn found(held: u64, change: impl Fn(String) -> String) -> Faults {
        let page = r#"{"type":"history","req":1,"conv":9,"head":4,"more":false,"entries":[
            {"conv":9,"seq":1,"body":{"type":"text","text":"7:2:xx"},"edited_by":3},
            {"conv":9,"seq":2,"recalled_by":4},
            {"conv":9,"seq":3,"body":{"type":"text","text":"7:2:xx"},"target":1},
            {"conv":9,"seq":4,"target":2}]}"#;
        let page = change(page.to_owned());
        let seen = Seen::decode(page.as_bytes()).unwrap();
        let mut faults = Faults::default();
        check(&seen.entries, held, 7, 6, &mut faults);
        faults
    }

    #[test]
    fn a_whole_page_is_clean() {
        assert_eq!(found(4, |page| page), Faults::default());
        assert_eq!(found(2, |page| page), Faults::default(), "newer than held");
    }

    #[test]
    fn a_page_without_what_was_pushed_before_has_lost_it() {
        assert_eq!(found(5, |page| page).lost, 1);
    }

    #[test]
    fn a_hole_a_changed_text_and_a_missing_one_are_told() {
        let hole = found(4, |page| page.replace(r#""seq":3"#, r#""seq":5"#));
        assert!(hole.misordered > 0);
        let changed = found(4, |page| page.replacen("7:2:xx", "7:2:xy", 1));
        assert_eq!(changed.garbled, 1);
        let blank = found(4, |page| page.replace(r#","recalled_by":4"#, ""));
        assert_eq!(blank.garbled, 1);
    }
}
