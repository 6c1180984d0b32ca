//! Pushing: what changed in the config documents goes to our own swarm.
//!
//! A push is prepared in one write (document *waiting*, dump kept, what it replaces noted as obsolete), sent as one
//! sequence (store everything new, then delete what is obsolete, so that nothing goes before its replacement is there) and
//! confirmed in a second write. A crash in between leaves a waiting document, whose bytes are the same when they are sent
//! again; a swarm that has them answers with the same hash. Obsolete hashes stay noted until they are deleted.
//!
//! Changes come in flocks (typing a name, reading down a list), so a push waits for a quiet moment, but not for ever.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::outbox::is_network;
use super::{Due, Hall, NetworkTask, papers, schedule};
use crate::clock::Timestamp;
use crate::config::conversations;
use crate::config::{ConfigKeys, DocumentKind};
use crate::error::{Error, Result};
use crate::event::Connection;
use crate::message::Desk;
use crate::message::ttl::LONGEST_TTL;
use crate::store::{DumpRow, WriteTx};
use crate::swarm::{Address, Call, ExpireMode, Expiry, MAX_BATCH_CALLS, Namespace, Outcome, Store, SwarmHash};

/// What one round of pushing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfigReport {
    /// Documents whose change the swarm confirmed.
    pub confirmed: usize,
    /// Documents that will be tried again.
    pub retrying: usize,
    /// Obsolete messages that were deleted.
    pub deleted: usize,
}

/// Pushes the config documents of one account.
pub struct ConfigPusher {
    hall: Hall,
    turn: Semaphore,
    extended_at: Mutex<Option<Duration>>,
}

/// One document on its way.
struct Letter {
    kind: DocumentKind,
    seqno: i64,
    messages: Vec<(SwarmHash, Vec<u8>)>,
    /// Not a change: a message that the swarm has lost is stored again.
    again: bool,
}

impl ConfigPusher {
    /// A pusher of the account whose hall this is.
    pub fn new(hall: Hall) -> Self {
        Self { hall, turn: Semaphore::new(1), extended_at: Mutex::default() }
    }

    /// Pushes what is due, or everything, once. While another round runs, waits for its end first.
    ///
    /// # Errors
    /// Only those of the ledger: what goes wrong on the way is in the report and in the rows.
    pub async fn work(&self, due: Due) -> Result<ConfigReport> {
        let _turn = self.turn.acquire().await.map_err(|_| Error::bug("pusher's turn was closed"))?;
        self.hall.check_not_silent()?;
        let (desk, now) = (self.hall.desk(), self.hall.device_now());
        let rows = self.hall.read(|tx| tx.dumps()).await?;
        let kinds: Vec<DocumentKind> = rows
            .iter()
            .filter(|row| row.unpushed && row.fetched && (due == Due::Everything || due_at(row) <= now))
            .filter_map(|row| DocumentKind::from_namespace(row.namespace))
            .collect();
        let letters = self.prepare(desk, kinds, false).await?;
        self.send(letters).await
    }

    /// How long the background may rest: until the next push is due; `None` when nothing waits.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn pause(&self) -> Result<Option<Duration>> {
        let now = self.hall.device_now();
        let rows = self.hall.read(|tx| tx.dumps()).await?;
        let next = rows.iter().filter(|row| row.unpushed && row.fetched).map(due_at).min();
        Ok(next.map(|at| at.since(now)))
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
        if self.extended_at().is_some_and(|at| monotonic.saturating_sub(at) < EXTEND_EVERY) {
            return Ok(());
        }
        let _turn = self.turn.acquire().await.map_err(|_| Error::bug("pusher's turn was closed"))?;
        self.hall.check_not_silent()?;
        let current = self
            .hall
            .write("configs looked through", |tx| {
                let mut current = BTreeMap::new();
                for kind in DocumentKind::SYNCED {
                    let document = papers::open(tx, kind)?.document;
                    let hashes = document.current_hashes().into_iter().map(|hash| (hash, true));
                    let parts = document.part_hashes().into_iter().map(|hash| (hash, false));
                    current.extend(hashes.chain(parts).map(|(hash, whole)| (hash, (kind, whole))));
                }
                Ok(current)
            })
            .await?;
        let hashes: Vec<SwarmHash> = current.keys().filter_map(|hash| SwarmHash::parse(hash)).collect();
        if hashes.is_empty() {
            return Ok(());
        }
        let until = self.hall.desk().network_now + LONGEST_TTL;
        let keys = self.hall.keys();
        let extended =
            match self.hall.swarms().expire(keys, &hashes, Expiry::Same(until), ExpireMode::default()).await {
                Ok(extended) => extended,
                Err(error) => {
                    tracing::debug!(?error, "lifetimes of configs could not be extended");
                    return Ok(());
                }
            };
        *self.extended_at() = Some(monotonic);
        // A hash that no member names is gone from all of them.
        let held = |hash: &SwarmHash| extended.members.accepted.iter().any(|(_, told)| told.names(hash));
        let lost: Vec<DocumentKind> = DocumentKind::SYNCED
            .into_iter()
            .filter(|kind| {
                hashes.iter().any(|hash| {
                    !held(hash) && current.get(hash.as_str()).is_some_and(|(of, whole)| of == kind && *whole)
                })
            })
            .collect();
        if lost.is_empty() {
            return Ok(());
        }
        let letters = self.prepare(self.hall.desk(), lost, true).await?;
        self.send(letters).await.map(|_| ())
    }

    /// Makes what is to be sent, in one write.
    async fn prepare(&self, desk: Desk, kinds: Vec<DocumentKind>, again: bool) -> Result<Vec<Letter>> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let keys = ConfigKeys::account(self.hall.keys());
        self.hall.write("configs pushed", move |tx| prepare(tx, &desk, &keys, &kinds, again)).await
    }

    /// Sends letters and settles what became of them; then deletes what is obsolete.
    async fn send(&self, letters: Vec<Letter>) -> Result<ConfigReport> {
        let mut report = ConfigReport::default();
        let mut failed = false;
        for letter in &letters {
            match self.store(letter).await {
                Ok(()) => {
                    self.confirm(letter).await?;
                    report.confirmed += usize::from(!letter.again);
                    self.hall.note_connection(Connection::Online).await?;
                }
                Err(error) => {
                    let error: Error = error;
                    tracing::debug!(?error, "config could not be pushed");
                    failed = true;
                    report.retrying += 1;
                    self.hall.note_trouble(NetworkTask::Sending, error.kind());
                    self.postpone(letter).await?;
                    if is_network(error.kind()) {
                        self.hall.note_connection(Connection::Offline).await?;
                    }
                }
            }
        }
        if !failed {
            report.deleted = self.delete_obsolete().await?;
        }
        Ok(report)
    }

    /// Stores all messages of a letter; all must be there.
    async fn store(&self, letter: &Letter) -> Result<()> {
        let namespace = Namespace(letter.kind.namespace());
        for chunk in letter.messages.chunks(STORES_AT_ONCE) {
            let store = |(_, data): &(SwarmHash, Vec<u8>)| {
                Call::Store(Store { namespace, data: data.clone(), ttl: LONGEST_TTL, timestamp: None })
            };
            let calls: Vec<Call> = chunk.iter().map(store).collect();
            let done = self.hall.swarms().sequence(self.hall.keys(), &calls).await?;
            for (number, call) in calls.iter().enumerate() {
                let Call::Store(_) = call else { continue };
                match done.results.get(number) {
                    Some(Ok(Outcome::Stored(members))) if !members.accepted.is_empty() => (),
                    Some(Err(error)) => return Err(error.clone().into()),
                    _ => return Err(Error::new(crate::ErrorKind::SwarmRejected, "swarm did not store a config")),
                }
            }
        }
        Ok(())
    }

    async fn confirm(&self, letter: &Letter) -> Result<()> {
        let (kind, seqno, now) = (letter.kind, letter.seqno, self.hall.device_now());
        let hashes: Vec<String> = letter.messages.iter().map(|(hash, _)| hash.as_str().to_owned()).collect();
        self.hall
            .write("configs confirmed", move |tx| {
                let mut paper = papers::open(tx, kind)?;
                if paper.document.confirm(seqno, hashes.clone()) {
                    for hash in &hashes {
                        tx.forget_obsolete_config(kind.namespace(), hash)?;
                    }
                    (paper.row.attempts, paper.row.retry_at) = (0, Timestamp::ZERO);
                    paper.keep(tx, now)?;
                }
                Ok(())
            })
            .await
    }

    async fn postpone(&self, letter: &Letter) -> Result<()> {
        let (namespace, now) = (letter.kind.namespace(), self.hall.device_now());
        self.hall
            .write("configs postponed", move |tx| {
                let Some(mut row) = tx.dump(namespace)? else { return Ok(()) };
                row.attempts = row.attempts.saturating_add(1);
                row.retry_at = now + schedule::backoff(row.attempts);
                tx.save_dump(&row)
            })
            .await
    }

    /// Deletes what newer messages replaced. Failing is no harm: it is tried with the next push.
    async fn delete_obsolete(&self) -> Result<usize> {
        let obsolete = self.hall.read(|tx| tx.obsolete_configs(MAX_DELETES)).await?;
        let hashes: Vec<SwarmHash> = obsolete.iter().filter_map(|(_, hash)| SwarmHash::parse(hash)).collect();
        if !hashes.is_empty()
            && let Err(error) = self.hall.swarms().delete(self.hall.keys(), &hashes).await
        {
            tracing::debug!(?error, "obsolete configs could not be deleted");
            return Ok(0);
        }
        let count = obsolete.len();
        if count > 0 {
            self.hall
                .write("obsolete configs deleted", move |tx| {
                    for (namespace, hash) in &obsolete {
                        tx.forget_cursor(hash)?;
                        tx.forget_obsolete_config(*namespace, hash)?;
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(count)
    }

    fn extended_at(&self) -> MutexGuard<'_, Option<Duration>> {
        self.extended_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    keys: &ConfigKeys,
    kinds: &[DocumentKind],
    again: bool,
) -> Result<Vec<Letter>> {
    let owner = Address::from(desk.me);
    let mut letters = Vec::new();
    for kind in kinds {
        let namespace = kind.namespace();
        let mut paper = papers::open(tx, *kind)?;
        if *kind == DocumentKind::ConvoInfoVolatile {
            paper.document.edit(|data| conversations::age(data, desk.network_now));
        }
        let push = match paper.document.push(keys) {
            Ok(push) => push,
            Err(error) => {
                // Nothing that waiting would mend; the document stays as it is, and says so in the state.
                tracing::error!(?error, namespace, "a config document cannot be written");
                paper.row.attempts = paper.row.attempts.saturating_add(1);
                paper.row.retry_at = desk.device_now + schedule::LONGEST_BACKOFF;
                tx.save_dump(&paper.row)?;
                continue;
            }
        };
        for hash in &push.obsolete {
            tx.add_obsolete_config(namespace, hash)?;
        }
        let mut messages = Vec::new();
        for data in push.messages {
            let hash = SwarmHash::of(&owner, Namespace(namespace), &data);
            // Our own message is no news when a poll brings it.
            tx.mark_seen(&desk.me, namespace, hash.as_str(), desk.network_now + LONGEST_TTL)?;
            messages.push((hash, data));
        }
        letters.push(Letter { kind: *kind, seqno: push.seqno, messages, again });
        paper.keep(tx, desk.device_now)?;
    }
    Ok(letters)
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

/// How often lifetimes are extended. Nodes ignore smaller extensions: session-foundation/session-storage-server
/// `oxenss/rpc/request_handler.cpp`.
const EXTEND_EVERY: Duration = Duration::from_secs(60 * 60);

/// Messages stored in one request: well below what a node takes as one body, also over a slow line.
const STORES_AT_ONCE: usize = 8;
const _: () = assert!(STORES_AT_ONCE <= MAX_BATCH_CALLS);

/// Obsolete messages deleted in one request.
const MAX_DELETES: u32 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_push_waits_for_a_quiet_moment_but_not_for_ever() {
        let edited = |first: u64, last: u64| DumpRow {
            first_edit_at: at(first),
            last_edit_at: at(last),
            unpushed: true,
            ..DumpRow::empty(3)
        };
        assert_eq!(due_at(&edited(1_000, 1_000)), at(4_000));
        assert_eq!(due_at(&edited(1_000, 10_000)), at(13_000));
        assert_eq!(due_at(&edited(1_000, 15_500)), at(16_000), "edited again and again");
        assert_eq!(due_at(&DumpRow { retry_at: at(90_000), ..edited(1_000, 1_000) }), at(90_000));
        assert_eq!(due_at(&edited(0, 0)), at(0), "a crash left it waiting for its confirmation");
    }
}
