//! The first minute: an account by a name, or by a recovery password.

use onionskin_tests::browser::{App, Browser, PHONE, Page};

use super::{Story, create, fresh, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_made_by_a_name_and_is_still_there_after_a_reload() -> Story {
    let world = world().await?;
    let (app, page) = fresh(&world).await;
    page.click("create").await;
    page.click("continue").await;
    page.css("[role=alert]").await;
    assert!(app.shell().client().is_none(), "nothing was made of an empty name");
    page.reload().await;
    page.id("name").await;
    page.click_role("button", "Back").await;
    create(&page, "Ana Reis").await;
    assert_eq!(app.client().display_name().await?, "Ana Reis");
    page.reload().await;
    page.id("settings").await;
    assert!(!page.has("#create").await, "the account is there, not the first screen");
    Ok(())
}

/// Thirteen words, twelve words and a picture of the code lead to the same account; nothing is opened before a person says
/// that it is theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_comes_back_by_thirteen_words_by_twelve_and_by_a_picture() -> Story {
    let world = world().await?;
    let [ana] = world.people(["Ana"]).await?;
    ana.client().push_configs_now().await?;
    let thirteen = ana.client().recovery_password().to_string();
    let twelve = ana.client().bip39_phrase().unwrap().to_string();
    let code = onionskin::qr::png(&onionskin::qr::recovery_text(&thirteen).unwrap()).unwrap();
    let page = Browser::Chromium.open(PHONE).await;
    for way in [Way::Words(&thirteen), Way::Words(&twelve), Way::Picture(&code)] {
        let app = App::start(&world, "en").await;
        page.goto(&app.url()).await;
        page.click("restore").await;
        match way {
            Way::Words(words) => {
                // As people type: their own blanks, their own capitals.
                page.write("words", &format!("  {} ", words.to_uppercase().replace(' ', "  "))).await;
                page.click("look").await;
            }
            Way::Picture(png) => pick(&page, &app, "restore-picture", png).await,
        }
        let shown = page.id("found-account").await.text().await;
        assert_eq!(shown.split_whitespace().collect::<String>(), ana.id());
        assert!(app.shell().client().is_none(), "nothing was opened yet");
        page.click("restore-now").await;
        page.id("settings").await;
        assert_eq!(app.id(), ana.id());
        // The account remembers its name; nobody is asked for one.
        app.until("its name comes back", async |app| {
            let _ = app.client().poll_now().await;
            (app.client().display_name().await.ok()? == "Ana").then_some(())
        })
        .await;
        page.says_not("Your account is coming back").await;
        page.says("No letters yet").await;
        assert!(!page.has("#name-wanted").await);
        no_words(&page, &thirteen).await;
    }
    Ok(())
}

enum Way<'w> {
    Words(&'w str),
    Picture(&'w [u8]),
}

/// What is wrong with the words is said in words of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_words_are_told_apart_and_open_nothing() -> Story {
    let world = world().await?;
    let [ana] = world.people(["Ana"]).await?;
    let (app, page) = fresh(&world).await;
    let words: Vec<String> = ana.client().recovery_password().split(' ').map(str::to_owned).collect();
    let unknown = [&["zyzzyva".to_owned()], &words[1..]].concat();
    let mut swapped = words.clone();
    swapped.rotate_left(1);
    page.click("restore").await;
    let mut told: Vec<String> = Vec::new();
    for wrong in [
        String::new(),
        words[..5].join(" "),
        words[..12].join(" "),
        [words.clone(), words.clone()].concat().join(" "),
        unknown.join(" "),
        swapped.join(" "),
    ] {
        page.run("onionskin.empty('words', '')").await;
        page.write("words", &wrong).await;
        page.click("look").await;
        let before = told.last().cloned().unwrap_or_default();
        let script = "const said = document.getElementById('words-wrong')?.innerText; return said && said !== arguments[0] ? said : null";
        let said = page.until_with("its own words", script, vec![before.into()]).await;
        told.push(said.as_str().unwrap().to_owned());
    }
    let different: std::collections::BTreeSet<_> = told.iter().collect();
    assert_eq!(different.len(), told.len(), "each in words of its own: {told:#?}");
    assert!(told[4].contains("zyzzyva"), "the wrong word is named: {told:#?}");
    pick(&page, &app, "restore-picture", b"no picture at all").await;
    page.id("restore-picture-wrong").await;
    let other = onionskin::qr::png("https://example.org/").unwrap();
    pick(&page, &app, "restore-picture", &other).await;
    page.says("no recovery password").await;
    assert!(app.shell().client().is_none());
    Ok(())
}

/// A person may be faster than the program: the button works in the very moment in which it is on the page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_can_be_chosen_in_the_moment_in_which_its_button_appears() -> Story {
    let world = world().await?;
    let [ana] = world.people(["Ana"]).await?;
    let code = onionskin::qr::png(&onionskin::qr::recovery_text(&ana.client().recovery_password()).unwrap()).unwrap();
    let (app, page) = fresh(&world).await;
    let path = app.folder().join("picked.png");
    std::fs::write(&path, code).unwrap();
    page.run(HOLD).await;
    let at_once = "
        new MutationObserver((_, observer) => {
          const button = document.getElementById('restore-picture');
          if (button) { observer.disconnect(); button.click(); }
        }).observe(document.documentElement, { childList: true, subtree: true });";
    page.run(at_once).await;
    page.click("restore").await;
    page.id("picked").await.keys(path.to_str().unwrap()).await;
    let shown = page.id("found-account").await.text().await;
    assert_eq!(shown.split_whitespace().collect::<String>(), ana.id());
    Ok(())
}

/// The field is made for the click and lives outside of the page; here it comes into the page instead of a dialogue.
const HOLD: &str = "HTMLInputElement.prototype.click = function () { this.id = 'picked'; document.body.append(this); }";

/// Hands a picture to the button that asks for one, through the page's own file field.
async fn pick(page: &Page, app: &App, button: &str, bytes: &[u8]) {
    let path = app.folder().join("picked.png");
    std::fs::write(&path, bytes).unwrap();
    page.run(HOLD).await;
    page.click(button).await;
    page.id("picked").await.keys(path.to_str().unwrap()).await;
    page.run("document.getElementById('picked').remove(); delete HTMLInputElement.prototype.click").await;
}

/// None of the words stands anywhere in the page, three in a row.
pub async fn no_words(page: &Page, words: &str) {
    // Without the marks between them: each word may stand in an element of its own.
    let html = page.html().await;
    let text: Vec<&str> = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    let text = text.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = words.split(' ').collect();
    for three in words.windows(3) {
        let together = three.join(" ");
        assert!(!html.contains(&together) && !text.contains(&together), "{together} stands in the page");
    }
}
