//! TLS with our own rules, never the system's.
//!
//! **Seeds** are known by a pin: the SHA-256 of the certificate's SubjectPublicKeyInfo decides, together with the host
//! name in the certificate and the signature of the handshake (a copied certificate without its key proves nothing).
//! Dates are not read: neither an expired certificate nor a phone with a wrong clock locks people out. No certificate
//! authority is believed. **Service nodes** have nameless self-signed certificates; any is accepted and only the
//! handshake is verified. What matters to them goes inside the onion, which is encrypted to the node's own key.
//!
//! Pins and rule: session-foundation/session-desktop `ts/session/apis/seed_node_api/SeedNodeAPI.ts`.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme};

use crate::crypto;
use crate::network::{NodeTls, Seed};

use super::error::OnionError;

/// TLS towards a seed. A seed without a pin is believed on loopback only, where a development network runs.
pub(super) fn for_seed(seed: &Seed) -> Result<ClientConfig, OnionError> {
    let rule = match &seed.pin {
        Some(pin) => Rule::Pinned(decode_pin(pin).ok_or(OnionError::BadRequest("seed pin is not 32 bytes of base64"))?),
        None if is_plain_or_loopback(&seed.url) => Rule::AnyCertificate,
        None => return Err(OnionError::BadRequest("https seed has no pin")),
    };
    config(rule)
}

/// TLS towards service nodes.
pub(super) fn for_nodes(rule: NodeTls) -> Result<ClientConfig, OnionError> {
    match rule {
        NodeTls::Any => config(Rule::AnyCertificate),
    }
}

fn config(rule: Rule) -> Result<ClientConfig, OnionError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier { rule, provider: provider.clone() };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| OnionError::BadRequest("tls cannot be set up"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn decode_pin(pin: &str) -> Option<[u8; 32]> {
    base64::engine::general_purpose::STANDARD.decode(pin).ok()?.try_into().ok()
}

/// Plain http needs no TLS rule at all; https without a pin only on this very machine.
fn is_plain_or_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    url.scheme() == "http" || host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[derive(Clone, Copy)]
enum Rule {
    Pinned([u8; 32]),
    AnyCertificate,
}

struct Verifier {
    rule: Rule,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.rule {
            Rule::Pinned(_) => "Verifier(pinned)",
            Rule::AnyCertificate => "Verifier(any certificate)",
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        if let Rule::Pinned(pin) = &self.rule {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let found = crypto::sha256(&[certificate.subject_public_key_info().as_ref()]);
            if found != *pin {
                return Err(TlsError::InvalidCertificate(CertificateError::ApplicationVerificationFailure));
            }
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use rustls::server::{ClientHello, ResolvesServerCert};
    use rustls::sign::CertifiedKey;
    use rustls::{ClientConnection, ServerConfig, ServerConnection};

    /// For `seed.example`, valid for one day in 2001.
    const CERTIFICATE: &str = "MIIBNjCB3qADAgECAgEBMAoGCCqGSM49BAMCMBcxFTATBgNVBAMMDHNlZWQuZXhhbXBsZTAeFw0wMTAxMDEwMDAwMDBaFw0wMTAxMDIwMDAwMDBaMBcxFTATBgNVBAMMDHNlZWQuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBJ5E2sb5hOeXv45zdSNGuy7UGST2N1aQhJzx2bIYtbhprHxLDcJs9TgMBkisgIQnqBmRrIHeJ0jzasDu7e8EO2jGzAZMBcGA1UdEQQQMA6CDHNlZWQuZXhhbXBsZTAKBggqhkjOPQQDAgNHADBEAiB21G67efQp/vOUPQ1wZr3J6261EhpKxKSOElNoSjQgpQIgTO0tngIIHfE4lMAZiCcyLCiuHOeSG3vIJIQWgYluMRI=";
    /// The key of that certificate, made for this test.
    const ITS_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2eFSlOUlviV5yAxWSp/t8g189aYrIQinhhooVcpLvM2hRANCAAQSeRNrG+YTnl7+Oc3UjRrsu1Bkk9jdWkISc8dmyGLW4aax8Sw3CbPU4DAZIrICEJ6gZkayB3idI82rA7u3vBDt";
    const ANOTHER_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjR8vjwm6xsY3yzsIJuyl3hDrv9Lmr+69iTGKcsm02E+hRANCAASkfRO0gusb/w1J7kdUTFqkJflmbj8+pBTyONLGmhiqm6+owlr4e7N2IDV1l7R7mooGEqg7INITtMTjSFzhCu43";
    const ITS_PIN: &str = "8ZHNHydf1fPrf3Bd02LQp2Vv7R8FZCx1omw5tf5wgYg=";
    const ANOTHER_PIN: &str = "mlYTXvkmIEYcpswANTpnBwlz9Cswi0py/RQKkbdQOZQ=";

    #[derive(Debug)]
    struct Presents(Arc<CertifiedKey>);

    impl ResolvesServerCert for Presents {
        fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(self.0.clone())
        }
    }

    /// A whole handshake in memory; none when the client refused.
    fn handshake(
        client: ClientConfig,
        host: &str,
        server_key: &str,
        version: &'static rustls::SupportedProtocolVersion,
    ) -> Option<()> {
        let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        let provider = rustls::crypto::ring::default_provider();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(decode(server_key)));
        let signing = provider.key_provider.load_private_key(key).unwrap();
        let presented = CertifiedKey::new(vec![CertificateDer::from(decode(CERTIFICATE))], signing);
        let server = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Presents(Arc::new(presented))));
        let mut client =
            ClientConnection::new(Arc::new(client), ServerName::try_from(host.to_owned()).unwrap()).unwrap();
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        for _ in 0..10 {
            let mut wire = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut wire).unwrap();
            }
            let mut wire = wire.as_slice();
            while !wire.is_empty() {
                server.read_tls(&mut wire).unwrap();
            }
            server.process_new_packets().ok()?;
            let mut wire = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut wire).unwrap();
            }
            let mut wire = wire.as_slice();
            while !wire.is_empty() {
                client.read_tls(&mut wire).unwrap();
            }
            client.process_new_packets().ok()?;
            if !client.is_handshaking() {
                return Some(());
            }
        }
        None
    }

    fn pinned(pin: &str) -> ClientConfig {
        for_seed(&Seed {
            url: "https://seed.example".to_owned(),
            pin: Some(pin.to_owned()),
            other: std::collections::BTreeMap::new(),
        })
        .unwrap()
    }

    #[test]
    fn a_pinned_seed_is_believed_even_with_an_expired_certificate() {
        for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
            assert!(handshake(pinned(ITS_PIN), "seed.example", ITS_KEY, version).is_some());
        }
    }

    #[test]
    fn another_pin_another_host_or_another_key_is_refused() {
        for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
            assert!(handshake(pinned(ANOTHER_PIN), "seed.example", ITS_KEY, version).is_none(), "pin");
            assert!(handshake(pinned(ITS_PIN), "seed.elsewhere", ITS_KEY, version).is_none(), "host");
            assert!(handshake(pinned(ITS_PIN), "seed.example", ANOTHER_KEY, version).is_none(), "signature");
        }
    }

    #[test]
    fn a_service_node_may_have_any_certificate_but_must_hold_its_key() {
        let any = || for_nodes(NodeTls::Any).unwrap();
        assert!(handshake(any(), "10.0.0.7", ITS_KEY, &rustls::version::TLS13).is_some());
        assert!(handshake(any(), "10.0.0.7", ANOTHER_KEY, &rustls::version::TLS13).is_none());
    }

    #[test]
    fn a_seed_without_a_pin_is_believed_on_loopback_only() {
        let seed = |url: &str| {
            for_seed(&Seed { url: url.to_owned(), pin: None, other: std::collections::BTreeMap::new() }).is_ok()
        };
        assert!(seed("https://127.0.0.1:4443"));
        assert!(seed("https://localhost:4443"));
        assert!(seed("https://[::1]:4443"));
        assert!(seed("http://seed.example"));
        assert!(!seed("https://seed.example"));
        assert!(!seed("https://127.0.0.1.example"));
        assert!(
            for_seed(&Seed {
                url: "https://a".to_owned(),
                pin: Some("AAAA".to_owned()),
                other: std::collections::BTreeMap::new()
            })
            .is_err()
        );
    }
}
