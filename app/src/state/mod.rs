//! What the screens read: small signals, fed by the shell and by core's events.
//!
//! [`State`] belongs to one interface (a window, a page); [`Account`] to the account it shows. Both are `Copy` and
//! found with `use_context`. A conversation's window of rows has its own listener ([`window`]).

mod account;
mod day;
pub mod late;
pub mod lately;
pub mod lines;
pub mod lists;
pub mod picked;
pub mod thread;
pub mod window;

use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dioxus::prelude::*;
use onionskin_core::{ErrorKind, Timestamp};

pub use account::{Account, use_account_provider};
use picked::Picked;

use crate::preferences::Preferences;
use crate::route::{Route, Screen};
use crate::shell::{Shell, Stage};
use crate::text::{Language, Texts};

/// What one interface shows, whoever is logged in.
#[derive(Clone, Copy)]
pub struct State {
    shell: CopyValue<Shell>,
    /// Whether the accounts can be used.
    pub stage: Signal<Stage>,
    /// What was chosen about the program.
    pub preferences: Signal<Preferences>,
    /// The language.
    pub texts: Signal<Texts>,
    /// Where the person is.
    pub route: Route,
    /// Messages of the open conversation that are being picked.
    pub picked: Picked,
    /// What lies over the screen.
    pub over: Signal<Option<Over>>,
    /// A short notice.
    pub toast: Signal<Option<Toast>>,
    /// Whether the interface is seen, and has the keyboard.
    pub look: Signal<Look>,
    /// The day that is named "today" ([`day`]).
    day: Signal<day::Day>,
}

/// A sheet over the whole interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// The keys that can be used.
    Keys,
    /// "Open this link?" with the address.
    Link(String),
}

/// A short notice; goes away by itself, and with the screen that it is about.
#[derive(Clone)]
pub struct Toast {
    /// Tells two equal ones apart.
    pub number: u64,
    /// What it says.
    pub text: String,
    /// Takes back what it tells of, while it is shown.
    pub undo: Option<Rc<dyn Fn()>>,
}

impl Toast {
    /// How long it is shown: long enough to read it, and longer where something can be taken back.
    pub fn stays(&self) -> Duration {
        let letters = u32::try_from(self.text.chars().count()).unwrap_or(u32::MAX);
        match self.undo {
            Some(_) => UNDO_STAYS,
            None => (TOAST_STAYS + TOAST_LETTER * letters.saturating_sub(TOAST_GLANCE)).min(UNDO_STAYS),
        }
    }
}

/// Sets the title of the window, where there is one.
#[derive(Clone)]
pub struct Title(pub std::rc::Rc<dyn Fn(&str)>);

/// Ends the program, where closing its window does not.
#[derive(Clone)]
pub struct Quit(pub Rc<dyn Fn()>);

/// Whether a person looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The interface is on the screen.
    pub visible: bool,
    /// It has the keyboard.
    pub focused: bool,
}

impl State {
    /// What outlives the interface.
    pub fn shell(&self) -> Shell {
        self.shell.peek().clone()
    }

    /// Now, by the program's clock. Whoever draws with it draws again when another day begins, here or because the
    /// device woke up or was carried into another time zone.
    pub fn now(&self) -> Timestamp {
        self.day.read();
        self.shell.peek().clock().now()
    }

    /// Whether the Enter key sends, as it was chosen or as it is usual on this device.
    pub fn enter_sends(&self) -> bool {
        self.preferences.read().enter_sends_on(self.shell.peek().platform().phone)
    }

    /// Shows a short notice.
    pub fn say(self, text: impl Into<String>) {
        self.show(text.into(), None);
    }

    /// Shows a short notice of something that can be taken back for [`UNDO_STAYS`].
    pub fn say_with_undo(self, text: impl Into<String>, undo: impl Fn() + 'static) {
        self.show(text.into(), Some(Rc::new(undo)));
    }

    fn show(mut self, text: String, undo: Option<Rc<dyn Fn()>>) {
        let number = NEXT_TOAST.fetch_add(1, Ordering::Relaxed);
        self.toast.set(Some(Toast { number, text, undo }));
    }

    /// Shows what went wrong, in words.
    pub fn say_error(self, error: &onionskin_core::Error) {
        tracing::warn!(?error, "an action failed");
        let text = sentence(error);
        self.say(text);
    }
}

/// What went wrong and what to do, in the language of the interface.
pub fn sentence(error: &onionskin_core::Error) -> String {
    crate::text::say(&format!("error-{}", error_name(error.kind())), &[])
}

/// The name of a kind in the translations.
pub fn error_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Offline => "offline",
        ErrorKind::GuardUnreachable => "guard",
        ErrorKind::PathBroken => "path",
        ErrorKind::SwarmRejected => "swarm",
        ErrorKind::ServerRejected => "server",
        ErrorKind::ClockWrong => "clock",
        ErrorKind::TooLarge => "too-large",
        ErrorKind::NotFound => "not-found",
        ErrorKind::NotAllowed => "not-allowed",
        ErrorKind::InvalidInput => "input",
        ErrorKind::WrongRecoveryPassword => "recovery",
        ErrorKind::UnreadableMessage => "unreadable",
        ErrorKind::StorageFull => "storage",
        ErrorKind::DatabaseDamaged => "damaged",
        ErrorKind::DatabaseEmpty => "empty",
        ErrorKind::DatabaseMissing => "missing",
        ErrorKind::DatabaseForeign => "foreign",
        ErrorKind::KeyMissing => "key-missing",
        ErrorKind::InUse => "in-use",
        ErrorKind::ReadOnly => "read-only",
        ErrorKind::PathTooLong => "path-long",
        ErrorKind::NothingReadable => "nothing-readable",
        ErrorKind::SeedUnreadable => "seed-unreadable",
        ErrorKind::WrongKey => "key",
        ErrorKind::NewerVersionNeeded => "newer",
        _ => "bug",
    }
}

/// Makes the state of an interface and keeps it in step with the shell. Once, in the root component.
pub fn use_state_provider(shell: &Shell) -> State {
    let state = use_context_provider(|| {
        let stage = shell.stage().borrow().clone();
        State {
            shell: CopyValue::new(shell.clone()),
            stage: Signal::new(stage),
            preferences: Signal::new(shell.preferences().borrow().clone()),
            texts: Signal::new(shell.texts()),
            route: Route::new(shell.whereabouts().clone(), Screen::Home),
            picked: Picked::new(),
            over: Signal::new(None),
            toast: Signal::new(None),
            look: Signal::new(Look { visible: true, focused: true }),
            day: Signal::new(day::Day::of(shell.clock().now())),
        }
    });
    use_context_provider(|| state.route);
    // At the very root: what goes on after its screen (`spawn_forever`) speaks too.
    use_hook(|| dioxus::core::provide_root_context(Language(state.texts)));
    day::use_day(state);
    use_future(move || async move {
        let mut stage = state.shell().stage();
        let mut signal = state.stage;
        loop {
            let now = stage.borrow_and_update().clone();
            if *signal.peek() != now {
                // Another account, none, or the same one opened again: its screens go with it.
                if opening_of(&signal.peek()) != opening_of(&now) {
                    state.route.begin_anew();
                    // Nor does anything of theirs lie over what comes next.
                    let mut over = state.over;
                    over.set(None);
                    state.picked.end();
                }
                signal.set(now);
            }
            if stage.changed().await.is_err() {
                break;
            }
        }
    });
    use_future(move || async move {
        let mut preferences = state.shell().preferences();
        let (mut signal, mut texts) = (state.preferences, state.texts);
        loop {
            // Also what changed before anybody listened.
            let now = preferences.borrow_and_update().clone();
            if *signal.peek() != now {
                let language = state.shell().texts();
                document::eval(&crate::page::looks(&now, language.tag()));
                if *texts.peek() != language {
                    texts.set(language);
                }
                signal.set(now);
            }
            if preferences.changed().await.is_err() {
                break;
            }
        }
    });
    state
}

fn opening_of(stage: &Stage) -> Option<u64> {
    match stage {
        Stage::Open(open) => open.opening(),
        _ => None,
    }
}

/// The state of this interface.
pub fn use_state() -> State {
    use_context::<State>()
}

/// The account on the screen. Only below the component that provides it.
pub fn use_account() -> Account {
    use_context::<Account>()
}

/// Numbers the notices.
static NEXT_TOAST: AtomicU64 = AtomicU64::new(0);
/// How long a notice of a few words stays; longer covers what one wants to do next.
const TOAST_STAYS: Duration = Duration::from_millis(2_500);
/// So many letters are read at a glance.
const TOAST_GLANCE: u32 = 40;
/// What each letter more takes to be read.
const TOAST_LETTER: Duration = Duration::from_millis(40);
/// How long something can be taken back: long enough to notice a slip and reach the button.
pub const UNDO_STAYS: Duration = Duration::from_secs(6);
