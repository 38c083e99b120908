//! The callers that wait for the outcome of requests in the outbox.

use std::collections::HashMap;

use hongyan_protocol::{ClientId, Sent};
use tokio::sync::oneshot;

use crate::SendError;

type Answer = oneshot::Sender<Result<Sent, SendError>>;

#[derive(Debug, Default)]
struct Waiter {
    /// None for a request of an earlier run.
    answer: Option<Answer>,
    was_sent: bool,
}

/// Who waits, one for each request in the outbox, so bounded as it is.
#[derive(Debug, Default)]
pub(super) struct Waiters(HashMap<ClientId, Waiter>);

impl Waiters {
    /// A request entered the outbox.
    pub(super) fn submitted(&mut self, client_id: ClientId, answer: Option<Answer>) {
        let was_sent = false;
        self.0.insert(client_id, Waiter { answer, was_sent });
    }

    /// A request is on its way; `true` the first time.
    pub(super) fn sending(&mut self, client_id: &ClientId) -> bool {
        let waiter = self.0.get_mut(client_id);
        waiter.is_some_and(|waiter| !std::mem::replace(&mut waiter.was_sent, true))
    }

    /// A request left the outbox.
    pub(super) fn settled(&mut self, client_id: &ClientId, result: Result<Sent, SendError>) {
        if let Some(answer) = self.0.remove(client_id).and_then(|waiter| waiter.answer) {
            let _ = answer.send(result);
        }
    }
}
