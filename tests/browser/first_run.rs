//! The first minute: an account by a name, or by a recovery password.

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
