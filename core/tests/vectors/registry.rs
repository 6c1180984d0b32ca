//! Which target checks which block of which file, and which blocks wait for the feature they belong to.

/// Who answers for a block.
#[derive(Debug)]
pub enum Owner {
    /// This test target checks it.
    Target(&'static str),
    /// This test target checks it as far as core goes today; what it cannot compute yet is said beside it.
    Partly(&'static str, &'static str),
    /// It belongs to a feature that does not exist yet.
    Later(&'static str),
    /// Core does something else today: what, is said here. It waits for the issue that changes it.
    Contradicts(&'static str),
    /// It says where the file comes from, or how far a block is assured.
    About,
}

impl Owner {
    /// The target that checks it, wholly or partly.
    pub fn target(&self) -> Option<&'static str> {
        match self {
            Self::Target(target) | Self::Partly(target, _) => Some(target),
            Self::Later(_) | Self::Contradicts(_) | Self::About => None,
        }
    }

    /// Why it, or a part of it, is not checked.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Partly(_, reason) | Self::Later(reason) | Self::Contradicts(reason) => Some(reason),
            Self::Target(_) | Self::About => None,
        }
    }
}

use Owner::{About, Contradicts, Later, Partly, Target};

/// File, block (or part of one), owner. A block is named whole, or all its parts are.
pub const REGISTRY: &[(&str, &str, Owner)] = &[
    ("messages.json", "accounts", Target("vectors_messages")),
    ("messages.json", "padding_v1", Target("vectors_messages")),
    ("messages.json", "v1", Target("vectors_messages")),
    ("messages.json", "content_samples", Target("vectors_messages")),
    ("messages.json", "blinding", Later("blinded ids and messages come with communities")),
    ("messages.json", "attachment_stream", Later("file encryption comes with attachments")),
    ("messages.json", "attachment_legacy", Later("file encryption comes with attachments")),
    ("messages.json", "profile_legacy", Later("profile pictures come with attachments")),
    ("messages.json", "ons", Later("account names are looked up in a later issue")),
    ("messages.json", "_sources", About),
    ("messages.json", "recovery_password_25", Contradicts("25 and 24 words are refused for their number")),
    ("messages.json", "text_with_msg_id", Partly("vectors_contents", "a msgId is read and not written yet")),
    ("messages.json", "profiles.written", Contradicts("without a picture its field is left out, and so are 12 and 13")),
    ("messages.json", "profiles.received", Contradicts("an answer to a request without the field clears the picture")),
    ("messages.json", "disappearing.note", About),
    ("messages.json", "disappearing.received", Later("what starts when comes with disappearing messages")),
    ("messages.json", "disappearing.sent", Contradicts("fields 12 and 13 are not written, not even as zeros")),
    ("messages.json", "unsend", Later("unsend requests are recorded, and applied once deleting for everyone exists")),
    ("messages.json", "receipts", Later("read receipts are recorded, and applied in a later issue")),
    ("messages.json", "read_receipts", Target("vectors_contents")),
    ("messages.json", "typing.written", Target("vectors_contents")),
    ("messages.json", "typing.received", Later("the time inside a notice is compared once notices are applied")),
    ("messages.json", "reactions", Partly("vectors_contents", "a reaction's msgId (5) is passed over, not written")),
    ("messages.json", "quotes.note", About),
    ("messages.json", "quotes.written", Partly("vectors_contents", "a quote's msgId (5) is passed over, not written")),
    ("messages.json", "quotes.received", Later("which quotes are dropped comes with quotes")),
    ("messages.json", "extraction_notices", Partly("vectors_contents", "fields 3 to 5 are passed over, not written")),
    ("messages.json", "download_urls", Later("file addresses come with attachments")),
    ("messages.json", "file_pointer_ids", Later("file addresses and their numbers come with attachments")),
    ("messages.json", "attachment_stream_declared_size", Later("file encryption comes with attachments")),
    ("messages.json", "attachment_sizes", Later("file encryption comes with attachments")),
    ("transport.json", "keys", Target("vectors_transport_keys")),
    ("transport.json", "onion_hop", Target("vectors_transport_keys")),
    ("transport.json", "v4_codec", Target("vectors_transport_keys")),
    ("transport.json", "active_nodes_bin", Target("vectors_transport_keys")),
    ("transport.json", "file_server.default", Target("vectors_transport_keys")),
    ("transport.json", "file_server.version_auth", Later("version requests come with attachments")),
    ("transport.json", "file_server.file_id", Later("file ids come with attachments")),
    ("transport.json", "file_server.urls", Later("file addresses come with attachments")),
    ("transport.json", "onion_requests", Target("vectors_transport_onion")),
    ("transport.json", "seed_tls_pins", Target("vectors_transport_onion")),
    ("transport.json", "swarm.comment", About),
    ("transport.json", "swarm.position", Target("vectors_transport_swarm")),
    ("transport.json", "swarm.nearest", Target("vectors_transport_swarm")),
    ("transport.json", "swarm.swarm_hex_field", Target("vectors_transport_swarm")),
    ("transport.json", "message_hash", Target("vectors_transport_swarm")),
    ("transport.json", "requests", Target("vectors_transport_swarm")),
    ("transport.json", "node_response_signatures", Target("vectors_transport_swarm")),
    ("transport.json", "max_size_split", Target("vectors_transport_swarm")),
    ("transport.json", "redirects_421", Contradicts(ONE_REDIRECT)),
    ("transport.json", "subaccount", Later("subaccounts come with groups")),
    ("transport.json", "ons", Later("account names are looked up in a later issue")),
    ("transport.json", "push", Later("push servers come with notifications")),
    ("transport.json", "_meta", About),
    ("configs.json", "about", About),
    ("configs.json", "account", Target("vectors_configs")),
    ("configs.json", "encryption", Target("vectors_configs")),
    ("configs.json", "padding", Target("vectors_configs")),
    ("configs.json", "compression", Target("vectors_configs")),
    ("configs.json", "user_profile_empty_seqno0", Target("vectors_configs")),
    ("configs.json", "user_profile_seqno1", Target("vectors_configs")),
    ("configs.json", "contacts_seqno1", Target("vectors_configs")),
    ("configs.json", "user_groups_seqno1", Target("vectors_configs")),
    ("configs.json", "merge_two_conflicting", Target("vectors_configs_merge")),
    ("configs.json", "merge_pushed_by_clean_client", Target("vectors_configs_merge")),
    ("configs.json", "merge_chain_from_documentation", Target("vectors_configs_merge")),
    ("configs.json", "signed_config", Target("vectors_configs_merge")),
    ("configs.json", "multipart", Target("vectors_configs")),
    ("configs.json", "user_profile_2026_keys", Target("vectors_configs")),
    ("groups.json", "about", About),
    ("groups.json", "ids", Target("vectors_groups")),
    ("groups.json", "rekey_generation_0", Later("keys of groups come with groups")),
    ("groups.json", "rekey_generation_1", Later("keys of groups come with groups")),
    ("groups.json", "rekey_collision", Later("keys of groups come with groups")),
    ("groups.json", "key_lists", Later("keys of groups come with groups")),
    ("groups.json", "keys_message_bad_signature", Later("keys of groups come with groups")),
    ("groups.json", "member_wrap_key_member1", Later("keys of groups come with groups")),
    ("groups.json", "supplement_for_member2", Later("keys of groups come with groups")),
    ("groups.json", "supplement_two_recipients", Later("keys of groups come with groups")),
    ("groups.json", "subaccount_member1", Later("subaccounts come with groups")),
    ("groups.json", "subaccount_sign", Later("subaccounts come with groups")),
    ("groups.json", "auth_data_checks", Later("subaccounts come with groups")),
    ("groups.json", "revoke_signature", Target("vectors_groups")),
    ("groups.json", "group_info_seqno1.fields", Target("vectors_groups")),
    ("groups.json", "group_info_seqno1.serialized_signed", Target("vectors_groups")),
    ("groups.json", "group_info_seqno1.hash", Target("vectors_groups")),
    ("groups.json", "group_info_seqno1.compressed", Target("vectors_groups")),
    ("groups.json", "group_info_seqno1.encrypted_with_gen0_key", Later("documents of groups come with groups")),
    ("groups.json", "group_info_seqno1.assurance", About),
    ("groups.json", "group_members_seqno1.fields", Later("the view of a group's members comes with groups")),
    ("groups.json", "group_members_seqno1.serialized_signed", Target("vectors_groups")),
    ("groups.json", "group_members_seqno1.hash", Target("vectors_groups")),
    ("groups.json", "group_members_seqno1.compressed", Target("vectors_groups")),
    ("groups.json", "group_members_seqno1.encrypted_with_gen0_key", Later("documents of groups come with groups")),
    ("groups.json", "group_members_seqno1.assurance", About),
    ("groups.json", "group_message", Later("messages in groups come with groups")),
    ("groups.json", "group_message_compressed", Later("messages in groups come with groups")),
    ("groups.json", "group_message_pre_2025_signature", Later("messages in groups come with groups")),
    ("groups.json", "control_signatures", Later("the texts that admins sign come with groups")),
    ("groups.json", "invite_protobuf", Target("vectors_groups")),
    ("groups.json", "promote_protobuf", Target("vectors_groups")),
    ("groups.json", "control_contents.note", About),
    ("groups.json", "control_contents.group_seed", Target("vectors_groups")),
    ("groups.json", "control_contents.group_id", Target("vectors_groups")),
    ("groups.json", "control_contents.info_changes", Partly("vectors_groups", UNSIGNED)),
    ("groups.json", "control_contents.member_changes", Partly("vectors_groups", UNSIGNED)),
    ("groups.json", "control_contents.invites", Partly("vectors_groups", UNSIGNED)),
    ("groups.json", "control_contents.promotes", Target("vectors_groups")),
    ("groups.json", "control_contents.invite_responses", Target("vectors_groups")),
    ("groups.json", "control_contents.leaves", Target("vectors_groups")),
    ("groups.json", "control_contents.delete_contents", Partly("vectors_groups", UNSIGNED)),
    ("groups.json", "control_contents.rejected", Later("the texts that admins sign come with groups")),
    ("groups.json", "control_contents.assurance", About),
    ("groups.json", "kicked_message", Later("notices to removed members come with groups")),
    ("groups.json", "kick_notices", Later("notices to removed members come with groups")),
    ("groups.json", "multi_encrypt_lib", Later("notices to removed members come with groups")),
];

const UNSIGNED: &str = "signatures are taken as they stand, the texts that admins sign come with groups";

const ONE_REDIRECT: &str =
    "one redirect is followed and the second fails; a single unknown member refreshes the node list";
