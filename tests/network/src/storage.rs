//! What one node keeps: messages in order of arrival, and revoked subaccounts.

use std::collections::{BTreeMap, HashMap};

use crate::rpc::identity::{Owner, Token};

/// One stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// 43 characters of base64, see transport section 4.4.
    pub hash: String,
    /// Namespace.
    pub namespace: i16,
    /// What the sender said, ms since the epoch.
    pub timestamp: u64,
    /// When the node forgets it, ms since the epoch.
    pub expiry: u64,
    /// The bytes, not base64.
    pub data: Vec<u8>,
}

/// The messages of one account.
#[derive(Default)]
struct Shelf {
    /// By order of arrival.
    messages: BTreeMap<u64, StoredMessage>,
    places: HashMap<String, u64>,
    revoked: Vec<Token>,
}

impl Shelf {
    fn remove(&mut self, mut wanted: impl FnMut(&StoredMessage) -> bool) -> Vec<(i16, String)> {
        let mut gone = Vec::new();
        self.messages.retain(|_, message| {
            let remove = wanted(message);
            if remove {
                gone.push((message.namespace, message.hash.clone()));
            }
            !remove
        });
        for (_, hash) in &gone {
            self.places.remove(hash);
        }
        gone
    }
}

/// The database of one node, in memory.
#[derive(Default)]
pub(crate) struct Storage {
    shelves: HashMap<Owner, Shelf>,
    arrivals: u64,
}

/// What [`Storage::set_expiries`] may do with an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Any,
    Extend,
    Shorten,
}

impl Storage {
    fn shelf(&mut self, owner: &Owner, now: u64) -> &mut Shelf {
        let shelf = self.shelves.entry(*owner).or_default();
        shelf.remove(|message| message.expiry <= now);
        shelf
    }

    /// Keeps a message; the result is whether it is new, and its expiry. An old one can only get a later expiry.
    pub(crate) fn store(&mut self, owner: &Owner, message: StoredMessage, outbox: bool, now: u64) -> (bool, u64) {
        self.arrivals += 1;
        let place = self.arrivals;
        let shelf = self.shelf(owner, now);
        if outbox {
            shelf.remove(|old| old.namespace == message.namespace && old.hash != message.hash);
        }
        let old = shelf.places.get(&message.hash).copied();
        if let Some(old) = old.and_then(|place| shelf.messages.get_mut(&place)) {
            old.expiry = old.expiry.max(message.expiry);
            return (false, old.expiry);
        }
        let expiry = message.expiry;
        shelf.places.insert(message.hash.clone(), place);
        shelf.messages.insert(place, message);
        (true, expiry)
    }

    /// Messages that arrived after `last_hash` (all when it is not known), up to the limits, and whether there are more.
    pub(crate) fn retrieve(
        &mut self,
        owner: &Owner,
        namespace: i16,
        last_hash: &str,
        max_count: Option<usize>,
        max_size: usize,
        now: u64,
    ) -> (Vec<StoredMessage>, bool) {
        let shelf = self.shelf(owner, now);
        let after = shelf.places.get(last_hash).map_or(0, |place| place + 1);
        let mut found = Vec::new();
        let mut size = 0;
        for message in shelf.messages.range(after..).map(|(_, message)| message) {
            if message.namespace != namespace {
                continue;
            }
            size += accounted_size(message);
            let full = size > max_size || max_count.is_some_and(|max| found.len() >= max);
            if full && !found.is_empty() {
                return (found, true);
            }
            found.push(message.clone());
        }
        (found, false)
    }

    /// Everything of one namespace, expired or not.
    pub(crate) fn peek(&self, owner: &Owner, namespace: i16) -> Vec<StoredMessage> {
        let messages = self.shelves.get(owner).into_iter().flat_map(|shelf| shelf.messages.values());
        messages.filter(|message| message.namespace == namespace).cloned().collect()
    }

    /// Removes the messages that `wanted` picks; namespaces and hashes of the removed.
    pub(crate) fn delete(
        &mut self,
        owner: &Owner,
        now: u64,
        wanted: impl FnMut(&StoredMessage) -> bool,
    ) -> Vec<(i16, String)> {
        self.shelf(owner, now).remove(wanted)
    }

    /// Sets expiries by hash; hashes and new expiries of those that changed.
    pub(crate) fn set_expiries(
        &mut self,
        owner: &Owner,
        wanted: &[(&str, u64)],
        change: Change,
        now: u64,
    ) -> Vec<(String, u64)> {
        let shelf = self.shelf(owner, now);
        let mut updated = Vec::new();
        for (hash, expiry) in wanted {
            let place = shelf.places.get(*hash).copied();
            let Some(message) = place.and_then(|place| shelf.messages.get_mut(&place)) else { continue };
            let allowed = match change {
                Change::Any => true,
                Change::Extend => message.expiry < *expiry,
                Change::Shorten => message.expiry > *expiry,
            };
            if allowed {
                message.expiry = *expiry;
                updated.push((message.hash.clone(), *expiry));
            }
        }
        updated
    }

    /// Shortens the expiry of everything in a namespace (or in all); namespaces and hashes of what changed.
    pub(crate) fn shorten_all(
        &mut self,
        owner: &Owner,
        namespace: Option<i16>,
        expiry: u64,
        now: u64,
    ) -> Vec<(i16, String)> {
        let messages = self.shelf(owner, now).messages.values_mut();
        let later = messages.filter(|message| {
            namespace.is_none_or(|namespace| message.namespace == namespace) && message.expiry > expiry
        });
        later
            .map(|message| {
                message.expiry = expiry;
                (message.namespace, message.hash.clone())
            })
            .collect()
    }

    /// Expiries by hash, of those that are kept; `"all"` alone means everything.
    pub(crate) fn expiries(&mut self, owner: &Owner, hashes: &[String], now: u64) -> BTreeMap<String, u64> {
        let shelf = self.shelf(owner, now);
        let all = matches!(hashes, [only] if only == "all");
        let messages = shelf.messages.values().filter(|message| all || hashes.contains(&message.hash));
        messages.map(|message| (message.hash.clone(), message.expiry)).collect()
    }

    /// Revokes subaccounts; only the newest 50 stay revoked.
    pub(crate) fn revoke(&mut self, owner: &Owner, tokens: &[Token]) {
        let revoked = &mut self.shelves.entry(*owner).or_default().revoked;
        for token in tokens {
            revoked.retain(|old| old != token);
            revoked.push(*token);
        }
        let excess = revoked.len().saturating_sub(MAX_REVOKED);
        revoked.drain(..excess);
    }

    /// Takes revocations back; how many there were.
    pub(crate) fn unrevoke(&mut self, owner: &Owner, tokens: &[Token]) -> usize {
        let revoked = &mut self.shelves.entry(*owner).or_default().revoked;
        let before = revoked.len();
        revoked.retain(|old| !tokens.contains(old));
        before - revoked.len()
    }

    pub(crate) fn revoked(&self, owner: &Owner) -> &[Token] {
        self.shelves.get(owner).map_or(&[], |shelf| &shelf.revoked)
    }

    /// Accounts that have anything here.
    pub(crate) fn owners(&self) -> Vec<Owner> {
        self.shelves.keys().copied().collect()
    }

    /// Takes over everything another node has of an account.
    pub(crate) fn adopt(&mut self, owner: &Owner, messages: Vec<StoredMessage>, revoked: &[Token], now: u64) {
        for message in messages {
            self.store(owner, message, false, now);
        }
        self.revoke(owner, revoked);
    }

    /// Everything of an account, for [`Self::adopt`].
    pub(crate) fn everything(&self, owner: &Owner) -> (Vec<StoredMessage>, Vec<Token>) {
        let Some(shelf) = self.shelves.get(owner) else { return Default::default() };
        (shelf.messages.values().cloned().collect(), shelf.revoked.clone())
    }

    /// Forgets an account.
    pub(crate) fn forget(&mut self, owner: &Owner) -> usize {
        self.shelves.remove(owner).map_or(0, |shelf| shelf.messages.len())
    }
}

/// What a message costs of `max_size`, in bytes: its base64 text, its hash, and 100.
///
/// Source: session-foundation/session-storage-server `oxenss/storage/database.cpp`.
fn accounted_size(message: &StoredMessage) -> usize {
    100 + message.hash.len() + message.data.len() * 4 / 3
}

/// Revocations that a node keeps for one account.
const MAX_REVOKED: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn message(hash: &str, namespace: i16, expiry: u64, len: usize) -> StoredMessage {
        StoredMessage { hash: hash.to_owned(), namespace, timestamp: 1, expiry, data: vec![0; len] }
    }

    const OWNER: Owner = Owner { prefix: 5, key: [1; 32] };

    fn hashes(found: (Vec<StoredMessage>, bool)) -> (Vec<String>, bool) {
        (found.0.into_iter().map(|message| message.hash).collect(), found.1)
    }

    #[test]
    fn storing_again_only_lengthens_the_expiry() {
        let mut storage = Storage::default();
        assert_eq!(storage.store(&OWNER, message("a", 0, 100, 1), false, 0), (true, 100));
        assert_eq!(storage.store(&OWNER, message("a", 0, 50, 1), false, 0), (false, 100));
        assert_eq!(storage.store(&OWNER, message("a", 0, 150, 1), false, 0), (false, 150));
    }

    #[test]
    fn messages_come_in_order_of_arrival_after_the_last_one_known() {
        let mut storage = Storage::default();
        for hash in ["c", "a", "b"] {
            storage.store(&OWNER, message(hash, 0, 100, 1), false, 0);
        }
        assert_eq!(hashes(storage.retrieve(&OWNER, 0, "c", None, 10_000, 0)).0, ["a", "b"]);
        assert_eq!(hashes(storage.retrieve(&OWNER, 0, "unknown", None, 10_000, 0)).0, ["c", "a", "b"]);
        assert_eq!(hashes(storage.retrieve(&OWNER, 0, "b", None, 10_000, 0)).0.len(), 0);
        assert_eq!(hashes(storage.retrieve(&OWNER, 2, "", None, 10_000, 0)).0.len(), 0);
    }

    #[test]
    fn at_least_one_message_is_returned_however_small_the_limit() {
        let mut storage = Storage::default();
        for hash in ["a", "b", "c"] {
            storage.store(&OWNER, message(hash, 0, 100, 300), false, 0);
        }
        assert_eq!(hashes(storage.retrieve(&OWNER, 0, "", None, 1, 0)), (vec!["a".to_owned()], true));
        assert!(hashes(storage.retrieve(&OWNER, 0, "", Some(2), 10_000, 0)).1);
        assert_eq!(hashes(storage.retrieve(&OWNER, 0, "b", Some(2), 10_000, 0)), (vec!["c".to_owned()], false));
        // Each costs 100 + 1 + 400 here.
        assert_eq!(hashes(storage.retrieve(&OWNER, 0, "", None, 1_002, 0)).0.len(), 2);
        assert_eq!(hashes(storage.retrieve(&OWNER, 0, "", None, 1_001, 0)).0.len(), 1);
    }

    #[test]
    fn an_outbox_keeps_only_the_newest() {
        let mut storage = Storage::default();
        storage.store(&OWNER, message("a", -21, 100, 1), true, 0);
        storage.store(&OWNER, message("b", -21, 100, 1), true, 0);
        assert_eq!(hashes(storage.retrieve(&OWNER, -21, "", None, 10_000, 0)).0, ["b"]);
    }

    #[test]
    fn expired_messages_are_gone() {
        let mut storage = Storage::default();
        storage.store(&OWNER, message("a", 0, 100, 1), false, 0);
        assert_eq!(storage.retrieve(&OWNER, 0, "", None, 10_000, 99).0.len(), 1);
        assert_eq!(storage.retrieve(&OWNER, 0, "", None, 10_000, 100).0.len(), 0);
    }

    #[test]
    fn expiries_move_only_the_allowed_way() {
        let mut storage = Storage::default();
        storage.store(&OWNER, message("a", 0, 100, 1), false, 0);
        assert_eq!(storage.set_expiries(&OWNER, &[("a", 90)], Change::Extend, 0), []);
        assert_eq!(storage.set_expiries(&OWNER, &[("a", 110)], Change::Shorten, 0), []);
        assert_eq!(storage.set_expiries(&OWNER, &[("a", 110)], Change::Extend, 0), [("a".to_owned(), 110)]);
        assert_eq!(storage.shorten_all(&OWNER, None, 120, 0), []);
        assert_eq!(storage.shorten_all(&OWNER, Some(0), 105, 0), [(0, "a".to_owned())]);
        assert_eq!(storage.expiries(&OWNER, &["all".to_owned()], 0).get("a"), Some(&105));
    }

    #[test]
    fn only_the_newest_fifty_revocations_count() {
        let mut storage = Storage::default();
        let tokens: Vec<Token> = (0..51).map(|n| Token([n; 36])).collect();
        storage.revoke(&OWNER, &tokens);
        assert_eq!(storage.revoked(&OWNER).len(), 50);
        assert!(!storage.revoked(&OWNER).contains(&Token([0; 36])));
        assert_eq!(storage.unrevoke(&OWNER, &[Token([1; 36]), Token([0; 36])]), 1);
    }
}
