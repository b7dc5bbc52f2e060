//! Exchanges on the wire.

pub mod deeds;
pub mod outcome;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Measure, Side, State,
    model::ExchangeView,
    rules::{self, Action, Transition},
    service::propose::{Pair, Proposal},
};
use crate::{
    listings::{Basis, rules::quantity},
    types::{
        Fields,
        fields::FieldError,
        ids::{ExchangeId, GroupId, InterestId, ListingId, NetworkId, ThreadId},
        text::Prose,
    },
};

/// A few words with a proposal.
type Message = Prose<0, 1000>;

/// What a group proposes to the owner of a listing.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExchangeIn, example = json!({
    "listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "with_listing_id": null, "quantity": 20, "message": "For our lunch club. We can fetch them."
}))]
pub struct ProposalIn {
    /// The other group's listing.
    pub listing_id: ListingId,
    /// Your group's own listing that fits it, for example from a match.
    #[serde(default)]
    pub with_listing_id: Option<ListingId>,
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
    /// On what terms you give, when you answer a want without an offer of your own; a gift unless said.
    #[serde(default)]
    #[schema(value_type = Option<Basis>)]
    pub basis: Option<String>,
    /// A few words to the other group.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub message: Option<String>,
}

impl ProposalIn {
    /// What the client says, checked; or everything that is wrong with it.
    pub fn parse(self) -> Result<Proposal, Vec<FieldError>> {
        let mut fields = Fields::body();
        let quantity = fields.check("/quantity", quantity(self.quantity));
        let basis = fields.check_optional("/basis", self.basis, Basis::parse);
        let message = fields.check("/message", Message::parse(self.message.unwrap_or_default()));
        let (listing, with) = (self.listing_id, self.with_listing_id);
        fields.finish(|| Some(Proposal { listing, with, quantity: quantity?, basis: basis?, message: message?.into_string() }))
    }
}

/// What a network's staff propose to two groups.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PairIn, example = json!({
    "offer_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "want_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e04", "quantity": 20,
    "message": "You are round the corner from each other."
}))]
pub struct PairIn {
    /// The offer.
    pub offer_id: ListingId,
    /// The want.
    pub want_id: ListingId,
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
    /// A few words to both groups.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub message: Option<String>,
}

impl PairIn {
    /// What the client says, checked; or everything that is wrong with it.
    pub fn parse(self) -> Result<Pair, Vec<FieldError>> {
        let mut fields = Fields::body();
        let quantity = fields.check("/quantity", quantity(self.quantity));
        let message = fields.check("/message", Message::parse(self.message.unwrap_or_default()));
        let (offer, want) = (self.offer_id, self.want_id);
        fields.finish(|| Some(Pair { offer, want, quantity: quantity?, message: message?.into_string() }))
    }
}

/// The name in the contract of the states of an exchange: listings have states, too.
struct ExchangeState;

impl utoipa::PartialSchema for ExchangeState {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        State::schema()
    }
}

impl utoipa::ToSchema for ExchangeState {}

/// A group of an exchange.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ExchangeGroup)]
pub struct PartyOut {
    /// Id of the group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// An exchange, as one side sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Exchange, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e11", "state": "scheduled", "you": "receiver", "actions": ["schedule", "hand_over", "cancel"],
    "title": "Forty folding chairs", "resource_type": "thing", "basis": "lend", "unit": "chairs",
    "offer_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "want_id": null, "interest_id": null, "thread_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e12",
    "giver": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"},
    "receiver": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Etruria Bowls Club"}, "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e03",
    "proposed_by": "receiver", "giver_agreed_at": "2026-11-22T10:00:00Z", "receiver_agreed_at": "2026-11-22T09:30:00Z",
    "requested": 20, "quantity": 20, "giver_quantity": null, "receiver_quantity": null, "received_quantity": null, "measure": "kilograms",
    "message": "For our lunch club. We can fetch them.", "scheduled_for": "2026-11-28T10:00:00Z", "scheduled_until": null, "place": "The hall's back door",
    "return_by": "2026-12-05T10:00:00Z", "returned_at": null, "handed_over_at": null, "completed_at": null, "ended_by": null, "end_reason": null,
    "end_words": null, "created_at": "2026-11-22T09:30:00Z", "updated_at": "2026-11-22T10:05:00Z"
}))]
pub struct ExchangeOut {
    /// UUIDv7.
    pub id: ExchangeId,
    /// Where it stands.
    #[schema(value_type = ExchangeState)]
    pub state: State,
    /// For which side you ask: `giver`, `receiver` or `staff`.
    pub you: Side,
    /// What your side can do next. `GET /v1/exchanges/transitions` has the whole table.
    pub actions: Vec<Action>,
    /// Title of the listing when it was proposed.
    pub title: String,
    /// Root of its category: thing, space, skill, time, transport or food.
    pub resource_type: String,
    /// On what terms.
    pub basis: Basis,
    /// What is counted.
    #[schema(required)]
    pub unit: Option<String>,
    /// The giver's offer, when there is one.
    #[schema(required)]
    pub offer_id: Option<ListingId>,
    /// The receiver's want, when there is one.
    #[schema(required)]
    pub want_id: Option<ListingId>,
    /// The interest that it came of, if any.
    #[schema(required)]
    pub interest_id: Option<InterestId>,
    /// Where the two groups talk about it; null for staff.
    #[schema(required)]
    pub thread_id: Option<ThreadId>,
    /// Who gives, lends or shares.
    pub giver: PartyOut,
    /// Who receives.
    pub receiver: PartyOut,
    /// The network whose staff may see it.
    pub network_id: NetworkId,
    /// Who proposed it.
    pub proposed_by: Side,
    /// When the giver agreed.
    #[schema(required)]
    pub giver_agreed_at: Option<DateTime<Utc>>,
    /// When the receiver agreed.
    #[schema(required)]
    pub receiver_agreed_at: Option<DateTime<Utc>>,
    /// How many the receiver had asked for.
    pub requested: i32,
    /// How many are proposed or promised.
    pub quantity: i32,
    /// How many the giver says were handed over.
    #[schema(required)]
    pub giver_quantity: Option<i32>,
    /// How many the receiver says were handed over.
    #[schema(required)]
    pub receiver_quantity: Option<i32>,
    /// How many were received, once it is completed.
    #[schema(required)]
    pub received_quantity: Option<i32>,
    /// What the good of it is counted in, when the groups tell its outcome.
    pub measure: Measure,
    /// A few words with the proposal; null for staff, unless they wrote them.
    #[schema(required)]
    pub message: Option<String>,
    /// When it is to be handed over; null for staff.
    #[schema(required)]
    pub scheduled_for: Option<DateTime<Utc>>,
    /// Until when; null for staff.
    #[schema(required)]
    pub scheduled_until: Option<DateTime<Utc>>,
    /// Where, in words; null for staff.
    #[schema(required)]
    pub place: Option<String>,
    /// When a loan is due back.
    #[schema(required)]
    pub return_by: Option<DateTime<Utc>>,
    /// When it came back.
    #[schema(required)]
    pub returned_at: Option<DateTime<Utc>>,
    /// When a side first said that it was handed over.
    #[schema(required)]
    pub handed_over_at: Option<DateTime<Utc>>,
    /// When it was completed.
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
    /// Who ended it before completion.
    #[schema(required)]
    pub ended_by: Option<Side>,
    /// Why it ended before completion, as a word.
    #[schema(required)]
    pub end_reason: Option<String>,
    /// Why, in words; null for staff, unless they wrote them.
    #[schema(required)]
    pub end_words: Option<String>,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl ExchangeOut {
    /// An exchange as a side sees it at `now`. What the two groups say to each other is not for staff.
    pub fn of(view: ExchangeView, you: Side, now: DateTime<Utc>) -> Self {
        let ExchangeView { exchange, giver, receiver } = view;
        let party = you != Side::Staff;
        Self {
            actions: rules::open_to(you, &exchange, now),
            you,
            measure: rules::measure_of(&exchange.resource_type),
            id: exchange.id,
            state: exchange.state,
            title: exchange.title,
            resource_type: exchange.resource_type,
            basis: exchange.basis,
            unit: exchange.unit,
            offer_id: exchange.offer_id,
            want_id: exchange.want_id,
            interest_id: exchange.interest_id,
            thread_id: Some(exchange.thread_id).filter(|_| party),
            giver: PartyOut { id: exchange.giver_group_id, name: giver },
            receiver: PartyOut { id: exchange.receiver_group_id, name: receiver },
            network_id: exchange.network_id,
            message: Some(exchange.message).filter(|_| party || exchange.proposed_by == Side::Staff),
            proposed_by: exchange.proposed_by,
            giver_agreed_at: exchange.giver_agreed_at,
            receiver_agreed_at: exchange.receiver_agreed_at,
            requested: exchange.requested,
            quantity: exchange.quantity,
            giver_quantity: exchange.giver_quantity,
            receiver_quantity: exchange.receiver_quantity,
            received_quantity: exchange.received_quantity,
            scheduled_for: exchange.scheduled_for.filter(|_| party),
            scheduled_until: exchange.scheduled_until.filter(|_| party),
            place: exchange.place.filter(|_| party),
            return_by: exchange.return_by,
            returned_at: exchange.returned_at,
            handed_over_at: exchange.handed_over_at,
            completed_at: exchange.completed_at,
            end_words: exchange.end_words.filter(|_| party || exchange.ended_by == Some(Side::Staff)),
            ended_by: exchange.ended_by,
            end_reason: exchange.end_reason,
            created_at: exchange.created_at,
            updated_at: exchange.updated_at,
        }
    }
}

/// Something that can happen to an exchange.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ExchangeTransition, example = json!({
    "action": "cancel", "from": ["accepted", "scheduled"], "by": ["giver", "receiver", "staff"], "to": "cancelled", "when": "With a reason."
}))]
pub struct TransitionOut {
    /// What is done. A side does it at `POST /v1/exchanges/{exchange_id}/{action}`, with hyphens for `_`; the program by itself.
    pub action: Action,
    /// In which states.
    #[schema(value_type = Vec<ExchangeState>)]
    pub from: Vec<State>,
    /// By whom.
    pub by: Vec<Side>,
    /// The state afterwards.
    #[schema(value_type = ExchangeState)]
    pub to: State,
    /// What else has to hold.
    pub when: &'static str,
}

impl From<&Transition> for TransitionOut {
    fn from(row: &Transition) -> Self {
        Self { action: row.action, from: row.from.to_vec(), by: row.by.to_vec(), to: row.to, when: row.when }
    }
}
