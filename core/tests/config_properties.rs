//! What must hold for config documents whatever people do on however many devices, and whatever the swarm does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::collections::BTreeMap;
use std::time::Duration;

use onionskin_core::clock::Timestamp;
use onionskin_core::config::message::Revision;
use onionskin_core::config::{ConfigKeys, Dict, Document, DocumentKind, Incoming, Push, Scalar, Set, Value, text};
use onionskin_core::crypto::{AccountKeys, blake2b_256};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::Index;

const NOON: Timestamp = Timestamp::from_millis(1_774_000_000_000);

/// Not wrapped: the wrapping has its own tests and costs most of the time.
const KIND: DocumentKind = DocumentKind::Local;

fn keys() -> ConfigKeys {
    ConfigKeys::account(&AccountKeys::from_ed25519_seed(&[7; 32]))
}

/// A swarm of one account, and what is still on its way to it.
#[derive(Default)]
struct Swarm {
    stored: BTreeMap<String, Vec<u8>>,
    late: Vec<Push>,
}

impl Swarm {
    fn store(&mut self, push: &Push) -> Vec<String> {
        let hashes: Vec<String> = push.messages.iter().map(|data| hex::encode(blake2b_256(&[data]))).collect();
        self.stored.extend(hashes.iter().cloned().zip(push.messages.iter().cloned()));
        push.obsolete.iter().for_each(|hash| _ = self.stored.remove(hash));
        hashes
    }

    fn all(&self) -> Vec<(&str, &[u8])> {
        self.stored.iter().map(|(hash, data)| (hash.as_str(), data.as_slice())).collect()
    }
}

#[derive(Clone)]
struct Device {
    document: Document,
    /// A confirmation that has not come yet.
    answer: Option<(i64, Vec<String>)>,
}

#[derive(Clone, Debug)]
enum Step {
    Edit(Edit),
    Push(Fate),
    /// The late answer to an earlier push comes.
    Answer,
    /// Some of what the swarm holds comes, in some order, perhaps twice.
    Poll(Vec<Index>),
    /// A push that was on its way arrives.
    Arrive(Index),
    Restart,
}

#[derive(Clone, Debug)]
enum Edit {
    Scalar(u8, Option<i64>),
    Text(u8, String),
    Member(u8, i64, bool),
    Inner(u8, u8, Option<i64>),
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Confirmed,
    RequestLost,
    AnswerLost,
    AnswerLate,
    Late,
    Twice,
}

fn edit() -> impl Strategy<Value = Edit> {
    let key = 0..4_u8;
    prop_oneof![
        (key.clone(), proptest::option::of(0..5_i64)).prop_map(|(key, value)| Edit::Scalar(key, value)),
        (key.clone(), "[a-c]{0,2}").prop_map(|(key, value)| Edit::Text(key, value)),
        (key.clone(), 0..4_i64, any::<bool>()).prop_map(|(key, member, there)| Edit::Member(key, member, there)),
        (key.clone(), key, proptest::option::of(0..5_i64))
            .prop_map(|(key, inner, value)| Edit::Inner(key, inner, value)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        3 => Just(Fate::Confirmed),
        1 => Just(Fate::RequestLost),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::AnswerLate),
        1 => Just(Fate::Late),
        1 => Just(Fate::Twice),
    ];
    prop_oneof![
        4 => edit().prop_map(Step::Edit),
        4 => fate.prop_map(Step::Push),
        1 => Just(Step::Answer),
        4 => vec(any::<Index>(), 0..6).prop_map(Step::Poll),
        1 => any::<Index>().prop_map(Step::Arrive),
        1 => Just(Step::Restart),
    ]
}

fn change(data: &mut Dict, edit: &Edit) {
    match edit {
        Edit::Scalar(key, value) => data.put_or_remove([*key], *value),
        Edit::Text(key, value) => data.put([*key], value.as_str()),
        Edit::Member(key, member, true) => _ = data.set_mut([*key]).insert(Scalar::Int(*member)),
        Edit::Member(key, member, false) => _ = data.set_mut([*key]).remove(&Scalar::Int(*member)),
        Edit::Inner(key, inner, value) => data.dict_mut([*key]).put_or_remove([*inner], *value),
    }
}

fn poll(device: &mut Device, keys: &ConfigKeys, messages: &[(&str, &[u8])]) {
    let incoming: Vec<Incoming<'_>> = messages.iter().map(|(hash, data)| Incoming { hash, data }).collect();
    let merged = device.document.merge(keys, &incoming, NOON);
    assert_eq!(merged.refused, vec![]);
}

fn take(device: &mut Device, swarm: &mut Swarm, keys: &ConfigKeys, step: &Step) {
    let document = &mut device.document;
    match step {
        Step::Edit(edit) => document.edit(|data| change(data, edit)),
        Step::Push(fate) => {
            if !document.needs_push() {
                return;
            }
            let push = document.push(keys).unwrap();
            match fate {
                Fate::Confirmed => {
                    let hashes = swarm.store(&push);
                    assert!(document.confirm(push.seqno, hashes));
                }
                Fate::RequestLost => {}
                Fate::AnswerLost => _ = swarm.store(&push),
                Fate::AnswerLate => device.answer = Some((push.seqno, swarm.store(&push))),
                Fate::Late => swarm.late.push(push),
                Fate::Twice => {
                    swarm.store(&push);
                    let again = document.push(keys).unwrap();
                    assert_eq!((again.seqno, &again.messages), (push.seqno, &push.messages), "a push is repeatable");
                    let hashes = swarm.store(&again);
                    assert!(document.confirm(push.seqno, hashes.clone()));
                    assert!(!document.confirm(push.seqno, hashes), "once is enough");
                }
            }
        }
        Step::Answer => {
            if let Some((seqno, hashes)) = device.answer.take() {
                document.confirm(seqno, hashes);
            }
        }
        Step::Poll(chosen) => {
            let all = swarm.all();
            let some: Vec<_> = chosen.iter().filter(|_| !all.is_empty()).map(|index| *index.get(&all)).collect();
            poll(device, keys, &some);
        }
        Step::Arrive(index) => {
            if !swarm.late.is_empty() {
                let push = swarm.late.remove(index.index(swarm.late.len()));
                swarm.store(&push);
            }
        }
        Step::Restart => *document = Document::restore(KIND, &document.dump()).unwrap(),
    }
}

/// Everybody sees everything and pushes until nobody has anything to push. Gives the number of rounds.
fn settle(devices: &mut [Device], swarm: &mut Swarm, keys: &ConfigKeys) -> usize {
    for push in std::mem::take(&mut swarm.late) {
        swarm.store(&push);
    }
    for round in 0..30 {
        let mut pushed = false;
        for device in devices.iter_mut() {
            poll(device, keys, &swarm.all());
            let obsolete = !device.document.obsolete_hashes().is_empty();
            if device.document.needs_push() {
                let push = device.document.push(keys).unwrap();
                let hashes = swarm.store(&push);
                assert!(device.document.confirm(push.seqno, hashes));
                pushed = true;
            } else if obsolete {
                for hash in device.document.push(keys).unwrap().obsolete {
                    swarm.stored.remove(&hash);
                }
            }
        }
        if !pushed {
            return round;
        }
    }
    panic!("a push loop");
}

fn texts(devices: &[Device]) -> Vec<Vec<u8>> {
    devices.iter().map(|device| device.document.revision().expect("settled").0.to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn whatever_happens_all_devices_come_to_the_same_bytes_and_nobody_pushes_any_more(
        count in 1..=5_usize,
        steps in vec((0..5_usize, step()), 0..60),
    ) {
        let keys = keys();
        let mut swarm = Swarm::default();
        let mut devices = vec![Device { document: Document::new(KIND), answer: None }; count];
        for (at, step) in &steps {
            take(&mut devices[at % count], &mut swarm, &keys, step);
        }
        settle(&mut devices, &mut swarm, &keys);
        let texts = texts(&devices);
        prop_assert!(texts.iter().all(|text| *text == texts[0]), "devices differ");
        // What is left in the swarm is the one current message, and nobody would delete it.
        for device in &devices {
            let current = device.document.current_hashes();
            prop_assert!(current.iter().all(|hash| !device.document.obsolete_hashes().contains(hash)));
            prop_assert!(device.document.seqno() == 0 || current.iter().any(|hash| swarm.stored.contains_key(hash)));
        }
        prop_assert_eq!(settle(&mut devices, &mut swarm, &keys), 0, "somebody pushes again");
        prop_assert_eq!(self::texts(&devices), texts);
        // A device that is new here reads the same.
        let mut fresh = Device { document: Document::new(KIND), answer: None };
        poll(&mut fresh, &keys, &swarm.all());
        prop_assert!(!fresh.document.needs_push());
        prop_assert_eq!(fresh.document.data(), devices[0].document.data());
    }

    #[test]
    fn a_restart_at_any_moment_changes_nothing(count in 1..=3_usize, steps in vec((0..3_usize, step()), 0..40)) {
        let keys = keys();
        let (mut swarm, mut other_swarm) = (Swarm::default(), Swarm::default());
        let mut devices = vec![Device { document: Document::new(KIND), answer: None }; count];
        let mut restarting = devices.clone();
        for (at, step) in &steps {
            take(&mut devices[at % count], &mut swarm, &keys, step);
            let device = &mut restarting[at % count];
            take(device, &mut other_swarm, &keys, step);
            let dump = device.document.dump();
            prop_assert!(!device.document.needs_dump());
            device.document = Document::restore(KIND, &dump).unwrap();
            prop_assert_eq!(device.document.dump(), dump);
        }
        prop_assert_eq!(&swarm.stored, &other_swarm.stored);
        for (device, restarted) in devices.iter_mut().zip(&mut restarting) {
            prop_assert_eq!(device.document.needs_push(), restarted.document.needs_push());
            prop_assert_eq!(device.document.is_dirty(), restarted.document.is_dirty());
            prop_assert_eq!(device.document.current_hashes(), restarted.document.current_hashes());
            let (one, other) = (device.document.push(&keys).unwrap(), restarted.document.push(&keys).unwrap());
            prop_assert!(one == other, "another push after a restart");
        }
    }

    #[test]
    fn the_order_of_what_comes_in_does_not_matter(
        edits in vec(vec(edit(), 1..4), 2..8),
        links in vec(any::<Index>(), 8),
        order in any::<prop::sample::Index>(),
        repeat in any::<Index>(),
    ) {
        let keys = keys();
        // Each revision comes from one of those before it.
        let mut made: Vec<(String, Vec<u8>, Document)> = Vec::new();
        for (edits, link) in edits.iter().zip(links) {
            let mut document = if made.is_empty() { Document::new(KIND) } else { link.get(&made).2.clone() };
            document.edit(|data| edits.iter().for_each(|edit| change(data, edit)));
            if let Ok(push) = document.push(&keys) {
                let hash = hex::encode(blake2b_256(&[&push.messages[0]]));
                document.confirm(push.seqno, vec![hash.clone()]);
                made.push((hash, push.messages[0].clone(), document));
            }
        }
        let mut all: Vec<Incoming<'_>> = made.iter().map(|(hash, data, _)| Incoming { hash, data }).collect();
        let read = |incoming: &[Incoming<'_>]| {
            let mut document = Document::new(KIND);
            document.merge(&keys, incoming, NOON);
            let push = document.push(&keys).unwrap();
            (push.messages, document.data().clone())
        };
        let first = read(&all);
        all.reverse();
        prop_assert_eq!(&read(&all), &first);
        let turn = order.index(all.len());
        all.rotate_left(turn);
        prop_assert_eq!(&read(&all), &first);
        all.push(*repeat.get(&all));
        prop_assert_eq!(&read(&all), &first);
    }

    #[test]
    fn what_is_written_is_read_and_what_is_read_is_written_again(data in dict()) {
        let mut data = data;
        data.prune();
        let written = text::write(&data);
        let read = text::parse(&written).unwrap();
        prop_assert_eq!(&read, &data);
        prop_assert_eq!(text::write(&read), written);
        let mut document = Document::new(KIND);
        document.edit(|own| own.clone_from(&data));
        document.push(&keys()).unwrap();
        let (text, hash) = document.revision().unwrap();
        let revision = Revision::parse(text.to_vec(), None).unwrap();
        prop_assert_eq!((&revision.message.data, revision.hash), (&data, hash));
        prop_assert_eq!(revision.message.write(&revision.message.diff, None), text);
    }

    #[test]
    fn unknown_keys_survive_edits_and_dumps_and_inside_the_data_also_merges(
        unknown in btree_map("[!-z]{1,3}".prop_filter("not ours", |key| {
            let key = key.as_bytes();
            key > &b"#"[..] && ![&b"&"[..], b"<", b"="].contains(&key)
        }), "[a-z]{0,5}", 0..4),
        inner in dict(),
        edits in vec(edit(), 1..4),
    ) {
        let keys = keys();
        // A newer client wrote keys at the top, and a tree that we know nothing of.
        let mut message = onionskin_core::config::message::Message { seqno: 3, ..Default::default() };
        message.unknown = unknown.iter().map(|(key, value)| (key.as_bytes().to_vec(), format!("{}:{value}", value.len()).into_bytes())).collect();
        message.data.put("new", inner.clone());
        message.data.put("x", 1);
        message.data.prune();
        let theirs = message.data.dict("new").cloned();
        let text = message.write(&message.diff, None);
        let stored = onionskin_core::config::seal::close(&keys, KIND, 3, &text).unwrap();
        let mut document = Document::new(KIND);
        document.merge(&keys, &[Incoming { hash: "theirs", data: &stored[0] }], NOON);
        let check = |document: &Document| {
            let revision = Revision::parse(document.revision().unwrap().0.to_vec(), None).unwrap();
            // The two revisions of number 4 make one of number 5, which has no top-level key but its own.
            let expected = if revision.message.seqno < 5 { message.unknown.clone() } else { BTreeMap::new() };
            assert_eq!(revision.message.unknown, expected);
            assert_eq!(document.data().dict("new"), theirs.as_ref());
        };
        prop_assert_eq!(document.revision().unwrap().0, &text[..]);
        check(&document);
        // Edited by two devices in two ways, and merged.
        let mut other = document.clone();
        document.edit(|data| edits.iter().for_each(|edit| change(data, edit)));
        other.edit(|data| data.put("x", 2));
        let push = other.push(&keys).unwrap();
        check(&other);
        document = Document::restore(KIND, &document.dump()).unwrap();
        document.merge(&keys, &[Incoming { hash: "other", data: &push.messages[0] }], NOON);
        document = Document::restore(KIND, &document.dump()).unwrap();
        document.push(&keys).unwrap();
        check(&document);
    }

    #[test]
    fn parts_come_in_any_order_over_several_polls_and_more_than_once(
        order in vec((any::<Index>(), any::<bool>()), 0..12),
        seed in any::<u64>(),
    ) {
        let keys = keys();
        let mut sender = Document::new(KIND);
        sender.edit(|data| data.put("n", noise(seed, 200_000)));
        let push = sender.push(&keys).unwrap();
        prop_assert_eq!(push.messages.len(), 3);
        let parts: Vec<(String, &[u8])> = push.messages.iter().enumerate().map(|(at, data)| (at.to_string(), &data[..])).collect();
        let mut reader = Document::new(KIND);
        let mut seen = [false; 3];
        let rest = (0..3).map(|at| (at, true));
        let order = order.iter().map(|(index, restart)| (index.index(3), *restart)).chain(rest);
        for (at, restart) in order {
            let complete_before = seen.iter().all(|seen| *seen);
            seen[at] = true;
            let complete = seen.iter().all(|seen| *seen);
            let (hash, data) = &parts[at];
            let merged = reader.merge(&keys, &[Incoming { hash, data }], NOON);
            prop_assert_eq!(&merged.accepted, std::slice::from_ref(hash));
            prop_assert_eq!(merged.changed, complete && !complete_before);
            let waiting = if complete { 0 } else { seen.iter().filter(|seen| **seen).count() };
            prop_assert_eq!(merged.waiting_parts.len(), waiting);
            prop_assert_eq!(reader.part_hashes(), merged.waiting_parts);
            if restart {
                reader = Document::restore(KIND, &reader.dump()).unwrap();
            }
        }
        prop_assert_eq!(reader.data(), sender.data());
        prop_assert_eq!(reader.current_hashes(), ["0", "1", "2"]);
        prop_assert!(reader.obsolete_hashes().is_empty());
        // All of them go together.
        reader.edit(|data| data.put("n", "short"));
        prop_assert_eq!(reader.push(&keys).unwrap().obsolete, ["0", "1", "2"]);
    }

    #[test]
    fn no_stored_bytes_and_no_dump_make_a_document_panic(bytes in vec(any::<u8>(), 0..300)) {
        let mut document = Document::new(DocumentKind::Contacts);
        let merged = document.merge(&keys(), &[Incoming { hash: "x", data: &bytes }], NOON);
        prop_assert_eq!((merged.refused.len(), merged.changed, document.seqno()), (1, false, 0));
        prop_assert!(Document::restore(KIND, &bytes).is_err());
    }
}

/// Bytes that do not compress.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    (0..len as u64 / 32 + 1).flat_map(|at| blake2b_256(&[&seed.to_be_bytes(), &at.to_be_bytes()])).take(len).collect()
}

/// Any tree.
fn dict() -> impl Strategy<Value = Dict> {
    let bytes = || vec(any::<u8>(), 0..6);
    let scalar = prop_oneof![any::<i64>().prop_map(Scalar::Int), bytes().prop_map(Scalar::Bytes)];
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::Int),
        bytes().prop_map(Value::Bytes),
        btree_set(scalar, 0..4).prop_map(|set| Value::Set(set.into_iter().collect::<Set>())),
    ];
    let value = leaf.prop_recursive(5, 40, 5, move |inner| {
        btree_map(bytes(), inner, 0..5).prop_map(|pairs| Value::Dict(pairs.into_iter().collect()))
    });
    btree_map(vec(any::<u8>(), 0..6), value, 0..6).prop_map(|pairs| pairs.into_iter().collect())
}

/// Time passes only where it matters.
#[test]
fn parts_that_wait_a_week_are_forgotten() {
    let keys = keys();
    let mut sender = Document::new(KIND);
    sender.edit(|data| data.put("n", noise(1, 100_000)));
    let push = sender.push(&keys).unwrap();
    let mut reader = Document::new(KIND);
    reader.merge(&keys, &[Incoming { hash: "0", data: &push.messages[0] }], NOON);
    let week = Duration::from_secs(7 * 24 * 3600);
    assert_eq!(reader.merge(&keys, &[], NOON + week).waiting_parts, ["0"]);
    let mut away = reader.clone();
    assert!(reader.merge(&keys, &[], NOON + week + Duration::from_millis(1)).waiting_parts.is_empty());
    // A device that was off all the time finds the rest with its first page: that comes before forgetting.
    let merged = away.merge(&keys, &[Incoming { hash: "1", data: &push.messages[1] }], NOON + 2 * week);
    assert_eq!((merged.changed, away.data()), (true, sender.data()));
}
