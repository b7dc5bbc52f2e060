//! The matches of a whole network over HTTP, as a stream of lines.
//!
//! The stream is pulled: the next few listings are looked at when the client has taken most of what was sent. So a slow client costs
//! nothing but its connection, and nothing goes on when it leaves. A client that takes nothing for long is sent away by
//! `http::connections`; the deadline of `http::body` is for the first line only.

use std::vec::IntoIter;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::HeaderName,
    web::{Bytes, Data},
};
use futures_util::{Stream, stream};
use tracing_actix_web::RequestId;

use crate::{
    app::App,
    error::{Error, Result},
    http::{
        Query, SignedIn,
        limits::{Allowance, count_try},
        problems::document_of,
        responses,
    },
    matching::{
        dto::{
            MatchOut,
            network::{LineOut, NetworkMatchesQuery},
        },
        queries::{self, Search},
        service,
    },
    networks::NetworkStaff,
    types::ids::{ListingId, NetworkId},
};

/// How often one person may ask: a network of 1,000 listings is work for some seconds.
const REPORTS: Allowance = Allowance { tries: 10, minutes: 10 };

/// Listings that are looked at in one go, with one connection. So few that even slow statements send something before
/// `http::connections` takes the client for one that has gone.
const AT_ONCE: usize = 8;

/// Find what fits in a whole network
///
/// For a share event: every open listing of the network with its best matches, group by group in the order of their names, what a group
/// has before what it wants. Lines of JSON (NDJSON) that come as they are found: `start`, a `listing` for each, `end`. All are as of
/// one time. For the network's staff, at most 10 times in 10 minutes.
#[utoipa::path(
    tag = "Matches",
    params(("network_id" = NetworkId, Path, description = "The network."), NetworkMatchesQuery),
    responses(
        (status = 200, description = "Lines of JSON, each as this schema says.", body = LineOut, content_type = "application/x-ndjson",
            example = json!({"type": "start", "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "listings": 214, "as_of": "2026-11-22T09:30:00Z"})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::WithTries
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/matches")]
pub async fn list_network_matches(
    staff: NetworkStaff,
    who: SignedIn,
    app: Data<App>,
    query: Query<NetworkMatchesQuery>,
    id: RequestId,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let search = Search::new(app.clock.now(), query.0.parse()?);
    let mut conn = app.db.conn().await?;
    count_try(&mut conn, ("list_network_matches", &staff.user_id.to_string()), REPORTS, search.as_of).await?;
    let listings = queries::network::open_listings(&mut conn, staff.network_id, search.as_of).await?;
    drop(conn);
    let report = Report {
        who,
        network: staff.network_id,
        stage: Stage::Start,
        done: 0,
        of: listings.len(),
        matches: 0,
        left: listings.into_iter(),
        search,
        app,
        place: (request.path().to_owned(), id.to_string()),
    };
    let mut answer = HttpResponse::Ok();
    // nginx would keep lines back until it has a page of them.
    answer.content_type("application/x-ndjson").insert_header((HeaderName::from_static("x-accel-buffering"), "no"));
    Ok(answer.streaming(report.lines()))
}

/// A report on its way to the client.
struct Report {
    app: Data<App>,
    who: SignedIn,
    network: NetworkId,
    search: Search,
    stage: Stage,
    left: IntoIter<ListingId>,
    done: usize,
    of: usize,
    matches: usize,
    /// Path and id of the request.
    place: (String, String),
}

enum Stage {
    Start,
    Listings,
    Over,
}

impl Report {
    fn lines(self) -> impl Stream<Item = Result<Bytes>> {
        stream::unfold(self, |mut report| async {
            let lines = report.next_lines().await?;
            Some((lines, report))
        })
    }

    async fn next_lines(&mut self) -> Option<Result<Bytes>> {
        let lines = match self.stage {
            Stage::Start => {
                self.stage = Stage::Listings;
                LineOut::Start { network_id: self.network, listings: self.of, as_of: self.search.as_of }.alone()
            }
            Stage::Listings if self.left.len() > 0 => self.next_listings().await,
            Stage::Listings => {
                self.stage = Stage::Over;
                LineOut::End { listings: self.of, matches: self.matches }.alone()
            }
            Stage::Over => return None,
        };
        Some(lines.or_else(|error| self.fail(&error)))
    }

    /// The lines of the next few listings, if the person may still read them. The connection goes back before they are sent.
    async fn next_listings(&mut self) -> Result<Bytes> {
        let next: Vec<ListingId> = self.left.by_ref().take(AT_ONCE).collect();
        let mut conn = self.app.db.conn().await?;
        self.who.check(&mut conn, self.app.clock.now()).await?;
        NetworkStaff::check(&mut conn, self.who.user_id, self.network).await?;
        let found = service::network::matches_of(&mut conn, &next, &self.search).await?;
        drop(conn);
        let mut text = Vec::new();
        // A listing that is not open any more counts as done.
        let gone = next.len() - found.len();
        self.done += gone;
        for matched in found {
            self.done += 1;
            self.matches += matched.matches.len();
            let line = LineOut::Listing {
                listing: Box::new(matched.listing.into()),
                matches: matched.matches.into_iter().map(|found| MatchOut::of(found, self.search.as_of)).collect(),
                done: self.done,
                of: self.of,
            };
            line.write(&mut text)?;
        }
        Ok(text.into())
    }

    fn fail(&mut self, error: &Error) -> Result<Bytes> {
        self.stage = Stage::Over;
        let (path, id) = self.place.clone();
        LineOut::Error { problem: Box::new(document_of(error, path, id)) }.alone()
    }
}
