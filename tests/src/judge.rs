//! The independent client as a process: what a person on somebody else's software would do.
//!
//! `tests/judge/judge.py` drives the PyPI package `sessionpy-messenger` in a venv of its own, which
//! `tests/judge/setup.sh` makes when it is missing. Whatever fails on the way is an error with the process's own words:
//! a missing judge is never a pass.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// One account of the independent client.
#[derive(Debug)]
pub struct Judge {
    process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    account_id: String,
}

/// What the judge read in a message: his words for it, not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Account ID of the sender, as he worked it out from the signature.
    pub sender: String,
    /// `message`, `conversation_request_accepted`, ...
    pub kind: String,
    /// The text.
    pub text: String,
    /// Display name that came with it.
    pub name: Option<String>,
    /// For a copy from his own other device: to whom it was sent.
    pub sync_target: Option<String>,
    /// Sent time he read from the envelope, ms since epoch.
    pub timestamp: u64,
    /// Everything that he says of it, in the fields of `judge.py`: `reaction`, `read`, `typing`, `deleted`, `reply_to`,
    /// `expire_seconds`, `expire_after_read`.
    pub details: Value,
}

/// A command of the independent client that did not work, in his words.
#[derive(Debug)]
pub struct JudgeError(String);

impl std::fmt::Display for JudgeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "independent client: {}", self.0)
    }
}

impl std::error::Error for JudgeError {}

impl Judge {
    /// Starts the client with the account of `seed` on the network behind the `https` seeds.
    ///
    /// # Errors
    /// When the venv cannot be made, the process does not start, or the package refuses.
    pub async fn start(name: &str, seed: [u8; 16], https_seeds: &[String]) -> Result<Self, JudgeError> {
        let python = venv().await?;
        let mut process = Command::new(python)
            .arg(folder().join("judge.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| JudgeError(format!("does not start: {error}")))?;
        let (Some(commands), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(JudgeError("has no pipes".to_owned()));
        };
        let answers = BufReader::new(answers).lines();
        let mut judge = Self { process, commands, answers, account_id: String::new() };
        let opened =
            judge.call(json!({"do": "open", "name": name, "seed": hex::encode(seed), "seeds": https_seeds})).await?;
        judge.account_id = text(&opened, "account_id").unwrap_or_default();
        Ok(judge)
    }

    /// His Account ID, as he worked it out from the seed.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Sends a text, and the copy to his own swarm.
    ///
    /// # Errors
    /// What the package says.
    pub async fn writes(&mut self, to: &str, text: &str) -> Result<(), JudgeError> {
        self.does(json!({"do": "send", "to": to, "text": text})).await.map(|_| ())
    }

    /// Does one of the other things that `judge.py` names; gives its answer.
    ///
    /// # Errors
    /// What the package says.
    pub async fn does(&mut self, command: Value) -> Result<Value, JudgeError> {
        self.call(command).await
    }

    /// Answers a message request.
    ///
    /// # Errors
    /// What the package says.
    pub async fn accepts(&mut self, from: &str) -> Result<(), JudgeError> {
        self.call(json!({"do": "accept", "to": from})).await.map(|_| ())
    }

    /// Fetches what arrived since the last poll; he checks every signature himself.
    ///
    /// # Errors
    /// What the package says.
    pub async fn polls(&mut self) -> Result<Vec<Judged>, JudgeError> {
        let answer = self.call(json!({"do": "poll"})).await?;
        let messages = answer["messages"].as_array().cloned().unwrap_or_default();
        Ok(messages
            .iter()
            .map(|message| Judged {
                sender: text(message, "sender").unwrap_or_default(),
                kind: text(message, "kind").unwrap_or_default(),
                text: text(message, "text").unwrap_or_default(),
                name: text(message, "name"),
                sync_target: text(message, "sync_target"),
                timestamp: message["timestamp"].as_u64().unwrap_or_default(),
                details: message.clone(),
            })
            .collect())
    }

    /// Ends the process and waits for it.
    ///
    /// # Errors
    /// When it does not end by itself.
    pub async fn leaves(mut self) -> Result<(), JudgeError> {
        self.call(json!({"do": "quit"})).await?;
        self.process.wait().await.map(|_| ()).map_err(|error| JudgeError(error.to_string()))
    }

    async fn call(&mut self, command: Value) -> Result<Value, JudgeError> {
        let gone = |error: std::io::Error| JudgeError(format!("is gone: {error}"));
        self.commands.write_all(format!("{command}\n").as_bytes()).await.map_err(gone)?;
        self.commands.flush().await.map_err(gone)?;
        let line = tokio::time::timeout(LIMIT, self.answers.next_line())
            .await
            .map_err(|_| JudgeError(format!("did not answer within {LIMIT:?}")))?
            .map_err(gone)?
            .ok_or_else(|| JudgeError("closed its output".to_owned()))?;
        let answer: Value =
            serde_json::from_str(&line).map_err(|error| JudgeError(format!("says {line:?}: {error}")))?;
        if answer["ok"] == true {
            return Ok(answer);
        }
        Err(JudgeError(text(&answer, "error").unwrap_or(line)))
    }
}

/// The https seeds of a network description: the only ones this client talks to.
pub fn https_seeds(description: &Value) -> Vec<String> {
    let seeds = description["seeds"].as_array().into_iter().flatten();
    seeds.filter_map(|seed| text(seed, "url")).filter(|url| url.starts_with("https:")).collect()
}

/// Runs the set-up script (quick when nothing is missing) and returns the venv's Python.
async fn venv() -> Result<PathBuf, JudgeError> {
    let made = Command::new("bash")
        .arg(folder().join("setup.sh"))
        .output()
        .await
        .map_err(|error| JudgeError(format!("set-up script does not start: {error}")))?;
    let said = String::from_utf8_lossy(&made.stdout);
    match (made.status.success(), said.trim()) {
        (true, python) if !python.is_empty() => Ok(PathBuf::from(python)),
        _ => Err(JudgeError(format!(
            "set-up failed (a missing venv is a failure)\n{}",
            String::from_utf8_lossy(&made.stderr)
        ))),
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("judge")
}

fn text(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

/// Longer than the package's own retries (three attempts of 15 s) on a slow machine.
const LIMIT: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests {
    use onionskin_network::{LocalNetwork, Options};

    use super::*;

    /// Without core: if this fails, the network or the judge is at fault and not the messenger.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_independent_clients_understand_each_other_on_our_network() {
        let network = LocalNetwork::start(Options::default()).await.unwrap();
        let https = https_seeds(&network.description());
        let mut judy = Judge::start("Judy", [1; 16], &https).await.unwrap();
        let mut jane = Judge::start("Jane", [2; 16], &https).await.unwrap();
        judy.writes(&jane.account_id, "all rise").await.unwrap();
        let read = jane.polls().await.unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].sender.as_str(), read[0].text.as_str()), (judy.account_id(), "all rise"));
        assert_eq!(read[0].name.as_deref(), Some("Judy"));
        assert_eq!(jane.polls().await.unwrap(), [], "read once");
        let copy = judy.polls().await.unwrap();
        assert_eq!(copy[0].sync_target.as_deref(), Some(jane.account_id()));
        // Two relays before the destination, as this client builds its ways.
        assert!(network.journeys().iter().all(|journey| journey.path().len() == 2 && journey.status == Some(200)));
    }

    #[tokio::test]
    async fn the_judge_works_out_the_account_id_himself_and_says_clearly_what_fails() {
        let nobody = vec!["https://127.0.0.1:1".to_owned()];
        let mut judge = Judge::start("Judy", [0; 16], &nobody).await.unwrap();
        // Specification messages.md 1.1: 16 zero bytes, extended by zeros, as Ed25519 seed.
        assert!(judge.account_id().starts_with("05"), "{}", judge.account_id());
        assert_eq!(judge.account_id().len(), 66);
        let error = judge.polls().await.unwrap_err().to_string();
        assert!(error.contains("Could not reach any seed node"), "{error}");
        let error = judge.writes("05zz", "hello").await.unwrap_err().to_string();
        assert!(error.contains("ValueError"), "{error}");
        judge.leaves().await.unwrap();
    }
}
