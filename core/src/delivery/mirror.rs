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
use crate::config::fields::{Expiry, ExpiryMode, Notify, Picture};
use crate::config::{Dict, DocumentKind, contacts, partings, user_profile};
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::people::{self, Desk, HIDDEN};
use crate::store::{
    ContactRow, ConversationId, Disappearing, Edit, EditedField, Mute, Parting, PersonHash, ProfileRow, Standing,
    WriteTx,
};

/// Makes the documents of a new account: nothing of it can be on any swarm, so they may be pushed.
///
/// # Errors
/// Those of the ledger.
pub fn begin(tx: &mut WriteTx<'_>, desk: &Desk) -> Result<()> {
    for kind in DocumentKind::SYNCED {
        let mut paper = papers::open(tx, desk.me.into(), kind)?;
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
    let mut waiting = tx.config_edits()?;
    for kind in EDITED {
        if !waiting.iter().any(|edit| document_of(edit, &desk.me) == Some(kind)) {
            continue;
        }
        let mut paper = papers::open(tx, desk.me.into(), kind)?;
        if paper.damaged {
            tx.edit_everything()?;
            return paper.keep(tx, desk.device_now);
        }
        if !paper.row.fetched {
            continue;
        }
        write_edits(tx, desk, &mut paper, &mut waiting, When::Now)?;
        if paper.document.needs_dump() {
            paper.keep(tx, desk.device_now)?;
        }
    }
    waiting.retain(|edit| document_of(edit, &desk.me).is_some());
    tx.set_config_edits(&waiting)
}

/// When an edit was made, seen from the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// In this transaction, by somebody who sees what the document says.
    Now,
    /// Before the document was known here: it may say more and newer things. Only what was clearly decided here is
    /// written over it, and never a default.
    Before,
}

/// Writes the edits that concern a document into it, and takes them out of `edits`.
///
/// # Errors
/// Those of the ledger.
pub(super) fn write_edits(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    paper: &mut Paper,
    edits: &mut BTreeSet<Edit>,
    when: When,
) -> Result<()> {
    let kind = paper.document.kind();
    let mut people: BTreeMap<AccountId, BTreeSet<EditedField>> = BTreeMap::new();
    for Edit { account, field } in edits.iter().filter(|edit| document_of(edit, &desk.me) == Some(kind)) {
        people.entry(*account).or_default().insert(*field);
    }
    if people.is_empty() {
        return Ok(());
    }
    edits.retain(|edit| document_of(edit, &desk.me) != Some(kind));
    let mut facts = Vec::new();
    let said_at = paper.row.applied_at;
    for (account, fields) in people {
        let id = ConversationId::from(account);
        facts.push(Facts {
            contact: tx.contact(&account)?,
            standing: tx.standing(&id)?,
            parted: parted(tx, desk, &account, &fields)?,
            unsent: when == When::Before && tx.has_unsent(&id, said_at, desk.network_now)?,
            account,
            fields,
        });
    }
    let profile = tx.profile()?.ok_or_else(|| Error::new(ErrorKind::NotFound, "store holds no account"))?;
    paper.document.edit(|data| {
        for facts in &facts {
            match kind {
                DocumentKind::UserProfile => {
                    if facts.fields.contains(&EditedField::Profile) {
                        write_profile(data, &profile, when);
                    }
                    facts.write_note(data, when);
                }
                DocumentKind::Contacts => {
                    if facts.account != desk.me {
                        facts.write_contact(data, &desk.me, when);
                    }
                    facts.write_parting(data);
                }
                DocumentKind::ConvoInfoVolatile => facts.write_read_state(data, desk, when),
                DocumentKind::UserGroups | DocumentKind::Local => (),
            }
        }
        if kind == DocumentKind::Contacts {
            cap_strangers(data, &desk.me);
        }
    });
    Ok(())
}

/// Whether an entry is of somebody who wrote to us and about whom nobody here decided anything. Our other devices need it to
/// know of the request; they have the letter itself too.
pub(super) fn is_stranger(entry: &contacts::Contact) -> bool {
    !entry.approved && !entry.blocked && entry.nickname.is_empty() && entry.priority <= 0
}

/// Whether there may be strangers that the document has no room for: that one is not in it says nothing about them then.
pub(super) fn is_full_of_strangers(data: &Dict, me: &AccountId) -> bool {
    contacts::all(data, me).filter(is_stranger).count() >= MAX_STRANGERS
}

/// Leaves [`MAX_STRANGERS`] strangers in the document, those who wrote first last. Anybody can make accounts, and a document that
/// is too large is pushed no more: friends would be lost for strangers.
pub(super) fn cap_strangers(data: &mut Dict, me: &AccountId) {
    let strangers = contacts::all(data, me).filter(is_stranger);
    let mut strangers: Vec<_> = strangers.map(|entry| (entry.created, entry.id)).collect();
    strangers.sort_unstable();
    let over = strangers.len().saturating_sub(MAX_STRANGERS);
    for (_, id) in strangers.iter().take(over) {
        contacts::remove(data, id);
    }
}

/// The document that an edit belongs into; `None` for edits that concern no other device.
fn document_of(edit: &Edit, me: &AccountId) -> Option<DocumentKind> {
    use EditedField::{Approved, Blocked, Conversation, Expiry, Gone, GoneRead, Nickname, Parted, Profile, Read};
    match edit.field {
        Read | GoneRead => Some(DocumentKind::ConvoInfoVolatile),
        Parted => Some(DocumentKind::Contacts),
        _ if edit.account != *me => Some(DocumentKind::Contacts),
        Profile | Conversation | Expiry => Some(DocumentKind::UserProfile),
        Approved | Blocked | Nickname | EditedField::Mute | Gone => None,
    }
}

fn write_profile(data: &mut Dict, profile: &ProfileRow, when: When) {
    let (seconds, known) = (profile.updated_seconds, user_profile::updated(data));
    // A name that was typed while restoring gives way to the one that the account has.
    let newer = match when {
        When::Now => seconds >= known,
        When::Before => known > 0 && seconds > known,
    };
    if newer || user_profile::name(data).is_none() {
        user_profile::set_name(data, &profile.display_name, seconds);
    }
    let picture = Picture::new(&profile.picture_url, &profile.picture_key);
    // The picture in force is nothing that the user chose now; one that cannot be read here stays where it is.
    if when == When::Now && newer && user_profile::picture(data) != picture {
        user_profile::set_picture(data, picture.as_ref(), seconds);
    }
}

/// What the rows say of one person, and what of it was edited.
struct Facts {
    account: AccountId,
    fields: BTreeSet<EditedField>,
    contact: Option<ContactRow>,
    standing: Option<Standing>,
    /// What was seen here when the conversation went, if the document is to say so.
    parted: Option<(PersonHash, Parting)>,
    /// Something written here waits to be sent, or is newer than the document.
    unsent: bool,
}

/// What was seen when the conversation with `person` went, where that was edited.
fn parted(
    tx: &WriteTx<'_>,
    desk: &Desk,
    person: &AccountId,
    fields: &BTreeSet<EditedField>,
) -> Result<Option<(PersonHash, Parting)>> {
    if !fields.contains(&EditedField::Parted) {
        return Ok(None);
    }
    let hash = people::parting_hash(desk, person);
    Ok(tx.parted(&hash)?.map(|known| (hash, known.parting)))
}

impl Facts {
    fn touches(&self, field: EditedField) -> bool {
        self.fields.contains(&field)
    }

    /// Deleted or hidden here, by somebody who says so.
    fn is_put_away(&self) -> bool {
        self.standing.is_some_and(|standing| standing.priority < 0 && standing.gone_at > Timestamp::ZERO)
    }

    fn write_parting(&self, data: &mut Dict) {
        if let Some((person, Parting { theirs, ours, ahead, first_poll, at, notes_deleted })) = self.parted {
            partings::add(data, &person, partings::Seen { theirs, ours, ahead, first_poll, at, notes_deleted });
        }
    }

    fn write_contact(&self, data: &mut Dict, me: &AccountId, when: When) {
        let belongs = self.contact.as_ref().is_some_and(|row| people::is_contact(row, self.standing.as_ref()));
        let Some(known) = contacts::read(data, &self.account) else {
            if let (true, Some(row)) = (belongs, &self.contact) {
                self.write_new_contact(data, me, row);
            }
            return;
        };
        // Only a deletion takes an entry away: it may hold what this device has no row for.
        let is_deleted = self.touches(EditedField::Gone) && self.contact.is_some();
        if !belongs && (is_deleted || self.is_request_put_away(&known, when)) {
            contacts::remove(data, &self.account);
            return;
        }
        let Some(row) = &self.contact else { return };
        self.write_fields(data, me, row, &known, when);
    }

    /// A stranger whose request was declined or deleted here, or had to make room.
    fn is_request_put_away(&self, known: &contacts::Contact, when: When) -> bool {
        let hidden = self.standing.is_some_and(|standing| standing.priority < 0);
        let decided = self.contact.is_none() || self.is_put_away() || (hidden && when == When::Now);
        is_stranger(known) && self.touches(EditedField::Conversation) && decided
    }

    fn write_fields(&self, data: &mut Dict, me: &AccountId, row: &ContactRow, known: &contacts::Contact, when: When) {
        let careful = when == When::Before;
        let Some(mut entry) = contacts::edit(data, me, &self.account) else { return };
        if self.touches(EditedField::Approved) {
            if !careful || row.approved {
                entry.set_approved(row.approved);
            }
            if !careful || row.approved_me {
                entry.set_approved_me(row.approved_me);
            }
        }
        if self.touches(EditedField::Blocked) && (!careful || row.blocked) {
            entry.set_blocked(row.blocked);
        }
        // What another device heard from them may be newer than what we did.
        let newer = row.updated_seconds > known.profile_updated;
        if self.touches(EditedField::Profile) && (newer || (!careful && row.updated_seconds == known.profile_updated)) {
            set_profile(&mut entry, row);
        }
        if self.touches(EditedField::Nickname) && (!careful || !row.nickname.is_empty()) {
            entry.set_nickname(&row.nickname);
        }
        if self.touches(EditedField::Expiry) && (!careful || row.disappearing != Disappearing::Off) {
            entry.set_expiry(expiry(row.disappearing));
        }
        if self.touches(EditedField::Mute) && (!careful || row.mute != Mute::Off) {
            set_mute(&mut entry, row.mute, known.notify);
        }
        if self.touches(EditedField::Conversation)
            && let Some(standing) = self.standing
        {
            if !careful || standing.priority > 0 || self.is_put_away() {
                entry.set_priority(standing.priority);
            } else if self.unsent && known.priority < 0 {
                entry.set_priority(0);
            }
        }
    }

    fn write_new_contact(&self, data: &mut Dict, me: &AccountId, row: &ContactRow) {
        let Some(mut entry) = contacts::edit(data, me, &self.account) else { return };
        let without_conversation = if row.approved { 0 } else { HIDDEN };
        entry
            .set_approved(row.approved)
            .set_approved_me(row.approved_me)
            .set_blocked(row.blocked)
            .set_nickname(&row.nickname)
            .set_expiry(expiry(row.disappearing))
            .set_priority(self.standing.map_or(without_conversation, |standing| standing.priority))
            .set_created(Some(row.created_at.as_millis() / 1_000).filter(|seconds| *seconds > 0));
        set_mute(&mut entry, row.mute, Notify::Default);
        set_profile(&mut entry, row);
    }

    /// Note to Self stands in our profile.
    fn write_note(&self, data: &mut Dict, when: When) {
        let careful = when == When::Before;
        if self.touches(EditedField::Conversation) {
            let priority = self.standing.map_or(HIDDEN, |standing| standing.priority);
            if !careful || priority > 0 || self.is_put_away() {
                user_profile::set_note_priority(data, priority);
            } else if self.unsent && user_profile::note_priority(data) < 0 {
                user_profile::set_note_priority(data, 0);
            }
        }
        if self.touches(EditedField::Expiry)
            && let Some(row) = &self.contact
            && (!careful || row.disappearing != Disappearing::Off)
        {
            user_profile::set_note_expiry(data, expiry(row.disappearing).map(|expiry| expiry.seconds));
        }
    }

    fn write_read_state(&self, data: &mut Dict, desk: &Desk, when: When) {
        let is_kept = self.account == desk.me
            || self.contact.as_ref().is_some_and(|row| people::is_contact(row, self.standing.as_ref()));
        let place = Place::OneToOne(self.account);
        if self.touches(EditedField::GoneRead) && !is_kept {
            // Not even the mark: what they write next is a request, which nobody has marked.
            conversations::remove(data, &place);
            return;
        }
        let Some(standing) = self.standing.filter(|_| is_kept) else { return };
        // What is too old for the document stays in our rows, which are the archive. A clock that may be years ahead makes
        // nothing old: the next merge does.
        let now = if desk.unsettled.is_some() { standing.read_up_to } else { desk.network_now };
        conversations::set_last_read(data, &place, standing.read_up_to.as_millis(), now);
        if when == When::Now || standing.marked_unread {
            conversations::set_unread(data, &place, standing.marked_unread, now);
        }
    }
}

fn set_profile(entry: &mut contacts::ContactMut<'_>, row: &ContactRow) {
    let picture = Picture::new(&row.picture_url, &row.picture_key);
    entry.set_name(&row.display_name).set_picture(picture.as_ref()).set_profile_updated(row.updated_seconds);
}

/// Muted for ever is *no notifications*; whoever is heard again is heard as they were `known` to be, or as by default.
fn set_mute(entry: &mut contacts::ContactMut<'_>, mute: Mute, known: Notify) {
    let (for_ever, until) = mute.to_config();
    let heard = if known == Notify::Disabled { Notify::Default } else { known };
    entry.set_notify(if for_ever { Notify::Disabled } else { heard }).set_mute_until(Some(until));
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

/// Strangers in the Contacts document. More requests than anybody looks through; with names and pictures about 30 kB of it.
pub(super) const MAX_STRANGERS: usize = 150;

/// The documents that rows are mirrored into. Groups come with their own rows.
pub(super) const EDITED: [DocumentKind; 3] =
    [DocumentKind::UserProfile, DocumentKind::Contacts, DocumentKind::ConvoInfoVolatile];
