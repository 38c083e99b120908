//! `docs/PROTOCOL.md` says what the code does: its traces, tables and limits are read and compared.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that panics fails the test that called it"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::client::client_frames;
use common::server::server_frames;
use hongyan_protocol::{ClientFrame, CloseCode, ErrorCode, Failure, Send, ServerFrame, limits};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");

/// The lines of all fenced blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let mut lines = Vec::new();
    let mut inside = None;
    for line in DOCUMENT.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(_), Some(_)) => inside = None,
            (Some(opened), None) => inside = Some(opened),
            (None, Some(opened)) if opened == language => lines.push(line),
            (None, _) => {}
        }
    }
    assert!(inside.is_none(), "a block is not closed");
    lines
}

/// The first cells of the tables under a heading, its subheadings left out, without backticks.
fn table_rows(chapter: &str, heading: &str) -> BTreeSet<String> {
    DOCUMENT
        .lines()
        .skip_while(|line| *line != chapter)
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect()
}

fn type_of(text: &str) -> String {
    let frame: Value = serde_json::from_str(text).unwrap();
    frame["type"].as_str().unwrap().to_owned()
}

#[test]
fn traces_are_what_the_encoder_writes() {
    let mut traced = BTreeSet::new();
    let lines = blocks("text");
    for (index, line) in lines.iter().enumerate() {
        if let Some(text) = line.strip_prefix("→ ") {
            let (req, frame) = ClientFrame::decode(text).unwrap_or_else(|e| panic!("{e}: {text}"));
            assert_eq!(frame.encode(req), text);
            traced.insert(format!("→ {}", type_of(text)));
        } else if let Some(text) = line.strip_prefix("← ") {
            let (req, frame) = ServerFrame::decode(text).unwrap_or_else(|e| panic!("{e}: {text}"));
            assert_ne!(frame, ServerFrame::Unknown, "{text}");
            assert_eq!(frame.encode(req), text);
            traced.insert(format!("← {}", type_of(text)));
        } else if let Some(text) = line.strip_prefix("⇥ ") {
            let error = ClientFrame::decode(text).unwrap_err();
            let failure = ServerFrame::Error(Failure {
                code: error.code,
                message: error.message.into(),
                retry_after_ms: None,
            });
            let answer = lines[index + 1].strip_prefix("← ").unwrap();
            assert_eq!(failure.encode(error.req), answer, "{text}");
        } else {
            assert!(!line.contains("{\""), "a frame without direction: {line}");
        }
    }
    assert_eq!(traced, every_type(), "each frame has a trace, each way");
}

/// The pings and pongs of the document are what the server's arithmetic gives.
#[test]
fn the_heartbeat_grows_as_in_the_trace() {
    let policy = hongyan_protocol::heartbeat::Policy::default();
    let mut given = None;
    let mut compared = 0;
    for line in blocks("text") {
        let client = line.strip_prefix("→ ").map(ClientFrame::decode);
        let server = line.strip_prefix("← ").map(ServerFrame::decode);
        if let Some(Ok((_, ClientFrame::Ping(ping)))) = client {
            given = Some(policy.next_interval_ms(&ping));
        } else if let Some(Ok((_, ServerFrame::Pong(pong)))) = server {
            assert_eq!(given.take(), Some(pong.next_interval_ms), "{line}");
            compared += 1;
        }
    }
    assert_eq!(compared, 3);
}

fn every_type() -> BTreeSet<String> {
    let client = client_frames();
    let client = client
        .iter()
        .map(|(_, req, frame)| format!("→ {}", type_of(&frame.encode(*req))));
    let server = server_frames();
    let server = server
        .iter()
        .filter(|(_, _, frame)| *frame != ServerFrame::Unknown)
        .map(|(_, req, frame)| format!("← {}", type_of(&frame.encode(*req))));
    client.chain(server).collect()
}

#[test]
fn http_examples_hold() {
    let (mut path, mut status, mut checked) = ("", "", 0);
    for line in blocks("http") {
        let methods = ["POST ", "GET ", "PATCH ", "DELETE "];
        let request = methods.iter().find_map(|method| line.strip_prefix(method));
        if let Some(request) = request {
            path = request;
        } else if let Some(body) = line.strip_prefix("→ ") {
            assert!(serde_json::from_str::<Value>(body).unwrap().is_object());
            if path == "/v1/messages" {
                Send::from_json(body.as_bytes()).unwrap();
                checked += 1;
            }
        } else if let Some(body) = line.strip_prefix("← {") {
            let body: Value = serde_json::from_str(&format!("{{{body}")).unwrap();
            if let Some(error) = body.get("error") {
                let failure: Failure = serde_json::from_value(error.clone()).unwrap();
                assert_eq!(failure.code.http_status().to_string(), status);
                assert_eq!(
                    failure.code.is_retryable(),
                    failure.retry_after_ms.is_some(),
                    "{body}"
                );
                checked += 1;
            }
        } else if let Some(line) = line.strip_prefix("← ") {
            status = line;
        } else {
            assert!(line.is_empty(), "neither request nor answer: {line}");
        }
    }
    assert!(checked >= 5, "only {checked} bodies were looked at");
}

/// The fields of all samples of a frame, by its type.
fn fields(frames: impl Iterator<Item = String>) -> BTreeMap<String, BTreeSet<String>> {
    let mut fields = BTreeMap::<String, BTreeSet<String>>::new();
    for text in frames {
        let frame: Value = serde_json::from_str(&text).unwrap();
        let keys = frame.as_object().unwrap().keys();
        let own = keys.filter(|key| *key != "type" && *key != "req");
        fields
            .entry(type_of(&text))
            .or_default()
            .extend(own.cloned());
    }
    fields
}

/// The samples hold every optional field once, so this finds a field that is in the code or in the
/// document alone.
#[test]
fn every_field_is_in_the_table_of_its_frame() {
    let client = client_frames();
    let client = fields(client.iter().map(|(_, req, frame)| frame.encode(*req)));
    assert_eq!(client.len(), 16);
    for (kind, fields) in client {
        let mut rows = table_rows("## Frames from the client", &format!("### `{kind}`"));
        // The kinds of bodies are a table of their own in that section.
        rows.remove("text");
        assert_eq!(rows, fields, "→ {kind}");
    }
    let server = server_frames();
    let server = server
        .iter()
        .filter(|(_, _, frame)| *frame != ServerFrame::Unknown);
    let server = fields(server.map(|(_, req, frame)| frame.encode(*req)));
    assert_eq!(server.len(), 21);
    for (kind, fields) in &server {
        let rows = table_rows("## Frames from the server", &format!("### `{kind}`"));
        assert_eq!(rows, *fields, "← {kind}");
    }
}

/// The objects inside frames have tables of their own.
#[test]
fn every_field_of_a_conversation_and_of_a_user_is_in_a_table() {
    let mut keys = BTreeMap::<&str, BTreeSet<String>>::new();
    for (_, req, frame) in server_frames() {
        let frame: Value = serde_json::from_str(&frame.encode(req)).unwrap();
        if !["synced", "profiles"].contains(&frame["type"].as_str().unwrap()) {
            continue;
        }
        for (list, heading) in [
            ("conversations", "#### A conversation"),
            ("users", "#### Users"),
        ] {
            for object in frame[list].as_array().into_iter().flatten() {
                let own = object.as_object().unwrap().keys().cloned();
                keys.entry(heading).or_default().extend(own);
            }
        }
    }
    assert_eq!(keys.len(), 2);
    for (heading, keys) in keys {
        assert_eq!(
            table_rows("## Frames from the server", heading),
            keys,
            "{heading}"
        );
    }
}

/// So has what users make of conversations for themselves.
#[test]
fn every_field_of_a_view_is_in_a_table() {
    let (mut told, mut wished) = (BTreeSet::new(), BTreeSet::new());
    let collect = |frame: String, keys: &mut BTreeSet<String>| {
        let frame: Value = serde_json::from_str(&frame).unwrap();
        let view = frame["view"].as_object();
        keys.extend(view.into_iter().flat_map(|view| view.keys().cloned()));
    };
    for (_, req, frame) in server_frames() {
        collect(frame.encode(req), &mut told);
    }
    for (_, req, frame) in client_frames() {
        collect(frame.encode(req), &mut wished);
    }
    let rows = |heading| table_rows("## One's own view", heading);
    assert_eq!(rows("### What it has"), told);
    assert_eq!(rows("### Changing it"), wished);
}

/// Requires a line that begins so.
#[track_caller]
fn says(start: &str) {
    assert!(
        DOCUMENT.lines().any(|line| line.starts_with(start)),
        "no line begins with: {start}"
    );
}

#[test]
fn every_code_is_in_its_table() {
    for code in ErrorCode::ALL {
        let retry = if code.is_retryable() { "yes" } else { "no" };
        let start = format!("| `{}` | {retry} | ", code.as_str());
        says(&start);
        let end = format!(" | {} |", code.http_status());
        assert!(
            DOCUMENT
                .lines()
                .any(|line| line.starts_with(&start) && line.ends_with(&end)),
            "{code:?} has status {}",
            code.http_status()
        );
    }
    let known: BTreeSet<_> = ErrorCode::ALL
        .iter()
        .map(|code| code.as_str().into())
        .collect();
    assert_eq!(table_rows("## Error codes", "## Error codes"), known);
    for code in CloseCode::ALL {
        let (number, word) = (code.number(), code.as_str());
        let then = if CloseCode::means_reconnect(number) {
            "reconnect"
        } else {
            "terminal"
        };
        says(&format!("| {number} | `{word}` | {then} | "));
    }
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| 4"));
    assert_eq!(rows.count(), CloseCode::ALL.len());
}

#[test]
fn every_limit_is_the_real_one() {
    let seconds = |duration: std::time::Duration| duration.as_secs();
    for start in [
        format!(
            "| one frame from the client | {} bytes |",
            limits::CLIENT_FRAME_BYTES
        ),
        format!(
            "| one frame from the server | {} bytes |",
            limits::SERVER_FRAME_BYTES
        ),
        format!(
            "| the text of a message | 1 to {} bytes |",
            limits::TEXT_BYTES
        ),
        format!("| a `client_id` | 1 to {} bytes,", limits::CLIENT_ID_BYTES),
        format!("| `mentions` of a message | {} users |", limits::MENTIONS),
        format!(
            "| messages with `mentions_all` in a group, in 24 hours | {} |",
            limits::ALLS_A_DAY
        ),
        format!("| blocked users of a user | {} |", limits::BLOCKS),
        format!("| a `topic` | 1 to {} bytes |", limits::TOPIC_BYTES),
        format!("| an `origin` | 1 to {} bytes |", limits::ORIGIN_BYTES),
        format!("| the `token` of `hello` | {} bytes |", limits::TOKEN_BYTES),
        format!(
            "| members of a conversation who are [told](#positions-and-unread) of each other | {} |",
            limits::MEMBERS_TOLD
        ),
        format!(
            "| the `client` of `hello` | {} bytes,",
            limits::CLIENT_NAME_BYTES
        ),
        format!("| the text of a draft | {} bytes |", limits::DRAFT_BYTES),
        format!("| pinned conversations of a user | {} |", limits::PINNED),
        format!("| drafts of a user | {} |", limits::DRAFTS),
        format!("| links into a group | {} |", limits::LINKS),
        format!("| a link's name | {} bytes |", limits::LINK_NAME_BYTES),
        format!("| people whom a link lets in | 1 to {},", limits::LINK_USES),
        format!("| who wait to be let into a group | {},", limits::REQUESTS),
        format!(
            "| groups that a user waits to be let into | {} |",
            limits::REQUESTS_A_USER
        ),
        format!("| a sync cursor | {} bytes |", limits::CURSOR_BYTES),
        format!(
            "| conversations in a page of `sync` | {} |",
            limits::SYNC_CONVERSATIONS
        ),
        format!(
            "| entries of a conversation in a page of `sync` | {} |",
            limits::SYNC_ENTRIES
        ),
        format!(
            "| entries in a page of `history` | {}; {} where",
            limits::HISTORY_ENTRIES,
            limits::HISTORY_ENTRIES_DEFAULT
        ),
        format!(
            "| a page of anything, as it is written | {} bytes |",
            limits::PAGE_FRAME_BYTES
        ),
        format!(
            "| entries pushed and not acked on a connection | {} |",
            limits::UNACKED_ENTRIES
        ),
        format!(
            "| users whom a `typing` push names | {} |",
            limits::TYPISTS_NAMED
        ),
        format!(
            "| messages in one `read_by` | {} |",
            limits::READ_BY_MESSAGES
        ),
        format!(
            "| users whose `presence` one request asks for | {} |",
            limits::PRESENCE_USERS
        ),
        format!(
            "| members up to whom it is told who of them is there | {} |",
            limits::PRESENCE_MEMBERS
        ),
        format!(
            "- Somebody counts as writing for {} s, or",
            seconds(limits::TYPING_LASTS)
        ),
        format!(
            "| 4100 | `hello_timeout` | reconnect | no `hello` within {} s |",
            seconds(limits::HELLO_TIMEOUT)
        ),
        format!(
            "- A push that is not acked for {} s is sent again, and once more {} s later. Another {} s later",
            seconds(limits::ACK_TIMEOUT),
            seconds(limits::REPUSH_INTERVAL),
            seconds(limits::REPUSH_INTERVAL)
        ),
        format!("- While {} entries are un-acked,", limits::UNACKED_ENTRIES),
    ] {
        says(&start);
    }
    assert_eq!(
        limits::REPUSHES,
        2,
        "the document says: again, and once more"
    );
}

/// GitHub's anchors: lower case, spaces to hyphens, punctuation dropped, doubles numbered.
#[test]
fn links_lead_somewhere() {
    let mut anchors = BTreeMap::<String, u32>::new();
    let mut known = BTreeSet::new();
    let headings = DOCUMENT.lines().filter(|line| line.starts_with('#'));
    for heading in headings {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let anchor: String = text
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let times = anchors.entry(anchor.clone()).or_default();
        known.insert(if *times == 0 {
            anchor
        } else {
            format!("{anchor}-{times}")
        });
        *times += 1;
    }
    let links: Vec<&str> = DOCUMENT
        .split("](#")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    assert!(links.len() > 20);
    for link in links {
        assert!(known.contains(link), "no heading for #{link}");
    }
}
