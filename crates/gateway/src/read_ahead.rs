//! A TCP stream that is read further than it was asked to, when there is more.
//!
//! A connection's buffer for what it reads is [small](crate::limits::READ_BUFFER_BYTES), because most are idle. Whoever
//! sends much fills it at once; then everything else that has come is taken too, with one more call instead of one for
//! each buffer full, and kept until it is asked for.
//!
//! Promises: the bytes in their order; no room for them but while there are some, and then
//! [not much](READ_AHEAD_BYTES).

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::limits::READ_AHEAD_BYTES;

thread_local! {
    /// Where it is read to, until it is known how much it is.
    static SCRATCH: RefCell<[u8; READ_AHEAD_BYTES]> = const { RefCell::new([0; READ_AHEAD_BYTES]) };
}

/// See the [module](self).
pub(crate) struct ReadAhead<S> {
    inner: S,
    /// What was read ahead, and how much of it was asked for since.
    ahead: Box<[u8]>,
    taken: usize,
}

impl<S> ReadAhead<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            ahead: Box::default(),
            taken: 0,
        }
    }

    /// Moves what was read ahead to `buf`.
    fn give(&mut self, buf: &mut ReadBuf<'_>) {
        let rest = &self.ahead[self.taken..];
        let (now, later) = rest.split_at(rest.len().min(buf.remaining()));
        buf.put_slice(now);
        if later.is_empty() {
            (self.ahead, self.taken) = (Box::default(), 0);
        } else {
            self.taken += now.len();
        }
    }
}

impl<S: AsyncRead + Unpin> ReadAhead<S> {
    /// Takes what there is. That there is nothing, or an end, comes out again at the next read; and a connection that
    /// broke has ended then.
    fn look_ahead(&mut self, context: &mut Context<'_>) {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut more = ReadBuf::new(scratch);
            if let Poll::Ready(Ok(())) = Pin::new(&mut self.inner).poll_read(context, &mut more) {
                (self.ahead, self.taken) = (more.filled().into(), 0);
            }
        });
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadAhead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            self.give(buf);
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(&mut self.inner).poll_read(context, buf))?;
        if buf.remaining() == 0 {
            self.look_ahead(context);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadAhead<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| (at % 251) as u8).collect()
    }

    #[tokio::test]
    async fn everything_comes_in_order_whatever_is_asked_for_at_a_time() {
        let sent = bytes(100_000);
        for room in [1, 100, 2048, READ_AHEAD_BYTES, READ_AHEAD_BYTES + 1] {
            let (mut near, far) = duplex(64 * 1024);
            let mut reader = ReadAhead::new(far);
            let writing = async {
                near.write_all(&sent).await.unwrap();
                drop(near);
            };
            let reading = async {
                let (mut found, mut buffer) = (Vec::new(), vec![0; room]);
                loop {
                    let count = reader.read(&mut buffer).await.unwrap();
                    if count == 0 {
                        return found;
                    }
                    found.extend_from_slice(&buffer[..count]);
                }
            };
            let (found, ()) = tokio::join!(reading, writing);
            assert!(found == sent, "{room} at a time: {} bytes", found.len());
            assert!(reader.ahead.is_empty());
        }
    }

    #[tokio::test]
    async fn it_takes_no_more_than_it_may_and_nothing_where_there_is_nothing() {
        let (mut near, far) = duplex(64 * 1024);
        let mut reader = ReadAhead::new(far);
        let mut buffer = [0; 2048];
        near.write_all(&bytes(2048 + READ_AHEAD_BYTES + 1))
            .await
            .unwrap();
        assert_eq!(reader.read(&mut buffer).await.unwrap(), 2048);
        assert_eq!(reader.ahead.len(), READ_AHEAD_BYTES);
        let mut rest = [0; READ_AHEAD_BYTES];
        reader.read_exact(&mut rest).await.unwrap();
        assert_eq!(reader.read(&mut buffer).await.unwrap(), 1);
        near.write_all(&bytes(2048)).await.unwrap();
        assert_eq!(reader.read(&mut buffer).await.unwrap(), 2048);
        assert!(reader.ahead.is_empty(), "there was no more");
    }
}
