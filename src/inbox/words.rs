//! The sentence of a notice, for a volunteer who has not used the system for a month. Made when it is read, from what happened and
//! from what the listing and the other group are called today. Pure.

use serde_json::Value;

use super::{Topic, WaitsFor};
use crate::{interests::EndReason, listings::Kind};

/// What a sentence is made of.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What happened.
    pub topic: Topic,
    /// Title of the listing or, without one, of the exchange.
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
        Topic::ListingsMatched | Topic::ListingsExpireSoon | Topic::ListingsExpired | Topic::ListingsWoke | Topic::ListingFulfilled => {
            of_listings(about)
        }
    }
}

/// The sentence of a notice that only a newer program knows.
pub fn of_unknown(title: Option<&str>) -> String {
    format!("There is news about {}.", quoted(title))
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
        _ => format!("All of {it} has been handed over. The listing is closed."),
    }
}

/// What a group has to do, in a sentence.
pub fn to_do(kind: WaitsFor, title: &str, other: Option<&str>) -> String {
    let (it, they) = (format!("\"{}\"", one_line(title)), other.map_or_else(|| "the other group".to_owned(), one_line));
    match kind {
        WaitsFor::AnswerInterest => format!("{they} waits for your answer about {it}. Accept or decline."),
        WaitsFor::AnswerProposal => format!("An exchange of {it} with {they} is proposed. Accept or decline."),
        WaitsFor::AgreeTime => format!("The exchange of {it} with {they} is agreed. Say when and where."),
        WaitsFor::SayHandedOver => format!("Has {it} been handed over between {they} and you? Say so, or say what went wrong."),
        WaitsFor::ConfirmHandOver => format!("{they} says that {it} has been handed over. Confirm how many."),
        WaitsFor::ReturnLoan => format!("{it} is due back: a loan between {they} and you."),
        WaitsFor::RenewListing => format!("{it} ends soon. If it is still true, renew it."),
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

    #[test]
    fn every_topic_has_a_sentence_of_its_own_that_names_the_thing() {
        let mut all: Vec<String> = Topic::ALL.iter().map(|topic| said(*topic, None, json!({}))).collect();
        for text in &all {
            assert!(text.contains("Forty folding chairs") && text.ends_with('.') && text.len() < 200, "{text}");
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
            let text = to_do(*kind, "Forty folding chairs", Some("Zion Hall"));
            assert!(text.contains("\"Forty folding chairs\"") && (text.contains("Zion Hall") || *kind == WaitsFor::RenewListing), "{text}");
        }
    }

    #[test]
    fn a_name_cannot_add_a_line() {
        let facts = json!({});
        let about = About { topic: Topic::MessageReceived, title: Some("A\r\nB"), kind: None, other: Some("C\nD"), facts: &facts };
        assert_eq!(sentence(&about), "C D has written to you about \"A B\".");
    }
}
