//! References to messages that may also bear the message's msgId: quotes, reactions, unsend requests, receipts.
//!
//! The msgId is an opaque random pattern (messages.md 2), which only the newest library makes: eight bytes, here as the number
//! that they are in little-endian order. Its wire type in references was inferred and not seen, so 64 bits and a variable
//! length are both read, whatever else stands there is passed over, and none of it costs the message around it. It is written
//! as 64 bits. Source: session-foundation/libsession `src/client/client.cpp`.

use std::fmt;
use std::ops::{Deref, DerefMut};

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, decode_varint, fixed64, skip_field};
use prost::{DecodeError, Message};

/// A reference `T` with the msgId of the message behind it in field `TAG`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Named<T, const TAG: u32> {
    /// The fields that every client knows.
    pub reference: T,
    /// The msgId of the message that is meant.
    pub msg_id: Option<u64>,
}

impl<T: Message, const TAG: u32> Message for Named<T, TAG> {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        self.reference.encode_raw(buffer);
        if let Some(msg_id) = &self.msg_id {
            fixed64::encode(TAG, msg_id, buffer);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match (tag == TAG, wire_type) {
            (false, _) => self.reference.merge_field(tag, wire_type, buffer, context),
            (true, WireType::Varint) => {
                self.msg_id = Some(decode_varint(buffer)?);
                Ok(())
            }
            (true, WireType::SixtyFourBit) => {
                fixed64::merge(wire_type, self.msg_id.get_or_insert_default(), buffer, context)
            }
            (true, _) => skip_field(wire_type, tag, buffer, context),
        }
    }

    fn encoded_len(&self) -> usize {
        self.reference.encoded_len() + self.msg_id.as_ref().map_or(0, |msg_id| fixed64::encoded_len(TAG, msg_id))
    }

    fn clear(&mut self) {
        self.reference.clear();
        self.msg_id = None;
    }
}

/// A message `T` about several others, with their msgIds in field `TAG`, as far as they stand there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NamedAll<T, const TAG: u32> {
    /// The fields that every client knows.
    pub reference: T,
    /// The msgIds, in the order of the messages that are meant.
    pub msg_ids: Vec<u64>,
}

impl<T: Message, const TAG: u32> Message for NamedAll<T, TAG> {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        self.reference.encode_raw(buffer);
        fixed64::encode_repeated(TAG, &self.msg_ids, buffer);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match (tag == TAG, wire_type) {
            (false, _) => self.reference.merge_field(tag, wire_type, buffer, context),
            (true, WireType::Varint) => {
                self.msg_ids.push(decode_varint(buffer)?);
                Ok(())
            }
            (true, WireType::SixtyFourBit) => {
                let mut msg_id = 0;
                fixed64::merge(wire_type, &mut msg_id, buffer, context)?;
                self.msg_ids.push(msg_id);
                Ok(())
            }
            (true, _) => skip_field(wire_type, tag, buffer, context),
        }
    }

    fn encoded_len(&self) -> usize {
        self.reference.encoded_len() + fixed64::encoded_len_repeated(TAG, &self.msg_ids)
    }

    fn clear(&mut self) {
        self.reference.clear();
        self.msg_ids.clear();
    }
}

impl<T, const TAG: u32> From<T> for NamedAll<T, TAG> {
    fn from(reference: T) -> Self {
        Self { reference, msg_ids: Vec::new() }
    }
}

impl<T, const TAG: u32> Deref for NamedAll<T, TAG> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.reference
    }
}

impl<T, const TAG: u32> DerefMut for NamedAll<T, TAG> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.reference
    }
}

impl<T, const TAG: u32> fmt::Debug for NamedAll<T, TAG> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamedAll(..)")
    }
}

impl<T, const TAG: u32> From<T> for Named<T, TAG> {
    fn from(reference: T) -> Self {
        Self { reference, msg_id: None }
    }
}

impl<T, const TAG: u32> Deref for Named<T, TAG> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.reference
    }
}

impl<T, const TAG: u32> DerefMut for Named<T, TAG> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.reference
    }
}

impl<T, const TAG: u32> fmt::Debug for Named<T, TAG> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Named(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::content::{ReceiptMessage, UnsendRequest};
    use super::*;

    type Request = Named<UnsendRequest, 3>;

    #[test]
    fn a_msg_id_is_written_as_eight_bytes_and_read_in_either_wire_type() {
        let request = UnsendRequest { timestamp: Some(5), author: Some("a".to_owned()) };
        let named = Request { reference: request.clone(), msg_id: Some(7) };
        let bytes = named.encode_to_vec();
        assert_eq!(bytes, b"\x08\x05\x12\x01a\x19\x07\0\0\0\0\0\0\0");
        assert_eq!(Request::decode(bytes.as_slice()).unwrap(), named);
        assert_eq!(Request::decode(&b"\x08\x05\x12\x01a\x18\x07"[..]).unwrap(), named);
        assert_eq!(Request::from(request.clone()).encode_to_vec(), b"\x08\x05\x12\x01a");
        assert_eq!(named.encoded_len(), bytes.len());
    }

    #[test]
    fn several_msg_ids_keep_their_order_and_another_form_costs_nothing() {
        type Receipt = NamedAll<ReceiptMessage, 3>;
        let receipt =
            Receipt { reference: ReceiptMessage { r#type: Some(1), timestamp: vec![5, 6] }, msg_ids: vec![7, 8] };
        let bytes = receipt.encode_to_vec();
        assert_eq!(bytes, b"\x08\x01\x10\x05\x10\x06\x19\x07\0\0\0\0\0\0\0\x19\x08\0\0\0\0\0\0\0");
        assert_eq!((Receipt::decode(bytes.as_slice()).unwrap(), receipt.encoded_len()), (receipt, bytes.len()));
        let read = Receipt::decode(&b"\x08\x01\x18\x07\x10\x05\x1a\x01x"[..]).unwrap();
        assert_eq!((read.msg_ids, read.reference.timestamp), (vec![7], vec![5]));
    }

    #[test]
    fn a_msg_id_of_another_form_costs_nothing() {
        let read = Request::decode(&b"\x08\x05\x1a\x02xy\x12\x01a"[..]).unwrap();
        assert_eq!((read.msg_id, read.timestamp, read.author.as_deref()), (None, Some(5), Some("a")));
        assert!(Request::decode(&b"\x08\x05\x19\x07"[..]).is_err(), "cut in the middle");
    }
}
