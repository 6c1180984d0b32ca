//! For everybody: every size of page, text twice as large, and every control with a name.

use std::time::Instant;

use onionskin_core::Draft;
use onionskin_tests::browser::{App, Browser, LONGEST, PHONE, Page, Size};
use onionskin_tests::people::World;
use serde_json::{Value, json};

use super::{Story, Told, create, world};

/// Every screen that has controls, by its name in the program, and how one gets there from home: ids to click, one after the
/// other, or selectors after `=`; after `~` their menu is opened.
const SCREENS: &[(&str, &[&str])] = &[
    ("Home", &[]),
    ("NewConversation", &["new"]),
    ("AccountId", &["new", "my-id"]),
    ("Search", &["search"]),
    ("Requests", &["requests"]),
    ("Conversation", &["requests", "=main .row"]),
    ("Conversation", &["=#conversations .row"]),
    ("Conversation", &["=#conversations .row", "=#thread .day button"]),
    ("Conversation", &["=#conversations .row", "~#thread .bubble", "menu-pick"]),
    ("Conversation", &["=#conversations .row", "~#thread .bubble", "menu-forward"]),
    ("Conversation", &["=#conversations .row", "~#thread .bubble", "menu-part"]),
    ("ConversationSettings", &["=#conversations .row", "who"]),
    ("Nickname", &["=#conversations .row", "who", "nickname-item"]),
    ("PrivateNote", &["=#conversations .row", "who", "note-item"]),
    ("ConversationSettings", &["=#conversations .row", "who", "delete-contact"]),
    ("Home", &["~#conversations .row"]),
    ("Settings", &["settings"]),
    ("Starred", &["settings", "starred"]),
    ("Devices", &["settings", "devices"]),
    ("Blocked", &["settings", "privacy", "blocked"]),
    ("ProfileName", &["settings", "profile-name"]),
    ("Path", &["settings", "path"]),
    ("Privacy", &["settings", "privacy"]),
    ("Notifications", &["settings", "notifications"]),
    ("Appearance", &["settings", "appearance"]),
    ("RecoveryPassword", &["settings", "recovery-password"]),
    ("RecoveryPassword", &["settings", "recovery-password", "show-words"]),
    ("Accounts", &["settings", "accounts"]),
    ("Lock", &["settings", "lock"]),
    ("Network", &["settings", "network"]),
    ("About", &["settings", "about"]),
    ("ClearData", &["settings", "clear-data"]),
];

/// An app with a conversation, a request and a waiting letter.
async fn full(world: &World, language: &str) -> Told<(App, Page)> {
    let app = App::start(world, language).await;
    let page = Browser::Chromium.open(PHONE).await;
    page.goto(&app.url()).await;
    create(&page, "Ana").await;
    let [bob, eve] = world.people(["Bob with quite a long name, as some people have", "Eve"]).await?;
    let me = app.client().account_id();
    let chat = app.client().conversation(&bob.account_id().into());
    chat.send(Draft::text("hello")).await?;
    chat.send(Draft::text(format!("https://example.org/{} {}", "long/".repeat(40), "word".repeat(60)))).await?;
    bob.writes_to_account(&me, "hello yourself").await?;
    eve.writes_to_account(&me, "do we know each other?").await?;
    app.until("all of it is here", async |app| {
        app.posts().await;
        let requests = app.client().requests().await.ok()?;
        let rows = chat.messages(onionskin_core::Before::Latest, 10).await.ok()?;
        (requests.len() == 1 && rows.iter().any(|row| !row.outgoing)).then_some(())
    })
    .await;
    page.id("requests").await;
    Ok((app, page))
}

/// Goes home and from there to a screen.
async fn go(app: &App, page: &Page, screen: &str, steps: &[&str]) {
    app.shell().remember_stack(Vec::new());
    page.reload().await;
    page.id("settings").await;
    for step in steps {
        match (step.strip_prefix('='), step.strip_prefix('~')) {
            (Some(selector), _) => page.click_where(selector).await,
            (None, Some(selector)) => {
                page.css(selector).await;
                let open = "document.querySelector(arguments[0]).dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))";
                page.run_with(open, vec![selector.into()]).await;
                page.css(".veil .menu").await;
            }
            (None, None) => page.click(step).await,
        }
    }
    app.until(screen, async |app| {
        let top = app.shell().remembered_stack().last().map_or("Home".to_owned(), |top| format!("{top:?}"));
        (top.split('(').next() == Some(screen)).then_some(())
    })
    .await;
    page.run_until_told(
        "const tell = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => tell(true)))",
        Vec::new(),
    )
    .await;
}

/// Controls outside of the page or of what can be scrolled to, and whether the page scrolls sideways.
const LAYOUT: &str = "
    const wide = document.documentElement.scrollWidth > innerWidth + 1 || document.body.scrollWidth > innerWidth + 1;
    const wrong = wide ? ['the page is ' + Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) + ' wide'] : [];
    const tell = (node) => (node.id ? '#' + node.id : node.tagName + '.' + node.className) + ' ' + (node.getAttribute('aria-label') || node.textContent || '').slice(0, 30);
    for (const node of document.querySelectorAll('button, a, input, textarea, select, [role=button], [tabindex=\"0\"]')) {
      const box = node.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || getComputedStyle(node).visibility === 'hidden') continue;
      if (box.left < -1 || box.right > innerWidth + 1) wrong.push(`${tell(node)}: ${Math.round(box.left)} to ${Math.round(box.right)} of ${innerWidth}`);
      let scrolls = false;
      for (let up = node.parentElement; up; up = up.parentElement) if (/auto|scroll/.test(getComputedStyle(up).overflowY)) { scrolls = true; break; }
      if (!scrolls && (box.top < -1 || box.bottom > innerHeight + 1)) wrong.push(`${tell(node)}: ${Math.round(box.top)} to ${Math.round(box.bottom)} of ${innerHeight}, and cannot be scrolled to`);
    }
    for (const node of document.querySelectorAll('.screen, .page, .messages, .thread, .dialog, .card'))
      if (node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== 'visible' && node.clientWidth > 0 && !/hidden|clip/.test(getComputedStyle(node).overflowX)) wrong.push(tell(node) + ' scrolls sideways');
    return wrong;";

async fn fits(sizes: &[(Size, u16)]) -> Story {
    let world = world().await?;
    let (app, page) = full(&world, "de").await?;
    let mut wrong = Vec::new();
    for (size, percent) in sizes {
        page.resize(*size).await;
        app.shell().change_preferences(|preferences| preferences.text_percent = *percent)?;
        for (screen, steps) in SCREENS {
            go(&app, &page, screen, steps).await;
            let shown = page.run("return [innerWidth, innerHeight]").await;
            assert_eq!(shown, json!([size.0, size.1]), "the page has the size that is tested");
            let told = page.run(LAYOUT).await;
            let told = told.as_array().cloned().unwrap_or_default();
            wrong.extend(told.iter().map(|line| format!("{screen} at {size:?}, {percent} %: {line}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_fits_on_small_and_usual_telephones() -> Story {
    fits(&[((360, 640), 100), (PHONE, 100)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_fits_in_windows() -> Story {
    fits(&[((1200, 800), 100), ((1400, 900), 100), ((1200, 800), 200)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_fits_with_text_twice_as_large() -> Story {
    fits(&[((360, 640), 200), (PHONE, 200)]).await
}

/// Every control has a name, as the browser computes it for a screen reader, in both languages; every id is there once.
async fn has_names(language: &str) -> Story {
    let world = world().await?;
    let (app, page) = full(&world, language).await?;
    let mut wrong = Vec::new();
    for (screen, steps) in SCREENS {
        go(&app, &page, screen, steps).await;
        let controls = "return [...document.querySelectorAll('button, a, input, textarea, select, [role=button], [role=switch], [role=radio], [role=tab], [role=menuitem], [role=log], [role=img], nav, [role=dialog], [role=alertdialog]')].filter((node) => node.getClientRects().length > 0)";
        // What is drawn anew meanwhile is looked at again, with everything else.
        let start = Instant::now();
        let nameless = loop {
            if let Some(nameless) = nameless(&page, controls).await {
                break nameless;
            }
            assert!(start.elapsed() < LONGEST, "{screen}: it is drawn anew all the time");
        };
        wrong.extend(nameless.iter().map(|markup| format!("{screen}: no name: {markup}")));
        let twice = "const seen = new Set(), twice = []; for (const node of document.querySelectorAll('#main [id]')) { if (node.closest('defs')) continue; if (seen.has(node.id)) twice.push(node.id); seen.add(node.id); } return twice";
        let twice = page.run(twice).await;
        if twice != json!([]) {
            wrong.push(format!("{screen}: ids that are there twice: {twice}"));
        }
        let lost = "return [...document.querySelectorAll('[aria-labelledby], [aria-describedby]')].flatMap((node) => (node.getAttribute('aria-labelledby') || '').split(' ').filter((id) => id && !document.getElementById(id)))";
        let lost = page.run(lost).await;
        if lost != json!([]) {
            wrong.push(format!("{screen}: named by what is not there: {lost}"));
        }
        assert_eq!(page.run("return document.documentElement.lang").await, Value::from(language));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The markup of the controls without a name; `None` when one of them went away meanwhile.
async fn nameless(page: &Page, controls: &str) -> Option<Vec<String>> {
    let mut nameless = Vec::new();
    for control in page.all(controls).await {
        if control.label().await?.trim().is_empty() {
            // Out of sight by now: needs none.
            let look = "const [node] = arguments; return node.checkVisibility({ visibilityProperty: true }) ? node.outerHTML.slice(0, 120) : null";
            let markup = page.run_with(look, vec![control.argument()]).await;
            nameless.extend(markup.as_str().map(str::to_owned));
        }
    }
    Some(nameless)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_control_has_a_name_in_english() -> Story {
    has_names("en").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_control_has_a_name_in_german() -> Story {
    has_names("de").await
}
