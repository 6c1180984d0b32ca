//! Data beside JSON, as onion layers and storage requests carry it: length (u32, little-endian), data, JSON to the end.
//!
//! Source: session-foundation/session-storage-server `oxenss/rpc/onion_processing.cpp`.

use super::WireError;
use super::limits::MAX_ONION_BYTES;

/// `data` and `json` in one.
///
/// Data over 4 GiB does not exist here ([`MAX_ONION_BYTES`] is far below); its length would saturate.
pub fn encode(data: &[u8], json: &str) -> Vec<u8> {
    let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
    [&len.to_le_bytes()[..], data, json.as_bytes()].concat()
}

/// Splits into data and JSON text; whether the text is JSON is the caller's question.
///
/// # Errors
/// [`WireError`] over [`MAX_ONION_BYTES`], for a length beyond the end, or for a text that is no UTF-8.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by vectors and fuzz alone"))]
pub fn decode(bytes: &[u8]) -> Result<(&[u8], &str), WireError> {
    const WHAT: &str = "combined payload";
    WireError::check_size(WHAT, bytes.len(), MAX_ONION_BYTES)?;
    let (len, rest) = bytes.split_first_chunk::<4>().ok_or(WireError::EndsEarly { what: WHAT })?;
    let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
    let (data, json) = rest.split_at_checked(len).ok_or(WireError::EndsEarly { what: WHAT })?;
    let json = std::str::from_utf8(json).map_err(|_| WireError::Malformed { what: WHAT })?;
    Ok((data, json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_length_is_little_endian_and_counts_the_data_only() {
        assert_eq!(encode(b"abc", "{}"), b"\x03\0\0\0abc{}");
        assert_eq!(decode(b"\x03\0\0\0abc{}"), Ok((&b"abc"[..], "{}")));
        assert_eq!(decode(b"\0\0\0\0"), Ok((&b""[..], "")));
    }

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        let early = Err(WireError::EndsEarly { what: "combined payload" });
        assert_eq!(decode(b"\x03\0\0"), early);
        assert_eq!(decode(b"\x03\0\0\0ab"), early);
        assert_eq!(decode(b"\xff\xff\xff\xffab"), early);
        assert_eq!(decode(b"\0\0\0\0\xff"), Err(WireError::Malformed { what: "combined payload" }));
        assert!(matches!(decode(&vec![0; MAX_ONION_BYTES + 1]), Err(WireError::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn any_pair_comes_back(data in any::<Vec<u8>>(), json in "\\PC{0,40}") {
            let both = encode(&data, &json);
            prop_assert_eq!(decode(&both), Ok((&data[..], &json[..])));
        }

        #[test]
        fn nothing_makes_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = decode(&bytes);
        }
    }
}
