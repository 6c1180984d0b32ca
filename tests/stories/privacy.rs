//! What the network can and cannot see of people, by the network's own log.

use std::collections::{BTreeMap, BTreeSet};

use onionskin_network::{Journey, Options};

use super::people::{Story, World, befriend};

/// Two accounts on one device: nothing links them. Not a path, not a guard, not a connection.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn two_accounts_of_one_person_are_never_on_one_path() -> Story {
    let Some(world) = World::local_with(Options { nodes: 24, ..Options::default() }).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let secret = alice.second_account("Nobody").await?;
    for round in 0..6 {
        alice.writes(&bob, &format!("from Alice {round}")).await?;
        secret.writes(&bob, &format!("from Nobody {round}")).await?;
        alice.polls().await?;
        secret.polls().await?;
        // Paths rotate every ten minutes, guards stay.
        world.clock.forward(std::time::Duration::from_secs(11 * 60));
    }
    let mut of: BTreeMap<String, Vec<Journey>> = BTreeMap::new();
    let journeys = world.network().journeys();
    for owner in [&alice, &secret] {
        // Only the owner retrieves, so a connection that carried a retrieval is the owner's, with all it carried.
        let own = |journey: &&Journey| {
            journey.methods.iter().any(|method| method == "retrieve") && journey.accounts.contains(&owner.id())
        };
        let connections: BTreeSet<u64> = journeys.iter().filter(own).map(|journey| journey.connection).collect();
        assert!(!connections.is_empty());
        let all = journeys.iter().filter(|journey| connections.contains(&journey.connection));
        of.insert(owner.id(), all.cloned().collect());
    }
    let of = |id: String| of.get(&id).unwrap();
    let (alices, secrets) = (of(alice.id()), of(secret.id()));
    let paths = |journeys: &[Journey]| -> BTreeSet<Vec<usize>> {
        journeys.iter().map(|journey| journey.path().to_vec()).collect()
    };
    let guards = |journeys: &[Journey]| -> BTreeSet<usize> {
        journeys.iter().filter_map(|journey| journey.nodes.first().copied()).collect()
    };
    let connections =
        |journeys: &[Journey]| -> BTreeSet<u64> { journeys.iter().map(|journey| journey.connection).collect() };
    assert!(connections(alices).is_disjoint(&connections(secrets)), "one connection carried both accounts");
    assert!(paths(alices).is_disjoint(&paths(secrets)), "one path carried both accounts");
    assert!(guards(alices).is_disjoint(&guards(secrets)), "one guard saw both accounts");
    for journey in alices {
        assert!(!journey.accounts.contains(&secret.id()), "one way carried requests of both");
    }
    Ok(())
}

/// A guard sees where somebody is, a member of their swarm who they are: no node is both, of whichever account.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn no_guard_keeps_an_account_of_the_same_device() -> Story {
    let Some(world) = World::local_with(Options { nodes: 24, swarms: 4, ..Options::default() }).await? else {
        return Ok(());
    };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let secret = alice.second_account("Nobody").await?;
    for round in 0..3 {
        for from in [&alice, &secret] {
            from.writes(&bob, &format!("letter {round}")).await?;
            from.polls().await?;
        }
        world.clock.forward(std::time::Duration::from_secs(11 * 60));
    }
    let (mut guards, mut keepers) = (BTreeSet::new(), BTreeSet::new());
    for account in [&alice, &secret] {
        guards.extend(
            account.client().paths().iter().filter_map(|path| path.hops.first()).map(|hop| hop.key.to_string()),
        );
        keepers.extend(account.client().swarm().await?.into_iter().map(|node| node.key));
    }
    assert!(!guards.is_empty() && guards.is_disjoint(&keepers), "{guards:?} and {keepers:?}");
    Ok(())
}

/// Whoever listens between a person and the guard, or relays, reads no id, no name, no word, no key.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn nothing_about_people_is_visible_outside_the_onion() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice Liddell", "Robert Paulson"]).await?;
    befriend(&alice, &bob).await?;
    alice.writes(&bob, "the combination is 4711").await?;
    bob.polls().await?;
    let network = world.network();
    assert!(network.was_seen_outside(b"/onion_req/v2"), "the log sees what is visible");
    assert!(network.was_seen_outside(b"get_n_service_nodes"), "also at the seed");
    for person in [&alice, &bob] {
        let id = person.account_id();
        for needle in [person.id().as_bytes(), &person.id().as_bytes()[2..], id.as_bytes(), &id.as_bytes()[1..]] {
            assert!(!network.was_seen_outside(needle), "an account id was visible");
        }
    }
    for needle in
        ["Alice", "Liddell", "Robert", "4711", "pubkey_ed25519\":\"", "signature", "retrieve", "\"store\"", "namespace"]
    {
        assert!(!network.was_seen_outside(needle.as_bytes()), "{needle} was visible");
    }
    Ok(())
}

/// Every request takes three relays in three different nodes, and never ends at a node of its own path.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn every_request_takes_three_different_relays() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let journeys = world.network().journeys();
    assert!(journeys.len() >= 6);
    // A path is tested by asking its own last node how it is; everything about people takes three relays.
    let about_people = |journey: &&Journey| journey.status == Some(200) && !journey.accounts.is_empty();
    for journey in journeys.iter().filter(about_people) {
        assert_eq!(journey.path().len(), 3, "{journey:?}");
        let different: BTreeSet<_> = journey.nodes.iter().collect();
        assert_eq!(different.len(), journey.nodes.len(), "a node stands twice on the way {journey:?}");
    }
    Ok(())
}
