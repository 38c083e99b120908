use std::time::Duration;

use proptest::prelude::*;

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

fn shown(conv: ConversationId, value: u64) -> Entry<&'static str> {
    Entry {
        conv,
        seq: seq(value),
        shown: Some(Shown {
            bytes: 100,
            payload: "message",
        }),
    }
}

fn silent(conv: ConversationId, value: u64) -> Entry<&'static str> {
    Entry {
        conv,
        seq: seq(value),
        shown: None,
    }
}

fn push(tid: u64, again: bool) -> Action<&'static str> {
    Action::Push {
        tid,
        payload: "message",
        again,
    }
}

fn fetch(after: &[(ConversationId, u64)], limit: usize) -> Action<&'static str> {
    let after = after.iter().map(|(conv, value)| (*conv, seq(*value)));
    Action::Fetch {
        after: after.collect(),
        limit,
    }
}

fn delivered(conv: ConversationId, value: u64) -> Action<&'static str> {
    Action::Delivered {
        conv,
        seq: seq(value),
    }
}

fn policy() -> Policy {
    Policy {
        window_entries: 4,
        tracked_conversations: 3,
        ..Policy::default()
    }
}

/// Not online yet.
fn asleep() -> Outgoing<&'static str> {
    Outgoing::new(Arc::new(policy()))
}

/// Online, with nothing to catch up on.
fn small() -> Outgoing<&'static str> {
    online([])
}

fn online<const N: usize>(behind: [(ConversationId, u64, u64); N]) -> Outgoing<&'static str> {
    let mut outgoing = asleep();
    let behind = behind.map(|(conv, held, head)| (conv, seq(held), seq(head)));
    outgoing.resume(behind, &mut Out::new());
    outgoing
}

fn drain(out: &mut Out) -> Out {
    std::mem::take(out)
}

#[test]
fn a_commit_is_read_then_pushed_and_its_ack_is_reported() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.committed(A, seq(7), &mut out);
    assert_eq!(drain(&mut out), [fetch(&[(A, 6)], 4)]);
    outgoing.fetched([shown(A, 7)], at(0), &mut out);
    assert_eq!(drain(&mut out), [push(1, false)]);
    outgoing.ack(1, &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 7)]);
    outgoing.ack(1, &mut out);
    outgoing.ack(99, &mut out);
    assert_eq!(out, []);
    assert_eq!(outgoing.next_deadline(), None);
}

#[test]
fn one_push_goes_out_three_times_under_one_number_then_the_connection_is_closed() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.committed(A, seq(1), &mut out);
    outgoing.fetched([shown(A, 1)], at(1_000), &mut out);
    outgoing.committed(A, seq(2), &mut out);
    outgoing.fetched([shown(A, 2)], at(2_000), &mut out);
    drain(&mut out);
    for (early, due) in [(5_999, 6_000), (7_999, 8_000)] {
        outgoing.tick(at(early), &mut out);
        assert_eq!(out, [], "at {early} ms");
        assert_eq!(outgoing.next_deadline(), Some(at(due)));
        outgoing.tick(at(due), &mut out);
        assert_eq!(drain(&mut out), [push(1, true)], "at {due} ms");
        outgoing.ack(2, &mut out);
        assert_eq!(drain(&mut out), [], "2 is acked, but 1 is a hole before it");
    }
    outgoing.tick(at(10_000), &mut out);
    assert_eq!(drain(&mut out), [Action::Close(CloseCode::AckTimeout)]);
    outgoing.committed(A, seq(3), &mut out);
    outgoing.ack(1, &mut out);
    outgoing.tick(at(60_000), &mut out);
    assert_eq!(out, [], "nothing follows a close");
}

#[test]
fn acks_come_in_any_order_and_the_position_waits_for_the_hole() {
    let mut outgoing = online([(A, 0, 3)]);
    let mut out = Out::new();
    outgoing.fetched([shown(A, 1), shown(A, 2), shown(A, 3)], at(0), &mut out);
    drain(&mut out);
    outgoing.ack(3, &mut out);
    outgoing.ack(1, &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 1)]);
    outgoing.ack(2, &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 3)]);
}

#[test]
fn what_shows_nothing_is_passed_over_and_counts_as_delivered() {
    let mut outgoing = online([(A, 0, 3)]);
    let mut out = Out::new();
    drain(&mut out);
    outgoing.fetched([silent(A, 1), shown(A, 2), silent(A, 3)], at(0), &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 1), push(1, false)]);
    outgoing.ack(1, &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 3)]);
}

#[test]
fn no_more_than_the_window_is_pushed_until_half_of_it_is_acked() {
    let mut outgoing = asleep();
    let mut out = Out::new();
    outgoing.resume([(A, seq(0), seq(9)), (B, seq(5), seq(6))], &mut out);
    assert_eq!(drain(&mut out), [fetch(&[(A, 0), (B, 5)], 4)]);
    let oldest = [shown(A, 1), shown(B, 6), shown(A, 2), shown(A, 3)];
    outgoing.fetched(oldest, at(0), &mut out);
    let pushes: Out = (1..=4).map(|tid| push(tid, false)).collect();
    assert_eq!(drain(&mut out), pushes);
    outgoing.ack(1, &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 1)]);
    outgoing.ack(2, &mut out);
    assert_eq!(drain(&mut out), [delivered(B, 6), fetch(&[(A, 3)], 2)]);
}

#[test]
fn what_is_committed_while_the_user_comes_online_waits_for_what_came_before() {
    let mut outgoing = asleep();
    let mut out = Out::new();
    outgoing.committed(A, seq(8), &mut out);
    outgoing.committed(B, seq(1), &mut out);
    assert_eq!(out, []);
    outgoing.resume([(A, seq(5), seq(7))], &mut out);
    assert_eq!(drain(&mut out), [fetch(&[(A, 5), (B, 0)], 4)]);
    let oldest = [shown(A, 6), shown(A, 7), shown(B, 1), shown(A, 8)];
    outgoing.fetched(oldest, at(0), &mut out);
    assert_eq!(drain(&mut out).len(), 4);
    outgoing.ack(1, &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 6)]);
}

#[test]
fn a_query_shows_what_was_held_back() {
    let mut outgoing = online([(A, 0, 9)]);
    let mut out = Out::new();
    outgoing.fetched((1..=4).map(|n| shown(A, n)), at(0), &mut out);
    outgoing.queried(A, seq(9));
    outgoing.queried(B, seq(2));
    drain(&mut out);
    for tid in 1..=4 {
        outgoing.ack(tid, &mut out);
    }
    assert_eq!(drain(&mut out).last(), Some(&delivered(A, 9)));
    outgoing.committed(B, seq(2), &mut out);
    assert_eq!(out, [], "the hint of what the query had shown");
    outgoing.committed(A, seq(10), &mut out);
    assert_eq!(out, [fetch(&[(A, 9)], 4)]);
}

#[test]
fn a_lost_hint_shows_at_the_next_one() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.committed(A, seq(1), &mut out);
    outgoing.fetched([shown(A, 1)], at(0), &mut out);
    outgoing.ack(1, &mut out);
    drain(&mut out);
    outgoing.committed(A, seq(4), &mut out);
    assert_eq!(drain(&mut out), [fetch(&[(A, 1)], 4)]);
}

#[test]
fn a_log_that_cannot_be_read_is_asked_again_later() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.committed(A, seq(1), &mut out);
    drain(&mut out);
    outgoing.fetch_failed(at(0));
    outgoing.committed(A, seq(2), &mut out);
    assert_eq!(out, [], "not at once");
    let wait = outgoing.next_deadline().expect("a time to try again");
    assert_eq!(wait, at(200));
    outgoing.tick(wait, &mut out);
    assert_eq!(drain(&mut out), [fetch(&[(A, 0)], 4)]);
    outgoing.fetched([], at(200), &mut out);
    assert_eq!(out, [], "nor when the log lacks what it should have");
    let wait = outgoing.next_deadline().expect("a time to try again");
    assert_eq!(wait, at(600), "and longer each time");
}

#[test]
fn a_forgotten_conversation_is_neither_pushed_nor_waited_for() {
    let mut outgoing = online([(A, 0, 1), (B, 0, 1)]);
    let mut out = Out::new();
    outgoing.fetched([shown(A, 1), shown(B, 1)], at(0), &mut out);
    outgoing.forget(A);
    assert_eq!(outgoing.unacked(), 1);
    drain(&mut out);
    outgoing.tick(at(5_000), &mut out);
    assert_eq!(out, [push(2, true)]);
}

#[test]
fn settled_conversations_make_room_and_too_many_open_ones_close() {
    let mut outgoing = small();
    let mut out = Out::new();
    for conv in 1..=100 {
        outgoing.queried(ConversationId::from_trusted(conv), seq(1));
    }
    assert!(outgoing.conversations.len() <= policy().tracked_conversations);
    for conv in 1..=4 {
        outgoing.committed(ConversationId::from_trusted(conv), seq(9), &mut out);
    }
    assert_eq!(out.last(), Some(&Action::Close(CloseCode::SlowReader)));
}

/// An edit or a recall is committed, as a connection hears of it.
fn remove(outgoing: &mut Outgoing<&'static str>, target: u64, by: u64, out: &mut Out) {
    outgoing.removed(A, seq(target));
    outgoing.committed(A, seq(by), out);
}

#[test]
fn a_removed_text_is_not_held_or_pushed_again_but_has_its_time() {
    let mut outgoing = online([(A, 0, 2)]);
    let mut out = Out::new();
    outgoing.fetched([shown(A, 1), shown(A, 2)], at(0), &mut out);
    remove(&mut outgoing, 1, 3, &mut out);
    assert_eq!(outgoing.window.bytes, 100, "nothing of it is held");
    drain(&mut out);
    outgoing.fetched([silent(A, 3)], at(0), &mut out);
    for due in [5_000, 7_000] {
        outgoing.tick(at(due), &mut out);
        assert_eq!(drain(&mut out), [push(2, true)], "at {due} ms");
    }
    outgoing.tick(at(9_000), &mut out);
    assert_eq!(drain(&mut out), [Action::Close(CloseCode::AckTimeout)]);
}

#[test]
fn an_ack_of_a_removed_text_counts() {
    let mut outgoing = online([(A, 0, 1)]);
    let mut out = Out::new();
    outgoing.fetched([shown(A, 1)], at(0), &mut out);
    remove(&mut outgoing, 1, 2, &mut out);
    remove(&mut outgoing, 1, 3, &mut out);
    outgoing.fetched([silent(A, 2), silent(A, 3)], at(0), &mut out);
    drain(&mut out);
    outgoing.ack(1, &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 3)]);
    let window = outgoing.window;
    assert_eq!((window.entries, window.bytes), (0, 0));
    assert_eq!(outgoing.next_deadline(), None);
}

#[test]
fn who_comes_forward_does_not_say_a_removed_text_either() {
    let mut outgoing = online([(A, 0, 1)]);
    let mut out = Out::new();
    outgoing.fetched([shown(A, 1)], at(0), &mut out);
    outgoing.stand_back();
    remove(&mut outgoing, 1, 2, &mut out);
    outgoing.come_forward(at(10), &mut out);
    drain(&mut out);
    outgoing.tick(at(5_010), &mut out);
    assert_eq!(out, []);
}

#[test]
fn what_was_read_before_a_removal_is_read_again() {
    let mut outgoing = online([(A, 0, 2)]);
    let mut out = Out::new();
    outgoing.fetched([shown(A, 1)], at(0), &mut out);
    assert_eq!(drain(&mut out), [push(1, false), fetch(&[(A, 1)], 3)]);
    // The text may be in what is being read, and then would be pushed after it was removed.
    remove(&mut outgoing, 2, 3, &mut out);
    assert!(!outgoing.fetched([shown(A, 2)], at(0), &mut out));
    assert_eq!(drain(&mut out), [fetch(&[(A, 1)], 3)]);
    // What is not being read, or was pushed before, is no reason.
    outgoing.removed(B, seq(1));
    outgoing.removed(A, seq(1));
    assert!(outgoing.fetched([silent(A, 2), silent(A, 3)], at(0), &mut out));
    outgoing.ack(1, &mut out);
    assert_eq!(drain(&mut out), [delivered(A, 3)]);
}

/// A step of a random history.
#[derive(Debug, Clone)]
enum Step {
    /// Somebody appends to this conversation, something to be shown or not; the hint may get lost.
    Commit {
        conv: u64,
        shown: bool,
        hinted: bool,
    },
    /// The fetch under way is answered, or fails.
    Read { ok: bool },
    /// The client acks one of its pushes, any one.
    Ack(usize),
    /// Time passes.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..=3_u64, any::<bool>(), prop::bool::weighted(0.9))
            .prop_map(|(conv, shown, hinted)| Step::Commit { conv, shown, hinted }),
        3 => prop::bool::weighted(0.9).prop_map(|ok| Step::Read { ok }),
        3 => any::<usize>().prop_map(Step::Ack),
        1 => (0..1_500_u64).prop_map(Step::Wait),
    ]
}

/// The log of all conversations in order of commit: conversation, seq, whether it shows.
#[derive(Default)]
struct World {
    log: Vec<(ConversationId, Seq, bool)>,
    pushes: Vec<(ConversationId, Seq)>,
    unacked: Vec<u64>,
    delivered: BTreeMap<ConversationId, Seq>,
    request: Option<(Vec<(ConversationId, Seq)>, usize)>,
    closed: bool,
}

impl World {
    fn head(&self, conv: ConversationId) -> Seq {
        let last = self.log.iter().rev().find(|(of, ..)| *of == conv);
        last.map_or(Seq::ZERO, |(_, seq, _)| *seq)
    }

    fn oldest(
        &self,
        after: &[(ConversationId, Seq)],
        limit: usize,
    ) -> Vec<Entry<(ConversationId, Seq)>> {
        let wanted = |conv: ConversationId, seq: Seq| {
            after.iter().any(|(of, after)| *of == conv && seq > *after)
        };
        let found = self.log.iter().filter(|(conv, seq, _)| wanted(*conv, *seq));
        let entry = |&(conv, seq, is_shown): &(ConversationId, Seq, bool)| Entry {
            conv,
            seq,
            shown: is_shown.then_some(Shown {
                bytes: 100,
                payload: (conv, seq),
            }),
        };
        found.take(limit).map(entry).collect()
    }

    /// Carries out and checks what the machine decided.
    fn act(&mut self, out: &mut Vec<Action<(ConversationId, Seq)>>) {
        for action in out.drain(..) {
            assert!(!self.closed, "nothing follows a close");
            match action {
                Action::Push {
                    tid,
                    payload,
                    again: false,
                } => {
                    self.pushes.push(payload);
                    assert_eq!(tid, self.pushes.len() as u64, "numbers without holes");
                    self.unacked.push(tid);
                    assert!(self.unacked.len() <= policy().window_entries);
                }
                Action::Push { tid, payload, .. } => {
                    assert!(self.unacked.contains(&tid));
                    let first = usize::try_from(tid).expect("a small number") - 1;
                    assert_eq!(self.pushes[first], payload, "one number, one message");
                }
                Action::Fetch { after, limit } => {
                    assert!(self.request.is_none(), "one at a time");
                    self.request = Some((after, limit));
                }
                Action::Delivered { conv, seq } => {
                    let before = self.delivered.insert(conv, seq).unwrap_or(Seq::ZERO);
                    assert!(seq > before, "only ever forward");
                    let covers_unacked = self.unacked.iter().any(|tid| {
                        let first = usize::try_from(*tid).expect("a small number") - 1;
                        self.pushes[first].0 == conv && self.pushes[first].1 <= seq
                    });
                    assert!(!covers_unacked, "delivered means acked");
                }
                Action::Close(code) => {
                    assert_eq!(code, CloseCode::AckTimeout);
                    self.closed = true;
                }
            }
        }
    }

    fn check_pushes(&self) {
        for (index, (conv, seq)) in self.pushes.iter().enumerate() {
            let earlier = self.pushes[..index].iter().filter(|(of, _)| of == conv);
            for (_, before) in earlier {
                assert!(before < seq, "each once, in order");
            }
        }
    }
}

proptest! {
    #[test]
    fn every_shown_entry_is_pushed_once_in_order_and_delivered_when_acked(
        steps in prop::collection::vec(step(), 1..120)
    ) {
        let mut outgoing = Outgoing::new(Arc::new(policy()));
        outgoing.resume([], &mut Vec::new());
        let mut world = World::default();
        let mut out = Vec::new();
        let mut now = at(0);
        for step in steps {
            match step {
                Step::Commit { conv, shown, hinted } => {
                    let conv = ConversationId::from_trusted(conv);
                    let seq = world.head(conv).next();
                    world.log.push((conv, seq, shown));
                    // The first hint of a conversation tells where the connection begins.
                    if hinted || seq == Seq::ZERO.next() {
                        outgoing.committed(conv, seq, &mut out);
                    }
                }
                Step::Read { ok } => match world.request.take() {
                    Some((after, limit)) if ok => {
                        outgoing.fetched(world.oldest(&after, limit), now, &mut out);
                    }
                    Some(_) => outgoing.fetch_failed(now),
                    None => {}
                },
                Step::Ack(any) if !world.unacked.is_empty() => {
                    let tid = world.unacked.remove(any % world.unacked.len());
                    outgoing.ack(tid, &mut out);
                }
                Step::Ack(_) => {}
                Step::Wait(milliseconds) => {
                    now = now.after(Duration::from_millis(milliseconds));
                    outgoing.tick(now, &mut out);
                }
            }
            world.act(&mut out);
            if world.closed {
                break;
            }
        }
        world.check_pushes();
        // From here on the client acks everything, and the hints come.
        let mut rounds = 0;
        while !world.closed {
            let heads: Vec<_> = (1..=3)
                .map(|conv| (ConversationId::from_trusted(conv), world.head(ConversationId::from_trusted(conv))))
                .filter(|(_, head)| *head > Seq::ZERO)
                .collect();
            if heads.iter().all(|(conv, head)| world.delivered.get(conv) == Some(head)) {
                break;
            }
            for (conv, head) in heads {
                outgoing.committed(conv, head, &mut out);
                world.act(&mut out);
            }
            if let Some((after, limit)) = world.request.take() {
                outgoing.fetched(world.oldest(&after, limit), now, &mut out);
                world.act(&mut out);
            }
            for tid in std::mem::take(&mut world.unacked) {
                outgoing.ack(tid, &mut out);
                world.act(&mut out);
            }
            now = now.after(Duration::from_millis(500));
            outgoing.tick(now, &mut out);
            world.act(&mut out);
            rounds += 1;
            assert!(rounds < 1_000, "it never comes to an end");
        }
        world.check_pushes();
        if !world.closed {
            let shown = world.log.iter().filter(|(.., shown)| *shown).count();
            assert_eq!(world.pushes.len(), shown, "all of it, once");
            assert_eq!(outgoing.unacked(), 0);
        }
    }
}

#[test]
fn who_stands_back_pushes_nothing_and_forgets_nothing() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.committed(A, seq(1), &mut out);
    outgoing.fetched([shown(A, 1)], at(0), &mut out);
    assert_eq!(drain(&mut out), [fetch(&[(A, 0)], 4), push(1, false)]);
    outgoing.committed(A, seq(2), &mut out);
    assert_eq!(drain(&mut out), [fetch(&[(A, 1)], 3)]);

    outgoing.stand_back();
    // What was being read comes too late; nothing is pushed again or given up.
    outgoing.fetched([shown(A, 2)], at(10), &mut out);
    outgoing.committed(B, seq(7), &mut out);
    assert_eq!(outgoing.next_deadline(), None);
    outgoing.tick(at(1_000_000), &mut out);
    assert_eq!(drain(&mut out), []);

    // Back: it goes on where it stood, and what has no ack has its whole time again.
    outgoing.come_forward(at(1_000_000), &mut out);
    assert_eq!(drain(&mut out), [fetch(&[(A, 1), (B, 6)], 3)]);
    outgoing.fetched([shown(A, 2), shown(B, 7)], at(1_000_000), &mut out);
    assert_eq!(drain(&mut out), [push(2, false), push(3, false)]);
    assert_eq!(outgoing.next_deadline(), Some(at(1_005_000)));
    outgoing.tick(at(1_005_000), &mut out);
    let again = [push(1, true), push(2, true), push(3, true)];
    assert_eq!(drain(&mut out), again);
}

#[test]
fn an_ack_counts_for_who_stands_back() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.committed(A, seq(1), &mut out);
    outgoing.fetched([shown(A, 1)], at(0), &mut out);
    outgoing.stand_back();
    drain(&mut out);
    assert!(!outgoing.ack(2, &mut out), "there is no such push");
    assert!(outgoing.ack(1, &mut out));
    assert_eq!(drain(&mut out), [delivered(A, 1)]);
    assert!(!outgoing.ack(1, &mut out), "acked before");
    outgoing.come_forward(at(9), &mut out);
    outgoing.come_forward(at(9), &mut out);
    assert_eq!(drain(&mut out), []);
    assert_eq!(outgoing.next_deadline(), None);
}

#[test]
fn who_lost_track_while_standing_back_ends_only_when_it_is_needed() {
    let mut outgoing = small();
    let mut out = Out::new();
    outgoing.stand_back();
    for conv in 1..=policy().tracked_conversations as u64 + 1 {
        outgoing.committed(ConversationId::from_trusted(conv), seq(1), &mut out);
    }
    assert_eq!(drain(&mut out), []);
    outgoing.come_forward(at(0), &mut out);
    assert_eq!(drain(&mut out), [Action::Close(CloseCode::SlowReader)]);
}
