//! The operator's way into a running server: a socket in the data folder that only the server's own
//! user can open. One JSON request a connection, one JSON answer.
//!
//! So `hongyan user add` works whether a server runs or not, and a changed password closes the
//! connections that it should.

mod listen;
mod request;

use std::path::{Path, PathBuf};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

pub use listen::{Listening, listen};
pub use request::{Answer, Request, backup, carry_out};

/// A request or an answer, in bytes.
const MESSAGE_BYTES: u64 = 1024 * 1024;

/// The socket of the server that uses this data folder.
fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join("admin.sock")
}

/// Whether a server runs on this data folder.
pub async fn is_running(data_dir: &Path) -> bool {
    UnixStream::connect(socket_path(data_dir)).await.is_ok()
}

/// Asks the server that runs on this data folder.
///
/// # Errors
/// No server runs, or it gave no answer that this program reads.
pub async fn ask(data_dir: &Path, request: &Request) -> anyhow::Result<Answer> {
    let connected = UnixStream::connect(socket_path(data_dir)).await;
    let mut stream = connected.context("the server has just stopped; try again")?;
    stream.write_all(&serde_json::to_vec(request)?).await?;
    stream.shutdown().await?;
    let mut answer = Vec::new();
    stream.take(MESSAGE_BYTES).read_to_end(&mut answer).await?;
    serde_json::from_slice(&answer).context("the running server gave no answer")
}
