//! The walk over the conversations that changed.

use std::collections::{HashMap, HashSet};

use hongyan_protocol::{ConversationId, UserId};

use super::fixture::{Engine, Fixture, WIDE, seq};
use crate::{Entry, SyncCursor, SyncLimits, SyncPage, Target};

fn convs(page: &SyncPage) -> Vec<ConversationId> {
    page.conversations
        .iter()
        .map(|(conv, ..)| conv.id)
        .collect()
}

fn pages_of(conversations: usize) -> SyncLimits {
    SyncLimits {
        conversations,
        ..WIDE
    }
}

/// Conversations of one user with as many others, oldest first.
async fn account<E: Engine>(
    f: &mut Fixture<E>,
    others: usize,
) -> (UserId, Vec<(UserId, ConversationId)>) {
    let user = f.user().await;
    let mut made = Vec::new();
    for _ in 0..others {
        let other = f.user().await;
        made.push((other, f.say(other, user, "hello").await.conv));
    }
    (user, made)
}

pub async fn an_empty_account<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let page = f.sync(user, SyncCursor::Since(0), WIDE).await;
    assert_eq!(page.conversations, []);
    assert_eq!(page.total_unread, 0);
    assert!(matches!(page.next, SyncCursor::Since(_)));
    let other = f.user().await;
    let conv = f.say(other, user, "hello").await.conv;
    let page = f.sync(user, page.next, WIDE).await;
    assert_eq!(convs(&page), [conv]);
}

pub async fn newest_change_first<E: Engine>(f: &mut Fixture<E>) {
    let (user, made) = account(f, 3).await;
    let [(a, first), (_, second), (_, third)] = made[..] else {
        panic!("three were made");
    };
    let page = f.sync(user, SyncCursor::Since(0), WIDE).await;
    assert_eq!(convs(&page), [third, second, first]);
    assert_eq!(page.total_unread, 3);
    f.say(user, a, "back to you").await;
    let page = f.sync(user, page.next, WIDE).await;
    assert_eq!(convs(&page), [first], "only what changed");
    assert_eq!(page.total_unread, 2, "of all conversations");
    let (conversation, unread, entries) = &page.conversations[0];
    assert_eq!((conversation.head, *unread), (seq(2), 0));
    assert_eq!(entries, &f.log(user, first).await);
    assert_eq!(conversation, &f.conversation(user, first).await);
    let page = f.sync(user, page.next, WIDE).await;
    assert_eq!(page.conversations, []);
    let page = f.sync(user, SyncCursor::Since(0), WIDE).await;
    assert_eq!(convs(&page), [first, third, second]);
}

/// An entry of any kind and a move, by whomever.
pub async fn every_change_is_found<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    let mut cursors = [
        (a, f.sync(a, SyncCursor::Since(0), WIDE).await.next),
        (b, f.sync(b, SyncCursor::Since(0), WIDE).await.next),
    ];
    for step in 0..6 {
        let changes = match step {
            0 => f.advance(b, conv, None, Some(1)).await.unwrap().changed,
            1 => f.advance(b, conv, Some(1), None).await.unwrap().changed,
            2 => f.advance(b, conv, Some(1), Some(1)).await.unwrap().changed,
            3 => !f.say(b, a, "two").await.duplicate,
            4 => {
                let edit = f.edit(a, conv, seq(1), "eins");
                f.append(&edit).await.is_ok()
            }
            _ => {
                let recall = f.recall(a, conv, seq(1));
                f.append(&recall).await.is_ok()
            }
        };
        for (user, cursor) in &mut cursors {
            let page = f.sync(*user, *cursor, WIDE).await;
            let expected: &[_] = if changes { &[conv] } else { &[] };
            assert_eq!(convs(&page), expected, "step {step} for {user}");
            *cursor = page.next;
        }
    }
}

pub async fn pages_are_constant<E: Engine>(f: &mut Fixture<E>) {
    let (user, made) = account(f, 25).await;
    let (mut cursor, mut walked) = (SyncCursor::Since(0), Vec::new());
    loop {
        let page = f.sync(user, cursor, pages_of(10)).await;
        assert_eq!(page.total_unread, 25);
        walked.extend(convs(&page));
        cursor = page.next;
        if matches!(cursor, SyncCursor::Since(_)) {
            break;
        }
        assert_eq!(page.conversations.len(), 10);
    }
    let newest_first: Vec<_> = made.iter().rev().map(|(_, conv)| *conv).collect();
    assert_eq!(walked, newest_first);
    assert_eq!(f.sync(user, cursor, WIDE).await.conversations, []);
    // A page that fits exactly says that it is the last.
    let page = f.sync(user, SyncCursor::Since(0), pages_of(25)).await;
    assert!(matches!(page.next, SyncCursor::Since(_)));
}

pub async fn a_walk_with_changes_between_misses_nothing<E: Engine>(f: &mut Fixture<E>) {
    let (user, made) = account(f, 12).await;
    let mut heads: HashMap<_, _> = made.iter().map(|(_, conv)| (*conv, 1)).collect();
    let mut known = HashMap::new();
    let mut cursor = SyncCursor::Since(0);
    let mut walks = 0;
    let mut pages = 0;
    while walks < 3 {
        let page = f.sync(user, cursor, pages_of(4)).await;
        for (conv, ..) in &page.conversations {
            known.insert(conv.id, conv.head.get());
        }
        cursor = page.next;
        if matches!(cursor, SyncCursor::Since(_)) {
            walks += 1;
        }
        // Between the pages of the first walk an old and a new conversation change, and one begins.
        if pages < 2 {
            for (other, conv) in [made[pages], made[11 - pages]] {
                f.say(other, user, "meanwhile").await;
                *heads.entry(conv).or_default() += 1;
            }
            let late = f.user().await;
            heads.insert(f.say(late, user, "I am new").await.conv, 1);
        }
        pages += 1;
    }
    assert_eq!(known, heads);
    // And what did not change was not told twice.
    let page = f.sync(user, cursor, WIDE).await;
    assert_eq!(page.conversations, []);
}

pub async fn entries_and_bytes_are_bounded<E: Engine>(f: &mut Fixture<E>) {
    let (user, made) = account(f, 3).await;
    for (other, _) in &made {
        let mut batch = Vec::new();
        for n in 0..5 {
            batch.push(f.message(*other, Target::Direct(user), &format!("message {n}")));
        }
        f.append_all(&batch).await;
    }
    let limits = SyncLimits { entries: 2, ..WIDE };
    let page = f.sync(user, SyncCursor::Since(0), limits).await;
    for (_, _, entries) in &page.conversations {
        let seqs: Vec<_> = entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, [seq(5), seq(6)], "the last ones, ascending");
    }
    // The first conversation gets two, then there is room for none.
    let bytes = page.conversations[0].2.iter().map(Entry::wire_bytes).sum();
    let limits = SyncLimits { bytes, ..WIDE };
    let page = f.sync(user, SyncCursor::Since(0), limits).await;
    let counts: Vec<_> = page
        .conversations
        .iter()
        .map(|(.., entries)| entries.len())
        .collect();
    assert_eq!(counts, [2, 0, 0]);
    let unread: u64 = page.conversations.iter().map(|(_, unread, _)| unread).sum();
    assert_eq!(
        (unread, page.total_unread),
        (18, 18),
        "whatever is left out"
    );
}

pub async fn only_own_conversations<E: Engine>(f: &mut Fixture<E>) {
    let (user, made) = account(f, 2).await;
    let stranger = f.user().await;
    f.say(made[0].0, stranger, "between us").await;
    let page = f.sync(user, SyncCursor::Since(0), WIDE).await;
    let found: HashSet<_> = convs(&page).into_iter().collect();
    assert_eq!(found, made.iter().map(|(_, conv)| *conv).collect());
    // A cursor from elsewhere, or from a time that a backup took back, does no harm.
    for cursor in [
        SyncCursor::Since((1 << 53) - 1),
        SyncCursor::Within {
            since: 9,
            top: 3,
            below: 1,
        },
        SyncCursor::Within {
            since: 0,
            top: 0,
            below: (1 << 53) - 1,
        },
    ] {
        let page = f.sync(user, cursor, WIDE).await;
        assert!(convs(&page).iter().all(|conv| found.contains(conv)));
    }
}
