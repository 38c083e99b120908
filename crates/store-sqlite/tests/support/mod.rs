//! The embedded engine as the contract suite's fixture wants it.

#![allow(dead_code, reason = "each test file uses a part")]

use std::path::PathBuf;

use hongyan_store::contract::{Engine, Fixture};
use hongyan_store_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

/// A folder with one database.
pub(crate) struct Sqlite(TempDir);

impl Sqlite {
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("hongyan.db")
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.0.path().join("hongyan.db-wal")
    }

    pub(crate) fn journal_paths(&self) -> [PathBuf; 2] {
        ["-writes1", "-writes2"].map(|ending| self.0.path().join(format!("hongyan.db{ending}")))
    }
}

impl Engine for Sqlite {
    type Store = SqliteStore;

    async fn fresh() -> Self {
        Self(TempDir::new().unwrap())
    }

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(self.path(), &Options::default()).unwrap()
    }

    async fn close(&self, store: SqliteStore) {
        store.close().await;
    }
}

pub(crate) type Case = Fixture<Sqlite>;
