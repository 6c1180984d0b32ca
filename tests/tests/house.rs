//! House rules that no compiler checks: the local network is independent of core, a good share of all lines are tests,
//! nothing in the tree speaks of one machine, and stories that a foreign network leaves out count as ignored there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// So many equal lines in a row are a copy, not a coincidence.
const RUN: usize = 6;

/// At least this share of all lines of Rust are tests.
const TEST_SHARE: f64 = 0.30;

#[test]
fn the_local_network_depends_on_nothing_of_ours_and_on_none_of_our_cipher_crates() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "onionskin-network",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--offline",
            "--locked",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "cargo tree: {}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("hyper"), "a real tree");
    for ours in [
        "onionskin-core",
        "ed25519-dalek",
        "x25519-dalek",
        "curve25519-dalek",
        "chacha20poly1305",
        "aes-gcm",
        "crypto_box",
        "blake2",
        "sha2",
        "hmac",
        "reqwest",
        "rusqlite",
    ] {
        let found = tree.lines().find(|line| line.starts_with(&format!("{ours} ")));
        assert!(found.is_none(), "the local network uses {ours}");
    }
}

#[test]
fn no_code_stands_both_in_core_and_in_the_local_network() {
    let core = rust_files(&root().join("core/src"));
    let network = rust_files(&root().join("tests/network"));
    let copies = shared_runs(&core, &network);
    assert!(copies.is_empty(), "the same {RUN} lines stand in both:\n{}", copies.join("\n"));
}

#[test]
fn a_planted_copy_is_found() {
    let lines = "let a = open(key);\nlet b = a.read();\ncheck(b, a);\nlet c = a + b;\nstore(c);\nreturn c;\n";
    let here = vec![(PathBuf::from("here.rs"), format!("fn here() {{\n{lines}}}\n"))];
    let there = vec![(
        PathBuf::from("there.rs"),
        format!("// other words\nfn there() {{\n\n    {}}}\n", lines.replace('\n', "\n    ")),
    )];
    assert_eq!(shared_runs(&here, &there).len(), 1);
    assert!(shared_runs(&here, &[(PathBuf::from("x.rs"), "let a = open(key);\n".to_owned())]).is_empty());
}

#[test]
fn a_good_share_of_all_lines_are_tests() {
    let (mut tests, mut all) = (0usize, 0usize);
    for folder in ["core", "app", "tests"] {
        for (path, text) in rust_files(&root().join(folder)) {
            let lines = text.lines().count();
            all += lines;
            let whole = path
                .components()
                .any(|part| ["stories", "benches", "browser", "desktop"].iter().any(|name| part.as_os_str() == *name))
                || path.to_string_lossy().contains("/tests/tests/")
                || path.to_string_lossy().contains("core/tests/")
                || path.to_string_lossy().contains("app/tests/")
                || path.to_string_lossy().contains("network/tests/");
            tests += if whole { lines } else { unit_test_lines(&text) };
        }
    }
    let share = tests as f64 / all as f64;
    println!("{tests} of {all} lines are tests: {:.0} %", share * 100.0);
    assert!(share >= TEST_SHARE, "only {:.0} % of {all} lines are tests", share * 100.0);
}

#[test]
fn nothing_in_the_tree_speaks_of_one_machine() {
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success() && !listed.stdout.is_empty(), "git lists the tree");
    let words = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("deb.debian", ".org"),
    ];
    let mut found = Vec::new();
    for name in String::from_utf8(listed.stdout).unwrap().lines() {
        if name.ends_with(".lock") || name.starts_with("tests/vectors/") || name == "LICENSE" {
            continue;
        }
        let Ok(text) = fs::read_to_string(root().join(name)) else { continue };
        found.extend(words.iter().filter(|word| text.contains(**word)).map(|word| format!("{name}: {word}")));
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_test_run_goes_on_after_a_failure_and_ends_with_what_failed_and_how_long_each_target_took() {
    let tests = |target: &str, how: &str| {
        let told = format!(
            "Running tests/{target}.rs (x/{target}-0a1b)\\ntest it ... {how}\\ntest result: x finished in 2.50s"
        );
        format!("sh -c \"printf '{told}\\n'; test {how} = ok\"")
    };
    let commands = [tests("first", "FAILED"), "false".to_owned(), tests("second", "ok")];
    let run = Command::new("python3").arg(root().join("tests/tools/run-tests")).args(commands).output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    let end: Vec<&str> = said.lines().rev().take(4).collect();
    assert_eq!(end[3], "times in s: tests/first.rs 2.5, tests/second.rs 2.5; 5.0 in all", "{said}");
    assert_eq!(end[2], "2 failed:", "{said}");
    assert!(end[1].contains("tests/first.rs: it") && end[0].contains("false: ended with 1"), "{said}");
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn a_test_that_hangs_is_ended_and_named_and_the_next_command_runs() {
    let commands = ["sh -c \"echo 'Running tests/deaf.rs (x/deaf-0a1b)'; sleep 600 & wait\"", "echo on it goes"];
    let mut run = Command::new("python3");
    run.arg(root().join("tests/tools/run-tests")).args(commands).env("SILENCE", "1");
    let run = run.output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(said.contains("on it goes") && said.contains("1 failed:\n  tests/deaf.rs: hangs"), "{said}");
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn stories_that_need_a_local_network_count_as_ignored_on_another_one() {
    let wrong: Vec<String> = rust_files(&root().join("tests/stories"))
        .into_iter()
        .filter(|(path, _)| !path.ends_with("people.rs") && !path.ends_with("main.rs"))
        .flat_map(|(_, text)| wrongly_marked(&text))
        .collect();
    assert!(wrong.is_empty(), "marked {MARK:?} without need, or not marked: {wrong:?}");
}

#[test]
fn a_story_without_its_mark_is_found() {
    let (test, helper) = ("#[tokio::test]\n", "async fn helper() {\n    World::local().await;\n}\n");
    let story =
        |attributes: &str, body: &str| format!("{attributes}async fn story() -> Story {{\n    {body}\n}}\n{helper}");
    let marked = format!("{test}#[{MARK} = \"x\")]\n");
    assert_eq!(wrongly_marked(&story(test, "World::local().await")), ["story"]);
    assert_eq!(wrongly_marked(&story(test, "helper().await")), ["story"]);
    assert_eq!(wrongly_marked(&story(&marked, "World::start().await")), ["story"]);
    assert!(wrongly_marked(&story(&marked, "helper().await")).is_empty());
    assert!(wrongly_marked(&story(test, "World::start().await")).is_empty());
}

/// What makes a story count as ignored on a foreign network.
const MARK: &str = "cfg_attr(foreign_network, ignore";

/// The tests of a file that ask for a local network, themselves or by functions of the file, and are not marked; and those
/// that are marked and do not ask.
fn wrongly_marked(text: &str) -> Vec<String> {
    let functions = functions(text);
    let mut asking: Vec<&str> = Vec::new();
    loop {
        let asks =
            |body: &str| body.contains("World::local") || asking.iter().any(|name| body.contains(&format!("{name}(")));
        let more = functions.iter().find(|(name, _, body)| !asking.contains(&name.as_str()) && asks(body));
        let Some((name, ..)) = more else { break };
        asking.push(name);
    }
    let wrong = |(name, attributes, _): &&(String, String, String)| {
        attributes.contains("#[tokio::test") && attributes.contains(MARK) != asking.contains(&name.as_str())
    };
    functions.iter().filter(wrong).map(|(name, ..)| name.clone()).collect()
}

/// Name, attributes and body of each function that is not inside of anything.
fn functions(text: &str) -> Vec<(String, String, String)> {
    let mut found: Vec<(String, String, String)> = Vec::new();
    let mut attributes = String::new();
    for line in text.lines() {
        let head = line.strip_prefix("pub ").unwrap_or(line);
        let head = head.strip_prefix("async ").unwrap_or(head);
        if line.starts_with("#[") {
            attributes.push_str(line);
        } else if let Some((name, _)) = head.strip_prefix("fn ").and_then(|rest| rest.split_once(['(', '<'])) {
            found.push((name.to_owned(), std::mem::take(&mut attributes), String::new()));
        } else if let Some((.., body)) = found.last_mut() {
            body.push_str(line);
        }
    }
    found
}

/// Places where at least [`RUN`] significant lines in a row are equal, reported once for each pair of files.
fn shared_runs(here: &[(PathBuf, String)], there: &[(PathBuf, String)]) -> Vec<String> {
    let mut known: HashMap<Vec<String>, (&Path, usize)> = HashMap::new();
    for (path, text) in here {
        for window in significant(text).windows(RUN) {
            known.entry(window.iter().map(|(_, line)| line.clone()).collect()).or_insert((path, window[0].0));
        }
    }
    let mut found: Vec<String> = Vec::new();
    for (path, text) in there {
        for window in significant(text).windows(RUN) {
            let key: Vec<String> = window.iter().map(|(_, line)| line.clone()).collect();
            if let Some((other, line)) = known.get(&key) {
                let start = format!("{} ~ {}", other.display(), path.display());
                if !found.iter().any(|row| row.starts_with(&start)) {
                    found.push(format!("{start} (lines {line} and {})", window[0].0));
                }
            }
        }
    }
    found
}

/// Line numbers and texts without blanks, comments, imports and lone punctuation.
fn significant(text: &str) -> Vec<(usize, String)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split_whitespace().collect::<String>()))
        .filter(|(_, line)| !line.starts_with("//") && !line.starts_with("use") && !line.starts_with("#"))
        .filter(|(_, line)| line.chars().filter(|c| c.is_alphanumeric()).count() > 2)
        .collect()
}

fn unit_test_lines(text: &str) -> usize {
    text.split_once("#[cfg(test)]\nmod").map_or(0, |(_, tests)| tests.lines().count() + 1)
}

fn rust_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                waiting.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
