//! Places for connections whose user is not known yet, shared out among sources.
//!
//! Owns: which connection holds a place, its source, and when each was last heard.
//! Promises: a source holds only so many places, and all sources together only so many. When no place is left, the
//! connection that was silent for longest gives way. It is one of the newcomer's own source if that source has its
//! share, and otherwise one of the source with the most places. The last eighth of all places is kept for sources
//! from which somebody has signed in.
//! Not here: connections that end because of their own silence (`progress`).

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::source::Source;
use crate::limits::{GIVES_WAY_AFTER, RESERVED_PART};

/// See the [module](self).
pub(crate) struct Crowd {
    started: Instant,
    places: usize,
    places_per_source: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: usize,
    sources: HashMap<Source, Vec<Arc<Visitor>>>,
    /// The sources by the places that they hold.
    by_places: BTreeSet<(usize, Source)>,
}

/// One who holds a place.
struct Visitor {
    /// None for one that is not counted for any source.
    source: Option<Source>,
    /// Where it stands in its source's list; [`GONE`] after it lost its place.
    at: AtomicUsize,
    /// When it was last heard, in milliseconds of the crowd's clock.
    heard: AtomicU64,
    gives_way: Notify,
}

const GONE: usize = usize::MAX;

/// A place, given back when dropped.
pub(crate) struct Place {
    crowd: Arc<Crowd>,
    visitor: Arc<Visitor>,
}

/// Tells the crowd of signs of life.
#[derive(Clone)]
pub(crate) struct Sign {
    started: Instant,
    visitor: Arc<Visitor>,
}

/// No place, and nobody who would give way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Crowd {
    /// So many places, of which one source has so many at most.
    pub(crate) fn new(places: usize, places_per_source: usize) -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            places,
            places_per_source: places_per_source.min(places),
            state: Mutex::default(),
        })
    }

    /// A place for somebody of this source; or, for a trusted proxy, of none. `is_known`: whether it may have one of
    /// those that are kept back.
    pub(crate) fn admit(
        self: &Arc<Self>,
        source: Option<Source>,
        is_known: bool,
    ) -> Result<Place, Full> {
        let now = self.now();
        let mut state = self.state.lock();
        let mine = source.map_or(0, |source| state.held_by(source));
        if source.is_some() && mine >= self.places_per_source {
            let source = source.ok_or(Full)?;
            state.make_one_give_way(source, now)?;
        }
        let kept_back = if is_known {
            0
        } else {
            self.places / RESERVED_PART
        };
        if state.taken >= self.places - kept_back {
            let &(most, source) = state.by_places.last().ok_or(Full)?;
            // To push out a source's only one is to give its place to the next stranger in its stead.
            if most <= mine + 1 {
                return Err(Full);
            }
            state.make_one_give_way(source, now)?;
        }
        let visitor = Arc::new(Visitor {
            source,
            at: AtomicUsize::new(0),
            heard: AtomicU64::new(now),
            gives_way: Notify::new(),
        });
        state.add(&visitor);
        Ok(Place {
            crowd: Arc::clone(self),
            visitor,
        })
    }

    /// The places that are taken.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.state.lock().taken
    }

    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

impl State {
    fn held_by(&self, source: Source) -> usize {
        self.sources.get(&source).map_or(0, Vec::len)
    }

    /// Of this source, whoever has been silent longest loses the place at once.
    fn make_one_give_way(&mut self, source: Source, now: u64) -> Result<(), Full> {
        let visitors = self.sources.get(&source).ok_or(Full)?;
        let silent = |visitor: &&Arc<Visitor>| {
            let heard = visitor.heard.load(Ordering::Relaxed);
            // One who has just come must have had the time to say something.
            heard + millis(GIVES_WAY_AFTER) <= now
        };
        let longest = visitors
            .iter()
            .filter(silent)
            .min_by_key(|visitor| visitor.heard.load(Ordering::Relaxed))
            .ok_or(Full)?;
        let longest = Arc::clone(longest);
        self.remove(&longest);
        longest.gives_way.notify_one();
        Ok(())
    }

    fn add(&mut self, visitor: &Arc<Visitor>) {
        self.taken += 1;
        if let Some(source) = visitor.source {
            let visitors = self.sources.entry(source).or_default();
            visitor.at.store(visitors.len(), Ordering::Relaxed);
            visitors.push(Arc::clone(visitor));
            let count = visitors.len();
            self.by_places.remove(&(count - 1, source));
            self.by_places.insert((count, source));
        }
    }

    fn remove(&mut self, visitor: &Visitor) {
        let at = visitor.at.swap(GONE, Ordering::Relaxed);
        if at == GONE {
            return;
        }
        self.taken -= 1;
        let Some(source) = visitor.source else {
            return;
        };
        if let Entry::Occupied(mut visitors) = self.sources.entry(source) {
            let count = visitors.get().len();
            visitors.get_mut().swap_remove(at);
            if let Some(moved) = visitors.get().get(at) {
                moved.at.store(at, Ordering::Relaxed);
            }
            self.by_places.remove(&(count, source));
            if count > 1 {
                self.by_places.insert((count - 1, source));
            } else {
                visitors.remove();
            }
        }
    }
}

impl Place {
    /// Returns when the place is needed for somebody else. Cancel-safe.
    pub(crate) async fn gives_way(&self) {
        self.visitor.gives_way.notified().await;
    }

    /// For whoever hears the visitor.
    pub(crate) fn sign(&self) -> Sign {
        Sign {
            started: self.crowd.started,
            visitor: Arc::clone(&self.visitor),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.state.lock().remove(&self.visitor);
    }
}

impl Sign {
    /// It was heard, or took something.
    pub(crate) fn of_life(&self) {
        let now = millis(self.started.elapsed());
        self.visitor.heard.store(now, Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use futures_util::FutureExt;
    use tokio::time::advance;

    use super::*;

    fn source(number: u8) -> Option<Source> {
        Some(Source::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number))))
    }

    fn gives_way(place: &Place) -> bool {
        place.gives_way().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_full_network_the_longest_silent_gives_way_and_no_other_network_notices() {
        let crowd = Crowd::new(100, 3);
        let other = crowd.admit(source(2), false).unwrap();
        let mut mine = Vec::new();
        for _ in 0..3 {
            mine.push(crowd.admit(source(1), false).unwrap());
            advance(Duration::from_millis(10)).await;
        }
        assert!(
            crowd.admit(source(1), false).is_err(),
            "each has only just come"
        );
        advance(GIVES_WAY_AFTER).await;
        mine[0].sign().of_life();
        let newcomer = crowd.admit(source(1), false).unwrap();
        let gave_way: Vec<bool> = mine.iter().map(gives_way).collect();
        assert_eq!(gave_way, [false, true, false]);
        assert!(!gives_way(&other) && !gives_way(&newcomer));
        assert_eq!(crowd.taken(), 4);
        drop((mine, newcomer, other));
        assert_eq!(crowd.taken(), 0);
        assert!(crowd.state.lock().sources.is_empty() && crowd.state.lock().by_places.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_is_taken_the_network_with_the_most_gives_way() {
        let crowd = Crowd::new(16, 16);
        let greedy: Vec<Place> = (0..12)
            .map(|_| crowd.admit(source(1), false).unwrap())
            .collect();
        let modest: Vec<Place> = (2..4)
            .map(|n| crowd.admit(source(n), false).unwrap())
            .collect();
        advance(GIVES_WAY_AFTER).await;
        let newcomers: Vec<Place> = (10..15)
            .map(|n| crowd.admit(source(n), false).unwrap())
            .collect();
        assert_eq!(greedy.iter().filter(|place| gives_way(place)).count(), 5);
        assert!(
            modest
                .iter()
                .chain(&newcomers)
                .all(|place| !gives_way(place))
        );
        assert!(
            crowd.admit(source(1), false).is_err(),
            "who has the most pushes nobody out"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_do_not_get_the_places_that_are_kept_back() {
        let crowd = Crowd::new(16, 16);
        let strangers: Vec<Place> = (0..14)
            .map(|n| crowd.admit(source(n), false).unwrap())
            .collect();
        advance(GIVES_WAY_AFTER).await;
        assert!(crowd.admit(source(100), false).is_err());
        let known = crowd.admit(source(100), true).unwrap();
        assert!(strangers.iter().all(|place| !gives_way(place)));
        drop(known);
        drop(strangers);
        assert_eq!(crowd.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trusted_proxy_has_no_share_of_its_own() {
        let crowd = Crowd::new(16, 2);
        let proxied: Vec<Place> = (0..14).map(|_| crowd.admit(None, false).unwrap()).collect();
        assert!(crowd.admit(None, false).is_err());
        drop(proxied);
        assert_eq!(crowd.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_comes_and_goes_the_count_is_right() {
        let seed: u64 = 0x5eed;
        println!("seed {seed}");
        let mut state = seed;
        let mut random = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        let crowd = Crowd::new(40, 8);
        let mut places: Vec<Place> = Vec::new();
        for _ in 0..5000 {
            let from = u8::try_from(random(12)).unwrap();
            match random(4) {
                0 if !places.is_empty() => {
                    let at = usize::try_from(random(places.len() as u64)).unwrap();
                    places.swap_remove(at);
                }
                1 => advance(Duration::from_millis(random(500))).await,
                _ => places.extend(crowd.admit(source(from), from < 3)),
            }
            places.retain(|place| !gives_way(place));
            let state = crowd.state.lock();
            let listed: usize = state.sources.values().map(Vec::len).sum();
            assert_eq!((state.taken, listed), (places.len(), places.len()));
            assert!(state.taken <= 40 && state.sources.values().all(|held| held.len() <= 8));
            assert_eq!(state.by_places.len(), state.sources.len());
        }
    }
}
