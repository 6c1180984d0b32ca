//! A messenger without a screen and without mercy: a process that a test lets kill itself in the middle of its work.
//!
//! `headless FOLDER NETWORK_FILE SEED_HEX NAME STEP...` opens (or restores) the account of the seed in the folder, takes
//! the steps in order and prints everything it then knows as one line of JSON. Steps:
//! `poll` fetches until a poll succeeds; `write:ID:TEXT` writes a text unless it already stands in that conversation;
//! `answer:ID:OF=TEXT` answers the message of that text likewise, `react:ID:OF=EMOJI` puts an emoji on it, `slip:ID:TEXT` writes a text
//! unless something of ours was deleted there, and `unsend:ID:TEXT` deletes it for everyone; `accept:ID` accepts a request; `send` lets the outbox work until nothing waits; `rename:NAME`, `nickname:ID:NAME` and
//! `pin:ID` change what other devices of the account must hear of; `delete:ID` deletes a conversation, `forget:ID` a contact,
//! `decline:ID` declines a request, `decline-all` all of them and `block:ID` blocks; `signs` wants receipts and looks, `read:ID` reads
//! everything, `again:ID:TEXT` stores a letter again that was sent, `timer:ID:SECONDS` lets letters disappear after reading,
//! `mute:ID` mutes for ever, `archive:ID` lays aside, `draft:ID:TEXT` keeps a draft; `push` pushes that until the swarm has all of it and
//! nothing of what it replaced; `clock:MILLIS`, as the first, says by how much the device's date is wrong. Every step may be taken again after a crash: that is the promise under test. With the
//! feature `kill-points` and `ONIONSKIN_KILL_AT=n` the process kills itself at the n-th point (`core/src/kill.rs`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)] // a test tool may panic

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use onionskin_core::mnemonic::recovery_password;
use onionskin_core::vault::TestVault;
use onionskin_core::{
    AccountKeys, AccountSeed, Accounts, Before, Client, Config, Conversation, ConversationId, ConversationRow,
    Disappearing, Draft, MessageId, MessageKind, MessageRow, MessageState, Mute, Network, READ_RECEIPTS, Reach,
    SharedClock, sleep,
};
use onionskin_tests::clock::WorldClock;
use onionskin_tests::devices::documents;
use onionskin_tests::people::Told;
use serde_json::{Value, json};

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    match run().await {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(trouble) => {
            eprintln!("headless: {trouble:?}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Told<Value> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("{what} is missing"));
    let folder = PathBuf::from(next("folder")?);
    let network = Network::from_json(&std::fs::read_to_string(next("network file")?)?)?;
    let seed: [u8; 16] = hex::decode(next("seed")?)?.try_into().map_err(|_| "a seed has 16 bytes")?;
    let name = next("name")?;
    let steps: Vec<String> = arguments.collect();

    let wrong = steps.iter().find_map(|step| step.strip_prefix("clock:")).map(str::parse).transpose()?;
    let clock = WorldClock::new().wrong_by(wrong.unwrap_or(0)).shared();
    let accounts = Accounts::open(Config {
        data_dir: folder.join("data"),
        cache_dir: folder.join("cache"),
        key_vault: Arc::new(TestVault::new([7; 32])),
        network,
        clock: clock.clone(),
    })
    .await?;
    let seed = AccountSeed::from_bytes(seed);
    let id = AccountKeys::from_seed(&seed).account_id();
    // A crash in the middle of restoring leaves a whole account or none.
    let client = match accounts.list().await?.iter().any(|account| account.account == id) {
        true => accounts.open_account(&id).await?,
        false => accounts.restore(&recovery_password(&seed), &name).await?,
    };
    for step in &steps {
        take(&client, step, &clock).await?;
    }
    let told = tell(&client).await?;
    client.close().await?;
    Ok(told)
}

async fn take(client: &Client, step: &str, clock: &SharedClock) -> Told<()> {
    let parts: Vec<&str> = step.splitn(3, ':').collect();
    match parts[..] {
        ["clock", _] => Ok(()),
        ["poll"] => {
            for _ in 0..TRIES {
                match client.poll_now().await {
                    Ok(report) if !report.more => return Ok(()),
                    Ok(_) => {}
                    Err(_) => sleep(&**clock, std::time::Duration::from_millis(200)).await,
                }
            }
            Err("polled in vain".into())
        }
        ["send"] => {
            for _ in 0..TRIES {
                let report = client.send_now().await?;
                if !report.offline && report.retrying == 0 && report.failed == 0 {
                    return Ok(());
                }
                sleep(&**clock, std::time::Duration::from_secs(6)).await;
            }
            Err("sent in vain".into())
        }
        ["write" | "answer" | "slip" | "react" | "unsend" | "again", with, what] => {
            say(client, parts[0], with, what).await
        }
        ["push"] => {
            for _ in 0..TRIES {
                client.push_configs_now().await?;
                if !client.sync_state().await?.unsent && obsolete(client).await? == 0 {
                    return Ok(());
                }
                sleep(&**clock, std::time::Duration::from_millis(200)).await;
            }
            Err("pushed in vain".into())
        }
        ["rename", name] => Ok(client.set_display_name(name).await?),
        ["nickname", of, name] => Ok(client.conversation(&ConversationId::parse(of)?).set_nickname(name).await?),
        ["pin", of] => Ok(client.conversation(&ConversationId::parse(of)?).set_pinned(true).await?),
        ["delete", with] => Ok(client.conversation(&ConversationId::parse(with)?).delete().await?),
        ["forget", whom] => Ok(client.conversation(&ConversationId::parse(whom)?).delete_contact().await?),
        ["decline", from] => Ok(client.conversation(&ConversationId::parse(from)?).decline().await?),
        ["block", whom] => Ok(client.conversation(&ConversationId::parse(whom)?).block().await?),
        ["decline-all" | "signs" | "read" | "mute" | "archive" | "draft" | "timer", ..] => choose(client, &parts).await,
        ["accept", from] => Ok(client.conversation(&ConversationId::parse(from)?).accept().await?),
        _ => Err(format!("unknown step {step}").into()),
    }
}

/// What is chosen, for a conversation or for all. Choosing it again changes nothing.
async fn choose(client: &Client, parts: &[&str]) -> Told<()> {
    let (step, with) = (parts.first().copied().unwrap_or_default(), parts.get(1).copied().unwrap_or_default());
    let what = parts.get(2).copied().unwrap_or_default();
    let chat = || Ok::<_, onionskin_core::Error>(client.conversation(&ConversationId::parse(with)?));
    match step {
        "signs" => {
            client.set_screen(true, None);
            client.set_setting(&READ_RECEIPTS, true).await?;
        }
        "decline-all" => drop(client.decline_all_requests().await?),
        "read" => drop(chat()?.mark_read().await?),
        "mute" => chat()?.set_mute(Mute::Forever).await?,
        "archive" => chat()?.set_archived(true).await?,
        "draft" => chat()?.set_draft(what, None).await?,
        _ => {
            let wanted = Disappearing::AfterRead(std::time::Duration::from_secs(what.parse()?));
            if chat()?.row().await?.is_none_or(|row| row.disappearing != wanted) {
                chat()?.set_disappearing(wanted).await?;
            }
        }
    }
    Ok(())
}

/// What is said, and what is said about what was said. Doing it again changes nothing.
async fn say(client: &Client, step: &str, with: &str, what: &str) -> Told<()> {
    let (chat, of, text) = about(client, with, what).await?;
    let rows = chat.messages(Before::Latest, 100).await?;
    let says = |text: &str| rows.iter().any(|row| row.body == text);
    let slipped = || rows.iter().any(|row| row.outgoing && row.kind == MessageKind::Deleted);
    match (step, of) {
        ("write", _) if !says(what) => drop(chat.send(Draft::text(what)).await?),
        ("slip", _) if !says(what) && !slipped() => drop(chat.send(Draft::text(what)).await?),
        ("answer", Some(of)) if !says(&text) => drop(chat.send(Draft::text(text).answering(of)).await?),
        ("react", Some(of)) => chat.react(of, &text, true).await?,
        ("unsend", Some(of)) => chat.delete_everywhere(of, Reach::Everyone).await?,
        ("again", Some(of)) if rows.iter().any(|row| row.id == of && row.state == MessageState::Sent) => {
            chat.send_again(of).await?;
        }
        ("react" | "answer", None) => return Err(format!("nothing to {step}").into()),
        _ => (),
    }
    Ok(())
}

/// A conversation, the message in it whose text stands before `=`, and what stands behind that.
async fn about(client: &Client, with: &str, what: &str) -> Told<(Conversation, Option<MessageId>, String)> {
    let chat = client.conversation(&ConversationId::parse(with)?);
    let (of, rest) = what.split_once('=').unwrap_or((what, ""));
    let message = chat.messages(Before::Latest, 100).await?.iter().find(|row| row.body == of).map(|row| row.id);
    Ok((chat, message, rest.to_owned()))
}

/// Text, what it answers, and how many reacted to it.
fn said(row: &MessageRow) -> Value {
    let text = if row.kind == MessageKind::Deleted { "(deleted)" } else { row.body.as_str() };
    let quoted = row.quote.as_ref().and_then(|quote| quote.line.as_ref()).map(|line| line.text.as_str());
    json!([text, quoted, row.reactions.iter().map(|one| one.people.len()).sum::<usize>()])
}

/// Everything that two people could compare.
async fn tell(client: &Client) -> Told<Value> {
    let mut conversations = Vec::new();
    let mut rows: Vec<ConversationRow> = client.conversations().await?;
    rows.extend(client.archived().await?);
    rows.extend(client.requests().await?);
    for row in rows {
        let messages = client.conversation(&row.id).messages(Before::Latest, 100).await?;
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| {
                json!({"kind": format!("{:?}", message.kind), "text": message.body, "ours": message.outgoing,
                    "sent_at": message.sent_at.as_millis(), "state": format!("{:?}", message.state),
                    "said": said(message)})
            })
            .collect();
        conversations.push(json!({"with": row.id.to_string(), "name": row.name, "approved": row.approved,
            "approved_me": row.approved_me, "priority": row.priority, "messages": messages,
            "mute": format!("{:?}", row.mute), "archived": row.archived, "draft": row.draft,
            "timer": row.disappearing.after().map_or(0, |after| after.as_secs())}));
    }
    let unreadable: Vec<String> = client.unreadable(1_000).await?.into_iter().map(|row| row.reason).collect();
    Ok(json!({"id": client.account_id().to_string(), "name": client.display_name().await?,
        "conversations": conversations, "unreadable": unreadable, "documents": documents(client).await.ok(),
        "unsent": client.sync_state().await?.unsent, "obsolete": obsolete(client).await?}))
}

/// How many replaced config messages the swarm may still have.
async fn obsolete(client: &Client) -> Told<usize> {
    let me = client.account_id();
    Ok(client.store().read(move |tx| tx.obsolete_configs(me, 1_000)).await?.len())
}

/// Rounds before a step is given up.
const TRIES: usize = 60;
