//! The poller: asks a member of our swarm what is new, page by page, until there is nothing more.
//!
//! One member is asked at a time, and the same one as long as it answers: each node has its own order, so its cursor is
//! only good there. After a failure, and every five minutes, another member is taken, since a single node may lag or
//! withhold. Right after restoring an account a second member is asked too. One request asks for the inbox and for all
//! config documents; configs are merged first, because they say whether a message is still wanted. Until a restored
//! account knows its profile and its contacts, letters stay in the swarm: nobody can say yet whose are blocked or deleted.
//! That wait is bounded, since a document may never come.
//!
//! There are never two polls at once: a second call waits for its turn.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::address::{Namespace, SwarmHash};
use crate::clock::Timestamp;
use crate::config::DocumentKind;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Connection;
use crate::onion::{NodeKey, Way};
use crate::store::{CursorEpoch, Setting, WriteTx};
use crate::swarm::{RetrieveAsk, RetrievedPart, Unusable};

use super::first_configs::FirstLook;
use super::inbox::{self, Page, Sorted};
use super::outbox::is_network;
use super::reconcile::{self, ConfigPage, FIRST_POLL, Settles};
use super::{Hall, NetworkTask};

/// What one poll brought.
#[derive(Clone, Debug)]
pub struct PollReport {
    /// The member that was asked (the last one, when several were).
    pub node: NodeKey,
    /// Messages that stand in a conversation now.
    pub messages: usize,
    /// What could not be used, recorded with its reason.
    pub unreadable: usize,
    /// What came again: processed before, or our own copies.
    pub known: usize,
    /// Whether the node says that there is more, because it gave nothing new any more or there was too much at once.
    pub more: bool,
    /// The way of the last request.
    pub way: Way,
    /// Conversations in which something new stands.
    pub conversations: Vec<crate::store::ConversationId>,
    /// Letters were left in the swarm for a later poll: the account came back, and its contacts are not known yet.
    pub letters_wait: bool,
}

/// Asks our swarm. One for each account.
pub struct Poller {
    hall: Hall,
    turn: Semaphore,
    member: Mutex<Member>,
    share: Mutex<Share>,
    first_look: FirstLook,
}

/// Which part of all that one answer may hold is asked for at once, as its divisor.
///
/// An answer must come within the ten seconds of a request; over a slow way a large one never does. So an answer that did
/// not come halves the next, and each that came doubles it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share(i64);

impl Share {
    /// How `max_size` spells it.
    pub(super) const fn max_size(self) -> i64 {
        -self.0
    }

    pub(super) fn smaller(&mut self) {
        self.0 = (self.0 * 2).min(SMALLEST_SHARE);
    }

    fn larger(&mut self) {
        self.0 = (self.0 / 2).max(LARGEST_SHARE);
    }
}

impl Default for Share {
    fn default() -> Self {
        Self(LARGEST_SHARE)
    }
}

/// The member of our swarm that is asked.
#[derive(Default)]
struct Member {
    node: Option<(NodeKey, Duration)>,
    purged_at: Option<Duration>,
}

impl Poller {
    /// A poller of the account whose hall this is.
    pub fn new(hall: Hall) -> Self {
        Self {
            hall,
            turn: Semaphore::new(1),
            member: Mutex::default(),
            share: Mutex::default(),
            first_look: FirstLook::default(),
        }
    }

    /// Polls now. While another poll runs, waits for its end and then polls.
    ///
    /// # Errors
    /// When no member of our swarm could be asked; those of the ledger.
    pub async fn poll(&self) -> Result<PollReport> {
        let _turn = self.turn.acquire().await.map_err(|_| Error::bug("poller's turn was closed"))?;
        self.hall.check_not_silent()?;
        let begun = self.hall.clock().monotonic();
        let result = self.poll_members().await;
        if let Err(error) = &result
            && !self.hall.is_silent()
        {
            self.hall.note_trouble(NetworkTask::Polling, error.kind());
        }
        match &result {
            Ok(_) => {
                self.hall.note_connection(Connection::Online).await?;
                self.hall.note_polled();
            }
            Err(error) if is_network(error.kind()) => self.hall.note_connection(Connection::Offline).await?,
            Err(_) => (),
        }
        if result.is_ok() {
            self.note_first_poll(begun).await?;
            self.purge().await?;
        }
        result
    }

    /// Waits until no poll runs.
    pub(crate) async fn rest(&self) {
        let _ = self.turn.acquire().await;
    }

    /// From when on what happens is news ([`reconcile::is_since_first_poll`]): the beginning of the first poll that was
    /// answered. A node answers only who has the right time, so only then it is known.
    async fn note_first_poll(&self, begun: Duration) -> Result<()> {
        if self.hall.read(|tx| tx.setting(&FIRST_POLL)).await?.is_some() {
            return Ok(());
        }
        let took = self.hall.clock().monotonic().saturating_sub(begun);
        let at = self.hall.swarms().time().now() - took;
        self.hall.write("first poll", move |tx| tx.set_setting(&FIRST_POLL, &Some(at))).await
    }

    /// Whether letters must wait for what the account knows about people.
    async fn letters_wait(&self) -> Result<bool> {
        let now = self.hall.swarms().time().now();
        self.hall
            .read(move |tx| {
                let sync = tx.sync_state()?;
                let open = sync.restoring && !(sync.profile.is_settled() && sync.contacts.is_settled());
                Ok(open && tx.setting(&LETTERS_HELD)?.is_none_or(|held| held.goes_on(now)))
            })
            .await
    }

    /// Counts a member whose letters were left in the swarm.
    async fn note_letters_held(&self) -> Result<()> {
        let now = self.hall.swarms().time().now();
        let count = move |tx: &mut WriteTx<'_>| {
            let held = tx.setting(&LETTERS_HELD)?.unwrap_or(Held { since: now, polls: 0 });
            tx.set_setting(&LETTERS_HELD, &Some(Held { polls: held.polls.saturating_add(1), ..held }))
        };
        self.hall.write("letters wait", count).await
    }

    async fn poll_members(&self) -> Result<PollReport> {
        self.first_look.fetch(&self.hall, &self.share).await?;
        let node = self.member(None).await?;
        let report = match self.poll_member(node).await {
            Err(error) if blames_member(error.kind()) => {
                tracing::debug!(?error, "member of our swarm did not answer, asking another one");
                let other = self.member(Some(node)).await?;
                self.poll_member(other).await.inspect_err(|_| self.forget_member())?
            }
            Err(error) => {
                self.forget_member();
                return Err(error);
            }
            Ok(report) => report,
        };
        if self.hall.read(|tx| tx.setting(&SECOND_MEMBER_DUE)).await? {
            return self.poll_second(report).await;
        }
        Ok(report)
    }

    /// After restoring: single nodes can lag, and there is no second chance to show a full history at once. When no other
    /// member answers, the next poll tries again; what the first one gave stands.
    async fn poll_second(&self, mut sum: PollReport) -> Result<PollReport> {
        let second = self.member(Some(sum.node)).await?;
        if second == sum.node {
            return Ok(sum);
        }
        match self.poll_member(second).await {
            Ok(report) => {
                sum.messages += report.messages;
                sum.unreadable += report.unreadable;
                sum.known += report.known;
                sum.conversations.extend(report.conversations);
                sum.letters_wait |= report.letters_wait;
                if !sum.letters_wait {
                    self.hall.write("second member asked", |tx| tx.set_setting(&SECOND_MEMBER_DUE, &false)).await?;
                }
            }
            Err(error) if blames_member(error.kind()) || is_network(error.kind()) => {
                tracing::debug!(?error, "second member of our swarm did not answer");
            }
            Err(error) => return Err(error),
        }
        Ok(sum)
    }

    /// Asks one member until it has nothing more.
    async fn poll_member(&self, mut node: NodeKey) -> Result<PollReport> {
        let mut sum = Sorted::default();
        let mut wanted = Namespace::OWN_ACCOUNT.to_vec();
        let mut waits = self.letters_wait().await?;
        let mut held = waits;
        wanted.retain(|namespace| !waits || *namespace != Namespace::DIRECT);
        for page_number in 1.. {
            self.hall.check_not_silent()?;
            let fetched = match self.fetch(node, &wanted).await {
                Err(error) if waits && blames_member(error.kind()) => {
                    self.note_letters_held().await?;
                    return Err(error);
                }
                other => other?,
            };
            node = fetched.node;
            let Fetched { epoch, parts, way, .. } = fetched;
            wanted.clear();
            let mut letters = None;
            let mut configs = Vec::new();
            for Part { namespace, part, before } in parts {
                let last = part.last.map(|(hash, expires)| (hash.as_str().to_owned(), expires));
                // A node that says "more" without moving on would be asked for ever.
                let last = last.filter(|(hash, _)| Some(hash) != before.as_ref());
                if part.more && last.is_some() {
                    wanted.push(namespace);
                }
                match DocumentKind::from_namespace(namespace) {
                    Some(kind) => {
                        let cursor = last.map(|(hash, expires)| (node, hash, self.kept_until(expires)));
                        let settles = if part.more { Settles::No } else { Settles::WhenFound };
                        let page = ConfigPage { kind, messages: part.messages, cursor, settles };
                        configs.push((page, part.unusable));
                    }
                    None => {
                        letters = Some(Page { node, epoch, messages: part.messages, unusable: part.unusable, last });
                    }
                }
            }
            sum.add(self.merge_configs(epoch, node, configs).await?);
            // Whether a message is wanted is known only once all configs are here: its page is asked for again then.
            let configs_first: Vec<Namespace> =
                wanted.iter().copied().filter(|namespace| *namespace != Namespace::DIRECT).collect();
            if !configs_first.is_empty() {
                held |= letters.take().is_some();
                wanted = configs_first;
            } else if held {
                waits = waits && self.letters_wait().await?;
                if !waits {
                    wanted = vec![Namespace::DIRECT];
                    held = false;
                }
            }
            if let Some(page) = letters
                && (page.last.is_some() || !page.messages.is_empty() || !page.unusable.is_empty())
            {
                sum.add(inbox::sort(&self.hall, page).await?);
            }
            if sum.discarded || wanted.is_empty() || page_number >= MAX_PAGES {
                self.stay_with(node);
                if waits {
                    self.note_letters_held().await?;
                }
                return Ok(PollReport {
                    node,
                    messages: sum.shown,
                    unreadable: sum.unreadable,
                    known: sum.known,
                    more: !wanted.is_empty() && !sum.discarded,
                    way,
                    conversations: sum.conversations.into_iter().collect(),
                    letters_wait: waits,
                });
            }
        }
        Err(Error::bug("poller counted past its last page"))
    }

    /// Merges config pages, and records what in them was no message.
    async fn merge_configs(
        &self,
        epoch: CursorEpoch,
        node: NodeKey,
        configs: Vec<(ConfigPage, Vec<Unusable>)>,
    ) -> Result<Sorted> {
        let mut sum = Sorted::default();
        let mut pages = Vec::with_capacity(configs.len());
        for (page, unusable) in configs {
            if !unusable.is_empty() {
                sum.unreadable += inbox::record_unusable(&self.hall, page.kind.namespace(), node, unusable).await?;
            }
            pages.push(page);
        }
        let merged = reconcile::reconcile(&self.hall, epoch, pages).await?;
        sum.unreadable += merged.refused;
        sum.applied += merged.merged;
        sum.discarded = merged.discarded;
        Ok(sum)
    }

    /// Asks for one page of each namespace after the cursors of `node`.
    async fn fetch(&self, node: NodeKey, wanted: &[Namespace]) -> Result<Fetched> {
        let hall = &self.hall;
        let (me, now) = (*hall.account(), hall.swarms().time().now());
        let namespaces = wanted.to_vec();
        let (cursors, epoch) = hall
            .read(move |tx| {
                let cursor = |namespace: &Namespace| tx.cursor(&me, *namespace, &node.0, now);
                Ok((namespaces.iter().map(cursor).collect::<Result<Vec<_>>>()?, tx.cursor_epoch()?))
            })
            .await?;
        let share = *self.share();
        let ask = |(namespace, cursor): (&Namespace, &Option<String>)| RetrieveAsk {
            namespace: *namespace,
            last_hash: cursor.as_deref().and_then(SwarmHash::parse),
            max_size: share.max_size(),
        };
        let asks: Vec<RetrieveAsk> = wanted.iter().zip(&cursors).map(ask).collect();
        let retrieved = match hall.swarms().retrieve(&node, hall.keys(), &asks).await.map_err(Error::from) {
            Ok(retrieved) => {
                self.share().larger();
                retrieved
            }
            Err(error) => {
                // Late answers are among these and cannot be told from broken paths.
                if error.kind() == ErrorKind::PathBroken {
                    self.share().smaller();
                }
                return Err(error);
            }
        };
        let mut parts = Vec::new();
        let mut given = retrieved.parts;
        for (namespace, cursor) in wanted.iter().zip(cursors) {
            let Some(at) = given.iter().position(|part| part.namespace == *namespace) else {
                if *namespace != Namespace::DIRECT {
                    // The messages are here all the same; the next poll asks again.
                    tracing::debug!(%namespace, "member of our swarm refused a namespace of configs");
                    continue;
                }
                let refused = retrieved.refused.iter().find(|(refused, _)| refused == namespace);
                let left_out = || Error::new(ErrorKind::SwarmRejected, "member of our swarm left out a namespace");
                return Err(refused.map_or_else(left_out, |(_, error)| error.clone().into()));
            };
            // Our swarm moved and a new member answered: what it gave is a list from its beginning.
            let before = cursor.filter(|_| retrieved.node == node);
            parts.push(Part { namespace: *namespace, part: given.swap_remove(at), before });
        }
        Ok(Fetched { node: retrieved.node, epoch, parts, way: retrieved.way })
    }

    /// Until when a node remembers a hash, no longer than any keeps anything.
    fn kept_until(&self, expires: Timestamp) -> Timestamp {
        inbox::kept_until(expires, &self.hall.desk())
    }

    /// The member to ask: the one asked last while it is fresh, else a random one, not `but` if there is another.
    async fn member(&self, but: Option<NodeKey>) -> Result<NodeKey> {
        let now = self.hall.clock().monotonic();
        let current = self.member.lock().unwrap_or_else(std::sync::PoisonError::into_inner).node;
        if let (Some((node, since)), None) = (current, but)
            && now.saturating_sub(since) < STAY_WITH_MEMBER
        {
            return Ok(node);
        }
        let mut node = self.hall.swarms().member(self.hall.account()).await?;
        if Some(node) == but {
            let members = self.hall.swarms().members(self.hall.account()).await?;
            node = members.into_iter().find(|member| Some(*member) != but).unwrap_or(node);
        }
        self.member.lock().unwrap_or_else(std::sync::PoisonError::into_inner).node = Some((node, now));
        Ok(node)
    }

    fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stay_with(&self, node: NodeKey) {
        let now = self.hall.clock().monotonic();
        let mut member = self.member.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if member.node.is_none_or(|(known, _)| known != node) {
            member.node = Some((node, now));
        }
    }

    fn forget_member(&self) {
        self.member.lock().unwrap_or_else(std::sync::PoisonError::into_inner).node = None;
    }

    /// Forgets what every node has forgotten, once an hour.
    async fn purge(&self) -> Result<()> {
        let now = self.hall.clock().monotonic();
        {
            let mut member = self.member.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if member.purged_at.is_some_and(|at| now.saturating_sub(at) < PURGE_EVERY) {
                return Ok(());
            }
            member.purged_at = Some(now);
        }
        let network_now: Timestamp = self.hall.swarms().time().now();
        self.hall.write("hashes purged", move |tx| tx.purge_expired_hashes(network_now)).await?;
        Ok(())
    }
}

/// One answer of one node.
struct Fetched {
    node: NodeKey,
    epoch: CursorEpoch,
    parts: Vec<Part>,
    way: Way,
}

/// What it has in one namespace, and the cursor that it was asked after.
struct Part {
    namespace: Namespace,
    part: RetrievedPart,
    before: Option<String>,
}

/// Set when an account is restored: the first poll that succeeds asks a second member too.
pub const SECOND_MEMBER_DUE: Setting<bool> = Setting { key: "poll.second_member_due", default: false };

/// For how long letters were left in the swarm, since the account came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    /// The first poll that did (network time).
    since: Timestamp,
    /// How many times a member was asked meanwhile.
    polls: u32,
}

impl Held {
    /// Whether it is too early to do without the contacts. Both bounds must be reached: a device that was off in between
    /// has asked nobody. A clock that was set back ends the wait.
    fn goes_on(self, now: Timestamp) -> bool {
        now >= self.since && (self.polls < LETTERS_WAIT_POLLS || now.since(self.since) < LETTERS_WAIT)
    }
}

const LETTERS_HELD: Setting<Option<Held>> = Setting { key: "poll.letters_held", default: None };

/// How long letters of a restored account wait for its contacts: longer than the wait for missing parts of a document.
/// Without the contacts blocked people would be shown; with an endless wait somebody who withholds a document, or wrote one
/// that this version does not understand, would keep all letters away until they expire.
const LETTERS_WAIT: Duration = Duration::from_secs(10 * 60);

/// And so often a member was asked.
const LETTERS_WAIT_POLLS: u32 = 10;

/// Whether the member that was asked may be the reason, so that another one is worth asking at once.
fn blames_member(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::SwarmRejected | ErrorKind::PathBroken)
}

/// The largest share of a whole answer (7.8 MB) that is asked for at once: an eighth, 1 MB, which a slow phone line
/// carries in ten seconds. Source: session-foundation/session-storage-server `oxenss/rpc/client_rpc_endpoints.h`.
const LARGEST_SHARE: i64 = 8;

/// The smallest: 15 kB. A node gives one message whatever its size, so the poll goes on even so. Source:
/// session-foundation/session-storage-server `oxenss/storage/database.cpp`.
const SMALLEST_SHARE: i64 = 512;

/// How long one member is asked. Shorter costs a full list each time (cursors belong to a node); longer lets a node that
/// withholds messages do so longer.
const STAY_WITH_MEMBER: Duration = Duration::from_secs(5 * 60);

/// Pages taken in one poll: at 1 MB each more than a swarm can hold for us in two weeks of ordinary use.
const MAX_PAGES: u32 = 200;

/// How often expired hashes are forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_does_not_come_halves_the_next_and_one_that_comes_doubles_it() {
        let mut share = Share::default();
        let mut asked = vec![share.max_size()];
        for _ in 0..8 {
            share.smaller();
            asked.push(share.max_size());
        }
        assert_eq!(asked, [-8, -16, -32, -64, -128, -256, -512, -512, -512]);
        for _ in 0..9 {
            share.larger();
        }
        assert_eq!(share, Share::default());
    }

    #[test]
    fn letters_wait_for_contacts_a_while_and_never_for_ever() {
        let at = Timestamp::from_millis;
        let (since, minutes) = (at(1_000_000), |count: u64| at(1_000_000 + count * 60_000));
        for (polls, now, expected) in [
            (1, minutes(1), true),
            (500, minutes(9), true),
            (3, minutes(10_000), true),
            (10, minutes(10), false),
            (1, at(999_999), false),
        ] {
            assert_eq!(Held { since, polls }.goes_on(now), expected, "{polls} polls until {now}");
        }
    }

    #[test]
    fn only_having_no_network_counts_as_offline() {
        assert!(is_network(ErrorKind::Offline) && is_network(ErrorKind::GuardUnreachable));
        assert!(!is_network(ErrorKind::PathBroken) && blames_member(ErrorKind::PathBroken));
    }
}
