//! What a restored device makes of a swarm in which a push broke off, and of signs of other devices; without a network.

use std::time::Duration;

use super::config_tests::{Device, befriend, bob, stored_message};
use super::reconcile::{self, ConfigPage, FIRST_POLL, Settles};
use crate::clock::Timestamp;
use crate::config::{ConfigKeys, Document, DocumentKind, parts, seal};
use crate::crypto::{ConfigBase, blake2b_256};
use crate::event::{OTHER_DEVICE, OtherDevice};
use crate::message::testing::at;
use crate::store::DocumentState;
use crate::swarm::RetrievedMessage;

const CONTACTS: DocumentKind = DocumentKind::Contacts;

impl Device {
    /// The first of two parts of a message that nobody ever completes, stored at `stored`.
    fn orphan(&self, stored: Timestamp) -> RetrievedMessage {
        let padded = seal::pad(&[b'd'; 100_000]);
        let part = parts::split(&padded).unwrap().remove(0);
        let data = ConfigBase::account(self.hall.keys()).seal(CONTACTS.domain(), part);
        stored_message(self.hall.account(), CONTACTS, data, stored)
    }

    /// Takes in what the swarm has of Contacts.
    async fn finds(&self, messages: Vec<RetrievedMessage>) {
        let page = ConfigPage { kind: CONTACTS, messages, cursor: None, settles: Settles::WhenFound };
        let epoch = self.hall.read(|tx| tx.cursor_epoch()).await.unwrap();
        reconcile::reconcile(&self.hall, self.hall.mailbox(), epoch, vec![page]).await.unwrap();
    }

    async fn contacts(&self) -> (DocumentState, bool) {
        let row = self.hall.read(|tx| tx.contact(&bob())).await.unwrap();
        let state = self.hall.read(|tx| tx.sync_state()).await.unwrap().contacts;
        (state, row.is_some_and(|row| row.approved))
    }

    async fn applied_at(&self) -> Timestamp {
        let row = self.hall.read(|tx| tx.dump(CONTACTS.place(tx.own_account()?))).await.unwrap();
        row.map_or(Timestamp::ZERO, |row| row.applied_at)
    }

    fn later(&self, by: Duration) {
        let time = self.hall.swarms().time();
        time.restore(time.offset_millis() + i64::try_from(by.as_millis()).unwrap());
    }

    async fn other(&self) -> Option<OtherDevice> {
        self.hall.read(|tx| tx.setting(&OTHER_DEVICE)).await.unwrap()
    }
}

/// A device on which Bob is a friend, what it pushed of Contacts, and a device that waits.
async fn two() -> (Device, RetrievedMessage, Device) {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    let pushed = phone.pushes().await.into_iter().find(|(kind, _)| *kind == CONTACTS).unwrap().1;
    (phone, pushed, tablet)
}

fn before(message: &RetrievedMessage, by: u64) -> Timestamp {
    Timestamp::from_millis(message.timestamp.as_millis() - by)
}

fn after(message: &RetrievedMessage, by: u64) -> Timestamp {
    Timestamp::from_millis(message.timestamp.as_millis() + by)
}

#[tokio::test]
async fn a_push_that_broke_off_before_the_newest_one_keeps_nobody_waiting() {
    let (_phone, pushed, tablet) = two().await;
    let orphan = tablet.orphan(before(&pushed, 1));
    tablet.finds(vec![orphan, pushed]).await;
    assert_eq!(tablet.contacts().await, (DocumentState::Here, true));
}

#[tokio::test]
async fn a_newer_message_whose_parts_are_missing_is_waited_for_and_not_for_long() {
    let (_phone, pushed, tablet) = two().await;
    let all = [pushed.clone(), tablet.orphan(after(&pushed, 1))];
    tablet.finds(all.to_vec()).await;
    assert_eq!(tablet.contacts().await, (DocumentState::Partial, false), "it may come any moment");
    tablet.later(Duration::from_secs(4 * 60));
    tablet.finds(all.to_vec()).await;
    assert_eq!(tablet.contacts().await, (DocumentState::Partial, false));
    tablet.later(Duration::from_secs(61));
    tablet.finds(all.to_vec()).await;
    assert_eq!(tablet.contacts().await, (DocumentState::Here, true));
}

#[tokio::test]
async fn where_only_a_part_is_left_there_is_nothing_after_a_day() {
    let (_phone, pushed, tablet) = two().await;
    let orphan = tablet.orphan(pushed.timestamp);
    tablet.finds(vec![orphan.clone()]).await;
    tablet.later(Duration::from_secs(23 * 3_600));
    tablet.finds(vec![orphan.clone()]).await;
    assert_eq!(tablet.contacts().await.0, DocumentState::Partial);
    tablet.later(Duration::from_secs(3_601));
    tablet.finds(vec![orphan]).await;
    assert_eq!(tablet.contacts().await.0, DocumentState::Absent);
    tablet.finds(vec![pushed]).await;
    assert_eq!(tablet.contacts().await, (DocumentState::Here, true), "what comes later is merged all the same");
}

#[tokio::test]
async fn only_a_whole_message_tells_when_another_device_wrote_last() {
    let (_phone, pushed, tablet) = two().await;
    tablet.finds(vec![tablet.orphan(pushed.timestamp)]).await;
    assert_eq!(tablet.applied_at().await, Timestamp::ZERO);
    tablet.finds(vec![pushed.clone()]).await;
    assert_eq!(tablet.applied_at().await, pushed.timestamp);
    let known = tablet.hall.read(|tx| tx.applied_at(CONTACTS.place(tx.own_account()?))).await.unwrap();
    assert_eq!(known, None, "rows do not follow yet: a newer message may be on its way");
}

#[tokio::test]
async fn all_parts_tell_when_their_message_was_written() {
    let (phone, _, tablet) = two().await;
    let keys = ConfigKeys::account(phone.hall.keys());
    let mut document = Document::new(CONTACTS);
    // Does not become small enough for one message.
    let noise: String = (0..4_000_u32).map(|at| hex::encode(blake2b_256(&[&at.to_le_bytes()]))).collect();
    document.edit(|data| data.put("~future", noise.as_str()));
    let push = document.push(&keys).unwrap();
    assert!(push.messages.len() > 1);
    let now = phone.hall.desk().network_now;
    let stored = |(number, data): (usize, Vec<u8>)| {
        let time = Timestamp::from_millis(now.as_millis() - 1_000 * number as u64);
        stored_message(phone.hall.account(), CONTACTS, data, time)
    };
    tablet.finds(push.messages.into_iter().enumerate().map(stored).collect()).await;
    assert_eq!(tablet.applied_at().await, now);
}

#[tokio::test]
async fn another_device_is_news_only_after_this_one_asked_the_network_first() {
    let (phone, pushed, tablet) = two().await;
    tablet.finds(vec![pushed]).await;
    // Whatever the clock of the device said when the account was made.
    for (first, seen) in [(None, 5_000), (Some(9_000), 9_000), (Some(8_999), 9_000)] {
        phone.does(move |tx| tx.set_setting(&FIRST_POLL, &first.map(at))).await;
        phone.does(move |tx| reconcile::note_other_device(tx, at(seen))).await;
        let expected = (first == Some(8_999)).then_some(OtherDevice { seen_at: at(9_000), new: true });
        assert_eq!(phone.other().await, expected, "{first:?}");
    }
}
