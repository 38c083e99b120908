//! A TCP stream that counts its bytes, in both directions.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many bytes have come and gone: to see whether any have.
#[derive(Debug, Default)]
pub(super) struct Moved {
    come: AtomicU64,
    gone: AtomicU64,
}

impl Moved {
    pub(super) fn come(&self) -> u64 {
        self.come.load(Ordering::Relaxed)
    }

    pub(super) fn gone(&self) -> u64 {
        self.gone.load(Ordering::Relaxed)
    }
}

/// See the [module](self).
pub(super) struct Counted {
    tcp: TcpStream,
    moved: Arc<Moved>,
}

impl Counted {
    pub(super) fn new(tcp: TcpStream, moved: Arc<Moved>) -> Self {
        Self { tcp, moved }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(context, buf))?;
        let come = buf.filled().len() - before;
        self.moved.come.fetch_add(come as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let gone = ready!(Pin::new(&mut self.tcp).poll_write(context, bytes))?;
        self.moved.gone.fetch_add(gone as u64, Ordering::Relaxed);
        Poll::Ready(Ok(gone))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
