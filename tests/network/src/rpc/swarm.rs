//! Changes, copied to every member of a swarm: what the entry node waits for, and what reaches a member later.
//!
//! The entry node executes a change itself and asks all other members at the same time. Who does not answer within 5 s is
//! listed as failed with a timeout, and gets the change some seconds after it is back.
//! Source: session-foundation/session-storage-server `oxenss/rpc/request_handler.cpp`, `oxenss/snode/service_node.cpp`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::Answer;
use super::hostile::Copy;
use super::request::Write;
use super::write::{Member, Refusal};
use crate::fault::{Active, Fault, Role, has};
use crate::lock;
use crate::net::{Delay, Late, Net};
use crate::storage::Storage;

impl Net {
    /// The entry node executes, then every other member of the swarm does.
    pub(super) async fn write(&self, node: usize, method: &str, write: &Write, faults: &[Active]) -> Answer {
        let owner = write.auth().owner;
        if let Err(elsewhere) = self.check_swarm(node, &owner) {
            return elsewhere;
        }
        self.catch_up(node);
        let entry = match self.write_at(node, write, false, has(faults, &Fault::LoseMessages)) {
            Ok(entry) => entry,
            Err(refusal) => return refusal.into(),
        };
        let hash = entry.get("hash").cloned();
        let mut swarm = Map::new();
        swarm.insert(self.key_hex(node), entry.into());
        if !has(faults, &Fault::NoCopies) {
            let others = self.members(&owner).into_iter().filter(|member| *member != node);
            let copies =
                others.map(async |member| Some((self.key_hex(member), self.copy_to(member, method, write).await?)));
            swarm.extend(join_all(copies).await.into_iter().flatten());
        }
        let status = outcome(write, &swarm);
        if matches!(write, Write::Store(_)) {
            let now = self.now(node);
            if let Some(Value::Object(mine)) = swarm.get_mut(&self.key_hex(node)) {
                mine.insert("t".to_owned(), now.into());
            }
        }
        let mut result = Map::new();
        result.insert("swarm".to_owned(), swarm.into());
        if let Some(hash) = hash {
            result.insert("hash".to_owned(), hash);
        }
        Answer::json(status, self.dated(node, result))
    }

    /// What the entry node hears from another member; nothing about one that is not even asked.
    async fn copy_to(&self, member: usize, method: &str, write: &Write) -> Option<Value> {
        let node = self.nodes.get(member)?;
        if let Some(away) = node.faults.away() {
            if !away.for_good {
                self.miss(member, write);
            }
            if away.told {
                return (!away.for_good).then(timed_out);
            }
            return Some(self.in_vain(member).await);
        }
        let taken = node.faults.take(Role::Member, &[method.to_owned()]);
        let copied = self.clock.within(MEMBER_TIMEOUT, self.copy_with(member, &taken, write)).await;
        Some(copied.unwrap_or_else(timed_out))
    }

    /// A copy to a member that is there, with the faults that apply to it.
    async fn copy_with(&self, member: usize, faults: &[Active], write: &Write) -> Value {
        let mut lose = has(faults, &Fault::LoseMessages);
        for active in faults {
            match &active.fault {
                Fault::Hang | Fault::Frozen => self.hang_as_member(member, active, write).await,
                Fault::Slow(time) => self.clock.sleep(*time).await,
                Fault::Lag(lag) => {
                    let sent = self.now(member);
                    let due = sent.saturating_add(u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
                    self.postpone(member, Late { why: Delay::Lag { due }, sent, write: write.clone() });
                    return self.in_vain(member).await;
                }
                Fault::HostileMember { seed } => match self.hostile_copy(member, *seed) {
                    Copy::Takes => {}
                    Copy::Loses => lose = true,
                    Copy::Refuses => return json!({"failed": true, "code": "500", "reason": "request failed"}),
                    Copy::Ignores => return self.in_vain(member).await,
                },
                Fault::Status { code, body } | Fault::PathStatus { code, body } => {
                    return json!({"failed": true, "code": code.to_string(), "reason": body});
                }
                Fault::NotReady => return json!({"failed": true, "code": "503", "reason": "Snode not ready"}),
                Fault::Garbage | Fault::Truncated => return json!({"failed": true, "bad_peer_response": true}),
                _ => {}
            }
        }
        self.catch_up(member);
        match self.write_at(member, write, true, lose) {
            Ok(result) => result.into(),
            Err((code, reason)) => json!({"failed": true, "code": code.to_string(), "reason": reason}),
        }
    }

    /// Waits until the fault is lifted; should that take too long, the copy is tried again after it.
    async fn hang_as_member(&self, member: usize, active: &Active, write: &Write) {
        let Some(node) = self.nodes.get(member) else { return };
        let number = self.miss(member, write);
        {
            let _hanging = self.journal.hang(Some(member));
            node.faults.lifted(active.id).await;
        }
        let this = |late: &Late| matches!(late.why, Delay::Missed { number: other, .. } if other == number);
        lock(&node.late).retain(|late| !this(late));
    }

    /// The time that the entry node waits for a member that does not answer, and what it says then.
    async fn in_vain(&self, member: usize) -> Value {
        let _hanging = self.journal.hang(Some(member));
        self.clock.sleep(MEMBER_TIMEOUT).await;
        timed_out()
    }

    /// Notes a change that a member missed; the note's number.
    fn miss(&self, member: usize, write: &Write) -> u64 {
        let number = NOTES.fetch_add(1, Ordering::Relaxed);
        let (why, sent) = (Delay::Missed { back: None, number }, self.now(member));
        self.postpone(member, Late { why, sent, write: write.clone() });
        number
    }

    fn postpone(&self, member: usize, copy: Late) {
        if let Some(node) = self.nodes.get(member) {
            lock(&node.late).push(copy);
        }
    }

    fn write_at(&self, node: usize, write: &Write, forwarded: bool, lose: bool) -> Result<Map<String, Value>, Refusal> {
        let Some(here) = self.nodes.get(node) else { return Err((500, "request failed".to_owned())) };
        let mut storage = lock(&here.storage);
        let mut void = Storage::default();
        if lose && matches!(write, Write::Store(_)) {
            let owner = write.auth().owner;
            void.revoke(&owner, storage.revoked(&owner));
            let mut member = Member { keys: &here.keys, storage: &mut void, now: self.now(node), forwarded };
            return member.write(write);
        }
        Member { keys: &here.keys, storage: &mut storage, now: self.now(node), forwarded }.write(write)
    }

    /// Lets copies arrive whose time has come: after a lag (or once the node lags no more), or some seconds after the node
    /// is back.
    pub(crate) fn settle(&self, node: usize) {
        let (now, here) = (self.now(node), self.is_there(node));
        let lags = self.nodes.get(node).is_some_and(|node| node.faults.lags());
        self.deliver(node, |late| match &mut late.why {
            Delay::Lag { due } => !lags || *due <= now,
            Delay::Missed { back, .. } if here => {
                let back = *back.get_or_insert(now);
                now.saturating_sub(back) >= CATCH_UP_MS
            }
            Delay::Missed { back, .. } => {
                *back = None;
                false
            }
        });
    }

    /// As [`Self::settle`], but without the seconds: members that hear of each other again first make up what was missed,
    /// so that no change overtakes an older one.
    fn catch_up(&self, node: usize) {
        self.settle(node);
        if self.is_there(node) {
            self.deliver(node, |late| matches!(late.why, Delay::Missed { .. }));
        }
    }

    fn is_there(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| node.faults.away().is_none() && !node.faults.hangs_as_member())
    }

    fn deliver(&self, node: usize, mut due: impl FnMut(&mut Late) -> bool) {
        let Some(here) = self.nodes.get(node) else { return };
        let arrived: Vec<Late> = lock(&here.late).extract_if(.., |late| due(late)).collect();
        for late in arrived {
            // Checked with the clock of its sending; a refusal then means what it would have meant then.
            let mut storage = lock(&here.storage);
            let mut member = Member { keys: &here.keys, storage: &mut storage, now: late.sent, forwarded: true };
            let _ = member.write(&late.write);
        }
    }
}

/// The status of a change, from what the members say.
fn outcome(write: &Write, swarm: &Map<String, Value>) -> u16 {
    let succeeded = swarm.values().any(|result| result.get("failed").is_none());
    let deletes = |result: &Value| match result.get("deleted") {
        Some(Value::Array(list)) => !list.is_empty(),
        _ => false,
    };
    match write {
        _ if !succeeded => 500,
        Write::Delete { required: true, .. } if !swarm.values().any(deletes) => 404,
        _ => 200,
    }
}

fn timed_out() -> Value {
    json!({"failed": true, "timeout": true})
}

/// Numbers of what members missed.
static NOTES: AtomicU64 = AtomicU64::new(1);

/// How long an entry node waits for another member: transport section 4.5.
const MEMBER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long after its return a member gets what it missed, in ms.
const CATCH_UP_MS: u64 = 3_000;
