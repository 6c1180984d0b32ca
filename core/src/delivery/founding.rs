//! The first rows of an account: written before there is a hall, in the one write that goes past it.

use super::mirror;
use super::poller::SECOND_MEMBER_DUE;
use crate::clock::Timestamp;
use crate::crypto::{AccountKeys, AccountSeed};
use crate::error::Result;
use crate::people::Desk;
use crate::store::{NewProfile, Store};

/// An account that is about to be.
pub struct Founding {
    /// Its secret.
    pub seed: AccountSeed,
    /// Its display name; may be empty for one that is restored.
    pub name: String,
    /// It was used elsewhere: its documents are in its swarm, and are asked for first.
    pub restored: bool,
}

impl Founding {
    /// Writes the account into an empty ledger at `now` (device; there was no network yet to ask for its time). A new one
    /// begins with documents that say what it is; nobody has heard of it, so there is nobody to tell.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn write(self, store: &Store, now: Timestamp) -> Result<()> {
        let Self { seed, name, restored } = self;
        let account = AccountKeys::from_seed(&seed).account_id();
        store
            .write("account made", move |tx| {
                tx.set_setting(&SECOND_MEMBER_DUE, &restored)?;
                let new = NewProfile { account, seed: &seed, display_name: &name, now };
                if restored {
                    return tx.create_restored_profile(&new);
                }
                tx.create_profile(&new)?;
                mirror::begin(tx, &Desk { me: account, network_now: now, device_now: now, unsettled: None })
            })
            .await
            .map(|_| ())
    }
}
