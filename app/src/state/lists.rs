//! The lists of conversations: read once, then kept by what core tells. Pure.
//!
//! An event carries the settled row of one conversation; that row takes its place, and no other is read, copied or
//! drawn again. Only where an event does not say which of two rows stands first, or events were missed, are the lists
//! read anew.

use std::sync::Arc;

use onionskin_core::{ConversationId, ConversationRow, Event, Listing, Timestamp};

/// A row, shared with the event that brought it.
pub type Row = Arc<ConversationRow>;

/// The main list, the archive and the requests, each in the order of the screen.
#[derive(Clone, Default)]
pub struct Lists {
    conversations: Vec<Row>,
    archived: Vec<Row>,
    requests: Vec<Row>,
}

/// What an event meant for the lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taken {
    /// Nothing that is shown.
    #[default]
    Nothing,
    /// A row came, went, moved or changed.
    Changed,
    /// They have to be read again.
    Stale,
}

impl Taken {
    /// What both meant.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Stale, _) | (_, Self::Stale) => Self::Stale,
            (Self::Changed, _) | (_, Self::Changed) => Self::Changed,
            (Self::Nothing, Self::Nothing) => Self::Nothing,
        }
    }
}

impl Lists {
    /// The lists as core gives them.
    pub fn new(main: Vec<ConversationRow>, archived: Vec<ConversationRow>, requests: Vec<ConversationRow>) -> Self {
        let shared = |rows: Vec<ConversationRow>| rows.into_iter().map(Arc::new).collect();
        Self { conversations: shared(main), archived: shared(archived), requests: shared(requests) }
    }

    /// The main list.
    pub fn conversations(&self) -> &[Row] {
        &self.conversations
    }

    /// What was archived here.
    pub fn archived(&self) -> &[Row] {
        &self.archived
    }

    /// Message requests.
    pub fn requests(&self) -> &[Row] {
        &self.requests
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: &Event) -> Taken {
        match event {
            Event::ConversationChanged(row) => self.take(row),
            Event::ConversationRemoved(id) => self.without(id, None),
            Event::Resync => Taken::Stale,
            _ => Taken::Nothing,
        }
    }

    fn take(&mut self, row: &Row) -> Taken {
        let list = row.listing();
        let left = self.without(&row.id, list);
        match list.map(|list| put(self.of(list), row)) {
            Some(Taken::Nothing) | None => left,
            Some(taken) => taken,
        }
    }

    /// Takes a row off every list but this one.
    fn without(&mut self, id: &ConversationId, but: Option<Listing>) -> Taken {
        // It stands on one of them at most.
        let mut others = [Listing::Main, Listing::Archive, Listing::Requests].into_iter();
        let gone = others.any(|list| Some(list) != but && remove(self.of(list), id).is_some());
        if gone { Taken::Changed } else { Taken::Nothing }
    }

    fn of(&mut self, list: Listing) -> &mut Vec<Row> {
        match list {
            Listing::Main => &mut self.conversations,
            Listing::Archive => &mut self.archived,
            Listing::Requests => &mut self.requests,
        }
    }
}

/// The row takes its place among the others.
fn put(list: &mut Vec<Row>, row: &Row) -> Taken {
    if let Some(known) = list.iter_mut().find(|known| known.id == row.id) {
        if known == row {
            return Taken::Nothing;
        }
        if place(known) == place(row) {
            *known = row.clone();
            return Taken::Changed;
        }
    }
    remove(list, &row.id);
    let at = list.partition_point(|known| place(known) > place(row));
    if list.get(at).is_some_and(|known| place(known) == place(row)) {
        return Taken::Stale;
    }
    list.insert(at, row.clone());
    Taken::Changed
}

fn remove(list: &mut Vec<Row>, id: &ConversationId) -> Option<Row> {
    let at = list.iter().position(|known| known.id == *id)?;
    Some(list.remove(at))
}

/// Core's order, the largest first: pinned ones, then by their last letter. Core tells equal ones apart by what no row
/// says.
fn place(row: &ConversationRow) -> (i32, Timestamp) {
    (row.priority, row.active_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin_core::{AccountId, Disappearing, Kind, Mute};

    fn row(number: u16, active_at: u64) -> ConversationRow {
        let mut bytes = [1; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        ConversationRow {
            id: ConversationId::from(AccountId::from_x25519(bytes)),
            kind: Kind::Private,
            priority: 0,
            draft: String::new(),
            unread: 0,
            active_at: Timestamp::from_millis(active_at),
            approved: true,
            approved_me: true,
            blocked: false,
            name: number.to_string(),
            failed: false,
            newest: None,
            marked_unread: false,
            disappearing: Disappearing::Off,
            mute: Mute::Off,
            archived: false,
            notice_content: None,
            draft_answers: None,
            came_at: Timestamp::ZERO,
            letters: 0,
            first: None,
        }
    }

    fn lists(count: u16) -> Lists {
        Lists::new((1..=count).rev().map(|number| row(number, 10 * u64::from(number))).collect(), vec![], vec![])
    }

    fn changed(row: ConversationRow) -> Event {
        Event::ConversationChanged(Arc::new(row))
    }

    fn names(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.name.as_str()).collect()
    }

    /// With every batch of events all of them were read again and copied.
    #[test]
    fn one_letter_among_500_conversations_brings_one_row_and_copies_none() {
        let mut lists = lists(500);
        let before = lists.conversations().to_vec();
        let event = changed(ConversationRow { unread: 1, ..row(3, 9_999) });
        assert_eq!(lists.apply(&event), Taken::Changed);
        let Event::ConversationChanged(told) = &event else { panic!("a row was told") };
        assert!(Arc::ptr_eq(&lists.conversations()[0], told), "the row of the event itself");
        let kept = |row: &&Row| before.iter().any(|known| Arc::ptr_eq(known, row));
        assert_eq!(lists.conversations().iter().filter(kept).count(), 499, "all others are the same rows");
        assert_eq!(lists.apply(&event), Taken::Nothing, "told twice");
    }

    #[test]
    fn a_row_finds_its_place_and_pinned_ones_stand_first() {
        let mut lists = lists(4);
        lists.apply(&changed(ConversationRow { priority: 1, ..row(1, 10) }));
        assert_eq!(names(lists.conversations()), ["1", "4", "3", "2"]);
        lists.apply(&changed(row(2, 35)));
        assert_eq!(names(lists.conversations()), ["1", "4", "2", "3"]);
        lists.apply(&changed(row(9, 5)));
        lists.apply(&changed(ConversationRow { draft: "and".to_owned(), ..row(3, 30) }));
        assert_eq!(names(lists.conversations()), ["1", "4", "2", "3", "9"]);
        assert_eq!(lists.conversations()[3].draft, "and");
    }

    #[test]
    fn what_is_archived_moves_to_its_own_list_and_back() {
        let mut lists = lists(3);
        let archived = ConversationRow { archived: true, ..row(2, 20) };
        assert_eq!(lists.apply(&changed(archived.clone())), Taken::Changed);
        assert_eq!((names(lists.conversations()), names(lists.archived())), (vec!["3", "1"], vec!["2"]));
        assert_eq!(lists.apply(&changed(archived)), Taken::Nothing);
        lists.apply(&changed(row(2, 99)));
        assert_eq!((names(lists.conversations()), names(lists.archived())), (vec!["2", "3", "1"], vec![]));
    }

    #[test]
    fn who_is_hidden_blocked_or_gone_leaves_the_list() {
        let mut lists = lists(4);
        let stranger = |number| ConversationRow { approved: false, ..row(number, 10 * u64::from(number)) };
        assert_eq!(lists.apply(&changed(stranger(4))), Taken::Changed);
        assert_eq!((names(lists.conversations()), names(lists.requests())), (vec!["3", "2", "1"], vec!["4"]));
        lists.apply(&changed(ConversationRow { blocked: true, ..stranger(4) }));
        lists.apply(&changed(ConversationRow { priority: -1, ..row(3, 30) }));
        lists.apply(&Event::ConversationRemoved(row(2, 0).id));
        lists.apply(&changed(ConversationRow { active_at: Timestamp::ZERO, ..stranger(5) }));
        assert_eq!((names(lists.conversations()), names(lists.requests())), (vec!["1"], vec![]));
        lists.apply(&changed(ConversationRow { blocked: true, ..row(1, 10) }));
        lists.apply(&changed(ConversationRow { approved_me: false, ..stranger(6) }));
        assert_eq!(
            names(lists.conversations()),
            ["6", "1"],
            "an accepted person stays, and so does whom we wrote to first"
        );
        assert_eq!(lists.apply(&Event::ConversationRemoved(row(2, 0).id)), Taken::Nothing);
    }

    #[test]
    fn two_that_no_row_tells_apart_are_asked_for_and_so_is_what_was_missed() {
        let mut lists = lists(3);
        assert_eq!(lists.apply(&changed(row(7, 20))), Taken::Stale);
        assert_eq!(lists.apply(&Event::Resync), Taken::Stale);
        assert_eq!(Taken::Changed.and(Taken::Nothing).and(Taken::Stale), Taken::Stale);
    }
}
