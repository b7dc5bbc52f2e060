//! Who may read worries about somebody's safety, as a type: one person.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::queries;
use crate::{
    error::{Error, Result},
    http::{auth::permit, path},
    networks::permissions::record_denial_of_staff,
    types::ids::{NetworkId, UserId},
};

/// The safeguarding lead of the network of the path (`{network_id}`). To everybody else, coordinators included, there is nothing
/// there, whether or not there are flags; that staff have looked for them is recorded.
#[derive(Debug)]
pub struct SafeguardingLead {
    /// The person.
    pub user_id: UserId,
    /// The network.
    pub network_id: NetworkId,
}

impl FromRequest for SafeguardingLead {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        permit(request, payload, async |request, user_id, conn| {
            let network_id: NetworkId = path::param(request, "network_id", "flag")?;
            let lead = queries::lead(conn, network_id).await?;
            if lead.is_some_and(|lead| lead.user_id == user_id) {
                return Ok(Self { user_id, network_id });
            }
            record_denial_of_staff(conn, request, user_id, network_id).await?;
            Err(Error::not_found("flag"))
        })
    }
}
