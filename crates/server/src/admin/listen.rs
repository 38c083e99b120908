//! The server's end of the operator's socket.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hongyan_service::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use super::{MESSAGE_BYTES, carry_out, socket_path};

/// For one request, its answer included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The socket, open until this is dropped.
pub struct Listening {
    path: PathBuf,
    task: JoinHandle<()>,
}

/// Opens the socket. The caller holds the database's lock, so a socket that is there is a dead server's.
pub fn listen(data_dir: &Path, service: Arc<Service>) -> anyhow::Result<Listening> {
    let path = socket_path(data_dir);
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).with_context(|| {
        format!(
            "cannot open the operator's socket {}; a data folder with a shorter path may help",
            path.display()
        )
    })?;
    // The folder is private already; the socket is too, should somebody open the folder.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let answer =
                        tokio::time::timeout(REQUEST_TIMEOUT, answer(stream, &service)).await;
                    if let Ok(Err(error)) = answer {
                        tracing::warn!(%error, "an operator's request ended badly");
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept on the operator's socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
    Ok(Listening { path, task })
}

impl Listening {
    /// Closes the socket.
    pub fn stop(&self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn answer(mut stream: UnixStream, service: &Service) -> anyhow::Result<()> {
    let mut request = Vec::new();
    (&mut stream)
        .take(MESSAGE_BYTES)
        .read_to_end(&mut request)
        .await?;
    let answer = carry_out(service, serde_json::from_slice(&request)?).await;
    stream.write_all(&serde_json::to_vec(&answer)?).await?;
    Ok(stream.shutdown().await?)
}
