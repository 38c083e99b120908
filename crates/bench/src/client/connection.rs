//! One WebSocket to the server under test.

use std::io;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use hongyan_protocol::SUBPROTOCOL;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::Seen;
use super::frame::{self, Kind};

/// Read at a time, in bytes.
const READ: usize = 16 * 1024;

/// A response to the upgrade, in bytes; a longer one is an error.
const RESPONSE: usize = 8 * 1024;

/// For any single step of opening a connection, and for any answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long an ack waits for company, and how many entries do not: as in the SDKs.
const ACK_WAIT: Duration = Duration::from_millis(50);
const ACK_ENTRIES: u64 = 32;

/// Where to connect to, and from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Address {
    /// The server.
    pub(crate) server: SocketAddr,
    /// The path of the WebSocket.
    pub(crate) path: String,
    /// The address to come from, on loopback: each has some 28,000 ports of its own.
    pub(crate) source: Option<Ipv4Addr>,
}

/// One WebSocket: frames go out with [`flush`](Self::flush), and come in with [`read`](Self::read).
pub(crate) struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    input: Vec<u8>,
    owed: Option<Owed>,
}

/// An ack that is owed.
struct Owed {
    conv: u64,
    seq: u64,
    entries: u64,
    due: Instant,
}

impl Connection {
    /// Connects and upgrades.
    pub(crate) async fn open(address: &Address) -> io::Result<Self> {
        let socket = match address.server.ip() {
            IpAddr::V4(_) => TcpSocket::new_v4()?,
            IpAddr::V6(_) => TcpSocket::new_v6()?,
        };
        if let Some(source) = address.source {
            socket.bind((source, 0).into())?;
        }
        let stream = timeout(PATIENCE, socket.connect(address.server)).await??;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream,
            out: Vec::new(),
            input: Vec::new(),
            owed: None,
        };
        timeout(PATIENCE, connection.upgrade(address)).await??;
        Ok(connection)
    }

    /// Queues a text frame.
    pub(crate) fn text(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        frame::text(&mut self.out, write);
    }

    /// Queues a frame of the protocol.
    pub(crate) fn frame(&mut self, req: u64, frame: &hongyan_protocol::ClientFrame) {
        self.text(|out| out.extend_from_slice(frame.encode(Some(req)).as_bytes()));
    }

    /// Queues an `ack`.
    pub(crate) fn ack(&mut self, conv: u64, seq: u64) {
        self.text(|out| {
            // Writing into memory does not fail.
            let _ = write!(out, r#"{{"type":"ack","conv":{conv},"seq":{seq}}}"#);
        });
    }

    /// Owes an ack for so many entries more, the last of them this one. It goes out with the next write,
    /// or when it is due. One conversation a connection.
    pub(crate) fn owe_ack(&mut self, conv: u64, seq: u64, entries: u64, now: Instant) {
        let owed = self.owed.get_or_insert(Owed {
            conv,
            seq,
            entries: 0,
            due: now + ACK_WAIT,
        });
        (owed.conv, owed.seq) = (conv, seq);
        owed.entries += entries;
    }

    /// When the ack that is owed has to go out at the latest.
    pub(crate) fn ack_due(&self) -> Option<Instant> {
        self.owed.as_ref().map(|owed| owed.due)
    }

    /// Queues the ack that is owed, if it is time or something else is written anyway.
    pub(crate) fn ack_if_due(&mut self, now: Instant) {
        let has_company = !self.out.is_empty();
        let due = |owed: &mut Owed| has_company || owed.entries >= ACK_ENTRIES || owed.due <= now;
        if let Some(owed) = self.owed.take_if(due) {
            self.ack(owed.conv, owed.seq);
        }
    }

    /// Writes what is queued.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            self.stream.write_all(&self.out).await?;
            self.out.clear();
        }
        Ok(())
    }

    /// Waits for something to come. Cancel-safe.
    pub(crate) async fn read(&mut self) -> io::Result<()> {
        self.input.reserve(READ);
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Hands over the text frames that came.
    pub(crate) fn frames(
        &mut self,
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut start = 0;
        while let Some(found) = frame::find(&self.input[start..])? {
            let payload = &self.input[start + found.start..start + found.end];
            match found.kind {
                Kind::Text => take(payload)?,
                Kind::Close => return Err(closed(payload)),
                Kind::Control => {}
            }
            start += found.end;
        }
        self.input.drain(..start);
        Ok(())
    }

    /// Waits for the answer to `req`; what comes before it is passed over.
    pub(crate) async fn answer<T>(
        &mut self,
        req: u64,
        mut take: impl FnMut(&Seen<'_>) -> T,
    ) -> io::Result<T> {
        self.flush().await?;
        let mut answer = None;
        let wait = async {
            while answer.is_none() {
                self.read().await?;
                self.frames(|payload| {
                    let seen = Seen::decode(payload)?;
                    if seen.req == Some(req) {
                        answer = Some(match &seen.code {
                            Some(code) => Err(refused(&seen.kind, code)),
                            None => Ok(take(&seen)),
                        });
                    }
                    Ok(())
                })?;
            }
            Ok::<_, io::Error>(())
        };
        timeout(PATIENCE, wait).await??;
        answer.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    }

    async fn upgrade(&mut self, address: &Address) -> io::Result<()> {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n",
            address.path, address.server
        );
        self.stream.write_all(request.as_bytes()).await?;
        loop {
            self.read().await?;
            let end = self.input.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                if !self.input.starts_with(b"HTTP/1.1 101") {
                    let status = String::from_utf8_lossy(&self.input[..end.min(32)]).into_owned();
                    return Err(io::Error::new(io::ErrorKind::ConnectionRefused, status));
                }
                self.input.drain(..end + 4);
                return Ok(());
            }
            if self.input.len() > RESPONSE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "no upgrade"));
            }
        }
    }
}

/// The server closed: why, in its own words.
fn closed(payload: &[u8]) -> io::Error {
    let why = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
    io::Error::new(io::ErrorKind::ConnectionAborted, format!("closed: {why}"))
}

fn refused(kind: &str, code: &str) -> io::Error {
    io::Error::other(format!("{kind}: {code}"))
}
