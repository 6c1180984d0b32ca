//! Storage requests against `transport.json`: places on the ring, hashes, signed texts, parameters, members' proofs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic
#![allow(clippy::too_many_lines)] // a test goes through a whole block of vectors

#[path = "vectors/harness.rs"]
mod harness;

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::{Block, Check, File, HexArray, HexLeaf, Json, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::address::{Address, Namespace, SwarmHash};
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::{self, AccountKeys, AccountSeed};
use onionskin_core::delivery::Mailbox;
use onionskin_core::onion::failure::{self, Failure, Next, Route};
use onionskin_core::onion::{NodeKey, ServiceNode};
use onionskin_core::swarm::redirect::{self, Action};
use onionskin_core::swarm::ring::{self, nearest_swarm};
use onionskin_core::swarm::{
    After, Auth, Call, ExpireMode, Expiry, Namespaces, Retrieve, Store, Subaccount, proof, response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The keys of an entry of the file's `keys`.
fn keys_from(file: &File, path: &str) -> AccountKeys {
    AccountKeys::from_ed25519_seed(&file.other::<HexArray<32>>(path))
}

/// The owner of a group: signs with the key that the id holds, and never names it.
struct GroupOwner(AccountKeys);

impl Auth for GroupOwner {
    fn address(&self) -> Address {
        let mut id = [3; 33];
        id[1..].copy_from_slice(&self.0.ed25519_public());
        Address::from_bytes(id)
    }
    fn ed25519_public(&self) -> Option<[u8; 32]> {
        None
    }
    fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.0.sign(text)
    }
}

/// A member of a group. Members' own signatures come with groups; here the file's signature is taken where it verifies
/// under the token's key over the text that core computed.
struct GroupMember {
    group: Address,
    subaccount: Subaccount,
    signature: [u8; 64],
}

impl Auth for GroupMember {
    fn address(&self) -> Address {
        self.group
    }
    fn ed25519_public(&self) -> Option<[u8; 32]> {
        None
    }
    fn sign(&self, text: &[u8]) -> [u8; 64] {
        let key: [u8; 32] = self.subaccount.token[4..].try_into().unwrap();
        if crypto::verify(&key, text, &self.signature) { self.signature } else { [0; 64] }
    }
    fn subaccount(&self) -> Option<Subaccount> {
        Some(self.subaccount)
    }
}

fn base64<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
    bytes.try_into().map_err(|_| format!("not {N} bytes"))
}

fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| format!("no address: {text}"))
}

fn hash(text: &str) -> Result<SwarmHash, String> {
    SwarmHash::parse(text).ok_or_else(|| format!("no hash: {text}"))
}

fn hashes(texts: &[Leaf<String>]) -> Result<Vec<SwarmHash>, String> {
    texts.iter().map(|text| hash(text)).collect()
}

fn plain(texts: &[Leaf<String>]) -> Vec<&str> {
    texts.iter().map(|text| text.as_str()).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    pubkey: Leaf<String>,
    position: Leaf<String>,
}

fn position(items: &Vec<Position>, _file: &File) -> Check {
    for item in items {
        ensure_eq("position", &ring::position(&address(&item.pubkey)?).to_string(), &*item.position)?;
    }
    ensure("no positions", !items.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nearest {
    swarm_ids: Vec<Leaf<String>>,
    position: Leaf<String>,
    selected: Leaf<String>,
}

fn nearest(items: &Vec<Nearest>, _file: &File) -> Check {
    let number = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
    for item in items {
        let ids = item.swarm_ids.iter().map(|id| number(id)).collect::<Result<Vec<_>, _>>()?;
        let chosen = nearest_swarm(number(&item.position)?, ids).ok_or("no swarm")?;
        ensure_eq("selected", &chosen.to_string(), &*item.selected)?;
    }
    ensure("no cases", !items.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SwarmField {
    hex: Leaf<String>,
    u64: Leaf<String>,
    #[serde(rename = "meaning")]
    _meaning: Option<Prose>,
}

fn swarm_field(items: &Vec<SwarmField>, _file: &File) -> Check {
    let node = AccountKeys::from_ed25519_seed(&[7; 32]);
    for item in items {
        let number: u64 = item.u64.parse().map_err(|_| "not a u64")?;
        let entry = json!({
            "public_ip": "10.0.0.1", "storage_port": 1, "storage_lmq_port": 2, "swarm": *item.hex,
            "pubkey_ed25519": hex::encode(node.ed25519_public()),
            "pubkey_x25519": hex::encode(node.x25519_public()),
        });
        let read = ServiceNode::from_json(&entry).ok_or("not a node")?.swarm;
        ensure_eq("swarm", read, Some(number).filter(|number| *number != u64::MAX))?;
    }
    ensure("no cases", !items.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashItem {
    pubkey: Leaf<String>,
    namespace: Leaf<i16>,
    data_b64: Leaf<String>,
    hash: Leaf<String>,
    #[serde(rename = "known_from")]
    _known_from: Option<Prose>,
}

fn message_hash(items: &Vec<HashItem>, _file: &File) -> Check {
    for item in items {
        let data = STANDARD.decode(item.data_b64.as_bytes()).map_err(|error| error.to_string())?;
        let computed = SwarmHash::of(&address(&item.pubkey)?, Namespace(*item.namespace), &data);
        ensure_eq("hash", computed.as_str(), item.hash.as_str())?;
    }
    ensure("no hashes", !items.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    timestamp_ms: Leaf<u64>,
    items: Vec<RequestItem>,
    #[serde(rename = "comment")]
    _comment: Option<Prose>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestItem {
    method: Leaf<String>,
    signer: Leaf<String>,
    signed_bytes_hex: HexLeaf,
    signed_bytes_text: Leaf<Option<String>>,
    #[serde(rename = "layout")]
    _layout: Prose,
    signature_b64: Leaf<String>,
    params: Params,
}

/// Parameters of any method; their leaves are noted, and read all at once.
struct Params {
    object: Map<String, Value>,
    leaves: Vec<Leaf<Value>>,
}

impl Params {
    fn read(&self) -> &Map<String, Value> {
        self.leaves.iter().for_each(|leaf| drop((**leaf).clone()));
        &self.object
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let json = Json::deserialize(deserializer)?;
        let leaves = json.leaves().iter().map(|path| json.leaf(path).to()).collect::<Result<_, _>>();
        Ok(Self { object: json.to().map_err(D::Error::custom)?, leaves: leaves.map_err(D::Error::custom)? })
    }
}

fn requests(block: &Requests, file: &File) -> Check {
    let now = Timestamp::from_millis(*block.timestamp_ms);
    for item in &block.items {
        let params = item.params.read();
        let call = call_of(&item.method, params).ok_or_else(|| format!("not understood: {}", *item.method))?;
        ensure_eq("method", call.method(), item.method.as_str())?;
        let signed = call.signed_bytes(now);
        ensure_eq("signed_bytes_hex", &signed[..], &**item.signed_bytes_hex)?;
        let with_tokens = matches!(call, Call::RevokeSubaccounts(_) | Call::UnrevokeSubaccounts(_));
        let text = (!with_tokens).then(|| String::from_utf8(signed.clone()).unwrap());
        ensure_eq("signed_bytes_text", &text, &*item.signed_bytes_text)?;
        let signature = base64(&item.signature_b64)?;
        let signer: Box<dyn Auth> = match item.signer.as_str() {
            "account" => Box::new(keys_from(file, "keys.account.ed25519_seed")),
            "group admin" => Box::new(GroupOwner(keys_from(file, "keys.group.ed25519_seed"))),
            "group member (subaccount)" => {
                let part = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
                let token: [u8; 36] = base64(part("subaccount"))?;
                let subaccount = Subaccount { token, signature: base64(part("subaccount_sig"))? };
                let owner = file.other::<HexArray<32>>("keys.group.ed25519_pubkey");
                ensure("the owner's signature over the token", crypto::verify(&owner, &token, &subaccount.signature))?;
                Box::new(GroupMember {
                    group: address(&file.other::<String>("keys.group.group_id"))?,
                    subaccount,
                    signature,
                })
            }
            other => return Err(format!("unknown signer {other}")),
        };
        ensure_eq("signature_b64", signer.sign(&signed), signature)?;
        ensure_eq("params", call.params(&signer.address(), Some(&*signer), now).as_object(), Some(params))?;
    }
    ensure("no requests", !block.items.is_empty())
}

/// The typed call behind a request's parameters.
fn call_of(method: &str, params: &Map<String, Value>) -> Option<Call> {
    let time = |name: &str| Some(Timestamp::from_millis(params.get(name)?.as_u64()?));
    let texts = |name: &str| params.get(name)?.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
    let hashes = || texts("messages")?.into_iter().map(SwarmHash::parse).collect::<Option<Vec<_>>>();
    let namespace = || Some(Namespace(i16::try_from(params.get("namespace")?.as_i64()?).ok()?));
    let namespaces = || match params.get("namespace") {
        None => Some(Namespaces::One(Namespace::DIRECT)),
        Some(Value::String(all)) => (all == "all").then_some(Namespaces::All),
        Some(_) => namespace().map(Namespaces::One),
    };
    let tokens = |name: &str| -> Option<Vec<[u8; 36]>> {
        texts(name)?.into_iter().map(|token| hex::decode(token).ok()?.try_into().ok()).collect()
    };
    Some(match method {
        "store" => Call::Store(Store {
            namespace: namespace()?,
            data: STANDARD.decode(params.get("data")?.as_str()?).ok()?,
            ttl: Duration::from_millis(params.get("ttl")?.as_u64()?),
            timestamp: if params.contains_key("sig_timestamp") { Some(time("timestamp")?) } else { None },
        }),
        "retrieve" => Call::Retrieve(Retrieve {
            namespace: namespace()?,
            after: match params.get("last_hash") {
                None => After::Nothing,
                Some(hash) if hash == "" => After::Start,
                Some(hash) => After::Hash(SwarmHash::parse(hash.as_str()?)?),
            },
            max_size: params.get("max_size").map(|size| size.as_i64().unwrap_or_default()),
        }),
        "delete" => Call::Delete { hashes: hashes()?, required: params.contains_key("required") },
        "delete_all" => Call::DeleteAll(namespaces()?),
        "delete_before" => Call::DeleteBefore { namespaces: namespaces()?, before: time("before")? },
        "expire" => Call::Expire {
            hashes: hashes()?,
            expiry: match params.get("expiry")? {
                Value::Array(ends) => {
                    let end = |end: &Value| end.as_u64().map(Timestamp::from_millis);
                    Expiry::Each(ends.iter().map(end).collect::<Option<_>>()?)
                }
                _ => Expiry::Same(time("expiry")?),
            },
            mode: match (params.contains_key("shorten"), params.contains_key("extend")) {
                (true, _) => ExpireMode::Shorten,
                (_, true) => ExpireMode::Extend,
                _ => ExpireMode::Set,
            },
        },
        "expire_all" => Call::ExpireAll { namespaces: namespaces()?, expiry: time("expiry")? },
        "get_expiries" => Call::GetExpiries(hashes()?),
        "revoke_subaccount" => Call::RevokeSubaccounts(tokens("revoke")?),
        "unrevoke_subaccount" => Call::UnrevokeSubaccounts(tokens("unrevoke")?),
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeResponses {
    node_ed25519_pubkey: Leaf<String>,
    pubkey: Leaf<String>,
    store: StoreProof,
    delete: DeleteProof,
    delete_all_one_namespace: SweepProof,
    delete_all_all: SweepAllProof,
    delete_before: BeforeProof,
    expire_single: ExpireSingle,
    expire_multi: ExpireMulti,
    expire_all_one_namespace: ExpireAllProof,
    revoke_subaccount: RevokeProof,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreProof {
    hash: Leaf<String>,
    signed_text: Leaf<String>,
    signature_b64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteProof {
    requested: Vec<Leaf<String>>,
    deleted: Vec<Leaf<String>>,
    signed_text: Leaf<String>,
    signature_b64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepProof {
    timestamp: Leaf<u64>,
    deleted: Vec<Leaf<String>>,
    signed_text: Leaf<String>,
    signature_b64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepAllProof {
    timestamp: Leaf<u64>,
    deleted: BTreeMap<String, Vec<Leaf<String>>>,
    signed_text: Leaf<String>,
    signature_b64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BeforeProof {
    before: Leaf<u64>,
    deleted: Vec<Leaf<String>>,
    signed_text: Leaf<String>,
    signature_b64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpireSingle {
    expiry: Leaf<u64>,
    requested: Vec<Leaf<String>>,
    updated: Vec<Leaf<String>>,
    unchanged: BTreeMap<String, Leaf<u64>>,
    signed_text: Leaf<String>,
    signature_b64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpireMulti {
    requested: Vec<Leaf<String>>,
    updated: Vec<Leaf<String>>,
    expiry: Vec<Leaf<u64>>,
    signed_text: Leaf<String>,
    signature_b64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpireAllProof {
    expiry: Leaf<u64>,
    updated: Vec<Leaf<String>>,
    signed_text: Leaf<String>,
    signature_b64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeProof {
    timestamp: Leaf<u64>,
    signed_hex: HexLeaf,
    signature_b64: Leaf<String>,
    pubkey: Leaf<String>,
}

/// The member that signs.
struct Signer {
    keys: AccountKeys,
    key: NodeKey,
}

impl Signer {
    /// The signing node, found among the file's keys by its public key.
    fn find(file: &File, public: &str) -> Result<Self, String> {
        let nodes = file.other::<Vec<BTreeMap<String, String>>>("keys.nodes");
        let at = nodes.iter().position(|node| node.get("ed25519_pubkey").is_some_and(|key| key == public));
        let at = at.ok_or("the signing node is not among the keys")?;
        let keys = keys_from(file, &format!("keys.nodes.{at}.ed25519_seed"));
        Ok(Self { key: NodeKey(keys.ed25519_public()), keys })
    }

    /// The node's answer, once core's text is the file's and so is the node's signature over it.
    fn answers(&self, text: &str, file: &str, signature: &str, fields: Value) -> Result<String, String> {
        ensure_eq("signed_text", text, file)?;
        self.answers_bytes(text.as_bytes(), signature, fields)
    }

    fn answers_bytes(&self, signed: &[u8], signature: &str, mut fields: Value) -> Result<String, String> {
        ensure_eq("signature_b64", STANDARD.encode(self.keys.sign(signed)).as_str(), signature)?;
        fields["signature"] = signature.into();
        Ok(json!({ "swarm": { self.key.to_string(): fields } }).to_string())
    }

    fn proved<T: PartialEq + std::fmt::Debug>(
        &self,
        read: Result<response::Members<T>, response::BadAnswer>,
        work: T,
    ) -> Check {
        let read = read.map_err(|error| error.to_string())?;
        ensure_eq("believed", read.accepted, vec![(self.key, work)])
    }
}

fn node_response_signatures(block: &NodeResponses, file: &File) -> Check {
    let node = Signer::find(file, &block.node_ed25519_pubkey)?;
    let of = address(&block.pubkey)?;
    let time = |leaf: &Leaf<u64>| Timestamp::from_millis(**leaf);
    let all = |_: &NodeKey| true;
    let one = Namespaces::One(Namespace::DIRECT);

    let case = &block.store;
    let stored = hash(&case.hash)?;
    let fields = json!({ "hash": *case.hash });
    let answer = node.answers(&proof::stored_text(&stored), &case.signed_text, &case.signature_b64, fields)?;
    node.proved(response::stored(&answer, &stored, all), response::StoredBy { expires: None, already: false })?;

    let case = &block.delete;
    let (asked, deleted) = (hashes(&case.requested)?, hashes(&case.deleted)?);
    let text = proof::deleted_text(&of, &asked, &deleted);
    let fields = json!({ "deleted": plain(&case.deleted) });
    let answer = node.answers(&text, &case.signed_text, &case.signature_b64, fields)?;
    node.proved(response::deleted(&answer, &of, &asked, all), deleted)?;

    let case = &block.delete_all_one_namespace;
    let (at, deleted) = (time(&case.timestamp), hashes(&case.deleted)?);
    let fields = json!({ "deleted": plain(&case.deleted) });
    let text = proof::swept_text(&of, at, &deleted);
    let answer = node.answers(&text, &case.signed_text, &case.signature_b64, fields)?;
    node.proved(response::deleted_all(&answer, &of, one, at, all), deleted)?;

    let case = &block.delete_all_all;
    let at = time(&case.timestamp);
    let groups = case.deleted.values().map(|group| hashes(group)).collect::<Result<Vec<_>, _>>()?;
    let mut deleted = groups.concat();
    deleted.sort();
    let groups: BTreeMap<_, _> = case.deleted.iter().map(|(name, group)| (name, plain(group))).collect();
    let text = proof::swept_text(&of, at, &deleted);
    let answer = node.answers(&text, &case.signed_text, &case.signature_b64, json!({ "deleted": groups }))?;
    node.proved(response::deleted_all(&answer, &of, Namespaces::All, at, all), deleted)?;

    let case = &block.delete_before;
    let (before, deleted) = (time(&case.before), hashes(&case.deleted)?);
    let fields = json!({ "deleted": plain(&case.deleted) });
    let text = proof::swept_text(&of, before, &deleted);
    let answer = node.answers(&text, &case.signed_text, &case.signature_b64, fields)?;
    node.proved(response::deleted_all(&answer, &of, one, before, all), deleted)?;

    let case = &block.expire_single;
    let (asked, updated, expiry) = (hashes(&case.requested)?, hashes(&case.updated)?, time(&case.expiry));
    let kept = case.unchanged.iter().map(|(name, end)| Ok((hash(name)?, time(end))));
    let unchanged = kept.collect::<Result<Vec<_>, String>>()?;
    let text = proof::expired_text(&of, &[expiry], &asked, &updated, &unchanged);
    let ends: BTreeMap<_, _> = case.unchanged.iter().map(|(name, end)| (name, **end)).collect();
    let fields = json!({ "updated": plain(&case.updated), "unchanged": ends, "expiry": *case.expiry });
    let answer = node.answers(&text, &case.signed_text, &case.signature_b64, fields)?;
    let updated = updated.into_iter().map(|hash| (hash, expiry)).collect();
    let read = response::expired(&answer, &of, &asked, &Expiry::Same(expiry), all);
    node.proved(read, response::ExpiredBy { updated, unchanged })?;

    let case = &block.expire_multi;
    let (asked, updated) = (hashes(&case.requested)?, hashes(&case.updated)?);
    let ends: Vec<_> = case.expiry.iter().map(time).collect();
    let text = proof::expired_text(&of, &ends, &asked, &updated, &[]);
    let numbers: Vec<u64> = case.expiry.iter().map(|end| **end).collect();
    let fields = json!({ "updated": plain(&case.updated), "expiry": numbers });
    let answer = node.answers(&text, &case.signed_text, &case.signature_b64, fields)?;
    let read = response::expired(&answer, &of, &asked, &Expiry::Each(ends.clone()), all);
    node.proved(read, response::ExpiredBy { updated: updated.into_iter().zip(ends).collect(), unchanged: vec![] })?;

    let case = &block.expire_all_one_namespace;
    let (expiry, updated) = (time(&case.expiry), hashes(&case.updated)?);
    let fields = json!({ "updated": plain(&case.updated) });
    let text = proof::swept_text(&of, expiry, &updated);
    let answer = node.answers(&text, &case.signed_text, &case.signature_b64, fields)?;
    node.proved(response::expired_all(&answer, &of, one, expiry, all), updated)?;

    let case = &block.revoke_subaccount;
    let (group, at) = (address(&case.pubkey)?, time(&case.timestamp));
    // The tokens stand nowhere but at the end of the signed bytes.
    let tokens = case.signed_hex.get(format!("{group}{at}").len()..).ok_or("too short")?;
    let tokens = tokens.chunks(36).map(|token| token.try_into().map_err(|_| "not a token"));
    let tokens = tokens.collect::<Result<Vec<[u8; 36]>, _>>()?;
    let signed = proof::revoked_bytes(&group, at, &tokens);
    ensure_eq("signed_hex", &signed[..], &**case.signed_hex)?;
    let answer = node.answers_bytes(&signed, &case.signature_b64, json!({}))?;
    node.proved(response::revoked(&answer, &group, at, &tokens, all), ())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    #[serde(rename = "case")]
    _case: Prose,
    desktop: Vec<SplitPart>,
    android: Android,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SplitPart {
    namespace: Leaf<i16>,
    max_size: Leaf<i64>,
}

/// Sizes by namespace, or a remark that there are none.
struct Android(BTreeMap<String, Leaf<i64>>);

impl<'de> Deserialize<'de> for Android {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let json = Json::deserialize(deserializer)?;
        if json.as_text().is_some() {
            return json.to::<Prose>().map(|_| Self(BTreeMap::new())).map_err(D::Error::custom);
        }
        json.to().map(Self).map_err(D::Error::custom)
    }
}

fn max_size_split(cases: &Vec<Split>, _file: &File) -> Check {
    for case in cases {
        let parts: Vec<_> = case.desktop.iter().map(|part| (Namespace(*part.namespace), *part.max_size)).collect();
        for (namespace, max_size) in &parts {
            ensure_eq("max_size", namespace.poll_share(), *max_size)?;
        }
        for (name, max_size) in &case.android.0 {
            let namespace =
                if name == "configs" { Namespace::CONTACTS } else { Namespace(name.parse().map_err(|_| "name")?) };
            ensure_eq("max_size of android", namespace.poll_share(), **max_size)?;
        }
        if parts.iter().any(|(namespace, _)| *namespace == Namespace::DIRECT) {
            let own = Mailbox::own(&AccountKeys::from_seed(&AccountSeed::from_bytes([7; 16])));
            let ours: Vec<_> = own.namespaces().iter().map(|namespace| (*namespace, namespace.poll_share())).collect();
            ensure_eq("our poll", ours, parts)?;
        }
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redirects {
    pool: Vec<Leaf<String>>,
    node: Leaf<String>,
    enough_known: Leaf<usize>,
    redirects_followed: Leaf<u32>,
    cases: Vec<RedirectCase>,
    #[serde(rename = "note")]
    _note: Option<Prose>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectCase {
    #[serde(rename = "why")]
    _why: Prose,
    asked: Vec<RedirectAsked>,
    results: Vec<RedirectResult>,
    expected: Vec<RedirectExpected>,
    refresh_pool: Leaf<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectAsked {
    account: Leaf<String>,
    members_before: Vec<Leaf<String>>,
    redirects_before: Leaf<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectResult {
    code: Leaf<u16>,
    decrypted: Leaf<bool>,
    snodes: Option<Vec<Leaf<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectExpected {
    account: Leaf<String>,
    swarm: Option<Vec<Leaf<String>>>,
    action: Leaf<String>,
}

impl RedirectResult {
    /// The body as nodes write it.
    fn body(&self) -> String {
        let node = |key: &Leaf<String>| json!({ "pubkey_ed25519": **key, "ip": "10.0.0.1", "port_https": 1 });
        match &self.snodes {
            Some(snodes) => json!({ "snodes": snodes.iter().map(node).collect::<Vec<_>>() }).to_string(),
            None => String::new(),
        }
    }
}

fn node_keys(texts: &[Leaf<String>]) -> Result<Vec<NodeKey>, String> {
    texts.iter().map(|text| NodeKey::parse(text).ok_or_else(|| format!("no key: {}", **text))).collect()
}

/// What becomes of one account of a request, what is its swarm by this answer, and whether the list is fetched.
fn redirected(
    asked: &RedirectAsked,
    result: &RedirectResult,
    node: &NodeKey,
    pool: &[NodeKey],
) -> Result<(&'static str, Option<Vec<NodeKey>>, bool), String> {
    let members = node_keys(&asked.members_before)?;
    let (before, status, body) = (*asked.redirects_before, *result.code, result.body());
    let route = Route { hops: [NodeKey([1; 32]), NodeKey([2; 32]), NodeKey([3; 32])], destination: Some(*node) };
    if !*result.decrypted {
        let failed = failure::decide(&Failure::Path { status, body: &body }, &route).next == Next::Retry;
        return Ok((if failed { "path failed" } else { "unknown" }, None, false));
    }
    match failure::of_node(status, &body).next {
        Next::Deliver => return Ok(("done", None, false)),
        Next::AskNewSwarm => {}
        _ => return Ok(("failed", None, false)),
    }
    let named = response::swarm_members(&body).unwrap_or_default();
    let told = redirect::after(&members, node, before, &named, |key| pool.contains(key));
    let action = match told.action {
        Action::Retry => "retry",
        Action::RetryAfterRefresh => "retry after the refresh",
        Action::AskForSwarm => "ask for the swarm",
        Action::Fail => "failed",
    };
    Ok((action, Some(told.swarm), told.refresh_pool))
}

/// Leaves of which nothing is made for what stands beside them.
fn note_idle(block: &Redirects) {
    let known = |key: &Leaf<String>| block.pool.iter().any(|node| **node == **key);
    let named = |node: &Leaf<String>| {
        let all = block.cases.iter().flat_map(|case| &case.results).flat_map(|result| &result.snodes).flatten();
        all.into_iter().any(|key| **key == **node)
    };
    block.pool.iter().filter(|node| !named(node)).for_each(Leaf::idle);
    for case in &block.cases {
        for (asked, result) in case.asked.iter().zip(&case.results) {
            let (redirects, snodes) = (*result.decrypted && *result.code == 421, result.snodes.as_deref());
            let names = snodes.is_some_and(|snodes| !snodes.is_empty());
            if !redirects || names {
                asked.members_before.iter().for_each(Leaf::idle);
            }
            if !redirects {
                result.code.idle();
            }
            // One redirect more makes nothing of it but a fetched list, or nothing at all once it is over.
            let fetched_anyway = *asked.redirects_before == 0 && *case.refresh_pool;
            if !redirects || fetched_anyway || *asked.redirects_before >= redirect::REDIRECTS_FOLLOWED {
                asked.redirects_before.idle();
            }
            snodes.unwrap_or_default().iter().filter(|key| !redirects || !known(key)).for_each(Leaf::idle);
        }
    }
}

fn redirects_421(block: &Redirects, _file: &File) -> Check {
    note_idle(block);
    ensure_eq("enough_known", redirect::ENOUGH_KNOWN, *block.enough_known)?;
    ensure_eq("redirects_followed", redirect::REDIRECTS_FOLLOWED, *block.redirects_followed)?;
    let (pool, node) = (node_keys(&block.pool)?, NodeKey::parse(&block.node).ok_or("no key")?);
    for case in &block.cases {
        ensure_eq("results", case.results.len(), case.asked.len())?;
        ensure_eq("expected", case.expected.len(), case.asked.len())?;
        let mut refresh_pool = false;
        for ((asked, result), expected) in case.asked.iter().zip(&case.results).zip(&case.expected) {
            // By position: the answer does not say whose it is.
            ensure_eq("account", address(&asked.account)?, address(&expected.account)?)?;
            let (action, swarm, refresh) = redirected(asked, result, &node, &pool)?;
            ensure_eq("action", action, expected.action.as_str())?;
            let swarm_expected = expected.swarm.as_ref().map(|swarm| node_keys(swarm)).transpose()?;
            ensure_eq("swarm", swarm, swarm_expected)?;
            refresh_pool |= refresh;
        }
        ensure_eq("refresh_pool", refresh_pool, *case.refresh_pool)?;
    }
    ensure("no cases", !block.cases.is_empty())
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("swarm.position", position).changed_at("pubkey", |_| vec![2, 33, 65]),
        Block::new("swarm.nearest", nearest)
            .free("swarm_ids", "a swarm far away may move without being chosen")
            .free("position", "an account may move a little and keep its swarm"),
        Block::new("swarm.swarm_hex_field", swarm_field).prose(&["meaning"]),
        Block::new("message_hash", message_hash).prose(&["known_from"]),
        Block::new("requests", requests)
            .prose(&["layout", "comment"])
            .free("max_size", "an input that is sent as it is and not signed")
            .free("last_hash", "an input that is sent as it is and not signed")
            .free("ttl", "an input that is sent as it is and not signed")
            .free("data", "an input that is sent as it is and not signed")
            .free("timestamp", "of a store with a sig_timestamp it is an input that is not signed"),
        Block::new("node_response_signatures", node_response_signatures),
        Block::new("redirects_421", redirects_421).prose(&["why", "note"]),
        Block::new("max_size_split", max_size_split)
            .prose(&["case", "android"])
            .free("namespace", "all configs have the same share"),
    ]
}

harness::vector_tests!("vectors_transport_swarm", "transport.json", blocks());
