//! Where a person was: the stack of screens, and the place of the reader in every conversation. In memory only.
//!
//! It outlives the interface, which leaves and joins again, and is forgotten when another account comes to the screen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onionskin_core::{ConversationId, MessageId};

use super::Screen;

/// Where a reader was in a conversation: the row at the top of the screen and how far below the edge it stood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The row.
    pub message: MessageId,
    /// Pixels below the upper edge; negative when it is cut.
    pub offset: f64,
}

/// Cheap to clone; all clones are the same memory.
#[derive(Clone, Default)]
pub struct Whereabouts {
    inner: Arc<Mutex<Remembered>>,
}

#[derive(Default)]
struct Remembered {
    stack: Vec<Screen>,
    places: HashMap<ConversationId, Place>,
    /// Where the next account on the screen begins.
    next: Option<Vec<Screen>>,
}

impl Whereabouts {
    /// The screens, the bottom one first; empty at the first start.
    pub fn stack(&self) -> Vec<Screen> {
        self.remembered().stack.clone()
    }

    /// Keeps where a person is.
    pub fn keep_stack(&self, stack: Vec<Screen>) {
        self.remembered().stack = stack;
    }

    /// Where the reader was in this conversation; `None` at its end.
    pub fn place(&self, conversation: &ConversationId) -> Option<Place> {
        self.remembered().places.get(conversation).copied()
    }

    /// Keeps where the reader is.
    pub fn keep_place(&self, conversation: &ConversationId, place: Option<Place>) {
        let mut remembered = self.remembered();
        match place {
            Some(place) => remembered.places.insert(conversation.clone(), place),
            None => remembered.places.remove(conversation),
        };
    }

    /// Forgets all of it. What the screen shows next begins with `next`, or with the list.
    pub fn forget(&self, next: Option<Vec<Screen>>) {
        *self.remembered() = Remembered { next, ..Remembered::default() };
    }

    /// Where the account that came to the screen begins; once.
    pub fn take_next(&self) -> Option<Vec<Screen>> {
        self.remembered().next.take()
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
