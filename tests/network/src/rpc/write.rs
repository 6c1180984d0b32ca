//! What one member of a swarm does with a request that changes something.
//!
//! Every member checks for itself: signature, clock, limits. Source: session-foundation/session-storage-server
//! `oxenss/rpc/request_handler.cpp`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Map, Value};

use super::fields::Namespaces;
use super::identity::{DELETE, Owner, Token, WRITE, namespace};
use super::request::{Expire, Store, Write};
use crate::cipher::Keys;
use crate::sodium;
use crate::storage::{Change, Storage, StoredMessage};

/// A member's clock, keys and database.
pub(crate) struct Member<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) storage: &'a mut Storage,
    /// Time on this node's clock, ms since the epoch.
    pub(crate) now: u64,
    /// Whether the request came from another member instead of a client.
    pub(crate) forwarded: bool,
}

/// A refusal: status and text.
pub(crate) type Refusal = (u16, String);

type Done = Result<Map<String, Value>, Refusal>;

impl Member<'_> {
    /// Checks and executes; what the result says about this member.
    pub(crate) fn write(&mut self, write: &Write) -> Done {
        match write {
            Write::Store(store) => self.store(store),
            Write::Delete { messages, .. } => {
                self.check(
                    write,
                    DELETE,
                    &["delete", &messages.concat()],
                    "delete_msgs signature verification failed",
                )?;
                let deleted = self.storage.delete(&owner(write), self.now, |m| messages.contains(&m.hash));
                let deleted = sorted(deleted.into_iter().map(|(_, hash)| hash));
                let signed = [owner(write).text(), messages.concat(), deleted.concat()].concat();
                Ok(self.signed(signed.as_bytes(), [("deleted", deleted.into())]))
            }
            Write::DeleteAll { namespaces, signed_at, .. } => {
                self.check_clock("delete_all", *signed_at, self.tolerance())?;
                let text = ["delete_all", &namespaces.signed(), &signed_at.to_string()];
                self.check(write, DELETE, &text, "delete_all signature verification failed")?;
                let gone = self.storage.delete(&owner(write), self.now, |m| namespaces.covers(m.namespace));
                Ok(self.affected("deleted", &owner(write), *signed_at, *namespaces, gone))
            }
            Write::DeleteBefore { namespaces, before, .. } => {
                if *before > self.now + MINUTE {
                    return Err((401, "delete_before timestamp too far in the future".to_owned()));
                }
                let text = ["delete_before", &namespaces.signed(), &before.to_string()];
                self.check(write, DELETE, &text, "delete_before signature verification failed")?;
                let old = |m: &StoredMessage| namespaces.covers(m.namespace) && m.timestamp <= *before;
                let gone = self.storage.delete(&owner(write), self.now, old);
                Ok(self.affected("deleted", &owner(write), *before, *namespaces, gone))
            }
            Write::Expire(expire) => self.expire(write, expire),
            Write::ExpireAll { namespaces, expiry, .. } => {
                if *expiry < self.now.saturating_sub(self.tolerance()) {
                    return Err((406, "expire_all timestamp should be >= current time".to_owned()));
                }
                let text = ["expire_all", &namespaces.signed(), &expiry.to_string()];
                self.check(write, DELETE, &text, "expire_all signature verification failed")?;
                let only = if let Namespaces::One(one) = namespaces { Some(*one) } else { None };
                let changed = self.storage.shorten_all(&owner(write), only, *expiry, self.now);
                Ok(self.affected("updated", &owner(write), *expiry, *namespaces, changed))
            }
            Write::Revoke { tokens, signed_at, .. } => {
                self.check_tokens(write, "revoke_subaccount", tokens, *signed_at)?;
                self.storage.revoke(&owner(write), tokens);
                Ok(self.signed(&about_tokens(&owner(write), *signed_at, tokens), []))
            }
            Write::Unrevoke { tokens, signed_at, .. } => {
                self.check_tokens(write, "unrevoke_subaccount", tokens, *signed_at)?;
                let count = self.storage.unrevoke(&owner(write), tokens);
                Ok(self.signed(&about_tokens(&owner(write), *signed_at, tokens), [("count", count.into())]))
            }
        }
    }

    fn store(&mut self, store: &Store) -> Done {
        let inbox = namespace::is_inbox(store.namespace);
        let outbox = namespace::is_outbox(store.namespace);
        let longest = if inbox { MAX_TTL_INBOX } else { MAX_TTL_PRIVATE };
        let ttl = store.expiry.saturating_sub(store.timestamp);
        if !(MIN_TTL..=longest).contains(&ttl) {
            return Err((403, "Provided expiry/TTL is not valid.".to_owned()));
        }
        if store.timestamp > self.now + STORE_TOLERANCE || store.expiry < self.now.saturating_sub(STORE_TOLERANCE) {
            return Err((406, "Timestamp error: check your clock".to_owned()));
        }
        if !inbox {
            if store.auth.signature.is_none() {
                let space = store.namespace;
                return Err((401, format!("store: signature required to store to namespace {space}")));
            }
            if !within(store.signed_at, self.now, MINUTE) {
                return Err((406, "store signature timestamp too far from current time".to_owned()));
            }
            let access = if outbox { WRITE | DELETE } else { WRITE };
            let text = ["store", &namespace::signed(store.namespace), &store.signed_at.to_string()].concat();
            let revoked = self.storage.revoked(&store.auth.owner);
            if !store.auth.verify(access, revoked, text.as_bytes()) {
                return Err((401, "store signature verification failed".to_owned()));
            }
        }
        let owner = &store.auth.owner;
        let hash = message_hash(owner, store.namespace, &store.data);
        let message = StoredMessage {
            hash: hash.clone(),
            namespace: store.namespace,
            timestamp: store.timestamp,
            expiry: store.expiry,
            data: store.data.clone(),
        };
        let (new, expiry) = self.storage.store(owner, message, outbox, self.now);
        Ok(stored(self.keys, &hash, expiry, new))
    }

    fn expire(&mut self, write: &Write, expire: &Expire) -> Done {
        if expire.expiry.iter().any(|expiry| *expiry < self.now.saturating_sub(MINUTE)) {
            return Err((401, "expire: timestamp should be >= current time".to_owned()));
        }
        let kind = match (expire.shorten, expire.extend) {
            (true, _) => "shorten",
            (_, true) => "extend",
            _ => "",
        };
        let expiries: String = expire.expiry.iter().map(u64::to_string).collect();
        let text = ["expire", kind, &expiries, &expire.messages.concat()];
        self.check(write, WRITE, &text, "expire: signature verification failed")?;
        let may_delete = expire.auth.subaccount.as_ref().is_none_or(|(token, _)| token.may(DELETE));
        if expire.shorten && !may_delete {
            let why = "expire: shorten parameter cannot be used with this subaccount token (missing delete access)";
            return Err((400, why.to_owned()));
        }
        let change = match () {
            () if expire.shorten => Change::Shorten,
            () if expire.extend || !may_delete => Change::Extend,
            () => Change::Any,
        };
        let capped: Vec<u64> = expire.expiry.iter().map(|expiry| (*expiry).min(self.now + MAX_TTL_PRIVATE)).collect();
        let each = capped.iter().copied().cycle();
        let wanted: Vec<(&str, u64)> = expire.messages.iter().map(String::as_str).zip(each).collect();
        let owner = &expire.auth.owner;
        let mut updated = self.storage.set_expiries(owner, &wanted, change, self.now);
        updated.sort();
        let hashes: Vec<String> = updated.iter().map(|(hash, _)| hash.clone()).collect();

        let mut unchanged = Map::new();
        if expire.shorten || expire.extend {
            let rest: Vec<String> = expire.messages.iter().filter(|hash| !hashes.contains(hash)).cloned().collect();
            let known = self.storage.expiries(owner, &rest, self.now);
            unchanged = known.into_iter().map(|(hash, expiry)| (hash, expiry.into())).collect();
        }
        // One expiry asked: that one (capped), applied or not. Several: those that were applied.
        let (told, signed_expiries): (Value, String) = match capped.as_slice() {
            [one] => ((*one).into(), one.to_string()),
            _ => {
                let applied = updated.iter().map(|(_, expiry)| *expiry);
                (applied.clone().collect(), applied.map(|expiry| expiry.to_string()).collect())
            }
        };
        // Map keeps its keys sorted, as the signature wants them.
        let signed_unchanged: String = unchanged.iter().map(|(hash, expiry)| format!("{hash}{expiry}")).collect();
        let signed =
            [owner.text(), signed_expiries, expire.messages.concat(), hashes.concat(), signed_unchanged].concat();
        let mut result = self.signed(signed.as_bytes(), [("expiry", told), ("updated", hashes.into())]);
        if expire.shorten || expire.extend {
            result.insert("unchanged".to_owned(), unchanged.into());
        }
        Ok(result)
    }

    fn tolerance(&self) -> u64 {
        if self.forwarded { MINUTE + FORWARDING_ALLOWANCE } else { MINUTE }
    }

    fn check(&self, write: &Write, access: u8, text: &[&str], refusal: &str) -> Result<(), Refusal> {
        let revoked = self.storage.revoked(&owner(write));
        let good = write.auth().verify(access, revoked, text.concat().as_bytes());
        good.then_some(()).ok_or_else(|| (401, refusal.to_owned()))
    }

    fn check_clock(&self, method: &str, signed_at: u64, tolerance: u64) -> Result<(), Refusal> {
        check_clock(method, signed_at, self.now, tolerance)
    }

    fn check_tokens(&self, write: &Write, method: &str, tokens: &[Token], signed_at: u64) -> Result<(), Refusal> {
        self.check_clock(method, signed_at, MINUTE)?;
        let mut text = [method, &signed_at.to_string()].concat().into_bytes();
        text.extend(tokens.iter().flat_map(|token| token.0));
        let good = write.auth().verify(0, &[], &text);
        good.then_some(()).ok_or_else(|| (401, format!("{method} signature verification failed")))
    }

    /// The result of a method that works on whole namespaces.
    fn affected(
        &self,
        name: &str,
        owner: &Owner,
        moment: u64,
        namespaces: Namespaces,
        affected: Vec<(i16, String)>,
    ) -> Map<String, Value> {
        let hashes = sorted(affected.iter().map(|(_, hash)| hash.clone()));
        let signed = [owner.text(), moment.to_string(), hashes.concat()].concat();
        let list: Value = match namespaces {
            Namespaces::One(_) => hashes.into(),
            Namespaces::All => {
                let mut by_namespace = Map::new();
                for hash in hashes {
                    let space = affected.iter().find(|(_, other)| *other == hash).map_or(0, |(space, _)| *space);
                    let list = by_namespace.entry(space.to_string()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Some(list) = list.as_array_mut() {
                        list.push(hash.into());
                    }
                }
                by_namespace.into()
            }
        };
        self.signed(signed.as_bytes(), [(name, list)])
    }

    fn signed<const N: usize>(&self, text: &[u8], fields: [(&str, Value); N]) -> Map<String, Value> {
        let mut result: Map<String, Value> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        result.insert("signature".to_owned(), STANDARD.encode(self.keys.sign(text)).into());
        result
    }
}

/// What a member says about a message that it keeps (or claims to keep).
pub(crate) fn stored(keys: &Keys, hash: &str, expiry: u64, new: bool) -> Map<String, Value> {
    let mut result = Map::new();
    result.insert("hash".to_owned(), hash.into());
    result.insert("signature".to_owned(), STANDARD.encode(keys.sign(hash.as_bytes())).into());
    result.insert("expiry".to_owned(), expiry.into());
    if !new {
        result.insert("already".to_owned(), true.into());
    }
    result
}

/// Unpadded base64 of BLAKE2b-256 over prefix, key, namespace text and data.
pub(crate) fn message_hash(owner: &Owner, space: i16, data: &[u8]) -> String {
    let hash: [u8; 32] = sodium::blake2b(&[&[owner.prefix], &owner.key, namespace::signed(space).as_bytes(), data]);
    STANDARD_NO_PAD.encode(hash)
}

/// 406 when a signed timestamp is too far from the node's clock.
pub(crate) fn check_clock(method: &str, signed_at: u64, now: u64, tolerance: u64) -> Result<(), Refusal> {
    let good = within(signed_at, now, tolerance);
    good.then_some(()).ok_or_else(|| (406, format!("{method} timestamp too far from current time")))
}

fn within(moment: u64, now: u64, tolerance: u64) -> bool {
    moment.abs_diff(now) <= tolerance
}

fn owner(write: &Write) -> Owner {
    write.auth().owner
}

fn sorted(hashes: impl Iterator<Item = String>) -> Vec<String> {
    let mut hashes: Vec<String> = hashes.collect();
    hashes.sort();
    hashes
}

fn about_tokens(owner: &Owner, signed_at: u64, tokens: &[Token]) -> Vec<u8> {
    let mut text = format!("{}{signed_at}", owner.text()).into_bytes();
    text.extend(tokens.iter().flat_map(|token| token.0));
    text
}

/// How far signed timestamps may be from the node's clock, in ms.
pub(crate) const MINUTE: u64 = 60_000;

/// What a copy from another member may be later, in ms.
const FORWARDING_ALLOWANCE: u64 = 10_000;

/// How far `store.timestamp` may lie in the future, and its expiry in the past, in ms.
const STORE_TOLERANCE: u64 = 10_000;

const MIN_TTL: u64 = 10_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// Where anyone may write.
const MAX_TTL_INBOX: u64 = 14 * DAY;
/// Everywhere else.
const MAX_TTL_PRIVATE: u64 = 30 * DAY;
