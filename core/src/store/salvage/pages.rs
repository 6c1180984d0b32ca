//! Reading a table page by page, when the pages that lead to its rows do not open.
//!
//! A page that holds rows is a small tree by itself. So the copy gets a schema in which every page is the root of a table of its
//! own; what is asked of a page that holds no rows, or those of another table, fails or has other kinds of values.

use std::ops::RangeInclusive;

use rusqlite::types::Value;

use super::SalvageWatch;
use super::rows::{Row, Sink, Table, names};
use super::source::Source;
use crate::error::Result;

/// A column, as far as it tells rows of one table from those of another.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// `INTEGER`, `TEXT` or `BLOB`.
    pub(super) kind: String,
    /// It is the number of the row.
    pub(super) is_number: bool,
    /// It may be absent.
    pub(super) optional: bool,
    /// What a row holds that was written before there was this column.
    pub(super) default: Option<Value>,
}

/// Gives to `sink` every row of `table` that lies on a page that opens, also those that were read before.
pub(super) fn read(
    source: &mut Source,
    table: &Table,
    columns: &[Column],
    watch: &SalvageWatch,
    sink: &mut Sink<'_>,
) -> Result<()> {
    let (pages, _) = source.pages();
    source.lay_empty_first_page()?;
    let shape = shape(columns);
    let mut first = 2;
    while first <= pages {
        watch.go_on()?;
        let batch = first..=pages.min(first + BATCH - 1);
        source.lay_page_tables(&shape, batch.clone())?;
        read_batch(source, table, columns, batch, sink)?;
        first += BATCH;
    }
    Ok(())
}

fn read_batch(
    source: &mut Source,
    table: &Table,
    columns: &[Column],
    batch: RangeInclusive<u64>,
    sink: &mut Sink<'_>,
) -> Result<()> {
    let wanted = names(&table.columns);
    for page in batch {
        let mut rows: Vec<Row> = Vec::new();
        // A page that leads to others would give all that it leads to.
        let sql = format!("SELECT {wanted}, \"{MORE}\" FROM \"page {page}\" LIMIT {MOST_ROWS}");
        let asked = source.connection().and_then(|connection| {
            let mut statement = connection.prepare(&sql)?;
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                let values =
                    (0..=columns.len()).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Row>>()?;
                rows.push(values);
            }
            Ok(())
        });
        if asked.is_err() {
            source.forget();
        }
        let fitting = rows.into_iter().map(|row| fits(row, columns)).collect::<Option<Vec<Row>>>();
        if let Some(rows) = fitting.filter(|rows| !rows.is_empty()) {
            sink(rows)?;
        }
    }
    Ok(())
}

/// The row with what it lacks, when it is one of the table.
fn fits(mut row: Row, columns: &[Column]) -> Option<Row> {
    if row.pop() != Some(Value::Null) {
        return None;
    }
    let whole = row.into_iter().zip(columns).map(|(value, column)| match (&value, column.kind.as_str()) {
        (Value::Integer(_), "INTEGER") | (Value::Text(_), "TEXT") | (Value::Blob(_), "BLOB") => Some(value),
        (Value::Null, _) if column.optional => Some(value),
        (Value::Null, _) => column.default.clone(),
        _ => None,
    });
    whole.collect()
}

/// The columns of a table that takes any value, and one more, which is absent in the rows of this one.
fn shape(columns: &[Column]) -> String {
    let column = |Column { name, is_number, .. }: &Column| {
        if *is_number { format!("\"{name}\" INTEGER PRIMARY KEY") } else { format!("\"{name}\"") }
    };
    columns.iter().map(column).chain([format!("\"{MORE}\"")]).collect::<Vec<_>>().join(", ")
}

/// The column behind the last one.
const MORE: &str = "one more";

/// More rows than there is room for on a page.
const MOST_ROWS: usize = 500;

/// Pages that are laid out as tables at once.
const BATCH: u64 = 256;
