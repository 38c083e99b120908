//! One WebSocket, with the library behind it out of sight.
//!
//! Promises: all fed frames are written in one go at the next flush. Every end of a socket, and every breach of
//! WebSocket's rules, is one [`Received`]. Every time limit counts from the last byte that moved.

mod bell;
#[cfg(test)]
mod bell_tests;
mod stream;
pub(crate) mod upgrade;

use std::future::poll_fn;
use std::io::{ErrorKind, Write};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hongyan_protocol::CloseCode;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tungstenite::error::ProtocolError;
use tungstenite::protocol::frame::coding::CloseCode as CloseCodeOf;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message, Utf8Bytes};

use self::bell::Bell;
pub use self::stream::Moved;
use self::stream::{Stream, last_close_code};
use crate::limits::{
    CLOSE_TIMEOUT, MAX_WRITE_BUFFER_BYTES, READ_BUFFER_BYTES, WRITE_BUFFER_BYTES, WRITE_TIMEOUT,
};

/// What a proxy closes with whose own server is gone; IANA's registry has it.
const BAD_GATEWAY: u16 = 1014;

/// What came from a socket.
pub enum Received {
    /// A text frame.
    Text(Utf8Bytes),
    /// A WebSocket ping or pong: a sign of life, answered by the library.
    Life,
    /// [`UNFRAMED_BYTES`](crate::limits::UNFRAMED_BYTES) came, and no frame is complete yet.
    Much,
    /// The client closed, or the connection broke.
    Gone,
    /// The client broke the rules: close with this code.
    Violation(CloseCode),
}

/// What happened to a socket.
pub(crate) enum Happened {
    /// Something came.
    Received(Received),
    /// All that had been written has been taken.
    Drained,
}

/// The socket did not take what was written: the client is gone, or stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// Gone: nothing more can be said.
    Gone,
    /// It took nothing for [`WRITE_TIMEOUT`].
    Stuck,
}

/// One WebSocket: see the [module](self).
pub struct Socket {
    stream: Stream,
    /// The library: frames from bytes and bytes from frames. It never waits.
    frames: WebSocketContext,
    /// Whether there may be something to receive.
    bell: Bell,
    /// The stream did not take all at once: until it has, nothing is added.
    is_blocked: bool,
    unflushed: bool,
}

impl Socket {
    /// A socket that was upgraded. `first`: what came behind the request. Frames that are larger than `frame_bytes` are
    /// a violation.
    fn new(tcp: TcpStream, first: &Bytes, frame_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
            .max_message_size(Some(frame_bytes))
            .max_frame_size(Some(frame_bytes));
        let config = Some(config);
        Self {
            stream: Stream::new(tcp),
            frames: if first.is_empty() {
                WebSocketContext::new(Role::Server, config)
            } else {
                WebSocketContext::from_partially_read(first.to_vec(), Role::Server, config)
            },
            bell: Bell::new(),
            is_blocked: false,
            unflushed: false,
        }
    }

    /// From now on frames may be as large as this.
    pub(crate) fn allow_frames_of(&mut self, bytes: usize) {
        self.frames.set_config(|config| {
            config.max_message_size = Some(bytes);
            config.max_frame_size = Some(bytes);
        });
    }

    /// The next frame. Cancel-safe.
    pub async fn receive(&mut self) -> Received {
        poll_fn(|context| {
            self.bell.listen(context);
            self.poll_frame()
        })
        .await
    }

    /// The next frame, if it is there already.
    pub fn receive_ready(&mut self) -> Option<Received> {
        match self.poll_frame() {
            Poll::Ready(received) => Some(received),
            Poll::Pending => None,
        }
    }

    /// Whoever listens to the bell is woken when there is more.
    fn poll_frame(&mut self) -> Poll<Received> {
        let (frames, stream) = (&mut self.frames, &mut self.stream);
        self.bell.look(|context| {
            let read = frames.read(&mut stream.on_behalf_of(context));
            if would_block(&read) {
                return if stream.is_paused() {
                    stream.go_on();
                    Poll::Ready(Received::Much)
                } else {
                    Poll::Pending
                };
            }
            stream.go_on();
            // Where the answer to a close cannot be written at once, the client goes without.
            match &read {
                Ok(Message::Close(Some(close)))
                    if close.code == CloseCodeOf::Protocol
                        && last_close_code() == Some(BAD_GATEWAY) =>
                {
                    // Instead of the library's answer, which would say that the client breaks the protocol.
                    let [high, low] = BAD_GATEWAY.to_be_bytes();
                    let _ = stream.on_behalf_of(context).write(&[0x88, 2, high, low]);
                }
                Ok(Message::Close(_)) => {
                    let _ = frames.flush(&mut stream.on_behalf_of(context));
                }
                Ok(_) | Err(_) => {}
            }
            Poll::Ready(classify(read))
        })
    }

    /// What happens next, for a task that writes without waiting: a frame, if it `reads`, or that all is written.
    /// Cancel-safe.
    pub(crate) async fn next(&mut self, reads: bool) -> Result<Happened, WriteError> {
        poll_fn(|context| {
            if self.is_blocked
                && let Poll::Ready(flushed) = self.poll_flush(context)
            {
                return Poll::Ready(flushed.map(|()| Happened::Drained));
            }
            if !reads {
                return Poll::Pending;
            }
            self.bell.listen(context);
            self.poll_frame()
                .map(|received| Ok(Happened::Received(received)))
        })
        .await
    }

    /// Queues a frame for the next flush.
    pub fn feed(&mut self, text: Utf8Bytes) -> Result<(), WriteError> {
        self.unflushed = true;
        self.queue(Message::Text(text))
    }

    /// Whether something that was written waits for the client to take it. Little should be added until it has.
    pub(crate) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    /// How many bytes have moved each way.
    pub fn moved(&self) -> Moved {
        self.stream.moved()
    }

    /// Queues a question for the next flush that the other side's WebSocket answers by itself, whatever runs on it.
    pub fn ping(&mut self) -> Result<(), WriteError> {
        self.unflushed = true;
        self.queue(Message::Ping(Bytes::new()))
    }

    /// Gives the library something to write. What the stream does not take at once waits.
    fn queue(&mut self, message: Message) -> Result<(), WriteError> {
        let mut context = nobody();
        let mut stream = self.stream.on_behalf_of(&mut context);
        let queued = self.frames.write(&mut stream, message);
        self.is_blocked = would_block(&queued);
        if self.is_blocked {
            return Ok(());
        }
        queued.map_err(|_| WriteError::Gone)
    }

    /// Writes what was fed, as much as is taken at once; see [`is_blocked`](Self::is_blocked).
    pub(crate) fn write(&mut self) -> Result<(), WriteError> {
        if !std::mem::take(&mut self.unflushed) {
            return Ok(());
        }
        match self.poll_flush(&mut nobody()) {
            Poll::Ready(flushed) => flushed,
            Poll::Pending => Ok(()),
        }
    }

    /// Writes what was fed, and waits until all of it is taken. Nearly always it is at once: only where it is not is a
    /// timer made, in a box, so that idle connections have no room for one.
    pub async fn flush(&mut self) -> Result<(), WriteError> {
        self.write()?;
        if self.is_blocked {
            return Box::pin(self.drain()).await;
        }
        Ok(())
    }

    /// Waits until all is taken, for as long as bytes go.
    async fn drain(&mut self) -> Result<(), WriteError> {
        loop {
            let before = self.moved().gone;
            let written = poll_fn(|context| self.poll_flush(context));
            if let Ok(result) = timeout(WRITE_TIMEOUT, written).await {
                return result;
            }
            if self.moved().gone == before {
                return Err(WriteError::Stuck);
            }
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        let flushed = self.frames.flush(&mut self.stream.on_behalf_of(context));
        self.is_blocked = would_block(&flushed);
        if self.is_blocked {
            return Poll::Pending;
        }
        Poll::Ready(flushed.map_err(|_| WriteError::Gone))
    }

    /// Says why, waits a moment for the client's own close, and drops the connection.
    pub async fn close(mut self, code: CloseCode) {
        let frame = CloseFrame {
            code: code.number().into(),
            reason: code.as_str().into(),
        };
        let goodbye = async {
            self.queue(Message::Close(Some(frame)))?;
            poll_fn(|context| self.poll_flush(context)).await?;
            // Reading on lets the close frame arrive before the socket goes.
            while let Received::Text(_) | Received::Life | Received::Much = self.receive().await {}
            Ok::<(), WriteError>(())
        };
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }
}

/// For what is tried once: nobody is to be woken. Who wants to be must poll again.
fn nobody() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn would_block<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock)
}

fn classify(read: Result<Message, Error>) -> Received {
    match read {
        Ok(Message::Text(text)) => Received::Text(text),
        Ok(Message::Ping(_) | Message::Pong(_)) => Received::Life,
        Ok(Message::Binary(_) | Message::Frame(_)) => {
            Received::Violation(CloseCode::ProtocolViolation)
        }
        Ok(Message::Close(_)) => Received::Gone,
        Err(Error::Capacity(_)) => Received::Violation(CloseCode::FrameTooLarge),
        Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Received::Gone,
        Err(Error::Utf8(_) | Error::Protocol(_)) => {
            Received::Violation(CloseCode::ProtocolViolation)
        }
        // A connection that broke, one that is closed already, or an error of a later version of
        // the library: in none of them can anything more be said.
        Err(_) => Received::Gone,
    }
}

#[cfg(test)]
mod tests;
