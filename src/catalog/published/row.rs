//! One row of a published file: its cells, read or refused with the line and the column. Also the shapes of postcodes and GSS codes.

use csv::StringRecord;

use super::PublishedError;
use super::layout::Cells;
use crate::catalog::osgb;
use crate::types::place::Position;

/// ONS writes this latitude where it has no position.
const NO_LATITUDE: f64 = 99.0;
/// Characters of the inward part of a postcode ("1AA").
const INWARD_LENGTH: usize = 3;

/// One row and its line in the file.
pub(super) struct Row {
    pub(super) cells: StringRecord,
    pub(super) line: u64,
}

impl Row {
    /// The cell, empty when the row is too short.
    pub(super) fn text(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }

    fn refuse(&self, column: usize, field: &'static str, wanted: &'static str) -> PublishedError {
        PublishedError::Field { row: self.line, field, value: self.text(column).to_owned(), wanted }
    }

    pub(super) fn filled(&self, column: usize, field: &'static str) -> Result<&str, PublishedError> {
        Some(self.text(column)).filter(|text| !text.is_empty()).ok_or_else(|| self.refuse(column, field, "filled in"))
    }

    fn number(&self, column: usize, field: &'static str) -> Result<f64, PublishedError> {
        let number = self.text(column).parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| self.refuse(column, field, "a number"))
    }

    pub(super) fn outward_code(&self, column: usize) -> Result<String, PublishedError> {
        outward_code(self.text(column)).ok_or_else(|| self.refuse(column, "postcode", "a British postcode such as ST1 1AA"))
    }

    /// The position, `None` where the publisher has none (latitude 99.999999; easting and northing 0 or empty).
    pub(super) fn position(&self, cells: Cells) -> Result<Option<Position>, PublishedError> {
        let position = match cells {
            Cells::Degrees(lat, lng) if self.text(lat).is_empty() && self.text(lng).is_empty() => return Ok(None),
            Cells::Degrees(lat, lng) => Position { lat: self.number(lat, "lat")?, lng: self.number(lng, "long")? },
            Cells::Grid(east, north) if matches!((self.text(east), self.text(north)), ("", "") | ("0", "0")) => return Ok(None),
            Cells::Grid(east, north) => osgb::to_wgs84(self.number(east, "easting")?, self.number(north, "northing")?)
                .ok_or_else(|| self.refuse(east, "easting", "on the National Grid (metres), or its northing is not"))?,
        };
        if position.lat >= NO_LATITUDE {
            return Ok(None);
        }
        let (Cells::Degrees(lat, lng) | Cells::Grid(lat, lng)) = cells;
        if !(49.0..=61.5).contains(&position.lat) {
            return Err(self.refuse(lat, "lat", "a latitude in Great Britain"));
        }
        if !(-9.0..=2.5).contains(&position.lng) {
            return Err(self.refuse(lng, "long", "a longitude in Great Britain"));
        }
        Ok(Some(position))
    }
}

/// The outward part, upper case: "st1 1aa", "ST1  1AA" and "ST11AA" give ST1. `None` when it is not the shape of a postcode.
pub(super) fn outward_code(postcode: &str) -> Option<String> {
    let joined: String = postcode.split_whitespace().collect::<String>().to_ascii_uppercase();
    let (outward, inward) = joined.split_at_checked(joined.len().checked_sub(INWARD_LENGTH)?)?;
    let letters = |text: &str| text.chars().all(|c| c.is_ascii_alphabetic());
    let (digit, rest) = inward.split_at_checked(1)?;
    let shaped = (2..=4).contains(&outward.len())
        && outward.starts_with(|c: char| c.is_ascii_uppercase())
        && outward.chars().all(|c| c.is_ascii_alphanumeric())
        && digit.chars().all(|c| c.is_ascii_digit())
        && letters(rest);
    shaped.then(|| outward.to_owned())
}

/// A GSS code of England, Scotland or Wales: letter and eight digits. Pseudo codes (L99999999, W99999999) are not.
pub(super) fn is_british_gss(code: &str) -> bool {
    let (letter, digits) = code.split_at_checked(1).unwrap_or_default();
    ["E", "S", "W"].contains(&letter) && digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()) && digits != "99999999"
}
