//! What a server cannot go on over.
//!
//! Owns: the first such thing that happened.
//! Promises: whoever waits for it is told, also when it happened before.

use std::sync::Arc;

use tokio::sync::watch;

/// The first thing that the server cannot go on over, if any has happened.
#[derive(Clone)]
pub(crate) struct Failure(Arc<watch::Sender<Option<String>>>);

impl Default for Failure {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Failure {
    pub(crate) fn has_happened(&self, what: impl Into<String>) {
        self.0.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert(what.into());
            is_first
        });
    }

    /// Returns when something has happened.
    pub(crate) async fn happened(&self) -> String {
        let mut receiver = self.0.subscribe();
        // The sender is this.
        match receiver.wait_for(Option::is_some).await {
            Ok(what) => what.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    /// To be held by a thread that the server cannot do without.
    pub(crate) fn on_panic(&self, of: &'static str) -> OnPanic {
        OnPanic {
            failure: self.clone(),
            of,
        }
    }
}

/// Tells when the thread that holds it panics.
pub(crate) struct OnPanic {
    failure: Failure,
    of: &'static str,
}

impl Drop for OnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.failure.has_happened(format!("{} panicked", self.of));
        }
    }
}
