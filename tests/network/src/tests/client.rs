//! A tiny client: HTTP, accounts, onions built from the sender's side.

use std::net::SocketAddr;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use openssl::derive::Deriver;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use openssl::sign::Signer;
use openssl::ssl::{Ssl, SslContext, SslMethod};
use openssl::symm;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use crate::cipher::{Keys, random};
use crate::{LocalNetwork, sodium};

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    /// Pin of the certificate, for https.
    pub(crate) pin: Option<String>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One request over a connection of its own.
pub(crate) async fn ask(to: SocketAddr, tls: bool, method: &str, path: &str, body: Vec<u8>) -> Result<Answer, Failure> {
    let stream = TcpStream::connect(to).await?;
    if !tls {
        return exchange(stream, method, path, body).await;
    }
    // A bare context verifies nothing, as clients of service nodes do.
    let context = SslContext::builder(SslMethod::tls_client())?.build();
    let mut stream = SslStream::new(Ssl::new(&context)?, stream)?;
    Pin::new(&mut stream).connect().await?;
    let key = stream.ssl().peer_certificate().unwrap().public_key()?.public_key_to_der()?;
    let pin = STANDARD.encode(openssl::sha::sha256(&key));
    Ok(Answer { pin: Some(pin), ..exchange(stream, method, path, body).await? })
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    method: &str,
    path: &str,
    body: Vec<u8>,
) -> Result<Answer, Failure> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "x").body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"].to_str()?.to_owned();
    let body = response.into_body().collect().await?.to_bytes().to_vec();
    Ok(Answer { status, content_type, body, pin: None })
}

/// How the client encrypts its layers: the three spellings of `enc_type`, and none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spelling {
    Default,
    Named(&'static str),
}

/// The key of one layer on the sender's side.
pub(crate) struct SenderKey {
    xchacha: bool,
    key: [u8; 32],
    /// What the recipient needs: `ephemeral_key` and `enc_type`.
    pub(crate) control: Value,
}

impl SenderKey {
    pub(crate) fn new(spelling: Spelling, recipient: &[u8; 32]) -> Self {
        let mine = PKey::generate_x25519().unwrap();
        let public = mine.raw_public_key().unwrap();
        let peer = PKey::public_key_from_raw_bytes(recipient, Id::X25519).unwrap();
        let mut deriver = Deriver::new(&mine).unwrap();
        deriver.set_peer(&peer).unwrap();
        let shared = deriver.derive_to_vec().unwrap();
        let mut control = json!({"ephemeral_key": hex::encode(&public)});
        if let Spelling::Named(name) = spelling {
            control["enc_type"] = name.into();
        }
        let xchacha = matches!(spelling, Spelling::Named(name) if name.starts_with('x'));
        let key = if xchacha {
            sodium::blake2b(&[&shared, &public, recipient])
        } else {
            let label = PKey::hmac(b"LOKI").unwrap();
            let mut signer = Signer::new(MessageDigest::sha256(), &label).unwrap();
            signer.sign_oneshot_to_vec(&shared).unwrap().try_into().unwrap()
        };
        Self { xchacha, key, control }
    }

    pub(crate) fn seal(&self, plain: &[u8]) -> Vec<u8> {
        if self.xchacha {
            let nonce: [u8; 24] = random();
            return [&nonce[..], &sodium::xchacha_seal(&self.key, &nonce, plain)].concat();
        }
        let (nonce, mut tag) = (random::<12>(), [0; 16]);
        let cipher = symm::Cipher::aes_256_gcm();
        let text = symm::encrypt_aead(cipher, &self.key, Some(&nonce), &[], plain, &mut tag).unwrap();
        [&nonce[..], &text, &tag].concat()
    }

    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        if self.xchacha {
            let (nonce, rest) = sealed.split_first_chunk()?;
            return sodium::xchacha_open(&self.key, nonce, rest);
        }
        let (nonce, rest) = sealed.split_first_chunk::<12>()?;
        let (text, tag) = rest.split_last_chunk::<16>()?;
        symm::decrypt_aead(symm::Cipher::aes_256_gcm(), &self.key, Some(nonce), &[], text, tag).ok()
    }
}

pub(crate) fn comb(data: &[u8], json: &Value) -> Vec<u8> {
    [&u32::try_from(data.len()).unwrap().to_le_bytes()[..], data, json.to_string().as_bytes()].concat()
}

fn merged(mut a: Value, b: &Value) -> Value {
    for (name, value) in b.as_object().unwrap() {
        a[name] = value.clone();
    }
    a
}

/// A client of one network that takes the paths it is told.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(crate) network: &'a LocalNetwork,
    pub(crate) spelling: Spelling,
}

impl<'a> Client<'a> {
    pub(crate) fn of(network: &'a LocalNetwork) -> Self {
        Self { network, spelling: Spelling::Default }
    }

    fn x25519(&self, node: usize) -> [u8; 32] {
        hex::decode(self.network.node(node).x25519_hex()).unwrap().try_into().unwrap()
    }

    /// Wraps `inner`, meant for whoever `route` says, into a layer for each relay; the body for the guard.
    pub(crate) fn wrap(&self, path: &[usize], mut route: Value, mut blob: Vec<u8>) -> Vec<u8> {
        for relay in path.iter().rev() {
            let key = SenderKey::new(self.spelling, &self.x25519(*relay));
            blob = key.seal(&comb(&blob, &route));
            route = merged(json!({"destination": self.network.node(*relay).key_hex()}), &key.control);
        }
        comb(&blob, &route)
    }

    /// Posts a body to a guard.
    pub(crate) async fn post(&self, guard: usize, body: Vec<u8>) -> Result<Answer, Failure> {
        ask(self.network.node(guard).address(), true, "POST", "/onion_req/v2", body).await
    }

    /// A request to a node over a path; the guard's answer and the key that opens it.
    pub(crate) async fn send(
        &self,
        path: &[usize],
        destination: usize,
        body: &[u8],
        flags: Value,
    ) -> Result<(Answer, SenderKey), Failure> {
        let key = SenderKey::new(self.spelling, &self.x25519(destination));
        let sealed = key.seal(&comb(body, &merged(json!({"headers": ""}), &flags)));
        let to = json!({"destination": self.network.node(destination).key_hex()});
        let body = self.wrap(path, merged(to, &key.control), sealed);
        let guard = path.first().copied().unwrap_or(destination);
        Ok((self.post(guard, body).await?, key))
    }

    /// A storage request over a path; status and body of the destination. A path error is the status and text of it,
    /// with `path` set.
    pub(crate) async fn rpc_by(
        &self,
        path: &[usize],
        node: usize,
        method: &str,
        params: Value,
    ) -> Result<Rpc, Failure> {
        let body = json!({"method": method, "params": params}).to_string();
        let (answer, key) = self.send(path, node, body.as_bytes(), json!({})).await?;
        if answer.status != 200 {
            return Ok(Rpc { path: true, status: answer.status, text: answer.text().to_owned() });
        }
        let sealed = STANDARD.decode(&answer.body)?;
        let opened: Value = serde_json::from_slice(&key.open(&sealed).ok_or("the answer does not open")?)?;
        let status = u16::try_from(opened["status"].as_u64().unwrap())?;
        Ok(Rpc { path: false, status, text: opened["body"].as_str().unwrap().to_owned() })
    }

    /// As [`Self::rpc_by`] over some path that avoids the destination.
    pub(crate) async fn rpc(&self, node: usize, method: &str, params: Value) -> Rpc {
        let path: Vec<usize> = (0..).filter(|relay| *relay != node).take(3).collect();
        self.rpc_by(&path, node, method, params).await.unwrap()
    }

    /// A v4 request to the file server; code, head and body.
    pub(crate) async fn files(
        &self,
        path: &[usize],
        head: Value,
        body: Option<&[u8]>,
    ) -> Result<(u16, Value, Vec<u8>), Failure> {
        let server: [u8; 32] = hex::decode(self.network.file_server_x25519())?.try_into().unwrap();
        let key = SenderKey::new(self.spelling, &server);
        let head = merged(json!({"headers": {}}), &head).to_string();
        let mut payload = format!("l{}:{head}", head.len()).into_bytes();
        if let Some(body) = body {
            payload.extend(format!("{}:", body.len()).bytes());
            payload.extend(body);
        }
        payload.push(b'e');
        let url = self.network.file_server_url();
        let (host, port) = url.strip_prefix("http://").unwrap().rsplit_once(':').unwrap();
        let port: u16 = port.parse()?;
        let route =
            json!({"host": host, "port": port, "protocol": "http", "target": "/oxen/v4/lsrpc", "method": "POST"});
        let answer = self.post(path[0], self.wrap(path, merged(route, &key.control), key.seal(&payload))).await?;
        if answer.status != 200 {
            return Ok((answer.status, Value::Null, answer.body));
        }
        let plain = key.open(&answer.body).ok_or("the answer does not open")?;
        let colon = plain.iter().position(|byte| *byte == b':').unwrap();
        let end = colon + 1 + std::str::from_utf8(&plain[1..colon])?.parse::<usize>()?;
        let head: Value = serde_json::from_slice(&plain[colon + 1..end])?;
        let rest = &plain[end..plain.len() - 1];
        let body = rest[rest.iter().position(|byte| *byte == b':').unwrap() + 1..].to_vec();
        Ok((u16::try_from(head["code"].as_u64().unwrap())?, head, body))
    }
}

/// The answer to a storage request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rpc {
    /// The path broke; the text is in the clear.
    pub(crate) path: bool,
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Rpc {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Status and text, to compare.
    pub(crate) fn says(&self) -> (u16, &str) {
        (self.status, &self.text)
    }
}

/// A person with an account.
pub(crate) struct Account {
    keys: Keys,
    pub(crate) id: String,
}

impl Account {
    pub(crate) fn new() -> Self {
        let keys = Keys::from_seed(&random()).unwrap();
        let id = format!("05{}", hex::encode(keys.x25519));
        Self { keys, id }
    }

    /// `params` with account, key and a signature of `text`.
    pub(crate) fn signed(&self, text: &str, params: Value) -> Value {
        let signature = STANDARD.encode(self.keys.sign(text.as_bytes()));
        let who = json!({"pubkey": self.id, "pubkey_ed25519": self.keys.hex(), "signature": signature});
        merged(who, &params)
    }

    /// Parameters of a signed `retrieve`.
    pub(crate) fn retrieve(&self, namespace: i16, now: u64) -> Value {
        let space = if namespace == 0 { String::new() } else { namespace.to_string() };
        self.signed(&format!("retrieve{space}{now}"), json!({"namespace": namespace, "timestamp": now}))
    }

    /// Parameters of a signed `store`.
    pub(crate) fn store(&self, namespace: i16, data: &[u8], now: u64, ttl: u64) -> Value {
        let params = json!({"namespace": namespace, "timestamp": now, "ttl": ttl, "data": STANDARD.encode(data)});
        self.signed(&format!("store{namespace}{now}"), params)
    }

    /// Parameters of a `store` that a stranger sends.
    pub(crate) fn letter(&self, data: &[u8], now: u64) -> Value {
        json!({"pubkey": self.id, "timestamp": now, "ttl": 60_000, "data": STANDARD.encode(data)})
    }
}

/// A signature in a node's answer.
pub(crate) fn node_signed(key: &str, result: &Value, text: &str) -> bool {
    let key: [u8; 32] = hex::decode(key).unwrap().try_into().unwrap();
    let signature = STANDARD.decode(result["signature"].as_str().unwrap()).unwrap();
    sodium::verify(&key, text.as_bytes(), &signature.try_into().unwrap())
}
