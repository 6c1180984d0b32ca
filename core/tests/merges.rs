//! Conflicts of config documents against `tests/merges/merges.json`: what a second implementation, which shares no code with
//! core, makes of the same histories. The program beside the file says what its fields are.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::collections::BTreeSet;
use std::path::Path;

use onionskin_core::clock::Timestamp;
use onionskin_core::config::merge::{Candidate, Outcome, resolve};
use onionskin_core::config::message::Revision;
use onionskin_core::config::{ConfigKeys, Document, DocumentKind, Incoming, seal};
use onionskin_core::crypto::AccountKeys;
use serde::Deserialize;

const KIND: DocumentKind = DocumentKind::UserProfile;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    inputs: Vec<Text>,
    taken: Option<usize>,
    merged: Option<Text>,
    pushed: Option<Text>,
}

/// A text in hex.
#[derive(Clone, PartialEq, Eq)]
struct Text(Vec<u8>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Bytes that are no text are shown as hex, the rest as it is: what differs is seen.
impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.escape_ascii().to_string())
    }
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/merges/merges.json");
    let file: File = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(file.cases.len() > 100);
    assert!(file.cases.iter().all(|case| case.taken.is_some() != case.merged.is_some()));
    assert!(file.cases.iter().all(|case| case.pushed.is_some() == case.merged.is_some()));
    file.cases
}

/// What differs, of all cases.
fn all(check: impl Fn(&Case) -> Result<(), String>) {
    let cases = cases();
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| check(case).err().map(|why| format!("{}: {why}", case.name))).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn equal(what: &str, found: &Text, expected: &Text) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}\n    is      {found:?}\n    and not {expected:?}")) }
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![vec![]];
    for next in 0..count {
        let longer = |order: &Vec<usize>| -> Vec<Vec<usize>> {
            (0..=order.len()).map(|at| [&order[..at], &[next], &order[at..]].concat()).collect()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    orders
}

fn revision(text: &Text) -> Revision {
    Revision::parse(text.0.clone(), None).unwrap()
}

#[test]
fn every_revision_is_written_as_it_was_read() {
    all(|case| {
        case.inputs.iter().chain(&case.merged).chain(&case.pushed).try_for_each(|text| {
            let message = revision(text).message;
            equal("a revision", &Text(message.write(&message.diff, None)), text)
        })
    });
}

#[test]
fn revisions_come_to_the_same_in_every_order() {
    all(|case| {
        let inputs: Vec<Revision> = case.inputs.iter().map(revision).collect();
        for order in orders(inputs.len()) {
            let candidates: Vec<Candidate<'_>> = order
                .iter()
                .map(|at| &inputs[*at])
                .map(|input| Candidate { message: &input.message, hash: input.hash })
                .collect();
            match (resolve(&candidates, true).unwrap().outcome, case.taken, &case.merged) {
                (Outcome::One(at), Some(taken), _) => {
                    equal("the one that stands", &case.inputs[order[at]], &case.inputs[taken])?;
                }
                (Outcome::Combined(message), _, Some(merged)) => {
                    equal("the merge", &Text(message.finish(None).text), merged)?;
                }
                (outcome, ..) => return Err(format!("came to {outcome:?}")),
            }
        }
        Ok(())
    });
}

/// A device that has no changes of its own, to which all of them come at once, or one after the other.
#[test]
fn a_device_pushes_what_they_come_to() {
    let keys = ConfigKeys::account(&AccountKeys::from_ed25519_seed(&[7; 32]));
    all(|case| {
        let inputs: Vec<Stored> = case.inputs.iter().map(|text| Stored::of(text, &keys)).collect();
        for order in orders(inputs.len()) {
            let arriving: Vec<&Stored> = order.iter().map(|at| &inputs[*at]).collect();
            compare(case, &keys, &mut arrived(&keys, &[&arriving]))?;
            // Of more than two each merge is one more revision.
            if let ([one, other], Some(_)) = (&arriving[..], &case.pushed) {
                compare(case, &keys, &mut arrived(&keys, &[&[*one], &[*other]]))?;
            }
        }
        Ok(())
    });
}

/// A revision as a swarm has it.
struct Stored {
    hash: String,
    data: Vec<u8>,
}

impl Stored {
    fn of(text: &Text, keys: &ConfigKeys) -> Self {
        let [data] = seal::close(keys, KIND, revision(text).message.seqno, &text.0).unwrap().try_into().unwrap();
        Self { hash: hex::encode(revision(text).hash), data }
    }
}

fn arrived(keys: &ConfigKeys, polls: &[&[&Stored]]) -> Document {
    let mut document = Document::new(KIND);
    for poll in polls {
        let incoming: Vec<Incoming<'_>> =
            poll.iter().map(|stored| Incoming { hash: &stored.hash, data: &stored.data }).collect();
        let merged = document.merge(keys, &incoming, Timestamp::from_millis(1_774_000_000_000));
        assert_eq!(merged.refused, []);
    }
    document
}

fn compare(case: &Case, keys: &ConfigKeys, document: &mut Document) -> Result<(), String> {
    if document.needs_push() != case.pushed.is_some() {
        return Err(format!("to be pushed: {}", document.needs_push()));
    }
    let push = document.push(keys).map_err(|error| error.to_string())?;
    let text = Text(document.revision().unwrap().0.to_vec());
    let expected = case.taken.map(|taken| &case.inputs[taken]).or(case.pushed.as_ref()).unwrap();
    equal("the device's revision", &text, expected)?;
    let hashes: BTreeSet<String> = case.inputs.iter().map(|input| hex::encode(revision(input).hash)).collect();
    let kept: BTreeSet<String> =
        case.taken.map(|taken| hex::encode(revision(&case.inputs[taken]).hash)).into_iter().collect();
    let obsolete: BTreeSet<String> = push.obsolete.into_iter().collect();
    let expected: BTreeSet<String> = hashes.difference(&kept).cloned().collect();
    if obsolete == expected { Ok(()) } else { Err(format!("obsolete: {obsolete:?}, not {expected:?}")) }
}
