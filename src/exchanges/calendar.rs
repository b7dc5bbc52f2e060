//! An exchange as an entry of a calendar (RFC 5545): who comes where and when, for the two groups alone.

use chrono::{DateTime, Utc};

use super::{Side, model::ExchangeView};

/// The most octets of a line (RFC 5545, 3.1), without its end.
const LINE: usize = 75;

/// The calendar file of a scheduled exchange, as the side that asks sees it. None without a time.
pub fn file(view: &ExchangeView, side: Side) -> Option<String> {
    let exchange = &view.exchange;
    let from = exchange.scheduled_for?;
    let summary = match side {
        Side::Giver => format!("Hand over to {}: {}", view.receiver, exchange.title),
        _ => format!("Receive from {}: {}", view.giver, exchange.title),
    };
    let unit = exchange.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let back = exchange.return_by.map(|time| format!("\nTo be brought back by {}.", time.format("%-d %B %Y"))).unwrap_or_default();
    let description = format!("{}: {}{unit}. From {} to {}.{back}", exchange.title, exchange.quantity, view.giver, view.receiver);
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Got It Want It//gotit//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@gotit", exchange.id),
        format!("DTSTAMP:{}", time(exchange.updated_at)),
        format!("SEQUENCE:{}", exchange.version),
        format!("DTSTART:{}", time(from)),
    ];
    lines.extend(exchange.scheduled_until.map(|until| format!("DTEND:{}", time(until))));
    lines.push(format!("SUMMARY:{}", escaped(&summary)));
    lines.extend(exchange.place.as_deref().map(|place| format!("LOCATION:{}", escaped(place))));
    lines.push(format!("DESCRIPTION:{}", escaped(&description)));
    lines.extend(["STATUS:CONFIRMED", "END:VEVENT", "END:VCALENDAR"].map(str::to_owned));
    Some(lines.iter().map(|line| folded(line)).collect())
}

/// Date and time in UTC (3.3.5, form 2).
fn time(time: DateTime<Utc>) -> String {
    time.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value (3.3.11).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A line, cut where it gets too long; what follows begins with a space (3.1). Characters stay whole.
fn folded(line: &str) -> String {
    let (mut text, mut length) = (String::new(), 0);
    for character in line.chars() {
        if length + character.len_utf8() > LINE {
            text.push_str("\r\n ");
            length = 1;
        }
        text.push(character);
        length += character.len_utf8();
    }
    text + "\r\n"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_a_meaning_in_calendars_is_escaped() {
        assert_eq!(escaped("Hall; back door, ring \\ twice\nand wait"), "Hall\\; back door\\, ring \\\\ twice\\nand wait");
    }

    proptest! {
        #[test]
        fn lines_are_short_and_unfold_to_what_they_were(line in "\\PC{0,300}") {
            let folded = folded(&line);
            prop_assert!(folded.ends_with("\r\n"));
            prop_assert!(folded.trim_end_matches("\r\n").split("\r\n").all(|part| part.len() <= LINE));
            prop_assert_eq!(folded.trim_end_matches("\r\n").replace("\r\n ", ""), line);
        }
    }
}
