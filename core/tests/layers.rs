//! Arrows point downward only: reads the `crate::` paths of every file in `core/src` and holds the import table of
//! `core/README.md`. Also holds that time comes from the clock alone and that every file says what it is for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::fs;
use std::path::{Path, PathBuf};

/// Leaf files that every room may import.
const LEAVES: &[&str] = &[
    "error",
    "clock",
    "network",
    "kill",
    "disk",
    "fold",
    "pasted",
    "words",
    "Error",
    "ErrorKind",
    "Hint",
    "Result",
    "Network",
];

/// Leaf files that stand on `crypto`: every room but that one may import them.
const LEAVES_OVER_CRYPTO: &[&str] = &["address"];

/// Room -> rooms it may import.
const TABLE: &[(&str, &[&str])] = &[
    ("crypto", &[]),
    ("wire", &["crypto"]),
    ("config", &["crypto", "wire"]),
    ("onion", &["crypto", "wire"]),
    ("swarm", &["crypto", "wire", "onion"]),
    ("store", &["crypto"]),
    ("event", &["crypto", "store"]),
    ("attachment", &["crypto", "wire", "onion", "store", "event"]),
    ("people", &["crypto", "config", "store", "event"]),
    ("message", &["crypto", "wire", "config", "store", "event", "people"]),
    ("group", &["crypto", "wire", "config", "store", "event", "people", "message"]),
    ("community", &["crypto", "wire", "onion", "store", "event", "message", "attachment"]),
    (
        "delivery",
        &[
            "crypto",
            "wire",
            "config",
            "onion",
            "swarm",
            "store",
            "event",
            "attachment",
            "people",
            "message",
            "group",
            "community",
        ],
    ),
    (
        "client",
        &[
            "crypto",
            "wire",
            "config",
            "onion",
            "swarm",
            "store",
            "event",
            "attachment",
            "people",
            "message",
            "group",
            "community",
            "delivery",
        ],
    ),
    ("accounts", &["crypto", "onion", "store", "event", "message", "delivery", "client"]),
    ("error", &[]),
    ("clock", &[]),
    ("network", &[]),
    ("kill", &[]),
    ("disk", &[]),
    ("fold", &[]),
    ("pasted", &[]),
    ("words", &[]),
    ("address", &["crypto"]),
];

/// Crates of ciphers: only the cellar may name them.
const CIPHERS: &[&str] = &[
    "ed25519_dalek",
    "x25519_dalek",
    "curve25519_dalek",
    "chacha20poly1305",
    "aes_gcm",
    "crypto_box",
    "blake2",
    "sha2",
    "hmac",
    "argon2",
    "bip39",
    "crc32fast",
];

#[test]
fn every_import_points_downward() {
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        wrong.extend(violations(&room, &text).into_iter().map(|what| format!("{}: {what}", path.display())));
    }
    assert!(wrong.is_empty(), "imports that point upward or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn a_planted_violation_is_caught() {
    assert_eq!(violations("crypto", "use crate::wire::padding;"), ["crypto imports wire"]);
    assert_eq!(violations("store", "use crate::{crypto::AccountId, onion::NodeKey};"), ["store imports onion"]);
    assert_eq!(violations("onion", "let x = crate::store::Store::open();"), ["onion imports store"]);
    assert_eq!(
        violations("wire", "use crate::{\n    crypto::{AccountId, verify},\n    swarm,\n};"),
        ["wire imports swarm"]
    );
    assert_eq!(violations("people", "use crate::message::Draft;"), ["people imports message"]);
    assert_eq!(violations("people", "use crate::wire::content::Content;"), ["people imports wire"]);
    assert!(violations("message", "use crate::people::Desk;").is_empty());
    assert_eq!(violations("swarm", "use sha2::Sha256;"), ["swarm names the cipher crate sha2"]);
    assert_eq!(violations("attic", "let x = 1;"), ["attic is in no table"]);
    assert_eq!(violations("crypto", "use crate::MessageRow;"), ["crypto imports MessageRow by the front door"]);
    assert_eq!(violations("crypto", "use crate::address::Address;"), ["crypto imports address"]);
    assert!(violations("store", "use crate::address::{Address, Namespace};").is_empty());
    assert!(violations("delivery", "use crate::{Error, Result, swarm::Swarms};").is_empty());
    assert!(violations("crypto", "use sha2::Sha256; // crate::store is upstairs").is_empty());
}

#[test]
fn time_is_read_from_the_clock_alone() {
    let forbidden = ["tokio::time", "SystemTime::now", "Instant::now"];
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        let product = product_part(&text);
        for word in forbidden {
            if room != "clock" && without_comments(product).contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "time read beside the clock:\n{}", wrong.join("\n"));
}

#[test]
fn nothing_writes_the_ledger_past_the_hall() {
    // The hall, and the first rows of an account, which has no hall yet.
    let halls = ["delivery/mod.rs", "delivery/founding.rs"];
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        let of_tests = path.file_stem().is_some_and(|stem| {
            let stem = stem.to_string_lossy();
            stem == "tests" || stem == "testing" || stem.ends_with("_tests")
        });
        let hall = halls.iter().any(|hall| path.ends_with(Path::new("src").join(hall)));
        if room != "store" && !of_tests && !hall && writes_past_the_hall(product_part(&text)) {
            wrong.push(path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "writes that nobody is told of: {wrong:?}");
    assert!(writes_past_the_hall("self.store\n    .write(\"x\", |tx| Ok(()))"));
    assert!(writes_past_the_hall("hall.store().write(label, work)"));
    assert!(!writes_past_the_hall("hall.write(label, work)"));
}

/// Whether a text calls `write` on a store.
fn writes_past_the_hall(text: &str) -> bool {
    let text: String = without_comments(text).split_whitespace().collect();
    ["store.write(", "store().write("].iter().any(|call| text.contains(call))
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, _, text)| !text.starts_with("//!")).map(|(_, path, _)| path).collect();
    assert!(silent.is_empty(), "files without a head: {silent:?}");
}

/// What `text`, a file of `room`, imports that it must not.
fn violations(room: &str, text: &str) -> Vec<String> {
    let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{room} is in no table")];
    };
    let text = without_comments(text);
    let mut found = Vec::new();
    for target in crate_paths(&text) {
        let room_or_leaf = TABLE.iter().any(|(name, _)| *name == target) || LEAVES.contains(&target.as_str());
        if !room_or_leaf && !target.is_empty() {
            // What `lib.rs` shows to others would hide the room that it comes from.
            found.push(format!("{room} imports {target} by the front door"));
        }
        let stands_on_crypto =
            !["crypto", "error", "clock", "network", "kill", "disk", "fold", "words"].contains(&room);
        let leaf =
            LEAVES.contains(&target.as_str()) || (stands_on_crypto && LEAVES_OVER_CRYPTO.contains(&target.as_str()));
        if target != room && room_or_leaf && !leaf && !allowed.contains(&target.as_str()) {
            found.push(format!("{room} imports {target}"));
        }
    }
    if room != "crypto" {
        for cipher in CIPHERS {
            if text.contains(&format!("{cipher}::")) {
                found.push(format!("{room} names the cipher crate {cipher}"));
            }
        }
    }
    found.dedup();
    found
}

/// First segments behind every `crate::`, also inside a braced list.
fn crate_paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let (mut depth, mut start) = (0usize, true);
            let mut word = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && depth == 0 && (c.is_alphanumeric() || c == '_') => word.push(c),
                    c if c.is_whitespace() && word.is_empty() => {}
                    _ => start = false,
                }
                if (!start || c == ',' || c == '}') && !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                    start = c == ',' && depth == 0;
                }
            }
            if !word.is_empty() {
                found.push(word);
            }
        } else {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The part of a file before its unit tests.
fn product_part(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod").next().unwrap_or(text)
}

/// Room, path and text of every source file of core but `lib.rs`.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    assert!(files.len() > 5, "core has sources");
    files
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "lib.rs"))
        .map(|path| {
            let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
            let room = first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            (room, path, text)
        })
        .collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}
