//! Real files, damaged: every reason has a name, nothing is destroyed, and what can be read comes back.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::clock::SystemClock;
use crate::message::Draft;
use crate::store::vault::TestVault;
use crate::store::{ConversationId, SalvageWatch};

async fn accounts(folder: &Path) -> Accounts {
    open(folder).await.unwrap()
}

async fn open(folder: &Path) -> Result<Accounts> {
    Accounts::open(Config {
        data_dir: folder.join("data"),
        cache_dir: folder.join("cache"),
        key_vault: Arc::new(TestVault::new([7; 32])),
        network: Network::testnet(),
        clock: SystemClock::shared(),
    })
    .await
}

/// Ana with thirty notes to herself, closed.
async fn ana(folder: &Path) -> (AccountId, AccountFolder) {
    let here = accounts(folder).await;
    let client = here.create("Ana").await.unwrap();
    let me = client.account_id();
    let notes = client.conversation(&ConversationId::Account(me));
    for number in 0..30 {
        notes.send(Draft::text(format!("note {number}"))).await.unwrap();
    }
    here.close().await.unwrap();
    let place = here.inner.folders.list().unwrap().remove(0);
    (me, place)
}

async fn notes(accounts: &Accounts, me: &AccountId) -> usize {
    let client = accounts.open_account(me).await.unwrap();
    let rows = client.conversation(&ConversationId::Account(*me)).messages(crate::store::Before::Latest, 100).await;
    let count = rows.unwrap().len();
    client.close().await.unwrap();
    count
}

#[tokio::test]
async fn every_reason_has_a_kind_of_its_own_and_the_account_keeps_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (me, place) = ana(folder.path()).await;
    let (path, away) = (place.database_path(), folder.path().join("away"));
    let whole = fs::read(&path).unwrap();
    let other = tempfile::tempdir().unwrap();
    let foreign = fs::read(ana(other.path()).await.1.database_path()).unwrap();
    let plain = folder.path().join("plain.db");
    rusqlite::Connection::open(&plain).unwrap().execute_batch("CREATE TABLE t (a); CREATE TABLE u (a);").unwrap();
    let damages: [(ErrorKind, Vec<u8>); 7] = [
        (ErrorKind::DatabaseDamaged, [&[0x55; 64], &whole[64..]].concat()),
        (ErrorKind::DatabaseDamaged, [&[0x55; 16], &whole[16..]].concat()),
        (ErrorKind::DatabaseDamaged, whole[..whole.len() / 2].to_vec()),
        (ErrorKind::DatabaseEmpty, Vec::new()),
        (ErrorKind::DatabaseForeign, foreign),
        (ErrorKind::DatabaseForeign, fs::read(plain).unwrap()),
        (ErrorKind::DatabaseForeign, vec![0x55; 8192]),
    ];
    for (kind, bytes) in damages {
        fs::write(&path, &bytes).unwrap();
        let here = accounts(folder.path()).await;
        let told = here.troubled().await.unwrap();
        let found: Vec<_> = told.iter().map(|one| (one.kind, one.account, one.display_name.as_str())).collect();
        assert_eq!(found, [(kind, Some(me), "Ana")], "{} bytes", bytes.len());
        assert_eq!(told[0].rescuable, kind == ErrorKind::DatabaseDamaged);
        assert_eq!(here.list().await.unwrap_err().kind(), kind);
        assert_eq!(here.open_account(&me).await.unwrap_err().kind(), kind);
        assert_eq!(fs::read(&path).unwrap(), bytes, "nothing of it was changed");
        fs::remove_file(&path).unwrap();
        assert_eq!(here.troubled().await.unwrap()[0].kind, ErrorKind::DatabaseMissing);
    }
    fs::write(&path, &whole).unwrap();
    let here = accounts(folder.path()).await;
    let held = place.lock().unwrap();
    assert_eq!(here.troubled().await.unwrap()[0].kind, ErrorKind::InUse);
    drop(held);
    fs::rename(place.path().join("key"), &away).unwrap();
    assert_eq!(here.troubled().await.unwrap()[0].kind, ErrorKind::KeyMissing);
    fs::rename(&away, place.path().join("key")).unwrap();
    assert_eq!(notes(&here, &me).await, 30, "and back in its place it opens");
}

#[tokio::test]
async fn a_young_account_whose_log_alone_is_left_is_rescued_with_all_it_holds() {
    for damage in [0, 4096] {
        let folder = tempfile::tempdir().unwrap();
        let here = accounts(folder.path()).await;
        let client = here.create("Ana").await.unwrap();
        let me = client.account_id();
        let place = here.inner.folders.list().unwrap().remove(0);
        client.conversation(&ConversationId::Account(me)).send(Draft::text("a note")).await.unwrap();
        let files = ["onionskin.db", "onionskin.db-wal"].map(|name| place.path().join(name));
        let log = fs::read(&files[1]).unwrap();
        here.close().await.unwrap();
        // As the power fails: nobody moved the log, and of the file nothing reached the disk.
        fs::write(&files[0], vec![0; damage]).unwrap();
        fs::write(&files[1], log).unwrap();
        let here = accounts(folder.path()).await;
        let told = here.troubled().await.unwrap();
        assert_eq!((told.len(), told[0].rescuable, told[0].account), (1, true, Some(me)), "{damage}: {told:?}");
        let rescued = here.salvage(&told[0].name, Arc::default()).await.unwrap();
        assert_eq!((rescued.account, rescued.found.letters.read, rescued.found.letters.lost), (me, 1, 0), "{damage}");
        assert_eq!(notes(&here, &me).await, 1, "{damage}");
    }
}

#[tokio::test]
async fn a_log_of_garbage_or_a_damaged_page_inside_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (me, place) = ana(folder.path()).await;
    fs::write(place.path().join("onionskin.db-wal"), vec![0x55; 40_000]).unwrap();
    let here = accounts(folder.path()).await;
    assert_eq!(notes(&here, &me).await, 30);
    here.open_account(&me).await.unwrap();
    assert!(here.examine(&me).await.unwrap().is_none(), "every page opens");
    here.close().await.unwrap();
    let mut bytes = fs::read(place.database_path()).unwrap();
    // The last page: an index, or letters.
    let last = bytes.len() - 100;
    bytes[last] ^= 1;
    fs::write(place.database_path(), &bytes).unwrap();
    let here = accounts(folder.path()).await;
    let client = here.open_account(&me).await.unwrap();
    let found = here.examine(&me).await.unwrap().unwrap();
    assert_eq!((found.kind, found.account, found.rescuable), (ErrorKind::DatabaseDamaged, Some(me), true));
    assert_eq!(
        here.salvage(&found.name, Arc::default()).await.unwrap_err().kind(),
        ErrorKind::NotAllowed,
        "it is open"
    );
    client.close().await.unwrap();
    let rescued = here.salvage(&found.name, Arc::default()).await.unwrap();
    assert!(rescued.found.letters.read > 0 && rescued.found.damaged_pages == 1);
    here.open_account(&me).await.unwrap();
    assert!(here.examine(&me).await.unwrap().is_none());
}

#[tokio::test]
async fn too_long_a_path_is_said_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join(vec!["x".repeat(200); 3].join("/"));
    assert_eq!(open(&long).await.unwrap_err().kind(), ErrorKind::PathTooLong);
    assert!(!folder.path().join("x".repeat(200)).exists());
    let name_too_long = folder.path().join("x".repeat(300));
    assert_eq!(open(&name_too_long).await.unwrap_err().kind(), ErrorKind::PathTooLong);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (me, place) = ana(folder.path()).await;
    let close = |mode| fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
    let here = accounts(folder.path()).await;
    fs::remove_file(place.path().join("lock")).unwrap();
    close(0o500);
    // Whoever may everything writes there all the same.
    if fs::write(place.path().join("try"), b"").is_err() {
        assert_eq!(here.list().await.unwrap_err().kind(), ErrorKind::ReadOnly);
        assert_eq!(here.open_account(&me).await.unwrap_err().kind(), ErrorKind::ReadOnly);
    }
    close(0o700);
    assert_eq!(notes(&here, &me).await, 30);
}

#[tokio::test]
async fn a_damaged_account_is_rescued_into_a_folder_of_its_own_and_the_old_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (me, place) = ana(folder.path()).await;
    let mut bytes = fs::read(place.database_path()).unwrap();
    bytes[..64].fill(0x55);
    fs::write(place.database_path(), &bytes).unwrap();
    let here = accounts(folder.path()).await;
    let told = here.troubled().await.unwrap();
    let watch = Arc::new(SalvageWatch::default());
    let rescued = here.salvage(&told[0].name, watch.clone()).await.unwrap();
    assert_eq!((rescued.account, rescued.found.letters.read, rescued.found.letters.lost), (me, 30, 0));
    assert_eq!(watch.progress().borrow().per_mille, 1_000);
    assert_eq!(notes(&here, &me).await, 30);
    assert_eq!(fs::read(place.database_path()).unwrap(), bytes);
    let again = accounts(folder.path()).await;
    assert_eq!(again.list().await.unwrap().len(), 1);
    let told = again.troubled().await.unwrap();
    assert_eq!(told.iter().map(|one| (one.set_aside, one.account)).collect::<Vec<_>>(), [(true, Some(me))]);
    let twice = again.salvage(&told[0].name, Arc::default()).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::NotFound, "it was set aside");
    again.put_back(&told[0].name).await.unwrap();
    let twice = again.salvage(&told[0].name, Arc::default()).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::NotAllowed, "the account is here already");
    again.set_aside(&told[0].name).await.unwrap();
    again.renew_keys().await.unwrap();
    again.remove_troubled(&told[0].name).await.unwrap();
    assert_eq!(again.troubled().await.unwrap(), []);
    assert_eq!(notes(&again, &me).await, 30);
}

#[tokio::test]
async fn a_rescue_that_is_stopped_or_finds_nothing_leaves_all_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (me, place) = ana(folder.path()).await;
    let whole = fs::read(place.database_path()).unwrap();
    fs::write(place.database_path(), [&[0x55; 64], &whole[64..]].concat()).unwrap();
    let here = accounts(folder.path()).await;
    let watch = Arc::new(SalvageWatch::default());
    watch.stop();
    assert_eq!(here.salvage(place.name(), watch).await.unwrap_err().kind(), ErrorKind::NotAllowed);
    fs::remove_file(place.path().join("imprint")).unwrap();
    let without_salt = here.salvage(place.name(), Arc::default()).await.unwrap_err();
    assert_eq!(without_salt.kind(), ErrorKind::NothingReadable);
    assert_eq!(here.inner.folders.list().unwrap().len(), 1, "no folder is left behind");
    let told = here.troubled().await.unwrap();
    assert_eq!((told[0].kind, told[0].account), (ErrorKind::DatabaseDamaged, None));
    fs::write(place.database_path(), &whole).unwrap();
    assert_eq!(notes(&here, &me).await, 30);
    assert!(place.path().join("imprint").exists(), "the next opening keeps it again");
}

/// What becomes of a rescue that is cut short at any moment: one of the two folders counts.
#[tokio::test]
async fn a_rescue_cut_short_leaves_the_old_account_or_the_new_one() {
    for steps in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let (me, old) = ana(folder.path()).await;
        let here = accounts(folder.path()).await;
        let new = here.inner.folders.create().unwrap();
        new.begin_rescue(old.name()).unwrap();
        if steps >= 1 {
            // The same account, whole, as a rescue leaves it.
            for name in ["onionskin.db", "imprint"] {
                fs::copy(old.path().join(name), new.path().join(name)).unwrap();
            }
            let key = old.unwrap_key(&*here.vault()).await.unwrap();
            new.wrap_key(&*here.vault(), &key).await.unwrap();
        }
        if steps >= 2 {
            new.is_rescued(old.name()).unwrap();
        }
        if steps >= 3 {
            old.set_aside().unwrap();
        }
        let here = accounts(folder.path()).await;
        assert_eq!(here.list().await.unwrap().len(), 1, "{steps} steps");
        assert_eq!(new.path().exists(), steps >= 2, "{steps} steps");
        assert_eq!(old.is_set_aside(), steps >= 2, "{steps} steps");
        assert!(!new.is_unfinished());
        assert_eq!(notes(&here, &me).await, 30);
    }
}

#[tokio::test]
async fn words_bring_an_account_back_and_its_damaged_files_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (me, place) = ana(folder.path()).await;
    let here = accounts(folder.path()).await;
    let phrase = here.open_account(&me).await.unwrap().recovery_password();
    here.close().await.unwrap();
    let bytes = vec![0x55; 8192];
    fs::write(place.database_path(), &bytes).unwrap();
    assert_eq!(here.restore(&phrase, "").await.unwrap().account_id(), me);
    assert!(place.is_set_aside());
    assert_eq!(fs::read(place.database_path()).unwrap(), bytes);
}
