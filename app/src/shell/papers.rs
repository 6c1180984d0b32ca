//! What is not in a ledger yet and outlives every screen: what was written, and what was thrown away a moment ago.

use onionskin_core::{Client, Result};

use super::Shell;
use crate::basket::Basket;
use crate::desk::Desks;

/// Both of them.
#[derive(Default)]
pub(super) struct Papers {
    desks: Desks,
    basket: Basket,
}

impl Papers {
    /// An account opens: what was thrown away in it before the program died is done.
    pub(super) async fn take_up(&self, client: &Client) {
        self.basket.take_up(client).await;
    }

    /// Keeps what is written, deletes what was thrown away and forgets both: ledgers are closed next.
    pub(super) async fn put_away(&self) {
        self.basket.empty().await;
        self.desks.close().await;
    }
}

impl Shell {
    /// What is written in conversations and not sent yet.
    pub fn desks(&self) -> &Desks {
        &self.inner.papers.desks
    }

    /// What was deleted a moment ago and can be taken back.
    pub fn basket(&self) -> &Basket {
        &self.inner.papers.basket
    }

    /// Keeps what is written and deletes what was thrown away, now: nothing may follow.
    pub async fn settle(&self) {
        self.basket().empty().await;
        self.desks().keep().await;
    }

    /// The same, and closes what is open: the program ends.
    ///
    /// # Errors
    /// Those of [`onionskin_core::Accounts::close`].
    pub async fn close(&self) -> Result<()> {
        self.inner.papers.put_away().await;
        match self.accounts() {
            Some(accounts) => accounts.close().await,
            None => Ok(()),
        }
    }
}
