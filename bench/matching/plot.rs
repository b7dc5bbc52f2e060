//! Cost against size, both on logarithmic axes, as SVG: what grows with the number of listings is seen at a glance.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

use anyhow::ensure;
use comfy_table::Table;

use crate::{
    results::{RECORDED, Results, digits, read},
    rig::{
        database::Size,
        document::{markdown, put_into_document},
    },
};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
/// Room for the numbers on the left and below, and for the names on the right.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;
/// Told apart by people who do not see every colour (Okabe and Ito).
const COLOURS: [&str; 8] = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a7a7a"];

const STATEMENTS: &str = "The longest statement of a request alone: median execution, ms";
const ANSWERS: &str = "The whole answer of the API, one client: median, ms";

/// A line: its name, and milliseconds by number of listings.
type Lines = BTreeMap<String, BTreeMap<u64, f64>>;

/// Draws what is recorded for databases with this share of open listings, and writes the same as tables.
pub fn plot(open_percent: u64) -> anyhow::Result<()> {
    let results: Vec<Results> = std::fs::read_dir(RECORDED)?
        .filter_map(|file| read(&file.ok()?.path()))
        .filter(|results| results.open_percent == open_percent)
        .collect();
    ensure!(!results.is_empty(), "nothing is recorded for {open_percent} % open: run with --record first, in the project's folder");
    let (mut statements, mut answers) = (Lines::new(), Lines::new());
    for results in &results {
        for query in &results.queries {
            if query.pgbench.is_some() {
                statements.entry(query.scenario.clone()).or_default().insert(results.listings, query.execution_p50_ms);
            }
        }
        for measured in results.run.iter().flat_map(|run| &run.measured).filter(|measured| measured.clients == 1) {
            answers.entry(measured.scenario.clone()).or_default().insert(results.listings, measured.api.p50_ms);
        }
        for (_, floor) in results.run.iter().flat_map(|run| &run.floors).filter(|(clients, _)| *clients == 1) {
            answers.entry("floor".to_owned()).or_default().insert(results.listings, floor.p50_ms);
        }
    }
    let tables = format!("{}\n\n{}\n", growth(STATEMENTS, &statements), growth(ANSWERS, &answers));
    let pictures = format!("![{STATEMENTS}](benchmarks/statements.svg)\n\n![{ANSWERS}](benchmarks/answers.svg)\n");
    put_into_document("sizes", &format!("### Growth\n\n{tables}\n{pictures}"))?;
    write("statements", STATEMENTS, &statements)?;
    write("answers", ANSWERS, &answers)
}

fn write(name: &str, title: &str, lines: &Lines) -> anyhow::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let file = Path::new(RECORDED).join(format!("{name}.svg"));
    std::fs::write(&file, svg(title, lines)?)?;
    println!("Drawn: {}", file.display());
    Ok(())
}

/// The same as a table: a column for each size, and how many times the last is the one before.
fn growth(title: &str, lines: &Lines) -> Table {
    let sizes: BTreeSet<u64> = lines.values().flat_map(BTreeMap::keys).copied().collect();
    let mut header = vec![title.to_owned()];
    header.extend(sizes.iter().map(|size| Size(*size).to_string()));
    let last: Vec<u64> = sizes.iter().rev().take(2).copied().collect();
    if let [last, before] = last.as_slice() {
        header.push(format!("{} / {}", Size(*last), Size(*before)));
    }
    let mut table = markdown(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for (name, points) in lines {
        let figure = |size: &u64| points.get(size).copied().unwrap_or(f64::NAN);
        let mut row = vec![name.clone()];
        row.extend(sizes.iter().map(|size| digits(figure(size))));
        if let [last, before] = last.as_slice() {
            row.push(digits(figure(last) / figure(before)));
        }
        table.add_row(row);
    }
    table
}

/// A logarithmic axis.
struct Axis {
    least: f64,
    most: f64,
    from: f64,
    until: f64,
}

impl Axis {
    /// From the power of ten below the least number to the one above the greatest.
    fn over(numbers: impl Iterator<Item = f64>, from: f64, until: f64) -> Self {
        let (least, most) =
            numbers.map(f64::log10).fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), n| (least.min(n), most.max(n)));
        Self { least: least.floor(), most: most.ceil().max(least.floor() + 1.0), from, until }
    }

    fn at(&self, number: f64) -> f64 {
        self.from + (self.until - self.from) * (number.log10() - self.least) / (self.most - self.least)
    }

    /// The powers of ten.
    fn marks(&self) -> impl Iterator<Item = f64> {
        (self.least as i32..=self.most as i32).map(|power| 10_f64.powi(power))
    }
}

fn svg(title: &str, lines: &Lines) -> Result<String, std::fmt::Error> {
    let points = || lines.values().flatten();
    let across = Axis::over(points().map(|(listings, _)| *listings as f64), LEFT, WIDTH - RIGHT);
    let up = Axis::over(points().map(|(_, ms)| *ms), HEIGHT - BOTTOM, TOP);
    let mut out = String::new();
    writeln!(out, r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">"#)?;
    writeln!(out, r#"<title>{title}</title><rect width="100%" height="100%" fill="white"/>"#)?;
    writeln!(out, r#"<text x="{LEFT}" y="28" font-size="15">{title}</text>"#)?;
    for listings in across.marks() {
        let x = across.at(listings);
        writeln!(out, r##"<path d="M{x:.1} {TOP}V{:.1}" stroke="#ddd"/>"##, HEIGHT - BOTTOM)?;
        writeln!(out, r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{}</text>"#, HEIGHT - BOTTOM + 20.0, Size(listings as u64))?;
    }
    for ms in up.marks() {
        let y = up.at(ms);
        writeln!(out, r##"<path d="M{LEFT} {y:.1}H{:.1}" stroke="#ddd"/>"##, WIDTH - RIGHT)?;
        writeln!(out, r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{ms}</text>"#, LEFT - 8.0, y + 4.0)?;
    }
    writeln!(out, r#"<text x="{LEFT}" y="{:.1}">listings</text>"#, HEIGHT - 12.0)?;
    draw(&mut out, lines, &across, &up)?;
    out.push_str("</svg>\n");
    Ok(out)
}

/// The lines, and their names beside their ends, moved apart where they would lie on each other.
fn draw(out: &mut String, lines: &Lines, across: &Axis, up: &Axis) -> std::fmt::Result {
    let mut names: Vec<(f64, &str, &str)> = Vec::new();
    for ((name, points), colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let places: Vec<(f64, f64)> = points.iter().map(|(listings, ms)| (across.at(*listings as f64), up.at(*ms))).collect();
        let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        writeln!(out, r#"<path d="M{}" fill="none" stroke="{colour}" stroke-width="2"/>"#, path.join("L"))?;
        for (x, y) in &places {
            writeln!(out, r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{colour}"/>"#)?;
        }
        names.extend(places.last().map(|(_, y)| (*y, name.as_str(), *colour)));
    }
    names.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut lowest = f64::NEG_INFINITY;
    for (y, name, colour) in names {
        lowest = y.max(lowest + 15.0);
        writeln!(out, r#"<text x="{:.1}" y="{:.1}" fill="{colour}">{name}</text>"#, WIDTH - RIGHT + 10.0, lowest + 4.0)?;
    }
    Ok(())
}
