//! What makes a page comfortable: the keyboard, the wheel, the browser's own Back, room on wide windows, what copying gives.

use onionskin_tests::browser::{App, Browser, Page, Size};
use onionskin_tests::people::World;

use super::{Story, at_home, create, letters, world};

const WIDE: Size = (1200, 800);

async fn at_home_on(world: &World, browser: Browser, size: Size) -> (App, Page) {
    let app = App::start(world, "en").await;
    let page = browser.open(size).await;
    page.goto(&app.url()).await;
    create(&page, "Ana").await;
    (app, page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_id_that_is_marked_and_copied_is_the_account_id() -> Story {
    let world = world().await?;
    for browser in [Browser::Chromium, Browser::WebKit] {
        let (app, page) = at_home_on(&world, browser, WIDE).await;
        page.click("show-id").await;
        page.id("account-id").await;
        let script =
            "getSelection().selectAllChildren(document.getElementById('account-id')); return getSelection().toString()";
        assert_eq!(page.run(script).await.as_str(), Some(app.id().as_str()));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enter_opens_who_was_pasted_and_the_browsers_back_goes_back_one_screen_each() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let [bob] = world.people(["Bob"]).await?;
    let at_start = page.run("return history.length").await.as_u64().unwrap();
    page.click("new").await;
    page.write("account", &bob.id()).await;
    page.press(Page::ENTER).await;
    page.click("who").await;
    page.id("person-name").await;
    page.until("each screen is an entry", &format!("return history.length >= {}", at_start + 2)).await;
    page.run("history.back()").await;
    page.id("draft").await;
    assert!(!page.has("#person-name").await);
    page.run("history.back()").await;
    page.id("settings").await;
    page.until("nothing lies over the list", "return document.querySelector('.panes').dataset.depth === '0'").await;
    app.until("the program went along", async |app| (app.shell().remembered_stack().len() == 1).then_some(())).await;
    page.click("settings").await;
    page.click("lock").await;
    page.reload().await;
    page.id("set-passphrase").await;
    page.run("history.back()").await;
    page.id("recovery-password").await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wheel_with_ctrl_changes_the_size_of_the_text() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let turn = "dispatchEvent(new WheelEvent('wheel', { ctrlKey: true, deltaY: arguments[0], cancelable: true }))";
    for (notch, percent) in [(-100, 110), (-100, 120), (100, 110)] {
        page.run_with(turn, vec![notch.into()]).await;
        app.until("the size follows", async |app| {
            (app.shell().preferences().borrow().text_percent == percent).then_some(())
        })
        .await;
    }
    page.run("dispatchEvent(new WheelEvent('wheel', { deltaY: -100 }))").await;
    assert_eq!(app.shell().preferences().borrow().text_percent, 110, "without Ctrl it scrolls");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_wide_window_the_list_leaves_room_and_everything_ends_at_one_edge() -> Story {
    let world = world().await?;
    let (app, page) = at_home_on(&world, Browser::Chromium, WIDE).await;
    let top = |id: &str| format!("return document.getElementById('{id}').getBoundingClientRect().bottom < 130");
    for id in ["new", "search"] {
        page.until("it stands in the list's bar", &top(id)).await;
    }
    page.click("settings").await;
    page.id("recovery-password").await;
    page.click("lock").await;
    page.id("set-passphrase").await;
    let edges =
        "return [...new Set([...document.querySelectorAll('main .card, main .banner, main .btn.wide, main .input')]
        .map((part) => Math.round(part.getBoundingClientRect().right)))].join()";
    let edges = page.run(edges).await;
    assert!(edges.as_str().is_some_and(|edges| !edges.contains(',')), "{edges}");
    app.shell().change_preferences(|preferences| preferences.text_percent = 200)?;
    page.until(
        "the list takes a third at most",
        "return document.querySelector('.screen.list').getBoundingClientRect().width <= innerWidth * 0.35 + 1",
    )
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_lies_in_one_line_and_covers_no_letter() -> Story {
    let world = world().await?;
    let (_app, page) = at_home(&world, "Ana").await;
    let [bob] = world.people(["Bob"]).await?;
    letters::open(&page, &bob.id()).await;
    letters::send(&page, "hello").await;
    page.click("who").await;
    page.click("copy-id").await;
    page.css(".toast").await;
    let button = "const button = document.querySelector('.toast button'), box = button.getBoundingClientRect();
        return box.height >= 44 && box.width >= 44 && button.scrollHeight <= 48";
    page.until("its button is one line", button).await;
    let clear = "return document.querySelector('.toast').getBoundingClientRect().bottom <= 80";
    page.until("it lies over the bar", clear).await;
    Ok(())
}
