//! What the targets over contents share: a Content made of the fields of a file, and what is read of its bytes.
#![allow(dead_code, unused_imports, unused_macros)] // each target uses its part

use onionskin_core::wire::content::{Content, DataMessage, LokiProfile};
use onionskin_core::wire::decode_content;

use crate::harness::{Check, HexLeaf, Key, Leaf, ensure_eq};

/// A data message with the profile that a case has in four fields of its own: a form with fields that several forms share would
/// not refuse a field that nobody looks at.
macro_rules! profiled {
    ($case:expr, $data:expr) => {
        $crate::contents::with_profile(
            $data,
            &$case.display_name,
            &$case.profile_picture,
            &$case.profile_updated_s,
            &$case.profile_key,
        )
    };
}
pub(crate) use profiled;

/// [`profiled!`] with the fields one by one.
pub fn with_profile(
    data: DataMessage,
    name: &Option<Leaf<String>>,
    picture: &Option<Leaf<String>>,
    updated: &Option<Leaf<u64>>,
    key: &Option<Key>,
) -> DataMessage {
    let profile = LokiProfile {
        display_name: name.as_ref().map(|name| (**name).clone()),
        profile_picture: picture.as_ref().map(|url| (**url).clone()),
        last_update_seconds: updated.as_ref().map(|seconds| **seconds),
    };
    DataMessage {
        profile: Some(profile).filter(|profile| *profile != LokiProfile::default()),
        profile_key: key.as_ref().map(|key| key.to_vec()),
        ..data
    }
}

/// A Content with a data message, how it disappears, and its moment.
pub fn disappearing(data: DataMessage, how: i32, seconds: u32, sent_at: u64) -> Content {
    Content {
        data_message: Some(data),
        expiration_type: Some(how),
        expiration_timer: Some(seconds),
        sig_timestamp: Some(sent_at),
        ..Content::default()
    }
}

/// The content is written as the file has it, and read as what it was made of.
pub fn same(what: &str, content: &Content, bytes: &HexLeaf) -> Check {
    ensure_eq(what, &content.to_bytes()[..], &***bytes)?;
    reads(what, bytes, content)
}

/// The bytes are read as this content.
pub fn reads(what: &str, bytes: &[u8], content: &Content) -> Check {
    let read = decode_content(bytes).map_err(|error| format!("{what}: {error}"))?;
    // Contents do not show what people wrote; their bytes tell what differs.
    ensure_eq(&format!("{what}, read"), hex(&read), hex(content))
}

fn hex(content: &Content) -> String {
    hex::encode(content.to_bytes())
}

/// Bytes of protobuf in which something is passed over: the first tag and the end of the timestamp.
pub fn first_and_last(text: &str) -> Vec<usize> {
    vec![1, text.len() - 1]
}
