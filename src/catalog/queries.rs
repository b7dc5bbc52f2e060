//! What the catalogue asks of the database. The common trees are everybody's; a network's own nodes are public too.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{Category, Locality};
use crate::{
    db::Conn,
    error::Result,
    schema::{categories, localities},
};

/// The category with this slug.
pub async fn category_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Category>> {
    Ok(categories::table.filter(categories::slug.eq(slug)).select(Category::as_select()).first(conn).await.optional()?)
}

/// The locality with this slug.
pub async fn locality_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Locality>> {
    Ok(localities::table.filter(localities::slug.eq(slug)).select(Locality::as_select()).first(conn).await.optional()?)
}

/// The categories with these codes, in no order.
pub async fn categories_by_code(conn: &mut Conn, codes: &[i32]) -> Result<Vec<Category>> {
    Ok(categories::table.filter(categories::code.eq_any(codes)).select(Category::as_select()).load(conn).await?)
}

/// The localities with these codes, in no order.
pub async fn localities_by_code(conn: &mut Conn, codes: &[i64]) -> Result<Vec<Locality>> {
    Ok(localities::table.filter(localities::code.eq_any(codes)).select(Locality::as_select()).load(conn).await?)
}
