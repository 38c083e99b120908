//! When to connect again, or never.
//!
//! Owns: the time of the next attempt, over failures, goodbyes and wake-ups.
//! Promises: waits grow exponentially with full jitter ([`Backoff`]); a terminal close code ends
//! it; a network that comes back is tried at once, but never within [`Policy::spacing`] of the
//! last attempt.
//! Not here: sockets, and what made the connection break.

use std::time::Duration;

use hongyan_protocol::{Bye, CloseCode};

use crate::{Backoff, Tick};

/// The times of [`Reconnect`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Between attempts.
    pub backoff: Backoff,
    /// The longest wait that the server's `bye` may ask for.
    pub bye_cap: Duration,
    /// A connection that stayed welcome for this long counts as a success: the waits start anew.
    pub stable: Duration,
    /// From one attempt to the next that a wake-up may cause, however often the network comes back.
    pub spacing: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            backoff: Backoff {
                base: Duration::from_millis(500),
                cap: Duration::from_secs(30),
            },
            bye_cap: Duration::from_secs(5 * 60),
            stable: Duration::from_secs(10),
            spacing: Duration::from_millis(500),
        }
    }
}

/// What to do now that there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Connect at this time.
    At(Tick),
    /// Do not: the server closed with this terminal code. Sign in again, or update the client.
    Never(u16),
}

/// When to connect again: see the [module](self).
#[derive(Debug, Clone)]
pub struct Reconnect {
    policy: Policy,
    /// Attempts in a row that came to nothing lasting.
    failures: u32,
    last_attempt: Option<Tick>,
    welcomed_at: Option<Tick>,
    /// What the server asked for before it closed.
    bye: Option<Duration>,
    waiting: Option<Tick>,
}

impl Reconnect {
    /// Nothing was tried yet.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            failures: 0,
            last_attempt: None,
            welcomed_at: None,
            bye: None,
            waiting: None,
        }
    }

    /// An attempt begins.
    pub fn attempt(&mut self, now: Tick) {
        self.last_attempt = Some(now);
        self.welcomed_at = None;
        self.bye = None;
        self.waiting = None;
    }

    /// The attempt came to `welcome`.
    pub fn welcomed(&mut self, now: Tick) {
        self.welcomed_at = Some(now);
    }

    /// The server says when to come back; the close follows.
    pub fn bye(&mut self, bye: &Bye) {
        let asked = Duration::from_millis(bye.retry_after_ms);
        self.bye = Some(asked.min(self.policy.bye_cap));
    }

    /// The attempt failed or the connection broke, with the close code if there was one. `random` is
    /// uniform over all of `u64`.
    pub fn lost(&mut self, code: Option<u16>, random: u64, now: Tick) -> Next {
        self.waiting = None;
        if let Some(code) = code.filter(|code| !CloseCode::means_reconnect(*code)) {
            return Next::Never(code);
        }
        let welcomed_at = self.welcomed_at.take();
        if welcomed_at.is_some_and(|at| now.since(at) >= self.policy.stable) {
            self.failures = 0;
        }
        let wait = match self.bye.take() {
            // The server has spread its clients already.
            Some(asked) => asked,
            None => self.policy.backoff.full_jitter(self.failures, random),
        };
        self.failures = self.failures.saturating_add(1);
        let at = now.after(wait);
        self.waiting = Some(at);
        Next::At(at)
    }

    /// The network is back, the machine woke up, or the user is impatient: the wait is cut short.
    /// `None` when nothing waits.
    pub fn wake(&mut self, now: Tick) -> Option<Next> {
        let planned = self.waiting?;
        let spaced = self
            .last_attempt
            .map_or(now, |at| at.after(self.policy.spacing));
        let at = planned.min(spaced.max(now));
        self.waiting = Some(at);
        Some(Next::At(at))
    }

    /// Failed attempts in a row, for showing.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Tick {
        Tick::from_millis(milliseconds)
    }

    fn lost(reconnect: &mut Reconnect, now: u64) -> Next {
        reconnect.lost(None, u64::MAX, at(now))
    }

    #[test]
    fn waits_double_up_to_the_cap_and_start_anew_after_a_stable_connection() {
        let mut reconnect = Reconnect::new(Policy::default());
        for ceiling in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            reconnect.attempt(at(0));
            assert_eq!(lost(&mut reconnect, 0), Next::At(at(ceiling - 1)));
        }
        reconnect.attempt(at(0));
        reconnect.welcomed(at(100));
        assert_eq!(
            lost(&mut reconnect, 10_099),
            Next::At(at(10_099 + 29_999)),
            "welcome, and gone again before it was stable"
        );
        reconnect.attempt(at(50_000));
        reconnect.welcomed(at(50_000));
        assert_eq!(lost(&mut reconnect, 60_000), Next::At(at(60_499)));
    }

    #[test]
    fn a_terminal_code_ends_it() {
        for code in CloseCode::ALL {
            let mut reconnect = Reconnect::new(Policy::default());
            reconnect.attempt(at(0));
            let next = reconnect.lost(Some(code.number()), 0, at(0));
            let terminal = !CloseCode::means_reconnect(code.number());
            assert_eq!(next == Next::Never(code.number()), terminal, "{code:?}");
            assert_eq!(reconnect.wake(at(1)).is_none(), terminal, "{code:?}");
        }
    }

    #[test]
    fn a_goodbye_says_when() {
        let mut reconnect = Reconnect::new(Policy::default());
        for (asked, expected) in [(7_000, 7_000), (u64::MAX, 300_000)] {
            reconnect.attempt(at(0));
            reconnect.welcomed(at(0));
            reconnect.bye(&Bye {
                code: CloseCode::Shutdown.as_str().into(),
                retry_after_ms: asked,
            });
            let next = reconnect.lost(Some(CloseCode::Shutdown.number()), 0, at(0));
            assert_eq!(next, Next::At(at(expected)));
        }
    }

    #[test]
    fn a_wake_up_cuts_the_wait_short_but_not_below_the_spacing() {
        let mut reconnect = Reconnect::new(Policy::default());
        assert_eq!(reconnect.wake(at(0)), None);
        for _ in 0..5 {
            reconnect.attempt(at(0));
            lost(&mut reconnect, 0);
        }
        assert_eq!(reconnect.wake(at(100)), Some(Next::At(at(500))));
        assert_eq!(reconnect.wake(at(900)), Some(Next::At(at(500))));
        reconnect.attempt(at(900));
        assert_eq!(reconnect.wake(at(901)), None, "the attempt is under way");
    }
}
