//! One WebSocket, with the library behind it out of sight.
//!
//! Promises: what is fed is written in one go at the next flush; every way a socket can end or a
//! client can break the rules of WebSocket is one [`Received`].

mod bell;

use std::future::poll_fn;
use std::task::{Context, Poll};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{FutureExt, SinkExt, StreamExt};
use hongyan_protocol::CloseCode;
use tokio::time::timeout;

use self::bell::Bell;
use crate::limits::{CLOSE_TIMEOUT, WRITE_TIMEOUT};

/// What came from a socket.
pub(crate) enum Received {
    /// A text frame.
    Text(Utf8Bytes),
    /// A WebSocket ping or pong: a sign of life, answered by the library.
    Life,
    /// The client closed, or the connection broke.
    Gone,
    /// The client broke the rules: close with this code.
    Violation(CloseCode),
}

/// The socket did not take what was written: the client is gone, or stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteError {
    /// Gone: nothing more can be said.
    Gone,
    /// It took nothing for [`WRITE_TIMEOUT`].
    Stuck,
}

/// One WebSocket: see the [module](self).
pub(crate) struct Socket {
    inner: WebSocket,
    /// Whether there may be something to receive.
    bell: Bell,
    unflushed: bool,
}

impl Socket {
    pub(crate) fn new(inner: WebSocket) -> Self {
        Self {
            inner,
            bell: Bell::new(),
            unflushed: false,
        }
    }

    /// The next frame. Cancel-safe.
    pub(crate) async fn receive(&mut self) -> Received {
        let (inner, bell) = (&mut self.inner, &self.bell);
        let next = |listener: &mut Context<'_>| {
            bell.look(listener, |context| inner.poll_next_unpin(context))
        };
        classify(poll_fn(next).await)
    }

    /// The next frame, if it is there already.
    pub(crate) fn receive_ready(&mut self) -> Option<Received> {
        let inner = &mut self.inner;
        match self.bell.look_now(|context| inner.poll_next_unpin(context)) {
            Poll::Ready(message) => Some(classify(message)),
            Poll::Pending => None,
        }
    }

    /// Queues a frame for the next [`flush`](Self::flush).
    pub(crate) async fn feed(&mut self, text: Utf8Bytes) -> Result<(), WriteError> {
        self.unflushed = true;
        patient(|context| self.inner.poll_ready_unpin(context)).await?;
        let fed = self.inner.start_send_unpin(Message::Text(text));
        fed.map_err(|_| WriteError::Gone)
    }

    /// Writes what was fed.
    pub(crate) async fn flush(&mut self) -> Result<(), WriteError> {
        if !std::mem::take(&mut self.unflushed) {
            return Ok(());
        }
        patient(|context| self.inner.poll_flush_unpin(context)).await
    }

    /// Says why, waits a moment for the client's own close, and drops the connection.
    pub(crate) async fn close(mut self, code: CloseCode) {
        let frame = CloseFrame {
            code: code.number(),
            reason: code.as_str().into(),
        };
        let goodbye = async {
            if self.inner.send(Message::Close(Some(frame))).await.is_ok() {
                // Reading on lets the close frame arrive before the socket goes.
                while let Some(Ok(_)) = self.inner.next().await {}
            }
        };
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }
}

/// Polls the socket until it has taken what was written, to a limit. Nearly always it does at once: only
/// where it does not is a timer made, in a box, so that idle connections have no room for one.
async fn patient(
    poll: impl FnMut(&mut Context<'_>) -> Poll<Result<(), axum::Error>> + Unpin,
) -> Result<(), WriteError> {
    let mut taken = poll_fn(poll);
    let result = match (&mut taken).now_or_never() {
        Some(result) => result,
        None => Box::pin(timeout(WRITE_TIMEOUT, taken))
            .await
            .map_err(|_| WriteError::Stuck)?,
    };
    result.map_err(|_| WriteError::Gone)
}

fn classify(message: Option<Result<Message, axum::Error>>) -> Received {
    match message {
        Some(Ok(Message::Text(text))) => Received::Text(text),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Received::Life,
        Some(Ok(Message::Binary(_))) => Received::Violation(CloseCode::ProtocolViolation),
        Some(Ok(Message::Close(_))) | None => Received::Gone,
        Some(Err(error)) => classify_error(error),
    }
}

fn classify_error(error: axum::Error) -> Received {
    use tungstenite::Error;
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => Received::Violation(CloseCode::FrameTooLarge),
        Some(Error::Utf8(_) | Error::Protocol(_)) => {
            Received::Violation(CloseCode::ProtocolViolation)
        }
        // A connection that broke, one that is closed already, or an error of a later version of
        // the library: in none of them can anything more be said.
        _ => Received::Gone,
    }
}
