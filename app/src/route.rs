//! Our own stack of screens: simple to restore, to drive from a Back button, and to test.

use dioxus::prelude::*;
use onionskin_core::{ConversationId, MessageId};

use crate::shell::Shell;

/// A screen, with what it needs to show itself again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a screen is its name; each has a file of this name in `views`")]
pub enum Screen {
    Landing,
    CreateAccount,
    Restore,
    Rescue,
    Home,
    Requests,
    Search,
    NewConversation,
    Conversation(ConversationId),
    ConversationSettings(ConversationId),
    Nickname(ConversationId),
    PrivateNote(ConversationId),
    MessageDetails(MessageId),
    AccountId,
    Restoring,
    Path,
    Settings,
    ProfileName,
    RecoveryPassword,
    Appearance,
    Notifications,
    Privacy,
    Blocked,
    Network,
    Accounts,
    Devices,
    Lock,
    ClearData,
    About,
}

impl Screen {
    /// The conversation that it is about.
    pub fn conversation(&self) -> Option<&ConversationId> {
        match self {
            Self::Conversation(id) | Self::ConversationSettings(id) | Self::Nickname(id) | Self::PrivateNote(id) => {
                Some(id)
            }
            _ => None,
        }
    }
}

/// Where a person is. `Copy`: hand it around.
#[derive(Clone, Copy)]
pub struct Route {
    stack: Signal<Vec<Screen>>,
    shell: CopyValue<Shell>,
}

impl Route {
    /// Goes on where `shell` remembers the person, or begins at `first`. Call it once, in the root component.
    pub fn new(shell: Shell, first: Screen) -> Self {
        let stack = shell.remembered_stack();
        let stack = if stack.is_empty() { vec![first] } else { stack };
        Self { stack: Signal::new(stack), shell: CopyValue::new(shell) }
    }

    /// The screen in front.
    pub fn top(&self) -> Screen {
        self.stack.read().last().cloned().unwrap_or(Screen::Home)
    }

    /// How many screens lie under the one in front.
    pub fn depth(&self) -> usize {
        self.stack.read().len().saturating_sub(1)
    }

    /// Whether this screen is on the stack: the list marks the conversation that is open.
    pub fn holds(&self, screen: &Screen) -> bool {
        self.stack.read().contains(screen)
    }

    /// Whether a screen of this conversation is on the stack.
    pub fn concerns(&self, id: &ConversationId) -> bool {
        self.stack.peek().iter().any(|screen| screen.conversation() == Some(id))
    }

    /// Lays a screen on top, unless it lies there already.
    pub fn push(mut self, screen: Screen) {
        if self.top() != screen {
            self.stack.write().push(screen);
            self.remember();
        }
    }

    /// Opens a screen right above the bottom one: what a click in the list does, also with two panes.
    pub fn open(mut self, screen: Screen) {
        self.stack.write().truncate(1);
        self.push(screen);
    }

    /// Takes the screen in front away. `false` when it is the last one.
    pub fn back(mut self) -> bool {
        if self.depth() == 0 {
            return false;
        }
        self.stack.write().pop();
        self.remember();
        true
    }

    /// Begins anew with this screen.
    pub fn reset(mut self, screen: Screen) {
        self.stack.set(vec![screen]);
        self.remember();
    }

    fn remember(&self) {
        self.shell.read().remember_stack(self.stack.peek().clone());
    }
}
