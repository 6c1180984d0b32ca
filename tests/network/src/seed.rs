//! Seeds: JSON-RPC with the list of service nodes, over http or https.
//!
//! Source: oxen-core `src/rpc/core_rpc_server_commands_defs.h`.

use std::io;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

use crate::door::{Answer, Arrival, Body, BodyError, Door, cut_in_half, read_body, respond};
use crate::fault::{Faults, Role, clear_status, lie};
use crate::lock;
use crate::net::Net;
use crate::relay::{From, Reply, spoil};

/// One seed: a port, perhaps a pinned certificate, and faults.
pub(crate) struct Seed {
    pub(crate) door: Door,
    pub(crate) pin: Option<String>,
    pub(crate) faults: Faults,
}

impl Seed {
    pub(crate) fn url(&self) -> String {
        let scheme = if self.pin.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.door.address)
    }
}

/// A seed's server.
pub(crate) struct SeedServer {
    pub(crate) net: Arc<Net>,
    pub(crate) seed: Arc<Seed>,
}

impl Answer for SeedServer {
    async fn answer(self: Arc<Self>, _: Arrival, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let Self { net, seed } = &*self;
        if seed.faults.refuses() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (head, body) = request.into_parts();
        net.journal.outside(format!("{} {} {:?}", head.method, head.uri, head.headers).as_bytes());
        let body = match read_body(body, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(BodyError::TooLarge) => return Ok(respond(413, "text/plain", "Request body too large")),
            Err(BodyError::Broken) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        net.journal.outside(&body);
        net.journal.count(|stats| stats.seeds += 1);
        if (&head.method, head.uri.path()) != (&Method::POST, "/json_rpc") {
            return Ok(respond(404, "text/plain", "Not Found"));
        }
        let request: Value = serde_json::from_slice(&body).unwrap_or_default();
        let method = request.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
        let faults = seed.faults.take(Role::Server, std::slice::from_ref(&method));
        net.delay(None, &seed.faults, &faults).await;
        if let Some((code, text)) = clear_status(&faults, Role::Server) {
            return Ok(respond(code, "text/plain", text));
        }
        let id = request.get("id").cloned().unwrap_or_else(|| json!("0"));
        let answer = match method.as_str() {
            "get_n_service_nodes" | "get_service_nodes" | "get_all_service_nodes" => {
                let params = request.get("params").cloned().unwrap_or_default();
                let result = lock(&net.roster).service_nodes(&params, net.height(), lie(&faults));
                json!({"jsonrpc": "2.0", "id": id, "result": result})
            }
            _ => json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "Method not found"}}),
        };
        let reply = Reply { status: 200, body: answer.to_string().into(), cut: false };
        let reply = spoil(reply, &faults, From::Client);
        let answer = if reply.cut { cut_in_half(200, JSON, &reply.body) } else { respond(200, JSON, reply.body) };
        Ok(answer)
    }
}

/// Official clients compare this exactly.
const JSON: &str = "application/json";

/// A list request is under 1 kB.
const MAX_BODY_BYTES: usize = 64 * 1024;
