//! What a node demands for each compartment of an account's storage.
//!
//! The class of a namespace follows from its number alone. Rules:
//! session-foundation/session-storage-server `oxenss/common/namespace.h`.

use std::time::Duration;

use serde_json::Value;

use crate::address::Namespace;

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

    /// The share of a whole answer that official clients ask for here, as `max_size` spells it: half for messages (of accounts
    /// and of groups), an eighth for everything else, so that a full inbox never keeps settings from arriving. Our own poller
    /// asks for an eighth everywhere, and for less over a slow line.
    ///
    /// Source: session-desktop `ts/session/apis/snode_api/SnodeNamespace.ts` (`maxSizeMap`).
    pub const fn poll_share(self) -> i64 {
        match self.0 {
            0 | 11 => -2,
            _ => -8,
        }
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
