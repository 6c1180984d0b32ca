//! A Content without the words that its quote repeats: what is kept of a message must not hold what somebody else said.
//!
//! Old clients write the text of the message that they answer, and names and previews of its files, into the quote. Of
//! these fields nothing is ever read from kept bytes, and who deletes a message takes its words from everywhere. All
//! other bytes stay as they came, fields of newer versions among them. Source of the numbers: messages.md 2.

use std::borrow::Cow;

use prost::bytes::Buf as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field};

/// The bytes of a Content without what its quote repeats; as they are where it has no quote. What is no protobuf is
/// nothing.
pub fn without_quoted_words(content: &[u8]) -> Cow<'_, [u8]> {
    match without(content, &QUOTE) {
        Some(kept) if kept == content => Cow::Borrowed(content),
        Some(kept) => Cow::Owned(kept),
        None => Cow::Borrowed(&[]),
    }
}

/// The fields of a message but those that repeat words, where the end of the path is reached; `None` for what is no
/// protobuf.
fn without(message: &[u8], path: &[u32]) -> Option<Vec<u8>> {
    let (mut kept, mut rest) = (Vec::with_capacity(message.len()), message);
    while rest.has_remaining() {
        let field = rest;
        let (tag, wire_type) = decode_key(&mut rest).ok()?;
        match path.split_first() {
            Some((next, path)) if *next == tag && wire_type == WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut rest).ok()?).unwrap_or(usize::MAX);
                let inside = without(rest.get(..length)?, path)?;
                rest.advance(length);
                encode_key(tag, wire_type, &mut kept);
                encode_varint(u64::try_from(inside.len()).unwrap_or_default(), &mut kept);
                kept.extend(inside);
            }
            end => {
                skip_field(wire_type, tag, &mut rest, DecodeContext::default()).ok()?;
                if end.is_some() || !REPEATS.contains(&tag) {
                    kept.extend_from_slice(field.get(..field.len() - rest.len()).unwrap_or_default());
                }
            }
        }
    }
    Some(kept)
}

/// From a Content to its quote: dataMessage, quote.
const QUOTE: [u32; 2] = [1, 8];

/// What of a quote repeats words: text and attachments.
const REPEATS: [u32; 2] = [3, 4];

#[cfg(test)]
mod tests {
    use super::super::content::{Content, DataMessage, Named, Quote, decode_content};
    use super::*;
    use proptest::prelude::*;

    fn answer(text: Option<&str>) -> Content {
        let reference =
            Quote { id: Some(5), author: Some("05ab".to_owned()), text: text.map(str::to_owned), ..Quote::default() };
        let quote = Some(Named { reference, msg_id: Some(7) });
        let data = DataMessage { body: Some("yes".to_owned()), quote, ..DataMessage::default() };
        Content { data_message: Some(data), sig_timestamp: Some(9), ..Content::default() }
    }

    /// A field of which only newer versions know.
    const FIELD_40: &[u8] = &[0xc2, 0x02, 0x01, b'x'];

    #[test]
    fn a_quote_loses_its_words_and_nothing_else_changes() {
        let told = [answer(Some("the code is 4711")).to_bytes().as_slice(), FIELD_40].concat();
        let kept = without_quoted_words(&told);
        assert_eq!(*kept, [answer(None).to_bytes().as_slice(), FIELD_40].concat());
        assert_eq!(without_quoted_words(&kept), kept, "once is enough");
        assert!(matches!(without_quoted_words(&kept), Cow::Borrowed(_)));
    }

    #[test]
    fn names_of_quoted_files_go_and_a_second_quote_is_read_too() {
        let quote = |inside: &[u8]| {
            let quote = [&[0x42, u8::try_from(inside.len()).unwrap()], inside].concat();
            [&[0x0a, u8::try_from(quote.len()).unwrap()], quote.as_slice()].concat()
        };
        let file = b"\x08\x05\x22\x06\x12\x04a.md".as_slice();
        let text = b"\x1a\x01x\x12\x01a".as_slice();
        let both = [quote(file), quote(text)].concat();
        assert_eq!(*without_quoted_words(&both), [quote(b"\x08\x05"), quote(b"\x12\x01a")].concat());
    }

    #[test]
    fn the_same_numbers_elsewhere_stay() {
        for other in [&b"\x1a\x01x"[..], b"\x0a\x03\x1a\x01x", b"\x42\x03\x1a\x01x", b"\x0a\x02\x40\x01", b""] {
            assert_eq!(*without_quoted_words(other), *other);
        }
    }

    #[test]
    fn what_is_no_protobuf_is_nothing() {
        for broken in [&b"\xff"[..], b"\x0a\x05x", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x0a\x02\x42\x07"]
        {
            assert!(without_quoted_words(broken).is_empty());
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_never_grows_and_reads_as_before(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let kept = without_quoted_words(&bytes);
            if let (Ok(before), false) = (decode_content(&bytes), kept.is_empty()) {
                let body = |content: Content| content.data_message.and_then(|data| data.body);
                prop_assert_eq!(body(decode_content(&kept).unwrap()), body(before));
            }
        }
    }
}
