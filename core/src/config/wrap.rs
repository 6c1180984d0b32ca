//! The clothes of the four account documents: the ciphertext inside a Content, a seal to oneself and an envelope.
//!
//! Clients before 2024 know nothing else. All layers are deterministic. A reader takes the bare ciphertext too, and takes
//! two layers off where one release of one client put on two. Source: session-foundation/libsession-util
//! `src/config/protos.cpp`, `proto/SessionProtos.proto`.

use prost::Message;

use crate::crypto::{AccountKeys, SealError, open, seal_to_self};
use crate::wire::envelope;

use super::error::ConfigError;

/// The bytes to store for a ciphertext.
pub fn wrap(keys: &AccountKeys, kind: i32, seqno: i64, ciphertext: Vec<u8>) -> Vec<u8> {
    let shared = SharedConfig { kind: Some(kind), seqno: Some(seqno), data: Some(ciphertext) };
    let mut content = Content { shared: Some(shared) }.encode_to_vec();
    content.push(PADDING_MARK);
    envelope::wrap_config(seal_to_self(keys, &content))
}

/// The ciphertext inside `stored`.
///
/// # Errors
/// [`ConfigError::Sender`], [`ConfigError::Signature`] and [`ConfigError::Namespace`] for a wrapping that is one and is not to be
/// believed; [`ConfigError::Malformed`] for bytes that are no wrapping.
pub fn unwrap(keys: &AccountKeys, kind: i32, stored: &[u8]) -> Result<Vec<u8>, ConfigError> {
    let sealed = envelope::unwrap(stored).map_err(|_| WRAPPING)?.content;
    let opened = open(keys, &sealed).map_err(|error| match error {
        SealError::BadSignature => ConfigError::Signature,
        SealError::BadSender => ConfigError::Sender,
        SealError::TooShort | SealError::NotForUs => WRAPPING,
    })?;
    if opened.sender_ed25519 != keys.ed25519_public() {
        return Err(ConfigError::Sender);
    }
    let end = opened.padded.iter().rposition(|byte| *byte != 0).ok_or(WRAPPING)?;
    let content = match opened.padded.get(..=end) {
        Some([content @ .., PADDING_MARK]) => Content::decode(content).map_err(|_| WRAPPING)?,
        _ => return Err(WRAPPING),
    };
    let shared = content.shared.ok_or(WRAPPING)?;
    if shared.kind != Some(kind) {
        return Err(ConfigError::Namespace);
    }
    shared.data.ok_or(WRAPPING)
}

/// `Content`, as far as configs go.
#[derive(Clone, PartialEq, Message)]
struct Content {
    #[prost(message, optional, tag = "11")]
    shared: Option<SharedConfig>,
}

/// `SharedConfigMessage`; all its fields are required.
#[derive(Clone, PartialEq, Message)]
struct SharedConfig {
    #[prost(int32, optional, tag = "1")]
    kind: Option<i32>,
    #[prost(int64, optional, tag = "2")]
    seqno: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "3")]
    data: Option<Vec<u8>>,
}

const PADDING_MARK: u8 = 0x80;

const WRAPPING: ConfigError = ConfigError::Malformed { what: "wrapping" };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{AccountSeed, seal};

    fn people<const N: usize>() -> [AccountKeys; N] {
        [(); N].map(|()| AccountKeys::from_seed(&AccountSeed::random()))
    }

    fn sealed_content(from: &AccountKeys, to: &AccountKeys, kind: Option<i32>, tail: &[u8]) -> Vec<u8> {
        let shared = SharedConfig { kind, seqno: Some(3), data: Some(b"cipher".to_vec()) };
        let content = [&Content { shared: Some(shared) }.encode_to_vec()[..], tail].concat();
        envelope::wrap_config(seal(from, &to.account_id(), &content))
    }

    #[test]
    fn what_is_wrapped_is_unwrapped_and_is_the_same_each_time() {
        let [ana] = people();
        let stored = wrap(&ana, 2, 7, b"cipher".to_vec());
        assert_eq!(stored, wrap(&ana, 2, 7, b"cipher".to_vec()));
        assert_eq!(unwrap(&ana, 2, &stored).unwrap(), b"cipher");
        assert_eq!(wrap(&ana, 2, 7, vec![0; 256]).len(), 256 + 176);
    }

    #[test]
    fn another_sender_another_kind_and_missing_padding_are_told_apart() {
        let [ana, bo] = people();
        assert_eq!(unwrap(&ana, 2, &sealed_content(&ana, &ana, Some(2), b"\x80\0\0")).unwrap(), b"cipher");
        assert_eq!(unwrap(&ana, 2, &sealed_content(&bo, &ana, Some(2), b"\x80")), Err(ConfigError::Sender));
        assert_eq!(unwrap(&ana, 2, &sealed_content(&ana, &ana, Some(3), b"\x80")), Err(ConfigError::Namespace));
        assert_eq!(unwrap(&ana, 2, &sealed_content(&ana, &ana, None, b"\x80")), Err(ConfigError::Namespace));
        assert_eq!(unwrap(&ana, 2, &sealed_content(&ana, &ana, Some(2), b"")), Err(WRAPPING));
        assert_eq!(unwrap(&ana, 2, &sealed_content(&ana, &bo, Some(2), b"\x80")), Err(WRAPPING));
        assert_eq!(unwrap(&ana, 2, b"bare"), Err(WRAPPING));
    }
}
