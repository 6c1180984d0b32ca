//! The HTTPS side of a service node.
//!
//! Source: session-foundation/session-storage-server `oxenss/server/https.cpp`.

use std::io;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use serde_json::json;

use crate::door::{Answer, Arrival, Body, BodyError, cut_in_half, read_body, respond};
use crate::fault::{Role, clear_status};
use crate::journal::Seen;
use crate::net::Net;
use crate::onion;
use crate::relay::{From, Reply, spoil};
use crate::rpc::{self, Content};

/// One node's server.
pub(crate) struct NodeServer {
    pub(crate) net: Arc<Net>,
    pub(crate) node: usize,
}

impl Answer for NodeServer {
    async fn ready(&self) {
        let Some(here) = self.net.nodes.get(self.node) else { return };
        while let Some(fault) = here.faults.frozen() {
            let _hanging = self.net.journal.hang(Some(self.node));
            here.faults.lifted(fault).await;
        }
    }

    async fn answer(self: Arc<Self>, arrival: Arrival, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let Some(here) = self.net.nodes.get(self.node) else { return Err(io::ErrorKind::NotFound.into()) };
        if here.faults.refuses() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (head, body) = request.into_parts();
        self.net.journal.outside(format!("{} {} {:?}", head.method, head.uri, head.headers).as_bytes());
        let body = match read_body(body, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(BodyError::TooLarge) => return Ok(respond(413, TEXT, "Request body too large")),
            Err(BodyError::Broken) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        match (&head.method, head.uri.path()) {
            (&Method::POST, "/onion_req/v2") => Ok(self.onion(arrival, &body).await),
            (&Method::POST, "/storage_rpc/v1") => Ok(self.direct(&body).await),
            (&Method::POST, "/ping_test/v1") => Ok(respond(200, TEXT, "")),
            (&Method::GET, "/get_stats/v1") => {
                let stats = self.net.journal.stats().nodes.get(self.node).cloned().unwrap_or_default();
                let stats = json!({"version": self.net.version, "height": self.net.height(),
                    "target_height": self.net.height(), "total_client_requests": stats.requests});
                Ok(respond(200, JSON, stats.to_string()))
            }
            _ => Ok(respond(404, TEXT, "Not Found")),
        }
    }
}

impl NodeServer {
    async fn onion(&self, arrival: Arrival, body: &[u8]) -> Response<Body> {
        let sealed = match onion::parse_request(body) {
            Ok(sealed) => sealed,
            Err(why) => return respond(400, TEXT, why),
        };
        if let Ok((_, control)) = onion::split(body) {
            self.net.journal.outside(control.to_string().as_bytes());
        }
        let journal = &self.net.journal;
        let journey = journal.depart(self.net.clock.now_ms(), arrival.connection, arrival.peer, body.len());
        let Reply { status, body, cut } = self.net.onion(self.node, sealed, journey, From::Client).await;
        journal.arrived(journey, status, body.len());
        if cut { cut_in_half(status, TEXT, &body) } else { respond(status, TEXT, body) }
    }

    /// Storage RPC without an onion, for development.
    async fn direct(&self, body: &[u8]) -> Response<Body> {
        let net = &self.net;
        net.journal.outside(body);
        let Some(here) = net.nodes.get(self.node) else { return respond(500, TEXT, "request failed") };
        let request = rpc::parse(body);
        let methods = request.as_ref().map(rpc::request::Named::methods).unwrap_or_default();
        let faults = here.faults.take(Role::Direct, &methods);
        let (at_ms, bytes) = (net.clock.now_ms(), body.len());
        net.journal.seen(Seen { at_ms, node: self.node, role: Role::Direct, methods, bytes, journey: None });
        net.delay(Some(self.node), &here.faults, &faults).await;
        if let Some((code, text)) = clear_status(&faults, Role::Direct) {
            return respond(code, TEXT, text);
        }
        let answer = match request {
            Ok(named) => net.execute(self.node, &named, &faults).await,
            Err(refused) => refused,
        };
        let (kind, body) = match answer.content {
            Content::Text(text) => (TEXT, text.into_bytes()),
            Content::Json(value) => (JSON, value.to_string().into_bytes()),
            Content::Bytes(bytes) => ("application/octet-stream", bytes),
        };
        let reply = spoil(Reply { status: answer.status, body: body.into(), cut: false }, &faults, From::Client);
        if reply.cut { cut_in_half(reply.status, kind, &reply.body) } else { respond(reply.status, kind, reply.body) }
    }
}

/// Largest request body of a node.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";
