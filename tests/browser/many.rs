//! Years of letters: 300,000 in one conversation, read up and down, and bursts that arrive meanwhile.

use std::ops::Range;

use onionskin_core::{AccountId, AccountKeys, AccountSeed, Before, Client, ConversationId, Timestamp};
use onionskin_tests::browser::{App, LONGEST, Page};
use onionskin_tests::people::World;
use serde_json::Value;

use super::{Story, Told, at_home, letters, world};

/// Most rows that a page may hold: the window of the interface, and what stands between rows.
const MOST_ROWS: u64 = 260;

/// How far a row may move by rounding, in pixels.
const STILL: f64 = 1.5;

/// Writes read letters of `sender` into the ledger, as if they had come long ago.
pub async fn fill(client: &Client, sender: &AccountId, numbers: Range<u64>) -> Told<()> {
    let (sender, mut from) = (*sender, numbers.start);
    while from < numbers.end {
        let to = numbers.end.min(from + 10_000);
        let write = move |tx: &mut onionskin_core::ledger::WriteTx<'_>| {
            for number in from..to {
                let at = Timestamp::from_millis(1_500_000_000_000 + number * 60_000);
                let more = if number % 7 == 0 {
                    " It is a long one, of the kind that needs several lines on a telephone, \
                    so that rows are of different heights."
                } else {
                    ""
                };
                onionskin_tests::letters::lay(tx, &sender, at, &format!("letter {number}.{more}"))?;
            }
            Ok(())
        };
        client.store().write("letters of years", write).await?;
        from = to;
    }
    Ok(())
}

/// Letters of somebody whom nobody else plays, laid into the swarm at once.
async fn burst(world: &World, friend: &AccountKeys, to: &AccountId, texts: impl Iterator<Item = String>) -> Told<()> {
    let swarms = world.swarms_of_a_stranger().await?;
    let first = swarms.time().now();
    let sealed: Vec<_> = texts
        .enumerate()
        .map(|(number, text)| {
            let at = first.shifted(i64::try_from(number).unwrap());
            let content = onionskin_tests::letters::text(&text, at);
            onionskin_tests::letters::sealed(friend, to, &content, at)
        })
        .collect();
    onionskin_tests::letters::deposit(&swarms, to, sealed).await
}

/// The first row in sight and how far below the upper edge of the list it begins.
pub async fn place(page: &Page) -> (String, f64) {
    let found = page.until("a row is in sight", PLACE).await;
    (found[0].as_str().unwrap().to_owned(), found[1].as_f64().unwrap())
}

const PLACE: &str = "
    const list = document.getElementById('thread');
    if (!list) return false;
    const top = list.getBoundingClientRect().top + list.clientTop;
    for (const row of list.querySelectorAll('[data-row]')) {
      const box = row.getBoundingClientRect();
      // As the page itself sees it: a row that is in sight by less than a pixel is in sight.
      if (box.bottom > top && row.dataset.row !== 'unread') return [row.dataset.row, box.top - top];
    }
    return false;";

/// Waits until this row stands at this place.
pub async fn until_place(page: &Page, (row, offset): &(String, f64)) {
    let script = "
        const list = document.getElementById('thread'), row = list && list.querySelector(`[data-row=\"${arguments[0]}\"]`);
        return row && Math.abs(row.getBoundingClientRect().top - list.getBoundingClientRect().top - arguments[1]) < arguments[2];";
    page.until_with("the place is the same", script, vec![row.as_str().into(), (*offset).into(), STILL.into()]).await;
}

/// Where this row stands now.
async fn offset_of(page: &Page, row: &str) -> f64 {
    let script = "
        const list = document.getElementById('thread'), row = list.querySelector(`[data-row=\"${arguments[0]}\"]`);
        return row ? row.getBoundingClientRect().top - list.getBoundingClientRect().top : null;";
    let told = page.run_with(script, vec![row.into()]).await;
    told.as_f64().unwrap_or_else(|| panic!("row {row} is gone from the page"))
}

/// Turns the wheel: so many pixels, in steps, and waits until the list is quiet.
async fn wheel(page: &Page, pixels: i64) {
    let script = "
        const [pixels, tell] = arguments, list = document.getElementById('thread');
        list.scrollBy(0, pixels);
        requestAnimationFrame(() => requestAnimationFrame(tell));";
    page.run_until_told(script, vec![pixels.into()]).await;
}

/// The smallest number of a letter on the page.
async fn oldest(page: &Page) -> u64 {
    let script = "
        const all = [...document.querySelectorAll('#thread .body p')].map((p) => /^letter (\\d+)\\./.exec(p.textContent)).filter(Boolean);
        return all.length ? Number(all[0][1]) : null";
    page.until("letters are on the page", script).await.as_u64().unwrap()
}

async fn at_the_end(page: &Page) -> bool {
    let script = "const list = document.getElementById('thread'); return list.scrollHeight - list.scrollTop - list.clientHeight < 32";
    page.run(script).await == Value::Bool(true)
}

/// Who is at the end needs no way back there.
async fn until_no_way_back(page: &Page) {
    page.until("no way back to the end is offered", "return !document.getElementById('newest')").await;
}

async fn until_newest_is_in_sight(page: &Page, text: &str) {
    let script = "
        const rows = document.querySelectorAll('#thread [data-row]'), last = rows[rows.length - 1], list = document.getElementById('thread');
        if (!last || !last.textContent.includes(arguments[0])) return false;
        const box = last.getBoundingClientRect(), sight = list.getBoundingClientRect();
        return box.bottom <= sight.bottom + 2 && box.top >= sight.top - 2;";
    page.until_with(text, script, vec![text.into()]).await;
}

/// Polls until the newest letter in the ledger is this one.
async fn until_in_the_ledger(app: &App, from: &AccountId, text: &str) {
    let chat = app.client().conversation(&ConversationId::from(*from));
    app.until(text, async |app| {
        app.posts().await;
        let newest = chat.messages(Before::Latest, 1).await.ok()?;
        (newest.first()?.body == text).then_some(())
    })
    .await;
}

/// 300,000 letters: few rows in the page, several pages up and back, and what is in sight stays in its place, whatever comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_thousand_letters_scroll_and_never_jump() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let friend = AccountKeys::from_seed(&AccountSeed::random());
    fill(&app.client(), &friend.account_id(), 0..300_000).await?;
    letters::open(&page, &friend.account_id().to_string()).await;
    until_newest_is_in_sight(&page, "letter 299999.").await;
    assert!(page.count("#thread [data-row]").await <= MOST_ROWS);

    // Up, until pages went out at the other end as well.
    let (mut start, mut reached) = (std::time::Instant::now(), u64::MAX);
    loop {
        let now = oldest(&page).await;
        if now <= 299_400 {
            break;
        }
        if now < reached {
            (start, reached) = (std::time::Instant::now(), now);
        }
        let before = place(&page).await;
        wheel(&page, -300).await;
        // The row that was at the top moved down by what was scrolled, give or take: it did not jump.
        if page.has(&format!("[data-row=\"{}\"]", before.0)).await {
            let moved = offset_of(&page, &before.0).await - before.1;
            assert!((0.0..=300.0 + STILL).contains(&moved), "moved by {moved}");
        }
        assert!(page.count("#thread [data-row]").await <= MOST_ROWS, "the window has no more rows than it may");
        assert!(start.elapsed() < LONGEST, "no older pages come");
    }
    assert!(page.has("#newest").await, "the way back is offered");

    // Fifty arrive while the reader is far above.
    let still = place(&page).await;
    burst(&world, &friend, &app.client().account_id(), (0..50).map(|number| format!("burst {number}"))).await?;
    until_in_the_ledger(&app, &friend.account_id(), "burst 49").await;
    page.until("the count says how many", "return document.querySelector('#newest .count')?.textContent === '50'")
        .await;
    assert!((offset_of(&page, &still.0).await - still.1).abs() < STILL, "the reader was moved");

    // And back, by the wheel and then by the button.
    wheel(&page, 2_000).await;
    assert!(page.count("#thread [data-row]").await <= MOST_ROWS);
    page.click("newest").await;
    until_newest_is_in_sight(&page, "burst 49").await;
    assert!(page.count("#thread [data-row]").await <= MOST_ROWS);
    until_no_way_back(&page).await;
    Ok(())
}

/// A thousand at once: who stands at the end stays at the end; who reads above is not moved and is told how many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_a_thousand_moves_nobody() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    let friend = AccountKeys::from_seed(&AccountSeed::random());
    let me = app.client().account_id();
    fill(&app.client(), &friend.account_id(), 0..400).await?;
    letters::open(&page, &friend.account_id().to_string()).await;
    until_newest_is_in_sight(&page, "letter 399.").await;
    burst(&world, &friend, &me, (0..1_000).map(|number| format!("burst {number}."))).await?;
    until_in_the_ledger(&app, &friend.account_id(), "burst 999.").await;
    until_newest_is_in_sight(&page, "burst 999.").await;
    until_no_way_back(&page).await;
    assert!(at_the_end(&page).await);
    assert!(page.count("#thread [data-row]").await <= MOST_ROWS);

    wheel(&page, -900).await;
    page.id("newest").await;
    let still = place(&page).await;
    burst(&world, &friend, &me, (0..1_000).map(|number| format!("burst two {number}."))).await?;
    until_in_the_ledger(&app, &friend.account_id(), "burst two 999.").await;
    page.until("the count says how many", "return document.querySelector('#newest .count')?.textContent === '999'")
        .await;
    assert!((offset_of(&page, &still.0).await - still.1).abs() < STILL, "the reader was moved");
    page.click("newest").await;
    until_newest_is_in_sight(&page, "burst two 999.").await;
    Ok(())
}
