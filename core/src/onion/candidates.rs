//! Candidates: several paths behind one guard, tested at once.
//!
//! A dead node is answered by silence, so paths that are tested one after the other cost a time limit each. Up to four
//! are tested at once, all behind a guard that is kept anyway: nobody new sees our address for the sake of speed. Each is
//! asked for `info` of a random node elsewhere, which names nobody and proves that the exit passes things on; where that
//! takes half of the limit, the exit itself is asked as well, for the random node may be the one that is dead.
//!
//! The path is drawn from **all** that answered within the limit, never the first: who is fast is not preferred by more
//! than the draw of the candidates did already (`choice`). The limit becomes that of the first answer once there is
//! one. Who is late is not blamed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::clock;

use super::choice;
use super::draw::Order;
use super::error::OnionError;
use super::exchange::{Broken, Exchanged};
use super::failure::{Blame, Next, Route, decide};
use super::layer::{Destination, rpc_payload};
use super::limit::RoundTrips;
use super::live::LivePath;
use super::node::{NodeKey, ServiceNode};
use super::path::{Hops, keys};
use super::probe::Heard;
use super::traffic::Traffic;

/// A path that is not tested yet. No other account builds the same meanwhile.
pub(super) struct Candidate {
    pub hops: Hops,
    pub live: LivePath,
}

/// What testing the candidates behind one guard found.
pub(super) struct Tested {
    /// Those that answered in time, with their round trips.
    pub working: Vec<(Candidate, Duration)>,
    /// Those that failed, and whom that blames.
    pub broken: Vec<(Hops, Blame)>,
    /// Those of which nothing was heard.
    pub late: Vec<Hops>,
    /// Whether the guard answered anything at all.
    pub guard_answers: bool,
}

/// What was heard of one candidate.
enum News {
    /// A node elsewhere answered over the candidate at this place, after this time.
    Whole(usize, Duration),
    /// The candidate at this place failed.
    Broken(usize, Blame),
    /// The exit of the candidate at this place was asked itself.
    Exit(usize, Heard),
    /// The guard was asked itself.
    Guard(Heard),
    /// Nothing, in time.
    Late,
}

/// What is known of the candidates so far, by their places.
struct Standings {
    whole: Vec<Option<Duration>>,
    exit: Vec<Option<Duration>>,
    broken: Vec<Option<Blame>>,
    guard_answers: bool,
}

impl Standings {
    fn new(count: usize) -> Self {
        Self { whole: vec![None; count], exit: vec![None; count], broken: vec![None; count], guard_answers: false }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Late | News::Exit(_, Heard::Silence) | News::Guard(Heard::Silence) => return,
            News::Exit(_, Heard::NextIsSilent | Heard::Words) | News::Guard(_) => {}
            News::Exit(place, Heard::Answer(rtt)) => put(&mut self.exit, place, rtt),
            News::Whole(place, rtt) => put(&mut self.whole, place, rtt),
            News::Broken(place, blame) => {
                put(&mut self.broken, place, blame);
                if blame == Blame::GuardAway {
                    return;
                }
            }
        }
        self.guard_answers = true;
    }

    /// Whether nothing is left to wait for: each candidate passed or failed.
    fn is_decided(&self) -> bool {
        self.whole.iter().zip(&self.broken).all(|(whole, broken)| whole.is_some() || broken.is_some())
    }

    /// Those that work: all that passed the whole test; where none did, those whose exit answers and that did not fail.
    fn working(&self) -> Vec<Option<Duration>> {
        if self.whole.iter().any(Option::is_some) {
            return self.whole.clone();
        }
        self.exit.iter().zip(&self.broken).map(|(exit, broken)| exit.filter(|_| broken.is_none())).collect()
    }
}

fn put<T>(values: &mut [Option<T>], place: usize, value: T) {
    if let Some(at) = values.get_mut(place) {
        *at = Some(value);
    }
}

impl Traffic {
    /// Candidates behind the guard of the first, with other nodes where there are enough.
    pub(super) fn candidates(&self, first: Candidate, order: &Order, count: usize) -> Vec<Candidate> {
        let [guard, ..] = keys(&first.hops);
        let mut order = Order { guard: Some(guard), ..order.clone() };
        let mut candidates = vec![first];
        while candidates.len() < count {
            order.shun.extend(candidates.iter().flat_map(|candidate| keys(&candidate.hops).into_iter().skip(1)));
            let Some(next) = self.draw(&order) else { break };
            if candidates.iter().any(|known| keys(&known.hops) == keys(&next.hops)) {
                break;
            }
            candidates.push(next);
        }
        candidates
    }

    /// Tests candidates behind one guard.
    ///
    /// # Errors
    /// When a request cannot be built.
    pub(super) async fn test_all(
        &self,
        candidates: Vec<Candidate>,
        order: &Order,
        limit: Duration,
    ) -> Result<Tested, OnionError> {
        let mut standings = Standings::new(candidates.len());
        self.hear_all(&candidates, order, limit, &mut standings).await?;
        let guard = candidates.first().map(|candidate| candidate.hops.clone());
        let mut tested =
            Tested { working: vec![], broken: vec![], late: vec![], guard_answers: standings.guard_answers };
        let working = standings.working();
        for ((candidate, rtt), blame) in candidates.into_iter().zip(working).zip(standings.broken) {
            match (rtt, blame) {
                (Some(rtt), _) => tested.working.push((candidate, rtt)),
                (None, Some(blame)) => tested.broken.push((candidate.hops, blame)),
                (None, None) => tested.late.push(candidate.hops),
            }
        }
        if let (false, Some(hops)) = (tested.guard_answers, guard) {
            // Behind a guard that is silent itself nothing was tested. It was asked once; this is the second time.
            tested.guard_answers = !matches!(self.ask_prefix(&hops, 0, limit / 2).await, Heard::Silence);
        }
        Ok(tested)
    }

    /// Listens until all is decided or the limit has passed.
    async fn hear_all(
        &self,
        candidates: &[Candidate],
        order: &Order,
        limit: Duration,
        standings: &mut Standings,
    ) -> Result<(), OnionError> {
        let clock = self.roads.clock();
        let begun = clock.monotonic();
        let mut until = begun.saturating_add(limit);
        let (passed, heard) = (AtomicBool::new(false), AtomicBool::new(false));
        let mut running: FuturesUnordered<BoxFuture<'_, Option<Result<News, OnionError>>>> = FuturesUnordered::new();
        for (place, Candidate { hops, .. }) in candidates.iter().enumerate() {
            running.push(self.test(place, hops, order, limit).map(Some).boxed());
            running.push(self.ask_exit(place, hops, limit, &passed).map(|news| news.map(Ok)).boxed());
        }
        if let Some(Candidate { hops, .. }) = candidates.first() {
            running.push(self.ask_guard(hops, limit, &heard).map(|news| news.map(Ok)).boxed());
        }
        while !standings.is_decided() {
            let news = tokio::select! {
                biased;
                news = running.next() => news,
                () = clock.sleep_until(until) => None,
            };
            let Some(news) = news else { break };
            let Some(news) = news.transpose()? else { continue };
            if let News::Whole(_, rtt) = news
                && !passed.swap(true, Ordering::AcqRel)
            {
                until = until.min(begun.saturating_add(RoundTrips::from(rtt).limit()));
            }
            standings.hear(news);
            heard.fetch_or(standings.guard_answers, Ordering::AcqRel);
        }
        Ok(())
    }

    /// Asks the guard itself once half of the limit has passed without a word over it.
    async fn ask_guard(&self, hops: &Hops, limit: Duration, heard: &AtomicBool) -> Option<News> {
        clock::sleep(&**self.roads.clock(), limit / 2).await;
        if heard.load(Ordering::Acquire) {
            return None;
        }
        Some(News::Guard(self.ask_prefix(hops, 0, limit).await))
    }

    /// Asks the exit itself once half of the limit has passed without a candidate that works.
    async fn ask_exit(&self, place: usize, hops: &Hops, limit: Duration, passed: &AtomicBool) -> Option<News> {
        clock::sleep(&**self.roads.clock(), limit / 2).await;
        if passed.load(Ordering::Acquire) {
            return None;
        }
        Some(News::Exit(place, self.ask_prefix(hops, hops.len() - 1, limit).await))
    }

    /// Asks a node elsewhere for `info` through all three.
    ///
    /// A path that names the destination as the culprit gets another one, but not for ever: its exit may lie.
    async fn test(&self, place: usize, hops: &Hops, order: &Order, limit: Duration) -> Result<News, OnionError> {
        let plain = rpc_payload("info", &serde_json::json!({}));
        let mut asked = BTreeSet::new();
        for _ in 0..TEST_DESTINATIONS {
            let Some(destination) = self.test_destination(hops, order, &asked) else { break };
            asked.insert(destination.key);
            let broken = match self.exchange(hops, &Destination::from(&destination), &plain, limit).await? {
                // Any answer of the destination proves the way there.
                Exchanged::Answered(received) => return Ok(News::Whole(place, received.rtt)),
                Exchanged::Broken(Broken::TimedOut) => return Ok(News::Late),
                Exchanged::Broken(broken) => broken,
            };
            let route = Route { hops: keys(hops), destination: Some(destination.key) };
            let decision = decide(&broken.as_failure(), &route);
            match decision.next {
                Next::AskAnother => {}
                Next::BackOff => return Ok(News::Broken(place, Blame::Nobody)),
                _ => return Ok(News::Broken(place, decision.blame)),
            }
        }
        Ok(News::Broken(place, Blame::Path))
    }

    /// A random node that is not on the path; one that is said to work while there is one.
    fn test_destination(&self, hops: &Hops, order: &Order, asked: &BTreeSet<NodeKey>) -> Option<ServiceNode> {
        let pool = self.roads.pool();
        let elsewhere =
            pool.nodes().iter().filter(|node| !keys(hops).contains(&node.key) && !asked.contains(&node.key));
        let all: Vec<&ServiceNode> = elsewhere.collect();
        let (out, aside) = (self.roads.out(), self.roads.aside());
        let suspect = |node: &ServiceNode| {
            [&out, &aside, &order.avoid, &order.shun].iter().any(|suspects| suspects.contains(&node.key))
        };
        let good: Vec<&ServiceNode> = all.iter().filter(|node| !suspect(node)).copied().collect();
        let candidates = if good.is_empty() { all } else { good };
        candidates.get(choice::uniform(candidates.len(), &mut choice::system)?).map(|node| (*node).clone())
    }
}

/// Destinations for the test of one path.
const TEST_DESTINATIONS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Duration = Duration::from_millis(50);
    const SLOW: Duration = Duration::from_millis(700);

    fn after(news: Vec<News>) -> Standings {
        let mut standings = Standings::new(2);
        news.into_iter().for_each(|news| standings.hear(news));
        standings
    }

    #[test]
    fn all_that_answered_stand_for_choice_and_an_exit_alone_only_when_no_whole_path_did() {
        let exit = |place, heard| News::Exit(place, heard);
        for (news, working, decided, guard_answers) in [
            (vec![], [None, None], false, false),
            (vec![News::Whole(0, FAST)], [Some(FAST), None], false, true),
            (vec![News::Whole(0, FAST), News::Whole(1, SLOW)], [Some(FAST), Some(SLOW)], true, true),
            (vec![News::Whole(1, SLOW), News::Broken(0, Blame::Path)], [None, Some(SLOW)], true, true),
            (vec![exit(0, Heard::Answer(FAST))], [Some(FAST), None], false, true),
            (vec![exit(0, Heard::Answer(FAST)), News::Whole(1, SLOW)], [None, Some(SLOW)], false, true),
            (vec![exit(0, Heard::Silence), exit(1, Heard::Silence)], [None, None], false, false),
            (vec![exit(0, Heard::NextIsSilent)], [None, None], false, true),
            (vec![News::Late, News::Late, News::Guard(Heard::Silence)], [None, None], false, false),
            (vec![News::Guard(Heard::Answer(FAST))], [None, None], false, true),
            (vec![News::Guard(Heard::Words)], [None, None], false, true),
            (vec![News::Broken(0, Blame::GuardAway)], [None, None], false, false),
            (vec![News::Broken(0, Blame::Path), exit(0, Heard::Answer(FAST))], [None, None], false, true),
            (vec![News::Broken(0, Blame::Path), News::Broken(1, Blame::Path)], [None, None], true, true),
        ] {
            let standings = after(news);
            assert_eq!(standings.working(), working);
            assert_eq!((standings.is_decided(), standings.guard_answers), (decided, guard_answers), "{working:?}");
        }
    }
}
