//! Two devices of one account without a network: rows become documents, documents become messages, messages become rows.

use std::time::Duration;

use super::reconcile::{self, ConfigPage, Reconciled, Settles};
use super::{Hall, mirror, papers};
use crate::address::{Address, SwarmHash};
use crate::clock::{SystemClock, Timestamp};
use crate::config::fields::Notify;
use crate::config::{ConfigKeys, DocumentKind, contacts, user_profile};
use crate::crypto::{AccountId, AccountKeys, AccountSeed};
use crate::error::{Error, Result};
use crate::message::testing::{Person, at};
use crate::network::Network;
use crate::onion::{NodeKey, Onion, Roads};
use crate::store::{ConversationId, Disappearing, Mute, WriteTx};
use crate::swarm::{RetrievedMessage, Swarms};

/// One device of Alice's.
pub(super) struct Device {
    pub(super) hall: Hall,
    _person: Person,
}

impl Device {
    /// The device on which the account was made, or one that waits for its documents.
    pub(super) async fn new(first: bool) -> Self {
        let person = Person::new(1, if first { "Alice" } else { "typed while restoring" }).await;
        let clock = SystemClock::shared();
        let roads = Roads::open(&Network::testnet(), None, clock.clone()).unwrap();
        let swarms = Swarms::new(Onion::new(roads, None), clock.clone());
        let hall = Hall::new(person.keys.clone(), person.store.clone(), swarms, clock);
        let desk = hall.desk();
        let begin = move |tx: &mut WriteTx<'_>| if first { mirror::begin(tx, &desk) } else { tx.await_configs() };
        hall.write("begin", begin).await.unwrap();
        Self { hall, _person: person }
    }

    pub(super) async fn does<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        self.hall.write("test", work).await.unwrap()
    }

    /// What a push would store now, and the swarm's confirmation of it.
    pub(super) async fn pushes(&self) -> Vec<(DocumentKind, RetrievedMessage)> {
        let (desk, keys) = (self.hall.desk(), ConfigKeys::account(self.hall.keys()));
        self.does(move |tx| {
            let mut stored = Vec::new();
            for kind in DocumentKind::SYNCED {
                let mut paper = papers::open(tx, tx.own_account()?.into(), kind)?;
                if !paper.document.needs_push() {
                    continue;
                }
                let push = paper.document.push(&keys).map_err(|_| Error::bug("no push"))?;
                let messages: Vec<_> = push
                    .messages
                    .into_iter()
                    .map(|data| stored_message(&desk.me, kind, data, desk.network_now))
                    .collect();
                let hashes = messages.iter().map(|message| message.hash.as_str().to_owned()).collect();
                assert!(paper.document.confirm(push.seqno, hashes));
                paper.keep(tx, desk.device_now)?;
                stored.extend(messages.into_iter().map(|message| (kind, message)));
            }
            Ok(stored)
        })
        .await
    }

    /// Takes in what another device pushed; nothing at all also settles the documents.
    pub(super) async fn hears(&self, pushed: &[(DocumentKind, RetrievedMessage)]) -> Reconciled {
        let page = |kind: DocumentKind| ConfigPage {
            kind,
            messages: pushed.iter().filter(|(of, _)| *of == kind).map(|(_, message)| message.clone()).collect(),
            cursor: None,
            settles: if pushed.iter().any(|(of, _)| *of == kind) { Settles::WhenFound } else { Settles::Always },
        };
        let epoch = self.hall.read(|tx| tx.cursor_epoch()).await.unwrap();
        let pages = DocumentKind::SYNCED.into_iter().map(page).collect();
        reconcile::reconcile(&self.hall, self.hall.mailbox(), epoch, pages).await.unwrap()
    }

    pub(super) async fn document<T: Send + 'static>(
        &self,
        kind: DocumentKind,
        look: impl FnOnce(&crate::config::Dict) -> T + Send + 'static,
    ) -> T {
        self.hall
            .read(move |tx| Ok(look(papers::open(tx, tx.own_account()?.into(), kind)?.document.data())))
            .await
            .unwrap()
    }

    pub(super) async fn unsent(&self) -> bool {
        self.hall.read(|tx| tx.sync_state()).await.unwrap().unsent
    }
}

pub(super) fn stored_message(me: &AccountId, kind: DocumentKind, data: Vec<u8>, now: Timestamp) -> RetrievedMessage {
    let hash = SwarmHash::of(&Address::from(*me), kind.namespace(), &data);
    RetrievedMessage { hash, timestamp: now, expires: now + Duration::from_secs(1_000), data }
}

pub(super) fn bob() -> AccountId {
    AccountKeys::from_seed(&AccountSeed::from_bytes([2; 16])).account_id()
}

pub(super) fn chat() -> ConversationId {
    ConversationId::from(bob())
}

pub(super) fn befriend(tx: &mut WriteTx<'_>) -> Result<()> {
    tx.ensure_conversation(&chat(), at(1_000))?;
    tx.set_approved(&bob(), true)?;
    tx.set_approved_me(&bob(), true)?;
    Ok(())
}

#[tokio::test]
async fn a_change_is_in_its_document_with_the_commit_and_a_failed_write_is_in_neither() {
    let phone = Device::new(true).await;
    phone.pushes().await;
    phone.does(befriend).await;
    phone.does(|tx| tx.set_nickname(&bob(), "Bobby")).await;
    let failed = phone.hall.write("test", |tx| {
        tx.set_blocked(&bob(), true)?;
        Err::<(), _>(Error::bug("on purpose"))
    });
    failed.await.unwrap_err();
    let entry = phone.document(DocumentKind::Contacts, |data| contacts::read(data, &bob())).await.unwrap();
    assert_eq!((entry.nickname.as_str(), entry.approved, entry.blocked), ("Bobby", true, false));
    assert!(phone.unsent().await);
    phone.pushes().await;
    phone.does(|tx| tx.set_nickname(&bob(), "Bobby")).await;
    phone.does(|tx| tx.set_note(&bob(), "met on the train")).await;
    assert!(!phone.unsent().await, "the same again and a private note change no document");
}

#[tokio::test]
async fn rows_follow_a_document_and_that_is_no_change_to_push() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    phone
        .does(|tx| {
            tx.set_priority(&chat(), 7)?;
            tx.set_expiry(&bob(), 1, 86_400)?;
            tx.set_mute(&bob(), Mute::Until(at(4_000_000_000_000)))?;
            tx.set_marked_unread(&chat(), true)?;
            tx.set_read_up_to(&chat(), Timestamp::from_millis(tx.profile()?.unwrap().created_at.as_millis() + 5))?;
            Ok(())
        })
        .await;
    let pushed = phone.pushes().await;
    let told = tablet.hears(&pushed).await;
    assert_eq!((told.merged, told.refused), (pushed.len(), 0));
    let row = tablet.hall.read(|tx| tx.conversation(&chat())).await.unwrap().unwrap();
    assert_eq!((row.priority, row.marked_unread), (7, true));
    assert_eq!(row.disappearing, Disappearing::AfterSend(Duration::from_secs(86_400)));
    assert_eq!(row.mute, Mute::Until(at(4_000_000_000_000)));
    assert!(!tablet.unsent().await);
    assert!(!tablet.hall.read(|tx| tx.has_config_edits()).await.unwrap());
    assert!(!tablet.hall.read(|tx| tx.sync_state()).await.unwrap().restoring);
    let again = tablet.hears(&pushed).await;
    assert_eq!((again.merged, again.known), (0, pushed.len()), "another member's list brings nothing twice");
}

#[tokio::test]
async fn who_is_muted_on_one_device_is_muted_on_all_and_as_other_apps_write_it() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    tablet.hears(&phone.pushes().await).await;
    let entry = async |device: &Device| {
        let read = device.document(DocumentKind::Contacts, |data| contacts::read(data, &bob())).await.unwrap();
        (read.notify, read.mute_until)
    };
    for (mute, written) in [
        (Mute::Forever, (Notify::Disabled, None)),
        (Mute::Until(at(1_900_000_000_000)), (Notify::Default, Some(1_900_000_000))),
        (Mute::Off, (Notify::Default, None)),
    ] {
        tablet.does(move |tx| tx.set_mute(&bob(), mute)).await;
        assert_eq!(entry(&tablet).await, written);
        phone.hears(&tablet.pushes().await).await;
        let row = phone.hall.read(|tx| tx.conversation(&chat())).await.unwrap().unwrap();
        assert_eq!((row.mute, entry(&phone).await), (mute, written));
        assert!(!phone.unsent().await);
    }
    // Another app said *everything*, and that stays so over a mute here.
    let put = |data: &mut crate::config::Dict| data.dict_mut("c").dict_mut(bob().as_bytes()).put("@", 1);
    phone
        .does(move |tx| {
            let mut paper = papers::open(tx, tx.own_account()?.into(), DocumentKind::Contacts)?;
            paper.document.edit(put);
            paper.keep(tx, at(1))
        })
        .await;
    phone.does(|tx| tx.set_mute(&bob(), Mute::Until(at(1_900_000_000_000)))).await;
    assert_eq!(entry(&phone).await, (Notify::All, Some(1_900_000_000)));
}

#[tokio::test]
async fn only_the_field_that_was_edited_is_written_and_unknown_keys_stay() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    phone
        .does(|tx| {
            let mut paper = papers::open(tx, tx.own_account()?.into(), DocumentKind::Contacts)?;
            let put = |data: &mut crate::config::Dict| {
                data.put("~future", "kept");
                data.dict_mut("c").dict_mut(bob().as_bytes()).put("Z", 42);
            };
            paper.document.edit(put);
            let mut groups = papers::open(tx, tx.own_account()?.into(), DocumentKind::UserGroups)?;
            groups.document.edit(|data| data.dict_mut("g").dict_mut([3; 33]).put("n", "walkers"));
            paper.keep(tx, at(1))?;
            groups.keep(tx, at(1))
        })
        .await;
    tablet.hears(&phone.pushes().await).await;
    tablet.does(|tx| tx.set_nickname(&bob(), "Bobby")).await;
    let back = tablet.pushes().await;
    assert_eq!(back.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [DocumentKind::Contacts], "and nothing else");
    phone.hears(&back).await;
    let (future, entry) = phone
        .document(DocumentKind::Contacts, |data| {
            let entry = data.dict("c").and_then(|people| people.dict(bob().as_bytes())).cloned();
            (data.text("~future").map(str::to_owned), entry.unwrap())
        })
        .await;
    assert_eq!((future.as_deref(), entry.int("Z"), entry.text("N")), (Some("kept"), Some(42), Some("Bobby")));
    let groups = phone.document(DocumentKind::UserGroups, |data| data.dict("g").map(|groups| groups.len())).await;
    assert_eq!(groups, Some(1));
}

#[tokio::test]
async fn what_was_done_before_the_documents_came_is_kept_and_wins() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    phone.does(|tx| tx.set_nickname(&bob(), "Bobby")).await;
    tablet.does(befriend).await;
    tablet.does(|tx| tx.set_blocked(&bob(), true)).await;
    assert!(tablet.pushes().await.is_empty(), "nothing is pushed before the swarm said what it has");
    tablet.hears(&phone.pushes().await).await;
    let row = tablet.hall.read(|tx| tx.contact(&bob())).await.unwrap().unwrap();
    assert_eq!((row.blocked, row.nickname.as_str()), (true, "Bobby"));
    let profile = tablet.hall.read(|tx| tx.profile()).await.unwrap().unwrap();
    assert_eq!(profile.display_name, "Alice", "a name typed while restoring gives way");
    phone.hears(&tablet.pushes().await).await;
    assert!(phone.hall.read(|tx| tx.contact(&bob())).await.unwrap().unwrap().blocked);
}

#[tokio::test]
async fn an_account_without_documents_keeps_the_name_that_was_typed() {
    let tablet = Device::new(false).await;
    tablet.hears(&[]).await;
    let name = tablet.document(DocumentKind::UserProfile, |data| user_profile::name(data).map(str::to_owned)).await;
    assert_eq!(name.as_deref(), Some("typed while restoring"));
    let updated = tablet.document(DocumentKind::UserProfile, user_profile::updated).await;
    assert_eq!(updated, 1, "a real profile that comes later is newer");
    assert!(tablet.unsent().await);
}

#[tokio::test]
async fn a_conversation_that_was_only_emptied_here_stays_off_the_list() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    tablet.hears(&phone.pushes().await).await;
    tablet.does(|tx| tx.remove_conversation(&chat(), at(1))).await;
    assert!(!tablet.unsent().await, "emptying is nobody else's business");
    phone.does(|tx| tx.set_nickname(&bob(), "Bobby")).await;
    tablet.hears(&phone.pushes().await).await;
    assert_eq!(tablet.hall.read(|tx| tx.conversation(&chat())).await.unwrap(), None);
    assert_eq!(tablet.hall.read(|tx| tx.contact(&bob())).await.unwrap().unwrap().nickname, "Bobby");
}

#[tokio::test]
async fn a_read_mark_never_goes_back() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    tablet.hears(&phone.pushes().await).await;
    let now = phone.hall.desk().network_now;
    let read = move |ago: u64| {
        let to = Timestamp::from_millis(now.as_millis() - ago);
        move |tx: &mut WriteTx<'_>| tx.set_read_up_to(&chat(), to).map(|_| ())
    };
    tablet.does(read(1_000)).await;
    phone.does(read(50_000)).await;
    let (from_phone, from_tablet) = (phone.pushes().await, tablet.pushes().await);
    tablet.hears(&from_phone).await;
    phone.hears(&from_tablet).await;
    let standing = tablet.hall.read(|tx| tx.standing(&chat())).await.unwrap().unwrap();
    assert_eq!(standing.read_up_to.as_millis(), now.as_millis() - 1_000);
}

#[tokio::test]
async fn a_damaged_dump_is_fetched_anew_and_stops_nothing() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    let pushed = phone.pushes().await;
    tablet.hears(&pushed).await;
    tablet
        .does(|tx| {
            let row = tx.dump(DocumentKind::Contacts.place(tx.own_account()?))?.unwrap();
            tx.save_dump(&crate::store::DumpRow { dump: b"damaged".to_vec(), ..row })
        })
        .await;
    tablet.does(|tx| tx.set_nickname(&bob(), "Bobby")).await;
    tablet.hears(&pushed).await;
    let entry = tablet.document(DocumentKind::Contacts, |data| contacts::read(data, &bob())).await.unwrap();
    assert_eq!((entry.approved, entry.nickname.as_str()), (true, "Bobby"), "merged again, and the edit with it");
}

#[tokio::test]
async fn pages_that_were_asked_for_before_the_cursors_were_cleared_are_discarded() {
    let phone = Device::new(true).await;
    let epoch = phone.hall.read(|tx| tx.cursor_epoch()).await.unwrap();
    let me = *phone.hall.account();
    phone.does(move |tx| tx.clear_cursors(me, at(1))).await;
    let hash = SwarmHash::of(&Address::from(me), DocumentKind::Contacts.namespace(), b"page");
    let cursor = Some((NodeKey([9; 32]), hash, at(5)));
    let page = ConfigPage { kind: DocumentKind::Contacts, messages: Vec::new(), cursor, settles: Settles::No };
    assert!(reconcile::reconcile(&phone.hall, phone.hall.mailbox(), epoch, vec![page]).await.unwrap().discarded);
}

#[tokio::test]
async fn note_to_self_is_hidden_everywhere_until_it_is_used() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    let own = ConversationId::from(*phone.hall.account());
    tablet.hears(&phone.pushes().await).await;
    let shown = own.clone();
    assert_eq!(tablet.hall.read(move |tx| tx.conversation(&shown)).await.unwrap(), None);
    let used = own.clone();
    phone.does(move |tx| tx.ensure_conversation(&used, at(1_000))).await;
    tablet.hears(&phone.pushes().await).await;
    assert!(tablet.hall.read(move |tx| tx.conversation(&own)).await.unwrap().is_some());
}

/// As an account of an older version of this program, which other apps use too.
#[tokio::test]
async fn rows_from_before_the_documents_raise_what_the_documents_say_and_lower_nothing() {
    let (phone, tablet) = (Device::new(true).await, Device::new(false).await);
    phone.does(befriend).await;
    phone
        .does(|tx| {
            tx.set_priority(&chat(), 3)?;
            tx.set_nickname(&bob(), "Bobby")?;
            tx.set_expiry(&bob(), 2, 60)?;
            let mut paper = papers::open(tx, tx.own_account()?.into(), DocumentKind::UserProfile)?;
            let picture = crate::config::fields::Picture::new("http://filev2.getsession.org/file/1", &[7; 32]);
            paper.document.edit(|data| user_profile::set_picture(data, picture.as_ref(), 5_000));
            paper.keep(tx, at(1))
        })
        .await;
    // The tablet only ever heard Bob, blocked somebody, and declined nobody.
    tablet
        .does(|tx| {
            tx.ensure_conversation(&chat(), at(1_000))?;
            tx.set_approved_me(&bob(), true)?;
            tx.ensure_contact(&AccountId::from_x25519([9; 32]), at(1))?;
            tx.set_blocked(&AccountId::from_x25519([9; 32]), true)?;
            tx.edit_everything()
        })
        .await;
    tablet.hears(&phone.pushes().await).await;
    let back = tablet.pushes().await;
    phone.hears(&back).await;
    for device in [&phone, &tablet] {
        let entry = device.document(DocumentKind::Contacts, |data| contacts::read(data, &bob())).await.unwrap();
        assert_eq!((entry.approved, entry.approved_me, entry.priority), (true, true, 3));
        assert_eq!((entry.nickname.as_str(), entry.expiry.is_some()), ("Bobby", true));
        let blocked = device
            .document(DocumentKind::Contacts, |data| contacts::read(data, &AccountId::from_x25519([9; 32])))
            .await;
        assert!(blocked.unwrap().blocked);
        assert!(device.document(DocumentKind::UserProfile, |data| user_profile::picture(data).is_some()).await);
        let row = device.hall.read(|tx| tx.contact(&bob())).await.unwrap().unwrap();
        assert_eq!((row.approved, row.nickname.as_str()), (true, "Bobby"));
    }
}

#[tokio::test]
async fn an_entry_that_only_another_app_has_flags_for_is_not_taken_away() {
    let phone = Device::new(true).await;
    phone
        .does(|tx| {
            tx.ensure_conversation(&chat(), at(1_000))?;
            let mut paper = papers::open(tx, tx.own_account()?.into(), DocumentKind::Contacts)?;
            let me = AccountId::from_x25519([1; 32]);
            paper.document.edit(|data| {
                contacts::edit(data, &me, &bob()).map(|mut entry| {
                    entry.set_name("Bob");
                })
            });
            paper.keep(tx, at(1))
        })
        .await;
    phone.does(|tx| tx.set_nickname(&bob(), "Bobby")).await;
    let entry = phone.document(DocumentKind::Contacts, |data| contacts::read(data, &bob())).await.unwrap();
    assert_eq!((entry.name.as_str(), entry.nickname.as_str()), ("Bob", "Bobby"));
    phone.does(|tx| tx.forget_contact(&bob())).await;
    assert_eq!(phone.document(DocumentKind::Contacts, |data| contacts::read(data, &bob())).await, None);
}

#[tokio::test]
async fn a_message_from_a_clock_that_is_ahead_does_not_make_the_next_ones_read() {
    let phone = Device::new(true).await;
    phone.does(befriend).await;
    let now = phone.hall.desk().network_now;
    let ahead = now + Duration::from_secs(365 * 24 * 60 * 60);
    phone
        .does(move |tx| {
            tx.insert_message(&crate::store::NewMessage {
                conversation: &chat(),
                sender: &bob(),
                outgoing: false,
                kind: crate::store::MessageKind::Text,
                sent_at: ahead,
                received_at: now,
                body: "from the future",
                raw: &[],
                swarm_hash: "",
                read_at: Timestamp::ZERO,
                state: crate::store::MessageState::Received,
            })?;
            tx.mark_read(&chat(), ahead, now)
        })
        .await;
    let standing = phone.hall.read(|tx| tx.standing(&chat())).await.unwrap().unwrap();
    assert_eq!(standing.read_up_to, now);
}
