//! Nothing readable leaves the store: not in the database, its log and shared memory, temporary files, logs, or panics.
//!
//! The test runs itself a second time. That process writes secrets in every table, logs at the finest level, panics in the
//! middle of a write, prints its errors and ends without closing. The first process then looks through every byte it left.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use onionskin_core::Error;
use onionskin_core::address::{Namespace, Place, SwarmHash};
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::vault::Cost;
use onionskin_core::crypto::{AccountId, AccountKeys, AccountSeed, bip39_phrase, recovery_password};
use onionskin_core::store::vault::PassphraseVault;
use onionskin_core::store::{
    ConversationId, DatabaseKey, Folders, Hop, Lane, MessageKind, MessageState, NewErrand, NewMessage, NewProfile,
    Parcel, Quota, ReceivedProfile, Role, Sending, Setting, Store, Urgency, What, WriteTx,
};

const INSIDE: &str = "ONIONSKIN_TEST_LEAKS";
const MARK: &str = "marmalade";
const PASSPHRASE: &str = "correct horse battery staple";
const KEY: [u8; 32] = *b"the key of this test's database!";
const SEED: [u8; 16] = *b"sixteen byte see";

#[test]
fn nothing_readable_is_left_on_disk_in_logs_or_in_panics() {
    if let Some(folder) = std::env::var_os(INSIDE) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let _open = runtime.block_on(inside(PathBuf::from(folder)));
        // No destructor: log and shared memory stay as a crash leaves them.
        std::process::exit(0);
    }
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nothing_readable_is_left_on_disk_in_logs_or_in_panics", "--nocapture"])
        .env(INSIDE, folder.path())
        .env("TMPDIR", &temporary)
        .env("SQLITE_TMPDIR", &temporary)
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("a closure that writes to the store panicked"), "errors were printed: {text}");
    assert!(text.contains("on purpose"), "the panic was seen");
    assert!(text.contains("TRACE"), "logs were captured");

    let mut files = Vec::new();
    collect(folder.path(), &mut files);
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    for expected in ["onionskin.db", "onionskin.db-wal", "onionskin.db-shm", "key", "planted"] {
        assert!(names.iter().any(|name| name == expected), "{expected} in {names:?}");
    }
    let mut planted = 0;
    for secret in secrets() {
        for path in &files {
            let found =
                holds(&std::fs::read(path).unwrap(), &secret) || holds(path.to_string_lossy().as_bytes(), &secret);
            if path.file_name().unwrap() == "planted" {
                planted += usize::from(found);
            } else {
                assert!(!found, "{} holds a secret of {} bytes", path.display(), secret.len());
            }
        }
        assert!(!holds(&said, &secret), "output holds a secret: {text}");
    }
    assert_eq!(planted, secrets().len(), "the search finds what is there");
}

/// Everything that must not be seen, as bytes and as people and programs write it.
fn secrets() -> Vec<Vec<u8>> {
    let (alice, bob) = people();
    let seed = AccountSeed::from_bytes(SEED);
    let mut secrets = vec![
        MARK.as_bytes().to_vec(),
        MARK.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        PASSPHRASE.as_bytes().to_vec(),
        recovery_password(&seed).as_bytes().to_vec(),
        bip39_phrase(&seed).unwrap().as_bytes().to_vec(),
        // Shortened ids may stand in logs (`AccountId`'s Debug); half of one already names the account.
        alice.to_string().as_bytes()[..33].to_vec(),
        bob.to_string().as_bytes()[..33].to_vec(),
    ];
    for bytes in [KEY.as_slice(), &SEED, alice.as_bytes(), bob.as_bytes()] {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        secrets.extend([bytes.to_vec(), digits.clone().into_bytes(), digits.to_uppercase().into_bytes()]);
    }
    secrets
}

fn people() -> (AccountId, AccountId) {
    (AccountKeys::from_seed(&AccountSeed::from_bytes(SEED)).account_id(), AccountId::from_x25519([0xb0; 32]))
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|part| part == secret)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

async fn inside(folder: PathBuf) -> Store {
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(std::io::stderr).init();
    tracing::trace!("logs are on");
    std::fs::write(folder.join("planted"), secrets().concat()).unwrap();
    let key = DatabaseKey::from_bytes(KEY);
    let vault = PassphraseVault::new(PASSPHRASE).unwrap().with_cost(Cost { memory_kib: 64, passes: 1, lanes: 1 });
    let account = Folders::new(&folder.join("data")).unwrap().create().unwrap();
    account.wrap_key(&vault, &key).await.unwrap();
    let store = Store::create(&account.database_path(), &key).await.unwrap();
    eprintln!("{key:?} {vault:?} {store:?} {account:?}");
    store.write("secrets", write_secrets).await.unwrap();

    let panics = store.write("panic", |tx| -> onionskin_core::Result<()> {
        tx.set_draft(&ConversationId::Account(people().1), &MARK.repeat(1_000), None)?;
        panic!("on purpose");
    });
    let mut errors: Vec<Error> = vec![panics.await.unwrap_err()];
    errors.push(store.write("second account", write_secrets).await.unwrap_err());
    errors.push(Store::open(&account.database_path(), &DatabaseKey::from_bytes([1; 32])).await.unwrap_err());
    errors.push(account.unwrap_key(&PassphraseVault::new("wrong").unwrap()).await.unwrap_err());
    errors.push(ConversationId::parse(&format!("{MARK} {}", people().1)).unwrap_err());
    for error in &errors {
        eprintln!("{error} / {error:?}");
        tracing::warn!(?error, "expected");
    }

    // Large sorts and searches, which would spill into temporary files.
    let rows = store.read(|tx| {
        let mut shown = 0;
        tx.each_message(|message| {
            shown += format!("{message:?}").len();
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        eprintln!("{:?}", tx.conversations()?);
        eprintln!("{:?} {:?} {:?}", tx.contacts()?, tx.errands()?, tx.unreadable(10)?);
        eprintln!("{:?} {:?}", tx.profile()?, tx.search(MARK, None, None, 5)?);
        Ok(shown)
    });
    assert!(rows.await.unwrap() > 0);
    eprintln!(
        "{:?}",
        store
            .write("remove", |tx| tx.remove_conversation(&ConversationId::Account(people().0), Timestamp::ZERO))
            .await
            .unwrap()
    );
    // After the removal the log was empty; now it is not.
    store
        .write("draft", |tx| tx.set_draft(&ConversationId::Account(people().1), &format!("{MARK} again"), None))
        .await
        .unwrap();
    store
}

fn write_secrets(tx: &mut WriteTx<'_>) -> onionskin_core::Result<()> {
    let (alice, bob) = people();
    let now = Timestamp::from_millis(1_700_000_000_000);
    tx.create_profile(&NewProfile { account: alice, seed: &AccountSeed::from_bytes(SEED), display_name: MARK, now })?;
    let long = format!("{MARK} ").repeat(200);
    for with in [alice, bob] {
        let conversation = ConversationId::Account(with);
        tx.ensure_conversation(&conversation, now)?;
        tx.set_draft(&conversation, MARK, None)?;
        tx.set_nickname(&with, MARK)?;
        let profile = ReceivedProfile { display_name: MARK, picture_url: MARK, picture_key: &KEY, updated_seconds: 1 };
        tx.apply_profile(&with, &profile)?;
        for number in 0..500 {
            let message = tx.insert_message(&NewMessage {
                conversation: &conversation,
                sender: &with,
                outgoing: with == alice,
                kind: MessageKind::Text,
                sent_at: now + Duration::from_millis(number),
                received_at: now,
                body: &long,
                raw: MARK.as_bytes(),
                swarm_hash: MARK,
                read_at: Timestamp::ZERO,
                state: MessageState::Received,
            })?;
            let Some(message) = message else { continue };
            let parcel = Parcel {
                role: Role::Message,
                namespace: Namespace::DIRECT,
                content: long.as_bytes().to_vec(),
                sealed: None,
                ttl: Duration::from_secs(1),
                sent_at: now,
            };
            tx.insert_errand(&NewErrand {
                what: What::Store(parcel),
                message: Some(message),
                address: bob.into(),
                created_at: now,
                deadline: now,
                after: Vec::new(),
                lane: Some(Lane::to(bob)),
                urgency: Urgency::Person,
            })?;
            tx.set_sending(message, &sending(now))?;
        }
    }
    let epoch = tx.cursor_epoch()?;
    let (place, hash) = (Place { owner: alice.into(), namespace: Namespace::DIRECT }, format!("{MARK:A<43}"));
    let hash = SwarmHash::parse(&hash).expect("the mark is of the alphabet of hashes");
    tx.advance_cursor(epoch, place, &KEY, &hash, now)?;
    tx.mark_seen(place, &hash, now)?;
    tx.insert_unreadable(place, MARK, "test", MARK.as_bytes(), now, Quota::Friend)?;
    tx.insert_unreadable(place, "another", "test", &SEED, now, Quota::Friend)?;
    tx.set_setting(&Setting { key: "test", default: String::new() }, &MARK.to_owned())?;
    tx.set_network_state("paths", MARK.as_bytes(), now)
}

fn sending(now: Timestamp) -> Sending {
    Sending {
        accepted: 1,
        asked: 1,
        nodes: vec![MARK.to_owned()],
        hops: vec![Hop { key: MARK.to_owned(), ip: std::net::Ipv4Addr::LOCALHOST }],
        destination: MARK.to_owned(),
        latency: Duration::ZERO,
        attempts: 1,
        finished_at: now,
    }
}
