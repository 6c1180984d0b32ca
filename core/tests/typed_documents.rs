//! The typed documents write what official clients write: the documents of the vectors, byte for byte, from what the file
//! says of them; and they read back what they wrote. Nothing of the file is known here but its form.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::PathBuf;
use std::time::Duration;

use onionskin_core::clock::Timestamp;
use onionskin_core::config::conversations::{self, Place};
use onionskin_core::config::message::Revision;
use onionskin_core::config::{
    ConfigKeys, Dict, Document, DocumentKind, Expiry, ExpiryMode, GroupId, Incoming, Notify, Picture, RoomId, Scalar,
    communities, contacts, user_groups, user_profile,
};
use onionskin_core::crypto::name::MAX_NAME_BYTES;
use onionskin_core::crypto::{AccountId, AccountKeys};
use serde_json::Value as Json;

const NOON: Timestamp = Timestamp::from_millis(1_774_000_000_000);

fn vectors() -> Json {
    let folder = std::env::var_os("VECTORS_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors")), PathBuf::from);
    serde_json::from_slice(&std::fs::read(folder.join("configs.json")).unwrap()).unwrap()
}

fn bytes<const N: usize>(json: &Json) -> [u8; N] {
    hex::decode(json.as_str().unwrap()).unwrap().try_into().unwrap()
}

fn text_of<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_default()
}

fn flag(json: &Json, key: &str) -> bool {
    json[key].as_i64() == Some(1)
}

fn priority(json: &Json) -> i32 {
    json["priority"].as_i64().unwrap_or(0) as i32
}

fn notify(json: &Json) -> Notify {
    match json["notifications"].as_i64() {
        Some(1) => Notify::All,
        Some(2) => Notify::Disabled,
        Some(3) => Notify::Mentions,
        _ => Notify::Default,
    }
}

/// As much of a name as a document keeps.
fn kept(name: &str) -> &str {
    let end = (0..=MAX_NAME_BYTES.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap();
    &name[..end]
}

fn keys() -> ConfigKeys {
    ConfigKeys::account(&AccountKeys::from_ed25519_seed(&[7; 32]))
}

/// The text of the first revision of a document that was filled by `fill`.
fn text(kind: DocumentKind, fill: impl FnOnce(&mut Dict)) -> String {
    let mut document = Document::new(kind);
    document.edit(fill);
    document.push(&keys()).unwrap();
    hex::encode(document.revision().unwrap().0)
}

#[test]
fn contacts_are_written_as_the_library_writes_them() {
    let vectors = vectors();
    let (block, own) = (&vectors["contacts_seqno1"], text_of(&vectors["account"], "session_id"));
    let own = AccountId::parse(own).unwrap();
    let people = block["contacts"].as_array().unwrap();
    let written = text(DocumentKind::Contacts, |dict| {
        for person in people {
            let id = AccountId::from_bytes(bytes(&person["session_id"])).unwrap();
            let mut contact = contacts::edit(dict, &own, &id).unwrap();
            contact.set_name(text_of(person, "name")).set_nickname(text_of(person, "nickname"));
            contact.set_approved(flag(person, "approved")).set_approved_me(flag(person, "approved_me"));
            contact.set_blocked(flag(person, "blocked")).set_priority(priority(person));
            contact.set_created(person["created"].as_u64()).set_mute_until(person["mute_until"].as_u64());
            contact.set_profile_updated(person["profile_updated"].as_u64().unwrap_or(0));
            contact.set_expiry(expiry(person)).set_picture(picture_of(person).as_ref()).set_notify(notify(person));
        }
        assert_eq!(contacts::all(dict, &own).count(), people.len());
        for person in people {
            let read = contacts::read(dict, &AccountId::from_bytes(bytes(&person["session_id"])).unwrap()).unwrap();
            assert_eq!(read.name, kept(text_of(person, "name")));
            assert_eq!(read.nickname, kept(text_of(person, "nickname")));
            assert_eq!((read.approved, read.approved_me), (flag(person, "approved"), flag(person, "approved_me")));
            assert_eq!((read.blocked, read.priority), (flag(person, "blocked"), priority(person)));
            assert_eq!((read.expiry, read.picture), (expiry(person), picture_of(person)));
        }
    });
    assert_eq!(written, block["serialized"].as_str().unwrap());
}

fn expiry(person: &Json) -> Option<Expiry> {
    let mode = match person["exp_mode"].as_i64()? {
        1 => ExpiryMode::AfterSend,
        2 => ExpiryMode::AfterRead,
        _ => return None,
    };
    let seconds = person["exp_seconds"].as_u64().filter(|seconds| *seconds > 0)? as u32;
    Some(Expiry { mode, seconds })
}

fn picture_of(person: &Json) -> Option<Picture> {
    Picture::new(person["pic_url"].as_str()?, &hex::decode(person["pic_key"].as_str()?).unwrap())
}

#[test]
fn groups_and_communities_are_written_as_the_library_writes_them() {
    let block = &vectors()["user_groups_seqno1"];
    let [room, admin, invited] = ["community", "group_admin", "group_invited"]
        .map(|key| block["inputs"].get(key).filter(|json| !json.is_null()));
    let common = |of: &mut user_groups::CommonMut<'_>, input: &Json| {
        of.set_priority(priority(input)).set_joined(input["joined_at"].as_u64()).set_invited(flag(input, "invited"));
        of.set_mute_until(input["mute_until"].as_u64()).set_notify(notify(input));
    };
    let written = text(DocumentKind::UserGroups, |dict| {
        if let Some(room) = room {
            let (url, name) = (text_of(room, "url"), text_of(room, "room"));
            let mut edit = communities::edit_community(dict, url, name, &bytes(&room["pubkey"])).unwrap();
            common(&mut edit, room);
            let read = communities::community(dict, &RoomId::new(url, name).unwrap()).unwrap();
            assert_eq!((read.room.as_str(), read.server_key), (name, bytes(&room["pubkey"])));
            assert_eq!(read.common.priority, priority(room));
        }
        for input in [admin, invited].into_iter().flatten() {
            let id = GroupId::from_bytes(bytes(&input["id"])).unwrap();
            let mut group = user_groups::edit_group(dict, &id);
            group.set_name(text_of(input, "name"));
            if input["seed"].is_string() {
                assert!(group.set_seed(&bytes(&input["seed"])));
            } else {
                group.set_member_auth(&bytes(&input["auth_data"]));
            }
            common(&mut group.common(), input);
            let read = user_groups::group(dict, &id).unwrap();
            assert_eq!(
                (read.seed.is_some(), read.member_auth.is_none()),
                (input["seed"].is_string(), input["seed"].is_string())
            );
            assert_eq!(
                (read.name.as_str(), read.common.invited),
                (kept(text_of(input, "name")), flag(input, "invited"))
            );
        }
    });
    assert_eq!(written, block["serialized"].as_str().unwrap());
}

/// What we do not write (Session Pro) is put there by hand; all else by setters, at the moments of the vector.
#[test]
fn a_profile_of_2026_is_written_as_the_library_writes_it() {
    let vectors = vectors();
    let block = &vectors["user_profile_2026_keys"];
    let theirs = Revision::parse(hex::decode(text_of(block, "serialized")).unwrap(), None).unwrap().message.data;
    let picture = |url: &str, key: &str| Picture::new(theirs.text(url)?, theirs.bytes(key)?);
    let (chosen, again) = (picture("p", "q"), picture("P", "Q"));
    let moment = |key: &str| theirs.positive(key).unwrap_or(0);
    let (t, upper_t) = (moment("t"), moment("T"));
    let written = text(DocumentKind::UserProfile, |dict| {
        user_profile::set_community_requests(dict, user_profile::community_requests(&theirs), 1);
        user_profile::set_name(dict, user_profile::name(&theirs).unwrap_or_default(), t.saturating_sub(1));
        user_profile::set_picture(dict, chosen.as_ref(), t);
        if let Some(again) = &again {
            user_profile::set_uploaded_again(dict, again, upper_t);
        }
        user_profile::set_note_priority(dict, user_profile::note_priority(&theirs));
        user_profile::set_note_expiry(dict, user_profile::note_expiry(&theirs));
        if chosen.is_some() && again.is_some() && 1 < t && t < upper_t {
            assert_eq!(
                (dict.positive("t"), dict.positive("T")),
                (Some(t), Some(upper_t)),
                "the moments come of themselves"
            );
        }
        // In another order of events the moments of setters that move them beyond each other are not the file's.
        for key in ["t", "T", "f", "s", "E", "G", "A", "R", "I"] {
            dict.put_or_remove(key, theirs.get(key).cloned());
        }

        assert_eq!(user_profile::picture(dict), if t >= upper_t { chosen.clone() } else { again.clone() });
        assert_eq!(user_profile::updated(dict), if theirs.get("t").is_some() { t.max(upper_t) } else { 0 });
        let pro = user_profile::pro(dict, 0);
        let credential = hex::decode(text_of(block, "pro_credential_value_of_s")).unwrap();
        assert_eq!(pro.credential.map(|credential| credential.0), Some(&credential[..]));
        let bit = |bit: i64| theirs.set("f").is_some_and(|set| set.contains(&Scalar::Int(bit)));
        assert_eq!((pro.badge, pro.animated, pro.renews), (bit(0), bit(1), theirs.flag("A")));
        assert_eq!((pro.until.is_some(), pro.grace.is_some()), (moment("E") > 0, moment("G") > 0));
    });
    assert_eq!(written, text_of(block, "serialized"));
}

/// Gives everything to a device that was away; what it pushes then is what all others have.
fn comes_back(mut away: Document, others: &mut Document) -> Document {
    let exchange = |from: &mut Document, to: &mut Document, hash: &str| {
        let push = from.push(&keys()).unwrap();
        from.confirm(push.seqno, vec![hash.to_owned()]);
        to.merge(&keys(), &[Incoming { hash, data: &push.messages[0] }], NOON);
    };
    exchange(others, &mut away, "theirs");
    assert!(away.is_dirty(), "what was done while away is done again");
    exchange(&mut away, others, "ours");
    assert!(!others.needs_push());
    assert_eq!(others.data(), away.data());
    away
}

/// A document that says `first`, on a device that goes away and on the others.
fn parted(kind: DocumentKind, first: impl FnOnce(&mut Dict)) -> (Document, Document) {
    let mut others = Document::new(kind);
    others.edit(first);
    let push = others.push(&keys()).unwrap();
    others.confirm(push.seqno, vec!["first".to_owned()]);
    (others.clone(), others)
}

#[test]
fn deleting_the_only_contact_while_away_leaves_those_whom_others_added_meanwhile() {
    let own = AccountId::from_x25519([0x77; 32]);
    let id = |byte: u8| AccountId::from_x25519([byte; 32]);
    let (mut away, mut others) =
        parted(DocumentKind::Contacts, |dict| _ = contacts::edit(dict, &own, &id(1)).unwrap().set_name("Xenia"));
    away.edit(|dict| assert!(contacts::remove(dict, &id(1))));
    for round in 0..6_u8 {
        others.edit(|dict| {
            for person in 2..=6 {
                contacts::edit(dict, &own, &id(10 * round + person)).unwrap().set_name("somebody");
            }
            contacts::edit(dict, &own, &id(1)).unwrap().set_nickname(&round.to_string());
        });
        others.push(&keys()).unwrap();
    }
    let away = comes_back(away, &mut others);
    assert_eq!(contacts::all(away.data(), &own).count(), 30);
    assert!(contacts::read(away.data(), &id(1)).is_none());
}

#[test]
fn a_read_position_that_aged_while_away_takes_no_others_along() {
    let place = |byte: u8| Place::OneToOne(AccountId::from_x25519([byte; 32]));
    let day = |number: u32| NOON + number * Duration::from_secs(24 * 3_600);
    let (mut away, mut others) = parted(DocumentKind::ConvoInfoVolatile, |dict| {
        _ = conversations::set_last_read(dict, &place(1), NOON.as_millis(), NOON)
    });
    assert_eq!(away.edit(|dict| conversations::age(dict, day(31)).len()), 1);
    for round in 2..=7_u8 {
        others.edit(|dict| conversations::set_last_read(dict, &place(round), day(20).as_millis(), day(20)));
        others.push(&keys()).unwrap();
    }
    let away = comes_back(away, &mut others);
    assert_eq!(conversations::all(away.data()).len(), 6);
    assert_eq!(conversations::read(away.data(), &place(1)), None);
}
