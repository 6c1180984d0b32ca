//! What of a node's answer is believed: honest members, failing members, and liars.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::crypto::{AccountKeys, AccountSeed};
use crate::swarm::auth::joined;

/// A member of a swarm, with the key it signs with.
fn member(number: u8) -> AccountKeys {
    AccountKeys::from_seed(&AccountSeed::from_bytes([number; 16]))
}

fn key(member: &AccountKeys) -> NodeKey {
    NodeKey(member.ed25519_public())
}

fn signed(member: &AccountKeys, text: &str) -> String {
    STANDARD.encode(member.sign(text.as_bytes()))
}

fn everybody(_: &NodeKey) -> bool {
    true
}

fn swarm(members: &[(&AccountKeys, Value)]) -> String {
    let swarm: serde_json::Map<String, Value> =
        members.iter().map(|(member, answer)| (key(member).to_string(), answer.clone())).collect();
    json!({ "swarm": swarm, "t": 1_774_000_000_123_u64, "hf": [19, 4] }).to_string()
}

fn owner() -> Address {
    Address::from_bytes([5; 33])
}

fn hash_of(data: &[u8]) -> SwarmHash {
    SwarmHash::of(&owner(), Namespace::DIRECT, data)
}

#[test]
fn a_deposit_counts_for_members_that_signed_our_own_hash_and_for_no_others() {
    let hash = hash_of(b"hello");
    let other = hash_of(b"other");
    let [honest, failing, forger, swapper, silent, stranger] = [1, 2, 3, 4, 5, 6].map(member);
    let body = swarm(&[
        (
            &honest,
            json!({ "hash": hash.as_str(), "signature": signed(&honest, hash.as_str()), "expiry": 7, "already": true }),
        ),
        (
            &failing,
            json!({ "failed": true, "timeout": true, "hash": hash.as_str(), "signature": signed(&failing, hash.as_str()) }),
        ),
        (&forger, json!({ "hash": hash.as_str(), "signature": signed(&honest, hash.as_str()) })),
        (&swapper, json!({ "hash": other.as_str(), "signature": signed(&swapper, other.as_str()) })),
        (&silent, json!("what?")),
        (&stranger, json!({ "hash": hash.as_str(), "signature": signed(&stranger, hash.as_str()) })),
    ]);
    let answer = stored(&body, &hash, |node| *node != key(&stranger)).unwrap();
    let proof = StoredBy { expires: Some(Timestamp::from_millis(7)), already: true };
    assert_eq!(answer.accepted, [(key(&honest), proof)]);
    assert_eq!(answer.failed.len(), 5);
}

#[test]
fn a_signature_may_come_without_padding() {
    let (hash, node) = (hash_of(b"hello"), member(1));
    let signature = signed(&node, hash.as_str());
    let body = swarm(&[(&node, json!({ "hash": hash.as_str(), "signature": signature.trim_end_matches('=') }))]);
    assert_eq!(stored(&body, &hash, everybody).unwrap().accepted.len(), 1);
}

#[test]
fn a_member_that_stands_twice_in_an_answer_proves_nothing() {
    let (hash, node) = (hash_of(b"hello"), member(1));
    let one =
        format!("\"{}\":{}", key(&node), json!({ "hash": hash.as_str(), "signature": signed(&node, hash.as_str()) }));
    let body = format!("{{\"swarm\":{{{one},{one}}}}}");
    assert_eq!(stored(&body, &hash, everybody).unwrap(), Members { accepted: vec![], failed: vec![key(&node)] });
}

#[test]
fn a_member_that_claims_to_have_deleted_what_nobody_asked_for_is_not_believed() {
    let (asked, other, node) = (hash_of(b"a"), hash_of(b"b"), member(1));
    let answer = |deleted: &SwarmHash| {
        let text = format!("{}{asked}{deleted}", owner());
        swarm(&[(&node, json!({ "deleted": [deleted.as_str()], "signature": signed(&node, &text) }))])
    };
    let asked_for = std::slice::from_ref(&asked);
    assert_eq!(deleted(&answer(&asked), &owner(), asked_for, everybody).unwrap().accepted.len(), 1);
    assert_eq!(deleted(&answer(&other), &owner(), asked_for, everybody).unwrap().failed.len(), 1);
}

#[test]
fn all_namespaces_are_signed_together_in_one_order() {
    let node = member(1);
    let at = Timestamp::from_millis(1_774_000_000_123);
    let mut hashes = vec![hash_of(b"a"), hash_of(b"b"), hash_of(b"c")];
    hashes.sort();
    let text = format!("{}{at}{}", owner(), joined(&hashes));
    let groups = json!({ "0": [hashes[2].as_str()], "-21": [hashes[0].as_str(), hashes[1].as_str()] });
    let body = swarm(&[(&node, json!({ "deleted": groups, "signature": signed(&node, &text) }))]);
    let all = deleted_all(&body, &owner(), Namespaces::All, at, everybody).unwrap();
    assert_eq!(all.accepted, [(key(&node), hashes)]);
    let one = deleted_all(&body, &owner(), Namespaces::One(Namespace(0)), at, everybody).unwrap();
    assert!(one.accepted.is_empty(), "an answer about other namespaces than asked");
}

#[test]
fn changed_lifetimes_are_believed_in_each_of_their_shapes() {
    let node = member(1);
    let (a, b) = (hash_of(b"a"), hash_of(b"b"));
    let (early, late) = (Timestamp::from_millis(100), Timestamp::from_millis(200));
    let asked = [a.clone(), b.clone()];

    let text = format!("{}{early}{a}{b}{a}{b}{late}", owner());
    let body = swarm(&[(
        &node,
        json!({ "updated": [a.as_str()], "unchanged": { b.as_str(): 200 }, "expiry": 100, "signature": signed(&node, &text) }),
    )]);
    let same = expired(&body, &owner(), &asked, &Expiry::Same(early), everybody).unwrap();
    let proof = ExpiredBy { updated: vec![(a.clone(), early)], unchanged: vec![(b.clone(), late)] };
    assert_eq!(same.accepted, [(key(&node), proof)]);

    let text = format!("{}{early}{late}{a}{b}{a}{b}", owner());
    let body = swarm(&[(
        &node,
        json!({ "updated": [a.as_str(), b.as_str()], "expiry": [100, 200], "signature": signed(&node, &text) }),
    )]);
    let each = expired(&body, &owner(), &asked, &Expiry::Each(vec![early, late]), everybody).unwrap();
    let proof = ExpiredBy { updated: vec![(a, early), (b, late)], unchanged: vec![] };
    assert_eq!(each.accepted, [(key(&node), proof)]);
}

#[test]
fn one_bad_message_does_not_spoil_the_others() {
    let good = hash_of(b"good");
    let text = |data: &[u8]| STANDARD.encode(data);
    let large = vec![0; MAX_DATA_BYTES + 1];
    let body = json!({ "more": true, "messages": [
        { "hash": hash_of(b"swapped").as_str(), "timestamp": 1, "expiration": 2, "data": text(b"rubbish") },
        7,
        { "hash": 5, "data": text(b"x") },
        { "hash": hash_of(b"none").as_str(), "data": [1, 2] },
        { "hash": hash_of(b"odd").as_str(), "data": "&&&" },
        { "hash": hash_of(&large).as_str(), "data": text(&large) },
        { "hash": good.as_str(), "timestamp": 10, "expiration": 20, "data": text(b"good"), "unknown": {} },
    ]});
    let answer = retrieved(&body.to_string(), &owner(), Namespace::DIRECT).unwrap();
    let message = RetrievedMessage {
        hash: good.clone(),
        timestamp: Timestamp::from_millis(10),
        expires: Timestamp::from_millis(20),
        data: b"good".to_vec(),
    };
    assert_eq!(answer.messages, [message]);
    let reasons: Vec<_> = answer.unusable.iter().map(|item| item.reason).collect();
    use UnusableReason::{NoData, NoHash, NotBase64, TooLarge, WrongHash};
    assert_eq!(reasons, [WrongHash, NoHash, NoHash, NoData, NotBase64, TooLarge]);
    assert_eq!(answer.unusable[0].expires, Timestamp::from_millis(2));
    assert_eq!(answer.last, Some((good, Timestamp::from_millis(20))));
    assert!(answer.more);
}

#[test]
fn a_message_of_another_account_or_namespace_is_not_taken() {
    let body = json!({ "messages": [
        { "hash": hash_of(b"hello").as_str(), "timestamp": 1, "expiration": 2, "data": STANDARD.encode(b"hello") }
    ]})
    .to_string();
    let count = |of: Address, namespace| retrieved(&body, &of, namespace).unwrap().messages.len();
    assert_eq!(count(owner(), Namespace::DIRECT), 1);
    assert_eq!(count(Address::from_bytes([3; 33]), Namespace::DIRECT), 0);
    assert_eq!(count(owner(), Namespace::CONTACTS), 0);
}

#[test]
fn the_cursor_stays_where_the_last_name_was_even_when_its_message_is_rubbish() {
    let last = hash_of(b"elsewhere");
    let body = json!({ "messages": [{ "hash": last.as_str(), "expiration": 9, "data": "" }, { "hash": "short" }] });
    let answer = retrieved(&body.to_string(), &owner(), Namespace::DIRECT).unwrap();
    assert_eq!(answer.last, Some((last, Timestamp::from_millis(9))));
    assert!(!answer.more);
}

#[test]
fn a_swarm_is_read_by_its_keys_alone() {
    let (a, b) = (key(&member(1)), key(&member(2)));
    let body = json!({ "snodes": [
        { "pubkey_ed25519": a.to_string(), "ip": "1.2.3.4", "port": "22021" },
        { "pubkey_ed25519": a.to_string() },
        { "pubkey_ed25519": "zz" },
        { "pubkey_ed25519": b.to_string(), "ip": "0.0.0.0" },
        {},
    ], "swarm": 7 });
    assert_eq!(swarm_members(&body.to_string()).unwrap(), [a]);
    assert_eq!(swarm_members("No swarms known!"), Err(BadAnswer::NotUnderstood));
    assert_eq!(swarm_members("{\"snodes\":[]}"), Ok(vec![]));
}

#[test]
fn a_batch_has_as_many_results_as_calls_and_a_sequence_may_stop() {
    let two = json!({ "results": [{ "code": 200, "body": { "t": 1 } }, { "code": 401, "body": "no" }] }).to_string();
    let read = parts(&two, 2, false).unwrap();
    assert_eq!((read[0].status, read[0].body), (200, "{\"t\":1}"));
    assert_eq!((read[1].status, read[1].body), (401, "\"no\""));
    assert_eq!(parts(&two, 3, false).unwrap_err(), BadAnswer::WrongCount);
    assert_eq!(parts(&two, 1, true).unwrap_err(), BadAnswer::WrongCount);
    assert_eq!(parts(&two, 3, true).unwrap().len(), 2, "stopped after a failure");
    let one = json!({ "results": [{ "code": 200 }] }).to_string();
    assert_eq!(parts(&one, 2, true).unwrap_err(), BadAnswer::WrongCount, "stopped for no reason");
    let many = json!({ "results": vec![json!({ "code": 200 }); 21] }).to_string();
    assert_eq!(parts(&many, 21, false).unwrap_err(), BadAnswer::NotUnderstood);
}

#[test]
fn time_and_version_are_taken_where_they_are_numbers() {
    let read = beside("{\"t\":1774000000123,\"hf\":[19,4],\"swarm\":{}}");
    assert_eq!(read, Beside { t: Some(Timestamp::from_millis(1_774_000_000_123)), hf: Some([19, 4]) });
    for odd in ["", "[]", "{\"t\":\"x\",\"hf\":[true,{}]}", "{\"t\":-4,\"hf\":[1]}"] {
        assert_eq!(beside(odd), Beside::default(), "{odd}");
    }
    assert_eq!(info_time("{\"timestamp\":5}"), Ok(Timestamp::from_millis(5)));
    assert_eq!(info_time("{\"version\":[2,11,0]}"), Err(BadAnswer::NotUnderstood));
}

#[test]
fn an_answer_without_end_is_refused_before_it_is_read() {
    let endless = " ".repeat(MAX_ANSWER_BYTES + 1);
    assert_eq!(retrieved(&endless, &owner(), Namespace::DIRECT), Err(BadAnswer::TooLong));
    assert_eq!(expiries("{}", &[]), Err(BadAnswer::NotUnderstood));
}

#[test]
fn ends_of_lifetimes_of_messages_nobody_asked_about_are_left_out() {
    let (a, b) = (hash_of(b"a"), hash_of(b"b"));
    let body = json!({ "expiries": { a.as_str(): 7, b.as_str(): 8, "x": 9 } }).to_string();
    assert_eq!(expiries(&body, std::slice::from_ref(&a)), Ok(vec![(a, Timestamp::from_millis(7))]));
}

#[test]
fn lists_nested_without_end_do_not_overflow_the_stack() {
    let deep = format!("{{\"swarm\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(stored(&deep, &hash_of(b"a"), everybody).is_err());
    let deep = format!("{{\"messages\":[{}{}]}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(retrieved(&deep, &owner(), Namespace::DIRECT).is_ok_and(|answer| answer.unusable.len() == 1));
}
