//! A file that a person gives: the page reads it and hands it over.

use base64::Engine as _;
use dioxus::prelude::*;
use serde::Deserialize;

use crate::components::Icon;

/// What came of choosing a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Its bytes, as text.
    Text(String),
    /// It is larger than it may be.
    Large,
    /// It could not be read, or is no text.
    Unreadable,
}

/// What the page tells.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Told {
    File { data: String },
    Large,
    Unreadable,
}

/// A button that asks for a file of at most `limit` bytes.
#[component]
pub fn FileButton(
    id: &'static str,
    label: String,
    accept: &'static str,
    limit: usize,
    ongiven: EventHandler<Given>,
) -> Element {
    let listen = move |_| {
        spawn(async move {
            let script = format!(
                "onionskin.files(document.getElementById('{id}'), {limit}, (message) => dioxus.send(message)); \
                 await new Promise(() => {{}});"
            );
            let mut page = document::eval(&script);
            while let Ok(told) = page.recv::<Told>().await {
                ongiven.call(given(told));
            }
        });
    };
    rsx! {
        label { class: "btn line wide file",
            Icon { name: "file" }
            span { "{label}" }
            input { class: "sr", r#type: "file", id, accept, "aria-label": "{label}", onmounted: listen }
        }
    }
}

fn given(told: Told) -> Given {
    match told {
        Told::Large => Given::Large,
        Told::Unreadable => Given::Unreadable,
        Told::File { data } => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(data).ok();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map_or(Given::Unreadable, Given::Text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_text_is_unreadable_and_not_cut() {
        let file = |bytes: &[u8]| Told::File { data: base64::engine::general_purpose::STANDARD.encode(bytes) };
        assert_eq!(given(file("{\"ü\":1}".as_bytes())), Given::Text("{\"ü\":1}".to_owned()));
        assert_eq!(given(file(&[0xff, 0xfe, b'{'])), Given::Unreadable);
        assert_eq!(given(Told::File { data: "§".to_owned() }), Given::Unreadable);
        assert_eq!(given(Told::Large), Given::Large);
        assert_eq!(given(file(b"")), Given::Text(String::new()));
    }
}
