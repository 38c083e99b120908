//! One device: the machines of the client half, and an application that keeps what it gets.

use std::collections::BTreeMap;

use hongyan_delivery::Tick;
use hongyan_delivery::client::incoming::{self, Incoming, Snapshot, Start};
use hongyan_delivery::client::outbox::{self, AnsweredList, Append, Outbox};
use hongyan_delivery::client::reconnect::{self, Next, Reconnect};
use hongyan_protocol::{
    Ack, ClientFrame, ClientId, ConversationId, Entry, History, Seq, ServerFrame, Sync, Target,
    UserId,
};

use crate::support::Random;

/// A way to break the client, to prove that the checks notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    None,
    /// Every entry of every frame goes to the application as it comes.
    NoDedup,
    /// Nothing that is missing is asked for.
    NoFetch,
    /// A retry has a name of its own.
    NewNameForRetry,
    /// Several requests for one conversation at a time, although the server puts some off.
    Pipeline,
    /// What was answered in another history is not sent again.
    NoResend,
    /// Any conversation with others is taken for the 1:1 one with the first of them.
    GroupsForPairs,
}

/// What a request in flight is for.
enum Asked {
    Sync,
    Fetch(ConversationId),
    Append(ClientId),
    Look(ClientId, Seq),
}

/// What survives a restart of the device.
#[derive(Clone, Default)]
struct Disk {
    snapshot: Snapshot,
    /// How many entries of each conversation are kept.
    delivered: BTreeMap<ConversationId, usize>,
    outbox: Vec<Append>,
    answered: AnsweredList,
}

pub(crate) struct Client {
    pub(crate) user: UserId,
    pub(crate) incoming: Incoming,
    pub(crate) outbox: Outbox,
    pub(crate) reconnect: Reconnect,
    /// The connection it uses or waits for.
    pub(crate) connection: Option<u64>,
    /// When it connects next.
    pub(crate) connect_at: Option<Tick>,
    /// What the application was given.
    pub(crate) delivered: BTreeMap<ConversationId, Vec<Entry>>,
    /// Client ids, in the order of submission.
    pub(crate) submitted: Vec<ClientId>,
    /// Where each message was to go.
    pub(crate) targets: BTreeMap<ClientId, Target>,
    pub(crate) done: Vec<ClientId>,
    pub(crate) failed: Vec<ClientId>,
    /// Its acks, and its syncs, are swallowed as long as this connection lasts.
    pub(crate) is_muted: bool,
    pub(crate) start: Start,
    /// The first cursor that it ever had. What began later it must not miss a part of.
    pub(crate) first_cursor: Option<u64>,
    sabotage: Sabotage,
    asked: BTreeMap<u64, Asked>,
    next_req: u64,
    disk: Disk,
    random: Random,
}

impl Client {
    pub(crate) fn new(user: UserId, start: Start, sabotage: Sabotage, seed: u64) -> Self {
        Self {
            user,
            incoming: Incoming::new(incoming_policy(start)),
            outbox: Outbox::new(outbox_policy(sabotage)),
            reconnect: Reconnect::new(reconnect::Policy::default()),
            connection: None,
            connect_at: Some(Tick::default()),
            delivered: BTreeMap::new(),
            submitted: Vec::new(),
            targets: BTreeMap::new(),
            done: Vec::new(),
            failed: Vec::new(),
            is_muted: false,
            start,
            first_cursor: None,
            sabotage,
            asked: BTreeMap::new(),
            next_req: 0,
            disk: Disk::default(),
            random: Random(seed),
        }
    }

    /// The device loses all that it did not keep.
    pub(crate) fn restart(&mut self, now: Tick) {
        let disk = self.disk.clone();
        self.incoming = Incoming::restore(incoming_policy(self.start), disk.snapshot);
        for (conv, delivered) in &mut self.delivered {
            delivered.truncate(disk.delivered.get(conv).copied().unwrap_or(0));
        }
        let policy = outbox_policy(self.sabotage);
        self.outbox = Outbox::restore(policy, disk.answered, BTreeMap::new());
        for append in disk.outbox {
            let mut nothing = Vec::new();
            self.outbox
                .submit(append, now, &mut nothing)
                .expect("it fitted before");
        }
        self.reconnect = Reconnect::new(reconnect::Policy::default());
        self.asked.clear();
        self.is_muted = false;
        self.connection = None;
        self.connect_at = Some(now);
    }

    pub(crate) fn welcome(&mut self, epoch: &str, now: Tick) -> Vec<String> {
        // Only what was swallowed on this connection is over when it ends.
        self.is_muted = false;
        self.reconnect.welcomed(now);
        let mut incoming = Vec::new();
        let mut outbox = Vec::new();
        self.incoming.history_is(epoch, &mut incoming);
        self.meet_history(&incoming, &mut outbox, now);
        self.incoming.connected(self.user, now, &mut incoming);
        self.outbox.connected(now, &mut outbox);
        self.carry_out(incoming, outbox, now)
    }

    /// In another history, what was answered is sent again.
    fn meet_history(
        &mut self,
        incoming: &[incoming::Action],
        outbox: &mut Vec<outbox::Action>,
        now: Tick,
    ) {
        if incoming.contains(&incoming::Action::Reset) && self.sabotage != Sabotage::NoResend {
            self.outbox.history_replaced(now, outbox);
        }
    }

    /// The connection is gone, or was never made.
    pub(crate) fn lost(&mut self, code: Option<u16>, now: Tick) {
        self.is_muted = false;
        self.connection = None;
        self.asked.clear();
        self.incoming.disconnected();
        self.outbox.disconnected();
        let random = self.random.next();
        match self.reconnect.lost(code, random, now) {
            Next::At(at) => self.connect_at = Some(at),
            Next::Never(code) => panic!("the world never closes for good, but it said {code}"),
        }
    }

    pub(crate) fn submit(&mut self, append: Append, now: Tick) -> Vec<String> {
        let client_id = append.client_id().clone();
        if let Append::Send(send) = &append {
            self.targets.insert(client_id.clone(), send.target);
        }
        let mut actions = Vec::new();
        if self.outbox.submit(append, now, &mut actions).is_ok() {
            self.submitted.push(client_id);
        }
        self.carry_out(Vec::new(), actions, now)
    }

    pub(crate) fn frame(&mut self, text: &str, now: Tick) -> Vec<String> {
        let (req, frame) = ServerFrame::decode(text).expect("the server speaks the protocol");
        let asked = req.and_then(|req| self.asked.remove(&req));
        if self.sabotage == Sabotage::NoDedup {
            self.take_unchecked(&frame);
        }
        let mut incoming = Vec::new();
        let mut outbox = Vec::new();
        match (asked, frame) {
            (None, ServerFrame::Entry(entry)) => self.incoming.entry(entry, now, &mut incoming),
            (Some(Asked::Sync), ServerFrame::Synced(page)) => {
                self.incoming.weigh(text.len());
                self.incoming.synced(page, now, &mut incoming);
            }
            (Some(Asked::Sync), ServerFrame::Error(failure)) => {
                let random = self.random.next();
                self.incoming
                    .sync_failed(failure.retry_after_ms, random, now);
            }
            (Some(Asked::Fetch(_)), ServerFrame::History(page)) => {
                self.incoming.weigh(text.len());
                self.incoming.fetched(page, now, &mut incoming);
            }
            (Some(Asked::Fetch(conv)), ServerFrame::Error(failure)) => {
                let random = self.random.next();
                let after = failure.retry_after_ms;
                self.incoming
                    .fetch_failed(conv, after, random, now, &mut incoming);
            }
            (Some(Asked::Append(_)), ServerFrame::Sent(sent)) => {
                self.outbox.sent(sent, now, &mut outbox);
            }
            (Some(Asked::Look(client_id, seq)), ServerFrame::History(page)) => {
                let found = page.entries.iter().find(|entry| entry.seq == seq);
                let found = found.map(|entry| entry.id);
                self.outbox.looked(&client_id, found, now, &mut outbox);
            }
            (
                Some(Asked::Append(client_id) | Asked::Look(client_id, _)),
                ServerFrame::Error(failure),
            ) => {
                let random = self.random.next();
                self.outbox
                    .failed(&client_id, failure, random, now, &mut outbox);
            }
            (_, frame) => panic!("not an answer to anything: {frame:?}"),
        }
        self.meet_history(&incoming, &mut outbox, now);
        self.carry_out(incoming, outbox, now)
    }

    pub(crate) fn tick(&mut self, now: Tick) -> Vec<String> {
        let mut incoming = Vec::new();
        let mut outbox = Vec::new();
        self.incoming.tick(now, &mut incoming);
        self.outbox.tick(now, &mut outbox);
        self.carry_out(incoming, outbox, now)
    }

    pub(crate) fn next_deadline(&self) -> Option<Tick> {
        let machines = [self.incoming.next_deadline(), self.outbox.next_deadline()];
        machines.into_iter().flatten().chain(self.connect_at).min()
    }

    /// Does what the machines say, keeps what was delivered, and only then lets the acks out.
    fn carry_out(
        &mut self,
        incoming: Vec<incoming::Action>,
        outbox: Vec<outbox::Action>,
        now: Tick,
    ) -> Vec<String> {
        let mut frames = Vec::new();
        let mut answered = Vec::new();
        let mut is_suspect = false;
        for action in outbox {
            match action {
                outbox::Action::Request(append) => frames.push(self.request(append)),
                outbox::Action::Look {
                    client_id,
                    conv,
                    seq,
                } => {
                    let history = History {
                        conv,
                        before: Some(seq.next()),
                        after: None,
                        limit: Some(1),
                        bytes: None,
                    };
                    let asked = Asked::Look(client_id, seq);
                    frames.push(self.ask(ClientFrame::History(history), asked));
                }
                outbox::Action::Done { append, sent } => {
                    let entry = append.into_entry(&sent, self.user);
                    self.incoming.answered(entry, now, &mut answered);
                    self.done.push(sent.client_id);
                }
                outbox::Action::Failed { append, .. } => {
                    self.failed.push(append.client_id().clone())
                }
                outbox::Action::Found { .. } | outbox::Action::Dropped { .. } => {}
                outbox::Action::Reconnect => is_suspect = true,
            }
        }
        for action in incoming.into_iter().chain(answered) {
            frames.extend(self.incoming_action(action));
        }
        let kept = self.delivered.iter();
        let kept = kept.map(|(conv, entries)| (*conv, entries.len()));
        self.disk = Disk {
            snapshot: self.incoming.snapshot(),
            delivered: kept.collect(),
            outbox: self.outbox.pending().cloned().collect(),
            answered: self.outbox.answered().clone(),
        };
        if self.first_cursor.is_none() {
            let cursor = self.disk.snapshot.cursor.as_deref();
            self.first_cursor = cursor.map(|text| text.parse().expect("the log's own cursor"));
        }
        let mut acks = Vec::new();
        self.incoming.flush(&mut acks);
        for action in acks {
            frames.extend(self.incoming_action(action));
        }
        if is_suspect {
            self.lost(None, now);
            frames.clear();
        }
        frames
    }

    fn incoming_action(&mut self, action: incoming::Action) -> Option<String> {
        let (frame, asked) = match action {
            incoming::Action::Reset => {
                // It begins as on its first day.
                self.delivered.clear();
                self.first_cursor = None;
                return None;
            }
            incoming::Action::Deliver(entry) => {
                if self.sabotage != Sabotage::NoDedup {
                    self.delivered.entry(entry.conv).or_default().push(entry);
                }
                return None;
            }
            incoming::Action::Conversation(view) => {
                let peer = match self.sabotage {
                    Sabotage::GroupsForPairs => {
                        view.others(self.user).next().map(|other| other.user)
                    }
                    _ => view.peer(self.user),
                };
                if let Some(peer) = peer {
                    self.outbox.learn_direct(peer, view.conv);
                }
                return None;
            }
            // What follows a lost frame does not arrive either: a sync that was answered would prove
            // that the acks before it came through.
            incoming::Action::Ack { .. } | incoming::Action::Sync { .. } if self.is_muted => {
                return None;
            }
            incoming::Action::Ack { conv, seq } => {
                return Some(ClientFrame::Ack(Ack { conv, seq }).encode(None));
            }
            incoming::Action::Sync {
                cursor,
                list,
                limit,
                bytes,
            } => {
                let sync = Sync {
                    cursor,
                    limit,
                    list,
                    bytes,
                };
                (ClientFrame::Sync(sync), Asked::Sync)
            }
            incoming::Action::Fetch {
                conv,
                after,
                limit,
                bytes,
            } => {
                if self.sabotage == Sabotage::NoFetch {
                    return None;
                }
                let history = History {
                    conv,
                    before: None,
                    after: Some(after),
                    limit: Some(limit),
                    bytes,
                };
                (ClientFrame::History(history), Asked::Fetch(conv))
            }
        };
        Some(self.ask(frame, asked))
    }

    fn request(&mut self, append: Append) -> String {
        let client_id = append.client_id().clone();
        let frame = match append {
            Append::Send(mut send) if self.sabotage == Sabotage::NewNameForRetry => {
                let fresh = format!("{client_id}-{}", self.next_req);
                send.client_id = ClientId::new(fresh).expect("short");
                ClientFrame::Send(send)
            }
            append => append.into(),
        };
        self.ask(frame, Asked::Append(client_id))
    }

    fn ask(&mut self, frame: ClientFrame, asked: Asked) -> String {
        self.next_req += 1;
        self.asked.insert(self.next_req, asked);
        frame.encode(Some(self.next_req))
    }

    fn take_unchecked(&mut self, frame: &ServerFrame) {
        let entries = match frame {
            ServerFrame::Entry(entry) => std::slice::from_ref(entry),
            ServerFrame::History(page) => &page.entries,
            _ => &[],
        };
        for entry in entries {
            let delivered = self.delivered.entry(entry.conv).or_default();
            delivered.push(entry.clone());
        }
    }
}

/// Small bounds, so that a storm reaches them.
fn incoming_policy(start: Start) -> incoming::Policy {
    incoming::Policy {
        start,
        reorder_entries: 6,
        reorder_entries_total: 12,
        fetches: 2,
        fetch_entries: 5,
        ..incoming::Policy::default()
    }
}

fn outbox_policy(sabotage: Sabotage) -> outbox::Policy {
    outbox::Policy {
        capacity: 40,
        in_flight_per_target: if sabotage == Sabotage::Pipeline { 4 } else { 1 },
        in_flight: 6,
        ..outbox::Policy::default()
    }
}
