//! One fuzzer for all targets; `FUZZ_TARGET` names the one to run, see `run` beside this folder.
//!
//! The targets stand in `tests/src/fuzz.rs`, which is included here as it is, so that `make test` replays exactly what
//! is fuzzed.
#![no_main]

#[path = "../../src/fuzz.rs"]
mod fuzz;

use std::sync::LazyLock;

/// The target of this process. `FUZZ_TARGET=list` prints all names and ends.
static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    if name == "list" {
        fuzz::TARGETS.iter().for_each(|(name, _)| println!("{name}"));
        std::process::exit(0);
    }
    let found = fuzz::TARGETS.iter().find(|(target, _)| *target == name);
    found.map(|(_, target)| *target).unwrap_or_else(|| {
        eprintln!("FUZZ_TARGET names no target: {name:?}");
        std::process::exit(2);
    })
});

libfuzzer_sys::fuzz_target!(
    init: {
        LazyLock::force(&TARGET);
    },
    |data: &[u8]| TARGET(data)
);
