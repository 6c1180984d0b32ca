//! A picture that a person chooses, drops or pastes, read for the code in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dioxus::prelude::*;
use serde::Deserialize;
use zeroize::{Zeroize as _, Zeroizing};

use super::Icon;
use crate::qr::{self, QrError};

/// What was chosen: the bytes of a file, or why there are none.
#[derive(Clone)]
pub struct Picked(Result<Zeroizing<Vec<u8>>, QrError>);

impl Picked {
    /// The text of the code in it, read where it may take its time.
    ///
    /// # Errors
    /// [`QrError`].
    pub async fn read(self) -> Result<Zeroizing<String>, QrError> {
        qr::read_in_background(self.0?).await
    }
}

/// What the page tells about a chosen file.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Chosen {
    File { data: String },
    Large,
    Unreadable,
}

impl From<Chosen> for Picked {
    fn from(chosen: Chosen) -> Self {
        Self(match chosen {
            Chosen::File { mut data } => {
                let bytes = STANDARD.decode(&data).map(Zeroizing::new).map_err(|_| QrError::Unreadable);
                data.zeroize();
                bytes
            }
            Chosen::Large => Err(QrError::TooLarge),
            Chosen::Unreadable => Err(QrError::Unreadable),
        })
    }
}

/// A button that asks for a picture; one that is dropped on the screen or pasted counts as well.
#[component]
pub fn PickPicture(id: &'static str, label: String, onpick: EventHandler<Picked>) -> Element {
    use_future(move || async move {
        let limit = qr::MAX_FILE_BYTES;
        let mut page = document::eval(&format!(
            "onionskin.pictures('{id}', {limit}, (message) => dioxus.send(message)); await new Promise(() => {{}});"
        ));
        while let Ok(chosen) = page.recv::<Chosen>().await {
            onpick.call(chosen.into());
        }
    });
    rsx! {
        button { class: "btn line wide", r#type: "button", id,
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
        let picked = |text: &str| Picked::from(serde_json::from_str::<Chosen>(text).unwrap());
        assert_eq!(picked(r#"{"kind":"large"}"#).read().await, Err(QrError::TooLarge));
        assert_eq!(picked(r#"{"kind":"unreadable"}"#).read().await, Err(QrError::Unreadable));
        assert_eq!(picked(r#"{"kind":"file","name":"a.png","data":"%%"}"#).read().await, Err(QrError::Unreadable));
        let code = STANDARD.encode(qr::png("hello").unwrap());
        let read = picked(&format!(r#"{{"kind":"file","name":"a.png","data":"{code}"}}"#)).read().await;
        assert_eq!(read.unwrap().as_str(), "hello");
    }
}
