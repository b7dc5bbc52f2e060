//! The readers on small files of our own (`tests/data/published/`, invented rows in the published shapes).

use super::*;

fn open(text: &str) -> PublishedReader<&[u8]> {
    PublishedReader::open(text.as_bytes()).unwrap()
}

fn places(text: &str) -> Vec<PublishedPlace> {
    open(text).collect::<Result<_, _>>().unwrap()
}

/// The message of the error that a file gives, at once or while it is read.
fn refusal(text: &str) -> String {
    match PublishedReader::open(text.as_bytes()) {
        Err(error) => error.to_string(),
        Ok(mut reader) => reader.find_map(Result::err).unwrap().to_string(),
    }
}

const ONSPD: &str = include_str!("../../../tests/data/published/onspd.csv");
const NSPL: &str = include_str!("../../../tests/data/published/nspl.csv");
const CODE_POINT: &str = include_str!("../../../tests/data/published/code-point-open-st.csv");
const WARDS: &str = include_str!("../../../tests/data/published/wards.csv");
const DISTRICTS: &str = include_str!("../../../tests/data/published/districts.csv");

#[test]
fn a_postcode_directory_becomes_outward_codes_with_mean_positions() {
    let mut reader = open(ONSPD);
    assert_eq!(reader.format(), PublishedFormat::OnsPostcodes);
    let found: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
    let codes: Vec<_> = found.iter().map(|place| place.code.as_str()).collect();
    assert_eq!(codes, ["HX7", "ST1", "ST7"]);
    let st1 = &found[1];
    assert!((st1.position.lat - 53.025).abs() < 1e-9 && (st1.position.lng + 2.175).abs() < 1e-9);
    assert_eq!(st1.parent_gss.as_deref(), Some("E06000021"));
    assert_eq!(reader.left_out(), LeftOut { terminated: 1, outside_great_britain: 3, without_position: 1 });
}

#[test]
fn an_outward_code_across_a_boundary_belongs_to_the_district_with_most_postcodes() {
    let st7 = places(ONSPD).pop().unwrap();
    assert_eq!((st7.code.as_str(), st7.parent_gss.as_deref()), ("ST7", Some("E07000195")));
}

#[test]
fn the_postcode_lookup_is_read_like_the_directory() {
    let found = places(NSPL);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), found[0].parent_gss.as_deref()), ("ST1", Some("E06000021")));
}

#[test]
fn code_point_open_is_recognised_without_a_header_and_its_first_row_counts() {
    let mut reader = open(CODE_POINT);
    assert_eq!(reader.format(), PublishedFormat::CodePointOpen);
    let found: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(found.len(), 2);
    // Grid reference SJ 883 475 is Hanley.
    assert!((found[0].position.lat - 53.0247).abs() < 0.002, "{:?}", found[0]);
    assert!((found[0].position.lng + 2.1759).abs() < 0.002, "{:?}", found[0]);
    assert_eq!(found[0].parent_gss.as_deref(), Some("E06000021"));
    assert_eq!(reader.left_out(), LeftOut { without_position: 1, ..LeftOut::default() });
}

#[test]
fn wards_come_with_their_district_and_their_welsh_name() {
    let mut reader = open(WARDS);
    assert_eq!(reader.format(), PublishedFormat::OnsWards);
    let found: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].kind, found[0].welsh_name.as_deref()), (PublishedKind::Ward, None));
    assert_eq!(found[0].parent_gss.as_deref(), Some("E06000021"));
    assert_eq!(found[1].welsh_name.as_deref(), Some("Tŷ Esiampl"));
    assert_eq!(reader.left_out().outside_great_britain, 1);
}

#[test]
fn districts_without_degrees_are_placed_by_the_national_grid() {
    let found = places(DISTRICTS);
    assert_eq!((found[0].kind, found[0].code.as_str()), (PublishedKind::District, "E06000021"));
    assert!((found[0].position.lat - 53.018).abs() < 0.01, "{:?}", found[0]);
}

#[test]
fn an_error_names_the_row_and_the_field_and_ends_the_reading() {
    let text = "pcds,doterm,lat,long\nST1 1AA,,53.0,-2.1\nST1 1AB,,north,-2.1\nST1 1AD,,53.0,-2.1\n";
    assert_eq!(refusal(text), "row 3, field lat: \"north\" is not a number");
    assert_eq!(open(text).count(), 1);
    assert!(refusal("pcds,doterm,lat,long\nnowhere at all,,53.0,-2.1\n").starts_with("row 2, field postcode: \"nowhere at all\""));
    assert!(
        refusal("pcds,doterm,lat,long\nST1 1AA,,53.0,21.0\n")
            .starts_with("row 2, field long: \"21.0\" is not a longitude in Great Britain")
    );
    assert!(refusal("ST11AA,10,9999999,347500,E92000001,,,,E06000021,E05000001\n").starts_with("row 1, field easting"));
    assert!(refusal("WD24CD,WD24NM,LAT,LONG\nE05000001,,53.0,-2.1\n").starts_with("row 2, field name"));
}

#[test]
fn a_file_of_another_kind_is_refused_with_what_was_found() {
    assert!(refusal("name,colour\nchair,red\n").contains("begins with \"name,colour\""));
    assert_eq!(refusal(""), "the file is empty");
    assert!(refusal("pcds,lat,long\n").starts_with("row 1: there is no column doterm"));
    assert!(refusal("WD24CD,WD24NM\n").contains("no column LAT and LONG"));
}

#[test]
fn text_that_is_not_utf_8_is_refused_with_its_row() {
    let mut reader = PublishedReader::open(&b"LAD24CD,LAD24NM,LAT,LONG\nW06000001,Ynys M\xf4n,53.3,-4.4\n"[..]).unwrap();
    assert_eq!(reader.next().unwrap().unwrap_err().to_string(), "row 2: cannot be read as CSV in UTF-8");
    assert!(reader.next().is_none());
}

#[test]
fn headers_may_have_a_byte_order_mark_and_any_case() {
    let text = "\u{feff}PCDS,DoTerm,LAT,LONG\nst1 1aa,,53.0,-2.1\n";
    assert_eq!(places(text)[0].code, "ST1");
}
