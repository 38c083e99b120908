//! The handle: what an application holds and calls.
//!
//! [`Client`] → commands → one task → socket

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use hongyan_protocol::{
    Body, ClientId, ConversationId, History, HistoryPage, Sent, Seq, Target, UserId, UserProfile,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::ambient::Ambient;
use crate::command::Command;
use crate::driver::{Driver, Status};
use crate::http::{Http, SignIn};
use crate::journal::Journal;
use crate::message::Draft;
use crate::outlet;
use crate::{
    Config, ConnectError, Credentials, Events, FoundUsers, HttpError, Message, RequestError,
    SendError, StateError, SubmitError,
};

/// Commands that wait for the task. Beyond it a handle's call waits.
const COMMANDS: usize = 64;

/// A client of one account: connects, stays connected, and connects again.
///
/// A handle; clones are cheap and speak for the same client. When the last one is dropped the client
/// stops as if by [`close`](Self::close). Events are no handle.
#[derive(Debug, Clone)]
pub struct Client {
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<Status>,
    http: Http,
    /// For the names of what goes over HTTP.
    ambient: Arc<Mutex<Ambient>>,
}

impl Client {
    /// Starts a client, and gives the handle and the stream of what happens.
    ///
    /// Opens the state directory, if there is one, and signs in if there is a password and no token
    /// kept. The connection itself is made in the background: the first
    /// [`Event::Connected`](crate::Event::Connected) tells of it, and requests are taken before it.
    ///
    /// Must be called on a tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    /// See [`ConnectError`]. A server that cannot be reached is only an error where the client has
    /// to sign in first.
    pub async fn connect(config: Config) -> Result<(Self, Events), ConnectError> {
        let http = Http::new(&config.server)?;
        let journal = open_journal(config.state.clone()).await?;
        let ambient = Ambient::system()?;
        let names = Arc::new(Mutex::new(Ambient::system()?));
        let mut secret = None;
        let (token, signed_in) = match &config.credentials {
            Credentials::Token(token) => (token.clone(), None),
            Credentials::Password {
                login,
                password,
                device,
            } => {
                secret = kept_secret(journal.as_ref(), login);
                match kept_token(journal.as_ref(), login) {
                    Some(token) => (token, None),
                    None => {
                        let sign_in = SignIn {
                            login,
                            password,
                            device,
                            client: &config.client,
                            device_secret: secret.as_deref(),
                        };
                        let mut signed_in = http.login(&sign_in).await?;
                        secret = signed_in.device_secret.take().or(secret);
                        (signed_in.token.clone(), Some(signed_in))
                    }
                }
            }
        };

        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (outlet, events) = outlet::stream(config.events);
        let (status_sender, status) = watch::channel(Status {
            user: signed_in.as_ref().map(|signed_in| signed_in.user.clone()),
            token: Some(token),
            connected: false,
        });
        let driver = Driver::new(
            config,
            http.clone(),
            ambient,
            journal,
            inbox,
            outlet,
            status_sender,
        );
        tokio::spawn(driver.run(secret, signed_in.is_some()));
        let client = Self {
            commands,
            status,
            http,
            ambient: names,
        };
        Ok((client, events))
    }

    /// Sends a message: puts it into the outbox and returns. With a state directory it is on this
    /// device's disk by then, and will be sent whatever happens to the program; the same message
    /// never appears twice. Messages for one conversation arrive in the order of the calls.
    ///
    /// # Errors
    /// See [`SubmitError`]: the message was not taken.
    pub async fn send(
        &self,
        target: Target,
        message: impl Into<Message>,
    ) -> Result<SendHandle, SubmitError> {
        self.submit(Draft::Send(target, message.into())).await
    }

    /// Replaces the text of a message of one's own, by way of the outbox like [`send`](Self::send).
    ///
    /// # Errors
    /// See [`SubmitError`]: the edit was not taken.
    pub async fn edit(
        &self,
        conv: ConversationId,
        seq: Seq,
        text: impl Into<Arc<str>>,
    ) -> Result<SendHandle, SubmitError> {
        self.submit(Draft::Edit(conv, seq, Body::text(text))).await
    }

    /// Blanks a message of one's own, by way of the outbox like [`send`](Self::send).
    ///
    /// # Errors
    /// See [`SubmitError`]: the recall was not taken.
    pub async fn recall(&self, conv: ConversationId, seq: Seq) -> Result<SendHandle, SubmitError> {
        self.submit(Draft::Recall(conv, seq)).await
    }

    /// Takes back a request that is not on its way; `false` when it is too late for that.
    pub async fn cancel(&self, client_id: ClientId) -> bool {
        self.ask(|reply| Command::Cancel { client_id, reply })
            .await
            .unwrap_or(false)
    }

    /// Says that the user has read the conversation up to here. Told to the server when there is a
    /// connection, again until it answers; not kept over a restart.
    ///
    /// # Errors
    /// [`RequestError::Busy`] when marks of thousands of conversations wait, and
    /// [`RequestError::Stopped`].
    pub async fn read(&self, conv: ConversationId, seq: Seq) -> Result<(), RequestError> {
        let taken = self
            .ask(|reply| Command::Read { conv, seq, reply })
            .await
            .ok_or(RequestError::Stopped)?;
        if taken {
            Ok(())
        } else {
            Err(RequestError::Busy)
        }
    }

    /// Reads a page of a log, ascending. What comes this way is not told as events, nor acknowledged.
    ///
    /// # Errors
    /// See [`RequestError`]; without a connection it fails at once.
    pub async fn history(
        &self,
        conv: ConversationId,
        page: Page,
        limit: usize,
    ) -> Result<HistoryPage, RequestError> {
        let (before, after) = match page {
            Page::Newest => (None, None),
            Page::Before(seq) => (Some(seq), None),
            Page::After(seq) => (None, Some(seq)),
        };
        let history = History {
            conv,
            before,
            after,
            limit: Some(limit.max(1)),
            bytes: None,
        };
        self.ask(|reply| Command::History { history, reply })
            .await
            .unwrap_or(Err(RequestError::Stopped))
    }

    /// Finds a user by login name.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn find_user(&self, login: &str) -> Result<Option<UserProfile>, HttpError> {
        self.http.find_user(login, &self.token()?).await
    }

    /// Finds users by what somebody types of a name: its beginning, a word, pinyin or initials, or of a login name where the
    /// server shows them. The best match stands first. Answers 20 users, or up to 50 where `limit` asks for them.
    ///
    /// # Errors
    /// See [`HttpError`]. More than 512 bytes are refused.
    pub async fn search_users(
        &self,
        typed: &str,
        limit: Option<usize>,
    ) -> Result<FoundUsers, HttpError> {
        self.http.search_users(typed, limit, &self.token()?).await
    }

    /// Finds a user by id.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn user(&self, id: UserId) -> Result<Option<UserProfile>, HttpError> {
        self.http.user(id, &self.token()?).await
    }

    /// Who this client is; `None` before the first welcome of a client that had a token.
    pub fn me(&self) -> Option<UserProfile> {
        self.status.borrow().user.clone()
    }

    /// Whether there is a connection now.
    pub fn is_connected(&self) -> bool {
        self.status.borrow().connected
    }

    /// The network is back, or the machine woke up, or the user is impatient: a wait for the next
    /// attempt to connect is cut short.
    pub fn wake(&self) {
        self.tell(Command::Wake);
    }

    /// Whether nobody is looking: then a longer quiet time is worth a later notice of a break.
    pub fn set_background(&self, background: bool) {
        self.tell(Command::Background(background));
    }

    /// The device is on another network now. `key` names it, such as `wifi:home` or `cell`.
    pub fn set_network(&self, key: impl Into<Box<str>>) {
        self.tell(Command::Network(key.into()));
    }

    /// Signs out: the server forgets the session, and closes the connection for good.
    ///
    /// # Errors
    /// See [`HttpError`]; the client goes on when it fails.
    pub async fn sign_out(&self) -> Result<(), HttpError> {
        self.http.logout(&self.token()?).await
    }

    /// Keeps what is to be kept, says goodbye and stops. The events that were not read are lost to
    /// this run; with a state directory their entries come again in the next.
    pub async fn close(self) {
        self.ask(Command::Close).await;
    }

    async fn submit(&self, draft: Draft) -> Result<SendHandle, SubmitError> {
        self.ask(|reply| Command::Submit { draft, reply })
            .await
            .unwrap_or(Err(SubmitError::Stopped))
    }

    /// `None` once the client has stopped.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.ok()?;
        answer.await.ok()
    }

    /// A hint: with the task so busy that its queue is full, one more changes nothing for long.
    fn tell(&self, command: Command) {
        if let Err(mpsc::error::TrySendError::Full(command)) = self.commands.try_send(command) {
            tracing::debug!(?command, "the client is busy; a hint is lost");
        }
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// A name for a request over HTTP that no other has.
    pub(crate) fn client_id(&self) -> ClientId {
        // Whoever panicked has left a number that is still greater than those before it.
        let ambient = self.ambient.lock();
        ambient.unwrap_or_else(PoisonError::into_inner).client_id()
    }

    pub(crate) fn token(&self) -> Result<Box<str>, HttpError> {
        let token = self.status.borrow().token.clone();
        token.ok_or(HttpError::NotSignedIn)
    }
}

/// Which stretch of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The last entries.
    Newest,
    /// The last entries below this one.
    Before(Seq),
    /// The first entries above this one.
    After(Seq),
}

/// A request in the outbox. Await it for what becomes of it; drop it and nothing changes.
#[derive(Debug)]
pub struct SendHandle {
    client_id: ClientId,
    result: oneshot::Receiver<Result<Sent, SendError>>,
}

impl SendHandle {
    pub(crate) fn new(
        client_id: ClientId,
        result: oneshot::Receiver<Result<Sent, SendError>>,
    ) -> Self {
        Self { client_id, result }
    }

    /// Its name: the entry that comes of it carries the same.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }
}

impl Future for SendHandle {
    /// Waits for as long as it takes: without a connection, until there is one.
    type Output = Result<Sent, SendError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.result).poll(context));
        Poll::Ready(answer.unwrap_or(Err(SendError::Stopped)))
    }
}

/// Opens the state directory where it may block.
async fn open_journal(directory: Option<PathBuf>) -> Result<Option<Journal>, StateError> {
    let Some(directory) = directory else {
        return Ok(None);
    };
    let opened = tokio::task::spawn_blocking(move || Journal::open(&directory)).await;
    opened
        .unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
        .map(Some)
}

/// The secret that an earlier sign-in of this login name has left.
fn kept_secret(journal: Option<&Journal>, login: &str) -> Option<Box<str>> {
    let kept = journal?.kept().secret.as_ref()?;
    (*kept.login == *login).then(|| kept.secret.clone())
}

/// The token that an earlier run has made for this login name.
fn kept_token(journal: Option<&Journal>, login: &str) -> Option<Box<str>> {
    let kept = journal?.kept().token.as_ref()?;
    (*kept.login == *login).then(|| kept.token.clone())
}
