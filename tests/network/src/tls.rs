//! Self-signed certificates, made when the network starts.
//!
//! Nodes show one without a meaningful name, as real ones do. A seed's certificate names its address, and the network
//! description carries its pin.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

/// A TLS server side with its own key, and what a client pins.
pub(crate) struct Certificate {
    pub(crate) acceptor: SslAcceptor,
    /// Base64 of SHA-256 over the SubjectPublicKeyInfo.
    pub(crate) pin: String,
}

impl Certificate {
    /// A fresh P-256 key and a certificate for `name`, 127.0.0.1 and localhost.
    pub(crate) fn new(name: &str) -> Result<Self, ErrorStack> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
        let mut subject = X509NameBuilder::new()?;
        subject.append_entry_by_text("CN", name)?;
        let subject = subject.build();
        let mut serial = BigNum::new()?;
        serial.rand(120, MsbOption::ONE, false)?;

        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        builder.set_serial_number(serial.to_asn1_integer()?.as_ref())?;
        builder.set_subject_name(&subject)?;
        builder.set_issuer_name(&subject)?;
        builder.set_pubkey(&key)?;
        builder.set_not_before(Asn1Time::days_from_now(0)?.as_ref())?;
        builder.set_not_after(Asn1Time::days_from_now(3650)?.as_ref())?;
        builder.append_extension(BasicConstraints::new().build()?)?;
        let names = SubjectAlternativeName::new()
            .ip("127.0.0.1")
            .dns("localhost")
            .build(&builder.x509v3_context(None, None))?;
        builder.append_extension(names)?;
        builder.sign(&key, MessageDigest::sha256())?;
        let certificate = builder.build();

        let spki = key.public_key_to_der()?;
        let pin = STANDARD.encode(openssl::hash::hash(MessageDigest::sha256(), &spki)?);
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        acceptor.set_private_key(&key)?;
        acceptor.set_certificate(&certificate)?;
        Ok(Self { acceptor: acceptor.build(), pin })
    }
}
