//! Deletions that a merge undid. Pure.
//!
//! Two devices of one account change a contact at the same time: one deletes it, the other has just learned of it, or reads, or
//! merges what both wrote before. Merging knows fields and no intentions, so that the entry, or a part of it, may come out
//! again although nobody wanted it back. What was seen of a deleted conversation is written down beside the contacts
//! ([`partings`]), and nobody takes that back: an entry that is shown is wanted only when one of the revisions that were
//! merged has it **and** knows of the deletion: of both dates of it, as a second deletion may move only one of them. Where two
//! devices deleted at once and none knows both, who knows one of them counts.

use std::collections::BTreeMap;

use crate::config::{Dict, contacts, partings};
use crate::crypto::AccountId;

/// Somebody whose deletion was undone by a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undone {
    /// Who.
    pub(super) account: AccountId,
    /// Only the conversation was deleted: the person stays a contact.
    pub(super) stays_contact: bool,
}

/// Whose deletion was undone when `revisions` (our own from before among them) were merged to `merged`.
pub(super) fn undone(me: &AccountId, revisions: &[&Dict], merged: &Dict) -> Vec<Undone> {
    let gone: BTreeMap<_, _> = partings::all(merged).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let shown = contacts::all(merged, me).filter(|contact| contact.priority >= 0);
    let undone = shown.filter_map(|contact| {
        let hash = partings::hash(me, &contact.id);
        let seen = gone.get(&hash)?;
        let knows = |dict: &Dict| {
            let known = partings::read(dict, &hash)?;
            Some((known.theirs >= seen.theirs, known.ours >= seen.ours))
        };
        let all = revisions.iter().any(|dict| knows(dict) == Some((true, true)));
        let knows_enough =
            |dict: &&&Dict| knows(dict).is_some_and(|(theirs, ours)| if all { theirs && ours } else { theirs || ours });
        let entries: Vec<_> =
            revisions.iter().filter(knows_enough).map(|dict| contacts::read(dict, &contact.id)).collect();
        let is_wanted = entries.iter().flatten().any(|entry| entry.priority >= 0);
        let stays_contact = entries.iter().any(Option::is_some);
        (!is_wanted).then_some(Undone { account: contact.id, stays_contact })
    });
    undone.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn id(number: u8) -> AccountId {
        AccountId::from_x25519([number; 32])
    }

    /// A document with Bob (id 2) at a priority, if at all, that knows of his deletion or does not.
    fn document(bob: Option<i32>, knows: bool) -> Dict {
        let mut dict = Dict::default();
        if let Some(priority) = bob {
            contacts::edit(&mut dict, &id(1), &id(2)).unwrap().set_priority(priority);
        }
        if knows {
            let seen = partings::Seen {
                theirs: Timestamp::from_millis(5),
                at: Timestamp::from_millis(9),
                ..Default::default()
            };
            partings::add(&mut dict, &partings::hash(&id(1), &id(2)), seen);
        }
        dict
    }

    #[test]
    fn the_table_of_what_a_merge_undid() {
        let (with, without) = (Some(0), None);
        for (one, other, merged, expected, why) in [
            ((without, true), (with, false), (with, true), Some(false), "the other did not know"),
            ((Some(-1), true), (Some(3), false), (Some(3), true), Some(true), "pinned by one who did not know"),
            ((with, true), (with, false), (with, true), None, "it came back by one who knew"),
            ((without, true), (with, true), (with, true), None, "by the other"),
            ((without, true), (with, false), (without, true), None, "it stays away"),
            ((Some(-1), true), (with, false), (Some(-1), true), None, "it stays hidden"),
            ((with, false), (with, false), (with, false), None, "nobody deleted anything"),
        ] {
            let [one, other, merged] = [one, other, merged].map(|(bob, knows)| document(bob, knows));
            let found = undone(&id(1), &[&one, &other], &merged);
            let expected = expected.map(|stays_contact| Undone { account: id(2), stays_contact });
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{why}");
        }
    }

    #[test]
    fn a_second_deletion_that_moved_one_date_only_is_not_undone_by_who_knows_the_first() {
        let millis = Timestamp::from_millis;
        let knowing = |bob, theirs, ours| {
            let mut dict = document(bob, false);
            let seen = partings::Seen {
                theirs: millis(theirs),
                ours: millis(ours),
                at: Timestamp::from_millis(9),
                ..Default::default()
            };
            partings::add(&mut dict, &partings::hash(&id(1), &id(2)), seen);
            dict
        };
        for (one, other, merged, expected, why) in [
            ((None, 5, 8), (Some(0), 5, 3), (5, 8), true, "the other knows the first deletion only"),
            ((Some(0), 5, 8), (Some(0), 5, 3), (5, 8), false, "it came back by one who knows both"),
            ((None, 5, 3), (Some(0), 4, 8), (5, 8), false, "nobody knows both, and one who knows some has it"),
            ((None, 5, 3), (None, 4, 8), (5, 8), true, "nobody knows both, and nobody has it"),
        ] {
            let [one, other] = [one, other].map(|(bob, theirs, ours)| knowing(bob, theirs, ours));
            let merged = knowing(Some(0), merged.0, merged.1);
            assert_eq!(undone(&id(1), &[&one, &other], &merged).len(), usize::from(expected), "{why}");
        }
    }
}
