//! The two hands of a closure: [`ReadTx`] looks, [`WriteTx`] also writes.
//!
//! Tables add their typed queries to these types, each in its own file. Raw statements stay inside this folder.

use std::collections::HashSet;
use std::ops::{ControlFlow, Deref};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Params, Row};

use super::{Change, Changes, Quota};
use crate::error::Result;

/// A consistent view of the database for the length of one closure.
pub struct ReadTx<'c> {
    connection: &'c Connection,
}

/// A transaction: everything done through it commits together or not at all.
pub struct WriteTx<'c> {
    read: ReadTx<'c>,
    changes: Changes,
    deleted: bool,
    grown: Grown,
}

/// Tables with a bound that grew in a transaction: cut once, before the commit, however much came.
#[derive(Debug, Default)]
struct Grown {
    unreadable: Vec<Quota>,
    seen_of_strangers: bool,
    /// Whose early words.
    early: HashSet<i64>,
}

impl<'c> ReadTx<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// For what is no query of a table.
    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    /// Every row of a statement, mapped. Statements are prepared once for each connection.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        count_statement();
        self.connection.prepare_cached(sql)?.query_and_then(params, map)?.collect()
    }

    /// Calls `each` with the rows of a statement until it breaks.
    pub(super) fn each(
        &self,
        sql: &str,
        params: impl Params,
        mut each: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        count_statement();
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            if each(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The first row of a statement, mapped, if there is one.
    pub(super) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        count_statement();
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(map).transpose()
    }

    /// Whether a statement has any row.
    pub(super) fn any(&self, sql: &str, params: impl Params) -> Result<bool> {
        count_statement();
        Ok(self.connection.prepare_cached(sql)?.exists(params)?)
    }
}

impl<'c> WriteTx<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { read: ReadTx::new(connection), changes: Changes::default(), deleted: false, grown: Grown::default() }
    }

    /// The connection, for statements that also run outside of a [`WriteTx`].
    pub(super) fn connection(&self) -> &Connection {
        self.read.connection
    }

    /// Runs a statement that writes; gives the number of rows it touched.
    pub(super) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        count_statement();
        Ok(self.read.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// Runs an `INSERT` and gives the new row's number.
    pub(super) fn insert(&self, sql: &str, params: impl Params) -> Result<i64> {
        count_statement();
        Ok(self.read.connection.prepare_cached(sql)?.insert(params)?)
    }

    /// Runs `work` with the triggers of the schema switched off, for statements over so many rows that one statement at
    /// the end does their work faster. Reference actions (`ON DELETE CASCADE`) still happen.
    pub(super) fn without_triggers<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let _back_on = TriggersOff::new(self.read.connection)?;
        work()
    }

    pub(super) fn record(&mut self, change: Change) {
        self.changes.record(change);
    }

    /// Content of a person was deleted: after the commit the write-ahead log is emptied too.
    pub(super) fn record_deletion(&mut self) {
        self.deleted = true;
    }

    /// The table of what could not be used has something new.
    pub(super) fn record_unreadable(&mut self, quota: Quota) {
        if !self.grown.unreadable.contains(&quota) {
            self.grown.unreadable.push(quota);
        }
    }

    /// A hash that was seen is one that strangers can make more of.
    pub(super) fn record_seen_of_stranger(&mut self) {
        self.grown.seen_of_strangers = true;
    }

    /// Somebody (a row of contacts) said something about a message that is not here.
    pub(super) fn record_early(&mut self, contact: i64) {
        self.grown.early.insert(contact);
    }

    /// Cuts what grew over its bound. Before every commit.
    pub(super) fn cut_what_grew(&mut self) -> Result<()> {
        let Grown { unreadable, seen_of_strangers, early } = std::mem::take(&mut self.grown);
        for quota in unreadable {
            self.cut_unreadable(quota)?;
        }
        if seen_of_strangers {
            self.cut_seen_of_strangers()?;
        }
        if !early.is_empty() {
            self.cut_early(early)?;
        }
        Ok(())
    }

    /// What was recorded, and whether content was deleted.
    pub(super) fn into_changes(mut self) -> (Changes, bool) {
        self.changes.settle();
        (self.changes, self.deleted)
    }
}

/// Switches triggers on again when it goes, also after an error or a panic: the connection serves the next write too.
struct TriggersOff<'c>(&'c Connection);

impl<'c> TriggersOff<'c> {
    fn new(connection: &'c Connection) -> Result<Self> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        Ok(Self(connection))
    }
}

impl Drop for TriggersOff<'_> {
    fn drop(&mut self) {
        let on = self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true);
        debug_assert!(on.is_ok(), "triggers cannot be switched on again");
    }
}

impl<'c> Deref for WriteTx<'c> {
    type Target = ReadTx<'c>;
    fn deref(&self) -> &ReadTx<'c> {
        &self.read
    }
}

#[cfg(not(test))]
const fn count_statement() {}

#[cfg(test)]
fn count_statement() {
    STATEMENTS.set(STATEMENTS.get() + 1);
}

/// Statements that this thread ran so far: a closure of the ledger stays on one thread.
#[cfg(test)]
pub fn statements() -> u64 {
    STATEMENTS.get()
}

#[cfg(test)]
thread_local! {
    static STATEMENTS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}
