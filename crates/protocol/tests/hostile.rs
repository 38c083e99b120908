//! What bad input gets: a stable code and the right `req`.

mod common;

use std::fmt::Write;

use common::refused;
use hongyan_protocol::{ClientFrame, ErrorCode, Send};

use ErrorCode::{BadRequest, Unsupported};

#[track_caller]
fn all_refused(table: &[(&str, Option<u64>, ErrorCode)]) {
    for (text, req, code) in table {
        assert_eq!(refused(text), (*req, *code), "{text}");
    }
}

#[test]
fn what_is_not_an_object_has_no_req() {
    all_refused(&[
        ("", None, BadRequest),
        (" \n", None, BadRequest),
        ("ping", None, BadRequest),
        ("null", None, BadRequest),
        ("1", None, BadRequest),
        ("\"ping\"", None, BadRequest),
        ("[]", None, BadRequest),
        // What serde derives would read these by position.
        (r#"["sync",5]"#, None, BadRequest),
        (r#"["hello",null]"#, None, BadRequest),
        ("{", None, BadRequest),
        (r#"{"type":"sync"}{"type":"sync"}"#, None, BadRequest),
        (r#"{'type':'sync'}"#, None, BadRequest),
        (r#"{"type":"sync","req":05}"#, None, BadRequest),
        (r#"{"type":"sync","req":NaN}"#, None, BadRequest),
        ("\u{feff}{\"type\":\"sync\"}", None, BadRequest),
        ("{\"type\":\"sync\",\"cursor\":\"\u{1}\"}", None, BadRequest),
        ("{\"type\":\"sync\"\0}", None, BadRequest),
    ]);
}

#[test]
fn what_breaks_behind_a_req_is_answered_under_it() {
    all_refused(&[
        (r#"{"type":"sync","req":5"#, Some(5), BadRequest),
        (r#"{"type":"sync","req":5,}"#, Some(5), BadRequest),
        (r#"{"type":"sync","req":5}}"#, Some(5), BadRequest),
        (r#"{"type":"sync","req":5} x"#, Some(5), BadRequest),
        // Only where both come first has the req been read by then.
        (r#"{"req":5,"type":"sync""#, None, BadRequest),
    ]);
}

#[test]
fn a_req_behind_what_is_broken_is_found_all_the_same() {
    all_refused(&[
        (
            r#"{"type":"ack","conv":"x","seq":1,"req":5}"#,
            Some(5),
            BadRequest,
        ),
        (r#"{"type":"ack","conv":1,"req":5}"#, Some(5), BadRequest),
        (
            r#"{"type":"teleport","x":[{}],"req":5}"#,
            Some(5),
            Unsupported,
        ),
        (
            r#"{"type":"ack","conv":1,"seq":1,"req":5,"req":5}"#,
            None,
            BadRequest,
        ),
        (
            r#"{"type":"ack","conv":1,"seq":1,"req":-5}"#,
            None,
            BadRequest,
        ),
        // Whole but for its end, and without one.
        (r#"{"type":"ack","conv":1,"seq":1}}"#, None, BadRequest),
        (r#"{"type":"ack","conv":1,"seq":1"#, None, BadRequest),
        (
            r#"{"type":"ack","conv":1,"seq":1,"type":"ack"}"#,
            None,
            BadRequest,
        ),
        (r#"{"type":"teleport"}"#, None, Unsupported),
    ]);
}

#[test]
fn a_type_is_a_known_string() {
    all_refused(&[
        ("{}", None, BadRequest),
        (r#"{"req":5}"#, Some(5), BadRequest),
        (r#"{"req":5,"type":null}"#, Some(5), BadRequest),
        (r#"{"req":5,"type":7}"#, Some(5), BadRequest),
        (r#"{"req":5,"type":true}"#, Some(5), BadRequest),
        (r#"{"req":5,"type":-1.5e3}"#, Some(5), BadRequest),
        (r#"{"req":5,"type":["ping"]}"#, Some(5), BadRequest),
        (r#"{"req":5,"type":{"type":"ping"}}"#, Some(5), BadRequest),
        (r#"{"req":5,"type":""}"#, Some(5), Unsupported),
        (r#"{"req":5,"type":"Ping"}"#, Some(5), Unsupported),
        (r#"{"req":5,"type":"ping "}"#, Some(5), Unsupported),
        (
            r#"{"req":5,"type":"teleport","x":[{}]}"#,
            Some(5),
            Unsupported,
        ),
        // Frames of the server are no frames of a client.
        (r#"{"req":5,"type":"welcome"}"#, Some(5), Unsupported),
        (r#"{"req":5,"type":"\ud800"}"#, None, BadRequest),
        // Which of two is meant?
        (r#"{"req":5,"type":"sync","type":"sync"}"#, None, BadRequest),
        (
            r#"{"req":5,"type":"sync","t\u0079pe":"ping"}"#,
            None,
            BadRequest,
        ),
    ]);
}

#[test]
fn a_req_is_an_integer_that_javascript_can_hold() {
    all_refused(&[
        (r#"{"type":"sync","req":-1}"#, None, BadRequest),
        (r#"{"type":"sync","req":1.0}"#, None, BadRequest),
        (r#"{"type":"sync","req":1e3}"#, None, BadRequest),
        (r#"{"type":"sync","req":"1"}"#, None, BadRequest),
        (r#"{"type":"sync","req":true}"#, None, BadRequest),
        (r#"{"type":"sync","req":[1]}"#, None, BadRequest),
        (
            r#"{"type":"sync","req":9007199254740992}"#,
            None,
            BadRequest,
        ),
        (
            r#"{"type":"sync","req":18446744073709551615}"#,
            None,
            BadRequest,
        ),
        (
            r#"{"type":"sync","req":18446744073709551616}"#,
            None,
            BadRequest,
        ),
        (r#"{"type":"sync","req":1,"req":1}"#, Some(1), BadRequest),
        (
            r#"{"type":"sync","req":1,"type":"sync"}"#,
            Some(1),
            BadRequest,
        ),
        (r#"{"req":1,"type":"sync","req":1}"#, None, BadRequest),
    ]);
    let largest = r#"{"type":"sync","req":9007199254740991}"#;
    assert_eq!(
        ClientFrame::decode(largest).unwrap().0,
        Some(9_007_199_254_740_991)
    );
}

/// Replaces one field's value in a good frame by every wrong one.
#[test]
fn a_field_of_the_wrong_type_is_answered_under_its_req() {
    let wrong = [
        "\"x\"",
        "-1",
        "1.5",
        "1e2",
        "true",
        "[]",
        "[1,2]",
        "{}",
        "{\"type\":\"text\"}",
        "9007199254740992",
        "99999999999999999999",
    ];
    let integer: &[&str] = &wrong;
    let cases: &[(&str, &[&str])] = &[
        (r#"{"type":"ping","req":5,"interval_ms":@}"#, integer),
        (
            r#"{"type":"ping","req":5,"interval_ms":1,"background":@}"#,
            &["1", "\"x\"", "[]", "{}"],
        ),
        (
            r#"{"type":"ping","req":5,"interval_ms":1,"learnt":@}"#,
            &["1", "\"x\"", "true"],
        ),
        (
            r#"{"type":"ping","req":5,"interval_ms":1,"learnt":{"held_ms":@}}"#,
            &["\"x\"", "-1", "1.5", "[]"],
        ),
        (
            r#"{"type":"hello","req":5,"token":@}"#,
            &["1", "true", "[]", "{}"],
        ),
        (
            r#"{"type":"hello","req":5,"client":@}"#,
            &["1", "true", "[]", "{}"],
        ),
        (r#"{"type":"ack","req":5,"conv":@,"seq":1}"#, integer),
        (r#"{"type":"ack","req":5,"conv":1,"seq":@}"#, integer),
        (r#"{"type":"read","req":5,"conv":1,"seq":@}"#, integer),
        (
            r#"{"type":"sync","req":5,"cursor":@}"#,
            &["1", "true", "[]", "{}"],
        ),
        (r#"{"type":"sync","req":5,"limit":@}"#, integer),
        (r#"{"type":"sync","req":5,"limit":@}"#, &["0"]),
        (r#"{"type":"history","req":5,"conv":@}"#, integer),
        (r#"{"type":"history","req":5,"conv":1,"before":@}"#, integer),
        (r#"{"type":"history","req":5,"conv":1,"after":@}"#, integer),
        (
            r#"{"type":"history","req":5,"conv":1,"limit":@}"#,
            &["0", "-1", "\"x\"", "9007199254740992"],
        ),
        (
            r#"{"type":"recall","req":5,"conv":1,"seq":@,"client_id":"c"}"#,
            integer,
        ),
        (
            r#"{"type":"recall","req":5,"conv":1,"seq":1,"client_id":@}"#,
            &["1", "\"\"", "\"a b\"", "\"é\"", "\"\\u0000\"", "[]", "{}"],
        ),
        (
            r#"{"type":"send","req":5,"conv":@,"client_id":"c","body":{"type":"text","text":"x"}}"#,
            integer,
        ),
        (
            r#"{"type":"send","req":5,"to":@,"client_id":"c","body":{"type":"text","text":"x"}}"#,
            integer,
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":@}"#,
            &["1", "\"x\"", "true", "[]", "[\"text\",\"x\"]", "{}"],
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":@,"text":"x"}}"#,
            &["1", "true", "null", "[]", "{}", "{\"text\":null}"],
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":@}}"#,
            &[
                "1",
                "1.5",
                "true",
                "null",
                "[]",
                "{}",
                "\"\"",
                "\"a\\u0000b\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
            ],
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x"},"reply_to":@}"#,
            integer,
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x"},"mentions":@}"#,
            &[
                "1",
                "\"x\"",
                "{}",
                "[\"x\"]",
                "[-1]",
                "[1.5]",
                "[null]",
                "[[]]",
                "[9007199254740992]",
            ],
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x"},"mentions_all":@}"#,
            &["0", "1", "\"true\"", "[]", "{}"],
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x"},"topic":@}"#,
            &["1", "[]", "\"\"", "\"a\\u0000\"", "\"\\ud800\""],
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x"},"origin":@}"#,
            &["1", "{}", "\"\"", "\"\\u0000\""],
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x"},"expires_at":@}"#,
            integer,
        ),
        (
            r#"{"type":"edit","req":5,"conv":1,"seq":1,"client_id":"c","body":{"type":"text","text":@}}"#,
            &["1", "null", "\"\"", "\"\\u0000\""],
        ),
    ];
    for (frame, values) in cases {
        for value in *values {
            let text = frame.replace('@', value);
            assert_eq!(refused(&text), (Some(5), BadRequest), "{text}");
        }
    }
}

#[test]
fn a_required_field_is_neither_absent_nor_null() {
    let whole = [
        r#"{"type":"ping","req":5,"interval_ms":1}"#,
        r#"{"type":"ack","req":5,"conv":1,"seq":1}"#,
        r#"{"type":"read","req":5,"conv":1,"seq":1}"#,
        r#"{"type":"history","req":5,"conv":1}"#,
        r#"{"type":"recall","req":5,"conv":1,"seq":1,"client_id":"c"}"#,
        r#"{"type":"edit","req":5,"conv":1,"seq":1,"client_id":"c","body":{"type":"text","text":"x"}}"#,
        r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x"}}"#,
    ];
    for text in whole {
        ClientFrame::decode(text).unwrap();
        let serde_json::Value::Object(fields) = serde_json::from_str(text).unwrap() else {
            panic!("{text}");
        };
        for key in fields.keys().filter(|key| *key != "type" && *key != "req") {
            let mut absent = fields.clone();
            absent.remove(key);
            let absent = serde_json::Value::Object(absent).to_string();
            assert_eq!(refused(&absent), (Some(5), BadRequest), "{absent}");
            let mut null = fields.clone();
            null.insert(key.clone(), serde_json::Value::Null);
            let null = serde_json::Value::Object(null).to_string();
            assert_eq!(refused(&null), (Some(5), BadRequest), "{null}");
        }
    }
}

#[test]
fn an_optional_field_may_be_null() {
    let pairs = [
        (
            r#"{"type":"sync"}"#,
            r#"{"type":"sync","req":null,"cursor":null,"limit":null}"#,
        ),
        (
            r#"{"type":"hello"}"#,
            r#"{"type":"hello","token":null,"client":null}"#,
        ),
        (
            r#"{"type":"ping","interval_ms":1}"#,
            r#"{"type":"ping","interval_ms":1,"learnt":null,"background":null}"#,
        ),
        (
            r#"{"type":"history","conv":1}"#,
            r#"{"type":"history","conv":1,"before":null,"after":null,"limit":null}"#,
        ),
        (
            r#"{"type":"send","to":1,"client_id":"c","body":{"type":"text","text":"x"}}"#,
            r#"{"type":"send","conv":null,"to":1,"client_id":"c","body":{"type":"text","text":"x"},"reply_to":null,"mentions":null,"mentions_all":null,"topic":null,"expires_at":null,"origin":null}"#,
        ),
        (
            r#"{"type":"send","to":1,"client_id":"c","body":{"type":"text","text":"x"}}"#,
            r#"{"type":"send","to":1,"client_id":"c","body":{"type":"text","text":"x","html":null}}"#,
        ),
    ];
    for (short, long) in pairs {
        assert_eq!(
            ClientFrame::decode(short).unwrap(),
            ClientFrame::decode(long).unwrap(),
            "{long}"
        );
    }
}

#[test]
fn fields_that_contradict_each_other() {
    all_refused(&[
        (
            r#"{"type":"send","req":5,"client_id":"c","body":{"type":"text","text":"x"}}"#,
            Some(5),
            BadRequest,
        ),
        (
            r#"{"type":"send","req":5,"conv":1,"to":2,"client_id":"c","body":{"type":"text","text":"x"}}"#,
            Some(5),
            BadRequest,
        ),
        (
            r#"{"type":"history","req":5,"conv":1,"before":9,"after":2}"#,
            Some(5),
            BadRequest,
        ),
        // Said twice, even the same.
        (
            r#"{"type":"ack","req":5,"conv":1,"conv":1,"seq":1}"#,
            Some(5),
            BadRequest,
        ),
        (
            r#"{"type":"ack","req":5,"conv":1,"seq":1,"se\u0071":2}"#,
            Some(5),
            BadRequest,
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x","text":"y"}}"#,
            Some(5),
            BadRequest,
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","type":"text","text":"x"}}"#,
            Some(5),
            BadRequest,
        ),
        // A body of a newer client.
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"image","url":"x"}}"#,
            Some(5),
            Unsupported,
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"text":{"deep":[1]},"type":"poll"}}"#,
            Some(5),
            Unsupported,
        ),
        (
            r#"{"type":"edit","req":5,"conv":1,"seq":1,"client_id":"c","body":{"type":"unknown"}}"#,
            Some(5),
            Unsupported,
        ),
        // What this version would drop of a text, whatever the rest is.
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"type":"text","text":"x","html":"<b>x</b>"}}"#,
            Some(5),
            Unsupported,
        ),
        (
            r#"{"type":"send","req":5,"to":1,"client_id":"c","body":{"files":[{"deep":1}],"type":"text","text":"x"}}"#,
            Some(5),
            Unsupported,
        ),
        (
            r#"{"type":"edit","req":5,"conv":1,"seq":1,"client_id":"c","body":{"type":"text","text":"x","Text":"y"}}"#,
            Some(5),
            Unsupported,
        ),
        (
            r#"{"type":"hello","req":5,"client":"two\nlines"}"#,
            Some(5),
            BadRequest,
        ),
    ]);
}

#[test]
fn an_escaped_name_is_the_same_name() {
    let plain = r#"{"type":"ack","req":5,"conv":1,"seq":2}"#;
    let escaped = r#" { "\u0074ype" : "\u0061ck" , "req" : 5 , "c\u006fnv" : 1 , "seq" : 2 } "#;
    assert_eq!(ClientFrame::decode(plain), ClientFrame::decode(escaped));
}

#[test]
fn over_http_the_same_rules_hold() {
    let good = br#"{"to":1001,"client_id":"c","body":{"type":"text","text":"hi"}}"#;
    assert!(Send::from_json(good).is_ok());
    let table: [(&[u8], ErrorCode); 7] = [
        (b"", BadRequest),
        (
            br#"{"to":1,"client_id":"c","body":{"type":"text","text":"x","html":"y"}}"#,
            Unsupported,
        ),
        (b"\xff\xfe", BadRequest),
        (
            br#"[1,null,"c",{"type":"text","text":"hi"},null,[]]"#,
            BadRequest,
        ),
        (
            br#"{"client_id":"c","body":{"type":"text","text":"hi"}}"#,
            BadRequest,
        ),
        (
            br#"{"to":1,"client_id":"c","body":{"type":"image"}}"#,
            Unsupported,
        ),
        (
            br#"{"to":1,"client_id":"c","body":{"type":"text","text":""}}"#,
            BadRequest,
        ),
    ];
    for (body, code) in table {
        assert_eq!(Send::from_json(body).unwrap_err().0, code, "{body:?}");
    }
}

#[test]
fn a_token_is_not_in_a_debug_text() {
    let (_, frame) = ClientFrame::decode(r#"{"type":"hello","token":"hunter2"}"#).unwrap();
    let mut text = String::new();
    write!(text, "{frame:?}").unwrap();
    assert!(!text.contains("hunter2"), "{text}");
}
