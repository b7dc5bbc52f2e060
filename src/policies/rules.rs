//! Quiet hours and limits. Pure.

use chrono::{DateTime, Duration, NaiveTime, Timelike, Utc};

use crate::types::local_time;

/// Hours of the day (United Kingdom) in which no mail leaves: from the first to the second, over midnight if the first is later.
pub type QuietHours = (i16, i16);

/// When mail leaves that is ready at `now`: when the quiet hours end that hold then; `now` outside of them. When several networks
/// together are never loud, they do not count.
pub fn leaves_at(now: DateTime<Utc>, quiet: &[QuietHours]) -> DateTime<Utc> {
    let mut at = now;
    for _ in 0..24 {
        match quiet.iter().find_map(|hours| end_of(at, *hours)) {
            Some(end) => at = end,
            None => return at,
        }
    }
    now
}

/// When the quiet hours end in which a time falls, if it falls into them.
fn end_of(time: DateTime<Utc>, (from, until): QuietHours) -> Option<DateTime<Utc>> {
    let (from, until) = (u32::try_from(from).ok()?, u32::try_from(until).ok()?);
    let local = local_time::of(time);
    let hour = local.hour();
    let is_quiet = if from < until { (from..until).contains(&hour) } else { hour >= from || hour < until };
    let day = if hour < until { local.date() } else { local.date() + Duration::days(1) };
    let end = local_time::to_utc(day.and_time(NaiveTime::from_hms_opt(until, 0, 0)?));
    (is_quiet && end > time).then_some(end)
}

/// When there is room for another listing in 24 hours: when the oldest of the last `most` is a day old. `published`: when those of the
/// last 24 hours were published, latest first. None when there is room now.
pub fn room_for_new(published: &[DateTime<Utc>], most: i32) -> Option<DateTime<Utc>> {
    let last = usize::try_from(most).ok()?.checked_sub(1)?;
    published.get(last).map(|time| *time + Duration::hours(24))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn mail_waits_until_quiet_hours_end_on_clocks_in_the_united_kingdom() {
        let table = [
            ("2026-11-24T20:59:59Z", "2026-11-24T20:59:59Z"),
            ("2026-11-24T21:00:00Z", "2026-11-25T07:00:00Z"),
            ("2026-11-25T06:59:00Z", "2026-11-25T07:00:00Z"),
            ("2026-11-25T07:00:00Z", "2026-11-25T07:00:00Z"),
            ("2026-07-01T20:00:00Z", "2026-07-02T06:00:00Z"),
            ("2026-07-01T06:00:00Z", "2026-07-01T06:00:00Z"),
            ("2026-03-28T23:00:00Z", "2026-03-29T06:00:00Z"),
            ("2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z"),
        ];
        for (now, leaves) in table {
            assert_eq!(leaves_at(at(now), &[(21, 7)]), at(leaves), "{now}");
        }
        assert_eq!(leaves_at(at("2026-11-24T12:30:00Z"), &[(12, 14)]), at("2026-11-24T14:00:00Z"));
    }

    #[test]
    fn the_quiet_hours_of_several_networks_add_up_unless_it_would_never_be_loud() {
        assert_eq!(leaves_at(at("2026-11-24T22:00:00Z"), &[(21, 7), (6, 9)]), at("2026-11-25T09:00:00Z"));
        let never = [(0, 12), (12, 0)];
        assert_eq!(leaves_at(at("2026-11-24T22:00:00Z"), &never), at("2026-11-24T22:00:00Z"));
        assert_eq!(leaves_at(at("2026-11-24T22:00:00Z"), &[]), at("2026-11-24T22:00:00Z"));
    }

    #[test]
    fn there_is_room_when_the_oldest_of_the_last_few_is_a_day_old() {
        let published = [at("2026-11-24T12:00:00Z"), at("2026-11-24T09:00:00Z"), at("2026-11-23T18:00:00Z")];
        assert_eq!(room_for_new(&published, 4), None);
        assert_eq!(room_for_new(&published, 3), Some(at("2026-11-24T18:00:00Z")));
        assert_eq!(room_for_new(&published, 2), Some(at("2026-11-25T09:00:00Z")));
    }
}
