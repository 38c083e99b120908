//! What every frame has, whichever way it goes: `type`, and `req` where it asks or answers.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The first pass over a frame: everything else is skipped, not stored.
#[derive(Deserialize)]
pub(crate) struct Head<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Cow<'a, str>,
    #[serde(default)]
    pub(crate) req: Option<u64>,
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
