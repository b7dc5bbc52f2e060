//! How well the checks do on examples that were written for them (`src/checks/examples`), half of which nobody looked at while the rules
//! were made. `docs/CHECKS.md` has the table; a test compares it with what is counted here.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use super::{Draft, alike::Said, area, read};
use crate::{catalog::Catalogue, checks::Rule, listings::Kind, types::Position};

/// One example: what is expected, and the fields that the check needs.
struct Example {
    expected: bool,
    /// Whether it is of the half that was put aside.
    is_held_out: bool,
    fields: Vec<String>,
}

impl Example {
    fn field(&self, at: usize) -> &str {
        self.fields.get(at).map_or("", String::as_str)
    }
}

/// Right and wrong answers on some examples.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    found: u32,
    missed: u32,
    false_alarms: u32,
    left_alone: u32,
}

impl Count {
    fn add(&mut self, expected: bool, found: bool) {
        let place = match (expected, found) {
            (true, true) => &mut self.found,
            (true, false) => &mut self.missed,
            (false, true) => &mut self.false_alarms,
            (false, false) => &mut self.left_alone,
        };
        *place += 1;
    }

    /// Of what was found, how much was right; of what was there, how much was found. In per cent.
    fn figures(self) -> String {
        let share = |of: u32, all: u32| if all == 0 { "-".to_owned() } else { format!("{:.0} %", f64::from(of) * 100.0 / f64::from(all)) };
        format!("{} | {}", share(self.found, self.found + self.false_alarms), share(self.found, self.found + self.missed))
    }
}

/// The examples of a rule. Of those that expect a finding, and of those that do not, every other one is put aside.
fn examples(rule: Rule) -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/checks/examples/{rule}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut so_far = [0_u32; 2];
    text.lines()
        .map(|line| {
            let mut fields = line.split('|').map(str::to_owned);
            let expected = match fields.next().as_deref() {
                Some("yes") => true,
                Some("no") => false,
                other => panic!("{rule}: {other:?} is neither yes nor no: {line}"),
            };
            let place = &mut so_far[usize::from(expected)];
            *place += 1;
            Example { expected, is_held_out: *place % 2 == 0, fields: fields.collect() }
        })
        .collect()
}

/// What the check says of an example.
fn finds(rule: Rule, example: &Example, catalogue: &Catalogue, places: &BTreeMap<String, Place>) -> bool {
    let said = |title: &str, description: &str| Said::new(catalogue.lexicon.words(title), title, description);
    let pair = |at: usize| (said(example.field(at), example.field(at + 1)), said(example.field(at + 2), example.field(at + 3)));
    match rule {
        Rule::DuplicateOwn => {
            let (one, other) = pair(0);
            one.repeats(&other)
        }
        Rule::DuplicateOther => {
            let (one, other) = pair(0);
            one.is_also(&other)
        }
        Rule::RepeatedTooSoon => {
            let (one, other) = pair(1);
            one.repeats(&other) && example.field(0).parse::<u32>().unwrap() < 7
        }
        Rule::OutOfArea => {
            let (network, place) = (&places[example.field(0)], &places[example.field(1)]);
            let inside: Vec<Position> =
                places.values().filter(|other| other.district == network.code && other.is_place).map(|other| other.at).collect();
            area::is_out(place.at, &inside, example.field(2).parse().unwrap())
        }
        _ => {
            let (kind, more) = example.field(0).split_once(':').unwrap_or((example.field(0), ""));
            let draft = Draft {
                kind: Kind::parse(kind).unwrap(),
                resource_type: example.field(1),
                title: example.field(2),
                description: example.field(3),
                note: "",
                unit: "",
                lends: more == "lend",
                is_dated: more == "dated",
            };
            read(&draft).iter().any(|found| found.rule == rule)
        }
    }
}

struct Place {
    at: Position,
    code: i64,
    district: i64,
    is_place: bool,
}

fn places() -> BTreeMap<String, Place> {
    let mut reader = csv::Reader::from_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/localities/localities.csv")).unwrap();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let code: i64 = row[0].parse().unwrap();
        let at = Position { lat: row[5].parse().unwrap(), lng: row[6].parse().unwrap() };
        (row[1].to_owned(), Place { at, code, district: code - code % 100_000_000, is_place: &row[2] == "place" })
    });
    rows.collect()
}

/// Counts, and the examples that went wrong among those that may be looked at.
fn measure() -> (BTreeMap<Rule, [Count; 2]>, Vec<String>) {
    let (catalogue, places) = (Catalogue::built_in().unwrap(), places());
    let (mut counts, mut wrong) = (BTreeMap::<Rule, [Count; 2]>::new(), Vec::new());
    for rule in Rule::ALL {
        for example in examples(*rule) {
            let found = finds(*rule, &example, &catalogue, &places);
            counts.entry(*rule).or_default()[usize::from(example.is_held_out)].add(example.expected, found);
            if found != example.expected && !example.is_held_out {
                wrong.push(format!("{rule}: expected {}: {}", example.expected, example.fields.join(" | ")));
            }
        }
    }
    (counts, wrong)
}

fn table(counts: &BTreeMap<Rule, [Count; 2]>) -> String {
    let mut text =
        String::from("| Check | Examples | Precision | Recall | Precision, put aside | Recall, put aside |\n|---|---|---|---|---|---|\n");
    let total = |count: &Count| count.found + count.missed + count.false_alarms + count.left_alone;
    for (rule, [seen, aside]) in counts {
        writeln!(text, "| `{rule}` | {} | {} | {} |", total(seen) + total(aside), seen.figures(), aside.figures()).unwrap();
    }
    let sum = |half: usize| {
        counts.values().fold(Count::default(), |sum, halves| Count {
            found: sum.found + halves[half].found,
            missed: sum.missed + halves[half].missed,
            false_alarms: sum.false_alarms + halves[half].false_alarms,
            left_alone: sum.left_alone + halves[half].left_alone,
        })
    };
    let all = total(&sum(0)) + total(&sum(1));
    writeln!(text, "| together | {all} | {} | {} |", sum(0).figures(), sum(1).figures()).unwrap();
    text
}

#[test]
fn there_are_enough_examples_of_each_check_and_half_of_them_are_hard_to_leave_alone() {
    let mut all = 0;
    for rule in Rule::ALL {
        let examples = examples(*rule);
        let negatives = examples.iter().filter(|example| !example.expected).count();
        assert!(
            examples.len() >= 30 && negatives * 100 >= examples.len() * 44,
            "{rule}: {} examples, {negatives} of them negative",
            examples.len()
        );
        all += examples.len();
    }
    assert!(all >= 600, "{all}");
}

#[test]
fn the_documented_figures_are_those_that_are_counted() {
    let (counts, wrong) = measure();
    let counted = table(&counts);
    let documented = include_str!("../../../docs/CHECKS.md");
    assert!(
        documented.contains(&counted),
        "put this into docs/CHECKS.md:\n{counted}\nwrong, of those that may be looked at:\n{}",
        wrong.join("\n")
    );
}
