//! Listings over HTTP: permission, parse, call, answer.

pub mod life;

use std::collections::HashMap;

use actix_web::{HttpResponse, delete, get, patch, post, web::Data};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    dto::{ListingIn, ListingOut, posted::PostedListingOut},
    filter::ListingQuery,
    permissions::{ListingEditor, ListingReader},
    queries,
    rules::Step,
    service::{self, Posting},
};
use crate::{
    app::App,
    error::{Error, Result},
    groups::{GroupEditor, GroupViewer},
    http::{Created, Cursor, Edited, Idempotency, IfMatch, Json, Limit, MergePatch, Page, Query, responses},
    types::{
        Fields,
        ids::{GroupId, UserId},
    },
};

/// How a new listing is to be posted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PostingQuery {
    /// `true`: leave it as a draft, to be published later.
    #[param(value_type = Option<bool>)]
    draft: Option<String>,
}

/// Post a listing
///
/// Published at once, unless `draft=true`, or the network's policy or one of its checks wants a coordinator to look first (`moderation` is
/// `pending`). `findings` says what the checks found. Without a category it is guessed from the title; without a locality it is the group's.
/// While the group awaits its network's approval, nobody else sees the listing.
#[utoipa::path(
    tag = "Listings",
    params(("group_id" = GroupId, Path, description = "The group that has it or wants it."), PostingQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless.")),
    request_body = ListingIn,
    responses(
        (status = 201, description = "Posted.", body = PostedListingOut, headers(("Location" = String, description = "Its address."), ("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/groups/{group_id}/listings")]
pub async fn create_listing(
    editor: GroupEditor,
    app: Data<App>,
    idempotency: Idempotency,
    query: Query<PostingQuery>,
    body: Json<ListingIn>,
) -> Result<Created> {
    let draft = query.0.is_draft()?;
    let (input, posted) = (body.0.clone(), body.0.parse()?);
    let posting = posting(&app, editor.user_id, editor.group_id, draft);
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, (editor.user_id, posting.now), &(draft, input), async |tx| {
            let checked = service::create(tx, &app.catalogue, &posting, posted).await?;
            let as_staff = editor.as_staff.then_some(true);
            let (id, version) = (checked.view.listing.id, checked.view.listing.version);
            Created::new(format!("/v1/listings/{id}"), Some(version), &PostedListingOut::of(checked, as_staff, posting.now))
        })
        .await
}

/// Browse listings
///
/// The open listings of all groups in good standing: newest first, or nearest first when `near` is given.
#[utoipa::path(
    tag = "Listings",
    params(ListingQuery),
    responses((status = 200, description = "A page of listings.", body = Page<ListingOut>), responses::Any, responses::WithParameters),
    security(())
)]
#[get("/v1/listings")]
pub async fn list_listings(app: Data<App>, query: Query<ListingQuery>) -> Result<Page<ListingOut>> {
    let (now, list) = (app.clock.now(), query.0.without_page());
    let mut conn = app.db.conn().await?;
    let filter = query.0.resolve(&mut conn, &app.catalogue).await?;
    let (views, next) = queries::browse::list_open(&mut conn, &filter, now).await?;
    let items = views.into_iter().map(|view| ListingOut::of(view, now)).collect();
    Ok(Page { items, next_cursor: next.map(|next| Cursor::encode(&list, next)) })
}

/// Which page of a group's listings to show.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GroupListingsQuery {
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// next_cursor of the page before.
    cursor: Option<String>,
}

/// List a group's own listings
///
/// All of them for the group's members, drafts and withdrawn ones too; newest first.
#[utoipa::path(
    tag = "Listings",
    params(("group_id" = GroupId, Path, description = "The group."), GroupListingsQuery),
    responses((status = 200, description = "A page of listings.", body = Page<ListingOut>), responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/listings")]
pub async fn list_group_listings(viewer: GroupViewer, app: Data<App>, query: Query<GroupListingsQuery>) -> Result<Page<ListingOut>> {
    let mut fields = Fields::query();
    let limit = fields.check_optional("limit", query.0.limit, Limit::parse);
    let limit = fields.finish(|| limit)?.unwrap_or_default();
    let after = query.0.cursor.map(|cursor| Cursor::decode(&viewer.group_id, &cursor)).transpose()?;
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    let views = queries::list_of_group(&mut conn, viewer.group_id, limit, after).await?;
    let page = Page::cut(views, limit.entries(), |last| Cursor::encode(&viewer.group_id, (last.listing.created_at, last.listing.id)));
    let ids: Vec<_> = page.items.iter().map(|view| view.listing.id).collect();
    let marks = if viewer.as_staff { queries::posted_by_staff(&mut conn, viewer.user_id, &ids).await? } else { HashMap::new() };
    let mut edits = queries::waiting_edits(&mut conn, &ids).await?;
    Ok(page.map(|view| {
        let edit = edits.iter().position(|edit| edit.listing_id == view.listing.id).map(|at| edits.swap_remove(at));
        ListingOut { posted_by_staff: marks.get(&view.listing.id).copied(), ..ListingOut::of(view, now).with_edit(edit) }
    }))
}

/// Read a listing
///
/// By id or by short code. Everybody may read open listings; the rest are for the group's members and the network's staff.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing.")),
    responses(
        (status = 200, description = "The listing.", body = ListingOut, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "You have this version already (If-None-Match)."),
        responses::Any, responses::WithToken, responses::OnOne
    ),
    security((), ("access_token" = []))
)]
#[get("/v1/listings/{listing_id}")]
pub async fn get_listing(reader: ListingReader, app: Data<App>) -> Result<Edited<ListingOut>> {
    let mut conn = app.db.conn().await?;
    let view = queries::view(&mut conn, reader.listing_id).await?.ok_or_else(|| Error::not_found("listing"))?;
    let version = view.listing.version;
    let (marks, edit) = match reader.insider {
        Some(user) => {
            let marks = queries::posted_by_staff(&mut conn, user, &[reader.listing_id]).await?;
            (marks, queries::waiting_edits(&mut conn, &[reader.listing_id]).await?.pop())
        }
        None => (HashMap::new(), None),
    };
    let posted_by_staff = marks.get(&view.listing.id).copied();
    let thing = ListingOut { posted_by_staff, ..ListingOut::of(view, app.clock.now()).with_edit(edit) };
    Ok(Edited { version, thing })
}

/// Change a listing
///
/// Send the fields to change and the ETag that you read in If-Match. Kind and network stay as they are. Where a coordinator has approved
/// the listing, a change of its meaning waits: the answer shows the listing as it stays meanwhile, and the change in `waiting_edit`.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing."), ("If-Match" = String, Header, description = "The ETag that you read.")),
    request_body(content = ListingIn, example = json!({"quantity": 30, "availability_note": "Tuesdays 9 to 12"})),
    responses(
        (status = 200, description = "Changed.", body = ListingOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState, responses::OfVersion
    ),
    security(("access_token" = []))
)]
#[patch("/v1/listings/{listing_id}")]
pub async fn update_listing(
    editor: ListingEditor,
    app: Data<App>,
    if_match: IfMatch,
    patch: MergePatch<ListingIn>,
) -> Result<Edited<ListingOut>> {
    let posting = posting(&app, editor.user_id, editor.group_id, false);
    let mut conn = app.db.conn().await?;
    let view = service::update(&mut conn, &app.catalogue, &posting, editor.listing_id, |current| {
        if_match.check(current.listing.version)?;
        Ok(ListingIn::patched(current, patch)?.parse()?)
    })
    .await?;
    let edit = queries::waiting_edits(&mut conn, &[editor.listing_id]).await?.pop();
    Ok(Edited { version: view.listing.version, thing: ListingOut::of(view, posting.now).with_edit(edit) })
}

/// Take back an edit that waits
///
/// An edit that changes the meaning of an approved listing waits for a coordinator (`waiting_edit`); the listing stays as it was approved.
/// This takes the edit back.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing.")),
    responses((status = 204, description = "Taken back."),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[delete("/v1/listings/{listing_id}/waiting-edit")]
pub async fn withdraw_edit(editor: ListingEditor, app: Data<App>) -> Result<HttpResponse> {
    let posting = posting(&app, editor.user_id, editor.group_id, false);
    service::edits::take_back(&mut *app.db.conn().await?, &posting, editor.listing_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Publish a draft
///
/// From then on the listing can be found and matched, unless the network's policy or one of its checks wants a coordinator to look first
/// (`moderation` is `pending`); its usual time begins. `findings` says what the checks found. While the group awaits its network's approval,
/// nobody else sees it.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the draft.")),
    responses(
        (status = 200, description = "Published.", body = PostedListingOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/listings/{listing_id}/publish")]
pub async fn publish_listing(editor: ListingEditor, app: Data<App>) -> Result<Edited<PostedListingOut>> {
    let posting = posting(&app, editor.user_id, editor.group_id, false);
    let mut conn = app.db.conn().await?;
    let checked = service::life::take_step(&mut conn, &posting, editor.listing_id, Step::Publish.into()).await?;
    Ok(Edited { version: checked.view.listing.version, thing: PostedListingOut::of(checked, None, posting.now) })
}

/// Say that a listing is still there
///
/// Also brings back a paused, expired or withdrawn one: 409 `limit_reached` when the group has as many active as the network takes. It counts
/// as fresh again and lasts the usual time from now.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing.")),
    responses(
        (status = 200, description = "Renewed.", body = ListingOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/listings/{listing_id}/renew")]
pub async fn renew_listing(editor: ListingEditor, app: Data<App>) -> Result<Edited<ListingOut>> {
    life::take_step(editor, &app, Step::Renew.into()).await
}

/// Copy a listing
///
/// Makes a draft that says the same, for next time.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless.")),
    responses(
        (status = 201, description = "A new draft.", body = ListingOut, headers(("Location" = String, description = "Its address."), ("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/listings/{listing_id}/copy")]
pub async fn copy_listing(editor: ListingEditor, app: Data<App>, idempotency: Idempotency) -> Result<Created> {
    let posting = posting(&app, editor.user_id, editor.group_id, true);
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, (editor.user_id, posting.now), &editor.listing_id, async |tx| {
            let original = queries::view(tx, editor.listing_id).await?.ok_or_else(|| Error::not_found("listing"))?;
            let view = service::copy(tx, &app.catalogue, &posting, ListingIn::of(&original).parse()?).await?;
            let marks = queries::posted_by_staff(tx, editor.user_id, &[view.listing.id]).await?;
            let (id, version) = (view.listing.id, view.listing.version);
            let shown = ListingOut { posted_by_staff: marks.get(&id).copied(), ..ListingOut::of(view, posting.now) };
            Created::new(format!("/v1/listings/{id}"), Some(version), &shown)
        })
        .await
}

fn posting(app: &App, user: UserId, group: GroupId, draft: bool) -> Posting {
    Posting { group, user: Some(user), now: app.clock.now(), draft, external_id: None }
}

impl PostingQuery {
    fn is_draft(&self) -> Result<bool> {
        let mut fields = Fields::query();
        let draft = fields.check_optional("draft", self.draft.as_deref(), |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(crate::types::Refusal::new("not_one_of", "Use true or false.")),
        });
        Ok(fields.finish(|| draft)?.unwrap_or(false))
    }
}
