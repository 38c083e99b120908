use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use shuttle::{future, thread};

use crate::bell::Bell;
use crate::schedules::try_many;
use crate::sync::{Arc, Mutex};

const THINGS: u32 = 4;

/// Something to read from: it rings once for whoever found nothing.
#[derive(Default)]
struct Source(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    things: VecDeque<u32>,
    waiting: Option<Waker>,
}

impl Source {
    fn put(&self, thing: u32) {
        let mut inner = self.0.lock();
        inner.things.push_back(thing);
        let waiting = inner.waiting.take();
        drop(inner);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<u32> {
        let mut inner = self.0.lock();
        match inner.things.pop_front() {
            Some(thing) => Poll::Ready(thing),
            None => {
                inner.waiting = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[test]
fn whatever_comes_is_found() {
    try_many(|| {
        let source = Arc::new(Source::default());
        let putting = Arc::clone(&source);
        thread::spawn(move || (0..THINGS).for_each(|thing| putting.put(thing)));
        let mut bell = Bell::new();
        for thing in 0..THINGS {
            let found = future::block_on(poll_fn(|context| {
                bell.listen(context);
                bell.look(|context| source.poll(context))
            }));
            assert_eq!(found, thing);
        }
    });
}

/// The connection's task looks in two ways: it waits, and it looks in passing while something else has woken it.
#[test]
fn a_look_in_passing_takes_no_ring_away() {
    try_many(|| {
        let source = Arc::new(Source::default());
        let putting = Arc::clone(&source);
        thread::spawn(move || (0..THINGS).for_each(|thing| putting.put(thing)));
        let mut bell = Bell::new();
        let mut found = 0;
        while found < THINGS {
            let in_passing = bell.look(|context| source.poll(context));
            if in_passing.is_ready() {
                found += 1;
                continue;
            }
            future::block_on(poll_fn(|context| {
                bell.listen(context);
                bell.look(|context| source.poll(context))
            }));
            found += 1;
        }
    });
}
