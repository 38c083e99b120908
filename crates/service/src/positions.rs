//! Delivered positions, gathered: acks come with every push, and only the last one counts.
//!
//! ack → **positions** → (every 100 ms) queue → store → receipts
//!
//! A crash loses at most that long of them, which is harmless: the client's next ack or sync
//! brings them again. Read positions are a person's act and are written at once.

use std::collections::HashMap;
use std::sync::Arc;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::Move;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::committer::{Job, Mover, Queue};
use crate::limits::{PENDING_POSITIONS, POSITION_DELAY};
use crate::{Caller, ConnectionId};

/// The positions that wait.
pub(crate) struct Positions {
    pending: Mutex<HashMap<(ConversationId, UserId), Pending>>,
    queue: Queue,
    wake: Notify,
}

/// A position that waits.
struct Pending {
    seq: Seq,
    /// Where it came from, if only from there: it knows.
    connection: Option<ConnectionId>,
}

impl Positions {
    /// Starts the task that writes them.
    pub(crate) fn start(queue: Queue) -> Arc<Self> {
        let positions = Arc::new(Self {
            pending: Mutex::default(),
            queue,
            wake: Notify::new(),
        });
        let weak = Arc::downgrade(&positions);
        tokio::spawn(async move {
            while let Some(positions) = weak.upgrade() {
                positions.wake.notified().await;
                tokio::time::sleep(POSITION_DELAY).await;
                positions.flush();
            }
        });
        positions
    }

    /// Notes that the caller holds `conv` up to `seq`, and knows that to be within the log.
    pub(crate) fn delivered(&self, caller: &Caller, conv: ConversationId, seq: Seq) {
        let connection = caller.connection();
        let mut pending = self.pending.lock();
        let full = pending.len() >= PENDING_POSITIONS;
        let first = pending.is_empty();
        match pending.entry((conv, caller.user())) {
            std::collections::hash_map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.seq = seq.max(known.seq);
                if known.connection != connection {
                    known.connection = None;
                }
            }
            std::collections::hash_map::Entry::Vacant(free) if !full => {
                free.insert(Pending { seq, connection });
            }
            std::collections::hash_map::Entry::Vacant(_) => {}
        }
        drop(pending);
        if first {
            self.wake.notify_one();
        }
    }

    /// Writes what waits, now.
    pub(crate) fn flush(&self) {
        let pending = std::mem::take(&mut *self.pending.lock());
        for ((conv, user), Pending { seq, connection }) in pending {
            let moved = Move {
                user,
                conv,
                read: None,
                delivered: Some(seq),
            };
            let mover = Mover {
                reply: None,
                connection,
            };
            self.queue.offer(Job::Move(moved, mover));
        }
    }
}
