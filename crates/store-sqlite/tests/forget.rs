//! What was recalled or edited away is gone from the file, not only from sight.

#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::fs;

use support::Case;

fn contains(bytes: &[u8], needle: &str) -> bool {
    bytes
        .windows(needle.len())
        .any(|part| part == needle.as_bytes())
}

#[tokio::test]
async fn no_trace_in_the_file() {
    let mut f = Case::fresh().await;
    let (a, b) = f.pair().await;
    // Short ones live in a page with others, long ones in pages of their own, which get free.
    let secret = |n: u64| format!("secret {n} {}", "s3cr3t ".repeat(n as usize * 700));
    let conv = f.say(a, b, "before").await.conv;
    for n in 0..5 {
        f.say(a, b, &secret(n)).await;
        f.say(b, a, "between").await;
    }
    let seq = |value| hongyan_protocol::Seq::new(value).unwrap();
    for n in 0..5 {
        let message = seq(2 + 2 * n);
        let edit = f.edit(a, conv, message, &format!("edited {}", secret(n)));
        f.append(&edit).await.unwrap();
        let edit = f.edit(a, conv, message, &format!("again {}", secret(n)));
        f.append(&edit).await.unwrap();
    }
    for n in 0..5 {
        let recall = f.recall(a, conv, seq(2 + 2 * n));
        f.append(&recall).await.unwrap();
    }
    f.verify().await;
    let engine = f.into_engine().await;
    assert!(!engine.log_path().exists(), "the log was copied back");
    for journal in engine.journal_paths() {
        assert!(!journal.exists(), "the journal was carried out");
    }
    let bytes = fs::read(engine.path()).unwrap();
    assert!(contains(&bytes, "before") && contains(&bytes, "between"));
    for trace in ["secret ", "s3cr3t", "edited ", "again "] {
        assert!(!contains(&bytes, trace), "{trace:?} is still there");
    }
}
