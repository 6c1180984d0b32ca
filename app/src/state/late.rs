//! Letters that come late into a conversation that somebody reads: they stand above what is in sight, and nobody has
//! seen them.
//!
//! Pure, as the window is. A letter stays here until it was in sight, was read elsewhere, or is gone.

use onionskin_core::{Event, MessageId, MessageRow, Timestamp};

/// Letters above what is in sight, by place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Late {
    letters: Vec<(Timestamp, MessageId)>,
}

impl Late {
    /// The one that stands first.
    pub fn first(&self) -> Option<MessageId> {
        self.letters.first().map(|(_, id)| *id)
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.letters.len()).unwrap_or(u32::MAX)
    }

    /// An unread letter that stands above `first`, the first row in sight.
    pub fn add(&mut self, row: &MessageRow, first: Timestamp) {
        if row.outgoing || row.read_at != Timestamp::ZERO || row.ordered_at >= first {
            return;
        }
        self.letters.push((row.ordered_at, row.id));
        self.letters.sort_unstable();
        self.letters.dedup();
    }

    /// Takes an event of the conversation in; `first` is the place of the first row in sight, none while nothing is.
    pub fn apply(&mut self, event: &Event, first: Option<Timestamp>) {
        match event {
            Event::MessageAdded(row) => {
                if let Some(first) = first {
                    self.add(row, first);
                }
            }
            Event::MessageChanged(row) if row.read_at != Timestamp::ZERO => self.forget(row.id),
            Event::MessageRemoved { message, .. } => self.forget(*message),
            _ => (),
        }
    }

    /// The first row in sight stands at `first` now: what stands below it was seen.
    pub fn seen_from(&mut self, first: Timestamp) {
        self.letters.retain(|(at, _)| *at < first);
    }

    fn forget(&mut self, id: MessageId) {
        self.letters.retain(|(_, known)| *known != id);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use onionskin_core::{AccountId, ConversationId, Disappearing, MessageKind, MessageState};

    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn row(number: i64, place: u64, read_at: u64, outgoing: bool) -> MessageRow {
        let sender = AccountId::from_x25519([2; 32]);
        MessageRow {
            id: MessageId::from_i64(number),
            conversation: ConversationId::from(sender),
            sender,
            outgoing,
            kind: MessageKind::Text,
            sent_at: at(place),
            received_at: at(place),
            ordered_at: at(place),
            body: String::new(),
            swarm_hash: String::new(),
            read_at: at(read_at),
            state: MessageState::Received,
            sending: None,
            disappearing: Disappearing::Off,
            expires_at: at(0),
            seen_at: at(0),
            quote: None,
            reactions: Vec::new(),
            starred: false,
        }
    }

    #[test]
    fn an_unread_letter_above_what_is_in_sight_waits_until_it_was_seen() {
        let mut late = Late::default();
        let added = |number, place, read, ours| Event::MessageAdded(Arc::new(row(number, place, read, ours)));
        for event in [added(1, 90, 0, false), added(2, 50, 0, false), added(3, 100, 0, false)] {
            late.apply(&event, Some(at(100)));
        }
        for (read, ours) in [(1, false), (0, true)] {
            late.apply(&added(4, 10, read, ours), Some(at(100)));
        }
        late.apply(&added(5, 10, 0, false), None);
        assert_eq!((late.first(), late.count()), (Some(MessageId::from_i64(2)), 2));
        late.seen_from(at(60));
        assert_eq!(late.first(), Some(MessageId::from_i64(2)), "it stands further up");
        assert_eq!(late.count(), 1);
        late.apply(&Event::MessageChanged(Arc::new(row(2, 50, 7, false))), Some(at(60)));
        assert_eq!(late, Late::default(), "read on another device");
    }
}
