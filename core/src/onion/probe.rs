//! Which hop of a path is silent: its prefixes are asked, each as the destination of a small request.
//!
//! A dead node is answered by silence: whoever is to pass something on waits for it, up to half a minute. So when a
//! request takes unusually long, each node of its path is asked for `info`, which names nobody, over the nodes before
//! it and the same guard, all at once, and once more after half of the limit where nothing came. What follows says one
//! table; a hop behind a silent one was not tested, and nothing is known of it. A path over which anything was answered
//! since the slow request left is whole, and is not asked.
//!
//! | guard | middle | exit | a node that answered lately, over all three | found |
//! |---|---|---|---|---|
//! | any | any | any | answers | the path is whole: the destination is silent |
//! | any | any | answers | any | the same |
//! | any | answers | silent | silent | the exit is silent |
//! | answers | silent | silent | silent | the middle node is silent |
//! | silent | silent | silent | silent | the guard is silent |
//! | says that the next node is missing, instead of passing on | | | | the same as silence of that node |
//! | says something else, instead of passing on | | | | nothing |
//!
//! The fourth question is for nodes that pass on what they do not answer themselves: a path that works stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;

use crate::clock;

use super::error::OnionError;
use super::exchange::{Broken, Exchanged};
use super::layer::{Destination, rpc_payload};
use super::lock::locked;
use super::node::ServiceNode;
use super::path::{Hops, PathId};
use super::traffic::Traffic;
use super::transport::Begun;

/// What asking the prefixes of a path found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// All nodes answer.
    Whole,
    /// The node at this place (0 is the guard) is the first that does not.
    Silent(usize),
    /// The guard answers, and does not pass on: it says something of its own.
    Unclear,
}

/// What came of asking one prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Its last node answered, after this time.
    Answer(Duration),
    /// Nothing, or no connection.
    Silence,
    /// The guard says that the next node does not answer.
    NextIsSilent,
    /// The guard says something else.
    Words,
}

/// What was heard of the prefixes of a path, guard first.
#[derive(Clone, Debug, Default)]
struct Prefixes {
    answered: [bool; 3],
    // The guard spoke itself instead of passing on.
    words: [bool; 3],
    guard_spoke: bool,
    // A node beyond the path answered over it.
    passed_on: bool,
}

impl Prefixes {
    fn hear(&mut self, place: usize, heard: Heard) {
        let mark = |marks: &mut [bool; 3]| marks.get_mut(place).into_iter().for_each(|mark| *mark = true);
        match heard {
            Heard::Answer(_) if place >= BEYOND => self.passed_on = true,
            Heard::Answer(_) => mark(&mut self.answered),
            Heard::Silence => {}
            Heard::NextIsSilent => self.guard_spoke = true,
            Heard::Words => {
                self.guard_spoke = true;
                mark(&mut self.words);
            }
        }
    }

    /// Whether the whole path answers, so that nothing else matters.
    fn is_whole(&self) -> bool {
        self.passed_on || self.answered.last() == Some(&true)
    }

    /// The table above.
    fn finding(&self) -> Finding {
        if self.is_whole() {
            return Finding::Whole;
        }
        // Who passes something on is there, whether or not it answered itself.
        let deepest = self.answered.iter().rposition(|answered| *answered);
        let first_silent = deepest.map_or(usize::from(self.guard_spoke), |deepest| deepest + 1);
        match self.words.get(first_silent) {
            None => Finding::Whole,
            Some(true) => Finding::Unclear,
            Some(false) => Finding::Silent(first_silent),
        }
    }
}

impl Traffic {
    /// Finds out which hop of a path is silent, and has it replaced; several requests over one path that is slow find out
    /// together.
    pub(super) fn look_for_silence(self: &Arc<Self>, id: PathId, hops: &Hops) -> watch::Receiver<Option<Finding>> {
        let (tell, hear) = watch::channel(None);
        let limit = {
            let mut state = locked(&self.state);
            if let Some(running) = state.probes.get(&id) {
                return running.clone();
            }
            state.probes.insert(id, hear.clone());
            state.paths.limit(id)
        };
        let (traffic, hops, beyond) = (self.clone(), hops.clone(), self.answering_beyond(hops));
        tokio::spawn(async move {
            let finding = tokio::select! {
                biased;
                () = traffic.stop.cancelled() => None,
                finding = traffic.probe(&hops, beyond.as_ref(), limit) => Some(finding),
            };
            locked(&traffic.state).probes.remove(&id);
            if finding == Some(Finding::Whole) {
                locked(&traffic.state).paths.heard(id, traffic.roads.clock().monotonic());
            }
            if let Some(finding) = finding {
                tracing::debug!(?finding, ?limit, "a path was slow and its nodes were asked");
                traffic.act_on(finding, id, &hops);
            }
            tell.send_replace(finding);
        });
        hear
    }

    /// A node that answered lately and is not on the path.
    fn answering_beyond(&self, hops: &Hops) -> Option<ServiceNode> {
        let answering = locked(&self.state).answering.clone();
        let beyond = answering.iter().rev().find(|key| hops.iter().all(|hop| hop.key != **key))?;
        self.roads.pool().get(beyond).cloned()
    }

    /// Asks all prefixes of a path, and the node beyond over all of it, each twice if need be.
    async fn probe(&self, hops: &Hops, beyond: Option<&ServiceNode>, limit: Duration) -> Finding {
        let way: Vec<ServiceNode> = hops.iter().chain(beyond).cloned().collect();
        let way = &way;
        let answered: [AtomicBool; 4] = Default::default();
        let ask = |place: usize, wait: Duration| {
            let answered = &answered;
            async move {
                clock::sleep(&**self.roads.clock(), wait).await;
                // An answer of a node proves all before it.
                if answered.iter().skip(place).any(|answered| answered.load(Ordering::Acquire)) {
                    return (place, Heard::Silence);
                }
                (place, self.ask_prefix(way, place, limit).await)
            }
        };
        let places = 0..way.len();
        let mut asking: FuturesUnordered<_> = [Duration::ZERO, limit / 2]
            .into_iter()
            .flat_map(|wait| places.clone().map(move |at| (at, wait)))
            .map(|(place, wait)| ask(place, wait))
            .collect();
        let mut prefixes = Prefixes::default();
        while let Some((place, heard)) = asking.next().await {
            prefixes.hear(place, heard);
            if let (Heard::Answer(_), Some(answered)) = (heard, answered.get(place)) {
                answered.store(true, Ordering::Release);
            }
            if prefixes.is_whole() {
                break;
            }
        }
        prefixes.finding()
    }

    /// Asks the node at `place` of a path for `info`, over the nodes before it.
    pub(super) async fn ask_prefix(&self, hops: &[ServiceNode], place: usize, limit: Duration) -> Heard {
        let (Some(guard), Some(before), Some(node)) = (hops.first(), hops.get(..place), hops.get(place)) else {
            return Heard::Words;
        };
        let plain = rpc_payload("info", &serde_json::json!({}));
        let asked =
            self.exchange_behind(guard, before, &Destination::from(node), &plain, limit, Begun::default()).await;
        heard(asked, place)
    }
}

fn heard(asked: Result<Exchanged, OnionError>, place: usize) -> Heard {
    match asked {
        Ok(Exchanged::Answered(received)) => Heard::Answer(received.rtt),
        Ok(Exchanged::Broken(Broken::TimedOut | Broken::Guard)) => Heard::Silence,
        Ok(Exchanged::Broken(Broken::Path { status: 502 | 504, .. })) if place > 0 => Heard::NextIsSilent,
        Ok(Exchanged::Broken(Broken::Path { .. } | Broken::Unreadable)) | Err(_) => Heard::Words,
    }
}

/// The place of the node beyond the path.
const BEYOND: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: Heard = Heard::Answer(Duration::from_millis(5));

    fn found(heard: &[(usize, Heard)]) -> Finding {
        let mut prefixes = Prefixes::default();
        heard.iter().for_each(|(place, heard)| prefixes.hear(*place, *heard));
        prefixes.finding()
    }

    #[test]
    fn every_row_of_the_table() {
        use Heard::{NextIsSilent, Silence, Words};
        for (guard, middle, exit, expected) in [
            (ANSWER, ANSWER, ANSWER, Finding::Whole),
            (Silence, Silence, ANSWER, Finding::Whole),
            (ANSWER, ANSWER, Silence, Finding::Silent(2)),
            (Silence, ANSWER, Silence, Finding::Silent(2)),
            (ANSWER, Silence, ANSWER, Finding::Whole),
            (ANSWER, Silence, Silence, Finding::Silent(1)),
            (Silence, Silence, Silence, Finding::Silent(0)),
            (ANSWER, NextIsSilent, Silence, Finding::Silent(1)),
            (Silence, NextIsSilent, NextIsSilent, Finding::Silent(1)),
            (ANSWER, ANSWER, NextIsSilent, Finding::Silent(2)),
            (ANSWER, Words, Words, Finding::Unclear),
            (ANSWER, Words, Silence, Finding::Unclear),
            (Words, Words, Words, Finding::Unclear),
            (ANSWER, ANSWER, Words, Finding::Unclear),
        ] {
            let heard = [(0, guard), (1, middle), (2, exit)];
            assert_eq!(found(&heard), expected, "{heard:?}");
        }
    }

    #[test]
    fn one_answer_of_two_is_an_answer_and_silence_behind_silence_says_nothing() {
        assert_eq!(found(&[(0, Heard::Silence), (1, Heard::Silence), (0, ANSWER)]), Finding::Silent(1));
        assert_eq!(found(&[(1, ANSWER), (1, Heard::Silence), (2, Heard::Silence)]), Finding::Silent(2));
        assert_eq!(found(&[]), Finding::Silent(0), "and never the middle or the exit");
        let silent = [(0, Heard::Silence), (1, Heard::Silence), (2, Heard::Silence)];
        assert_eq!(
            found(&[&silent[..], &[(3, ANSWER)]].concat()),
            Finding::Whole,
            "they pass on what they do not answer"
        );
        assert_eq!(found(&[&silent[..], &[(3, Heard::Silence)]].concat()), Finding::Silent(0));
    }
}
