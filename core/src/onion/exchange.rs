//! One exchange with a destination over given nodes: seal, send, open.

use std::time::Duration;

use crate::clock::{self, Timestamp};
use crate::crypto::Cipher;
use crate::wire::V4Response;
use crate::wire::onion_v4::decode_response;

use super::error::OnionError;
use super::failure::Failure;
use super::layer::{self, Destination, NodeReply, ReplyKey};
use super::node::ServiceNode;
use super::traffic::Traffic;
use super::transport::{Begun, MAX_NODE_REPLY_BYTES, MAX_SERVER_REPLY_BYTES, Reply, TransportError};

/// What came back, opened.
pub(super) enum Opened {
    Node(NodeReply),
    Server(V4Response),
}

/// What came back, when, and how fast.
pub(super) struct Received {
    pub opened: Opened,
    pub rtt: Duration,
    pub received_at: Timestamp,
}

/// How an exchange ended.
pub(super) enum Exchanged {
    Answered(Received),
    Broken(Broken),
}

/// An exchange without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Guard,
    TimedOut,
    Unreadable,
    Path { status: u16, body: String },
}

impl Broken {
    /// For the table of failures.
    pub(super) fn as_failure(&self) -> Failure<'_> {
        match self {
            Self::Guard => Failure::Guard,
            Self::TimedOut => Failure::TimedOut,
            Self::Unreadable => Failure::Unreadable,
            Self::Path { status, body } => Failure::Path { status: *status, body },
        }
    }

    /// What the path said in clear text.
    fn said(reply: &Reply) -> Self {
        let text = reply.body.get(..MAX_ERROR_TEXT).unwrap_or(&reply.body);
        Self::Path { status: reply.status, body: String::from_utf8_lossy(text).into_owned() }
    }
}

impl From<TransportError> for Broken {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Unreachable | TransportError::Broken => Self::Guard,
            TransportError::TooLarge => Self::Unreadable,
        }
    }
}

impl Traffic {
    /// Seals, sends, opens.
    ///
    /// # Errors
    /// When the request itself cannot be built: no path is at fault.
    pub(super) async fn exchange(
        &self,
        hops: &[ServiceNode],
        destination: &Destination,
        plain: &[u8],
        timeout: Duration,
    ) -> Result<Exchanged, OnionError> {
        let guard = hops.first().ok_or(OnionError::BadRequest("path has no nodes"))?;
        self.exchange_behind(guard, hops, destination, plain, timeout, Begun::default()).await
    }

    /// The same over any number of nodes. Without one the guard is the destination itself. `begun` hears when a reply
    /// begins to arrive.
    ///
    /// # Errors
    /// Those of [`Traffic::exchange`].
    pub(super) async fn exchange_behind(
        &self,
        guard: &ServiceNode,
        hops: &[ServiceNode],
        destination: &Destination,
        plain: &[u8],
        timeout: Duration,
        begun: Begun,
    ) -> Result<Exchanged, OnionError> {
        let clock = self.roads.clock();
        let sealed = layer::build(Cipher::XChaCha20, hops, destination, plain)?;
        let sent_at = clock.monotonic();
        let carried = self.transport()?.carry(guard, sealed.body, limit(destination), begun);
        let reply = match clock::with_timeout(&**clock, timeout, carried).await {
            Err(clock::TimedOut) => return Ok(Exchanged::Broken(Broken::TimedOut)),
            Ok(Err(error)) => return Ok(Exchanged::Broken(error.into())),
            Ok(Ok(reply)) => reply,
        };
        let (rtt, received_at) = (clock.monotonic().saturating_sub(sent_at), clock.now());
        self.reached(&guard.key);
        if reply.status != 200 {
            return Ok(Exchanged::Broken(Broken::said(&reply)));
        }
        Ok(match opened(&sealed.reply, destination, &reply.body) {
            Some(opened) => Exchanged::Answered(Received { opened, rtt, received_at }),
            None => Exchanged::Broken(Broken::Unreadable),
        })
    }
}

/// How long a reply of that destination may be.
const fn limit(destination: &Destination) -> usize {
    match destination {
        Destination::Node { .. } => MAX_NODE_REPLY_BYTES,
        Destination::Server(_) => MAX_SERVER_REPLY_BYTES,
    }
}

fn opened(key: &ReplyKey, destination: &Destination, body: &[u8]) -> Option<Opened> {
    match destination {
        Destination::Node { .. } => key.open_node(body).ok().map(Opened::Node),
        Destination::Server(_) => decode_response(&key.open_raw(body).ok()?).ok().map(Opened::Server),
    }
}

/// As much of a path's error text as is read; the texts of the table have under 100 bytes.
const MAX_ERROR_TEXT: usize = 512;
