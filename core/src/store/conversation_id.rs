//! What names a conversation.

use std::fmt;
use std::str::FromStr;

use crate::crypto::AccountId;
use crate::error::{Error, Result};

/// What names a conversation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConversationId {
    /// With one person; with ourselves it is Note to Self.
    Account(AccountId),
}

impl ConversationId {
    /// Reads a conversation's name: an Account ID.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the hint of [`AccountId::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self::Account(AccountId::parse(text)?))
    }

    /// The person, when it is a conversation with one person.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account) => Some(account),
        }
    }
}

impl FromStr for ConversationId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl From<AccountId> for ConversationId {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
        }
    }
}

impl fmt::Debug for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => fmt::Debug::fmt(account, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_conversations_name_survives_text() {
        let id = chat(bob());
        assert_eq!(ConversationId::parse(&id.to_string()).unwrap(), id);
        assert_eq!(ConversationId::parse("nobody").unwrap_err().kind(), crate::ErrorKind::InvalidInput);
    }
}
