//! Reads officially published files of places, row by row: postcode directories (ONSPD, NSPL, OS Code-Point Open) as outward
//! codes with their mean position, and ONS lists of wards or districts. Pure: takes any reader, knows no database.
//! `docs/LOCALITIES-IMPORT.md` describes the files. Northern Ireland's postcodes are left out: they are not openly licensed.

mod layout;
mod row;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, btree_map};
use std::io::Read;

use csv::StringRecord;

use self::layout::{Cells, Layout, code_point};
use self::row::{Row, is_british_gss};
use crate::types::place::Position;

/// Postcode areas outside Great Britain: Northern Ireland, Guernsey, Jersey, Isle of Man.
const NOT_GREAT_BRITAIN: [&str; 4] = ["BT", "GY", "JE", "IM"];
/// Which of the known files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedFormat {
    /// ONS Postcode Directory or National Statistics Postcode Lookup.
    OnsPostcodes,
    /// OS Code-Point Open, one file per postcode area, without a header.
    CodePointOpen,
    /// ONS wards with their districts and centroids.
    OnsWards,
    /// ONS local authority districts with centroids.
    OnsDistricts,
}

/// What a published place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedKind {
    /// The outward part of postcodes: `ST1`.
    PostcodeDistrict,
    /// An electoral ward or division.
    Ward,
    /// A local authority district, unitary authority, borough or council area.
    District,
}

/// One place of a published file.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedPlace {
    /// GSS code (`E06000021`) of a ward or district, outward code (`ST1`) of a postcode district.
    pub code: String,
    /// What it is.
    pub kind: PublishedKind,
    /// Name as published; for a postcode district the outward code.
    pub name: String,
    /// Welsh name, when the file has one that differs.
    pub welsh_name: Option<String>,
    /// GSS code of the district it lies in; of a postcode district, the district with most of its postcodes.
    pub parent_gss: Option<String>,
    /// Centroid as published, or the mean of the live postcodes.
    pub position: Position,
}

/// Rows that were read and left out, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Postcodes no longer in use.
    pub terminated: u64,
    /// Northern Ireland, the Channel Islands, the Isle of Man, and the pseudo codes for them.
    pub outside_great_britain: u64,
    /// Rows whose position the publisher does not know.
    pub without_position: u64,
}

/// Why a file could not be read. `row` is the line in the file, the first one being 1.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// No known header, and not the shape of Code-Point Open.
    #[error(
        "this is none of the files we can read (ONS Postcode Directory, National Statistics Postcode Lookup, OS Code-Point Open, ONS wards or \
         districts with centroids): its first row begins with {first_row:?}"
    )]
    UnknownFormat {
        /// The first few cells.
        first_row: String,
    },
    /// The header lacks a column that we need.
    #[error("row 1: there is no column {field}, which a file of this kind ({format:?}) has")]
    MissingColumn {
        /// What the file was taken for.
        format: PublishedFormat,
        /// The column; `??` stands for the year.
        field: &'static str,
    },
    /// A cell that cannot be right.
    #[error("row {row}, field {field}: {value:?} is not {wanted}")]
    Field {
        /// Line in the file.
        row: u64,
        /// Column.
        field: &'static str,
        /// What is there.
        value: String,
        /// What should be.
        wanted: &'static str,
    },
    /// Not readable, or not CSV in UTF-8.
    #[error("row {row}: cannot be read as CSV in UTF-8")]
    Csv {
        /// Line in the file.
        row: u64,
        /// What the reader says.
        #[source]
        source: csv::Error,
    },
}

/// The places of a published file, one by one. After an error it ends.
pub struct PublishedReader<R> {
    rows: csv::Reader<R>,
    /// The first row, when it is data and not a header.
    first: Option<StringRecord>,
    layout: Layout,
    outcodes: Option<btree_map::IntoIter<String, Outcode>>,
    left_out: LeftOut,
    ended: bool,
}

/// What is kept of an outward code: sums, not postcodes.
#[derive(Debug, Default)]
struct Outcode {
    live: u32,
    lat_sum: f64,
    lng_sum: f64,
    /// Postcodes by district; few for each outward code.
    districts: BTreeMap<String, u32>,
}

impl<R: Read> PublishedReader<R> {
    /// Reads the first row and recognises the file by it.
    pub fn open(input: R) -> Result<Self, PublishedError> {
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(input);
        let mut first = StringRecord::new();
        let there = rows.read_record(&mut first).map_err(|source| PublishedError::Csv { row: 1, source })?;
        if !there {
            return Err(PublishedError::Empty);
        }
        let layout = Layout::recognise(&first)?;
        let first = matches!(layout, Layout::CodePointOpen).then_some(first);
        Ok(Self { rows, first, layout, outcodes: None, left_out: LeftOut::default(), ended: false })
    }

    /// Which file it is.
    pub fn format(&self) -> PublishedFormat {
        match self.layout {
            Layout::OnsPostcodes { .. } => PublishedFormat::OnsPostcodes,
            Layout::CodePointOpen => PublishedFormat::CodePointOpen,
            Layout::Areas { kind: PublishedKind::Ward, .. } => PublishedFormat::OnsWards,
            Layout::Areas { .. } => PublishedFormat::OnsDistricts,
        }
    }

    /// What was left out so far; complete when the iterator has ended.
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// The next row with its line in the file, `None` at the end.
    fn next_row(&mut self) -> Result<Option<Row>, PublishedError> {
        if let Some(cells) = self.first.take() {
            return Ok(Some(Row { cells, line: 1 }));
        }
        let before = self.rows.position().line();
        let mut cells = StringRecord::new();
        let there = self.rows.read_record(&mut cells).map_err(|source| PublishedError::Csv { row: before, source })?;
        let line = cells.position().map_or(before, csv::Position::line);
        Ok(there.then_some(Row { cells, line }))
    }

    /// The next ward or district.
    fn next_area(&mut self) -> Result<Option<PublishedPlace>, PublishedError> {
        let Layout::Areas { kind, code, name, welsh, parent, position } = self.layout else {
            return Ok(None);
        };
        while let Some(row) = self.next_row()? {
            let gss = row.filled(code, "code")?;
            if !is_british_gss(gss) {
                self.left_out.outside_great_britain += 1;
                continue;
            }
            let Some(position) = row.position(position)? else {
                self.left_out.without_position += 1;
                continue;
            };
            let name = row.filled(name, "name")?;
            let welsh_name = welsh.map(|column| row.text(column)).filter(|text| !text.is_empty() && *text != name);
            let parent_gss = parent.map(|column| row.text(column)).filter(|text| is_british_gss(text));
            return Ok(Some(PublishedPlace {
                code: gss.to_owned(),
                kind,
                name: name.to_owned(),
                welsh_name: welsh_name.map(str::to_owned),
                parent_gss: parent_gss.map(str::to_owned),
                position,
            }));
        }
        Ok(None)
    }

    /// The next outward code; the first call reads the whole file, keeping sums per outward code.
    fn next_outcode(&mut self) -> Result<Option<PublishedPlace>, PublishedError> {
        if self.outcodes.is_none() {
            let mut outcodes = BTreeMap::new();
            while let Some(row) = self.next_row()? {
                self.add_postcode(&row, &mut outcodes)?;
            }
            self.outcodes = Some(outcodes.into_iter());
        }
        Ok(self.outcodes.as_mut().and_then(Iterator::next).map(|(code, outcode)| outcode.into_place(code)))
    }

    /// Adds one postcode to its outward code, or counts why not.
    fn add_postcode(&mut self, row: &Row, outcodes: &mut BTreeMap<String, Outcode>) -> Result<(), PublishedError> {
        let (postcode, position, district) = match self.layout {
            Layout::OnsPostcodes { postcode, position, district, .. } => (postcode, position, district),
            _ => (code_point::POSTCODE, Cells::Grid(code_point::EASTING, code_point::NORTHING), Some(code_point::DISTRICT)),
        };
        let outward = row.outward_code(postcode)?;
        if NOT_GREAT_BRITAIN.contains(&outward.trim_end_matches(|c: char| !c.is_ascii_alphabetic())) {
            self.left_out.outside_great_britain += 1;
            return Ok(());
        }
        if matches!(self.layout, Layout::OnsPostcodes { terminated, .. } if !row.text(terminated).is_empty()) {
            self.left_out.terminated += 1;
            return Ok(());
        }
        let unknown = matches!(self.layout, Layout::CodePointOpen) && row.text(code_point::QUALITY) == code_point::NO_POSITION;
        let Some(position) = (if unknown { None } else { row.position(position)? }) else {
            self.left_out.without_position += 1;
            return Ok(());
        };
        let district = district.map(|column| row.text(column)).filter(|code| is_british_gss(code));
        outcodes.entry(outward).or_default().add(position, district);
        Ok(())
    }
}

impl<R: Read> Iterator for PublishedReader<R> {
    type Item = Result<PublishedPlace, PublishedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = if matches!(self.layout, Layout::Areas { .. }) { self.next_area() } else { self.next_outcode() };
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

impl Outcode {
    fn add(&mut self, position: Position, district: Option<&str>) {
        self.live = self.live.saturating_add(1);
        self.lat_sum += position.lat;
        self.lng_sum += position.lng;
        let Some(district) = district else { return };
        if let Some(count) = self.districts.get_mut(district) {
            *count = count.saturating_add(1);
        } else {
            self.districts.insert(district.to_owned(), 1);
        }
    }

    /// The mean position; the district with most postcodes, the smaller code when two have the same number.
    fn into_place(self, code: String) -> PublishedPlace {
        let live = f64::from(self.live.max(1));
        let parent = self.districts.into_iter().rev().max_by_key(|(_, count)| *count);
        PublishedPlace {
            name: code.clone(),
            code,
            kind: PublishedKind::PostcodeDistrict,
            welsh_name: None,
            parent_gss: parent.map(|(gss, _)| gss),
            position: Position { lat: self.lat_sum / live, lng: self.lng_sum / live },
        }
    }
}
