//! One connection, from `hello` to its end. One task owns the socket; every other task sends it messages through
//! its outbox.
//!
//! Each round the task writes everything that waits, in one flush. Then it waits for a frame, the outbox, an
//! answer, or the clock. While the client does not take the written bytes, the task adds nothing to them, and goes
//! on reading the client's frames.

mod alarm;
#[cfg(test)]
mod alarm_tests;
mod handshake;
pub(crate) mod pace;
mod requests;
pub(crate) mod stall;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hongyan_delivery::Tick;
use hongyan_delivery::server::{Action, Outgoing, Ready};
use hongyan_protocol::{Bye, CloseCode, ConversationId, ErrorCode, Failure, ServerFrame};
use hongyan_service::{Attention, Caller, PushPage, Service, ServiceError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tungstenite::Utf8Bytes;

use crate::Gateway;
use crate::door::{Budget, Held, Place, Source};
use crate::hub::Registration;
use crate::limits::{
    PROGRESS_LOOK, READ_SLICE, REQUESTS_IN_FLIGHT, STUCK_TIMEOUT, UNCOUNTED_BYTES, UNFRAMED_BYTES,
    WRITE_TIMEOUT,
};
use crate::outbox::{Ending, Item, Removals};
use crate::price;
use crate::transport::{Happened, Moved, Received, Socket, WriteError};
use alarm::Alarm;
use handshake::Welcomed;
use pace::Pace;
use stall::Stall;

/// A connection's places among those that are counted.
pub(crate) struct Places {
    /// Among all, for as long as it lives.
    pub(crate) connected: OwnedSemaphorePermit,
    /// Among those that have not said `hello` yet.
    pub(crate) handshaking: Place,
    /// Where it came from.
    pub(crate) source: Source,
}

/// Serves one connection until it ends. `cookie` is the token of a cookie session whose origin was
/// checked.
///
/// The future is most of what an idle connection costs, so it has room only for what lives long: an
/// `async fn` would hold its arguments twice, and the beginning and the end have boxes of their own.
pub(crate) fn serve(
    gateway: Arc<Gateway>,
    mut socket: Socket,
    cookie: Option<String>,
    places: Places,
) -> impl Future<Output = ()> + Send {
    let Places {
        connected,
        handshaking,
        source,
    } = places;
    async move {
        let handshake = handshake::run(&gateway, &mut socket, cookie, handshaking, source);
        let end = match Box::pin(handshake).await {
            Ok(welcome) => {
                let caller = welcome.caller;
                let mut connection = Connection::new(gateway, welcome);
                connection.attend(Attention::Foreground);
                let end = connection.run(&mut socket).await;
                connection.attend(Attention::Gone);
                connection.service().disconnected(&caller);
                Box::pin(note_use(connection)).await;
                tracing::debug!(user = %caller.user(), session = %caller.session(), ?end, "connection ended");
                end
            }
            Err(Some(code)) => End::Close(code),
            Err(None) => End::Gone,
        };
        Box::pin(say_farewell(socket, end)).await;
        drop(connected);
    }
}

/// Notes that the session was in use until now: of many, those go first that were not used for longest.
async fn note_use(connection: Connection) {
    let Connection {
        gateway,
        caller,
        registration,
        ..
    } = connection;
    if let Err(error) = gateway.service.note_use(&caller).await {
        tracing::debug!(%error, "cannot note that a session was in use");
    }
    // Not before: a node that goes down waits for the last registration.
    drop(registration);
}

/// Says how it ends, where the client is still there to hear it.
async fn say_farewell(mut socket: Socket, end: End) {
    match end {
        End::Close(code) => socket.close(code).await,
        End::Bye {
            code,
            retry_after_ms,
        } => {
            let bye = Bye {
                code: code.as_str().into(),
                retry_after_ms,
            };
            let frame = ServerFrame::Bye(bye).encode(None);
            if socket.feed(frame.into()).is_ok() {
                socket.close(code).await;
            }
        }
        End::Gone => {}
    }
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a close frame.
    Close(CloseCode),
    /// With a `bye` and a close frame.
    Bye {
        code: CloseCode,
        retry_after_ms: u64,
    },
    /// The client is gone already.
    Gone,
}

type Answer = Pin<Box<dyn Future<Output = ServerFrame> + Send>>;
type Fetch = Pin<Box<dyn Future<Output = (ConversationId, Result<PushPage, ServiceError>)> + Send>>;

/// The state of a welcome connection.
struct Connection {
    gateway: Arc<Gateway>,
    caller: Caller,
    registration: Registration,
    /// What its user has spent, on all connections.
    budget: Arc<Budget>,
    /// Room for the answer that the client has not taken yet, where that is large.
    held: Option<Box<Held>>,
    outgoing: Outgoing<Utf8Bytes>,
    started: Instant,
    /// The last sign of life: a frame, or a byte that moved either way.
    heard: Tick,
    /// The bytes that had moved when it was last looked.
    moved: Moved,
    /// Whether the client does not take all, and when a byte was last seen to go.
    waits: bool,
    went: Tick,
    stall: Stall,
    /// Whether somebody looks at the client, as far as it says.
    attention: Attention,
    /// How long the client may stay silent.
    idle_limit: Duration,
    pace: Pace,
    /// Requests without an answer.
    in_flight: usize,
    broken_frames: u32,
    /// The request that reads, one at a time, and its `req`. Until it is answered no frame is read:
    /// answers keep the order of requests, and a client that asks for much waits for itself.
    reading: Option<(Option<u64>, Answer)>,
    /// The log being read for a conversation that was held back.
    fetching: Option<Fetch>,
    /// Both kept between rounds for their space.
    items: VecDeque<Item>,
    actions: Vec<Action<Utf8Bytes>>,
}

impl Connection {
    fn new(gateway: Arc<Gateway>, welcome: Welcomed) -> Self {
        let Welcomed {
            caller,
            registration,
            budget,
        } = welcome;
        let plan = gateway.heartbeat.first_plan();
        Self {
            idle_limit: gateway.heartbeat.idle_limit(plan.interval_ms),
            outgoing: Outgoing::new(Arc::clone(&gateway.delivery)),
            gateway,
            caller,
            registration,
            budget,
            held: None,
            started: Instant::now(),
            heard: Tick::default(),
            moved: Moved::default(),
            waits: false,
            went: Tick::default(),
            stall: Stall::default(),
            attention: Attention::Gone,
            pace: Pace::default(),
            in_flight: 0,
            broken_frames: 0,
            reading: None,
            fetching: None,
            items: VecDeque::new(),
            actions: Vec::new(),
        }
    }

    fn service(&self) -> &Arc<Service> {
        &self.gateway.service
    }

    /// Whoever may see it sees what the client is used for.
    fn attend(&mut self, now: Attention) {
        let before = std::mem::replace(&mut self.attention, now);
        self.service().attend(&self.caller, before, now);
    }

    fn now(&self) -> Tick {
        let elapsed = self.started.elapsed().as_millis();
        Tick::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    fn instant(&self, tick: Tick) -> Instant {
        self.started + Duration::from_millis(tick.as_millis())
    }

    async fn run(&mut self, socket: &mut Socket) -> End {
        let timer = tokio::time::sleep_until(self.started);
        tokio::pin!(timer);
        let mut alarm = Alarm::new(timer);
        loop {
            let now = self.now();
            if !socket.is_blocked()
                && let Err(end) = self.write(socket, now)
            {
                return end;
            }
            let (reads, waits) = (self.may_read(now), socket.is_blocked());
            if !waits {
                self.held = None;
            }
            if waits && !self.waits {
                (self.went, self.moved.gone) = (now, socket.moved().gone);
            }
            self.waits = waits;
            alarm.set(self.next_alarm(waits, now));
            // In this order, and none starves another: how fast frames come is limited, to read an answer or a page
            // takes a frame each, and the outbox is written in every round, whatever ends it.
            tokio::select! {
                biased;
                happened = socket.next(reads), if reads || waits => {
                    let handled = match happened {
                        Ok(Happened::Received(received)) => self.read(received, socket),
                        Ok(Happened::Drained) => {
                            self.outgoing.moved(self.now());
                            Ok(())
                        }
                        Err(error) => Err(End::from(error)),
                    };
                    if let Err(end) = handled {
                        return end;
                    }
                }
                answer = answered(&mut self.reading), if !waits => {
                    if let Err(end) = self.answer_read(&answer, socket) {
                        return end;
                    }
                }
                (conv, page) = fetched(&mut self.fetching), if !waits => self.take_page(conv, page),
                () = alarm.rings() => {
                    if let Err(end) = self.tick(socket) {
                        return end;
                    }
                }
                () = self.registration.outbox().changed(), if !waits => {}
                ending = self.registration.outbox().ended(), if waits => return End::from(ending),
            }
        }
    }

    /// Takes what waits, lets the delivery machine decide, and writes the outcome in one go.
    fn write(&mut self, socket: &mut Socket, now: Tick) -> Result<(), End> {
        let mut items = std::mem::take(&mut self.items);
        let ending = self.registration.outbox().take(&mut items);
        let removals = Removals::of(&items);
        for item in items.drain(..) {
            match item {
                Item::Entry {
                    conv, seq, target, ..
                } if removals.contain(conv, seq, target) => {
                    self.outgoing.outdated(conv, seq, &mut self.actions);
                }
                Item::Entry {
                    conv,
                    seq,
                    target,
                    frame,
                } => {
                    if let Some(target) = target {
                        self.outgoing.removed(conv, target, seq);
                    }
                    let entry = Ready {
                        seq,
                        bytes: frame.len(),
                        target,
                        payload: frame,
                    };
                    self.outgoing.live(conv, entry, now, &mut self.actions);
                }
                Item::Missed { conv, first, last } => {
                    self.outgoing.missed(conv, first, last, &mut self.actions);
                }
                Item::Removed { conv, target, by } => self.outgoing.removed(conv, target, by),
                Item::Answer(frame) => {
                    self.in_flight = self.in_flight.saturating_sub(1);
                    if let Some(frame) = frame {
                        self.say(frame, socket, now)?;
                    }
                }
                Item::Appended {
                    conv,
                    seq,
                    target,
                    frame,
                } => {
                    self.in_flight = self.in_flight.saturating_sub(1);
                    if let Some(target) = target {
                        self.outgoing.removed(conv, target, seq);
                    }
                    // What comes before it is written before it.
                    self.act(socket)?;
                    self.say(frame, socket, now)?;
                    self.outgoing.answered(conv, seq, &mut self.actions);
                }
                Item::Droppable(frame) => self.say(frame, socket, now)?,
            }
        }
        self.items = reusable(items);
        self.act(socket)?;
        match ending {
            None => Ok(socket.write()?),
            Some(ending) => Err(End::from(ending)),
        }
    }

    /// Writes what is no push.
    fn say(&mut self, frame: Utf8Bytes, socket: &mut Socket, now: Tick) -> Result<(), End> {
        self.outgoing.wrote(frame.len(), now);
        Ok(socket.feed(frame)?)
    }

    /// Carries out what the delivery machine decided.
    fn act(&mut self, socket: &mut Socket) -> Result<(), End> {
        let mut actions = std::mem::take(&mut self.actions);
        for action in actions.drain(..) {
            match action {
                Action::Push { payload, again: _ } => socket.feed(payload)?,
                Action::Fetch { conv, after, limit } => {
                    let (service, caller) = (Arc::clone(self.service()), self.caller);
                    self.fetching = Some(Box::pin(async move {
                        (
                            conv,
                            service.pushes_after(&caller, conv, after, limit).await,
                        )
                    }));
                }
                Action::Close(code) => return Err(End::Close(code)),
            }
        }
        if actions.capacity() <= KEPT_SPACE {
            self.actions = actions;
        }
        Ok(())
    }

    fn may_read(&self, now: Tick) -> bool {
        self.reading.is_none() && self.in_flight < REQUESTS_IN_FLIGHT && self.pace.may_go(now)
    }

    /// Handles a frame and those that are there already behind it.
    fn read(&mut self, first: Received, socket: &mut Socket) -> Result<(), End> {
        self.heard = self.now();
        self.registration.hear(self.heard.as_millis());
        let mut next = Some(first);
        let mut handled = 0;
        while let Some(received) = next {
            match received {
                Received::Text(text) => {
                    self.pace.spend(self.heard, text.len() % UNFRAMED_BYTES);
                    self.handle(&text)?;
                }
                Received::Life => self.pace.spend(self.heard, 0),
                Received::Much => self.pace.spend(self.heard, UNFRAMED_BYTES),
                Received::Gone => return Err(End::Gone),
                Received::Violation(code) => return Err(End::Close(code)),
            }
            handled += 1;
            // Asked before the next frame is taken: one that is taken must be handled.
            let go_on = handled < READ_SLICE && self.may_read(self.heard);
            next = if go_on { socket.receive_ready() } else { None };
        }
        self.moved.come = socket.moved().come;
        Ok(())
    }

    /// Writes the answer to a request that read.
    fn answer_read(&mut self, answer: &ServerFrame, socket: &mut Socket) -> Result<(), End> {
        let req = self.reading.take().and_then(|(req, _)| req);
        let mut answer = answer.encode(req);
        self.pay(price::bytes_out(answer.len()));
        // Nearly always it is taken at once; but a client may ask for much on many connections, and take nothing.
        if answer.len() > UNCOUNTED_BYTES {
            match self.gateway.door.memory.hold(&self.budget, answer.len()) {
                Ok(held) => self.held = Some(Box::new(held)),
                Err(refused) => answer = ServerFrame::Error(Failure::from(&refused)).encode(req),
            }
        }
        self.say(answer.into(), socket, self.now())
    }

    /// Takes a page of the log for a conversation that was held back.
    fn take_page(&mut self, conv: ConversationId, page: Result<PushPage, ServiceError>) {
        self.fetching = None;
        let now = self.now();
        match page {
            Ok(page) => {
                let entries = page.entries.into_iter().filter_map(|push| {
                    let payload = Utf8Bytes::try_from(push.frame).ok()?;
                    Some(Ready {
                        seq: push.seq,
                        bytes: payload.len(),
                        target: push.target,
                        payload,
                    })
                });
                self.outgoing
                    .fetched(conv, entries, page.head, now, &mut self.actions);
            }
            Err(error) if error.code() == ErrorCode::ConversationNotFound => {
                self.outgoing.forget(conv, &mut self.actions);
            }
            Err(_) => self.outgoing.fetch_failed(conv, now),
        }
    }

    /// Time passed: re-pushes, and the end of a silent connection, or of one that takes nothing.
    fn tick(&mut self, socket: &Socket) -> Result<(), End> {
        let (now, waits) = (self.now(), socket.is_blocked());
        self.notice_life(socket, now);
        let due = self.next_judgement(waits);
        if due > now || self.stall.excuses(due, now) {
            return Ok(());
        }
        if waits && now >= self.stuck_at() {
            return Err(End::Close(CloseCode::SlowReader));
        }
        if now >= self.heard.after(self.idle_limit) {
            if self.may_read(now) {
                return Err(End::Close(CloseCode::IdleTimeout));
            }
            // The silence is ours: its frames wait unread.
            self.heard = now;
        }
        let deadline = self.outgoing.next_deadline().filter(|_| !waits);
        if deadline.is_some_and(|deadline| deadline <= now) {
            self.outgoing.tick(now, &mut self.actions);
        }
        Ok(())
    }

    /// Any byte is a sign of life: of a frame that is not whole yet, or of what was written and has waited. It is
    /// looked for only when something is to be judged.
    fn notice_life(&mut self, socket: &Socket, now: Tick) {
        let moved = socket.moved();
        if moved.come != self.moved.come {
            self.heard = now;
        }
        if socket.is_blocked() && moved.gone != self.moved.gone {
            (self.heard, self.went) = (now, now);
        }
        self.moved = moved;
    }

    /// When something is judged by the time. What waits to be written cannot be acked.
    fn next_judgement(&self, waits: bool) -> Tick {
        let idle = self.heard.after(self.idle_limit);
        let other = if waits {
            Some(self.stuck_at())
        } else {
            self.outgoing.next_deadline()
        };
        other.map_or(idle, |other| idle.min(other))
    }

    /// When a client that does not take what was written is given up: sooner if it does not send either.
    fn stuck_at(&self) -> Tick {
        let silent = self.went.max(self.heard).after(WRITE_TIMEOUT);
        silent.min(self.went.after(STUCK_TIMEOUT))
    }

    /// When time brings the next thing.
    fn next_alarm(&self, waits: bool, now: Tick) -> Instant {
        let mut next = self.stall.not_before(self.next_judgement(waits));
        if waits {
            // What goes bit by bit is seen when it is looked for: late, and the client would have that much longer.
            next = next.min(now.after(PROGRESS_LOOK));
        }
        if let Some(resumes) = self.pace.resumes(now) {
            next = next.min(resumes);
        }
        self.instant(next)
    }
}

/// Items or actions for which space is kept between rounds; more is given back.
const KEPT_SPACE: usize = 32;

fn reusable(items: VecDeque<Item>) -> VecDeque<Item> {
    if items.capacity() <= KEPT_SPACE {
        items
    } else {
        VecDeque::new()
    }
}

/// The answer that is being made; never, where there is none.
async fn answered(reading: &mut Option<(Option<u64>, Answer)>) -> ServerFrame {
    match reading {
        Some((_, answer)) => answer.await,
        None => std::future::pending().await,
    }
}

/// The page that is being read; never, where there is none.
async fn fetched(fetching: &mut Option<Fetch>) -> (ConversationId, Result<PushPage, ServiceError>) {
    match fetching {
        Some(fetch) => fetch.await,
        None => std::future::pending().await,
    }
}

impl From<Ending> for End {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Now(code) => Self::Close(code),
            Ending::Bye {
                code,
                retry_after_ms,
            } => Self::Bye {
                code,
                retry_after_ms,
            },
        }
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
