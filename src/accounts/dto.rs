//! Accounts on the wire. What holds a password, a token, a name or an e-mail address does not print.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    model::{Session, User},
    passwords::Password,
    service::{Granted, PasswordChange, Profile, SignIn, SignUp},
    tokens::{ACCESS_MINUTES, PublicKey},
};
use crate::{
    error::Result,
    groups::Role,
    http::{Cursor, Limit},
    networks::StaffRole,
    types::{
        EmailAddress, Fields,
        fields::FieldError,
        ids::{GroupId, NetworkId, SessionId, UserId},
        text::{Device, PersonName},
    },
};

/// A new account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "olwen@example.org", "password": "kettle-harbour-violin", "name": "Olwen Pritchard"}))]
pub struct SignUpIn {
    /// E-mail address; capitals do not matter. Shown to nobody else.
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// 10 to 200 characters, not one of the most common passwords.
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 200)]
    password: SecretString,
    /// The name that other members of your groups see.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

impl SignUpIn {
    /// The checked fields, or everything that is wrong with them.
    pub fn parse(self) -> Result<SignUp, Vec<FieldError>> {
        let mut fields = Fields::body();
        let email = fields.check("/email", EmailAddress::parse(self.email));
        let password = fields.check("/password", Password::parse(self.password.expose_secret()));
        let name = fields.check("/name", PersonName::parse(self.name));
        fields.finish(|| Some(SignUp { email: email?, password: password?, name: name? }))
    }
}

/// What to do next.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SignedUp, example = json!({
    "message": "You can sign in now. If this address had an account before, that account is as it was: sign in with its own password."
}))]
pub struct SignUpOut {
    /// In plain English, for the person.
    pub message: &'static str,
}

impl SignUpOut {
    /// The one answer, whether or not the address had an account.
    pub const DONE: Self = Self {
        message: "You can sign in now. If this address had an account before, that account is as it was: sign in with its own password.",
    };
}

/// Who signs in, and where.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "olwen@example.org", "password": "kettle-harbour-violin", "device": "Office computer"}))]
pub struct SignInIn {
    /// E-mail address; capitals do not matter.
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// The account's password.
    #[schema(value_type = String, format = "password")]
    password: SecretString,
    /// What to call this device in the list of sessions.
    #[schema(min_length = 1, max_length = 100)]
    device: Option<String>,
}

impl SignInIn {
    /// The checked fields, or everything that is wrong with them.
    pub fn parse(self) -> Result<SignIn, Vec<FieldError>> {
        let mut fields = Fields::body();
        let email = fields.check("/email", EmailAddress::parse(self.email));
        let device = fields.check_optional("/device", self.device, Device::parse);
        fields.finish(|| Some(SignIn { email: email?, password: self.password, device: device? }))
    }
}

/// The refresh token of a session.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "Yy3Qm0Xk5l1r8cV2nTqg7bJwZs4uHf9oPaE6iDxRtKM"}))]
pub struct RefreshSessionIn {
    /// The newest refresh token of the session.
    #[schema(value_type = String)]
    pub refresh_token: SecretString,
}

/// The tokens of a session.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Tokens, example = json!({
    "access_token": "eyJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl", "token_type": "Bearer", "expires_in": 900,
    "refresh_token": "Yy3Qm0Xk5l1r8cV2nTqg7bJwZs4uHf9oPaE6iDxRtKM", "refresh_expires_at": "2026-05-30T09:00:00Z",
    "session_id": "01980a8e-2c4b-7c11-9b1e-6d1f0c2a7e55"
}))]
pub struct TokensOut {
    /// Send it as `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token is good.
    expires_in: i64,
    /// Renews the session once, at `POST /v1/sessions/refresh`. Keep it secret.
    refresh_token: String,
    /// When the session ends if it is not renewed.
    refresh_expires_at: DateTime<Utc>,
    /// The session.
    session_id: SessionId,
}

impl From<Granted> for TokensOut {
    fn from(granted: Granted) -> Self {
        Self {
            access_token: granted.access_token,
            token_type: "Bearer",
            expires_in: ACCESS_MINUTES * 60,
            refresh_token: granted.refresh_token.text,
            refresh_expires_at: granted.expires_at,
            session_id: granted.session_id,
        }
    }
}

/// Which page of the sessions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSessionsQuery {
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl ListSessionsQuery {
    /// The number of entries, and the session to go on after.
    pub fn parse(self, user: UserId) -> Result<(Limit, Option<SessionId>)> {
        let mut fields = Fields::query();
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let limit = fields.finish(|| limit)?.unwrap_or_default();
        let after = self.cursor.map(|text| Cursor::<SessionId>::decode(&list_of(user), &text)).transpose()?;
        Ok((limit, after))
    }
}

/// The cursor that goes on after a session of the user's list.
pub fn cursor_after(user: UserId, session: &Session) -> String {
    Cursor::encode(&list_of(user), session.id)
}

fn list_of(user: UserId) -> (&'static str, UserId) {
    ("list_sessions", user)
}

/// A sign-in on one device.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Session, example = json!({
    "id": "01980a8e-2c4b-7c11-9b1e-6d1f0c2a7e55", "current": true, "device": "Office computer", "created_at": "2026-03-01T09:00:00Z",
    "last_used_at": "2026-03-04T17:20:00Z", "expires_at": "2026-06-02T17:20:00Z"
}))]
pub struct SessionOut {
    /// Id; end it with `DELETE /v1/sessions/{id}`.
    id: SessionId,
    /// Whether it is the session that asks.
    current: bool,
    /// What the device was called when signing in.
    #[schema(required)]
    device: Option<String>,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it was last renewed.
    last_used_at: DateTime<Utc>,
    /// When it ends if it is not renewed.
    expires_at: DateTime<Utc>,
}

impl SessionOut {
    /// A session as `current` sees it.
    pub fn new(session: Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            current: session.id == current,
            device: session.device,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

/// What a person may change about the own account.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Olwen Siân Pritchard", "mail_notices": false}))]
pub struct MeIn {
    /// The name that other members of your groups see.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Whether you are told by mail what comes into your inbox and those of the groups that you post for. True at first.
    mail_notices: bool,
}

impl MeIn {
    /// The account as its person could have sent it.
    pub fn of(user: &User) -> Self {
        Self { name: user.name.clone(), mail_notices: user.mail_notices }
    }

    /// What the account says of its person from now on, or what is wrong with it.
    pub fn parse(self) -> Result<Profile, Vec<FieldError>> {
        let mut fields = Fields::body();
        let name = fields.check("/name", PersonName::parse(self.name));
        let mail_notices = self.mail_notices;
        fields.finish(|| Some(Profile { name: name?, mail_notices }))
    }
}

/// The person who is signed in.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Me, example = json!({
    "id": "01980a8e-0a11-7b20-8e5d-3f6a9c1b2d40", "email": "olwen@example.org", "name": "Olwen Pritchard",
    "mail_notices": true, "created_at": "2026-03-01T08:55:00Z",
    "memberships": [{"group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "group_name": "St Mary's Community Hall", "role": "owner"}],
    "staff_roles": [{"network_id": "01980a8d-ff01-7c33-9a10-1e2d3c4b5a69", "network_slug": "1000-lives-stoke", "role": "coordinator"}]
}))]
pub struct MeOut {
    /// Id.
    pub id: UserId,
    /// E-mail address, in lower case. Only you see it.
    pub email: String,
    /// The name that other members of your groups see.
    pub name: String,
    /// Whether you are told by mail what comes into your inbox and those of the groups that you post for.
    pub mail_notices: bool,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// The groups that you act for, by name.
    pub memberships: Vec<MyMembershipOut>,
    /// The networks that you work for, by slug.
    pub staff_roles: Vec<MyStaffRoleOut>,
}

/// A group that the person acts for.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MyMembership, example = json!({"group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "group_name": "St Mary's Community Hall", "role": "owner"}))]
pub struct MyMembershipOut {
    /// The group.
    pub group_id: GroupId,
    /// Its name.
    pub group_name: String,
    /// What you may do for it.
    pub role: Role,
}

/// A network that the person works for.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MyStaffRole, example = json!({
    "network_id": "01980a8d-ff01-7c33-9a10-1e2d3c4b5a69", "network_slug": "1000-lives-stoke", "role": "coordinator"
}))]
pub struct MyStaffRoleOut {
    /// The network.
    pub network_id: NetworkId,
    /// Its short name.
    pub network_slug: String,
    /// What you do for it.
    pub role: StaffRole,
}

/// A change of password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "kettle-harbour-violin", "new_password": "lantern-otter-tuesday"}))]
pub struct ChangePasswordIn {
    /// The password that you have now.
    #[schema(value_type = String, format = "password")]
    current_password: SecretString,
    /// 10 to 200 characters, not one of the most common passwords.
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 200)]
    new_password: SecretString,
}

impl ChangePasswordIn {
    /// The checked fields, or everything that is wrong with them.
    pub fn parse(self) -> Result<PasswordChange, Vec<FieldError>> {
        let mut fields = Fields::body();
        let new = fields.check("/new_password", Password::parse(self.new_password.expose_secret()));
        fields.finish(|| Some(PasswordChange { current: self.current_password, new: new? }))
    }
}

/// What it takes to delete the own account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "kettle-harbour-violin"}))]
pub struct DeleteMeIn {
    /// Your password.
    #[schema(value_type = String, format = "password")]
    pub password: SecretString,
}

/// The public keys that access tokens are signed with (JSON Web Key Set, RFC 7517).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = JsonWebKeySet, example = json!({"keys": [{
    "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "alg": "EdDSA", "use": "sig"
}]}))]
pub struct JwksOut {
    /// The keys.
    keys: Vec<JwkOut>,
}

/// A public key (RFC 8037).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = JsonWebKey, example = json!({
    "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "alg": "EdDSA", "use": "sig"
}))]
pub struct JwkOut {
    /// Key type: always `OKP`.
    kty: &'static str,
    /// Curve: always `Ed25519`.
    crv: &'static str,
    /// The key, URL-safe base64.
    x: String,
    /// The `kid` of the tokens that it signs.
    kid: String,
    /// Algorithm: always `EdDSA`.
    alg: &'static str,
    /// Use: always `sig`, for signatures.
    #[serde(rename = "use")]
    purpose: &'static str,
}

impl JwksOut {
    /// The set of these keys.
    pub fn new(keys: &[PublicKey]) -> Self {
        let show =
            |key: &PublicKey| JwkOut { kty: "OKP", crv: "Ed25519", x: key.x.clone(), kid: key.id.clone(), alg: "EdDSA", purpose: "sig" };
        Self { keys: keys.iter().map(show).collect() }
    }
}
