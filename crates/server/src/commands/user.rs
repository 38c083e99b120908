//! `hongyan user`

use anyhow::bail;
use hongyan_protocol::{UserId, UserProfile};

use super::load_config;
use super::sign_in::ask_new_password;
use crate::admin::{self, Answer, Request};
use crate::cli::{User, UserAction};
use crate::config::Config;
use crate::node::{Missing, Offline};
use crate::output;

/// Adds users, lists them, sets passwords; in the running server if there is one, else in its database.
pub async fn user(options: User) -> anyhow::Result<()> {
    let missing = match options.action {
        UserAction::Add { create: true, .. } => Missing::Create,
        UserAction::Add { .. } | UserAction::List | UserAction::Passwd { .. } => Missing::Refuse,
    };
    let mut operator = Operator {
        config: load_config(options.database)?,
        missing,
        offline: None,
    };
    let done = operator.carry_out(options.action).await;
    if let Some(offline) = operator.offline {
        offline.close().await;
    }
    done
}

struct Operator {
    config: Config,
    missing: Missing,
    /// The database, once no server was found running on it.
    offline: Option<Offline>,
}

impl Operator {
    async fn carry_out(&mut self, action: UserAction) -> anyhow::Result<()> {
        match action {
            UserAction::Add {
                login,
                name,
                avatar,
                create: _,
            } => self.add(login, name, avatar).await,
            UserAction::List => self.list().await,
            UserAction::Passwd { login } => self.set_password(login).await,
        }
    }

    async fn add(
        &mut self,
        login: String,
        name: Option<String>,
        avatar: Option<String>,
    ) -> anyhow::Result<()> {
        // Before anybody is asked for a password.
        self.find_database().await?;
        let password = ask_new_password(&login)?;
        let name = name.unwrap_or_else(|| login.clone());
        let users = self
            .ask(Request::AddUser {
                login,
                name,
                avatar,
                password,
            })
            .await?;
        for user in users {
            output::done(format_args!("added user {} {}", user.id, user.login));
        }
        Ok(())
    }

    async fn list(&mut self) -> anyhow::Result<()> {
        let mut after = UserId::default();
        loop {
            let page = self.ask(Request::ListUsers { after }).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            for user in page {
                output::line(format_args!("{}\t{}\t{}", user.id, user.login, user.name))?;
            }
        }
    }

    async fn set_password(&mut self, login: String) -> anyhow::Result<()> {
        self.find_database().await?;
        let password = ask_new_password(&login)?;
        self.ask(Request::SetPassword { login, password }).await?;
        output::done("the password is set; all of the user's devices are signed out");
        Ok(())
    }

    /// Opens the database, unless a server runs on it.
    async fn find_database(&mut self) -> anyhow::Result<()> {
        if self.offline.is_none() && !admin::is_running(&self.config.data_dir).await {
            self.offline = Some(Offline::open(&self.config, self.missing)?);
        }
        Ok(())
    }

    async fn ask(&mut self, request: Request) -> anyhow::Result<Vec<UserProfile>> {
        self.find_database().await?;
        let answer = match &self.offline {
            Some(offline) => admin::carry_out(offline.service(), offline.operator(), request).await,
            None => admin::ask(&self.config.data_dir, &request).await?,
        };
        match answer {
            Answer::Users { users } => Ok(users),
            Answer::Done => Ok(Vec::new()),
            Answer::Refused { message } => bail!(message),
        }
    }
}
