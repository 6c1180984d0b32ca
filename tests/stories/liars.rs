//! Nodes that lie in every way they can, for long: nothing is lost that an honest member holds, nothing is shown twice,
//! rows, requests and guards are bounded, and a liar does not get more than its share of the paths.

use onionskin_network::{Options, Trick};
use onionskin_tests::liars::{lying_guard, lying_member};

use super::people::{Story, World};

/// Polls for each seed: `LIAR_POLLS`, or as many as there is time for beside all other stories.
fn polls() -> usize {
    std::env::var("LIAR_POLLS").ok().and_then(|text| text.parse().ok()).unwrap_or(120)
}

fn large() -> Options {
    Options { nodes: 24, swarms: 4, ..Options::default() }
}

async fn a_member_lies(seed: u64) -> Story {
    let Some(world) = World::local_with(large()).await? else { return Ok(()) };
    let outcome = lying_member(&world, seed, polls()).await?;
    outcome.holds().map_err(|trouble| format!("seed {seed}: {trouble}").into())
}

async fn a_guard_plays(trick: Trick) -> Story {
    let Some(world) = World::local_with(large()).await? else { return Ok(()) };
    let outcome = lying_guard(&world, 11, trick, 40).await?;
    outcome.holds().map_err(|trouble| format!("{trick:?}: {trouble}").into())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_member_that_combines_its_lies_loses_doubles_and_floods_nothing() -> Story {
    a_member_lies(1).await
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn another_member_that_combines_its_lies_loses_doubles_and_floods_nothing() -> Story {
    a_member_lies(2).await
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_third_member_that_combines_its_lies_loses_doubles_and_floods_nothing() -> Story {
    a_member_lies(3).await
}

/// Whoever is asked which hop is silent must not be believed because he lets letters pass.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_guard_that_drops_small_questions_gains_and_delays_nothing_for_long() -> Story {
    a_guard_plays(Trick::Small).await
}

/// A guard that chooses our nodes by dropping what goes to others.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_guard_that_drops_by_the_next_node_does_not_choose_our_paths() -> Story {
    a_guard_plays(Trick::NextHop).await
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_guard_that_drops_one_request_in_three_loses_nothing() -> Story {
    a_guard_plays(Trick::Random).await
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_guard_that_delays_at_random_loses_nothing() -> Story {
    a_guard_plays(Trick::Delay).await
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_guard_that_plays_every_trick_loses_nothing() -> Story {
    a_guard_plays(Trick::Mixed).await
}
