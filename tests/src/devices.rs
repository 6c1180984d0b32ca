//! Several devices of one account: they push by hand, settle, and must end with the same documents.

use std::collections::BTreeSet;

use onionskin_core::Client;
use onionskin_core::ledger::{Document, DocumentKind};
use serde_json::{Value, json};

use crate::people::{Person, Told, World};

/// Pushes what a device changed, and deletes what that replaced.
///
/// # Errors
/// When the ledger fails; a failing network only makes the change wait.
pub async fn pushes(person: &Person<'_>) -> Told<()> {
    person.client().push_configs_now().await?;
    Ok(())
}

/// Devices tell each other everything, until none has anything to push.
///
/// # Errors
/// When a poll fails, or when they push to each other for ever.
pub async fn settle(devices: &[&Person<'_>]) -> Told<()> {
    for _ in 0..6 {
        for device in devices {
            device.polls().await?;
            pushes(device).await?;
        }
        let mut unsent = false;
        for device in devices {
            device.polls().await?;
            unsent |= device.client().sync_state().await?.unsent;
        }
        if !unsent {
            return Ok(());
        }
    }
    Err("devices push to each other for ever".into())
}

/// Number and text of each shared document, by namespace, as a device has it. Texts are hex, so that a difference can be
/// read; `null` for one with changes that were never pushed.
///
/// # Errors
/// When a document is missing or damaged.
pub async fn documents(client: &Client) -> Told<Value> {
    let me = client.account_id();
    let rows = client.store().read(move |tx| tx.dumps(me)).await?;
    let mut documents = serde_json::Map::new();
    for kind in DocumentKind::SYNCED {
        let row = rows.iter().find(|row| row.place.namespace == kind.namespace()).ok_or("a document is missing")?;
        let document = Document::restore(kind, &row.dump)?;
        let text = document.revision().map(|(text, _)| hex::encode(text));
        documents.insert(kind.namespace().to_string(), json!([document.seqno(), text]));
    }
    Ok(Value::Object(documents))
}

/// All devices have the same documents, byte for byte.
///
/// # Errors
/// When one of them does not.
pub async fn agree(devices: &[&Person<'_>]) -> Told<()> {
    let first = documents(devices[0].client()).await?;
    for device in devices {
        let other = documents(device.client()).await?;
        for kind in DocumentKind::SYNCED {
            let namespace = kind.namespace().to_string();
            if other[&namespace][1].is_null() || other[&namespace] != first[&namespace] {
                return Err(format!("{kind:?}: {} and {}", first[&namespace], other[&namespace]).into());
            }
        }
    }
    Ok(())
}

/// How many different messages of a document an account's swarm holds, all members together.
pub fn held_of(world: &World, account: &str, kind: DocumentKind) -> usize {
    let members = world.network().stored(account, kind.namespace().number()).into_iter();
    members.flat_map(|(_, messages)| messages).map(|message| message.hash).collect::<BTreeSet<_>>().len()
}

/// How many config messages an account's swarm holds, of all documents together.
pub fn held(world: &World, account: &str) -> usize {
    DocumentKind::SYNCED.into_iter().map(|kind| held_of(world, account, kind)).sum()
}
