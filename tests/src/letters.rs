//! Letters that nobody wrote on a screen: content made byte by byte, and rows laid into a ledger as if they had come long ago.
//!
//! The bytes are made without core's own types, so that a wrong field number there cannot hide here.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use onionskin_core::address::Namespace;
use onionskin_core::crypto::{decoy_signature, seal};
use onionskin_core::ledger::{NewMessage, WriteTx};
use onionskin_core::swarm::Swarms;
use onionskin_core::wire::{envelope, padding};
use onionskin_core::{AccountId, AccountKeys, ConversationId, MessageKind, MessageState, Result, Timestamp};

use crate::people::{Told, days};

/// Content with a text, as any client writes it.
pub fn text(body: &str, at: Timestamp) -> Vec<u8> {
    [field(1, &field(1, body.as_bytes())), varint(15, at.as_millis())].concat()
}

/// A protobuf field with bytes.
pub fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    [base128(number << 3 | 2), base128(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A protobuf field with a number.
pub fn varint(number: u64, value: u64) -> Vec<u8> {
    [base128(number << 3), base128(value)].concat()
}

fn base128(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A well-formed letter of `sender` with this content, as a client would hand it to the swarm.
pub fn sealed(sender: &AccountKeys, to: &AccountId, content: &[u8], at: Timestamp) -> Vec<u8> {
    envelope::wrap(&seal::seal(sender, to, &padding::pad(content)), at, decoy_signature())
}

/// Puts letters into somebody's mailbox, eight at once, as anybody may.
///
/// # Errors
/// When the swarm refuses one.
pub async fn deposit(swarms: &Swarms, to: &AccountId, letters: impl IntoIterator<Item = Vec<u8>>) -> Told<()> {
    let put = |letter: Vec<u8>| async move { swarms.store(to, Namespace::DIRECT, &letter, days(14), None).await };
    Ok(stream::iter(letters).map(put).buffer_unordered(8).map_ok(|_| ()).try_collect().await?)
}

/// Lays a read letter of `sender`, whom we accept, into the ledger.
///
/// # Errors
/// Those of the ledger.
pub fn lay(tx: &mut WriteTx<'_>, sender: &AccountId, at: Timestamp, body: &str) -> Result<()> {
    let conversation = ConversationId::from(*sender);
    if tx.ensure_conversation(&conversation, at)? {
        tx.set_approved(sender, true)?;
    }
    tx.insert_message(&NewMessage {
        conversation: &conversation,
        sender,
        outgoing: false,
        kind: MessageKind::Text,
        sent_at: at,
        received_at: at,
        body,
        raw: &[],
        swarm_hash: "",
        read_at: at,
        state: MessageState::Received,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin_core::wire::content::decode_content;

    #[test]
    fn bytes_made_by_hand_read_as_what_they_say() {
        let content = decode_content(&text("ahoy", Timestamp::from_millis(1_700_000_000_123))).unwrap();
        assert_eq!(content.data_message.unwrap().body.as_deref(), Some("ahoy"));
        assert_eq!(content.sig_timestamp, Some(1_700_000_000_123));
    }
}
