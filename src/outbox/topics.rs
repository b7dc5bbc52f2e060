//! What the outbox knows how to deliver: a table of topics. What is dealt with in the database is done once; what leaves as mail is
//! first split into one event for each recipient, so that a repeat to one is none to the others.

use chrono::{DateTime, Duration, Utc};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde_json::json;

use super::{
    mail::{ComplaintText, InvitationText, Mail, Mailer, NoticeText},
    queries::Event,
    record,
};
use crate::{
    complaints,
    db::Conn,
    error::Result,
    groups::{self, rules::INVITATION_GOOD_FOR},
    inbox, matching, policies,
    types::ids::{ComplaintId, InboxId, InvitationId, UserId},
};

/// A sort of event.
pub struct Topic {
    /// What `outbox::record` calls it.
    pub name: &'static str,
    /// How long it is worth delivering.
    pub good_for: Duration,
    /// Why it is given up after that.
    pub too_old: &'static str,
    /// How it is delivered.
    pub way: Way,
}

impl Topic {
    /// Whether an event has waited for too long to be worth delivering.
    pub fn is_too_old(&self, event: &Event, now: DateTime<Utc>) -> bool {
        event.created_at <= now - self.good_for
    }
}

/// How events of a topic are delivered.
#[derive(Clone, Copy)]
pub enum Way {
    /// In the database, in one transaction with the note that it is over: once.
    Here(Here),
    /// By mail, at least once, with the same Message-ID.
    Mail(Write),
}

/// Delivers in the database; is told whether mail is on. Gives why there was nothing to deliver, if so.
type Here = for<'a> fn(&'a mut Conn, &'a Event, bool, DateTime<Utc>) -> LocalBoxFuture<'a, Result<Option<&'static str>>>;

/// Writes the mail as things are now.
type Write = for<'a> fn(&'a mut Conn, &'a Mailer, &'a Event, DateTime<Utc>) -> LocalBoxFuture<'a, Result<Letter>>;

/// What came of writing a mail.
pub enum Letter {
    /// To be sent.
    Ready(Mail),
    /// Not before this time, as those it goes to have quiet hours.
    Later(DateTime<Utc>),
    /// It has become pointless, for this reason.
    Pointless(&'static str),
}

/// The outbox topic of one mail about a notice. Its payload: that of the notice's event, and `user_id`.
pub const NOTICE_MAIL: &str = "notice.mail";

/// How long a notice is news: after that it stands in the inbox alone.
const NEWS_GOOD_FOR: Duration = Duration::days(3);

/// How long somebody is to be told of a complaint: until the address is erased.
const COMPLAINT_GOOD_FOR: Duration = complaints::rules::ADDRESS_KEPT;

const UNREADABLE: &str = "What was recorded of it cannot be read.";

/// Every topic. What leaves as mail leaves in this order: a code that somebody waits for is not held up by news.
pub const TOPICS: &[Topic] = &[
    Topic {
        name: groups::service::invitations::TOPIC,
        good_for: INVITATION_GOOD_FOR,
        too_old: "It expired before it could be sent.",
        way: Way::Mail(|conn, mailer, event, now| Box::pin(write_invitation(conn, mailer, event, now))),
    },
    Topic {
        name: complaints::service::RECEIVED,
        good_for: COMPLAINT_GOOD_FOR,
        too_old: "It should have left long ago.",
        way: Way::Mail(|conn, mailer, event, _| Box::pin(write_complaint(conn, mailer, event))),
    },
    Topic {
        name: complaints::service::ANSWERED,
        good_for: COMPLAINT_GOOD_FOR,
        too_old: "It should have left long ago.",
        way: Way::Mail(|conn, mailer, event, _| Box::pin(write_complaint(conn, mailer, event))),
    },
    Topic {
        name: inbox::service::TOPIC,
        good_for: NEWS_GOOD_FOR,
        too_old: "It was no news any more.",
        way: Way::Here(|tx, event, has_mail, _| Box::pin(address_notice(tx, event, has_mail))),
    },
    Topic {
        name: NOTICE_MAIL,
        good_for: NEWS_GOOD_FOR,
        too_old: "It was no news any more.",
        way: Way::Mail(|conn, mailer, event, now| Box::pin(write_notice(conn, mailer, event, now))),
    },
    Topic {
        name: policies::service::TOPIC,
        good_for: Duration::days(7),
        too_old: "It was no news any more.",
        way: Way::Here(|tx, event, _, now| Box::pin(tell_of_rules(tx, event, now))),
    },
    Topic {
        name: matching::notices::TOPIC,
        good_for: Duration::days(7),
        too_old: "It was no news any more.",
        way: Way::Here(|tx, event, _, now| Box::pin(tell_hearers(tx, event, now))),
    },
    Topic {
        name: matching::notices::GROUP_TOPIC,
        good_for: Duration::days(7),
        too_old: "It was no news any more.",
        way: Way::Here(|tx, event, _, now| Box::pin(announce_each(tx, event, now))),
    },
];

/// The topic with this name.
pub fn named(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// What `groups` records of an invitation, as far as it is not read from the invitation itself.
#[derive(Deserialize)]
struct Created {
    invitation_id: InvitationId,
    code: String,
}

/// The mail of an invitation, as that is now.
async fn write_invitation(conn: &mut Conn, mailer: &Mailer, event: &Event, now: DateTime<Utc>) -> Result<Letter> {
    let Ok(created) = Created::deserialize(&event.payload) else { return Ok(Letter::Pointless(UNREADABLE)) };
    let open = groups::queries::open_invitation(conn, created.invitation_id, now).await?;
    let Some((invitation, group, inviter)) = open else {
        return Ok(Letter::Pointless(groups::service::invitations::NOT_OPEN));
    };
    let text = InvitationText {
        inviter: inviter.as_deref(),
        group: &group,
        role: invitation.role,
        code: &created.code,
        expires_at: invitation.expires_at,
    };
    Ok(Letter::Ready(mailer.invitation(event.id, invitation.email, &text)))
}

/// What `complaints` records of a complaint, as far as it is not read from the complaint itself.
#[derive(Deserialize)]
struct Complained {
    complaint_id: ComplaintId,
}

/// The mail about a complaint: that it has come, or the answer.
async fn write_complaint(conn: &mut Conn, mailer: &Mailer, event: &Event) -> Result<Letter> {
    let Ok(Complained { complaint_id }) = Complained::deserialize(&event.payload) else { return Ok(Letter::Pointless(UNREADABLE)) };
    let found = complaints::queries::to_write(conn, complaint_id).await?;
    let Some((found, email)) = found.and_then(|found| found.to.email.clone().map(|email| (found, email))) else {
        return Ok(Letter::Pointless("The address has been erased."));
    };
    let complaint = &found.complaint;
    let answer = complaint.outcome.map(complaints::rules::words).zip(complaint.answer.as_deref());
    let is_answer = event.topic == complaints::service::ANSWERED;
    if !is_answer && answer.is_some() {
        return Ok(Letter::Pointless("It has been answered already."));
    }
    let text = ComplaintText { network: &found.network_name, code: &complaint.code, answer_by: complaint.answer_by, answer };
    Ok(Letter::Ready(mailer.complaint(event.id, email, &text)))
}

/// What `inbox` records of a notice; then with the person whom it is mailed to.
#[derive(Deserialize)]
struct Told {
    inbox_id: InboxId,
    number: i64,
    user_id: Option<UserId>,
}

/// Records one mail for each person who is told of a notice by mail, as old as the notice. Without mail, it stands in the inbox and
/// that is all.
async fn address_notice(tx: &mut Conn, event: &Event, has_mail: bool) -> Result<Option<&'static str>> {
    let Ok(told) = Told::deserialize(&event.payload) else { return Ok(Some(UNREADABLE)) };
    if has_mail {
        for person in inbox::queries::mailed(tx, told.inbox_id).await? {
            let payload = json!({"inbox_id": told.inbox_id, "number": told.number, "user_id": person});
            record(tx, event.created_at, NOTICE_MAIL, payload).await?;
        }
    }
    Ok(None)
}

/// The mail about a notice to one person. It waits until the quiet hours of the networks concerned are over; the inbox has it at once.
async fn write_notice(conn: &mut Conn, mailer: &Mailer, event: &Event, now: DateTime<Utc>) -> Result<Letter> {
    let Ok(Told { inbox_id, number, user_id: Some(user) }) = Told::deserialize(&event.payload) else {
        return Ok(Letter::Pointless(UNREADABLE));
    };
    let Some(told) = inbox::queries::to_mail(conn, (inbox_id, number), user, now).await? else {
        return Ok(Letter::Pointless("The person has left the group or wants no mail."));
    };
    if told.is_read {
        return Ok(Letter::Pointless("It had been read."));
    }
    if told.has_gone {
        return Ok(Letter::Pointless("What fitted was gone."));
    }
    let leaves_at = policies::rules::leaves_at(now, &policies::queries::quiet_hours(conn, inbox_id).await?);
    if leaves_at > now {
        return Ok(Letter::Later(leaves_at));
    }
    let text = NoticeText { group: told.group_name.as_deref(), sentence: &told.sentence };
    Ok(Letter::Ready(mailer.notice(event.id, told.email, &text)))
}

/// Tells the groups whose listings a new one fits.
async fn tell_hearers(tx: &mut Conn, event: &Event, now: DateTime<Utc>) -> Result<Option<&'static str>> {
    let Some(notices) = matching::notices::to_hearers(tx, &event.payload, now).await? else { return Ok(Some(UNREADABLE)) };
    if notices.is_empty() {
        return Ok(Some("What fitted was gone, or the groups have heard of it or do not want to deal with each other."));
    }
    inbox::tell(tx, now, notices).await?;
    Ok(None)
}

/// Announces what a group has open that was let in.
async fn announce_each(tx: &mut Conn, event: &Event, now: DateTime<Utc>) -> Result<Option<&'static str>> {
    Ok(match matching::notices::announce_each(tx, &event.payload, now).await? {
        None => Some(UNREADABLE),
        Some(0) => Some("It had nothing open."),
        Some(_) => None,
    })
}

/// Tells the groups of a network that its ground rules have changed.
async fn tell_of_rules(tx: &mut Conn, event: &Event, now: DateTime<Utc>) -> Result<Option<&'static str>> {
    let Some(notices) = policies::service::to_groups(tx, &event.payload).await? else { return Ok(Some(UNREADABLE)) };
    if notices.is_empty() {
        return Ok(Some("Nobody has to accept them, or they have changed again."));
    }
    inbox::tell(tx, now, notices).await?;
    Ok(None)
}
