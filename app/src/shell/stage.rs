//! Whether the accounts can be used, as screens see it.

use std::sync::Arc;

use onionskin_core::vault::VaultKind;
use onionskin_core::{AccountId, Accounts, Client, Error};

/// Whether the accounts can be used.
#[derive(Clone)]
pub enum Stage {
    /// The files are being looked at.
    Opening,
    /// There is no account yet and no key store of the system: before the first account a person chooses what protects
    /// it.
    Unprotected,
    /// A passphrase is needed.
    Locked,
    /// It does not open; nothing was changed.
    Failed(Arc<Error>),
    /// Open. Without an account, the first run begins.
    Open(Open),
}

/// The open accounts.
#[derive(Clone)]
pub struct Open {
    /// All of them.
    pub accounts: Accounts,
    /// The one on the screen; `None` when there is none on this device.
    pub client: Option<Client>,
    /// What wraps their keys.
    pub protection: VaultKind,
    /// There are accounts, and none of them opens.
    pub troubled: bool,
}

impl PartialEq for Stage {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Opening, Self::Opening) | (Self::Unprotected, Self::Unprotected) | (Self::Locked, Self::Locked) => {
                true
            }
            (Self::Failed(one), Self::Failed(other)) => Arc::ptr_eq(one, other),
            // An account that was opened again is another one: the old handle is closed.
            (Self::Open(one), Self::Open(other)) => {
                one.opening() == other.opening() && one.protection == other.protection && one.troubled == other.troubled
            }
            _ => false,
        }
    }
}

impl Stage {
    /// The open accounts; `None` in every other stage.
    pub fn open(&self) -> Option<&Open> {
        match self {
            Self::Open(open) => Some(open),
            Self::Opening | Self::Unprotected | Self::Locked | Self::Failed(_) => None,
        }
    }
}

impl Open {
    /// The account on the screen.
    pub fn account(&self) -> Option<AccountId> {
        self.client.as_ref().map(Client::account_id)
    }

    /// Which opening of it is on the screen; see [`Client::opening`].
    pub fn opening(&self) -> Option<u64> {
        self.client.as_ref().map(Client::opening)
    }
}
