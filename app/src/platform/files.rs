//! Files a person keeps.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Saves files where a person finds them.
pub trait Files: Send + Sync {
    /// Saves `bytes` under `name` or, when that is taken, a name like it; gives where it is now.
    ///
    /// # Errors
    /// Those of the file system.
    fn save(&self, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf>;
}

/// A name and what was saved under it.
type Saved = (String, Vec<u8>);

/// Keeps files in memory, for tests.
#[derive(Clone, Default)]
pub struct FakeFiles {
    saved: Arc<Mutex<Vec<Saved>>>,
}

impl FakeFiles {
    /// Everything that was saved.
    pub fn saved(&self) -> Vec<(String, Vec<u8>)> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Files for FakeFiles {
    fn save(&self, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), bytes.to_vec()));
        Ok(PathBuf::from(name))
    }
}

/// The folder for downloads, else the home folder. Needs no dialogue and no desktop portal.
#[cfg(feature = "desktop")]
pub struct Downloads;

#[cfg(feature = "desktop")]
impl Downloads {
    fn folder() -> Option<PathBuf> {
        let home = PathBuf::from(std::env::var_os("HOME")?);
        let config = std::env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
        let named = std::fs::read_to_string(config.join("user-dirs.dirs")).ok().and_then(|text| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix("XDG_DOWNLOAD_DIR="))?;
            let path = line.trim_matches('"');
            Some(path.strip_prefix("$HOME/").map_or_else(|| PathBuf::from(path), |rest| home.join(rest)))
        });
        [named, Some(home.join("Downloads")), Some(home)].into_iter().flatten().find(|folder| folder.is_dir())
    }
}

#[cfg(feature = "desktop")]
impl Files for Downloads {
    fn save(&self, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let folder = Self::folder().ok_or(std::io::ErrorKind::NotFound)?;
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        for number in 1..1_000 {
            let path = folder.join(if number == 1 { name.to_owned() } else { format!("{stem} ({number}).{ending}") });
            match std::fs::File::create_new(&path) {
                Ok(mut file) => return file.write_all(bytes).map(|()| path),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => (),
                Err(error) => return Err(error),
            }
        }
        Err(std::io::ErrorKind::AlreadyExists.into())
    }
}
