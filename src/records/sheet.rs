//! The record sheet for the Online Safety Act 2023, in Markdown: what the program knows and has counted, and blanks for what people judge.
//! It follows the four steps of Ofcom's Risk Assessment Guidance and the records of its Record-Keeping and Review Guidance (both December
//! 2024). Pure. Nothing about safeguarding flags is in it but whether a lead is named.

use chrono::{DateTime, Utc};

use super::model::{Extent, Figures, tenth};
use crate::moderation::QueueKind;

/// What somebody has to fill in.
const BLANK: &str = "\\_\\_\\_\\_\\_\\_";

/// The kinds of priority illegal content of Ofcom's guidance, each with the words of findings, reports and decisions that may point to it.
/// None: nothing that the program counts does.
const KINDS: &[(&str, &[&str])] = &[
    ("Terrorism", &[]),
    ("Child sexual exploitation and abuse: grooming", &[]),
    ("Child sexual exploitation and abuse: images and links", &[]),
    ("Hate", &["unkind"]),
    ("Harassment, stalking, threats and abuse", &["unkind", "private_person"]),
    ("Controlling or coercive behaviour", &[]),
    ("Intimate image abuse", &[]),
    ("Extreme pornography", &[]),
    ("Sexual exploitation of adults", &[]),
    ("Human trafficking", &[]),
    ("Unlawful immigration", &[]),
    ("Fraud and financial offences", &["money", "misleading", "not_a_group", "out_of_scope"]),
    ("Proceeds of crime", &["illegal"]),
    ("Drugs and psychoactive substances", &["medicines"]),
    ("Firearms, knives and other weapons", &["knives", "weapons"]),
    ("Encouraging or assisting suicide or self-harm", &[]),
    ("Foreign interference", &[]),
    ("Animal cruelty", &["animals"]),
    ("Other illegal content", &["illegal", "unsafe", "alcohol", "tobacco"]),
];

/// The lists in which a word may point to a kind of illegal content, with what they are called in the sheet.
const POINTERS: [(&str, &str); 3] = [("finding", "findings"), ("report_reason", "reports"), ("reason", "decisions")];

/// The sheet of a network: its name and its area, what there is in it, and what was counted.
pub fn write((name, area): (&str, &str), extent: &Extent, figures: &Figures) -> String {
    let parts = [head((name, area), figures), service(extent), kinds(figures), measures(extent), numbers(figures), duties(), judgement()];
    parts.join("\n")
}

fn head((name, area): (&str, &str), figures: &Figures) -> String {
    let period = figures.period;
    format!(
        "# Record sheet: Online Safety Act 2023\n\n\
         | | |\n|---|---|\n| Network | {} |\n| Area | {} |\n| Period | {} to {} |\n| Counted | {} |\n| Filled in by | {BLANK} |\n\n\
         Made by the program from its records. What stands as {BLANK} is for people to judge and fill in; the law asks them, not the \
         program. Keep the sheet with its date: the Act asks for a written record of every assessment (section 23).\n",
        plain(name),
        plain(area),
        day(period.from),
        day(period.until),
        figures.as_of.format("%-d %B %Y, %H:%M UTC"),
    )
}

fn service(extent: &Extent) -> String {
    format!(
        "## Step 1: what the service is\n\n\
         A user-to-user service: community groups post what they have and what they want, find each other, write to each other and agree \
         hand-overs. There is no money, no advertising, no live stream, no upload of pictures or files, and no public profile of a \
         private person. People sign in with an e-mail address and act for a group; groups are let in by a coordinator.\n\n\
         | What | How many |\n|---|---|\n\
         | Groups in good standing | {} |\n| of these, helped by the staff because they are not online | {} |\n| People who act for them | {} |\n\
         | Coordinators | {} |\n| Listings that can be found now | {} |\n| Listings published in the period | {} |\n\
         | Messages written by these groups in the period | {} |\n| Exchanges completed in the period | {} |\n\n\
         Are children likely to use it (children's access assessment, sections 35 and 36)? {BLANK}\n\n\
         Risk factors of Ofcom's Risk Profiles that apply: user groups and group messaging (yes: two groups at a time); direct messaging \
         (yes, between groups with an interest or an exchange); posting goods or services (yes, without payment); anonymous user \
         profiles (no); user connections (no); encrypted messaging (no); recommender systems (matches by category and place; the method \
         is public). Others: {BLANK}\n",
        extent.groups,
        extent.assisted,
        extent.people,
        extent.coordinators,
        extent.listings,
        extent.published,
        extent.messages,
        extent.exchanges,
    )
}

fn kinds(figures: &Figures) -> String {
    let mut text = "## Step 2: the risk of each kind of illegal content\n\n\
         The kinds are those of Ofcom's Risk Assessment Guidance of December 2024. Parliament adds to them: compare with the list that \
         holds today. What was counted are words that may point to a kind, not offences. Safeguarding flags are not counted: ask the \
         safeguarding lead.\n\n\
         | Kind | Counted in the period | Likelihood | Impact | Risk level | Why |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for (kind, words) in KINDS {
        let counted: Vec<String> = POINTERS.iter().filter_map(|(list, called)| pointing(figures, (*list, *called), words)).collect();
        let counted = match (words.is_empty(), counted.is_empty()) {
            (true, _) => "nothing that the program looks for".to_owned(),
            (false, true) => "none".to_owned(),
            (false, false) => counted.join("; "),
        };
        row(&mut text, &[*kind, &counted, BLANK, BLANK, BLANK, BLANK]);
    }
    text
}

/// "3 findings (knives)", or none.
fn pointing(figures: &Figures, (list, called): (&str, &str), words: &[&str]) -> Option<String> {
    let found: Vec<(&str, i64)> = figures.list(list).filter(|(word, _)| words.contains(word)).collect();
    let all: i64 = found.iter().map(|(_, count)| count).sum();
    let named: Vec<&str> = found.iter().map(|(word, _)| *word).collect();
    (all > 0).then(|| format!("{all} {called} ({})", named.join(", ")))
}

fn measures(extent: &Extent) -> String {
    let review = match extent.review.as_str() {
        "before" => "before they are published",
        "after" => "after they are published",
        _ => "before they are published, until a group is trusted; then afterwards",
    };
    let undecided = match extent.undecided_then.as_str() {
        "approve" => "is approved by the program",
        "reject" => "is rejected by the program",
        _ => "waits, and the staff are told",
    };
    let hidden = if extent.hide_reported { "hide a listing until somebody has decided" } else { "put a listing into the queue" };
    let lead = if extent.has_lead { "is named" } else { "**is not named: name one**" };
    format!(
        "## Step 3: measures\n\n\
         - Coordinators look at listings {review}. Groups are let in by a coordinator and checked again after {} days.\n\
         - Automatic checks look at what is posted, say what they found and why, and warn, hold or refuse as the network has set \
         (`docs/CHECKS.md`, with how often they are right).\n\
         - What waits is to be decided within {} hours; after that it {undecided}.\n\
         - Anybody can report, signed in or not. Two independent reports {hidden}.\n\
         - A worry about somebody's safety goes to the network's safeguarding lead alone, who {lead}. Reading one is recorded.\n\
         - Who is refused learns which rule and what to do, and can appeal once to another coordinator.\n\
         - Ground rules are public, have versions (now version {}), and are accepted by each group.\n\
         - Everything that staff do is recorded, and the records can only be added to.\n\
         - Measures of Ofcom's Codes of Practice that are not taken, or are taken otherwise, and why: {BLANK}\n",
        extent.recheck_after_days, extent.decide_within_hours, extent.rules_version,
    )
}

fn numbers(figures: &Figures) -> String {
    let mut text =
        "## Step 4: what was done\n\n| | Came in | Decided | In time | Median hours | 95th percentile | Waiting now | Late now |\n|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    let hours = |hours: Option<f64>| hours.map_or_else(|| "-".to_owned(), |hours| tenth(hours).to_string());
    for kind in QueueKind::ALL.iter().map(|kind| Some(*kind)).chain([None]) {
        let flows = || figures.flows.iter().filter(move |flow| kind.is_none_or(|kind| flow.kind == kind));
        let pace = figures.pace(kind);
        let sum = |count: fn(&super::model::Flow) -> i64| flows().map(count).sum::<i64>().to_string();
        row(
            &mut text,
            &[
                kind.map_or("all", QueueKind::as_str),
                &sum(|flow| flow.came_in),
                &pace.decided.to_string(),
                &pace.in_time.to_string(),
                &hours(pace.median_hours),
                &hours(pace.p95_hours),
                &sum(|flow| flow.waiting),
                &sum(|flow| flow.late),
            ],
        );
    }
    let late = figures.most_hours_late().map_or_else(|| "None is late.".to_owned(), |hours| format!("The latest is {hours} hours late."));
    text + &format!("\nPromises that are open now: see the last two columns. {late}\n\n| What | Counted |\n|---|---|\n") + &counted(figures)
}

fn counted(figures: &Figures) -> String {
    let lists = [
        ("Decisions", "deed"),
        ("Reasons of decisions", "reason"),
        ("By whom", "decision"),
        ("Findings of the checks", "finding"),
        ("Reports, by reason", "report_reason"),
        ("Reports, by outcome", "report"),
        ("Appeals, by outcome", "appeal"),
        ("Complaints, by subject", "complaint_about"),
        ("Complaints, by outcome", "complaint"),
        ("Complaints, by time", "complaint_time"),
    ];
    let mut text = String::new();
    for (name, list) in lists {
        let words: Vec<String> = figures.list(list).map(|(word, count)| format!("{word} {count}")).collect();
        let words = if words.is_empty() { "none".to_owned() } else { words.join(", ") };
        row(&mut text, &[name, &words]);
    }
    text
}

fn duties() -> String {
    let duties = [
        ("9", "Illegal content risk assessment, kept up to date", "this sheet, once it is filled in"),
        ("10", "Safety duties: prevent, reduce, take down swiftly; clear terms", "steps 3 and 4; the ground rules"),
        ("20", "Anybody can easily report illegal content", "`POST /v1/reports`, without an account"),
        ("21", "Complaints are easy, and lead to something", "appeals, and `POST /v1/networks/{network_id}/complaints`"),
        ("22", "Freedom of expression and privacy are weighed", "reasons and appeals; no report shows who made it"),
        ("23", "Records in writing, and regular review", "this sheet, `docs/OSA-RECORD.md`, and the audit export"),
    ];
    let mut text = "## Duties, and where the evidence is\n\n| Section | Duty | Evidence | Reviewed on |\n|---|---|---|---|\n".to_owned();
    for (section, duty, evidence) in duties {
        row(&mut text, &[section, duty, evidence, BLANK]);
    }
    text
}

fn judgement() -> String {
    format!(
        "## Judgement\n\n\
         - Overall level of risk, and why: {BLANK}\n\
         - What will be done, by whom, by when: {BLANK}\n\
         - Person accountable: {BLANK}\n\
         - Approved on: {BLANK}\n\
         - Next review (within twelve months, and before any significant change): {BLANK}\n"
    )
}

/// A line of a table. Cells of ours hold no bars; names are made plain where they are written.
fn row(text: &mut String, cells: &[&str]) {
    *text += &format!("| {} |\n", cells.join(" | "));
}

fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}

/// What people wrote, so that nothing in it counts as Markdown.
fn plain(text: &str) -> String {
    let special = |c: char| matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::model::{Counted, Flow, Pace, Period};

    fn figures() -> Figures {
        let as_of: DateTime<Utc> = "2026-11-22T09:30:00Z".parse().unwrap();
        let due = as_of - chrono::Duration::hours(30);
        let counted = |list: &str, word: &str, count| Counted { list: list.to_owned(), word: word.to_owned(), count };
        Figures {
            period: Period { from: "2025-11-22T09:30:00Z".parse().unwrap(), until: as_of },
            as_of,
            flows: vec![Flow {
                kind: QueueKind::Listing,
                came_in: 9,
                withdrawn: 1,
                waiting: 2,
                late: 1,
                oldest: Some(due),
                first_due: Some(due),
            }],
            paces: vec![Pace { kind: None, decided: 6, in_time: 5, median_hours: Some(2.25), p95_hours: Some(20.04) }],
            counts: vec![counted("finding", "knives", 3), counted("reason", "unsafe", 1)],
        }
    }

    fn extent() -> Extent {
        Extent {
            groups: 12,
            assisted: 2,
            people: 30,
            coordinators: 2,
            listings: 44,
            published: 120,
            messages: 80,
            exchanges: 31,
            review: "trust".to_owned(),
            decide_within_hours: 24,
            recheck_after_days: 400,
            undecided_then: "wait".to_owned(),
            hide_reported: true,
            rules_version: 3,
            has_lead: false,
        }
    }

    #[test]
    fn the_sheet_holds_the_numbers_and_leaves_the_judgement_to_people() {
        let sheet = write(("Stoke | *1000* Lives", "Stoke-on-Trent"), &extent(), &figures());
        assert!(sheet.contains(r"Stoke \| \*1000\* Lives"), "{sheet}");
        assert!(sheet.contains("| Firearms, knives and other weapons | 3 findings (knives) |"), "{sheet}");
        assert!(sheet.contains("| Terrorism | nothing that the program looks for |"));
        assert!(sheet.contains("| all | 9 | 6 | 5 | 2.3 | 20 | 2 | 1 |"), "{sheet}");
        assert!(sheet.contains("The latest is 30 hours late."));
        assert!(sheet.contains("name one") && sheet.contains("checked again after 400 days"));
        assert!(sheet.matches(BLANK).count() > 80);
    }

    #[test]
    fn every_line_of_a_table_has_as_many_cells_as_its_head() {
        let sheet = write(("Stoke", "Stoke-on-Trent"), &extent(), &figures());
        for table in sheet.split("\n\n").filter(|part| part.starts_with('|')) {
            let bars: Vec<usize> = table.lines().map(|line| line.matches('|').count()).collect();
            assert!(bars.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
        }
    }
}
