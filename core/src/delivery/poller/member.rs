//! Which member of a swarm is asked. Pure.
//!
//! One is asked by habit, because cursors belong to a node and what is new costs least there. But a single node may lag or
//! withhold, so another one is asked every tenth poll, when somebody begins to look, after a failure, and whenever a member was
//! not asked for eight minutes: then the one that was asked longest ago. While somebody looks every member is asked at least
//! every ten minutes. One that does not answer is left alone for a while, longer each time.

use std::collections::HashMap;
use std::time::Duration;

use crate::onion::NodeKey;

/// Whom we ask, and what is known of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rotation {
    /// The member that is asked by habit.
    habit: Option<NodeKey>,
    asked: HashMap<NodeKey, Asked>,
    /// Polls since another than the habitual member was asked.
    polls: u32,
    /// Somebody began to look.
    another_due: bool,
    /// The first poll (monotonic).
    began: Option<Duration>,
}

/// What is known of one member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Asked {
    /// When it was last asked (monotonic).
    at: Duration,
    /// How often in a row it did not answer.
    failures: u32,
}

impl Rotation {
    /// The member to ask at `now` (monotonic) of `members`, which stand in an order of chance, those that failed lately last;
    /// none of `tried`, if there is another.
    pub(super) fn choose(&mut self, members: &[NodeKey], tried: &[NodeKey], now: Duration) -> Option<NodeKey> {
        self.began.get_or_insert(now);
        self.asked.retain(|node, _| members.contains(node));
        self.habit = self.habit.filter(|node| members.contains(node));
        let by_habit = self.habit.filter(|node| !tried.contains(node) && !self.is_away(node, now));
        let other = self.longest_ago(members, tried, now);
        let node = match (by_habit, other) {
            (Some(habit), Some(other)) if tried.is_empty() && self.is_due(&other, now) => {
                self.polls = 0;
                self.another_due = false;
                Some(other).filter(|other| *other != habit).or(Some(habit))
            }
            (Some(habit), _) => {
                self.polls = self.polls.saturating_add(1);
                Some(habit)
            }
            (None, other) => other,
        };
        // All are away or were tried: better one of them than none.
        let node = node.or_else(|| members.iter().find(|node| !tried.contains(node)).copied())?;
        self.asked.entry(node).or_default().at = now;
        Some(node)
    }

    /// Another than the one that is asked: for a second voice, or when that one takes long.
    pub(super) fn other_than(&self, node: &NodeKey, members: &[NodeKey], now: Duration) -> Option<NodeKey> {
        let habit = self.habit.filter(|habit| habit != node && !self.is_away(habit, now));
        habit.or_else(|| self.longest_ago(members, std::slice::from_ref(node), now))
    }

    /// This one answered at `now`. It is asked by habit when nobody is.
    pub(super) fn answered(&mut self, node: NodeKey, now: Duration) {
        self.asked.insert(node, Asked { at: now, failures: 0 });
        self.habit.get_or_insert(node);
    }

    /// This one did not answer, or wrongly: another one is asked by habit.
    pub(super) fn failed(&mut self, node: NodeKey, now: Duration) {
        let asked = self.asked.entry(node).or_default();
        asked.at = now;
        asked.failures = asked.failures.saturating_add(1);
        self.leave(&node);
    }

    /// Another one is asked by habit from now on.
    pub(super) fn leave(&mut self, node: &NodeKey) {
        self.habit = self.habit.filter(|habit| habit != node);
    }

    /// Somebody begins to look: the next poll asks another member.
    pub(super) fn somebody_looks(&mut self) {
        self.another_due = true;
    }

    /// Whether it is time to ask `other`, who was asked longest ago.
    fn is_due(&self, other: &NodeKey, now: Duration) -> bool {
        let asked_at = self.asked.get(other).map(|asked| asked.at).or(self.began);
        let since = asked_at.map_or(Duration::ZERO, |at| now.saturating_sub(at));
        // Never twice in a row because of the time alone, so that what is new where we usually ask is not late.
        let late = self.polls > 0 && since >= LATE;
        self.another_due || self.polls >= EVERY_NTH || late
    }

    /// The member, besides the habitual one, that was asked longest ago; one that never was comes first. None of `but`.
    fn longest_ago(&self, members: &[NodeKey], but: &[NodeKey], now: Duration) -> Option<NodeKey> {
        let others = members.iter().filter(|node| !but.contains(node) && Some(**node) != self.habit);
        let present = others.filter(|node| !self.is_away(node, now));
        present.min_by_key(|node| self.asked.get(node).map(|asked| asked.at)).copied()
    }

    /// Whether it did not answer and is left alone still.
    fn is_away(&self, node: &NodeKey, now: Duration) -> bool {
        self.asked.get(node).is_some_and(|asked| {
            let pause = AWAY.saturating_mul(1 << asked.failures.saturating_sub(1).min(8)).min(LONGEST_AWAY);
            asked.failures > 0 && now.saturating_sub(asked.at) < pause
        })
    }
}

/// Another member is asked after so many polls. At three seconds a poll that is every half minute.
const EVERY_NTH: u32 = 9;

/// A member that was not asked for so long is asked. Shorter than the ten minutes that are promised by the polls that others
/// have before it.
const LATE: Duration = Duration::from_secs(8 * 60);

/// How long a member that did not answer is left alone at first, doubled each time.
const AWAY: Duration = Duration::from_secs(60);

/// And at most: it is asked every ten minutes all the same.
const LONGEST_AWAY: Duration = Duration::from_secs(9 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn node(number: u8) -> NodeKey {
        NodeKey([number; 32])
    }

    fn members(count: u8) -> Vec<NodeKey> {
        (1..=count).map(node).collect()
    }

    const S: fn(u64) -> Duration = Duration::from_secs;

    /// Whom polls in these moments ask, when all answer but those that `silent` names.
    fn polls(rotation: &mut Rotation, of: &[NodeKey], moments: impl Iterator<Item = u64>, silent: &[u8]) -> Vec<u8> {
        let mut asked = Vec::new();
        for moment in moments {
            let mut tried = Vec::new();
            while let Some(node) = rotation.choose(of, &tried, S(moment)).filter(|_| tried.len() < 2) {
                asked.push(node.0[0]);
                if !silent.contains(&node.0[0]) {
                    rotation.answered(node, S(moment));
                    break;
                }
                rotation.failed(node, S(moment));
                tried.push(node);
            }
        }
        asked
    }

    #[test]
    fn nine_polls_ask_by_habit_and_the_tenth_asks_another_in_turn() {
        let mut rotation = Rotation::default();
        let asked = polls(&mut rotation, &members(3), (0..30).map(|n| n * 3), &[]);
        let others: Vec<_> = asked.iter().enumerate().filter(|(_, node)| **node != 1).collect();
        assert_eq!(asked[0], 1, "the first by chance");
        assert_eq!(others, [(10, &2), (20, &3)]);
    }

    #[test]
    fn every_member_is_asked_within_ten_minutes_while_somebody_looks_however_large_the_swarm() {
        for (count, pace) in [(5_u8, 3_usize), (10, 3), (40, 3), (7, 5)] {
            let mut rotation = Rotation::default();
            let moments: Vec<u64> = (0..7_200).step_by(pace).collect();
            let asked = polls(&mut rotation, &members(count), moments.iter().copied(), &[]);
            for member in 1..=count {
                let mut times: Vec<u64> =
                    asked.iter().zip(&moments).filter(|(node, _)| **node == member).map(|(_, at)| *at).collect();
                times.push(7_200);
                let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(u64::MAX);
                let first = times[0];
                assert!(longest <= 600 && first <= 1_200, "{member} of {count}: first {first}, then up to {longest} s");
            }
            let by_habit = asked.iter().filter(|node| **node == 1).count();
            assert!(by_habit * 2 >= asked.len(), "{by_habit} of {}", asked.len());
        }
    }

    #[test]
    fn a_hidden_account_asks_all_within_half_an_hour() {
        let mut rotation = Rotation::default();
        let asked = polls(&mut rotation, &members(7), (0..30).map(|n| n * 60), &[]);
        assert!((1..=7).all(|member| asked.contains(&member)), "{asked:?}");
    }

    #[test]
    fn whoever_begins_to_look_asks_another_member_at_once() {
        let mut rotation = Rotation::default();
        let of = members(3);
        polls(&mut rotation, &of, [0, 3].into_iter(), &[]);
        rotation.somebody_looks();
        assert_eq!(polls(&mut rotation, &of, [6, 9, 12].into_iter(), &[]), [2, 1, 1]);
    }

    #[test]
    fn after_a_failure_another_one_is_asked_at_once_and_by_habit() {
        let mut rotation = Rotation::default();
        let of = members(3);
        assert_eq!(polls(&mut rotation, &of, [0].into_iter(), &[]), [1]);
        assert_eq!(polls(&mut rotation, &of, [3, 6, 9].into_iter(), &[1]), [1, 2, 2, 2]);
    }

    #[test]
    fn a_member_that_is_away_is_not_asked_again_and_again() {
        let mut rotation = Rotation::default();
        let asked = polls(&mut rotation, &members(3), (0..1_200).map(|n| n * 3), &[2]);
        let away = asked.iter().filter(|node| **node == 2).count();
        assert!((7..=12).contains(&away), "asked {away} times in an hour");
    }

    #[test]
    fn when_all_are_away_one_of_them_is_asked_all_the_same() {
        let mut rotation = Rotation::default();
        let of = members(2);
        assert_eq!(polls(&mut rotation, &of, [0].into_iter(), &[1, 2]), [1, 2]);
        assert!(rotation.choose(&of, &[], S(3)).is_some());
        assert_eq!(rotation.choose(&[], &[], S(6)), None);
    }

    #[test]
    fn whom_a_swarm_does_not_have_any_more_is_forgotten() {
        let mut rotation = Rotation::default();
        polls(&mut rotation, &members(3), [0].into_iter(), &[]);
        assert_eq!(rotation.choose(&[node(8)], &[], S(3)), Some(node(8)));
        rotation.answered(node(8), S(3));
        assert_eq!(rotation.other_than(&node(8), &[node(8), node(9)], S(3)), Some(node(9)));
    }
}
