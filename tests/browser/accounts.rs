//! Several accounts on a device, the lock, and the words that open everything.

use onionskin_core::ConversationId;
use onionskin_tests::browser::Page;

use super::{Story, at_home, first_run, letters, world};

/// Opens a page of the settings.
async fn settings(page: &Page, id: &str) {
    page.click("settings").await;
    page.click(id).await;
}

/// Locked means that nothing of the account is in the page, also after a reload; the passphrase brings it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_page_holds_nothing_of_the_account_and_the_passphrase_opens_it() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Rosalind").await;
    let [bob] = world.people(["Bob"]).await?;
    letters::open(&page, &bob.id()).await;
    letters::send(&page, "a secret between us").await;
    page.says("a secret between us").await;
    let (id, words) = (app.id(), app.client().recovery_password().to_string());
    page.click_role("button", "Back").await;

    settings(&page, "lock").await;
    page.write("new-passphrase", "correct horse").await;
    page.write("passphrase-again", "correct hors").await;
    page.click("set-passphrase").await;
    page.css("[role=alert]").await;
    page.run("onionskin.empty('passphrase-again', '')").await;
    page.write("passphrase-again", "correct horse").await;
    page.click("set-passphrase").await;
    page.click("lock-now").await;
    page.id("passphrase").await;
    for _ in 0..2 {
        let html = page.html().await;
        for gone in ["Rosalind", "a secret between us", "correct horse", &id[..20], &bob.id()[..20]] {
            assert!(!html.contains(gone), "{gone} is still in the page");
        }
        first_run::no_words(&page, &words).await;
        assert!(app.shell().client().is_none());
        page.reload().await;
        page.id("passphrase").await;
    }

    page.write("passphrase", "wrong horse").await;
    page.click("unlock").await;
    page.css("[role=alert]").await;
    assert!(app.shell().client().is_none(), "another passphrase opens nothing");
    page.until("the field is empty", "return document.getElementById('passphrase').value === ''").await;
    page.write("passphrase", "correct horse").await;
    page.click("unlock").await;
    page.says("a secret between us").await;
    assert_eq!(app.id(), id);
    Ok(())
}

/// Two accounts on one device: each has its own letters, and switching shows nothing of the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_switched_and_keep_to_themselves() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Work").await;
    let [bob] = world.people(["Bob"]).await?;
    letters::open(&page, &bob.id()).await;
    letters::send(&page, "the report is done").await;
    page.says("the report is done").await;
    page.click_role("button", "Back").await;
    let work = app.id();

    settings(&page, "accounts").await;
    page.click("add-account").await;
    page.write("name", "Home").await;
    page.click("continue").await;
    app.until("the new account is on the screen", async |app| {
        (app.shell().client()?.account_id().to_string() != work).then_some(())
    })
    .await;
    page.id("settings").await;
    page.says_not("the report is done").await;
    assert!(app.client().conversations().await?.is_empty());

    settings(&page, "accounts").await;
    page.click(&format!("switch-{work}")).await;
    app.until("the first account is back", async |app| {
        (app.shell().client()?.account_id().to_string() == work).then_some(())
    })
    .await;
    page.says("the report is done").await;
    page.reload().await;
    page.says("the report is done").await;
    let chat = app.client().conversation(&ConversationId::from(bob.account_id()));
    assert!(chat.row().await?.is_some());
    Ok(())
}

/// The words are in the page while a person asked for them, and at no other time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recovery_password_is_in_the_page_only_while_it_is_asked_for() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let words = app.client().recovery_password().to_string();
    let twelve = app.client().bip39_phrase().unwrap().to_string();
    let shown = |words: &str| {
        let all = words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let script = "const items = [...document.querySelectorAll('#words li')].map((item) => item.textContent); \
            return arguments[0].every((word, at) => (items[at] || '').includes(word))";
        (script, vec![serde_json::Value::from(all)])
    };
    first_run::no_words(&page, &words).await;
    settings(&page, "recovery-password").await;
    page.id("show-words").await;
    let (script, arguments) = shown(&words);
    assert_ne!(page.run_with(script, arguments.clone()).await, true, "covered");
    page.click("show-words").await;
    page.until_with("the thirteen words", script, arguments).await;
    page.click("form-12").await;
    let (script, arguments) = shown(&twelve);
    page.until_with("the twelve words", script, arguments.clone()).await;
    page.click("cover-words").await;
    page.id("show-words").await;
    assert_ne!(page.run_with(script, arguments.clone()).await, true, "covered again");
    page.click("show-words").await;
    page.until_with("the twelve words again", script, arguments.clone()).await;
    page.click_role("button", "Back").await;
    page.id("recovery-password").await;
    assert_ne!(page.run_with(script, arguments).await, true, "gone with the screen");
    Ok(())
}
