//! What a client does with a config document, and what two devices and a swarm make of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use onionskin_core::clock::Timestamp;
use onionskin_core::config::message::{Message, Revision};
use onionskin_core::config::{ConfigKeys, Document, DocumentKind, Incoming, Merged, Scalar, limits, seal};
use onionskin_core::crypto::{AccountKeys, blake2b_256};

const NOON: Timestamp = Timestamp::from_millis(1_774_000_000_000);

fn keys() -> ConfigKeys {
    ConfigKeys::account(&AccountKeys::from_ed25519_seed(&[7; 32]))
}

fn named(name: &str) -> Document {
    let mut document = Document::new(DocumentKind::UserProfile);
    document.edit(|data| data.put("n", name));
    document
}

/// Pushes and confirms under a hash.
fn store(document: &mut Document, hash: &str) -> Vec<u8> {
    let push = document.push(&keys()).unwrap();
    assert!(document.confirm(push.seqno, vec![hash.to_owned()]));
    push.messages[0].clone()
}

fn give(document: &mut Document, messages: &[(&str, &[u8])]) -> Merged {
    let incoming: Vec<Incoming<'_>> = messages.iter().map(|(hash, data)| Incoming { hash, data }).collect();
    document.merge(&keys(), &incoming, NOON)
}

fn own_diff_is_empty(document: &mut Document) -> bool {
    document.push(&keys()).unwrap();
    Revision::parse(document.revision().unwrap().0.to_vec(), None).unwrap().message.diff.is_empty()
}

#[test]
fn a_document_goes_from_clean_over_dirty_and_waiting_to_clean() {
    let mut document = Document::new(DocumentKind::UserProfile);
    assert!(!document.is_dirty() && !document.needs_push() && !document.needs_dump());
    document.edit(|data| data.put("n", "Ana"));
    assert!(document.is_dirty() && document.needs_push() && document.needs_dump());
    let push = document.push(&keys()).unwrap();
    assert!(!document.is_dirty() && document.needs_push());
    assert!(!document.confirm(0, vec!["x".to_owned()]), "another number");
    assert!(!document.confirm(1, vec![]), "stored nowhere");
    assert!(document.confirm(push.seqno, vec!["1".to_owned()]));
    assert!(!document.needs_push());
    assert_eq!((document.seqno(), document.current_hashes()), (1, vec!["1".to_owned()]));
}

#[test]
fn a_change_that_changes_nothing_is_none() {
    let mut document = named("Ana");
    store(&mut document, "1");
    document.dump();
    document.edit(|data| data.put("n", "Ana"));
    document.edit(|data| data.remove("absent"));
    document.edit(|data| _ = data.dict_mut("d").set_mut("s"));
    assert!(!document.needs_push() && !document.needs_dump());
    assert_eq!(document.seqno(), 1);
}

#[test]
fn several_changes_before_a_push_are_one_revision_and_one_after_it_is_another() {
    let mut document = named("Ana");
    document.edit(|data| data.put("p", "url"));
    assert_eq!(document.seqno(), 1);
    let push = document.push(&keys()).unwrap();
    document.edit(|data| data.put("n", "Anna"));
    assert_eq!(document.seqno(), 2);
    assert!(!document.confirm(push.seqno, vec!["1".to_owned()]), "it has changed since");
}

#[test]
fn a_lost_message_is_brought_back_byte_for_byte_and_may_get_another_hash() {
    let mut document = named("Ana");
    let stored = store(&mut document, "1");
    let again = document.push(&keys()).unwrap();
    assert_eq!((again.seqno, &again.messages[0], document.needs_push()), (1, &stored, false));
    assert!(!document.confirm(1, vec!["2".to_owned()]), "nothing waited");
    assert_eq!(document.current_hashes(), ["2"]);
}

#[test]
fn what_is_replaced_is_handed_out_for_deletion_once_also_when_nothing_is_dirty() {
    let mut document = named("Ana");
    let first = store(&mut document, "1");
    document.edit(|data| data.put("n", "Bo"));
    assert_eq!(document.obsolete_hashes(), ["1"]);
    let push = document.push(&keys()).unwrap();
    assert_eq!(push.obsolete, ["1"]);
    assert!(document.confirm(push.seqno, vec!["2".to_owned()]));
    // The old one comes again, from a node that missed its deletion.
    let merged = give(&mut document, &[("1", &first)]);
    assert_eq!((merged.changed, merged.accepted.len(), document.needs_push()), (false, 1, false));
    assert_eq!(document.push(&keys()).unwrap().obsolete, ["1"]);
    assert!(document.push(&keys()).unwrap().obsolete.is_empty());
}

#[test]
fn the_active_message_is_never_handed_out_for_deletion() {
    let mut document = named("Ana");
    let stored = store(&mut document, "1");
    let (mut reader, mut copy) = (Document::new(DocumentKind::UserProfile), document.clone());
    for document in [&mut document, &mut reader, &mut copy] {
        give(document, &[("1", &stored), ("1", &stored)]);
        give(document, &[("1", &stored)]);
        assert_eq!((document.current_hashes(), document.obsolete_hashes()), (vec!["1".to_owned()], vec![]));
        // The same revision in other bytes: both copies stay until it is replaced.
        give(document, &[("1b", &stored)]);
        assert_eq!((document.current_hashes().len(), document.obsolete_hashes().len()), (2, 0));
    }
    document.edit(|data| data.put("n", "Bo"));
    assert_eq!(document.obsolete_hashes(), ["1", "1b"]);
}

/// What a number of zero says is what every device has anyway, whoever wrote it and whatever stands in it.
#[test]
fn an_empty_document_that_comes_is_neither_taken_over_nor_deleted() {
    let stored = Document::new(DocumentKind::UserProfile).push(&keys()).unwrap().messages.remove(0);
    let text = b"d1:#i0e1:&d1:n3:Anae1:<le1:=d1:n0:ee";
    let other = seal::close(&keys(), DocumentKind::UserProfile, 0, text).unwrap().remove(0);
    let mut document = Document::new(DocumentKind::UserProfile);
    for (hash, stored) in [("0", &stored), ("0", &stored), ("1", &other)] {
        let merged = give(&mut document, &[(hash, stored)]);
        assert_eq!((merged.changed, merged.accepted), (false, vec![hash.to_owned()]));
        assert_eq!((document.current_hashes(), document.obsolete_hashes()), (vec![], vec![]));
    }
    document.edit(|data| data.put("n", "Bo"));
    assert_eq!(first_lag(&mut document), Revision::empty().hash);
    // Two that differ are a conflict like any other.
    let mut document = Document::new(DocumentKind::UserProfile);
    give(&mut document, &[("0", &stored), ("1", &other)]);
    assert_eq!((document.seqno(), document.data().text("n")), (1, Some("Ana")));
}

fn first_lag(document: &mut Document) -> [u8; 32] {
    document.push(&keys()).unwrap();
    let revision = Revision::parse(document.revision().unwrap().0.to_vec(), None).unwrap();
    revision.message.lags.keys().next().unwrap().1
}

#[test]
fn a_push_whose_answer_was_lost_is_confirmed_by_what_the_swarm_gives() {
    let mut document = named("Ana");
    let push = document.push(&keys()).unwrap();
    let merged = give(&mut document, &[("1", &push.messages[0])]);
    assert_eq!(
        (merged.changed, document.needs_push(), document.current_hashes()),
        (false, false, vec!["1".to_owned()])
    );
    // Another device made the very same change first.
    let mut twin = named("Ana");
    give(&mut twin, &[("1", &push.messages[0])]);
    assert!(!twin.needs_push());
    assert_eq!(twin.revision(), document.revision());
}

#[test]
fn who_had_changes_of_its_own_writes_an_empty_own_diff_and_who_had_none_the_difference_from_nothing() {
    let (mut one, mut two) = (named("Ana"), named("Bo"));
    let (a, b) = (store(&mut one, "a"), store(&mut two, "b"));
    let mut clean = Document::new(DocumentKind::UserProfile);
    assert!(give(&mut clean, &[("a", &a), ("b", &b)]).changed);
    assert!(clean.is_dirty() && !own_diff_is_empty(&mut clean));
    let mut dirty = named("Ana");
    give(&mut dirty, &[("b", &b)]);
    assert!(dirty.is_dirty() && own_diff_is_empty(&mut dirty));
    let mut waiting = named("Ana");
    waiting.push(&keys()).unwrap();
    give(&mut waiting, &[("b", &b)]);
    assert!(!own_diff_is_empty(&mut waiting), "what was pushed is no unpushed change");
    assert_eq!(clean.revision(), waiting.revision());
    assert_eq!(clean.data(), dirty.data());
}

#[test]
fn a_change_of_ones_own_survives_what_comes_and_costs_no_number_when_only_it_survives() {
    let mut base = named("Ana");
    let first = store(&mut base, "1");
    let mut ours = base.clone();
    ours.edit(|data| data.put("p", "url"));
    assert!(!give(&mut ours, &[("1", &first)]).changed);
    assert_eq!((ours.seqno(), ours.is_dirty()), (2, true));
    base.edit(|data| data.put("n", "Bo"));
    let second = store(&mut base, "2");
    assert!(give(&mut ours, &[("2", &second)]).changed);
    assert_eq!((ours.seqno(), ours.is_dirty()), (3, true));
    assert_eq!((ours.data().text("n"), ours.data().text("p")), (Some("Bo"), Some("url")));
}

#[test]
fn changes_made_while_away_are_not_lost_however_far_the_others_went_on() {
    let mut others = named("Ana");
    let first = store(&mut others, "1");
    let mut away = Document::new(DocumentKind::UserProfile);
    give(&mut away, &[("1", &first)]);
    away.edit(|data| data.put("p", "made while away"));
    let mut pushed_in_vain = away.clone();
    pushed_in_vain.push(&keys()).unwrap();
    let mut last = Vec::new();
    for number in 2..=20 {
        others.edit(|data| data.put("n", number.to_string().as_str()));
        last = store(&mut others, &number.to_string());
    }
    for mut away in [away, pushed_in_vain] {
        let merged = give(&mut away, &[("20", &last)]);
        assert!(merged.changed && away.is_dirty());
        assert_eq!((away.data().text("n"), away.data().text("p")), (Some("20"), Some("made while away")));
        assert_eq!((away.seqno(), away.obsolete_hashes().contains(&"20".to_owned())), (21, true));
        let stored = store(&mut away, "21");
        let mut others = others.clone();
        give(&mut others, &[("21", &stored)]);
        assert_eq!((others.needs_push(), others.data()), (false, away.data()));
    }
    // What the swarm had confirmed is not made again: everybody had their chance to see it.
    let mut confirmed = Document::new(DocumentKind::UserProfile);
    give(&mut confirmed, &[("1", &first)]);
    give(&mut confirmed, &[("20", &last)]);
    assert!(!confirmed.needs_push());
}

/// The removal made while away takes out what was removed, not what others put beside it meanwhile.
#[test]
fn what_was_removed_while_away_takes_nothing_along_that_others_added() {
    let mut others = Document::new(DocumentKind::UserProfile);
    others.edit(|data| {
        data.dict_mut("c").dict_mut("x").put("n", "");
        data.dict_mut("s").dict_mut("url").put("#", "key");
        data.dict_mut("s").dict_mut("url").dict_mut("R").dict_mut("a").put("n", "A");
        _ = data.set_mut("f").insert(Scalar::Int(1));
        data.put("t", 1);
    });
    let first = store(&mut others, "1");
    let mut away = Document::new(DocumentKind::UserProfile);
    give(&mut away, &[("1", &first)]);
    away.edit(|data| ["c", "s", "f", "t"].iter().for_each(|key| _ = data.remove(key)));
    let mut pushed_in_vain = away.clone();
    pushed_in_vain.push(&keys()).unwrap();
    let mut last = Vec::new();
    for number in 2..=7_i64 {
        others.edit(|data| {
            data.dict_mut("c").dict_mut("x").put("N", number);
            data.dict_mut("c").dict_mut(number.to_be_bytes()).put("n", "");
            data.dict_mut("s").dict_mut("url").dict_mut("R").dict_mut("b").put("n", number);
            _ = data.set_mut("f").insert(Scalar::Int(number));
        });
        last = store(&mut others, &number.to_string());
    }
    // With a second conflict in the same page as well.
    let mut twin = Document::new(DocumentKind::UserProfile);
    give(&mut twin, &[("7", &last)]);
    let [mut one, mut two] = [others.clone(), twin];
    one.edit(|data| data.put("u", 1));
    two.edit(|data| data.put("v", 1));
    let (one, two) = (store(&mut one, "8a"), store(&mut two, "8b"));
    for away in [away, pushed_in_vain] {
        for page in [&[("7", &last[..])][..], &[("8a", &one[..]), ("8b", &two[..])]] {
            let mut away = away.clone();
            give(&mut away, page);
            assert!(away.is_dirty());
            let data = away.data();
            let people = data.dict("c").expect("people stay");
            assert_eq!((people.len(), people.get("x").is_none()), (6, true));
            let server = data.dict("s").and_then(|servers| servers.dict("url")).expect("the server stays");
            assert_eq!((server.text("#"), server.dict("R").map(|rooms| rooms.len())), (Some("key"), Some(1)));
            assert_eq!(data.set("f").map(|set| (set.len(), set.contains(&Scalar::Int(1)))), Some((6, false)));
            assert_eq!(data.get("t"), None);
            away = Document::restore(DocumentKind::UserProfile, &away.dump()).unwrap();
            let stored = store(&mut away, "9");
            let mut others = others.clone();
            give(&mut others, &[("9", &stored)]);
            assert_eq!((others.needs_push(), others.data()), (false, away.data()));
        }
    }
}

/// The library's merge knows no top-level key but its own: who kept another would write other bytes than official clients,
/// and both would merge and push for ever.
#[test]
fn a_merge_drops_top_level_keys_of_a_newer_client_as_official_clients_do() {
    let base = Revision::empty();
    let revision = |name: &str, newer: bool| {
        let mut message = base.next();
        message.data.put("n", name);
        if newer {
            message.unknown.insert(b"*".to_vec(), b"0:".to_vec());
        }
        message
    };
    let sealed = |message: &Message| {
        let text = message.write(&message.diff, None);
        seal::close(&keys(), DocumentKind::UserProfile, message.seqno, &text).unwrap().remove(0)
    };
    let (one, two) = (sealed(&revision("Ana", true)), sealed(&revision("Bo", false)));
    let mut document = Document::new(DocumentKind::UserProfile);
    give(&mut document, &[("1", &one), ("2", &two)]);
    document.push(&keys()).unwrap();
    let merged = Revision::parse(document.revision().unwrap().0.to_vec(), None).unwrap();
    assert_eq!((merged.message.seqno, merged.message.unknown.len()), (2, 0));
    // A single winner keeps them, and so does what is made of it here.
    let mut document = Document::new(DocumentKind::UserProfile);
    give(&mut document, &[("1", &one)]);
    document.edit(|data| data.put("n", "Bo"));
    document.push(&keys()).unwrap();
    let edited = Revision::parse(document.revision().unwrap().0.to_vec(), None).unwrap();
    assert_eq!((edited.message.seqno, edited.message.unknown.len()), (2, 1));
}

/// More than official clients push: one of them could never write the document again.
#[test]
fn what_official_clients_would_not_push_is_not_pushed_and_stays_as_it_is() {
    let noise = |len: usize| -> Vec<u8> {
        (0..len as u64 / 32 + 1).flat_map(|at| blake2b_256(&[&at.to_be_bytes()])).take(len).collect()
    };
    let mut document = Document::new(DocumentKind::Contacts);
    document.edit(|data| data.put("n", noise(limits::MAX_PUSHED_BYTES + 1)));
    let error = document.push(&keys()).unwrap_err();
    assert_eq!((error.code(), document.is_dirty()), ("too large", true));
    document.edit(|data| data.put("n", noise(limits::MAX_PUSHED_BYTES - 10_000)));
    let push = document.push(&keys()).unwrap();
    // What others wrote is read all the same.
    let parts: Vec<(&str, &[u8])> = push.messages.iter().map(|data| ("part", &data[..])).collect();
    assert!(give(&mut Document::new(DocumentKind::Contacts), &parts).changed);
}

#[test]
fn a_dump_of_the_library_loads_and_a_dirty_one_costs_a_number() {
    let mut document = named("Ana");
    document.push(&keys()).unwrap();
    let text = document.revision().unwrap().0.to_vec();
    let dump = |state: u8| {
        let head = format!("d1:!i{state}e1:${}:", text.len());
        [head.as_bytes(), &text, b"1:(l1:xe1:)l1:y1:ze1:+dee"].concat()
    };
    let clean = Document::restore(DocumentKind::UserProfile, &dump(0)).unwrap();
    assert_eq!((clean.current_hashes(), clean.obsolete_hashes().len(), clean.seqno()), (vec!["x".to_owned()], 2, 1));
    let dirty = Document::restore(DocumentKind::UserProfile, &dump(1)).unwrap();
    assert_eq!((dirty.is_dirty(), dirty.seqno(), dirty.data()), (true, 2, document.data()));
    for broken in [dump(3), dump(0)[..40].to_vec(), b"de".to_vec(), b"d1:!i0e1:$2:dee".to_vec()] {
        assert_eq!(Document::restore(DocumentKind::UserProfile, &broken).unwrap_err().code(), "damaged dump");
    }
}

#[test]
fn a_dirty_dump_is_hardly_larger_than_the_document() {
    let mut document = Document::new(DocumentKind::Contacts);
    document
        .edit(|data| (0..1_000_i64).for_each(|at| data.dict_mut("c").dict_mut(at.to_be_bytes()).put("n", "somebody")));
    store(&mut document, "1");
    let clean = document.dump().len();
    document.edit(|data| data.dict_mut("c").dict_mut(7_i64.to_be_bytes()).put("n", "Bo"));
    let dirty = document.dump();
    assert!(dirty.len() < clean + 300, "{} after {clean}", dirty.len());
    let mut loaded = Document::restore(DocumentKind::Contacts, &dirty).unwrap();
    assert!(loaded.push(&keys()).unwrap() == document.push(&keys()).unwrap());
}

#[test]
fn neither_a_document_nor_a_push_prints_what_is_in_it() {
    let mut document = named("Ana");
    let push = document.push(&keys()).unwrap();
    let printed = format!("{document:?} {push:?} {:?} {:?}", document.data(), keys());
    assert!(!printed.contains("Ana") && !printed.contains("7, 7"), "{printed}");
}
