//! A timer that is cheap to poll.
//!
//! A connection's task wakes a few times for each message. The runtime's timer, polled each time, would take a
//! twentieth of the task's instructions, because it notes the same waker again.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::sync::{Instant, Sleep};

/// One task waits for it.
pub(super) struct Alarm<'a> {
    timer: Pin<&'a mut Sleep>,
    /// Whether the timer has the task's waker. It gives it away only when its time has come.
    has_waker: bool,
}

impl<'a> Alarm<'a> {
    pub(super) fn new(timer: Pin<&'a mut Sleep>) -> Self {
        Self {
            timer,
            has_waker: false,
        }
    }

    /// Sees to it that it rings at this time or before. One that rings too early finds nothing to be done and is set
    /// again; so what only moves its time away need not touch it.
    pub(super) fn set(&mut self, at: Instant) {
        if self.timer.is_elapsed() || at < self.timer.deadline() {
            self.timer.as_mut().reset(at);
            self.has_waker = false;
        }
    }

    /// Returns when its time has come. Cancel-safe; always from the same task.
    pub(super) async fn rings(&mut self) {
        poll_fn(|context| self.poll(context)).await
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.has_waker && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.has_waker = true;
        self.timer.as_mut().poll(context)
    }
}
