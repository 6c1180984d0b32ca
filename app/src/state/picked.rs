//! Messages of the open conversation that a person picked, to do something with all of them.

use dioxus::prelude::*;
use onionskin_core::MessageId;

/// `Copy`; belongs to one interface. Back leaves it before it leaves the screen.
#[derive(Clone, Copy, PartialEq)]
pub struct Picked {
    /// In the order in which they were picked; `None` while nothing is being picked.
    messages: Signal<Option<Vec<MessageId>>>,
}

impl Picked {
    /// Nothing is being picked. Once, in the root component.
    pub(super) fn new() -> Self {
        Self { messages: Signal::new(None) }
    }

    /// Begins with this message.
    pub fn begin(mut self, first: MessageId) {
        self.messages.set(Some(vec![first]));
    }

    /// Whether messages are being picked.
    pub fn is_on(&self) -> bool {
        self.messages.read().is_some()
    }

    /// Whether this one is picked; `None` while nothing is being picked.
    pub fn holds(&self, message: MessageId) -> Option<bool> {
        self.messages.read().as_ref().map(|picked| picked.contains(&message))
    }

    /// All of them.
    pub fn all(&self) -> Vec<MessageId> {
        self.messages.read().clone().unwrap_or_default()
    }

    /// Picks a message, or puts it back; nothing while nothing is being picked.
    pub fn toggle(mut self, message: MessageId) {
        if self.messages.peek().is_none() {
            return;
        }
        if let Some(picked) = self.messages.write().as_mut() {
            match picked.iter().position(|other| *other == message) {
                Some(at) => _ = picked.remove(at),
                None => picked.push(message),
            }
        }
    }

    /// A message is gone.
    pub fn forget(self, message: MessageId) {
        let held = self.messages.peek().as_ref().is_some_and(|picked| picked.contains(&message));
        if held {
            self.toggle(message);
        }
    }

    /// Nothing is being picked any more. Whether something was.
    pub fn end(mut self) -> bool {
        let was = self.messages.peek().is_some();
        if was {
            self.messages.set(None);
        }
        was
    }
}
