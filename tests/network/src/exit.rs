//! The last relay's way out: posting to a server on loopback.
//!
//! Host names go through the network's host table and are then spoken to in plain HTTP, whatever the protocol asked:
//! the table stands for "this server, with its TLS already made". Straight loopback addresses keep their protocol.
//! Anything else does not resolve: nothing here ever leaves the machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper_util::rt::TokioIo;
use openssl::ssl::{Ssl, SslContext, SslMethod};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use crate::lock;
use crate::net::Net;
use crate::relay::Reply;

/// Where a server request goes.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) protocol: String,
    pub(crate) target: String,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Net {
    /// Posts and returns the server's status and body as they are; its failures in the words of curl.
    pub(crate) async fn post(&self, to: Destination, payload: Vec<u8>) -> Reply {
        let Destination { host, port, .. } = &to;
        let listed = {
            let hosts = lock(&self.hosts);
            hosts.get(&format!("{host}:{port}")).or_else(|| hosts.get(host)).copied()
        };
        let loopback = match host.as_str() {
            "localhost" => Some(IpAddr::from(Ipv4Addr::LOCALHOST)),
            other => other.parse::<IpAddr>().ok().filter(IpAddr::is_loopback),
        };
        let (address, tls) = match (listed, loopback) {
            (Some(address), _) => (address, false),
            (None, Some(ip)) => (SocketAddr::new(ip, *port), to.protocol == "https"),
            (None, None) => return Reply::text(502, format!("Could not resolve host: {host}")),
        };
        match self.clock.within(SERVER_TIMEOUT, fetch(address, tls, &to, payload)).await {
            Some(Ok(reply)) => reply,
            Some(Err(_)) => Reply::text(502, format!("Failed to connect to {host} port {port}: Connection refused")),
            None => {
                let limit = SERVER_TIMEOUT.as_millis();
                Reply::text(504, format!("Operation timed out after {limit} milliseconds with 0 bytes received"))
            }
        }
    }
}

async fn fetch(address: SocketAddr, tls: bool, to: &Destination, payload: Vec<u8>) -> Result<Reply, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    if !tls {
        return exchange(stream, to, payload).await;
    }
    // A bare context verifies nothing: authenticity comes from the server's X25519 key, local servers are self-signed.
    let context = SslContext::builder(SslMethod::tls_client())?.build();
    let mut stream = SslStream::new(Ssl::new(&context)?, stream)?;
    Pin::new(&mut stream).connect().await?;
    exchange(stream, to, payload).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    to: &Destination,
    payload: Vec<u8>,
) -> Result<Reply, Failure> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(&to.target)
        .header(hyper::header::HOST, &to.host)
        .header(hyper::header::CONTENT_TYPE, "application/octet-stream")
        .body(Full::new(Bytes::from(payload)))?;
    let answering = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await?.to_bytes();
        Ok::<_, Failure>(Reply { status, body, cut: false })
    };
    // The connection lives only as long as its one request, and never outlives this future.
    tokio::pin!(answering);
    tokio::select! {
        answer = &mut answering => answer,
        ended = connection => {
            ended?;
            answering.await
        }
    }
}

/// How long an exit node waits for a server.
const SERVER_TIMEOUT: Duration = Duration::from_secs(25);

/// Largest answer of a server: the largest file and some air.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
