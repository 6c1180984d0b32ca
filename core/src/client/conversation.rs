//! One conversation: writing in it, reading it, and saying yes or no to the person.

use std::fmt;

use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::delivery::Hall;
use crate::error::{Error, ErrorKind, Result};
use crate::message::{Draft, Reach, reaction, receipt, request, text, timer, unsend};
use crate::people::{self, remove};
use crate::store::{
    Before, ConversationId, ConversationRow, Disappearing, MessageId, MessageKind, MessageRow, MessageState,
};

/// A handle to one conversation of one account. Cheap to clone; holds no rows.
#[derive(Clone)]
pub struct Conversation {
    pub(super) hall: Hall,
    pub(super) id: ConversationId,
}

impl Conversation {
    pub(super) fn new(hall: Hall, id: ConversationId) -> Self {
        Self { hall, id }
    }

    /// Its name.
    pub fn id(&self) -> &ConversationId {
        &self.id
    }

    /// Its row in the list; `None` while nothing was ever said in it.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn row(&self) -> Result<Option<ConversationRow>> {
        let (id, now) = (self.id.clone(), self.hall.device_now());
        Ok(self.hall.read(move |tx| tx.conversation(&id)).await?.map(|row| row.at(now)))
    }

    /// Writes a message. Returns when it is stored here; the outbox carries it, now or when there is a network.
    ///
    /// Writing first accepts the other person; answering a request also tells them so. While the network's time is not certain the
    /// message shows what this device believes; it is dated before it leaves, and told as changed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when there is nothing in it; [`ErrorKind::TooLarge`] when it is over the limit;
    /// [`ErrorKind::NotAllowed`] when the person is blocked, or our account was erased from the network; those of the
    /// ledger.
    pub async fn send(&self, draft: Draft) -> Result<MessageId> {
        let to = *self.person()?;
        self.hall.check_not_silent()?;
        let desk = self.hall.desk();
        let written = self.hall.write("message written", move |tx| text::write(tx, &desk, &to, &draft)).await?;
        self.hall.note_written(&self.id);
        Ok(written)
    }

    /// A key was pressed: the other person sees that we type, if both chose so ([`TYPING_NOTICES`](crate::TYPING_NOTICES)) and
    /// accepted each other. Call it for every key; what leaves, and how often, is decided here. Nothing leaves while nobody looks
    /// at the account ([`Client::set_screen`](crate::Client::set_screen)).
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn typed(&self) -> Result<()> {
        self.hall.note_key(&self.id).await
    }

    /// A page of at most `limit` messages that ends before `before`; oldest first, as they are read.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn messages(&self, before: Before, limit: u32) -> Result<Vec<MessageRow>> {
        let id = self.id.clone();
        self.hall.read(move |tx| tx.messages_before(&id, before, limit)).await
    }

    /// A page of at most `limit` messages that begins after `after`, oldest first.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn messages_after(&self, after: MessageId, limit: u32) -> Result<Vec<MessageRow>> {
        let id = self.id.clone();
        self.hall.read(move |tx| tx.messages_after(&id, after, limit)).await
    }

    /// The unread message that stands first: the line of what is new belongs above it. It need not be near the end, since a
    /// letter may come late. `None` when all is read.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn first_unread(&self) -> Result<Option<MessageId>> {
        let id = self.id.clone();
        self.hall.read(move |tx| tx.first_unread(&id)).await
    }

    /// The message to jump to for a date: the first that stands at `from` (network time) or after it
    /// ([`MessageRow::ordered_at`]). `None` when none does.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn first_since(&self, from: Timestamp) -> Result<Option<MessageId>> {
        let id = self.id.clone();
        self.hall.read(move |tx| tx.first_since(&id, from)).await
    }

    /// Where the first message stands ([`MessageRow::ordered_at`]): no date before that leads anywhere. `None` while the
    /// conversation is empty.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn oldest(&self) -> Result<Option<Timestamp>> {
        let id = self.id.clone();
        self.hall.read(move |tx| tx.oldest_place(&id)).await
    }

    /// Accepts the person's message request and tells them.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] when they are blocked, or ourselves; those of the ledger.
    pub async fn accept(&self) -> Result<()> {
        self.hall.check_not_silent()?;
        let (desk, from) = (self.hall.desk(), *self.person()?);
        self.hall.write("request accepted", move |tx| request::accept(tx, &desk, &from)).await
    }

    /// Declines the person's message request: hides the conversation and tells nobody. A new message brings it back.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] when it was accepted meanwhile, on another device perhaps; those of the ledger.
    pub async fn decline(&self) -> Result<()> {
        let (desk, from) = (self.hall.desk(), *self.person()?);
        self.hall.write("request declined", move |tx| people::decline(tx, &desk, &from)).await
    }

    /// Drops from now on what the person sends. What was said stays; an acceptance that has not left yet is taken back.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] for ourselves; those of the ledger.
    pub async fn block(&self) -> Result<()> {
        let (desk, person) = (self.hall.desk(), *self.person()?);
        self.hall.write("contact blocked", move |tx| people::block(tx, &desk, &person)).await
    }

    /// Takes what the person sends again, from now on.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] for ourselves; those of the ledger.
    pub async fn unblock(&self) -> Result<()> {
        let (desk, person) = (self.hall.desk(), *self.person()?);
        self.hall.write("contact unblocked", move |tx| people::unblock(tx, &desk, &person)).await
    }

    /// Marks everything that came in as read; gives how many messages were unread.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn mark_read(&self) -> Result<usize> {
        self.mark_read_up_to(Timestamp::from_millis(u64::MAX)).await
    }

    /// Marks what came in and stands no further down than `up_to` ([`MessageRow::ordered_at`]) as read; gives how many messages were unread.
    /// Whoever wrote it is told, if both chose so ([`READ_RECEIPTS`](crate::READ_RECEIPTS)) and accepted each other, and somebody
    /// looks at the account ([`Client::set_screen`](crate::Client::set_screen)).
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn mark_read_up_to(&self, up_to: Timestamp) -> Result<usize> {
        self.mark_read_between(Timestamp::ZERO, up_to).await
    }

    /// [`Self::mark_read_up_to`] of what stands no further up than `from`: for a reader who stands below a letter that came late
    /// and has not seen it.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn mark_read_between(&self, from: Timestamp, up_to: Timestamp) -> Result<usize> {
        let (desk, id) = (self.hall.desk(), self.id.clone());
        let tells = self.hall.is_watched() && !self.hall.is_silent();
        self.hall
            .write("marked read", move |tx| {
                let told = if tells { receipt::due(tx, &desk, &id, from, up_to)? } else { Vec::new() };
                let read = people::mark_read_between(tx, &desk, &id, from, up_to)?;
                if let Some(person) = id.account() {
                    receipt::write(tx, &desk, person, &told)?;
                }
                Ok(read)
            })
            .await
    }

    /// Sends a message of ours again that failed or waits for its next attempt. The same bytes go out, so that it cannot
    /// arrive twice; a text whose bytes are lost (a rescue) is sealed anew, and known by its moment.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such message here or nothing of it is left to send;
    /// [`ErrorKind::NotAllowed`] when it neither failed nor waits; those of the ledger.
    pub async fn resend(&self, message: MessageId) -> Result<()> {
        self.hall.check_not_silent()?;
        let (id, desk) = (self.id.clone(), self.hall.desk());
        self.hall
            .write("message sent again", move |tx| {
                let row = tx.message(message)?.filter(|row| row.conversation == id && row.outgoing);
                let row = row.ok_or_else(|| Error::new(ErrorKind::NotFound, "message does not exist here"))?;
                if !matches!(row.state, MessageState::Failed(_) | MessageState::Retrying { .. }) {
                    return Err(Error::new(ErrorKind::NotAllowed, "message is neither failed nor waiting"));
                }
                if !tx.revive_errands(message, desk.device_now)? {
                    let to = id.account().filter(|_| row.kind == MessageKind::Text);
                    let nothing = || Error::new(ErrorKind::NotFound, "nothing of the message is left to send");
                    text::write_again(tx, &desk, to.ok_or_else(nothing)?, &row)?;
                }
                tx.set_message_state(message, MessageState::Pending).map(|_| ())
            })
            .await
    }

    /// Deletes a message here: the message, its words in the search and what of it still waits to be sent go in one write.
    /// What was accepted by a swarm already stays there, and other people and other devices keep what they have. A poll
    /// does not bring it back.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such message here; those of the ledger.
    pub async fn delete_message(&self, message: MessageId) -> Result<()> {
        let (desk, id) = (self.hall.desk(), self.id.clone());
        self.hall.write("message deleted", move |tx| remove::delete_message(tx, &desk, &id, message)).await
    }

    /// Deletes a message on all our devices, or for everyone. Returns when nothing of it is left here and what the network must
    /// hear of is stored: our own swarm deletes it, our other devices and, for everyone, the other person are asked to, now or
    /// when there is a network. A line stays ([`MessageKind::Deleted`]); in Note to Self, and where the message never left, not
    /// even that. Told as `MessageChanged`, or `MessageRemoved`. Who has it may have read it, and an app may keep it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such message here; [`ErrorKind::NotAllowed`] for everyone where somebody else
    /// wrote it, for a line that nobody wrote, or when our account was erased from the network; those of the ledger.
    pub async fn delete_everywhere(&self, message: MessageId, reach: Reach) -> Result<()> {
        self.hall.check_not_silent()?;
        let (desk, id) = (self.hall.desk(), self.id.clone());
        self.hall.write("message deleted everywhere", move |tx| unsend::write(tx, &desk, &id, message, reach)).await
    }

    /// [`Self::delete_message`] for several: those that stand here go in one write, or, of very many, in one for every
    /// hundred; what is gone meanwhile is passed over. Each is told as for one.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn delete_messages(&self, messages: &[MessageId]) -> Result<()> {
        for some in messages.chunks(DELETED_AT_ONCE) {
            let (desk, id, some) = (self.hall.desk(), self.id.clone(), some.to_vec());
            self.hall
                .write("messages deleted", move |tx| remove::delete_messages(tx, &desk, &id, &some).map(|_| ()))
                .await?;
        }
        Ok(())
    }

    /// [`Self::delete_everywhere`] for several: those that stand here go in one write, or, of very many, in one for every
    /// hundred; what is gone meanwhile is passed over. Each is told as for one.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] where [`Self::delete_everywhere`] gives that for one of them: then none goes; those of
    /// the ledger.
    pub async fn delete_everywhere_all(&self, messages: &[MessageId], reach: Reach) -> Result<()> {
        self.hall.check_not_silent()?;
        let (id, all) = (self.id.clone(), messages.to_vec());
        self.hall.read(move |tx| unsend::check_all(tx, &id, &all, reach)).await?;
        for some in messages.chunks(DELETED_AT_ONCE) {
            let (desk, id, some) = (self.hall.desk(), self.id.clone(), some.to_vec());
            self.hall
                .write("messages deleted everywhere", move |tx| {
                    unsend::write_all(tx, &desk, &id, &some, reach).map(|_| ())
                })
                .await?;
        }
        Ok(())
    }

    /// Puts a star on a message, or takes it away, on this device alone; nobody hears of it. Told as `MessageChanged`. What is
    /// deleted or disappears takes its star along.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such message here; [`ErrorKind::NotAllowed`] for one that disappears, of which
    /// nothing is kept, and for a line that nobody wrote or of which nothing is left; those of the ledger.
    pub async fn set_starred(&self, message: MessageId, starred: bool) -> Result<()> {
        let (desk, id) = (self.hall.desk(), self.id.clone());
        self.hall.write("star", move |tx| people::set_starred(tx, &desk, &id, message, starred)).await
    }

    /// Puts an emoji of ours on a message (`given`), or takes it away. Returns when it is stored here; the other person and our
    /// other devices hear of it now or when there is a network. Where it is so already, nothing happens. Told as
    /// `MessageChanged`: the row says who reacted ([`MessageRow::reactions`]).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for what is not one emoji; [`ErrorKind::NotFound`] when there is no such message here, or
    /// nothing is left of it; [`ErrorKind::NotAllowed`] while the conversation is a request, when the person is blocked or our
    /// account was erased from the network, and with [`Hint::RetryAfter`](crate::Hint) after twenty in a minute; those of the
    /// ledger.
    pub async fn react(&self, message: MessageId, emoji: &str, given: bool) -> Result<()> {
        self.hall.check_not_silent()?;
        let (desk, id, emoji) = (self.hall.desk(), self.id.clone(), emoji.to_owned());
        self.hall.write("reaction", move |tx| reaction::write(tx, &desk, &id, message, &emoji, given)).await
    }

    /// Deletes everything that was said in the conversation here, and takes it off the list. The person stays a contact; a
    /// new message brings the conversation back. One with a draft stays in the list with nothing but the draft.
    ///
    /// Told as [`Event::ConversationRemoved`](crate::event::Event), which stands for all its messages; where the
    /// conversation stays, `ConversationChanged` follows.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn clear(&self) -> Result<()> {
        let (desk, id) = (self.hall.desk(), self.id.clone());
        self.hall.write("conversation cleared", move |tx| remove::clear(tx, &desk, &id)).await
    }

    /// Pins the conversation to the top of the list, before what was pinned earlier, or unpins it. On all devices.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when nothing was ever said in it; those of the ledger.
    pub async fn set_pinned(&self, pinned: bool) -> Result<()> {
        let id = self.id.clone();
        self.hall.write("pinned", move |tx| people::set_pinned(tx, &id, pinned)).await
    }

    /// Marks the conversation as unread, on all devices. Reading anything in it takes the mark away.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when nothing was ever said in it; those of the ledger.
    pub async fn mark_unread(&self) -> Result<()> {
        let id = self.id.clone();
        self.hall.write("marked unread", move |tx| people::mark_unread(tx, &id)).await
    }

    /// Takes Note to Self off the list on all devices. Nothing in it is deleted; writing a note, or [`Self::show`], brings
    /// it back.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] for a conversation with somebody: other apps delete the messages of what is hidden, so
    /// that is [`Self::delete`]; those of the ledger.
    pub async fn hide(&self) -> Result<()> {
        let (desk, id) = (self.hall.desk(), self.id.clone());
        self.hall.write("hidden", move |tx| people::hide_notes(tx, &desk, &id)).await
    }

    /// Puts the conversation back on the list, on all devices; also one in which nothing was said yet.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn show(&self) -> Result<()> {
        let (desk, id) = (self.hall.desk(), self.id.clone());
        self.hall.write("shown", move |tx| people::show(tx, &desk, &id)).await
    }

    /// Deletes the conversation: what was said goes from this device, and the conversation leaves the list of all devices
    /// (official apps delete its messages there too). The person stays a contact and keeps what they have. Only a message
    /// that is newer than what was here brings it back.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn delete(&self) -> Result<()> {
        let (desk, id) = (self.hall.desk(), self.id.clone());
        self.hall.write("conversation deleted", move |tx| remove::delete_conversation(tx, &desk, &id)).await
    }

    /// Deletes the person from the contacts on all devices, with the conversation: approval, block, nickname and note go
    /// too, and an acceptance of their request that has not left yet. They are not told; what they write from now on is a
    /// message request.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] for ourselves; those of the ledger.
    pub async fn delete_contact(&self) -> Result<()> {
        let (desk, person) = (self.hall.desk(), *self.person()?);
        self.hall.write("contact deleted", move |tx| remove::delete_contact(tx, &desk, &person)).await
    }

    /// Keeps a note about the person on this device only; an empty one takes it away. No other device and nobody else ever
    /// gets it.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] over [`MAX_NOTE_POINTS`](people::MAX_NOTE_POINTS) code points; those of the ledger.
    pub async fn set_note(&self, note: &str) -> Result<()> {
        let (desk, person, note) = (self.hall.desk(), *self.person()?, note.to_owned());
        self.hall.write("note", move |tx| people::set_note(tx, &desk, &person, &note)).await
    }

    /// Gives the person a name that only our own devices know; an empty one takes it away.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] over 100 bytes; those of the ledger.
    pub async fn set_nickname(&self, nickname: &str) -> Result<()> {
        let (desk, person, nickname) = (self.hall.desk(), *self.person()?, nickname.to_owned());
        self.hall.write("nickname", move |tx| people::set_nickname(tx, &desk, &person, &nickname)).await
    }

    /// Lets what we write here from now on disappear so, on all our devices, and tells the other person; what they write
    /// disappears as they choose. Chosen before the first letter it holds for that. Notes to self disappear after sending only.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a timer that there is not here; [`ErrorKind::NotAllowed`] when our account was erased
    /// from the network; those of the ledger.
    pub async fn set_disappearing(&self, wanted: Disappearing) -> Result<()> {
        let (desk, person) = (self.hall.desk(), *self.person()?);
        self.hall.check_not_silent()?;
        self.hall.write("timer chosen", move |tx| timer::set(tx, &desk, &person, wanted)).await
    }

    /// *Follow*: lets what we write here disappear as a notice of the other person ([`MessageKind::TimerChanged`]) says.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such notice here; as [`Self::set_disappearing`].
    pub async fn follow(&self, notice: MessageId) -> Result<()> {
        let (id, desk, person) = (self.id.clone(), self.hall.desk(), *self.person()?);
        self.hall.check_not_silent()?;
        self.hall
            .write("timer followed", move |tx| {
                let row =
                    tx.message(notice)?.filter(|row| row.conversation == id && row.kind == MessageKind::TimerChanged);
                let row = row.ok_or_else(|| Error::new(ErrorKind::NotFound, "notice does not exist here"))?;
                timer::set(tx, &desk, &person, row.disappearing)
            })
            .await
    }

    /// Keeps what was typed and not sent; empty forgets it. `answers` is the message that it is to answer: forgotten where that
    /// does not stand here, and as soon as it goes. Nothing is kept for a conversation that does not exist yet.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn set_draft(&self, text: &str, answers: Option<MessageId>) -> Result<()> {
        let (id, text) = (self.id.clone(), text.to_owned());
        self.hall.write("draft kept", move |tx| tx.set_draft(&id, &text, answers)).await
    }

    pub(super) fn person(&self) -> Result<&AccountId> {
        self.id.account().ok_or_else(|| Error::new(ErrorKind::NotAllowed, "conversation is not with one person"))
    }
}

/// Messages that one write deletes. More would hold up whoever writes meanwhile.
const DELETED_AT_ONCE: usize = 100;

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Conversation").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::{MINUTE, hall};
    use crate::message::Outcome;
    use crate::message::testing::Person;

    const DAY: u64 = 24 * 60 * MINUTE;

    /// Bob writes when his clock shows `sent_at`; it comes at `now`. Says whether it is shown.
    async fn is_shown(bob: &Person, alice: &Person, sent_at: u64, now: u64) -> bool {
        bob.writes(alice, "hello", sent_at).await.unwrap();
        let letters = bob.hands_over(alice).await;
        matches!(alice.gets(letters.last().unwrap(), now).await, Outcome::Shown { .. })
    }

    async fn puts_away(chat: &Conversation, way: usize) {
        match way {
            0 => chat.delete().await,
            1 => chat.delete_contact().await,
            _ => chat.decline().await,
        }
        .unwrap();
    }

    #[tokio::test]
    async fn a_text_whose_errands_are_lost_is_sent_again_with_the_moment_that_it_had() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let (hall, _) = hall(&alice, 0);
        for (to, errands) in [(bob.id, 2), (alice.id, 1)] {
            let chat = Conversation::new(hall.clone(), to.into());
            let id = chat.send(Draft::text("hello")).await.unwrap();
            let write = alice.store.write("rescued", move |tx| {
                for errand in tx.errands_of_message(id)? {
                    tx.finish_errand(errand.id)?;
                }
                tx.set_message_state(id, MessageState::Failed(crate::store::Failure::Other))?;
                tx.message(id)
            });
            let row = write.await.unwrap().0.unwrap();
            chat.resend(id).await.unwrap();
            let (again, found) =
                alice.store.read(move |tx| Ok((tx.message(id)?.unwrap(), tx.errands_of_message(id)?))).await.unwrap();
            assert_eq!((again.state, again.sent_at), (MessageState::Pending, row.sent_at));
            assert_eq!(found.len(), errands);
            assert!(found.iter().all(|errand| errand.parcel().is_some_and(|it| it.sent_at == row.sent_at)));
        }
    }

    #[tokio::test]
    async fn what_was_deleted_under_a_clock_that_is_ahead_does_not_swallow_what_comes_later() {
        for way in 0..3 {
            for (sent, came) in [(DAY, DAY), (20 * DAY, 40 * DAY)] {
                let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
                let (hall, now) = hall(&alice, 30 * DAY);
                assert!(is_shown(&bob, &alice, now - MINUTE, now).await);
                puts_away(&Conversation::new(hall, bob.id.into()), way).await;
                assert!(is_shown(&bob, &alice, now + sent, now + came).await, "way {way}, sent {sent}");
            }
        }
    }

    #[tokio::test]
    async fn who_writes_right_after_a_deletion_with_a_slow_clock_is_heard_and_what_is_old_stays_away() {
        for way in 0..3 {
            let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            let (hall, now) = hall(&alice, 0);
            assert!(is_shown(&bob, &alice, now - 4 * MINUTE, now - MINUTE).await);
            puts_away(&Conversation::new(hall, bob.id.into()), way).await;
            assert!(!is_shown(&bob, &alice, now - 10 * MINUTE, now + MINUTE).await, "way {way}");
            assert!(is_shown(&bob, &alice, now - 3 * MINUTE, now + MINUTE).await, "way {way}");
        }
    }

    #[tokio::test]
    async fn who_is_blocked_before_the_acceptance_left_does_not_hear_of_it() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let (hall, now) = hall(&alice, 0);
        assert!(is_shown(&bob, &alice, now - MINUTE, now).await);
        let chat = Conversation::new(hall, bob.id.into());
        chat.accept().await.unwrap();
        assert_eq!(alice.outbox().await.len(), 1);
        chat.block().await.unwrap();
        assert!(alice.outbox().await.is_empty());
    }

    #[tokio::test]
    async fn notes_that_were_hidden_under_a_clock_that_is_ahead_come_back_with_a_later_one() {
        let (laptop, phone) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
        let (hall, now) = hall(&phone, 30 * DAY);
        assert!(is_shown(&laptop, &phone, now - 10 * MINUTE, now).await);
        Conversation::new(hall, phone.id.into()).hide().await.unwrap();
        assert!(!is_shown(&laptop, &phone, now - 20 * MINUTE, now + MINUTE).await);
        assert!(is_shown(&laptop, &phone, now + DAY, now + 40 * DAY).await);
    }

    #[tokio::test]
    async fn very_many_are_deleted_in_parts_and_none_where_one_of_them_may_not_be() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let (hall, now) = hall(&alice, 0);
        let chat = Conversation::new(hall, bob.id.into());
        let mut ours = Vec::new();
        for _ in 0..DELETED_AT_ONCE + 5 {
            ours.push(chat.send(Draft::text("hello")).await.unwrap());
        }
        assert!(is_shown(&bob, &alice, now, now + MINUTE).await);
        let theirs =
            chat.messages(Before::Latest, 500).await.unwrap().into_iter().find(|row| !row.outgoing).unwrap().id;
        let all = [ours.as_slice(), &[theirs]].concat();
        let refused = chat.delete_everywhere_all(&all, Reach::Everyone).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotAllowed);
        let count = async || chat.messages(Before::Latest, 500).await.unwrap().len();
        assert_eq!(count().await, all.len(), "also none of the parts before");
        // They never left, and so leave no line.
        chat.delete_everywhere_all(&ours[..DELETED_AT_ONCE + 1], Reach::Everyone).await.unwrap();
        assert_eq!(count().await, 5);
        chat.delete_messages(&all).await.unwrap();
        assert_eq!(count().await, 0);
    }
}
