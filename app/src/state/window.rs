//! A window of rows over a conversation of any length: pages in, pages out, and never a row twice.
//!
//! Pure: it holds rows and is told what happened; whoever owns it reads the pages from core. At most [`WINDOW`] rows
//! are on the screen's list, however long the conversation is. Rows stand in core's order: by their place, then
//! by when and by whom they were written.

use onionskin_core::{AccountId, Event, MessageId, MessageRow, Timestamp};

/// Rows read at once.
pub const PAGE: u32 = 60;
/// Most rows kept.
pub const WINDOW: usize = 240;

/// The rows of one conversation that are on the list, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Window {
    rows: Vec<MessageRow>,
    /// Nothing older exists.
    pub at_oldest: bool,
    /// Nothing newer exists outside of the window.
    pub at_newest: bool,
    /// What came in since the reader left the end.
    pub new_below: u32,
}

/// What an event meant for the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing that is shown.
    #[default]
    Nothing,
    /// Something that is shown changed.
    Changed,
    /// Events were missed: read again what is shown.
    Stale,
}

impl Window {
    /// The rows, oldest first.
    pub fn rows(&self) -> &[MessageRow] {
        &self.rows
    }

    /// The oldest row.
    pub fn first(&self) -> Option<MessageId> {
        self.rows.first().map(|row| row.id)
    }

    /// The newest row.
    pub fn last(&self) -> Option<MessageId> {
        self.rows.last().map(|row| row.id)
    }

    /// The row with this number.
    pub fn row(&self, id: MessageId) -> Option<&MessageRow> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// Shows this page and nothing else.
    pub fn reset(&mut self, page: Vec<MessageRow>, at_oldest: bool, at_newest: bool) {
        *self = Self { rows: page, at_oldest, at_newest, new_below: if at_newest { 0 } else { self.new_below } };
        self.rows.sort_by_key(place);
        self.rows.dedup_by_key(|row| row.id);
    }

    /// Adds the page before the first row; `complete` says that nothing is older than it. What no longer fits goes at
    /// the end.
    pub fn extend_older(&mut self, page: Vec<MessageRow>, complete: bool) {
        self.take_in(page);
        self.at_oldest |= complete;
        self.trim_newest();
    }

    /// Adds the page after the last row; `complete` says that nothing is newer. What no longer fits goes at the
    /// beginning.
    pub fn extend_newer(&mut self, page: Vec<MessageRow>, complete: bool) {
        self.take_in(page);
        self.at_newest |= complete;
        self.trim_oldest();
    }

    /// Takes an event of this conversation in. `at_end`: the reader stands at the end, so what is new belongs on the
    /// screen.
    pub fn apply(&mut self, event: &Event, at_end: bool) -> Outcome {
        match event {
            Event::MessageAdded(row) => {
                let below = self.rows.last().is_none_or(|last| place(last) < place(row));
                if below && !row.outgoing && !at_end && self.row(row.id).is_none() {
                    self.new_below = self.new_below.saturating_add(1);
                }
                self.add(row, at_end)
            }
            Event::MessageChanged(row) => match self.rows.iter_mut().find(|known| known.id == row.id) {
                Some(known) if place(known) == place(row) => {
                    *known = MessageRow::clone(row);
                    Outcome::Changed
                }
                // It has another date, and may stand outside of the window now.
                Some(_) => {
                    self.rows.retain(|known| known.id != row.id);
                    self.add(row, at_end);
                    Outcome::Changed
                }
                // Its addition may have been told before anybody listened.
                None => self.add(row, at_end),
            },
            Event::MessageRemoved { message, .. } => {
                let before = self.rows.len();
                self.rows.retain(|row| row.id != *message);
                if self.rows.len() < before { Outcome::Changed } else { Outcome::Nothing }
            }
            Event::Resync => Outcome::Stale,
            _ => Outcome::Nothing,
        }
    }

    fn add(&mut self, row: &MessageRow, at_end: bool) -> Outcome {
        if self.row(row.id).is_some() {
            return Outcome::Nothing;
        }
        let after_all = self.rows.last().is_none_or(|last| place(last) < place(row));
        let before_all = self.rows.first().is_none_or(|first| place(row) < place(first));
        if (after_all && !self.at_newest) || (before_all && !after_all && !self.at_oldest) {
            // It will come with its page.
            return if after_all { Outcome::Changed } else { Outcome::Nothing };
        }
        let at = self.rows.partition_point(|known| place(known) < place(row));
        self.rows.insert(at, row.clone());
        if at_end {
            self.trim_oldest()
        } else {
            self.trim_newest()
        }
        Outcome::Changed
    }

    fn take_in(&mut self, page: Vec<MessageRow>) {
        for row in page {
            match self.rows.iter_mut().find(|known| known.id == row.id) {
                Some(known) => *known = row,
                None => self.rows.push(row),
            }
        }
        self.rows.sort_by_key(place);
    }

    fn trim_oldest(&mut self) {
        let over = self.rows.len().saturating_sub(WINDOW);
        if over > 0 {
            self.rows.drain(..over);
            self.at_oldest = false;
        }
    }

    fn trim_newest(&mut self) {
        if self.rows.len() > WINDOW {
            self.rows.truncate(WINDOW);
            self.at_newest = false;
        }
    }
}

/// Core's order.
fn place(row: &MessageRow) -> (Timestamp, Timestamp, AccountId) {
    (row.ordered_at, row.sent_at, row.sender)
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin_core::{ConversationId, Disappearing, MessageKind, MessageState};
    use std::sync::Arc;

    fn row(number: u64) -> MessageRow {
        let sender = AccountId::from_x25519([u8::try_from(number % 2).unwrap(); 32]);
        MessageRow {
            id: MessageId::from_i64(i64::try_from(number).unwrap()),
            conversation: ConversationId::from(sender),
            sender,
            outgoing: number.is_multiple_of(5),
            kind: MessageKind::Text,
            sent_at: Timestamp::from_millis(number / 2),
            received_at: Timestamp::ZERO,
            ordered_at: Timestamp::from_millis(number / 2),
            body: number.to_string(),
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

    fn rows(numbers: std::ops::Range<u64>) -> Vec<MessageRow> {
        numbers.map(row).collect()
    }

    fn numbers(window: &Window) -> Vec<i64> {
        window.rows().iter().map(|row| row.id.as_i64()).collect()
    }

    fn added(number: u64) -> Event {
        Event::MessageAdded(Arc::new(row(number)))
    }

    #[test]
    fn pages_slide_the_window_and_it_never_grows() {
        let mut window = Window::default();
        window.reset(rows(1_000..1_060), false, true);
        for older in [940, 880, 820, 760, 700] {
            window.extend_older(rows(older..older + 60), false);
        }
        assert_eq!(window.rows().len(), WINDOW);
        assert_eq!((numbers(&window)[0], window.at_newest), (700, false));
        window.extend_newer(rows(930..1_060), true);
        assert_eq!(numbers(&window).last(), Some(&1_059));
        assert_eq!((window.rows().len(), window.at_newest, window.at_oldest), (WINDOW, true, false));
    }

    #[test]
    fn a_reader_above_keeps_the_rows_in_sight_and_the_count_grows() {
        let mut window = Window::default();
        window.reset(rows(0..100), true, true);
        for number in 100..1_100 {
            window.apply(&added(number), false);
        }
        assert_eq!(numbers(&window), (0..240).collect::<Vec<_>>());
        assert_eq!((window.new_below, window.at_newest), (800, false));
    }

    #[test]
    fn a_reader_at_the_end_follows() {
        let mut window = Window::default();
        window.reset(rows(0..100), true, true);
        for number in 100..1_100 {
            assert_eq!(window.apply(&added(number), true), Outcome::Changed);
        }
        assert_eq!(numbers(&window), (860..1_100).collect::<Vec<_>>());
        assert_eq!((window.new_below, window.at_newest, window.at_oldest), (0, true, false));
    }

    #[test]
    fn the_same_row_is_never_shown_twice_and_a_late_one_finds_its_place() {
        let mut window = Window::default();
        window.reset(vec![row(10), row(14)], false, true);
        assert_eq!(window.apply(&added(12), true), Outcome::Changed);
        assert_eq!(window.apply(&added(12), true), Outcome::Nothing);
        assert_eq!(window.apply(&added(2), true), Outcome::Nothing, "older than the window: comes with its page");
        window.extend_older(vec![row(2), row(10)], true);
        assert_eq!(numbers(&window), [2, 10, 12, 14]);
    }

    #[test]
    fn a_change_of_a_row_outside_of_the_window_is_nothing_new() {
        let mut window = Window::default();
        window.reset(rows(100..160), false, false);
        window.apply(&Event::MessageChanged(Arc::new(row(401))), false);
        window.apply(&Event::MessageChanged(Arc::new(row(41))), false);
        assert_eq!((numbers(&window), window.new_below), ((100..160).collect(), 0));
        window.apply(&added(403), false);
        assert_eq!(window.new_below, 1);
    }

    #[test]
    fn a_row_that_gets_another_date_moves_or_leaves_the_window() {
        let dated = |number: u64, at: u64| {
            let at = Timestamp::from_millis(at);
            Event::MessageChanged(Arc::new(MessageRow { sent_at: at, ordered_at: at, ..row(number) }))
        };
        let mut window = Window::default();
        window.reset(vec![row(100), row(120), row(140)], false, true);
        assert_eq!(window.apply(&dated(140, 55), true), Outcome::Changed);
        assert_eq!(numbers(&window), [100, 140, 120]);
        assert_eq!(window.apply(&dated(140, 5), true), Outcome::Changed);
        assert_eq!(numbers(&window), [100, 120], "older than the window: comes with its page");
    }

    #[test]
    fn changes_removals_and_missed_events_are_told_apart() {
        let mut window = Window::default();
        window.reset(rows(0..4), true, true);
        let changed = MessageRow { body: "other".into(), ..row(2) };
        assert_eq!(window.apply(&Event::MessageChanged(Arc::new(changed)), true), Outcome::Changed);
        assert_eq!(window.row(MessageId::from_i64(2)).unwrap().body, "other");
        let gone = Event::MessageRemoved { message: MessageId::from_i64(1), conversation: row(1).conversation };
        assert_eq!((window.apply(&gone, true), window.apply(&gone, true)), (Outcome::Changed, Outcome::Nothing));
        assert_eq!(window.apply(&Event::Resync, true), Outcome::Stale);
    }

    /// Whatever happens in whatever order, the window is a run of the whole conversation without a gap.
    #[test]
    fn the_window_is_always_a_run_of_the_whole() {
        let mut seed = 0x9E37_79B9_u64;
        let mut random = move |below: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed % below
        };
        for _ in 0..60 {
            let mut all: Vec<MessageRow> = rows(0..200 + random(400));
            let mut next = all.len() as u64;
            let mut window = Window::default();
            window.reset(all[all.len() - 60..].to_vec(), false, true);
            for _ in 0..200 {
                match random(6) {
                    0 | 1 => {
                        let first = all.iter().position(|row| Some(row.id) == window.first()).unwrap_or(0);
                        let from = first.saturating_sub(60);
                        window.extend_older(all[from..first].to_vec(), from == 0);
                    }
                    2 => {
                        let last =
                            all.iter().position(|row| Some(row.id) == window.last()).map_or(all.len(), |at| at + 1);
                        let to = (last + 60).min(all.len());
                        window.extend_newer(all[last..to].to_vec(), to == all.len());
                    }
                    3 => {
                        let gone = all.remove(usize::try_from(random(all.len() as u64)).unwrap());
                        let event = Event::MessageRemoved { message: gone.id, conversation: gone.conversation.clone() };
                        window.apply(&event, random(2) == 0);
                    }
                    _ => {
                        all.push(row(next));
                        window.apply(&added(next), random(2) == 0);
                        next += 1;
                    }
                }
                assert!(window.rows().len() <= WINDOW);
                let Some(first) = window.first() else { continue };
                let at = all.iter().position(|row| row.id == first).unwrap();
                let run: Vec<_> = all[at..at + window.rows().len()].iter().map(|row| row.id.as_i64()).collect();
                assert_eq!(numbers(&window), run);
                assert!(!window.at_oldest || at == 0);
                assert!(!window.at_newest || at + window.rows().len() == all.len());
            }
        }
    }
}
