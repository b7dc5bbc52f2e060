//! Passwords: which are taken, and how they are hashed (argon2id, off the async executor, bounded in number).

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

use crate::{
    error::{Error, Result},
    types::Refusal,
};

/// A password that keeps the rules. Does not print.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// The most common passwords of at least ten characters, one a line, lower case.
static COMMON: LazyLock<std::collections::HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../../data/common-passwords.txt").lines().collect());

impl Password {
    /// Takes 10 to 200 characters that are not among the most common passwords (NIST SP 800-63B, section 5.1.1.2: length
    /// and a list, no rules of composition). Stored as NFC, so that "é" is the same on every keyboard (RFC 8265, section 4.2).
    pub fn parse(text: impl AsRef<str>) -> Result<Self, Refusal> {
        let text: String = text.as_ref().nfc().collect();
        let length = text.chars().count();
        if length < 10 {
            return Err(Refusal::new(
                "too_short",
                "Use at least 10 characters. Three words that do not belong together are easy to remember.",
            ));
        }
        if length > 200 {
            return Err(Refusal::new("too_long", "Use at most 200 characters."));
        }
        if is_common(&text) {
            return Err(Refusal::new("too_common", "This is among the passwords that are tried first. Use another one."));
        }
        Ok(Self(text.into()))
    }
}

/// On the list, or one character again and again.
fn is_common(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut characters = lower.chars();
    let first = characters.next();
    COMMON.contains(lower.as_str()) || characters.all(|c| Some(c) == first)
}

/// Hashes and checks passwords; at most so many at once, the others wait.
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    at_once: u32,
    runs: AtomicU64,
    nobody: String,
}

impl Passwords {
    /// `at_once` hashes run side by side; each takes 19 MiB (OWASP: m = 19 MiB, t = 2, p = 1).
    pub fn new(at_once: usize) -> Result<Self> {
        let fault = |error| Error::Internal(anyhow::anyhow!("argon2: {error}"));
        let params = Params::new(19 * 1024, 2, 1, None).map_err(fault)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = argon2
            .hash_password(&rand::random::<[u8; 32]>())
            .map_err(|error| Error::Internal(anyhow::anyhow!("argon2: {error}")))?
            .to_string();
        let at_once = at_once.max(1);
        let turns = Arc::new(Semaphore::new(at_once));
        Ok(Self { argon2, turns, at_once: u32::try_from(at_once).unwrap_or(u32::MAX), runs: AtomicU64::new(0), nobody })
    }

    /// The hash to store, as a PHC string.
    pub async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.0.clone();
        self.run(move |argon2| {
            argon2
                .hash_password(password.expose_secret().as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|error| anyhow::anyhow!("argon2: {error}"))
        })
        .await
    }

    /// Whether `text` is the password that `hash` was made from. Without a hash, because there is no such account, does the
    /// same work and says no.
    pub async fn verify(&self, text: SecretString, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let fits = self
            .run(move |argon2| {
                let hash = PasswordHash::new(&hash).map_err(|error| anyhow::anyhow!("a stored password hash cannot be read: {error}"))?;
                let text: SecretString = text.expose_secret().nfc().collect::<String>().into();
                Ok(argon2.verify_password(text.expose_secret().as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(fits && known)
    }

    /// How often argon2 has run so far. The same answer for known and unknown people has to cost the same number of runs.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// Takes all turns: until they are dropped no password is hashed or checked, and who wants one waits. For looking at what those hold
    /// who wait.
    pub async fn all_turns(&self) -> Result<OwnedSemaphorePermit> {
        self.turns.clone().acquire_many_owned(self.at_once).await.map_err(|error| Error::Internal(error.into()))
    }

    /// Waits for a turn and works on a thread of its own, keeping the turn until that thread is done.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(Argon2<'static>) -> anyhow::Result<T> + Send + 'static) -> Result<T> {
        let turn = self.turns.clone().acquire_owned().await.map_err(|error| Error::Internal(error.into()))?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        let argon2 = self.argon2.clone();
        let done = tokio::task::spawn_blocking(move || {
            let result = work(argon2);
            drop(turn);
            result
        });
        Ok(done.await.map_err(|error| Error::Internal(error.into()))??)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        let code = |text: &str| Password::parse(text).map(|_| "").unwrap_or_else(|refusal| refusal.code);
        assert_eq!(code("ninechars"), "too_short");
        assert_eq!(code(&"x y".repeat(67)), "too_long");
        assert_eq!(code("1234567890"), "too_common");
        assert_eq!(code("Password123"), "too_common");
        assert_eq!(code("aaaaaaaaaaaa"), "too_common");
        assert_eq!(code("kettle-harbour-violin"), "");
    }

    #[tokio::test]
    async fn a_password_typed_on_another_keyboard_still_fits() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash(&Password::parse("caf\u{e9}-harbour-violin").unwrap()).await.unwrap();
        assert!(passwords.verify("cafe\u{301}-harbour-violin".to_owned().into(), Some(hash)).await.unwrap());
        assert_eq!(passwords.runs(), 2);
    }

    #[test]
    fn a_password_does_not_print() {
        assert!(!format!("{:?}", Password::parse("kettle-harbour-violin").unwrap()).contains("kettle"));
    }

    #[tokio::test]
    async fn only_the_right_password_fits_and_nobodys_never_does() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash(&Password::parse("kettle-harbour-violin").unwrap()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("kettle-harbour-violin".to_owned().into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("kettle-harbour-viola".to_owned().into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("kettle-harbour-violin".to_owned().into(), None).await.unwrap());
    }
}
