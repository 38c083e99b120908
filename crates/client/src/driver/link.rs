//! The way to the server: waiting, signing in, connecting, open, or ended.
//!
//! Promises: [`Link::step`] may be dropped and called again at any time; nothing waits for longer
//! than its time-out, which a write counts from the last byte that went; no frame beyond the protocol's size is read.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use hongyan_delivery::Tick;
use hongyan_protocol::{Bye, ClientFrame, Hello, SUBPROTOCOL, ServerFrame, Welcome, limits};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::counted::{Counted, Moved};
use crate::http::SignedIn;
use crate::{CONNECT_TIMEOUT, HttpError, Reason};

/// For any byte of what is to be written to go; and for a close.
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
    Connecting(Later<Result<Opened, Lost>>),
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
    Opened(Result<Opened, Lost>),
    /// A frame, `None` for one that only shows life; or the end of the connection.
    Frame(Result<Received, Lost>),
}

/// A frame and the number of the request it answers.
pub(super) type Received = Option<Answer>;

/// A frame.
pub(super) struct Answer {
    /// The number of the request that it answers.
    pub(super) req: Option<u64>,
    pub(super) frame: ServerFrame,
    /// Its size.
    pub(super) bytes: usize,
}

/// A connection that is welcome, and what was learnt on the way there.
pub(super) struct Opened {
    pub(super) socket: Socket,
    pub(super) welcome: Welcome,
    /// From `hello` to `welcome`.
    pub(super) round_trip: Duration,
}

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
pub(super) struct Socket {
    stream: Box<WebSocketStream<MaybeTlsStream<Counted>>>,
    moved: Arc<Moved>,
}

impl Socket {
    /// Connects, says hello and, without waiting, what is to be asked `ahead`; and waits for the welcome.
    pub(super) async fn open(
        url: String,
        token: Box<str>,
        client: Box<str>,
        ahead: Option<String>,
    ) -> Result<Opened, Lost> {
        timeout(CONNECT_TIMEOUT, Self::handshake(url, token, client, ahead))
            .await
            .unwrap_or_else(|_| Err(Reason::ConnectTimeout.into()))
    }

    async fn handshake(
        url: String,
        token: Box<str>,
        client: Box<str>,
        ahead: Option<String>,
    ) -> Result<Opened, Lost> {
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
        let moved = Arc::<Moved>::default();
        let tcp = connect(request.uri()).await.map_err(unreachable)?;
        let counted = Counted::new(tcp, Arc::clone(&moved));
        let (stream, _) = client_async_tls_with_config(request, counted, Some(config), None)
            .await
            .map_err(unreachable)?;
        let mut socket = Self {
            stream: Box::new(stream),
            moved,
        };

        let hello = ClientFrame::Hello(Hello {
            token: Some(token),
            client: Some(client),
        });
        let began = Instant::now();
        let frames = std::iter::once(hello.encode(None)).chain(ahead);
        socket.send(frames.collect()).await?;
        let mut bye = None;
        loop {
            let answer = match socket.receive().await {
                Ok(Some(answer)) => answer.frame,
                Ok(None) => continue,
                Err(lost) => return Err(Lost { bye, ..lost }),
            };
            match answer {
                ServerFrame::Welcome(welcome) => {
                    return Ok(Opened {
                        socket,
                        welcome,
                        round_trip: began.elapsed(),
                    });
                }
                ServerFrame::Bye(said) => bye = Some(said),
                // An error comes before the close that has its code.
                ServerFrame::Error(_) | ServerFrame::Unknown => {}
                _ => return Err(Reason::Garbage("a frame before welcome".into()).into()),
            }
        }
    }

    /// The next frame. Cancel-safe.
    pub(super) async fn receive(&mut self) -> Result<Received, Lost> {
        let message = self.stream.next().await;
        understand(message)
    }

    /// The next frame, if it has already come.
    pub(super) fn receive_now(&mut self) -> Option<Result<Received, Lost>> {
        self.stream.next().now_or_never().map(understand)
    }

    /// How many bytes have come and gone.
    pub(super) fn moved(&self) -> &Moved {
        &self.moved
    }

    /// Writes these frames, all together. It takes as long as bytes go.
    pub(super) async fn send(&mut self, frames: Vec<String>) -> Result<(), Lost> {
        let stream = &mut self.stream;
        let write = async {
            for frame in frames {
                stream.feed(Message::text(frame)).await?;
            }
            stream.flush().await
        };
        tokio::pin!(write);
        loop {
            let before = self.moved.gone();
            match timeout(WRITE_TIMEOUT, &mut write).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => return Err(broken(&error)),
                Err(_) if self.moved.gone() == before => return Err(Reason::Silent.into()),
                Err(_) => {}
            }
        }
    }

    /// Says goodbye, and gives the server a moment to answer.
    pub(super) async fn close(mut self) {
        let close = async {
            if self.stream.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        let _ = timeout(CLOSE_TIMEOUT, close).await;
    }
}

/// Without Nagle's algorithm: a message goes at once, and acks are batched above.
async fn connect(uri: &Uri) -> Result<TcpStream, SocketError> {
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = match uri.scheme_str() {
        Some("wss") => 443,
        _ => 80,
    };
    let tcp = TcpStream::connect((host, uri.port_u16().unwrap_or(port))).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

fn understand(message: Option<Result<Message, SocketError>>) -> Result<Received, Lost> {
    match message {
        Some(Ok(Message::Text(text))) => match ServerFrame::decode(&text) {
            Ok((req, frame)) => Ok(Some(Answer {
                req,
                frame,
                bytes: text.len(),
            })),
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
