//! Storage methods: their names, their parameters, and what makes them malformed.
//!
//! Source: session-foundation/session-storage-server `oxenss/rpc/client_rpc_endpoints.h` and `.cpp`.

use serde_json::{Map, Value};

use super::fields::{Malformed, Namespaces, Params, decode_base64, is_hash, required};
use super::identity::{Auth, Owner, Token, namespace};

/// A `store`.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) auth: Auth,
    pub(crate) namespace: i16,
    pub(crate) timestamp: u64,
    pub(crate) expiry: u64,
    pub(crate) signed_at: u64,
    pub(crate) data: Vec<u8>,
}

/// A `retrieve`. Without a signature `signed_at` is `None`.
#[derive(Clone, Debug)]
pub(crate) struct Retrieve {
    pub(crate) auth: Auth,
    pub(crate) namespace: i16,
    pub(crate) signed_at: Option<u64>,
    pub(crate) last_hash: String,
    pub(crate) max_count: Option<i64>,
    pub(crate) max_size: Option<i64>,
}

/// An `expire`.
#[derive(Clone, Debug)]
pub(crate) struct Expire {
    pub(crate) auth: Auth,
    pub(crate) messages: Vec<String>,
    pub(crate) expiry: Vec<u64>,
    pub(crate) shorten: bool,
    pub(crate) extend: bool,
}

/// What the whole swarm does.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    Store(Store),
    Delete { auth: Auth, messages: Vec<String>, required: bool },
    DeleteAll { auth: Auth, namespaces: Namespaces, signed_at: u64 },
    DeleteBefore { auth: Auth, namespaces: Namespaces, before: u64 },
    Expire(Expire),
    ExpireAll { auth: Auth, namespaces: Namespaces, expiry: u64 },
    Revoke { auth: Auth, tokens: Vec<Token>, signed_at: u64 },
    Unrevoke { auth: Auth, tokens: Vec<Token>, signed_at: u64 },
}

impl Write {
    pub(crate) fn auth(&self) -> &Auth {
        match self {
            Self::Store(Store { auth, .. })
            | Self::Delete { auth, .. }
            | Self::DeleteAll { auth, .. }
            | Self::DeleteBefore { auth, .. }
            | Self::Expire(Expire { auth, .. })
            | Self::ExpireAll { auth, .. }
            | Self::Revoke { auth, .. }
            | Self::Unrevoke { auth, .. } => auth,
        }
    }
}

/// A condition of `ifelse`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    pub(crate) hardfork: [Option<Vec<i64>>; 2],
    pub(crate) version: [Option<Vec<i64>>; 2],
    pub(crate) height: [Option<i64>; 2],
}

/// A whole request.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Write(Write),
    Retrieve(Retrieve),
    GetExpiries { auth: Auth, messages: Vec<String>, signed_at: u64 },
    Revoked { auth: Auth, signed_at: u64 },
    Info,
    GetSwarm(Owner),
    ActiveNodes,
    Oxend { endpoint: String, params: Value },
    Batch(Vec<Named>),
    Sequence(Vec<Named>),
    IfElse { condition: Condition, yes: Option<Box<Named>>, no: Option<Box<Named>> },
}

/// A request and the method name it came under.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) method: String,
    pub(crate) request: Request,
}

impl Named {
    /// Whether it only holds other requests.
    pub(crate) fn is_meta(&self) -> bool {
        matches!(self.request, Request::Batch(_) | Request::Sequence(_) | Request::IfElse { .. })
    }

    /// The method, and for a batch those inside.
    pub(crate) fn methods(&self) -> Vec<String> {
        let mut methods = vec![self.method.clone()];
        self.each_part(|part| methods.extend(part.methods()));
        methods
    }

    /// The accounts it is about.
    pub(crate) fn accounts(&self) -> Vec<String> {
        let owner = match &self.request {
            Request::Write(write) => Some(write.auth().owner),
            Request::Retrieve(Retrieve { auth, .. })
            | Request::GetExpiries { auth, .. }
            | Request::Revoked { auth, .. } => Some(auth.owner),
            Request::GetSwarm(owner) => Some(*owner),
            _ => None,
        };
        let mut accounts: Vec<String> = owner.map(|owner| owner.text()).into_iter().collect();
        self.each_part(|part| accounts.extend(part.accounts()));
        accounts.dedup();
        accounts
    }

    fn each_part(&self, mut visit: impl FnMut(&Named)) {
        match &self.request {
            Request::Batch(parts) | Request::Sequence(parts) => parts.iter().for_each(visit),
            Request::IfElse { yes, no, .. } => yes.iter().chain(no).for_each(|part| visit(part)),
            _ => {}
        }
    }
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    NoMethod,
    Malformed(Malformed),
}

impl From<Malformed> for Refused {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

/// Reads the parameters of a method.
pub(crate) fn parse(method: &str, params: &Map<String, Value>) -> Result<Named, Refused> {
    parse_at(method, params, Nesting::Top)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    Top,
    IfElse,
    Batch,
}

fn parse_at(method: &str, params: &Map<String, Value>, nesting: Nesting) -> Result<Named, Refused> {
    let p = Params(params);
    let signed_at = || -> Result<u64, Malformed> { required("timestamp", p.time("timestamp")?) };
    let write = |write: Write| Ok::<_, Malformed>(Request::Write(write));
    let request = match method {
        "store" => write(Write::Store(store(&p)?)),
        "retrieve" => retrieve(&p).map(Request::Retrieve),
        "delete" => {
            let (auth, messages) = (p.signed()?, checked_hashes(&p)?);
            write(Write::Delete { auth, messages, required: p.flag("required")? })
        }
        "delete_all" => write(Write::DeleteAll {
            auth: p.signed()?,
            namespaces: p.namespaces("namespace")?,
            signed_at: signed_at()?,
        }),
        "delete_before" => {
            let (auth, before) = (p.signed()?, required("before", p.time("before")?)?);
            write(Write::DeleteBefore { auth, namespaces: p.namespaces("namespace")?, before })
        }
        "expire" => write(Write::Expire(expire(&p)?)),
        "expire_all" => {
            let (auth, expiry) = (p.signed()?, required("expiry", p.time("expiry")?)?);
            write(Write::ExpireAll { auth, namespaces: p.namespaces("namespace")?, expiry })
        }
        "get_expiries" => {
            Ok(Request::GetExpiries { auth: p.signed()?, signed_at: signed_at()?, messages: p.hashes()? })
        }
        "revoke_subaccount" => {
            let (auth, tokens) = (p.signed_by_owner()?, p.tokens("revoke")?);
            if tokens.len() > MAX_TOKENS {
                let why = format!("invalid revoke: cannot revoke more than {MAX_TOKENS} subaccounts at once");
                return Err(why.into());
            }
            write(Write::Revoke { auth, tokens, signed_at: signed_at()? })
        }
        "unrevoke_subaccount" => {
            let (auth, tokens) = (p.signed_by_owner()?, p.tokens("unrevoke")?);
            write(Write::Unrevoke { auth, tokens, signed_at: signed_at()? })
        }
        "revoked_subaccounts" => Ok(Request::Revoked { auth: p.signed_by_owner()?, signed_at: signed_at()? }),
        "info" => Ok(Request::Info),
        "get_swarm" | "get_snodes_for_pubkey" => Ok(Request::GetSwarm(p.owner()?)),
        "active_nodes_bin" => Ok(Request::ActiveNodes),
        "oxend_request" => oxend(&p),
        "batch" | "sequence" | "ifelse" if nesting == Nesting::Batch => {
            Err("Invalid batch subrequest: subrequests may not contain meta-requests".to_owned())
        }
        "batch" => parts(params).map(Request::Batch),
        "sequence" => parts(params).map(Request::Sequence),
        "ifelse" => ifelse(params),
        _ => return Err(Refused::NoMethod),
    }?;
    Ok(Named { method: method.to_owned(), request })
}

fn store(p: &Params<'_>) -> Result<Store, Malformed> {
    let timestamp = required("timestamp", p.number_or_text("timestamp")?)?;
    let expiry = match (p.time("expiry")?, p.number_or_text("ttl")?) {
        (Some(_), Some(_)) => return Err("Cannot specify both 'expiry' and 'ttl'".to_owned()),
        (None, None) => return Err("Required field 'expiry' or 'ttl' missing".to_owned()),
        (Some(expiry), None) => expiry,
        (None, Some(ttl)) => timestamp.saturating_add(ttl),
    };
    let signed = p.text("signature")?.is_some();
    let auth = if signed { p.signed()? } else { unsigned(p.owner()?) };
    let signed_at = p.time("sig_timestamp")?.unwrap_or(timestamp);
    let text = required("data", p.text("data")?)?;
    if text.len() > MAX_DATA_BYTES / 3 * 4 {
        return Err(format!("Message body exceeds maximum allowed length of {MAX_DATA_BYTES} bytes"));
    }
    let data = decode_base64(text).ok_or("Invalid 'data' value: not base64 encoded")?;
    Ok(Store { auth, namespace: p.namespace("namespace")?.unwrap_or(0), timestamp, expiry, signed_at, data })
}

fn retrieve(p: &Params<'_>) -> Result<Retrieve, Malformed> {
    let space = p.namespace("namespace")?;
    let timestamp = p.time("timestamp")?;
    // Whoever names any part of a signature, or asks for what is not public, must bring the whole.
    let named = p.text("signature")?.is_some() || p.text("pubkey_ed25519")?.is_some() || timestamp.is_some();
    let signed = named || space.is_some_and(|space| !namespace::is_readable_by_all(space));
    let (auth, signed_at) = match signed {
        true => (p.signed()?, Some(required("timestamp", timestamp)?)),
        false => (unsigned(p.owner()?), None),
    };
    let last_hash = match (p.text("last_hash")?, p.text("lastHash")?) {
        (Some(_), Some(_)) => return Err("Cannot specify both 'last_hash' and 'lastHash'".to_owned()),
        (one, other) => one.or(other).unwrap_or_default(),
    };
    if !last_hash.is_empty() && last_hash.len() != 43 {
        return Err("Invalid last_hash: expected base64 (43 chars)".to_owned());
    }
    if !last_hash.is_empty() && !is_hash(last_hash) {
        return Err("Invalid last_hash: not base64".to_owned());
    }
    Ok(Retrieve {
        auth,
        namespace: space.unwrap_or(0),
        signed_at,
        last_hash: last_hash.to_owned(),
        max_count: p.integer("max_count")?,
        max_size: p.integer("max_size")?,
    })
}

fn expire(p: &Params<'_>) -> Result<Expire, Malformed> {
    let auth = p.signed()?;
    let expiry = required("expiry", p.times("expiry")?)?;
    let (shorten, extend) = (p.flag("shorten")?, p.flag("extend")?);
    if expiry.is_empty() {
        return Err("'expiry' does not contain any expiration timestamps".to_owned());
    }
    if shorten && extend {
        return Err("cannot specify both 'shorten' and 'extend'".to_owned());
    }
    let messages = checked_hashes(p)?;
    if expiry.len() > 1 && expiry.len() != messages.len() {
        return Err("'expiry' must be a single expiry, or the same length as 'messages'".to_owned());
    }
    Ok(Expire { auth, messages, expiry, shorten, extend })
}

fn checked_hashes(p: &Params<'_>) -> Result<Vec<String>, Malformed> {
    let hashes = p.hashes()?;
    match hashes.iter().find(|hash| !is_hash(hash)) {
        Some(wrong) => Err(format!("invalid message hash: {wrong}")),
        None => Ok(hashes),
    }
}

fn oxend(p: &Params<'_>) -> Result<Request, Malformed> {
    let endpoint = required("endpoint", p.text("endpoint")?)?;
    if !matches!(endpoint, "get_service_nodes" | "ons_resolve") {
        return Err(format!("Invalid oxend endpoint '{endpoint}'"));
    }
    let params = p.0.get("params").cloned().unwrap_or(Value::Null);
    Ok(Request::Oxend { endpoint: endpoint.to_owned(), params })
}

fn parts(params: &Map<String, Value>) -> Result<Vec<Named>, Malformed> {
    let list = params.get("requests").and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or("Invalid batch request: no valid \"requests\" field")?;
    if list.len() > MAX_PARTS {
        return Err("Invalid batch request: subrequest limit exceeded".to_owned());
    }
    list.iter().map(part).collect()
}

fn part(part: &Value) -> Result<Named, Malformed> {
    if !part.is_object() {
        return Err("Invalid batch request: requests must be objects".to_owned());
    }
    let method = part.get("method").and_then(Value::as_str);
    let (Some(method), Some(params)) = (method, part.get("params").and_then(Value::as_object)) else {
        return Err("Invalid batch request: subrequests must have method/params keys".to_owned());
    };
    parse_at(method, params, Nesting::Batch).map_err(|refused| match refused {
        Refused::NoMethod => format!("Invalid batch subrequest: invalid method \"{method}\""),
        Refused::Malformed(why) => why,
    })
}

fn ifelse(params: &Map<String, Value>) -> Result<Request, Malformed> {
    let condition = params.get("if").and_then(Value::as_object);
    let p = Params(condition.ok_or("Invalid ifelse request: no valid \"if\" field")?);
    let condition = Condition {
        hardfork: [p.integers("hf_at_least")?, p.integers("hf_before")?],
        version: [p.integers("v_at_least")?, p.integers("v_before")?],
        height: [p.integer("height_at_least")?, p.integer("height_before")?],
    };
    if p.0.values().all(Value::is_null) {
        return Err("Invalid ifelse request: must specify at least one \"if\" condition".to_owned());
    }
    let branch = |name: &str| -> Result<Option<Box<Named>>, Malformed> {
        let Some(branch) = params.get(name) else { return Ok(None) };
        let inner = branch.get("method").and_then(Value::as_str).zip(branch.get("params").and_then(Value::as_object));
        let (method, params) =
            inner.ok_or_else(|| format!("Invalid ifelse request: {name} must have method/params keys"))?;
        match parse_at(method, params, Nesting::IfElse) {
            Ok(named) => Ok(Some(Box::new(named))),
            Err(Refused::NoMethod) => Err(format!("Invalid ifelse request method \"{name}\"")),
            Err(Refused::Malformed(why)) => Err(why),
        }
    };
    let (yes, no) = (branch("then")?, branch("else")?);
    if yes.is_none() && no.is_none() {
        return Err("Invalid ifelse request: at least one of \"then\"/\"else\" required".to_owned());
    }
    Ok(Request::IfElse { condition, yes, no })
}

fn unsigned(owner: Owner) -> Auth {
    Auth { owner, ed25519: None, signature: None, subaccount: None }
}

/// Largest message, in bytes before base64; a multiple of three.
const MAX_DATA_BYTES: usize = 76_800;

/// Parts of a `batch` or `sequence`.
const MAX_PARTS: usize = 20;

/// Subaccounts in one revocation.
const MAX_TOKENS: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(method: &str, params: Value) -> String {
        match parse(method, params.as_object().unwrap()) {
            Err(Refused::Malformed(why)) => why,
            Err(Refused::NoMethod) => "no method".to_owned(),
            Ok(_) => "accepted".to_owned(),
        }
    }

    #[test]
    fn malformed_stores_are_named() {
        let id = format!("05{}", "00".repeat(32));
        let good = json!({"pubkey": id, "timestamp": "1774000000123", "ttl": 60_000, "data": "aGk="});
        assert_eq!(refused("store", good.clone()), "accepted");
        let with = |name: &str, value: Value| {
            let mut params = good.clone();
            params[name] = value;
            refused("store", params)
        };
        assert_eq!(with("expiry", 1_774_000_060_123_u64.into()), "Cannot specify both 'expiry' and 'ttl'");
        assert_eq!(with("ttl", Value::Null), "Required field 'expiry' or 'ttl' missing");
        assert_eq!(with("data", "?".into()), "Invalid 'data' value: not base64 encoded");
        assert!(with("data", "A".repeat(102_404).into()).starts_with("Message body exceeds"));
        assert_eq!(with("data", "A".repeat(102_400).into()), "accepted");
        assert_eq!(with("pubkey", "05".into()), "Pubkey must be 66 hex digits (33 bytes) long");
        assert_eq!(with("timestamp", Value::Null), "Required field 'timestamp' missing");
    }

    #[test]
    fn one_malformed_part_refuses_the_whole_batch() {
        let good = json!({"method": "info", "params": {}});
        assert_eq!(refused("batch", json!({"requests": [good]})), "accepted");
        assert!(refused("batch", json!({"requests": []})).contains("no valid"));
        assert!(refused("batch", json!({"requests": vec![good.clone(); 21]})).contains("limit exceeded"));
        let nested = json!({"method": "batch", "params": {"requests": [good]}});
        assert!(refused("batch", json!({"requests": [good, nested]})).contains("meta-requests"));
        let unknown = json!({"method": "dance", "params": {}});
        assert!(refused("sequence", json!({"requests": [unknown]})).contains("invalid method \"dance\""));
        assert_eq!(refused("dance", json!({})), "no method");
    }

    #[test]
    fn a_retrieve_of_a_private_namespace_needs_its_signature() {
        let id = format!("05{}", "00".repeat(32));
        assert_eq!(refused("retrieve", json!({"pubkey": id, "namespace": 2})), "Required field 'signature' missing");
        assert_eq!(refused("retrieve", json!({"pubkey": id, "namespace": -21})), "accepted");
        assert!(refused("retrieve", json!({"pubkey": id, "namespace": -21, "last_hash": "abc"})).contains("43 chars"));
    }
}
