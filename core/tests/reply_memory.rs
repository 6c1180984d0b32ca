//! One answer of a stranger never takes many times its size in memory. No signature, no key and no place in a swarm is
//! needed to write one: the clear text of a reply is read before anything is decrypted, so every relay can do it, and
//! every member of a swarm and every seed behind it.
//!
//! The steps run one after the other in a process of its own, in which freed memory goes back to the system at once: its
//! highest mark is read after each.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)] // a test may panic

use onionskin_core::address::{Address, Namespace, SwarmHash};
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::{Cipher, Ephemeral, LayerKey};
use onionskin_core::onion::layer::{NodeReply, ReplyKey};
use onionskin_core::onion::{CacheFile, NodeKey, NodeList};
use onionskin_core::swarm::{Expiry, Namespaces, response};

/// What the process holds now, and the most that it ever held, in KiB.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let read = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    (read("VmRSS:"), read("VmHWM:"))
}

/// A twelfth of what is read of a reply.
const BYTES: usize = 1 << 20;

/// `head`, then `filling` as often as it takes, then `tail`.
fn bomb(head: &str, filling: &str, tail: &str) -> String {
    let mut reply = String::with_capacity(BYTES + filling.len() + tail.len());
    reply.push_str(head);
    while reply.len() < BYTES {
        reply.push_str(filling);
    }
    reply + tail
}

/// Fillings that take the most of whoever builds trees: many small values of each kind.
const FILLINGS: [&str; 4] = ["{\"\":0},", "[],", "0,", "\"\","];

/// Runs `read` on `input` and holds that it took at most three times its bytes beside it: four with the input itself.
fn holds(what: &str, input: &[u8], read: impl Fn(&[u8])) {
    // The highest mark falls to what is held now where the system allows it; otherwise only higher peaks are seen.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (before, peak_before) = memory();
    read(input);
    let (_, peak) = memory();
    let taken = if peak > peak_before { peak.saturating_sub(before) } else { 0 };
    let allowed = 3 * u64::try_from(input.len()).unwrap() / 1024;
    println!("{what}: {taken} KiB beside {} KiB", input.len() / 1024);
    assert!(taken <= allowed, "{what}: {taken} KiB beside a reply of {} KiB", input.len() / 1024);
}

#[test]
fn a_reply_takes_no_more_than_a_few_times_its_size() {
    if std::env::var_os(INSIDE).is_some() {
        return every_reply();
    }
    let mut process = std::process::Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "a_reply_takes_no_more_than_a_few_times_its_size", "--nocapture"]);
    // Large pieces are mapped and unmapped one by one, and what lies on top of the heap is given back.
    process.env("MALLOC_MMAP_THRESHOLD_", "65536").env("MALLOC_TRIM_THRESHOLD_", "65536");
    let ended = process.env(INSIDE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    println!("{said}");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(said.lines().filter(|line| line.contains("KiB beside")).count() > 50, "every step was taken");
}

/// Set in the process in which the steps run.
const INSIDE: &str = "ONIONSKIN_REPLY_MEMORY";

fn every_reply() {
    let destination = Ephemeral::random();
    let (mine, theirs) = (Ephemeral::random(), destination.public());
    let key = ReplyKey::new(Cipher::XChaCha20, &mine, &theirs).unwrap();
    for filling in FILLINGS {
        // In clear text, as the guard or any relay behind it writes it.
        let clear = bomb("{\"result\":[", filling, "0]}");
        holds("clear text", clear.as_bytes(), |input| assert!(key.open_node(input).is_err()));
        // As a seed, a node or a file gives it.
        let list = bomb("{\"result\":{\"service_node_states\":[", filling, "0]}}");
        holds("node list", list.as_bytes(), |input| assert!(NodeList::parse(input).is_none()));
        let file = bomb("{\"strikes\":[", filling, "0]}");
        holds("cache file", file.as_bytes(), |input| {
            let _ = CacheFile::parse(std::str::from_utf8(input).unwrap(), Timestamp::ZERO);
        });
    }
    members_of_a_swarm();
    for filling in FILLINGS {
        // Inside the encryption, as a destination writes it.
        let inside = bomb("{\"status\":200,\"body\":[", filling, "0]}");
        holds("inside", inside.as_bytes(), |input| assert!(NodeReply::parse(input).is_some()));
    }
    // And the whole way of an answer that opens, its quotes escaped.
    let plain = bomb("{\"status\":200,\"body\":\"", "\\\"x\\\":0,", "\"}");
    let node = LayerKey::node(Cipher::XChaCha20, &destination, &mine.public()).unwrap();
    let closed = node.encrypt(plain.as_bytes());
    drop(plain);
    let reply = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &closed);
    drop(closed);
    holds("sealed", reply.as_bytes(), |input| assert!(key.open_node(input).is_ok_and(|reply| reply.status == 200)));
}

/// What a member of a swarm can put where hashes are expected.
fn members_of_a_swarm() {
    let owner = Address::from_bytes([5; 33]);
    let hash = SwarmHash::of(&owner, Namespace::DIRECT, b"hello");
    let (asked, at) = (std::slice::from_ref(&hash), Timestamp::from_millis(1));
    let anybody = |_: &NodeKey| true;
    for field in ["deleted", "unchanged", "expiry"] {
        for (open, close) in [("[", "0]"), ("{\"0\":[", "0]}"), ("{\"0\":{\"1\":[", "0]}}")] {
            for filling in ["{\"\":0},", "0,"] {
                let head = format!("{{\"swarm\":{{\"{}\":{{\"{field}\":{open}", hex::encode([7; 32]));
                let body = bomb(&head, filling, &format!("{close}}}}}}}"));
                let read = |input: &[u8]| {
                    let body = std::str::from_utf8(input).unwrap();
                    let _ = response::deleted(body, &owner, asked, anybody);
                    let _ = response::deleted_all(body, &owner, Namespaces::All, at, anybody);
                    let _ = response::expired(body, &owner, asked, &Expiry::Same(at), anybody);
                    let _ = response::stored(body, &hash, anybody);
                };
                holds(&format!("{field} {open}{filling}"), body.as_bytes(), read);
            }
        }
    }
    for filling in FILLINGS {
        for head in ["{\"messages\":[", "{\"snodes\":[", "{\"hf\":[", "{\"expiries\":[", "{\"results\":["] {
            holds(head, bomb(head, filling, "0]}").as_bytes(), |input| {
                let body = std::str::from_utf8(input).unwrap();
                let _ = response::retrieved(body, &owner, Namespace::DIRECT);
                let _ = (response::swarm_members(body), response::beside(body), response::info_time(body));
                let _ = (response::expiries(body, asked).is_ok(), response::parts(body, 20, true).is_ok());
            });
        }
    }
    for (head, tail) in [("{\"expiries\":{", "\"\":0}}"), ("{\"swarm\":{", "\"\":0}}")] {
        holds(head, bomb(head, "\"\":0,", tail).as_bytes(), |input| {
            let body = std::str::from_utf8(input).unwrap();
            let _ = (response::expiries(body, asked).is_ok(), response::stored(body, &hash, anybody).is_ok());
        });
    }
}
