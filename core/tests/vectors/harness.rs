//! How test vectors are read, compared, and proven to be looked at.
//!
//! A vector file is JSON; each of its top-level blocks (or a part of one, `file_server.default`) has one check that
//! **computes every output from the inputs in the file** and compares. Nothing is known by the code: another file of
//! the same form, with other seeds, texts and numbers of items, passes too.
//!
//! A target looks like this:
//!
//! ```ignore
//! #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic
//! #[path = "vectors/harness.rs"]
//! mod harness;
//! use harness::{Block, Check, File, Key, Leaf, Prose, ensure_eq};
//!
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]           // a field that nobody looks at is a failure
//! struct Nearest { position: Leaf<u64>, swarms: Vec<Leaf<u64>>, chosen: Leaf<u64>, comment: Prose }
//!
//! fn nearest(cases: &Vec<Nearest>, _file: &File) -> Check {
//!     for case in cases {
//!         let swarms: Vec<u64> = case.swarms.iter().map(|id| **id).collect();
//!         ensure_eq("chosen", compute(*case.position, &swarms), *case.chosen)?;
//!     }
//!     Ok(())
//! }
//!
//! fn blocks() -> Vec<Block> {
//!     vec![Block::new("nearest", nearest).free("swarms", "a swarm far away may move without being chosen")]
//! }
//! harness::vector_tests!("vectors_transport_swarm", "transport.json", blocks());
//! ```
//!
//! Every leaf (string, number, bool) of a block is a [`Leaf`] (or [`Prose`]); reading one through `*` is noted. The
//! macro makes three tests: every block's check passes; every leaf of every block was read; and with any one
//! leaf changed in a digit or letter the check of its block fails. A leaf whose change cannot show (one padded length
//! belongs to many lengths) is named with [`Block::free`] and its reason; a text for people is [`Prose`]. Where only
//! some characters of a leaf carry meaning, [`Block::changed_at`] says which; where a leaf means nothing beside what the file
//! at hand has there, the check says so with [`Leaf::idle`].
//!
//! Who checks which block stands in [`REGISTRY`]; a block of a later issue stands there too, with its reason, and so does
//! one that contradicts what core does today. The folder is `VECTORS_DIR` or, without it, `tests/vectors` of this repository.
#![allow(dead_code, unused_imports, unused_macros)] // each target uses its part

#[path = "json.rs"]
mod json;
#[path = "leaf.rs"]
mod leaf;
#[path = "registry.rs"]
mod registry;

use std::path::PathBuf;

use serde::de::DeserializeOwned;

pub use json::Json;
pub use leaf::{Hex, HexArray, HexLeaf, Key, Leaf, Prose};
pub use registry::{FILES, Owner, REGISTRY};

/// Passed, or what differed.
pub type Check = Result<(), String>;

/// `computed` is what the file says.
pub fn ensure_eq<A: PartialEq<B> + std::fmt::Debug, B: std::fmt::Debug>(what: &str, computed: A, vector: B) -> Check {
    if computed == vector { Ok(()) } else { Err(format!("{what}: computed {computed:x?}, the file says {vector:x?}")) }
}

/// `holds`, or what does not.
pub fn ensure(what: &str, holds: bool) -> Check {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

/// A vector file.
pub struct File {
    pub name: &'static str,
    pub json: Json,
}

impl File {
    /// Reads a file of the vectors' folder.
    pub fn load(name: &'static str) -> Self {
        let path = folder().join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name, json: Json::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())) }
    }

    /// A value of another block that a check needs, such as `keys.account.ed25519_seed`. Does not count as read.
    pub fn other<T: DeserializeOwned>(&self, path: &str) -> T {
        let value = self.json.at(path).unwrap_or_else(|| panic!("{}: no {path}", self.name));
        leaf::unnoticed(|| value.to()).unwrap_or_else(|error| panic!("{}: {path}: {error}", self.name))
    }
}

/// The folder of the vector files.
pub fn folder() -> PathBuf {
    match std::env::var_os("VECTORS_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors")),
    }
}

type Positions = fn(&str) -> Vec<usize>;
type Verify = Box<dyn Fn(&Json, &File) -> Result<Reading, String>>;

/// One top-level block of a file (or a part of one) and its check.
pub struct Block {
    name: &'static str,
    verify: Verify,
    free: Vec<(&'static str, &'static str)>,
    changed_at: Vec<(&'static str, Positions)>,
    null_is_absent: bool,
}

/// What a check that passed has looked at.
struct Reading {
    leaves: usize,
    unread: usize,
    /// Which leaves, in the order of the file, cannot be noticed.
    idle: Vec<bool>,
}

impl Block {
    /// The block at `name` (`keys`, `file_server.default`) in the form `T`, with its check.
    pub fn new<T: DeserializeOwned + 'static>(name: &'static str, check: fn(&T, &File) -> Check) -> Self {
        let verify = move |json: &Json, file: &File| {
            let (value, tally) = leaf::noticed(|| json.to::<T>());
            check(&value?, file)?;
            Ok(Reading {
                leaves: tally.len(),
                unread: tally.iter().filter(|mark| !mark.read.get()).count(),
                idle: tally.iter().map(|mark| mark.idle.get()).collect(),
            })
        };
        Self { name, verify: Box::new(verify), free: vec![], changed_at: vec![], null_is_absent: false }
    }

    /// Leaves of this name may change without failing, for this reason. They must still be read.
    pub fn free(mut self, leaf: &'static str, reason: &'static str) -> Self {
        assert!(reason.len() > 10, "say why {leaf} may change");
        self.free.push((leaf, reason));
        self
    }

    /// Leaves of this name are texts for people; they are [`Prose`] in the form.
    pub fn prose(mut self, leaves: &[&'static str]) -> Self {
        self.free.extend(leaves.iter().map(|leaf| (*leaf, "a text for people")));
        self
    }

    /// In leaves of this name only these places (byte positions) carry meaning.
    pub fn changed_at(mut self, leaf: &'static str, positions: Positions) -> Self {
        self.changed_at.push((leaf, positions));
        self
    }

    /// An optional field may also be written as null.
    pub fn null_is_absent(mut self) -> Self {
        self.null_is_absent = true;
        self
    }

    fn of(&self, file: &File) -> Json {
        let json = file.json.at(self.name).unwrap_or_else(|| panic!("{}: no block {}", file.name, self.name));
        if self.null_is_absent { json.without_nulls() } else { json.clone() }
    }

    fn positions(&self, leaf: &str, text: &str) -> Vec<usize> {
        match self.changed_at.iter().find(|(name, _)| *name == leaf) {
            Some((_, positions)) => positions(text),
            None => first_middle_last(text),
        }
    }
}

/// Every block's check passes.
pub fn every_output_is_computed_and_equal(file: &'static str, blocks: &[Block]) {
    let file = File::load(file);
    let failures: Vec<String> = blocks
        .iter()
        .filter_map(|block| (block.verify)(&block.of(&file), &file).err().map(|why| format!("{}: {why}", block.name)))
        .collect();
    assert!(failures.is_empty(), "{}:\n{}", file.name, failures.join("\n"));
}

/// Every leaf of every block was read by its check.
pub fn every_leaf_is_read(file: &'static str, blocks: &[Block]) {
    let file = File::load(file);
    for block in blocks {
        let json = block.of(&file);
        let reading = (block.verify)(&json, &file).unwrap_or_else(|why| panic!("{}: {why}", block.name));
        assert_eq!(reading.leaves, json.leaves().len(), "{}: not every leaf is a Leaf or Prose", block.name);
        assert_eq!(reading.unread, 0, "{}: {} leaves were not read", block.name, reading.unread);
    }
}

/// With one digit or letter of any leaf changed, the check of its block fails.
pub fn no_leaf_can_change_unnoticed(file: &'static str, blocks: &[Block]) {
    let file = File::load(file);
    let mut unnoticed = Vec::new();
    for block in blocks {
        let json = block.of(&file);
        let mut tried = 0;
        let idle = (block.verify)(&json, &file).unwrap_or_else(|why| panic!("{}: {why}", block.name)).idle;
        for (number, path) in json.leaves().into_iter().enumerate() {
            let name = path.name();
            if idle.get(number) == Some(&true) || block.free.iter().any(|(free, _)| *free == name) {
                continue;
            }
            let leaf = json.leaf(&path);
            let positions = leaf.as_text().map_or(vec![0], |text| block.positions(&name, text));
            for position in positions {
                let mut changed = json.clone();
                changed.leaf_mut(&path).change(position);
                if changed == json {
                    continue;
                }
                tried += 1;
                if (block.verify)(&changed, &file).is_ok() {
                    unnoticed.push(format!("{}.{path} at {position}", block.name));
                }
            }
        }
        assert!(tried > 0, "{}: nothing in it could be changed", block.name);
    }
    assert!(unnoticed.is_empty(), "{}: changed and not noticed:\n{}", file.name, unnoticed.join("\n"));
}

/// The blocks of a target are those that the registry gives it.
pub fn the_registry_knows(target: &str, file: &str, blocks: &[Block]) {
    let mut here: Vec<&str> = blocks.iter().map(|block| block.name).collect();
    let mut there: Vec<&str> = REGISTRY
        .iter()
        .filter(|(in_file, _, owner)| *in_file == file && owner.target() == Some(target))
        .map(|(_, block, _)| *block)
        .collect();
    here.sort_unstable();
    there.sort_unstable();
    assert_eq!(here, there, "{target} and the registry disagree about {file}");
}

/// The tests of one target over one file. The last argument is an expression that makes the `Vec<Block>`.
macro_rules! vector_tests {
    ($target:literal, $file:literal, $blocks:expr) => {
        #[test]
        fn every_output_is_computed_and_equal() {
            $crate::harness::every_output_is_computed_and_equal($file, &$blocks);
        }

        #[test]
        fn every_leaf_is_read() {
            $crate::harness::every_leaf_is_read($file, &$blocks);
        }

        #[test]
        fn no_leaf_can_change_unnoticed() {
            $crate::harness::no_leaf_can_change_unnoticed($file, &$blocks);
        }

        #[test]
        fn the_registry_knows_this_target() {
            $crate::harness::the_registry_knows($target, $file, &$blocks);
        }
    };
}
pub(crate) use vector_tests;

/// The first, middle and last letter or digit of a text.
pub fn first_middle_last(text: &str) -> Vec<usize> {
    let all: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()).map(|(at, _)| at).collect();
    let mut some: Vec<usize> =
        [all.first(), all.get(all.len() / 2), all.last()].into_iter().flatten().copied().collect();
    some.dedup();
    some
}

/// The first letter of each word.
pub fn first_of_each_word(text: &str) -> Vec<usize> {
    let starts = text.char_indices().scan(' ', |before, (at, c)| {
        let start = before.is_whitespace() && !c.is_whitespace();
        *before = c;
        Some(start.then_some(at))
    });
    starts.flatten().collect()
}
