//! What the bell, the alarm and the outbox share between threads.
//!
//! `tests/wakeups` builds the same three files with a scheduler's versions of these, and tries many orders of their steps.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

pub(crate) use parking_lot::{Mutex, MutexGuard};
pub(crate) use tokio::time::{Instant, Sleep};
