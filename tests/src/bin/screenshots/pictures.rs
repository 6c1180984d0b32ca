//! Every screen of the app as a picture, light and dark, in `assets/screenshots`.
//!
//! A local network runs in this process, invented people write to each other over it, and headless Chromium shows the page
//! of one of them: every screen on a telephone (390 x 844), the main ones on a wide window (1200 x 800) too. With words as
//! arguments only the screens whose names contain one of them are made.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)] // a tool of tests may panic

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use onionskin::preferences::{Mode, Theme};
use onionskin::route::Screen;
use onionskin::shell::Rescue;
use onionskin_core::mnemonic::recovery_password;
use onionskin_core::{AccountSeed, Before, Conversation, ConversationId, Draft, MessageId};
use onionskin_network::{Fault, When};
use onionskin_tests::browser::{App, Browser, PHONE, Page, Size};
use onionskin_tests::people::{Person, Told, World, days};

/// A window with two panes.
const WIDE: Size = (1200, 800);

/// Makes them.
///
/// # Errors
/// When the network or the browser fails, or no picture was asked for by its name.
pub async fn make() -> Told<()> {
    let folder = std::env::var_os("FOLDER").map_or_else(ours, PathBuf::from);
    let language = std::env::var("LANGUAGE_TAG").unwrap_or_else(|_| "en".to_owned());
    std::fs::create_dir_all(&folder)?;
    let world = World::local().await?.ok_or("pictures are made on a local network")?;
    let app = App::start(&world, &language).await;
    let percent = std::env::var("TEXT_PERCENT").ok().and_then(|percent| percent.parse().ok()).unwrap_or(100);
    app.shell().change_preferences(|preferences| preferences.text_percent = percent)?;
    let pages = [Browser::Chromium.open(PHONE).await, Browser::Chromium.open(WIDE).await];
    let camera = Camera { app: &app, pages, folder, wanted: std::env::args().skip(1).collect(), made: 0.into() };

    camera.shows("landing", &[Screen::Landing], true, "").await?;
    camera.shows("create-account", &[Screen::Landing, Screen::CreateAccount], false, "").await?;
    camera.shows("restore", &[Screen::Landing, Screen::Restore], false, "").await?;
    app.shell().create("Ana Reis").await?;
    camera.shows("home-empty", &[Screen::Home], false, "").await?;
    let words = app.client().recovery_password();
    let cast = Cast::plays(&world, &app).await?;
    camera.shows_conversations(&cast).await?;
    camera.shows_settings().await?;
    camera.shows_looks(&cast).await?;
    app.shell().set_passphrase(Some("paper and ink")).await?;
    app.shell().lock().await?;
    camera.shows("locked", &[Screen::Home], false, "").await?;
    let second = App::start(&world, &language).await;
    let pages = camera.pages;
    let camera = Camera { app: &second, pages, folder: camera.folder, wanted: camera.wanted, made: camera.made };
    // Without a network nothing of it can come in.
    world.goes_offline();
    second.shell().restore(&words, "").await?;
    camera.shows("restoring", &[Screen::Home], true, "").await?;
    let seed =
        AccountSeed::copy_of(&std::array::from_fn::<u8, 32, _>(|place| place as u8)).ok_or("a seed has 32 bytes")?;
    second.shell().restore(&recovery_password(&seed), "").await?;
    let recovery = [Screen::Home, Screen::Settings, Screen::RecoveryPassword];
    camera.shows("recovery-password-25", &recovery, false, &click("show-words")).await?;
    camera.shows_trouble().await?;
    camera.counts()
}

/// The pictures of the repository. Others, to look at in another language or with larger text, go to the `FOLDER` of the
/// environment, in the language of `LANGUAGE_TAG` and with text of `TEXT_PERCENT`.
fn ours() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/screenshots")
}

/// The list, and a screen of one conversation above it.
fn chat(screen: fn(ConversationId) -> Screen, id: &ConversationId) -> Vec<Screen> {
    vec![Screen::Home, screen(id.clone())]
}

/// Presses the key of the help sheet.
const KEYS: &str = "dispatchEvent(new KeyboardEvent('keydown', { key: 'F1', bubbles: true }))";

fn click(id: &str) -> String {
    format!("document.getElementById('{id}').click()")
}

fn type_into(id: &str, text: &str) -> String {
    format!(
        "const field = document.getElementById('{id}'); field.value = '{text}'; field.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    )
}

/// Takes the pictures.
struct Camera<'a> {
    app: &'a App,
    pages: [Page; 2],
    folder: PathBuf,
    wanted: Vec<String>,
    made: std::cell::Cell<usize>,
}

impl Camera<'_> {
    /// A screen, light and dark; `act` runs in the page first.
    async fn shows(&self, name: &str, stack: &[Screen], wide: bool, act: &str) -> Told<()> {
        if !self.wanted.is_empty() && !self.wanted.iter().any(|wanted| name.contains(wanted.as_str())) {
            return Ok(());
        }
        for (mode, light) in [(Mode::Light, "light"), (Mode::Dark, "dark")] {
            self.app.shell().change_preferences(|preferences| preferences.mode = mode)?;
            for (page, suffix) in self.pages.iter().zip(["", "-wide"]).take(if wide { 2 } else { 1 }) {
                self.app.shell().remember_stack(stack.to_vec());
                page.goto(&self.app.url()).await;
                page.until("a screen", READY).await;
                settle().await;
                if !act.is_empty() {
                    page.run(act).await;
                    settle().await;
                }
                let picture = base64::prelude::BASE64_STANDARD.decode(page.picture().await)?;
                self.keep(&format!("{name}{suffix}-{light}.png"), &picture)?;
            }
        }
        println!("{name}");
        Ok(())
    }

    /// Writes a picture with a palette of its most frequent colours.
    fn keep(&self, name: &str, picture: &[u8]) -> Told<()> {
        let picture = image::load_from_memory(picture)?.to_rgb8();
        let mut counts = HashMap::<[u8; 3], usize>::new();
        for pixel in picture.pixels() {
            *counts.entry(pixel.0).or_default() += 1;
        }
        let mut palette: Vec<([u8; 3], usize)> = counts.into_iter().collect();
        palette.sort_unstable_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
        let palette: Vec<[u8; 3]> = palette.into_iter().map(|(colour, _)| colour).take(256).collect();
        let mut nearest = HashMap::<[u8; 3], u8>::new();
        let indices: Vec<u8> = picture
            .pixels()
            .map(|pixel| {
                *nearest.entry(pixel.0).or_insert_with(|| {
                    let distance = |colour: &[u8; 3]| -> u32 {
                        colour.iter().zip(pixel.0).map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
                    };
                    let index = (0..palette.len()).min_by_key(|index| distance(&palette[*index])).unwrap_or_default();
                    u8::try_from(index).unwrap_or_default()
                })
            })
            .collect();
        let file = std::io::BufWriter::new(std::fs::File::create(self.folder.join(name))?);
        let mut encoder = png::Encoder::new(file, picture.width(), picture.height());
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette.concat());
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        encoder.write_header()?.write_image_data(&indices)?;
        self.made.set(self.made.get() + 1);
        Ok(())
    }

    /// Says how much there is now, and fails when it is too much for a repository.
    /// The list, conversations and people.
    async fn shows_conversations(&self, cast: &Cast) -> Told<()> {
        self.shows("home", &[Screen::Home], true, "").await?;
        self.shows("conversation", &chat(Screen::Conversation, &cast.ines), true, "").await?;
        self.shows("conversation-failed", &chat(Screen::Conversation, &cast.grandma), false, "").await?;
        self.shows("request", &chat(Screen::Conversation, &cast.jonas), true, "").await?;
        self.shows("requests", &[Screen::Home, Screen::Requests], false, "").await?;
        let menu = "[...document.querySelectorAll('#thread .dots')].pop().click()";
        self.shows("message-menu", &chat(Screen::Conversation, &cast.ines), false, menu).await?;
        let delete = format!("{menu}; setTimeout(() => document.getElementById('menu-delete').click(), 150)");
        self.shows("delete-message", &chat(Screen::Conversation, &cast.ines), true, &delete).await?;
        for (name, entry) in
            [("select-several", "menu-pick"), ("forward", "menu-forward"), ("select-text", "menu-part")]
        {
            let act = format!("{menu}; setTimeout(() => document.getElementById('{entry}').click(), 150)");
            self.shows(name, &chat(Screen::Conversation, &cast.ines), false, &act).await?;
        }
        let day = "document.querySelector('#thread .day button').click()";
        self.shows("jump-to-date", &chat(Screen::Conversation, &cast.ines), false, day).await?;
        self.shows("emoji", &chat(Screen::Conversation, &cast.ines), true, &click("emoji")).await?;
        let details = [chat(Screen::Conversation, &cast.ines), vec![Screen::MessageDetails(cast.sent)]].concat();
        self.shows("message-details", &details, true, "").await?;
        let about = Screen::ConversationSettings(cast.ines.clone());
        let person = [chat(Screen::Conversation, &cast.ines), vec![about]].concat();
        self.shows("conversation-settings", &person, true, "").await?;
        self.shows("delete-contact", &person, false, &click("delete-contact")).await?;
        let named = |screen: fn(ConversationId) -> Screen| [person.clone(), vec![screen(cast.ines.clone())]].concat();
        self.shows("nickname", &named(Screen::Nickname), false, "").await?;
        self.shows("private-note", &named(Screen::PrivateNote), false, "").await?;
        self.shows("disappearing", &named(Screen::Disappearing), false, &click("timer-read")).await?;
        let row_menu = "document.querySelector('#conversations .dots').click()";
        self.shows("row-menu", &[Screen::Home], true, row_menu).await?;
        let mute = format!("{row_menu}; setTimeout(() => document.getElementById('row-mute').click(), 150)");
        self.shows("mute", &[Screen::Home], false, &mute).await?;
        self.shows("notices-of-one", &named(Screen::Quiet), false, "").await?;
        self.shows_kept_apart(cast).await?;
        let harbour = type_into("search-text", "harbour");
        self.shows("search", &[Screen::Home, Screen::Search], false, &harbour).await?;
        self.app.client().store().write("search begins anew", |tx| tx.index_anew()).await?;
        self.shows("search-filling", &[Screen::Home, Screen::Search], false, &harbour).await?;
        self.app.client().fill_search_now().await?;
        self.shows("new-conversation", &[Screen::Home, Screen::NewConversation], false, "").await?;
        self.shows("account-id", &[Screen::Home, Screen::AccountId], true, "").await
    }

    /// What is archived, and what has a star.
    async fn shows_kept_apart(&self, cast: &Cast) -> Told<()> {
        let (archived, starred) =
            (self.app.client().conversation(&cast.grandma), self.app.client().conversation(&cast.ines));
        archived.set_archived(true).await?;
        starred.set_starred(cast.sent, true).await?;
        self.shows("archive", &[Screen::Home, Screen::Archive], true, "").await?;
        self.shows("starred", &[Screen::Home, Screen::Settings, Screen::Starred], false, "").await?;
        archived.set_archived(false).await?;
        starred.set_starred(cast.sent, false).await?;
        Ok(())
    }

    /// Everything that can be set, and the sheet of keys.
    async fn shows_settings(&self) -> Told<()> {
        self.shows("settings", &[Screen::Home, Screen::Settings], true, "").await?;
        let open_words = click("show-words");
        for (name, screen, wide, act) in [
            ("path", Screen::Path, true, ""),
            ("profile-name", Screen::ProfileName, false, ""),
            ("recovery-password", Screen::RecoveryPassword, false, ""),
            ("recovery-password-open", Screen::RecoveryPassword, false, open_words.as_str()),
            ("appearance", Screen::Appearance, true, ""),
            ("notifications", Screen::Notifications, false, ""),
            ("privacy", Screen::Privacy, false, ""),
            ("blocked", Screen::Blocked, false, ""),
            ("network", Screen::Network, false, ""),
            ("accounts", Screen::Accounts, false, ""),
            ("devices", Screen::Devices, true, ""),
            ("lock", Screen::Lock, false, ""),
            ("clear-data", Screen::ClearData, false, ""),
            ("about", Screen::About, false, ""),
        ] {
            self.shows(name, &[Screen::Home, Screen::Settings, screen], wide, act).await?;
        }
        self.shows("keys", &[Screen::Home], true, KEYS).await
    }

    /// Another theme, and the largest text.
    async fn shows_looks(&self, cast: &Cast) -> Told<()> {
        let shell = self.app.shell();
        shell.change_preferences(|preferences| preferences.theme = Theme::Ocean)?;
        self.shows("ocean-conversation", &chat(Screen::Conversation, &cast.ines), true, "").await?;
        shell.change_preferences(|preferences| preferences.theme = Theme::Classic)?;
        shell.change_preferences(|preferences| preferences.text_percent = 200)?;
        self.shows("large-text", &chat(Screen::Conversation, &cast.ines), false, "").await?;
        shell.change_preferences(|preferences| preferences.text_percent = 100)?;
        Ok(())
    }

    /// An account that does not open any more, and what its rescue brought.
    async fn shows_trouble(&self) -> Told<()> {
        let shell = self.app.shell();
        shell.set_passphrase(Some("paper and ink")).await?;
        shell.lock().await?;
        let ledger = ledger_in(self.app.folder())?.ok_or("there is an account")?;
        let mut bytes = std::fs::read(&ledger)?;
        bytes.iter_mut().take(8_192).for_each(|byte| *byte = 0x55);
        std::fs::write(&ledger, bytes)?;
        shell.unlock("paper and ink").await?;
        let accounts = [Screen::Home, Screen::Settings, Screen::Accounts];
        self.shows("account-closed", &accounts, true, "").await?;
        let troubled = shell.accounts().ok_or("accounts are open")?.troubled().await?;
        shell.begin_rescue(troubled.first().ok_or("one does not open")?);
        let ended = |rescue: &Option<Rescue>| rescue.as_ref().is_some_and(|rescue| rescue.outcome.is_some());
        shell.rescue().wait_for(ended).await?;
        self.shows("rescue-done", &[accounts.as_slice(), &[Screen::Rescue]].concat(), false, "").await
    }

    fn counts(&self) -> Told<()> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(&self.folder)? {
            bytes += entry?.metadata()?.len();
        }
        println!("{} pictures made; the folder holds {} kB", self.made.get(), bytes / 1000);
        if bytes > LARGEST && self.folder == ours() { Err("the pictures take more than 4 MB".into()) } else { Ok(()) }
    }
}

/// A database of an account somewhere below a folder.
fn ledger_in(folder: &Path) -> Told<Option<PathBuf>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "db") {
            return Ok(Some(path));
        }
        if path.is_dir()
            && let Some(found) = ledger_in(&path)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The page shows something and waits for nothing.
const READY: &str = "return document.querySelector('#main > *, .screen') && !document.querySelector('[aria-busy=true]') && document.fonts.status === 'loaded' ? true : null";

/// Until transitions are over.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(450)).await;
}

/// The largest folder of pictures.
const LARGEST: u64 = 4_000_000;

/// Who wrote, and where to find it.
struct Cast {
    ines: ConversationId,
    grandma: ConversationId,
    jonas: ConversationId,
    /// A message of Ana's to Ines that was sent.
    sent: MessageId,
}

impl Cast {
    /// Three days of letters.
    async fn plays(world: &World, app: &App) -> Told<Self> {
        let [ines, mateo, noor, grandma, tomas] =
            world.people(["Ines Duarte", "Mateo", "Noor Haddad", "Grandma", "Tomas Lind"]).await?;
        let [jonas, elif, spam] = world.people(["Jonas", "Elif Kaya", "Prize Office"]).await?;
        let talk = Talk { world, app };
        talk.first_day(&tomas, &grandma).await?;
        world.clock.forward(days(1));
        talk.second_day(&noor, &ines).await?;
        world.clock.forward(days(1));
        talk.third_day(&mateo, &ines).await?;
        talk.answers(&ines).await?;
        talk.strangers(&jonas, &elif, &spam).await?;
        for unread in ["8:40 works, no?", "I am bringing the thermos either way."] {
            ines.writes_to_account(&app.client().account_id(), unread).await?;
            world.clock.forward(Duration::from_secs(60));
        }
        app.posts().await;
        talk.with(&mateo)?.set_draft("I think the second photo is", None).await?;
        let own = ConversationId::parse(&app.id())?;
        app.client().conversation(&own).send(Draft::text("Ferry 8:40, platform 3. Blue folder.")).await?;
        app.posts().await;
        talk.fails(&grandma, "Landed safely. The soup was perfect, all four bowls.").await?;
        let ines = talk.with(&ines)?;
        ines.set_nickname("Ines from the ferry").await?;
        ines.set_note("Birthday on 3 March. Prefers the window seat, and the thermos with the blue lid.").await?;
        ines.set_pinned(true).await?;
        talk.with(&tomas)?.mark_unread().await?;
        let rows = ines.messages(Before::Latest, 50).await?;
        let sent = rows.iter().rev().find(|row| row.outgoing && row.sending.is_some()).ok_or("nothing was sent")?.id;
        Ok(Self {
            ines: ines.id().clone(),
            grandma: talk.with(&grandma)?.id().clone(),
            jonas: talk.with(&jonas)?.id().clone(),
            sent,
        })
    }
}

struct Talk<'w> {
    world: &'w World,
    app: &'w App,
}

impl Talk<'_> {
    fn with(&self, person: &Person<'_>) -> Told<Conversation> {
        Ok(self.app.client().conversation(&ConversationId::parse(&person.id())?))
    }

    async fn first_day(&self, tomas: &Person<'_>, grandma: &Person<'_>) -> Told<()> {
        let swim = [
            (false, "The water in the harbour was eleven degrees. I went in anyway.", 9),
            (true, "Of course you did. Are your toes back?", 2),
            (false, "Nine of them.", 30),
        ];
        self.of(tomas, &swim).await?;
        let hello = [
            (true, "Dear Grandma, this is Ana. Only letters here, no telephone number.", 14),
            (false, "How modern. Your grandfather painted harbours, you know. Mostly from memory.", 6),
        ];
        self.of(grandma, &hello).await
    }

    async fn second_day(&self, noor: &Person<'_>, ines: &Person<'_>) -> Told<()> {
        let parcel = [
            (false, "Did the parcel arrive?", 40),
            (true, "It stands on the kitchen table. The string alone is worth keeping.", 3),
            (false, "Open it on Sunday, not before.", 200),
        ];
        self.of(noor, &parcel).await?;
        let ferry = [
            (false, "I found the old ferry timetable in my coat. From 1998.", 3),
            (true, "Does it still hold?", 1),
            (false, "The times do. The ferry is a different one.", 600),
        ];
        self.of(ines, &ferry).await
    }

    async fn third_day(&self, mateo: &Person<'_>, ines: &Person<'_>) -> Told<()> {
        let photos = [
            (true, "Which of the two photos?", 11),
            (false, "Is that the old harbour, the one with the red light?", 90),
        ];
        self.of(mateo, &photos).await?;
        let morning = [
            (false, "Good morning! I kept the window seat for you. They only had two left.", 2),
            (true, "You are the best. Which platform?", 1),
            (true, "And do I bring the blue folder?", 4),
            (false, "Platform 3. Yes, the folder, and the apples if there are any.", 1),
            (false, "Quarter past eight at the clock, then we have time for coffee.", 6),
            (true, "At the clock. If it rains, inside, under the stairs: https://www.example.org/ferry", 2),
        ];
        self.of(ines, &morning).await
    }

    /// An emoji on a letter, and an answer to it.
    async fn answers(&self, ines: &Person<'_>) -> Told<()> {
        let chat = self.with(ines)?;
        let rows = chat.messages(Before::Latest, 50).await?;
        let asked = rows.iter().find(|row| row.body.starts_with("Platform 3")).ok_or("a letter with a platform")?.id;
        chat.react(asked, "🧡", true).await?;
        chat.send(Draft::text("The small red ones are in the basket already.").answering(asked)).await?;
        self.app.posts().await;
        Ok(())
    }

    /// Three write whom Ana does not know; one of them she blocks.
    async fn strangers(&self, jonas: &Person<'_>, elif: &Person<'_>, spam: &Person<'_>) -> Told<()> {
        let map = "Hello Ana, Tomas gave me your Account ID. We met at the book circle, I was the one with the map.";
        for (stranger, text) in [
            (jonas, map),
            (elif, "Is this still the Ana who looks after the boat keys?"),
            (spam, "You have won! Write back within the hour."),
        ] {
            stranger.writes_to_account(&self.app.client().account_id(), text).await?;
        }
        self.app.posts().await;
        self.with(spam)?.block().await?;
        Ok(())
    }

    /// Lines of Ana (`true`) and of somebody else, and the minutes that pass after each.
    async fn of(&self, person: &Person<'_>, lines: &[(bool, &str, u64)]) -> Told<()> {
        for (ours, text, minutes) in lines {
            if *ours {
                self.with(person)?.send(Draft::text(*text)).await?;
                self.app.posts().await;
                person.polls().await?;
            } else {
                person.writes_to_account(&self.app.client().account_id(), text).await?;
                self.app.posts().await;
            }
            self.world.clock.forward(Duration::from_secs(minutes * 60));
        }
        // Whoever wrote first is a request until it is answered.
        self.with(person)?.accept().await.ok();
        self.with(person)?.mark_read().await?;
        self.app.posts().await;
        Ok(())
    }

    /// A message that every node refuses.
    async fn fails(&self, person: &Person<'_>, text: &str) -> Told<()> {
        let refusal = Fault::Status { code: 400, body: "no".into() };
        for node in self.world.network().nodes() {
            node.fault_when(refusal.clone(), When::as_destination().method("store"));
        }
        self.with(person)?.send(Draft::text(text)).await?;
        for _ in 0..6 {
            let _ = self.app.client().send_now().await;
            self.world.clock.forward(Duration::from_secs(61));
        }
        self.world.network().heal_all();
        Ok(())
    }
}
