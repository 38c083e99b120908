//! Sources from which somebody has signed in lately.
//!
//! Promises: it remembers the last [`KNOWN_SOURCES`] of them, and never more than twice as many.

use std::collections::HashSet;

use parking_lot::Mutex;

use super::source::Source;
use crate::limits::KNOWN_SOURCES;

/// See the [module](self).
#[derive(Default)]
pub(crate) struct Known(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    lately: HashSet<Source>,
    before: HashSet<Source>,
}

impl Known {
    /// Somebody signed in from here, or came with a token that is good.
    pub(crate) fn note(&self, source: Source) {
        let mut generations = self.0.lock();
        if generations.lately.len() >= KNOWN_SOURCES && !generations.lately.contains(&source) {
            generations.before = std::mem::take(&mut generations.lately);
        }
        generations.lately.insert(source);
    }

    /// Whether somebody did.
    pub(crate) fn contains(&self, source: Source) -> bool {
        let generations = self.0.lock();
        generations.lately.contains(&source) || generations.before.contains(&source)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn source(number: usize) -> Source {
        let bits = u32::try_from(number).unwrap();
        Source::of(IpAddr::V4(Ipv4Addr::from_bits(bits)))
    }

    #[test]
    fn the_last_are_remembered_and_no_more() {
        let known = Known::default();
        assert!(!known.contains(source(0)));
        for number in 0..5 * KNOWN_SOURCES {
            known.note(source(number));
        }
        let last = 5 * KNOWN_SOURCES - 1;
        assert!((last - KNOWN_SOURCES..=last).all(|number| known.contains(source(number))));
        let count = (0..=last).filter(|&number| known.contains(source(number)));
        assert!(count.count() <= 2 * KNOWN_SOURCES);
    }
}
