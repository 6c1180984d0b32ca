//! One onion layer, opened: what a node must do with it.
//!
//! Source: session-foundation/session-storage-server `oxenss/rpc/onion_processing.cpp`.

use serde_json::Value;

use crate::cipher::{Cipher, Keys, Layer};

/// A layer as it arrives at a node.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) ephemeral: [u8; 32],
    pub(crate) cipher: Cipher,
    pub(crate) hop: i64,
}

/// What the layer says.
#[derive(Debug)]
pub(crate) enum Inside {
    /// The node itself is meant.
    Final { body: Vec<u8>, embed_json: bool, base64: bool },
    /// A server is meant; it gets `payload`, the whole plaintext.
    Server { payload: Vec<u8>, host: String, port: u16, protocol: String, target: String },
    /// The next node is meant.
    Node { key: [u8; 32], sealed: Sealed },
}

/// Why a layer could not be opened.
pub(crate) enum Unreadable {
    /// Not encrypted for this node.
    Ciphertext,
    /// Opened, but not understood; the answer can be encrypted.
    Json(Layer),
}

/// Reads the body that a client posts to its guard.
///
/// # Errors
/// The text that the guard answers with.
pub(crate) fn parse_request(body: &[u8]) -> Result<Sealed, String> {
    let (ciphertext, control) = split(body).map_err(|error| format!("Error parsing onion request: {error}"))?;
    let read = || -> Result<Sealed, String> {
        let (ephemeral, cipher) = next_key(&control)?;
        let hop = match control.get("hop_no") {
            None => 1,
            Some(hop) => hop.as_i64().ok_or("hop_no must be a number")?.max(0),
        };
        Ok(Sealed { ciphertext: ciphertext.to_vec(), ephemeral, cipher, hop })
    };
    read().map_err(|error| format!("Error parsing onion request: {error}"))
}

/// Opens a layer with the node's key; also returns the key, which encrypts the answer.
pub(crate) fn open(keys: &Keys, sealed: &Sealed) -> Result<(Inside, Layer), Unreadable> {
    let layer = keys.layer(sealed.cipher, &sealed.ephemeral).ok_or(Unreadable::Ciphertext)?;
    let plain = layer.open(&sealed.ciphertext).ok_or(Unreadable::Ciphertext)?;
    match inside(plain, sealed.hop) {
        Ok(inside) => Ok((inside, layer)),
        Err(_) => Err(Unreadable::Json(layer)),
    }
}

fn inside(plain: Vec<u8>, hop: i64) -> Result<Inside, String> {
    let (content, control) = split(&plain)?;
    let flag = |name: &str, default: bool| match control.get(name) {
        None => Ok(default),
        Some(value) => value.as_bool().ok_or_else(|| format!("{name} must be true or false")),
    };
    if control.get("headers").is_some() {
        let (embed_json, base64) = (flag("json", false)?, flag("base64", true)?);
        return Ok(Inside::Final { body: content.to_vec(), embed_json, base64 });
    }
    if let Some(host) = control.get("host") {
        let host = host.as_str().ok_or("host must be a string")?.to_owned();
        let target = text(&control, "target")?;
        let port = match control.get("port") {
            None => 443,
            Some(port) => port.as_u64().and_then(|port| u16::try_from(port).ok()).ok_or("port must be a number")?,
        };
        let protocol = if control.get("protocol").is_some() { text(&control, "protocol")? } else { "https".to_owned() };
        return Ok(Inside::Server { payload: plain, host, port, protocol, target });
    }
    let key = key(&control, "destination")?;
    let (ephemeral, cipher) = next_key(&control)?;
    Ok(Inside::Node { key, sealed: Sealed { ciphertext: content.to_vec(), ephemeral, cipher, hop: hop + 1 } })
}

/// Length (4 bytes, little endian), data, JSON to the end.
pub(crate) fn split(bytes: &[u8]) -> Result<(&[u8], Value), String> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or("Unexpected payload size; expected ciphertext size")?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|error| error.to_string())?;
    let size = || format!("Unexpected payload size {}, expected >= {length}", rest.len());
    let (data, json) = rest.split_at_checked(length).ok_or_else(size)?;
    let control: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    if !control.is_object() {
        return Err("expected a JSON object".to_owned());
    }
    Ok((data, control))
}

/// The two fields that say how the next layer is encrypted.
pub(crate) fn next_key(control: &Value) -> Result<([u8; 32], Cipher), String> {
    let cipher = match control.get("enc_type") {
        None => Cipher::AesGcm,
        Some(_) => Cipher::parse(&text(control, "enc_type")?)?,
    };
    Ok((key(control, "ephemeral_key")?, cipher))
}

fn text(control: &Value, name: &str) -> Result<String, String> {
    control.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("{name} must be a string"))
}

fn key(control: &Value, name: &str) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text(control, name)?, &mut bytes).map_err(|_| format!("{name} must be 64 hex digits"))?;
    Ok(bytes)
}

/// Which server paths an exit node posts to.
pub(crate) fn target_allowed(protocol: &str, target: &str) -> bool {
    let prefix = target.starts_with("/loki/") || target.starts_with("/oxen/");
    matches!(protocol, "http" | "https") && prefix && target.ends_with("/lsrpc") && !target.contains('?')
}

/// What a relay makes of a status that the next hop returned: statuses it does not know become 500.
pub(crate) fn relayed(status: u16) -> u16 {
    match status {
        200 | 400 | 401 | 403 | 404 | 406 | 410 | 413 | 421 | 429 | 500 | 502 | 503 | 504 => status,
        _ => 500,
    }
}

/// Onions with more hops than this are refused.
pub(crate) const MAX_HOPS: i64 = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_requests_get_the_text_of_the_guard() {
        let error = |bytes: &[u8]| parse_request(bytes).unwrap_err();
        assert!(error(b"").starts_with("Error parsing onion request: Unexpected payload size"));
        assert!(error(b"\xff\0\0\0{}").contains("expected >= 255"));
        assert!(error(b"\0\0\0\0{}").contains("ephemeral_key"));
        let unknown = br#"    {"ephemeral_key":"00","enc_type":"rot13"}"#;
        let mut unknown = unknown.to_vec();
        unknown[..4].fill(0);
        assert!(error(&unknown).contains("Invalid encryption type rot13"));
    }

    #[test]
    fn only_onion_paths_of_servers_are_posted_to() {
        assert!(target_allowed("http", "/oxen/v4/lsrpc"));
        assert!(target_allowed("https", "/loki/v3/lsrpc"));
        for target in ["/oxen/v4/lsrpc?x", "/oxen/v4", "/other/lsrpc"] {
            assert!(!target_allowed("https", target));
        }
        assert!(!target_allowed("ftp", "/oxen/v4/lsrpc"));
    }

    #[test]
    fn statuses_that_relays_do_not_know_become_500() {
        assert_eq!([200, 421, 425, 507].map(relayed), [200, 421, 500, 500]);
    }
}
