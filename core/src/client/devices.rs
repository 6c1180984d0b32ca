//! The other devices of this account: how far their shared memory has come, and signs that there is one.
//!
//! Devices never talk to each other. What one changes, it writes into config messages that the account's own swarm keeps;
//! the others read and merge them ([`crate::config`]). Linking a device is restoring the account on it: with the words of
//! the recovery password, or with the picture that this device shows of them. Nobody can be told "a device was added":
//! the network knows none. What can be told is that something acted for this account that was not this device. And as long
//! as a device that was acknowledged is in use, nothing tells a third one from it.

use super::Client;
use crate::error::Result;
use crate::event::{OTHER_DEVICE, OtherDevice};
use crate::store::SyncState;

impl Client {
    /// How far this device and our swarm agree about names, contacts, groups and what was read.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn sync_state(&self) -> Result<SyncState> {
        self.inner.hall.read(|tx| tx.sync_state()).await
    }

    /// The newest sign of another device of this account: a changed config, or a letter that it signed, whether or not it is
    /// shown. `None` while there was none. What is older than the first poll here that was answered is no sign; the network's
    /// clock decides, not this device's.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn other_device(&self) -> Result<Option<OtherDevice>> {
        self.inner.hall.read(|tx| tx.setting(&OTHER_DEVICE)).await
    }

    /// The other device is ours: the notice goes. It comes again only when a device shows itself after a long silence of all
    /// others. While the acknowledged device goes on acting, a third one is **not** told: the two look the same.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn acknowledge_other_device(&self) -> Result<()> {
        self.inner
            .hall
            .write("other device acknowledged", |tx| match tx.setting(&OTHER_DEVICE)? {
                Some(device) if device.new => {
                    tx.set_setting(&OTHER_DEVICE, &Some(OtherDevice { new: false, ..device }))
                }
                _ => Ok(()),
            })
            .await
    }
}
