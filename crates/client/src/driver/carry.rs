//! Carries out the machines' actions: events to the application, frames to the server.

use hongyan_delivery::client::outbox::Append;
use hongyan_delivery::client::{incoming, outbox};
use hongyan_protocol::{Ack, ClientFrame, History, Ping, Read, Sent, Sync};

use super::Driver;
use super::link::Link;
use crate::journal::Record;
use crate::reads::Reads;
use crate::requests::Asker;
use crate::{Event, Reason, SendError, SendState};

impl Driver {
    /// Carries out everything that waits for it.
    pub(super) fn carry_out(&mut self) {
        // Another history has the outbox send again.
        while !(self.outbox_actions.is_empty() && self.incoming_actions.is_empty()) {
            for action in std::mem::take(&mut self.outbox_actions) {
                self.carry_outbox(action);
            }
            self.carry_all_incoming();
        }
        while self.is_open()
            && let Some((conv, seq)) = self.reads.next()
        {
            let frame = ClientFrame::Read(Read { conv, seq });
            self.request(Asker::Read(conv, seq), frame);
        }
        if self.is_open() && !self.is_caught_up && self.incoming.is_caught_up() {
            self.is_caught_up = true;
            self.outlet.push(Event::CaughtUp);
        }
        let has_company = !self.frames.is_empty();
        let are_owed = self.incoming.owes_acks();
        if self.acks.are_due(are_owed, has_company, self.ambient.now()) {
            self.acknowledge();
        }
    }

    /// Sends the acks that are owed.
    pub(super) fn acknowledge(&mut self) {
        self.incoming.flush(&mut self.incoming_actions);
        self.carry_all_incoming();
    }

    pub(super) fn carry_all_incoming(&mut self) {
        for action in std::mem::take(&mut self.incoming_actions) {
            self.carry_incoming(action);
        }
    }

    fn carry_incoming(&mut self, action: incoming::Action) {
        match action {
            incoming::Action::Reset => {
                self.forget_request(Record::Reset);
                self.outlet.push(Event::Reset);
                // Positions of the other history.
                self.reads = Reads::default();
                let now = self.ambient.now();
                self.outbox.history_replaced(now, &mut self.outbox_actions);
            }
            incoming::Action::Deliver(entry) => {
                self.outlet.push(Event::Entry(entry));
                self.acks.delivered();
                self.keeper.soon(self.ambient.now());
            }
            incoming::Action::Conversation(view) => self.outlet.push(Event::Conversation(view)),
            incoming::Action::Ack { conv, seq } => {
                self.notify(&ClientFrame::Ack(Ack { conv, seq }));
            }
            incoming::Action::Sync { .. } if std::mem::take(&mut self.is_ahead) => {
                // It went along with `hello`.
            }
            action @ incoming::Action::Sync { .. } => {
                if let Some(frame) = sync_frame(action) {
                    self.request(Asker::Sync, frame);
                }
            }
            incoming::Action::Fetch {
                conv,
                after,
                limit,
                bytes,
            } => {
                let frame = ClientFrame::History(History {
                    conv,
                    before: None,
                    after: Some(after),
                    limit: Some(limit),
                    bytes,
                });
                self.request(Asker::Fetch(conv), frame);
            }
        }
    }

    fn carry_outbox(&mut self, action: outbox::Action) {
        match action {
            outbox::Action::Request(append) => {
                let client_id = append.client_id().clone();
                self.request(Asker::Append(client_id.clone()), append.into());
                if self.waiters.sending(&client_id) {
                    let state = SendState::Sending;
                    self.outlet.push(Event::Send { client_id, state });
                }
            }
            outbox::Action::Look {
                client_id,
                conv,
                seq,
            } => {
                let frame = ClientFrame::History(History {
                    conv,
                    before: Some(seq.next()),
                    after: None,
                    limit: Some(1),
                    bytes: None,
                });
                self.request(Asker::Look(client_id, seq), frame);
            }
            outbox::Action::Done { append, sent } => {
                self.take_own(append, &sent);
                let client_id = sent.client_id.clone();
                self.forget_request(Record::Answered(sent.clone()));
                self.waiters.settled(&client_id, Ok(sent.clone()));
                let state = SendState::Sent(sent);
                self.outlet.push(Event::Send { client_id, state });
            }
            outbox::Action::Failed { append, failure } => {
                let client_id = append.client_id().clone();
                self.forget_request(Record::Settled(client_id.clone()));
                let refused = SendError::Refused(failure.clone());
                self.waiters.settled(&client_id, Err(refused));
                let state = SendState::Failed(failure);
                self.outlet.push(Event::Send { client_id, state });
            }
            outbox::Action::Found { client_id } => self.forget_request(Record::Found(client_id)),
            outbox::Action::Dropped { client_id } => {
                self.forget_request(Record::Settled(client_id));
            }
            outbox::Action::Reconnect => self.lost(Reason::Unanswered.into()),
        }
    }

    /// Takes in an entry of this client's own: the answer to the request stands for its push.
    fn take_own(&mut self, append: Append, sent: &Sent) {
        let me = self.status.borrow().user.as_ref().map(|user| user.id);
        let Some(me) = me else { return };
        if self.outlet.is_stalled() {
            return self.outlet.miss();
        }
        let entry = append.into_entry(sent, me);
        let now = self.ambient.now();
        self.incoming
            .answered(entry, now, &mut self.incoming_actions);
    }

    /// Notes that a request needs no more sending.
    pub(super) fn forget_request(&mut self, settled: Record) {
        self.keeper.later(settled);
        self.keeper.soon(self.ambient.now());
    }

    /// Sends a frame that will be answered.
    pub(super) fn request(&mut self, asker: Asker, frame: ClientFrame) {
        if self.is_open() {
            let req = self.requests.ask(asker);
            self.put(&frame, Some(req));
        }
    }

    /// Sends a frame under a number that was given to it already.
    pub(super) fn put(&mut self, frame: &ClientFrame, req: Option<u64>) {
        self.frames.push(frame.encode(req));
        self.heartbeat.sent(self.ambient.now());
    }

    /// Sends a ping, which the heartbeat has counted as sent.
    pub(super) fn ping(&mut self, ping: Ping) {
        self.frames.push(ClientFrame::Ping(ping).encode(None));
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.link, Link::Open(_))
    }

    /// Sends a frame that is not answered.
    fn notify(&mut self, frame: &ClientFrame) {
        if self.is_open() {
            self.put(frame, None);
        }
    }

    /// Writes the frames of this turn to the socket.
    pub(super) async fn write_frames(&mut self) {
        // A failed write breaks the connection, and so may put new things to carry out.
        while !self.frames.is_empty() {
            let frames = std::mem::take(&mut self.frames);
            if let Link::Open(socket) = &mut self.link
                && let Err(lost) = socket.send(frames).await
            {
                self.lost(lost);
                self.carry_out();
            }
        }
    }
}

/// The request for a page of a sync.
pub(super) fn sync_frame(action: incoming::Action) -> Option<ClientFrame> {
    match action {
        incoming::Action::Sync {
            cursor,
            list,
            limit,
            bytes,
        } => Some(ClientFrame::Sync(Sync {
            cursor,
            limit,
            list,
            bytes,
        })),
        _ => None,
    }
}
