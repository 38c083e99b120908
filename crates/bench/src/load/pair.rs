//! A pair: one client writes, the other reads, and both are counted.

use std::collections::VecDeque;
use std::io;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep_until};

use super::pairs::Shared;
use super::sign_on::{FIRST_REQ, sign_on};
use crate::check::{Faults, Log};
use crate::client::{Connection, Seen};
use crate::latency::{Times, TimesData};
use crate::order::{Dialect, Pace, Pairs};
use crate::text;

/// Messages on their way in an open loop. A server that is further behind fails the run.
const FURTHEST_BEHIND: usize = 10_000;

/// The runtime's timer counts milliseconds; the last stretch is waited for by looking at the clock.
const TIMER_STEP: Duration = Duration::from_millis(2);

/// One writes, the other reads.
pub(super) struct Pair {
    index: u64,
    sender: Connection,
    receiver: Connection,
    /// Known from the first answer on.
    conv: Option<u64>,
    to: u64,
    /// The number of the next message.
    next: u64,
    /// Messages answered with `sent`.
    answered: u64,
    /// When each message that has not come yet was due, the oldest first.
    due: VecDeque<Instant>,
    /// What the receiver got.
    received: Log,
    /// The seqs of the answers: what the sender knows of its own messages.
    own: Log,
    times: Times,
    /// Messages counted as done.
    done: u64,
}

impl Pair {
    /// Connects both.
    pub(super) async fn connect(order: &Pairs, index: usize) -> anyhow::Result<Self> {
        let (sender, receiver, to) = connect_both(order, index).await?;
        Ok(Self {
            index: index as u64,
            sender,
            receiver,
            conv: None,
            to,
            next: 0,
            answered: 0,
            due: VecDeque::new(),
            received: Log::default(),
            own: Log::default(),
            times: Times::new()?,
            done: 0,
        })
    }

    /// Sends and receives until told to stop, then waits for what is on its way.
    pub(super) async fn run(
        mut self,
        order: &Pairs,
        shared: &Shared,
    ) -> anyhow::Result<(Faults, TimesData)> {
        let mut schedule = Schedule::new(order, self.index, shared.start, shared.stop);
        loop {
            let now = Instant::now();
            self.send_due(order, &mut schedule, shared, now)?;
            if now >= shared.stop && (self.done == self.next || now > shared.give_up) {
                break;
            }
            self.receiver.ack_if_due(now);
            self.sender.flush().await?;
            self.receiver.flush().await?;
            let ack_due = self.receiver.ack_due();
            tokio::select! {
                read = self.sender.read() => {
                    read.context("a sender's connection")?;
                    self.take_sender()?;
                }
                read = self.receiver.read() => {
                    read.context("a receiver's connection")?;
                    self.take_receiver(order, shared)?;
                }
                () = schedule.wait(), if now < shared.stop => {}
                () = sleep_until(ack_due.unwrap_or(now)), if ack_due.is_some() => {}
                () = sleep_until(shared.stop), if now < shared.stop => {}
                () = sleep_until(shared.give_up) => {}
            }
            self.count_done(order, shared);
        }
        let mut faults = self.received.finish(self.next);
        if order.dialect == Dialect::Hongyan {
            faults.refused += self.next - self.answered;
            faults.add(&self.own.finish(self.answered));
        }
        Ok((faults, self.times.to_data()))
    }

    fn send_due(
        &mut self,
        order: &Pairs,
        schedule: &mut Schedule,
        shared: &Shared,
        now: Instant,
    ) -> anyhow::Result<()> {
        match order.pace {
            Pace::Window(_) if now >= shared.stop => {}
            // The first message makes the conversation; its answer tells which.
            Pace::Window(window) => {
                let window = if self.answered == 0 {
                    1
                } else {
                    u64::from(window)
                };
                while self.next - self.done < window {
                    self.send(order, now);
                }
            }
            Pace::Rate(_) => {
                while let Some(due) = schedule.take(now) {
                    if self.due.len() >= FURTHEST_BEHIND {
                        bail!("the server is {FURTHEST_BEHIND} messages behind");
                    }
                    self.send(order, due);
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, order: &Pairs, due: Instant) {
        let number = self.next;
        self.next += 1;
        self.due.push_back(due);
        let (index, run, conv, to) = (self.index, order.run, self.conv, self.to);
        self.sender.text(|out| {
            let req = FIRST_REQ + number;
            // Writing into memory does not fail.
            let _ = match conv {
                Some(conv) => write!(out, r#"{{"type":"send","req":{req},"conv":{conv}"#),
                None => write!(out, r#"{{"type":"send","req":{req},"to":{to}"#),
            };
            // Ascending, as a client's are to be.
            let _ = write!(out, r#","client_id":"{run}-{index}-{number:010}","#);
            out.extend_from_slice(br#""body":{"type":"text","text":""#);
            text::write(out, index, number, order.text_bytes);
            out.extend_from_slice(br#""}}"#);
        });
    }

    fn take_sender(&mut self) -> io::Result<()> {
        let (answered, own, conv) = (&mut self.answered, &mut self.own, &mut self.conv);
        self.sender.frames(|payload| {
            let seen = Seen::decode(payload)?;
            match &*seen.kind {
                "sent" => {
                    // Answers come in the order of the requests.
                    if seen.req != Some(FIRST_REQ + *answered) {
                        return Err(io::Error::other("an answer to another message"));
                    }
                    own.saw(*answered, seen.seq);
                    *answered += 1;
                    *conv = seen.conv;
                }
                // The answer stands for the push: this would be a second time.
                "entry" => own.saw_garbled(),
                "error" => return Err(refused(&seen)),
                _ => {}
            }
            Ok(())
        })
    }

    fn take_receiver(&mut self, order: &Pairs, shared: &Shared) -> io::Result<()> {
        let now = Instant::now();
        let mut ack = None;
        let (received, due, times) = (&mut self.received, &mut self.due, &mut self.times);
        let index = self.index;
        self.receiver.frames(|payload| {
            let seen = Seen::decode(payload)?;
            match &*seen.kind {
                // A relay hands over the frame as it was sent.
                "entry" | "send" => {
                    let is_new = check(received, &seen, index, order.text_bytes);
                    if let Some(due) = due.pop_front().filter(|_| is_new)
                        && due >= shared.measure_from
                    {
                        times.record(now.saturating_duration_since(due));
                    }
                    ack = owed(&seen, ack);
                }
                "error" => return Err(refused(&seen)),
                _ => {}
            }
            Ok(())
        })?;
        if let Some((conv, seq, entries)) = ack {
            self.receiver.owe_ack(conv, seq, entries, Instant::now());
        }
        Ok(())
    }

    fn count_done(&mut self, order: &Pairs, shared: &Shared) {
        let done = match order.dialect {
            Dialect::Hongyan => self.received.count().min(self.answered),
            Dialect::Relay => {
                self.answered = self.received.count();
                self.answered
            }
        };
        shared.add_done(done - self.done);
        self.done = done;
    }
}

/// The connections of the one who writes and of the one who reads, and who that is.
pub(super) async fn connect_both(
    order: &Pairs,
    index: usize,
) -> anyhow::Result<(Connection, Connection, u64)> {
    let (writer, reader) = order.pairs.get(index).context("no such pair")?;
    let (sender, receiver) = match order.dialect {
        Dialect::Hongyan => (
            sign_on(&order.address, writer).await?,
            sign_on(&order.address, reader).await?,
        ),
        Dialect::Relay => {
            let mut address = order.address.clone();
            address.path = format!("/{index}");
            let receiver = Connection::open(&address).await?;
            (Connection::open(&address).await?, receiver)
        }
    };
    Ok((sender, receiver, reader.user))
}

/// What is owed for this entry and those before it: conversation, seq, entries.
pub(super) fn owed(seen: &Seen<'_>, before: Option<(u64, u64, u64)>) -> Option<(u64, u64, u64)> {
    let entries = before.map_or(0, |(_, _, entries)| entries);
    let (conv, seq) = seen.conv.zip(seen.seq)?;
    Some((conv, seq, entries + 1))
}

/// Feeds a pushed message to the check. Whether it is new.
fn check(log: &mut Log, seen: &Seen<'_>, pair: u64, text_bytes: usize) -> bool {
    let number = seen
        .body
        .as_ref()
        .and_then(|body| text::number(&body.text, pair, text_bytes));
    match number {
        Some(number) => log.saw(number, seen.seq),
        None => {
            log.saw_garbled();
            false
        }
    }
}

pub(super) fn refused(seen: &Seen<'_>) -> io::Error {
    let code = seen.code.as_deref().unwrap_or("no code");
    io::Error::other(format!("the server refused: {code}"))
}

/// When the messages of an open loop are due: evenly, the pairs out of step with each other, and all of them before
/// the stop. What a pause there makes late is sent late: left out, it would be missed among the slow ones.
struct Schedule {
    next: Instant,
    step: Option<Duration>,
    stop: Instant,
}

impl Schedule {
    fn new(order: &Pairs, index: u64, start: Instant, stop: Instant) -> Self {
        let Pace::Rate(per_second) = order.pace else {
            return Self {
                next: start,
                step: None,
                stop,
            };
        };
        let every = Duration::from_secs_f64(1.0 / per_second.max(0.001));
        let offset = every.saturating_mul(u32::try_from(index).unwrap_or(u32::MAX));
        let pairs = u32::try_from(order.pairs.len()).unwrap_or(u32::MAX);
        Self {
            next: start + offset,
            step: Some(every.saturating_mul(pairs)),
            stop,
        }
    }

    /// The time at which the next message is due, if that has come.
    fn take(&mut self, now: Instant) -> Option<Instant> {
        let step = self.step?;
        let due = self.next;
        (due <= now && due < self.stop).then(|| {
            self.next += step;
            due
        })
    }

    /// Returns when the next message is due; never in a closed loop.
    async fn wait(&self) {
        if self.step.is_none() {
            return std::future::pending().await;
        }
        if let Some(early) = self.next.checked_sub(TIMER_STEP) {
            sleep_until(early).await;
        }
        while Instant::now() < self.next {
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_due_before_the_stop_is_sent_however_late_and_nothing_else() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut schedule = Schedule {
            next: at(0),
            step: Some(Duration::from_millis(10)),
            stop: at(30),
        };
        assert_eq!(schedule.take(at(5)), Some(at(0)));
        assert_eq!(schedule.take(at(5)), None);
        // A pause.
        assert_eq!(schedule.take(at(500)), Some(at(10)));
        assert_eq!(schedule.take(at(500)), Some(at(20)));
        assert_eq!(schedule.take(at(500)), None);
    }
}
