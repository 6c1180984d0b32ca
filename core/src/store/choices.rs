//! What a person chose for one conversation: whether it makes itself heard, what its notifications show, whether it is laid
//! aside.
//!
//! Muting is said to our other devices: it stands in the row of the person, as the Contacts config spells it. The rest stays on
//! this device. Nothing is written when the time of a mute is over: whoever asks says what time it is.

use super::failure::StoreFault;
use super::{Change, ConversationId, ConversationRow, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// Whether a conversation makes itself heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mute {
    /// It does.
    #[default]
    Off,
    /// Not before this moment, in whole seconds (device time).
    Until(Timestamp),
    /// It does not.
    Forever,
}

impl Mute {
    /// Whether nothing is to be heard at `now` (device time).
    pub fn is_on(self, now: Timestamp) -> bool {
        match self {
            Self::Off => false,
            Self::Until(end) => now < end,
            Self::Forever => true,
        }
    }

    /// What is left of it at `now` (device time): one whose time is over is none.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        if self.is_on(now) { self } else { Self::Off }
    }

    /// As the configs spell it: for ever, and until when in seconds (0: no time is said).
    pub fn to_config(self) -> (bool, u64) {
        match self {
            Self::Off => (false, 0),
            Self::Until(end) => (false, end.as_millis().div_ceil(1_000)),
            Self::Forever => (true, 0),
        }
    }

    /// From what the configs say. A moment that nobody lives to see is *for ever*.
    pub fn from_config(for_ever: bool, until_seconds: u64) -> Self {
        match (for_ever, until_seconds) {
            (true, _) | (false, NOBODY_LIVES..) => Self::Forever,
            (false, 0) => Self::Off,
            (false, seconds) => Self::Until(Timestamp::from_millis(seconds.saturating_mul(1_000))),
        }
    }

    pub(super) fn from_sql(for_ever: bool, until_seconds: i64) -> Self {
        Self::from_config(for_ever, u64::try_from(until_seconds).unwrap_or(0))
    }
}

/// What a notification shows of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeContent {
    /// Who wrote, and what.
    NameAndText,
    /// Who wrote.
    NameOnly,
    /// That something came.
    Nothing,
}

impl NoticeContent {
    fn to_sql(self) -> i64 {
        match self {
            Self::NameAndText => 1,
            Self::NameOnly => 2,
            Self::Nothing => 3,
        }
    }

    pub(super) fn from_sql(number: Option<i64>) -> Result<Option<Self>> {
        match number {
            None => Ok(None),
            Some(1) => Ok(Some(Self::NameAndText)),
            Some(2) => Ok(Some(Self::NameOnly)),
            Some(3) => Ok(Some(Self::Nothing)),
            Some(_) => Err(StoreFault::Value("conversations.notice_content").into()),
        }
    }
}

impl ConversationRow {
    /// Whether nothing of it is to be heard at `now` (device time).
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.mute.is_on(now)
    }

    /// As it is at `now` (device time): a mute whose time is over is none.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self { mute: self.mute.at(now), ..self }
    }
}

impl WriteTx<'_> {
    /// Sets whether the conversation with a person makes itself heard. Says whether that changed anything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_mute(&mut self, account: &AccountId, mute: Mute) -> Result<bool> {
        let (for_ever, seconds) = mute.to_config();
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let touched = self.run(
            "UPDATE contacts SET muted_for_ever = ?2, muted_until = ?3
             WHERE account = ?1 AND (muted_for_ever <> ?2 OR muted_until <> ?3)",
            (account.to_string(), for_ever, seconds),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(ConversationId::Account(*account)));
        }
        Ok(touched > 0)
    }

    /// Lays a conversation aside, or puts it back on the list. Says whether that changed anything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_archived(&mut self, id: &ConversationId, archived: bool) -> Result<bool> {
        let touched = self.run(
            "UPDATE conversations SET archived = ?2 WHERE address = ?1 AND archived <> ?2",
            (id.to_string(), archived),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(id.clone()));
        }
        Ok(touched > 0)
    }

    /// Sets what the notifications of a conversation show; `None`: as those of all others.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_notice_content(&mut self, id: &ConversationId, content: Option<NoticeContent>) -> Result<()> {
        let touched = self.run(
            "UPDATE conversations SET notice_content = ?2 WHERE address = ?1 AND notice_content IS NOT ?2",
            (id.to_string(), content.map(NoticeContent::to_sql)),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(id.clone()));
        }
        Ok(())
    }
}

/// The year 2255, in seconds: official readers take what is larger for a moment in smaller units.
const NOBODY_LIVES: u64 = 9_000_000_000;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_table_of_what_is_muted() {
        let now = Timestamp::from_millis(5_000);
        for (for_ever, seconds, mute, on) in [
            (false, 0, Mute::Off, false),
            (false, 6, Mute::Until(Timestamp::from_millis(6_000)), true),
            (false, 5, Mute::Until(now), false),
            (true, 0, Mute::Forever, true),
            (true, 5, Mute::Forever, true),
            (false, u64::MAX, Mute::Forever, true),
        ] {
            let read = Mute::from_config(for_ever, seconds);
            assert_eq!((read, read.is_on(now)), (mute, on), "{for_ever} {seconds}");
            assert_eq!(read.at(now), if on { mute } else { Mute::Off });
        }
        assert_eq!(Mute::Until(Timestamp::from_millis(5_001)).to_config(), (false, 6), "no moment too early");
    }

    #[tokio::test]
    async fn what_was_chosen_stands_in_the_row_and_is_told_once() {
        let ledger = Ledger::new().await;
        let choose = |tx: &mut WriteTx<'_>| {
            text(tx, bob(), bob(), 10, "hi");
            tx.set_mute(&bob(), Mute::Until(at(7_000)))?;
            tx.set_archived(&chat(bob()), true)?;
            tx.set_notice_content(&chat(bob()), Some(NoticeContent::NameOnly))
        };
        ledger.store.write("choices", choose).await.unwrap();
        let row = ledger.store.read(|tx| tx.conversation(&chat(bob()))).await.unwrap().unwrap();
        assert_eq!((row.mute, row.archived), (Mute::Until(at(7_000)), true));
        assert_eq!(row.notice_content, Some(NoticeContent::NameOnly));
        assert!(row.is_muted(at(6_999)) && !row.is_muted(at(7_000)));
        let again = |tx: &mut WriteTx<'_>| {
            assert!(!tx.set_mute(&bob(), Mute::Until(at(7_000)))?);
            assert!(!tx.set_archived(&chat(bob()), true)?);
            tx.set_notice_content(&chat(bob()), Some(NoticeContent::NameOnly))
        };
        let ((), changes) = ledger.store.write("choices again", again).await.unwrap();
        assert!(changes.is_empty());
        let back = |tx: &mut WriteTx<'_>| {
            tx.set_mute(&bob(), Mute::Off)?;
            tx.set_archived(&chat(bob()), false)?;
            tx.set_notice_content(&chat(bob()), None)
        };
        ledger.store.write("back", back).await.unwrap();
        let row = ledger.store.read(|tx| tx.conversation(&chat(bob()))).await.unwrap().unwrap();
        assert_eq!((row.mute, row.archived, row.notice_content), (Mute::Off, false, None));
    }
}
