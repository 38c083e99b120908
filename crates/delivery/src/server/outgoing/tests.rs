use std::time::Duration;

use hongyan_protocol::limits;

use super::*;

type Out = Vec<Action<&'static str>>;

const A: ConversationId = ConversationId::from_trusted(1);
const B: ConversationId = ConversationId::from_trusted(2);

fn seq(value: u64) -> Seq {
    Seq::from_trusted(value)
}

fn at(milliseconds: u64) -> Tick {
    Tick::from_millis(milliseconds)
}

fn ready(value: u64) -> Ready<&'static str> {
    Ready {
        seq: seq(value),
        bytes: 100,
        target: None,
        payload: "entry",
    }
}

/// An edit of a message.
fn edit(value: u64, target: u64) -> Ready<&'static str> {
    Ready {
        target: Some(seq(target)),
        ..ready(value)
    }
}

fn push(again: bool) -> Action<&'static str> {
    Action::Push {
        payload: "entry",
        again,
    }
}

fn fetch(conv: ConversationId, after: u64, limit: usize) -> Action<&'static str> {
    Action::Fetch {
        conv,
        after: seq(after),
        limit,
    }
}

/// A window of four entries, so that it is soon full; half free at two.
fn small() -> Outgoing<&'static str> {
    Outgoing::new(Arc::new(Policy {
        window_entries: 4,
        tracked_conversations: 8,
        ..Policy::default()
    }))
}

fn drain(out: &mut Out) -> Out {
    std::mem::take(out)
}

#[test]
fn an_acked_push_leaves_nothing_behind() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.live(A, ready(7), at(0), &mut out);
    assert_eq!(drain(&mut out), [push(false)]);
    assert_eq!(outgoing.unacked_bytes(), 100);
    assert_eq!(outgoing.ack(A, seq(7), at(10), &mut out), Ack::Known);
    assert_eq!(out, []);
    assert_eq!(outgoing.unacked_bytes(), 0);
    assert_eq!(outgoing.tracked(), 0);
    assert_eq!(outgoing.next_deadline(), None);
}

#[test]
fn an_idle_connection_is_small() {
    assert!(size_of::<Outgoing<Arc<[u8]>>>() <= 200);
}

#[test]
fn an_unacked_push_is_repeated_at_5_and_7_seconds_and_given_up_at_9() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.live(A, ready(1), at(1_000), &mut out);
    outgoing.live(A, ready(2), at(2_000), &mut out);
    drain(&mut out);
    for (early, due) in [(5_999, 6_000), (7_999, 8_000)] {
        outgoing.tick(at(early), &mut out);
        assert_eq!(out, [], "at {early} ms");
        assert_eq!(outgoing.next_deadline(), Some(at(due)));
        outgoing.tick(at(due), &mut out);
        assert_eq!(drain(&mut out), [push(true), push(true)], "at {due} ms");
    }
    outgoing.tick(at(10_000), &mut out);
    assert_eq!(drain(&mut out), [Action::Close(CloseCode::AckTimeout)]);
    outgoing.live(A, ready(3), at(10_001), &mut out);
    outgoing.tick(at(60_000), &mut out);
    assert_eq!(out, [], "nothing follows a close");
}

#[test]
fn an_ack_that_makes_progress_starts_the_time_anew() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.live(A, ready(9), at(0), &mut out);
    drain(&mut out);
    outgoing.tick(at(5_000), &mut out);
    assert_eq!(drain(&mut out), [push(true)]);
    // The client is filling a gap below 9: it holds up to 4.
    assert_eq!(outgoing.ack(A, seq(4), at(5_500), &mut out), Ack::Known);
    outgoing.tick(at(10_499), &mut out);
    assert_eq!(out, []);
    outgoing.tick(at(10_500), &mut out);
    assert_eq!(drain(&mut out), [push(true)]);
    // The same position again is no progress.
    outgoing.ack(A, seq(4), at(12_000), &mut out);
    outgoing.tick(at(12_500), &mut out);
    assert_eq!(drain(&mut out), [push(true)]);
    outgoing.tick(at(14_500), &mut out);
    assert_eq!(out, [Action::Close(CloseCode::AckTimeout)]);
}

#[test]
fn beyond_the_window_entries_are_not_kept_but_fetched_when_half_is_free() {
    let mut outgoing = small();
    let mut out = Out::new();
    for value in 1..=9 {
        outgoing.live(A, ready(value), at(0), &mut out);
    }
    assert_eq!(drain(&mut out), vec![push(false); 4]);
    assert_eq!((outgoing.unacked_entries(), outgoing.behind()), (4, 1));
    outgoing.ack(A, seq(1), at(1), &mut out);
    assert_eq!(out, [], "less than half of the window is free");
    outgoing.ack(A, seq(2), at(2), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 4, 2)]);
    outgoing.fetched(A, [ready(5), ready(6)], seq(9), at(3), &mut out);
    assert_eq!(drain(&mut out), [push(false), push(false)]);
    outgoing.ack(A, seq(6), at(4), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 6, 4)]);
    // While the answer is under way, a tenth entry is committed; the answer has it too.
    outgoing.live(A, ready(10), at(4), &mut out);
    assert_eq!(out, []);
    let page = (7..=10).map(ready);
    outgoing.fetched(A, page, seq(10), at(5), &mut out);
    assert_eq!(drain(&mut out).len(), 4);
    outgoing.live(A, ready(10), at(6), &mut out);
    assert_eq!(out, [], "it was pushed before");
    outgoing.ack(A, seq(10), at(7), &mut out);
    assert_eq!((outgoing.behind(), outgoing.tracked()), (0, 0));
}

#[test]
fn a_large_frame_goes_alone() {
    let mut outgoing = small();
    let mut out = Out::new();
    let huge = Ready {
        bytes: usize::MAX / 2,
        ..ready(1)
    };
    outgoing.live(A, huge, at(0), &mut out);
    outgoing.live(B, ready(1), at(0), &mut out);
    assert_eq!(drain(&mut out), [push(false)]);
    outgoing.ack(A, seq(1), at(1), &mut out);
    assert_eq!(out, [fetch(B, 0, 4)]);
}

#[test]
fn conversations_that_are_behind_take_turns() {
    let mut outgoing = small();
    let mut out = Out::new();
    for value in 1..=12 {
        outgoing.live(A, ready(value), at(0), &mut out);
    }
    for value in 1..=6 {
        outgoing.live(B, ready(value), at(0), &mut out);
    }
    drain(&mut out);
    outgoing.ack(A, seq(4), at(1), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 4, 4)]);
    outgoing.fetched(A, (5..=8).map(ready), seq(12), at(2), &mut out);
    drain(&mut out);
    outgoing.ack(A, seq(8), at(3), &mut out);
    assert_eq!(drain(&mut out), [fetch(B, 0, 4)]);
    outgoing.fetched(B, (1..=4).map(ready), seq(6), at(4), &mut out);
    drain(&mut out);
    outgoing.ack(B, seq(4), at(5), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 8, 4)]);
}

#[test]
fn a_skipped_seq_is_fetched_at_once() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.live(A, ready(1), at(0), &mut out);
    outgoing.live(A, ready(3), at(1), &mut out);
    assert_eq!(drain(&mut out), [push(false), fetch(A, 1, 3)]);
    // The lost one comes by itself after all: no need of the answer, which then tells nothing new.
    outgoing.live(A, ready(2), at(2), &mut out);
    assert_eq!(drain(&mut out), [push(false)]);
    outgoing.fetched(A, [ready(2), ready(3)], seq(3), at(3), &mut out);
    assert_eq!(drain(&mut out), [push(false)]);
    assert_eq!(outgoing.behind(), 0);
}

#[test]
fn a_failed_fetch_is_tried_again_later_and_later() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.live(A, ready(1), at(0), &mut out);
    outgoing.live(A, ready(3), at(0), &mut out);
    outgoing.ack(A, seq(1), at(0), &mut out);
    drain(&mut out);
    outgoing.fetch_failed(A, at(1_000));
    assert_eq!(outgoing.next_deadline(), Some(at(1_200)));
    outgoing.tick(at(1_199), &mut out);
    assert_eq!(out, []);
    outgoing.tick(at(1_200), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 1, 4)]);
    // A log that has less than the notice said is a failure too.
    outgoing.fetched(A, [], seq(1), at(1_300), &mut out);
    assert_eq!(out, []);
    assert_eq!(outgoing.next_deadline(), Some(at(1_700)));
    outgoing.tick(at(1_700), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 1, 4)]);
    outgoing.fetched(A, [ready(2), ready(3)], seq(3), at(1_800), &mut out);
    assert_eq!(drain(&mut out), [push(false), push(false)]);
}

#[test]
fn too_many_conversations_close_the_connection() {
    let mut outgoing = small();
    let mut out = Out::new();
    for conv in 1..=8 {
        outgoing.live(
            ConversationId::from_trusted(conv),
            ready(1),
            at(0),
            &mut out,
        );
    }
    assert_eq!((outgoing.tracked(), outgoing.unacked_entries()), (8, 4));
    drain(&mut out);
    outgoing.live(ConversationId::from_trusted(9), ready(1), at(0), &mut out);
    assert_eq!(out, [Action::Close(CloseCode::SlowReader)]);
    assert_eq!((outgoing.tracked(), outgoing.unacked_bytes()), (0, 0));
}

#[test]
fn an_ack_from_nowhere_is_unknown_and_one_beyond_the_log_is_not_believed() {
    let mut outgoing = small();
    let mut out = Out::new();
    assert_eq!(outgoing.ack(A, seq(3), at(0), &mut out), Ack::Unknown);
    outgoing.live(A, ready(1), at(0), &mut out);
    outgoing.live(A, ready(3), at(0), &mut out);
    assert_eq!(outgoing.ack(A, seq(900), at(1), &mut out), Ack::Unknown);
    drain(&mut out);
    outgoing.live(A, ready(4), at(2), &mut out);
    assert_eq!(out, [push(false)], "4 is the next after what is known");
}

#[test]
fn a_position_reached_through_history_is_not_fetched_again() {
    let mut outgoing = small();
    let mut out = Out::new();
    for value in 1..=9 {
        outgoing.live(A, ready(value), at(0), &mut out);
    }
    assert_eq!(outgoing.ack(A, seq(9), at(1), &mut out), Ack::Known);
    assert_eq!(outgoing.tracked(), 0);
    assert!(!out.contains(&fetch(A, 4, 4)));
}

#[test]
fn a_forgotten_conversation_is_not_waited_for() {
    let mut outgoing = small();
    let mut out = Out::new();
    for value in 1..=4 {
        outgoing.live(A, ready(value), at(0), &mut out);
    }
    outgoing.live(B, ready(1), at(0), &mut out);
    drain(&mut out);
    outgoing.forget(A, &mut out);
    assert_eq!(drain(&mut out), [fetch(B, 0, 4)]);
    outgoing.forget(B, &mut out);
    outgoing.tick(at(60_000), &mut out);
    assert_eq!(out, []);
    assert_eq!(
        (
            outgoing.tracked(),
            outgoing.unacked_bytes(),
            outgoing.next_deadline()
        ),
        (0, 0, None)
    );
}

#[test]
fn the_waits_follow_the_policy() {
    let policy = Policy {
        ack_timeout: Duration::from_millis(30),
        repushes: 0,
        ..Policy::default()
    };
    let mut outgoing = Outgoing::new(Arc::new(policy));
    let mut out = Out::new();
    outgoing.live(A, ready(1), at(0), &mut out);
    drain(&mut out);
    outgoing.tick(at(30), &mut out);
    assert_eq!(out, [Action::Close(CloseCode::AckTimeout)]);
}

#[test]
fn an_answer_stands_for_a_push() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.answered(A, seq(1), &mut out);
    assert_eq!(outgoing.tracked(), 0, "nothing to remember");
    outgoing.live(A, ready(2), at(0), &mut out);
    outgoing.answered(A, seq(3), &mut out);
    outgoing.live(A, ready(4), at(0), &mut out);
    assert_eq!(drain(&mut out), [push(false), push(false)]);
    assert_eq!(outgoing.behind(), 0);
    assert_eq!(outgoing.ack(A, seq(3), at(10), &mut out), Ack::Known);
    assert_eq!(outgoing.unacked_entries(), 1);
    assert_eq!(outgoing.ack(A, seq(4), at(10), &mut out), Ack::Known);
    assert_eq!(outgoing.tracked(), 0);
}

#[test]
fn an_answer_beyond_what_was_pushed_has_the_rest_read_from_the_log() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.live(A, ready(1), at(0), &mut out);
    drain(&mut out);
    outgoing.answered(A, seq(4), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 1, 3)]);
    outgoing.fetched(A, [ready(2), ready(3), ready(4)], seq(4), at(5), &mut out);
    assert_eq!(drain(&mut out).len(), 3);
    outgoing.answered(A, seq(2), &mut out);
    assert_eq!((outgoing.behind(), drain(&mut out)), (0, vec![]));
}

#[test]
fn what_was_removed_is_not_pushed_again_as_it_was() {
    let mut outgoing = small();
    let mut out = Out::new();
    for entry in [ready(1), ready(2), edit(3, 2)] {
        outgoing.live(A, entry, at(0), &mut out);
    }
    outgoing.removed(A, seq(2), seq(4));
    outgoing.live(A, edit(4, 2), at(0), &mut out);
    assert_eq!(outgoing.unacked_bytes(), 200, "nothing of it is held");
    assert_eq!(outgoing.unacked_entries(), 4, "their acks are still due");
    drain(&mut out);
    // What stands before it is pushed as it was; the rest is read from the log, where it is blank.
    let timeout = at(limits::ACK_TIMEOUT.as_millis() as u64);
    outgoing.tick(timeout, &mut out);
    assert_eq!(drain(&mut out), [push(true), fetch(A, 1, 3)]);
    outgoing.fetched(
        A,
        [ready(2), edit(3, 2), edit(4, 2)],
        seq(4),
        timeout,
        &mut out,
    );
    assert_eq!(drain(&mut out), [push(false), push(false), push(false)]);
    outgoing.ack(A, seq(4), timeout, &mut out);
    assert_eq!(outgoing.tracked(), 0);
    assert_eq!(outgoing.unacked_bytes(), 0);
}

#[test]
fn an_ack_of_what_was_removed_is_enough() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.live(A, ready(1), at(0), &mut out);
    outgoing.removed(A, seq(1), seq(2));
    outgoing.live(A, edit(2, 1), at(0), &mut out);
    outgoing.ack(A, seq(2), at(1), &mut out);
    assert_eq!((outgoing.tracked(), outgoing.unacked_bytes()), (0, 0));
    // In another conversation, or before the entry that replaced it, nothing is meant.
    outgoing.live(B, ready(1), at(1), &mut out);
    outgoing.live(A, ready(3), at(1), &mut out);
    outgoing.removed(A, seq(1), seq(2));
    assert_eq!(outgoing.unacked_bytes(), 200);
}

#[test]
fn what_was_removed_before_it_was_pushed_is_read_from_the_log() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.outdated(A, seq(7), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 6, 4)]);
    outgoing.live(A, edit(8, 7), at(0), &mut out);
    assert_eq!(drain(&mut out), [], "in its turn");
    outgoing.fetched(A, [ready(7), edit(8, 7)], seq(8), at(0), &mut out);
    assert_eq!(drain(&mut out), [push(false), push(false)]);
}

#[test]
fn a_page_that_was_read_before_a_removal_is_read_again() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.outdated(A, seq(1), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 0, 4)]);
    outgoing.removed(A, seq(1), seq(2));
    outgoing.live(A, edit(2, 1), at(0), &mut out);
    outgoing.fetched(A, [ready(1)], seq(1), at(0), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 0, 4)], "the text was in it");
    outgoing.fetched(A, [ready(1), edit(2, 1)], seq(2), at(0), &mut out);
    assert_eq!(drain(&mut out), [push(false), push(false)]);
}

/// A link that brings so many bytes a second, and a client that acks all that comes.
struct Link {
    rate: u64,
    outgoing: Outgoing<(ConversationId, Seq, u64)>,
    /// What is on its way, with when it arrives.
    way: std::collections::VecDeque<(u64, (ConversationId, Seq, u64))>,
    busy_until: u64,
    bytes: u64,
    got: Vec<(ConversationId, Seq)>,
    closed: Option<CloseCode>,
    fetches: Vec<ConversationId>,
}

impl Link {
    fn new(rate: u64) -> Self {
        Self {
            rate,
            outgoing: Outgoing::new(Arc::new(Policy::default())),
            way: std::collections::VecDeque::new(),
            busy_until: 0,
            bytes: 0,
            got: Vec::new(),
            closed: None,
            fetches: Vec::new(),
        }
    }

    fn entry(conv: ConversationId, bytes: u64) -> Ready<(ConversationId, Seq, u64)> {
        Ready {
            seq: seq(1),
            bytes: bytes as usize,
            target: None,
            payload: (conv, seq(1), bytes),
        }
    }

    fn act(&mut self, now: u64, out: Vec<Action<(ConversationId, Seq, u64)>>, size: u64) {
        for action in out {
            match action {
                Action::Push { payload, .. } => {
                    let takes = payload.2 * 1000 / self.rate;
                    self.busy_until = self.busy_until.max(now) + takes;
                    self.bytes += payload.2;
                    self.way.push_back((self.busy_until, payload));
                }
                Action::Fetch { conv, .. } => self.fetches.push(conv),
                Action::Close(code) => self.closed = Some(code),
            }
        }
        while let Some(conv) = self.fetches.pop() {
            let mut out = Vec::new();
            let entries = [Self::entry(conv, size)];
            self.outgoing
                .fetched(conv, entries, seq(1), at(now), &mut out);
            self.act(now, out, size);
        }
    }

    /// So many people write so many bytes each at once, and time passes until all is there.
    fn burst(&mut self, people: u64, size: u64) {
        let mut out = Vec::new();
        for conv in 1..=people {
            let conv = ConversationId::from_trusted(conv);
            self.outgoing
                .live(conv, Self::entry(conv, size), at(0), &mut out);
        }
        self.act(0, out, size);
        let mut now = 0;
        while self.closed.is_none() && (self.got.len() as u64) < people && now < 10_000_000 {
            now += 10;
            let mut out = Vec::new();
            while self.way.front().is_some_and(|(at, _)| *at <= now) {
                let (_, (conv, seq, _)) = self.way.pop_front().unwrap();
                self.got.push((conv, seq));
                self.outgoing.ack(conv, seq, at(now), &mut out);
            }
            self.outgoing.tick(at(now), &mut out);
            self.act(now, out, size);
        }
    }
}

#[test]
fn what_is_still_on_its_way_is_not_pushed_again() {
    for (rate, people, size) in [
        (2_000, 40, 3_000),
        (8_000, 40, 3_000),
        (2_000, 5, 60_000),
        (2_000, 300, 300),
        (1_000_000, 3_000, 300),
    ] {
        let mut link = Link::new(rate);
        link.burst(people, size);
        assert_eq!(link.closed, None, "{rate} B/s, {people} people");
        assert_eq!(link.got.len() as u64, people, "{rate} B/s");
        assert_eq!(link.bytes, people * size, "{rate} B/s, {people} people");
    }
}

#[test]
fn what_was_overtaken_by_an_ack_is_not_waited_for_any_longer() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.wrote(20_000, at(0));
    outgoing.live(A, ready(1), at(0), &mut out);
    outgoing.live(B, ready(1), at(10), &mut out);
    drain(&mut out);
    outgoing.tick(at(5_000), &mut out);
    assert_eq!(out, [], "it is behind 20 kB");
    outgoing.ack(B, seq(1), at(6_000), &mut out);
    // The client has what was written after it, and so this as well.
    outgoing.tick(outgoing.next_deadline().unwrap(), &mut out);
    assert_eq!(drain(&mut out), [push(true)]);
}

#[test]
fn what_had_no_room_is_read_from_the_log() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.missed(A, seq(7), seq(9), &mut out);
    assert_eq!(drain(&mut out), [fetch(A, 6, 4)]);
    outgoing.fetched(A, [ready(7), ready(8), ready(9)], seq(9), at(0), &mut out);
    assert_eq!(drain(&mut out), vec![push(false); 3]);
    outgoing.missed(A, seq(8), seq(9), &mut out);
    assert_eq!(out, [], "it was pushed already");
}

#[test]
fn as_many_as_ever_write_at_once_are_held_back_and_all_come() {
    let mut link = Link::new(100_000);
    link.burst(16_000, 100);
    assert_eq!((link.closed, link.got.len()), (None, 16_000));
}
