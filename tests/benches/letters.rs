//! What a letter costs beside its bare primitives: closing and opening one, and sending one over three hops.
//!
//! *Bare* is the same cryptography called straight from the cipher crates, without types, copies, layouts or checks.
//! Promised: seal and open at most 1.2 times, three hops there and back at most 1.3 times.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a benchmark may panic

mod ratio;

use std::hint::black_box;
use std::time::Duration;

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use criterion::Criterion;
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use onionskin_core::crypto::{Cipher, Ephemeral, LayerKey, random_bytes, seal};
use onionskin_core::onion::{NodeKey, ServiceNode, layer};
use onionskin_core::wire::padding;
use onionskin_core::{AccountKeys, AccountSeed};
use rand_core::OsRng;
use x25519_dalek::{PublicKey, StaticSecret};

fn main() {
    let [ana, bo] = [(); 2].map(|()| AccountKeys::from_seed(&AccountSeed::random()));
    let text = padding::pad(&[7; 120]);
    compare_letter(&ana, &bo, &text);
    let road = Road::new();
    compare_road(&road);

    let mut criterion =
        Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2)).configure_from_args();
    criterion.bench_function("calibration loop", |bencher| bencher.iter(ratio::calibration));
    criterion.bench_function("letter/seal", |bencher| bencher.iter(|| seal::seal(&ana, &bo.account_id(), &text)));
    let sealed = seal::seal(&ana, &bo.account_id(), &text);
    criterion.bench_function("letter/open", |bencher| bencher.iter(|| seal::open(&bo, &sealed).unwrap()));
    criterion.bench_function("onion/build three hops", |bencher| bencher.iter(|| road.build()));
    criterion.bench_function("onion/open reply", |bencher| bencher.iter(|| road.open_reply()));
    criterion.final_summary();
}

fn compare_letter(ana: &AccountKeys, bo: &AccountKeys, text: &[u8]) {
    let ours = || {
        let sealed = seal::seal(ana, &bo.account_id(), text);
        black_box(seal::open(bo, &sealed).unwrap());
    };
    let signing = SigningKey::from_bytes(&random_bytes());
    let recipient = crypto_box::SecretKey::generate(&mut OsRng);
    let bare = || {
        black_box(seal_and_open_bare(&signing, &recipient, text));
    };
    ratio::compare("seal and open one letter", 300, Some(1.2), ours, bare);
}

fn compare_road(road: &Road) {
    let ours = || {
        black_box(road.build());
        black_box(road.open_reply());
    };
    let publics: Vec<[u8; 32]> = road.nodes.iter().map(|(_, node)| node.x25519).collect();
    let closed_reply = road.reply_key.encrypt(road.answer.as_bytes());
    let bare = || {
        let mut blob = road.payload.clone();
        for public in publics.iter().rev() {
            blob = layer_bare(public, &blob);
        }
        black_box(blob);
        let (nonce, closed) = closed_reply.split_at(24);
        let cipher = XChaCha20Poly1305::new(road.reply_key.as_bytes().into());
        black_box(cipher.decrypt(XNonce::from_slice(nonce), closed).unwrap());
    };
    ratio::compare("three hops there and back, 4 kB", 300, Some(1.3), ours, bare);
}

/// Three hops and a destination. The node's side is prepared beforehand: one reply for one request, whose key the bench
/// knows.
struct Road {
    nodes: Vec<(Ephemeral, ServiceNode)>,
    hops: Vec<ServiceNode>,
    destination: layer::Destination,
    payload: Vec<u8>,
    answer: String,
    reply_key: LayerKey,
    reply: String,
    reading: layer::ReplyKey,
}

impl Road {
    fn new() -> Self {
        use base64::Engine as _;

        let nodes: Vec<(Ephemeral, ServiceNode)> = (0..4).map(node).collect();
        let answer = serde_json::json!({ "status": 200, "body": "x".repeat(1_000) }).to_string();
        let client = Ephemeral::from_secret(random_bytes());
        let reply_key = LayerKey::node(Cipher::XChaCha20, &nodes[3].0, &client.public()).unwrap();
        Self {
            hops: nodes.iter().take(3).map(|(_, node)| node.clone()).collect(),
            destination: layer::Destination::from(&nodes[3].1),
            payload: vec![7; 4_000],
            reply: base64::engine::general_purpose::STANDARD.encode(reply_key.encrypt(answer.as_bytes())),
            reading: layer::ReplyKey::new(Cipher::XChaCha20, &client, &nodes[3].1.x25519).unwrap(),
            reply_key,
            answer,
            nodes,
        }
    }

    /// The request, sealed, and the key of its first layer.
    fn build(&self) -> impl Sized + use<> {
        let mut first = None;
        let mut secrets = || {
            let secrets = layer::LayerSecrets::random();
            first.get_or_insert(secrets.ephemeral.public());
            secrets
        };
        let (hops, destination) = (&self.hops, &self.destination);
        let sealed = layer::build_with(Cipher::XChaCha20, hops, destination, &self.payload, &mut secrets).unwrap();
        (sealed, first.unwrap())
    }

    fn open_reply(&self) -> impl Sized + use<> {
        self.reading.open_node(self.reply.as_bytes()).unwrap()
    }
}

/// Sign, box, unbox, convert the sender's key with its subgroup check, verify strictly.
fn seal_and_open_bare(signing: &SigningKey, recipient: &crypto_box::SecretKey, text: &[u8]) -> [u8; 32] {
    let public = recipient.public_key();
    let verifying = signing.verifying_key().to_bytes();
    let signed = [text, &verifying, public.as_bytes()].concat();
    let signature = signing.sign(&signed).to_bytes();
    let closed = public.seal(&mut OsRng, &[text, &verifying, &signature].concat()).unwrap();
    let plain = recipient.unseal(&closed).unwrap();
    let (message, tail) = plain.split_at(plain.len() - 96);
    let (key, signature) = tail.split_at(32);
    let key: [u8; 32] = key.try_into().unwrap();
    let point = CompressedEdwardsY(key).decompress().unwrap();
    assert!(point.is_torsion_free());
    let signed = [message, &key, public.as_bytes()].concat();
    let signature = Signature::from_slice(signature).unwrap();
    VerifyingKey::from_bytes(&key).unwrap().verify_strict(&signed, &signature).unwrap();
    point.to_montgomery().to_bytes()
}

/// One layer: fresh pair, agreement, key, cipher.
fn layer_bare(public: &[u8; 32], inside: &[u8]) -> Vec<u8> {
    let secret = StaticSecret::random_from_rng(OsRng);
    let ours = PublicKey::from(&secret);
    let shared = secret.diffie_hellman(&PublicKey::from(*public));
    let key = Blake2b::<U32>::new()
        .chain_update(shared.as_bytes())
        .chain_update(ours.as_bytes())
        .chain_update(public)
        .finalize();
    let nonce: [u8; 24] = random_bytes();
    let closed = XChaCha20Poly1305::new(&key).encrypt(XNonce::from_slice(&nonce), inside).unwrap();
    [nonce.as_slice(), &closed].concat()
}

fn node(number: u8) -> (Ephemeral, ServiceNode) {
    let seed = AccountKeys::from_ed25519_seed(&[number + 1; 32]);
    let pair = Ephemeral::from_secret(*seed.x25519_secret());
    let node = ServiceNode {
        key: NodeKey(seed.ed25519_public()),
        x25519: pair.public(),
        ip: std::net::Ipv4Addr::new(10, 0, number, 1),
        https_port: 22_021,
        omq_port: 22_020,
        swarm: Some(u64::from(number)),
        version: [2, 11, 0],
        unlock_height: None,
    };
    (pair, node)
}
