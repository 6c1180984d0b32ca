//! What is thrown away is done, also when the program dies before its time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod common;

use std::time::Duration;

use common::Device;
use onionskin::basket::Paper;
use onionskin::shell::Shell;
use onionskin_core::{Before, Conversation, Draft};

/// Longer than any test lives.
const LONG: Duration = Duration::from_secs(3_600);

/// A device whose owner wrote two notes.
async fn noted(device: &Device) -> (Shell, Conversation) {
    let shell = device.shell().await;
    shell.create("Ana").await.unwrap();
    let client = shell.client().unwrap();
    let notes = client.conversation(&client.account_id().into());
    for text in ["stays", "goes"] {
        notes.send(Draft::text(text)).await.unwrap();
    }
    (shell, notes)
}

async fn texts(notes: &Conversation) -> Vec<String> {
    notes.messages(Before::Latest, 10).await.unwrap().into_iter().map(|row| row.body).collect()
}

/// Throws the newest note away and gives back when the ledger knows that. A clock that stands still never deletes it.
async fn throw_newest(shell: &Shell, notes: &Conversation) -> Paper {
    let newest = notes.messages(Before::Latest, 1).await.unwrap()[0].id;
    let paper = Paper::Messages(shell.client().unwrap().account_id().into(), vec![newest], None);
    throw(shell, &paper, LONG).await;
    paper
}

/// Throws a paper away and gives back when the ledger knows that and its time runs.
async fn throw(shell: &Shell, paper: &Paper, stays: Duration) {
    let mut changes = shell.basket().changes();
    let before = *changes.borrow_and_update();
    shell.basket().throw(shell.client().unwrap(), paper.clone(), shell.clock().clone(), stays);
    changes.wait_for(|changes| *changes >= before + 2).await.unwrap();
}

/// The second one went with the time of the first, and could not be taken out any more.
#[tokio::test]
async fn what_was_taken_out_and_thrown_away_again_has_its_whole_time() {
    let device = Device::new().with_a_standing_clock();
    let (shell, notes) = noted(&device).await;
    let client = shell.client().unwrap();
    let rows = notes.messages(Before::Latest, 2).await.unwrap();
    let [other, again] =
        [&rows[0], &rows[1]].map(|row| Paper::Messages(client.account_id().into(), vec![row.id], None));
    let seconds = Duration::from_secs;
    throw(&shell, &again, seconds(6)).await;
    throw(&shell, &other, seconds(7)).await;
    device.clock.forward(seconds(2));
    assert!(shell.basket().take_out(&client, &again));
    throw(&shell, &again, seconds(6)).await;
    // The time of the first one ends before that of the other, whose going is waited for.
    device.clock.forward(seconds(4));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    device.clock.forward(seconds(1));
    shell.basket().is_rid_of(&client, &other).await;
    assert!(shell.basket().take_out(&client, &again), "one second is left");
    assert_eq!(texts(&notes).await.len(), 1);
}

/// The program dies: nothing is put away, and the same folder opens again.
async fn dies(device: &Device, shell: Shell) -> (Shell, Conversation) {
    shell.accounts().unwrap().close().await.unwrap();
    drop(shell);
    let shell = device.shell().await;
    let client = shell.client().unwrap();
    (shell, client.conversation(&client.account_id().into()))
}

#[tokio::test]
async fn what_was_thrown_away_before_the_program_died_is_gone_at_the_next_start() {
    let device = Device::new().with_a_standing_clock();
    let (shell, notes) = noted(&device).await;
    throw_newest(&shell, &notes).await;
    assert_eq!(texts(&notes).await, ["stays", "goes"]);
    let (_shell, notes) = dies(&device, shell).await;
    assert_eq!(texts(&notes).await, ["stays"]);
}

#[tokio::test]
async fn what_was_taken_out_again_is_still_there_at_the_next_start() {
    let device = Device::new().with_a_standing_clock();
    let (shell, notes) = noted(&device).await;
    let paper = throw_newest(&shell, &notes).await;
    let mut changes = shell.basket().changes();
    let before = *changes.borrow_and_update();
    assert!(shell.basket().take_out(&shell.client().unwrap(), &paper));
    changes.wait_for(|changes| *changes >= before + 2).await.unwrap();
    let (_shell, notes) = dies(&device, shell).await;
    assert_eq!(texts(&notes).await, ["stays", "goes"]);
}
