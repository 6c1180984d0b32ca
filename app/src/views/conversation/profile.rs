//! Somebody who was named in a letter: who it is, and the way to write to them. A card of a name and an Account ID is
//! drawn as one; who calls them so stands on it, since anybody can call anybody anything.

use dioxus::prelude::*;
use onionskin_core::{AccountId, ContactCard};

use super::{Here, Sheet};
use crate::components::{AccountGroups, Avatar, Icon, Tap, contact_name, copy};
use crate::state::{use_account, use_state};
use crate::t;
use crate::text::{person_name, short_id};

/// The card in a bubble. `by` is how its sender is called here; nothing for ourselves.
#[component]
pub fn Card(card: ContactCard, sender: AccountId, by: Option<String>) -> Element {
    let who = card.account;
    let calls = match by {
        None if who == use_account().client().account_id() => t!("card-own"),
        None => t!("card-by-me"),
        Some(_) if who == sender => t!("card-themselves"),
        Some(by) => t!("card-by", name = by),
    };
    rsx! {
        div { class: "visit",
            Avatar { account: who, name: card.name.clone() }
            b { dir: "auto", {person_name(&who, &card.name)} }
            small { "{calls}" }
            small { class: "mono", dir: "ltr", {short_id(&who)} }
        }
    }
}

/// The button at the foot of a card. It leads to nobody at once: first the whole Account ID is seen.
#[component]
pub fn WriteTo(card: ContactCard) -> Element {
    let (account, here) = (use_account(), use_context::<Here>());
    if card.account == account.client().account_id() {
        return rsx! {};
    }
    let name = person_name(&card.account, &card.name);
    let shown = Sheet::Profile { account: card.account, claimed: card.name };
    rsx! {
        button { class: "act", r#type: "button", tabindex: "-1",
            onclick: move |event| { event.stop_propagation(); here.show(shown.clone()); },
            onkeydown: |event: KeyboardEvent| event.stop_propagation(),
            {t!("card-write", name = name)} }
    }
}

/// The sheet: their picture, what they are called here, the whole Account ID, and what can be done. `claimed` is what a
/// card calls them, empty for none.
#[component]
pub fn Profile(
    who: AccountId,
    claimed: String,
    onwrite: EventHandler<AccountId>,
    onclose: EventHandler<()>,
) -> Element {
    let (state, account) = (use_state(), use_account());
    let own = who == account.client().account_id();
    let contact = use_resource(move || async move { account.client().contact(&who).await.ok().flatten() });
    let known = contact.read().as_ref().and_then(|contact| contact.as_ref().map(contact_name));
    let known = known.filter(|name| *name != short_id(&who));
    let name = match (own, &known) {
        (true, _) => t!("you"),
        (false, Some(known)) => known.clone(),
        (false, None) => person_name(&who, &claimed),
    };
    rsx! {
        div { class: "veil low over", id: "profile-veil", "data-escape": "true", onclick: move |_| onclose.call(()),
            section { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "profile-title",
                onclick: |event| event.stop_propagation(),
                header {
                    h2 { id: "profile-title", dir: "auto", "{name}" }
                    Tap { icon: "close", id: "profile-close", label: t!("close"), onclick: move |()| onclose.call(()) }
                }
                div { class: "body",
                    div { class: "head",
                        Avatar { account: who, name: name.clone(), class: "big", note: own }
                        p { class: "account-id", dir: "ltr", role: "group",
                            "aria-label": t!("account-id-label", id = who.to_string()),
                            AccountGroups { account: who }
                        }
                        if !own {
                            p { class: "quiet",
                                if known.is_some() { {t!("profile-known")} } else { {t!("profile-compare")} }
                            }
                        }
                    }
                }
                div { class: "foot",
                    div { class: "btns",
                        if !own {
                            button { class: "btn main wide", r#type: "button", id: "profile-write",
                                onclick: move |_| { onclose.call(()); onwrite.call(who); },
                                {t!("card-write", name = name)} }
                        }
                        button { class: "btn line wide", r#type: "button", id: "profile-copy",
                            onclick: move |_| copy(state, &who.to_string()),
                            Icon { name: "copy" } {t!("person-copy")} }
                    }
                }
            }
        }
    }
}
