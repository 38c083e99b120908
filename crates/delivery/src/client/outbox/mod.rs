//! Requests that append, in order, sent again until they are answered.
//!
//! application → **`Outbox`** → socket
//!
//! Owns: every request from its submission to its answer, over any number of connections.
//! Promises: for each target, requests take effect in the order of submission, each once: the
//! same `client_id` at every attempt makes a retry harmless, and by default only one request for
//! a target is in flight, so that a retry never overtakes or is overtaken.
//! Refuses: more than [`Policy::capacity`] requests at a time.
//! Not here: numbers for `req` (the SDK's), and keeping requests over a restart: save
//! [`Outbox::pending`] and submit them again in that order.

use hongyan_protocol::{ClientId, Failure, Sent};

mod append;
mod policy;

pub use append::Append;
pub use policy::Policy;

use crate::Tick;

/// What the SDK has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send this request; answer with [`Outbox::sent`] or [`Outbox::failed`].
    Request(Append),
    /// Tell the application: it is on the server's disk.
    Done(Sent),
    /// Tell the application: it will never be; sending the same again would fail the same.
    Failed {
        /// The request.
        append: Append,
        /// Why.
        failure: Failure,
    },
    /// A request stayed without an answer: break the connection and make a new one.
    Reconnect,
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too many are waiting. Nothing was changed.
    #[error("the outbox is full")]
    Full,
    /// One under the same client id is waiting.
    #[error("the client id is already in the outbox")]
    Duplicate,
}

/// Requests that append, in order: see the [module](self).
#[derive(Debug)]
pub struct Outbox {
    policy: Policy,
}

impl Outbox {
    /// An empty outbox, not connected.
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    /// Takes a request, and sends it when its turn comes.
    pub fn submit(
        &mut self,
        append: Append,
        now: Tick,
        out: &mut Vec<Action>,
    ) -> Result<(), SubmitError> {
        let _ = (append, now, out, &self.policy);
        Ok(())
    }

    /// The connection is welcome.
    pub fn connected(&mut self, now: Tick, out: &mut Vec<Action>) {
        let _ = (now, out);
    }

    /// The connection broke: what was in flight will be sent again on the next one.
    pub fn disconnected(&mut self) {}

    /// Answers [`Action::Request`]. An answer to nothing in the outbox is ignored.
    pub fn sent(&mut self, sent: Sent, now: Tick, out: &mut Vec<Action>) {
        let _ = (sent, now, out);
    }

    /// Answers [`Action::Request`]. A retryable failure is tried again after `retry_after_ms` or a
    /// growing wait; any other is reported and the next request goes on. `random` is uniform over
    /// all of `u64`.
    pub fn failed(
        &mut self,
        client_id: &ClientId,
        failure: Failure,
        random: u64,
        now: Tick,
        out: &mut Vec<Action>,
    ) {
        let _ = (client_id, failure, random, now, out);
    }

    /// Takes back a request that is not in flight; `None` when it is, or is not there.
    pub fn cancel(&mut self, client_id: &ClientId) -> Option<Append> {
        let _ = client_id;
        None
    }

    /// When to call [`tick`](Self::tick) next.
    pub fn next_deadline(&self) -> Option<Tick> {
        None
    }

    /// Time passed.
    pub fn tick(&mut self, now: Tick, out: &mut Vec<Action>) {
        let _ = (now, out);
    }

    /// Every request that is not answered, in the order of submission.
    pub fn pending(&self) -> impl Iterator<Item = &Append> {
        std::iter::empty()
    }

    /// Requests that are not answered.
    pub fn len(&self) -> usize {
        0
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
