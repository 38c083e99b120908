//! `hongyan send`

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, bail};
use hongyan_client::Target;

use super::{client_config, connect};
use crate::cli::Send;

/// How long a message may wait for the server before the command gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends one message, and ends when it is on the server's disk.
pub async fn send(options: Send) -> anyhow::Result<()> {
    let text = text(options.text)?;
    let config = client_config(&options.sign_in, "hongyan send")?;
    let (client, _events) = connect(config, &options.sign_in).await?;
    let Some(user) = client.find_user(&options.to).await? else {
        bail!(
            "there is no user {:?}; see `hongyan user list` on the server",
            options.to
        );
    };
    let handle = client.send(Target::User(user.id), text.as_str()).await?;
    let sent = tokio::time::timeout(PATIENCE, handle)
        .await
        .with_context(|| {
            format!(
                "the server did not answer for {PATIENCE:?}; the message may have arrived or not"
            )
        })??;
    println!(
        "sent to {}: conversation {}, seq {}",
        user.name, sent.conv, sent.seq
    );
    client.close().await;
    Ok(())
}

/// The text, or what standard input holds.
fn text(argument: String) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument);
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read standard input as UTF-8")?;
    Ok(text.trim_end_matches('\n').to_owned())
}
