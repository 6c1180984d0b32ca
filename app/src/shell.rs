//! What outlives a screen: the accounts and their lock ([`lifecycle`], with what wraps their keys, [`vaults`], and what
//! is saved of those that do not open, [`rescue`]), the preferences, and where a person was ([`Whereabouts`]).
//!
//! One [`Shell`] for a process. A launcher makes it and hands it to the interface; a page that reloads or an activity
//! that dies takes nothing with it: what changes accounts runs to its end in a task of its own, whoever still waits for
//! it. It builds no runtime and knows no renderer.

mod choice;
mod clipboard;
mod lifecycle;
mod papers;
mod rescue;
mod stage;
#[cfg(test)]
pub(crate) mod tests;
mod vaults;

use std::sync::Arc;

use onionskin_core::{ConversationId, Error, ErrorKind, Network, Result, SharedClock, SystemClock};
use tokio::sync::watch;

use crate::notices::{Called, Looked, Notices};
use crate::options::Options;
use crate::platform::Platform;
use crate::preferences::Preferences;
use crate::route::{Screen, Whereabouts};
use crate::text::Texts;
use lifecycle::{Lifecycle, not_open, to_the_end};
use papers::Papers;
use vaults::Vaults;

pub use crate::route::Place;
pub use choice::NetworkOrigin;
pub use rescue::{Outcome, Rescue};
pub use stage::{Open, Stage};
pub use vaults::Protection;

/// Cheap to clone; all clones are the same program.
#[derive(Clone)]
pub struct Shell {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    network: Network,
    network_origin: NetworkOrigin,
    platform: Platform,
    clock: SharedClock,
    lifecycle: Lifecycle,
    vaults: Vaults,
    whereabouts: Whereabouts,
    papers: Papers,
    preferences: watch::Sender<Preferences>,
    /// Listens to every open account and shows notifications.
    notices: Notices,
    /// When the clipboard is emptied, on the clock's monotonic reading.
    copied: watch::Sender<Option<std::time::Duration>>,
    /// The rescue of an account that runs or has ended.
    rescue: watch::Sender<Option<Rescue>>,
    /// Counts what happened to accounts that do not open.
    troubles: watch::Sender<u64>,
}

impl PartialEq for Shell {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Shell {
    /// Reads the preferences and the network's description; opens nothing yet ([`Self::open`]).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a network description or a key that is none.
    pub fn new(options: Options, platform: Platform) -> Result<Self> {
        Self::with_clock(options, platform, SystemClock::shared())
    }

    /// As [`Self::new`], with another clock: tests move it.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_clock(options: Options, platform: Platform, clock: SharedClock) -> Result<Self> {
        let (network, network_origin) = choice::read(&options)?;
        let vaults = Vaults::of(&options, &platform)?;
        let preferences = watch::Sender::new(Preferences::read(&options.data_dir));
        let (language, heard) = (options.language.clone(), preferences.subscribe());
        let notices = Notices::new(platform.notify.clone(), heard, language, clock.clone());
        let inner = Inner {
            options,
            network,
            network_origin,
            platform,
            clock,
            lifecycle: Lifecycle::default(),
            vaults,
            whereabouts: Whereabouts::default(),
            papers: Papers::default(),
            preferences,
            notices,
            copied: watch::Sender::new(None),
            rescue: watch::Sender::new(None),
            troubles: watch::Sender::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What the system can do for us.
    pub fn platform(&self) -> &Platform {
        &self.inner.platform
    }

    /// What the command line said.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// The network that is used.
    pub fn network(&self) -> &Network {
        &self.inner.network
    }

    /// The preferences, now and from now on.
    pub fn preferences(&self) -> watch::Receiver<Preferences> {
        self.inner.preferences.subscribe()
    }

    /// Changes the preferences and writes them down.
    ///
    /// # Errors
    /// [`ErrorKind::StorageFull`] when they cannot be written; they hold until the program ends all the same.
    pub fn change_preferences(&self, change: impl FnOnce(&mut Preferences)) -> Result<()> {
        self.inner.preferences.send_modify(change);
        let preferences = self.inner.preferences.borrow().clone();
        preferences
            .write(&self.inner.options.data_dir)
            .map_err(|error| Error::new(ErrorKind::StorageFull, "preferences could not be written").with_source(error))
    }

    /// The language: the command line's, else the chosen one, else the system's.
    pub fn texts(&self) -> Texts {
        Texts::chosen(self.inner.options.language.as_deref(), &self.inner.preferences.borrow())
    }

    /// Tells what a person looks at now, `None` when nobody does: no notification is shown for what is in sight.
    pub fn watch(&self, looked: Option<Looked>) {
        self.inner.notices.look(looked);
    }

    /// What a person wants to see who opened a notification, from now on.
    pub fn called(&self) -> watch::Receiver<Option<Called>> {
        self.inner.notices.called()
    }

    #[cfg(test)]
    pub(crate) fn notices(&self) -> &Notices {
        &self.inner.notices
    }

    /// The clock of the program.
    pub fn clock(&self) -> &SharedClock {
        &self.inner.clock
    }

    /// Where a person is and was.
    pub fn whereabouts(&self) -> &Whereabouts {
        &self.inner.whereabouts
    }

    /// Where a person was; empty at the first start.
    pub fn remembered_stack(&self) -> Vec<Screen> {
        self.inner.whereabouts.stack()
    }

    /// Keeps where a person is, in memory only.
    pub fn remember_stack(&self, stack: Vec<Screen>) {
        self.inner.whereabouts.keep_stack(stack);
    }

    /// Where the reader was in this conversation; `None` at its end.
    pub fn place(&self, conversation: &ConversationId) -> Option<Place> {
        self.inner.whereabouts.place(conversation)
    }

    /// Keeps where the reader is, in memory only.
    pub fn remember_place(&self, conversation: &ConversationId, place: Option<Place>) {
        self.inner.whereabouts.keep_place(conversation, place);
    }
}
