//! `hongyan chat`

use super::sign_in;
use crate::chat::{self, Options};
use crate::cli::Chat;

/// Opens the terminal client.
pub async fn chat(options: Chat) -> anyhow::Result<()> {
    let login = sign_in::login(&options.sign_in)?;
    let password = sign_in::password(&options.sign_in, &login)?;
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
