//! What every frame has, whichever way it goes: `type`, and `req` where it asks or answers.
//!
//! A frame is read in one pass where `type` comes first and `req`, if there is one, second, as they should: the reader
//! goes on with what the type says. Otherwise in two: first for these two, skipping all else, then for the frame of
//! that type. Either way a frame with a broken body is still answered under its own `req`, unknown types and fields are
//! told apart from broken ones, and nothing is copied into an intermediate tree.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::ErrorCode;
use crate::ids::EXACT_INTEGER_LIMIT;
use crate::json;
use crate::value::Scalar;

/// The code to answer with, and a message for people.
pub(crate) type Refusal = (ErrorCode, String);

/// The frames of one direction.
pub(crate) trait Frames<'a>: Sized {
    /// Reads the frame of this type: all fields but `type` and `req`, which are passed over if they come.
    fn read<D: Deserializer<'a>>(kind: &str, fields: D) -> Result<Result<Self, Refusal>, D::Error>;
}

/// Why a frame could not be read.
pub(crate) struct FrameError {
    /// The frame's `req`, where that much was well-formed.
    pub(crate) req: Option<u64>,
    pub(crate) refusal: Refusal,
}

/// Reads a frame and its `req`.
pub(crate) fn decode<'a, F: Frames<'a>>(text: &'a str) -> Result<(Option<u64>, F), FrameError> {
    let mut req = None;
    let in_order = InOrder::<F> {
        req: &mut req,
        frames: PhantomData,
    };
    let read = match read_json(text, in_order) {
        Ok(read) => read,
        // What breaks without one may still have it further on.
        Err(_) if req.is_none() => {
            let (head, read) = in_any_order(text)?;
            req = head;
            read
        }
        Err(error) => Err((ErrorCode::BadRequest, error.message())),
    };
    read.map(|frame| (req, frame))
        .map_err(|refusal| FrameError { req, refusal })
}

/// A first pass for `type` and `req`, a second for the rest.
fn in_any_order<'a, F: Frames<'a>>(
    text: &'a str,
) -> Result<(Option<u64>, Result<F, Refusal>), FrameError> {
    let Head { kind, req } = Head::read(text)?;
    let read = read_json(
        text,
        OfKind::<F> {
            kind: &kind,
            frames: PhantomData,
        },
    );
    let read = read.unwrap_or_else(|error| Err((ErrorCode::BadRequest, error.message())));
    Ok((req, read))
}

/// Reads a whole frame whose type is known.
struct OfKind<'k, F> {
    kind: &'k str,
    frames: PhantomData<F>,
}

impl<'a, F: Frames<'a>> DeserializeSeed<'a> for OfKind<'_, F> {
    type Value = Result<F, Refusal>;

    fn deserialize<D: Deserializer<'a>>(self, frame: D) -> Result<Self::Value, D::Error> {
        F::read(self.kind, frame)
    }
}

/// Reads a whole frame that begins with `type`, and has its `req` behind that or none. Any other is not read.
struct InOrder<'r, F> {
    /// The `req`, once both are read.
    req: &'r mut Option<u64>,
    frames: PhantomData<F>,
}

impl<'a, F: Frames<'a>> DeserializeSeed<'a> for InOrder<'_, F> {
    type Value = Result<F, Refusal>;

    fn deserialize<D: Deserializer<'a>>(self, frame: D) -> Result<Self::Value, D::Error> {
        frame.deserialize_map(self)
    }
}

impl<'a, F: Frames<'a>> Visitor<'a> for InOrder<'_, F> {
    type Value = Result<F, Refusal>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object that begins with type, then req if it has one")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let not_in_order = || A::Error::custom("type and req do not come first");
        let named = |name| Some(Scalar::Text(Cow::Borrowed(name)));
        if map.next_key()? != named("type") {
            return Err(not_in_order());
        }
        let Scalar::Text(kind) = map.next_value()? else {
            return Err(not_in_order());
        };
        let mut first = map.next_key()?;
        if first == named("req") {
            match map.next_value()? {
                Scalar::Integer(req) if req < EXACT_INTEGER_LIMIT => *self.req = Some(req),
                _ => return Err(not_in_order()),
            }
            first = None;
        }
        F::read(&kind, MapAccessDeserializer::new(Rest { first, map }))
    }
}

/// The fields behind `type` and `req`, neither of which may come again.
struct Rest<'a, A> {
    /// The name of the first of them, where it is read already.
    first: Option<Scalar<'a>>,
    map: A,
}

impl<'a, A: MapAccess<'a>> MapAccess<'a> for Rest<'a, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let name = match self.first.take() {
            Some(name) => Some(name),
            None => self.map.next_key()?,
        };
        let Some(Scalar::Text(name)) = name else {
            return Ok(None);
        };
        match &*name {
            "type" => Err(A::Error::duplicate_field("type")),
            "req" => Err(A::Error::duplicate_field("req")),
            name => seed.deserialize(name.into_deserializer()).map(Some),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// The first pass over a frame: everything but `type` and `req` is skipped, not stored.
struct Head<'a> {
    kind: Cow<'a, str>,
    req: Option<u64>,
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
    fn read(text: &'a str) -> Result<Self, FrameError> {
        let wire: HeadOnWire<'a> = parse_object(text)
            .map_err(|message| refused(None, format!("not a frame: {message}")))?;
        let req = match wire.req {
            Scalar::Absent => None,
            Scalar::Integer(req) if req < EXACT_INTEGER_LIMIT => Some(req),
            _ => {
                return Err(refused(None, "req is an integer from 0 to 2^53 - 1".into()));
            }
        };
        match wire.kind {
            Scalar::Text(kind) => Ok(Self { kind, req }),
            _ => Err(refused(
                req,
                "type is a string, and no frame is without one".into(),
            )),
        }
    }
}

fn refused(req: Option<u64>, message: String) -> FrameError {
    let refusal = (ErrorCode::BadRequest, message);
    FrameError { req, refusal }
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
    read_json(text, PhantomData).map_err(|error| error.message())
}

/// Why a text is not the object that was looked for. The message is made only where it is wanted.
enum NotRead {
    NoObject,
    Json(serde_json::Error),
}

impl NotRead {
    fn message(self) -> String {
        match self {
            Self::NoObject => "not a JSON object".into(),
            Self::Json(error) => shortened(error.to_string()),
        }
    }
}

fn read_json<'a, S: DeserializeSeed<'a>>(text: &'a str, seed: S) -> Result<S::Value, NotRead> {
    if !text.trim_ascii_start().starts_with('{') {
        return Err(NotRead::NoObject);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut json).map_err(NotRead::Json)?;
    json.end().map_err(NotRead::Json)?;
    Ok(value)
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

/// Room for a frame with little text, in bytes: hardly any is longer.
const FRAME_ROOM: usize = 256;

/// Writes one frame.
pub(crate) fn encode<T: Serialize>(kind: &'static str, req: Option<u64>, frame: &T) -> String {
    encode_long(kind, req, frame, 0)
}

/// Writes one frame with so many bytes of text in it.
pub(crate) fn encode_long<T: Serialize>(
    kind: &'static str,
    req: Option<u64>,
    frame: &T,
    text_bytes: usize,
) -> String {
    let mut out = String::with_capacity(FRAME_ROOM + text_bytes);
    out.push_str("{\"type\":");
    json::write_text(&mut out, kind);
    if let Some(req) = req {
        out.push_str(",\"req\":");
        json::write_integer(&mut out, req);
    }
    match json::write_members(&mut out, frame) {
        Ok(()) => out,
        Err(error) => unreachable!("frames hold nothing that cannot be written: {error}"),
    }
}
