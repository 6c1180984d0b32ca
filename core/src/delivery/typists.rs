//! Who types: people in their conversations with us, and we in ours. Held in memory alone; nothing of it is true for longer
//! than some seconds.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::Hall;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::event::Event;
use crate::message::typing::{self, TYPES_FOR, Typist};
use crate::store::{Changes, ConversationId};
use crate::wire::content::TypingAction;

/// Who types now. Moments are monotonic.
#[derive(Debug, Default)]
pub(super) struct Typists {
    others: HashMap<ConversationId, Duration>,
    ours: HashMap<ConversationId, Typist>,
}

impl Typists {
    /// Somebody types until then, or stopped. Says whether that is news.
    fn others_type(&mut self, conversation: &ConversationId, until: Option<Duration>) -> bool {
        match until {
            Some(_) if self.others.len() >= MOST && !self.others.contains_key(conversation) => false,
            Some(until) => self.others.insert(conversation.clone(), until).is_none(),
            None => self.others.remove(conversation).is_some(),
        }
    }

    /// Those who said nothing any more for too long.
    fn fell_silent(&mut self, now: Duration) -> Vec<ConversationId> {
        let silent: Vec<_> = self
            .others
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(conversation, _)| conversation.clone())
            .collect();
        self.others.retain(|_, until| *until > now);
        silent
    }

    /// Where we pressed no key for a while.
    fn we_stopped(&mut self, now: Duration) -> Vec<(ConversationId, TypingAction)> {
        let looked = self.ours.iter_mut();
        let stopped =
            looked.filter_map(|(conversation, typist)| Some((conversation.clone(), typist.look(now)?))).collect();
        self.ours.retain(|_, typist| !typist.is_idle());
        stopped
    }

    /// When it is worth a look.
    fn next(&self) -> Option<Duration> {
        let ours = self.ours.values().filter_map(Typist::look_at);
        self.others.values().copied().chain(ours).min()
    }
}

impl Hall {
    fn typists(&self) -> MutexGuard<'_, Typists> {
        self.shared.typists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what a write says of people who type. Gives what is to be told once the write was.
    pub(super) fn hear_typing(&self, changes: &Changes) -> Vec<Event> {
        let mut news = Vec::new();
        for (conversation, since) in changes.typing() {
            let until = since.and_then(|since| self.types_until(since));
            if self.typists().others_type(conversation, until) {
                news.push(Event::Typing { conversation: conversation.clone(), typing: until.is_some() });
            }
            if until.is_some() {
                self.typing_bell().notify_one();
            }
        }
        news
    }

    /// Until when (monotonic) somebody types who said so then; `None` when that is over.
    fn types_until(&self, since: Timestamp) -> Option<Duration> {
        let left = TYPES_FOR.checked_sub(self.desk().network_now.since(since)).filter(|left| !left.is_zero())?;
        Some(self.clock().monotonic().saturating_add(left))
    }

    /// A key was pressed in a conversation. Nobody is told while nobody looks at the account.
    pub(crate) async fn note_key(&self, conversation: &ConversationId) -> Result<()> {
        if !self.is_watched() || self.is_silent() {
            return Ok(());
        }
        let now = self.clock().monotonic();
        let action = self.typists().ours.entry(conversation.clone()).or_default().key(now);
        self.typing_bell().notify_one();
        match action {
            Some(action) => self.tell_typing(conversation, action).await,
            None => Ok(()),
        }
    }

    /// The message was sent.
    pub(crate) fn note_written(&self, conversation: &ConversationId) {
        if let Some(typist) = self.typists().ours.get_mut(conversation) {
            typist.sent();
        }
    }

    /// Sees to those who stopped, others and ourselves. Gives when (monotonic) it is worth another look.
    pub(crate) async fn see_to_typing(&self) -> Result<Option<Duration>> {
        let now = self.clock().monotonic();
        let (silent, stopped) = {
            let mut typists = self.typists();
            (typists.fell_silent(now), typists.we_stopped(now))
        };
        for conversation in silent {
            self.announcer().tell(Event::Typing { conversation, typing: false });
        }
        for (conversation, action) in stopped {
            self.tell_typing(&conversation, action).await?;
        }
        Ok(self.typists().next())
    }

    async fn tell_typing(&self, conversation: &ConversationId, action: TypingAction) -> Result<()> {
        let (desk, Some(to)) = (self.desk(), conversation.account().copied()) else { return Ok(()) };
        self.write("typing", move |tx| typing::write(tx, &desk, &to, action)).await
    }
}

/// People who type at the same time: more is a flood.
const MOST: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::AccountId;

    fn chat(number: u8) -> ConversationId {
        AccountId::from_x25519([number; 32]).into()
    }

    #[test]
    fn somebody_types_until_they_stop_or_say_nothing_for_a_while() {
        let (mut typists, second) = (Typists::default(), Duration::from_secs);
        assert!(!typists.others_type(&chat(1), None), "nobody did");
        assert!(typists.others_type(&chat(1), Some(second(15))) && !typists.others_type(&chat(1), Some(second(25))));
        assert!(typists.others_type(&chat(2), Some(second(20))));
        assert_eq!((typists.fell_silent(second(19)), typists.next()), (vec![], Some(second(20))));
        assert_eq!((typists.fell_silent(second(20)), typists.next()), (vec![chat(2)], Some(second(25))));
        assert!(typists.others_type(&chat(1), None) && typists.next().is_none());
    }
}
