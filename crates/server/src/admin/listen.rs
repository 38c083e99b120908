//! The server's end of the operator's socket.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hongyan_service::{Operator, Service};
use hongyan_store_sqlite::SqliteStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{MESSAGE_BYTES, Request, backup, carry_out, socket_path};

/// To read a request, and to carry it out. A backup takes as long as it takes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The socket, open until this is dropped.
pub struct Listening {
    path: PathBuf,
    task: JoinHandle<()>,
}

/// Opens the socket. The caller holds the database's lock, so a socket that is there is a dead server's.
pub fn listen(
    data_dir: &Path,
    service: Arc<Service>,
    operator: Operator,
    store: Arc<SqliteStore>,
) -> anyhow::Result<Listening> {
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
                    let (service, store) = (Arc::clone(&service), Arc::clone(&store));
                    // One that takes long does not keep the others waiting.
                    tokio::spawn(async move {
                        if let Err(error) = answer(stream, &service, &operator, &store).await {
                            tracing::warn!(%error, "an operator's request ended badly");
                        }
                    });
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

async fn answer(
    mut stream: UnixStream,
    service: &Service,
    operator: &Operator,
    store: &SqliteStore,
) -> anyhow::Result<()> {
    let mut request = Vec::new();
    let mut limited = (&mut stream).take(MESSAGE_BYTES);
    timeout(REQUEST_TIMEOUT, limited.read_to_end(&mut request)).await??;
    let answer = match serde_json::from_slice(&request)? {
        Request::Backup { file } => backup(store, file).await,
        request => timeout(REQUEST_TIMEOUT, carry_out(service, operator, request)).await?,
    };
    stream.write_all(&serde_json::to_vec(&answer)?).await?;
    Ok(stream.shutdown().await?)
}
