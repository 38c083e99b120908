//! Clients, a server that forgets all but its log, and what is between them.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hongyan_delivery::Tick;
use hongyan_delivery::client::incoming::Start;
use hongyan_delivery::server::{Outgoing, Policy};
use hongyan_protocol::{ConversationId, ConversationKind, Seq, UserId};

use crate::client::{Client, Sabotage};
use crate::log::Log;
use crate::server::{ready, server_policy};
use crate::support::Random;
use crate::weather::Weather;

/// A push: one encoding, shared by all connections.
pub(crate) type Payload = Rc<str>;

/// Time between two strokes of the storm.
const STROKE: Duration = Duration::from_millis(250);

/// More steps than this at one moment, and something spins.
const STEPS_AT_ONCE: u32 = 10_000;

/// The members of each of the groups, most of whom are never here.
const GROUP_SIZES: [u64; 3] = [3, 70, 4];

pub(crate) const GROUPS: u64 = GROUP_SIZES.len() as u64;

/// Users that have devices.
pub(crate) const USERS: u64 = 4;

/// What happens at its time.
pub(crate) enum Event {
    Opened {
        client: usize,
        connection: u64,
    },
    Notice {
        connection: u64,
        conv: ConversationId,
        seq: Seq,
    },
    Fetch {
        connection: u64,
        conv: ConversationId,
        after: Seq,
        limit: usize,
    },
    ToServer {
        connection: u64,
        frame: String,
    },
    ToClient {
        connection: u64,
        frame: Payload,
    },
    ServerLearns {
        connection: u64,
    },
    ClientLearns {
        connection: u64,
        code: Option<u16>,
    },
}

pub(crate) struct Connection {
    pub(crate) client: usize,
    pub(crate) outgoing: Outgoing<Payload>,
    /// Nothing passes any more, whether the sides know or not.
    pub(crate) is_cut: bool,
    /// The server has forgotten it.
    pub(crate) is_closed: bool,
    /// The last frame's arrival each way: frames on one connection do not overtake each other.
    pub(crate) last_to_server: Tick,
    pub(crate) last_to_client: Tick,
}

pub(crate) struct World {
    pub(crate) clients: Vec<Client>,
    pub(crate) log: Log,
    /// What the log was some time ago.
    pub(crate) backup: Option<Log>,
    pub(crate) weather: Weather,
    /// How often the server closed a connection, by the code.
    pub(crate) closes: BTreeMap<u16, u32>,
    pub(crate) connections: BTreeMap<u64, Connection>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) events: BTreeMap<(Tick, u64), Event>,
    pub(crate) counter: u64,
    pub(crate) now: Tick,
    pub(crate) random: Random,
}

impl World {
    pub(crate) fn new(weather: Weather, sabotage: Sabotage, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut log = Log::default();
        let users = [1000, 1001, 1002, 1003].map(UserId::from_trusted);
        for (conv, size) in (1..).zip(GROUP_SIZES) {
            let members = (1000..1000 + size).map(UserId::from_trusted).collect();
            let conv = ConversationId::from_trusted(conv);
            log.open(conv, ConversationKind::Group, members);
        }
        // The first user has two devices, the second of which begins at the recent entries.
        let devices = [
            (users[0], Start::Everything),
            (users[0], Start::Recent),
            (users[1], Start::Everything),
            (users[2], Start::Everything),
            (users[3], Start::Everything),
        ];
        let clients =
            devices.map(|(user, start)| Client::new(user, start, sabotage, random.next()));
        Self {
            clients: clients.into(),
            log,
            backup: None,
            weather,
            closes: BTreeMap::new(),
            connections: BTreeMap::new(),
            policy: Arc::new(server_policy()),
            events: BTreeMap::new(),
            counter: 0,
            now: Tick::default(),
            random,
        }
    }

    /// Everybody writes, and everything goes wrong.
    pub(crate) fn storm(&mut self, strokes: u32) {
        for _ in 0..strokes {
            let until = self.now.after(STROKE);
            self.run(until);
            for client in 0..self.clients.len() {
                self.trouble(client);
                if self.random.chance(300) {
                    self.submit(client);
                }
            }
            if self.random.chance(self.weather.restart_server) {
                self.restart_server();
            }
            if self.random.chance(5 * self.weather.restore_log) {
                self.backup = Some(self.log.clone());
            }
            if self.random.chance(self.weather.restore_log) {
                self.restore_log();
            }
        }
    }

    /// The storm is over, nobody writes any more, and time passes.
    pub(crate) fn heal(&mut self, time: Duration) {
        self.weather = Weather::CLEAR;
        let muted = self.clients.iter().filter(|client| client.is_muted);
        let muted: Vec<u64> = muted.filter_map(|client| client.connection).collect();
        for connection in muted {
            self.cut(connection);
        }
        let until = self.now.after(time);
        self.run(until);
    }

    fn run(&mut self, until: Tick) {
        let mut steps = 0;
        while let Some(at) = self.next_moment().filter(|at| *at <= until) {
            steps = if at > self.now { 0 } else { steps + 1 };
            assert!(steps < STEPS_AT_ONCE, "it spins at {:?}", self.now);
            self.now = self.now.max(at);
            match self.events.first_key_value() {
                Some((&key, _)) if key.0 <= self.now => {
                    let event = self.events.remove(&key).expect("it was just there");
                    self.happen(event);
                }
                _ => self.tick(),
            }
            self.check_bounds();
        }
        self.now = until;
    }

    fn next_moment(&self) -> Option<Tick> {
        let event = self.events.keys().next().map(|(at, _)| *at);
        let clients = self.clients.iter().filter_map(Client::next_deadline);
        let open = self.connections.values().filter(|found| !found.is_closed);
        let servers = open.filter_map(|found| found.outgoing.next_deadline());
        event.into_iter().chain(clients).chain(servers).min()
    }

    fn tick(&mut self) {
        let now = self.now;
        for client in 0..self.clients.len() {
            if self.clients[client].connect_at.is_some_and(|at| at <= now) {
                self.connect(client);
            }
            if self.clients[client]
                .next_deadline()
                .is_some_and(|at| at <= now)
            {
                self.with_client(client, |client| client.tick(now));
            }
        }
        let open: Vec<u64> = self.connections.keys().copied().collect();
        for connection in open {
            self.with_outgoing(connection, |outgoing, out| outgoing.tick(now, out));
        }
    }

    fn happen(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Opened { client, connection } => self.opened(client, connection),
            Event::Notice {
                connection,
                conv,
                seq,
            } => {
                let entry = self.log.conversations[&conv].entries[seq.get() as usize - 1].clone();
                let ready = ready(entry);
                self.with_outgoing(connection, |outgoing, out| {
                    if let Some(target) = ready.target {
                        outgoing.removed(conv, target, seq);
                    }
                    outgoing.live(conv, ready, now, out)
                });
            }
            Event::Fetch {
                connection,
                conv,
                after,
                limit,
            } => {
                self.fetch(connection, conv, after, limit);
            }
            Event::ToServer { connection, frame } => {
                let found = self.connections.get(&connection);
                if let Some(client) = found
                    .filter(|found| !found.is_cut)
                    .map(|found| found.client)
                {
                    self.serve(connection, client, &frame);
                }
            }
            Event::ToClient { connection, frame } => {
                let found = self.connections.get(&connection);
                if let Some(client) = found
                    .filter(|found| !found.is_cut)
                    .map(|found| found.client)
                {
                    self.with_client(client, |client| client.frame(&frame, now));
                }
            }
            Event::ServerLearns { connection } => {
                self.connections.remove(&connection);
            }
            Event::ClientLearns { connection, code } => {
                for client in &mut self.clients {
                    if client.connection == Some(connection) {
                        client.lost(code, now);
                    }
                }
            }
        }
    }

    fn connect(&mut self, client: usize) {
        self.counter += 1;
        let connection = self.counter;
        let now = self.now;
        let device = &mut self.clients[client];
        device.connect_at = None;
        device.reconnect.attempt(now);
        device.connection = Some(connection);
        let is_refused = self.random.chance(self.weather.break_link);
        let delay = self.weather.frame_delay;
        if is_refused {
            let code = None;
            self.later(delay, Event::ClientLearns { connection, code });
        } else {
            self.later(delay, Event::Opened { client, connection });
        }
    }

    fn opened(&mut self, client: usize, connection: u64) {
        let now = self.now;
        if self.clients[client].connection != Some(connection) {
            return;
        }
        let opened = Connection {
            client,
            outgoing: Outgoing::new(Arc::clone(&self.policy)),
            is_cut: false,
            is_closed: false,
            last_to_server: now,
            last_to_client: now,
        };
        self.connections.insert(connection, opened);
        let epoch = self.log.epoch();
        self.with_client(client, |client| client.welcome(&epoch, now));
    }

    /// Lets a client act, and sees to what it wants sent and to the connection that it may have given up.
    pub(crate) fn with_client(
        &mut self,
        client: usize,
        act: impl FnOnce(&mut Client) -> Vec<String>,
    ) {
        let before = self.clients[client].connection;
        let frames = act(&mut self.clients[client]);
        match (before, self.clients[client].connection) {
            (Some(connection), Some(_)) => {
                for frame in frames {
                    self.send_to_server(connection, frame);
                }
            }
            (Some(connection), None) => self.cut(connection),
            (None, _) => assert!(frames.is_empty(), "it speaks without a connection"),
        }
    }

    /// The connection breaks; each side learns of it in its own time.
    pub(crate) fn cut(&mut self, connection: u64) {
        let Some(found) = self.connections.get_mut(&connection) else {
            return;
        };
        found.is_cut = true;
        let code = None;
        self.later(5_000, Event::ClientLearns { connection, code });
        self.later(30_000, Event::ServerLearns { connection });
    }

    pub(crate) fn send_to_client(&mut self, connection: u64, frame: Payload) {
        let delay = Duration::from_millis(self.random.below(self.weather.frame_delay));
        let at = self.now.after(delay);
        if let Some(found) = self.connections.get_mut(&connection) {
            found.last_to_client = found.last_to_client.max(at);
            let at = found.last_to_client;
            self.at(at, Event::ToClient { connection, frame });
        }
    }

    fn send_to_server(&mut self, connection: u64, frame: String) {
        let delay = Duration::from_millis(self.random.below(self.weather.frame_delay));
        let at = self.now.after(delay);
        if let Some(found) = self.connections.get_mut(&connection) {
            found.last_to_server = found.last_to_server.max(at);
            let at = found.last_to_server;
            self.at(at, Event::ToServer { connection, frame });
        }
    }

    /// Within this many milliseconds.
    pub(crate) fn later(&mut self, delay: u64, event: Event) {
        let delay = Duration::from_millis(self.random.below(delay.max(1)));
        self.at(self.now.after(delay), event);
    }

    pub(crate) fn at(&mut self, at: Tick, event: Event) {
        self.counter += 1;
        self.events.insert((at, self.counter), event);
    }

    /// At every moment, nobody keeps more than agreed.
    fn check_bounds(&self) {
        for Connection { outgoing, .. } in self.connections.values() {
            let is_within = outgoing.unacked_bytes() <= self.policy.window_bytes;
            assert!(is_within || outgoing.unacked_entries() == 1);
            assert!(outgoing.unacked_entries() <= self.policy.window_entries);
            assert!(outgoing.tracked() <= self.policy.tracked_conversations);
            let is_idle = outgoing.tracked() == 0;
            assert!(!is_idle || outgoing.unacked_bytes() == 0 && outgoing.behind() == 0);
        }
        for client in &self.clients {
            assert!(client.incoming.early_entries() <= 12);
            assert!(client.outbox.waiting() <= 40);
        }
    }
}
