//! `hongyan user`

use std::path::Path;

use anyhow::bail;
use hongyan_protocol::{UserId, UserProfile};

use super::sign_in::ask_new_password;
use crate::admin::{self, Answer, Request};
use crate::cli::{User, UserAction};
use crate::config::{Config, Flags};
use crate::node;

/// Adds users, lists them, sets passwords; in the running server if there is one, else in its database.
pub async fn user(options: User) -> anyhow::Result<()> {
    let flags = Flags {
        listen: None,
        data_dir: options.data_dir,
    };
    let config = Config::load(options.config, &flags)?;
    let operator = Operator { config };
    match options.action {
        UserAction::Add {
            login,
            name,
            avatar,
        } => operator.add(login, name, avatar).await,
        UserAction::List => operator.list().await,
        UserAction::Passwd { login } => operator.set_password(login).await,
    }
}

struct Operator {
    config: Config,
}

impl Operator {
    async fn add(
        &self,
        login: String,
        name: Option<String>,
        avatar: Option<String>,
    ) -> anyhow::Result<()> {
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
            println!("added user {} {}", user.id, user.login);
        }
        Ok(())
    }

    async fn list(&self) -> anyhow::Result<()> {
        let mut after = UserId::default();
        loop {
            let page = self.ask(Request::ListUsers { after }).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            for user in page {
                println!("{}\t{}\t{}", user.id, user.login, user.name);
            }
        }
    }

    async fn set_password(&self, login: String) -> anyhow::Result<()> {
        let password = ask_new_password(&login)?;
        self.ask(Request::SetPassword { login, password }).await?;
        println!("the password is set; all of the user's devices are signed out");
        Ok(())
    }

    async fn ask(&self, request: Request) -> anyhow::Result<Vec<UserProfile>> {
        let data_dir: &Path = &self.config.data_dir;
        let answer = match admin::ask(data_dir, &request).await? {
            Some(answer) => answer,
            None => admin::carry_out(&*node::offline_service(&self.config)?, request).await,
        };
        match answer {
            Answer::Users { users } => Ok(users),
            Answer::Done => Ok(Vec::new()),
            Answer::Refused { message } => bail!(message),
        }
    }
}
