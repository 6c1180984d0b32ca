//! Which network is used: the command line's, else the one that was chosen in the program, else the built-in one.

use std::path::{Path, PathBuf};

use onionskin_core::{Error, ErrorKind, Network, Result, make_private_folder, tighten, write_private_file};

use super::Shell;
use crate::options::Options;

/// Where the description of the network came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkOrigin {
    /// The command line named a file.
    CommandLine,
    /// Somebody chose a file in the program.
    Chosen,
    /// It is part of the program.
    BuiltIn,
}

/// The network of this start.
pub(super) fn read(options: &Options) -> Result<(Network, NetworkOrigin)> {
    let chosen = file(&options.data_dir);
    tighten(&chosen);
    let (path, origin) = match &options.network {
        Some(path) => (path.clone(), NetworkOrigin::CommandLine),
        None if chosen.exists() => (chosen, NetworkOrigin::Chosen),
        None => return Ok((Network::mainnet(), NetworkOrigin::BuiltIn)),
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(ErrorKind::InvalidInput, "network file cannot be read").with_source(error))?;
    Ok((Network::from_json(&text)?, origin))
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("network.json")
}

impl Shell {
    /// Where the description of the network in use came from.
    pub fn network_origin(&self) -> NetworkOrigin {
        self.inner.network_origin
    }

    /// The network that was chosen for the next start; `None` for the built-in one.
    pub fn chosen_network(&self) -> Option<Network> {
        let text = std::fs::read_to_string(file(&self.options().data_dir)).ok()?;
        Network::from_json(&text).ok()
    }

    /// Keeps another network's description, or forgets it; it holds from the next start on. Gives it as it was
    /// understood.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] and [`ErrorKind::NewerVersionNeeded`] when the text describes no network;
    /// [`ErrorKind::StorageFull`] when it cannot be written. What was chosen before stays then.
    pub fn choose_network(&self, description: Option<&str>) -> Result<Option<Network>> {
        let path = file(&self.options().data_dir);
        let network = description.map(Network::from_json).transpose()?;
        let written = match description {
            Some(text) => write_whole(&path, text),
            None => std::fs::remove_file(&path).or_else(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }),
        };
        written.map_err(|error| {
            Error::new(ErrorKind::StorageFull, "network file could not be written").with_source(error)
        })?;
        Ok(network)
    }
}

/// Half a description would keep the program from starting.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        make_private_folder(folder)?;
    }
    write_private_file(path, text.as_bytes())
}
