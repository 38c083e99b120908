//! Passwords: Argon2id, away from the runtime's threads, a few at a time.

use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tokio::sync::Semaphore;

use crate::limits::{PASSWORD_QUEUE, PASSWORD_WORKERS};
use crate::{Entropy, ServiceError};

/// Hashes and checks passwords, bounded.
pub(crate) struct Passwords {
    workers: Semaphore,
    waiting: AtomicUsize,
    /// Checked when a login name is unknown, so that the answer takes as long as for a known one.
    decoy: std::sync::OnceLock<String>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            workers: Semaphore::new(PASSWORD_WORKERS),
            waiting: AtomicUsize::new(0),
            decoy: std::sync::OnceLock::new(),
        }
    }

    /// The hash to keep, in PHC string form.
    pub(crate) async fn hash(
        &self,
        password: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, ServiceError> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let password = password.to_owned();
        self.run(move || hash(&password, &salt)).await?
    }

    /// Whether the password is the one behind the hash; without a hash, never, after as long a time.
    pub(crate) async fn verify(
        &self,
        password: &str,
        hash: Option<String>,
    ) -> Result<bool, ServiceError> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.decoy().await?,
        };
        let password = password.to_owned();
        let matches = self.run(move || verify(&password, &hash)).await??;
        Ok(known && matches)
    }

    async fn decoy(&self) -> Result<String, ServiceError> {
        if let Some(decoy) = self.decoy.get() {
            return Ok(decoy.clone());
        }
        // Its password and salt need no secret: the result of the check is thrown away.
        let made = self.run(|| hash("decoy", &[7; 16])).await??;
        Ok(self.decoy.get_or_init(|| made).clone())
    }

    /// Runs one hash when it is its turn. Too many waiting: refused, so that a flood of sign-ins
    /// costs a bounded time.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let waiting = Waiting::enter(&self.waiting).ok_or(ServiceError::Overloaded)?;
        let permit = self
            .workers
            .acquire()
            .await
            .map_err(|_| ServiceError::Internal)?;
        drop(waiting);
        let done = tokio::task::spawn_blocking(work).await;
        drop(permit);
        done.map_err(|error| {
            tracing::error!(%error, "a password worker failed");
            ServiceError::Internal
        })
    }
}

/// One place in the queue, given back when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Option<Self> {
        let place = Self(count);
        (count.fetch_add(1, Ordering::Relaxed) < PASSWORD_QUEUE).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Argon2id with the crate's defaults: 19 MiB, 2 passes, 1 lane, as OWASP's password storage cheat
/// sheet asks for at least.
fn hash(password: &str, salt: &[u8]) -> Result<String, ServiceError> {
    let hashed = SaltString::encode_b64(salt).and_then(|salt| {
        Ok(Argon2::default()
            .hash_password(password.as_bytes(), &salt)?
            .to_string())
    });
    hashed.map_err(|error| {
        tracing::error!(%error, "cannot hash a password");
        ServiceError::Internal
    })
}

fn verify(password: &str, hash: &str) -> Result<bool, ServiceError> {
    let parsed = PasswordHash::new(hash).map_err(|error| {
        tracing::error!(%error, "a kept password hash cannot be read");
        ServiceError::Internal
    })?;
    Ok(Argon2::default()
        .verify_password(password.as_bytes(), &parsed)
        .is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_passes() {
        let passwords = Passwords::new();
        let hash = passwords
            .hash("correct horse", &SystemEntropy)
            .await
            .unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(
            passwords
                .verify("correct horse", Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!passwords.verify("wrong horse", Some(hash)).await.unwrap());
        assert!(
            !passwords.verify("decoy", None).await.unwrap(),
            "the decoy opens nothing"
        );
    }

    #[tokio::test]
    async fn a_flood_is_refused_beyond_the_queue() {
        let passwords = Passwords::new();
        let place = |_| Waiting::enter(&passwords.waiting);
        let places: Vec<_> = (0..PASSWORD_QUEUE).map(place).collect();
        assert!(places.iter().all(Option::is_some));
        let refused = passwords.verify("x", Some("y".into())).await;
        assert_eq!(refused, Err(ServiceError::Overloaded));
        drop(places);
        assert!(Waiting::enter(&passwords.waiting).is_some());
    }
}
