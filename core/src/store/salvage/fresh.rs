//! The fresh ledger: of the version of the damaged one while rows come in, of the newest one afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, ErrorCode, params_from_iter};

use super::pages::Column;
use super::rows::{Reading, Row, Table, names};
use super::{Salvaged, mend};
use crate::error::Result;
use crate::kill;
use crate::store::DatabaseKey;
use crate::store::database::{connect, may_move_its_log, set_up_writer};
use crate::store::imprint::Shape;
use crate::store::migrate::{APPLICATION_ID, VERSION, migrate};
use crate::store::search::check_folding;

/// The fresh ledger.
pub(super) struct Fresh {
    connection: Connection,
}

impl Fresh {
    /// Makes it, empty, with the tables of `shape`.
    pub(super) fn make(path: &Path, key: &DatabaseKey, shape: &Shape) -> Result<Self> {
        let mut connection = connect(path, key, true)?;
        may_move_its_log(&connection)?;
        set_up_writer(&connection)?;
        // What half of a pair is missing is mended at the end. Until the end nothing counts, so nothing must be on the disk.
        connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;")?;
        if shape.version == VERSION {
            migrate(&mut connection)?;
            // An index by this folding: the triggers fill it while letters come in. An older one is made anew after opening.
            check_folding(&mut connection)?;
        } else {
            make_older(&mut connection, shape)?;
        }
        Ok(Self { connection })
    }

    /// The tables to be filled, those first that others name. What SQLite keeps for itself is left out.
    pub(super) fn tables(&self) -> Result<Vec<Table>> {
        let mut statement = self.connection.prepare(
            "SELECT name, wr FROM pragma_table_list
             WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut tables = found.into_iter().map(|(name, keyed)| self.table(name, keyed)).collect::<Result<Vec<_>>>()?;
        tables.sort_by_key(|table| {
            let place = FIRST.iter().position(|name| *name == table.name).unwrap_or(FIRST.len());
            (place, table.name.clone())
        });
        Ok(tables)
    }

    fn table(&self, name: String, keyed: bool) -> Result<Table> {
        let mut statement = self.connection.prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid")?;
        let rows = statement.query_map([&name], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        let columns = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut key: Vec<_> = columns.iter().filter(|(_, _, place)| keyed && *place > 0).collect();
        key.sort_by_key(|(_, _, place)| *place);
        let key_is_bytes = key.first().is_some_and(|(_, kind, _)| kind == "BLOB");
        let key = key.into_iter().map(|(name, _, _)| name.clone()).collect();
        Ok(Table { name, columns: columns.into_iter().map(|(name, _, _)| name).collect(), key, key_is_bytes })
    }

    /// The columns of a table with what tells its rows from those of another one.
    pub(super) fn columns(&self, table: &str) -> Result<Vec<Column>> {
        let sql = "SELECT name, type, pk, \"notnull\", dflt_value FROM pragma_table_info(?1) ORDER BY cid";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([table], |row| {
            let (kind, key): (String, i64) = (row.get(1)?, row.get(2)?);
            let is_number = key > 0 && kind == "INTEGER";
            let optional = !row.get::<_, bool>(3)? && !is_number;
            let column = Column { name: row.get(0)?, kind, is_number, optional, default: None };
            Ok((column, row.get::<_, Option<String>>(4)?))
        })?;
        let mut columns = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let keys = "SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0";
        if self.connection.query_row(keys, [table], |row| row.get::<_, i64>(0))? > 1 {
            // One of several columns of a key is no number of the row.
            columns.iter_mut().for_each(|(column, _)| column.is_number = false);
        }
        let with_default = |(column, default): (Column, Option<String>)| -> Result<Column> {
            let ask = |text: String| self.connection.query_row(&format!("SELECT {text}"), [], |row| row.get(0));
            Ok(Column { default: default.map(ask).transpose()?, ..column })
        };
        columns.into_iter().map(with_default).collect()
    }

    /// How many rows a table has now.
    pub(super) fn count(&self, table: &str) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM \"{table}\"");
        Ok(u64::try_from(self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?).unwrap_or(0))
    }

    /// Writes rows; one that does not fit, or is there already, is left out.
    pub(super) fn insert(&mut self, table: &Table, rows: &[Row]) -> Result<()> {
        let marks = vec!["?"; table.columns.len()].join(", ");
        let columns = names(&table.columns);
        let sql = format!("INSERT OR IGNORE INTO \"{}\" ({columns}) VALUES ({marks})", table.name);
        let transaction = self.connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached(&sql)?;
            for row in rows {
                match statement.execute(params_from_iter(row)) {
                    // A value of the wrong kind: the page opened and its content is nonsense.
                    Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => (),
                    Err(error) => return Err(error.into()),
                    Ok(_) => (),
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Gives no row a number that the damaged ledger ever gave to another one.
    pub(super) fn go_on_counting(&self, given: &[(String, i64)]) -> Result<()> {
        for (table, highest) in given {
            let held = self
                .connection
                .execute("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", (table, highest))?;
            if held == 0 {
                self.connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", (table, highest))?;
            }
        }
        Ok(())
    }

    /// Brings it to the newest version and makes it consistent.
    pub(super) fn finish(&mut self, lost: mend::Lost) -> Result<()> {
        self.connection.execute_batch("PRAGMA synchronous = FULL;")?;
        migrate(&mut self.connection)?;
        // An index that another version began: without it no letter could be changed or taken out here.
        check_folding(&mut self.connection)?;
        let transaction = self.connection.transaction()?;
        mend::mend(&transaction, lost)?;
        kill::commit_point("before", "rescued ledger");
        transaction.commit()?;
        kill::commit_point("after", "rescued ledger");
        Ok(())
    }

    /// What is in it, against what was in the damaged one.
    pub(super) fn counted(
        &self,
        totals: &BTreeMap<String, Option<u64>>,
        readings: &BTreeMap<String, Reading>,
    ) -> Result<Salvaged> {
        let mut salvaged = Salvaged::default();
        for table in self.tables()?.into_iter().filter(|table| !NOT_COUNTED.contains(&table.name.as_str())) {
            let read = self.count(&table.name)?;
            let reading = readings.get(&table.name).copied().unwrap_or_default();
            let total = totals.get(&table.name).copied().flatten();
            let counted = salvaged.of(&table.name);
            counted.read += read;
            match total {
                Some(total) => counted.lost += total.saturating_sub(read),
                None => {
                    counted.lost += reading.at_most.min(reading.highest.saturating_sub(read));
                    counted.estimated = reading.at_most > 0;
                }
            }
        }
        Ok(salvaged)
    }

    /// Moves its log into the file and closes it.
    pub(super) fn close(self) -> Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

/// The tables of an earlier version, made by its own statements.
fn make_older(connection: &mut Connection, shape: &Shape) -> Result<()> {
    let transaction = connection.transaction()?;
    let virtual_tables: BTreeSet<&str> = shape
        .objects
        .iter()
        .filter(|object| object.sql.as_ref().is_some_and(|sql| sql.starts_with("CREATE VIRTUAL")))
        .map(|object| object.name.as_str())
        .collect();
    for object in &shape.objects {
        let shadow = virtual_tables.iter().any(|name| {
            object.table.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')) && object.kind != "trigger"
        });
        if let Some(sql) = object.sql.as_ref().filter(|_| !shadow && !object.name.starts_with("sqlite_")) {
            transaction.execute_batch(sql)?;
        }
    }
    for name in virtual_tables {
        // As the schema does it for every table of words.
        transaction
            .execute_batch(&format!("INSERT INTO \"{name}\" (\"{name}\", rank) VALUES ('secure-delete', 1);"))?;
    }
    transaction.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {};",
        shape.version
    ))?;
    Ok(transaction.commit()?)
}

/// Tables that others name, in this order.
const FIRST: &[&str] = &["account_seed", "profile", "contacts", "conversations", "messages", "outbox"];

/// What a person has no use for knowing about: nothing is lost with it, or it is theirs and not counted.
const NOT_COUNTED: &[&str] =
    &["account_seed", "profile", "seen_hashes", "cursors", "network_state", "tombstone_key", "search_state"];
