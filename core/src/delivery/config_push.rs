//! Pushing: what changed in the config documents goes to our own swarm.
//!
//! A push is prepared in one write (document *waiting*, dump kept, what it replaces noted as obsolete), sent as one
//! sequence (store everything new, then delete what is obsolete, so that nothing goes before its replacement is there) and
//! confirmed in a second write. A crash in between leaves a waiting document, whose bytes are the same when they are sent
//! again; a swarm that has them answers with the same hash. What counts as pushed is what half of the swarm proved; a poll
//! that finds the messages of a push whose answer was lost is one member's word, and so the next extension of lifetimes,
//! which is not far then, looks how many members hold them. Obsolete hashes stay noted until they are deleted: by the
//! sequence that replaces them, or, when there is nothing to push or that did not come so far, by an errand
//! ([`delete_replaced`]).
//!
//! Changes come in flocks (typing a name, reading down a list), so a push waits for a quiet moment, but not for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::chance::Chance;
use super::errand::delete;
use super::outbox::{is_due, is_network};
use super::papers::{self, Paper};
use super::{Due, Hall, Mailbox, NetworkTask, schedule};
use crate::address::{Namespace, Place, SwarmHash};
use crate::clock::Timestamp;
use crate::config::conversations;
use crate::config::limits::PENDING_FOR;
use crate::config::{ConfigError, DocumentKind, Push};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Connection;
use crate::message::Desk;
use crate::message::ttl::LONGEST_TTL;
use crate::store::{DumpRow, ErrandKind, ReadTx, WriteTx};
use crate::swarm::{Call, ExpireMode, ExpiredBy, Expiry, MAX_BATCH_CALLS, Members, Outcome, Quorum, Store, SwarmError};

/// What one round of pushing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfigReport {
    /// Documents whose change the swarm confirmed.
    pub confirmed: usize,
    /// Documents that will be tried again.
    pub retrying: usize,
    /// Obsolete messages that were deleted with it.
    pub deleted: usize,
    /// Nothing was pushed: a poll must succeed first, to know what other devices changed.
    pub waits_for_poll: bool,
}

/// Pushes the config documents of one mailbox.
pub struct ConfigPusher {
    hall: Hall,
    mailbox: Mailbox,
    turn: Semaphore,
    /// When lifetimes are extended next (monotonic); at once when none.
    extend_next: Mutex<Option<Duration>>,
}

/// One document on its way.
struct Letter {
    kind: DocumentKind,
    seqno: i64,
    messages: Vec<(SwarmHash, Vec<u8>)>,
    /// Not a change: a message that the swarm has lost is stored again.
    restores: bool,
    /// An earlier push of this document failed.
    failed_before: bool,
}

impl ConfigPusher {
    /// A pusher of a mailbox of the account whose hall this is.
    pub fn new(hall: Hall, mailbox: Mailbox) -> Self {
        Self { hall, mailbox, turn: Semaphore::new(1), extend_next: Mutex::default() }
    }

    /// Pushes what is due, or everything, once. While another round runs, waits for its end first.
    ///
    /// # Errors
    /// Only those of the ledger: what goes wrong on the way is in the report and in the rows.
    pub async fn work(&self, due: Due) -> Result<ConfigReport> {
        let _turn = self.turn.acquire().await.map_err(|_| Error::bug("pusher's turn was closed"))?;
        self.hall.check_not_silent()?;
        if !self.hall.polled_lately() {
            return Ok(ConfigReport { waits_for_poll: true, ..ConfigReport::default() });
        }
        let (desk, now) = (self.hall.desk(), self.hall.device_now());
        let owner = self.mailbox.address();
        let rows = self.hall.read(move |tx| tx.dumps(owner)).await?;
        let kinds: Vec<DocumentKind> = rows
            .iter()
            .filter(|row| {
                row.unpushed && row.fetched && (due == Due::Everything || is_due(ErrandKind::Store, due_at(row), now))
            })
            .filter_map(|row| self.mailbox.document(row.place.namespace))
            .collect();
        let letters = self.prepare(desk, kinds, false).await?;
        self.send(letters).await
    }

    /// How long the background may rest: until the next push is due; `None` when nothing waits, or all waits for a poll.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn pause(&self) -> Result<Option<Duration>> {
        let now = self.hall.device_now();
        if !self.hall.polled_lately() {
            return Ok(None);
        }
        let owner = self.mailbox.address();
        let rows = self.hall.read(move |tx| tx.dumps(owner)).await?;
        let next = rows.iter().filter(|row| row.unpushed && row.fetched).map(due_at).min();
        Ok(next.map(|at| if is_due(ErrandKind::Store, at, now) { Duration::ZERO } else { at.since(now) }))
    }

    /// Waits until no push runs.
    pub(crate) async fn rest(&self) {
        let _ = self.turn.acquire().await;
    }

    /// Extends, once an hour, the lifetimes of everything that the documents consist of, and stores again what the swarm
    /// has lost.
    ///
    /// # Errors
    /// Only those of the ledger.
    pub async fn keep_alive(&self) -> Result<()> {
        let monotonic = self.hall.clock().monotonic();
        if self.extend_next().is_some_and(|next| monotonic < next) {
            return Ok(());
        }
        let _turn = self.turn.acquire().await.map_err(|_| Error::bug("pusher's turn was closed"))?;
        self.hall.check_not_silent()?;
        let (mailbox, now) = (self.mailbox.clone(), self.hall.desk().network_now);
        let living = self.hall.read(move |tx| living(tx, &mailbox, now)).await?;
        let hashes: Vec<SwarmHash> = living.keys().cloned().collect();
        if hashes.is_empty() {
            return Ok(());
        }
        let (auth, until) = (self.mailbox.auth(), Expiry::Same(now + LONGEST_TTL));
        let extended = match self.hall.swarms().expire(auth, &hashes, until, ExpireMode::Set).await {
            Ok(extended) => extended,
            Err(error) => {
                tracing::debug!(?error, "lifetimes of configs could not be extended");
                // Not with every poll.
                *self.extend_next() = Some(monotonic + Chance::draw().spread(EXTEND_AGAIN));
                return Ok(());
            }
        };
        *self.extend_next() = Some(monotonic + EXTEND_EVERY + Chance::draw().within(EXTEND_EVERY / 5));
        let lost = lost(&living, &extended.members);
        if lost.is_empty() {
            return Ok(());
        }
        let letters = self.prepare(self.hall.desk(), lost, true).await?;
        self.send(letters).await.map(|_| ())
    }

    /// Makes what is to be sent, in one write.
    async fn prepare(&self, desk: Desk, kinds: Vec<DocumentKind>, restores: bool) -> Result<Vec<Letter>> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let mailbox = self.mailbox.clone();
        self.hall.write("configs pushed", move |tx| prepare(tx, &desk, &mailbox, &kinds, restores)).await
    }

    /// Sends letters, settles what became of them, and deletes what is obsolete: one sequence for all that go for the first
    /// time; what failed before goes alone, so that it holds up nothing else.
    async fn send(&self, letters: Vec<Letter>) -> Result<ConfigReport> {
        let mut report = ConfigReport::default();
        let (again, first): (Vec<Letter>, Vec<Letter>) = letters.into_iter().partition(|letter| letter.failed_before);
        let rounds = std::iter::once(first).chain(again.into_iter().map(|letter| vec![letter]));
        for round in rounds.filter(|round| !round.is_empty()) {
            self.send_together(&round, &mut report).await?;
        }
        Ok(report)
    }

    async fn send_together(&self, letters: &[Letter], report: &mut ConfigReport) -> Result<()> {
        let owner = self.mailbox.address();
        let mut obsolete = self.hall.read(move |tx| tx.obsolete_configs(owner, MAX_DELETES)).await?;
        // What replaces them goes before them in this very sequence.
        obsolete.retain(|(namespace, _)| letters.iter().any(|letter| letter.kind.namespace() == *namespace));
        let told = self.carry(calls(letters, &obsolete), letters.len()).await;
        if told.deleted {
            report.deleted += obsolete.len();
            self.forget_obsolete(obsolete).await?;
        }
        for (letter, stored) in letters.iter().zip(&told.stored) {
            if *stored == letter.messages.len() {
                self.confirm(letter).await?;
                report.confirmed += usize::from(!letter.restores);
            } else {
                self.postpone(letter).await?;
                self.look_soon();
                report.retrying += 1;
            }
        }
        let Some(error) = told.failure else { return self.hall.note_connection(Connection::Online).await };
        tracing::debug!(?error, "configs could not be pushed");
        self.hall.note_trouble(NetworkTask::Sending, error.kind());
        if is_network(error.kind()) { self.hall.note_connection(Connection::Offline).await } else { Ok(()) }
    }

    /// Sends calls in order, a few in each request, until one fails.
    async fn carry(&self, calls: Vec<(Option<usize>, Call)>, letters: usize) -> Carried {
        let mut told = Carried { stored: vec![0; letters], deleted: false, failure: None };
        for chunk in calls.chunks(CALLS_AT_ONCE) {
            let asked: Vec<Call> = chunk.iter().map(|(_, call)| call.clone()).collect();
            let results = match self.hall.swarms().sequence(self.mailbox.auth(), &asked).await {
                Ok(done) => done.results,
                Err(error) => vec![Err(error)],
            };
            for ((letter, _), result) in chunk.iter().zip(results) {
                told.hear(*letter, result);
            }
            if told.failure.is_some() {
                break;
            }
        }
        told
    }

    async fn confirm(&self, letter: &Letter) -> Result<()> {
        let (kind, seqno, now) = (letter.kind, letter.seqno, self.hall.device_now());
        let owner = self.mailbox.address();
        let hashes: Vec<String> = letter.messages.iter().map(|(hash, _)| hash.as_str().to_owned()).collect();
        self.hall
            .write("configs confirmed", move |tx| {
                let mut paper = papers::open(tx, owner, kind)?;
                settle(tx, &mut paper, seqno, &hashes)?;
                if paper.document.needs_dump() {
                    paper.keep(tx, now)?;
                }
                delete_replaced(tx, kind.place(owner), now)
            })
            .await
    }

    async fn postpone(&self, letter: &Letter) -> Result<()> {
        let (place, now) = (letter.kind.place(self.mailbox.address()), self.hall.device_now());
        self.hall
            .write("configs postponed", move |tx| {
                let Some(mut row) = tx.dump(place)? else { return Ok(()) };
                row.attempts = row.attempts.saturating_add(1);
                row.retry_at = now + Chance::draw().spread(schedule::backoff(row.attempts));
                tx.save_dump(&row)
            })
            .await
    }

    async fn forget_obsolete(&self, obsolete: Vec<(Namespace, SwarmHash)>) -> Result<()> {
        let owner = self.mailbox.address();
        self.hall
            .write("obsolete configs deleted", move |tx| {
                for (namespace, hash) in &obsolete {
                    tx.forget_cursor(hash)?;
                    tx.forget_obsolete_config(Place { owner, namespace: *namespace }, hash)?;
                }
                Ok(())
            })
            .await
    }

    /// Lifetimes are extended soon: the answers tell how many members hold what was pushed.
    fn look_soon(&self) {
        let soon = self.hall.clock().monotonic() + EXTEND_AGAIN;
        let mut next = self.extend_next();
        *next = next.map(|next| next.min(soon));
    }

    fn extend_next(&self) -> MutexGuard<'_, Option<Duration>> {
        self.extend_next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a sequence.
struct Carried {
    /// For each letter how many of its messages are stored.
    stored: Vec<usize>,
    /// What is obsolete was deleted.
    deleted: bool,
    /// Why it broke off.
    failure: Option<Error>,
}

impl Carried {
    /// Takes the result of a call for a letter, or of the deletion.
    fn hear(&mut self, letter: Option<usize>, result: std::result::Result<Outcome, SwarmError>) {
        match (letter, result) {
            (Some(number), Ok(Outcome::Stored(_))) => {
                if let Some(count) = self.stored.get_mut(number) {
                    *count += 1;
                }
            }
            (None, Ok(Outcome::Deleted(_))) => self.deleted = true,
            // Left for an errand.
            (None, _) => (),
            (Some(_), Err(error)) => self.failure = Some(error.into()),
            (Some(_), Ok(_)) => {
                self.failure = Some(Error::new(ErrorKind::SwarmRejected, "swarm did not store a config"));
            }
        }
    }
}

/// The calls of one sequence, each with the number of its letter.
fn calls(letters: &[Letter], obsolete: &[(Namespace, SwarmHash)]) -> Vec<(Option<usize>, Call)> {
    let mut calls: Vec<(Option<usize>, Call)> = Vec::new();
    for (number, letter) in letters.iter().enumerate() {
        let namespace = letter.kind.namespace();
        calls.extend(letter.messages.iter().map(|(_, data)| {
            let store = Store { namespace, data: data.clone(), ttl: LONGEST_TTL, timestamp: None };
            (Some(number), Call::Store(store))
        }));
    }
    if !obsolete.is_empty() {
        // Last, so that nothing goes before its replacement is there.
        let hashes = obsolete.iter().map(|(_, hash)| hash.clone()).collect();
        calls.push((None, Call::Delete { hashes, required: false }));
    }
    calls
}

/// Everything in the swarm that the documents of a mailbox consist of: of which document, and whether it is a whole message.
fn living(tx: &ReadTx<'_>, mailbox: &Mailbox, now: Timestamp) -> Result<BTreeMap<SwarmHash, (DocumentKind, bool)>> {
    let mut living = BTreeMap::new();
    for kind in mailbox.documents() {
        let document = papers::open(tx, mailbox.address(), *kind)?.document;
        // What waits for its confirmation is pushed again anyway.
        let confirmed = if document.needs_push() { Vec::new() } else { document.current_hashes() };
        let whole = confirmed.into_iter().map(|hash| (hash, true));
        let parts = document.fresh_part_hashes(now, PENDING_FOR).into_iter().map(|hash| (hash, false));
        let hashes = whole.chain(parts).filter_map(|(hash, whole)| Some((SwarmHash::parse(&hash)?, (*kind, whole))));
        living.extend(hashes);
    }
    Ok(living)
}

/// Documents of which a whole message is gone: one that fewer members name than must keep it. Storing it again is harmless.
fn lost(living: &BTreeMap<SwarmHash, (DocumentKind, bool)>, members: &Members<ExpiredBy>) -> Vec<DocumentKind> {
    let names =
        |told: &ExpiredBy, hash: &SwarmHash| told.updated.iter().chain(&told.unchanged).any(|(named, _)| named == hash);
    let held = |hash: &SwarmHash| Quorum {
        accepted: members.accepted.iter().filter(|(_, told)| names(told, hash)).count(),
        ..members.quorum()
    };
    let gone = living.iter().filter(|(hash, (_, whole))| *whole && !held(hash).is_met());
    gone.map(|(_, (kind, _))| *kind).collect::<BTreeSet<_>>().into_iter().collect()
}

fn prepare(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    mailbox: &Mailbox,
    kinds: &[DocumentKind],
    restores: bool,
) -> Result<Vec<Letter>> {
    let mut letters = Vec::new();
    for kind in kinds {
        let mut paper = papers::open(tx, mailbox.address(), *kind)?;
        if paper.damaged {
            tx.edit_everything()?;
            paper.keep(tx, desk.device_now)?;
            continue;
        }
        if !paper.row.fetched {
            continue;
        }
        if *kind == DocumentKind::ConvoInfoVolatile {
            paper.document.edit(|data| conversations::age(data, desk.network_now));
        }
        match paper.document.push(mailbox.document_keys()) {
            Ok(push) => letters.push(letter(tx, desk, paper, push, restores)?),
            Err(error) => {
                // Nothing that waiting would mend; the document stays as it is, and says so in the state.
                tracing::error!(?error, namespace = %kind.namespace(), "a config document cannot be written");
                paper.row.oversized = matches!(error, ConfigError::TooLarge { .. });
                paper.row.attempts = paper.row.attempts.saturating_add(1);
                paper.row.retry_at = desk.device_now + unwritable_backoff(paper.row.attempts);
                tx.save_dump(&paper.row)?;
            }
        }
    }
    Ok(letters)
}

/// The letter of one push: keeps the document as *waiting*, and notes what it replaces.
fn letter(tx: &mut WriteTx<'_>, desk: &Desk, mut paper: Paper, push: Push, restores: bool) -> Result<Letter> {
    let place = paper.row.place;
    for hash in push.obsolete.iter().filter_map(|hash| SwarmHash::parse(hash)) {
        tx.add_obsolete_config(place, &hash)?;
    }
    let mut messages = Vec::new();
    for data in push.messages {
        let hash = SwarmHash::of(&place.owner, place.namespace, &data);
        // Our own message is no news when a poll brings it.
        tx.mark_seen(place, &hash, desk.network_now + LONGEST_TTL)?;
        messages.push((hash, data));
    }
    paper.row.oversized = false;
    paper.document.expect(push.seqno, messages.iter().map(|(hash, _)| hash.as_str().to_owned()));
    let (kind, failed_before) = (paper.document.kind(), paper.row.attempts > 0);
    paper.keep(tx, desk.device_now)?;
    Ok(Letter { kind, seqno: push.seqno, messages, restores, failed_before })
}

/// Makes errands of the deletion of what is obsolete in a place whose document the swarm has: nothing will be pushed that
/// could take it along.
///
/// # Errors
/// Those of the ledger.
pub(super) fn delete_replaced(tx: &mut WriteTx<'_>, place: Place, now: Timestamp) -> Result<()> {
    if !tx.dump(place)?.is_some_and(|row| row.fetched && !row.unpushed) {
        return Ok(());
    }
    let obsolete = tx.obsolete_configs(place.owner, MAX_DELETES)?;
    let here = obsolete.into_iter().filter(|(namespace, _)| *namespace == place.namespace);
    let hashes: Vec<SwarmHash> = here.map(|(_, hash)| hash).collect();
    for hash in &hashes {
        tx.forget_obsolete_config(place, hash)?;
    }
    delete::write(tx, place.owner, hashes, now)
}

/// The swarm holds all messages of the push with this number.
fn settle(tx: &mut WriteTx<'_>, paper: &mut Paper, seqno: i64, hashes: &[String]) -> Result<()> {
    if paper.document.confirm(seqno, hashes.to_vec()) {
        (paper.row.attempts, paper.row.retry_at) = (0, Timestamp::ZERO);
    }
    // Edited meanwhile: what was just stored is replaced already, and nobody else would remember it.
    let replaced = seqno < paper.document.seqno();
    for hash in hashes.iter().filter_map(|hash| SwarmHash::parse(hash)) {
        if replaced {
            tx.add_obsolete_config(paper.row.place, &hash)?;
        } else {
            tx.forget_obsolete_config(paper.row.place, &hash)?;
        }
    }
    Ok(())
}

/// Confirms a push whose answer was lost and whose messages a poll brings back; `held` are the hashes in one member's page.
/// [`ConfigPusher::keep_alive`] stores again what the others do not have.
///
/// # Errors
/// Those of the ledger.
pub(super) fn settle_by_poll(tx: &mut WriteTx<'_>, paper: &mut Paper, held: &BTreeSet<&str>) -> Result<()> {
    let expected = paper.document.current_hashes();
    let waits = paper.document.needs_push() && !paper.document.is_dirty();
    if waits && !expected.is_empty() && expected.iter().all(|hash| held.contains(hash.as_str())) {
        settle(tx, paper, paper.document.seqno(), &expected)?;
    }
    Ok(())
}

/// How long a document rests that could not be written this often: each try writes and compresses all of it.
fn unwritable_backoff(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(8);
    schedule::LONGEST_BACKOFF.saturating_mul(1 << doublings).min(LONGEST_UNWRITABLE)
}

/// When a document may be pushed (device time).
fn due_at(row: &DumpRow) -> Timestamp {
    let quiet = row.last_edit_at + QUIET;
    let latest = row.first_edit_at + LONGEST_WAIT;
    let due = if row.first_edit_at == Timestamp::ZERO { Timestamp::ZERO } else { quiet.min(latest) };
    due.max(row.retry_at)
}

/// A push waits until nothing was edited for so long.
const QUIET: Duration = Duration::from_secs(3);

/// It waits no longer than this in all.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The longest rest of a document that cannot be written. Somebody may make it smaller on another device.
const LONGEST_UNWRITABLE: Duration = Duration::from_secs(60 * 60);

/// How often lifetimes are extended. Nodes ignore smaller extensions: session-foundation/session-storage-server
/// `oxenss/rpc/request_handler.cpp`.
const EXTEND_EVERY: Duration = Duration::from_secs(60 * 60);

/// After how long something that failed and that nobody waits for is tried again, and looked at after a push that failed.
const EXTEND_AGAIN: Duration = Duration::from_secs(5 * 60);

/// Calls in one request: all documents and what they replace. Each waits up to five seconds for a member that is away, one
/// after the other, and relays let go after thirty; with full messages it is 400 kB, what a slow line carries in time.
const CALLS_AT_ONCE: usize = DocumentKind::SYNCED.len() + 1;
const _: () = assert!(CALLS_AT_ONCE <= MAX_BATCH_CALLS);

/// Obsolete messages deleted in one request.
const MAX_DELETES: u32 = 200;

#[cfg(test)]
mod tests {
    use super::super::config_tests::Device;
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// Bytes that do not compress.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        std::iter::repeat_with(next).flatten().take(length).collect()
    }

    #[tokio::test]
    async fn a_document_that_is_too_large_says_so_and_rests_longer_each_time_until_it_fits() {
        let device = Device::new(true).await;
        let (desk, kind) = (device.hall.desk(), DocumentKind::Contacts);
        let edit = async |large: bool| {
            let edit = move |tx: &mut WriteTx<'_>| {
                let mut paper = papers::open(tx, desk.me.into(), kind)?;
                paper.document.edit(|data| data.put_or_remove("x", large.then(|| noise(5_500_000))));
                paper.document.edit(|data| data.put_positive("y", 1));
                paper.keep(tx, desk.device_now)
            };
            device.does(edit).await;
        };
        let tried = async || {
            let mailbox = device.hall.mailbox().clone();
            let letters = device.does(move |tx| prepare(tx, &desk, &mailbox, &[kind], false)).await.len();
            let row = device.hall.read(move |tx| tx.dump(kind.place(desk.me))).await.unwrap().unwrap();
            (letters, row.retry_at.since(desk.device_now).as_secs())
        };
        let oversized = async || device.hall.read(|tx| tx.sync_state()).await.unwrap().oversized;
        edit(true).await;
        assert_eq!([tried().await, tried().await, tried().await], [(0, 30), (0, 60), (0, 120)]);
        assert!(oversized().await && device.unsent().await);
        edit(false).await;
        assert_eq!(tried().await.0, 1);
        assert!(!oversized().await);
    }

    #[test]
    fn a_document_that_cannot_be_written_is_tried_less_and_less_often() {
        let waits: Vec<u64> = (1..=9).map(|attempts| unwritable_backoff(attempts).as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(unwritable_backoff(u32::MAX).as_secs(), 3_600);
    }

    #[test]
    fn a_push_waits_for_a_quiet_moment_but_not_for_ever() {
        let edited = |first: u64, last: u64| DumpRow {
            first_edit_at: at(first),
            last_edit_at: at(last),
            unpushed: true,
            ..DumpRow::empty(DocumentKind::Contacts.place(crate::crypto::AccountId::from_x25519([1; 32])))
        };
        assert_eq!(due_at(&edited(1_000, 1_000)), at(4_000));
        assert_eq!(due_at(&edited(1_000, 10_000)), at(13_000));
        assert_eq!(due_at(&edited(1_000, 15_500)), at(16_000), "edited again and again");
        assert_eq!(due_at(&DumpRow { retry_at: at(90_000), ..edited(1_000, 1_000) }), at(90_000));
        assert_eq!(due_at(&edited(0, 0)), at(0), "a crash left it waiting for its confirmation");
    }
}
