//! Local: settings of one device, never pushed.
//!
//! Other clients keep them in this document; Onionskin keeps its own settings in its database and offers this view for
//! completeness. Source: session-foundation/libsession-util `src/config/local.cpp`.

use super::fields;
use super::tree::Dict;

/// A setting that is a number; 0 when not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "vectors-fuzz-benches"),
    expect(dead_code, reason = "waits for the settings that stay on a device")
)]
pub enum Setting {
    /// What a notification shows.
    NotifyContent,
    /// Which sound it makes.
    NotifySound,
    /// The theme.
    Theme,
    /// The theme's colour.
    ThemePrimaryColor,
}

impl Setting {
    const fn key(self) -> &'static str {
        match self {
            Self::NotifyContent => "notify_content",
            Self::NotifySound => "notify_sound",
            Self::Theme => "theme",
            Self::ThemePrimaryColor => "theme_primary_color",
        }
    }
}

/// The number of a setting; 0 when not set.
pub fn number(dict: &Dict, setting: Setting) -> u64 {
    dict.positive(setting.key()).unwrap_or(0)
}

/// Sets a number; 0 removes it.
#[cfg_attr(
    not(feature = "vectors-fuzz-benches"),
    expect(dead_code, reason = "waits for the settings that stay on a device")
)]
pub fn set_number(dict: &mut Dict, setting: Setting, value: u64) {
    if number(dict, setting) != value {
        dict.put_positive(setting.key(), value);
    }
}

/// Whether a switch is on.
pub fn switch(dict: &Dict, name: &str) -> bool {
    dict.dict("settings").is_some_and(|switches| switches.flag(name))
}

/// Turns a switch on, or off, which removes it.
#[cfg_attr(
    not(feature = "vectors-fuzz-benches"),
    expect(dead_code, reason = "waits for the settings that stay on a device")
)]
pub fn set_switch(dict: &mut Dict, name: &str, on: bool) {
    if switch(dict, name) != on {
        fields::set_flag(dict.dict_mut("settings"), name, on);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Setting; 4] =
        [Setting::NotifyContent, Setting::NotifySound, Setting::Theme, Setting::ThemePrimaryColor];

    #[test]
    fn numbers_are_stored_above_zero_each_under_its_own_key() {
        let mut dict = Dict::default();
        for (value, setting) in (1..).zip(ALL) {
            set_number(&mut dict, setting, value);
        }
        assert_eq!(ALL.map(|setting| number(&dict, setting)), [1, 2, 3, 4]);
        assert_eq!(dict.int("theme_primary_color"), Some(4));
        for setting in ALL {
            set_number(&mut dict, setting, 0);
        }
        assert!(dict.is_empty());
    }

    #[test]
    fn switches_are_flags_in_a_dict_of_their_own() {
        let mut dict = Dict::default();
        set_switch(&mut dict, "a", false);
        assert!(dict.is_empty());
        set_switch(&mut dict, "a", true);
        set_switch(&mut dict, "b", true);
        set_switch(&mut dict, "b", false);
        assert_eq!((switch(&dict, "a"), switch(&dict, "b")), (true, false));
        assert_eq!(dict.dict("settings").unwrap().int("a"), Some(1));
    }

    #[test]
    fn another_type_reads_as_not_set_and_is_left_alone() {
        let mut dict = Dict::default();
        dict.put("theme", "dark");
        dict.put("settings", 5);
        let before = dict.clone();
        set_number(&mut dict, Setting::Theme, 0);
        set_switch(&mut dict, "a", false);
        assert!(dict == before);
        assert_eq!((number(&dict, Setting::Theme), switch(&dict, "a")), (0, false));
    }
}
