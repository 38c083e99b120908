//! The way to the server: waiting, signing in, connecting, open, or ended.
//!
//! Promises: [`Link::step`] may be dropped and called again at any time; nothing waits for longer
//! than its time-out; no frame beyond the protocol's size is read.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use hongyan_delivery::Tick;
use hongyan_protocol::{Bye, ClientFrame, Hello, SUBPROTOCOL, ServerFrame, Welcome, limits};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::http::SignedIn;
use crate::{CONNECT_TIMEOUT, HttpError, Reason};

/// From the first byte of what is to be written to the last; and for a close.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// For the server's answer to a close.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The way to the server.
pub(super) enum Link {
    /// The next attempt begins at this time.
    Waiting(Tick),
    /// Asking for a token.
    SigningIn(Later<Result<SignedIn, HttpError>>),
    /// Connecting with a token.
    Connecting(Later<Result<(Socket, Welcome), Lost>>),
    /// Welcome.
    Open(Socket),
    /// There will be no other attempt.
    Ended,
}

/// What came of a [`Link`].
pub(super) enum Step {
    /// A token, or none.
    SignedIn(Result<SignedIn, HttpError>),
    /// A connection, or none.
    Opened(Result<(Socket, Welcome), Lost>),
    /// A frame, `None` for one that only shows life; or the end of the connection.
    Frame(Result<Received, Lost>),
}

/// A frame and the number of the request it answers.
pub(super) type Received = Option<(Option<u64>, ServerFrame)>;

/// Why a connection ended or did not come about.
#[derive(Debug)]
pub(super) struct Lost {
    /// For people.
    pub(super) reason: Reason,
    /// The number in the close frame.
    pub(super) code: Option<u16>,
    /// When the server asked to come back, where it ended the attempt before `welcome`.
    pub(super) bye: Option<Bye>,
    /// A frame came that is larger than this client takes.
    pub(super) is_too_large: bool,
}

impl From<Reason> for Lost {
    fn from(reason: Reason) -> Self {
        let code = match reason {
            Reason::Closed { code, .. } => Some(code),
            _ => None,
        };
        Self {
            reason,
            code,
            bye: None,
            is_too_large: false,
        }
    }
}

impl Link {
    /// The next thing that happens; for ever where nothing does. An open connection is only read
    /// when `read` says so.
    pub(super) async fn step(&mut self, read: bool) -> Step {
        match self {
            Self::SigningIn(token) => Step::SignedIn(token.await),
            Self::Connecting(socket) => Step::Opened(socket.await),
            Self::Open(socket) if read => Step::Frame(socket.receive().await),
            Self::Open(_) | Self::Waiting(_) | Self::Ended => std::future::pending().await,
        }
    }
}

/// A connection that the server has welcomed. Boxed, because with TLS it is a kilobyte of state.
pub(super) struct Socket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>);

impl Socket {
    /// Connects, says hello, and waits for the welcome.
    pub(super) async fn open(
        url: String,
        token: Box<str>,
        client: Box<str>,
    ) -> Result<(Self, Welcome), Lost> {
        timeout(CONNECT_TIMEOUT, Self::handshake(url, token, client))
            .await
            .unwrap_or_else(|_| Err(Reason::ConnectTimeout.into()))
    }

    async fn handshake(
        url: String,
        token: Box<str>,
        client: Box<str>,
    ) -> Result<(Self, Welcome), Lost> {
        let unreachable =
            |error: SocketError| Lost::from(Reason::Unreachable(error.to_string().into()));
        let mut request = url.into_client_request().map_err(unreachable)?;
        request.headers_mut().insert(
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SUBPROTOCOL),
        );
        let config = WebSocketConfig::default()
            .read_buffer_size(16 * 1024)
            .max_message_size(Some(limits::SERVER_FRAME_BYTES))
            .max_frame_size(Some(limits::SERVER_FRAME_BYTES));
        // Without Nagle's algorithm: a message goes at once, and acks are batched above.
        let (stream, _) = connect_async_with_config(request, Some(config), true)
            .await
            .map_err(unreachable)?;
        let mut socket = Self(Box::new(stream));

        let hello = ClientFrame::Hello(Hello {
            token: Some(token),
            client: Some(client),
        });
        socket.send(vec![hello.encode(None)]).await?;
        let mut bye = None;
        loop {
            match socket.receive().await {
                Ok(Some((_, ServerFrame::Welcome(welcome)))) => {
                    return Ok((socket, welcome));
                }
                Ok(Some((_, ServerFrame::Bye(said)))) => bye = Some(said),
                // An error comes before the close that has its code.
                Ok(None | Some((_, ServerFrame::Error(_) | ServerFrame::Unknown))) => {}
                Ok(Some(_)) => return Err(Reason::Garbage("a frame before welcome".into()).into()),
                Err(lost) => return Err(Lost { bye, ..lost }),
            }
        }
    }

    /// The next frame. Cancel-safe.
    pub(super) async fn receive(&mut self) -> Result<Received, Lost> {
        let message = self.0.next().await;
        understand(message)
    }

    /// The next frame, if it has already come.
    pub(super) fn receive_now(&mut self) -> Option<Result<Received, Lost>> {
        self.0.next().now_or_never().map(understand)
    }

    /// Writes these frames, all together.
    pub(super) async fn send(&mut self, frames: Vec<String>) -> Result<(), Lost> {
        let write = async {
            for frame in frames {
                self.0.feed(Message::text(frame)).await?;
            }
            self.0.flush().await
        };
        match timeout(WRITE_TIMEOUT, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(broken(&error)),
            Err(_) => Err(Reason::Silent.into()),
        }
    }

    /// Says goodbye, and gives the server a moment to answer.
    pub(super) async fn close(mut self) {
        let close = async {
            if self.0.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.0.next().await {}
            }
        };
        let _ = timeout(CLOSE_TIMEOUT, close).await;
    }
}

fn understand(message: Option<Result<Message, SocketError>>) -> Result<Received, Lost> {
    match message {
        Some(Ok(Message::Text(text))) => match ServerFrame::decode(&text) {
            Ok(frame) => Ok(Some(frame)),
            Err(error) => Err(Reason::Garbage(error.to_string().into()).into()),
        },
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
            Err(Reason::Garbage("a binary frame".into()).into())
        }
        Some(Ok(Message::Close(frame))) => Err(closed(frame)),
        Some(Err(error)) => Err(broken(&error)),
        None => Err(Reason::Broken("end of stream".into()).into()),
    }
}

fn closed(frame: Option<CloseFrame>) -> Lost {
    match frame {
        Some(frame) => Reason::Closed {
            code: frame.code.into(),
            text: frame.reason.as_str().into(),
        }
        .into(),
        None => Reason::Broken("closed without a code".into()).into(),
    }
}

fn broken(error: &SocketError) -> Lost {
    match error {
        SocketError::Capacity(CapacityError::MessageTooLong { .. }) => Lost {
            is_too_large: true,
            ..Reason::Garbage(error.to_string().into()).into()
        },
        SocketError::Capacity(_) | SocketError::Protocol(_) | SocketError::Utf8(_) => {
            // A reset without a close is the network's doing, not the server's.
            let reset = "Connection reset without closing handshake";
            if error.to_string().contains(reset) {
                Reason::Broken(error.to_string().into()).into()
            } else {
                Reason::Garbage(error.to_string().into()).into()
            }
        }
        _ => Reason::Broken(error.to_string().into()).into(),
    }
}
