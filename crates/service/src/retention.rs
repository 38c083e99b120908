//! Retention at work: takes away what is not to be kept, by and by.
//!
//! clock → walk over all conversations, in steps → store → sink (this node) and bus (the others)
//!
//! Owns: when a step is made.
//! Promises: between two steps others have the store for themselves. What fails is tried again with the next walk.
//! Not here: what is to be taken away (`hongyan_store::rules`), and how (`Maintenance::retain`).

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use hongyan_bus::{Bus, Event, Notice};
use hongyan_protocol::{ConversationId, Floor, ServerFrame};
use hongyan_store::{RetainStep, Retained, Retention, Store, StoreError};
use tokio::time::sleep;

use crate::limits::{RETAINED_A_STEP, RETENTION_LOOK_PAUSE, RETENTION_PAUSE};
use crate::{Clock, Parts, Sink};

/// Starts the task. It ends when nobody has the store any more.
pub(crate) fn start(parts: &Parts) {
    let retaining = Retaining {
        store: Arc::downgrade(&parts.store),
        sink: Arc::clone(&parts.sink),
        bus: Arc::clone(&parts.bus),
        clock: Arc::clone(&parts.clock),
        keep: parts.rules.keep,
    };
    let every = parts.rules.keep_looks_every.max(Duration::from_secs(1));
    tokio::spawn(async move {
        while retaining.walk().await {
            sleep(every).await
        }
    });
}

struct Retaining {
    store: Weak<dyn Store>,
    sink: Arc<dyn Sink>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    keep: Retention,
}

/// What a walk did.
#[derive(Default)]
struct Tally {
    conversations: usize,
    bodies: u64,
    bytes: u64,
}

impl Retaining {
    /// Goes over all conversations. `false` when the store is gone.
    async fn walk(&self) -> bool {
        let mut tally = Tally::default();
        let mut step = RetainStep {
            keep: self.keep,
            now: self.clock.now(),
            after: ConversationId::default(),
            bodies: RETAINED_A_STEP,
        };
        loop {
            let done = match self.step(step).await {
                None => return false,
                Some(Ok(done)) => done,
                Some(Err(error)) => {
                    tracing::warn!(%error, "what is not to be kept is taken away with the next walk");
                    break;
                }
            };
            tally.add(&done);
            self.tell(&done);
            let Some(next) = done.next else {
                break;
            };
            step.after = next;
            let has_written = done.bodies + done.packed + done.bytes > 0 || !done.floors.is_empty();
            sleep(match has_written {
                true => RETENTION_PAUSE,
                false => RETENTION_LOOK_PAUSE,
            })
            .await;
        }
        tally.say();
        true
    }

    /// One step; `None` when the store is gone.
    async fn step(&self, step: RetainStep) -> Option<Result<Retained, StoreError>> {
        let store = self.store.upgrade()?;
        Some(store.retain(step).await)
    }

    /// Tells whoever is connected of the floors that have risen. Whoever is not hears of it with the next sync.
    fn tell(&self, done: &Retained) {
        for risen in &done.floors {
            let (conv, floor) = (risen.conv, risen.floor);
            let frame = ServerFrame::Floor(Floor { conv, floor }).encode(None);
            let notice = Notice {
                recipients: Arc::clone(&risen.members),
                event: Event::Droppable {
                    frame: Bytes::from(frame),
                },
            };
            self.sink.deliver(&notice, None);
            self.bus.publish(notice);
        }
    }
}

impl Tally {
    fn add(&mut self, done: &Retained) {
        self.conversations += done.floors.len();
        self.bodies += done.bodies;
        self.bytes += done.bytes;
    }

    fn say(&self) {
        let Self {
            conversations,
            bodies,
            bytes,
        } = self;
        if conversations + usize::try_from(bodies + bytes).unwrap_or(usize::MAX) > 0 {
            tracing::info!(
                conversations,
                bodies,
                bytes,
                "retention: what is not to be kept was taken away, and disk was given back"
            );
        }
    }
}
