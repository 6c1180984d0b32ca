//! How much of the screen strangers get: a few requests an hour at once, all others under one line.
//!
//! Anybody can make as many accounts as they like. Nothing is lost by it: what is held back waits under the line, and comes up
//! when what stood before it is answered or declined. It raises no notification.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::{ConversationId, ConversationRow, ReadTx};

/// Message requests as a screen shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundedRequests {
    /// Shown at once, in the order in which they were given.
    pub shown: Vec<Arc<ConversationRow>>,
    /// Held back, in the same order: one line says how many they are, and leads to them.
    pub held_back: Vec<Arc<ConversationRow>>,
}

impl BoundedRequests {
    /// Whether the request of this conversation is held back: nobody is told of it.
    pub fn holds_back(&self, id: &ConversationId) -> bool {
        self.held_back.iter().any(|row| row.id == *id)
    }
}

/// Parts message requests, in whatever order: one is shown at once when fewer than [`SHOWN_IN_AN_HOUR`] that are shown came in
/// the hour before it ([`ConversationRow::came_at`]).
pub fn bounded(requests: &[Arc<ConversationRow>]) -> BoundedRequests {
    let shown = shown(requests.iter().map(|row| (&row.id, row.came_at)));
    let (shown, held_back) = requests.iter().cloned().partition(|row| shown.contains(&row.id));
    BoundedRequests { shown, held_back }
}

/// Whether the request of this conversation, of those that wait, is held back.
///
/// # Errors
/// Those of the ledger.
pub fn is_held_back(tx: &ReadTx<'_>, conversation: &ConversationId) -> Result<bool> {
    Ok(held_back(tx)?.contains(conversation))
}

/// The requests that are held back, of those that wait.
///
/// # Errors
/// Those of the ledger.
pub(super) fn held_back(tx: &ReadTx<'_>) -> Result<HashSet<ConversationId>> {
    let waiting = tx.requests_came()?;
    let shown = shown(waiting.iter().map(|(id, came_at)| (id, *came_at)));
    Ok(waiting.iter().map(|(id, _)| id).filter(|id| !shown.contains(id)).cloned().collect())
}

/// Which of the requests that came so are shown.
fn shown<'a>(requests: impl Iterator<Item = (&'a ConversationId, Timestamp)>) -> HashSet<&'a ConversationId> {
    let mut by_coming: Vec<_> = requests.collect();
    by_coming.sort_by_cached_key(|(id, came_at)| (*came_at, id.to_string()));
    let mut shown: Vec<(&ConversationId, Timestamp)> = Vec::new();
    for (id, came_at) in by_coming {
        // Of the last twenty that are shown the first says whether there is room.
        let full = shown.len().checked_sub(SHOWN_IN_AN_HOUR).and_then(|at| shown.get(at));
        if full.is_none_or(|(_, first)| *first + AN_HOUR <= came_at) {
            shown.push((id, came_at));
        }
    }
    shown.into_iter().map(|(id, _)| id).collect()
}

/// More new people in an hour than anybody hears from. Fewer would hide some of a busy day; more would let whoever makes accounts
/// fill the list.
pub const SHOWN_IN_AN_HOUR: usize = 20;

const AN_HOUR: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::AccountId;
    use crate::store::{Disappearing, Kind, Mute};

    const MINUTE: u64 = 60_000;

    fn request(number: u8, minute: u64) -> Arc<ConversationRow> {
        Arc::new(ConversationRow {
            id: ConversationId::from(AccountId::from_x25519([number; 32])),
            kind: Kind::Private,
            priority: 0,
            draft: String::new(),
            unread: 1,
            active_at: Timestamp::from_millis(1),
            approved: false,
            approved_me: true,
            blocked: false,
            name: String::new(),
            failed: false,
            newest: None,
            marked_unread: false,
            disappearing: Disappearing::Off,
            mute: Mute::Off,
            archived: false,
            notice_content: None,
            draft_answers: None,
            came_at: Timestamp::from_millis(minute * MINUTE),
            letters: 1,
            first: None,
        })
    }

    /// How many of the requests that came in these minutes are shown and held back.
    fn parted(minutes: impl IntoIterator<Item = u64>) -> (usize, usize) {
        let rows: Vec<_> = (1..).zip(minutes).map(|(number, minute)| request(number, minute)).collect();
        let parted = bounded(&rows);
        assert_eq!(parted.shown.len() + parted.held_back.len(), rows.len(), "none is lost");
        (parted.shown.len(), parted.held_back.len())
    }

    #[test]
    fn the_table_of_what_strangers_get_of_the_screen() {
        for (minutes, expected, why) in [
            (vec![], (0, 0), "nobody"),
            (vec![0; 20], (20, 0), "twenty at once"),
            (vec![0; 100], (20, 80), "a flood"),
            ((0..100).map(|minute| minute * 3).collect(), (100, 0), "twenty an hour, for hours"),
            ((0..120).collect(), (40, 80), "one a minute for two hours"),
            ([vec![0; 30], vec![60; 30]].concat(), (40, 20), "an hour later there is room again"),
            ([vec![0; 30], vec![59; 30]].concat(), (20, 40), "and not earlier"),
        ] {
            assert_eq!(parted(minutes), expected, "{why}");
        }
    }

    #[test]
    fn what_came_first_is_shown_whatever_the_order_of_the_list_which_is_kept() {
        let rows: Vec<_> = (1..=25).rev().map(|number| request(number, u64::from(number))).collect();
        let parted = bounded(&rows);
        assert_eq!((parted.shown.as_slice(), parted.held_back.as_slice()), (&rows[5..], &rows[..5]));
        assert!(parted.holds_back(&rows[0].id) && !parted.holds_back(&rows[24].id));
    }

    #[test]
    fn what_was_held_back_comes_up_when_others_are_answered() {
        let rows: Vec<_> = (1..=25).map(|number| request(number, 0)).collect();
        let held_back = bounded(&rows).held_back;
        assert_eq!((held_back.len(), bounded(&held_back).shown), (5, held_back.clone()));
    }
}
