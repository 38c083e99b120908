//! The server of the simulated world: it answers from the log, and pushes what its server halves say.

use std::time::Duration;

use hongyan_delivery::Backoff;
use hongyan_delivery::server::{Ack, Action, Outgoing, Policy, Ready};
use hongyan_protocol::{
    ClientFrame, ClientId, CloseCode, ConversationId, Entry, ErrorCode, Failure, Seq, ServerFrame,
    Target,
};

use crate::log::Content;
use crate::world::{Event, Payload, World};

impl World {
    pub(crate) fn serve(&mut self, connection: u64, client: usize, text: &str) {
        let now = self.now;
        let user = self.clients[client].user;
        let (req, frame) = ClientFrame::decode(text).expect("the client speaks the protocol");
        let is_put_off = self.random.chance(self.weather.overloaded);
        let answer = match frame {
            ClientFrame::Ack(ack) => {
                let found = self.connections.get_mut(&connection);
                let mut out = Vec::new();
                let known = found.map(|found| found.outgoing.ack(ack.conv, ack.seq, now, &mut out));
                if known == Some(Ack::Known) {
                    let conversation = &self.log.conversations[&ack.conv];
                    assert!(ack.seq <= conversation.head(), "known, but not there");
                }
                self.log.deliver(user, ack.conv, ack.seq);
                return self.carry_out(connection, out);
            }
            _ if is_put_off => failure(ErrorCode::Overloaded),
            ClientFrame::Sync(sync) => {
                ServerFrame::Synced(self.log.sync(user, sync.cursor.as_deref()))
            }
            ClientFrame::History(history) => {
                let after = history.after.expect("the client only fills gaps");
                ServerFrame::History(self.log.after(
                    history.conv,
                    after,
                    history.limit.unwrap_or(50),
                ))
            }
            ClientFrame::Send(send) => {
                let content = Content::Message(send.body);
                self.append(connection, send.target, send.client_id, content)
            }
            ClientFrame::Recall(recall) => {
                let target = Target::Conversation(recall.conv);
                let content = Content::Recall(recall.seq);
                self.append(connection, target, recall.client_id, content)
            }
            other => panic!("the client never sends {other:?}"),
        };
        let own = match &answer {
            ServerFrame::Sent(sent) => Some((sent.conv, sent.seq)),
            _ => None,
        };
        self.send_to_client(connection, answer.encode(req).into());
        if let Some((conv, seq)) = own {
            self.with_outgoing(connection, |outgoing, out| {
                outgoing.answered(conv, seq, out);
            });
        }
    }

    /// Everybody is told, but for the connection that asked: it has the answer.
    fn append(
        &mut self,
        asked_on: u64,
        target: Target,
        client_id: ClientId,
        content: Content,
    ) -> ServerFrame {
        let user = self.clients[self.connections[&asked_on].client].user;
        if let Some(earlier) = self.log.earlier(user, &client_id) {
            return if self.log.is(&earlier, &content) {
                ServerFrame::Sent(earlier)
            } else {
                failure(ErrorCode::ClientIdConflict)
            };
        }
        if self.random.chance(self.weather.refused) {
            return failure(ErrorCode::Forbidden);
        }
        let sent = self.log.append(user, target, client_id, content);
        let members = self.log.conversations[&sent.conv].members.clone();
        let connections: Vec<u64> = self.connections.keys().copied().collect();
        for connection in connections {
            let user = self.clients[self.connections[&connection].client].user;
            if members.contains(&user) && connection != asked_on {
                self.notify(connection, sent.conv, sent.seq);
            }
        }
        ServerFrame::Sent(sent)
    }

    /// Tells a connection's server half of an entry, unless the notice is lost; perhaps twice, and
    /// each at its own time.
    pub(crate) fn notify(&mut self, connection: u64, conv: ConversationId, seq: Seq) {
        let copies = match () {
            () if self.random.chance(self.weather.notice_lost) => 0,
            () if self.random.chance(self.weather.notice_doubled) => 2,
            () => 1,
        };
        for _ in 0..copies {
            let delay = self.weather.notice_delay;
            self.later(
                delay,
                Event::Notice {
                    connection,
                    conv,
                    seq,
                },
            );
        }
    }

    pub(crate) fn fetch(
        &mut self,
        connection: u64,
        conv: ConversationId,
        after: Seq,
        limit: usize,
    ) {
        let now = self.now;
        if self.random.chance(self.weather.fetch_failed) {
            return self.with_outgoing(connection, |outgoing, _| outgoing.fetch_failed(conv, now));
        }
        let page = self.log.after(conv, after, limit);
        let entries = page.entries.into_iter().map(ready);
        self.with_outgoing(connection, |outgoing, out| {
            outgoing.fetched(conv, entries, page.head, now, out);
        });
    }

    pub(crate) fn with_outgoing(
        &mut self,
        connection: u64,
        act: impl FnOnce(&mut Outgoing<Payload>, &mut Vec<Action<Payload>>),
    ) {
        let mut out = Vec::new();
        if let Some(found) = self.connections.get_mut(&connection) {
            act(&mut found.outgoing, &mut out);
        }
        self.carry_out(connection, out);
    }

    pub(crate) fn carry_out(&mut self, connection: u64, actions: Vec<Action<Payload>>) {
        for action in actions {
            match action {
                Action::Push { payload, again: _ } => self.send_to_client(connection, payload),
                Action::Fetch { conv, after, limit } => {
                    let delay = self.weather.frame_delay;
                    self.later(
                        delay,
                        Event::Fetch {
                            connection,
                            conv,
                            after,
                            limit,
                        },
                    );
                }
                Action::Close(code) => self.close(connection, code),
            }
        }
    }

    pub(crate) fn close(&mut self, connection: u64, code: CloseCode) {
        *self.closes.entry(code.number()).or_default() += 1;
        if let Some(found) = self.connections.get_mut(&connection) {
            found.is_closed = true;
            found.is_cut = true;
        }
        let code = Some(code.number());
        self.later(
            self.weather.frame_delay,
            Event::ClientLearns { connection, code },
        );
        self.later(1, Event::ServerLearns { connection });
    }
}

pub(crate) fn ready(entry: Entry) -> Ready<Payload> {
    let (seq, target) = (entry.seq, entry.target);
    let payload: Payload = ServerFrame::Entry(entry).encode(None).into();
    Ready {
        seq,
        bytes: payload.len(),
        target,
        payload,
    }
}

fn failure(code: ErrorCode) -> ServerFrame {
    ServerFrame::Error(Failure {
        code,
        message: "weather".into(),
        retry_after_ms: code.is_retryable().then_some(300),
    })
}

/// Small bounds, so that a storm reaches them.
pub(crate) fn server_policy() -> Policy {
    Policy {
        window_entries: 8,
        window_bytes: 2_000,
        tracked_conversations: 4,
        fetch_entries: 5,
        fetch_backoff: Backoff {
            base: Duration::from_millis(50),
            cap: Duration::from_secs(2),
        },
        ..Policy::default()
    }
}
