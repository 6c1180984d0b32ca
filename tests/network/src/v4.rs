//! The v4 payload of server requests: a bencoded list of one or two byte strings.
//!
//! Source: session-foundation/session-file-server `fileserver/onion_req.py`.

use serde_json::{Map, Value, json};

/// A request as a server sees it once the onion is off.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServerRequest {
    pub(crate) method: String,
    /// Path, with query.
    pub(crate) endpoint: String,
    /// Names in lower case.
    pub(crate) headers: Map<String, Value>,
    pub(crate) body: Vec<u8>,
}

impl ServerRequest {
    /// Reads a payload; nothing when anything about it is wrong.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let strings = read_list(payload)?;
        let (head, body) = match strings.as_slice() {
            [head] => (*head, &[][..]),
            [head, body] => (*head, *body),
            _ => return None,
        };
        let head: Value = serde_json::from_slice(head).ok()?;
        let endpoint = head.get("endpoint")?.as_str()?;
        let headers = head.get("headers")?.as_object()?.iter();
        endpoint.starts_with('/').then(|| {
            Some(Self {
                method: head.get("method")?.as_str()?.to_owned(),
                endpoint: endpoint.to_owned(),
                headers: headers.map(|(name, value)| (name.to_lowercase(), value.clone())).collect(),
                body: body.to_vec(),
            })
        })?
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        match self.headers.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    pub(crate) fn path(&self) -> &str {
        self.endpoint.split('?').next().unwrap_or_default()
    }

    /// A value of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.endpoint.split_once('?')?;
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// Writes an answer.
pub(crate) fn answer(code: u16, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let headers: Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    write_list(&[json!({"code": code, "headers": headers}).to_string().as_bytes(), body])
}

fn write_list(strings: &[&[u8]]) -> Vec<u8> {
    let mut out = b"l".to_vec();
    for string in strings {
        out.extend(format!("{}:", string.len()).bytes());
        out.extend(*string);
    }
    out.push(b'e');
    out
}

fn read_list(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = bytes.strip_prefix(b"l")?;
    let mut strings = Vec::new();
    while rest != b"e" {
        let colon = rest.iter().take(12).position(|byte| *byte == b':')?;
        let (digits, after) = rest.split_at_checked(colon)?;
        let digits = std::str::from_utf8(digits).ok()?;
        let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
        let length = digits.parse().ok().filter(|_| canonical)?;
        let (string, after) = after.get(1..)?.split_at_checked(length)?;
        strings.push(string);
        rest = after;
    }
    Some(strings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_that_are_no_list_of_one_or_two_strings_are_refused() {
        let good = b"l50:{\"method\":\"GET\",\"endpoint\":\"/x?a=1\",\"headers\":{ }}e";
        assert_eq!(ServerRequest::parse(good).unwrap().query("a"), Some("1"));
        for bad in [&b""[..], b"l", b"le", b"l02:ab", b"l3:abe", b"l1:a1:b1:ce", b"d1:a1:be", b"l2:{}e", b"l1:{e "] {
            assert_eq!(ServerRequest::parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }
}
