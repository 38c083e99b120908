//! How async code reaches the writing thread.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hongyan_protocol::{Millis, SessionId};
use hongyan_store::StoreError;
use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::Writer;
use super::settle::Settler;
use crate::failure::Failure;
use crate::lock::WriterLock;
use crate::open::{self, OpenError};
use crate::store::Options;
use crate::unsettled::Unsettled;

/// Commands that wait for the writer. When it is full, callers wait for room: nothing is dropped,
/// and whoever must not wait bounds its own calls.
pub(super) const QUEUE: usize = 256;

/// How long what is put off waits to be done in company.
const DELAY: Duration = Duration::from_millis(200);

type Job = Box<dyn FnOnce(&mut Writer) + Send>;

enum Command {
    /// Runs in the order it was queued, and answers by itself.
    Run(Job),
    /// Notes that a session was used. Nobody waits.
    Touch(SessionId, Option<String>, Millis),
    /// Does what was put off: journaled writes, notes that no transaction has taken along.
    Settle,
    /// What was put off is done.
    Settled,
    /// Removes removed texts everywhere, and answers when to do more of it.
    Forget(oneshot::Sender<Option<Duration>>),
    /// Ends the thread. Sent last, it is handled after everything that was queued before.
    Close(oneshot::Sender<()>),
}

/// The sending side. Dropped, it waits until the thread has done what is queued and has closed the file.
pub(crate) struct WriterHandle {
    commands: mpsc::Sender<Command>,
    thread: Option<JoinHandle<()>>,
    closing: AtomicBool,
    /// Whether [`Command::Settle`] will come without being asked for again.
    settle_scheduled: Arc<AtomicBool>,
    /// Whether some removed text may be left somewhere.
    has_to_forget: Arc<AtomicBool>,
    forget_after: Duration,
    /// Whether [`Command::Forget`] will come without being asked for again.
    forget_scheduled: Arc<AtomicBool>,
}

impl WriterHandle {
    /// Starts the threads, for the database at `path`, which `conn` has open and `lock` is for.
    pub(crate) fn start(
        path: &Path,
        options: &Options,
        conn: Connection,
        unsettled: Arc<Unsettled>,
        lock: WriterLock,
        failure: &Failure,
    ) -> Result<Self, OpenError> {
        let no_thread = |error| open::io_error(path, error);
        let (commands, queue) = mpsc::channel(QUEUE);
        let tell = commands.downgrade();
        let on_panic = failure.on_panic("the thread that settles");
        let settler = Settler::start(options.on_settler_start, move || {
            // Held for as long as the thread lives.
            let _ = &on_panic;
            if let Some(commands) = tell.upgrade() {
                // A full queue has commands, and with any of them the writer looks by itself.
                let _ = commands.try_send(Command::Settled);
            }
        });
        let settler = settler.map_err(no_thread)?;
        // A crash may have left some.
        let has_to_forget = Arc::new(AtomicBool::new(true));
        let forget = Arc::clone(&has_to_forget);
        let writer = Writer::new(path.into(), conn, options, unsettled, forget, lock, settler);
        let writer = writer.map_err(|error| open::sqlite_error(path, error))?;
        let thread = std::thread::Builder::new().name("store-writer".into());
        let on_panic = failure.on_panic("the thread that writes");
        let thread = thread.spawn(move || {
            let _on_panic = on_panic;
            serve(writer, queue);
        });
        let thread = thread.map_err(no_thread)?;
        Ok(Self {
            commands,
            thread: Some(thread),
            closing: AtomicBool::new(false),
            settle_scheduled: Arc::default(),
            has_to_forget,
            forget_after: options.forget_after,
            forget_scheduled: Arc::default(),
        })
    }

    /// Sees to it that removed texts are removed everywhere in a while, if there are any. Without a runtime, whoever
    /// comes next with one does.
    pub(crate) fn forget_later(&self) {
        if self.has_to_forget.load(Ordering::Acquire)
            && let Ok(runtime) = Handle::try_current()
            && !self.forget_scheduled.swap(true, Ordering::AcqRel)
        {
            let scheduled = Arc::clone(&self.forget_scheduled);
            let commands = self.commands.downgrade();
            runtime.spawn(forget_in_a_while(commands, scheduled, self.forget_after));
        }
    }

    /// Runs `job` on the writing thread.
    pub(crate) async fn run<T, E>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |writer: &mut Writer| {
            // A caller that went away does not undo what it asked for.
            let _ = reply.send(job(writer));
        });
        self.send(Command::Run(job)).await?;
        // The sender is dropped without an answer when the job panicked or the thread ended.
        answer.await.unwrap_or_else(|_| Err(self.gone().into()))
    }

    /// Notes that a session was used.
    pub(crate) async fn touch(
        &self,
        session: SessionId,
        client: Option<String>,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.send(Command::Touch(session, client, now)).await?;
        self.settle_later();
        Ok(())
    }

    /// Sees to it that what is put off now is done in a while.
    pub(crate) fn settle_later(&self) {
        if !self.settle_scheduled.swap(true, Ordering::AcqRel) {
            let scheduled = Arc::clone(&self.settle_scheduled);
            tokio::spawn(settle_in_a_while(self.commands.downgrade(), scheduled));
        }
    }

    /// Lets the thread finish what is queued, write back the log and let go of the file. Calls that
    /// come later fail as unavailable. To close twice does no harm.
    pub(crate) async fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        let (reply, closed) = oneshot::channel();
        if self.send(Command::Close(reply)).await.is_ok() {
            // An error means that the thread is gone already, which is as good.
            let _ = closed.await;
        }
    }

    /// How many more commands the queue takes at once.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.commands.capacity()
    }

    async fn send(&self, command: Command) -> Result<(), StoreError> {
        self.commands.send(command).await.map_err(|_| self.gone())
    }

    fn gone(&self) -> StoreError {
        if self.closing.load(Ordering::Relaxed) {
            StoreError::Unavailable("shutting down".into())
        } else {
            StoreError::Failed("the writing thread ended; restart the server".into())
        }
    }
}

impl Drop for WriterHandle {
    fn drop(&mut self) {
        // The thread ends when its last sender is gone; so ours goes first, a dead one in its place.
        self.commands = mpsc::channel(1).0;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writing thread had panicked");
        }
    }
}

/// Holds no sender while it waits, so as not to keep the thread from ending.
async fn settle_in_a_while(commands: mpsc::WeakSender<Command>, scheduled: Arc<AtomicBool>) {
    tokio::time::sleep(DELAY).await;
    // Before the command: what is put off behind it needs another one.
    scheduled.store(false, Ordering::Release);
    if let Some(commands) = commands.upgrade() {
        // An error means that the thread has ended, and did it as its last act.
        let _ = commands.send(Command::Settle).await;
    }
}

/// Goes on until there is nothing more to do. Holds no sender while it waits, so as not to keep the thread from ending.
async fn forget_in_a_while(
    commands: mpsc::WeakSender<Command>,
    scheduled: Arc<AtomicBool>,
    mut wait: Duration,
) {
    loop {
        tokio::time::sleep(wait).await;
        // Before the command: what is removed behind it needs another one.
        scheduled.store(false, Ordering::Release);
        let (reply, answer) = oneshot::channel();
        let Some(commands) = commands.upgrade() else {
            return;
        };
        let sent = commands.send(Command::Forget(reply)).await;
        drop(commands);
        match (sent, answer.await) {
            (Ok(()), Ok(Some(more))) if !scheduled.swap(true, Ordering::AcqRel) => wait = more,
            // Nothing more to do, somebody else does it, or the thread has ended, and did it as its last act.
            _ => return,
        }
    }
}

fn serve(mut writer: Writer, mut queue: mpsc::Receiver<Command>) {
    let mut closed = None;
    while let Some(command) = queue.blocking_recv() {
        match command {
            Command::Run(job) => job(&mut writer),
            Command::Touch(session, client, now) => writer.touches.note(session, client, now),
            Command::Settle => writer.settle_later(),
            Command::Settled => writer.settle_if_asked(),
            Command::Forget(reply) => {
                let _ = reply.send(writer.forget());
            }
            Command::Close(reply) => {
                closed = Some(reply);
                break;
            }
        }
        if writer.is_due() {
            writer.settle_later();
        }
    }
    writer.finish();
    if let Some(closed) = closed {
        let _ = closed.send(());
    }
}
