//! How far a stream has come in each inbox that it shows, and that as text: the id of its events. Pure.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::{model::Watched, queries::Span};
use crate::{
    error::{Code, Error, Result},
    types::ids::GroupId,
};

/// The number of the last notice sent, by the group whose inbox it is; none is the person's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position(BTreeMap<Option<GroupId>, i64>);

/// Groups that the id of an event may name: more than anybody is in.
const MOST_GROUPS: usize = 2000;

impl Position {
    /// After what is there now; or after `after`, as far as the inboxes have come. A group that it does not know was joined since, so what
    /// has come since then is new, and nothing from before.
    pub fn begin(inboxes: &[&Watched], after: Option<&Self>) -> Self {
        let start = |inbox: &Watched| {
            let Some(after) = after else { return inbox.last_number };
            let known = after.0.get(&inbox.group_id).copied().max(inbox.before_joining);
            known.unwrap_or(inbox.last_number).min(inbox.last_number)
        };
        Self(inboxes.iter().map(|inbox| (inbox.group_id, start(inbox))).collect())
    }

    /// Forgets inboxes that are no longer there; those that have come begin when the person joined the group.
    pub fn keep(&mut self, inboxes: &[&Watched]) {
        *self = Self::begin(inboxes, Some(self));
    }

    /// What is new in an inbox.
    pub fn news_in(&self, inbox: &Watched) -> Option<Span> {
        let above = *self.0.get(&inbox.group_id)?;
        let id = inbox.inbox_id.filter(|_| inbox.last_number > above)?;
        Some(Span { inbox: id, above, below: inbox.last_number + 1 })
    }

    /// Moves on in one inbox.
    pub fn set(&mut self, group: Option<GroupId>, number: i64) {
        self.0.insert(group, number);
    }

    /// The id of an event: the number in a group's stream, opaque in a person's.
    pub fn text(&self, group: Option<GroupId>) -> String {
        if group.is_some() {
            return self.0.get(&group).copied().unwrap_or_default().to_string();
        }
        let mut bytes = self.0.get(&None).copied().unwrap_or_default().to_be_bytes().to_vec();
        for (group, number) in self.0.iter().filter_map(|(group, number)| Some((group.as_ref()?, number))) {
            bytes.extend_from_slice(group.0.as_bytes());
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position in the text of `Last-Event-ID`. 400 when it is none of ours.
    pub fn parse(text: &str, group: Option<GroupId>) -> Result<Self> {
        let read = match group {
            Some(_) => text.parse().ok().filter(|number| *number >= 0).map(|number| Self([(group, number)].into())),
            None => BASE64_URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| Self::of_bytes(&bytes)),
        };
        read.ok_or_else(|| {
            Error::problem(Code::InvalidCursor, "Send the id of an event of this stream as Last-Event-ID, unchanged, or leave it out.")
        })
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (own, groups) = bytes.split_first_chunk::<8>()?;
        let groups = groups.chunks(24).map(|chunk| {
            let (group, number) = chunk.split_first_chunk::<16>()?;
            Some((Some(GroupId(Uuid::from_bytes(*group))), i64::from_be_bytes(number.try_into().ok()?)))
        });
        let groups: Vec<_> = groups.collect::<Option<_>>()?;
        let mut all: BTreeMap<_, _> = groups.into_iter().collect();
        all.insert(None, i64::from_be_bytes(*own));
        (all.len() <= MOST_GROUPS && all.values().all(|number| *number >= 0)).then_some(Self(all))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::types::ids::{InboxId, SessionId, UserId};

    fn inbox(group: Option<GroupId>, last_number: i64) -> Watched {
        let (user_id, session_id, inbox_id) = (UserId::new(), SessionId::new(), Some(InboxId::new()));
        Watched { user_id, session_id, inbox_id, group_id: group, last_number, read_until: 0, before_joining: None }
    }

    #[test]
    fn a_stream_goes_on_where_it_was_and_never_before_what_is_there() {
        let (one, two, own) = (GroupId::new(), GroupId::new(), inbox(None, 4));
        let (first, second) = (inbox(Some(one), 9), inbox(Some(two), 5));
        let now = Position::begin(&[&own, &first], None);
        assert_eq!(now.news_in(&first), None);
        let mut again = Position::begin(&[&own, &first, &second], Some(&Position([(None, 2), (Some(one), 99)].into())));
        let new: Vec<_> = [&own, &first, &second].iter().map(|inbox| again.news_in(inbox).map(|span| (span.above, span.below))).collect();
        assert_eq!(new, [Some((2, 5)), None, None], "ahead of what there is, or just joined");
        again.keep(&[&own]);
        assert_eq!(again, Position([(None, 2)].into()));
    }

    #[test]
    fn a_group_that_was_joined_meanwhile_begins_there_whether_or_not_it_was_known_from_before() {
        let (own, group) = (inbox(None, 4), GroupId::new());
        let joined = Watched { before_joining: Some(6), ..inbox(Some(group), 9) };
        for before in [vec![(None, 4)], vec![(None, 4), (Some(group), 2)]] {
            let again = Position::begin(&[&own, &joined], Some(&Position(before.into_iter().collect())));
            assert_eq!(again.news_in(&joined).map(|span| (span.above, span.below)), Some((6, 10)));
        }
        assert_eq!(Position::begin(&[&own, &joined], None).news_in(&joined), None, "a new stream begins now");
    }

    #[test]
    fn a_group_without_notices_yet_is_not_skipped_when_the_first_comes() {
        let group = GroupId::new();
        let empty = Watched { inbox_id: None, ..inbox(Some(group), 0) };
        let at = Position::parse(&Position::begin(&[&empty], None).text(None), None).unwrap();
        assert_eq!(Position::begin(&[&inbox(Some(group), 1)], Some(&at)).news_in(&inbox(Some(group), 1)).map(|span| span.above), Some(0));
    }

    proptest! {
        #[test]
        fn a_position_comes_back_as_it_was(own in 0..i64::MAX, groups in prop::collection::btree_map(any::<u128>(), 0..i64::MAX, 0..20)) {
            let groups = groups.into_iter().map(|(id, number)| (Some(GroupId(Uuid::from_u128(id))), number));
            let at = Position(groups.chain([(None, own)]).collect());
            prop_assert_eq!(Position::parse(&at.text(None), None).unwrap(), at);
        }

        #[test]
        fn what_is_no_position_is_refused(text in ".{0,40}") {
            if let Err(error) = Position::parse(&text, None) {
                prop_assert_eq!(error.code(), Code::InvalidCursor);
            }
            prop_assert_eq!(Position::parse(&text, Some(GroupId::new())).is_ok(), text.parse::<i64>().is_ok_and(|number| number >= 0));
        }
    }
}
