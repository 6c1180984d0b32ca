//! The paper basket: messages that were thrown away a moment ago and can still be taken out.
//!
//! It is emptied piece by piece after some seconds, and at once when the page goes or everything is closed: what was
//! thrown away never stays because somebody was quick.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onionskin_core::{Client, ConversationId, MessageId, SharedClock, sleep};
use tokio::sync::watch;

/// Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub struct Basket {
    thrown: Arc<Mutex<Vec<Thrown>>>,
    /// Moves with every change.
    changes: Arc<watch::Sender<u64>>,
}

/// A message in the basket.
#[derive(Clone)]
struct Thrown {
    client: Client,
    conversation: ConversationId,
    message: MessageId,
}

impl Thrown {
    fn is(&self, opening: u64, message: MessageId) -> bool {
        self.client.opening() == opening && self.message == message
    }
}

impl Basket {
    /// Throws a message away: it is deleted after `stays`, unless it is taken out before.
    pub fn throw(
        &self,
        client: Client,
        conversation: ConversationId,
        message: MessageId,
        clock: SharedClock,
        stays: Duration,
    ) {
        let opening = client.opening();
        self.all().push(Thrown { client, conversation, message });
        self.told();
        let basket = self.clone();
        tokio::spawn(async move {
            sleep(&*clock, stays).await;
            basket.delete(|thrown| thrown.is(opening, message)).await;
        });
    }

    /// Takes it out again. `false` when it is too late.
    pub fn take_out(&self, client: &Client, message: MessageId) -> bool {
        let opening = client.opening();
        let before = self.all().len();
        self.all().retain(|thrown| !thrown.is(opening, message));
        self.told();
        self.all().len() < before
    }

    /// What lies in it of this account.
    pub fn holds(&self, client: &Client) -> Vec<MessageId> {
        let opening = client.opening();
        self.all().iter().filter(|thrown| thrown.client.opening() == opening).map(|thrown| thrown.message).collect()
    }

    /// Moves whenever something is thrown in, taken out or gone.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Deletes everything in it now.
    pub async fn empty(&self) {
        self.delete(|_| true).await;
    }

    /// It leaves the basket once it is deleted, so that it is never seen in between.
    async fn delete(&self, which: impl Fn(&Thrown) -> bool) {
        let gone: Vec<Thrown> = self.all().iter().filter(|thrown| which(thrown)).cloned().collect();
        for Thrown { client, conversation, message } in gone {
            if let Err(error) = client.conversation(&conversation).delete_message(message).await {
                tracing::warn!(?error, "a message could not be deleted");
            }
            self.take_out(&client, message);
        }
    }

    fn told(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn all(&self) -> MutexGuard<'_, Vec<Thrown>> {
        self.thrown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
