//! Deletions that travel: what one device of an account deleted stays deleted on the others, and nothing is lost that the
//! one which deleted could not know.

use std::time::Duration;

use super::config_tests::{Device, befriend, bob, chat};
use crate::clock::Timestamp;
use crate::config::{DocumentKind, contacts, conversations, user_profile};
use crate::error::Result;
use crate::message::profile::OwnProfile;
use crate::message::testing::at;
use crate::message::{Draft, Incoming, text};
use crate::people::{Desk, remove};
use crate::store::{ConversationId, MessageKind, MessageState, NewMessage, Role, Standing, WriteTx};

/// Alice's phone and laptop, which agree that Bob is a friend.
async fn phone_and_laptop() -> (Device, Device) {
    let (phone, laptop) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    laptop.hears(&phone.pushes().await).await;
    phone.hears(&laptop.pushes().await).await;
    assert_eq!(standing(&laptop).await.priority, 0);
    (phone, laptop)
}

async fn standing(device: &Device) -> Standing {
    device.hall.read(|tx| tx.standing(&chat())).await.unwrap().unwrap()
}

/// Whether Bob is on the list, and whether he is accepted.
async fn has_bob(device: &Device) -> (bool, bool) {
    let looked = device.hall.read(|tx| Ok((tx.conversations()?, tx.contact(&bob())?)));
    let (rows, contact) = looked.await.unwrap();
    (rows.iter().any(|row| row.id == chat()), contact.is_some_and(|row| row.approved))
}

/// What the Contacts document says of Bob: whether he is in it, and his priority.
async fn entry(device: &Device) -> Option<i32> {
    device.document(DocumentKind::Contacts, |data| contacts::read(data, &bob()).map(|entry| entry.priority)).await
}

async fn deletes(device: &Device, whole_contact: bool) {
    let desk = device.hall.desk();
    let delete = move |tx: &mut WriteTx<'_>| {
        if whole_contact {
            remove::delete_contact_until(tx, &desk, &bob(), desk.network_now)
        } else {
            remove::delete_conversation_until(tx, &desk, &chat(), desk.network_now)
        }
    };
    device.does(delete).await;
}

/// Writes to Bob at `now`, and says what became of the letter.
async fn writes(device: &Device, now: Timestamp, failed: bool) {
    let desk = Desk { network_now: now, ..device.hall.desk() };
    let write = move |tx: &mut WriteTx<'_>| {
        text::write(tx, &desk, &bob(), &Draft::text("never arrived"))?;
        let letter = tx.errands()?.into_iter().find(|row| row.role() == Some(Role::Message));
        if failed { tx.fail_errand(letter.unwrap().id) } else { Ok(()) }
    };
    device.does(write).await;
}

/// Something of Bob's that says `sent_at` and came at `received_at`.
fn from_bob(sent_at: Timestamp, received_at: Timestamp) -> impl FnOnce(&mut WriteTx<'_>) -> Result<()> + Send {
    move |tx| {
        tx.insert_message(&NewMessage {
            conversation: &chat(),
            sender: &bob(),
            outgoing: false,
            kind: MessageKind::Text,
            sent_at,
            received_at,
            body: "boo",
            raw: &[],
            swarm_hash: "",
            read_at: Timestamp::ZERO,
            state: MessageState::Received,
        })
        .map(|_| ())
    }
}

/// Later than anything that happens in a test, and not so late that a clock must be wrong.
const SOON: Duration = Duration::from_secs(50);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn a_letter_that_failed_long_ago_does_not_undo_a_deletion() {
    for whole_contact in [true, false] {
        let (phone, laptop) = phone_and_laptop().await;
        writes(&laptop, laptop.hall.desk().network_now - 20 * DAY, true).await;
        deletes(&phone, whole_contact).await;
        laptop.hears(&phone.pushes().await).await;
        assert_eq!(has_bob(&laptop).await, (false, !whole_contact), "deleting all of them: {whole_contact}");
        let mut left = laptop.hall.read(|tx| tx.errands()).await.unwrap();
        // What the phone's documents replaced is deleted from the swarm.
        left.retain(|errand| errand.parcel().is_some());
        assert_eq!(left, [], "the failed letter and its copy go along");
        assert_eq!(laptop.pushes().await.len(), 0, "and nobody hears of him again");
    }
}

#[tokio::test]
async fn a_letter_that_still_leaves_or_was_written_later_keeps_its_conversation() {
    for whole_contact in [true, false] {
        for (later, failed) in [(false, false), (true, true)] {
            let (phone, laptop) = phone_and_laptop().await;
            let now = laptop.hall.desk().network_now;
            deletes(&phone, whole_contact).await;
            let pushed = phone.pushes().await;
            writes(&laptop, if later { now + SOON } else { now - DAY }, failed).await;
            laptop.hears(&pushed).await;
            assert_eq!(has_bob(&laptop).await, (true, true), "later {later}, failed {failed}");
            phone.hears(&laptop.pushes().await).await;
            assert_eq!(has_bob(&phone).await, (true, true), "later {later}, failed {failed}");
        }
    }
}

#[tokio::test]
async fn a_letter_that_is_sent_again_does_not_undo_a_deletion() {
    for whole_contact in [true, false] {
        let (phone, laptop) = phone_and_laptop().await;
        let desk = laptop.hall.desk();
        writes(&laptop, desk.network_now - 13 * DAY, false).await;
        deletes(&phone, whole_contact).await;
        let again = move |tx: &mut WriteTx<'_>| {
            let letter = tx.errands()?.iter().find_map(|errand| errand.message).unwrap();
            for errand in tx.errands_of_message(letter)? {
                tx.finish_errand(errand.id)?;
            }
            tx.set_message_state(letter, MessageState::Sent)?;
            let row = tx.message(letter)?.unwrap();
            text::store_again(tx, &desk, &bob(), &row)
        };
        laptop.does(again).await;
        laptop.hears(&phone.pushes().await).await;
        assert_eq!(has_bob(&laptop).await, (false, !whole_contact), "deleting all of him: {whole_contact}");
        assert_eq!(laptop.pushes().await.len(), 0);
    }
}

#[tokio::test]
async fn a_letter_from_the_future_does_not_undo_a_deletion() {
    for whole_contact in [true, false] {
        let (phone, laptop) = phone_and_laptop().await;
        let now = laptop.hall.desk().network_now;
        laptop.does(from_bob(now + 20_000 * DAY, now - DAY)).await;
        deletes(&phone, whole_contact).await;
        laptop.hears(&phone.pushes().await).await;
        assert_eq!(has_bob(&laptop).await, (false, !whole_contact), "deleting all of him: {whole_contact}");
        assert_eq!(laptop.pushes().await.len(), 0);
    }
}

#[tokio::test]
async fn our_own_message_from_a_clock_that_was_ahead_does_not_undo_a_deletion() {
    let (phone, laptop) = phone_and_laptop().await;
    writes(&laptop, laptop.hall.desk().network_now + 30 * DAY, false).await;
    let sent =
        |tx: &mut WriteTx<'_>| tx.errands()?.into_iter().try_for_each(|row| tx.finish_errand(row.id).map(|_| ()));
    laptop.does(sent).await;
    deletes(&phone, false).await;
    laptop.hears(&phone.pushes().await).await;
    assert_eq!(has_bob(&laptop).await, (false, true));
}

#[tokio::test]
async fn what_came_after_a_deletion_stays_however_it_is_dated() {
    for ahead in [Duration::from_secs(1), 20_000 * DAY] {
        let (phone, laptop) = phone_and_laptop().await;
        let now = laptop.hall.desk().network_now;
        laptop.does(from_bob(now - DAY, now - DAY)).await;
        deletes(&phone, false).await;
        let pushed = phone.pushes().await;
        let later = now + SOON;
        laptop.does(from_bob(later + ahead, later)).await;
        laptop.hears(&pushed).await;
        assert_eq!(has_bob(&laptop).await, (true, true));
        let left = laptop.hall.read(|tx| tx.messages_before(&chat(), crate::store::Before::Latest, 10)).await.unwrap();
        assert_eq!(left.len(), 1, "what was said before the deletion goes");
    }
}

#[tokio::test]
async fn a_deleted_contact_leaves_nothing_in_the_document_of_what_was_read() {
    let (phone, laptop) = phone_and_laptop().await;
    let entry = |data: &crate::config::Dict| conversations::one_to_one(data, &bob());
    phone.does(|tx| tx.set_marked_unread(&chat(), true)).await;
    laptop.hears(&phone.pushes().await).await;
    assert!(standing(&laptop).await.marked_unread);
    deletes(&phone, true).await;
    assert_eq!(phone.document(DocumentKind::ConvoInfoVolatile, entry).await, None);
    // Meanwhile the laptop reads something of his: a conflict, out of which the entry comes back.
    let now = laptop.hall.desk().network_now;
    laptop.does(move |tx| tx.set_read_up_to(&chat(), now)).await;
    for _ in 0..3 {
        laptop.hears(&phone.pushes().await).await;
        phone.hears(&laptop.pushes().await).await;
    }
    for device in [&phone, &laptop] {
        assert_eq!(device.document(DocumentKind::ConvoInfoVolatile, entry).await, None);
        assert_eq!(device.pushes().await.len(), 0);
    }
    phone.does(from_bob(now, now)).await;
    phone.does(befriend).await;
    for device in [&phone, &laptop] {
        assert!(!standing(device).await.marked_unread, "what he writes next is not marked by hand");
    }
}

#[tokio::test]
async fn what_is_deleted_while_the_documents_are_awaited_stays_deleted() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    let own = ConversationId::from(*phone.hall.account());
    let notes = own.clone();
    phone.does(move |tx| tx.ensure_conversation(&notes, at(1_000))).await;
    assert_eq!(entry(&phone).await, Some(0));

    tablet.does(befriend).await;
    deletes(&tablet, false).await;
    let (notes, now) = (own.clone(), tablet.hall.desk().network_now);
    let hide = move |tx: &mut WriteTx<'_>| {
        tx.ensure_conversation(&notes, now)?;
        tx.set_gone_at(&notes, now)?;
        tx.set_priority(&notes, -1)
    };
    tablet.does(hide).await;
    tablet.hears(&phone.pushes().await).await;
    phone.hears(&tablet.pushes().await).await;
    for device in [&tablet, &phone] {
        assert_eq!((has_bob(device).await, entry(device).await), ((false, true), Some(-1)));
        assert_eq!(device.document(DocumentKind::UserProfile, user_profile::note_priority).await, -1);
        let own = own.clone();
        assert_eq!(device.hall.read(move |tx| tx.standing(&own)).await.unwrap().unwrap().priority, -1);
    }
}

#[tokio::test]
async fn a_contact_that_is_deleted_while_the_documents_are_awaited_is_gone() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    phone.does(|tx| tx.set_marked_unread(&chat(), true)).await;
    tablet.does(befriend).await;
    deletes(&tablet, true).await;
    tablet.hears(&phone.pushes().await).await;
    phone.hears(&tablet.pushes().await).await;
    for device in [&tablet, &phone] {
        assert_eq!((has_bob(device).await, entry(device).await), ((false, false), None));
        let read = device.document(DocumentKind::ConvoInfoVolatile, |data| conversations::one_to_one(data, &bob()));
        assert_eq!(read.await, None);
    }
}

/// A request that was declined by an older version of this program is no decision about what other devices have.
#[tokio::test]
async fn what_was_hidden_before_there_were_documents_is_not_hidden_elsewhere() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    tablet
        .does(|tx| {
            tx.ensure_conversation(&chat(), at(1_000))?;
            tx.set_approved_me(&bob(), true)?;
            tx.set_priority(&chat(), -1)
        })
        .await;
    tablet.hears(&phone.pushes().await).await;
    assert_eq!((has_bob(&tablet).await, entry(&tablet).await), ((true, true), Some(0)));
}

/// After a damaged dump everything here is an edit; what another device brought back meanwhile is newer than that.
#[tokio::test]
async fn a_damaged_dump_hides_nothing_that_is_back_elsewhere() {
    let (phone, laptop) = phone_and_laptop().await;
    deletes(&phone, false).await;
    laptop.hears(&phone.pushes().await).await;
    laptop
        .does(|tx| {
            let row = tx.dump(DocumentKind::Contacts.place(tx.own_account()?))?.unwrap();
            tx.save_dump(&crate::store::DumpRow { dump: b"damaged".to_vec(), ..row })
        })
        .await;
    phone.does(|tx| tx.set_priority(&chat(), 0)).await;
    phone.does(|tx| tx.ensure_conversation(&chat(), at(1))).await;
    laptop.does(|tx| tx.set_nickname(&bob(), "Bobby")).await;
    laptop.hears(&phone.pushes().await).await;
    assert_eq!(entry(&laptop).await, Some(0));
}

/// A device of Alice's that shares a swarm with another one, in which nothing is ever deleted.
struct Sharing {
    device: Device,
    got_letter: bool,
}

impl Sharing {
    async fn pushes(&self, swarm: &mut Vec<(DocumentKind, crate::swarm::RetrievedMessage)>) -> bool {
        let pushed = self.device.pushes().await;
        let any = !pushed.is_empty();
        swarm.extend(pushed);
        any
    }

    /// What a letter from Bob, a stranger, does.
    async fn gets_letter(&mut self, sent_at: Timestamp) {
        let desk = self.device.hall.desk();
        let place = crate::address::Place { owner: desk.me.into(), namespace: crate::address::Namespace::DIRECT };
        let content = text::compose(
            "buy my book",
            sent_at,
            &OwnProfile { display_name: "Bob".to_owned(), updated_seconds: 1, picture: Default::default() },
        );
        let incoming = Incoming {
            place,
            hash: place.name(b"a letter"),
            sender: bob(),
            sent_at,
            stored_at: sent_at,
            swarm_end: Timestamp::ZERO,
            plain: content.to_bytes(),
            content,
        };
        self.device.does(move |tx| crate::message::apply(tx, &desk, &incoming)).await;
        self.got_letter = true;
    }
}

/// Two devices get a stranger's letter, tell each other of it, read it and delete it, in any order: in the end it is gone on
/// both, and they agree.
#[tokio::test]
async fn in_whatever_order_devices_hear_of_a_letter_and_of_its_deletion_it_is_gone() {
    for seed in 0_u64..150 {
        let mut random = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut draw = move |many: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % many
        };
        let mut swarm = Vec::new();
        let mut devices = [
            Sharing { device: Device::new(true).await, got_letter: false },
            Sharing { device: Device::new(false).await, got_letter: false },
        ];
        let sent_at = devices[0].device.hall.desk().network_now - Duration::from_secs(5);
        devices[0].pushes(&mut swarm).await;
        devices[1].device.hears(&swarm).await;
        let (mut deleted, way) = (false, draw(3));
        for _ in 0..14 {
            let at = usize::try_from(draw(2)).unwrap();
            match draw(5) {
                0 => drop(devices[at].pushes(&mut swarm).await),
                1 => drop(devices[at].device.hears(&swarm).await),
                2 if !devices[at].got_letter => devices[at].gets_letter(sent_at).await,
                3 if devices[at].got_letter => {
                    devices[at].device.does(move |tx| tx.set_read_up_to(&chat(), sent_at).map(|_| ())).await;
                }
                4 if at == 0 && devices[0].got_letter && !deleted => {
                    let desk = devices[0].device.hall.desk();
                    let takes = move |tx: &mut WriteTx<'_>| match way {
                        0 => remove::delete_conversation(tx, &desk, &chat()),
                        1 => remove::delete_contact(tx, &desk, &bob()),
                        _ => crate::people::decline(tx, &desk, &bob()),
                    };
                    devices[0].device.does(takes).await;
                    deleted = true;
                }
                _ => (),
            }
        }
        let mut quiet = false;
        for _ in 0..8 {
            let mut any = false;
            for at in [1, 0] {
                devices[at].device.hears(&swarm).await;
                if !devices[at].got_letter {
                    devices[at].gets_letter(sent_at).await;
                }
                any |= devices[at].pushes(&mut swarm).await;
            }
            quiet = !any;
            if quiet {
                break;
            }
        }
        assert!(quiet, "seed {seed}: they push to each other for ever");
        for (name, sharing) in ["phone", "laptop"].iter().zip(&devices) {
            let looked = sharing.device.hall.read(|tx| Ok((tx.conversations()?, tx.requests()?))).await.unwrap();
            let listed = looked.0.len() + looked.1.len();
            assert_eq!(listed, usize::from(!deleted), "seed {seed}, way {way}: {name}");
        }
        assert_eq!(entry(&devices[0].device).await, entry(&devices[1].device).await, "seed {seed}");
    }
}
