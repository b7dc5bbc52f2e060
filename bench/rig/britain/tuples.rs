//! Rows in PostgreSQL's binary COPY format (<https://www.postgresql.org/docs/current/sql-copy.html>): no text to write here and to
//! read there, and no escapes to get wrong.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What a COPY stream begins with: the signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// PostgreSQL's number of the type `text`.
const TEXT: u32 = 25;
/// 2000-01-01, from which PostgreSQL counts, in microseconds after 1970-01-01.
const EPOCH: i64 = 946_684_800_000_000;

/// A part of a COPY stream.
#[derive(Debug, Default)]
pub struct Tuples(Vec<u8>);

impl Tuples {
    /// The beginning of a stream.
    pub fn first() -> Self {
        Self(HEADER.to_vec())
    }

    /// Begins a row of so many columns.
    pub fn row(&mut self, columns: usize) {
        self.0.extend_from_slice(&(columns as i16).to_be_bytes());
    }

    /// Ends the stream.
    pub fn end(&mut self) {
        self.0.extend_from_slice(&TRAILER);
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What has been written, ready to be sent; goes on with nothing.
    pub fn take(&mut self) -> std::io::Cursor<Vec<u8>> {
        let room = self.0.capacity();
        std::io::Cursor::new(std::mem::replace(&mut self.0, Vec::with_capacity(room)))
    }

    /// A null.
    pub fn null(&mut self) {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    /// A value as PostgreSQL keeps it.
    pub fn bytes(&mut self, value: &[u8]) {
        self.0.extend_from_slice(&(value.len() as i32).to_be_bytes());
        self.0.extend_from_slice(value);
    }

    /// `uuid`.
    pub fn uuid(&mut self, value: Uuid) {
        self.bytes(value.as_bytes());
    }

    /// `text`.
    pub fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// `text`, or null.
    pub fn optional_text(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    /// `integer`.
    pub fn int4(&mut self, value: i32) {
        self.bytes(&value.to_be_bytes());
    }

    /// `bigint`.
    pub fn int8(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }

    /// `double precision`.
    pub fn float8(&mut self, value: f64) {
        self.bytes(&value.to_be_bytes());
    }

    /// `boolean`.
    pub fn boolean(&mut self, value: bool) {
        self.bytes(&[u8::from(value)]);
    }

    /// `timestamptz`.
    pub fn time(&mut self, value: DateTime<Utc>) {
        self.int8(value.timestamp_micros() - EPOCH);
    }

    /// `timestamptz`, or null.
    pub fn optional_time(&mut self, value: Option<DateTime<Utc>>) {
        match value {
            Some(value) => self.time(value),
            None => self.null(),
        }
    }

    /// `text[]`.
    pub fn texts<S: AsRef<str>>(&mut self, values: &[S]) {
        self.bytes(&text_array(values));
    }
}

/// A `text[]` as PostgreSQL keeps it.
pub fn text_array<S: AsRef<str>>(values: &[S]) -> Vec<u8> {
    let mut array = Tuples::default();
    let dimensions = i32::from(!values.is_empty());
    array.0.extend_from_slice(&dimensions.to_be_bytes());
    array.0.extend_from_slice(&0_i32.to_be_bytes());
    array.0.extend_from_slice(&TEXT.to_be_bytes());
    if dimensions > 0 {
        array.0.extend_from_slice(&(values.len() as i32).to_be_bytes());
        array.0.extend_from_slice(&1_i32.to_be_bytes());
    }
    for value in values {
        array.text(value.as_ref());
    }
    array.0
}
