//! Damage of every kind of page, in real files: nothing panics, nothing of the damaged file changes, and what is lost is told.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::address::Namespace;
use crate::store::testing::*;
use crate::store::{Before, DumpRow, Store};

/// A ledger with letters of two people, closed, and what was kept beside its key.
struct Harmed {
    folder: tempfile::TempDir,
    imprint: Imprint,
    whole: Vec<u8>,
}

impl Harmed {
    async fn new(letters: u64) -> Self {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("letters", move |tx| {
            for number in 1..=letters {
                let with = if number % 3 == 0 { carol() } else { bob() };
                tx.ensure_contact(&with, at(1))?;
                let sender = if number % 5 == 0 { alice() } else { with };
                let id = text(tx, with, sender, number, &format!("letter {number} {}", "of some length ".repeat(9)));
                if sender == alice() {
                    tx.insert_errand(&intention(with, id))?;
                }
            }
            Ok(())
        });
        write.await.unwrap();
        Self::of(ledger).await
    }

    async fn of(ledger: Ledger) -> Self {
        let imprint = ledger.store.imprint().await.unwrap();
        ledger.store.close().await.unwrap();
        let whole = fs::read(ledger.path()).unwrap();
        Self { folder: ledger.folder, imprint, whole }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("onionskin.db")
    }

    fn fresh(&self) -> PathBuf {
        self.folder.path().join("fresh/onionskin.db")
    }

    /// The first byte of the page where a table begins.
    fn root(&self, table: &str) -> usize {
        let found = self.imprint.shape().objects.iter().find(|object| object.name == table && object.kind == "table");
        (usize::try_from(found.unwrap().root).unwrap() - 1) * PAGE
    }

    /// Damages the file and reads what is left of it.
    fn rescue(&self, damage: impl FnOnce(&mut Vec<u8>), imprint: bool) -> Result<Salvaged> {
        let mut bytes = self.whole.clone();
        damage(&mut bytes);
        fs::write(self.path(), &bytes).unwrap();
        let _ = fs::remove_dir_all(self.fresh().parent().unwrap());
        fs::create_dir(self.fresh().parent().unwrap()).unwrap();
        let rescue = Rescue {
            from: &self.path(),
            key: &key(),
            imprint: imprint.then_some(&self.imprint),
            to: &self.fresh(),
            new_key: &new_key(),
        };
        let salvaged = salvage(&rescue, &SalvageWatch::default());
        assert_eq!(fs::read(self.path()).unwrap(), bytes, "the damaged file stays as it is");
        assert!(!self.folder.path().join("onionskin.db-wal").exists());
        let left: Vec<_> =
            fs::read_dir(self.fresh().parent().unwrap()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == "onionskin.db"), "{left:?}");
        salvaged
    }

    /// The bodies in the fresh ledger, and whether everything in it holds together.
    async fn letters(&self) -> Vec<String> {
        let store = Store::open(&self.fresh(), &new_key()).await.unwrap();
        let letters = store.read(|tx| {
            let broken = tx.rows("PRAGMA foreign_key_check", [], |_| Ok(()))?;
            assert!(broken.is_empty(), "a row names one that is lost");
            let mut bodies = Vec::new();
            for with in [bob(), carol()] {
                if let Some(row) = tx.conversation(&chat(with))? {
                    let page = tx.messages_before(&chat(with), Before::Latest, 10_000)?;
                    let unread = page.iter().filter(|row| !row.outgoing && row.read_at == at(0)).count();
                    assert_eq!(row.unread as usize, unread);
                    bodies.extend(page.into_iter().map(|row| row.body));
                }
            }
            let found = tx.search("length", None, None, 10)?;
            assert_eq!(found.is_empty(), bodies.is_empty(), "what is there is found");
            Ok(bodies)
        });
        let letters = letters.await.unwrap();
        store.close().await.unwrap();
        letters
    }
}

fn new_key() -> DatabaseKey {
    DatabaseKey::from_bytes([0x24; 32])
}

const PAGE: usize = 4096;

#[tokio::test]
async fn a_whole_ledger_comes_over_with_all_it_holds() {
    let harmed = Harmed::new(200).await;
    let salvaged = harmed.rescue(|_| {}, false).unwrap();
    assert_eq!(salvaged.letters, Counted { read: 200, lost: 0, estimated: false });
    assert_eq!((salvaged.people.read, salvaged.conversations.read, salvaged.waiting.read), (3, 2, 40));
    assert_eq!((salvaged.damaged_pages, salvaged.asks_again), (0, false));
    assert_eq!(harmed.letters().await.len(), 200);
}

#[tokio::test]
async fn a_file_whose_first_bytes_are_gone_is_read_with_what_is_kept_beside_its_key() {
    let harmed = Harmed::new(200).await;
    for gone in [16, 64, 4096, 2 * 4096] {
        let salvaged = harmed.rescue(|bytes| bytes[..gone].fill(0x55), true).unwrap();
        assert_eq!(salvaged.letters.read, 200, "{gone} bytes");
        assert_eq!(harmed.letters().await.len(), 200);
        let without = harmed.rescue(|bytes| bytes[..gone].fill(0x55), false).unwrap_err();
        assert_eq!(without.kind(), ErrorKind::NothingReadable, "{gone} bytes and no salt");
    }
    // The salt is in its place, and nothing says where the tables begin.
    let blind = harmed.rescue(|bytes| bytes[100..200].fill(0x55), false).unwrap_err();
    assert_eq!(blind.kind(), ErrorKind::NothingReadable);
}

#[tokio::test]
async fn what_stands_in_the_log_alone_is_read_whatever_became_of_the_file() {
    type Damage = fn(&mut Vec<u8>);
    let ledger = Ledger::new().await;
    let write = ledger.store.write("letters", |tx| {
        (1..=50).for_each(|number| _ = text(tx, bob(), bob(), number, "a letter of some length"));
        Ok(())
    });
    write.await.unwrap();
    // As the power fails: nobody closes it.
    let [whole, log] = ["", "-wal"].map(|more| fs::read(format!("{}{more}", ledger.path().display())).unwrap());
    let harmed = Harmed::of(ledger).await;
    let damages: [(&str, Damage); 4] = [
        ("no byte", Vec::clear),
        ("half a page", |bytes| bytes.truncate(PAGE / 2)),
        ("a foreign first page", |bytes| bytes[..PAGE].fill(0x55)),
        ("nothing but foreign bytes", |bytes| bytes.fill(0x55)),
    ];
    for (what, damage) in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        let from = harmed.folder.path().join("young.db");
        let kept = harmed.folder.path().join("young.db-wal");
        fs::write(&from, &bytes).unwrap();
        fs::write(&kept, &log).unwrap();
        let _ = fs::remove_dir_all(harmed.fresh().parent().unwrap());
        fs::create_dir(harmed.fresh().parent().unwrap()).unwrap();
        let to = harmed.fresh();
        let rescue = Rescue { from: &from, key: &key(), imprint: Some(&harmed.imprint), to: &to, new_key: &new_key() };
        let salvaged = salvage(&rescue, &SalvageWatch::default()).unwrap();
        assert_eq!(salvaged.letters, Counted { read: 50, lost: 0, estimated: false }, "{what}");
        assert_eq!(harmed.letters().await.len(), 50, "{what}");
        assert_eq!((fs::read(&from).unwrap(), fs::read(&kept).unwrap()), (bytes, log.clone()), "{what}");
    }
}

#[tokio::test]
async fn a_file_cut_to_half_gives_its_half() {
    let harmed = Harmed::new(3_000).await;
    for (left, at_least) in [(50, 1_000), (90, 2_400)] {
        let salvaged = harmed.rescue(|bytes| bytes.truncate(bytes.len() * left / 100), true).unwrap();
        let letters = harmed.letters().await;
        assert_eq!(letters.len() as u64, salvaged.letters.read, "{left} per cent");
        assert!(letters.len() >= at_least, "{left} per cent: {salvaged:?}");
    }
}

#[tokio::test]
async fn letters_are_found_page_by_page_when_nothing_leads_to_them() {
    let harmed = Harmed::new(2_000).await;
    for (table, letters) in [("messages", 2_000), ("contacts", 2_000), ("conversations", 2_000)] {
        let salvaged = harmed.rescue(|bytes| bytes[harmed.root(table) + 500] ^= 0xff, true).unwrap();
        assert_eq!(harmed.letters().await.len() as u64, salvaged.letters.read, "{table}");
        assert!(salvaged.letters.read >= letters, "{table}: {salvaged:?}");
        // Whoever is named by a letter or a conversation is there again.
        assert_eq!((salvaged.people.read, salvaged.conversations.read), (3, 2), "{table}");
    }
}

#[tokio::test]
async fn every_page_can_be_damaged_and_the_rest_is_read() {
    let harmed = Harmed::new(300).await;
    let pages = harmed.whole.len() / PAGE;
    let (mut all, mut seedless) = (0, 0);
    for page in 0..pages {
        match harmed.rescue(|bytes| bytes[page * PAGE + 500] ^= 0xff, true) {
            Ok(salvaged) => {
                let letters = harmed.letters().await.len() as u64;
                assert_eq!(letters, salvaged.letters.read, "page {page}");
                assert_eq!(salvaged.damaged_pages, 1);
                all += u64::from(letters == 300);
                assert!(letters + salvaged.letters.lost >= 300, "page {page}: {salvaged:?}");
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::SeedUnreadable, "page {page}: {error:?}");
                seedless += 1;
            }
        }
    }
    assert_eq!(seedless, 1, "the page of the seed");
    assert!(all > pages as u64 / 3, "{all} of {pages} pages cost no letter");
}

#[tokio::test]
async fn notes_and_letters_that_nobody_answered_stay_when_their_conversations_are_lost() {
    let ledger = Ledger::new().await;
    let write = ledger.store.write("letters", |tx| {
        tx.ensure_contact(&carol(), at(1))?;
        (1..=20).for_each(|number| _ = text(tx, alice(), alice(), number, "a note of some length"));
        for number in 21..=30 {
            let id = text(tx, carol(), alice(), number, "a letter of some length");
            tx.insert_errand(&intention(carol(), id))?;
        }
        Ok(())
    });
    write.await.unwrap();
    let harmed = Harmed::of(ledger).await;
    let salvaged = harmed.rescue(|bytes| bytes[harmed.root("conversations") + 500] ^= 0xff, true).unwrap();
    assert_eq!((salvaged.letters.read, salvaged.waiting.read), (30, 10));
    let store = Store::open(&harmed.fresh(), &new_key()).await.unwrap();
    for (with, letters) in [(alice(), 20), (carol(), 10)] {
        let page = store.read(move |tx| tx.messages_before(&chat(with), Before::Latest, 100)).await.unwrap();
        assert_eq!(page.len(), letters);
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_ledger_of_an_earlier_version_is_rescued_whatever_page_of_it_is_damaged() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/store_v4.db");
    let whole = fs::read(fixture).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = ["old.db", "new.db"].map(|name| folder.path().join(name));
    let mut rescued = 0;
    for page in 1..whole.len() / PAGE {
        let mut bytes = whole.clone();
        bytes[page * PAGE + 500] ^= 0xff;
        fs::write(&from, &bytes).unwrap();
        let _ = fs::remove_file(&to);
        let key = DatabaseKey::from_bytes([0x11; 32]);
        let rescue = Rescue { from: &from, key: &key, imprint: None, to: &to, new_key: &new_key() };
        match salvage(&rescue, &SalvageWatch::default()) {
            Ok(_) => rescued += 1,
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::SeedUnreadable | ErrorKind::NothingReadable),
                "page {page}: {error:?}"
            ),
        }
    }
    assert!(rescued > whole.len() / PAGE / 2, "{rescued} pages");
}

#[tokio::test]
async fn what_documents_say_is_asked_for_again_when_rows_that_follow_them_are_lost() {
    let ledger = Ledger::new().await;
    let papers = place(alice(), Namespace::USER_PROFILE);
    let write = ledger.store.write("people", move |tx| {
        for with in [bob(), carol()] {
            tx.ensure_contact(&with, at(1))?;
            text(tx, with, with, 10, "a letter of some length");
        }
        tx.clear_config_edits()?;
        tx.save_dump(&DumpRow { fetched: true, ..DumpRow::empty(papers) })
    });
    write.await.unwrap();
    let harmed = Harmed::of(ledger).await;
    for (table, asks_again, edits) in
        [("dumps", true, true), ("contacts", true, false), ("conversations", true, false), ("settings", false, false)]
    {
        let salvaged = harmed.rescue(|bytes| bytes[harmed.root(table) + 500] ^= 0xff, true).unwrap();
        assert_eq!(salvaged.asks_again, asks_again, "{table}");
        let store = Store::open(&harmed.fresh(), &new_key()).await.unwrap();
        let read = store.read(move |tx| Ok((tx.is_fetched(papers)?, tx.config_edits()?)));
        let (fetched, waiting) = read.await.unwrap();
        assert_eq!(fetched, !asks_again, "{table}");
        for with in [bob(), carol()] {
            assert_eq!(waiting.iter().any(|edit| edit.account == with), edits, "{table}");
        }
        store.close().await.unwrap();
    }
}
