//! Where letters are written. The page owns the text, and nothing typed is ever lost: what the field holds lies on the
//! desk of the conversation ([`crate::desk`]), which outlives this screen.
//!
//! The page takes a letter out of the field in the very moment it is sent, so that what is typed next is the next
//! letter, however fast.

use std::sync::Arc;

use dioxus::prelude::*;
use onionskin_core::{Draft, ErrorKind, MAX_TEXT_POINTS};
use zeroize::Zeroizing;

use super::Here;
use super::emoji::EmojiSheet;
use super::quote::Answering;
use crate::components::{Ask, Icon, Tap, empty};
use crate::desk::Desk;
use crate::emoji::{self, Emoji};
use crate::state::lately::Lately;
use crate::state::{sentence, use_account, use_state};
use crate::t;

const FIELD: &str = "draft";
/// The hidden field in which the page hands a letter over.
const LETTER: &str = "letter";
/// So many characters before the end of a letter the rest is counted aloud.
const NEAR: usize = 200;
/// So many emoji are offered for a word.
const OFFERED: usize = 5;

/// The field and its button.
#[component]
pub fn Composer() -> Element {
    let state = use_state();
    let writing = use_writing();
    let sends = state.enter_sends();
    let mut choosing = use_signal(|| false);
    let lately = Lately::hook();
    let (mut parts, count) = (writing.parts, writing.parts.read().len());
    let pick = move |sign: String| {
        choosing.set(false);
        page("insert", &sign);
        lately.used(sign);
    };
    rsx! {
        Offer { word: writing.word, lately }
        if let Some(wrong) = (writing.wrong)() {
            p { class: "wrong composer-wrong", id: "composer-wrong", role: "alert",
                Icon { name: "warning", small: true } span { "{wrong}" } }
        } else if let Some(left) = (writing.left)() {
            p { class: "hint composer-left", id: "composer-left", role: "status", {t!("composer-left", count = left)} }
        }
        form { class: "composer", onsubmit: move |event| writing.send(&event),
            input { r#type: "hidden", name: LETTER }
            div { class: "field",
                if let Some(message) = (writing.here.answering)() {
                    Answering { message }
                }
                div { class: "line",
                    textarea {
                        id: FIELD, rows: "1", dir: "auto", "aria-label": t!("composer-label"),
                        placeholder: t!("composer-label"),
                        autocomplete: "off", "data-cursor": "true", "data-enter": if sends { "sends" } else { "lines" },
                        "enterkeyhint": if sends { "send" } else { "enter" },
                        "data-limit": "{MAX_TEXT_POINTS}", oninput: move |event| writing.note(&event),
                    }
                    Tap { icon: "emoji", id: "emoji", label: t!("composer-emoji"),
                        onclick: move |()| choosing.set(true) }
                }
            }
            button { class: "round", r#type: "submit", id: "send", "data-keeps-focus": "true",
                "aria-label": t!("composer-send"), Icon { name: "send", flip: true } }
        }
        if count > 0 {
            Ask { id: "split", title: t!("split-title", count = count), text: t!("split-text"),
                yes: t!("split-yes", count = count), no: t!("split-no"),
                onyes: move |()| writing.send_parts(),
                onno: move |()| { parts.set(Vec::new()); document::eval("onionskin.focus('draft')"); } }
        }
        if choosing() {
            EmojiSheet { title: t!("composer-emoji"), lately: lately.all(), onpick: pick,
                onclose: move |()| { choosing.set(false); document::eval("onionskin.focus('draft')"); } }
        }
    }
}

/// Emoji for the word behind a colon at the end of what is written: `:thu` finds a thumb.
#[component]
fn Offer(word: Signal<String>, lately: Lately) -> Element {
    let state = use_state();
    let mut word = word;
    let found = use_memo(move || if word.read().is_empty() { Vec::new() } else { emoji::find(&word.read(), OFFERED) });
    if found.read().is_empty() {
        return rsx! {};
    }
    let (tone, language) = (state.preferences.read().skin_tone, state.texts.read().tag().to_owned());
    let mut take = move |one: &'static Emoji| {
        let sign = one.toned(tone);
        word.set(String::new());
        page("complete", &sign);
        lately.used(sign);
    };
    rsx! {
        div { class: "offer", id: "offer", role: "listbox", "aria-label": t!("composer-offer"), "data-arrows": "true",
            for (place, one) in found().into_iter().enumerate() {
                button { key: "{one.sign}", r#type: "button", role: "option", "aria-selected": (place == 0).to_string(),
                    "aria-label": one.name(&language),
                    onclick: move |_| take(one),
                    span { class: "big-emoji", "aria-hidden": "true", {one.toned(tone)} }
                    span { class: "grow", {one.name(&language)} }
                }
            }
            button { class: "sr", r#type: "button", tabindex: "-1", "aria-hidden": "true", "data-closes": "true",
                onclick: move |_| word.set(String::new()), {t!("close")} }
        }
    }
}

/// Asks the page for something about the field.
fn page(what: &str, sign: &str) {
    document::eval(&format!("onionskin.{what}('{FIELD}', {})", serde_json::Value::from(sign)));
}

/// The desk, as the screen of its conversation has it.
#[derive(Clone, Copy)]
struct Writing {
    here: Here,
    desk: CopyValue<Arc<Desk>>,
    /// What was typed before the field got what lay on the desk; `None` from then on.
    early: CopyValue<Option<Zeroizing<String>>>,
    /// What is wrong with the text in the field.
    wrong: Signal<Option<String>>,
    /// How many characters still fit, when they are few.
    left: Signal<Option<usize>>,
    /// The word behind a colon at the end, for which emoji are offered; empty for none.
    word: Signal<String>,
    /// What a text over the limit would be sent as, while that is asked; empty for no question.
    parts: Signal<Vec<String>>,
}

/// Sits down at the desk; it keeps what is unsent when the screen goes.
fn use_writing() -> Writing {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let writing = use_hook(|| Writing {
        here,
        desk: CopyValue::new(state.shell().desks().desk(&account.client(), &here.id())),
        early: CopyValue::new(Some(Zeroizing::default())),
        wrong: Signal::new(None),
        left: Signal::new(None),
        word: Signal::new(String::new()),
        parts: Signal::new(Vec::new()),
    });
    use_effect(move || {
        let answers = (writing.here.answering)();
        // Before that, what lies on the desk is not known yet.
        if writing.early.peek().is_none() {
            writing.desk().answer(answers);
        }
    });
    use_future(move || writing.hear_returns());
    use_future(move || writing.bring_back());
    let mut early = writing.early;
    use_drop(move || writing.desk.peek().keep_with(early.write().take()));
    writing
}

impl Writing {
    fn desk(&self) -> Arc<Desk> {
        self.desk.peek().clone()
    }

    /// What could not be stored stands in the field again, with the reason.
    async fn hear_returns(mut self) {
        let mut returns = self.desk().returns();
        while let Ok(back) = returns.recv().await {
            self.wrong.set(Some(sentence(&back.error)));
            if back.answers.is_some() {
                self.here.answering.set(back.answers);
            }
            put_back(&back.text);
        }
    }

    /// What lay on the desk comes into the field once, when the conversation is shown.
    async fn bring_back(mut self) {
        let desk = self.desk();
        let text = desk.text().await;
        let early = self.early.write().take().unwrap_or_default();
        let begun = *self.here.answering.peek();
        match begun {
            Some(_) => desk.answer(begun),
            None if desk.answers().is_some() => self.here.answering.set(desk.answers()),
            None => (),
        }
        if !text.is_empty() {
            put_back(&text);
        } else if !early.is_empty() {
            desk.type_text(&early);
        }
    }

    /// Lets the letter leave that the page hands over; without one, what stands in the field.
    fn send(mut self, event: &FormEvent) {
        event.prevent_default();
        let desk = self.desk();
        let taken = match event.get_first(LETTER) {
            Some(FormValue::Text(letter)) if !letter.is_empty() => Some(Zeroizing::new(letter)),
            _ => None,
        };
        let letter = taken.clone().unwrap_or_else(|| self.standing());
        match Draft::text(letter.trim()).check() {
            Ok(()) => {
                if taken.is_none() {
                    empty(FIELD, "");
                }
                self.weigh("");
                if self.early.peek().is_some() {
                    self.early.set(Some(Zeroizing::default()));
                }
                desk.send(&letter, self.here.answering.take());
                self.here.wrote();
            }
            Err(error) => {
                self.weigh(&letter);
                if error.kind() == ErrorKind::TooLarge {
                    self.parts.set(Draft::split(letter.trim()));
                }
            }
        }
    }

    /// Lets a text over the limit leave in parts, one after the other. The first is the answer, where it is one.
    fn send_parts(mut self) {
        empty(FIELD, "");
        self.weigh("");
        if self.early.peek().is_some() {
            self.early.set(Some(Zeroizing::default()));
        }
        let (desk, mut answers) = (self.desk(), self.here.answering.take());
        for part in std::mem::take(&mut *self.parts.write()) {
            desk.send(&part, answers.take());
        }
        self.here.wrote();
    }

    /// What stands in the field.
    fn standing(&self) -> Zeroizing<String> {
        self.early.peek().clone().unwrap_or_else(|| self.desk().typed())
    }

    /// Notes what stands in the field.
    fn note(mut self, event: &FormEvent) {
        let text = Zeroizing::new(event.value());
        self.weigh(&text);
        if self.early.peek().is_some() {
            self.early.set(Some(text));
        } else {
            self.desk().type_text(&text);
        }
    }

    /// Says how much still fits when that is little, what to do when it is too much, and which word asks for an emoji.
    fn weigh(&mut self, text: &str) {
        let found = if text.len() + NEAR > MAX_TEXT_POINTS { text.trim().chars().count() } else { 0 };
        let left = MAX_TEXT_POINTS.checked_sub(found);
        let wrong = match left {
            None => Some(t!("composer-too-long", found = found, limit = MAX_TEXT_POINTS)),
            Some(_) => None,
        };
        if *self.wrong.peek() != wrong {
            self.wrong.set(wrong);
        }
        let word = emoji::asked_for(text).unwrap_or_default();
        if *self.word.peek() != word {
            self.word.set(word.to_owned());
        }
        let left = left.filter(|left| *left <= NEAR);
        if *self.left.peek() != left {
            self.left.set(left);
        }
    }
}

/// In front of what stands in the field.
fn put_back(text: &str) {
    document::eval(&format!("onionskin.putBack('{FIELD}', {})", serde_json::Value::from(text)));
}
