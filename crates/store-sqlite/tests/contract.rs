//! The contract suite, on the embedded engine.

#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

use hongyan_store::contract::Engine;
use hongyan_store_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

struct Sqlite(TempDir);

impl Engine for Sqlite {
    type Store = SqliteStore;

    async fn fresh() -> Self {
        Self(TempDir::new().unwrap())
    }

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(self.0.path().join("hongyan.db"), &Options::default()).unwrap()
    }

    async fn close(&self, store: SqliteStore) {
        store.close().await;
    }
}

hongyan_store::store_contract!(Sqlite);
