//! What happens to a batch that is on disk: answer those who wait, then publish.
//!
//! store → **dispatch** → reply, then sink (this node) and bus (the others)
//!
//! Promises: per write, first the answer, then the push; across writes, commit order. A push is
//! encoded once, whatever the number of recipients. Nothing here waits on a socket.

use std::sync::Arc;

use bytes::Bytes;
use hongyan_bus::{Bus, Event, Notice};
use hongyan_protocol::{
    Asked, ConversationId, Entry, Receipt, Requests, ServerFrame, Standing, UserId, Viewed,
};
use hongyan_store::{
    ASK_AGAIN_MS, Append, Appended, Asking, Joined, Move, Moved, Outcome, StoreError, View, Write,
};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::committer::{Committed, Mover, Waiting};
use crate::flood::Flood;
use crate::large::{Large, is_large};
use crate::limits::DISPATCH_SLICE;
use crate::positions::Pending;
use crate::reactions::Gathered;
use crate::{ConnectionId, ServiceError, Sink, joining, views, wire};

/// Takes in what was committed, before it is pushed.
pub(crate) trait Follower: Send + Sync + 'static {
    /// An entry is on disk. Called in commit order; it must not block.
    fn appended(&self, append: &Append, appended: &Appended);

    /// A position moved, and is on disk. It must not block.
    fn moved(&self, moved: &Moved);

    /// Reactions changed in a large conversation: of these members those are to hear who look. It must not block.
    fn reacted(&self, conv: ConversationId, members: Arc<[UserId]>, frame: Bytes);
}

/// The publishing end of the pipeline.
pub(crate) struct Dispatcher {
    sink: Arc<dyn Sink>,
    bus: Arc<dyn Bus>,
    pending: Arc<Mutex<Pending>>,
    large: Arc<Large>,
    flood: Arc<Flood>,
    reactions: Arc<Gathered>,
    follower: Arc<dyn Follower>,
}

impl Dispatcher {
    pub(crate) fn new(
        sink: Arc<dyn Sink>,
        bus: Arc<dyn Bus>,
        pending: Arc<Mutex<Pending>>,
        large: Arc<Large>,
        flood: Arc<Flood>,
        reactions: Arc<Gathered>,
        follower: Arc<dyn Follower>,
    ) -> Self {
        Self {
            sink,
            bus,
            pending,
            large,
            flood,
            reactions,
            follower,
        }
    }

    /// Dispatches batches until the committer is done.
    pub(crate) async fn run(self, mut committed: mpsc::Receiver<Committed>) {
        while let Some(batch) = committed.recv().await {
            match batch.outcomes {
                Ok(outcomes) => self.dispatch(&batch.batch, outcomes, batch.waiting).await,
                Err(error) => {
                    for (write, waiting) in batch.batch.iter().zip(&batch.waiting) {
                        self.written(write, waiting);
                    }
                    refuse_all(&error, batch.waiting);
                }
            }
        }
    }

    async fn dispatch(&self, batch: &[Write], outcomes: Vec<Outcome>, waiting: Vec<Waiting>) {
        let answered = batch.iter().zip(outcomes).zip(waiting);
        for (index, ((write, outcome), waiting)) in answered.enumerate() {
            self.written(write, &waiting);
            match (write, outcome, waiting) {
                (Write::Append(append), Outcome::Append(result), Waiting::Append(asker)) => {
                    if let Ok(Some(event)) = result.as_ref().map(|appended| &appended.event) {
                        self.flood.note(event);
                    }
                    if let (Ok(appended), Some(connection)) = (&result, asker.connection) {
                        self.sink
                            .before_answer(appended.conv, append.from, connection);
                    }
                    let sent = result.as_ref().map(|appended| wire::sent(append, appended));
                    (asker.reply)(sent.map_err(|error| error.clone().into()));
                    if let Ok(appended) = result {
                        self.large.note(appended.conv, appended.members.len());
                        self.publish_entry(append, &appended, asker.connection);
                    }
                }
                (Write::Move(wish), Outcome::Move(result), Waiting::Move(mover)) => {
                    if let Some(reply) = mover.reply {
                        reply(result.clone().map_err(ServiceError::from));
                    }
                    if let Ok(moved) = result {
                        self.large.note(moved.conv, moved.members.len());
                        if moved.changed {
                            self.follower.moved(&moved);
                        }
                        self.publish_receipt(wish, &moved, mover.connection);
                        if let Some(view) = &moved.view {
                            self.publish_view(moved.user, told(moved.conv, view), None);
                        }
                    }
                }
                (Write::React(react), Outcome::React(result), Waiting::React(reply)) => {
                    reply(match &result {
                        Ok(_) => Ok(()),
                        Err(error) => Err(error.clone().into()),
                    });
                    if let Ok(reacted) = result {
                        self.reactions.note(react, &reacted);
                    }
                }
                (Write::View(_), Outcome::View(result), Waiting::View(viewer)) => {
                    let answer = result
                        .as_ref()
                        .map(|viewed| told(viewed.conv, &viewed.view));
                    (viewer.reply)(answer.clone().map_err(|error| error.clone().into()));
                    if let (Ok(viewed), Ok(answer)) = (&result, answer)
                        && viewed.changed
                    {
                        self.publish_view(viewed.user, answer, viewer.connection);
                    }
                }
                (Write::Joining(joining), Outcome::Joining(result), Waiting::Joining(reply)) => {
                    reply(result.clone().map_err(ServiceError::from));
                    if let Ok(Joined {
                        asking: Some(asking),
                        ..
                    }) = result
                    {
                        let again_at = joining.at.plus(ASK_AGAIN_MS);
                        let declined = Asked {
                            again_at: Some(again_at),
                            ..asked(joining.conv, Standing::Declined)
                        };
                        self.publish_asking(&asking, &declined);
                        if let Some(state) = joining::own_state(&joining.change) {
                            self.publish_asked(&[joining.by], asked(joining.conv, state));
                        }
                    }
                }
                (
                    Write::Append(_)
                    | Write::Move(_)
                    | Write::React(_)
                    | Write::View(_)
                    | Write::Joining(_),
                    outcome,
                    _,
                ) => {
                    tracing::error!(?outcome, "the store answered another kind of write");
                }
            }
            if index % DISPATCH_SLICE == DISPATCH_SLICE - 1 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// A position that was gathered is in the store, or will not get there: it is no longer to be told of from here.
    fn written(&self, write: &Write, waiting: &Waiting) {
        if let (Write::Move(moved), Waiting::Move(Mover { reply: None, .. })) = (write, waiting)
            && let Some(seq) = moved.delivered
        {
            self.pending.lock().written((moved.user, moved.conv), seq);
        }
    }

    /// Pushes a new entry, but not to the connection that asked for it and was answered. A retry's was pushed
    /// the first time; if a crash came between, sync finds it.
    fn publish_entry(&self, append: &Append, appended: &Appended, asked_on: Option<ConnectionId>) {
        if appended.duplicate {
            return;
        }
        self.follower.appended(append, appended);
        if let Some(event) = &appended.event {
            self.reactions
                .group_changed(appended.conv, append.from, event);
        }
        if let Some(asking) = &appended.asking {
            self.publish_asking(asking, &asked(appended.conv, Standing::Ended));
        }
        let entry = wire::new_entry(append, appended);
        if appended.blind.is_empty() {
            let recipients = Arc::clone(&appended.members);
            return self.publish(of_entry(recipients, &entry), asked_on);
        }
        let is_blind = |user: &&UserId| appended.blind.binary_search(user).is_ok();
        let sighted = appended.members.iter().filter(|user| !is_blind(user));
        self.publish(of_entry(sighted.copied().collect(), &entry), asked_on);
        let blank = wire::without_body(entry);
        self.publish(of_entry(Arc::clone(&appended.blind), &blank), None);
    }

    /// Tells of a position, but not the connection that alone moved it. Of a large conversation only the reader's own
    /// devices are told, and only how far it was read.
    fn publish_receipt(&self, wish: &Move, moved: &Moved, moved_on: Option<ConnectionId>) {
        let is_large = is_large(moved.members.len());
        if !moved.changed || is_large && wish.read.is_none() {
            return;
        }
        let receipt = Receipt {
            conv: moved.conv,
            user: moved.user,
            read: moved.read,
            delivered: moved.delivered,
        };
        let frame = ServerFrame::Receipt(receipt).encode(None);
        let notice = Notice {
            recipients: if is_large {
                Arc::new([moved.user])
            } else {
                Arc::clone(&moved.members)
            },
            event: Event::Droppable {
                frame: Bytes::from(frame),
            },
        };
        self.publish(notice, moved_on);
    }

    /// Tells the user's own connections of a view, but not the one that asked for it and was answered.
    fn publish_view(&self, user: UserId, view: Viewed, asked_on: Option<ConnectionId>) {
        let frame = ServerFrame::View(view).encode(None);
        let notice = Notice {
            recipients: Arc::new([user]),
            event: Event::Droppable {
                frame: Bytes::from(frame),
            },
        };
        self.publish(notice, asked_on);
    }

    /// Tells admins how many wait to be let in, and those who do not any more, and are not let in.
    fn publish_asking(&self, asking: &Asking, refused: &Asked) {
        let (conv, count) = (refused.conv, asking.count as u64);
        let frame = ServerFrame::Requests(Requests { conv, count });
        self.publish_frame(Arc::clone(&asking.admins), &frame);
        self.publish_asked(&asking.refused, refused.clone());
    }

    fn publish_asked(&self, users: &[UserId], asked: Asked) {
        if !users.is_empty() {
            self.publish_frame(users.into(), &ServerFrame::Asked(asked));
        }
    }

    fn publish_frame(&self, recipients: Arc<[UserId]>, frame: &ServerFrame) {
        let frame = Bytes::from(frame.encode(None));
        let event = Event::Droppable { frame };
        self.publish(Notice { recipients, event }, None);
    }

    fn publish(&self, notice: Notice, except: Option<ConnectionId>) {
        self.sink.deliver(&notice, except);
        self.bus.publish(notice);
    }
}

fn asked(conv: ConversationId, state: Standing) -> Asked {
    Asked {
        conv,
        state,
        name: None,
        again_at: None,
    }
}

fn told(conv: ConversationId, view: &View) -> Viewed {
    let view = views::told(view);
    Viewed { conv, view }
}

/// That these are to get this entry.
fn of_entry(recipients: Arc<[UserId]>, entry: &Entry) -> Notice {
    Notice {
        recipients,
        event: Event::Entry {
            conv: entry.conv,
            seq: entry.seq,
            target: entry.target,
            frame: Bytes::from(entry.encode()),
        },
    }
}

/// Nothing of the batch counts as stored: everybody is told to try again.
fn refuse_all(error: &StoreError, waiting: Vec<Waiting>) {
    let error = ServiceError::from(error.clone());
    for waiting in waiting {
        match waiting {
            Waiting::Append(asker) => (asker.reply)(Err(error.clone())),
            Waiting::React(reply) => reply(Err(error.clone())),
            Waiting::Joining(reply) => reply(Err(error.clone())),
            Waiting::Move(mover) => {
                if let Some(reply) = mover.reply {
                    reply(Err(error.clone()));
                }
            }
            Waiting::View(viewer) => (viewer.reply)(Err(error.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use hongyan_bus::MemoryBus;
    use hongyan_protocol::limits::MEMBERS_TOLD;
    use hongyan_protocol::{ConversationId, Seq, SessionId};

    use super::*;

    /// Whom each push went to.
    #[derive(Default)]
    struct Heard(Mutex<Vec<Vec<UserId>>>);

    impl Sink for Heard {
        fn deliver(&self, notice: &Notice, _: Option<ConnectionId>) {
            self.0.lock().push(notice.recipients.to_vec());
        }

        fn before_answer(&self, _: ConversationId, _: UserId, _: ConnectionId) {}

        fn tell(&self, _: &[(UserId, ConnectionId)], _: &Bytes) {}

        fn connected_sessions(&self, _: UserId) -> Vec<SessionId> {
            Vec::new()
        }
    }

    /// Nobody looks at anything.
    struct Nobody;

    impl Follower for Nobody {
        fn appended(&self, _: &Append, _: &Appended) {}

        fn moved(&self, _: &Moved) {}

        fn reacted(&self, _: ConversationId, _: Arc<[UserId]>, _: Bytes) {}
    }

    fn user(number: usize) -> UserId {
        UserId::new(1000 + number as u64).unwrap()
    }

    /// Whom the receipt goes to of a move of the first of so many members.
    async fn told(members: usize, read: Option<Seq>, delivered: Option<Seq>) -> Vec<Vec<UserId>> {
        let heard = Arc::new(Heard::default());
        let (sender, committed) = mpsc::channel(1);
        let wish = Move {
            user: user(0),
            conv: ConversationId::new(7).unwrap(),
            read,
            delivered,
        };
        let moved = Moved {
            conv: wish.conv,
            user: wish.user,
            read: read.unwrap_or_default(),
            delivered: delivered.max(read).unwrap_or_default(),
            changed: true,
            members: (0..members).map(user).collect(),
            view: None,
        };
        let batch = Committed {
            batch: Arc::new([Write::Move(wish)]),
            outcomes: Ok(vec![Outcome::Move(Ok(moved))]),
            waiting: vec![Waiting::Move(Mover {
                reply: None,
                connection: None,
            })],
        };
        sender.send(batch).await.ok().unwrap();
        drop(sender);
        let bus = Arc::new(MemoryBus::alone());
        let sink = Arc::clone(&heard);
        let nobody = Arc::new(Nobody);
        let reactions = Gathered::start(
            Arc::clone(&sink) as Arc<dyn Sink>,
            Arc::clone(&bus) as Arc<dyn Bus>,
            Arc::clone(&nobody) as _,
        );
        let (pending, large) = (Arc::default(), Arc::default());
        let flood = Arc::new(Flood::new());
        let dispatcher = Dispatcher::new(sink, bus, pending, large, flood, reactions, nobody);
        dispatcher.run(committed).await;
        std::mem::take(&mut *heard.0.lock())
    }

    #[tokio::test]
    async fn a_position_is_told_to_all_while_they_are_few() {
        let all = [(0..MEMBERS_TOLD).map(user).collect::<Vec<UserId>>()];
        let seq = Seq::new(5).ok();
        assert_eq!(told(MEMBERS_TOLD, None, seq).await, all);
        assert_eq!(told(MEMBERS_TOLD, seq, None).await, all);
    }

    #[tokio::test]
    async fn among_many_only_who_read_is_told_and_nobody_of_what_is_delivered() {
        let seq = Seq::new(5).ok();
        assert_eq!(told(MEMBERS_TOLD + 1, seq, None).await, [[user(0)]]);
        assert!(told(MEMBERS_TOLD + 1, None, seq).await.is_empty());
    }
}
