//! What becomes of several revisions of one document: one of them, or a new one that contains them all.
//!
//! A revision is redundant when another one contains it (its lag list says so), when it is a duplicate, or when it is
//! [`limits::LAG`] or more generations behind the newest. What is left is merged by replaying all known diffs in the order of
//! (number, hash); each takes its values from the highest revision that knows it. No clock is looked at, and the order of
//! the revisions does not matter. Source: session-foundation/libsession-util `docs/config-merge-logic.md`,
//! `src/config.cpp`.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::diff::Diff;
use super::limits;
use super::message::{Hash, Lags, Message, trim};
use super::tree::Dict;

/// A revision to be merged, with the hash of its text.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// What it says.
    pub message: &'a Message,
    /// The hash of its text.
    pub hash: Hash,
}

impl Candidate<'_> {
    fn rank(&self) -> (i64, Hash) {
        (self.message.seqno, self.hash)
    }
}

/// What several revisions come to.
#[derive(Debug)]
pub enum Outcome {
    /// This one of them, as it is.
    One(usize),
    /// A new revision that contains all that counted. Its own diff is still empty.
    Combined(Box<Message>),
}

/// [`Outcome`], and who was left behind.
#[derive(Debug)]
pub struct Resolution {
    /// What they come to.
    pub outcome: Outcome,
    /// The first revision does not count only because it is too old: nobody contains it.
    pub first_left_behind: bool,
}

/// Resolves `candidates`; None when there are none. Without `may_combine` (a signed document and no key to sign with)
/// the highest one that counts is taken where several would have to be merged.
pub fn resolve(candidates: &[Candidate<'_>], may_combine: bool) -> Option<Resolution> {
    let newest = candidates.iter().map(|candidate| candidate.message.seqno).max()?;
    let contained: HashSet<&(i64, Hash)> =
        candidates.iter().flat_map(|candidate| candidate.message.lags.keys()).collect();
    let mut seen = HashSet::new();
    let mut counting: Vec<usize> = Vec::new();
    let mut first_left_behind = false;
    for (at, candidate) in candidates.iter().enumerate() {
        let rank = candidate.rank();
        if contained.contains(&rank) || !seen.insert(rank) {
            continue;
        }
        if rank.0.saturating_add(limits::LAG) <= newest {
            first_left_behind |= at == 0;
            continue;
        }
        counting.push(at);
    }
    let get = |at: &usize| candidates.get(*at);
    counting.sort_by_key(|at| std::cmp::Reverse(get(at).map(Candidate::rank)));
    let outcome = match &counting[..] {
        [highest] => Outcome::One(*highest),
        // The last number there is: nothing can follow.
        [highest, ..] if !may_combine || newest >= limits::MAX_SEQNO => Outcome::One(*highest),
        _ => {
            let counting: Vec<Candidate<'_>> = counting.iter().filter_map(get).copied().collect();
            Outcome::Combined(Box::new(combine(&counting, newest)?))
        }
    };
    Some(Resolution { outcome, first_left_behind })
}

/// Merges revisions, the highest first.
fn combine(descending: &[Candidate<'_>], newest: i64) -> Option<Message> {
    let mut replay: BTreeMap<(i64, Hash), (&Dict, &Arc<Diff>)> = BTreeMap::new();
    for candidate in descending {
        let Message { data, lags, diff, .. } = candidate.message;
        replay.entry(candidate.rank()).or_insert((data, diff));
        for (rank, diff) in lags {
            replay.entry(*rank).or_insert((data, diff));
        }
    }
    let mut data = descending.first()?.message.data.clone();
    for (source, diff) in replay.values() {
        diff.apply(&mut data, source);
    }
    data.prune();
    let seqno = newest.checked_add(1)?;
    let mut lags: Lags = replay.into_iter().map(|(rank, (_, diff))| (rank, diff.clone())).collect();
    trim(&mut lags, seqno);
    // Unknown top-level keys go: the library keeps none in a merge, and other bytes would be one more conflict each time.
    Some(Message { seqno, data, lags, diff: Arc::default(), unknown: BTreeMap::new() })
}

#[cfg(test)]
mod tests {
    use super::super::message::Revision;
    use super::*;

    fn message(seqno: i64, changes: &[(&str, i64)]) -> Message {
        let mut message = Message { seqno, ..Message::default() };
        changes.iter().for_each(|(key, value)| message.data.put(key, *value));
        message.diff = Arc::new(Diff::between(&Dict::default(), &message.data));
        message
    }

    fn next(base: &Revision, changes: &[(&str, i64)]) -> Revision {
        let mut message = base.next();
        changes.iter().for_each(|(key, value)| message.data.put(key, *value));
        message.diff = Arc::new(Diff::between(&base.message.data, &message.data));
        message.finish(None)
    }

    fn outcome(revisions: &[&Revision]) -> Resolution {
        let candidates: Vec<Candidate<'_>> =
            revisions.iter().map(|one| Candidate { message: &one.message, hash: one.hash }).collect();
        resolve(&candidates, true).unwrap()
    }

    fn combined(revisions: &[&Revision]) -> Message {
        match outcome(revisions).outcome {
            Outcome::Combined(message) => *message,
            Outcome::One(at) => panic!("only {at} counts"),
        }
    }

    #[test]
    fn nothing_comes_of_nothing_and_one_revision_is_itself() {
        assert!(resolve(&[], true).is_none());
        let one = message(3, &[("a", 1)]).finish(None);
        assert!(matches!(outcome(&[&one]).outcome, Outcome::One(0)));
        assert!(matches!(outcome(&[&one, &one, &one]).outcome, Outcome::One(0)), "copies are redundant");
    }

    #[test]
    fn who_is_contained_in_another_or_five_behind_does_not_count() {
        let old = message(1, &[("a", 1)]).finish(None);
        let new = next(&old, &[("b", 2)]);
        let resolution = outcome(&[&old, &new]);
        assert!(matches!(resolution.outcome, Outcome::One(1)) && !resolution.first_left_behind);
        for (newest, counts) in [(5, true), (6, false)] {
            let newest = message(newest, &[("b", 2)]).finish(None);
            let resolution = outcome(&[&old, &newest]);
            assert_eq!(matches!(resolution.outcome, Outcome::Combined(_)), counts);
            assert_eq!(resolution.first_left_behind, !counts);
        }
    }

    /// A change that both know is taken as the higher one has it; so is what neither lists as a change.
    #[test]
    fn values_come_from_the_highest_revision_that_knows_the_change() {
        let [mut low, mut high] = [message(8, &[]), message(9, &[])];
        for (message, value) in [(&mut low, 1), (&mut high, 2)] {
            message.data.put("listed", value);
            message.data.put("older", value);
            message.lags.insert((7, [7; 32]), message_diff("listed"));
        }
        let (low, high) = (low.finish(None), high.finish(None));
        for order in [[&low, &high], [&high, &low]] {
            let merged = combined(&order);
            assert_eq!((merged.seqno, merged.data.int("listed"), merged.data.int("older")), (10, Some(2), Some(2)));
        }
        fn message_diff(key: &str) -> Arc<Diff> {
            message(1, &[(key, 1)]).diff
        }
    }

    #[test]
    fn a_merge_lists_all_that_it_contains_within_the_window() {
        let base = message(4, &[("a", 1)]).finish(None);
        let (one, two) = (next(&base, &[("a", 2)]), next(&base, &[("b", 3)]));
        let merged = combined(&[&one, &two, &base]);
        let listed: Vec<i64> = merged.lags.keys().map(|(seqno, _)| *seqno).collect();
        assert_eq!((merged.seqno, listed), (6, vec![4, 5, 5]));
        assert_eq!((merged.data.int("a"), merged.data.int("b")), (Some(2), Some(3)));
        let later = next(&next(&next(&merged.finish(None), &[]), &[]), &[]);
        let listed: Vec<i64> = later.message.lags.keys().map(|(seqno, _)| *seqno).collect();
        assert_eq!((later.message.seqno, listed), (9, vec![5, 5, 6, 7, 8]));
    }
}
