//! A hall without a network, for the tests of handles.

use crate::clock::SystemClock;
use crate::delivery::Hall;
use crate::message::testing::Person;
use crate::network::Network;
use crate::onion::{Onion, Roads};
use crate::swarm::Swarms;

/// A minute in milliseconds.
pub(super) const MINUTE: u64 = 60_000;

/// Alice's hall, whose clock shows `ahead` more than the network's, and what the network's shows now, in milliseconds.
pub(super) fn hall(alice: &Person, ahead: u64) -> (Hall, u64) {
    let clock = SystemClock::shared();
    let roads = Roads::open(&Network::testnet(), None, clock.clone()).unwrap();
    let hall =
        Hall::new(alice.keys.clone(), alice.store.clone(), Swarms::new(Onion::new(roads, None), clock.clone()), clock);
    let now = hall.device_now().as_millis();
    hall.swarms().time().restore(i64::try_from(ahead).unwrap());
    (hall, now)
}
