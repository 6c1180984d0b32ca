//! Starting when a person logs in.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How the program starts by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtLogin {
    /// It does not.
    #[default]
    No,
    /// With its window.
    Shown,
    /// With its window put away.
    Minimised,
}

/// The list of what the system starts at login.
pub trait Autostart: Send + Sync {
    /// What stands there now.
    fn now(&self) -> AtLogin;

    /// Writes it there.
    ///
    /// # Errors
    /// Those of the file system.
    fn set(&self, how: AtLogin) -> std::io::Result<()>;
}

/// Keeps it in memory, for tests.
#[derive(Clone, Default)]
pub struct FakeAutostart {
    how: Arc<Mutex<AtLogin>>,
}

impl Autostart for FakeAutostart {
    fn now(&self) -> AtLogin {
        *self.how.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, how: AtLogin) -> std::io::Result<()> {
        *self.how.lock().unwrap_or_else(PoisonError::into_inner) = how;
        Ok(())
    }
}

/// A file in the folder that the desktop starts at login. Source: freedesktop.org, Desktop Application Autostart
/// Specification.
pub struct XdgAutostart {
    file: PathBuf,
    program: PathBuf,
}

impl XdgAutostart {
    /// For this program; `None` without a home folder.
    pub fn new() -> Option<Self> {
        let folder = std::env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
        Some(Self { file: folder.join("autostart/onionskin.desktop"), program: std::env::current_exe().ok()? })
    }

    fn entry(&self, how: AtLogin) -> String {
        let minimised = if how == AtLogin::Minimised { MINIMISED } else { "" };
        let program = quoted(&self.program.to_string_lossy());
        format!("[Desktop Entry]\nType=Application\nName=Onionskin\nIcon=onionskin\nExec={program}{minimised}\n")
    }
}

impl Autostart for XdgAutostart {
    fn now(&self) -> AtLogin {
        match std::fs::read_to_string(&self.file) {
            Ok(entry) if entry.contains("Hidden=true") => AtLogin::No,
            Ok(entry) if entry.contains(MINIMISED) => AtLogin::Minimised,
            Ok(_) => AtLogin::Shown,
            Err(_) => AtLogin::No,
        }
    }

    fn set(&self, how: AtLogin) -> std::io::Result<()> {
        if how == AtLogin::No {
            return match std::fs::remove_file(&self.file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.file, self.entry(how))
    }
}

/// An argument as `Exec` wants it: quoted, with what means something there behind a backslash.
fn quoted(argument: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in argument.chars() {
        match letter {
            '"' | '`' | '$' => quoted.extend(['\\', '\\', letter]),
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

const MINIMISED: &str = " --minimised";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_stands_in_the_folder_of_the_desktop_and_goes_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("autostart/onionskin.desktop");
        let autostart = XdgAutostart { file: file.clone(), program: "/opt/On ion\"s/100%".into() };
        assert_eq!(autostart.now(), AtLogin::No);
        for how in [AtLogin::Shown, AtLogin::Minimised, AtLogin::No, AtLogin::No] {
            autostart.set(how).unwrap();
            assert_eq!(autostart.now(), how);
        }
        assert!(!file.exists());
        autostart.set(AtLogin::Minimised).unwrap();
        let entry = std::fs::read_to_string(file).unwrap();
        assert!(entry.contains("Exec=\"/opt/On ion\\\\\"s/100%%\" --minimised\n"), "{entry}");
    }
}
