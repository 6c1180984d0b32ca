//! What an account remembers of the network between two runs: its guards, what nodes said about swarms, and how far our
//! clock is off.
//!
//! It stands in the account's own encrypted ledger and in no plain file, because it would link the accounts of one person
//! and tell whom they write to. It is written when it changed, after a poll or a round of sending, so that a crash does
//! not cost a guard.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Client;
use crate::error::Result;
use crate::onion::PathSnapshot;
use crate::store::{ReadTx, Store};
use crate::swarm::{SwarmSnapshot, Swarms};

/// What is kept.
#[derive(Default)]
pub(super) struct State {
    pub(super) paths: Option<PathSnapshot>,
    swarms: Option<SwarmSnapshot>,
    offset_millis: Option<i64>,
}

/// What stands in the ledger now, so that only changes are written.
pub(super) struct Kept {
    parts: Mutex<[Vec<u8>; 3]>,
}

/// Reads what was kept. What a newer version wrote or a bug spoiled counts as not kept: it can all be learned again.
pub(super) async fn load(store: &Store) -> Result<State> {
    store
        .read(|tx| Ok(State { paths: part(tx, PATHS)?, swarms: part(tx, SWARMS)?, offset_millis: part(tx, CLOCK)? }))
        .await
}

fn part<T: DeserializeOwned>(tx: &ReadTx<'_>, name: &'static str) -> Result<Option<T>> {
    Ok(tx.network_state(name)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

impl State {
    /// Hands what is known of swarms and clock to `swarms`; the paths go to the onion when it is made.
    pub(super) fn give_to(&self, swarms: &Swarms) {
        if let Some(known) = &self.swarms {
            swarms.restore(known.clone());
        }
        if let Some(offset) = self.offset_millis {
            swarms.time().restore(offset);
        }
    }
}

impl Kept {
    pub(super) fn new(state: State) -> Self {
        let State { paths, swarms, offset_millis } = state;
        let part = |value: Option<Vec<u8>>| value.unwrap_or_default();
        Self {
            parts: Mutex::new([
                part(paths.as_ref().map(bytes)),
                part(swarms.as_ref().map(bytes)),
                part(offset_millis.as_ref().map(bytes)),
            ]),
        }
    }
}

impl Client {
    /// [`Self::keep_network_state`] after something that is stored already: failing takes nothing back, and it can all be
    /// learned again.
    pub(super) async fn try_to_keep_network_state(&self) {
        if let Err(error) = self.keep_network_state().await {
            tracing::warn!(?error, "client could not keep what it knows of the network");
        }
    }

    /// Writes what changed since it was last written.
    pub(super) async fn keep_network_state(&self) -> Result<()> {
        let inner = &self.inner;
        let swarms = inner.hall.swarms();
        let offset = swarms.time().is_known().then(|| coarse(swarms.time().offset_millis()));
        let now =
            [bytes(&inner.onion.snapshot()), bytes(&swarms.snapshot()), offset.as_ref().map(bytes).unwrap_or_default()];
        if *inner.kept.parts.lock().unwrap_or_else(PoisonError::into_inner) == now {
            return Ok(());
        }
        let (write, at) = (now.clone(), inner.hall.device_now());
        inner
            .hall
            .write("network state", move |tx| {
                for (name, value) in [PATHS, SWARMS, CLOCK].into_iter().zip(&write) {
                    if !value.is_empty() {
                        tx.set_network_state(name, value, at)?;
                    }
                }
                Ok(())
            })
            .await?;
        *inner.kept.parts.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }
}

/// Network jitter moves the offset by milliseconds with every answer; that is not worth a write.
fn coarse(offset_millis: i64) -> i64 {
    (offset_millis / COARSE_MILLIS) * COARSE_MILLIS
}

const PATHS: &str = "paths";
const SWARMS: &str = "swarms";
const CLOCK: &str = "clock";

/// Ten times more than the network is off by itself, a hundred times less than nodes tolerate.
const COARSE_MILLIS: i64 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_of_the_clock_is_not_worth_a_write() {
        assert_eq!(coarse(3), coarse(-40));
        assert_ne!(coarse(0), coarse(-3_600_000));
    }
}
