//! Fingers, a mouse and keys in a conversation: where the cursor is, what a hold opens, where a menu lies, what stays
//! in place.

use onionskin_core::{AccountKeys, AccountSeed, Before, ConversationId, Draft};
use onionskin_tests::browser::{App, Browser, Finger, PHONE, Page};
use onionskin_tests::people::World;
use serde_json::{Value, json};

use super::many::{fill, place, until_place};
use super::{Story, Told, at_home, create, letters, world};

/// A device at home with a conversation of so many letters, which somebody accepted.
async fn acquainted(world: &World, browser: Browser, count: u64) -> Told<(App, Page, ConversationId)> {
    let app = App::start(world, "en").await;
    let page = browser.open(PHONE).await;
    page.goto(&app.url()).await;
    create(&page, "Ana").await;
    let friend = AccountKeys::from_seed(&AccountSeed::random()).account_id();
    fill(&app.client(), &friend, 0..count).await?;
    let chat = app.client().conversation(&friend.into());
    chat.send(Draft::text("hello")).await?;
    page.css("#conversations .row").await;
    Ok((app, page, friend.into()))
}

async fn focused(page: &Page) -> Value {
    page.run("const at = document.activeElement; return at.id || at.className || at.tagName").await
}

async fn until_in_the_composer(page: &Page) {
    page.until("the cursor is in the composer", "return document.activeElement.id === 'draft'").await;
}

/// People typed into nothing: after a click on a row the keyboard was nowhere.
async fn typed_text_goes_to_the_composer(browser: Browser) -> Story {
    let world = world().await?;
    let (_app, page, _) = acquainted(&world, browser, 3).await?;
    page.resize((1_200, 800)).await;
    page.click_where("#conversations .row").await;
    until_in_the_composer(&page).await;
    page.type_at_pace("why?", 5).await;
    page.until("it stands in the field", "return document.getElementById('draft').value === 'why?'").await;
    assert!(!page.has(".dialog.keys").await, "a question mark in a letter asks for nothing");
    // Wherever the keyboard is: the row, the list of messages, nowhere.
    for place in [
        "document.querySelector('#conversations .row').focus()",
        "document.getElementById('thread').focus()",
        "document.activeElement.blur()",
    ] {
        page.run(place).await;
        page.type_at_pace("!?", 5).await;
        until_in_the_composer(&page).await;
    }
    page.until("all of it", "return document.getElementById('draft').value === 'why?!?!?!?'").await;
    page.run("document.getElementById('who').focus()").await;
    page.press_with(Page::CONTROL, 'm').await;
    until_in_the_composer(&page).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_anywhere_in_a_conversation_stands_in_its_composer() -> Story {
    typed_text_goes_to_the_composer(Browser::Chromium).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_typing_in_webkit() -> Story {
    typed_text_goes_to_the_composer(Browser::WebKit).await
}

/// A hold of 1.5 s opened the conversation, and on a message nothing at all.
async fn a_held_finger_opens_the_menu(browser: Browser) -> Story {
    let world = world().await?;
    let (app, page, id) = acquainted(&world, browser, 3).await?;
    page.finger(page.middle("#conversations .row").await, Finger::Slips).await;
    assert!(!page.has(".veil .menu").await, "a finger that moves scrolls");
    app.shell().remember_stack(Vec::new());
    page.reload().await;
    page.finger(page.middle("#conversations .row").await, Finger::Holds).await;
    page.id("row-pin").await;
    assert!(!page.has("#thread").await, "the finger that goes up opens nothing");
    page.press(Page::ESCAPE).await;
    page.until("the menu is gone", "return !document.querySelector('.veil')").await;

    page.finger(page.middle("#conversations .row").await, Finger::Taps).await;
    page.says("letter 2.").await;
    page.finger(page.middle(".msg.last .bubble").await, Finger::Holds).await;
    page.id("menu-delete").await;
    assert_eq!(app.haptics.count(), 2, "the hand felt it, once for each");
    page.finger(page.middle("#menu-details").await, Finger::Taps).await;
    page.says("Details").await;
    assert_eq!(app.client().conversation(&id).messages(Before::Latest, 9).await?.len(), 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finger_that_is_held_opens_what_can_be_done() -> Story {
    a_held_finger_opens_the_menu(Browser::Chromium).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_hold_in_webkit() -> Story {
    a_held_finger_opens_the_menu(Browser::WebKit).await
}

/// The menu lay far from the pointer, and the header and the composer could be used beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_menu_lies_where_the_mouse_is_over_a_veil_that_covers_everything() -> Story {
    let world = world().await?;
    let (_app, page, _) = acquainted(&world, Browser::Chromium, 30).await?;
    page.resize((1_200, 800)).await;
    page.click_where("#conversations .row").await;
    page.says("letter 29.").await;
    for selector in [".msg:nth-last-child(4) .bubble", ".msg:last-child .bubble"] {
        let bubble = page.middle(selector).await;
        page.other_click(bubble).await;
        page.id("menu-copy").await;
        let told = page
            .run(
                "
            const menu = document.querySelector('.veil .menu').getBoundingClientRect(),
              veil = document.querySelector('.veil').getBoundingClientRect();
            const points = [[600, 20], [100, 400], [700, innerHeight - 20]];
            const over = points.map(([x, y]) => Boolean(document.elementFromPoint(x, y).closest('.veil')));
            return [menu.left, menu.top, menu.right, menu.bottom, over.every(Boolean) && veil.width === innerWidth &&
              veil.height === innerHeight]",
            )
            .await;
        let at = |index: usize| told[index].as_f64().unwrap();
        assert!(
            at(0) <= bubble.0 + 1.0 && at(2) >= bubble.0 - 1.0 && at(1) <= bubble.1 + 1.0 && at(3) >= bubble.1 - 1.0,
            "{told} {bubble:?}"
        );
        assert!(at(0) >= 0.0 && at(1) >= 0.0 && at(2) <= 1_200.0 && at(3) <= 800.0 && told[4] == json!(true), "{told}");
        let after = page.middle(selector).await;
        assert!((after.1 - bubble.1).abs() < 1.0, "the message stays where it was");
        page.press(Page::ESCAPE).await;
        page.until("the menu is gone", "return !document.querySelector('.veil')").await;
    }
    page.click("head-menu").await;
    page.id("row-about").await;
    Ok(())
}

/// The window made wider threw a reader to the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_of_another_width_keeps_the_readers_place() -> Story {
    let world = world().await?;
    let (_app, page, _) = acquainted(&world, Browser::Chromium, 60).await?;
    page.resize((420, 800)).await;
    page.click_where("#conversations .row").await;
    page.says("letter 59.").await;
    page.run("document.getElementById('thread').scrollTop -= 600").await;
    page.id("newest").await;
    let row = place(&page).await.0;
    for size in [(1_200, 800), (420, 800), (1_200, 700)] {
        page.resize(size).await;
        page.until_with(
            "the same row is the first in sight",
            "
            const list = document.getElementById('thread'), row = list.querySelector(`[data-row=\"${arguments[0]}\"]`);
            const top = row.getBoundingClientRect().top - list.getBoundingClientRect().top;
            return top > -row.offsetHeight && top < 60",
            vec![row.as_str().into()],
        )
        .await;
        assert!(page.has("#newest").await, "the reader is not at the end at {size:?}");
    }
    let still = place(&page).await;
    until_place(&page, &still).await;
    Ok(())
}

/// Text after a link began a new line; a selection in own letters could not be seen and held the times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_flow_around_links_and_can_be_selected_without_the_times() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let me = app.client().account_id();
    let chat = app.client().conversation(&me.into());
    for text in ["see https://example.org/a now", "second", &"a long letter of many words ".repeat(60)] {
        chat.send(Draft::text(text)).await?;
    }
    page.click_where("#conversations .row").await;
    page.says("second").await;
    let told = page
        .run(
            "
        const link = document.querySelector('.bubble [role=link]'), words = link.parentElement.lastChild,
          range = document.createRange();
        range.selectNodeContents(words);
        const seen = getComputedStyle(link, '::selection').backgroundColor,
          bubble = getComputedStyle(link.closest('.bubble')).backgroundColor;
        return [Math.abs(range.getBoundingClientRect().top - link.getBoundingClientRect().top) < 3, seen !== bubble,
          getComputedStyle(link).display]",
        )
        .await;
    assert_eq!(told, json!([true, true, "inline"]));
    let copied = page
        .run(
            "
        const all = document.querySelectorAll('#thread .msg');
        getSelection().setBaseAndExtent(all[0], 0, all[1], all[1].childNodes.length);
        return getSelection().toString()",
        )
        .await;
    let copied = copied.as_str().unwrap();
    // The address holds the only colon: no time of a message was taken along.
    assert!(copied.contains("now") && copied.contains("second") && copied.matches(':').count() == 1, "{copied}");
    // The long one is cut at 25 lines and says so on a line of its own.
    let more = page.css(".bubble .more").await;
    let told = page
        .run_with(
            "
        const [more] = arguments, text = more.previousElementSibling,
          line = parseFloat(getComputedStyle(text).lineHeight);
        const box = more.getBoundingClientRect();
        return [Math.round(text.clientHeight / line), box.top >= text.getBoundingClientRect().bottom,
          box.height >= 44]",
            vec![more.argument()],
        )
        .await;
    assert_eq!(told, json!([25, true, true]));
    page.click_where(".bubble .more").await;
    page.says("Read less").await;
    Ok(())
}

/// A hundred and twenty presses of Tab led from the bar to the field.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tab_passes_the_letters_in_one_step_and_arrows_go_through_them() -> Story {
    let world = world().await?;
    let (_app, page, _) = acquainted(&world, Browser::Chromium, 60).await?;
    page.click_where("#conversations .row").await;
    page.says("letter 59.").await;
    let end = "const list = document.getElementById('thread'); \
        return list.scrollTop > 0 && list.scrollHeight - list.scrollTop - list.clientHeight < 2";
    page.until("the newest is in sight", end).await;
    until_in_the_composer(&page).await;
    page.press_with(Page::SHIFT, Page::TAB).await;
    page.until("the list has the keyboard", "return document.activeElement.id === 'thread'").await;
    page.press(Page::UP).await;
    page.until(
        "the newest has it",
        "return document.activeElement.closest('.msg') === [...document.querySelectorAll('#thread .msg')].pop()",
    )
    .await;
    page.press(Page::UP).await;
    page.until("the line of its day", "return document.activeElement.closest('.day') !== null").await;
    page.press(Page::UP).await;
    page.until(
        "the one above it",
        "return document.activeElement.closest('.msg') === [...document.querySelectorAll('#thread .msg')].slice(-2)[0]",
    )
    .await;
    page.press(Page::TAB).await;
    let at = focused(&page).await;
    assert_eq!(at, "draft");
    Ok(())
}

/// Beside a message lay a button that nobody saw; the answers to a stranger took two rows; the day was lost while
/// scrolling.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_screens_show_what_they_have_to() -> Story {
    let world = world().await?;
    let (app, page, _) = acquainted(&world, Browser::Chromium, 3_000).await?;
    let [eve] = world.people(["Eve"]).await?;
    eve.writes_to_account(&app.client().account_id(), "do we know each other?").await?;
    app.until("the request is there", async |app| {
        app.posts().await;
        (!app.client().requests().await.ok()?.is_empty()).then_some(())
    })
    .await;
    page.click_where("#conversations .row").await;
    page.says("letter 2999.").await;
    let pale = "const button = getComputedStyle(document.getElementById('send')); return button.backgroundColor";
    let empty = page.run(pale).await;
    page.write("draft", "x").await;
    assert_ne!(page.run(pale).await, empty, "the button to send is pale while there is nothing");
    let covers = "return document.querySelector('.day-on-top[data-shown]') !== null";
    assert_eq!(page.run(covers).await, json!(false), "a conversation that opens has nothing over its words");
    page.run(
        "const thread = document.getElementById('thread');
        thread.dispatchEvent(new WheelEvent('wheel', { deltaY: -700 })); thread.scrollTop -= 700",
    )
    .await;
    page.until("the day is on top", "return document.querySelector('.day-on-top[data-shown]')?.textContent.length > 3")
        .await;
    let title = page.run("return document.querySelector('.msg time').title").await;
    assert!(title.as_str().unwrap().contains("2017"), "{title}");
    letters::back_home(&page).await;
    page.click("requests").await;
    page.click_where("main .row").await;
    page.id("accept").await;
    for width in [390, 360] {
        page.resize((width, 740)).await;
        let rows = page
            .run(
                "const top = (id) => Math.round(document.getElementById(id).getBoundingClientRect().top);
                return new Set(['accept', 'decline', 'block'].map(top)).size",
            )
            .await;
        assert_eq!(rows, json!(1), "three answers in one row at {width}");
    }
    Ok(())
}
