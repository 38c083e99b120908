//! Takes in the inputs of a turn: commands of the handles, frames of the server, and time.

use std::ops::ControlFlow;

use hongyan_delivery::client::heartbeat;
use hongyan_protocol::limits::HISTORY_ENTRIES_DEFAULT;
use hongyan_protocol::{
    ClientFrame, ErrorCode, Failure, History, HistoryPage, ServerFrame, Synced,
};

use super::link::{Answer, Link, Lost, Received};
use super::{Closing, Driver};
use crate::command::Command;
use crate::journal::Record;
use crate::requests::Asker;
use crate::{Event, Reason, RequestError, SendError};

/// Frames taken in one turn, if they are there: so acks are few, and timers not kept waiting.
const FRAMES_A_TURN: usize = 64;

impl Driver {
    /// Takes in a command.
    pub(super) async fn command(&mut self, command: Command) {
        match command {
            Command::Submit { draft, reply } => self.submit(draft, reply),
            // What was submitted before it comes before it.
            Command::Cancel { client_id, reply } => {
                self.submit_all().await;
                let now = self.ambient.now();
                let taken_back = self
                    .outbox
                    .cancel(&client_id, now, &mut self.outbox_actions);
                if taken_back.is_some() {
                    self.forget_request(Record::Settled(client_id.clone()));
                    self.waiters.settled(&client_id, Err(SendError::Cancelled));
                }
                let _ = reply.send(taken_back.is_some());
            }
            Command::Read { conv, seq, reply } => {
                let _ = reply.send(self.reads.mark(conv, seq));
            }
            Command::History { mut history, reply } => {
                if !self.is_open() {
                    let _ = reply.send(Err(RequestError::Disconnected));
                    return;
                }
                let now = self.ambient.now();
                let limit = history.limit.unwrap_or(HISTORY_ENTRIES_DEFAULT);
                history.limit = Some(self.incoming.page_of(limit));
                let asker = Asker::History(reply);
                match self.requests.ask_for_application(asker, now) {
                    Ok(req) => {
                        let bytes = self.incoming.wished_bytes();
                        let history = History { bytes, ..history };
                        self.put(&ClientFrame::History(history), Some(req));
                    }
                    Err(Asker::History(reply)) => {
                        let _ = reply.send(Err(RequestError::Busy));
                    }
                    Err(_) => {}
                }
            }
            Command::Wake => self.wake(),
            Command::Background(background) => self.heartbeat.set_background(background),
            Command::Network(key) => {
                self.heartbeat.network_changed(&key, self.ambient.now());
                self.network = key;
                self.wake();
            }
            Command::Close(reply) => {
                self.submit_all().await;
                self.closing = Some(Closing::Asked(reply));
            }
        }
    }

    /// Takes in a frame or the end of the connection, and the frames that are there behind it.
    pub(super) fn received(&mut self, first: Result<Received, Lost>) {
        let mut next = Some(first);
        for _ in 0..FRAMES_A_TURN {
            let Some(received) = next.take() else {
                return;
            };
            match received {
                Ok(received) => self.understood(received),
                Err(lost) => return self.lost(lost),
            }
            if !self.reads_socket() {
                return;
            }
            match &mut self.link {
                Link::Open(socket) => next = socket.receive_now(),
                _ => return,
            }
        }
        // One more than there was time for was read from the socket, so it must be taken in.
        match next {
            Some(Ok(received)) => self.understood(received),
            Some(Err(lost)) => self.lost(lost),
            None => {}
        }
    }

    fn understood(&mut self, received: Received) {
        self.heartbeat.received(self.ambient.now());
        if let Some(Answer { req, frame, bytes }) = received {
            self.incoming.weigh(bytes);
            self.frame(req, frame);
            // The next frame must find the stream of events as full as this one has made it.
            self.carry_out();
        }
    }

    fn frame(&mut self, req: Option<u64>, frame: ServerFrame) {
        let now = self.ambient.now();
        let asker = req.and_then(|req| self.requests.answered(req));
        match (frame, asker) {
            (ServerFrame::Pong(pong), _) => self.heartbeat.pong(pong),
            (ServerFrame::Bye(bye), _) => self.reconnect.bye(&bye),
            (ServerFrame::Entry(_), _) if self.outlet.is_stalled() => self.outlet.miss(),
            (ServerFrame::Entry(entry), _) => {
                self.incoming.entry(entry, now, &mut self.incoming_actions);
            }
            (ServerFrame::Receipt(receipt), _) => self.outlet.push(Event::Receipt(receipt)),
            // A hint like a receipt, but no sync would bring it again: it goes only where there is no room at all.
            (ServerFrame::Profiles(_), _) if self.outlet.is_full() => {}
            (ServerFrame::Profiles(told), _) => self.outlet.push(Event::Profiles(told.users)),
            (ServerFrame::Sent(sent), Some(Asker::Append(_))) => {
                self.outbox.sent(sent, now, &mut self.outbox_actions);
            }
            (ServerFrame::History(page), Some(Asker::Look(client_id, seq))) => {
                let mut entries = page.entries.iter();
                let found = entries.find(|entry| entry.seq == seq).map(|entry| entry.id);
                let actions = &mut self.outbox_actions;
                self.outbox.looked(&client_id, found, now, actions);
            }
            (ServerFrame::Synced(page), Some(Asker::Sync)) => self.synced(page),
            (ServerFrame::History(page), Some(Asker::Fetch(_))) => self.fetched(page),
            (ServerFrame::History(page), Some(Asker::History(reply))) => {
                let _ = reply.send(Ok(page));
            }
            (ServerFrame::Done(_), Some(Asker::Read(conv, seq))) => {
                self.reads.answered(conv, seq);
            }
            (ServerFrame::Error(failure), Some(asker)) => self.refused(asker, failure),
            (ServerFrame::Error(failure), None) => {
                tracing::debug!(code = failure.code.as_str(), "an error for no request");
            }
            // Answers to what nobody waits for any more, a second welcome, what this client does not show, frames of a
            // newer server.
            (
                ServerFrame::Welcome(_)
                | ServerFrame::Blocked(_)
                | ServerFrame::Reacted(_)
                | ServerFrame::Reactions(_)
                | ServerFrame::Typing(_)
                | ServerFrame::Presence(_)
                | ServerFrame::ReadBy(_)
                | ServerFrame::Floor(_)
                | ServerFrame::Sent(_)
                | ServerFrame::Done(_)
                | ServerFrame::View(_)
                | ServerFrame::Asked(_)
                | ServerFrame::Requests(_)
                | ServerFrame::Synced(_)
                | ServerFrame::History(_)
                | ServerFrame::Unknown,
                _,
            ) => {}
        }
    }

    fn synced(&mut self, page: Synced) {
        let now = self.ambient.now();
        if self.outlet.is_stalled() {
            self.outlet.miss();
            return;
        }
        if !page.users.is_empty() {
            self.outlet.push(Event::Profiles(page.users.clone()));
        }
        self.learn_directs(&page);
        self.keeper.soon(now);
        self.incoming.synced(page, now, &mut self.incoming_actions);
    }

    /// Tells the outbox which conversations are the 1:1 ones with whom.
    fn learn_directs(&mut self, page: &Synced) {
        let me = self.status.borrow().user.as_ref().map(|user| user.id);
        let Some(me) = me else { return };
        let mut directs = Vec::new();
        for view in &page.conversations {
            if let Some(user) = view.peer(me) {
                directs.push((user, view.conv));
            }
        }
        for listed in &page.list {
            // With oneself there is no other.
            directs.push((listed.user.unwrap_or(me), listed.conv));
        }
        for &(user, conv) in &directs {
            self.outbox.learn_direct(user, conv);
        }
        self.keeper.learn_directs(&directs);
    }

    fn fetched(&mut self, page: HistoryPage) {
        if self.outlet.is_stalled() {
            return self.outlet.miss();
        }
        let now = self.ambient.now();
        self.incoming.fetched(page, now, &mut self.incoming_actions);
    }

    /// Takes in that a request was refused.
    fn refused(&mut self, asker: Asker, failure: Failure) {
        let now = self.ambient.now();
        let random = self.ambient.random();
        let retry_after_ms = failure.retry_after_ms;
        match asker {
            Asker::Append(client_id) | Asker::Look(client_id, _) => {
                let actions = &mut self.outbox_actions;
                self.outbox
                    .failed(&client_id, failure, random, now, actions);
            }
            Asker::Sync if failure.code == ErrorCode::BadRequest => {
                self.incoming.sync_refused(random, now);
            }
            Asker::Sync => self.incoming.sync_failed(retry_after_ms, random, now),
            Asker::Fetch(conv) => {
                let actions = &mut self.incoming_actions;
                match failure.code {
                    ErrorCode::ConversationNotFound | ErrorCode::Forbidden => {
                        self.incoming.forget(conv, now, actions);
                    }
                    _ => self
                        .incoming
                        .fetch_failed(conv, retry_after_ms, random, now, actions),
                }
            }
            // A mark that the server does not take now is not worth a retry: the next one covers it.
            Asker::Read(conv, seq) => self.reads.answered(conv, seq),
            Asker::History(reply) => {
                let _ = reply.send(Err(RequestError::Refused(failure)));
            }
        }
    }

    /// Does what is due.
    pub(super) fn tick(&mut self) {
        let now = self.ambient.now();
        if let Link::Waiting(at) = self.link
            && at <= now
            && self.terminal.is_none()
        {
            self.attempt();
        }
        self.outbox.tick(now, &mut self.outbox_actions);
        self.requests.tick(now);
        if !self.outlet.is_stalled() {
            self.incoming.tick(now, &mut self.incoming_actions);
        }
        if self.reads_socket() && self.beat(now).is_break() {
            self.lost(Reason::Silent.into());
        }
    }

    /// Any byte is a sign of life, also of a frame that is not whole yet.
    pub(super) fn notice_life(&mut self) {
        let Link::Open(socket) = &self.link else {
            return;
        };
        let come = socket.moved().come();
        if std::mem::replace(&mut self.come, come) == come {
            return;
        }
        let now = self.ambient.now();
        self.heartbeat.received(now);
        self.incoming.life(now);
        self.requests.life(now);
        self.outbox.life(now);
    }

    fn beat(&mut self, now: hongyan_delivery::Tick) -> ControlFlow<()> {
        let mut actions = Vec::new();
        if self.outbox.is_waiting() {
            // The ping is behind what is sent, which has a time of its own.
            self.heartbeat.moved(now);
        }
        self.heartbeat.tick(now, &mut actions);
        for action in actions {
            match action {
                heartbeat::Action::Ping(ping) => self.ping(ping),
                heartbeat::Action::Dead => return ControlFlow::Break(()),
            }
        }
        ControlFlow::Continue(())
    }
}
