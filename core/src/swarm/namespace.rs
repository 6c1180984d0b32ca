//! Compartments of an account's storage, and what a node demands for each.
//!
//! A namespace is a 16-bit number; its class follows from the number alone. Rules:
//! session-foundation/session-storage-server `oxenss/common/namespace.h`.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// One compartment of an account's or group's storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(pub i16);

/// What a node demands for a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamespaceClass {
    /// Anybody may deposit, only the owner reads.
    PublicInbox,
    /// Only the owner writes, anybody reads; holds a single message, a new one replaces the old.
    PublicOutbox,
    /// Only members write; members whose rights were revoked may still read (notices of removal).
    RevokedMayRead,
    /// Only the owner (or members) write and read.
    Private,
}

impl Namespace {
    /// Direct messages: anyone may deposit, the owner reads.
    pub const DIRECT: Self = Self(0);
    /// Config: name, picture and settings of the account.
    pub const USER_PROFILE: Self = Self(2);
    /// Config: contacts, approvals and blocks.
    pub const CONTACTS: Self = Self(3);
    /// Config: what was read up to where.
    pub const CONVO_INFO: Self = Self(4);
    /// Config: groups and communities of the account.
    pub const USER_GROUPS: Self = Self(5);

    /// What an account reads of its own storage, in the order of one request: direct messages, then its configs.
    ///
    /// Source: session-desktop `ts/session/apis/snode_api/swarmPolling.ts`.
    pub const OWN_ACCOUNT: [Self; 5] =
        [Self::DIRECT, Self::USER_PROFILE, Self::CONTACTS, Self::USER_GROUPS, Self::CONVO_INFO];

    /// The number.
    pub const fn number(self) -> i16 {
        self.0
    }

    /// The class that the number belongs to.
    pub const fn class(self) -> NamespaceClass {
        let number = self.0 as i32;
        if number % 10 == 0 {
            NamespaceClass::PublicInbox
        } else if number < 0 && (-number) % 20 == 1 {
            NamespaceClass::PublicOutbox
        } else if number < 0 && (-number) % 100 == 11 {
            NamespaceClass::RevokedMayRead
        } else {
            NamespaceClass::Private
        }
    }

    /// Whether a node refuses an unsigned `store` here. Where it does not, a signature would only mark who is storing.
    pub const fn store_needs_signature(self) -> bool {
        !matches!(self.class(), NamespaceClass::PublicInbox)
    }

    /// Whether a node refuses an unsigned `retrieve` here. Namespace -10 (legacy closed groups) is an inbox that all may
    /// read.
    pub const fn retrieve_needs_signature(self) -> bool {
        !matches!(self.class(), NamespaceClass::PublicOutbox) && self.0 != -10
    }

    /// The longest lifetime that a node accepts here.
    pub const fn max_ttl(self) -> Duration {
        match self.class() {
            NamespaceClass::PublicInbox => MAX_INBOX_TTL,
            _ => MAX_PRIVATE_TTL,
        }
    }

    /// The share of a whole answer that a poll asks for here, as `max_size` spells it: half for messages (of accounts and
    /// of groups), an eighth for everything else, so that a full inbox never keeps settings from arriving.
    ///
    /// Source: session-desktop `ts/session/apis/snode_api/SnodeNamespace.ts` (`maxSizeMap`).
    pub const fn poll_share(self) -> i64 {
        match self.0 {
            0 | 11 => -2,
            _ => -8,
        }
    }

    /// The namespace as signed texts and hashes spell it: decimal, but nothing at all for the default namespace.
    pub fn signed_text(self) -> String {
        if self == Self::DIRECT { String::new() } else { self.0.to_string() }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One namespace, or all of an account at once (`delete_all`, `delete_before`, `expire_all` only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Namespaces {
    /// This one.
    One(Namespace),
    /// Every one.
    All,
}

impl Namespaces {
    /// As signed texts spell it: decimal, nothing for the default namespace, `all` for all.
    pub fn signed_text(self) -> String {
        match self {
            Self::One(namespace) => namespace.signed_text(),
            Self::All => "all".to_owned(),
        }
    }

    /// As the request's `namespace` parameter; `None` for the default namespace, which is left out.
    pub(super) fn parameter(self) -> Option<Value> {
        match self {
            Self::One(Namespace::DIRECT) => None,
            Self::One(namespace) => Some(namespace.number().into()),
            Self::All => Some("all".into()),
        }
    }
}

impl From<Namespace> for Namespaces {
    fn from(namespace: Namespace) -> Self {
        Self::One(namespace)
    }
}

/// The shortest lifetime that nodes accept; shorter gets 403. Source: session-storage-server
/// `oxenss/rpc/request_handler.h`.
pub const MIN_TTL: Duration = Duration::from_secs(10);

/// The longest lifetime in a public inbox: anyone may fill it, so it empties itself after two weeks.
pub const MAX_INBOX_TTL: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The longest lifetime in every other namespace.
pub const MAX_PRIVATE_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use NamespaceClass::{Private, PublicInbox, PublicOutbox, RevokedMayRead};

    #[test]
    fn the_class_follows_from_the_number() {
        let table = [
            (0, PublicInbox, false, true),
            (10, PublicInbox, false, true),
            (-10, PublicInbox, false, false),
            (-20, PublicInbox, false, true),
            (-1, PublicOutbox, true, false),
            (-21, PublicOutbox, true, false),
            (-41, PublicOutbox, true, false),
            (-11, RevokedMayRead, true, true),
            (-111, RevokedMayRead, true, true),
            (-31, Private, true, true),
            (2, Private, true, true),
            (11, Private, true, true),
            (21, Private, true, true),
            (-2, Private, true, true),
            (i16::MIN, Private, true, true),
            (i16::MAX, Private, true, true),
        ];
        for (number, class, store, retrieve) in table {
            let namespace = Namespace(number);
            assert_eq!(namespace.class(), class, "{number}");
            assert_eq!(namespace.store_needs_signature(), store, "{number}");
            assert_eq!(namespace.retrieve_needs_signature(), retrieve, "{number}");
        }
    }

    #[test]
    fn an_inbox_keeps_two_weeks_and_everything_else_a_month() {
        assert_eq!(Namespace::DIRECT.max_ttl(), MAX_INBOX_TTL);
        assert_eq!(Namespace(-21).max_ttl(), MAX_PRIVATE_TTL);
        assert_eq!(Namespace::CONTACTS.max_ttl(), MAX_PRIVATE_TTL);
    }

    #[test]
    fn the_default_namespace_is_empty_in_signed_texts_and_absent_in_parameters() {
        assert_eq!(Namespace::DIRECT.signed_text(), "");
        assert_eq!(Namespace(-21).signed_text(), "-21");
        assert_eq!(Namespaces::All.signed_text(), "all");
        assert_eq!(Namespaces::One(Namespace::DIRECT).parameter(), None);
        assert_eq!(Namespaces::One(Namespace(11)).parameter(), Some(11.into()));
        assert_eq!(Namespaces::All.parameter(), Some("all".into()));
    }
}
