//! A file that is saved: the system asks where, and there it is.

use std::fs;

use onionskin_tests::people::Told;
use onionskin_tests::screen::{Screen, until};
use onionskin_tests::town::Town;

use crate::keys::{open, prepared, tab_to};

/// The desktop's own dialogue is in front; Escape saves nothing, Return saves where it says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_saved_where_the_dialogue_of_the_desktop_says() -> Told<()> {
    let town = Town::start().await?;
    let alice = town.home("Alice")?;
    prepared(&alice).await?;
    // The home of the app is the home of the system here.
    let downloads = alice.folder().join("Downloads");
    fs::create_dir_all(&downloads)?;
    fs::create_dir_all(alice.folder().join(".config"))?;
    fs::write(alice.folder().join(".config/user-dirs.dirs"), "XDG_DOWNLOAD_DIR=\"$HOME/Downloads\"\n")?;
    let screen = Screen::start();
    let mut app = open(&screen, &alice)?;
    tokio::task::block_in_place(|| {
        let window = screen.window("Alice");
        tab_to(&screen, "the way to my Account ID", |thing| thing.name.contains("Show my Account ID"));
        screen.press(&["Return"]);
        tab_to(&screen, "the button that saves", |thing| thing.name.contains("Save"));
        for (key, kept) in [("Escape", false), ("Return", true)] {
            screen.press(&["Return"]);
            until("a dialogue", || (screen.windows() == 2).then_some(()));
            screen.press(&[key]);
            until("no dialogue", || (screen.windows() == 1).then_some(()));
            screen.focus(&window);
            if kept {
                let path = downloads.join("onionskin-account-id.png");
                until("the picture", || fs::read(&path).ok().filter(|bytes| bytes.starts_with(b"\x89PNG")));
            }
            assert_eq!(fs::read_dir(&downloads).unwrap().count(), usize::from(kept), "{key}");
        }
    });
    app.kill().await?;
    town.close().await;
    Ok(())
}
