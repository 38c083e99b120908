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
pub use request::{Answer, Request, carry_out};

/// A request or an answer, in bytes.
const MESSAGE_BYTES: u64 = 1024 * 1024;

/// The socket of the server that uses this data folder.
fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join("admin.sock")
}

/// Asks the server that runs on this data folder; `None` when none does.
pub async fn ask(data_dir: &Path, request: &Request) -> anyhow::Result<Option<Answer>> {
    let Ok(mut stream) = UnixStream::connect(socket_path(data_dir)).await else {
        return Ok(None);
    };
    stream.write_all(&serde_json::to_vec(request)?).await?;
    stream.shutdown().await?;
    let mut answer = Vec::new();
    stream.take(MESSAGE_BYTES).read_to_end(&mut answer).await?;
    let answer = serde_json::from_slice(&answer).context("the running server gave no answer")?;
    Ok(Some(answer))
}
