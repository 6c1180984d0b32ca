//! Where letters are written. The page owns the text, and nothing typed is ever lost.
//!
//! The page takes a letter out of the field in the very moment it is sent, so that what is typed next is the next letter,
//! however fast. Until the letter is stored it counts as part of the draft; what could not be stored comes back into the
//! field, in front of what was typed since.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{Client, ConversationId, Draft, Error, MAX_TEXT_POINTS};
use tokio::sync::{Mutex as Turn, mpsc};
use zeroize::Zeroizing;

use super::Here;
use crate::components::{Icon, empty};
use crate::state::{sentence, use_account, use_state};
use crate::t;

const FIELD: &str = "draft";
/// The hidden field in which the page hands a letter over.
const LETTER: &str = "letter";
/// A pause in typing after which the draft is kept.
const PAUSE: Duration = Duration::from_millis(250);

/// What was written and is not stored yet.
#[derive(Default)]
struct Held {
    /// Letters on their way to the ledger, in their order.
    leaving: VecDeque<Zeroizing<String>>,
    /// What stands in the field.
    typed: Zeroizing<String>,
    /// Counts changes: whoever waits for a pause sees whether there was one.
    changes: u64,
}

impl Held {
    /// Everything that would be lost if the program ended now.
    fn draft(&self) -> Zeroizing<String> {
        let parts: Vec<&str> = self
            .leaving
            .iter()
            .chain([&self.typed])
            .map(|text| text.as_str())
            .filter(|text| !text.is_empty())
            .collect();
        Zeroizing::new(parts.join("\n"))
    }

    fn type_text(&mut self, text: String) {
        self.typed = Zeroizing::new(text);
        self.changes += 1;
    }

    /// A letter leaves the field; what was typed behind it stays.
    fn leave(&mut self, letter: Zeroizing<String>) {
        let rest = self.typed.strip_prefix(letter.as_str()).map(str::to_owned);
        self.typed = Zeroizing::new(rest.unwrap_or_default());
        self.leaving.push_back(letter);
        self.changes += 1;
    }

    /// The letter in front could not be stored: it stands in the field again.
    fn come_back(&mut self) {
        if let Some(letter) = self.leaving.pop_front() {
            let typed = std::mem::take(&mut self.typed);
            self.typed = if typed.is_empty() { letter } else { Zeroizing::new(format!("{}\n{}", *letter, *typed)) };
            self.changes += 1;
        }
    }
}

/// The desk of one conversation; lives on while letters leave it, also when the screen is gone.
struct Desk {
    client: Client,
    id: ConversationId,
    held: Mutex<Held>,
    /// One keeping at a time, so that an older draft never replaces a newer one.
    turn: Turn<()>,
}

impl Desk {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep_draft(&self) {
        let _turn = self.turn.lock().await;
        let draft = self.held().draft();
        if let Err(error) = self.client.conversation(&self.id).set_draft(&draft).await {
            tracing::warn!(?error, "draft could not be kept");
        }
    }

    /// Stores one letter after the other, in the order in which they were written.
    async fn carry(&self, mut bell: mpsc::UnboundedReceiver<()>, failed: mpsc::UnboundedSender<(String, Error)>) {
        while bell.recv().await.is_some() {
            let Some(letter) = self.held().leaving.front().cloned() else { continue };
            match self.client.conversation(&self.id).send(Draft::text(letter.as_str())).await {
                Ok(_) => drop(self.held().leaving.pop_front()),
                Err(error) => {
                    self.held().come_back();
                    let _ = failed.send((letter.to_string(), error));
                }
            }
            self.keep_draft().await;
        }
    }
}

/// The field and its button.
#[component]
pub fn Composer() -> Element {
    let state = use_state();
    let writing = use_writing();
    let enter = if state.preferences.read().enter_sends { "sends" } else { "lines" };
    rsx! {
        if let Some(wrong) = (writing.wrong)() {
            p { class: "wrong composer-wrong", id: "composer-wrong", role: "alert", Icon { name: "warning", small: true } span { "{wrong}" } }
        }
        form { class: "composer", onsubmit: move |event| writing.send(&event),
            input { r#type: "hidden", name: LETTER }
            div { class: "field",
                div { class: "line",
                    textarea {
                        id: FIELD, rows: "1", dir: "auto", "aria-label": t!("composer-label"), placeholder: t!("composer-label"),
                        autocomplete: "off", "data-enter": enter, "data-limit": "{MAX_TEXT_POINTS}", oninput: move |event| writing.note(&event),
                    }
                }
            }
            button { class: "round", r#type: "submit", id: "send", "data-keeps-focus": "true", "aria-label": t!("composer-send"), Icon { name: "send", flip: true } }
        }
    }
}

/// The desk, as the screen of its conversation has it.
#[derive(Clone, Copy)]
struct Writing {
    here: Here,
    desk: CopyValue<Arc<Desk>>,
    /// Rings when a letter leaves.
    bell: CopyValue<mpsc::UnboundedSender<()>>,
    /// What is wrong with the text in the field.
    wrong: Signal<Option<String>>,
}

/// Sets up the desk; it keeps what is unsent when the screen goes.
fn use_writing() -> Writing {
    let (account, here) = (use_account(), use_context::<Here>());
    let wrong = use_signal(|| None::<String>);
    let (desk, bell, failures) = use_hook(|| {
        let desk =
            Arc::new(Desk { client: account.client(), id: here.id(), held: Mutex::default(), turn: Turn::new(()) });
        let (bell, rung) = mpsc::unbounded_channel();
        let (failed, failures) = mpsc::unbounded_channel();
        let carrier = desk.clone();
        tokio::spawn(async move { carrier.carry(rung, failed).await });
        (CopyValue::new(desk), CopyValue::new(bell), CopyValue::new(Some(failures)))
    });
    let writing = Writing { here, desk, bell, wrong };
    use_future(move || writing.hear_failures(failures));
    use_future(move || writing.bring_back());
    use_drop(move || {
        let desk = desk.peek().clone();
        if desk.held().changes > 0 {
            tokio::spawn(async move { desk.keep_draft().await });
        }
    });
    writing
}

impl Writing {
    /// What could not be stored stands in the field again, with the reason.
    async fn hear_failures(mut self, mut failures: CopyValue<Option<mpsc::UnboundedReceiver<(String, Error)>>>) {
        let Some(mut failures) = failures.write().take() else { return };
        while let Some((text, error)) = failures.recv().await {
            self.wrong.set(Some(sentence(&error)));
            put_back(&text);
        }
    }

    /// What was typed before comes back once, when the conversation is shown.
    async fn bring_back(self) {
        let desk = self.desk.peek().clone();
        if let Ok(Some(row)) = desk.client.conversation(&desk.id).row().await
            && !row.draft.is_empty()
        {
            if desk.held().typed.is_empty() {
                desk.held().typed = Zeroizing::new(row.draft.clone());
            }
            put_back(&row.draft);
        }
    }

    /// Lets the letter leave that the page hands over; without one, what stands in the field.
    fn send(mut self, event: &FormEvent) {
        event.prevent_default();
        let desk = self.desk.peek().clone();
        let taken = match event.get_first(LETTER) {
            Some(FormValue::Text(letter)) if !letter.is_empty() => Some(Zeroizing::new(letter)),
            _ => None,
        };
        let letter = taken.clone().unwrap_or_else(|| desk.held().typed.clone());
        match Draft::text(letter.as_str()).check() {
            Ok(()) => {
                if taken.is_none() {
                    empty(FIELD, "");
                }
                self.wrong.set(None);
                desk.held().leave(letter);
                let _ = self.bell.peek().send(());
                self.here.wrote();
            }
            Err(_) => self.wrong.set(too_long(&letter)),
        }
    }

    /// Notes what stands in the field; after a pause it is kept.
    fn note(mut self, event: &FormEvent) {
        let (text, desk) = (event.value(), self.desk.peek().clone());
        if self.wrong.peek().is_some() || text.len() > MAX_TEXT_POINTS {
            let now = too_long(&text);
            if *self.wrong.peek() != now {
                self.wrong.set(now);
            }
        }
        desk.held().type_text(text);
        let now = desk.held().changes;
        spawn(async move {
            tokio::time::sleep(PAUSE).await;
            if desk.held().changes == now {
                desk.keep_draft().await;
            }
        });
    }
}

/// In front of what stands in the field.
fn put_back(text: &str) {
    document::eval(&format!("onionskin.putBack('{FIELD}', {})", serde_json::Value::from(text)));
}

/// What to do about a text that is too long for one letter.
fn too_long(text: &str) -> Option<String> {
    let found = text.chars().count();
    (found > MAX_TEXT_POINTS).then(|| t!("composer-too-long", found = found, limit = MAX_TEXT_POINTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn what_is_typed_behind_a_letter_is_the_next_one() {
        let mut held = Held::default();
        held.type_text("first".to_owned());
        held.type_text("firstse".to_owned());
        held.leave(letter("first"));
        assert_eq!((held.typed.as_str(), held.leaving.len()), ("se", 1));
        held.type_text("second".to_owned());
        assert_eq!(held.draft().as_str(), "first\nsecond", "until it is stored, a letter is part of the draft");
        held.leaving.pop_front();
        assert_eq!(held.draft().as_str(), "second");
    }

    #[test]
    fn a_letter_that_could_not_be_stored_stands_in_the_field_again() {
        let mut held = Held::default();
        held.type_text("hello".to_owned());
        held.leave(letter("hello"));
        assert_eq!(held.typed.as_str(), "");
        held.come_back();
        assert_eq!((held.typed.as_str(), held.leaving.len()), ("hello", 0));
        held.leave(letter("hello"));
        held.type_text("more".to_owned());
        held.come_back();
        assert_eq!(held.draft().as_str(), "hello\nmore");
    }
}
