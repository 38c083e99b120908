//! An old client meets a newer server: what it does not know, it passes over.

use hongyan_protocol::{Body, EntryKind, ErrorCode, ServerFrame};

fn decode(text: &str) -> ServerFrame {
    ServerFrame::decode(text)
        .unwrap_or_else(|error| panic!("{error}: {text}"))
        .1
}

#[test]
fn an_unknown_frame_or_field_is_passed_over() {
    for text in [
        r#"{"type":"confetti"}"#,
        r#"{"type":"confetti","req":1,"entries":7,"code":[{}]}"#,
        r#"{"type":"","x":[[[[]]]]}"#,
    ] {
        assert_eq!(decode(text), ServerFrame::Unknown, "{text}");
    }
    let with = r#"{"type":"pong","req":1,"next_interval_ms":5,"server_time":6,"mood":{"x":[1]}}"#;
    let without = r#"{"type":"pong","req":1,"next_interval_ms":5,"server_time":6}"#;
    assert_eq!(decode(with), decode(without));
}

#[test]
fn an_unknown_kind_keeps_its_place_in_the_log() {
    let text = r#"{"type":"entry","conv":1,"seq":9,"id":1,"kind":"reaction","from":1,"at":1,"client_id":"c","body":{"type":"sticker","text":{"x":[1]},"set":4},"emoji":"x"}"#;
    let ServerFrame::Entry(entry) = decode(text) else {
        panic!("not an entry");
    };
    assert_eq!(entry.seq.get(), 9);
    assert_eq!(entry.kind, EntryKind::Unknown);
    assert_eq!(entry.body, Some(Body::Unknown));
}

#[test]
fn a_null_is_an_absence() {
    let full = r#"{"type":"entry","conv":1,"seq":9,"id":1,"kind":"message","from":1,"at":1,"client_id":"c","body":null,"reply_to":null,"mentions":null,"mentions_all":null,"topic":null,"expires_at":null,"origin":null,"target":null,"edited_by":null,"recalled_by":null}"#;
    let least = r#"{"type":"entry","conv":1,"seq":9,"id":1,"kind":"message","from":1,"at":1,"client_id":"c"}"#;
    assert_eq!(decode(full), decode(least));
}

#[test]
fn an_unknown_error_is_retried_only_when_told_when() {
    let code = |text: &str| match decode(text) {
        ServerFrame::Error(failure) => failure.code,
        other => panic!("{other:?}"),
    };
    let told =
        code(r#"{"type":"error","req":1,"code":"too_sunny","message":"","retry_after_ms":1}"#);
    assert_eq!(told, ErrorCode::Internal);
    assert!(told.is_retryable());
    let not_told = code(r#"{"type":"error","req":1,"code":"too_sunny","message":""}"#);
    assert_eq!(not_told, ErrorCode::BadRequest);
    assert!(!not_told.is_retryable());
    for known in ErrorCode::ALL {
        let text = format!(r#"{{"type":"error","code":"{}"}}"#, known.as_str());
        assert_eq!(code(&text), *known);
    }
}

#[test]
fn a_broken_frame_of_a_known_type_is_an_error() {
    for text in [
        "",
        "[]",
        r#"["done",1]"#,
        r#"{"type":"pong"}"#,
        r#"{"type":"pong","next_interval_ms":-1,"server_time":1}"#,
        r#"{"type":"sent","conv":1,"seq":1,"id":1,"at":9007199254740992,"client_id":"c"}"#,
        r#"{"type":"entry","conv":1}"#,
        r#"{"type":"bye","code":1,"retry_after_ms":1}"#,
    ] {
        assert!(ServerFrame::decode(text).is_err(), "{text}");
    }
}
