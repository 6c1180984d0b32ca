//! What nodes answer, read with limits and believed only as far as it can be checked.
//!
//! * Members of a swarm sign what they did. An answer counts for a member only when the signature verifies under that
//!   member's key over exactly what we asked for; everything else is a member that did not answer ([`Members`]).
//! * One bad message never spoils the others: it comes back as [`Unusable`] with its reason. A message whose data do
//!   not give its hash was swapped by the node or belongs to somebody else.
//! * Nothing here takes many times the answer's own size; parts of a batch stay raw text until their method is known.
//!
//! Layouts: session-foundation/session-storage-server `oxenss/rpc/request_handler.cpp`,
//! `oxenss/rpc/client_rpc_endpoints.h`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::listing::{Ends, Group, Listing};
use super::loose::{Limited, Loose, Pairs};
use super::namespace::Namespaces;
use super::proof;
use super::request::{Expiry, MAX_BATCH_CALLS, MAX_DATA_BYTES};
use crate::address::Address;
use crate::address::Namespace;
use crate::address::SwarmHash;
use crate::clock::Timestamp;
use crate::crypto;
use crate::onion::NodeKey;

/// An answer that is not what its method promises. Facts only, nothing of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// Longer than any honest answer.
    #[error("answer is too long")]
    TooLong,
    /// Not the JSON that the method promises.
    #[error("answer is not understood")]
    NotUnderstood,
    /// A batch with another number of results than calls.
    #[error("answer has the wrong number of results")]
    WrongCount,
}

/// Time and version that nodes put beside their answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The node's time.
    pub t: Option<Timestamp>,
    /// Hard fork and its revision.
    pub hf: Option<[u64; 2]>,
}

/// What the members of a swarm did, member by member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members<T> {
    /// Members whose signature proves what they did.
    pub accepted: Vec<(NodeKey, T)>,
    /// Members that failed, are not known to us, or whose proof does not hold.
    pub failed: Vec<NodeKey>,
}

/// One member's proof of a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBy {
    /// When the member will forget it, as far as it said.
    pub expires: Option<Timestamp>,
    /// Whether it had it before.
    pub already: bool,
}

/// One member's proof of changed lifetimes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredBy {
    /// Changed messages and their new ends.
    pub updated: Vec<(SwarmHash, Timestamp)>,
    /// Messages that kept their ends (named only with shorten or extend).
    pub unchanged: Vec<(SwarmHash, Timestamp)>,
}

/// Messages of one namespace as one node gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Messages whose data give their hash, in the order of arrival at the node.
    pub messages: Vec<RetrievedMessage>,
    /// Items that are no such message.
    pub unusable: Vec<Unusable>,
    /// The hash to ask after the next time, at this node only, and when the node will have forgotten it.
    pub last: Option<(SwarmHash, Timestamp)>,
    /// Whether the node has more.
    pub more: bool,
}

/// A message as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RetrievedMessage {
    /// Its name, which its data give.
    pub hash: SwarmHash,
    /// The time that its sender told the node.
    pub timestamp: Timestamp,
    /// When the node forgets it; zero when the node did not say.
    pub expires: Timestamp,
    /// The bytes.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for RetrievedMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RetrievedMessage({:?}, {} bytes)", self.hash, self.data.len())
    }
}

/// Something in a list of messages that is none.
///
/// Never mark its hash as seen: a lying node would hide a real message by giving its name to rubbish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The name that the node gave it, if that is a name at all.
    pub claimed: Option<SwarmHash>,
    /// When the node says it forgets it; zero when it did not say.
    pub expires: Timestamp,
    /// What is wrong.
    pub reason: UnusableReason,
}

/// Why an item is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UnusableReason {
    /// No hash of 43 characters.
    #[error("message has no hash")]
    NoHash,
    /// No data.
    #[error("message has no data")]
    NoData,
    /// Data over the limit of the network.
    #[error("message is over the size limit")]
    TooLarge,
    /// Data that are not base64.
    #[error("message is not base64")]
    NotBase64,
    /// The data do not give the hash: swapped, or not of this account and namespace.
    #[error("message does not match its hash")]
    WrongHash,
}

/// One part of a batch.
#[derive(Debug)]
pub struct Part<'a> {
    /// The part's own status.
    pub status: u16,
    /// The part's own body, as text.
    pub body: &'a str,
}

/// Time and version beside an answer; empty where there are none.
pub fn beside(body: &str) -> Beside {
    #[derive(Deserialize)]
    struct Read {
        #[serde(default)]
        t: Loose,
        #[serde(default)]
        hf: Limited<Loose, 8>,
    }
    let Ok(read) = read::<Read>(body) else { return Beside::default() };
    let hf = match read.hf.items.as_slice() {
        [major, minor, ..] => major.number().zip(minor.number()).map(|(major, minor)| [major, minor]),
        _ => None,
    };
    Beside { t: read.t.number().map(Timestamp::from_millis), hf }
}

/// Answer of `store`: members that signed `hash`, the hash that we computed ourselves.
pub fn stored(body: &str, hash: &SwarmHash, known: impl Fn(&NodeKey) -> bool) -> Result<Members<StoredBy>, BadAnswer> {
    members(body, known, |node, answer| {
        if answer.hash.text()? != hash.as_str() || !answer.signed_by(node, proof::stored_text(hash).as_bytes()) {
            return None;
        }
        let expires = answer.expiry.number().map(Timestamp::from_millis);
        Some(StoredBy { expires, already: answer.already.is_true() })
    })
}

/// Answer of `delete`: members that signed which of the asked hashes they deleted.
pub fn deleted(
    body: &str,
    of: &Address,
    asked: &[SwarmHash],
    known: impl Fn(&NodeKey) -> bool,
) -> Result<Members<Vec<SwarmHash>>, BadAnswer> {
    members(body, known, |node, mut answer| {
        let deleted = answer.deleted.take()?.list()?;
        let text = proof::deleted_text(of, asked, &deleted);
        (deleted.iter().all(|hash| asked.contains(hash)) && answer.signed_by(node, text.as_bytes())).then_some(deleted)
    })
}

/// Answer of `delete_all` (with the signed time) and `delete_before` (with its bound): members that signed what they
/// deleted.
pub fn deleted_all(
    body: &str,
    of: &Address,
    namespaces: Namespaces,
    at: Timestamp,
    known: impl Fn(&NodeKey) -> bool,
) -> Result<Members<Vec<SwarmHash>>, BadAnswer> {
    members(body, known, |node, mut answer| {
        let deleted = answer.deleted.take()?.swept(namespaces)?;
        answer.signed_sorted(node, of, deleted, at)
    })
}

/// Answer of `expire`: members that signed which lifetimes they changed.
pub fn expired(
    body: &str,
    of: &Address,
    asked: &[SwarmHash],
    wanted: &Expiry,
    known: impl Fn(&NodeKey) -> bool,
) -> Result<Members<ExpiredBy>, BadAnswer> {
    members(body, known, |node, mut answer| {
        let updated = answer.updated.take()?.list()?;
        let unchanged = answer.unchanged.take().map_or(Some(Vec::new()), Listing::with_times)?;
        let expiries = answer.ends(wanted, updated.len())?;
        let text = proof::expired_text(of, &expiries, asked, &updated, &unchanged);
        let all_asked = updated.iter().chain(unchanged.iter().map(|(hash, _)| hash)).all(|hash| asked.contains(hash));
        if !all_asked || !answer.signed_by(node, text.as_bytes()) {
            return None;
        }
        let ends = expiries.iter().copied().cycle();
        Some(ExpiredBy { updated: updated.into_iter().zip(ends).collect(), unchanged })
    })
}

/// Answer of `expire_all`: members that signed whose lifetimes they shortened.
pub fn expired_all(
    body: &str,
    of: &Address,
    namespaces: Namespaces,
    expiry: Timestamp,
    known: impl Fn(&NodeKey) -> bool,
) -> Result<Members<Vec<SwarmHash>>, BadAnswer> {
    members(body, known, |node, mut answer| {
        let updated = answer.updated.take()?.swept(namespaces)?;
        answer.signed_sorted(node, of, updated, expiry)
    })
}

/// Answer of `revoke_subaccount` and `unrevoke_subaccount`: members that signed the tokens.
pub fn revoked(
    body: &str,
    of: &Address,
    at: Timestamp,
    tokens: &[[u8; 36]],
    known: impl Fn(&NodeKey) -> bool,
) -> Result<Members<()>, BadAnswer> {
    let text = proof::revoked_bytes(of, at, tokens);
    members(body, known, |node, answer| answer.signed_by(node, &text).then_some(()))
}

/// Answer of `get_expiries`: ends of lifetimes of the asked messages that the node has. Not signed.
pub fn expiries(body: &str, asked: &[SwarmHash]) -> Result<Vec<(SwarmHash, Timestamp)>, BadAnswer> {
    #[derive(Deserialize)]
    struct Read {
        expiries: Ends,
    }
    let Ends(ends) = read::<Read>(body)?.expiries;
    let known = ends.into_iter().filter(|(hash, _)| asked.contains(hash));
    Ok(known.map(|(hash, end)| (hash, Timestamp::from_millis(end))).collect())
}

/// Answer of `retrieve`.
pub fn retrieved(body: &str, of: &Address, namespace: Namespace) -> Result<Messages, BadAnswer> {
    #[derive(Deserialize)]
    struct Read<'a> {
        #[serde(borrow)]
        messages: Limited<&'a RawValue, MAX_MESSAGES>,
        #[serde(default)]
        more: Loose,
    }
    let read = read::<Read<'_>>(body)?;
    let mut answer = Messages { more: read.more.is_true(), ..Messages::default() };
    for item in read.messages.items {
        let item = serde_json::from_str::<Item>(item.get()).unwrap_or_default();
        let claimed = item.hash.text().and_then(SwarmHash::parse);
        let expires = Timestamp::from_millis(item.expiration.number().or(item.expiry.number()).unwrap_or(0));
        if let Some(hash) = &claimed {
            answer.last = Some((hash.clone(), expires));
        }
        match item.checked(claimed.as_ref(), of, namespace) {
            Ok((hash, data)) => {
                let timestamp = Timestamp::from_millis(item.timestamp.number().unwrap_or(0));
                answer.messages.push(RetrievedMessage { hash, timestamp, expires, data });
            }
            Err(reason) => answer.unusable.push(Unusable { claimed, expires, reason }),
        }
    }
    Ok(answer)
}

/// Answer of `info`: the node's time.
pub fn info_time(body: &str) -> Result<Timestamp, BadAnswer> {
    #[derive(Deserialize)]
    struct Read {
        #[serde(default)]
        t: Loose,
        #[serde(default)]
        timestamp: Loose,
    }
    let read = read::<Read>(body)?;
    read.t.number().or(read.timestamp.number()).map(Timestamp::from_millis).ok_or(BadAnswer::NotUnderstood)
}

/// Answer of `get_swarm`, and body of a 421: only the members' keys are taken, in order, each once.
pub fn swarm_members(body: &str) -> Result<Vec<NodeKey>, BadAnswer> {
    #[derive(Deserialize)]
    struct Read {
        snodes: Limited<Snode, MAX_SWARM_MEMBERS>,
    }
    #[derive(Deserialize)]
    struct Snode {
        #[serde(default)]
        pubkey_ed25519: Loose,
        #[serde(default)]
        ip: Loose,
    }
    let mut keys = Vec::new();
    for snode in read::<Read>(body)?.snodes.items {
        let key = snode.pubkey_ed25519.text().and_then(NodeKey::parse);
        keys.extend(key.filter(|key| snode.ip.text() != Some("0.0.0.0") && !keys.contains(key)));
    }
    Ok(keys)
}

/// Answer of `batch` (as many results as calls) and `sequence` (fewer after a failure).
pub fn parts(body: &str, calls: usize, may_stop: bool) -> Result<Vec<Part<'_>>, BadAnswer> {
    #[derive(Deserialize)]
    struct Read<'a> {
        #[serde(borrow)]
        results: Limited<Result_<'a>, MAX_BATCH_CALLS>,
    }
    #[derive(Deserialize)]
    struct Result_<'a> {
        code: u16,
        #[serde(borrow, default)]
        body: Option<&'a RawValue>,
    }
    let results = read::<Read<'_>>(body)?.results.items;
    let stopped_early = may_stop && results.last().is_some_and(|last| !is_success(last.code));
    if results.len() > calls || (results.len() < calls && !stopped_early) {
        return Err(BadAnswer::WrongCount);
    }
    Ok(results.iter().map(|part| Part { status: part.code, body: part.body.map_or("", RawValue::get) }).collect())
}

/// Whether a status means that the call was done.
pub const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}

/// A signature or data in base64, with or without padding.
fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, BadAnswer> {
    if body.len() > MAX_ANSWER_BYTES {
        return Err(BadAnswer::TooLong);
    }
    serde_json::from_str(body).map_err(|_| BadAnswer::NotUnderstood)
}

/// Reads the `swarm` object and sorts its members by whether `check` finds their proof good.
fn members<T>(
    body: &str,
    known: impl Fn(&NodeKey) -> bool,
    check: impl Fn(&NodeKey, MemberAnswer) -> Option<T>,
) -> Result<Members<T>, BadAnswer> {
    #[derive(Deserialize)]
    struct Read<'a> {
        #[serde(borrow)]
        swarm: Pairs<&'a RawValue, MAX_SWARM_MEMBERS>,
    }
    let mut members = BTreeMap::new();
    let pairs = read::<Read<'_>>(body)?.swarm.items;
    for (key, answer) in pairs {
        let Some(key) = NodeKey::parse(&key) else { continue };
        let answer = serde_json::from_str::<MemberAnswer>(answer.get()).ok();
        let proof =
            answer.filter(|answer| known(&key) && !answer.failed.is_true()).and_then(|answer| check(&key, answer));
        // A key that stands twice counts once, and only when all it says is proven.
        members.entry(key).and_modify(|before| *before = None).or_insert(proof);
    }
    let mut sorted = Members { accepted: Vec::new(), failed: Vec::new() };
    for (key, proof) in members {
        match proof {
            Some(proof) => sorted.accepted.push((key, proof)),
            None => sorted.failed.push(key),
        }
    }
    Ok(sorted)
}

/// What one member may say; which fields count depends on the method.
#[derive(Deserialize)]
struct MemberAnswer {
    #[serde(default)]
    failed: Loose,
    #[serde(default)]
    signature: Loose,
    #[serde(default)]
    hash: Loose,
    #[serde(default)]
    already: Loose,
    #[serde(default)]
    expiry: Loose,
    #[serde(default)]
    deleted: Option<Listing>,
    #[serde(default)]
    updated: Option<Listing>,
    #[serde(default)]
    unchanged: Option<Listing>,
}

impl MemberAnswer {
    fn signed_by(&self, node: &NodeKey, text: &[u8]) -> bool {
        let signature = self.signature.text().and_then(decode).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        signature.is_some_and(|signature| crypto::verify(node.as_bytes(), text, &signature))
    }

    /// The hashes, when `node` signed owner, time and all of them sorted together.
    fn signed_sorted(
        &self,
        node: &NodeKey,
        of: &Address,
        mut hashes: Vec<SwarmHash>,
        at: Timestamp,
    ) -> Option<Vec<SwarmHash>> {
        hashes.sort_unstable();
        self.signed_by(node, proof::swept_text(of, at, &hashes).as_bytes()).then_some(hashes)
    }

    /// The ends as returned: one for all, or one for each updated message (a list of one may come back as one). Nodes
    /// cap what was asked, so the values may be earlier than `wanted`, never of another shape.
    fn ends(&self, wanted: &Expiry, updated: usize) -> Option<Vec<Timestamp>> {
        let ends = match (self.expiry.number(), self.expiry.numbers()) {
            (Some(one), _) if wanted.values().len() == 1 => vec![one],
            (_, Some(each)) if matches!(wanted, Expiry::Each(_)) && each.len() == updated => each.to_vec(),
            _ => return None,
        };
        Some(ends.into_iter().map(Timestamp::from_millis).collect())
    }
}

impl Listing {
    fn list(self) -> Option<Vec<SwarmHash>> {
        if let Self::List(hashes) = self { hashes } else { None }
    }

    /// The hashes of an answer about whole namespaces: of one as a list, of all by namespace.
    fn swept(self, namespaces: Namespaces) -> Option<Vec<SwarmHash>> {
        match (self, namespaces) {
            (Self::List(hashes), Namespaces::One(_)) => hashes,
            // Nothing deleted anywhere may be spelled as an empty list.
            (Self::List(hashes), Namespaces::All) => hashes.filter(Vec::is_empty),
            (Self::Grouped(groups), Namespaces::All) => {
                let mut all = Vec::new();
                for (namespace, group) in groups? {
                    namespace.parse::<i16>().ok()?;
                    let Group::Hashes(hashes) = group else { return None };
                    all.extend(hashes);
                }
                Some(all)
            }
            (Self::Grouped(_), Namespaces::One(_)) => None,
        }
    }

    /// `{hash: time}` sorted by hash, which is the order in which it is signed; an empty list is as good as an empty object.
    fn with_times(self) -> Option<Vec<(SwarmHash, Timestamp)>> {
        let groups = match self {
            Self::List(hashes) => return hashes.filter(Vec::is_empty).map(|_| Vec::new()),
            Self::Grouped(groups) => groups?,
        };
        let read = |(hash, group): (String, Group)| {
            let Group::Time(time) = group else { return None };
            Some((SwarmHash::parse(&hash)?, Timestamp::from_millis(time)))
        };
        let mut all = groups.into_iter().map(read).collect::<Option<Vec<_>>>()?;
        all.sort_unstable();
        Some(all)
    }
}

/// One element of a list of messages.
#[derive(Default, Deserialize)]
struct Item {
    #[serde(default)]
    hash: Loose,
    #[serde(default)]
    timestamp: Loose,
    #[serde(default)]
    expiration: Loose,
    #[serde(default)]
    expiry: Loose,
    #[serde(default)]
    data: Loose,
}

impl Item {
    fn checked(
        &self,
        claimed: Option<&SwarmHash>,
        of: &Address,
        namespace: Namespace,
    ) -> Result<(SwarmHash, Vec<u8>), UnusableReason> {
        let claimed = claimed.ok_or(UnusableReason::NoHash)?;
        let text = self.data.text().ok_or(UnusableReason::NoData)?;
        if text.len() > MAX_DATA_BYTES.div_ceil(3) * 4 {
            return Err(UnusableReason::TooLarge);
        }
        let data = decode(text).ok_or(UnusableReason::NotBase64)?;
        if data.len() > MAX_DATA_BYTES {
            return Err(UnusableReason::TooLarge);
        }
        let hash = SwarmHash::of(of, namespace, &data);
        if hash == *claimed { Ok((hash, data)) } else { Err(UnusableReason::WrongHash) }
    }
}

/// The longest answer that is read. Nodes stop at 7.8 MB of accounted size, which leaves out JSON keys and times; this is
/// half as much again. More would only cost memory.
pub const MAX_ANSWER_BYTES: usize = 12 * 1024 * 1024;

/// The most messages in one answer: empty ones cost a node 143 accounted bytes each, of 7.8 MB.
const MAX_MESSAGES: usize = 60_000;

/// The most members a swarm can have. Real swarms have five to ten.
const MAX_SWARM_MEMBERS: usize = 100;

#[cfg(test)]
mod tests;
