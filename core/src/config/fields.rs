//! Fields that several documents have, each read and written by one rule.
//!
//! A field of another type than its own reads as absent. A setter compares what is *read* with what is wanted and leaves
//! the tree alone when they agree, so that a form of another client (a flag of 2, a moment in milliseconds) is not
//! rewritten and pushed without need.
//!
//! Source: session-foundation/libsession-util `src/config/internal.cpp`, `include/session/config/{notify,expiring,profile_pic}.hpp`.

use std::fmt;

use super::tree::{Dict, Value};
use crate::crypto::name::MAX_NAME_BYTES;

/// The longest address of a picture, in bytes; longer ones are no picture.
pub const MAX_PICTURE_URL: usize = 223;

/// Where a profile picture is, and the key that opens it: both or neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    url: String,
    key: [u8; 32],
}

impl Picture {
    /// From an address of 1 to [`MAX_PICTURE_URL`] bytes and a key of 32. None for anything else, which is how "no
    /// picture" is said.
    pub fn new(url: &str, key: &[u8]) -> Option<Self> {
        let key = key.try_into().ok()?;
        (1..=MAX_PICTURE_URL).contains(&url.len()).then(|| Self { url: url.to_owned(), key })
    }

    /// The address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key. Secret.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Picture(…)")
    }
}

/// For what a conversation makes itself heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// As the client does it by itself.
    #[default]
    Default,
    /// Every message.
    All,
    /// Nothing.
    Disabled,
    /// Messages that name us.
    Mentions,
}

/// When messages of a conversation disappear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// From when the time runs.
    pub mode: ExpiryMode,
    /// How long, in seconds; above zero.
    pub seconds: u32,
}

/// From when the time of a disappearing message runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryMode {
    /// From sending.
    AfterSend,
    /// From reading.
    AfterRead,
}

/// The longest beginning of `text` that has at most `max` bytes and ends between characters.
pub(super) fn cut(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// A name, at most 100 bytes; empty when absent.
pub(super) fn name<'a>(dict: &'a Dict, key: &str) -> &'a str {
    cut(dict.text(key).unwrap_or_default(), MAX_NAME_BYTES)
}

/// Sets a name that is absent when empty.
pub(super) fn set_name(dict: &mut Dict, key: &str, text: &str) -> bool {
    let text = cut(text, MAX_NAME_BYTES);
    let changes = name(dict, key) != text;
    if changes {
        dict.put_or_remove(key, (!text.is_empty()).then_some(text));
    }
    changes
}

/// Sets a name that stays there when empty, because it keeps its entry alive.
pub(super) fn set_kept_name(dict: &mut Dict, key: &str, text: &str) {
    let text = cut(text, MAX_NAME_BYTES);
    if name(dict, key) != text || dict.get(key).is_none() {
        dict.put(key, text);
    }
}

/// Puts an empty name where there is none, so that the entry is not pruned away.
pub(super) fn keep_alive(dict: &mut Dict, key: &str) {
    if dict.get(key).is_none() {
        dict.put(key, "");
    }
}

/// Takes an entry out of a server's `R`, and the whole server with the last of them.
pub(super) fn remove_from_server(servers: &mut Dict, url: &str, key: &str) -> Option<Value> {
    let entries = servers.inner_mut(url)?.inner_mut("R")?;
    let removed = entries.remove(key)?;
    if entries.is_empty() {
        servers.remove(url);
    }
    Some(removed)
}

/// The picture under a pair of keys.
pub(super) fn picture(dict: &Dict, url: &str, key: &str) -> Option<Picture> {
    Picture::new(dict.text(url)?, dict.bytes(key)?)
}

/// Sets or removes both halves of a picture, also those that read as none.
pub(super) fn set_picture(dict: &mut Dict, url: &str, key: &str, to: Option<&Picture>) {
    if to.is_none() || picture(dict, url, key).as_ref() != to {
        dict.put_or_remove(url, to.map(Picture::url));
        dict.put_or_remove(key, to.map(|to| to.key.as_slice()));
    }
}

/// Sets a flag.
pub(super) fn set_flag(dict: &mut Dict, key: &str, on: bool) {
    if dict.flag(key) != on {
        dict.put_flag(key, on);
    }
}

/// A small integer: what does not fit is cut to the nearest that does; 0 when absent.
pub(super) fn small(dict: &Dict, key: &str) -> i32 {
    let value = dict.int(key).unwrap_or(0);
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// Sets a small integer that is absent when zero.
pub(super) fn set_small(dict: &mut Dict, key: &str, value: i32) {
    if small(dict, key) != value {
        dict.put_non_zero(key, i64::from(value));
    }
}

/// How new a profile is, under `t`, in seconds; 0 when nobody said.
pub(super) fn stamp(dict: &Dict) -> u64 {
    dict.positive("t").unwrap_or(0)
}

/// Sets how new a profile is.
pub(super) fn set_stamp(dict: &mut Dict, seconds: u64) {
    if stamp(dict) != seconds {
        dict.put_positive("t", seconds);
    }
}

/// A moment in seconds; one that can only be milliseconds or microseconds is converted. None when absent or not above zero.
pub(super) fn moment(dict: &Dict, key: &str) -> Option<u64> {
    dict.positive(key).map(in_seconds)
}

/// What can only be milliseconds or microseconds, in seconds.
fn in_seconds(moment: u64) -> u64 {
    match moment {
        0..=9_000_000_000 => moment,
        9_000_000_001..=9_000_000_000_000 => moment / 1_000,
        _ => moment / 1_000_000,
    }
}

/// Sets a moment in seconds, read as [`moment`] reads one; none and 0 remove it.
pub(super) fn set_moment(dict: &mut Dict, key: &str, seconds: Option<u64>) {
    let seconds = seconds.filter(|seconds| *seconds > 0).map(in_seconds);
    if moment(dict, key) != seconds {
        dict.put_positive(key, seconds.unwrap_or(0));
    }
}

/// A duration in seconds. None when absent or not above zero.
pub(super) fn duration(dict: &Dict, key: &str) -> Option<u32> {
    let value = dict.positive(key)?;
    Some(u32::try_from(value).unwrap_or(u32::MAX))
}

/// Sets a duration in seconds; none and 0 remove it.
pub(super) fn set_duration(dict: &mut Dict, key: &str, seconds: Option<u32>) {
    let seconds = seconds.filter(|seconds| *seconds > 0);
    if duration(dict, key) != seconds {
        dict.put_positive(key, seconds.map_or(0, u64::from));
    }
}

/// When messages disappear: mode under `e`, seconds under `E`; half of it and unknown modes are nothing.
pub(super) fn expiry(dict: &Dict) -> Option<Expiry> {
    let mode = match dict.int("e")? {
        1 => ExpiryMode::AfterSend,
        2 => ExpiryMode::AfterRead,
        _ => return None,
    };
    Some(Expiry { mode, seconds: duration(dict, "E")? })
}

/// Sets or removes both halves of an expiry; one of no seconds is none.
pub(super) fn set_expiry(dict: &mut Dict, to: Option<Expiry>) {
    let to = to.filter(|to| to.seconds > 0);
    if expiry(dict) != to {
        let mode = |to: Expiry| match to.mode {
            ExpiryMode::AfterSend => 1_i64,
            ExpiryMode::AfterRead => 2,
        };
        dict.put_or_remove("e", to.map(mode));
        dict.put_or_remove("E", to.map(|to| i64::from(to.seconds)));
    }
}

/// What a conversation makes itself heard for, under `@`; unknown numbers are the default.
pub(super) fn notify(dict: &Dict) -> Notify {
    match dict.int("@") {
        Some(1) => Notify::All,
        Some(2) => Notify::Disabled,
        Some(3) => Notify::Mentions,
        _ => Notify::Default,
    }
}

/// Sets what a conversation makes itself heard for.
pub(super) fn set_notify(dict: &mut Dict, to: Notify) {
    if notify(dict) != to {
        let number = match to {
            Notify::Default => 0,
            Notify::All => 1,
            Notify::Disabled => 2,
            Notify::Mentions => 3,
        };
        dict.put_positive("@", number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dict<const N: usize>(pairs: [(&str, Value); N]) -> Dict {
        let mut dict = Dict::default();
        for (key, value) in pairs {
            dict.put(key, value);
        }
        dict
    }

    #[test]
    fn a_name_is_cut_at_100_bytes_between_characters_both_in_and_out() {
        let long = format!("a{}", "ä".repeat(60));
        let mut tree = Dict::default();
        assert!(set_name(&mut tree, "n", &long));
        assert_eq!(tree.text("n").unwrap().len(), 99);
        tree.put("n", long.as_str());
        assert_eq!(name(&tree, "n").len(), 99);
        assert!(!set_name(&mut tree, "n", &long), "what reads the same is not rewritten");
        assert_eq!(tree.text("n").unwrap().len(), 121);
    }

    #[test]
    fn an_empty_name_goes_away_unless_it_keeps_its_entry_alive() {
        let mut tree = dict([("n", "Ana".into()), ("m", "Ana".into())]);
        set_name(&mut tree, "n", "");
        set_kept_name(&mut tree, "m", "");
        set_kept_name(&mut tree, "o", "");
        assert_eq!((tree.get("n"), tree.text("m"), tree.text("o")), (None, Some(""), Some("")));
    }

    #[test]
    fn a_picture_is_both_halves_or_none() {
        let picture_of = |pairs: &[(&str, Value)]| {
            let mut tree = Dict::default();
            pairs.iter().for_each(|(key, value)| tree.put(key, value.clone()));
            picture(&tree, "p", "q")
        };
        let key = || Value::from(vec![7; 32]);
        assert!(picture_of(&[("p", "http://a".into()), ("q", key())]).is_some());
        assert_eq!(picture_of(&[("p", "http://a".into())]), None);
        assert_eq!(picture_of(&[("q", key())]), None);
        assert_eq!(picture_of(&[("p", "".into()), ("q", key())]), None);
        assert_eq!(picture_of(&[("p", "http://a".into()), ("q", vec![7; 31].into())]), None);
        assert_eq!(picture_of(&[("p", 5.into()), ("q", key())]), None);
        assert!(Picture::new(&"u".repeat(223), &[7; 32]).is_some());
        assert_eq!(Picture::new(&"u".repeat(224), &[7; 32]), None);

        let mut tree = dict([("p", "http://a".into()), ("q", key())]);
        set_picture(&mut tree, "p", "q", None);
        assert!(tree.is_empty());
        for half in ["p", "q"] {
            let mut tree = dict([("p", "u".repeat(300).as_str().into()), ("q", key())]);
            tree.remove(half);
            set_picture(&mut tree, "p", "q", None);
            assert!(tree.is_empty(), "what reads as no picture goes too");
        }
        set_picture(&mut tree, "p", "q", Picture::new("http://b", &[8; 32]).as_ref());
        assert_eq!((tree.text("p"), tree.bytes("q")), (Some("http://b"), Some([8; 32].as_slice())));
    }

    #[test]
    fn a_moment_in_milliseconds_or_microseconds_reads_in_seconds_and_is_not_rewritten() {
        for stored in [1_700_000_000_i64, 1_700_000_000_123, 1_700_000_000_123_456] {
            let mut tree = dict([("j", stored.into())]);
            assert_eq!(moment(&tree, "j"), Some(1_700_000_000));
            set_moment(&mut tree, "j", Some(1_700_000_000));
            assert_eq!(tree.int("j"), Some(stored));
        }
        for wanted in [1_800_000_000_u64, 1_800_000_000_123, 1_800_000_000_123_456] {
            let mut tree = dict([("j", 5.into())]);
            set_moment(&mut tree, "j", Some(wanted));
            assert_eq!(tree.int("j"), Some(1_800_000_000), "seconds are written, whatever is said");
            set_moment(&mut tree, "j", Some(wanted));
            assert_eq!(tree.int("j"), Some(1_800_000_000));
        }
        for nothing in [0, -5] {
            assert_eq!(moment(&dict([("j", nothing.into())]), "j"), None);
        }
        let mut tree = dict([("j", 5.into())]);
        set_moment(&mut tree, "j", Some(0));
        assert!(tree.is_empty());
    }

    #[test]
    fn an_expiry_is_a_known_mode_with_seconds_or_nothing() {
        assert_eq!(expiry(&dict([("e", 1.into())])), None);
        assert_eq!(expiry(&dict([("E", 60.into())])), None);
        assert_eq!(expiry(&dict([("e", 2.into()), ("E", 0.into())])), None);
        assert_eq!(expiry(&dict([("e", 3.into()), ("E", 60.into())])), None);
        let read = Expiry { mode: ExpiryMode::AfterRead, seconds: 60 };
        let mut tree = dict([("e", 2.into()), ("E", 60.into())]);
        assert_eq!(expiry(&tree), Some(read));
        set_expiry(&mut tree, Some(Expiry { seconds: 0, ..read }));
        assert!(tree.is_empty());
        set_expiry(&mut tree, Some(Expiry { mode: ExpiryMode::AfterSend, seconds: 5 }));
        assert_eq!((tree.int("e"), tree.int("E")), (Some(1), Some(5)));
    }

    #[test]
    fn flags_and_small_numbers_of_other_clients_are_not_rewritten_when_they_say_the_same() {
        let mut tree = dict([("a", 2.into()), ("+", i64::MAX.into()), ("@", 9.into())]);
        let before = tree.clone();
        set_flag(&mut tree, "a", true);
        set_small(&mut tree, "+", i32::MAX);
        set_notify(&mut tree, Notify::Default);
        assert!(tree == before);
        set_flag(&mut tree, "a", false);
        set_small(&mut tree, "+", 0);
        assert_eq!((tree.get("a"), tree.get("+")), (None, None));
        assert_eq!(small(&dict([("+", i64::MIN.into())]), "+"), i32::MIN);
    }

    #[test]
    fn every_notification_setting_is_read_as_it_was_written() {
        for (setting, number) in
            [(Notify::All, Some(1)), (Notify::Disabled, Some(2)), (Notify::Mentions, Some(3)), (Notify::Default, None)]
        {
            let mut tree = dict([("@", if number == Some(1) { 2 } else { 1 }.into())]);
            set_notify(&mut tree, setting);
            assert_eq!((tree.int("@"), notify(&tree)), (number, setting));
        }
    }

    #[test]
    fn a_duration_is_above_zero_or_nothing() {
        let mut tree = dict([("e", 90.into())]);
        assert_eq!(duration(&tree, "e"), Some(90));
        set_duration(&mut tree, "e", Some(0));
        assert!(tree.is_empty());
        assert_eq!(duration(&dict([("e", i64::MAX.into())]), "e"), Some(u32::MAX));
        assert_eq!(duration(&dict([("e", (-1).into())]), "e"), None);
    }

    proptest! {
        #[test]
        fn a_cut_text_is_a_beginning_within_the_limit(text in "\\PC{0,60}", max in 0_usize..80) {
            let cut = cut(&text, max);
            prop_assert!(text.starts_with(cut) && cut.len() <= max);
            prop_assert!(cut.len() == text.len() || max - cut.len() < 4);
        }
    }
}
