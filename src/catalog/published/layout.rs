//! Recognises a published file by its first row and says in which column everything is. Reads no data.

use csv::StringRecord;

use super::row::outward_code;
use super::{PublishedError, PublishedFormat, PublishedKind};

/// Where the cells are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout {
    OnsPostcodes { postcode: usize, terminated: usize, position: Cells, district: Option<usize> },
    CodePointOpen,
    Areas { kind: PublishedKind, code: usize, name: usize, welsh: Option<usize>, parent: Option<usize>, position: Cells },
}

/// Where a position is, and what it is in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cells {
    /// Columns of latitude and longitude, degrees.
    Degrees(usize, usize),
    /// Columns of easting and northing, metres.
    Grid(usize, usize),
}

/// Columns of Code-Point Open (user guide): postcode, quality, easting, northing, country, two of the NHS, county, district, ward.
pub(super) mod code_point {
    pub(in super::super) const POSTCODE: usize = 0;
    pub(in super::super) const QUALITY: usize = 1;
    pub(in super::super) const EASTING: usize = 2;
    pub(in super::super) const NORTHING: usize = 3;
    pub(in super::super) const DISTRICT: usize = 8;
    /// Quality "no coordinates available".
    pub(in super::super) const NO_POSITION: &str = "90";
    pub(in super::super) const COLUMNS: usize = 10;
}

impl Layout {
    /// Recognises the file by its first row.
    pub(super) fn recognise(first: &StringRecord) -> Result<Self, PublishedError> {
        let header = Header(first);
        let postcode = header.find("pcds").or_else(|| header.find("pcd")).or_else(|| header.find("pcd7"));
        if let Some(postcode) = postcode {
            return Self::postcodes(&header, postcode);
        }
        if let Some(code) = header.find("wd??cd") {
            return Self::areas(&header, PublishedKind::Ward, code);
        }
        if let Some(code) = header.find("lad??cd") {
            return Self::areas(&header, PublishedKind::District, code);
        }
        if is_code_point(first) {
            return Ok(Self::CodePointOpen);
        }
        let first_row = first.iter().take(5).map(|cell| cell.chars().take(40).collect()).collect::<Vec<String>>().join(",");
        Err(PublishedError::UnknownFormat { first_row })
    }

    fn postcodes(header: &Header<'_>, postcode: usize) -> Result<Self, PublishedError> {
        let format = PublishedFormat::OnsPostcodes;
        Ok(Self::OnsPostcodes {
            postcode,
            terminated: header.find("doterm").ok_or(PublishedError::MissingColumn { format, field: "doterm" })?,
            position: header.position().ok_or(PublishedError::MissingColumn { format, field: "lat or long" })?,
            district: header.find("oslaua").or_else(|| header.find("laua")).or_else(|| header.find("lad??cd")),
        })
    }

    fn areas(header: &Header<'_>, kind: PublishedKind, code: usize) -> Result<Self, PublishedError> {
        let (format, name, welsh, parent) = match kind {
            PublishedKind::Ward => (PublishedFormat::OnsWards, "wd??nm", "wd??nmw", header.find("lad??cd")),
            _ => (PublishedFormat::OnsDistricts, "lad??nm", "lad??nmw", None),
        };
        Ok(Self::Areas {
            kind,
            code,
            name: header.find(name).ok_or(PublishedError::MissingColumn { format, field: name })?,
            welsh: header.find(welsh),
            parent,
            position: header.position().ok_or(PublishedError::MissingColumn { format, field: "LAT and LONG, or BNG_E and BNG_N" })?,
        })
    }
}

/// Ten cells, of which the first is a postcode and the next three are whole numbers.
fn is_code_point(first: &StringRecord) -> bool {
    let number = |column: usize| first.get(column).is_some_and(|cell| cell.parse::<u32>().is_ok());
    first.len() == code_point::COLUMNS
        && first.get(code_point::POSTCODE).and_then(outward_code).is_some()
        && number(code_point::QUALITY)
        && number(code_point::EASTING)
        && number(code_point::NORTHING)
}

/// A header row; columns are found without regard to case and to the year in their names.
struct Header<'a>(&'a StringRecord);

impl Header<'_> {
    /// The column of that name. `??` stands for two digits, the year: `wd??cd` finds `WD24CD`.
    fn find(&self, wanted: &str) -> Option<usize> {
        self.0.iter().position(|cell| {
            let cell = cell.trim_start_matches('\u{feff}');
            cell.len() == wanted.len()
                && cell.bytes().zip(wanted.bytes()).all(|(found, wanted)| match wanted {
                    b'?' => found.is_ascii_digit(),
                    letter => found.eq_ignore_ascii_case(&letter),
                })
        })
    }

    /// Latitude and longitude, or else the National Grid.
    fn position(&self) -> Option<Cells> {
        let degrees = self.find("lat").zip(self.find("long")).map(|(lat, lng)| Cells::Degrees(lat, lng));
        degrees.or_else(|| self.find("bng_e").zip(self.find("bng_n")).map(|(east, north)| Cells::Grid(east, north)))
    }
}
