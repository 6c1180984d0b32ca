//! What the desktop is told of a letter: no more than the person allows, and never as markup.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use onionskin::preferences::{NotificationContent, Preferences};
use onionskin_core::{Before, Client};
use onionskin_tests::WAIT_LIMIT;
use onionskin_tests::people::Told;
use onionskin_tests::screen::{PYTHON, Screen};
use onionskin_tests::town::{Town, converse, read_mail, with, write};
use serde::Deserialize;

use crate::keys::open;

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Shown {
    program: String,
    title: String,
    text: String,
    actions: Vec<String>,
    id: u32,
}

/// A notification server on the bus of a screen.
struct Server {
    process: Child,
    hands: ChildStdin,
    lines: Receiver<String>,
}

impl Server {
    fn start(screen: &Screen) -> Self {
        let mut process = Command::new(PYTHON)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/desktop/notices.py"))
            .envs(screen.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed (packages python3 python3-gi; `make test` installs them)");
        let output = BufReader::new(process.stdout.take().unwrap());
        let (say, lines) = channel();
        // Ends with the process, whose output it reads.
        std::thread::spawn(move || output.lines().map_while(Result::ok).all(|line| say.send(line).is_ok()));
        let hands = process.stdin.take().unwrap();
        let server = Self { process, hands, lines };
        assert_eq!(server.line(), "{}", "it owns its name");
        server
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(WAIT_LIMIT).expect("the server is told something, and is there")
    }

    fn next(&self) -> Shown {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// A person does something with a note.
    fn does(&mut self, what: &str) {
        writeln!(self.hands, "{what}").unwrap();
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

/// Waits until this letter of that person is here.
async fn comes(client: &Client, from: &Client, text: &str) -> Told<()> {
    let start = Instant::now();
    let conversation = client.conversation(&with(from)?);
    while !conversation.messages(Before::Latest, 3).await?.iter().any(|row| row.body == text) {
        assert!(start.elapsed() < WAIT_LIMIT, "{text:?} did not come");
        read_mail(client).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_is_answered_where_it_stands_and_goes_and_a_tap_opens_the_conversation() -> Told<()> {
    let town = Town::start().await?;
    let (alice, bob) = (town.home("Alice")?, town.home("Bob")?);
    let (alices, bobs) = (alice.open().await?, bob.open().await?);
    let (one, other) = (alices.create("Alice").await?, bobs.create("Bob").await?);
    converse(&one, &other, &[(true, "hello"), (false, "hello yourself")]).await?;
    let to = one.clone();
    alices.close().await?;
    let screen = Screen::start();
    let mut server = Server::start(&screen);
    let mut app = open(&screen, &alice)?;
    write(&other, &to, "are you coming?").await?;
    let shown = tokio::task::block_in_place(|| server.next());
    assert_eq!(shown.actions, ["default", "Bob", "inline-reply", "Answer", "read", "Mark read"]);
    server.does(&format!("reply {} on my way", shown.id));
    comes(&other, &to, "on my way").await?;
    write(&other, &to, "good").await?;
    let shown = tokio::task::block_in_place(|| server.next());
    server.does(&format!("action {} default", shown.id));
    tokio::task::block_in_place(|| screen.thing("the conversation is open", |thing| thing.name == "Message"));
    app.kill().await?;
    bobs.close().await?;
    town.close().await;
    Ok(())
}
