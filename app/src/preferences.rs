//! What a person chose about the program itself. None of it is secret, none of it names an account.
//!
//! A small JSON file in the data folder, readable by its owner only, because it is needed before any database opens.
//! Unknown keys are kept, a damaged file is set aside and the defaults hold.

use std::collections::BTreeMap;
use std::path::Path;

use onionskin_core::{make_private_folder, tighten, write_private_file};
use serde::{Deserialize, Serialize};

use crate::emoji::Tone;

/// Everything that is chosen in the settings and holds for all accounts of this device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The paper.
    pub theme: Theme,
    /// Light, dark, or as the system says.
    pub mode: Mode,
    /// The ink of the stamp.
    pub accent: Accent,
    /// Text size in per cent, 85 to 200.
    pub text_percent: u16,
    /// A language tag; `None` follows the system.
    pub language: Option<String>,
    /// What a notification shows.
    pub notifications: NotificationContent,
    /// Whether the Enter key sends; otherwise it begins a line and Ctrl+Enter sends. `None` until somebody chose: as it
    /// is usual on the device ([`Self::enter_sends_on`]).
    pub enter_sends: Option<bool>,
    /// Whether the program goes on receiving letters when its window is closed.
    pub keeps_running: bool,
    /// The tone of skin that was chosen last; it is on every emoji that takes one.
    pub skin_tone: Option<Tone>,
    /// The size of the window when it was closed, in pixels of the screen.
    pub window: Option<(u32, u32)>,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            mode: Mode::default(),
            accent: Accent::default(),
            text_percent: 100,
            language: None,
            notifications: NotificationContent::default(),
            enter_sends: None,
            keeps_running: false,
            skin_tone: None,
            window: None,
            other: BTreeMap::new(),
        }
    }
}

/// The paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Cream onionskin.
    #[default]
    Classic,
    /// The blue of an aerogramme.
    Ocean,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// As the system says.
    #[default]
    System,
    /// By day.
    Light,
    /// By night.
    Dark,
}

/// The seven inks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "a colour is its name")]
pub enum Accent {
    #[default]
    Blue,
    Green,
    Yellow,
    Pink,
    Purple,
    Orange,
    Red,
}

/// What a notification shows of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotificationContent {
    /// Who wrote, and what.
    #[default]
    NameAndText,
    /// Who wrote.
    Name,
    /// That something came.
    Nothing,
}

macro_rules! names {
    ($type:ident: $($variant:ident $name:literal),+) => {
        impl $type {
            /// All of them, in the order of the screen.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name used in style sheets and translations.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}
names!(Theme: Classic "classic", Ocean "ocean");
names!(Mode: System "system", Light "light", Dark "dark");
names!(Accent: Blue "blue", Green "green", Yellow "yellow", Pink "pink", Purple "purple", Orange "orange", Red "red");
names!(NotificationContent: NameAndText "name-and-text", Name "name", Nothing "nothing");

impl Preferences {
    /// Smallest and largest text, in per cent.
    pub const TEXT_PERCENT: std::ops::RangeInclusive<u16> = 85..=200;

    /// Whether the Enter key sends. On a telephone it begins a line until somebody chooses otherwise.
    pub fn enter_sends_on(&self, phone: bool) -> bool {
        self.enter_sends.unwrap_or(!phone)
    }

    /// Reads the file of this data folder. A missing file is the defaults; a damaged one is renamed and the defaults
    /// hold.
    pub fn read(data_dir: &Path) -> Self {
        let path = data_dir.join(FILE);
        // Earlier versions left it open to others, and what they set aside too.
        tighten(&path);
        tighten(&data_dir.join(DAMAGED));
        let Ok(bytes) = std::fs::read(&path) else { return Self::default() };
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(mut preferences) => {
                let (least, most) = (*Self::TEXT_PERCENT.start(), *Self::TEXT_PERCENT.end());
                preferences.text_percent = preferences.text_percent.clamp(least, most);
                preferences
            }
            Err(error) => {
                tracing::warn!(%error, "preferences are damaged; the defaults hold");
                let _ = std::fs::rename(&path, data_dir.join(DAMAGED));
                Self::default()
            }
        }
    }

    /// Writes the file as a whole or not at all.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, data_dir: &Path) -> std::io::Result<()> {
        make_private_folder(data_dir)?;
        write_private_file(&data_dir.join(FILE), &serde_json::to_vec_pretty(self)?)
    }
}

const FILE: &str = "preferences.json";

/// Where a damaged file is set aside.
const DAMAGED: &str = "preferences.damaged.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_come_back_and_unknown_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), r#"{"theme":"ocean","text_percent":900,"later":[1]}"#).unwrap();
        let mut read = Preferences::read(folder.path());
        assert_eq!((read.theme, read.text_percent, read.enter_sends), (Theme::Ocean, 200, None));
        assert!(read.enter_sends_on(false) && !read.enter_sends_on(true));
        read.accent = Accent::Red;
        read.enter_sends = Some(true);
        read.write(folder.path()).unwrap();
        let again = Preferences::read(folder.path());
        assert_eq!(again, read);
        assert_eq!(again.other.get("later"), Some(&serde_json::json!([1])));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_and_its_folder_are_their_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("onionskin");
        Preferences::default().write(&folder).unwrap();
        assert_eq!((mode(&folder), mode(&folder.join(FILE))), (0o700, 0o600));
        std::fs::set_permissions(folder.join(FILE), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(Preferences::read(&folder), Preferences::default());
        assert_eq!(mode(&folder.join(FILE)), 0o600, "what an earlier version left is tightened");
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [FILE], "and nothing else lies around");
    }

    #[test]
    fn a_damaged_file_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(Preferences::read(folder.path()), Preferences::default());
        assert!(folder.path().join(DAMAGED).exists());
    }
}
