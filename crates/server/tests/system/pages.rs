//! What a page of anything may weigh, whatever people wrote: no more than every client can take.

use hongyan_protocol::limits::{PAGE_FRAME_BYTES, TEXT_BYTES};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, Raw, TestServer, WANG, ZHANG, ZHANG_ID};

/// Pieces of text that JSON makes longer, or not, or that could be cut in the middle.
const PIECES: [&str; 9] = [
    "\u{1}",
    "\u{1f}",
    "\"",
    "\\",
    "\n",
    "\t",
    "x",
    "雁",
    "\u{1f426}",
];

/// A text of at most so many bytes, all of one piece or of a mixture.
fn hostile_text(random: &mut StdRng, bytes: usize) -> String {
    let one = random.random_range(0..PIECES.len());
    let is_mixed = random.random_bool(0.3);
    let mut text = String::new();
    loop {
        let piece = match is_mixed {
            true => PIECES[random.random_range(0..PIECES.len())],
            false => PIECES[one],
        };
        if text.len() + piece.len() > bytes {
            return text;
        }
        text.push_str(piece);
    }
}

/// Writes to both others, until a page of everything would be larger than a client takes.
async fn write_hostile(http: &Http, random: &mut StdRng, recipients: &[u64]) -> Vec<u64> {
    let mut sent = vec![0; recipients.len()];
    for n in 0..24 {
        let to = n % recipients.len();
        let longest = if n < 12 { TEXT_BYTES } else { 3000 };
        let text = match n {
            0..10 => "\u{1}".repeat(TEXT_BYTES),
            _ => hostile_text(random, longest),
        };
        let client_id = format!("{n:03}{}", "\\".repeat(61));
        let mentions: Vec<u64> = (0..64).map(|n| (1 << 53) - 1 - n).collect();
        let body = json!({ "to": recipients[to], "client_id": client_id, "mentions": mentions,
            "body": { "type": "text", "text": text } });
        let (status, answer) = http.post("/v1/messages", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        sent[to] += 1;
    }
    sent
}

#[tokio::test]
async fn no_page_is_larger_than_said_whatever_people_write() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    // To look at everything from all sides takes more than a person does.
    let more =
        |config: &mut hongyan::config::Config| config.limits.user_units_per_second = 1_000_000;
    let server = TestServer::start_with(more).await;
    let zhang = Http::sign_in(&server.url(), ZHANG, "writer").await;
    for (login, name) in [(ZHANG, "\""), (LI, "\\"), (WANG, "'\"")] {
        let http = server.http(login).await;
        let name = name.repeat(128 / name.len());
        let renamed = http
            .call(Method::PATCH, "/v1/me", Some(json!({ "name": name })))
            .await;
        assert_eq!(renamed.0, StatusCode::OK);
    }
    let wang_id = LI_ID + 1;
    let sent = write_hostile(&zhang, &mut random, &[LI_ID, wang_id]).await;

    for (login, expected) in [(ZHANG, &sent[..]), (LI, &sent[..1]), (WANG, &sent[1..])] {
        let http = server.http(login).await;
        let mut socket = server.connect(login).await;
        let shown = walk(&mut socket, &http).await;
        let total: u64 = shown.iter().map(|(_, head)| head).sum();
        assert_eq!(total, expected.iter().sum::<u64>());
        for (conv, head) in shown {
            read_it_all(&mut socket, &http, conv, head).await;
        }
        for path in ["/v1/users", "/v1/sessions", "/v1/me"] {
            let (_, bytes) = http.get_measured(path).await;
            assert!(bytes <= PAGE_FRAME_BYTES, "{path} has {bytes} bytes");
        }
    }
}

/// Every page of a sync, at both doors: each conversation and its head.
async fn walk(socket: &mut Raw, http: &Http) -> Vec<(u64, u64)> {
    let mut shown = Vec::new();
    for limit in [1, 50] {
        shown.clear();
        let mut cursor = Value::Null;
        loop {
            let request = json!({ "type": "sync", "limit": limit, "cursor": cursor });
            let (page, bytes) = socket.request_measured(request).await;
            assert!(bytes <= PAGE_FRAME_BYTES, "a sync has {bytes} bytes");
            let query = cursor.as_str().map(|cursor| format!("&cursor={cursor}"));
            let path = format!(
                "/v1/conversations?limit={limit}{}",
                query.unwrap_or_default()
            );
            let (over_http, bytes) = http.get_measured(&path).await;
            assert!(bytes <= PAGE_FRAME_BYTES, "{path} has {bytes} bytes");
            assert_eq!(over_http["conversations"], page["conversations"]);
            for view in page["conversations"].as_array().unwrap() {
                let seqs = seqs(view);
                assert!(seqs.is_sorted_by(|a, b| a + 1 == *b));
                assert!(seqs.last().is_none_or(|last| *last == view["head"]));
                shown.push((
                    view["conv"].as_u64().unwrap(),
                    view["head"].as_u64().unwrap(),
                ));
            }
            cursor = page["cursor"].clone();
            if page["more"] == false {
                break;
            }
        }
    }
    shown
}

/// Every page of a log, at both doors and from both ends. Each page brings something.
async fn read_it_all(socket: &mut Raw, http: &Http, conv: u64, head: u64) {
    for direction in ["after", "before"] {
        let mut held = Vec::new();
        let mut from = if direction == "after" { 0 } else { head + 1 };
        loop {
            let request = json!({ "type": "history", "conv": conv, direction: from, "limit": 200 });
            let (page, bytes) = socket.request_measured(request).await;
            assert!(
                bytes <= PAGE_FRAME_BYTES,
                "a page of a log has {bytes} bytes"
            );
            let path = format!("/v1/conversations/{conv}/entries?limit=200&{direction}={from}");
            let (over_http, bytes) = http.get_measured(&path).await;
            assert!(bytes <= PAGE_FRAME_BYTES, "{path} has {bytes} bytes");
            assert_eq!(over_http["entries"], page["entries"]);
            let found = seqs(&page);
            assert!(!found.is_empty(), "whoever pages comes forward");
            from = if direction == "after" {
                found[found.len() - 1]
            } else {
                found[0]
            };
            held.extend(found);
            if page["more"] == false {
                break;
            }
        }
        held.sort_unstable();
        assert_eq!(held, (1..=head).collect::<Vec<_>>(), "{direction}");
    }
}

fn seqs(page: &Value) -> Vec<u64> {
    let entries = page["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["seq"].as_u64().unwrap())
        .collect()
}

/// A connection that was held back gets the rest of the log in pages of pushes: one frame for each entry.
#[tokio::test]
async fn what_is_pushed_later_comes_whole_however_it_is_escaped() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let mut li = server.connect(LI).await.acking();
    let text = "\u{1}".repeat(TEXT_BYTES);
    for n in 1..=8 {
        zhang.send_text(LI_ID, &format!("p{n}"), &text).await;
    }
    for n in 1..=8 {
        let entry = loop {
            let entry = li.next_of("entry").await;
            if entry["seq"] == n {
                break entry;
            }
        };
        assert_eq!(entry["from"], ZHANG_ID);
        assert_eq!(
            entry["body"]["text"].as_str().map(str::len),
            Some(TEXT_BYTES)
        );
    }
}
