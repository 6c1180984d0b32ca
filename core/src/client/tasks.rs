//! The long tasks of an open account: one sends, one polls, one pushes configs.
//!
//! Each is one loop that ends when the client is closed. Between them there are only rows and a bell: a write that touches
//! the outbox rings, and a poll that finds the network again makes waiting rows due. Nothing here fails for good; an error
//! of the ledger (a full disk) is logged and tried again after a while.

use std::sync::PoisonError;
use std::time::Duration;

use super::Client;
use crate::clock;
use crate::delivery::Due;
use crate::delivery::schedule::{LONGEST_BACKOFF, Pace};
use crate::error::Error;

/// Sends what is written, until the client is closed or erased.
pub(super) async fn send(client: Client) {
    let inner = &client.inner;
    let clock = inner.hall.clock().clone();
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

/// Polls at the pace of the screen, until the client is closed or erased.
pub(super) async fn poll(client: Client) {
    let inner = &client.inner;
    let clock = inner.hall.clock().clone();
    let mut screen = inner.screen.subscribe();
    let mut pace = Pace::default();
    let mut synced: Option<Duration> = None;
    while !inner.hall.is_silent() {
        {
            let shown = screen.borrow_and_update();
            pace.visible = shown.visible;
            let arrivals = inner.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
            pace.last_arrival_on_screen = shown.conversation.as_ref().and_then(|shown| arrivals.last(shown));
        }
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
            () = clock.sleep_until(pace.next_poll(clock.monotonic())) => (),
        }
        let work = async {
            if synced.is_none_or(|at| clock.monotonic().saturating_sub(at) >= SYNC_TIME_EVERY)
                && inner.hall.swarms().sync_time().await.is_ok()
            {
                synced = Some(clock.monotonic());
            }
            client.poll_now().await
        };
        let result = tokio::select! {
            biased;
            () = inner.stop.cancelled() => return,
            result = work => result,
        };
        let now = clock.monotonic();
        pace.last_poll = Some(now);
        match result {
            Ok(_) => pace.failures = 0,
            Err(error) => {
                pace.failures = pace.failures.saturating_add(1);
                tracing::debug!(?error, failures = pace.failures, "poll failed");
            }
        }
    }
}

impl Client {
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

/// Waits, or for ever when there is nothing to wait for.
async fn wait(clock: &dyn clock::Clock, pause: Option<Duration>) {
    match pause {
        Some(pause) => clock::sleep(clock, pause).await,
        None => std::future::pending().await,
    }
}

/// How often the network is asked for its time, besides after every refusal for it (transport.md 5.4).
const SYNC_TIME_EVERY: Duration = Duration::from_secs(60 * 60);
