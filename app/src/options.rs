//! What the command line says.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use zeroize::Zeroizing;

/// Whether this build can serve a page.
pub const HAS_BROWSER: bool = cfg!(all(feature = "browser", debug_assertions));

/// Where data lies, which network, which launcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Encrypted accounts and preferences.
    pub data_dir: PathBuf,
    /// The public node list; may be deleted at any time.
    pub cache_dir: PathBuf,
    /// Another network than the one that was chosen in the program: the path of a description file.
    pub network: Option<PathBuf>,
    /// A file descriptor that holds 32 bytes: the key that wraps the databases' keys (tests and the demo).
    pub key_fd: Option<i32>,
    /// Another language than the one that was chosen in the program, as a tag ("de").
    pub language: Option<String>,
    /// Serve a page on 127.0.0.1 instead of opening a window; 0 picks a free port. Debug builds only.
    pub browser: Option<u16>,
    /// The window's title begins with this (the demo shows two windows).
    pub title: Option<String>,
    /// The window is put away at first: at login nobody asked for it yet.
    pub minimised: bool,
    /// Where the window opens and how large, instead of where it was closed.
    pub geometry: Option<Geometry>,
}

/// The size of a window and its place on the screen, in logical pixels, written as X programs do: `600x740+20+20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Width and height.
    pub size: (u32, u32),
    /// Distance from the left and upper edge; the window manager's choice when absent.
    pub place: Option<(i32, i32)>,
}

impl Geometry {
    fn parse(text: &str) -> Option<Self> {
        let (size, place) = match text.split_once('+') {
            Some((size, place)) => (size, Some(place)),
            None => (text, None),
        };
        let (width, height) = size.split_once('x')?;
        let place = match place {
            Some(place) => {
                let (left, upper) = place.split_once('+')?;
                Some((left.parse().ok()?, upper.parse().ok()?))
            }
            None => None,
        };
        Some(Self { size: (width.parse().ok()?, height.parse().ok()?), place })
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Show the interface.
    Run(Box<Options>),
    /// Print this and end.
    Say(String),
}

/// What is wrong with the command line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Wrong {
    /// An option that does not exist.
    #[error("{0} is no option; --help lists them")]
    Unknown(String),
    /// An option without its value.
    #[error("{0} needs a value")]
    Missing(&'static str),
    /// A value that does not fit.
    #[error("{0} needs a number")]
    Number(&'static str),
    /// A size and place that are none.
    #[error("--geometry needs a size and perhaps a place, as 600x740+20+20")]
    Geometry,
    /// Neither an option nor the environment says where to keep data.
    #[error("there is no home folder; say where to keep data with --data-dir")]
    NoHome,
}

impl Options {
    /// Options with everything kept under `data_dir`.
    pub fn in_folder(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        Self {
            cache_dir: data_dir.join("cache"),
            data_dir,
            network: None,
            key_fd: None,
            language: None,
            browser: None,
            title: None,
            minimised: false,
            geometry: None,
        }
    }

    /// Reads the arguments, without the program's name.
    ///
    /// # Errors
    /// [`Wrong`] says what a person should change.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Wish, Wrong> {
        Self::parse_with(arguments, |name| std::env::var_os(name))
    }

    fn parse_with(
        arguments: impl IntoIterator<Item = OsString>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Wish, Wrong> {
        let mut options = Self::in_folder("");
        let (mut data_dir, mut cache_dir) = (None, None);
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (name, inline) = name_and_value(&argument);
            let mut value =
                |option: &'static str| inline.clone().or_else(|| arguments.next()).ok_or(Wrong::Missing(option));
            match name.as_str() {
                "--help" | "-h" => return Ok(Wish::Say(HELP.to_owned())),
                "--version" | "-V" => return Ok(Wish::Say(format!("onionskin {}", env!("CARGO_PKG_VERSION")))),
                "--data-dir" => data_dir = Some(PathBuf::from(value("--data-dir")?)),
                "--cache-dir" => cache_dir = Some(PathBuf::from(value("--cache-dir")?)),
                "--network" => options.network = Some(PathBuf::from(value("--network")?)),
                "--language" => options.language = Some(value("--language")?.to_string_lossy().into_owned()),
                "--minimised" | "--minimized" => options.minimised = true,
                "--title" => options.title = Some(value("--title")?.to_string_lossy().into_owned()),
                "--geometry" => {
                    let text = value("--geometry")?;
                    options.geometry = Some(text.to_str().and_then(Geometry::parse).ok_or(Wrong::Geometry)?);
                }
                "--key-fd" => options.key_fd = Some(number(&value("--key-fd")?, "--key-fd")?),
                "--browser" if HAS_BROWSER => {
                    options.browser = Some(inline.map_or(Ok(0), |port| number(&port, "--browser"))?);
                }
                _ => return Err(Wrong::Unknown(name)),
            }
        }
        let below = |variable: &str, fallback: &str| {
            environment(variable)
                .filter(|folder| !folder.is_empty())
                .map(PathBuf::from)
                .or_else(|| environment("HOME").map(|home| PathBuf::from(home).join(fallback)))
                .map(|folder| folder.join("onionskin"))
        };
        options.cache_dir = match (cache_dir, &data_dir) {
            (Some(cache), _) => cache,
            (None, Some(data)) => data.join("cache"),
            (None, None) => below("XDG_CACHE_HOME", ".cache").ok_or(Wrong::NoHome)?,
        };
        options.data_dir = match data_dir {
            Some(data) => data,
            None => below("XDG_DATA_HOME", ".local/share").ok_or(Wrong::NoHome)?,
        };
        Ok(Wish::Run(Box::new(options)))
    }

    /// Reads the key behind [`Self::key_fd`], once.
    ///
    /// # Errors
    /// When the descriptor cannot be read or does not hold 32 bytes.
    pub fn read_key(&self) -> std::io::Result<Option<Zeroizing<[u8; 32]>>> {
        use std::io::Read as _;
        let Some(descriptor) = self.key_fd else { return Ok(None) };
        let mut key = Zeroizing::new([0; 32]);
        // Every Unix has this folder; opening the path needs no unsafe code.
        std::fs::File::open(format!("/dev/fd/{descriptor}"))?.read_exact(key.as_mut_slice())?;
        Ok(Some(key))
    }
}

/// The name of an option, and what follows its first `=` byte for byte: a folder may be called by bytes that are no
/// text.
fn name_and_value(argument: &OsStr) -> (String, Option<OsString>) {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
        let mut parts = argument.as_bytes().splitn(2, |byte| *byte == b'=');
        let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        (name, parts.next().map(|value| OsString::from_vec(value.to_vec())))
    }
    #[cfg(not(unix))]
    {
        let text = argument.to_string_lossy();
        match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(OsString::from(value))),
            None => (text.into_owned(), None),
        }
    }
}

fn number<T: std::str::FromStr>(text: &OsString, option: &'static str) -> Result<T, Wrong> {
    text.to_str().and_then(|text| text.parse().ok()).ok_or(Wrong::Number(option))
}

const HELP: &str = "\
Onionskin: a private messenger for the Session network

  --data-dir DIR    keep accounts here
  --cache-dir DIR   keep the public node list here
  --network FILE    use the network this file describes
  --language TAG    en or de
  --title TEXT      begin the window's title with TEXT
  --minimised       put the window away at first
  --geometry WxH+X+Y
                    open the window with this size, at this place
  --key-fd N        read the 32-byte key that wraps the databases' keys from descriptor N
  --version         say which version this is";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Wish, Wrong> {
        Options::parse_with(arguments.iter().map(OsString::from), |name| (name == "HOME").then(|| "/people/ana".into()))
    }

    #[test]
    fn folders_follow_the_system_unless_one_is_named() {
        let Ok(Wish::Run(options)) = parse(&[]) else { panic!("options were refused") };
        assert_eq!(options.data_dir, PathBuf::from("/people/ana/.local/share/onionskin"));
        assert_eq!(options.cache_dir, PathBuf::from("/people/ana/.cache/onionskin"));
        let Ok(Wish::Run(options)) = parse(&["--data-dir=/elsewhere", "--key-fd", "3"]) else { panic!("refused") };
        assert_eq!((options.cache_dir, options.key_fd), (PathBuf::from("/elsewhere/cache"), Some(3)));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_may_be_called_by_bytes_that_are_no_text() {
        use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
        for arguments in [&[b"--data-dir=/a/\xff=b".as_slice()][..], &[b"--data-dir", b"/a/\xff=b"]] {
            let arguments = arguments.iter().map(|bytes| OsString::from_vec(bytes.to_vec()));
            let Ok(Wish::Run(options)) = Options::parse_with(arguments, |_| None) else { panic!("refused") };
            assert_eq!(options.data_dir.as_os_str().as_bytes(), b"/a/\xff=b");
        }
    }

    #[test]
    fn a_wrong_argument_is_named() {
        assert_eq!(parse(&["--colour"]), Err(Wrong::Unknown("--colour".to_owned())));
        assert_eq!(parse(&["--network"]), Err(Wrong::Missing("--network")));
        assert_eq!(parse(&["--key-fd", "three"]), Err(Wrong::Number("--key-fd")));
        for geometry in ["600", "600x", "x740+1+1", "600x740+1", "600x740+a+b"] {
            assert_eq!(parse(&["--geometry", geometry]), Err(Wrong::Geometry), "{geometry}");
        }
    }

    #[test]
    fn a_window_can_be_put_away_at_first() {
        for (arguments, minimised) in [(&[][..], false), (&["--minimised"], true), (&["--minimized"], true)] {
            let Ok(Wish::Run(options)) = parse(arguments) else { panic!("{arguments:?} was refused") };
            assert_eq!(options.minimised, minimised);
        }
    }

    #[test]
    fn a_window_opens_where_and_as_large_as_was_said() {
        for (text, place) in [("600x740+20+30", Some((20, 30))), ("600x740", None), ("600x740+-5+0", Some((-5, 0)))] {
            let Ok(Wish::Run(options)) = parse(&["--geometry", text]) else { panic!("{text} was refused") };
            assert_eq!(options.geometry, Some(Geometry { size: (600, 740), place }));
        }
    }

    #[test]
    fn the_key_is_read_from_a_descriptor_and_must_be_whole() {
        use std::os::fd::AsRawFd as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for (bytes, whole) in [(32, true), (31, false)] {
            std::fs::write(&path, vec![9; bytes]).unwrap();
            let file = std::fs::File::open(&path).unwrap();
            let options = Options { key_fd: Some(file.as_raw_fd()), ..Options::in_folder("x") };
            assert_eq!(options.read_key().is_ok(), whole);
        }
    }
}
