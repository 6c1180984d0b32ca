//! Real keys into the real window, and what arrives at the other end of the network; and a name for everything that a screen
//! reader finds.

use std::process::Stdio;
use std::time::Instant;

use onionskin_core::{Before, Client};
use onionskin_tests::WAIT_LIMIT;
use onionskin_tests::people::Told;
use onionskin_tests::town::{Home, Town, app_program, converse, read_mail, with};
use tokio::process::Child;

use onionskin_tests::screen::{Screen, Thing, until_told};

/// 200 characters that a person could write, with keys that need Shift.
const LETTER: &str = "Dear Bob, the ferry leaves at 8:40 from platform 3; bring the blue folder, two apples & the map. \
    If it rains (they say 40%), meet me INSIDE the old station, under the clock. I will wait until nine. OK? Alice";

/// Two hundred characters at 15 ms a key, all by keyboard: none is lost, none is doubled, none changes its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_in_the_window_is_what_arrives() -> Told<()> {
    assert!(LETTER.len() >= 200);
    let town = Town::start().await?;
    let (alice, bob) = (town.home("Alice")?, town.home("Bob")?);
    let (bobs, bobs_client) = acquainted(&alice, &bob).await?;
    let screen = Screen::start();
    let mut app = open(&screen, &alice)?;
    tokio::task::block_in_place(|| {
        screen.window("Alice");
        let named_bob = |thing: &Thing| thing.name.contains("Bob") && thing.is("focusable");
        screen.thing("the conversation in the list", named_bob);
        screen.press(&["ctrl+1"]);
        to_the_composer(&screen);
        screen.types(LETTER);
        let typed =
            screen.thing("everything in the field", |thing| is_composer(thing) && thing.text.trim_end() == LETTER);
        assert!(typed.is("focused"));
        screen.press(&["Return"]);
        screen.thing("an empty field", |thing| is_composer(thing) && thing.text.trim().is_empty());
    });
    let arrived = arrival(&bobs_client, &town, &alice, LETTER).await?;
    assert_eq!(arrived, LETTER);
    app.kill().await?;
    bobs.close().await?;
    town.close().await;
    Ok(())
}

/// Every button, field and switch of the list, the conversation, the settings and the help sheet has a name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_can_be_used_has_a_name_for_screen_readers() -> Told<()> {
    let town = Town::start().await?;
    let (alice, bob) = (town.home("Alice")?, town.home("Bob")?);
    let (bobs, _) = acquainted(&alice, &bob).await?;
    bobs.close().await?;
    let screen = Screen::start();
    let mut app = open(&screen, &alice)?;
    tokio::task::block_in_place(|| {
        screen.window("Alice");
        screen.thing("the conversation in the list", |thing| thing.name.contains("Bob") && thing.is("focusable"));
        let mut seen = judge(&screen, "list");
        for (place, keys, sign) in PLACES {
            screen.press(&[keys]);
            screen.thing(place, |thing| sign.iter().any(|sign| thing.name.contains(sign)));
            seen += judge(&screen, place);
            screen.press(&["Escape"]);
        }
        assert!(seen > 20, "only {seen} controls were seen");
    });
    app.kill().await?;
    town.close().await;
    Ok(())
}

/// A place, the key that leads there, and something that is only there.
const PLACES: &[(&str, &str, &[&str])] = &[
    ("conversation", "ctrl+1", &["Message", "Write"]),
    ("new conversation", "ctrl+n", &["Account ID"]),
    ("settings", "ctrl+comma", &["Appearance"]),
    ("help", "F1", &["Ctrl", "keys", "Keys"]),
];

/// How many controls there are, as soon as each has a name: one that is drawn just now gets its name a moment later.
fn judge(screen: &Screen, place: &str) -> usize {
    until_told(&format!("a name for everything: {place}"), || {
        let controls = screen.tree()?.into_iter().filter(|thing| thing.is_control() && thing.is("showing"));
        let (named, nameless): (Vec<_>, Vec<_>) = controls.partition(|thing| !thing.name.trim().is_empty());
        if nameless.is_empty() { Ok(named.len()) } else { Err(format!("without a name: {nameless:#?}")) }
    })
}

fn is_composer(thing: &Thing) -> bool {
    thing.role == "entry" && thing.is("multi-line")
}

/// By keyboard alone: Tab until the field has it.
fn to_the_composer(screen: &Screen) {
    tab_to(screen, "the composer", is_composer);
}

/// By keyboard alone: Tab until this has it.
pub fn tab_to(screen: &Screen, what: &str, is: impl Fn(&Thing) -> bool) {
    screen.thing(what, &is);
    let mut at = keyboard(screen);
    for _ in 0..30 {
        if at.iter().any(|(_, thing)| is(thing)) {
            return;
        }
        screen.press(&["Tab"]);
        // Another Tab before this one has done its work would lead past the field.
        at = until_told("another place of the keyboard", || {
            let now = focused(screen)?;
            let place = |at: &[(usize, Thing)]| at.iter().map(|(number, _)| *number).collect::<Vec<_>>();
            if place(&now) == place(&at) { Err(format!("it is still at {now:?}")) } else { Ok(now) }
        });
    }
    panic!("thirty times Tab do not lead to {what}: {at:?}");
}

/// What has the keyboard, with its number in the tree.
fn focused(screen: &Screen) -> Result<Vec<(usize, Thing)>, String> {
    Ok(screen.tree()?.into_iter().enumerate().filter(|(_, thing)| thing.is("focused")).collect())
}

fn keyboard(screen: &Screen) -> Vec<(usize, Thing)> {
    until_told("the tree", || focused(screen))
}

/// Alice and Bob have written to each other; Alice's device is closed again, Bob's stays open here.
async fn acquainted(alice: &Home, bob: &Home) -> Told<(onionskin_core::Accounts, Client)> {
    let (alices, bobs) = (alice.open().await?, bob.open().await?);
    let (one, other) = (alices.create("Alice").await?, bobs.create("Bob").await?);
    converse(&one, &other, &[(true, "hello"), (false, "hello yourself")]).await?;
    alices.close().await?;
    Ok((bobs, other))
}

/// The text that comes to Bob, as soon as it is this one; else the last one.
async fn arrival(bob: &Client, town: &Town, alice: &Home, awaited: &str) -> Told<String> {
    let begun = Instant::now();
    loop {
        // Counted before the look, so that nothing is stored unseen between the two.
        let before = town.network().stats().stores;
        read_mail(bob).await?;
        let conversations = bob.conversations().await?;
        let row = conversations.first().ok_or_else(|| format!("nothing of {}", alice.name()))?;
        let rows = bob.conversation(&row.id).messages(Before::Latest, 1).await?;
        let last = rows.last().map(|row| row.body.clone()).unwrap_or_default();
        if last == awaited || begun.elapsed() > WAIT_LIMIT {
            return Ok(last);
        }
        // Whatever the network stores next may be it.
        let _ = town.network().wait_until(|stats| stats.stores > before).await;
    }
}

pub fn open(screen: &Screen, home: &Home) -> Told<Child> {
    open_with(screen, home, &[])
}

/// As [`open`], with more options.
pub fn open_with(screen: &Screen, home: &Home, options: &[&str]) -> Told<Child> {
    let mut command = home.app(&app_program()?);
    command
        .args(options)
        .args(["--title", home.name(), "--language", "en", "--geometry", "1200x860+0+0"])
        .envs(screen.environment())
        .env("HOME", home.folder())
        .stderr(Stdio::inherit());
    home.start(&mut command)
}

/// The account on the screen of a home, for tests of the window itself.
pub async fn prepared(home: &Home) -> Told<()> {
    let accounts = home.open().await?;
    let client = accounts.create(home.name()).await?;
    with(&client)?;
    accounts.close().await?;
    Ok(())
}
