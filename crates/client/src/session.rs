//! A session without a connection: one request at a time over HTTP.
//!
//! For scripts and short commands, which send something and end. Owns: a token. Promises: nothing is repeated
//! behind the caller's back; what may be repeated says so, and how. Not here: anything that comes in
//! ([`Client`](crate::Client)).

use std::fmt;

use hongyan_delivery::client::outbox::Append;
use hongyan_protocol::{ClientId, Send, Sent, Target, UserProfile};

use crate::ambient::Ambient;
use crate::http::{Http, SignIn};
use crate::message::Draft;
use crate::{ConnectError, HttpError, Message, SubmitError};

/// A signed-in device that holds no connection. Signing in again under the same device name ends it.
pub struct Session {
    http: Http,
    token: Box<str>,
    user: UserProfile,
    ambient: Ambient,
}

impl Session {
    /// Signs a device in. `client` is the program's name and version, for the server's logs.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn sign_in(
        server: &str,
        login: &str,
        password: &str,
        device: &str,
        client: &str,
    ) -> Result<Self, ConnectError> {
        let http = Http::new(server)?;
        let sign_in = SignIn {
            login,
            password,
            device,
            client,
            device_secret: None,
        };
        let signed_in = http.login(&sign_in).await?;
        Ok(Self {
            http,
            token: signed_in.token,
            user: signed_in.user,
            ambient: Ambient::system()?,
        })
    }

    /// Who signed in.
    pub fn user(&self) -> &UserProfile {
        &self.user
    }

    /// Finds a user by login name.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn find_user(&self, login: &str) -> Result<Option<UserProfile>, HttpError> {
        self.http.find_user(login, &self.token).await
    }

    /// Makes a message ready to be sent: one that has no name gets a fresh one.
    ///
    /// # Errors
    /// [`SubmitError::Invalid`]: the server would refuse it however often it came.
    pub fn name(
        &mut self,
        target: Target,
        message: impl Into<Message>,
    ) -> Result<NamedMessage, SubmitError> {
        let draft = Draft::Send(target, message.into());
        let client_id = match draft.client_id() {
            Some(client_id) => client_id.clone(),
            None => self.ambient.client_id(),
        };
        match draft.named(client_id)? {
            Append::Send(send) => Ok(NamedMessage(send)),
            Append::Edit(_) | Append::Recall(_) => unreachable!("a message was drafted"),
        }
    }

    /// Sends a message and waits until it is on the server's disk. The same message under the same name may be
    /// sent again, on this session or another: the server stores it once and gives the same answer.
    ///
    /// # Errors
    /// See [`HttpError`]. After a [retryable](HttpError::is_retryable) one nobody knows whether it is stored.
    pub async fn send(&self, message: &NamedMessage) -> Result<Sent, HttpError> {
        self.http.send(&message.0, &self.token).await
    }

    /// Ends the session: the device is gone from the user's list.
    ///
    /// # Errors
    /// See [`HttpError`]; the session may live on then.
    pub async fn sign_out(&self) -> Result<(), HttpError> {
        self.http.logout(&self.token).await
    }
}

impl fmt::Debug for Session {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A message with its name and whom it is for: the same however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedMessage(Send);

impl NamedMessage {
    /// Its name.
    pub fn client_id(&self) -> &ClientId {
        &self.0.client_id
    }
}
