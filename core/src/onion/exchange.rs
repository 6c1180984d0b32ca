//! One exchange with a destination over given nodes: seal, send, open.

use std::time::Duration;

use crate::clock::{self, Timestamp};
use crate::crypto::Cipher;
use crate::wire::V4Response;
use crate::wire::onion_v4::decode_response;

use super::error::OnionError;
use super::failure::Failure;
use super::layer::{self, Destination, NodeReply};
use super::node::ServiceNode;
use super::traffic::Traffic;
use super::transport::TransportError;

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

/// An attempt without an answer.
pub(super) enum Broken {
    Guard,
    TimedOut,
    Unreadable,
    Path { status: u16, body: String },
}

impl Broken {
    pub(super) fn as_failure(&self) -> Failure<'_> {
        match self {
            Self::Guard => Failure::Guard,
            Self::TimedOut => Failure::TimedOut,
            Self::Unreadable => Failure::Unreadable,
            Self::Path { status, body } => Failure::Path { status: *status, body },
        }
    }
}

impl Traffic {
    /// Seals, sends, opens. Inside the result: what came back, or how it broke.
    pub(super) async fn exchange(
        &self,
        hops: &[ServiceNode],
        destination: &Destination,
        plain: &[u8],
        timeout: Duration,
    ) -> Result<Result<Received, Broken>, OnionError> {
        let clock = self.roads.clock();
        let sealed = layer::build(Cipher::XChaCha20, hops, destination, plain)?;
        let guard = hops.first().ok_or(OnionError::BadRequest("path has no nodes"))?;
        let sent_at = clock.monotonic();
        let carried = self.transport()?.carry(guard, sealed.body);
        let reply = match clock::with_timeout(&**clock, timeout, carried).await {
            Err(clock::TimedOut) => return Ok(Err(Broken::TimedOut)),
            Ok(Err(TransportError::Unreachable | TransportError::Broken)) => return Ok(Err(Broken::Guard)),
            Ok(Err(TransportError::TooLarge)) => return Ok(Err(Broken::Unreadable)),
            Ok(Ok(reply)) => reply,
        };
        let (rtt, received_at) = (clock.monotonic().saturating_sub(sent_at), clock.now());
        self.reached(&guard.key);
        if reply.status != 200 {
            let text = reply.body.get(..MAX_ERROR_TEXT).unwrap_or(&reply.body);
            let body = String::from_utf8_lossy(text).into_owned();
            return Ok(Err(Broken::Path { status: reply.status, body }));
        }
        let opened = match destination {
            Destination::Node { .. } => sealed.reply.open_node(&reply.body).ok().map(Opened::Node),
            Destination::Server(_) => {
                let plain = sealed.reply.open_raw(&reply.body).ok();
                plain.and_then(|plain| decode_response(&plain).ok()).map(Opened::Server)
            }
        };
        Ok(opened.map(|opened| Received { opened, rtt, received_at }).ok_or(Broken::Unreadable))
    }
}

/// As much of a path's error text as is read; the texts of the table have under 100 bytes.
const MAX_ERROR_TEXT: usize = 512;
