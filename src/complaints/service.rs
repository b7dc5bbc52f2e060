//! Takes complaints and answers them. Whoever complains is told at once that it has come, and by when it will be answered.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::{
    About, Outcome,
    model::{Complaint, NewComplaint},
    queries,
    rules::{ANSWERED_WITHIN, day},
};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    inbox::{self, Notice, Topic},
    networks::{self, StaffRole},
    outbox, reports,
    schema::complaints,
    types::{
        EmailAddress, LookUpCode,
        ids::{ComplaintId, NetworkId, UserId},
        text::Concern,
    },
};

/// The outbox topic of the mail that a complaint has come. Its payload: `complaint_id`.
pub const RECEIVED: &str = "complaint.received";

/// The outbox topic of the mail that it has been answered. Its payload is the same.
pub const ANSWERED: &str = "complaint.answered";

/// What somebody complains about, checked.
pub struct Said {
    /// About what.
    pub about: About,
    /// The complaint.
    pub words: Concern,
    /// Where to write to, besides the inbox of who is signed in.
    pub email: Option<EmailAddress>,
}

/// Takes a complaint to a network: acknowledges it, and tells the coordinators. 404 when there is no such network.
pub async fn take(conn: &mut Conn, (user, now): (Option<UserId>, DateTime<Utc>), network: NetworkId, said: Said) -> Result<Complaint> {
    transaction(conn, async |tx| {
        if !networks::queries::exists(tx, network).await? {
            return Err(Error::not_found("network"));
        }
        let (id, code) = (ComplaintId::new(), LookUpCode::new());
        let complaint = NewComplaint {
            id,
            code: code.as_str().to_owned(),
            network_id: network,
            about: said.about,
            words: said.words.into_string(),
            user_id: user,
            email: said.email.map(|email| email.as_str().to_owned()),
            made_at: now,
            acknowledged_at: Some(now),
            answer_by: now + ANSWERED_WITHIN,
        };
        let with_mail = complaint.email.is_some();
        let complaint = diesel::insert_into(complaints::table).values(&complaint);
        let complaint = complaint.returning(Complaint::as_returning()).get_result(tx).await?;
        if with_mail {
            outbox::record(tx, now, RECEIVED, json!({"complaint_id": id})).await?;
        }
        let act = of(&complaint, "create_complaint").changing(&Value::Null, &for_records(&complaint));
        let act = Act { actor: None, network: Some(network), detail: json!({"about": said.about}), ..act };
        audit::record(tx, now, act).await?;
        let mut notices = to_coordinators(tx, &complaint, Topic::ComplaintMade, false).await?;
        notices.extend(user.map(|user| to_complainant(user, &complaint, Topic::ComplaintReceived)));
        inbox::tell(tx, now, notices).await?;
        Ok(complaint)
    })
    .await
}

/// Answers a complaint. 404 when the network has no such complaint, 409 when it has been answered.
pub async fn answer(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    (network, id): (NetworkId, ComplaintId),
    (outcome, words): (Outcome, Concern),
) -> Result<Complaint> {
    transaction(conn, async |tx| {
        let (complaint, to) = queries::lock(tx, network, id).await?.ok_or_else(|| Error::not_found("complaint"))?;
        if let Some(outcome) = complaint.outcome {
            return Err(Error::problem(Code::AlreadyDecided, format!("It has been answered already: {outcome}. An answer stands.")));
        }
        let before = for_records(&complaint);
        let complaint = diesel::update(complaints::table.find(id))
            .set((
                complaints::outcome.eq(outcome),
                complaints::answer.eq(words.as_str()),
                complaints::answered_by.eq(user.0),
                complaints::answered_at.eq(now),
            ))
            .returning(Complaint::as_returning())
            .get_result(tx)
            .await?;
        if to.email.is_some() {
            outbox::record(tx, now, ANSWERED, json!({"complaint_id": id})).await?;
        }
        let act = Act { actor: Some(user), role: Some(StaffRole::Coordinator.as_str()), ..of(&complaint, "answer_complaint") };
        let act = act.changing(&before, &for_records(&complaint));
        audit::record(tx, now, Act { network: Some(network), detail: json!({"outcome": outcome}), ..act }).await?;
        let notice = to.user_id.map(|user| to_complainant(user, &complaint, Topic::ComplaintAnswered));
        inbox::tell(tx, now, notice.into_iter().collect()).await?;
        Ok(complaint)
    })
    .await
}

/// Erases where a person wanted the answers to their complaints sent, because their account is deleted: the codes still find them.
pub async fn forget_address_of(tx: &mut Conn, user: UserId) -> Result<()> {
    let theirs = complaints::table.filter(complaints::user_id.eq(user.0));
    diesel::update(theirs).set(complaints::email.eq(None::<String>)).execute(tx).await?;
    Ok(())
}

/// Not who complains, and no word of it: staff read the audit trail, and a complaint may be about one of them.
fn of(complaint: &Complaint, action: &'static str) -> Act {
    Act { role: None, ..Act::by_program(action, "complaint", complaint.id) }
}

/// Where a complaint stands. No word of it, nor of its answer.
fn for_records(complaint: &Complaint) -> Value {
    json!({"answer_by": complaint.answer_by, "outcome": complaint.outcome, "answered_at": complaint.answered_at})
}

fn to_complainant(user: UserId, complaint: &Complaint, topic: Topic) -> Notice {
    let facts = json!({"code": complaint.code, "answer_by": day(complaint.answer_by)});
    Notice { facts, ..Notice::to_person(user, topic) }
}

/// What the coordinators of its network are told of a complaint.
pub async fn to_coordinators(tx: &mut Conn, complaint: &Complaint, topic: Topic, late: bool) -> Result<Vec<Notice>> {
    let coordinators = reports::queries::coordinators(tx, complaint.network_id).await?;
    let facts = json!({"complaint_id": complaint.id, "answer_by": day(complaint.answer_by), "late": late});
    Ok(coordinators.into_iter().map(|person| Notice { facts: facts.clone(), ..Notice::to_person(person, topic) }).collect())
}
