//! Every block of the vector files has an owner, and the harness catches what it promises to catch.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

#[path = "vectors/harness.rs"]
mod harness;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use harness::{Block, Check, FILES, File, Json, Leaf, Prose, REGISTRY, ensure_eq};
use serde::Deserialize;

/// Blocks of a file that nobody answers for, whole or in all their parts, or more than one does.
fn without_one_owner(name: &str, file: &Json) -> Vec<String> {
    let owners = |path: &str| REGISTRY.iter().filter(|(in_file, entry, _)| *in_file == name && *entry == path).count();
    let mut found = Vec::new();
    for block in file.keys() {
        let parts = file.at(block).map(|json| json.keys()).unwrap_or_default();
        let of_parts: Vec<usize> = parts.iter().map(|part| owners(&format!("{block}.{part}"))).collect();
        let whole = owners(block) == 1 && of_parts.iter().all(|count| *count == 0);
        let in_parts = owners(block) == 0 && !of_parts.is_empty() && of_parts.iter().all(|count| *count == 1);
        if !whole && !in_parts {
            found.push(block.to_owned());
        }
    }
    found
}

#[test]
fn every_block_is_checked_or_waits_by_name() {
    for name in FILES {
        let lonely = without_one_owner(name, &File::load(name).json);
        assert!(lonely.is_empty(), "{name}: no owner, or more than one, for {}", lonely.join(", "));
    }
}

#[test]
fn a_new_block_and_a_new_part_of_a_block_are_found() {
    let file =
        Json::parse(r#"{"user_a":{"seed":"00","age":5},"padding":[],"tomorrow":[],"ids_assurance":"lib"}"#).unwrap();
    assert_eq!(without_one_owner("communities.json", &file), ["user_a", "tomorrow"]);
}

#[test]
fn every_file_of_the_folder_is_in_the_registry() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".json")).collect();
    names.sort_unstable();
    let mut known = FILES.to_vec();
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn the_registry_names_only_blocks_that_exist_and_gives_reasons() {
    let mut files = BTreeMap::new();
    for (name, block, owner) in REGISTRY {
        assert!(FILES.contains(name), "{name}: {block} is in the registry and its file is not");
        let file = files.entry(*name).or_insert_with(|| File::load(name));
        assert!(file.json.at(block).is_some(), "{name}: {block} is in the registry and not in the file");
        assert!(owner.reason().is_none_or(|reason| reason.len() > 20), "{name}: {block} waits without a reason");
    }
}

#[test]
fn every_target_of_the_registry_exists_and_runs_the_harness_over_its_file() {
    for (name, block, owner) in REGISTRY {
        let Some(target) = owner.target() else { continue };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(format!("{target}.rs"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{block} is given to no file {target}.rs"));
        let call = format!("vector_tests!(\"{target}\", \"{name}\", ");
        assert!(text.contains(&call), "{target} does not run the harness over {name}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Padding {
    len: Leaf<usize>,
    padded_len: Leaf<usize>,
}

fn padded(case: &Padding) -> usize {
    (*case.len + 1) / 160 * 160 + 160
}

fn fails(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("the harness should have failed");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

fn honest() -> Block {
    let check = |cases: &Vec<Padding>, _: &File| -> Check {
        cases.iter().try_for_each(|case| ensure_eq("padded_len", padded(case), *case.padded_len))
    };
    Block::new("padding_v1", check)
}

#[test]
fn a_leaf_whose_change_does_not_show_is_found() {
    let why = fails(|| harness::no_leaf_can_change_unnoticed("messages.json", &[honest()]));
    assert!(why.contains("len"), "{why}");
    let freed = honest().free("len", "several lengths give one padded length");
    harness::no_leaf_can_change_unnoticed("messages.json", &[freed]);
}

#[test]
fn only_the_leaf_that_has_no_effect_beside_the_others_may_change() {
    let idle = |cases: &Vec<Padding>, _: &File| -> Check {
        cases.iter().for_each(|case| case.len.idle());
        cases.iter().try_for_each(|case| ensure_eq("padded_len", padded(case), *case.padded_len))
    };
    harness::no_leaf_can_change_unnoticed("messages.json", &[Block::new("padding_v1", idle)]);
    let blind = |cases: &Vec<Padding>, _: &File| -> Check {
        cases.iter().for_each(|case| case.len.idle());
        Ok(())
    };
    let why = fails(|| harness::no_leaf_can_change_unnoticed("messages.json", &[Block::new("padding_v1", blind)]));
    assert!(why.contains("padded_len") && !why.contains(".len"), "{why}");
}

#[test]
fn null_in_an_object_is_as_good_as_nothing() {
    let json = Json::parse(r#"{"a":null,"b":[null,{"c":null,"d":0}]}"#).unwrap();
    assert_eq!(json.without_nulls().to_string(), r#"{"b":[null,{"d":0}]}"#);
}

#[test]
fn a_leaf_that_nobody_reads_is_found() {
    harness::every_leaf_is_read("messages.json", &[honest()]);
    let careless = Block::new("padding_v1", |cases: &Vec<Padding>, _| {
        cases.iter().for_each(|case| assert_eq!(padded(case) % 160, 0));
        Ok(())
    });
    assert!(fails(|| harness::every_leaf_is_read("messages.json", &[careless])).contains("were not read"));
}

#[test]
fn a_field_outside_the_form_is_refused() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Half {
        #[serde(rename = "len")]
        _len: Prose,
    }
    let block = Block::new("padding_v1", |_: &Vec<Half>, _| Ok(()));
    let why = fails(|| harness::every_output_is_computed_and_equal("messages.json", &[block]));
    assert!(why.contains("unknown field"), "{why}");
}

#[test]
fn a_wrong_result_is_told_with_both_values() {
    let block = Block::new("padding_v1", |cases: &Vec<Padding>, _| {
        cases.iter().try_for_each(|case| ensure_eq("padded_len", *case.len, *case.padded_len))
    });
    let why = fails(|| harness::every_output_is_computed_and_equal("messages.json", &[block]));
    assert!(why.contains("padded_len: computed"), "{why}");
}

#[test]
fn a_target_that_forgets_a_block_is_found() {
    assert!(
        fails(|| harness::the_registry_knows("vectors_messages", "messages.json", &[honest()])).contains("disagree")
    );
}
