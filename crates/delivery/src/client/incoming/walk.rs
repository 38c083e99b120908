//! The walk through the pages of `sync`.

use std::time::Duration;

use crate::Tick;

/// The walk through the pages of `sync`.
///
/// A walk that was cut off goes on where it was on the next connection, so that a large account
/// on a poor network gets to the end at some time. What changed since it began is not in its
/// later pages; so a resumed walk is followed by another one at once.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Of the last walk that came to its end.
    pub(super) cursor: Option<Box<str>>,
    /// Of the last page, while a walk is not at its end.
    pub(super) within: Option<Box<str>>,
    state: State,
    failures: u32,
    /// Walks that began on a connection of which every push was seen, and so on counted.
    number: u64,
    /// The present walk began on an earlier connection.
    is_resumed: bool,
    /// Another walk is to follow at once.
    again: bool,
    /// A walk came to its end on this connection.
    is_complete: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Disconnected,
    /// The next page, or the next walk, is asked for at this time.
    Waiting(Tick),
    /// The answer is waited for until this time.
    Outstanding(Tick),
}

impl Walk {
    pub(super) fn restore(cursor: Option<Box<str>>, within: Option<Box<str>>) -> Self {
        Self {
            cursor,
            within,
            ..Self::default()
        }
    }

    pub(super) fn connected(&mut self, now: Tick) {
        self.is_resumed = self.within.is_some();
        self.is_complete = false;
        self.state = State::Waiting(now);
    }

    pub(super) fn disconnected(&mut self) {
        self.state = State::Disconnected;
        self.failures = 0;
    }

    /// What to ask for now, if its time has come.
    pub(super) fn ask(&mut self, now: Tick, until: Tick) -> Option<Option<Box<str>>> {
        match self.state {
            State::Waiting(at) if at <= now => {}
            State::Waiting(_) | State::Outstanding(_) | State::Disconnected => return None,
        }
        self.state = State::Outstanding(until);
        if self.within.is_some() {
            return Some(self.within.clone());
        }
        self.number += 1;
        self.again = false;
        Some(self.cursor.clone())
    }

    /// Whether an answer is waited for.
    pub(super) fn is_outstanding(&self) -> bool {
        matches!(self.state, State::Outstanding(_))
    }

    /// A page came. Returns the number of the walk, if this was its end and it saw everything that
    /// was committed before it began.
    pub(super) fn page(
        &mut self,
        cursor: Box<str>,
        more: bool,
        now: Tick,
        resync: Duration,
    ) -> Option<u64> {
        self.failures = 0;
        if more {
            self.within = Some(cursor);
            self.state = State::Waiting(now);
            return None;
        }
        self.within = None;
        self.cursor = Some(cursor);
        if std::mem::take(&mut self.is_resumed) {
            self.state = State::Waiting(now);
            return None;
        }
        self.is_complete = true;
        self.state = State::Waiting(if self.again { now } else { now.after(resync) });
        Some(self.number)
    }

    /// The page is waited for until then, or later.
    pub(super) fn put_off(&mut self, until: Tick) {
        if let State::Outstanding(at) = &mut self.state {
            *at = until.max(*at);
        }
    }

    /// The page that came is not counted: the walk begins anew.
    pub(super) fn restart(&mut self, now: Tick) {
        self.failures = 0;
        self.state = State::Waiting(now);
    }

    /// What [`ask`](Self::ask) will say.
    pub(super) fn position(&self) -> Option<&str> {
        self.within.as_deref().or(self.cursor.as_deref())
    }

    /// No page came, and none is asked for until this time.
    pub(super) fn rest(&mut self, until: Tick) {
        self.failures = self.failures.saturating_add(1);
        self.state = State::Waiting(until);
    }

    /// Failures in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Begins the next walk now, unless one is under way.
    pub(super) fn hurry(&mut self, now: Tick) {
        if let (State::Waiting(at), None, 0) = (self.state, &self.within, self.failures) {
            self.state = State::Waiting(at.min(now));
        }
    }

    /// Begins the next walk now, or after the one under way.
    pub(super) fn want_another(&mut self, now: Tick) {
        self.again = true;
        self.hurry(now);
    }

    /// The walk that an entry seen now can rely on is one with a higher number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Whether a walk came to its end on this connection.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether the answer was waited for too long.
    pub(super) fn is_expired(&self, now: Tick) -> bool {
        matches!(self.state, State::Outstanding(until) if until <= now)
    }

    pub(super) fn next_deadline(&self) -> Option<Tick> {
        match self.state {
            State::Waiting(at) | State::Outstanding(at) => Some(at),
            State::Disconnected => None,
        }
    }
}
