//! The same ledger under another key: written beside the one that counts, so that a crash leaves one of the two whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use super::DatabaseKey;
use super::database::{check_key, connect, create_private, may_move_its_log, pages_that_do_not_open};
use crate::disk::kind_of;
use crate::error::{Error, ErrorKind, Result};

/// Writes the database at `path`, which nobody has open, to `copy` under `new`; it is whole and on the disk afterwards. Takes
/// as long as reading and writing all of it does, and as much room again.
///
/// # Errors
/// [`ErrorKind::WrongKey`] when `old` does not open it; [`ErrorKind::DatabaseDamaged`] when a page of the copy does not open;
/// [`ErrorKind::StorageFull`]. The database itself stays as it was.
pub fn copy_under_new_key(path: &Path, copy: &Path, old: &DatabaseKey, new: &DatabaseKey) -> Result<()> {
    take_in_log(path, old)?;
    if let Err(error) = fs::remove_file(copy)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(disk(error));
    }
    create_private(copy)?;
    let mut to = OpenOptions::new().write(true).open(copy).map_err(disk)?;
    io::copy(&mut File::open(path).map_err(disk)?, &mut to).map_err(disk)?;
    drop(to);
    let connection = connect(copy, old, false)?;
    may_move_its_log(&connection)?;
    connection.execute_batch(&new.rekey_pragma())?;
    drop(connection);
    let connection = connect(copy, new, false)?;
    may_move_its_log(&connection)?;
    check_key(&connection, copy)?;
    if pages_that_do_not_open(&connection)? > 0 {
        return Err(Error::new(ErrorKind::DatabaseDamaged, "database under its new key is not whole"));
    }
    drop(connection);
    File::open(copy).and_then(|file| file.sync_all()).map_err(disk)
}

/// What stands in the log only is moved into the file, and the log goes.
fn take_in_log(path: &Path, key: &DatabaseKey) -> Result<()> {
    let connection = connect(path, key, false)?;
    check_key(&connection, path)?;
    may_move_its_log(&connection)?;
    let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0))?;
    if mode == "delete" { Ok(()) } else { Err(Error::new(ErrorKind::InUse, "database is open elsewhere")) }
}

fn disk(error: io::Error) -> Error {
    Error::new(kind_of(&error), "database cannot be written under a new key").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::testing::{at, bob, chat, create_alice, text};

    #[tokio::test]
    async fn the_copy_holds_the_same_and_opens_with_the_new_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("onionskin.db"), folder.path().join("onionskin.db.next"));
        let (old, new) = (DatabaseKey::random(), DatabaseKey::random());
        let store = Store::create(&path, &old).await.unwrap();
        let write = store.write("letters", |tx| {
            create_alice(tx)?;
            tx.ensure_contact(&bob(), at(1))?;
            (1..=500).for_each(|number| _ = text(tx, bob(), bob(), number, "a letter of some length"));
            Ok(())
        });
        write.await.unwrap();
        store.close().await.unwrap();
        copy_under_new_key(&path, &copy, &old, &new).unwrap();
        assert_eq!(Store::open(&copy, &old).await.unwrap_err().kind(), ErrorKind::WrongKey);
        let again = Store::open(&copy, &new).await.unwrap();
        let unread = again.read(|tx| tx.conversation(&chat(bob()))).await.unwrap().unwrap().unread;
        assert_eq!(unread, 500);
        let found = again.read(|tx| tx.search("letter", None, None, 10)).await.unwrap();
        assert_eq!(found.len(), 10, "the word index came along");
        assert!(Store::open(&path, &old).await.is_ok(), "and the old one is as it was");
    }
}
