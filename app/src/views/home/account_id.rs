//! My Account ID: a stamp with the code, the letters to read out, and ways to take it along.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dioxus::prelude::*;

use crate::components::{AccountGroups, Bar, Icon, copy};
use crate::platform::{Content, Kept};
use crate::qr;
use crate::state::{State, use_account, use_state};
use crate::t;

/// What others need to write to us. It is no secret.
#[component]
pub fn MyAccountId() -> Element {
    let state = use_state();
    let account = use_account();
    let id = account.client().account_id();
    let text = id.to_string();
    let for_copy = text.clone();
    let save = move |_| {
        spawn(save_picture(state, id.to_string()));
    };
    rsx! {
        main { class: "screen",
            Bar { title: t!("account-id-title") }
            div { class: "page mine",
                div { class: "stamp-wrap",
                    div { class: "qr-stamp",
                        qr::Code { text: text.clone(), label: t!("account-id-code") }
                        div { class: "franking", "aria-hidden": "true",
                            span { class: "one-line", dir: "auto", "{account.name}" }
                            svg { view_box: "0 0 56 14", fill: "none", stroke: "#1F2733", stroke_width: "1",
                                path {
                                    d: "M0 2c4-3 8-3 12 0s8 3 12 0 8-3 12 0 8 3 12 0M0 7c4-3 8-3 12 0s8 3 12 0 8-3 12 0 8 3 12 0M0 12c4-3 8-3 12 0s8 3 12 0 8-3 12 0 8 3 12 0"
                                }
                            }
                        }
                    }
                }
                p { class: "account-id", id: "account-id", role: "group",
                    "aria-label": t!("account-id-label", id = text.clone()),
                    AccountGroups { account: id }
                }
                div { class: "btns side",
                    button { class: "btn main", r#type: "button", id: "copy-id",
                        onclick: move |_| copy(state, &for_copy),
                        Icon { name: "copy" }
                        {t!("account-id-copy")}
                    }
                    button { class: "btn line", r#type: "button", id: "save-id", onclick: save,
                        Icon { name: "download" }
                        {t!("account-id-save")}
                    }
                }
                p { class: "fine", {t!("account-id-explained")} }
            }
        }
    }
}

/// Draws the code and saves it where the person wants it.
async fn save_picture(state: State, id: String) {
    let drawn = tokio::task::spawn_blocking(move || qr::png(&id)).await;
    let Ok(Some(picture)) = drawn else {
        state.say(t!("account-id-not-saved"));
        return;
    };
    let Some(files) = state.shell().platform().files.clone() else {
        // The system cannot save for us; the page can.
        let address = format!("data:image/png;base64,{}", STANDARD.encode(picture));
        document::eval(&format!("onionskin.save('{PICTURE}', '{address}')"));
        return;
    };
    match files.save(PICTURE, Content::of(picture)).await {
        Ok(Some(Kept(place))) => state.say(t!("account-id-saved", place = place)),
        // They changed their mind.
        Ok(None) => (),
        Err(error) => {
            tracing::warn!(%error, "a picture was not saved");
            state.say(t!("account-id-not-saved"));
        }
    }
}

/// What a saved picture is called.
const PICTURE: &str = "onionskin-account-id.png";
