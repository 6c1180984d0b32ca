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
    let mut unknown = BTreeMap::new();
    for candidate in descending {
        let Message { data, lags, diff, unknown: keys, .. } = candidate.message;
        replay.entry(candidate.rank()).or_insert((data, diff));
        for (rank, diff) in lags {
            replay.entry(*rank).or_insert((data, diff));
        }
        // The library drops unknown top-level keys here. No client writes any yet; one that will shall not lose them.
        for (key, value) in keys {
            unknown.entry(key.clone()).or_insert_with(|| value.clone());
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
    Some(Message { seqno, data, lags, diff: Arc::default(), unknown })
}
