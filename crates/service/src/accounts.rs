//! Who somebody is: users, sign-in, sessions.

use std::net::IpAddr;
use std::num::NonZeroU64;
use std::sync::Arc;

use hongyan_bus::{Event, Notice};
use hongyan_protocol::{Millis, SessionId, UserId, UserProfile};
use hongyan_store::{NewSession, Session, User, login_key};

use crate::guessing::{Guess, Known};
use crate::names::{check_client, check_device, check_length, check_name};
use crate::throttle::limited_as;
use crate::token::{DeviceSecret, Token};
use crate::turns::Asking;
use crate::{Service, ServiceError, limits, wire};

/// Somebody who proved who they are. Only authentication makes one, and every call takes one, or an
/// [`Operator`](crate::Operator): nothing in a request's payload can speak for another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    user: UserId,
    session: SessionId,
    expires_at: Millis,
    connection: Option<ConnectionId>,
}

/// One connection of this node: no other has the same for as long as the node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(NonZeroU64);

impl ConnectionId {
    /// The id that was never given before, by a count of those given.
    pub fn after(given: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(given))
    }
}

impl Caller {
    /// The user.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The session that the user came with.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// When the session ends by itself.
    pub fn expires_at(&self) -> Millis {
        self.expires_at
    }

    /// The same caller, asking on this connection: one that takes the answer to an append for the push
    /// of the entry, so that the entry goes to the others only.
    #[must_use]
    pub fn on(self, connection: ConnectionId) -> Self {
        Self {
            connection: Some(connection),
            ..self
        }
    }

    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        self.connection
    }
}

/// What it takes to sign in.
pub struct Login {
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
    /// The device's name for itself; a new session replaces this device's old one.
    pub device: String,
    /// The client's name and version.
    pub client: Option<String>,
    /// Where the request came from, to slow down guessing.
    pub address: Option<IpAddr>,
    /// What the device was given when it signed in before: the failures of others then do not slow it down.
    pub device_secret: Option<String>,
}

/// What it takes to change one's own password.
pub struct ChangePassword {
    /// The password until now.
    pub current: String,
    /// The password from now on.
    pub new: String,
    /// Where the request came from, to slow down guessing.
    pub address: Option<IpAddr>,
}

/// A fresh session.
pub struct SignedIn {
    /// The secret, told once.
    pub token: Token,
    /// The session.
    pub session: Session,
    /// The user.
    pub user: UserProfile,
    /// For the device to keep, and to show when it signs in again.
    pub device_secret: Option<DeviceSecret>,
}

impl Service {
    /// Signs a device in.
    pub async fn login(&self, login: Login) -> Result<SignedIn, ServiceError> {
        let Login {
            login,
            password,
            device,
            client,
            address,
            device_secret,
        } = login;
        check_device(&device)?;
        check_length("login", &login, 1..=limits::LOGIN_BYTES)?;
        check_length("password", &password, 1..=*limits::PASSWORD_BYTES.end())?;
        if let Some(client) = &client {
            check_client(client)?;
        }
        let credentials = self.store.credentials(&login).await?;
        let known = credentials.as_ref().zip(device_secret);
        let known = known.and_then(|(known, secret)| {
            DeviceSecret::device(&secret, known.user, &known.password_hash)
        });
        let guess = Guess {
            name: login_key(&login),
            from: address.map(limited_as),
            known: known.map(Known::Device),
        };
        let hash = credentials
            .as_ref()
            .map(|known| known.password_hash.clone());
        let is_known = hash.is_some();
        let matches = self.check_password(&guess, &password, hash).await?;
        let Some(known) = credentials.filter(|_| matches) else {
            let reason = if is_known {
                "wrong_password"
            } else {
                "unknown_login"
            };
            return Err(self.refuse_sign_in(guess, address, reason));
        };
        self.guesses.forgive(&guess);
        let mut signed_in = self.begin_session(known.user, device, client).await?;
        let secret = DeviceSecret::generate(known.user, &known.password_hash, &*self.entropy);
        signed_in.device_secret = Some(secret);
        Ok(signed_in)
    }

    /// A secret for the caller's device, if it has none of this account yet.
    pub async fn device_secret(
        &self,
        caller: &Caller,
        kept: Option<&str>,
    ) -> Result<Option<DeviceSecret>, ServiceError> {
        let login = self.me(caller).await?.login;
        let Some(known) = self.store.credentials(&login).await? else {
            return Ok(None);
        };
        let kept =
            kept.and_then(|kept| DeviceSecret::device(kept, known.user, &known.password_hash));
        let generate = || DeviceSecret::generate(known.user, &known.password_hash, &*self.entropy);
        Ok(kept.is_none().then(generate))
    }

    pub(crate) async fn begin_session(
        &self,
        user: UserId,
        device: String,
        client: Option<String>,
    ) -> Result<SignedIn, ServiceError> {
        let token = Token::generate(&*self.entropy);
        let now = self.clock.now();
        let lifetime = u64::try_from(self.rules.session_lifetime.as_millis()).unwrap_or(u64::MAX);
        let expires_at = now.get().saturating_add(lifetime);
        let session = NewSession {
            user,
            device,
            client,
            token_hash: Token::hash(token.as_str()),
            created_at: now,
            expires_at: Millis::new(expires_at).unwrap_or(now),
            connected: self.sink.connected_sessions(user),
        };
        let (session, ended) = self.store.open_session(session).await?;
        self.end_sessions(user, ended);
        let user = self
            .me(&Caller {
                user,
                session: session.id,
                expires_at: session.expires_at,
                connection: None,
            })
            .await?;
        Ok(SignedIn {
            token,
            session,
            user,
            device_secret: None,
        })
    }

    /// Who holds this token.
    pub async fn authenticate(&self, token: &str) -> Result<(Caller, UserProfile), ServiceError> {
        let (session, user) = self.live_session(token).await?;
        Ok((
            Caller {
                user: user.id,
                session: session.id,
                expires_at: session.expires_at,
                connection: None,
            },
            wire::profile(&user),
        ))
    }

    /// Who holds this token, and notes that the session is in use. For the start of a connection.
    pub async fn authenticate_connection(
        &self,
        token: &str,
        client: Option<String>,
    ) -> Result<(Caller, UserProfile), ServiceError> {
        let (caller, profile) = self.authenticate(token).await?;
        self.store
            .touch_session(caller.session, client, self.clock.now())
            .await?;
        Ok((caller, profile))
    }

    /// Notes that the session was in use until now.
    pub async fn note_use(&self, caller: &Caller) -> Result<(), ServiceError> {
        let now = self.clock.now();
        Ok(self.store.touch_session(caller.session, None, now).await?)
    }

    /// Ends the caller's session.
    pub async fn logout(&self, caller: &Caller) -> Result<(), ServiceError> {
        self.close_session(caller, caller.session).await
    }

    /// The caller's signed-in devices, the most recently used first. One that has a connection is in use now.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>, ServiceError> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions(caller.user, now).await?;
        let connected = self.sink.connected_sessions(caller.user);
        for session in &mut sessions {
            if connected.contains(&session.id) {
                session.seen_at = now;
            }
        }
        sessions.sort_by_key(|session| std::cmp::Reverse((session.seen_at, session.id)));
        Ok(sessions)
    }

    /// Signs one of the caller's devices out, and closes its connections.
    pub async fn close_session(
        &self,
        caller: &Caller,
        session: SessionId,
    ) -> Result<(), ServiceError> {
        if !self.store.close_session(caller.user, session).await? {
            return Err(ServiceError::SessionNotFound);
        }
        self.end_sessions(caller.user, vec![session]);
        Ok(())
    }

    /// Gives the caller another name to show. Those who share a conversation with the caller are told within a second or
    /// two; others see it when they next ask.
    pub async fn rename(&self, caller: &Caller, name: String) -> Result<UserProfile, ServiceError> {
        check_name(&name)?;
        let renamed = self.store.rename_user(caller.user, name).await?;
        let user = renamed.ok_or(ServiceError::UserNotFound)?;
        self.renames.note(user.id);
        Ok(wire::profile(&user))
    }

    /// Changes the caller's password, and signs the caller's other devices out.
    ///
    /// A token alone does not do: whoever finds a device unlocked must not take the account over.
    pub async fn change_password(
        &self,
        caller: &Caller,
        change: ChangePassword,
    ) -> Result<(), ServiceError> {
        check_length(
            "password",
            &change.current,
            1..=*limits::PASSWORD_BYTES.end(),
        )?;
        check_length("password", &change.new, limits::PASSWORD_BYTES)?;
        let login = self.me(caller).await?.login;
        let guess = Guess {
            name: login_key(&login),
            from: change.address.map(limited_as),
            known: Some(Known::Session(caller.session)),
        };
        let known = self.store.credentials(&login).await?;
        let hash = known.map(|known| known.password_hash);
        if !self.check_password(&guess, &change.current, hash).await? {
            self.guesses.fail(guess, self.clock.elapsed());
            return Err(ServiceError::Forbidden("wrong current password"));
        }
        self.guesses.forgive(&guess);
        self.replace_password(caller.user, &change.new, Some(caller.session))
            .await
    }

    pub(crate) async fn replace_password(
        &self,
        user: UserId,
        password: &str,
        keep: Option<SessionId>,
    ) -> Result<(), ServiceError> {
        // In nobody's name: it is the operator, or somebody whose password was just checked.
        let hash = self.hash_password("", password).await?;
        let ended = self.store.set_password(user, hash, keep).await?;
        self.end_sessions(user, ended.ok_or(ServiceError::UserNotFound)?);
        Ok(())
    }

    async fn live_session(&self, token: &str) -> Result<(Session, User), ServiceError> {
        let (hash, now) = (Token::hash(token), self.clock.now());
        if let Some(found) = self.store.session(&hash, now).await? {
            return Ok(found);
        }
        if self.store.is_revoked(&hash, now).await? {
            return Err(ServiceError::SessionRevoked);
        }
        Err(ServiceError::Unauthenticated(
            "the token is unknown or expired",
        ))
    }

    /// Closes the connections of sessions that are over, on every node.
    fn end_sessions(&self, user: UserId, sessions: Vec<SessionId>) {
        if sessions.is_empty() {
            return;
        }
        let notice = Notice {
            recipients: Arc::from([user]),
            event: Event::SessionsEnded(sessions.into()),
        };
        self.sink.deliver(&notice, None);
        self.bus.publish(notice);
    }

    /// Whether the password is the one behind the hash, as far as the guesser may try.
    async fn check_password(
        &self,
        guess: &Guess,
        password: &str,
        hash: Option<String>,
    ) -> Result<bool, ServiceError> {
        let may_try = || match self.guesses.wait(guess, self.clock.elapsed()) {
            Some(wait) => Err(ServiceError::RateLimited(wait)),
            None => Ok(()),
        };
        may_try()?;
        let asking = Asking {
            address: guess.from,
            name: guess.name.clone(),
        };
        self.passwords.verify(asking, password, hash, may_try).await
    }

    pub(crate) async fn hash_password(
        &self,
        name: &str,
        password: &str,
    ) -> Result<String, ServiceError> {
        let asking = Asking {
            address: None,
            name: name.to_owned(),
        };
        self.passwords.hash(asking, password, &*self.entropy).await
    }

    /// Records a wrong password, and logs it in one line, for tools that read logs. The name may be anything,
    /// and somebody's password by mistake: so its digest stands there.
    fn refuse_sign_in(&self, guess: Guess, address: Option<IpAddr>, reason: &str) -> ServiceError {
        let login = Token::hash(&guess.name);
        let login = u64::from_be_bytes(*login.first_chunk().unwrap_or(&[0; 8]));
        let address = address.map_or_else(|| "-".to_owned(), |address| address.to_string());
        tracing::info!(%address, login = %format_args!("{login:016x}"), %reason, "sign-in failed");
        match self.guesses.fail(guess, self.clock.elapsed()) {
            Some(wait) => ServiceError::RateLimited(wait),
            None => ServiceError::Unauthenticated("wrong login name or password"),
        }
    }
}
