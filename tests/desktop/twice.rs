//! The window itself: its title counts, a second one on the same folder gets the first, its size is kept, it ends when asked.

use onionskin_tests::people::Told;
use onionskin_tests::town::{Home, Town, converse, write};

use crate::keys::{open, open_with, prepared};
use onionskin::preferences::Preferences;
use onionskin_tests::screen::{Screen, until};

/// A second program on the same folder gets the window that is there, also when it was put away, and ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_start_brings_the_window_that_is_there() -> Told<()> {
    let town = Town::start().await?;
    let alice = town.home("Alice")?;
    prepared(&alice).await?;
    Preferences { keeps_running: true, ..Preferences::default() }.write(alice.folder())?;
    let screen = Screen::start();
    let mut first = open_with(&screen, &alice, &["--minimised"])?;
    tokio::task::block_in_place(|| {
        until("it listens", || alice.folder().join("window").exists().then_some(()));
        assert_eq!(screen.windows(), 0, "it waits where nobody sees it");
    });
    let mut second = open(&screen, &alice)?;
    assert!(second.wait().await?.success(), "there is nothing left for it to do");
    tokio::task::block_in_place(|| {
        screen.window("Alice");
        assert_eq!(screen.windows(), 1);
    });
    first.kill().await?;
    // What a kill leaves behind is in nobody's way.
    let mut again = open(&screen, &alice)?;
    tokio::task::block_in_place(|| screen.window("Alice"));
    again.kill().await?;
    town.close().await;
    Ok(())
}

/// The number of unread messages stands in the title as soon as one arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_title_counts_what_is_unread() -> Told<()> {
    let town = Town::start().await?;
    let (alice, bob) = (town.home("Alice")?, town.home("Bob")?);
    let (alices, bobs) = (alice.open().await?, bob.open().await?);
    let (one, other) = (alices.create("Alice").await?, bobs.create("Bob").await?);
    converse(&one, &other, &[(true, "hello"), (false, "hello yourself")]).await?;
    write(&other, &one, "are you there?").await?;
    let screen = Screen::start();
    alices.close().await?;
    let mut app = open(&screen, &alice)?;
    tokio::task::block_in_place(|| {
        let window = screen.window("Alice");
        until("a title with (1)", || (screen.title(&window) == "(1) Alice").then_some(()));
        assert_eq!(screen.windows(), 1);
    });
    end(&mut app, &alice).await?;
    bobs.close().await?;
    town.close().await;
    Ok(())
}

/// Asked to end, it closes its accounts: the folder can be opened at once, and everything is there.
async fn end(app: &mut tokio::process::Child, home: &Home) -> Told<()> {
    let id = rustix::process::Pid::from_raw(i32::try_from(app.id().ok_or("it runs")?)?).ok_or("it has an id")?;
    rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
    let status = app.wait().await?;
    assert!(status.success(), "{status}");
    let accounts = home.open().await?;
    let account = accounts.list().await?.first().ok_or("the account is there")?.account;
    let client = accounts.open_account(&account).await?;
    assert_eq!(client.unread_total().await?, 1);
    accounts.close().await?;
    Ok(())
}
