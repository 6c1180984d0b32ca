//! Desks: what is written in a conversation and not in its ledger yet. One for each conversation, for as long as the
//! accounts are open; screens come and go, and a desk keeps its papers.
//!
//! What was typed is kept after a pause; when its screen leaves, the page goes or everything is closed, at once. Until
//! it is kept the desk knows better than the ledger, so whoever comes back asks the desk. A letter that leaves counts
//! as part of the draft until it is stored; one that could not be stored stands in the field again, in front of what
//! was typed since.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onionskin_core::{Client, ConversationId, Draft, Error, MessageId};
use tokio::sync::{Mutex as Turn, broadcast};
use zeroize::Zeroizing;

/// All desks. Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub struct Desks {
    desks: Arc<Mutex<Known>>,
}

/// Desks by the opening of their account and their conversation.
type Known = HashMap<(u64, ConversationId), Arc<Desk>>;

impl Desks {
    /// The desk of a conversation.
    pub fn desk(&self, client: &Client, id: &ConversationId) -> Arc<Desk> {
        let key = (client.opening(), id.clone());
        self.all().entry(key).or_insert_with(|| Arc::new(Desk::new(client.clone(), id.clone()))).clone()
    }

    /// Keeps everything that is not kept yet.
    pub async fn keep(&self) {
        let desks: Vec<_> = self.all().values().cloned().collect();
        for desk in desks {
            desk.keep().await;
        }
    }

    /// Keeps everything and forgets it: the ledgers are closed next.
    pub async fn close(&self) {
        let desks = std::mem::take(&mut *self.all());
        for desk in desks.into_values() {
            desk.close().await;
        }
    }

    fn all(&self) -> MutexGuard<'_, Known> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A letter that could not be stored, and why. It stands in the field again.
#[derive(Debug)]
pub struct CameBack {
    /// What was written.
    pub text: Zeroizing<String>,
    /// The message that it answers.
    pub answers: Option<MessageId>,
    /// Why.
    pub error: Error,
}

/// The desk of one conversation.
pub struct Desk {
    client: Client,
    id: ConversationId,
    papers: Mutex<Papers>,
    /// One writing to the ledger at a time, so that an older draft never replaces a newer one.
    turn: Turn<()>,
    back: broadcast::Sender<Arc<CameBack>>,
}

impl Desk {
    fn new(client: Client, id: ConversationId) -> Self {
        Self { client, id, papers: Mutex::default(), turn: Turn::new(()), back: broadcast::Sender::new(8) }
    }

    /// What belongs into the field of a screen that begins: what lies on the desk, else what the ledger holds.
    pub async fn text(&self) -> Zeroizing<String> {
        if self.papers().is_kept()
            && let Ok(row) = self.client.conversation(&self.id).row().await
        {
            let mut papers = self.papers();
            // Somebody may have written here meanwhile.
            if papers.is_kept() {
                let (draft, answers) = row.map(|row| (row.draft, row.draft_answers)).unwrap_or_default();
                (papers.typed, papers.answers) = (Zeroizing::new(draft), answers);
            }
        }
        self.papers().typed.clone()
    }

    /// Letters that come back from now on.
    pub fn returns(&self) -> broadcast::Receiver<Arc<CameBack>> {
        self.back.subscribe()
    }

    /// Notes what stands in the field; after a pause it is kept, whatever became of the screen.
    pub fn type_text(self: &Arc<Self>, text: &str) {
        let Some(now) = self.papers().type_text(text) else { return };
        self.keep_after_a_pause(now, !text.is_empty());
    }

    /// Notes which message is answered by what stands in the field.
    pub fn answer(self: &Arc<Self>, message: Option<MessageId>) {
        let Some(now) = self.papers().answer(message) else { return };
        self.keep_after_a_pause(now, false);
    }

    /// The message that is answered by what stands in the field.
    pub fn answers(&self) -> Option<MessageId> {
        self.papers().answers
    }

    fn keep_after_a_pause(self: &Arc<Self>, now: u64, types: bool) {
        let desk = self.clone();
        tokio::spawn(async move {
            // Core decides who hears of it, and how often.
            if types && let Err(error) = desk.client.conversation(&desk.id).typed().await {
                tracing::debug!(?error, "nobody can be told of typing");
            }
            tokio::time::sleep(PAUSE).await;
            if desk.papers().changes == now {
                desk.keep().await;
            }
        });
    }

    /// What stands in the field.
    pub fn typed(&self) -> Zeroizing<String> {
        self.papers().typed.clone()
    }

    /// Lets a letter leave that stood in the field, as an answer to a message or to none; what was typed behind it
    /// stays.
    pub fn send(self: &Arc<Self>, letter: &str, answers: Option<MessageId>) {
        if self.papers().leave(letter, answers) {
            let desk = self.clone();
            tokio::spawn(async move { desk.carry().await });
        }
    }

    /// Keeps the draft now, unless it is kept.
    pub async fn keep(&self) {
        let _turn = self.turn.lock().await;
        if !self.papers().is_kept() {
            self.write_draft().await;
        }
    }

    /// The same, where nobody waits for it.
    pub fn keep_soon(self: &Arc<Self>) {
        if !self.papers().is_kept() {
            let desk = self.clone();
            tokio::spawn(async move { desk.keep().await });
        }
    }

    /// The same, with what was typed before the field had what lay here; it stands behind that.
    pub fn keep_with(self: &Arc<Self>, early: Option<Zeroizing<String>>) {
        let Some(early) = early.filter(|early| !early.is_empty()) else {
            self.keep_soon();
            return;
        };
        let desk = self.clone();
        tokio::spawn(async move {
            let before = desk.text().await;
            let all =
                Zeroizing::new(if before.is_empty() { early.to_string() } else { format!("{}\n{}", *before, *early) });
            let _ = desk.papers().type_text(&all);
            desk.keep().await;
        });
    }

    async fn close(&self) {
        self.keep().await;
        let _turn = self.turn.lock().await;
        *self.papers() = Papers { closed: true, ..Papers::default() };
    }

    /// Only for who has the turn.
    async fn write_draft(&self) {
        let (draft, changes) = {
            let papers = self.papers();
            if papers.closed {
                return;
            }
            ((papers.draft(), papers.answered()), papers.changes)
        };
        let (draft, answers) = draft;
        match self.client.conversation(&self.id).set_draft(&draft, answers).await {
            Ok(()) => self.papers().kept = changes,
            Err(error) => tracing::warn!(?error, "draft could not be kept"),
        }
    }

    /// Stores one letter after the other, in the order in which they were written.
    async fn carry(&self) {
        loop {
            let _turn = self.turn.lock().await;
            let Some(letter) = self.papers().next() else { return };
            let draft = Draft::text(letter.text.as_str());
            let draft = match letter.answers {
                Some(message) => draft.answering(message),
                None => draft,
            };
            match self.client.conversation(&self.id).send(draft).await {
                Ok(_) => self.papers().stored(),
                Err(error) => {
                    self.papers().come_back();
                    let Leaving { text, answers } = letter;
                    let _ = self.back.send(Arc::new(CameBack { text, answers, error }));
                }
            }
            self.write_draft().await;
        }
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A letter on its way to the ledger.
#[derive(Clone)]
struct Leaving {
    text: Zeroizing<String>,
    /// The message that it answers.
    answers: Option<MessageId>,
}

/// What lies on a desk.
#[derive(Default)]
struct Papers {
    /// Letters on their way to the ledger, in their order.
    leaving: VecDeque<Leaving>,
    /// What stands in the field.
    typed: Zeroizing<String>,
    /// The message that it answers.
    answers: Option<MessageId>,
    /// Counts changes: whoever waits for a pause sees whether there was one.
    changes: u64,
    /// Which of them the ledger holds.
    kept: u64,
    /// Somebody carries letters to the ledger.
    carrying: bool,
    /// Nothing is written any more.
    closed: bool,
}

impl Papers {
    fn is_kept(&self) -> bool {
        self.kept == self.changes
    }

    /// Everything that would be lost if the program ended now.
    fn draft(&self) -> Zeroizing<String> {
        let all = self.leaving.iter().map(|letter| letter.text.as_str()).chain([self.typed.as_str()]);
        let parts: Vec<&str> = all.filter(|text| !text.is_empty()).collect();
        Zeroizing::new(parts.join("\n"))
    }

    /// Notes a text; the number of this change. What was known already is none: the field only shows what lies here.
    fn type_text(&mut self, text: &str) -> Option<u64> {
        if self.closed || *self.typed == text {
            return None;
        }
        self.typed = Zeroizing::new(text.to_owned());
        self.changes += 1;
        Some(self.changes)
    }

    /// Notes which message is answered; the number of this change, where it is one.
    fn answer(&mut self, message: Option<MessageId>) -> Option<u64> {
        if self.closed || self.answers == message {
            return None;
        }
        self.answers = message;
        self.changes += 1;
        Some(self.changes)
    }

    /// What the draft answers: its first letter says so.
    fn answered(&self) -> Option<MessageId> {
        self.leaving.front().map_or(self.answers, |letter| letter.answers)
    }

    /// A letter leaves the field, without the blanks around it. Whether somebody has to begin carrying.
    fn leave(&mut self, letter: &str, answers: Option<MessageId>) -> bool {
        if self.closed {
            return false;
        }
        let rest = self.typed.strip_prefix(letter).map(str::to_owned);
        self.typed = Zeroizing::new(rest.unwrap_or_default());
        self.answers = None;
        self.leaving.push_back(Leaving { text: Zeroizing::new(letter.trim().to_owned()), answers });
        self.changes += 1;
        !std::mem::replace(&mut self.carrying, true)
    }

    /// The letter that goes next; with none, the carrying ends.
    fn next(&mut self) -> Option<Leaving> {
        let next = self.leaving.front().cloned();
        self.carrying = next.is_some();
        next
    }

    fn stored(&mut self) {
        self.leaving.pop_front();
        self.changes += 1;
    }

    /// The letter in front could not be stored: it stands in the field again.
    fn come_back(&mut self) {
        if let Some(Leaving { text: letter, answers }) = self.leaving.pop_front() {
            self.answers = answers.or(self.answers);
            let typed = std::mem::take(&mut self.typed);
            self.typed = if typed.is_empty() { letter } else { Zeroizing::new(format!("{}\n{}", *letter, *typed)) };
            self.changes += 1;
        }
    }
}

/// A pause in typing after which the draft is kept. Shorter writes while somebody types; longer loses more to a crash.
const PAUSE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_behind_a_letter_is_the_next_one() {
        let mut papers = Papers::default();
        papers.type_text("first");
        papers.type_text("firstse");
        papers.leave("first", None);
        assert_eq!((papers.typed.as_str(), papers.leaving.len()), ("se", 1));
        papers.type_text("second");
        assert_eq!(papers.draft().as_str(), "first\nsecond", "until it is stored, a letter is part of the draft");
        papers.stored();
        assert_eq!(papers.draft().as_str(), "second");
    }

    #[test]
    fn a_letter_that_could_not_be_stored_stands_in_the_field_again() {
        let mut papers = Papers::default();
        papers.type_text("hello");
        papers.leave("hello", None);
        assert_eq!(papers.typed.as_str(), "");
        papers.come_back();
        assert_eq!((papers.typed.as_str(), papers.leaving.len()), ("hello", 0));
        papers.leave("hello", None);
        papers.type_text("more");
        papers.come_back();
        assert_eq!(papers.draft().as_str(), "hello\nmore");
    }

    #[test]
    fn what_a_draft_answers_goes_with_its_letter_and_comes_back_with_it() {
        let (one, other) = (Some(MessageId::from_i64(1)), Some(MessageId::from_i64(2)));
        let mut papers = Papers::default();
        assert_eq!((papers.answer(one), papers.answer(one)), (Some(1), None));
        papers.type_text("yes");
        papers.leave("yes", one);
        assert_eq!((papers.answers, papers.answered()), (None, one), "the next letter answers nothing");
        papers.answer(other);
        assert_eq!(papers.answered(), one, "until it is stored, the letter is the draft");
        papers.stored();
        assert_eq!(papers.answered(), other);
        papers.leave("no", other);
        papers.come_back();
        assert_eq!((papers.answers, papers.answered()), (other, other));
    }

    /// People sent a letter with the empty lines that a telephone's keys had added.
    #[test]
    fn a_letter_leaves_without_the_blanks_around_it() {
        let mut papers = Papers::default();
        papers.type_text(" \n two\n lines \n\n");
        papers.leave(" \n two\n lines \n\n", None);
        assert_eq!(papers.leaving[0].text.as_str(), "two\n lines");
        assert_eq!(papers.typed.as_str(), "");
    }

    #[test]
    fn what_the_field_shows_of_the_desk_is_no_change_and_one_carries_at_a_time() {
        let mut papers = Papers::default();
        assert_eq!(papers.type_text("a"), Some(1));
        assert_eq!(papers.type_text("a"), None);
        papers.kept = papers.changes;
        assert!(papers.is_kept());
        assert!(papers.leave("a", None) && !papers.leave("b", None) && !papers.is_kept());
        papers.stored();
        papers.stored();
        assert!(papers.next().is_none() && papers.leave("c", None), "who came to the end begins again");
    }
}
