//! The damaged ledger as it is read: a copy of its files, which may be written, and one connection until it fails.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::rows::Table;
use super::{Rescue, SalvageWatch};
use crate::disk::kind_of;
use crate::error::{Error, ErrorKind, Result};
use crate::store::DatabaseKey;
use crate::store::database::{PAGE_BYTES, connect, create_private, may_move_its_log, pages_that_do_not_open};
use crate::store::imprint::{Imprint, Object, Shape};
use crate::store::migrate::{APPLICATION_ID, VERSION};

/// The copy that is read.
pub(super) struct Source {
    path: PathBuf,
    key: DatabaseKey,
    connection: Option<Connection>,
    shape: Shape,
    pages: u64,
    damaged: u64,
}

impl Source {
    /// Copies the files, gives the copy its salt, and finds out what it is made of.
    pub(super) fn prepare(rescue: &Rescue<'_>, watch: &SalvageWatch) -> Result<Self> {
        let path = beside(rescue.to, ".damaged");
        let mut source = Self {
            path,
            key: rescue.key.clone(),
            connection: None,
            shape: Shape { version: 0, application: 0, objects: Vec::new() },
            pages: 0,
            damaged: 0,
        };
        let prepared = source.take(rescue, watch);
        match prepared {
            Ok(()) => Ok(source),
            Err(error) => {
                source.remove();
                Err(error)
            }
        }
    }

    fn take(&mut self, rescue: &Rescue<'_>, watch: &SalvageWatch) -> Result<()> {
        self.remove_files();
        copy(rescue.from, &self.path, watch)?;
        let log = beside(rescue.from, "-wal");
        if log.exists() {
            copy(&log, &self.log(), watch)?;
        }
        if let Some(imprint) = rescue.imprint {
            write_at(&self.path, 0, imprint.salt())?;
            self.take_in_log()?;
        }
        self.pages = fs::metadata(&self.path).map_err(disk)?.len() / PAGE_BYTES;
        if self.pages == 0 {
            return Err(Error::new(ErrorKind::DatabaseEmpty, "damaged database holds no whole page"));
        }
        let damaged = pages_that_do_not_open(self.connection()?)?;
        self.damaged = u64::try_from(damaged).unwrap_or(u64::MAX).min(self.pages);
        watch.go_on()?;
        if self.damaged >= self.pages && !self.has_log() {
            return Err(Error::new(ErrorKind::NothingReadable, "no page of the damaged database opens"));
        }
        self.forget();
        // Only its owner's key makes a record whose statements are run.
        let imprint = rescue.imprint.filter(|imprint| imprint.who(rescue.key).is_some());
        self.shape = match (self.read_shape(), imprint) {
            (Ok(shape), _) => shape,
            (Err(_), Some(imprint)) => {
                self.lay_first_page(imprint.shape())?;
                imprint.shape().clone()
            }
            (Err(_), None) => {
                return Err(Error::new(ErrorKind::NothingReadable, "nothing says where the tables begin"));
            }
        };
        self.count_pages()?;
        if self.shape.application != APPLICATION_ID {
            return Err(Error::new(ErrorKind::DatabaseForeign, "damaged database is of another program"));
        }
        if self.shape.version > VERSION {
            return Err(Error::new(ErrorKind::NewerVersionNeeded, "damaged database is of a newer version"));
        }
        Ok(())
    }

    /// Moves the log into the file where that is possible: of a young account everything may stand there alone, and what opens in
    /// the file says nothing about it.
    fn take_in_log(&mut self) -> Result<()> {
        if !self.has_log() {
            return Ok(());
        }
        // SQLite removes the log of a file without a page.
        if fs::metadata(&self.path).map_err(disk)?.len() < PAGE_BYTES {
            let file = OpenOptions::new().write(true).open(&self.path).map_err(disk)?;
            file.set_len(PAGE_BYTES).map_err(disk)?;
        }
        // Whoever reads something has opened the log, and the last connection that closes moves it.
        let _ = self.read_shape();
        self.forget();
        Ok(())
    }

    fn has_log(&self) -> bool {
        fs::metadata(self.log()).is_ok_and(|log| log.len() > 0)
    }

    fn log(&self) -> PathBuf {
        beside(&self.path, "-wal")
    }

    /// How long the file is once the log is in it: the last connection that closes moves it there.
    fn count_pages(&mut self) -> Result<()> {
        self.forget();
        self.pages = fs::metadata(&self.path).map_err(disk)?.len() / PAGE_BYTES;
        Ok(())
    }

    /// What the copy is made of.
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Pages of the file, and those that do not open.
    pub(super) fn pages(&self) -> (u64, u64) {
        (self.pages, self.damaged)
    }

    /// A connection that nothing went wrong with yet.
    pub(super) fn connection(&mut self) -> Result<&Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = connect(&self.path, &self.key, false)?;
                may_move_its_log(&connection)?;
                // A file that was cut is shorter than its first page says: only so is it read all the same. Nothing here may
                // read the schema.
                connection.execute_batch("PRAGMA writable_schema = ON; PRAGMA query_only = ON;")?;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }

    /// Something went wrong: the next question is asked over another connection.
    pub(super) fn forget(&mut self) {
        self.connection = None;
    }

    /// How many rows a table has; `None` when nothing says so any more.
    pub(super) fn count(&mut self, table: &Table) -> Option<u64> {
        let sql = format!("SELECT count(*) FROM \"{}\"", table.name);
        let counted =
            self.connection().and_then(|connection| Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?));
        match counted {
            Ok(count) => u64::try_from(count).ok(),
            Err(_) => {
                self.forget();
                None
            }
        }
    }

    /// The highest number that each table ever gave to a row, as far as it can be read.
    pub(super) fn sequences(&mut self) -> Vec<(String, i64)> {
        let read = self.connection().and_then(|connection| {
            let mut statement = connection.prepare("SELECT name, seq FROM sqlite_sequence")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        read.unwrap_or_else(|_| {
            self.forget();
            Vec::new()
        })
    }

    /// Whether the secret of the account can be read: without it the rest is of no use.
    pub(super) fn find_seed(&mut self) -> Result<()> {
        let found = self.connection().and_then(|connection| {
            Ok(connection.query_row("SELECT length(seed) > 0 FROM account_seed", [], |row| row.get::<_, bool>(0))?)
        });
        // Up to version 3 it stood in the profile.
        let found = found.or_else(|_| {
            self.forget();
            let row = "SELECT length(seed) > 0 FROM profile";
            self.connection().and_then(|connection| Ok(connection.query_row(row, [], |row| row.get::<_, bool>(0))?))
        });
        match found {
            Ok(true) => Ok(()),
            _ => Err(Error::new(ErrorKind::SeedUnreadable, "secret of the account cannot be read")),
        }
    }

    fn read_shape(&mut self) -> Result<Shape> {
        let read = self.connection().and_then(read_shape);
        if read.is_err() {
            self.forget();
        }
        read
    }

    /// Puts a first page over one that does not open. It must be made by SQLCipher: so another database is made with the same
    /// key, the same salt and at least as many pages, whose schema table says where everything begins in the copy; and all pages
    /// but its first ones are taken from the copy.
    fn lay_first_page(&mut self, shape: &Shape) -> Result<()> {
        self.count_pages()?;
        let cover = beside(&self.path, ".cover");
        remove_all(&cover);
        let laid = self.make_cover(&cover, shape).and_then(|()| self.fill_cover(&cover));
        if let Err(error) = laid {
            remove_all(&cover);
            return Err(error);
        }
        // The log stays: what it says of pages holds for the new file too.
        fs::rename(&cover, &self.path).map_err(disk)
    }

    /// Puts a first page over the copy that knows no table. Nothing of it is read the usual way any more.
    pub(super) fn lay_empty_first_page(&mut self) -> Result<()> {
        // The last connection that closes moves the log into the file.
        self.forget();
        for log in ["-wal", "-shm"] {
            let _ = fs::remove_file(beside(&self.path, log));
        }
        let shape = Shape { objects: Vec::new(), ..self.shape };
        self.lay_first_page(&shape)
    }

    /// Makes each of these pages the root of a table of its own, called "page" and its number, with these columns.
    pub(super) fn lay_page_tables(&mut self, columns: &str, pages: RangeInclusive<u64>) -> Result<()> {
        self.forget();
        let connection = connect(&self.path, &self.key, false)?;
        may_move_its_log(&connection)?;
        connection.execute_batch(
            "PRAGMA writable_schema = ON; PRAGMA synchronous = OFF; BEGIN; DELETE FROM sqlite_schema;",
        )?;
        for page in pages {
            let (name, root) = (format!("page {page}"), i64::try_from(page).unwrap_or(i64::MAX));
            connection.execute(
                "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('table', ?1, ?1, ?2, ?3)",
                params![name, root, format!("CREATE TABLE \"{name}\" ({columns})")],
            )?;
        }
        connection.execute_batch("COMMIT;")?;
        connection.close().map_err(|(_, error)| error.into())
    }

    fn make_cover(&self, cover: &Path, shape: &Shape) -> Result<()> {
        let mut salt = [0; 16];
        File::open(&self.path).and_then(|mut file| file.read_exact(&mut salt)).map_err(disk)?;
        create_private(cover)?;
        let connection = connect(cover, &self.key, false)?;
        may_move_its_log(&connection)?;
        connection.execute_batch(&format!(
            "PRAGMA cipher_salt = \"x'{}'\"; PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF;
             CREATE TABLE filler (bytes BLOB);",
            hex::encode(salt)
        ))?;
        while pages_of(&connection)? < self.pages + 1 {
            let missing = (self.pages + 1 - pages_of(&connection)?).min(FILLER_PAGES);
            let bytes = i32::try_from(missing * PAGE_BYTES).unwrap_or(i32::MAX);
            connection.execute("INSERT INTO filler VALUES (zeroblob(?1))", [bytes])?;
        }
        connection.execute_batch("PRAGMA writable_schema = ON; BEGIN; DELETE FROM sqlite_schema;")?;
        for object in shape.objects.iter().filter(|object| object.root > 0) {
            let Object { kind, name, table, root, sql } = object;
            connection.execute(
                "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![kind, name, table, root, sql],
            )?;
        }
        connection.execute_batch("COMMIT; PRAGMA writable_schema = OFF;")?;
        // Read as a file with a log, which lies beside the copy.
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.close().map_err(|(_, error)| error.into())
    }

    fn fill_cover(&self, cover: &Path) -> Result<()> {
        let mut from = File::open(&self.path).map_err(disk)?;
        let mut to = OpenOptions::new().write(true).open(cover).map_err(disk)?;
        for file in [&mut from, &mut to] {
            file.seek(SeekFrom::Start(PAGE_BYTES)).map_err(disk)?;
        }
        io::copy(&mut from.take((self.pages - 1) * PAGE_BYTES), &mut to).map(|_| ()).map_err(disk)
    }

    /// Takes the copy away.
    pub(super) fn remove(&mut self) {
        self.forget();
        self.remove_files();
    }

    fn remove_files(&self) {
        remove_all(&self.path);
    }
}

/// What a database is made of.
pub(in crate::store) fn read_shape(connection: &Connection) -> Result<Shape> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let (version, application) = (pragma("user_version")?, pragma("application_id")?);
    let mut statement =
        connection.prepare("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid")?;
    let objects = statement.query_map([], |row| {
        Ok(Object {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            root: row.get::<_, Option<i64>>(3)?.unwrap_or(0),
            sql: row.get(4)?,
        })
    })?;
    Ok(Shape { version, application, objects: objects.collect::<rusqlite::Result<_>>()? })
}

fn pages_of(connection: &Connection) -> Result<u64> {
    Ok(u64::try_from(connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))?).unwrap_or(0))
}

/// Copies a file in pieces, so that it can be stopped.
fn copy(from: &Path, to: &Path, watch: &SalvageWatch) -> Result<()> {
    create_private(to)?;
    let mut from = File::open(from).map_err(disk)?;
    let mut to = OpenOptions::new().write(true).open(to).map_err(disk)?;
    loop {
        watch.go_on()?;
        if io::copy(&mut io::Read::by_ref(&mut from).take(COPIED_AT_ONCE), &mut to).map_err(disk)? == 0 {
            return Ok(());
        }
    }
}

fn write_at(path: &Path, at: u64, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).open(path).map_err(disk)?;
    file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(bytes)).map_err(disk)
}

fn remove_all(path: &Path) {
    for rest in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(path, rest));
    }
}

/// The path with something more at its end.
fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}

fn disk(error: io::Error) -> Error {
    Error::new(kind_of(&error), "damaged database cannot be copied").with_source(error)
}

/// Pages that are written into one row of the cover.
const FILLER_PAGES: u64 = 1_000;

/// Bytes between two looks at whether to go on.
const COPIED_AT_ONCE: u64 = 4 * 1024 * 1024;

impl Imprint {
    /// The record of the database behind `connection`, which holds an account.
    pub(in crate::store) fn of(connection: &Connection, path: &Path, key: &DatabaseKey) -> Result<Self> {
        let mut salt = [0; 16];
        File::open(path).and_then(|mut file| file.read_exact(&mut salt)).map_err(disk)?;
        let who = connection.query_row("SELECT account, display_name FROM profile", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        let account = who.0.parse().map_err(|_| Error::new(ErrorKind::DatabaseDamaged, "profile names no account"))?;
        Ok(Self::new(key, salt, read_shape(connection)?, &account, &who.1))
    }
}
