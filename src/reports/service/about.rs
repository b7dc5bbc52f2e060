//! What somebody reports: whether they may know of it, and which network decides.

use uuid::Uuid;

use super::{Named, Reporter};
use crate::{
    db::Conn,
    error::{Error, Result},
    groups,
    listings::{
        model::Listing,
        queries::{ListingKey, owner_of, view},
    },
    networks::{self, Standing},
    reports::{
        Reason, queries,
        rules::{Thing, fits},
    },
    threads,
    types::{
        Refusal,
        fields::FieldError,
        ids::{GroupId, MessageId, NetworkId, ThreadId},
    },
};

/// What a report is about.
pub struct About {
    /// The network whose coordinators decide, or whose lead reads.
    pub network: NetworkId,
    /// The listing, if it is about one.
    pub listing: Option<Listing>,
    /// The group that it is about, or whose listing or message it is about; none when it is about no one thing.
    pub group: Option<GroupId>,
    /// The message and its thread, if it is about one.
    pub message: Option<(MessageId, ThreadId)>,
}

impl About {
    /// 422 unless the reason can be given of this.
    pub fn takes(&self, reason: Reason) -> Result<()> {
        let thing = match (&self.listing, self.message, self.group) {
            (Some(listing), ..) => Thing::Listing(listing.kind),
            (None, Some(_), _) => Thing::Message,
            (None, None, Some(_)) => Thing::Group,
            (None, None, None) => Thing::Network,
        };
        fits(reason, thing).map_err(|refusal| vec![FieldError::body("/reason", refusal)].into())
    }

    /// What is reported, and the group concerned.
    pub fn subject(&self) -> Result<(Uuid, GroupId)> {
        let group = self.group.ok_or_else(|| Error::Internal(anyhow::anyhow!("a report is about nothing")))?;
        let message = self.message.map(|(message, _)| message.0);
        Ok((self.listing.as_ref().map(|listing| listing.id.0).or(message).unwrap_or(group.0), group))
    }
}

/// What somebody names. 404 when they may not know of it, 422 when the network is not one that decides about it.
pub async fn find(tx: &mut Conn, by: &Reporter, named: &Named, network: Option<NetworkId>) -> Result<About> {
    match named {
        Named::Listing(key) => listing(tx, by, key, network).await,
        Named::Group(id) => group(tx, by, *id, network).await,
        Named::Message(id) => message(tx, by, *id, network).await,
        Named::Nothing => {
            let network = network.ok_or_else(|| refuse("required", "Say which network's safeguarding lead is to read it."))?;
            if !networks::queries::exists(tx, network).await? {
                return Err(refuse("no_such_network", "There is no network with this id. Look it up under /v1/networks."));
            }
            Ok(About { network, listing: None, group: None, message: None })
        }
    }
}

/// A listing that can be found, or that is of the person's own group or network. Its own network decides, unless another one is named in
/// which it is shown too.
async fn listing(tx: &mut Conn, by: &Reporter, key: &ListingKey, named: Option<NetworkId>) -> Result<About> {
    let unknown = || Error::not_found("listing");
    let (id, group, home) = owner_of(tx, key).await?.ok_or_else(unknown)?;
    let listing = view(tx, id).await?.ok_or_else(unknown)?.listing;
    if !listing.is_open_at(by.now) && !is_insider(tx, by, group, home).await? {
        return Err(unknown());
    }
    let network = named.unwrap_or(home);
    if network != home && !queries::is_shown_in(tx, network, id).await? {
        return Err(elsewhere());
    }
    Ok(About { network, listing: Some(listing), group: Some(group), message: None })
}

async fn is_insider(tx: &mut Conn, by: &Reporter, group: GroupId, network: NetworkId) -> Result<bool> {
    let Some(user) = by.user else { return Ok(false) };
    Ok(groups::queries::role_of(tx, group, user).await?.is_some() || networks::queries::staff_role_of(tx, network, user).await?.is_some())
}

/// A group that everybody may know of, or that the person belongs to. Its network decides; when it is in several, one is named. Only its
/// members know of networks that have not let it in.
async fn group(tx: &mut Conn, by: &Reporter, id: GroupId, named: Option<NetworkId>) -> Result<About> {
    let unknown = || Error::not_found("group");
    let is_member = match by.user {
        Some(user) => groups::queries::role_of(tx, id, user).await?.is_some(),
        None => false,
    };
    if !is_member && !groups::queries::is_public(tx, id).await? {
        return Err(unknown());
    }
    let standings = networks::queries::standings_of(tx, id).await?;
    let is_known = |state: Standing| state.is_good() || is_member && !matches!(state, Standing::Rejected | Standing::Closed);
    let inside = standings.iter().filter(|there| is_known(there.standing.state));
    let networks: Vec<NetworkId> = inside.map(|there| there.standing.network_id).collect();
    let network = match (named, networks.as_slice()) {
        (Some(named), networks) if networks.contains(&named) => named,
        (Some(_), _) => return Err(elsewhere()),
        (None, [only]) => *only,
        (None, []) => return Err(unknown()),
        (None, _) => return Err(refuse("required", "The group belongs to several networks: say which of them is to look at this.")),
    };
    Ok(About { network, listing: None, group: Some(id), message: None })
}

/// A message of a thread of the person's own group. The network decides in which they deal with each other, or another one in which the
/// writer's group is in good standing, if that one is named or does not know the group.
async fn message(tx: &mut Conn, by: &Reporter, id: MessageId, named: Option<NetworkId>) -> Result<About> {
    let unknown = || Error::not_found("message");
    let user = by.user.ok_or_else(unknown)?;
    let (thread, group) = threads::queries::of_message(tx, id).await?.ok_or_else(unknown)?;
    let mut is_member = false;
    for party in threads::queries::groups_of(tx, thread).await? {
        is_member |= groups::queries::role_of(tx, party, user).await?.is_some();
    }
    if !is_member {
        return Err(unknown());
    }
    let dealt_in = threads::queries::subject(tx, thread).await?.network;
    let standings = networks::queries::standings_of(tx, group).await?;
    let is_known = standings.iter().any(|there| there.standing.network_id == dealt_in);
    let good: Vec<NetworkId> =
        standings.iter().filter(|there| there.standing.state.is_good()).map(|there| there.standing.network_id).collect();
    let network = match named {
        Some(named) if named == dealt_in || good.contains(&named) => named,
        Some(_) => return Err(elsewhere()),
        None if is_known => dealt_in,
        None => good.first().copied().unwrap_or(dealt_in),
    };
    Ok(About { network, listing: None, group: Some(group), message: Some((id, thread)) })
}

fn elsewhere() -> Error {
    refuse("other_network", "It is not in this network. Leave this out, or name the network in which you have seen it.")
}

fn refuse(code: &'static str, detail: &str) -> Error {
    vec![FieldError::body("/network_id", Refusal::new(code, detail))].into()
}
