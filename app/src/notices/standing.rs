//! What the notes that stand on the desktop are about.

use std::collections::BTreeMap;

use onionskin_core::{AccountId, ConversationId, MessageId};

use crate::platform::Tag;

/// What a note is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Whose letters.
    pub account: AccountId,
    /// Where they stand; `None` for a note that sums up.
    pub conversation: Option<ConversationId>,
    /// The letters, as far as they are known.
    pub letters: Vec<MessageId>,
}

/// Every note that stands, by its tag.
#[derive(Debug, Default)]
pub struct Standing {
    last: Tag,
    notes: BTreeMap<Tag, About>,
}

impl Standing {
    /// The tag for a note about this: that of the one which stands already, whose place it takes.
    pub fn tag(&mut self, about: About) -> Tag {
        let tag = self.find(&about.account, about.conversation.as_ref()).unwrap_or_else(|| {
            self.last += 1;
            self.last
        });
        self.notes.insert(tag, about);
        tag
    }

    /// What a note is about.
    pub fn about(&self, tag: Tag) -> Option<&About> {
        self.notes.get(&tag)
    }

    /// Forgets the note of a conversation, or the one that sums up.
    pub fn take(&mut self, account: &AccountId, conversation: Option<&ConversationId>) -> Option<Tag> {
        let tag = self.find(account, conversation)?;
        self.notes.remove(&tag);
        Some(tag)
    }

    /// Forgets the note that shows this letter.
    pub fn take_letter(&mut self, account: &AccountId, letter: MessageId) -> Option<Tag> {
        let shows = |about: &About| about.account == *account && about.letters.contains(&letter);
        let tag = self.notes.iter().find(|(_, about)| shows(about)).map(|(tag, _)| *tag)?;
        self.notes.remove(&tag);
        Some(tag)
    }

    /// Forgets all notes of an account.
    pub fn take_all(&mut self, account: &AccountId) -> Vec<Tag> {
        let tags: Vec<Tag> =
            self.notes.iter().filter(|(_, about)| about.account == *account).map(|(tag, _)| *tag).collect();
        for tag in &tags {
            self.notes.remove(tag);
        }
        tags
    }

    fn find(&self, account: &AccountId, conversation: Option<&ConversationId>) -> Option<Tag> {
        let is = |about: &About| about.account == *account && about.conversation.as_ref() == conversation;
        self.notes.iter().find(|(_, about)| is(about)).map(|(tag, _)| *tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_has_one_note_and_another_account_has_its_own() {
        let (ana, ben) = (AccountId::from_x25519([1; 32]), AccountId::from_x25519([2; 32]));
        let with = |account, friend: u8, letter: i64| About {
            account,
            conversation: Some(AccountId::from_x25519([friend; 32]).into()),
            letters: vec![MessageId::from_i64(letter)],
        };
        let mut standing = Standing::default();
        let first = standing.tag(with(ana, 9, 1));
        assert_eq!(standing.tag(with(ana, 9, 2)), first, "it takes its place");
        let other = standing.tag(with(ben, 9, 2));
        assert_ne!(other, first);
        assert_eq!(standing.take_letter(&ana, MessageId::from_i64(1)), None, "that letter is not shown any more");
        assert_eq!(standing.take_letter(&ben, MessageId::from_i64(2)), Some(other));
        assert_eq!(standing.take_all(&ana), [first]);
        assert_eq!(standing.about(first), None);
    }
}
