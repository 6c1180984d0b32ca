//! The program for development: says what it can, writes a description, and serves it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_onionskin-network");

#[test]
fn it_explains_itself_and_refuses_what_it_does_not_know() {
    let help = Command::new(PROGRAM).arg("--help").output().unwrap();
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for flag in ["--nodes", "--swarms", "--https-seeds", "--keys", "--host", "--write"] {
        assert!(text.contains(flag), "{flag} is documented");
    }
    for wrong in [&["--dance"][..], &["--nodes"], &["--nodes", "many"], &["--keys", "ab"], &["--host", "x"]] {
        let refused = Command::new(PROGRAM).args(wrong).output().unwrap();
        assert!(!refused.status.success() && !refused.stderr.is_empty(), "{wrong:?}");
    }
}

#[test]
fn it_prints_a_description_whose_seed_answers() {
    let mut program =
        Command::new(PROGRAM).args(["--nodes", "3", "--swarms", "1"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut description = String::new();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    while !description.ends_with("\n}\n") {
        description += &lines.next().unwrap().unwrap();
        description += "\n";
    }
    let description: serde_json::Value = serde_json::from_str(&description).unwrap();
    assert_eq!(description["min_pool"], 3);
    let seed = description["seeds"][0]["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    let body = r#"{"method":"get_service_nodes"}"#;
    let mut stream = TcpStream::connect(seed).unwrap();
    write!(
        stream,
        "POST /json_rpc HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.matches("\"pubkey_ed25519\"").count(), 3);
    program.kill().unwrap();
    program.wait().unwrap();
}
