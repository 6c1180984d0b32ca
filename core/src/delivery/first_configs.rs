//! The first look at the config documents of an account that came from elsewhere: a restored one, or one that an older
//! version of this program made.
//!
//! Until the swarm has said what it has, nothing is pushed: an empty profile would compete with the real one. Single
//! members lag or lie, so **all** members are asked at once, from the beginning, and what they give is merged; it is
//! signed and sealed by ourselves, so a member can hold something back and cannot make anything up but rubbish. A document
//! counts as known when a whole message of it was understood, or when two members (or the only one), and more than those
//! that gave something, say that there is none.
//!
//! Over a slow line so many answers at once never come. After a round without any, two members are asked, one after the
//! other, and for less at a time. What fails here never keeps the poll from going on. A document that no round settles (this
//! version does not understand it, or the swarm has only a part of it) is asked for again at growing intervals.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use super::outbox::is_network;
use super::reconcile::{self, ConfigPage, Settles};
use super::share::Share;
use super::{Hall, Mailbox};
use crate::config::DocumentKind;
use crate::error::{Error, ErrorKind, Result};
use crate::onion::NodeKey;
use crate::store::{DumpRow, Setting, WriteTx};
use crate::swarm::{RetrieveAsk, Retrieved};

/// Asks until every document is known. One for each account; forgets everything with the end of the program.
#[derive(Default)]
pub(super) struct FirstLook {
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// A round brought no answer: members are asked one after the other.
    slow: bool,
    /// Which member is next then.
    turn: usize,
    /// Rounds that brought answers and left something open.
    rounds: u32,
    /// Not again before (monotonic).
    next: Duration,
}

impl FirstLook {
    /// Asks for every document that is not known yet. Does nothing when all are, and when that was done a moment ago.
    ///
    /// # Errors
    /// When there is no network; those of the ledger. Members that do not answer are no error.
    pub(super) async fn fetch(&self, hall: &Hall, mailbox: &Mailbox, share: &Mutex<Share>) -> Result<()> {
        read_anew_after_update(hall, mailbox).await?;
        let owner = mailbox.address();
        let wanted = unknown(mailbox, &hall.read(move |tx| tx.dumps(owner)).await?);
        if wanted.is_empty() || hall.clock().monotonic() < self.progress().next {
            return Ok(());
        }
        let epoch = hall.read(|tx| tx.cursor_epoch()).await?;
        let members = match hall.swarms().members(owner).await.map_err(Error::from) {
            Ok(members) => members,
            Err(error) => return endure(error),
        };
        let answers = match self.ask(hall, mailbox, share, &members, &wanted).await {
            Ok(answers) => answers,
            Err(error) => return endure(error),
        };
        let pages = wanted.iter().map(|kind| page(*kind, &answers, members.len())).collect();
        reconcile::reconcile(hall, mailbox, epoch, pages).await?;
        let rows = hall.read(move |tx| tx.dumps(owner)).await?;
        let left = unknown(mailbox, &rows);
        let incomplete = rows.iter().any(|row| row.partial && !row.fetched);
        let mut progress = self.progress();
        progress.rounds = if left.is_empty() { 0 } else { progress.rounds.saturating_add(1) };
        let longest = if incomplete { LONGEST_PAUSE_FOR_PARTS } else { LONGEST_PAUSE };
        let told = !left.is_empty() && answers.len() >= ENOUGH.min(members.len());
        progress.next = if told { hall.clock().monotonic() + pause(progress.rounds, longest) } else { Duration::ZERO };
        Ok(())
    }

    /// One round. Gives what came, or why nothing did.
    async fn ask(
        &self,
        hall: &Hall,
        mailbox: &Mailbox,
        share: &Mutex<Share>,
        members: &[NodeKey],
        wanted: &[DocumentKind],
    ) -> Result<Vec<Retrieved>> {
        let max_size = share.lock().unwrap_or_else(PoisonError::into_inner).max_size();
        let ask = |kind: &DocumentKind| RetrieveAsk { namespace: kind.namespace(), last_hash: None, max_size };
        let asks: Vec<RetrieveAsk> = wanted.iter().map(ask).collect();
        let ask = |node: NodeKey| {
            let asks = &asks;
            async move { hall.swarms().retrieve(&node, mailbox.auth(), asks).await.map_err(Error::from) }
        };
        let (mut answers, mut failure) = (Vec::new(), None);
        let slow = self.progress().slow;
        let told = if slow {
            let mut told = Vec::new();
            for node in self.next_two(members) {
                told.push(ask(node).await);
            }
            told
        } else {
            join_all(members.iter().copied().map(ask)).await
        };
        for answer in told {
            match answer {
                Ok(retrieved) => answers.push(retrieved),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if answers.is_empty() => {
                if error.kind() == ErrorKind::PathBroken {
                    self.progress().slow = true;
                    share.lock().unwrap_or_else(PoisonError::into_inner).smaller();
                }
                Err(error)
            }
            _ => Ok(answers),
        }
    }

    /// Two members, others each time.
    fn next_two(&self, members: &[NodeKey]) -> Vec<NodeKey> {
        let mut progress = self.progress();
        let count = members.len().min(2);
        let two = members.iter().cycle().skip(progress.turn).take(count).copied().collect();
        progress.turn = (progress.turn + count).checked_rem(members.len()).unwrap_or(0);
        two
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an older version refused may be understood now: everything is asked for again, once.
async fn read_anew_after_update(hall: &Hall, mailbox: &Mailbox) -> Result<()> {
    if hall.read(|tx| tx.setting(&READ_BY)).await? == env!("CARGO_PKG_VERSION") {
        return Ok(());
    }
    let mailbox = mailbox.clone();
    let forget = move |tx: &mut WriteTx<'_>| {
        for kind in mailbox.documents() {
            tx.forget_cursors(kind.place(mailbox.address()))?;
        }
        tx.set_setting(&READ_BY, &env!("CARGO_PKG_VERSION").to_owned())
    };
    hall.write("configs read anew", forget).await
}

/// Without a network nothing else can be asked either. Any other failure leaves the poll its own try.
fn endure(error: Error) -> Result<()> {
    if is_network(error.kind()) {
        return Err(error);
    }
    tracing::debug!(?error, "no member of our swarm told what configs there are");
    Ok(())
}

/// Documents of which it is not known what the swarm has.
fn unknown(mailbox: &Mailbox, rows: &[DumpRow]) -> Vec<DocumentKind> {
    let known = |kind: &DocumentKind| rows.iter().any(|row| row.place.namespace == kind.namespace() && row.fetched);
    mailbox.documents().iter().copied().filter(|kind| !known(kind)).collect()
}

/// How long to wait after so many rounds that left something open.
fn pause(rounds: u32, longest: Duration) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << rounds.saturating_sub(1).min(16)).min(longest)
}

/// What all members gave of one document.
fn page(kind: DocumentKind, answers: &[Retrieved], members: usize) -> ConfigPage {
    let mut seen = HashSet::new();
    let mut messages = Vec::new();
    let mut tally = Tally::default();
    for answer in answers {
        for part in answer.parts.iter().filter(|part| part.namespace == kind.namespace()) {
            tally.count(!part.messages.is_empty() || !part.unusable.is_empty(), part.more);
            let new = part.messages.iter().filter(|message| seen.insert(message.hash.clone()));
            messages.extend(new.cloned());
        }
    }
    ConfigPage { kind, messages, cursor: None, settles: tally.settles(members) }
}

/// What members say about one document.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// There is none, not even something that is refused.
    none: usize,
    /// There is something, and this is all.
    all: usize,
    /// There is something, and more of it.
    some: usize,
    /// Nothing, but there is more: no honest member says that.
    evasive: usize,
}

impl Tally {
    fn count(&mut self, gave: bool, more: bool) {
        let counter = match (gave, more) {
            (false, false) => &mut self.none,
            (true, false) => &mut self.all,
            (true, true) => &mut self.some,
            (false, true) => &mut self.evasive,
        };
        *counter += 1;
    }

    /// A single member can neither make a document disappear nor keep it from being known: it can say that there is
    /// nothing, that there is more, and give rubbish.
    fn settles(self, members: usize) -> Settles {
        let enough = ENOUGH.min(members.max(1));
        if self.none >= enough && self.none > self.all + self.some {
            Settles::Always
        } else if self.some + self.evasive > 0 && self.none + self.all < enough {
            Settles::No
        } else {
            Settles::WhenFound
        }
    }
}

/// Which version of this program read the configs last.
const READ_BY: Setting<String> = Setting { key: "configs.read_by", default: String::new() };

/// So many members are believed.
const ENOUGH: usize = 2;

/// After the first round that left something open: a device may be in the middle of a push.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// While parts of a message are missing.
const LONGEST_PAUSE_FOR_PARTS: Duration = Duration::from_secs(60);

/// For what this version does not understand: it settles when it expires, or when another device writes anew.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    /// Says what follows from answers: `(gave something, says that there is more)`.
    fn settles(answers: &[(bool, bool)], members: usize) -> Settles {
        let mut tally = Tally::default();
        for (gave, more) in answers {
            tally.count(*gave, *more);
        }
        tally.settles(members)
    }

    #[test]
    fn one_member_neither_hides_a_document_nor_keeps_it_from_being_known() {
        let (none, all, some, evasive) = ((false, false), (true, false), (true, true), (false, true));
        for (answers, members, expected) in [
            (vec![none, none, none], 3, Settles::Always),
            (vec![none], 1, Settles::Always),
            (vec![none, none, evasive], 3, Settles::Always),
            (vec![none, none, all], 3, Settles::Always),
            (vec![none, none, all, all, all], 5, Settles::WhenFound),
            (vec![none, all], 2, Settles::WhenFound),
            (vec![all, all, evasive], 3, Settles::WhenFound),
            (vec![all, all, some], 3, Settles::WhenFound),
            (vec![some, some, some], 3, Settles::No),
            (vec![all, evasive, evasive], 3, Settles::No),
            (vec![none, evasive], 3, Settles::No),
            (vec![none], 3, Settles::WhenFound),
            (vec![], 3, Settles::WhenFound),
        ] {
            assert_eq!(settles(&answers, members), expected, "{answers:?} of {members}");
        }
    }

    #[test]
    fn what_stays_open_is_asked_for_again_at_growing_intervals() {
        let pauses: Vec<u64> = (1..=11).map(|rounds| pause(rounds, LONGEST_PAUSE).as_secs()).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]);
        assert_eq!(pause(u32::MAX, LONGEST_PAUSE_FOR_PARTS), Duration::from_secs(60));
    }

    #[test]
    fn over_a_slow_line_every_member_has_its_turn() {
        let look = FirstLook::default();
        let members: Vec<NodeKey> = (0..3).map(|number| NodeKey([number; 32])).collect();
        let asked: Vec<u8> = (0..3).flat_map(|_| look.next_two(&members)).map(|node| node.0[0]).collect();
        assert_eq!(asked, [0, 1, 2, 0, 1, 2]);
        assert_eq!(look.next_two(&members[..1]).len(), 1);
        assert!(look.next_two(&[]).is_empty());
    }
}
