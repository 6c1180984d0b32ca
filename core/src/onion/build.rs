//! Building paths: a guard that answers, several candidates behind it, one of those that work.
//!
//! A guard is tested by connecting to it (TCP and TLS). Behind it up to four candidates are drawn and tested at once
//! (`candidates`). When guard after guard is silent, it is probably we who are offline: nobody gets a strike for that, and
//! the guards of the last ten days are asked all together, for they know us. How long it goes on, and when it gives up
//! until the next request, says [`trial`](super::trial). A path that works clears its nodes of earlier suspicions.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::clock;

use super::candidates::{Candidate, Tested};
use super::choice::{self, Draw};
use super::draw::{Market, Order};
use super::error::OnionError;
use super::failure::Blame;
use super::guard::MOST_GUARDS;
use super::limit;
use super::live::LivePath;
use super::lock::locked;
use super::node::{NodeKey, ServiceNode};
use super::path::{HOPS, Hops, PathId, Purpose, keys};
use super::traffic::Traffic;
use super::trial::{self, Found, Trial};

/// What became of one draw.
enum Drawn {
    Works(PathId),
    Fails(Found),
}

/// Whether a guard answers.
enum Reached {
    /// The first candidate behind one that does.
    Guard(Box<Candidate>),
    Silent,
    NothingToDraw,
}

impl Traffic {
    /// Builds and tests a path until one works.
    ///
    /// # Errors
    /// [`OnionError::NoNodes`] when there are too few nodes to draw from, [`OnionError::Offline`] when no guard could be
    /// connected to, [`OnionError::PathBroken`] when guards could and no path worked.
    pub(super) async fn build(self: &Arc<Self>, order: Order) -> Result<PathId, OnionError> {
        // Files and detours have the paths for messages to fall back on.
        let for_messages = order.purpose == Purpose::Messages;
        if for_messages {
            self.note_building(None);
        }
        let built = self.build_one(order).await;
        if let (true, Err(error)) = (for_messages, &built) {
            self.note_building(Some(error.clone()));
        }
        built
    }

    async fn build_one(self: &Arc<Self>, mut order: Order) -> Result<PathId, OnionError> {
        let mut trial = Trial::new(order.purpose != Purpose::Spare);
        loop {
            let limit = trial.patience(locked(&self.state).trips.limit().max(LEAST_PATIENCE));
            let found = match self.draw_and_test(&mut order, limit).await? {
                Drawn::Works(path) => return Ok(path),
                Drawn::Fails(found) => found,
            };
            let step = trial.step(found);
            if let Some(guard) = step.leave {
                self.set_guard_aside(guard, &mut order);
                self.accuse_guard(guard);
            }
            match step.next {
                trial::Next::Draw => {}
                trial::Next::GiveUp(OnionError::Offline) => return Err(self.offline()),
                trial::Next::GiveUp(error) => return Err(error),
            }
            if !step.wait.is_zero() {
                clock::sleep(&**self.roads.clock(), step.wait).await;
            }
        }
    }

    /// Draws candidates behind one guard and keeps one that works; what does not work is avoided by the next draw.
    async fn draw_and_test(&self, order: &mut Order, limit: Duration) -> Result<Drawn, OnionError> {
        let first = match self.reachable(order, limit).await? {
            Reached::Guard(first) => *first,
            Reached::Silent => return Ok(Drawn::Fails(Found::GuardAway)),
            Reached::NothingToDraw => return Ok(Drawn::Fails(Found::NothingToDraw)),
        };
        let [guard, ..] = first.hops.clone();
        let candidates = self.candidates(first, order, self.how_many());
        let mut tested = self.test_all(candidates, order, limit).await?;
        let chosen = choice::uniform(tested.working.len(), &mut choice::system);
        if let Some(place) = chosen.filter(|place| *place < tested.working.len()) {
            let (Candidate { hops, live }, rtt) = tested.working.swap_remove(place);
            return Ok(Drawn::Works(self.keep(hops, order.purpose, rtt, live)));
        }
        let Tested { broken, late, guard_answers, .. } = tested;
        if !guard_answers {
            self.set_guard_aside(guard.key, order);
            return Ok(Drawn::Fails(Found::GuardAway));
        }
        broken.into_iter().for_each(|(hops, blame)| self.punish_untested(&hops, blame, order));
        // Not blamed: who is silent here was not found out.
        order.shun.extend(late.iter().flat_map(|hops| keys(hops).into_iter().skip(1)));
        Ok(Drawn::Fails(Found::Broken { guard: guard.key }))
    }

    /// Draws a candidate whose guard answers. A guard that was silent a moment ago is drawn only when there is no other:
    /// then all that we ever had are asked together.
    async fn reachable(&self, order: &mut Order, limit: Duration) -> Result<Reached, OnionError> {
        let Some(first) = self.draw(order) else { return Ok(Reached::NothingToDraw) };
        let [guard, ..] = &first.hops;
        let asked = if self.roads.is_aside(&guard.key) { self.all_guards(order) } else { vec![guard.clone()] };
        let answers = join_all(asked.iter().map(|guard| self.reach(guard, limit))).await;
        let mut reached = Vec::new();
        for (guard, answer) in asked.iter().zip(answers) {
            if answer? {
                self.reached(&guard.key);
                reached.push(guard.key);
            } else {
                self.set_guard_aside(guard.key, order);
            }
        }
        if reached.contains(&guard.key) {
            return Ok(Reached::Guard(Box::new(first)));
        }
        let Some(other) = reached.first() else { return Ok(Reached::Silent) };
        order.guard = Some(*other);
        drop(first);
        Ok(self.draw(order).map_or(Reached::NothingToDraw, |first| Reached::Guard(Box::new(first))))
    }

    /// How many candidates: a second one while all nodes answer, more where some are silent or nothing is known yet.
    fn how_many(&self) -> usize {
        let calm = locked(&self.state).trips.is_measured() && self.roads.aside().is_empty();
        if calm { CANDIDATES_IN_CALM } else { MOST_CANDIDATES }
    }

    /// All guards of the last ten days, and no other: they know us.
    fn all_guards(&self, order: &Order) -> Vec<ServiceNode> {
        let (pool, now) = (self.roads.pool(), self.roads.clock().now());
        let guards = locked(&self.state).kept.of_ten_days(now);
        guards.iter().filter(|key| !order.avoid.contains(key)).filter_map(|key| pool.get(key).cloned()).collect()
    }

    fn set_guard_aside(&self, guard: NodeKey, order: &mut Order) {
        self.roads.set_aside(guard);
        order.avoid.insert(guard);
    }

    /// Puts an unused node in the place of a missing one; drops the path when there is none.
    pub(super) fn repair(&self, id: PathId, missing: NodeKey) {
        let Some(hops) = locked(&self.state).paths.hops(id) else { return };
        let others: Vec<&ServiceNode> = hops.iter().filter(|hop| hop.key != missing).collect();
        let order = Order {
            purpose: Purpose::Messages,
            avoid: BTreeSet::from([missing]),
            shun: BTreeSet::new(),
            guard: None,
            overlap: false,
        };
        for _ in 0..REDRAWS {
            let new =
                self.with_market(Purpose::Messages, |market, draw| market.draw_replacement(&order, &others, draw));
            let Some(new) = new else { break };
            let keys = hops.each_ref().map(|hop| if hop.key == missing { new.key } else { hop.key });
            if let Some(live) = self.roads.live().reserve(self.owner, keys) {
                locked(&self.state).paths.replace(id, &missing, new, live);
                return;
            }
        }
        locked(&self.state).paths.retire(id);
    }

    /// Draws a path that no other account has, and holds it. Its guard counts among the six from here on.
    pub(super) fn draw(&self, order: &Order) -> Option<Candidate> {
        for _ in 0..REDRAWS {
            let hops = self.with_market(order.purpose, |market, draw| market.draw(order, draw))?;
            if let Some(live) = self.roads.live().reserve(self.owner, keys(&hops)) {
                let [guard, ..] = &hops;
                locked(&self.state).kept.keep(guard.key, self.roads.clock().now());
                return Some(Candidate { hops, live });
            }
        }
        None
    }

    fn with_market<T>(&self, purpose: Purpose, run: impl FnOnce(&Market<'_>, Draw<'_>) -> T) -> T {
        let pool = self.roads.pool();
        let own_swarms = self.roads.own_swarms().nodes(&pool);
        let aside = self.roads.aside();
        let guards_elsewhere = self.roads.live().guards_elsewhere(self.owner);
        let out = self.roads.out();
        let now = self.roads.clock().now();
        let state = locked(&self.state);
        let in_use: Vec<ServiceNode> = state.paths.nodes().cloned().collect();
        let kept = state.kept.usable(now, |key| pool.get(key).is_some());
        let market = Market {
            pool: &pool,
            subnet_rule: self.roads.network().subnet_rule,
            is_out: &|key| out.contains(key),
            aside: &aside,
            in_use: &in_use,
            kept: &kept,
            of_ten_days: &state.kept.of_ten_days(now),
            // The last two are for what somebody waits for.
            most_guards: match purpose {
                Purpose::Messages | Purpose::Detour => MOST_GUARDS,
                Purpose::Files | Purpose::Spare => MOST_GUARDS - 2,
            },
            own_swarms: &own_swarms,
            guards_elsewhere: &guards_elsewhere,
            latencies: &state.latencies,
        };
        run(&market, &mut choice::system)
    }

    /// Whether a guard can be connected to; proven already when it is the guard of a standing path.
    async fn reach(&self, guard: &ServiceNode, limit: Duration) -> Result<bool, OnionError> {
        if locked(&self.state).paths.guards().any(|proven| proven.key == guard.key) {
            return Ok(true);
        }
        let connect = self.transport()?.reach(guard);
        Ok(matches!(clock::with_timeout(&**self.roads.clock(), limit, connect).await, Ok(Ok(()))))
    }

    fn punish_untested(&self, hops: &Hops, blame: Blame, order: &mut Order) {
        let [guard, middle, exit] = hops;
        match blame {
            // Nodes are not judged by what an untested path says of them as destinations.
            Blame::Nobody | Blame::Destination | Blame::DestinationGone | Blame::DestinationAccused => {}
            Blame::Hop(node) => {
                self.roads.set_aside(node);
                order.avoid.insert(node);
            }
            // Replaced only when a path that has worked says so: here a guard that lies would name one after another.
            Blame::HopNotReady(node) => {
                self.roads.strike(node);
                order.avoid.insert(node);
            }
            Blame::GuardAway => self.set_guard_aside(guard.key, order),
            Blame::Guard => {
                self.roads.strike(guard.key);
                order.avoid.insert(guard.key);
            }
            Blame::Path | Blame::PathUnlessOthersAgree => {
                for node in [middle, exit] {
                    self.roads.strike(node.key);
                    order.shun.insert(node.key);
                }
            }
        }
    }

    fn keep(&self, hops: Hops, purpose: Purpose, rtt: Duration, live: LivePath) -> PathId {
        let clock = self.roads.clock();
        let (now, wall) = (clock.monotonic(), clock.now());
        let [guard, middle, exit] = &hops;
        self.roads.vindicate(&keys(&hops));
        let mut state = locked(&self.state);
        state.kept.keep(guard.key, wall);
        state.trips.measured(rtt);
        state.latencies.measured([&middle.key, &exit.key], rtt, HOPS + 1);
        let id = state.paths.add(hops, purpose, now, rtt, live);
        state.paths.trim(Purpose::Detour, 1);
        id
    }
}

/// Draws until one is found that no other account has; only a network of a handful of nodes needs more than one.
const REDRAWS: u32 = 50;

/// The least time for the first answer of a candidate. Those that answer do not wait for it; behind a guard of which
/// nothing is heard, a device that is busy itself must not think all are dead.
const LEAST_PATIENCE: Duration = limit::FIRST_GUESS;

/// Candidates that are tested at once while all nodes answer. More would only give a guard that drops what it does not
/// like more to choose from.
const CANDIDATES_IN_CALM: usize = 2;

/// Candidates that are tested at once otherwise. Fewer find none where many nodes are dead; more are a burst that stands
/// out.
const MOST_CANDIDATES: usize = 4;
