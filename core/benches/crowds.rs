//! Ten thousand messages at once: that disappear in one moment, and that arrive with a reaction each.
//!
//! The interface must stay free meanwhile, so that the longest single write counts more than the whole: a person's own
//! write waits for one of them at most. A second task writes all the time and says how long it waited. Promised for
//! expiry: under a second in all. Absolute figures, printed beside a loop of arithmetic that says how fast this machine
//! was just then.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a benchmark may panic

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use onionskin_core::address::{Namespace, Place};
use onionskin_core::clock::{Clock as _, SystemClock, Timestamp};
use onionskin_core::message::profile::OwnProfile;
use onionskin_core::message::{Desk, Incoming, apply, reaction, text};
use onionskin_core::store::{MessageKind, MessageName, MessageState, NewMessage, WriteTx};
use onionskin_core::vault::TestVault;
use onionskin_core::wire::Content;
use onionskin_core::{AccountId, Accounts, Before, Client, Config, ConversationId, Disappearing, Network};

const MESSAGES: u64 = 10_000;

/// As many letters as the inbox stores in one write.
const IN_PART: u64 = 200;

#[tokio::main]
async fn main() {
    println!("calibration loop: {:?}", calibration());
    expiry().await;
    arrival().await;
    println!("calibration loop: {:?}", calibration());
}

/// Everything in a conversation disappears at one moment.
async fn expiry() {
    let folder = tempfile::tempdir().unwrap();
    let client = alice(folder.path()).await;
    let now = SystemClock::new().now();
    for part in 0..MESSAGES / IN_PART {
        client.store().write("filled", move |tx| fill(tx, part * IN_PART, now)).await.unwrap();
    }
    let person = Person::begins(&client);
    let began = Instant::now();
    client.expire_now().await.unwrap();
    let took = began.elapsed();
    let left = client.conversation(&bob()).messages(Before::Latest, 10).await.unwrap();
    assert!(left.is_empty());
    let over = if took > Duration::from_secs(1) { " OVER the limit of 1 s" } else { "" };
    println!("{MESSAGES} messages disappear: {took:?}{over}; {}", person.ends().await);
    client.close().await.unwrap();
}

/// Bob writes, and puts an emoji on each of his letters.
async fn arrival() {
    let folder = tempfile::tempdir().unwrap();
    let client = alice(folder.path()).await;
    let (me, now) = (client.account_id(), SystemClock::new().now());
    let desk = Desk { me, network_now: now, device_now: now, unsettled: None };
    client.store().write("accepted", move |tx| accept(tx, now)).await.unwrap();
    let letters: Vec<Incoming> = (0..MESSAGES).flat_map(|number| letter(me, number, now)).collect();
    let letters = Arc::new(letters);
    let person = Person::begins(&client);
    let (began, mut longest_page) = (Instant::now(), Duration::ZERO);
    let all = letters.len();
    for from in (0..all).step_by(usize::try_from(IN_PART).unwrap()) {
        let letters = Arc::clone(&letters);
        let part = move |tx: &mut WriteTx<'_>| {
            for letter in letters.iter().skip(from).take(usize::try_from(IN_PART).unwrap()) {
                black_box(apply(tx, &desk, letter)?);
            }
            Ok(())
        };
        client.store().write("page received", part).await.unwrap();
        let page = Instant::now();
        black_box(client.conversation(&bob()).messages(Before::Latest, 50).await.unwrap());
        longest_page = longest_page.max(page.elapsed());
    }
    let took = began.elapsed();
    let newest = client.conversation(&bob()).messages(Before::Latest, 50).await.unwrap();
    assert!(newest.len() == 50 && newest.iter().all(|row| row.reactions.len() == 1));
    println!(
        "{MESSAGES} messages with a reaction arrive: {took:?}; opening meanwhile took {longest_page:?} at most; {}",
        person.ends().await
    );
    client.close().await.unwrap();
}

async fn alice(folder: &Path) -> Client {
    let accounts = Accounts::open(Config {
        data_dir: folder.join("data"),
        cache_dir: folder.join("cache"),
        key_vault: Arc::new(TestVault::new([7; 32])),
        network: Network::testnet(),
        clock: SystemClock::shared(),
    });
    accounts.await.unwrap().create("Alice").await.unwrap()
}

fn bobs() -> AccountId {
    // The base point: an id that somebody could have.
    let mut key = [0; 32];
    key[0] = 9;
    AccountId::from_x25519(key)
}

fn bob() -> ConversationId {
    bobs().into()
}

/// Letters of Bob's whose time is over, with words to search for.
fn fill(tx: &mut WriteTx<'_>, from: u64, now: Timestamp) -> onionskin_core::Result<()> {
    tx.ensure_conversation(&bob(), now)?;
    for number in from..from + IN_PART {
        let sent_at = now - Duration::from_secs(7_200) + Duration::from_millis(number);
        let id = tx.insert_message(&NewMessage {
            conversation: &bob(),
            sender: &bobs(),
            outgoing: false,
            kind: MessageKind::Text,
            sent_at,
            received_at: sent_at,
            body: &format!("the marmalade stands behind the clock in the hall, letter {number}"),
            raw: &[],
            swarm_hash: "",
            read_at: sent_at,
            state: MessageState::Received,
        })?;
        let how = Disappearing::AfterRead(Duration::from_secs(3_600));
        tx.set_lifetime(id.unwrap(), how, Some(sent_at), Timestamp::ZERO)?;
    }
    Ok(())
}

fn accept(tx: &mut WriteTx<'_>, now: Timestamp) -> onionskin_core::Result<()> {
    tx.ensure_conversation(&bob(), now)?;
    tx.set_approved(&bobs(), true)?;
    tx.set_approved_me(&bobs(), true).map(|_| ())
}

/// A letter of Bob's, and his reaction to it.
fn letter(me: AccountId, number: u64, now: Timestamp) -> [Incoming; 2] {
    let profile = OwnProfile { display_name: "Bob".to_owned(), updated_seconds: 1, picture: Default::default() };
    let sent_at = now - Duration::from_secs(3_600) + Duration::from_millis(10 * number);
    let of = MessageName { author: bobs(), sent_at, msg_id: None };
    let body = format!("the marmalade stands behind the clock in the hall, letter {number}");
    let reacted_at = sent_at + Duration::from_millis(5);
    [
        opened(me, sent_at, text::compose(&body, sent_at, &profile)),
        opened(me, reacted_at, reaction::compose(reacted_at, &of, "🥰", true, &profile)),
    ]
}

fn opened(me: AccountId, sent_at: Timestamp, content: Content) -> Incoming {
    let (place, plain) = (Place { owner: me.into(), namespace: Namespace::DIRECT }, content.to_bytes());
    let hash = place.name(&plain);
    let (stored_at, swarm_end) = (sent_at, Timestamp::ZERO);
    Incoming { place, hash, sender: bobs(), sent_at, stored_at, swarm_end, content, plain }
}

/// Somebody who writes all the time, and how long that takes them.
struct Person {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Vec<Duration>>,
}

impl Person {
    fn begins(client: &Client) -> Self {
        let (stop, notes) = (Arc::new(AtomicBool::new(false)), client.conversation(&client.account_id().into()));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut waits = Vec::new();
            notes.show().await.unwrap();
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                notes.set_draft(&format!("draft {}", waits.len()), None).await.unwrap();
                waits.push(began.elapsed());
                tokio::task::yield_now().await;
            }
            waits
        });
        Self { stop, task }
    }

    async fn ends(self) -> String {
        self.stop.store(true, Ordering::Relaxed);
        let mut waits = self.task.await.unwrap();
        waits.sort_unstable();
        let (middle, longest) = (waits.get(waits.len() / 2), waits.last());
        format!("{} writes of a person meanwhile, {middle:?} in the middle, {longest:?} at most", waits.len())
    }
}

/// Ten million steps of integer arithmetic: about 10 ms on a desktop of 2024.
fn calibration() -> Duration {
    let began = Instant::now();
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..10_000_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
    began.elapsed()
}
