//! Real keys into the real window, and what arrives at the other end of the network; and a name for everything that a screen
//! reader finds.

use std::process::Stdio;

use onionskin_core::client::{Before, Client};
use onionskin_tests::people::Told;
use onionskin_tests::town::{Home, Town, app_program, converse, read_mail, with};
use tokio::process::Child;

use onionskin_tests::screen::{Screen, Thing, until};

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

fn judge(screen: &Screen, place: &str) -> usize {
    let controls: Vec<Thing> =
        screen.tree().into_iter().filter(|thing| thing.is_control() && thing.is("showing")).collect();
    let nameless: Vec<&Thing> = controls.iter().filter(|thing| thing.name.trim().is_empty()).collect();
    assert!(nameless.is_empty(), "{place}: without a name: {nameless:#?}");
    controls.len()
}

fn is_composer(thing: &Thing) -> bool {
    thing.role == "entry" && thing.is("multi-line")
}

/// By keyboard alone: Tab until the field has it.
fn to_the_composer(screen: &Screen) {
    screen.thing("the composer", is_composer);
    let mut tabs = 0;
    until("the keyboard in the composer", || {
        let there = screen.tree().into_iter().any(|thing| is_composer(&thing) && thing.is("focused"));
        if !there {
            assert!(tabs < 30, "thirty times Tab do not lead to the composer");
            tabs += 1;
            screen.press(&["Tab"]);
        }
        there.then_some(())
    });
}

/// Alice and Bob have written to each other; Alice's device is closed again, Bob's stays open here.
async fn acquainted(alice: &Home, bob: &Home) -> Told<(onionskin_core::Accounts, Client)> {
    let (alices, bobs) = (alice.open().await?, bob.open().await?);
    let (one, other) = (alices.create("Alice").await?, bobs.create("Bob").await?);
    converse(&one, &other, &[(true, "hello"), (false, "hello yourself")]).await?;
    alices.close().await?;
    Ok((bobs, other))
}

/// The text that comes to Bob next.
async fn arrival(bob: &Client, town: &Town, alice: &Home, awaited: &str) -> Told<String> {
    let before = town.network().stats().stores;
    let mut last = String::new();
    for _ in 0..40 {
        read_mail(bob).await?;
        let conversations = bob.conversations().await?;
        let row = conversations.first().ok_or_else(|| format!("nothing of {}", alice.name()))?;
        let rows = bob.conversation(&row.id).await?.messages(Before::Latest, 1).await?;
        last = rows.last().map(|row| row.body.clone()).unwrap_or_default();
        if last == awaited {
            break;
        }
        // Whatever the network stores next may be it.
        let _ = town.network().wait_until(|stats| stats.stores > before).await;
    }
    Ok(last)
}

pub fn open(screen: &Screen, home: &Home) -> Told<Child> {
    let mut command = home.app(&app_program()?);
    command
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
