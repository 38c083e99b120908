//! Passwords: Argon2id, away from the runtime's threads, a few at a time, by turns of who asks.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use hongyan_store::composed;

use crate::limits::{PASSWORD_QUEUE, PASSWORD_WORKERS};
use crate::turns::{Asking, Turns};
use crate::{Entropy, ServiceError};

/// Hashes and checks passwords, bounded.
pub(crate) struct Passwords {
    turns: Arc<Turns>,
    /// Checked when a login name is unknown, so that the answer takes as long as for a known one.
    decoy: std::sync::OnceLock<String>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            turns: Turns::new(PASSWORD_WORKERS, PASSWORD_QUEUE),
            decoy: std::sync::OnceLock::new(),
        }
    }

    /// The hash to keep, in PHC string form.
    pub(crate) async fn hash(
        &self,
        asking: Asking,
        password: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, ServiceError> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let password = composed(password).into_owned();
        self.run(asking, || Ok(()), move || hash(&password, &salt))
            .await?
    }

    /// Whether the password is the one behind the hash, however its characters are composed; without a hash, never, after as long a time. When its
    /// turn comes, `may_go_on` is asked once more: what others found out meanwhile counts.
    pub(crate) async fn verify(
        &self,
        asking: Asking,
        password: &str,
        hash: Option<String>,
        may_go_on: impl FnOnce() -> Result<(), ServiceError>,
    ) -> Result<bool, ServiceError> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.decoy(asking.clone()).await?,
        };
        let password = password.to_owned();
        let check = move || {
            let one_form = composed(&password);
            let matches = verify(&one_form, &hash)?;
            if matches || one_form == password {
                return Ok::<_, ServiceError>(matches);
            }
            // A hash from before passwords had one form may be of what was typed.
            verify(&password, &hash)
        };
        let matches = self.run(asking, may_go_on, check).await??;
        Ok(known && matches)
    }

    async fn decoy(&self, asking: Asking) -> Result<String, ServiceError> {
        if let Some(decoy) = self.decoy.get() {
            return Ok(decoy.clone());
        }
        // Its password and salt need no secret: the result of the check is thrown away.
        let make = || hash("decoy", &[7; 16]);
        let made = self.run(asking, || Ok(()), make).await??;
        Ok(self.decoy.get_or_init(|| made).clone())
    }

    /// Runs one hash when it is the asker's turn. Who asks too much is refused, so that a flood of sign-ins
    /// costs a bounded time, and others none.
    async fn run<T: Send + 'static>(
        &self,
        asking: Asking,
        may_go_on: impl FnOnce() -> Result<(), ServiceError>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let turn = self.turns.take(asking).await;
        let turn = turn.ok_or(ServiceError::Overloaded)?;
        may_go_on()?;
        // The turn ends with the work, whoever still waits for it.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "a password worker failed");
            ServiceError::Internal
        })
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

    fn asking(name: &str) -> Asking {
        Asking {
            address: None,
            name: name.into(),
        }
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_passes() {
        let passwords = Passwords::new();
        let verify = async |password: &'static str, hash| {
            let verified = passwords.verify(asking("ann"), password, hash, || Ok(()));
            verified.await.unwrap()
        };
        let hash = passwords.hash(asking("ann"), "correct horse", &SystemEntropy);
        let hash = hash.await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(verify("correct horse", Some(hash.clone())).await);
        assert!(!verify("wrong horse", Some(hash)).await);
        assert!(!verify("decoy", None).await, "the decoy opens nothing");
    }

    #[tokio::test]
    async fn a_password_is_one_however_its_characters_are_composed() {
        let passwords = Passwords::new();
        let (composed, apart) = ("caf\u{e9} noir", "cafe\u{301} noir");
        let verify = async |password: &'static str, hash: String| {
            let verified = passwords.verify(asking("ann"), password, Some(hash), || Ok(()));
            verified.await.unwrap()
        };
        for first in [composed, apart] {
            let hash = passwords.hash(asking("ann"), first, &SystemEntropy);
            let hash = hash.await.unwrap();
            assert!(verify(composed, hash.clone()).await);
            assert!(verify(apart, hash).await);
        }
        let earlier = hash(apart, &[1; 16]).unwrap();
        assert!(verify(apart, earlier).await, "as it was typed then");
    }

    #[tokio::test]
    async fn what_was_found_out_while_it_waited_counts() {
        let passwords = Passwords::new();
        let refuse = || Err(ServiceError::Overloaded);
        let refused = passwords.verify(asking("ann"), "x", Some("y".into()), refuse);
        assert_eq!(refused.await, Err(ServiceError::Overloaded));
    }
}
