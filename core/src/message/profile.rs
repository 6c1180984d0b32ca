//! The sender's name, carried beside messages.
//!
//! Out: every data message and every answer to a request carries our display name; copies to our own devices do not
//! (our profile travels by config). In: a name is taken only when its `lastUpdateSeconds` is strictly newer than the one
//! stored, so that an old message that arrives late cannot bring an old name back; two zeros count as newer because old
//! clients never set it (messages.md 1.4). Our own profile is never taken from a message.
//!
//! Of pictures only address and key are handled here, ours and theirs.

use crate::crypto::{AccountId, cut_display_name};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ReceivedProfile, WriteTx};
use crate::wire::content::LokiProfile;

/// Our own profile, as messages carry it.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnProfile {
    /// Our display name.
    pub display_name: String,
    /// When it last changed, in seconds since the epoch.
    pub updated_seconds: u64,
    /// Where our picture is, and its key; empty for none.
    pub picture: (String, Vec<u8>),
}

impl OwnProfile {
    /// Ours, as it is now.
    pub(super) fn of(tx: &WriteTx<'_>) -> Result<Self> {
        let row = tx.profile()?.ok_or_else(|| Error::new(ErrorKind::NotFound, "store holds no account"))?;
        Ok(Self {
            display_name: row.display_name,
            updated_seconds: row.updated_seconds,
            picture: (row.picture_url, row.picture_key),
        })
    }

    /// The wire form.
    pub fn to_wire(&self) -> LokiProfile {
        LokiProfile {
            display_name: Some(self.display_name.clone()),
            // Android takes an absent field as unchanged, and an empty one as no picture.
            profile_picture: Some(self.picture.0.clone()),
            last_update_seconds: Some(self.updated_seconds),
        }
    }

    /// The key of our picture, which stands beside the profile; `None` without a picture.
    pub fn picture_key(&self) -> Option<Vec<u8>> {
        Some(self.picture.1.clone()).filter(|key| !key.is_empty())
    }
}

/// Takes over the profile that came with a message of `sender`, if it is newer.
///
/// # Errors
/// Those of the ledger.
pub(super) fn apply(
    tx: &mut WriteTx<'_>,
    sender: &AccountId,
    profile: Option<&LokiProfile>,
    picture_key: Option<&[u8]>,
) -> Result<()> {
    let Some(profile) = profile else { return Ok(()) };
    let picture_key = picture_key.filter(|key| key.len() == PICTURE_KEY_BYTES).unwrap_or_default();
    let picture_url = profile.profile_picture.as_deref().filter(|url| url.len() <= MAX_URL_BYTES).unwrap_or_default();
    let name = profile.display_name.as_deref().and_then(cut_display_name).unwrap_or_default();
    tx.apply_profile(
        sender,
        &ReceivedProfile {
            display_name: &name,
            picture_url,
            picture_key,
            updated_seconds: profile.last_update_seconds.unwrap_or(0),
        },
    )?;
    Ok(())
}

/// Keys of profile pictures, both encryptions.
const PICTURE_KEY_BYTES: usize = 32;

/// Longest address of a picture that is kept; those of the file server have under 200 bytes.
const MAX_URL_BYTES: usize = 1_024;
