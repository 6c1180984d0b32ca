//! Padding of protocol v1: texts of different lengths look alike.
//!
//! `80`, then zeros up to a multiple of 160; when the text and its `80` already fill whole blocks one more block
//! follows, so 159 bytes become 320. Any length is accepted when reading: older clients made 160·k-1.
//! Source: session-foundation/libsession-util `src/session_protocol.cpp`.

/// Padded texts are multiples of this many bytes.
pub const BLOCK: usize = 160;

/// The padded form, always a multiple of [`BLOCK`] and longer than `text`.
pub fn pad(text: &[u8]) -> Vec<u8> {
    let len = ((text.len() + 1) / BLOCK + 1) * BLOCK;
    let mut padded = Vec::with_capacity(len);
    padded.extend_from_slice(text);
    padded.push(MARK);
    padded.resize(len, 0);
    padded
}

/// The text without its padding; bytes that do not end in `80 00…` were never padded and come back whole.
pub fn unpad(padded: &[u8]) -> &[u8] {
    let Some(last) = padded.iter().rposition(|byte| *byte != 0) else { return padded };
    match padded.get(..=last) {
        Some([text @ .., MARK]) => text,
        _ => padded,
    }
}

const MARK: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_fills_its_blocks_gets_one_more() {
        for (len, padded) in [(0, 160), (1, 160), (158, 160), (159, 320), (160, 320), (318, 320), (319, 480)] {
            assert_eq!(pad(&vec![7; len]).len(), padded, "{len}");
        }
    }

    #[test]
    fn bytes_that_were_never_padded_come_back_whole() {
        for bytes in [&b""[..], b"abc", b"abc\0\0", b"\0\0\0", b"\x80\x01"] {
            assert_eq!(unpad(bytes), bytes);
        }
    }

    #[test]
    fn any_amount_of_padding_is_taken_off() {
        assert_eq!(unpad(b"abc\x80"), b"abc");
        assert_eq!(unpad(b"abc\x80\0"), b"abc");
        assert_eq!(unpad(b"\x80\x80\0\0"), b"\x80");
        assert_eq!(unpad(&[b"abc\x80".as_slice(), &[0; 155]].concat()), b"abc", "length 160k-1 of older clients");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in proptest::collection::vec(any::<u8>(), 0..700)) {
            let padded = pad(&text);
            prop_assert_eq!(padded.len() % BLOCK, 0);
            prop_assert!(padded.len() - text.len() <= BLOCK + 1);
            prop_assert_eq!(unpad(&padded), &text[..]);
        }

        #[test]
        fn nothing_makes_unpad_panic(bytes in proptest::collection::vec(prop_oneof![Just(0), Just(0x80), any::<u8>()], 0..20)) {
            prop_assert!(unpad(&bytes).len() <= bytes.len());
        }
    }
}
