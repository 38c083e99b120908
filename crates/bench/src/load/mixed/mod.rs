//! A pair that does what people do: beside messages, edits, recalls, first messages to others, read positions, pages.
//!
//! [`pattern`] says which write comes when. A write counts as done when it is answered, and an entry of the pair's log
//! when it has arrived as well. A page is no write: it goes beside them, one at a time.

mod frames;
mod page;
mod pattern;
mod written;

use std::collections::VecDeque;
use std::io;

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep_until};

use self::frames::{Names, To};
use self::pattern::Step;
use self::written::{Arrived, Written};
use super::pair::{connect_both, owed, refused};
use super::pairs::Shared;
use super::sign_on::FIRST_REQ;
use crate::check::{Faults, Log};
use crate::client::{Connection, Named, Seen};
use crate::order::{Kind, Mix, Pace, Pairs};
use crate::text;

/// One writes, the other reads.
pub(super) struct MixedPair {
    names: Names,
    text_bytes: usize,
    window: u64,
    mix: Mix,
    sender: Connection,
    receiver: Connection,
    to: u64,
    /// The conversation and the seq of this run's first entry in it: known from the first answer on.
    log: Option<(u64, u64)>,
    /// Writes of every kind.
    begun: u64,
    done: u64,
    written: Written,
    /// What the receiver got.
    received: Log,
    /// The seqs of the answers: what the sender knows of its own entries.
    own: Log,
    writer: Writer,
    reader: Reader,
    /// What no [`Log`] tells.
    faults: Faults,
}

/// What the sender asked for.
#[derive(Default)]
struct Writer {
    /// Requests.
    asked: u64,
    /// Those without an answer: they come in the order of the requests.
    waiting: VecDeque<Asked>,
    /// Entries of the pair's log that were answered.
    entries: u64,
    /// First messages.
    firsts: u64,
    firsts_answered: u64,
}

/// A request of the sender.
enum Asked {
    /// The entry with this number.
    Entry(u64),
    First(Instant),
}

/// What the receiver asked for.
#[derive(Default)]
struct Reader {
    /// Requests.
    asked: u64,
    /// Positions that are to be read once so many entries have arrived.
    to_read: VecDeque<u64>,
    /// Moves without an answer: their requests, and since when. Answers come in the order of the requests.
    moving: VecDeque<(u64, Instant)>,
    moved: u64,
    pages: u64,
    page: Option<PageAsked>,
}

/// A page without an answer.
struct PageAsked {
    req: u64,
    /// The seq of what the receiver held when it asked.
    held: u64,
    since: Instant,
}

impl MixedPair {
    /// Connects both.
    pub(super) async fn connect(order: &Pairs, mix: Mix, index: usize) -> anyhow::Result<Self> {
        let Pace::Window(window) = order.pace else {
            bail!("a mix has a window");
        };
        let (sender, receiver, to) = connect_both(order, index).await?;
        Ok(Self {
            names: Names {
                run: order.run,
                pair: index as u64,
            },
            text_bytes: order.text_bytes,
            window: u64::from(window),
            mix,
            sender,
            receiver,
            to,
            log: None,
            begun: 0,
            done: 0,
            written: Written::default(),
            received: Log::default(),
            own: Log::default(),
            writer: Writer::default(),
            reader: Reader::default(),
            faults: Faults::default(),
        })
    }

    /// Writes and reads until told to stop, then waits for what is on its way.
    pub(super) async fn run(mut self, shared: &Shared) -> anyhow::Result<Faults> {
        loop {
            let now = Instant::now();
            if now < shared.stop {
                self.write_due(now)?;
            } else if self.is_done() || now > shared.give_up {
                break;
            }
            self.receiver.ack_if_due(now);
            self.sender.flush().await?;
            self.receiver.flush().await?;
            let ack_due = self.receiver.ack_due();
            tokio::select! {
                read = self.sender.read() => {
                    read.context("a sender's connection")?;
                    self.take_sender(shared)?;
                }
                read = self.receiver.read() => {
                    read.context("a receiver's connection")?;
                    self.take_receiver(shared)?;
                }
                () = sleep_until(ack_due.unwrap_or(now)), if ack_due.is_some() => {}
                () = sleep_until(shared.stop), if now < shared.stop => {}
                () = sleep_until(shared.give_up) => {}
            }
            self.count_done(shared);
        }
        Ok(self.finish())
    }

    fn is_done(&self) -> bool {
        self.done == self.begun && self.reader.page.is_none()
    }

    fn finish(self) -> Faults {
        let mut faults = self.faults;
        faults.add(&self.received.finish(self.written.next()));
        faults.add(&self.own.finish(self.writer.entries));
        let reads = self.reader.to_read.len() + self.reader.moving.len();
        let unanswered = self.writer.waiting.len() + reads;
        faults.refused += unanswered as u64 + u64::from(self.reader.page.is_some());
        faults
    }

    /// Begins writes until as many as may be are on their way.
    fn write_due(&mut self, now: Instant) -> anyhow::Result<()> {
        loop {
            let Some(log) = self.log else {
                // The first message makes the conversation; its answer tells which.
                if self.begun == 0 {
                    self.begun += 1;
                    self.message(To::User(self.to), now);
                }
                return Ok(());
            };
            if self.begun - self.done >= self.window {
                return Ok(());
            }
            if self.reader.pages < pattern::pages(self.names.pair, self.begun) {
                if self.reader.page.is_some() {
                    return Ok(());
                }
                self.ask_page(log, now);
            }
            let step = pattern::step(self.names.pair, self.begun);
            self.begun += 1;
            self.write(step, log, now)?;
        }
    }

    fn write(&mut self, step: Step, log: (u64, u64), now: Instant) -> anyhow::Result<()> {
        match step {
            Step::Message => self.message(To::Conversation(log.0), now),
            Step::Edit(back) => self.change(Kind::Edit, back, log, now),
            Step::Recall(back) => self.change(Kind::Recall, back, log, now),
            Step::First => self.first(now)?,
            Step::Read => {
                self.reader.to_read.push_back(self.written.next());
                self.read_due(now);
            }
        }
        Ok(())
    }

    fn message(&mut self, to: To, now: Instant) {
        let number = self.written.message(now);
        let req = self.writer.ask(Asked::Entry(number));
        let (names, bytes) = (self.names, self.text_bytes);
        self.sender
            .text(|out| frames::message(out, req, to, names, number, bytes));
    }

    /// Edits or recalls; says something instead where there is nothing to change yet.
    fn change(&mut self, kind: Kind, back: usize, (conv, first_seq): (u64, u64), now: Instant) {
        let known = self.received.count().min(self.writer.entries);
        let Some((number, target)) = self.written.change(kind, back, known, now) else {
            return self.message(To::Conversation(conv), now);
        };
        let req = self.writer.ask(Asked::Entry(number));
        let at = (conv, first_seq + target);
        let (names, bytes) = (self.names, self.text_bytes);
        self.sender.text(|out| match kind {
            Kind::Recall => frames::recall(out, req, at, names, number),
            _ => frames::edit(out, req, at, names, number, bytes),
        });
    }

    fn first(&mut self, now: Instant) -> anyhow::Result<()> {
        let first = self.writer.firsts;
        if first >= self.mix.strangers {
            bail!(
                "a writer has written to all of {} people",
                self.mix.strangers
            );
        }
        self.writer.firsts += 1;
        // Each writer begins with another one.
        let stranger = (self.names.pair + first) % self.mix.strangers;
        let to = self.mix.first_stranger + stranger;
        let req = self.writer.ask(Asked::First(now));
        let after = self.written.next().saturating_sub(1);
        let (names, bytes) = (self.names, self.text_bytes);
        self.sender
            .text(|out| frames::first_message(out, req, to, names, (after, first), bytes));
        Ok(())
    }

    /// Moves the read position to where it is to be moved, as far as the entries have arrived.
    fn read_due(&mut self, now: Instant) {
        let Some((conv, first_seq)) = self.log else {
            return;
        };
        let arrived = self.received.count();
        while let Some(&entries) = self.reader.to_read.front()
            && entries <= arrived
        {
            self.reader.to_read.pop_front();
            let req = self.reader.ask();
            self.reader.moving.push_back((req, now));
            let seq = first_seq + entries - 1;
            self.receiver.text(|out| frames::read(out, req, conv, seq));
        }
    }

    fn ask_page(&mut self, (conv, first_seq): (u64, u64), now: Instant) {
        let req = self.reader.ask();
        self.reader.pages += 1;
        self.reader.page = Some(PageAsked {
            req,
            held: (first_seq + self.received.count()).saturating_sub(1),
            since: now,
        });
        self.receiver.text(|out| frames::history(out, req, conv));
    }

    fn take_sender(&mut self, shared: &Shared) -> io::Result<()> {
        let now = Instant::now();
        let (writer, own, log) = (&mut self.writer, &mut self.own, &mut self.log);
        let faults = &mut self.faults;
        self.sender.frames(|payload| {
            let seen = Seen::decode(payload)?;
            match &*seen.kind {
                "sent" => {
                    // Answers come in the order of the requests.
                    let answered = writer.asked - writer.waiting.len() as u64;
                    let asked = writer.waiting.pop_front();
                    let asked = asked.filter(|_| seen.req == Some(FIRST_REQ + answered));
                    match asked {
                        Some(Asked::Entry(number)) => {
                            own.saw(number, seen.seq);
                            writer.entries += 1;
                            if log.is_none() {
                                *log = seen.conv.zip(seen.seq);
                            }
                        }
                        Some(Asked::First(due)) => {
                            writer.firsts_answered += 1;
                            if seen.seq != Some(1) {
                                faults.misordered += 1;
                            }
                            shared.record(Kind::First, due, now);
                        }
                        None => return Err(another()),
                    }
                }
                // The answer stands for the push: this would be a second time.
                "entry" => own.saw_garbled(),
                "error" => return Err(refused(&seen)),
                _ => {}
            }
            Ok(())
        })
    }

    fn take_receiver(&mut self, shared: &Shared) -> io::Result<()> {
        let now = Instant::now();
        let mut ack = None;
        let (names, text_bytes) = (self.names, self.text_bytes);
        let (received, written, log) = (&mut self.received, &mut self.written, self.log);
        let (reader, faults) = (&mut self.reader, &mut self.faults);
        self.receiver.frames(|payload| {
            let seen = Seen::decode(payload)?;
            match &*seen.kind {
                "entry" => {
                    if let Some(arrived) =
                        check(&seen, payload, names, text_bytes, received, written)?
                    {
                        if !is_as_sent(&arrived, &seen, log) {
                            faults.garbled += 1;
                        }
                        shared.record(arrived.kind, arrived.due, now);
                    }
                    ack = owed(&seen, ack);
                }
                "done" => {
                    let asked = reader.moving.pop_front();
                    let asked = asked.filter(|(req, _)| seen.req == Some(*req));
                    let (_, since) = asked.ok_or_else(another)?;
                    reader.moved += 1;
                    shared.record(Kind::Read, since, now);
                }
                "history" => {
                    let asked = reader.page.take_if(|page| seen.req == Some(page.req));
                    let asked = asked.ok_or_else(another)?;
                    page::check(&seen.entries, asked.held, names.pair, text_bytes, faults);
                    shared.record(Kind::Page, asked.since, now);
                }
                "error" => return Err(refused(&seen)),
                _ => {}
            }
            Ok(())
        })?;
        if let Some((conv, seq, entries)) = ack {
            self.receiver.owe_ack(conv, seq, entries, Instant::now());
        }
        self.read_due(now);
        Ok(())
    }

    fn count_done(&mut self, shared: &Shared) {
        let entries = self.received.count().min(self.writer.entries);
        let done = entries + self.writer.firsts_answered + self.reader.moved;
        shared.add_done(done - self.done);
        self.done = done;
    }
}

impl Writer {
    /// The `req` for this.
    fn ask(&mut self, asked: Asked) -> u64 {
        self.waiting.push_back(asked);
        self.asked += 1;
        FIRST_REQ + self.asked - 1
    }
}

impl Reader {
    /// The next `req`.
    fn ask(&mut self) -> u64 {
        self.asked += 1;
        FIRST_REQ + self.asked - 1
    }
}

fn another() -> io::Error {
    io::Error::other("an answer to another request")
}

/// Feeds a pushed entry to the check of the log. What it was to be, if it is new.
fn check(
    seen: &Seen<'_>,
    payload: &[u8],
    names: Names,
    text_bytes: usize,
    received: &mut Log,
    written: &mut Written,
) -> io::Result<Option<Arrived>> {
    let number = match &seen.body {
        Some(body) => text::number(&body.text, names.pair, text_bytes),
        // A recall says nothing: its name tells which it is.
        None => names.number(&Named::decode(payload)?.client_id),
    };
    let Some(number) = number else {
        received.saw_garbled();
        return Ok(None);
    };
    let is_new = received.saw(number, seen.seq);
    Ok(is_new.then(|| written.arrived(number)).flatten())
}

/// Whether an entry changes the message that it was to change, and says something unless it recalls.
fn is_as_sent(arrived: &Arrived, seen: &Seen<'_>, log: Option<(u64, u64)>) -> bool {
    let target = arrived.target.zip(log);
    let target = target.map(|(number, (_, first_seq))| first_seq + number);
    seen.target == target && seen.body.is_none() == (arrived.kind == Kind::Recall)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where the reader gets the two entries that were written: a message, and its recall.
    fn found(message: &str, recall: &str) -> (Faults, usize) {
        let now = Instant::now();
        let names = Names { run: 5, pair: 7 };
        let mut written = Written::default();
        written.message(now);
        written.change(Kind::Recall, 0, 1, now);
        let mut received = Log::default();
        let mut as_sent = 0;
        for frame in [message, recall] {
            let seen = Seen::decode(frame.as_bytes()).unwrap();
            let arrived = check(
                &seen,
                frame.as_bytes(),
                names,
                6,
                &mut received,
                &mut written,
            );
            let arrived = arrived.unwrap();
            as_sent += usize::from(arrived.is_some_and(|it| is_as_sent(&it, &seen, Some((9, 3)))));
        }
        (received.finish(written.next()), as_sent)
    }

    const MESSAGE: &str = r#"{"type":"entry","conv":9,"seq":3,"kind":"message","client_id":"5-7-0000000000",
        "body":{"type":"text","text":"7:0:xx"}}"#;
    const RECALL: &str = r#"{"type":"entry","conv":9,"seq":4,"kind":"recall","client_id":"5-7-0000000001","target":3}"#;

    #[test]
    fn what_arrives_as_it_was_sent_is_clean() {
        assert_eq!(found(MESSAGE, RECALL), (Faults::default(), 2));
    }

    #[test]
    fn a_recall_of_another_message_and_of_another_name_are_told() {
        let other = RECALL.replace(r#""target":3"#, r#""target":2"#);
        assert_eq!(found(MESSAGE, &other).1, 1);
        let (faults, _) = found(MESSAGE, &RECALL.replace("0001", "0000"));
        assert!(!faults.is_clean() && faults.lost == 1, "{faults:?}");
        let (faults, _) = found(MESSAGE, &RECALL.replace("5-7-", "5-8-"));
        assert_eq!((faults.garbled, faults.lost), (1, 1));
    }

    #[test]
    fn a_message_in_the_place_of_a_recall_is_told() {
        let message = MESSAGE
            .replace("7:0:xx", "7:1:xx")
            .replace(r#""seq":3"#, r#""seq":4"#);
        assert_eq!(found(MESSAGE, &message).1, 1);
    }
}
