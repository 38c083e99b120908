//! The TCP stream under a WebSocket, as the library wants it: reads and writes that never wait.
//!
//! A connection's buffer for what it reads is [small](crate::limits::READ_BUFFER_BYTES), because most are idle. Whoever
//! sends much fills it at once; then everything else that has come is taken too, with one more call instead of one for
//! each buffer full, and kept until it is asked for.
//!
//! Promises: the bytes in their order; no room for them but while there are some, and then
//! [not much](READ_AHEAD_BYTES).

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::limits::READ_AHEAD_BYTES;

thread_local! {
    /// Where it is read to, until it is known how much it is.
    static SCRATCH: RefCell<[u8; READ_AHEAD_BYTES]> = const { RefCell::new([0; READ_AHEAD_BYTES]) };
}

/// See the [module](self).
pub(super) struct Stream {
    tcp: TcpStream,
    /// What was read ahead, and how much of it was asked for since.
    ahead: Box<[u8]>,
    taken: usize,
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
        }
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
        let mut buf = ReadBuf::new(buf);
        ready!(Pin::new(&mut self.tcp).poll_read(context, &mut buf))?;
        if buf.remaining() == 0 {
            self.look_ahead(context);
        }
        Poll::Ready(Ok(buf.filled().len()))
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

    /// Takes what there is. That there is nothing, or an end, comes out again at the next read; and a connection that
    /// broke has ended then.
    fn look_ahead(&mut self, context: &mut Context<'_>) {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut more = ReadBuf::new(scratch);
            if let Poll::Ready(Ok(())) = Pin::new(&mut self.tcp).poll_read(context, &mut more) {
                (self.ahead, self.taken) = (more.filled().into(), 0);
            }
        });
    }
}

impl Read for Polled<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        at_once(self.stream.poll_read(self.context, buf))
    }
}

impl Write for Polled<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        at_once(Pin::new(&mut self.stream.tcp).poll_write(self.context, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        // The system has what was written.
        Ok(())
    }
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
        for room in [1, 100, 2048, READ_AHEAD_BYTES, READ_AHEAD_BYTES + 1] {
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
    async fn it_takes_no_more_than_it_may_and_nothing_where_there_is_nothing() {
        let (mut near, far) = connected().await;
        let mut stream = Stream::new(far);
        let mut buffer = [0; 2048];
        near.write_all(&bytes(2048 + READ_AHEAD_BYTES + 1))
            .await
            .unwrap();
        all_arrived(&stream.tcp, 2048 + READ_AHEAD_BYTES + 1).await;
        assert_eq!(read(&mut stream, &mut buffer).await, 2048);
        assert_eq!(stream.ahead.len(), READ_AHEAD_BYTES);
        let mut rest = [0; READ_AHEAD_BYTES];
        assert_eq!(read(&mut stream, &mut rest).await, READ_AHEAD_BYTES);
        assert_eq!(read(&mut stream, &mut buffer).await, 1);
        near.write_all(&bytes(2048)).await.unwrap();
        all_arrived(&stream.tcp, 2048).await;
        assert_eq!(read(&mut stream, &mut buffer).await, 2048);
        assert!(stream.ahead.is_empty(), "there was no more");
    }

    async fn all_arrived(tcp: &TcpStream, count: usize) {
        let mut seen = vec![0; count];
        while tcp.peek(&mut seen).await.unwrap() < count {
            tokio::task::yield_now().await;
        }
    }
}
