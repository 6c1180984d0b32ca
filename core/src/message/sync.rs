//! What our own devices tell each other: copies of messages that another device of this account sent.
//!
//! A copy names the conversation it belongs to (`syncTarget`). It appears as ours, already sent, with the hash our own
//! swarm gave it; it opens the conversation on this device and approves the person, since writing first or answering
//! did the same on the device that wrote. Its profile, if any, is ignored: ours travels by config.
//!
//! From ourselves nothing else is believed (messages.md 3.2, step 11) except calls that another device of ours answered or
//! ended, and unsend requests, which have files of their own. A copy that a stranger wrote is refused before it comes here.

use crate::error::Result;
use crate::store::{ConversationId, MessageKind, WriteTx};

use super::said::Words;
use super::text::{self, Entry};
use super::{Desk, Incoming, Outcome};

/// Puts a copy of what another device of ours sent into the conversation that it names.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    incoming: &Incoming,
    to: &ConversationId,
    kind: MessageKind,
    words: &Words<'_>,
) -> Result<Outcome> {
    text::store(tx, desk, incoming, to, &Entry::of(kind, words, incoming))
}

#[cfg(test)]
mod tests {
    use super::super::Refusal;
    use super::super::testing::{NOON, Person, at};
    use super::*;
    use crate::store::{MessageKind, MessageState};
    use crate::wire::content::{CallMessage, Content, DataMessage, TypingMessage, UnsendRequest};

    fn stamped(content: Content) -> Content {
        Content { sig_timestamp: Some(NOON), ..content }
    }

    fn copy(target: &str, body: &str) -> Content {
        let data =
            DataMessage { body: Some(body.to_owned()), sync_target: Some(target.to_owned()), ..DataMessage::default() };
        stamped(Content { data_message: Some(data), ..Content::default() })
    }

    #[tokio::test]
    async fn another_device_of_ours_sees_what_this_one_sent() {
        let (phone, laptop) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
        let bob = Person::new(2, "Bob").await;
        phone.writes(&bob, "hello", NOON).await.unwrap();
        let copies = phone.hands_over(&laptop).await;
        assert_eq!(copies.len(), 1);
        assert!(matches!(laptop.gets(&copies[0], NOON + 1).await, Outcome::Shown { .. }));
        let seen = laptop.sees(&bob).await;
        assert_eq!(laptop.reads(&bob).await, ["hello"]);
        assert_eq!((seen[0].outgoing, seen[0].state, seen[0].sent_at), (true, MessageState::Sent, at(NOON)));
        assert!(!seen[0].swarm_hash.is_empty());
        let chat = laptop.chat(&bob).await.unwrap();
        assert!(chat.approved && chat.unread == 0);

        assert_eq!(phone.gets(&copies[0], NOON + 1).await, Outcome::Known, "the device that sent it has it");
        assert!(!phone.sees(&bob).await[0].swarm_hash.is_empty(), "and learns its hash");
    }

    #[tokio::test]
    async fn a_note_to_self_is_one_copy_that_names_ourselves() {
        let (phone, laptop) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
        phone.writes(&phone, "milk", NOON).await.unwrap();
        assert_eq!(phone.outbox().await.len(), 1);
        for letter in phone.hands_over(&laptop).await {
            laptop.gets(&letter, NOON + 1).await;
        }
        assert_eq!(laptop.reads(&laptop).await, ["milk"]);
    }

    #[tokio::test]
    async fn nobody_else_can_put_words_into_our_mouth() {
        let (alice, mallory, bob) =
            (Person::new(1, "Alice").await, Person::new(3, "Mallory").await, Person::new(2, "Bob").await);
        let forged = mallory.letter(&alice, &copy(&bob.id.to_string(), "I hate you"));
        assert_eq!(alice.gets(&forged, NOON).await, Outcome::Refused(Refusal::SyncFromStranger));
        assert_eq!((alice.sees(&bob).await, alice.sees(&mallory).await), (vec![], vec![]));
    }

    #[tokio::test]
    async fn the_table_of_what_is_believed_from_ourselves() {
        let alice = Person::new(1, "Alice").await;
        let call = |kind| {
            stamped(Content {
                call_message: Some(CallMessage { r#type: Some(kind), ..CallMessage::default() }),
                ..Content::default()
            })
        };
        let plain = stamped(Content {
            data_message: Some(DataMessage { body: Some("hi".to_owned()), ..DataMessage::default() }),
            ..Content::default()
        });
        let typing = stamped(Content { typing_message: Some(TypingMessage::default()), ..Content::default() });
        let unsend = stamped(Content { unsend_request: Some(UnsendRequest::default().into()), ..Content::default() });
        for (content, expected, why) in [
            (plain, Refusal::FromOurselves, "a message without a target"),
            (copy("", "hi"), Refusal::FromOurselves, "an empty target"),
            (copy("03ab", "hi"), Refusal::SyncTarget, "a target that is no account"),
            (typing, Refusal::FromOurselves, "typing"),
            (call(1), Refusal::FromOurselves, "a call offered"),
            (unsend, Refusal::Nothing, "an unsend of nothing"),
            (copy(&"05".repeat(33), ""), Refusal::Nothing, "a copy of nothing"),
        ] {
            let letter = alice.letter(&alice, &content);
            assert_eq!(alice.gets(&letter, NOON).await, Outcome::Refused(expected), "{why}");
        }
        for (step, why) in [(2, "a call answered"), (5, "a call ended")] {
            let letter = alice.letter(&alice, &call(step));
            assert_eq!(alice.gets(&letter, NOON).await, Outcome::Applied, "{why}");
        }
    }

    #[tokio::test]
    async fn a_copy_of_a_newer_kind_waits_in_its_conversation() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let newer = |target: &str| {
            let mut content = copy(target, "");
            content.data_message.as_mut().unwrap().body = None;
            let mut bytes = content.to_bytes();
            bytes.extend_from_slice(&[0xc2, 0x02, 0x01, b'x']);
            alice.seals(&alice, &bytes, at(NOON))
        };
        assert!(matches!(alice.gets(&newer(&bob.id.to_string()), NOON).await, Outcome::Shown { .. }));
        assert_eq!(alice.sees(&bob).await[0].kind, MessageKind::NewerFormat);
        assert_eq!(alice.gets(&newer("nobody"), NOON).await, Outcome::Refused(Refusal::NewerFormat));
    }
}
