//! How a request gets into the outbox: checked, then on the disk, then taken.

use hongyan_delivery::client::outbox::{self, Append};
use hongyan_protocol::ClientId;
use tokio::sync::oneshot;

use super::Driver;
use crate::journal::Record;
use crate::message::Draft;
use crate::{Event, SendHandle, SendState, StateError, SubmitError};

/// A request that was checked and waits for the disk.
#[derive(Debug)]
pub(super) struct Submission {
    append: Append,
    reply: Reply,
}

type Reply = oneshot::Sender<Result<SendHandle, SubmitError>>;

impl Driver {
    /// Checks a request, and puts it to the others of this turn.
    pub(super) fn submit(&mut self, draft: Draft, reply: Reply) {
        match self.checked(draft) {
            Ok(append) => self.submissions.push(Submission { append, reply }),
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        }
    }

    fn checked(&mut self, draft: Draft) -> Result<Append, SubmitError> {
        if matches!(self.link, super::Link::Ended) {
            return Err(SubmitError::Stopped);
        }
        if self.outlet.is_full() {
            return Err(SubmitError::EventsUnread);
        }
        if self.outbox.waiting() + self.submissions.len() >= self.outbox_capacity {
            return Err(SubmitError::Full);
        }
        let client_id = match draft.client_id() {
            Some(chosen) if self.is_taken(chosen) => return Err(SubmitError::Duplicate),
            Some(chosen) => chosen.clone(),
            None => self.ambient.client_id(),
        };
        draft.named(client_id)
    }

    fn is_taken(&self, client_id: &ClientId) -> bool {
        let submitted = self.submissions.iter().map(|submission| &submission.append);
        self.outbox
            .pending()
            .chain(submitted)
            .any(|append| append.client_id() == client_id)
    }

    /// Puts the requests of this turn on the disk, with one write, and then into the outbox.
    pub(super) async fn submit_all(&mut self) {
        if self.submissions.is_empty() {
            return;
        }
        let submissions = std::mem::take(&mut self.submissions);
        let records = submissions
            .iter()
            .map(|submission| Record::Submitted(submission.append.clone()))
            .collect();
        let kept = self.keeper.commit(records).await;
        for Submission { append, reply } in submissions {
            let _ = reply.send(match &kept {
                Ok(()) => self.take(append),
                Err(error) => Err(SubmitError::State(retold(error))),
            });
        }
    }

    fn take(&mut self, append: Append) -> Result<SendHandle, SubmitError> {
        let now = self.ambient.now();
        let client_id = append.client_id().clone();
        match self.outbox.submit(append, now, &mut self.outbox_actions) {
            Ok(()) => {}
            // Ruled out by the check; the record on the disk must not outlive the refusal.
            Err(refusal) => {
                self.keeper.later(Record::Settled(client_id));
                return Err(match refusal {
                    outbox::SubmitError::Full => SubmitError::Full,
                    outbox::SubmitError::Duplicate => SubmitError::Duplicate,
                });
            }
        }
        let (answer, result) = oneshot::channel();
        self.waiters.submitted(client_id.clone(), Some(answer));
        self.outlet.push(Event::Send {
            client_id: client_id.clone(),
            state: SendState::Pending,
        });
        Ok(SendHandle::new(client_id, result))
    }
}

/// One failed write refuses many requests, and an I/O error cannot be cloned.
fn retold(error: &StateError) -> StateError {
    match error {
        StateError::Io(error) => std::io::Error::new(error.kind(), error.to_string()).into(),
        _ => StateError::Poisoned,
    }
}
