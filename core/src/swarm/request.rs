//! Storage requests: typed calls, and the JSON they become.
//!
//! A [`Call`] is everything but the moment and the signature, so that it can be signed again after the clock was
//! corrected. Parameters are exactly those of session-foundation/session-storage-server
//! `oxenss/rpc/client_rpc_endpoints.h`; null and absent are the same there, so what is not needed is left out.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::auth::{self, Auth, ExpireMode};
use super::namespace::Namespaces;
use crate::address::Address;
use crate::address::Namespace;
use crate::address::SwarmHash;
use crate::clock::Timestamp;

/// One call to an address's storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Deposit a message.
    Store(Store),
    /// Read messages from the one node that is asked.
    Retrieve(Retrieve),
    /// Delete messages by hash. With `required` a node answers 404 when it deleted nothing.
    Delete {
        /// What to delete.
        hashes: Vec<SwarmHash>,
        /// Whether deleting nothing is an error.
        required: bool,
    },
    /// Delete everything.
    DeleteAll(Namespaces),
    /// Delete what was stored at or before a moment (at most 60 s in the future).
    DeleteBefore {
        /// Where.
        namespaces: Namespaces,
        /// The last moment that is deleted.
        before: Timestamp,
    },
    /// Change lifetimes.
    Expire {
        /// Whose.
        hashes: Vec<SwarmHash>,
        /// The new end, one for all or one for each.
        expiry: Expiry,
        /// Which changes are wanted.
        mode: ExpireMode,
    },
    /// Shorten all lifetimes.
    ExpireAll {
        /// Where.
        namespaces: Namespaces,
        /// The new end; messages that end earlier keep theirs.
        expiry: Timestamp,
    },
    /// Ask for the ends of lifetimes, from the one node that is asked.
    GetExpiries(Vec<SwarmHash>),
    /// Take rights from group members.
    #[cfg_attr(
        not(feature = "vectors-fuzz-benches"),
        expect(dead_code, reason = "waits for groups and disappearing messages")
    )]
    RevokeSubaccounts(Vec<[u8; 36]>),
    /// Give group members their rights back.
    #[cfg_attr(
        not(feature = "vectors-fuzz-benches"),
        expect(dead_code, reason = "waits for groups and disappearing messages")
    )]
    UnrevokeSubaccounts(Vec<[u8; 36]>),
}

/// A deposit.
#[derive(Clone, PartialEq, Eq)]
pub struct Store {
    /// Where.
    pub namespace: Namespace,
    /// The bytes themselves; base64 is made here.
    pub data: Vec<u8>,
    /// How long it is kept.
    pub ttl: Duration,
    /// The message's own time, at most 10 s in the future; the moment of signing is then sent beside it. None takes the
    /// moment of signing for both.
    pub timestamp: Option<Timestamp>,
}

/// Nothing of the data: it may be anything.
impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({} bytes in {}, ttl {:?})", self.data.len(), self.namespace, self.ttl)
    }
}

/// A reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieve {
    /// Where.
    pub namespace: Namespace,
    /// After which message.
    pub after: After,
    /// Bytes when positive, the `n`th part of a whole answer (7,800,000 bytes) when `-n`. None leaves it to the node,
    /// which takes a fifth.
    pub max_size: Option<i64>,
}

/// Where a reading begins, in the order in which the asked node received the messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// At the beginning; the parameter is left out.
    #[cfg_attr(
        not(feature = "vectors-fuzz-benches"),
        expect(dead_code, reason = "waits for groups and disappearing messages")
    )]
    Nothing,
    /// At the beginning; said with an empty `last_hash`, as official clients do.
    Start,
    /// After this message. A node that does not have it (any more) begins at the beginning.
    Hash(SwarmHash),
}

impl From<Option<SwarmHash>> for After {
    fn from(hash: Option<SwarmHash>) -> Self {
        hash.map_or(Self::Start, Self::Hash)
    }
}

/// New ends of lifetimes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// One for all messages.
    Same(Timestamp),
    /// One for each message, in the same order. Nodes older than hard fork 19.4 refuse it.
    #[cfg_attr(
        not(feature = "vectors-fuzz-benches"),
        expect(dead_code, reason = "waits for groups and disappearing messages")
    )]
    Each(Vec<Timestamp>),
}

impl Expiry {
    /// The values, one or many.
    pub fn values(&self) -> &[Timestamp] {
        match self {
            Self::Same(value) => std::slice::from_ref(value),
            Self::Each(values) => values,
        }
    }

    /// As the request's `expiry` parameter: a number or a list.
    fn parameter(&self) -> Value {
        match self {
            Self::Same(value) => value.as_millis().into(),
            Self::Each(values) => values.iter().map(|value| value.as_millis()).collect(),
        }
    }
}

impl Call {
    /// The method's name on the wire.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Retrieve(_) => "retrieve",
            Self::Delete { .. } => "delete",
            Self::DeleteAll(_) => "delete_all",
            Self::DeleteBefore { .. } => "delete_before",
            Self::Expire { .. } => "expire",
            Self::ExpireAll { .. } => "expire_all",
            Self::GetExpiries(_) => "get_expiries",
            Self::RevokeSubaccounts(_) => "revoke_subaccount",
            Self::UnrevokeSubaccounts(_) => "unrevoke_subaccount",
        }
    }

    /// Whether the node that is asked passes it on to all members of the swarm, and waits for them.
    pub(super) const fn is_write(&self) -> bool {
        !matches!(self, Self::Retrieve(_) | Self::GetExpiries(_))
    }

    /// Whether a node refuses the call without a signature.
    pub const fn needs_signature(&self) -> bool {
        match self {
            Self::Store(store) => store.namespace.store_needs_signature(),
            Self::Retrieve(retrieve) => retrieve.namespace.retrieve_needs_signature(),
            _ => true,
        }
    }

    /// Exactly the bytes that are signed at `now` (network time).
    pub fn signed_bytes(&self, now: Timestamp) -> Vec<u8> {
        match self {
            Self::Store(store) => auth::store_text(store.namespace, now).into_bytes(),
            Self::Retrieve(retrieve) => auth::retrieve_text(retrieve.namespace, now).into_bytes(),
            Self::Delete { hashes, .. } => auth::delete_text(hashes).into_bytes(),
            Self::DeleteAll(namespaces) => auth::delete_all_text(*namespaces, now).into_bytes(),
            Self::DeleteBefore { namespaces, before } => auth::delete_before_text(*namespaces, *before).into_bytes(),
            Self::Expire { hashes, expiry, mode } => auth::expire_text(*mode, expiry.values(), hashes).into_bytes(),
            Self::ExpireAll { namespaces, expiry } => auth::expire_all_text(*namespaces, *expiry).into_bytes(),
            Self::GetExpiries(hashes) => auth::get_expiries_text(now, hashes).into_bytes(),
            Self::RevokeSubaccounts(tokens) | Self::UnrevokeSubaccounts(tokens) => {
                auth::revocation_bytes(self.method(), now, tokens)
            }
        }
    }

    /// The parameters for `of`'s storage at `now` (network time).
    ///
    /// Signed by `auth` where it is given, except a deposit in a public inbox: nodes ignore that signature, and it would
    /// mark who is storing.
    pub fn params(&self, of: &Address, auth: Option<&dyn Auth>, now: Timestamp) -> Value {
        let signed = auth.filter(|_| self.needs_signature() || !matches!(self, Self::Store(_)));
        let params = self.own_params(Params::of(of), signed.is_some(), now);
        match signed {
            Some(auth) => params.signed(auth, &self.signed_bytes(now)),
            None => params,
        }
        .into()
    }

    /// What this call says beside whose storage it is and who signs.
    fn own_params(&self, params: Params, signs: bool, now: Timestamp) -> Params {
        match self {
            Self::Store(store) => store.params(params, signs, now),
            Self::Retrieve(retrieve) => retrieve.params(params, signs, now),
            Self::Delete { hashes, required } => params.hashes(hashes).flag("required", *required),
            Self::DeleteAll(namespaces) => params.namespaces(*namespaces).time("timestamp", now),
            Self::DeleteBefore { namespaces, before } => params.namespaces(*namespaces).time("before", *before),
            Self::Expire { hashes, expiry, mode } => {
                params.hashes(hashes).with("expiry", expiry.parameter()).flag(mode.word(), *mode != ExpireMode::Set)
            }
            Self::ExpireAll { namespaces, expiry } => params.namespaces(*namespaces).time("expiry", *expiry),
            Self::GetExpiries(hashes) => params.hashes(hashes).time("timestamp", now),
            Self::RevokeSubaccounts(tokens) => params.tokens("revoke", tokens).time("timestamp", now),
            Self::UnrevokeSubaccounts(tokens) => params.tokens("unrevoke", tokens).time("timestamp", now),
        }
    }
}

impl Store {
    fn params(&self, params: Params, signs: bool, now: Timestamp) -> Params {
        let params = params
            .with("namespace", self.namespace.number())
            .with("ttl", millis(self.ttl))
            .time("timestamp", self.timestamp.unwrap_or(now));
        let params = if signs && self.timestamp.is_some() { params.time("sig_timestamp", now) } else { params };
        params.with("data", STANDARD.encode(&self.data))
    }
}

impl Retrieve {
    fn params(&self, params: Params, signs: bool, now: Timestamp) -> Params {
        let params = params.with("namespace", self.namespace.number());
        let params = match &self.after {
            After::Nothing => params,
            After::Start => params.with("last_hash", ""),
            After::Hash(hash) => params.with("last_hash", hash.as_str()),
        };
        let params = match self.max_size {
            Some(max_size) => params.with("max_size", max_size),
            None => params,
        };
        if signs { params.time("timestamp", now) } else { params }
    }
}

/// Parameters in the making.
struct Params(Map<String, Value>);

impl Params {
    fn of(of: &Address) -> Self {
        Self(Map::new()).with("pubkey", of.to_string())
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Said only where it is so.
    fn flag(self, name: &str, is_so: bool) -> Self {
        if is_so { self.with(name, true) } else { self }
    }

    fn time(self, name: &str, time: Timestamp) -> Self {
        self.with(name, time.as_millis())
    }

    fn hashes(self, hashes: &[SwarmHash]) -> Self {
        self.with("messages", hashes.iter().map(SwarmHash::as_str).collect::<Value>())
    }

    fn namespaces(self, namespaces: Namespaces) -> Self {
        match namespaces.parameter() {
            Some(value) => self.with("namespace", value),
            None => self,
        }
    }

    fn tokens(self, name: &str, tokens: &[[u8; 36]]) -> Self {
        self.with(name, tokens.iter().map(hex::encode).collect::<Value>())
    }

    fn signed(mut self, auth: &dyn Auth, bytes: &[u8]) -> Self {
        if let Some(key) = auth.ed25519_public() {
            self = self.with("pubkey_ed25519", hex::encode(key));
        }
        if let Some(subaccount) = auth.subaccount() {
            self = self
                .with("subaccount", STANDARD.encode(subaccount.token))
                .with("subaccount_sig", STANDARD.encode(subaccount.signature));
        }
        self.with("signature", STANDARD.encode(auth.sign(bytes)))
    }
}

impl From<Params> for Value {
    fn from(params: Params) -> Self {
        Self::Object(params.0)
    }
}

/// Parameters of `get_swarm`: who is responsible for `of`.
pub fn get_swarm_params(of: &Address) -> Value {
    json!({ "pubkey": of.to_string() })
}

/// Parameters of `batch` and `sequence` from the parts' names and parameters.
pub fn batch_params(parts: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let requests: Vec<Value> =
        parts.into_iter().map(|(method, params)| json!({ "method": method, "params": params })).collect();
    json!({ "requests": requests })
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The largest message that nodes take, decoded. Source: session-storage-server `oxenss/rpc/client_rpc_endpoints.h`.
pub const MAX_DATA_BYTES: usize = 76_800;

/// The most calls in one `batch` or `sequence`; more fail as a whole.
pub const MAX_BATCH_CALLS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{AccountKeys, AccountSeed};

    const NOW: Timestamp = Timestamp::from_millis(1_774_000_000_123);

    fn ana() -> AccountKeys {
        AccountKeys::from_seed(&AccountSeed::from_bytes([7; 16]))
    }

    fn direct() -> Call {
        let ttl = Duration::from_secs(60);
        Call::Store(Store { namespace: Namespace::DIRECT, data: b"hello".to_vec(), ttl, timestamp: None })
    }

    #[test]
    fn a_message_for_an_inbox_is_never_signed_even_by_its_owner() {
        let keys = ana();
        let of = Auth::address(&keys);
        let params = direct().params(&of, Some(&keys), NOW);
        assert_eq!(
            params,
            json!({ "pubkey": of.to_string(), "namespace": 0, "ttl": 60_000, "timestamp": NOW.as_millis(), "data": "aGVsbG8=" })
        );
    }

    #[test]
    fn the_time_of_signing_is_named_only_where_it_is_not_the_messages_own() {
        let keys = ana();
        let mut store = Store { namespace: Namespace(3), data: vec![], ttl: MIN, timestamp: Some(NOW - MIN) };
        let params = Call::Store(store.clone()).params(&Auth::address(&keys), Some(&keys), NOW);
        assert_eq!(params["timestamp"], (NOW - MIN).as_millis());
        assert_eq!(params["sig_timestamp"], NOW.as_millis());
        store.timestamp = None;
        let params = Call::Store(store).params(&Auth::address(&keys), Some(&keys), NOW);
        assert_eq!(params["timestamp"], NOW.as_millis());
        assert!(params.get("sig_timestamp").is_none());
    }

    const MIN: Duration = Duration::from_secs(60);

    #[test]
    fn signing_again_changes_only_time_and_signature() {
        let keys = ana();
        let of = Auth::address(&keys);
        let call = Call::Retrieve(Retrieve { namespace: Namespace(2), after: After::Start, max_size: Some(-8) });
        let (first, mut second) = (call.params(&of, Some(&keys), NOW), call.params(&of, Some(&keys), NOW + MIN));
        assert_ne!(first["signature"], second["signature"]);
        second["signature"] = first["signature"].clone();
        second["timestamp"] = first["timestamp"].clone();
        assert_eq!(first, second);
    }

    #[test]
    fn a_log_line_about_a_store_holds_nothing_of_its_data() {
        assert_eq!(format!("{:?}", direct()), "Store(Store(5 bytes in 0, ttl 60s))");
    }
}
