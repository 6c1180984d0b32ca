//! The poller: asks a member of our swarm what is new, page by page, until there is nothing more.
//!
//! One member is asked at a time, by habit the same one, and now and then another (`member`): each node has its own order, so
//! its cursor is only good there, and a single node may lag or withhold. What a member had before a cursor of its own is asked
//! for once, from the beginning: with the cursor of another one, what this one alone has would never come. When a member takes
//! long, another one is asked at the same time. Right after restoring an account a second member is asked too. One request asks
//! for the inbox and for all config documents; configs are merged first, because they say whether a message is still wanted.
//! Until a restored account knows its profile and its contacts, letters stay in the swarm: nobody can say yet whose are blocked
//! or deleted. That wait is bounded, since a document may never come.
//!
//! There are never two polls at once: a second call waits for its turn.

mod complete;
mod held;
mod member;
mod round;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::address::{Namespace, Place, SwarmHash};
use crate::clock::{self, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Connection;
use crate::onion::{NodeKey, Way};
use crate::store::{ConversationId, CursorEpoch, Setting, WriteTx};
use crate::swarm::{RetrieveAsk, Retrieved, RetrievedMessage, RetrievedPart, SwarmError, Unusable};

use super::first_configs::FirstLook;
use super::inbox::{self, Page, Sorted};
use super::outbox::is_network;
use super::reconcile::{self, ConfigPage, FIRST_POLL, Settles};
use super::share::Share;
use super::{Hall, Mailbox, NetworkTask};
use complete::Complete;
use held::{Held, LETTERS_HELD};
use member::Rotation;
use round::{Letters, Next, Outcome, Round, Told};

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
    rotation: Mutex<Rotation>,
    complete: Mutex<Complete>,
    /// The members as they were a moment ago, and when (monotonic).
    members: Mutex<Option<(Duration, Vec<NodeKey>)>>,
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
            rotation: Mutex::default(),
            complete: Mutex::default(),
            members: Mutex::default(),
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
            self.hall.note_stumble();
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

    /// Somebody begins to look: the next poll asks another member than the one before.
    pub(crate) fn somebody_looks(&self) {
        self.rotation().somebody_looks();
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
        let at = self.network_time_of(begun);
        self.hall.write("first poll", move |tx| tx.set_setting(&FIRST_POLL, &Some(at))).await
    }

    /// When something was (network time) that was answered since by a node, given its monotonic reading.
    fn network_time_of(&self, monotonic: Duration) -> Timestamp {
        let ago = self.hall.clock().monotonic().saturating_sub(monotonic);
        self.hall.swarms().time().now() - ago
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
            Box::pin(self.first_look.fetch(&self.hall, &self.mailbox, &self.share)).await?;
        }
        let report = self.poll_one_that_answers().await?;
        if self.mailbox.comes_back() && self.hall.read(|tx| tx.setting(&SECOND_MEMBER_DUE)).await? {
            return self.poll_second(report).await;
        }
        Ok(report)
    }

    /// Asks a member, and another one when that fails.
    async fn poll_one_that_answers(&self) -> Result<PollReport> {
        let (mut tried, mut told) = (Vec::new(), None::<PollReport>);
        loop {
            let node = self.choose(&tried).await?;
            let (failed, error) = match Box::pin(self.poll_member(node, tried.is_empty())).await {
                Ok(visited) => {
                    let node = visited.report.node;
                    let sum = match told.take() {
                        Some(before) => before.and_then(visited.report),
                        None => visited.report,
                    };
                    if !visited.failed {
                        return Ok(sum);
                    }
                    told = Some(sum);
                    (node, None)
                }
                Err(error) if blames_member(error.kind()) => (node, Some(error)),
                Err(error) => return Err(error),
            };
            tracing::debug!(?error, "member of our swarm failed, asking another one");
            self.note_failed(failed);
            tried.push(failed);
            if tried.len() < MEMBERS_TRIED {
                continue;
            }
            // What a member gave stands, also when it has failed otherwise and the other one did not even answer.
            return match (told, error) {
                (Some(sum), _) => Ok(sum),
                (None, Some(error)) => Err(error),
                (None, None) => Err(Error::bug("poller has neither an answer nor a failure")),
            };
        }
    }

    /// After restoring: single nodes can lag, and there is no second chance to show a full history at once. When no other
    /// member answers, the next poll tries again; what the first one gave stands.
    async fn poll_second(&self, sum: PollReport) -> Result<PollReport> {
        let Some(second) = self.other_than(sum.node).await? else { return Ok(sum) };
        match Box::pin(self.poll_member(second, false)).await {
            Ok(Visited { report, failed }) => {
                let told = PollReport { node: sum.node, way: sum.way.clone(), more: sum.more, ..sum.and_then(report) };
                if !told.letters_wait && !failed {
                    self.hall.write("second member asked", |tx| tx.set_setting(&SECOND_MEMBER_DUE, &false)).await?;
                }
                Ok(told)
            }
            Err(error) if blames_member(error.kind()) || is_network(error.kind()) => {
                tracing::debug!(?error, "second member of our swarm did not answer");
                Ok(sum)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks one member until it has nothing more. `hedged`: another one may answer in its place when it takes long.
    async fn poll_member(&self, node: NodeKey, hedged: bool) -> Result<Visited> {
        let letters = self.mailbox.letters().collect();
        let round = Round::new(self.mailbox.namespaces(), letters, self.letters_wait().await?);
        let mut visit = Visit::new(node, round);
        let begun = self.hall.clock().monotonic();
        let result = Box::pin(self.pages(&mut visit, hedged)).await;
        // What was kept until all configs are here came all the same, and whoever gives configs has no say in it.
        let kept = std::mem::take(&mut visit.kept);
        self.sort(&mut visit.sum, kept).await?;
        let (way, end) = result?;
        let letters_wait = visit.round.letters_wait();
        // Where another one answered in its place, nobody knows what either of them was asked for.
        if end == Next::Done && !letters_wait && !visit.sum.discarded && visit.node == node {
            self.complete().note(node, self.network_time_of(begun));
        }
        let report = report(visit.sum, visit.node, way, end == Next::Leave, letters_wait);
        Ok(Visited { report, failed: end == Next::Failed })
    }

    /// Takes page after page. Gives the way of the last one, and how it ended.
    async fn pages(&self, visit: &mut Visit, hedged: bool) -> Result<(Way, Next)> {
        let mut hedged = hedged;
        loop {
            self.hall.check_not_silent()?;
            let fetched = self.fetch_page(visit, std::mem::take(&mut hedged)).await?;
            if fetched.node != visit.node {
                // Another one answered in its place, or the account has moved.
                *self.known_members() = None;
                visit.is_answered_by(fetched.node);
            }
            let way = fetched.way.clone();
            let told: Vec<Told> = fetched.parts.iter().map(|part| visit.told(part)).collect();
            let (configs, letters) = self.apart(fetched);
            let use_of_letters = visit.round.take(&told);
            let (before, came) = (visit.sum.news(), !letters.is_empty());
            visit.sum.add(self.merge_configs(configs).await?);
            visit.kept.extend(letters);
            if use_of_letters == Letters::Sort {
                let kept = std::mem::take(&mut visit.kept);
                self.sort(&mut visit.sum, kept).await?;
            }
            let still_wait = visit.round.asks_whether_letters_wait() && self.letters_wait().await?;
            let news = visit.sum.news() > before || (came && use_of_letters == Letters::Keep);
            let next = visit.round.next(Outcome { still_wait, discarded: visit.sum.discarded, news });
            if next == Next::Ask {
                continue;
            }
            if visit.round.letters_wait() {
                self.note_letters_held().await?;
            }
            if next != Next::Failed {
                self.rotation().answered(visit.node, self.hall.clock().monotonic());
            }
            if next == Next::Leave {
                self.rotation().leave(&visit.node);
            }
            return Ok((way, next));
        }
    }

    async fn fetch_page(&self, visit: &Visit, hedged: bool) -> Result<Fetched> {
        let (node, wanted) = (visit.node, visit.round.wanted());
        let fetched =
            if hedged { self.fetch_hedged(node, wanted).await } else { self.fetch(node, wanted, &visit.ahead).await };
        match fetched {
            Err(error) if visit.round.letters_wait() && blames_member(error.kind()) => {
                self.note_letters_held().await?;
                Err(error)
            }
            other => other,
        }
    }

    /// Asks `node`; when it takes long another member too, and takes the first answer. Reading twice is harmless.
    async fn fetch_hedged(&self, node: NodeKey, wanted: &[Namespace]) -> Result<Fetched> {
        // Looked up before anything is under way: what waits for its turn must be polled.
        let other = self.other_than(node).await?;
        let begin = BTreeMap::new();
        // On the heap: two requests in one future would not fit on the stack of every thread.
        let mut first = Box::pin(self.fetch(node, wanted, &begin));
        let patience = clock::sleep(&**self.hall.clock(), self.hall.swarms().patience());
        tokio::select! {
            biased;
            fetched = &mut first => return fetched,
            () = patience => (),
        }
        let Some(other) = other else { return first.await };
        tracing::debug!("member of our swarm takes long, another one is asked as well");
        let mut second = Box::pin(self.fetch(other, wanted, &begin));
        let (fetched, late) = tokio::select! {
            biased;
            fetched = &mut first => (fetched, None),
            fetched = &mut second => (fetched, Some(node)),
        };
        match (fetched, late) {
            (Ok(fetched), late) => {
                if let Some(late) = late {
                    self.note_failed(late);
                }
                Ok(fetched)
            }
            (Err(error), _) if !blames_member(error.kind()) => Err(error),
            (Err(_), None) => second.await,
            (Err(_), Some(_)) => first.await,
        }
    }

    async fn sort(&self, sum: &mut Sorted, pages: Vec<Page>) -> Result<()> {
        for page in pages {
            sum.add(inbox::sort(&self.hall, &self.mailbox, page).await?);
        }
        Ok(())
    }

    /// Sorts an answer by what becomes of it: documents are merged, letters opened.
    fn apart(&self, fetched: Fetched) -> (Configs, Vec<Page>) {
        let Fetched { node, epoch, parts, .. } = fetched;
        let mut configs = Configs { node, epoch, pages: Vec::new(), unusable: Vec::new() };
        let mut letters = Vec::new();
        for part in parts {
            let last = part.moved_to().map(|last| (last.hash.clone(), last.expires));
            let Part { namespace, part, .. } = part;
            let RetrievedPart { messages, unusable, more, .. } = part;
            if let Some(kind) = self.mailbox.document(namespace) {
                let cursor = last.map(|(hash, expires)| (node, hash, self.kept_until(expires)));
                let settles = if more { Settles::No } else { Settles::WhenFound };
                configs.pages.push(ConfigPage { kind, messages, cursor, settles });
                configs.unusable.push((namespace, unusable));
            } else if last.is_some() || !messages.is_empty() || !unusable.is_empty() {
                let not_before = self.complete().not_before(&node);
                letters.push(Page { namespace, node, epoch, messages, unusable, last, not_before });
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

    /// Asks for one page of each namespace after the cursors of `node`, or after what stands `ahead` of them.
    async fn fetch(
        &self,
        node: NodeKey,
        wanted: &[Namespace],
        ahead: &BTreeMap<Namespace, SwarmHash>,
    ) -> Result<Fetched> {
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
            last_hash: ahead.get(namespace).or(cursor.as_ref()).cloned(),
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

    /// The member to ask, none of `tried` if there is another.
    async fn choose(&self, tried: &[NodeKey]) -> Result<NodeKey> {
        let members = self.members().await?;
        let chosen = self.rotation().choose(&members, tried, self.hall.clock().monotonic());
        chosen.or(members.first().copied()).ok_or_else(|| Error::from(SwarmError::NoMembers))
    }

    /// Another member than `node`, if there is one.
    async fn other_than(&self, node: NodeKey) -> Result<Option<NodeKey>> {
        let members = self.members().await?;
        let other = self.rotation().other_than(&node, &members, self.hall.clock().monotonic());
        Ok(other.filter(|other| *other != node))
    }

    /// The members of the swarm, one by chance first that did not fail lately. Where the node list names too few of them
    /// nodes are asked, so that is not done with every poll.
    async fn members(&self) -> Result<Vec<NodeKey>> {
        let now = self.hall.clock().monotonic();
        let known = self.known_members().clone().filter(|(at, _)| now.saturating_sub(*at) < MEMBERS_HOLD);
        if let Some((_, members)) = known {
            return Ok(members);
        }
        let (swarms, owner) = (self.hall.swarms(), self.mailbox.address());
        let mut members = swarms.members(owner).await?;
        let first = swarms.member(owner).await?;
        members.sort_by_key(|member| *member != first);
        *self.known_members() = Some((now, members.clone()));
        Ok(members)
    }

    fn known_members(&self) -> MutexGuard<'_, Option<(Duration, Vec<NodeKey>)>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A member did not answer, or not as one: another is asked by habit, and who the members are is looked up again.
    fn note_failed(&self, node: NodeKey) {
        self.rotation().failed(node, self.hall.clock().monotonic());
        *self.known_members() = None;
    }

    fn rotation(&self) -> MutexGuard<'_, Rotation> {
        self.rotation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(&self) -> MutexGuard<'_, Complete> {
        self.complete.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what every node has forgotten, once an hour; a part at a time, so that nobody waits who writes meanwhile.
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
        // Both clocks must say that a tombstone is over: one alone may be a liar's.
        let over = desk.network_now.min(desk.device_now);
        let purge = move |tx: &mut WriteTx<'_>| {
            tx.purge_early(over)?;
            tx.purge_receipts(over)?;
            tx.purge_tombstones(over)
        };
        self.hall.write("tombstones purged", purge).await?;
        while self.hall.write("hashes purged", move |tx| tx.purge_expired_hashes(desk.network_now)).await? > 0 {}
        Ok(())
    }
}

/// One member's turn in a poll.
struct Visit {
    /// The member that answers.
    node: NodeKey,
    round: Round,
    sum: Sorted,
    /// Pages of letters that came while configs were still to come.
    kept: Vec<Page>,
    /// What the member gave.
    given: HashSet<SwarmHash>,
    /// Where its list goes on behind what is no message: only as long as the turn, since no data give these names.
    ahead: BTreeMap<Namespace, SwarmHash>,
}

/// A turn that ended.
struct Visited {
    report: PollReport,
    /// The member gave nothing and said that there is more.
    failed: bool,
}

impl Visit {
    fn new(node: NodeKey, round: Round) -> Self {
        Self { node, round, sum: Sorted::default(), kept: Vec::new(), given: HashSet::new(), ahead: BTreeMap::new() }
    }

    /// Another member answered: it has a list of its own.
    fn is_answered_by(&mut self, node: NodeKey) {
        self.node = node;
        self.ahead.clear();
    }

    /// Takes note of what the member said of one namespace.
    fn told(&mut self, part: &Part) -> Told {
        let mut verified = false;
        for message in &part.part.messages {
            verified |= self.given.insert(message.hash.clone());
        }
        let claimed = part.part.last.as_ref().map(|(hash, _)| hash);
        let last = part.part.messages.last().map(|message| &message.hash);
        match claimed.filter(|claimed| Some(*claimed) != last) {
            Some(claimed) => self.ahead.insert(part.namespace, claimed.clone()),
            None => self.ahead.remove(&part.namespace),
        };
        Told { namespace: part.namespace, more: part.part.more, verified }
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
    /// The last message whose data give its name, when that is another than before: only it is worth a cursor.
    fn moved_to(&self) -> Option<&RetrievedMessage> {
        self.part.messages.last().filter(|last| Some(&last.hash) != self.before.as_ref())
    }
}

/// The documents of an answer, and what in their namespaces was no message.
struct Configs {
    node: NodeKey,
    epoch: CursorEpoch,
    pages: Vec<ConfigPage>,
    unusable: Vec<(Namespace, Vec<Unusable>)>,
}

impl PollReport {
    /// With what another member told afterwards.
    fn and_then(self, later: Self) -> Self {
        Self {
            messages: self.messages + later.messages,
            unreadable: self.unreadable + later.unreadable,
            known: self.known + later.known,
            letters_wait: self.letters_wait || later.letters_wait,
            conversations: [self.conversations, later.conversations].concat(),
            ..later
        }
    }
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

/// For how long the members of the swarm are not looked up again.
const MEMBERS_HOLD: Duration = Duration::from_secs(60);

/// How many members are asked in one poll until one answers.
const MEMBERS_TRIED: usize = 2;

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
