//! Strangers in great numbers: they push out each other, and nothing of what friends need.

use super::config_tests::{Device, befriend, bob};
use super::mirror::{self, MAX_STRANGERS};
use crate::clock::Timestamp;
use crate::config::{ConfigKeys, Dict, Document, DocumentKind, contacts};
use crate::crypto::{AccountId, AccountKeys, AccountSeed};
use crate::error::Result;
use crate::people::{self, Desk};
use crate::store::{ConversationId, MessageKind, MessageState, NewMessage, WriteTx};

fn stranger(number: u32) -> AccountId {
    let mut key = [0x5a; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    AccountId::from_x25519(key)
}

const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

fn friend(number: u32) -> AccountId {
    let mut key = [0xf1; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    AccountId::from_x25519(key)
}

/// A letter of somebody, as receiving it leaves it in the ledger.
fn writes(tx: &mut WriteTx<'_>, from: AccountId, desk: &Desk, sent_at: Timestamp) -> Result<()> {
    let conversation = ConversationId::from(from);
    if tx.standing(&conversation)?.is_none() {
        people::make_room_for_request(tx, desk)?;
    }
    people::show(tx, &Desk { device_now: sent_at, ..*desk }, &conversation)?;
    people::accepts_us(tx, &from)?;
    tx.set_came_at(&conversation, sent_at)?;
    tx.insert_message(&NewMessage {
        conversation: &conversation,
        sender: &from,
        outgoing: false,
        kind: MessageKind::Text,
        sent_at,
        received_at: desk.network_now,
        body: "buy now",
        raw: &[],
        swarm_hash: "",
        read_at: Timestamp::ZERO,
        state: MessageState::Received,
    })?;
    Ok(())
}

async fn strangers_in_document(device: &Device) -> usize {
    let me = *device.hall.account();
    let look = move |data: &Dict| contacts::all(data, &me).filter(mirror::is_stranger).count();
    device.document(DocumentKind::Contacts, look).await
}

/// 20,000 strangers would make every push of the document too large: the swarm takes 5 MB.
#[test]
fn twenty_thousand_strangers_leave_a_document_that_is_pushed_and_every_friend_in_it() {
    let keys = AccountKeys::from_seed(&AccountSeed::from_bytes([1; 16]));
    let me = keys.account_id();
    let mut document = Document::new(DocumentKind::Contacts);
    document.edit(|data| {
        for number in 0..100 {
            contacts::edit(data, &me, &friend(number)).unwrap().set_approved(true).set_name("A friend");
        }
        for number in 0..20_000 {
            let seconds = Some(1_700_000_000 + u64::from(number));
            contacts::edit(data, &me, &stranger(number)).unwrap().set_approved_me(true).set_created(seconds);
        }
        contacts::edit(data, &me, &stranger(5)).unwrap().set_nickname("Not one of them");
        mirror::cap_strangers(data, &me);
    });
    let left: Vec<_> = contacts::all(document.data(), &me).collect();
    assert_eq!(left.len(), 100 + 1 + MAX_STRANGERS);
    assert!((0..100).all(|number| left.iter().any(|entry| entry.id == friend(number))));
    assert!(left.iter().any(|entry| entry.id == stranger(19_999)) && left.iter().any(|entry| entry.id == stranger(5)));
    let push = document.push(&ConfigKeys::account(&keys)).unwrap();
    assert_eq!(push.messages.len(), 1);
}

#[tokio::test]
async fn a_flood_of_requests_is_bounded_in_the_ledger_and_in_the_document_and_pushes_out_itself() {
    let phone = Device::new(true).await;
    phone.does(befriend).await;
    let (desk, flood) = (phone.hall.desk(), people::MAX_REQUESTS + 20);
    let begin = desk.network_now - std::time::Duration::from_secs(3_600);
    let named = stranger(3);
    for page in (0..flood).step_by(100) {
        phone
            .does(move |tx| {
                for number in page..(page + 100).min(flood) {
                    let sent_at = begin + std::time::Duration::from_secs(u64::from(number));
                    writes(tx, stranger(number), &desk, sent_at)?;
                    if stranger(number) == named {
                        people::set_nickname(tx, &desk, &named, "Named")?;
                    }
                }
                Ok(())
            })
            .await;
    }
    let requests = phone.hall.read(|tx| tx.requests()).await.unwrap();
    assert_eq!(requests.len(), people::MAX_REQUESTS as usize + 1, "one has a name and is counted apart");
    assert!(requests.iter().any(|row| row.id == named.into()) && requests[0].id == stranger(flood - 1).into());
    let dropped = phone.hall.read(|tx| tx.setting(&people::REQUESTS_DROPPED)).await.unwrap();
    assert_eq!(dropped, u64::from(flood) - requests.len() as u64, "and are counted");
    assert!((0..20).all(|number| requests.iter().any(|row| row.id == stranger(number).into())), "who is shown stays");
    let gone =
        phone.hall.read(move |tx| Ok((tx.contact(&stranger(flood - 2))?, tx.standing(&stranger(flood - 2).into())?)));
    assert_eq!(gone.await.unwrap(), (None, None), "not even the person");
    assert_eq!(strangers_in_document(&phone).await, MAX_STRANGERS);
    let me = *phone.hall.account();
    let has = move |who| move |data: &Dict| contacts::all(data, &me).any(|entry| entry.id == who);
    assert!(phone.document(DocumentKind::Contacts, has(bob())).await);
    assert!(phone.document(DocumentKind::Contacts, has(named)).await);

    // Another device has requests of its own, and takes those for which there is no room for nothing that was deleted.
    let laptop = Device::new(false).await;
    let early = stranger(1);
    laptop.does(move |tx| writes(tx, early, &desk, begin)).await;
    laptop.hears(&phone.pushes().await).await;
    let requests = laptop.hall.read(|tx| tx.requests()).await.unwrap();
    assert!(requests.iter().any(|row| row.id == early.into()));
    let told: Vec<_> = requests.iter().filter(|row| row.id != early.into()).map(|row| row.came_at).collect();
    assert!(told.len() > 100 && told.iter().all(|came_at| *came_at >= begin - MINUTE), "each came when it came");
}

#[tokio::test]
async fn what_was_declined_makes_room_before_what_waits_and_what_is_shown_at_last() {
    let phone = Device::new(true).await;
    phone.does(befriend).await;
    let (desk, most) = (phone.hall.desk(), people::MAX_REQUESTS);
    let begin = desk.network_now - std::time::Duration::from_secs(86_400 * 30);
    // One an hour is shown, whoever comes next.
    let hourly = move |number: u32| begin + std::time::Duration::from_secs(3_600 * u64::from(number));
    phone
        .does(move |tx| {
            (0..most).try_for_each(|number| writes(tx, stranger(number), &desk, hourly(number)))?;
            people::decline(tx, &desk, &stranger(most - 1))?;
            writes(tx, stranger(most), &desk, hourly(most))?;
            let left = |tx: &WriteTx<'_>, number| tx.contact(&stranger(number)).unwrap().is_some();
            assert_eq!((left(tx, 0), left(tx, most - 1)), (true, false), "the declined one goes");
            writes(tx, stranger(most + 1), &desk, hourly(most + 1))?;
            assert_eq!((left(tx, 0), left(tx, 1)), (false, true), "of those that are shown the first that came");
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn nobody_has_to_make_room_while_friends_cannot_be_told_from_strangers() {
    let tablet = Device::new(false).await;
    let (desk, flood) = (tablet.hall.desk(), people::MAX_REQUESTS + 20);
    tablet
        .does(move |tx| (0..flood).try_for_each(|number| writes(tx, stranger(number), &desk, desk.network_now)))
        .await;
    assert_eq!(tablet.hall.read(|tx| tx.requests()).await.unwrap().len(), flood as usize);
}

#[tokio::test]
async fn who_is_declined_leaves_the_document_and_the_other_devices() {
    let (phone, laptop) = (Device::new(true).await, Device::new(false).await);
    let (desk, who) = (phone.hall.desk(), stranger(1));
    let sent_at = desk.network_now - std::time::Duration::from_secs(600);
    laptop.hears(&phone.pushes().await).await;
    phone.does(move |tx| writes(tx, who, &desk, sent_at)).await;
    laptop.hears(&phone.pushes().await).await;
    laptop.does(move |tx| writes(tx, who, &Desk { network_now: sent_at, ..desk }, sent_at)).await;
    assert_eq!((strangers_in_document(&phone).await, strangers_in_document(&laptop).await), (1, 1));

    phone.does(move |tx| people::decline(tx, &desk, &who)).await;
    assert_eq!(strangers_in_document(&phone).await, 0);
    laptop.hears(&phone.pushes().await).await;
    assert_eq!(strangers_in_document(&laptop).await, 0);
    assert_eq!(laptop.hall.read(|tx| tx.requests()).await.unwrap().len(), 0);

    // Whoever writes again asks again.
    phone.does(move |tx| writes(tx, who, &desk, desk.network_now)).await;
    assert_eq!(strangers_in_document(&phone).await, 1);
}

/// A friend's letter comes to a device that does not know its people yet, and is declined there.
#[tokio::test]
async fn declining_somebody_whom_the_document_knows_as_a_friend_takes_no_friend_away() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    let desk = tablet.hall.desk();
    tablet.does(move |tx| writes(tx, bob(), &desk, desk.network_now)).await;
    tablet.does(move |tx| people::decline(tx, &desk, &bob())).await;
    tablet.hears(&phone.pushes().await).await;
    let approved = |data: &Dict| contacts::read(data, &bob()).is_some_and(|entry| entry.approved);
    assert!(tablet.document(DocumentKind::Contacts, approved).await);
}
