//! A letter that nobody seems to have got: what is said of it, and sending it again.

use super::Conversation;
use crate::error::{Error, ErrorKind, Result};
use crate::message::text;
use crate::people;
use crate::store::MessageId;

pub use crate::people::Unanswered;

impl Conversation {
    /// The oldest letter of ours that a swarm took and is about to forget, or has forgotten, while nothing at all came from the
    /// person since it was sent: from a day before its end on, while it can be sent again. `None` where there is nothing to say.
    /// Time alone changes that, and whatever comes from them.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn unanswered(&self) -> Result<Option<Unanswered>> {
        let (desk, id) = (self.hall.desk(), self.id.clone());
        self.hall.read(move |tx| people::unanswered(tx, &desk, &id)).await
    }

    /// Stores a letter of ours again for the other person, with the moment that it had: who has it already does not see it twice.
    /// It counts as on its way until their swarm took it, and lies there for 14 days then.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such message here; [`ErrorKind::NotAllowed`] for what is no text of ours that was
    /// sent, disappears, bears what this version cannot send or would be refused for its age, in Note to Self, when the person is blocked or not accepted, or
    /// our account was erased from the network; those of the ledger.
    pub async fn send_again(&self, message: MessageId) -> Result<()> {
        self.hall.check_not_silent()?;
        let (desk, id, to) = (self.hall.desk(), self.id.clone(), *self.person()?);
        self.hall
            .write("letter stored again", move |tx| {
                let row = tx.message(message)?.filter(|row| row.conversation == id);
                let row = row.ok_or_else(|| Error::new(ErrorKind::NotFound, "message does not exist here"))?;
                text::store_again(tx, &desk, &to, &row)
            })
            .await
    }
}
