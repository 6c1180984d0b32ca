//! What the desktop is told of a letter: no more than the person allows, and never as markup.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use onionskin::preferences::{NotificationContent, Preferences};
use onionskin_tests::WAIT_LIMIT;
use onionskin_tests::people::Told;
use onionskin_tests::screen::{PYTHON, Screen};
use onionskin_tests::town::{Town, converse, write};
use serde::Deserialize;

use crate::keys::open;

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Shown {
    program: String,
    title: String,
    text: String,
}

/// A notification server on the bus of a screen.
struct Server {
    process: Child,
    lines: Receiver<String>,
}

impl Server {
    fn start(screen: &Screen) -> Self {
        let mut process = Command::new(PYTHON)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/desktop/notices.py"))
            .envs(screen.environment())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed (packages python3 python3-gi; `make test` installs them)");
        let output = BufReader::new(process.stdout.take().unwrap());
        let (say, lines) = channel();
        // Ends with the process, whose output it reads.
        std::thread::spawn(move || output.lines().map_while(Result::ok).all(|line| say.send(line).is_ok()));
        let server = Self { process, lines };
        assert_eq!(server.line(), "{}", "it owns its name");
        server
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(WAIT_LIMIT).expect("the server is told something, and is there")
    }

    fn next(&self) -> Shown {
        serde_json::from_str(&self.line()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desktop_is_told_no_more_than_the_person_allows() -> Told<()> {
    let town = Town::start().await?;
    let (alice, bob) = (town.home("Alice")?, town.home("Bob")?);
    let (alices, bobs) = (alice.open().await?, bob.open().await?);
    let (one, other) = (alices.create("Alice").await?, bobs.create("Bob <b>").await?);
    converse(&one, &other, &[(true, "hello"), (false, "hello yourself")]).await?;
    let to = one.clone();
    alices.close().await?;
    for (content, name, words) in [
        (NotificationContent::NameAndText, true, true),
        (NotificationContent::Name, true, false),
        (NotificationContent::Nothing, false, false),
    ] {
        Preferences { notifications: content, ..Preferences::default() }.write(alice.folder())?;
        let screen = Screen::start();
        let server = Server::start(&screen);
        let mut app = open(&screen, &alice)?;
        write(&other, &to, "the <i>blue</i> folder & two apples").await?;
        let shown = tokio::task::block_in_place(|| server.next());
        assert_eq!(shown.program, "Onionskin");
        let all = format!("{} {}", shown.title, shown.text);
        assert_eq!(all.contains("Bob"), name, "{content:?}: {shown:?}");
        assert_eq!(all.contains("apples"), words, "{content:?}: {shown:?}");
        if words {
            assert_eq!(shown.text, "the &lt;i&gt;blue&lt;/i&gt; folder &amp; two apples");
        }
        app.kill().await?;
        drop(server);
    }
    bobs.close().await?;
    town.close().await;
    Ok(())
}
