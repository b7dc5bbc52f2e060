//! Times as clocks in the United Kingdom show them. In JSON, times are UTC; this is for sentences, and for hours of the day.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Utc, Weekday};

/// "24 November, 10:00": the time on clocks in the United Kingdom.
pub fn in_words(time: DateTime<Utc>) -> String {
    of(time).format("%-d %B, %H:%M").to_string()
}

/// What clocks in the United Kingdom show at a time.
pub fn of(time: DateTime<Utc>) -> NaiveDateTime {
    (if is_summer_time(time) { time + Duration::hours(1) } else { time }).naive_utc()
}

/// When clocks in the United Kingdom show this. Of the hour that they show twice in October, the first; for the hour that they leave out in
/// March, the time at which it would have been by winter time.
pub fn to_utc(local: NaiveDateTime) -> DateTime<Utc> {
    let winter = local.and_utc();
    let summer = winter - Duration::hours(1);
    if is_summer_time(summer) { summer } else { winter }
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

    #[test]
    fn what_clocks_show_leads_back_to_the_time() {
        for hours in 0..9000 {
            let time: DateTime<Utc> = "2026-01-01T00:30:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::hours(hours);
            let again = to_utc(of(time));
            assert!(again == time || again == time - Duration::hours(1), "{time}");
        }
    }
}
