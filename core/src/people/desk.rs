//! Who decides, and when: what every rule needs to know besides the ledger.

use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::store::Uncertain;

/// Who writes, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Ourselves.
    pub me: AccountId,
    /// Now, by the network's clock: what messages are stamped with.
    pub network_now: Timestamp,
    /// Now, by this device's clock: waits and deadlines of our own.
    pub device_now: Timestamp,
    /// Set while the network's time is not certain: what is stamped now is dated when it leaves, and this says how long ago it
    /// was written then.
    pub unsettled: Option<Uncertain>,
}
