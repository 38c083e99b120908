//! What every bus must do, as tests. [`bus_contract!`](crate::bus_contract) makes one `#[tokio::test]` of each.
//!
//! The macro takes an async closure that starts a fresh network and answers a function that adds
//! a node to it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hongyan_protocol::{ConversationId, PresenceState, Seq, UserId};
use tokio::sync::mpsc;

use crate::{Bus, Event, INBOX_NOTICES, Live, LiveEvent, Notice, Received};

/// How long a notice may take over any bus before a test calls it lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the contract's tests. See the module.
#[macro_export]
macro_rules! bus_contract {
    ($network:expr) => {
        $crate::bus_contract!(@each $network,
            reaches_only_nodes_with_a_recipient_online,
            goes_once_to_a_node_with_several_recipients,
            never_comes_back_to_its_sender,
            stops_when_the_user_goes_offline,
            what_is_live_goes_where_somebody_looks,
            what_a_node_shows_is_known_while_it_is_there,
            keeps_the_order_of_one_sender,
            says_so_when_notices_were_lost
        );
    };
    (@each $network:expr, $($name:ident),*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let network = $network;
                $crate::contract::$name(network().await).await;
            }
        )*
    };
}

fn user(id: u64) -> UserId {
    UserId::from_trusted(id)
}

fn entry(recipients: &[u64], seq: u64) -> Notice {
    Notice {
        recipients: recipients.iter().copied().map(user).collect(),
        event: Event::Entry {
            conv: ConversationId::from_trusted(1),
            seq: Seq::from_trusted(seq),
            target: None,
            frame: Bytes::from_static(b"{}"),
        },
    }
}

/// A node with its inbox and some users online.
struct Node<B> {
    bus: Arc<B>,
    inbox: mpsc::Receiver<Received>,
}

fn node<B: Bus>(join: &impl Fn() -> B, online: &[u64]) -> Node<B> {
    let bus = Arc::new(join());
    for id in online {
        bus.user_online(user(*id));
    }
    let inbox = bus.take_inbox().expect("a fresh node has its inbox");
    assert!(bus.take_inbox().is_none(), "the inbox can be taken once");
    Node { bus, inbox }
}

impl<B> Node<B> {
    async fn next(&mut self) -> Received {
        tokio::time::timeout(PATIENCE, self.inbox.recv())
            .await
            .expect("a notice in time")
            .expect("the bus is there")
    }
}

/// A notice goes where a recipient is, and nowhere else.
pub async fn reaches_only_nodes_with_a_recipient_online<B: Bus>(join: impl Fn() -> B) {
    let sender = node(&join, &[]);
    let mut with = node(&join, &[7]);
    let mut without = node(&join, &[8]);
    sender.bus.publish(entry(&[7], 1));
    // The second notice proves that the first passed `without` by: one sender's order is kept.
    sender.bus.publish(entry(&[8], 2));
    assert_eq!(with.next().await, Received::Notice(entry(&[7], 1)));
    assert_eq!(without.next().await, Received::Notice(entry(&[8], 2)));
}

/// Two recipients on one node are one notice.
pub async fn goes_once_to_a_node_with_several_recipients<B: Bus>(join: impl Fn() -> B) {
    let sender = node(&join, &[]);
    let mut other = node(&join, &[7, 8]);
    sender.bus.publish(entry(&[7, 8], 1));
    sender.bus.publish(entry(&[7], 2));
    assert_eq!(other.next().await, Received::Notice(entry(&[7, 8], 1)));
    assert_eq!(other.next().await, Received::Notice(entry(&[7], 2)));
}

/// The sender's node has served its own users already.
pub async fn never_comes_back_to_its_sender<B: Bus>(join: impl Fn() -> B) {
    let mut sender = node(&join, &[7]);
    let mut other = node(&join, &[7]);
    sender.bus.publish(entry(&[7], 1));
    assert_eq!(other.next().await, Received::Notice(entry(&[7], 1)));
    other.bus.publish(entry(&[7], 2));
    assert_eq!(sender.next().await, Received::Notice(entry(&[7], 2)));
}

/// A user who left costs nothing.
pub async fn stops_when_the_user_goes_offline<B: Bus>(join: impl Fn() -> B) {
    let sender = node(&join, &[]);
    let mut other = node(&join, &[7, 8]);
    other.bus.user_offline(user(7));
    sender.bus.publish(entry(&[7], 1));
    sender.bus.publish(entry(&[8], 2));
    assert_eq!(other.next().await, Received::Notice(entry(&[8], 2)));
}

/// What matters only to who looks goes to no other node, and not for longer.
pub async fn what_is_live_goes_where_somebody_looks<B: Bus>(join: impl Fn() -> B) {
    let mut sender = node(&join, &[]);
    let mut with = node(&join, &[]);
    let mut without = node(&join, &[7]);
    let live = |conv, by| Live {
        conv: ConversationId::from_trusted(conv),
        event: LiveEvent::Typing(user(by)),
    };
    for (node, conv) in [(&sender, 1), (&with, 1), (&without, 2)] {
        node.bus.watched(ConversationId::from_trusted(conv));
    }
    sender.bus.publish_live(live(1, 7));
    sender.bus.publish_live(live(2, 7));
    assert_eq!(with.next().await, Received::Live(live(1, 7)));
    assert_eq!(without.next().await, Received::Live(live(2, 7)));
    with.bus.unwatched(ConversationId::from_trusted(1));
    without.bus.publish_live(live(1, 8));
    assert_eq!(sender.next().await, Received::Live(live(1, 8)));
    with.bus.watched(ConversationId::from_trusted(3));
    sender.bus.publish_live(live(3, 9));
    assert_eq!(with.next().await, Received::Live(live(3, 9)));
}

/// Of several nodes the most counts, and one that is gone shows nothing.
pub async fn what_a_node_shows_is_known_while_it_is_there<B: Bus>(join: impl Fn() -> B) {
    use PresenceState::{Away, Offline, Online};
    let mut here = node(&join, &[]);
    let there = node(&join, &[]);
    there.bus.announce(user(7), Online);
    assert_eq!(here.next().await, Received::Presence(user(7)));
    assert_eq!(here.bus.announced(user(7)), Online);
    assert_eq!(
        there.bus.announced(user(7)),
        Offline,
        "its own do not count"
    );
    let mut third = node(&join, &[7]);
    third.bus.announce(user(7), Away);
    assert_eq!(here.next().await, Received::Presence(user(7)));
    there.bus.announce(user(7), Offline);
    assert_eq!(here.next().await, Received::Presence(user(7)));
    assert_eq!(here.bus.announced(user(7)), Away);
    here.bus.publish_settings(user(7));
    assert_eq!(third.next().await, Received::Presence(user(7)));
    assert_eq!(third.next().await, Received::Settings(user(7)));
    drop(third);
    assert_eq!(here.bus.announced(user(7)), Offline);
}

/// Commits leave a node in order, and arrive in order.
pub async fn keeps_the_order_of_one_sender<B: Bus>(join: impl Fn() -> B) {
    let sender = node(&join, &[]);
    let mut other = node(&join, &[7]);
    for seq in 1..=100 {
        sender.bus.publish(entry(&[7], seq));
    }
    for seq in 1..=100 {
        assert_eq!(other.next().await, Received::Notice(entry(&[7], seq)));
    }
}

/// An overflow is never silent.
pub async fn says_so_when_notices_were_lost<B: Bus>(join: impl Fn() -> B) {
    let sender = node(&join, &[]);
    let mut other = node(&join, &[7]);
    for seq in 1..=INBOX_NOTICES as u64 + 1 {
        sender.bus.publish(entry(&[7], seq));
    }
    for seq in 1..=INBOX_NOTICES as u64 {
        assert_eq!(other.next().await, Received::Notice(entry(&[7], seq)));
    }
    sender.bus.publish(entry(&[7], 1));
    assert_eq!(other.next().await, Received::Lost);
    assert_eq!(other.next().await, Received::Notice(entry(&[7], 1)));
}
