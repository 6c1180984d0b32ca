//! Requests to servers inside the onion, version 4: a bencoded list of a JSON head and the raw body.
//!
//! Request `l<n>:{"method":…,"endpoint":…,"headers":{…}}[<m>:<body>]e`, response `l<n>:{"code":…,"headers":{…}}<m>:<body>e`.
//! Source: session-foundation/session-file-server `fileserver/onion_req.py`; session-desktop
//! `ts/session/onions/onionv4.ts`.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::WireError;
use super::bencode::{self, Value};
use super::limits::{MAX_ONION_BYTES, MAX_V4_HEAD_BYTES};

/// A request to a server.
#[derive(Clone, PartialEq, Eq)]
pub struct V4Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query, beginning with `/`.
    pub endpoint: String,
    /// Header names and values, in the order in which they are sent. Set `Content-Type` yourself; no `User-Agent`.
    pub headers: Vec<(String, String)>,
    /// Raw body; None for methods without one.
    pub body: Option<Vec<u8>>,
}

/// What a server answered.
#[derive(Clone, PartialEq, Eq)]
pub struct V4Response {
    /// The server's HTTP status.
    pub code: u16,
    /// Header names (lower case) and values, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// Raw body, possibly empty.
    pub body: Vec<u8>,
}

impl V4Request {
    /// The bytes that go into the innermost layer.
    pub fn encode(&self) -> Vec<u8> {
        encode_request(&self.method, &self.endpoint, &self.headers, self.body.as_deref())
    }
}

impl V4Response {
    /// The value of a header, by its lower-case name.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for files"))]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value.as_str()))
    }
}

/// Writes a request.
pub fn encode_request(method: &str, endpoint: &str, headers: &[(String, String)], body: Option<&[u8]>) -> Vec<u8> {
    let head =
        RequestHead { method: method.to_owned(), endpoint: endpoint.to_owned(), headers: Headers(headers.to_vec()) };
    encode_parts(&head, body)
}

/// Reads a request: the server's side, for tests.
///
/// # Errors
/// [`WireError`] for anything but a list of a complete head and at most one body, or over the limits.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for files"))]
pub fn decode_request(bytes: &[u8]) -> Result<V4Request, WireError> {
    let (head, body) = decode_parts(bytes)?;
    let RequestHead { method, endpoint, headers: Headers(headers) } = parse_head(head)?;
    if !endpoint.starts_with('/') {
        return Err(MALFORMED);
    }
    Ok(V4Request { method, endpoint, headers, body: body.map(<[u8]>::to_vec) })
}

/// Writes a response: the server's side, for tests.
#[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for files"))]
pub fn encode_response(response: &V4Response) -> Vec<u8> {
    let head = ResponseHead { code: response.code, headers: Headers(response.headers.clone()) };
    encode_parts(&head, Some(&response.body))
}

/// Reads a response. Keys of the head that we do not know are ignored.
///
/// # Errors
/// [`WireError`] for anything but a list of a head with a code and a body, or over the limits.
pub fn decode_response(bytes: &[u8]) -> Result<V4Response, WireError> {
    let (head, body) = decode_parts(bytes)?;
    let ResponseHead { code, headers: Headers(headers) } = parse_head(head)?;
    let body = body.ok_or(WireError::Missing { what: "v4 body" })?.to_vec();
    Ok(V4Response { code, headers, body })
}

/// The head without its header values: they may hold tokens.
impl fmt::Debug for V4Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("V4Request")
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for V4Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("V4Response")
            .field("code", &self.code)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct RequestHead {
    method: String,
    endpoint: String,
    headers: Headers,
}

#[derive(Serialize, Deserialize)]
struct ResponseHead {
    code: u16,
    #[serde(default)]
    headers: Headers,
}

fn encode_parts(head: &impl Serialize, body: Option<&[u8]>) -> Vec<u8> {
    let head = serde_json::to_vec(head).expect("strings and numbers are always JSON");
    let mut parts = vec![Value::Bytes(&head)];
    parts.extend(body.map(Value::Bytes));
    bencode::encode(&Value::List(parts))
}

fn decode_parts(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>), WireError> {
    WireError::check_size(WHAT, bytes.len(), MAX_ONION_BYTES)?;
    let Value::List(parts) = bencode::decode(bytes)? else { return Err(MALFORMED) };
    match *parts.as_slice() {
        [Value::Bytes(head)] => Ok((head, None)),
        [Value::Bytes(head), Value::Bytes(body)] => Ok((head, Some(body))),
        _ => Err(MALFORMED),
    }
}

fn parse_head<'a, T: Deserialize<'a>>(head: &'a [u8]) -> Result<T, WireError> {
    WireError::check_size("v4 head", head.len(), MAX_V4_HEAD_BYTES)?;
    serde_json::from_slice(head).map_err(|_| MALFORMED)
}

/// A JSON object of strings that keeps its order. Numbers are accepted as values and read as text.
#[derive(Default)]
struct Headers(Vec<(String, String)>);

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Headers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, HeaderValue>()? {
                    pairs.push((name, value.0));
                }
                Ok(Headers(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

struct HeaderValue(String);

impl<'de> Deserialize<'de> for HeaderValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;
        impl Visitor<'_> for TextOrNumber {
            type Value = HeaderValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
            }
            fn visit_str<E>(self, text: &str) -> Result<HeaderValue, E> {
                Ok(HeaderValue(text.to_owned()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<HeaderValue, E> {
                Ok(HeaderValue(number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<HeaderValue, E> {
                Ok(HeaderValue(number.to_string()))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<HeaderValue, E> {
                let number = serde_json::Number::from_f64(number).ok_or_else(|| E::custom("not a number"))?;
                Ok(HeaderValue(number.to_string()))
            }
        }
        deserializer.deserialize_any(TextOrNumber)
    }
}

const WHAT: &str = "v4 payload";
const MALFORMED: WireError = WireError::Malformed { what: WHAT };

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_request_without_a_body_is_a_list_of_one() {
        let bytes = encode_request("GET", "/file/7", &pairs(&[]), None);
        assert_eq!(bytes, br#"l50:{"method":"GET","endpoint":"/file/7","headers":{}}e"#);
        assert_eq!(decode_request(&bytes).unwrap().body, None);
        assert_eq!(decode_request(&encode_request("POST", "/file", &[], Some(b""))).unwrap().body, Some(vec![]));
    }

    #[test]
    fn headers_keep_their_order() {
        let headers = pairs(&[("Z", "1"), ("A", "2")]);
        let bytes = encode_request("GET", "/x", &headers, None);
        assert!(String::from_utf8_lossy(&bytes).contains(r#"{"Z":"1","A":"2"}"#));
        assert_eq!(decode_request(&bytes).unwrap().headers, headers);
    }

    #[test]
    fn a_response_may_have_unknown_keys_and_numbers_in_headers() {
        let head = r#"{"code":404,"headers":{"Expires":7,"Age":-1,"Rate":1.50,"Y":"\u0041"},"more":[1]}"#;
        let response = decode_response(format!("l{}:{head}0:e", head.len()).as_bytes()).unwrap();
        assert_eq!((response.code, response.header("expires")), (404, Some("7")));
        let values: Vec<_> = response.headers.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["7", "-1", "1.5", "A"]);
        for odd in ["null", "true", "[7]", "{}"] {
            let head = format!(r#"{{"code":404,"headers":{{"Expires":{odd}}}}}"#);
            assert!(decode_response(format!("l{}:{head}0:e", head.len()).as_bytes()).is_err(), "{odd}");
        }
        assert_eq!(response.header("x"), None);
    }

    #[test]
    fn a_response_without_code_or_body_is_refused() {
        assert!(decode_response(br#"l12:{"headers":1}0:e"#).is_err());
        assert!(decode_response(br#"l14:{"headers":{}}0:e"#).is_err());
        assert_eq!(decode_response(br#"l12:{"code":200}e"#), Err(WireError::Missing { what: "v4 body" }));
        assert!(decode_response(br#"l14:{"code":70000}0:e"#).is_err());
        assert!(decode_response(br#"l12:{"code":200}0:0:e"#).is_err());
        assert!(decode_response(br#"12:{"code":200}"#).is_err());
        assert!(decode_request(br#"l49:{"method":"GET","endpoint":"file/7","headers":{}}e"#).is_err());
    }

    #[test]
    fn an_endless_head_is_refused() {
        let head = format!(r#"{{"code":200,"x":"{}"}}"#, "a".repeat(MAX_V4_HEAD_BYTES));
        assert!(matches!(
            decode_response(format!("l{}:{head}0:e", head.len()).as_bytes()),
            Err(WireError::TooLarge { what: "v4 head", .. })
        ));
    }

    #[test]
    fn logs_see_neither_headers_nor_bodies() {
        let request = V4Request {
            method: "POST".into(),
            endpoint: "/secret".into(),
            headers: pairs(&[("X-Token", "hunter2")]),
            body: Some(b"words".to_vec()),
        };
        let shown = format!("{request:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("secret") && !shown.contains("119"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_request_and_response_come_back(
            endpoint in "/\\PC{0,20}", code in any::<u16>(), body in any::<Vec<u8>>(),
            headers in proptest::collection::vec(("\\PC{0,8}", "\\PC{0,8}"), 0..4),
        ) {
            let request = V4Request { method: "PUT".into(), endpoint, headers: headers.clone(), body: Some(body.clone()) };
            prop_assert_eq!(decode_request(&request.encode()), Ok(request));
            let response = V4Response { code, headers, body };
            prop_assert_eq!(decode_response(&encode_response(&response)), Ok(response));
        }

        #[test]
        fn nothing_makes_the_readers_panic(bytes in any::<Vec<u8>>(), text in "l[0-9]{1,2}:[{}\":a-z0-9,]{0,40}e") {
            let _ = (decode_request(&bytes), decode_response(&bytes));
            let _ = (decode_request(text.as_bytes()), decode_response(text.as_bytes()));
        }
    }
}
