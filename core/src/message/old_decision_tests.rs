//! Ten thousand generated messages, decided as before and as now: the same becomes of them, and the same stands in the
//! ledger afterwards. Goes with [`old_decision`].
//!
//! Alice gets letters of everybody she stands in some relation to, and of her own other devices, in handfuls: each handful
//! begins with the same ledger, is applied both ways, and is rolled back. Always the same letters come, so that a failure
//! comes again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::testing::{NOON, Person, at};
use super::*;
use crate::address::{Namespace, Place};
use crate::clock::Timestamp;
use crate::config::DocumentKind;
use crate::crypto::{AccountId, AccountKeys, AccountSeed};
use crate::error::{Error, ErrorKind};
use crate::store::{
    Before, ContactRow, ConversationRow, DumpRow, Edit, Errand, MessageRow, MessageState, NewMessage, Standing,
    UnreadableRow,
};
use crate::wire::content::*;
use crate::wire::group_update::{GroupUpdateMessage, InfoChange};

const HANDFULS: u64 = 2_500;
const HANDFUL: u64 = 4;

#[tokio::test]
async fn ten_thousand_messages_become_what_they_became_before() {
    let alice = Person::new(1, "Alice").await;
    alice.does(base).await;
    let mut dice = Dice(2026);
    let mut seen = BTreeSet::new();
    for number in 0..HANDFULS {
        let handful: Vec<_> = (0..HANDFUL).map(|_| letter(&mut dice)).collect();
        let (before, ledger_before) = decides(&alice, &handful, old_decision::apply, old_decision::kept).await;
        let (now, ledger_now) = decides(&alice, &handful, apply, Incoming::kept).await;
        let told: Vec<_> = handful.iter().map(told).collect();
        assert_eq!(before, now, "handful {number}: {told:#?}");
        assert!(ledger_before == ledger_now, "handful {number}: {ledger_before:?}, {ledger_now:?}: {told:#?}");
        for (incoming, outcome) in handful.iter().zip(&now) {
            seen.insert(format!("{} {}", if incoming.sender == alice.id { "ours" } else { "theirs" }, fate(outcome)));
        }
    }
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), FATES, "letters of all kinds were among them");
}

/// All that can become of a message that was opened.
const FATES: &[&str] = &[
    "ours ConversationGone",
    "ours Flags",
    "ours FromOurselves",
    "ours Known",
    "ours NewerFormat",
    "ours NotSupportedYet",
    "ours Nothing",
    "ours Shown",
    "ours SyncTarget",
    "ours TooManyAttachments",
    "theirs Applied",
    "theirs Blocked",
    "theirs ConversationGone",
    "theirs Duplicate",
    "theirs Flags",
    "theirs NotSupportedYet",
    "theirs Nothing",
    "theirs Shown",
    "theirs SyncFromStranger",
    "theirs TooManyAttachments",
];

fn fate(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Shown { .. } => "Shown".to_owned(),
        Outcome::Applied => "Applied".to_owned(),
        Outcome::Known => "Known".to_owned(),
        Outcome::Refused(refusal) => format!("{refusal:?}"),
    }
}

/// Everything in the ledger that a message can touch.
#[derive(Debug, PartialEq)]
struct Ledger {
    people: Vec<(Option<ContactRow>, Option<Standing>, Option<ConversationRow>)>,
    messages: Vec<(MessageRow, Option<Vec<u8>>)>,
    unreadable: Vec<UnreadableRow>,
    outbox: Vec<Errand>,
    edits: BTreeSet<Edit>,
}

impl Ledger {
    fn of(tx: &WriteTx<'_>) -> Result<Self> {
        let (mut people, mut messages) = (Vec::new(), Vec::new());
        for who in EVERYBODY {
            let id = ConversationId::from(person(who));
            people.push((tx.contact(&person(who))?, tx.standing(&id)?, tx.conversation(&id)?));
            for row in tx.messages_before(&id, Before::Latest, 100)? {
                let raw = tx.message_raw(row.id)?;
                messages.push((row, raw));
            }
        }
        let (unreadable, outbox, edits) = (tx.unreadable(100)?, tx.errands()?, tx.config_edits()?);
        Ok(Self { people, messages, unreadable, outbox, edits })
    }
}

/// Applies a handful one way and takes everything back. Gives what became of it, and the ledger afterwards.
async fn decides(
    alice: &Person,
    handful: &[Incoming],
    apply: fn(&mut WriteTx<'_>, &Desk, &Incoming) -> Result<Outcome>,
    kept: fn(&Incoming, Refusal) -> &[u8],
) -> (Vec<Outcome>, Ledger) {
    let decided = Arc::new(Mutex::new(None));
    let (result, handful, desk) = (decided.clone(), handful.to_vec(), alice.desk(NOW));
    let write = alice.store.write("handful", move |tx| {
        let mut outcomes = Vec::new();
        for incoming in &handful {
            let outcome = apply(tx, &desk, incoming)?;
            if let Outcome::Refused(refusal) = &outcome {
                let (hash, raw) = (incoming.hash.as_str(), kept(incoming, *refusal));
                tx.insert_unreadable(incoming.place, hash, refusal.code(), raw, desk.network_now)?;
            }
            outcomes.push(outcome);
        }
        *result.lock().unwrap() = Some((outcomes, Ledger::of(tx)?));
        Err::<(), _>(Error::new(ErrorKind::NotAllowed, "taken back"))
    });
    assert_eq!(write.await.err().map(|error| error.kind()), Some(ErrorKind::NotAllowed));
    decided.lock().unwrap().take().unwrap()
}

fn told(incoming: &Incoming) -> String {
    format!(
        "from {:?} at {:?}, {:02x?}",
        incoming.sender,
        incoming.sent_at,
        incoming.plain.iter().take(200).collect::<Vec<_>>()
    )
}

// The people

/// Alice herself, and everybody below.
const EVERYBODY: [u8; 9] = [ME, BOB, CAROL, DAVE, ERIN, FRANK, GRACE, HEIDI, IVAN];
const ME: u8 = 1;
/// A friend, with whom much was said.
const BOB: u8 = 2;
/// Nobody ever heard of her.
const CAROL: u8 = 3;
/// Blocked.
const DAVE: u8 = 4;
/// A friend; the conversation was deleted.
const ERIN: u8 = 5;
/// Was a contact, and was deleted.
const FRANK: u8 = 6;
/// Alice wrote first, and nothing came back.
const GRACE: u8 = 7;
/// Hidden on another device, without a word about when.
const HEIDI: u8 = 8;
/// Sent a request.
const IVAN: u8 = 9;

fn person(number: u8) -> AccountId {
    AccountKeys::from_seed(&AccountSeed::from_bytes([number; 16])).account_id()
}

/// When it is now; letters are up to twenty minutes old.
const NOW: u64 = NOON + 1_200_000;

/// The moments at which letters are sent.
const MOMENTS: [u64; 8] = [0, 2, 4, 300_000, 480_000, 500_000, 720_000, 900_000];

fn base(tx: &mut WriteTx<'_>) -> Result<()> {
    for who in [BOB, DAVE, ERIN, FRANK, GRACE, HEIDI, IVAN, ME] {
        tx.ensure_conversation(&person(who).into(), at(NOON))?;
    }
    for who in [BOB, ERIN, GRACE, HEIDI] {
        tx.set_approved(&person(who), true)?;
    }
    for who in [BOB, ERIN, HEIDI, IVAN] {
        tx.set_approved_me(&person(who), true)?;
    }
    tx.set_blocked(&person(DAVE), true)?;
    let said = [(BOB, BOB, 0, "h0"), (BOB, ME, 2, ""), (BOB, ME, 4, "h4"), (GRACE, ME, 0, ""), (IVAN, IVAN, 0, "h1")];
    for (with, sender, after, hash) in said {
        tx.insert_message(&NewMessage {
            conversation: &person(with).into(),
            sender: &person(sender),
            outgoing: sender == ME,
            kind: MessageKind::Text,
            sent_at: at(NOON + after),
            received_at: at(NOON + after),
            body: "said before",
            raw: &[],
            swarm_hash: hash,
            read_at: Timestamp::ZERO,
            state: if sender == ME { MessageState::Sent } else { MessageState::Received },
        })?;
    }
    tx.set_read_up_to(&person(BOB).into(), at(NOON + 400_000))?;
    for who in [ERIN, FRANK, ME] {
        tx.remove_conversation(&person(who).into())?;
        tx.set_gone_at(&person(who).into(), at(NOON + 610_000))?;
    }
    for who in [ERIN, HEIDI, ME] {
        tx.set_priority(&person(who).into(), -1)?;
    }
    for (document, after) in [(DocumentKind::Contacts, 605_000), (DocumentKind::UserProfile, 0)] {
        let row = DumpRow::empty(document.place(person(ME)));
        tx.save_dump(&DumpRow { fetched: true, applied_at: at(NOON + after), ..row })?;
    }
    tx.clear_config_edits()
}

// The letters

/// Always the same numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let index = self.roll() % u64::try_from(of.len()).unwrap();
        of[usize::try_from(index).unwrap()].clone()
    }

    /// In so many of a hundred cases.
    fn in_hundred(&mut self, cases: u64) -> bool {
        self.roll() % 100 < cases
    }

    fn maybe<T>(&mut self, cases: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.in_hundred(cases).then(|| make(self))
    }
}

fn letter(dice: &mut Dice) -> Incoming {
    let ours = dice.in_hundred(45);
    let sender = if ours { ME } else { dice.one(&[BOB, BOB, CAROL, DAVE, ERIN, FRANK, GRACE, HEIDI, IVAN]) };
    let sent_at = at(NOON + dice.one(&MOMENTS));
    let mut content = Content { sig_timestamp: Some(sent_at.as_millis()), ..Content::default() };
    for _ in 0..dice.one(&[0, 1, 1, 1, 1, 1, 1, 2, 2, 3]) {
        add_body(dice, &mut content, ours);
    }
    // Of newer kinds, the name of a message, a dead field, broken.
    let beyond = dice.one::<&[u8]>(&[
        &[],
        &[],
        &[],
        &[],
        &[0xc2, 0x02, 0x01, b'x'],
        &[0xc2, 0x02, 0x01, b'x'],
        &[0x90, 0x01, 0x05],
        &[0x3a, 0x01, b'x'],
        &[0xff],
    ]);
    let plain = [content.to_bytes().as_slice(), beyond].concat();
    // More attachments than anybody sends do not even open, and neither does what is broken; judged all the same.
    let content = decode_content(&plain).unwrap_or(content);
    let place = Place { owner: person(ME).into(), namespace: Namespace::DIRECT };
    let hash = place.name(&dice.roll().to_le_bytes());
    Incoming { place, hash, sender: person(sender), sent_at, content, plain }
}

fn add_body(dice: &mut Dice, content: &mut Content, ours: bool) {
    match dice.roll() % 12 {
        0..=5 => content.data_message = Some(data(dice, ours)),
        6 => {
            let kind = dice.one(&[None, Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), Some(9)]);
            content.call_message = Some(CallMessage { r#type: kind, ..CallMessage::default() });
        }
        7 => content.receipt_message = Some(ReceiptMessage { r#type: Some(1), timestamp: vec![NOON] }),
        8 => content.typing_message = Some(TypingMessage { timestamp: Some(NOON), action: dice.one(&[None, Some(0)]) }),
        9 => content.data_extraction_notification = Some(DataExtractionNotification::default()),
        10 => content.unsend_request = Some(UnsendRequest { timestamp: Some(NOON), author: None }),
        _ => {
            content.message_request_response = Some(MessageRequestResponse {
                is_approved: dice.one(&[None, Some(false), Some(true), Some(true), Some(true)]),
                profile_key: dice.maybe(50, |dice| vec![1; dice.one(&[0, 5, 32])]),
                profile: dice.maybe(70, profile),
            });
        }
    }
}

fn data(dice: &mut Dice, ours: bool) -> DataMessage {
    let bodies = [
        None,
        None,
        Some(String::new()),
        Some(" \n\t".to_owned()),
        Some("hi".to_owned()),
        Some("hi".to_owned()),
        Some("hi".to_owned()),
        Some("é".repeat(10_001)),
        Some(format!("{}x", " ".repeat(10_000))),
    ];
    DataMessage {
        body: dice.one(&bodies),
        attachments: vec![AttachmentPointer::default(); dice.one(&[0, 0, 0, 0, 0, 0, 0, 1, 32, 33])],
        flags: dice.one(&[None, None, None, None, None, Some(0), Some(0), Some(1), Some(2), Some(6), Some(u32::MAX)]),
        profile_key: dice.maybe(30, |dice| vec![1; dice.one(&[0, 5, 32])]),
        quote: dice.maybe(10, |_| Quote { id: Some(NOON), ..Quote::default() }),
        preview: dice.maybe(10, |_| vec![Preview::default()]).unwrap_or_default(),
        reaction: dice.maybe(8, |dice| Reaction { action: dice.one(&[None, Some(0), Some(7)]), ..Reaction::default() }),
        profile: dice.maybe(50, profile),
        open_group_invitation: dice.maybe(8, |_| OpenGroupInvitation::default()),
        sync_target: dice.maybe(if ours { 75 } else { 8 }, target),
        group_update_message: dice.maybe(8, |dice| GroupUpdateMessage {
            info_change_message: dice.maybe(50, |_| crate::wire::group_update::GroupUpdateInfoChangeMessage {
                r#type: Some(InfoChange::Name as i32),
                ..Default::default()
            }),
            ..GroupUpdateMessage::default()
        }),
        ..DataMessage::default()
    }
}

fn profile(dice: &mut Dice) -> LokiProfile {
    LokiProfile {
        display_name: dice.one(&[None, Some("  ".to_owned()), Some("A name".to_owned())]),
        profile_picture: dice.maybe(50, |_| "http://files/1".to_owned()),
        last_update_seconds: dice.one(&[None, Some(0), Some(10), Some(11)]),
    }
}

fn target(dice: &mut Dice) -> String {
    if dice.in_hundred(20) {
        return dice.one(&["", "03ab", "nobody", "15", "05zz"]).to_owned();
    }
    let target = person(dice.one(&EVERYBODY)).to_string();
    if dice.in_hundred(10) { target.to_uppercase() } else { target }
}
