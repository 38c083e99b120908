//! Servers and clients for the tests.

mod http;
mod raw;
mod server;

use std::time::Duration;

use tokio::time::Instant;

pub use http::Http;
pub use raw::{Raw, text_to};
pub use server::TestServer;

/// How long anything may take on a busy machine before a test calls it broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The demo's users.
pub const ZHANG: &str = "zhangsan@gmail.com";
pub const LI: &str = "lisi@gmail.com";
pub const WANG: &str = "wangwu@hotmail.com";
/// And the id.
pub const WANG_ID: u64 = 1002;

/// Their ids.
pub const ZHANG_ID: u64 = 1000;
pub const LI_ID: u64 = 1001;

/// Polls until the condition answers something.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
