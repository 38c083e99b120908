//! Stands for `crate::sync` of the gateway: Shuttle's versions, and a timer that works as Tokio's does.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pub(crate) use shuttle::sync::Arc;
pub(crate) use shuttle::sync::MutexGuard;
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// A lock without poisoning, as `parking_lot` has it.
#[derive(Default)]
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("a run ends at its first panic")
    }
}

/// A time, counted in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(pub(crate) u64);

/// What moves the time on, for one timer.
///
/// The steps that other threads can see are Tokio's: a timer is marked as elapsed, then its waker is taken, both under
/// the driver's lock, and the waker is woken after that. To ask whether it has elapsed, and to leave a waker, takes no
/// driver's lock.
pub(crate) struct Driver {
    wheel: Mutex<Wheel>,
    has_elapsed: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

struct Wheel {
    now: Instant,
    /// When the timer is to fire, where it is registered.
    due: Option<Instant>,
}

impl Driver {
    pub(crate) fn new() -> Arc<Self> {
        let wheel = Wheel {
            now: Instant(0),
            due: None,
        };
        Arc::new(Self {
            wheel: Mutex::new(wheel),
            has_elapsed: AtomicBool::new(false),
            waker: Mutex::new(None),
        })
    }

    pub(crate) fn now(&self) -> Instant {
        self.wheel.lock().now
    }

    pub(crate) fn advance_to(&self, now: Instant) {
        self.change(|wheel| wheel.now = now);
    }

    fn register(&self, due: Instant) {
        self.change(|wheel| {
            self.has_elapsed.store(false, Ordering::SeqCst);
            wheel.due = Some(due);
        });
    }

    /// Changes something, and fires the timer if it is due now.
    fn change(&self, change: impl FnOnce(&mut Wheel)) {
        let mut wheel = self.wheel.lock();
        change(&mut wheel);
        if wheel.due.is_none_or(|due| wheel.now < due) {
            return;
        }
        wheel.due = None;
        self.has_elapsed.store(true, Ordering::SeqCst);
        let waker = self.waker.lock().take();
        drop(wheel);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Has the interface of `tokio::time::Sleep`, as far as the alarm uses it.
pub(crate) struct Sleep {
    driver: Arc<Driver>,
    deadline: Instant,
    is_registered: bool,
}

impl Sleep {
    pub(crate) fn until(deadline: Instant, driver: &Arc<Driver>) -> Self {
        Self {
            driver: Arc::clone(driver),
            deadline,
            is_registered: false,
        }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn is_elapsed(&self) -> bool {
        self.is_registered && self.driver.has_elapsed.load(Ordering::SeqCst)
    }

    pub(crate) fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.deadline = deadline;
        self.is_registered = true;
        self.driver.register(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if !self.is_registered {
            let deadline = self.deadline;
            self.as_mut().reset(deadline);
        }
        *self.driver.waker.lock() = Some(context.waker().clone());
        if self.is_elapsed() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}
