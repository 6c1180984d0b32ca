//! What a broken or hostile device, or a swarm that lies, can put into a config namespace: refused with a reason, one by
//! one, while the good messages go on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use onionskin_core::clock::Timestamp;
use onionskin_core::config::compress::compress;
use onionskin_core::config::message::Message;
use onionskin_core::config::seal::pad;
use onionskin_core::config::{ConfigError, ConfigKeys, Document, DocumentKind, Incoming, limits, wrap};
use onionskin_core::crypto::{AccountKeys, ConfigBase, blake2b_256};

const NOON: Timestamp = Timestamp::from_millis(1_774_000_000_000);
const KIND: DocumentKind = DocumentKind::Contacts;

fn ana() -> AccountKeys {
    AccountKeys::from_ed25519_seed(&[7; 32])
}

/// What the swarm keeps of a payload that Ana's keys closed.
fn stored(payload: &[u8]) -> Vec<u8> {
    ConfigBase::account(&ana()).seal(KIND.domain(), pad(payload))
}

/// The reason for which a payload is refused, while a good message beside it is read.
fn refused(data: &[u8]) -> &'static str {
    let keys = ConfigKeys::account(&ana());
    let mut friend = Document::new(KIND);
    friend.edit(|data| data.put("good", 1));
    let good = friend.push(&keys).unwrap();
    let mut document = Document::new(KIND);
    let incoming = [Incoming { hash: "bad", data }, Incoming { hash: "good", data: &good.messages[0] }];
    let merged = document.merge(&keys, &incoming, NOON);
    assert_eq!((merged.changed, merged.accepted), (true, vec!["good".to_owned()]));
    assert_eq!(document.current_hashes(), ["good"]);
    assert!(document.obsolete_hashes().is_empty(), "what is not understood is not deleted");
    let [(hash, error)] = &merged.refused[..] else { panic!("one is refused") };
    assert_eq!(hash, "bad");
    error.code()
}

fn refused_text(text: &str) -> &'static str {
    refused(&stored(text.as_bytes()))
}

#[test]
fn a_bomb_in_size_depth_or_number_is_refused() {
    let bomb = compress(&[&b"d1:a11000000:"[..], &vec![0; 11_000_000], b"e"].concat(), 19).unwrap();
    assert!(bomb.len() < 5_000);
    assert_eq!(refused(&stored(&bomb)), "too large");
    let deep = ["d1:#i1e1:&", &"d1:a".repeat(100_000), "i1e", &"e".repeat(100_000), "e"].concat();
    assert_eq!(refused(&stored(&compress(deep.as_bytes(), 19).unwrap())), "too deep");
    let many = ["d1:#i1e1:&d1:al", &"0:".repeat(limits::MAX_VALUES), "eee"].concat();
    assert_eq!(refused(&stored(&compress(many.as_bytes(), 1).unwrap())), "too large");
    let lags: String = (0..=limits::MAX_LAGS).map(|_| "le".to_owned()).collect();
    let lags = ["d1:#i1e1:&de1:<l", &lags, "e1:=dee"].concat();
    assert_eq!(refused(&stored(&compress(lags.as_bytes(), 1).unwrap())), "too large");
    assert_eq!(refused(&vec![0; limits::MAX_STORED_BYTES + 1]), "too large");
}

#[test]
fn a_sequence_number_that_would_leave_no_other_is_refused() {
    for seqno in [i64::MAX, i64::MAX - 1, limits::MAX_SEQNO + 1, -1, i64::MIN] {
        assert_eq!(refused_text(&format!("d1:#i{seqno}e1:&de1:<le1:=dee")), "seqno", "{seqno}");
    }
    assert_eq!(refused_text("d1:#i9223372036854775808e1:&de1:<le1:=dee"), "malformed");
}

#[test]
fn after_the_last_number_nothing_is_pushed_and_nothing_panics() {
    let keys = ConfigKeys::account(&ana());
    let last = |value: i64| {
        let text = format!("d1:#i{}e1:&d1:ai{value}ee1:<le1:=dee", limits::MAX_SEQNO);
        stored(text.as_bytes())
    };
    let (one, two) = (last(1), last(2));
    let mut document = Document::new(KIND);
    let incoming = [Incoming { hash: "1", data: &one }, Incoming { hash: "2", data: &two }];
    let merged = document.merge(&keys, &incoming, NOON);
    assert_eq!((merged.accepted.len(), document.seqno(), document.needs_push()), (2, limits::MAX_SEQNO, false));
    document.edit(|data| data.put("a", 3));
    assert_eq!(document.push(&keys).err(), Some(ConfigError::Seqno));
    let restored = Document::restore(KIND, &document.dump()).unwrap();
    assert_eq!(restored.data(), document.data());
}

#[test]
fn an_outer_dict_of_another_form_is_refused() {
    for text in [
        "d1:#i1ee",
        "d1:&de1:<le1:=dee",
        "d1:!i0e1:#i1e1:&de1:<le1:=dee",
        "d1:#0:1:&dee",
        "d1:#i1e1:&lee",
        "d1:#i1e1:&de1:<dee",
        "d1:#i1e1:&de1:<le1:=lee",
        "d1:#i1e1:&de1:<le1:=dee ",
        "d1:#i1e1:&d1:adee1:<le1:=dee",
        "d1:#i1e1:&d1:alee1:<le1:=dee",
        "d1:#i1e1:&de1:<le1:=de1:~64:e",
        "d1:#i2e1:&de1:<lli2e32:00000000000000000000000000000000deee1:=dee",
        "d1:#i2e1:&de1:<lli1e31:0000000000000000000000000000000deee1:=dee",
        "d1:#i2e1:&de1:<lli1e32:00000000000000000000000000000000leee1:=dee",
        "d1:#i2e1:&de1:<lli1e32:00000000000000000000000000000000dei1eee1:=dee",
    ] {
        assert_eq!(refused_text(text), "malformed", "{text}");
    }
    let twice = "li1e32:00000000000000000000000000000000dee";
    assert_eq!(refused_text(&format!("d1:#i2e1:&de1:<l{twice}{twice}e1:=dee")), "malformed");
    let after = format!("d1:#i1e1:&de1:<le1:=de1:~64:{}2:~~0:e", "0".repeat(64));
    assert_eq!(refused_text(&after), "malformed");
    assert_eq!(refused_text("d1:#i1e1:&de1:<le1:=de1:~1:xe"), "signature");
    for (payload, code) in [("", "empty"), ("x", "malformed"), ("zz", "compression"), ("m", "malformed")] {
        assert_eq!(refused_text(payload), code, "{payload}");
    }
}

#[test]
fn another_namespace_sender_or_key_is_told() {
    let (ana, bo) = (ana(), AccountKeys::from_ed25519_seed(&[8; 32]));
    let cipher = || stored(b"d1:#i1e1:&de1:<le1:=dee");
    assert_eq!(refused(&wrap::wrap(&ana, 1, 1, cipher())), "config of another namespace");
    // Bo knows Ana's id and seals to her, in the form of a config.
    let sealed = onionskin_core::crypto::seal(&bo, &ana.account_id(), b"\x5a\x00\x80");
    assert_eq!(refused(&onionskin_core::wire::envelope::wrap_config(sealed)), "sender");
    assert_eq!(refused(&wrap::wrap(&bo, 2, 1, cipher())), "no key opens it");
    let other_document = ConfigBase::account(&ana).seal("UserProfile", pad(b"d1:#i1e1:&de1:<le1:=dee"));
    assert_eq!(refused(&other_document), "no key opens it");
    assert_eq!(refused(&ConfigBase::account(&bo).seal(KIND.domain(), pad(b"de"))), "no key opens it");
    for len in [0, 1, 39] {
        assert_eq!(refused(&vec![1; len]), "too short");
    }
    assert_eq!(refused(&[1; 40]), "no key opens it");
}

#[test]
fn a_config_wrapped_once_twice_or_not_at_all_is_read() {
    let (ana, keys) = (ana(), ConfigKeys::account(&ana()));
    let bare = stored(b"d1:#i1e1:&d1:ai1ee1:<le1:=dee");
    let once = wrap::wrap(&ana, 2, 1, bare.clone());
    let twice = wrap::wrap(&ana, 2, 1, once.clone());
    for data in [bare, once, twice] {
        let mut document = Document::new(KIND);
        assert!(document.merge(&keys, &[Incoming { hash: "x", data: &data }], NOON).changed);
    }
}

fn part(whole: &[u8; 32], index: u8, count: u8, chunk: &[u8]) -> Vec<u8> {
    let list =
        [b"ml32:", &whole[..], b"1:", &[index], b"1:", &[count], format!("{}:", chunk.len()).as_bytes(), chunk, b"e"]
            .concat();
    ConfigBase::account(&ana()).seal(KIND.domain(), list)
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    for (index, count, chunk) in [(0, 0, "x"), (0, 1, "x"), (2, 2, "x"), (255, 2, "x"), (0, 2, "")] {
        assert_eq!(refused(&part(&[1; 32], index, count, chunk.as_bytes())), "part", "{index} of {count}");
    }
    let keys = ConfigKeys::account(&ana());
    let mut document = Document::new(KIND);
    let mut give = |data: Vec<u8>| {
        let merged = document.merge(&keys, &[Incoming { hash: "part", data: &data }], NOON);
        merged.refused.first().map(|(_, error)| error.code())
    };
    assert_eq!(give(part(&[1; 32], 0, 3, b"x")), None);
    assert_eq!(give(part(&[1; 32], 1, 2, b"x")), Some("part"), "another count");
    assert_eq!(give(part(&[1; 32], 1, 3, b"x")), None);
    assert_eq!(give(part(&[1; 32], 2, 3, b"x")), Some("part hash"));
    assert!(document.part_hashes().is_empty());
    // Joined correctly, and no document: none of its parts counts as understood.
    for (whole, reason) in [(blake2b_256(&[b"\0\0dx"]), "malformed"), ([9; 32], "part hash")] {
        let mut document = Document::new(KIND);
        let (one, two) = (part(&whole, 0, 2, b"\0\0d"), part(&whole, 1, 2, b"x"));
        let incoming = [Incoming { hash: "1", data: &one }, Incoming { hash: "2", data: &two }];
        let merged = document.merge(&keys, &incoming, NOON);
        let refused: Vec<_> = merged.refused.iter().map(|(hash, error)| (hash.as_str(), error.code())).collect();
        assert_eq!((merged.accepted, refused), (vec![], vec![("1", reason), ("2", reason)]));
        assert!(document.obsolete_hashes().is_empty());
        // A part that came earlier was understood then; only what comes now is told.
        let mut document = Document::new(KIND);
        let earlier = document.merge(&keys, &incoming[..1], NOON);
        let later = document.merge(&keys, &incoming[1..], NOON);
        assert_eq!((earlier.accepted.len(), later.accepted.len(), later.refused.len()), (1, 0, 1));
    }
}

#[test]
fn parts_without_end_take_bounded_room() {
    let keys = ConfigKeys::account(&ana());
    let mut document = Document::new(KIND);
    let chunk = vec![1; limits::MAX_CHUNK_BYTES];
    // One message of 255 parts is more than a document may hold.
    let mut refusals = 0;
    for index in 0..254 {
        let data = part(&[1; 32], index, 255, &chunk);
        refusals += document.merge(&keys, &[Incoming { hash: &format!("a{index}"), data: &data }], NOON).refused.len();
    }
    assert!(refusals > 100);
    // Many messages of which one part each comes.
    for set in 0..400_u16 {
        let [high, low] = set.to_be_bytes();
        let mut whole = [2; 32];
        (whole[0], whole[1]) = (high, low);
        let data = part(&whole, 0, 255, &chunk);
        let now = Timestamp::from_millis(NOON.as_millis() + u64::from(set) + 1);
        document.merge(&keys, &[Incoming { hash: &format!("b{set}"), data: &data }], now);
    }
    assert!(document.part_hashes().len() <= limits::MAX_PENDING_SETS);
    assert!(document.dump().len() <= limits::MAX_PENDING_BYTES + 100_000);
    assert!(Document::restore(KIND, &document.dump()).is_ok());
}

/// A document that must be signed, as groups have it.
mod signed {
    use super::*;

    fn group() -> AccountKeys {
        AccountKeys::from_ed25519_seed(&[9; 32])
    }

    fn base() -> ConfigBase {
        ConfigBase::from_bytes([5; 32])
    }

    fn admin() -> ConfigKeys {
        ConfigKeys::signed_by_us(vec![base()], group())
    }

    fn member() -> ConfigKeys {
        ConfigKeys::signed_by_others(vec![ConfigBase::from_bytes([6; 32]), base()], group().ed25519_public())
    }

    fn pushed(keys: &ConfigKeys, name: &str, document: &mut Document) -> Vec<u8> {
        document.edit(|data| data.put("n", name));
        document.push(keys).unwrap().messages.remove(0)
    }

    #[test]
    fn a_member_reads_with_any_key_what_an_admin_signed_and_cannot_write() {
        let mut theirs = Document::new(KIND);
        let data = pushed(&admin(), "walkers", &mut theirs);
        let mut ours = Document::new(KIND);
        assert_eq!(ours.merge(&member(), &[Incoming { hash: "1", data: &data }], NOON).accepted, ["1"]);
        assert_eq!(ours.revision(), theirs.revision(), "the signature is kept");
        let restored = Document::restore(KIND, &ours.dump()).unwrap();
        assert_eq!(restored.revision(), theirs.revision());
        assert_eq!(ours.push(&member()).unwrap().messages.len(), 1, "a lost message can be brought back");
        ours.edit(|data| data.put("n", "mine"));
        assert_eq!(ours.push(&member()).err(), Some(ConfigError::CannotSign));
    }

    #[test]
    fn what_is_not_signed_or_signed_by_somebody_else_is_refused() {
        let stranger = ConfigKeys::signed_by_us(vec![base()], ana());
        let wrong = pushed(&stranger, "walkers", &mut Document::new(KIND));
        let message = Message { seqno: 1, ..Message::default() };
        let unsigned = base().seal(KIND.domain(), pad(&message.write(&message.diff, None)));
        let mut ours = Document::new(KIND);
        let incoming = [Incoming { hash: "wrong", data: &wrong }, Incoming { hash: "unsigned", data: &unsigned }];
        let refused = ours.merge(&member(), &incoming, NOON).refused;
        let codes: Vec<_> = refused.iter().map(|(_, error)| error.code()).collect();
        assert_eq!(codes, ["signature", "no signature"]);
    }

    #[test]
    fn who_cannot_sign_takes_the_highest_and_deletes_nothing() {
        let (one, two) =
            (pushed(&admin(), "a", &mut Document::new(KIND)), pushed(&admin(), "b", &mut Document::new(KIND)));
        let mut ours = Document::new(KIND);
        let incoming = [Incoming { hash: "1", data: &one }, Incoming { hash: "2", data: &two }];
        ours.merge(&member(), &incoming, NOON);
        assert_eq!((ours.seqno(), ours.needs_push(), ours.obsolete_hashes().len()), (1, false, 0));
        let mut theirs = Document::new(KIND);
        theirs.merge(&admin(), &incoming, NOON);
        assert_eq!((theirs.seqno(), theirs.needs_push(), theirs.obsolete_hashes().len()), (2, true, 2));
        assert_eq!(ours.data(), {
            // The admin's merge has the value of the higher one too.
            theirs.data()
        });
        let merged = theirs.push(&admin()).unwrap().messages.remove(0);
        ours.merge(&member(), &[Incoming { hash: "3", data: &merged }], NOON);
        assert_eq!(ours.revision(), theirs.revision());
    }
}
