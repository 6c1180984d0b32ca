//! A stranger who knows the protocol and means no good: whatever is put into Bob's mailbox is recorded with its reason,
//! nothing of it is shown, and Alice's next message arrives.

use std::time::Duration;

use onionskin_core::address::Namespace;
use onionskin_core::crypto::decoy_signature;
use onionskin_core::swarm::Swarms;
use onionskin_core::wire::{envelope, padding};
use onionskin_core::{AccountId, AccountKeys, AccountSeed, MessageKind, Timestamp};
use onionskin_tests::devices::{agree, settle};
use onionskin_tests::letters::{field, sealed, text, varint};

use super::people::{Person, Story, Told, World, days};

/// The stranger: keys of her own, and the roads everybody uses.
struct Mallory {
    keys: AccountKeys,
    swarms: Swarms,
}

impl Mallory {
    async fn arrives(world: &World) -> Told<Self> {
        Ok(Self { keys: AccountKeys::from_seed(&AccountSeed::random()), swarms: world.swarms_of_a_stranger().await? })
    }

    fn now(&self) -> Timestamp {
        self.swarms.time().now()
    }

    /// Puts bytes into somebody's mailbox, as anybody may.
    async fn puts(&self, bytes: &[u8], to: &Person<'_>) -> Told<()> {
        let stored = self.swarms.store(&to.account_id(), Namespace::DIRECT, bytes, days(14), None).await?;
        assert!(!stored.accepted.is_empty());
        Ok(())
    }

    /// A well-formed letter with this content.
    fn letter(&self, to: &AccountId, content: &[u8], at: Timestamp) -> Vec<u8> {
        sealed(&self.keys, to, content, at)
    }

    /// A letter whose inside is signed by `signature_over`, whatever that is, and sealed to `to`.
    fn letter_signed(&self, to: &AccountId, content: &[u8], signature_over: &[u8], at: Timestamp) -> Vec<u8> {
        let mut inside = padding::pad(content);
        let signature = self.keys.sign(signature_over);
        inside.extend(self.keys.ed25519_public());
        inside.extend(signature);
        let key = crypto_box::PublicKey::from(*to.x25519());
        let sealed = key.seal(&mut crypto_box::aead::OsRng, &inside).unwrap();
        envelope::wrap(&sealed, at, decoy_signature())
    }
}

/// Puts each letter into Bob's mailbox, then lets Alice write; Bob polls once and must read Alice.
async fn bob_reads_alice_after(
    letters: impl AsyncFnOnce(&Mallory, &Person<'_>) -> Told<Vec<Vec<u8>>>,
    recorded: &[&str],
) -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let mallory = Mallory::arrives(&world).await?;
    for letter in letters(&mallory, &bob).await? {
        mallory.puts(&letter, &bob).await?;
    }
    alice.writes(&bob, "never mind her").await?;
    bob.polls().await?;
    assert_eq!(bob.unreadable().await?, recorded);
    assert_eq!(bob.sees(&alice).await?, ["never mind her"]);
    assert_eq!(bob.requests().await?, [alice.id()], "nothing of the stranger's is shown");
    // And the cursor moved: nothing is fetched or recorded again.
    bob.polls().await?;
    assert_eq!(bob.unreadable().await?, recorded);
    Ok(())
}

#[tokio::test]
async fn a_letter_with_a_bad_signature_is_recorded_and_the_next_message_arrives() -> Story {
    bob_reads_alice_after(
        async |mallory, bob| {
            let now = mallory.now();
            Ok(vec![mallory.letter_signed(&bob.account_id(), &text("forged", now), b"something else", now)])
        },
        &["signature"],
    )
    .await
}

/// A letter that Mallory honestly got (or wrote) for somebody else, resealed to Bob: the signature names the other.
#[tokio::test]
async fn a_letter_bound_to_another_recipient_is_recorded_and_the_next_message_arrives() -> Story {
    bob_reads_alice_after(
        async |mallory, bob| {
            let now = mallory.now();
            let content = text("meant for Carol", now);
            let carol = AccountKeys::from_seed(&AccountSeed::random()).account_id();
            let signed = [&padding::pad(&content)[..], &mallory.keys.ed25519_public(), carol.x25519()].concat();
            Ok(vec![mallory.letter_signed(&bob.account_id(), &content, &signed, now)])
        },
        &["signature"],
    )
    .await
}

/// Sealed for somebody else altogether.
#[tokio::test]
async fn a_letter_sealed_to_somebody_else_is_recorded_and_the_next_message_arrives() -> Story {
    bob_reads_alice_after(
        async |mallory, _| {
            let carol = AccountKeys::from_seed(&AccountSeed::random()).account_id();
            Ok(vec![mallory.letter(&carol, &text("not yours", mallory.now()), mallory.now())])
        },
        &["seal"],
    )
    .await
}

#[tokio::test]
async fn garbage_is_recorded_and_the_next_message_arrives() -> Story {
    bob_reads_alice_after(
        async |mallory, bob| {
            let good = mallory.letter(&bob.account_id(), &text("cut", mallory.now()), mallory.now());
            Ok(vec![
                b"\xff".to_vec(),
                (1..=255).cycle().take(5_000).collect(),
                good[..good.len() / 2].to_vec(),
                good.iter().map(|byte| byte ^ 0x55).collect(),
            ])
        },
        &["envelope", "envelope", "envelope", "envelope"],
    )
    .await
}

/// Lengths near the end of what fits an integer, endless varints, groups in groups: each once broke some parser.
#[tokio::test]
async fn bytes_made_to_break_parsers_are_recorded_and_the_next_message_arrives() -> Story {
    bob_reads_alice_after(
        async |mallory, bob| {
            let now = mallory.now();
            let letter = |content: &[u8]| mallory.letter(&bob.account_id(), content, now);
            let deep = (0..2_000).fold(Vec::new(), |inner, _| field(1, &inner));
            Ok(vec![
                // A length of 2^64-1, outside and inside the seal.
                [&[0x12][..], &[0xff; 9], &[0x01]].concat(),
                letter(&[&[0x0a][..], &[0xff; 9], &[0x01]].concat()),
                // A varint that never ends, a field number zero, groups in groups that are never closed.
                letter(&[0xff; 64]),
                letter(&[0x02, 0x00]),
                letter(&[0x0b; 300]),
                letter(&[0x93, 0x03].repeat(5_000)),
                // Nothing but padding; padding that is all zeros.
                letter(&[]),
                // Ten thousand levels deep, as far as one letter holds.
                letter(&deep),
                // No text that is UTF-8.
                letter(&[field(1, &field(1, b"\xff\xfe\xfd")), varint(15, now.as_millis())].concat()),
            ])
        },
        &["envelope", "content", "content", "content", "content", "content", "nothing to show", "content", "content"],
    )
    .await
}

/// A storage server takes no letter above 76,800 bytes, and core asks none to; a node that delivers one is lying.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn an_oversized_letter_is_recorded_and_the_next_message_arrives() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let mallory = Mallory::arrives(&world).await?;
    let huge = vec![1; 76_801];
    assert!(mallory.swarms.store(&bob.account_id(), Namespace::DIRECT, &huge, days(14), None).await.is_err());
    world.network().deposit(&bob.id(), 0, &huge);
    world.network().deposit(&bob.id(), 0, &vec![2; 2_000_000]);
    alice.writes(&bob, "never mind her").await?;
    bob.polls().await?;
    // What is no message at all is recorded once for a node and a reason: a lying node cannot fill the ledger.
    let recorded = bob.unreadable().await?;
    assert!(!recorded.is_empty() && recorded.iter().all(|reason| reason == "too large"), "{recorded:?}");
    assert_eq!(bob.sees(&alice).await?, ["never mind her"]);
    Ok(())
}

/// A text that no client may write: what arrives is cut at 10,000 points, at a border between points.
#[tokio::test]
async fn a_text_that_is_far_too_long_is_cut() -> Story {
    let world = World::start().await?;
    let [bob] = world.people(["Bob"]).await?;
    let mallory = Mallory::arrives(&world).await?;
    let now = mallory.now();
    let endless = "🧅".repeat(17_000);
    mallory.puts(&mallory.letter(&bob.account_id(), &text(&endless, now), now), &bob).await?;
    bob.polls().await?;
    let seen = bob.sees_from(&mallory.keys.account_id()).await?;
    assert_eq!(seen, ["🧅".repeat(10_000)]);
    Ok(())
}

/// The same signed inside in a new wrapping is a new letter to the swarm, and an old one to Bob.
#[tokio::test]
async fn a_replay_in_another_wrapping_is_recorded_and_shown_once() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let mallory = Mallory::arrives(&world).await?;
    let now = mallory.now();
    let content = text("pay me", now);
    for _ in 0..3 {
        mallory.puts(&mallory.letter(&bob.account_id(), &content, now), &bob).await?;
    }
    alice.writes(&bob, "never mind her").await?;
    bob.polls().await?;
    assert_eq!(bob.sees_from(&mallory.keys.account_id()).await?, ["pay me"]);
    assert_eq!(bob.unreadable().await?, ["duplicate", "duplicate"]);
    assert_eq!(bob.sees(&alice).await?, ["never mind her"]);
    Ok(())
}

#[tokio::test]
async fn times_that_disagree_are_recorded_and_the_next_message_arrives() -> Story {
    bob_reads_alice_after(
        async |mallory, bob| {
            let now = mallory.now();
            let letter =
                |signed: Timestamp, outside| mallory.letter(&bob.account_id(), &text("when?", signed), outside);
            Ok(vec![
                letter(now, now + days(1)),
                letter(now - days(1), now),
                letter(Timestamp::from_millis(u64::MAX), Timestamp::from_millis(u64::MAX)),
                letter(Timestamp::ZERO, Timestamp::ZERO),
            ])
        },
        &["timestamp", "timestamp", "timestamp", "timestamp"],
    )
    .await
}

/// Mallory cannot put words into Bob's own mouth by pretending to be his other device.
#[tokio::test]
async fn a_sync_copy_from_a_stranger_is_recorded_and_the_next_message_arrives() -> Story {
    bob_reads_alice_after(
        async |mallory, bob| {
            let now = mallory.now();
            let data = [field(1, b"I said that?"), field(105, bob.id().as_bytes())].concat();
            let content = [field(1, &data), varint(15, now.as_millis())].concat();
            Ok(vec![mallory.letter(&bob.account_id(), &content, now)])
        },
        &["sync copy from a stranger"],
    )
    .await
}

/// Flags nobody sends, and nothing that could be shown.
#[tokio::test]
async fn letters_without_sense_are_recorded_and_the_next_message_arrives() -> Story {
    bob_reads_alice_after(
        async |mallory, bob| {
            let now = mallory.now();
            let letter = |data: Vec<u8>, at: Timestamp| {
                mallory.letter(&bob.account_id(), &[field(1, &data), varint(15, at.as_millis())].concat(), at)
            };
            Ok(vec![
                letter([field(1, b"flags"), varint(4, 77)].concat(), now),
                letter(Vec::new(), now + std::time::Duration::from_millis(2)),
                letter(
                    (0..33).flat_map(|_| field(2, &[&[0x09][..], &[0; 8]].concat())).collect(),
                    now + std::time::Duration::from_millis(4),
                ),
            ])
        },
        &["flags", "nothing to show", "content"],
    )
    .await
}

/// A newer wire format is kept for a newer version; a newer kind of message shows a placeholder.
#[tokio::test]
async fn what_only_newer_versions_can_read_is_kept() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let mallory = Mallory::arrives(&world).await?;
    let now = mallory.now();
    mallory.puts(&[0, 1, 2, 3, 4, 5, 6, 7], &bob).await?;
    let content = [field(40, b"telepathy"), varint(15, now.as_millis())].concat();
    mallory.puts(&mallory.letter(&bob.account_id(), &content, now), &bob).await?;
    alice.writes(&bob, "never mind her").await?;
    bob.polls().await?;
    assert_eq!(bob.unreadable().await?, ["newer wire format"]);
    assert_eq!(bob.last_from(&mallory.keys.account_id()).await?.kind, MessageKind::NewerFormat);
    assert_eq!(bob.sees(&alice).await?, ["never mind her"]);
    Ok(())
}

/// A request that claims to be of 2090 is deleted like any other, on all devices, and nobody brings it back.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_request_from_the_future_can_be_deleted_on_all_devices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob] = world.people(["Bob"]).await?;
    let tablet = bob.another_device("").await?;
    settle(&[&bob, &tablet]).await?;
    let mallory = Mallory::arrives(&world).await?;
    let future = Timestamp::from_millis(3_800_000_000_000);
    mallory.puts(&mallory.letter(&bob.account_id(), &text("boo", future), future), &bob).await?;
    for device in [&bob, &tablet] {
        device.polls().await?;
        assert_eq!(device.requests().await?.len(), 1);
    }
    settle(&[&bob, &tablet]).await?;
    world.clock.forward(Duration::from_secs(60));
    bob.with_account(&mallory.keys.account_id()).delete_contact().await?;
    settle(&[&bob, &tablet]).await?;
    for device in [&bob, &tablet] {
        assert_eq!(device.requests().await?, Vec::<String>::new());
    }
    agree(&[&bob, &tablet]).await
}
