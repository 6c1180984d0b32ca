//! UserProfile: our own name and picture, and what concerns Note to Self.
//!
//! Two moments say how new the profile is: `t` for what the user changed, `T` for a picture that was uploaded again by
//! itself. A change of the name or of the community setting moves the *larger* of the two, so that the picture that is in
//! force stays in force; a new picture moves `t`, an upload again `T`, each beyond the other. Every move goes at least one
//! second beyond both, so that a second change in the same second, or on a device whose clock is behind, still counts as
//! newer for people who know the profile (\[OURS\]; the library writes the clock as it is).
//!
//! Session Pro is read and never written. Source: session-foundation/libsession-util `src/config/user_profile.cpp`.

use super::fields::{self, Picture};
use super::tree::{Dict, Scalar};

/// Our display name, at most 100 bytes. None when there is none.
pub fn name(dict: &Dict) -> Option<&str> {
    Some(fields::name(dict, "n")).filter(|name| !name.is_empty())
}

/// Sets our display name, cut at 100 bytes; an empty one removes it. `now` is in seconds since the epoch.
///
/// A name that is set in an empty profile with `now` = 1 gives way to every real profile that comes later.
pub fn set_name(dict: &mut Dict, name: &str, now: u64) {
    if fields::set_name(dict, "n", name) {
        stamp_larger(dict, now);
    }
}

/// The picture in force: the one the user chose, or the same uploaded again later.
pub fn picture(dict: &Dict) -> Option<Picture> {
    if stamp(dict, "t") >= stamp(dict, "T") { fields::picture(dict, "p", "q") } else { fields::picture(dict, "P", "Q") }
}

/// Sets the picture that the user chose, or takes it away together with what was uploaded again.
///
/// The picture that is chosen and in force already changes nothing. Taking away also takes what no reader takes for a
/// picture: half of one, an address that is too long.
pub fn set_picture(dict: &mut Dict, to: Option<&Picture>, now: u64) {
    let uploaded_again = has_any(dict, ["P", "Q"]);
    let unchanged = match to {
        Some(_) => stamp(dict, "t") >= stamp(dict, "T") && fields::picture(dict, "p", "q").as_ref() == to,
        None => !uploaded_again && !has_any(dict, ["p", "q"]),
    };
    if unchanged {
        return;
    }
    let moment = beyond(dict, now);
    fields::set_picture(dict, "p", "q", to);
    if to.is_none() && uploaded_again {
        fields::set_picture(dict, "P", "Q", None);
        dict.put("T", moment);
    }
    dict.put("t", moment);
}

/// Whether anything stands in either half of a picture.
fn has_any(dict: &Dict, halves: [&str; 2]) -> bool {
    halves.iter().any(|key| dict.bytes(key).is_some_and(|bytes| !bytes.is_empty()))
}

/// Sets where the same picture lies after it was uploaded again, without the user.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for pictures"))]
pub fn set_uploaded_again(dict: &mut Dict, to: &Picture, now: u64) {
    if fields::picture(dict, "P", "Q").as_ref() == Some(to) {
        return;
    }
    fields::set_picture(dict, "P", "Q", Some(to));
    dict.put("T", beyond(dict, now));
    complete(dict);
}

/// How new name and picture are, in seconds since the epoch; 0 when nobody ever said.
pub fn updated(dict: &Dict) -> u64 {
    match dict.int("t") {
        Some(chosen) => u64::try_from(chosen.max(stamp(dict, "T"))).unwrap_or(0),
        None => 0,
    }
}

/// Where Note to Self stands: below zero hidden, zero unpinned, above zero pinned.
pub fn note_priority(dict: &Dict) -> i32 {
    fields::small(dict, "+")
}

/// Sets where Note to Self stands.
pub fn set_note_priority(dict: &mut Dict, priority: i32) {
    fields::set_small(dict, "+", priority);
}

/// After how many seconds messages of Note to Self disappear; they always count from sending.
pub fn note_expiry(dict: &Dict) -> Option<u32> {
    fields::duration(dict, "e")
}

/// Sets after how many seconds messages of Note to Self disappear.
pub fn set_note_expiry(dict: &mut Dict, seconds: Option<u32>) {
    fields::set_duration(dict, "e", seconds);
}

/// Whether people of communities may write to us; None leaves it to the client.
pub fn community_requests(dict: &Dict) -> Option<bool> {
    dict.int("M").map(|value| value != 0)
}

/// Sets whether people of communities may write to us.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for communities"))]
pub fn set_community_requests(dict: &mut Dict, allowed: Option<bool>, now: u64) {
    if community_requests(dict) != allowed {
        dict.put_or_remove("M", allowed.map(i64::from));
        stamp_larger(dict, now);
    }
}

/// What the profile says of Session Pro. Onionskin only reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pro<'a> {
    /// Shows the badge.
    pub badge: bool,
    /// Has a moving picture.
    pub animated: bool,
    /// The credential, as official clients understand it. Secret: a seed is in it.
    pub credential: Option<Credential<'a>>,
    /// Until when it is paid, in seconds since the epoch.
    pub until: Option<u64>,
    /// For how long it goes on after that, in seconds.
    pub grace: Option<u32>,
    /// Whether it renews by itself.
    pub renews: bool,
    /// When money was asked back, within the last seven days.
    pub refund_asked: Option<u64>,
    /// When a purchase began, within the last seven days.
    pub purchase_begun: Option<u64>,
}

/// A Session Pro credential, opaque and not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credential<'a>(pub &'a [u8]);

impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// Reads what the profile says of Session Pro; `now` is in seconds since the epoch.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for what Pro accounts say"))]
pub fn pro(dict: &Dict, now: u64) -> Pro<'_> {
    let has = |bit| dict.set("f").is_some_and(|set| set.contains(&Scalar::Int(bit)));
    let recent = |key| dict.positive(key).filter(|moment| moment.saturating_add(7 * 24 * 3_600) >= now);
    // Clients of 2025 wrote milliseconds.
    let seconds = |value| if value > 1_000_000_000_000 { value / 1_000 } else { value };
    Pro {
        badge: has(0),
        animated: has(1),
        credential: dict.bytes("s").map(Credential),
        until: dict.positive("E").map(seconds),
        grace: fields::duration(dict, "G"),
        renews: dict.flag("A"),
        refund_asked: recent("R"),
        purchase_begun: recent("I"),
    }
}

/// One of the two moments; 0 when absent.
fn stamp(dict: &Dict, key: &str) -> i64 {
    dict.int(key).unwrap_or(0)
}

/// A moment that is newer than both, and now at least.
fn beyond(dict: &Dict, now: u64) -> i64 {
    let both = stamp(dict, "t").max(stamp(dict, "T")).max(0);
    i64::try_from(now).unwrap_or(i64::MAX).max(both.saturating_add(1))
}

/// Moves the larger moment, and so leaves the picture in force that is.
fn stamp_larger(dict: &mut Dict, now: u64) {
    let key = if stamp(dict, "t") >= stamp(dict, "T") { "t" } else { "T" };
    dict.put(key, beyond(dict, now));
    complete(dict);
}

/// Without `t` every reader takes the profile as never updated, whatever `T` says: profiles of before 2025 whose picture
/// was uploaded again are like that. The smallest `t` lets `T` count and puts no other picture into force (\[OURS\]).
fn complete(dict: &mut Dict) {
    if dict.int("t").is_none() {
        dict.put("t", 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::{Set, Value};

    fn picture_at(url: &str) -> Picture {
        Picture::new(url, &[7; 32]).unwrap()
    }

    fn stamps(dict: &Dict) -> (Option<i64>, Option<i64>) {
        (dict.int("t"), dict.int("T"))
    }

    #[test]
    fn a_name_is_kept_with_its_moment_and_cut_at_100_bytes() {
        let mut dict = Dict::default();
        set_name(&mut dict, "Ana", 1_700_000_000);
        assert_eq!((name(&dict), updated(&dict)), (Some("Ana"), 1_700_000_000));
        set_name(&mut dict, &"ä".repeat(60), 1_700_000_100);
        assert_eq!(name(&dict), Some("ä".repeat(50).as_str()));
        set_name(&mut dict, "", 1_700_000_200);
        assert_eq!((name(&dict), dict.get("n"), updated(&dict)), (None, None, 1_700_000_200));
    }

    #[test]
    fn setting_what_is_there_already_changes_nothing() {
        let mut dict = Dict::default();
        set_name(&mut dict, "", 5);
        set_picture(&mut dict, None, 5);
        set_community_requests(&mut dict, None, 5);
        assert!(dict.is_empty());
        set_name(&mut dict, "Ana", 5);
        set_picture(&mut dict, Some(&picture_at("a")), 6);
        set_uploaded_again(&mut dict, &picture_at("b"), 7);
        set_community_requests(&mut dict, Some(false), 8);
        let before = dict.clone();
        set_name(&mut dict, "Ana", 100);
        set_uploaded_again(&mut dict, &picture_at("b"), 100);
        set_community_requests(&mut dict, Some(false), 100);
        assert!(dict == before);
    }

    #[test]
    fn a_second_change_in_the_same_second_is_newer_and_so_is_one_on_a_slow_clock() {
        let mut dict = Dict::default();
        let mut last = 0;
        for (name, now) in [("a", 1_000), ("b", 1_000), ("c", 1_000), ("d", 900), ("e", 2_000)] {
            set_name(&mut dict, name, now);
            assert!(updated(&dict) > last, "{name}");
            last = updated(&dict);
        }
        assert_eq!(last, 2_000);
        set_picture(&mut dict, Some(&picture_at("a")), 2_000);
        set_uploaded_again(&mut dict, &picture_at("b"), 2_000);
        assert_eq!(stamps(&dict), (Some(2_001), Some(2_002)));
    }

    #[test]
    fn the_later_of_the_chosen_and_the_newly_uploaded_picture_is_in_force() {
        let mut dict = Dict::default();
        set_picture(&mut dict, Some(&picture_at("chosen")), 100);
        set_uploaded_again(&mut dict, &picture_at("again"), 200);
        assert_eq!(picture(&dict), Some(picture_at("again")));
        assert_eq!(updated(&dict), 200);
        set_picture(&mut dict, Some(&picture_at("other")), 150);
        assert_eq!(picture(&dict), Some(picture_at("other")));
        dict.put("T", dict.int("t").unwrap());
        assert_eq!(picture(&dict), Some(picture_at("other")), "equal moments: the chosen one");
    }

    #[test]
    fn choosing_the_earlier_picture_again_puts_it_into_force() {
        let mut dict = Dict::default();
        set_picture(&mut dict, Some(&picture_at("chosen")), 100);
        set_uploaded_again(&mut dict, &picture_at("again"), 200);
        set_picture(&mut dict, Some(&picture_at("chosen")), 300);
        assert_eq!((picture(&dict), stamps(&dict)), (Some(picture_at("chosen")), (Some(300), Some(200))));
    }

    #[test]
    fn a_removed_picture_takes_the_newly_uploaded_one_with_it() {
        let mut dict = Dict::default();
        set_picture(&mut dict, Some(&picture_at("chosen")), 100);
        set_uploaded_again(&mut dict, &picture_at("again"), 200);
        set_picture(&mut dict, None, 300);
        assert_eq!(picture(&dict), None);
        for key in ["p", "q", "P", "Q"] {
            assert_eq!(dict.get(key), None, "{key}");
        }
        assert_eq!((updated(&dict), stamps(&dict)), (300, (Some(300), Some(300))));
        // Without a newly uploaded one there is nothing to say of it.
        let mut dict = Dict::default();
        set_picture(&mut dict, Some(&picture_at("chosen")), 100);
        set_picture(&mut dict, None, 200);
        assert_eq!(stamps(&dict), (Some(200), None));
    }

    #[test]
    fn a_picture_that_nobody_can_read_can_still_be_removed() {
        for key in ["p", "q", "P", "Q"] {
            let mut dict = Dict::default();
            dict.put(key, "u".repeat(300).as_str());
            assert_eq!(picture(&dict), None);
            set_picture(&mut dict, None, 300);
            assert_eq!((dict.get(key), dict.int("t")), (None, Some(300)), "{key}");
            let before = dict.clone();
            set_picture(&mut dict, None, 400);
            assert!(dict == before);
        }
    }

    #[test]
    fn choosing_the_newly_uploaded_picture_makes_it_the_chosen_one() {
        let mut dict = Dict::default();
        set_picture(&mut dict, Some(&picture_at("chosen")), 100);
        set_uploaded_again(&mut dict, &picture_at("again"), 200);
        set_picture(&mut dict, Some(&picture_at("again")), 300);
        assert_eq!(
            (dict.text("p"), dict.text("P"), stamps(&dict)),
            (Some("again"), Some("again"), (Some(300), Some(200)))
        );
        let before = dict.clone();
        set_picture(&mut dict, Some(&picture_at("again")), 400);
        assert!(dict == before);
    }

    #[test]
    fn a_name_moves_the_larger_moment_so_that_the_picture_stays_in_force() {
        let mut dict = Dict::default();
        set_picture(&mut dict, Some(&picture_at("chosen")), 100);
        set_uploaded_again(&mut dict, &picture_at("again"), 200);
        set_name(&mut dict, "Ana", 300);
        assert_eq!((stamps(&dict), picture(&dict)), ((Some(100), Some(300)), Some(picture_at("again"))));
        set_community_requests(&mut dict, Some(true), 400);
        assert_eq!((stamps(&dict), community_requests(&dict)), ((Some(100), Some(400)), Some(true)));
    }

    #[test]
    fn a_profile_without_a_chosen_moment_was_never_updated_until_somebody_changes_it() {
        let mut dict = Dict::default();
        dict.put("p", "old");
        dict.put("q", vec![1; 32]);
        dict.put("P", "again");
        dict.put("Q", vec![7; 32]);
        dict.put("T", 200);
        assert_eq!((updated(&dict), picture(&dict)), (0, Some(picture_at("again"))));
        set_name(&mut dict, "Ana", 300);
        assert_eq!((updated(&dict), picture(&dict)), (300, Some(picture_at("again"))));
    }

    #[test]
    fn a_moment_from_the_end_of_time_breaks_nothing() {
        let mut dict = Dict::default();
        dict.put("t", i64::MAX);
        set_name(&mut dict, "Ana", u64::MAX);
        assert_eq!(updated(&dict), i64::MAX as u64);
        dict.put("t", i64::MIN);
        assert_eq!(updated(&dict), 0);
        set_name(&mut dict, "Bo", 5);
        assert!(updated(&dict) >= 5);
    }

    #[test]
    fn note_to_self_has_a_place_and_a_time_that_do_not_touch_the_moments() {
        let mut dict = Dict::default();
        set_note_priority(&mut dict, -1);
        set_note_expiry(&mut dict, Some(86_400));
        assert_eq!((note_priority(&dict), note_expiry(&dict), stamps(&dict)), (-1, Some(86_400), (None, None)));
        set_note_priority(&mut dict, 0);
        set_note_expiry(&mut dict, None);
        assert!(dict.is_empty());
    }

    #[test]
    fn a_field_of_another_type_reads_as_absent() {
        let mut dict = Dict::default();
        for key in ["n", "t", "T", "+", "e", "M", "f", "E", "G", "A", "R", "I", "p", "q"] {
            dict.put(key, Dict::default());
        }
        dict.put("s", Dict::default());
        assert_eq!((name(&dict), updated(&dict), note_priority(&dict), note_expiry(&dict)), (None, 0, 0, None));
        assert_eq!((community_requests(&dict), picture(&dict), pro(&dict, 0)), (None, None, Pro::default()));
        dict.put("n", vec![0xff, 0xfe]);
        assert_eq!(name(&dict), None);
    }

    #[test]
    fn session_pro_is_read_and_survives_every_change_of_ours() {
        let now = 1_767_000_000;
        let mut dict = Dict::default();
        dict.put("f", Value::Set([0, 1].map(Scalar::Int).into_iter().collect::<Set>()));
        dict.put("s", "credential");
        dict.put("E", 1_767_225_600_000_i64);
        dict.put("G", 86_400);
        dict.put("A", 1);
        dict.put("R", (now - 7 * 24 * 3_600) as i64);
        dict.put("I", (now - 7 * 24 * 3_600 - 1) as i64);
        dict.put("a key of tomorrow", 1);
        let read = Pro {
            badge: true,
            animated: true,
            credential: Some(Credential(b"credential")),
            until: Some(1_767_225_600),
            grace: Some(86_400),
            renews: true,
            refund_asked: Some(now - 7 * 24 * 3_600),
            purchase_begun: None,
        };
        assert_eq!(pro(&dict, now), read);
        assert!(!format!("{read:?}").contains("credential\""));
        let keys: Vec<_> = dict.iter().map(|(key, value)| (key.to_vec(), value.clone())).collect();
        set_name(&mut dict, "Ana", now);
        set_picture(&mut dict, Some(&picture_at("a")), now);
        set_picture(&mut dict, None, now);
        set_note_priority(&mut dict, 3);
        set_community_requests(&mut dict, Some(true), now);
        for (key, value) in keys {
            assert!(dict.get(&key) == Some(&value), "{key:?}");
        }
    }
}
