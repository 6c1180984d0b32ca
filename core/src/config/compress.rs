//! Compression of a document's text: `z` and a zstd frame of level 1, where that is shorter.
//!
//! The encoder is the reference one, because two devices that resolve one conflict shall write the same bytes; zstd
//! promises that only for one implementation. A reader takes any frame whose content is bounded.
//! Source: session-foundation/libsession-util `src/config/base.cpp`.

use std::io::Read as _;

use super::error::ConfigError;
use super::limits::MAX_DOCUMENT_BYTES;

/// The level at which documents are compressed.
pub const LEVEL: i32 = 1;

/// `z` and the compressed form of `text`, whatever its length.
pub fn compress(text: &[u8], level: i32) -> Option<Vec<u8>> {
    // One shot: the frame's head then tells the content's size; no checksum.
    let frame = zstd::bulk::compress(text, level).ok()?;
    Some([&b"z"[..], &frame].concat())
}

/// The shorter one of `text` and its compressed form.
pub fn shorter(text: &[u8]) -> Vec<u8> {
    compress(text, LEVEL).filter(|compressed| compressed.len() < text.len()).unwrap_or_else(|| text.to_vec())
}

/// What a payload holds: the text itself (`d…`), or a frame that expands to it (`z…`).
///
/// # Errors
/// [`ConfigError`] for a frame that does not expand or holds more than [`MAX_DOCUMENT_BYTES`], whatever its head says, and for
/// any other first byte.
pub fn expand(payload: Vec<u8>) -> Result<Vec<u8>, ConfigError> {
    let text = match payload.split_first() {
        Some((b'd', _)) => return Ok(payload),
        Some((b'z', frame)) => frame_content(frame)?,
        Some(_) => return Err(ConfigError::malformed("first byte")),
        None => return Err(ConfigError::Empty),
    };
    if text.first() == Some(&b'd') { Ok(text) } else { Err(ConfigError::malformed("first byte")) }
}

fn frame_content(frame: &[u8]) -> Result<Vec<u8>, ConfigError> {
    let mut decoder =
        zstd::stream::read::Decoder::with_buffer(frame).map_err(|_| ConfigError::Compression)?.single_frame();
    // A window is memory that is taken before anything is expanded.
    decoder.window_log_max(WINDOW_LOG).map_err(|_| ConfigError::Compression)?;
    let mut text = Vec::new();
    decoder.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut text).map_err(|_| ConfigError::Compression)?;
    if text.len() > MAX_DOCUMENT_BYTES {
        Err(ConfigError::TooLarge { what: "expanded config message" })
    } else {
        Ok(text)
    }
}

/// Sixteen megabytes: the smallest window that a frame of [`MAX_DOCUMENT_BYTES`] in one segment fits into.
const WINDOW_LOG: u32 = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_does_not_become_shorter_stays() {
        assert_eq!(shorter(b"d1:a0:e"), b"d1:a0:e");
        let long = [&b"d1:a1000:"[..], &[7; 1000], b"e"].concat();
        let short = shorter(&long);
        assert!(short.len() < 60 && short[0] == b'z');
        assert_eq!(expand(short).unwrap(), long);
    }

    #[test]
    fn a_bomb_ends_at_the_limit_whatever_its_head_says() {
        let bomb = compress(&vec![b'd'; MAX_DOCUMENT_BYTES + 1], 19).unwrap();
        assert!(bomb.len() < 10_000);
        assert_eq!(expand(bomb), Err(ConfigError::TooLarge { what: "expanded config message" }));
        let largest = compress(&vec![b'd'; MAX_DOCUMENT_BYTES], 19).unwrap();
        assert_eq!(expand(largest).unwrap().len(), MAX_DOCUMENT_BYTES);
        // A streamed frame has no size in its head.
        let streamed = zstd::stream::encode_all(&vec![b'd'; 4 * MAX_DOCUMENT_BYTES][..], 3).unwrap();
        assert!(expand([&b"z"[..], &streamed].concat()).is_err());
    }

    #[test]
    fn a_frame_that_wants_a_huge_window_is_refused() {
        // Magic, no single segment, window of 2 GB, one raw last block of one byte.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x09, 0x00, 0x00, b'd'];
        assert_eq!(expand([&b"z"[..], &frame].concat()), Err(ConfigError::Compression));
    }

    #[test]
    fn other_first_bytes_inside_and_outside_are_refused() {
        assert_eq!(expand(vec![]), Err(ConfigError::Empty));
        assert_eq!(expand(b"x".to_vec()), Err(ConfigError::malformed("first byte")));
        assert_eq!(expand(compress(b"zz", 1).unwrap()), Err(ConfigError::malformed("first byte")));
        assert_eq!(expand(b"z".to_vec()).unwrap_err().code(), "compression");
    }

    proptest! {
        #[test]
        fn nothing_makes_expanding_panic(bytes in any::<Vec<u8>>()) {
            let _ = expand([&b"z"[..], &bytes].concat());
            let _ = expand([&b"z\x28\xb5\x2f\xfd"[..], &bytes].concat());
        }
    }
}
