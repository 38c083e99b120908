//! What the same machine does without Hongyan: the network alone, to one or to all, the store alone, and the disk alone.

mod broadcast;
mod disk;
mod relay;
mod store;

pub(crate) use disk::disk;
pub(crate) use relay::relay;
pub(crate) use store::{BATCH_WRITES, store};
