//! Wakes connections for droppable frames (receipts), a moment later and all at once.
//!
//! A receipt by itself would cost a wake-up and a system call. Most receipts go out a moment later with a message
//! or an answer, for nothing.
//!
//! Owns: the connections that may have only droppable frames waiting.
//! Promises: bounded by the number of connections, because each is in here at most once.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::limits::{DROPPABLE_WAIT, LANE_STEP};
use crate::outbox::Outbox;

#[derive(Default)]
pub(crate) struct Nudges {
    owed: Mutex<Vec<Arc<Outbox>>>,
    wake: Arc<Notify>,
}

impl Nudges {
    /// Starts the task that wakes connections. It ends when nobody can owe a nudge any more.
    pub(crate) fn start() -> Arc<Self> {
        let nudges = Arc::<Self>::default();
        tokio::spawn(nudge(Arc::downgrade(&nudges), Arc::clone(&nudges.wake)));
        nudges
    }

    /// Wakes this connection in a while.
    pub(crate) fn owe(&self, outbox: &Arc<Outbox>) {
        let mut owed = self.owed.lock();
        owed.push(Arc::clone(outbox));
        if owed.len() == 1 {
            self.wake.notify_one();
        }
    }
}

impl Drop for Nudges {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

async fn nudge(nudges: Weak<Nudges>, wake: Arc<Notify>) {
    loop {
        wake.notified().await;
        tokio::time::sleep(DROPPABLE_WAIT).await;
        let Some(nudges) = nudges.upgrade() else {
            return;
        };
        let owed = std::mem::take(&mut *nudges.owed.lock());
        drop(nudges);
        for some in owed.chunks(LANE_STEP) {
            some.iter().for_each(|outbox| outbox.nudge());
            // Each will write: others go on in between.
            tokio::task::yield_now().await;
        }
    }
}
