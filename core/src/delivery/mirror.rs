//! From rows to documents: what a write changed here goes into the config documents in the same transaction.
//!
//! Nobody who changes a row has to think of it: triggers of the schema note what other devices must hear of, and
//! [`Hall::write`](super::Hall::write) calls [`mirror`] before every commit. Only the fields that were edited are written,
//! so that a device never undoes what another one changed meanwhile, and unknown keys stay where they are.
//!
//! A restored account writes nothing before its swarm said what it has: edits wait in their table until then.

use std::collections::{BTreeMap, BTreeSet};

use super::papers::{self, Paper};
use crate::clock::Timestamp;
use crate::config::conversations::{self, Place};
use crate::config::fields::{Expiry, ExpiryMode, Picture};
use crate::config::{Dict, DocumentKind, contacts, user_profile};
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::message::Desk;
use crate::store::{ContactRow, ConversationId, Disappearing, Edit, EditedField, Standing, WriteTx};

/// Makes the documents of a new account: nothing of it can be on any swarm, so they may be pushed.
///
/// # Errors
/// Those of the ledger.
pub fn begin(tx: &mut WriteTx<'_>, desk: &Desk) -> Result<()> {
    for kind in DocumentKind::SYNCED {
        let mut paper = papers::open(tx, kind)?;
        paper.row.fetched = true;
        if kind == DocumentKind::UserProfile {
            let profile = tx.profile()?.ok_or_else(|| Error::new(ErrorKind::NotFound, "store holds no account"))?;
            paper.document.edit(|data| {
                user_profile::set_name(data, &profile.display_name, profile.updated_seconds);
                // Note to Self is hidden everywhere until it is used, as with other apps of 2026.
                user_profile::set_note_priority(data, HIDDEN);
            });
        }
        paper.keep(tx, desk.device_now)?;
    }
    tx.clear_config_edits()
}

/// Writes the edits of this transaction into their documents, and keeps those that changed.
///
/// # Errors
/// Those of the ledger.
pub fn mirror(tx: &mut WriteTx<'_>, desk: &Desk) -> Result<()> {
    if !tx.has_config_edits()? {
        return Ok(());
    }
    let mut papers = Vec::new();
    for kind in EDITED {
        if !tx.dump(kind.namespace())?.is_some_and(|row| row.fetched) {
            return Ok(());
        }
        papers.push(papers::open(tx, kind)?);
    }
    write_edits(tx, desk, &mut papers)?;
    for paper in papers {
        if paper.document.needs_dump() {
            paper.keep(tx, desk.device_now)?;
        }
    }
    Ok(())
}

/// Writes all edits into `papers`, and forgets them.
///
/// # Errors
/// Those of the ledger.
pub(super) fn write_edits(tx: &mut WriteTx<'_>, desk: &Desk, papers: &mut [Paper]) -> Result<()> {
    let mut people: BTreeMap<AccountId, BTreeSet<EditedField>> = BTreeMap::new();
    for Edit { account, field } in tx.config_edits()? {
        people.entry(account).or_default().insert(field);
    }
    let mut facts = Vec::new();
    for (account, fields) in people {
        facts.push(Facts { contact: tx.contact(&account)?, standing: tx.standing(&account.into())?, account, fields });
    }
    let profile = tx.profile()?.ok_or_else(|| Error::new(ErrorKind::NotFound, "store holds no account"))?;
    for paper in papers {
        let kind = paper.document.kind();
        paper.document.edit(|data| {
            for facts in &facts {
                let ours = facts.account == desk.me;
                match kind {
                    DocumentKind::UserProfile if ours => {
                        // A name that was typed while restoring gives way to the one that the account has.
                        let seconds = profile.updated_seconds;
                        let newer = user_profile::name(data).is_none() || seconds >= user_profile::updated(data);
                        if newer && facts.fields.contains(&EditedField::Profile) {
                            user_profile::set_name(data, &profile.display_name, seconds);
                            let picture = Picture::new(&profile.picture_url, &profile.picture_key);
                            user_profile::set_picture(data, picture.as_ref(), seconds);
                        }
                        facts.write_note(data);
                    }
                    DocumentKind::Contacts if !ours => facts.write_contact(data, &desk.me),
                    DocumentKind::ConvoInfoVolatile => facts.write_read_state(data, desk.network_now, ours),
                    _ => (),
                }
            }
        });
    }
    tx.clear_config_edits()
}

/// What the rows say of one person, and what of it was edited.
struct Facts {
    account: AccountId,
    fields: BTreeSet<EditedField>,
    contact: Option<ContactRow>,
    standing: Option<Standing>,
}

impl Facts {
    /// Whether the person is in the Contacts document: somebody we accepted or blocked, or who asks to be accepted.
    fn belongs(&self) -> bool {
        self.contact.as_ref().is_some_and(|row| is_contact(row, self.standing.as_ref()))
    }

    fn write_contact(&self, data: &mut Dict, me: &AccountId) {
        let Some(row) = self.contact.as_ref().filter(|_| self.belongs()) else {
            contacts::remove(data, &self.account);
            return;
        };
        let known = contacts::read(data, &self.account);
        let (new, known_updated) = (known.is_none(), known.map_or(0, |known| known.profile_updated));
        let touched = |field| new || self.fields.contains(&field);
        let Some(mut entry) = contacts::edit(data, me, &self.account) else { return };
        if touched(EditedField::Approved) {
            entry.set_approved(row.approved).set_approved_me(row.approved_me);
        }
        if touched(EditedField::Blocked) {
            entry.set_blocked(row.blocked);
        }
        // What another device heard from them may be newer than what we did.
        if new || (touched(EditedField::Profile) && row.updated_seconds >= known_updated) {
            let picture = Picture::new(&row.picture_url, &row.picture_key);
            entry.set_name(&row.display_name).set_picture(picture.as_ref()).set_profile_updated(row.updated_seconds);
        }
        if touched(EditedField::Nickname) {
            entry.set_nickname(&row.nickname);
        }
        if touched(EditedField::Expiry) {
            entry.set_expiry(expiry(row.disappearing));
        }
        if touched(EditedField::Conversation) {
            let without = if row.approved { 0 } else { HIDDEN };
            entry.set_priority(self.standing.map_or(without, |standing| standing.priority));
        }
        if new {
            entry.set_created(Some(row.created_at.as_millis() / 1_000).filter(|seconds| *seconds > 0));
        }
    }

    /// Note to Self stands in our profile.
    fn write_note(&self, data: &mut Dict) {
        if self.fields.contains(&EditedField::Conversation) {
            user_profile::set_note_priority(data, self.standing.map_or(HIDDEN, |standing| standing.priority));
        }
        if self.fields.contains(&EditedField::Expiry)
            && let Some(row) = &self.contact
        {
            let seconds = expiry(row.disappearing).map(|expiry| expiry.seconds);
            user_profile::set_note_expiry(data, seconds);
        }
    }

    fn write_read_state(&self, data: &mut Dict, now: Timestamp, ours: bool) {
        let place = Place::OneToOne(self.account);
        let Some(standing) = self.standing.filter(|_| ours || self.belongs()) else {
            conversations::remove(data, &place);
            return;
        };
        if self.fields.contains(&EditedField::Read) {
            // What is too old for the document stays in our rows, which are the archive.
            conversations::set_last_read(data, &place, standing.read_up_to.as_millis(), now);
            conversations::set_unread(data, &place, standing.marked_unread, now);
        }
    }
}

/// Whether a person's row belongs into the Contacts document.
pub(super) fn is_contact(row: &ContactRow, standing: Option<&Standing>) -> bool {
    row.approved || row.blocked || (row.approved_me && standing.is_some())
}

fn expiry(disappearing: Disappearing) -> Option<Expiry> {
    let (mode, seconds) = disappearing.to_config();
    let mode = match mode {
        1 => ExpiryMode::AfterSend,
        2 => ExpiryMode::AfterRead,
        _ => return None,
    };
    Some(Expiry { mode, seconds: u32::try_from(seconds).unwrap_or(u32::MAX) })
}

/// The documents that rows are mirrored into. Groups come with their own rows.
pub(super) const EDITED: [DocumentKind; 3] =
    [DocumentKind::UserProfile, DocumentKind::Contacts, DocumentKind::ConvoInfoVolatile];

/// The priority of what is not on the list.
const HIDDEN: i32 = super::removal::HIDDEN;

/// Where the read state of a person's conversation stands.
pub(super) fn conversation_of(account: &AccountId) -> ConversationId {
    ConversationId::from(*account)
}
