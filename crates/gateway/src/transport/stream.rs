//! The TCP stream under a WebSocket, as the library wants it: reads and writes that never wait.
//!
//! A connection's read buffer is [small](crate::limits::READ_BUFFER_BYTES), because most connections are idle, and
//! the library fills all of it with zeros before each read. So the bytes are first read to a place that all
//! connections of a thread share, many with one call, and copied from there. Bytes for which the small buffer has
//! no room are kept until the library asks for them.
//!
//! Promises: the bytes come in their order. A connection has room for them only while there are some, and then [not
//! much](READ_BYTES).

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::limits::{READ_BYTES, UNFRAMED_BYTES};

thread_local! {
    /// Where it is read to.
    static SCRATCH: RefCell<[u8; READ_BYTES]> = const { RefCell::new([0; READ_BYTES]) };
}

thread_local! {
    /// What was last given to the library on this thread.
    static TAIL: RefCell<Tail> = const { RefCell::new(Tail { bytes: [0; TAIL_BYTES], count: 0 }) };
}

/// The longest close frame of a client: two bytes, a mask and 125 bytes.
const TAIL_BYTES: usize = 2 + 4 + 125;

struct Tail {
    bytes: [u8; TAIL_BYTES],
    count: usize,
}

impl Tail {
    fn keep(&mut self, bytes: &[u8]) {
        let last = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
        self.bytes[..last.len()].copy_from_slice(last);
        self.count = last.len();
    }

    /// The code of the close frame that it ends with, if that came in one piece.
    fn close_code(&self) -> Option<u16> {
        let tail = &self.bytes[..self.count];
        (2..=125u8).find_map(|length| {
            let frame = tail.len().checked_sub(usize::from(length) + 6)?;
            match &tail[frame..] {
                [0x88, size, m0, m1, _, _, c0, c1, ..] if *size == 0x80 | length => {
                    Some(u16::from_be_bytes([c0 ^ m0, c1 ^ m1]))
                }
                _ => None,
            }
        })
    }
}

/// The code of the close frame that the library has just read on this thread, as the client wrote it: the library replaces
/// those that it does not know.
pub(super) fn last_close_code() -> Option<u16> {
    TAIL.with_borrow(Tail::close_code)
}

/// See the [module](self).
pub(super) struct Stream {
    tcp: TcpStream,
    /// What was read and not asked for yet: from `taken` on.
    ahead: Box<[u8]>,
    taken: usize,
    /// Bytes that were read since somebody last [went on](Self::go_on).
    unframed: usize,
    moved: Moved,
}

/// How many bytes have moved each way, modulo 2³²: to see whether any have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// From the client.
    pub come: u32,
    /// To the client.
    pub gone: u32,
}

/// A stream on behalf of a task, which is woken when what would have to wait can be done.
pub(super) struct Polled<'a, 'b> {
    stream: &'a mut Stream,
    context: &'a mut Context<'b>,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            ahead: Box::default(),
            taken: 0,
            unframed: 0,
            moved: Moved::default(),
        }
    }

    /// How many bytes the system has brought and taken.
    pub(super) fn moved(&self) -> Moved {
        self.moved
    }

    /// Whether nothing more is read until somebody says so: the library would go on for as long as something comes.
    pub(super) fn is_paused(&self) -> bool {
        self.unframed >= UNFRAMED_BYTES
    }

    /// As much may be read again.
    pub(super) fn go_on(&mut self) {
        self.unframed = 0;
    }

    pub(super) fn on_behalf_of<'a, 'b>(
        &'a mut self,
        context: &'a mut Context<'b>,
    ) -> Polled<'a, 'b> {
        Polled {
            stream: self,
            context,
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Ok(self.give(buf)));
        }
        let tcp = Pin::new(&mut self.tcp);
        if buf.len() >= READ_BYTES {
            let mut buf = ReadBuf::new(buf);
            ready!(tcp.poll_read(context, &mut buf))?;
            self.moved.come = added(self.moved.come, buf.filled().len());
            return Poll::Ready(Ok(buf.filled().len()));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut come = ReadBuf::new(scratch);
            ready!(tcp.poll_read(context, &mut come))?;
            let come = come.filled();
            self.moved.come = added(self.moved.come, come.len());
            let (now, later) = come.split_at(come.len().min(buf.len()));
            buf[..now.len()].copy_from_slice(now);
            if !later.is_empty() {
                (self.ahead, self.taken) = (later.into(), 0);
            }
            Poll::Ready(Ok(now.len()))
        })
    }

    /// Moves what was read ahead to `buf`, as much as has room.
    fn give(&mut self, buf: &mut [u8]) -> usize {
        let rest = &self.ahead[self.taken..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        if count == rest.len() {
            (self.ahead, self.taken) = (Box::default(), 0);
        } else {
            self.taken += count;
        }
        count
    }
}

impl Read for Polled<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.stream.is_paused() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let read = at_once(self.stream.poll_read(self.context, buf));
        if let Ok(count) = read {
            self.stream.unframed += count;
            TAIL.with_borrow_mut(|tail| tail.keep(&buf[..count]));
        }
        read
    }
}

impl Write for Polled<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = at_once(Pin::new(&mut self.stream.tcp).poll_write(self.context, bytes))?;
        self.stream.moved.gone = added(self.stream.moved.gone, gone);
        Ok(gone)
    }

    fn flush(&mut self) -> io::Result<()> {
        // The system has what was written.
        Ok(())
    }
}

/// To wrap round is right: a difference is all that is asked for.
#[allow(clippy::cast_possible_truncation)]
fn added(sum: u32, bytes: usize) -> u32 {
    sum.wrapping_add(bytes as u32)
}

fn at_once<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncWriteExt;

    use super::super::tests::connected;
    use super::*;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| (at % 251) as u8).collect()
    }

    async fn read(stream: &mut Stream, buf: &mut [u8]) -> usize {
        poll_fn(|context| stream.poll_read(context, buf))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn everything_comes_in_order_whatever_is_asked_for_at_a_time() {
        let sent = bytes(100_000);
        for room in [1, 100, 2048, READ_BYTES, READ_BYTES + 1] {
            let (mut near, far) = connected().await;
            let mut stream = Stream::new(far);
            let writing = async {
                near.write_all(&sent).await.unwrap();
                drop(near);
            };
            let reading = async {
                let (mut found, mut buffer) = (Vec::new(), vec![0; room]);
                loop {
                    let count = read(&mut stream, &mut buffer).await;
                    if count == 0 {
                        return found;
                    }
                    found.extend_from_slice(&buffer[..count]);
                }
            };
            let (found, ()) = tokio::join!(reading, writing);
            assert!(found == sent, "{room} at a time: {} bytes", found.len());
            assert!(stream.ahead.is_empty());
        }
    }

    #[tokio::test]
    async fn it_takes_no_more_than_it_may_and_keeps_nothing_where_there_is_nothing() {
        let (mut near, far) = connected().await;
        let mut stream = Stream::new(far);
        let mut buffer = [0; 512];
        near.write_all(&bytes(READ_BYTES + 1)).await.unwrap();
        all_arrived(&stream.tcp, READ_BYTES + 1).await;
        assert_eq!(read(&mut stream, &mut buffer).await, buffer.len());
        assert_eq!(stream.ahead.len(), READ_BYTES - buffer.len());
        let mut rest = [0; READ_BYTES];
        assert_eq!(
            read(&mut stream, &mut rest).await,
            READ_BYTES - buffer.len()
        );
        assert!(stream.ahead.is_empty());
        assert_eq!(read(&mut stream, &mut buffer).await, 1);
        assert!(stream.ahead.is_empty(), "there was no more");
    }

    async fn all_arrived(tcp: &TcpStream, count: usize) {
        let mut seen = vec![0; count];
        while tcp.peek(&mut seen).await.unwrap() < count {
            tokio::task::yield_now().await;
        }
    }
}
