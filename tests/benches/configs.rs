//! What config messages cost beside their bare work, with 1,000 contacts: an edit and its push, a merge of 100 pushes that
//! all contradict each other, opening a saved document, and what an open one holds in memory.
//!
//! *Bare* is what cannot be left out: for a push the hash, zstd and cipher of the same bytes, called straight from their
//! crates; for a merge opening, expanding, hashing and reading the same messages; for opening, reading the same bytes into
//! values that borrow. Promised: at most ten times.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a benchmark may panic

mod ratio;

use std::hint::black_box;
use std::process::Command;

use blake2::digest::consts::{U24, U32};
use blake2::digest::{KeyInit as _, Mac as _};
use blake2::{Blake2b, Blake2bMac, Digest as _};
use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use onionskin_core::config::{ConfigKeys, Expiry, ExpiryMode, Incoming, Picture, contacts, limits};
use onionskin_core::ledger::{Document, DocumentKind};
use onionskin_core::wire::bencode;
use onionskin_core::{AccountId, AccountKeys, AccountSeed, Timestamp};

const PEOPLE: u32 = 1_000;
const PUSHES: u32 = 100;
/// Open documents in the process whose memory is measured: enough that one page more or less does not count.
const OPEN: usize = 100;
const CHILD: &str = "ONIONSKIN_BENCH_CHILD";
const NOW: Timestamp = Timestamp::from_millis(1_767_000_000_000);

fn main() {
    let keys = ConfigKeys::account(&AccountKeys::from_seed(&AccountSeed::from_bytes([7; 16])));
    let document = confirmed(&keys);
    if let Ok(open) = std::env::var(CHILD) {
        return measure_memory(&document, open.parse().unwrap());
    }
    let text = document.revision().unwrap().0.len();
    println!("{PEOPLE} contacts: {text} bytes of text, {} of dump", document.dump().len());
    edit_and_push(&keys, &document);
    merge(&keys, &document);
    open(&document);
    let empty = memory_of(0);
    let held = (memory_of(OPEN).saturating_sub(empty)) * 1024 / OPEN as u64;
    println!("memory of an open document: ratio {:.2} to its text; {held} bytes (limit 10)", held as f64 / text as f64);
}

/// One contact changes, the document goes out and is confirmed, over and over.
fn edit_and_push(keys: &ConfigKeys, document: &Document) {
    let mut document = document.clone();
    let mut number = 0_u32;
    let ours = || {
        number += 1;
        document.edit(|dict| {
            let person = id(number % PEOPLE);
            contacts::edit(dict, &own(), &person).unwrap().set_nickname(&format!("nickname {number}"));
        });
        let push = document.push(keys).unwrap();
        assert!(document.confirm(push.seqno, vec![format!("hash {number}")]));
        black_box(push);
    };
    let (text, cipher) = (document_text(keys), XChaCha20Poly1305::new(&[7; 32].into()));
    let bare = || {
        black_box(Blake2b::<U32>::digest(&text));
        let compressed = zstd::bulk::compress(&text, 1).unwrap();
        let nonce = <Blake2bMac<U24> as blake2::digest::KeyInit>::new_from_slice(&[7; 32]).unwrap();
        let nonce = nonce.chain_update(&compressed).finalize().into_bytes();
        black_box(cipher.encrypt(XNonce::from_slice(&nonce), &compressed[..]).unwrap());
    };
    ratio::compare("edit one contact and push", 100, Some(10.0), ours, bare);
}

/// A hundred devices changed one contact each and pushed at the same moment; one device reads them all.
fn merge(keys: &ConfigKeys, document: &Document) {
    let pushes: Vec<Vec<Vec<u8>>> = (0..PUSHES)
        .map(|number| {
            let mut device = document.clone();
            device.edit(|dict| {
                let person = id(number * 7 % PEOPLE);
                contacts::edit(dict, &own(), &person).unwrap().set_nickname(&format!("of device {number}"));
            });
            device.push(keys).unwrap().messages
        })
        .collect();
    let messages: Vec<(String, &[u8])> = pushes
        .iter()
        .flatten()
        .enumerate()
        .map(|(number, message)| (format!("hash {number}"), message.as_slice()))
        .collect();
    let incoming: Vec<Incoming<'_>> = messages.iter().map(|(hash, data)| Incoming { hash, data }).collect();
    let ours = || {
        let mut device = document.clone();
        let merged = device.merge(keys, &incoming, NOW);
        assert!(merged.changed && merged.refused.is_empty(), "{merged:?}");
        black_box(device);
    };
    // The same texts, compressed and closed once more by the bare crates: what a reader opens.
    let cipher = XChaCha20Poly1305::new(&[7; 32].into());
    let nonce = XNonce::from_slice(&[7; 24]);
    let closed: Vec<Vec<u8>> = (0..PUSHES)
        .map(|number| {
            let mut device = document.clone();
            device.edit(|dict| {
                contacts::edit(dict, &own(), &id(number)).unwrap().set_nickname("somebody");
            });
            device.push(keys).unwrap();
            let compressed = zstd::bulk::compress(device.revision().unwrap().0, 1).unwrap();
            cipher.encrypt(nonce, &compressed[..]).unwrap()
        })
        .collect();
    let bare = || {
        for closed in &closed {
            let compressed = cipher.decrypt(nonce, &closed[..]).unwrap();
            let text = zstd::bulk::decompress(&compressed, limits::MAX_DOCUMENT_BYTES).unwrap();
            black_box(Blake2b::<U32>::digest(&text));
            black_box(bencode::decode_within(&text, &limits::MESSAGE).unwrap());
        }
    };
    ratio::compare("merge 100 conflicting pushes", 10, Some(10.0), ours, bare);
}

fn open(document: &Document) {
    let dump = document.dump();
    let ours = || {
        black_box(Document::restore(DocumentKind::Contacts, &dump).unwrap());
    };
    let bare = || {
        let dump = bencode::decode_within(&dump, &limits::DUMP).unwrap();
        let text = dump.get(b"$").unwrap().as_bytes().unwrap();
        black_box(Blake2b::<U32>::digest(text));
        black_box(bencode::decode_within(text, &limits::MESSAGE).unwrap());
    };
    ratio::compare("open", 100, Some(10.0), ours, bare);
}

/// The child: holds so many open documents and says how many kilobytes it has.
fn measure_memory(document: &Document, open: usize) {
    let dump = document.dump();
    let documents: Vec<Document> =
        (0..open).map(|_| Document::restore(DocumentKind::Contacts, &dump).unwrap()).collect();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    println!("{}", resident.trim().trim_end_matches("kB").trim());
    black_box(documents);
}

/// Kilobytes that a process holds with so many documents open.
fn memory_of(open: usize) -> u64 {
    let child = Command::new(std::env::current_exe().unwrap()).env(CHILD, open.to_string()).output().unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    String::from_utf8(child.stdout).unwrap().trim().parse().unwrap()
}

/// Contacts as people have them, pushed and confirmed.
fn confirmed(keys: &ConfigKeys) -> Document {
    let mut document = Document::new(DocumentKind::Contacts);
    document.edit(|dict| {
        for number in 0..PEOPLE {
            let mut contact = contacts::edit(dict, &own(), &id(number)).unwrap();
            contact.set_name(&format!("Person number {number}")).set_approved(true).set_approved_me(true);
            contact.set_created(Some(1_700_000_000 + u64::from(number))).set_profile_updated(1_760_000_000);
            if number % 3 == 0 {
                let url = format!("http://filev2.getsession.org/file/{number}");
                contact.set_picture(Picture::new(&url, &scattered(!number)).as_ref());
            }
            if number % 10 == 0 {
                contact.set_nickname(&format!("Nick {number}"));
                contact.set_expiry(Some(Expiry { mode: ExpiryMode::AfterSend, seconds: 86_400 }));
            }
        }
    });
    let push = document.push(keys).unwrap();
    assert!(document.confirm(push.seqno, vec!["first".into()]));
    document
}

fn document_text(keys: &ConfigKeys) -> Vec<u8> {
    confirmed(keys).revision().unwrap().0.to_vec()
}

fn own() -> AccountId {
    AccountId::from_x25519([0x77; 32])
}

fn id(number: u32) -> AccountId {
    AccountId::from_x25519(scattered(number))
}

/// Bytes that do not compress, as keys do not.
fn scattered(number: u32) -> [u8; 32] {
    Blake2b::<U32>::digest(number.to_le_bytes()).into()
}
