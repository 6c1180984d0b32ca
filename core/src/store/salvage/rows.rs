//! Reading the rows of a table around what does not open.
//!
//! A table that has row numbers is read from the lowest one up. Where that fails, the row is asked for alone: either only it
//! is lost (a long value that lies on a page of its own), or the page that it lies on. Then longer and longer steps find the
//! next page that opens, and halving finds what opens in between. A table that has a key of its own is read from both ends, and
//! from as many places in between as the first byte of its key has.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::SalvageWatch;
use super::source::Source;
use crate::error::Result;

/// One row, in the order of [`Table::columns`].
pub(super) type Row = Vec<Value>;

/// A table, as both ledgers have it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: String,
    /// Its columns.
    pub(super) columns: Vec<String>,
    /// The columns of its key, for a table without row numbers.
    pub(super) key: Vec<String>,
    /// Its first key column holds bytes.
    pub(super) key_is_bytes: bool,
}

/// How reading a table went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    /// Places where something was lost.
    pub(super) gaps: u64,
    /// At most so many rows are lost, as far as the row numbers say.
    pub(super) at_most: u64,
    /// There are at most so many rows.
    pub(super) highest: u64,
}

/// Takes the rows that were read.
pub(super) type Sink<'s> = dyn FnMut(Vec<Row>) -> Result<()> + 's;

/// Gives every row that can be read to `sink`, some perhaps twice.
pub(super) fn read(source: &mut Source, table: &Table, watch: &SalvageWatch, sink: &mut Sink<'_>) -> Result<Reading> {
    let mut reader = Reader { source, table, watch, sink, reading: Reading::default() };
    if table.key.is_empty() {
        let end = reader.highest();
        reader.reading.highest = u64::try_from(end.saturating_sub(1)).unwrap_or(0);
        reader.range(1, end)?;
    } else {
        reader.by_key()?;
    }
    Ok(reader.reading)
}

struct Reader<'r, 's> {
    source: &'r mut Source,
    table: &'r Table,
    watch: &'r SalvageWatch,
    sink: &'r mut Sink<'s>,
    reading: Reading,
}

/// How a piece of a table ended.
enum End<T> {
    /// There is nothing more in the range.
    Done,
    /// There is more from here on.
    More(T),
    /// The next row does not open; the last key that did, if any did.
    Failed(Option<T>),
}

/// The rows of a piece, and how it ended.
type Piece<T> = (Vec<Row>, End<T>);

impl Reader<'_, '_> {
    /// Reads `from..end`.
    fn range(&mut self, from: i64, end: i64) -> Result<()> {
        let mut at = from;
        while at < end {
            let (rows, how) = self.piece(at, end)?;
            (self.sink)(rows)?;
            at = match how {
                End::Done => return Ok(()),
                End::More(next) => next,
                End::Failed(last) => {
                    let from = last.map_or(at, |last| last.saturating_add(1));
                    match self.around(from, end)? {
                        Some(next) => next,
                        None => return Ok(()),
                    }
                }
            };
        }
        Ok(())
    }

    /// Nothing was read at `at`: reads what opens behind it, and says where reading goes on.
    fn around(&mut self, at: i64, end: i64) -> Result<Option<i64>> {
        match self.probe(at)? {
            // Its page opens: only this row is lost, or it was a mishap.
            Some(Some(row)) if row < end => {
                let (rows, how) = self.piece(row, row.saturating_add(1))?;
                (self.sink)(rows)?;
                if matches!(how, End::Failed(_)) {
                    self.lost(1);
                }
                Ok(Some(row.saturating_add(1)))
            }
            Some(_) => Ok(None),
            None => {
                let next = self.gallop(at, end)?;
                let until = next.unwrap_or(end);
                self.lost(u64::try_from(until.saturating_sub(at)).unwrap_or(0));
                let grain = (until.saturating_sub(at) / HALVINGS).max(1);
                self.halve(at.saturating_add(1), until, grain)?;
                Ok(next)
            }
        }
    }

    /// Steps of double length until a page opens.
    fn gallop(&mut self, at: i64, end: i64) -> Result<Option<i64>> {
        let mut step = 1_i64;
        loop {
            let Some(next) = at.checked_add(step).filter(|next| *next < end) else { return Ok(None) };
            if self.probe(next)?.is_some() {
                return Ok(Some(next));
            }
            step = step.saturating_mul(2);
        }
    }

    /// Reads what opens in `from..end`, both ends of which lie on pages that do not.
    fn halve(&mut self, from: i64, end: i64, grain: i64) -> Result<()> {
        if end.saturating_sub(from) < grain || from >= end {
            return Ok(());
        }
        let middle = from + (end - from) / 2;
        match self.probe(middle)? {
            None => {
                self.halve(from, middle, grain)?;
                self.halve(middle + 1, end, grain)
            }
            Some(found) => {
                self.halve(from, middle, grain)?;
                match found {
                    Some(row) if row < end => self.plain_range(row, end),
                    _ => Ok(()),
                }
            }
        }
    }

    /// Reads on until something fails. What lies behind that is what [`Self::around`] has measured already.
    fn plain_range(&mut self, from: i64, end: i64) -> Result<()> {
        let mut at = from;
        while at < end {
            let (rows, how) = self.piece(at, end)?;
            self.reading.at_most = self.reading.at_most.saturating_sub(rows.len() as u64);
            (self.sink)(rows)?;
            match how {
                End::More(next) => at = next,
                End::Done | End::Failed(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Whether the row at `at`, or the next one, can be found; and its number, when there is one. `None` when it does not open.
    fn probe(&mut self, at: i64) -> Result<Option<Option<i64>>> {
        self.watch.go_on()?;
        let sql =
            format!("SELECT rowid FROM \"{}\" NOT INDEXED WHERE rowid >= ?1 ORDER BY rowid LIMIT 1", self.table.name);
        let found = self.source.connection().and_then(|connection| {
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([at])?;
            Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
        });
        Ok(match found {
            Ok(row) => Some(row),
            Err(_) => {
                self.source.forget();
                None
            }
        })
    }

    /// Some rows of `at..end`.
    fn piece(&mut self, at: i64, end: i64) -> Result<Piece<i64>> {
        self.watch.go_on()?;
        let sql = format!(
            "SELECT rowid, {} FROM \"{}\" NOT INDEXED WHERE rowid >= ?1 AND rowid < ?2 ORDER BY rowid LIMIT {ROWS}",
            names(&self.table.columns),
            self.table.name
        );
        let (rows, last, failed) = rows_of(self.source, |connection, take| {
            let mut statement = connection.prepare(&sql)?;
            let width = statement.column_count();
            let mut rows = statement.query([at, end])?;
            while let Some(row) = rows.next()? {
                let values = (1..width).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Row>>()?;
                if !take(values, row.get::<_, i64>(0)?) {
                    break;
                }
            }
            Ok(())
        });
        Ok(ended(rows, last, failed, |last| last.saturating_add(1)))
    }

    /// One more than the highest row number that was ever given: behind it nothing is looked for.
    fn highest(&mut self) -> i64 {
        let table = self.table.name.clone();
        let last = format!("SELECT max(rowid) FROM \"{table}\"");
        let given = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
        let mut ask = |sql: &str, name: Option<&str>| {
            let found = self.source.connection().and_then(|connection| {
                let params = rusqlite::params_from_iter(name);
                Ok(connection.query_row(sql, params, |row| row.get::<_, Option<i64>>(0))?)
            });
            if found.is_err() {
                self.source.forget();
            }
            found.ok().flatten()
        };
        let highest = ask(given, Some(&table)).max(ask(&last, None));
        highest.map_or(UNKNOWN_HIGHEST, |highest| highest.saturating_add(1))
    }

    fn lost(&mut self, at_most: u64) {
        self.reading.gaps += 1;
        self.reading.at_most = self.reading.at_most.saturating_add(at_most);
    }

    /// A table without row numbers: from both ends, and from places in between.
    fn by_key(&mut self) -> Result<()> {
        if self.way(None, false, None)? {
            return Ok(());
        }
        self.reading.gaps += 1;
        self.way(None, true, None)?;
        if self.table.key.len() > 1 {
            return Ok(());
        }
        let bytes = self.table.key_is_bytes;
        let starts: Vec<u8> = (1..=u8::MAX).filter(|byte| bytes || byte.is_ascii_graphic()).collect();
        for (at, byte) in starts.iter().enumerate() {
            let from = if bytes { Value::Blob(vec![*byte]) } else { Value::Text(char::from(*byte).to_string()) };
            self.way(Some(vec![from]), false, starts.get(at + 1).copied())?;
        }
        Ok(())
    }

    /// Reads on from a key, up or down, to where the next way begins. Whether it came to the end.
    fn way(&mut self, from: Option<Row>, down: bool, until: Option<u8>) -> Result<bool> {
        let mut from = from;
        let mut first = true;
        loop {
            let (rows, how) = self.piece_by_key(from.as_ref(), down, first)?;
            first = false;
            (self.sink)(rows)?;
            match how {
                End::Done => return Ok(true),
                End::Failed(_) => return Ok(false),
                End::More(next) if until.is_some_and(|until| first_byte(&next) >= Some(until)) => return Ok(true),
                End::More(next) => from = Some(next),
            }
        }
    }

    /// Some rows from a key on, which itself counts the first time.
    fn piece_by_key(&mut self, from: Option<&Row>, down: bool, first: bool) -> Result<Piece<Row>> {
        self.watch.go_on()?;
        let key = names(&self.table.key);
        let marks = vec!["?"; self.table.key.len()].join(", ");
        let after = match (down, first) {
            (false, true) => ">=",
            (false, false) => ">",
            (true, _) => "<",
        };
        let place = if from.is_some() { format!("WHERE ({key}) {after} ({marks})") } else { String::new() };
        let way = if down { "DESC" } else { "ASC" };
        let order = self.table.key.iter().map(|name| format!("\"{name}\" {way}")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT {}, {key} FROM \"{}\" NOT INDEXED {place} ORDER BY {order} LIMIT {ROWS}",
            names(&self.table.columns),
            self.table.name
        );
        let width = self.table.columns.len();
        let (rows, last, failed) = rows_of(self.source, |connection, take| {
            let mut statement = connection.prepare(&sql)?;
            let all = statement.column_count();
            let mut rows = statement.query(rusqlite::params_from_iter(from.into_iter().flatten()))?;
            while let Some(row) = rows.next()? {
                let read = |range: std::ops::Range<usize>| {
                    range.map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Row>>()
                };
                if !take(read(0..width)?, read(width..all)?) {
                    break;
                }
            }
            Ok(())
        });
        Ok(ended(rows, last, failed, |last| last))
    }
}

/// Takes a row and where it stood; says whether there is room for more.
type Take<'t, T> = dyn FnMut(Row, T) -> bool + 't;

/// What a question gave until it ended or failed: its rows, where the last one stood, and whether it failed.
fn rows_of<T>(
    source: &mut Source,
    ask: impl FnOnce(&Connection, &mut Take<'_, T>) -> rusqlite::Result<()>,
) -> (Vec<Row>, Option<T>, bool) {
    let (mut rows, mut last, mut bytes) = (Vec::new(), None, 0);
    let asked = source.connection().and_then(|connection| {
        ask(connection, &mut |row, place| {
            bytes += row.iter().map(bytes_of).sum::<usize>();
            rows.push(row);
            last = Some(place);
            bytes < MAX_BYTES
        })?;
        Ok(())
    });
    if asked.is_err() {
        source.forget();
    }
    (rows, last, asked.is_err())
}

fn ended<T>(rows: Vec<Row>, last: Option<T>, failed: bool, next: impl FnOnce(T) -> T) -> Piece<T> {
    let end = match (failed, last) {
        (true, last) => End::Failed(last),
        (false, None) => End::Done,
        // Perhaps there was just no more room: the next piece says.
        (false, Some(last)) => End::More(next(last)),
    };
    (rows, end)
}

/// The first byte of a key.
fn first_byte(key: &Row) -> Option<u8> {
    match key.first()? {
        Value::Text(text) => text.bytes().next(),
        Value::Blob(bytes) => bytes.first().copied(),
        Value::Null | Value::Integer(_) | Value::Real(_) => None,
    }
}

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Null | Value::Integer(_) | Value::Real(_) => 8,
    }
}

/// Column names as a statement takes them.
pub(super) fn names(columns: &[String]) -> String {
    columns.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// Rows that are asked for at once, and bytes after which no more are taken.
const ROWS: usize = 500;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Pieces into which a gap is cut to look for what opens inside.
const HALVINGS: i64 = 64;

/// Where a table ends when nothing says it any more.
const UNKNOWN_HIGHEST: i64 = 1 << 24;
