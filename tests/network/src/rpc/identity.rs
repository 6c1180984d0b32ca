//! Whose request it is: account, signature, subaccount.

use crate::sodium;

/// An account, as storage keys it: prefix byte and key. Prefix 0 stands for the bare 64-digit form of test networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) prefix: u8,
    pub(crate) key: [u8; 32],
}

impl Owner {
    /// Reads 66 (or, as on test networks, 64) hex digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let (prefix, key) = match bytes.as_slice() {
            [prefix, key @ ..] if key.len() == 32 => (*prefix, key),
            key if key.len() == 32 => (0, key),
            _ => return None,
        };
        Some(Self { prefix, key: key.try_into().ok()? })
    }

    /// As the client wrote it, in lower case.
    pub(crate) fn text(&self) -> String {
        match self.prefix {
            0 => hex::encode(self.key),
            prefix => format!("{prefix:02x}{}", hex::encode(self.key)),
        }
    }
}

/// A subaccount: network prefix, flags, two zero bytes, Ed25519 key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) [u8; 36]);

impl Token {
    fn flags(&self) -> u8 {
        self.0[1]
    }

    fn key(&self) -> &[u8; 32] {
        self.0.last_chunk().expect("36 is more than 32")
    }

    /// Whether the owner gave these rights.
    pub(crate) fn may(&self, access: u8) -> bool {
        self.flags() & access == access
    }
}

/// Right to retrieve.
pub(crate) const READ: u8 = 1;
/// Right to store and to extend.
pub(crate) const WRITE: u8 = 2;
/// Right to delete and to shorten.
pub(crate) const DELETE: u8 = 4;
/// Valid for accounts of any prefix.
const ANY_PREFIX: u8 = 8;

/// What a request says about who signed it.
#[derive(Clone, Debug)]
pub(crate) struct Auth {
    pub(crate) owner: Owner,
    pub(crate) ed25519: Option<[u8; 32]>,
    pub(crate) signature: Option<[u8; 64]>,
    pub(crate) subaccount: Option<(Token, [u8; 64])>,
}

impl Auth {
    /// Whether `message` was signed by the account, or by a subaccount of it that has `access` and is not `revoked`.
    pub(crate) fn verify(&self, access: u8, revoked: &[Token], message: &[u8]) -> bool {
        let Some(signature) = &self.signature else { return false };
        let owner_key = match self.ed25519 {
            Some(ed25519) => {
                if sodium::x25519_of_public(&ed25519) != Some(self.owner.key) {
                    return false;
                }
                ed25519
            }
            None => self.owner.key,
        };
        let Some((token, owner_signature)) = &self.subaccount else {
            return sodium::verify(&owner_key, message, signature);
        };
        let prefix_fits = token.may(ANY_PREFIX) || token.0[0] == self.owner.prefix;
        !revoked.contains(token)
            && prefix_fits
            && token.may(access)
            && sodium::verify(&owner_key, &token.0, owner_signature)
            && sodium::verify(token.key(), message, signature)
    }
}

/// What may be done in a namespace without a signature.
pub(crate) mod namespace {
    /// Anyone may store.
    pub(crate) fn is_inbox(namespace: i16) -> bool {
        namespace % 10 == 0
    }

    /// Anyone may retrieve; holds one message.
    pub(crate) fn is_outbox(namespace: i16) -> bool {
        namespace < 0 && -i32::from(namespace) % 20 == 1
    }

    /// Anyone may retrieve: outboxes, and -10 for historical reasons.
    pub(crate) fn is_readable_by_all(namespace: i16) -> bool {
        namespace == -10 || is_outbox(namespace)
    }

    /// Revoked subaccounts may still read.
    pub(crate) fn ignores_revocation(namespace: i16) -> bool {
        namespace < 0 && -i32::from(namespace) % 100 == 11
    }

    /// How signed text names a namespace: nothing for 0.
    pub(crate) fn signed(namespace: i16) -> String {
        if namespace == 0 { String::new() } else { namespace.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_in_both_lengths() {
        let long = format!("05{}", "ab".repeat(32));
        assert_eq!(Owner::parse(&long.to_uppercase()).unwrap().text(), long);
        assert_eq!(Owner::parse(&long[2..]).unwrap().text(), long[2..]);
        assert_eq!(Owner::parse(&long[1..]), None);
        assert_eq!(Owner::parse("05"), None);
    }

    #[test]
    fn namespaces_have_their_classes() {
        use namespace::*;
        assert!(is_inbox(0) && is_inbox(-10) && !is_inbox(2) && !is_inbox(-21));
        assert!(is_outbox(-1) && is_outbox(-21) && is_outbox(-41) && !is_outbox(-11) && !is_outbox(21));
        assert!(ignores_revocation(-11) && ignores_revocation(-111) && !ignores_revocation(11));
        assert!(is_readable_by_all(-10) && is_readable_by_all(-21) && !is_readable_by_all(0));
        assert!(is_outbox(i16::MIN + 7) || !is_outbox(i16::MIN), "the most negative number does not overflow");
    }
}
