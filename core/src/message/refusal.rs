//! Why something that arrived is not shown.
//!
//! Every refusal is written into the `unreadable` table with its [`code`](Refusal::code), so that nothing vanishes
//! silently and a bug report can name the rule. Codes are ours and fixed; foreign text never gets in.

/// The rule that a received message broke, or the reason it waits for a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The first byte is `00`: a newer wire format (protocol v2). Kept, for a version that can read it.
    NewerWireFormat,
    /// More bytes than a storage server would take.
    TooLarge,
    /// No WebSocketMessage with a request and an envelope with content, or a proof of a wrong length.
    Envelope,
    /// Too short for a sealed box, or not sealed to us.
    Seal,
    /// Sealed to us, but the signature inside does not bind this text to that sender and to us.
    Signature,
    /// The opened bytes are no Content, or over a limit.
    Content,
    /// The signed time differs from the envelope's, or there is none at all.
    Timestamp,
    /// The sender is blocked.
    Blocked,
    /// Claims to be from ourselves but is of no kind that our devices tell each other.
    FromOurselves,
    /// A copy for our other devices that somebody else wrote.
    SyncFromStranger,
    /// A copy of ours that does not name an account it was sent to.
    SyncTarget,
    /// The same sender already wrote at this millisecond: a replay in another wrapping.
    Duplicate,
    /// Flags that no client sends.
    Flags,
    /// More attachments than any client sends.
    TooManyAttachments,
    /// There is nothing in it that could be shown.
    Nothing,
    /// It is about a message over which the sender has no say.
    NotTheirs,
    /// It is about a message that is not here and is not waited for.
    NoTarget,
    /// It comes from somebody whom we have not accepted, as nobody's may.
    NotAccepted,
    /// A kind that exists and that this version does not handle yet. Kept.
    NotSupportedYet,
    /// A copy of ours of a newer kind, without a conversation it could be shown in. Kept.
    NewerFormat,
    /// Older than our newest configs, and its conversation was deleted or hidden. Kept.
    ConversationGone,
    /// It was removed here before, and somebody brought it back, perhaps in another envelope.
    Removed,
    /// It is older than anything a swarm keeps, and was never seen: nobody can say any more whether it was removed here. Kept.
    TooOld,
    /// It disappears by its own timer, whose time was over when it came.
    Disappeared,
    /// The program panicked while opening it; the next one is not affected.
    Panicked,
    /// It was opened, but the ledger refused to store it.
    NotStored,
}

impl Refusal {
    /// The code that is stored; never changes once released.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NewerWireFormat => "newer wire format",
            Self::TooLarge => "too large",
            Self::Envelope => "envelope",
            Self::Seal => "seal",
            Self::Signature => "signature",
            Self::Content => "content",
            Self::Timestamp => "timestamp",
            Self::Blocked => "blocked",
            Self::FromOurselves => "from ourselves",
            Self::SyncFromStranger => "sync copy from a stranger",
            Self::SyncTarget => "sync target",
            Self::Duplicate => "duplicate",
            Self::Flags => "flags",
            Self::TooManyAttachments => "too many attachments",
            Self::Nothing => "nothing to show",
            Self::NotTheirs => "not theirs",
            Self::NoTarget => "no such message",
            Self::NotAccepted => "not accepted",
            Self::NotSupportedYet => "kind not supported yet",
            Self::NewerFormat => "newer format",
            Self::ConversationGone => "conversation deleted",
            Self::Removed => "removed before",
            Self::TooOld => "too old",
            Self::Disappeared => "disappeared",
            Self::Panicked => "panicked",
            Self::NotStored => "not stored",
        }
    }

    /// Whether the bytes are worth keeping: a later version can read them, or a bug must be found with them.
    ///
    /// What was refused by a rule is not kept: a stranger must not be able to fill our disk with what nobody will read.
    pub const fn keeps_bytes(self) -> bool {
        matches!(
            self,
            Self::NewerWireFormat
                | Self::NotSupportedYet
                | Self::NewerFormat
                | Self::ConversationGone
                | Self::TooOld
                | Self::Panicked
                | Self::NotStored
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_a_rule_is_not_kept_and_what_is_merely_new_is() {
        assert!(!Refusal::Blocked.keeps_bytes());
        assert!(!Refusal::Seal.keeps_bytes());
        assert!(Refusal::NotSupportedYet.keeps_bytes());
        assert!(!Refusal::Removed.keeps_bytes(), "what a person removed is not kept after all");
        assert_eq!(Refusal::SyncFromStranger.code(), "sync copy from a stranger");
    }
}
