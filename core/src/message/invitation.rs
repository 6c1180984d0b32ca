//! Invitations to groups and communities: placeholders, for a version that knows them.
//!
//! All their bytes stay in the row, encrypted with the ledger, since a swarm forgets them after 14 days. They stand in the
//! conversation of who invites, as a message of theirs: from a stranger that is a request. Nothing of them is deleted from the
//! swarm, where another device of ours may still need them. An invitation to a community beside a text is kept with the text.

use super::profile;
use super::said::Words;
use super::text::{self, Entry};
use super::{Desk, Incoming, Outcome};
use crate::error::Result;
use crate::store::{ConversationId, MessageKind, WriteTx};
use crate::wire::content::DataMessage;

/// Applies an invitation to a group, or to become an admin of it.
pub(super) fn apply(tx: &mut WriteTx<'_>, desk: &Desk, incoming: &Incoming, data: &DataMessage) -> Result<Outcome> {
    let from = &incoming.sender;
    let placeholder = Entry { kind: MessageKind::GroupInvitation, body: "", raw: text::kept(incoming), quote: None };
    let outcome = text::store(tx, desk, incoming, &ConversationId::from(*from), &placeholder)?;
    if matches!(outcome, Outcome::Shown { .. }) {
        profile::apply(tx, from, data.profile.as_ref(), data.profile_key.as_deref())?;
    }
    Ok(outcome)
}

/// Whether a data message invites to a group.
pub(super) fn is_to_group(data: &DataMessage) -> bool {
    let update = data.group_update_message.as_ref();
    update.is_some_and(|update| update.invite_message.is_some() || update.promote_message.is_some())
}

/// What parts without a text are shown as.
pub(super) fn kind_of(parts: &Words<'_>) -> MessageKind {
    let others = !parts.data.attachments.is_empty() || parts.data.quote.is_some() || !parts.data.preview.is_empty();
    match &parts.data.open_group_invitation {
        Some(_) if !others => MessageKind::CommunityInvitation,
        Some(_) | None => MessageKind::NewerFormat,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOON, Person};
    use super::*;
    use crate::wire::content::{Content, OpenGroupInvitation};
    use crate::wire::group_update::{GroupUpdateInviteMessage, GroupUpdateMessage};

    #[tokio::test]
    async fn an_invitation_is_kept_with_all_its_bytes_and_stands_where_its_sender_does() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let invite = GroupUpdateInviteMessage { name: Some("walkers".to_owned()), ..Default::default() };
        let group = GroupUpdateMessage { invite_message: Some(invite), ..Default::default() };
        let group = DataMessage { group_update_message: Some(group), ..DataMessage::default() };
        let community = OpenGroupInvitation { url: Some("http://x/room".to_owned()), name: Some("room".to_owned()) };
        let community = DataMessage { open_group_invitation: Some(community), ..DataMessage::default() };
        for (number, data) in [group, community].into_iter().enumerate() {
            let sent_at = NOON + 10 * number as u64;
            let content = Content { data_message: Some(data), sig_timestamp: Some(sent_at), ..Content::default() };
            let Outcome::Shown { message, .. } = bob.gets(&alice.letter(&bob, &content), sent_at + 1).await else {
                panic!("{number} is not shown")
            };
            let kept = bob.store.read(move |tx| tx.message_raw(message)).await.unwrap();
            assert_eq!(kept, Some(content.to_bytes()));
        }
        let kinds: Vec<_> = bob.sees(&alice).await.iter().map(|row| row.kind).collect();
        assert_eq!(kinds, [MessageKind::GroupInvitation, MessageKind::CommunityInvitation]);
        assert_eq!((bob.requests().await, bob.outbox().await.len()), (1, 0));
    }
}
