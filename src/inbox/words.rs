//! The sentence of a notice, for a volunteer who has not used the system for a month. Made when it is read, from what happened and
//! from what the listing and the other group are called today. Pure.

mod reporting;
mod standing;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Topic, WaitsFor};
use crate::{interests::EndReason, listings::Kind, moderation::Deed, types::local_time};

/// What a sentence is made of.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What happened.
    pub topic: Topic,
    /// Title of the listing, if the reader may know it, or else of the exchange.
    pub title: Option<&'a str>,
    /// Kind of the listing.
    pub kind: Option<Kind>,
    /// Name of the other group.
    pub other: Option<&'a str>,
    /// What else is known.
    pub facts: &'a Value,
}

/// What happened, in one or two sentences that say what to do if something is to be done.
pub fn sentence(about: &About<'_>) -> String {
    match about.topic {
        Topic::InterestReceived
        | Topic::InterestWithdrawn
        | Topic::InterestChosen
        | Topic::InterestDeclined
        | Topic::InterestWaiting
        | Topic::InterestsAnswered => of_interest(about),
        Topic::ExchangeProposed
        | Topic::ExchangeWaiting
        | Topic::ExchangeAccepted
        | Topic::ExchangeDeclined
        | Topic::ExchangeWithdrawn
        | Topic::ExchangeScheduled
        | Topic::ExchangeHandedOver
        | Topic::ExchangeCompleted
        | Topic::ExchangeCancelled
        | Topic::ExchangeNoShow
        | Topic::ExchangeReturned
        | Topic::ReturnDue => of_exchange(about),
        Topic::MessageReceived => format!("{} has written to you about {}.", about.they(), about.it()),
        Topic::ContactShared => format!("{} shows you how to reach them about {}.", about.they(), about.it()),
        Topic::ListingsMatched
        | Topic::ListingsExpireSoon
        | Topic::ListingsExpired
        | Topic::ListingsWoke
        | Topic::ListingsLeftAsleep
        | Topic::ListingsPutOff
        | Topic::ListingFulfilled => of_listings(about),
        Topic::GroupStanding => standing::of_group(about),
        Topic::PartnerSuspended => standing::of_partner(about),
        Topic::CrossPostDecided => standing::of_cross_post(about),
        Topic::AssistanceAsked => {
            "The staff of your network would act for your group too, as somebody of it has agreed. Nothing begins until an owner says yes."
                .to_owned()
        }
        Topic::AssistanceBegan => {
            "The staff of your network act for your group from now on, too, as the group has agreed. An owner can end that at any time."
                .to_owned()
        }
        Topic::RulesChanged => of_rules(about),
        Topic::ListingHidden
        | Topic::ReportSettled
        | Topic::SafeguardingFlagRaised
        | Topic::SafeguardingLeadMissing
        | Topic::SafeguardingLeadNamed
        | Topic::SafeguardingLeadReplaced
        | Topic::ComplaintReceived
        | Topic::ComplaintAnswered
        | Topic::ComplaintMade
        | Topic::ComplaintDue => reporting::sentence(about),
        Topic::ListingDecided | Topic::EditDecided | Topic::AppealDecided | Topic::QueueLate => of_moderation(about),
    }
}

/// The sentence of a notice that only a newer program knows.
pub fn of_unknown(title: Option<&str>) -> String {
    format!("There is news about {}.", quoted(title))
}

fn of_rules(about: &About<'_>) -> String {
    let network = about.facts.get("network").and_then(Value::as_str).map_or_else(|| "one of your networks".to_owned(), one_line);
    let by = about.facts.get("accept_by").and_then(Value::as_str).and_then(|time| time.parse().ok());
    let by = by.map(|time| format!(" by {}", local_time::in_words(time))).unwrap_or_default();
    format!("The ground rules of {network} have changed. Read and accept them{by}, so that the group can go on posting.")
}

fn of_interest(about: &About<'_>) -> String {
    let (they, it) = (about.they(), about.it());
    match (about.topic, about.kind) {
        (Topic::InterestReceived, Some(Kind::Offer)) => format!("{they} would like {it}. Accept or decline."),
        (Topic::InterestReceived, Some(Kind::Want)) => format!("{they} could help with {it}. Accept or decline."),
        (Topic::InterestReceived, None) => format!("{they} is interested in {it}. Accept or decline."),
        (Topic::InterestWithdrawn, _) => format!("{they} is no longer interested in {it}."),
        (Topic::InterestChosen, _) => format!("{they} has chosen you for {it}. Agree a time and a place."),
        (Topic::InterestWaiting, _) => format!("{} about {it}. Please answer: they would rather hear a no than nothing.", about.waiting()),
        (Topic::InterestsAnswered, _) => format!("{} for seven days, and has been told that nobody answered.", about.had_waited()),
        (Topic::InterestDeclined, _) if about.count() > 1 => {
            format!("{} of your interests came to nothing: {}.", about.count(), about.why())
        }
        _ => format!("Your interest in {it} came to nothing: {}.", about.why()),
    }
}

fn of_exchange(about: &About<'_>) -> String {
    let (they, it) = (about.they(), about.it());
    let several = about.count();
    match about.topic {
        Topic::ExchangeWaiting if several > 1 => format!("{several} proposals wait for your answer. Accept or decline."),
        Topic::ExchangeDeclined if several > 1 => format!("{several} proposals were declined: {}.", about.why()),
        Topic::ExchangeCompleted if several > 1 => format!("{several} exchanges are completed. Tell how they went."),
        Topic::ReturnDue if several > 1 => format!("{several} loans are due back."),
        Topic::ExchangeProposed => format!("{they} and you: an exchange of {it} is proposed. Accept or decline."),
        Topic::ExchangeWaiting => format!("The exchange of {it} with {they} waits for your answer. Accept or decline."),
        Topic::ExchangeAccepted => format!("The exchange of {it} with {they} is agreed. Agree a time and a place."),
        Topic::ExchangeDeclined => format!("The exchange of {it} with {they} was declined: {}.", about.why()),
        Topic::ExchangeWithdrawn => format!("The proposal about {it} with {they} was taken back."),
        Topic::ExchangeScheduled => format!("There is a time and a place for {it} with {they}. Have a look."),
        Topic::ExchangeHandedOver => format!("{they} says that {it} has been handed over. Confirm it."),
        Topic::ExchangeCompleted => format!("The exchange of {it} with {they} is completed. Tell how it went."),
        Topic::ExchangeCancelled => format!("The exchange of {it} with {they} was called off."),
        Topic::ExchangeNoShow => format!("{they} says that nobody came for {it}. Get in touch if that is wrong."),
        Topic::ExchangeReturned => format!("{it} has come back: the loan between {they} and you is over."),
        _ => format!("{it} is due back: a loan between {they} and you."),
    }
}

fn of_listings(about: &About<'_>) -> String {
    let (they, it) = (about.they(), about.it());
    match about.topic {
        Topic::ListingsMatched if about.title.is_none() => {
            format!(
                "What {} had posted fitted what you have posted. It cannot be found any more.",
                about.other.map_or_else(|| "another group".to_owned(), one_line)
            )
        }
        Topic::ListingsMatched => match (about.kind, about.count()) {
            (_, 2..) => format!("New from {they}: {it}. It fits {} of your listings.", about.count()),
            (Some(Kind::Want), _) => format!("{they} wants {it}, which you have."),
            _ => format!("{they} has {it}, which you want."),
        },
        Topic::ListingsExpireSoon => {
            let when = if about.number("days") == Some(1) { "a day" } else { "a week" };
            format!("{} within {when}. If it is still true, say so in one step: renew.", about.own("ends", "end"))
        }
        Topic::ListingsExpired => format!("{}. Renew what is still true.", about.own("has ended", "have ended")),
        Topic::ListingsWoke => format!("{} and can be found.", about.own("is back", "are back")),
        Topic::ListingsLeftAsleep => {
            let stays = about.own("stays paused", "stay paused");
            format!("{stays}: you have as many active listings as your network takes. Withdraw one that is not needed, then renew.")
        }
        Topic::ListingsPutOff => {
            let waits = about.own("wakes later by itself", "wake later by themselves");
            format!("{waits}: you have posted as many in 24 hours as your network takes.")
        }
        _ => format!("All of {it} has been handed over. The listing is closed."),
    }
}

fn of_moderation(about: &About<'_>) -> String {
    let is_about_group = about.topic == Topic::AppealDecided && about.title.is_none();
    let it = if is_about_group { "how your group stands".to_owned() } else { about.it() };
    let deed = about.facts.get("deed").and_then(Value::as_str).and_then(|word| Deed::parse(word).ok());
    match (about.topic, deed) {
        (Topic::QueueLate, _) if about.count() > 1 => {
            format!("{} things in the queue are later than was promised. Please decide.", about.count())
        }
        (Topic::QueueLate, _) => format!("{it} waits in the queue for longer than was promised. Please decide."),
        (Topic::EditDecided, Some(Deed::Approve)) => format!("Your change of {it} was approved: everybody sees it."),
        (Topic::EditDecided, Some(Deed::AskChanges)) => format!("The coordinators ask you to change {it}. Read why, and change it."),
        (Topic::EditDecided, _) => format!("Your change of {it} was not taken. Read why; you can appeal."),
        (Topic::AppealDecided, Some(Deed::Overturn)) => format!("Your appeal about {it} was successful: it was decided otherwise."),
        (Topic::AppealDecided, _) => format!("Another coordinator has looked at {it} again: the decision stands. Read why."),
        (_, Some(Deed::Approve | Deed::Keep)) => format!("{it} was approved: everybody can find it."),
        (_, Some(Deed::AskChanges)) => format!("Please change {it}: nobody sees it until then. Read what to change."),
        (_, Some(Deed::Hold)) => format!("{it} is hidden while a coordinator looks into it. Read why."),
        (_, Some(Deed::Turn)) => format!("{it} was turned: what was an offer is a want, or the other way round. Have a look."),
        (_, Some(Deed::Merge)) => format!("{it} was put together with another listing of yours that says the same."),
        _ => format!("{it} was not taken, or was taken down. Read why; you can appeal."),
    }
}

/// What a group has to do, in a sentence.
pub fn to_do(kind: WaitsFor, title: &str, other: Option<&str>, due: Option<DateTime<Utc>>) -> String {
    let (it, they) = (format!("\"{}\"", one_line(title)), other.map_or_else(|| "the other group".to_owned(), one_line));
    match kind {
        WaitsFor::AnswerInterest => format!("{they} waits for your answer about {it}. Accept or decline."),
        WaitsFor::AnswerProposal => format!("An exchange of {it} with {they} is proposed. Accept or decline."),
        WaitsFor::AgreeTime => format!("The exchange of {it} with {they} is agreed. Say when and where."),
        WaitsFor::SayHandedOver => format!("Has {it} been handed over between {they} and you? Say so, or say what went wrong."),
        WaitsFor::ConfirmHandOver => format!("{they} says that {it} has been handed over. Confirm how many."),
        WaitsFor::ReturnLoan => format!("{it} is due back: a loan between {they} and you."),
        WaitsFor::RenewListing => format!("{it} ends soon. If it is still true, renew it."),
        WaitsFor::AcceptRules => format!("The ground rules of {} have changed. Read and accept them.", one_line(title)),
        WaitsFor::ChangeGroup => {
            format!("{} asks you to change something about your group. Read what, change it, and ask again.", one_line(title))
        }
        WaitsFor::ConfirmGroup => standing::is_it_still_there(&one_line(title), due),
        WaitsFor::ConfirmAssistance => {
            format!("The staff of {} would act for your group too. Read what was agreed, and say yes, or end it.", one_line(title))
        }
    }
}

impl About<'_> {
    fn they(&self) -> String {
        self.other.map_or_else(|| "The other group".to_owned(), one_line)
    }

    fn it(&self) -> String {
        quoted(self.title)
    }

    /// How many listings it is about.
    fn count(&self) -> i64 {
        self.number("count").unwrap_or(1)
    }

    fn number(&self, fact: &str) -> Option<i64> {
        self.facts.get(fact).and_then(Value::as_i64)
    }

    /// Who waits: one, by name, or several.
    fn waiting(&self) -> String {
        match self.count() {
            1 => format!("{} waits for your answer", self.they()),
            several => format!("{several} groups wait for your answer"),
        }
    }

    /// Who was left without an answer.
    fn had_waited(&self) -> String {
        match self.count() {
            1 => format!("{} had asked about {} and waited", self.they(), self.it()),
            several => format!("Each of {several} groups had asked and waited"),
        }
    }

    /// The group's own listings: one, by title, or several.
    fn own(&self, one: &str, several: &str) -> String {
        match self.count() {
            1 => format!("{} {one}", self.title.map_or_else(|| "One of your listings".to_owned(), |_| self.it())),
            count => format!("{count} of your listings {several}"),
        }
    }

    /// Why something came to nothing.
    fn why(&self) -> &'static str {
        match self.facts.get("reason").and_then(Value::as_str).and_then(|word| EndReason::parse(word).ok()) {
            Some(EndReason::NotChosen) => "somebody else was chosen, or nobody",
            Some(EndReason::ListingFulfilled) => "all of it has gone",
            Some(EndReason::ListingWithdrawn) => "the listing was taken back",
            Some(EndReason::ListingExpired) => "the listing has ended",
            Some(EndReason::NoAnswer) => "nobody answered for seven days",
            Some(EndReason::GroupClosed) => "the group was closed",
            Some(EndReason::TakenBack) => "it was taken back",
            Some(EndReason::NotAvailable) | None => "it is not available",
        }
    }
}

fn quoted(title: Option<&str>) -> String {
    title.map_or_else(|| "a listing".to_owned(), |title| format!("\"{}\"", one_line(title)))
}

/// Names and titles are checked to be one line when they are stored; mail must not depend on it.
pub fn one_line(name: &str) -> String {
    name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(topic: Topic, kind: Option<Kind>, facts: Value) -> String {
        sentence(&About { topic, title: Some("Forty folding chairs"), kind, other: Some("Caffi'r Môr"), facts: &facts })
    }

    /// Topics whose sentences name no listing.
    const ABOUT_NO_THING: &[Topic] = &[Topic::GroupStanding, Topic::AssistanceAsked, Topic::AssistanceBegan];

    #[test]
    fn every_topic_has_a_sentence_of_its_own_that_names_the_thing() {
        let facts = json!({"network": "Forty folding chairs"});
        let mut all: Vec<String> = Topic::ALL.iter().map(|topic| said(*topic, None, facts.clone())).collect();
        for (text, topic) in all.iter().zip(Topic::ALL) {
            let is_about_no_thing = ABOUT_NO_THING.contains(topic) || reporting::IS_ABOUT_NO_LISTING.contains(topic);
            assert!(is_about_no_thing || text.contains("Forty folding chairs"), "{text}");
            assert!(text.ends_with('.') && text.len() < 200, "{text}");
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), Topic::ALL.len());
    }

    #[test]
    fn a_sentence_can_do_without_names() {
        for topic in Topic::ALL {
            let text = sentence(&About { topic: *topic, title: None, kind: None, other: None, facts: &Value::Null });
            assert!(text.ends_with('.') && !text.contains("None") && !text.contains("\"\""), "{text}");
        }
    }

    #[test]
    fn offers_and_wants_one_and_several_differ() {
        assert_eq!(
            said(Topic::InterestReceived, Some(Kind::Offer), json!({})),
            "Caffi'r Môr would like \"Forty folding chairs\". Accept or decline."
        );
        assert!(said(Topic::InterestReceived, Some(Kind::Want), json!({})).starts_with("Caffi'r Môr could help with"));
        assert!(
            said(Topic::ListingsMatched, Some(Kind::Want), json!({"count": 1})).contains("wants \"Forty folding chairs\", which you have")
        );
        assert!(said(Topic::ListingsMatched, Some(Kind::Offer), json!({"count": 3})).contains("fits 3 of your listings"));
        assert_eq!(
            said(Topic::ListingsExpireSoon, None, json!({"count": 12, "days": 7})),
            "12 of your listings end within a week. If it is still true, say so in one step: renew."
        );
        assert!(
            said(Topic::ListingsExpireSoon, None, json!({"count": 1, "days": 1})).starts_with("\"Forty folding chairs\" ends within a day")
        );
    }

    #[test]
    fn what_is_about_several_exchanges_or_interests_says_how_many() {
        for topic in [Topic::ExchangeWaiting, Topic::ExchangeDeclined, Topic::ExchangeCompleted, Topic::ReturnDue, Topic::InterestDeclined]
        {
            let text = said(topic, None, json!({"count": 4, "reason": "no_answer"}));
            assert!(text.starts_with("4 ") && !text.contains("chairs"), "{text}");
        }
    }

    #[test]
    fn every_reason_is_said_in_words() {
        for reason in EndReason::ALL {
            let text = said(Topic::InterestDeclined, None, json!({"reason": reason}));
            assert!(text.contains("came to nothing: ") && !text.contains('_'), "{text}");
        }
    }

    #[test]
    fn what_is_to_be_done_is_said_in_words() {
        for kind in WaitsFor::ALL {
            let text = to_do(*kind, "Forty folding chairs", Some("Zion Hall"), None);
            let of_network = [WaitsFor::AcceptRules, WaitsFor::ChangeGroup, WaitsFor::ConfirmGroup, WaitsFor::ConfirmAssistance];
            let alone = *kind == WaitsFor::RenewListing || of_network.contains(kind);
            assert!(text.contains("Forty folding chairs") && (text.contains("Zion Hall") || alone), "{text}");
            assert!(text.ends_with('.') || text.ends_with('?'), "{text}");
        }
        let by = "2027-03-04T10:00:00Z".parse().ok();
        let asked = to_do(WaitsFor::ConfirmGroup, "Rhwydwaith Môn", None, by);
        assert!(asked.contains("tell Rhwydwaith Môn by 4 March 2027, or it is suspended"), "{asked}");
    }

    #[test]
    fn changed_rules_are_those_of_a_network_and_have_a_day_by_which_they_are_accepted() {
        let facts = json!({"network": "1000 Lives\nStoke", "accept_by": "2026-12-06T09:30:00Z"});
        let text = sentence(&About { topic: Topic::RulesChanged, title: None, kind: None, other: None, facts: &facts });
        assert!(text.starts_with("The ground rules of 1000 Lives Stoke have changed.") && text.contains("by 6 December, 09:30"), "{text}");
    }

    #[test]
    fn a_name_cannot_add_a_line() {
        let facts = json!({});
        let about = About { topic: Topic::MessageReceived, title: Some("A\r\nB"), kind: None, other: Some("C\nD"), facts: &facts };
        assert_eq!(sentence(&about), "C D has written to you about \"A B\".");
    }
}
