//! Which members of a swarm are asked, and what is learned about them.

use std::time::Duration;

use futures_util::future::join_all;

use super::batch::Form;
use super::error::SwarmError;
use super::redirect::{self, ENOUGH_KNOWN};
use super::request::get_swarm_params;
use super::response;
use super::retry::Found;
use super::swarms::Swarms;
use crate::address::Address;
use crate::onion::{Ask, NodeKey, OnionError};

impl Swarms {
    /// The nodes that keep `of`'s messages.
    ///
    /// # Errors
    /// When the node list does not tell and no node could be asked.
    pub async fn members(&self, of: impl Into<Address>) -> Result<Vec<NodeKey>, SwarmError> {
        self.members_of(&of.into()).await
    }

    /// One of them by chance; those that failed lately last.
    ///
    /// # Errors
    /// As [`Swarms::members`], and [`SwarmError::NoMembers`].
    pub async fn member(&self, of: impl Into<Address>) -> Result<NodeKey, SwarmError> {
        self.next_member(&of.into(), &[]).await
    }

    /// A member that was not asked yet; when all were, the first again.
    pub(super) async fn next_member(&self, of: &Address, asked: &[NodeKey]) -> Result<NodeKey, SwarmError> {
        let order = self.in_order(of).await?;
        let fresh = order.iter().find(|node| !asked.contains(node));
        fresh.or(order.first()).copied().ok_or(SwarmError::NoMembers)
    }

    /// A member that was not asked yet, if there is one.
    pub(super) async fn fresh_member(&self, of: &Address, asked: &[NodeKey]) -> Result<Option<NodeKey>, SwarmError> {
        Ok(self.in_order(of).await?.into_iter().find(|node| !asked.contains(node)))
    }

    /// The member to ask after a 421: one that was not asked yet; when all were, nodes are asked who keeps the account.
    pub(super) async fn member_elsewhere(&self, of: &Address, asked: &[NodeKey]) -> Result<NodeKey, SwarmError> {
        if let Some(node) = self.fresh_member(of, asked).await? {
            return Ok(node);
        }
        let named = self.ask_around(of, asked).await?;
        let fresh = named.iter().find(|node| !asked.contains(node));
        fresh.or(named.first()).copied().ok_or(SwarmError::NoMembers)
    }

    async fn in_order(&self, of: &Address) -> Result<Vec<NodeKey>, SwarmError> {
        let members = self.members_of(of).await?;
        let pool = self.inner.onion.roads().pool();
        Ok(self.locked(|directory, now| directory.shuffled(&directory.usable(of, &members, &pool), now)))
    }

    /// The members of `of`'s swarm that count for it now: those of our own list, or what nodes agreed on.
    pub(super) fn named(&self, of: &Address) -> Vec<NodeKey> {
        let pool = self.inner.onion.roads().pool();
        self.locked(|directory, _| directory.known(of, &pool))
    }

    /// The members of `of`'s swarm, asking nodes when too few are known.
    pub(super) async fn members_of(&self, of: &Address) -> Result<Vec<NodeKey>, SwarmError> {
        let roads = self.inner.onion.roads();
        if roads.pool().is_empty() {
            self.inner.onion.ready().await?;
        }
        let pool = roads.pool();
        if let Some(members) = self.locked(|directory, _| directory.members(of, &pool)) {
            return Ok(members);
        }
        let problem = match self.ask_around(of, &[]).await {
            Ok(members) => return Ok(members),
            Err(problem) => problem,
        };
        // Better few members than none.
        let known = self.named(of);
        if known.is_empty() { Err(problem) } else { Ok(known) }
    }

    /// Asks random nodes, but not these, for the members of `of`'s swarm until two of them agree. One alone is believed
    /// only where there is no other.
    async fn ask_around(&self, of: &Address, but: &[NodeKey]) -> Result<Vec<NodeKey>, SwarmError> {
        let pool = self.inner.onion.roads().pool();
        let keys: Vec<_> = pool.nodes().iter().map(|node| node.key).filter(|key| !but.contains(key)).collect();
        let order = self.locked(|directory, now| directory.shuffled(&keys, now));
        let mut said: Vec<Vec<NodeKey>> = Vec::new();
        let mut problem = SwarmError::NoMembers;
        for pair in order.chunks(VOICES).take(ROUNDS_OF_VOICES) {
            for answer in join_all(pair.iter().map(|node| self.ask_for_swarm(of, node))).await {
                match answer {
                    Ok(members) if members.is_empty() => {}
                    Ok(members) => {
                        let only = (order.len() == 1).then(|| members.clone());
                        let agreed = said.iter().find_map(|earlier| redirect::agreement(earlier, &members)).or(only);
                        if let Some(agreed) = agreed {
                            self.learn(of, agreed.clone());
                            return Ok(agreed);
                        }
                        said.push(members);
                    }
                    Err(offline @ SwarmError::Onion(OnionError::Offline)) => return Err(offline),
                    Err(error) => problem = error,
                }
            }
        }
        Err(problem)
    }

    async fn ask_for_swarm(&self, of: &Address, node: &NodeKey) -> Result<Vec<NodeKey>, SwarmError> {
        let ask = Ask { attempts: 2, ..Ask::poll() };
        let answer = self.inner.onion.ask(node, "get_swarm", get_swarm_params(of), ask).await?;
        if !response::is_success(answer.status) {
            return Err(SwarmError::Refused { status: answer.status });
        }
        self.hear(&answer, Form::Single, 1);
        Ok(self.in_our_list(response::swarm_members(&answer.body)?).await)
    }

    /// Only nodes of our own list; when fewer than three are in it, and not all, the list is fetched anew first.
    async fn in_our_list(&self, keys: Vec<NodeKey>) -> Vec<NodeKey> {
        let known = keys.iter().filter(|key| self.knows(key)).count();
        if known < keys.len().min(ENOUGH_KNOWN) {
            self.refresh_list().await;
        }
        keys.into_iter().filter(|key| self.knows(key)).collect()
    }

    /// Fetches the node list, if that was not tried a moment ago: one node's word is no reason to do so again and again.
    async fn refresh_list(&self) {
        let onion = &self.inner.onion;
        if onion.roads().tried_within(REFRESH_SPACING) {
            tracing::debug!("node list was fetched a moment ago");
        } else if let Err(error) = onion.refresh_pool().await {
            tracing::debug!(%error, "node list could not be fetched after a node named another swarm");
        }
    }

    /// Looks into a 421 of `node`, which names `named` as `of`'s swarm, after so many of them for one request.
    pub(super) async fn look_into(&self, of: &Address, node: NodeKey, named: &[NodeKey], before: u32) -> Found {
        let told = || redirect::after(&self.named(of), &node, before, named, |key| self.knows(key));
        let mut redirect = told();
        if redirect.refresh_pool {
            self.refresh_list().await;
            redirect = told();
        }
        let found = Found { action: redirect.action, says_it_left: named.is_empty() };
        if !named.is_empty() && !redirect.swarm.is_empty() {
            let agreed = self.locked(|directory, now| directory.hear(*of, node, redirect.swarm, now));
            if let Some(members) = agreed {
                self.learn(of, members);
            }
        }
        found
    }

    /// Takes what nodes agreed on for the members of `of`'s swarm.
    fn learn(&self, of: &Address, members: Vec<NodeKey>) {
        // Asking may have brought a new list.
        let pool = self.inner.onion.roads().pool();
        self.locked(|directory, _| directory.learn(*of, members, self.inner.clock.now(), &pool));
    }

    /// A member comes last for a while, without blame.
    pub(super) fn put_last(&self, node: &NodeKey) {
        self.locked(|directory, now| directory.strike(*node, now));
    }

    /// A node of `of`'s swarm is not asked until the next list.
    pub(super) fn drop_member(&self, of: &Address, node: &NodeKey) {
        let pool = self.inner.onion.roads().pool();
        self.locked(|directory, _| directory.drop_member(*of, *node, &pool));
    }

    /// One failure of a member: it comes last for a while, and at three it is not used.
    pub(super) fn strike(&self, node: &NodeKey) {
        self.inner.onion.strike(node);
        self.put_last(node);
    }
}

/// How long after a try to fetch the node list an unknown member is no reason for another.
const REFRESH_SPACING: Duration = Duration::from_secs(20);

/// How many nodes are asked at once who keeps an account's messages: as many as must agree.
const VOICES: usize = 2;

/// How often that many are asked until two agree.
const ROUNDS_OF_VOICES: usize = 3;
