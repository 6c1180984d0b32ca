//! Reading parameters with the checks, and the error texts, of storage servers.
//!
//! Absent and null are the same. Source: session-foundation/session-storage-server `oxenss/rpc/client_rpc_endpoints.cpp`.

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD};
use serde_json::{Map, Value};

use super::identity::{Auth, Owner, Token};

/// Why a request is malformed; becomes `invalid request: …`.
pub(crate) type Malformed = String;

type Read<T> = Result<T, Malformed>;

/// The parameters of one method.
pub(crate) struct Params<'a>(pub(crate) &'a Map<String, Value>);

/// A namespace, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespaces {
    All,
    One(i16),
}

impl Namespaces {
    /// How signed text names it.
    pub(crate) fn signed(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::One(one) => super::identity::namespace::signed(one),
        }
    }

    pub(crate) fn covers(self, namespace: i16) -> bool {
        self == Self::All || self == Self::One(namespace)
    }
}

impl<'a> Params<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn typed<T>(&self, name: &str, kind: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Read<Option<T>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| format!("Invalid value given for '{name}': expected {kind}"))
    }

    pub(crate) fn text(&self, name: &str) -> Read<Option<&'a str>> {
        self.typed(name, "string", Value::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> Read<bool> {
        Ok(self.typed(name, "boolean", Value::as_bool)?.unwrap_or(false))
    }

    pub(crate) fn integer(&self, name: &str) -> Read<Option<i64>> {
        self.typed(name, "integer", Value::as_i64)
    }

    /// Ms since the epoch.
    pub(crate) fn time(&self, name: &str) -> Read<Option<u64>> {
        let time = self.typed(name, "integer timestamp (in milliseconds)", Value::as_u64)?;
        if time.is_some_and(|time| time < SMALLEST_TIME) {
            return Err(format!("Invalid timestamp for '{name}': timestamp must be in milliseconds"));
        }
        Ok(time)
    }

    /// One moment or a list of them.
    pub(crate) fn times(&self, name: &str) -> Read<Option<Vec<u64>>> {
        self.typed(name, "timestamp array", |value| match value {
            Value::Array(list) => list.iter().map(Value::as_u64).collect(),
            one => one.as_u64().map(|one| vec![one]),
        })
    }

    /// An integer that old clients write as a string.
    pub(crate) fn number_or_text(&self, name: &str) -> Read<Option<u64>> {
        match self.get(name) {
            Some(Value::String(text)) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(format!("Invalid value given for '{name}': {text:?}")),
            },
            _ => self.typed(name, "positive integer", Value::as_u64),
        }
    }

    /// One text or a list of them.
    pub(crate) fn texts(&self, name: &str) -> Read<Option<Vec<String>>> {
        self.typed(name, "string array", |value| match value {
            Value::Array(list) => list.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
            one => one.as_str().map(|one| vec![one.to_owned()]),
        })
    }

    /// One integer or a list of them.
    pub(crate) fn integers(&self, name: &str) -> Read<Option<Vec<i64>>> {
        self.typed(name, "integer array", |value| match value {
            Value::Array(list) => list.iter().map(Value::as_i64).collect(),
            one => one.as_i64().map(|one| vec![one]),
        })
    }

    pub(crate) fn namespace(&self, name: &str) -> Read<Option<i16>> {
        let Some(number) = self.typed(name, "16-bit integer", Value::as_i64)? else { return Ok(None) };
        match i16::try_from(number) {
            Ok(namespace) => Ok(Some(namespace)),
            Err(_) => Err(format!("Invalid value given for '{name}': value out of range")),
        }
    }

    /// A namespace or `"all"`; 0 when absent.
    pub(crate) fn namespaces(&self, name: &str) -> Read<Namespaces> {
        match self.get(name) {
            None => Ok(Namespaces::One(0)),
            Some(Value::String(all)) if all == "all" => Ok(Namespaces::All),
            Some(Value::Number(_)) => Ok(Namespaces::One(self.namespace(name)?.unwrap_or(0))),
            Some(_) => Err(format!("Invalid value given for '{name}': expected integer or \"all\"")),
        }
    }

    /// The account, under its present or its old name.
    pub(crate) fn owner(&self) -> Read<Owner> {
        let text = match (self.text("pubkey")?, self.text("pubKey")?) {
            (Some(_), Some(_)) => return Err("Cannot specify both 'pubkey' and 'pubKey'".to_owned()),
            (one, other) => one.or(other).ok_or("Required field 'pubkey' missing")?,
        };
        Owner::parse(text).ok_or_else(|| "Pubkey must be 66 hex digits (33 bytes) long".to_owned())
    }

    /// Account and signature of a method that must be signed.
    pub(crate) fn signed(&self) -> Read<Auth> {
        let owner = self.owner()?;
        let signature = self.text("signature")?;
        let signature = required("signature", signature)?;
        let ed25519 = match self.text("pubkey_ed25519")? {
            None => None,
            Some(_) if !matches!(owner.prefix, 0 | 5) => {
                return Err("pubkey_ed25519 is only permitted for 05[...] pubkeys".to_owned());
            }
            Some(text) => {
                let mut key = [0; 32];
                hex::decode_to_slice(text, &mut key)
                    .map_err(|_| "Invalid pubkey_ed25519: expected 64 hex char or 32 byte pubkey".to_owned())?;
                Some(key)
            }
        };
        let signature =
            parse_signature(signature).ok_or("invalid signature: expected base64 encoded Ed25519 signature")?;
        Ok(Auth { owner, ed25519, signature: Some(signature), subaccount: self.subaccount()? })
    }

    /// As [`Self::signed`] for methods that subaccounts may not use.
    pub(crate) fn signed_by_owner(&self) -> Read<Auth> {
        Ok(Auth { subaccount: None, ..self.signed()? })
    }

    fn subaccount(&self) -> Read<Option<(Token, [u8; 64])>> {
        let Some(token) = self.text("subaccount")?.filter(|token| !token.is_empty()) else { return Ok(None) };
        let signature = self.text("subaccount_sig")?;
        let signature = signature.ok_or("invalid subaccount: subaccount_sig is required when using subaccount")?;
        let token = parse_token(token).ok_or("invalid subaccount: expected base64 or hex-encoded subaccount token")?;
        let signature = parse_signature(signature)
            .ok_or("invalid subaccount signature: expected base64 encoded Ed25519 signature")?;
        Ok(Some((token, signature)))
    }

    /// Subaccounts to revoke or not.
    pub(crate) fn tokens(&self, name: &str) -> Read<Vec<Token>> {
        let texts = required(name, self.texts(name)?)?;
        let wrong = || format!("invalid {name}: expected base64 or hex-encoded subaccount tag");
        texts.iter().map(|text| parse_token(text).ok_or_else(wrong)).collect()
    }

    /// Message hashes, at least one.
    pub(crate) fn hashes(&self) -> Read<Vec<String>> {
        let hashes = required("messages", self.texts("messages")?)?;
        if hashes.is_empty() {
            return Err("messages does not contain any message hashes".to_owned());
        }
        Ok(hashes)
    }
}

/// The value of a field that must be there.
pub(crate) fn required<T>(name: &str, value: Option<T>) -> Read<T> {
    value.ok_or_else(|| format!("Required field '{name}' missing"))
}

/// Whether a text is a message hash: 43 characters of base64.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 43 && decode_base64(text).is_some()
}

/// Base64 with or without padding.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&base64::alphabet::STANDARD, lenient).decode(text).ok()
}

fn parse_signature(text: &str) -> Option<[u8; 64]> {
    matches!(text.len(), 86 | 88).then(|| decode_base64(text))??.try_into().ok()
}

fn parse_token(text: &str) -> Option<Token> {
    let bytes = match text.len() {
        48 => STANDARD.decode(text).ok()?,
        72 => hex::decode(text).ok()?,
        _ => return None,
    };
    Some(Token(bytes.try_into().ok()?))
}

/// Less than this many ms since the epoch must be a time in seconds.
const SMALLEST_TIME: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with<T>(json: Value, read: impl Fn(&Params<'_>) -> Read<T>) -> Read<T> {
        read(&Params(json.as_object().unwrap()))
    }

    #[test]
    fn wrong_kinds_are_named() {
        let error = with(json!({"a": "x"}), |p| p.integer("a")).unwrap_err();
        assert_eq!(error, "Invalid value given for 'a': expected integer");
        let error = with(json!({"a": 999_999_999}), |p| p.time("a")).unwrap_err();
        assert_eq!(error, "Invalid timestamp for 'a': timestamp must be in milliseconds");
        assert_eq!(with(json!({"a": -1}), |p| p.time("a").map_err(|_| "no".to_owned())), Err("no".to_owned()));
        assert_eq!(with(json!({"a": null}), |p| p.time("a")), Ok(None));
    }

    #[test]
    fn namespaces_are_numbers_or_all() {
        assert_eq!(with(json!({}), |p| p.namespaces("n")), Ok(Namespaces::One(0)));
        assert_eq!(with(json!({"n": "all"}), |p| p.namespaces("n")), Ok(Namespaces::All));
        assert_eq!(with(json!({"n": -21}), |p| p.namespaces("n")), Ok(Namespaces::One(-21)));
        assert!(with(json!({"n": 40_000}), |p| p.namespaces("n")).is_err());
        assert!(with(json!({"n": "5"}), |p| p.namespaces("n")).is_err());
    }

    #[test]
    fn a_group_may_not_name_an_ed25519_key() {
        let id = format!("03{}", "00".repeat(32));
        let params = json!({"pubkey": id, "pubkey_ed25519": "00".repeat(32), "signature": "A".repeat(86)});
        assert!(with(params, |p| p.signed()).unwrap_err().contains("only permitted for 05"));
    }
}
