//! Reads and writes at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fixture::{Engine, Fixture, WIDE, append_outcome};
use crate::{HistoryRange, Logs, SyncCursor, Target, Write};

/// Every batch has three messages, so whatever is read has a multiple of three.
pub async fn a_read_never_sees_half_a_batch<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let mut batches = Vec::new();
    for _ in 0..100 {
        let batch: [_; 3] = std::array::from_fn(|_| f.message(a, Target::Direct(b), "x"));
        batches.push(batch);
    }
    let conv = f.append_all(&batches[0]).await[0].as_ref().unwrap().conv;
    let done = Arc::new(AtomicBool::new(false));
    let (store, ended) = (f.shared(), Arc::clone(&done));
    let reader = tokio::spawn(async move {
        let mut reads = 0;
        let mut last = 0;
        while !ended.load(Ordering::Relaxed) {
            let page = store
                .history(b, conv, HistoryRange::Latest, 1)
                .await
                .unwrap();
            assert_eq!(page.head.get() % 3, 0);
            assert_eq!(page.entries[0].seq, page.head);
            assert!(page.head.get() >= last, "what was seen stays seen");
            last = page.head.get();
            let page = store.sync(b, SyncCursor::Since(0), WIDE).await.unwrap();
            let (conversation, unread, entries) = &page.conversations[0];
            assert_eq!(conversation.head.get(), *unread);
            assert_eq!(page.total_unread, *unread);
            assert_eq!(entries.last().unwrap().seq, conversation.head);
            reads += 1;
        }
        reads
    });
    for batch in &batches[1..] {
        let head = f.append_all(batch).await[2].as_ref().unwrap().seq;
        assert_eq!(f.conversation(b, conv).await.head, head, "seen at once");
    }
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
}

/// Many callers at once: each gets its own outcomes, and the log is one.
pub async fn concurrent_commits<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let batch: Arc<[Write]> = [
            Write::Append(f.message(a, Target::Direct(b), "from a")),
            Write::Append(f.message(b, Target::Direct(a), "from b")),
        ]
        .into();
        let store = f.shared();
        tasks.spawn(async move { store.commit(batch).await.unwrap() });
    }
    let mut seqs = Vec::new();
    for outcomes in tasks.join_all().await {
        let batch: Vec<_> = outcomes
            .into_iter()
            .map(|outcome| append_outcome(outcome).unwrap().seq.get())
            .collect();
        assert_eq!(batch[0] + 1, batch[1], "a batch is not torn apart");
        seqs.extend(batch);
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
}
