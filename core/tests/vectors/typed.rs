//! What `configs.json` says of people, groups and communities, and how the typed documents write it.
//!
//! A field that the documents know may be there or not. Where one has no effect beside the others (half a pair, a time of
//! no mode) the library writes nothing, and its leaf is marked idle.

use onionskin_core::config::user_groups::CommonMut;
use onionskin_core::config::{Dict, Expiry, ExpiryMode, GroupId, Notify, Picture, communities, contacts, user_groups};
use onionskin_core::crypto::AccountId;
use onionskin_core::crypto::name::MAX_NAME_BYTES;
use serde::Deserialize;

use crate::harness::{Check, HexArray, Key, Leaf, ensure, ensure_eq, first_middle_last};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactFields {
    session_id: Leaf<HexArray<33>>,
    name: Leaf<String>,
    nickname: Option<Leaf<String>>,
    approved: Option<Leaf<u64>>,
    approved_me: Option<Leaf<u64>>,
    blocked: Option<Leaf<u64>>,
    created: Option<Leaf<u64>>,
    priority: Option<Leaf<i32>>,
    notifications: Option<Leaf<u64>>,
    mute_until: Option<Leaf<u64>>,
    profile_updated: Option<Leaf<u64>>,
    exp_mode: Option<Leaf<u64>>,
    exp_seconds: Option<Leaf<u32>>,
    pic_url: Option<Leaf<String>>,
    pic_key: Option<Key>,
}

pub fn write_contact(data: &mut Dict, own: &AccountId, person: &ContactFields) -> Check {
    let id = AccountId::from_bytes(**person.session_id).map_err(|error| error.to_string())?;
    let mut entry = contacts::edit(data, own, &id).ok_or("our own id")?;
    let nickname = person.nickname.as_ref().map_or("", |name| name);
    entry.set_name(&person.name).set_nickname(nickname);
    entry.set_approved(flag(&person.approved)?).set_approved_me(flag(&person.approved_me)?);
    entry.set_blocked(flag(&person.blocked)?).set_priority(number(&person.priority));
    entry.set_created(moment(&person.created)).set_mute_until(moment(&person.mute_until));
    entry.set_notify(notify(&person.notifications)?).set_profile_updated(number(&person.profile_updated));
    let (expiry, picture) = (expiry(person)?, picture(person)?);
    entry.set_expiry(expiry).set_picture(picture.as_ref());
    // What was written is read again.
    let read = contacts::read(data, &id).ok_or("not there")?;
    ensure_eq("name read", &*read.name, kept(&person.name))?;
    ensure_eq("nickname read", &*read.nickname, kept(nickname))?;
    ensure_eq("expiry read", read.expiry, expiry)?;
    ensure_eq("picture read", read.picture, picture)
}

/// Both halves or nothing.
fn expiry(person: &ContactFields) -> Result<Option<Expiry>, String> {
    let (mode, seconds) = (number(&person.exp_mode), number(&person.exp_seconds));
    if let (0, Some(leaf)) = (mode, &person.exp_seconds) {
        leaf.idle();
    }
    if let (0, Some(leaf)) = (seconds, &person.exp_mode) {
        leaf.idle();
    }
    let mode = match mode {
        0 => return Ok(None),
        1 => ExpiryMode::AfterSend,
        2 => ExpiryMode::AfterRead,
        other => return Err(format!("no expiry mode {other}")),
    };
    Ok((seconds > 0).then_some(Expiry { mode, seconds }))
}

/// Both halves or nothing.
fn picture(person: &ContactFields) -> Result<Option<Picture>, String> {
    let url = person.pic_url.as_ref().filter(|url| !url.is_empty());
    match (url, &person.pic_key) {
        (Some(url), Some(key)) => Ok(Some(Picture::new(url, &***key).ok_or("no picture")?)),
        (None, Some(key)) => {
            key.idle();
            Ok(None)
        }
        (Some(url), None) => {
            url.idle();
            Ok(None)
        }
        (None, None) => Ok(None),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupInputs {
    community: Option<CommunityInput>,
    group_admin: Option<AdminInput>,
    group_invited: Option<InvitedInput>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommunityInput {
    url: Leaf<String>,
    room: Leaf<String>,
    pubkey: Key,
    priority: Option<Leaf<i32>>,
    joined_at: Option<Leaf<u64>>,
    notifications: Option<Leaf<u64>>,
    mute_until: Option<Leaf<u64>>,
    invited: Option<Leaf<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdminInput {
    id: Leaf<HexArray<33>>,
    seed: Key,
    name: Leaf<String>,
    priority: Option<Leaf<i32>>,
    joined_at: Option<Leaf<u64>>,
    notifications: Option<Leaf<u64>>,
    mute_until: Option<Leaf<u64>>,
    invited: Option<Leaf<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvitedInput {
    id: Leaf<HexArray<33>>,
    auth_data: Leaf<HexArray<100>>,
    name: Leaf<String>,
    priority: Option<Leaf<i32>>,
    joined_at: Option<Leaf<u64>>,
    notifications: Option<Leaf<u64>>,
    mute_until: Option<Leaf<u64>>,
    invited: Option<Leaf<u64>>,
}

/// What all three have.
macro_rules! write_common {
    ($entry:expr, $input:expr) => {{
        let mut entry: CommonMut<'_> = $entry;
        entry.set_priority(number(&$input.priority)).set_joined(moment(&$input.joined_at));
        entry.set_notify(notify(&$input.notifications)?).set_mute_until(moment(&$input.mute_until));
        entry.set_invited(flag(&$input.invited)?);
    }};
}

pub fn write_groups(data: &mut Dict, inputs: &GroupInputs) -> Check {
    let group_id = |id: &Leaf<HexArray<33>>| GroupId::from_bytes(***id).ok_or("no id of a group");
    if let Some(input) = &inputs.community {
        let entry = communities::edit_community(data, &input.url, &input.room, &input.pubkey);
        write_common!(entry.ok_or("no address of a community")?, input);
        ensure_eq("communities read", communities::communities(data).count(), 1)?;
    }
    if let Some(input) = &inputs.group_admin {
        let mut entry = user_groups::edit_group(data, &group_id(&input.id)?);
        ensure("the seed belongs to the group", entry.set_seed(&input.seed))?;
        write_common!(entry.set_name(&input.name).common(), input);
    }
    if let Some(input) = &inputs.group_invited {
        let mut entry = user_groups::edit_group(data, &group_id(&input.id)?);
        write_common!(entry.set_member_auth(&input.auth_data).set_name(&input.name).common(), input);
    }
    Ok(())
}

/// The places of a name that a document keeps.
pub fn kept_places(name: &str) -> Vec<usize> {
    first_middle_last(kept(name))
}

/// As much of a name as a document keeps.
fn kept(name: &str) -> &str {
    let end = (0..=MAX_NAME_BYTES.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

fn number<T: Copy + Default>(value: &Option<Leaf<T>>) -> T {
    value.as_ref().map_or(T::default(), |value| **value)
}

/// A moment in seconds; of one in smaller units the last digits do not count.
fn moment(value: &Option<Leaf<u64>>) -> Option<u64> {
    let leaf = value.as_ref()?;
    if **leaf > 9_000_000_000 {
        leaf.idle();
    }
    Some(**leaf)
}

/// A flag as the file has it: 1, or 0, or absent.
fn flag(value: &Option<Leaf<u64>>) -> Result<bool, String> {
    match number(value) {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(format!("a flag of {other}")),
    }
}

fn notify(value: &Option<Leaf<u64>>) -> Result<Notify, String> {
    match number(value) {
        0 => Ok(Notify::Default),
        1 => Ok(Notify::All),
        2 => Ok(Notify::Disabled),
        3 => Ok(Notify::Mentions),
        other => Err(format!("no notification setting {other}")),
    }
}
