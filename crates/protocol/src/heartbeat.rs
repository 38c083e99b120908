//! The smart heartbeat: how long a connection may stay quiet. Pure arithmetic.

use serde::{Deserialize, Serialize};

/// What a client has learnt of one network, in milliseconds of quiet time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// The longest quiet time after which a ping was still answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_ms: Option<u64>,
    /// The shortest quiet time after which the connection turned out to be dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_ms: Option<u64>,
}

impl Learnt {
    /// Whether nothing was learnt yet.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
