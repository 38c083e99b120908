use std::time::Duration;

use hongyan_protocol::limits::HISTORY_ENTRIES;
use hongyan_protocol::{
    Body, ClientId, ConversationKind, EntryId, EntryKind, MemberPosition, Millis, Position,
};

use super::*;

const ME: UserId = UserId::from_trusted(1000);
const A: ConversationId = ConversationId::from_trusted(1);

fn seq(value: u64) -> Seq {
    Seq::from_trusted(value)
}

fn at(milliseconds: u64) -> Tick {
    Tick::from_millis(milliseconds)
}

fn conv(value: u64) -> ConversationId {
    ConversationId::from_trusted(value)
}

fn entry(conv: ConversationId, value: u64) -> Entry {
    Entry {
        event: None,
        conv,
        seq: seq(value),
        id: EntryId::from_trusted(conv.get() * 1000 + value),
        kind: EntryKind::Message,
        from: UserId::from_trusted(1001),
        at: Millis::from_trusted(value),
        client_id: ClientId::new(format!("{conv}.{value}")).expect("a client id"),
        body: Some(Body::text("hello")),
        reply_to: None,
        mentions: Vec::new(),
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
        target: None,
        edited_by: None,
        recalled_by: None,
    }
}

fn view(conv: ConversationId, entries: std::ops::RangeInclusive<u64>) -> ConversationView {
    ConversationView {
        pins: Vec::new(),
        since: None,
        floor: Seq::ZERO,
        left: false,
        mentions: 0,
        view: None,
        group: None,
        conv,
        kind: ConversationKind::Direct,
        head: seq(*entries.end()),
        unread: 0,
        me: Position::default(),
        size: 1,
        members: Some(vec![MemberPosition {
            user: ME,
            read: Seq::ZERO,
            delivered: Seq::ZERO,
        }]),
        entries: entries.map(|value| entry(conv, value)).collect(),
    }
}

fn page(views: Vec<ConversationView>, cursor: &str, more: bool) -> Synced {
    Synced {
        conversations: views,
        list: Vec::new(),
        users: Vec::new(),
        total_unread: 0,
        total_muted: 0,
        cursor: cursor.into(),
        more,
    }
}

fn history(conv: ConversationId, entries: std::ops::RangeInclusive<u64>, head: u64) -> HistoryPage {
    HistoryPage {
        since: None,
        conv,
        more: *entries.end() < head,
        head: seq(head),
        entries: entries.map(|value| entry(conv, value)).collect(),
    }
}

/// What came out since the last call, in short: `1.5` delivered, `ack 1.5`, `sync s1`, `fetch 1>5`.
fn short(out: &mut Vec<Action>) -> Vec<String> {
    let actions = out.drain(..).filter_map(|action| match action {
        Action::Deliver(entry) => Some(format!("{}.{}", entry.conv, entry.seq)),
        Action::Reset => Some("reset".into()),
        Action::Conversation(_) => None,
        Action::Ack { conv, seq } => Some(format!("ack {conv}.{seq}")),
        Action::Sync { cursor, limit, .. } => {
            let limit = limit.map_or(String::new(), |limit| format!(" of {limit}"));
            Some(format!("sync {}{limit}", cursor.unwrap_or_default()))
        }
        Action::Fetch {
            conv, after, limit, ..
        } if limit < HISTORY_ENTRIES => Some(format!("fetch {conv}>{after} of {limit}")),
        Action::Fetch { conv, after, .. } => Some(format!("fetch {conv}>{after}")),
    });
    actions.collect()
}

/// Connected, and synced with these conversations.
fn synced(policy: Policy, views: Vec<ConversationView>) -> (Incoming, Vec<Action>) {
    let mut incoming = Incoming::new(policy);
    let mut out = Vec::new();
    incoming.connected(ME, at(0), &mut out);
    incoming.synced(page(views, "s1", false), at(0), &mut out);
    incoming.flush(&mut out);
    out.clear();
    (incoming, out)
}

#[test]
fn the_first_sync_delivers_the_recent_entries_and_acks_once_for_each_conversation() {
    let mut incoming = Incoming::new(Policy::default());
    let mut out = Vec::new();
    incoming.connected(ME, at(0), &mut out);
    assert_eq!(short(&mut out), ["sync "]);
    incoming.synced(page(vec![view(A, 8..=10)], "p1", true), at(1), &mut out);
    assert_eq!(short(&mut out), ["1.8", "1.9", "1.10", "sync p1"]);
    assert!(!incoming.is_caught_up());
    incoming.synced(
        page(vec![view(conv(2), 1..=1)], "s1", false),
        at(2),
        &mut out,
    );
    incoming.flush(&mut out);
    assert_eq!(short(&mut out), ["2.1", "ack 1.10", "ack 2.1"]);
    assert!(incoming.is_caught_up());
}

#[test]
fn everything_is_fetched_from_the_beginning_by_the_policy_that_says_so() {
    let mut incoming = Incoming::new(Policy {
        start: Start::Everything,
        ..Policy::default()
    });
    let mut out = Vec::new();
    incoming.connected(ME, at(0), &mut out);
    incoming.synced(page(vec![view(A, 4..=5)], "s1", false), at(1), &mut out);
    assert_eq!(short(&mut out), ["sync ", "fetch 1>0"]);
    incoming.fetched(history(A, 1..=2, 5), at(2), &mut out);
    assert_eq!(short(&mut out), ["1.1", "1.2", "fetch 1>2"]);
    incoming.fetched(history(A, 3..=5, 5), at(3), &mut out);
    assert_eq!(short(&mut out), ["1.3", "1.4", "1.5"]);
    assert!(incoming.is_caught_up());
}

#[test]
fn what_began_since_the_last_sync_begins_at_its_first_entry() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.disconnected();
    incoming.connected(ME, at(1), &mut out);
    short(&mut out);
    let news = page(
        vec![view(conv(2), 8..=17), view(conv(3), 1..=2)],
        "s2",
        false,
    );
    incoming.synced(news, at(2), &mut out);
    assert_eq!(short(&mut out), ["3.1", "3.2", "fetch 2>0"]);
    incoming.fetched(history(conv(2), 1..=17, 17), at(3), &mut out);
    assert_eq!(short(&mut out).len(), 17);
    assert!(incoming.is_caught_up());
    // The server says that what it said before means nothing any more: this is a first sync again.
    incoming.disconnected();
    incoming.connected(ME, at(4), &mut out);
    incoming.sync_refused(0, at(4));
    incoming.tick(at(1000), &mut out);
    out.clear();
    incoming.synced(
        page(vec![view(conv(4), 8..=9)], "s3", false),
        at(1001),
        &mut out,
    );
    assert_eq!(short(&mut out), ["4.8", "4.9"]);
}

#[test]
fn a_client_that_cannot_take_a_page_asks_for_less_until_it_has_everything() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.entry(entry(A, 9), at(1), &mut out);
    incoming.tick(at(300), &mut out);
    assert_eq!(short(&mut out), ["fetch 1>3"]);
    for (sync, fetch) in [
        (25, 100),
        (12, 50),
        (6, 25),
        (3, 12),
        (1, 6),
        (1, 3),
        (1, 1),
        (1, 1),
    ] {
        incoming.page_was_too_large();
        incoming.disconnected();
        incoming.connected(ME, at(1000), &mut out);
        let expected = [
            "ack 1.3".to_owned(),
            format!("sync s1 of {sync}"),
            format!("fetch 1>3 of {fetch}"),
        ];
        assert_eq!(short(&mut out), expected);
        assert_eq!(incoming.page_of(200), fetch);
    }
    incoming.synced(page(Vec::new(), "s2", false), at(1001), &mut out);
    incoming.fetched(history(A, 4..=8, 9), at(1002), &mut out);
    assert_eq!(short(&mut out).pop().as_deref(), Some("1.9"));
    assert!(incoming.is_caught_up());
    incoming.entry(entry(A, 12), at(2000), &mut out);
    incoming.tick(at(3000), &mut out);
    assert_eq!(
        short(&mut out),
        ["fetch 1>9"],
        "what was too large is behind it"
    );
}

#[test]
fn pushes_in_order_are_delivered_and_doubled_ones_only_acked() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    for value in [4, 5, 4, 5, 2] {
        incoming.entry(entry(A, value), at(1), &mut out);
    }
    incoming.flush(&mut out);
    assert_eq!(short(&mut out), ["1.4", "1.5", "ack 1.5"]);
    incoming.entry(entry(A, 5), at(2), &mut out);
    incoming.flush(&mut out);
    assert_eq!(short(&mut out), ["ack 1.5"], "the server missed the ack");
}

#[test]
fn overtaken_pushes_sort_themselves_out_without_a_fetch() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    for (value, time) in [(6, 0), (5, 50), (4, 199)] {
        incoming.entry(entry(A, value), at(time), &mut out);
    }
    assert_eq!(short(&mut out), ["1.4", "1.5", "1.6"]);
    incoming.tick(at(10_000), &mut out);
    assert_eq!(short(&mut out), [""; 0]);
    assert_eq!(incoming.early_entries(), 0);
}

#[test]
fn a_gap_is_fetched_after_a_short_wait() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.entry(entry(A, 6), at(1_000), &mut out);
    incoming.entry(entry(A, 7), at(1_100), &mut out);
    assert_eq!(incoming.next_deadline(), Some(at(1_200)));
    incoming.tick(at(1_199), &mut out);
    assert_eq!(short(&mut out), [""; 0]);
    incoming.tick(at(1_200), &mut out);
    assert_eq!(short(&mut out), ["fetch 1>3"]);
    incoming.fetched(history(A, 4..=6, 7), at(1_300), &mut out);
    incoming.flush(&mut out);
    assert_eq!(short(&mut out), ["1.4", "1.5", "1.6", "1.7", "ack 1.7"]);
    assert_eq!(incoming.early_entries(), 0);
}

#[test]
fn a_sync_that_knows_better_does_not_wait() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.disconnected();
    incoming.connected(ME, at(100), &mut out);
    incoming.synced(page(vec![view(A, 8..=9)], "s2", false), at(200), &mut out);
    assert_eq!(short(&mut out), ["ack 1.3", "sync s1", "fetch 1>3"]);
    incoming.fetched(history(A, 4..=7, 9), at(300), &mut out);
    assert_eq!(short(&mut out).len(), 6, "8 and 9 were kept");
}

#[test]
fn acks_are_repeated_until_a_later_sync_proves_that_they_arrived() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    for time in [1, 2] {
        incoming.disconnected();
        incoming.connected(ME, at(time), &mut out);
        assert_eq!(short(&mut out), ["ack 1.3", "sync s1"]);
    }
    assert!(incoming.snapshot().held[0].is_ack_owed);
    incoming.synced(page(Vec::new(), "s2", false), at(3), &mut out);
    assert!(!incoming.snapshot().held[0].is_ack_owed);
    // An ack that was poured out while a sync was under way is not proved by that one.
    incoming.tick(at(900_003), &mut out);
    incoming.entry(entry(A, 4), at(900_004), &mut out);
    incoming.flush(&mut out);
    incoming.synced(page(Vec::new(), "s3", false), at(900_005), &mut out);
    assert_eq!(short(&mut out), ["sync s2", "1.4", "ack 1.4"]);
    assert!(incoming.snapshot().held[0].is_ack_owed);
}

#[test]
fn an_ack_that_could_not_be_poured_out_is_owed() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.entry(entry(A, 4), at(1), &mut out);
    incoming.disconnected();
    incoming.flush(&mut out);
    assert_eq!(short(&mut out), ["1.4"]);
    incoming.connected(ME, at(2), &mut out);
    assert_eq!(short(&mut out), ["ack 1.4", "sync s1"]);
}

#[test]
fn a_sync_that_shows_too_low_a_position_is_answered_with_an_ack() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.tick(at(900_000), &mut out);
    let mut known = view(A, 1..=3);
    known.me.delivered = seq(3);
    incoming.synced(page(vec![known], "s2", false), at(900_000), &mut out);
    incoming.flush(&mut out);
    assert_eq!(short(&mut out), ["sync s1"]);
    incoming.tick(at(1_800_000), &mut out);
    incoming.synced(
        page(vec![view(A, 1..=3)], "s3", false),
        at(1_800_000),
        &mut out,
    );
    incoming.flush(&mut out);
    assert_eq!(short(&mut out), ["sync s2", "ack 1.3"]);
}

#[test]
fn failed_fetches_wait_longer_and_longer_and_a_short_log_counts_as_one() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.entry(entry(A, 6), at(0), &mut out);
    incoming.tick(at(200), &mut out);
    assert_eq!(short(&mut out), ["fetch 1>3"]);
    incoming.fetch_failed(A, Some(1_000), u64::MAX / 2, at(300), &mut out);
    assert_eq!(incoming.next_deadline(), Some(at(1_549)));
    incoming.tick(at(1_549), &mut out);
    assert_eq!(short(&mut out), ["fetch 1>3"]);
    incoming.fetched(
        HistoryPage {
            since: None,
            conv: A,
            entries: Vec::new(),
            head: seq(3),
            more: false,
        },
        at(2_000),
        &mut out,
    );
    assert_eq!(short(&mut out), [""; 0]);
    assert_eq!(incoming.next_deadline(), Some(at(3_000)));
    incoming.tick(at(3_000), &mut out);
    assert_eq!(short(&mut out), ["fetch 1>3"]);
    // No answer at all is a failure too, after 15 s.
    incoming.tick(at(18_000), &mut out);
    assert_eq!(short(&mut out), [""; 0]);
    assert_eq!(incoming.next_deadline(), Some(at(20_000)));
}

#[test]
fn fetches_are_bounded_and_take_turns() {
    let views = (1..=6).map(|n| view(conv(n), 1..=1)).collect();
    let policy = Policy {
        fetches: 2,
        reorder_wait: Duration::ZERO,
        ..Policy::default()
    };
    let (mut incoming, mut out) = synced(policy, views);
    for n in 1..=4 {
        incoming.entry(entry(conv(n), 9), at(n), &mut out);
    }
    assert_eq!(short(&mut out), ["fetch 1>1", "fetch 2>1"]);
    incoming.fetched(history(conv(1), 2..=3, 9), at(10), &mut out);
    assert_eq!(short(&mut out), ["1.2", "1.3", "fetch 3>1"]);
    incoming.fetched(history(conv(2), 2..=3, 9), at(11), &mut out);
    assert_eq!(short(&mut out), ["2.2", "2.3", "fetch 4>1"]);
    incoming.fetched(history(conv(3), 2..=8, 9), at(12), &mut out);
    assert_eq!(
        short(&mut out).last().map(String::as_str),
        Some("fetch 1>3")
    );
}

#[test]
fn early_entries_are_bounded_and_the_highest_give_way() {
    let policy = Policy {
        reorder_entries: 3,
        ..Policy::default()
    };
    let (mut incoming, mut out) = synced(policy, vec![view(A, 1..=1)]);
    for value in [9, 8, 7, 6, 5, 4] {
        incoming.entry(entry(A, value), at(0), &mut out);
        assert!(incoming.early_entries() <= 3);
    }
    for value in [3, 2] {
        incoming.entry(entry(A, value), at(1), &mut out);
    }
    // 3, 4 and 5 were kept; 6 to 9 are known to be missing.
    assert_eq!(short(&mut out), ["1.2", "1.3", "1.4", "1.5"]);
    incoming.tick(at(200), &mut out);
    assert_eq!(short(&mut out), ["fetch 1>5"]);
}

#[test]
fn a_stranger_waits_for_the_sync_that_shows_it() {
    let mut incoming = Incoming::new(Policy::default());
    let mut out = Vec::new();
    incoming.connected(ME, at(0), &mut out);
    incoming.entry(entry(A, 11), at(1), &mut out);
    incoming.entry(entry(conv(2), 1), at(1), &mut out);
    assert_eq!(
        short(&mut out),
        ["sync ", "2.1"],
        "a first entry need not wait"
    );
    incoming.synced(page(vec![view(A, 8..=10)], "s1", false), at(2), &mut out);
    assert_eq!(short(&mut out)[..4], ["1.8", "1.9", "1.10", "1.11"]);
}

#[test]
fn a_stranger_that_no_sync_shows_begins_at_its_first_entry_too() {
    let (mut incoming, mut out) = synced(Policy::default(), Vec::new());
    incoming.entry(entry(A, 12), at(1), &mut out);
    incoming.entry(entry(A, 11), at(2), &mut out);
    assert_eq!(short(&mut out), ["sync s1"], "one sync for both");
    incoming.synced(page(Vec::new(), "s2", false), at(3), &mut out);
    assert_eq!(short(&mut out), ["fetch 1>0"]);
    incoming.fetched(history(A, 1..=10, 12), at(4), &mut out);
    incoming.flush(&mut out);
    assert_eq!(short(&mut out)[9..], ["1.10", "1.11", "1.12", "ack 1.12"]);
    assert!(incoming.is_caught_up());
}

#[test]
fn a_stranger_met_during_a_walk_gets_another_walk() {
    let mut incoming = Incoming::new(Policy::default());
    let mut out = Vec::new();
    incoming.connected(ME, at(0), &mut out);
    incoming.entry(entry(A, 5), at(1), &mut out);
    incoming.synced(page(Vec::new(), "s1", false), at(2), &mut out);
    assert_eq!(short(&mut out), ["sync ", "sync s1"]);
    incoming.synced(page(vec![view(A, 1..=5)], "s2", false), at(3), &mut out);
    assert_eq!(short(&mut out), ["1.1", "1.2", "1.3", "1.4", "1.5"]);
}

#[test]
fn a_walk_that_was_cut_off_goes_on_and_is_followed_by_another() {
    let mut incoming = Incoming::new(Policy::default());
    let mut out = Vec::new();
    incoming.connected(ME, at(0), &mut out);
    incoming.synced(page(vec![view(A, 1..=1)], "p1", true), at(1), &mut out);
    let mut incoming = Incoming::restore(Policy::default(), incoming.snapshot());
    out.clear();
    incoming.connected(ME, at(2), &mut out);
    incoming.synced(page(Vec::new(), "s1", false), at(3), &mut out);
    assert_eq!(short(&mut out), ["ack 1.1", "sync p1", "sync s1"]);
    assert!(!incoming.is_caught_up());
    incoming.synced(page(Vec::new(), "s2", false), at(4), &mut out);
    assert!(incoming.is_caught_up());
}

#[test]
fn a_restart_remembers_what_was_missing() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.entry(entry(A, 9), at(0), &mut out);
    let snapshot = incoming.snapshot();
    let held = Held {
        conv: A,
        seq: seq(3),
        head: seq(9),
        is_ack_owed: true,
    };
    assert_eq!(snapshot.held, [held]);
    let mut incoming = Incoming::restore(Policy::default(), snapshot);
    incoming.connected(ME, at(1), &mut out);
    assert_eq!(short(&mut out), ["ack 1.3", "sync s1", "fetch 1>3"]);
}

#[test]
fn a_broken_connection_cancels_what_was_asked_for() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.entry(entry(A, 9), at(0), &mut out);
    incoming.tick(at(200), &mut out);
    incoming.disconnected();
    assert_eq!(incoming.next_deadline(), None);
    out.clear();
    incoming.fetched(history(A, 4..=9, 9), at(300), &mut out);
    incoming.tick(at(60_000), &mut out);
    incoming.flush(&mut out);
    assert_eq!(out, []);
    assert_eq!(incoming.held(A), Some(seq(3)));
}

#[test]
fn sync_is_repeated_after_failures_time_outs_and_long_connections() {
    let mut incoming = Incoming::new(Policy::default());
    let mut out = Vec::new();
    incoming.connected(ME, at(0), &mut out);
    incoming.sync_failed(None, u64::MAX, at(100));
    assert_eq!(incoming.next_deadline(), Some(at(599)));
    incoming.tick(at(599), &mut out);
    assert_eq!(short(&mut out), ["sync ", "sync "]);
    incoming.tick(at(15_599), &mut out);
    assert_eq!(incoming.next_deadline(), Some(at(16_599)));
    incoming.tick(at(16_599), &mut out);
    incoming.synced(page(Vec::new(), "s1", false), at(17_000), &mut out);
    assert_eq!(short(&mut out), ["sync "]);
    assert_eq!(incoming.next_deadline(), Some(at(17_000 + 900_000)));
    incoming.tick(at(917_000), &mut out);
    assert_eq!(short(&mut out), ["sync s1"]);
    incoming.sync_refused(0, at(917_001));
    incoming.tick(at(917_001), &mut out);
    assert_eq!(short(&mut out), ["sync "]);
}

#[test]
fn a_page_too_full_for_entries_still_begins_with_the_recent_ones() {
    let mut incoming = Incoming::new(Policy::default());
    let mut out = Vec::new();
    incoming.connected(ME, at(0), &mut out);
    let mut full = view(A, 30..=30);
    full.entries.clear();
    incoming.synced(page(vec![full], "s1", false), at(1), &mut out);
    assert_eq!(short(&mut out), ["sync ", "fetch 1>20"]);
}

#[test]
fn a_forgotten_conversation_is_not_asked_for() {
    let (mut incoming, mut out) = synced(Policy::default(), vec![view(A, 1..=3)]);
    incoming.entry(entry(A, 9), at(0), &mut out);
    incoming.tick(at(200), &mut out);
    incoming.forget(A, at(300), &mut out);
    out.clear();
    incoming.tick(at(60_000), &mut out);
    incoming.flush(&mut out);
    assert_eq!(out, []);
    assert_eq!(incoming.early_entries(), 0);
    assert!(incoming.is_caught_up());
}

#[test]
fn a_conversation_that_begins_with_a_push_is_asked_about_once() {
    let (mut incoming, mut out) = synced(Policy::default(), Vec::new());
    incoming.entry(entry(A, 1), at(10), &mut out);
    incoming.flush(&mut out);
    let first = short(&mut out);
    assert_eq!(
        first,
        ["1.1", "sync s1", "ack 1.1"],
        "its members are unknown"
    );
    incoming.entry(entry(A, 2), at(11), &mut out);
    incoming.synced(page(vec![view(A, 1..=2)], "s2", false), at(12), &mut out);
    incoming.flush(&mut out);
    assert_eq!(short(&mut out), ["1.2", "ack 1.2"]);
}
