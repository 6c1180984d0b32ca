//! How far a message came: the numbers behind "sent", and behind "tried again" where some members have it already. Kept for
//! the detail sheet and the demo.

use std::net::Ipv4Addr;
use std::time::Duration;

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::failure::StoreFault;
use super::{MessageId, WriteTx};
use crate::clock::Timestamp;
use crate::error::Result;

/// The last sending of a message that any member proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Nodes of the recipient's swarm that proved that they keep the message.
    pub accepted: u32,
    /// Nodes of which our node list says that the swarm consists.
    pub asked: u32,
    /// The nodes that accepted: Ed25519 keys, 64 hex digits.
    pub nodes: Vec<String>,
    /// The way it took, guard first, without the destination.
    pub hops: Vec<Hop>,
    /// The swarm node that was asked: Ed25519 key, 64 hex digits; empty when unknown.
    pub destination: String,
    /// From asking to answer.
    pub latency: Duration,
    /// Tries it took.
    pub attempts: u32,
    /// When the answer came (network time).
    pub finished_at: Timestamp,
}

/// One relay of a way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Ed25519 key, 64 hex digits.
    pub key: String,
    /// Its address.
    pub ip: Ipv4Addr,
}

impl WriteTx<'_> {
    /// Keeps how a message's last sending went, in place of the one before.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_sending(&mut self, message: MessageId, sending: &Sending) -> Result<()> {
        let json = |error: serde_json::Error| crate::Error::bug("sending does not become json").with_source(error);
        self.run(
            "INSERT INTO sendings (message, accepted, asked, nodes, hops, destination, latency_ms, attempts, finished_at)
             SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM messages WHERE id = ?1
             ON CONFLICT (message) DO UPDATE SET accepted = excluded.accepted, asked = excluded.asked, nodes = excluded.nodes,
                 hops = excluded.hops, destination = excluded.destination, latency_ms = excluded.latency_ms,
                 attempts = excluded.attempts, finished_at = excluded.finished_at",
            (
                message.as_i64(),
                sending.accepted,
                sending.asked,
                serde_json::to_string(&sending.nodes).map_err(json)?,
                serde_json::to_string(&sending.hops).map_err(json)?,
                &sending.destination,
                i64::try_from(sending.latency.as_millis()).unwrap_or(i64::MAX),
                sending.attempts,
                sending.finished_at.to_sql(),
            ),
        )?;
        self.record_message_changed(message)
    }
}

impl Sending {
    /// Reads the columns of a sending that begin at `first`; all NULL when there was none.
    pub(super) fn read(row: &Row<'_>, first: usize) -> Result<Option<Self>> {
        let Some(accepted) = row.get::<_, Option<u32>>(first)? else { return Ok(None) };
        let text = |column: usize, name| {
            row.get_ref(first + column)?.as_str().map_err(|_| crate::Error::from(StoreFault::Value(name)))
        };
        Ok(Some(Self {
            accepted,
            asked: row.get(first + 1)?,
            nodes: serde_json::from_str(text(2, "sendings.nodes")?).map_err(|_| StoreFault::Value("sendings.nodes"))?,
            hops: serde_json::from_str(text(3, "sendings.hops")?).map_err(|_| StoreFault::Value("sendings.hops"))?,
            destination: row.get(first + 4)?,
            latency: Duration::from_millis(u64::try_from(row.get::<_, i64>(first + 5)?).unwrap_or(0)),
            attempts: row.get(first + 6)?,
            finished_at: Timestamp::from_sql(row.get(first + 7)?),
        }))
    }
}
