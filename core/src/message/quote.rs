//! Replies: a message that answers another (messages.md 7.4).
//!
//! Out: the author and the moment of what is answered stand in the letter and in its copy, and its msgId where it bears one;
//! no text, since whoever may know it has it. In: the same, from any client; attachments are passed over, and a text of old
//! clients is kept for when the message does not stand here. An author that is no id costs the quote and not the message.
//! Of what was deleted or has disappeared no text is kept, and never in the bytes that are kept for a later version.
//! What is quoted is looked up whenever it is shown ([`crate::store::Quoted`]), in the conversation of the answer alone.

use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::store::{ConversationId, MessageId, MessageKind, MessageName, NewQuote, ReadTx, WriteTx};
use crate::wire::content::{Content, Named, Quote};
use crate::wire::limits::cut_chars;

use super::Desk;

/// A quote as it came, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedQuote {
    /// Who wrote what is quoted: 66 lower-case hex digits.
    pub author: String,
    /// The author's timestamp.
    pub sent_at: Timestamp,
    /// Its msgId, where it bears one.
    pub msg_id: Option<u64>,
    /// What it said, as far as old clients tell; empty for nothing.
    pub fallback: String,
}

impl ReceivedQuote {
    /// Reads a quote; `None` for one that names no message.
    pub fn read(quote: &Named<Quote, 5>) -> Option<Self> {
        let author = quote.author.as_deref()?;
        let of_people =
            author.is_ascii() && author.len() == ID_CHARS && author.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !of_people || !PREFIXES.iter().any(|prefix| author.starts_with(prefix)) {
            return None;
        }
        let fallback = cut_chars(quote.text.as_deref().unwrap_or_default(), MAX_FALLBACK_CHARS).to_owned();
        let sent_at = Timestamp::from_millis(quote.id?);
        Some(Self { author: author.to_ascii_lowercase(), sent_at, msg_id: quote.msg_id, fallback })
    }

    /// Whether what is quoted was deleted here, or has disappeared: then nobody tells again what it said.
    fn is_gone(&self, tx: &ReadTx<'_>, with: &ConversationId) -> Result<bool> {
        let Ok(author) = AccountId::parse(&self.author) else { return Ok(false) };
        let of = MessageName { author, sent_at: self.sent_at, msg_id: self.msg_id };
        match tx.message_named(with, &of)? {
            Some(row) => Ok(row.kind == MessageKind::Deleted),
            None => tx.is_buried(with, &of),
        }
    }
}

/// Notes what a message that came into the conversation `with` somebody answers.
///
/// # Errors
/// Those of the ledger.
pub(super) fn keep_received(
    tx: &mut WriteTx<'_>,
    with: &ConversationId,
    answer: MessageId,
    quote: &ReceivedQuote,
) -> Result<()> {
    let told = !quote.fallback.is_empty() && !quote.is_gone(tx, with)?;
    let fallback = if told { quote.fallback.as_str() } else { "" };
    tx.set_quote(answer, &NewQuote { author: &quote.author, sent_at: quote.sent_at, msg_id: quote.msg_id, fallback })
}

/// The name of the message of `conversation` that somebody here answers.
///
/// # Errors
/// [`ErrorKind::NotFound`] with a hint at the quote when there is no such message in it, or nothing is left of it; those of the
/// ledger.
pub(super) fn answered(tx: &WriteTx<'_>, conversation: &ConversationId, message: MessageId) -> Result<MessageName> {
    let row = tx.message(message)?.filter(|row| row.conversation == *conversation);
    match row {
        Some(row) if row.kind.is_said() => {
            Ok(MessageName { author: row.sender, sent_at: row.sent_at, msg_id: tx.msg_id(message)? })
        }
        _ => {
            Err(Error::new(ErrorKind::NotFound, "what is answered does not exist here").with_hint(Hint::Field("quote")))
        }
    }
}

/// Notes that a message of ours answers another.
///
/// # Errors
/// Those of the ledger.
pub(super) fn keep(tx: &mut WriteTx<'_>, answer: MessageId, of: &MessageName) -> Result<()> {
    let author = of.author.to_string();
    tx.set_quote(answer, &NewQuote { author: &author, sent_at: of.sent_at, msg_id: of.msg_id, fallback: "" })
}

/// A Content that answers a message, or answers none.
pub fn quoting(mut content: Content, of: Option<&MessageName>) -> Content {
    if let (Some(of), Some(data)) = (of, &mut content.data_message) {
        let reference =
            Quote { id: Some(of.sent_at.as_millis()), author: Some(of.author.to_string()), ..Quote::default() };
        data.quote = Some(Named { reference, msg_id: of.msg_id });
    }
    content
}

/// What we wrote in a conversation at `from`, and what did not leave yet, bears another moment now: so do the answers to it.
///
/// # Errors
/// Those of the ledger.
pub(super) fn redate(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    conversation: &ConversationId,
    from: Timestamp,
    to: Timestamp,
) -> Result<()> {
    let answers = tx.answers_to(conversation, &desk.me, from)?;
    tx.redate_quotes(&answers, to)?;
    for answer in answers {
        for errand in tx.errands_of_message(answer)? {
            super::reword(tx, &errand, |content| {
                let quote = content.data_message.as_mut().and_then(|data| data.quote.as_mut());
                quote.map(|quote| quote.reference.id = Some(to.as_millis()))
            })?;
        }
    }
    Ok(())
}

/// Prefixes of ids of people: accounts, and the two ways in which communities blind them. Source: session-desktop
/// `ts/session/types/PubKey.ts`.
const PREFIXES: [&str; 3] = ["05", "15", "25"];

/// Characters of such an id.
const ID_CHARS: usize = 66;

/// As much as is ever shown of a quoted message.
const MAX_FALLBACK_CHARS: usize = 200;

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person, at};
    use super::super::{Draft, Outcome, dating, text};
    use super::*;
    use crate::store::{Reading, Uncertain};
    use crate::wire::content::{AttachmentPointer, DataMessage};
    use std::time::Duration;

    async fn answers(who: &Person, with: &Person, message: MessageId, now: u64) -> Result<MessageId> {
        let (desk, to, draft) = (who.desk(now), with.id, Draft::text("yes").answering(message));
        who.store.write("t", move |tx| text::write(tx, &desk, &to, &draft)).await.map(|(id, _)| id)
    }

    /// What the last message of a conversation answers.
    async fn quoted(who: &Person, with: &Person) -> Option<String> {
        let quote = who.sees(with).await.pop().unwrap().quote;
        quote.and_then(|quote| quote.line).map(|line| line.text)
    }

    #[tokio::test]
    async fn an_answer_names_what_it_answers_in_the_letter_and_in_the_copy() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let tablet = Person::new(1, "Alice").await;
        bob.writes(&alice, "coming?", NOON).await.unwrap();
        let letters = bob.hands_over(&alice).await;
        alice.gets(&letters[0], NOON + 1).await;
        let asked = alice.sees(&bob).await[0].id;
        answers(&alice, &bob, asked, NOON + 100).await.unwrap();
        for copy in alice.hands_over(&alice).await {
            tablet.gets(&copy, NOON + 110).await;
        }
        assert_eq!(quoted(&tablet, &bob).await, None, "the original is not here yet");
        tablet.gets(&letters[0], NOON + 120).await;
        for letter in alice.hands_over(&bob).await {
            bob.gets(&letter, NOON + 110).await;
        }
        for (who, with) in [(&alice, &bob), (&tablet, &bob), (&bob, &alice)] {
            assert_eq!(quoted(who, with).await.as_deref(), Some("coming?"));
        }
    }

    #[tokio::test]
    async fn what_is_not_here_or_is_gone_cannot_be_answered_and_nothing_is_written() {
        let (alice, bob, carol) =
            (Person::new(1, "Alice").await, Person::new(2, "Bob").await, Person::new(4, "Carol").await);
        let elsewhere = alice.writes(&carol, "hi", NOON).await.unwrap();
        let gone = alice.writes(&bob, "hi", NOON + 10).await.unwrap();
        alice.does(move |tx| tx.erase_message(gone, at(NOON + 20))).await;
        for message in [elsewhere, gone, MessageId::from_i64(4_711)] {
            let error = answers(&alice, &bob, message, NOON + 30).await.unwrap_err();
            assert_eq!((error.kind(), error.hint()), (ErrorKind::NotFound, Some(&Hint::Field("quote"))));
        }
        assert_eq!(alice.sees(&bob).await.len(), 1);
    }

    #[tokio::test]
    async fn an_answer_to_what_was_written_before_the_time_was_known_names_its_right_date() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let (run, wrong) = (Reading { run: 1, monotonic: Duration::ZERO }, at(NOON + 40 * 60_000));
        let unsettled = Some(Uncertain { reading: run, known: false });
        let lost = Desk { network_now: wrong, device_now: wrong, unsettled, ..alice.desk(0) };
        let to = bob.id;
        alice
            .does(move |tx| {
                let message = text::write(tx, &lost, &to, &Draft::text("coming?"))?;
                text::write(tx, &lost, &to, &Draft::text("or not?").answering(message))?;
                dating::settle(tx, &Desk { network_now: at(NOON), unsettled: None, ..lost }, run)
            })
            .await;
        assert_eq!(quoted(&alice, &bob).await.as_deref(), Some("coming?"));
        for letter in alice.hands_over(&bob).await {
            assert!(matches!(bob.gets(&letter, NOON + 10).await, Outcome::Shown { .. }));
        }
        assert_eq!(quoted(&bob, &alice).await.as_deref(), Some("coming?"));
    }

    /// An answer of Alice's beside a file, as old clients write it: it repeats what it answers.
    fn repeats(bob: &Person, sent_at: u64, body: &str) -> Content {
        let (id, author) = (Some(NOON), Some(bob.id.to_string()));
        let reference = Quote { id, author, text: Some("the code is 4711".to_owned()), ..Quote::default() };
        let attachments = vec![AttachmentPointer::default()];
        let data = DataMessage {
            body: Some(body.to_owned()),
            attachments,
            quote: Some(reference.into()),
            ..DataMessage::default()
        };
        Content { data_message: Some(data), sig_timestamp: Some(sent_at), ..Content::default() }
    }

    #[tokio::test]
    async fn what_is_kept_of_an_answer_never_holds_the_words_that_it_answers() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        for (sent_at, body) in [(NOON + 10, "yes"), (NOON + 20, "")] {
            bob.gets(&alice.letter(&bob, &repeats(&bob, sent_at, body)), NOON + 30).await;
        }
        let answers = bob.sees(&alice).await;
        assert_eq!(answers.len(), 2);
        for answer in answers {
            assert_eq!(answer.quote.unwrap().fallback, "the code is 4711", "it does not stand here");
            let raw = bob.store.read(move |tx| tx.message_raw(answer.id)).await.unwrap().unwrap();
            assert!(!raw.windows(4).any(|part| part == b"4711"));
        }
    }

    #[tokio::test]
    async fn an_answer_to_what_was_deleted_or_removed_before_it_came_tells_nothing_of_it() {
        for erased in [true, false] {
            let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            let said = bob.writes(&alice, "the code is 4711", NOON).await.unwrap();
            bob.does(move |tx| match erased {
                true => tx.erase_message(said, at(NOON + 5)),
                false => tx.remove_message(said, at(NOON + 5)).map(|_| ()),
            })
            .await;
            bob.gets(&alice.letter(&bob, &repeats(&bob, NOON + 10, "yes")), NOON + 20).await;
            assert_eq!(bob.sees(&alice).await.pop().unwrap().quote.unwrap().fallback, "");
        }
    }
}
