//! The long tasks of an open account: one sends, one polls, one pushes configs, one fills the word index, one waits for what
//! disappears, one for who stops typing; after an update one reads again what was kept.
//!
//! Each is one loop that ends when the client is closed. Between them there are only rows and a bell: a write that touches
//! the outbox rings, and a poll that finds the network again makes waiting rows due. Nothing here fails for good; an error
//! of the ledger (a full disk) is logged and tried again after a while.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;

use super::{Client, Screen};
use crate::clock;
use crate::delivery::Due;
use crate::delivery::chance::Chance;
use crate::delivery::schedule::{LONGEST_BACKOFF, Pace, STAGGER};
use crate::error::Error;

/// Sends what is written, until the client is closed or erased. What waits since the account was last open goes at a moment
/// of its own, as the first poll does; what is written now, or belongs to an account that somebody looks at, goes at once.
pub(super) async fn send(client: Client) {
    let inner = &client.inner;
    let clock = inner.hall.clock().clone();
    let mut screen = inner.screen.subscribe();
    tokio::select! {
        biased;
        () = inner.stop.cancelled() => return,
        _ = screen.wait_for(|shown| shown.visible) => (),
        () = inner.hall.outbox_bell().notified() => (),
        () = clock::sleep(&*clock, Chance::draw().within(STAGGER)) => (),
    }
    while !inner.hall.is_silent() {
        let round = async {
            let report = inner.sender.work(Due::Now).await?;
            inner.sender.pause_after(&report).await
        };
        let pause = tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            pause = round => pause,
        };
        client.try_to_keep_network_state().await;
        if inner.hall.is_silent() {
            return;
        }
        let pause = pause.unwrap_or_else(|error| {
            tracing::warn!(?error, "sender could not use the ledger");
            Some(LONGEST_BACKOFF)
        });
        tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            () = inner.hall.outbox_bell().notified() => (),
            () = wait(&*clock, pause) => (),
        }
    }
}

/// Pushes config documents after a quiet moment, until the client is closed or erased.
pub(super) async fn push_configs(client: Client) {
    let inner = &client.inner;
    let clock = inner.hall.clock().clone();
    while !inner.hall.is_silent() {
        let round = async {
            match inner.pusher.pause().await? {
                Some(Duration::ZERO) => {
                    inner.pusher.work(Due::Now).await?;
                    inner.pusher.pause().await
                }
                pause => Ok(pause),
            }
        };
        let pause = tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            pause = round => pause,
        };
        let pause = pause.unwrap_or_else(|error: Error| {
            tracing::warn!(?error, "pusher of configs could not use the ledger");
            Some(LONGEST_BACKOFF)
        });
        tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            () = inner.hall.config_bell().notified() => (),
            () = wait(&*clock, pause) => (),
        }
    }
}

/// After polls: lengthens the lifetimes of config messages about once an hour, beside the polls, which never wait for it.
pub(super) async fn keep_configs(client: Client) {
    let inner = &client.inner;
    while !inner.hall.is_silent() {
        let kept = async {
            inner.polled.notified().await;
            inner.pusher.keep_alive().await
        };
        match inner.stop.run_until_cancelled(kept).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(?error, "lifetimes of configs could not be extended"),
        }
    }
}

/// Another path stands: what waits because a path broke is tried over it, until the client is closed.
pub(super) async fn follow_paths(client: Client) {
    let inner = &client.inner;
    let mut changes = inner.onion.changes();
    while let Some(Ok(())) = inner.stop.run_until_cancelled(changes.changed()).await {
        if let Err(error) = inner.hall.hurry_after_stumble().await {
            tracing::debug!(?error, "what waits could not be hurried");
        }
    }
}

/// Fills a word index that is made anew, a little in each write so that nobody waits long, until the client is closed.
pub(super) async fn fill_search(client: Client) {
    let inner = &client.inner;
    let clock = inner.hall.clock().clone();
    loop {
        let filled = match inner.stop.run_until_cancelled(client.fill_search_now()).await {
            None => return,
            Some(filled) => filled,
        };
        let again = filled.err().map(|error| {
            tracing::warn!(?error, "word index could not be filled");
            LONGEST_BACKOFF
        });
        tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            () = inner.hall.search_bell().notified() => (),
            () = wait(&*clock, again) => (),
        }
    }
}

/// After an update: reads once more what earlier versions could not show, until that is done or the client is closed.
pub(super) async fn replay(client: Client) {
    let inner = &client.inner;
    loop {
        let Some(done) = inner.stop.run_until_cancelled(client.replay_now()).await else { return };
        let Err(error) = done else { return };
        tracing::warn!(?error, "what was kept could not be read again");
        let pause = clock::sleep(&**inner.hall.clock(), LONGEST_BACKOFF);
        if inner.stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

/// Takes away what disappears, when its time is over, until the client is closed. Looks again when another time begins, after
/// every poll, because the network's time may be better known, and now and then, because a clock may be set.
pub(super) async fn expire(client: Client) {
    let inner = &client.inner;
    let clock = inner.hall.clock().clone();
    loop {
        let look = async {
            if inner.hall.read(|tx| tx.next_expiry()).await?.is_some_and(|next| next <= inner.hall.desk().network_now) {
                client.know_the_time_surely().await;
            }
            client.expire_now().await?;
            let next = inner.hall.read(|tx| tx.next_expiry()).await?;
            Ok(next.map(|next| next.since(inner.hall.desk().network_now).min(LONGEST_SLEEP)))
        };
        let Some(pause) = inner.stop.run_until_cancelled(look).await else { return };
        let pause = pause.unwrap_or_else(|error: Error| {
            tracing::warn!(?error, "what disappears could not be taken away");
            Some(LONGEST_BACKOFF)
        });
        tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            () = inner.hall.expiry_bell().notified() => (),
            () = wait(&*clock, pause) => (),
        }
    }
}

/// Tells who stopped typing, others and ourselves, until the client is closed.
pub(super) async fn typing(client: Client) {
    let inner = &client.inner;
    let clock = inner.hall.clock().clone();
    loop {
        let Some(next) = inner.stop.run_until_cancelled(inner.hall.see_to_typing()).await else { return };
        let next = next.unwrap_or_else(|error: Error| {
            tracing::debug!(?error, "nobody can be told that somebody stopped typing");
            Some(clock.monotonic().saturating_add(LONGEST_BACKOFF))
        });
        let pause = next.map(|next| next.saturating_sub(clock.monotonic()));
        tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            () = inner.hall.typing_bell().notified() => (),
            () = wait(&*clock, pause) => (),
        }
    }
}

/// Polls at the pace of the screen, until the client is closed or erased.
pub(super) async fn poll(client: Client) {
    let inner = &client.inner;
    let clock = inner.hall.clock().clone();
    let mut screen = inner.screen.subscribe();
    let mut pace = Pace::default();
    let mut time = Hourly::default();
    pace.begin(clock.monotonic(), Chance::draw());
    while !inner.hall.is_silent() {
        client.look_at_screen(&mut pace, &mut screen).await;
        let due = pace.next_poll(clock.monotonic());
        tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            changed = screen.changed() => {
                if changed.is_err() {
                    return;
                }
                // Another conversation has its own talk; the interval follows at once.
                continue;
            }
            () = clock.sleep_until(due) => (),
        }
        if pace.overslept(due, clock.monotonic()) {
            pace.begin(clock.monotonic(), Chance::draw());
            continue;
        }
        let work = async {
            if time.is_due(clock.monotonic()) && inner.hall.swarms().sync_time().await.is_ok() {
                time.done(clock.monotonic(), Chance::draw());
            }
            client.poll_once().await
        };
        let result = tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            result = work => result,
        };
        pace.polled(clock.monotonic(), result.is_ok(), Chance::draw());
        inner.hall.expiry_bell().notify_one();
        if result.is_ok() {
            inner.polled.notify_one();
        }
        if let Err(error) = result {
            tracing::debug!(?error, failures = pace.failures, "poll failed");
        }
    }
}

/// Something that is done about once an hour, and never at the same moment as another account does it.
#[derive(Default)]
struct Hourly {
    next: Duration,
}

impl Hourly {
    fn is_due(&self, now: Duration) -> bool {
        now >= self.next
    }

    fn done(&mut self, now: Duration, chance: Chance) {
        self.next = now.saturating_add(chance.spread(SYNC_TIME_EVERY));
    }
}

impl Client {
    /// Takes what a person looks at into the pace. Who begins to look asks another member than before, and what waits for
    /// its next attempt goes at once.
    async fn look_at_screen(&self, pace: &mut Pace, screen: &mut watch::Receiver<Screen>) {
        let begins = {
            let shown = screen.borrow_and_update();
            let begins = shown.visible && !pace.visible;
            pace.visible = shown.visible;
            let arrivals = self.inner.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
            pace.last_arrival_on_screen = shown.conversation.as_ref().and_then(|shown| arrivals.last(shown));
            begins
        };
        if begins {
            self.inner.poller.somebody_looks();
            if let Err(error) = self.inner.hall.hurry_after_stumble().await {
                tracing::debug!(?error, "what waits could not be hurried");
            }
        }
    }

    /// Before anything is signed for the first time: asks the network for its time. Failing is no reason not to poll; a
    /// node that minds our clock says so, and then it is asked again.
    pub(super) async fn know_the_time(&self) {
        let swarms = self.inner.hall.swarms();
        if !swarms.time().is_known()
            && let Err(error) = swarms.sync_time().await
        {
            tracing::debug!(?error, "client could not ask the network for its time");
        }
    }
}

impl Client {
    /// Before anything disappears for good: asks the network for its time, where nobody of this run spoke for it or the date
    /// was set since. Without a network what is believed counts, and nothing waits long for a bad one.
    async fn know_the_time_surely(&self) {
        let hall = &self.inner.hall;
        if hall.swarms().time().is_certain() || hall.is_silent() {
            return;
        }
        let asked = clock::with_timeout(&**hall.clock(), ASKS_FOR_TIME, hall.swarms().sync_time()).await;
        if !matches!(asked, Ok(Ok(()))) {
            tracing::debug!("what disappears goes by the time that is believed");
        }
    }
}

/// Waits, or for ever when there is nothing to wait for.
async fn wait(clock: &dyn clock::Clock, pause: Option<Duration>) {
    match pause {
        Some(pause) => clock::sleep(clock, pause).await,
        None => std::future::pending().await,
    }
}

/// The longest sleep until something disappears: the date may be set, or the device may sleep, without anybody being told.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// How long what disappears waits for the network's time.
const ASKS_FOR_TIME: Duration = Duration::from_secs(5);

/// About how often the network is asked for its time, besides after every refusal for it (transport.md 5.4).
const SYNC_TIME_EVERY: Duration = Duration::from_secs(60 * 60);
