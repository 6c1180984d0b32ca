//! Versions of the schema: a new database is made from `schema.sql`, an older one walks the numbered steps.
//!
//! The version stands in `user_version`, and `application_id` says that the file is ours. A file of a newer version is
//! refused untouched. All steps of one opening run in one transaction, so a crash in between leaves the old version.
//! `core/tests/fixtures/` holds a database of every released version; a test migrates each and compares it, object by
//! object, with a new one.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Error, ErrorKind, Result};
use crate::kill;

/// The version of the schema that this program writes; older ones are migrated, newer ones refused.
pub const VERSION: u32 = 8;

/// "Onsk": the file is a database of this program.
pub(super) const APPLICATION_ID: u32 = 0x4f6e_736b;

/// The whole schema of [`VERSION`].
const SCHEMA: &str = include_str!("schema.sql");

/// One step up. Steps only append: a released step never changes.
struct Step {
    /// The version this step reaches from the one below it.
    to: u32,
    /// What it does.
    sql: &'static str,
}

/// The steps from version 1 to [`VERSION`], in order.
const STEPS: &[Step] = &[
    Step { to: 2, sql: include_str!("migrate/to_2.sql") },
    Step { to: 3, sql: include_str!("migrate/to_3.sql") },
    Step { to: 4, sql: include_str!("migrate/to_4.sql") },
    Step { to: 5, sql: include_str!("migrate/to_5.sql") },
    Step { to: 6, sql: include_str!("migrate/to_6.sql") },
    Step { to: 7, sql: include_str!("migrate/to_7.sql") },
    Step { to: 8, sql: include_str!("migrate/to_8.sql") },
];

/// Makes or brings the database to [`VERSION`].
///
/// # Errors
/// [`ErrorKind::NewerVersionNeeded`] when the file is newer; [`ErrorKind::DatabaseForeign`] when it is a database of
/// something else; whatever SQLite reports.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    migrate_with(connection, VERSION, SCHEMA, STEPS)
}

fn migrate_with(connection: &mut Connection, newest: u32, schema: &str, steps: &[Step]) -> Result<()> {
    let version = pragma(connection, "user_version")?;
    if version == newest && pragma(connection, "application_id")? == APPLICATION_ID {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version > newest {
        return Err(Error::new(ErrorKind::NewerVersionNeeded, "database was written by a newer version"));
    }
    if version == 0 {
        let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 {
            return Err(Error::new(ErrorKind::DatabaseForeign, "database has tables but no version"));
        }
        transaction.execute_batch(schema)?;
    } else {
        if pragma(&transaction, "application_id")? != APPLICATION_ID {
            return Err(Error::new(ErrorKind::DatabaseForeign, "database is of another program"));
        }
        let mut reached = version;
        for step in steps.iter().filter(|step| step.to > version) {
            if step.to != reached + 1 {
                return Err(Error::bug("schema steps have a gap"));
            }
            transaction.execute_batch(step.sql)?;
            kill::point("schema step");
            reached = step.to;
        }
        if reached != newest {
            return Err(Error::bug("schema steps do not reach the newest version"));
        }
    }
    transaction.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {newest};"))?;
    kill::commit_point("before", "schema");
    transaction.commit()?;
    kill::commit_point("after", "schema");
    Ok(())
}

fn pragma(connection: &Connection, name: &'static str) -> Result<u32> {
    Ok(connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(connection: &Connection) -> Vec<(String, String, String)> {
        let mut statement =
            connection.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(|row| row.unwrap()).map(|(kind, name, sql): (_, _, String)| (kind, name, plain(&sql))).collect()
    }

    /// A statement without comments and spacing, which differ between a new table and an altered one.
    fn plain(sql: &str) -> String {
        let without_comments: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or("")).collect();
        without_comments
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("( ", "(")
            .replace(" )", ")")
            .replace(" ,", ",")
    }

    #[test]
    fn a_new_database_has_the_newest_version_and_opening_it_again_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let before = shape(&connection);
        migrate(&mut connection).unwrap();
        assert_eq!(shape(&connection), before);
        assert_eq!(pragma(&connection, "user_version").unwrap(), VERSION);
    }

    #[test]
    fn steps_and_a_new_schema_reach_the_same_shape() {
        let first = "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT;";
        let third = "CREATE TABLE a (id INTEGER PRIMARY KEY, -- why\n b TEXT NOT NULL DEFAULT '') STRICT; CREATE INDEX a_b ON a (b);";
        let steps = [
            Step { to: 2, sql: "ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT '';" },
            Step { to: 3, sql: "CREATE INDEX a_b ON a (b);" },
        ];
        let mut walked = Connection::open_in_memory().unwrap();
        migrate_with(&mut walked, 1, first, &[]).unwrap();
        migrate_with(&mut walked, 3, third, &steps).unwrap();
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate_with(&mut fresh, 3, third, &steps).unwrap();
        assert_eq!(shape(&walked), shape(&fresh));
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_version_whole() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_with(&mut connection, 1, "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT;", &[]).unwrap();
        let before = shape(&connection);
        let steps = [Step { to: 2, sql: "CREATE TABLE b (id INTEGER) STRICT; CREATE TABLE a (id INTEGER) STRICT;" }];
        migrate_with(&mut connection, 2, "", &steps).unwrap_err();
        assert_eq!(shape(&connection), before);
        assert_eq!(pragma(&connection, "user_version").unwrap(), 1);
    }

    #[test]
    fn a_newer_or_foreign_database_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.execute_batch(&format!("PRAGMA user_version = {}", VERSION + 1)).unwrap();
        assert_eq!(migrate(&mut connection).unwrap_err().kind(), ErrorKind::NewerVersionNeeded);

        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE other (id INTEGER)").unwrap();
        assert_eq!(migrate(&mut foreign).unwrap_err().kind(), ErrorKind::DatabaseForeign);
    }

    #[test]
    fn the_steps_lead_without_a_gap_to_the_newest_version() {
        let mut reached = 1;
        for step in STEPS {
            reached += 1;
            assert_eq!(step.to, reached);
        }
        assert_eq!(reached, VERSION);
    }

    #[test]
    fn every_column_of_the_schema_is_explained() {
        let mut explained = false;
        let mut in_table = false;
        let names_that_explain_themselves =
            ["id", "account", "owner", "namespace", "message", "conversation", "hash", "received_at"];
        for line in SCHEMA.lines().map(str::trim) {
            if line.starts_with("CREATE TABLE") {
                assert!(explained, "no comment above: {line}");
                in_table = true;
            } else if line.starts_with(")") {
                in_table = false;
            } else if in_table
                && !line.starts_with("--")
                && !line.starts_with("PRIMARY KEY")
                && !line.starts_with("UNIQUE")
            {
                let name = line.split_whitespace().next().unwrap_or("");
                let explains_itself = names_that_explain_themselves.contains(&name);
                // The second of a pair that one comment explains.
                let pair =
                    ["picture_key", "asked", "attempts", "expiry_seconds", "last_edit_at", "retry_at"].contains(&name);
                assert!(explained || explains_itself || pair, "no comment above column: {line}");
            }
            explained = line.starts_with("--");
        }
    }
}
