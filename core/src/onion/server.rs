//! Requests to servers (files, communities, push) through an exit node: the v4 payload.
//!
//! The exit node makes the connection, so TLS beyond it is not ours to judge: the payload is encrypted to the server's
//! own key, and only who holds that key answers readably.

use crate::crypto;
use crate::network::Server;
use crate::wire::V4Response;

use super::error::OnionError;
use super::layer::ServerRoute;
use super::request::Way;

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

impl ServerAnswer {
    pub(super) fn new(response: V4Response, way: Way) -> Self {
        Self { code: response.code, headers: response.headers, body: response.body, way }
    }

    /// The value of a header, by its lower-case name.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for files"))]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// How the exit node finds `server` and what we encrypt to.
///
/// # Errors
/// [`OnionError::BadRequest`] when its URL or key is malformed.
pub fn route(server: &Server) -> Result<ServerRoute, OnionError> {
    let url = reqwest::Url::parse(&server.url).map_err(|_| OnionError::BadRequest("server url is malformed"))?;
    let https = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(OnionError::BadRequest("server url is neither http nor https")),
    };
    let mut key = [0; 32];
    hex::decode_to_slice(&server.ed25519, &mut key)
        .map_err(|_| OnionError::BadRequest("server key is not 64 hex digits"))?;
    let x25519 = crypto::ed25519_to_x25519(&key).ok_or(OnionError::BadRequest("server key is no key"))?;
    let host =
        url.host_str().filter(|host| !host.is_empty()).ok_or(OnionError::BadRequest("server url has no host"))?;
    let port = url.port_or_known_default().ok_or(OnionError::BadRequest("server url has no port"))?;
    Ok(ServerRoute { host: host.to_owned(), https, port, x25519 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;

    #[test]
    fn the_file_server_of_mainnet_is_found_by_host_and_converted_key() {
        let route = route(&Network::mainnet().file_server).unwrap();
        assert_eq!((route.host.as_str(), route.port, route.https), ("filev2.getsession.org", 80, false));
        // Specification 7.1.
        assert_eq!(hex::encode(route.x25519), "09324794aa9c11948189762d198c618148e9136ac9582068180661208927ef34");
    }

    #[test]
    fn a_malformed_server_is_refused_before_anything_is_sent() {
        let good = Network::mainnet().file_server;
        for url in ["", "ftp://a", "files.example", "http://"] {
            assert!(route(&Server { url: url.to_owned(), ..good.clone() }).is_err(), "{url}");
        }
        for key in ["", "zz", &"f".repeat(64)] {
            assert!(route(&Server { ed25519: key.to_owned(), ..good.clone() }).is_err(), "{key}");
        }
        let https = route(&Server { url: "https://a.example:8443/x".to_owned(), ..good }).unwrap();
        assert_eq!((https.https, https.port), (true, 8_443));
    }
}
