//! Requests to servers (files, communities, push) through an exit node: the v4 payload.

use super::request::Way;

/// A request to a server, carried inside the onion.
///
/// Source: session-foundation/session-file-server `fileserver/onion_req.py`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct V4Request {
    /// `GET`, `POST`, ..
    pub method: String,
    /// Path and query, beginning with `/`.
    pub endpoint: String,
    /// Names and values; set `Content-Type` yourself, never `User-Agent`.
    pub headers: Vec<(String, String)>,
    /// Only for methods that carry one.
    pub body: Option<Vec<u8>>,
}

/// What a server answered. Any code: judging it is the caller's matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAnswer {
    /// The server's real HTTP status.
    pub code: u16,
    /// Names are lower case.
    pub headers: Vec<(String, String)>,
    /// Bytes of the answer.
    pub body: Vec<u8>,
    /// The way the request took.
    pub way: Way,
}
