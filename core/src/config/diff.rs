//! What changed between two documents: where, not what. Values are taken from the document that carries the diff.
//!
//! On the wire a diff is a dict beside the data: `""` for a scalar that was assigned, `"-"` for one that was removed, a
//! list of two lists for what came into a set and what left it, a dict for changes further down. Dicts come and go with
//! what is in them. Source: session-foundation/libsession-util `docs/config-merge-logic.md`, `src/config.cpp`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use crate::wire::bencode::Value as Bencode;

use super::error::ConfigError;
use super::key::Key;
use super::text::{set, write_bytes, write_set};
use super::tree::{Dict, Scalar, Set, Value};

/// Changes under their keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diff(BTreeMap<Key, Change>);

/// What happened under one key.
#[derive(Clone, PartialEq, Eq)]
enum Change {
    /// A scalar was assigned.
    Assigned,
    /// A scalar was removed.
    Removed,
    /// Changes inside a dict.
    Within(Diff),
    /// Members of a set came and left. Boxed: most changes are the first ones, and each would be as large as this one.
    Members(Box<Members>),
}

/// What came into a set, and what left it.
#[derive(Clone, PartialEq, Eq)]
struct Members {
    added: Set,
    removed: Set,
}

impl Diff {
    /// What leads from `old` to `new`, both pruned.
    pub fn between(old: &Dict, new: &Dict) -> Self {
        let (mut olds, mut news) = (old.iter().peekable(), new.iter().peekable());
        let mut changes = BTreeMap::new();
        loop {
            let order = match (olds.peek(), news.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((old, _)), Some((new, _))) => old.cmp(new),
            };
            let (old, new) = (olds.next_if(|_| order.is_le()), news.next_if(|_| order.is_ge()));
            let Some((key, _)) = old.or(new) else { break };
            if let Some(change) = Change::between(old.map(|(_, value)| value), new.map(|(_, value)| value)) {
                changes.insert(key.into(), change);
            }
        }
        Self(changes)
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes these changes in `target` with the values of `source`; prune `target` after the last one.
    ///
    /// Where `source` does not hold what the diff speaks of (a later change removed it, or made something else of it),
    /// the key is erased.
    pub fn apply(&self, target: &mut Dict, source: &Dict) {
        for (key, change) in &self.0 {
            match (change, source.get(key)) {
                (Change::Assigned, Some(value @ (Value::Int(_) | Value::Bytes(_)))) => {
                    target.put(key, value.clone());
                }
                (Change::Within(diff), Some(Value::Dict(source))) => diff.apply(target.dict_mut(key), source),
                (Change::Members(changed), Some(Value::Set(_))) => {
                    let members = target.set_mut(key);
                    changed.added.iter().for_each(|scalar| _ = members.insert(scalar.clone()));
                    changed.removed.iter().for_each(|scalar| _ = members.remove(scalar));
                }
                _ => _ = target.remove(key),
            }
        }
    }

    /// Makes these changes once more in `target`, which went on without them, with the values of `source`; prune `target`
    /// after it.
    ///
    /// In a replay `target` and `source` have one history, so that what the source lacks was taken out. Here others may have
    /// put more beside it: only what was taken out goes. Where the source says otherwise than the change, a merge has
    /// settled it since, and it stays as it is.
    pub(super) fn reapply(&self, target: &mut Dict, source: &Dict) {
        for (key, change) in &self.0 {
            match (change, source.get(key)) {
                (Change::Assigned, Some(value @ (Value::Int(_) | Value::Bytes(_)))) => target.put(key, value.clone()),
                (Change::Removed, None) => remove_scalar(target, key),
                (Change::Within(diff), Some(Value::Dict(source))) => match target.inner_mut(key) {
                    Some(inner) => diff.reapply(inner, source),
                    None => {
                        let mut inner = Dict::default();
                        diff.reapply(&mut inner, source);
                        inner.prune();
                        if !inner.is_empty() {
                            target.put(key, inner);
                        }
                    }
                },
                (Change::Within(diff), None) => diff.withdraw(target, key),
                (Change::Members(changed), Some(Value::Set(source))) => changed.reapply(target, key, source),
                (Change::Members(changed), None) => changed.reapply(target, key, &Set::default()),
                _ => {}
            }
        }
    }

    /// Takes the dict under `key` out of `target`, as far as these changes took it out: an entry whole, but of what holds
    /// entries only those, and what it has besides with the last of them.
    fn withdraw(&self, target: &mut Dict, key: &Key) {
        if self.0.values().all(Change::is_removal_here) {
            if target.dict(key).is_some() {
                target.remove(key);
            }
            return;
        }
        let Some(inner) = target.inner_mut(key) else { return };
        for (key, change) in &self.0 {
            if let Change::Within(diff) = change {
                diff.withdraw(inner, key);
            }
        }
        inner.prune();
        if inner.dicts().next().is_some() {
            return;
        }
        for (key, change) in &self.0 {
            match change {
                Change::Removed => remove_scalar(inner, key),
                Change::Members(changed) => changed.reapply(inner, key, &Set::default()),
                Change::Assigned | Change::Within(_) => {}
            }
        }
    }

    /// Adds later changes to these.
    pub(super) fn extend(&mut self, later: Self) {
        for (key, change) in later.0 {
            match (self.0.get_mut(&key), change) {
                (Some(Change::Within(here)), Change::Within(later)) => here.extend(later),
                (Some(Change::Members(here)), Change::Members(later)) => {
                    for scalar in later.added.iter() {
                        here.removed.remove(scalar);
                        here.added.insert(scalar.clone());
                    }
                    for scalar in later.removed.iter() {
                        here.added.remove(scalar);
                        here.removed.insert(scalar.clone());
                    }
                }
                (_, change) => _ = self.0.insert(key, change),
            }
        }
    }

    /// As little of `source` as [`Self::apply`] needs of it.
    pub(super) fn needed_of(&self, source: &Dict) -> Dict {
        let mut needed = Dict::default();
        for (key, change) in &self.0 {
            match (change, source.get(key)) {
                (Change::Within(diff), Some(Value::Dict(inner))) => {
                    let mut part = diff.needed_of(inner);
                    // The dict itself must be there, though all of these changes be removals.
                    if let (true, Some((key, _))) = (part.is_empty(), inner.iter().next()) {
                        part.put(key, 0);
                    }
                    needed.put(key, part);
                }
                (_, Some(value)) => needed.put(key, value.clone()),
                (_, None) => {}
            }
        }
        needed
    }

    /// Reads a diff.
    ///
    /// # Errors
    /// [`ConfigError`] for any other value than those a diff has.
    pub(super) fn parse(pairs: &[(&[u8], Bencode<'_>)]) -> Result<Self, ConfigError> {
        let change = |value: &Bencode<'_>| match value {
            Bencode::Bytes(b"") => Ok(Change::Assigned),
            Bencode::Bytes(b"-") => Ok(Change::Removed),
            Bencode::Dict(pairs) => Self::parse(pairs).map(Change::Within),
            Bencode::List(lists) => match &lists[..] {
                [Bencode::List(added), Bencode::List(removed)] => {
                    Ok(Change::Members(Box::new(Members { added: set(added)?, removed: set(removed)? })))
                }
                _ => Err(MALFORMED),
            },
            _ => Err(MALFORMED),
        };
        pairs.iter().map(|(key, value)| Ok(((*key).into(), change(value)?))).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(b'd');
        for (key, change) in &self.0 {
            write_bytes(key.as_slice(), out);
            match change {
                Change::Assigned => write_bytes(b"", out),
                Change::Removed => write_bytes(b"-", out),
                Change::Within(diff) => diff.write(out),
                Change::Members(changed) => {
                    out.push(b'l');
                    write_set(&changed.added, out);
                    write_set(&changed.removed, out);
                    out.push(b'e');
                }
            }
        }
        out.push(b'e');
    }
}

/// Removes what is under `key` unless it has become a set or a dict.
fn remove_scalar(target: &mut Dict, key: &Key) {
    if matches!(target.get(key), Some(Value::Int(_) | Value::Bytes(_))) {
        target.remove(key);
    }
}

impl Members {
    /// [`Diff::reapply`] for the set under `key`.
    fn reapply(&self, target: &mut Dict, key: &Key, source: &Set) {
        let added: Vec<&Scalar> = self.added.iter().filter(|scalar| source.contains(scalar)).collect();
        if added.is_empty() && target.set(key).is_none() {
            return;
        }
        let members = target.set_mut(key);
        added.into_iter().for_each(|scalar| _ = members.insert(scalar.clone()));
        for scalar in self.removed.iter().filter(|scalar| !source.contains(scalar)) {
            members.remove(scalar);
        }
    }
}

impl Change {
    /// Whether this takes something out, and is not further down.
    fn is_removal_here(&self) -> bool {
        match self {
            Self::Removed => true,
            Self::Members(changed) => changed.added.is_empty(),
            Self::Assigned | Self::Within(_) => false,
        }
    }

    fn between(old: Option<&Value>, new: Option<&Value>) -> Option<Self> {
        let nothing = Set::default();
        let change = match (old, new) {
            (Some(Value::Dict(old)), Some(Value::Dict(new))) => return Self::within(Diff::between(old, new)),
            (Some(Value::Set(old)), Some(Value::Set(new))) => return Self::members(old, new),
            (Some(old), Some(new)) if old == new => return None,
            // Something of another kind: what was there goes without a word.
            (_, Some(Value::Int(_) | Value::Bytes(_))) => Self::Assigned,
            (_, Some(Value::Dict(new))) => return Self::within(Diff::between(&Dict::default(), new)),
            (_, Some(Value::Set(new))) => return Self::members(&nothing, new),
            (Some(Value::Int(_) | Value::Bytes(_)), None) => Self::Removed,
            (Some(Value::Dict(old)), None) => return Self::within(Diff::between(old, &Dict::default())),
            (Some(Value::Set(old)), None) => return Self::members(old, &nothing),
            (None, None) => return None,
        };
        Some(change)
    }

    fn within(diff: Diff) -> Option<Self> {
        (!diff.is_empty()).then_some(Self::Within(diff))
    }

    fn members(old: &Set, new: &Set) -> Option<Self> {
        let missing =
            |from: &Set, of: &Set| of.iter().filter(|scalar| !from.contains(scalar)).cloned().collect::<Set>();
        let changed = Members { added: missing(old, new), removed: missing(new, old) };
        (!changed.added.is_empty() || !changed.removed.is_empty()).then(|| Self::Members(Box::new(changed)))
    }
}

/// Keys tell who somebody talks to: only the shape is printed.
impl fmt::Debug for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Diff({})", self.0.len())
    }
}

const MALFORMED: ConfigError = ConfigError::Malformed { what: "diff" };

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;

    fn data(text: &str) -> Dict {
        text::parse(text.as_bytes()).unwrap()
    }

    fn written(diff: &Diff) -> String {
        let mut out = Vec::new();
        diff.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_kind_of_change_has_its_form() {
        let old = data("d1:ai1e1:bi2e1:cd1:x0:1:y0:e1:dli1ei2ee1:e0:1:gd1:z0:ee");
        let new = data("d1:ai1e1:b1:21:cd1:y1:ne1:dli2ei3ee1:f0:1:gli1eee");
        let diff = Diff::between(&old, &new);
        assert_eq!(written(&diff), "d1:b0:1:cd1:x1:-1:y0:e1:dlli3eeli1eee1:e1:-1:f0:1:glli1eeleee");
        let mut target = old.clone();
        diff.apply(&mut target, &new);
        target.prune();
        assert_eq!(target, new);
        assert!(Diff::between(&new, &new).is_empty());
    }

    #[test]
    fn dicts_and_sets_that_go_are_taken_apart() {
        let old = data("d1:cd1:xd1:y0:ee1:dli1eee");
        let diff = Diff::between(&old, &Dict::default());
        assert_eq!(written(&diff), "d1:cd1:xd1:y1:-ee1:dlleli1eeee");
    }

    #[test]
    fn what_the_source_does_not_hold_is_erased() {
        let mut target = data("d1:ai1e1:bi2e1:cd1:x0:ee");
        let diff = Diff::between(&Dict::default(), &data("d1:ai1e1:bli1ee1:cd1:x0:ee"));
        diff.apply(&mut target, &data("d1:ad1:x0:e1:bi9e1:ci3ee"));
        target.prune();
        assert!(target.is_empty());
    }

    #[test]
    fn two_changes_in_a_row_are_one() {
        let steps = [data("d1:ai1e1:sli1ei2eee"), data("d1:bi1e1:sli2ei3eee"), data("d1:ai2e1:dd1:x0:e1:sli1ei3eee")];
        let mut diff = Diff::between(&steps[0], &steps[1]);
        diff.extend(Diff::between(&steps[1], &steps[2]));
        let mut target = steps[0].clone();
        diff.apply(&mut target, &steps[2]);
        target.prune();
        assert_eq!(target, steps[2]);
    }

    #[test]
    fn part_of_a_document_is_enough_to_undo_a_change() {
        let old = data("d1:ad1:xi1e1:yi2ee1:bd1:ki1e1:rd1:q0:eee");
        let new = data("d1:ad1:xi1e1:yi3e1:zi4ee1:bd1:ki1e1:n0:1:rd1:q0:1:t0:eee");
        let back = Diff::between(&new, &old);
        let needed = back.needed_of(&old);
        assert!(text::write(&needed).len() < text::write(&old).len());
        let mut target = new.clone();
        back.apply(&mut target, &text::parse(&text::write(&needed)).unwrap());
        target.prune();
        assert_eq!(target, old);
    }

    fn reapplied(from: &str, to: &str, meanwhile: &str) -> String {
        let (from, to, mut target) = (data(from), data(to), data(meanwhile));
        Diff::between(&from, &to).reapply(&mut target, &to);
        target.prune();
        String::from_utf8(text::write(&target)).unwrap()
    }

    #[test]
    fn changes_made_again_are_there_and_touch_nothing_else() {
        let (from, to) = ("d1:ai1e1:bi2e1:cd1:x0:1:y0:e1:dli1ei2eee", "d1:b1:21:cd1:y1:n1:z0:e1:dli2ei3ee1:gli1eee");
        assert_eq!(reapplied(from, to, from), to);
        assert_eq!(reapplied(from, to, to), to);
        assert_eq!(
            reapplied(from, to, "d1:ai9e1:cd1:ni9e1:xi9ee1:dli2ei8eee"),
            "d1:b1:21:cd1:ni9e1:y1:n1:z0:e1:dli2ei3ei8ee1:gli1eee"
        );
        assert_eq!(reapplied(from, to, "de"), "d1:b1:21:cd1:y1:n1:z0:e1:dli3ee1:gli1eee");
    }

    #[test]
    fn a_removal_made_again_takes_out_what_was_removed_and_not_what_stands_beside_it() {
        let from = "d1:cd1:xd1:n0:ee1:sli1eee";
        assert_eq!(reapplied(from, "de", from), "de");
        assert_eq!(reapplied(from, "de", "d1:cd1:xd1:Ni5e1:n0:e1:yd1:n0:ee1:sli1ei2eee"), "d1:cd1:yd1:n0:ee1:sli2eee");
        assert_eq!(reapplied(from, "de", "d1:ci1e1:s1:xe"), "d1:ci1e1:s1:xe", "something else by now");
        assert_eq!(reapplied("d1:a1:xe", "de", "d1:ad1:b1:cee"), "d1:ad1:b1:cee");
        // What keeps several entries together goes with the last of them.
        let from = "d1:od3:urld1:#1:k1:Rd1:ad1:n0:eeeee";
        assert_eq!(reapplied(from, "de", from), "de");
        let with_another = "d1:od3:urld1:#1:k1:Rd1:bd1:n0:eeeee";
        assert_eq!(reapplied(from, "de", with_another), with_another);
    }

    /// The source is a merge that came after the change: what it says otherwise is settled.
    #[test]
    fn what_a_merge_has_settled_otherwise_is_not_made_again() {
        let (from, to) = (data("d1:ai1e1:dli1eee"), data("d1:bi2e1:cd1:x0:e1:dli2eee"));
        let diff = Diff::between(&from, &to);
        let (settled, mut target) = (data("d1:ai5e1:dli1ei3eee"), data("d1:ai6e1:bi7e1:cd1:xi8ee1:dli1ei4eee"));
        let before = target.clone();
        diff.reapply(&mut target, &settled);
        target.prune();
        assert_eq!(target, before);
    }

    #[test]
    fn anything_else_in_a_diff_is_refused() {
        let parse = |text: &str| match crate::wire::bencode::decode(text.as_bytes()) {
            Ok(Bencode::Dict(pairs)) => Diff::parse(&pairs).is_ok(),
            _ => false,
        };
        assert!(parse("d1:a0:1:b1:-1:cde1:dllelee1:elli1e1:aeleee"));
        for text in
            ["d1:a1:+e", "d1:ai1ee", "d1:aleee", "d1:alleee", "d1:allelelee", "d1:alli2ei1eelee", "d1:allleelee"]
        {
            assert!(!parse(text), "{text}");
        }
    }
}
