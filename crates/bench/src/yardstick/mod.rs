//! What the same machine does without Hongyan: the network alone, and the store alone.

mod relay;
mod store;

pub(crate) use relay::relay;
pub(crate) use store::{BATCH_WRITES, store};
