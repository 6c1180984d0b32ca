//! A network on this machine and people who live on it in folders that the app opens: what the demo, the screenshots and
//! the tests of the real window share.
//!
//! A [`Home`] is a device as the app finds it: a data folder and a key that is handed over by a file descriptor. Tests and
//! the demo open it with core alone to prepare it, close it, and let the app open it.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use onionskin_core::vault::TestVault;
use onionskin_core::{Accounts, Client, Config, ConversationId, Draft, Network, SharedClock, SystemClock};
use onionskin_network::{Fault, LocalNetwork, Options};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::people::Told;

/// A local network, its description in a file, and a folder for everybody. All of it goes when it is dropped.
pub struct Town {
    network: LocalNetwork,
    folder: TempDir,
}

impl Town {
    /// Starts the network: 12 nodes in 3 swarms.
    ///
    /// # Errors
    /// When it does not start or the folder cannot be made.
    pub async fn start() -> Told<Self> {
        let network = LocalNetwork::start(Options::default()).await?;
        let folder = tempfile::Builder::new().prefix("onionskin-").tempdir()?;
        std::fs::write(folder.path().join(DESCRIPTION), network.description_json())?;
        Ok(Self { network, folder })
    }

    /// Loopback takes no time; real nodes are some way off.
    pub fn put_some_way_off(&self) {
        for node in self.network.nodes() {
            node.fault(Fault::Slow(Duration::from_millis(2 + 3 * (node.number() as u64 % 4))));
        }
    }

    /// The network.
    pub fn network(&self) -> &LocalNetwork {
        &self.network
    }

    /// The folder that holds everybody's folders.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file that describes the network, for `--network`.
    pub fn description(&self) -> PathBuf {
        self.folder.path().join(DESCRIPTION)
    }

    /// An empty device in a folder of that name.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn home(&self, name: &str) -> Told<Home> {
        let mut key = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
        Ok(Home {
            name: name.to_owned(),
            folder: self.folder.path().join(name.to_lowercase()),
            description: self.description(),
            key,
        })
    }

    /// Ends the network.
    pub async fn close(self) {
        self.network.stop().await;
    }
}

/// A device of a person.
pub struct Home {
    name: String,
    folder: PathBuf,
    description: PathBuf,
    key: [u8; 32],
}

impl Home {
    /// The person's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The app's data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The key that wraps the databases' keys.
    pub fn key(&self) -> [u8; 32] {
        self.key
    }

    /// Opens the folder without the app.
    ///
    /// # Errors
    /// Those of [`Accounts::open`].
    pub async fn open(&self) -> Told<Accounts> {
        self.open_at(SystemClock::shared()).await
    }

    /// As [`Home::open`], at another time.
    ///
    /// # Errors
    /// Those of [`Accounts::open`].
    pub async fn open_at(&self, clock: SharedClock) -> Told<Accounts> {
        let config = Config {
            data_dir: self.folder.clone(),
            cache_dir: self.folder.join("cache"),
            key_vault: Arc::new(TestVault::new(self.key)),
            network: Network::from_json(&std::fs::read_to_string(&self.description)?)?,
            clock,
        };
        Ok(Accounts::open(config).await?)
    }

    /// The command that shows this home in the app. The key comes by [`Home::start`].
    pub fn app(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .args(["--key-fd", "0"])
            .arg("--data-dir")
            .arg(&self.folder)
            .arg("--network")
            .arg(&self.description)
            .stdin(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts the app and hands it the key over its standard input.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(&self, command: &mut Command) -> Told<Child> {
        let mut child = command.spawn()?;
        if let Some(input) = child.stdin.take() {
            let mut input = std::fs::File::from(input.into_owned_fd()?);
            input.write_all(&self.key)?;
        }
        Ok(child)
    }
}

/// Lets two people write to each other over the network: `true` is a line of `one`. Both have read everything then, and
/// each has accepted the other by writing.
///
/// # Errors
/// When a message does not arrive.
pub async fn converse(one: &Client, other: &Client, lines: &[(bool, &str)]) -> Told<()> {
    for (first, text) in lines {
        let (from, to) = if *first { (one, other) } else { (other, one) };
        write(from, to, text).await?;
        read_mail(to).await?;
    }
    for (reader, writer) in [(one, other), (other, one)] {
        reader.conversation(&with(writer)?).mark_read().await?;
    }
    Ok(())
}

/// Writes a message and sends it.
///
/// # Errors
/// When it does not leave.
pub async fn write(from: &Client, to: &Client, text: &str) -> Told<()> {
    from.conversation(&with(to)?).send(Draft::text(text)).await?;
    for _ in 0..TRIES {
        let report = from.send_now().await?;
        if !report.offline && report.retrying == 0 && report.failed == 0 {
            return Ok(());
        }
    }
    Err("a message did not leave".into())
}

/// Fetches what waits.
///
/// # Errors
/// When nothing could be fetched.
pub async fn read_mail(client: &Client) -> Told<()> {
    while client.poll_now().await?.more {}
    Ok(())
}

/// The conversation with that account.
///
/// # Errors
/// Never for an account that exists.
pub fn with(client: &Client) -> Told<ConversationId> {
    Ok(ConversationId::parse(&client.account_id().to_string())?)
}

/// The app's binary beside this program's: the Makefile builds both.
///
/// # Errors
/// When it was not built.
pub fn app_program() -> Told<PathBuf> {
    let here = std::env::current_exe()?;
    let near = here.ancestors().skip(1).take(2).map(|folder| folder.join("onionskin"));
    near.into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| format!("no program onionskin beside {}; `make` builds it", here.display()).into())
}

const DESCRIPTION: &str = "network.json";

/// Rounds of sending before a message is given up.
const TRIES: usize = 20;
