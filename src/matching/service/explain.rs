//! Why an offer and a want match or not.

use chrono::{DateTime, Utc};

use crate::{
    db::Conn,
    error::{Error, Result},
    listings::Kind,
    matching::{
        model::Match,
        permissions::PairInsider,
        queries,
        rules::{
            conditions::{Case, Finding},
            words::{self, Words},
        },
    },
};

/// Why a pair matches or not, as far as the person may know.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Whether it matches.
    pub eligible: bool,
    /// The answer in a few sentences.
    pub summary: String,
    /// Every condition.
    pub findings: Vec<Finding>,
    /// The parts of the score in words; none when there is no score.
    pub score: Option<Words>,
    /// Both listings and the score, from the side that the person sees it from.
    pub found: Match,
}

/// Explains a pair to the person who asked.
pub async fn explain(conn: &mut Conn, asked: PairInsider, now: DateTime<Utc>) -> Result<Explanation> {
    let PairInsider { offer, want, reader } = asked;
    let (offer_id, want_id) = (offer.listing.id, want.listing.id);
    let ids = match reader.sees_from() {
        Kind::Offer => (offer_id, want_id),
        Kind::Want => (want_id, offer_id),
    };
    let explained = queries::explain(conn, ids, now).await?.ok_or_else(|| Error::not_found("listing"))?;
    let findings = Case { explained: &explained, offer: &offer, want: &want, reader }.findings();
    let unmet: Vec<&str> = findings.iter().filter(|finding| !finding.met).map(|finding| finding.detail.as_str()).collect();
    let summary = match unmet.as_slice() {
        [] => "These two match.".to_owned(),
        unmet => format!("These two do not match. {}", unmet.join(" ")),
    };
    let (seeker, counterpart) = match reader.sees_from() {
        Kind::Offer => (offer, want),
        Kind::Want => (want, offer),
    };
    let found = Match { pair: explained.pair, seeker, counterpart };
    let score = explained.scored.then(|| words::words(&found, now));
    Ok(Explanation { eligible: explained.eligible, summary, findings, score, found })
}
