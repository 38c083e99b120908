//! A timer that is cheap to poll.
//!
//! A connection's task wakes a few times for each message. The runtime's timer, polled each time, would take a
//! twentieth of the task's instructions, because it notes the same waker again.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

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

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.has_waker && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.has_waker = true;
        self.timer.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{sleep, sleep_until};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_secs(1);

    impl Alarm<'_> {
        async fn is_ringing(&mut self) -> bool {
            poll_fn(|context| Poll::Ready(self.poll(context).is_ready())).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_at_its_time_however_often_it_was_looked_at() {
        let start = Instant::now();
        let timer = sleep_until(start);
        tokio::pin!(timer);
        let mut alarm = Alarm::new(timer);
        alarm.rings().await;
        for _ in 0..3 {
            let before = Instant::now();
            alarm.set(before + LONG);
            for _ in 0..3 {
                assert!(!alarm.is_ringing().await);
            }
            sleep(SHORT).await;
            assert!(!alarm.is_ringing().await);
            alarm.rings().await;
            let waited = before.elapsed();
            assert!(waited >= LONG && waited < LONG + SHORT, "{waited:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_can_be_set_earlier_while_it_waits_but_not_later() {
        let start = Instant::now();
        let timer = sleep_until(start + LONG);
        tokio::pin!(timer);
        let mut alarm = Alarm::new(timer);
        assert!(!alarm.is_ringing().await);
        alarm.set(start + SHORT);
        alarm.set(start + LONG);
        alarm.rings().await;
        let waited = start.elapsed();
        assert!(waited >= SHORT && waited < 2 * SHORT, "{waited:?}");
    }
}
