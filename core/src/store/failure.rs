//! From SQLite's failures to core's errors, once, at the edge of the store.
//!
//! SQLite's own messages may quote statements and names, so they are left behind: an error of the store carries a fixed
//! sentence and the result codes.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::error::{Error, ErrorKind};

/// What SQLite or the store itself found wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreFault {
    /// A result code of SQLite, extended form (`https://sqlite.org/rescode.html`).
    #[error("sqlite result code {0}")]
    Sqlite(i32),
    /// A statement and the Rust around it disagree (types, columns, syntax).
    #[error("statement and code disagree")]
    Statement,
    /// A stored value means nothing to this version.
    #[error("column {0} holds a value that this version does not know")]
    Value(&'static str),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::QueryReturnedNoRows => Self::new(ErrorKind::NotFound, "store has no such row"),
            rusqlite::Error::SqliteFailure(failure, _) => {
                let kind = kind_of(failure.code, failure.extended_code);
                let context = match kind {
                    ErrorKind::StorageFull => "store has no room left on the disk",
                    ErrorKind::DatabaseDamaged => "store found the database damaged",
                    ErrorKind::ReadOnly => "store may not write to its file",
                    ErrorKind::InUse => "store finds its file taken by another process",
                    ErrorKind::NotFound => "store cannot open its file",
                    _ => "store statement failed",
                };
                Self::new(kind, context).with_source(StoreFault::Sqlite(failure.extended_code))
            }
            rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::IntegralValueOutOfRange(..) => {
                Self::new(ErrorKind::DatabaseDamaged, "store read a value of the wrong kind")
                    .with_source(StoreFault::Statement)
            }
            _ => Self::bug("store statement and code disagree").with_source(StoreFault::Statement),
        }
    }
}

impl From<StoreFault> for Error {
    fn from(fault: StoreFault) -> Self {
        let kind = match fault {
            StoreFault::Value(_) => ErrorKind::DatabaseDamaged,
            StoreFault::Sqlite(_) | StoreFault::Statement => ErrorKind::Bug,
        };
        Self::new(kind, "store read a value that means nothing").with_source(fault)
    }
}

fn kind_of(code: ErrorCode, extended: i32) -> ErrorKind {
    match code {
        ErrorCode::DiskFull => ErrorKind::StorageFull,
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => ErrorKind::DatabaseDamaged,
        // A short read means that the file ends in the middle of a page.
        ErrorCode::SystemIoFailure if extended == ffi::SQLITE_IOERR_SHORT_READ => ErrorKind::DatabaseDamaged,
        // A disk quota or a file system that ran full while growing the file shows as a failed write.
        ErrorCode::SystemIoFailure if extended == ffi::SQLITE_IOERR_WRITE => ErrorKind::StorageFull,
        ErrorCode::SystemIoFailure => ErrorKind::DatabaseDamaged,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => ErrorKind::ReadOnly,
        ErrorCode::AuthorizationForStatementDenied => ErrorKind::NotAllowed,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => ErrorKind::InUse,
        ErrorCode::CannotOpen => ErrorKind::NotFound,
        _ => ErrorKind::Bug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(extended: i32) -> ErrorKind {
        Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(extended), Some("secret text".to_owned()))).kind()
    }

    #[test]
    fn result_codes_become_kinds_by_what_a_person_can_do() {
        assert_eq!(failed(ffi::SQLITE_FULL), ErrorKind::StorageFull);
        assert_eq!(failed(ffi::SQLITE_IOERR_WRITE), ErrorKind::StorageFull);
        assert_eq!(failed(ffi::SQLITE_NOTADB), ErrorKind::DatabaseDamaged);
        assert_eq!(failed(ffi::SQLITE_CORRUPT), ErrorKind::DatabaseDamaged);
        assert_eq!(failed(ffi::SQLITE_IOERR_SHORT_READ), ErrorKind::DatabaseDamaged);
        assert_eq!(failed(ffi::SQLITE_READONLY), ErrorKind::ReadOnly);
        assert_eq!(failed(ffi::SQLITE_PERM), ErrorKind::ReadOnly);
        assert_eq!(failed(ffi::SQLITE_BUSY), ErrorKind::InUse);
        assert_eq!(failed(ffi::SQLITE_CANTOPEN), ErrorKind::NotFound);
        assert_eq!(failed(ffi::SQLITE_CONSTRAINT_UNIQUE), ErrorKind::Bug);
    }

    #[test]
    fn sqlites_own_words_do_not_reach_an_error() {
        let error =
            rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CONSTRAINT), Some("secret text".to_owned()));
        let error = Error::from(error);
        assert!(!format!("{error:?} {error}").contains("secret"));
    }
}
