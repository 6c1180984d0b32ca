//! A folder as one file that every system can open: a tar archive, written as it is read.
//!
//! For files that a person takes along and nobody here reads again: regular files alone, under the name of their
//! folder. Source: POSIX.1-1988 "ustar"; sizes over 8 GiB as GNU tar writes them.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Writes the files of a folder, and of those in it.
///
/// # Errors
/// Those of the file system; [`io::ErrorKind::InvalidFilename`] for a name of more than 100 bytes.
pub fn write_folder(folder: &Path, out: &mut dyn Write) -> io::Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    write_files(folder, &name, out)?;
    out.write_all(&[0; 2 * BLOCK])
}

fn write_files(folder: &Path, name: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            write_files(&entry.path(), &name, out)?;
        } else if kind.is_file() {
            write_file(&entry.path(), &name, out)?;
        }
    }
    Ok(())
}

fn write_file(path: &Path, name: &str, out: &mut dyn Write) -> io::Result<()> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    let changed = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    out.write_all(&head(name, about.len(), changed)?)?;
    // One that grows or shrinks meanwhile has the size that its head says.
    let read = io::copy(&mut file.take(about.len()), out)?;
    let missing = about.len() - read;
    let until_block = (BLOCK as u64 - about.len() % BLOCK as u64) % BLOCK as u64;
    io::copy(&mut io::repeat(0).take(missing + until_block), out)?;
    Ok(())
}

/// What stands before a file.
fn head(name: &str, size: u64, changed: u64) -> io::Result<[u8; BLOCK]> {
    let mut head = [0; BLOCK];
    if name.len() > 100 {
        return Err(io::ErrorKind::InvalidFilename.into());
    }
    let mut put = |at: usize, bytes: &[u8]| {
        head.iter_mut().skip(at).zip(bytes).for_each(|(place, byte)| *place = *byte);
    };
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    match size {
        0..OCTAL_END => put(124, format!("{size:011o}\0").as_bytes()),
        _ => {
            put(124, &[0x80]);
            put(128, &size.to_be_bytes());
        }
    }
    put(136, format!("{changed:011o}\0").as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    head.iter_mut().skip(148).zip(sum.as_bytes()).for_each(|(place, byte)| *place = *byte);
    Ok(head)
}

/// Everything in an archive begins at a multiple of this.
const BLOCK: usize = 512;

/// The first size that eleven octal digits cannot say.
const OCTAL_END: u64 = 1 << 33;

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Another program opens what was written.
    #[test]
    fn every_file_of_a_folder_comes_out_again() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("box");
        std::fs::create_dir_all(folder.join("deeper")).unwrap();
        let files = [("a", vec![1; 512]), ("b.db", vec![2; 70_001]), ("deeper/c", b"c".to_vec()), ("empty", vec![])];
        for (name, bytes) in &files {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        let archive = home.path().join("kept.tar");
        write_folder(&folder, &mut File::create(&archive).unwrap()).unwrap();
        let out = tempfile::tempdir().unwrap();
        let unpacked = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(out.path()).output().unwrap();
        assert!(unpacked.status.success() && unpacked.stderr.is_empty(), "{unpacked:?}");
        for (name, bytes) in files {
            assert_eq!(std::fs::read(out.path().join("box").join(name)).unwrap(), bytes, "{name}");
        }
    }

    #[test]
    fn a_size_that_eight_octal_digits_cannot_say_is_written_in_binary() {
        let head = head("box/large", OCTAL_END, 0).unwrap();
        assert_eq!((head[124], &head[128..136]), (0x80, &OCTAL_END.to_be_bytes()[..]));
        assert_eq!(super::head(&"x".repeat(101), 0, 0).unwrap_err().kind(), io::ErrorKind::InvalidFilename);
    }
}
