//! The roads over a real network on loopback: lists, guards, paths, blame, servers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::collections::BTreeSet;
use std::time::Duration;

use onionskin_core::Network;
use onionskin_core::clock::Clock as _;
use onionskin_core::onion::{
    Answer, Ask, NodeKey, Onion, OnionError, Origin, PathSnapshot, PathState, Roads, V4Request,
};
use onionskin_network::{Fault, Lie, LocalNetwork, NodeHandle, Options, When};
use onionskin_tests::clock::{WorldClock, patiently};
use serde_json::json;

struct Country {
    local: LocalNetwork,
    network: Network,
    clock: WorldClock,
    cache: tempfile::TempDir,
}

impl Country {
    async fn with(options: Options) -> Self {
        let local = LocalNetwork::start(options).await.unwrap();
        let network = Network::from_json(&local.description_json()).unwrap();
        Self { local, network, clock: WorldClock::new(), cache: tempfile::tempdir().unwrap() }
    }

    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    /// As after a start of the program: what was cached is there.
    fn roads(&self) -> Roads {
        Roads::open(&self.network, Some(self.cache.path()), self.clock.shared()).unwrap()
    }

    /// An account whose paths all stand.
    async fn account(&self) -> Onion {
        let onion = Onion::new(self.roads(), None);
        onion.settle().await.unwrap();
        onion
    }

    /// While requests hang at nodes, time passes.
    async fn patiently<T>(&self, work: impl Future<Output = T>) -> T {
        patiently(&self.local, &self.clock, work).await
    }

    fn node(&self, key: NodeKey) -> NodeHandle<'_> {
        self.local.node_by_key(&key.to_string()).unwrap()
    }

    /// All nodes tell the same list without the first few.
    fn all_leave_out(&self, count: usize) {
        for node in self.local.nodes() {
            node.fault(Fault::LyingList(Lie::Fewer(count)));
        }
    }

    fn keys(&self) -> BTreeSet<NodeKey> {
        self.local.nodes().map(|node| NodeKey::parse(&node.key_hex()).unwrap()).collect()
    }

    /// A node on none of these paths.
    fn elsewhere(&self, paths: &[PathState]) -> NodeKey {
        let on_paths: BTreeSet<NodeKey> = paths.iter().flat_map(|path| path.hops.iter().map(|hop| hop.key)).collect();
        *self.keys().difference(&on_paths).next().unwrap()
    }
}

async fn info(onion: &Onion, node: NodeKey, ask: Ask) -> Result<Answer, OnionError> {
    onion.ask(&node, "info", json!({}), ask).await
}

fn hops(path: &PathState) -> [NodeKey; 3] {
    [path.hops[0].key, path.hops[1].key, path.hops[2].key]
}

fn strikes(onion: &Onion, country: &Country) -> usize {
    country.keys().iter().map(|key| onion.roads().strikes(key)).sum()
}

#[tokio::test]
async fn a_request_takes_three_nodes_and_never_its_destination() {
    let country = Country::new().await;
    let onion = country.account().await;
    for key in country.keys() {
        let answer = info(&onion, key, Ask::send()).await.unwrap();
        assert_eq!((answer.status, answer.way.destination, answer.way.attempts), (200, Some(key), 1));
        let hops: BTreeSet<_> = answer.way.hops.iter().map(|hop| hop.key).collect();
        assert!(hops.len() == 3 && !hops.contains(&key));
    }
    for journey in country.local.journeys() {
        assert_eq!(journey.nodes.len(), 4, "three relays and a destination: {journey:?}");
    }
}

#[tokio::test]
async fn the_paths_of_one_account_share_no_node() {
    let country = Country::new().await;
    let onion = country.account().await;
    let paths = onion.paths();
    assert_eq!(paths.len(), 2);
    let nodes: BTreeSet<_> = paths.iter().flat_map(hops).collect();
    assert_eq!(nodes.len(), 6);
    assert_eq!(onion.snapshot().guards.len(), 2);
}

#[tokio::test]
async fn two_accounts_never_meet_on_a_path_and_have_guards_of_their_own() {
    let country = Country::new().await;
    let roads = country.roads();
    let (ana, bea) = (Onion::new(roads.clone(), None), Onion::new(roads, None));
    for _ in 0..5 {
        ana.settle().await.unwrap();
        bea.settle().await.unwrap();
        let sets = |onion: &Onion| onion.paths().iter().map(|path| BTreeSet::from(hops(path))).collect::<BTreeSet<_>>();
        assert!(sets(&ana).is_disjoint(&sets(&bea)));
        let guards = |onion: &Onion| onion.paths().iter().map(|path| path.hops[0].key).collect::<BTreeSet<_>>();
        assert!(guards(&ana).is_disjoint(&guards(&bea)));
        country.clock.forward(Duration::from_secs(601));
    }
}

#[tokio::test]
async fn ten_minutes_later_the_paths_are_others_and_the_guards_the_same() {
    let country = Country::new().await;
    let onion = country.account().await;
    let before = onion.paths();
    country.clock.forward(Duration::from_secs(601));
    onion.settle().await.unwrap();
    let after = onion.paths();
    let guards = |paths: &[PathState]| paths.iter().map(|path| path.hops[0].key).collect::<BTreeSet<_>>();
    assert_eq!(guards(&before), guards(&after));
    for path in &after {
        assert!(before.iter().all(|old| hops(old) != hops(path)));
    }
    let restarted = Onion::new(country.roads(), Some(onion.snapshot()));
    drop(onion);
    restarted.settle().await.unwrap();
    assert_eq!(guards(&restarted.paths()), guards(&after), "over a restart as well");
}

#[tokio::test]
async fn after_ten_days_there_are_other_guards() {
    let country = Country::new().await;
    let onion = country.account().await;
    let before: Vec<_> = onion.snapshot().guards;
    country.clock.forward(Duration::from_secs(10 * 24 * 60 * 60));
    onion.settle().await.unwrap();
    let after = onion.snapshot().guards;
    assert!(after.iter().all(|guard| !before.contains(guard)), "kept anew: {after:?}");
}

#[tokio::test]
async fn when_the_guard_goes_away_the_request_takes_another_path() {
    let country = Country::new().await;
    let onion = country.account().await;
    let target = country.elsewhere(&onion.paths());
    let gone: Vec<_> = onion.paths().iter().map(|path| path.hops[0].key).collect();
    for guard in &gone {
        country.node(*guard).fault(Fault::Dead);
    }
    let answer = info(&onion, target, Ask::poll()).await.unwrap();
    assert!(!gone.contains(&answer.way.hops[0].key));
    assert_eq!(answer.way.attempts, 1, "nothing had been sent before");
    for guard in &gone {
        assert!(onion.roads().is_aside(guard) && onion.roads().strikes(guard) == 0, "away is no lie");
    }
    // They come back by themselves.
    country.local.heal_all();
    country.clock.forward(Duration::from_secs(16));
    onion.leave_paths();
    onion.settle().await.unwrap();
    assert!(onion.paths().iter().any(|path| gone.contains(&path.hops[0].key)));
}

#[tokio::test]
async fn being_offline_is_said_as_such_and_nobody_is_blamed_for_it() {
    let country = Country::new().await;
    let onion = country.account().await;
    let target = country.elsewhere(&onion.paths());
    country.local.nodes().for_each(|node| {
        node.fault(Fault::Refuse);
    });
    country.local.stop_seeds();
    for _ in 0..3 {
        assert_eq!(info(&onion, target, Ask::send()).await.unwrap_err(), OnionError::Offline);
    }
    country.local.heal_all();
    let guards = onion.snapshot();
    let answer = info(&onion, target, Ask::send()).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(guards.guards.iter().any(|guard| guard.key == answer.way.hops[0].key), "back to a kept guard");
    assert_eq!(strikes(&onion, &country), 0);
}

/// Who was found silent a moment ago.
fn silent(onion: &Onion, country: &Country) -> BTreeSet<NodeKey> {
    country.keys().into_iter().filter(|key| onion.roads().is_aside(key)).collect()
}

#[tokio::test]
async fn a_silent_node_is_found_at_any_place_of_a_path_and_replaced_within_seconds() {
    for place in 0..3 {
        let country = Country::with(Options { nodes: 20, ..Options::default() }).await;
        let onion = country.account().await;
        let paths = onion.paths();
        let target = country.elsewhere(&paths);
        let hangs = paths[0].hops[place].key;
        let guards = onion.snapshot().guards;
        country.node(hangs).fault(Fault::Hang);
        let begun = country.clock.monotonic();
        while onion.paths().iter().any(|path| hops(path).contains(&hangs)) {
            assert_eq!(info(&onion, target, Ask::poll()).await.unwrap().status, 200);
            assert!(country.clock.monotonic() - begun < Duration::from_secs(8), "place {place}");
        }
        assert_eq!(silent(&onion, &country), BTreeSet::from([hangs]), "place {place}: and nobody else");
        assert_eq!(strikes(&onion, &country), 0, "silence is no lie");
        onion.settle().await.unwrap();
        assert_eq!(onion.paths().len(), 2);
        assert!(onion.paths().iter().all(|path| !hops(path).contains(&hangs)));
        assert!(place == 0 || onion.snapshot().guards == guards, "place {place}: the guards stay");
        country.local.heal_all();
    }
}

#[tokio::test]
async fn what_stands_behind_a_silent_node_is_not_blamed() {
    let country = Country::new().await;
    let onion = country.account().await;
    let paths = onion.paths();
    let target = country.elsewhere(&paths);
    let (middle, exit) = (paths[0].hops[1].key, paths[0].hops[2].key);
    country.node(middle).fault(Fault::Hang);
    country.node(exit).fault(Fault::Hang);
    while onion.paths().iter().any(|path| hops(path).contains(&middle)) {
        info(&onion, target, Ask::poll()).await.unwrap();
    }
    assert!(onion.roads().is_aside(&middle) && !onion.roads().is_aside(&exit));
    country.local.heal_all();
}

#[tokio::test]
async fn with_a_silent_node_on_each_path_a_request_arrives_within_seconds() {
    for ask in [Ask::poll(), Ask::send()] {
        let country = Country::with(Options { nodes: 16, ..Options::default() }).await;
        let onion = country.account().await;
        let paths = onion.paths();
        let target = country.elsewhere(&paths);
        for (path, place) in paths.iter().zip([1, 2]) {
            country.node(path.hops[place].key).fault(Fault::Hang);
        }
        let begun = country.clock.monotonic();
        let answer = info(&onion, target, ask).await.unwrap();
        let took = country.clock.monotonic() - begun;
        assert!(answer.status == 200 && took < Duration::from_secs(10), "{took:?}");
        country.local.heal_all();
    }
}

#[tokio::test]
async fn with_a_third_of_the_nodes_silent_the_first_request_arrives_within_fifteen_seconds() {
    let country = Country::with(Options { nodes: 20, ..Options::default() }).await;
    for number in (0..20).step_by(3) {
        country.local.node(number).fault(Fault::Hang);
    }
    let onion = Onion::new(country.roads(), None);
    let begun = country.clock.monotonic();
    onion.ready().await.unwrap();
    let on_path = hops(&onion.paths()[0]);
    let target = country.keys().into_iter().find(|key| !on_path.contains(key) && country.node(*key).number() % 3 != 0);
    assert_eq!(info(&onion, target.unwrap(), Ask::poll()).await.unwrap().status, 200);
    assert!(country.clock.monotonic() - begun < Duration::from_secs(15));
    assert!(on_path.iter().all(|key| country.node(*key).number() % 3 != 0));
    assert!(strikes(&onion, &country) == 0 && onion.snapshot().guards.len() <= 6, "late ones are not blamed");
    country.local.heal_all();
}

#[tokio::test]
async fn when_all_guards_are_silent_we_are_offline_and_back_within_seconds_after_healing() {
    let country = Country::with(Options { nodes: 20, ..Options::default() }).await;
    let onion = country.account().await;
    let target = country.elsewhere(&onion.paths());
    country.local.nodes().for_each(|node| _ = node.fault(Fault::Refuse));
    let begun = country.clock.monotonic();
    // An hour in which somebody looks at the screen, or an evening.
    while country.clock.monotonic() - begun < Duration::from_secs(60 * 60) {
        assert_eq!(info(&onion, target, Ask::poll()).await.unwrap_err(), OnionError::Offline);
        country.clock.forward(Duration::from_secs(4 * 60));
    }
    assert_eq!(onion.snapshot().guards.len(), 6, "and never a seventh");
    country.local.heal_all();
    let healed = country.clock.monotonic();
    assert_eq!(info(&onion, target, Ask::poll()).await.unwrap().status, 200);
    assert!(country.clock.monotonic() - healed < Duration::from_secs(5));
    assert_eq!(strikes(&onion, &country), 0, "nobody is to blame");
}

#[tokio::test]
async fn a_destination_that_is_silent_behind_good_paths_costs_nobody_anything() {
    let country = Country::new().await;
    let onion = country.account().await;
    let paths = onion.paths();
    let target = country.elsewhere(&paths);
    country.node(target).fault(Fault::Hang);
    let asked = country.local.stats().onions;
    // Its nodes are asked after a second.
    let patient = Ask { timeout: Duration::from_secs(3), ..Ask::send() };
    assert_eq!(info(&onion, target, patient).await.unwrap_err(), OnionError::DestinationNotReady, "ask another one");
    assert!(country.local.stats().onions - asked >= 3, "and it was not asked again over the other path");
    assert!(silent(&onion, &country).is_empty() && strikes(&onion, &country) == 0);
    assert_eq!(onion.paths().iter().map(|path| path.strikes).sum::<u32>(), 0);
    country.local.heal_all();
}

#[tokio::test]
async fn a_guard_that_drops_what_it_should_pass_on_is_given_up() {
    let country = Country::with(Options { nodes: 14, ..Options::default() }).await;
    let onion = country.account().await;
    let liar = onion.paths()[0].hops[0].key;
    let begun = country.clock.monotonic();
    while !onion.snapshot().guards.iter().any(|guard| guard.key == liar && guard.given_up) {
        // It answers for itself, works for a while, and then drops everything: a path was good when it was built.
        onion.settle().await.unwrap();
        let liars = |path: &PathState| path.hops[0].key == liar;
        if onion.paths().iter().any(liars) {
            let id = country.node(liar).fault_when(Fault::Hang, When::as_guard());
            let target = country.elsewhere(&onion.paths());
            while onion.paths().iter().any(liars) {
                assert_eq!(info(&onion, target, Ask::poll()).await.unwrap().status, 200);
            }
            country.node(liar).lift(id);
        }
        assert!(country.clock.monotonic() - begun < Duration::from_secs(30 * 60));
        // Those that it made look silent come back.
        country.clock.forward(Duration::from_secs(20));
    }
    onion.settle().await.unwrap();
    assert!(onion.paths().iter().all(|path| path.hops[0].key != liar));
    assert!(onion.snapshot().guards.len() <= 6);
}

#[tokio::test]
async fn no_more_than_six_guards_are_tried_in_ten_days_and_these_are_asked_again() {
    let country = Country::with(Options { nodes: 24, ..Options::default() }).await;
    let mut onion = country.account().await;
    let target = country.elsewhere(&onion.paths());
    let mut guards = BTreeSet::new();
    let begun = country.clock.monotonic();
    for round in 0..9 {
        // Whoever becomes our guard is shot at once.
        for _ in 0..4 {
            guards.extend(onion.snapshot().guards.iter().map(|guard| guard.key));
            guards.iter().for_each(|guard| _ = country.node(*guard).fault(Fault::Refuse));
            let asked = info(&onion, target, Ask::send()).await;
            assert!(guards.len() < 6 || asked == Err(OnionError::Offline), "{asked:?}");
        }
        guards.extend(onion.snapshot().guards.iter().map(|guard| guard.key));
        assert!(guards.len() <= 6, "round {round}: {guards:?}");
        country.clock.forward(Duration::from_secs(60 * 60));
        onion = Onion::new(country.roads(), Some(onion.snapshot()));
    }
    assert!(country.clock.monotonic() - begun < Duration::from_secs(10 * 24 * 60 * 60));
    country.local.heal_all();
    let answer = info(&onion, target, Ask::send()).await.unwrap();
    assert!(guards.contains(&answer.way.hops[0].key), "back at once, with one that knows us");
}

#[tokio::test]
async fn a_node_that_keeps_an_account_of_ours_is_no_guard() {
    let country = Country::with(Options { nodes: 24, ..Options::default() }).await;
    for _ in 0..5 {
        let roads = country.roads();
        let (ana, bea) = (Onion::new(roads.clone(), None), Onion::new(roads, None));
        let swarm = |place: usize| {
            move |pool: &onionskin_core::onion::Pool| {
                pool.nodes().iter().enumerate().filter(|(at, _)| at % 3 == place).map(|(_, node)| node.key).collect()
            }
        };
        ana.not_as_guards(swarm(0));
        bea.not_as_guards(swarm(1));
        for onion in [&ana, &bea] {
            onion.settle().await.unwrap();
            let pool = onion.roads().pool();
            let ours: Vec<NodeKey> = [swarm(0)(&pool), swarm(1)(&pool)].concat();
            assert!(onion.paths().iter().all(|path| !ours.contains(&path.hops[0].key)), "of all accounts");
        }
    }
    let tiny = Country::with(Options { nodes: 5, swarms: 1, ..Options::default() }).await;
    let onion = Onion::new(tiny.roads(), None);
    onion.not_as_guards(|pool| pool.nodes().iter().map(|node| node.key).collect());
    onion.settle().await.unwrap();
    assert_eq!(onion.paths().len(), 1, "better one of them than none");
}

#[tokio::test]
async fn a_guard_that_always_asks_for_fewer_requests_holds_up_nobody() {
    let country = Country::with(Options { nodes: 16, ..Options::default() }).await;
    let onion = country.account().await;
    let busy = onion.paths()[0].hops[0].key;
    let target = country.elsewhere(&onion.paths());
    country.node(busy).fault_when(Fault::status(429, ""), When::always());
    let begun = country.clock.monotonic();
    let mut asked = 0;
    while !onion.roads().is_aside(&busy) {
        let answers = futures_util::future::join_all((0..8).map(|_| info(&onion, target, Ask::poll()))).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)), "{answers:?}");
        asked += 1;
        assert!(asked < 50);
        country.clock.forward(Duration::from_secs(2));
    }
    assert!(country.clock.monotonic() - begun < Duration::from_secs(2 * 50));
    assert!(onion.paths().iter().all(|path| path.hops[0].key != busy), "as if it were silent");
    assert_eq!(strikes(&onion, &country), 0);
}

#[tokio::test]
async fn a_slow_poll_is_doubled_over_the_other_path_and_the_first_answer_counts() {
    let country = Country::new().await;
    let onion = country.account().await;
    let paths = onion.paths();
    let target = country.elsewhere(&paths);
    for path in &paths {
        country.node(path.hops[1].key).fault_when(Fault::Hang, When::as_middle().next(1));
    }
    let asking = tokio::spawn({
        let onion = onion.clone();
        async move { info(&onion, target, Ask::poll()).await }
    });
    country.local.wait_until(|stats| stats.hung == 1).await.unwrap();
    country.clock.forward(Duration::from_secs(3));
    country.local.wait_until(|stats| stats.hung == 2).await.unwrap();
    // The duplicate is under way too; let one of them go on.
    country.node(paths[0].hops[1].key).heal();
    let answer = asking.await.unwrap().unwrap();
    assert_eq!(answer.way.hops[1].key, paths[0].hops[1].key);
    assert_eq!(answer.way.attempts, 1);
    assert_eq!(onion.paths().iter().map(|path| path.strikes).sum::<u32>(), 0);
    country.local.heal_all();
}

#[tokio::test]
async fn a_missing_hop_is_set_aside_and_replaced_and_the_request_arrives() {
    let country = Country::new().await;
    let onion = country.account().await;
    let paths = onion.paths();
    let target = country.elsewhere(&paths);
    for path in &paths {
        country.node(path.hops[2].key).fault(Fault::DeadTold);
    }
    let answer = info(&onion, target, Ask::send()).await.unwrap();
    assert!(answer.way.attempts >= 2);
    let missing = paths.iter().filter(|path| onion.roads().is_aside(&path.hops[2].key)).count();
    assert!(missing >= 1 && strikes(&onion, &country) == 0, "it may be back in a minute");
    assert!(paths.iter().all(|path| onion.roads().strikes(&path.hops[0].key) == 0), "the guards said the truth");
    assert!(answer.way.hops.iter().all(|hop| paths.iter().all(|path| path.hops[2].key != hop.key)));
}

#[tokio::test]
async fn a_guard_that_lies_about_the_next_node_loses_its_path() {
    let country = Country::with(Options { nodes: 24, ..Options::default() }).await;
    let onion = country.account().await;
    let liar = onion.paths()[0].hops[0].key;
    country.node(liar).fault_when(Fault::NextNotFound, When::as_guard());
    for _ in 0..3 {
        for target in country.keys() {
            info(&onion, target, Ask { attempts: 5, ..Ask::send() }).await.unwrap();
        }
    }
    assert!(onion.paths().iter().all(|path| path.hops[0].key != liar));
    assert!(onion.roads().strikes(&liar) >= 1);
}

#[tokio::test]
async fn a_destination_that_one_exit_does_not_know_stays_and_two_paths_take_it_out_of_the_list() {
    let country = Country::new().await;
    let onion = country.account().await;
    let paths = onion.paths();
    let target = country.elsewhere(&paths);
    for path in &paths {
        country.node(path.hops[2].key).fault_when(Fault::NextNotFound, When::as_middle());
    }
    assert_eq!(info(&onion, target, Ask::send()).await.unwrap_err(), OnionError::UnknownNode);
    assert!(onion.roads().pool().get(&target).is_some(), "one path may lie");
    assert_eq!(onion.roads().strikes(&target), 1);
    assert_eq!(onion.paths().iter().map(|path| path.strikes).sum::<u32>(), 1, "and pays for it");
    for _ in 0..50 {
        if onion.roads().pool().get(&target).is_none() {
            break;
        }
        assert_eq!(info(&onion, target, Ask::send()).await.unwrap_err(), OnionError::UnknownNode);
    }
    assert!(onion.roads().pool().get(&target).is_none());
    country.local.heal_all();
    onion.refresh_pool().await.unwrap();
    assert!(onion.roads().pool().get(&target).is_some(), "and the next list brings it back");
}

#[tokio::test]
async fn what_the_destination_answers_is_never_blamed_on_the_path() {
    let country = Country::new().await;
    let onion = country.account().await;
    let target = country.elsewhere(&onion.paths());
    for status in [400, 401, 403, 404, 406, 421, 500, 502, 503] {
        let id = country.node(target).fault_when(Fault::status(status, "no"), When::as_destination());
        let answer = info(&onion, target, Ask::send()).await.unwrap();
        assert_eq!((answer.status, answer.body.as_str(), answer.way.attempts), (status, "no", 1));
        country.node(target).lift(id);
    }
    assert_eq!(onion.paths().iter().map(|path| path.strikes).sum::<u32>(), 0);
    assert_eq!(strikes(&onion, &country), 0);
}

#[tokio::test]
async fn broken_and_unready_answers_are_retried_over_another_path() {
    let country = Country::new().await;
    let onion = country.account().await;
    for fault in [
        Fault::Garbage,
        Fault::Truncated,
        Fault::NotReady,
        Fault::PathStatus { code: 500, body: "Invalid response from snode".to_owned() },
        Fault::PathStatus { code: 504, body: "Request time out".to_owned() },
        Fault::PathStatus { code: 400, body: "Invalid ciphertext".to_owned() },
        Fault::PathStatus { code: 503, body: "Server busy, try again later".to_owned() },
    ] {
        onion.settle().await.unwrap();
        let target = country.elsewhere(&onion.paths());
        for path in onion.paths() {
            country.node(path.hops[0].key).fault_when(fault.clone(), When::as_guard().next(1));
        }
        let answer = info(&onion, target, Ask { attempts: 4, ..Ask::send() }).await;
        assert_eq!(answer.unwrap().status, 200, "{fault:?}");
        country.local.heal_all();
    }
}

#[tokio::test]
async fn with_three_of_ten_nodes_dead_requests_arrive() {
    for fault in [Fault::Dead, Fault::DeadTold] {
        let country = Country::with(Options { nodes: 20, ..Options::default() }).await;
        let onion = country.account().await;
        for number in 0..6 {
            country.local.node(number * 3).fault(fault.clone());
        }
        onion.leave_paths();
        for number in [1, 4, 7, 10, 13, 16, 19] {
            let target = NodeKey::parse(&country.local.node(number).key_hex()).unwrap();
            let answer = country.patiently(info(&onion, target, Ask::send())).await;
            assert_eq!(answer.unwrap().status, 200, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn one_node_that_lies_about_the_list_changes_nothing() {
    let country = Country::new().await;
    let onion = country.account().await;
    for (number, lie) in [(2, Lie::Invented(20)), (5, Lie::Extra(4)), (8, Lie::Fewer(6))] {
        let node = country.local.node(number);
        node.fault(Fault::LyingList(lie));
        for _ in 0..6 {
            country.clock.forward(Duration::from_secs(60));
            onion.refresh_pool().await.unwrap();
            let pool = onion.roads().pool();
            assert_eq!(pool.nodes().iter().map(|node| node.key).collect::<BTreeSet<_>>(), country.keys());
        }
        node.heal();
    }
}

/// All nodes tell the same other network: 14 of the 24 that there were.
async fn changed_country() -> (Country, Onion) {
    let country = Country::with(Options { nodes: 24, ..Options::default() }).await;
    let onion = country.account().await;
    country.all_leave_out(10);
    (country, onion)
}

#[tokio::test]
async fn nodes_that_agree_on_a_mostly_other_list_are_believed_only_with_a_seed() {
    let (country, onion) = changed_country().await;
    onion.refresh_pool().await.unwrap();
    let pool = onion.roads().pool();
    assert_eq!((pool.len(), pool.origin()), (24, Origin::Seed), "the seed's word counts");
    for seed in country.local.seeds() {
        seed.fault(Fault::LyingList(Lie::Fewer(10)));
    }
    onion.refresh_pool().await.unwrap();
    assert_eq!(onion.roads().pool().len(), 14, "and so it does when the network has really changed");
}

#[tokio::test]
async fn without_seeds_a_mostly_other_list_takes_a_day_and_five_nodes_and_is_said_to() {
    let (country, onion) = changed_country().await;
    country.local.stop_seeds();
    for _ in 0..4 {
        onion.refresh_pool().await.unwrap_err();
        assert_eq!(onion.roads().pool().len(), 24);
        country.clock.forward(Duration::from_secs(6 * 60 * 60));
    }
    // Four liars are never five that agree, also where the others name all that they name.
    country.local.nodes().skip(4).for_each(|node| node.heal());
    for _ in 0..3 {
        let _ = onion.refresh_pool().await;
        assert_eq!(onion.roads().pool().len(), 24);
        country.clock.forward(Duration::from_secs(60 * 60));
    }
    country.all_leave_out(10);
    onion.refresh_pool().await.unwrap();
    assert_eq!((onion.roads().pool().len(), onion.roads().nodes().origin), (14, Origin::WithoutSeeds));
    assert_eq!(country.roads().nodes().origin, Origin::WithoutSeeds, "after a restart too");
    country.local.restart_seeds();
    country.local.heal_all();
    onion.refresh_pool().await.unwrap();
    assert_eq!((onion.roads().pool().len(), onion.roads().nodes().origin), (24, Origin::Seed));
}

#[tokio::test]
async fn a_date_that_is_set_a_month_forward_is_no_silence_of_the_seeds() {
    let (country, onion) = changed_country().await;
    country.local.stop_seeds();
    onion.refresh_pool().await.unwrap_err();
    for months in 1..=3 {
        let clock = country.clock.wrong_by(months * 30 * 24 * 60 * 60 * 1_000);
        let later = Roads::open(&country.network, Some(country.cache.path()), clock.shared()).unwrap();
        Onion::new(later, None).refresh_pool().await.unwrap_err();
    }
    assert_eq!(country.roads().pool().len(), 24);
}

#[tokio::test]
async fn every_tenth_renewal_is_compared_with_seeds_and_what_nodes_left_out_comes_back() {
    let country = Country::with(Options { nodes: 24, ..Options::default() }).await;
    let onion = country.account().await;
    country.all_leave_out(6);
    let asked = country.local.stats().seeds;
    for _ in 0..10 {
        country.clock.forward(Duration::from_secs(60 * 60));
        onion.refresh_pool().await.unwrap();
        assert_eq!((onion.roads().pool().len(), onion.roads().pool().origin()), (18, Origin::Nodes));
    }
    assert_eq!(country.local.stats().seeds, asked);
    onion.refresh_pool().await.unwrap();
    assert_eq!((onion.roads().pool().len(), onion.roads().pool().origin()), (24, Origin::Seed));
    assert_eq!(country.local.stats().seeds, asked + 2);
}

#[tokio::test]
async fn seeds_that_lie_when_they_are_asked_about_a_known_network_change_nothing() {
    let country = Country::new().await;
    let onion = country.account().await;
    for seed in country.local.seeds() {
        seed.fault(Fault::LyingList(Lie::Invented(20)));
    }
    country.clock.forward(Duration::from_secs(25 * 60 * 60));
    onion.refresh_pool().await.unwrap();
    assert_eq!(onion.roads().pool().nodes().iter().map(|node| node.key).collect::<BTreeSet<_>>(), country.keys());
}

#[tokio::test]
async fn a_list_that_is_two_hours_old_is_renewed_from_nodes_and_not_from_seeds() {
    let country = Country::new().await;
    let onion = country.account().await;
    assert_eq!(onion.roads().pool().origin(), Origin::Seed);
    let asked = country.local.stats().seeds;
    country.clock.forward(Duration::from_secs(2 * 60 * 60));
    onion.settle().await.unwrap();
    let pool = onion.roads().pool();
    assert_eq!((pool.origin(), pool.len()), (Origin::Nodes, 12));
    assert!(pool.nodes().iter().all(|node| node.swarm.is_some()));
    assert_eq!(country.local.stats().seeds, asked);
}

#[tokio::test]
async fn with_a_cached_list_no_seed_is_needed() {
    let country = Country::new().await;
    drop(country.account().await);
    country.local.stop_seeds();
    let onion = Onion::new(country.roads(), None);
    assert_eq!(onion.roads().pool().origin(), Origin::Cached);
    onion.settle().await.unwrap();
    let target = country.elsewhere(&onion.paths());
    assert_eq!(info(&onion, target, Ask::send()).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_short_list_from_a_file_is_enough_to_fetch_the_whole_one_without_a_seed() {
    let country = Country::new().await;
    country.local.stop_seeds();
    let mut list = country.local.node_list();
    let states = list.pointer_mut("/result/service_node_states").or(None);
    match states {
        Some(states) => states.as_array_mut().unwrap().truncate(5),
        None => list["service_node_states"].as_array_mut().unwrap().truncate(5),
    }
    let roads = country.roads();
    assert_eq!(roads.import(&list.to_string()).unwrap(), 5);
    let onion = Onion::new(roads, None);
    onion.ready().await.unwrap();
    let pool = onion.roads().pool();
    assert_eq!((pool.len(), pool.origin()), (12, Origin::Nodes));
}

#[tokio::test]
async fn without_seeds_and_without_a_list_we_are_offline_and_come_back_by_ourselves() {
    let country = Country::new().await;
    country.local.stop_seeds();
    let onion = Onion::new(country.roads(), None);
    let waiting = tokio::spawn({
        let onion = onion.clone();
        async move { onion.ready().await }
    });
    while !waiting.is_finished() {
        country.clock.forward(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    assert_eq!(waiting.await.unwrap(), Err(OnionError::Offline));
    country.local.restart_seeds();
    onion.ready().await.unwrap();
}

#[tokio::test]
async fn a_pinned_https_seed_is_believed_and_one_with_another_pin_is_not() {
    let country = Country::with(Options { http_seeds: 0, https_seeds: 1, ..Options::default() }).await;
    let onion = Onion::new(country.roads(), None);
    onion.ready().await.unwrap();
    assert_eq!(onion.roads().pool().origin(), Origin::Seed);

    let mut wrong = country.network.clone();
    wrong.name = "wrong-pin".to_owned();
    wrong.seeds[0].pin = Network::mainnet().seeds[0].pin.clone();
    let asked = country.local.stats().seeds;
    let roads = Roads::open(&wrong, None, country.clock.shared()).unwrap();
    let waiting = tokio::spawn(async move { Onion::new(roads, None).ready().await });
    while !waiting.is_finished() {
        country.clock.forward(Duration::from_millis(500));
        tokio::task::yield_now().await;
    }
    assert_eq!(waiting.await.unwrap(), Err(OnionError::Offline));
    assert_eq!(country.local.stats().seeds, asked, "it never even heard what we wanted");
}

#[tokio::test]
async fn a_seed_that_lies_short_is_passed_over_for_one_that_does_not() {
    let country = Country::with(Options { http_seeds: 2, https_seeds: 0, ..Options::default() }).await;
    country.local.seed(0).fault(Fault::LyingList(Lie::Fewer(8)));
    let onion = Onion::new(country.roads(), None);
    onion.ready().await.unwrap();
    assert_eq!(onion.roads().pool().len(), 12);
}

fn upload(body: &[u8]) -> V4Request {
    V4Request {
        method: "POST".to_owned(),
        endpoint: "/file".to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/octet-stream".to_owned())],
        body: Some(body.to_vec()),
    }
}

fn download(id: &str) -> V4Request {
    V4Request { method: "GET".to_owned(), endpoint: format!("/file/{id}"), headers: vec![], body: None }
}

#[tokio::test]
async fn a_file_goes_to_the_file_server_and_comes_back_over_a_path_of_its_own() {
    let country = Country::new().await;
    let onion = country.account().await;
    let server = &country.network.file_server;
    let content: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let sent = onion.server(server, upload(&content), Ask::file()).await.unwrap();
    assert_eq!((sent.code, sent.way.destination, sent.way.hops.len()), (200, None, 3));
    let id = serde_json::from_slice::<serde_json::Value>(&sent.body).unwrap()["id"].as_str().unwrap().to_owned();
    let got = onion.server(server, download(&id), Ask::file()).await.unwrap();
    assert_eq!(got.body, content);
    assert_eq!(got.header("content-type"), Some("application/octet-stream"));
    let missing = onion.server(server, download("7"), Ask::file()).await.unwrap();
    assert_eq!((missing.code, missing.way.attempts), (404, 1));
    let paths = onion.paths();
    assert_eq!(paths.iter().filter(|path| path.for_files).count(), 1);
    assert_eq!(paths.iter().flat_map(hops).collect::<BTreeSet<_>>().len(), 9);
}

#[tokio::test]
async fn a_server_that_is_away_is_reported_as_such_and_no_path_is_blamed() {
    let country = Country::new().await;
    let onion = country.account().await;
    let server = &country.network.file_server;
    country.local.file_server().stop();
    let error = onion.server(server, download("7"), Ask::file()).await.unwrap_err();
    assert_eq!(error, OnionError::ServerUnreachable);
    assert_eq!(onion.paths().iter().map(|path| path.strikes).sum::<u32>(), 0);
    assert_eq!(strikes(&onion, &country), 0);
    country.local.file_server().restart();
    assert_eq!(onion.server(server, download("7"), Ask::file()).await.unwrap().code, 404);
}

#[tokio::test]
async fn a_network_of_five_nodes_still_works_over_one_path() {
    let country = Country::with(Options { nodes: 5, swarms: 1, ..Options::default() }).await;
    let onion = country.account().await;
    assert_eq!(onion.paths().len(), 1);
    for key in country.keys() {
        assert_eq!(info(&onion, key, Ask::send()).await.unwrap().status, 200);
    }
    let server = &country.network.file_server;
    assert_eq!(onion.server(server, download("7"), Ask::file()).await.unwrap().code, 404);
    let now = country.clock.monotonic();
    assert!(onion.paths().iter().all(|path| path.age <= now));
}

#[tokio::test]
async fn a_snapshot_holds_guards_and_nothing_that_could_link_two_accounts() {
    let country = Country::new().await;
    let onion = country.account().await;
    let json = serde_json::to_value(onion.snapshot()).unwrap();
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["guards"]);
    assert_eq!(serde_json::from_value::<PathSnapshot>(json).unwrap(), onion.snapshot());
    let cached = std::fs::read_to_string(country.cache.path().join("nodes-local.json")).unwrap();
    assert!(!cached.contains("guard"));
}
