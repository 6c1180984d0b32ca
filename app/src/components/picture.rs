//! A picture that a person chooses, drops or pastes, read for the code in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dioxus::prelude::*;
use serde::Deserialize;
use zeroize::{Zeroize as _, Zeroizing};

use super::Icon;
use crate::qr::{self, QrError};

/// The text of the code in a chosen picture, or why there is none.
pub type Read = Result<Zeroizing<String>, QrError>;

/// What the page tells about a chosen file.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Chosen {
    File { data: String },
    Large,
    Unreadable,
}

impl Chosen {
    /// The text of the code in it, read where it may take its time.
    async fn read(self) -> Read {
        match self {
            Self::File { mut data } => {
                let bytes = STANDARD.decode(&data).map(Zeroizing::new);
                data.zeroize();
                qr::read_in_background(bytes.map_err(|_| QrError::Unreadable)?).await
            }
            Self::Large => Err(QrError::TooLarge),
            Self::Unreadable => Err(QrError::Unreadable),
        }
    }
}

/// A button that asks for a picture; one that is dropped on the screen or pasted counts as well.
///
/// `onpick` says that one was chosen, so what was said of the last one is over. `onread` gives what it says. A picture
/// that is chosen while another is being read takes its place: the last word is on the last one, however long another
/// would take.
#[component]
pub fn PickPicture(id: &'static str, label: String, onpick: EventHandler<()>, onread: EventHandler<Read>) -> Element {
    use_future(move || async move {
        let limit = qr::MAX_FILE_BYTES;
        let mut page = document::eval(&format!(
            "onionskin.pictures('{id}', {limit}, (message) => dioxus.send(message)); await new Promise(() => {{}});"
        ));
        let mut newest = page.recv::<Chosen>().await;
        while let Ok(chosen) = newest {
            onpick.call(());
            let mut reading = std::pin::pin!(chosen.read());
            newest = tokio::select! {
                biased;
                // A newer one: what the older says interests nobody any more.
                newer = page.recv::<Chosen>() => newer,
                read = &mut reading => {
                    onread.call(read);
                    page.recv::<Chosen>().await
                }
            };
        }
    });
    rsx! {
        button { class: "btn line wide", r#type: "button", id, "data-picture": "true",
            Icon { name: "image" }
            "{label}"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_too_large_or_no_base64_is_told_as_it_is() {
        let picked = |text: &str| serde_json::from_str::<Chosen>(text).unwrap();
        assert_eq!(picked(r#"{"kind":"large"}"#).read().await, Err(QrError::TooLarge));
        assert_eq!(picked(r#"{"kind":"unreadable"}"#).read().await, Err(QrError::Unreadable));
        assert_eq!(picked(r#"{"kind":"file","name":"a.png","data":"%%"}"#).read().await, Err(QrError::Unreadable));
        let code = STANDARD.encode(qr::png("hello").unwrap());
        let read = picked(&format!(r#"{{"kind":"file","name":"a.png","data":"{code}"}}"#)).read().await;
        assert_eq!(read.unwrap().as_str(), "hello");
    }
}
