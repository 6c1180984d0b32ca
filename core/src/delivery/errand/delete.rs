//! Deleting messages from a swarm by their names there, in storage that we may delete in.
//!
//! Half of the swarm must prove it; the swarm tells the others. What is not there counts as deleted. A deletion that is
//! refused, or that too few proved, is tried at growing intervals until its deadline and then given up: by then the swarm has forgotten by itself.

use crate::address::SwarmHash;
use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Connection;
use crate::store::{Errand, NewErrand, Urgency, What, WriteTx};

use crate::address::{Address, LONGEST_TTL};
use crate::delivery::Hall;

/// Writes the intention to delete `hashes` from the storage of `address`: nobody waits for it, and nothing waits in it.
///
/// # Errors
/// Those of the ledger.
pub(in crate::delivery) fn write(
    tx: &mut WriteTx<'_>,
    address: Address,
    hashes: Vec<SwarmHash>,
    now: Timestamp,
) -> Result<()> {
    if hashes.is_empty() {
        return Ok(());
    }
    tx.insert_errand(&NewErrand {
        what: What::Delete(hashes),
        message: None,
        address,
        created_at: now,
        // As long as any swarm keeps anything.
        deadline: now + LONGEST_TTL,
        after: Vec::new(),
        lane: None,
        urgency: Urgency::Background,
    })
    .map(|_| ())
}

/// Asks a member of the swarm.
pub(super) async fn attempt(hall: &Hall, errand: &Errand, hashes: &[SwarmHash]) -> Result<()> {
    let mailbox = hall
        .mailbox_of(errand.address)
        .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "nothing of ours lies in that storage"))?;
    hall.swarms().delete(mailbox.auth(), hashes).await?;
    hall.note_connection(Connection::Online).await
}

/// The swarm has deleted them: cursors that stood on one fall back.
pub(super) fn done(tx: &mut WriteTx<'_>, errand: &Errand, hashes: &[SwarmHash]) -> Result<()> {
    for hash in hashes {
        tx.forget_cursor(hash)?;
    }
    tx.finish_errand(errand.id).map(|_| ())
}
