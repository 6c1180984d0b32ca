//! What a program and those that it started take of the machine, as Linux counts it (`proc(5)`).

use std::collections::HashMap;
use std::time::Duration;

/// A process and all that it started, directly or not.
pub fn tree(root: u32) -> Vec<u32> {
    let parent = |id: u32| -> Option<u32> { fields_of(id)?.get(1)?.parse().ok() };
    let names = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = names.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| std::iter::successors(Some(*id), |id| parent(*id)).any(|id| id == root)).collect()
}

/// What stands behind the name in `/proc/ID/stat`: state, parent, and so on.
fn fields_of(id: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// What was used of the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Time on any core.
    pub processor: Duration,
    /// How often a thread went to sleep, and so was woken before.
    pub wakeups: u64,
}

/// Adds up what a process and all that it started use, those that end meanwhile too as far as they were looked at.
#[derive(Debug)]
pub struct Meter {
    root: u32,
    ticks: HashMap<u32, u64>,
    sleeps: HashMap<(u32, u32), u64>,
    used_ticks: u64,
    wakeups: u64,
}

impl Meter {
    /// Counts from now on.
    pub fn of(root: u32) -> Self {
        let (ticks, sleeps) = Default::default();
        let mut meter = Self { root, ticks, sleeps, used_ticks: 0, wakeups: 0 };
        meter.look();
        (meter.used_ticks, meter.wakeups) = (0, 0);
        meter
    }

    /// Looks how far everything is, and gives what was used since the beginning. A thread that comes and goes between
    /// two looks is not seen.
    pub fn look(&mut self) -> Used {
        for id in tree(self.root) {
            if let Some(now) = ticks_of(id) {
                self.used_ticks += now.saturating_sub(self.ticks.insert(id, now).unwrap_or(0));
            }
            for (thread, now) in sleeps_of(id) {
                self.wakeups += now.saturating_sub(self.sleeps.insert((id, thread), now).unwrap_or(0));
            }
        }
        Used { processor: Duration::from_millis(self.used_ticks * 1_000 / TICKS_A_SECOND), wakeups: self.wakeups }
    }
}

/// Time on a core, in the kernel and outside of it.
fn ticks_of(id: u32) -> Option<u64> {
    let fields = fields_of(id)?;
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(ticks(11)? + ticks(12)?)
}

/// How often each thread of a process gave up its core by itself.
fn sleeps_of(id: u32) -> Vec<(u32, u64)> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let sleeps = |thread: std::fs::DirEntry| {
        let status = std::fs::read_to_string(thread.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        Some((thread.file_name().to_str()?.parse().ok()?, line.trim().parse().ok()?))
    };
    threads.filter_map(sleeps).collect()
}

/// `USER_HZ`, 100 on every Linux.
const TICKS_A_SECOND: u64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_sleep_of_a_child_are_counted() {
        let script = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; read line; read line";
        let mut child =
            std::process::Command::new("sh").args(["-c", script]).stdin(std::process::Stdio::piped()).spawn().unwrap();
        let mut meter = Meter::of(std::process::id());
        let begun = std::time::Instant::now();
        while meter.look().processor < Duration::from_millis(20) {
            assert!(begun.elapsed() < crate::WAIT_LIMIT, "{:?}", meter.look());
            std::thread::yield_now();
        }
        assert!(tree(std::process::id()).contains(&child.id()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
