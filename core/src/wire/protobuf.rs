//! A look at the fields of a protobuf message without knowing its schema.
//!
//! For what generated code cannot answer: which field numbers are there, and a field whose wire type is not settled.

/// The value of a field, as far as its wire type tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raw {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1, little-endian.
    Fixed64(u64),
    /// Wire types 2 and 5.
    Other,
}

/// The top-level fields of `bytes` in order; ends silently at the first byte that makes no sense.
pub(super) fn fields(bytes: &[u8]) -> impl Iterator<Item = (u64, Raw)> + '_ {
    let mut rest = bytes;
    std::iter::from_fn(move || field(&mut rest))
}

fn field(rest: &mut &[u8]) -> Option<(u64, Raw)> {
    let key = varint(rest)?;
    let number = key >> 3;
    if number == 0 {
        return None;
    }
    let raw = match key & 7 {
        0 => Raw::Varint(varint(rest)?),
        1 => Raw::Fixed64(u64::from_le_bytes(*take(rest, 8)?.first_chunk()?)),
        2 => {
            let len = usize::try_from(varint(rest)?).ok()?;
            take(rest, len)?;
            Raw::Other
        }
        5 => {
            take(rest, 4)?;
            Raw::Other
        }
        // Groups were never used in this protocol.
        _ => return None,
    };
    Some((number, raw))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *take(rest, 1)?.first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_of_every_wire_type_are_walked() {
        let bytes = b"\x08\x96\x01\x11\x01\0\0\0\0\0\0\0\x1a\x02hi\x25\0\0\0\0\xd8\x02\x07";
        let found: Vec<_> = fields(bytes).collect();
        assert_eq!(
            found,
            [(1, Raw::Varint(150)), (2, Raw::Fixed64(1)), (3, Raw::Other), (4, Raw::Other), (43, Raw::Varint(7))]
        );
    }

    #[test]
    fn the_walk_ends_where_the_bytes_make_no_sense() {
        assert_eq!(fields(b"\x08\x01\x00\x01").count(), 1, "field number zero");
        assert_eq!(fields(b"\x08\x01\x1a\x09hi").count(), 1, "a length beyond the end");
        assert_eq!(fields(b"\x0b").count(), 0, "a group");
        assert_eq!(fields(&[0xff; 30]).count(), 0, "an endless number");
    }

    proptest! {
        #[test]
        fn nothing_makes_the_walk_panic(bytes in any::<Vec<u8>>()) {
            prop_assert!(fields(&bytes).count() <= bytes.len());
        }
    }
}
