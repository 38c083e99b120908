//! What too much input gets: exact limits, and a bounded cost far beyond them.

mod common;

use common::refused;
use hongyan_protocol::{ClientFrame, ErrorCode, ServerFrame, limits};

use ErrorCode::{BadRequest, TooLarge, Unsupported};

#[test]
fn limits_are_exact() {
    let send = |text: &str, mentions: &str| {
        format!(
            r#"{{"type":"send","req":5,"to":1,"client_id":"c","body":{{"type":"text","text":"{text}"}},"mentions":[{mentions}]}}"#
        )
    };
    let hello = |field: &str, bytes: usize| {
        format!(
            r#"{{"type":"hello","req":5,"{field}":"{}"}}"#,
            "x".repeat(bytes)
        )
    };
    let sync = |bytes: usize| {
        format!(
            r#"{{"type":"sync","req":5,"cursor":"{}"}}"#,
            "x".repeat(bytes)
        )
    };
    let recall = |bytes: usize| {
        let id = "x".repeat(bytes);
        format!(r#"{{"type":"recall","req":5,"conv":1,"seq":1,"client_id":"{id}"}}"#)
    };
    let label = |field: &str, text: &str, times: usize| {
        let text = text.repeat(times);
        format!(
            r#"{{"type":"send","req":5,"to":1,"client_id":"c","body":{{"type":"text","text":"x"}},"{field}":"{text}"}}"#
        )
    };
    let list = |n: usize| vec!["7"; n].join(",");
    let within = [
        send(&"x".repeat(limits::TEXT_BYTES), ""),
        send(&"\\u0001".repeat(limits::TEXT_BYTES), ""),
        send(&"\\ud83d\\udc4b".repeat(limits::TEXT_BYTES / 4), ""),
        send("x", &list(limits::MENTIONS)),
        label("topic", "x", limits::TOPIC_BYTES),
        label("origin", "\\u0001", limits::ORIGIN_BYTES),
        hello("token", limits::TOKEN_BYTES),
        hello("client", limits::CLIENT_NAME_BYTES),
        sync(limits::CURSOR_BYTES),
        recall(limits::CLIENT_ID_BYTES),
    ];
    for text in within {
        assert!(text.len() <= limits::CLIENT_FRAME_BYTES);
        assert!(ClientFrame::decode(&text).is_ok(), "{}", &text[..80]);
    }
    let over = [
        (send(&"x".repeat(limits::TEXT_BYTES + 1), ""), TooLarge),
        (send(&"鸿".repeat(limits::TEXT_BYTES / 3 + 1), ""), TooLarge),
        (send("x", &list(limits::MENTIONS + 1)), TooLarge),
        (send("x", &list(100_000)), TooLarge),
        (label("topic", "x", limits::TOPIC_BYTES + 1), TooLarge),
        (label("topic", "鸿", limits::TOPIC_BYTES / 3 + 1), TooLarge),
        (label("origin", "x", limits::ORIGIN_BYTES + 1), TooLarge),
        (label("origin", "x", 100_000), TooLarge),
        (hello("token", limits::TOKEN_BYTES + 1), TooLarge),
        (hello("client", limits::CLIENT_NAME_BYTES + 1), TooLarge),
        (sync(limits::CURSOR_BYTES + 1), TooLarge),
        (recall(limits::CLIENT_ID_BYTES + 1), BadRequest),
    ];
    for (text, code) in over {
        assert_eq!(refused(&text), (Some(5), code), "{}", &text[..80]);
    }
}

/// On a small stack, where a decoder that recurses would end the process.
#[test]
fn a_million_nested_brackets() {
    let test = || {
        let (open, close) = ("[".repeat(1_000_000), "]".repeat(1_000_000));
        let objects = r#"{"a":"#.repeat(200_000);
        for text in [open.clone(), format!("{open}{close}"), objects.clone()] {
            assert_eq!(refused(&text), (None, BadRequest));
        }
        for field in ["type", "req", "body", "client_id", "mentions", "conv"] {
            let torn = format!(r#"{{"type":"send","req":5,"{field}":{open}"#);
            assert_eq!(refused(&torn), (Some(5), BadRequest), "{field}");
        }
        for field in ["type", "req"] {
            let torn = format!(r#"{{"{field}":{open}"#);
            assert_eq!(refused(&torn), (None, BadRequest), "{field}");
        }
        for field in ["body", "client_id", "mentions", "conv"] {
            let whole = format!(r#"{{"type":"send","req":5,"{field}":{open}{close}}}"#);
            assert_eq!(refused(&whole), (Some(5), BadRequest), "{field}");
        }
        let within_body = format!(
            r#"{{"type":"send","req":5,"to":1,"client_id":"c","body":{{"type":"x","y":{open}{close}}}}}"#
        );
        assert_eq!(refused(&within_body), (Some(5), Unsupported));
        // An unknown field is ignored, however deep.
        let ignored = format!(r#"{{"type":"sync","req":5,"deep":{open}{close}}}"#);
        assert_eq!(ClientFrame::decode(&ignored).unwrap().0, Some(5));
        assert!(ServerFrame::decode(&open).is_err());
    };
    std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(test)
        .unwrap()
        .join()
        .unwrap();
}

/// A refusal quotes the frame, and must not send half a megabyte of it back.
#[test]
fn half_a_megabyte_in_every_place() {
    let long = "x".repeat(limits::CLIENT_FRAME_BYTES - 200);
    let escaped = "\\u0001".repeat(long.len() / 6);
    let wide = "鸿".repeat(long.len() / 3);
    for value in [&long, &escaped, &wide] {
        assert_eq!(
            refused(&format!(r#"{{"type":"{value}","req":5}}"#)),
            (Some(5), Unsupported)
        );
        assert_eq!(
            refused(&format!(r#"{{"type":"sync","req":"{value}"}}"#)),
            (None, BadRequest)
        );
        assert_eq!(
            refused(&format!(
                r#"{{"type":"ack","req":5,"conv":"{value}","seq":1}}"#
            )),
            (Some(5), BadRequest)
        );
        assert_eq!(
            refused(&format!(
                r#"{{"type":"recall","req":5,"conv":1,"seq":1,"client_id":"{value}"}}"#
            )),
            (Some(5), BadRequest)
        );
        let ignored = format!(r#"{{"type":"sync","req":5,"unknown":"{value}","{value}":1}}"#);
        assert_eq!(ClientFrame::decode(&ignored).unwrap().0, Some(5));
    }
    let digits = "9".repeat(500_000);
    assert_eq!(
        refused(&format!(
            r#"{{"type":"ack","req":5,"conv":{digits},"seq":1}}"#
        )),
        (Some(5), BadRequest)
    );
    assert_eq!(
        refused(&format!(
            r#"{{"type":"ack","req":{digits},"conv":1,"seq":1}}"#
        )),
        (None, BadRequest)
    );
}
