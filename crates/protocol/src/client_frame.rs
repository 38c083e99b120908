//! Frames from a client, and the decoder that no input may hurt.
//!
//! How a frame is read is in `envelope`. What is skipped is skipped without recursion; what is read is
//! never nested deeper than the frames are.

use serde::de::{Deserialize, Deserializer, IgnoredAny};

use crate::append::{EditRead, SendRead};
use crate::envelope::{self, Frames, Refusal, encode};
use crate::{
    Ack, AskPresence, AskReadBy, Edit, ErrorCode, Hello, History, Ping, React, Reactions, Read,
    Recall, Send, SetView, Sync, Typing, Watch,
};

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
    /// See [`SetView`].
    SetView(SetView),
    /// See [`Sync`].
    Sync(Sync),
    /// See [`History`].
    History(History),
    /// See [`React`].
    React(React),
    /// See [`Reactions`].
    Reactions(Reactions),
    /// See [`Watch`].
    Watch(Watch),
    /// See [`Typing`].
    Typing(Typing),
    /// See [`AskPresence`].
    Presence(AskPresence),
    /// See [`AskReadBy`].
    ReadBy(AskReadBy),
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

impl ClientFrame {
    /// Reads one text frame; the number is its `req`, below 2^53.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`], [`ErrorCode::Unsupported`] or [`ErrorCode::TooLarge`], never another.
    pub fn decode(text: &str) -> Result<(Option<u64>, Self), DecodeError> {
        envelope::decode(text).map_err(|error| {
            let (code, message) = error.refusal;
            let req = error.req;
            DecodeError { req, code, message }
        })
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
            Self::SetView(frame) => encode("set_view", req, frame),
            Self::Sync(frame) => encode("sync", req, frame),
            Self::History(frame) => encode("history", req, frame),
            Self::React(frame) => encode("react", req, frame),
            Self::Reactions(frame) => encode("reactions", req, frame),
            Self::Watch(frame) => encode("watch", req, frame),
            Self::Typing(frame) => encode("typing", req, frame),
            Self::Presence(frame) => encode("presence", req, frame),
            Self::ReadBy(frame) => encode("read_by", req, frame),
        }
    }
}

impl<'a> Frames<'a> for ClientFrame {
    fn read<D: Deserializer<'a>>(kind: &str, fields: D) -> Result<Result<Self, Refusal>, D::Error> {
        Ok(match kind {
            "hello" => Hello::deserialize(fields)?.checked().map(Self::Hello),
            "ping" => Ok(Self::Ping(Ping::deserialize(fields)?)),
            "send" => Send::checked(SendRead::deserialize(fields)?).map(Self::Send),
            "edit" => Edit::checked(EditRead::deserialize(fields)?).map(Self::Edit),
            "recall" => Ok(Self::Recall(Recall::deserialize(fields)?)),
            "ack" => Ok(Self::Ack(Ack::deserialize(fields)?)),
            "read" => Ok(Self::Read(Read::deserialize(fields)?)),
            "set_view" => SetView::deserialize(fields)?.checked().map(Self::SetView),
            "sync" => Sync::deserialize(fields)?.checked().map(Self::Sync),
            "history" => History::deserialize(fields)?.checked().map(Self::History),
            "react" => React::deserialize(fields)?.checked().map(Self::React),
            "reactions" => Ok(Self::Reactions(Reactions::deserialize(fields)?)),
            "watch" => Ok(Self::Watch(Watch::deserialize(fields)?)),
            "typing" => Ok(Self::Typing(Typing::deserialize(fields)?)),
            "read_by" => AskReadBy::deserialize(fields)?.checked().map(Self::ReadBy),
            "presence" => AskPresence::deserialize(fields)?
                .checked()
                .map(Self::Presence),
            other => {
                IgnoredAny::deserialize(fields)?;
                let shown: String = other.chars().take(32).collect();
                Err((ErrorCode::Unsupported, format!("no frame type {shown:?}")))
            }
        })
    }
}
