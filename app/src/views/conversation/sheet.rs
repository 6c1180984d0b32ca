//! The sheets that lie over one conversation, one at a time.

use dioxus::prelude::*;
use onionskin_core::{AccountId, MessageId, MessageRow, Timestamp};

use super::Here;
use super::bubble::may_answer;
use super::day::Day;
use super::delete::Deleting;
use super::forward::Forward;
use super::part::Part;
use super::profile::Profile;
use super::thread::go_to;
use crate::state::{use_account, use_state};
use crate::t;
use crate::views::people;

/// Which one.
#[derive(Clone, PartialEq)]
pub enum Sheet {
    /// From where these are deleted.
    Delete(Vec<MessageRow>),
    /// To whom these texts are forwarded.
    Forward(Vec<MessageRow>),
    /// A part of this one's text is marked, as long as it is there.
    Part(MessageId),
    /// Somebody who was named.
    Profile {
        /// Who.
        account: AccountId,
        /// What a card calls them; empty for none.
        claimed: String,
    },
    /// Which day to jump to.
    Day {
        /// The day to begin with.
        at: Timestamp,
        /// When the conversation begins.
        oldest: Option<Timestamp>,
    },
}

/// The sheet that was asked for. What it leads to is done here: the sheet itself is gone by then.
#[component]
pub fn Sheets() -> Element {
    let (state, account, here) = (use_state(), use_account(), use_context::<Here>());
    let mut sheet = here.sheet;
    let close = move |()| sheet.set(None);
    let write_to = use_callback(move |who: AccountId| people::open_over(state, account, who.into()));
    let go = use_callback(move |day: Timestamp| {
        spawn(async move {
            match account.client().conversation(&here.id()).first_since(day).await {
                Ok(Some(message)) => go_to(here, message).await,
                Ok(None) => state.say(t!("day-nothing")),
                Err(error) => state.say_error(&error),
            }
        });
    });
    match sheet() {
        None => rsx! {},
        Some(Sheet::Delete(rows)) => rsx! { Deleting { rows, onclose: close } },
        Some(Sheet::Forward(rows)) => rsx! { Forward { rows, onclose: close } },
        Some(Sheet::Part(message)) => match here.thread.message(message).filter(|row| may_answer(row.kind)) {
            Some(row) => rsx! { Part { text: row.body, onclose: close } },
            None => rsx! {},
        },
        Some(Sheet::Profile { account: who, claimed }) => {
            rsx! { Profile { who, claimed, onwrite: write_to, onclose: close } }
        }
        Some(Sheet::Day { at, oldest }) => rsx! { Day { at, oldest, ongo: go, onclose: close } },
    }
}
