//! The slowness limit: a transfer is judged by the bytes that move, not by its whole duration.
//!
//! A transfer without a byte has [`STALL`]. Each byte that moves makes up for a little of the wait, as much as at
//! [`SLOWEST_BYTES_PER_SECOND`]. So a slow but honest link may take as long as it needs, and a client that takes a
//! byte now and then may not.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::crowd::Sign;
use crate::limits::{SLOWEST_BYTES_PER_SECOND, STALL};

/// Until when something may take, that goes on while bytes move.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// For what begins now.
    pub(crate) fn new() -> Self {
        Self(Instant::now() + STALL)
    }

    /// So many bytes moved.
    pub(crate) fn moved(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let made_up_for = Duration::from_secs(1) * bytes / SLOWEST_BYTES_PER_SECOND;
        self.0 = (self.0 + made_up_for).min(Instant::now() + STALL);
    }

    /// When it is over, if nothing moves.
    pub(crate) fn at(self) -> Instant {
        self.0
    }
}

/// A connection that speaks HTTP. Writing to it fails when the other side takes too little of what it asked for.
///
/// Reading has no clock here: how long the headers of a request may take, `hyper` knows, and a body its reader.
pub(crate) struct Watched<T = TcpStream> {
    stream: T,
    sign: Sign,
    /// Only while there is something that the other side does not take.
    stuck: Option<Stuck>,
}

struct Stuck {
    deadline: Deadline,
    timer: Pin<Box<Sleep>>,
}

impl<T> Watched<T> {
    /// Watches over this connection, and tells of its signs of life.
    pub(crate) fn new(stream: T, sign: Sign) -> Self {
        Self {
            stream,
            sign,
            stuck: None,
        }
    }

    /// The connection itself.
    pub(crate) fn into_inner(self) -> T {
        self.stream
    }

    /// What came of a write, with the clock of those that take nothing.
    fn judge(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(count)) => {
                if count > 0 {
                    self.sign.of_life();
                }
                if let Some(stuck) = &mut self.stuck {
                    stuck.deadline.moved(count);
                }
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let stuck = self.stuck.get_or_insert_with(|| {
                    let deadline = Deadline::new();
                    let timer = Box::pin(tokio::time::sleep_until(deadline.at()));
                    Stuck { deadline, timer }
                });
                if stuck.timer.deadline() != stuck.deadline.at() {
                    stuck.timer.as_mut().reset(stuck.deadline.at());
                }
                stuck.timer.as_mut().poll(context).map(|()| {
                    Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "the answer is not taken",
                    ))
                })
            }
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buf);
        if buf.filled().len() > before {
            self.sign.of_life();
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// All of an answer was taken: the next one has a clock of its own.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stuck = None;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::time::{advance, sleep};

    use super::super::crowd::Crowd;
    use super::*;

    /// With buffers like those of the system. Not the system's own, whose timers know nothing of a paused clock.
    fn watched() -> (DuplexStream, Watched<DuplexStream>) {
        let (near, far) = tokio::io::duplex(256 * 1024);
        let place = Crowd::new(1, 1).admit(None, true).unwrap();
        (near, Watched::new(far, place.sign()))
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_buy_time_but_no_more_than_one_had() {
        let started = Instant::now();
        let mut deadline = Deadline::new();
        assert_eq!(deadline.at(), started + STALL);
        deadline.moved(1 << 20);
        assert_eq!(deadline.at(), started + STALL);
        advance(STALL / 2).await;
        // A byte now and then buys next to nothing.
        deadline.moved(1);
        assert!(deadline.at() < started + STALL + Duration::from_millis(5));
        deadline.moved(SLOWEST_BYTES_PER_SECOND as usize);
        let bought = deadline.at() - (started + STALL);
        assert!(bought >= Duration::from_secs(1) && bought < Duration::from_millis(1010));
        deadline.moved(usize::MAX);
        assert_eq!(deadline.at(), Instant::now() + STALL);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_taken_ends_its_connection() {
        let (_near, mut watched) = watched();
        let started = Instant::now();
        let answer = vec![0; 64 * 1024 * 1024];
        let error = watched.write_all(&answer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let took = started.elapsed();
        assert!(
            took >= STALL && took < STALL + Duration::from_secs(1),
            "{took:?}"
        );
    }

    /// Four hours on the paused clock, for a link that takes a burst of 32 s at 2 kB/s at a time.
    #[tokio::test(start_paused = true)]
    async fn a_slow_link_may_take_as_long_as_it_needs() {
        const BURST: usize = 64 * 1024;
        let (mut near, mut watched) = watched();
        let answer = vec![0; 24 * 1024 * 1024];
        let started = Instant::now();
        let taking = async {
            let mut taken = vec![0; BURST];
            let mut rest = answer.len();
            while rest > 0 {
                let burst = rest.min(BURST);
                near.read_exact(&mut taken[..burst]).await.unwrap();
                rest -= burst;
                sleep(Duration::from_secs(32)).await;
            }
        };
        let (written, ()) = tokio::join!(watched.write_all(&answer), taking);
        written.unwrap();
        assert!(started.elapsed() > 100 * STALL);
    }
}
