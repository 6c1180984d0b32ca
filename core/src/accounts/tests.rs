//! Making, listing, opening, restoring and removing accounts; and that nothing is destroyed because something is missing.

use super::*;
use crate::clock::SystemClock;
use crate::error::Hint;
use crate::store::vault::TestVault;

const BLANK: &str = "abbey abbey abbey abbey abbey abbey abbey abbey abbey abbey abbey abbey abbey";

async fn accounts(folder: &std::path::Path, key: u8) -> Accounts {
    let config = Config {
        data_dir: folder.join("data"),
        cache_dir: folder.join("cache"),
        key_vault: Arc::new(TestVault::new([key; 32])),
        network: Network::testnet(),
        clock: SystemClock::shared(),
    };
    Accounts::open(config).await.unwrap()
}

async fn names(accounts: &Accounts) -> Vec<(String, bool)> {
    let mut names: Vec<_> =
        accounts.list().await.unwrap().into_iter().map(|row| (row.display_name, row.open)).collect();
    names.sort();
    names
}

#[tokio::test]
async fn accounts_are_made_listed_closed_opened_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path(), 7).await;
    let (ana, ben) = (accounts.create("  Ana ").await.unwrap(), accounts.create("Ben").await.unwrap());
    assert_eq!(names(&accounts).await, [("Ana".to_owned(), true), ("Ben".to_owned(), true)]);
    ana.close().await.unwrap();
    assert_eq!(ana.display_name().await.unwrap_err().kind(), ErrorKind::NotAllowed);
    assert_eq!(names(&accounts).await, [("Ana".to_owned(), false), ("Ben".to_owned(), true)]);
    let again = accounts.open_account(&ana.account_id()).await.unwrap();
    again.set_display_name("Anna").await.unwrap();
    assert_eq!(again.account_id(), ana.account_id());
    accounts.remove(&ben.account_id()).await.unwrap();
    assert!(ben.is_closed());
    assert_eq!(names(&accounts).await, [("Anna".to_owned(), true)]);
    let gone = accounts.open_account(&ben.account_id()).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    accounts.close().await.unwrap();
}

#[tokio::test]
async fn both_phrases_restore_the_same_account_on_another_device() {
    let (phone, laptop) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ana = accounts(phone.path(), 7).await.create("Ana").await.unwrap();
    let laptop = accounts(laptop.path(), 8).await;
    for phrase in [ana.recovery_password(), ana.bip39_phrase().unwrap()] {
        assert_eq!(laptop.preview(&phrase).unwrap(), ana.account_id());
        let restored = laptop.restore(&phrase, "Ana").await.unwrap();
        assert_eq!(restored.account_id(), ana.account_id());
        let twice = laptop.restore(&phrase, "Ana").await.unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::NotAllowed, "it is there already");
        laptop.remove(&ana.account_id()).await.unwrap();
    }
}

#[tokio::test]
async fn a_wrong_phrase_or_name_makes_no_account() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path(), 7).await;
    let unknown = accounts.restore("one two three", "Ana").await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::WrongRecoveryPassword);
    assert!(matches!(unknown.hint(), Some(Hint::Length { found: 3, .. })));
    assert_eq!(accounts.create(" ").await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(accounts.restore(BLANK, &"x".repeat(101)).await.unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(accounts.list().await.unwrap(), []);
}

#[tokio::test]
async fn another_process_finds_the_account_taken_and_a_wrong_vault_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = accounts(folder.path(), 7).await;
    let ana = first.create("Ana").await.unwrap();
    let second = accounts(folder.path(), 7).await;
    assert_eq!(second.list().await.unwrap_err().kind(), ErrorKind::InUse);
    ana.close().await.unwrap();
    assert_eq!(second.list().await.unwrap().len(), 1);
    let wrong = accounts(folder.path(), 9).await;
    assert_eq!(wrong.list().await.unwrap_err().kind(), ErrorKind::WrongKey);
}

#[tokio::test]
async fn a_damaged_folder_or_a_lost_key_stops_nobody_from_listing_or_restoring() {
    let folder = tempfile::tempdir().unwrap();
    let here = accounts(folder.path(), 7).await;
    let ana = here.create("Ana").await.unwrap();
    let phrase = ana.recovery_password();
    here.close().await.unwrap();
    let damaged = here.inner.folders.list().unwrap().remove(0);
    std::fs::write(damaged.database_path(), [0x55; 8_192]).unwrap();
    let here = accounts(folder.path(), 7).await;
    assert!(here.list().await.is_err(), "none opens");
    assert!(here.open_account(&ana.account_id()).await.unwrap_err().kind() != ErrorKind::NotFound);
    let restored = here.restore(&phrase, "Ana").await.unwrap();
    assert_eq!(names(&here).await, [("Ana".to_owned(), true)], "and it is listed beside the damaged one");

    let other = accounts(folder.path(), 7).await;
    let taken = other.restore(BLANK, "Ben").await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::InUse, "it may be the one that is open elsewhere");
    restored.close().await.unwrap();
    other.remove(&ana.account_id()).await.unwrap();
    assert!(damaged.path().exists(), "what does not open is left alone");
}

#[tokio::test]
async fn a_folder_whose_making_was_cut_short_goes_and_one_with_a_database_stays() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path(), 7).await;
    let make = || accounts.inner.folders.create().unwrap();
    let (unfinished, keyless, empty) = (make(), make(), make());
    unfinished.begin().unwrap();
    unfinished.wrap_key(&*accounts.vault(), &DatabaseKey::random()).await.unwrap();
    std::fs::write(keyless.database_path(), b"something").unwrap();
    assert_eq!(accounts.list().await.unwrap(), []);
    assert!(!unfinished.path().exists());
    assert!(keyless.path().exists() && empty.path().exists(), "no note says that they were never finished");
    let told = accounts.troubled().await.unwrap();
    let expected = (*keyless.name(), keyless.path(), ErrorKind::KeyMissing);
    assert_eq!(told.iter().map(|one| (one.name, &*one.path, one.kind)).collect::<Vec<_>>(), [expected]);
}

/// What became of an account when its making was cut short at any moment.
#[tokio::test]
async fn an_account_is_there_whole_or_not_at_all_however_far_its_making_came() {
    for steps in 0..=4 {
        let folder = tempfile::tempdir().unwrap();
        let here = accounts(folder.path(), 7).await;
        let place = here.inner.folders.create().unwrap();
        place.begin().unwrap();
        let key = DatabaseKey::random();
        if steps >= 1 {
            place.wrap_key(&*here.vault(), &key).await.unwrap();
        }
        if steps >= 2 {
            std::fs::write(place.database_path(), b"").unwrap();
        }
        if steps >= 3 {
            let store = Store::create(&place.database_path(), &key).await.unwrap();
            let founding = Founding { seed: AccountSeed::random(), name: "Ana".to_owned(), restored: false };
            if steps == 4 {
                founding.write(&store, here.inner.clock.now()).await.unwrap();
            }
            store.close().await.unwrap();
        }
        assert_eq!(here.list().await.unwrap().len(), usize::from(steps == 4), "{steps} steps");
        assert_eq!(place.path().exists(), steps == 4, "{steps} steps");
        assert!(!place.is_unfinished());
        assert_eq!(here.troubled().await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_removal_that_was_cut_short_is_finished_once_the_key_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (_, place) = account_of_ana(folder.path()).await;
    place.begin().unwrap();
    let here = accounts(folder.path(), 7).await;
    assert_eq!(names(&here).await, [("Ana".to_owned(), false)], "before that the account is whole");
    place.begin().unwrap();
    std::fs::remove_file(place.path().join("key")).unwrap();
    assert_eq!((here.list().await.unwrap(), here.troubled().await.unwrap()), (vec![], vec![]));
    assert!(!place.path().exists());
}

async fn account_of_ana(folder: &std::path::Path) -> (AccountId, AccountFolder) {
    let here = accounts(folder, 7).await;
    let ana = here.create("Ana").await.unwrap();
    here.close().await.unwrap();
    let place = here.inner.folders.list().unwrap().remove(0);
    assert!(!place.is_unfinished());
    (ana.account_id(), place)
}

#[tokio::test]
async fn an_account_whose_database_is_away_for_a_moment_is_there_when_it_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (ana, place) = account_of_ana(folder.path()).await;
    let away = folder.path().join("away");
    std::fs::rename(place.database_path(), &away).unwrap();
    let here = accounts(folder.path(), 7).await;
    assert_eq!(here.list().await.unwrap_err().kind(), ErrorKind::DatabaseMissing, "not a device without accounts");
    assert_eq!(here.troubled().await.unwrap().len(), 1);
    let ben = here.create("Ben").await.unwrap();
    ben.close().await.unwrap();
    assert_eq!(names(&here).await, [("Ben".to_owned(), false)], "others are made and opened meanwhile");
    std::fs::rename(&away, place.database_path()).unwrap();
    assert!(here.open_account(&ana).await.is_ok());
    assert_eq!(here.troubled().await.unwrap(), []);
}

#[tokio::test]
async fn an_empty_ledger_or_one_without_a_profile_is_set_aside_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (ana, place) = account_of_ana(folder.path()).await;
    let record = place.key_record().unwrap();
    std::fs::write(place.database_path(), b"").unwrap();
    let here = accounts(folder.path(), 7).await;
    assert_eq!(here.list().await.unwrap_err().kind(), ErrorKind::DatabaseEmpty);
    assert_eq!(here.open_account(&ana).await.unwrap_err().kind(), ErrorKind::DatabaseEmpty);
    assert_eq!(place.key_record().unwrap(), record, "its key is as it was");

    // What an earlier version left half made says nowhere that it was never finished.
    let half = here.inner.folders.create().unwrap();
    let key = DatabaseKey::random();
    half.wrap_key(&*here.vault(), &key).await.unwrap();
    Store::create(&half.database_path(), &key).await.unwrap().close().await.unwrap();
    assert_eq!(here.troubled().await.unwrap().len(), 2);
    assert!(half.is_complete());
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_does_not_answer_destroys_no_account() {
    let folder = tempfile::tempdir().unwrap();
    let (ana, place) = account_of_ana(folder.path()).await;
    let away = folder.path().join("away");
    std::fs::rename(place.database_path(), &away).unwrap();
    // Whoever looks at it gets an error that is not "not found": too many links.
    std::os::unix::fs::symlink(place.database_path(), place.database_path()).unwrap();
    let here = accounts(folder.path(), 7).await;
    assert!(here.list().await.is_err());
    assert_eq!(here.troubled().await.unwrap().len(), 1);
    std::fs::remove_file(place.database_path()).unwrap();
    std::fs::rename(&away, place.database_path()).unwrap();
    assert!(here.open_account(&ana).await.is_ok());
}

#[tokio::test]
async fn an_account_that_was_restored_beside_its_damaged_folder_is_listed_once() {
    let folder = tempfile::tempdir().unwrap();
    let here = accounts(folder.path(), 7).await;
    let ana = here.create("Ana").await.unwrap();
    let phrase = ana.recovery_password();
    here.close().await.unwrap();
    let place = here.inner.folders.list().unwrap().remove(0);
    let away = folder.path().join("away");
    std::fs::rename(place.database_path(), &away).unwrap();
    here.restore(&phrase, "Ana").await.unwrap();
    std::fs::rename(&away, place.database_path()).unwrap();
    assert_eq!(here.list().await.unwrap().len(), 1);
    let told = here.troubled().await.unwrap();
    assert_eq!(
        told.iter().map(|one| (one.set_aside, one.account)).collect::<Vec<_>>(),
        [(true, Some(ana.account_id()))]
    );
    here.close().await.unwrap();
    here.put_back(&told[0].name).await.unwrap();
    assert_eq!(here.list().await.unwrap().len(), 1, "put back, it is the same account a second time");
    let told = here.troubled().await.unwrap();
    let told: Vec<_> = told.iter().map(|one| (one.kind, one.twice, one.set_aside)).collect();
    assert_eq!(told, [(ErrorKind::NotAllowed, true, false)]);
}

#[tokio::test]
async fn nothing_in_plain_sight_links_or_names_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path(), 7).await;
    let ids: Vec<_> =
        [accounts.create("Annabelle One").await.unwrap(), accounts.create("Annabelle Two").await.unwrap()]
            .iter()
            .map(|client| client.account_id().to_string())
            .collect();
    accounts.close().await.unwrap();
    let mut waiting = vec![folder.path().to_owned()];
    while let Some(path) = waiting.pop() {
        for id in &ids {
            assert!(!path.to_string_lossy().contains(&id[2..]));
        }
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for needle in ids.iter().map(|id| id.as_bytes()).chain([b"Annabelle".as_slice()]) {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{path:?}");
        }
    }
}
