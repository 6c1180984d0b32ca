//! Our own stack of screens: simple to restore, to drive from a Back button, and to test.
//!
//! A new screen is a variant of [`Screen`]; the compiler then asks for its place ([`Screen::frame`], [`Screen::under`])
//! and, in `views`, for its view. No match over screens has an arm for the rest; a test holds that.

mod whereabouts;

use dioxus::prelude::*;
use onionskin_core::{ConversationId, MessageId};

pub use whereabouts::{Place, Whereabouts};

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
    Floods,
    Archive,
    Search,
    NewConversation,
    Conversation(ConversationId),
    ConversationSettings(ConversationId),
    Nickname(ConversationId),
    PrivateNote(ConversationId),
    Disappearing(ConversationId),
    Quiet(ConversationId),
    MessageDetails(MessageId),
    AccountId,
    Starred,
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

/// What has to be there for a screen to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Nothing: it is shown where there is no account.
    Door,
    /// Nothing: it leads to one more account, whether or not there are some.
    WayIn,
    /// Accounts; none of them has to open.
    Accounts,
    /// An account on the screen.
    Inside,
}

impl Screen {
    /// The conversation that it is about.
    pub fn conversation(&self) -> Option<&ConversationId> {
        match self {
            Self::Conversation(id)
            | Self::ConversationSettings(id)
            | Self::Nickname(id)
            | Self::PrivateNote(id)
            | Self::Disappearing(id)
            | Self::Quiet(id) => Some(id),
            Self::Landing
            | Self::CreateAccount
            | Self::Restore
            | Self::Rescue
            | Self::Home
            | Self::Requests
            | Self::Floods
            | Self::Archive
            | Self::Search
            | Self::NewConversation
            | Self::MessageDetails(_)
            | Self::AccountId
            | Self::Starred
            | Self::Restoring
            | Self::Path
            | Self::Settings
            | Self::ProfileName
            | Self::RecoveryPassword
            | Self::Appearance
            | Self::Notifications
            | Self::Privacy
            | Self::Blocked
            | Self::Network
            | Self::Accounts
            | Self::Devices
            | Self::Lock
            | Self::ClearData
            | Self::About => None,
        }
    }

    /// What has to be there for it to be shown.
    pub fn frame(&self) -> Frame {
        match self {
            Self::Landing => Frame::Door,
            Self::CreateAccount | Self::Restore => Frame::WayIn,
            Self::Rescue => Frame::Accounts,
            Self::Home
            | Self::Requests
            | Self::Floods
            | Self::Archive
            | Self::Search
            | Self::NewConversation
            | Self::Conversation(_)
            | Self::ConversationSettings(_)
            | Self::Nickname(_)
            | Self::PrivateNote(_)
            | Self::Disappearing(_)
            | Self::Quiet(_)
            | Self::MessageDetails(_)
            | Self::AccountId
            | Self::Starred
            | Self::Restoring
            | Self::Path
            | Self::Settings
            | Self::ProfileName
            | Self::RecoveryPassword
            | Self::Appearance
            | Self::Notifications
            | Self::Privacy
            | Self::Blocked
            | Self::Network
            | Self::Accounts
            | Self::Devices
            | Self::Lock
            | Self::ClearData
            | Self::About => Frame::Inside,
        }
    }

    /// The screen that lies under it for whoever comes to it from outside; `None` for the bottom of a stack.
    pub fn under(&self) -> Option<Self> {
        match self {
            Self::Landing | Self::Home => None,
            Self::Requests
            | Self::Archive
            | Self::Search
            | Self::NewConversation
            | Self::Conversation(_)
            | Self::MessageDetails(_)
            | Self::AccountId
            | Self::Restoring
            | Self::Settings => Some(Self::Home),
            Self::ConversationSettings(id) => Some(Self::Conversation(id.clone())),
            Self::Nickname(id) | Self::PrivateNote(id) | Self::Disappearing(id) | Self::Quiet(id) => {
                Some(Self::ConversationSettings(id.clone()))
            }
            Self::ProfileName
            | Self::Starred
            | Self::RecoveryPassword
            | Self::Appearance
            | Self::Notifications
            | Self::Privacy
            | Self::Path
            | Self::Network
            | Self::Accounts
            | Self::Devices
            | Self::Lock
            | Self::ClearData
            | Self::About => Some(Self::Settings),
            Self::Floods => Some(Self::Requests),
            Self::Blocked => Some(Self::Privacy),
            Self::CreateAccount | Self::Restore | Self::Rescue => Some(Self::Accounts),
        }
    }

    /// The whole stack down to its bottom, for whoever comes to it from outside.
    pub fn path(self) -> Vec<Self> {
        let mut path: Vec<Self> = std::iter::successors(Some(self), Self::under).collect();
        path.reverse();
        path
    }
}

/// Where a person is. `Copy`: hand it around.
#[derive(Clone, Copy)]
pub struct Route {
    stack: Signal<Vec<Screen>>,
    whereabouts: CopyValue<Whereabouts>,
}

impl Route {
    /// Goes on where the person was, or begins at `first`. Call it once, in the root component.
    pub fn new(whereabouts: Whereabouts, first: Screen) -> Self {
        let stack = whereabouts.stack();
        let stack = if stack.is_empty() { vec![first] } else { stack };
        Self { stack: Signal::new(stack), whereabouts: CopyValue::new(whereabouts) }
    }

    /// Another account is on the screen, or none: begins where that was said to begin, else with the list.
    pub fn begin_anew(mut self) {
        let next = self.whereabouts.peek().take_next();
        self.stack.set(next.unwrap_or_else(|| vec![Screen::Home]));
        self.remember();
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
        self.whereabouts.peek().keep_stack(self.stack.peek().clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_down_ends_at_a_bottom() {
        let id = ConversationId::from(onionskin_core::AccountId::from_x25519([1; 32]));
        let path = Screen::Nickname(id.clone()).path();
        let conversation = Screen::Conversation(id.clone());
        let expected = [Screen::Home, conversation, Screen::ConversationSettings(id.clone()), Screen::Nickname(id)];
        assert_eq!(path, expected);
        assert_eq!(Screen::Rescue.path().first(), Some(&Screen::Home));
        assert_eq!([Screen::Landing, Screen::Home, Screen::Settings].map(|screen| screen.path().len()), [1, 1, 2]);
    }
}
