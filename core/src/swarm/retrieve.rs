//! Reading several namespaces of one account from one node.

use futures_util::future::BoxFuture;

use super::auth::Auth;
use super::batch::Form;
use super::carry::{Carried, Good, Reading, Trip};
use super::error::SwarmError;
use super::request::{After, Call, Retrieve};
use super::response::{self, Part, RetrievedMessage, Unusable};
use super::retry::Effort;
use super::swarms::Swarms;
use crate::address::{Address, Namespace, SwarmHash};
use crate::clock::Timestamp;
use crate::onion::{NodeKey, Way};

/// What to read in one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrieveAsk {
    /// Where.
    pub namespace: Namespace,
    /// The last message that *this node* gave; none begins at the beginning.
    pub last_hash: Option<SwarmHash>,
    /// Bytes when positive, the `n`th part of a whole answer (7,800,000 bytes) when `-n`.
    pub max_size: i64,
}

/// One reading of several namespaces.
#[derive(Clone, Debug)]
pub struct Retrieved {
    /// Namespaces that were read, in the order in which they were asked for.
    pub parts: Vec<RetrievedPart>,
    /// Namespaces that the node refused or answered badly.
    pub refused: Vec<(Namespace, SwarmError)>,
    /// The node that answered: the one that was asked, or another member when that one says that the account moved.
    /// Cursors belong to it.
    pub node: NodeKey,
    /// The way of the request.
    pub way: Way,
}

/// What one node has in one namespace.
#[derive(Clone, Debug)]
pub struct RetrievedPart {
    /// Where.
    pub namespace: Namespace,
    /// Messages in the order of arrival at the node. Every one gives its hash.
    pub messages: Vec<RetrievedMessage>,
    /// Items that are no messages of this account and namespace. Record them; never mark their hashes as seen.
    pub unusable: Vec<Unusable>,
    /// The `last_hash` for the next reading at this node, and when the node will have forgotten it.
    pub last: Option<(SwarmHash, Timestamp)>,
    /// Whether to read again at once.
    pub more: bool,
}

impl Swarms {
    /// Reads several namespaces of `keys`' account from `node`, in one request.
    ///
    /// When the node says that the account moved, another member is asked, from the beginning: of the new swarm once a
    /// second node names it too; see [`Retrieved::node`]. There is no other retry: the next poll is the retry.
    ///
    /// # Errors
    /// When there is no answer, or every namespace was refused alike.
    pub async fn retrieve(
        &self,
        node: &NodeKey,
        keys: &dyn Auth,
        asks: &[RetrieveAsk],
    ) -> Result<Retrieved, SwarmError> {
        let call = |ask: &RetrieveAsk| {
            let after = After::from(ask.last_hash.clone());
            Call::Retrieve(Retrieve { namespace: ask.namespace, after, max_size: Some(ask.max_size) })
        };
        let calls: Vec<_> = asks.iter().map(call).collect();
        let of = keys.address();
        let trip = Trip {
            of,
            auth: Some(keys),
            calls: &calls,
            form: Form::Batch,
            node: Some(*node),
            effort: Effort::Poll,
            hedged: false,
        };
        // In a box: whoever polls need not carry the whole way along in their own future.
        let carried: BoxFuture<'_, Result<Carried<Read>, SwarmError>> =
            Box::pin(self.carry(trip, |good| read(&good, &of, asks).map(Reading::Done)));
        let carried = carried.await?;
        let Read { parts, refused } = carried.value;
        Ok(Retrieved { parts, refused, node: carried.node, way: carried.way })
    }
}

/// What one answer gives of several namespaces.
struct Read {
    parts: Vec<RetrievedPart>,
    refused: Vec<(Namespace, SwarmError)>,
}

/// # Errors
/// When nothing was read of any namespace.
fn read(good: &Good<'_>, of: &Address, asks: &[RetrieveAsk]) -> Result<Read, SwarmError> {
    let mut read = Read { parts: Vec::new(), refused: Vec::new() };
    for (ask, part) in asks.iter().zip(&good.parts) {
        match read_part(part, of, ask.namespace) {
            Ok(part) => read.parts.push(part),
            Err(error) => read.refused.push((ask.namespace, error)),
        }
    }
    match read.refused.first() {
        Some((_, error)) if read.parts.is_empty() => Err(error.clone()),
        _ => Ok(read),
    }
}

fn read_part(part: &Part<'_>, of: &Address, namespace: Namespace) -> Result<RetrievedPart, SwarmError> {
    if !response::is_success(part.status) {
        return Err(SwarmError::Refused { status: part.status });
    }
    let response::Messages { messages, unusable, last, more } = response::retrieved(part.body, of, namespace)?;
    Ok(RetrievedPart { namespace, messages, unusable, last, more })
}
