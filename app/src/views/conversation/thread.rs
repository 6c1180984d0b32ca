//! The rows of a conversation: a window that slides, keeps its place by content and is marked as read where it was seen.

use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{Before, Event, MessageId, MessageRow, Timestamp};
use serde::Deserialize;

use super::Here;
use super::bubble::{Bubble, Line};
use super::menu::{Chosen, Menu};
use crate::components::{Avatar, Icon};
use crate::shell::Place;
use crate::state::late::Late;
use crate::state::window::{Outcome, PAGE, WINDOW, Window};
use crate::state::{use_account, use_state};
use crate::{t, when};

/// Rows drawn one after the other by the same person within this time belong together.
const CLUSTER: Duration = Duration::from_secs(5 * 60);
/// What belongs together comes together: a burst is drawn once a frame.
const FRAME: Duration = Duration::from_millis(16);

/// What the list in the page tells.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ListMessage {
    /// The reader comes near the first row.
    Older,
    /// The reader comes near the last row.
    Newer,
    /// The reader reached or left the end.
    End { end: bool },
    /// The list stands still: what is in sight.
    Settled { end: bool, last: Option<String>, first: Option<String>, offset: f64 },
}

/// The state of one list.
#[derive(Clone, Copy)]
pub struct Rows {
    pub window: Signal<Window>,
    pub chosen: Signal<Option<Chosen>>,
    ready: Signal<bool>,
    at_end: Signal<bool>,
    /// The newest row that was in sight.
    seen: CopyValue<Option<MessageId>>,
    /// Where the first row in sight stands.
    first: CopyValue<Option<Timestamp>>,
    /// What came late and stands above it.
    late: Signal<Late>,
    /// The first row that was unread when the conversation was opened.
    unread_from: Signal<Option<MessageId>>,
    /// How many were unread then.
    unread: Signal<u32>,
}

/// The list.
#[component]
pub fn Thread() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let rows = use_context_provider(|| Rows {
        window: Signal::new(Window::default()),
        chosen: Signal::new(None),
        ready: Signal::new(false),
        at_end: Signal::new(true),
        seen: CopyValue::new(None),
        first: CopyValue::new(None),
        late: Signal::new(Late::default()),
        unread_from: Signal::new(None),
        unread: Signal::new(0),
    });
    use_future(move || follow(here, rows));
    use_future(move || hear_list(here, rows));
    // Who writes wants to see it.
    use_effect(move || {
        if *here.written.read() > 0 {
            spawn(go_to_end(here, rows));
        }
    });
    // Looking again at what was in sight all the time reads it.
    use_effect(move || {
        let look = *state.look.read();
        if look.visible && look.focused {
            spawn(mark_seen(here, rows));
        }
    });
    let (window, unread_from) = (rows.window.read(), *rows.unread_from.read());
    let lines = lines(window.rows(), unread_from);
    let (oldest, newest, new_below) = (window.at_oldest, window.at_newest, window.new_below);
    let empty = rows.ready.read().then(|| window.rows().is_empty()).unwrap_or(false);
    let unread = *rows.unread.read();
    let name = here.name();
    // The days are named anew when a day ends, not with every drawing.
    let today = when::midday(state.now());
    let person = here.id().account().copied();
    let is_me = person == Some(account.client().account_id());
    drop(window);
    rsx! {
        div { class: "middle",
            div {
                class: "messages", id: "thread", role: "log", tabindex: "0", "aria-label": t!("conversation-with", name = name.clone()),
                "data-loaded": rows.ready.read().to_string(), "data-oldest": oldest.to_string(), "data-newest": newest.to_string(),
                div { class: "thread",
                    if empty {
                        div { class: "empty",
                            if let Some(account) = person {
                                Avatar { account, name: name.clone(), class: "big", note: is_me }
                            }
                            h2 { dir: "auto", "{name}" }
                            p { if is_me { {t!("conversation-empty-self")} } else { {t!("conversation-empty")} } }
                        }
                    }
                    for line in lines {
                        Shown { key: "{line.key()}", line, unread, today }
                    }
                }
            }
            FurtherUp { rows }
            Newest { rows, new_below }
            Menu { rows }
        }
    }
}

/// One line of the list. A component of its own, so that it is drawn again only when it is different.
#[component]
fn Shown(line: Line, unread: u32, today: Timestamp) -> Element {
    match line {
        Line::Day(_, at) => {
            let texts = use_state().texts.read().clone();
            rsx! { div { class: "day", time { {when::day(at, today, &texts)} } } }
        }
        Line::Unread => rsx! {
            div { class: "unread-line", "data-row": "unread", role: "separator", span { {t!("conversation-new", count = unread)} } }
        },
        Line::Row { row, next, last } => rsx! { Bubble { row, next, last } },
    }
}

/// Back to the end, with the number of what came in meanwhile.
#[component]
fn Newest(rows: Rows, new_below: u32) -> Element {
    let here = use_context::<Here>();
    if *rows.at_end.read() {
        return rsx! {};
    }
    let label =
        if new_below > 0 { t!("conversation-newest-count", count = new_below) } else { t!("conversation-newest") };
    rsx! {
        button { class: "newest", r#type: "button", id: "newest", "aria-label": label,
            onclick: move |_| {
                spawn(go_to_end(here, rows));
            },
            if new_below > 0 {
                span { class: "count", "{new_below.min(999)}" }
            }
            Icon { name: "down", small: true }
        }
    }
}

/// Up to what came late, with its number.
#[component]
fn FurtherUp(rows: Rows) -> Element {
    let here = use_context::<Here>();
    let count = rows.late.read().count();
    if count == 0 {
        return rsx! {};
    }
    rsx! {
        button { class: "newest further-up", r#type: "button", id: "late",
            onclick: move |_| {
                spawn(go_to_late(here, rows));
            },
            {t!("conversation-late", count = count)}
        }
    }
}

/// Shows the first letter that came late; the line of what is new stands above it.
async fn go_to_late(here: Here, mut rows: Rows) {
    let Some(message) = rows.late.peek().first() else { return };
    let inside = rows.window.peek().row(message).is_some();
    if !inside && !around(&use_account_now().client().conversation(&here.id()), rows, message).await {
        rows.late.set(Late::default());
        return;
    }
    rows.at_end.set(false);
    let row = message.as_i64();
    document::eval(&format!(
        "requestAnimationFrame(() => requestAnimationFrame(() => onionskin.jump('thread', '{row}')))"
    ));
}

/// Shows the newest rows and stays with them.
async fn go_to_end(here: Here, rows: Rows) {
    if !rows.window.peek().at_newest {
        latest(&use_account_now().client().conversation(&here.id()), rows).await;
    }
    leave_end(rows, true);
    document::eval("requestAnimationFrame(() => requestAnimationFrame(() => onionskin.jump('thread', null)))");
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        self.window == other.window
    }
}

fn leave_end(mut rows: Rows, end: bool) {
    if *rows.at_end.peek() != end {
        rows.at_end.set(end);
    }
    if end && rows.window.peek().new_below > 0 {
        rows.window.write().new_below = 0;
    }
}

/// Reads what is shown and follows the events from then on. Listens first: nothing falls between.
async fn follow(mut here: Here, mut rows: Rows) {
    let account = use_account_now();
    let client = account.client();
    let mut events = client.events();
    let conversation = client.conversation(&here.id());
    begin(&conversation, here, rows).await;
    while let Some(first) = events.next().await {
        tokio::time::sleep(FRAME).await;
        let mut batch = vec![first];
        while let Some(event) = events.try_next() {
            batch.push(event);
        }
        let (id, at_end) = (here.id(), *rows.at_end.peek());
        let mut stale = false;
        let concerned: Vec<&Event> = batch.iter().filter(|event| concerns(event, &id)).collect();
        for event in &batch {
            match event {
                Event::ConversationChanged(row) if row.id == id => {
                    here.row.set(Some(onionskin_core::ConversationRow::clone(row)))
                }
                Event::ConversationRemoved(gone) if *gone == id => stale = true,
                _ => (),
            }
        }
        note_late(rows, &concerned);
        if !concerned.is_empty() {
            let mut window = rows.window.peek().clone();
            let mut changed = false;
            for event in concerned {
                match window.apply(event, at_end) {
                    Outcome::Stale => stale = true,
                    Outcome::Changed => changed = true,
                    Outcome::Nothing => (),
                }
            }
            if changed && !stale {
                rows.window.set(window);
            }
        }
        if stale {
            here.row.set(conversation.row().await.ok().flatten());
            again(&conversation, rows).await;
        }
    }
}

/// A letter that came late is not in sight: the reader is told, and the line of what is new stands above it.
fn note_late(mut rows: Rows, events: &[&Event]) {
    let mut late = rows.late.peek().clone();
    let first = *rows.first.peek();
    for event in events {
        late.apply(event, first);
    }
    if late == *rows.late.peek() {
        return;
    }
    if late.count() > rows.late.peek().count() {
        rows.unread_from.set(late.first());
        rows.unread.set(late.count());
    }
    rows.late.set(late);
}

fn use_account_now() -> crate::state::Account {
    consume_context::<crate::state::Account>()
}

fn concerns(event: &Event, id: &onionskin_core::ConversationId) -> bool {
    match event {
        Event::MessageAdded(row) | Event::MessageChanged(row) => row.conversation == *id,
        Event::MessageRemoved { conversation, .. } => conversation == id,
        Event::Resync => true,
        _ => false,
    }
}

/// The first page: where the reader was, else at what is unread, else the end.
async fn begin(conversation: &onionskin_core::Conversation, mut here: Here, mut rows: Rows) {
    let row = conversation.row().await.ok().flatten();
    let unread = row.as_ref().map_or(0, |row| row.unread);
    // Opening takes the mark away, also where there is nothing that could come in sight.
    if row.as_ref().is_some_and(|row| row.marked_unread)
        && let Err(error) = conversation.mark_read_up_to(Timestamp::ZERO).await
    {
        tracing::warn!(?error, "a mark could not be taken away");
    }
    here.row.set(row);
    let first_unread = conversation.first_unread().await.ok().flatten();
    let place = consume_context::<crate::state::State>().shell().place(&here.id());
    if let Some(place) = place
        && around(conversation, rows, place.message).await
    {
        rows.at_end.set(false);
        note_unread_above(rows, place.message, first_unread).await;
    } else {
        let limit = PAGE.max(unread.saturating_add(20)).min(u32::try_from(WINDOW).unwrap_or(PAGE));
        let page = conversation.messages(Before::Latest, limit).await.unwrap_or_default();
        let oldest = page.len() < limit as usize;
        let within = first_unread.is_none_or(|unread| page.iter().any(|row| row.id == unread));
        // A letter that came late may stand far from the end.
        match first_unread {
            Some(unread) if !within && around(conversation, rows, unread).await => (),
            _ => rows.window.write().reset(page, oldest, true),
        }
        if unread > 0 {
            rows.unread_from.set(first_unread);
            rows.unread.set(unread);
            rows.at_end.set(first_unread.is_none());
        }
    }
    rows.ready.set(true);
}

/// A window around one row; `false` when that row is gone.
async fn around(conversation: &onionskin_core::Conversation, mut rows: Rows, message: MessageId) -> bool {
    let Ok(newer) = conversation.messages_after(message, PAGE).await else { return false };
    let Ok(mut page) = conversation.messages(Before::Message(message), PAGE).await else { return false };
    let at_oldest = page.len() < PAGE as usize;
    let Ok(Some(row)) = use_account_now().client().message(message).await else { return false };
    let at_newest = newer.len() < PAGE as usize;
    page.push(row);
    page.extend(newer);
    rows.window.write().reset(page, at_oldest, at_newest);
    true
}

async fn latest(conversation: &onionskin_core::Conversation, mut rows: Rows) {
    if let Ok(page) = conversation.messages(Before::Latest, PAGE).await {
        let oldest = page.len() < PAGE as usize;
        rows.window.write().reset(page, oldest, true);
    }
}

/// Reads again what is shown, wherever the reader is.
async fn again(conversation: &onionskin_core::Conversation, rows: Rows) {
    let anchor = if *rows.at_end.peek() { None } else { rows.window.peek().first() };
    match anchor {
        Some(message) if around(conversation, rows, message).await => (),
        _ => latest(conversation, rows).await,
    }
}

/// Hears the list in the page for as long as the conversation is shown.
async fn hear_list(here: Here, mut rows: Rows) {
    let state = consume_context::<crate::state::State>();
    let client = use_account_now().client();
    let conversation = client.conversation(&here.id());
    let place = match state.shell().place(&here.id()) {
        Some(place) => serde_json::json!({ "id": place.message.as_i64().to_string(), "offset": place.offset }),
        None => serde_json::Value::Null,
    };
    let mut page = document::eval(&format!(
        "const start = () => {{
            const list = document.getElementById('thread');
            if (!list || list.dataset.loaded !== 'true') return requestAnimationFrame(start);
            const field = document.getElementById('draft');
            if (field && document.activeElement === document.body && matchMedia('(min-width: 900px) and (pointer: fine)').matches) field.focus({{ preventScroll: true }});
            const unread = list.querySelector('[data-row=\"unread\"]');
            onionskin.keep(list, {place} || (unread ? {{ id: 'unread', offset: 72 }} : null), (message) => dioxus.send(message));
        }};
        start();
        await new Promise(() => {{}});"
    ));
    while let Ok(message) = page.recv::<ListMessage>().await {
        match message {
            ListMessage::Older => {
                let first = rows.window.peek().first();
                if let Some(first) = first
                    && !rows.window.peek().at_oldest
                    && let Ok(older) = conversation.messages(Before::Message(first), PAGE).await
                {
                    let complete = older.len() < PAGE as usize;
                    rows.window.write().extend_older(older, complete);
                }
            }
            ListMessage::Newer => {
                let last = rows.window.peek().last();
                if let Some(last) = last
                    && !rows.window.peek().at_newest
                    && let Ok(newer) = conversation.messages_after(last, PAGE).await
                {
                    let complete = newer.len() < PAGE as usize;
                    rows.window.write().extend_newer(newer, complete);
                }
            }
            ListMessage::End { end } => leave_end(rows, end && rows.window.peek().at_newest),
            ListMessage::Settled { end, last, first, offset } => {
                note_first(rows, number(first.clone()));
                leave_end(rows, end && rows.window.peek().at_newest);
                // First the place: a reader may leave while the ledger is written.
                let place = number(first).filter(|_| !end).map(|message| Place { message, offset });
                state.shell().remember_place(&here.id(), place);
                if let Some(last) = number(last) {
                    rows.seen.set(Some(last));
                    mark_seen(here, rows).await;
                }
            }
        }
    }
}

/// Notes what is the first in sight: what stands below it was seen.
fn note_first(mut rows: Rows, first: Option<MessageId>) {
    let place = first.and_then(|first| rows.window.peek().row(first).map(|row| row.ordered_at));
    rows.first.set(place);
    let Some(place) = place else { return };
    let mut late = rows.late.peek().clone();
    late.seen_from(place);
    if late != *rows.late.peek() {
        rows.late.set(late);
    }
}

/// Somebody comes back to where they were: what is unread and stands above came late.
async fn note_unread_above(mut rows: Rows, place: MessageId, unread: Option<MessageId>) {
    let at = rows.window.peek().row(place).map(|row| row.ordered_at);
    let (Some(at), Some(unread)) = (at, unread) else { return };
    let Ok(Some(row)) = use_account_now().client().message(unread).await else { return };
    rows.first.set(Some(at));
    let mut late = rows.late.peek().clone();
    late.add(&row, at);
    if late.count() > 0 {
        rows.unread_from.set(Some(unread));
        rows.unread.set(late.count());
        rows.late.set(late);
    }
}

fn number(text: Option<String>) -> Option<MessageId> {
    text?.parse().ok().map(MessageId::from_i64)
}

/// Marks as read what was in sight of somebody who looks.
async fn mark_seen(here: Here, rows: Rows) {
    let look = *consume_context::<crate::state::State>().look.peek();
    let seen = *rows.seen.peek();
    let seen = seen.and_then(|seen| rows.window.peek().row(seen).map(|row| row.ordered_at));
    let unread = here.row.peek().as_ref().is_some_and(|row| row.unread > 0 || row.marked_unread);
    let (true, true, true, Some(seen)) = (look.visible, look.focused, unread, seen) else { return };
    let conversation = use_account_now().client().conversation(&here.id());
    // What came late and stands above what is in sight was not seen.
    let from = (*rows.first.peek()).filter(|_| rows.late.peek().count() > 0).unwrap_or(Timestamp::ZERO);
    if let Err(error) = conversation.mark_read_between(from, seen).await {
        tracing::warn!(?error, "messages could not be marked as read");
    }
}

/// Rows with what stands between them.
fn lines(rows: &[MessageRow], unread_from: Option<MessageId>) -> Vec<Line> {
    let mut lines = Vec::with_capacity(rows.len() + 8);
    let mut before: Option<&MessageRow> = None;
    for (at, row) in rows.iter().enumerate() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin_core::{AccountId, ConversationId, MessageKind, MessageState};

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
        }
    }

    #[test]
    fn rows_of_one_person_within_minutes_are_one_cluster() {
        let rows = [row(1, 1, 0), row(2, 1, 1), row(3, 1, 30), row(4, 2, 31)];
        let shape: Vec<_> = lines(&rows, None)
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
        let lines = lines(&rows, Some(MessageId::from_i64(2)));
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
