//! Ids: a type for each, so that a group's id cannot be taken for a listing's. All are UUIDv7: they sort by time.

/// Makes an id type over [`uuid::Uuid`].
macro_rules! id_type {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow, utoipa::ToSchema)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[serde(transparent)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new id that sorts after those made before.
            #[allow(clippy::new_without_default, reason = "a default that differs each time would surprise")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                diesel::deserialize::FromSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::from_sql(bytes).map(Self)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::to_sql(&self.0, out)
            }
        }
    )+};
}

id_type! {
    /// Id of a person who signs in.
    UserId,
    /// Id of a sign-in on one device.
    SessionId,
    /// Id of a network.
    NetworkId,
    /// Id of a group.
    GroupId,
    /// Id of an invitation into a group.
    InvitationId,
    /// Id of a listing.
    ListingId,
    /// Id of a group's interest in a listing.
    InterestId,
    /// Id of an exchange.
    ExchangeId,
    /// Id of a talk between two groups.
    ThreadId,
    /// Id of a message.
    MessageId,
    /// Id of the inbox of a group or a user.
    InboxId,
    /// Id of something that waits, or waited, for a network's coordinators.
    QueueItemId,
    /// Id of a coordinator's decision.
    DecisionId,
    /// Id of an edit of a listing that is reviewed.
    EditId,
    /// Id of an appeal against a decision.
    AppealId,
    /// Id of a network's standard reply.
    ReplyId,
    /// Id of a report.
    ReportId,
    /// Id of a worry about somebody's safety.
    FlagId,
    /// Id of a complaint.
    ComplaintId,
    /// Id of an entry of the call list.
    FollowUpId,
}
