//! Frames from a client, and the decoder that no input may hurt.
//!
//! A frame is read in two passes over the same text: first its `type` and `req`, skipping all
//! else, then the frame of that type. So a frame with a broken body is still answered under its
//! own `req`, unknown types and fields are told apart from broken ones, and nothing is copied
//! into an intermediate tree. What is skipped is skipped without recursion; what is read is
//! never nested deeper than the frames are.

use serde::Deserialize;

use crate::envelope::{Head, encode, parse_object};
use crate::{Ack, Edit, ErrorCode, Hello, History, Ping, Read, Recall, Send, Sync};

/// A frame from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// See [`Hello`].
    Hello(Hello),
    /// See [`Ping`].
    Ping(Ping),
    /// See [`Send`].
    Send(Send),
    /// See [`Edit`].
    Edit(Edit),
    /// See [`Recall`].
    Recall(Recall),
    /// See [`Ack`].
    Ack(Ack),
    /// See [`Read`].
    Read(Read),
    /// See [`Sync`].
    Sync(Sync),
    /// See [`History`].
    History(History),
}

/// Why a frame could not be read. The connection stays; the frame is answered with `error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct DecodeError {
    /// The frame's `req`, if that much could be read.
    pub req: Option<u64>,
    /// What is wrong with it.
    pub code: ErrorCode,
    /// Where, for people. Short, whatever the frame held.
    pub message: String,
}

/// The code to answer with, and a message for people.
pub(crate) type Refusal = (ErrorCode, String);

impl ClientFrame {
    /// Reads one text frame; the number is its `req`, below 2^53.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`], [`ErrorCode::Unsupported`] or [`ErrorCode::TooLarge`], never another.
    pub fn decode(text: &str) -> Result<(Option<u64>, Self), DecodeError> {
        let head = Head::read(text).map_err(|error| DecodeError {
            req: error.req,
            code: ErrorCode::BadRequest,
            message: error.message,
        })?;
        let req = head.req;
        let frame = Self::decode_kind(&head.kind, text).map_err(|(code, message)| DecodeError {
            req,
            code,
            message,
        })?;
        Ok((req, frame))
    }

    fn decode_kind(kind: &str, text: &str) -> Result<Self, Refusal> {
        match kind {
            "hello" => parse(text).and_then(Hello::checked).map(Self::Hello),
            "ping" => parse(text).map(Self::Ping),
            "send" => parse(text).and_then(Send::checked).map(Self::Send),
            "edit" => parse(text).and_then(Edit::checked).map(Self::Edit),
            "recall" => parse(text).map(Self::Recall),
            "ack" => parse(text).map(Self::Ack),
            "read" => parse(text).map(Self::Read),
            "sync" => parse(text).and_then(Sync::checked).map(Self::Sync),
            "history" => parse(text).and_then(History::checked).map(Self::History),
            other => {
                let shown: String = other.chars().take(32).collect();
                Err((ErrorCode::Unsupported, format!("no frame type {shown:?}")))
            }
        }
    }

    /// Writes one text frame. `req` is below 2^53, or the server refuses the frame.
    pub fn encode(&self, req: Option<u64>) -> String {
        match self {
            Self::Hello(frame) => encode("hello", req, frame),
            Self::Ping(frame) => encode("ping", req, frame),
            Self::Send(frame) => encode("send", req, &frame.written()),
            Self::Edit(frame) => encode("edit", req, frame),
            Self::Recall(frame) => encode("recall", req, frame),
            Self::Ack(frame) => encode("ack", req, frame),
            Self::Read(frame) => encode("read", req, frame),
            Self::Sync(frame) => encode("sync", req, frame),
            Self::History(frame) => encode("history", req, frame),
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Refusal> {
    parse_object(text).map_err(|message| (ErrorCode::BadRequest, message))
}
