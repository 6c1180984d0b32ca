//! Files and folders that their owner alone reads.
//!
//! Whatever the program keeps in plain sight says something about a person: which nodes failed them, what they chose, that
//! they are here at all. Every folder is made with mode 0700 and every file with 0600 from its first moment; those of
//! earlier versions are tightened when they are next used. What somebody saves for themselves (a list, a picture) is not
//! written here and follows their umask. On systems without such modes nothing is asked for.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::ErrorKind;

/// What a failure of the file system says about what a person can do.
pub fn kind_of(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::StorageFull,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        io::ErrorKind::InvalidFilename => ErrorKind::PathTooLong,
        io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock => ErrorKind::InUse,
        _ => ErrorKind::NotAllowed,
    }
}

/// Options under which a file that is made is its owner's alone.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder, with the folders above it that are missing, each its owner's alone. One that is there stays as it is.
///
/// # Errors
/// Those of the file system.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// [`make_private_folder`]; one that is there and holds nothing but what this program puts there is tightened. Somebody may
/// have named their home or a shared folder: that one is not ours to close.
///
/// # Errors
/// When the folder cannot be made.
pub fn make_or_tighten_folder(path: &Path) -> io::Result<()> {
    make_private_folder(path)?;
    if holds_only_ours(path) {
        tighten(path);
    }
    Ok(())
}

/// Takes the rights of others from a file, or a folder that is ours; a link stays as it is. What cannot be changed stays
/// too: a file system without rights is no reason not to start.
pub fn tighten(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let Ok(found) = fs::symlink_metadata(path) else { return };
        let mode = found.permissions().mode();
        if !found.is_symlink() && mode & OTHERS != 0 {
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode & !OTHERS & 0o777));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// [`tighten`] for a folder that is ours and the files in it; not for what lies deeper.
pub fn tighten_all(folder: &Path) {
    tighten(folder);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        tighten(&entry.path());
    }
}

/// Writes a file as a whole or not at all: beside it first, then in its place. A crash leaves the old file or the new one.
///
/// # Errors
/// Those of the file system; the old file stays then.
pub fn write_private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    // What a crash left keeps the rights it was made with.
    let _ = fs::remove_file(&beside);
    let written = (|| {
        let mut file = private().write(true).create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Reads a file of at most `limit` bytes; none when it is longer or cannot be read.
pub fn read_limited(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    // One byte more tells whether there is more; a file may grow between being measured and being read.
    io::Read::read_to_end(&mut io::Read::take(file, limit.saturating_add(1)), &mut bytes).ok()?;
    (u64::try_from(bytes.len()).is_ok_and(|length| length <= limit)).then_some(bytes)
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.new", std::process::id()))
}

/// Whether all in a folder is what this program puts there, and the folder is not one for everybody.
fn holds_only_ours(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(path).is_ok_and(|found| found.permissions().mode() & STICKY != 0) {
            return false;
        }
    }
    let Ok(entries) = fs::read_dir(path) else { return false };
    entries.flatten().all(|entry| entry.file_name().to_str().is_some_and(is_ours))
}

/// The names that the program gives: folders of accounts and of the node list, and what is chosen before any opens.
fn is_ours(name: &str) -> bool {
    let chosen = ["preferences", "network", "nodes-"].iter().any(|ours| name.starts_with(ours));
    let kept = [".json", ".new"].iter().any(|ending| name.ends_with(ending));
    ["accounts", "cache"].contains(&name) || (chosen && kept)
}

/// Rights of the group and of everybody.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// A folder in which everybody may write, and only the owner of a file removes it.
#[cfg(unix)]
const STICKY: u32 = 0o1000;

#[cfg(all(test, unix))]
pub(crate) mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// The rights of what is there.
    pub(crate) fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// As an earlier version, or a careless hand, left it.
    pub(crate) fn open_up(path: &Path) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_written_is_its_owners_alone_even_over_what_was_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nodes-x.json");
        fs::write(&path, "old").unwrap();
        fs::write(beside(&path), "left by a crash").unwrap();
        open_up(&path);
        open_up(&beside(&path));
        write_private_file(&path, b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600));
        assert!(!beside(&path).exists());
        assert!(write_private_file(&dir.path().join("missing/file"), b"").is_err());
    }

    #[test]
    fn every_folder_on_the_way_is_made_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        make_private_folder(&path).unwrap();
        assert_eq!((mode(&path), mode(&dir.path().join("a"))), (0o700, 0o700));
    }

    #[test]
    fn a_folder_of_ours_is_tightened_and_somebodys_home_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, home) = (dir.path().join("ours"), dir.path().join("home"));
        for folder in [&ours, &home] {
            fs::create_dir_all(folder.join("accounts")).unwrap();
            for name in ["preferences.json", "preferences.damaged.json", "network.json", "nodes-mainnet.7.new"] {
                fs::write(folder.join(name), "{}").unwrap();
            }
            open_up(folder);
        }
        fs::write(home.join("letter.txt"), "").unwrap();
        make_or_tighten_folder(&ours).unwrap();
        make_or_tighten_folder(&home).unwrap();
        assert_eq!((mode(&ours), mode(&home)), (0o700, 0o755));
        let shared = dir.path().join("shared");
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
        make_or_tighten_folder(&shared).unwrap();
        assert_eq!(mode(&shared), 0o777, "a folder for everybody stays one");
    }

    #[test]
    fn tightening_takes_from_others_and_follows_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "").unwrap();
        open_up(&file);
        std::os::unix::fs::symlink(&file, &link).unwrap();
        tighten(&link);
        assert_eq!(mode(&file), 0o644);
        tighten(&file);
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        tighten(&file);
        assert_eq!(mode(&file), 0o400, "what its owner may not do stays so");
        tighten(&dir.path().join("missing"));
    }

    #[test]
    fn failures_of_the_file_system_are_told_apart_by_what_a_person_can_do() {
        let kinds = [libc_code(13), libc_code(30), libc_code(36), libc_code(28), libc_code(2), libc_code(16)];
        let expected = [
            ErrorKind::ReadOnly,
            ErrorKind::ReadOnly,
            ErrorKind::PathTooLong,
            ErrorKind::StorageFull,
            ErrorKind::NotFound,
            ErrorKind::InUse,
        ];
        #[cfg(target_os = "linux")]
        assert_eq!(kinds, expected);
        let dir = tempfile::tempdir().unwrap();
        let long = fs::create_dir(dir.path().join("x".repeat(300))).unwrap_err();
        assert_eq!(kind_of(&long), ErrorKind::PathTooLong);
    }

    fn libc_code(code: i32) -> ErrorKind {
        kind_of(&io::Error::from_raw_os_error(code))
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_limited(&path, 5), Some(b"12345".to_vec()));
        assert_eq!(read_limited(&path, 4), None);
        assert_eq!(read_limited(&dir.path().join("missing"), 4), None);
    }
}
