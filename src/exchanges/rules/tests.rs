use super::{
    deeds::{Appointment, Deed},
    *,
};
use crate::types::ids::{ExchangeId, GroupId, ListingId, NetworkId, ThreadId};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// Forty chairs, given, as the receiver has proposed it.
fn proposed_by(by: Side) -> Exchange {
    Exchange {
        id: ExchangeId::new(),
        offer_id: Some(ListingId::new()),
        want_id: None,
        giver_group_id: GroupId::new(),
        receiver_group_id: GroupId::new(),
        network_id: NetworkId::new(),
        interest_id: None,
        thread_id: ThreadId::new(),
        title: "Forty folding chairs".to_owned(),
        resource_type: "thing".to_owned(),
        basis: Basis::Give,
        quantity: 40,
        unit: None,
        requested: 40,
        state: State::Proposed,
        proposed_by: by,
        giver_agreed_at: (by == Side::Giver).then(noon),
        receiver_agreed_at: (by == Side::Receiver).then(noon),
        message: String::new(),
        scheduled_for: None,
        scheduled_until: None,
        place: None,
        return_by: None,
        returned_at: None,
        giver_quantity: None,
        receiver_quantity: None,
        received_quantity: None,
        handed_over_at: None,
        completed_at: None,
        ended_by: None,
        end_reason: None,
        end_words: None,
        version: 1,
        created_by: None,
        created_at: noon(),
        updated_at: noon(),
    }
}

/// A loan that both have agreed on, in a state.
fn loan(state: State) -> Exchange {
    let agreed = (state != State::Proposed).then(noon);
    Exchange { state, basis: Basis::Lend, giver_agreed_at: agreed, scheduled_for: Some(noon()), ..proposed_by(Side::Receiver) }
}

#[test]
fn what_the_table_does_not_have_cannot_be_done() {
    for action in Action::ALL {
        for side in Side::ALL {
            for state in State::ALL {
                let rows = || TABLE.iter().filter(|row| row.action == *action && row.by.contains(side));
                let here = rows().filter(|row| row.from.contains(state));
                match decide(*action, *side, &loan(*state), noon()) {
                    Ok(to) => assert!(here.clone().any(|row| row.to == to), "{action} by {side} while {state}"),
                    Err(Refused::State(detail)) => {
                        assert!(rows().flat_map(|row| row.from).all(|from| detail.contains(from.in_words())), "{detail}");
                        assert_eq!(here.count(), 0, "{action} by {side} while {state}");
                    }
                    // By the side at all, or by who proposed it.
                    Err(Refused::Side(_)) => assert!(rows().count() == 0 || *state == State::Proposed, "{action} by {side} while {state}"),
                }
            }
        }
    }
}

#[test]
fn who_proposed_it_withdraws_and_who_was_asked_answers() {
    for (by, asked) in [(Side::Giver, Side::Receiver), (Side::Receiver, Side::Giver)] {
        let exchange = proposed_by(by);
        assert_eq!(open_to(by, &exchange, noon()), [Action::Withdraw]);
        assert_eq!(open_to(asked, &exchange, noon()), [Action::Accept, Action::Decline]);
        assert_eq!(open_to(Side::Staff, &exchange, noon()), []);
        assert_eq!(decide(Action::Accept, asked, &exchange, noon()), Ok(State::Accepted));
    }
}

#[test]
fn a_pair_that_staff_propose_takes_both_groups() {
    let pair = proposed_by(Side::Staff);
    assert_eq!(open_to(Side::Staff, &pair, noon()), [Action::Withdraw]);
    assert_eq!(decide(Action::Accept, Side::Giver, &pair, noon()), Ok(State::Proposed));
    let half = Deed::Accept.applied(pair, (Side::Giver, State::Proposed), noon()).unwrap();
    assert_eq!(open_to(Side::Giver, &half, noon()), [Action::Decline]);
    assert!(matches!(decide(Action::Accept, Side::Giver, &half, noon()), Err(Refused::State(detail)) if detail.contains("agreed already")));
    assert_eq!(decide(Action::Accept, Side::Receiver, &half, noon()), Ok(State::Accepted));
}

#[test]
fn nobody_is_missed_before_the_time_has_come() {
    let exchange = loan(State::Scheduled);
    assert!(decide(Action::NoShow, Side::Giver, &exchange, noon() - Duration::seconds(1)).is_err());
    assert_eq!(decide(Action::NoShow, Side::Giver, &exchange, noon()), Ok(State::NoShow));
    let ended = Deed::NoShow(None).applied(exchange, (Side::Giver, State::NoShow), noon()).unwrap();
    assert_eq!((ended.end_reason.as_deref(), ended.ended_by), (Some("receiver_did_not_come"), Some(Side::Giver)));
}

#[test]
fn the_receivers_count_is_what_was_received() {
    for (first, second, received) in [(Side::Giver, Side::Receiver, 18), (Side::Receiver, Side::Giver, 20)] {
        let after = Deed::HandOver(Some(20), None).applied(loan(State::Accepted), (first, State::HandedOver), noon()).unwrap();
        assert!(matches!(decide(Action::Confirm, first, &after, noon()), Err(Refused::Side(_))));
        assert_eq!(decide(Action::Confirm, second, &after, noon()), Ok(State::Completed));
        let done = Deed::Confirm(Some(18)).applied(after, (second, State::Completed), noon()).unwrap();
        assert_eq!((done.state, done.received_quantity), (State::Completed, Some(received)));
    }
}

#[test]
fn who_confirms_without_a_number_agrees_with_the_other_side() {
    let after = Deed::HandOver(None, None).applied(loan(State::Accepted), (Side::Giver, State::HandedOver), noon()).unwrap();
    assert_eq!(after.giver_quantity, Some(40));
    let done = Deed::Confirm(None).applied(after, (Side::Receiver, State::Completed), noon()).unwrap();
    assert_eq!(done.received_quantity, Some(40));
}

#[test]
fn more_than_was_promised_is_not_handed_over() {
    for deed in [Deed::HandOver(Some(41), None), Deed::HandOver(Some(0), None), Deed::Confirm(Some(41))] {
        let refused = deed.applied(loan(State::HandedOver), (Side::Giver, State::HandedOver), noon()).unwrap_err();
        assert_eq!((refused[0].pointer.as_deref(), refused[0].code.as_str()), (Some("/quantity"), "out_of_range"));
    }
}

#[test]
fn only_loans_come_back_and_only_once() {
    let day = |days| Some(noon() + Duration::days(days));
    let schedule = |return_by| Deed::Schedule(Appointment { from: noon() + Duration::days(1), until: None, place: None, return_by });
    let given = Exchange { basis: Basis::Give, ..loan(State::Accepted) };
    let code = |deed: Deed, exchange| deed.applied(exchange, (Side::Giver, State::Scheduled), noon()).unwrap_err()[0].code.clone();
    assert_eq!(code(schedule(day(8)), given), "given_for_good");
    assert_eq!(code(schedule(day(1)), loan(State::Accepted)), "before_start");
    let planned = schedule(day(8)).applied(loan(State::Accepted), (Side::Giver, State::Scheduled), noon()).unwrap();
    assert_eq!(planned.return_by, day(8));
    let completed = loan(State::Completed);
    assert_eq!(decide(Action::Return, Side::Giver, &completed, noon()), Ok(State::Completed));
    let back = Deed::Return.applied(completed.clone(), (Side::Giver, State::Completed), noon()).unwrap();
    assert!(matches!(decide(Action::Return, Side::Giver, &back, noon()), Err(Refused::State(_))));
    let given = Exchange { basis: Basis::Give, ..completed };
    assert!(matches!(decide(Action::Return, Side::Giver, &given, noon()), Err(Refused::State(_))));
}

#[test]
fn the_page_for_volunteers_has_the_table_of_the_code() {
    let page = include_str!("../../../docs/EXCHANGES.md");
    assert!(page.contains(&table_md()), "put this into docs/EXCHANGES.md:\n{}", table_md());
}
