//! The thread of a conversation: which rows are on its list, where its reader stands, what was seen, and how pages come
//! in.
//!
//! Signals and what changes them; what is drawn, and what the page is asked to do, belongs to the view. Listens first
//! and reads then, so that nothing falls between. What belongs together comes together: a burst is drawn once a frame.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{Before, Conversation, ConversationId, ConversationRow, Event, MessageId, MessageRow, Timestamp};

use super::late::Late;
use super::window::{Outcome, PAGE, WINDOW, Window};
use super::{Account, State};
use crate::route::Place;

/// One conversation that is open. `Copy`: hand it around.
#[derive(Clone, Copy)]
pub struct Thread {
    id: CopyValue<ConversationId>,
    state: CopyValue<State>,
    account: Account,
    /// The row of the conversation, also while it is hidden in the list; `None` before anything was said.
    pub row: Signal<Option<ConversationRow>>,
    /// The rows that are on the list.
    pub window: Signal<Window>,
    /// The first page was read.
    pub ready: Signal<bool>,
    /// The reader stands at the end.
    pub at_end: Signal<bool>,
    /// What came late and stands above what is in sight.
    pub late: Signal<Late>,
    /// The first row that was unread when the conversation was opened.
    pub unread_from: Signal<Option<MessageId>>,
    /// How many were unread then.
    pub unread: Signal<u32>,
    /// Rows that were deleted a moment ago and can be taken back: they are not shown.
    pub thrown: Signal<Vec<MessageId>>,
    /// The other person types.
    pub typing: Signal<bool>,
    /// The newest row that was in sight.
    seen: CopyValue<Option<MessageId>>,
    /// Where the first row in sight stands.
    first: CopyValue<Option<Timestamp>>,
}

impl PartialEq for Thread {
    fn eq(&self, other: &Self) -> bool {
        self.window == other.window
    }
}

/// What a list at rest shows.
#[derive(Clone, Copy, Debug)]
pub struct InSight {
    /// The end is in sight.
    pub end: bool,
    /// The first row.
    pub first: Option<MessageId>,
    /// The last row.
    pub last: Option<MessageId>,
    /// Pixels from the upper edge to the first row.
    pub offset: f64,
}

impl Thread {
    /// One that nothing was read of yet. Once, in the component of the conversation.
    pub fn new(state: State, account: Account, id: ConversationId) -> Self {
        Self {
            id: CopyValue::new(id),
            state: CopyValue::new(state),
            account,
            row: Signal::new(None),
            window: Signal::new(Window::default()),
            ready: Signal::new(false),
            at_end: Signal::new(true),
            late: Signal::new(Late::default()),
            unread_from: Signal::new(None),
            unread: Signal::new(0),
            thrown: Signal::new(Vec::new()),
            typing: Signal::new(false),
            seen: CopyValue::new(None),
            first: CopyValue::new(None),
        }
    }

    /// Which conversation.
    pub fn id(&self) -> ConversationId {
        self.id.peek().clone()
    }

    fn state(&self) -> State {
        *self.state.peek()
    }

    fn conversation(&self) -> Conversation {
        self.account.client().conversation(&self.id())
    }

    /// Where the reader was when the conversation was left.
    pub fn place(&self) -> Option<Place> {
        self.state().shell().place(&self.id())
    }

    /// Reads what is shown and follows the events from then on.
    pub async fn follow(self) {
        let mut events = self.account.client().events();
        self.begin().await;
        while let Some(first) = events.next().await {
            tokio::time::sleep(FRAME).await;
            let mut batch = vec![first];
            while let Some(event) = events.try_next() {
                batch.push(event);
            }
            self.take_in(&batch).await;
        }
    }

    /// Follows what is thrown away and taken out again.
    pub async fn follow_basket(mut self) {
        let basket = self.state().shell().basket().clone();
        let mut changes = basket.changes();
        loop {
            let thrown = basket.holds(&self.account.client());
            if *self.thrown.peek() != thrown {
                self.thrown.set(thrown);
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    async fn take_in(mut self, batch: &[Event]) {
        let (id, at_end) = (self.id(), *self.at_end.peek());
        let mut stale = false;
        for event in batch {
            match event {
                Event::ConversationChanged(row) if row.id == id => self.row.set(Some(ConversationRow::clone(row))),
                Event::ConversationRemoved(gone) if *gone == id => stale = true,
                Event::Typing { conversation, typing } if *conversation == id => self.typing.set(*typing),
                _ => (),
            }
        }
        let concerned: Vec<&Event> = batch.iter().filter(|event| concerns(event, &id)).collect();
        self.note_late(&concerned);
        if !concerned.is_empty() {
            let mut window = self.window.peek().clone();
            let outcomes: Vec<Outcome> = concerned.into_iter().map(|event| window.apply(event, at_end)).collect();
            stale |= outcomes.contains(&Outcome::Stale);
            if outcomes.contains(&Outcome::Changed) && !stale {
                self.window.set(window);
            }
        }
        if stale {
            self.row.set(self.conversation().row().await.ok().flatten());
            self.again().await;
        }
    }

    /// The first page: where the reader was, else at what is unread, else the end.
    async fn begin(mut self) {
        let conversation = self.conversation();
        let row = conversation.row().await.ok().flatten();
        let unread = row.as_ref().map_or(0, |row| row.unread);
        // Opening takes the mark away, also where there is nothing that could come in sight.
        if row.as_ref().is_some_and(|row| row.marked_unread)
            && let Err(error) = conversation.mark_read_up_to(Timestamp::ZERO).await
        {
            tracing::warn!(?error, "a mark could not be taken away");
        }
        self.row.set(row);
        let first_unread = conversation.first_unread().await.ok().flatten();
        if let Some(place) = self.place()
            && self.around(place.message).await
        {
            self.at_end.set(false);
            self.note_unread_above(place.message, first_unread).await;
        } else {
            self.begin_at_unread(unread, first_unread).await;
        }
        self.ready.set(true);
    }

    async fn begin_at_unread(mut self, unread: u32, first_unread: Option<MessageId>) {
        let limit = PAGE.max(unread.saturating_add(20)).min(u32::try_from(WINDOW).unwrap_or(PAGE));
        let page = self.conversation().messages(Before::Latest, limit).await.unwrap_or_default();
        let oldest = page.len() < limit as usize;
        let within = first_unread.is_none_or(|unread| page.iter().any(|row| row.id == unread));
        // A letter that came late may stand far from the end.
        match first_unread {
            Some(unread) if !within && self.around(unread).await => (),
            _ => self.window.write().reset(page, oldest, true),
        }
        if unread > 0 {
            self.unread_from.set(first_unread);
            self.unread.set(unread);
            self.at_end.set(first_unread.is_none());
        }
    }

    /// A window around one row; `false` when that row is gone.
    pub async fn around(mut self, message: MessageId) -> bool {
        let conversation = self.conversation();
        let Ok(newer) = conversation.messages_after(message, PAGE).await else { return false };
        let Ok(mut page) = conversation.messages(Before::Message(message), PAGE).await else { return false };
        let at_oldest = page.len() < PAGE as usize;
        let Ok(Some(row)) = self.account.client().message(message).await else { return false };
        let at_newest = newer.len() < PAGE as usize;
        page.push(row);
        page.extend(newer);
        self.window.write().reset(page, at_oldest, at_newest);
        true
    }

    async fn latest(mut self) {
        if let Ok(page) = self.conversation().messages(Before::Latest, PAGE).await {
            let oldest = page.len() < PAGE as usize;
            self.window.write().reset(page, oldest, true);
        }
    }

    /// Reads again what is shown, wherever the reader is.
    async fn again(self) {
        let anchor = if *self.at_end.peek() { None } else { self.window.peek().first() };
        match anchor {
            Some(message) if self.around(message).await => (),
            _ => self.latest().await,
        }
    }

    /// The reader comes near the first row.
    pub async fn older(mut self) {
        let first = self.window.peek().first();
        if let Some(first) = first
            && !self.window.peek().at_oldest
            && let Ok(older) = self.conversation().messages(Before::Message(first), PAGE).await
        {
            let complete = older.len() < PAGE as usize;
            self.window.write().extend_older(older, complete);
        }
    }

    /// The reader comes near the last row.
    pub async fn newer(mut self) {
        let last = self.window.peek().last();
        if let Some(last) = last
            && !self.window.peek().at_newest
            && let Ok(newer) = self.conversation().messages_after(last, PAGE).await
        {
            let complete = newer.len() < PAGE as usize;
            self.window.write().extend_newer(newer, complete);
        }
    }

    /// The newest rows: what who writes, and who asks for them, wants to see.
    pub async fn to_end(self) {
        if !self.window.peek().at_newest {
            self.latest().await;
        }
        self.note_end(true);
    }

    /// The first letter that came late, once its row is on the list.
    pub async fn to_late(mut self) -> Option<MessageId> {
        let message = self.late.peek().first()?;
        if !self.to(message).await {
            self.late.set(Late::default());
            return None;
        }
        Some(message)
    }

    /// Away from the end, to one row; `false` when that row is gone.
    pub async fn to(mut self, message: MessageId) -> bool {
        let inside = self.window.peek().row(message).is_some();
        if !inside && !self.around(message).await {
            return false;
        }
        self.at_end.set(false);
        true
    }

    /// The reader reached or left the end.
    pub fn note_end(mut self, end: bool) {
        let end = end && self.window.peek().at_newest;
        if *self.at_end.peek() != end {
            self.at_end.set(end);
        }
        if end && self.window.peek().new_below > 0 {
            self.window.write().new_below = 0;
        }
    }

    /// The list stands still.
    pub async fn settled(mut self, sight: InSight) {
        self.note_first(sight.first);
        self.note_end(sight.end);
        // First the place: a reader may leave while the ledger is written.
        let place = sight.first.filter(|_| !sight.end).map(|message| Place { message, offset: sight.offset });
        self.state().shell().remember_place(&self.id(), place);
        if let Some(last) = sight.last {
            self.seen.set(Some(last));
            self.mark_seen().await;
        }
    }

    /// Notes what is the first in sight: what stands below it was seen.
    fn note_first(mut self, first: Option<MessageId>) {
        let place = first.and_then(|first| self.window.peek().row(first).map(|row| row.ordered_at));
        self.first.set(place);
        let Some(place) = place else { return };
        let mut late = self.late.peek().clone();
        late.seen_from(place);
        if late != *self.late.peek() {
            self.late.set(late);
        }
    }

    /// A letter that came late is not in sight: the reader is told, and the line of what is new stands above it.
    fn note_late(mut self, events: &[&Event]) {
        let mut late = self.late.peek().clone();
        let first = *self.first.peek();
        for event in events {
            late.apply(event, first);
        }
        if late == *self.late.peek() {
            return;
        }
        if late.count() > self.late.peek().count() {
            self.unread_from.set(late.first());
            self.unread.set(late.count());
        }
        self.late.set(late);
    }

    /// Somebody comes back to where they were: what is unread and stands above came late.
    async fn note_unread_above(mut self, place: MessageId, unread: Option<MessageId>) {
        let at = self.window.peek().row(place).map(|row| row.ordered_at);
        let (Some(at), Some(unread)) = (at, unread) else { return };
        let Ok(Some(row)) = self.account.client().message(unread).await else { return };
        self.first.set(Some(at));
        let mut late = self.late.peek().clone();
        late.add(&row, at);
        if late.count() > 0 {
            self.unread_from.set(Some(unread));
            self.unread.set(late.count());
            self.late.set(late);
        }
    }

    /// Marks as read what was in sight of somebody who looks.
    pub async fn mark_seen(self) {
        let look = *self.state().look.peek();
        let seen = *self.seen.peek();
        let seen = seen.and_then(|seen| self.window.peek().row(seen).map(|row| row.ordered_at));
        let unread = self.row.peek().as_ref().is_some_and(|row| row.unread > 0 || row.marked_unread);
        let (true, true, true, Some(seen)) = (look.visible, look.focused, unread, seen) else { return };
        // What came late and stands above what is in sight was not seen.
        let from = (*self.first.peek()).filter(|_| self.late.peek().count() > 0).unwrap_or(Timestamp::ZERO);
        if let Err(error) = self.conversation().mark_read_between(from, seen).await {
            tracing::warn!(?error, "messages could not be marked as read");
        }
    }

    /// The row of a message that is on the list.
    pub fn message(&self, id: MessageId) -> Option<MessageRow> {
        self.window.read().row(id).cloned()
    }
}

fn concerns(event: &Event, id: &ConversationId) -> bool {
    match event {
        Event::MessageAdded(row) | Event::MessageChanged(row) => row.conversation == *id,
        Event::MessageRemoved { conversation, .. } => conversation == id,
        Event::Resync => true,
        _ => false,
    }
}

/// What belongs together comes together: a burst is drawn once a frame.
const FRAME: Duration = Duration::from_millis(16);
