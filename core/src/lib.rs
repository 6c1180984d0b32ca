//! Onionskin's core: a private messenger for the Session network, without a screen.
//!
//! What follows is `core/README.md`, the front page of the architecture.
#![doc = ""]
#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice))] // tests may panic

// The rooms are closed: what others may use of them stands below. Only who must see the inside (vectors, fuzz, benchmarks
// and tests of single rooms) opens them, with a cargo feature.
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod address;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod address;
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod clock;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod clock;
mod disk;
mod error;
mod fold;
mod kill;
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod network;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod network;
mod pasted;
mod words;

#[cfg(not(feature = "vectors-fuzz-benches"))]
mod config;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod config;
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod crypto;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod crypto;
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod wire;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod wire;

#[cfg(not(feature = "vectors-fuzz-benches"))]
mod onion;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod onion;
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod swarm;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod swarm;

#[cfg(not(feature = "vectors-fuzz-benches"))]
mod event;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod event;
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod store;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod store;

#[cfg(not(feature = "vectors-fuzz-benches"))]
mod client;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod client;
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod delivery;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod delivery;
#[cfg(not(feature = "vectors-fuzz-benches"))]
mod message;
#[cfg(feature = "vectors-fuzz-benches")]
pub mod message;
mod people;

mod accounts;

// Opening: a folder of accounts over a network, and its errors.
pub use accounts::{AccountRow, Accounts, Config, Rescued, TroubledFolder};
pub use clock::{Clock, SharedClock, Sleep, SystemClock, Timestamp, sleep};
pub use disk::{make_private_folder, tighten, write_private_file};
pub use error::{Error, ErrorKind, Hint, Result};
pub use network::Network;

// Who: ids, the keys behind them, and what a text that is no id has wrong.
pub use crypto::{AccountId, AccountKeys, AccountSeed, IdError};

// What people paste, cleaned before a shape is looked for in it.
pub use pasted::{behind_label, cleaned};

// Talking: the handles, and the rows that they hand out.
pub use client::{BoundedRequests, Client, Conversation, MAX_NOTE_POINTS, REQUESTS_DROPPED, Unanswered, bounded};
pub use message::expiry::{OFFERED_AFTER_READING, OFFERED_AFTER_SENDING, USUAL_AFTER_READING, USUAL_AFTER_SENDING};
pub use message::{ContactCard, Draft, MAX_TEXT_POINTS, Reach};
pub use store::{
    Before, ContactRow, ConversationId, ConversationRow, Disappearing, Failure, Found, Kind, Listing, MOST_COUNTED,
    MessageId, MessageKind, MessageRow, MessageState, Mute, NoticeContent, Preview, Quoted, QuotedLine, Reactions,
    Sending, Setting, StarredRow, UnreadableRow,
};

// Searching: one folding for letters, names and what is marked on a screen.
pub use fold::sort_key;
pub use words::SearchWords;

// Listening.
pub use event::{Connection, Event, Events, OtherDevice, READ_RECEIPTS, TYPING_NOTICES};

// The network, and how far devices agree: for people to look at.
pub use client::{Erased, PathSummary, SwarmNode};
pub use delivery::{ConfigReport, NetworkError, NetworkTask, PollReport, SendReport};
pub use onion::{NodesKnown, Origin, PathState, Roads};
pub use store::{Counted, DocumentState, FolderName, Hop, SalvageProgress, SalvageWatch, Salvaged, SyncState};

/// Recovery passwords and BIP-39 phrases: the secret of an account as words.
pub mod mnemonic {
    pub use crate::crypto::mnemonic::{BIP39_WORDS, LONG_RECOVERY_WORDS, RECOVERY_WORDS, suggest, words_of};
    pub use crate::crypto::{PhraseError, bip39_phrase, parse_phrase, recovery_password, recovery_words};
}

/// Where the keys of the ledgers lie wrapped.
pub mod vault {
    #[cfg(target_os = "linux")]
    pub use crate::store::vault::SecretServiceVault;
    pub use crate::store::vault::{FileVault, KeyVault, PassphraseVault, TestVault, VaultFuture, VaultKind};
    pub use crate::store::{DatabaseKey, FolderName};
}

/// What tests and tools lay into a ledger and read from it, past the counter: nobody is told.
#[cfg(feature = "vectors-fuzz-benches")]
pub mod ledger {
    pub use crate::config::{Document, DocumentKind};
    pub use crate::event::{Announcer, OTHER_DEVICE};
    pub use crate::store::{DumpRow, NewMessage, Quota, ReceivedProfile, WriteTx};
}
