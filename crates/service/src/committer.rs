//! Group commit: many writes, one transaction, one wait for the disk.
//!
//! request → queue → batch → store → dispatcher
//!
//! While one batch is on its way to the disk the next one gathers in the queue. Tasks that are ready when the
//! committer takes a batch get a turn to add to it. So the batch size follows the load by itself: one write without
//! load, hundreds under load, and no timer that makes anybody wait. One task commits one batch after the other and
//! hands them to the dispatcher in that order. So the order of commits is the order of pushes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hongyan_protocol::{Sent, Viewed};
use hongyan_store::{
    Append, Body, Change, Joined, Joining, JoiningChange, Move, Moved, Outcome, React, Store,
    StoreError, ViewChange, Write,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::dispatch::Dispatcher;
use crate::limits::{
    ANSWERED_A_ROUND, BATCH_WRITES, GATHER_ROUNDS, QUEUED_BYTES, QUEUED_COMMITS, QUEUED_WRITES,
};
use crate::{ConnectionId, Reply, ServiceError};

/// A write with whoever waits for it. The pairing is by type: an append's reply never gets a move.
pub(crate) enum Job {
    /// Appends an entry.
    Append(Append, Asker),
    /// Moves a position; the flusher of delivered positions waits for nothing.
    Move(Move, Mover),
    /// Sets a reaction or takes it back.
    React(React, Reply<()>),
    /// Changes a view.
    View(ViewChange, Viewer),
    /// Does something about the ways into a group.
    Joining(Joining, Reply<Joined>),
}

/// Who waits for a write that is on its way.
pub(crate) enum Waiting {
    Append(Asker),
    Move(Mover),
    React(Reply<()>),
    View(Viewer),
    Joining(Reply<Joined>),
}

/// Who asked for an append.
pub(crate) struct Asker {
    pub(crate) reply: Reply<Sent>,
    /// Where the reply goes, if it stands for the push there.
    pub(crate) connection: Option<ConnectionId>,
}

/// Who wants a position moved.
pub(crate) struct Mover {
    /// None for what was gathered.
    pub(crate) reply: Option<Reply<Moved>>,
    /// Where the wish came from, if it needs no telling.
    pub(crate) connection: Option<ConnectionId>,
}

/// Who wants a view changed.
pub(crate) struct Viewer {
    pub(crate) reply: Reply<Viewed>,
    /// Where the reply goes, if it stands for the push there.
    pub(crate) connection: Option<ConnectionId>,
}

/// A batch that the store has answered.
pub(crate) struct Committed {
    pub(crate) batch: Arc<[Write]>,
    pub(crate) outcomes: Result<Vec<Outcome>, StoreError>,
    pub(crate) waiting: Vec<Waiting>,
}

/// The way into the queue.
#[derive(Clone)]
pub(crate) struct Queue {
    jobs: mpsc::Sender<Job>,
    bytes: Arc<AtomicUsize>,
}

/// The queue and the tasks behind it.
pub(crate) struct Committer {
    queue: Queue,
    stop: Arc<Notify>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Committer {
    pub(crate) fn start(store: Arc<dyn Store>, dispatcher: Dispatcher) -> Self {
        let (jobs, queued) = mpsc::channel(QUEUED_WRITES);
        let (commits, committed) = mpsc::channel(QUEUED_COMMITS);
        let bytes = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(Notify::new());
        let commit = commit_batches(
            store,
            queued,
            commits,
            Arc::clone(&bytes),
            Arc::clone(&stop),
        );
        let tasks = vec![
            tokio::spawn(commit),
            tokio::spawn(dispatcher.run(committed)),
        ];
        Self {
            queue: Queue { jobs, bytes },
            stop,
            tasks: Mutex::new(tasks),
        }
    }

    pub(crate) fn queue(&self) -> Queue {
        self.queue.clone()
    }

    /// Queues an append; the reply is called in any case.
    pub(crate) fn append(&self, append: Append, asker: Asker) {
        self.queue.offer(Job::Append(append, asker));
    }

    /// Queues a move; the reply is called in any case.
    pub(crate) fn move_position(&self, moved: Move, reply: Reply<Moved>) {
        let mover = Mover {
            reply: Some(reply),
            connection: None,
        };
        self.queue.offer(Job::Move(moved, mover));
    }

    /// Queues a reaction; the reply is called in any case.
    pub(crate) fn react(&self, react: React, reply: Reply<()>) {
        self.queue.offer(Job::React(react, reply));
    }

    /// Queues a change of a view; the reply is called in any case.
    pub(crate) fn set_view(&self, change: ViewChange, viewer: Viewer) {
        self.queue.offer(Job::View(change, viewer));
    }

    /// Queues what is done about the ways into a group; the reply is called in any case.
    pub(crate) fn joining(&self, joining: Joining, reply: Reply<Joined>) {
        self.queue.offer(Job::Joining(joining, reply));
    }

    /// Refuses new writes, and returns when those taken are committed and dispatched.
    pub(crate) async fn stop(&self) {
        self.stop.notify_one();
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a writing task ended badly");
            }
        }
    }
}

impl Queue {
    /// Queues a job, or answers it at once when there is no room. Whether it was queued.
    pub(crate) fn offer(&self, job: Job) -> bool {
        let size = job.bytes();
        if self.bytes.fetch_add(size, Ordering::Relaxed) + size > QUEUED_BYTES {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            job.refuse(ServiceError::Overloaded);
            return false;
        }
        if let Err(refused) = self.jobs.try_send(job) {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            match refused {
                mpsc::error::TrySendError::Full(job) => job.refuse(ServiceError::Overloaded),
                mpsc::error::TrySendError::Closed(job) => {
                    job.refuse(ServiceError::StoreUnavailable)
                }
            }
            return false;
        }
        true
    }
}

impl Job {
    /// The bytes that the queue holds for this job, its fixed part aside.
    fn bytes(&self) -> usize {
        match self {
            Self::Append(append, _) => match &append.change {
                Change::Message {
                    body: Body::Text(text),
                    ..
                }
                | Change::Edit {
                    body: Body::Text(text),
                    ..
                } => text.len(),
                Change::Recall { .. } => 0,
                Change::Group(change) => change.bytes(),
            },
            Self::React(react, _) => react.value.len(),
            Self::Move(..) => 0,
            Self::Joining(joining, _) => match &joining.change {
                JoiningChange::Make(new) => new.name.len(),
                _ => 0,
            },
            Self::View(change, _) => change.draft.as_ref().map_or(0, |draft| draft.text.len()),
        }
    }

    fn refuse(self, error: ServiceError) {
        match self {
            Self::Append(_, asker) => (asker.reply)(Err(error)),
            Self::React(_, reply) => reply(Err(error)),
            Self::Joining(_, reply) => reply(Err(error)),
            Self::Move(_, mover) => {
                if let Some(reply) = mover.reply {
                    reply(Err(error));
                }
            }
            Self::View(_, viewer) => (viewer.reply)(Err(error)),
        }
    }

    fn split(self) -> (Write, Waiting) {
        match self {
            Self::Append(append, asker) => (Write::Append(append), Waiting::Append(asker)),
            Self::Move(moved, mover) => (Write::Move(moved), Waiting::Move(mover)),
            Self::React(react, reply) => (Write::React(react), Waiting::React(reply)),
            Self::View(change, viewer) => (Write::View(change), Waiting::View(viewer)),
            Self::Joining(joining, reply) => (Write::Joining(joining), Waiting::Joining(reply)),
        }
    }
}

/// Lets everybody who is ready go first, as long as that brings more writes, to a limit.
///
/// Nobody is waited for: when nothing else is ready, each round is over at once. But who was just answered, and has
/// the next message in the socket already, gets into this batch and not into the next. It takes some rounds until
/// all of the `answered` have been written to; before, that a round brought nothing means nothing.
async fn gather(queued: &mut mpsc::Receiver<Job>, jobs: &mut Vec<Job>, answered: usize) {
    let at_least = answered / ANSWERED_A_ROUND;
    for round in 0..GATHER_ROUNDS {
        let before = jobs.len();
        tokio::task::yield_now().await;
        while jobs.len() < BATCH_WRITES
            && let Ok(job) = queued.try_recv()
        {
            jobs.push(job);
        }
        let brought_nothing = jobs.len() == before && round >= at_least;
        if brought_nothing || jobs.len() == BATCH_WRITES {
            return;
        }
    }
}

/// Commits one batch after the other until told to stop, then what is still queued.
async fn commit_batches(
    store: Arc<dyn Store>,
    mut queued: mpsc::Receiver<Job>,
    commits: mpsc::Sender<Committed>,
    bytes: Arc<AtomicUsize>,
    stop: Arc<Notify>,
) {
    let mut jobs = Vec::with_capacity(BATCH_WRITES);
    let mut answered = 0;
    loop {
        let taken = tokio::select! {
            taken = queued.recv_many(&mut jobs, BATCH_WRITES) => taken,
            () = stop.notified() => {
                queued.close();
                continue;
            }
        };
        if taken == 0 {
            return;
        }
        gather(&mut queued, &mut jobs, answered).await;
        answered = jobs.len();
        let size: usize = jobs.iter().map(Job::bytes).sum();
        let (writes, waiting): (Vec<_>, Vec<_>) = jobs.drain(..).map(Job::split).unzip();
        let batch: Arc<[Write]> = writes.into();
        let outcomes = store.commit(Arc::clone(&batch)).await;
        bytes.fetch_sub(size, Ordering::Relaxed);
        let committed = Committed {
            batch,
            outcomes,
            waiting,
        };
        if commits.send(committed).await.is_err() {
            return tracing::error!("the dispatcher is gone; what was committed is found by sync");
        }
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::{ConversationId, UserId};

    use super::*;

    fn job() -> Job {
        let moved = Move {
            user: UserId::new(1).unwrap(),
            conv: ConversationId::new(1).unwrap(),
            read: None,
            delivered: None,
        };
        let nobody = Mover {
            reply: None,
            connection: None,
        };
        Job::Move(moved, nobody)
    }

    #[tokio::test]
    async fn who_is_ready_adds_to_the_batch() {
        let (sender, mut queued) = mpsc::channel(8);
        for _ in 0..3 {
            let sender = sender.clone();
            tokio::spawn(async move { sender.send(job()).await });
        }
        let mut jobs = vec![job()];
        gather(&mut queued, &mut jobs, 0).await;
        assert_eq!(jobs.len(), 4);
    }

    #[tokio::test]
    async fn who_was_answered_adds_to_the_batch_as_well() {
        let (sender, mut queued) = mpsc::channel(8);
        for (answered, expected) in [(0, 1), (200, 2)] {
            let sender = sender.clone();
            let answering = tokio::spawn(async move {
                for _ in 0..4 {
                    tokio::task::yield_now().await;
                }
                sender.send(job()).await
            });
            let mut jobs = vec![job()];
            gather(&mut queued, &mut jobs, answered).await;
            assert_eq!(jobs.len(), expected, "{answered} answered");
            answering.await.unwrap().unwrap();
            while queued.try_recv().is_ok() {}
        }
    }

    /// Would never end, if it waited for the sender.
    #[tokio::test]
    async fn nobody_is_waited_for() {
        let (sender, mut queued) = mpsc::channel(8);
        let mut jobs = vec![job()];
        gather(&mut queued, &mut jobs, BATCH_WRITES).await;
        assert_eq!(jobs.len(), 1);
        drop(sender);
    }

    #[tokio::test]
    async fn a_full_batch_takes_no_more() {
        let (sender, mut queued) = mpsc::channel(8);
        sender.send(job()).await.unwrap();
        let mut jobs: Vec<_> = std::iter::repeat_with(job).take(BATCH_WRITES).collect();
        gather(&mut queued, &mut jobs, 0).await;
        assert_eq!(jobs.len(), BATCH_WRITES);
        assert_eq!(queued.len(), 1);
    }
}
