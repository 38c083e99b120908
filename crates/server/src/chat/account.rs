//! Signing in for `hongyan chat`, with an outbox on the disk if no other program uses it.

use std::path::{Path, PathBuf};

use hongyan_client::{Client, Config, ConnectError, Credentials, StateError};

use super::{Account, Options};
use crate::commands::device;

/// What this device is called in the user's list of sessions, before the host's name.
const DEVICE: &str = "chat";

/// Signs in, and starts a client. A second window of the same account cannot have the outbox on the
/// disk; it gets one in memory, and a session of its own.
pub(super) async fn open(options: &Options) -> anyhow::Result<Account> {
    if let Some(base) = &options.state {
        let state = directory(base, &options.server, &options.login);
        match Client::connect(config(options).state(state)).await {
            Ok((client, events)) => {
                return Ok(Account {
                    client,
                    events,
                    is_kept: true,
                });
            }
            Err(ConnectError::State(StateError::Locked(_))) => {}
            Err(error) => return Err(explain(error, options)),
        }
    }
    match Client::connect(config(options)).await {
        Ok((client, events)) => Ok(Account {
            client,
            events,
            is_kept: false,
        }),
        Err(error) => Err(explain(error, options)),
    }
}

/// A session that the state folder keeps is gone on with; a new one has a name of its own, so that it ends no other.
fn config(options: &Options) -> Config {
    let device = device(DEVICE);
    let credentials = Credentials::password(&*options.login, &*options.password, device);
    // The messages are not kept here, so every run shows the last ones anew.
    Config::new(&options.server, credentials)
        .client_name(concat!("hongyan-chat/", env!("CARGO_PKG_VERSION")))
        .from_the_beginning()
}

fn explain(error: ConnectError, options: &Options) -> anyhow::Error {
    let Options { server, login, .. } = options;
    let context = format!("cannot sign in to {server} as {login}");
    anyhow::Error::new(error).context(context)
}

/// One folder for each account: the server's address and the login name, with every character that a
/// file system could take amiss written as `%` and two hexadecimal digits.
fn directory(base: &Path, server: &str, login: &str) -> PathBuf {
    base.join(escaped(server)).join(escaped(login))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02x}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_has_a_folder_of_its_own() {
        let base = Path::new("state");
        let folder = |server, login| directory(base, server, login);
        assert_eq!(
            folder("http://[::1]:8080", "../张三"),
            Path::new("state/http%3a%2f%2f%5b%3a%3a1%5d%3a8080/%2e%2e%2f%e5%bc%a0%e4%b8%89")
        );
        assert_ne!(folder("http://a", "b_c"), folder("http://a", "b%5fc"));
    }
}
