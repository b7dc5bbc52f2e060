//! SQL with named parameters, sent as a prepared statement. What diesel's query builder cannot say (a limit inside a subquery,
//! lateral joins) is written as text; diesel keeps a prepared statement for each text, which its own `sql_query` does not.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Timestamptz, Uuid},
};

/// The values of a statement's parameters: a parameter `{now}` is the field `now`.
#[derive(Debug, Clone)]
pub struct Values {
    /// Now.
    pub now: DateTime<Utc>,
    /// Shelves of offers, first and last; the first behind the last: no offers.
    pub offers: (i32, i32),
    /// Shelves of wants, likewise.
    pub wants: (i32, i32),
    /// Localities, first and last.
    pub places: (i64, i64),
    /// The network.
    pub network: Option<uuid::Uuid>,
    /// The group.
    pub group: Option<uuid::Uuid>,
    /// Available after.
    pub available_from: Option<DateTime<Utc>>,
    /// Available before.
    pub available_until: Option<DateTime<Utc>>,
    /// Changed since.
    pub since: Option<DateTime<Utc>>,
    /// The words, as a tsquery.
    pub words: Option<String>,
    /// The words and the marks, as a tsquery.
    pub marks: String,
    /// Where distances are counted from: longitude and latitude.
    pub near: (f64, f64),
    /// The largest distance, kilometres.
    pub within: Option<f64>,
    /// After which distance the page begins, kilometres.
    pub after_km: f64,
    /// After which time.
    pub after_time: DateTime<Utc>,
    /// After which id.
    pub after_id: uuid::Uuid,
    /// Localities to walk through, in order of distance.
    pub codes: Vec<i64>,
    /// Their distances, kilometres.
    pub kms: Vec<f64>,
    /// The radius in which to look for localities, kilometres.
    pub ring: f64,
    /// How many listings to look at.
    pub window: i64,
    /// How many to give.
    pub limit: i64,
}

/// A text with parameters in braces, and their values. `Row` is the SQL type of what it gives.
#[derive(Debug)]
pub struct Statement<'a, Row> {
    text: String,
    values: &'a Values,
    row: PhantomData<Row>,
}

impl<'a, Row> Statement<'a, Row> {
    /// A statement that diesel can load.
    pub fn new(text: String, values: &'a Values) -> Self {
        Self { text, values, row: PhantomData }
    }

    fn bind<'b>(&'b self, name: &str, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let v = self.values;
        match name {
            "now" => out.push_bind_param::<Timestamptz, _>(&v.now),
            "offers_from" => out.push_bind_param::<Integer, _>(&v.offers.0),
            "offers_to" => out.push_bind_param::<Integer, _>(&v.offers.1),
            "wants_from" => out.push_bind_param::<Integer, _>(&v.wants.0),
            "wants_to" => out.push_bind_param::<Integer, _>(&v.wants.1),
            "places_from" => out.push_bind_param::<BigInt, _>(&v.places.0),
            "places_to" => out.push_bind_param::<BigInt, _>(&v.places.1),
            "network" => out.push_bind_param::<Nullable<Uuid>, _>(&v.network),
            "group" => out.push_bind_param::<Nullable<Uuid>, _>(&v.group),
            "available_from" => out.push_bind_param::<Nullable<Timestamptz>, _>(&v.available_from),
            "available_until" => out.push_bind_param::<Nullable<Timestamptz>, _>(&v.available_until),
            "since" => out.push_bind_param::<Nullable<Timestamptz>, _>(&v.since),
            "words" => out.push_bind_param::<Nullable<Text>, _>(&v.words),
            "marks" => out.push_bind_param::<Text, _>(&v.marks),
            "lng" => out.push_bind_param::<Double, _>(&v.near.0),
            "lat" => out.push_bind_param::<Double, _>(&v.near.1),
            "within" => out.push_bind_param::<Nullable<Double>, _>(&v.within),
            "after_km" => out.push_bind_param::<Double, _>(&v.after_km),
            "after_time" => out.push_bind_param::<Timestamptz, _>(&v.after_time),
            "after_id" => out.push_bind_param::<Uuid, _>(&v.after_id),
            "codes" => out.push_bind_param::<Array<BigInt>, _>(&v.codes),
            "kms" => out.push_bind_param::<Array<Double>, _>(&v.kms),
            "ring" => out.push_bind_param::<Double, _>(&v.ring),
            "window" => out.push_bind_param::<BigInt, _>(&v.window),
            "limit" => out.push_bind_param::<BigInt, _>(&v.limit),
            _ => Err(diesel::result::Error::QueryBuilderError(format!("no parameter is called {name}").into())),
        }
    }
}

impl<Row> QueryFragment<Pg> for Statement<'_, Row> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for piece in self.text.split('{') {
            match piece.split_once('}') {
                Some((name, rest)) => {
                    self.bind(name, out.reborrow())?;
                    out.push_sql(rest);
                }
                None => out.push_sql(piece),
            }
        }
        Ok(())
    }
}

impl<Row> QueryId for Statement<'_, Row> {
    type QueryId = ();
    // So it is known by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Statement<'_, Row> {
    type SqlType = Row;
}
