//! Letters that nobody wrote on a screen: content made byte by byte, and rows laid into a ledger as if they had come long ago.
//!
//! The bytes are made without core's own types, so that a wrong field number there cannot hide here.

use onionskin_core::Result;
use onionskin_core::client::ConversationId;
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::AccountId;
use onionskin_core::store::{MessageKind, MessageState, NewMessage, WriteTx};

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
