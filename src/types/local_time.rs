//! Times as people in the United Kingdom say them. In JSON, times are UTC; this is for sentences alone.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc, Weekday};

/// "24 November, 10:00": the time on clocks in the United Kingdom.
pub fn in_words(time: DateTime<Utc>) -> String {
    let local = if is_summer_time(time) { time + Duration::hours(1) } else { time };
    local.format("%-d %B, %H:%M").to_string()
}

/// Whether clocks in the United Kingdom are an hour ahead of UTC: from the last Sunday in March, 01:00 UTC, to the last Sunday in
/// October, 01:00 UTC (Summer Time Act 1972, section 1, as amended in 2002).
fn is_summer_time(time: DateTime<Utc>) -> bool {
    let change = |month| {
        let last = NaiveDate::from_ymd_opt(time.year(), month, 31)?;
        let sunday = last.week(Weekday::Sun).first_day();
        sunday.and_hms_opt(1, 0, 0).map(|time| time.and_utc())
    };
    match (change(3), change(10)) {
        (Some(spring), Some(autumn)) => (spring..autumn).contains(&time),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_change_on_the_last_sundays_of_march_and_october() {
        let table = [
            ("2026-11-24T10:00:00Z", "24 November, 10:00"),
            ("2026-03-29T00:59:00Z", "29 March, 00:59"),
            ("2026-03-29T01:00:00Z", "29 March, 02:00"),
            ("2026-10-25T00:59:00Z", "25 October, 01:59"),
            ("2026-10-25T01:00:00Z", "25 October, 01:00"),
            ("2024-03-31T01:00:00Z", "31 March, 02:00"),
            ("2026-07-01T23:30:00Z", "2 July, 00:30"),
        ];
        for (time, expected) in table {
            assert_eq!(in_words(time.parse().unwrap()), expected, "{time}");
        }
    }
}
