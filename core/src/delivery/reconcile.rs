//! From documents to rows: what other devices of this account wrote is merged, and the tables follow.
//!
//! Merging is pure ([`crate::config`]); here its result becomes true, in **one transaction** with the cursors: documents,
//! rows, hashes, and what was refused with its reason. Rows follow the *whole* document, never a difference, so that a
//! row that went astray comes right with the next merge. What is written here is no edit: it goes into no document again.
//!
//! Edits that waited for the documents of a restored account are written into each document when it becomes known, before
//! any row follows it. And what a device that deleted a conversation cannot have known is never deleted here.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::deleted::{Deleted, Newer, NewlyParted, follow_partings, what_is_newer};
use super::papers::{self, Paper};
use super::undone::{self, Undone};
use super::{Hall, Mailbox, config_push, mirror};
use crate::address::SwarmHash;
use crate::clock::Timestamp;
use crate::config::conversations;
use crate::config::fields::{ExpiryMode, Notify};
use crate::config::{ConfigKeys, Dict, Document, DocumentKind, Incoming, Merged, contacts, user_profile};
use crate::crypto::{AccountId, clean_name};
use crate::error::Result;
use crate::event::{OTHER_DEVICE, OtherDevice};
use crate::message::ttl::LONGEST_TTL;
use crate::onion::NodeKey;
pub(super) use crate::people::FIRST_POLL;
use crate::people::{self, Desk};
use crate::store::{
    ConversationId, CursorEpoch, Edit, EditedField, Mute, Parted, PersonHash, Quota, ReadTx, ReceivedProfile, WriteTx,
};
use crate::swarm::RetrievedMessage;

/// What one node gave of one document.
#[derive(Clone)]
pub struct ConfigPage {
    /// Which document.
    pub kind: DocumentKind,
    /// Messages in the node's order.
    pub messages: Vec<RetrievedMessage>,
    /// Who gave it, where its list ended, and when it forgets that hash: for the cursor. `None` moves none.
    pub cursor: Option<(NodeKey, SwarmHash, Timestamp)>,
    /// Whether the swarm has said what it has of the document now.
    pub settles: Settles,
}

/// When a document counts as known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settles {
    /// Not by this page: there is more.
    No,
    /// When a whole message of it was understood.
    WhenFound,
    /// In any case: enough members say that there is none.
    Always,
}

/// What became of config messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Messages that were merged (or parts that were kept).
    pub merged: usize,
    /// Messages that were refused, and recorded with their reason.
    pub refused: usize,
    /// Messages that were processed before, or that this device wrote itself.
    pub known: usize,
    /// The cursors were cleared while the pages were under way: nothing was stored.
    pub discarded: bool,
}

/// Merges pages into the documents of a mailbox and lets the rows follow.
///
/// # Errors
/// Those of the ledger. Nothing is stored then, and the pages come again.
pub async fn reconcile(
    hall: &Hall,
    mailbox: &Mailbox,
    epoch: CursorEpoch,
    pages: Vec<ConfigPage>,
) -> Result<Reconciled> {
    let worth_a_write =
        |page: &ConfigPage| !page.messages.is_empty() || page.settles == Settles::Always || page.cursor.is_some();
    if !pages.iter().any(worth_a_write) {
        return Ok(Reconciled::default());
    }
    let (desk, mailbox) = (hall.desk(), mailbox.clone());
    hall.write("configs merged", move |tx| file(tx, &desk, &mailbox, epoch, &pages)).await
}

fn file(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    mailbox: &Mailbox,
    epoch: CursorEpoch,
    pages: &[ConfigPage],
) -> Result<Reconciled> {
    let mut sum = Reconciled::default();
    if tx.cursor_epoch()? != epoch {
        return Ok(Reconciled { discarded: true, ..sum });
    }
    let mut pending = tx.config_edits()?;
    let mut news: BTreeSet<DocumentKind> = BTreeSet::new();
    let mut papers = Vec::new();
    for kind in mailbox.documents() {
        let mut paper = papers::open(tx, mailbox.address(), *kind)?;
        if paper.damaged {
            tx.edit_everything()?;
            pending = tx.config_edits()?;
        }
        let (was_known, mut settles) = (paper.row.fetched, false);
        for page in pages.iter().filter(|page| page.kind == *kind) {
            if let Some((node, hash, expires)) = &page.cursor {
                tx.advance_cursor(epoch, paper.row.place, &node.0, hash, *expires)?;
            }
            if take_in(tx, desk, mailbox.document_keys(), &mut paper, page, &mut sum)? {
                news.insert(*kind);
            }
            settles |= page_settles(&paper, page, desk.network_now);
        }
        if !was_known && settles {
            paper.row.fetched = true;
            // What was decided here before anybody knew the document.
            mirror::write_edits(tx, desk, &mut paper, &mut pending, mirror::When::Before)?;
            news.insert(*kind);
        }
        if *kind == DocumentKind::ConvoInfoVolatile {
            paper.document.edit(|data| conversations::age(data, desk.network_now));
        }
        papers.push(paper);
    }
    if news.contains(&DocumentKind::Contacts) {
        // Conversations that appear only now were read elsewhere.
        news.insert(DocumentKind::ConvoInfoVolatile);
    }
    for paper in papers.iter().filter(|paper| paper.row.fetched && news.contains(&paper.document.kind())) {
        follow(tx, desk, paper, &mut pending)?;
    }
    tx.set_config_edits(&pending)?;
    let settled = papers.iter().all(|paper| paper.row.fetched);
    for paper in papers {
        put_away(tx, desk, mailbox.document_keys(), paper)?;
    }
    if settled && mailbox.comes_back() {
        tx.configs_have_come()?;
    }
    Ok(sum)
}

/// Keeps a document as it is now, and hands out what became obsolete in the swarm.
fn put_away(tx: &mut WriteTx<'_>, desk: &Desk, keys: &ConfigKeys, mut paper: Paper) -> Result<()> {
    let place = paper.row.place;
    for hash in shed(&mut paper.document, keys).iter().filter_map(|hash| SwarmHash::parse(hash)) {
        tx.add_obsolete_config(place, &hash)?;
    }
    let known = tx.dump(place)?;
    if paper.document.needs_dump() || known.is_none_or(|known| known != paper.row) {
        paper.keep(tx, desk.device_now)?;
    }
    config_push::delete_replaced(tx, place, desk.device_now)
}

/// Whether the document is known after this page.
fn page_settles(paper: &Paper, page: &ConfigPage, now: Timestamp) -> bool {
    match page.settles {
        Settles::No => false,
        Settles::WhenFound => is_found(paper, page, now),
        Settles::Always => true,
    }
}

/// Whether what is here of a document counts as what the swarm has of it. Parts of a message that is newer than all whole
/// ones are worth a short wait. Those that are older, or to which nothing was added for a while, come from a push that
/// broke off: nobody may ever end it, and waiting for that would keep the account from its people for good.
fn is_found(paper: &Paper, page: &ConfigPage, now: Timestamp) -> bool {
    let document = &paper.document;
    if document.seqno() == 0 {
        // Only parts, or a whole message that says nothing.
        let found = !document.part_hashes().is_empty() || paper.row.applied_at > Timestamp::ZERO;
        return found && document.fresh_part_hashes(now, PARTS_ALONE).is_empty();
    }
    let stored: BTreeMap<&str, Timestamp> =
        page.messages.iter().map(|message| (message.hash.as_str(), message.timestamp)).collect();
    let is_newer = |hash: &String| stored.get(hash.as_str()).is_none_or(|at| *at > paper.row.applied_at);
    !document.fresh_part_hashes(now, PARTS_COME_WITHIN).iter().any(is_newer)
}

/// Merges one page. Says whether the document may say something else than before.
fn take_in(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    keys: &ConfigKeys,
    paper: &mut Paper,
    page: &ConfigPage,
    sum: &mut Reconciled,
) -> Result<bool> {
    let place = paper.row.place;
    let mut new = Vec::new();
    for message in &page.messages {
        let remembered = desk.network_now + LONGEST_TTL;
        if tx.mark_seen(place, &message.hash, remembered)? || !paper.row.fetched {
            new.push(message);
        } else {
            sum.known += 1;
        }
    }
    let held = page.messages.iter().map(|message| message.hash.as_str()).collect();
    config_push::settle_by_poll(tx, paper, &held)?;
    if new.is_empty() {
        return Ok(false);
    }
    let incoming: Vec<_> =
        new.iter().map(|message| Incoming { hash: message.hash.as_str(), data: &message.data }).collect();
    let before = paper.document.data().clone();
    let MergeResult { changed, accepted, whole, revisions, refused } =
        merge(&mut paper.document, keys, &incoming, desk.network_now);
    if place.namespace == DocumentKind::Contacts.namespace() {
        let revisions: Vec<_> = revisions.iter().chain([&before]).collect();
        paper.undone.extend(undone::undone(&desk.me, &revisions, paper.document.data()));
    }
    for (hash, code) in &refused {
        let raw = new.iter().find(|message| message.hash.as_str() == hash).map_or([].as_slice(), |found| &found.data);
        tx.insert_unreadable(place, hash, code, raw, desk.network_now, Quota::Document)?;
        if let Some(hash) = SwarmHash::parse(hash) {
            // A later version may understand it.
            tx.forget_seen(place, &hash)?;
        }
    }
    // A lone part says nothing yet about anybody.
    let news = new.iter().filter(|message| whole.iter().any(|hash| hash == message.hash.as_str()));
    if let Some(newest) = news.map(|message| message.timestamp).max() {
        // A node may say what it likes about the time.
        let newest = newest.min(desk.network_now);
        paper.row.applied_at = paper.row.applied_at.max(newest);
        if paper.row.fetched {
            note_other_device(tx, newest)?;
        }
    }
    sum.merged += accepted.len();
    sum.refused += refused.len();
    Ok(changed || !accepted.is_empty())
}

/// As [`crate::config::Merged`], with the reasons as codes.
#[derive(Default)]
struct MergeResult {
    changed: bool,
    accepted: Vec<String>,
    whole: Vec<String>,
    revisions: Vec<Dict>,
    refused: Vec<(String, &'static str)>,
}

/// Merges; a message that panics the merge costs only itself.
fn merge(document: &mut Document, keys: &ConfigKeys, incoming: &[Incoming<'_>], now: Timestamp) -> MergeResult {
    let attempt = |document: &Document, incoming: &[Incoming<'_>]| {
        let mut merged_into = document.clone();
        catch_unwind(AssertUnwindSafe(|| {
            let merged = merged_into.merge(keys, incoming, now);
            (merged_into, merged)
        }))
    };
    let of = |refused: Vec<(String, crate::config::ConfigError)>| {
        refused.into_iter().map(|(hash, error)| (hash, error.code())).collect::<Vec<_>>()
    };
    if let Ok((merged_into, merged)) = attempt(document, incoming) {
        *document = merged_into;
        let Merged { changed, accepted, whole, revisions, refused, .. } = merged;
        return MergeResult { changed, accepted, whole, revisions, refused: of(refused) };
    }
    tracing::error!("merging configs panicked, merging them one by one");
    let mut sum = MergeResult::default();
    for one in incoming {
        match attempt(document, std::slice::from_ref(one)) {
            Ok((merged_into, merged)) => {
                *document = merged_into;
                sum.changed |= merged.changed;
                sum.accepted.extend(merged.accepted);
                sum.whole.extend(merged.whole);
                sum.revisions.extend(merged.revisions);
                sum.refused.extend(of(merged.refused));
            }
            Err(_) => sum.refused.push((one.hash.to_owned(), "panicked")),
        }
    }
    sum
}

/// Hashes that nobody will hand out by a push, because nothing is to be pushed.
fn shed(document: &mut Document, keys: &ConfigKeys) -> Vec<String> {
    if document.needs_push() || document.obsolete_hashes().is_empty() {
        return Vec::new();
    }
    document.push(keys).map(|push| push.obsolete).unwrap_or_default()
}

/// Notes a sign of another device of this account, at `at` (network time).
///
/// # Errors
/// Those of the ledger.
pub(super) fn note_other_device(tx: &mut WriteTx<'_>, at: Timestamp) -> Result<()> {
    let known = tx.setting(&OTHER_DEVICE)?;
    if !is_since_first_poll(tx, at)? || known.is_some_and(|known| at <= known.seen_at) {
        return Ok(());
    }
    let new = known.is_none_or(|known| known.new || at.since(known.seen_at) > LONG_SILENCE);
    tx.set_setting(&OTHER_DEVICE, &Some(OtherDevice { seen_at: at, new }))
}

/// Whether something happened after this device first asked the network for this account. What was there before says
/// nothing new about other devices; and only the network's time can tell, since the device's clock may be wrong by years.
///
/// # Errors
/// Those of the ledger.
pub(super) fn is_since_first_poll(tx: &ReadTx<'_>, at: Timestamp) -> Result<bool> {
    Ok(tx.setting(&FIRST_POLL)?.is_some_and(|first| at > first))
}

/// Lets the rows follow one document.
fn follow(tx: &mut WriteTx<'_>, desk: &Desk, paper: &Paper, pending: &mut BTreeSet<Edit>) -> Result<()> {
    if paper.document.seqno() == 0 {
        return Ok(());
    }
    match paper.document.kind() {
        DocumentKind::UserProfile => follow_profile(tx, desk, paper),
        DocumentKind::Contacts => follow_contacts(tx, desk, paper, pending),
        DocumentKind::ConvoInfoVolatile => follow_read_state(tx, desk, paper, pending),
        // Groups have no rows yet; the document keeps everything.
        DocumentKind::UserGroups | DocumentKind::Local => Ok(()),
    }
}

fn follow_profile(tx: &mut WriteTx<'_>, desk: &Desk, paper: &Paper) -> Result<()> {
    let data = paper.document.data();
    let picture = user_profile::picture(data);
    tx.apply_own_profile(&ReceivedProfile {
        display_name: &clean_name(user_profile::name(data).unwrap_or_default()),
        picture_url: picture.as_ref().map_or("", |picture| picture.url()),
        picture_key: picture.as_ref().map_or([].as_slice(), |picture| picture.key()),
        updated_seconds: user_profile::updated(data),
    })?;
    let seconds = user_profile::note_expiry(data).map_or(0, u64::from);
    tx.set_expiry(&desk.me, u8::from(seconds > 0), seconds)?;
    let own = ConversationId::from(desk.me);
    let priority = user_profile::note_priority(data);
    match tx.standing(&own)? {
        None if priority < 0 => (),
        Some(standing) if priority < 0 => {
            if standing.priority >= 0 {
                tx.set_gone_at(&own, paper.row.applied_at)?;
            }
            tx.set_priority(&own, priority)?;
        }
        standing => {
            if standing.is_none_or(|standing| standing.priority < 0) {
                tx.ensure_conversation(&own, desk.device_now)?;
            }
            tx.set_priority(&own, priority)?;
        }
    }
    Ok(())
}

fn follow_contacts(tx: &mut WriteTx<'_>, desk: &Desk, paper: &Paper, pending: &mut BTreeSet<Edit>) -> Result<()> {
    let data = paper.document.data();
    let new = follow_partings(tx, desk, paper)?;
    remove_deleted_notes(tx, desk, &new)?;
    for contact in contacts::all(data, &desk.me) {
        match paper.undone.iter().find(|undone| undone.account == contact.id) {
            Some(undone) => delete_again(tx, desk, paper, (&contact, undone), pending)?,
            None => follow_contact(tx, desk, paper, &contact, pending)?,
        }
        let parted = if new.is_empty() { None } else { new.get(&people::parting_hash(desk, &contact.id)) };
        if let (Some(new), true) = (parted, contact.priority >= 0) {
            // Deleted, and back before we heard of it: without what was deleted.
            tx.remove_seen(&ConversationId::from(contact.id), &new.parted, desk.network_now)?;
        }
    }
    let no_room = mirror::is_full_of_strangers(data, &desk.me);
    for row in tx.related_contacts()? {
        let id = ConversationId::from(row.account);
        let standing = tx.standing(&id)?;
        if !people::is_contact(&row, standing.as_ref()) || contacts::read(data, &row.account).is_some() {
            continue;
        }
        // Deleted on another device.
        let deleted = Deleted::by(tx, desk, paper, &row.account)?;
        if no_room && !row.approved && !row.blocked && deleted.seen.is_none() {
            continue;
        }
        match what_is_newer(tx, desk, &id, &deleted)? {
            Newer::Nothing => {
                people::remove::delete_contact_until(tx, desk, &row.account, deleted.gone_at())?;
                // Somebody who read there meanwhile put it back.
                pending.insert(Edit { account: row.account, field: EditedField::GoneRead });
            }
            Newer::Received => {
                // They wrote since: a request, as it would be for a stranger.
                deleted.take(tx, desk, &id)?;
                tx.forget_contact(&row.account)?;
                tx.set_approved_me(&row.account, true)?;
                revive(pending, &row.account);
            }
            Newer::Unsent => {
                deleted.take_seen(tx, desk, &id)?;
                revive(pending, &row.account);
            }
        }
    }
    Ok(())
}

/// Note to Self stays in no document of contacts: whoever deletes it says so beside them.
fn remove_deleted_notes(tx: &mut WriteTx<'_>, desk: &Desk, new: &BTreeMap<PersonHash, NewlyParted>) -> Result<()> {
    match new.get(&people::parting_hash(desk, &desk.me)) {
        Some(notes) if notes.deletes_notes => {
            tx.remove_seen(&ConversationId::from(desk.me), &notes.parted.of_deleted_notes(), desk.network_now)
        }
        _ => Ok(()),
    }
}

/// Somebody was deleted, and is in the document again because of a merge: they are taken away once more, unless something is
/// here that was not seen.
fn delete_again(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    paper: &Paper,
    (contact, undone): (&contacts::Contact, &Undone),
    pending: &mut BTreeSet<Edit>,
) -> Result<()> {
    let (account, id) = (contact.id, ConversationId::from(contact.id));
    let parted = tx.parted(&people::parting_hash(desk, &account))?;
    let said_at = paper.row.applied_at;
    // Also where only this device has said it so far.
    let seen = parted.map(|known| Parted { said_at: known.said_at.max(said_at), ..known });
    let deleted = Deleted { said_at, seen };
    if !matches!(what_is_newer(tx, desk, &id, &deleted)?, Newer::Nothing) {
        return follow_contact(tx, desk, paper, contact, pending);
    }
    if undone.stays_contact {
        let hidden = contacts::Contact { priority: people::HIDDEN, ..contact.clone() };
        follow_contact(tx, desk, paper, &hidden, pending)?;
        pending.insert(Edit { account, field: EditedField::Conversation });
        return Ok(());
    }
    people::remove::delete_contact_until(tx, desk, &account, deleted.gone_at())?;
    pending.extend([EditedField::Gone, EditedField::GoneRead].map(|field| Edit { account, field }));
    Ok(())
}

/// The other devices hear that the conversation is there.
fn revive(pending: &mut BTreeSet<Edit>, account: &AccountId) {
    for field in [EditedField::Approved, EditedField::Conversation] {
        pending.insert(Edit { account: *account, field });
    }
}

fn follow_contact(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    paper: &Paper,
    contact: &contacts::Contact,
    pending: &mut BTreeSet<Edit>,
) -> Result<()> {
    let (who, id) = (&contact.id, ConversationId::from(contact.id));
    tx.ensure_contact(who, desk.device_now)?;
    let known = tx.standing(&id)?;
    let was_contact = tx.contact(who)?.is_some_and(|row| people::is_contact(&row, known.as_ref()));
    tx.set_approved(who, contact.approved)?;
    tx.set_approved_me(who, contact.approved_me)?;
    tx.set_blocked(who, contact.blocked)?;
    tx.follow_profile(
        who,
        &ReceivedProfile {
            display_name: &clean_name(&contact.name),
            picture_url: contact.picture.as_ref().map_or("", |picture| picture.url()),
            picture_key: contact.picture.as_ref().map_or([].as_slice(), |picture| picture.key()),
            updated_seconds: contact.profile_updated,
        },
    )?;
    let nickname = clean_name(&contact.nickname);
    if tx.contact(who)?.is_some_and(|row| row.nickname != nickname) {
        tx.set_nickname(who, &nickname)?;
    }
    let (mode, seconds) = match contact.expiry {
        None => (0, 0),
        Some(expiry) => (if expiry.mode == ExpiryMode::AfterSend { 1 } else { 2 }, u64::from(expiry.seconds)),
    };
    tx.set_expiry(who, mode, seconds)?;
    tx.set_mute(who, Mute::from_config(contact.notify == Notify::Disabled, contact.mute_until.unwrap_or(0)))?;
    if contact.priority < 0 {
        if known.is_none_or(|standing| standing.priority >= 0) {
            // Hidden on another device, which deletes what was said until then.
            let deleted = Deleted::by(tx, desk, paper, who)?;
            let newer = what_is_newer(tx, desk, &id, &deleted)?;
            match newer {
                Newer::Nothing => (),
                Newer::Received => deleted.take(tx, desk, &id)?,
                Newer::Unsent => deleted.take_seen(tx, desk, &id)?,
            }
            if !matches!(newer, Newer::Nothing) {
                pending.insert(Edit { account: *who, field: EditedField::Conversation });
                return Ok(());
            }
            people::remove::delete_conversation_until(tx, desk, &id, deleted.gone_at())?;
        }
        tx.set_priority(&id, contact.priority)?;
        return Ok(());
    }
    // One that was only emptied here stays off the list.
    if !was_contact || known.is_none_or(|standing| standing.priority < 0) {
        tx.ensure_conversation(&id, desk.device_now)?;
    }
    tx.set_priority(&id, contact.priority)?;
    let created = contact.created.unwrap_or(0).saturating_mul(1_000);
    // The clock of the device that made the entry may have been ahead.
    tx.set_first_activity(&id, Timestamp::from_millis(created).min(desk.network_now))
}

fn follow_read_state(tx: &mut WriteTx<'_>, desk: &Desk, paper: &Paper, pending: &BTreeSet<Edit>) -> Result<()> {
    let data = paper.document.data();
    for id in tx.all_conversations()? {
        let (Some(account), Some(standing)) = (id.account().copied(), tx.standing(&id)?) else { continue };
        if [EditedField::Read, EditedField::GoneRead]
            .iter()
            .any(|field| pending.contains(&Edit { account, field: *field }))
        {
            continue;
        }
        let state = conversations::one_to_one(data, &account).unwrap_or_default();
        // Nobody can have read what is still to be written.
        let read = Timestamp::from_millis(state.last_read_ms).min(desk.network_now);
        if read > standing.read_up_to {
            tx.mark_read_elsewhere(&id, read, paper.row.applied_at, desk.network_now)?;
        }
        tx.set_marked_unread(&id, state.unread)?;
    }
    Ok(())
}

/// All parts of a message come within this time after one another, or the push that sent them broke off. A device sends
/// them one after the other, with a new attempt after at most a few minutes.
const PARTS_COME_WITHIN: Duration = Duration::from_secs(5 * 60);

/// The same, where nothing but parts is in the swarm: the whole account may be in them.
const PARTS_ALONE: Duration = Duration::from_secs(24 * 60 * 60);

/// After so long a silence another device is news again.
const LONG_SILENCE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
