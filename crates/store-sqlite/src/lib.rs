//! The embedded engine: one SQLite file, one writer, group commit.
//!
//! service → **store-sqlite** → file
//!
//! Owns: the file, its schema, its journal and its locks.
//! Promises: what a commit answered with `Ok` survives the loss of power (`fdatasync`, `synchronous=FULL`);
//! two servers never write one file; the write-ahead log stays bounded; a full disk costs the
//! writes of its time and nothing else.
//! Not here: SQL seen from outside, and which batch to commit when (`service`).
//!
//! ```text
//! store ──► writer/     decide/ (what becomes of a write) ──► journal/ (durable, answered) ──► settle/ (in the tables)
//!       └─► readers     a few connections, one snapshot a read ──► read/
//!           unsettled   what is durable and not in the tables yet, for those reads
//! people                the keys that people are found by: written by the writer, looked through by readers
//! verify              a connection of its own, also without a store
//! ```

mod backup;
mod connection;
mod damaged;
mod error;
mod failure;
mod identity;
mod lock;
mod open;
mod people;
mod private;
mod read;
mod readers;
mod repair;
mod row;
mod store;
mod unsettled;
mod varint;
mod verify;
mod writer;

pub use backup::{BackupError, RestoreError, Restored, restore, unfinished};
pub use open::OpenError;
pub use repair::repair_file;
pub use store::{Options, SqliteStore};
pub use verify::{CheckError, check_file};
