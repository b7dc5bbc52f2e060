//! What a decision makes of things. Each case gives what it changed, as it was and as it is.

use chrono::{DateTime, Utc};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::decide::{Decider, Verdict};
use crate::{
    catalog::Catalogue,
    cross_posts,
    db::Conn,
    error::{Code, Error, Result},
    interests,
    listings::{
        EditState, Moderation, State,
        model::{Edit, Listing},
        service::{Posting, edits, moderating},
    },
    moderation::{
        AppealOutcome, Deed, ItemState, QueueKind,
        model::{Appeal, Decision, EditImage, Image, Item},
        queries,
        rules::{self, Case},
    },
    networks::{
        rules::Decision as StandingDecision,
        service::{Doer, standing},
    },
    policies,
    schema::{appeals, queue_items},
    types::{
        Refusal,
        fields::FieldError,
        ids::{AppealId, EditId, GroupId, ListingId, NetworkId, QueueItemId},
        text::Reason as ReasonText,
    },
};

/// What a decision is about, held until the end of the transaction: group and standing, listings by id, edit, appeal.
#[derive(Debug, Default)]
pub(super) struct Ground {
    listing: Option<Listing>,
    into: Option<Listing>,
    edit: Option<Edit>,
    cross_post: Option<Moderation>,
    appeal: Option<(Appeal, Decision)>,
}

impl Ground {
    /// Holds what an item is about.
    pub(super) async fn hold(tx: &mut Conn, item: &Item, into: Option<ListingId>) -> Result<Self> {
        let mut ground = Self::default();
        if item.listing_id.is_none() {
            crate::groups::queries::lock(tx, item.group_id).await?;
            crate::networks::queries::lock_standing(tx, item.network_id, item.group_id).await?;
        }
        if matches!(item.kind, QueueKind::Edit | QueueKind::Appeal) {
            // A listing that has ended may be open again by its edit, and is counted then.
            policies::queries::lock_postings(tx, item.group_id, item.network_id).await?;
        }
        let ids: Vec<ListingId> = item.listing_id.into_iter().chain(into).collect();
        let held = interests::queries::lock_listings(tx, &ids).await?;
        ground.into = into.and_then(|id| held.iter().find(|listing| listing.id == id).cloned());
        ground.listing = item.listing_id.and_then(|id| held.into_iter().find(|listing| listing.id == id));
        // A network that shows a listing of another one decides about that alone.
        if let Some(guest) = ground.guest_of(item.network_id).map(|listing| listing.id) {
            ground.cross_post = cross_posts::queries::lock(tx, guest, item.network_id).await?;
        }
        match item.kind {
            QueueKind::Edit => ground.edit = Some(edits::lock(tx, EditId(item.subject_id)).await?),
            QueueKind::Appeal => {
                let gone = || Error::not_found("appeal");
                let appeal = queries::lock_appeal(tx, AppealId(item.subject_id)).await?.ok_or_else(gone)?;
                let first = queries::decision(tx, item.network_id, appeal.decision_id).await?.ok_or_else(gone)?;
                ground.appeal = Some((appeal, first));
            }
            QueueKind::Listing | QueueKind::CrossPost | QueueKind::Group | QueueKind::Report => {}
        }
        Ok(ground)
    }

    /// Title of the listing that it is about.
    pub(super) fn title(&self) -> Option<&str> {
        self.listing.as_ref().map(|listing| listing.title.as_str())
    }

    /// The listing, if it was posted in another network than this one.
    fn guest_of(&self, network: NetworkId) -> Option<&Listing> {
        self.listing.as_ref().filter(|listing| listing.network_id != network)
    }

    /// Where the listing stands in a network; none where it is not shown there, or there is none.
    pub(super) fn stands_in(&self, network: NetworkId) -> Option<Moderation> {
        match self.guest_of(network) {
            Some(_) => self.cross_post,
            None => self.listing.as_ref().map(|listing| listing.moderation),
        }
    }

    fn listing(&self) -> Result<&Listing> {
        self.listing.as_ref().ok_or_else(|| Error::not_found("listing"))
    }

    fn edit(&self) -> Result<&Edit> {
        self.edit.as_ref().ok_or_else(|| Error::not_found("edit"))
    }
}

/// What kind of decision an item asks for.
pub(in crate::moderation) fn case_of(item: &Item, edit: Option<&Edit>) -> Case {
    match item.kind {
        QueueKind::Listing => Case::Listing,
        QueueKind::Edit if edit.is_some_and(|edit| edit.applied) => Case::LiveEdit,
        QueueKind::Edit => Case::WaitingEdit,
        QueueKind::CrossPost => Case::CrossPost,
        QueueKind::Group => Case::Group,
        QueueKind::Report if item.listing_id.is_some_and(|listing| listing.0 == item.subject_id) => Case::ReportedListing,
        QueueKind::Report => Case::ReportedGroup,
        QueueKind::Appeal => Case::Appeal,
    }
}

/// Does what is decided. Gives what it changed, as it was and as it is.
pub(super) async fn apply(
    tx: &mut Conn,
    catalogue: &Catalogue,
    decider: Decider,
    item: &Item,
    ground: &Ground,
    verdict: &Verdict,
) -> Result<(Image, Image)> {
    let case = case_of(item, ground.edit.as_ref());
    if let (Case::ReportedListing, Some(guest)) = (case, ground.guest_of(item.network_id)) {
        return of_guest(tx, decider, item, (guest.id, ground.cross_post), verdict.deed).await;
    }
    let to = rules::step(case, verdict.deed, ground.stands_in(item.network_id))?;
    match case {
        Case::Listing | Case::ReportedListing => of_listing(tx, decider, item, ground, verdict, to).await,
        Case::LiveEdit | Case::WaitingEdit => of_edit(tx, catalogue, decider, item, ground, (verdict.deed, to)).await,
        Case::CrossPost => {
            let (listing, moderation) = (ground.listing()?.id, to.unwrap_or(Moderation::Approved));
            set_cross_post(tx, decider, item, listing, (ground.cross_post, moderation)).await
        }
        Case::Group | Case::ReportedGroup => of_group(tx, decider, item, verdict).await,
        Case::Appeal => of_appeal(tx, catalogue, decider, item, ground, verdict).await,
    }
}

/// Decides about a listing of another network that was reported to one which shows it too: whether that goes on showing it, and nothing
/// else. Nothing is left to change when its group has taken it out.
async fn of_guest(
    tx: &mut Conn,
    decider: Decider,
    item: &Item,
    (listing, stands): (ListingId, Option<Moderation>),
    deed: Deed,
) -> Result<(Image, Image)> {
    match rules::step_of_guest(deed, stands)? {
        Some(to) => set_cross_post(tx, decider, item, listing, (stands, to)).await,
        None => Ok(Default::default()),
    }
}

/// Lets a network think otherwise of a listing of another one, which does not wait there any more then.
async fn set_cross_post(
    tx: &mut Conn,
    decider: Decider,
    item: &Item,
    listing: ListingId,
    (stands, to): (Option<Moderation>, Moderation),
) -> Result<(Image, Image)> {
    cross_posts::service::decide(tx, decider.now, (listing, item.network_id), to).await?;
    let items = close_others(tx, decider, item, (QueueKind::CrossPost, listing.0)).await?;
    let image = |cross_post| Image { cross_post, ..Image::default() };
    Ok((Image { items, ..image(stands) }, image(Some(to))))
}

async fn of_listing(
    tx: &mut Conn,
    decider: Decider,
    item: &Item,
    ground: &Ground,
    verdict: &Verdict,
    to: Option<Moderation>,
) -> Result<(Image, Image)> {
    let listing = ground.listing()?;
    let before = moderating::image(tx, listing.id).await?;
    let to = to.unwrap_or(before.moderation);
    let into = match verdict.deed {
        Deed::Merge if verdict.into.is_none() => {
            return Err(merge_into("required", "Say with which listing of the group it is put together."));
        }
        Deed::Merge => Some(duplicate_of(listing, ground.into.as_ref(), decider.now)?),
        _ if verdict.into.is_some() => return Err(merge_into("not_for_this", "Only merging takes another listing.")),
        _ => None,
    };
    if verdict.deed == Deed::Turn {
        if queries::is_spoken_for(tx, listing.id).await? || interests::queries::count_open(tx, listing.id).await? > 0 {
            let detail = "Other groups have said that they are interested, or have an exchange of it. Reject or remove it, and ask the \
                          group to post it the other way round.";
            return Err(Error::problem(Code::Conflict, detail));
        }
        moderating::turn(tx, decider.now, listing.id, to).await?;
    } else {
        moderating::set_moderation(tx, decider.now, listing.id, to).await?;
    }
    let items = close_others(tx, decider, item, (QueueKind::Listing, listing.id.0)).await?;
    let after = moderating::image(tx, listing.id).await?;
    let before = Image { listing: Some(before), items, ..Image::default() };
    Ok((before, Image { listing: Some(after), into, ..Image::default() }))
}

/// The listing that stays, which must say the same thing for the same group.
fn duplicate_of(listing: &Listing, into: Option<&Listing>, now: DateTime<Utc>) -> Result<ListingId> {
    let unknown = || merge_into("unknown", "Choose another listing of the same group, network and kind.");
    let into = into.ok_or_else(unknown)?;
    let same = into.group_id == listing.group_id && into.network_id == listing.network_id && into.kind == listing.kind;
    if !same || into.id == listing.id {
        return Err(unknown());
    }
    if into.moderation != Moderation::Approved {
        return Err(merge_into("not_approved", "The listing that stays has to be approved."));
    }
    if !matches!(into.state_at(now), State::Active | State::Paused) {
        return Err(merge_into("not_open", "The listing that stays has to be open, or paused."));
    }
    Ok(into.id)
}

fn merge_into(code: &'static str, detail: &str) -> Error {
    vec![FieldError::body("/merge_into", Refusal::new(code, detail))].into()
}

/// Takes the listing, or the group, itself out of the queue when it is decided by way of something else.
pub(super) async fn close_others(
    tx: &mut Conn,
    decider: Decider,
    item: &Item,
    (kind, subject): (QueueKind, Uuid),
) -> Result<Vec<QueueItemId>> {
    let others = queue_items::table
        .filter(queue_items::network_id.eq(item.network_id))
        .filter(queue_items::kind.eq(kind))
        .filter(queue_items::subject_id.eq(subject))
        // As text: a statement planned once for all values sees only then which index serves.
        .filter(sql::<Bool>("queue_items.state = 'waiting'"))
        .filter(queue_items::id.ne(item.id));
    let closed = diesel::update(others)
        .set((queue_items::state.eq(ItemState::Withdrawn), queue_items::closed_at.eq(decider.now)))
        .returning(queue_items::id);
    Ok(closed.get_results(tx).await?)
}

async fn of_edit(
    tx: &mut Conn,
    catalogue: &Catalogue,
    decider: Decider,
    item: &Item,
    ground: &Ground,
    (deed, to): (Deed, Option<Moderation>),
) -> Result<(Image, Image)> {
    let (listing, edit) = (ground.listing()?, ground.edit()?);
    let before = moderating::image(tx, listing.id).await?;
    let posting = posting(item, decider);
    // A live edit that hides the listing stays in its words; the group changes them.
    let live = if to.is_some() { edit.applied } else { deed == Deed::Approve };
    if live != edit.applied {
        let patch = if live { edit.changes.clone() } else { edits::taken_back(tx, edit).await? };
        let past = edits::say(tx, catalogue, &posting, listing.id, &patch).await?;
        edits::note_past(tx, edit.id, live, past).await?;
    }
    let mut items = Vec::new();
    if let Some(to) = to {
        moderating::set_moderation(tx, decider.now, listing.id, to).await?;
        items = close_others(tx, decider, item, (QueueKind::Listing, listing.id.0)).await?;
    }
    let state = if deed == Deed::Approve { EditState::Approved } else { EditState::Rejected };
    edits::settle(tx, decider.now, edit.id, state).await?;
    let after = moderating::image(tx, listing.id).await?;
    let image =
        |listing, state, live| Image { listing: Some(listing), edit: Some(EditImage { id: edit.id, state, live }), ..Image::default() };
    Ok((Image { items, ..image(before, EditState::Waiting, edit.applied) }, image(after, state, live)))
}

/// In whose name a listing is made to say something.
pub(super) fn posting(item: &Item, decider: Decider) -> Posting {
    Posting { group: item.group_id, user: decider.user, now: decider.now, draft: false, external_id: None }
}

async fn of_group(tx: &mut Conn, decider: Decider, item: &Item, verdict: &Verdict) -> Result<(Image, Image)> {
    let Some(decision) = rules::of_standing(verdict.deed) else { return Ok(Default::default()) };
    change_standing(tx, decider, (item.network_id, item.group_id), decision, verdict).await
}

/// Decides how a group stands in a network, for what the verdict says.
pub(super) async fn change_standing(
    tx: &mut Conn,
    decider: Decider,
    of: (NetworkId, GroupId),
    decision: StandingDecision,
    verdict: &Verdict,
) -> Result<(Image, Image)> {
    let said = verdict.words.clone().or_else(|| verdict.reason.map(|reason| rules::sentences::rule(reason).to_owned()));
    let said = said.and_then(|words| ReasonText::parse(words).ok());
    let doer = Doer { actor: decider.user, now: decider.now };
    let decided = standing::decide_within(tx, doer, of, decision, said).await?;
    let image = |standing| Image { standing: Some(standing), ..Image::default() };
    Ok((image(decided.before), image(decided.after)))
}

async fn of_appeal(
    tx: &mut Conn,
    catalogue: &Catalogue,
    decider: Decider,
    item: &Item,
    ground: &Ground,
    verdict: &Verdict,
) -> Result<(Image, Image)> {
    let (appeal, first) = ground.appeal.as_ref().ok_or_else(|| Error::not_found("appeal"))?;
    super::appeals::by_another(tx, appeal, decider.user).await?;
    let outcome = if verdict.deed == Deed::Overturn { AppealOutcome::Overturned } else { AppealOutcome::Upheld };
    diesel::update(appeals::table.find(appeal.id))
        .set((
            appeals::outcome.eq(outcome),
            appeals::answer.eq(&verdict.words),
            appeals::decided_by.eq(decider.user.map(|user| user.0)),
            appeals::decided_at.eq(decider.now),
        ))
        .execute(tx)
        .await?;
    if outcome == AppealOutcome::Upheld {
        return Ok(Default::default());
    }
    overturn(tx, catalogue, decider, (item, ground), first, verdict).await
}

/// Decides otherwise than was decided first: what was hidden can be seen, what was turned is turned back, what was refused is let in.
async fn overturn(
    tx: &mut Conn,
    catalogue: &Catalogue,
    decider: Decider,
    (item, ground): (&Item, &Ground),
    first: &Decision,
    verdict: &Verdict,
) -> Result<(Image, Image)> {
    let (was, became) = (read(&first.before)?, read(&first.after)?);
    if was.standing.is_some() {
        return super::appeals::overturn_standing(tx, decider, item, first, verdict).await;
    }
    let listing = ground.listing()?;
    let edit = became.edit.filter(|edit| !edit.live);
    let is_pending = edit.is_none() && ground.stands_in(item.network_id) == Some(Moderation::Pending);
    if is_pending && cross_posts::queries::is_reported(tx, listing.id, item.network_id).await? {
        let detail = "It was reported since then, and waits for that. Decide about the reports first.";
        return Err(Error::problem(Code::Conflict, detail));
    }
    if queries::is_hidden_since(tx, first, listing.id).await? {
        let detail = "It was hidden once more since then, and that stands. Keep this decision; the group can appeal against the later one.";
        return Err(Error::problem(Code::Conflict, detail));
    }
    // What its home network thinks of a guest is for that alone; and nothing is left to change when its group has taken it out.
    if ground.guest_of(item.network_id).is_some() {
        return match ground.cross_post {
            Some(_) => set_cross_post(tx, decider, item, listing.id, (ground.cross_post, Moderation::Approved)).await,
            None => Ok(Default::default()),
        };
    }
    let before = moderating::image(tx, listing.id).await?;
    let (mut old, mut new) = (Image::default(), Image::default());
    if let Some(edit) = edit {
        let known = edits::lock(tx, edit.id).await?;
        let past = edits::say(tx, catalogue, &posting(item, decider), listing.id, &known.changes).await?;
        edits::note_past(tx, edit.id, true, past).await?;
        edits::settle(tx, decider.now, edit.id, EditState::Approved).await?;
        old.edit = Some(edit.clone());
        new.edit = Some(EditImage { state: EditState::Approved, live: true, ..edit });
    } else if let (Deed::Turn, Some(was)) = (first.deed, was.listing) {
        let now = moderating::image(tx, listing.id).await?;
        let image = crate::moderation::model::ListingImage { moderation: Moderation::Approved, version: now.version, ..was };
        moderating::put_back(tx, decider.now, listing.id, image).await?;
    } else {
        moderating::set_moderation(tx, decider.now, listing.id, Moderation::Approved).await?;
    }
    old.items = close_others(tx, decider, item, (QueueKind::Listing, listing.id.0)).await?;
    old.listing = Some(before);
    new.listing = Some(moderating::image(tx, listing.id).await?);
    Ok((old, new))
}

/// An image as it is stored.
pub(super) fn read(image: &serde_json::Value) -> Result<Image> {
    serde_json::from_value(image.clone()).map_err(|error| Error::Internal(error.into()))
}

/// Whether a listing is shown by its moderation state.
pub(super) fn is_shown(image: &Image) -> bool {
    image.listing.as_ref().is_some_and(|listing| listing.moderation == Moderation::Approved)
}
