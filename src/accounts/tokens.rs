//! Access tokens: short-lived JWTs signed with Ed25519. Refresh tokens: random, good once, stored as a hash.

use std::collections::HashMap;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    db::{Conn, transaction},
    error::{Error, Result},
    schema::signing_keys,
    types::ids::{SessionId, UserId},
};

/// How long an access token is good, in minutes.
pub const ACCESS_MINUTES: i64 = 15;

/// The audience of our tokens: this API.
const AUDIENCE: &str = "gotit";

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for: this API.
    pub aud: String,
    /// Whose it is.
    pub sub: UserId,
    /// The session it belongs to.
    pub sid: SessionId,
    /// Its own id.
    pub jti: uuid::Uuid,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
}

/// Signs and checks access tokens.
pub struct Tokens {
    issuer: String,
    key_id: String,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    /// The public keys, the one that signs now first.
    pub public_keys: Vec<PublicKey>,
}

/// The public half of a signing key.
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// The `kid` of tokens.
    pub id: String,
    /// The key itself, 32 bytes as URL-safe base64.
    pub x: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys)]
struct SigningKey {
    id: String,
    pkcs8: Vec<u8>,
    created_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl Tokens {
    /// Loads the keys from the database; makes the first one when there is none. Processes that start together agree on one.
    pub async fn load(conn: &mut Conn, issuer: &str, now: DateTime<Utc>) -> Result<Self> {
        let keys = transaction(conn, async |tx| {
            diesel::sql_query("lock table signing_keys in share row exclusive mode").execute(tx).await?;
            // A retired key is needed as long as a token that it signed may live.
            let tokens_ended = now - chrono::Duration::minutes(ACCESS_MINUTES);
            let mut keys = signing_keys::table
                .filter(signing_keys::retired_at.is_null().or(signing_keys::retired_at.gt(tokens_ended)))
                .order(signing_keys::created_at.desc())
                .select(SigningKey::as_select())
                .load(tx)
                .await?;
            if !keys.iter().any(|key| key.retired_at.is_none()) {
                let key = SigningKey::generate(now)?;
                diesel::insert_into(signing_keys::table).values(&key).execute(tx).await?;
                keys.insert(0, key);
            }
            Ok(keys)
        })
        .await?;
        Self::from_keys(issuer, &keys)
    }

    fn from_keys(issuer: &str, keys: &[SigningKey]) -> Result<Self> {
        let current =
            keys.iter().find(|key| key.retired_at.is_none()).ok_or_else(|| Error::Internal(anyhow::anyhow!("there is no signing key")))?;
        let mut verifying = HashMap::new();
        let mut public_keys = Vec::new();
        for key in keys {
            let x = key.public_key()?;
            let decoding = DecodingKey::from_ed_components(&x).map_err(|error| Error::Internal(error.into()))?;
            verifying.insert(key.id.clone(), decoding);
            public_keys.push(PublicKey { id: key.id.clone(), x });
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            key_id: current.id.clone(),
            signing: EncodingKey::from_ed_der(&current.pkcs8),
            verifying,
            public_keys,
        })
    }

    /// A new access token for a session.
    pub fn sign(&self, user: UserId, session: SessionId, now: DateTime<Utc>) -> Result<String> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            jti: uuid::Uuid::now_v7(),
            iat: now.timestamp(),
            exp: now.timestamp() + ACCESS_MINUTES * 60,
        };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|error| Error::Internal(error.into()))
    }

    /// The claims of a token, if it is ours, for us, and good at `now`. The algorithm is ours, whatever the token says.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        let key_id = jsonwebtoken::decode_header(token).ok()?.kid?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The library reads the system's clock; ours can be set by tests, so the times are checked here.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, self.verifying.get(&key_id)?, &validation).ok()?.claims;
        let seconds = now.timestamp();
        (claims.exp > seconds && claims.iat <= seconds + 5).then_some(claims)
    }
}

impl SigningKey {
    fn generate(now: DateTime<Utc>) -> Result<Self> {
        let fault = |_| Error::Internal(anyhow::anyhow!("no Ed25519 key could be made"));
        let pair = Ed25519KeyPair::generate().map_err(fault)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(fault)?.as_ref().to_vec();
        let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // RFC 7638: the hash of the key's required members, in this order, without white space.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Ok(Self { id: BASE64_URL_SAFE_NO_PAD.encode(thumbprint), pkcs8, created_at: now, retired_at: None })
    }

    fn public_key(&self) -> Result<String> {
        let pair = Ed25519KeyPair::from_pkcs8(&self.pkcs8)
            .map_err(|error| Error::Internal(anyhow::anyhow!("signing key {} cannot be read: {error}", self.id)))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()))
    }
}

/// A secret to be shown once, and what is stored of it. Does not print.
pub struct Secret {
    /// For its owner.
    pub text: String,
    /// SHA-256 of the text. The text has 256 random bits, so a fast hash is enough.
    pub hash: Vec<u8>,
}

impl Secret {
    /// A new random secret of 256 bits, as URL-safe base64.
    pub fn generate() -> Self {
        let text = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        Self { hash: Self::hash(&text), text }
    }

    /// What is stored of `text`.
    pub fn hash(text: &str) -> Vec<u8> {
        Sha256::digest(text.as_bytes()).to_vec()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_and_is_found_by_its_hash() {
        let secret = Secret::generate();
        assert!(!format!("{secret:?}").contains(&secret.text));
        assert_eq!((Secret::hash(&secret.text), secret.text.len()), (secret.hash, 43));
    }
}
