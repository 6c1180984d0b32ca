//! A thousand messages waiting.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use onionskin_core::address::Namespace;
use onionskin_core::crypto::{AccountKeys, AccountSeed, decoy_signature, seal};
use onionskin_core::wire::{envelope, padding};

use super::people::{Story, World, days};

/// Bob was away while a thousand messages came in: he reads all of them, in order, each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_waiting_messages_are_all_read_in_order_and_once() -> Story {
    let world = World::start().await?;
    let [bob] = world.people(["Bob"]).await?;
    let friend = AccountKeys::from_seed(&AccountSeed::random());
    let swarms = world.swarms_of_a_stranger().await?;
    let first = swarms.time().now();
    let letters = (0..1_000_u64).map(|number| {
        let at = first.shifted(i64::try_from(number * 2).unwrap());
        let content = onionskin_tests::letters::text(&format!("message {number}"), at);
        envelope::wrap(&seal::seal(&friend, &bob.account_id(), &padding::pad(&content)), at, decoy_signature())
    });
    stream::iter(letters)
        .map(|letter| {
            let (swarms, to) = (swarms.clone(), bob.account_id());
            async move { swarms.store(&to, Namespace::DIRECT, &letter, days(14), None).await.map(|_| ()) }
        })
        .buffer_unordered(8)
        .try_collect::<()>()
        .await?;
    bob.polls_until_empty().await?;
    let seen = bob.sees_from(&friend.account_id()).await?;
    assert_eq!(seen.len(), 1_000);
    assert!(
        seen.iter().enumerate().all(|(number, text)| *text == format!("message {number}")),
        "in the order of sending"
    );
    Ok(())
}
