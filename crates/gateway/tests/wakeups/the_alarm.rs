use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, Waker};

use shuttle::{future, thread};

use crate::alarm::Alarm;
use crate::schedules::try_many;
use crate::sync::{Arc, Driver, Instant, Mutex, Sleep};

const TICKS: u64 = 6;

/// A time that does not come.
const NEVER: u64 = TICKS + 1;

/// What the alarm is set to, one after the other.
const TIMES: [u64; 4] = [5, NEVER, 3, 6];

fn start_time(driver: &Arc<Driver>) {
    let driver = Arc::clone(driver);
    thread::spawn(move || (1..=TICKS).for_each(|tick| driver.advance_to(Instant(tick))));
}

#[test]
fn it_rings_for_each_time_it_is_set_to() {
    try_many(|| {
        let driver = Driver::new();
        start_time(&driver);
        let timer = pin!(Sleep::until(Instant(0), &driver));
        let mut alarm = Alarm::new(timer);
        let mut next = Instant(1);
        while next <= Instant(TICKS) {
            alarm.set(next);
            future::block_on(alarm.rings());
            let now = driver.now();
            // It may ring too early, where it was set to an earlier time before.
            if now >= next {
                next = Instant(now.0 + 1);
            }
        }
    });
}

/// Another thread wakes the task, which sets the alarm earlier or later while it waits.
#[test]
fn it_rings_in_time_although_it_is_set_again_while_time_goes_on() {
    try_many(|| {
        let driver = Driver::new();
        start_time(&driver);
        let news = Arc::new(News::default());
        let telling = Arc::clone(&news);
        thread::spawn(move || TIMES.map(|due| telling.tell(Instant(due))));
        let timer = pin!(Sleep::until(Instant(0), &driver));
        let mut alarm = Alarm::new(timer);
        let (mut due, mut told) = (Some(Instant(NEVER)), 0);
        while told < TIMES.len() || due.is_some() {
            if let Some(due) = due {
                alarm.set(due);
            }
            let news = future::block_on(poll_fn(|context| {
                if let Some(news) = news.take(context.waker()) {
                    return Poll::Ready(Some(news));
                }
                match due {
                    Some(_) => alarm.poll(context).map(|()| None),
                    None => Poll::Pending,
                }
            }));
            if news.is_some() {
                (due, told) = (news, told + 1);
            } else {
                let now = driver.now();
                due = due.filter(|&due| now < due);
            }
        }
    });
}

/// Times to set the alarm to.
#[derive(Default)]
struct News(Mutex<(Vec<Instant>, Option<Waker>)>);

impl News {
    fn tell(&self, due: Instant) {
        let mut news = self.0.lock();
        news.0.insert(0, due);
        let waker = news.1.take();
        drop(news);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn take(&self, waker: &Waker) -> Option<Instant> {
        let mut news = self.0.lock();
        news.1 = Some(waker.clone());
        news.0.pop()
    }
}
