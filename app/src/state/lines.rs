//! The lines of a conversation's list: rows with what stands between them.

use std::time::Duration;

use onionskin_core::{MessageId, MessageRow, Timestamp};

use crate::when;

/// What stands in the list.
#[derive(Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "almost every line is a row")]
pub enum Line {
    /// A new day begins with this row.
    Day(MessageId, Timestamp),
    /// What follows is new.
    Unread,
    /// A message.
    Row {
        /// What is known of it.
        row: MessageRow,
        /// It goes on after its neighbour above.
        next: bool,
        /// None goes on after it.
        last: bool,
    },
}

impl Line {
    /// Names the line in the list: a row keeps its place in the page whatever is put around it.
    pub fn key(&self) -> String {
        match self {
            Self::Day(row, _) => format!("day-{}", row.as_i64()),
            Self::Unread => "unread".to_owned(),
            Self::Row { row, .. } => row.id.as_i64().to_string(),
        }
    }
}

/// Rows with what stands between them.
pub fn lines<'r>(rows: impl Iterator<Item = &'r MessageRow>, unread_from: Option<MessageId>) -> Vec<Line> {
    let rows: Vec<&MessageRow> = rows.collect();
    let mut lines = Vec::with_capacity(rows.len() + 8);
    let mut before: Option<&MessageRow> = None;
    for (at, row) in rows.iter().copied().enumerate() {
        let new_day = before.is_none_or(|before| !when::same_day(before.sent_at, row.sent_at));
        if new_day {
            lines.push(Line::Day(row.id, row.sent_at));
        }
        let unread = unread_from == Some(row.id);
        if unread {
            lines.push(Line::Unread);
        }
        let next = !new_day && !unread && before.is_some_and(|before| together(before, row));
        let last = rows.get(at + 1).is_none_or(|after| {
            !together(row, after) || unread_from == Some(after.id) || !when::same_day(row.sent_at, after.sent_at)
        });
        lines.push(Line::Row { row: row.clone(), next, last });
        before = Some(row);
    }
    lines
}

fn together(one: &MessageRow, other: &MessageRow) -> bool {
    one.sender == other.sender && one.kind == other.kind && other.sent_at.since(one.sent_at) < CLUSTER
}

/// Rows drawn one after the other by the same person within this time belong together.
const CLUSTER: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin_core::{AccountId, ConversationId, Disappearing, MessageKind, MessageState};

    fn row(number: i64, sender: u8, minutes: u64) -> MessageRow {
        let sender = AccountId::from_x25519([sender; 32]);
        MessageRow {
            id: MessageId::from_i64(number),
            conversation: ConversationId::from(sender),
            sender,
            outgoing: false,
            kind: MessageKind::Text,
            sent_at: Timestamp::from_millis(1_700_000_000_000 + minutes * 60_000),
            received_at: Timestamp::ZERO,
            ordered_at: Timestamp::from_millis(1_700_000_000_000 + minutes * 60_000),
            body: String::new(),
            swarm_hash: String::new(),
            read_at: Timestamp::ZERO,
            state: MessageState::Received,
            sending: None,
            disappearing: Disappearing::Off,
            expires_at: Timestamp::ZERO,
            seen_at: Timestamp::ZERO,
            quote: None,
            reactions: Vec::new(),
            starred: false,
        }
    }

    #[test]
    fn rows_of_one_person_within_minutes_are_one_cluster() {
        let rows = [row(1, 1, 0), row(2, 1, 1), row(3, 1, 30), row(4, 2, 31)];
        let shape: Vec<_> = lines(rows.iter(), None)
            .into_iter()
            .filter_map(|line| match line {
                Line::Row { next, last, .. } => Some((next, last)),
                _ => None,
            })
            .collect();
        assert_eq!(shape, [(false, false), (true, true), (false, true), (false, true)]);
    }

    #[test]
    fn a_day_and_the_first_unread_row_begin_with_a_line() {
        let rows = [row(1, 1, 0), row(2, 1, 1), row(3, 1, 3 * 24 * 60)];
        let lines = lines(rows.iter(), Some(MessageId::from_i64(2)));
        let shape: Vec<_> = lines
            .iter()
            .map(|line| match line {
                Line::Day(..) => 'd',
                Line::Unread => 'u',
                Line::Row { .. } => 'r',
            })
            .collect();
        assert_eq!(shape, ['d', 'r', 'u', 'r', 'd', 'r']);
    }
}
