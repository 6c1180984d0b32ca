//! The short list of service nodes that a node gives (`active_nodes_bin`): records of 51 bytes.
//!
//! ```text
//! ed25519 (32) || swarm id (8, BE) || IPv4 (4) || https port (2, BE) || omq/quic port (2, BE) || version (3)
//! ```
//! Source: session-foundation/session-storage-server `oxenss/snode/network.cpp`; libsession-util
//! `src/network/service_node.cpp`.

use std::net::Ipv4Addr;

use crate::crypto::ed25519_to_x25519;

use super::WireError;
use super::limits::MAX_NODES;

/// Bytes of one record.
pub const RECORD_LEN: usize = 51;

/// The swarm id of a node that is in no swarm.
pub const NO_SWARM: u64 = u64::MAX;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveNode {
    /// The node's identity key.
    pub ed25519: [u8; 32],
    /// Its swarm; [`NO_SWARM`] when it is in none.
    pub swarm_id: u64,
    /// Where it listens.
    pub ip: Ipv4Addr,
    /// Port of the HTTPS carrier.
    pub https_port: u16,
    /// Port of the OMQ and QUIC carriers.
    pub omq_port: u16,
    /// Version of its storage server: major, minor, patch.
    pub version: [u8; 3],
}

impl ActiveNode {
    /// Whether the node can be reached: it has an address and a port. Others are to be skipped.
    pub fn is_usable(&self) -> bool {
        !self.ip.is_unspecified() && self.omq_port != 0
    }

    /// The key for onion layers, derived from the identity key. None when that is no usable key.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by vectors and fuzz alone"))]
    pub fn x25519(&self) -> Option<[u8; 32]> {
        ed25519_to_x25519(&self.ed25519)
    }

    /// The record as a node writes it.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by vectors and fuzz alone"))]
    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let mut record = [0; RECORD_LEN];
        let parts: [&[u8]; 6] = [
            &self.ed25519,
            &self.swarm_id.to_be_bytes(),
            &self.ip.octets(),
            &self.https_port.to_be_bytes(),
            &self.omq_port.to_be_bytes(),
            &self.version,
        ];
        record.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
        record
    }
}

/// Reads all records, unusable ones too ([`ActiveNode::is_usable`]).
///
/// # Errors
/// [`WireError`] when the length is no multiple of [`RECORD_LEN`] (then nothing of it is believed) or there are more
/// than [`MAX_NODES`].
pub fn decode_active_nodes(bytes: &[u8]) -> Result<Vec<ActiveNode>, WireError> {
    WireError::check_size(WHAT, bytes.len() / RECORD_LEN, MAX_NODES)?;
    let (records, []) = bytes.as_chunks::<RECORD_LEN>() else { return Err(WireError::Malformed { what: WHAT }) };
    records.iter().map(|record| decode_record(record).ok_or(WireError::Malformed { what: WHAT })).collect()
}

fn decode_record(record: &[u8; RECORD_LEN]) -> Option<ActiveNode> {
    let (ed25519, rest) = record.split_first_chunk::<32>()?;
    let (swarm_id, rest) = rest.split_first_chunk::<8>()?;
    let (ip, rest) = rest.split_first_chunk::<4>()?;
    let (https_port, rest) = rest.split_first_chunk::<2>()?;
    let (omq_port, version) = rest.split_first_chunk::<2>()?;
    Some(ActiveNode {
        ed25519: *ed25519,
        swarm_id: u64::from_be_bytes(*swarm_id),
        ip: Ipv4Addr::from(*ip),
        https_port: u16::from_be_bytes(*https_port),
        omq_port: u16::from_be_bytes(*omq_port),
        version: version.try_into().ok()?,
    })
}

const WHAT: &str = "list of active nodes";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node() -> ActiveNode {
        ActiveNode {
            ed25519: [7; 32],
            swarm_id: 1,
            ip: Ipv4Addr::new(1, 2, 3, 4),
            https_port: 22021,
            omq_port: 22020,
            version: [2, 11, 0],
        }
    }

    #[test]
    fn a_list_of_the_wrong_length_is_not_believed_at_all() {
        let bytes = [node().encode(), node().encode()].concat();
        assert_eq!(decode_active_nodes(&bytes), Ok(vec![node(), node()]));
        assert_eq!(decode_active_nodes(&bytes[1..]), Err(WireError::Malformed { what: WHAT }));
        assert_eq!(decode_active_nodes(&[]), Ok(vec![]));
        let endless = vec![0; RECORD_LEN * (MAX_NODES + 1)];
        assert!(matches!(decode_active_nodes(&endless), Err(WireError::TooLarge { .. })));
    }

    #[test]
    fn a_node_without_address_or_port_is_not_usable() {
        assert!(node().is_usable());
        assert!(!ActiveNode { ip: Ipv4Addr::UNSPECIFIED, ..node() }.is_usable());
        assert!(!ActiveNode { omq_port: 0, ..node() }.is_usable());
        assert_eq!(ActiveNode { ed25519: [0; 32], ..node() }.x25519(), None);
    }

    proptest! {
        #[test]
        fn records_are_written_as_they_were_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(nodes) = decode_active_nodes(&bytes) {
                prop_assert_eq!(nodes.iter().flat_map(ActiveNode::encode).collect::<Vec<_>>(), bytes);
            }
        }
    }
}
