//! Prompt although others are slow: bursts, swarms that hang, guards that want fewer requests, members that withhold. Background
//! tasks do all of it; time passes only while nothing moves, so that a busy machine changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use onionskin_core::{AccountId, AccountKeys, AccountSeed, Clock as _, Draft, MessageId, MessageState};
use onionskin_network::{Fault, Options, Role, When};

use super::people::{Person, Story, Told, World, befriend};

/// Enough swarms that four of them can hang.
fn many_swarms() -> Options {
    Options { nodes: 24, swarms: 6, ..Options::default() }
}

/// Lets time pass until `done`, for `limit` at most. Gives how long it took on the clock of the world.
async fn within(
    world: &World,
    limit: Duration,
    what: &str,
    mut done: impl AsyncFnMut() -> Told<bool>,
) -> Told<Duration> {
    let began = world.clock.core().monotonic();
    loop {
        let passed = world.clock.core().monotonic().saturating_sub(began);
        if done().await? {
            return Ok(passed);
        }
        if passed > limit {
            return Err(format!("{what}: not within {limit:?}").into());
        }
        let long = limit > Duration::from_secs(60);
        world.network().still(if long { SHORT_MOMENT } else { MOMENT }).await;
        world.clock.forward(if long { LONG_STEP } else { STEP });
    }
}

/// How far time goes when nothing moves, where seconds count and where minutes do.
const STEP: Duration = Duration::from_millis(250);
const LONG_STEP: Duration = Duration::from_secs(2);

/// Longer than work takes between two requests. Where minutes count a request may be given up once in a while.
const MOMENT: Duration = Duration::from_millis(60);
const SHORT_MOMENT: Duration = Duration::from_millis(15);

fn stranger() -> AccountId {
    AccountKeys::from_seed(&AccountSeed::random()).account_id()
}

fn swarm_of(world: &World, account: &AccountId) -> BTreeSet<usize> {
    world.network().swarm_of(&account.to_string()).into_iter().collect()
}

/// Strangers in `count` swarms of which none is in `but`.
fn strangers_elsewhere(world: &World, count: usize, but: &[&BTreeSet<usize>]) -> Vec<AccountId> {
    let mut taken: Vec<BTreeSet<usize>> = but.iter().map(|swarm| (*swarm).clone()).collect();
    let mut strangers = Vec::new();
    while strangers.len() < count {
        let one = stranger();
        let swarm = swarm_of(world, &one);
        if !taken.contains(&swarm) {
            taken.push(swarm);
            strangers.push(one);
        }
    }
    strangers
}

async fn is_sent(alice: &Person<'_>, to: &AccountId, ids: &[MessageId]) -> Told<bool> {
    let rows = alice.rows(to).await?;
    let sent: Vec<_> = rows.iter().filter(|row| row.state == MessageState::Sent).map(|row| row.id).collect();
    Ok(ids.iter().all(|id| sent.contains(id)))
}

/// The texts of `wanted` that `person` sees from `from`, in the order in which they stand there.
async fn seen(person: &Person<'_>, from: &Person<'_>, wanted: &[String]) -> Told<Vec<String>> {
    Ok(person.sees(from).await?.into_iter().filter(|text| wanted.contains(text)).collect())
}

/// Opens the app: both look at it, and everything happens by itself.
fn opens(people: &[&Person<'_>]) {
    for person in people {
        person.client().set_screen(true, None);
        person.client().start();
    }
}

/// Four swarms hang, each with a burst of its own. What a fifth person is sent leaves at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn four_swarms_that_hang_hold_up_nobody_else() -> Story {
    let Some(world) = World::local_with(many_swarms()).await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let hers = swarm_of(&world, &alice.account_id());
    let strangers = strangers_elsewhere(&world, 5, &[&hers]);
    let (fifth, hanging) = strangers.split_last().expect("five");
    for node in hanging.iter().flat_map(|account| swarm_of(&world, account)) {
        world.network().node(node).fault_when(Fault::Hang, When::as_destination());
    }
    opens(&[&alice]);
    for account in hanging {
        for number in 0..12 {
            alice.with_account(account).send(Draft::text(format!("burst {number}"))).await?;
        }
    }
    world.network().wait_until(|stats| stats.hung >= 4).await?;
    let sent = [alice.with_account(fifth).send(Draft::text("are you there?")).await?];
    let taken = async || is_sent(&alice, fifth, &sent).await;
    let took = within(&world, Duration::from_secs(15), "the fifth swarm takes it", taken).await?;
    println!("the fifth took {took:?}");
    // The others too, within seconds, once their swarms live again.
    world.network().heal_all();
    for account in hanging {
        let rows: Vec<_> = alice.rows(account).await?.iter().map(|row| row.id).collect();
        let all_sent = async || is_sent(&alice, account, &rows).await;
        within(&world, Duration::from_secs(30), "a healed swarm takes all", all_sent).await?;
    }
    alice.accounts().close().await?;
    Ok(())
}

/// A whole swarm is away for minutes. What waited for it leaves seconds after it is back, although nobody does anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_waited_for_a_swarm_leaves_seconds_after_it_is_back() -> Story {
    let Some(world) = World::local_with(many_swarms()).await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let hers = swarm_of(&world, &alice.account_id());
    let to = strangers_elsewhere(&world, 1, &[&hers]).remove(0);
    for node in swarm_of(&world, &to) {
        world.network().node(node).fault(Fault::Refuse);
    }
    opens(&[&alice]);
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(alice.with_account(&to).send(Draft::text(format!("letter {number}"))).await?);
    }
    let began = world.clock.core().monotonic();
    let minutes = async || Ok(world.clock.core().monotonic().saturating_sub(began) > Duration::from_secs(180));
    within(&world, Duration::from_secs(200), "three minutes", minutes).await?;
    assert!(!is_sent(&alice, &to, &ids[..1]).await?, "nobody took it");
    world.network().heal_all();
    let all = async || is_sent(&alice, &to, &ids).await;
    let took = within(&world, Duration::from_secs(12), "all three leave", all).await?;
    println!("what waited took {took:?}");
    alice.accounts().close().await?;
    Ok(())
}

/// Twenty letters at once to a swarm of which one member is dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_burst_of_twenty_is_read_within_eight_seconds_although_a_member_is_dead() -> Story {
    let Some(world) = World::local_with(many_swarms()).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let asked: BTreeSet<usize> = lately(&world, Role::Destination).into_iter().take(2).collect();
    let dead = swarm_of(&world, &bob.account_id()).into_iter().find(|node| !asked.contains(node));
    world.network().node(dead.ok_or("all members were asked lately")?).fault(Fault::Dead);
    opens(&[&alice, &bob]);
    let texts: Vec<String> = (0..20).map(|number| format!("letter {number}")).collect();
    for text in &texts {
        alice.with(&bob).send(Draft::text(text.clone())).await?;
    }
    let all = async || Ok(seen(&bob, &alice, &texts).await?.len() == texts.len());
    let took = within(&world, Duration::from_secs(8), "twenty letters are read", all).await?;
    assert_eq!(seen(&bob, &alice, &texts).await?, texts, "in order, once each");
    println!("twenty letters took {took:?}");
    alice.accounts().close().await?;
    bob.accounts().close().await?;
    Ok(())
}

/// One guard answers 429 for ever. Letters go by another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_guard_that_wants_fewer_requests_for_ever_holds_up_nobody() -> Story {
    let Some(world) = World::local_with(many_swarms()).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let guard = lately(&world, Role::Guard).first().copied().ok_or("nobody was a guard")?;
    world.network().node(guard).fault_when(Fault::status(429, ""), When::as_guard());
    opens(&[&alice, &bob]);
    let texts: Vec<String> = (0..8).map(|number| format!("letter {number}")).collect();
    for text in &texts {
        alice.with(&bob).send(Draft::text(text.clone())).await?;
    }
    let all = async || Ok(seen(&bob, &alice, &texts).await?.len() == texts.len());
    within(&world, Duration::from_secs(30), "eight letters are read", all).await?;
    alice.accounts().close().await?;
    bob.accounts().close().await?;
    Ok(())
}

/// No member gives copies to the others, so that some have a letter and others do not. Whoever looks reads it within ten
/// minutes, by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_few_members_have_is_read_within_ten_minutes() -> Story {
    let Some(world) = World::local_with(Options { nodes: 15, ..Options::default() }).await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    opens(&[&bob]);
    for node in swarm_of(&world, &bob.account_id()) {
        world.network().node(node).fault_when(Fault::NoCopies, When::as_destination());
    }
    for number in 0..4 {
        let text = format!("letter {number}");
        alice.notes(&bob, &text).await?;
        world.patiently(alice.sends()).await?;
        let read = async || Ok(bob.sees(&alice).await?.contains(&text));
        within(&world, Duration::from_secs(10 * 60), &text, read).await?;
    }
    bob.accounts().close().await?;
    Ok(())
}

/// A member that gives nothing but a name that no data give, and always says that there is more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_member_that_always_says_more_is_left_after_a_few_pages() -> Story {
    for liar in [
        Fault::status(
            200,
            r#"{"messages":[{"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","data":"AAAA"}],"more":true}"#,
        ),
        Fault::WithholdConfigs,
    ] {
        let Some(world) = World::local_with(many_swarms()).await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        let asked = *lately_asked(&world, &bob).last().ok_or("Bob asked nobody")?;
        world.network().node(asked).fault_when(liar.clone(), When::as_destination().method("retrieve"));
        alice.writes(&bob, "and yet").await?;
        let before = lately_asked(&world, &bob).len();
        bob.polls().await?;
        assert_eq!(bob.last(&alice).await?.body, "and yet", "{liar:?}");
        let pages = lately_asked(&world, &bob).split_off(before);
        let of_liar = pages.iter().filter(|node| **node == asked).count();
        assert!((1..=3).contains(&of_liar), "{liar:?}: the liar was asked {of_liar} times");
    }
    Ok(())
}

/// Both accounts of one person are opened together and nobody looks at either. Whoever has a node in both swarms must not see
/// them tick together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn two_accounts_of_one_person_do_not_poll_in_step() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let other = alice.second_account("Other").await?;
    alice.client().start();
    other.client().start();
    let began = world.clock.core().monotonic();
    let passed = async || Ok(world.clock.core().monotonic().saturating_sub(began) > Duration::from_secs(900));
    within(&world, Duration::from_secs(1_000), "a quarter of an hour", passed).await?;
    let polls = |person: &Person<'_>| -> Vec<u64> {
        let journeys = world.network().journeys_of(&person.id());
        let is_poll = |methods: &[String]| methods.iter().any(|method| method == "retrieve");
        let mut at: Vec<u64> = journeys.iter().filter(|j| is_poll(&j.methods)).map(|j| j.at_ms / 1_000).collect();
        at.dedup_by_key(|at| *at / 10);
        at
    };
    let (one, two) = (polls(&alice), polls(&other));
    let gaps: Vec<u64> = one.iter().zip(&two).map(|(one, two)| one.abs_diff(*two)).collect();
    alice.accounts().close().await?;
    assert!(gaps.len() >= 10, "they polled: {gaps:?}");
    let apart = gaps.iter().filter(|gap| **gap > 3).count();
    assert!(apart * 2 > gaps.len(), "seconds between the polls of the two accounts: {gaps:?}");
    Ok(())
}

/// Whom Bob asked for what is new, in order, each request once.
fn lately_asked(world: &World, bob: &Person<'_>) -> Vec<usize> {
    let journeys = world.network().journeys_of(&bob.id());
    let polls = journeys.iter().filter(|journey| journey.methods.iter().any(|method| method == "retrieve"));
    polls.filter_map(|journey| journey.nodes.last().copied()).collect()
}

/// The nodes that took part lately in this role, newest first.
fn lately(world: &World, role: Role) -> Vec<usize> {
    let mut nodes = Vec::new();
    for seen in world.network().requests().iter().rev().filter(|seen| seen.role == role) {
        if !nodes.contains(&seen.node) {
            nodes.push(seen.node);
        }
    }
    nodes
}

/// Asking all members in turn costs little: a conversation of ten minutes takes at most two and a half times the bytes that it
/// takes with a swarm of a single member.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn asking_all_members_in_turn_takes_at_most_two_and_a_half_times_the_bytes_of_one() -> Story {
    let mut bytes = Vec::new();
    for options in
        [Options { nodes: 12, swarms: 12, ..Options::default() }, Options { nodes: 18, ..Options::default() }]
    {
        let Some(world) = World::local_with(options).await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        opens(&[&bob]);
        let before = traffic_of(&world, &bob);
        let began = world.clock.core().monotonic();
        for minute in 1..=10 {
            let text = format!("letter {minute} {}", "x".repeat(300));
            alice.writes(&bob, &text).await?;
            let passed = async || {
                let passed = world.clock.core().monotonic().saturating_sub(began);
                Ok(passed > Duration::from_secs(60 * minute) && bob.sees(&alice).await?.contains(&text))
            };
            within(&world, Duration::from_secs(90), "a minute", passed).await?;
        }
        bytes.push(traffic_of(&world, &bob) - before);
        bob.accounts().close().await?;
    }
    println!("ten minutes and ten letters: {} bytes with one member, {} with six", bytes[0], bytes[1]);
    assert!(bytes[1] * 2 <= bytes[0] * 5, "{bytes:?}");
    Ok(())
}

/// Bytes of all requests about a person's account, in both directions.
fn traffic_of(world: &World, person: &Person<'_>) -> u64 {
    world.network().stats().accounts.get(&person.id()).map_or(0, onionskin_network::Traffic::bytes)
}
