//! Accounts, padding, sealed messages and contents against `messages.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use harness::{Block, Check, File, HexArray, HexLeaf, Key, Leaf, Prose, ensure, ensure_eq, first_of_each_word};
use onionskin_core::clock::Timestamp;
use onionskin_core::crypto::mnemonic::{ENGLISH, PREFIX_LEN};
use onionskin_core::crypto::seal::{box_secret_of_seed, deterministic_ephemeral_seed};
use onionskin_core::crypto::{
    AccountId, AccountKeys, AccountSeed, PhraseError, SealError, bip39_phrase, ed25519_to_x25519, open, parse_phrase,
    recovery_password, seal_with_ephemeral, sha256,
};
use onionskin_core::wire::content::{
    CallType, Content, EXPIRATION_TIMER_UPDATE, ExpirationType, ExtractionType, ReactionAction, ReceiptType,
    TypingAction, VOICE_MESSAGE,
};
use onionskin_core::wire::padding::{pad, unpad};
use onionskin_core::wire::{decode_content, envelope};
use serde::Deserialize;

type Seed16 = Leaf<HexArray<16>>;

fn keys_of(seed: &Seed16) -> AccountKeys {
    AccountKeys::from_seed(&AccountSeed::from_bytes(***seed))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accounts {
    derived: Vec<Derived>,
    phrases: Vec<Phrase>,
    rejected: Vec<Rejected>,
    import_disambiguation: Vec<Import>,
    english_wordlist: WordList,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derived {
    seed16: Seed16,
    ed25519_seed32: Key,
    ed25519_pub: Key,
    x25519_secret: Key,
    x25519_pub: Key,
    account_id: Leaf<String>,
    session_recovery_password: Leaf<String>,
    bip39_english_12: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrase {
    phrase: Leaf<String>,
    seed16: Seed16,
    account_id: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rejected {
    phrase: Leaf<String>,
    error: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    phrase: Leaf<String>,
    expect: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordList {
    count: Leaf<usize>,
    unique_prefix_len: Leaf<usize>,
    sha256_of_words_joined_by_lf: Key,
}

fn accounts(block: &Accounts, _file: &File) -> Check {
    block.derived.iter().try_for_each(derived)?;
    block.phrases.iter().try_for_each(phrase)?;
    block.rejected.iter().try_for_each(rejected)?;
    block.import_disambiguation.iter().try_for_each(import)?;
    let words: Vec<&str> = ENGLISH.lines().collect();
    let list = &block.english_wordlist;
    ensure_eq("count", words.len(), *list.count)?;
    ensure_eq("unique_prefix_len", PREFIX_LEN, *list.unique_prefix_len)?;
    ensure_eq("sha256", sha256(&[words.join("\n").as_bytes()]), **list.sha256_of_words_joined_by_lf)
}

fn derived(account: &Derived) -> Check {
    let keys = keys_of(&account.seed16);
    let full = AccountKeys::from_ed25519_seed(&account.ed25519_seed32);
    ensure_eq("account of ed25519_seed32", full.account_id(), keys.account_id())?;
    ensure_eq("ed25519_seed32", [&**account.seed16 as &[u8], &[0; 16]].concat(), account.ed25519_seed32.to_vec())?;
    ensure_eq("ed25519_pub", keys.ed25519_public(), **account.ed25519_pub)?;
    ensure_eq("x25519_secret", *keys.x25519_secret(), **account.x25519_secret)?;
    ensure_eq("x25519_pub", *keys.x25519_public(), **account.x25519_pub)?;
    ensure_eq("x25519_pub of ed25519_pub", ed25519_to_x25519(&account.ed25519_pub), Some(**account.x25519_pub))?;
    ensure_eq("account_id", &keys.account_id().to_string(), &*account.account_id)?;
    ensure_eq(
        "session_recovery_password",
        recovery_password(keys.seed()).as_str(),
        &**account.session_recovery_password,
    )?;
    ensure_eq("bip39_english_12", bip39_phrase(keys.seed()).as_deref(), Some(&*account.bip39_english_12))?;
    for text in [&account.session_recovery_password, &account.bip39_english_12] {
        ensure_eq("phrase read back", parse_phrase(text).as_ref(), Ok(keys.seed()))?;
    }
    Ok(())
}

fn phrase(case: &Phrase) -> Check {
    let keys = keys_of(&case.seed16);
    ensure_eq("seed16", parse_phrase(&case.phrase).as_ref(), Ok(keys.seed()))?;
    ensure_eq("phrase", recovery_password(keys.seed()).as_str(), &**case.phrase)?;
    ensure_eq("account_id", &keys.account_id().to_string(), &*case.account_id)
}

fn rejected(case: &Rejected) -> Check {
    let found = parse_phrase(&case.phrase).err().ok_or("a phrase that should be rejected was accepted")?;
    let words = case.phrase.split_whitespace().count();
    let kind = |text: &str| case.error.contains(text);
    // Apart from the unknown word they are words as the list spells them, so that the phrase fails for one reason.
    let strangers = case.phrase.split_whitespace().filter(|word| !is_listed(word)).count();
    ensure_eq("words outside the list", strangers, usize::from(kind("unknown word")))?;
    if kind("exceeds") || kind("2^32") {
        ensure("not an error that is told apart", kind("exceeds") && kind("2^32"))?;
        // A group of three words; as part of a whole recovery password it is refused for its value.
        ensure_eq("group alone", found, PhraseError::Count { found: words })?;
        let whole = with_checksum_word(&case.phrase.split_whitespace().cycle().take(12).collect::<Vec<_>>().join(" "));
        return ensure_eq("group in a whole phrase", whole.err(), Some(PhraseError::OutOfRange));
    }
    if kind("unknown word") {
        return ensure("not an unknown word", matches!(found, PhraseError::UnknownWord { .. }));
    }
    if kind("checksum") {
        return ensure_eq("error", found, PhraseError::Checksum);
    }
    ensure("not an error that is told apart", kind("count"))?;
    ensure_eq("error", found, PhraseError::Count { found: words })
}

fn import(case: &Import) -> Check {
    let (_, rest) = case.expect.split_once("seed ").ok_or("no seed in expect")?;
    let hex = rest.get(..32).ok_or("no seed in expect")?;
    let bytes = hex::decode(hex).map_err(|error| error.to_string())?;
    let seed = AccountSeed::copy_of(&bytes).ok_or("seed of the wrong length")?;
    let found = parse_phrase(&case.phrase);
    if case.expect.starts_with("BIP-39") {
        return ensure_eq("seed", found, Ok(seed));
    }
    ensure_eq("a recovery password without its last word", found, Err(PhraseError::LastWordMissing))?;
    ensure("the words as the list spells them", recovery_password(&seed).starts_with(case.phrase.as_str()))?;
    ensure_eq("seed with the last word added", with_checksum_word(&case.phrase), Ok(seed))
}

fn is_listed(word: &str) -> bool {
    ENGLISH.lines().any(|listed| listed == word)
}

/// Twelve words and the one of them that makes a recovery password: the first that is not a wrong checksum.
fn with_checksum_word(twelve: &str) -> Result<AccountSeed, PhraseError> {
    let tries = twelve.split_whitespace().map(|word| parse_phrase(&format!("{twelve} {word}")));
    tries.into_iter().find(|result| *result != Err(PhraseError::Checksum)).unwrap_or(Err(PhraseError::Checksum))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Padding {
    len: Leaf<usize>,
    padded_len: Leaf<usize>,
}

fn padding(cases: &Vec<Padding>, _file: &File) -> Check {
    for case in cases {
        // Texts that end like padding must come back too.
        for byte in [0x00, 0x80, b'x'] {
            let text = vec![byte; *case.len];
            let padded = pad(&text);
            ensure_eq("padded_len", padded.len(), *case.padded_len)?;
            ensure_eq("unpadded", unpad(&padded), &text[..])?;
        }
    }
    ensure("no cases", !cases.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct V1 {
    #[serde(rename = "note")]
    _note: Option<Prose>,
    sender_seed16: Seed16,
    recipient_seed16: Seed16,
    timestamp_ms: Leaf<u64>,
    ephemeral_secret: Key,
    prosig: Leaf<HexArray<64>>,
    direct: Direct,
    sync_copy: SyncCopy,
    deterministic_known_answer: Deterministic,
    reject_wrong_recipient_binding: WrongBinding,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Direct {
    content_protobuf: HexLeaf,
    padded_len: Leaf<usize>,
    sealed: HexLeaf,
    envelope: HexLeaf,
    swarm_payload: HexLeaf,
    swarm_data_base64: Leaf<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SyncCopy {
    content_protobuf: HexLeaf,
    sealed: HexLeaf,
    swarm_payload: HexLeaf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deterministic {
    message: Leaf<String>,
    ephemeral_seed: Key,
    sealed: HexLeaf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrongBinding {
    sealed: HexLeaf,
    #[serde(rename = "reason")]
    _reason: Option<Prose>,
}

fn v1(block: &V1, _file: &File) -> Check {
    let (sender, recipient) = (keys_of(&block.sender_seed16), keys_of(&block.recipient_seed16));
    let timestamp = Timestamp::from_millis(*block.timestamp_ms);

    let direct = &block.direct;
    let content = content_of(&direct.content_protobuf, timestamp)?;
    ensure("the direct message is a data message", content.data_message.is_some())?;
    let padded = pad(&direct.content_protobuf);
    ensure_eq("padded_len", padded.len(), *direct.padded_len)?;
    let sealed = seal_with_ephemeral(&sender, &recipient.account_id(), &padded, &block.ephemeral_secret);
    ensure_eq("sealed", &sealed[..], &**direct.sealed)?;
    let envelope = envelope::encode_envelope(&sealed, timestamp, **block.prosig);
    ensure_eq("envelope", &envelope[..], &**direct.envelope)?;
    let payload = envelope::wrap(&sealed, timestamp, **block.prosig);
    ensure_eq("swarm_payload", &payload[..], &**direct.swarm_payload)?;
    ensure_eq("swarm_data_base64", &BASE64.encode(payload), &*direct.swarm_data_base64)?;
    let stored = BASE64.decode(&*direct.swarm_data_base64).map_err(|error| error.to_string())?;
    received(&stored, &recipient, &sender, timestamp, **block.prosig, &direct.content_protobuf)?;

    let copy = &block.sync_copy;
    let content = content_of(&copy.content_protobuf, timestamp)?;
    let target = content.data_message.and_then(|data| data.sync_target).ok_or("a sync copy without a target")?;
    ensure_eq("syncTarget", AccountId::parse(&target), Ok(recipient.account_id()))?;
    let padded = pad(&copy.content_protobuf);
    let sealed = seal_with_ephemeral(&sender, &sender.account_id(), &padded, &block.ephemeral_secret);
    ensure_eq("sealed copy", &sealed[..], &**copy.sealed)?;
    let payload = envelope::wrap(&sealed, timestamp, **block.prosig);
    ensure_eq("swarm_payload of the copy", &payload[..], &**copy.swarm_payload)?;
    received(&copy.swarm_payload, &sender, &sender, timestamp, **block.prosig, &copy.content_protobuf)?;

    let known = &block.deterministic_known_answer;
    let seed = deterministic_ephemeral_seed(&sender, &recipient.account_id(), known.message.as_bytes());
    ensure_eq("ephemeral_seed", *seed, **known.ephemeral_seed)?;
    let secret = box_secret_of_seed(&seed);
    let sealed = seal_with_ephemeral(&sender, &recipient.account_id(), known.message.as_bytes(), &secret);
    ensure_eq("deterministic answer", &sealed[..], &**known.sealed)?;

    let wrong = open(&recipient, &block.reject_wrong_recipient_binding.sealed);
    ensure_eq("a signature made for somebody else", wrong, Err(SealError::BadSignature))
}

/// The content of some bytes, which it must give again byte for byte.
fn content_of(bytes: &[u8], timestamp: Timestamp) -> Result<Content, String> {
    let content = decode_content(bytes).map_err(|error| error.to_string())?;
    ensure_eq("content encoded again", content.to_bytes(), bytes)?;
    ensure_eq("sigTimestamp", content.sig_timestamp, Some(timestamp.as_millis()))?;
    Ok(content)
}

fn received(
    stored: &[u8],
    recipient: &AccountKeys,
    sender: &AccountKeys,
    timestamp: Timestamp,
    prosig: [u8; 64],
    content: &[u8],
) -> Check {
    let envelope = envelope::unwrap(stored).map_err(|error| error.to_string())?;
    ensure_eq("timestamp received", envelope.timestamp_ms, timestamp.as_millis())?;
    ensure_eq("prosig received", envelope.pro_sig, Some(prosig))?;
    let opened = open(recipient, &envelope.content).map_err(|error| error.to_string())?;
    ensure_eq("sender received", opened.sender, sender.account_id())?;
    ensure_eq("content received", unpad(&opened.padded), content)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentSamples {
    text: HexLeaf,
    typing_started: HexLeaf,
    read_receipt: HexLeaf,
    reaction: HexLeaf,
    unsend: HexLeaf,
    request_response: HexLeaf,
    expiration_update_das_1day: HexLeaf,
    media_saved: HexLeaf,
    call_pre_offer: HexLeaf,
    call_end: HexLeaf,
    quote: HexLeaf,
    voice: HexLeaf,
}

fn content_samples(block: &ContentSamples, _file: &File) -> Check {
    // All samples were written at one moment; the first says when.
    let first = decode_content(&block.text).map_err(|error| error.to_string())?;
    let now = Timestamp::from_millis(first.sig_timestamp.ok_or("a text without sigTimestamp")?);
    let data = |bytes: &[u8]| content_of(bytes, now)?.data_message.ok_or("no data message".to_owned());
    let author = |text: Option<String>| AccountId::parse(&text.unwrap_or_default()).map_err(|error| error.to_string());
    let profiled = |name: Option<String>, since: Option<u64>| {
        ensure("no name in the profile", name.is_some_and(|name| !name.is_empty()))?;
        ensure("no time in the profile", since.is_some_and(|since| since > 0 && since <= now.as_millis() / 1_000))
    };

    let text = data(&block.text)?;
    ensure("no text", text.body.is_some_and(|body| !body.is_empty()))?;
    let profile = text.profile.ok_or("no profile with the text")?;
    profiled(profile.display_name, profile.last_update_seconds)?;

    let typing = content_of(&block.typing_started, now)?.typing_message.ok_or("no typing message")?;
    ensure_eq("typing timestamp", typing.timestamp, Some(now.as_millis()))?;
    ensure_eq("typing action", typing.action, Some(TypingAction::Started.into()))?;

    let receipt = content_of(&block.read_receipt, now)?.receipt_message.ok_or("no receipt")?;
    ensure_eq("receipt type", receipt.r#type, Some(ReceiptType::Read.into()))?;
    ensure("no timestamps in the receipt", !receipt.timestamp.is_empty())?;
    ensure("a receipt of the future", receipt.timestamp.iter().all(|read| *read <= now.as_millis()))?;

    let reaction = data(&block.reaction)?.reaction.ok_or("no reaction")?.reference;
    ensure_eq("reaction action", reaction.action, Some(ReactionAction::React.into()))?;
    ensure("no emoji", reaction.emoji.is_some_and(|emoji| !emoji.is_ascii()))?;
    author(reaction.author)?;

    let unsend = content_of(&block.unsend, now)?.unsend_request.ok_or("no unsend request")?.reference;
    ensure_eq("withdrawn message", unsend.timestamp, reaction.id)?;
    author(unsend.author)?;

    let response = content_of(&block.request_response, now)?.message_request_response.ok_or("no response")?;
    ensure_eq("isApproved", response.is_approved, Some(true))?;
    let profile = response.profile.ok_or("no profile with the response")?;
    profiled(profile.display_name, profile.last_update_seconds)?;

    let update = content_of(&block.expiration_update_das_1day, now)?;
    ensure_eq("expirationType", update.expiration_type, Some(ExpirationType::DeleteAfterSend.into()))?;
    ensure_eq("expirationTimer", update.expiration_timer, Some(24 * 60 * 60))?;
    ensure_eq("flags", update.data_message.and_then(|data| data.flags), Some(EXPIRATION_TIMER_UPDATE))?;

    let saved = content_of(&block.media_saved, now)?.data_extraction_notification.ok_or("no extraction notice")?;
    ensure_eq("extraction type", saved.r#type, Some(ExtractionType::MediaSaved.into()))?;
    ensure_eq("message with the media", saved.timestamp, reaction.id)?;

    let offer = content_of(&block.call_pre_offer, now)?.call_message.ok_or("no call")?;
    let end = content_of(&block.call_end, now)?.call_message.ok_or("no call")?;
    ensure_eq("first step of a call", offer.r#type, Some(CallType::PreOffer.into()))?;
    ensure_eq("last step of a call", end.r#type, Some(CallType::EndCall.into()))?;
    ensure_eq("name of the call", end.uuid, offer.uuid)?;

    let quoting = data(&block.quote)?;
    ensure("no text beside the quote", quoting.body.is_some())?;
    let quote = quoting.quote.ok_or("no quote")?.reference;
    ensure_eq("quoted message", quote.id, reaction.id)?;
    author(quote.author)?;

    let voice = data(&block.voice)?.attachments.into_iter().next().ok_or("no attachment")?;
    ensure_eq("flags of the voice", voice.flags, Some(VOICE_MESSAGE))?;
    ensure_eq("key of the voice", voice.key.map(|key| key.len()), Some(32))?;
    ensure("no size", voice.size.is_some_and(|size| size > 0))?;
    ensure("no media type", voice.content_type.is_some_and(|kind| kind.starts_with("audio/")))?;
    ensure("no address", voice.url.is_some_and(|url| url.starts_with("http")))
}

/// Bytes of protobuf: the first tag and the end of the timestamp, which all samples share. A letter of a text in
/// between may be another letter in another valid message.
fn first_and_last(text: &str) -> Vec<usize> {
    vec![1, text.len() - 1]
}

/// The seed named in a sentence.
fn seed_in_sentence(text: &str) -> Vec<usize> {
    text.find("seed ").map(|at| vec![at + 5, at + 20, at + 36]).unwrap_or_default()
}

/// The first letter of each word that is in a list; another unknown word is as unknown as the first.
fn listed_words(text: &str) -> Vec<usize> {
    let known = |at: &usize| {
        let word = text[*at..].split_whitespace().next().unwrap_or_default();
        is_listed(word) || bip39::Language::English.find_word(word).is_some()
    };
    first_of_each_word(text).into_iter().filter(known).collect()
}

/// The words by which an error is known.
fn kind_of_error(text: &str) -> Vec<usize> {
    ["exceeds", "unknown word", "checksum", "count"].iter().find_map(|kind| text.find(kind)).into_iter().collect()
}

fn blocks() -> Vec<Block> {
    vec![
        Block::new("accounts", accounts)
            .changed_at("phrase", listed_words)
            .changed_at("expect", seed_in_sentence)
            .changed_at("error", kind_of_error)
            .changed_at("session_recovery_password", first_of_each_word)
            .changed_at("bip39_english_12", first_of_each_word),
        Block::new("padding_v1", padding).free("len", "several lengths give one padded length"),
        Block::new("v1", v1).prose(&["note", "reason"]),
        Block::new("content_samples", content_samples)
            .changed_at("text", first_and_last)
            .changed_at("typing_started", first_and_last)
            .changed_at("read_receipt", first_and_last)
            .changed_at("reaction", first_and_last)
            .changed_at("unsend", first_and_last)
            .changed_at("request_response", first_and_last)
            .changed_at("expiration_update_das_1day", first_and_last)
            .changed_at("media_saved", first_and_last)
            .changed_at("call_pre_offer", first_and_last)
            .changed_at("call_end", first_and_last)
            .changed_at("quote", first_and_last)
            .changed_at("voice", first_and_last),
    ]
}

harness::vector_tests!("vectors_messages", "messages.json", blocks());
