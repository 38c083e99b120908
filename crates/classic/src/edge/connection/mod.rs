//! One connection of a classic client. One task owns the socket; everything else sends it messages
//! through its outbox.
//!
//! It is registered in the hub from its opening on, so that the end of its session ends it; of commits
//! the hub tells it only once the client has bound. On a socket where nobody speaks (see
//! [`Pages`](super::Pages)) silence is no sign of death: the client's WebSocket is asked instead, which answers by
//! itself, because a page opens a new socket for each one that is closed.

mod requests;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hongyan_delivery::Tick;
use hongyan_gateway::adapter::{
    Ending, Item, Pace, Purse, Received, Registration, Socket, Stall, WriteError,
};
use hongyan_gateway::limits::{READ_SLICE, UNFRAMED_BYTES};
use hongyan_protocol::{CloseCode, ConversationId, Failure, Seq};
use hongyan_service::{Attention, Caller, Service, ServiceError, Undelivered};
use tokio::time::{Instant, Sleep};
use tungstenite::Utf8Bytes;

use super::Classic;
use super::calls::delivered;
use super::frame;
use super::limits::STRIKES;
use super::pages::PlaceHeld;
use crate::delivery::{Action, Entry};

/// Serves one connection of this user until it ends.
pub(super) async fn serve(
    classic: Arc<Classic>,
    mut socket: Socket,
    caller: Caller,
    registration: Registration,
    place: PlaceHeld,
    is_page: bool,
) {
    let mut connection = Connection::new(classic, caller, registration, place, is_page);
    let end = connection.run(&mut socket).await;
    if connection.is_seen {
        let (service, caller) = (connection.service(), &connection.caller);
        service.attend(caller, Attention::Foreground, Attention::Gone);
    }
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
    /// The user is online: what was missed. Whether the bind is still to be answered.
    Online(Vec<Undelivered>, bool),
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
    classic: Arc<Classic>,
    caller: Caller,
    /// Among the sockets of its page, with what it is pushed. Before the registration, so that it
    /// is given back first.
    place: PlaceHeld,
    registration: Registration,
    /// Whether its user is seen to be there because of it.
    is_seen: bool,
    /// What its user has spent, on all connections.
    purse: Purse,
    /// Whether a browser's page opened it.
    is_page: bool,
    /// Whether it is one that knows errors when it sees them, and what its user sent elsewhere.
    knows_errors: bool,
    /// When it was told last, in the place of a message, that its user has to wait.
    noticed: Option<Tick>,
    /// Whether it is to be pushed that.
    wants_own: bool,
    /// Until when acks are awaited for what an earlier socket of the page was pushed; then begins the
    /// catching up.
    hands_over: Option<Tick>,
    /// When the client's WebSocket was asked whether it lives, and did not answer yet.
    asked: Option<Tick>,
    ask_now: bool,
    /// When to close, on a socket that has to wait for its turn.
    leaves: Option<Tick>,
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
    fn new(
        classic: Arc<Classic>,
        caller: Caller,
        registration: Registration,
        place: PlaceHeld,
        is_page: bool,
    ) -> Self {
        Self {
            is_seen: false,
            purse: classic.gateway.purse(caller.user()),
            place,
            is_page,
            knows_errors: false,
            noticed: None,
            wants_own: false,
            hands_over: None,
            asked: None,
            ask_now: false,
            leaves: None,
            own: classic.gateway.service().fresh_client_id_prefix(),
            classic,
            caller,
            registration,
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
        self.classic.gateway.service()
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
            self.end_handover();
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
        let ending = self.hear();
        let acted = self.act();
        if std::mem::take(&mut self.ask_now) {
            socket.ping()?;
        }
        self.flush(socket).await?;
        acted?;
        match ending {
            None => Ok(()),
            Some(Ending::Now(code @ (CloseCode::SessionRevoked | CloseCode::Unauthenticated)))
                if self.place.is_quiet() =>
            {
                self.leave(code)
            }
            Some(Ending::Now(code) | Ending::Bye { code, .. }) => Err(End::Close(code)),
        }
    }

    /// Hears what was committed; how the connection is to end, if it is.
    fn hear(&mut self) -> Option<Ending> {
        let mut items = VecDeque::new();
        let ending = self.registration.outbox().take(&mut items);
        let mut delivery = self.place.delivery();
        if !delivery.bound {
            return ending;
        }
        let outgoing = &mut delivery.outgoing;
        for item in items {
            match item {
                Item::Entry {
                    conv, seq, target, ..
                } => {
                    if let Some(target) = target {
                        outgoing.removed(conv, target);
                    }
                    outgoing.committed(conv, seq, &mut self.actions);
                }
                Item::Missed { conv, first, last } => {
                    outgoing.committed(conv, first, &mut self.actions);
                    outgoing.committed(conv, last, &mut self.actions);
                }
                Item::Removed { conv, target, .. } => outgoing.removed(conv, target),
                // These clients know no receipts; and none of their answers come this way.
                Item::Droppable(_) | Item::Answer(_) | Item::Appended { .. } => {}
            }
        }
        ending
    }

    /// The session is over. Of sockets where nobody speaks there may be many, and a page opens another for each
    /// that is closed: so they go one after the other. Until then nothing that comes is looked at.
    fn leave(&mut self, code: CloseCode) -> Result<(), End> {
        if self.leaves.is_none() {
            let at = self
                .now()
                .after(self.classic.pages.turn_to_leave(&self.place));
            self.leaves = Some(at);
        }
        match self.leaves {
            Some(at) if at > self.now() => Ok(()),
            Some(_) | None => Err(End::Close(code)),
        }
    }

    /// Begins the catching up when nothing is awaited from the page's earlier sockets any more.
    fn end_handover(&mut self) {
        let is_over =
            |until: Tick| until <= self.now() || !self.classic.pages.page_owes_acks(&self.place);
        if self.working.is_none() && self.hands_over.is_some_and(is_over) {
            self.hands_over = None;
            self.come_online(false);
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
                    delivered(&self.classic, &self.caller, conv, seq);
                }
                Action::Close(code) => return Err(End::Close(code)),
            }
        }
        Ok(())
    }

    fn may_read(&self) -> bool {
        let is_free = self.working.is_none() && !self.catching_up && self.leaves.is_none();
        is_free && self.pace.may_go(self.now())
    }

    /// Handles a frame and those that are there already behind it.
    fn read(&mut self, first: Received, socket: &mut Socket) -> Result<(), End> {
        self.heard = self.now();
        self.registration.hear(self.heard.as_millis());
        self.asked = None;
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
            Answer::Online(missed, is_asked) => {
                if is_asked {
                    self.say(frame::bound());
                }
                let pages = &self.classic.pages;
                let missed = missed.iter().map(|one| {
                    let told = pages.told(self.caller.user(), one.conv);
                    (one.conv, one.delivered.max(told), one.head)
                });
                let missed = missed.filter(|(_, held, head)| held < head);
                let outgoing = &mut self.place.delivery().outgoing;
                outgoing.resume(missed, &mut self.actions);
                self.catching_up = outgoing.is_fetching();
            }
            // The client would wait for pushes that never come; closed, it comes back and binds anew.
            Answer::NotOnline => return Err(End::Close(CloseCode::Overloaded)),
            Answer::Shown(frame, conv, seq) => {
                self.say(frame);
                self.place.delivery().outgoing.queried(conv, seq);
            }
        }
        Ok(())
    }

    /// Takes the entries that were asked for. What was removed since they were read is heard first.
    fn take_page(&mut self, page: Page) {
        self.hear();
        let now = self.now();
        let outgoing = &mut self.place.delivery().outgoing;
        let is_taken = match page {
            Ok((entries, not_for_us)) => {
                for conv in not_for_us {
                    outgoing.forget(conv);
                }
                outgoing.fetched(entries, now, &mut self.actions)
            }
            Err(_) => {
                outgoing.fetch_failed(now);
                true
            }
        };
        self.catching_up &= !is_taken;
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
            (self.heard, self.come, self.asked) = (now, come, None);
        }
        let due = self.next_judgement();
        if due > now || self.stall.excuses(due, now) {
            return Ok(());
        }
        if now >= self.heard.after(self.classic.settings.idle) {
            if !self.may_read() {
                // The silence is ours: its frames wait unread.
                self.heard = now;
            } else if !self.place.is_quiet() {
                return Err(End::Close(CloseCode::IdleTimeout));
            } else if self.asked.is_none() {
                (self.asked, self.ask_now) = (Some(now), true);
            }
        }
        if self
            .asked
            .is_some_and(|asked| asked.after(self.classic.settings.pong_within()) <= now)
        {
            return Err(End::Close(CloseCode::IdleTimeout));
        }
        let outgoing = &mut self.place.delivery().outgoing;
        let deadline = outgoing.next_deadline();
        if deadline.is_some_and(|deadline| deadline <= now) {
            outgoing.tick(now, &mut self.actions);
        }
        Ok(())
    }

    /// When something is judged by the time.
    fn next_judgement(&self) -> Tick {
        let idle = match self.asked {
            Some(asked) => asked.after(self.classic.settings.pong_within()),
            None => self.heard.after(self.classic.settings.idle),
        };
        let deadline = self.place.delivery().outgoing.next_deadline();
        deadline.map_or(idle, |deadline| idle.min(deadline))
    }

    /// Sets the timer to the next thing that time brings, or earlier: then it finds nothing to do and
    /// is set again.
    fn set_timer(&self, timer: Pin<&mut Sleep>) {
        let mut next = self.stall.not_before(self.next_judgement());
        for earlier in [self.leaves, self.hands_over].into_iter().flatten() {
            next = next.min(earlier);
        }
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
