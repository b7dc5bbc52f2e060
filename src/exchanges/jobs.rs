//! What happens to exchanges when time has passed. Safe with any number of processes: each batch is a transaction that passes over
//! what others hold; where one fails, those that it fails for step back (`setbacks`). Each call is one batch and says with how many it dealt, so that the worker calls it again until none is left. A group
//! hears of a batch once, however much of it is the group's: after a standstill, too.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{
    Side, State,
    model::Exchange,
    notices::{asked, one_each},
    queries::due,
    rules::{Action, DECLINE_AFTER, deeds},
    service::{Actor, fulfil, record, store},
};
use crate::{
    db::Conn,
    error::Result,
    inbox::{self, Topic},
    interests::EndReason,
    schema::reminders,
    setbacks,
};

/// Exchanges in one transaction.
const AT_ONCE: i64 = 100;

const WAITING: &str = "exchange_waiting";
const DUE_SOON: &str = "return_due_soon";
const OVERDUE: &str = "return_overdue";

/// As what failures are noted: the names of the jobs (`worker::JOBS`).
const REMIND: &str = "remind_of_proposals";
const DECLINE: &str = "decline_proposals";
const COMPLETE: &str = "complete_exchanges";
const RETURNS: &str = "remind_of_returns";

/// Reminds those who have not answered a proposal for 3 days. Gives the number of proposals.
pub async fn remind_unanswered(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let some = async |tx: &mut Conn, most, taken: &mut Vec<Uuid>| {
        let waiting = due::unanswered(tx, WAITING, (REMIND, now), most).await?;
        taken.extend(ids(&waiting));
        let waiting = not_yet_reminded(tx, WAITING, waiting, |exchange| exchange.created_at + DECLINE_AFTER, now).await?;
        let about: Vec<_> = waiting.iter().flat_map(|exchange| asked(exchange).map(move |side| (side, exchange))).collect();
        inbox::tell(tx, now, one_each(&about, Topic::ExchangeWaiting, "no_answer_yet")).await?;
        Ok(waiting.len())
    };
    setbacks::batch(conn, (REMIND, now), AT_ONCE, some).await
}

/// Declines proposals that nobody has answered for 7 days, and says so to both groups. Gives their number.
pub async fn decline_unanswered(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let program = Actor::program(now);
    let some = async |tx: &mut Conn, most, taken: &mut Vec<Uuid>| {
        let waiting = due::given_up(tx, (DECLINE, now), most).await?;
        taken.extend(ids(&waiting));
        for exchange in &waiting {
            let declined = Exchange { state: State::Declined, version: exchange.version + 1, updated_at: now, ..exchange.clone() };
            let declined = deeds::ended(declined, Side::System, EndReason::NoAnswer.as_str(), None);
            store(tx, &declined).await?;
            record(tx, &program, Action::GiveUp, (exchange, &declined)).await?;
        }
        inbox::tell(tx, now, one_each(&both_sides(&waiting), Topic::ExchangeDeclined, EndReason::NoAnswer.as_str())).await?;
        Ok(waiting.len())
    };
    setbacks::batch(conn, (DECLINE, now), AT_ONCE, some).await
}

/// Completes exchanges of which one side said 14 days ago that they were handed over, while the other was silent: what the one side
/// said counts. Those whose listings somebody holds are left for the next time. Gives their number.
pub async fn complete_silent(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let some = async |tx: &mut Conn, most, taken: &mut Vec<Uuid>| {
        let candidates = due::silent(tx, (COMPLETE, now), most).await?;
        taken.extend(ids(&candidates));
        let listings: Vec<_> = candidates.iter().flat_map(Exchange::listing_ids).collect();
        let free = due::lock_free_listings(tx, &listings).await?;
        let ours = candidates.iter().filter(|exchange| exchange.listing_ids().iter().all(|id| free.contains(id)));
        let ours: Vec<_> = ours.map(|exchange| exchange.id).collect();
        let silent = due::lock_silent(tx, &ours).await?;
        let mut notices = one_each(&both_sides(&silent), Topic::ExchangeCompleted, "other_side_silent");
        for exchange in &silent {
            let next = Exchange { version: exchange.version + 1, updated_at: now, ..exchange.clone() };
            let completed = deeds::completed(next, now);
            store(tx, &completed).await?;
            record(tx, &Actor::program(now), Action::Settle, (exchange, &completed)).await?;
            notices.extend(fulfil(tx, now, &completed).await?);
        }
        inbox::tell(tx, now, notices).await?;
        Ok(silent.len())
    };
    setbacks::batch(conn, (COMPLETE, now), AT_ONCE, some).await
}

/// Reminds receivers a day before a loan is due back, and both groups when it is overdue. Gives the number of loans.
pub async fn remind_returns(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    Ok(remind_of_loans(conn, DUE_SOON, now).await? + remind_of_loans(conn, OVERDUE, now).await?)
}

async fn remind_of_loans(conn: &mut Conn, kind: &'static str, now: DateTime<Utc>) -> Result<usize> {
    let overdue = kind == OVERDUE;
    let some = async |tx: &mut Conn, most, taken: &mut Vec<Uuid>| {
        let loans = due::to_come_back(tx, (kind, overdue), (RETURNS, now), most).await?;
        taken.extend(ids(&loans));
        let loans = not_yet_reminded(tx, kind, loans, |exchange| exchange.return_by.unwrap_or(now), now).await?;
        let receivers = || loans.iter().map(|exchange| (Side::Receiver, exchange)).collect();
        let about = if overdue { both_sides(&loans) } else { receivers() };
        inbox::tell(tx, now, one_each(&about, Topic::ReturnDue, kind)).await?;
        Ok(loans.len())
    };
    setbacks::batch(conn, (RETURNS, now), AT_ONCE, some).await
}

fn ids(exchanges: &[Exchange]) -> impl Iterator<Item = Uuid> {
    exchanges.iter().map(|exchange| exchange.id.0)
}

fn both_sides(exchanges: &[Exchange]) -> Vec<(Side, &Exchange)> {
    exchanges.iter().flat_map(|exchange| [(Side::Giver, exchange), (Side::Receiver, exchange)]).collect()
}

/// Writes down that these are reminded of, and gives those of which nobody has been: another process may have done so meanwhile.
async fn not_yet_reminded(
    tx: &mut Conn,
    kind: &str,
    exchanges: Vec<Exchange>,
    due_at: impl Fn(&Exchange) -> DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Exchange>> {
    let rows: Vec<_> = exchanges
        .iter()
        .map(|exchange| {
            (
                reminders::kind.eq(kind),
                reminders::subject_id.eq(exchange.id.0),
                reminders::due_at.eq(due_at(exchange)),
                reminders::created_at.eq(now),
            )
        })
        .collect();
    let new = diesel::insert_into(reminders::table).values(rows).on_conflict_do_nothing().returning(reminders::subject_id);
    let new: Vec<Uuid> = new.get_results(tx).await?;
    Ok(exchanges.into_iter().filter(|exchange| new.contains(&exchange.id.0)).collect())
}
