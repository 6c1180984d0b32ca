//! Opening, reading, writing and closing the file: one writer, a few readers, all work on blocking threads.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as StdMutex, Once, PoisonError};
use std::task::Poll;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use super::migrate::migrate;
use super::search::{check_folding, teach};
use super::{Changes, DatabaseKey, Imprint, ReadTx, WriteTx};
use crate::disk::{kind_of, private};
use crate::error::{Error, ErrorKind, Result};
use crate::kill;

/// One account's database: cheap to clone, shared by all tasks of its client.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    key: DatabaseKey,
    /// `None` once closed. Waiting writers are served in the order in which they came.
    writer: Arc<Mutex<Option<Connection>>>,
    readers: Arc<Readers>,
}

/// Idle reading connections. A permit of `free` is the right to take one, or to open one when none is idle.
struct Readers {
    free: Arc<Semaphore>,
    idle: StdMutex<Vec<Connection>>,
}

impl Store {
    /// Makes the database of a new account.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] when there is a database already; [`ErrorKind::StorageFull`]; [`ErrorKind::NotFound`]
    /// when the folder does not exist.
    pub async fn create(path: &Path, key: &DatabaseKey) -> Result<Self> {
        Self::start(path, key, true).await
    }

    /// Opens the database of an account, migrating it when it is of an older version.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none; [`ErrorKind::WrongKey`] when the key does not fit;
    /// [`ErrorKind::DatabaseDamaged`]; [`ErrorKind::DatabaseEmpty`]; [`ErrorKind::DatabaseForeign`];
    /// [`ErrorKind::NewerVersionNeeded`]; [`ErrorKind::StorageFull`]; [`ErrorKind::ReadOnly`]; [`ErrorKind::PathTooLong`].
    pub async fn open(path: &Path, key: &DatabaseKey) -> Result<Self> {
        Self::start(path, key, false).await
    }

    async fn start(path: &Path, key: &DatabaseKey, create: bool) -> Result<Self> {
        let (path, key) = (path.to_owned(), key.clone());
        let inner = blocking(move || {
            let length = std::fs::metadata(&path).map(|metadata| metadata.len());
            match (create, length) {
                (true, Ok(1..)) => {
                    return Err(Error::new(ErrorKind::NotAllowed, "store will not overwrite a database"));
                }
                (false, Ok(0)) => return Err(Error::new(ErrorKind::DatabaseEmpty, "store's database is empty")),
                (false, Err(error)) => {
                    return Err(Error::new(kind_of(&error), "store has no database to open").with_source(error));
                }
                _ => (),
            }
            let mut writer = connect(&path, &key, create)?;
            check_key(&writer, &path)?;
            may_move_its_log(&writer)?;
            set_up_writer(&writer)?;
            migrate(&mut writer)?;
            check_folding(&mut writer)?;
            let readers = Readers { free: Arc::new(Semaphore::new(READERS)), idle: StdMutex::new(Vec::new()) };
            Ok(Inner { path, key, writer: Arc::new(Mutex::new(Some(writer))), readers: Arc::new(readers) })
        })
        .await?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Looks at one consistent state of the database. Runs beside writes and other reads.
    ///
    /// # Errors
    /// What the closure returns; [`ErrorKind::NotAllowed`] when the store is closed; [`ErrorKind::Bug`] when the closure
    /// panics.
    pub async fn read<T, F>(&self, closure: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    {
        unboxed(self.read_any(Box::new(move |tx| Ok(boxed(closure(tx)?)))).await?)
    }

    async fn read_any(&self, closure: AnyRead) -> Result<AnyValue> {
        let turn = Arc::clone(&self.inner.readers.free).acquire_owned();
        let inner = Arc::clone(&self.inner);
        in_turn(turn, move |permit| {
            let _permit = permit.map_err(|_| closed())?;
            let idle = inner.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match idle {
                Some(connection) => connection,
                None => open_reader(&inner.path, &inner.key)?,
            };
            let result = catch_unwind(AssertUnwindSafe(|| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
                closure(&ReadTx::new(&transaction))
            }));
            inner.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result.unwrap_or_else(|_| Err(Error::bug("a closure that reads the store panicked")))
        })
        .await
    }

    /// Writes in one transaction and says, after the commit, what changed. `label` names the write in kill-point logs.
    ///
    /// Writes happen one after the other in the order of their calls. Once the closure runs, dropping the returned future
    /// does not stop it; whoever must hear the changes does not drop the future (`client` writes from tasks of its own).
    ///
    /// # Errors
    /// What the closure returns, after rolling back; [`ErrorKind::StorageFull`]; [`ErrorKind::NotAllowed`] when the store
    /// is closed; [`ErrorKind::Bug`] when the closure panics.
    pub async fn write<T, F>(&self, label: &'static str, closure: F) -> Result<(T, Changes)>
    where
        T: Send + 'static,
        F: FnOnce(&mut WriteTx<'_>) -> Result<T> + Send + 'static,
    {
        let (value, changes) = self.write_any(label, Box::new(move |tx| Ok(boxed(closure(tx)?)))).await?;
        Ok((unboxed(value)?, changes))
    }

    /// [`Self::write`] for a closure of any kind and what it gives.
    ///
    /// # Errors
    /// Those of [`Self::write`].
    pub(crate) async fn write_any(&self, label: &'static str, closure: AnyWrite) -> Result<(AnyValue, Changes)> {
        let turn = Arc::clone(&self.inner.writer).lock_owned();
        in_turn(turn, move |mut writer| {
            let connection = writer.as_mut().ok_or_else(closed)?;
            let result = catch_unwind(AssertUnwindSafe(|| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let mut tx = WriteTx::new(&transaction);
                let value = closure(&mut tx)?;
                tx.cut_what_grew()?;
                let (changes, deleted) = tx.into_changes();
                kill::commit_point("before", label);
                transaction.commit()?;
                kill::commit_point("after", label);
                Ok((value, changes, deleted))
            }));
            let (value, changes, deleted) =
                result.unwrap_or_else(|_| Err(Error::bug("a closure that writes to the store panicked")))?;
            if deleted {
                // The commit stands whatever happens here; a reader in the way only delays it to the next occasion.
                empty_log(connection);
            }
            Ok((value, changes))
        })
        .await
    }

    /// Empties the write-ahead log into the file and truncates it, so that what was deleted is nowhere any more.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] when the store is closed.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub async fn checkpoint(&self) -> Result<()> {
        let mut writer = Arc::clone(&self.inner.writer).lock_owned().await;
        blocking(move || {
            empty_log(writer.as_mut().ok_or_else(closed)?);
            Ok(())
        })
        .await
    }

    /// Waits for running reads and writes, empties the write-ahead log and closes the file. Closing twice is harmless;
    /// every later read or write is [`ErrorKind::NotAllowed`].
    ///
    /// # Errors
    /// What SQLite reports about the last checkpoint.
    pub async fn close(&self) -> Result<()> {
        // All permits together are the proof that no reader is under way.
        let all = Arc::clone(&self.inner.readers.free).acquire_many_owned(READERS as u32).await;
        self.inner.readers.free.close();
        let mut writer = Arc::clone(&self.inner.writer).lock_owned().await;
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let _all = all;
            inner.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            if let Some(connection) = writer.take() {
                empty_log(&connection);
                connection.close().map_err(|(_, error)| Error::from(error))?;
            }
            Ok(())
        })
        .await
    }

    /// What is kept beside the key about this database, which holds an account.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] without an account; when the database or its file cannot be read.
    pub async fn imprint(&self) -> Result<Imprint> {
        let (path, key) = (self.inner.path.clone(), self.inner.key.clone());
        self.read(move |tx| Imprint::of(tx.connection(), &path, &key)).await
    }

    /// Where the file is.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(..)")
    }
}

/// What a closure gives, whatever it is. Whoever reads or writes hands over a closure of its own; were the waiting, the tasks and
/// the threads made for each of them, the compiler would take more than twice as long for this crate and its tests.
pub(crate) type AnyValue = Box<dyn Any + Send>;

type AnyRead = Box<dyn FnOnce(&ReadTx<'_>) -> Result<AnyValue> + Send>;

/// A closure that writes.
pub(crate) type AnyWrite = Box<dyn FnOnce(&mut WriteTx<'_>) -> Result<AnyValue> + Send>;

/// What a closure gave, for the way.
pub(crate) fn boxed<T: Send + 'static>(value: T) -> AnyValue {
    Box::new(value)
}

/// What a closure gave, on the other side.
///
/// # Errors
/// [`ErrorKind::Bug`] when another type is asked for than was given.
pub(crate) fn unboxed<T: 'static>(value: AnyValue) -> Result<T> {
    value.downcast().map(|value| *value).map_err(|_| Error::bug("a closure gave another kind of value"))
}

/// Waits for `turn` and works, in the order of the calls. Whoever calls is often one of many futures that are polled
/// together, and stands still while another of them is; a turn that came to it meanwhile would be nobody's, and everybody
/// behind would wait for ever. So a turn that is not there at once is waited for by a task of its own. Dropped before its
/// turn has come, nothing happens.
async fn in_turn<Turn, T, F>(turn: impl Future<Output = Turn> + Send + 'static, work: F) -> Result<T>
where
    Turn: Send + 'static,
    T: Send + 'static,
    F: FnOnce(Turn) -> Result<T> + Send + 'static,
{
    let mut turn = Box::pin(turn);
    if let Poll::Ready(turn) = poll_fn(|context| Poll::Ready(turn.as_mut().poll(context))).await {
        return blocking(move || work(turn)).await;
    }
    let mut waiting = JoinSet::new();
    waiting.spawn(async move {
        let turn = turn.await;
        blocking(move || work(turn)).await
    });
    let done = waiting.join_next().await.and_then(std::result::Result::ok);
    done.unwrap_or_else(|| Err(Error::bug("a task of the store ended")))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Error::bug("a blocking thread of the store ended")))
}

fn closed() -> Error {
    Error::new(ErrorKind::NotAllowed, "store is closed")
}

/// A connection that has its key and touches nothing but memory and the database's own files.
pub(super) fn connect(path: &Path, key: &DatabaseKey, create: bool) -> Result<Connection> {
    connect_with(path, &key.pragma(), create)
}

/// [`connect`] with the statement that sets the key.
fn connect_with(path: &Path, key: &str, create: bool) -> Result<Connection> {
    // No URI names: a path is a path, whatever characters stand in it. SQLite's own mutex is not needed, because a
    // connection is used by one thread at a time.
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
        create_private(path)?;
    }
    // SQLCipher sets its providers up with the first key; several threads that do it at once get in each other's way.
    FIRST_KEY.call_once(|| {
        let set_up = Connection::open_in_memory()
            .and_then(|first| first.execute_batch("PRAGMA key = 'set up'; PRAGMA cipher_version; CREATE TABLE t (a);"));
        if let Err(error) = set_up {
            tracing::warn!(%error, "sqlcipher did not set itself up");
        }
    });
    if path_is_too_long(path) {
        return Err(Error::new(ErrorKind::PathTooLong, "path of the database is too long for sqlite"));
    }
    let connection = Connection::open_with_flags(path, flags)?;
    // SQLCipher's own log would name files and pages. Its memory security locks and wipes every allocation of SQLite. That
    // makes writing thirteen times slower (measured), and once on it cannot be switched off again in a process, so it stays
    // off: SQLCipher wipes its keys and key buffers in any case, and our copy of the key is wiped here. What that leaves
    // behind stands in [`super::vault`].
    connection.execute_batch("PRAGMA cipher_log_level = NONE; PRAGMA cipher_memory_security = OFF;")?;
    connection.execute_batch(key)?;
    connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a statement whose limit is a parameter is prepared anew each time, as if the number could change its plan; for
    // a short search that takes longer than the search (54 of 74 us, measured).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What does not open is only looked at: closing it must not move a log into a file that may be damaged, or another's.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    teach(&connection)?;
    Ok(connection)
}

/// Whoever closes the file last moves its log into it: for a file that opens.
pub(super) fn may_move_its_log(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Whether SQLite cannot open a file of this path: with the longest name that it gives to a file beside it, it must stay
/// under its MAX_PATHNAME, which it answers with SQLITE_CANTOPEN.
pub fn path_is_too_long(path: &Path) -> bool {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.as_os_str().len() + "-journal".len() >= MAX_PATH_BYTES
}

static FIRST_KEY: Once = Once::new();

fn open_reader(path: &Path, key: &DatabaseKey) -> Result<Connection> {
    let connection = connect(path, key, false)?;
    may_move_its_log(&connection)?;
    // 4 MiB for each reader, taken only as far as something is read. With one, a search whose candidates lie on more pages than
    // that decrypts all of them each time (five signs of Kana in 300,000 letters: 30 ms, SQLite with its usual 2 MiB 2.5 ms).
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4096;")?;
    Ok(connection)
}

pub(super) fn set_up_writer(connection: &Connection) -> Result<()> {
    // `synchronous = FULL`: "stored here" also survives the battery, at one fsync for each commit.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -4096;
         PRAGMA journal_size_limit = 4194304;",
    )?;
    Ok(())
}

/// The file exists before SQLite sees it, readable by its owner only; SQLite gives log and shared memory the same rights.
pub(super) fn create_private(path: &Path) -> Result<()> {
    private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| Error::new(kind_of(&error), "store cannot make its file").with_source(error))?;
    Ok(())
}

/// The first read shows whether key and file fit. SQLCipher answers the same to a wrong key and to a damaged first page;
/// a walk over all pages tells them apart: under a wrong key no page is right.
pub(super) fn check_key(connection: &Connection, path: &Path) -> Result<()> {
    let first = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let Err(error) = first else { return Ok(()) };
    let error = Error::from(error);
    if error.kind() != ErrorKind::DatabaseDamaged {
        return Err(error);
    }
    let bytes = std::fs::metadata(path).map(|metadata| metadata.len()).unwrap_or(0);
    let pages = usize::try_from(bytes / PAGE_BYTES).unwrap_or(usize::MAX);
    match pages_that_do_not_open(connection) {
        Ok(wrong) if pages > 1 && wrong >= pages => {
            Err(Error::new(ErrorKind::WrongKey, "database does not open with this key").with_source(error))
        }
        _ => Err(error),
    }
}

impl ReadTx<'_> {
    /// How many pages of the file do not open. Reads all of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn damaged_pages(&self) -> Result<u64> {
        let first = pages_that_do_not_open(self.connection())?;
        // A page that was being written just then opens the next time.
        let wrong = if first == 0 { 0 } else { first.min(pages_that_do_not_open(self.connection())?) };
        Ok(u64::try_from(wrong).unwrap_or(u64::MAX))
    }
}

/// Whether any page of the file opens with `key` and this salt instead of the one in its first bytes. Reads all of it, and
/// changes nothing.
pub fn opens_with_salt(path: &Path, key: &DatabaseKey, salt: &[u8; 16]) -> bool {
    let bytes = std::fs::metadata(path).map(|metadata| metadata.len()).unwrap_or(0);
    let checked = connect_with(path, &key.pragma_with(salt), false).and_then(|connection| {
        connection.execute_batch("PRAGMA query_only = ON;")?;
        Ok(pages_that_do_not_open(&connection)?)
    });
    matches!(checked, Ok(wrong) if u64::try_from(wrong).is_ok_and(|wrong| wrong < bytes / PAGE_BYTES))
}

/// How many pages are not what the key says they should be. Reads all of them.
pub(super) fn pages_that_do_not_open(connection: &Connection) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
    let wrong = statement.query_map([], |_| Ok(()))?.collect::<rusqlite::Result<Vec<()>>>()?;
    Ok(wrong.len())
}

fn empty_log(connection: &Connection) {
    let _ = connection.busy_timeout(CHECKPOINT_BUSY);
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    let _ = connection.busy_timeout(BUSY);
    if !matches!(busy, Ok(0)) {
        tracing::debug!("store could not empty its log now");
    }
}

/// Reads at the same time. The screen, a search and the poller; more only costs memory (a page cache each).
const READERS: usize = 3;

/// Prepared statements kept for each connection: more than there are typed queries.
const STATEMENTS: usize = 128;

/// `MAX_PATHNAME` of SQLite's `os_unix.c`.
const MAX_PATH_BYTES: usize = 512;

/// SQLCipher's default page size, in bytes.
pub(super) const PAGE_BYTES: u64 = 4096;

/// How long a statement waits for another connection. Only a checkpoint ever makes one wait.
const BUSY: Duration = Duration::from_secs(10);

/// How long emptying the log waits for readers. Longer would hold up the next write for no gain.
const CHECKPOINT_BUSY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::super::Quota;
    use super::super::testing::*;
    use super::*;

    #[tokio::test]
    async fn a_file_that_does_not_open_stays_as_it_is_and_its_log_too() {
        let ledger = Ledger::new().await;
        ledger.store.write("text", says(bob(), bob(), 10, "hi")).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let [path, log] = ["onionskin.db", "onionskin.db-wal"].map(|name| folder.path().join(name));
        let before = [(&path, ""), (&log, "-wal")].map(|(to, more)| {
            let bytes = std::fs::read(ledger.folder.path().join(format!("onionskin.db{more}"))).unwrap();
            assert!(!bytes.is_empty(), "it is open, and its log is not in the file yet");
            std::fs::write(to, &bytes).unwrap();
            bytes
        });
        let other = DatabaseKey::from_bytes([0x43; 32]);
        Store::open(&path, &other).await.unwrap_err();
        assert!(!opens_with_salt(&path, &other, &[1; 16]));
        assert!(before == [&path, &log].map(|path| std::fs::read(path).unwrap()), "nothing was moved");
        let store = Store::open(&path, &key()).await.unwrap();
        store.close().await.unwrap();
        assert!(!log.exists(), "and with its own key it is moved");
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_closing_and_opening_again() {
        let ledger = Ledger::new().await;
        let path = ledger.path();
        let (_, changes) = ledger.store.write("text", says(bob(), bob(), 10, "hi")).await.unwrap();
        assert_eq!(changes.len(), 2);
        ledger.store.close().await.unwrap();
        ledger.store.close().await.unwrap();
        assert_eq!(ledger.store.read(|tx| tx.profile()).await.unwrap_err().kind(), ErrorKind::NotAllowed);
        assert_eq!(ledger.store.write("late", |_| Ok(())).await.unwrap_err().kind(), ErrorKind::NotAllowed);

        let store = Store::open(&path, &key()).await.unwrap();
        let page = store.read(|tx| tx.messages_before(&chat(bob()), super::super::Before::Latest, 50)).await.unwrap();
        assert_eq!(bodies(&page), ["hi"]);
    }

    #[tokio::test]
    async fn a_store_dropped_in_the_middle_keeps_every_committed_write_and_no_other() {
        let ledger = Ledger::new().await;
        ledger.store.write("text", says(bob(), bob(), 10, "kept")).await.unwrap();
        let refused = ledger.store.write("text", |tx| {
            text(tx, bob(), bob(), 20, "lost");
            Err::<(), _>(Error::bug("on purpose"))
        });
        refused.await.unwrap_err();
        let (path, _folder) = (ledger.path(), ledger.folder);
        drop(ledger.store);
        let store = Store::open(&path, &key()).await.unwrap();
        let page = store.read(|tx| tx.messages_before(&chat(bob()), super::super::Before::Latest, 50)).await.unwrap();
        assert_eq!(bodies(&page), ["kept"]);
    }

    #[tokio::test]
    async fn a_copy_of_the_files_taken_while_open_opens_with_all_that_was_committed() {
        let ledger = Ledger::new().await;
        for number in 0..20 {
            ledger.store.write("text", says(bob(), bob(), 10 + number, "hi")).await.unwrap();
        }
        let copy = tempfile::tempdir().unwrap();
        for name in ["onionskin.db", "onionskin.db-wal"] {
            std::fs::copy(ledger.folder.path().join(name), copy.path().join(name)).unwrap();
        }
        let store = Store::open(&copy.path().join("onionskin.db"), &key()).await.unwrap();
        let page = store.read(|tx| tx.messages_before(&chat(bob()), super::super::Before::Latest, 50)).await.unwrap();
        assert_eq!(page.len(), 20);
    }

    #[tokio::test]
    async fn a_panic_inside_a_closure_rolls_back_and_the_store_goes_on() {
        let ledger = Ledger::new().await;
        let panics = ledger.store.write("text", |tx| -> Result<()> {
            text(tx, bob(), bob(), 10, "lost");
            panic!("on purpose")
        });
        assert_eq!(panics.await.unwrap_err().kind(), ErrorKind::Bug);
        let panics = ledger.store.read(|_| -> Result<()> { panic!("on purpose") });
        assert_eq!(panics.await.unwrap_err().kind(), ErrorKind::Bug);
        ledger.store.write("text", says(bob(), bob(), 20, "kept")).await.unwrap();
        let page =
            ledger.store.read(|tx| tx.messages_before(&chat(bob()), super::super::Before::Latest, 50)).await.unwrap();
        assert_eq!(bodies(&page), ["kept"]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_readers_and_writers_see_whole_states_only() {
        let ledger = Ledger::new().await;
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..4_u64 {
            let store = ledger.store.clone();
            tasks.spawn(async move {
                for number in 0..25 {
                    let sent_at = 1 + writer * 1_000 + number * 2;
                    store
                        .write("two texts", move |tx| {
                            text(tx, bob(), bob(), sent_at, "one");
                            text(tx, bob(), bob(), sent_at + 1, "two");
                            Ok(())
                        })
                        .await
                        .unwrap();
                }
            });
            let store = ledger.store.clone();
            tasks.spawn(async move {
                for _ in 0..50 {
                    let page = store.read(|tx| tx.messages_before(&chat(bob()), super::super::Before::Latest, 1_000));
                    assert_eq!(page.await.unwrap().len() % 2, 0, "a write is seen whole or not at all");
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        let list = ledger.store.read(|tx| tx.conversation(&chat(bob()))).await.unwrap().unwrap();
        assert_eq!(list.unread, 200);
    }

    /// As when an account has many letters under way: their futures are polled together, and not while their owner itself
    /// waits for the ledger.
    #[tokio::test]
    async fn a_turn_that_comes_to_somebody_who_stands_still_holds_up_nobody() {
        let ledger = Ledger::new().await;
        let store = &ledger.store;
        let busy: Vec<_> = (0..READERS)
            .map(|_| {
                let (release, released) = std::sync::mpsc::channel::<()>();
                let reading = Box::pin(store.read(move |_| Ok(released.recv().is_err())));
                (release, reading)
            })
            .collect();
        let (writes, written) = std::sync::mpsc::channel::<()>();
        let mut writing = Box::pin(store.write("slow", move |_| Ok(written.recv().is_err())));
        let (mut releases, mut reading): (Vec<_>, Vec<_>) = busy.into_iter().unzip();
        releases.push(writes);
        let mut queued: Vec<_> = (0..READERS).map(|_| Box::pin(store.read(|_| Ok(true)))).collect();
        let mut late = Box::pin(store.write("queued", |_| Ok(())));
        for one in &mut reading {
            assert!(one.as_mut().now_or_never().is_none());
        }
        for one in &mut queued {
            assert!(one.as_mut().now_or_never().is_none());
        }
        assert!(writing.as_mut().now_or_never().is_none() && late.as_mut().now_or_never().is_none());
        drop(releases);
        // Nobody polls those before us any more.
        let limit = Duration::from_secs(60);
        tokio::time::timeout(limit, store.read(|_| Ok(()))).await.expect("a reader waits for ever").unwrap();
        tokio::time::timeout(limit, store.write("last", |_| Ok(()))).await.expect("a writer waits for ever").unwrap();
    }

    #[tokio::test]
    async fn a_wrong_key_a_damaged_file_and_a_missing_one_are_told_apart() {
        let ledger = Ledger::new().await;
        let path = ledger.path();
        ledger.store.close().await.unwrap();
        let other = DatabaseKey::from_bytes([9; 32]);
        assert_eq!(Store::open(&path, &other).await.unwrap_err().kind(), ErrorKind::WrongKey);
        assert_eq!(Store::create(&path, &key()).await.unwrap_err().kind(), ErrorKind::NotAllowed);
        let missing = ledger.folder.path().join("other.db");
        assert_eq!(Store::open(&missing, &key()).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert!(!missing.exists(), "looking for a database does not make one");

        let whole = std::fs::read(&path).unwrap();
        for (damage, name) in [(100, "first page"), (whole.len() - 100, "last page")] {
            let mut damaged = whole.clone();
            damaged[damage] ^= 0xff;
            std::fs::write(&path, &damaged).unwrap();
            let touched = async {
                let store = Store::open(&path, &key()).await?;
                store.read(|tx| tx.each_page_is_right()).await
            };
            assert_eq!(touched.await.unwrap_err().kind(), ErrorKind::DatabaseDamaged, "{name}");
        }
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let halved = async { Store::open(&path, &key()).await?.read(|tx| tx.each_page_is_right()).await };
        assert_eq!(halved.await.unwrap_err().kind(), ErrorKind::DatabaseDamaged);
        std::fs::write(&path, vec![0x55; 8192]).unwrap();
        Store::open(&path, &key()).await.unwrap_err();
        std::fs::write(&path, &whole).unwrap();
        Store::open(&path, &key()).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_is_said_and_loses_nothing_that_was_there() {
        let ledger = Ledger::new().await;
        ledger.store.write("text", says(bob(), bob(), 10, "kept")).await.unwrap();
        ledger.store.write("limit", |tx| tx.limit_pages(4)).await.unwrap();
        let full = ledger.store.write("text", |tx| {
            tx.ensure_conversation(&chat(bob()), at(1))?;
            tx.insert_unreadable(
                place(alice(), crate::address::Namespace::DIRECT),
                "hash",
                "test",
                &[1; 4096],
                at(1),
                Quota::Friend,
            )?;
            tx.set_draft(&chat(bob()), &"x".repeat(100_000), None)
        });
        assert_eq!(full.await.unwrap_err().kind(), ErrorKind::StorageFull);
        ledger.store.write("unlimit", |tx| tx.limit_pages(1_000_000)).await.unwrap();
        let page =
            ledger.store.read(|tx| tx.messages_before(&chat(bob()), super::super::Before::Latest, 50)).await.unwrap();
        assert_eq!(bodies(&page), ["kept"]);
        ledger.store.write("text", says(bob(), bob(), 20, "again")).await.unwrap();
    }

    #[tokio::test]
    async fn a_database_of_a_newer_version_is_refused_untouched() {
        let ledger = Ledger::new().await;
        let path = ledger.path();
        ledger.store.write("newer", |tx| tx.pretend_version(99)).await.unwrap();
        ledger.store.close().await.unwrap();
        let before = std::fs::read(&path).unwrap();
        assert_eq!(Store::open(&path, &key()).await.unwrap_err().kind(), ErrorKind::NewerVersionNeeded);
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[tokio::test]
    async fn after_a_deletion_the_log_is_empty() {
        let ledger = Ledger::new().await;
        let (id, _) = ledger.store.write("text", says(bob(), bob(), 10, "gone")).await.unwrap();
        let log = ledger.folder.path().join("onionskin.db-wal");
        assert!(std::fs::metadata(&log).unwrap().len() > 0);
        ledger.store.write("remove", move |tx| tx.remove_message(id.unwrap(), at(99))).await.unwrap();
        assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
        ledger.store.write("text", says(bob(), bob(), 20, "hi")).await.unwrap();
        ledger.store.checkpoint().await.unwrap();
        assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
    }

    #[test]
    fn deleted_words_are_gone_from_the_bytes_of_the_file_also_for_who_has_the_key() {
        // The same schema and settings without encryption, so that the bytes can be looked through.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plain.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        set_up_writer(&connection).unwrap();
        teach(&connection).unwrap();
        migrate(&mut connection).unwrap();
        let holds = |word: &str| {
            let file = std::fs::read(&path).unwrap();
            let log = std::fs::read(folder.path().join("plain.db-wal")).unwrap();
            [file, log].iter().any(|bytes| bytes.windows(word.len()).any(|part| part == word.as_bytes()))
        };
        let mut tx = WriteTx::new(&connection);
        create_alice(&mut tx).unwrap();
        let words = (0..50).map(|number| format!("marmalade{number} 東京タワー🎉")).collect::<Vec<_>>();
        let ids: Vec<_> =
            words.iter().zip(10..).map(|(word, at)| text(&mut tx, bob(), bob(), at, word).unwrap()).collect();
        tx.set_draft(&chat(bob()), "marmaladedraft", None).unwrap();
        empty_log(&connection);
        assert!(holds("marmalade7") && holds("marmaladedraft") && holds("東京") && holds("🎉"));
        for id in ids {
            tx.remove_message(id, at(99)).unwrap();
        }
        tx.remove_conversation(&chat(bob()), at(99)).unwrap();
        empty_log(&connection);
        for gone in ["marmalade", "東", "タワ", "🎉"] {
            assert!(!holds(gone), "in table, index or log: {gone}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_files_belong_to_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let ledger = Ledger::new().await;
        for entry in std::fs::read_dir(ledger.folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
        }
    }

    impl ReadTx<'_> {
        /// Reads every page.
        fn each_page_is_right(&self) -> Result<()> {
            let found = self.rows("PRAGMA integrity_check", [], |row| Ok(row.get::<_, String>(0)?))?;
            if found == ["ok"] {
                Ok(())
            } else {
                Err(Error::new(ErrorKind::DatabaseDamaged, "integrity check found something"))
            }
        }
    }

    impl WriteTx<'_> {
        fn limit_pages(&mut self, more: i64) -> Result<()> {
            let pages = self.row("PRAGMA page_count", [], |row| Ok(row.get::<_, i64>(0)?))?.unwrap();
            self.row(&format!("PRAGMA max_page_count = {}", pages + more), [], |_| Ok(()))?;
            Ok(())
        }

        fn pretend_version(&mut self, version: u32) -> Result<()> {
            self.run(&format!("PRAGMA user_version = {version}"), []).map(|_| ())
        }
    }
}
