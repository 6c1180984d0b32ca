//! Kill -9 at every write point, whatever the story: a process (`headless`) takes its steps and is killed at its n-th
//! point, takes the same steps again, and everything must be as if it had never died.
//!
//! A first, undisturbed round counts the points; every one of them must be reached by a round of its own.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::people::Told;

/// One account in a folder of its own, and what its process does.
pub struct Process {
    program: &'static str,
    network: PathBuf,
    folder: TempDir,
    seed: [u8; 16],
    name: &'static str,
    steps: Vec<String>,
}

impl Process {
    /// A process of `program` (`headless`) on the network of a description file.
    ///
    /// # Errors
    /// When there is no folder for it.
    pub fn new(
        program: &'static str,
        network: &Path,
        seed: [u8; 16],
        name: &'static str,
        steps: Vec<String>,
    ) -> Told<Self> {
        Ok(Self { program, network: network.to_owned(), folder: tempfile::tempdir()?, seed, name, steps })
    }

    fn command(&self, steps: &[String]) -> Command {
        let mut command = Command::new(self.program);
        command.arg(self.folder.path()).arg(&self.network).arg(hex::encode(self.seed)).arg(self.name).args(steps);
        command
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .env_remove("ONIONSKIN_KILL_AT")
            .env_remove("ONIONSKIN_KILL_LOG");
        command
    }

    /// Takes its steps to their end, undisturbed; what it then knows.
    ///
    /// # Errors
    /// When it does not come to its end.
    pub async fn runs(&self) -> Told<Value> {
        read(&self.command(&self.steps).output().await?)
    }

    /// Takes other steps first, undisturbed.
    ///
    /// # Errors
    /// When it does not come to its end.
    pub async fn prepares(&self, steps: &[&str]) -> Told<Value> {
        let steps: Vec<String> = steps.iter().map(|step| (*step).to_owned()).collect();
        read(&self.command(&steps).output().await?)
    }
}

/// One life of a process, from what was before it to the comparison after it.
pub trait Round {
    /// The process that dies.
    fn process(&self) -> &Process;

    /// The process starts again and finishes; then everybody must know the same.
    fn finish(&self) -> impl Future<Output = Told<()>>;
}

/// Walks through all points: for each a round of its own, begun anew, killed there, and finished.
///
/// `writes` must be on the walk, before and after their commits: else it would not be the walk it claims to be.
///
/// # Errors
/// Whatever a round finds, with the point at which it was killed.
pub async fn walk<R: Round>(writes: &[&str], begin: impl AsyncFn() -> Told<R>) -> Told<()> {
    let folder = tempfile::tempdir()?;
    // A loaded machine adds a hedged request now and then; the shortest of three walks is what every walk passes.
    let mut walks = Vec::new();
    for number in 0..3 {
        let log = folder.path().join(format!("points-{number}"));
        let undisturbed = begin().await?;
        let process = undisturbed.process();
        read(&process.command(&process.steps).env("ONIONSKIN_KILL_LOG", &log).output().await?)?;
        undisturbed.finish().await?;
        walks.push(std::fs::read_to_string(&log)?.lines().map(str::to_owned).collect::<Vec<_>>());
    }
    let points = walks.into_iter().min_by_key(Vec::len).unwrap();
    assert!(points.len() >= FEWEST_POINTS, "only {} write points: {points:#?}", points.len());
    let kinds: BTreeSet<&str> = points.iter().filter_map(|line| line.split_once(' ')).map(|(_, name)| name).collect();
    println!("{} points of {} kinds: {kinds:?}", points.len(), kinds.len());
    for write in writes {
        for side in ["before", "after"] {
            assert!(kinds.contains(format!("{side} {write}").as_str()), "no point {side} {write}: {kinds:?}");
        }
    }
    stream::iter(1..=points.len())
        .map(|point| {
            let (points, begin) = (&points, &begin);
            async move {
                let round = killed_at(point, points, begin).await?;
                let finished = round.finish().await;
                finished.map_err(|trouble| format!("killed at {}: {trouble}", points[point - 1]).into())
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await
}

async fn killed_at<R: Round>(point: usize, points: &[String], begin: &impl AsyncFn() -> Told<R>) -> Told<R> {
    let mut last = String::new();
    for _ in 0..TRIES {
        let round = begin().await?;
        let process = round.process();
        let output = process.command(&process.steps).env("ONIONSKIN_KILL_AT", point.to_string()).output().await?;
        if output.status.signal() == Some(9) {
            return Ok(round);
        }
        last = format!("{:?} {}", output.status, said(&output));
    }
    Err(format!("point {} was never reached: {last}", points[point - 1]).into())
}

/// An error that names `what` unless both are the same.
///
/// # Errors
/// When they differ.
pub fn compare(what: &str, found: &Value, expected: &Value) -> Told<()> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found} instead of {expected}").into()) }
}

/// The conversation with an account, in what a process told.
///
/// # Errors
/// When there is not exactly one.
pub fn conversation<'a>(told: &'a Value, with: &str) -> Told<&'a Value> {
    let found: Vec<_> = told["conversations"].as_array().unwrap().iter().filter(|chat| chat["with"] == with).collect();
    if found.len() == 1 { Ok(found[0]) } else { Err(format!("{} conversations with {with}", found.len()).into()) }
}

fn read(output: &Output) -> Told<Value> {
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout)?);
    }
    Err(format!("the process did not finish: {:?} {}", output.status, said(output)).into())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// With fewer points than this a walk would prove little.
const FEWEST_POINTS: usize = 20;

/// Rounds that may miss a point because the walk was shorter this time.
const TRIES: usize = 8;

/// Rounds at the same time.
const AT_ONCE: usize = 4;
