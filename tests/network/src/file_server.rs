//! A file server behind v4 onion requests, in memory.
//!
//! Source: session-foundation/session-file-server `fileserver/routes.py`, `fileserver/onion_req.py`.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

use crate::cipher::{Keys, Layer};
use crate::door::{self, Answer, Arrival, Body, BodyError, Door, cut_in_half, read_body, respond};
use crate::fault::{Fault, Faults, Role, has};
use crate::lock;
use crate::net::Net;
use crate::onion;
use crate::relay::{From, Reply, spoil};
use crate::sodium;
use crate::v4::{self, ServerRequest};

/// The file server of a network.
pub(crate) struct FileServer {
    pub(crate) net: Arc<Net>,
    pub(crate) keys: Keys,
    pub(crate) door: Door,
    pub(crate) faults: Faults,
    pub(crate) files: Mutex<Files>,
}

/// Uploaded files.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) by_id: HashMap<String, File>,
    /// Give out decimal numbers instead of hashes, as old servers do.
    legacy_ids: bool,
    last_number: u64,
}

/// One upload. Times in ms since the epoch.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) data: Vec<u8>,
    uploaded: u64,
    expires: u64,
}

impl Answer for FileServer {
    async fn answer(self: Arc<Self>, _: Arrival, request: Request<Incoming>) -> io::Result<Response<Body>> {
        if self.faults.refuses() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (head, body) = request.into_parts();
        if (&head.method, head.uri.path()) != (&Method::POST, "/oxen/v4/lsrpc") {
            return Ok(respond(404, "text/plain", "Not Found"));
        }
        let body = match read_body(body, MAX_REQUEST_BYTES).await {
            Ok(body) => body,
            Err(BodyError::TooLarge) => return Ok(respond(413, "text/plain", "Request body too large")),
            Err(BodyError::Broken) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        let Some((layer, request)) = self.unwrap(&body) else {
            return Ok(respond(400, "text/plain", "Invalid request"));
        };
        self.net.journal.count(|stats| stats.file_server += 1);
        let faults = self.faults.take(Role::Server, &[format!("{} {}", request.method, route(request.path()))]);
        self.net.delay(None, &self.faults, &faults).await;
        let status = faults.iter().find_map(|active| match &active.fault {
            Fault::Status { code, body } => Some((*code, body.clone())),
            _ => None,
        });
        let path_status = faults.iter().find_map(|active| match &active.fault {
            Fault::PathStatus { code, body } => Some((*code, body.clone())),
            _ => None,
        });
        if let Some((code, text)) = path_status {
            return Ok(respond(code, "text/plain", text));
        }
        let answer = match status {
            Some((code, text)) => v4::answer(code, &[("content-type", "application/json".to_owned())], text.as_bytes()),
            None => lock(&self.files).answer(&request, self.net.clock.now_ms(), has(&faults, &Fault::LoseMessages)),
        };
        let reply = spoil(Reply { status: 200, body: layer.seal(&answer).into(), cut: false }, &faults, From::Client);
        let kind = "application/octet-stream";
        Ok(if reply.cut { cut_in_half(200, kind, &reply.body) } else { door::respond(200, kind, reply.body) })
    }
}

impl FileServer {
    /// Takes the last onion layer off.
    fn unwrap(&self, body: &[u8]) -> Option<(Layer, ServerRequest)> {
        let (sealed, control) = onion::split(body).ok()?;
        let (ephemeral, cipher) = onion::next_key(&control).ok()?;
        let layer = self.keys.layer(cipher, &ephemeral)?;
        let request = ServerRequest::parse(&layer.open(sealed)?)?;
        Some((layer, request))
    }
}

impl Files {
    pub(crate) fn new(legacy_ids: bool) -> Self {
        Self { legacy_ids, ..Self::default() }
    }

    fn answer(&mut self, request: &ServerRequest, now: u64, lose: bool) -> Vec<u8> {
        self.by_id.retain(|_, file| file.expires > now);
        let parts: Vec<&str> = request.path().trim_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["file"]) => match self.upload(&request.body, request.header("x-fs-ttl"), now, lose) {
                Ok((id, file)) => {
                    let size = file.data.len();
                    json_answer(
                        200,
                        json!({"id": id, "size": size, "uploaded": seconds(file.uploaded), "expires": seconds(file.expires)}),
                    )
                }
                Err(code) => failure(code),
            },
            ("GET", ["file", id]) => match self.by_id.get(*id) {
                Some(file) => {
                    let headers =
                        [("content-type", "application/octet-stream".to_owned()), ("expires", http_date(file.expires))];
                    v4::answer(200, &headers, &file.data)
                }
                None => failure(404),
            },
            ("GET", ["file", id, "info"]) => self.by_id.get(*id).map_or_else(|| failure(404), info),
            ("POST", ["file", id, "extend"]) => {
                self.extend(id, request.header("x-fs-ttl"), now).unwrap_or_else(failure)
            }
            ("GET", ["session_version"]) => match request.query("platform") {
                Some(platform @ ("desktop" | "android" | "ios")) => {
                    let name = format!("Session {platform} 1.0.0");
                    json_answer(
                        200,
                        json!({"status_code": 200, "result": "1.0.0", "updated": seconds(now),
                        "prerelease": false, "name": name, "notes": "", "assets": []}),
                    )
                }
                _ => failure(404),
            },
            ("POST", ["files"]) => {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let data = body.get("file").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
                match data.ok_or(400).and_then(|data| self.upload(&data, None, now, lose)) {
                    Ok((id, _)) => json_answer(200, json!({"status_code": 200, "result": id})),
                    Err(code) => failure(code),
                }
            }
            ("GET", ["files", id]) => match self.by_id.get(*id) {
                Some(file) => json_answer(200, json!({"status_code": 200, "result": STANDARD.encode(&file.data)})),
                None => failure(404),
            },
            _ => failure(404),
        }
    }

    fn extend(&mut self, id: &str, ttl: Option<String>, now: u64) -> Result<Vec<u8>, u16> {
        let lifetime = lifetime(ttl)?;
        let file = self.by_id.get_mut(id).filter(|_| id.len() == HASHED_ID_CHARS).ok_or(404_u16)?;
        file.expires = file.expires.max(now + lifetime);
        Ok(info(file))
    }

    fn upload(&mut self, data: &[u8], ttl: Option<String>, now: u64, lose: bool) -> Result<(String, File), u16> {
        if data.is_empty() || data.len() > MAX_FILE_BYTES {
            return Err(413);
        }
        let expires = now + lifetime(ttl)?;
        let id = if self.legacy_ids {
            self.last_number += 1;
            // Old ids were numbers in order, and clients took them for such.
            (FIRST_NUMBER + self.last_number).to_string()
        } else {
            file_id(data)
        };
        let fresh = File { data: data.to_vec(), uploaded: now, expires };
        if lose {
            return Ok((id, fresh));
        }
        let file = self.by_id.entry(id.clone()).or_insert(fresh);
        file.expires = file.expires.max(expires);
        Ok((id, file.clone()))
    }
}

/// Content address of a file: 44 characters of base64url.
fn file_id(data: &[u8]) -> String {
    URL_SAFE.encode(sodium::blake2b_salted(b"SessionFileSvr\0\0", data))
}

fn lifetime(ttl: Option<String>) -> Result<u64, u16> {
    let Some(ttl) = ttl else { return Ok(DEFAULT_LIFETIME_MS) };
    let seconds: u64 = ttl.parse().map_err(|_| 400_u16)?;
    if seconds == 0 || seconds > MAX_TTL_S { Err(400) } else { Ok(seconds * 1_000) }
}

fn info(file: &File) -> Vec<u8> {
    let size = file.data.len();
    json_answer(200, json!({"size": size, "uploaded": seconds(file.uploaded), "expires": seconds(file.expires)}))
}

fn failure(code: u16) -> Vec<u8> {
    json_answer(code, json!({"status_code": code}))
}

fn json_answer(code: u16, body: Value) -> Vec<u8> {
    v4::answer(code, &[("content-type", "application/json".to_owned())], body.to_string().as_bytes())
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// RFC 1123.
fn http_date(ms: u64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH.checked_add(Duration::from_millis(ms)).unwrap_or(SystemTime::UNIX_EPOCH))
}

/// The endpoint without its id, as faults name it: `/file/*/info`.
fn route(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    if let [_, "file" | "files", id, ..] = parts.as_mut_slice() {
        *id = "*";
    }
    parts.join("/")
}

/// Three weeks, the default of the server's code.
const DEFAULT_LIFETIME_MS: u64 = 21 * 24 * 60 * 60 * 1_000;

/// Longest lifetime that may be asked for.
const MAX_TTL_S: u64 = 60 * 24 * 60 * 60;

/// What official clients send at most, exactly.
const MAX_FILE_BYTES: usize = 10_000_000;

/// A file, twice encrypted and framed, fits.
const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Only content-addressed files can be extended.
const HASHED_ID_CHARS: usize = 44;

const FIRST_NUMBER: u64 = 5_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_ids_equal_the_vectors() {
        let vectors: Value = serde_json::from_str(include_str!("../../vectors/transport.json")).unwrap();
        for item in vectors["file_server"]["file_id"].as_array().unwrap() {
            let data = match item.get("data") {
                Some(text) => text.as_str().unwrap().as_bytes().to_vec(),
                None => hex::decode(item["data_hex"].as_str().unwrap()).unwrap(),
            };
            assert_eq!(file_id(&data), item["id"].as_str().unwrap());
        }
    }

    #[test]
    fn faults_name_routes_without_ids() {
        assert_eq!(route("/file/abc/info"), "/file/*/info");
        assert_eq!(route("/file"), "/file");
        assert_eq!(route("/session_version"), "/session_version");
    }

    #[test]
    fn lifetimes_out_of_range_are_refused() {
        assert_eq!(lifetime(Some("60".to_owned())), Ok(60_000));
        assert_eq!(lifetime(Some("0".to_owned())), Err(400));
        assert_eq!(lifetime(Some("99999999".to_owned())), Err(400));
        assert_eq!(lifetime(None), Ok(DEFAULT_LIFETIME_MS));
    }
}
