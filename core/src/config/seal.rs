//! From a document's text to what a swarm stores, and back.
//!
//! Out: compressed where that is shorter, zeros put in front, closed, wrapped for the account's documents; in parts when
//! one message would be too large. In: unwrapped where it is wrapped, opened with each key, zeros taken off; what comes
//! out begins with `d` (text), `z` (compressed) or `m` (one part). Source: session-foundation/libsession-util
//! `src/config/base.cpp`, `src/config/encrypt.cpp`.

use crate::crypto::{AccountKeys, CONFIG_OVERHEAD, ConfigBase};

use super::compress::shorter;
use super::document::DocumentKind;
use super::error::ConfigError;
use super::limits::{MAX_DOCUMENT_BYTES, MAX_PUSHED_BYTES, MAX_STORED_BYTES};
use super::{parts, wrap};

/// What seals, opens, wraps and signs a document. Holds secrets; they are wiped when it is dropped.
#[derive(Clone, Debug)]
pub struct ConfigKeys {
    /// The first one seals, all of them open.
    bases: Vec<ConfigBase>,
    wrapping: Option<AccountKeys>,
    signing: Signing,
}

/// Who signs a document.
#[derive(Clone, Debug)]
enum Signing {
    /// Nobody: the account's own documents.
    Nobody,
    /// Somebody else; we only check.
    Others([u8; 32]),
    /// We, with these keys.
    We(AccountKeys),
}

impl ConfigKeys {
    /// The keys of an account's own documents: sealed with its seed, wrapped, not signed.
    pub fn account(keys: &AccountKeys) -> Self {
        Self { bases: vec![ConfigBase::account(keys)], wrapping: Some(keys.clone()), signing: Signing::Nobody }
    }

    /// The keys of a signed document that is not wrapped. The first of `bases` seals, each may open; `signer` is the
    /// key that must have signed.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn signed_by_others(bases: Vec<ConfigBase>, signer: [u8; 32]) -> Self {
        Self { bases, wrapping: None, signing: Signing::Others(signer) }
    }

    /// [`Self::signed_by_others`] for who holds the signing key.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for groups"))]
    pub fn signed_by_us(bases: Vec<ConfigBase>, signer: AccountKeys) -> Self {
        Self { bases, wrapping: None, signing: Signing::We(signer) }
    }

    /// The key that must have signed a message, where one must.
    pub(super) fn must_be_signed_by(&self) -> Option<[u8; 32]> {
        match &self.signing {
            Signing::Nobody => None,
            Signing::Others(public) => Some(*public),
            Signing::We(keys) => Some(keys.ed25519_public()),
        }
    }

    /// What signs a message, where one is signed.
    pub(super) fn signer(&self) -> Option<&AccountKeys> {
        if let Signing::We(keys) = &self.signing { Some(keys) } else { None }
    }

    /// Whether this device may write the document.
    pub fn may_write(&self) -> bool {
        !matches!(self.signing, Signing::Others(_))
    }
}

/// The length to which `len` bytes are padded when `overhead` bytes follow.
pub fn padded_len(len: usize, overhead: usize) -> usize {
    let total = len.saturating_add(overhead);
    let chunk = match total {
        ..5_120 => 256,
        5_120..20_480 => 1_024,
        20_480..40_960 => 2_048,
        _ => 5_120,
    };
    total.div_ceil(chunk).saturating_mul(chunk).saturating_sub(overhead)
}

/// `payload` with zeros in front.
pub fn pad(payload: &[u8]) -> Vec<u8> {
    let len = padded_len(payload.len(), CONFIG_OVERHEAD);
    // Room for tag and nonce, so that closing does not move it.
    let mut padded = Vec::with_capacity(len + CONFIG_OVERHEAD);
    padded.resize(len.saturating_sub(payload.len()), 0);
    padded.extend_from_slice(payload);
    padded
}

/// `padded` without the zeros in front.
pub(super) fn unpad(mut padded: Vec<u8>) -> Result<Vec<u8>, ConfigError> {
    let start = padded.iter().position(|byte| *byte != 0).ok_or(ConfigError::Empty)?;
    padded.drain(..start);
    Ok(padded)
}

/// The messages to store for a text: one, or all parts.
///
/// # Errors
/// [`ConfigError::TooLarge`] for a text over [`MAX_DOCUMENT_BYTES`] or one that takes more than [`MAX_PUSHED_BYTES`],
/// compressed and padded.
pub fn close(keys: &ConfigKeys, kind: DocumentKind, seqno: i64, text: &[u8]) -> Result<Vec<Vec<u8>>, ConfigError> {
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(ConfigError::TooLarge { what: "config document" });
    }
    let base = keys.bases.first().ok_or(ConfigError::NotForUs)?;
    let padded = pad(&shorter(text));
    if padded.len() > MAX_PUSHED_BYTES {
        return Err(ConfigError::TooLarge { what: "config document" });
    }
    if padded.len() + CONFIG_OVERHEAD > MAX_STORED_BYTES {
        let parts = parts::split(&padded)?;
        return Ok(parts.into_iter().map(|part| base.seal(kind.domain(), part)).collect());
    }
    let sealed = base.seal(kind.domain(), padded);
    let wrapped = match (&keys.wrapping, kind.protobuf_kind()) {
        (Some(account), Some(number)) => wrap::wrap(account, number, seqno, sealed.clone()),
        _ => return Ok(vec![sealed]),
    };
    Ok(vec![if wrapped.len() > MAX_STORED_BYTES { sealed } else { wrapped }])
}

/// The payload of a stored message: zeros taken off, not empty.
///
/// # Errors
/// [`ConfigError`] for what no key opens; where it was wrapped and the wrapping is not believed, that reason.
pub fn open(keys: &ConfigKeys, kind: DocumentKind, stored: &[u8]) -> Result<Vec<u8>, ConfigError> {
    if stored.len() > MAX_STORED_BYTES {
        return Err(ConfigError::TooLarge { what: "stored config message" });
    }
    let unwrapped = match (&keys.wrapping, kind.protobuf_kind()) {
        (Some(account), Some(number)) => wrap::unwrap(account, number, stored).map(|once| {
            // One release of one client wrapped twice.
            wrap::unwrap(account, number, &once).unwrap_or(once)
        }),
        _ => Err(ConfigError::NotForUs),
    };
    let (sealed, reason) = match &unwrapped {
        Ok(sealed) => (&sealed[..], ConfigError::NotForUs),
        Err(reason @ (ConfigError::Sender | ConfigError::Signature | ConfigError::Namespace)) => (stored, *reason),
        Err(_) => (stored, ConfigError::NotForUs),
    };
    if sealed.len() < CONFIG_OVERHEAD {
        return Err(ConfigError::TooShort);
    }
    let opened = keys.bases.iter().find_map(|base| base.open(kind.domain(), sealed));
    unpad(opened.ok_or(reason)?)
}
