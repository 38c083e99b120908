//! The contract suite, on the embedded engine.

#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use support::Sqlite;

hongyan_store::store_contract!(Sqlite);
