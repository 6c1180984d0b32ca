//! Two people write to each other through their pages.

use onionskin_core::{Before, ConversationId};
use onionskin_tests::browser::{App, Browser, PHONE, Page};
use serde_json::Value;

use super::{Story, at_home, create, world};

/// Opens the conversation with an account through the page.
pub async fn open(page: &Page, id: &str) {
    page.click("new").await;
    page.write("account", id).await;
    page.click("next").await;
    page.id("thread").await;
}

/// Goes back to the list.
pub async fn back_home(page: &Page) {
    page.click_role("button", "Back").await;
    page.id("settings").await;
}

/// Writes and sends.
pub async fn send(page: &Page, text: &str) {
    page.write("draft", text).await;
    page.click("send").await;
}

/// Waits until `page` says `text`, with post going between the two devices.
pub async fn arrives(page: &Page, text: &str, devices: [&App; 2]) {
    let start = std::time::Instant::now();
    while !page.text().await.contains(text) {
        assert!(start.elapsed() < onionskin_tests::browser::LONGEST, "{text} never arrives; {}", page.text().await);
        for device in devices {
            device.posts().await;
        }
    }
}

/// The main flow: two accounts, a request, accepted, answered, and still there after a reload.
pub async fn two_people_meet(browser: Browser) -> Story {
    let world = world().await?;
    let (alice, bob) = (App::start(&world, "en").await, App::start(&world, "de").await);
    let hers = browser.open(PHONE).await;
    hers.goto(&alice.url()).await;
    create(&hers, "Alice").await;
    open(&hers, &{
        // Bob makes his account in the same browser first: one window is enough for two people who take turns.
        hers.goto(&bob.url()).await;
        create(&hers, "Bob").await;
        let id = bob.id();
        hers.goto(&alice.url()).await;
        id
    })
    .await;
    send(&hers, "we met on the train").await;
    hers.says("we met on the train").await;
    alice
        .until("it leaves", async |alice| alice.client().send_now().await.ok().filter(|report| report.retrying == 0))
        .await;

    let his = hers;
    his.goto(&bob.url()).await;
    bob.until("the request is there", async |bob| {
        bob.posts().await;
        (!bob.client().requests().await.ok()?.is_empty()).then_some(())
    })
    .await;
    his.click("requests").await;
    his.click_where("main .row").await;
    his.says("we met on the train").await;
    his.click("accept").await;
    bob.until("accepted before a word is said", async |bob| {
        let requests = bob.client().requests().await.ok()?;
        (requests.is_empty() && bob.client().conversations().await.ok()?.len() == 1).then_some(())
    })
    .await;
    send(&his, "I remember").await;
    his.says("I remember").await;
    bob.until("it leaves", async |bob| bob.client().send_now().await.ok().filter(|report| report.retrying == 0)).await;
    his.reload().await;
    his.says("I remember").await;
    assert!(!his.has("#accept").await, "the request was answered");

    let hers = his;
    hers.goto(&alice.url()).await;
    arrives(&hers, "I remember", [&alice, &bob]).await;
    hers.reload().await;
    hers.says("we met on the train").await;
    hers.says("I remember").await;
    let with_bob = alice.client().conversation(&ConversationId::from(bob.client().account_id()));
    assert!(with_bob.row().await?.unwrap().approved_me, "she knows that he accepted");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_asks_is_accepted_and_answered_and_a_reload_forgets_nothing() -> Story {
    two_people_meet(Browser::Chromium).await
}

/// The second engine, which is the one of the desktop's window.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_in_webkit() -> Story {
    two_people_meet(Browser::WebKit).await
}

/// What others write is text and nothing else, in letters, names and previews.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_text_stays_text() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let hostile = [
        "<img src=x onerror=\"window.ran=1\">",
        "</script><script>window.ran=2</script>",
        "<svg/onload=window.ran=3>",
        "'; window.ran=4; //",
        "{{7*7}} ${7*7} %3Cscript%3E",
        "abc\u{202e}fdp.exe",
        "javascript:window.ran=5 https://example.org/\"onclick=\"window.ran=6",
    ];
    let [mallory] = world.people(["<b onmouseover=window.ran=7>Mallory</b>"]).await?;
    let ana = app.client().account_id();
    for text in hostile {
        mallory.writes_to_account(&ana, text).await?;
    }
    app.until("they are here", async |app| {
        app.posts().await;
        let requests = app.client().requests().await.ok()?;
        let chat = app.client().conversation(&requests.first()?.id);
        let rows = chat.messages(Before::Latest, 20).await.ok()?;
        (rows.len() == hostile.len()).then_some(())
    })
    .await;
    let before = page.count("script").await;
    page.click("requests").await;
    page.says("<b onmouseover=window.ran=7>Mallory</b>").await;
    page.click_where("main .row").await;
    page.id("accept").await;
    for text in hostile {
        let said =
            "return [...document.querySelectorAll('#thread .body p')].some((p) => p.textContent === arguments[0])";
        page.until_with(text, said, vec![text.into()]).await;
    }
    page.click("accept").await;
    page.click_role("button", "Back").await;
    page.reload().await;
    page.says("Mallory").await;
    for (what, selector) in [("pictures", "#main img"), ("frames", "iframe"), ("bold", "#main [onmouseover]")] {
        assert_eq!(page.count(selector).await, 0, "{what} came out of a text");
    }
    assert_eq!(page.count("script").await, before);
    assert_eq!(page.run("return window.ran").await, Value::Null);
    assert!(!page.title().await.contains("fdp"), "a title names nobody");
    Ok(())
}

/// A text typed at 15 ms a key arrives letter for letter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_letters_at_fifteen_milliseconds_all_arrive() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let [bob] = world.people(["Bob"]).await?;
    open(&page, &bob.id()).await;
    let text: String = (0..200).map(|number| char::from(b"the quick brown fox jumps over "[number % 31])).collect();
    let text = text.trim().to_owned() + ".";
    page.click("draft").await;
    page.type_at_pace(&text, 15).await;
    assert_eq!(page.id("draft").await.value().await, text);
    page.press(Page::ENTER).await;
    page.says(&text).await;
    page.until("the field is empty", "return document.getElementById('draft').value === ''").await;
    let chat = app.client().conversation(&ConversationId::from(bob.account_id()));
    let rows = chat.messages(Before::Latest, 5).await?;
    assert_eq!(rows.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(), [text]);
    Ok(())
}

/// A reload is the test of everything that can take the page away: screen, draft and place come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_keeps_the_screen_the_draft_and_the_place() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let [bob] = world.people(["Bob"]).await?;
    super::many::fill(&app.client(), &bob.account_id(), 0..500).await?;
    open(&page, &bob.id()).await;
    page.says("letter 499.").await;
    page.write("draft", "half a thought").await;
    app.until("the draft is kept", async |app| {
        let chat = app.client().conversation(&ConversationId::from(bob.account_id()));
        chat.row().await.ok()?.filter(|row| row.draft == "half a thought").map(drop)
    })
    .await;
    page.run("document.getElementById('thread').scrollTop -= 1500").await;
    let place = super::many::place(&page).await;
    app.until("the place is kept", async |app| {
        let kept = app.shell().place(&ConversationId::from(bob.account_id()))?;
        (kept.message.as_i64().to_string() == place.0).then_some(())
    })
    .await;
    page.reload().await;
    page.id("thread").await;
    super::many::until_place(&page, &place).await;
    assert_eq!(page.id("draft").await.value().await, "half a thought");
    Ok(())
}
