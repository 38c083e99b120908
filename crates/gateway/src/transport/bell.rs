//! Whether to look for something at all.
//!
//! A connection's task wakes for many reasons, and most often for what is to be written. To look for a frame each time
//! goes through half a dozen layers to the runtime's socket, to find nothing: some 200 ns, four times a message. With a
//! bell it is looked for once after the socket rang.
//!
//! Promises: what rang before or while one looks is not missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Hangs at something that is polled. One task listens.
pub(super) struct Bell {
    rope: Waker,
    state: Arc<State>,
}

struct State {
    rang: AtomicBool,
    listener: AtomicWaker,
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rang.store(true, Ordering::Release);
        self.listener.wake();
    }
}

impl Bell {
    /// One that rang already: nobody has looked yet.
    pub(super) fn new() -> Self {
        let state = Arc::new(State {
            rang: AtomicBool::new(true),
            listener: AtomicWaker::new(),
        });
        Self {
            rope: Waker::from(Arc::clone(&state)),
            state,
        }
    }

    /// Looks, if it rang, and otherwise has the task of `listener` woken when it does.
    pub(super) fn look<T>(
        &self,
        listener: &Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // Before the look: what rings from then on wakes.
        self.state.listener.register(listener.waker());
        self.look_now(poll)
    }

    /// Looks, if it rang. Who wants to be woken must [`look`](Self::look) again.
    pub(super) fn look_now<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        // Before the look: what rings meanwhile has it looked for again.
        if !self.state.rang.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let found = poll(&mut Context::from_waker(&self.rope));
        if found.is_ready() {
            // There may be more, and nothing rings for what is there already.
            self.state.rang.store(true, Ordering::Release);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Something to look for, which rings as a socket does: once for who found nothing.
    #[derive(Default)]
    struct Source {
        things: RefCell<VecDeque<u32>>,
        waiting: RefCell<Option<Waker>>,
        looks: AtomicUsize,
    }

    impl Source {
        fn put(&self, thing: u32) {
            self.things.borrow_mut().push_back(thing);
            if let Some(waiting) = self.waiting.take() {
                waiting.wake();
            }
        }

        fn poll(&self, context: &mut Context<'_>) -> Poll<u32> {
            self.looks.fetch_add(1, Ordering::Relaxed);
            match self.things.borrow_mut().pop_front() {
                Some(thing) => Poll::Ready(thing),
                None => {
                    self.waiting.replace(Some(context.waker().clone()));
                    Poll::Pending
                }
            }
        }
    }

    #[test]
    fn one_looks_once_for_each_ring_and_misses_nothing() {
        let (bell, source) = (Bell::new(), Source::default());
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let look = || bell.look(&Context::from_waker(&waker), |context| source.poll(context));
        let look_now = || bell.look_now(|context| source.poll(context));
        let seen = || {
            (
                source.looks.swap(0, Ordering::Relaxed),
                count.0.swap(0, Ordering::Relaxed),
            )
        };

        assert_eq!(
            (look(), look(), look()),
            (Poll::Pending, Poll::Pending, Poll::Pending)
        );
        assert_eq!(seen(), (1, 0), "one look, however often it is asked for");
        source.put(1);
        source.put(2);
        assert_eq!(seen(), (0, 1), "woken once");
        assert_eq!((look(), look_now()), (Poll::Ready(1), Poll::Ready(2)));
        assert_eq!((look_now(), look_now()), (Poll::Pending, Poll::Pending));
        assert_eq!(seen(), (3, 0));
        source.put(3);
        assert_eq!(seen(), (0, 1), "the listener of before is woken");
        assert_eq!((look(), look()), (Poll::Ready(3), Poll::Pending));
    }

    #[test]
    fn what_rings_while_one_looks_is_looked_for_again() {
        let bell = Bell::new();
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let listener = Context::from_waker(&waker);
        let missed = bell.look(&listener, |context| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!(missed, Poll::Pending);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(bell.look(&listener, |_| Poll::Ready(())), Poll::Ready(()));
    }
}
