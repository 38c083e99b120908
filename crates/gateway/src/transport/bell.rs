//! Tells a connection's task whether its socket may have bytes to read.
//!
//! The task wakes for many reasons, most often because it has to write. Asking the runtime each time whether there
//! is something to read takes a twentieth of the task's instructions. With a bell it asks once after the socket
//! rang.
//!
//! Promises: no ring is missed, also not one before or during the look.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::{AtomicBool, Mutex, Ordering};

/// Hangs at something that is polled. One task listens.
pub(super) struct Bell {
    waker: Waker,
    state: Arc<State>,
    /// As in the state: to compare takes no lock, and the same task listens all the time.
    listener: Waker,
}

struct State {
    rang: AtomicBool,
    /// It stays: whoever listened once is woken each time.
    listener: Mutex<Waker>,
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rang.store(true, Ordering::Release);
        self.listener.lock().wake_by_ref();
    }
}

impl Bell {
    /// One that rang already: nobody has looked yet.
    pub(super) fn new() -> Self {
        let state = Arc::new(State {
            rang: AtomicBool::new(true),
            listener: Mutex::new(Waker::noop().clone()),
        });
        Self {
            waker: Waker::from(Arc::clone(&state)),
            state,
            listener: Waker::noop().clone(),
        }
    }

    /// From now on this task is woken when it rings.
    pub(super) fn listen(&mut self, listener: &Context<'_>) {
        if !self.listener.will_wake(listener.waker()) {
            self.listener.clone_from(listener.waker());
            self.state.listener.lock().clone_from(listener.waker());
        }
    }

    /// Looks, if it rang.
    pub(super) fn look<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        // Before the look: what rings meanwhile has it looked for again.
        if !self.state.rang.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let found = poll(&mut Context::from_waker(&self.waker));
        if found.is_ready() {
            // There may be more, and nothing rings for what is there already.
            self.state.rang.store(true, Ordering::Release);
        }
        found
    }
}
