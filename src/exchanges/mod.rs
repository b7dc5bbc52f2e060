//! Hand-overs of a quantity between two groups, from proposal to completion. `rules` has the table of states.

pub mod model;
pub mod service;

crate::word_enum! {
    /// Where an exchange stands.
    pub enum State {
        /// Somebody proposes it; not all who must have agreed.
        Proposed = "proposed",
        /// Agreed: the quantity is promised.
        Accepted = "accepted",
        /// Agreed, with a time and a place.
        Scheduled = "scheduled",
        /// One side says that it was handed over.
        HandedOver = "handed_over",
        /// Handed over and confirmed.
        Completed = "completed",
        /// Who was asked does not want it.
        Declined = "declined",
        /// Who proposed it has taken it back.
        Withdrawn = "withdrawn",
        /// Agreed, and then called off.
        Cancelled = "cancelled",
        /// Agreed, and then one side did not come.
        NoShow = "no_show",
    }
}

crate::word_enum! {
    /// Who does something about an exchange.
    pub enum Side {
        /// The group that gives, lends or shares.
        Giver = "giver",
        /// The group that receives.
        Receiver = "receiver",
        /// Staff of the network.
        Staff = "staff",
        /// The program, when time has run out.
        System = "system",
    }
}
