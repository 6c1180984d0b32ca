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

mod held;
mod member;
mod round;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::address::{Namespace, Place, SwarmHash};
use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Connection;
use crate::onion::{NodeKey, Way};
use crate::store::{ConversationId, CursorEpoch, Setting, WriteTx};
use crate::swarm::{RetrieveAsk, Retrieved, RetrievedPart, Unusable};

use super::first_configs::FirstLook;
use super::inbox::{self, Page, Sorted};
use super::outbox::is_network;
use super::reconcile::{self, ConfigPage, FIRST_POLL, Settles};
use super::share::Share;
use super::{Hall, Mailbox, NetworkTask};
use held::{Held, LETTERS_HELD};
use member::Member;
use round::{Letters, Next, Round, Told};

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
    pub conversations: Vec<ConversationId>,
    /// Letters were left in the swarm for a later poll: the account came back, and its contacts are not known yet.
    pub letters_wait: bool,
}

/// Asks the swarm of one mailbox.
pub struct Poller {
    hall: Hall,
    mailbox: Mailbox,
    turn: Semaphore,
    member: Mutex<Member>,
    share: Mutex<Share>,
    purged_at: Mutex<Option<Duration>>,
    first_look: FirstLook,
}

impl Poller {
    /// A poller of a mailbox of the account whose hall this is.
    pub fn new(hall: Hall, mailbox: Mailbox) -> Self {
        Self {
            hall,
            mailbox,
            turn: Semaphore::new(1),
            member: Mutex::default(),
            share: Mutex::default(),
            purged_at: Mutex::default(),
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
        if !self.mailbox.comes_back() {
            return Ok(false);
        }
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
        if self.mailbox.comes_back() {
            self.first_look.fetch(&self.hall, &self.mailbox, &self.share).await?;
        }
        let node = self.choose(None).await?;
        let report = match self.poll_member(node).await {
            Err(error) if blames_member(error.kind()) => {
                tracing::debug!(?error, "member of our swarm did not answer, asking another one");
                let other = self.choose(Some(node)).await?;
                self.poll_member(other).await.inspect_err(|_| self.member().forget())?
            }
            Err(error) => {
                self.member().forget();
                return Err(error);
            }
            Ok(report) => report,
        };
        if self.mailbox.comes_back() && self.hall.read(|tx| tx.setting(&SECOND_MEMBER_DUE)).await? {
            return self.poll_second(report).await;
        }
        Ok(report)
    }

    /// After restoring: single nodes can lag, and there is no second chance to show a full history at once. When no other
    /// member answers, the next poll tries again; what the first one gave stands.
    async fn poll_second(&self, mut sum: PollReport) -> Result<PollReport> {
        let second = self.choose(Some(sum.node)).await?;
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
        let letters = self.mailbox.letters().collect();
        let mut round = Round::new(self.mailbox.namespaces(), letters, self.letters_wait().await?);
        loop {
            self.hall.check_not_silent()?;
            let fetched = match self.fetch(node, round.wanted()).await {
                Err(error) if round.letters_wait() && blames_member(error.kind()) => {
                    self.note_letters_held().await?;
                    return Err(error);
                }
                other => other?,
            };
            node = fetched.node;
            let way = fetched.way.clone();
            let told: Vec<Told> = fetched.parts.iter().map(Part::told).collect();
            let (configs, letters) = self.apart(fetched);
            let use_of_letters = round.take(&told);
            sum.add(self.merge_configs(configs).await?);
            let still_wait = round.asks_whether_letters_wait() && self.letters_wait().await?;
            if use_of_letters == Letters::Sort {
                for page in letters {
                    sum.add(inbox::sort(&self.hall, &self.mailbox, page).await?);
                }
            }
            if let Next::Done { more } = round.next(still_wait, sum.discarded) {
                self.member().stay_with(node, self.hall.clock().monotonic());
                if round.letters_wait() {
                    self.note_letters_held().await?;
                }
                return Ok(report(sum, node, way, more, round.letters_wait()));
            }
        }
    }

    /// Sorts an answer by what becomes of it: documents are merged, letters opened.
    fn apart(&self, fetched: Fetched) -> (Configs, Vec<Page>) {
        let Fetched { node, epoch, parts, .. } = fetched;
        let mut configs = Configs { node, epoch, pages: Vec::new(), unusable: Vec::new() };
        let mut letters = Vec::new();
        for part in parts {
            let last = part.moved_to().map(|(hash, expires)| (hash.clone(), *expires));
            let Part { namespace, part, .. } = part;
            let RetrievedPart { messages, unusable, more, .. } = part;
            if let Some(kind) = self.mailbox.document(namespace) {
                let cursor = last.map(|(hash, expires)| (node, hash, self.kept_until(expires)));
                let settles = if more { Settles::No } else { Settles::WhenFound };
                configs.pages.push(ConfigPage { kind, messages, cursor, settles });
                configs.unusable.push((namespace, unusable));
            } else if last.is_some() || !messages.is_empty() || !unusable.is_empty() {
                letters.push(Page { namespace, node, epoch, messages, unusable, last });
            }
        }
        (configs, letters)
    }

    /// Merges config pages, and records what in them was no message.
    async fn merge_configs(&self, configs: Configs) -> Result<Sorted> {
        let Configs { node, epoch, pages, unusable } = configs;
        let mut sum = Sorted::default();
        for (namespace, unusable) in unusable.into_iter().filter(|(_, unusable)| !unusable.is_empty()) {
            sum.unreadable += inbox::record_unusable(&self.hall, &self.mailbox, namespace, node, unusable).await?;
        }
        let merged = reconcile::reconcile(&self.hall, &self.mailbox, epoch, pages).await?;
        sum.unreadable += merged.refused;
        sum.applied += merged.merged;
        sum.discarded = merged.discarded;
        Ok(sum)
    }

    /// Asks for one page of each namespace after the cursors of `node`.
    async fn fetch(&self, node: NodeKey, wanted: &[Namespace]) -> Result<Fetched> {
        let hall = &self.hall;
        let (owner, now) = (self.mailbox.address(), hall.swarms().time().now());
        let namespaces = wanted.to_vec();
        let (cursors, epoch) = hall
            .read(move |tx| {
                let cursor = |namespace: &Namespace| tx.cursor(Place { owner, namespace: *namespace }, &node.0, now);
                Ok((namespaces.iter().map(cursor).collect::<Result<Vec<_>>>()?, tx.cursor_epoch()?))
            })
            .await?;
        let max_size = self.share().max_size();
        let ask = |(namespace, cursor): (&Namespace, &Option<SwarmHash>)| RetrieveAsk {
            namespace: *namespace,
            last_hash: cursor.clone(),
            max_size,
        };
        let asks: Vec<RetrieveAsk> = wanted.iter().zip(&cursors).map(ask).collect();
        let retrieved = match hall.swarms().retrieve(&node, self.mailbox.auth(), &asks).await.map_err(Error::from) {
            Ok(retrieved) => retrieved,
            Err(error) => {
                // Late answers are among these and cannot be told from broken paths.
                if error.kind() == ErrorKind::PathBroken {
                    self.share().smaller();
                }
                return Err(error);
            }
        };
        self.share().larger();
        // Our swarm moved and a new member answered: what it gave is a list from its beginning.
        let moved = retrieved.node != node;
        let asked = wanted.iter().copied().zip(cursors.into_iter().map(|cursor| cursor.filter(|_| !moved))).collect();
        self.parts(retrieved, asked, epoch)
    }

    /// What an answer says of each namespace that was asked for.
    fn parts(
        &self,
        retrieved: Retrieved,
        asked: Vec<(Namespace, Option<SwarmHash>)>,
        epoch: CursorEpoch,
    ) -> Result<Fetched> {
        let Retrieved { parts: mut given, refused, node, way } = retrieved;
        let mut parts = Vec::new();
        for (namespace, before) in asked {
            if let Some(at) = given.iter().position(|part| part.namespace == namespace) {
                parts.push(Part { namespace, part: given.swap_remove(at), before });
            } else if self.mailbox.document(namespace).is_some() {
                // The messages are here all the same; the next poll asks again.
                tracing::debug!(%namespace, "member of our swarm refused a namespace of configs");
            } else {
                let refused = refused.iter().find(|(refused, _)| *refused == namespace);
                let left_out = || Error::new(ErrorKind::SwarmRejected, "member of our swarm left out a namespace");
                return Err(refused.map_or_else(left_out, |(_, error)| error.clone().into()));
            }
        }
        Ok(Fetched { node, epoch, parts, way })
    }

    /// Until when a node remembers a hash, no longer than any keeps anything.
    fn kept_until(&self, expires: Timestamp) -> Timestamp {
        inbox::kept_until(expires, &self.hall.desk())
    }

    /// The member to ask: the one asked last while it is fresh, else a random one, not `but` if there is another.
    async fn choose(&self, but: Option<NodeKey>) -> Result<NodeKey> {
        let now = self.hall.clock().monotonic();
        let fresh = self.member().fresh(now);
        if let (Some(node), None) = (fresh, but) {
            return Ok(node);
        }
        let owner = self.mailbox.address();
        let mut node = self.hall.swarms().member(owner).await?;
        if Some(node) == but {
            let members = self.hall.swarms().members(owner).await?;
            node = members.into_iter().find(|member| Some(*member) != but).unwrap_or(node);
        }
        self.member().choose(node, now);
        Ok(node)
    }

    fn member(&self) -> MutexGuard<'_, Member> {
        self.member.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what every node has forgotten, once an hour.
    async fn purge(&self) -> Result<()> {
        let now = self.hall.clock().monotonic();
        {
            let mut purged_at = self.purged_at.lock().unwrap_or_else(PoisonError::into_inner);
            if purged_at.is_some_and(|at| now.saturating_sub(at) < PURGE_EVERY) {
                return Ok(());
            }
            *purged_at = Some(now);
        }
        let desk = self.hall.desk();
        self.hall
            .write("hashes purged", move |tx| {
                // Both clocks must say that a tombstone is over: one alone may be a liar's.
                tx.purge_tombstones(desk.network_now.min(desk.device_now))?;
                tx.purge_expired_hashes(desk.network_now)
            })
            .await?;
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
    before: Option<SwarmHash>,
}

impl Part {
    /// Where its list ended, when that is further than before.
    fn moved_to(&self) -> Option<&(SwarmHash, Timestamp)> {
        self.part.last.as_ref().filter(|(hash, _)| Some(hash) != self.before.as_ref())
    }

    fn told(&self) -> Told {
        Told { namespace: self.namespace, goes_on: self.part.more && self.moved_to().is_some() }
    }
}

/// The documents of an answer, and what in their namespaces was no message.
struct Configs {
    node: NodeKey,
    epoch: CursorEpoch,
    pages: Vec<ConfigPage>,
    unusable: Vec<(Namespace, Vec<Unusable>)>,
}

fn report(sum: Sorted, node: NodeKey, way: Way, more: bool, letters_wait: bool) -> PollReport {
    PollReport {
        node,
        messages: sum.shown,
        unreadable: sum.unreadable,
        known: sum.known,
        more,
        way,
        conversations: sum.conversations.into_iter().collect(),
        letters_wait,
    }
}

/// Set when an account is restored: the first poll that succeeds asks a second member too.
pub const SECOND_MEMBER_DUE: Setting<bool> = Setting { key: "poll.second_member_due", default: false };

/// Whether the member that was asked may be the reason, so that another one is worth asking at once.
fn blames_member(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::SwarmRejected | ErrorKind::PathBroken)
}

/// How often expired hashes are forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_having_no_network_counts_as_offline() {
        assert!(is_network(ErrorKind::Offline) && is_network(ErrorKind::GuardUnreachable));
        assert!(!is_network(ErrorKind::PathBroken) && blames_member(ErrorKind::PathBroken));
    }
}
