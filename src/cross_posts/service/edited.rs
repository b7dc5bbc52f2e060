//! What becomes of a listing in the networks that show it as a guest, when it says something else. Each looks at it for itself: its home
//! network's approval is not theirs, and nothing that they would not take keeps a group from editing at home.

use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value, json};

use super::{decide, told};
use crate::{
    audit::{self, Act},
    checks::{self, Finding, service::Subject},
    cross_posts::{
        queries,
        rules::{self, Look},
    },
    db::Conn,
    error::{Error, Result},
    inbox::Notice,
    listings::{
        self, Moderation,
        model::{Content, ListingView},
        service::edits::fields,
    },
    moderation::{self, QueueKind, service::Opening},
    policies::{self, model::Policy},
    types::ids::{ListingId, NetworkId},
};

/// A listing that says something else than before.
struct Edited<'a> {
    before: &'a ListingView,
    was: &'a Content,
    said: Map<String, Value>,
    after: ListingView,
    is: Content,
    says: Map<String, Value>,
}

/// Lets the networks that show a listing as a guest, or were asked to, look at what it says now, each as it has set. Gives what the group
/// is told: where it is out of sight until somebody has looked, and where it is back because it says again what was approved. The listing,
/// which is locked, says the other thing already; `before` and `was` is what it said.
pub fn look<'a>(
    tx: &'a mut Conn,
    now: DateTime<Utc>,
    before: &'a ListingView,
    was: &'a Content,
) -> LocalBoxFuture<'a, Result<Vec<Notice>>> {
    // Boxed: inside the futures of editing it would be too deep for the compiler.
    Box::pin(async move {
        let (id, mut notices) = (before.listing.id, Vec::new());
        let posts = queries::lock_all(tx, id).await?;
        if posts.is_empty() {
            return Ok(notices);
        }
        let after = listings::queries::view(tx, id).await?.ok_or_else(|| Error::not_found("listing"))?;
        let (said, says) = (fields(before)?, fields(&after)?);
        let edited = Edited { before, was, said, is: listings::queries::content(tx, id).await?, after, says };
        for (network, stands) in posts {
            if edited.look_in(tx, now, network, stands).await? {
                notices.extend(told(tx, id, network).await?);
            }
        }
        Ok(notices)
    })
}

/// What the group of a listing is told when a decision at home, by which it says something else, is final: where it is out of sight until
/// somebody has looked.
pub async fn told_where_hidden(tx: &mut Conn, listing: ListingId) -> Result<Vec<Notice>> {
    let mut notices = Vec::new();
    for network in queries::looking_again(tx, listing).await? {
        notices.extend(told(tx, listing, network).await?);
    }
    Ok(notices)
}

impl Edited<'_> {
    fn id(&self) -> ListingId {
        self.before.listing.id
    }

    /// Whether the network ceases to show it, or shows it again.
    async fn look_in(&self, tx: &mut Conn, now: DateTime<Utc>, network: NetworkId, stands: Moderation) -> Result<bool> {
        match stands {
            Moderation::Approved => self.look_at_approved(tx, now, network).await,
            Moderation::Pending | Moderation::Held => self.look_at_waiting(tx, now, network, stands).await,
            // Decided: the group asks again when it has been changed.
            Moderation::ChangesRequested | Moderation::Rejected => Ok(false),
        }
    }

    async fn look_at_approved(&self, tx: &mut Conn, now: DateTime<Utc>, network: NetworkId) -> Result<bool> {
        let waiting = queries::waiting(tx, self.id(), network).await?;
        let changes = self.changes(waiting.as_ref().and_then(|item| item.changes.as_ref()));
        if changes.is_empty() {
            if waiting.is_some_and(|item| item.changes.is_some()) {
                self.leave(tx, now, network).await?;
            }
            return Ok(false);
        }
        let settings = policies::service::find(tx, network).await?;
        let findings = checks::service::examine_edit(tx, now, &settings, (&self.before(network), &self.after(network))).await?;
        let look = self.way(tx, &settings.policy, &findings, &changes).await?;
        if look == Look::NotAtAll && waiting.is_none() {
            return Ok(false);
        }
        self.open(tx, now, network, (findings.clone(), changes)).await?;
        if look != Look::First {
            return Ok(false);
        }
        decide(tx, now, (self.id(), network), Moderation::Pending).await?;
        let rules: Vec<_> = findings.iter().filter(|finding| finding.stops()).map(|finding| finding.rule).collect();
        self.record(tx, now, network, "hide_edited_listing", json!({"findings": rules})).await?;
        Ok(true)
    }

    /// What waits is looked at as it is now. One that was hidden by an edit, and says again what was approved, is shown again; unless it
    /// was hidden by reports too.
    async fn look_at_waiting(&self, tx: &mut Conn, now: DateTime<Utc>, network: NetworkId, stands: Moderation) -> Result<bool> {
        let Some(waiting) = queries::waiting(tx, self.id(), network).await? else { return Ok(false) };
        let settings = policies::service::find(tx, network).await?;
        let findings = checks::service::examine(tx, now, &settings, &self.after(network)).await?;
        moderation::service::refresh(tx, (network, QueueKind::CrossPost), self.id().0, &findings).await?;
        let Some(known) = waiting.changes else { return Ok(false) };
        let changes = self.changes(Some(&known));
        let is_back = changes.is_empty() && stands == Moderation::Pending && !queries::is_reported(tx, self.id(), network).await?;
        if is_back {
            self.leave(tx, now, network).await?;
            decide(tx, now, (self.id(), network), Moderation::Approved).await?;
            self.record(tx, now, network, "show_edited_listing", json!({})).await?;
        } else {
            moderation::service::note_changes(tx, network, self.id(), Value::Object(changes)).await?;
        }
        Ok(is_back)
    }

    /// What it says otherwise than when the network approved it.
    fn changes(&self, known: Option<&Value>) -> Map<String, Value> {
        let known = known.and_then(Value::as_object).cloned().unwrap_or_default();
        rules::changes(&known, &self.said, &self.says)
    }

    fn after(&self, network: NetworkId) -> Subject {
        Subject::of(&self.after.listing, self.is.clone()).seen_by(network)
    }

    fn before(&self, network: NetworkId) -> Subject {
        Subject::of(&self.before.listing, self.was.clone()).seen_by(network)
    }

    async fn way(&self, tx: &mut Conn, policy: &Policy, findings: &[Finding], changes: &Map<String, Value>) -> Result<Look> {
        let edit = rules::Edit {
            is_stopped: findings.iter().any(Finding::stops),
            changes_meaning: rules::changes_meaning(changes, (&self.is).into()),
            is_trusted: policies::service::trusts(tx, self.before.listing.group_id, policy).await?,
        };
        Ok(rules::look(policy.terms.cross_posting, edit))
    }

    async fn open(
        &self,
        tx: &mut Conn,
        now: DateTime<Utc>,
        network: NetworkId,
        (findings, changes): (Vec<Finding>, Map<String, Value>),
    ) -> Result<()> {
        let (kind, group) = (QueueKind::CrossPost, self.before.listing.group_id);
        let opening = Opening { network, kind, subject: self.id().0, listing: Some(self.id()), group, findings };
        moderation::service::open(tx, now, &opening).await?;
        moderation::service::note_changes(tx, network, self.id(), Value::Object(changes)).await
    }

    /// It says again what was approved: nothing is to be looked at.
    async fn leave(&self, tx: &mut Conn, now: DateTime<Utc>, network: NetworkId) -> Result<()> {
        moderation::service::note_changes(tx, network, self.id(), Value::Object(Map::new())).await?;
        moderation::service::withdraw_in(tx, now, (network, QueueKind::CrossPost), self.id().0).await
    }

    async fn record(&self, tx: &mut Conn, now: DateTime<Utc>, network: NetworkId, action: &'static str, detail: Value) -> Result<()> {
        let act = Act::by_program(action, "listing", self.id());
        let group = Some(self.before.listing.group_id);
        audit::record(tx, now, Act { group, network: Some(network), detail, ..act }).await
    }
}
