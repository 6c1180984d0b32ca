//! The paper basket: messages, and requests that were declined, thrown away a moment ago; they can still be taken out.
//!
//! It is emptied piece by piece after some seconds, and at once when the page goes or everything is closed: what was
//! thrown away never stays because somebody was quick. What lies in it stands in the account's ledger too, so that a
//! program that dies forgets nothing: the next opening of the account does it at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onionskin_core::{Client, ConversationId, MessageId, Reach, Result, Setting, SharedClock, sleep};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex as Turn, watch};

/// Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub struct Basket {
    thrown: Arc<Mutex<Vec<Thrown>>>,
    /// The number of the last one.
    last: Arc<AtomicU64>,
    /// Moves with every change.
    changes: Arc<watch::Sender<u64>>,
    /// One list is written at a time, so that the newest is what stays.
    keeping: Arc<Turn<()>>,
}

/// What can be thrown away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paper {
    /// Messages of a conversation: they go from this device, or as far as is said.
    Messages(ConversationId, Vec<MessageId>, Option<Reach>),
    /// What a stranger asks: it is declined.
    Request(ConversationId),
}

/// A paper in the basket.
#[derive(Clone)]
struct Thrown {
    /// Tells apart what was taken out and thrown away again: each has its own time.
    number: u64,
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
        let number = self.number();
        self.all().push(Thrown { number, client: client.clone(), paper });
        self.told();
        let basket = self.clone();
        tokio::spawn(async move {
            basket.keep(&client).await;
            sleep(&*clock, stays).await;
            basket.delete(|thrown| thrown.number == number).await;
        });
    }

    /// Takes it out again. `false` when it is too late.
    pub fn take_out(&self, client: &Client, paper: &Paper) -> bool {
        let opening = client.opening();
        let was_there = self.lets_go_of(|thrown| thrown.is(opening, paper));
        let (basket, client) = (self.clone(), client.clone());
        tokio::spawn(async move { basket.keep(&client).await });
        was_there
    }

    /// Does what lay in the basket of an account when the program died. Asked when the account opens, before anything
    /// is thrown away in it.
    pub async fn take_up(&self, client: &Client) {
        let left = client.setting(&THROWN_AWAY).await.unwrap_or_default();
        if !left.is_empty() {
            let papers = left.into_iter().filter_map(|kept| Paper::try_from(kept).ok());
            self.all().extend(papers.map(|paper| Thrown { number: self.number(), client: client.clone(), paper }));
            let opening = client.opening();
            self.delete(|thrown| thrown.client.opening() == opening).await;
        }
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
        let ours = |thrown: &Thrown| match &thrown.paper {
            Paper::Messages(_, messages, _) if thrown.client.opening() == opening => messages.clone(),
            Paper::Messages(..) | Paper::Request(_) => Vec::new(),
        };
        self.all().iter().flat_map(ours).collect()
    }

    /// Moves whenever something is thrown in, taken out or gone, and when the ledger knows it.
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
        for Thrown { number, client, paper } in gone {
            let done = match &paper {
                Paper::Messages(conversation, messages, None) => {
                    client.conversation(conversation).delete_messages(messages).await
                }
                Paper::Messages(conversation, messages, Some(reach)) => {
                    client.conversation(conversation).delete_everywhere_all(messages, *reach).await
                }
                Paper::Request(conversation) => client.conversation(conversation).decline().await,
            };
            if let Err(error) = done {
                tracing::warn!(?error, "what was thrown away could not be deleted");
            }
            self.lets_go_of(|thrown| thrown.number == number);
            self.keep(&client).await;
        }
    }

    fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed)
    }

    fn lets_go_of(&self, which: impl Fn(&Thrown) -> bool) -> bool {
        let before = self.all().len();
        self.all().retain(|thrown| !which(thrown));
        self.told();
        self.all().len() < before
    }

    /// Writes into the ledger what of this account lies here.
    async fn keep(&self, client: &Client) {
        let _turn = self.keeping.lock().await;
        let opening = client.opening();
        let ours = |thrown: &&Thrown| thrown.client.opening() == opening;
        let papers = self.all().iter().filter(ours).map(|thrown| Kept::from(thrown.paper.clone())).collect();
        if let Err(error) = client.set_setting(&THROWN_AWAY, papers).await {
            tracing::debug!(?error, "what was thrown away is not in the ledger");
        }
        self.told();
    }

    fn told(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn all(&self) -> MutexGuard<'_, Vec<Thrown>> {
        self.thrown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A paper as it stands in the ledger. Earlier versions wrote each message by itself.
#[derive(Clone, Serialize, Deserialize)]
enum Kept {
    /// A conversation, and the number of a message.
    Message(String, i64),
    /// The same, and whether it goes for everyone, or else from our devices.
    Everywhere(String, i64, bool),
    /// A conversation.
    Request(String),
    /// A conversation, the numbers of messages, and as above how far they go; nothing is this device.
    Messages(String, Vec<i64>, Option<bool>),
}

impl From<Paper> for Kept {
    fn from(paper: Paper) -> Self {
        match paper {
            Paper::Messages(conversation, messages, reach) => {
                let numbers = messages.into_iter().map(MessageId::as_i64).collect();
                Self::Messages(conversation.to_string(), numbers, reach.map(|reach| reach == Reach::Everyone))
            }
            Paper::Request(conversation) => Self::Request(conversation.to_string()),
        }
    }
}

impl TryFrom<Kept> for Paper {
    type Error = onionskin_core::Error;

    fn try_from(kept: Kept) -> Result<Self> {
        let reach = |everyone: bool| if everyone { Reach::Everyone } else { Reach::OurDevices };
        let (conversation, numbers, reach) = match kept {
            Kept::Message(conversation, message) => (conversation, vec![message], None),
            Kept::Everywhere(conversation, message, everyone) => (conversation, vec![message], Some(reach(everyone))),
            Kept::Messages(conversation, messages, everyone) => (conversation, messages, everyone.map(reach)),
            Kept::Request(conversation) => return Ok(Self::Request(ConversationId::parse(&conversation)?)),
        };
        let messages = numbers.into_iter().map(MessageId::from_i64).collect();
        Ok(Self::Messages(ConversationId::parse(&conversation)?, messages, reach))
    }
}

/// What lies in the basket of the account.
static THROWN_AWAY: Setting<Vec<Kept>> = Setting { key: "app.thrown_away", default: Vec::new() };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_version_threw_away_is_read() {
        let id = ConversationId::from(onionskin_core::AccountId::from_x25519([2; 32]));
        let (message, paper) = (MessageId::from_i64(7), |text: &str| {
            Paper::try_from(serde_json::from_str::<Kept>(&text.replace("ID", &id.to_string())).unwrap()).unwrap()
        });
        assert_eq!(paper(r#"{"Message":["ID",7]}"#), Paper::Messages(id.clone(), vec![message], None));
        let everyone = Paper::Messages(id.clone(), vec![message], Some(Reach::Everyone));
        assert_eq!(paper(r#"{"Everywhere":["ID",7,true]}"#), everyone);
        for paper in [everyone, Paper::Messages(id.clone(), vec![message], None), Paper::Request(id)] {
            let kept = serde_json::to_string(&Kept::from(paper.clone())).unwrap();
            assert_eq!(Paper::try_from(serde_json::from_str::<Kept>(&kept).unwrap()).unwrap(), paper);
        }
    }
}
