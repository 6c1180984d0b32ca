//! After an account was closed and every handle is gone, none of its secrets is left in this process.
//!
//! Reads all private, writable memory of the process and looks for the seed, what the signing key expands to, the key of
//! the database (also as the hex text of the statement that opens it), and the words of the recovery password. The needles
//! are kept masked, so that a needle does not find itself. A seed inside a page of the database does not count: SQLite gives
//! its pages back unwiped (core/src/store/vault/mod.rs says so); a seed anywhere else does, whatever was done in between. One test in a process of its own: memory of others would count.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use onionskin_core::Draft;
use onionskin_core::clock::SystemClock;
use onionskin_core::crypto::{AccountKeys, AccountSeed, recovery_password};
use onionskin_core::store::layout::Folders;
use onionskin_core::store::vault::{KeyVault, TestVault};
use onionskin_core::{Accounts, Config, Network};

const MASK: u8 = 0x5a;

/// A secret that does not stand in memory as it is.
struct Needle {
    name: &'static str,
    masked: Vec<u8>,
}

impl Needle {
    fn new(name: &'static str, secret: &[u8]) -> Self {
        Self { name, masked: secret.iter().map(|byte| byte ^ MASK).collect() }
    }

    /// Where it stands in `memory`; it is never unmasked.
    fn places(&self, memory: &[u8]) -> Vec<usize> {
        let (first, rest) = self.masked.split_first().unwrap();
        let first = first ^ MASK;
        let fits = |window: &[u8]| {
            window[0] == first && window[1..].iter().zip(rest).all(|(byte, masked)| byte ^ MASK == *masked)
        };
        let windows = memory.windows(self.masked.len()).enumerate();
        windows.filter(|(_, window)| fits(window)).map(|(place, _)| place).collect()
    }
}

/// Where needles stand in the memory of this process. One buffer, wiped before every piece, so that no copy that this makes
/// itself is found later.
fn found(needles: &[Needle]) -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut buffer = vec![0_u8; PIECE + LONGEST];
    let own = buffer.as_ptr() as u64;
    let mut places = Vec::new();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (Some(range), Some(rights)) = (fields.next(), fields.next()) else { continue };
        if !rights.starts_with("rw") || !rights.ends_with('p') {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        for at in (from..to).step_by(PIECE) {
            let length = ((to - at) as usize).min(buffer.len());
            buffer.fill(0);
            memory.seek(SeekFrom::Start(at)).unwrap();
            if memory.read_exact(&mut buffer[..length]).is_err() {
                continue;
            }
            for needle in needles {
                for place in needle.places(&buffer[..length]) {
                    let address = at + place as u64;
                    let in_buffer = (own..own + (PIECE + LONGEST) as u64).contains(&address);
                    // The overlap belongs to the next piece.
                    let in_page = buffer[..place].ends_with(&ROW_BEFORE_SEED);
                    if !in_buffer && !in_page && place < PIECE {
                        let region = fields.clone().next_back().unwrap_or("");
                        let around = around(&buffer[..length], place, needle.masked.len());
                        let told = format!("{} in {region} {range}, at {}: {around}", needle.name, address - from);
                        places.push(told);
                    }
                }
            }
        }
    }
    buffer.fill(0);
    places
}

/// 16 bytes before the secret and 16 after it, which say whose memory that is: each masked as needles are, because they may
/// be of another secret, and the secret itself left out.
fn around(memory: &[u8], place: usize, length: usize) -> String {
    let masked = |bytes: &[u8]| hex::encode(bytes.iter().map(|byte| byte ^ MASK).collect::<Vec<_>>());
    let (from, end) = (place.saturating_sub(16), place + length);
    format!("{} .. {} ^ {MASK:#04x}", masked(&memory[from..place]), masked(&memory[end..memory.len().min(end + 16)]))
}

/// What stands before the seed in its row, in SQLite's file format: 19 bytes of row 1, of which 3 are the header; no id of
/// its own; a blob of 16 bytes.
const ROW_BEFORE_SEED: [u8; 5] = [19, 1, 3, 0, 44];

const PIECE: usize = 1 << 20;
const LONGEST: usize = 64;

fn seed() -> AccountSeed {
    AccountSeed::from_bytes(std::array::from_fn(|place| (place as u8).wrapping_mul(37) ^ 0xc3))
}

/// Everything that must be gone, masked; and the secrets themselves are gone when this returns.
async fn needles(data: &std::path::Path) -> Vec<Needle> {
    let seed = seed();
    let keys = AccountKeys::from_seed(&seed);
    let words = recovery_password(&seed);
    let folder = Folders::new(data).unwrap().list().unwrap().remove(0);
    let vault: Arc<dyn KeyVault> = Arc::new(TestVault::new([7; 32]));
    let key = folder.unwrap_key(&*vault).await.unwrap();
    let hex = zeroize::Zeroizing::new(hex::encode(key.as_bytes()));
    vec![
        Needle::new("seed", seed.as_bytes()),
        Needle::new("secret encryption key", keys.x25519_secret()),
        Needle::new("recovery password", &words.as_bytes()[..40]),
        Needle::new("database key", key.as_bytes()),
        Needle::new("database key as text", hex.as_bytes()),
    ]
}

#[test]
fn nothing_secret_is_left_in_memory_after_an_account_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, cache) = (folder.path().join("data"), folder.path().join("cache"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let open = runtime.block_on(async {
        let config = Config {
            data_dir: data.clone(),
            cache_dir: cache,
            key_vault: Arc::new(TestVault::new([7; 32])),
            network: Network::testnet(),
            clock: SystemClock::shared(),
        };
        let accounts = Accounts::open(config).await.unwrap();
        let client = accounts.restore(&recovery_password(&seed()), "Ana").await.unwrap();
        let id = client.account_id();
        client.close().await.unwrap();
        drop(client);
        let client = accounts.open_account(&id).await.unwrap();
        drop(client.recovery_password());
        // All of it changes rows beside the seed's.
        client.set_display_name("Anabel").await.unwrap();
        let notes = client.conversation(&id.into());
        for word in 0..20 {
            notes.send(Draft::text(format!("word {word}"))).await.unwrap();
        }
        client.conversations().await.unwrap();
        let needles = needles(&data).await;
        let open = found(&needles);
        accounts.close().await.unwrap();
        drop((client, accounts));
        (open, needles)
    });
    let (open, needles) = open;
    assert!(open.iter().any(|place| place.starts_with("seed")), "what is open is found, so looking works: {open:?}");
    drop(runtime);
    assert_eq!(found(&needles), Vec::<String>::new());
}
