//! Files a person keeps: a name and bytes go out, and where they went comes back in words. Where that is, is the
//! system's affair: a dialogue asks, a picker hands over a document. No path is seen outside of this file.

use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// Saves files where a person wants them.
pub trait Files: Send + Sync {
    /// Asks where, with `name` as a proposal, and writes `content` there. `None` when the person changed their mind.
    /// Belongs to the thread of the interface; the writing does not hold it up.
    ///
    /// # Errors
    /// Those of the file system; what stood there before stays then.
    fn save<'a>(&'a self, name: &'a str, content: Content) -> Saving<'a>;
}

/// A question to a person, and the writing after it.
pub type Saving<'a> = Pin<Box<dyn Future<Output = io::Result<Option<Kept>>> + 'a>>;

/// Where a file is now, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept(pub String);

/// What is saved: writes itself, on a thread that may wait.
pub struct Content(Box<Writing>);

type Writing = dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send;

impl Content {
    /// What this writes.
    pub fn written_by(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Self {
        Self(Box::new(write))
    }

    /// These bytes.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self::written_by(move |out| out.write_all(&bytes))
    }

    /// Writes all of it, elsewhere than on this thread.
    async fn write_into<W: Write + Send + 'static>(self, mut out: W) -> io::Result<W> {
        let write = move || {
            (self.0)(&mut out)?;
            Ok(out)
        };
        tokio::task::spawn_blocking(write).await.unwrap_or_else(|ended| Err(io::Error::other(ended)))
    }
}

/// A name and what was saved under it.
type Saved = (String, Vec<u8>);

/// Keeps files in memory, for tests.
#[derive(Clone, Default)]
pub struct FakeFiles {
    saved: Arc<Mutex<Vec<Saved>>>,
    changed_their_mind: bool,
}

impl FakeFiles {
    /// Files of a person who closes every dialogue.
    pub fn of_nobody() -> Self {
        Self { changed_their_mind: true, ..Self::default() }
    }

    /// Everything that was saved.
    pub fn saved(&self) -> Vec<(String, Vec<u8>)> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Files for FakeFiles {
    fn save<'a>(&'a self, name: &'a str, content: Content) -> Saving<'a> {
        Box::pin(async move {
            if self.changed_their_mind {
                return Ok(None);
            }
            let bytes = content.write_into(Vec::new()).await?;
            self.saved.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), bytes));
            Ok(Some(Kept(name.to_owned())))
        })
    }
}

/// What saves files on this desktop, where it has a dialogue.
#[cfg(feature = "desktop")]
pub fn of_the_desktop() -> Option<Arc<dyn Files>> {
    #[cfg(target_os = "linux")]
    return Some(Arc::new(dialogue::Dialogue));
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(all(feature = "desktop", target_os = "linux"))]
mod dialogue {
    //! The file dialogue of the desktop; inside of a sandbox, the portal's.

    use std::ffi::OsString;
    use std::fs::{self, File};
    use std::io;
    use std::path::{Path, PathBuf};

    use gtk::prelude::*;
    use gtk::{FileChooserAction, FileChooserNative, ResponseType, Window, glib};

    use super::{Content, Files, Kept, Saving};

    /// Asks with the system's own dialogue, in the system's own language.
    pub struct Dialogue;

    impl Files for Dialogue {
        fn save<'a>(&'a self, name: &'a str, content: Content) -> Saving<'a> {
            Box::pin(async move {
                if !gtk::is_initialized_main_thread() {
                    // A dialogue belongs to the thread of the window.
                    return Err(io::ErrorKind::Unsupported.into());
                }
                let Some(path) = ask(name).await else { return Ok(None) };
                keep(&path, content).await?;
                Ok(Some(Kept(path.display().to_string())))
            })
        }
    }

    async fn ask(name: &str) -> Option<PathBuf> {
        let windows = Window::list_toplevels().into_iter().filter_map(|window| window.downcast::<Window>().ok());
        let parent = windows.into_iter().find(|window| window.is_active());
        let dialogue = FileChooserNative::new(None, parent.as_ref(), FileChooserAction::Save, None, None);
        dialogue.set_modal(true);
        dialogue.set_do_overwrite_confirmation(true);
        if let Some(folder) = glib::user_special_dir(glib::UserDirectory::Downloads) {
            dialogue.set_current_folder(folder);
        }
        dialogue.set_current_name(name);
        let answer = dialogue.run_future().await;
        let path = dialogue.filename().filter(|_| answer == ResponseType::Accept);
        dialogue.destroy();
        path
    }

    /// Writes beside it first: half a file would stand in the place of what was there.
    pub(super) async fn keep(path: &Path, content: Content) -> io::Result<()> {
        let mut part = OsString::from(path);
        part.push(".part");
        let whole = async {
            let file = content.write_into(io::BufWriter::new(File::create(&part)?)).await?;
            file.into_inner()?.sync_all()?;
            fs::rename(&part, path)
        };
        let kept = whole.await;
        if kept.is_err() {
            let _ = fs::remove_file(&part);
        }
        kept
    }
}

#[cfg(test)]
#[cfg(all(feature = "desktop", target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_could_not_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.txt");
        dialogue::keep(&path, Content::of(b"whole".to_vec())).await.unwrap();
        let half = Content::written_by(|out| {
            out.write_all(b"ha")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(dialogue::keep(&path, half).await.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else lies around");
    }
}
