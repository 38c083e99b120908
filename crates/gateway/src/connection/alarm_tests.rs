use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::alarm::Alarm;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_secs(1);

impl Alarm<'_> {
    async fn is_ringing(&mut self) -> bool {
        poll_fn(|context| Poll::Ready(self.poll(context).is_ready())).await
    }
}

#[tokio::test(start_paused = true)]
async fn it_rings_at_its_time_however_often_it_was_looked_at() {
    let start = Instant::now();
    let timer = sleep_until(start);
    tokio::pin!(timer);
    let mut alarm = Alarm::new(timer);
    alarm.rings().await;
    for _ in 0..3 {
        let before = Instant::now();
        alarm.set(before + LONG);
        for _ in 0..3 {
            assert!(!alarm.is_ringing().await);
        }
        sleep(SHORT).await;
        assert!(!alarm.is_ringing().await);
        alarm.rings().await;
        let waited = before.elapsed();
        assert!(waited >= LONG && waited < LONG + SHORT, "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_can_be_set_earlier_while_it_waits_but_not_later() {
    let start = Instant::now();
    let timer = sleep_until(start + LONG);
    tokio::pin!(timer);
    let mut alarm = Alarm::new(timer);
    assert!(!alarm.is_ringing().await);
    alarm.set(start + SHORT);
    alarm.set(start + LONG);
    alarm.rings().await;
    let waited = start.elapsed();
    assert!(waited >= SHORT && waited < 2 * SHORT, "{waited:?}");
}
