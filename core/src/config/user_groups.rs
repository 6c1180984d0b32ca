//! UserGroups: the groups of the account. Communities are in [`super::communities`].
//!
//! `g` has one dict for each group: `K` the group's seed for who administers it, otherwise an empty string, which is always
//! there and keeps the entry alive; `s` what a member proves their place with. `C` has groups of before 2025, which are
//! dead: they are shown, never asked for and never made.
//!
//! Source: session-foundation/libsession-util `src/config/user_groups.cpp`.

use std::fmt;

use zeroize::Zeroizing;

use super::fields::{self, Notify};
use super::ids::GroupId;
use super::tree::{Dict, Scalar};
use crate::crypto::{AccountId, ed25519_public_of};

/// What all groups and communities have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Common {
    /// Below zero hidden, zero unpinned, above zero pinned: higher stands first.
    pub priority: i32,
    /// When we joined, in seconds since the epoch.
    pub joined: Option<u64>,
    /// For what the conversation makes itself heard.
    pub notify: Notify,
    /// Until when it makes itself heard for nothing, in seconds since the epoch.
    pub mute_until: Option<u64>,
    /// We were invited and have not answered.
    pub invited: bool,
}

impl Common {
    pub(super) fn of(entry: &Dict) -> Self {
        Self {
            priority: fields::small(entry, "+"),
            joined: fields::moment(entry, "j"),
            notify: fields::notify(entry),
            mute_until: fields::moment(entry, "!"),
            invited: entry.flag("i"),
        }
    }
}

/// How we are no longer in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Others go on without us.
    Kicked,
    /// The group is no more.
    Destroyed,
}

/// One group.
#[derive(Clone, PartialEq, Eq)]
pub struct Group {
    /// Which group.
    pub id: GroupId,
    /// Its name until the group itself tells one; empty when unknown.
    pub name: String,
    /// Its seed, when we administer it. Secret; belongs to the id.
    pub seed: Option<Zeroizing<[u8; 32]>>,
    /// What we prove our place with, when we are a member only. Secret.
    pub member_auth: Option<Zeroizing<[u8; 100]>>,
    /// How we are no longer in it.
    pub removed: Option<Removed>,
    /// What all groups have.
    pub common: Common,
}

/// Names and secrets stay out of logs.
impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Group").field(&self.id).finish()
    }
}

/// One group of before 2025.
#[derive(Clone, PartialEq, Eq)]
pub struct LegacyGroup {
    /// Which group; looks like an Account ID.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The pair of keys its messages were sealed to, public and secret.
    pub keys: Option<([u8; 32], Zeroizing<[u8; 32]>)>,
    /// Who was in it.
    pub members: Vec<AccountId>,
    /// Who administered it.
    pub admins: Vec<AccountId>,
    /// After how many seconds its messages disappeared.
    pub expiry: Option<u32>,
    /// What all groups have.
    pub common: Common,
}

/// Names, people and secrets stay out of logs.
impl fmt::Debug for LegacyGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LegacyGroup").field(&self.id).finish()
    }
}

/// The group with this id.
pub fn group(dict: &Dict, id: &GroupId) -> Option<Group> {
    let entry = dict.dict("g")?.dict(id.as_bytes())?;
    let seed = seed(entry, id);
    Some(Group {
        id: *id,
        name: fields::name(entry, "n").to_owned(),
        member_auth: entry.array::<100>("s").filter(|_| seed.is_none()).map(|auth| Zeroizing::new(*auth)),
        seed: seed.map(|seed| Zeroizing::new(*seed)),
        removed: removed(entry),
        common: Common::of(entry),
    })
}

/// All groups, by id.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
pub fn groups(dict: &Dict) -> impl Iterator<Item = Group> + use<'_> {
    let entries = dict.dict("g").into_iter().flat_map(Dict::dicts);
    entries.filter_map(|(key, _)| group(dict, &GroupId::from_key(key)?))
}

/// All groups of before 2025, by id.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
pub fn legacy_groups(dict: &Dict) -> impl Iterator<Item = LegacyGroup> + use<'_> {
    let entries = dict.dict("C").into_iter().flat_map(Dict::dicts);
    entries.filter_map(|(key, entry)| {
        let id = AccountId::from_bytes(key.try_into().ok()?).ok()?;
        let keys = || Some((*entry.array("k")?, Zeroizing::new(*entry.array("K")?)));
        Some(LegacyGroup {
            id,
            name: fields::name(entry, "n").to_owned(),
            keys: keys(),
            members: people(entry, "m"),
            admins: people(entry, "a"),
            expiry: fields::duration(entry, "E"),
            common: Common::of(entry),
        })
    })
}

/// The entry of this group, made when absent.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
pub fn edit_group<'a>(dict: &'a mut Dict, id: &GroupId) -> GroupMut<'a> {
    let entry = dict.dict_mut("g").dict_mut(id.as_bytes());
    fields::keep_alive(entry, "K");
    GroupMut { entry, id: *id }
}

/// The common fields of a group of before 2025. None when it is not there: none is made any more.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
pub fn edit_legacy<'a>(dict: &'a mut Dict, id: &AccountId) -> Option<CommonMut<'a>> {
    dict.inner_mut("C")?.inner_mut(id.as_bytes()).map(CommonMut)
}

/// Takes a group out; says whether it was there.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
pub fn remove_group(dict: &mut Dict, id: &GroupId) -> bool {
    dict.inner_mut("g").is_some_and(|groups| groups.remove(id.as_bytes()).is_some())
}

/// Takes a group of before 2025 out; says whether it was there.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
pub fn remove_legacy(dict: &mut Dict, id: &AccountId) -> bool {
    dict.inner_mut("C").is_some_and(|groups| groups.remove(id.as_bytes()).is_some())
}

/// The seed in an entry, when it belongs to the group.
fn seed<'a>(entry: &'a Dict, id: &GroupId) -> Option<&'a [u8; 32]> {
    entry.array::<32>("K").filter(|seed| ed25519_public_of(seed) == *id.key())
}

fn removed(entry: &Dict) -> Option<Removed> {
    match entry.int("r")? {
        1 => Some(Removed::Kicked),
        2 => Some(Removed::Destroyed),
        _ => None,
    }
}

fn people(entry: &Dict, key: &str) -> Vec<AccountId> {
    let ids = entry.set(key).into_iter().flat_map(|set| set.iter());
    ids.filter_map(|id| match id {
        Scalar::Bytes(bytes) => AccountId::from_bytes(bytes.as_slice().try_into().ok()?).ok(),
        Scalar::Int(_) => None,
    })
    .collect()
}

/// One group's entry, to be changed. Each setter writes its own field and leaves all others, known or not.
pub struct GroupMut<'a> {
    entry: &'a mut Dict,
    id: GroupId,
}

impl fmt::Debug for GroupMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GroupMut").field(&self.id).finish()
    }
}

impl GroupMut<'_> {
    /// What all groups have.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn common(&mut self) -> CommonMut<'_> {
        CommonMut(self.entry)
    }

    /// The name until the group itself tells one, cut at 100 bytes; empty for none.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_name(&mut self, name: &str) -> &mut Self {
        fields::set_name(self.entry, "n", name);
        self
    }

    /// We administer the group. Says whether the seed belongs to it; another is not written.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_seed(&mut self, seed: &[u8; 32]) -> bool {
        let belongs = ed25519_public_of(seed) == *self.id.key();
        if belongs {
            self.entry.put("K", seed.as_slice());
            self.entry.remove("s");
        }
        belongs
    }

    /// We are a member, and prove it with this. Who administers the group keeps the seed, which proves more.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_member_auth(&mut self, auth: &[u8; 100]) -> &mut Self {
        if seed(self.entry, &self.id).is_none() {
            self.entry.put("K", "");
            self.entry.put("s", auth.as_slice());
        }
        self
    }

    /// We are no longer in it. Seed and proof go; a destroyed group is not merely kicked from afterwards.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_removed(&mut self, how: Removed) -> &mut Self {
        self.entry.put("K", "");
        self.entry.remove("s");
        match (removed(self.entry), how) {
            (Some(Removed::Destroyed), _) => {}
            (_, Removed::Kicked) => self.entry.put("r", 1),
            (_, Removed::Destroyed) => self.entry.put("r", 2),
        }
        self
    }

    /// We are invited again after having been kicked. A destroyed group stays destroyed.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_invited_again(&mut self) -> &mut Self {
        if removed(self.entry) == Some(Removed::Kicked) {
            self.entry.remove("r");
        }
        self
    }
}

/// The fields that all groups and communities have, to be changed.
pub struct CommonMut<'a>(pub(super) &'a mut Dict);

impl fmt::Debug for CommonMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommonMut(…)")
    }
}

impl CommonMut<'_> {
    /// Below zero hidden, zero unpinned, above zero pinned.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_priority(&mut self, priority: i32) -> &mut Self {
        fields::set_small(self.0, "+", priority);
        self
    }

    /// When we joined, in seconds since the epoch.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_joined(&mut self, seconds: Option<u64>) -> &mut Self {
        fields::set_moment(self.0, "j", seconds);
        self
    }

    /// For what the conversation makes itself heard.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_notify(&mut self, notify: Notify) -> &mut Self {
        fields::set_notify(self.0, notify);
        self
    }

    /// Until when it makes itself heard for nothing, in seconds since the epoch.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_mute_until(&mut self, seconds: Option<u64>) -> &mut Self {
        fields::set_moment(self.0, "!", seconds);
        self
    }

    /// Whether we were invited and have not answered.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn set_invited(&mut self, on: bool) -> &mut Self {
        fields::set_flag(self.0, "i", on);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::{Set, Value};

    const SEED: [u8; 32] = [8; 32];

    /// The group that [`SEED`] belongs to.
    fn ours() -> GroupId {
        let mut id = [3; 33];
        id[1..].copy_from_slice(&ed25519_public_of(&SEED));
        GroupId::from_bytes(id).unwrap()
    }

    fn theirs() -> GroupId {
        GroupId::from_bytes([3; 33]).unwrap()
    }

    fn entry<'a>(dict: &'a Dict, id: &GroupId) -> &'a Dict {
        dict.dict("g").unwrap().dict(id.as_bytes()).unwrap()
    }

    #[test]
    fn everything_that_is_written_is_read() {
        let mut dict = Dict::default();
        let mut edit = edit_group(&mut dict, &ours());
        assert!(edit.set_name("Grp").set_seed(&SEED));
        edit.common().set_priority(3).set_joined(Some(1_700_000_002)).set_notify(Notify::Mentions);
        edit.common().set_mute_until(Some(5)).set_invited(true);
        edit_group(&mut dict, &theirs()).set_name("Inv").set_member_auth(&[0x41; 100]);
        let read: Vec<_> = groups(&dict).collect();
        let common = Common {
            priority: 3,
            joined: Some(1_700_000_002),
            notify: Notify::Mentions,
            mute_until: Some(5),
            invited: true,
        };
        let admin = Group {
            id: ours(),
            name: "Grp".into(),
            seed: Some(Zeroizing::new(SEED)),
            member_auth: None,
            removed: None,
            common,
        };
        let member = Group {
            id: theirs(),
            name: "Inv".into(),
            seed: None,
            member_auth: Some(Zeroizing::new([0x41; 100])),
            removed: None,
            common: Common::default(),
        };
        assert_eq!(read.len(), 2);
        assert!(read.contains(&admin) && read.contains(&member));
        assert_eq!(format!("{member:?}"), "Group(GroupId(030303…))");
    }

    #[test]
    fn an_empty_seed_is_always_there_and_keeps_the_entry_alive() {
        let mut dict = Dict::default();
        edit_group(&mut dict, &theirs());
        dict.prune();
        assert_eq!(entry(&dict, &theirs()).bytes("K"), Some([].as_slice()));
        assert_eq!(groups(&dict).count(), 1);
    }

    #[test]
    fn a_seed_of_another_group_is_neither_written_nor_believed() {
        let mut dict = Dict::default();
        assert!(!edit_group(&mut dict, &theirs()).set_seed(&SEED));
        assert_eq!(entry(&dict, &theirs()).bytes("K"), Some([].as_slice()));
        dict.dict_mut("g").dict_mut(theirs().as_bytes()).put("K", SEED.as_slice());
        assert_eq!(group(&dict, &theirs()).unwrap().seed, None);
        assert!(entry(&dict, &theirs()).bytes("K") == Some(&SEED), "and stays where it is");
    }

    #[test]
    fn what_a_member_proves_their_place_with_takes_no_seed_from_who_administers() {
        let mut dict = Dict::default();
        edit_group(&mut dict, &ours()).set_seed(&SEED);
        let before = dict.clone();
        edit_group(&mut dict, &ours()).set_member_auth(&[1; 100]);
        assert!(dict == before);
        // A seed of another group is none.
        dict.dict_mut("g").dict_mut(theirs().as_bytes()).put("K", SEED.as_slice());
        edit_group(&mut dict, &theirs()).set_member_auth(&[1; 100]);
        assert_eq!(entry(&dict, &theirs()).bytes("K"), Some([].as_slice()));
        assert!(group(&dict, &theirs()).unwrap().member_auth.is_some());
        // Who becomes an administrator needs it no more.
        edit_group(&mut dict, &ours()).set_removed(Removed::Kicked).set_invited_again().set_member_auth(&[1; 100]);
        edit_group(&mut dict, &ours()).set_seed(&SEED);
        assert!(
            dict == {
                let mut expected = before;
                expected.dict_mut("g").put(theirs().as_bytes(), entry(&dict, &theirs()).clone());
                expected
            }
        );
    }

    #[test]
    fn being_kicked_takes_the_secrets_and_a_new_invitation_takes_back_the_kick() {
        let mut dict = Dict::default();
        edit_group(&mut dict, &ours()).set_seed(&SEED);
        edit_group(&mut dict, &theirs()).set_member_auth(&[1; 100]);
        for id in [ours(), theirs()] {
            edit_group(&mut dict, &id).set_removed(Removed::Kicked);
            let read = group(&dict, &id).unwrap();
            assert_eq!((read.seed, read.member_auth, read.removed), (None, None, Some(Removed::Kicked)));
            edit_group(&mut dict, &id).set_invited_again();
            assert_eq!(group(&dict, &id).unwrap().removed, None);
            assert_eq!(entry(&dict, &id).len(), 1);
        }
    }

    #[test]
    fn a_destroyed_group_stays_destroyed() {
        let mut dict = Dict::default();
        edit_group(&mut dict, &theirs()).set_removed(Removed::Kicked).set_removed(Removed::Destroyed);
        assert_eq!(entry(&dict, &theirs()).int("r"), Some(2));
        edit_group(&mut dict, &theirs()).set_removed(Removed::Kicked).set_invited_again();
        assert_eq!(group(&dict, &theirs()).unwrap().removed, Some(Removed::Destroyed));
        dict.dict_mut("g").dict_mut(theirs().as_bytes()).put("r", 3);
        assert_eq!(group(&dict, &theirs()).unwrap().removed, None, "an unknown state is none");
    }

    #[test]
    fn a_setter_leaves_every_other_field_and_does_not_rewrite_what_reads_the_same() {
        let mut dict = Dict::default();
        edit_group(&mut dict, &ours()).set_name("Grp").set_seed(&SEED);
        let raw = dict.dict_mut("g").dict_mut(ours().as_bytes());
        raw.put("i", 2);
        raw.put("j", 1_700_000_000_000_i64);
        raw.put("tomorrow", "kept");
        let mut expected = dict.clone();
        let mut edit = edit_group(&mut dict, &ours());
        assert!(edit.set_name("Grp").set_invited_again().set_seed(&SEED));
        edit.common().set_invited(true).set_joined(Some(1_700_000_000)).set_priority(0).set_notify(Notify::Default);
        assert!(dict == expected);
        edit_group(&mut dict, &ours()).common().set_priority(1);
        expected.dict_mut("g").dict_mut(ours().as_bytes()).put("+", 1);
        assert!(dict == expected);
    }

    #[test]
    fn a_group_of_before_2025_is_read_and_loses_nothing_by_being_pinned() {
        let [id, member, admin] = [1, 2, 4].map(|byte| AccountId::from_x25519([byte; 32]));
        let mut dict = Dict::default();
        let entry = dict.dict_mut("C").dict_mut(id.as_bytes());
        entry.put("n", "Old");
        entry.put("k", vec![6; 32]);
        entry.put("K", vec![7; 32]);
        let set = |id: &AccountId| {
            Value::Set([Scalar::Bytes(id.as_bytes().to_vec()), Scalar::Int(5)].into_iter().collect::<Set>())
        };
        entry.put("m", set(&member));
        entry.put("a", set(&admin));
        entry.put("E", 60);
        let mut expected = dict.clone();
        assert!(edit_legacy(&mut dict, &member).is_none());
        edit_legacy(&mut dict, &id).unwrap().set_priority(2);
        expected.dict_mut("C").dict_mut(id.as_bytes()).put("+", 2);
        assert!(dict == expected);
        let read: Vec<_> = legacy_groups(&dict).collect();
        let group = LegacyGroup {
            id,
            name: "Old".into(),
            keys: Some(([6; 32], Zeroizing::new([7; 32]))),
            members: vec![member],
            admins: vec![admin],
            expiry: Some(60),
            common: Common { priority: 2, ..Common::default() },
        };
        assert_eq!(read, [group]);
        dict.dict_mut("C").dict_mut(id.as_bytes()).remove("k");
        assert_eq!(legacy_groups(&dict).next().unwrap().keys, None, "half a pair is none");
    }

    #[test]
    fn removed_groups_are_gone_and_what_is_not_understood_stays() {
        let legacy = AccountId::from_x25519([1; 32]);
        let mut dict = Dict::default();
        edit_group(&mut dict, &theirs());
        dict.dict_mut("C").dict_mut(legacy.as_bytes()).put("n", "Old");
        dict.dict_mut("g").dict_mut([5; 33]).put("K", "");
        dict.dict_mut("g").put([3; 32], "no group");
        assert_eq!((groups(&dict).count(), legacy_groups(&dict).count()), (1, 1));
        assert!(remove_group(&mut dict, &theirs()) && !remove_group(&mut dict, &theirs()));
        assert!(remove_legacy(&mut dict, &legacy) && !remove_legacy(&mut dict, &legacy));
        assert_eq!((groups(&dict).count(), legacy_groups(&dict).count()), (0, 0));
        assert_eq!(dict.dict("g").unwrap().len(), 2);
    }
}
