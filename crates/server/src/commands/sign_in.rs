//! Asking a person who they are.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use hongyan_client::{Client, Config, Credentials, Events};

use crate::cli::SignIn;

/// Signs a command's client in and connects it.
pub(super) async fn connect(config: Config, options: &SignIn) -> anyhow::Result<(Client, Events)> {
    Client::connect(config).await.with_context(|| {
        format!(
            "no connection to {}; is a server running there, and is the password right?",
            options.server
        )
    })
}

/// The client that a command's options ask for; the person is asked for what they leave out. Each
/// command is a device of its own, so that it does not sign out another.
pub fn client_config(options: &SignIn, device: &str) -> anyhow::Result<Config> {
    let login = match &options.login {
        Some(login) => login.clone(),
        None => ask_login()?,
    };
    let password = match &options.password {
        Some(password) => password.clone(),
        None => ask_password(&login)?,
    };
    let credentials = Credentials::password(login, password, device);
    let name = concat!("hongyan-cli/", env!("CARGO_PKG_VERSION"));
    Ok(Config::new(options.server.clone(), credentials).client_name(name))
}

/// Asks for a password without showing it; reads a line where nobody can be asked.
pub(super) fn ask_password(login: &str) -> anyhow::Result<String> {
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
pub(super) fn ask_login() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        eprint!("Login name: ");
        std::io::stderr().flush()?;
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
