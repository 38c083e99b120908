//! The thread that settles.
//!
//! A settlement takes some 30 ms for as many writes as there may be. So the writer hands it over, with the tables, and
//! goes on committing to the journal. The thread may be one that others go before: whoever has to wait for it takes
//! what is left and does it, so that a thread that seldom gets the core is waited for only to its next step.
//!
//! Owns: the tables, while the writer does not need them itself.
//! Not here: what is settled, and when (`Writer`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use rusqlite::{Error, Result};

use super::{Progress, Tables, Work};

/// The thread. It ends when this is dropped.
pub(in crate::writer) struct Settler {
    jobs: Sender<Work>,
    done: Receiver<Result<Progress>>,
    is_busy: bool,
    /// Somebody waits, and will do what is left.
    is_waited_for: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Settler {
    fn drop(&mut self) {
        // The thread ends when its last sender is gone; so ours goes first, a dead one in its place.
        self.jobs = channel().0;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the settling thread had panicked");
        }
    }
}

impl Settler {
    /// Starts the thread. It calls `first` before anything else, and `settled` after each settlement.
    pub(in crate::writer) fn start(
        first: fn(),
        settled: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = channel::<Work>();
        let (tell, done) = channel();
        let is_waited_for = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&is_waited_for);
        let work = move || {
            first();
            for work in waiting {
                let progress = work.go_on(|| is_stopped.load(Ordering::Relaxed));
                if tell.send(progress).is_err() {
                    return;
                }
                settled();
            }
        };
        let thread = std::thread::Builder::new().name("store-settler".into());
        let thread = Some(thread.spawn(work)?);
        Ok(Self {
            thread,
            jobs,
            done,
            is_busy: false,
            is_waited_for,
        })
    }

    /// Gives it something to do. It must have been heard of what it did before.
    pub(in crate::writer) fn begin(&mut self, work: Work) -> Result<()> {
        self.jobs.send(work).map_err(|_| ended())?;
        self.is_busy = true;
        Ok(())
    }

    /// The tables, if it is done by now.
    pub(in crate::writer) fn poll(&mut self) -> Result<Option<Box<Tables>>> {
        match self.done.try_recv() {
            Err(TryRecvError::Empty) => Ok(None),
            result => self.taken_back(result.map_err(|_| ended())).map(Some),
        }
    }

    /// The tables, after doing here what is left of it. `None` when it has nothing to do.
    pub(in crate::writer) fn wait(&mut self) -> Result<Option<Box<Tables>>> {
        if !self.is_busy {
            return Ok(None);
        }
        self.is_waited_for.store(true, Ordering::Relaxed);
        let result = self.done.recv().map_err(|_| ended());
        self.is_waited_for.store(false, Ordering::Relaxed);
        self.taken_back(result).map(Some)
    }

    /// As if somebody waited, until somebody does.
    #[cfg(test)]
    pub(in crate::writer) fn stop(&self) {
        self.is_waited_for.store(true, Ordering::Relaxed);
    }

    fn taken_back(&mut self, result: Result<Result<Progress>>) -> Result<Box<Tables>> {
        self.is_busy = false;
        match result?? {
            Progress::Done(tables) => Ok(tables),
            Progress::Stopped(work) => work.finish(),
        }
    }
}

fn ended() -> Error {
    let what = "the settling thread ended; restart the server";
    Error::ToSqlConversionFailure(what.into())
}
