//! `hongyan chat`

use super::sign_in::{ask_login, ask_password};
use crate::chat::{self, Options};
use crate::cli::Chat;

/// Opens the terminal client.
pub async fn chat(options: Chat) -> anyhow::Result<()> {
    let login = match options.sign_in.login {
        Some(login) => login,
        None => ask_login()?,
    };
    let password = match options.sign_in.password {
        Some(password) => password,
        None => ask_password(&login)?,
    };
    let state = options
        .state_dir
        .or_else(|| Some(std::env::home_dir()?.join(".local/state/hongyan")));
    chat::run(Options {
        server: options.sign_in.server,
        login,
        password,
        state,
        language: options.lang,
        plain: options.plain,
    })
    .await
}
