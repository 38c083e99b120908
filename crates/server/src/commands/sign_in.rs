//! Asking a person who they are.

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, bail};
use hongyan_client::{Client, Config, Credentials, Events};
use hongyan_service::{Entropy, SystemEntropy};

use crate::cli::SignIn;
use crate::output;

/// This program's name and version, for the server's logs and the user's list of sessions.
pub(super) const CLIENT_NAME: &str = concat!("hongyan-cli/", env!("CARGO_PKG_VERSION"));

/// Signs a command's client in and connects it.
pub(super) async fn connect(config: Config, options: &SignIn) -> anyhow::Result<(Client, Events)> {
    Client::connect(config).await.with_context(|| {
        format!(
            "no connection to {}; is a server running there, and is the password right?",
            options.server
        )
    })
}

/// The client that a command's options ask for; the person is asked for what they leave out. `device` is its name
/// in the user's list of sessions, see [`device`].
pub(super) fn client_config(options: &SignIn, device: &str) -> anyhow::Result<Config> {
    let login = login(options)?;
    let password = password(options, &login)?;
    let credentials = Credentials::password(login, password, device);
    Ok(Config::new(options.server.clone(), credentials).client_name(CLIENT_NAME))
}

/// A device name for one run of a command, such as `tail on laptop 3f9c21`. A sign-in ends the session that has
/// the same name, so each run has its own.
pub(crate) fn device(command: &str) -> String {
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let host: String = host.chars().filter(|c| !c.is_control()).take(32).collect();
    let mut random = [0; 3];
    SystemEntropy.fill(&mut random);
    let [a, b, c] = random;
    format!("{command} on {host} {a:02x}{b:02x}{c:02x}")
}

/// The login name that the options tell, or the person.
pub(super) fn login(options: &SignIn) -> anyhow::Result<String> {
    match &options.login {
        Some(login) => Ok(login.clone()),
        None => ask_login(),
    }
}

/// The password that the options tell, or the person.
pub(super) fn password(options: &SignIn, login: &str) -> anyhow::Result<String> {
    match &options.password {
        Some(password) => Ok(password.clone()),
        None => ask_password(login),
    }
}

/// Asks for a password without showing it; reads a line where nobody can be asked.
fn ask_password(login: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Password of {login}: "))
            .context("cannot read a password")
    } else {
        read_line().context("cannot read a password from standard input")
    }
}

/// Asks for a new password, twice where it cannot be seen.
pub(super) fn ask_new_password(login: &str) -> anyhow::Result<String> {
    let password = ask_password(login)?;
    if std::io::stdin().is_terminal() && rpassword::prompt_password("Again: ")? != password {
        bail!("the two differ; nothing was changed");
    }
    Ok(password)
}

/// Asks for a login name.
fn ask_login() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        output::ask("Login name: ");
        return read_line();
    }
    bail!("say who you are with --login or HONGYAN_LOGIN")
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line)? == 0 {
        bail!("it ended");
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
