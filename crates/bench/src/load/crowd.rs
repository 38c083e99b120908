//! One group whose members are all connected, and some of whom write.
//!
//! Owns: what each member has seen, and when a message has reached the last of them.
//! Promises: every push to every member is checked for its place; one member reads all texts as well.

use std::collections::HashMap;
use std::io;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use parking_lot::Mutex;
use tokio::io::{BufReader, Lines, Stdin};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::pair::refused;
use super::say;
use super::sign_on::{FIRST_REQ, sign_on};
use crate::check::{Faults, Log};
use crate::client::{Connection, Seen};
use crate::latency::Times;
use crate::order::{Crowd, CrowdResult, Dialect, Line, Pace, Stretch};
use crate::{system, text};

/// Members who connect at the same time.
const CONNECTING: usize = 64;

/// For the last messages to arrive; the rest counts as lost.
const LAST_MESSAGES: Duration = Duration::from_secs(15);

/// Between two looks at whether they have.
const LOOK: Duration = Duration::from_millis(5);

/// Of a push, the bytes in which its type and place stand.
const BEGINNING: usize = 96;

/// Who numbers a message, and as what: a server numbers those of all, a relay leaves it to each sender.
type Place = (u64, u64);

/// What all members share.
struct Shared {
    order: Crowd,
    phase: watch::Sender<Option<Phase>>,
    senders: Vec<Sender>,
    flights: Mutex<Flights>,
    /// Pushes that came.
    deliveries: AtomicU64,
}

/// A member who writes.
#[derive(Default)]
struct Sender {
    /// Messages that have reached everybody.
    done: AtomicU64,
    /// Another one has.
    wake: Notify,
}

/// When to write.
#[derive(Debug, Clone, Copy)]
struct Phase {
    start: Instant,
    measure_from: Instant,
    stop: Instant,
}

/// Messages on their way.
struct Flights {
    open: HashMap<Place, Flight>,
    times: Times,
    measure_from: Instant,
    faults: Faults,
    /// What the one who reads all texts has seen of each sender.
    logs: Vec<Log>,
}

struct Flight {
    /// Who wrote it, and when it was due; not known before it is answered.
    sent: Option<(usize, Instant)>,
    /// Members whom it has not reached.
    left: usize,
    last: Instant,
}

/// Connects all, says so, and writes for as long as each line says.
pub(super) async fn run(order: Crowd, orders: &mut Lines<BufReader<Stdin>>) -> anyhow::Result<()> {
    let members = order.members.len();
    let connections = connect(&order).await?;
    let shared = Arc::new(Shared {
        phase: watch::Sender::new(None),
        senders: (0..order.senders).map(|_| Sender::default()).collect(),
        flights: Mutex::new(Flights {
            open: HashMap::new(),
            times: Times::new()?,
            measure_from: Instant::now(),
            faults: Faults::default(),
            logs: (0..order.senders).map(|_| Log::default()).collect(),
        }),
        deliveries: AtomicU64::new(0),
        order,
    });
    let (failed, mut failures) = mpsc::channel(1);
    let mut running = JoinSet::new();
    for (index, connection) in connections.into_iter().enumerate() {
        let (shared, failed) = (Arc::clone(&shared), failed.clone());
        running.spawn(async move {
            if let Err(error) = Member::new(index, connection).run(&shared).await {
                // The first one counts.
                let _ = failed.try_send(error);
            }
        });
    }
    say(&Line::Ready(members as u64))?;
    while let Some(line) = orders.next_line().await? {
        let stretch: Stretch = serde_json::from_str(&line).context("not a stretch")?;
        tokio::select! {
            result = measure(&shared, &stretch) => say(&Line::Crowd(result?))?,
            Some(error) = failures.recv() => bail!("a member's connection: {error}"),
        }
    }
    running.shutdown().await;
    Ok(())
}

/// In the order of the members.
async fn connect(order: &Crowd) -> anyhow::Result<Vec<Connection>> {
    use futures_util::stream::{self, TryStreamExt};
    stream::iter(order.members.iter().map(Ok))
        .map_ok(|account| async move {
            match order.dialect {
                Dialect::Hongyan => sign_on(&order.address, account).await,
                Dialect::Relay => Connection::open(&order.address).await,
            }
        })
        .try_buffered(CONNECTING)
        .try_collect()
        .await
        .context("a member cannot connect")
}

/// One stretch of writing, until all of it has arrived.
async fn measure(shared: &Shared, stretch: &Stretch) -> anyhow::Result<CrowdResult> {
    let start = Instant::now();
    let measure_from = start + Duration::from_millis(stretch.warm_up_ms);
    let stop = measure_from + Duration::from_millis(stretch.measure_ms);
    {
        let mut flights = shared.flights.lock();
        flights.measure_from = measure_from;
        flights.times = Times::new()?;
        flights.faults = Faults::default();
    }
    let phase = Phase {
        start,
        measure_from,
        stop,
    };
    shared.phase.send_replace(Some(phase));
    sleep_until(phase.measure_from).await;
    let before = Reading::take(shared)?;
    sleep_until(phase.stop).await;
    let after = Reading::take(shared)?;
    while !shared.flights.lock().open.is_empty() && Instant::now() < stop + LAST_MESSAGES {
        sleep(LOOK).await;
    }
    let mut flights = shared.flights.lock();
    let lost: usize = flights.open.drain().map(|(_, flight)| flight.left).sum();
    flights.faults.lost += lost as u64;
    Ok(CrowdResult {
        deliveries: after.deliveries - before.deliveries,
        seconds: after.at.duration_since(before.at).as_secs_f64(),
        server_cpu: after
            .server
            .zip(before.server)
            .map(|(after, before)| after.since(before).as_secs_f64()),
        load_cpu: after.load.since(before.load).as_secs_f64(),
        times: flights.times.to_data(),
        faults: flights.faults,
    })
}

/// The counters at one moment.
struct Reading {
    at: Instant,
    deliveries: u64,
    server: Option<system::Cpu>,
    load: system::Cpu,
}

impl Reading {
    fn take(shared: &Shared) -> anyhow::Result<Self> {
        Ok(Self {
            at: Instant::now(),
            deliveries: shared.deliveries.load(Ordering::Relaxed),
            server: shared.order.server_pid.map(system::cpu).transpose()?,
            load: system::cpu(std::process::id())?,
        })
    }
}

impl Shared {
    /// A message was sent: by whom, and when it was due.
    fn sent(&self, place: Place, sender: usize, due: Instant) {
        let mut flights = self.flights.lock();
        let members = self.order.members.len();
        flights.flight(place, members).sent = Some((sender, due));
        self.finish(&mut flights, place);
    }

    /// It came to one more member.
    fn came(&self, flights: &mut Flights, place: Place, now: Instant) {
        let flight = flights.flight(place, self.order.members.len());
        flight.left = flight.left.saturating_sub(1);
        flight.last = now;
        self.finish(flights, place);
    }

    /// If it has come to all, its sender may go on.
    fn finish(&self, flights: &mut Flights, place: Place) {
        let Some(Flight {
            sent: Some((sender, due)),
            left: 0,
            last,
        }) = flights.open.get(&place)
        else {
            return;
        };
        let (sender, due, last) = (*sender, *due, *last);
        flights.open.remove(&place);
        if due >= flights.measure_from {
            flights.times.record(last.saturating_duration_since(due));
        }
        if let Some(sender) = self.senders.get(sender) {
            sender.done.fetch_add(1, Ordering::Relaxed);
            sender.wake.notify_one();
        }
    }
}

impl Flights {
    /// The sender gets no push.
    fn flight(&mut self, place: Place, members: usize) -> &mut Flight {
        self.open.entry(place).or_insert_with(|| Flight {
            sent: None,
            left: members - 1,
            last: Instant::now(),
        })
    }
}

struct Member {
    index: usize,
    connection: Connection,
    /// The last place of each who numbers.
    last: HashMap<u64, u64>,
    /// Messages sent, and when those without an answer were due, the oldest first.
    next: u64,
    unanswered: std::collections::VecDeque<Instant>,
    /// When the next is due, in an open loop.
    next_due: Option<Instant>,
    phase: Option<Phase>,
}

impl Member {
    fn new(index: usize, connection: Connection) -> Self {
        Self {
            index,
            connection,
            last: HashMap::new(),
            next: 0,
            unanswered: std::collections::VecDeque::new(),
            next_due: None,
            phase: None,
        }
    }

    async fn run(mut self, shared: &Shared) -> io::Result<()> {
        let sender = shared.senders.get(self.index);
        let mut phase = shared.phase.subscribe();
        loop {
            let now = Instant::now();
            if let (Some(sender), Some(phase)) = (sender, self.phase) {
                self.send_due(shared, sender, phase, now);
            }
            self.connection.ack_if_due(now);
            self.connection.flush().await?;
            let wake = [self.connection.ack_due(), self.next_due];
            let wake = wake.into_iter().flatten().min();
            tokio::select! {
                read = self.connection.read() => {
                    read?;
                    self.take(shared)?;
                }
                () = sleep_until(wake.unwrap_or(now)), if wake.is_some() => {}
                () = async { match sender {
                    Some(sender) => sender.wake.notified().await,
                    None => std::future::pending().await,
                } } => {}
                changed = phase.changed(), if sender.is_some() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    self.phase = *phase.borrow_and_update();
                    self.next_due = self.first_due(shared);
                }
            }
        }
    }

    /// In an open loop the senders take turns.
    fn first_due(&self, shared: &Shared) -> Option<Instant> {
        match (shared.order.pace, self.phase) {
            (Pace::Rate(rate), Some(phase)) => {
                Some(phase.start + Duration::from_secs_f64(self.index as f64 / rate))
            }
            _ => None,
        }
    }

    fn send_due(&mut self, shared: &Shared, sender: &Sender, phase: Phase, now: Instant) {
        match shared.order.pace {
            Pace::Window(window) => {
                let window = u64::from(window);
                while now < phase.stop && self.next - sender.done.load(Ordering::Relaxed) < window {
                    self.send(shared, now);
                }
            }
            Pace::Rate(rate) => {
                let step = Duration::from_secs_f64(shared.senders.len() as f64 / rate);
                while let Some(due) = self.next_due.filter(|due| *due <= now) {
                    let following = due + step;
                    self.next_due = (following < phase.stop).then_some(following);
                    if due < phase.stop {
                        self.send(shared, due);
                    }
                }
            }
        }
    }

    fn send(&mut self, shared: &Shared, due: Instant) {
        let order = &shared.order;
        let (number, index) = (self.next, self.index as u64);
        self.next += 1;
        if order.dialect == Dialect::Relay {
            shared.sent((index, number + 1), self.index, due);
        } else {
            self.unanswered.push_back(due);
        }
        self.connection.text(|out| {
            // Writing into memory does not fail.
            let _ = match order.dialect {
                Dialect::Hongyan => write!(
                    out,
                    r#"{{"type":"send","req":{},"conv":{},"client_id":"{}-{index}-{number:010}","#,
                    FIRST_REQ + number,
                    order.conv,
                    order.run,
                ),
                // What the server would push, so that both move the same bytes.
                Dialect::Relay => write!(
                    out,
                    r#"{{"type":"entry","conv":{index},"seq":{},"id":{},"kind":"message","from":1000,"at":{},"client_id":"{}-{index}-{number:010}","#,
                    number + 1,
                    1_000_000 + number,
                    order.run,
                    order.run,
                ),
            };
            out.extend_from_slice(br#""body":{"type":"text","text":""#);
            text::write(out, index, number, order.text_bytes);
            out.extend_from_slice(br#""}}"#);
        });
    }

    fn take(&mut self, shared: &Shared) -> io::Result<()> {
        let now = Instant::now();
        let reads_all = self.index + 1 == shared.order.members.len();
        let (mut came, mut owed) = (0, None);
        let Self {
            index,
            connection,
            last,
            unanswered,
            ..
        } = self;
        connection.frames(|payload| {
            let beginning = &payload[..payload.len().min(BEGINNING)];
            if beginning.starts_with(br#"{"type":"entry""#) {
                let place = place(beginning, shared.order.dialect)?;
                let mut flights = shared.flights.lock();
                if follows(last, place, &mut flights.faults) {
                    shared.came(&mut flights, place, now);
                    came += 1;
                    owed = Some(place.1);
                    if reads_all {
                        read_text(&mut flights, payload, shared.order.text_bytes)?;
                    }
                }
                return Ok(());
            }
            let seen = Seen::decode(payload)?;
            match (&*seen.kind, seen.seq) {
                ("sent", Some(seq)) => {
                    let place = (0, seq);
                    follows(last, place, &mut shared.flights.lock().faults);
                    let due = unanswered.pop_front();
                    let due = due.ok_or_else(|| io::Error::other("an answer to nothing"))?;
                    shared.sent(place, *index, due);
                }
                ("error", _) => return Err(refused(&seen)),
                _ => {}
            }
            Ok(())
        })?;
        shared.deliveries.fetch_add(came, Ordering::Relaxed);
        if let (Some(seq), Dialect::Hongyan) = (owed, shared.order.dialect) {
            connection.owe_ack(shared.order.conv, seq, came, now);
        }
        Ok(())
    }
}

/// Whether it is the next one; a repetition is not.
fn follows(last: &mut HashMap<u64, u64>, (by, number): Place, faults: &mut Faults) -> bool {
    // Whoever comes in later begins with what comes first.
    let before = last.entry(by).or_insert(number - 1);
    if number <= *before {
        faults.repeated += 1;
        return false;
    }
    if number != *before + 1 {
        faults.misordered += 1;
    }
    *before = number;
    true
}

fn read_text(flights: &mut Flights, payload: &[u8], bytes: usize) -> io::Result<()> {
    let seen = Seen::decode(payload)?;
    let said = seen.body.as_ref().map_or("", |body| &*body.text);
    let from = said.split(':').next().and_then(|from| from.parse().ok());
    let from: usize = from.unwrap_or(usize::MAX);
    match (
        text::number(said, from as u64, bytes),
        flights.logs.get_mut(from),
    ) {
        (Some(number), Some(log)) => {
            log.saw(number, None);
        }
        _ => flights.faults.garbled += 1,
    }
    Ok(())
}

/// Where a push stands, without looking at the rest of it.
fn place(beginning: &[u8], dialect: Dialect) -> io::Result<Place> {
    let number = |name: &[u8]| {
        let at = beginning
            .windows(name.len())
            .position(|window| window == name)?;
        let digits = beginning.get(at + name.len()..)?.iter();
        let digits = digits.take_while(|byte| byte.is_ascii_digit());
        Some(digits.fold(0, |number: u64, digit| {
            number * 10 + u64::from(digit - b'0')
        }))
    };
    let seq = number(br#""seq":"#).filter(|seq| *seq > 0);
    let by = match dialect {
        Dialect::Hongyan => Some(0),
        Dialect::Relay => number(br#""conv":"#),
    };
    by.zip(seq)
        .ok_or_else(|| io::Error::other("a push without a place"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_push_is_found() {
        let push = br#"{"type":"entry","conv":7,"seq":12,"id":4"#;
        assert_eq!(place(push, Dialect::Hongyan).unwrap(), (0, 12));
        assert_eq!(place(push, Dialect::Relay).unwrap(), (7, 12));
        assert!(place(br#"{"type":"entry""#, Dialect::Hongyan).is_err());
    }

    #[test]
    fn a_hole_shows_and_a_repetition_does_not_count() {
        let (mut last, mut faults) = (HashMap::new(), Faults::default());
        assert!(follows(&mut last, (0, 5), &mut faults));
        assert!(follows(&mut last, (0, 6), &mut faults));
        assert!(!follows(&mut last, (0, 6), &mut faults));
        assert!(faults.is_clean());
        assert!(follows(&mut last, (0, 8), &mut faults));
        assert_eq!((faults.misordered, faults.repeated), (1, 1));
    }
}
