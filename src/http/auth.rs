//! Who sends a request. What they may do is in the permission types of each feature, which start from here.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::AUTHORIZATION, web::Data};
use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;

use crate::{
    accounts::queries::session_is_alive,
    app::App,
    db::Conn,
    error::{Code, Error, Result},
    types::ids::{SessionId, UserId},
};

/// A person with a good access token of a session that has not been ended.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    /// The person.
    pub user_id: UserId,
    /// The session that the token belongs to.
    pub session_id: SessionId,
    /// When the token stops being good.
    pub token_ends_at: DateTime<Utc>,
}

impl SignedIn {
    /// 401 when the token is no longer good or its session has been ended. Whoever answers for long asks again.
    pub async fn check(self, conn: &mut Conn, now: DateTime<Utc>) -> Result<()> {
        if self.token_ends_at <= now {
            return Err(no_good_token());
        }
        if !session_is_alive(conn, self, now).await? {
            return Err(Error::problem(Code::SessionEnded, "This session has been ended. Sign in again."));
        }
        Ok(())
    }
}

/// A person, or a visitor who sent no token at all. A bad token is refused all the same.
#[derive(Debug, Clone, Copy)]
pub struct MaybeSignedIn(pub Option<SignedIn>);

impl MaybeSignedIn {
    /// The person's id, if somebody is signed in.
    pub fn user_id(self) -> Option<UserId> {
        self.0.map(|signed_in| signed_in.user_id)
    }
}

/// The application's state, which `app` puts into every server.
pub fn app_of(request: &HttpRequest) -> Result<Data<App>> {
    request.app_data::<Data<App>>().cloned().ok_or_else(|| Error::Internal(anyhow::anyhow!("the server was built without its state")))
}

/// Checks the token, then that its session lives: ending a session works at once.
async fn authenticate(request: &HttpRequest) -> Result<Option<SignedIn>> {
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Ok(None);
    };
    let app = app_of(request)?;
    let now = app.clock.now();
    let token = header
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let claims = token.and_then(|token| app.tokens.verify(token, now)).ok_or_else(no_good_token)?;
    let token_ends_at = DateTime::from_timestamp(claims.exp, 0).unwrap_or(now);
    let signed_in = SignedIn { user_id: claims.sub, session_id: claims.sid, token_ends_at };
    signed_in.check(&mut *app.db.conn().await?, now).await?;
    Ok(Some(signed_in))
}

fn no_good_token() -> Error {
    Error::problem(
        Code::NotSignedIn,
        "The access token is missing, malformed or no longer good. Renew it with the refresh token, or sign in again.",
    )
}

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            authenticate(&request)
                .await?
                .ok_or_else(|| Error::problem(Code::NotSignedIn, "Send Authorization: Bearer with an access token."))
        })
    }
}

/// How most permissions are looked up: for whoever is signed in, on a connection of the pool. 401 for nobody.
pub fn permit<T: 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
    look_up: impl AsyncFnOnce(&HttpRequest, UserId, &mut Conn) -> Result<T> + 'static,
) -> LocalBoxFuture<'static, Result<T>> {
    let (request, signed_in) = (request.clone(), SignedIn::from_request(request, payload));
    Box::pin(async move {
        let user_id = signed_in.await?.user_id;
        look_up(&request, user_id, &mut *app_of(&request)?.db.conn().await?).await
    })
}

impl FromRequest for MaybeSignedIn {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await.map(Self) })
    }
}
