//! The ledger: one encrypted SQLite database for each account. Nothing is true until it is in here.
//!
//! - **Shape.** `schema.sql` is the whole schema in prose; `migrate` brings older files to it. One file for each table
//!   carries its rows and its typed queries: they are methods of [`ReadTx`] (questions) and [`WriteTx`] (answers that
//!   last), named after the thing they handle.
//! - **Access.** One writer, a few readers, closures on blocking threads. A write is one transaction: it commits whole or
//!   not at all, also when the closure panics. The queries record what they changed; [`Store::write`] gives the
//!   [`Changes`] back after the commit, never before.
//! - **Encryption.** SQLCipher with a raw 32-byte [`DatabaseKey`]; temporary tables stay in memory; deleted content is
//!   overwritten, and after a deletion the write-ahead log is emptied into the file and truncated.
//! - **Refusals.** A key that does not fit, a damaged file, a file of a newer version and a full disk are four different
//!   [`ErrorKind`](crate::ErrorKind)s. Errors never carry stored values.
//! - **Keys at rest.** [`vault`] wraps the key, [`layout`] says where files lie.
//!
//! ```no_run
//! # async fn example(path: &std::path::Path, key: onionskin_core::store::DatabaseKey) -> onionskin_core::Result<()> {
//! use onionskin_core::store::Store;
//! let store = Store::open(path, &key).await?;
//! let name = store.read(|tx| Ok(tx.profile()?.map(|profile| profile.display_name))).await?;
//! # Ok(()) }
//! ```

mod calls;
mod changes;
mod choices;
mod contacts;
mod conversation_id;
mod conversations;
mod cursors;
mod database;
mod days;
mod dumps;
mod early;
mod erase;
mod expiries;
mod failure;
mod imprint;
mod kept;
mod key;
mod late;
pub mod layout;
mod messages;
mod migrate;
mod names;
mod outbox;
mod partings;
mod place;
mod profile;
mod quotes;
mod reactions;
mod receipts;
mod rekey;
mod removal;
mod salvage;
mod search;
mod sendings;
mod settings;
mod silence;
mod stars;
#[cfg(test)]
mod testing;
mod tombstones;
mod tx;
mod unreadable;
mod unsettled;
mod until;
pub mod vault;

pub use changes::{Change, Changes};
pub use choices::{Mute, NoticeContent};
pub use contacts::{ContactRow, ReceivedProfile};
pub use conversation_id::ConversationId;
pub use conversations::{ConversationRow, Disappearing, Kind, Listing, MOST_COUNTED, Preview, Standing, Stranger};
pub use cursors::CursorEpoch;
pub(crate) use database::{AnyValue, AnyWrite, boxed, unboxed};
pub use database::{Store, opens_with_salt};
pub use dumps::{DocumentState, DumpRow, Edit, EditedField, SyncState};
pub use early::{Early, EarlyWord, MessageName};
pub use expiries::{Left, ReadWhere, Timed};
pub use imprint::{Imprint, MAX_IMPRINT_BYTES};
pub use kept::{KeptBytes, KeptLetter};
pub use key::DatabaseKey;
pub use late::Arrival;
pub use layout::FolderName;
pub use messages::{Before, Failure, MessageId, MessageKind, MessageRow, MessageState, NewMessage, ordered_at};
pub use outbox::{Errand, ErrandId, ErrandKind, Lane, NewDate, NewErrand, Parcel, ReadyErrand, Role, Urgency, What};
pub use partings::{Parted, Parting, PersonHash, SLIGHTLY_AHEAD};
pub use profile::{NewProfile, ProfileRow};
pub use quotes::{NewQuote, Quoted, QuotedLine};
pub use reactions::{ReactionWord, Reactions};
pub use receipts::Receipt;
pub use rekey::copy_under_new_key;
pub use salvage::{Counted, Rescue, SalvageProgress, SalvageWatch, Salvaged, salvage};
pub use search::Found;
pub use sendings::{Hop, Sending};
pub use settings::Setting;
pub use silence::LettersBetween;
pub use stars::StarredRow;
pub use tombstones::KEPT_FOR as TOMBSTONES_KEPT_FOR;
pub use tx::{ReadTx, WriteTx};
pub use unreadable::{Quota, UnreadableRow};
pub use unsettled::{Reading, Uncertain, Unsettled};

// What only vectors, fuzz, benchmarks and the tests of single rooms name.
#[cfg(test)]
pub use early::MOST_OF_ONE as MOST_EARLY_OF_ONE;
#[cfg(feature = "vectors-fuzz-benches")]
pub use layout::{AccountFolder, FolderLock, Folders};
#[cfg(feature = "vectors-fuzz-benches")]
pub use migrate::VERSION as SCHEMA_VERSION;
#[cfg(test)]
pub use reactions::MOST_OF_ONE as MOST_REACTIONS_OF_ONE;
#[cfg(feature = "vectors-fuzz-benches")]
pub use receipts::{MOST_OF_ONE, MOST_ROWS as MOST_RECEIPTS};
#[cfg(test)]
pub use tx::statements;
#[cfg(feature = "vectors-fuzz-benches")]
pub use unreadable::{MAX_RAW_BYTES, MAX_ROWS};
