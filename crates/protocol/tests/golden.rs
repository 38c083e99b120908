//! What stands on the wire, to the letter: a change here is a change of the protocol.

mod common;

use std::fmt::Write;

use common::client::client_frames;
use common::server::{entries, server_frames};
use hongyan_protocol::{ClientFrame, CloseCode, Entry, ErrorCode, ServerFrame};

#[test]
fn frames_from_a_client() {
    let mut golden = String::new();
    for (name, req, frame) in client_frames() {
        let text = frame.encode(req);
        writeln!(golden, "{name}\n    {text}").unwrap();
        assert_eq!(ClientFrame::decode(&text), Ok((req, frame)), "{name}");
    }
    insta::assert_snapshot!(golden);
}

#[test]
fn frames_from_the_server() {
    let mut golden = String::new();
    for (name, req, frame) in server_frames() {
        let text = frame.encode(req);
        writeln!(golden, "{name}\n    {text}").unwrap();
        assert_eq!(ServerFrame::decode(&text).unwrap(), (req, frame), "{name}");
    }
    insta::assert_snapshot!(golden);
}

/// A sample is missing when a variant is added without one: the match makes that a compile error,
/// the count a failure.
#[test]
fn every_frame_has_a_sample() {
    let client = |frame: &ClientFrame| match frame {
        ClientFrame::Hello(_) => 0,
        ClientFrame::Ping(_) => 1,
        ClientFrame::Send(_) => 2,
        ClientFrame::Edit(_) => 3,
        ClientFrame::Recall(_) => 4,
        ClientFrame::Ack(_) => 5,
        ClientFrame::Read(_) => 6,
        ClientFrame::Sync(_) => 7,
        ClientFrame::History(_) => 8,
        ClientFrame::React(_) => 9,
        ClientFrame::Reactions(_) => 10,
        ClientFrame::Watch(_) => 11,
        ClientFrame::Typing(_) => 12,
        ClientFrame::SetView(_) => 13,
        ClientFrame::Presence(_) => 14,
        ClientFrame::ReadBy(_) => 15,
    };
    let server = |frame: &ServerFrame| match frame {
        ServerFrame::Welcome(_) => 0,
        ServerFrame::Pong(_) => 1,
        ServerFrame::Sent(_) => 2,
        ServerFrame::Entry(_) => 3,
        ServerFrame::Receipt(_) => 4,
        ServerFrame::Profiles(_) => 5,
        ServerFrame::Done(_) => 6,
        ServerFrame::Synced(_) => 7,
        ServerFrame::History(_) => 8,
        ServerFrame::Error(_) => 9,
        ServerFrame::Bye(_) => 10,
        ServerFrame::Unknown => 11,
        ServerFrame::Reacted(_) => 12,
        ServerFrame::Reactions(_) => 13,
        ServerFrame::Typing(_) => 14,
        ServerFrame::View(_) => 15,
        ServerFrame::Presence(_) => 16,
        ServerFrame::ReadBy(_) => 17,
        ServerFrame::Floor(_) => 18,
        ServerFrame::Blocked(_) => 19,
        ServerFrame::Asked(_) => 20,
        ServerFrame::Requests(_) => 21,
    };
    let mut seen = [false; 16];
    for (_, _, frame) in client_frames() {
        seen[client(&frame)] = true;
    }
    assert_eq!(seen, [true; 16]);
    let mut seen = [false; 22];
    for (_, _, frame) in server_frames() {
        seen[server(&frame)] = true;
    }
    assert_eq!(seen, [true; 22]);
}

#[test]
fn a_push_needs_no_owned_frame() {
    for (name, entry) in entries() {
        let borrowed = Entry::encode(&entry);
        assert_eq!(borrowed, ServerFrame::Entry(entry).encode(None), "{name}");
    }
}

#[test]
fn error_codes() {
    let mut golden = String::new();
    for code in ErrorCode::ALL {
        let (text, status) = (code.as_str(), code.http_status());
        let retryable = if code.is_retryable() { "yes" } else { "no" };
        writeln!(golden, "{text:24} {status} retryable: {retryable}").unwrap();
    }
    insta::assert_snapshot!(golden);
}

#[test]
fn close_codes() {
    let mut golden = String::new();
    for code in CloseCode::ALL {
        let (text, number) = (code.as_str(), code.number());
        let then = if CloseCode::means_reconnect(number) {
            "reconnect"
        } else {
            "terminal"
        };
        writeln!(golden, "{number} {text:22} {then}").unwrap();
    }
    insta::assert_snapshot!(golden);
}
