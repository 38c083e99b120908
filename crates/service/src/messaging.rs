//! Requests that write to a log: send, edit, recall, read, ack.
//!
//! Each is queued before the call returns, so the requests of one connection keep their order;
//! the reply comes after the commit.

use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::{
    Ack, Body, ConversationId, Edit, Millis, Read, Recall, Send, Sent, Seq, Target, UserId,
};
use hongyan_store::{Append, Change, Move, Store};

use crate::committer::Asker;
use crate::{Caller, Reply, Service, ServiceError, wire};

impl Service {
    /// Appends a message.
    pub fn send(&self, caller: &Caller, send: Send, reply: Reply<Sent>) {
        let Some(body) = wire::stored_body(send.body) else {
            return reply(Err(unknown_body()));
        };
        let mut mentions = send.mentions;
        mentions.sort_unstable();
        mentions.dedup();
        let change = Change::Message {
            body,
            reply_to: send.reply_to,
            mentions,
            header: hongyan_store::Header::from(hongyan_store::HeaderFields {
                topic: send.topic,
                expires_at: send.expires_at,
                origin: send.origin,
                mentions_all: send.mentions_all,
            }),
        };
        let target = match send.target {
            Target::Conversation(conv) => hongyan_store::Target::Conversation(conv),
            Target::User(user) => hongyan_store::Target::Direct(user),
        };
        self.append(caller, target, send.client_id, change, reply);
    }

    /// Replaces the body of a message of the caller's.
    pub fn edit(&self, caller: &Caller, edit: Edit, reply: Reply<Sent>) {
        let Some(body) = wire::stored_body(edit.body) else {
            return reply(Err(unknown_body()));
        };
        let not_before = self.earliest(self.rules.edit_window);
        let change = Change::Edit {
            target: edit.seq,
            body,
            not_before,
        };
        let target = hongyan_store::Target::Conversation(edit.conv);
        self.append(caller, target, edit.client_id, change, reply);
    }

    /// Blanks a message of the caller's.
    pub fn recall(&self, caller: &Caller, recall: Recall, reply: Reply<Sent>) {
        let not_before = self.earliest(self.rules.recall_window);
        let change = Change::Recall {
            target: recall.seq,
            not_before,
        };
        let target = hongyan_store::Target::Conversation(recall.conv);
        self.append(caller, target, recall.client_id, change, reply);
    }

    /// Moves the caller's read position.
    pub fn read(&self, caller: &Caller, read: Read, reply: Reply<()>) {
        let moved = Move {
            user: caller.user(),
            conv: read.conv,
            read: Some(read.seq),
            delivered: None,
        };
        self.committer
            .move_position(moved, Box::new(|result| reply(result.map(drop))));
    }

    /// Moves the caller's delivered position to something that this node pushed to the caller, so
    /// that it needs no check. Gathered; see [`crate::limits::POSITION_DELAY`]. Of a large conversation nothing is kept.
    pub fn delivered(&self, caller: &Caller, conv: ConversationId, seq: Seq) {
        if !self.large.contains(conv) {
            self.positions.delivered(caller, conv, seq);
        }
    }

    /// The caller's connection is over: it looks at nothing, and what it acked is written without waiting for more.
    pub fn disconnected(&self, caller: &Caller) {
        self.positions.flush_user(caller.user());
        if let Some(connection) = caller.connection() {
            self.live.end(connection);
        }
    }

    /// Moves the caller's delivered position to something that the caller claims to hold. Of a large conversation the claim
    /// is checked, and not kept.
    pub fn claim_delivered(&self, caller: &Caller, ack: Ack, reply: Reply<()>) {
        if self.large.contains(ack.conv) {
            let (store, user) = (Arc::clone(&self.store), caller.user());
            tokio::spawn(async move { reply(check_claim(&*store, user, ack).await) });
            return;
        }
        let moved = Move {
            user: caller.user(),
            conv: ack.conv,
            read: None,
            delivered: Some(ack.seq),
        };
        self.committer
            .move_position(moved, Box::new(|result| reply(result.map(drop))));
    }

    pub(crate) fn append(
        &self,
        caller: &Caller,
        target: hongyan_store::Target,
        client_id: hongyan_protocol::ClientId,
        change: Change,
        reply: Reply<Sent>,
    ) {
        let append = Append {
            from: caller.user(),
            target,
            client_id,
            change,
            at: self.clock.now(),
        };
        let asker = Asker {
            reply,
            connection: caller.connection(),
        };
        self.committer.append(append, asker);
    }

    /// The oldest message that a window still reaches.
    fn earliest(&self, window: Duration) -> Millis {
        self.clock
            .now()
            .minus(u64::try_from(window.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Whether somebody may hold what is claimed: it is a member's, and there.
async fn check_claim(store: &dyn Store, user: UserId, ack: Ack) -> Result<(), ServiceError> {
    let head = store.conversation(user, ack.conv).await?.head;
    (ack.seq <= head)
        .then_some(())
        .ok_or(ServiceError::SeqOutOfRange)
}

/// The decoder refuses these; a caller that builds frames itself gets the same answer.
fn unknown_body() -> ServiceError {
    ServiceError::BadRequest(format!("a body that is not text: {:?}", Body::Unknown))
}
