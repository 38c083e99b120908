//! `hongyan bench`

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use hongyan_bench::{Host, Options};
use hongyan_service::{Clock, SystemClock};
use hongyan_store::Store;

use crate::node;

/// Measures a server.
pub async fn bench(options: Options) -> anyhow::Result<()> {
    let host = Host {
        program: std::env::current_exe().context("cannot find this program's own file")?,
        open_store,
        now: SystemClock.now(),
    };
    hongyan_bench::run(options, host).await
}

fn open_store(path: &Path) -> anyhow::Result<Arc<dyn Store>> {
    Ok(Arc::new(node::open_store(path)?))
}
