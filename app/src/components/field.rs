//! Text fields. The page owns the text: a field that is written from Rust loses characters, because what was typed
//! meanwhile comes back over a socket and is overwritten. Rust keeps a copy that no component reads while it draws.

use dioxus::prelude::*;
use zeroize::Zeroizing;

use crate::t;

/// What was typed into a field. `Copy`; wiped when it goes away.
#[derive(Clone, Copy, PartialEq)]
pub struct Typed {
    text: CopyValue<Zeroizing<String>>,
}

impl Typed {
    /// An empty one that lives as long as the component.
    pub fn hook() -> Self {
        use_hook(|| Self { text: CopyValue::new(Zeroizing::new(String::new())) })
    }

    /// What stands in the field now.
    pub fn text(&self) -> Zeroizing<String> {
        self.text.peek().clone()
    }

    /// Notes what the page says.
    pub fn note(mut self, text: String) {
        self.text.set(Zeroizing::new(text));
    }

    /// Takes it out; the field itself is emptied with [`empty`].
    pub fn take(mut self) -> Zeroizing<String> {
        std::mem::take(&mut *self.text.write())
    }
}

/// Empties the field with this id, or puts `text` there, and tells Rust.
pub fn empty(id: &str, text: &str) {
    let text = serde_json::Value::from(text);
    document::eval(&format!("onionskin.empty({}, {text})", serde_json::Value::from(id)));
}

/// A labelled line of text. What is typed into a secret one can be shown.
#[component]
pub fn Field(
    id: &'static str,
    label: String,
    typed: Typed,
    hint: Option<String>,
    /// What is wrong with it, in words.
    wrong: Option<String>,
    initial: Option<String>,
    #[props(default)] secret: bool,
    #[props(default)] lines: u8,
    #[props(default)] mono: bool,
    #[props(default)] focus: bool,
    /// Enter sends the form instead of beginning a line.
    #[props(default)]
    enter_sends: bool,
    /// Told after each change.
    oninput: Option<EventHandler<()>>,
) -> Element {
    let class = if mono { "input mono" } else { "input" };
    let described = if wrong.is_some() { format!("{id}-wrong") } else { format!("{id}-hint") };
    let mut shown = use_signal(|| false);
    let start = initial.clone();
    use_hook(move || {
        if let Some(start) = start {
            typed.note(start);
        }
    });
    let changed = move |event: FormEvent| {
        typed.note(event.value());
        if let Some(oninput) = oninput {
            oninput.call(());
        }
    };
    rsx! {
        div { class: "form",
            label { r#for: id, "{label}" }
            if lines > 1 {
                textarea {
                    class, id, rows: "{lines}", dir: "auto",
                    autocomplete: "off", spellcheck: "false", autocapitalize: "off",
                    autofocus: focus, "aria-invalid": wrong.is_some().then_some("true"), "aria-describedby": described,
                    "data-enter": enter_sends.then_some("sends"), initial_value: initial, oninput: changed,
                }
            } else if secret {
                div { class: "secret",
                    input {
                        class, id, r#type: if shown() { "text" } else { "password" }, dir: "auto",
                        autocomplete: "off", spellcheck: "false", autocapitalize: "off",
                        autofocus: focus, "aria-invalid": wrong.is_some().then_some("true"),
                        "aria-describedby": described,
                        oninput: changed,
                    }
                    Reveal { id, shown: shown(), onclick: move |()| shown.toggle() }
                }
            } else {
                input {
                    class, id, r#type: "text", dir: "auto", autocomplete: "off", spellcheck: "false",
                    autofocus: focus, "aria-invalid": wrong.is_some().then_some("true"), "aria-describedby": described,
                    initial_value: initial, oninput: changed,
                }
            }
            if let Some(wrong) = wrong {
                p { class: "wrong", id: "{id}-wrong", role: "alert",
                    super::Icon { name: "warning", small: true }
                    span { "{wrong}" }
                }
            } else if let Some(hint) = hint {
                p { class: "hint", id: "{id}-hint", "{hint}" }
            }
        }
    }
}

/// Shows what was typed into a secret field, or covers it again. The keyboard stays in the field.
#[component]
fn Reveal(id: &'static str, shown: bool, onclick: EventHandler<()>) -> Element {
    let label = if shown { t!("field-cover") } else { t!("field-show") };
    let icon = if shown { "covered" } else { "eye" };
    rsx! {
        button { class: "tap", r#type: "button", id: "show-{id}", title: label.clone(), "aria-label": label,
            "aria-controls": id,
            "data-keeps-focus": "true", onclick: move |_| onclick.call(()),
            super::Icon { name: icon }
        }
    }
}
