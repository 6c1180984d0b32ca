//! Message requests: many at once, and for good.

use super::{Client, Conversation};
use crate::delivery::Hall;
use crate::error::Result;
use crate::people;
use crate::store::ConversationId;

impl Client {
    /// Declines every message request that waits now, those that are held back ([`crate::bounded`]) included; gives how many
    /// there were. As [`Conversation::decline`] for each: nobody is told, and who writes again asks again. What was declined when
    /// it ends early stays so.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn decline_all_requests(&self) -> Result<usize> {
        Self::decline_all(&self.inner.hall).await
    }

    /// Whether the message request of this conversation is held back now ([`crate::bounded`]): nobody is told of it.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn is_held_back(&self, id: &ConversationId) -> Result<bool> {
        let id = id.clone();
        self.inner.hall.read(move |tx| people::is_held_back(tx, &id)).await
    }

    pub(super) async fn decline_all(hall: &Hall) -> Result<usize> {
        let waiting: Vec<ConversationId> =
            hall.read(|tx| Ok(tx.requests()?.into_iter().map(|row| row.id).collect())).await?;
        let mut declined = 0;
        for some in waiting.chunks(MOST_AT_ONCE) {
            let (desk, some) = (hall.desk(), some.to_vec());
            declined += hall.write("requests declined", move |tx| people::decline_requests(tx, &desk, &some)).await?;
        }
        Ok(declined)
    }
}

impl Conversation {
    /// Declines the person's message request and drops from now on what they send, in one write. They are not told. Where no
    /// request waits, as when another device accepted it meanwhile, what was said stays.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`](crate::ErrorKind::NotAllowed) for ourselves; those of the ledger.
    pub async fn decline_and_block(&self) -> Result<()> {
        let (desk, person) = (self.hall.desk(), *self.person()?);
        self.hall.write("request declined for good", move |tx| people::decline_and_block(tx, &desk, &person)).await
    }
}

/// Requests declined in one write: others want to write meanwhile.
const MOST_AT_ONCE: usize = 20;
