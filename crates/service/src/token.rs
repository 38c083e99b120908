//! Session tokens: 256 random bits that only their holder knows; and what proves a known device.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hongyan_protocol::UserId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Entropy;

/// What every token begins with, so that a leaked one is recognised for what it is.
const PREFIX: &str = "hy_";

/// A token, as its holder knows it. Kept nowhere: the store has only [`Token::hash`].
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Makes a token that nobody can guess.
    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text to hand to its holder.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the store keeps. One round of SHA-256 is enough: there are 256 bits to guess.
    pub(crate) fn hash(token: &str) -> [u8; 32] {
        Sha256::digest(token.as_bytes()).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What the secret of a device begins with.
const DEVICE_PREFIX: &str = "hyd_";

/// Names a device that signed in to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DeviceId([u8; 16]);

impl From<[u8; 16]> for DeviceId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// Proves that a device signed in to an account before. It signs nobody in: strangers' failures just do not
/// make such a device wait.
///
/// Kept nowhere: it is an id, and a digest of that id with the kept hash of the account's password, which
/// nobody outside knows and which has a random salt in it. So a new password makes all of them void.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSecret(String);

impl DeviceSecret {
    /// One for a device of this account.
    pub(crate) fn generate(user: UserId, password_hash: &str, entropy: &dyn Entropy) -> Self {
        let mut id = [0; 16];
        entropy.fill(&mut id);
        let mut bytes = id.to_vec();
        bytes.extend(device_proof(user, password_hash, id));
        Self(format!("{DEVICE_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text to hand to the device.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The device that this is the secret of, if it is one of this account.
    pub(crate) fn device(text: &str, user: UserId, password_hash: &str) -> Option<DeviceId> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(DEVICE_PREFIX)?);
        let bytes: [u8; 48] = bytes.ok()?.try_into().ok()?;
        let id = *bytes.first_chunk::<16>()?;
        let proof = device_proof(user, password_hash, id);
        bool::from(proof.ct_eq(&bytes[16..])).then_some(DeviceId(id))
    }
}

impl std::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceSecret(…)")
    }
}

/// All that goes in has a fixed length, so nothing can be appended to it.
fn device_proof(user: UserId, password_hash: &str, id: [u8; 16]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"hongyan known device v1\0");
    digest.update(Sha256::digest(password_hash.as_bytes()));
    digest.update(user.get().to_be_bytes());
    digest.update(id);
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn a_device_is_known_to_its_account_and_password_only() {
        let ann = UserId::from_trusted(1000);
        let secret = DeviceSecret::generate(ann, "hash", &SystemEntropy);
        let other = DeviceSecret::generate(ann, "hash", &SystemEntropy);
        let device = DeviceSecret::device(secret.as_str(), ann, "hash");
        assert!(device.is_some());
        assert_ne!(DeviceSecret::device(other.as_str(), ann, "hash"), device);
        let bob = UserId::from_trusted(1001);
        assert_eq!(DeviceSecret::device(secret.as_str(), bob, "hash"), None);
        assert_eq!(DeviceSecret::device(secret.as_str(), ann, "another"), None);
        let mut changed = secret.as_str().to_owned();
        changed.replace_range(10..11, if &changed[10..11] == "A" { "B" } else { "A" });
        for bad in [
            changed.as_str(),
            "",
            "hyd_",
            "hyd_AAAA",
            "hy_x",
            &secret.as_str()[4..],
        ] {
            assert_eq!(DeviceSecret::device(bad, ann, "hash"), None, "{bad}");
        }
    }
}
