//! What core knows of groups already, against `groups.json`: ids, signed documents, revoked rights, control messages.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/contents.rs"]
mod contents;
#[path = "vectors/harness.rs"]
mod harness;

use contents::{disappearing, profiled, same};
use harness::{Block, Check, File, HexArray, HexLeaf, Json, Key, Leaf, Prose, ensure, ensure_eq};
use onionskin_core::clock::Timestamp;
use onionskin_core::config::compress::shorter;
use onionskin_core::config::diff::Diff;
use onionskin_core::config::message::Revision;
use onionskin_core::config::{Dict, GroupId};
use onionskin_core::crypto::{AccountId, AccountKeys};
use onionskin_core::swarm::Call;
use onionskin_core::wire::content::DataMessage;
use onionskin_core::wire::group_update::{
    Empty, GroupUpdateDeleteMemberContentMessage, GroupUpdateInfoChangeMessage, GroupUpdateInviteMessage,
    GroupUpdateInviteResponseMessage, GroupUpdateMemberChangeMessage, GroupUpdateMessage, GroupUpdatePromoteMessage,
    InfoChange, MemberChange,
};
use prost::Message as _;
use serde::Deserialize;

type Signature = Leaf<HexArray<64>>;

/// The keys of an entry of the file.
fn keys_from(file: &File, path: &str) -> AccountKeys {
    AccountKeys::from_ed25519_seed(&file.other::<HexArray<32>>(path))
}

/// The id of the group with this seed.
fn group_of(keys: &AccountKeys) -> Result<String, String> {
    let mut id = [3; 33];
    id[1..].copy_from_slice(&keys.ed25519_public());
    Ok(GroupId::from_bytes(id).ok_or("no id of a group")?.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ids {
    group_seed: Key,
    group_id: Leaf<String>,
    group_x25519_pub: Key,
    group_x25519_priv: Key,
    admin: Person,
    member1: Person,
    member2: Person,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    seed: Key,
    session_id: Leaf<String>,
    ed25519_pk: Option<Key>,
}

fn ids(block: &Ids, _file: &File) -> Check {
    let group = AccountKeys::from_ed25519_seed(&block.group_seed);
    ensure_eq("group_id", &group_of(&group)?, &*block.group_id)?;
    ensure_eq("group_x25519_pub", *group.x25519_public(), **block.group_x25519_pub)?;
    ensure_eq("group_x25519_priv", *group.x25519_secret(), **block.group_x25519_priv)?;
    for person in [&block.admin, &block.member1, &block.member2] {
        let keys = AccountKeys::from_ed25519_seed(&person.seed);
        ensure_eq("session_id", &keys.account_id().to_string(), &*person.session_id)?;
        if let Some(public) = &person.ed25519_pk {
            ensure_eq("ed25519_pk", keys.ed25519_public(), ***public)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    #[serde(rename = "signed")]
    _signed: Prose,
    timestamp_ms: Leaf<u64>,
    token: Leaf<HexArray<36>>,
    signature: Signature,
    unrevoke_signature: Signature,
    #[serde(rename = "assurance")]
    _assurance: Option<Prose>,
}

fn revoke_signature(block: &Revocation, file: &File) -> Check {
    let (group, at) = (keys_from(file, "ids.group_seed"), Timestamp::from_millis(*block.timestamp_ms));
    let tokens = vec![**block.token];
    let revoke = Call::RevokeSubaccounts(tokens.clone()).signed_bytes(at);
    ensure_eq("signature", group.sign(&revoke), **block.signature)?;
    let unrevoke = Call::UnrevokeSubaccounts(tokens).signed_bytes(at);
    ensure_eq("unrevoke_signature", group.sign(&unrevoke), **block.unrevoke_signature)
}

/// A number or a text of a document.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Number(i64),
    Text(String),
}

/// What stands in a document, in the order of the file.
struct Fields(Vec<(String, Leaf<Field>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let Json::Object(pairs) = Json::deserialize(deserializer)? else { return Err(D::Error::custom("no object")) };
        let read = |(name, value): (String, Json)| value.to().map(|leaf| (name, leaf)).map_err(D::Error::custom);
        pairs.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

/// The first revision of a group's document that says this, as its admin signs it.
fn first_revision(data: Dict, group: &AccountKeys) -> Vec<u8> {
    let mut message = Revision::empty().next();
    message.data = data;
    message.write(&Diff::between(&Dict::default(), &message.data), Some(group))
}

fn info_fields(fields: &Fields, file: &File) -> Check {
    let mut data = Dict::default();
    for (key, field) in &fields.0 {
        match &**field {
            Field::Number(number) => data.put(key, *number),
            Field::Text(text) => data.put(key, text.as_str()),
        }
    }
    let text = first_revision(data, &keys_from(file, "ids.group_seed"));
    let serialized: HexLeaf = file.other("group_info_seqno1.serialized_signed");
    ensure_eq("serialized_signed", &text[..], &**serialized)
}

/// The document signed by the group's admin, read and written again.
fn signed_document(serialized: &HexLeaf, file: &File) -> Check {
    let group = keys_from(file, "ids.group_seed");
    let revision = signed(serialized, &group)?;
    ensure_eq("written again", &first_revision(revision.message.data, &group)[..], &***serialized)
}

fn signed(serialized: &HexLeaf, group: &AccountKeys) -> Result<Revision, String> {
    Revision::parse(serialized.to_vec(), Some(&group.ed25519_public())).map_err(|error| error.to_string())
}

/// The revision that stands beside a leaf of `document`.
fn beside(file: &File, document: &str) -> Result<Revision, String> {
    signed(&file.other(&format!("{document}.serialized_signed")), &keys_from(file, "ids.group_seed"))
}

fn info_hash(hash: &Key, file: &File) -> Check {
    ensure_eq("hash", beside(file, "group_info_seqno1")?.hash, ***hash)
}

fn members_hash(hash: &Key, file: &File) -> Check {
    ensure_eq("hash", beside(file, "group_members_seqno1")?.hash, ***hash)
}

fn info_compressed(compressed: &Leaf<bool>, file: &File) -> Check {
    compressed_is(&beside(file, "group_info_seqno1")?, compressed)
}

fn members_compressed(compressed: &Leaf<bool>, file: &File) -> Check {
    compressed_is(&beside(file, "group_members_seqno1")?, compressed)
}

fn compressed_is(revision: &Revision, compressed: &Leaf<bool>) -> Check {
    ensure_eq("compressed", shorter(&revision.text).len() < revision.text.len(), **compressed)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invite {
    #[serde(rename = "GroupUpdateInviteMessage")]
    inner: HexLeaf,
    #[serde(rename = "GroupUpdateMessage")]
    outer: HexLeaf,
}

fn invite_protobuf(block: &Invite, _file: &File) -> Check {
    let invite = GroupUpdateInviteMessage::decode(&block.inner[..]).map_err(|error| error.to_string())?;
    ensure_eq("GroupUpdateInviteMessage", &invite.encode_to_vec()[..], &**block.inner)?;
    ensure("no name in the invitation", invite.name.is_some())?;
    ensure("no access in the invitation", invite.member_auth_data.is_some() && invite.admin_signature.is_some())?;
    update_is(GroupUpdateMessage { invite_message: Some(invite), ..GroupUpdateMessage::default() }, &block.outer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promote {
    #[serde(rename = "GroupUpdatePromoteMessage")]
    inner: HexLeaf,
    #[serde(rename = "GroupUpdateMessage")]
    outer: HexLeaf,
}

fn promote_protobuf(block: &Promote, _file: &File) -> Check {
    let promote = GroupUpdatePromoteMessage::decode(&block.inner[..]).map_err(|error| error.to_string())?;
    ensure_eq("GroupUpdatePromoteMessage", &promote.encode_to_vec()[..], &**block.inner)?;
    ensure("no name or seed in the promotion", promote.name.is_some() && promote.group_identity_seed.is_some())?;
    update_is(GroupUpdateMessage { promote_message: Some(promote), ..GroupUpdateMessage::default() }, &block.outer)
}

fn update_is(update: GroupUpdateMessage, bytes: &HexLeaf) -> Check {
    ensure_eq("GroupUpdateMessage", &update.encode_to_vec()[..], &***bytes)?;
    let read = GroupUpdateMessage::decode(&bytes[..]).map_err(|error| error.to_string())?;
    ensure("GroupUpdateMessage, read", read == update)
}

fn control_seed(seed: &Key, file: &File) -> Check {
    let id: String = file.other("control_contents.group_id");
    ensure_eq("group_id", group_of(&AccountKeys::from_ed25519_seed(seed))?, id)
}

fn control_id(id: &Leaf<String>, file: &File) -> Check {
    ensure_eq("group_id", &group_of(&keys_from(file, "control_contents.group_seed"))?, &**id)
}

/// A data message with group control and nothing else.
fn control(update: GroupUpdateMessage) -> DataMessage {
    DataMessage { group_update_message: Some(update), ..DataMessage::default() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InfoChanged {
    r#type: Leaf<i32>,
    name: Option<Leaf<String>>,
    timer: Option<Leaf<u32>>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    signature: Signature,
    content: HexLeaf,
}

fn info_changes(cases: &Vec<InfoChanged>, _file: &File) -> Check {
    for case in cases {
        ensure("a change that core does not know", InfoChange::try_from(*case.r#type).is_ok())?;
        let change = GroupUpdateInfoChangeMessage {
            r#type: Some(*case.r#type),
            updated_name: case.name.as_ref().map(|name| (**name).clone()),
            updated_expiration: case.timer.as_ref().map(|seconds| **seconds),
            admin_signature: Some(case.signature.to_vec()),
        };
        let data = control(GroupUpdateMessage { info_change_message: Some(change), ..GroupUpdateMessage::default() });
        let content = disappearing(data, *case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        same("content", &content, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MembersChanged {
    r#type: Leaf<i32>,
    members: Vec<Leaf<String>>,
    history_shared: Leaf<bool>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    signature: Signature,
    content: HexLeaf,
}

fn member_changes(cases: &Vec<MembersChanged>, _file: &File) -> Check {
    for case in cases {
        ensure("a change that core does not know", MemberChange::try_from(*case.r#type).is_ok())?;
        let change = GroupUpdateMemberChangeMessage {
            r#type: Some(*case.r#type),
            member_session_ids: people(&case.members)?,
            // What is not shared is not said.
            history_shared: Some(true).filter(|_| *case.history_shared),
            admin_signature: Some(case.signature.to_vec()),
        };
        let data = control(GroupUpdateMessage { member_change_message: Some(change), ..GroupUpdateMessage::default() });
        let content = disappearing(data, *case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        same("content", &content, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

/// Account IDs as they are written.
fn people(texts: &[Leaf<String>]) -> Result<Vec<String>, String> {
    texts
        .iter()
        .map(|text| AccountId::parse(text).map(|id| id.to_string()).map_err(|error| error.to_string()))
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invited {
    invitee: Leaf<String>,
    name: Leaf<String>,
    member_auth_data: Leaf<HexArray<100>>,
    signature: Signature,
    display_name: Option<Leaf<String>>,
    profile_picture: Option<Leaf<String>>,
    profile_updated_s: Option<Leaf<u64>>,
    profile_key: Option<Key>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    content: HexLeaf,
}

fn invites(cases: &Vec<Invited>, file: &File) -> Check {
    for case in cases {
        // Who is invited stands in the text that is signed, and on the envelope.
        case.invitee.idle();
        let invite = GroupUpdateInviteMessage {
            group_session_id: Some(file.other("control_contents.group_id")),
            name: Some(case.name.clone()),
            member_auth_data: Some(case.member_auth_data.to_vec()),
            admin_signature: Some(case.signature.to_vec()),
        };
        let data = control(GroupUpdateMessage { invite_message: Some(invite), ..GroupUpdateMessage::default() });
        let data = profiled!(case, data);
        let content = disappearing(data, *case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        same("content", &content, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promoted {
    name: Leaf<String>,
    display_name: Option<Leaf<String>>,
    profile_picture: Option<Leaf<String>>,
    profile_updated_s: Option<Leaf<u64>>,
    profile_key: Option<Key>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    content: HexLeaf,
}

fn promotes(cases: &Vec<Promoted>, file: &File) -> Check {
    for case in cases {
        let seed: HexArray<32> = file.other("control_contents.group_seed");
        let promote =
            GroupUpdatePromoteMessage { group_identity_seed: Some(seed.to_vec()), name: Some(case.name.clone()) };
        let data = control(GroupUpdateMessage { promote_message: Some(promote), ..GroupUpdateMessage::default() });
        let data = profiled!(case, data);
        let content = disappearing(data, *case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        same("content", &content, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Joined {
    approved: Leaf<bool>,
    display_name: Option<Leaf<String>>,
    profile_picture: Option<Leaf<String>>,
    profile_updated_s: Option<Leaf<u64>>,
    profile_key: Option<Key>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    content: HexLeaf,
}

fn invite_responses(cases: &Vec<Joined>, _file: &File) -> Check {
    for case in cases {
        let response = GroupUpdateInviteResponseMessage { is_approved: Some(*case.approved) };
        let data = control(GroupUpdateMessage { invite_response: Some(response), ..GroupUpdateMessage::default() });
        let data = profiled!(case, data);
        let content = disappearing(data, *case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        same("content", &content, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaving {
    timestamp_ms: Leaf<u64>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    left_notification: HexLeaf,
    left: HexLeaf,
}

/// Two messages: a notice for the others that goes as messages go, and a millisecond later what the admins act on, which stays.
fn leaves(cases: &Vec<Leaving>, _file: &File) -> Check {
    for case in cases {
        let (how, seconds, sent_at) = (*case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        let notice =
            GroupUpdateMessage { member_left_notification_message: Some(Empty {}), ..GroupUpdateMessage::default() };
        same("left_notification", &disappearing(control(notice), how, seconds, sent_at), &case.left_notification)?;
        let left = GroupUpdateMessage { member_left_message: Some(Empty {}), ..GroupUpdateMessage::default() };
        same("left", &disappearing(control(left), 0, 0, sent_at + 1), &case.left)?;
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deleted {
    members: Vec<Leaf<String>>,
    hashes: Vec<Leaf<String>>,
    expiration_type: Leaf<i32>,
    expiration_timer: Leaf<u32>,
    timestamp_ms: Leaf<u64>,
    signature: Option<Signature>,
    content: HexLeaf,
}

fn delete_contents(cases: &Vec<Deleted>, _file: &File) -> Check {
    for case in cases {
        let delete = GroupUpdateDeleteMemberContentMessage {
            member_session_ids: people(&case.members)?,
            message_hashes: case.hashes.iter().map(|hash| (**hash).clone()).collect(),
            admin_signature: case.signature.as_ref().map(|signature| signature.to_vec()),
        };
        let data = control(GroupUpdateMessage { delete_member_content: Some(delete), ..GroupUpdateMessage::default() });
        let content = disappearing(data, *case.expiration_type, *case.expiration_timer, *case.timestamp_ms);
        same("content", &content, &case.content)?;
    }
    ensure("no cases", !cases.is_empty())
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("ids", ids),
        Block::new("revoke_signature", revoke_signature).prose(&["signed", "assurance"]),
        Block::new("group_info_seqno1.fields", info_fields),
        Block::new("group_info_seqno1.serialized_signed", signed_document),
        Block::new("group_info_seqno1.hash", info_hash),
        Block::new("group_info_seqno1.compressed", info_compressed),
        Block::new("group_members_seqno1.serialized_signed", signed_document),
        Block::new("group_members_seqno1.hash", members_hash),
        Block::new("group_members_seqno1.compressed", members_compressed),
        Block::new("invite_protobuf", invite_protobuf),
        Block::new("promote_protobuf", promote_protobuf),
        Block::new("control_contents.group_seed", control_seed),
        Block::new("control_contents.group_id", control_id),
        Block::new("control_contents.info_changes", info_changes),
        Block::new("control_contents.member_changes", member_changes),
        Block::new("control_contents.invites", invites),
        Block::new("control_contents.promotes", promotes),
        Block::new("control_contents.invite_responses", invite_responses),
        Block::new("control_contents.leaves", leaves),
        Block::new("control_contents.delete_contents", delete_contents),
    ]
}

harness::vector_tests!("vectors_groups", "groups.json", blocks());
