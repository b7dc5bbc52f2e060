//! Which ways of looking for a page suit a filter. Pure.

use crate::listings::{
    filter::{Filter, Order},
    queries::terms,
};

/// A way to look for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Everything of one group. Index `listings_group`, or another that begins with the group.
    Group,
    /// The newest of each shelf of a category, merged. Index `listings_shelf`. Only without other filters: it reads on until each shelf
    /// has given a page.
    Shelves,
    /// The newest of each locality of a subtree, merged, likewise. Index `listings_place`.
    Places,
    /// From the newest on, so many. Index `listings_newest`. Finds what is common.
    Newest,
    /// The same along the shelves of a category without categories below it, but those that networks add. Index `listings_shelf`.
    Leaf,
    /// The same along one network, and along what it shows of others. Index `listings_network`; those others by their ids.
    Network,
    /// From the nearest locality outwards, the newest first in each, so many. Index `listings_place`. Finds what is common.
    Outwards,
    /// What was changed since, all of it. Indexes `listings_edited` and `listings_newest`.
    Edited,
    /// All that has the words and marks, if that is not too much, and all that a network asked for shows of others. Index `listings_search`. Finds what is rare.
    Marks,
    /// From the newest on without end: for what is neither common nor rare, such as a filter that the last thousand listings
    /// happen not to fit.
    NewestOn,
    /// Outwards without end, likewise.
    OutwardsOn,
}

/// The ways that suit a filter, in the order in which they are tried. The last one always finds the page.
pub fn ways(filter: &Filter) -> Vec<Way> {
    let narrow = terms::marks(filter, (!filter.words.is_empty()).then_some("")).is_some();
    let mut ways = Vec::new();
    ways.extend(filter.group.map(|_| Way::Group));
    match filter.order {
        Order::Nearest => ways.push(Way::Outwards),
        Order::Newest if filter.is_only_a_category() => return vec![Way::Shelves],
        Order::Newest if filter.is_only_a_locality() => return vec![Way::Places],
        Order::Newest if filter.is_of_a_leaf() => ways.push(Way::Leaf),
        Order::Newest if filter.network.is_some() => ways.push(Way::Network),
        Order::Newest => ways.push(Way::Newest),
    }
    ways.extend(narrow.then_some(Way::Marks));
    ways.extend(filter.updated_since.map(|_| Way::Edited));
    ways.push(match filter.order {
        Order::Newest => Way::NewestOn,
        Order::Nearest => Way::OutwardsOn,
    });
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::Limit,
        listings::Kind,
        types::{
            Position,
            ids::{GroupId, NetworkId},
        },
    };

    fn plain() -> Filter {
        Filter {
            kind: None,
            category: None,
            locality: None,
            near: None,
            within_km: None,
            words: vec![],
            available_from: None,
            available_until: None,
            network: None,
            group: None,
            updated_since: None,
            order: Order::Newest,
            limit: Limit::default(),
            after: None,
        }
    }

    #[test]
    fn what_is_asked_for_alone_has_an_index_of_its_own() {
        assert_eq!(ways(&plain()), [Way::Newest, Way::NewestOn]);
        assert_eq!(ways(&Filter { category: Some(101_000_000..=101_999_999), kind: Some(Kind::Want), ..plain() }), [Way::Shelves]);
        assert_eq!(ways(&Filter { locality: Some(10_500_900_000_000..=10_500_999_999_999), ..plain() }), [Way::Places]);
    }

    #[test]
    fn a_large_region_is_walked_through_and_not_merged_from_its_places() {
        let england = Filter { locality: Some(10_000_000_000_000..=19_999_999_999_999), ..plain() };
        assert_eq!(ways(&england), [Way::Newest, Way::Marks, Way::NewestOn]);
    }

    #[test]
    fn what_may_be_rare_is_also_looked_for_by_its_marks() {
        let words = Filter { words: vec![("kettl".into(), "kettl".into())], ..plain() };
        assert_eq!(ways(&words), [Way::Newest, Way::Marks, Way::NewestOn]);
        let leaf = Filter { category: Some(101_010_000..=101_019_999), words: words.words.clone(), ..plain() };
        assert_eq!(ways(&leaf), [Way::Leaf, Way::Marks, Way::NewestOn]);
        let network = Filter { network: Some(NetworkId::new()), ..plain() };
        assert_eq!(ways(&network), [Way::Network, Way::Marks, Way::NewestOn]);
        assert_eq!(ways(&Filter { kind: Some(Kind::Offer), ..plain() }), [Way::Newest, Way::NewestOn], "a kind is half of everything");
    }

    #[test]
    fn the_nearest_are_looked_for_outwards() {
        let near = Filter { near: Some(Position { lat: 53.0, lng: -2.0 }), order: Order::Nearest, ..plain() };
        assert_eq!(ways(&near), [Way::Outwards, Way::OutwardsOn]);
        assert_eq!(ways(&Filter { within_km: Some(10.0), ..near }), [Way::Outwards, Way::Marks, Way::OutwardsOn]);
    }

    #[test]
    fn a_group_comes_first_and_a_time_of_change_last() {
        let all = Filter {
            group: Some(GroupId::new()),
            network: Some(NetworkId::new()),
            updated_since: Some(chrono::DateTime::UNIX_EPOCH),
            ..plain()
        };
        assert_eq!(ways(&all), [Way::Group, Way::Network, Way::Marks, Way::Edited, Way::NewestOn]);
    }
}
