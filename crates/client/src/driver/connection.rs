//! The life of a connection: attempt, welcome, loss, and the end for good.

use hongyan_delivery::client::reconnect::Next;
use hongyan_protocol::CloseCode;

use super::Driver;
use super::carry::sync_frame;
use super::link::{Link, Lost, Opened, Socket, Step};
use crate::http::{SignIn, SignedIn};
use crate::journal::Record;
use crate::requests::Asker;
use crate::{Credentials, Event, Reason, Terminal};

impl Driver {
    /// Takes in what came of the link.
    pub(super) async fn stepped(&mut self, step: Step) {
        match step {
            Step::SignedIn(Ok(signed_in)) => self.signed_in(signed_in).await,
            Step::SignedIn(Err(error)) if error.is_retryable() => {
                self.lost(Reason::SignIn(error).into());
            }
            Step::SignedIn(Err(error)) => self.end_for_good(Terminal::SignIn(error)).await,
            Step::Opened(Ok(opened)) => self.welcomed(opened).await,
            Step::Opened(Err(lost)) => self.lost(lost),
            Step::Frame(received) => self.received(received),
        }
    }

    /// Begins an attempt: with the token there is, or by signing in for one.
    pub(super) fn attempt(&mut self) {
        self.reconnect.attempt(self.ambient.now());
        let attempt = self.reconnect.failures().saturating_add(1);
        self.outlet.push(Event::Connecting { attempt });
        let token = self.status.borrow().token.clone();
        match token {
            Some(token) => self.connect(token),
            None => self.sign_in(),
        }
    }

    fn sign_in(&mut self) {
        match self.credentials.clone() {
            Credentials::Token(token) => self.connect(token),
            Credentials::Password {
                login,
                password,
                device,
            } => {
                let http = self.http.clone();
                let client = self.client_name.clone();
                let secret = self.device_secret.clone();
                self.link = Link::SigningIn(Box::pin(async move {
                    let sign_in = SignIn {
                        login: &login,
                        password: &password,
                        device: &device,
                        client: &client,
                        device_secret: secret.as_deref(),
                    };
                    http.login(&sign_in).await
                }));
            }
        }
    }

    fn connect(&mut self, token: Box<str>) {
        let url = self.http.websocket_url();
        let client = self.client_name.clone();
        // Before anything else of this connection is asked, so under the first number.
        let ahead = self.incoming.ahead().filter(|_| !self.outlet.is_stalled());
        self.is_ahead = ahead.is_some();
        let ahead = ahead.and_then(|action| {
            let req = self.requests.ask(Asker::Sync);
            Some(sync_frame(action)?.encode(Some(req)))
        });
        self.link = Link::Connecting(Box::pin(Socket::open(url, token, client, ahead)));
    }

    async fn signed_in(&mut self, signed_in: SignedIn) {
        self.is_fresh_token = true;
        if signed_in.device_secret.is_some() {
            self.device_secret = signed_in.device_secret;
        }
        let token = signed_in.token.clone();
        self.status.send_modify(|status| {
            status.user = Some(signed_in.user);
            status.token = Some(signed_in.token);
        });
        self.keep_token().await;
        self.connect(token);
    }

    async fn welcomed(&mut self, opened: Opened) {
        let Opened {
            socket,
            welcome,
            round_trip,
        } = opened;
        let now = self.ambient.now();
        let user = welcome.user.id;
        match self.keeper.user() {
            Some(kept) if kept != user => {
                let welcomed = user;
                return self
                    .end_for_good(Terminal::OtherUser { kept, welcomed })
                    .await;
            }
            Some(_) => {}
            None => self.keep_now(vec![Record::User(user)]).await,
        }
        self.come = 0;
        self.link = Link::Open(socket);
        self.is_caught_up = false;
        self.is_reading = true;
        self.status.send_modify(|status| {
            status.user = Some(welcome.user.clone());
            status.connected = true;
        });
        self.outlet.push(Event::Connected {
            user: welcome.user.clone(),
        });
        self.reconnect.welcomed(now);
        self.heartbeat.connected(welcome.heartbeat, now);
        // First of all: in another history other things are to be sent.
        if let Some(epoch) = &welcome.epoch {
            self.incoming.history_is(epoch, &mut self.incoming_actions);
            self.carry_all_incoming();
        }
        self.outbox.connected(now, &mut self.outbox_actions);
        self.incoming.round_trip(round_trip);
        if self.outlet.is_stalled() {
            self.outlet.miss();
        } else {
            self.incoming
                .connected(user, now, &mut self.incoming_actions);
        }
    }

    /// After a stall: what came meanwhile is read, and what was left out is asked for anew.
    pub(super) fn resume_after_stall(&mut self) {
        let was_reading = self.is_reading;
        self.is_reading = self.reads_socket();
        if let Link::Open(socket) = &mut self.link
            && self.is_reading
            && !was_reading
        {
            // How long the connection was really quiet is not known: nothing may be learnt from it.
            self.heartbeat
                .network_changed(&self.network, self.ambient.now());
            if let Some(received) = socket.receive_now() {
                self.received(received);
            }
        }
        let user = self.status.borrow().user.as_ref().map(|user| user.id);
        if let Some(user) = user
            && self.is_open()
            && !self.outlet.is_stalled()
            && self.outlet.take_missed()
        {
            self.requests.forget_incoming();
            self.incoming.disconnected();
            let now = self.ambient.now();
            self.incoming
                .connected(user, now, &mut self.incoming_actions);
        }
    }

    /// The attempt failed or the connection broke.
    pub(super) fn lost(&mut self, lost: Lost) {
        if matches!(self.link, Link::Ended) {
            return;
        }
        let now = self.ambient.now();
        let was_open = self.is_open();
        if matches!(lost.reason, Reason::Broken(_)) {
            self.heartbeat.cut(now);
        }
        if lost.is_too_large {
            self.incoming.page_was_too_large();
        }
        self.disconnect();
        if let Some(bye) = &lost.bye {
            self.reconnect.bye(bye);
        }
        if lost.code == Some(CloseCode::SessionRevoked.number()) {
            // Signed out on purpose, or replaced: the answer to another `hello` tells.
            let token = self.status.borrow().token.clone();
            match token {
                Some(token) if was_open && !self.has_made_sure => {
                    self.has_made_sure = true;
                    return self.connect(token);
                }
                _ => self.is_revoked = !was_open,
            }
        }
        let code = match lost.code {
            // Another sign-in has replaced this session: to sign in anew would only replace that one.
            Some(code) if self.has_made_sure => Some(code),
            Some(code) if self.may_sign_in_again(code) => {
                self.status.send_modify(|status| status.token = None);
                None
            }
            code => code,
        };
        let random = self.ambient.random();
        match self.reconnect.lost(code, random, now) {
            Next::At(at) => {
                self.link = Link::Waiting(at);
                let reason = lost.reason;
                let retry_in = at.since(now);
                self.outlet.push(Event::Disconnected { reason, retry_in });
            }
            Next::Never(code) => {
                self.link = Link::Waiting(now);
                self.terminal = Some(Terminal::Closed { code });
            }
        }
    }

    /// A token that has expired is replaced, where there is a password; one that was made just now
    /// and is refused all the same is not, and neither is one that was signed out on purpose.
    fn may_sign_in_again(&mut self, code: u16) -> bool {
        let has_expired = code == CloseCode::Unauthenticated.number();
        let has_password = matches!(self.credentials, Credentials::Password { .. });
        has_expired && has_password && !std::mem::take(&mut self.is_fresh_token)
    }

    /// Tells every part that the connection is gone.
    fn disconnect(&mut self) {
        let now = self.ambient.now();
        self.incoming.disconnected();
        self.outbox.disconnected();
        self.heartbeat.disconnected(now);
        self.reads.disconnected();
        self.requests.disconnected();
        self.frames.clear();
        self.is_ahead = false;
        self.status
            .send_if_modified(|status| std::mem::replace(&mut status.connected, false));
    }

    /// Stops, and says so. A token that is worth nothing any more is forgotten.
    pub(super) async fn end_for_good(&mut self, terminal: Terminal) {
        self.disconnect();
        self.link = Link::Ended;
        let is_signed_out = matches!(
            terminal.code(),
            Some(code) if code == CloseCode::Unauthenticated.number()
                || code == CloseCode::SessionRevoked.number()
        );
        if is_signed_out {
            self.status.send_modify(|status| status.token = None);
            self.keep_now(vec![Record::Token(None)]).await;
        }
        // Perhaps because this device is lost.
        if std::mem::take(&mut self.is_revoked)
            && let Err(error) = self.keeper.erase().await
        {
            tracing::warn!(%error, "cannot erase what was kept");
        }
        self.outlet.push(Event::Terminal(terminal));
    }

    /// The network is back.
    pub(super) fn wake(&mut self) {
        if let Link::Waiting(at) = &mut self.link
            && let Some(Next::At(sooner)) = self.reconnect.wake(self.ambient.now())
        {
            *at = sooner;
        }
    }
}
