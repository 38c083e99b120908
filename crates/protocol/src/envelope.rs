//! What every frame has, whichever way it goes: `type`, and `req` where it asks or answers.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ErrorCode;
use crate::ids::EXACT_INTEGER_LIMIT;
use crate::value::Scalar;

/// The first pass over a frame: everything but `type` and `req` is skipped, not stored.
pub(crate) struct Head<'a> {
    pub(crate) kind: Cow<'a, str>,
    pub(crate) req: Option<u64>,
}

/// Why the first pass failed.
pub(crate) struct HeadError {
    /// The frame's `req`, where that alone was well-formed.
    pub(crate) req: Option<u64>,
    pub(crate) message: String,
}

#[derive(Deserialize)]
struct HeadOnWire<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Scalar<'a>,
    #[serde(borrow, default)]
    req: Scalar<'a>,
}

impl<'a> Head<'a> {
    /// Reads `type` and `req`.
    pub(crate) fn read(text: &'a str) -> Result<Self, HeadError> {
        let wire: HeadOnWire<'a> = parse_object(text).map_err(|message| HeadError {
            req: None,
            message: format!("not a frame: {message}"),
        })?;
        let req = match wire.req {
            Scalar::Absent => None,
            Scalar::Integer(req) if req < EXACT_INTEGER_LIMIT => Some(req),
            _ => {
                return Err(HeadError {
                    req: None,
                    message: "req is an integer from 0 to 2^53 - 1".into(),
                });
            }
        };
        match wire.kind {
            Scalar::Text(kind) => Ok(Self { kind, req }),
            _ => Err(HeadError {
                req,
                message: "type is a string, and no frame is without one".into(),
            }),
        }
    }
}

/// Reads the body of an HTTP request as strictly as a frame: one JSON object, in UTF-8.
///
/// # Errors
/// The code to answer with, and a message for people that is short whatever the body holds.
pub fn read_object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, (ErrorCode, String)> {
    std::str::from_utf8(body)
        .map_err(|error| error.to_string())
        .and_then(parse_object)
        .map_err(|message| (ErrorCode::BadRequest, message))
}

/// Reads one JSON object. The error says where it breaks, in a few words whatever the input.
pub(crate) fn parse_object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    if !text.trim_ascii_start().starts_with('{') {
        return Err("not a JSON object".into());
    }
    serde_json::from_str(text).map_err(|error| shortened(error.to_string()))
}

/// Cuts a message that quotes the input, which may be as long as a frame.
fn shortened(mut message: String) -> String {
    let mut end = crate::limits::ERROR_MESSAGE_BYTES;
    if message.len() > end {
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        message.truncate(end);
        message.push('…');
        message.shrink_to_fit();
    }
    message
}

#[derive(Serialize)]
struct Tagged<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    req: Option<u64>,
    #[serde(flatten)]
    frame: &'a T,
}

/// Writes one frame.
pub(crate) fn encode<T: Serialize>(kind: &'static str, req: Option<u64>, frame: &T) -> String {
    serde_json::to_string(&Tagged { kind, req, frame }).unwrap_or_else(|error| {
        unreachable!(
            "frames hold only strings, integers and lists of them, which always encode: {error}"
        )
    })
}
