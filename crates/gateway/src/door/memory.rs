//! The memory limit: bytes that the node holds for requests that are not complete, and for answers that are not
//! taken yet.
//!
//! Promises: at most [`HELD_BYTES`] on a node, and at most [`HELD_BYTES_PER_USER`] of one user. Beyond that the
//! node refuses, and the client tries again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use hongyan_service::ServiceError;

use super::budget::Budget;
use crate::limits::{HELD_BYTES, HELD_BYTES_PER_USER};

/// What is held on this node.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    held: AtomicUsize,
}

/// Some of it, given back when dropped.
pub(crate) struct Held {
    memory: Arc<Memory>,
    user: Arc<Budget>,
    bytes: usize,
}

impl Memory {
    /// Room for so many bytes on behalf of a user.
    pub(crate) fn hold(
        self: &Arc<Self>,
        user: &Arc<Budget>,
        bytes: usize,
    ) -> Result<Held, ServiceError> {
        let mut held = Held {
            memory: Arc::clone(self),
            user: Arc::clone(user),
            bytes: 0,
        };
        held.grow(bytes)?;
        Ok(held)
    }
}

impl Held {
    /// Room for so many more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), ServiceError> {
        take(&self.user.held, bytes, HELD_BYTES_PER_USER)?;
        if let Err(refused) = take(&self.memory.held, bytes, HELD_BYTES) {
            self.user.held.fetch_sub(bytes, Ordering::Relaxed);
            return Err(refused);
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Bytes that are counted until the last of them is gone.
    pub(crate) fn with(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Counted { bytes, _held: self })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.user.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.memory.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Counted {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn take(held: &AtomicUsize, bytes: usize, most: usize) -> Result<(), ServiceError> {
    let more = |held: usize| held.checked_add(bytes).filter(|&held| held <= most);
    held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
        .map(drop)
        .map_err(|_| ServiceError::Overloaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_has_a_share_and_all_together_no_more_than_there_is() {
        let memory = Arc::new(Memory::default());
        let users = (0..1000).map(|_| Arc::new(Budget::default()));
        let mut held = Vec::new();
        for user in users {
            match memory.hold(&user, HELD_BYTES_PER_USER) {
                Ok(share) => held.push(share),
                Err(refused) => {
                    assert_eq!(refused, ServiceError::Overloaded);
                    assert_eq!(user.held.load(Ordering::Relaxed), 0);
                    break;
                }
            }
        }
        assert_eq!(held.len(), HELD_BYTES / HELD_BYTES_PER_USER);
        assert!(held[0].grow(1).is_err());
        held.pop();
        assert!(
            held[0].grow(1).is_err(),
            "there is room, but not for this one"
        );
        let bytes = held.swap_remove(0).with(Bytes::from_static(b"abc"));
        let (front, back) = (bytes.slice(..1), bytes.slice(1..));
        drop(bytes);
        drop(front);
        assert_eq!(&back[..], b"bc");
        let before = memory.held.load(Ordering::Relaxed);
        drop(back);
        let after = memory.held.load(Ordering::Relaxed);
        assert_eq!(before - after, HELD_BYTES_PER_USER);
        drop(held);
        assert_eq!(memory.held.load(Ordering::Relaxed), 0);
    }
}
