//! One connection of a classic client. One task owns the socket; everything else sends it messages
//! through its outbox.
//!
//! It is registered in the hub from its opening on, so that the end of its session ends it; but the
//! commits that the hub tells it of count only once the client has bound.

mod requests;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hongyan_delivery::Tick;
use hongyan_delivery::classic::{Action, Entry, Outgoing};
use hongyan_protocol::{CloseCode, ConversationId, Failure, Seq};
use hongyan_service::{Caller, Service, ServiceError, Undelivered};
use tokio::time::{Instant, Sleep};
use tungstenite::Utf8Bytes;

use super::frame;
use super::limits::STRIKES;
use crate::Gateway;
use crate::connection::pace::Pace;
use crate::connection::stall::Stall;
use crate::door::Budget;
use crate::hub::Registration;
use crate::limits::{READ_SLICE, UNFRAMED_BYTES};
use crate::outbox::{Ending, Item};
use crate::transport::{Received, Socket, WriteError};

/// Serves one connection of this user until it ends.
pub(super) async fn serve(gateway: Arc<Gateway>, mut socket: Socket, caller: Caller) {
    let registration = gateway.hub.register(&caller);
    let mut connection = Connection::new(gateway, caller, registration);
    let end = connection.run(&mut socket).await;
    connection.service().disconnected(&connection.caller);
    tracing::debug!(user = %caller.user(), session = %caller.session(), ?end, "classic connection ended");
    drop(connection);
    match end {
        End::Close(code) => socket.close(code).await,
        End::Gone => {}
    }
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a close frame. The client knows no codes: it reconnects after every close.
    Close(CloseCode),
    /// The client is gone already.
    Gone,
}

/// What came of a request that took time.
enum Answer {
    /// This frame.
    Frame(String),
    /// The user is online: what was missed.
    Online(Vec<Undelivered>),
    /// What was missed cannot be found out now.
    NotOnline,
    /// A frame that shows a conversation up to here.
    Shown(String, ConversationId, Seq),
}

/// The entries that were asked for, and the conversations that turned out not to be for this client.
type Page = Result<(Vec<Entry<Utf8Bytes>>, Vec<ConversationId>), ServiceError>;
type Working = Pin<Box<dyn Future<Output = Answer> + Send>>;
type Fetching = Pin<Box<dyn Future<Output = Page> + Send>>;

/// The state of a connection.
struct Connection {
    gateway: Arc<Gateway>,
    caller: Caller,
    registration: Registration,
    /// What its user has spent, on all connections.
    budget: Arc<Budget>,
    outgoing: Outgoing<Utf8Bytes>,
    /// Whether the client has bound: before that, it is pushed nothing.
    bound: bool,
    /// What the client ids of this connection's messages begin with.
    own: String,
    /// Messages sent on this connection.
    sent: u64,
    started: Instant,
    /// The last sign of life: a frame, or a byte of one.
    heard: Tick,
    /// The bytes that had come when it was last looked, modulo 2³².
    come: u32,
    stall: Stall,
    pace: Pace,
    /// Refused frames that accepted ones have not made good for.
    strikes: u32,
    /// The request under way. Until it is answered no frame is read: answers keep the order of
    /// requests, and a client that asks for much waits for itself.
    working: Option<Working>,
    /// The logs being read for what is to be pushed.
    fetching: Option<Fetching>,
    /// What was missed is being read for the first time: it goes out before any later answer.
    catching_up: bool,
    /// Frames ready to be written.
    ready: VecDeque<Utf8Bytes>,
    actions: Vec<Action<Utf8Bytes>>,
}

impl Connection {
    fn new(gateway: Arc<Gateway>, caller: Caller, registration: Registration) -> Self {
        Self {
            budget: gateway.door.users.of(caller.user()),
            outgoing: Outgoing::new(Arc::clone(&gateway.delivery)),
            own: gateway.service.fresh_client_id_prefix(),
            gateway,
            caller,
            registration,
            bound: false,
            sent: 0,
            started: Instant::now(),
            heard: Tick::default(),
            come: 0,
            stall: Stall::default(),
            pace: Pace::default(),
            strikes: 0,
            working: None,
            fetching: None,
            catching_up: false,
            ready: VecDeque::new(),
            actions: Vec::new(),
        }
    }

    fn service(&self) -> &Arc<Service> {
        &self.gateway.service
    }

    fn now(&self) -> Tick {
        let elapsed = self.started.elapsed().as_millis();
        Tick::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    async fn run(&mut self, socket: &mut Socket) -> End {
        let timer = tokio::time::sleep_until(self.started);
        tokio::pin!(timer);
        loop {
            if let Err(end) = self.write(socket).await {
                return end;
            }
            self.set_timer(timer.as_mut());
            let handled = tokio::select! {
                received = socket.receive(), if self.may_read() => self.read(received, socket),
                () = self.registration.outbox().changed() => Ok(()),
                answer = finished(&mut self.working) => {
                    self.working = None;
                    self.answer(answer)
                }
                page = finished(&mut self.fetching) => {
                    self.fetching = None;
                    self.take_page(page);
                    Ok(())
                }
                () = &mut timer => self.tick(socket),
            };
            if let Err(end) = handled {
                // What was to be said before, an error frame perhaps, is still said.
                return match self.flush(socket).await {
                    Ok(()) => end,
                    Err(gone) => gone,
                };
            }
        }
    }

    /// Hears what was committed, lets the delivery machine decide, and writes the outcome in one go.
    async fn write(&mut self, socket: &mut Socket) -> Result<(), End> {
        let mut items = VecDeque::new();
        let ending = self.registration.outbox().take(&mut items);
        for item in items {
            match item {
                Item::Entry { conv, seq, .. } if self.bound => {
                    self.outgoing.committed(conv, seq, &mut self.actions);
                }
                Item::Missed { conv, first, last } if self.bound => {
                    self.outgoing.committed(conv, first, &mut self.actions);
                    self.outgoing.committed(conv, last, &mut self.actions);
                }
                // These clients know no receipts; and none of their answers come this way.
                Item::Entry { .. }
                | Item::Missed { .. }
                | Item::Removed { .. }
                | Item::Droppable(_)
                | Item::Answer(_)
                | Item::Appended { .. } => {}
            }
        }
        let acted = self.act();
        self.flush(socket).await?;
        acted?;
        match ending {
            None => Ok(()),
            Some(Ending::Now(code) | Ending::Bye { code, .. }) => Err(End::Close(code)),
        }
    }

    async fn flush(&mut self, socket: &mut Socket) -> Result<(), End> {
        for frame in std::mem::take(&mut self.ready) {
            socket.feed(frame)?;
        }
        Ok(socket.flush().await?)
    }

    /// Carries out what the delivery machine decided.
    fn act(&mut self) -> Result<(), End> {
        for action in std::mem::take(&mut self.actions) {
            match action {
                Action::Push { tid, payload, .. } => {
                    self.ready.push_back(frame::push(tid, &payload).into());
                }
                Action::Fetch { after, limit } => self.fetch(after, limit),
                Action::Delivered { conv, seq } => {
                    self.service().delivered(&self.caller, conv, seq);
                }
                Action::Close(code) => return Err(End::Close(code)),
            }
        }
        Ok(())
    }

    fn may_read(&self) -> bool {
        self.working.is_none() && !self.catching_up && self.pace.may_go(self.now())
    }

    /// Handles a frame and those that are there already behind it.
    fn read(&mut self, first: Received, socket: &mut Socket) -> Result<(), End> {
        self.heard = self.now();
        self.registration.hear(self.heard.as_millis());
        let mut next = Some(first);
        let mut handled = 0;
        while let Some(received) = next {
            let bytes = match &received {
                Received::Text(text) => text.len() % UNFRAMED_BYTES,
                Received::Much => UNFRAMED_BYTES,
                Received::Life | Received::Gone | Received::Violation(_) => 0,
            };
            self.pace.spend(self.heard, bytes);
            match received {
                Received::Text(text) => self.handle(&text)?,
                Received::Life | Received::Much => {}
                Received::Gone => return Err(End::Gone),
                Received::Violation(code) => return Err(End::Close(code)),
            }
            handled += 1;
            // Asked before the next frame is taken: one that is taken must be handled.
            let go_on = handled < READ_SLICE && self.may_read();
            next = if go_on { socket.receive_ready() } else { None };
        }
        self.come = socket.moved().come;
        Ok(())
    }

    /// Takes what came of the request under way.
    fn answer(&mut self, answer: Answer) -> Result<(), End> {
        match answer {
            Answer::Frame(frame) => self.say(frame),
            Answer::Online(missed) => {
                self.say(frame::bound());
                let missed = missed.iter().map(|one| (one.conv, one.delivered, one.head));
                self.outgoing.resume(missed, &mut self.actions);
                self.catching_up = self.outgoing.is_fetching();
            }
            // The client would wait for pushes that never come; closed, it comes back and binds anew.
            Answer::NotOnline => return Err(End::Close(CloseCode::Overloaded)),
            Answer::Shown(frame, conv, seq) => {
                self.say(frame);
                self.outgoing.queried(conv, seq);
            }
        }
        Ok(())
    }

    /// Takes the entries that were asked for.
    fn take_page(&mut self, page: Page) {
        self.catching_up = false;
        let now = self.now();
        match page {
            Ok((entries, not_for_us)) => {
                for conv in not_for_us {
                    self.outgoing.forget(conv);
                }
                self.outgoing.fetched(entries, now, &mut self.actions);
            }
            Err(_) => self.outgoing.fetch_failed(now),
        }
    }

    fn say(&mut self, frame: String) {
        self.ready.push_back(frame.into());
    }

    /// Says what is wrong with a frame, until it was too often.
    fn refuse(&mut self, failure: &Failure) -> Result<(), End> {
        tracing::debug!(user = %self.caller.user(), code = failure.code.as_str(), "refused a classic frame");
        self.say(frame::error(failure));
        self.strikes += 1;
        if self.strikes > STRIKES {
            Err(End::Close(CloseCode::ProtocolViolation))
        } else {
            Ok(())
        }
    }

    /// Time passed: re-pushes, and the end of a silent connection.
    fn tick(&mut self, socket: &Socket) -> Result<(), End> {
        let now = self.now();
        let come = socket.moved().come;
        if come != self.come {
            (self.heard, self.come) = (now, come);
        }
        let due = self.next_judgement();
        if due > now || self.stall.excuses(due, now) {
            return Ok(());
        }
        if now >= self.heard.after(self.gateway.classic.idle) {
            if self.may_read() {
                return Err(End::Close(CloseCode::IdleTimeout));
            }
            // The silence is ours: its frames wait unread.
            self.heard = now;
        }
        let deadline = self.outgoing.next_deadline();
        if deadline.is_some_and(|deadline| deadline <= now) {
            self.outgoing.tick(now, &mut self.actions);
        }
        Ok(())
    }

    /// When something is judged by the time.
    fn next_judgement(&self) -> Tick {
        let idle = self.heard.after(self.gateway.classic.idle);
        let deadline = self.outgoing.next_deadline();
        deadline.map_or(idle, |deadline| idle.min(deadline))
    }

    /// Sets the timer to the next thing that time brings, or earlier: then it finds nothing to do and
    /// is set again.
    fn set_timer(&self, timer: Pin<&mut Sleep>) {
        let mut next = self.stall.not_before(self.next_judgement());
        if let Some(resumes) = self.pace.resumes(self.now()) {
            next = next.min(resumes);
        }
        let next = self.started + Duration::from_millis(next.as_millis());
        if timer.is_elapsed() || next < timer.deadline() {
            timer.reset(next);
        }
    }
}

/// What the future comes to; never, where there is none.
async fn finished<T>(future: &mut Option<Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

impl From<WriteError> for End {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Gone => Self::Gone,
            WriteError::Stuck => Self::Close(CloseCode::SlowReader),
        }
    }
}
