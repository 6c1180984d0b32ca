//! One config document of one account: its data, what of it the swarm knows, and what the swarm must still learn.
//!
//! A document is **clean** (what is here lies in the swarm under [`Document::current_hashes`]), **dirty** (changed, never
//! handed to a push) or **waiting** (pushed, not confirmed). Pure: no clock, no network; the caller fetches, stores,
//! saves the [`Document::dump`] before it pushes and after it merges or confirms, and serialises access.
//!
//! Source: session-foundation/libsession-util `src/config/base.cpp`, `docs/config-merge-logic.md`.

use std::collections::BTreeSet;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::address::{Address, Namespace, Place};
use crate::clock::Timestamp;
use crate::crypto::{AccountKeys, blake2b_256};

use super::compress::expand;
use super::diff::Diff;
use super::error::ConfigError;
use super::limits;
use super::merge::{Candidate, Outcome, resolve};
use super::message::{Hash, Message, Revision};
use super::parts::{Collected, Parts};
use super::seal::{self, ConfigKeys};
use super::tree::Dict;

/// Which document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// The account's name, picture and settings.
    UserProfile,
    /// People.
    Contacts,
    /// What has been read.
    ConvoInfoVolatile,
    /// Groups and communities.
    UserGroups,
    /// Settings of this device; never pushed.
    #[cfg_attr(
        not(feature = "vectors-fuzz-benches"),
        expect(dead_code, reason = "waits for the settings that stay on a device")
    )]
    Local,
}

impl DocumentKind {
    /// The documents that an account's devices share, in the order in which a poll asks for them and rows follow them: what was
    /// read comes after the conversations it is about.
    pub const SYNCED: [Self; 4] = [Self::UserProfile, Self::Contacts, Self::UserGroups, Self::ConvoInfoVolatile];

    /// Where the swarm keeps it; a label for what is never pushed.
    pub fn namespace(self) -> Namespace {
        match self {
            Self::UserProfile => Namespace::USER_PROFILE,
            Self::Contacts => Namespace::CONTACTS,
            Self::ConvoInfoVolatile => Namespace::CONVO_INFO,
            Self::UserGroups => Namespace::USER_GROUPS,
            Self::Local => Namespace(9999),
        }
    }

    /// Where a document of `owner` lies.
    pub fn place(self, owner: impl Into<Address>) -> Place {
        Place { owner: owner.into(), namespace: self.namespace() }
    }

    /// What separates its encryption from that of the other documents; 1 to 24 bytes.
    pub fn domain(self) -> &'static str {
        match self {
            Self::UserProfile => "UserProfile",
            Self::Contacts => "Contacts",
            Self::ConvoInfoVolatile => "ConvoInfoVolatile",
            Self::UserGroups => "UserGroups",
            Self::Local => "Local",
        }
    }

    /// Its number inside the wrapping; None for documents that are not wrapped.
    pub fn protobuf_kind(self) -> Option<i32> {
        match self {
            Self::UserProfile => Some(1),
            Self::Contacts => Some(2),
            Self::ConvoInfoVolatile => Some(3),
            Self::UserGroups => Some(4),
            Self::Local => None,
        }
    }
}

/// A message as the swarm gave it.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// Its storage hash.
    pub hash: &'a str,
    /// Its bytes (after base64).
    pub data: &'a [u8],
}

/// What a merge came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The data differs from before.
    pub changed: bool,
    /// Storage hashes of the messages (and parts) that were understood.
    pub accepted: Vec<String>,
    /// Storage hashes of what was read as a whole message, with those of all its parts. A lone part is none.
    pub whole: Vec<String>,
    /// What each whole message says by itself.
    pub revisions: Vec<Dict>,
    /// Storage hashes of the others, and why; for parts that make no message, of all that came now. They are left where they
    /// are: a newer client may understand them.
    pub refused: Vec<(String, ConfigError)>,
    /// Storage hashes of all parts here whose message is still incomplete, also those of earlier merges.
    pub waiting_parts: Vec<String>,
}

impl Merged {
    /// Refuses a message, and with it the parts of its set that came in the same merge.
    fn refuse(&mut self, hash: &str, set: &[String], error: ConfigError) {
        let (parts, accepted): (Vec<String>, Vec<String>) =
            mem::take(&mut self.accepted).into_iter().partition(|part| set.contains(part));
        self.accepted = accepted;
        self.refused.extend(parts.into_iter().map(|part| (part, error)));
        self.refused.push((hash.to_owned(), error));
    }
}

/// What is to be stored, and what to be deleted after that.
#[derive(Clone, PartialEq, Eq)]
pub struct Push {
    /// The number to confirm.
    pub seqno: i64,
    /// One message, or all parts of one; the push is done when all are stored.
    pub messages: Vec<Vec<u8>>,
    /// Storage hashes of what this push replaces. Handed out once.
    pub obsolete: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Clean,
    Dirty,
    Waiting,
}

/// See the head of this file.
#[derive(Clone)]
pub struct Document {
    pub(super) kind: DocumentKind,
    pub(super) stage: Stage,
    /// What it says. While dirty its own diff is stale: it is computed from `origin` when it is needed.
    pub(super) message: Message,
    /// Text and hash of `message`; None while dirty.
    pub(super) written: Option<(Vec<u8>, Hash)>,
    /// While dirty: the data that the own diff starts from.
    pub(super) origin: Dict,
    /// Changes made here since the swarm last knew all of them.
    pub(super) local: Diff,
    pub(super) current: BTreeSet<String>,
    pub(super) obsolete: BTreeSet<String>,
    pub(super) parts: Parts,
    pub(super) unsaved: Flag,
}

impl Document {
    /// An empty document: number 0, clean.
    pub fn new(kind: DocumentKind) -> Self {
        let Revision { message, text, hash } = Revision::empty();
        Self {
            kind,
            stage: Stage::Clean,
            message,
            written: Some((text, hash)),
            origin: Dict::default(),
            local: Diff::default(),
            current: BTreeSet::new(),
            obsolete: BTreeSet::new(),
            parts: Parts::default(),
            unsaved: Flag::new(false),
        }
    }

    /// Which document this is.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The number of this revision.
    pub fn seqno(&self) -> i64 {
        self.message.seqno
    }

    /// What it says.
    pub fn data(&self) -> &Dict {
        &self.message.data
    }

    /// The text and hash of this revision as it was read or pushed; None while it is dirty.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests alone"))]
    pub fn revision(&self) -> Option<(&[u8], Hash)> {
        self.written.as_ref().map(|(text, hash)| (&text[..], *hash))
    }

    /// Changes the data. The document is dirty only when something differs afterwards.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Dict) -> T) -> T {
        let before = self.message.data.clone();
        let result = change(&mut self.message.data);
        self.message.data.prune();
        self.changed_from(before);
        result
    }

    /// What follows from a change of the data.
    fn changed_from(&mut self, before: Dict) {
        let diff = Diff::between(&before, &self.message.data);
        if diff.is_empty() {
            return;
        }
        self.local.extend(diff);
        if let Some((_, hash)) = self.written.take() {
            self.message.advance(hash);
            self.retire_current();
            self.origin = before;
            self.stage = Stage::Dirty;
        }
        self.unsaved.set();
    }

    /// Whether there are changes that were never handed to a push.
    pub fn is_dirty(&self) -> bool {
        self.stage == Stage::Dirty
    }

    /// Whether the swarm must still learn something: dirty, or waiting for its confirmation.
    pub fn needs_push(&self) -> bool {
        self.stage != Stage::Clean
    }

    /// Whether something changed since the last [`Self::dump`].
    pub fn needs_dump(&self) -> bool {
        self.unsaved.get()
    }

    /// Storage hashes of this revision: one, or those of all its parts.
    pub fn current_hashes(&self) -> Vec<String> {
        self.current.iter().cloned().collect()
    }

    /// Storage hashes of the parts of incomplete messages.
    pub fn part_hashes(&self) -> Vec<String> {
        self.parts.hashes().cloned().collect()
    }

    /// Storage hashes of the parts of incomplete messages of which a new part came no longer than `age` ago. While a message
    /// may still be completed ([`limits::PENDING_FOR`]), lifetimes of its parts must be extended like those of the current ones.
    pub fn fresh_part_hashes(&self, now: Timestamp, age: Duration) -> Vec<String> {
        self.parts.fresh_hashes(now, age).cloned().collect()
    }

    /// Storage hashes that the next push hands out for deletion.
    pub fn obsolete_hashes(&self) -> Vec<String> {
        self.obsolete.iter().cloned().collect()
    }

    /// What to store now. A document with changes then waits for [`Self::confirm`]; one without gives the same bytes again,
    /// which brings back a message that the swarm has lost. The obsolete hashes are handed out in either case.
    ///
    /// # Errors
    /// [`ConfigError::TooLarge`], [`ConfigError::CannotSign`], [`ConfigError::Seqno`] when no number is left; the document is as before.
    pub fn push(&mut self, keys: &ConfigKeys) -> Result<Push, ConfigError> {
        if self.stage != Stage::Clean && !keys.may_write() {
            return Err(ConfigError::CannotSign);
        }
        if self.message.seqno > limits::MAX_SEQNO {
            return Err(ConfigError::Seqno);
        }
        let diff = self.own_diff();
        let text = match &self.written {
            Some((text, _)) => text.clone(),
            None => self.message.write(&diff, keys.signer()),
        };
        let messages = seal::close(keys, self.kind, self.message.seqno, &text)?;
        if self.stage == Stage::Dirty {
            self.message.diff = diff;
            let hash = blake2b_256(&[&text]);
            self.written = Some((text, hash));
            self.origin = Dict::default();
            self.stage = Stage::Waiting;
            self.unsaved.set();
        }
        let obsolete: Vec<String> = mem::take(&mut self.obsolete).into_iter().collect();
        if !obsolete.is_empty() {
            self.unsaved.set();
        }
        Ok(Push { seqno: self.message.seqno, messages, obsolete: if keys.may_write() { obsolete } else { vec![] } })
    }

    /// The storage hashes under which the swarm will hold the push with this number. Should its confirmation never come and
    /// the document go on, they are obsolete like those of any other replaced revision.
    pub fn expect(&mut self, seqno: i64, hashes: impl IntoIterator<Item = String>) {
        if self.stage == Stage::Waiting && seqno == self.message.seqno {
            self.current = hashes.into_iter().take(limits::MAX_CURRENT_HASHES).collect();
            self.unsaved.set();
        }
    }

    /// The swarm has stored all messages of the push with this number. Says whether that is still what waits.
    ///
    /// For a clean document, whose messages were brought back, the hashes replace the current ones: another client may
    /// have written the same revision in other bytes.
    pub fn confirm(&mut self, seqno: i64, hashes: Vec<String>) -> bool {
        if self.stage == Stage::Dirty || seqno != self.message.seqno || hashes.is_empty() {
            return false;
        }
        let waited = self.stage == Stage::Waiting;
        self.current.clear();
        self.settle(hashes);
        waited
    }

    /// The swarm holds this very revision under these hashes.
    fn settle(&mut self, hashes: impl IntoIterator<Item = String>) {
        self.stage = Stage::Clean;
        self.local = Diff::default();
        self.origin = Dict::default();
        self.current.extend(hashes);
        while self.current.len() > limits::MAX_CURRENT_HASHES {
            self.current.pop_last();
        }
        self.obsolete.retain(|hash| !self.current.contains(hash));
        self.unsaved.set();
    }

    /// Takes in what the swarm gave, in any order; `now` is for the age of parts.
    pub fn merge(&mut self, keys: &ConfigKeys, incoming: &[Incoming<'_>], now: Timestamp) -> Merged {
        let mut merged = Merged::default();
        let signer = keys.must_be_signed_by();
        let mut found: Vec<Found> = Vec::new();
        for Incoming { hash, data } in incoming {
            match self.read(keys, hash, data, now) {
                Ok(Read::Message { text, hashes, whole }) => match Revision::parse(text, signer.as_ref()) {
                    Ok(revision) => {
                        whole.into_iter().for_each(|whole| self.parts.finish(whole, now));
                        merged.accepted.push((*hash).to_owned());
                        merged.whole.extend(hashes.iter().cloned());
                        found.push(Found { revision, hashes });
                    }
                    Err(error) => merged.refuse(hash, &hashes, error),
                },
                Ok(Read::Part) => merged.accepted.push((*hash).to_owned()),
                Ok(Read::Broken { hashes, error }) => merged.refuse(hash, &hashes, error),
                Err(error) => merged.refused.push(((*hash).to_owned(), error)),
            }
        }
        // Only now: what waited while this device was off may have been complete with this.
        if self.parts.expire(now) {
            self.unsaved.set();
        }
        if !found.is_empty() {
            let revisions: Vec<_> = found.iter().map(|found| found.revision.message.data.clone()).collect();
            merged.changed = self.take_in(keys, found);
            merged.revisions = revisions;
        }
        if !keys.may_write() {
            self.obsolete.clear();
        }
        merged.waiting_parts = self.part_hashes();
        merged
    }

    /// Opens one stored message.
    fn read(&mut self, keys: &ConfigKeys, hash: &str, data: &[u8], now: Timestamp) -> Result<Read, ConfigError> {
        let payload = seal::open(keys, self.kind, data)?;
        if payload.first() != Some(&b'm') {
            return Ok(Read::Message { text: expand(payload)?, hashes: vec![hash.to_owned()], whole: None });
        }
        self.unsaved.set();
        match self.parts.collect(hash, &payload, now)? {
            Collected::Waiting => Ok(Read::Part),
            Collected::Stray => {
                self.make_obsolete([hash.to_owned()]);
                Ok(Read::Part)
            }
            Collected::Complete { payload, hashes, whole } => Ok(match expand(payload) {
                Ok(text) => Read::Message { text, hashes, whole: Some(whole) },
                Err(error) => Read::Broken { hashes, error },
            }),
            Collected::Broken { hashes, error } => Ok(Read::Broken { hashes, error }),
        }
    }

    /// Merges revisions with the one that is here. Says whether the data changed.
    fn take_in(&mut self, keys: &ConfigKeys, mut found: Vec<Found>) -> bool {
        // The document takes part as if it had been pushed, but not the empty one that nobody wrote.
        let mine = self.message.seqno != 0 || self.stage == Stage::Dirty;
        let signable = self.stage != Stage::Dirty || keys.may_write();
        let own = (mine && signable).then(|| self.own_hash(keys.signer()));
        let candidates: Vec<Candidate<'_>> = own
            .map(|hash| Candidate { message: &self.message, hash })
            .into_iter()
            .chain(
                found
                    .iter()
                    .map(|Found { revision, .. }| Candidate { message: &revision.message, hash: revision.hash }),
            )
            .collect();
        let Some(resolution) = resolve(&candidates, keys.may_write()) else { return false };
        let was_dirty = self.stage == Stage::Dirty;
        // Changes that nobody has seen and that are too old to be merged are made once more.
        let left_behind =
            own.is_some() && resolution.first_left_behind && self.stage != Stage::Clean && keys.may_write();
        let at = match resolution.outcome {
            Outcome::Combined(combined) => {
                self.make_obsolete(found.into_iter().flat_map(|other| other.hashes));
                return self.become_dirty(*combined, was_dirty, left_behind);
            }
            Outcome::One(at) => at,
        };
        let Some(at) = at.checked_sub(usize::from(own.is_some())) else {
            // Mine won. Who wrote the very same revision has stored it for us.
            let same = own.unwrap_or_default();
            let (twins, others): (Vec<Found>, Vec<Found>) =
                found.into_iter().partition(|other| other.revision.hash == same);
            self.make_obsolete(others.into_iter().flat_map(|other| other.hashes));
            if let Some(twin) = twins.first().filter(|_| was_dirty) {
                self.message.diff = twin.revision.message.diff.clone();
                self.written = Some((twin.revision.text.clone(), twin.revision.hash));
            }
            if twins.iter().any(|twin| twin.hashes.iter().any(|hash| !self.current.contains(hash))) {
                self.settle(twins.into_iter().flat_map(|twin| twin.hashes));
            }
            return false;
        };
        if at >= found.len() {
            return false;
        }
        if !mine && found.get(at).is_some_and(|winner| winner.revision.message.seqno == 0) {
            // Nobody writes a number of zero: whatever it says, this device has it already, as every other one has.
            return false;
        }
        let winner = found.swap_remove(at);
        let same = winner.revision.hash;
        let (twins, others): (Vec<Found>, Vec<Found>) =
            found.into_iter().partition(|other| other.revision.hash == same);
        self.retire_current();
        self.make_obsolete(others.into_iter().flat_map(|other| other.hashes));
        let Revision { message, text, hash } = winner.revision;
        let before = mem::replace(&mut self.message, message);
        let local = mem::take(&mut self.local);
        self.written = Some((text, hash));
        self.settle(winner.hashes.into_iter().chain(twins.into_iter().flat_map(|twin| twin.hashes)));
        if left_behind {
            self.edit(|data| local.reapply(data, &before.data));
        }
        before.data != self.message.data
    }

    /// Goes on with a combined message. Its own diff starts from nothing when there were no changes here, and from the
    /// combined data when there were: official clients do the same, and would push again what was written otherwise.
    fn become_dirty(&mut self, combined: Message, was_dirty: bool, left_behind: bool) -> bool {
        self.retire_current();
        let before = mem::replace(&mut self.message, combined);
        self.origin = if was_dirty { self.message.data.clone() } else { Dict::default() };
        self.written = None;
        self.stage = Stage::Dirty;
        self.unsaved.set();
        if left_behind {
            self.local.reapply(&mut self.message.data, &before.data);
            self.message.data.prune();
        }
        before.data != self.message.data
    }

    /// The diff of this revision, as it goes out.
    pub(super) fn own_diff(&self) -> Arc<Diff> {
        match self.stage {
            Stage::Dirty => Arc::new(Diff::between(&self.origin, &self.message.data)),
            Stage::Clean | Stage::Waiting => self.message.diff.clone(),
        }
    }

    /// The hash of this revision, as it would go out; its diff is brought up to date.
    fn own_hash(&mut self, signer: Option<&AccountKeys>) -> Hash {
        if let Some((_, hash)) = &self.written {
            return *hash;
        }
        self.message.diff = self.own_diff();
        blake2b_256(&[&self.message.write(&self.message.diff, signer)])
    }

    fn retire_current(&mut self) {
        self.obsolete.append(&mut self.current);
        self.bound_obsolete();
    }

    fn make_obsolete(&mut self, hashes: impl IntoIterator<Item = String>) {
        self.obsolete.extend(hashes.into_iter().filter(|hash| !self.current.contains(hash)));
        self.bound_obsolete();
        self.unsaved.set();
    }

    fn bound_obsolete(&mut self) {
        while self.obsolete.len() > limits::MAX_OBSOLETE_HASHES {
            self.obsolete.pop_last();
        }
    }
}

/// A revision that came in, and where the swarm keeps it.
struct Found {
    revision: Revision,
    hashes: Vec<String>,
}

enum Read {
    Message {
        text: Vec<u8>,
        hashes: Vec<String>,
        whole: Option<Hash>,
    },
    Part,
    /// All parts are here, and make no message.
    Broken {
        hashes: Vec<String>,
        error: ConfigError,
    },
}

/// A mark that reading may clear.
#[derive(Debug)]
pub(super) struct Flag(AtomicBool);

impl Flag {
    pub(super) fn new(on: bool) -> Self {
        Self(AtomicBool::new(on))
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Clone for Flag {
    fn clone(&self) -> Self {
        Self::new(self.get())
    }
}

/// Names and people stand in a document: only its state is printed.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("kind", &self.kind)
            .field("stage", &self.stage)
            .field("seqno", &self.message.seqno)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push")
            .field("seqno", &self.seqno)
            .field("messages", &self.messages.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("bytes", &self.data.len()).finish_non_exhaustive()
    }
}
