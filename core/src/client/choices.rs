//! What a person chooses for one conversation: how loud it is, what its notifications show, whether it is laid aside.

use super::{Client, Conversation};
use crate::error::Result;
use crate::people;
use crate::store::{ConversationRow, Mute, NoticeContent};

impl Conversation {
    /// Sets whether the conversation makes itself heard, on all our devices. One whose time is over
    /// ([`ConversationRow::is_muted`]) needs no call.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`](crate::ErrorKind::NotAllowed) for ourselves; those of the ledger.
    pub async fn set_mute(&self, mute: Mute) -> Result<()> {
        let (desk, person) = (self.hall.desk(), *self.person()?);
        self.hall.write("muted", move |tx| people::set_mute(tx, &desk, &person, mute)).await
    }

    /// Lays the conversation aside on this device, or puts it back on the list. It comes back by itself when something new comes,
    /// unless it is muted, and when we write in it. Whether it is pinned stays as it is.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when nothing was ever said in it;
    /// [`ErrorKind::NotAllowed`](crate::ErrorKind::NotAllowed) for a message request; those of the ledger.
    pub async fn set_archived(&self, archived: bool) -> Result<()> {
        let id = self.id.clone();
        self.hall.write("archived", move |tx| people::set_archived(tx, &id, archived)).await
    }

    /// Sets what notifications of the conversation show on this device; `None`: as those of all others.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when nothing was ever said in it; those of the ledger.
    pub async fn set_notice_content(&self, content: Option<NoticeContent>) -> Result<()> {
        let id = self.id.clone();
        self.hall.write("content of notifications", move |tx| people::set_notice_content(tx, &id, content)).await
    }
}

impl Client {
    /// What was laid aside on this device: pinned first, then newest first.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn archived(&self) -> Result<Vec<ConversationRow>> {
        self.rows(|tx| tx.archived()).await
    }
}
