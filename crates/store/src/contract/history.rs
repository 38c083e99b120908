//! Stretches of a log.

use hongyan_protocol::limits::{MENTIONS, PAGE_BYTES, TEXT_BYTES};
use hongyan_protocol::{ClientId, ConversationId, UserId};

use super::fixture::{Engine, Fixture, seq};
use crate::{Change, Entry, HISTORY_LIMIT, HistoryRange, Logs, ReadError, Target};

async fn seqs<E: Engine>(
    f: &Fixture<E>,
    (user, conv): (UserId, ConversationId),
    range: HistoryRange,
    limit: usize,
    head: u64,
) -> Vec<u64> {
    let page = f.store().history(user, conv, range, limit).await.unwrap();
    assert_eq!(page.head, seq(head));
    page.entries.iter().map(|entry| entry.seq.get()).collect()
}

pub async fn ranges<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "1").await.conv;
    for n in 2..=10 {
        f.say(a, b, &n.to_string()).await;
    }
    let at = (b, conv);
    let before = |n| HistoryRange::Before(seq(n));
    let after = |n| HistoryRange::After(seq(n));
    for (range, limit, expected) in [
        (HistoryRange::Latest, 3, &[8, 9, 10][..]),
        (HistoryRange::Latest, 99, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (HistoryRange::Latest, 0, &[]),
        (before(5), 2, &[3, 4]),
        (before(3), 9, &[1, 2]),
        (before(1), 9, &[]),
        (before(0), 9, &[]),
        (before(99), 2, &[9, 10]),
        (before((1 << 53) - 1), 1, &[10]),
        (after(0), 2, &[1, 2]),
        (after(8), 9, &[9, 10]),
        (after(10), 9, &[]),
        (after((1 << 53) - 1), 9, &[]),
    ] {
        let found = seqs(f, at, range, limit, 10).await;
        assert_eq!(found, expected, "{range:?} {limit}");
    }
}

pub async fn limits<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let mut batch = Vec::new();
    for _ in 0..HISTORY_LIMIT + 5 {
        batch.push(f.message(a, Target::Direct(b), "x"));
    }
    let outcomes = f.append_all(&batch).await;
    let at = (b, outcomes[0].as_ref().unwrap().conv);
    let head = batch.len() as u64;
    for range in [HistoryRange::Latest, HistoryRange::After(seq(0))] {
        let found = seqs(f, at, range, usize::MAX, head).await;
        assert_eq!(found.len(), HISTORY_LIMIT);
        assert!(found.is_sorted_by(|a, b| a + 1 == *b));
    }
}

/// More than is written around an entry's text.
const AROUND_A_TEXT: usize = 1024;

/// A control character takes six bytes: what is counted is what is written, at either end of a log.
pub async fn written_bytes_are_bounded<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let mut batch = Vec::new();
    for text in ["\u{1}", "\"", "\\", "x", "\n", "雁", "\u{1f}"] {
        for _ in 0..6 {
            let text = text.repeat(TEXT_BYTES / text.len());
            let mut append = f.message(a, Target::Direct(b), &text);
            append.client_id = ClientId::new("\"".repeat(55) + append.client_id.as_str()).unwrap();
            if let Change::Message { mentions, .. } = &mut append.change {
                *mentions = (1..=MENTIONS as u64).map(UserId::from_trusted).collect();
            }
            batch.push(append);
        }
    }
    let outcomes = f.append_all(&batch).await;
    let conv = outcomes[0].as_ref().unwrap().conv;
    let mut found = 0;
    while found < batch.len() as u64 {
        for range in [
            HistoryRange::After(seq(found)),
            HistoryRange::Before(seq(batch.len() as u64 + 1 - found)),
        ] {
            let page = f.store().history(b, conv, range, HISTORY_LIMIT).await;
            let entries = page.unwrap().entries;
            let bytes: usize = entries.iter().map(Entry::wire_bytes).sum();
            assert!(bytes <= PAGE_BYTES, "{} in {bytes} bytes", entries.len());
            if range == HistoryRange::After(seq(found)) {
                found = entries.last().unwrap().seq.get();
            }
        }
    }
}

pub async fn bytes_are_bounded<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let text = "x".repeat(PAGE_BYTES / 4 - AROUND_A_TEXT);
    let mut batch = Vec::new();
    for _ in 0..10 {
        batch.push(f.message(a, Target::Direct(b), &text));
    }
    let huge = "y".repeat(PAGE_BYTES + 1);
    batch.push(f.message(a, Target::Direct(b), &huge));
    let outcomes = f.append_all(&batch).await;
    let at = (b, outcomes[0].as_ref().unwrap().conv);
    let after = |n| HistoryRange::After(seq(n));
    assert_eq!(seqs(f, at, after(0), 99, 11).await, [1, 2, 3, 4]);
    let before = HistoryRange::Before(seq(11));
    assert_eq!(seqs(f, at, before, 99, 11).await, [7, 8, 9, 10]);
    // One is always given, so that paging comes forward.
    assert_eq!(seqs(f, at, HistoryRange::Latest, 99, 11).await, [11]);
    assert_eq!(seqs(f, at, after(8), 99, 11).await, [9, 10]);
}

pub async fn strangers<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let stranger = f.user().await;
    let conv = f.say(a, b, "between us").await.conv;
    let none = ConversationId::new(conv.get() + 1000).unwrap();
    for (user, conv) in [(stranger, conv), (a, none)] {
        let history = f.store().history(user, conv, HistoryRange::Latest, 9);
        assert_eq!(history.await, Err(ReadError::NotMember));
        let conversation = f.store().conversation(user, conv).await;
        assert_eq!(conversation, Err(ReadError::NotMember));
    }
}
