//! A member of a swarm that lies about everything it may, in every combination: [`crate::Fault::HostileMember`].
//!
//! It signs with its own key alone, so its lies are those that a real node could tell. The same seed and the same order of
//! requests give the same lies.
#![allow(clippy::indexing_slicing)] // lies are picked from short lists that stand here

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::identity::Owner;
use super::request::{Named, Request, Retrieve, Write};
use super::write::message_hash;
use super::{Answer, Content};
use crate::dice::Dice;
use crate::fault::{Active, Fault, Lie};
use crate::lock;
use crate::net::Net;

/// What a hostile member does with a copy from its swarm.
pub(super) enum Copy {
    Takes,
    /// Says that it stored and keeps nothing.
    Loses,
    Refuses,
    /// Lets the others wait.
    Ignores,
}

impl Net {
    /// The dice of a hostile node for the request at hand.
    pub(crate) fn dice(&self, node: usize, seed: u64) -> Dice {
        let throw = self.nodes.get(node).map_or(0, |node| node.faults.throw());
        Dice::of(seed, throw)
    }

    /// The answer of a hostile member: one in four is honest.
    pub(super) async fn lies(&self, node: usize, named: &Named, faults: &[Active], seed: u64) -> Answer {
        let mut dice = self.dice(node, seed);
        if dice.below(4) == 0 {
            return self.honest(node, named, faults).await;
        }
        if dice.below(6) == 0 {
            return self.flat_lie(node, named, &mut dice);
        }
        match &named.request {
            Request::Retrieve(asked) => self.false_page(node, asked, &mut dice),
            Request::Write(Write::Store(_)) => self.false_deposit(node, named, faults, &mut dice).await,
            // Says that it was done, and does nothing.
            Request::Write(_) => Answer::json(200, self.dated(node, fields([("swarm", json!({}))]))),
            Request::GetSwarm(owner) => Answer::json(200, self.dated(node, self.wrong_swarm(owner, &mut dice))),
            Request::ActiveNodes => {
                let blob = lock(&self.roster).binary(Some(&wrong_list(&mut dice)));
                Answer { status: 200, content: Content::Bytes(blob) }
            }
            Request::Oxend { endpoint, params } if endpoint == "get_service_nodes" => {
                let list = lock(&self.roster).service_nodes(params, self.height(), Some(&wrong_list(&mut dice)));
                Answer::json(200, self.dated(node, fields([("result", list)])))
            }
            _ => wrong_time(self.honest(node, named, faults).await, &mut dice),
        }
    }

    pub(super) fn hostile_copy(&self, node: usize, seed: u64) -> Copy {
        match self.dice(node, seed).below(6) {
            0 | 1 => Copy::Loses,
            2 => Copy::Refuses,
            3 => Copy::Ignores,
            _ => Copy::Takes,
        }
    }

    /// An answer that fits no request.
    fn flat_lie(&self, node: usize, named: &Named, dice: &mut Dice) -> Answer {
        let owner = named.accounts().first().and_then(|account| Owner::parse(account));
        match (dice.below(5), owner) {
            (0 | 1, Some(owner)) => Answer::json(421, self.dated(node, self.wrong_swarm(&owner, dice))),
            (2, _) => {
                let code = [400, 401, 404, 406, 421, 429, 500, 502, 503][dice.below(9)];
                Answer::text(code, "no")
            }
            (3, _) => Answer::text(200, "not json"),
            _ => Answer::json(200, fields([("messages", 7.into()), ("swarm", "none".into()), ("t", "never".into())])),
        }
    }

    /// Nodes that nobody knows, or those of another swarm.
    fn wrong_swarm(&self, owner: &Owner, dice: &mut Dice) -> Map<String, Value> {
        let roster = lock(&self.roster);
        let right = roster.swarm_of(owner);
        let others: Vec<u64> = roster.swarms().into_iter().filter(|swarm| Some(*swarm) != right).collect();
        match others.get(dice.below(others.len() + 1)) {
            Some(other) => roster.object_of(*other),
            None => Fault::strangers(),
        }
    }

    /// A page with one to three things wrong.
    fn false_page(&self, node: usize, asked: &Retrieve, dice: &mut Dice) -> Answer {
        let mut asked = asked.clone();
        if dice.below(3) == 0 {
            asked.last_hash.clear();
        }
        if dice.below(8) == 0 {
            asked.namespace = [0, 2, 3, 4, 5][dice.below(5)];
        }
        let honest = self.retrieve(node, &asked).unwrap_or_else(Answer::from);
        let Answer { status: 200, content: Content::Json(Value::Object(mut page)) } = honest else { return honest };
        let mut messages = match page.remove("messages") {
            Some(Value::Array(messages)) => messages,
            _ => Vec::new(),
        };
        for _ in 0..=dice.below(3) {
            spoil_page(&mut messages, &mut page, &asked, self.now(node), dice);
        }
        page.insert("messages".to_owned(), messages.into());
        let answer = Answer::json(200, page);
        if dice.below(4) == 0 { wrong_time(answer, dice) } else { answer }
    }

    /// Keeps the message or does not, gives nobody a copy, and names others who cannot have signed.
    async fn false_deposit(&self, node: usize, named: &Named, faults: &[Active], dice: &mut Dice) -> Answer {
        let mut worse = faults.to_vec();
        let mut also = |fault: Fault| worse.extend(faults.first().map(|active| Active { fault, ..active.clone() }));
        also(Fault::NoCopies);
        if dice.below(2) == 0 {
            also(Fault::LoseMessages);
        }
        let mut answer = self.honest(node, named, &worse).await;
        let owner = match &named.request {
            Request::Write(write) => write.auth().owner,
            _ => return answer,
        };
        let mine = self.key_hex(node);
        if let Content::Json(body) = &mut answer.content {
            if let Some(swarm) = body.get_mut("swarm").and_then(Value::as_object_mut) {
                let own = swarm.get(&mine).cloned().unwrap_or_default();
                for member in self.members(&owner).into_iter().filter(|member| *member != node) {
                    swarm.insert(self.key_hex(member), false_proof(&own, dice));
                }
            }
            if dice.below(8) == 0 {
                body["hash"] = dice.hash().into();
            }
        }
        if dice.below(4) == 0 { wrong_time(answer, dice) } else { answer }
    }
}

/// What a liar says that another member said: its own proof, or one that nobody made.
fn false_proof(own: &Value, dice: &mut Dice) -> Value {
    let mut proof = own.clone();
    if dice.below(2) == 0 {
        proof["signature"] = STANDARD.encode(dice.bytes(64)).into();
    }
    if dice.below(4) == 0 {
        proof["already"] = true.into();
    }
    proof
}

/// One more thing that is wrong with a page.
fn spoil_page(messages: &mut Vec<Value>, page: &mut Map<String, Value>, asked: &Retrieve, now: u64, dice: &mut Dice) {
    match dice.below(9) {
        0 => messages.clear(),
        1 => messages.retain(|_| dice.below(2) == 0),
        2 => drop(page.insert("more".to_owned(), true.into())),
        3 => drop(page.insert("more".to_owned(), false.into())),
        4 => messages.extend((0..=dice.below(5)).map(|_| invented(None, asked.namespace, now, dice))),
        5 => {
            let owner = Some(&asked.auth.owner);
            messages.extend((0..=dice.below(40)).map(|_| invented(owner, asked.namespace, now, dice)));
        }
        6 => {
            let data: Vec<Value> = messages.iter().rev().map(|message| message["data"].clone()).collect();
            messages.iter_mut().zip(data).for_each(|(message, data)| message["data"] = data);
        }
        7 => {
            let wrong = [0, 1, 253_402_300_799_000, u64::MAX];
            for message in messages.iter_mut() {
                message["timestamp"] = wrong[dice.below(4)].into();
                message["expiration"] = wrong[dice.below(4)].into();
            }
        }
        _ => messages.extend(messages.clone()),
    }
}

/// Rubbish; with an owner its hash is right, as of anything that a stranger puts into a mailbox.
fn invented(owner: Option<&Owner>, namespace: i16, now: u64, dice: &mut Dice) -> Value {
    let length = 1 + dice.below(400);
    let data = dice.bytes(length);
    let hash = owner.map_or_else(|| dice.hash(), |owner| message_hash(owner, namespace, &data));
    let life = 14 * 24 * 60 * super::write::MINUTE;
    json!({"hash": hash, "timestamp": now, "expiration": now + life, "data": STANDARD.encode(data)})
}

/// The same answer from somebody whose clock is wrong by up to three days.
fn wrong_time(mut answer: Answer, dice: &mut Dice) -> Answer {
    if let Content::Json(Value::Object(body)) = &mut answer.content {
        let days = 3 * 24 * 60 * 60 * 1_000;
        for name in ["t", "timestamp"] {
            if let Some(time) = body.get(name).and_then(Value::as_u64) {
                let wrong = time.saturating_sub(days / 2).saturating_add(dice.next() % days);
                body.insert(name.to_owned(), wrong.into());
            }
        }
    }
    answer
}

fn wrong_list(dice: &mut Dice) -> Lie {
    let count = 1 + dice.below(20);
    match dice.below(3) {
        0 => Lie::Extra(count),
        1 => Lie::Fewer(count),
        _ => Lie::Invented(count),
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
