//! Stars: what somebody wants to find again, on this device alone.
//!
//! A star keeps nothing: what disappears goes when its time is over, whoever would like to keep it, and so it gets
//! none.

use super::Desk;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ConversationId, Disappearing, MessageId, WriteTx};

/// Puts a star on a message of `conversation`, or takes it away.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such message in it; [`ErrorKind::NotAllowed`] for a star on one that
/// disappears, and on a line that nobody wrote or of which nothing is left; those of the ledger.
pub fn set_starred(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    message: MessageId,
    starred: bool,
) -> Result<()> {
    let row = tx.message(message)?.filter(|row| row.conversation == *conversation);
    let row = row.ok_or_else(|| Error::new(ErrorKind::NotFound, "message does not exist here"))?;
    if starred && row.disappearing != Disappearing::Off {
        return Err(Error::new(ErrorKind::NotAllowed, "what disappears is not kept by a star"));
    }
    if starred && !row.kind.is_said() {
        return Err(Error::new(ErrorKind::NotAllowed, "nobody wrote this line"));
    }
    tx.set_star(message, starred.then_some(desk.network_now))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Timestamp;
    use crate::message::testing::{NOON, Person, at};
    use crate::store::MessageKind;

    #[tokio::test]
    async fn a_star_is_for_what_stays_and_can_always_be_taken_away() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let mut ids = Vec::new();
        for number in 0..3 {
            ids.push(alice.writes(&bob, "hi", NOON + 10 * number).await.unwrap());
        }
        let (stays, goes, deleted) = (ids[0], ids[1], ids[2]);
        let (desk, with) = (alice.desk(NOON + 50), ConversationId::from(bob.id));
        alice
            .does(move |tx| {
                let timer = Disappearing::AfterSend(Duration::from_secs(60));
                tx.set_lifetime(goes, timer, None, Timestamp::ZERO)?;
                tx.erase_message(deleted, at(NOON + 40))?;
                set_starred(tx, &desk, &with, stays, true)?;
                for message in [goes, deleted] {
                    let error = set_starred(tx, &desk, &with, message, true).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::NotAllowed);
                    set_starred(tx, &desk, &with, message, false)?;
                }
                let elsewhere = ConversationId::from(desk.me);
                for (with, message) in [(&elsewhere, stays), (&with, MessageId::from_i64(4_711))] {
                    let error = set_starred(tx, &desk, with, message, true).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::NotFound);
                }
                let starred = tx.starred(None, 9)?;
                assert_eq!(starred.iter().map(|row| row.message.id).collect::<Vec<_>>(), [stays]);
                assert_eq!((starred[0].starred_at, starred[0].message.kind), (at(NOON + 50), MessageKind::Text));
                Ok(())
            })
            .await;
    }
}
