//! How people and conversations are called where there is little room.

use dioxus::prelude::*;
use onionskin_core::{AccountId, ContactRow, ConversationId, ConversationRow, Kind};

use crate::t;
use crate::text::{person_name, short_id};

/// An Account ID in groups of six, to be read and compared by people. Nothing stands between the groups but room: what
/// is marked and copied is the Account ID itself.
#[component]
pub fn AccountGroups(account: AccountId) -> Element {
    let groups = groups(&account);
    rsx! {
        for (number, group) in groups.into_iter().enumerate() {
            if number > 0 {
                wbr {}
            }
            span { class: "group", "{group}" }
        }
    }
}

fn groups(account: &AccountId) -> Vec<String> {
    let text = account.to_string();
    text.as_bytes().chunks(GROUP).map(|group| String::from_utf8_lossy(group).into_owned()).collect()
}

/// What a conversation is called in a list.
pub fn conversation_name(row: &ConversationRow) -> String {
    called(&row.id, &row.name, row.kind == Kind::NoteToSelf)
}

/// What a conversation is called whose row may not be there yet: by this name, or as our own notes.
pub fn called(id: &ConversationId, name: &str, own: bool) -> String {
    match id.account() {
        _ if own => t!("note-to-self"),
        Some(account) => person_name(account, name),
        None => name.to_owned(),
    }
}

/// What a person is called in a list.
pub fn contact_name(contact: &ContactRow) -> String {
    person_name(&contact.account, contact.shown_name())
}

/// What an account of our own is called in a list.
pub fn account_name(account: &AccountId, name: &str) -> String {
    if name.trim().is_empty() { short_id(account) } else { name.to_owned() }
}

/// 66 characters are eleven groups.
const GROUP: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_grouped_without_losing_anything() {
        let account = AccountId::parse("05d871fc80ca007eed9b2f4df72853e2a2d5465a92fcb1889fb5c84aa2833b3b40").unwrap();
        let groups = groups(&account);
        assert_eq!(groups.len(), 11);
        assert!(groups.iter().all(|group| group.len() == 6));
        assert_eq!(groups.concat(), account.to_string());
    }
}
