use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::bell::Bell;

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
    let (mut bell, source) = (Bell::new(), Source::default());
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut look = |listens| {
        if listens {
            bell.listen(&Context::from_waker(&waker));
        }
        bell.look(|context| source.poll(context))
    };
    let seen = || {
        (
            source.looks.swap(0, Ordering::Relaxed),
            count.0.swap(0, Ordering::Relaxed),
        )
    };

    assert_eq!(
        (look(true), look(true), look(true)),
        (Poll::Pending, Poll::Pending, Poll::Pending)
    );
    assert_eq!(seen(), (1, 0), "one look, however often it is asked for");
    source.put(1);
    source.put(2);
    assert_eq!(seen(), (0, 1), "woken once");
    assert_eq!((look(true), look(false)), (Poll::Ready(1), Poll::Ready(2)));
    assert_eq!((look(false), look(false)), (Poll::Pending, Poll::Pending));
    assert_eq!(seen(), (3, 0));
    source.put(3);
    assert_eq!(seen(), (0, 1), "the listener of before is woken");
    assert_eq!((look(true), look(true)), (Poll::Ready(3), Poll::Pending));
}

#[test]
fn who_listens_last_is_woken() {
    let (mut bell, source) = (Bell::new(), Source::default());
    let counts = [(); 2].map(|()| Arc::new(Count::default()));
    for count in &counts {
        let waker = Waker::from(Arc::clone(count));
        bell.listen(&Context::from_waker(&waker));
    }
    assert_eq!(bell.look(|context| source.poll(context)), Poll::Pending);
    source.put(1);
    let woken = counts.map(|count| count.0.load(Ordering::Relaxed));
    assert_eq!(woken, [0, 1]);
}

#[test]
fn what_rings_while_one_looks_is_looked_for_again() {
    let mut bell = Bell::new();
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    bell.listen(&Context::from_waker(&waker));
    let missed = bell.look(|context| {
        context.waker().wake_by_ref();
        Poll::<()>::Pending
    });
    assert_eq!(missed, Poll::Pending);
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert_eq!(bell.look(|_| Poll::Ready(())), Poll::Ready(()));
}
