//! Control messages of groups, as they stand inside a data message (field 120).
//!
//! Only the layout; what they mean belongs to the group room. Numbers: session-foundation/libsession-util
//! `proto/SessionProtos.proto`.

use prost::{Enumeration, Message};

use super::content::known;

/// Exactly one field is set.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct GroupUpdateMessage {
    /// An invitation into a group.
    #[prost(message, optional, tag = "1")]
    pub invite_message: Option<GroupUpdateInviteMessage>,
    /// Name, picture or disappearing messages changed.
    #[prost(message, optional, tag = "2")]
    pub info_change_message: Option<GroupUpdateInfoChangeMessage>,
    /// Members were added, removed or promoted.
    #[prost(message, optional, tag = "3")]
    pub member_change_message: Option<GroupUpdateMemberChangeMessage>,
    /// The receiver becomes an admin.
    #[prost(message, optional, tag = "4")]
    pub promote_message: Option<GroupUpdatePromoteMessage>,
    /// The sender leaves and asks the admins to remove them.
    #[prost(message, optional, tag = "5")]
    pub member_left_message: Option<Empty>,
    /// The sender joined after an invitation.
    #[prost(message, optional, tag = "6")]
    pub invite_response: Option<GroupUpdateInviteResponseMessage>,
    /// Messages are to be deleted.
    #[prost(message, optional, tag = "7")]
    pub delete_member_content: Option<GroupUpdateDeleteMemberContentMessage>,
    /// The sender left; a notice for the others.
    #[prost(message, optional, tag = "8")]
    pub member_left_notification_message: Option<Empty>,
}

/// A message without fields.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Empty {}

/// An invitation into a group.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct GroupUpdateInviteMessage {
    /// The group's id, 66 hex characters beginning with `03`.
    #[prost(string, optional, tag = "1")]
    pub group_session_id: Option<String>,
    /// The group's name.
    #[prost(string, optional, tag = "2")]
    pub name: Option<String>,
    /// The receiver's access to the group's swarm. Secret.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub member_auth_data: Option<Vec<u8>>,
    /// The admin's signature.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub admin_signature: Option<Vec<u8>>,
}

/// The receiver becomes an admin.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct GroupUpdatePromoteMessage {
    /// The group's secret seed. Secret.
    #[prost(bytes = "vec", optional, tag = "1")]
    pub group_identity_seed: Option<Vec<u8>>,
    /// The group's name.
    #[prost(string, optional, tag = "2")]
    pub name: Option<String>,
}

/// Name, picture or disappearing messages changed.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct GroupUpdateInfoChangeMessage {
    /// What changed: an [`InfoChange`].
    #[prost(enumeration = "InfoChange", optional, tag = "1")]
    pub r#type: Option<i32>,
    /// The new name.
    #[prost(string, optional, tag = "2")]
    pub updated_name: Option<String>,
    /// The new time to disappear, in seconds.
    #[prost(uint32, optional, tag = "3")]
    pub updated_expiration: Option<u32>,
    /// The admin's signature.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub admin_signature: Option<Vec<u8>>,
}

/// Members were added, removed or promoted.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct GroupUpdateMemberChangeMessage {
    /// What happened: a [`MemberChange`].
    #[prost(enumeration = "MemberChange", optional, tag = "1")]
    pub r#type: Option<i32>,
    /// To whom: Account IDs.
    #[prost(string, repeated, tag = "2")]
    pub member_session_ids: Vec<String>,
    /// Whether new members see older messages.
    #[prost(bool, optional, tag = "3")]
    pub history_shared: Option<bool>,
    /// The admin's signature.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub admin_signature: Option<Vec<u8>>,
}

/// The sender joined after an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct GroupUpdateInviteResponseMessage {
    /// Always true.
    #[prost(bool, optional, tag = "1")]
    pub is_approved: Option<bool>,
}

/// Messages are to be deleted.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct GroupUpdateDeleteMemberContentMessage {
    /// All messages of these members.
    #[prost(string, repeated, tag = "1")]
    pub member_session_ids: Vec<String>,
    /// These messages, by swarm hash.
    #[prost(string, repeated, tag = "2")]
    pub message_hashes: Vec<String>,
    /// The admin's signature; absent when members delete their own.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub admin_signature: Option<Vec<u8>>,
}

/// What changed in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum InfoChange {
    /// Its name.
    Name = 1,
    /// Its picture.
    Avatar = 2,
    /// The time after which messages disappear.
    DisappearingMessages = 3,
}

/// What happened to members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum MemberChange {
    /// They came in.
    Added = 1,
    /// They were put out.
    Removed = 2,
    /// They became admins.
    Promoted = 3,
}

impl GroupUpdateMessage {
    /// Enum values this version does not know count as absent.
    pub(super) fn drop_unknown_enums(&mut self) {
        if let Some(change) = &mut self.info_change_message {
            known::<InfoChange>(&mut change.r#type);
        }
        if let Some(change) = &mut self.member_change_message {
            known::<MemberChange>(&mut change.r#type);
        }
    }
}

super::content::quiet_debug!(
    GroupUpdateMessage,
    GroupUpdateInviteMessage,
    GroupUpdatePromoteMessage,
    GroupUpdateInfoChangeMessage,
    GroupUpdateMemberChangeMessage,
    GroupUpdateDeleteMemberContentMessage,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_an_unknown_kind_counts_as_absent() {
        let change = |kind| GroupUpdateMessage {
            info_change_message: Some(GroupUpdateInfoChangeMessage { r#type: Some(kind), ..Default::default() }),
            member_change_message: Some(GroupUpdateMemberChangeMessage { r#type: Some(kind), ..Default::default() }),
            ..Default::default()
        };
        let kinds = |mut update: GroupUpdateMessage| {
            update.drop_unknown_enums();
            (update.info_change_message.unwrap().r#type, update.member_change_message.unwrap().r#type)
        };
        assert_eq!(kinds(change(2)), (Some(2), Some(2)));
        assert_eq!(kinds(change(9)), (None, None));
    }

    #[test]
    fn a_group_seed_is_not_printed() {
        let promote = GroupUpdatePromoteMessage { group_identity_seed: Some(vec![0xab; 32]), name: None };
        assert_eq!(format!("{promote:?}"), "GroupUpdatePromoteMessage { .. }");
    }
}
