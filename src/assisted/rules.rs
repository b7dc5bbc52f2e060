//! How soon a group that is not online is to be told something. Pure.

use chrono::Duration;

use crate::inbox::Topic;

/// The topic of a call that somebody promised to make; all other topics of the call list are those of notices.
pub const CALL_BACK: &str = "call_back";

/// How far ahead a call can be put on the list.
pub const FARTHEST: Duration = Duration::days(366);

/// How soon after something happened the group is to hear of it: within a day when somebody waits for its answer or may come to its door,
/// within a week when nothing depends on it, otherwise within three days.
pub fn due_after(topic: Topic) -> Duration {
    match topic {
        Topic::InterestReceived
        | Topic::InterestWaiting
        | Topic::InterestChosen
        | Topic::ExchangeProposed
        | Topic::ExchangeWaiting
        | Topic::ExchangeScheduled
        | Topic::ExchangeCancelled
        | Topic::ExchangeNoShow
        | Topic::MessageReceived => Duration::days(1),
        Topic::ListingsMatched | Topic::ListingsWoke | Topic::ListingsPutOff | Topic::ListingFulfilled | Topic::ExchangeReturned => {
            Duration::days(7)
        }
        _ => Duration::days(3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_for_an_answer_does_not_wait_for_the_weekly_call() {
        assert_eq!(due_after(Topic::InterestReceived), Duration::days(1));
        assert_eq!(due_after(Topic::ExchangeAccepted), Duration::days(3));
        assert_eq!(due_after(Topic::ListingsMatched), Duration::days(7));
        assert!(Topic::ALL.iter().all(|topic| (1..=7).contains(&due_after(*topic).num_days())));
    }

    #[test]
    fn no_notice_has_the_topic_of_a_call_that_was_promised() {
        assert!(Topic::parse(CALL_BACK).is_err());
    }
}
