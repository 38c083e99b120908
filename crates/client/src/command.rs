//! What a handle asks of the task.

use hongyan_protocol::{ClientId, ConversationId, History, HistoryPage, Seq};
use tokio::sync::oneshot;

use crate::message::Draft;
use crate::{RequestError, SendHandle, SubmitError};

/// What a handle asks of the task.
#[derive(Debug)]
pub(crate) enum Command {
    /// Take a request into the outbox.
    Submit {
        draft: Draft,
        reply: oneshot::Sender<Result<SendHandle, SubmitError>>,
    },
    /// Take a request back; `true` when it will not be sent.
    Cancel {
        client_id: ClientId,
        reply: oneshot::Sender<bool>,
    },
    /// Tell the server how far the user has read; `false` when too many marks wait.
    Read {
        conv: ConversationId,
        seq: Seq,
        reply: oneshot::Sender<bool>,
    },
    /// Ask for a page of a log.
    History {
        history: History,
        reply: oneshot::Sender<Result<HistoryPage, RequestError>>,
    },
    /// The network is back.
    Wake,
    /// Whether nobody is looking.
    Background(bool),
    /// The device is on this network now.
    Network(Box<str>),
    /// Keep what is to be kept and stop.
    Close(oneshot::Sender<()>),
}
