//! The sender: works the outbox off.
//!
//! Errands leave together, those of one recipient too; which of them start is pure (`round`). How each kind of errand is done
//! stands in [`errand`]. The result of an attempt is one write: *done*, or the moment of the next attempt, or *failed* with its
//! reason ([`outbox`]).
//!
//! While there is no network one errand is tried for all, and when it finds none nothing more is started: the other rows would not find one either, and none of them loses
//! an attempt by it. A path that breaks postpones its own row alone.
//!
//! While attempts are under way the bell and the clock are heard: what is written or due meanwhile leaves at once, however
//! long another recipient's swarm takes to answer.
//!
//! A round that a person asks for goes on beside the one in the background: it tries what is not under way, and does not wait
//! for what hangs there. No errand is under way twice.

mod round;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use crate::clock::{self, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Connection;
use crate::message::dating;
use crate::store::{Errand, ErrandId, Urgency};

use super::chance::Chance;
use super::outbox::{self, Attempt, History};
use super::schedule;
use super::{Hall, NetworkTask, errand};
use round::{Ended, Now, Round, Started, UnderWay};

/// Which rows a round takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Rows whose retry moment has come.
    Now,
    /// Every row that waits for nothing but time: a person asked.
    Everything,
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendReport {
    /// Errands that were done, copies included.
    pub accepted: usize,
    /// Rows that will be tried again.
    pub retrying: usize,
    /// Rows that failed for good (until a person resends).
    pub failed: usize,
    /// The round ended early because no network was found.
    pub offline: bool,
}

/// Works the outbox off. One for each account.
pub struct Sender {
    hall: Hall,
    /// One for each round; all of them together are the proof that none runs.
    turns: Semaphore,
    way: Arc<Mutex<UnderWay>>,
    network_failures: AtomicU32,
    /// Attempts in a row whose path broke, for each row: only as long as the program runs.
    path_failures: Mutex<HashMap<ErrandId, u32>>,
}

impl Sender {
    /// A sender of the account whose hall this is.
    pub fn new(hall: Hall) -> Self {
        Self {
            hall,
            turns: Semaphore::new(MOST_ROUNDS as usize),
            way: Arc::default(),
            network_failures: AtomicU32::new(0),
            path_failures: Mutex::default(),
        }
    }

    /// Works off everything that is due, also what becomes ready or due meanwhile, beside other rounds: what those have under
    /// way is left to them.
    ///
    /// # Errors
    /// Only those of the ledger: what goes wrong on the way is in the rows and in the report.
    pub async fn work(&self, due: Due) -> Result<SendReport> {
        let _turn = self.turns.acquire().await.map_err(|_| Error::bug("sender's turns were closed"))?;
        self.hall.check_not_silent()?;
        let mut round = Round::new(due, Arc::clone(&self.way));
        // Whoever works in the background must hear of what a person's round leaves.
        let (mut running, mut rung) = (FuturesUnordered::new(), due == Due::Everything);
        loop {
            if !round.takes_more() && self.hall.connection() == Connection::Online {
                round.found_network();
            }
            let started = self.look(&mut round).await?;
            running.extend(started.errands.into_iter().map(|id| {
                let place = Place { way: Arc::clone(&self.way), errand: id };
                async move { self.carry(id).await.map(|ended| (ended, place)) }
            }));
            let (ended, _place) = tokio::select! {
                biased;
                ended = running.next() => match ended {
                    Some(ended) => ended?,
                    None => break,
                },
                // Something was written, or there is a network again.
                () = self.hall.outbox_bell().notified() => {
                    rung |= !round.takes_more();
                    continue;
                }
                () = wait(&self.hall, started.look_again) => continue,
            };
            round.ended(ended);
        }
        if rung {
            self.hall.outbox_bell().notify_one();
        }
        Ok(round.report())
    }

    /// What starts now. Once silent, what is under way ends and nothing begins.
    async fn look(&self, round: &mut Round) -> Result<Started> {
        if !round.takes_more() || self.hall.is_silent() {
            return Ok(Started::default());
        }
        let ready = self.hall.read(|tx| tx.errands_ready()).await?;
        let (device, monotonic) = (self.hall.device_now(), self.hall.clock().monotonic());
        let offline = self.hall.connection() == Connection::Offline;
        Ok(round.start(&ready, Now { device, monotonic, offline }))
    }

    /// How long after a round [`Due::Now`] has something to do again; `None` while nothing waits for time.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn pause_after(&self, report: &SendReport) -> Result<Option<Duration>> {
        if report.offline {
            // Rows that were not tried in this round are due, and would find no network either.
            let failures = self.network_failures.load(Ordering::Relaxed).saturating_sub(1);
            return Ok(Some(Chance::draw().spread(outbox::patience(failures, self.hall.is_watched()))));
        }
        let ready = self.hall.read(|tx| tx.errands_ready()).await?;
        let longest = schedule::LONGEST_BACKOFF;
        Ok(round::next_due(&ready).map(|at| at.since(self.hall.device_now()).clamp(SHORTEST_PAUSE, longest)))
    }

    /// Waits until no round runs.
    pub(crate) async fn rest(&self) {
        // Never closed, so all permits mean that no round runs; a silent hall begins none.
        let _ = self.turns.acquire_many(MOST_ROUNDS).await;
    }

    /// One attempt for one errand, from sealing to the write of its result. However old it seems to be: a device that starts
    /// with a wrong date must not fail what was never tried.
    async fn carry(&self, id: ErrandId) -> Result<Ended> {
        let gone = Ended { errand: id, next: None, no_network: false };
        let Some(errand) = self.hall.read(move |tx| tx.errand(id)).await? else { return Ok(gone) };
        let (attempt, done) = match errand::attempt(&self.hall, &errand).await {
            Ok(Some(done)) => (done.attempt(), Some(done)),
            Ok(None) => return Ok(gone),
            Err(error) if is_ours(&error) => return Err(error),
            Err(error) => {
                self.hall.note_trouble(NetworkTask::Sending, error.kind());
                tracing::debug!(?error, "sender could not do an errand");
                (Attempt::from_error(&error), None)
            }
        };
        let for_person = errand.urgency == Urgency::Person;
        if attempt == Attempt::NoNetwork || (attempt == Attempt::PathBroken && for_person) {
            self.hall.note_stumble();
        }
        let history = self.history(&errand, attempt).await?;
        let next = outbox::next(attempt, history, self.hall.device_now());
        let refused = matches!(attempt, Attempt::Refused(_));
        self.hall
            .write_quietly("sending settled", move |tx| errand::settle(tx, &errand, next, done.as_ref(), refused))
            .await?;
        Ok(Ended { errand: id, next: Some(next), no_network: attempt == Attempt::NoNetwork })
    }

    /// What an errand has been through, this attempt included.
    async fn history(&self, errand: &Errand, attempt: Attempt) -> Result<History> {
        Ok(History {
            kind: errand.kind(),
            deadline: self.deadline(errand).await?,
            rejections: errand.attempts,
            network_failures: self.note_network(attempt).await?,
            path_failures: self.note_path(errand.id, attempt),
            waited_for: self.is_waited_for(errand),
            chance: Chance::draw(),
        })
    }

    /// Until when an errand is worth trying. What was written before the network's time was certain is as old as that says, not
    /// as the device's clock does, which may be set by years at any moment.
    async fn deadline(&self, errand: &Errand) -> Result<Timestamp> {
        let Some(sent_at) = errand.parcel().map(|parcel| parcel.sent_at) else { return Ok(errand.deadline) };
        let moment = self.hall.read(move |tx| tx.unsettled_at(sent_at)).await?;
        let Some(moment) = moment.filter(|moment| moment.device == errand.created_at) else {
            return Ok(errand.deadline);
        };
        let now = self.hall.device_now();
        let age = dating::age(&moment, now, self.hall.reading()).unwrap_or_default();
        Ok(now + errand.deadline.since(errand.created_at).saturating_sub(age))
    }

    /// Whether a person waits for it: they look at the account, or wrote it a short while ago.
    fn is_waited_for(&self, errand: &Errand) -> bool {
        let age = self.hall.device_now().since(errand.created_at);
        errand.urgency == Urgency::Person && (self.hall.is_watched() || age < WAITED_FOR)
    }

    /// Counts attempts that found no network, across rows: the back-off is the network's, not a row's.
    async fn note_network(&self, attempt: Attempt) -> Result<u32> {
        match attempt {
            Attempt::NoNetwork => {
                self.hall.note_connection(Connection::Offline).await?;
                Ok(self.network_failures.fetch_add(1, Ordering::Relaxed))
            }
            // Says neither that there is a network nor that there is none.
            Attempt::PathBroken => Ok(self.network_failures.load(Ordering::Relaxed)),
            Attempt::Accepted | Attempt::Refused(_) | Attempt::Impossible(_) => {
                self.network_failures.store(0, Ordering::Relaxed);
                Ok(0)
            }
        }
    }

    /// Counts attempts in a row whose path broke, for one row. Gives how many there were before this one.
    fn note_path(&self, row: ErrandId, attempt: Attempt) -> u32 {
        let mut failures = self.path_failures();
        match attempt {
            Attempt::PathBroken => {
                if failures.len() > MOST_COUNTED {
                    failures.clear();
                }
                let count = failures.entry(row).or_default();
                *count = count.saturating_add(1);
                *count - 1
            }
            Attempt::NoNetwork => failures.get(&row).copied().unwrap_or(0),
            Attempt::Accepted | Attempt::Refused(_) | Attempt::Impossible(_) => {
                failures.remove(&row);
                0
            }
        }
    }

    fn path_failures(&self) -> MutexGuard<'_, HashMap<ErrandId, u32>> {
        self.path_failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an error is of the ledger and not about the way: then the round ends, and the row stays as it is.
fn is_ours(error: &Error) -> bool {
    use ErrorKind::{DatabaseDamaged, InUse, NotAllowed, ReadOnly, StorageFull};
    matches!(error.kind(), StorageFull | DatabaseDamaged | NotAllowed | ReadOnly | InUse)
}

/// The place of an attempt on the way. Given back also when the round ends in the middle: a closed ledger, a caller that goes
/// away.
struct Place {
    way: Arc<Mutex<UnderWay>>,
    errand: ErrandId,
}

impl Drop for Place {
    fn drop(&mut self) {
        round::locked(&self.way).forget(self.errand);
    }
}

/// Rounds at the same time: the one in the background and those that people ask for.
const MOST_ROUNDS: u32 = 16;

/// Waits; for ever when there is nothing to wait for.
async fn wait(hall: &Hall, pause: Option<Duration>) {
    match pause {
        Some(pause) => clock::sleep(&**hall.clock(), pause).await,
        None => std::future::pending().await,
    }
}

/// How long a person waits for what they wrote, also when they look at something else meanwhile.
const WAITED_FOR: Duration = Duration::from_secs(10 * 60);

/// At least this long between two rounds that only time started.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);

/// Rows whose broken paths are counted. Rows that a person took away stay counted until then.
const MOST_COUNTED: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock as _, SystemClock};
    use crate::crypto::AccountId;
    use crate::message::Outcome;
    use crate::message::testing::{NOON, Person};
    use crate::network::Network;
    use crate::onion::{Onion, Roads};
    use crate::store::{Failure, MessageState, Role, WriteTx};
    use crate::swarm::Swarms;

    /// The hall of somebody whose network has no nodes at all.
    fn offline(person: &Person) -> Hall {
        with_seeds(person, serde_json::json!([]))
    }

    fn with_seeds(person: &Person, seeds: serde_json::Value) -> Hall {
        let mut json: serde_json::Value = serde_json::from_str(&Network::testnet().to_json()).unwrap();
        json["seeds"] = seeds;
        json["name"] = "nowhere".into();
        let clock = SystemClock::shared();
        let roads = Roads::open(&Network::from_json(&json.to_string()).unwrap(), None, clock.clone()).unwrap();
        let swarms = Swarms::new(Onion::new(roads, None), clock.clone());
        Hall::new(person.keys.clone(), person.store.clone(), swarms, clock)
    }

    fn now() -> u64 {
        SystemClock::new().now().as_millis()
    }

    #[tokio::test]
    async fn what_is_written_offline_is_sealed_once_and_loses_no_attempt() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let sender = Sender::new(offline(&alice));
        alice.writes(&bob, "hello", now()).await.unwrap();
        alice.writes(&bob, "are you there?", now()).await.unwrap();
        let mut sealed = Vec::new();
        for round in 0..5 {
            let report = sender.work(Due::Everything).await.unwrap();
            // Once there is no network one is tried for all.
            let retrying = if round == 0 { 2 } else { 1 };
            assert_eq!(report, SendReport { retrying, offline: true, ..SendReport::default() }, "round {round}");
            let rows = alice.outbox().await;
            let parcel = rows[0].parcel().unwrap();
            assert_eq!((rows[0].attempts, rows[0].failed, parcel.content.is_empty()), (0, false, true));
            assert_eq!(rows[1].parcel().unwrap().sealed, None, "the copy waits for its message");
            sealed.push(parcel.sealed.clone().unwrap());
        }
        sealed.dedup();
        assert_eq!(sealed.len(), 1, "the same bytes each time");
        let states: Vec<_> = alice.sees(&bob).await.iter().map(|row| row.state).collect();
        assert!(matches!(states[..], [MessageState::Retrying { .. }, MessageState::Retrying { .. }]), "{states:?}");
        assert!(matches!(bob.gets(&sealed[0], now()).await, Outcome::Shown { .. }), "and Bob could open them");

        let soon = sender.work(Due::Now).await.unwrap();
        assert_eq!(soon, SendReport::default(), "its moment has not come");
    }

    #[tokio::test]
    async fn a_message_older_than_two_weeks_fails_and_can_be_sent_again() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let hall = offline(&alice);
        let sender = Sender::new(hall.clone());
        let message = alice.writes(&bob, "hello", NOON).await.unwrap();
        assert_eq!(sender.work(Due::Now).await.unwrap().failed, 1);
        assert_eq!(alice.sees(&bob).await[0].state, MessageState::Failed(Failure::Expired));
        assert_eq!(alice.outbox().await.len(), 2, "nothing is lost");
        let device_now = hall.device_now();
        alice.does(move |tx| tx.revive_errands(message, device_now)).await;
        assert_eq!(sender.work(Due::Now).await.unwrap().retrying, 1);
    }

    #[tokio::test]
    async fn what_is_written_while_another_swarm_does_not_answer_leaves_at_once() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let [alice, bob, carol] =
            [Person::new(1, "Alice").await, Person::new(2, "Bob").await, Person::new(3, "Carol").await];
        let hall = with_seeds(&alice, serde_json::json!([{ "url": url }]));
        let sender = Sender::new(hall.clone());
        let sealed_for = async |to: AccountId| loop {
            // Sealing is how an attempt begins; none of these ever ends.
            if alice.outbox().await.iter().any(|row| row.address == to.into() && row.parcel().unwrap().sealed.is_some())
            {
                break;
            }
        };
        alice.writes(&bob, "are you there?", now()).await.unwrap();
        let story = async {
            sealed_for(bob.id).await;
            let (desk, to) = (alice.desk(now()), carol.id);
            let write = move |tx: &mut WriteTx<'_>| {
                crate::message::text::write(tx, &desk, &to, &crate::message::Draft::text("and you?"))
            };
            hall.write("message written", write).await.unwrap();
            sealed_for(carol.id).await;
        };
        tokio::select! {
            report = sender.work(Due::Now) => panic!("nobody answered, but the round ended: {report:?}"),
            told = tokio::time::timeout(Duration::from_secs(120), story) => told.expect("what was written is never sealed"),
        }
    }

    /// More attempts than the ledger has readers, which look into it all the time, and so does the round.
    #[tokio::test]
    async fn a_burst_does_not_stand_in_its_own_way_at_the_ledger() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let sender = Sender::new(offline(&alice));
        for number in 0..40 {
            alice.writes(&bob, &number.to_string(), now()).await.unwrap();
        }
        for _ in 0..5 {
            let round = tokio::time::timeout(Duration::from_secs(60), sender.work(Due::Everything));
            assert!(round.await.expect("the round ends").unwrap().offline);
            sender.hall.note_connection(Connection::Online).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_row_that_seems_old_is_tried_before_it_expires() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let sender = Sender::new(offline(&alice));
        alice.writes(&bob, "hello", NOON).await.unwrap();
        sender.work(Due::Now).await.unwrap();
        assert!(alice.outbox().await[0].parcel().unwrap().sealed.is_some(), "an attempt was made");
    }

    #[tokio::test]
    async fn an_answer_to_a_request_that_failed_is_kept_and_goes_with_the_next_message() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        alice.writes(&bob, "hello", NOON).await.unwrap();
        for letter in alice.hands_over(&bob).await {
            bob.gets(&letter, NOON).await;
        }
        let (desk, from) = (bob.desk(NOON), alice.id);
        bob.does(move |tx| crate::message::request::accept(tx, &desk, &from)).await;
        assert_eq!(Sender::new(offline(&bob)).work(Due::Now).await.unwrap().failed, 1, "two weeks passed");
        let rows = bob.outbox().await;
        assert_eq!((rows.len(), rows[0].role(), rows[0].failed), (1, Some(Role::Answer), true));
        bob.writes(&alice, "hi", now()).await.unwrap();
        let rows = bob.outbox().await;
        let answers = rows.iter().filter(|row| row.role() == Some(Role::Answer)).count();
        assert_eq!((rows[0].failed, rows[0].attempts, answers), (false, 0, 1), "the same answer, before the message");
    }

    #[tokio::test]
    async fn a_broken_path_waits_longer_each_time_and_says_nothing_about_the_network() {
        let alice = Person::new(1, "Alice").await;
        let sender = Sender::new(offline(&alice));
        let (row, other) = (ErrandId::from_i64(1), ErrandId::from_i64(2));
        let failures: Vec<_> = (0..3).map(|_| sender.note_path(row, Attempt::PathBroken)).collect();
        assert_eq!((failures, sender.note_path(other, Attempt::PathBroken)), (vec![0, 1, 2], 0));
        assert_eq!(sender.note_network(Attempt::PathBroken).await.unwrap(), 0);
        assert_eq!(sender.hall.connection(), Connection::Connecting);
        sender.note_path(row, Attempt::Accepted);
        assert_eq!(sender.note_path(row, Attempt::PathBroken), 0);
    }

    #[tokio::test]
    async fn a_copy_that_fails_leaves_its_message_sent() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let sender = Sender::new(offline(&alice));
        let message = alice.writes(&bob, "hello", NOON).await.unwrap();
        let letter = alice.outbox().await[0].id;
        alice
            .does(move |tx| {
                tx.finish_errand(letter)?;
                tx.set_message_state(message, MessageState::Sent)
            })
            .await;
        assert_eq!(sender.work(Due::Now).await.unwrap().failed, 1, "the copy is too old");
        assert_eq!(alice.sees(&bob).await[0].state, MessageState::Sent);
        assert_eq!(alice.outbox().await, []);
    }

    #[tokio::test]
    async fn a_message_that_was_removed_is_not_sent() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let sender = Sender::new(offline(&alice));
        let message = alice.writes(&bob, "hello", now()).await.unwrap();
        let row = alice.outbox().await[0].clone();
        alice.does(move |tx| tx.remove_message(message, SystemClock::new().now())).await;
        let carried = sender.carry(row.id).await.unwrap();
        assert_eq!((carried.next, carried.no_network), (None, false));
    }
}
