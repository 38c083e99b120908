//! Who is there: pure, with the time as an argument.

use std::collections::{BTreeSet, HashMap};

use hongyan_protocol::{PresenceState, UserId};
use hongyan_store::Privacy;
use tokio::time::Instant;

use crate::limits::PRESENCE_DAMPED;

/// What somebody does at a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// It is not there.
    Gone,
    /// It is there, and nobody looks.
    Background,
    /// Somebody looks, as far as is known.
    Foreground,
}

/// A user with connections on this node, or who had some a moment ago.
#[derive(Default)]
struct Present {
    foreground: u32,
    background: u32,
    /// What the connections show, or showed a moment ago.
    state: PresenceState,
    /// When it falls to what they show now.
    falls: Option<Instant>,
    /// `None` until it is looked up: nothing is shown before.
    privacy: Option<Privacy>,
    /// What others were told last.
    told: PresenceState,
}

/// Everybody who is there, on this node.
#[derive(Default)]
pub(super) struct Presences {
    of: HashMap<UserId, Present>,
    falls: BTreeSet<(Instant, UserId)>,
    /// Those whose settings are to be looked up.
    unknown: BTreeSet<UserId>,
    /// Those of whom something else may be to be told.
    touched: BTreeSet<UserId>,
}

impl Presences {
    /// A connection of the user's changed from one to the other.
    pub(super) fn attend(&mut self, user: UserId, before: Attention, now: Attention, at: Instant) {
        let present = self.of.entry(user).or_default();
        if let Some(count) = present.count(before) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = present.count(now) {
            *count += 1;
        }
        if present.privacy.is_none() {
            self.unknown.insert(user);
        }
        let falls = match present.shown() {
            shown if shown < present.state => Some(present.falls.unwrap_or(at + PRESENCE_DAMPED)),
            shown => {
                present.state = shown;
                self.touched.insert(user);
                None
            }
        };
        let before = std::mem::replace(&mut present.falls, falls);
        if before != falls {
            before.map(|at| self.falls.remove(&(at, user)));
            falls.map(|at| self.falls.insert((at, user)));
        }
    }

    /// Those whose settings are to be looked up, so many at most. Each is given once.
    pub(super) fn take_unknown(&mut self, limit: usize) -> Vec<UserId> {
        let some: Vec<UserId> = self.unknown.iter().take(limit).copied().collect();
        some.iter().for_each(|user| {
            self.unknown.remove(user);
        });
        some
    }

    /// What a user who is there lets be seen.
    pub(super) fn know(&mut self, user: UserId, privacy: Privacy) {
        if let Some(present) = self.of.get_mut(&user) {
            present.privacy = Some(privacy);
            self.touched.insert(user);
        }
    }

    /// The user's settings are others, which are to be looked up.
    pub(super) fn doubt(&mut self, user: UserId) {
        if self.of.contains_key(&user) {
            self.unknown.insert(user);
        }
    }

    /// What others may see of somebody, as far as this node knows.
    pub(super) fn visible(&self, user: UserId) -> PresenceState {
        self.of
            .get(&user)
            .map_or(PresenceState::Offline, Present::visible)
    }

    /// Whether a user who is there lets that be seen.
    pub(super) fn is_seen(&self, user: UserId) -> bool {
        let privacy = self.of.get(&user).and_then(|present| present.privacy);
        privacy.is_some_and(|privacy| !privacy.invisible)
    }

    /// When somebody is gone who did not come back, or a setting is to be looked up.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        let is_due = !self.unknown.is_empty() || !self.touched.is_empty();
        let falls = self.falls.first().map(|(at, _)| *at);
        is_due.then_some(now).or(falls)
    }

    /// Those of whom others are to be told something else than before.
    pub(super) fn take_changed(&mut self, now: Instant) -> Vec<(UserId, PresenceState)> {
        while let Some(&(at, user)) = self.falls.first()
            && at <= now
        {
            self.falls.pop_first();
            if let Some(present) = self.of.get_mut(&user) {
                present.falls = None;
                present.state = present.shown();
                self.touched.insert(user);
            }
        }
        let mut changed = Vec::new();
        for user in std::mem::take(&mut self.touched) {
            let Some(present) = self.of.get_mut(&user) else {
                continue;
            };
            let visible = present.visible();
            if std::mem::replace(&mut present.told, visible) != visible {
                changed.push((user, visible));
            }
            if present.state == PresenceState::Offline {
                self.of.remove(&user);
                self.unknown.remove(&user);
            }
        }
        changed
    }
}

impl Present {
    fn count(&mut self, attention: Attention) -> Option<&mut u32> {
        match attention {
            Attention::Gone => None,
            Attention::Background => Some(&mut self.background),
            Attention::Foreground => Some(&mut self.foreground),
        }
    }

    /// What the connections show now.
    fn shown(&self) -> PresenceState {
        match (self.foreground, self.background) {
            (0, 0) => PresenceState::Offline,
            (0, _) => PresenceState::Away,
            _ => PresenceState::Online,
        }
    }

    fn visible(&self) -> PresenceState {
        match self.privacy {
            Some(privacy) if !privacy.invisible => self.state,
            Some(_) | None => PresenceState::Offline,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hongyan_protocol::PresenceState::{Away, Offline, Online};

    use super::Attention::{Background, Foreground, Gone};
    use super::*;

    fn user(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    /// One user, with a connection since then.
    fn there(at: Instant) -> Presences {
        let mut presences = Presences::default();
        presences.attend(user(1), Gone, Foreground, at);
        assert_eq!(presences.take_changed(at), [], "nothing is known yet");
        assert_eq!(presences.take_unknown(10), [user(1)]);
        presences.know(user(1), Privacy::default());
        assert_eq!(presences.take_changed(at), [(user(1), Online)]);
        presences
    }

    #[test]
    fn who_comes_back_soon_never_went() {
        let start = Instant::now();
        let mut presences = there(start);
        presences.attend(user(1), Foreground, Gone, start);
        let soon = start + PRESENCE_DAMPED - Duration::from_millis(1);
        assert_eq!(presences.take_changed(soon), []);
        assert_eq!(presences.visible(user(1)), Online);
        presences.attend(user(1), Gone, Foreground, soon);
        let later = start + 2 * PRESENCE_DAMPED;
        assert_eq!(presences.take_changed(later), []);
        presences.attend(user(1), Foreground, Gone, later);
        let gone = later + PRESENCE_DAMPED;
        assert_eq!(presences.next(later), Some(gone));
        assert_eq!(presences.take_changed(gone), [(user(1), Offline)]);
        assert!(presences.of.is_empty() && presences.falls.is_empty());
    }

    #[test]
    fn away_is_who_looks_at_no_device() {
        let start = Instant::now();
        let mut presences = there(start);
        presences.attend(user(1), Gone, Background, start);
        presences.attend(user(1), Foreground, Background, start);
        let later = start + PRESENCE_DAMPED;
        assert_eq!(presences.take_changed(later), [(user(1), Away)]);
        presences.attend(user(1), Background, Foreground, later);
        assert_eq!(
            presences.take_changed(later),
            [(user(1), Online)],
            "at once"
        );
        presences.attend(user(1), Foreground, Gone, later);
        let last = later + PRESENCE_DAMPED;
        assert_eq!(presences.take_changed(last), [(user(1), Away)]);
    }

    #[test]
    fn who_is_invisible_is_offline() {
        let start = Instant::now();
        let mut presences = there(start);
        let invisible = Privacy {
            invisible: true,
            ..Privacy::default()
        };
        presences.doubt(user(1));
        assert_eq!(presences.take_unknown(10), [user(1)]);
        presences.know(user(1), invisible);
        assert_eq!(presences.take_changed(start), [(user(1), Offline)]);
        assert!(!presences.is_seen(user(1)));
        presences.attend(user(1), Foreground, Gone, start);
        let later = start + PRESENCE_DAMPED;
        assert_eq!(presences.take_changed(later), [], "nobody sees it");
        assert!(presences.of.is_empty());
    }
}
