//! The network as a value: which seeds, servers and rules a client uses.
//!
//! [`Network::mainnet`] and [`Network::testnet`] are built in; anything else is a JSON description
//! ([`Network::from_json`]), the same text that `--network FILE`, the stories (`NETWORK_FILE`) and later a QR code
//! carry. An unknown `version` is refused; unknown keys are kept and reported by [`Network::unknown_keys`], so that a
//! newer description still works here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Hint, Result};
use crate::pasted::cleaned;

/// A service-node network and the servers beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Format of the description; only [`Network::VERSION`] is read.
    pub version: u32,
    /// A name for people; also keeps the cached node lists of different networks apart.
    pub name: String,
    /// Where the node list is fetched first. May be empty when a list is shipped or imported.
    pub seeds: Vec<Seed>,
    /// Where attachments go.
    pub file_server: Server,
    /// Push server; absent means that this network has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<Server>,
    /// Fewer known nodes than this and the list is fetched again before anything is sent. 12 on the real network.
    #[serde(default = "default_min_pool")]
    pub min_pool: usize,
    /// Whether nodes of one path (and of all live paths) must be in different IPv4 /24 networks.
    #[serde(default = "default_true")]
    pub subnet_rule: bool,
    /// How many standing paths carry messages; one more is built for files when files move.
    #[serde(default = "default_path_count")]
    pub path_count: usize,
    /// How the TLS certificates of service nodes are judged.
    #[serde(default)]
    pub node_tls: NodeTls,
    /// Keys this version does not know, kept so that writing the description loses nothing.
    #[serde(flatten)]
    unknown: BTreeMap<String, serde_json::Value>,
}

/// A seed node: answers `POST {url}/json_rpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// `https://host:port` or, on test networks, `http://host:port`.
    pub url: String,
    /// Base64 of SHA-256 over the certificate's SubjectPublicKeyInfo. Required for https except on loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// Keys this version does not know, kept as they are.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

/// A server that is reached through an exit node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// `http://host[:port]` or `https://host[:port]`; the connection is made by the exit node.
    pub url: String,
    /// Identity key, 64 hex digits; requests are encrypted to its X25519 form.
    pub ed25519: String,
    /// Keys this version does not know, kept as they are.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

/// How the TLS certificates of service nodes are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeTls {
    /// Any certificate: nodes are self-signed; the onion layers carry confidentiality and authenticity.
    #[default]
    Any,
}

impl Network {
    /// The only description format this version reads.
    pub const VERSION: u32 = 1;

    /// The longest description that is read, in bytes. A description with three seeds is under 1 kB.
    pub const MAX_DESCRIPTION_BYTES: usize = 64 * 1024;

    /// The real Session network.
    ///
    /// Seeds and pins: session-foundation/session-desktop `ts/session/apis/seed_node_api/SeedNodeAPI.ts`; file server:
    /// libsession-util `include/session/network/backends/session_file_server.hpp`.
    pub fn mainnet() -> Self {
        let seed = |host: &str, pin: &str| Seed {
            url: format!("https://{host}:4443"),
            pin: Some(pin.to_owned()),
            other: BTreeMap::new(),
        };
        Self {
            version: Self::VERSION,
            name: "mainnet".to_owned(),
            seeds: vec![
                seed("seed1.getsession.org", "mlYTXvkmIEYcpswANTpnBwlz9Cswi0py/RQKkbdQOZQ="),
                seed("seed2.getsession.org", "ZuUxe4wopBR83Yy5fePPNX0c00BnkQCu/49oapFpB0k="),
                seed("seed3.getsession.org", "4xe+8k1NjxerVTjUsWlZJNKt3PA7Y31pUls2tHYippA="),
            ],
            file_server: Server {
                url: "http://filev2.getsession.org".to_owned(),
                ed25519: "b8eef9821445ae16e2e97ef8aa6fe782fd11ad5253cd6723b281341dba22e371".to_owned(),
                other: BTreeMap::new(),
            },
            push: None,
            min_pool: default_min_pool(),
            subnet_rule: true,
            path_count: default_path_count(),
            node_tls: NodeTls::Any,
            unknown: BTreeMap::new(),
        }
    }

    /// Session's public test network. Its seed speaks plain http.
    pub fn testnet() -> Self {
        Self {
            name: "testnet".to_owned(),
            seeds: vec![Seed {
                url: "http://seed2.getsession.org:38157".to_owned(),
                pin: None,
                other: BTreeMap::new(),
            }],
            file_server: Server {
                url: "http://superduperfiles.oxen.io".to_owned(),
                ed25519: "929e33ded05e653fec04b49645117f51851f102a947e04806791be416ed76602".to_owned(),
                other: BTreeMap::new(),
            },
            subnet_rule: false,
            ..Self::mainnet()
        }
    }

    /// Reads a description.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] over [`Self::MAX_DESCRIPTION_BYTES`]; [`ErrorKind::NewerVersionNeeded`] for another
    /// `version`; [`ErrorKind::InvalidInput`] with a [`Hint::Field`] for anything else.
    pub fn from_json(text: &str) -> Result<Self> {
        if text.len() > Self::MAX_DESCRIPTION_BYTES {
            return Err(Error::new(ErrorKind::TooLarge, "network description is too large")
                .with_hint(Hint::Length { found: text.len(), expected: Self::MAX_DESCRIPTION_BYTES }));
        }
        let text = cleaned(text);
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let not_one = |error: serde_json::Error| {
            Error::new(ErrorKind::InvalidInput, "network description is not understood")
                .with_source(JsonError::from(&error))
        };
        let Version { version } = serde_json::from_str(&text).map_err(not_one)?;
        if version != Self::VERSION {
            return Err(Error::new(ErrorKind::NewerVersionNeeded, "network description has another version")
                .with_hint(Hint::Field("version")));
        }
        let network: Self = serde_json::from_str(&text).map_err(not_one)?;
        network.check()?;
        for key in network.unknown_keys() {
            tracing::warn!(key, "network description has a key that this version does not know");
        }
        Ok(network)
    }

    /// The description as JSON, unknown keys included.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Keys of the description, its seeds and servers, that this version does not know; worth a warning.
    pub fn unknown_keys(&self) -> impl Iterator<Item = &str> {
        let seeds = self.seeds.iter().flat_map(|seed| seed.other.keys());
        let servers = std::iter::once(&self.file_server).chain(&self.push).flat_map(|server| server.other.keys());
        self.unknown.keys().chain(seeds).chain(servers).map(String::as_str)
    }

    fn check(&self) -> Result<()> {
        let wrong = |field: &'static str| {
            Err(Error::new(ErrorKind::InvalidInput, "network description has a wrong field")
                .with_hint(Hint::Field(field)))
        };
        if self.name.is_empty()
            || self.name.len() > 64
            || !self.name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        {
            return wrong("name");
        }
        for seed in &self.seeds {
            let Some((scheme, host)) = scheme_and_host(&seed.url) else { return wrong("seeds") };
            if scheme == "https" && seed.pin.is_none() && !is_loopback(host) {
                return wrong("seeds.pin");
            }
            if let Some(pin) = &seed.pin {
                use base64::Engine as _;
                let bytes = base64::engine::general_purpose::STANDARD.decode(pin);
                if bytes.map(|bytes| bytes.len()) != Ok(32) {
                    return wrong("seeds.pin");
                }
            }
        }
        for (server, field) in [(Some(&self.file_server), "file_server"), (self.push.as_ref(), "push")] {
            if let Some(server) = server {
                let key = hex::decode(&server.ed25519);
                if scheme_and_host(&server.url).is_none() || key.map(|key| key.len()) != Ok(32) {
                    return wrong(field);
                }
            }
        }
        if !(1..=1_000).contains(&self.min_pool) {
            return wrong("min_pool");
        }
        if !(1..=8).contains(&self.path_count) {
            return wrong("path_count");
        }
        Ok(())
    }
}

/// Where JSON broke, without any of its text (which may be foreign or private).
#[derive(Debug, thiserror::Error)]
#[error("json {category} at line {line}, column {column}")]
pub(crate) struct JsonError {
    category: &'static str,
    line: usize,
    column: usize,
}

impl From<&serde_json::Error> for JsonError {
    fn from(error: &serde_json::Error) -> Self {
        let category = match error.classify() {
            serde_json::error::Category::Io => "io error",
            serde_json::error::Category::Syntax => "syntax error",
            serde_json::error::Category::Data => "value of the wrong kind",
            serde_json::error::Category::Eof => "ends early",
        };
        Self { category, line: error.line(), column: error.column() }
    }
}

fn scheme_and_host(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let known = matches!(scheme, "http" | "https");
    (known && !authority.is_empty() && !authority.contains('@')).then_some((scheme, host_of(authority)))
}

fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn default_min_pool() -> usize {
    12
}

fn default_path_count() -> usize {
    2
}

fn default_true() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_networks_pass_their_own_check_and_survive_json() {
        for network in [Network::mainnet(), Network::testnet()] {
            network.check().expect("valid");
            assert_eq!(Network::from_json(&network.to_json()).expect("reads back"), network);
        }
    }

    #[test]
    fn marks_that_a_page_or_an_editor_left_are_no_part_of_a_description() {
        let text = format!("\u{feff}{}\u{200b}\n", Network::mainnet().to_json());
        assert_eq!(Network::from_json(&text).expect("still read"), Network::mainnet());
    }

    #[test]
    fn unknown_keys_are_kept_and_reported() {
        let mut json: serde_json::Value = serde_json::from_str(&Network::mainnet().to_json()).expect("json");
        json["colour"] = "blue".into();
        json["seeds"][1]["weight"] = 7.into();
        json["file_server"]["prefix"] = "/v3".into();
        let network = Network::from_json(&json.to_string()).expect("still read");
        assert_eq!(network.unknown_keys().collect::<Vec<_>>(), ["colour", "weight", "prefix"]);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&network.to_json()).expect("json"), json);
    }

    #[test]
    fn a_description_with_a_wrong_part_names_the_part() {
        let base: serde_json::Value = serde_json::from_str(&Network::mainnet().to_json()).expect("json");
        let refused = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut json = base.clone();
            change(&mut json);
            let error = Network::from_json(&json.to_string()).expect_err("refused");
            (error.kind(), error.hint().cloned())
        };
        let field = |name| (ErrorKind::InvalidInput, Some(Hint::Field(name)));
        assert_eq!(refused(&|j| j["version"] = 2.into()).0, ErrorKind::NewerVersionNeeded);
        assert_eq!(refused(&|j| j["name"] = "../x".into()), field("name"));
        assert_eq!(refused(&|j| j["seeds"][0]["pin"] = "abc".into()), field("seeds.pin"));
        assert_eq!(refused(&|j| j["seeds"][0]["pin"] = serde_json::Value::Null), field("seeds.pin"));
        assert_eq!(refused(&|j| j["seeds"][0]["url"] = "ftp://x".into()), field("seeds"));
        assert_eq!(refused(&|j| j["file_server"]["ed25519"] = "12".into()), field("file_server"));
        assert_eq!(refused(&|j| j["min_pool"] = 0.into()), field("min_pool"));
        assert_eq!(refused(&|j| j["path_count"] = 99.into()), field("path_count"));
        assert_eq!(Network::from_json("{").expect_err("refused").kind(), ErrorKind::InvalidInput);
        assert_eq!(Network::from_json(&" ".repeat(70_000)).expect_err("refused").kind(), ErrorKind::TooLarge);
    }
}
