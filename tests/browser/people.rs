//! What can be done with a conversation of the list, in a real page: the menu, the keyboard, the notes that were hidden.

use super::{Story, at_home, letters, world};

/// The other button of a mouse, a long press and the menu key are one event of the page.
const MENU: &str = "const row = document.querySelector('#conversations .row'); row.focus(); row.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_menu_of_a_row_takes_the_keyboard_and_gives_it_back() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let [bob] = world.people(["Bob"]).await?;
    letters::open(&page, &bob.id()).await;
    letters::send(&page, "see you at the harbour").await;
    page.click_role("button", "Back").await;
    page.css("#conversations .row").await;
    page.run(MENU).await;
    page.id("row-pin").await;
    page.until("the keyboard is in the menu", "return document.activeElement?.closest('.menu') !== null").await;
    page.run("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))")
        .await;
    page.until("the menu is closed", "return !document.getElementById('row-veil')").await;
    page.until("the keyboard is back", "return document.activeElement?.matches('#conversations .row')").await;
    page.run(MENU).await;
    page.click("row-pin").await;
    page.css(".rows.pinned .row").await;
    app.until("it is pinned", async |app| {
        let rows = app.client().conversations().await.ok()?;
        rows.iter().any(|row| row.priority > 0).then_some(())
    })
    .await;
    page.reload().await;
    page.css(".rows.pinned .row").await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_noted_about_somebody_is_still_there_after_a_reload() -> Story {
    let world = world().await?;
    let (_app, page) = at_home(&world, "Ana").await;
    let [bob] = world.people(["Bob"]).await?;
    letters::open(&page, &bob.id()).await;
    letters::send(&page, "hello").await;
    page.click("who").await;
    page.click("note-item").await;
    page.write("names-text", "keeps the boat keys").await;
    page.click("save-names").await;
    page.says("keeps the boat keys").await;
    page.reload().await;
    page.click("note-item").await;
    page.until(
        "the field begins with it",
        "return document.getElementById('names-text')?.value === 'keeps the boat keys'",
    )
    .await;
    Ok(())
}
