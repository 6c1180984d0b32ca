//! A thousand messages waiting.

use onionskin_core::{AccountKeys, AccountSeed};
use onionskin_tests::letters;

use super::people::{Story, World};

/// Bob was away while a thousand messages came in: he reads all of them, in order, each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_waiting_messages_are_all_read_in_order_and_once() -> Story {
    let world = World::start().await?;
    let [bob] = world.people(["Bob"]).await?;
    let friend = AccountKeys::from_seed(&AccountSeed::random());
    let swarms = world.swarms_of_a_stranger().await?;
    let first = swarms.time().now();
    let waiting = (0..1_000_u64).map(|number| {
        let at = first.shifted(i64::try_from(number * 2).unwrap());
        let content = letters::text(&format!("message {number}"), at);
        letters::sealed(&friend, &bob.account_id(), &content, at)
    });
    letters::deposit(&swarms, &bob.account_id(), waiting).await?;
    bob.polls_until_empty().await?;
    let seen = bob.sees_from(&friend.account_id()).await?;
    assert_eq!(seen.len(), 1_000);
    assert!(
        seen.iter().enumerate().all(|(number, text)| *text == format!("message {number}")),
        "in the order of sending"
    );
    Ok(())
}
