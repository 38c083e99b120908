//! The size of the next page: as many bytes as the link brought lately in two seconds.
//!
//! A page is one frame, and a frame is whole or nothing. While a large frame comes over a slow link, nothing else
//! does, and nothing shows that bytes arrive. So pages follow the link. A link that was never measured begins with
//! a small page.
//!
//! Owns: the measure.
//! Not here: the requests (`Incoming`).

use std::time::Duration;

use hongyan_protocol::limits;

use crate::Tick;

/// How pages follow the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// A page of a link that was never measured, in bytes.
    pub first_bytes: usize,
    /// A page of the slowest link.
    pub least_bytes: usize,
    /// How long a page may take.
    pub page_time: Duration,
    /// A link whose pages are smaller than this is slow: it is asked for the list of conversations first, and then
    /// only for what is missing.
    pub slow_bytes: usize,
    /// Fetches outstanding at a time over a slow link: one is on its way while the next is asked for.
    pub slow_fetches: usize,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            first_bytes: 8 * 1024,
            least_bytes: 2 * 1024,
            page_time: Duration::from_secs(2),
            slow_bytes: 64 * 1024,
            slow_fetches: 2,
        }
    }
}

/// The measure of one link: see the [module](self).
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The bytes that it takes in the time of a page; `None` while that was never measured.
    bytes: Option<usize>,
    /// The shortest time from a question to its answer.
    round_trip: Option<Duration>,
    /// When the last answer had come: before that the link was busy with it.
    free_at: Tick,
    /// The size of the answer that is being taken in.
    weight: usize,
}

/// An answer of fewer bytes tells of the way there and back, and not of how much comes.
const TELLING_BYTES: usize = 1024;

/// A measure lets the next page grow so much, at most: a small page may have come from a buffer on the way.
const GROWTH: usize = 64;

/// A conversation of a list, with the name of who is in it, in bytes.
const ROW_BYTES: usize = 100;

/// Conversations in the page of a list, at least.
const LEAST_ROWS: usize = 10;

impl Pages {
    /// A small answer took so long.
    pub(super) fn round_trip(&mut self, took: Duration) {
        self.round_trip = Some(self.round_trip.map_or(took, |known| known.min(took)));
    }

    /// The answer that is taken in next has so many bytes.
    pub(super) fn weigh(&mut self, bytes: usize) {
        self.weight = bytes;
    }

    /// An answer that was asked for then has come. One that was not weighed tells nothing.
    pub(super) fn answered(&mut self, paging: &Paging, asked_at: Tick, now: Tick) {
        let weight = std::mem::take(&mut self.weight);
        let took = now.since(asked_at.max(self.free_at));
        let is_alone = asked_at >= self.free_at;
        self.free_at = now;
        if weight == 0 {
            return;
        }
        if weight < TELLING_BYTES {
            if is_alone {
                self.round_trip(took);
            }
            return;
        }
        // A page that was asked for while another one came has no way there and back of its own.
        let way = self.round_trip.filter(|_| is_alone).unwrap_or_default();
        let coming = took.saturating_sub(way).max(took / 8);
        let coming = u128::max(coming.as_millis(), 1);
        let measured = weight as u128 * paging.page_time.as_millis() / coming;
        let measured = usize::try_from(measured).unwrap_or(usize::MAX);
        let most = self.page(paging).saturating_mul(GROWTH);
        let within = paging.least_bytes..=limits::PAGE_BYTES;
        let bytes = measured.min(most).clamp(*within.start(), *within.end());
        self.bytes = Some(bytes);
    }

    /// The bytes of a page.
    pub(super) fn page(&self, paging: &Paging) -> usize {
        self.bytes.unwrap_or(paging.first_bytes)
    }

    /// Whether the link is slow; `None` while that was never measured.
    pub(super) fn is_slow(&self, paging: &Paging) -> Option<bool> {
        self.bytes.map(|bytes| bytes < paging.slow_bytes)
    }

    /// The conversations in the page of a list.
    pub(super) fn rows(&self, paging: &Paging) -> usize {
        (self.page(paging) / ROW_BYTES).clamp(LEAST_ROWS, limits::LIST_CONVERSATIONS)
    }

    /// How much longer than others an answer may take: a page may be as large as the longest text.
    pub(super) fn allowance(&self, paging: &Paging) -> Duration {
        let Some(bytes) = self.bytes else {
            return Duration::ZERO;
        };
        let pages = limits::TEXT_BYTES.div_ceil(bytes.max(1));
        paging
            .page_time
            .saturating_mul(u32::try_from(pages).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Tick {
        Tick::from_millis(milliseconds)
    }

    /// Asks for pages one after the other over such a link; their sizes.
    fn pages(rate: u64, round_trip: u64) -> Vec<usize> {
        let (paging, mut pages) = (Paging::default(), Pages::default());
        pages.round_trip(Duration::from_millis(round_trip));
        let mut now = 0;
        let sizes = (0..8).map(|_| {
            let size = pages.page(&paging);
            let asked_at = at(now);
            now += round_trip + size as u64 * 1000 / rate;
            pages.weigh(size);
            pages.answered(&paging, asked_at, at(now));
            size
        });
        sizes.collect()
    }

    #[test]
    fn a_page_takes_two_seconds_of_a_slow_link_and_all_of_a_fast_one() {
        for rate in [2_000, 8_000, 20_000] {
            let found = pages(rate, 600);
            let two_seconds = usize::try_from(2 * rate).unwrap();
            for size in &found[1..] {
                let off = size.abs_diff(two_seconds);
                assert!(off <= two_seconds / 20, "{rate} B/s: {found:?}");
            }
        }
        for round_trip in [1, 600] {
            let found = pages(10_000_000, round_trip);
            assert!(found[1] >= 64 * 1024, "{round_trip} ms: {found:?}");
            assert_eq!(found[4], limits::PAGE_BYTES, "{round_trip} ms: {found:?}");
        }
    }

    #[test]
    fn a_page_behind_another_one_is_not_charged_with_it() {
        let (paging, mut pages) = (Paging::default(), Pages::default());
        for (asked_at, came_at) in [(0, 2_000), (100, 4_000), (2_100, 6_000)] {
            pages.weigh(4_000);
            pages.answered(&paging, at(asked_at), at(came_at));
            assert_eq!(pages.page(&paging), 4_000, "asked at {asked_at}");
        }
        assert_eq!(pages.is_slow(&paging), Some(true));
        assert!(pages.allowance(&paging) >= Duration::from_secs(32));
    }
}
