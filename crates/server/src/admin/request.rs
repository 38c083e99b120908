//! What an operator may ask, and how it is done.

use std::path::PathBuf;

use hongyan_protocol::{UserId, UserProfile};
use hongyan_service::{AddUser, Operator, Service, ServiceError};
use hongyan_store_sqlite::SqliteStore;
use serde::{Deserialize, Serialize};

/// What an operator asks.
#[derive(Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Adds a user.
    AddUser {
        /// The login name.
        login: String,
        /// The display name.
        name: String,
        /// The picture.
        avatar: Option<String>,
        /// The password.
        password: String,
    },
    /// Lists a page of users.
    ListUsers {
        /// Ids above this one.
        after: UserId,
    },
    /// Copies the database.
    Backup {
        /// The new file, with its whole path.
        file: PathBuf,
    },
    /// Sets a password and signs the user out everywhere.
    SetPassword {
        /// Whose.
        login: String,
        /// The new one.
        password: String,
    },
}

/// What the operator is answered.
#[derive(Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// These users: the one that was added, or a page.
    Users {
        /// Ascending by id.
        users: Vec<UserProfile>,
    },
    /// It is done.
    Done,
    /// It was refused.
    Refused {
        /// Why, for people.
        message: String,
    },
}

/// Does what the operator asks.
pub async fn carry_out(service: &Service, operator: &Operator, request: Request) -> Answer {
    let result = match request {
        Request::AddUser {
            login,
            name,
            avatar,
            password,
        } => {
            let user = AddUser {
                id: None,
                login,
                name,
                avatar,
                password,
            };
            service
                .add_user(operator, user)
                .await
                .map(|user| Answer::Users { users: vec![user] })
        }
        Request::ListUsers { after } => service
            .list_users(operator, after)
            .await
            .map(|users| Answer::Users { users }),
        Request::SetPassword { login, password } => service
            .set_password(operator, &login, &password)
            .await
            .map(|()| Answer::Done),
        Request::Backup { .. } => {
            return Answer::Refused {
                message: "a backup is made of the store".into(),
            };
        }
    };
    result.unwrap_or_else(|error: ServiceError| Answer::Refused {
        message: error.to_string(),
    })
}

/// Copies the database.
pub async fn backup(store: &SqliteStore, file: PathBuf) -> Answer {
    match store.backup(file).await {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Refused {
            message: error.to_string(),
        },
    }
}
