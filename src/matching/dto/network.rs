//! The matches of a whole network on the wire: lines of JSON.

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{MatchOut, MatchedListing};
use crate::{
    error::{Error, Result},
    http::problems::ProblemOut,
    types::{Fields, Refusal, ids::NetworkId},
};

/// How much to show.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NetworkMatchesQuery {
    /// Matches of each listing at most, 1 to 20; 5 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 20, default = 5)]
    limit: Option<String>,
}

impl NetworkMatchesQuery {
    /// The matches of each listing at most.
    pub fn parse(self) -> Result<i64> {
        let mut fields = Fields::query();
        let limit = fields.check_optional("limit", self.limit, |text| {
            let limit = text.parse().ok().filter(|limit| (1..=20).contains(limit));
            limit.ok_or_else(|| Refusal::new("out_of_range", "Give a whole number from 1 to 20."))
        });
        Ok(fields.finish(|| limit)?.unwrap_or(5))
    }
}

/// One line. `start` is the first; then a `listing` for each; then `end`. Where that is missing the answer was cut short; where
/// something failed on our side, the last line is `error`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = NetworkMatchesLine)]
pub enum LineOut {
    /// What follows.
    Start {
        /// The network.
        network_id: NetworkId,
        /// Its open listings: as many lines follow.
        listings: usize,
        /// The time that freshness and expiry are reckoned from, for all lines.
        as_of: DateTime<Utc>,
    },
    /// A listing with what fits it.
    Listing {
        /// The listing.
        listing: Box<MatchedListing>,
        /// What fits it, best first; empty when nothing does.
        matches: Vec<MatchOut>,
        /// How many listings are done with this one.
        done: usize,
        /// Out of how many.
        of: usize,
    },
    /// That was all.
    End {
        /// How many listings there were.
        listings: usize,
        /// How many matches they had together.
        matches: usize,
    },
    /// It could not be finished. What was sent before is good.
    Error {
        /// What happened, as any other problem.
        problem: Box<ProblemOut>,
    },
}

impl LineOut {
    /// Writes the line at the end of `text`.
    pub fn write(&self, text: &mut Vec<u8>) -> Result<()> {
        serde_json::to_writer(&mut *text, self).map_err(|error| Error::Internal(error.into()))?;
        text.push(b'\n');
        Ok(())
    }

    /// The line by itself.
    pub fn alone(&self) -> Result<Bytes> {
        let mut text = Vec::new();
        self.write(&mut text)?;
        Ok(text.into())
    }
}
