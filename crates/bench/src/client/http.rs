//! Signing in over HTTP, for a server whose database is not ours to prepare.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::order::Account;

/// A response to a login, in bytes.
const RESPONSE: u64 = 64 * 1024;

#[derive(Deserialize)]
struct SignedIn {
    token: String,
    user: Profile,
}

#[derive(Deserialize)]
struct Profile {
    id: u64,
}

/// Signs in with a login name.
pub(crate) async fn sign_in(
    server: SocketAddr,
    login: &str,
    password: &str,
    device: &str,
) -> anyhow::Result<Account> {
    let body = serde_json::json!({
        "login": login, "password": password, "device": device, "client": "hongyan-bench",
    })
    .to_string();
    let request = format!(
        "POST /v1/login HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server)
        .await
        .with_context(|| format!("cannot connect to {server}"))?;
    stream.write_all(request.as_bytes()).await?;
    let mut response = Vec::new();
    stream.take(RESPONSE).read_to_end(&mut response).await?;
    let response = String::from_utf8_lossy(&response);
    let (head, body) = response.split_once("\r\n\r\n").context("no response")?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!(
            "{login} cannot sign in: {}",
            head.lines().next().unwrap_or_default()
        );
    }
    let signed_in: SignedIn = serde_json::from_str(body).context("not a login's response")?;
    Ok(Account {
        user: signed_in.user.id,
        token: signed_in.token,
    })
}
