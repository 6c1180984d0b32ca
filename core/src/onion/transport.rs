//! How one blob reaches one node: a trait with HTTPS as its only carrier today.
//!
//! The same onion blob can also travel over QUIC (specification 3.9); whatever carries it answers the same three
//! questions: did we reach the node, which status, which bytes. Time limits are the caller's, on the
//! [`Clock`](crate::clock::Clock).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};

use crate::network::NodeTls;

use super::error::OnionError;
use super::node::ServiceNode;
use super::tls;

/// What a node answered to a blob, in clear text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Why there is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransportError {
    /// No connection: refused, no route, no TLS.
    Unreachable,
    /// The connection was there and broke.
    Broken,
    /// The reply is longer than its kind ever is.
    TooLarge,
}

/// Whether a reply has begun to arrive.
pub(super) type Begun = Arc<AtomicBool>;

/// Carries blobs to nodes.
pub(super) trait Transport: Send + Sync + 'static {
    /// Hands `body` to `node` and returns its reply, of at most `limit` bytes when it is an answer; tells `begun` when a
    /// reply begins, which on a slow line is long before its end.
    fn carry(
        &self,
        node: &ServiceNode,
        body: Vec<u8>,
        limit: usize,
        begun: Begun,
    ) -> BoxFuture<'static, Result<Reply, TransportError>>;

    /// Whether `node` can be connected to (TCP and TLS) and speaks at all.
    fn reach(&self, node: &ServiceNode) -> BoxFuture<'static, Result<(), TransportError>>;
}

/// `POST https://ip:port/onion_req/v2`.
pub(super) struct OnionHttps {
    client: reqwest::Client,
}

impl OnionHttps {
    /// A carrier with connections of its own: accounts do not share any.
    pub(super) fn new(rule: NodeTls) -> Result<Self, OnionError> {
        Ok(Self { client: http_client(tls::for_nodes(rule)?)? })
    }
}

impl Transport for OnionHttps {
    fn carry(
        &self,
        node: &ServiceNode,
        body: Vec<u8>,
        limit: usize,
        begun: Begun,
    ) -> BoxFuture<'static, Result<Reply, TransportError>> {
        let request = self.client.post(format!("{}/onion_req/v2", node.https_url())).body(body);
        async move {
            let response = request.send().await.map_err(|error| broken(&error))?;
            begun.store(true, Ordering::Release);
            let status = response.status().as_u16();
            let body = if status == 200 {
                read_limited(response, limit).await?
            } else {
                // A path says in a sentence what is wrong; what goes on is not waited for.
                read_start(response, MAX_ERROR_BYTES).await?
            };
            Ok(Reply { status, body })
        }
        .boxed()
    }

    fn reach(&self, node: &ServiceNode) -> BoxFuture<'static, Result<(), TransportError>> {
        let request = self.client.get(node.https_url());
        async move {
            // Any status will do: the node is there and holds the key of its certificate.
            request.send().await.map(|_| ()).map_err(|error| broken(&error))
        }
        .boxed()
    }
}

/// A client that trusts only `tls`, knows no proxy of the environment, follows no redirect and keeps no cookie.
///
/// The headers are those of official clients, so that we do not stand out: session-foundation/session-desktop
/// `ts/session/apis/seed_node_api/SeedNodeAPI.ts`.
pub(super) fn http_client(tls: rustls::ClientConfig) -> Result<reqwest::Client, OnionError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en-us"));
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .http1_only()
        .user_agent("WhatsApp")
        .default_headers(headers)
        .pool_idle_timeout(IDLE_CONNECTION)
        .tcp_keepalive(KEEPALIVE)
        .build()
        .map_err(|_| OnionError::BadRequest("http client cannot be set up"))
}

/// Reads a body of at most `limit` bytes; refuses a longer one without keeping it.
pub(super) async fn read_limited(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, TransportError> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(TransportError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| TransportError::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(TransportError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads a body up to `limit` bytes and leaves the rest, with its connection.
async fn read_start(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while body.len() < limit {
        let Some(chunk) = response.chunk().await.map_err(|_| TransportError::Broken)? else { break };
        body.extend(chunk.iter().take(limit - body.len()));
    }
    Ok(body)
}

pub(super) fn broken(error: &reqwest::Error) -> TransportError {
    if error.is_connect() { TransportError::Unreachable } else { TransportError::Broken }
}

/// The longest reply of a server that is read. A file of 10 MB is the largest thing that travels; base64 and layers add
/// a third.
pub(super) const MAX_SERVER_REPLY_BYTES: usize = 16 * 1024 * 1024;

/// The longest reply of a node that is read. A node gives at most 7.8 MB of messages at a time, 10.4 MB in base64; JSON
/// around them and its escapes have the rest. More would only cost memory.
pub(super) const MAX_NODE_REPLY_BYTES: usize = 12 * 1024 * 1024;

/// As much of a path's error as is read; the texts of the table have under 100 bytes.
const MAX_ERROR_BYTES: usize = 4 * 1024;

/// How long an unused connection is kept. Longer than a foreground poll's spacing, so that polls reuse it; much longer
/// and after a change of networks requests hang on connections that are gone.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// How soon the system asks whether a silent connection is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A server that answers each connection once with these bytes; returns its URL.
    async fn answers(bytes: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(&bytes).await;
            }
        });
        url
    }

    async fn get(url: &str, limit: usize) -> Result<Vec<u8>, TransportError> {
        let client = http_client(tls::for_nodes(NodeTls::Any).unwrap()).unwrap();
        let response = client.get(url).send().await.map_err(|error| broken(&error))?;
        read_limited(response, limit).await
    }

    #[tokio::test]
    async fn a_reply_over_the_limit_is_refused_with_and_without_a_stated_length() {
        let stated = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789".to_vec()).await;
        assert_eq!(get(&stated, 10).await.unwrap(), b"0123456789");
        assert_eq!(get(&stated, 9).await, Err(TransportError::TooLarge));
        let chunked =
            answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n".to_vec())
                .await;
        assert_eq!(get(&chunked, 10).await.unwrap(), b"0123456789");
        assert_eq!(get(&chunked, 9).await, Err(TransportError::TooLarge));
    }

    #[tokio::test]
    async fn of_an_endless_error_only_the_beginning_is_read() {
        let head = b"HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let endless = [head, b"5\r\nabcde\r\n".repeat(2_000)].concat();
        let client = http_client(tls::for_nodes(NodeTls::Any).unwrap()).unwrap();
        let response = client.get(answers(endless).await).send().await.unwrap();
        assert_eq!(read_start(response, 12).await.unwrap(), b"abcdeabcdeab", "although it never ends");
        let short = answers(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad".to_vec()).await;
        assert_eq!(read_start(client.get(short).send().await.unwrap(), 12).await.unwrap(), b"bad");
    }

    #[tokio::test]
    async fn a_refused_connection_and_a_cut_reply_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gone = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        assert_eq!(get(&gone, 10).await, Err(TransportError::Unreachable));
        let cut = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012".to_vec()).await;
        assert_eq!(get(&cut, 10).await, Err(TransportError::Broken));
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let elsewhere = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad".to_vec()).await;
        let here = answers(
            format!("HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 4\r\n\r\nhere").into_bytes(),
        )
        .await;
        assert_eq!(get(&here, 10).await.unwrap(), b"here");
    }
}
