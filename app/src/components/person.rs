//! How people and conversations are called where there is little room.

use onionskin_core::{AccountId, ContactRow, ConversationRow, Kind};

use crate::t;
use crate::text::short_id;

/// An Account ID in groups of six, to be read and compared by people.
pub fn account_groups(account: &AccountId) -> String {
    let text = account.to_string();
    let groups: Vec<&str> = text.as_bytes().chunks(GROUP).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// What a conversation is called in a list.
pub fn conversation_name(row: &ConversationRow) -> String {
    match (row.kind, row.id.account()) {
        (Kind::NoteToSelf, _) => t!("note-to-self"),
        (_, Some(account)) if row.name.is_empty() => short_id(account),
        _ => row.name.clone(),
    }
}

/// What a person is called in a list.
pub fn contact_name(contact: &ContactRow) -> String {
    match contact.shown_name() {
        "" => short_id(&contact.account),
        name => name.to_owned(),
    }
}

/// 66 characters are eleven groups.
const GROUP: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_grouped_without_losing_anything() {
        let account = AccountId::parse("05d871fc80ca007eed9b2f4df72853e2a2d5465a92fcb1889fb5c84aa2833b3b40").unwrap();
        let groups = account_groups(&account);
        assert_eq!(groups.split(' ').count(), 11);
        assert!(groups.split(' ').all(|group| group.len() == 6));
        assert_eq!(groups.replace(' ', ""), account.to_string());
    }
}
