//! Small files beside a database: what is kept of it in case that it does not open, and notes on what happens to its folder.
//!
//! A rescue writes into a new folder, whose `founding` note names the folder that is read: until the rescue is done the note says
//! "rescue", and the new folder may be taken back; from then on it says "rescued", and whoever finds the note finishes what
//! it says: the old folder is set aside, the note goes. So at every moment one of the two folders counts, and never both.

use std::fs;
use std::io;

use super::{AccountFolder, FOUNDING, FolderName, disk, sync_folder};
use crate::disk::{read_limited, write_private_file};
use crate::error::Result;
use crate::kill;
use crate::store::{DatabaseKey, Imprint, MAX_IMPRINT_BYTES};

/// How far the making of an account in a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// It is made, or nobody ever began.
    Done,
    /// It is being made, or was until something ended it.
    UnderWay,
    /// It takes the place of the account in this folder, which is to be set aside.
    InPlaceOf(FolderName),
}

impl AccountFolder {
    /// What is kept of the database in case that it does not open; `None` when nothing is, or when it says nothing.
    pub fn imprint(&self) -> Option<Imprint> {
        Imprint::parse(&read_limited(&self.path.join(IMPRINT), MAX_IMPRINT_BYTES)?)
    }

    /// Keeps what a database, which opens with `key`, says of itself. Nothing is written when that is kept already.
    ///
    /// # Errors
    /// When it cannot be written; what was kept before stays then.
    pub fn keep_imprint(&self, imprint: &Imprint, key: &DatabaseKey) -> Result<()> {
        if self.imprint().is_some_and(|kept| kept.says_the_same(imprint, key)) {
            return Ok(());
        }
        kill::point("before the imprint");
        write_private_file(&self.path.join(IMPRINT), &imprint.to_bytes()).map_err(disk)?;
        sync_folder(&self.path);
        kill::point("after the imprint");
        Ok(())
    }

    /// Notes that the account here is read from another folder, which counts until [`Self::is_rescued`].
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn begin_rescue(&self, of: &FolderName) -> Result<()> {
        self.note(&format!("{RESCUE}{of}"))
    }

    /// From here on this account counts, and the one that it was read from does not.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn is_rescued(&self, from: &FolderName) -> Result<()> {
        self.note(&format!("{RESCUED}{from}"))
    }

    fn note(&self, text: &str) -> Result<()> {
        kill::point("before a note on a rescue");
        write_private_file(&self.path.join(FOUNDING), text.as_bytes()).map_err(disk)?;
        sync_folder(&self.path);
        kill::point("after a note on a rescue");
        Ok(())
    }

    /// How far the making of the account here is. A disk that does not say calls nothing unfinished.
    pub fn making(&self) -> Making {
        if !self.is_unfinished() {
            return Making::Done;
        }
        let text = self.founding_note();
        let old = text.as_ref().and_then(|text| text.strip_prefix(RESCUED)).and_then(FolderName::parse);
        old.map_or(Making::UnderWay, Making::InPlaceOf)
    }

    /// Whether the account here is being read from another folder, or was until something ended it: it may be taken back
    /// whatever its database holds.
    pub fn is_rescue_under_way(&self) -> bool {
        self.founding_note().is_some_and(|text| text.starts_with(RESCUE))
    }

    fn founding_note(&self) -> Option<String> {
        let text = read_limited(&self.path.join(FOUNDING), MAX_NOTE_BYTES)?;
        String::from_utf8(text).ok()
    }

    /// Sets the account aside: it is not opened any more, and its files stay as they are.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn set_aside(&self) -> Result<()> {
        kill::point("before setting aside");
        write_private_file(&self.path.join(ASIDE), b"").map_err(disk)?;
        sync_folder(&self.path);
        kill::point("after setting aside");
        Ok(())
    }

    /// Whether it was set aside.
    pub fn is_set_aside(&self) -> bool {
        self.path.join(ASIDE).try_exists().unwrap_or(false)
    }

    /// Takes back [`Self::set_aside`].
    ///
    /// # Errors
    /// When the note cannot be removed.
    pub fn put_back(&self) -> Result<()> {
        match fs::remove_file(self.path.join(ASIDE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(error)),
            _ => Ok(()),
        }
    }

    /// Whether something lies beside the database that was never moved into it: of a young account that may be everything.
    pub fn has_log(&self) -> bool {
        let mut log = self.database_path().into_os_string();
        log.push("-wal");
        fs::metadata(log).is_ok_and(|log| log.len() > 0)
    }

    /// How much room its files take, in bytes.
    pub fn bytes(&self) -> u64 {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
    }
}

/// What is kept of the database.
const IMPRINT: &str = "imprint";
/// Stands in a folder that was set aside.
const ASIDE: &str = "aside";
/// How the note of a rescue that is under way begins.
const RESCUE: &str = "rescue ";
/// How the note of a rescue that is done begins.
const RESCUED: &str = "rescued ";
/// Longer than every note.
const MAX_NOTE_BYTES: u64 = 256;

#[cfg(test)]
mod tests {
    use super::super::Folders;
    use super::*;

    #[test]
    fn a_note_says_how_far_a_rescue_is() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::new(data.path()).unwrap();
        let (old, new) = (folders.create().unwrap(), folders.create().unwrap());
        assert_eq!(new.making(), Making::Done);
        new.begin().unwrap();
        assert_eq!(new.making(), Making::UnderWay);
        new.begin_rescue(old.name()).unwrap();
        assert_eq!(new.making(), Making::UnderWay);
        new.is_rescued(old.name()).unwrap();
        assert_eq!(new.making(), Making::InPlaceOf(*old.name()));
        new.begin().unwrap();
        assert_eq!(new.making(), Making::UnderWay, "a removal says nothing of a rescue");
        new.finish().unwrap();
        assert_eq!(new.making(), Making::Done);
        old.set_aside().unwrap();
        assert!(old.is_set_aside() && !new.is_set_aside());
        old.put_back().unwrap();
        old.put_back().unwrap();
        assert!(!old.is_set_aside());
    }
}
