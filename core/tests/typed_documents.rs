//! The typed documents write what official clients write: the documents of the published vectors, byte for byte, from
//! their inputs; and they read back what they wrote.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::PathBuf;

use onionskin_core::config::{
    ConfigKeys, Dict, Document, DocumentKind, Expiry, ExpiryMode, GroupId, Picture, RoomId, Scalar, communities,
    contacts, user_groups, user_profile,
};
use onionskin_core::crypto::{AccountId, AccountKeys};
use serde_json::Value as Json;

fn vectors() -> Json {
    let folder = std::env::var_os("VECTORS_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors")), PathBuf::from);
    serde_json::from_slice(&std::fs::read(folder.join("configs.json")).unwrap()).unwrap()
}

fn bytes<const N: usize>(json: &Json) -> [u8; N] {
    hex::decode(json.as_str().unwrap()).unwrap().try_into().unwrap()
}

/// The text of the first revision of a document that was filled by `fill`.
fn text(kind: DocumentKind, fill: impl FnOnce(&mut Dict)) -> String {
    let keys = ConfigKeys::account(&AccountKeys::from_ed25519_seed(&[7; 32]));
    let mut document = Document::new(kind);
    document.edit(fill);
    document.push(&keys).unwrap();
    hex::encode(document.revision().unwrap().0)
}

#[test]
fn contacts_are_written_as_the_library_writes_them() {
    let block = &vectors()["contacts_seqno1"];
    let own = AccountId::from_x25519([0x77; 32]);
    let written = text(DocumentKind::Contacts, |dict| {
        for person in block["contacts"].as_array().unwrap() {
            let id = AccountId::from_bytes(bytes(&person["session_id"])).unwrap();
            let mut contact = contacts::edit(dict, &own, &id).unwrap();
            let flag = |key: &str| person[key].as_i64() == Some(1);
            contact.set_name(person["name"].as_str().unwrap());
            contact.set_nickname(person["nickname"].as_str().unwrap_or_default());
            contact.set_approved(flag("approved")).set_approved_me(flag("approved_me")).set_blocked(flag("blocked"));
            contact.set_created(person["created"].as_u64());
            contact.set_priority(person["priority"].as_i64().unwrap_or(0) as i32);
            contact.set_expiry(person["exp_mode"].as_i64().map(|mode| Expiry {
                mode: if mode == 1 { ExpiryMode::AfterSend } else { ExpiryMode::AfterRead },
                seconds: person["exp_seconds"].as_u64().unwrap() as u32,
            }));
            let picture =
                || Picture::new(person["pic_url"].as_str()?, &hex::decode(person["pic_key"].as_str()?).unwrap());
            contact.set_picture(picture().as_ref());
        }
        let [alice, bo] = &contacts::all(dict, &own).collect::<Vec<_>>()[..] else { panic!("two contacts") };
        assert_eq!((alice.name.as_str(), alice.nickname.as_str(), alice.priority), ("Alice", "Al", 2));
        assert!(alice.approved && alice.approved_me && !alice.blocked && bo.blocked && bo.picture.is_none());
    });
    assert_eq!(written, block["serialized"].as_str().unwrap());
}

#[test]
fn groups_and_communities_are_written_as_the_library_writes_them() {
    let block = &vectors()["user_groups_seqno1"];
    let [room, admin, invited] = ["community", "group_admin", "group_invited"].map(|key| &block["inputs"][key]);
    let written = text(DocumentKind::UserGroups, |dict| {
        let [url, name] = ["url", "room"].map(|key| room[key].as_str().unwrap());
        communities::edit_community(dict, url, name, &bytes(&room["pubkey"]))
            .unwrap()
            .set_priority(room["priority"].as_i64().unwrap() as i32)
            .set_joined(room["joined_at"].as_u64());
        let id = GroupId::from_bytes(bytes(&admin["id"])).unwrap();
        let mut group = user_groups::edit_group(dict, &id);
        assert!(group.set_name(admin["name"].as_str().unwrap()).set_seed(&bytes(&admin["seed"])));
        group.common().set_joined(admin["joined_at"].as_u64());
        let id = GroupId::from_bytes(bytes(&invited["id"])).unwrap();
        let mut group = user_groups::edit_group(dict, &id);
        group.set_name(invited["name"].as_str().unwrap()).set_member_auth(&bytes(&invited["auth_data"]));
        group.common().set_invited(invited["invited"] == 1);

        let community = communities::community(dict, &RoomId::new(url, name).unwrap()).unwrap();
        assert_eq!(community.room, name);
        let groups: Vec<_> = user_groups::groups(dict).collect();
        assert!(groups[0].member_auth.is_some() && groups[0].common.invited && groups[1].seed.is_some());
    });
    assert_eq!(written, block["serialized"].as_str().unwrap());
}

/// What we do not write (Session Pro) is put there by hand; all else by setters, at the moments of the vector.
#[test]
fn a_profile_of_2026_is_written_as_the_library_writes_it() {
    let vectors = vectors();
    let block = &vectors["user_profile_2026_keys"];
    let written = text(DocumentKind::UserProfile, |dict| {
        let picture = |file: &str, key: u8| {
            Picture::new(&format!("http://filev2.getsession.org/file/{file}"), &[key; 32]).unwrap()
        };
        user_profile::set_name(dict, "Kallie", 1_767_000_000 - 1);
        user_profile::set_picture(dict, Some(&picture("a", 0x11)), 1_767_000_000);
        user_profile::set_uploaded_again(dict, &picture("b", 0x22), 1_767_000_500);
        user_profile::set_note_priority(dict, -1);
        dict.set_mut("f").insert(Scalar::Int(0));
        dict.set_mut("f").insert(Scalar::Int(1));
        dict.put("s", hex::decode(block["pro_credential_value_of_s"].as_str().unwrap()).unwrap());
        dict.put("E", 1_767_225_600);
        dict.put("G", 86_400);
        dict.put("A", 1);

        assert_eq!(user_profile::picture(dict), Some(picture("b", 0x22)));
        assert_eq!(user_profile::updated(dict), 1_767_000_500);
        let pro = user_profile::pro(dict, 1_767_000_000);
        assert!(pro.badge && pro.animated && pro.renews && pro.credential.is_some());
        assert_eq!((pro.until, pro.grace), (Some(1_767_225_600), Some(86_400)));
    });
    assert_eq!(written, block["serialized"].as_str().unwrap());
}
