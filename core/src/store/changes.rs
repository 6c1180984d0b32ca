//! What a write changed, in order: recorded by the typed queries themselves, told by `client` after the commit.

use std::fmt;

use super::{ConversationId, ErrandId, MessageId};
use crate::clock::Timestamp;

/// One thing that a committed write changed. Names the thing only; the settled row is read after the commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// A message is new.
    MessageAdded(MessageId),
    /// A message has another state, text, read mark or sending.
    MessageChanged(MessageId),
    /// A message is gone.
    MessageRemoved {
        /// The message; its number is never used again.
        message: MessageId,
        /// Where it stood.
        conversation: ConversationId,
    },
    /// A conversation is new, or its list entry differs: preview, unread count, order, flags, names.
    ConversationChanged(ConversationId),
    /// A conversation and all its messages are gone.
    ConversationRemoved(ConversationId),
    /// A row of the outbox is new, due at another time, or gone: the sender looks again.
    OutboxChanged(ErrandId),
    /// Our own name changed.
    ProfileChanged,
    /// A setting changed.
    SettingChanged(&'static str),
    /// A config document changed, or what is known of it.
    SyncChanged,
    /// More of the messages can be found, or fewer: the word index is made anew.
    SearchChanged,
    /// The time of a message that disappears began, or may have.
    ExpiryChanged,
    /// Somebody types in a conversation with us, or does not any more. Stands in no row.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// When they said so (network); `None`: they do not type any more.
        since: Option<Timestamp>,
    },
}

/// The changes of one write, each once, in the order in which they first happened.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// The changes in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.0.iter()
    }

    /// Whether nothing changed that anybody needs to hear of.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the outbox changed, so that the sender should look.
    pub fn touches_outbox(&self) -> bool {
        self.0.iter().any(|change| matches!(change, Change::OutboxChanged(_)))
    }

    /// Whether a config document changed, so that the carrier of configs should look.
    pub fn touches_configs(&self) -> bool {
        self.0.contains(&Change::SyncChanged)
    }

    /// Whether the word index may have to be filled, so that whoever does it should look.
    pub fn touches_search(&self) -> bool {
        self.0.contains(&Change::SearchChanged)
    }

    /// Whether another message may be the next that disappears, so that whoever sees to it should look.
    pub fn touches_expiry(&self) -> bool {
        self.0.contains(&Change::ExpiryChanged)
    }

    /// Who types, and who stopped.
    pub fn typing(&self) -> impl Iterator<Item = (&ConversationId, Option<Timestamp>)> {
        self.0.iter().filter_map(|change| match change {
            Change::Typing { conversation, since } => Some((conversation, *since)),
            _ => None,
        })
    }

    /// Adds `change` unless it is known. The settled row is read once, so a second mention would say the same.
    pub(super) fn record(&mut self, change: Change) {
        // A poll of a long absence records thousands; what repeats are the last few.
        if !self.0.iter().rev().take(LOOK_BACK).any(|known| *known == change) {
            self.0.push(change);
        }
    }

    /// Drops repeats that lay further apart than [`LOOK_BACK`].
    pub(super) fn settle(&mut self) {
        let mut seen = std::collections::HashSet::with_capacity(self.0.len());
        self.0.retain(|change| seen.insert(change.clone()));
    }
}

impl IntoIterator for Changes {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Changes {
    type Item = &'a Change;
    type IntoIter = std::slice::Iter<'a, Change>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Changes({})", self.0.len())
    }
}

/// How far back [`Changes::record`] looks for a repeat; the rest is found once at the end.
const LOOK_BACK: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_in_the_order_of_its_first_mention() {
        let mut changes = Changes::default();
        for number in (1..=50).chain(1..=50) {
            changes.record(Change::MessageChanged(MessageId::from_i64(number)));
            changes.record(Change::ProfileChanged);
        }
        changes.settle();
        assert_eq!(changes.len(), 51);
        assert_eq!(changes.iter().next(), Some(&Change::MessageChanged(MessageId::from_i64(1))));
        assert_eq!(changes.iter().nth(1), Some(&Change::ProfileChanged));
        assert!(!changes.touches_outbox());
    }
}
