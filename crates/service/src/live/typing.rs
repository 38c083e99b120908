//! Who is writing now, and when it is told: pure, with the time as an argument.

use std::collections::{BTreeMap, BTreeSet};

use hongyan_protocol::limits::{TYPING_LASTS, TYPISTS_NAMED};
use hongyan_protocol::{ConversationId, Typists, UserId};
use tokio::time::Instant;

use crate::limits::{LIVE_INTERVAL, TYPING_CONVERSATIONS, TYPING_RENEWED, TYPISTS};

/// Who is told that somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Audience {
    pub(super) conv: ConversationId,
    /// The other one, in a conversation of two. `None` for all who look at it.
    pub(super) only: Option<UserId>,
}

/// Who writes to one audience.
#[derive(Default)]
struct Writing {
    /// In the order in which they began, and until when they count.
    users: Vec<(UserId, Instant)>,
    /// When it was last told, and of how many.
    told: Option<(Instant, usize)>,
    /// When it is looked at next.
    due: Option<Instant>,
}

/// Everybody who is writing.
#[derive(Default)]
pub(super) struct Writers {
    of: BTreeMap<Audience, Writing>,
    due: BTreeSet<(Instant, Audience)>,
}

impl Writers {
    /// Whether this user said so a moment ago, so that nothing is to be looked up again.
    pub(super) fn is_fresh(&self, conv: ConversationId, user: UserId, now: Instant) -> bool {
        let audiences = audiences(conv);
        self.of.range(audiences).any(|(_, writing)| {
            let own = writing.users.iter().find(|(writer, _)| *writer == user);
            own.is_some_and(|(_, until)| *until > now + (TYPING_LASTS - TYPING_RENEWED))
        })
    }

    /// Somebody writes, from now on or still.
    pub(super) fn note(&mut self, audience: Audience, user: UserId, now: Instant) {
        if self.of.len() >= TYPING_CONVERSATIONS && !self.of.contains_key(&audience) {
            return;
        }
        let writing = self.of.entry(audience).or_default();
        let until = now + TYPING_LASTS;
        let known = writing.users.iter().position(|(writer, _)| *writer == user);
        match known {
            Some(known) => writing.users[known].1 = until,
            None if writing.users.len() < TYPISTS => writing.users.push((user, until)),
            None => return,
        }
        self.tell_soon(audience, now);
    }

    /// Somebody does not write any more.
    pub(super) fn stop(&mut self, conv: ConversationId, user: UserId, now: Instant) {
        for audience in self.audiences_of(conv) {
            let Some(writing) = self.of.get_mut(&audience) else {
                continue;
            };
            let before = writing.users.len();
            writing.users.retain(|(writer, _)| *writer != user);
            if writing.users.len() < before {
                self.tell_soon(audience, now);
            }
        }
    }

    /// Somebody new looks at the conversation: who writes is told again.
    pub(super) fn tell_again(&mut self, conv: ConversationId, now: Instant) {
        let audience = Audience { conv, only: None };
        if self.of.contains_key(&audience) {
            self.tell_soon(audience, now);
        }
    }

    /// Forgets who writes to those who look: nobody does any more.
    pub(super) fn forget(&mut self, conv: ConversationId) {
        let audience = Audience { conv, only: None };
        if let Some(due) = self.of.remove(&audience).and_then(|writing| writing.due) {
            self.due.remove(&(due, audience));
        }
    }

    /// Whether nobody writes at all.
    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// When there is something to tell.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// What is to be told now, if anything.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(Audience, Typists)> {
        while let Some(&(due, audience)) = self.due.first()
            && due <= now
        {
            self.due.pop_first();
            let Some(writing) = self.of.get_mut(&audience) else {
                continue;
            };
            writing.due = None;
            writing.users.retain(|(_, until)| *until > now);
            let count = writing.users.len();
            if count == 0 && writing.told.is_none_or(|(_, before)| before == 0) {
                self.of.remove(&audience);
                continue;
            }
            writing.told = Some((now, count));
            let typists = writing.typists(audience.conv);
            // Who does not repeat it is taken off when the time is over. That nobody is left is kept for as long as no
            // frame may follow.
            let ends = writing.users.iter().map(|(_, until)| *until).min();
            self.look_at(audience, ends.unwrap_or(now + LIVE_INTERVAL));
            return Some((audience, typists));
        }
        None
    }

    fn audiences_of(&self, conv: ConversationId) -> Vec<Audience> {
        let of = self.of.range(audiences(conv));
        of.map(|(audience, _)| *audience).collect()
    }

    /// At once, or when a frame may follow the last one.
    fn tell_soon(&mut self, audience: Audience, now: Instant) {
        let told = self.of.get(&audience).and_then(|writing| writing.told);
        let may = told.map_or(now, |(told_at, _)| now.max(told_at + LIVE_INTERVAL));
        self.look_at(audience, may);
    }

    fn look_at(&mut self, audience: Audience, at: Instant) {
        let Some(writing) = self.of.get_mut(&audience) else {
            return;
        };
        match writing.due {
            Some(due) if due <= at => return,
            Some(due) => {
                self.due.remove(&(due, audience));
            }
            None => {}
        }
        writing.due = Some(at);
        self.due.insert((at, audience));
    }
}

impl Writing {
    fn typists(&self, conv: ConversationId) -> Typists {
        let users = self.users.iter().map(|(user, _)| *user);
        Typists {
            conv,
            users: users.take(TYPISTS_NAMED).collect(),
            others: self.users.len().saturating_sub(TYPISTS_NAMED) as u64,
        }
    }
}

/// All audiences in a conversation.
fn audiences(conv: ConversationId) -> std::ops::RangeInclusive<Audience> {
    let last = UserId::from_trusted((1 << 53) - 1);
    let first = Audience { conv, only: None };
    let last = Audience {
        conv,
        only: Some(last),
    };
    first..=last
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn user(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    fn group(number: u64) -> Audience {
        Audience {
            conv: ConversationId::new(number).unwrap(),
            only: None,
        }
    }

    fn told(writers: &mut Writers, now: Instant) -> Vec<(Vec<UserId>, u64)> {
        let due = std::iter::from_fn(|| writers.take_due(now));
        due.map(|(_, typists)| (typists.users, typists.others))
            .collect()
    }

    #[test]
    fn many_are_counted_and_told_once_a_second() {
        let (mut writers, start) = (Writers::default(), Instant::now());
        writers.note(group(1), user(1), start);
        assert_eq!(told(&mut writers, start), [(vec![user(1)], 0)]);
        for number in 2..=6 {
            writers.note(group(1), user(number), start);
        }
        assert_eq!(told(&mut writers, start), [], "not within the second");
        let next = start + LIVE_INTERVAL;
        assert_eq!(writers.next(), Some(next));
        let first = vec![user(1), user(2), user(3)];
        assert_eq!(told(&mut writers, next), [(first, 3)]);
    }

    #[test]
    fn it_lasts_until_it_is_said_or_not_repeated() {
        let (mut writers, start) = (Writers::default(), Instant::now());
        writers.note(group(1), user(1), start);
        writers.note(group(1), user(2), start);
        told(&mut writers, start);
        let later = start + Duration::from_secs(3);
        writers.note(group(1), user(2), later);
        assert_eq!(
            told(&mut writers, later).len(),
            1,
            "a repetition is told too"
        );
        let over = start + TYPING_LASTS;
        assert_eq!(writers.next(), Some(over));
        assert_eq!(told(&mut writers, over), [(vec![user(2)], 0)]);
        writers.stop(group(1).conv, user(2), over);
        assert_eq!(told(&mut writers, over), [], "not within the second");
        let silent = over + LIVE_INTERVAL;
        assert_eq!(told(&mut writers, silent), [(vec![], 0)]);
        writers.note(group(1), user(1), silent);
        assert_eq!(told(&mut writers, silent), [], "not within the second");
        let again = silent + LIVE_INTERVAL;
        assert_eq!(told(&mut writers, again), [(vec![user(1)], 0)]);
        let end = again + TYPING_LASTS;
        assert_eq!(told(&mut writers, end), [(vec![], 0)]);
        assert_eq!(told(&mut writers, end + LIVE_INTERVAL), []);
        assert!(writers.is_empty() && writers.next().is_none());
    }

    #[test]
    fn who_repeats_it_too_soon_is_known_already() {
        let (mut writers, start) = (Writers::default(), Instant::now());
        let is_fresh = |writers: &Writers, ms| {
            let now = start + Duration::from_millis(ms);
            writers.is_fresh(group(1).conv, user(1), now)
        };
        assert!(!is_fresh(&writers, 0));
        writers.note(group(1), user(1), start);
        assert!(is_fresh(&writers, 1000));
        assert!(!is_fresh(&writers, 3000));
    }

    #[test]
    fn nobody_writes_without_bound() {
        let (mut writers, now) = (Writers::default(), Instant::now());
        for number in 0..2 * TYPISTS as u64 {
            writers.note(group(1), user(number), now);
        }
        assert_eq!(writers.of[&group(1)].users.len(), TYPISTS);
        for number in 0..=TYPING_CONVERSATIONS as u64 {
            writers.note(group(number + 1), user(1), now);
        }
        assert_eq!(writers.of.len(), TYPING_CONVERSATIONS);
        writers.forget(group(1).conv);
        assert_eq!(writers.due.len(), TYPING_CONVERSATIONS - 1);
    }
}
