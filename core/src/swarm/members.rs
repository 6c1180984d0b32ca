//! Which members of a swarm are asked, and what is learned about them.

use std::time::Duration;

use super::batch::Form;
use super::error::SwarmError;
use super::request::get_swarm_params;
use super::response;
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
        let members = self.members_of(&of.into()).await?;
        let order = self.locked(|directory, now| directory.shuffled(&members, now));
        order.first().copied().ok_or(SwarmError::NoMembers)
    }

    /// A member that was not tried yet; when all were, the first again.
    pub(super) async fn next_member(&self, of: &Address, tried: &[NodeKey]) -> Result<NodeKey, SwarmError> {
        let members = self.members_of(of).await?;
        let order = self.locked(|directory, now| directory.shuffled(&members, now));
        let fresh = order.iter().find(|node| !tried.contains(node));
        fresh.or(order.first()).copied().ok_or(SwarmError::NoMembers)
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
        let problem = match self.ask_around(of).await {
            Ok(members) => return Ok(members),
            Err(problem) => problem,
        };
        // Better few members than none.
        let known = self.locked(|directory, _| directory.known(of, &pool));
        if known.is_empty() { Err(problem) } else { Ok(known) }
    }

    /// Asks random nodes for the members of `of`'s swarm until one says.
    async fn ask_around(&self, of: &Address) -> Result<Vec<NodeKey>, SwarmError> {
        let pool = self.inner.onion.roads().pool();
        let keys: Vec<_> = pool.nodes().iter().map(|node| node.key).collect();
        let order = self.locked(|directory, now| directory.shuffled(&keys, now));
        let mut problem = SwarmError::NoMembers;
        for node in order.iter().take(SWARM_ASKS) {
            match self.ask_for_swarm(of, node).await {
                Ok(members) if !members.is_empty() => {
                    self.learn(of, members.clone());
                    return Ok(members);
                }
                Ok(_) => {}
                Err(offline @ SwarmError::Onion(OnionError::Offline)) => return Err(offline),
                Err(error) => problem = error,
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

    /// Only nodes of our own list; when some are not in it, the list is fetched anew first.
    pub(super) async fn in_our_list(&self, keys: Vec<NodeKey>) -> Vec<NodeKey> {
        let onion = &self.inner.onion;
        let pool = onion.roads().pool();
        if keys.iter().all(|key| pool.get(key).is_some()) {
            return keys;
        }
        // One node's word is no reason to fetch the list again and again.
        if onion.roads().tried_within(REFRESH_SPACING) {
            tracing::debug!("node list was fetched a moment ago; an unknown swarm member is left out");
        } else if let Err(error) = onion.refresh_pool().await {
            tracing::debug!(%error, "node list could not be fetched for an unknown swarm member");
        }
        let pool = onion.roads().pool();
        keys.into_iter().filter(|key| pool.get(key).is_some()).collect()
    }

    /// Takes a node's word for the members of `of`'s swarm.
    pub(super) fn learn(&self, of: &Address, members: Vec<NodeKey>) {
        // Asking may have brought a new list.
        let pool = self.inner.onion.roads().pool();
        self.locked(|directory, _| directory.learn(*of, members, self.inner.clock.now(), &pool));
    }

    /// A member comes last for a while, without blame.
    pub(super) fn put_last(&self, node: &NodeKey) {
        self.locked(|directory, now| directory.strike(*node, now));
    }

    /// Takes a node out of `of`'s swarm.
    pub(super) fn drop_member(&self, of: &Address, node: &NodeKey) {
        let pool = self.inner.onion.roads().pool();
        self.locked(|directory, _| directory.drop_member(*of, node, &pool, self.inner.clock.now()));
    }

    /// One failure of a member: it comes last for a while, and at three it is not used.
    pub(super) fn strike(&self, node: &NodeKey) {
        self.inner.onion.strike(node);
        self.put_last(node);
    }
}

/// How long after a try to fetch the node list an unknown member is no reason for another.
const REFRESH_SPACING: Duration = Duration::from_secs(20);

/// How many nodes are asked who keeps an account's messages, one after the other, until one says.
const SWARM_ASKS: usize = 3;
