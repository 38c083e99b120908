//! The one task behind every handle: owns the socket, the four machines and the timers.
//!
//! commands, frames, time → machines → actions → events, frames, journal
//!
//! Owns: the only loop of this crate. Everything that happens is one turn of it: take inputs, let
//! the machines decide, carry out what they say, then write: first to the disk, then to the socket.
//! Promises: a request is on the disk before its submission is answered and before it is sent; no
//! turn waits for the application; every wait has an end.
//! Not here: any decision that a machine of `hongyan_delivery` can make.

mod acks;
mod carry;
mod connection;
mod counted;
mod inputs;
mod link;
mod persist;
mod submit;
mod waiters;

use hongyan_delivery::Tick;
use hongyan_delivery::client::{Heartbeat, Incoming, Outbox, Reconnect, incoming, outbox};
use hongyan_protocol::UserProfile;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep_until;

use crate::ambient::Ambient;
use crate::command::Command;
use crate::http::Http;
use crate::journal::Journal;
use crate::outlet::Outlet;
use crate::reads::Reads;
use crate::requests::Requests;
use crate::{Config, Credentials, Policies, Terminal};
use acks::Acks;
use link::Link;
use persist::Keeper;
use submit::Submission;
use waiters::Waiters;

/// Commands taken in one turn: so many submissions share one write to the disk.
const COMMANDS_A_TURN: usize = 64;

/// What handles may look at without asking the task.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) user: Option<UserProfile>,
    pub(crate) token: Option<Box<str>>,
    pub(crate) connected: bool,
}

/// The task: see the [module](self).
pub(crate) struct Driver {
    ambient: Ambient,
    http: Http,
    credentials: Credentials,
    client_name: Box<str>,
    outbox_capacity: usize,

    incoming: Incoming,
    outbox: Outbox,
    heartbeat: Heartbeat,
    reconnect: Reconnect,

    link: Link,
    /// The token was made by this run and not yet refused: a refusal of it is final.
    is_fresh_token: bool,
    /// To be given at the next sign-in: it tells the server that this device knew the account before.
    device_secret: Option<Box<str>>,
    /// Whether a session that seemed to be signed out was asked for once more.
    has_made_sure: bool,
    /// The session was signed out on purpose: nothing of it is to stay here.
    is_revoked: bool,
    /// Whether this connection's [`CaughtUp`](crate::Event::CaughtUp) was told.
    is_caught_up: bool,
    /// Whether the first request went along with `hello`, and is not to be sent again.
    is_ahead: bool,
    /// The bytes of this connection that had come in the last turn.
    come: u64,
    /// Whether the socket was read in the last turn.
    is_reading: bool,
    /// The network's name, as the application told it.
    network: Box<str>,
    requests: Requests,
    reads: Reads,
    acks: Acks,
    waiters: Waiters,
    keeper: Keeper,

    inbox: mpsc::Receiver<Command>,
    outlet: Outlet,
    status: watch::Sender<Status>,

    /// What this turn still has to carry out.
    incoming_actions: Vec<incoming::Action>,
    outbox_actions: Vec<outbox::Action>,
    submissions: Vec<Submission>,
    frames: Vec<String>,
    /// Why the server will not have this client any more; told at the end of the turn.
    terminal: Option<Terminal>,
    closing: Option<Closing>,
}

/// Why the loop is to end.
enum Closing {
    /// Every handle is gone.
    Dropped,
    /// A handle asked, and waits for this.
    Asked(oneshot::Sender<()>),
}

impl Driver {
    /// A client that has not begun.
    pub(crate) fn new(
        config: Config,
        http: Http,
        ambient: Ambient,
        journal: Option<Journal>,
        inbox: mpsc::Receiver<Command>,
        outlet: Outlet,
        status: watch::Sender<Status>,
    ) -> Self {
        let Policies {
            incoming,
            outbox,
            heartbeat,
            reconnect,
        } = config.policies;
        let now = ambient.now();
        let keeper = Keeper::new(journal, config.resume);
        let mut heartbeat = Heartbeat::new(heartbeat, &config.network);
        heartbeat.set_background(config.background);
        heartbeat.remember(keeper.networks(), now);
        Self {
            incoming: Incoming::restore(incoming, keeper.snapshot()),
            outbox_capacity: outbox.capacity,
            outbox: keeper.outbox_of(outbox),
            heartbeat,
            reconnect: Reconnect::new(reconnect),
            link: Link::Waiting(now),
            is_fresh_token: false,
            device_secret: None,
            has_made_sure: false,
            is_revoked: false,
            is_caught_up: false,
            is_ahead: false,
            come: 0,
            is_reading: true,
            network: config.network,
            requests: Requests::default(),
            reads: Reads::default(),
            acks: Acks::default(),
            waiters: Waiters::default(),
            keeper,
            ambient,
            http,
            credentials: config.credentials,
            client_name: config.client,
            inbox,
            outlet,
            status,
            incoming_actions: Vec::new(),
            outbox_actions: Vec::new(),
            submissions: Vec::new(),
            frames: Vec::new(),
            terminal: None,
            closing: None,
        }
    }

    /// Runs until every handle is gone, one asks to close, or the server ends it for good.
    /// `secret` is the device's; `is_fresh_token` says that the token was made just now.
    pub(crate) async fn run(mut self, secret: Option<Box<str>>, is_fresh_token: bool) {
        (self.device_secret, self.is_fresh_token) = (secret, is_fresh_token);
        self.take_up().await;
        let mut commands = Vec::with_capacity(COMMANDS_A_TURN);
        while self.closing.is_none() && !self.is_over() {
            let reads = self.reads_socket();
            let deadline = self.next_deadline();
            let deadline = deadline.map(|tick| self.ambient.instant(tick));
            let timer = async {
                match deadline {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                taken = self.inbox.recv_many(&mut commands, COMMANDS_A_TURN) => {
                    if taken == 0 {
                        self.closing = Some(Closing::Dropped);
                    }
                    for command in commands.drain(..) {
                        self.command(command).await;
                    }
                }
                step = self.link.step(reads) => self.stepped(step).await,
                () = self.outlet.drain() => {}
                () = timer => {}
            }
            self.turn().await;
        }
        self.end().await;
    }

    /// Whether the server has ended it and the application has been told everything.
    fn is_over(&self) -> bool {
        matches!(self.link, Link::Ended) && !self.outlet.is_stalled()
    }

    /// The end of every turn: what is due, what it leads to, and what has to be written.
    async fn turn(&mut self) {
        self.submit_all().await;
        self.resume_after_stall();
        self.notice_life();
        self.tick();
        self.carry_out();
        self.keep_when_due().await;
        self.write_frames().await;
        if let Some(terminal) = self.terminal.take() {
            self.end_for_good(terminal).await;
        }
    }

    /// A full stream of events stops the reading, unless the application waits for an answer.
    fn reads_socket(&self) -> bool {
        !self.outlet.is_stalled() || !self.outbox.is_empty() || self.requests.has_questions()
    }

    fn next_deadline(&self) -> Option<Tick> {
        let begin = match &self.link {
            Link::Waiting(at) => Some(*at),
            _ => None,
        };
        // While nothing is read, silence says nothing, and nothing more is to be asked for.
        let is_reading = self.reads_socket();
        let heartbeat = self.heartbeat.next_deadline().filter(|_| is_reading);
        let is_stalled = self.outlet.is_stalled();
        let incoming = self.incoming.next_deadline().filter(|_| !is_stalled);
        [
            begin,
            heartbeat,
            incoming,
            self.outbox.next_deadline(),
            self.requests.next_deadline(),
            self.keeper.next_deadline(),
            self.acks.next_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Keeps what is to be kept, says goodbye, and lets go of whoever waits.
    async fn end(mut self) {
        self.keep_all().await;
        self.acknowledge();
        self.write_frames().await;
        self.requests.disconnected();
        self.status.send_modify(|status| status.connected = false);
        if let Link::Open(socket) = std::mem::replace(&mut self.link, Link::Ended) {
            socket.close().await;
        }
        // The directory is free again before the caller goes on.
        drop(self.keeper);
        if let Some(Closing::Asked(reply)) = self.closing {
            let _ = reply.send(());
        }
    }
}
