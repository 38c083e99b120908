//! What goes wrong in the simulated world, and what everybody writes meanwhile.

use hongyan_delivery::client::outbox::Append;
use hongyan_protocol::{Body, ClientId, ConversationId, Recall, Send, Seq, Target, UserId};

use crate::world::{Event, GROUPS, USERS, World};

impl World {
    pub(crate) fn trouble(&mut self, client: usize) {
        let now = self.now;
        let connection = self.clients[client].connection;
        if self.random.chance(self.weather.break_link) {
            connection
                .into_iter()
                .for_each(|connection| self.cut(connection));
        }
        if self.random.chance(self.weather.swallow_acks) {
            self.clients[client].is_muted = true;
        }
        if self.random.chance(self.weather.restart_client) {
            connection
                .into_iter()
                .for_each(|connection| self.cut(connection));
            self.clients[client].restart(now);
        }
    }

    /// The server loses all but its log.
    pub(crate) fn restart_server(&mut self) {
        let connections: Vec<u64> = self.connections.keys().copied().collect();
        for connection in connections {
            self.cut(connection);
            self.connections.remove(&connection);
        }
    }

    /// The server goes on from what it was some time ago.
    pub(crate) fn restore_log(&mut self) {
        self.restart_server();
        if let Some(backup) = self.backup.clone() {
            self.log.restore(backup);
        }
        // Of those that were told of what is gone, none is left.
        self.events
            .retain(|_, event| !matches!(event, Event::Notice { .. } | Event::Fetch { .. }));
    }

    pub(crate) fn submit(&mut self, client: usize) {
        let now = self.now;
        for _ in 0..=self.random.below(3) {
            self.counter += 1;
            let client_id = ClientId::new(format!("{client}-{:06}", self.counter)).expect("short");
            let group = self.group(client);
            let append = if self.weather.restore_log == 0 && self.random.chance(100) {
                let seq = Seq::from_trusted(1);
                Append::Recall(Recall {
                    conv: group,
                    seq,
                    client_id,
                })
            } else {
                let length = self.random.below(300) as usize;
                Append::Send(Send {
                    target: self.target(client, group),
                    client_id,
                    body: Body::text("x".repeat(length + 1)),
                    reply_to: None,
                    mentions: Vec::new(),
                    mentions_all: false,
                    topic: None,
                    expires_at: None,
                    origin: None,
                })
            };
            self.with_client(client, |client| client.submit(append, now));
        }
    }

    /// A group of this client's user.
    fn group(&mut self, client: usize) -> ConversationId {
        let user = self.clients[client].user;
        loop {
            let group = ConversationId::from_trusted(1 + self.random.below(GROUPS));
            if self.log.conversations[&group].members.contains(&user) {
                return group;
            }
        }
    }

    /// A group, or now and then another user, whose conversation with this one may not exist yet.
    pub(crate) fn target(&mut self, client: usize, group: ConversationId) -> Target {
        let user = UserId::from_trusted(1000 + self.random.below(USERS));
        if user != self.clients[client].user && self.random.chance(200) {
            Target::User(user)
        } else {
            Target::Conversation(group)
        }
    }
}
