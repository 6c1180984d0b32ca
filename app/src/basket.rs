//! The paper basket: messages, and requests that were declined, thrown away a moment ago; they can still be taken out.
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

/// What can be thrown away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paper {
    /// A message of a conversation.
    Message(ConversationId, MessageId),
    /// What a stranger asks: it is declined.
    Request(ConversationId),
}

/// A paper in the basket.
#[derive(Clone)]
struct Thrown {
    client: Client,
    paper: Paper,
}

impl Thrown {
    fn is(&self, opening: u64, paper: &Paper) -> bool {
        self.client.opening() == opening && self.paper == *paper
    }
}

impl Basket {
    /// Throws a paper away: it is deleted after `stays`, unless it is taken out before.
    pub fn throw(&self, client: Client, paper: Paper, clock: SharedClock, stays: Duration) {
        let opening = client.opening();
        self.all().push(Thrown { client, paper: paper.clone() });
        self.told();
        let basket = self.clone();
        tokio::spawn(async move {
            sleep(&*clock, stays).await;
            basket.delete(|thrown| thrown.is(opening, &paper)).await;
        });
    }

    /// Takes it out again. `false` when it is too late.
    pub fn take_out(&self, client: &Client, paper: &Paper) -> bool {
        let opening = client.opening();
        let before = self.all().len();
        self.all().retain(|thrown| !thrown.is(opening, paper));
        self.told();
        self.all().len() < before
    }

    /// Returns once it is in the basket no more.
    pub async fn is_rid_of(&self, client: &Client, paper: &Paper) {
        let mut changes = self.changes();
        while self.all().iter().any(|thrown| thrown.is(client.opening(), paper)) {
            // The basket itself tells; it is there as long as we are.
            let _ = changes.changed().await;
        }
    }

    /// Messages of this account that lie in it.
    pub fn holds(&self, client: &Client) -> Vec<MessageId> {
        let opening = client.opening();
        let ours = |thrown: &Thrown| match thrown.paper {
            Paper::Message(_, message) if thrown.client.opening() == opening => Some(message),
            Paper::Message(..) | Paper::Request(_) => None,
        };
        self.all().iter().filter_map(ours).collect()
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
        for Thrown { client, paper } in gone {
            let done = match &paper {
                Paper::Message(conversation, message) => {
                    client.conversation(conversation).delete_message(*message).await
                }
                Paper::Request(conversation) => client.conversation(conversation).decline().await,
            };
            if let Err(error) = done {
                tracing::warn!(?error, "what was thrown away could not be deleted");
            }
            self.take_out(&client, &paper);
        }
    }

    fn told(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn all(&self) -> MutexGuard<'_, Vec<Thrown>> {
        self.thrown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
