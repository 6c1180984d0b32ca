//! The node list in numbers, for people to look at.

use super::directory::Origin;
use super::roads::Roads;
use crate::clock::Timestamp;

/// The node list in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodesKnown {
    /// Nodes in the list.
    pub count: usize,
    /// Nodes that may be on a path now: not failing lately, and each in another /24 network where that is the rule.
    pub usable: usize,
    /// Where the list came from. People are to be told of [`Origin::WithoutSeeds`]: nobody but nodes vouches for it.
    pub origin: Origin,
    /// When it was fetched from the network, as far as is known; also for a cached or shipped list.
    pub fetched_at: Option<Timestamp>,
    /// With fewer nodes than this a new list is fetched before anything is sent.
    pub min_pool: usize,
}

impl Roads {
    /// The node list in numbers. [`Roads::import`] and [`Roads::export`] take and give the list itself.
    pub fn nodes(&self) -> NodesKnown {
        let pool = self.pool();
        NodesKnown {
            count: pool.len(),
            usable: self.usable(),
            origin: pool.origin(),
            fetched_at: Some(pool.fetched_at()).filter(|at| *at != Timestamp::ZERO),
            min_pool: self.network().min_pool,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::network::Network;
    use crate::onion::node::tests::node;

    #[test]
    fn the_list_in_numbers_says_where_it_came_from_and_how_much_of_it_is_good() {
        let mut network = Network::testnet();
        (network.name, network.subnet_rule) = ("numbers".to_owned(), false);
        let roads = Roads::open(&network, None, SystemClock::shared()).unwrap();
        assert_eq!((roads.nodes().origin, roads.nodes().count), (Origin::Nothing, 0));
        let states: Vec<_> = (1..=14).map(|number| node(number).to_json()).collect();
        let list = serde_json::json!({ "result": { "service_node_states": states } });
        roads.import(&list.to_string()).unwrap();
        roads.strike_out(node(3).key);
        let NodesKnown { count, usable, origin, fetched_at, min_pool } = roads.nodes();
        assert_eq!((count, usable, origin, fetched_at), (14, 13, Origin::Imported, None));
        assert_eq!(min_pool, network.min_pool);
    }
}
