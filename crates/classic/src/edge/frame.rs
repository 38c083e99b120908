//! The frames, 0 to 6, and the error frame, −1: `{"type": <int>, …}`.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write;
use std::marker::PhantomData;

use hongyan_protocol::heartbeat::Learnt;
use hongyan_protocol::limits::CLIENT_FRAME_BYTES;
use hongyan_protocol::{EntryId, ErrorCode, Failure, UserId, read_object};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::Serialize;

use super::limits::PAGE_NAME_BYTES;
use super::view::MessageVo;

/// A frame from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// 0: I am still here.
    Heartbeat {
        uid: UserId,
        /// The client's interval, in milliseconds.
        timeout_ms: u64,
        /// What it found out about its network. An addition of ours, which `/classic` sends.
        learnt: Learnt,
    },
    /// 1: I am online.
    Bind {
        uid: UserId,
        /// The name that the page gave itself, if any. An addition of ours, which `/classic` sends.
        page: Option<Box<str>>,
        /// Whether to push what the user sent elsewhere, too. An addition of ours, which `/classic` sends.
        own: bool,
    },
    /// 2: what did we two say?
    Query { owner: UserId, other: UserId },
    /// 3: say this.
    Send {
        sender: UserId,
        recipient: UserId,
        content: Box<str>,
        kind: u64,
    },
    /// 5: how much did I not read?
    Unread { uid: UserId },
    /// 6: I have that push.
    Ack { tid: u64 },
}

/// `data`, whatever the frame: every field that some frame has.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    uid: Option<UserId>,
    timeout: Option<u64>,
    learnt: Option<Learnt>,
    page: Option<Box<str>>,
    own: Option<bool>,
    owner_uid: Option<UserId>,
    other_uid: Option<UserId>,
    sender_uid: Option<UserId>,
    recipient_uid: Option<UserId>,
    content: Option<Box<str>>,
    msg_type: Option<u64>,
    // An `EntryId` is any integer below 2^53, as this is.
    tid: Option<EntryId>,
}

#[derive(serde::Deserialize)]
struct OnWire {
    #[serde(rename = "type")]
    kind: i64,
    #[serde(default)]
    data: Object<Fields>,
}

impl Frame {
    /// Reads one text frame.
    ///
    /// # Errors
    /// What to answer in an error frame: `bad_request`, `unsupported` or `too_large`.
    pub(super) fn decode(text: &str) -> Result<Self, Failure> {
        if text.len() > CLIENT_FRAME_BYTES {
            let message = format!("a frame has at most {CLIENT_FRAME_BYTES} bytes");
            return Err(failure(ErrorCode::TooLarge, &message));
        }
        let text = escape_controls(text);
        let wire: OnWire = read_object(text.as_bytes())
            .map_err(|(code, message)| failure(code, &format!("not a frame: {message}")))?;
        let data = wire.data.0;
        Ok(match wire.kind {
            0 => Self::Heartbeat {
                uid: needed(data.uid, "uid")?,
                timeout_ms: needed(data.timeout, "timeout")?,
                learnt: data.learnt.unwrap_or_default(),
            },
            1 => Self::Bind {
                uid: needed(data.uid, "uid")?,
                page: data.page.map(page_name).transpose()?,
                own: data.own.unwrap_or_default(),
            },
            2 => Self::Query {
                owner: needed(data.owner_uid, "ownerUid")?,
                other: needed(data.other_uid, "otherUid")?,
            },
            3 => Self::Send {
                sender: needed(data.sender_uid, "senderUid")?,
                recipient: needed(data.recipient_uid, "recipientUid")?,
                content: needed(data.content, "content")?,
                kind: needed(data.msg_type, "msgType")?,
            },
            5 => Self::Unread {
                uid: needed(data.uid, "uid")?,
            },
            6 => Self::Ack {
                tid: needed(data.tid, "tid")?.get(),
            },
            other => {
                let message = format!("no frame of type {other} comes from a client");
                return Err(failure(ErrorCode::Unsupported, &message));
            }
        })
    }

    /// Whose frame it claims to be; an ack claims nothing.
    pub(super) fn claims(&self) -> Option<UserId> {
        match self {
            Self::Heartbeat { uid, .. } | Self::Bind { uid, .. } | Self::Unread { uid } => {
                Some(*uid)
            }
            Self::Query { owner, .. } => Some(*owner),
            Self::Send { sender, .. } => Some(*sender),
            Self::Ack { .. } => None,
        }
    }
}

/// Answers 0: the next interval, in milliseconds.
pub(super) fn heartbeat(next_interval_ms: u64) -> String {
    format!(r#"{{"type":0,"timeout":{next_interval_ms}}}"#)
}

/// Answers 1.
pub(super) fn bound() -> String {
    r#"{"type":1,"status":"success"}"#.into()
}

/// Answers 1 on the socket of a page that is not signed in: these clients take every other word than
/// `success` for "not online".
pub(super) fn signed_out() -> String {
    r#"{"type":1,"status":"signed_out"}"#.into()
}

/// Answers 2.
pub(super) fn messages(messages: &[MessageVo]) -> String {
    with_data(2, &messages)
}

/// Answers 3.
pub(super) fn sent(message: &MessageVo) -> String {
    with_data(3, message)
}

/// A push: 4. The message comes encoded, because the same is pushed again.
pub(super) fn push(tid: u64, message: &str) -> String {
    format!(r#"{{"type":4,"tid":{tid},"data":{message}}}"#)
}

/// Answers 5.
pub(super) fn unread(total: u64) -> String {
    format!(r#"{{"type":5,"data":{{"unread":{total}}}}}"#)
}

/// Answers what cannot be done.
pub(super) fn error(failure: &Failure) -> String {
    with_data(-1, failure)
}

/// A refusal that waiting does not mend.
pub(super) fn failure(code: ErrorCode, message: &str) -> Failure {
    Failure {
        code,
        message: message.into(),
        retry_after_ms: None,
    }
}

fn with_data(kind: i8, data: &impl Serialize) -> String {
    format!(r#"{{"type":{kind},"data":{}}}"#, super::view::encode(data))
}

fn page_name(name: Box<str>) -> Result<Box<str>, Failure> {
    if name.len() > PAGE_NAME_BYTES {
        let message = format!("page has at most {PAGE_NAME_BYTES} bytes");
        return Err(failure(ErrorCode::BadRequest, &message));
    }
    Ok(name)
}

/// The same with control characters within strings escaped, as JSON wants them. These clients put
/// their frames together by hand, so a text that was pasted has its line breaks and tabs as they are.
fn escape_controls(text: &str) -> Cow<'_, str> {
    let is_control = |c: char| c < ' ';
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 64);
    let (mut in_string, mut after_backslash) = (false, false);
    for c in text.chars() {
        if in_string && !after_backslash && is_control(c) {
            // Writing to a string never fails.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
        match c {
            '"' if !after_backslash => in_string = !in_string,
            _ => {}
        }
        after_backslash = in_string && c == '\\' && !after_backslash;
    }
    Cow::Owned(escaped)
}

fn needed<T>(value: Option<T>, name: &str) -> Result<T, Failure> {
    value.ok_or_else(|| failure(ErrorCode::BadRequest, &format!("data lacks {name}")))
}

/// A struct read from an object only: what serde derives would take an array of the fields too.
#[derive(Default)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZHANG: UserId = UserId::from_trusted(1000);
    const LI: UserId = UserId::from_trusted(1001);

    fn code(text: &str) -> ErrorCode {
        Frame::decode(text).expect_err(text).code
    }

    #[test]
    fn every_frame_of_a_client_is_read() {
        let read = |text: &str| Frame::decode(text).expect(text);
        assert_eq!(
            read(r#"{"type": 0, "data": {"uid":1000,"timeout":120000}}"#),
            Frame::Heartbeat {
                uid: ZHANG,
                timeout_ms: 120_000,
                learnt: Learnt::default()
            }
        );
        assert_eq!(
            read(r#"{"data":{"uid":1000},"type":1}"#),
            Frame::Bind {
                uid: ZHANG,
                page: None,
                own: false
            }
        );
        assert_eq!(
            read(r#"{"type":1,"data":{"uid":1000,"page":"p1","own":true}}"#),
            Frame::Bind {
                uid: ZHANG,
                page: Some("p1".into()),
                own: true
            }
        );
        assert_eq!(
            read(r#"{"type":2,"data":{"ownerUid":1000,"otherUid":1001}}"#),
            Frame::Query {
                owner: ZHANG,
                other: LI
            }
        );
        let send = r#"{"type":3,"data":{"senderUid":1000,"recipientUid":1001,"content":"你好","msgType":1}}"#;
        assert_eq!(
            read(send),
            Frame::Send {
                sender: ZHANG,
                recipient: LI,
                content: "你好".into(),
                kind: 1
            }
        );
        assert_eq!(
            read(r#"{"type":5,"data":{"uid":1000}}"#),
            Frame::Unread { uid: ZHANG }
        );
        assert_eq!(
            read(r#"{"type":6,"data":{"tid":7},"more":[]}"#),
            Frame::Ack { tid: 7 }
        );
    }

    #[test]
    fn what_is_no_frame_is_told_apart() {
        for broken in [
            "",
            "null",
            "[]",
            "[1,[1000]]",
            r#"{"type":1"#,
            r#"{"data":{"uid":1000}}"#,
            r#"{"type":"1","data":{"uid":1000}}"#,
            r#"{"type":1}"#,
            r#"{"type":1,"data":[1000]}"#,
            r#"{"type":1,"data":{}}"#,
            r#"{"type":1,"data":{"uid":null}}"#,
            r#"{"type":1,"data":{"uid":"1000"}}"#,
            r#"{"type":1,"data":{"uid":-1}}"#,
            r#"{"type":1,"data":{"uid":1.5}}"#,
            r#"{"type":1,"data":{"uid":9007199254740992}}"#,
            r#"{"type":3,"data":{"senderUid":1000,"recipientUid":1001,"content":"said "yes"","msgType":1}}"#,
        ] {
            assert_eq!(code(broken), ErrorCode::BadRequest, "{broken}");
        }
        for unknown in [r#"{"type":4,"data":{}}"#, r#"{"type":7}"#, r#"{"type":-1}"#] {
            assert_eq!(code(unknown), ErrorCode::Unsupported, "{unknown}");
        }
        let deep = format!(r#"{{"type":1,"data":{}"#, "[".repeat(100_000));
        assert_eq!(code(&deep), ErrorCode::BadRequest);
        let long = format!(
            r#"{{"type":1,"data":"{}"}}"#,
            "x".repeat(CLIENT_FRAME_BYTES)
        );
        assert_eq!(code(&long), ErrorCode::TooLarge);
    }

    #[test]
    fn control_characters_within_strings_are_taken_as_they_are() {
        let said = |content: &str| {
            let frame = format!(
                "{{\n\t\"type\":3,\r\n\"data\":{{\"senderUid\":1000,\"recipientUid\":1001,\"content\":\"{content}\",\"msgType\":1}}}}"
            );
            match Frame::decode(&frame) {
                Ok(Frame::Send { content, .. }) => Some(content.to_string()),
                Ok(other) => panic!("{other:?}"),
                Err(_) => None,
            }
        };
        for text in ["a\nb", "\r\n\t", "\u{1}\u{1f}", "长\n👋", "a\u{7f}b"] {
            assert_eq!(said(text).as_deref(), Some(text), "{text:?}");
        }
        assert_eq!(
            said("a\\nb\n").as_deref(),
            Some("a\nb\n"),
            "beside escaped ones"
        );
        assert_eq!(
            said("\\\"\n\\\\").as_deref(),
            Some("\"\n\\"),
            "beside quotes"
        );
        assert_eq!(said("a\\\nb"), None, "a backslash escapes no line break");
        assert_eq!(said("say \"yes\"\n"), None);
    }

    #[test]
    fn a_page_names_itself_in_few_bytes() {
        let bind = |name: &str| format!(r#"{{"type":1,"data":{{"uid":1000,"page":"{name}"}}}}"#);
        assert!(Frame::decode(&bind(&"x".repeat(PAGE_NAME_BYTES))).is_ok());
        let long = bind(&"x".repeat(PAGE_NAME_BYTES + 1));
        assert_eq!(code(&long), ErrorCode::BadRequest);
    }

    #[test]
    fn a_missing_field_is_named() {
        let refused = Frame::decode(r#"{"type":2,"data":{"ownerUid":1000}}"#);
        let message = refused.expect_err("otherUid is missing").message;
        assert!(message.contains("otherUid"), "{message}");
    }

    #[test]
    fn answers_are_written_to_the_letter() {
        assert_eq!(heartbeat(120_000), r#"{"type":0,"timeout":120000}"#);
        assert_eq!(bound(), r#"{"type":1,"status":"success"}"#);
        assert_eq!(messages(&[]), r#"{"type":2,"data":[]}"#);
        assert_eq!(push(1, "{}"), r#"{"type":4,"tid":1,"data":{}}"#);
        assert_eq!(unread(3), r#"{"type":5,"data":{"unread":3}}"#);
        assert_eq!(
            error(&failure(ErrorCode::Forbidden, "no")),
            r#"{"type":-1,"data":{"code":"forbidden","message":"no"}}"#
        );
    }
}
